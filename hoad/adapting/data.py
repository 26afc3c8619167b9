"""Values that lead to no code: numbers, text and arrays, in any containers."""

from __future__ import annotations

import collections
import functools
import itertools
import types
from typing import Any

import numpy as np

from ..backends import backend_of
from ..guests import has_guide, house_of, is_of_a_house
from ..nested import Traced

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
    cls = value.__class__
    if cls in PLAIN or issubclass(type(value), (np.generic, np.ndarray, Traced)):
        return True
    if cls in MAPPINGS[:3]:
        return depth > 0 and all([is_data(v, depth - 1) for v in list(value.values())])
    if cls in CONTAINERS:
        some = itertools.islice(value, LOOKED_AT)
        return depth > 0 and all([is_data(v, depth - 1) for v in some])
    return backend_of(value) is not None or (is_of_a_house(value) and not has_guide(house_of(value)))
