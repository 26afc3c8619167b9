"""Constants that a program keeps for later: small ones are copied, large ones are locked, so no change goes
unnoticed.

After ``z = x * c; c *= 2`` the derivative of z is the old c. Peers that keep a reference return the new one,
silently. A copy of a small array costs less than the operation it is for; a large array is made read-only
until the derivative is done, so that ``c *= 2`` raises.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .nested import Traced

KEEP_BY_COPY = 32768  # bytes

_locks: dict[int, list[Any]] = {}
_guard = threading.Lock()


class Locked(dict[int, Any]):
    """The arrays that one keeper has locked; they are given back with it at the latest."""

    def __del__(self) -> None:
        unlock(self)


def keep(value: Any, keeper: Any) -> Any:
    """Keep a constant.

    Args:
        value: any operand or option of an operation.
        keeper: an object whose attribute ``locked`` notes what is locked; None at first.

    Returns:
        A copy of a small array, a large array itself, a tuple of those for a tuple, and anything else as it
        is.
    """
    if isinstance(value, Traced) and getattr(value, "shape", None):
        return value.frozen()
    if value.__class__ is not np.ndarray:
        return tuple([keep(v, keeper) for v in value]) if value.__class__ is tuple else value
    if value.nbytes <= KEEP_BY_COPY:
        return value.copy()
    if keeper.locked is None:
        keeper.locked = Locked()
    if id(value) not in keeper.locked:
        lock(value, keeper.locked)
    return value


def lock(value: Any, held: dict[int, Any]) -> None:
    """Make an array and what it is a view of read-only."""
    with _guard:
        while isinstance(value, np.ndarray) and id(value) not in held:
            entry = _locks.setdefault(id(value), [value, 0, value.flags.writeable])
            entry[1] += 1
            held[id(value)] = value
            value.flags.writeable = False
            value = value.base


def unlock(held: dict[int, Any]) -> None:
    """Give back what was locked, once nobody else holds it; a view waits for the array that it looks at."""
    with _guard:
        for key in held:
            _locks[key][1] -= 1
        held.clear()
        waiting = [key for key, entry in _locks.items() if not entry[1]]
        while waiting:
            ready = [key for key in waiting if not _is_locked(_locks[key][0].base)]
            for key in ready:
                value, _, was_writeable = _locks.pop(key)
                if was_writeable:
                    value.flags.writeable = True
            waiting = [key for key in waiting if key not in ready] if ready else []


def _is_locked(base: Any) -> bool:
    return isinstance(base, np.ndarray) and id(base) in _locks
