"""Piecewise polynomials, as ``scipy.interpolate`` has them: in the point, the coefficients and the
breakpoints.

What makes the coefficients (``CubicSpline`` and its kin) is Python code of SciPy's around solvers that have
doors, so it is a program as others are. What evaluates them is compiled: a polynomial in the distance from
the first end of its piece, ``sum c[k] (x - first)**(n - k)``, of which each derivative is one again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.interpolate import BPoly, NdPPoly, PPoly

from ...nested import deciding, values
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..doors import COMPANIONS
from ..numpy.indexing import read
from ..statements import Constant
from .plain import as_outside, compiled

EVALUATE = PPoly.__call__


def _piece(knots: Any, x: Any) -> Any:
    return as_outside(_searched, np.asarray(knots, float), x)


def _searched(knots: Any, x: Any) -> Any:
    number = PPoly.construct_fast(np.arange(float(len(knots) - 1))[None], knots, True)
    return np.nan_to_num(EVALUATE(number, x)).astype(int)


# The piece that each point is in, by SciPy's own search, up or down: a polynomial that is its number.
piece_: Constant = Constant(_piece, name="the pieces of points")


def pieces(knots: Any, x: Any) -> Any:
    """The piece that each point is in; the first and the last reach on."""
    return piece_(deciding(knots), deciding(x))


def horner(c: Any, s: Any, nu: int) -> Any:
    """The ``nu``-th derivative of polynomials, the highest power first, at distances ``s``."""
    degree = len(c) - 1
    total: Any = 0.0 * (c[0] * s)
    for k in range(degree - nu + 1):
        power = degree - k
        total = total * s + (math.factorial(power) // math.factorial(power - nu)) * c[k]
    return total


def points_of(x: Any) -> Any:
    """Points as floats: SciPy evaluates in double precision."""
    return x.astype(float) if traced_in(x) else np.asarray(x, dtype=float)


def column(x: Any, trailing: int) -> Any:
    """A row of numbers, beside values with more axes."""
    return np.reshape(x, (-1, *(1,) * trailing))


def cut(found: Any, points: Any, first: Any, last: Any) -> Any:
    """Values at points, and nan where these are not between the ends."""
    outside = (points < np.minimum(first, last)) | (points > np.maximum(first, last))
    return np.where(column(outside, ndim_of(found) - 1), np.nan, found)


@compiled(PPoly.__call__)
def polynomials(self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    """A piecewise polynomial, or a derivative of one."""
    if isinstance(self, BPoly):
        return polynomials(PPoly.from_bernstein_basis(self), x, nu, extrapolate)
    if nu < 0:
        return polynomials(antiderivative(self, -nu), x, 0, extrapolate)
    x = points_of(x)
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    points, knots, trailing = np.ravel(x), self.x, ndim_of(self.c) - 2
    if extrapolate == "periodic":
        points = knots[0] + (points - knots[0]) % (knots[-1] - knots[0])
    place = pieces(knots, points)
    s = column(points - read(knots, place), trailing)
    found = horner([read(row, place) for row in self.c], s, nu)
    if not extrapolate:
        found = cut(found, deciding(points), *[deciding(knots[k]) for k in (0, -1)])
    return placed(self, found, shape_of(x))


def placed(self: Any, found: Any, shape: tuple[int, ...]) -> Any:
    """Values with the axes of the points where those of the pieces stood in the data."""
    found = np.reshape(found, (*shape, *shape_of(found)[1:]))
    if self.axis:
        n = len(shape)
        axes = list(range(ndim_of(found)))
        found = np.transpose(found, (*axes[n : n + self.axis], *axes[:n], *axes[n + self.axis :]))
    return found


@compiled(PPoly.antiderivative)
def antiderivative(self: Any, nu: int = 1) -> Any:
    """The antiderivative that is 0 at the first end, piece after piece."""
    if nu <= 0:
        return self.derivative(-nu)
    c, (degree, count) = self.c, shape_of(self.c)[:2]
    trailing = (1,) * (ndim_of(c) - 2)
    rows = [c[k] / (degree - k) for k in range(degree)]
    lengths = np.reshape(np.diff(self.x), (-1, *trailing))
    areas = horner([*rows, 0.0 * c[0]], lengths, 0)
    starts = np.concatenate([0.0 * areas[:1], np.cumsum(areas, axis=0)[: count - 1]])
    periodic = self.extrapolate == "periodic"
    whole = np.stack([*rows, starts])
    made = PPoly.construct_fast(whole, self.x, False if periodic else self.extrapolate, self.axis)
    return made if nu == 1 else antiderivative(made, nu - 1)


@compiled(PPoly.integrate)
def integral(self: Any, a: Any, b: Any, extrapolate: Any = None) -> Any:
    """The integral between two points; over periods, that of a whole one as often as it is in between."""
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    whole = antiderivative(PPoly.construct_fast(self.c, self.x, True, 0))
    periodic = extrapolate == "periodic"

    def until(x: Any) -> Any:
        if not periodic:
            return polynomials(whole, x, 0, extrapolate)
        return by_periods(lambda x: polynomials(whole, x, 0, True), x, self.x[0], self.x[-1])

    return until(b) - until(a)


def by_periods(until: Any, x: Any, start: Any, stop: Any) -> Any:
    """The integral from the start up to a point, of a function that repeats itself."""
    count = np.floor((values(x) - values(start)) / values(stop - start))
    return count * (until(stop) - until(start)) + until(x - count * (stop - start))


@compiled(NdPPoly.__call__)
def products(self: Any, x: Any, nu: Any = None, extrapolate: Any = None) -> Any:
    """A piecewise polynomial of several variables, one after the other."""
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    n = len(self.x)
    x = points_of(x)
    orders = [0] * n if nu is None else [int(k) for k in nu]
    points = np.reshape(x, (-1, n))
    place = [pieces(knots, points[:, k]) for k, knots in enumerate(self.x)]
    found = read(self.c, (*(slice(None),) * n, *place))
    trailing = ndim_of(self.c) - 2 * n
    for k, knots in enumerate(self.x):
        found = horner(found, column(points[:, k] - read(knots, place[k]), trailing), orders[k])
    if not extrapolate:
        for k, knots in enumerate(self.x):
            found = cut(found, deciding(points[:, k]), deciding(knots[0]), deciding(knots[-1]))
    return np.reshape(found, (*shape_of(x)[:-1], *shape_of(found)[1:]))


COMPANIONS["scipy.interpolate"] = (PPoly, NdPPoly)
