"""``Backend``: what derivatives need of a library of arrays beyond NumPy's protocols.

The methods here are those of a library whose module has NumPy's functions by NumPy's names, as ``numpy``
itself and ``cupy`` have. A library that differs in one has a subclass with that method.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, ClassVar

Shape = Any  # an integer, or integers
AT_ONCE = 2.0**28  # bytes of an array of a batch, in the memory of a machine


class Backend:
    """A library of arrays, known by the module that it is imported as.

    ``like`` is always an array of the library: what is made lies where that lies.

    Args:
        name: the module, as ``"cupy"``.

    Example:
        >>> import numpy as np
        >>> NUMPY.zeros(np.ones(3), (2,), np.float32)
        array([0., 0.], dtype=float32)
    """

    waits: ClassVar[bool] = False  # whether a value is read at a cost: from a device, or by computing it then
    locks: ClassVar[bool] = True  # whether an array can be made read-only
    lazy: ClassVar[bool] = False  # whether what is found stays an array of the library, whatever the point is
    views: ClassVar[bool] = True  # whether arrays lie in memory, in an order, and their parts share it
    scalars: ClassVar[bool] = True  # whether functions give NumPy's scalars where no axes are left

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<backend of {self.name}>"

    @property
    def module(self) -> Any:
        """The library's functions; it is loaded, since there is an array of it."""
        return sys.modules[self.name]

    # -- Constants -------------------------------------------------------------------------------------------

    def zeros(self, like: Any, shape: Shape, dtype: Any = float) -> Any:
        """An array of zeros."""
        return self.module.zeros(shape, dtype)

    def ones(self, like: Any, shape: Shape, dtype: Any = float) -> Any:
        """An array of ones."""
        return self.module.ones(shape, dtype)

    def full(self, like: Any, shape: Shape, value: Any, dtype: Any = None) -> Any:
        """An array of one value."""
        return self.module.full(shape, value, dtype)

    def eye(self, like: Any, n: int, m: int | None = None, k: int = 0, dtype: Any = float) -> Any:
        """A matrix with ones in its diagonal ``k``."""
        return self.module.eye(n, m, k, dtype)

    def arange(self, like: Any, *limits: Any) -> Any:
        """Numbers in steps."""
        return self.module.arange(*limits)

    def tri(self, like: Any, n: int, m: int | None = None, k: int = 0, dtype: Any = float) -> Any:
        """A matrix with ones up to its diagonal ``k``."""
        return self.module.tri(n, m, k, dtype)

    def asarray(self, like: Any, x: Any, dtype: Any = None) -> Any:
        """Numbers, a list of numbers or an array of NumPy's as an array of the library; its own stay."""
        return self.module.asarray(x, dtype)

    def table(self, like: Any, make: Callable[..., Any], n: int, given: tuple[Any, ...]) -> Any:
        """What a function makes of the positions below n, an array or a tuple of those, as the library's that
        nobody writes into.
        """
        return make(self.arange(like, n), *given)

    def known(self, like: Any, x: Any) -> Any:
        """A small array of NumPy's as the library's, which nobody writes into."""
        return self.asarray(like, x)

    # -- Memory ----------------------------------------------------------------------------------------------

    def memory(self, like: Any) -> float:
        """Bytes that results may have: all that the machine has; infinite where it doesn't tell."""
        try:
            return float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")
        except (AttributeError, ValueError, OSError):
            return float("inf")

    def room(self, like: Any) -> float:
        """Bytes that one array of a batch may have, if the user does not say."""
        return AT_ONCE

    # -- Functions -------------------------------------------------------------------------------------------

    def of_scipy(self, room: str, name: str) -> Any:
        """The library's own function that has the name of one of SciPy's, as ``"scipy.linalg", "expm"``; None
        if there is none.
        """
        return None

    def those_of_scipy(self, room: str) -> str:
        """What there is of the functions of one of SciPy's modules, in words."""
        return f"none of {room}'s functions is there"

    @property
    def fuses(self) -> bool:
        """Whether ``elementwise`` makes kernels."""
        return False

    def elementwise(
        self, name: str, inputs: list[str], outputs: list[str], body: str, preamble: str = ""
    ) -> Any:
        """A function of arrays and numbers, element by element, that gives a tuple of arrays: ``"float64 x"``
        is one that it is given, or gives; its body, and the functions before it, are C++.
        """
        raise NotImplementedError

    def reduction(
        self, name: str, inputs: list[str], output: str, each: str, reduce: str, identity: str, preamble: str
    ) -> Any:
        """A function of arrays that broadcast to a shape, and ``axis=`` and ``keepdims=``: of each element
        the expression ``each``, and of all of those along the axes ``reduce``, of ``a`` and ``b``.
        """
        raise NotImplementedError

    def collected(self, shape: Any, pieces: list[tuple[Any, Any]], rest: Any) -> Any:
        """An array of a shape that has parts at indices, added up where they meet, and to ``rest`` if that is
        not None: in one launch; None where there is no such launch for them.
        """
        return None

    # -- Contents --------------------------------------------------------------------------------------------

    def copy(self, x: Any) -> Any:
        """An array of the same contents that nobody else holds."""
        return x.copy()

    def unshared(self, x: Any) -> Any:
        """An array that nobody writes into from now on: it needs no copy."""
        return x

    def kept(self, x: Any) -> Any:
        """The same contents for later, whatever is written into ``x``."""
        return x.copy()

    def put(self, buffer: Any, index: Any, value: Any) -> Any:
        """Carry out ``buffer[index] = value``, and give the array back, or another."""
        buffer[index] = value
        return buffer

    def add_at(self, buffer: Any, index: Any, g: Any) -> Any:
        """Add ``g`` at positions, as often as they occur, and give the array back, or another."""
        self.module.add.at(buffer, index, g)
        return buffer

    def last_of_each(self, positions: Any, size: int) -> Any:
        """1 where one of the positions below ``size`` stands for the last time, 0 elsewhere: of several
        numbers that are written to one place, NumPy leaves the last.
        """
        order = self.module.arange(positions.size).reshape(positions.shape)
        last = self.module.empty(size, int)
        last[positions] = order
        return (last[positions] == order).astype(float)

    def shares(self, x: Any, y: Any) -> bool:
        """Tell whether two arrays may share elements, so that a write to one may be seen in the other."""
        return bool(self.module.may_share_memory(x, y))

    def layout(self, x: Any) -> Any:
        """An array that lies in memory as ``x`` does, whose contents are not read."""
        return x

    def to_numpy(self, x: Any) -> Any:
        """The same numbers in an array of NumPy's: for what is shown to people, or put in order by hand."""
        return self.module.asarray(x)


NUMPY = Backend("numpy")
