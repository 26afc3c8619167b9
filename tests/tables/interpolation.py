"""Programs of ``scipy.interpolate`` that are smooth at their points: by name, a function of one array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import interpolate as I
from scipy.sparse.linalg import spsolve
from scipy.spatial import Delaunay

Case = tuple[Callable[[Any], Any], Any]

t = np.array([0.0, 0.4, 1.1, 1.5, 2.2, 3.0, 3.3, 4.0])
y = np.sin(t) + 0.1 * t
q = np.array([0.3, 1.2, 2.7])
b = np.array([-0.7, 0.3, 2.7, 4.5])  # beyond the ends, too
Y = np.stack([y, 2 * y * y])
TCK = I.splrep(t, y)
KNOTS = np.array([0.0, 0, 0, 0, 1, 2, 2, 3, 4, 4, 4, 4])
C = np.cos(np.arange(8.0))
down, powers = t[::-1].copy(), np.cos(np.arange(28.0)).reshape(4, 7)
CLOSED = np.concatenate([y[:-1], y[:1]])
W = 1.0 + 0.1 * t
INNER = np.array([1.3, 2.5])
LSQ_KNOTS = np.array([0.0, 0, 0, 0, 1.3, 2.5, 4, 4, 4, 4])


def closed(y: Any) -> Any:
    return np.concatenate([y, y[:1]])


def knots(inner: Any) -> Any:
    return np.concatenate([np.zeros(4), inner, np.full(4, 4.0)])


def ends(low: Any, high: Any) -> Any:
    return I.make_interp_spline(t, y, bc_type=([(1, low)], [(2, high)]))


ONE: dict[str, Case] = {
    "PPoly down, point": (lambda x: I.PPoly(powers, down)(x), b),
    "PPoly down, c": (lambda c: I.PPoly(c, down)(b), powers),
    "PPoly down, breakpoints": (lambda d: I.PPoly(powers, d)(q), down),
    "PPoly down, integrate": (lambda c: I.PPoly(c, down).integrate(0.5, 3.1), powers),
    "PPoly down, antiderivative": (lambda c: I.PPoly(c, down).antiderivative()(q), powers),
    "PPoly periods": (lambda e: I.PPoly(powers, t, "periodic").integrate(e[0], e[1]), np.array([-3.1, 9.3])),
    "PPoly periods, c": (lambda c: I.PPoly(c, t, "periodic").integrate(-3.1, 9.3), powers),
    "BPoly": (lambda x: I.BPoly(powers, t)(x, 1), q),
    "BSpline beyond": (lambda x: I.BSpline(KNOTS, C, 3)(x), b),
    "BSpline of splrep": (lambda x: I.BSpline(*TCK)(x), b),
    "BSpline knots": (lambda i: I.BSpline(knots(i), C[:6], 3)(q), INNER),
    "BSpline nu": (lambda x: I.BSpline(KNOTS, C, 3)(x, 2), q),
    "BSpline nu > k": (lambda x: I.BSpline(KNOTS, C, 3)(x, 4), q),
    "BSpline rows": (lambda c: I.BSpline(KNOTS, c, 3, axis=1)(q), np.stack([C, C * C])),
    "BSpline integrate": (lambda e: I.BSpline(KNOTS, C, 3).integrate(e[0], e[1]), np.array([0.3, 4.5])),
    "BSpline integrate inside": (
        lambda e: I.BSpline(KNOTS, C, 3).integrate(e[0], e[1], extrapolate=False),
        np.array([4.5, 0.3]),
    ),
    "BSpline integrate periods": (
        lambda e: I.BSpline(KNOTS, C, 3).integrate(e[0], e[1], extrapolate="periodic"),
        np.array([-3.3, 9.3]),
    ),
    "BSpline integrate c": (lambda c: I.BSpline(KNOTS, c, 3).integrate(0.3, 3.5), C),
    "BSpline antiderivative": (lambda c: I.BSpline(KNOTS, c, 3).antiderivative()(q), C),
    "BSpline insert_knot": (lambda x: I.BSpline(KNOTS, C, 3).insert_knot(x[0]).c, q),
    "BSpline insert_knot c": (lambda c: I.BSpline(KNOTS, c, 3).insert_knot(1.3, 2).c, C),
    "BSpline insert_knot periods": (
        lambda y: I.make_interp_spline(t, closed(y), bc_type="periodic").insert_knot(1.3).c,
        y[:-1],
    ),
    "BSpline.basis_element": (lambda t: I.BSpline.basis_element(t)(q), np.arange(5.0)),
    "PPoly.from_spline": (lambda c: I.PPoly.from_spline((TCK[0], c, 3))(q), TCK[1]),
    "splev der": (lambda x: I.splev(x, TCK, 2), b),
    "splev constant": (lambda x: I.splev(x, TCK, 0, 3), b),
    "splev zeros": (lambda x: I.splev(x, TCK, 1, 1), b),
    "splev c": (lambda c: I.splev(q, (TCK[0], c, 3)), TCK[1]),
    "spalde": (lambda x: I.spalde(x[0], TCK), q),
    "splint": (lambda e: I.splint(e[0], e[1], TCK), np.array([0.5, 3.3])),
    "splint c": (lambda c: I.splint(-1.0, 3.3, (TCK[0], c, 3)), TCK[1]),
    "insert": (lambda c: I.insert(1.3, (TCK[0], c, 3), 2)[1], TCK[1]),
    "insert x": (lambda x: I.insert(x[0], TCK)[1], q),
    "splder": (lambda c: I.splev(q, I.splder((TCK[0], c, 3))), TCK[1]),
    "splantider": (lambda c: I.splev(q, I.splantider((TCK[0], c, 3))), TCK[1]),
    "sproot": (lambda c: I.sproot((TCK[0], c, 3)), TCK[1] - 0.3),
    "UnivariateSpline s=0": (lambda y: I.UnivariateSpline(t, y, s=0)(q), y),
    "InterpolatedUnivariateSpline": (lambda y: I.InterpolatedUnivariateSpline(t, y)(q), y),
    "InterpolatedUnivariateSpline x": (lambda t: I.InterpolatedUnivariateSpline(t, y, k=2)(q), t),
    "InterpolatedUnivariateSpline bbox": (
        lambda y: I.InterpolatedUnivariateSpline(t, y, bbox=[-0.5, 4.5], k=5)(b, 1),
        y,
    ),
    "LSQUnivariateSpline": (lambda y: I.LSQUnivariateSpline(t, y, INNER, w=W)(q), y),
    "LSQUnivariateSpline w": (lambda w: I.LSQUnivariateSpline(t, y, INNER, w=w)(q), W),
    "LSQUnivariateSpline t": (lambda i: I.LSQUnivariateSpline(t, y, i)(q), INNER),
    "UnivariateSpline integral": (lambda y: I.UnivariateSpline(t, y, s=0).integral(0.3, 3.5), y),
    "UnivariateSpline derivatives": (lambda y: I.UnivariateSpline(t, y, s=0).derivatives(1.3), y),
    "UnivariateSpline roots": (lambda y: I.UnivariateSpline(t, y, s=0).roots(), y - 0.3),
    "UnivariateSpline derivative": (lambda y: I.UnivariateSpline(t, y, s=0).derivative()(q), y),
    "UnivariateSpline antiderivative": (lambda y: I.UnivariateSpline(t, y, s=0).antiderivative()(q), y),
    "UnivariateSpline residual": (lambda y: I.LSQUnivariateSpline(t, y, INNER).get_residual(), y),
    "UnivariateSpline coefficients": (lambda y: I.UnivariateSpline(t, y, s=0).get_coeffs(), y),
    "splrep": (lambda y: I.splrep(t, y, k=4)[1], y),
    "splrep x": (lambda t: I.splev(q, I.splrep(t, y)), t),
    "splrep t": (lambda y: I.splrep(t, y, t=INNER)[1], y),
    "splprep": (lambda y: np.stack(I.splev(q / 4, I.splprep([t, y], s=0)[0])), y),
    "splprep u": (lambda y: I.splprep([t, y], s=0)[1], y),
    "make_interp_spline x": (lambda t: I.make_interp_spline(t, y)(q), t),
    "make_interp_spline k=2, x": (lambda t: I.make_interp_spline(t, y, k=2)(q), t),
    "make_interp_spline k=1, x": (lambda t: I.make_interp_spline(t, y, k=1)(q), t),
    "make_interp_spline natural, x": (lambda t: I.make_interp_spline(t, y, bc_type="natural")(q), t),
    "make_interp_spline t": (lambda i: I.make_interp_spline(t[:6], y[:6], t=knots(i))(q), INNER),
    "make_interp_spline periodic": (
        lambda y: I.make_interp_spline(t, closed(y), bc_type="periodic")(b),
        y[:-1],
    ),
    "make_interp_spline periodic, x": (
        lambda t: I.make_interp_spline(t, CLOSED, 4, bc_type="periodic")(q),
        t,
    ),
    "make_interp_spline bc_type": (lambda v: ends(v[0], v[1])(q), np.array([0.5, -0.3])),
    "make_interp_spline rows": (lambda Y: I.make_interp_spline(t, Y, k=5, axis=1)(q), Y),
    "make_lsq_spline": (lambda y: I.make_lsq_spline(t, y, LSQ_KNOTS, w=W)(q), y),
    "make_lsq_spline x": (lambda t: I.make_lsq_spline(t, y, LSQ_KNOTS)(q), np.clip(t, 0.1, 3.9)),
    "make_lsq_spline rows": (lambda Y: I.make_lsq_spline(t, Y, LSQ_KNOTS, axis=1)(q), Y),
    "make_smoothing_spline": (lambda y: I.make_smoothing_spline(t, y, W, 0.1)(q), y),
    "make_smoothing_spline x": (lambda t: I.make_smoothing_spline(t, y, W, 0.1)(q), t),
    "make_smoothing_spline w": (lambda w: I.make_smoothing_spline(t, y, w, 0.1)(b), W),
    "make_smoothing_spline lam": (lambda v: I.make_smoothing_spline(t, y, W, v[0])(q), np.array([0.1])),
    "make_splprep": (lambda y: I.make_splprep([t, y], s=0)[0](q / 4), y),
    "make_splrep": (lambda y: I.make_splrep(t, y, s=0)(q), y),
    "interp1d cubic x": (lambda t: I.interp1d(t, y, kind="cubic")(q), t),
}

gx, gy = np.array([0, 0.5, 1.2, 2.0, 2.5, 3.1, 4.0]), np.array([0, 1.0, 1.5, 2.5, 3.0, 3.7, 4.2])
V = np.sin(gx)[:, None] * np.cos(gy) + 0.1 * gx[:, None] + 0.3 * np.cos(gx[:, None] * gy) + 0.05 * gy**1.5
P = np.array([[0.3, 0.7], [1.1, 1.7], [2.2, 2.9]])
BEYOND = np.array([[0.3, 0.7], [-1.1, 1.7], [2.2, 4.9]])
TENSOR = np.cos(np.arange(36.0)).reshape(6, 6)
ND_KNOTS = (np.array([0.0, 0, 0, 0, 1, 2, 4, 4, 4, 4]), np.array([0.0, 0, 0, 1, 2, 3, 4, 4, 4.0]))
ND_POWERS = np.cos(np.arange(3 * 2 * 36.0)).reshape(3, 2, 6, 6)
gx1, gy1 = np.meshgrid(gx, gy, indexing="ij")
a = np.array([0.35, 1.25, 2.7])  # between the lines
SURFACE = I.RectBivariateSpline(gx, gy, V)
SPHERE = I.RectSphereBivariateSpline(
    np.linspace(0.3, 2.8, 7), np.linspace(0.1, 6.0, 8), np.cos(np.arange(56.0)).reshape(7, 8)
)
BISP = (*SURFACE.tck, 3, 3)


def grid(points: Any, values: Any, method: str, **options: Any) -> Any:
    """An interpolator that solves exactly: SciPy's own way is an iteration, up to 1e-5."""
    exact = {"solver": spsolve} if method in ("slinear", "cubic", "quintic") else {}
    return I.RegularGridInterpolator(points, values, method=method, **exact, **options)


