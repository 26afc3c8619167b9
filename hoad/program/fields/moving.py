"""Fields of the functions that move elements about, which are read backwards: a view says from which place of
its base an element comes, and an array that was joined from parts, or into which something was written,
which part an element belongs to.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...chainrules.numpy import shaping
from ...chainrules.numpy.indexing import is_basic
from ...kinds.recording import Node
from ..held import Held
from ..lowering.lowering import SINGLE, Ids, Lowering
from ..program import Program
from .algebra import FieldAlgebra
from .lattice import Shape, another_shape, as_view, dense, lattice_of, line_of, runs_of, sliced, widest


class Moves(Lowering):
    """What moves elements about, as fields: what stands for a value is one id.

    ``arrays`` are the constant arrays, by the key in their operation.
    """

    algebra: FieldAlgebra

    def __init__(self, program: Program, limit: int = 60_000) -> None:
        self.arrays: dict[Held, Any] = {}
        self.triangles: dict[int, int] = {}  # of symmetric matrices, what their lower triangle is that of
        super().__init__(program, FieldAlgebra(limit))

    def shape(self, one: int) -> Shape:
        """The shape of a value."""
        return self.algebra.shapes[one]

    def each(self, function: Callable[..., int], *operands: Ids) -> int:
        """A function of ids."""
        algebra = self.algebra
        shape = widest([algebra.shapes[a] for a in operands])
        return algebra.stretched(function(*map(algebra.bare, operands)), shape)

    # -- Moving elements -------------------------------------------------------------------------------------

    def moved(self, node: Node) -> Ids:
        """The value of a function that moves elements about."""
        if node.rule.gathers:
            return self.taken(self.operand(node.args[0]), self.index(node.args[1]))
        if node.rule in (shaping.concatenate, shaping.stack):
            return self.joined(node)
        x, *rest = node.args
        one = self.operand(x)
        if node.rule is shaping.reshape:
            return self.reshaped(one, *rest)
        if node.rule is shaping.transpose:
            return one if self.is_symmetric(one) else self.algebra.turned(one, *rest)
        return self.algebra.seen(one, lambda a: node.function(a, *rest, **node.kwargs))

    def is_symmetric(self, one: int) -> bool:
        """Tell whether a value is a constant matrix that is its own transpose."""
        name, *rest = self.algebra.operations[one]
        if name != "array" or rest[0].value.ndim != 2:
            return False
        return bool(np.array_equal(rest[0].value, rest[0].value.T))

    def reshaped(self, one: int, shape: Shape) -> int:
        """The same elements in another shape."""
        algebra = self.algebra
        if self.shape(one) == shape:
            return one
        try:
            return algebra.seen(one, lambda a: another_shape(a, shape))
        except ValueError:
            return algebra.view(self.copied(one), 0, dense(shape), shape)

    def copied(self, one: int) -> int:
        """A value in memory of its own."""
        return self.algebra.make("copy", one, self.shape(one))

    def taken(self, one: int, index: Any) -> int:
        """``x[index]``."""
        algebra = self.algebra
        if is_basic(index):
            return algebra.seen(one, lambda a: a[as_view(index)])
        runs = runs_of(index, self.shape(one))
        if runs is None:
            places = np.arange(math.prod(self.shape(one))).reshape(self.shape(one))[index]
            held = self.held(places)
            base, offset, strides = algebra.base(one)
            whole = (
                one if (offset, strides) == (0, dense(self.shape(one))) and base == one else self.copied(one)
            )
            return algebra.make("gather", whole, held, places.shape)
        axis, slices = runs
        parts = [self.sliced(one, axis, s) for s in slices]
        return parts[0] if len(parts) == 1 else self.in_a_row(parts, axis)

    def sliced(self, one: int, axis: int, along: slice) -> int:
        """A slice of a value along an axis."""
        return self.algebra.seen(one, lambda a: a[(*(slice(None),) * axis, along)])

    def in_a_row(self, parts: list[int], axis: int) -> int:
        """Values one after the other along an axis."""
        sizes = [self.shape(part)[axis] for part in parts]
        first = self.shape(parts[0])
        shape = (*first[:axis], sum(sizes), *first[axis + 1 :])
        lattices = [sliced(shape, axis, sum(sizes[:k]), self.shape(part)) for k, part in enumerate(parts)]
        return self.algebra.make("join", None, tuple(parts), tuple(lattices), shape)

    def joined(self, node: Node) -> int:
        """``np.concatenate`` and ``np.stack``."""
        axis = node.kwargs["axis"]
        kind = node.dtype
        parts = [self.operand(a) for a in node.args]
        parts = parts if kind is not None and kind.kind == "b" else [self.numbers(p) for p in parts]
        if node.rule is shaping.stack:
            parts = [self.algebra.seen(part, lambda a: np.expand_dims(a, axis)) for part in parts]
        return self.in_a_row(parts, axis % len(self.shape(parts[0])))

    def scatter(self, node: Node) -> int:
        """Elements put in places in zeros, and added up where places occur twice."""
        g, index, shape = node.args[0], self.index(node.args[1]), node.shape
        one = self.numbers(self.operand(g))
        if is_basic(index):
            lattice, part_shape = lattice_of(index, shape)
            return self.algebra.in_zeros(self.algebra.stretched(one, part_shape), lattice, shape)
        runs = runs_of(index, shape)
        if runs is not None:
            return self.in_runs(one, *runs, shape)
        places = np.arange(math.prod(shape)).reshape(shape)[index]
        line = line_of(places, shape)
        if line is not None:
            return self.algebra.in_zeros(self.algebra.stretched(one, places.shape), line, shape)
        held = self.held(places)
        return self.algebra.make("add_at", self.algebra.stretched(one, places.shape), held, shape)

    def held(self, places: Any) -> Held:
        """A constant array."""
        held = Held(np.ascontiguousarray(places))
        self.arrays[held] = held.value
        return held

    def in_runs(self, one: int, axis: int, slices: list[slice], shape: Shape) -> int:
        """Elements put into slices along an axis, which do not overlap."""
        taken = np.concatenate([np.arange(s.start, s.stop) for s in slices])
        if np.unique(taken).size < taken.size:
            places = np.arange(math.prod(shape)).reshape(shape)[(slice(None),) * axis + (taken,)]
            held = self.held(places)
            return self.algebra.make("add_at", self.algebra.stretched(one, places.shape), held, shape)
        parts, lattices, k = [], [], 0
        for s in slices:
            n = s.stop - s.start
            part = self.sliced(one, axis, slice(k, k + n))
            parts.append(part)
            lattices.append(sliced(shape, axis, s.start, self.shape(part)))
            k += n
        return self.algebra.make("join", self.algebra.zero, tuple(parts), tuple(lattices), shape)

    def put(self, node: Node) -> int:
        """An array with elements written into it."""
        held, index, value = node.args
        index, ids, shape = self.index(index), self.numbers(self.operand(value)), node.shape
        ids = self.rounded(ids) if node.dtype == SINGLE else ids
        before: int = self.numbers(self.operand(held))
        if is_basic(index):
            lattice, part_shape = lattice_of(index, shape)
            part = self.algebra.stretched(ids, part_shape)
            return self.algebra.make("join", before, (part,), (lattice,), shape)
        places = np.arange(math.prod(shape)).reshape(shape)[index]
        if not places.size:
            return before
        part = self.algebra.stretched(ids, places.shape)
        line = line_of(places, shape)
        if line is not None:
            return self.algebra.make("join", before, (part,), (line,), shape)
        return self.algebra.make("put_at", before, part, self.held(places), shape)
