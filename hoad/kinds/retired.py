"""What a function has left in a global, a list or an attribute where it was recorded, or mapped: once that is
done it becomes what a finished derivative leaves there, which is the plain value to whoever meets it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..dual import Dual
from ..nested import Level, Value
from .batch import Batch
from .recording import Recording


@contextmanager
def retiring(recording: Recording) -> Iterator[None]:
    """No program goes on with the values of a recording that is done."""
    try:
        yield
    finally:
        recording.alive = False
        for reference in recording.born:
            left = reference()
            if left is not None:
                become(left, left.seen)
        recording.born.clear()


def retire(level: Level) -> None:
    """Of the members of a batch, the last is what is left, as after a loop over them."""
    for left in gc.get_referrers(level):
        if isinstance(left, Batch) and len(left.primal):
            become(left, left.primal[-1])


def become(left: Any, value: Value) -> None:
    """Make a value of a finished derivative of what was left."""
    left.__class__ = Dual
    left.primal, left.tangent = value, 0.0
