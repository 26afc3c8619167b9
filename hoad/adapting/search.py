"""The search: from a function to what is bound while a derivative of it runs."""

from __future__ import annotations

import builtins
import functools
import types
from typing import Any

import numpy as np

from .binding import Item, binding_at, original_at
from .builtins import CALLED
from .data import is_data
from .known import LEFT, RUNNING, Adaptation, Known, needed_by
from .reach import Reach, compared_in
from .reading import Names
from .replacements import builtin_of, importing, replacement_of, special_of


def known(f: Any) -> Known:
    """A function of Python code, searched."""
    reach = Reach(LEFT).search(f)
    return Known(f, reach.checks, None if f.__code__ in LEFT else adaptation_from(reach))


def of_module(module: Any, names: Names) -> Adaptation | None:
    """What is to be bound for a module that joins a program."""
    return adaptation_from(Reach(LEFT, names).search(module))


def of(f: Any, more: list[Any]) -> Adaptation | None:
    """What is to be bound for a function that is no plain one, or with arguments that lead to more code."""
    while not hasattr(f, "__code__"):
        f, parts = inner(f)
        if f is None:
            return adaptation_from(Reach(LEFT).search(*parts, *more)) if parts or more else None
        more = more + parts
    return adaptation_from(Reach(LEFT).search(f, *more)) if more else needed_by(f)


def inner(f: Any) -> tuple[Any, list[Any]]:
    """The function of a partial, a decorated one, or an object that can be called; and what else it holds."""
    if isinstance(f, functools.partial):
        return f.func, [v for v in (*f.args, *f.keywords.values()) if not is_data(v)]
    if hasattr(f, "__wrapped__"):
        return f.__wrapped__, []
    if isinstance(f, np.ufunc | types.BuiltinFunctionType | type):
        return None, [f] if isinstance(f, type) else []
    called = vars(type(f)).get("__call__") or type(f).__call__
    return (called, [f]) if hasattr(called, "__code__") else (None, [f])


def adaptation_from(reach: Reach) -> Adaptation | None:
    """What is to be bound in the places that were reached; None for nothing."""
    names, bindings = reach.names, []
    for place, value in reach.found:
        new = replacement_of(value, names)
        new = special_of(value) if new is None else new
        if new is not None:
            bindings.append(binding_at(place, value, new))
    for place, name in reach.missing:
        new = builtin_of(name, names)
        if new is not None and not (name in CALLED and name in compared_in(place.holder)):
            bindings.append(binding_at(place, original_at(place), new))
    if names.imported:
        place = Item(builtins.__dict__, "__import__")
        bindings.append(binding_at(place, IMPORT, IMPORTING))
    return Adaptation(list(dict.fromkeys(bindings)), names) if bindings else None


def joined(module: Any) -> None:
    """A module was imported in the body of a function."""
    if (run := RUNNING.get()) is not None:
        run.join(module)


IMPORT = builtins.__import__
IMPORTING = importing(IMPORT, joined)
