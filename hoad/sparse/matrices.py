"""Linear maps as SciPy's sparse matrices, with one row for each element."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import scipy.sparse as sp

from .blocks import Block, is_same, ordered
from .places import is_worth_keeping, kept_places

Matrix = Any  # a ``scipy.sparse`` array


def of_blocks(blocks: list[Block], size: int, n: int, known: dict[Any, Any] | None = None) -> Matrix:
    """The matrix of terms: entries of one column are summed.

    Args:
        blocks: the terms.
        size: how many rows there are.
        n: how many columns.
        known: where the terms of earlier blocks stood, by number of rows; theirs are added to it.
    """
    if known is not None and is_worth_keeping(blocks):
        return kept_places(known, blocks, size, n, None).matrix(blocks, (size, n))
    rows = ordered(blocks)
    k = len(rows)
    kind = np.result_type(*[b.coefficients.dtype for b in rows]) if rows else np.dtype(float)
    columns, values = np.empty((size, k), np.int32), np.empty((size, k), kind)
    for j, block in enumerate(rows):
        columns[:, j] = block.columns.reshape(-1)
        values[:, j] = block.coefficients.reshape(-1)
    if all([b.full for b in rows]):
        places = np.arange(0, size * k + 1, k, dtype=np.int32) if k else np.zeros(size + 1, np.int32)
        found = sp.csr_array((values.reshape(-1), columns.reshape(-1), places), shape=(size, n))
    else:
        held = columns >= 0
        places = np.zeros(size + 1, np.int32)
        np.cumsum(held.sum(1), out=places[1:])
        found = sp.csr_array((values[held], columns[held], places), shape=(size, n))
    found.sum_duplicates()
    return found


def by_rows(
    blocks: list[Block], rows: np.ndarray, count: int, n: int, known: dict[Any, Any] | None = None
) -> Matrix:
    """The sums of the elements with the same number in ``rows``; the other arguments are those of
    ``of_blocks``.
    """
    if is_worth_keeping(blocks):
        where = {} if known is None else known
        return kept_places(where, blocks, count, n, rows).matrix(blocks, (count, n))
    places, columns, values = [], [], []
    for b in blocks:
        held = np.broadcast_to(rows, b.columns.shape).reshape(-1)
        c, v = b.columns.reshape(-1), b.coefficients.reshape(-1)
        if not b.full:
            some = c >= 0
            held, c, v = held[some], c[some], v[some]
        places.append(held)
        columns.append(c)
        values.append(v)
    entries = np.concatenate(values), (np.concatenate(places), np.concatenate(columns))
    return sp.coo_array(entries, shape=(count, n)).tocsr()


def one_row(blocks: list[Block], n: int) -> np.ndarray:
    """The sum of all elements."""
    row = np.zeros(n, np.result_type(float, *[b.coefficients.dtype for b in blocks]))
    for b in blocks:
        c, v = b.columns.reshape(-1), b.coefficients.reshape(-1)
        if not b.full:
            c, v = c[c >= 0], v[c >= 0]
        if v.dtype.kind == "c":
            row += np.bincount(c, v.real, minlength=n) + 1j * np.bincount(c, v.imag, minlength=n)
        else:
            row += np.bincount(c, v, minlength=n)
    return row


def entries(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """The row and the column of each entry."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), matrix.indices


def largest_row(matrix: Matrix) -> int:
    """The most entries in a row."""
    return int(np.diff(matrix.indptr).max(initial=0))


def at_same_places(a: Matrix, b: Matrix) -> bool:
    """Tell whether two matrices, their columns in order, have entries at the same places."""
    return bool(
        a.shape == b.shape
        and a.nnz == b.nnz
        and np.array_equal(a.indptr, b.indptr)
        and np.array_equal(a.indices, b.indices)
    )


def columns_of(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """The columns that have entries, in order, and for each entry which of these is its."""
    held = np.zeros(matrix.shape[1], bool)
    held[matrix.indices] = True
    used = np.flatnonzero(held)
    number = np.zeros(len(held), np.int64)
    number[used] = np.arange(len(used))
    return used, number[matrix.indices]


def scaled(matrix: Matrix, values: np.ndarray, operation: Any) -> Matrix:
    """Each row combined with its value."""
    entries = operation(matrix.data, np.repeat(values, np.diff(matrix.indptr)))
    return with_entries(matrix, entries)


def canonical(matrix: Matrix) -> Matrix:
    """The same with the columns of each row in order, each once; in arrays of its own if that is something
    else, since places are shared: of what holds them too, only they would be moved, and no entries.
    """
    if matrix.has_canonical_format:
        return matrix
    found = matrix.copy()
    found.sum_duplicates()
    return found


def apart(parts: list[Any]) -> list[Any]:
    """The same matrices, none of which shares its places with another, for whoever writes into them."""
    found: list[Any] = []
    for part in parts:
        shared = sp.issparse(part) and any(
            [sp.issparse(q) and is_same(q.indices, part.indices) for q in found]
        )
        found.append(part.copy() if shared else part)
    return found


def without_zeros(matrix: Matrix) -> Matrix:
    """The entries that are not zero, in arrays of their own: others may have the same places."""
    found = matrix.copy()
    found.eliminate_zeros()
    return found


def with_entries(matrix: Matrix, entries: np.ndarray) -> Matrix:
    """The same places with other entries."""
    if matrix.__class__ is sp.csr_array and len(entries) == len(matrix.data):
        found = copy.copy(matrix)  # the constructor would look whether the places are those of a matrix
        found.data = entries
        return found
    return sp.csr_array((entries, matrix.indices, matrix.indptr), shape=matrix.shape)


def selection(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int], values: Any = None) -> Matrix:
    """A matrix of ones, or of some values, at some places."""
    values = np.ones(len(rows)) if values is None else values
    return sp.csr_array((values, (rows, columns)), shape=shape)


def joined(parts: list[Matrix]) -> Matrix:
    """Matrices, one below the other."""
    return sp.csr_array(sp.vstack(parts, format="csr"))


def side_by_side(parts: list[Matrix]) -> Matrix:
    """Matrices, one beside the other."""
    return sp.csr_array(sp.hstack(parts, format="csr"))


def of_columns(values: np.ndarray, columns: np.ndarray, n: int) -> Matrix:
    """A dense matrix whose columns stand at ``columns`` among ``n``."""
    found = sp.csr_array(values)
    return sp.csr_array((found.data, columns[found.indices], found.indptr), shape=(len(values), n))


def empty(size: int, n: int) -> Matrix:
    """Zeros."""
    return sp.csr_array((size, n))


def of_dense(values: np.ndarray) -> Matrix:
    """The same, sparse."""
    return sp.csr_array(storable(values))


def storable(values: np.ndarray) -> np.ndarray:
    """The same numbers in a type that SciPy's matrices can hold: half precision they can't."""
    return values.astype(np.float32) if values.dtype == np.float16 else values
