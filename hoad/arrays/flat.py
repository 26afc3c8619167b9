"""``y.flat``: the elements of an array in one row, as NumPy's ``flatiter`` has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..chainrules.numpy.indexing import plain_index, read
from ..chainrules.numpy.repeating import over_and_over
from ..values.constants import arange, is_elsewhere
from ..values.shapes import size_of


class Flat:
    """An iterator over the elements of ``base``, which also takes an index, and writes.

    Example:
        >>> import hoad
        >>> def f(x):
        ...     y = x * np.ones((2, 2))
        ...     y.flat[1:] = x * x
        ...     return y
        >>> hoad.derivative(f, 3.0)
        array([[1., 6.],
               [6., 6.]])
    """

    __slots__ = ("base", "index")

    def __init__(self, base: Any) -> None:
        self.base = base if base.ndim else np.reshape(base, 1)
        self.index = 0

    @property
    def coords(self) -> tuple[int, ...]:
        """The place in ``base`` of the next element."""
        return tuple(int(k) for k in np.unravel_index(self.index, self.base.shape))

    def __len__(self) -> int:
        return int(self.base.size)

    def __iter__(self) -> Flat:
        return self

    def __next__(self) -> Any:
        if self.index >= len(self):
            raise StopIteration
        element = self[self.index]
        self.index += 1
        return element

    def __getitem__(self, index: Any) -> Any:
        return read(self.base, self._place(self._positions(index)))

    def __setitem__(self, index: Any, value: Any) -> None:
        positions = self._positions(index)
        if not np.ndim(positions):
            self.base[self._place(positions)] = value
        elif size_of(value):  # too few are taken over and over, as NumPy does
            values = over_and_over(np.ravel(value), positions.size)
            self.base[self._place(positions.ravel())] = values

    def _positions(self, index: Any) -> Any:
        every, which = np.arange(len(self)), plain_index(index)
        return arange(len(self), like=which)[which] if is_elsewhere(which) else every.flat[which]

    def _place(self, positions: Any) -> Any:
        return np.unravel_index(positions, self.base.shape)

    def copy(self) -> Any:
        """The elements in one row, as an array of their own."""
        return self.base.flatten()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.copy(), dtype=dtype)
