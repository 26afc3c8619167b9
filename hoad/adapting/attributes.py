"""Attributes of plain arrays that a program asks for by itself.

``y = DATA.copy()`` asks the array and nobody else, so no name in the code leads to it: in a program that
writes into arrays, the result of such a method can be filled. ``DATA.dot(x)`` and ``(DATA * [x, y]).real``
ask nobody either, in any program: of traced numbers the array makes one of objects. ``rewriting.py`` has
them asked for here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.fillable import fillable
from ..arrays.unreached import UNREACHED
from ..values.captures import traced_in
from .copying import is_filled

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
