"""How a traced number is a number: Python's float, and NumPy's scalars.

Which integer a number is next to does not change with it, so ``int(x)``, ``math.floor(x)`` and their kin are
plain integers, as ``np.floor`` has the derivative 0. What would give the number itself away is refused.
"""

from __future__ import annotations

import builtins
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.numpy.elementwise import DIGITS
from ..chainrules.numpy.shaping import as_number
from ..chainrules.refusals import escape, unread
from ..nested import Traced, ask, glance, primal, settle
from ..values.reading import note
from .texts import as_text, is_formatting

OF_PYTHON = {"e": float, "f": float, "d": float, "F": complex, "D": complex}  # by NumPy's letters


def of_python(x: Any) -> Any:
    """An element as a number of Python's, as far as that holds all of it."""
    cls = OF_PYTHON.get(x.dtype.char)
    return x if cls is None or glance(x).__class__ is cls else as_number(x, cls)


class ScalarLike(Traced):
    """The face of a number, for every kind of traced value."""

    __slots__ = ()

    # -- The integers next to it -----------------------------------------------------------------------------

    def _decides(self) -> Any:
        """The value by which a choice is made: plain, or one for each member of a batch."""
        value = primal(self)
        return self.primal if value is self else value

    def __int__(self) -> int:
        note("becomes an integer", self)
        return int(self._decides())

    def __floor__(self) -> Any:
        return math.floor(self._decides())

    def __ceil__(self) -> Any:
        return math.ceil(self._decides())

    def __trunc__(self) -> Any:
        return math.trunc(self._decides())

    def __round__(self, ndigits: int | None = None) -> Any:
        if ndigits is not None and ndigits >= DIGITS:
            ask(self, "it was rounded")
        return builtins.round(self._decides(), ndigits)

    def is_integer(self) -> Any:
        """Whether it has no fraction."""
        return self._decides().is_integer()

    def __index__(self) -> int:
        value = primal(self)
        if isinstance(value, (int, np.integer)):
            return int(value)
        raise TypeError(
            f"{value!r} can't be an index: an index must be an integer, and not differentiated; "
            f"int(x) is one, or int(hoad.primal(x))"
        )

    # -- The number itself -----------------------------------------------------------------------------------

    def __float__(self) -> float:
        mend = "np.float64-valued NumPy functions (np.sin for math.sin) stay traced"
        return float(self._escape("float(x)", mend, float))

    def __complex__(self) -> complex:
        return complex(self._escape("complex(x)", "x * (1 + 0j) makes a complex traced value", complex))

    def _escape(self, how: str, mend: str, convert: Callable[[Any], Any]) -> Any:
        value = primal(self)
        if not self.level.alive:
            return value
        if not isinstance(value, Traced) and is_formatting(sys._getframe(2)):
            return as_text(self)
        # An array of many raises what it would without a derivative.
        convert(np.zeros(self.shape, self.dtype) if isinstance(value, Traced) else value)
        raise escape(self, how, mend)

    def as_integer_ratio(self) -> tuple[int, int]:
        """Two integers whose quotient it is: of a value of which no derivative is taken any more."""
        value = settle(self)
        if isinstance(value, Traced):
            raise unread(self, "as_integer_ratio()")
        pair: tuple[int, int] = value.as_integer_ratio()
        return pair

    def hex(self) -> str:
        """Its text, as that of Python's floats."""
        return float(self._decides()).hex()

    @staticmethod
    def fromhex(text: str) -> float:
        """The number that ``hex`` wrote."""
        return float.fromhex(text)

    def tolist(self) -> Any:
        """Nested lists of traced numbers."""
        return [part.tolist() for part in self] if self.ndim else of_python(self)  # type: ignore[attr-defined]

    def item(self, *args: Any) -> Any:
        """One element, still traced."""
        if not args:
            if self.size != 1:
                raise ValueError("can only convert an array of size 1 to a Python scalar")
            return of_python(np.ravel(self)[0])
        index = args[0] if len(args) == 1 else args
        if isinstance(index, tuple):
            if len(index) != self.ndim:
                raise ValueError("incorrect number of indices for array")
            return of_python(self[index])  # type: ignore[index]
        return of_python(np.ravel(self)[index])
