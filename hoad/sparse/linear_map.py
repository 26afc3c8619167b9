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
from ..arrays.operators import compare_members
from ..nested import Level
from . import matrices
from .blocks import Block, as_one
from .budget import MULTIPLICATION, Budget, Unstructured
from .places import sum_of

MOST = 40  # terms an element, from which on a matrix is less
LARGEST = 2**28  # elements of a dense part
FEW_ROWS = 64

Low = tuple[np.ndarray, np.ndarray]


class Columns(Level):
    """The level of one sparse derivative.

    Args:
        count: how many numbers the function takes.
        marks: whether coefficients are marks only, that something may depend on something.
        budget: what it may cost; None for anything.
        known: where terms stood at an earlier point, by the size of the array; None if nobody will ask again.
    """

    __slots__ = ("budget", "count", "known", "marks")

    def __init__(
        self,
        count: int,
        marks: bool = False,
        budget: Budget | None = None,
        known: dict[Any, Any] | None = None,
    ) -> None:
        super().__init__()
        self.known = known
        self.count = count
        self.marks = marks
        self.budget = budget

    def spend(self, whole: float, by_column: float = 0.0) -> None:
        """Count work that is about to be done; see ``Budget``.

        Raises:
            Unstructured: it costs too much.
        """
        if self.budget is not None:
            self.budget.spend(whole, by_column)


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
        if level.budget is not None:
            self.pay(level.budget)
        if self.low:
            self.shorten()

    def pay(self, budget: Budget) -> None:
        """Count the elements that were computed for it.

        Raises:
            Unstructured: it costs too much.
        """
        rows = [(c, r) for c, r in self.low if r.ndim > 1]
        whole = sum([b.columns.size for b in self.blocks]) + sum([c.size + r.size for c, r in rows])
        by_column = sum([c.size for c, r in self.low if r.ndim == 1])
        by_column += 0 if self.csr is None else 2 * self.csr.nnz
        budget.spend(whole, by_column)

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
            rows = self.dense_part().T
            unit = np.eye(size).reshape(size, *self.own_shape)
            self.low = [(unit, rows)]
        elif len(self.low) > 1 and rank >= 2 * n and n * size <= LARGEST:
            self.low = [(self.dense_part().reshape(n, *self.own_shape), np.arange(n))]

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

    def without_derivatives(self) -> LinearMap:
        """Itself: ``primal`` is no array of the numbers that it stands for, of which none are known."""
        return self

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
            found = matrices.of_dense(self.dense().T)
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

    def dense_part(self) -> np.ndarray:
        """The dense parts as one matrix, a row for each input."""
        check_room(self.size * self.level.count)
        flat = [(c.reshape(len(c), -1), r) for c, r in self.low]
        products = [(c, r) for c, r in flat if r.ndim > 1]
        rows = [(c, r) for c, r in flat if r.ndim == 1]
        self.level.spend(0.0, sum([c.size for c, _ in rows]))
        if products:
            rank = sum([len(c) for c, _ in products])
            self.level.spend(MULTIPLICATION * rank * self.size * self.level.count)
            left, right = zip(*products, strict=True)
            found = np.concatenate(right).T @ np.concatenate(left)
        elif rows and len(rows[0][1]) == self.level.count:
            found = np.array(rows.pop(0)[0])  # those of all inputs, in order
        else:
            found = np.zeros((self.level.count, self.size), self.dtype)
        for c, r in rows:
            if len(r) == self.level.count:
                found += c
            else:
                found[r] += c
        return found

    def dense(self) -> np.ndarray:
        """The map as a dense matrix, a row for each input."""
        found = self.dense_part()
        if self.blocks or self.csr is not None:
            part = matrices.canonical(self.sparse_part())
            found[part.indices, np.repeat(np.arange(self.size), np.diff(part.indptr))] += part.data
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


compare_members(LinearMap)
