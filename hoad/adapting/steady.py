"""A function object that was compared once, and what tells that a second comparison would find the same.

What a function is made of is its code and what it has captured (``signature.py``). Functions, modules and
classes are what they were as long as they are the same objects; so for most functions a later look is one
comparison of identities for each captured variable. Nothing of the user's is kept alive by it.
"""

from __future__ import annotations

import types
import weakref
from typing import Any

import numpy as np

from ..chainrules import RULES
from .binding import contents
from .data import PLAIN

DATA: Any = type("Data", (), {"__repr__": lambda self: "DATA"})()  # numbers, text or arrays: they may change
BY_IDENTITY = (types.ModuleType, types.BuiltinFunctionType, type)
OF_NUMPY = (np.ufunc, type(np.sum))  # to which no weak reference can be made


class Steady:
    """A function, and what it has captured, as they were.

    Args:
        f: the function.
        above: those that have captured it.

    Raises:
        LookupError: something in it can change and stay the same object.
    """

    __slots__ = ("code", "f", "held")

    def __init__(self, f: types.FunctionType, above: tuple[Any, ...] = ()) -> None:
        if f.__kwdefaults__ or f.__defaults__ or f in above:
            raise LookupError
        self.f = weakref.ref(f)
        self.code = weakref.ref(f.__code__)
        self.held = [kept(contents(cell), (*above, f)) for cell in f.__closure__ or ()]

    def holds(self, f: Any) -> bool:
        """Tell whether this is the function, and all that it has captured as it was."""
        known: Any = self.f()
        if known is not f:
            return False
        if self.code() is not f.__code__ or f.__defaults__ or f.__kwdefaults__:
            return False
        if not self.held:
            return True
        try:
            for cell, value in zip(f.__closure__, self.held):  # noqa: B905 - a closure has one length for ever
                now = cell.cell_contents
                if value is DATA:
                    if now.__class__ not in PLAIN and not is_row(now):
                        return False
                elif value.__class__ is Steady:
                    if not value.holds(now):
                        return False
                elif value() is not now:
                    return False
        except ValueError:  # a cell that is empty now
            return False
        return True


def kept(value: Any, above: tuple[Any, ...]) -> Any:
    """How a captured variable is compared."""
    if value.__class__ in PLAIN or is_row(value):
        return DATA
    if type(value) is types.FunctionType:  # a reference says that it is one, too
        return Steady(value, above)
    if isinstance(value, BY_IDENTITY):
        return weakref.ref(value)
    if isinstance(value, OF_NUMPY) and value in RULES:
        return lambda: value  # which the table of rules keeps
    raise LookupError


def is_row(value: Any) -> bool:
    """Tell whether a value is a tuple of numbers, text or arrays."""
    return value.__class__ is tuple and all([part.__class__ in PLAIN for part in value])


def steady(f: Any) -> Steady | None:
    """What a function is by the identity of its parts; None where that does not tell."""
    try:
        return Steady(f)
    except LookupError:
        return None
