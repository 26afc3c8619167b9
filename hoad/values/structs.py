"""Objects of Python classes as containers: which classes count, what their objects hold, and objects put
together again around other values.

An object counts by its *attributes*, wherever they are stored (``__dict__``, slots), so that plain classes,
dataclasses and attrs classes are one case; properties and methods just run on the copy. An object that holds
no number, however deep, is left alone: it stays the same object.
"""

from __future__ import annotations

import enum
import functools
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import ArgumentError

# Of the standard library only these bases are known to keep all they have in attributes.
OPEN_MODULES = frozenset({"abc", "argparse", "builtins", "collections", "collections.abc", "types", "typing"})
OWN_PROTOCOL = ("__array__", "__array_ufunc__", "__float__", "__complex__", "__next__", "__del__")
COLLECTIONS = (dict, list, tuple)


class Kept:
    """An object that is left alone, as part of a structure; equal to any other of its class."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and other.value.__class__ is self.value.__class__

    def __hash__(self) -> int:
        return hash(self.value.__class__)

    def __repr__(self) -> str:
        return f"a {self.value.__class__.__qualname__} left alone"


def is_struct_class(cls: type) -> bool:
    """Tell whether the objects of a class are containers of their attributes.

    They are if Python code defines it, and it is neither a number or an array of its own kind (which converts
    to NumPy's), nor an iterator, an enumeration, or the owner of a resource (which has ``__del__``), nor one
    of hoad's own or of the standard library's. A dataclass always counts.
    """
    if hasattr(cls, "__dataclass_fields__"):
        return True
    if isinstance(cls, enum.EnumMeta) or any(getattr(cls, name, None) is not None for name in OWN_PROTOCOL):
        return False
    modules = [str(c.__module__) for c in cls.__mro__]
    if cls.__module__ == "builtins" or any(_is_closed(module) for module in modules):
        return False
    try:
        blank(cls)
    except TypeError:  # its objects hold what only C code knows
        return False
    return True


def _is_closed(module: str) -> bool:
    house = module.partition(".")[0]
    return house == __name__.partition(".")[0] or (
        house in sys.stdlib_module_names and module not in OPEN_MODULES
    )


def blank(cls: type) -> Any:
    """An object of a class, without attributes yet; no code of the class runs."""
    kind: Any = next((kind for kind in COLLECTIONS if issubclass(cls, kind)), None)
    if kind is not None:
        return kind.__new__(cls)
    return types.SimpleNamespace() if cls is types.SimpleNamespace else object.__new__(cls)


@functools.cache
def _places(cls: type) -> tuple[tuple[str, ...], frozenset[str]]:
    """The fields and slots of a class, and its cached properties, whose values are worked out anew."""
    members = {name: value for c in reversed(cls.__mro__) for name, value in vars(c).items()}
    slots = [n for n, v in members.items() if isinstance(v, types.MemberDescriptorType) and n != "__dict__"]
    fields = getattr(cls, "__dataclass_fields__", {})
    cached = [n for n, v in members.items() if isinstance(v, functools.cached_property)]
    return tuple(dict.fromkeys([*fields, *slots])), frozenset(cached)


def attributes(value: Any) -> dict[str, Any]:
    """What an object holds, by name."""
    named, cached = _places(value.__class__)
    held = {name: getattr(value, name) for name in named if hasattr(value, name)}
    own = getattr(value, "__dict__", None)
    if own is not None and own is not value:
        held.update([(name, part) for name, part in own.items() if name not in cached])
    return held


def take_apart(value: Any, holds_number: Callable[[Any], bool]) -> tuple[list[Any], Any, list[Any]]:
    """What an object holds, what it needs to be put together again, and the names of the parts."""
    if not holds_number(value):
        return [], Kept(value), []
    held = attributes(value)
    keys: list[Any] = []
    items: list[Any] = []
    if isinstance(value, dict):
        keys, items = list(value), list(value.values())
    elif isinstance(value, (list, tuple)):
        keys, items = list(range(len(value))), list(value)
    is_own_dict = getattr(value, "__dict__", None) is value  # the usual trick for keys as attributes
    return [*items, *held.values()], (tuple(keys), tuple(held), is_own_dict), [*keys, *held]


def put_together(cls: type, metadata: Any, parts: Sequence[Any]) -> Any:
    """The inverse of ``take_apart``, for any values of the parts."""
    if isinstance(metadata, Kept):
        return metadata.value
    new = tuple.__new__(cls, parts[: len(metadata[0])]) if issubclass(cls, tuple) else blank(cls)
    fill(new, metadata, parts)
    return new


def fill(new: Any, metadata: Any, parts: Sequence[Any]) -> None:
    """Give an object the parts of another one of its class; a tuple has its items already."""
    keys, names, is_own_dict = metadata
    if isinstance(new, list):
        list.__setitem__(new, slice(None), parts[: len(keys)])
    elif isinstance(new, dict):
        dict.update(new, zip(keys, parts[: len(keys)], strict=True))
    if is_own_dict:
        object.__setattr__(new, "__dict__", new)
    for name, part in zip(names, parts[len(keys) :], strict=True):
        object.__setattr__(new, name, part)


def refuse_cycle(value: Any) -> None:
    """Refuse an object that holds itself."""
    raise ArgumentError(
        f"a {value.__class__.__qualname__} holds itself, through its attributes, so it can't be taken apart "
        f"into numbers; differentiate with respect to the numbers in it, or make the reference back a "
        f"weakref.ref"
    )
