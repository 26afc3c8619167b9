"""What sweeps over a recorded program cost, by its operations: so it is decided how a Jacobian is worked out.

The costs are microseconds as they were measured, of which only the ratios matter. A direction by itself costs
less than many at once do, above all where values are numbers; many at once cost hardly more than a few.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kinds.batch_forms import is_elementwise
from ..tracer import pull_rule
from ..values.shapes import REALS, size_of
from .called import ACTIVE

# An operation on a number, and one on an array, beside the arithmetic.
DOWN_ALONE = 0.4, 2.4
DOWN_TOGETHER = 2.2, 5.5
UP_ALONE = 0.45, 2.6
UP_TOGETHER = 5.0, 14.0
# The arithmetic, an element.
DOWN = 0.002
UP = 0.0035
BOTH = 0.005  # down and up again, of second order
MULTIPLICATION = 0.0002  # each of those in a product of matrices, likewise
SINGLE = REALS | {tuple}
PRODUCTS = {*ACTIVE, pull_rule}
FEW = 4  # cotangents, up to which each goes alone


class Costs:
    """The costs of a program.

    Args:
        values: of its operations.
    """

    def __init__(self, values: list[Any]) -> None:
        arrays = [v for v in values if v.__class__ not in SINGLE]
        self.arrays = len(arrays)
        self.numbers = len(values) - self.arrays
        self.elements = sum([v.size if v.__class__ is np.ndarray else size_of(v) for v in arrays])

    def operations(self, each: tuple[float, float]) -> float:
        """All operations once, without their arithmetic."""
        return self.numbers * each[0] + self.arrays * each[1]

    def down_alone(self, n: int) -> float:
        """``n`` directions, one after the other."""
        return n * (self.operations(DOWN_ALONE) + DOWN * self.elements)

    def down_together(self, n: int) -> float:
        """``n`` directions along one axis."""
        return self.operations(DOWN_TOGETHER) + n * DOWN * (self.elements + self.numbers)

    def down(self, n: int) -> float:
        """``n`` directions."""
        return min(self.down_alone(n), self.down_together(n))

    def up(self, m: int) -> float:
        """``m`` cotangents of one output."""
        if m <= FEW:
            return m * (self.operations(UP_ALONE) + UP * self.elements)
        return self.operations(UP_TOGETHER) + m * UP * (self.elements + self.numbers)


def second_order(columns: list[list[Any]], elements: int, n: int) -> float:
    """Second derivatives along ``n`` directions by dense rows, without what is spent on each operation.

    Args:
        columns: of the program.
        elements: of its arrays.
        n: how many directions there are.
    """
    return n * (BOTH * elements + MULTIPLICATION * multiplications(columns))


def multiplications(columns: list[list[Any]]) -> float:
    """How many multiplications there are in products of matrices."""
    total = 0.0
    if PRODUCTS.isdisjoint(columns[0]):
        return total
    for pullback, a, b, out in zip(*columns, strict=True):
        if pullback in ACTIVE:
            active = ACTIVE[pullback]
            sizes = [size_of(columns[3][x] if k in active else x) for k, x in enumerate((a, b))]
        elif pullback is pull_rule and b[0].kind == "multilinear" and not is_elementwise(b[0]):
            _, args, _, active = b
            values = {k: columns[3][slot] for k, slot in zip(active, a, strict=True)}
            sizes = [size_of(values.get(k, x)) for k, x in enumerate(args)]
        else:
            continue
        total += (math.prod(map(float, sizes)) * size_of(out)) ** 0.5
    return total
