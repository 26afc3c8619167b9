"""A program of arrays as *fields*: values that can be computed at any place that their user asks for.

A value is one id, however many elements it has. What moves elements about is read backwards: a view says
from which place of its base an element comes, and an array that was joined from parts, or into which
something was written, which part an element belongs to. So nothing of that needs memory of its own, and a
gradient with shifts is one pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...chainrules.numpy import extremes, reductions
from ...chainrules.numpy.contraction import einsum
from ...chainrules.numpy.indexing import scatter
from ...kinds.recording import Node
from ..lowering.definitions import Unsupported
from ..lowering.lowering import Ids
from .algebra import TERMS
from .factored import Factored
from .lattice import Lattice, bounds, line_of, whole


class Fields(Factored):
    """A program as fields: what stands for a value is one id."""

    def value(self, node: Node) -> Ids:
        """The id of a node."""
        if 0 in node.shape:
            raise Unsupported("an array without elements")
        found = super().value(node)
        if found.__class__ is tuple:  # of a function that has several
            return found
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
        return algebra.make("array", self.held(value), value.shape)

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
        line = line_of(places, value.shape)
        if line is None:
            return self.algebra.make("array", self.held(value), value.shape)
        return self.algebra.in_zeros(self.constants(value.ravel()[places]), line, value.shape)

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

    # -- Sums ------------------------------------------------------------------------------------------------

    def sum(self, node: Node) -> int:
        """A sum along axes."""
        x, axes, _ = node.args
        return self.reshaped(self.summed(self.numbers(self.operand(x)), axes), node.shape)

    def multiplied(self, node: Node) -> int:
        """The product of all elements along the last axis."""
        one: int = self.numbers(self.operand(node.args[0]))
        return self.summed(one, (len(self.shape(one)) - 1,), "times")

    def extreme(self, node: Node) -> int:
        """The largest or the smallest elements along axes."""
        x, axes, _ = node.args
        how = "most" if node.rule is extremes.largest else "least"
        return self.reshaped(self.summed(self.numbers(self.operand(x)), axes, how), node.shape)

    def cumsum(self, node: Node) -> int:
        """Sums of all elements so far, along an axis."""
        x, axis = node.args
        one: int = self.numbers(self.operand(x))
        return self.algebra.make("scan", one, axis % len(node.shape), node.shape)

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


Fields.forms = {
    **Factored.forms,
    "put": Fields.put,
    scatter: Fields.scatter,
    reductions.sum_: Fields.sum,
    reductions.cumsum_: Fields.cumsum,
    reductions.prod_last: Fields.multiplied,
    extremes.largest: Fields.extreme,
    extremes.smallest: Fields.extreme,
    np.matmul: Fields.matmul,
    einsum: Fields.einsum,
    np.any: Fields.any_or_all,
    np.all: Fields.any_or_all,
}
