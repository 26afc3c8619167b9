"""Questions about values whose answer only chooses a cheaper way: not asked where it would wait for a device.

A rule that has one form for all values and a shorter one where nothing special occurs asks ``somewhere``.
On a device it is told that it may occur, and takes the form that is right for all.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..errors import WaitWarning
from ..nested import Traced, everything, glance
from ..places import Place, shown, users_place
from .constants import HERE, is_elsewhere, library

FEW = 512  # numbers that are counted sooner than they are compared
Teller = Callable[[str, Place], None]
WATCHED: ContextVar[Teller | None] = ContextVar("whom to tell what is read from a device", default=None)
CAREFUL: ContextVar[bool] = ContextVar("values on a device are read to find what is special", default=False)


@contextmanager
def careful() -> Iterator[None]:
    """Give a context in which derivatives on a device look for nan, as elsewhere.

    Each sweep and each tangent then waits for the device. Outside of it nothing waits: zeros of the program
    that meet an infinite partial in reverse are known by reading the program, and those of forward mode, and
    of products that overflow, are not.

    Returns:
        A context manager, which serves as a decorator too.

    Example:
        >>> import hoad
        >>> import numpy as np
        >>> with hoad.careful():
        ...     hoad.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)), np.array([0.0, 4.0]))
        array([0.  , 0.25])
    """
    token = CAREFUL.set(True)
    try:
        yield
    finally:
        CAREFUL.reset(token)


def note(what: str, x: Any) -> None:
    """Tell whoever watches that a value of a device was read, or copied, and at which line of the user's."""
    tell = WATCHED.get()
    if tell is not None and is_elsewhere(glance(x)):
        tell(what, users_place())


def warned(what: str, place: Place) -> None:
    """Tell the user at once."""
    text = f"a value on a device {what}, at {shown(place)}, where the program waits for it"
    warnings.warn_explicit(text, WaitWarning, *place)


def is_read(x: Any) -> bool:
    """Tell whether a value is at hand, or may be waited for."""
    while isinstance(x, Traced):
        x = glance(x)
    return x.__class__ in HERE or not library(x).waits or CAREFUL.get()


def vanishes(x: np.ndarray) -> bool:
    """Tell whether an element of an array is 0; NumPy counts truths ten times as fast as numbers."""
    return bool(np.count_nonzero(x) < x.size) if x.size <= FEW else bool((x == 0).any())


def somewhere(holds: Any) -> bool:
    """Tell whether a condition holds for an element; where the answer would have to be waited for, it may."""
    holds = everything(holds)
    return not is_read(holds) or bool(np.any(holds))
