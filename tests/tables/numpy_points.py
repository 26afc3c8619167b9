"""Points for the rules of padding, statistics, numerical analysis, Fourier transforms and decompositions.

The exact value is NumPy's definition of the function in mpmath's numbers: hoad's own statement, run on those
(its value is compared with NumPy's in ``test_program_value``), or an independent one, for decompositions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from rule_points import M, N, P, S, T, V, W, both_signs, elements, elementwise_points, joined, programs
from versions import of_numpy

from hoad.chainrules.numpy import decompositions, eigen, elementwise, fourier, reductions, shaping
from hoad.kinds.number import with_numbers


def numbered(run: Callable[..., Any]) -> Callable[..., Any]:
    """A program at numbers of mpmath's."""
    return lambda *xs: with_numbers(run, xs, {})


def by_numbers(function: Any, run: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Enter a program whose exact value is its own at 60 digits."""
    programs(function, run, *arguments, exact=numbered(run), **options)


# ------------------------------------------------------------------------------------------------------------
# Padding, inserting, deleting, grids
# ------------------------------------------------------------------------------------------------------------

by_numbers(np.pad, lambda x: np.pad(x, 2), V)
by_numbers(np.pad, lambda x, y: np.pad(x, ((1, 0), (2, 3)), constant_values=((y[0], 2.0), (3.0, y[1]))), M, V)
for mode in ("edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "minimum", "mean", "median"):
    by_numbers(np.pad, lambda x, kind=mode: np.pad(x, ((1, 0), (2, 5)), kind), M)
for mode in ("reflect", "symmetric"):
    by_numbers(np.pad, lambda x, kind=mode: np.pad(x, (4, 7), kind, reflect_type="odd"), V)
by_numbers(np.pad, lambda x, y: np.pad(x, 2, "linear_ramp", end_values=(y[0], y[1])), V, W)
by_numbers(np.pad, lambda x: np.pad(x, (3, 1), "mean", stat_length=2), V)


def mirrored(row: Any, width: Any, axis: int, options: dict[str, Any]) -> None:
    """A padding of the user's."""
    row[: width[0]] = row[width[0]] * options["scale"]
    row[len(row) - width[1] :] = 7.0


by_numbers(np.pad, lambda x: np.pad(x, (2, 1), mirrored, scale=3.0), V)
if np.lib.NumpyVersion(np.__version__) >= "2.2.0":  # widths by axis
    by_numbers(np.pad, lambda x: np.pad(x, {-1: (1, 2)}), M)
by_numbers(np.insert, lambda x, y: np.insert(x, 1, y), V, W)
by_numbers(np.insert, lambda x, y: np.insert(x, [0, 2, 2], y), V, W)
by_numbers(np.insert, lambda x, y: np.insert(x, 1, y, axis=0), M, V)
by_numbers(np.insert, lambda x, y: np.insert(x, [1, -1], y[0], axis=1), M, V)
by_numbers(np.insert, lambda x, y: np.insert(x, slice(0, 2), y[:2, None], axis=0), M, V)
by_numbers(np.delete, lambda x: np.delete(x, 1), V)
by_numbers(np.delete, lambda x: np.delete(x, [0, -1], axis=1), M)
by_numbers(np.delete, lambda x: np.delete(x, slice(None, None, 2), axis=1), M)
by_numbers(np.resize, lambda x: np.resize(x, (2, 4)), V)
by_numbers(np.resize, lambda x: np.resize(x, 2), V)
by_numbers(np.trim_zeros, lambda x: np.trim_zeros(np.pad(x, (2, 1))), V)
by_numbers(np.trim_zeros, lambda x: np.trim_zeros(np.pad(x, (2, 1)), "f"), V)
if hasattr(np, "unstack"):  # NumPy 2.1
    by_numbers(np.unstack, lambda x: joined(part**2 for part in np.unstack(x, axis=1)), M)
by_numbers(np.dsplit, lambda x: joined(part**2 for part in np.dsplit(x, 2)), T)
programs(np.astype, lambda x: np.astype(x, np.float64), M, exact=lambda x: x)
by_numbers(np.meshgrid, lambda x, y: joined(np.meshgrid(x, y[:2])), V, W)
by_numbers(np.meshgrid, lambda x, y: joined(np.meshgrid(x, y, x[:2], indexing="ij", sparse=True)), V, W)
by_numbers(np.ix_, lambda x, y: joined(np.ix_(x, y)), V, W)
by_numbers(np.choose, lambda x, y: np.choose([0, 1, 1], [x, y]), V, W)
by_numbers(np.choose, lambda x, y: np.choose([[0], [3]], [x, y], mode="wrap"), V, W)
by_numbers(np.choose, lambda x, y: np.choose([-1, 9, 1], [x, y], mode="clip"), V, W)
by_numbers(np.apply_along_axis, lambda x: np.apply_along_axis(lambda r: r[0] * r[1:], 1, x), M)
by_numbers(np.apply_along_axis, lambda x: np.apply_along_axis(lambda r: np.sum(r**2), 0, x), T)
by_numbers(np.apply_over_axes, lambda x: np.apply_over_axes(np.sum, x * x, [0, 2]), T)
by_numbers(np.amax, lambda x: np.amax(x, axis=1), M)
by_numbers(np.amin, lambda x: np.amin(x, axis=0, keepdims=True), M)
by_numbers(np.unique, lambda x: np.unique(np.concatenate([x, x[:1]]), return_counts=True)[0], V)
by_numbers(np.unique_values, lambda x: np.sort(np.unique_values(x)), V)
by_numbers(np.unique_inverse, lambda x: np.unique_inverse(x).values, V)
by_numbers(np.unique_counts, lambda x: np.unique_counts(x).values, V)
by_numbers(np.unique_all, lambda x: np.unique_all(x)[0], V)
programs(
    np.intersect1d, lambda x: np.intersect1d(x, np.array([2.25, 9.0, 0.5])), V, exact=lambda x: x[[0, 2]]
)
by_numbers(np.union1d, np.union1d, V, W)
programs(np.setdiff1d, lambda x: np.setdiff1d(x, [0.5]), V, exact=lambda x: x[[1, 2]])
by_numbers(np.setxor1d, np.setxor1d, V, W)
by_numbers(np.logspace, lambda x: np.logspace(x[0], x[1], 4), V, bound=64, why="the exponent is large")
by_numbers(np.logspace, lambda x: np.logspace(x[0], x[1:], 3, base=2.0, endpoint=False), V)
by_numbers(np.geomspace, lambda x: np.geomspace(x[0] ** 2, x[1:] ** 2, 4), V)
programs(np.sort_complex, lambda x: np.real(np.sort_complex(x)), V, exact=np.sort)

for row in (V, np.array([2.0, 0.0, 3.0, 0.5, -1.5])):
    by_numbers(np.cumprod, np.cumprod, row)
    by_numbers(np.prod, np.prod, row)
programs(
    reductions.cumprod_last, reductions.cumprod_last, N, exact=lambda x: np.multiply.accumulate(x, axis=-1)
)

# ------------------------------------------------------------------------------------------------------------
# Statistics
# ------------------------------------------------------------------------------------------------------------

HOLES = np.array([[False, True, False, False], [True, False, False, False], [False, False, False, True]])
METHODS = [
    "linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf",
    "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased",
    "normal_unbiased",
]  # fmt: skip
for method in METHODS:
    by_numbers(np.quantile, lambda x, m=method: np.quantile(x, [0.1, 0.35, 0.9], method=m), N[0])
by_numbers(np.quantile, lambda x: np.quantile(x, 0.3), N)
by_numbers(np.quantile, lambda x: np.quantile(x, [[0.25], [0.6]], axis=0, keepdims=True), N)
by_numbers(np.quantile, lambda x: np.quantile(x, [0.2, 0.7], axis=(0, 2)), T)
programs(
    np.quantile,
    lambda q: np.quantile(np.array([1.0, 4.0, 9.0, 16.0]), q),
    np.array([0.4, 0.75]),
    exact=lambda q: np.array([4 + 5 * (3 * q[0] - 1), 9 + 7 * (3 * q[1] - 2)]),
)
by_numbers(
    np.quantile,
    lambda x: np.quantile(x, [0.3, 0.8], weights=np.array([1.0, 3.0, 2.0]), method="inverted_cdf"),
    V,
)
by_numbers(np.percentile, lambda x: np.percentile(x, [30.0, 80.0], axis=1), N)
with_holes = lambda x: np.where(HOLES, np.nan, x)
for function in (np.nanvar, np.nanstd):
    by_numbers(function, lambda x, f=function: f(with_holes(x), axis=1), N)
    by_numbers(function, lambda x, f=function: f(with_holes(x), ddof=1, keepdims=True), N)
by_numbers(np.nanmedian, lambda x: np.nanmedian(with_holes(x), axis=0), N)
by_numbers(np.nanmedian, lambda x: np.nanmedian(with_holes(x)), N)
by_numbers(np.nanquantile, lambda x: np.nanquantile(with_holes(x), [0.3, 0.6], axis=1), N)
by_numbers(np.nanpercentile, lambda x: np.nanpercentile(with_holes(x), 40, axis=0, keepdims=True), N)
by_numbers(np.nancumsum, lambda x: np.nancumsum(with_holes(x), axis=1), N)
by_numbers(np.nancumprod, lambda x: np.nancumprod(with_holes(x)), N)
if hasattr(np, "cumulative_sum"):
    by_numbers(np.cumulative_sum, lambda x: np.cumulative_sum(x, axis=1, include_initial=True), N)
    by_numbers(np.cumulative_prod, lambda x: np.cumulative_prod(x, include_initial=True), V)
by_numbers(np.cov, np.cov, N)
by_numbers(np.cov, lambda x, y: np.cov(x, y, rowvar=False, bias=True), M.T, np.array([0.5, 2.0, -1.0]))
by_numbers(
    np.cov, lambda x, w: np.cov(x, aweights=w, fweights=[1, 2, 1, 3]), N, np.array([0.5, 1.0, 2.0, 0.25])
)
by_numbers(np.corrcoef, np.corrcoef, N, bound=64, why="of the differences from the mean")
by_numbers(np.bincount, lambda w: np.bincount([0, 3, 0, 1], w, minlength=6), N[0])
EDGES = [-1.0, 0.0, 0.5, 2.0]
by_numbers(np.histogram_bin_edges, lambda x: np.histogram_bin_edges(x, 4), V)
by_numbers(np.histogram, lambda w: np.histogram([0.1, -0.5, 0.3, 2.0], EDGES, weights=w)[0], N[0])
by_numbers(
    np.histogram, lambda w: np.histogram([0.1, -0.5, 0.3, 5.0], 3, weights=w, density=True)[0], N[2] ** 2
)
by_numbers(np.histogram_bin_edges, lambda x: np.histogram_bin_edges(x, 4), N[0])
by_numbers(np.histogram, lambda x: np.histogram(x, 3, density=True)[0], N[2])
by_numbers(
    np.histogram2d, lambda w: np.histogram2d([0.1, -0.5, 1.3, 1.0], [0, 1, 1, 0], 2, weights=w)[0], N[0]
)
by_numbers(
    np.histogramdd,
    lambda w: np.histogramdd(np.array([[0.1, 1.0], [0.5, 2.0], [0.2, 1.5]]), 2, weights=w, density=True)[0],
    V**2,
)

# ------------------------------------------------------------------------------------------------------------
# Numerical analysis
# ------------------------------------------------------------------------------------------------------------

KNOTS = np.array([-1.0, 0.25, 1.5, 4.0])
by_numbers(np.interp, lambda x: np.interp(x, KNOTS, KNOTS**2), V)
by_numbers(np.interp, lambda x, k, y: np.interp(x, k, y), V * 4, KNOTS, N[0])
by_numbers(np.interp, lambda x, y: np.interp(x * 4, KNOTS, y, left=y[0] ** 2, right=7.0), V, N[0])
by_numbers(np.interp, lambda x, y: np.interp(x, KNOTS[:3], y, period=3.0), V * 4 + 0.125, V)
by_numbers(np.gradient, np.gradient, N[0])
by_numbers(np.gradient, lambda x, h: joined(np.gradient(x, h[0] ** 2, h[2])), N, V)
by_numbers(
    np.gradient,
    lambda x, c: np.gradient(x, c, axis=1, edge_order=2),
    N,
    KNOTS,
    bound=64,
    why="of quotients of differences",
)
by_numbers(np.trapezoid, np.trapezoid, M)
for trapz in of_numpy("trapz"):  # until NumPy 2.4
    by_numbers(trapz, trapz, M)
by_numbers(np.trapezoid, lambda y, x: np.trapezoid(y, x), M, V)
by_numbers(np.trapezoid, lambda y, x: np.trapezoid(y, x, axis=0), N, N**2)
by_numbers(np.ediff1d, lambda x, y: np.ediff1d(x, to_begin=y[:2], to_end=y[2]), M, V)
by_numbers(np.ediff1d, np.ediff1d, M)
programs(np.unwrap, lambda x: np.unwrap(x * 3.0), V, exact=lambda x: x * 3)
programs(np.unwrap, lambda x: np.unwrap(x, period=2.0, axis=0), M, exact=lambda x: x)
programs(
    np.i0,
    np.i0,
    np.array([0.5, -2.0, 12.0]),
    exact=elements(lambda x: mpmath.besseli(0, x)),
    bound=24,
    why="NumPy's i0",
)
for mode in ("full", "same", "valid"):
    by_numbers(np.correlate, lambda x, y, kind=mode: np.correlate(x, y, kind), N[0], V)
    by_numbers(np.correlate, lambda x, y, kind=mode: np.correlate(x, y, kind), V, N[0])
by_numbers(np.polyval, np.polyval, V, W)
by_numbers(np.polyadd, lambda p, q: np.polyadd(p, q[1:]), V, W)
by_numbers(np.polysub, lambda p, q: np.polysub(p, q), V, N[0])
by_numbers(np.polymul, np.polymul, V, W)
by_numbers(np.polyder, lambda p: np.polyder(p, 2), N[0])
by_numbers(np.polyint, lambda p, k: np.polyint(p, 2, k=[k[0], k[1]]), V, W)
by_numbers(
    np.polydiv, lambda u, v: joined(np.polydiv(u, v)), N[0], V, bound=64, why="of the divisor's powers"
)
by_numbers(np.poly, np.poly, V)
by_numbers(np.vander, lambda x: np.vander(x, 4), V)
by_numbers(np.vander, lambda x: np.vander(x, increasing=True), V)


def exact_roots(p: Any) -> Any:
    found = mpmath.polyroots([mpmath.mpmathify(c) for c in p], maxsteps=200, extraprec=200)
    return np.array(sorted([mpmath.re(r) for r in found]), dtype=object)


ROOTED = np.array([1.0, 0.5, -4.0, -1.0])
programs(
    np.roots,
    lambda p: np.sort(np.roots(p)),
    ROOTED,
    exact=exact_roots,
    bound=64,
    why="of the roots' conditions",
)


def least_squares(a: Any, b: Any) -> Any:
    """By the normal equations, which at 60 digits lose nothing."""
    return np.linalg.solve(np.transpose(a) @ a, np.transpose(a) @ b)


TALL = np.array([[1.0, 0.5], [0.25, -1.5], [2.0, 1.0], [-0.5, 0.75]])
programs(
    np.polyfit, lambda x, y: np.polyfit(x, y, 1), KNOTS, N[0],
    exact=numbered(lambda x, y: least_squares(np.vander(x, 2), y)), bound=64, why="of the fit's condition",
)  # fmt: skip
programs(
    np.polyfit, lambda y, w: np.polyfit(KNOTS, y, 1, w=w), N[0], N[2] ** 2,
    exact=numbered(lambda y, w: least_squares(np.vander(KNOTS, 2) * w[:, None], y * w)),
    bound=64, why="of the fit's condition",
)  # fmt: skip

elementwise_points(
    elementwise.bessel,
    lambda point: lambda x, n: sp.besseli(int(point[1]), x),
    *((x, n) for n in range(4) for x in both_signs(0.01, 0.5, 2.0, 12.0, 60.0)),
    by_point=True, arguments=(0,), first=24, second=None, why="of NumPy's i0",
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------------
# Fourier transforms
# ------------------------------------------------------------------------------------------------------------


def turn(k: int, n: int) -> Any:
    return mpmath.expjpi(mpmath.mpf(2 * k) / n)


def transformed(x: Any, n: int, sign: int, factor: Any = 1, axis: int = -1) -> Any:
    """The sum that defines the transform, of the first n elements or with zeros behind."""
    rows = np.moveaxis(np.asarray(x, dtype=object), axis, -1)
    m = min(rows.shape[-1], n)
    out = [factor * sum(rows[..., j] * turn(sign * j * k, n) for j in range(m)) for k in range(n)]
    return np.moveaxis(np.stack(out, axis=-1), -1, axis)


def real_signal(x: Any, n: int, sign: int, factor: Any) -> Any:
    """The signal whose half spectrum is given."""
    half = [x[k] if k < len(x) else mpmath.mpf(0) for k in range(n // 2 + 1)]
    half[0] = mpmath.re(half[0])
    if n % 2 == 0:
        half[-1] = mpmath.re(half[-1])
    whole = half + [mpmath.conj(half[n - k]) for k in range(n // 2 + 1, n)]
    return elements(mpmath.re)(transformed(np.array(whole, dtype=object), n, sign, factor))


Z = N[0] + 1j * N[1]
programs(np.fft.fft, np.fft.fft, V, also_complex=True, exact=lambda x: transformed(x, 3, -1))
programs(
    np.fft.fft,
    lambda x: np.fft.fft(x, 5, norm="ortho"),
    Z,
    exact=lambda x: transformed(x, 5, -1, 1 / mpmath.sqrt(5)),
)
programs(
    np.fft.fft,
    lambda x: np.fft.fft(x, 2, axis=0, norm="forward"),
    N,
    exact=lambda x: transformed(x, 2, -1, mpmath.mpf(1) / 2, 0),
)
programs(np.fft.ifft, np.fft.ifft, Z, exact=lambda x: transformed(x, 4, 1, mpmath.mpf(1) / 4))
programs(np.fft.ifft, lambda x: np.fft.ifft(x, 6, norm="forward"), V, exact=lambda x: transformed(x, 6, 1))
for n in (3, 4, 7):
    programs(
        np.fft.rfft,
        lambda x, n=n: np.fft.rfft(x, n),
        N[0],
        exact=lambda x, n=n: transformed(x, n, -1)[: n // 2 + 1],
    )
    programs(
        np.fft.irfft,
        lambda x, n=n: np.fft.irfft(x, n),
        Z,
        exact=lambda x, n=n: real_signal(x, n, 1, mpmath.mpf(1) / n),
    )
    programs(np.fft.hfft, lambda x, n=n: np.fft.hfft(x, n), Z, exact=lambda x, n=n: real_signal(x, n, -1, 1))
    programs(
        np.fft.ihfft, lambda x, n=n: np.fft.ihfft(x, n), N[0],
        exact=lambda x, n=n: transformed(x, n, 1, mpmath.mpf(1) / n)[: n // 2 + 1],
    )  # fmt: skip
programs(np.fft.fftn, np.fft.fftn, M, exact=lambda x: transformed(transformed(x, 3, -1), 2, -1, 1, 0))
programs(
    np.fft.fft2,
    lambda x: np.fft.fft2(x, (2, 2)),
    M,
    exact=lambda x: transformed(transformed(x, 2, -1), 2, -1, 1, 0),
)
programs(
    np.fft.ifftn,
    np.fft.ifftn,
    M + 1j * M**2,
    exact=lambda x: transformed(transformed(x, 3, 1), 2, 1, mpmath.mpf(1) / 6, 0),
)
programs(
    np.fft.ifft2,
    np.fft.ifft2,
    M,
    exact=lambda x: transformed(transformed(x, 3, 1), 2, 1, mpmath.mpf(1) / 6, 0),
)
half = lambda x: transformed(transformed(x, 3, -1)[:, :2], 2, -1, 1, 0)
programs(np.fft.rfftn, np.fft.rfftn, M, exact=half)
programs(np.fft.rfft2, np.fft.rfft2, M, exact=half)


def inverse_in_two(x: Any) -> Any:
    y = transformed(x, 2, 1, mpmath.mpf(1) / 2, 0)
    return np.stack([real_signal(row, 4, 1, mpmath.mpf(1) / 4) for row in y])


SPECTRUM = M + 1j * M[::-1]
programs(np.fft.irfftn, np.fft.irfftn, SPECTRUM, exact=inverse_in_two)
programs(np.fft.irfft2, np.fft.irfft2, SPECTRUM, exact=inverse_in_two)
programs(np.fft.fftshift, np.fft.fftshift, M)
programs(np.fft.fftshift, lambda x: np.fft.fftshift(x, axes=1), M)
programs(np.fft.ifftshift, np.fft.ifftshift, M)
programs(shaping.rolled, lambda x: shaping.rolled(x, (1, -1), (0, 1)), M)
OF_COLUMNS = ((2,), "backward", (0,))
programs(
    fourier.fft_, lambda x: fourier.fft_(x, *OF_COLUMNS), M + 0j, exact=lambda x: transformed(x, 2, -1, 1, 0)
)
half_of_all = mpmath.mpf(1) / 2
programs(
    fourier.ifft_,
    lambda x: fourier.ifft_(x, *OF_COLUMNS),
    M + 0j,
    exact=lambda x: transformed(x, 2, 1, half_of_all, 0),
)
programs(
    fourier.rfft_,
    lambda x: fourier.rfft_(x, (3,), "backward", (1,)),
    M,
    exact=lambda x: transformed(x, 3, -1)[:, :2],
)
programs(
    fourier.irfft_,
    lambda x: fourier.irfft_(x, (5,), "forward", (0,)),
    V + 1j * W,
    exact=lambda x: real_signal(x, 5, 1, 1),
)
programs(
    fourier.hfft_,
    lambda x: fourier.hfft_(x, (5,), "backward", (0,)),
    V + 1j * W,
    exact=lambda x: real_signal(x, 5, -1, 1),
)
programs(
    fourier.ihfft_,
    lambda x: fourier.ihfft_(x, (3,), "backward", (0,)),
    V,
    exact=lambda x: transformed(x, 3, 1, mpmath.mpf(1) / 3)[:2],
)

# ------------------------------------------------------------------------------------------------------------
# Decompositions
# ------------------------------------------------------------------------------------------------------------


def matrix(a: Any) -> Any:
    return mpmath.matrix(np.asarray(a, dtype=object).tolist())


def array(a: Any) -> Any:
    return np.array(a.tolist(), dtype=object)


def singular_values(a: Any) -> Any:
    return np.array(list(mpmath.svd_c(matrix(a), compute_uv=False)), dtype=object)


def rotation(u: Any, vh: Any) -> Any:
    """What of the singular vectors is unique."""
    return u @ np.diag(np.arange(1.0, len(vh) + 1)) @ vh


def exact_rotation(a: Any) -> Any:
    u, _, vh = mpmath.svd_c(matrix(a), full_matrices=False)
    return array(u) @ np.diag(range(1, vh.rows + 1)) @ array(vh)


def conj(a: Any) -> Any:
    return elements(mpmath.conj)(a)


ILL = dict(bound=96, why="of the gaps between the singular values")
programs(np.linalg.svdvals, np.linalg.svdvals, S, exact=singular_values, bound=24, why="of the gaps")
programs(np.linalg.svdvals, np.linalg.svdvals, TALL + 0.5j * TALL[::-1], exact=singular_values, **ILL)
programs(np.linalg.svd, lambda a: np.linalg.svd(a, compute_uv=False), N, exact=singular_values, **ILL)
for a in (S, TALL, TALL.T, S + 0.5j * P):
    programs(
        np.linalg.svd,
        lambda a: rotation(*np.linalg.svd(a, full_matrices=False)[::2]),
        a,
        exact=exact_rotation,
        **ILL,
    )


def projector_beside(u: Any, k: int) -> Any:
    """The projector on what the first k vectors leave."""
    rest = u[:, k:]
    return rest @ np.conj(np.transpose(rest))


def exact_beside(a: Any) -> Any:
    u, _, _ = mpmath.svd_c(matrix(a), full_matrices=False)
    u = array(u)
    return np.eye(len(u)) - u @ conj(u.T)


programs(np.linalg.svd, lambda a: projector_beside(np.linalg.svd(a)[0], 2), TALL, exact=exact_beside, **ILL)
programs(
    decompositions.svd_,
    lambda a: decompositions.svd_(a, False, 0.0, None)[1],
    S,
    exact=singular_values,
    **ILL,
)
programs(
    decompositions.singular_values_,
    lambda a: decompositions.singular_values_(a, *decompositions.svd_(a, True, 0.0, None)[:3]),
    N,
    exact=singular_values,
    **ILL,
)


def upright(q: Any, r: Any) -> Any:
    """Both factors with a positive diagonal, in one row."""
    sign = np.sign(np.real(np.diagonal(r)))
    return joined([q[:, : len(sign)] * sign, r[: len(sign)] * sign[:, None]])


def gram_schmidt(a: Any) -> Any:
    q, r = mpmath.qr(matrix(a), mode="skinny")
    q, r = array(q), array(r)
    phase = np.array([r[k, k] / abs(r[k, k]) for k in range(min(r.shape))], dtype=object)
    return joined([q * phase, conj(phase)[:, None] * r])


for a in (S, TALL, TALL + 0.25j * TALL[::-1]):
    programs(
        np.linalg.qr,
        lambda a: upright(*np.linalg.qr(a)),
        a,
        exact=gram_schmidt,
        bound=64,
        why="of its condition",
    )
programs(
    np.linalg.qr,
    lambda a: np.abs(np.linalg.qr(a, "r")),
    M,
    exact=lambda a: elements(abs)(wide_r(a)),
    bound=64,
    why="of its condition",
)


def wide_r(a: Any) -> Any:
    q, _ = mpmath.qr(matrix(a[:, :2]), mode="skinny")
    return array(q).T @ a


programs(
    np.linalg.qr, lambda a: projector_beside(np.linalg.qr(a, "complete")[0], 2), TALL, exact=exact_beside,
    bound=64, why="of its condition",
)  # fmt: skip
programs(
    decompositions.qr_,
    lambda a: upright(*decompositions.qr_(a, False)),
    S,
    exact=gram_schmidt,
    bound=64,
    why="of its condition",
)


def exact_pinv(a: Any) -> Any:
    h = conj(a.T)
    return array(matrix(h @ a) ** -1) @ h


CONDITION = dict(bound=64, why="of its condition")
programs(np.linalg.pinv, np.linalg.pinv, TALL, exact=exact_pinv, also_complex=True, **CONDITION)
programs(
    np.linalg.pinv,
    lambda a: np.linalg.pinv(a, rtol=1e-12),
    TALL.T,
    exact=lambda a: conj(exact_pinv(conj(a.T)).T),
    **CONDITION,
)
programs(decompositions.pinv_, lambda a: decompositions.pinv_(a, ()), TALL, exact=exact_pinv, **CONDITION)
programs(
    np.linalg.lstsq, lambda a, b: joined(np.linalg.lstsq(a, b)[:2]), TALL, N[0],
    exact=lambda a, b: joined([exact_pinv(a) @ b, [np.sum((b - a @ (exact_pinv(a) @ b)) ** 2)]]), **CONDITION,
)  # fmt: skip
programs(
    np.linalg.cond,
    np.linalg.cond,
    S,
    exact=lambda a: singular_values(a)[0] / singular_values(a)[-1],
    **CONDITION,
)
programs(
    np.linalg.cond,
    lambda a: np.linalg.cond(a, 1),
    S,
    exact=numbered(lambda a: np.linalg.cond(a, 1)),
    **CONDITION,
)
programs(np.linalg.tensorinv, lambda a: np.linalg.tensorinv(np.reshape(a, (2, 1, 2)), ind=1)[0], TALL[:2],
         exact=numbered(lambda a: np.linalg.tensorinv(np.reshape(a, (2, 1, 2)), ind=1)[0]),
         **CONDITION)  # fmt: skip
programs(np.linalg.tensorsolve, lambda a, b: np.linalg.tensorsolve(np.reshape(a, (3, 3, 1)), b), S, V,
         exact=numbered(lambda a, b: np.linalg.tensorsolve(np.reshape(a, (3, 3, 1)), b)),
         **CONDITION)  # fmt: skip


def exact_eigenvalues(a: Any) -> Any:
    w = mpmath.eig(matrix(a), right=False, left=False)
    return np.array(sorted(w, key=lambda z: (mpmath.re(z), mpmath.im(z))), dtype=object)


def spectral_function(w: Any, v: Any) -> Any:
    """A function of eigenvalues and vectors that does not depend on the vectors' length and phase."""
    return v @ np.diag(w**2 + 1.0) @ np.linalg.inv(v)


SPREAD = np.diag([1.0, 2.5, -4.0]) + 0.125 * N[:, :3]
TURNING = np.array([[1.0, 2.0, 0.0], [-1.5, 0.5, 0.25], [0.0, 1.0, -2.0]])
GAPS = dict(bound=64, why="of the gaps between the eigenvalues")
programs(
    np.linalg.eigvals,
    lambda a: np.sort(np.linalg.eigvals(a)),
    SPREAD,
    exact=lambda a: elements(mpmath.re)(exact_eigenvalues(a)),
    **GAPS,
)
programs(
    np.linalg.eigvals,
    lambda a: np.linalg.eigvals(a) @ np.linalg.eigvals(a),
    TURNING + 0j,
    exact=lambda a: np.sum(exact_eigenvalues(a) ** 2),
    **GAPS,
)
for a in (S, TURNING + 0.25j * P):
    programs(
        np.linalg.eig,
        lambda a: spectral_function(*np.linalg.eig(a)),
        a,
        exact=lambda a: a @ a + np.eye(3),
        **GAPS,
    )
programs(
    eigen.eig_,
    lambda a: np.real(spectral_function(*eigen.eig_(a))),
    TURNING,
    exact=lambda a: a @ a + np.eye(3),
    **GAPS,
)
programs(
    eigen.eigenvalues_,
    lambda a: np.sort(np.real(eigen.eigenvalues_(a, *eigen.eig_(a)))),
    SPREAD,
    exact=lambda a: elements(mpmath.re)(exact_eigenvalues(a)),
    **GAPS,
)

# ------------------------------------------------------------------------------------------------------------
# Functions that turn complex: on the branch cut, on the side of an imaginary part of +0
# ------------------------------------------------------------------------------------------------------------


def above_the_cut(function: Any) -> Any:
    """A function of mpmath, which takes the other side for numbers above 1."""
    return elements(lambda x: mpmath.conj(function(x)) if x.imag == 0 and x.real > 1 else function(x))


INSIDE = np.array([0.5, 0.25, 0.875])
for turning, exactly in (
    (np.emath.log, elements(mpmath.log)),
    (np.emath.log2, elements(lambda x: mpmath.log(x) / mpmath.log(2))),
    (np.emath.log10, elements(mpmath.log10)),
    (np.emath.arcsin, above_the_cut(mpmath.asin)),
    (np.emath.arccos, above_the_cut(mpmath.acos)),
    (np.emath.arctanh, above_the_cut(mpmath.atanh)),
):
    programs(turning, turning, V, exact=exactly)
    programs(turning, turning, INSIDE, exact=exactly)
    programs(turning, lambda x, f=turning: f(x + 0.5j), V, exact=lambda x, f=exactly: f(x + 0.5j))
programs(
    np.emath.arccos, lambda x: np.emath.arccos(x[0]), V + 2, exact=lambda x: above_the_cut(mpmath.acos)(x[0])
)
for of in (V, INSIDE):  # the square of a root alone has no second derivative
    programs(np.emath.sqrt, lambda x: x * np.emath.sqrt(x), of, exact=lambda x: x * elements(mpmath.sqrt)(x))
    programs(
        np.emath.logn, np.emath.logn, of + 2, W, exact=elements(lambda n, x: mpmath.log(x) / mpmath.log(n), 2)
    )
    programs(np.emath.power, np.emath.power, of, W, exact=elements(lambda x, p: mpmath.mpc(x) ** p, 2))
    programs(
        np.emath.power, lambda x: np.emath.power(x, [-2, 3, 1]), of, exact=lambda x: x ** np.array([-2, 3, 1])
    )
