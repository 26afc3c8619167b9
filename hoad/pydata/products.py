"""Products with an array of few entries: with matrices and vectors, with another such array, by subscripts.

They are made of the two bilinear primitives of sparse matrices, so the derivatives of all orders cost what
the entries do.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..chainrules.scipy.sparse_products import Pattern, product_
from ..scipy.sparse.holding import added
from .entries import Entries, converted, is_zero, of_dense

FILLED = "a product with a sparse array wants a fill value of zero"


def checked(*args: Any) -> None:
    """Refuse fills that are no zeros, as the library does.

    Raises:
        ValueError: there is one.
    """
    if not all([is_zero(a.filling) for a in args if isinstance(a, Entries)]):
        raise ValueError(FILLED)


def multiplied(a: Any, b: Any) -> Any:
    """``a @ b``."""
    a, b = converted(a), converted(b)
    checked(a, b)
    n, m = np.ndim(a), np.ndim(b)
    if np.shape(a)[-1] != np.shape(b)[-2 if m > 1 else 0]:
        raise ValueError(f"matmul: dimension mismatch: {np.shape(a)} and {np.shape(b)}")
    if n == m == 1:
        return np.sum(a * b)
    if n == 1:
        return np.squeeze(multiplied(np.reshape(a, (1, -1)), b), -2)
    if m == 1:
        return np.squeeze(multiplied(a, np.reshape(b, (-1, 1))), -1)
    if m > 2:
        lead = np.broadcast_shapes(np.shape(a)[:-2], np.shape(b)[:-2])
        a = np.broadcast_to(a, (*lead, *np.shape(a)[-2:]))
        b = np.broadcast_to(b, (*lead, *np.shape(b)[-2:]))
        return np.stack([multiplied(a[k], b[k]) for k in range(lead[0])])
    rows = np.shape(a)[:-1]
    flat = np.reshape(a, (math.prod(rows), np.shape(a)[-1])) if n > 2 else a
    found = of_matrices(flat, b)
    return np.reshape(found, (*rows, np.shape(b)[1])) if n > 2 else found


def of_matrices(a: Any, b: Any) -> Any:
    """The product of two matrices, of which one or both have few entries."""
    if not isinstance(a, Entries):
        return np.transpose(of_matrices(converted(np.transpose(b)), np.transpose(a)))
    if isinstance(b, Entries):
        return of_two(a, b)
    pattern, order = by_rows(a)
    entries = a.entries if order.__class__ is slice else a.entries[order]
    return product_(entries, b, pattern=pattern)


def by_rows(a: Any) -> tuple[Pattern, Any]:
    """The pattern of a matrix by rows, and the order of its entries in it."""
    rows, columns = a.coords
    order: Any = slice(None)
    if np.any((rows[1:] < rows[:-1]) | ((rows[1:] == rows[:-1]) & (columns[1:] < columns[:-1]))):
        order = np.lexsort(a.coords[::-1])
        rows, columns = rows[order], columns[order]
    return Pattern(columns, np.searchsorted(rows, np.arange(a.own_shape[0] + 1)), a.own_shape), order


def of_two(a: Any, b: Any) -> Any:
    """The product of two matrices with few entries: a product for each pair of entries that meet."""
    pattern, order = by_rows(b)
    rows, columns = a.coords
    begin, counts = pattern.indptr[columns], np.diff(pattern.indptr)[columns]
    first = np.repeat(np.arange(a.nnz), counts)
    second = begin[first] + np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = a.own_shape[0], b.own_shape[1]
    flat = np.ravel_multi_index((rows[first], pattern.indices[second]), shape)
    places, to = np.unique(flat, return_inverse=True)
    entries = added(a.entries[first] * b.entries[order][second], np.reshape(to, -1), len(places))
    return a.like(np.array(np.unravel_index(places, shape)), entries, a.filling, shape)


def contracted(*operands: Any, subscripts: str) -> Any:
    """The sum over products of elements that subscripts name: over the entries of the first array that has
    few, with rows of the others.
    """
    checked(*operands)
    names, output = subscripts.split("->")[0].split(","), subscripts.split("->")[1]
    k = next(i for i, a in enumerate(operands) if isinstance(a, Entries))
    few, own = operands[k], names[k]
    others = [
        (a.todense() if isinstance(a, Entries) else a, n)
        for i, (a, n) in enumerate(zip(operands, names, strict=True))
        if i != k
    ]
    kept = np.ones(few.nnz, bool)
    for i, c in enumerate(own):
        kept &= few.coords[i] == few.coords[own.index(c)]
    coords, parts, free = few.coords[:, kept], ["Z"], ""
    values = [few.entries[np.flatnonzero(kept)]]
    for array, name in others:
        mine = [c for c in dict.fromkeys(name) if c not in own]
        shared = [i for i, c in enumerate(name) if c in own]
        rest = [i for i, c in enumerate(name) if c not in own]
        turned = np.transpose(array, (*shared, *rest))
        values.append(turned[tuple([coords[own.index(name[i])] for i in shared])] if shared else turned)
        parts.append(("Z" if shared else "") + "".join([name[i] for i in rest]))
        free += "".join([c for c in mine if c not in free])
    wide = "".join([c for c in free if c in output])
    terms = np.einsum(",".join(parts) + "->Z" + wide, *values)
    narrow = [c for c in output if c in own]
    sizes = tuple([few.own_shape[own.index(c)] for c in narrow])
    to = (
        np.ravel_multi_index(tuple([coords[own.index(c)] for c in narrow]), sizes)
        if narrow
        else 0 * coords[0]
    )
    pattern = Pattern(to, np.arange(len(to) + 1), (len(to), math.prod(sizes))).turned
    flat = product_(np.ones(len(to)), np.reshape(terms, (len(to), -1)), pattern=pattern)
    found = np.reshape(flat, (*sizes, *np.shape(terms)[1:]))
    return of_dense(np.transpose(found, [("".join(narrow) + wide).index(c) for c in output]), few.form)
