"""A program of arrays taken apart into operations on single numbers.

A value is an array of ids, one for each element. Moving elements about costs nothing then, and a zero that
is known (of an identity matrix, of what does not depend) takes with it all that it would be multiplied by.
Small programs, and loops over elements, are fastest so.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ...chainrules.numpy import extremes, reductions
from ...chainrules.numpy.contraction import einsum
from ...chainrules.numpy.indexing import is_basic, scatter
from ...kinds.recording import Node
from ..program import Program
from .algebra import Algebra
from .definitions import Unsupported
from .lowering import SINGLE, Ids, Lowering, data_of

WORK = 40  # how many elements may be computed for each operation that there may be
FIRST, AHEAD = 1 / 32, 2  # after this share of a long program, it is looked how many there will be
LONG = 2_000  # operations
LOOK = 32  # elements that are zero, or moved about, cost as much as one that is computed


class Expansion(Lowering):
    """A program taken apart: what stands for a value is an array of ids.

    Args:
        program: of numbers and arrays of float64.
        limit: how many operations there may be.

    Raises:
        Unsupported: there are more, or something has no native form.
    """

    def __init__(self, program: Program, limit: int = 60_000) -> None:
        self.work = WORK * limit
        self.seen = 0
        super().__init__(program, Algebra(limit))

    def spend(self, n: int) -> None:
        """Count work, of which there must not be too much."""
        self.work -= int(n)
        if self.work < 0:
            raise Unsupported("too many operations on single numbers")

    def value(self, node: Node) -> Ids:
        """The ids of the elements of a node."""
        self.spend(math.prod(node.shape) // LOOK)
        self.seen += not self.of_each
        share, n = self.seen / len(self.program.nodes), len(self.algebra.operations)
        if share > FIRST and len(self.program.nodes) > LONG and n > AHEAD * share * self.algebra.limit:
            raise Unsupported("more operations on single numbers to come than there may be")
        return super().value(node)

    def entered(self, node: Node) -> Ids:
        """The ids of an input."""
        ids = [self.algebra.make("input", node.args, j) for j in range(math.prod(node.shape))]
        return np.array(ids, np.int64).reshape(node.shape)

    def constants(self, value: Any) -> Ids:
        """The ids of an array that is known."""
        algebra = self.algebra
        if value.dtype.kind == "b":
            return np.where(value, algebra.true, algebra.false)
        numbers, places = np.unique(value.ravel().astype(float).view(np.int64), return_inverse=True)
        ids = np.array([algebra.constant(x) for x in numbers.view(float)], np.int64)
        return ids[places].reshape(value.shape)

    def each(self, function: Callable[..., int], *operands: Ids) -> Ids:
        """A function of ids, of each element."""
        if all([np.ndim(a) == 0 for a in operands]):
            return np.int64(function(*map(int, operands)))
        wide = [a.ravel() for a in np.broadcast_arrays(*operands)]
        found, rest = self.with_zeros(getattr(function, "__name__", ""), *wide)
        self.spend(len(rest))
        given = [a[rest].tolist() for a in wide]
        found[rest] = [function(*ids) for ids in zip(*given, strict=True)]
        return found.reshape(np.broadcast_shapes(*[np.shape(a) for a in operands]))

    def with_zeros(self, name: str, a: Any, b: Any = None, *more: Any) -> tuple[Any, Any]:
        """What is known of operations of which operands are zero, all at once.

        Returns:
            The ids that are known, and the places of the others.
        """
        algebra, zero = self.algebra, self.algebra.zero
        if name not in ("multiply", "add", "subtract", "negative") or more:
            return np.empty(len(a), np.int64), np.arange(len(a))
        if name == "negative":
            return a.copy(), np.flatnonzero(a != zero)
        none, nothing = a == zero, b == zero
        if name == "multiply":
            for one in np.unique(np.where(none, b, a)[none | nothing]).tolist():
                algebra.assume(algebra.finite, one)
            return np.full(len(a), zero), np.flatnonzero(~(none | nothing))
        found = np.where(nothing, a, b)
        return found, np.flatnonzero(~(none | nothing) if name == "add" else ~nothing)

    def numbers(self, ids: Ids) -> Ids:
        """Truth values as numbers."""
        has_truths = any([self.algebra.is_truth(one) for one in np.unique(ids).tolist()])
        return super().numbers(ids) if has_truths else ids

    def conditions(self, ids: Ids, seen: Any, of_each: bool) -> Iterable[tuple[int, bool]]:
        """What must hold for each element of a guard."""
        algebra = self.algebra
        values = np.broadcast_to(seen, np.shape(ids)) if of_each else np.asarray(seen)
        for one, value in zip(np.ravel(ids).tolist(), np.ravel(values).tolist(), strict=True):
            if algebra.is_truth(one):
                yield one, bool(value)
            else:
                yield algebra.compare("eq", one, algebra.constant(float(value))), True

    def moved(self, node: Node) -> Ids:
        """The function itself, on ids; what says where elements go stays as it is."""
        data = data_of(node)
        args = [self.operand(a) if k in data else self.index(a) for k, a in enumerate(node.args)]
        return np.asarray(node.function(*args, **self.index(node.kwargs)))

    # -- Sums and products -----------------------------------------------------------------------------------

    def total(self, row: list[int]) -> int:
        """The sum of ids, in pairs: short chains."""
        algebra = self.algebra
        row = [a for a in row if a != algebra.zero]
        while len(row) > 1:
            pairs = [algebra.add(a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
            row = pairs + row[len(row) - len(row) % 2 :]
        return row[0] if row else algebra.zero

    def totals(self, rows: Any, shape: tuple[int, ...]) -> Ids:
        """The sum of each row."""
        return np.array([self.total(row) for row in rows.tolist()], np.int64).reshape(shape)

    def sum(self, node: Node) -> Ids:
        """A sum along axes."""
        x, axes, _ = node.args
        ids = self.numbers(self.operand(x))
        self.spend(ids.size)
        kept = [k for k in range(ids.ndim) if k not in axes]
        return self.totals(np.transpose(ids, (*kept, *axes)).reshape(math.prod(node.shape), -1), node.shape)

    def reduced(self, node: Node) -> Ids:
        """The largest or the smallest element along axes, or the product along the last one."""
        ids = self.numbers(self.operand(node.args[0]))
        algebra, axes = self.algebra, node.args[1] if len(node.args) > 1 else (ids.ndim - 1,)
        combine = COMBINED[node.rule]
        self.spend(ids.size)
        kept = [k for k in range(ids.ndim) if k not in axes]
        rows = np.transpose(ids, (*kept, *axes)).reshape(math.prod(node.shape), -1).tolist()
        found = [functools.reduce(functools.partial(combine, algebra), row) for row in rows]
        return np.array(found, np.int64).reshape(node.shape)

    def matmul(self, node: Node) -> Ids:
        """A product of matrices."""
        x, y = [self.numbers(self.operand(a)) for a in node.args]
        left = x[None, :] if x.ndim == 1 else x
        right = y[:, None] if y.ndim == 1 else y
        lead = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        left = np.broadcast_to(left, (*lead, *left.shape[-2:])).reshape(-1, *left.shape[-2:])
        right = np.broadcast_to(right, (*lead, *right.shape[-2:])).reshape(-1, *right.shape[-2:])
        found = [
            [self.dot(row, column) for column in b.T.tolist()]
            for a, b in zip(left, right, strict=True)
            for row in a.tolist()
        ]
        return np.array(found, np.int64).reshape(node.shape)

    def dot(self, p: list[int], q: list[int]) -> int:
        """The product of a row and a column."""
        self.spend(len(p))
        return self.total([self.algebra.multiply(a, b) for a, b in zip(p, q, strict=True)])

    def einsum(self, node: Node) -> Ids:
        """A sum of products, one for each combination of the letters."""
        operands = [self.numbers(self.operand(a)) for a in node.args]
        inputs, output = node.kwargs["subscripts"].replace(" ", "").split("->")
        names = inputs.split(",")
        letters = [*dict.fromkeys(output + "".join(names))]
        if "." in letters:
            raise Unsupported("einsum with an ellipsis")
        sizes = [
            pair for name, x in zip(names, operands, strict=True) for pair in zip(name, x.shape, strict=True)
        ]
        size = dict(sizes)
        self.spend(math.prod(size.values()) * len(operands))
        factors = [stretched(name, x, letters) for name, x in zip(names, operands, strict=True)]
        product = factors[0]
        for factor in factors[1:]:
            product = self.each(self.algebra.multiply, product, factor)
        whole = np.broadcast_to(product, [size[c] for c in letters])
        return self.totals(whole.reshape(math.prod(node.shape), -1), node.shape)

    def cumsum(self, node: Node) -> Ids:
        """Sums of all elements so far."""
        x, axis = node.args
        ids = np.moveaxis(np.array(self.numbers(self.operand(x))), axis, 0)
        for k in range(1, len(ids)):
            ids[k] = self.each(self.algebra.add, ids[k - 1], ids[k])
        return np.moveaxis(ids, 0, axis)

    def any_or_all(self, node: Node) -> Ids:
        """Whether one of the elements holds, or each."""
        ids = self.truths(self.operand(node.args[0]))
        if np.ndim(ids) and (len(node.args) > 1 or node.kwargs or node.shape):
            raise Unsupported(f"{node.what} along axes")
        name = "or" if node.function is np.any else "and"
        found = self.algebra.false if name == "or" else self.algebra.true
        for one in np.ravel(ids).tolist():
            found = self.algebra.both(name, found, one)
        return np.int64(found)

    # -- Writing ---------------------------------------------------------------------------------------------

    def scatter(self, node: Node) -> Ids:
        """Elements put in places, and added up where places occur twice."""
        g, index, shape = node.args[0], self.index(node.args[1]), node.args[2]
        zero, ids = self.algebra.zero, self.numbers(self.operand(g))
        found = np.full(shape, zero, np.int64)
        if is_basic(index):
            found[index] = ids
            return found
        places = np.arange(found.size).reshape(shape)[index]
        flat, ids = found.ravel(), np.ravel(np.broadcast_to(ids, np.shape(places)))
        some = ids != zero
        for place, one in zip(np.ravel(places)[some].tolist(), ids[some].tolist(), strict=True):
            flat[place] = self.algebra.add(int(flat[place]), one)
        return flat.reshape(shape)

    def put(self, node: Node) -> Ids:
        """An array with elements written into it."""
        held, index, value = node.args
        found = np.array(self.operand(held))
        ids = self.operand(value)
        found[self.index(index)] = self.rounded(ids) if node.dtype == SINGLE else ids
        return found


def stretched(name: str, x: Any, letters: list[str]) -> Any:
    """An operand of ``einsum`` with an axis for each of all letters."""
    unique = "".join(dict.fromkeys(name))
    x = np.einsum(f"{name}->{unique}", x)
    order = [unique.index(c) for c in letters if c in unique]
    return np.transpose(x, order).reshape([x.shape[unique.index(c)] if c in unique else 1 for c in letters])


COMBINED: dict[Any, Callable[[Algebra, int, int], int]] = {
    reductions.prod_last: Algebra.multiply,
    extremes.largest: lambda algebra, a, b: algebra.extreme("ge", a, b),
    extremes.smallest: lambda algebra, a, b: algebra.extreme("le", a, b),
}
Expansion.forms = {
    **dict.fromkeys(COMBINED, Expansion.reduced),
    "put": Expansion.put,
    scatter: Expansion.scatter,
    reductions.sum_: Expansion.sum,
    reductions.cumsum_: Expansion.cumsum,
    np.matmul: Expansion.matmul,
    einsum: Expansion.einsum,
    np.any: Expansion.any_or_all,
    np.all: Expansion.any_or_all,
}
