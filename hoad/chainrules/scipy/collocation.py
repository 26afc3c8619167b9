"""Splines through data and near data: systems of the values of a basis at points, a few in each row.

The coefficients are linear in the data and come from one solve with a banded matrix, whose entries are smooth
in the points and in the knots. So all derivatives are those of the solve.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.interpolate import BSpline, NdBSpline, make_interp_spline, make_lsq_spline, make_smoothing_spline
from scipy.interpolate._ndbspline import make_ndbspl

from ...errors import MissingRuleError
from ...nested import refused, settle
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..doors import door
from ..numpy.indexing import read
from .linear_systems import banded_
from .plain import alike, as_outside, ask, compiled, floats, plainly, refuse_others
from .splines import bases, between

# ------------------------------------------------------------------------------------------------------------
# The matrix
# ------------------------------------------------------------------------------------------------------------


class Rows:
    """A matrix of which row i has a few entries, from column ``first[i]`` on.

    Args:
        first: the column of the first entry of each row; plain numbers that do not go down.
        entries: of all rows, one column after the other: ``entries[m]`` is what stands in ``first + m``.
        width: how many columns the matrix has.
    """

    def __init__(self, first: Any, entries: Any, width: int) -> None:
        self.first, self.entries, self.width = first, entries, width

    def bands(self) -> tuple[Any, tuple[int, int]]:
        """The bands of the square matrix, and how many there are below and above."""
        i = np.arange(len(self.first))
        k = len(self.entries) - 1
        below = max(int(np.max(i - self.first)), 0)
        above = max(int(np.max(self.first + k - i)), 0)
        column = np.arange(self.width)
        row = column - above + np.arange(below + above + 1)[:, None]
        there = np.clip(row, 0, len(i) - 1)
        entry = column - self.first[there]
        inside = (row == there) & (entry >= 0) & (entry <= k)
        return np.where(inside, read(self.entries, (np.clip(entry, 0, k), there)), 0.0), (below, above)

    def dense(self) -> Any:
        """The whole matrix."""
        entry = np.arange(self.width) - self.first[:, None]
        k, i = len(self.entries) - 1, np.arange(len(self.first))[:, None]
        return np.where((entry >= 0) & (entry <= k), read(self.entries, (np.clip(entry, 0, k), i)), 0.0)

    def around(self, period: int) -> Any:
        """The whole matrix where columns that are a period apart are one."""
        column = (self.first + np.arange(len(self.entries))[:, None]) % period
        here = column[..., None] == np.arange(period)
        return np.sum(np.expand_dims(self.entries, -1) * here, axis=0)


def collocation(t: Any, k: int, x: Any, nu: int = 0) -> Rows:
    """The values of a basis, or derivatives of it, at points, one row for each."""
    place = between(t, k, x)
    return Rows(alike(place) - k, np.stack(bases(t, k, x, place, nu)), len(t) - k - 1)


def solved(rows: Rows, b: Any) -> Any:
    """The coefficients for the rows of ``b``, by one solve with a banded matrix."""
    ab, below_and_above = rows.bands()
    flat = np.reshape(b, (rows.width, -1))
    return np.reshape(banded_(ab, flat, l_and_u=below_and_above), shape_of(b))


# ------------------------------------------------------------------------------------------------------------
# Through data
# ------------------------------------------------------------------------------------------------------------


def not_a_knot(x: Any, k: int, first: Any = None, last: Any = None) -> Any:
    """Knots at the points, or between them for even degrees, but for those next to the ends."""
    inner = x if k % 2 else (x[1:] + x[:-1]) / 2
    return framed(inner[(k + 1) // 2 : -((k + 1) // 2)], k, x[0] if first is None else first, last, x)


def framed(inner: Any, k: int, first: Any, last: Any, x: Any) -> Any:
    """Inner knots between k + 1 equal ones at each end."""
    last = x[-1] if last is None else last
    return np.concatenate([np.stack([first] * (k + 1)), inner, np.stack([last] * (k + 1))])


def around_a_circle(x: Any, k: int) -> Any:
    """The knots of a periodic spline, k more at each end."""
    n, period = len(x) - 1, x[-1] - x[0]
    if k % 2 == 0:
        x = np.concatenate([x[:1], (x[1:-1] + x[:-2]) / 2, x[-1:]])
    number = np.arange(-k, n + k + 1)
    return x[number % n] + (number // n) * period


@door(make_interp_spline, always=True, keeps=(4, "bc_type"))
def interpolating(
    x: Any, y: Any, k: int = 3, t: Any = None, bc_type: Any = None, axis: int = 0, check_finite: bool = True
) -> Any:
    """The spline through data, with derivatives at the ends where these are given."""
    x, y, t = settle(x), settle(y), settle(t)
    if not traced_in((x, y, t, bc_type)):
        return as_outside(make_interp_spline, x, y, k, t, bc_type, axis, check_finite)
    ask(make_interp_spline, x, y, k, t, bc_type, axis, check_finite)
    x, y, axis = floats(x), floats(y), axis % ndim_of(y)
    rows = np.moveaxis(y, axis, 0)
    if isinstance(bc_type, str) and bc_type == "periodic" and k:
        t = around_a_circle(x, k)
        return BSpline.construct_fast(t, on_a_circle(x, rows, k, t), k, "periodic", axis)
    if t is None:
        t = knots_through(x, k, bc_type)
    if k == 0:
        return BSpline.construct_fast(t, rows, k, axis=axis)
    c = through(floats(t), k, x, rows, *sides(bc_type, shape_of(rows)[1:]))
    return BSpline.construct_fast(t, c, k, axis=axis)


def knots_through(x: Any, k: int, bc_type: Any) -> Any:
    """The knots that SciPy chooses for points."""
    if k == 0:
        return np.concatenate([x, x[-1:]])
    if bc_type is None or (isinstance(bc_type, str) and bc_type == "not-a-knot"):
        return not_a_knot(x, k) if k > 1 else framed(x[1:-1], 1, x[0], x[-1], x)
    return np.concatenate([np.stack([x[0]] * k), x, np.stack([x[-1]] * k)])


def sides(bc_type: Any, shape: tuple[int, ...]) -> list[list[tuple[int, Any]]]:
    """The orders and the values of the derivatives that are given at the two ends."""
    orders = {"clamped": 1, "natural": 2}
    if bc_type is None or (isinstance(bc_type, str) and bc_type not in orders):
        return [[], []]

    def side(given: Any) -> list[tuple[int, Any]]:
        pairs = [(orders[given], 0.0)] if isinstance(given, str) else given or []
        return [(int(order), np.broadcast_to(floats(value), shape)) for order, value in pairs]

    return [side(bc_type)] * 2 if isinstance(bc_type, str) else [side(given) for given in bc_type]


def through(t: Any, k: int, x: Any, y: Any, left: Any = (), right: Any = ()) -> Any:
    """The coefficients of the spline with values, and with derivatives at the ends."""
    at = [(x[:1], order, value) for order, value in left], [(x[-1:], order, value) for order, value in right]
    parts = [collocation(t, k, p, order) for p, order, _ in at[0]]
    parts += [collocation(t, k, x), *[collocation(t, k, p, order) for p, order, _ in at[1]]]
    first = np.concatenate([p.first for p in parts])
    entries = np.concatenate([p.entries for p in parts], axis=1)
    ends = [[np.expand_dims(value, 0) for *_, value in side] for side in at]
    return solved(Rows(first, entries, parts[0].width), np.concatenate([*ends[0], y, *ends[1]]))


def on_a_circle(x: Any, y: Any, k: int, t: Any) -> Any:
    """The coefficients of the periodic spline, of which the last k are the first."""
    n = len(x) - 1
    matrix = collocation(t, k, x[:-1]).around(n)
    c = np.linalg.solve(matrix, np.reshape(y[:-1], (n, -1)))
    return np.reshape(c[np.arange(n + k) % n], (n + k, *shape_of(y)[1:]))


@door(make_ndbspl)
def interpolating_grid(points: Any, values: Any, k: Any = 3, *, solver: Any = None, **options: Any) -> Any:
    """The spline through data on a grid: one solve along each axis."""
    own = options if solver is None else {"solver": solver, **options}
    refuse_others(make_ndbspl, points, values, k, **own)
    n = len(points)
    degrees = tuple([int(d) for d in np.broadcast_to(k, n)])
    x, c = [floats(p) for p in points], floats(values)
    for axis, d in enumerate(degrees):
        if len(x[axis]) <= d:
            raise ValueError(
                f"There are {len(x[axis])} points in dimension {axis}, but order {d} requires at least "
                f" {d + 1} points per dimension."
            )
    t = [not_a_knot(p, d) for p, d in zip(x, degrees, strict=True)]
    for axis in range(n):
        rows = np.moveaxis(c, axis, 0)
        c = np.moveaxis(through(t[axis], degrees[axis], x[axis], rows), 0, axis)
    return of_several(t, c, degrees)


def of_several(t: list[Any], c: Any, k: tuple[int, ...]) -> NdBSpline:
    """A spline of several variables, as SciPy keeps it, around traced knots and coefficients."""
    made = plainly(NdBSpline, tuple(t), c, k)
    if traced_in(t):
        most = max([len(d) for d in t])
        made._t = np.stack([np.concatenate([d, np.full(most - len(d), np.nan)]) for d in t])
    setattr(made, "_c" if hasattr(made, "_c") else "c", c)
    return made


# ------------------------------------------------------------------------------------------------------------
# Near data
# ------------------------------------------------------------------------------------------------------------


def nearest(t: Any, k: int, x: Any, y: Any, w: Any = None) -> Any:
    """The coefficients with the least sum of squares ``(w (y - f(x)))**2``."""
    matrix, rows = collocation(t, k, x).dense(), np.reshape(y, (len(x), -1))
    if w is not None:
        matrix, rows = np.expand_dims(w, -1) * matrix, np.expand_dims(w, -1) * rows
    q, r = np.linalg.qr(matrix)
    return np.reshape(np.linalg.solve(r, np.swapaxes(q, -1, -2) @ rows), (-1, *shape_of(y)[1:]))


@compiled(make_lsq_spline)
def least_squares(
    x: Any, y: Any, t: Any, k: int = 3, w: Any = None, axis: int = 0, check_finite: bool = True, **method: Any
) -> Any:
    """The spline of least squares, with given knots."""
    ask(make_lsq_spline, x, y, t, k, w, axis, check_finite, **method)
    x, y, t, axis = floats(x), floats(y), floats(t), axis % ndim_of(y)
    c = nearest(t, k, x, np.moveaxis(y, axis, 0), None if w is None else floats(w))
    return BSpline.construct_fast(t, c, k, axis=axis)


@compiled(make_smoothing_spline)
def smoothing(x: Any, y: Any, w: Any = None, lam: Any = None, **options: Any) -> Any:
    """The spline with the least ``sum w (y - f(x))**2 + lam * integral f''**2``: a natural one through values
    of which the second differences come from one solve.

    Source: C. H. Reinsch, Smoothing by spline functions (1967).
    """
    if lam is None:
        raise refused(
            MissingRuleError(
                "make_smoothing_spline has no derivative with lam=None, which searches for the best: lam=0.1 "
                "(or another number, or a traced one) has"
            ),
            *traced_in((x, y, w)),
        )
    ask(make_smoothing_spline, x, y, w, lam, **options)
    axis = options.get("axis", 0) % ndim_of(y)
    x, rows = floats(x), np.moveaxis(floats(y), axis, 0)
    w = np.ones(len(x)) if w is None else floats(w)
    if ndim_of(lam):
        columns = np.reshape(rows, (len(x), -1))
        smooth = np.stack([smoothed(x, columns[:, j], w, lam[j]) for j in range(len(lam))], axis=1)
        smooth = np.reshape(smooth, shape_of(rows))
    else:
        smooth = smoothed(x, rows, w, lam)
    t = knots_through(x, 3, "natural")
    c = through(t, 3, x, smooth, *sides("natural", shape_of(rows)[1:]))
    return BSpline.construct_fast(t, c, 3, axis=axis)


def smoothed(x: Any, y: Any, w: Any, lam: Any) -> Any:
    """The values of a smoothing spline: ``y - lam Q g / w`` with ``(R + lam Q' Q / w) g = Q' y``, where Q'
    are second differences and R the products of the linear splines between.
    """
    h, n = np.diff(x), len(x) - 2
    q = np.stack([1 / h[:-1], -1 / h[:-1] - 1 / h[1:], 1 / h[1:]])  # row j of Q' from column j on
    over = q / np.stack([w[m : m + n] for m in range(3)])
    main = (h[:-1] + h[1:]) / 3 + lam * np.sum(over * q, axis=0)
    one = h[1:-1] / 6 + lam * (over[1, :-1] * q[0, 1:] + over[2, :-1] * q[1, 1:])
    two = lam * over[2, :-2] * q[0, 2:]
    ab = bands_of(main, one, two)
    flat = np.reshape(y, (n + 2, -1))
    right = sum([np.expand_dims(q[m], -1) * flat[m : m + n] for m in range(3)])
    g = banded_(ab, right, l_and_u=(2, 2))
    zeros = np.zeros((2, shape_of(flat)[1]))
    parts = [np.expand_dims(over[m], -1) * g for m in range(3)]
    change = sum([np.concatenate([zeros[:m], p, zeros[m:]]) for m, p in enumerate(parts)])
    return np.reshape(flat - lam * change, shape_of(y))


def bands_of(main: Any, one: Any, two: Any) -> Any:
    """The bands of a symmetric matrix with two diagonals beside the middle one."""
    z = np.zeros(2)
    above = [np.concatenate([z, two]), np.concatenate([z[:1], one])]
    return np.stack([*above, main, np.concatenate([one, z[:1]]), np.concatenate([two, z])])
