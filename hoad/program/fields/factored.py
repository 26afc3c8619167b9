"""Systems of equations, inverses, determinants and Cholesky factors as fields: the factors of a matrix are
found once, whoever asks for them, and triangles are not factored.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...chainrules.numpy import factors, linalg
from ...kinds.recording import Node
from ..lowering.definitions import Unsupported
from .products import Products

BLOCK = 64  # columns of the work of an inversion


class Factored(Products):
    """Solutions with matrices of two axes.

    What stands in memory as LAPACK leaves it are values of their own: ``lu`` has the factors of the
    transpose, and in a row more which rows were exchanged; ``solved`` has solutions as rows.
    """

    def lu(self, a: int) -> int:
        """The factors of a matrix."""
        n, m = self.shape(a)
        return self.algebra.make("lu", self.as_rows(a), (n + 1, m))

    def as_rows(self, one: int) -> int:
        """A value whose rows lie one after the other, in memory of its own."""
        return one if self.algebra.base(one)[0] == one else self.copied(one)

    def matrix(self, arg: Any) -> int:
        """An operand that is a matrix.

        Raises:
            Unsupported: it is a stack of such.
        """
        one: int = self.numbers(self.operand(arg))
        if len(self.shape(one)) != 2:
            raise Unsupported("factors of stacks of matrices")
        return one

    def solution(self, node: Node) -> int:
        """``a`` or its transpose (``turned``), solved for ``b``; a Cholesky factor is known to be a triangle,
        of others the caller may know (``lower``).
        """
        a, b = [self.matrix(x) for x in node.args]
        algebra, is_turned = self.algebra, bool(node.kwargs.get("turned"))
        base = algebra.base(a)[0]
        if algebra.operations[base][0] == "potrf" and a in (base, self.turned(base)):
            return self.by_triangle(base, b, is_turned is not (a != base))
        if node.kwargs.get("lower"):
            return self.by_triangle(self.as_rows(a), b, is_turned)
        rows = self.as_rows(self.turned(b))
        found = algebra.make("solved", self.lu(a), rows, "N" if is_turned else "T", self.shape(rows))
        return self.turned(found)

    def by_triangle(self, a: int, b: int, is_turned: bool) -> int:
        """A lower triangle, or its transpose, solved for ``b``."""
        rows, letter = self.as_rows(b), "T" if is_turned else "N"
        return self.algebra.make("by_triangle", a, rows, letter, self.shape(rows))

    def inverse(self, node: Node) -> int:
        """The inverse of a matrix."""
        found = self.lu(self.matrix(node.args[0]))
        n = self.shape(found)[1]
        whole = self.algebra.make("inverse", found, (n + BLOCK, n))
        return self.algebra.seen(whole, lambda a: a[:n])

    def cholesky(self, node: Node) -> int:
        """The lower triangle whose product with its transpose is a matrix, of which the lower triangle is
        read.
        """
        a = self.triangles.get(self.operand(node.args[0]), None)
        one = self.matrix(node.args[0]) if a is None else a
        return self.algebra.make("potrf", self.as_rows(one), self.shape(one))

    def one_triangle(self, node: Node) -> int:
        """The symmetric matrix of which one triangle is given."""
        one, is_lower = self.numbers(self.operand(node.args[0])), node.args[1]
        n, axes = self.shape(one)[-1], len(self.shape(one))
        turned = self.algebra.turned(one, (*range(axes - 2), axes - 1, axes - 2))
        given, other = (one, turned) if is_lower else (turned, one)
        mask = self.constants(np.broadcast_to(np.tri(n, dtype=bool), self.shape(one)))
        found: int = self.each(self.algebra.choose, mask, given, other)
        if axes == 2:
            self.triangles[found] = given
        return found

    def log_determinant(self, node: Node) -> tuple[int, int]:
        """The sign of the determinant, and the logarithm of its size."""
        found = self.lu(self.matrix(node.args[0]))
        n, algebra = self.shape(found)[1], self.algebra
        sizes = algebra.make("log", algebra.make("fabs", algebra.seen(found, lambda a: np.diagonal(a[:n]))))
        return algebra.make("lu_sign", found, ()), self.summed(sizes, (0,))

    def determinant(self, node: Node) -> int:
        """The determinant."""
        sign, logarithm = self.log_determinant(node)
        return self.algebra.multiply(sign, self.algebra.make("exp", logarithm))

    def part(self, node: Node) -> int:
        """One of several results of an operation."""
        results, k = self.ids[node.args[0]], node.args[1]
        if results.__class__ is not tuple:
            raise Unsupported(f"{node.args[0].what} has no native form")
        found: int = results[k]
        return found


Factored.forms = {
    "part": Factored.part,
    factors.inverse_: Factored.inverse,
    factors.applied_: Factored.solution,
    linalg.one_triangle: Factored.one_triangle,
    np.linalg.inv: Factored.inverse,
    np.linalg.solve: Factored.solution,
    np.linalg.cholesky: Factored.cholesky,
    np.linalg.slogdet: Factored.log_determinant,
    np.linalg.det: Factored.determinant,
}
