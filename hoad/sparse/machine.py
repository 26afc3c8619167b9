"""Loops over integers, which Numba makes machine code of where it is installed and that pays."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import types
from collections.abc import Callable
from typing import Any

import numpy as np

Loop = Callable[..., Any]
WORTH = 2_000_000  # steps of a loop, from which on Numba is loaded: about half a second in Python
STEP = 5e-7, 2e-8  # seconds that one takes, in Python and as machine code


def carried_out(loop: Loop, steps: int, *numbers: np.ndarray) -> tuple[Any, ...]:
    """Carry out a loop, as machine code if it is long and Numba is here.

    Args:
        loop: a function of sequences of integers that writes into some of them; False from it means that
            machine words are too short.
        steps: about how many there are.
        numbers: the sequences; they stay as they are.

    Returns:
        All sequences as the loop leaves them: arrays, or lists.
    """
    if steps >= WORTH:
        fast = compiled(loop)
        if fast is not None:
            arrays = tuple([np.array(a, np.int64) for a in numbers])
            if fast(*arrays):
                return arrays
    lists = tuple([a.tolist() for a in numbers])
    loop(*lists)
    return lists


def duration(steps: int) -> float:
    """About how many seconds a loop takes."""
    return steps * STEP[steps >= WORTH and importlib.util.find_spec("numba") is not None]


@functools.cache
def compiled(loop: Loop) -> Loop | None:
    """A loop, and the functions of its module that it calls, compiled by Numba; None without Numba. What was
    compiled is kept on the disk for the next process, where there is a place for it.
    """
    if importlib.util.find_spec("numba") is None:
        return None
    try:
        numba: Any = importlib.import_module("numba")
    except ImportError:  # it is not for this NumPy
        return None
    inner = {
        name: compiled(loop.__globals__[name])
        for name in loop.__code__.co_names
        if isinstance(loop.__globals__.get(name), types.FunctionType)
    }
    text = types.FunctionType(loop.__code__, {**loop.__globals__, **inner}, loop.__name__)
    try:
        return numba.njit(cache=True, nogil=True)(text)  # type: ignore[no-any-return]
    except RuntimeError:  # no place for it
        return numba.njit(nogil=True)(text)  # type: ignore[no-any-return]
