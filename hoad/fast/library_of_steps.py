"""The library of the arrays of a step (``deferred.py``): what rules ask where their arrays lie, and what they
let be made there, is asked of the library of the arrays that those stand for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..backends import Backend, register
from .deferred import NUMBERS, Deferred, settled
from .forms import REAL
from .wires import Unclear


class OfSteps(Backend):
    """The library whose arrays a step has, which makes what the step asks for."""

    waits = True
    locks = False
    scalars = False
    fuses = True

    def __init__(self) -> None:
        super().__init__("numpy")

    @property
    def module(self) -> Any:
        """Nobody asks a step for its library."""
        raise Unclear

    def memory(self, like: Any) -> float:
        """That of the device."""
        return float(like.step.backend.memory(like.step.like))

    def room(self, like: Any) -> float:
        """The same."""
        return float(like.step.backend.room(like.step.like))

    def of_scipy(self, room: str, name: str) -> Any:
        """What the step's library has is asked of its arrays."""
        raise Unclear

    def collected(self, shape: Any, pieces: list[tuple[Any, Any]], rest: Any) -> Any:
        """Parts in their places."""
        step = next(g for g, _ in pieces).step
        given = [(settled(g), index) for g, index in pieces]
        return step.wrapped(step.backend.collected(shape, given, settled(rest)))

    def shares(self, x: Any, y: Any) -> bool:
        """Nobody writes."""
        return x is y

    def layout(self, x: Any) -> Any:
        """What lies as it, or as it will."""
        if x.array is not None:
            return x.step.backend.layout(x.array)
        return np.lib.stride_tricks.as_strided(np.empty(1), x.shape, contiguous(x.shape), writeable=False)

    def full(self, like: Any, shape: Any, value: Any, dtype: Any = None) -> Any:
        """One number for all elements, which is noted."""
        kind, step = np.dtype(float if dtype is None else dtype), like.step
        if isinstance(value, NUMBERS) and kind in REAL.values():
            return step.constant(value, tuple(shape), kind)
        return step.wrapped(step.backend.full(step.like, shape, value, kind))

    def table(self, like: Any, make: Callable[..., Any], n: int, given: tuple[Any, ...]) -> Any:
        """Positions, which are held where the step's arrays are."""
        return like.step.wrapped(like.step.backend.table(like.step.like, make, n, given))

    def known(self, like: Any, x: Any) -> Any:
        """The same of numbers."""
        return like.step.wrapped(like.step.backend.known(like.step.like, x))

    def add_at(self, buffer: Any, index: Any, g: Any) -> Any:
        """Add at positions of a buffer that the step has made, and of which nothing was noted."""
        if not buffer.is_own():
            raise Unclear
        step = buffer.step
        return step.wrapped(step.backend.add_at(buffer.array, settled(index), settled(g)))

    def put(self, buffer: Any, index: Any, value: Any) -> Any:
        """Nobody writes."""
        raise Unclear

    def last_of_each(self, positions: Any, size: int) -> Any:
        """Positions are no numbers of a step."""
        raise Unclear

    def to_numpy(self, x: Any) -> Any:
        """Nobody reads."""
        raise Unclear


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The steps of doubles in order."""
    return tuple([8 * math.prod(shape[k + 1 :]) for k in range(len(shape))])


def _made(name: str) -> Callable[..., Any]:
    def make(self: OfSteps, like: Any, *args: Any, **kwargs: Any) -> Any:
        step = like.step
        made = step.wrapped(getattr(step.backend, name)(step.like, *args, **kwargs))
        if made.__class__ is Deferred:
            made.own = True
        return made

    make.__doc__ = "A constant, where the arrays of the step are."
    return make


for _name in ("zeros", "ones", "eye", "arange", "tri", "asarray"):
    setattr(OfSteps, _name, _made(_name))
register(Deferred, OfSteps())
