"""Writing in place: ``out[i] = v`` with NumPy's own meaning.

A traced value is a handle. A write gives the handle new contents; what was read from it before keeps the old ones. When
the value written belongs to a level further in than the handle's own, the handle first moves to that level, with its old
contents as its primal. Views (``row = out[0]``, ``out.T``) are linked to what they look at: a write through either is
seen by both.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from .nested import Traced, innermost


class Link:
    """What ties a view to the handle it looks at: the rule that reads it, and the views that look at it in turn."""

    __slots__ = ("arguments", "children", "parent", "rule")

    def __init__(self) -> None:
        self.parent: Any = None
        self.rule: Any = None
        self.arguments: Any = ((), {})
        self.children: list[weakref.ref[Any]] = []


def link_view(view: Any, parent: Any, rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Note that ``view`` is ``rule(parent, *args, **kwargs)`` and shares its elements."""
    above, below = link_of(parent), link_of(view)
    below.parent, below.rule, below.arguments = parent, rule, (args, kwargs)
    above.children = [child for child in above.children if child() is not None]
    above.children.append(weakref.ref(view))


def link_of(x: Any) -> Link:
    """The links of a handle, made on first use."""
    if getattr(x, "link", None) is None:
        x.link = Link()
    link: Link = x.link
    return link


def write(target: Any, index: Any, value: Any) -> None:
    """Carry out ``target[index] = value``.

    Args:
        target: a traced array.
        index: any index of NumPy, without traced values in it.
        value: a number, an array or a traced value.
    """
    top = innermost((target, value))
    if top is not None and top.level is not target.level:
        descend(target, top)
    target.put(index, value)
    refresh(target)


def descend(target: Any, top: Any) -> None:
    """Move a handle to the level of ``top``, further in; what it held becomes its primal."""
    held = object.__new__(type(target))
    for name in Traced.__slots__:
        if name != "__weakref__" and name != "link" and hasattr(target, name):
            setattr(held, name, getattr(target, name))
    held.link = None
    new = top.constant(held)
    target.__class__ = type(new)
    for name in ("level", "primal", "tangent", "slot"):
        if hasattr(new, name):
            setattr(target, name, getattr(new, name))


def refresh(target: Any) -> None:
    """After a write: carry it to what ``target`` is a view of, else to the views of ``target``."""
    link = getattr(target, "link", None)
    if link is None:
        return
    if link.parent is not None:
        args, kwargs = link.arguments
        if link.rule.name == "getitem":
            write(link.parent, args[0], target)
        else:
            write(link.parent, ..., link.rule.transpose_at(target, 0, (link.parent, *args), kwargs))
        return
    renew(target)


def renew(target: Any) -> None:
    """Read every view of ``target`` again."""
    for reference in target.link.children if target.link else ():
        view = reference()
        if view is not None:
            args, kwargs = view.link.arguments
            fresh = view.link.rule(target, *args, **kwargs)
            view.__class__ = type(fresh)
            for name in ("level", "primal", "tangent", "slot"):
                if hasattr(fresh, name):
                    setattr(view, name, getattr(fresh, name))
            renew(view)


def put(buffer: Any, index: Any, value: Any) -> Any:
    """``buffer[index] = value`` for the contents of a handle; the buffer is hoad's own.

    Returns:
        The buffer, or a new one where the old one could not hold the value.
    """
    if isinstance(buffer, Traced):
        buffer[index] = value  # type: ignore[index]
        return buffer
    top = innermost((value,))
    if top is not None:
        buffer = top.constant(buffer)  # type: ignore[attr-defined]
    elif not buffer.flags.writeable:
        buffer = buffer.copy()
    buffer[index] = value
    return buffer


def own(x: Any) -> Any:
    """A copy that may be written to."""
    return np.array(x) if isinstance(x, np.ndarray) else x.copy() if isinstance(x, Traced) else x  # type: ignore[attr-defined]
