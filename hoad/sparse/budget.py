"""``Budget``: what a structured tangent may cost, where dense rows would do as well.

Nobody can tell from a program how structured its tangents stay. So the work is counted as it is done, in
elements that are computed; before what is large, ahead of it. A *sample* carries a few of the columns only:
what it costs, times the number of columns that each stands for, is about what all would.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .blocks import NONE

GOLDEN = 0.5 * (5**0.5 - 1)
MULTIPLICATION = 0.04  # one of those in a product of matrices, in elements
ENTRY = 60.0  # of a product of sparse matrices, in elements


class Unstructured(Exception):
    """An operation that asks a tangent for what no linear map can tell, or that would be too large."""


class Budget:
    """What may be spent.

    Args:
        most: elements.
        count: how many columns there are.
        sample: how many of them are carried; None for all.
        more: asked once, when nothing is left, how much more there is.
    """

    __slots__ = ("carried", "each", "left", "more")

    def __init__(
        self,
        most: float,
        count: int,
        sample: int | None = None,
        more: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.left = most
        self.more = more
        self.each = 1.0
        self.carried: np.ndarray | None = None
        if sample is not None and sample < count:
            self.each = count / sample
            self.carried = np.full(count, False)
            self.carried[here_and_there(sample, count)] = True

    def spend(self, whole: float, by_column: float = 0.0) -> None:
        """Count some work.

        Args:
            whole: elements of which there are as many in a sample as in all.
            by_column: elements of which each column has its own.

        Raises:
            Unstructured: it is more than is left.
        """
        self.left -= whole + self.each * by_column
        if self.left < 0:
            self.left, self.more = self.left + self.more(), lambda: 0.0
        if self.left < 0:
            raise Unstructured("dense rows cost less")

    def sampled(self, columns: np.ndarray) -> np.ndarray:
        """Columns of which those that are not carried are none."""
        if self.carried is None:
            return columns
        return np.where(self.carried[columns], columns, np.int32(NONE))


def here_and_there(few: int, many: int) -> np.ndarray:
    """Some of the numbers below ``many``, in no step with rows and columns."""
    return (np.arange(few) * GOLDEN % 1.0 * many).astype(int)
