"""Operations on arrays: views, and what is zero but for a lattice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..lowering.algebra import Algebra
from ..lowering.definitions import Unsupported
from .lattice import Lattice, Shape, dense, widest


class Parts(NamedTuple):
    """A sum taken apart: signs and ids of what is zero but for a lattice, and of all else."""

    lone: list[tuple[int, int]]
    dense: list[tuple[int, int]]


class FieldAlgebra(Algebra):
    """Operations on arrays of which each element is computed by itself; each id has a shape."""

    def __init__(self, limit: int) -> None:
        self.shapes: list[Shape] = []
        self.taken_apart: dict[int, Parts] = {}
        super().__init__(limit)

    def make(self, *operation: Any) -> int:
        """The id of an operation."""
        found = super().make(*operation)
        if found == len(self.shapes):
            self.shapes.append(self.shape_of(operation))
            parts = self.apart(found)
            if parts is not None:
                self.taken_apart[found] = parts
        return found

    def shape_of(self, operation: tuple[Any, ...]) -> Shape:
        """The shape of a value: of an operation that is not elementwise it stands at the end."""
        name, *rest = operation
        if name in ("constant", "false"):
            return ()
        if name in PLACED:
            shape: Shape = rest[-1]
            return shape
        return widest([self.shapes[k] for k in rest])

    def operands(self, one: int) -> list[int]:
        """The ids that an operation reads."""
        name, *rest = self.operations[one]
        if name in ("constant", "false", "input", "array"):
            return []
        if name == "join":
            return [*([] if rest[0] is None else [rest[0]]), *rest[1]]
        return rest[: PLACED.get(name, len(rest))]

    def gives_truth(self, name: str, *operands: Any) -> bool:
        """Tell whether an operation gives truth values."""
        return operands[0] in self.truths if name == "view" else super().gives_truth(name, *operands)

    # -- Views -----------------------------------------------------------------------------------------------

    def base(self, one: int) -> tuple[int, int, Shape]:
        """What a value is a view of, from where, and in which steps: itself, if it is none."""
        name, *rest = self.operations[one]
        return (rest[0], rest[1], rest[2]) if name == "view" else (one, 0, dense(self.shapes[one]))

    def view(self, base: int, offset: int, strides: Shape, shape: Shape) -> int:
        """A view of a value that is none."""
        if base in self.constants or self.operations[base][0] == "false":
            offset, strides = 0, (0,) * len(shape)
        strides = tuple([0 if n == 1 else step for n, step in zip(shape, strides, strict=True)])
        if shape == self.shapes[base] and offset == 0 and strides == dense(shape):
            return base
        return self.make("view", base, offset, strides, shape)

    def stretched(self, one: int, shape: Shape) -> int:
        """A value in a shape that it is broadcast to."""
        if self.shapes[one] == shape:
            return one
        base, offset, strides = self.base(one)
        lead = len(shape) - len(self.shapes[one])
        return self.view(base, offset, (0,) * lead + strides, shape)

    def seen(self, one: int, function: Callable[[Any], Any]) -> int:
        """The view of a value that a NumPy function makes: of an array that is not there but for its first
        element, so the function must not read it.

        Raises:
            Unsupported: what the function gives is no view.
        """
        base, offset, strides = self.base(one)
        mark = np.zeros(1)
        whole = np.lib.stride_tricks.as_strided(mark, self.shapes[one], [8 * n for n in strides])
        found = function(whole)
        holder = getattr(found, "base", None)
        if found is not whole and holder is not whole and getattr(holder, "base", None) is not whole:
            raise Unsupported("a copy where a view was expected")
        places, start = found.__array_interface__["data"][0], mark.__array_interface__["data"][0]
        return self.view(
            base, offset + (places - start) // 8, tuple([n // 8 for n in found.strides]), found.shape
        )

    def at(self, one: int, lattice: Lattice, shape: Shape) -> int:
        """The elements of a value at the places of a lattice."""
        base, offset, strides = self.base(one)
        start = offset + sum([k * n for k, n in zip(lattice.start, strides, strict=True)])
        steps = tuple([sum([k * n for k, n in zip(step, strides, strict=True)]) for step in lattice.steps])
        return self.view(base, start, steps, shape)

    # -- What is zero but for a lattice ----------------------------------------------------------------------

    def lone(self, one: int) -> tuple[int, Lattice] | None:
        """The part and the places of a value that is zero elsewhere; None for others."""
        name, *rest = self.operations[one]
        if name != "join" or rest[0] != self.zero or len(rest[1]) != 1:
            return None
        return rest[1][0], rest[2][0]

    def in_zeros(self, part: int, lattice: Lattice, shape: Shape) -> int:
        """A part with zeros around it; of a part that is of this kind itself, what is within."""
        terms = self.terms(part)
        if terms is None:
            return self.make("join", self.zero, (part,), (lattice,), shape)

        def outer(lone: int) -> int:
            inner, places = self.lone(lone) or (lone, lattice)
            return self.make("join", self.zero, (inner,), (lattice.within(places),), shape)

        return self.of_terms(terms, outer)

    def parts(self, one: int) -> Parts:
        """A sum taken apart: what is zero but for a lattice, and all else, each with its sign."""
        return self.taken_apart.get(one) or Parts([], [(1, one)])

    def apart(self, one: int) -> Parts | None:
        """The same, of an operation that is new; None if nothing in it is zero but for a lattice, or there
        are too many terms.
        """
        name, *rest = self.operations[one]
        if name == "join":
            return None if self.lone(one) is None else Parts([(1, one)], [])
        if name not in ("add", "sub", "neg") or not any([k in self.taken_apart for k in rest]):
            return None
        if any([self.shapes[k] != self.shapes[one] for k in rest]):
            return None
        lone, dense = list[tuple[int, int]](), list[tuple[int, int]]()
        for k, sign in zip(rest, SIGNS[name], strict=True):
            for terms, found in zip((lone, dense), self.parts(k), strict=True):
                terms += [(sign * own, term) for own, term in found]
        return Parts(lone, dense) if len(lone) <= TERMS and len(dense) <= TERMS else None

    def terms(self, one: int) -> list[tuple[int, int]] | None:
        """A sum of such as are zero but for a lattice, with their signs; None for anything else."""
        found = self.parts(one)
        return None if found.dense else found.lone

    def of_terms(self, terms: list[tuple[int, int]], change: Callable[[int], int]) -> int:
        """The sum of what becomes of each term."""
        total = self.zero
        for sign, one in terms:
            new = change(one)
            total = self.add(total, new) if sign > 0 else self.subtract(total, new)
        return total

    def multiply(self, a: int, b: int) -> int:
        """``a * b``; of what is zero but for a lattice, there alone."""
        shape = widest([self.shapes[a], self.shapes[b]])
        for one, other in ((a, b), (b, a)):
            found = self.parts(one) if self.shapes[one] == shape else Parts([], [])
            if found.lone:
                self.assume(self.finite, other)
                return self.distributed(found, self.stretched(other, shape), other, self.multiply)
        return super().multiply(a, b)

    def divide(self, a: int, b: int) -> int:
        """``a / b``; the same."""
        shape = widest([self.shapes[a], self.shapes[b]])
        found = self.parts(a) if self.shapes[a] == shape else Parts([], [])
        if not found.lone:
            return super().divide(a, b)
        self.assume(self.nonzero, b)
        return self.distributed(found, self.stretched(b, shape), b, self.divide)

    def distributed(self, parts: Parts, wide: int, other: int, function: Callable[[int, int], int]) -> int:
        """A function of a sum and of another value, term by term."""
        total = self.of_terms(parts.lone, lambda lone: self.of_part(lone, wide, function))
        if not parts.dense:
            return total
        rest = self.of_terms(parts.dense, lambda one: one)
        return self.add(function(rest, self.bare(other)), total)

    def of_part(self, one: int, other: int, function: Callable[[int, int], int]) -> int:
        """A function of the part of a value in zeros, and of another value at its places."""
        found = self.lone(one)
        assert found is not None
        part, lattice = found
        there = self.at(other, lattice, self.shapes[part])
        made = self.stretched(function(self.bare(part), self.bare(there)), self.shapes[part])
        return self.in_zeros(made, lattice, self.shapes[one])

    def bare(self, one: int) -> int:
        """A number in the place of an array that has it everywhere."""
        base = self.base(one)[0]
        return base if base in self.constants else one

    def negative(self, a: int) -> int:
        """``-a``; the same."""
        found = self.lone(a)
        if found is None:
            return super().negative(a)
        return self.in_zeros(self.negative(found[0]), found[1], self.shapes[a])

    def rounded(self, a: int) -> int:
        """In single precision; of a sum of parts in zeros, part by part."""
        terms = self.terms(a)
        if not terms:
            return super().rounded(a)

        def change(lone: int) -> int:
            part, lattice = self.lone(lone) or (lone, Lattice((), ()))
            return self.in_zeros(self.rounded(part), lattice, self.shapes[a])

        return self.of_terms(terms, change)

    def add(self, a: int, b: int) -> int:
        """``a + b``; of two in zeros at the same places, there."""
        return self.merged(a, b, self.add) or super().add(a, b)

    def subtract(self, a: int, b: int) -> int:
        """``a - b``; the same."""
        return self.merged(a, b, self.subtract) or super().subtract(a, b)

    def merged(self, a: int, b: int, function: Callable[[int, int], int]) -> int | None:
        """A function of two values in zeros, where their places are the same."""
        x, y = self.lone(a), self.lone(b)
        if x is None or y is None or x[1] != y[1] or self.shapes[a] != self.shapes[b]:
            return None
        if self.shapes[x[0]] != self.shapes[y[0]]:
            return None
        made = function(self.bare(x[0]), self.bare(y[0]))
        return self.in_zeros(self.stretched(made, self.shapes[x[0]]), x[1], self.shapes[a])

    def turned(self, one: int, axes: Shape) -> int:
        """A value with its axes in another order."""
        terms = self.terms(one)
        if terms is None:
            return self.seen(one, lambda a: np.transpose(a, axes))

        def turn(lone: int) -> int:
            part, lattice = self.lone(lone) or (lone, Lattice((), ()))
            start = tuple([lattice.start[k] for k in axes])
            steps = tuple([tuple([step[k] for k in axes]) for step in lattice.steps])
            return self.in_zeros(part, Lattice(start, steps), tuple([self.shapes[one][k] for k in axes]))

        return self.of_terms(terms, turn)


TERMS = 16  # of a sum of values in zeros
SIGNS = {"add": (1, 1), "sub": (1, -1), "neg": (-1,)}

# What is not elementwise: how many of the entries are ids, after which come others; the shape is the last.
FACTORED = ("lu", "solved", "inverse", "lu_sign", "potrf", "by_triangle")  # what LAPACK makes
REDUCED = ("sum", "times", "most", "least")
PLACED = {
    "input": 0, "array": 0, "view": 1, "join": 0, "sum": 1, "times": 1, "most": 1, "least": 1, "matmul": 2,
    "gather": 1, "add_at": 1, "copy": 1, "scan": 1, "put_at": 2, "lu": 1, "solved": 2, "inverse": 1,
    "lu_sign": 1, "potrf": 1, "by_triangle": 2,
}  # fmt: skip