def filled(values: Any, method: str, fill_value: Any) -> Any:
    return grid((gx, gy), values, method, bounds_error=False, fill_value=fill_value)


METHODS = ("linear", "nearest", "slinear", "cubic", "quintic", "pchip", "slinear_legacy", "cubic_legacy")
GRIDS: dict[str, Case] = {}
for _m in METHODS:
    GRIDS[f"grid {_m}, point"] = (lambda x, m=_m: grid((gx, gy), V, m)(x), P)
    GRIDS[f"grid {_m}, values"] = (lambda v, m=_m: grid((gx, gy), v, m)(P), V)
    GRIDS[f"grid {_m}, axis"] = (lambda g, m=_m: grid((g, gy), V, m)(P), gx)
GRIDS |= {
    "grid linear, complex and 3-d": (
        lambda v: np.real(grid((gx, gy), (v + 2j * v**2)[..., None], "linear")(P)),
        V,
    ),
    "grid linear, beyond": (lambda x: filled(V, "linear", None)(x), BEYOND),
    "grid linear, filled": (lambda x: filled(V, "linear", 2.0)(x), BEYOND),
    "grid cubic, filled": (lambda v: filled(v, "cubic", 2.0)(BEYOND), V),
    "grid cubic, nu": (lambda x: grid((gx, gy), V, "cubic")(x, nu=(1, 2)), P),
    "grid down": (lambda v: grid((gx[::-1], gy), v, "linear")(P), V),
    "grid linear, one line": (lambda x: grid((gx,), V[:, 0], "linear")(x[:, :1]), P),
    "interpn": (lambda v: I.interpn((gx, gy), v, P), V),
    "interpn of coordinates": (lambda x: I.interpn((gx, gy), V, (x[:, 0], x[:, 1])), P),
    "interpn splinef2d": (lambda x: I.interpn((gx, gy), V, x, method="splinef2d"), P),
    "NdPPoly": (lambda x: I.NdPPoly(ND_POWERS, (gx, gy))(x), BEYOND),
    "NdPPoly nu": (lambda x: I.NdPPoly(ND_POWERS, (gx, gy))(x, nu=(1, 0)), P),
    "NdPPoly c": (lambda c: I.NdPPoly(c, (gx, gy))(P), ND_POWERS),
    "NdPPoly breakpoints": (lambda g: I.NdPPoly(ND_POWERS, (g, gy))(P), gx),
    "NdPPoly integrate": (lambda c: I.NdPPoly(c, (gx, gy)).integrate([[0.1, 2.0], [0.2, 3.0]]), ND_POWERS),
    "NdBSpline": (lambda x: I.NdBSpline(ND_KNOTS, TENSOR, (3, 2))(x), BEYOND),
    "NdBSpline c": (lambda c: I.NdBSpline(ND_KNOTS, c, (3, 2))(P, nu=(1, 1)), TENSOR),
    "RectBivariateSpline": (lambda x: SURFACE(x, a), a),
    "RectBivariateSpline dx": (lambda x: SURFACE(x, a, dx=1), a),
    "RectBivariateSpline ev": (lambda x: SURFACE.ev(x[:, 0], x[:, 1], dy=1), P),
    "RectBivariateSpline beyond": (lambda x: SURFACE.ev(x[:, 0], x[:, 1]), BEYOND),
    "RectBivariateSpline z": (lambda v: I.RectBivariateSpline(gx, gy, v, kx=2, ky=4)(a, a), V),
    "RectBivariateSpline x": (lambda g: I.RectBivariateSpline(g, gy, V).ev(a, a), gx),
    "RectBivariateSpline integral": (
        lambda v: I.RectBivariateSpline(gx, gy, v).integral(0.3, 3.5, 0.2, 5.0),
        V,
    ),
    "RectBivariateSpline partial": (lambda x: SURFACE.partial_derivative(1, 1)(x, a), a),
    "LSQBivariateSpline": (
        lambda v: I.LSQBivariateSpline(gx1.ravel(), gy1.ravel(), v.ravel(), [2.0], [2.0])(a, a),
        V,
    ),
    "LSQBivariateSpline tx": (
        lambda v: I.LSQBivariateSpline(gx1.ravel(), gy1.ravel(), V.ravel(), v, [2.0])(a, a),
        np.array([2.1]),
    ),
    "RectSphereBivariateSpline": (lambda x: SPHERE(x, a), a),
    "bisplev": (lambda x: I.bisplev(x, a, BISP), a),
}  # fmt: skip

