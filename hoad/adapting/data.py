"""Values that lead to no code: numbers, text and arrays, in any containers."""

from __future__ import annotations

import collections
import contextvars
import functools
import gc
import itertools
import types
import weakref
from typing import Any

import numpy as np

from ..backends import backend_of
from ..guests import has_guide, house_of, is_of_a_house
from ..nested import Traced
from ..values.foreign import is_gone

PLAIN = frozenset({
    float, int, complex, bool, str, bytes, type(None), type(...), slice, range, np.ndarray, np.float64,
    np.float32, np.int64, np.bool_, np.dtype,
})  # fmt: skip
CONTAINERS = (list, tuple, set, frozenset, collections.deque)
MAPPINGS = (dict, collections.OrderedDict, collections.Counter, collections.defaultdict)
LOOKED_AT = 16  # the elements of a list by which it counts as data: it may hold millions


@functools.lru_cache(maxsize=512)
def slots_of(cls: Any) -> tuple[str, ...]:
    """The attributes that the objects of a class have beside their dictionary; not those of a base in whose
    place there is a property, for that would be called.
    """
    held = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    return tuple([name for name, value in held.items() if isinstance(value, types.MemberDescriptorType)])


def is_data(value: Any, depth: int = 3) -> bool:
    """Tell whether a value is numbers, text or arrays, in any containers, and so leads to no code."""
    try:
        cls = value.__class__
    except ReferenceError:
        return True  # a weak proxy whose object is no more
    if cls is np.ndarray and value.dtype.hasobject:
        return all([is_data(v, depth - 1) for v in held_in_c(value)])
    if cls in PLAIN or issubclass(type(value), (np.generic, np.ndarray, Traced)):
        return True
    if cls in MAPPINGS[:3]:
        if any([callable(k) for k in itertools.islice(value, LOOKED_AT)]):
            return False  # a table of functions
        return depth > 0 and all([is_data(v, depth - 1) for v in list(value.values())])
    if cls in CONTAINERS:
        some = itertools.islice(value, LOOKED_AT)
        return depth > 0 and all([is_data(v, depth - 1) for v in some])
    return backend_of(value) is not None or (is_of_a_house(value) and not has_guide(house_of(value)))


def held_in_c(value: Any) -> list[Any]:
    """What an object holds that stands in no attribute of it, where its class is written in C: the variables
    of a generator that has begun, what an iterator goes over, whose method it is, what a reference is to.

    Example:
        >>> len in held_in_c(map(len, [])), held_in_c({1: len}.get)
        (True, [{1: <built-in function len>}])
    """
    cls = type(value)
    held: list[Any] = []
    if issubclass(cls, PROXIES):
        held = [] if is_gone(value) else [value.__repr__.__self__]
    elif issubclass(cls, weakref.ref):
        held = [value()]
    elif issubclass(cls, BaseException):
        held = list(value.args)
    elif cls is np.ndarray:
        held = list(itertools.islice(value.flat, LOOKED_AT)) if value.dtype.hasobject else []
    elif cls is contextvars.ContextVar:
        held = [value.get(None), *gc.get_referents(value)]
    elif cls in (types.BuiltinFunctionType, np.ufunc) or not hasattr(value, "__dict__"):
        held = gc.get_referents(value)
    return [
        part
        for part in held
        if not isinstance(part, (types.ModuleType, type, types.CodeType))
        and not (part.__class__ is dict and "__builtins__" in part)  # the names of a module
    ]


PROXIES = (weakref.ProxyType, weakref.CallableProxyType)
