"""Linear algebra, by differentials (Giles 2008, "Collected matrix derivative results")."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ...nested import Traced, everything, primal
from ...values.constants import arange, asarray, eye
from ...values.reading import is_read
from ...values.shapes import DOUBLE, REALS, is_complex, ndim_of, shape_of
from ..declarations import composite, differential, linear_rule
from ..statements import RULES, root_of
from ..unknown import unknown
from .axes import normalize
from .elementwise import square_of_size
from .factors import adjoint, applied, inverse, inverse_of, is_worth
from .reductions import as_rows, largest_size, length, prod_of_others
from .shaping import reshape


@functools.lru_cache(maxsize=16)
def triangle(n: int, lower: bool) -> tuple[np.ndarray, np.ndarray]:
    """Where one triangle of a small matrix is, and the weights 1, and 1/2 in the diagonal."""
    return np.tri(n, dtype=bool) if lower else np.tri(n, dtype=bool).T, 1.0 - np.eye(n) / 2


def is_small(a: Any) -> bool:
    """Tell whether a value is one small matrix of doubles."""
    return bool(a.__class__ is np.ndarray and a.ndim == 2 and len(a) <= SMALL and a.dtype is DOUBLE)


SMALL = 64  # rows of a matrix whose triangles are remembered


def _one_triangle(a: Any, lower: bool) -> Any:
    if is_small(a) and a.shape[0] == a.shape[1]:
        return np.where(triangle(len(a), lower)[0], a, a.T)
    n = shape_of(square(a))[-1]
    rows = arange(n, like=a)
    read = np.tril(a) if lower else np.triu(a)
    whole = read + np.conj(np.swapaxes(read, -1, -2))
    whole[..., rows, rows] = np.real(a[..., rows, rows])
    return whole


def _one_triangle_transpose(g: Any, a: Any, lower: bool) -> Any:
    both = g + adjoint(g)
    if is_small(both):
        here, weights = triangle(len(both), lower)
        return np.where(here, both * weights, 0.0)
    return halved_diagonal(np.tril(both) if lower else np.triu(both))


def square(a: Any) -> Any:
    """A matrix, or a stack of some, which must be square; what reads one triangle would not see it.

    Raises:
        LinAlgError: it is not.
    """
    shape = shape_of(a)
    if len(shape) < 2:
        raise np.linalg.LinAlgError(f"{len(shape)}-dimensional array given, where a matrix has two axes")
    if shape[-1] != shape[-2]:
        raise np.linalg.LinAlgError(f"a square matrix is wanted, and this one has shape {shape[-2:]}")
    return a


def halved_diagonal(a: Any) -> Any:
    """A matrix with half of its diagonal."""
    return np.where(eye(shape_of(a)[-1], dtype=bool, like=a), a / 2, a)


def halved_triangle(a: Any) -> Any:
    """The lower triangle of a matrix, with half of its diagonal."""
    if is_small(a):
        here, weights = triangle(len(a), True)
        return np.where(here, a * weights, 0.0)
    return halved_diagonal(np.tril(a))


# The Hermitian matrix that a function sees which reads one triangle, and the real part of the diagonal. The
# rules of such functions are stated for Hermitian changes, and this one spares the triangle that is not read.
one_triangle: Any = linear_rule(_one_triangle, _one_triangle_transpose, name="one triangle", leaves_out=True)


def _cholesky_change(d: Any, a: Any, out: Any) -> Any:
    inner = applied(out, adjoint(applied(out, d, lower=True)), lower=True)
    return out @ halved_triangle(inner)


def _cholesky_back(g: Any, a: Any, out: Any) -> Any:
    half = halved_triangle(adjoint(out) @ g)
    return applied(out, adjoint(applied(out, half, turned=True, lower=True)), turned=True, lower=True)


def cofactors(a: Any) -> Any:
    """The matrix C with det'(a)[d] = sum(C * d), by the determinants of the minors, all at once: it exists
    for singular matrices too.
    """
    n = shape_of(a)[-1]
    keep = np.array([[k for k in range(n) if k != i] for i in range(n)])
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    minors = np.linalg.det(a[..., keep[:, None, :, None], keep[None, :, None, :]])
    return minors * asarray(signs.astype(np.real(minors).dtype), like=a)


def closed_form(a: Any) -> Any:
    """The cofactors of matrices of two or three rows: for three, the cross products of the rows."""
    rows = [a[..., k, :] for k in range(shape_of(a)[-1])]
    if len(rows) == 2:
        swapped = [np.stack([r[..., 1], -r[..., 0]], axis=-1) for r in rows]
        return np.stack([swapped[1], -swapped[0]], axis=-2)
    pairs = [(1, 2), (2, 0), (0, 1)]
    return np.stack([np.cross(rows[i], rows[j]) for i, j in pairs], axis=-2)


def _det_change(d: Any, a: Any, out: Any) -> Any:
    return np.einsum("...ij,...ij->...", cofactor_matrix(a, out), d)


def _det_back(g: Any, a: Any, out: Any) -> Any:
    return np.expand_dims(g, (-1, -2)) * np.conj(cofactor_matrix(a, out))


def condition_of(entries: Any) -> Any:
    """The largest condition of some matrices, in the 1-norm."""
    if not is_worth(entries):
        sizes = np.reshape(np.linalg.cond(entries, 1), -1)
        return np.maximum(largest_size(sizes, (0,)), 1.0)[0]
    try:
        return np.linalg.norm(entries, 1) * np.linalg.norm(inverse_of(entries), 1)
    except np.linalg.LinAlgError:
        return np.inf


def cofactor_matrix(a: Any, det: Any) -> Any:
    """The cofactors, by the form that keeps most digits, in the derivatives too: in closed form for small
    matrices; by the inverse, whose terms cancel the more the nearer the determinant is to 0; by lifting the
    singular values that lie below a cliff; by minors, or by all singular values.
    """
    n = shape_of(a)[-1]
    if n > 3 and a.__class__ is np.ndarray and a.ndim == 2 and det is not None:
        found = cofactors_by_inverse(a, det)
        if found is not None:
            return found
    entries = everything(a)
    if n < 2:
        return np.ones_like(a)
    if n <= 3:
        return closed_form(a)
    if entries.dtype.kind == "O":
        return cofactors(a)
    if not is_read(entries):  # on a device, the forms that ask nothing
        return cofactors(a) if n <= BY_MINORS else cofactors_of_any_rank(a, 3)
    lost = ~np.isfinite(entries).all((-2, -1), keepdims=True)
    if lost.any():
        return np.where(
            lost, unknown(a), cofactor_matrix(np.where(lost, eye(n, dtype=a.dtype, like=a), a), None)
        )
    if det is not None and not is_in_scale(everything(det)):
        return cofactors_in_scale(a, entries)
    condition = condition_of(entries)
    if n <= BY_MINORS and not condition < SINGULAR:
        return cofactors(a)
    enough = 1e3 if isinstance(a, Traced) else SINGULAR  # what is differentiated again loses digits each time
    small = 0 if condition < enough else below_cliff(entries)
    if small:
        try:
            return cofactors_by_lifting(a, small)
        except np.linalg.LinAlgError:
            return cofactors_of_any_rank(a, small)
    if not condition < SINGULAR:
        return cofactors_by_svd(a)
    det = np.linalg.det(a) if det is None else det
    return np.expand_dims(det, (-1, -2)) * np.swapaxes(inverse(a), -1, -2)


def cofactors_by_inverse(a: np.ndarray, det: Any) -> Any:
    """The cofactors of one matrix by its inverse; None where that would lose digits."""
    if a.dtype.kind not in "fc" or not is_in_scale(det):
        return None
    try:
        inverted = inverse_of(a) if is_worth(a) else np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return None
    sizes = [np.maximum.reduce(np.add.reduce(np.abs(x), axis=0)) for x in (a, inverted)]
    return det * inverted.T if sizes[0] * sizes[1] < SINGULAR else None


SINGULAR = 1e8  # the condition from which an inverse has lost half of its digits
BY_MINORS = 8  # the largest matrix whose cofactors are determinants of its minors


def is_in_scale(det: Any) -> bool:
    """Tell whether determinants are far from the ends of the range of floats."""
    if det.__class__ in REALS:
        return bool(1e-100 < abs(det) < 1e100)
    return bool(np.all((np.abs(det) > 1e-100) & (np.abs(det) < 1e100)))


def cofactors_in_scale(a: Any, entries: Any) -> Any:
    """The cofactors of a matrix brought to a determinant of about 1 by a power of two, brought back in two
    steps, so that no product on the way is too large or too small if the result is not.
    """
    n = shape_of(a)[-1]
    sizes = np.linalg.slogdet(entries)[1] / n
    sizes = np.where(
        np.isfinite(sizes),
        sizes,
        np.log(np.maximum(largest_size(entries, tuple(range(entries.ndim))), 1e-300)),
    )
    power = int(np.clip(np.round(np.median(sizes) / np.log(2.0)), -1000, 1000))
    half = power * (n - 1) // 2
    down, up, rest = (float(np.ldexp(1.0, k)) for k in (-power, half, power * (n - 1) - half))
    return cofactor_matrix(a * down, None) * up * rest


def below_cliff(entries: Any) -> int:
    """How many singular values lie below a cliff, whose height is more than the range of those above it."""
    s = np.linalg.svd(entries, compute_uv=False)
    size = np.min(s / np.maximum(largest_size(s, (s.ndim - 1,)), 1e-300), axis=tuple(range(s.ndim - 1)))
    drop = size[:-1] / np.maximum(size[1:], 1e-300)
    drop = np.where(size[:-1] > len(size) * np.finfo(s.dtype).eps, drop, 0.0)  # what is rounding is no edge
    kept = int(np.argmax(drop))
    below = len(drop) - kept
    return below if drop[kept] * size[kept] > 1 and below <= BY_MINORS else 0


def cofactors_by_lifting(a: Any, r: int) -> Any:
    """The cofactors by ``det(b - u v^H) = det(b) det(1 - v^H b^-1 u)``, where ``b`` has the ``r`` smallest
    singular values lifted by the largest. The vectors are constants, so nothing is divided by a gap.
    """
    u, s, vh = np.linalg.svd(primal(a))
    u, vh = u[..., -r:] * s[..., :1, None], vh[..., -r:, :]
    b = a + u @ vh
    inverse = np.linalg.inv(b)
    left, right = vh @ inverse, inverse @ u
    m = eye(r, dtype=bool, like=a) - left @ u
    inner = cofactor_matrix(m, None) if r > 1 else np.ones_like(m)
    change = np.swapaxes(right @ np.swapaxes(inner, -1, -2) @ left, -1, -2)
    whole = np.expand_dims(np.linalg.det(m), (-1, -2)) * np.swapaxes(inverse, -1, -2)
    return np.expand_dims(np.linalg.det(b), (-1, -2)) * (whole + change)


def cofactors_of_any_rank(a: Any, r: int) -> Any:
    """The same of matrices that may have more singular values that vanish than those ``r``: these are lifted
    too, lest there be no inverse, and all cofactors are 0.
    """
    u, s, vh = np.linalg.svd(primal(a))
    gone = s[..., :-r] <= shape_of(a)[-1] * np.finfo(s.dtype).eps * s[..., :1]
    lifted = np.where(gone, np.where(s[..., :1] > 0, s[..., :1], 1.0), 0.0).astype(s.dtype)
    found = cofactors_by_lifting(a + (u[..., :-r] * lifted[..., None, :]) @ vh[..., :-r, :], r)
    return np.where(np.any(gone, axis=-1)[..., None, None], 0.0, found)


def cofactors_by_svd(a: Any) -> Any:
    """The cofactors from the singular values, each replaced by the product of the others."""
    u, s, vh = np.linalg.svd(a)
    others = np.expand_dims(prod_of_others(s), -2)
    sign = np.expand_dims(np.linalg.det(u) * np.linalg.det(vh), (-1, -2))
    return sign * np.swapaxes((adjoint(vh) * others) @ adjoint(u), -1, -2)


inv = differential(
    np.linalg.inv,
    lambda d, a, out: -out @ d @ out,
    backward={0: lambda g, a, out: -adjoint(out) @ g @ adjoint(out)},
    by_shapes=True,
)


def _solve_back(g: Any, a: Any, b: Any, out: Any) -> tuple[Any, Any]:
    with_b = applied(a, g, turned=True)
    return -with_b @ adjoint(out), with_b


solve = differential(
    np.linalg.solve,
    lambda d, a, b, out: -applied(a, d @ out),
    transposes={1: lambda g, a, b: applied(a, g, turned=True)},
    backward={0: lambda g, a, b, out: -applied(a, g, turned=True) @ adjoint(out), (0, 1): _solve_back},
    together={(0, 1): lambda ds, a, b, out: applied(a, ds[1] - ds[0] @ out)},
    name="solve",
    by_shapes=True,
)
det = differential(np.linalg.det, _det_change, backward={0: _det_back})
slogdet = differential(
    np.linalg.slogdet,
    lambda d, a, out: _slogdet_change(np.sum(np.swapaxes(inverse(a), -1, -2) * d, axis=(-1, -2)), out),
    backward={0: lambda g, a, out: np.expand_dims(_slogdet_back(g, out[0]), (-1, -2)) * adjoint(inverse(a))},
)
cholesky_lower = differential(
    np.linalg.cholesky, _cholesky_change, backward={0: _cholesky_back}, by_shapes=True
)


def _slogdet_change(t: Any, out: Any) -> Any:
    sign, _ = out
    return (1j * np.imag(t) * sign if np.iscomplexobj(sign) else 0.0 * np.real(t)), np.real(t)


def _slogdet_back(g: Any, sign: Any) -> Any:
    """The cotangent of the trace of ``inverse(a) @ d``: its real part moves the logarithm, its imaginary part
    the sign, by ``1j * sign``.
    """
    of_sign, of_logarithm = g
    if not np.iscomplexobj(sign):
        return of_logarithm
    return of_logarithm + 1j * np.real(np.conj(1j * sign) * of_sign)


SlogdetResult = type(np.linalg.slogdet(np.eye(1)))

# ------------------------------------------------------------------------------------------------------------
# Compositions
# ------------------------------------------------------------------------------------------------------------


@composite(np.linalg.solve)
def np_solve(a: Any, b: Any) -> Any:
    """The solution of ``a @ x = b``; ``b`` is one vector only if it has one axis, else matrices."""
    return solve(a, reshape(b, (*shape_of(b), 1)))[..., 0] if ndim_of(b) == 1 else solve(a, b)


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
    a = square(a)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    result = None
    while n:
        if n & 1:
            result = a if result is None else result @ a
        a, n = (a @ a if n > 1 else a), n >> 1
    return np.zeros_like(a) + eye(shape_of(a)[-1], dtype=bool, like=a) if result is None else result


# ------------------------------------------------------------------------------------------------------------
# Norms
# ------------------------------------------------------------------------------------------------------------


@composite(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norms of vectors and matrices; the derivative at 0 is 0."""
    axes = normalize(axis, ndim_of(x))
    if len(axes) == 2 and ord not in (None, "fro", "f"):
        return _matrix_norm(x, ord, axes, keepdims)
    if len(axes) != (2 if isinstance(ord, str) else 1) and not (
        ord is None and (axis is None or len(axes) == 2)
    ):
        raise ValueError(f"no norm of order {ord!r} over {len(axes)} axes")
    return _vector_norm(x, None if isinstance(ord, str) else ord, axes, keepdims)


