"""Images between their elements, as ``scipy.ndimage`` has them: in the image and in the coordinates.

The image is taken for a spline, a sum of B-splines of the chosen order around each element. Its coefficients
are what a recursive filter makes of the image, which is linear, and its own transpose but at mirrors. The
value at a point is a sum over the ``order + 1`` nearest coefficients along each axis, times B-splines of the
distance. Of those the derivative by a coordinate is a difference of B-splines of one order less; so one sum,
with an order of derivative for each axis, is all that is needed, and its transpose, which spreads a number
over those coefficients.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy import ndimage

from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..doors import outside
from ..statements import Differential, Linear
from .imaging import MODES, extended

# ------------------------------------------------------------------------------------------------------------
# The coefficients
# ------------------------------------------------------------------------------------------------------------

MIRRORS = ("mirror", "constant", "grid-constant", "wrap")  # the filter takes all of these for the first
SHORT = 40  # elements, below which the filter's start in "reflect" is not exact


def _filtered(x: Any, *, order: int, axis: int, mode: str) -> Any:
    return ndimage.spline_filter1d(x, order, axis, np.result_type(x, np.float64), mode)


def halved(x: Any, axis: int, factor: float) -> Any:
    """An array whose first and last elements along an axis are multiplied by a number."""
    n, weights = shape_of(x)[axis], np.ones(shape_of(x)[axis])
    weights[[0, -1]] = factor
    return x * np.reshape(weights, [n if k == axis % ndim_of(x) else 1 for k in range(ndim_of(x))])


def _filtered_transpose(g: Any, x: Any, *, order: int, axis: int, mode: str) -> Any:
    n = shape_of(x)[axis]
    if n < SHORT:
        matrix = outside(_filtered)(np.eye(n), order=order, axis=0, mode=mode)
        return np.moveaxis(np.tensordot(g, matrix, ((axis,), (0,))), -1, axis)
    if mode not in MIRRORS:
        return filtered_(g, order=order, axis=axis, mode=mode)
    return halved(filtered_(halved(g, axis, 2.0), order=order, axis=axis, mode=mode), axis, 0.5)


filtered_: Linear = Linear(outside(_filtered), _filtered_transpose, name="scipy.ndimage.spline_filter1d")


def coefficients(x: Any, order: int, mode: str, cval: Any, prefilter: Any) -> tuple[Any, int]:
    """The coefficients of an image, and how many of them are before its first element."""
    if order < 2 or not prefilter:
        return x, 0
    reach = REACH if mode in ("nearest", "grid-constant") else 0
    wide = extended(x, reach, mode, cval) if reach else x
    for axis in range(ndim_of(x)):
        wide = filtered_(wide, order=order, axis=axis, mode=mode)
    return wide, reach


REACH = 12  # elements beyond the ends, where the filter has no exact form

# ------------------------------------------------------------------------------------------------------------
# The values
# ------------------------------------------------------------------------------------------------------------


def spline(order: int, u: Any, nu: int) -> Any:
    """A centred B-spline, or its ``nu``-th derivative, at distances."""
    if nu:
        return spline(order - 1, u + 0.5, nu - 1) - spline(order - 1, u - 0.5, nu - 1) if order else 0.0 * u
    if order == 0:
        return np.where((u >= -0.5) & (u < 0.5), 1.0, 0.0)
    half = (order + 1) / 2
    return ((half + u) * spline(order - 1, u + 0.5, 0) + (half - u) * spline(order - 1, u - 0.5, 0)) / order


def folded(x: Any, n: int) -> Any:
    """Coordinates of "wrap", whose period is one less than the length."""
    if n == 1:
        return 0.0 * x
    below = x + (n - 1) * (np.trunc(-x / (n - 1)) + 1)
    return np.where(x < 0, below, np.where(x > n - 1, x - (n - 1) * np.trunc(x / (n - 1)), x))


def reached(k: Any, n: int, mode: str) -> Any:
    """The coefficients that stand at places beyond the ends; -1 for none."""
    if mode == "grid-constant":
        return np.where((k >= 0) & (k < n), k, -1)
    if mode == "nearest":
        return np.clip(k, 0, n - 1)
    if mode == "grid-wrap":
        return k % n
    if mode in ("reflect", "grid-mirror"):
        k = k % (2 * n)
        return np.where(k >= n, 2 * n - 1 - k, k)
    period = max(2 * n - 2, 1)
    k = k % period
    return np.where(k >= n, period - k, k)


def near(x: Any, n: int, order: int, mode: str, nu: int) -> list[tuple[Any, Any]]:
    """The coefficients along one axis that a value depends on, and their weights."""
    if order == 0:
        place = outside(ndimage.map_coordinates)(np.arange(float(n)), [np.ravel(x)], None, 0, mode, -1.0)
        return [(np.reshape(place.astype(int), shape_of(x)), np.full(shape_of(x), 0.0 if nu else 1.0))]
    x = folded(x, n) if mode == "wrap" else x
    start = (np.floor(x) if order % 2 else np.floor(x + 0.5)) - order // 2
    beyond = (x < 0) | (x > n - 1) if mode == "constant" else np.zeros(shape_of(x), bool)
    found = []
    for j in range(order + 1):
        weight = np.where(beyond, 0.0, spline(order, x - (start + j), nu))
        found.append((reached((start + j).astype(int), n, mode), weight))
    return found


def terms(points: Any, shape: Any, nu: Any, order: int, mode: str) -> Any:
    """The places of all coefficients, and their weights."""
    axes = zip(points, shape, nu, strict=True)
    for combination in itertools.product(*[near(x, n, order, mode, k) for x, n, k in axes]):
        yield tuple([place for place, _ in combination]), np.prod([w for _, w in combination], axis=0)


def _sampled(c: Any, points: Any, *, nu: Any, order: int, mode: str, cval: Any) -> Any:
    kind = np.result_type(c, np.float64)
    if not any(nu):
        return ndimage.map_coordinates(c, points, kind, order, mode, cval, prefilter=False)
    total = np.zeros(shape_of(points)[1:], kind)
    for places, weights in terms(points, shape_of(c), nu, order, mode):
        there = np.all([p >= 0 for p in places], axis=0)
        total += weights * np.where(there, c[places], cval)
    return total


def _spread(g: Any, points: Any, *, shape: Any, nu: Any, order: int, mode: str) -> Any:
    if np.iscomplexobj(g):
        parts = [_spread(p, points, shape=shape, nu=nu, order=order, mode=mode) for p in (g.real, g.imag)]
        return parts[0] + 1j * parts[1]
    total = np.zeros(int(np.prod(shape)))
    for places, weights in terms(points, shape, nu, order, mode):
        there = np.all([p >= 0 for p in places], axis=0)
        flat = np.ravel_multi_index(tuple([np.where(there, p, 0) for p in places]), shape)
        total += np.bincount(flat.ravel(), np.where(there, weights * g, 0.0).ravel(), minlength=total.size)
    return np.reshape(total, shape)


def further(nu: Any) -> list[Any]:
    """Orders of derivatives, with one more along each axis."""
    return [tuple([n + (j == k) for j, n in enumerate(nu)]) for k in range(len(nu))]


def moved(d: Any, c: Any, points: Any, nu: Any, **how: Any) -> Any:
    """What values change by where their coordinates change."""
    return sum([d[k] * sampled_(c, points, nu=n, **how) for k, n in enumerate(further(nu))])


# The values of a spline at points, by its coefficients, or derivatives of those.
sampled_: Differential = Differential(
    outside(_sampled),
    lambda d, c, points, out, nu, order, mode, cval: sampled_(
        d, points, nu=nu, order=order, mode=mode, cval=0.0
    ),
    lambda d, c, points, out, **how: moved(d, c, points, **how),
    backward={
        0: lambda g, c, points, out, nu, order, mode, cval: spread_(
            g, points, shape=shape_of(c), nu=nu, order=order, mode=mode
        ),
        1: lambda g, c, points, out, nu, **how: np.stack(
            [np.real(g * np.conj(sampled_(c, points, nu=n, **how))) for n in further(nu)]
        ),
    },
    name="scipy.ndimage.map_coordinates",
)
# The transpose of that by the coefficients.
spread_: Differential = Differential(
    outside(_spread),
    lambda d, g, points, out, **how: spread_(d, points, **how),
    lambda d, g, points, out, nu, **how: sum(
        [spread_(g * d[k], points, nu=n, **how) for k, n in enumerate(further(nu))]
    ),
    backward={
        0: lambda h, g, points, out, shape, **how: sampled_(h, points, cval=0.0, **how),
        1: lambda h, g, points, out, shape, nu, **how: np.stack(
            [np.real(np.conj(g) * sampled_(h, points, cval=0.0, nu=n, **how)) for n in further(nu)]
        ),
    },
    name="the transpose of scipy.ndimage.map_coordinates",
)


def at(x: Any, points: Any, order: int, mode: Any, cval: Any, prefilter: Any) -> Any:
    """The values of an image at points.

    Raises:
        RuntimeError: the order or the mode is none of SciPy's.
    """
    if not 0 <= order <= 5:
        raise RuntimeError("spline order not supported")
    if mode not in MODES:
        raise RuntimeError("boundary mode not supported")
    if traced_in(cval):
        unit = at(np.zeros(shape_of(x)), points, order, mode, 1.0, prefilter)
        return at(x, points, order, mode, 0.0, prefilter) + cval * unit
    c, before = coefficients(x, order, mode, cval, prefilter)
    points = points + before if before else points
    return sampled_(c, points, nu=(0,) * ndim_of(x), order=order, mode=mode, cval=cval)
