"""Matrices made of a few numbers, and what ``scipy.linalg`` says about matrices in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from ...values.shapes import ndim_of, shape_of
from ..doors import door
from .linear_systems import along_diagonals, check


def flat(x: Any) -> Any:
    """At least one axis."""
    return x if ndim_of(x) else np.reshape(x, 1)


@door(scipy.linalg.norm)
def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True) -> Any:
    """Norms of vectors and matrices."""
    check(check_finite, a)
    return np.linalg.norm(a, ord, axis, keepdims)


@door(scipy.linalg.toeplitz)
def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix of a first column and a first row; without a row, a Hermitian one."""
    c = flat(c)
    r = np.conj(c) if r is None else flat(r)
    return along_diagonals(np.ravel(c), np.ravel(r)) if ndim_of(c) < 2 > ndim_of(r) else stacked(c, r)


def stacked(c: Any, r: Any) -> Any:
    """A stack of matrices, as SciPy has them from some version on; before that, it is one flat row."""
    if scipy.linalg.toeplitz(np.zeros((2, 2))).ndim == 2:
        return along_diagonals(np.ravel(c), np.ravel(r))
    lead = np.broadcast_shapes(shape_of(c)[:-1], shape_of(r)[:-1])
    return along_diagonals(
        np.broadcast_to(c, (*lead, shape_of(c)[-1])), np.broadcast_to(r, (*lead, shape_of(r)[-1]))
    )


@door(scipy.linalg.hankel)
def hankel(c: Any, r: Any = None) -> Any:
    """The matrix with equal numbers along the other diagonals."""
    c = np.ravel(c)
    r = np.zeros_like(c) if r is None else np.ravel(r)
    values = np.concatenate([c, r[1:]])
    return values[np.arange(shape_of(c)[0])[:, None] + np.arange(shape_of(r)[0])]


@door(scipy.linalg.circulant)
def circulant(c: Any) -> Any:
    """The matrix whose columns are turned by one each."""
    c = flat(c)
    n = shape_of(c)[-1]
    return c[..., (np.arange(n)[:, None] - np.arange(n)) % n]


@door(scipy.linalg.companion)
def companion(a: Any) -> Any:
    """The matrix whose eigenvalues are the roots of a polynomial."""
    a = flat(a)
    n = shape_of(a)[-1] - 1
    if n < 1:
        raise ValueError("The length of `a` along the last axis must be at least 2.")
    row = np.expand_dims(-a[..., 1:] / a[..., :1], -2)
    below = np.broadcast_to(np.eye(n - 1, n), (*shape_of(a)[:-1], n - 1, n))
    return np.concatenate([row, below], axis=-2)


@door(scipy.linalg.fiedler)
def fiedler(a: Any) -> Any:
    """The distances of numbers."""
    return np.abs(np.expand_dims(a, -1) - np.expand_dims(a, -2))


@door(scipy.linalg.fiedler_companion)
def fiedler_companion(a: Any) -> Any:
    """A banded matrix whose eigenvalues are the roots of a polynomial."""
    a = flat(a) / flat(a)[..., :1]
    n = shape_of(a)[-1] - 1
    if n <= 1:
        return -a[..., 1:, None]
    out = np.zeros((*shape_of(a)[:-1], n, n)) + 0 * a[..., :1, None]
    out[..., range(3, n, 2), range(1, n - 2, 2)] = 1.0
    out[..., range(2, n, 2), range(1, n - 1, 2)] = -a[..., 3::2]
    out[..., range(0, n - 2, 2), range(2, n, 2)] = 1.0
    out[..., range(0, n - 1, 2), range(1, n, 2)] = -a[..., 2::2]
    out[..., 0, 0], out[..., 1, 0] = -a[..., 1], 1.0
    return out


@door(scipy.linalg.leslie)
def leslie(f: Any, s: Any) -> Any:
    """The matrix of a population: births in the first row, survivals below the diagonal."""
    f, s = flat(f), flat(s)
    if shape_of(f)[-1] != shape_of(s)[-1] + 1 or not shape_of(s)[-1]:
        raise ValueError("The length of s must be one less than the length of f, and at least 1.")
    n = shape_of(s)[-1]
    below = np.expand_dims(s, -1) * np.eye(n, n + 1, dtype=bool)
    return np.concatenate([np.expand_dims(f, -2), below], axis=-2)


@door(scipy.linalg.convolution_matrix)
def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    """The matrix whose product with a vector is the convolution."""
    if n <= 0 or not np.size(a):
        raise ValueError("n must be a positive integer, and a must have an element.")
    if mode not in ("full", "valid", "same"):
        raise ValueError("'mode' argument must be one of ('full', 'valid', 'same')")
    m = shape_of(a)[-1]
    k = np.arange(m + n - 1)[:, None] - np.arange(n)
    whole = np.where((k >= 0) & (k < m), a[..., np.clip(k, 0, m - 1)], 0)
    cut = min(n, m) - 1
    first, last = {"full": (0, 0), "valid": (cut, cut), "same": (cut // 2, cut - cut // 2)}[mode]
    return whole[..., first : m + n - 1 - last, :]


@door(scipy.linalg.block_diag)
def block_diag(*arrs: Any) -> Any:
    """Matrices along the diagonal."""
    arrs = tuple([a if ndim_of(a) > 1 else np.reshape(a, (1, -1)) for a in arrs])
    widths = [shape_of(a)[-1] for a in arrs]
    rows, before = [], 0
    for a, width in zip(arrs, widths, strict=True):
        pad = [(0, 0)] * (ndim_of(a) - 1) + [(before, sum(widths) - before - width)]
        rows.append(np.pad(a, pad))
        before += width
    lead = np.broadcast_shapes(*[shape_of(r)[:-2] for r in rows])
    return np.concatenate([np.broadcast_to(r, (*lead, *shape_of(r)[-2:])) for r in rows], axis=-2)
