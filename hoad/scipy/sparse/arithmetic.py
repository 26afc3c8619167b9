"""What computes with the entries of sparse matrices: products, sums, functions of each entry.

Every function takes a matrix of SciPy's, or one with traced entries, under the name of SciPy's method.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from ...chainrules.scipy.sparse_products import product_
from ...errors import MissingRuleError
from ...nested import Traced, pack, refused
from .holding import (
    ANY,
    MATRIX,
    Holding,
    added,
    as_held,
    become,
    by_rows,
    coordinates,
    held,
    labelled,
    of_places,
    places_of,
    traced_in_matrices,
    type_of,
)

# The functions that are 0 at 0, so that what is not stored stays so.
OF_EACH = (
    "sin", "arcsin", "sinh", "arcsinh", "tan", "arctan", "tanh", "arctanh", "deg2rad", "rad2deg", "expm1",
    "log1p", "sqrt", "sign", "rint", "floor", "ceil", "trunc",
)  # fmt: skip


def family(matrix: Any) -> Any:
    """SciPy's class of a matrix."""
    return matrix.plain if isinstance(matrix, Holding) else type(matrix)


def is_array(matrix: Any) -> bool:
    """Tell whether ``*`` is elementwise."""
    return isinstance(matrix, sparse.sparray)


def dense(x: Any) -> Any:
    """An operand that is no sparse matrix."""
    return pack(x) if isinstance(x, (Traced, np.ndarray)) else pack(np.asarray(x))


def with_entries(matrix: Any, f: Callable[[Any], Any]) -> Any:
    """A matrix of the same pattern, whose entries are a function of these."""
    whole = as_held(matrix)
    return held(whole.labels, f(whole.entries))


# ------------------------------------------------------------------------------------------------------------
# Products
# ------------------------------------------------------------------------------------------------------------


def matmul(a: Any, b: Any) -> Any:
    """``a @ b`` for a sparse a."""
    if a.ndim == 1:
        return matmul(a.reshape(1, -1), b)[0]
    if isinstance(b, ANY):
        return of_two(a, b)
    b = dense(b)
    if np.ndim(b) == 0:
        raise ValueError("Scalar operands are not allowed, use '*' instead")
    if np.ndim(b) > 2 or np.shape(b)[0] != a.shape[1]:
        raise ValueError(f"matmul: dimension mismatch: {a.shape} and {np.shape(b)}")
    pattern, data = by_rows(a)
    return product_(data, b, pattern=pattern)


def rmatmul(a: Any, b: Any) -> Any:
    """``b @ a`` for a sparse a."""
    if a.ndim == 1:
        return matmul(dense(b), a.toarray())
    if isinstance(b, ANY):
        return of_two(b, a)
    b = dense(b)
    return np.transpose(matmul(a.transpose(), np.transpose(b)))


def of_two(a: Any, b: Any) -> Any:
    """The product of two sparse matrices."""
    if a.shape[-1] != b.shape[0]:
        raise ValueError(f"matmul: dimension mismatch: {a.shape} and {b.shape}")
    if b.ndim == 1:
        return matmul(a, b.toarray())
    (rows, columns), left = coordinates(a)
    turned = b.tocsr()
    pattern, right = by_rows(turned)
    begin, counts = pattern.indptr[columns], np.diff(pattern.indptr)[columns]
    first = np.repeat(np.arange(len(columns)), counts)
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    second = begin[first] + within
    places = rows[first], pattern.indices[second]
    return of_places(places, left[first] * right[second], (a.shape[0], b.shape[1]), family(a), "csr")


def multiply(a: Any, b: Any) -> Any:
    """The product of each element."""
    if isinstance(b, ANY):
        return of_same_places(a, b)
    b = dense(b)
    if np.ndim(b) == 0 or np.size(b) == 1 == math.prod(np.shape(b)):
        return with_entries(a, lambda entries: entries * np.reshape(b, ()))
    shape = np.broadcast_shapes(a.shape, np.shape(b))
    whole = stretched(a, shape)
    return held(whole.labels, whole.entries * np.broadcast_to(b, shape)[places_of(whole.labels)])


