"""Factorizations of ``scipy.linalg``: triangular and orthogonal factors, singular values, bases of subspaces.

A basis of a null space, or of a range whose singular values are equal, is one of many. Its derivative is
that of the basis which does not turn within itself (``adjoint(q) @ dq = 0``), so functions of the subspace
have the right derivative, and those of the single vectors that of this choice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from ...nested import everything, glance
from ...values.constants import arange
from ...values.shapes import ndim_of, shape_of
from ..doors import door, outside
from ..located import located, place_of
from ..numpy.factors import adjoint
from ..statements import Constant, Differential
from .linear_systems import check, columns, triangular_, with_unit_diagonal
from .matrix_equations import sylvester_


@door(scipy.linalg.cholesky)
def cholesky(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The Cholesky factor, of one triangle of the matrix."""
    check(check_finite, a)
    return np.linalg.cholesky(a, upper=not lower)


# ------------------------------------------------------------------------------------------------------------
# LU. Which rows are exchanged is decided by the values, and constant between.
# ------------------------------------------------------------------------------------------------------------

exchanges = Constant(
    lambda a: located(scipy.linalg.lu_factor)(a, check_finite=False)[1], name="exchanges of rows"
)


def _order_of_rows(a: Any) -> Any:
    if place_of(a) is not None:  # CuPy has the whole matrix of the permutation, and no indices
        return np.argmax(located(scipy.linalg.lu)(a, check_finite=False)[0], axis=-2)
    return np.argsort(scipy.linalg.lu(a, p_indices=True, check_finite=False)[0], axis=-1)


order_of_rows = Constant(_order_of_rows, name="order of rows")


def _order(pivots: Any, n: int) -> Any:
    order = np.broadcast_to(arange(n, like=pivots), (*shape_of(pivots)[:-1], n)).copy()
    for k in range(shape_of(pivots)[-1]):
        j = pivots[..., k : k + 1]
        held = np.take_along_axis(order, j, -1)
        np.put_along_axis(order, j, order[..., k : k + 1].copy(), -1)
        order[..., k : k + 1] = held
    return order


order_of = Constant(_order, name="order of rows")


def _lu(a: Any) -> Any:
    if place_of(a) is not None:
        return located(scipy.linalg.lu)(a, check_finite=False)[1:]
    _, low, up = scipy.linalg.lu(a, p_indices=True, check_finite=False)
    return low, up


def _lu_change(d: Any, a: Any, out: Any) -> Any:
    low, up = out
    inner = triangular_(low, d, lower=True)
    inner = np.swapaxes(triangular_(np.swapaxes(up, -1, -2), np.swapaxes(inner, -1, -2), lower=True), -1, -2)
    return low @ np.tril(inner, -1), np.triu(inner) @ up


lu_ = Differential(_lu, _lu_change, name="scipy.linalg.lu")  # of a square matrix in the order of its pivots


def taken(a: Any, order: Any) -> Any:
    """The rows of a matrix in an order."""
    return np.take_along_axis(a, np.expand_dims(order, -1), axis=-2)


def factors(a: Any) -> tuple[Any, Any]:
    """The factors of a matrix in the order of its pivots, of any shape."""
    m, n = shape_of(a)[-2:]
    k = min(m, n)
    low, up = lu_(a[..., :k, :k])
    if m > n:
        rest = np.swapaxes(a[..., k:, :], -1, -2)
        rest = triangular_(np.swapaxes(up, -1, -2), rest, lower=True)
        low = np.concatenate([low, np.swapaxes(rest, -1, -2)], axis=-2)
    if n > m:
        up = np.concatenate([up, triangular_(low, a[..., k:], lower=True)], axis=-1)
    return low, up


