"""Systems of linear equations, inverses and determinants, as ``scipy.linalg`` solves them.

SciPy's own routine does each solve, in the derivatives too, with what it was told of the matrix. What the
routine does not read of the matrix has no derivative: the matrix is first made the one that is meant
(``meant``).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import scipy.linalg

from ...nested import everything, primal
from ...values.constants import as_array, eye
from ...values.reading import is_read
from ...values.shapes import ndim_of, shape_of
from ..doors import door, outside
from ..located import located, place_of
from ..numpy.decompositions import pinv_
from ..numpy.factors import adjoint
from ..numpy.linalg import one_triangle
from ..statements import Constant, Differential

TRIANGLES = {"upper triangular": np.triu, "lower triangular": np.tril}
TURNED = {"upper triangular": "lower triangular", "lower triangular": "upper triangular"}
HERMITIAN = ("her", "hermitian", "pos", "positive definite")
SYMMETRIC = ("sym", "symmetric")


def check(finite: bool, *arrays: Any) -> None:
    """Refuse infinities and nan as SciPy does.

    Raises:
        ValueError: there are some.
    """
    for a in arrays if finite else ():
        if is_read(a := everything(a)):  # on a device, it would have to be waited for
            np.asarray_chkfinite(a)


def meant(a: Any, assume_a: str | None, lower: bool) -> Any:
    """The matrix of which a routine reads a part."""
    if assume_a in HERMITIAN:
        return one_triangle(a, lower)
    if assume_a in SYMMETRIC:
        return np.tril(a) + np.swapaxes(np.tril(a, -1), -1, -2) if lower else symmetric_of_upper(a)
    if assume_a == "diagonal":
        return a * eye(shape_of(a)[-1], dtype=bool, like=a)
    if assume_a == "tridiagonal":
        return np.triu(np.tril(a, 1), -1)
    return TRIANGLES[assume_a](a) if assume_a in TRIANGLES else a


def symmetric_of_upper(a: Any) -> Any:
    """The symmetric matrix of an upper triangle."""
    return np.triu(a) + np.swapaxes(np.triu(a, 1), -1, -2)


@outside
def _solve(a: Any, b: Any, assume_a: str | None, lower: bool) -> Any:
    if place_of(a, b) is not None:  # CuPy has no other
        return np.linalg.solve(a, b)
    options = {} if assume_a is None else {"assume_a": assume_a}
    return scipy.linalg.solve(a, b, lower=lower, check_finite=False, **options)


# The solution of ``a @ x = b`` for matrices b.
solve_: Differential = Differential(
    _solve,
    lambda d, a, b, out, assume_a, lower: -solve_(a, d @ out, assume_a=assume_a, lower=lower),
    transposes={
        1: lambda g, a, b, assume_a, lower: solve_(
            adjoint(a), g, assume_a=TURNED.get(assume_a, assume_a), lower=lower
        )
    },
    name="scipy.linalg.solve",
)


def columns(solve: Any, a: Any, b: Any) -> Any:
    """The solution for a matrix b, or for one vector."""
    return solve(a, np.expand_dims(b, -1))[..., 0] if ndim_of(b) == 1 else solve(a, b)


@door(scipy.linalg.solve)
def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: str | None = None,
    transposed: bool = False,
) -> Any:
    """The solution of ``a @ x = b``, by what is known of the matrix."""
    check(check_finite, a, b)
    if ndim_of(a) < 2:
        a = np.reshape(a, (1, 1))
    a = meant(a, assume_a, lower)
    if transposed:
        if np.iscomplexobj(a):
            raise NotImplementedError("scipy.linalg.solve does not solve a.T @ x = b for complex matrices")
        a, assume_a = np.swapaxes(a, -1, -2), TURNED.get(assume_a or "", assume_a)
    return columns(lambda a, b: solve_(a, b, assume_a=assume_a, lower=lower), a, b)


@door(scipy.linalg.inv)
def inv(
    a: Any,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: str | None = None,
    lower: bool = False,
) -> Any:
    """The inverse, of what is read of the matrix."""
    check(check_finite, a)
    return np.linalg.inv(meant(a, assume_a, lower))


@door(scipy.linalg.det)
def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The determinant."""
    check(check_finite, a)
    return np.linalg.det(a)


# ------------------------------------------------------------------------------------------------------------
# Triangular matrices
# ------------------------------------------------------------------------------------------------------------


@outside
def _triangular(a: Any, b: Any, lower: bool) -> Any:
    return located(scipy.linalg.solve_triangular)(a, b, lower=lower, check_finite=False)


