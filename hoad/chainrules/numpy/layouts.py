"""The order in which memory holds the elements of an array, which ``order="K"`` and ``order="A"`` ask about.

A traced array has the layout of its primal, which NumPy itself has made.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import Traced, glance
from ...values.constants import is_elsewhere, library
from ...values.shapes import ndim_of, shape_of

Axes = tuple[int, ...]


def layout(a: Any) -> Any:
    """A plain array that lies in memory as NumPy's would; its values are not to be read."""
    if isinstance(a, Traced) and a.stands_in:
        return np.broadcast_to(np.zeros((1,) * a.ndim, a.dtype), a.shape)
    held = glance(a)
    held = library(held).layout(held) if is_elsewhere(held) else np.asarray(held)
    shape = shape_of(a)
    if held.shape == shape:
        return held
    member = (*(0,) * (held.ndim - len(shape)), ...)
    return held[member] if held.size else np.empty(shape, held.dtype)


def ask_where(a: Any, what: str) -> Any:
    """An array, of which the program itself asks where its elements lie. Where every use of it is noted, that
    must be the same in each call.

    Args:
        a: the array.
        what: what is asked, as ``"x.strides"``.

    Raises:
        RecordingError: it is an argument, or a part of one.
    """
    held = a
    while isinstance(held, Traced) and not held.noted:
        held = held.primal
    if isinstance(held, Traced):
        held.ask_where(what)
    return a


def is_ordered(a: Any, order: str) -> bool:
    """Tell whether an array already lies in memory in an order."""
    flags = layout(a).flags
    either = flags.c_contiguous or flags.f_contiguous
    found: dict[str, bool] = {"C": flags.c_contiguous, "F": flags.f_contiguous, "A": either, "K": True}
    return found[order]


def in_columns(held: Any) -> bool:
    """Tell whether an array lies in memory as Fortran would have it, and not as C would."""
    return bool(held.flags.f_contiguous and not held.flags.c_contiguous)


def in_rows(held: Any) -> Any:
    """The same elements in an array that lies in memory as C would have it."""
    if not is_elsewhere(held):
        return np.asarray(held, order="C")
    return held if layout(held).flags.c_contiguous else held.copy("C")


def by_steps(steps: list[int]) -> Axes:
    """The axes, those with the longest steps first; one without a step stays where it is, as in NumPy."""
    found: list[int] = []
    for k in reversed(range(len(steps))):
        place = len(found)
        for j in reversed(range(len(found))):
            if steps[k] and steps[found[j]]:
                if steps[k] >= steps[found[j]]:
                    break
                place = j
        found.insert(place, k)
    return tuple(reversed(found))


def outermost_first(x: Any, order: str) -> Axes:
    """The axes of an array, those with the longest steps first, in one of NumPy's four orders.

    Example:
        >>> outermost_first(np.zeros((2, 3)), "F"), outermost_first(np.zeros((2, 3)).T, "K")
        ((1, 0), (1, 0))
    """
    n = ndim_of(x)
    held = layout(x) if order in ("A", "K") and n > 1 else None
    if order == "F" or (held is not None and in_columns(held)):
        return tuple(range(n))[::-1]
    if order == "K" and held is not None and not held.flags.c_contiguous:
        return by_steps(
            [0 if m == 1 else abs(step) for m, step in zip(held.shape, held.strides, strict=True)]
        )
    if order not in ("C", "A", "K", None):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    return tuple(range(n))


def without_any(x: Any, order: str) -> str:
    """The order with ``"A"`` decided: it is that of Fortran where the array is held so."""
    if order != "A":
        return order
    axes = outermost_first(x, "A")
    return "C" if axes == tuple(range(len(axes))) else "F"
