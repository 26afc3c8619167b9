"""CuPy's ufuncs that have ``at``: each asks its first argument, by what it calls itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

SCATTERS: dict[str, Any] = {"add": np.add, "max": np.maximum}
SCATTERED = "int32, float16, float32, float64, uint32, uint64"


class WithAt:
    """A ufunc of CuPy's.

    Args:
        ufunc: the one of NumPy's that it is of arrays.
        op: what it calls itself.
        called: calls a function of NumPy's with what arrays of the device hold.
    """

    nin: ClassVar[int] = 2

    def __init__(self, ufunc: Any, op: str, called: Callable[..., Any]) -> None:
        self.__name__ = ufunc.__name__
        self.ufunc, self.op, self.called = ufunc, op, called

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.called(self.ufunc, args, kwargs)

    def at(self, a: Any, index: Any, b: Any) -> None:
        """The function of what is there and what comes, at positions, as often as they occur."""
        a._scatter_op(index, b, self.op)
