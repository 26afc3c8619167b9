"""``y.flags``: how the elements of a traced array lie in memory, and whether they can be written to."""

from __future__ import annotations

from typing import Any

from ..chainrules.numpy.layouts import layout
from .mutation import is_read_only, is_scalar

OF_ITS_OWN = {"W": "writeable", "WRITEABLE": "writeable", "O": "owndata", "OWNDATA": "owndata"}
SHOWN = ("C_CONTIGUOUS", "F_CONTIGUOUS", "OWNDATA", "WRITEABLE", "ALIGNED", "WRITEBACKIFCOPY")


class Flags:
    """NumPy's flags of an array, of which ``writeable`` can be set.

    Example:
        >>> import numpy as np, hoad
        >>> def f(x):
        ...     y = 2 * x
        ...     y.flags.writeable = False
        ...     y[0] = x[1]
        >>> hoad.jacobian(f, np.array([1.0, 2.0]))
        Traceback (most recent call last):
        ...
        ValueError: assignment destination is read-only
    """

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        self._array = array

    @property
    def writeable(self) -> bool:
        """Whether the elements can be written to."""
        return not is_scalar(self._array) and not is_read_only(self._array)

    @writeable.setter
    def writeable(self, value: Any) -> None:
        self._array.setflags(write=value)

    @property
    def owndata(self) -> bool:
        """Whether the array is no view of another."""
        return not hasattr(self._array, "source")

    def __getattr__(self, name: str) -> Any:
        return getattr(layout(self._array).flags, name)

    def __getitem__(self, key: str) -> Any:
        return getattr(self, OF_ITS_OWN[key]) if key in OF_ITS_OWN else layout(self._array).flags[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in ("W", "WRITEABLE"):
            raise ValueError(f"{key} says how the elements lie; the one flag that can be set is WRITEABLE")
        self.writeable = value

    def __repr__(self) -> str:
        return "\n".join([f"  {name} : {self[name]}" for name in SHOWN]) + "\n"