RANDOM = np.random.default_rng(0)
PTS = RANDOM.uniform(0, 1, (12, 2))
PV = np.sin(3 * PTS[:, 0]) + PTS[:, 1] ** 2
Q = np.array([[0.4, 0.5], [0.5, 0.6], [0.45, 0.4]])
OUT = np.array([[0.4, 0.5], [1.5, 1.6]])
TRI = Delaunay(PTS)
NAMES = ("linear", "thin_plate_spline", "cubic", "quintic", "multiquadric", "inverse_multiquadric",
         "inverse_quadratic", "gaussian")  # fmt: skip
OLD = ("multiquadric", "inverse", "gaussian", "linear", "cubic", "quintic", "thin_plate")


def radial(y: Any, d: Any, x: Any, **options: Any) -> Any:
    return I.RBFInterpolator(y, d, **options)(x)


def smooth(points: Any, values: Any) -> Any:
    return I.CloughTocher2DInterpolator(points, values, tol=1e-14, maxiter=4000)


def rbf(p: Any, v: Any, x: Any, **options: Any) -> Any:
    return I.Rbf(p[:, 0], p[:, 1], v, **options)(x[:, 0], x[:, 1])


POINTS: dict[str, Case] = {}
for _k in NAMES:
    POINTS[f"radial {_k}, point"] = (lambda x, k=_k: radial(PTS, PV, x, kernel=k, epsilon=1.5), Q)
    POINTS[f"radial {_k}, data points"] = (lambda p, k=_k: radial(p, PV, Q, kernel=k, epsilon=1.5), PTS)
    POINTS[f"radial {_k}, values"] = (lambda v, k=_k: radial(PTS, v, Q, kernel=k, epsilon=1.5), PV)
