"""Decompositions of matrices, and what follows from them: singular values, QR, pseudoinverse, least squares.

Sources: M. Giles, Collected matrix derivative results (2008); Z. Wan and S. Zhang, Automatic differentiation
for complex valued SVD (2019); G. Golub and V. Pereyra, SIAM J. Numer. Anal. 10 (1973), for the pseudoinverse.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import everything, primal
from ..statements import RULES, composite, constant, differential
from .eigen import kinds, turned
from .linalg import adjoint, one_triangle

# ------------------------------------------------------------------------------------------------------------
# Singular values
# ------------------------------------------------------------------------------------------------------------


def _svd(a: Any, full: bool) -> tuple[Any, Any, Any]:
    return tuple(np.linalg.svd(a, full_matrices=full))


def _svd_change(d: Any, a: Any, full: bool, out: Any) -> Any:
    u, s, vh = out
    k = np.shape(s)[-1]
    u1, v1 = u[..., :k], adjoint(vh[..., :k, :])
    p = adjoint(u1) @ d @ v1
    row, column = np.expand_dims(s, -2), np.expand_dims(s, -1)
    gap = (row - column) * (row + column)
    kind = kinds(gap)
    turn_u = turned(p * row + column * adjoint(p), gap, kind)
    turn_v = turned(column * p + adjoint(p) * row, gap, kind)
    if np.iscomplexobj(p):
        phase = 1j * np.imag(np.diagonal(p, axis1=-2, axis2=-1)) / s
        turn_u = turn_u + np.expand_dims(phase, -2) * np.eye(k)
    du, dv = u1 @ turn_u, v1 @ turn_v
    if np.shape(a)[-2] > k:
        rest = d @ v1 / row
        du = du + rest - u1 @ (adjoint(u1) @ rest)
    if np.shape(a)[-1] > k:
        rest = adjoint(d) @ u1 / row
        dv = dv + rest - v1 @ (adjoint(v1) @ rest)
    if np.shape(u)[-1] > k:
        du = np.concatenate([du, -u1 @ (adjoint(d @ v1 / row) @ u[..., k:])], axis=-1)
    if np.shape(vh)[-2] > k:
        others = adjoint(vh[..., k:, :])
        dv = np.concatenate([dv, -v1 @ (adjoint(adjoint(d) @ u1 / row) @ others)], axis=-1)
    return du, np.real(np.diagonal(p, axis1=-2, axis2=-1)), adjoint(dv)


svd_ = differential(_svd, _svd_change, name="svd")


@composite(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Singular values and vectors; the phase of the right ones is held."""
    if hermitian:
        return _svd_of_hermitian(a, compute_uv)
    return SVDResult(*svd_(a, full_matrices)) if compute_uv else np.linalg.svdvals(a)


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
    """Singular values: the positive eigenvalues of ``[[0, x], [x^H, 0]]`` (Jordan and Wielandt), so that
    equal ones are right to second order.
    """
    m, n = np.shape(x)[-2:]
    if m != n:  # the triangle of a QR has the same ones, and the pair of matrices no zeros of its own
        return np.linalg.svdvals(np.linalg.qr(x if m > n else adjoint(x), "r"))
    lead = np.shape(x)[:-2]
    top = np.concatenate([np.zeros((*lead, m, m)), x], axis=-1)
    bottom = np.concatenate([adjoint(x), np.zeros((*lead, n, n))], axis=-1)
    values = np.linalg.eigvalsh(np.concatenate([top, bottom], axis=-2))
    return np.flip(values, -1)[..., : min(m, n)]


SVDResult = type(np.linalg.svd(np.eye(1)))

# ------------------------------------------------------------------------------------------------------------
# QR
# ------------------------------------------------------------------------------------------------------------


def _qr(a: Any, complete: bool) -> tuple[Any, Any]:
    return tuple(np.linalg.qr(a, "complete" if complete else "reduced"))


