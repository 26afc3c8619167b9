"""Traced values wherever an argument holds them: in containers, and in the closures of functions.

A rule for ``map_sum(g, xs)`` must not lose the derivative by what ``g`` captured. So a function counts as a
container of the traced values in its closure, its defaults, its attributes, the arguments of a partial and
the object of a method; it is put together again around other values by giving the same code another closure.
An object that holds functions is a container of what they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..nested import FIXED, Traced
from .containers import is_container, is_struct, map_parts
from .functions import FUNCTIONS, around, held_by
from .structs import blank, fill, put_together, take_apart

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
            for part in held_by(tree):
                _walk(part, found, seen, known)
    elif isinstance(tree, Holder):
        _walk(tree.held_parts(), found, seen, known)
    elif is_struct(tree):
        if id(tree) in known:
            found.append(tree)
        elif id(tree) not in seen:
            seen.add(id(tree))
            for part in take_apart(tree, anything)[0]:
                _walk(part, found, seen, known)
    elif is_container(tree):
        map_parts(lambda part: _walk(part, found, seen, known), tree)


def anything(tree: Any) -> bool:
    """An object is taken apart whatever it holds: also if that is no number, but a function."""
    return True


def changes(tree: Any, known: dict[int, Any]) -> bool:
    """Tell whether anything in an argument is traced, or is something that another stands for."""
    found: list[Any] = []
    _walk(tree, found, set(), known)
    return bool(found)


def with_changed(tree: Any, change: Change, known: dict[int, Any] | None = None) -> Any:
    """The same argument with each traced value changed.

    Args:
        tree: an argument: a value, a container, a function.
        change: from a traced value to what stands in its place.
        known: what stands for a function or an object, by its ``id``; filled in, so that recursion ends.

    Returns:
        The argument itself where nothing in it is traced, else a new one of its kind.
    """
    if isinstance(tree, Traced):
        return change(tree)
    known = {} if known is None else known
    if isinstance(tree, Holder):
        return tree.with_parts(with_changed(tree.held_parts(), change, known))
    if isinstance(tree, FUNCTIONS) or is_struct(tree):
        if id(tree) in known or not changes(tree, known):
            return known.get(id(tree), tree)
        return _struct_with(tree, change, known) if is_struct(tree) else _function_with(tree, change, known)
    if is_container(tree):
        return map_parts(lambda part: with_changed(part, change, known), tree)
    return tree


def _struct_with(tree: Any, change: Change, known: dict[int, Any]) -> Any:
    """The same object around other parts; it is known before they are, as they may hold it."""
    parts, metadata, _ = take_apart(tree, anything)
    if isinstance(tree, tuple):
        return put_together(type(tree), metadata, [with_changed(part, change, known) for part in parts])
    new = known[id(tree)] = blank(type(tree))
    fill(new, metadata, [with_changed(part, change, known) for part in parts])
    return new


def _function_with(function: Any, change: Change, known: dict[int, Any]) -> Any:
    def again(part: Any) -> Any:
        return with_changed(part, change, known)

    return around(function, again, lambda part: changes(part, known), known)