def stretched(a: Any, shape: Any) -> Any:
    """A matrix whose axes of length 1 are repeated, with one entry for each place, in their order."""
    whole = as_held(a)
    labels = whole.labels
    if labels.shape != shape:
        labels = type_of(family(a), "coo")(np.broadcast_to(labels.toarray(), shape)).asformat(a.format)
    found = labels.tocoo()
    real = found.data > 0
    places = tuple([p[real] for p in places_of(found)])
    entries = whole.entries[found.data[real].astype(np.int64) - 1]
    numbered = type_of(family(a), "coo")((np.arange(1.0, len(entries) + 1), places), shape=shape)
    return held(numbered, entries)


def of_same_places(a: Any, b: Any) -> Any:
    """The elementwise product of two sparse matrices."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    a, b = stretched(a, shape), stretched(b, shape)
    flat = [np.ravel_multi_index(places_of(m.labels), shape) for m in (a, b)]
    both, i, j = np.intersect1d(*flat, return_indices=True)
    return of_places(np.unravel_index(both, shape), a.entries[i] * b.entries[j], shape, family(a), "csr")


def times(a: Any, b: Any) -> Any:
    """``a * b``."""
    scalar = not isinstance(b, ANY) and np.ndim(b) == 0
    return multiply(a, b) if scalar or is_array(a) else matmul(a, b)


def timed(a: Any, b: Any) -> Any:
    """``b * a``."""
    scalar = not isinstance(b, ANY) and np.ndim(b) == 0
    return multiply(a, b) if scalar or is_array(a) else rmatmul(a, b)


def dot(a: Any, b: Any) -> Any:
    """``a @ b``, and of a number the multiple."""
    return matmul(a, b) if isinstance(b, ANY) or np.ndim(b) else multiply(a, b)


def truediv(a: Any, b: Any) -> Any:
    """``a / b``: of a number; of an array it is SciPy's product with the reciprocals."""
    if isinstance(b, ANY):
        quotient = a.toarray() / b.toarray()
        if is_array(a):
            return quotient
        raise refused(MissingRuleError(MATRIX), *traced_in_matrices(a, b))
    b = dense(b)
    if np.ndim(b) == 0:
        return with_entries(a, lambda entries: entries / b)
    shape = np.broadcast_shapes(a.shape, np.shape(b))
    whole = stretched(a, shape)
    return held(whole.labels, whole.entries / np.broadcast_to(b, shape)[places_of(whole.labels)])


def power(a: Any, n: Any, dtype: Any = None) -> Any:
    """The power of each element."""
    if not np.isscalar(n):
        raise NotImplementedError("input is not scalar")
    if not n:
        raise NotImplementedError("zero power is not supported as it would densify the matrix.")
    return with_entries(a, lambda entries: entries**n)


def raised(a: Any, n: Any) -> Any:
    """``a ** n``: of a matrix its product with itself."""
    if is_array(a):
        return power(a, n)
    out = type_of(family(a), "csr")(sparse.eye_array(a.shape[0])) if n == 0 else a
    for _ in range(n - 1):
        out = matmul(out, a)
    return out


# ------------------------------------------------------------------------------------------------------------
# Sums
# ------------------------------------------------------------------------------------------------------------


def add(a: Any, b: Any) -> Any:
    """``a + b``."""
    if isinstance(b, ANY):
        if a.shape != b.shape:
            raise ValueError("inconsistent shapes")
        (p, x), (q, y) = coordinates(a), coordinates(b)
        places = tuple([np.concatenate(pair) for pair in zip(p, q, strict=True)])
        return of_places(places, np.concatenate([x, y]), a.shape, family(a), "csr")
    b = dense(b)
    if np.ndim(b) == 0:
        if not isinstance(b, Traced) and b == 0:
            return a.copy()
        raise NotImplementedError("adding a nonzero scalar to a sparse array is not supported")
    if not is_array(a):
        raise refused(MissingRuleError(MATRIX), *traced_in_matrices(a, b))
    return a.toarray() + np.broadcast_to(b, a.shape)


def sub(a: Any, b: Any) -> Any:
    """``a - b``."""
    return add(a, neg(b) if isinstance(b, ANY) else -dense(b))


