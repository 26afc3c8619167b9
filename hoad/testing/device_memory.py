"""The memory of devices that are not there: what is taken of it, and what there is none for.

Example:
    >>> from hoad.testing import device as cp
    >>> before = cp.memory.used[0]
    >>> x = cp.zeros(1000)
    >>> cp.memory.used[0] - before
    8000
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

DEVICES = 2
SIZE = 80 * 10**9  # bytes of each device

size = [SIZE] * DEVICES  # bytes of each device; a test may take it down (``limited``)
used = [0] * DEVICES
peak = [0] * DEVICES  # the most that was used; may be set
_known: dict[int, Any] = {}  # the memory that is counted, by identity
_counting = threading.RLock()  # memory may be given back while some is counted
_current = threading.local()


class OutOfMemoryError(MemoryError):
    """There is no memory for an array."""


class Device:
    """A device by its number; in ``with``, the current one of the thread."""

    def __init__(self, number: int | None = None) -> None:
        self.id = Device.current() if number is None else number
        if not 0 <= self.id < DEVICES:
            raise RuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
        self.before: list[int] = []

    @staticmethod
    def current() -> int:
        """The number of the current device."""
        return getattr(_current, "number", 0)

    def use(self) -> None:
        """Make it the current one."""
        _current.number = self.id

    def __repr__(self) -> str:
        return f"<Device {self.id}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self) -> int:
        return self.id

    def __enter__(self) -> Device:
        self.before.append(Device.current())
        _current.number = self.id
        return self

    def __exit__(self, *_: object) -> None:
        _current.number = self.before.pop()


def taken(held: np.ndarray, number: int) -> None:
    """Count the memory that an array looks at, from now on until it is given back.

    Raises:
        OutOfMemoryError: it is more than there is.
    """
    while isinstance(held.base, np.ndarray):
        held = held.base
    with _counting:
        if id(held) in _known:
            return
        if used[number] + held.nbytes > size[number]:
            raise OutOfMemoryError(
                f"Out of memory allocating {held.nbytes:,} bytes (allocated so far: {used[number]:,} bytes)."
            )
        _known[id(held)] = weakref.finalize(held, given_back, id(held), number, held.nbytes)
        used[number] += held.nbytes
        peak[number] = max(peak[number], used[number])


def given_back(key: int, number: int, nbytes: int) -> None:
    """An array's memory is free."""
    with _counting:
        _known.pop(key, None)
        used[number] -= nbytes


def memGetInfo() -> tuple[int, int]:
    """Bytes that are free on the current device, and all of them."""
    number = Device.current()
    return size[number] - used[number], size[number]


class Pool:
    """The memory that the library has taken of the current device: no more than is used."""

    def used_bytes(self) -> int:
        """What is used."""
        return used[Device.current()]

    def total_bytes(self) -> int:
        """The same."""
        return self.used_bytes()

    def free_bytes(self) -> int:
        """None."""
        return 0

    def free_all_blocks(self) -> None:
        """Nothing is to be given back."""


@contextlib.contextmanager
def limited(nbytes: int, number: int = 0) -> Iterator[None]:
    """A device that has only so much more memory than is used now."""
    before = size[number]
    size[number] = used[number] + nbytes
    try:
        yield
    finally:
        size[number] = before