def square_of_length(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The sum of the squares of the sizes of elements."""
    return np.sum(square_of_size(x) if is_complex(x) else np.square(x), axis=axes, keepdims=keepdims)


def _vector_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord is None or ord == 2:
        return root_of(square_of_length, length(x, axes, keepdims, 1), x, axes, keepdims)
    size = np.abs(x)
    if ord == np.inf:
        return _largest(size, axes, keepdims)
    if ord == -np.inf:
        return np.min(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return np.sum(np.where(size != 0, np.ones_like(size), 0), axis=axes, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axes, keepdims=keepdims)
    return np.sum(size ** float(ord), axis=axes, keepdims=keepdims) ** (1 / float(ord))


def _nothing_has_norms() -> bool:
    try:
        return not np.linalg.norm(np.empty(0), np.inf)
    except ValueError:  # as NumPy 2.0 does
        return False


NOTHING_HAS_NORMS = _nothing_has_norms()


def _largest(size: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The largest of what is not negative; of nothing it is 0, or an error where NumPy has none."""
    reduce = np.max if all(shape_of(size)[k] for k in axes) or not NOTHING_HAS_NORMS else np.sum
    return reduce(size, axis=axes, keepdims=keepdims)


def _norm_of_values(s: Any, ord: Any) -> Any:
    """The norm of a matrix that has these singular values; those that are 0 have derivative 0."""
    if ord == "nuc":
        return np.sum(np.where(primal(s) > rounding(primal(s)), s, 0), axis=-1)
    if ord not in (2, -2):
        raise ValueError(f"no norm of order {ord!r} of matrices")
    if shape_of(s)[-1]:
        return pick(s, 0 if ord == 2 else -1)
    return _largest(s, (ndim_of(s) - 1,), False) if ord == 2 else np.min(s, axis=-1)


def rounding(s: Any) -> Any:
    """What counts as nothing beside the largest of the singular values."""
    return shape_of(s)[-1] * 4 * np.finfo(s.dtype).eps * largest_size(s, (s.ndim - 1,))


def _pick(s: Any, k: int) -> Any:
    return s[..., k][()]


def _pick_change(d: Any, s: Any, k: int, out: Any) -> Any:
    """``d[k]``, and the mean of d where several are as large."""
    s = primal(s)
    slack = rounding(s)
    tied = (np.abs(s - s[..., k : k + 1 or None]) <= slack) & (s > slack)
    share = tied / np.maximum(np.sum(tied, axis=-1, keepdims=True), 1)
    return np.sum(share.astype(s.dtype) * d, axis=-1)


# The largest or the smallest singular value: equal ones share it, since none of them alone has a derivative.
pick = differential(_pick, _pick_change, name="largest or smallest")


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord not in (1, -1, np.inf, -np.inf):
        picked = _norm_of_values(np.linalg.svdvals(np.moveaxis(x, axes, (-2, -1))), ord)
        return np.expand_dims(picked, sorted(axes)) if keepdims else picked
    rows, columns = axes if ord in (1, -1) else axes[::-1]
    sums = np.sum(np.abs(x), axis=rows, keepdims=True)
    best = _largest(sums, (columns,), True) if ord > 0 else np.min(sums, axis=columns, keepdims=True)
    return best if keepdims else np.squeeze(best, axes)[()]


RULES[np.linalg.trace] = lambda x, /, *, offset=0, dtype=None: np.trace(x, offset, -2, -1, dtype)
RULES[np.linalg.diagonal] = lambda x, /, *, offset=0: np.diagonal(x, offset, -2, -1)


@composite(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """The norm of all elements along the axes, as one vector."""
    rows, lead, kept = as_rows(x, axis)
    return np.reshape(norm(rows, ord, -1), kept if keepdims else lead)


RULES[np.linalg.matrix_norm] = lambda x, /, *, keepdims=False, ord="fro": norm(x, ord, (-2, -1), keepdims)
