"""Values that lead to no code: numbers, text and arrays, in any containers."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np

from ..nested import Traced

PLAIN = frozenset({
    float, int, complex, bool, str, bytes, type(None), type(...), slice, range, np.ndarray, np.float64,
    np.float32, np.int64, np.bool_, np.dtype, np.ufunc,
})  # fmt: skip
CONTAINERS = (list, tuple, set, frozenset, collections.deque)
LOOKED_AT = 16  # the elements of a container by which it counts as data


def is_data(value: Any, depth: int = 3) -> bool:
    """Tell whether a value is numbers, text or arrays, in any containers, and so leads to no code."""
    cls = value.__class__
    if cls in PLAIN or issubclass(type(value), (np.generic, np.ndarray, Traced)):
        return True
    if cls in CONTAINERS or cls is dict:
        some = value.values() if cls is dict else value
        return depth > 0 and all(
            [is_data(v, depth - 1) for v, _ in zip(some, range(LOOKED_AT), strict=False)]
        )
    return False
