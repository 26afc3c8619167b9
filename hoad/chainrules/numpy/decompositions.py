"""Decompositions of matrices, and what follows from them: singular values, QR, pseudoinverse, least squares.

Sources: M. Giles, Collected matrix derivative results (2008); Z. Wan and S. Zhang, Automatic differentiation
for complex valued SVD (2019); G. Golub and V. Pereyra, SIAM J. Numer. Anal. 10 (1973), for the pseudoinverse.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import everything, primal
from ...values.constants import eye, zeros
from ...values.reading import is_read, somewhere
from ...values.shapes import ndim_of, shape_of, size_of
from ..declarations import composite, constant, differential
from ..statements import RULES, Adapted, Differential
from .axes import position
from .eigen import FREE, OPEN, SAME, SMOOTH, leeway, mixing, pairs, phase, real_row, settled, turned
from .factors import adjoint
from .linalg import one_triangle, pick

# ------------------------------------------------------------------------------------------------------------
# Singular values
# ------------------------------------------------------------------------------------------------------------


def _svd(a: Any, full: bool, tolerance: float, wanted: int | None) -> tuple[Any, ...]:
    """The decomposition, and what the quotients of each pair of vectors are. If only the first ``wanted``
    singular values are asked for, and none of those is 0, the pairs of others are of no matter.
    """
    if is_read(a) and np.isinf(a).any():  # LAPACK may never come back; of nan, NumPy says what becomes of it
        raise np.linalg.LinAlgError("SVD did not converge: the matrix holds an infinity")
    u, s, vh = np.linalg.svd(a, full_matrices=full)
    together = np.where(both_zero(s, tolerance), OPEN, SMOOTH)
    if not np.iscomplexobj(a):
        together = np.where(eye(shape_of(s)[-1], dtype=bool, like=s), FREE, together)
    apart = pairs(-s, tolerance)
    if wanted is not None:
        zeros_in = np.sum(s <= leeway(s, tolerance), axis=-1, keepdims=True)
        beside = (together == OPEN) & np.expand_dims(zeros_in <= shape_of(s)[-1] - wanted, -1)
        apart, together = np.where(beside, FREE, apart), np.where(beside, FREE, together)
    return u, s, vh, apart.astype(s.dtype), together.astype(s.dtype)


def both_zero(s: Any, tolerance: float) -> Any:
    """The pairs of singular values that are both 0."""
    zero = s <= leeway(s, tolerance)
    return np.expand_dims(zero, -1) & np.expand_dims(zero, -2)


def _svd_change(d: Any, a: Any, full: bool, tolerance: float, wanted: int | None, out: Any) -> Any:
    """In the turns, the Hermitian part of the change is divided by differences of singular values, the rest
    by their sums: they are those of ``[[0, a], [a^H, 0]]`` (Jordan and Wielandt).
    """
    u, s, vh, apart, together = out
    k = shape_of(s)[-1]
    u1, v1 = u[..., :k], adjoint(vh[..., :k, :])
    p = adjoint(u1) @ d @ v1
    row, column = np.expand_dims(s, -2), np.expand_dims(s, -1)
    same = turned((p + adjoint(p)) / 2, row - column, apart)
    opposite = turned((p - adjoint(p)) / 2, row + column, together)
    turn_u, turn_v = same + opposite, same - opposite
    if np.iscomplexobj(p):
        alike = np.where(eye(k, dtype=bool, like=p), opposite, 0)
        turn_u, turn_v = turn_u + alike, turn_v + alike
    du, dv = u1 @ turn_u, v1 @ turn_v
    if shape_of(a)[-2] > k:
        rest = d @ v1 / row
        du = du + rest - u1 @ (adjoint(u1) @ rest)
    if shape_of(a)[-1] > k:
        rest = adjoint(d) @ u1 / row
        dv = dv + rest - v1 @ (adjoint(v1) @ rest)
    if np.iscomplexobj(p):
        phases = 1j * phase(v1, dv, real_row(v1, 0))
        du, dv = du - u1 * phases, dv - v1 * phases
    if shape_of(u)[-1] > k:
        du = np.concatenate([du, -u1 @ (adjoint(d @ v1 / row) @ u[..., k:])], axis=-1)
    if shape_of(vh)[-2] > k:
        others = adjoint(vh[..., k:, :])
        dv = np.concatenate([dv, -v1 @ (adjoint(adjoint(d) @ u1 / row) @ others)], axis=-1)
    values = np.real(np.diagonal(p, axis1=-2, axis2=-1))
    return du, values, adjoint(dv), np.zeros_like(apart), np.zeros_like(together)


def _is_open(out: Any) -> bool:
    return somewhere((out[3] == OPEN) | (out[4] == OPEN))


def _choose(out: Any, args: tuple[Any, ...], tangents: dict[int, Any]) -> tuple[Any, Any]:
    """Among equal singular values, the vectors that diagonalise the change of the matrix. The left ones of
    the singular value 0 are turned by themselves first, which makes that change Hermitian.
    """
    if not _is_open(out):
        return out, out
    u, s, vh, apart, together = out
    k = shape_of(s)[-1]
    u1, v1 = u[..., :k], adjoint(vh[..., :k, :])
    p = adjoint(u1) @ tangents[0] @ v1
    left, _, right = np.linalg.svd(np.where(both_zero(s, args[2]), p, eye(k, dtype=s.dtype, like=s)))
    turn = left @ right
    p = adjoint(turn) @ p
    q = mixing(-(p + adjoint(p)) / 2, -s, apart, args[2])
    if args[3] is not None:  # what is of no matter may have no phase
        q = np.where(q == q, q, 0.0)
    u = np.concatenate([u1 @ turn @ q, u[..., k:]], axis=-1)
    vh = np.concatenate([adjoint(v1 @ q), vh[..., k:, :]], axis=-2)
    return (u, s, vh, apart, together), (u, s, vh, settled(apart), settled(together))


svd_: Adapted = Adapted(_svd, _svd_change, choose=_choose, is_open=_is_open, name="svd")


def _singular_values(a: Any, u: Any, s: Any, vh: Any) -> Any:
    return s


def _singular_values_change(d: Any, a: Any, u: Any, s: Any, vh: Any, out: Any) -> Any:
    """``real(diagonal(adjoint(u) @ d @ adjoint(vh)))``, without the products beside the diagonal."""
    k = shape_of(s)[-1]
    return np.real(np.sum(np.conj(u[..., :k]) * (d @ adjoint(vh[..., :k, :])), axis=-2))


# As of eigenvalues: no quotient stands in the rule of the values, so that equal ones are right where the
# function is smooth.
singular_values_: Differential = differential(
    _singular_values,
    _singular_values_change,
    *3 * [lambda d, a, u, s, vh, out: np.zeros_like(s)],
    name="singular values",
)


@composite(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Singular values and vectors; LAPACK makes the first element of the right ones real, where there are no
    fewer rows than columns. Else their phase is held by making the change of each orthogonal to it.
    """
    if hermitian:
        return _svd_of_hermitian(a, compute_uv)
    if not compute_uv:
        return np.linalg.svdvals(a)
    u, s, vh, *_ = svd_(a, full_matrices, 0.0, None)
    return SVDResult(u, singular_values_(a, u, s, vh), vh)