for _k in OLD:
    POINTS[f"Rbf {_k}, data points"] = (lambda p, k=_k: rbf(p, PV, Q, function=k), PTS + 0.0)
POINTS |= {
    "radial epsilon": (lambda e: radial(PTS, PV, Q, kernel="gaussian", epsilon=e[0]), np.array([2.0])),
    "radial smoothing": (lambda s: radial(PTS, PV, Q, smoothing=s[0]), np.array([0.1])),
    "radial smoothing of each": (lambda s: radial(PTS, PV, Q, smoothing=s), np.linspace(0.1, 0.3, 12)),
    "radial degree": (lambda x: radial(PTS, PV, x, kernel="cubic", degree=2), Q),
    "radial neighbors": (lambda x: radial(PTS, PV, x, neighbors=5), Q),
    "radial neighbors, values": (lambda v: radial(PTS, v, Q, neighbors=5, smoothing=0.1), PV),
    "radial neighbors, data points": (lambda p: radial(p, PV, Q, neighbors=6, kernel="cubic"), PTS),
    "radial complex rows": (
        lambda v: np.real((1 - 1j) * radial(PTS, np.stack([v, v * v + 2j * v], axis=1), Q)),
        PV,
    ),
    "Rbf epsilon": (lambda e: rbf(PTS, PV, Q, epsilon=e[0]), np.array([0.3])),
    "Rbf smooth": (lambda s: rbf(PTS, PV, Q, smooth=s[0]), np.array([0.1])),
    "griddata linear": (lambda x: I.griddata(PTS, PV, x, fill_value=2.0), OUT),
    "griddata linear, data points": (lambda p: I.griddata(p, PV, Q), PTS),
    "griddata nearest": (lambda v: I.griddata(PTS, v, OUT, method="nearest"), PV),
    "griddata cubic": (lambda x: I.griddata(PTS, PV, x, method="cubic"), Q),
    "griddata one variable": (lambda v: I.griddata(t, v, q, method="cubic"), y),
    "LinearND rescaled": (lambda p: I.LinearNDInterpolator(p, PV, rescale=True)(Q), PTS),
    "LinearND triangulated": (lambda v: I.LinearNDInterpolator(TRI, v)(Q), PV),
    "LinearND coordinates": (
        lambda x: I.LinearNDInterpolator(PTS, PV, fill_value=7.0)(x[:, 0], x[:, 1]),
        OUT,
    ),
    "LinearND rows": (lambda v: I.LinearNDInterpolator(PTS, np.stack([v, v * v], axis=1))(Q), PV),
    "LinearND in space": (
        lambda v: I.LinearNDInterpolator(np.concatenate([PTS, PTS[::-1, :1] ** 2], axis=1), v)(
            np.mean(PTS[:5], axis=0)[0], 0.5, 0.3
        ),
        PV,
    ),
    "NearestND": (lambda x: I.NearestNDInterpolator(PTS, PV)(x), Q),
    "NearestND values": (lambda v: I.NearestNDInterpolator(PTS, np.stack([v, v * v], axis=1))(Q), PV),
    "CloughTocher": (lambda x: smooth(PTS, PV)(x), OUT[:1]),
    "CloughTocher values": (lambda v: smooth(PTS, v)(Q), PV),
    "CloughTocher data points": (lambda p: smooth(p, PV)(Q), PTS),
}
RATIONAL: dict[str, Case] = {
    "roots": (lambda y: I.CubicSpline(t, y - 0.5).roots(extrapolate=False), y),
    "roots, points": (lambda t: I.CubicSpline(t, y - 0.5).roots(extrapolate=False), t),
    "solve": (lambda v: I.CubicSpline(t, y).solve(v[0], extrapolate=False), np.array([0.5])),
    "solve at a jump": (lambda x: I.PPoly(np.array([[1.0, -2.0, 1.5]]), x).roots(), np.arange(4.0)),
    "AAA": (lambda x: I.AAA(t, y)(x), q),
    "FloaterHormann": (lambda x: I.FloaterHormannInterpolator(t, y)(x), q),
    "FloaterHormann values": (lambda v: I.FloaterHormannInterpolator(t, v, d=2)(q), y),
    "FloaterHormann points": (lambda t: I.FloaterHormannInterpolator(t, y)(q), t),
    "Barycentric points": (lambda t: I.BarycentricInterpolator(t, y)(q), t),
    "Barycentric derivative": (lambda v: I.BarycentricInterpolator(t, v).derivative(q), y),
    "barycentric_interpolate": (lambda v: I.barycentric_interpolate(t, v, q, der=[0, 1])[1], y),
    "Krogh points": (lambda t: I.KroghInterpolator(t, y)(q), t),
    "krogh_interpolate": (lambda v: I.krogh_interpolate(t, v, q), y),
    "pchip_interpolate": (lambda v: I.pchip_interpolate(t, v, q, der=1), y),
    "approximate_taylor_polynomial": (
        lambda c: I.approximate_taylor_polynomial(lambda x: np.sin(c[0] * x), 0.0, 3, 1.0)(0.5),
        np.array([0.5]),
    ),
    "lagrange": (lambda v: I.lagrange(t[:4], v)(0.7), y[:4] + 1.0),
    "pade": (lambda c: I.pade(c, 2)[0](0.5), np.array([1.0, 1.1, 0.6, 0.2, 0.05])),
}
CASES = ONE | GRIDS | POINTS | RATIONAL
