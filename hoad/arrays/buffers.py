"""Buffers of large arrays: whose they are, and those that one derivative leaves to the next.

An allocator gives large blocks back to the system when they are freed, and each new one is paged in again,
which costs more than many an operation on it; and the values of a program all live until its sweep. So the
arrays of a program that nobody else holds are kept, up to ``MOST`` bytes, for the next program. Nothing of
the process is set for that: the buffers are NumPy's own, which operations write into by ``out=``.

Whether anybody else holds an array is told by the count of its references. An array that looks at another's
memory, or is looked at, is never taken: the view holds a reference.
"""

from __future__ import annotations

import functools
import sys
import threading
import weakref
from typing import Any

import numpy as np

LARGE = 2**17  # bytes, from which on a buffer is worth its keeping
MOST = 2**27  # bytes of all buffers that wait
DOUBLE = np.dtype(np.float64)

_waiting: dict[tuple[int, ...], list[np.ndarray]] = {}
_taken: dict[tuple[int, ...], int] = {}  # how many were asked for, and not given back yet
_guard = threading.RLock()


def is_large(x: Any) -> bool:
    """Tell whether a value is a large plain array of doubles, without gaps."""
    return x.__class__ is np.ndarray and x.nbytes >= LARGE and x.dtype is DOUBLE and x.flags.c_contiguous


@functools.cache
def gives_doubles(function: Any) -> bool:
    """Tell whether a function is a ufunc that makes doubles of doubles, and so can write into a buffer."""
    return isinstance(function, np.ufunc) and f"{'d' * function.nin}->d" in function.types


def room(shape: tuple[int, ...]) -> np.ndarray:
    """A buffer of doubles for a result of that shape; its contents are anything."""
    _taken[shape] = _taken.get(shape, 0) + 1
    try:
        return _waiting[shape].pop()
    except (KeyError, IndexError):
        return np.empty(shape)


def holders(values: list[Any], k: int) -> int:
    """How many references there are to what a list holds; at least ``ALONE``."""
    return sys.getrefcount(values[k])


ALONE = holders([np.empty(1)], 0)


def is_own(x: np.ndarray) -> bool:
    """Tell whether an array, to which nobody else refers, has memory of its own that may be written to: or is
    another shape of such an array, to which nothing but it refers.
    """
    base = x.base
    if base is not None and (
        base.__class__ is not np.ndarray or sys.getrefcount(base) > OF_A_VIEW or base.size != x.size
    ):
        return False
    owner = x if base is None else base
    return (
        x.dtype is owner.dtype is DOUBLE
        and x.flags.c_contiguous
        and x.flags.writeable
        and owner.flags.owndata
        and not weakref.getweakrefcount(x)
        and not weakref.getweakrefcount(owner)
    )


def holders_of_base(x: np.ndarray) -> int:
    """How many references there are to what a view looks at, as ``is_own`` counts them."""
    base = x.base
    return sys.getrefcount(base)


OF_A_VIEW = holders_of_base(np.empty(1)[:])


def leave(values: list[Any]) -> None:
    """Keep the large arrays of a list to which nothing else refers, and empty it."""
    if any(_taken.values()):  # else nobody has asked for any
        found = [
            k for k, x in enumerate(values) if x.__class__ is np.ndarray and x.nbytes >= LARGE and is_own(x)
        ]
        found = [k for k in found if holders(values, k) == ALONE]
        if found:
            with _guard:
                _keep([values[k] for k in found])
    values.clear()


def spare(x: Any, other: Any = None) -> None:
    """Keep an array that is read no more, unless it is ``other``; the caller alone holds it."""
    if x is not other and x.__class__ is np.ndarray and x.nbytes >= LARGE and is_own(x):
        with _guard:
            _keep([x])


def _keep(buffers: list[np.ndarray]) -> None:
    """Keep as many as were asked for."""
    held = sum([b.nbytes for waiting in list(_waiting.values()) for b in waiting])
    for buffer in buffers:
        shape, size = buffer.shape, buffer.nbytes
        if _taken.get(shape, 0) <= 0:
            continue
        if held + size > MOST:
            held -= _dropped(shape)
        if held + size <= MOST:
            _waiting.setdefault(shape, []).append(buffer)
            _taken[shape] -= 1
            held += size


def _dropped(shape: tuple[int, ...]) -> int:
    """Let go of the buffers of all other shapes.

    Returns:
        How many bytes they had.
    """
    freed = 0
    for other in [other for other in list(_waiting) if other != shape]:
        freed += sum([b.nbytes for b in _waiting.pop(other, ())])
        _taken.pop(other, None)
    return freed
