"""Linear algebra, by differentials (Giles 2008, "Collected matrix derivative results")."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import everything
from ..statements import RULES, composite, differential, linear_rule
from .reductions import length, normalize, prod_of_others


def adjoint(a: Any) -> Any:
    """The conjugate transpose of the last two axes."""
    return np.conj(np.swapaxes(a, -1, -2))


def _one_triangle(a: Any, lower: bool) -> Any:
    n = np.shape(a)[-1]
    rows = np.arange(n)
    read = np.tril(a) if lower else np.triu(a)
    whole = read + np.conj(np.swapaxes(read, -1, -2))
    whole[..., rows, rows] = np.real(a[..., rows, rows])
    return whole


def _one_triangle_transpose(g: Any, a: Any, lower: bool) -> Any:
    both = g + adjoint(g)
    return halved_diagonal(np.tril(both) if lower else np.triu(both))


def halved_diagonal(a: Any) -> Any:
    """A matrix with half of its diagonal."""
    return np.where(np.eye(np.shape(a)[-1], dtype=bool), a / 2, a)


# The Hermitian matrix that a function sees which reads one triangle, and the real part of the diagonal. The
# rules of such functions are stated for Hermitian changes, and this one spares the triangle that is not read.
one_triangle: Any = linear_rule(_one_triangle, _one_triangle_transpose, name="one triangle")


def _cholesky_change(d: Any, a: Any, out: Any) -> Any:
    inner = np.linalg.solve(out, adjoint(np.linalg.solve(out, d)))
    return out @ halved_diagonal(np.tril(inner))


def minor(a: Any) -> Any:
    """The determinant; of two rows, as exact as the products are."""
    if np.shape(a)[-1] == 2:
        return a[..., 0, 0] * a[..., 1, 1] - a[..., 0, 1] * a[..., 1, 0]
    return np.linalg.det(a)


def cofactors(a: Any) -> Any:
    """The matrix C with det'(a)[d] = sum(C * d): it exists for singular matrices too."""
    n = np.shape(a)[-1]
    if n == 1:
        return np.ones_like(a)
    keep = [[k for k in range(n) if k != i] for i in range(n)]
    rows = []
    for i in range(n):
        minors = [minor(a[..., keep[i], :][..., keep[j]]) * (-1) ** (i + j) for j in range(n)]
        rows.append(np.stack(minors, axis=-1))
    return np.stack(rows, axis=-2)


def closed_form(a: Any) -> Any:
    """The cofactors of matrices of two or three rows: for three, the cross products of the rows."""
    rows = [a[..., k, :] for k in range(np.shape(a)[-1])]
    if len(rows) == 2:
        swapped = [np.stack([r[..., 1], -r[..., 0]], axis=-1) for r in rows]
        return np.stack([swapped[1], -swapped[0]], axis=-2)
    pairs = [(1, 2), (2, 0), (0, 1)]
    return np.stack([np.cross(rows[i], rows[j]) for i, j in pairs], axis=-2)


def _det_change(d: Any, a: Any, out: Any) -> Any:
    return np.sum(cofactor_matrix(a, out) * d, axis=(-1, -2))


def cofactor_matrix(a: Any, det: Any) -> Any:
    """The cofactors: of small matrices in closed form, whose derivatives don't cancel; by the inverse where
    the determinant is safely away from 0, else by minors.
    """
    if 2 <= np.shape(a)[-1] <= 3:
        return closed_form(a)
    entries = everything(a)
    if entries.dtype.kind == "O" or is_nearly_singular(entries):
        return cofactors(a) if np.shape(a)[-1] <= BY_MINORS else cofactors_by_svd(a)
    return np.expand_dims(det, (-1, -2)) * np.swapaxes(np.linalg.inv(a), -1, -2)


BY_MINORS = 8  # the largest matrix whose cofactors are determinants of its minors


def cofactors_by_svd(a: Any) -> Any:
    """The cofactors from the singular values, each replaced by the product of the others."""
    u, s, vh = np.linalg.svd(a)
    others = np.expand_dims(prod_of_others(s), -2)
    sign = np.expand_dims(np.linalg.det(u) * np.linalg.det(vh), (-1, -2))
    return sign * np.swapaxes((adjoint(vh) * others) @ adjoint(u), -1, -2)