def _svd_of_hermitian(a: Any, compute_uv: bool) -> Any:
    """As NumPy does it: the eigenvalues without their signs, which go to the right vectors."""
    if not compute_uv:
        return np.flip(np.sort(np.abs(np.linalg.eigvalsh(a)), axis=-1), -1)
    w, v = np.linalg.eigh(a)
    order = np.flip(np.argsort(np.abs(w), axis=-1), -1)
    w = np.take_along_axis(w, order, axis=-1)
    v = np.take_along_axis(v, np.expand_dims(order, -2), axis=-1)
    return SVDResult(v, np.abs(w), adjoint(v * np.expand_dims(np.sign(w), -2)))


@composite(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """Singular values; equal ones are right to second order."""
    m, n = shape_of(x)[-2:]
    if m != n and not has_full_rank(everything(x)):  # what stands beside the vectors of 0 counts then
        return values_of(_squared(x), min(m, n))[..., : min(m, n)]
    return values_of(x, None)


def values_of(x: Any, wanted: int | None) -> Any:
    """All singular values, of which the first are wanted."""
    u, s, vh, *_ = svd_(x, False, SAME, wanted)
    return singular_values_(x, u, s, vh)


def has_full_rank(a: Any) -> bool:
    """Tell whether no singular value of these matrices is 0 beside the largest."""
    s = np.linalg.svd(a, compute_uv=False)
    return not somewhere(~(s[..., -1:] > SAME * s[..., :1]))


def _squared(x: Any) -> Any:
    """The matrix with zeros that make it a square, which are singular values too."""
    *lead, m, n = shape_of(x)
    missing = (m, m - n) if m > n else (n - m, n)
    return np.concatenate([x, zeros((*lead, *missing), x.dtype, like=x)], axis=-1 if m > n else -2)


SVDResult = type(np.linalg.svd(np.eye(1)))

# ------------------------------------------------------------------------------------------------------------
# QR
# ------------------------------------------------------------------------------------------------------------


def _qr(a: Any, complete: bool) -> tuple[Any, Any]:
    return tuple(np.linalg.qr(a, "complete" if complete else "reduced"))


def _qr_change(d: Any, a: Any, complete: bool, out: Any) -> Any:
    """``Q @ (L - adjoint(L)) + (1 - Q @ adjoint(Q)) @ d @ inv(R)`` of Q, where L is what stands below the
    diagonal of ``adjoint(Q) @ d @ inv(R)``; the change of R is what is left.
    """
    q, r = out
    n = shape_of(a)[-1]
    q1, r1 = q[..., :n], r[..., :n, :]
    whole = np.swapaxes(np.linalg.solve(np.swapaxes(r1, -1, -2), np.swapaxes(d, -1, -2)), -1, -2)
    inner = adjoint(q1) @ whole
    lower = np.tril(inner, -1)
    turn = lower - adjoint(lower)
    if np.iscomplexobj(inner):
        turn = turn + np.where(eye(n, dtype=bool, like=inner), 1j * np.imag(inner), 0)
    dq, dr = q1 @ turn + whole - q1 @ inner, (inner - turn) @ r1
    if shape_of(q)[-1] > n:
        dq = np.concatenate([dq, -q1 @ (adjoint(whole) @ q[..., n:])], axis=-1)
        dr = np.concatenate([dr, np.zeros_like(a[..., n:, :])], axis=-2)
    return dq, dr


qr_ = differential(_qr, _qr_change, name="qr")


@composite(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """The orthogonal and the triangular factor."""
    if mode not in ("reduced", "complete", "r"):
        raise NotImplementedError(f"np.linalg.qr with mode={mode!r} has no derivative; 'reduced' has one")
    m, n = shape_of(a)[-2:]
    q, r = qr_(a[..., : min(m, n)], mode == "complete" and m > n)
    if n > m:
        r = np.concatenate([r, adjoint(q) @ a[..., m:]], axis=-1)
    return r if mode == "r" else QRResult(q, r)


QRResult = type(np.linalg.qr(np.eye(1)))

# ------------------------------------------------------------------------------------------------------------
# Pseudoinverse and least squares
# ------------------------------------------------------------------------------------------------------------


def product(a: Any, b: Any, c: Any) -> Any:
    """The product of three matrices, in the cheaper order."""
    (m, n), (p, q) = shape_of(a)[-2:], shape_of(c)[-2:]
    return (a @ b) @ c if m * p * (n + q) <= n * q * (m + p) else a @ (b @ c)


def _pinv(a: Any, options: tuple[tuple[str, Any], ...]) -> Any:
    return np.linalg.pinv(a, **dict(options))


def _pinv_change(d: Any, a: Any, options: Any, out: Any) -> Any:
    left = product(out, adjoint(out), adjoint(d))
    right = product(adjoint(d), adjoint(out), out)
    return left - product(left, a, out) + right - product(out, a, right) - product(out, d, out)


pinv_ = differential(_pinv, _pinv_change, name="pinv")


@composite(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    """The pseudoinverse, where the rank stays."""
    options = [("rcond", primal(rcond))] if rcond is not None else []
    options += [("rtol", primal(rtol))] if rtol is not np._NoValue else []
    options += [("hermitian", True)] if hermitian else []
    return pinv_(one_triangle(a, True) if hermitian else a, tuple(options))


@composite(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Least squares: solution, residuals, rank, and singular values."""
    m, n = shape_of(a)[-2:]
    limit = np.finfo(float).eps * max(m, n) if rcond is None else max(rcond, 0.0)
    x = pinv_(a, (("rcond", limit),)) @ b
    s = svdvals(a)
    plain = everything(s)
    rank = np.min(np.sum(plain > limit * plain[..., :1], axis=-1)).astype(np.int32)
    rest = b - a @ x
    residuals = np.reshape(np.sum(np.real(np.conj(rest) * rest), axis=0), -1)
    return x, residuals if rank == n < m else zeros(0, residuals.dtype, like=residuals), rank, s


@composite(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The condition number."""
    if p is None or p in (2, -2):
        s = svdvals(x)
        return pick(s, -1) / pick(s, 0) if p == -2 else pick(s, 0) / pick(s, -1)
    size = np.linalg.norm(x, p, axis=(-2, -1))
    return size * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))


@composite(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of a tensor."""
    shape = shape_of(a)
    rows = int(np.prod(shape[:ind]))
    return np.reshape(np.linalg.inv(np.reshape(a, (rows, -1))), (*shape[ind:], *shape[:ind]))


@composite(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The solution of a tensor equation."""
    n = ndim_of(a)
    if axes is not None:
        last = [position(k, n) for k in axes]
        a = np.transpose(a, [k for k in range(n) if k not in last] + last)
    shape = shape_of(a)[ndim_of(b) :]
    return np.reshape(np.linalg.solve(np.reshape(a, (size_of(b), -1)), np.ravel(b)), shape)


constant(np.linalg.matrix_rank)
RULES[np.linalg.svdvals] = svdvals