def rsub(a: Any, b: Any) -> Any:
    """``b - a``."""
    return add(neg(a), b)


def neg(a: Any) -> Any:
    """``-a``."""
    return with_entries(a, lambda entries: -entries) if isinstance(a, Holding) else -a


def total(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """The sum of all elements, or along an axis."""
    places, entries = coordinates(a)
    if dtype is not None:
        entries = entries.astype(dtype)
    if axis is None:
        return np.sum(entries)
    if not is_array(a):
        raise refused(MissingRuleError(MATRIX), *traced_in_matrices(a))
    axes = {k % a.ndim for k in (axis if isinstance(axis, tuple) else (axis,))}
    rest = [k for k in range(a.ndim) if k not in axes]
    if not rest:
        return np.sum(entries)
    shape = tuple([a.shape[k] for k in rest])
    to = np.ravel_multi_index(tuple([places[k] for k in rest]), shape)
    where, inverse = np.unique(to, return_inverse=True)
    found = np.concatenate([np.zeros(1, entries.dtype), added(entries, np.reshape(inverse, -1), len(where))])
    labels = np.zeros(math.prod(shape), np.int64)
    labels[where] = np.arange(1, len(where) + 1)
    return found[labels.reshape(shape)]


def mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """The mean of all elements, or along an axis."""
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return total(a, axis, dtype) / math.prod([a.shape[k] for k in axes])


def trace(a: Any, offset: int = 0) -> Any:
    """The sum of a diagonal."""
    return np.sum(a.diagonal(k=offset))


# ------------------------------------------------------------------------------------------------------------
# Functions of each entry
# ------------------------------------------------------------------------------------------------------------


def of_each(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of each entry, which is 0 at 0."""
    return lambda a: with_entries(a, f)


def conjugated(a: Any, copy: bool = True) -> Any:
    """The complex conjugate."""
    return with_entries(a, np.conj)


def astype(a: Any, dtype: Any, casting: str = "unsafe", copy: bool = True) -> Any:
    """The entries as another type."""
    return with_entries(a, lambda entries: entries.astype(dtype))


# ------------------------------------------------------------------------------------------------------------
# Writing
# ------------------------------------------------------------------------------------------------------------


def assigned(a: Any, write: Callable[[Any, Any], None], value: Any) -> None:
    """Write into a matrix by SciPy's method, which is given labels for the values."""
    entries: list[Any] = []
    labels, values = labelled(a, entries).copy(), labelled(value, entries)
    write(labels, values)
    become(a, labels, np.concatenate(entries))


def setitem(a: Any, key: Any, value: Any) -> None:
    """``a[key] = value``."""

    def write(labels: Any, values: Any) -> None:
        labels[key] = values

    assigned(a, write, value if isinstance(value, ANY) else dense(value))


def setdiag(a: Any, values: Any, k: int = 0) -> None:
    """Write a diagonal."""
    assigned(a, lambda labels, values: labels.setdiag(values, k), dense(values))


def in_place(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A multiple that takes the place of the matrix."""

    def method(a: Any, b: Any) -> Any:
        if isinstance(b, ANY) or np.ndim(b):
            return NotImplemented
        found = f(a, b)
        become(a, found.labels, found.entries)
        return a

    return method


# By the name of SciPy's method, for matrices with traced entries and for plain ones with traced operands.
BINARY: dict[str, Callable[..., Any]] = {
    "__matmul__": matmul, "__rmatmul__": rmatmul, "__mul__": times, "__rmul__": timed,
    "__add__": add, "__radd__": add, "__sub__": sub, "__rsub__": rsub, "__truediv__": truediv,
    "__imul__": in_place(times), "__itruediv__": in_place(truediv),
    "dot": dot, "multiply": multiply, "power": power, "__pow__": raised,
    "__setitem__": setitem, "setdiag": setdiag,
}  # fmt: skip
UNARY: dict[str, Callable[..., Any]] = {
    "__neg__": neg, "__abs__": of_each(np.abs), "conj": conjugated, "conjugate": conjugated, "astype": astype,
    "sum": total, "mean": mean, "trace": trace,
    **{name: of_each(getattr(np, name)) for name in OF_EACH},
}  # fmt: skip
