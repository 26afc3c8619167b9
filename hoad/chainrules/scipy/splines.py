"""Piecewise polynomials, as ``scipy.interpolate`` has them: in the point, and in the coefficients that were
made of data.

What makes the coefficients (``CubicSpline`` and its kin) is Python code of SciPy's around solvers that have
doors, so it is a program as others are. What evaluates them is compiled: a polynomial in the distance from
the left end of its piece, ``sum c[k] (x - left)**(n - k)``, of which each derivative is one again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.interpolate import BPoly, BSpline, PPoly, UnivariateSpline, make_interp_spline, splev

from ...errors import MissingRuleError
from ...nested import INSIDE, refused, settle, values
from ..captures import traced_in
from ..doors import COMPANIONS, door
from ..numpy.indexing import read


def pieces(knots: Any, x: Any, count: int) -> Any:
    """The piece that each point is in; the first and the last reach on."""
    return np.clip(np.searchsorted(knots, values(x), side="right") - 1, 0, count - 1)


def horner(c: Any, s: Any, nu: int) -> Any:
    """The ``nu``-th derivative of polynomials, the highest power first, at distances ``s``."""
    degree = len(c) - 1
    total: Any = 0.0 * (c[0] * s)
    for k in range(degree - nu + 1):
        power = degree - k
        total = total * s + (math.factorial(power) // math.factorial(power - nu)) * c[k]
    return total


def within(self: Any, x: Any, extrapolate: Any) -> tuple[Any, bool]:
    """The points as they are evaluated, and whether those outside of the pieces are nan."""
    if extrapolate is None:
        extrapolate = self.extrapolate
    if extrapolate == "periodic":
        start, stop = self.x[0], self.x[-1]
        return start + (x - start) % (stop - start), False
    return x, not extrapolate


@door(PPoly.__call__)
def polynomials(self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    """A piecewise polynomial, or a derivative of one."""
    if isinstance(self, BPoly):
        return polynomials(PPoly.from_bernstein_basis(self), x, nu, extrapolate)
    if nu < 0:
        return polynomials(antiderivative(self, -nu), x, 0, extrapolate)
    x = np.asarray(x, dtype=float) if not traced_in(x) else x
    points, cut = within(self, np.ravel(x), extrapolate)
    place = pieces(values(self.x), points, self.c.shape[1])
    trailing = (1,) * (self.c.ndim - 2)
    s = np.reshape(points - read(self.x, place), (-1, *trailing))
    found = horner([read(row, place) for row in self.c], s, nu)
    if cut:
        ends = values(self.x)
        outside = (values(points) < ends[0]) | (values(points) > ends[-1])
        found = np.where(np.reshape(outside, (-1, *trailing)), np.nan, found)
    return placed(self, found, np.shape(x))


def placed(self: Any, found: Any, shape: tuple[int, ...]) -> Any:
    """Values with the axes of the points where those of the pieces stood in the data."""
    found = np.reshape(found, (*shape, *np.shape(found)[1:]))
    if self.axis:
        n = len(shape)
        axes = list(range(np.ndim(found)))
        found = np.transpose(found, (*axes[n : n + self.axis], *axes[:n], *axes[n + self.axis :]))
    return found


@door(BSpline.__call__)
def splines(self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    """A spline by its coefficients, by de Boor's recursion."""
    if nu:
        return splines(self.derivative(nu), x, 0, extrapolate)
    x = np.asarray(x, dtype=float) if not traced_in(x) else x
    t, k, n = self.t, self.k, self.c.shape[0]
    points = np.ravel(x)
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    if extrapolate == "periodic":
        points = t[k] + (points - t[k]) % (t[n] - t[k])
    place = np.clip(np.searchsorted(values(t), values(points), side="right") - 1, k, n - 1)
    trailing = (1,) * (self.c.ndim - 1)
    d = [read(self.c, place - k + j) for j in range(k + 1)]
    for r in range(1, k + 1):
        for j in range(k, r - 1, -1):
            low, high = read(t, place - k + j), read(t, place + 1 + j - r)
            share = np.reshape((points - low) / (high - low), (-1, *trailing))
            d[j] = (1 - share) * d[j - 1] + share * d[j]
    found = d[k]
    if not extrapolate:
        outside = (values(points) < values(t)[k]) | (values(points) > values(t)[n])
        found = np.where(np.reshape(outside, (-1, *trailing)), np.nan, found)
    return placed(self, found, np.shape(x))


