"""Copies of what was there before that the program may write traced values into: ``copy.deepcopy`` is bound
as all functions are. Methods of arrays stand in ``attributes.py``.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arrays.fillable import fillable
from ..nested import FILLS, INSIDE
from ..values.containers import children_of, is_container
from .modules import changed


def is_filled() -> bool:
    """Tell whether a derivative of a program runs that may write into arrays."""
    return INSIDE.get() and FILLS.get()


@functools.wraps(copy.copy)
def shallow(x: Any) -> Any:
    """As ``copy.copy``."""
    return fillable(copy.copy(x)) if x.__class__ is np.ndarray and is_filled() else copy.copy(x)


@functools.wraps(copy.deepcopy)
def deep(x: Any, memo: Any = None, *nil: Any) -> Any:
    """As ``copy.deepcopy``: the arrays in what is copied have their copies before it asks for them."""
    if not is_filled():
        return copy.deepcopy(x, memo, *nil)
    memo = {} if memo is None else memo
    for array in _arrays_in(x, set()):
        memo.setdefault(id(array), fillable(array.copy("K")))
    return copy.deepcopy(x, memo, *nil)


def _arrays_in(x: Any, seen: set[int]) -> Iterator[np.ndarray]:
    if x.__class__ is np.ndarray:
        if x.dtype.kind in "fc":
            yield x
    elif is_container(x) and id(x) not in seen:
        seen.add(id(x))
        for part in children_of(x):
            yield from _arrays_in(part, seen)


COPYING = changed(copy, copy=shallow, deepcopy=deep)
