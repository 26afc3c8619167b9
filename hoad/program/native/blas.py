"""Products of matrices as calls of BLAS, in LLVM's text."""

from __future__ import annotations

from typing import NamedTuple

from ..fields.lattice import Shape
from .storage import Storage


class Matrix(NamedTuple):
    """A matrix in memory: from which place, in which steps; ``far`` is the one from row to row or column to
    column.
    """

    place: str
    offset: int
    shape: Shape
    strides: Shape

    @classmethod
    def of(cls, storage: Storage, one: int, k: int | None = None) -> Matrix:
        """A value, or one matrix of a stack."""
        base, offset, strides = storage.algebra.base(one)
        shape = storage.algebra.shapes[one]
        if k is not None:
            offset, strides, shape = offset + k * strides[0], strides[1:], shape[1:]
        return cls(storage.place(base), offset, shape, strides)

    @property
    def is_of_rows(self) -> bool:
        """Whether the elements of a row lie one after the other."""
        return self.strides[1] == 1 or self.shape[1] == 1

    @property
    def far(self) -> int:
        """From one row, or column, to the next."""
        axis = 0 if self.is_of_rows else 1
        near = max(self.shape[1 - axis], 1)
        return near if self.shape[axis] == 1 else max(self.strides[axis], near)

    def pointer(self, lines: list[str], name: str) -> str:
        """A pointer to the first element."""
        if not self.offset:
            return f"ptr {self.place}"
        lines.append(f"{name} = getelementptr double, ptr {self.place}, i64 {self.offset}")
        return f"ptr {name}"


CONSTANTS = """@one = private constant double 1.0
@none = private constant double 0.0
@N = private constant i8 78
@T = private constant i8 84
@U = private constant i8 85
@R = private constant i8 82"""
