"""Places: where the terms of a map stand in its matrix, and matrices in their sum. They stay from one point
to the next, so they are kept for it: sorting takes far longer than what is computed.

Matrices share them. So nothing that is done to a matrix may write into its indices.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from .blocks import Block, are_equal, is_same

WORTH_KEEPING = 1000  # terms, from which on their places are remembered
MOST_KEPT = 8  # of one number of rows
LARGEST_SHORT = 2**31


class Places(NamedTuple):
    """Where the terms of some blocks stand in their matrix: ``order`` lists them as its entries do, in which
    ``starts`` are the first of each place, or None if each has one term. ``rows`` are those of the elements;
    None if each has its own. ``slots`` are the terms of a row as they stand in it, if all rows are alike.
    """

    rows: np.ndarray | None
    columns: list[np.ndarray]
    order: np.ndarray
    starts: np.ndarray | None
    indices: np.ndarray
    ends: np.ndarray
    slots: np.ndarray | None

    def are_of(self, blocks: list[Block], rows: np.ndarray | None) -> bool:
        """Tell whether blocks have the same columns, and their elements the same rows."""
        if len(blocks) != len(self.columns) or (rows is None) is not (self.rows is None):
            return False
        if rows is not None and self.rows is not None and not np.array_equal(rows, self.rows):
            return False
        return all([are_equal(b.columns, c) for b, c in zip(blocks, self.columns, strict=True)])

    def matrix(self, blocks: list[Block], shape: tuple[int, int]) -> Any:
        """The matrix of the blocks."""
        values = self.in_order(blocks)
        values = values if self.starts is None else np.add.reduceat(values, self.starts)
        found = sp.csr_array((values, self.indices, self.ends), shape=shape)
        found.has_canonical_format = True  # it would be looked for
        return found

    def in_order(self, blocks: list[Block]) -> np.ndarray:
        """The coefficients in the order of the entries."""
        if self.slots is None:
            flat = [b.coefficients.reshape(-1) for b in blocks]
            return (flat[0] if len(flat) == 1 else np.concatenate(flat))[self.order]
        lines = [row.reshape(-1) for b in blocks for row in b.coefficients]
        found = np.empty((len(lines[0]), len(lines)), np.result_type(*lines))
        for k, slot in enumerate(self.slots.tolist()):
            found[:, k] = lines[slot]
        return found.reshape(-1)


def places_of(blocks: list[Block], size: int, n: int, rows: np.ndarray | None) -> Places:
    """Where the terms of blocks stand."""
    terms, columns, ends = (
        by_elements(blocks, size) if rows is None else by_numbers(blocks, np.asarray(rows), size)
    )
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
    mine = None if rows is None else np.array(rows)
    slots = None if rows is not None else slots_of(order, size)
    return Places(mine, [np.array(b.columns) for b in blocks], order, starts, columns, ends, slots)


def slots_of(order: np.ndarray, size: int) -> np.ndarray | None:
    """The terms of the first row by their numbers, if an order lists those of all rows alike."""
    count = len(order) // max(size, 1)
    if count == 0 or count * size != len(order):
        return None
    first = order[:count]
    if np.any(first % size) or not np.array_equal(order[-count:], first + size - 1):
        return None
    same = np.array_equal(order.reshape(size, count), first + np.arange(size)[:, None])
    return first // size if same else None


def by_elements(blocks: list[Block], size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The terms of each element one behind the other: which they are, their columns, and where rows end."""
    columns = np.concatenate([b.columns.reshape(len(b.columns), size) for b in blocks]).T.reshape(-1)
    k = len(columns) // size
    terms = np.arange(k * size).reshape(k, size).T.reshape(-1)
    ends = np.arange(0, k * size + 1, k)
    if not all([b.full for b in blocks]):
        held = columns >= 0
        np.cumsum(held.reshape(size, k).sum(1), out=ends[1:])
        columns, terms = columns[held], terms[held]
    return terms, columns, ends


def by_numbers(blocks: list[Block], rows: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same of elements whose rows have numbers, of which several may be equal."""
    lines = np.concatenate([np.broadcast_to(rows, b.columns.shape).reshape(-1) for b in blocks])
    columns = np.concatenate([b.columns.reshape(-1) for b in blocks])
    if all([b.full for b in blocks]):
        ends, order = counted(lines, size)
        return order, columns[order], ends
    terms = np.flatnonzero(columns >= 0)
    ends, order = counted(lines[terms], size)
    terms = terms[order]
    return terms, columns[terms], ends


def counted(lines: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the things of each line end, and their order by lines: what a matrix with a one for each of them
    becomes where it is turned over.
    """
    k = len(lines)
    kind = np.int32 if max(k, size) < LARGEST_SHORT else np.int64
    ones = sp.csr_array((np.ones(k, bool), lines.astype(kind), np.arange(k + 1, dtype=kind)), shape=(k, size))
    found = ones.tocsc()
    return found.indptr, found.indices


def kept_places(
    known: dict[Any, tuple[Places, ...]], blocks: list[Block], size: int, n: int, rows: np.ndarray | None
) -> Places:
    """The places of blocks among those that are known, or found and kept with them."""
    kept = known.get(size, ())
    for places in kept:
        if places.are_of(blocks, rows):
            return places
    places = places_of(blocks, size, n, rows)
    known[size] = (places, *kept)[:MOST_KEPT]
    return places


class Sum(NamedTuple):
    """Where the entries of two matrices stand in their sum."""

    of: tuple[np.ndarray, ...]
    first: np.ndarray
    second: np.ndarray
    indices: np.ndarray
    ends: np.ndarray

    def is_of(self, places: tuple[np.ndarray, ...]) -> bool:
        """Tell whether two matrices have these places; most are in the same memory, as those of ``Places``
        stay.
        """
        return all([is_same(a, b) or np.array_equal(a, b) for a, b in zip(places, self.of, strict=True)])

    def matrix(self, a: Any, b: Any) -> Any:
        """The sum of two matrices."""
        values = np.zeros(len(self.indices), np.result_type(a.dtype, b.dtype))
        values[self.first] = a.data
        values[self.second] += b.data
        found = sp.csr_array((values, self.indices, self.ends), shape=a.shape)
        found.has_canonical_format = True
        return found


def sum_of(a: Any, b: Any, known: dict[Any, Any] | None) -> Any:
    """The sum of two matrices; ``known`` are the places of earlier ones, as for ``of_blocks``."""
    if known is None or a.nnz + b.nnz < WORTH_KEEPING:
        return a + b
    places = a.indices, a.indptr, b.indices, b.indptr
    kept = known.get((a.shape, "sums"), ())
    found = next((s for s in kept if s.is_of(places)), None)
    if found is None:
        if not (a.has_canonical_format and b.has_canonical_format):
            return a + b
        marks = [
            sp.csr_array((np.full(m.nnz, mark, np.int8), m.indices, m.indptr), shape=m.shape)
            for m, mark in ((a, 1), (b, 2))
        ]
        both = marks[0] + marks[1]
        first, second = np.flatnonzero(both.data & 1), np.flatnonzero(both.data & 2)
        found = Sum(places, first, second, both.indices, both.indptr)
        known[a.shape, "sums"] = (found, *kept)[:MOST_KEPT]
    return found.matrix(a, b)


def is_worth_keeping(blocks: list[Block]) -> bool:
    """Tell whether there are so many terms that their places are remembered."""
    return bool(sum([b.columns.size for b in blocks]) >= WORTH_KEEPING)
