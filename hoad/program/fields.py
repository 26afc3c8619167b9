"""A program of arrays as *fields*: values that can be computed at any place that their user asks for.

A value is one id, however many elements it has. What moves elements about is read backwards: a view says
from which place of its base an element comes, and an array that was joined from parts, or into which
something was written, which part an element belongs to. So nothing of that needs memory of its own, and a
gradient with shifts is one pass.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from ..chainrules.numpy import reductions, shaping
from ..chainrules.numpy.contraction import einsum
from ..chainrules.numpy.indexing import is_basic, scatter
from ..kinds.recording import Node
from .algebra import Algebra
from .definitions import Held, Unsupported
from .lowering import SINGLE, Ids, Lowering
from .program import Program

Shape = tuple[int, ...]
RUNS = 4  # the largest number of slices that an index is taken for


def another_shape(a: np.ndarray, shape: Shape) -> np.ndarray:
    """A view of an array in another shape; the array is not read.

    Raises:
        ValueError: there is no such view.
    """
    if TELLS_OF_COPIES:
        return np.reshape(a, shape, copy=False)
    found = a.view()
    try:
        found.shape = shape
    except AttributeError as error:
        raise ValueError(str(error)) from None
    return found


TELLS_OF_COPIES = "copy" in inspect.signature(np.reshape).parameters  # from NumPy 2.1 on


class Lattice(NamedTuple):
    """Where the elements of a part stand in a whole: ``start`` for each axis of the whole, and ``steps``,
    for each axis of the part, what one step along it is along each axis of the whole.
    """

    start: Shape
    steps: tuple[Shape, ...]

    def within(self, inner: Lattice) -> Lattice:
        """The places in this whole of what stands on a lattice within the part."""
        start, steps = list(self.start), []
        for k, n in enumerate(inner.start):
            start = [a + n * b for a, b in zip(start, self.steps[k], strict=True)]
        for step in inner.steps:
            along = [0] * len(self.start)
            for k, n in enumerate(step):
                along = [a + n * b for a, b in zip(along, self.steps[k], strict=True)]
            steps.append(tuple(along))
        return Lattice(tuple(start), tuple(steps))

    def slices(self) -> list[tuple[int | None, int]] | None:
        """For each axis of the whole, which axis of the part walks along it and in what steps; None if one
        axis of the part walks along several.
        """
        walks: list[tuple[int | None, int]] = [(None, 0)] * len(self.start)
        for axis, step in enumerate(self.steps):
            moved = [k for k, n in enumerate(step) if n]
            if len(moved) > 1 or (moved and walks[moved[0]][0] is not None):
                return None
            if moved:
                walks[moved[0]] = axis, step[moved[0]]
        return walks


@functools.lru_cache(maxsize=4096)
def dense(shape: Shape) -> Shape:
    """The strides of an array whose rows lie one after the other; 0 along axes of one element."""
    found, n = [], 1
    for size in reversed(shape):
        found.append(n if size > 1 else 0)
        n *= size
    return tuple(reversed(found))


def widest(shapes: list[Shape]) -> Shape:
    """The shape that all are broadcast to."""
    first = shapes[0]
    for shape in shapes:
        if shape != first and shape:
            if first:
                wide: Shape = np.broadcast_shapes(*shapes)
                return wide
            first = shape
    return first


class Parts(NamedTuple):
    """A sum taken apart: signs and ids of what is zero but for a lattice, and of all else."""

    lone: list[tuple[int, int]]
    dense: list[tuple[int, int]]


class FieldAlgebra(Algebra):
    """Operations on arrays of which each element is computed by itself; each id has a shape."""

    def __init__(self, limit: int) -> None:
        self.shapes: list[Shape] = []
        super().__init__(limit)

    def make(self, *operation: Any) -> int:
        """The id of an operation."""
        found = super().make(*operation)
        if found == len(self.shapes):
            self.shapes.append(self.shape_of(operation))
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

    def is_truth(self, a: int) -> bool:
        """Tell whether an operation gives truth values."""
        name, *rest = self.operations[a]
        return self.is_truth(rest[0]) if name == "view" else super().is_truth(a)

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

    def parts(self, one: int, sign: int = 1, depth: int = 0) -> Parts:
        """A sum taken apart: what is zero but for a lattice, and all else, each with its sign."""
        name, *rest = self.operations[one]
        if name == "join" and self.lone(one) is not None:
            return Parts([(sign, one)], [])
        if name == "neg":
            return self.parts(rest[0], -sign, depth + 1)
        if (
            name not in ("add", "sub")
            or depth > TERMS
            or any([self.shapes[k] != self.shapes[one] for k in rest])
        ):
            return Parts([], [(sign, one)])
        left = self.parts(rest[0], sign, depth + 1)
        right = self.parts(rest[1], -sign if name == "sub" else sign, depth + 1)
        found = Parts(left.lone + right.lone, left.dense + right.dense)
        return found if 0 < len(found.lone) <= TERMS else Parts([], [(sign, one)])

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

# What is not elementwise: how many of the entries are ids, after which come others; the shape is the last.
REDUCED = ("sum", "times", "most", "least")
PLACED = {
    "input": 0, "array": 0, "view": 1, "join": 0, "sum": 1, "times": 1, "most": 1, "least": 1, "matmul": 2,
    "gather": 1, "add_at": 1, "copy": 1,
}  # fmt: skip


class Fields(Lowering):
    """A program as fields: what stands for a value is one id.

    ``arrays`` are the constant arrays, by the key in their operation.
    """

    algebra: FieldAlgebra

    def __init__(self, program: Program, limit: int = 60_000) -> None:
        self.arrays: dict[Held, Any] = {}
        super().__init__(program, FieldAlgebra(limit))

    def shape(self, one: int) -> Shape:
        """The shape of a value."""
        return self.algebra.shapes[one]

    def value(self, node: Node) -> Ids:
        """The id of a node."""
        if 0 in node.shape:
            raise Unsupported("an array without elements")
        found = super().value(node)
        if not self.of_each and self.shape(found) != node.shape:
            raise Unsupported(f"{node.what} of shape {node.shape} is taken for one of {self.shape(found)}")
        return found

    def entered(self, node: Node) -> Ids:
        """The id of an input."""
        return self.algebra.make("input", node.args, node.shape)

    def constants(self, value: Any) -> Ids:
        """The id of numbers that are known: all the same, on a lattice, or an array."""
        algebra = self.algebra
        if value.dtype.kind == "b":
            return self.each(algebra.truth, self.constants(value.astype(float)))
        value = value.astype(float)
        bits = np.ascontiguousarray(value).view(np.int64).ravel()
        if (bits == bits[0]).all():
            return algebra.stretched(algebra.constant(float(value.flat[0])), value.shape)
        places = np.flatnonzero(value)  # zeros of a structure have no sign
        if value.ndim > 1 and not places.size:
            return algebra.stretched(algebra.zero, value.shape)
        gaps = np.diff(places)
        if value.ndim > 1 and 3 * places.size <= bits.size and (gaps == gaps[:1]).all():
            return self.on_diagonal(value, places)
        if value.ndim == 2 and 3 * places.size <= bits.size:
            offsets = np.unique(places % value.shape[1] - places // value.shape[1]).tolist()
            if len(offsets) <= TERMS // 2:
                return self.of_diagonals(value, offsets)
        box = bounds(value != 0)
        if 3 * math.prod([stop - start for start, stop in box]) <= bits.size:
            part = self.constants(value[tuple([slice(*ends) for ends in box])])
            start = tuple([first for first, _ in box])
            return algebra.in_zeros(part, Lattice(start, whole(value.shape)), value.shape)
        held = Held(np.ascontiguousarray(value))
        self.arrays[held] = held.value
        return algebra.make("array", held, value.shape)

    def of_diagonals(self, value: Any, offsets: list[int]) -> int:
        """A matrix of few diagonals: their sum."""
        algebra, total = self.algebra, self.algebra.zero
        for offset in offsets:
            numbers = np.diagonal(value, offset)
            some = np.flatnonzero(numbers)
            first, last = int(some[0]), int(some[-1])
            part = self.constants(np.ascontiguousarray(numbers[first : last + 1]))
            start = (first + max(-offset, 0), first + max(offset, 0))
            one = algebra.in_zeros(part, Lattice(start, ((1, 1),)), value.shape)
            total = algebra.add(total, one)
        return total

    def on_diagonal(self, value: Any, places: Any) -> int:
        """Numbers at evenly spaced places, as those of an identity matrix."""
        part = self.constants(value.ravel()[places])
        corners = [np.unravel_index(k, value.shape) for k in (places[0], places[min(1, places.size - 1)])]
        start, following = [tuple(map(int, corner)) for corner in corners]
        step = tuple([b - a for a, b in zip(start, following, strict=True)])
        ends = [k + (places.size - 1) * n for k, n in zip(start, step, strict=True)]
        if not all([0 <= k < n for k, n in zip(ends, value.shape, strict=True)]):
            held = Held(np.ascontiguousarray(value))
            self.arrays[held] = held.value
            return self.algebra.make("array", held, value.shape)
        return self.algebra.in_zeros(part, Lattice(start, (step,)), value.shape)

    def each(self, function: Callable[..., int], *operands: Ids) -> int:
        """A function of ids."""
        algebra = self.algebra
        shape = widest([algebra.shapes[a] for a in operands])
        return algebra.stretched(function(*map(algebra.bare, operands)), shape)

    def conditions(self, ids: Ids, seen: Any, of_each: bool) -> Iterable[tuple[int, bool]]:
        """What must hold: a truth value, of each element."""
        algebra = self.algebra
        if algebra.is_truth(ids):
            if not of_each and self.shape(ids) and np.any(seen) and not np.all(seen):
                raise Unsupported("a mask")
            yield ids, bool(np.all(seen))
        else:
            wanted = self.constants(np.asarray(seen, float))
            yield self.each(lambda a, b: algebra.compare("eq", a, b), ids, wanted), True

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
            held = Held(np.ascontiguousarray(places))
            self.arrays[held] = held.value
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
        held = Held(np.ascontiguousarray(places))
        self.arrays[held] = held.value
        return self.algebra.make("add_at", self.algebra.stretched(one, places.shape), held, shape)

    def in_runs(self, one: int, axis: int, slices: list[slice], shape: Shape) -> int:
        """Elements put into slices along an axis, which do not overlap."""
        taken = np.concatenate([np.arange(s.start, s.stop) for s in slices])
        if np.unique(taken).size < taken.size:
            places = np.arange(math.prod(shape)).reshape(shape)[(slice(None),) * axis + (taken,)]
            held = Held(np.ascontiguousarray(places))
            self.arrays[held] = held.value
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
        index = self.index(index)
        if not is_basic(index):
            raise Unsupported("a write to places in an array of positions")
        lattice, part_shape = lattice_of(index, node.shape)
        ids = self.numbers(self.operand(value))
        part = self.algebra.stretched(self.rounded(ids) if node.dtype == SINGLE else ids, part_shape)
        return self.algebra.make("join", self.numbers(self.operand(held)), (part,), (lattice,), node.shape)

    # -- Sums and products -----------------------------------------------------------------------------------

    def sum(self, node: Node) -> int:
        """A sum along axes."""
        x, axes, _ = node.args
        return self.reshaped(self.summed(self.numbers(self.operand(x)), axes), node.shape)

    def summed(self, one: int, axes: Shape, how: str = "sum") -> int:
        """The same, of an id; or the largest (``most``) or smallest (``least``) element."""
        shape = self.shape(one)
        rest = tuple([n for k, n in enumerate(shape) if k not in axes])
        return self.algebra.make(how, one, tuple(axes), rest) if axes else one

    def multiplied(self, node: Node) -> int:
        """The product of all elements along the last axis."""
        one: int = self.numbers(self.operand(node.args[0]))
        return self.summed(one, (len(self.shape(one)) - 1,), "times")

    def extreme(self, node: Node) -> int:
        """The largest or the smallest elements along axes."""
        x, axes, _ = node.args
        how = "most" if node.rule is reductions.largest else "least"
        return self.reshaped(self.summed(self.numbers(self.operand(x)), axes, how), node.shape)

    def any_or_all(self, node: Node) -> int:
        """Whether one of the elements holds, or each: by how many do, or do not."""
        one: int = self.truths(self.operand(node.args[0]))
        if self.of_each:
            return one
        if node.shape or len(node.args) > 1 or node.kwargs:
            if self.shape(one):
                raise Unsupported(f"{node.what} along axes")
            return one
        algebra, is_any = self.algebra, node.function is np.any
        counted = self.numbers(one if is_any else self.each(algebra.invert, one))
        total = self.summed(counted, tuple(range(len(self.shape(one)))))
        return algebra.compare("ne" if is_any else "eq", total, algebra.zero)

    def matmul(self, node: Node) -> int:
        """A product of matrices and vectors."""
        x, y = [self.numbers(self.operand(a)) for a in node.args]
        return self.reshaped(self.product(x, y), node.shape)

    def product(self, x: int, y: int) -> int:
        """The product of two arrays of at most two axes."""
        algebra = self.algebra
        for one, other, is_left in ((x, y, True), (y, x, False)):
            scale, rest = self.scaled(one)
            if scale is not None:
                product = self.product(rest, other) if is_left else self.product(other, rest)
                return self.each(algebra.multiply, scale, product)
        n, m = len(self.shape(x)), len(self.shape(y))
        if n == m == 1:
            return self.summed(self.each(algebra.multiply, x, y), (0,))
        if n == 1 and self.is_symmetric(y):
            return self.product(y, x)
        if n > 2 or m > 2:
            return self.of_stacks(x, y)
        left = algebra.seen(x, lambda a: a[None]) if n == 1 else x
        right = algebra.seen(y, lambda a: a[:, None]) if m == 1 else y
        found = self.by_structure(left, right)
        if found is None:
            shape = (self.shape(left)[0], self.shape(right)[1])
            if self.shape(left)[1] == 1 or max(shape) == 1 or self.shape(left)[1] * math.prod(shape) <= SMALL:
                stretched = [
                    algebra.seen(left, lambda a: a[:, None, :]),
                    algebra.seen(right, lambda a: a.T[None]),
                ]
                found = self.summed(self.each(algebra.multiply, *stretched), (2,))
            else:
                found = algebra.make("matmul", self.in_memory(left), self.in_memory(right), shape)
        return found

    def scaled(self, one: int) -> tuple[int | None, int]:
        """A value as a number times another; None for one that is no such product."""
        algebra = self.algebra
        name, *rest = algebra.operations[one]
        if name == "neg" and self.shape(rest[0]):
            return algebra.constant(-1.0), rest[0]
        if name == "mul":
            for scale, other in (rest, rest[::-1]):
                if not self.shape(scale) and self.shape(other) == self.shape(one):
                    return scale, other
        if name == "view":
            base, offset, strides, shape = rest
            scale, whole = self.scaled(base) if self.shape(base) else (None, base)
            if scale is not None and algebra.base(whole)[0] == whole:
                return scale, algebra.view(whole, offset, strides, shape)
        return None, one

    def in_memory(self, one: int) -> int:
        """A matrix of which rows or columns lie one after the other."""
        strides, shape = self.algebra.base(one)[2][-2:], self.shape(one)[-2:]
        near = [k for k, (n, step) in enumerate(zip(shape, strides, strict=True)) if step == 1 or n == 1]
        far = [k for k in (0, 1) if strides[k] >= shape[1 - k] or shape[k] == 1]
        return one if any([1 - k in far for k in near]) else self.copied(one)

    def by_structure(self, x: int, y: int) -> int | None:
        """A product of which one factor is a sum of diagonals and outer products; None if none is."""
        for one, other, is_left in ((x, y, True), (y, x, False)):
            found = self.algebra.parts(one)
            factors = [(sign, self.outer(k)) for sign, k in found.dense]
            if (found.lone or any([pair is not None for _, pair in factors])) and self.are_diagonals(
                found.lone
            ):
                rest = [
                    (s, k) for (s, k), (_, pair) in zip(found.dense, factors, strict=True) if pair is None
                ]
                by = functools.partial(self.by_diagonal, other=other, is_left=is_left)
                total = self.algebra.of_terms(found.lone, by)
                for sign, pair in factors:
                    if pair is not None:
                        part = self.by_outer(*pair, other, is_left)
                        total = self.signed(total, part, sign)
                if rest:
                    dense_part = self.algebra.of_terms(rest, lambda k: k)
                    total = self.signed(
                        total, self.product(*((dense_part, other)[:: 1 if is_left else -1])), 1
                    )
                return total
        return None

    def signed(self, total: int, part: int, sign: int) -> int:
        """``total + part`` or ``total - part``."""
        function = self.algebra.add if sign > 0 else self.algebra.subtract
        return self.each(lambda a, b: function(a, b), total, part)

    def are_diagonals(self, lone: list[tuple[int, int]]) -> bool:
        """Tell whether values in zeros are all diagonals, of any offset."""
        places = [self.algebra.lone(one) for _, one in lone]
        return all([found is not None and found[1].steps == ((1, 1),) for found in places])

    def by_diagonal(self, one: int, other: int, is_left: bool) -> int:
        """A product by a diagonal: rows or columns times numbers, moved by its offset."""
        algebra = self.algebra
        part, lattice = algebra.lone(one) or (one, Lattice((0, 0), ()))
        n, (row, column) = self.shape(part)[0], lattice.start
        algebra.assume(algebra.finite, other)
        if is_left:
            taken = algebra.seen(other, lambda a: a[column : column + n])
            scaled = self.each(algebra.multiply, algebra.seen(part, lambda a: a[:, None]), taken)
            shape = (self.shape(one)[0], self.shape(other)[1])
            places = Lattice((row, 0), ((1, 0), (0, 1)))
        else:
            taken = algebra.seen(other, lambda a: a[:, row : row + n])
            scaled = self.each(algebra.multiply, part, taken)
            shape = (self.shape(other)[0], self.shape(one)[1])
            places = Lattice((0, column), ((1, 0), (0, 1)))
        return scaled if self.shape(scaled) == shape else algebra.in_zeros(scaled, places, shape)

    def outer(self, one: int) -> tuple[int, int] | None:
        """A product of a column and a row: the two; None for anything else."""
        algebra = self.algebra
        name, *rest = algebra.operations[one]
        if name != "mul" or len(self.shape(one)) != 2:
            return None
        for column, row in (rest, rest[::-1]):
            if self.is_constant_along(column, 1) and self.is_constant_along(row, 0):
                wide = [algebra.stretched(k, self.shape(one)) for k in (column, row)]
                return algebra.seen(wide[0], lambda a: a[:, :1]), algebra.seen(wide[1], lambda a: a[:1])
        return None

    def is_constant_along(self, one: int, axis: int) -> bool:
        """Tell whether a value, broadcast to two axes, is the same all along one of them."""
        shape = (1,) * (2 - len(self.shape(one))) + self.shape(one)
        strides = (0,) * (2 - len(self.shape(one))) + self.algebra.base(one)[2]
        return shape[axis] == 1 or strides[axis] == 0

    def by_outer(self, column: int, row: int, other: int, is_left: bool) -> int:
        """A product by the product of a column and a row."""
        if is_left:
            return self.each(self.algebra.multiply, column, self.product(row, other))
        return self.each(self.algebra.multiply, self.product(other, column), row)

    def of_stacks(self, x: int, y: int) -> int:
        """Products of stacks of matrices: a stack times one matrix is one product; others are summed
        directly.
        """
        algebra, n = self.algebra, len(self.shape(x))
        if len(self.shape(y)) <= 2 and n > 2:
            rows = self.reshaped(x, (math.prod(self.shape(x)[:-1]), self.shape(x)[-1]))
            whole = self.product(rows, y)
            return self.reshaped(whole, (*self.shape(x)[:-1], *self.shape(y)[1:]))
        if n == 2 and len(self.shape(y)) > 2:
            return self.of_matrix_and_stack(x, y)
        if n == len(self.shape(y)) == 3 and self.shape(x)[0] == self.shape(y)[0] <= MOST_PRODUCTS:
            return self.of_two_stacks(x, y)
        left = algebra.seen(x, lambda a: a[..., None, :]) if n > 1 else x
        right = algebra.seen(y, lambda a: np.swapaxes(a, -1, -2)[..., None, :, :])
        product = self.each(algebra.multiply, left, right)
        return self.summed(product, (len(self.shape(product)) - 1,))

    def of_two_stacks(self, x: int, y: int) -> int:
        """The products of the matrices of two stacks."""
        (count, m, k), n = self.shape(x), self.shape(y)[2]
        if m * n * k <= SMALL:
            left = self.algebra.seen(x, lambda a: a[:, :, None, :])
            right = self.algebra.seen(y, lambda a: np.swapaxes(a, 1, 2)[:, None])
            return self.summed(self.each(self.algebra.multiply, left, right), (3,))
        return self.algebra.make("matmul", self.in_memory(x), self.in_memory(y), (count, m, n))

    def of_matrix_and_stack(self, x: int, y: int) -> int:
        """One matrix times each of a stack: one product by all columns."""
        (m, _), (*lead, k, n) = self.shape(x), self.shape(y)
        algebra, count = self.algebra, math.prod(lead)
        if n == 1:
            rows = self.reshaped(y, (count, k))
            return self.reshaped(self.product(rows, algebra.turned(x, (1, 0))), (*lead, m, 1))
        stack = self.reshaped(y, (count, k, n))
        columns = self.reshaped(algebra.seen(stack, lambda a: np.transpose(a, (1, 0, 2))), (k, count * n))
        whole = self.reshaped(self.product(x, columns), (m, count, n))
        return self.reshaped(algebra.seen(whole, lambda a: np.transpose(a, (1, 0, 2))), (*lead, m, n))

    def einsum(self, node: Node) -> int:
        """A sum of products, one for each combination of the letters; of two matrices, their product."""
        algebra, ids = self.algebra, [self.numbers(self.operand(a)) for a in node.args]
        inputs, output = node.kwargs["subscripts"].replace(" ", "").split("->")
        names = inputs.split(",")
        letters = [*dict.fromkeys(output + inputs.replace(",", ""))]
        if "." in letters:
            raise Unsupported("einsum with an ellipsis")
        for k, name in enumerate(names):
            names[k] = unique = "".join(dict.fromkeys(name))
            if unique != name:
                ids[k] = self.diagonal(ids[k], f"{name}->{unique}")
        summed = [c for c in letters if c not in output]
        is_of_matrices = len(names) == 2 and len(summed) == 1 and all([len(name) == 2 for name in names])
        if is_of_matrices and len(output) == 2 and all([summed[0] in name for name in names]):
            return self.of_matrices(ids, names, summed[0], output)
        if (
            len(names) == 2
            and len(summed) == 1
            and (found := self.of_batches(ids, names, output)) is not None
        ):
            return found
        factors = [self.stretched_to(one, name, letters) for one, name in zip(ids, names, strict=True)]
        product = factors[0]
        for factor in factors[1:]:
            product = self.each(algebra.multiply, product, factor)
        return self.summed(product, tuple(range(len(output), len(letters))))

    def of_batches(self, ids: list[int], names: list[str], output: str) -> int | None:
        """``einsum`` of two stacks of matrices, along one axis of both; None if it is not that."""
        both = [c for c in names[0] if c in names[1]]
        batch, summed = [c for c in both if c in output], [c for c in both if c not in output]
        free = [[c for c in name if c not in both] for name in names]
        if len(batch) != 1 or len(summed) != 1 or len(free[0]) != 1 or len(free[1]) != 1:
            return None
        x = self.in_order(ids[0], names[0], [*batch, *free[0], *summed])
        y = self.in_order(ids[1], names[1], [*batch, *summed, *free[1]])
        if self.shape(x)[0] > MOST_PRODUCTS:
            return None
        found = self.of_two_stacks(x, y)
        return self.in_order(found, "".join([*batch, *free[0], *free[1]]), [*output])

    def in_order(self, one: int, name: str, letters: list[str]) -> int:
        """A value with its axes in the order of some letters."""
        order = [name.index(c) for c in letters]
        return self.algebra.seen(one, lambda a: np.transpose(a, order))

    def diagonal(self, one: int, subscripts: str) -> int:
        """The elements of which several positions are the same."""
        return self.algebra.seen(one, lambda a: np.einsum(subscripts, a))

    def of_matrices(self, ids: list[int], names: list[str], c: str, output: str) -> int:
        """``einsum`` of two matrices with one letter in common."""
        x = ids[0] if names[0][1] == c else self.turned(ids[0])
        y = ids[1] if names[1][0] == c else self.turned(ids[1])
        found = self.product(x, y)
        return found if output[0] == names[0].replace(c, "") else self.turned(found)

    def turned(self, one: int) -> int:
        """The transpose of a matrix."""
        return self.algebra.turned(one, (1, 0))

    def stretched_to(self, one: int, name: str, letters: list[str]) -> int:
        """An operand of ``einsum`` with an axis for each of all letters."""
        order = [name.index(c) for c in letters if c in name]
        missing = (*[None if c not in name else slice(None) for c in letters], ...)
        return self.algebra.seen(one, lambda a: np.transpose(a, order)[missing])


MOST_PRODUCTS = 512  # of matrices of two stacks, each of which is a call
SMALL = 256  # multiplications in a product of matrices, up to which a loop is faster than a call


def whole(shape: Shape) -> tuple[Shape, ...]:
    """The steps of a part whose axes are those of the whole."""
    return tuple([tuple([int(j == k) for k in range(len(shape))]) for j in range(len(shape))])


def bounds(value: Any) -> list[tuple[int, int]]:
    """From where to where, along each axis, an array is not zero."""
    places = [
        np.flatnonzero(value.any(tuple([j for j in range(value.ndim) if j != k]))) for k in range(value.ndim)
    ]
    return [(int(found[0]), int(found[-1]) + 1) for found in places]


def sliced(shape: Shape, axis: int, start: int, part: Shape) -> Lattice:
    """The places of a part that fills a whole but for one axis."""
    return Lattice(tuple([start if k == axis else 0 for k in range(len(shape))]), whole(shape))


def as_view(index: Any) -> Any:
    """A basic index that gives an array, also of one element."""
    parts = index if isinstance(index, tuple) else (index,)
    return parts if any([part is Ellipsis for part in parts]) else (*parts, ...)


def lattice_of(index: Any, shape: Shape) -> tuple[Lattice, Shape]:
    """The places that a basic index selects, and the shape of what is there."""
    mark = np.empty(1)
    unit = np.lib.stride_tricks.as_strided(mark, shape, [8 * n for n in dense(shape)])
    found = unit[as_view(index)]
    first = (found.__array_interface__["data"][0] - mark.__array_interface__["data"][0]) // 8
    start = tuple(map(int, np.unravel_index(first, shape)))
    steps = []
    for n, stride in zip(found.shape, found.strides, strict=True):
        step = [0] * len(shape)
        if n > 1 and stride:
            axis, size = axis_of(abs(stride) // 8, shape)
            step[axis] = size if stride > 0 else -size
        steps.append(tuple(step))
    return Lattice(start, tuple(steps)), found.shape


def axis_of(stride: int, shape: Shape) -> tuple[int, int]:
    """The axis of an array along which a stride leads, and how many elements."""
    fits = [
        (k, stride // n)
        for k, n in enumerate(dense(shape))
        if n and stride % n == 0 and stride // n < shape[k]
    ]
    return fits[0]


def runs_of(index: Any, shape: Shape) -> tuple[int, list[slice]] | None:
    """An index by one array of positions along one axis as a few slices; None for others."""
    parts = index if isinstance(index, tuple) else (index,)
    axes = [k for k, part in enumerate(parts) if isinstance(part, np.ndarray)]
    whole = all([isinstance(part, np.ndarray) or part == slice(None) for part in parts])
    if len(axes) != 1 or not whole or parts[axes[0]].ndim != 1 or parts[axes[0]].dtype.kind not in "iu":
        return None
    places = parts[axes[0]] % shape[axes[0]] if parts[axes[0]].size else parts[axes[0]]
    cuts = np.flatnonzero(np.diff(places) != 1) + 1
    if not places.size or len(cuts) >= RUNS:
        return None
    pieces = np.split(places, cuts)
    return axes[0], [slice(int(piece[0]), int(piece[-1]) + 1) for piece in pieces]


Fields.forms = {
    "put": Fields.put,
    scatter: Fields.scatter,
    reductions.sum_: Fields.sum,
    reductions.prod_last: Fields.multiplied,
    reductions.largest: Fields.extreme,
    reductions.smallest: Fields.extreme,
    np.matmul: Fields.matmul,
    einsum: Fields.einsum,
    np.any: Fields.any_or_all,
    np.all: Fields.any_or_all,
}
