"""Interpolation on grids, as ``scipy.interpolate`` has it: where the points are, and the sums over the
corners around them; and FITPACK's splines of two variables.

The rest of ``RegularGridInterpolator`` is Python code of SciPy's, a program as others are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import interpolate
from scipy.interpolate import (
    BivariateSpline,
    LSQBivariateSpline,
    RectBivariateSpline,
    RegularGridInterpolator,
    SmoothBivariateSpline,
)
from scipy.interpolate._fitpack2 import SphereBivariateSpline, _BivariateSplineBase
from scipy.interpolate._interpnd import _ndim_coords_from_arrays
from scipy.interpolate._rgi_cython import evaluate_linear_2d

from ...errors import MissingRuleError
from ...nested import deciding, refused
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..doors import COMPANIONS, as_array, door
from ..numpy.indexing import read
from ..statements import Constant
from .collocation import collocation, framed, not_a_knot, through
from .piecewise import points_of
from .plain import compiled, floats, plainly
from .splines import antiderivative, bases, between, held, tensor, valued

# ------------------------------------------------------------------------------------------------------------
# Between the corners of a box
# ------------------------------------------------------------------------------------------------------------


def _box(grid: Any, x: Any) -> Any:
    return np.clip(np.searchsorted(grid, x, side="right") - 1, 0 if len(grid) > 1 else -1, len(grid) - 2)


box_: Constant = Constant(_box, name="the boxes of points")


@door(_ndim_coords_from_arrays, keeps=(0, "points"))
def coordinates(points: Any, ndim: Any = None) -> Any:
    """Points as one array, whose last axis are the coordinates: a tuple has one array for each of them."""
    if isinstance(points, tuple) and len(points) == 1:
        points = points[0]
    if isinstance(points, tuple):
        return np.stack(np.broadcast_arrays(*[points_of(p) for p in points]), axis=-1)
    points = as_array(points)
    if ndim_of(points) == 1:
        points = np.reshape(points, (-1, 1 if ndim is None else ndim))
    return points


@door(RegularGridInterpolator._find_indices)
def indices(self: Any, xi: Any) -> tuple[Any, Any]:
    """The box of each point, and where in it the point is, from 0 to 1 along each axis."""
    places, shares = [], []
    axes = self._grid if hasattr(self, "_grid") else self.grid  # by its name in any of SciPy's versions
    for grid, x in zip(axes, xi, strict=True):
        place = box_(deciding(grid), deciding(x))
        low, high = read(grid, place), read(grid, place + 1)
        places.append(place)
        shares.append((x - low) / (high - low) if len(grid) > 1 else 0.0 * x)
    return np.stack(places), np.stack(shares)


@door(evaluate_linear_2d)
def corners(values: Any, indices: Any, norm_distances: Any, grid: Any, out: Any) -> Any:
    """The sum over the four corners around each point."""
    (i, j), (u, v) = indices, norm_distances
    low = read(values, (i, j)) * (1.0 - v) + read(values, (i, j + 1)) * v
    high = read(values, (i + 1, j)) * (1.0 - v) + read(values, (i + 1, j + 1)) * v
    return low * (1.0 - u) + high * u


# ------------------------------------------------------------------------------------------------------------
# FITPACK's splines of two variables: in the point, and in the data on a grid
# ------------------------------------------------------------------------------------------------------------


def surface(tck: Any, k: Any, x: Any, y: Any, orders: tuple[int, int]) -> Any:
    """A spline of two variables at pairs of points, which stop at its ends."""
    knots, c = [points_of(t) for t in tck[:2]], floats(tck[2])
    sizes = [len(t) - d - 1 for t, d in zip(knots, k, strict=True)]
    rows = [np.ravel(held(p, t[d], t[len(t) - d - 1])) for p, t, d in zip((x, y), knots, k, strict=True)]
    places = [between(t, d, p) for t, d, p in zip(knots, k, rows, strict=True)]
    parts = [bases(*given) for given in zip(knots, k, rows, places, orders, strict=True)]
    return np.reshape(tensor(np.reshape(c, sizes), places, parts, 0), shape_of(x))


def crossed(x: Any, y: Any) -> tuple[Any, Any]:
    """The points of a grid."""
    x, y = np.ravel(x), np.ravel(y)
    shape = (np.size(x), np.size(y))
    return np.broadcast_to(x[:, None], shape), np.broadcast_to(y[None, :], shape)


def refuse_falling(x: Any, y: Any) -> None:
    """Refuse points of a grid that go down, as SciPy does."""
    for name, p in (("x", x), ("y", y)):
        if not np.all(np.diff(deciding(np.ravel(p))) >= 0.0):
            raise ValueError(
                f"{name} must be sorted to evaluate on a grid." if name == "x" else f"{name} must be sorted."
            )


@compiled(_BivariateSplineBase.__call__)
def spline_of_two(self: Any, x: Any, y: Any, dx: int = 0, dy: int = 0, grid: bool = True) -> Any:
    """A spline of two variables, on a grid or at points."""
    x, y = points_of(x), points_of(y)
    tck = self.tck[:3]
    if grid:
        refuse_falling(x, y)
        return surface(tck, self.degrees, *crossed(x, y), (dx, dy))
    x, y = np.broadcast_arrays(x, y)
    return surface(tck, self.degrees, x, y, (dx, dy))


@compiled(SphereBivariateSpline.__call__)
def spline_on_a_sphere(
    self: Any, theta: Any, phi: Any, dtheta: int = 0, dphi: int = 0, grid: bool = True
) -> Any:
    """A spline of two angles."""
    for name, angle, most in (("theta", theta, np.pi), ("phi", phi, 2 * np.pi)):
        value = deciding(angle)
        if name == "theta" and (np.any(value < 0.0) or np.any(value > most)):
            raise ValueError("requested theta out of bounds.")
    return spline_of_two(self, theta, phi, dtheta, dphi, grid)


@compiled(BivariateSpline.ev)
def at_pairs(self: Any, xi: Any, yi: Any, dx: int = 0, dy: int = 0) -> Any:
    """The same at points."""
    return self(xi, yi, dx=dx, dy=dy, grid=False)


@compiled(BivariateSpline.integral)
def volume(self: Any, xa: Any, xb: Any, ya: Any, yb: Any) -> Any:
    """The integral over a rectangle."""
    (tx, ty), (kx, ky) = [points_of(t) for t in self.tck[:2]], self.degrees
    c = np.reshape(floats(self.tck[2]), (len(tx) - kx - 1, len(ty) - ky - 1))
    return along(ty, along(tx, c, kx, xa, xb), ky, ya, yb)


def along(t: Any, c: Any, k: int, a: Any, b: Any) -> Any:
    """The integral of a spline that is zero beyond its ends."""
    whole = antiderivative(t, c, k)
    a, b = [np.reshape(held(x, t[k], t[len(t) - k - 1]), (1,)) for x in (a, b)]
    return (valued(*whole, b) - valued(*whole, a))[0]


@compiled(interpolate.bisplev, keeps=(2, "tck"))
def bisplev(x: Any, y: Any, tck: Any, dx: int = 0, dy: int = 0) -> Any:
    """A spline of two variables on a grid, by its knots, coefficients and degrees."""
    tx, ty, c, kx, ky = tck
    if not (0 <= dx < kx and 0 <= dy < ky):
        raise ValueError(f"0 <= dx = {dx} < kx = {kx} and 0 <= dy = {dy} < ky = {ky} must hold")
    x, y = [np.atleast_1d(points_of(p)) for p in (x, y)]
    found = surface((tx, ty, c), (kx, ky), *crossed(x, y), (dx, dy))
    return found if len(found) > 1 else found[0] if len(found[0]) > 1 else found[0][0]


ON_GRID = RectBivariateSpline.__init__


@compiled(RectBivariateSpline.__init__, keeps=(4, "bbox"))
def on_grid(
    self: Any,
    x: Any,
    y: Any,
    z: Any,
    bbox: Any = (None,) * 4,
    kx: int = 3,
    ky: int = 3,
    s: Any = 0,
    *maxit: Any,
) -> None:
    """The spline through data on a grid: one solve along each axis."""
    if traced_in(s) or s > 0:
        message = (
            "RectBivariateSpline has no derivative in its data with s > 0, where the knots are chosen by the "
            "data: s=0 has"
        )
        raise refused(MissingRuleError(message), *traced_in((s, x, y, z)))
    plainly(ON_GRID, self, x, y, z, list(bbox), kx, ky, s, *maxit)
    x, y, c = floats(np.ravel(x)), floats(np.ravel(y)), floats(z)
    knots = []
    for axis, (p, k, ends) in enumerate(((x, kx, bbox[:2]), (y, ky, bbox[2:]))):
        first, last = [p[i] if end is None else end for i, end in zip((0, -1), ends, strict=True)]
        t = not_a_knot(p, k, first, last) if k > 1 else framed(p[1:-1], 1, first, last, p)
        knots.append(t)
        c = np.moveaxis(through(t, k, p, np.moveaxis(c, axis, 0)), 0, axis)
    self.tck = (*knots, np.ravel(c))


NEAR = LSQBivariateSpline.__init__


@compiled(LSQBivariateSpline.__init__, keeps=(7, "bbox"))
def near_points(
    self: Any,
    x: Any,
    y: Any,
    z: Any,
    tx: Any,
    ty: Any,
    w: Any = None,
    bbox: Any = (None,) * 4,
    kx: int = 3,
    ky: int = 3,
    eps: Any = None,
) -> None:
    """The spline of least squares, for inner knots."""
    plainly(NEAR, self, x, y, z, tx, ty, w, list(bbox), kx, ky, eps)
    knots = []
    for p, inner, k, ends in ((x, tx, kx, bbox[:2]), (y, ty, ky, bbox[2:])):
        first, last = [f(p) if end is None else end for f, end in zip((np.min, np.max), ends, strict=True)]
        knots.append(framed(floats(inner), k, first, last, p))
    rows = [collocation(t, k, floats(p)).dense() for t, k, p in zip(knots, (kx, ky), (x, y), strict=True)]
    matrix = np.reshape(rows[0][:, :, None] * rows[1][:, None, :], (len(rows[0]), -1))
    w = np.ones(len(rows[0])) if w is None else floats(w)
    q, r = np.linalg.qr(np.expand_dims(w, -1) * matrix)
    self.tck = (*knots, np.linalg.solve(r, np.swapaxes(q, -1, -2) @ (w * floats(z))))


COMPANIONS["scipy.interpolate"] += (
    RegularGridInterpolator,
    _BivariateSplineBase,
    BivariateSpline,
    SphereBivariateSpline,
    RectBivariateSpline,
    LSQBivariateSpline,
    SmoothBivariateSpline,
    interpolate.SmoothSphereBivariateSpline,
    interpolate.LSQSphereBivariateSpline,
    interpolate.RectSphereBivariateSpline,
)
