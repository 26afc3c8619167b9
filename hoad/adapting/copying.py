"""Methods of plain arrays: copies that the program may write traced values into, and what takes operands.

``y = DATA.copy()`` asks the array and nobody else, so no name in the code leads to it: in a program that
writes into arrays, such methods are asked for by ``rewriting.py``; ``copy.deepcopy`` is bound as all
functions are. ``DATA.dot(x)`` asks nobody either, in any program: of a traced x the array makes one of
objects.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..arrays.fillable import fillable
from ..arrays.unreached import UNREACHED
from ..nested import FILLS, INSIDE
from ..values.captures import traced_in
from ..values.containers import children_of, is_container
from .modules import changed

# Methods of an array that give another one, with memory of its own.
METHODS = frozenset({
    "astype", "choose", "clip", "compress", "conj", "conjugate", "copy", "cumprod", "cumsum", "dot",
    "flatten", "repeat", "round", "take",
})  # fmt: skip

# Methods of an array that are given others, which may be traced: of those the array makes one of objects.
BESIDE: dict[str, Callable[..., Any]] = {
    name: UNREACHED.get(function, function)
    for name, function in {"dot": np.dot, "clip": np.clip, "choose": np.choose}.items()
}
# Parts of an array, which one of objects, as of ``DATA * [x, y]``, does not have.
PARTS: dict[str, Callable[..., Any]] = {name: UNREACHED[getattr(np, name)] for name in ("real", "imag")}
ALWAYS = BESIDE.keys() | PARTS.keys()
ASKED = METHODS | ALWAYS


def is_filled() -> bool:
    """Tell whether a derivative of a program runs that may write into arrays."""
    return INSIDE.get() and FILLS.get()


def attribute_of(array: np.ndarray, name: str) -> Any:
    """A part, or one of the methods, which takes traced operands, and whose result can be filled."""
    if name in PARTS and array.dtype.kind == "O":
        return PARTS[name](array)
    method = getattr(array, name)
    if name in PARTS:
        return method
    if is_filled():
        method = functools.partial(_filling, method)
    return functools.partial(_beside, BESIDE[name], array, method) if name in BESIDE else method


def _beside(
    function: Callable[..., Any], array: np.ndarray, method: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    traced = traced_in(args) or (kwargs and traced_in(tuple(kwargs.values())))
    return function(array, *args, **kwargs) if traced else method(*args, **kwargs)


def _filling(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    out = method(*args, **kwargs)
    return out if out is method.__self__ else fillable(out)  # type: ignore[attr-defined]


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
