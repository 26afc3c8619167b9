"""Linear maps as SciPy's sparse matrices, with one row for each element."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from .blocks import Block, are_equal, ordered

WORTH_KEEPING = 1000  # terms, from which on their places are remembered

Matrix = Any  # a ``scipy.sparse`` array


class Places(NamedTuple):
    """Where the terms of some blocks stand in their matrix: ``order`` lists them as its entries do, in which
    ``starts`` are the first of each place, or None if each has one term.
    """

    columns: list[np.ndarray]
    order: np.ndarray
    starts: np.ndarray | None
    indices: np.ndarray
    ends: np.ndarray

    def are_of(self, blocks: list[Block]) -> bool:
        """Tell whether blocks have the same columns."""
        return len(blocks) == len(self.columns) and all(
            [are_equal(b.columns, c) for b, c in zip(blocks, self.columns, strict=True)]
        )

    def matrix(self, blocks: list[Block], shape: tuple[int, int]) -> Matrix:
        """The matrix of the blocks."""
        flat = [b.coefficients.reshape(-1) for b in blocks]
        values = (flat[0] if len(flat) == 1 else np.concatenate(flat))[self.order]
        values = values if self.starts is None else np.add.reduceat(values, self.starts)
        return sp.csr_array((values, self.indices, self.ends), shape=shape)


def places_of(blocks: list[Block], size: int, n: int) -> Places:
    """Where the terms of blocks stand."""
    columns = np.concatenate([b.columns.reshape(len(b.columns), size) for b in blocks]).T.reshape(-1)
    k = len(columns) // size
    terms = np.arange(k * size).reshape(k, size).T.reshape(-1)
    ends = np.arange(0, k * size + 1, k)
    if not all([b.full for b in blocks]):
        held = columns >= 0
        np.cumsum(held.reshape(size, k).sum(1), out=ends[1:])
        columns, terms = columns[held], terms[held]
    found = sp.csr_array((terms, columns, ends), shape=(size, n))
    found.sort_indices()
    order, columns, ends = found.data, found.indices, found.indptr
    first = np.ones(len(order), bool)
    first[1:] = columns[1:] != columns[:-1]
    first[ends[:-1][np.diff(ends) > 0]] = True
    starts = None
    if not first.all():
        starts = np.flatnonzero(first)
        columns, ends = columns[starts], np.concatenate([[0], np.cumsum(first)])[ends].astype(ends.dtype)
    return Places([np.array(b.columns) for b in blocks], order, starts, columns, ends)


def of_blocks(blocks: list[Block], size: int, n: int, known: dict[Any, Places] | None = None) -> Matrix:
    """The matrix of terms: entries of one column are summed.

    Args:
        blocks: the terms.
        size: how many rows there are.
        n: how many columns.
        known: where the terms of earlier blocks stood, by number of rows; theirs are added to it.
    """
    if known is not None and sum([b.columns.size for b in blocks]) >= WORTH_KEEPING:
        places = known.get(size)
        if places is None or not places.are_of(blocks):
            places = known[size] = places_of(blocks, size, n)
        return places.matrix(blocks, (size, n))
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


def by_rows(blocks: list[Block], rows: np.ndarray, count: int, n: int) -> Matrix:
    """The sums of the elements with the same number in ``rows``."""
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


def scaled(matrix: Matrix, values: np.ndarray, operation: Any) -> Matrix:
    """Each row combined with its value."""
    entries = operation(matrix.data, np.repeat(values, np.diff(matrix.indptr)))
    return with_entries(matrix, entries)


def with_entries(matrix: Matrix, entries: np.ndarray) -> Matrix:
    """The same places with other entries."""
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
    return sp.csr_array(values)