triangular_: Differential = Differential(
    _triangular,
    lambda d, a, b, out, lower: -triangular_(a, d @ out, lower=lower),
    transposes={1: lambda g, a, b, lower: triangular_(adjoint(a), g, lower=not lower)},
    name="scipy.linalg.solve_triangular",
    by_shapes=True,
)


@door(scipy.linalg.solve_triangular)
def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The solution of a triangular system: one triangle is read."""
    check(check_finite, a, b)
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        a = with_unit_diagonal(a)
    if trans in (1, "T", 2, "C"):
        a, lower = np.swapaxes(a, -1, -2) if trans in (1, "T") else adjoint(a), not lower
    return columns(lambda a, b: triangular_(a, b, lower=lower), a, b)


def with_unit_diagonal(a: Any) -> Any:
    """A matrix with ones on the diagonal."""
    return np.where(eye(shape_of(a)[-1], dtype=bool, like=a), 1.0, a)


factor_of_scipy = outside(scipy.linalg.cho_factor)


@functools.cache
def clears_the_other_triangle() -> bool:
    """Tell whether SciPy puts zeros where the factor has none, as it does from version 1.18 on."""
    return bool(factor_of_scipy(np.array([[2.0, 1.0], [1.0, 2.0]]))[0][1, 0] == 0.0)


@door(scipy.linalg.cho_factor)
def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> tuple[Any, bool]:
    """The Cholesky factor in one triangle; the other one is what SciPy leaves there."""
    check(check_finite, a)
    factor = np.linalg.cholesky(a, upper=not lower)
    if clears_the_other_triangle():
        return factor, lower
    return factor + (np.triu(a, 1) if lower else np.tril(a, -1)), lower


@door(scipy.linalg.cho_solve, keeps=(0, "c_and_lower"))
def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """The solution from a Cholesky factor, of which one triangle is read."""
    c, lower = c_and_lower
    check(check_finite, c, b)
    c = np.tril(c) if lower else adjoint(np.triu(c))
    return columns(lambda c, b: triangular_(adjoint(c), triangular_(c, b, lower=True), lower=False), c, b)


# ------------------------------------------------------------------------------------------------------------
# Banded matrices: ``ab[u + i - j, j] = a[i, j]``
# ------------------------------------------------------------------------------------------------------------


@outside
def _banded(ab: Any, b: Any, l_and_u: tuple[int, int]) -> Any:
    return scipy.linalg.solve_banded(l_and_u, ab, b, check_finite=False)


def shifted(x: Any, k: int, axis: int = -2) -> Any:
    """A matrix whose row j has gone to row j - k, and zeros."""
    n, zeros = shape_of(x)[axis], np.zeros_like(x)
    if abs(k) >= n:
        return zeros
    x, zeros = np.moveaxis(x, axis, -1), np.moveaxis(zeros, axis, -1)
    parts = [x[..., k:], zeros[..., :k]] if k > 0 else [zeros[..., n + k :], x[..., : n + k]]
    return x if not k and axis == -1 else np.moveaxis(np.concatenate(parts, -1) if k else x, -1, axis)


def banded_product(ab: Any, x: Any, l_and_u: tuple[int, int]) -> Any:
    """The product of a banded matrix and a matrix, diagonal by diagonal."""
    below, above = l_and_u
    return sum([shifted(np.expand_dims(ab[..., above - k, :], -1) * x, k) for k in range(-below, above + 1)])


def banded_adjoint(ab: Any, l_and_u: tuple[int, int]) -> Any:
    """The bands of the conjugate transpose, of which there are as many above as were below."""
    below, above = l_and_u
    rows = [shifted(np.conj(ab[..., above + k, :]), -k, -1) for k in range(-above, below + 1)]
    return np.stack(rows[::-1], axis=-2)


banded_: Differential = Differential(
    _banded,
    lambda d, ab, b, out, l_and_u: -banded_(ab, banded_product(d, out, l_and_u), l_and_u=l_and_u),
    transposes={1: lambda g, ab, b, l_and_u: banded_(banded_adjoint(ab, l_and_u), g, l_and_u=l_and_u[::-1])},
    name="scipy.linalg.solve_banded",
)


@door(scipy.linalg.solve_banded)
def solve_banded(
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The solution of a banded system."""
    check(check_finite, ab, b)
    bands = (int(l_and_u[0]), int(l_and_u[1]))
    return columns(lambda ab, b: banded_(ab, b, l_and_u=bands), ab, b)


