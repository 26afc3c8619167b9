"""The functions of ``scipy.special`` over their whole range, to third order, against mpmath.

The exact derivatives are central differences with 260 digits and steps of 1e-40 of the distance to the next
singularity. Errors are counted in units in the last place of the derivative, or of what it changes by where
the point moves by a sixteenth of its own last place: next to a zero, no more can be asked. To the
bound comes twice SciPy's own error in the value at the same point, in the same units.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from special_points import EQUAL, RANGES, Range

import hoad

BOUNDS = (0.0, 4.0, 64.0, 256.0)
MOVED = 16
NAMES = [entry.name for entry in RANGES]


@functools.cache
def exact(k: int, point: tuple[float, ...]) -> tuple[list[Any], list[Any]]:
    """The value and the derivatives to order 4, by differences of five values, and what is noise in them."""
    entry = RANGES[k]
    step = mp.mpf(entry.distance(*point)) * mp.mpf(10) ** -40
    digits = 260 + int(max(0, 4 * -mp.log10(step) - 160))
    with mp.workdps(min(digits, 900)):
        numbers = [mp.mpf(v) for v in point]
        moved = lambda j: [v + j * step if i == entry.active else v for i, v in enumerate(numbers)]
        a, b, c, d, e = (mp.re(entry.exact(*moved(j))) for j in (-2, -1, 0, 1, 2))
        found = [
            c,
            (d - b) / (2 * step),
            (d - 2 * c + b) / step**2,
            (e - 2 * d + 2 * b - a) / (2 * step**3),
            (e - 4 * d + 6 * c - 4 * b + a) / step**4,
        ]
        return found, [abs(c) * mp.mpf(10) ** (10 - mp.mp.dps) / step**n for n in range(5)]


def error(got: float, right: list[Any], noise: list[Any], n: int, x: float) -> float:
    """The error of the n-th derivative in its units."""
    with mp.workdps(60):
        size = max(abs(right[n]), abs(mp.mpf(x) * right[n + 1]) / MOVED, mp.mpf(2) ** -1022)
        unit = mp.ldexp(1, int(mp.frexp(size)[1]) - 53)
        return (
            float(max(abs(mp.mpf(float(got)) - right[n]) - noise[n], 0) / unit)
            if np.isfinite(got)
            else np.inf
        )


def own_errors(entry: Range, point: tuple[float, ...], right: list[Any], noise: list[Any]) -> list[float]:
    """SciPy's error in the value, in the units of each derivative; for Bessel functions, whose derivatives
    are those of other orders, the largest of their errors as a number.
    """
    x = point[entry.active]
    if entry.name[1:] != "v by 1":
        own = error(entry.function(*point), right, noise, 0, x)
        return [own if own < 1e9 else 0.0] * 4  # the table has minus the rest
    with mp.workdps(40):
        orders = [point[0] + k for k in range(-3, 4)]
        lost = max(abs(mp.mpf(float(entry.function(v, x))) - entry.exact(v, mp.mpf(x))) for v in orders)
        return [error(float(right[n] + lost), right, noise, n, x) for n in range(4)]


def derivatives(entry: Range, point: tuple[float, ...], modes: bool) -> dict[str, list[float]]:
    """The derivatives of orders 1 to 3: of all modes that there are, or the series."""
    x = point[entry.active]
    f = lambda v: entry.function(*point[: entry.active], v, *point[entry.active + 1 :])
    grad, push = hoad.grad, hoad.derivative
    taylor = list(hoad.derivatives(f, x, 3))[1:]
    if not modes:
        return {"taylor": taylor}
    return {
        "taylor": taylor,
        "reverse": [grad(f)(x), grad(grad(f))(x), grad(grad(grad(f)))(x)],
        "forward": [push(f)(x), push(push(f))(x), push(grad(push(f)))(x)],
    }


def worst(k: int, points: Any) -> list[str]:
    """What is beyond the bounds."""
    entry, found = RANGES[k], []
    for m, point in enumerate(points):
        (right, noise), x = exact(k, point), point[entry.active]
        own = own_errors(entry, point, right, noise)
        with np.errstate(all="ignore"):
            got = derivatives(entry, point, m % 6 == 0)
        for mode, values in got.items():
            for n, value in enumerate(values, 1):
                if not 1e-290 < abs(right[n]) < 1e290:
                    continue
                e = error(value, right, noise, n, x)
                if not e <= max(entry.first, BOUNDS[n]) + 2 * own[n]:
                    text = f"{mode} {n} at {point}: {value!r} for {float(right[n])!r}"
                    found.append(f"{text}, {e:.3g} (own {own[n]:.2g})")
    return found


@pytest.mark.sweep
@pytest.mark.parametrize("k", range(len(RANGES)), ids=NAMES)
def test_range(k: int) -> None:
    bad = worst(k, RANGES[k].points)
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("k", range(len(RANGES)), ids=NAMES)
def test_sampled_range(k: int) -> None:
    points = RANGES[k].points
    chosen = np.random.default_rng(k).permutation(len(points))[:3]
    bad = worst(k, [points[i] for i in chosen])
    assert not bad, "\n".join(bad)


OF_PAIRS = [k for k, entry in enumerate(RANGES) if entry.name[:7] in ("xlogy b", "rel_ent", "kl_div ")]


@pytest.mark.parametrize("k", OF_PAIRS, ids=[NAMES[k] for k in OF_PAIRS])
def test_pairs_that_are_far_apart_or_close(k: int) -> None:
    """The first derivatives where a quotient leaves the range, and where it is next to 1, at every point, in
    units of their own: they are those of exact differences, and SciPy's value has no part in them.
    """
    entry, bad = RANGES[k], []
    points = [p for p in entry.points if p in EQUAL or abs(np.log10(p[0]) - np.log10(p[1])) > 295]
    with np.errstate(all="ignore"):
        f = lambda *xs: np.sum(entry.function(*xs))
        got = hoad.grad(f, argnums=entry.active)(*np.array(points).T)
    for point, value in zip(points, got, strict=True):
        right, noise = exact(k, point)
        if point[0] != point[1] and 1e-290 < abs(right[1]) < 1e290:
            e = error(value, right, noise, 1, 0.0)
            if not e <= max(entry.first, BOUNDS[1]):
                bad.append(f"{point}: {value!r} for {float(right[1])!r}, {e:.3g}")
    assert not bad, "\n".join(bad)
