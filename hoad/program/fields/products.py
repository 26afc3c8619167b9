"""Products of matrices as fields, after what their structure saves: diagonals and outer products are
multiplied as such, numbers are taken out, small ones are sums.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from ...kinds.recording import Node
from ..lowering.definitions import Unsupported
from .lattice import Lattice, Shape
from .moving import Moves


class Products(Moves):
    """Products of matrices, vectors and stacks."""

    def summed(self, one: int, axes: Shape, how: str = "sum") -> int:
        """The same, of an id; or the largest (``most``) or smallest (``least``) element."""
        shape = self.shape(one)
        rest = tuple([n for k, n in enumerate(shape) if k not in axes])
        return self.algebra.make(how, one, tuple(axes), rest) if axes else one

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
