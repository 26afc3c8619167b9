"""Constants that a program keeps for later: small ones are copied, large ones locked, so no change goes
unnoticed.

After ``z = x * c; c *= 2`` the derivative of z is the old c. Peers that keep a reference return the new one,
silently. A copy of a small array costs less than the operation it is for; a large array is made read-only
until the derivative is done, so that ``c *= 2`` raises. A large array that looks at another, to which others
refer, is copied too, since it could be changed through that. (What NumPy can't prevent is a change of a large
array through a view of it that was made before.)
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np

from ..nested import Traced
from ..values.constants import is_elsewhere, library

KEEP_BY_COPY = 32768  # bytes

_locks: dict[int, list[Any]] = {}
_guard = threading.RLock()


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
        A copy of a small array or of a view, a large array itself, a tuple of those for a tuple, and anything
        else as it is.
    """
    if value.__class__ is not np.ndarray:
        if value.__class__ is tuple:
            return tuple([keep(v, keeper) for v in value])
        if isinstance(value, Traced):
            return value.frozen() if value.shape else value
        return library(value).kept(value) if is_elsewhere(value) else value
    if keeper.locked is not None and id(value) in keeper.locked:
        return value
    if value.nbytes <= KEEP_BY_COPY or is_seen_elsewhere(value):
        return value.copy()
    if keeper.locked is None:
        keeper.locked = Locked()
    lock(value, keeper.locked)
    return value


def lent(x: np.ndarray, keeper: Any) -> np.ndarray:
    """The user's array, for a program that ends before he has it back: a large one itself, locked under
    any other name, and to whoever asks as writeable as it was, since programs write into copies. Others are
    copied.
    """
    if x.nbytes <= KEEP_BY_COPY or not x.flags.writeable or is_seen_elsewhere(x):
        return x.copy("K")
    seen = x.view()
    keep(x, keeper)
    return seen


def is_seen_elsewhere(value: Any) -> bool:
    """Tell whether an array could be changed under another name: a view, or one made read-only before."""
    return (not value.flags.writeable and id(value) not in _locks) or (
        value.base is not None and sys.getrefcount(value.base) > 2
    )


def lock(value: Any, held: dict[int, Any]) -> None:
    """Make an array read-only."""
    with _guard:
        entry = _locks.setdefault(id(value), [value, 0])
        entry[1] += 1
        held[id(value)] = value
        value.flags.writeable = False


def unlock(held: dict[int, Any]) -> None:
    """Give back what was locked, once nobody else holds it."""
    with _guard:
        for key, value in held.items():
            entry = _locks[key]
            entry[1] -= 1
            if not entry[1]:
                del _locks[key]
                value.flags.writeable = True  # one that was read-only before is copied, not locked
        held.clear()