@door(PPoly.antiderivative)
def antiderivative(self: Any, nu: int = 1) -> Any:
    """The antiderivative that is 0 at the first end, piece after piece."""
    if nu <= 0:
        return self.derivative(-nu)
    c, (degree, count) = self.c, self.c.shape[:2]
    trailing = (1,) * (c.ndim - 2)
    rows = [c[k] / (degree - k) for k in range(degree)]
    lengths = np.reshape(np.diff(self.x), (-1, *trailing))
    areas = horner([*rows, 0.0 * c[0]], lengths, 0)
    starts = np.concatenate([0.0 * areas[:1], np.cumsum(areas, axis=0)[: count - 1]])
    periodic = self.extrapolate == "periodic"
    whole = np.stack([*rows, starts])
    made = PPoly.construct_fast(whole, self.x, False if periodic else self.extrapolate, self.axis)
    return made if nu == 1 else antiderivative(made, nu - 1)


@door(PPoly.integrate)
def integral(self: Any, a: Any, b: Any, extrapolate: Any = None) -> Any:
    """The integral between two points."""
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    if extrapolate == "periodic":
        raise refused(
            MissingRuleError("PPoly.integrate has no derivative over periods: extrapolate=True has")
        )
    whole = antiderivative(PPoly.construct_fast(self.c, self.x, self.extrapolate, 0))
    return polynomials(whole, b, 0, extrapolate) - polynomials(whole, a, 0, extrapolate)


@door(make_interp_spline, always=True)
def interpolating(
    x: Any, y: Any, k: int = 3, t: Any = None, bc_type: Any = None, axis: int = 0, check_finite: bool = True
) -> Any:
    """The spline through data, whose coefficients are linear in it: SciPy's own for each unit vector."""
    x, y, t = settle(x), settle(y), settle(t)
    if not traced_in((x, y, t)):
        return plainly(x, y, k, t, bc_type, axis, check_finite)
    if traced_in((x, t)) or (isinstance(bc_type, str) and bc_type == "periodic"):
        what = "the knots, which depend on x," if traced_in((x, t)) else "a periodic spline"
        raise refused(MissingRuleError(f"make_interp_spline has no derivative by {what}: CubicSpline has"))
    rows = np.moveaxis(y, axis, 0)
    n = np.shape(rows)[0]
    none = plainly(x, np.zeros(n), k, t, bc_type, 0, check_finite)
    each = plainly(x, np.eye(n), k, t, sized(bc_type, n), 0, check_finite)
    matrix = each.c - none.c[:, None]
    c = np.tensordot(matrix, rows, (1, 0)) + np.reshape(none.c, (-1, *(1,) * (np.ndim(rows) - 1)))
    return BSpline.construct_fast(none.t, c, k, axis=axis % np.ndim(y))


def plainly(*args: Any) -> Any:
    """SciPy's own spline of plain arrays: its code runs as outside of a derivative."""
    token = INSIDE.set(False)
    try:
        return make_interp_spline(*args)
    finally:
        INSIDE.reset(token)


def sized(bc_type: Any, n: int) -> Any:
    """Conditions at the ends, for n columns of data."""
    if bc_type is None or isinstance(bc_type, str):
        return bc_type

    def wide(side: Any) -> Any:
        return side if side is None or isinstance(side, str) else [(o, np.full(n, v)) for o, v in side]

    return tuple(map(wide, bc_type))


@door(UnivariateSpline.__call__)
def smoothing(self: Any, x: Any, nu: int = 0, ext: Any = None) -> Any:
    """A spline of FITPACK's, in the point."""
    return splev_of(x, self._eval_args, nu, self.ext if ext is None else ext)


@door(splev)
def splev_of(x: Any, tck: Any, der: int = 0, ext: Any = 0) -> Any:
    """The same by its knots, coefficients and degree."""
    spline = tck if isinstance(tck, BSpline) else BSpline.construct_fast(*trimmed(*tck))
    ext = EXTENSIONS.get(ext, ext)
    t, k = spline.t, spline.k
    low, high = t[k], t[len(t) - k - 1]
    outside = (values(x) < low) | (values(x) > high)
    if ext == 2 and np.any(outside):
        raise ValueError("A value in x is outside the domain of the spline")
    found = splines(spline, np.clip(x, low, high) if ext == 3 else x, der, True)
    return np.where(outside, 0.0, found) if ext == 1 else found


EXTENSIONS = {"extrapolate": 0, "zeros": 1, "raise": 2, "const": 3}


def trimmed(t: Any, c: Any, k: int) -> tuple[Any, Any, int]:
    """Coefficients without the zeros that FITPACK puts at their end."""
    return np.asarray(t), c[: len(t) - k - 1], k


COMPANIONS["scipy.interpolate"] = (PPoly, BSpline, UnivariateSpline)
