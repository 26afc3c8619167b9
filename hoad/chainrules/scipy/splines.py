"""Splines in the basis of B-splines, as ``scipy.interpolate`` evaluates them: in the point, the coefficients
and the knots.

A spline is ``sum c[j] B_j(x)``. Between two knots, k + 1 of the basis are not zero; they come from one
another by de Boor's recursion, which is rational in the point and in the knots.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from scipy.interpolate import BSpline, NdBSpline

from ...nested import deciding, values
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..doors import COMPANIONS
from ..numpy.indexing import read
from ..statements import Constant
from .piecewise import by_periods, column, cut, placed, points_of
from .plain import compiled


def _between(t: Any, x: Any, k: int) -> Any:
    return np.clip(np.searchsorted(t, x, side="right") - 1, k, len(t) - k - 2)


# The knot before each point, of those that the spline is between.
between_: Constant = Constant(_between, name="the knots before points")


def between(t: Any, k: int, x: Any) -> Any:
    """The knot before each point; the first and the last piece reach on."""
    return between_(deciding(t), deciding(x), k=k)


def bases(t: Any, k: int, x: Any, place: Any, nu: int = 0) -> list[Any]:
    """The ``nu``-th derivatives of the k + 1 splines of the basis that are not zero after knot ``place``.

    Source: C. de Boor, A Practical Guide to Splines (1978), X; its derivatives as P. Dierckx's FITPACK.
    """
    one = 1.0 + 0.0 * x
    if nu > k:
        return [0.0 * one] * (k + 1)
    near = {i: read(t, place + i) for i in range(1 - k, k + 1)}
    found = [one]
    for j in range(1, k + 1):
        last, found = found, [0.0 * one] * (j + 1)
        for i in range(1, j + 1):
            after, before = near[i], near[i - j]
            share = quotient(last[i - 1], after - before)
            if j > k - nu:
                found[i - 1], found[i] = found[i - 1] - j * share, j * share
            else:
                found[i - 1] = found[i - 1] + share * (after - x)
                found[i] = share * (x - before)
    return found


def quotient(a: Any, b: Any) -> Any:
    """A quotient that is 0 where knots coincide."""
    none = deciding(b) == 0
    return np.where(none, 0.0, a / np.where(none, 1.0, b))


def valued(t: Any, c: Any, k: int, x: Any, nu: int = 0) -> Any:
    """The ``nu``-th derivative of a spline at a row of points."""
    place = between(t, k, x)
    trailing = ndim_of(c) - 1
    parts = bases(t, k, x, place, nu)
    return sum([column(b, trailing) * read(c, place - k + j) for j, b in enumerate(parts)])


@compiled(BSpline.__call__)
def splines(self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    """A spline, or a derivative of one."""
    x, t, k = points_of(x), self.t, self.k
    n = len(t) - k - 1
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    points = np.ravel(x)
    if extrapolate == "periodic":
        points = t[k] + (points - t[k]) % (t[n] - t[k])
    found = valued(t, self.c, k, points, operator.index(nu))
    if not extrapolate:
        found = cut(found, deciding(points), deciding(t[k]), deciding(t[n]))
    return placed(self, found, shape_of(x))


def antiderivative(t: Any, c: Any, k: int) -> tuple[Any, Any, int]:
    """Knots, coefficients and degree of the antiderivative that is 0 at the first knot."""
    n = len(t) - k - 1
    lengths = column(t[k + 1 :] - t[:n], ndim_of(c) - 1)
    sums = np.cumsum(c[:n] * lengths, axis=0) / (k + 1)
    return np.concatenate([t[:1], t, t[-1:]]), np.concatenate([0.0 * sums[:1], sums]), k + 1


@compiled(BSpline.integrate)
def integral(self: Any, a: Any, b: Any, extrapolate: Any = None) -> Any:
    """The integral between two points; of what is between the first and the last knot, if that is all."""
    t, k = self.t, self.k
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    whole = antiderivative(t, self.c, k)
    first, last = t[k], t[len(t) - k - 1]

    def until(x: Any) -> Any:
        return valued(*whole, np.reshape(x, (1,)))[0]

    if extrapolate == "periodic":
        return by_periods(until, b, first, last) - by_periods(until, a, first, last)
    if not extrapolate:
        a, b = held(a, first, last), held(b, first, last)
    return until(b) - until(a)


def held(x: Any, low: Any, high: Any) -> Any:
    """Points that stop at the ends; at an end itself they go both ways, as what is inside does."""
    x = points_of(x)
    point, least, most = deciding(x), deciding(low), deciding(high)
    return np.where(point < least, low, np.where(point > most, high, x))


def inserted(t: Any, c: Any, k: int, x: Any) -> tuple[Any, Any]:
    """The same spline with one more knot.

    Source: W. Boehm, Inserting new knots into B-spline curves (1980).
    """
    t, n = points_of(t), len(t) - k - 1
    place = int(values(between(t, k, np.reshape(x, (1,))))[0])
    place -= int(values(t)[place] == values(t)[place + k + 1])
    rows = np.arange(place - k + 1, place + 1)
    share = column((x - t[rows]) / (t[rows + k] - t[rows]), ndim_of(c) - 1)
    moved = share * c[rows] + (1.0 - share) * c[rows - 1]
    knots = np.concatenate([t[: place + 1], np.reshape(x, (1,)), t[place + 1 :]])
    return knots, np.concatenate([c[: place - k + 1], moved, c[place:n]])


@compiled(BSpline.insert_knot)
def insert_knot(self: Any, x: Any, m: int = 1) -> Any:
    """The same with a knot that counts ``m`` times more."""
    t, c, k = self.t, self.c, self.k
    if m <= 0:
        raise ValueError(f"`m` must be positive, got {m = }.")
    if not values(t)[k] <= values(x) <= values(t)[len(t) - k - 1]:
        raise ValueError(f"Cannot insert a knot at {values(x)}.")
    if self.extrapolate == "periodic" and not traced_in((t, x)):
        return periodically(self, x, m)
    for _ in range(m):
        t, c = inserted(t, c, k, points_of(x))
    return BSpline.construct_fast(t, c, k, self.extrapolate, self.axis)


INSERT = BSpline.insert_knot


def periodically(self: Any, x: Any, m: int) -> Any:
    """A knot in a spline that repeats itself: each coefficient is a sum of old ones, by SciPy's own
    weights.
    """
    n = len(self.t) - self.k - 1
    each = INSERT(BSpline.construct_fast(self.t, np.eye(n), self.k, "periodic"), x, m)
    c = np.tensordot(each.c, self.c[:n], (1, 0))
    return BSpline.construct_fast(each.t, c, self.k, "periodic", self.axis)


# ------------------------------------------------------------------------------------------------------------
# Of several variables
# ------------------------------------------------------------------------------------------------------------


def tensor(c: Any, places: list[Any], parts: list[list[Any]], trailing: int) -> Any:
    """The sum of coefficients around each point, times the product of one basis for each variable."""
    n = len(parts)
    index = []
    for axis, (place, part) in enumerate(zip(places, parts, strict=True)):
        around = np.stack([place - len(part) + 1 + j for j in range(len(part))], axis=-1)
        index.append(np.reshape(around, (-1, *(1,) * axis, len(part), *(1,) * (n - 1 - axis))))
    found = read(c, tuple(index))
    for part in parts:
        here = np.stack(part, axis=-1)
        here = np.reshape(here, (*shape_of(here), *(1,) * (ndim_of(found) - 2)))
        found = np.sum(here * found, axis=1)
    return found


@compiled(NdBSpline.__call__)
def tensor_products(self: Any, xi: Any, *, nu: Any = None, extrapolate: Any = None) -> Any:
    """A spline of several variables."""
    t, k, c = (
        knots_of(self),
        [int(d) for d in self._k] if hasattr(self, "_k") else list(self.k),
        held_in(self),
    )
    n, x = len(t), points_of(xi)
    orders = [0] * n if nu is None else [int(d) for d in nu]
    if len(orders) != n or min(orders) < 0:
        raise ValueError(f"invalid number of derivative orders {nu = } for ndim = {n}.")
    if shape_of(x)[-1] != n:
        raise ValueError(f"Shapes: xi.shape={shape_of(x)} and ndim={n}")
    points = np.reshape(x, (-1, n))
    rows = [points[:, d] for d in range(n)]
    places = [between(t[d], k[d], rows[d]) for d in range(n)]
    parts = [bases(t[d], k[d], rows[d], places[d], orders[d]) for d in range(n)]
    found = tensor(c, places, parts, ndim_of(c) - n)
    if not (self.extrapolate if extrapolate is None else extrapolate):
        for d in range(n):
            found = cut(found, deciding(rows[d]), deciding(t[d][k[d]]), deciding(t[d][len(t[d]) - k[d] - 1]))
    return np.reshape(found, (*shape_of(x)[:-1], *shape_of(c)[n:]))


def knots_of(self: Any) -> list[Any]:
    """The knots of each variable, which SciPy keeps in one array."""
    if hasattr(self, "_len_t"):
        return [self._t[d, : int(n)] for d, n in enumerate(self._len_t)]
    return list(self.t)


def held_in(self: Any) -> Any:
    """The coefficients, by their name in any of SciPy's versions."""
    return self._c if hasattr(self, "_c") else self.c


COMPANIONS["scipy.interpolate"] += (BSpline, NdBSpline)
