"""Right-hand sides that jump at a time which moves with what the solution depends on.

The sensitivity equations lack the share of the jump then: its height times the way that its time moves. A
right-hand side is looked at along the plain solution, the first few times that it is solved.
"""

from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UnfollowedValueWarning
from ..places import users_place
from .inputs import Inputs, outside
from .jumps import moves

Function = Callable[..., Any]
TIMES = 48  # at which it is looked at
LOOKS = 2  # how many solutions of a function are looked at
INTERVALS = 3  # between such times, those with the largest changes
HALVINGS = 44
HEIGHT = 1e-6  # of the right-hand side, from which on a jump is one
BESIDE = 1e-7  # of the whole time: how far from a jump is beside it
_looked: dict[Any, int] = {}


def tell_of_switches(
    inputs: Inputs, thing: tuple[Function, Any], code: Any, t: np.ndarray, y: np.ndarray
) -> None:
    """Warn of a jump that moves.

    Args:
        inputs: what the right-hand side depends on.
        thing: the right-hand side, ``f(t, y, *args)``, and its further arguments.
        code: by what the function that the user gave is known again (``code_of``).
        t: times of the plain solution.
        y: the solution there, (elements, times).
    """
    if inputs.is_noted or len(t) < 2 or _looked.get(code, 0) >= LOOKS:
        return
    if len(_looked) > 256:
        _looked.clear()
    _looked[code] = _looked.get(code, 0) + 1
    try:
        with outside(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = switch_of(inputs, thing, t, y)
    except Exception:  # the right-hand side can't be asked so, and nothing is known of it
        return
    if found is not None:
        warnings.warn_explicit(
            f"the right-hand side jumps at t = {found:.6g}, a time that moves with what the solution is "
            f"differentiated by: the derivative lacks the share of the jump. Solve up to that time, which "
            f"events= finds, and from there on by another call",
            UnfollowedValueWarning,
            *users_place(),
        )


def code_of(f: Any) -> Any:
    """The code of a function, also of one with some arguments given, or of an object that is called."""
    while isinstance(f, functools.partial):
        f = f.func
    return getattr(f, "__code__", None) or getattr(type(f).__call__, "__code__", type(f))


def switch_of(inputs: Inputs, thing: tuple[Function, Any], t: np.ndarray, y: np.ndarray) -> float | None:
    """The time of a jump that moves; None if there is none."""
    order = np.argsort(t)
    t, y = t[order], y[:, order]
    m, whole = len(inputs.numbers), t[-1] - t[0]
    size = np.max(np.abs(y)) or 1.0

    def state(time: float) -> np.ndarray:
        k = min(max(int(np.searchsorted(t, time)), 1), len(t) - 1)
        share = (time - t[k - 1]) / ((t[k] - t[k - 1]) or 1.0)
        return np.asarray((1 - share) * y[:, k - 1] + share * y[:, k])

    def slope(time: float) -> np.ndarray:
        return np.ravel(np.asarray(plain(time, state(time), *plain_args)))

    def moved(z: np.ndarray, time: float) -> np.ndarray:
        f, args = inputs.at(thing, z[:m])
        return np.ravel(np.asarray(f(time, state(time) + size * z[m:], *args)))

    plain, plain_args = inputs.plain(thing)
    z = np.concatenate([inputs.numbers, np.zeros(len(y))])
    times = np.linspace(t[0], t[-1], TIMES)
    slopes = [slope(time) for time in times.tolist()]
    changes = [np.linalg.norm(b - a) for a, b in itertools.pairwise(slopes)]
    least = HEIGHT * np.max(np.abs(slopes))
    for k in np.argsort(changes)[::-1][:INTERVALS]:
        place, jump = narrowed(slope, times[k], times[k + 1], slopes[k], slopes[k + 1], least)
        if not np.linalg.norm(jump) > least:
            continue
        beside = place + BESIDE * whole * np.array([-2.0, -1.0, 1.0, 2.0])

        def along(z: np.ndarray, at: np.ndarray = beside, jump: np.ndarray = jump) -> np.ndarray:
            return np.array([np.vdot(jump, moved(z, time)).real for time in at.tolist()])

        if t[0] < beside[0] < beside[-1] < t[-1] and moves(along, z):
            return place
    return None


def narrowed(
    slope: Function, a: float, b: float, at_a: np.ndarray, at_b: np.ndarray, least: float
) -> tuple[float, np.ndarray]:
    """The place within an interval where most of the change is, and how much it is there."""
    for _ in range(HALVINGS):
        if not np.linalg.norm(at_b - at_a) > least:
            break
        middle = (a + b) / 2
        at = slope(middle)
        if np.linalg.norm(at - at_a) > np.linalg.norm(at_b - at):
            b, at_b = middle, at
        else:
            a, at_a = middle, at
    return float(a + b) / 2, at_b - at_a