def is_nearly_singular(a: Any) -> bool:
    """Tell whether the inverse of a matrix has lost half of its digits, or is not there."""
    return not np.all(np.linalg.cond(a, 1) < 1e8)


inv = differential(np.linalg.inv, lambda d, a, out: -out @ d @ out)
solve = differential(
    np.linalg.solve,
    lambda d, a, b, out: -np.linalg.solve(a, d @ out),
    transposes={1: lambda g, a, b: np.linalg.solve(adjoint(a), g)},
    name="solve",
)
det = differential(np.linalg.det, _det_change)
slogdet = differential(
    np.linalg.slogdet,
    lambda d, a, out: _slogdet_change(np.trace(np.linalg.solve(a, d), axis1=-2, axis2=-1), out),
)
cholesky_lower = differential(np.linalg.cholesky, _cholesky_change)


def _slogdet_change(t: Any, out: Any) -> Any:
    sign, _ = out
    return (1j * np.imag(t) * sign if np.iscomplexobj(sign) else 0.0 * np.real(t)), np.real(t)


SlogdetResult = type(np.linalg.slogdet(np.eye(1)))

# ------------------------------------------------------------------------------------------------------------
# Compositions
# ------------------------------------------------------------------------------------------------------------


@composite(np.linalg.solve)
def np_solve(a: Any, b: Any) -> Any:
    """The solution of ``a @ x = b``; ``b`` is one vector only if it has one axis, else matrices."""
    return solve(a, np.expand_dims(b, -1))[..., 0] if np.ndim(b) == 1 else solve(a, b)


@composite(np.linalg.slogdet)
def np_slogdet(a: Any) -> Any:
    """Sign and logarithm of the determinant."""
    return SlogdetResult(*slogdet(a))


@composite(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The Cholesky factor."""
    factor = cholesky_lower(one_triangle(a, not upper))
    return adjoint(factor) if upper else factor


@composite(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """A matrix to an integer power, by repeated squaring."""
    if n < 0:
        a, n = np.linalg.inv(a), -n
    result = None
    while n:
        if n & 1:
            result = a if result is None else result @ a
        a, n = (a @ a if n > 1 else a), n >> 1
    return np.broadcast_to(np.eye(np.shape(a)[-1]), np.shape(a)) + 0 * a if result is None else result


@composite(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norms of vectors and matrices; the derivative at 0 is 0."""
    axes = normalize(axis, np.ndim(x))
    if ord is None or (len(axes) == 1 and ord == 2) or (len(axes) == 2 and ord == "fro"):
        return length(x, axes, keepdims)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    return _matrix_norm(x, ord, axes, keepdims)


def _vector_norm(x: Any, ord: Any, axis: int, keepdims: bool) -> Any:
    size = np.abs(x)
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(x != 0, axis=axis, keepdims=keepdims) * 1.0
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    return np.sum(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord not in (1, -1, np.inf, -np.inf):
        values = np.linalg.svdvals(np.moveaxis(x, axes, (-2, -1)))
        picked = np.sum(values, axis=-1) if ord == "nuc" else values[..., 0 if ord == 2 else -1]
        return np.expand_dims(picked, sorted(axes)) if keepdims else picked
    rows, columns = axes if ord in (1, -1) else axes[::-1]
    sums = np.sum(np.abs(x), axis=rows, keepdims=True)
    best = (np.max if ord > 0 else np.min)(sums, axis=columns, keepdims=True)
    return best if keepdims else np.squeeze(best, axes)


RULES[np.linalg.trace] = lambda x, /, *, offset=0, dtype=None: np.trace(x, offset, -2, -1)
RULES[np.linalg.diagonal] = lambda x, /, *, offset=0: np.diagonal(x, offset, -2, -1)
RULES[np.linalg.vector_norm] = lambda x, /, *, axis=None, keepdims=False, ord=2: norm(
    x if axis is not None else np.ravel(x), ord, axis, keepdims
)
RULES[np.linalg.matrix_norm] = lambda x, /, *, keepdims=False, ord="fro": norm(x, ord, (-2, -1), keepdims)
