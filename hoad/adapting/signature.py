"""What a function was made of, as far as it leads to code: by this one tells that its program is the same.

Two functions of one line of code, which have captured functions of the same lines, run the same program; so
do two objects of one class whose attributes lead to the same. Nothing of the user's data is kept.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping
from typing import Any

from .binding import MISSING, Cell, Default, Item, Slot, code_of, contents, original_at
from .data import CONTAINERS, PLAIN, held_in_c, is_data, slots_of
from .doors import COMPILED
from .untouched import is_closed

FUNCTION = types.FunctionType
Signature = tuple[Any, ...]
MOST = 500  # objects that are looked at


class Seen(dict[int, int]):
    """What was met on the way, with its number: it may hold itself.

    Attributes:
        exact: whether values are told by their identity, as where something is bound in what they hold:
            another that is made alike has nothing of that.
        holders: what something may be bound in, by identity: the values and their dictionaries.
    """

    __slots__ = ("exact", "holders")

    def __init__(self, exact: bool = False) -> None:
        super().__init__()
        self.exact = exact
        self.holders: set[int] = set()


def signature(value: Any, seen: Seen | None = None) -> Signature:
    """What a value is made of.

    Args:
        value: a function, an object, or a container.
        seen: what was met on the way.

    Example:
        >>> def scaled(f):
        ...     return lambda x: 2 * f(x)
        >>> signature(scaled(abs)) == signature(scaled(abs)), signature(scaled(abs)) == signature(scaled(len))
        (True, False)
    """
    seen = Seen() if seen is None else seen
    if id(value) in seen or len(seen) > MOST:
        return (seen.get(id(value)),)
    seen[id(value)] = len(seen)
    seen.holders.add(id(value))
    parts = parts_of(value, seen)
    return (id(value), *parts) if seen.exact else parts


def parts_of(value: Any, seen: Seen) -> Signature:
    """The parts of a value that is met for the first time."""
    cls = value.__class__
    if cls is FUNCTION:
        return (code_of(value), id(value.__globals__), *[signature(v, seen) for v in captured(value)])
    if cls is types.MethodType:
        return (cls, signature(value.__func__, seen), signature(value.__self__, seen))
    if cls is functools.partial:
        return (cls, *[signature(v, seen) for v in (value.func, *value.args, *value.keywords.values())])
    if cls.__name__ in COMPILED:  # which has a dictionary, and is not made of it
        return (cls, id(value))
    parts: list[Any] = []
    if isinstance(value, (dict, types.MappingProxyType)):
        parts = entries(value, seen)
    elif isinstance(value, CONTAINERS):
        parts = [signature(v, seen) for v in value if leads_on(v)]
    held = getattr(value, "__dict__", None)
    if held.__class__ is dict and not isinstance(value, types.ModuleType):
        seen.holders.add(id(held))
        return (
            cls,
            *parts,
            *entries(held, seen, callable if is_closed(cls) else leads_on),
            *slots(value, seen),
        )
    if not parts and not callable(value):
        parts = [signature(v, seen) for v in held_in_c(value) if leads_on(v)]
    by_identity = not parts and (callable(value) or isinstance(value, types.ModuleType))
    return (cls, id(value)) if by_identity else (cls, *parts, *slots(value, seen))


def entries(held: Mapping[Any, Any], seen: Seen, may_lead: Callable[[Any], bool] | None = None) -> list[Any]:
    """The entries of a dictionary that lead to code. (Nothing that is bound for a while is data.)"""
    asked = may_lead or leads_on
    found = [(name, original_at(Item(held, name))) for name, v in list(held.items()) if asked(v)]
    return [(name, signature(v, seen)) for name, v in found if leads_on(v)]


def slots(value: Any, seen: Seen) -> list[Any]:
    """The attributes that lead to code and are in no dictionary."""
    found = [(name, original_at(Slot(value, name))) for name in slots_of(value.__class__)]
    return [(name, signature(v, seen)) for name, v in found if leads_on(v)]


def leads_on(value: Any) -> bool:
    """Tell whether a value may lead to code."""
    return value is not MISSING and type(value) not in PLAIN and not is_data(value)


def captured(f: types.FunctionType) -> list[Any]:
    """What leads to more code from a function: its captured variables and its defaults. (Nothing that is
    bound for a while is data.)
    """
    found = [original_at(Cell(cell, 0)) for cell in f.__closure__ or () if leads_on(contents(cell))]
    if f.__defaults__ or f.__kwdefaults__:
        places = [Default(f, name) for name in (*range(len(f.__defaults__ or ())), *(f.__kwdefaults__ or ()))]
        found += [original_at(place) for place in places if leads_on(place.get())]
    return found


def cells(value: Any, seen: tuple[Any, ...] = ()) -> list[int]:
    """The captured variables themselves, of a function and of those that it has captured, and the functions
    that have defaults.
    """
    if value.__class__ is not FUNCTION or value in seen:
        return []
    found = [id(cell) for cell in value.__closure__ or ()]
    found += (
        [id(value)] if value.__defaults__ or value.__kwdefaults__ else []
    )  # which are bound in the function
    return found + [c for v in captured(value) for c in cells(v, (*seen, value))]
