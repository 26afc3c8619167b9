"""Terms: for each element of an array, the columns that it depends on, and the coefficient of each.

A *block* is ``k`` terms an element: columns and coefficients of shape ``(k, *shape)``. Column -1 is none, and
the coefficient there is zero. ``full`` says that no column of the block is none.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

NONE = -1
SAMPLES = 16  # elements that are compared before all are


class Block(NamedTuple):
    """Terms, stacked along the first axis."""

    columns: np.ndarray
    coefficients: np.ndarray
    full: bool = True

    def lifted(self, shape: tuple[int, ...]) -> Block:
        """The same of an array that is broadcast to ``shape``."""
        return Block(stretched(self.columns, shape), stretched(self.coefficients, shape), self.full)

    def rows(self) -> list[Block]:
        """Each term alone."""
        if len(self.columns) == 1:
            return [self]
        pairs = zip(self.columns[:, None], self.coefficients[:, None], strict=True)
        return [Block(c, v, self.full) for c, v in pairs]


def aligned(a: np.ndarray, ndim: int) -> np.ndarray:
    """Stacked arrays whose axes broadcast, behind the first, as those of one do."""
    missing = ndim + 1 - a.ndim
    return a.reshape(len(a), *(1,) * missing, *a.shape[1:]) if missing > 0 else a


def stretched(a: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Stacked arrays, each broadcast to ``shape``."""
    return a if a.shape[1:] == shape else np.broadcast_to(aligned(a, len(shape)), (len(a), *shape))


def is_same(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two arrays are the same memory, read in the same way."""
    return a is b or bool(a.shape == b.shape and a.strides == b.strides and a.ctypes.data == b.ctypes.data)


def sample(a: np.ndarray) -> np.ndarray:
    """A few elements of each term, at places that its shape alone decides: not how it lies in memory."""
    size = math.prod(a.shape[1:])
    places = np.unravel_index(np.arange(0, size, max(1, size // SAMPLES)), a.shape[1:])
    return np.asarray(a[(slice(None), *places)])


def are_equal(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two arrays of columns are equal."""
    if is_same(a, b):
        return True
    if a.size > SAMPLES and not np.array_equal(sample(a), sample(b)):
        return False
    return bool(np.array_equal(a, b))


def agree(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two arrays of columns are equal wherever both have one."""
    if a.size > SAMPLES:
        p, q = sample(a), sample(b)
        if not ((p == q) | (p < 0) | (q < 0)).all():
            return False
    return bool(((a == b) | (a < 0) | (b < 0)).all())


def merged(blocks: list[Block]) -> list[Block]:
    """The same sum in fewer blocks: of equal columns, the coefficients are added."""
    found: list[Block] = []
    for block in blocks:
        for k, other in enumerate(found):
            if are_equal(block.columns, other.columns):
                both = other.coefficients + block.coefficients
                found[k] = Block(other.columns, both, other.full)
                break
        else:
            found.append(block)
    return found if sum([not b.full for b in found]) < 2 else packed(found)


def packed(blocks: list[Block]) -> list[Block]:
    """Terms that agree wherever both have a column become one."""
    found: list[Block] = []
    for block in [row for b in blocks for row in b.rows()]:
        for k, other in enumerate(found):
            if (block.full and other.full) or not agree(block.columns, other.columns):
                continue
            columns = np.maximum(block.columns, other.columns)
            full = block.full or other.full or bool((columns >= 0).all())
            found[k] = Block(columns, other.coefficients + block.coefficients, full)
            break
        else:
            found.append(block)
    return found


def as_one(blocks: list[Block], shape: tuple[int, ...]) -> Block:
    """All terms in one block."""
    if len(blocks) == 1:
        return blocks[0]
    if not blocks:
        return Block(np.zeros((0, *shape), np.int32), np.zeros((0, *shape)))
    columns = np.concatenate([b.columns for b in blocks])
    coefficients = np.concatenate([b.coefficients for b in blocks])
    return Block(columns, coefficients, all([b.full for b in blocks]))


def of_length(block: Block, k: int) -> Block:
    """A block of ``k`` terms, the last of which may have no columns."""
    missing = k - len(block.columns)
    if missing == 0:
        return block
    shape = (missing, *block.columns.shape[1:])
    columns = np.concatenate([block.columns, np.full(shape, NONE, np.int32)])
    zeros = np.zeros(shape, block.coefficients.dtype)
    return Block(columns, np.concatenate([block.coefficients, zeros]), False)


def ordered(blocks: list[Block]) -> list[Block]:
    """Single terms, such that the columns of most elements go up."""
    rows = [row for b in blocks for row in b.rows()]
    return sorted(rows, key=lambda b: middle(b.columns))


def middle(columns: np.ndarray) -> Any:
    """The column of an element in the middle."""
    return columns[tuple([n // 2 for n in columns.shape])] if columns.size else NONE
