"""Writing in place: ``out[i] = v`` with NumPy's own meaning.

A traced value is a handle. A write gives the handle new contents; what was read from it before keeps the old
ones. When the value written belongs to a level further in than the handle's own, the handle first moves to
that level, with its old contents as its primal. Views (``row = out[0]``, ``out.T``) are linked to what they
look at: a write through either is seen by both.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.numpy.indexing import read
from ..nested import BASE, ROOTS, Traced, glance, innermost, primal
from ..values.constants import arange, is_array, is_elsewhere, library, zeros
from .roots import WRITTEN, hand_over


def is_view(out: Any, source: Any) -> bool:
    """Tell whether an output shares its elements with the input that it was read from.

    Args:
        out: what a rule that can give views gave: a plain value, or one of a level further out, which has
            answered this already.
        source: the first argument, without the level that asks.
    """
    if isinstance(out, Traced):
        return hasattr(out, "source")
    if not is_array(out) or not is_array(source) or not library(out).views or out.base is None:
        return False
    return out.base is source or out.base is source.base or library(out).shares(out, source)


def is_scalar(x: Any) -> bool:
    """Tell whether NumPy would have a number here, which can't be written to, and no array without axes."""
    return not np.ndim(x) and not hasattr(x, "source") and not is_box(glance(x))


def is_box(x: Any) -> bool:
    """Tell whether a plain value is an array without axes."""
    return is_array(x) and not x.ndim


