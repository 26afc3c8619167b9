"""Integrands that jump at a place which moves with what the integral depends on.

The derivative under the integral sign lacks the share of the jump then, which is its height times the way
that its place moves (Leibniz's rule). An adaptive rule shows it: it divides the interval on and on there.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UnfollowedValueWarning
from ..places import users_place
from .inputs import Inputs, outside

NARROW = 1e-3  # of the whole interval: where nothing happens, parts are wider
CLOSE = 1e-9  # of the whole interval, to where two parts meet
MOST = 20  # places that are looked at
MOVED = 1e-4  # by which the inputs are moved, relatively


def tell_of_jumps(inputs: Inputs, thing: tuple[Callable[..., Any], Any], parts: np.ndarray) -> None:
    """Warn of a jump that moves.

    Args:
        inputs: what the integrand depends on.
        thing: the integrand, a function of a number, and its further arguments.
        parts: the ends of the intervals into which the whole one was divided.
    """
    places = [] if inputs.is_noted else doubtful_places(parts[np.all(np.isfinite(parts), axis=1)])
    if not places:
        return

    def values(place: float, beside: float, q: np.ndarray) -> np.ndarray:
        f, args = inputs.at(thing, q)
        points = place + beside * np.array([-2.0, -1.0, 1.0, 2.0])
        return np.array([np.sum(f(x, *args)) for x in points.tolist()])

    try:
        with outside(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            moving = [p for p in places if moves(functools.partial(values, *p), inputs.numbers)]
    except Exception:  # the integrand can't be asked so, and nothing is known of it
        return
    for place, _ in moving[:1]:
        warnings.warn_explicit(
            f"the integrand jumps at {place:.6g}, a place that moves with what the integral is differentiated"
            " by: the derivative lacks the share of the jump. Integrate up to that place c and from there, "
            "quad(f, a, c)[0] + quad(f, c, b)[0], which has it",
            UnfollowedValueWarning,
            *users_place(),
        )


def doubtful_places(parts: np.ndarray) -> list[tuple[float, float]]:
    """Where intervals are narrow, and where they meet, for a jump may lie there; and what is close to that:
    not the ends of the whole, where nothing moves.
    """
    found: list[tuple[float, float]] = []
    if not len(parts):
        return found
    low, high, widths = np.min(parts), np.max(parts), parts[:, 1] - parts[:, 0]
    whole = high - low
    asked = [(np.mean(parts[k]), 8 * widths[k]) for k in np.argsort(widths) if widths[k] < NARROW * whole]
    asked += [(end, CLOSE * whole) for end in np.unique(parts)[1:-1]]
    for place, beside in asked:
        apart = all([abs(place - other) > 4 * beside for other, _ in found])
        if apart and low < place - 2 * beside < place + 2 * beside < high and len(found) < MOST:
            found.append((float(place), float(beside)))
    return found


def parts_of(parts: np.ndarray, low: float, high: float) -> np.ndarray:
    """The ends of intervals, which ``quad_vec`` has in another variable where one is infinite."""
    if np.isfinite(high - low):
        return parts
    with np.errstate(divide="ignore"):
        far = (1 - np.abs(parts)) / parts  # of 1 / (1 + x), x being the distance from the finite end or 0
    return np.sort(low + far if np.isfinite(low) else high - far if np.isfinite(high) else far, axis=1)


def moves(values: Callable[[np.ndarray], np.ndarray], q: np.ndarray) -> bool:
    """Tell whether four values from left to right have a jump in their middle, and are all of one side once
    the inputs are moved a little.
    """
    here = values(q)
    height = abs(here[2] - here[1])
    if not height > 1e-6 * np.max(np.abs(here)) + 20 * (abs(here[1] - here[0]) + abs(here[3] - here[2])):
        return False
    steps = MOVED * np.where(q == 0, 1.0, np.abs(q))
    moved = [q + sign * steps * weights for weights in some_directions(len(q)) for sign in (-1.0, 1.0)]
    return any(abs(np.diff(values(z))).max() < height / 2 for z in moved)


def some_directions(n: int) -> np.ndarray:
    """A few directions that are like no other, whatever the number of inputs."""
    weights = 0.5 + np.modf(0.6180339887 * (1 + np.arange(n)))[0]
    signs = [np.ones(n), np.resize([1.0, -1.0], n), np.resize([1.0, 1.0, -1.0], n)]
    return weights * np.stack(signs)
