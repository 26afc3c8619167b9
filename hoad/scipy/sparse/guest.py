"""A sparse matrix as the second operand: ``x @ A`` and ``x * A`` ask the traced x, which knows of arrays
only.

NumPy's arrays leave such an operation to SciPy. So do traced values: a matrix of SciPy's comes further in
than all levels, and carries the operation out by its own methods.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays.arraylike import ArrayLike
from ...errors import MissingRuleError
from ...nested import Level, refused
from .arithmetic import add, matmul, rmatmul, rsub, sub, timed, times, truediv
from .holding import without

GUESTS = Level()
GUESTS.tag = math.inf  # type: ignore[assignment]  # further in than all that will be opened
LEFT = {np.matmul: matmul, np.multiply: times, np.add: add, np.subtract: sub, np.true_divide: truediv}
RIGHT = {np.matmul: rmatmul, np.multiply: timed, np.add: add, np.subtract: rsub}


class Guest(ArrayLike):
    """A sparse matrix in an operation with a traced value."""

    __slots__ = ()
    differentiates = False

    def __init__(self, matrix: Any) -> None:
        self.level = GUESTS
        self.primal = matrix

    def process(self, rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out an operation as SciPy's matrices do.

        Raises:
            MissingRuleError: they have none.
        """
        first, second = (a.primal if a.__class__ is Guest else a for a in (*args, None, None)[:2])
        if args[0].__class__ is Guest and rule.function in LEFT:
            return LEFT[rule.function](first, second)
        found = RIGHT[rule.function](second, first) if rule.function in RIGHT else NotImplemented
        if found is NotImplemented:
            message = (
                f"np.{rule.name} of a sparse matrix and a value that is being differentiated has no "
                f"derivative; A.toarray() is the array"
            )
            raise refused(MissingRuleError(message), *args)
        return found

    @property
    def order(self) -> int:
        """No derivative is taken by it."""
        return 0

    def without_derivatives(self) -> Any:
        """The plain matrix."""
        return without(self.primal)
