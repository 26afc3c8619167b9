"""Splines of FITPACK's, as ``scipy.interpolate`` has them by their knots, coefficients and degree: in the
point, in the coefficients, and in the data where the knots are chosen by the points alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import interpolate
from scipy.interpolate import BSpline, LSQUnivariateSpline, UnivariateSpline, _fitpack_impl

from ...errors import MissingRuleError
from ...nested import deciding, pack, refused, settle, values
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..doors import COMPANIONS, door
from .collocation import framed, nearest, not_a_knot, through
from .piecewise import column, points_of
from .plain import ask, compiled, floats, plainly
from .splines import antiderivative, held, inserted, valued

EXTENSIONS = {"extrapolate": 0, "zeros": 1, "raise": 2, "const": 3}
PERIODIC = (
    "interpolate.{} has no derivative with per=1 or full_output=1: "
    "make_interp_spline({}, bc_type='periodic') has"
)
CHOSEN = (
    "interpolate.{} has no derivative in its data with s > 0, where they choose the knots: s=0 has, "
    "and so have make_smoothing_spline with a number for lam, make_lsq_spline and LSQUnivariateSpline"
)


def spline_of(tck: Any) -> tuple[Any, Any, int]:
    """Knots, coefficients without the zeros at their end, and the degree."""
    if isinstance(tck, BSpline):
        return tck.t, tck.c, tck.k
    t, c, k = tck
    return points_of(settle(t)), floats(settle(c))[: len(t) - k - 1], int(k)


def curve_of(tck: Any) -> list[tuple[Any, Any, int]] | None:
    """The splines of the coordinates of a curve, as ``splprep`` makes them; None for one spline."""
    if isinstance(tck, BSpline) or ndim_of(tck[1][0]) == 0:
        return None
    return [(tck[0], c, tck[2]) for c in tck[1]]


# ------------------------------------------------------------------------------------------------------------
# In the point
# ------------------------------------------------------------------------------------------------------------


@compiled(interpolate.splev, keeps=(1, "tck"))
def splev(x: Any, tck: Any, der: int = 0, ext: Any = 0) -> Any:
    """A spline by its knots, coefficients and degree, or the coordinates of a curve."""
    curve = curve_of(tck)
    if curve is not None:
        return [splev(x, part, der, ext) for part in curve]
    ext = EXTENSIONS.get(ext, ext)
    if ext not in EXTENSIONS.values():
        raise ValueError(f"ext = {ext} not in (0, 1, 2, 3) ")
    t, c, k = spline_of(tck)
    if not 0 <= der <= k:
        raise ValueError(f"0<=der={der}<=k={k} must hold")
    x, low, high = points_of(x), t[k], t[len(t) - k - 1]
    outside = (deciding(x) < deciding(low)) | (deciding(x) > deciding(high))
    if ext == 2 and np.any(outside):
        raise ValueError("A value in x is outside the domain of the spline")
    at = np.ravel(held(x, low, high) if ext == 3 and not der else x)  # FITPACK's derivatives reach on
    found = np.reshape(valued(t, c, k, at, der), (*shape_of(x), *shape_of(c)[1:]))
    return np.where(outside, 0.0, found) if ext == 1 else found


@compiled(interpolate.spalde, keeps=(1, "tck"))
def spalde(x: Any, tck: Any) -> Any:
    """All derivatives of a spline, at a point or at each of several."""
    curve = curve_of(tck)
    if curve is not None:
        return [spalde(x, part) for part in curve]
    t, c, k = spline_of(tck)
    points = np.ravel(points_of(x))
    found = np.stack([valued(t, c, k, points, nu) for nu in range(k + 1)], axis=-1)
    return found[0] if np.size(x) == 1 else list(found)


@compiled(interpolate.splint, keeps=(2, "tck"))
def splint(a: Any, b: Any, tck: Any, full_output: int = 0) -> Any:
    """The integral between two points, of a spline that is zero beyond its ends."""
    curve = curve_of(tck)
    if curve is not None:
        return [splint(a, b, part) for part in curve]
    t, c, k = spline_of(tck)
    whole = antiderivative(t, c, k)
    a, b = [np.reshape(held(x, t[k], t[len(t) - k - 1]), (1,)) for x in (a, b)]
    found = (valued(*whole, b) - valued(*whole, a))[0]
    return (found, plainly(interpolate.splint, a[0], b[0], tck, 1)[1]) if full_output else found


@door(_fitpack_impl.splder, keeps=(0, "tck"))
def splder(tck: Any, n: int = 1, xp: Any = None) -> Any:
    """Knots, coefficients and degree of a derivative."""
    if n < 0:
        return splantider(tck, -n)
    t, c, k = tck
    if n > k:
        raise ValueError(f"Order of derivative (n = {n!r}) must be <= order of spline (k = {k!r})")
    t, c = pack(t), pack(c)
    for _ in range(n):
        apart = t[k + 1 : -1] - t[1 : -k - 1]
        if np.any(deciding(apart) == 0):
            raise ValueError(f"The spline has internal repeated knots and is not differentiable {n} times")
        size = shape_of(apart)[0]
        c = (c[1 : size + 1] - c[:size]) * k / column(apart, ndim_of(c) - 1)
        c, t, k = np.concatenate([c, np.zeros((k, *shape_of(c)[1:]))]), t[1:-1], k - 1
    return t, c, k


@door(_fitpack_impl.splantider, keeps=(0, "tck"))
def splantider(tck: Any, n: int = 1, *, xp: Any = None) -> Any:
    """Knots, coefficients and degree of an antiderivative."""
    if n < 0:
        return splder(tck, -n)
    t, c, k = tck
    t, c = pack(t), pack(c)
    for _ in range(n):
        t, c, k = antiderivative(t, c, k)
    last = c[-1:] if n else c[:0]
    return t, np.concatenate([c, *[last] * (len(t) - len(c))]), k


@compiled(interpolate.insert, keeps=(1, "tck"))
def insert(x: Any, tck: Any, m: int = 1, per: int = 0) -> Any:
    """The same spline with a knot that counts ``m`` times more."""
    if per:
        message = "interpolate.insert has no derivative with per=1: BSpline(..., 'periodic').insert_knot has"
        raise refused(MissingRuleError(message), *traced_in((x, tck)))
    if isinstance(tck, BSpline):
        return tck.insert_knot(x, m)
    curve = curve_of(tck)
    if curve is not None:
        parts = [insert(x, part, m) for part in curve]
        return parts[0][0], [c for _, c, _ in parts], tck[2]
    t, c, k = spline_of(tck)
    for _ in range(m):
        t, c = inserted(t, c, k, points_of(x))
    return t, np.concatenate([c, np.zeros((k + 1, *shape_of(c)[1:]))]), k


# ------------------------------------------------------------------------------------------------------------
# In the data
# ------------------------------------------------------------------------------------------------------------


def fitted(x: Any, y: Any, w: Any, ends: Any, k: int, inner: Any = None) -> tuple[Any, Any]:
    """Knots and coefficients of the spline through data, or of the one of least squares with inner knots."""
    first, last = [x[i] if end is None else end for i, end in zip((0, -1), ends, strict=True)]
    if inner is None:
        t = not_a_knot(x, k, first, last) if k > 1 else framed(x[1:-1], 1, first, last, x)
        return t, through(t, k, x, y)
    t = framed(floats(inner), k, first, last, x)
    return t, nearest(t, k, x, y, w)


def padded(c: Any, k: int) -> Any:
    """Coefficients with the zeros that FITPACK puts at their end."""
    return np.concatenate([c, np.zeros(k + 1)])


@compiled(interpolate.splrep)
def splrep(
    x: Any,
    y: Any,
    w: Any = None,
    xb: Any = None,
    xe: Any = None,
    k: int = 3,
    task: int = 0,
    s: Any = None,
    t: Any = None,
    full_output: int = 0,
    per: int = 0,
    quiet: int = 1,
) -> Any:
    """A spline through data, or the one of least squares for knots that are given."""
    if per or full_output:
        raise refused(MissingRuleError(PERIODIC.format("splrep", "x, y")), *traced_in((x, y, w)))
    refuse_chosen("splrep", s if s is not None or w is None else 1.0, t, x, y, w)
    ask(interpolate.splrep, x, y, w, xb, xe, k, task, s, t, 0, 0, quiet)
    x, y, w = floats(x), floats(y), None if w is None else floats(w)
    knots, c = fitted(x, y, w, (xb, xe), k, t)
    return knots, padded(c, k), k


def refuse_chosen(name: str, s: Any, t: Any, *given: Any) -> None:
    """Refuse data where they choose the knots."""
    if t is None and s is not None and (traced_in(s) or s > 0):
        raise refused(MissingRuleError(CHOSEN.format(name)), *traced_in((s, *given)))


@compiled(interpolate.splprep)
def splprep(
    x: Any,
    w: Any = None,
    u: Any = None,
    ub: Any = None,
    ue: Any = None,
    k: int = 3,
    task: int = 0,
    s: Any = None,
    t: Any = None,
    full_output: int = 0,
    nest: Any = None,
    per: int = 0,
    quiet: int = 1,
) -> Any:
    """The curve through points, by the lengths between them where no parameters are given."""
    if per or full_output:
        raise refused(MissingRuleError(PERIODIC.format("splprep", "u, points")), *traced_in((x, w, u)))
    refuse_chosen("splprep", 1.0 if s is None else s, t, x, w, u)
    x = np.stack([floats(row) for row in x])
    ask(interpolate.splprep, list(x), w, u, ub, ue, k, task, s, t, 0, nest, 0, quiet)
    if u is None:
        way = np.cumsum(np.sqrt(np.sum(np.diff(x, axis=1) ** 2, axis=0)))
        u, ub, ue = np.concatenate([np.zeros(1), way / way[-1]]), 0.0, 1.0
    inner = None if t is None else t[k + 1 : -k - 1]
    knots, c = fitted(floats(u), np.moveaxis(x, 0, 1), w, (ub, ue), k, inner)
    return [knots, [c[:, j] for j in range(len(x))], k], u


# ------------------------------------------------------------------------------------------------------------
# Objects
# ------------------------------------------------------------------------------------------------------------

SMOOTH, THROUGH, NEAR = (
    c.__init__ for c in (UnivariateSpline, interpolate.InterpolatedUnivariateSpline, LSQUnivariateSpline)
)


def around(self: Any, x: Any, y: Any, w: Any, t: Any, c: Any, k: int) -> None:
    """Put traced data, knots and coefficients into an object that SciPy has made of plain ones."""
    data = list(self._data)
    data[:3] = x, y, data[2] if w is None else w
    data[8], data[9] = t, padded(c, k)
    self._data, self._eval_args = tuple(data), (t, data[9], k)


def bounds(bbox: Any) -> Any:
    """The ends of a spline, where these are given."""
    return [None if end is None or np.isnan(values(end)) else end for end in bbox]


@compiled(UnivariateSpline.__init__, keeps=(4, "bbox"))
def smoothing(
    self: Any,
    x: Any,
    y: Any,
    w: Any = None,
    bbox: Any = (None, None),
    k: int = 3,
    s: Any = None,
    ext: Any = 0,
    check_finite: bool = False,
) -> None:
    """A spline through data."""
    refuse_chosen("UnivariateSpline", 1.0 if s is None else s, None, x, y, w)
    plainly(SMOOTH, self, x, y, w, list(bbox), k, s, ext, check_finite)
    x, y, w = floats(x), floats(y), None if w is None else floats(w)
    around(self, x, y, w, *fitted(x, y, None, bounds(bbox), k), k)


@compiled(interpolate.InterpolatedUnivariateSpline.__init__, keeps=(4, "bbox"))
def passing(
    self: Any,
    x: Any,
    y: Any,
    w: Any = None,
    bbox: Any = (None, None),
    k: int = 3,
    ext: Any = 0,
    check_finite: bool = False,
) -> None:
    """A spline through data."""
    plainly(THROUGH, self, x, y, w, list(bbox), k, ext, check_finite)
    x, y, w = floats(x), floats(y), None if w is None else floats(w)
    around(self, x, y, w, *fitted(x, y, None, bounds(bbox), k), k)


@compiled(LSQUnivariateSpline.__init__, keeps=(5, "bbox"))
def passing_near(
    self: Any,
    x: Any,
    y: Any,
    t: Any,
    w: Any = None,
    bbox: Any = (None, None),
    k: int = 3,
    ext: Any = 0,
    check_finite: bool = False,
) -> None:
    """The spline of least squares, for inner knots."""
    plainly(NEAR, self, x, y, t, w, list(bbox), k, ext, check_finite)
    x, y, w = floats(x), floats(y), None if w is None else floats(w)
    around(self, x, y, w, *fitted(x, y, w, bounds(bbox), k, t), k)


@compiled(UnivariateSpline.__call__)
def called(self: Any, x: Any, nu: int = 0, ext: Any = None) -> Any:
    """A spline in the point."""
    return splev(x, self._eval_args, nu, self.ext if ext is None else ext)


@compiled(UnivariateSpline.integral)
def integral(self: Any, a: Any, b: Any) -> Any:
    """The integral of a spline that is zero beyond its ends."""
    return splint(a, b, self._eval_args)


@compiled(UnivariateSpline.derivatives)
def derivatives(self: Any, x: Any) -> Any:
    """All derivatives at a point."""
    return spalde(x, self._eval_args)


@compiled(UnivariateSpline.get_residual)
def residual(self: Any) -> Any:
    """The sum of squares that is left."""
    x, y, w = self._data[:3]
    return np.sum((floats(w) * (floats(y) - splev(x, self._eval_args))) ** 2)


COMPANIONS["scipy.interpolate"] += (
    UnivariateSpline,
    LSQUnivariateSpline,
    interpolate.InterpolatedUnivariateSpline,
)
