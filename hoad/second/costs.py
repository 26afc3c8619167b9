"""What sweeps over a recorded program cost, by its operations: so it is decided how a Jacobian is worked out.

The costs are microseconds as they were measured, of which only the ratios matter. A direction by itself costs
less than many at once do, above all where values are numbers; many at once cost hardly more than a few.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..values.shapes import REALS, size_of

# An operation on a number, and one on an array, beside the arithmetic.
DOWN_ALONE = 0.4, 2.4
DOWN_TOGETHER = 2.2, 5.5
UP_ALONE = 0.45, 2.6
UP_TOGETHER = 5.0, 14.0
# The arithmetic, an element.
DOWN = 0.002
UP = 0.0035
SINGLE = REALS | {tuple}
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