def all_bands(ab: Any, lower: bool) -> Any:
    """All bands of a Hermitian matrix that is given by those of one triangle, real on the diagonal."""
    k = shape_of(ab)[-2] - 1
    below = ab if lower else banded_adjoint(ab, (0, k))
    above = banded_adjoint(below, (k, 0))
    return np.concatenate([above[..., :k, :], np.real(below[..., :1, :]), below[..., 1:, :]], axis=-2)


@door(scipy.linalg.solveh_banded)
def solveh_banded(
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    lower: bool = False,
    check_finite: bool = True,
) -> Any:
    """The solution of a Hermitian positive definite banded system."""
    ab, b = as_array(ab), as_array(b)
    check(check_finite, ab, b)
    k = shape_of(ab)[-2] - 1
    return columns(lambda ab, b: banded_(all_bands(ab, lower), b, l_and_u=(k, k)), ab, b)


def dense(ab: Any, l_and_u: tuple[int, int]) -> Any:
    """The matrix that has these bands."""
    return banded_product(ab, np.eye(shape_of(ab)[-1]), l_and_u)


@door(scipy.linalg.cholesky_banded)
def cholesky_banded(
    ab: Any, overwrite_ab: bool = False, lower: bool = False, check_finite: bool = True
) -> Any:
    """The bands of the Cholesky factor."""
    check(check_finite, ab)
    k = shape_of(ab)[-2] - 1
    factor = np.linalg.cholesky(dense(all_bands(ab, lower), (k, k)))
    rows = [np.diagonal(factor, -j, -2, -1) for j in range(k + 1)]
    zeros = [np.zeros_like(rows[0][..., :j]) for j in range(k + 1)]
    below = np.stack([np.concatenate([r, z], -1) for r, z in zip(rows, zeros, strict=True)], -2)
    bands = below if lower else banded_adjoint(below, (k, 0))
    j, n = np.arange(k + 1)[:, None], shape_of(ab)[-1]
    read = np.arange(n) < n - j if lower else np.arange(n) >= k - j
    return np.where(read, bands, ab)  # what stands outside of the matrix stays


