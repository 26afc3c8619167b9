"""Sweeps written out: the pullbacks of a whole program as one function, once the same program comes again.

A fit asks for the gradient of the same few lines a hundred times, and each time the program that is
recorded has the same operations on values of the same shapes; numbers alone differ. A sweep finds out at
each operation which pullback it is, what its operands are, whether they are numbers or arrays, and whether
a cotangent must be summed to a shape. Here all that is found out once. The lines of the pullbacks, from the
same text of the partials, are put one after the other, with variables in the place of lists::

    t1 = 2 * v7 * c8
    t2 = t1 * v0
    ...

Each line is carried out while it is written, so what it gives is looked at and not deduced: that tells
whether it has to be fitted. The function begins with what it takes for granted (``Guards``): the same
operands, and inputs and constants of the same classes and shapes. All else follows from these, since an
operation of NumPy's on each element has a shape and a precision by those of its operands. Where a guard
does not hold, or Python's arithmetic raises, the sweep is made as ever: it is the specification, and
``tests/fast/test_straight.py`` compares the two, bit by bit.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.statements import LISTENERS
from ..nested import NOTING, Slot
from ..tape import Tape
from ..values.shapes import REALS
from .guards import Columns
from .lines import Form, Sweep, is_written

MOST = 2000  # operations of a program that is worth it: to write it out takes half a second
SIGHTS = 100  # how often it must have come: to write a function takes what some hundred calls of it save
OUTPUTS = 8  # that depend on the inputs, as those of a differential with several values
FORMS = 4  # functions for the same operations, of different shapes or operands
PROGRAMS = 128  # that are remembered
PLAIN = REALS | {np.ndarray}

_known: dict[tuple[Any, ...], Any] = {}  # by the pullbacks: how often they came, or the functions


def straight(columns: Columns, seeds: dict[Slot, Any], inputs: int) -> list[Any] | None:
    """The cotangents of the inputs, by a function written for this program; None where there is none."""
    pullbacks, left, right, values = columns
    if not 0 < len(pullbacks) <= MOST or not 0 < len(seeds) <= OUTPUTS or values[0].__class__ not in PLAIN:
        return None
    g: Any = tuple(seeds.values())
    g = g[0] if len(g) == 1 else g
    forms = known((*seeds, inputs, *pullbacks), pullbacks, is_written)
    for form in forms:
        found: list[Any] | None = form(values, left, right, g)
        if found is not None:
            return found
    if forms.__class__ is list and len(forms) < FORMS and not NOTING.get():
        forms.append(written(lambda: Sweep(columns, seeds, inputs).function()))
    return None


def known(key: tuple[Any, ...], pullbacks: list[Any], can_be: Callable[[Any], bool]) -> Any:
    """The functions of a program, a list that they are added to; an empty tuple where it came too seldom.

    Args:
        key: what tells it from others.
        pullbacks: its operations.
        can_be: whether the lines of one are known.
    """
    forms = _known.get(key, 0)
    if forms.__class__ is list:
        return forms
    if forms or all(map(can_be, pullbacks)):
        if len(_known) >= PROGRAMS:
            forget()
        _known[key] = forms + 1 if forms + 1 < SIGHTS else []
    return ()


def written(function: Callable[[], Form]) -> Form:
    """The function of a program; what goes wrong in the writing is no matter of the user's."""
    try:
        return function()
    except Exception:
        return none


def none(*given: Any) -> None:
    """No function for this program."""


def forget(*stated: Any) -> None:
    """Let go of what was written, as where a rule is stated anew."""
    gone = _known.copy()  # other threads may add to it
    _known.clear()
    for forms in gone.values():
        for form in forms if forms.__class__ is list else ():
            linecache.cache.pop(form.__code__.co_filename, None)


LISTENERS.append(forget)
Tape.quick = staticmethod(straight)