def _qr_change(d: Any, a: Any, complete: bool, out: Any) -> Any:
    q, r = out
    n = np.shape(a)[-1]
    q1, r1 = q[..., :n], r[..., :n, :]
    whole = np.swapaxes(np.linalg.solve(np.swapaxes(r1, -1, -2), np.swapaxes(d, -1, -2)), -1, -2)
    inner = adjoint(q1) @ whole
    lower = inner * np.tri(n, k=-1)
    turn = lower - adjoint(lower)
    if np.iscomplexobj(inner):
        turn = turn + 1j * np.imag(inner) * np.eye(n)
    dq, dr = q1 @ turn + whole - q1 @ inner, (inner - turn) @ r1
    if np.shape(q)[-1] > n:
        dq = np.concatenate([dq, -q1 @ (adjoint(whole) @ q[..., n:])], axis=-1)
        zeros = np.zeros_like(dr[..., :1, :]) + np.zeros((np.shape(q)[-1] - n, 1))
        dr = np.concatenate([dr, zeros], axis=-2)
    return dq, dr


qr_ = differential(_qr, _qr_change, name="qr")


@composite(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """The orthogonal and the triangular factor."""
    if mode not in ("reduced", "complete", "r"):
        raise NotImplementedError(f"np.linalg.qr with mode={mode!r} has no derivative; 'reduced' has one")
    m, n = np.shape(a)[-2:]
    q, r = qr_(a[..., : min(m, n)], mode == "complete" and m > n)
    if n > m:
        r = np.concatenate([r, adjoint(q) @ a[..., m:]], axis=-1)
    return r if mode == "r" else QRResult(q, r)


QRResult = type(np.linalg.qr(np.eye(1)))

# ------------------------------------------------------------------------------------------------------------
# Pseudoinverse and least squares
# ------------------------------------------------------------------------------------------------------------


def _pinv(a: Any, options: tuple[tuple[str, Any], ...]) -> Any:
    return np.linalg.pinv(a, **dict(options))


def _pinv_change(d: Any, a: Any, options: Any, out: Any) -> Any:
    left = np.eye(np.shape(a)[-2]) - a @ out
    right = np.eye(np.shape(a)[-1]) - out @ a
    return -out @ d @ out + out @ adjoint(out) @ adjoint(d) @ left + right @ adjoint(d) @ adjoint(out) @ out


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
    m, n = np.shape(a)[-2:]
    limit = np.finfo(float).eps * max(m, n) if rcond is None else max(rcond, 0.0)
    x = pinv_(a, (("rcond", limit),)) @ b
    s = np.asarray(np.linalg.svdvals(everything(a)))
    ranks = np.sum(s > limit * s[..., :1], axis=-1)
    rank = int(np.min(ranks))
    residuals = np.reshape(np.sum(np.abs(b - a @ x) ** 2, axis=0), -1) if rank == n < m else np.zeros(0)
    return x, residuals, rank, np.linalg.svdvals(a)


@composite(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The condition number."""
    if p is None or p in (2, -2):
        s = np.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    size = np.linalg.norm(x, p, axis=(-2, -1))
    return size * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))


@composite(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of a tensor."""
    shape = np.shape(a)
    rows = int(np.prod(shape[:ind]))
    return np.reshape(np.linalg.inv(np.reshape(a, (rows, -1))), (*shape[ind:], *shape[:ind]))


@composite(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The solution of a tensor equation."""
    n = np.ndim(a)
    if axes is not None:
        last = [k % n for k in axes]
        a = np.transpose(a, [k for k in range(n) if k not in last] + last)
    shape = np.shape(a)[np.ndim(b) :]
    return np.reshape(np.linalg.solve(np.reshape(a, (np.size(b), -1)), np.ravel(b)), shape)


constant(np.linalg.matrix_rank)
RULES[np.linalg.svdvals] = svdvals
