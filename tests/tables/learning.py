"""Functions that are learned within a test: at once, and forgotten at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

import hoad
from hoad.running import often


@contextmanager
def at_once(machine_code: bool = True) -> Iterator[None]:
    """A function is looked at at its second call, and answered from the third on: by NumPy's code, and by
    machine code from the fourth on, or much later.
    """
    often.forget()
    with mock.patch.object(often, "SIGHTS", 1), mock.patch.object(often, "AT_ONCE", machine_code):
        yield
    often.forget()


def known_of(f: Callable[..., Any]) -> list[Any]:
    """What is known of a function, over all operators."""
    return [o for o in often._known.values() if o.code is f.__code__]


def hits(f: Callable[..., Any]) -> int:
    """How many calls were answered by what was recorded."""
    return sum([known.hits() for o in known_of(f) for known in o.known])


def check_learned(f: Callable[..., Any], points: list[Any], rtol: float, atol: float) -> None:
    """Gradients of what is learned are those of runs, as it is met again and again."""
    gradient = hoad.grad(f)
    for p in (points[0],) * 3 + tuple(points):
        found = gradient(p)
        with hoad.run_each_time():
            np.testing.assert_allclose(found, gradient(p), rtol=rtol, atol=atol)
