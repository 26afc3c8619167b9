"""One-frame methods of arrays that wait to be filled: NumPy's own, on the plain arrays.

Beside a value of a level such an array is a constant: the operation is that value's, with the numbers as they
are now.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..arrays.fillable import Fillable, fillable
from ..arrays.mutation import link_view
from ..arrays.operators import BINARY
from ..chainrules import RULES
from ..chainrules.numpy.indexing import getitem as getitem_rule
from ..chainrules.numpy.indexing import is_place
from ..chainrules.statements import Scalar
from ..nested import BASE, ROOTS, Traced
from ..tape import STILL, no_pull, pull_put
from ..tracer import Draft, Tracer, become, stand_in
from ..values.shapes import DOUBLE, REALS
from .by_hand import by_hand
from .shortcuts import is_plain

NUMBERS = frozenset({float, int, np.float64})


def signs(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What ``waiting * other`` and ``other * waiting`` do."""
    compute = getattr(operator, f"__{name}__")
    general, general_reflected = vars(ArrayLike)[f"__{name}__"], vars(ArrayLike)[f"__r{name}__"]
    reflection = f"__r{name}__"

    def direct(x: Fillable, other: Any) -> Any:
        if other.__class__ in NUMBERS:
            return fillable(compute(x.primal, other))
        if isinstance(other, Traced):
            if other.level is BASE:
                return fillable(compute(x.primal, other.primal))
            return getattr(other, reflection)(x.primal.copy())
        return general(x, other)

    def reflected(x: Fillable, other: Any) -> Any:
        if other.__class__ in NUMBERS:
            return fillable(compute(other, x.primal))
        return general_reflected(x, other)

    return direct, reflected


def elementwise(ufunc: np.ufunc) -> Callable[..., Any]:
    """A ufunc of arrays that wait, and of constants."""

    def called(*args: Any) -> Any:
        plain = [a.primal if a.__class__ is Fillable else a for a in args]
        if any([isinstance(a, Traced) for a in plain]):
            return RULES[ufunc](*args)
        return fillable(ufunc(*plain))

    return called


def getitem(x: Fillable, index: Any) -> Any:
    """``x[index]``: of one element, the number; of integers and slices, a view that can be filled, too."""
    if not is_plain(index) or x.primal.__class__ is not np.ndarray:
        return ArrayLike.__getitem__(x, index)
    out = x.primal[index]
    if out.__class__ is not np.ndarray:
        return out
    view = Fillable(out)
    link_view(view, x, getitem_rule, (index,), {})
    return view


def setitem(x: Fillable, index: Any, value: Any) -> None:
    """``x[index] = value``; of one number, where nothing else looks at it."""
    if not is_place(index, x.primal.ndim) or is_shared(x) or (ROOTS and id(value) in ROOTS):
        ArrayLike.__setitem__(x, index, value)
    elif value.__class__ in REALS:
        x.primal[index] = value
    elif value.__class__ is Tracer and value.primal.__class__ in REALS and can_be_drafted(x, value.level):
        draft(x, index, value)
    else:
        ArrayLike.__setitem__(x, index, value)


def can_be_drafted(x: Fillable, tape: Any) -> bool:
    """Tell whether an array of doubles may move to a tape."""
    return bool(
        tape.alive and tape.lift is None and x.primal.__class__ is np.ndarray and x.primal.dtype is DOUBLE
    )


def draft(x: Any, index: Any, value: Tracer) -> None:
    """The first recorded number that is written into an array: it moves to the tape, as a draft of the
    contents that it will have.
    """
    held, tape = x.primal, value.level
    start, slot = tape.next_slot(), tape.next_slot()
    contents = stand_in(held.shape, DOUBLE)
    buffer = held.copy("K")
    buffer[index] = value.primal
    tape.program += (start, no_pull, None, STILL, held.copy("K"))
    tape.program += (slot, pull_put, start, (index, value.slot), contents)
    become(x, Draft)
    x.level, x.slot, x.primal, x.tangent = tape, slot, buffer, contents


def is_shared(x: Fillable) -> bool:
    """Tell whether an array is a view, or has some."""
    return hasattr(x, "source") or hasattr(x, "views")


for sign, function in BINARY.items():
    method, other_way = signs(sign)
    by_hand(Fillable, f"__{sign}__", method, function)
    by_hand(Fillable, f"__r{sign}__", other_way, function)
for function, rule in RULES.copy().items():
    if isinstance(function, np.ufunc) and isinstance(rule, Scalar) and rule.function is function:
        by_hand(Fillable.fused, function, elementwise(function), function)
setattr(Fillable, "__getitem__", getitem)
setattr(Fillable, "__setitem__", setitem)
