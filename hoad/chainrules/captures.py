"""Traced values wherever an argument holds them: in containers, and in the closures of functions.

A rule for ``map_sum(g, xs)`` must not lose the derivative by what ``g`` captured. So a function counts as a
container of the traced values in its closure, its defaults, its attributes, the arguments of a partial and
the object of a method; it is put together again around other values by giving the same code another closure.
An object that holds functions is a container of what they hold.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..nested import FIXED, Traced
from ..values.structs import put_together, take_apart
from ..values.trees import holds_number, is_container, is_struct, map_parts

Change = Callable[[Traced], Any]


class Holder:
    """An object of another library that has traced values in it, and is no container otherwise."""

    __slots__ = ()

    def held_parts(self) -> Any:
        """What may be traced in it."""
        raise NotImplementedError

    def with_parts(self, parts: Any) -> Any:
        """The same around other parts."""
        raise NotImplementedError


FUNCTIONS = (
    types.FunctionType,
    types.MethodType,
    functools.partial,
    functools._lru_cache_wrapper,
    np.vectorize,
)


def traced_in(tree: Any) -> list[Traced]:
    """All traced values in an argument, in order.

    Example:
        >>> traced_in([1.0, {"f": lambda x: x}])
        []
    """
    found: list[Traced] = []
    _walk(tree, found, set(), {})
    return found


def _walk(tree: Any, found: list[Any], seen: set[int], known: dict[int, Any]) -> None:
    if tree.__class__ in FIXED or tree.__class__ is np.ndarray:
        return
    if isinstance(tree, Traced):
        found.append(tree)
    elif isinstance(tree, FUNCTIONS):
        if id(tree) in known:
            found.append(tree)
        elif id(tree) not in seen:
            seen.add(id(tree))
            for part in parts_of(tree):
                _walk(part, found, seen, known)
    elif isinstance(tree, Holder):
        _walk(tree.held_parts(), found, seen, known)
    elif is_struct(tree):
        if id(tree) not in seen:
            seen.add(id(tree))
            for part in take_apart(tree, anything)[0]:
                _walk(part, found, seen, known)
    elif is_container(tree):
        map_parts(lambda part: _walk(part, found, seen, known), tree)


def anything(tree: Any) -> bool:
    """An object is taken apart whatever it holds: also if that is no number, but a function."""
    return True


def changes(tree: Any, known: dict[int, Any]) -> bool:
    """Tell whether anything in an argument is traced, or is a function that another one stands for."""
    found: list[Any] = []
    _walk(tree, found, set(), known)
    return bool(found)


def parts_of(function: Any) -> list[Any]:
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


def with_changed(tree: Any, change: Change, known: dict[int, Any] | None = None) -> Any:
    """The same argument with each traced value changed.

    Args:
        tree: an argument: a value, a container, a function.
        change: from a traced value to what stands in its place.
        known: what stands for a function, by its ``id``; filled in, so that recursion ends.

    Returns:
        The argument itself where nothing in it is traced, else a new one of its kind.
    """
    if isinstance(tree, Traced):
        return change(tree)
    if isinstance(tree, FUNCTIONS):
        known = {} if known is None else known
        if id(tree) in known:
            return known[id(tree)]
        return _function_with(tree, change, known) if changes(tree, known) else tree
    if isinstance(tree, Holder):
        return tree.with_parts(with_changed(tree.held_parts(), change, known))
    known = {} if known is None else known
    if is_struct(tree):
        if not changes(tree, known):
            return tree
        holds_number(tree)  # refuses an object that holds itself
        parts, metadata, _ = take_apart(tree, anything)
        return put_together(type(tree), metadata, [with_changed(part, change, known) for part in parts])
    if is_container(tree):
        return map_parts(lambda part: with_changed(part, change, known), tree)
    return tree


def _function_with(function: Any, change: Change, known: dict[int, Any]) -> Any:
    def again(part: Any) -> Any:
        return with_changed(part, change, known)

    if isinstance(function, functools.partial):
        keywords = {k: again(v) for k, v in function.keywords.items()}
        return functools.partial(again(function.func), *map(again, function.args), **keywords)
    if isinstance(function, types.MethodType):
        return types.MethodType(again(function.__func__), again(function.__self__))
    if isinstance(function, np.vectorize):
        options = {k: getattr(function, k) for k in ("otypes", "excluded", "cache", "signature")}
        return type(function)(again(function.pyfunc), **options)
    if isinstance(function, functools._lru_cache_wrapper):
        return again(function.__wrapped__)  # without the cache, which knows the values of the other
    old = function.__closure__ or ()
    moved = [_is_filled(cell) and changes(cell.cell_contents, known) for cell in old]
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