@door(scipy.linalg.lu)
def lu(
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    """The permutation, and the triangular factors."""
    check(check_finite, a)
    order = order_of_rows(a)
    low, up = factors(taken(a, order))
    back = np.argsort(order, axis=-1)
    if permute_l:
        return taken(low, back), up
    if p_indices:
        return back, low, up
    columns = arange(shape_of(a)[-2], like=back)
    return (back[..., :, None] == columns).astype(np.real(glance(a)).dtype), low, up


@door(scipy.linalg.lu_factor)
def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The triangular factors in one matrix, and the exchanges of rows."""
    check(check_finite, a)
    pivots = exchanges(a)
    low, up = factors(taken(a, order_of(pivots, shape_of(a)[-2])))
    m, n = shape_of(a)[-2:]
    k = min(m, n)
    if m >= n:
        low = np.tril(low, -1)
        top = low[..., :k, :] + up
        return (np.concatenate([top, low[..., k:, :]], axis=-2) if m > n else top), pivots
    return np.concatenate([np.tril(low, -1) + up[..., :k], up[..., k:]], axis=-1), pivots


@door(scipy.linalg.lu_solve, keeps=(0, "lu_and_piv"))
def lu_solve(
    lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """The solution from the triangular factors."""
    both, pivots = lu_and_piv
    check(check_finite, both, b)
    order = order_of(pivots, shape_of(both)[-1])
    low, up = with_unit_diagonal(np.tril(both)), np.triu(both)
    if trans == 0:
        solve = lambda low, b: triangular_(up, triangular_(low, taken(b, order), lower=True), lower=False)
        return columns(solve, low, b)
    turn = adjoint if trans == 2 else lambda x: np.swapaxes(x, -1, -2)
    back = np.argsort(order, axis=-1)
    solve = lambda low, b: taken(
        triangular_(turn(low), triangular_(turn(up), b, lower=True), lower=False), back
    )
    return columns(solve, low, b)


# ------------------------------------------------------------------------------------------------------------
# QR and RQ
# ------------------------------------------------------------------------------------------------------------

columns_in_order = Constant(
    lambda a: scipy.linalg.qr(a, pivoting=True, mode="r", check_finite=False)[-1], name="order of columns"
)


@door(scipy.linalg.qr)
def qr(
    a: Any,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
) -> Any:
    """The orthogonal and the triangular factor; ``raw`` ones, reflections of LAPACK, have no derivative."""
    if mode not in ("full", "qr", "r", "economic"):
        raise NotImplementedError(f"scipy.linalg.qr with mode={mode!r} has no derivative; 'full' has one")
    check(check_finite, a)
    order: tuple[Any, ...] = ()
    if pivoting:
        order = (columns_in_order(a),)
        a = np.take_along_axis(a, np.expand_dims(order[0], -2), axis=-1)
    q, r = np.linalg.qr(a, "reduced" if mode == "economic" else "complete")
    return (*((r,) if mode == "r" else (q, r)), *order)


@door(scipy.linalg.qr_multiply)
def qr_multiply(
    a: Any,
    c: Any,
    mode: str = "right",
    pivoting: bool = False,
    conjugate: bool = False,
    overwrite_a: bool = False,
    overwrite_c: bool = False,
) -> Any:
    """The product of a matrix and the orthogonal factor, the triangular factor, and the order of columns."""
    q, r, *order = qr(a, mode="economic", pivoting=pivoting)
    q = np.conj(q) if conjugate else q
    r = r if shape_of(a)[0] <= shape_of(a)[1] else qr(a, mode="r", pivoting=pivoting)[0]
    return (c @ q if mode == "right" else q @ c, r, *order)


def _rq(a: Any) -> Any:
    return scipy.linalg.rq(a, mode="economic", check_finite=False)


def _rq_change(d: Any, a: Any, out: Any) -> Any:
    r, q = out
    whole = triangular_(r, d, lower=False)
    inner = whole @ adjoint(q)
    low = np.tril(inner, -1)
    turn = low - adjoint(low)
    if np.iscomplexobj(inner):
        turn = turn + np.where(np.eye(shape_of(r)[-1], dtype=bool), 1j * np.imag(inner), 0)
    return r @ (inner - turn), turn @ q + whole - inner @ q


rq_ = Differential(_rq, _rq_change, name="scipy.linalg.rq")  # of a matrix that is no higher than wide


@door(scipy.linalg.rq)
def rq(
    a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", check_finite: bool = True
) -> Any:
    """The triangular and the orthogonal factor."""
    check(check_finite, a)
    m, n = shape_of(a)[-2:]
    if mode == "full" and m < n:
        raise NotImplementedError(
            "scipy.linalg.rq(a) of a matrix that is wider than high has rows in q that belong to nothing; "
            "mode='economic' has a derivative"
        )
    r, q = rq_(a[..., max(m - n, 0) :, :])
    if m > n:
        r = np.concatenate([a[..., : m - n, :] @ adjoint(q), r], axis=-2)
    return r if mode == "r" else (r, q)


# ------------------------------------------------------------------------------------------------------------
# Singular values, polar factors, subspaces
# ------------------------------------------------------------------------------------------------------------


@door(scipy.linalg.svd)
def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    """Singular values and vectors."""
    check(check_finite, a)
    return tuple(np.linalg.svd(a, full_matrices)) if compute_uv else np.linalg.svdvals(a)


@door(scipy.linalg.svdvals)
def svdvals(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Singular values."""
    check(check_finite, a)
    return np.linalg.svdvals(a)


@door(scipy.linalg.diagsvd)
def diagsvd(s: Any, M: int, N: int) -> Any:
    """A matrix with singular values on its diagonal."""
    whole = s[..., :, None] * np.eye(shape_of(s)[-1], dtype=bool)
    k = shape_of(s)[-1]
    if k not in (M, N):
        raise ValueError("Length of s must be M or N.")
    pad = [(0, 0)] * (ndim_of(s) - 1) + [(0, M - k), (0, N - k)]
    return np.pad(whole, pad)


def _polar(a: Any) -> Any:
    return scipy.linalg.polar(a)


def _polar_change(d: Any, a: Any, out: Any) -> Any:
    u, p = out
    inner = adjoint(u) @ d
    turn = sylvester_(p, p, inner - adjoint(inner))
    du, dp = u @ turn, inner - turn @ p
    if shape_of(a)[-2] > shape_of(a)[-1]:
        rest = np.swapaxes(np.linalg.solve(np.swapaxes(p, -1, -2), np.swapaxes(d, -1, -2)), -1, -2)
        du = du + rest - u @ (adjoint(u) @ rest)
    return du, (dp + adjoint(dp)) / 2


polar_ = Differential(_polar, _polar_change, name="scipy.linalg.polar")  # of full column rank


@door(scipy.linalg.polar)
def polar(a: Any, side: str = "right") -> Any:
    """The unitary and the positive factor, of a matrix of full rank."""
    if side not in ("right", "left"):
        raise ValueError("`side` must be either 'right' or 'left'")
    m, n = shape_of(a)[-2:]
    if m >= n:
        u, p = polar_(a)
        return u, (p if side == "right" else a @ adjoint(u))
    v, p = polar_(adjoint(a))
    return adjoint(v), (p if side == "left" else v @ a)


null_ = Differential(
    lambda A, rcond: scipy.linalg.null_space(A, rcond, check_finite=False),
    lambda d, A, rcond, out: -np.linalg.pinv(A) @ d @ out,
    name="scipy.linalg.null_space",
)


@door(scipy.linalg.null_space)
def null_space(
    A: Any,
    rcond: Any = None,
    *,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    """An orthonormal basis of the null space, where the rank stays."""
    check(check_finite, A)
    return null_(A, rcond)


def _orth_change(d: Any, A: Any, rcond: Any, out: Any) -> Any:
    moved = d @ (np.linalg.pinv(A) @ out)
    return moved - out @ (adjoint(out) @ moved)


orth_ = Differential(lambda A, rcond: scipy.linalg.orth(A, rcond), _orth_change, name="scipy.linalg.orth")


@door(scipy.linalg.orth)
def orth(A: Any, rcond: Any = None) -> Any:
    """An orthonormal basis of the range, where the rank stays: the left singular vectors, and where
    singular values are equal and no vector is determined, a basis that moves at right angles to the range.
    """
    sizes = np.linalg.svdvals(everything(A))
    k = shape_of(orth_(A, rcond))[-1]
    gaps = -np.diff(sizes, axis=-1, append=0.0)[..., :k]
    if np.any(gaps <= 1e-8 * sizes[..., :1]):
        return orth_(A, rcond)
    return svd(A, full_matrices=False)[0][..., :k]


@door(scipy.linalg.subspace_angles)
def subspace_angles(A: Any, B: Any) -> Any:
    """The angles between two subspaces: by their sines where those are small (Knyazev and Argentati 2002)."""
    check(True, A, B)
    qa, qb = orth_(A, None), orth_(B, None)
    inner = adjoint(qa) @ qb
    cosines = np.linalg.svdvals(inner)
    rest = qb - qa @ inner if shape_of(qa)[1] >= shape_of(qb)[1] else qa - qb @ adjoint(inner)
    sines = np.linalg.svdvals(rest)[: shape_of(cosines)[0]]
    small = cosines**2 >= 0.5
    small_sines = np.where(small, np.clip(sines, -1.0, 1.0), 0.0)
    small_cosines = np.where(small, 0.0, np.clip(cosines[::-1], -1.0, 1.0))
    return np.where(small, np.arcsin(small_sines), np.arccos(small_cosines))


@door(scipy.linalg.orthogonal_procrustes)
def orthogonal_procrustes(A: Any, B: Any, check_finite: bool = True) -> Any:
    """The orthogonal matrix that brings A nearest to B, and the sum of the singular values."""
    check(check_finite, A, B)
    m = adjoint(A) @ B
    r, _ = polar(m)
    return r, np.real(np.sum(np.conj(r) * m))


for _rule in (
    exchanges,
    order_of_rows,
    order_of,
    lu_,
    columns_in_order,
    rq_,
    polar_,
    null_,
    orth_,
):
    _rule.function = outside(_rule.function)
