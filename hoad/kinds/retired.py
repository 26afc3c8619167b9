"""What a function has left in a global, a list or an attribute while it was recorded, once that is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..dual import Dual
from .recording import Recording


@contextmanager
def retiring(recording: Recording) -> Iterator[None]:
    """No program goes on with the values of a recording that is done: those that the function has left become
    what a finished derivative leaves there, which is the plain value to whoever meets it.
    """
    try:
        yield
    finally:
        recording.alive = False
        for reference in recording.born:
            left = reference()
            if left is not None:
                seen = left.seen
                left.__class__ = Dual
                left.primal, left.tangent = seen, 0.0
        recording.born.clear()
