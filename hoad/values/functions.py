"""Functions as containers of what they hold: in their closures, defaults and attributes, the arguments of a
partial and the object of a method; they are put together again by giving the same code another closure.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

Change = Callable[[Any], Any]

FUNCTIONS = (
    types.FunctionType,
    types.MethodType,
    functools.partial,
    functools._lru_cache_wrapper,
    np.vectorize,
)


def held_by(function: Any) -> list[Any]:
    """What a function holds."""
    if isinstance(function, functools.partial):
        return [function.func, *function.args, *function.keywords.values()]
    if isinstance(function, types.MethodType):
        return [function.__func__, function.__self__]
    if isinstance(function, functools._lru_cache_wrapper):
        return [function.__wrapped__]
    if isinstance(function, np.vectorize):
        return [function.pyfunc]
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    return [*cells, *defaults, *function.__dict__.values()]


def _is_filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def around(function: Any, again: Change, moves: Change, known: dict[int, Any]) -> Any:
    """The same function around other parts.

    Args:
        function: one of ``FUNCTIONS``.
        again: from a part to what stands in its place.
        moves: tells whether another stands in a part's place.
        known: what stands for a function, by its ``id``; filled in before its parts are made, as they may
            hold it.
    """
    if isinstance(function, functools.partial):
        keywords = {k: again(v) for k, v in function.keywords.items()}
        return functools.partial(again(function.func), *map(again, function.args), **keywords)
    if isinstance(function, types.MethodType):
        return types.MethodType(again(function.__func__), again(function.__self__))
    if isinstance(function, np.vectorize):
        options = {k: getattr(function, k) for k in ("otypes", "excluded", "cache", "signature")}
        return type(function)(again(function.pyfunc), **options)
    if isinstance(function, functools._lru_cache_wrapper):
        fresh = functools.lru_cache(**function.cache_parameters())  # the other knows other values
        return fresh(again(function.__wrapped__))
    old = function.__closure__ or ()
    moved = [_is_filled(cell) and moves(cell.cell_contents) for cell in old]
    cells = tuple(
        [types.CellType() if m else cell for cell, m in zip(old, moved, strict=True)]
    )  # others stay shared
    new = types.FunctionType(function.__code__, function.__globals__, function.__name__, None, cells or None)
    known[id(function)] = new
    for cell, before, m in zip(cells, old, moved, strict=True):
        if m:
            cell.cell_contents = again(before.cell_contents)
    new.__defaults__ = tuple(map(again, function.__defaults__)) if function.__defaults__ else None
    new.__kwdefaults__ = {k: again(v) for k, v in (function.__kwdefaults__ or {}).items()} or None
    new.__dict__.update({k: again(v) for k, v in function.__dict__.items()})
    new.__qualname__, new.__module__, new.__doc__ = (
        function.__qualname__,
        function.__module__,
        function.__doc__,
    )
    return new
