"""Functions in a container that hold an object of the same container: a method of it, a closure around it.

``self.rate = self.arrhenius`` is such a function. Where the object is put together again around other values,
they have to hold the new one: else what they compute would stay a constant, with the derivative 0. So they
leave the container as ``Linked``, and where it is put together again they are made anew around its objects.
"""

from __future__ import annotations

import weakref
from typing import Any

from ..errors import ArgumentError
from .captures import anything, changes, with_changed
from .containers import children_of, holds_number, is_container, is_struct, map_parts
from .functions import FUNCTIONS
from .structs import fill, take_apart

HOLDERS = (*FUNCTIONS, weakref.ref)  # a weakref.WeakMethod is one


class Linked:
    """A leaf: a function, or a weak reference, that holds an object of the container which it was taken from;
    equal to another where the functions are."""

    __slots__ = ("function", "tree")

    def __init__(self, function: Any, tree: Any) -> None:
        self.function = function
        self.tree = tree

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Linked) and bool(self.function == other.function)

    def __hash__(self) -> int:
        return hash(self.function)

    def __repr__(self) -> str:
        return repr(self.function)

    def around(self, objects: dict[int, Any]) -> Any:
        """The same around other objects, by the ``id`` of those they stand for."""
        if isinstance(self.function, weakref.ref):
            return type(self.function)(_with(self.function(), objects))
        return _with(self.function, objects)


def _with(part: Any, objects: dict[int, Any]) -> Any:
    return with_changed(part, lambda value: value, dict(objects))


def linked(leaves: list[Any], tree: Any) -> list[Any]:
    """The leaves of a container, with those marked that hold an object of it."""
    objects: dict[int, Any] = {}
    _note(tree, tree, objects)
    if not objects:
        return leaves
    return [Linked(leaf, tree) if _reaches(leaf, objects) else leaf for leaf in leaves]


def _reaches(leaf: Any, objects: dict[int, Any]) -> bool:
    return isinstance(leaf, HOLDERS) and changes(leaf() if isinstance(leaf, weakref.ref) else leaf, objects)


def relinked(tree: Any, before: Any) -> Any:
    """A container that was put together again, its functions around its own objects.

    Args:
        tree: the container, with ``Linked`` leaves in it.
        before: that which it stands for.

    Returns:
        The same container, or a copy of its outer levels; its objects stay the same.
    """
    objects: dict[int, Any] = {}
    _note(before, tree, objects)

    def whole(part: Any) -> Any:
        return part.around(objects) if part.__class__ is Linked else part

    for new in objects.values():
        parts, metadata, _ = take_apart(new, anything)
        fill(new, metadata, [map_parts(whole, part) for part in parts])
    return map_parts(whole, tree)


def _note(old: Any, new: Any, objects: dict[int, Any]) -> None:
    """Note what stands for each object of a container."""
    if is_struct(old):
        if not holds_number(old):
            return
        if objects.setdefault(id(old), new) is not new:
            raise ArgumentError(
                f"a {old.__class__.__qualname__} is in two places of an argument, and a function in it holds "
                f"that object: which of the two is meant can't be told; put a copy in one place, as by "
                f"copy.copy"
            )
    for before, after in zip(children_of(old), children_of(new), strict=True):
        if is_container(before):
            _note(before, after, objects)
