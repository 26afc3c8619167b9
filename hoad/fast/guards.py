"""What a sweep that is written out (``lines.py``) takes for granted of the values that it is given."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np

from ..arrays.buffers import LARGE
from ..tangents.fit import COMPLEX
from ..values.shapes import COMPLEXES, DOUBLE, NUMBERS, REALS
from .sums import Unwritten

Columns = list[list[Any]]


def is_array(x: Any) -> bool:
    """Tell whether a value is an array of doubles, and none that is swept in buffers of its own."""
    return x.__class__ is np.ndarray and x.dtype is DOUBLE and x.ndim > 0 and x.nbytes < LARGE


def is_field(x: Any) -> bool:
    """Tell whether a value is a double or a complex number of two, or an array of such."""
    if x.__class__ is not np.ndarray:
        return x.__class__ in REALS or x.__class__ in COMPLEXES
    return (x.dtype is DOUBLE or x.dtype is COMPLEX) and x.nbytes < LARGE


def is_of_doubles(x: Any) -> bool:
    """Tell whether an array, or a number of NumPy's, gives a double beside a float of Python's, too."""
    return x.dtype.kind in "biu" or x.dtype in (DOUBLE, COMPLEX)


def is_of_integers(x: Any) -> bool:
    """Tell whether a value is an array of integers."""
    return x.__class__ is np.ndarray and x.dtype.kind in "biu"


def is_constant(x: Any) -> bool:
    """Tell whether a constant is a number, or an array of doubles or integers."""
    return x.__class__ in NUMBERS or is_array(x) or is_of_integers(x)


class Guards:
    """What a function takes for granted, asked once however often it is said.

    Args:
        columns: the program that it was written for.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.same: list[list[int]] = [[], []]  # the operands that must be the same, left and right
        self.lines: list[str] = []
        self.classes: dict[str, type] = {}

    def like(self, name: str, x: Any) -> None:
        """A name stands for a value of the class, the shape and the precision of ``x``."""
        if x.__class__ is np.ndarray:
            kind = " is not _DOUBLE" if x.dtype is DOUBLE else f".char != {x.dtype.char!r}"
            self.lines.append(
                f"{name}.__class__ is not _ndarray or {name}.shape != {x.shape} or {name}.dtype{kind}"
            )
        elif x.__class__ in REALS:
            self.lines.append(f"{name}.__class__ not in _REALS")
        else:
            self.lines.append(f"{name}.__class__ is not {self.named(x.__class__)}")

    def index(self, i: int, index: Any) -> None:
        """A write at this index, and at none that is equal and means another: True is 1, and selects all."""
        self.same[1].append(i)
        if index.__class__ is not tuple:
            if index in (0, 1):
                self.lines.append(f"right[{i}][0].__class__ is not {self.named(index.__class__)}")
        elif any([part in (0, 1) for part in index]):
            kinds = [self.named(part.__class__) for part in index]
            of_parts = f"[part.__class__ for part in right[{i}][0]] != [{', '.join(kinds)}]"
            self.lines.append(f"right[{i}][0].__class__ is not tuple or {of_parts}")

    def option(self, name: str, x: Any) -> None:
        """A name stands for a constant of the class of ``x``, which one of another may equal: True is 1."""
        if x.__class__ is tuple:
            kinds = [self.named(part.__class__) for part in x]
            self.lines.append(f"[part.__class__ for part in {name}] != [{', '.join(kinds)}]")
        elif x is not None:
            self.lines.append(f"{name}.__class__ is not {self.named(x.__class__)}")

    def named(self, kind: type) -> str:
        """The name of a class.

        Raises:
            Unwritten: it is another one's.
        """
        name = f"_{kind.__name__}"
        if self.classes.setdefault(name, kind) is not kind:
            raise Unwritten
        return name

    def source(self, namespace: dict[str, Any]) -> list[str]:
        """The lines; they go into a function that gives None."""
        found = []
        namespace |= self.classes
        for side, places, column in zip(("left", "right"), self.same, self.columns[1:3], strict=True):
            if places:
                take = namespace[f"_take_{side}"] = itemgetter(*dict.fromkeys(places))
                namespace[f"_same_{side}"] = take(column)
                found.append(f"_take_{side}({side}) != _same_{side}")
        refused = [[f"if {test}:", "    return None"] for test in dict.fromkeys([*found, *self.lines])]
        first = [f"    {line}" for lines in refused[: len(found)] for line in lines]
        rest = [line for lines in refused[len(found) :] for line in lines]
        if not found:
            return rest
        return ["try:", *first, "except ValueError:  # an array among the indices", "    return None", *rest]