def blank_like(held: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Zeros that can hold what ``held`` holds."""
    return held.blank(shape, dtype) if isinstance(held, Traced) else zeros(shape, dtype, like=held)


def link_view(view: Any, parent: Any, rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Note that ``view`` is ``rule(parent, *args, **kwargs)`` and shares its elements."""
    view.source = (parent, rule, args, kwargs)
    view.level.linked = parent.level.linked = True
    views = getattr(parent, "views", None)
    if views is None:
        views = parent.views = []
    if len(views) & 127 == 127:
        parent.views = views = [reference for reference in views if reference() is not None]
    views.append(weakref.ref(view))


def write(target: Any, index: Any, value: Any, written: Any = None) -> None:
    """Carry out ``target[index] = value``.

    Args:
        target: a traced array.
        index: any index of NumPy, without traced values in it.
        value: a number, an array or a traced value.
        written: the view of the target that the write came through, and that has its new contents.
    """
    if target.dtype.kind not in "fcO":
        value = primal(value)  # NumPy's meaning: cut to an integer, which has no derivative
    if hasattr(target, "source"):
        if is_read_only(target):
            raise ValueError("assignment destination is read-only")
        parent, rule, args, kwargs = target.source
        if not rule.gathers and rule.holds is None:
            places = rule(arange(parent.size, like=parent).reshape(parent.shape), *args, **kwargs)
            parent = parent if parent.ndim else np.reshape(parent, 1)
            write(parent, np.unravel_index(read(places, index), parent.shape), value)
            return
    top = innermost((target, value, *index) if index.__class__ is tuple else (target, value, index))
    if top is not None and top.level is not target.level:
        descend(target, top)
    target.store(index, value)
    if ROOTS:
        WRITTEN[0](target, index, value)
    refresh(target, written)


def overwrite(target: Any, value: Any) -> None:
    """Carry out ``target[...] = value`` for a value of the same shape and dtype that nobody else holds: the
    target takes its contents, and nothing is written. (A plain array may be the user's, which is written to.)
    """
    parent_rule = target.source[1] if hasattr(target, "source") else None
    is_linked = parent_rule is None or parent_rule.gathers or parent_rule.holds is not None
    if not isinstance(value, Traced) or value.level is BASE or not is_linked or is_read_only(target):
        write(target, ..., value)
        return
    move(target, value)
    refresh(target)


def is_itself(target: Any, index: Any, value: Any) -> bool:
    """Tell whether ``value`` is the view ``target[index]``, which is written back as it is: what
    ``target[index] += 1`` does last.
    """
    if not isinstance(value, Traced) or not hasattr(value, "source"):
        return False
    parent, rule, args, _ = value.source
    return parent is target and rule.gathers and (args[0] is index or is_same_slice(args[0], index))


def is_same_slice(a: Any, b: Any) -> bool:
    """Tell whether two indices are the same slice."""
    return a.__class__ is slice and b.__class__ is slice and bool(a == b)


def is_read_only(view: Any) -> bool:
    """Tell whether NumPy made a view read-only, or what it is a view of."""
    if not hasattr(view, "source") or is_writeable(view):
        return False
    parent = view.source[0]
    return is_writeable(parent) or is_read_only(parent)


def is_writeable(x: Any) -> bool:
    """Tell whether an array may be written into, as any may that its library can't lock."""
    held = glance(x)
    return not library(held).locks or bool(held.flags.writeable)


def move(handle: Any, new: Any) -> None:
    """Let a handle hold what ``new`` holds."""
    handle.__class__ = type(new)
    for name in new.contents:
        if hasattr(new, name):
            setattr(handle, name, getattr(new, name))
    if ROOTS:
        hand_over(handle, new)
    if hasattr(handle, "source") or hasattr(handle, "views"):
        handle.level.linked = True


def descend(target: Any, top: Any) -> None:
    """Move a handle to the level of ``top``, further in; what it held becomes its primal: of an array that
    waited to be filled, the plain array.
    """
    if target.level is BASE:
        move(target, top.constant(target.primal))
        return
    held = object.__new__(type(target))
    move(held, target)
    move(target, top.constant(held))


def look_through(handle: Any, make: Callable[[Any], Any]) -> None:
    """Let a handle be a view of what it holds, as ``x.shape = (2, 3)`` does.

    Args:
        handle: a traced array.
        make: gives the view of an array.

    Raises:
        AttributeError: that is no view.
    """
    if not hasattr(make(handle), "source"):
        raise AttributeError("Incompatible for in-place modification: assign to x itself, x = x.reshape(...)")
    held = object.__new__(type(handle))
    move(held, handle)
    held.views = getattr(handle, "views", [])
    for reference in held.views:
        follow(reference(), handle, held)
    if hasattr(handle, "source"):
        link_view(held, *handle.source)
        parent = handle.source[0]
        parent.views = [reference for reference in parent.views if reference() is not handle]
    view = make(held)
    move(handle, view)
    handle.views = []
    link_view(handle, *view.source)


def follow(view: Any, handle: Any, held: Any) -> None:
    """Let what looks at ``handle`` look at ``held``, which has its contents."""
    if isinstance(view, Traced):
        view.source = (held, *view.source[1:])
    elif view is not None:
        view.lender = held


def refresh(target: Any, written: Any = None) -> None:
    """After a write: carry it to what ``target`` is a view of, else to the views of ``target``, but the one
    that it was ``written`` through.
    """
    if hasattr(target, "source"):
        parent, rule, args, kwargs = target.source
        if rule.gathers:
            write(parent, args[0], target, target)
        else:
            write(parent, ..., rule.holds(target, parent, *args, **kwargs), target)
    else:
        renew(target, written)


def renew(target: Any, written: Any = None) -> None:
    """Read every view of ``target`` again, but the one that was ``written``; the views of that, too."""
    references = getattr(target, "views", None)
    if not references:
        return
    views = [reference() for reference in references]
    if any([view is None for view in views]):
        target.views = [r for r, view in zip(references, views, strict=True) if view is not None]
    for view in views:
        if view is None:
            continue
        if not isinstance(view, Traced):
            view.read()  # the elements, in an array of objects: see lending.py
            continue
        if view is not written:
            _, rule, args, kwargs = view.source
            move(view, rule(target, *args, **kwargs))
        renew(view)


def put(buffer: Any, index: Any, value: Any) -> Any:
    """``buffer[index] = value`` for the contents of a handle; the buffer is hoad's own.

    Returns:
        The buffer, or a new one where the old one could not hold the value.
    """
    if isinstance(buffer, Traced):
        buffer = buffer.copy("K") if is_read_only(buffer) else buffer
        buffer[index] = value
        return buffer
    top = innermost((value, *index) if index.__class__ is tuple else (value, index))
    if top is not None:
        buffer = top.constant(buffer)
    elif is_elsewhere(buffer):
        return library(buffer).put(own(buffer) if ROOTS else buffer, index, value)
    elif buffer.__class__ is not np.ndarray or not buffer.flags.writeable:
        buffer = np.array(buffer)
    buffer[index] = value
    return buffer


def widened(change: Any, like: Any) -> Any:
    """A tangent or coefficient with room for complex numbers, where ``like`` may hold them."""
    is_narrow = np.iscomplexobj(like) and not np.iscomplexobj(change)
    return np.multiply(change, 1 + 0j) if is_narrow else change


def own(x: Any) -> Any:
    """A copy that may be written to."""
    if isinstance(x, (Traced, np.ndarray)):
        return x.copy("K")
    return library(x).copy(x) if is_elsewhere(x) else x
