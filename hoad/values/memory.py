"""The memory in which the elements of an array lie: what holds it, and where in it they begin."""

from __future__ import annotations

from typing import Any


def memory_of(value: Any) -> Any:
    """What holds the memory in which the elements of an array lie.

    Example:
        >>> import numpy as np
        >>> x = np.ones((2, 3))
        >>> memory_of(x[0].T) is x, memory_of(x.copy()) is x
        (True, False)
    """
    while (base := getattr(value, "base", None)) is not None:
        value = base
    return value.obj if value.__class__ is memoryview else value


def lies_at(value: Any, memory: Any) -> tuple[Any, ...]:
    """Where the elements of an array lie in that."""
    first = value.__array_interface__["data"][0]
    whole = getattr(memory, "__array_interface__", None)
    return first if whole is None else first - whole["data"][0], value.strides