@door(scipy.linalg.cho_solve_banded, keeps=(0, "cb_and_lower"))
def cho_solve_banded(cb_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """The solution from the bands of a Cholesky factor."""
    cb, lower = cb_and_lower
    cb, b = as_array(cb), as_array(b)
    check(check_finite, cb, b)
    k = shape_of(cb)[-2] - 1
    cb = cb if lower else banded_adjoint(cb, (0, k))

    def solved(cb: Any, b: Any) -> Any:
        half = banded_(cb, b, l_and_u=(k, 0))
        return banded_(banded_adjoint(cb, (k, 0)), half, l_and_u=(0, k))

    return columns(solved, cb, b)


# ------------------------------------------------------------------------------------------------------------
# Least squares
# ------------------------------------------------------------------------------------------------------------


@door(scipy.linalg.lstsq)
def lstsq(
    a: Any,
    b: Any,
    cond: Any = None,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    lapack_driver: str | None = None,
) -> Any:
    """Least squares: solution, residuals, rank, and singular values, where the rank stays."""
    a, b = as_array(a), as_array(b)
    check(check_finite, a, b)
    m, n = shape_of(a)[-2:]
    cond = np.finfo(np.result_type(a, b, np.float32)).eps if cond is None else cond
    x = pinv_(a, (("rcond", cond),)) @ b
    s = np.linalg.svdvals(a)
    plain = everything(s)
    rank = np.int32(np.min(np.sum(plain > cond * plain[..., :1], axis=-1)))
    rest = b - a @ x
    residuals = np.sum(np.abs(rest) ** 2, axis=0)
    if lapack_driver == "gelsy":
        return x, np.zeros(0, x.dtype), rank, None
    return x, residuals if rank == n < m else np.zeros(0, x.dtype), rank, s


def cutoff(s: Any, shape: tuple[int, ...], atol: Any, rtol: Any) -> float:
    """What counts as 0 beside the largest of the singular values, as a part of it."""
    rtol = max(shape[-2:]) * np.finfo(s.dtype).eps if rtol is None else rtol
    atol = 0.0 if atol is None else atol
    if atol < 0.0 or rtol < 0.0:
        raise ValueError("atol and rtol values must be positive.")
    largest = np.max(s, initial=0.0)
    return float(rtol + (atol / largest if largest else 0.0))


@door(scipy.linalg.pinv)
def pinv(
    a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False, check_finite: bool = True
) -> Any:
    """The pseudoinverse, where the rank stays."""
    check(check_finite, a)
    return ranked(a, a, primal(atol), primal(rtol), return_rank, ())


@door(scipy.linalg.pinvh)
def pinvh(
    a: Any,
    atol: Any = None,
    rtol: Any = None,
    lower: bool = True,
    return_rank: bool = False,
    check_finite: bool = True,
) -> Any:
    """The pseudoinverse of a Hermitian matrix, of which one triangle is read."""
    check(check_finite, a)
    a = one_triangle(a, lower)
    return ranked(a, a, primal(atol), primal(rtol), return_rank, (("hermitian", True),))


def ranked(a: Any, plain: Any, atol: Any, rtol: Any, return_rank: bool, options: Any) -> Any:
    """A pseudoinverse, and its rank if that is asked for."""
    s = np.linalg.svdvals(everything(a))
    least = cutoff(s, shape_of(a), atol, rtol)
    out = pinv_(a, (("rcond", least), *options))
    return (out, np.sum(s > least * s[..., :1])) if return_rank else out


# ------------------------------------------------------------------------------------------------------------
# Toeplitz and circulant matrices
# ------------------------------------------------------------------------------------------------------------


def along_diagonals(c: Any, r: Any) -> Any:
    """The Toeplitz matrix of a first column and a first row, whose first element does not count."""
    m, n = shape_of(c)[-1], shape_of(r)[-1]
    values = np.concatenate([np.flip(c, -1), r[..., 1:]], axis=-1)
    return values[..., np.arange(m)[::-1, None] + np.arange(n)]


@outside
def _toeplitz_solution(c: Any, r: Any, b: Any) -> Any:
    return scipy.linalg.solve_toeplitz((c, r), b, check_finite=False)


def ends(c: Any, r: Any) -> Any:
    """A row that begins as the column does."""
    return np.concatenate([c[..., :1], r[..., 1:]], axis=-1)


toeplitz_: Differential = Differential(
    _toeplitz_solution,
    lambda d, c, r, b, out: -toeplitz_(c, r, along_diagonals(d, 0 * r) @ out),
    lambda d, c, r, b, out: -toeplitz_(c, r, along_diagonals(0 * c, d) @ out),
    transposes={2: lambda g, c, r, b: toeplitz_(np.conj(ends(c, r)), np.conj(c), g)},
    name="scipy.linalg.solve_toeplitz",
)


def column_and_row(c_or_cr: Any) -> tuple[Any, Any]:
    """The first column and the first row; where a row is missing, it is that of a Hermitian matrix."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, np.conj(c_or_cr))
    return np.ravel(c), np.ravel(r)


@door(scipy.linalg.solve_toeplitz, keeps=(0, "c_or_cr"))
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    """The solution of a Toeplitz system."""
    c, r = column_and_row(c_or_cr)
    check(check_finite, c, r, b)
    return toeplitz_(c, r, b) if ndim_of(b) > 1 else toeplitz_(c, r, np.expand_dims(b, -1))[..., 0]


@door(scipy.linalg.matmul_toeplitz, keeps=(0, "c_or_cr"))
def matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None) -> Any:
    """The product of a Toeplitz matrix and a vector, or a matrix."""
    c, r = column_and_row(c_or_cr)
    check(check_finite, c, r, x)
    return along_diagonals(c, r) @ x


near_zeros = Constant(lambda size, least: size <= least, name="near zero")


@door(scipy.linalg.solve_circulant)
def solve_circulant(
    c: Any,
    b: Any,
    singular: str = "raise",
    tol: Any = None,
    caxis: int = -1,
    baxis: int = 0,
    outaxis: int = 0,
) -> Any:
    """The solution of a circulant system, by Fourier transforms."""
    fc = np.fft.fft(np.moveaxis(c, caxis, -1), axis=-1)
    size = np.abs(fc)
    least = np.max(size, axis=-1, keepdims=True) * shape_of(fc)[-1] * np.finfo(float).eps
    near = near_zeros(size, least if tol is None else tol)
    if np.any(everything(near)) and singular == "raise":
        raise np.linalg.LinAlgError("near singular circulant matrix.")
    q = np.fft.fft(np.moveaxis(b, baxis, -1), axis=-1) / np.where(near, 1.0, fc)
    x = np.fft.ifft(np.where(near, 0.0, q), axis=-1)
    x = x if np.iscomplexobj(c) or np.iscomplexobj(b) else np.real(x)
    return np.moveaxis(x, -1, outaxis)
