"""``LinearMap``: a tangent that is a linear map from all inputs to an array, kept as structured as the
operations leave it.

Forward rules use a tangent linearly. So a tangent may be the *map* from the changes of all ``n`` inputs at
once: it starts as the identity, and what arrives at the end is the Jacobian. The map is a sum of three parts,

======== ================================================== ===============================================
blocks   a few terms an element: a column, a coefficient    what is elementwise, moved or added up in part
csr      a sparse matrix, a row for each element            sums of many elements, products with matrices
low      pairs ``(C, R)``: for each element a combination   dense operations, sums over everything
         of a few rows: the columns in ``R``, or ``R``
         itself if it is a matrix
======== ================================================== ===============================================

The same run with *marks* in the place of coefficients gives which inputs an element may depend on, whatever
their numbers are (``Columns.marks``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..nested import Level
from . import matrices
from .blocks import Block, as_one
from .places import sum_of

MOST = 40  # terms an element, from which on a matrix is less
LARGEST = 2**28  # elements of a dense part
FEW_ROWS = 64

Low = tuple[np.ndarray, np.ndarray]


class Unstructured(Exception):
    """An operation that asks a tangent for what no linear map can tell, or that would be too large."""


class Columns(Level):
    """The level of one sparse derivative.

    Args:
        count: how many numbers the function takes.
        marks: whether coefficients are marks only, that something may depend on something.
        patience: how many operations may have a dense part with a row for most inputs; None for any number.
        known: where terms stood at an earlier point, by the size of the array; None if nobody will ask again.
    """

    __slots__ = ("count", "known", "marks", "patience")

    def __init__(
        self,
        count: int,
        marks: bool = False,
        patience: int | None = None,
        known: dict[Any, Any] | None = None,
    ) -> None:
        super().__init__()
        self.known = known
        self.count = count
        self.marks = marks
        self.patience = patience

    def met_dense(self) -> None:
        """Note an operation that costs what it costs without structure.

        Raises:
            Unstructured: there were too many.
        """
        if self.patience is not None:
            self.patience -= 1
            if self.patience < 0:
                raise Unstructured("most of it is dense")


class LinearMap(ArrayLike):
    """A linear map from ``level.count`` inputs to an array: its parts."""

    __slots__ = ("blocks", "csr", "low", "own_shape")
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}
    differentiates = False
    has_members = True
    contents = ("level", "blocks", "csr", "low", "own_shape")

    def __init__(
        self,
        level: Columns,
        shape: tuple[int, ...],
        blocks: list[Block] | None = None,
        csr: Any = None,
        low: list[Low] | None = None,
    ) -> None:
        self.level = level
        self.own_shape = shape
        self.blocks = blocks or []
        self.csr = csr
        self.low = low or []
        if sum([len(b.columns) for b in self.blocks]) > MOST:
            whole = matrices.of_blocks(self.blocks, self.size, level.count)
            self.csr, self.blocks = whole if csr is None else csr + whole, []
        if level.marks:
            self.mark()
        if self.low:
            self.shorten()
            if 2 * sum([len(c) for c, _ in self.low]) > level.count and self.size > 1:
                level.met_dense()

    def mark(self) -> None:
        """Make ones of all coefficients, so that none can cancel or grow."""
        ones = [np.broadcast_to(1.0, b.columns.shape) for b in self.blocks]
        self.blocks = [Block(b.columns, one, b.full) for b, one in zip(self.blocks, ones, strict=True)]
        if self.csr is not None:
            self.csr = matrices.with_entries(self.csr, np.ones(self.csr.nnz))
        self.low = [(np.not_equal(c, 0) * 1.0, r) for c, r in self.low]

    def shorten(self) -> None:
        """Keep the rank of the dense part below what it has room for."""
        rank, size, n = sum([len(c) for c, _ in self.low]), self.size, self.level.count
        if size <= FEW_ROWS and rank > size:
            rows = self.dense_rows()
            unit = np.eye(size).reshape(size, *self.own_shape)
            self.low = [(unit, rows)]
        elif len(self.low) > 1 and rank >= 2 * n and n * size <= LARGEST:
            whole = np.ascontiguousarray(self.dense_rows().T)
            self.low = [(whole.reshape(n, *self.own_shape), np.arange(n))]

    def __repr__(self) -> str:
        terms = sum([len(b.columns) for b in self.blocks])
        parts = [f"{terms} terms"] * bool(terms) + ["csr"] * (self.csr is not None)
        parts += [f"rank {len(c)}" for c, _ in self.low]
        return f"{type(self).__name__}({self.own_shape}, {', '.join(parts) or 'zero'})"

    def _shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.own_shape

    def _dtype(self) -> Any:
        """The type of the coefficients."""
        parts = [b.coefficients.dtype for b in self.blocks] + [c.dtype for c, _ in self.low]
        parts += [] if self.csr is None else [self.csr.dtype]
        return np.result_type(*parts) if parts else np.dtype(float)

    shape = property(_shape, ArrayLike.set_shape)
    dtype = property(_dtype, ArrayLike.set_dtype)

    @property
    def primal(self) -> Any:
        """What tells whether there is nan among the coefficients: an array of one number for each part."""
        if self.level.marks:
            return np.zeros(1)
        parts = [b.coefficients for b in self.blocks] + [c for c, _ in self.low]
        parts += [] if self.csr is None else [self.csr.data]
        with np.errstate(all="ignore"):
            return np.array([abs(row.dot(row)) for row in [p.ravel("K") for p in parts]], float)

    def __bool__(self) -> bool:
        raise Unstructured("a tangent was asked whether it is zero")

    def __index__(self) -> int:
        raise Unstructured("a tangent stands for an index")

    def __float__(self) -> float:
        raise Unstructured("a tangent was asked for its number")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise Unstructured("a tangent was asked for its numbers")

    # -- As matrices -----------------------------------------------------------------------------------------

    def matrix(self) -> Any:
        """The map as a sparse matrix, a row for each element."""
        found = self.sparse_part()
        if any([r.ndim > 1 for _, r in self.low]) and self.size * self.level.count <= LARGEST:
            found = matrices.of_dense(self.dense())
        else:
            for c, r in self.low:
                found = found + self.low_matrix(c, r)
        return matrices.with_entries(found, np.ones(found.nnz)) if self.level.marks else found

    def sparse_part(self) -> Any:
        """The blocks and the sparse matrix as one."""
        if not self.blocks:
            return matrices.empty(self.size, self.level.count) if self.csr is None else self.csr
        found = matrices.of_blocks(self.blocks, self.size, self.level.count, self.level.known)
        return found if self.csr is None else sum_of(found, self.csr, self.level.known)

    def low_matrix(self, c: np.ndarray, r: np.ndarray) -> Any:
        """One of the dense parts as a sparse matrix."""
        values = c.reshape(len(c), -1).T
        if r.ndim == 1:
            return matrices.of_columns(values, r, self.level.count)
        check_room(self.size * self.level.count)
        return matrices.of_dense(values @ r)

    def dense_rows(self) -> np.ndarray:
        """The dense parts as one matrix, a row for each element."""
        check_room(self.size * self.level.count)
        flat = [(c.reshape(len(c), -1), r) for c, r in self.low]
        if len(flat) == 1 and flat[0][1].ndim == 1 and len(flat[0][0]) == self.level.count:
            return np.array(flat[0][0].T)  # rows of all columns, in order
        products = [(c, r) for c, r in flat if r.ndim > 1]
        if products:
            left, right = zip(*products, strict=True)
            found = np.concatenate(left).T @ np.concatenate(right)
        else:
            found = np.zeros((self.size, self.level.count), self.dtype)
        for c, r in flat:
            if r.ndim == 1 and len(r) == self.level.count:
                found += c.T  # rows of all columns, in order
            elif r.ndim == 1:
                found[:, r] += c.T
        return found

    def dense(self) -> np.ndarray:
        """The map as a dense matrix, a row for each element."""
        found = self.dense_rows()
        if self.blocks or self.csr is not None:
            part = matrices.canonical(self.sparse_part())
            found[np.repeat(np.arange(self.size), np.diff(part.indptr)), part.indices] += part.data
        return found

    # -- Others like it --------------------------------------------------------------------------------------

    def like(self, shape: tuple[int, ...], *parts: Any) -> LinearMap:
        """Another map of the same inputs."""
        return type(self)(self.level, shape, *parts)

    def one_block(self) -> Block:
        """All terms in one block."""
        return as_one(self.blocks, self.own_shape)


def check_room(size: int) -> None:
    """Refuse a dense part that is too large."""
    if size > LARGEST:
        raise Unstructured(f"a dense part of {size} elements")
