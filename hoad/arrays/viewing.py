"""How a traced array is looked at: other shapes, its parts, its elements in a row, copies."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ..chainrules import RULES
from ..chainrules.numpy.elementwise import as_complex, as_numbers
from ..chainrules.numpy.indexing import getitem
from ..chainrules.numpy.layouts import ask_where, is_ordered, layout, without_any
from ..chainrules.numpy.shaping import astype, cast
from ..chainrules.refusals import refused_use
from ..nested import Traced
from .flat import Flat


class Viewed(Traced):
    """The attributes and methods of an array that give the same elements otherwise."""

    __slots__ = ()

    # -- Views -----------------------------------------------------------------------------------------------

    @property
    def base(self) -> Any:
        """The array that this one is a view of, or None."""
        if not hasattr(ask_where(self, "x.base"), "source"):
            return None
        parent = self.source[0]
        return parent if parent.base is None else parent.base

    @property
    def T(self) -> Any:
        """The transpose."""
        return np.transpose(self) if self.noted else RULES[np.transpose](self)

    @property
    def mT(self) -> Any:
        """The last two axes exchanged."""
        if self.ndim < 2:
            raise ValueError("matrix transpose with ndim < 2 is undefined")
        return np.swapaxes(self, -1, -2)

    @property
    def real(self) -> Any:
        """The real part."""
        return np.real(self)

    @real.setter
    def real(self, value: Any) -> None:
        self.real[...] = value

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return np.imag(self)

    @imag.setter
    def imag(self, value: Any) -> None:
        if self.dtype.kind != "c":
            raise TypeError("array does not have imaginary part to set")
        self.imag[...] = value

    @property
    def flat(self) -> Flat:
        """The elements, one after the other."""
        return Flat(self)

    @flat.setter
    def flat(self, value: Any) -> None:
        Flat(self)[:] = value

    def reshape(self, *shape: Any, order: str = "C", copy: Any = None) -> Any:
        """The same elements in another shape."""
        if order == "C" and copy is None and not self.noted:
            return RULES[np.reshape](self, shape[0] if len(shape) == 1 else shape)
        asked = {} if copy is None else {"copy": copy}  # NumPy 2.0 does not know it
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order, **asked)

    def transpose(self, *axes: Any) -> Any:
        """Axes permuted."""
        return np.transpose(
            self,
            (axes[0] if len(axes) == 1 and np.ndim(axes[0]) else axes) if axes and axes != (None,) else None,
        )

    def view(self, dtype: Any = np._NoValue, type: Any = None) -> Any:
        """The same elements, or complex numbers as pairs of real ones, or such pairs as complex numbers;
        where the dtype stands, NumPy also takes a class of arrays.
        """
        if isinstance(dtype, builtins.type) and issubclass(dtype, np.ndarray):
            dtype, type = np._NoValue, dtype
        if type is not None and type is not np.ndarray:
            raise refused_use(
                "view", f"no {type.__name__} is made of it", "leave it out: x is an array", self
            )
        dtype = self.dtype if dtype is np._NoValue else np.dtype(dtype)
        if dtype == self.dtype:
            return getitem(self, ...)
        layout(self).view(dtype)  # NumPy says whether the elements lie so
        rule = {"c": as_numbers, "f": as_complex}[self.dtype.kind]
        if rule.function(np.empty(2, self.dtype)).dtype != dtype:
            raise TypeError("a view as another type reads bytes: take y.astype(dtype)")
        return rule(self)

    # -- Copies ----------------------------------------------------------------------------------------------

    def flatten(self, order: str = "C") -> Any:
        """All elements in one row, copied."""
        return np.ravel(self, order=order).copy()

    def astype(
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """The same values in another type; integers have no derivative."""
        dtype = np.dtype(dtype)
        same = not copy and dtype == self.dtype and is_ordered(self, order)
        return self if same else cast(self, dtype, casting, order)

    def copy(self, order: str = "C") -> Any:
        """A copy, which keeps its derivative and can be written to."""
        return astype(self, self.dtype, without_any(self, order) if order == "A" else order or "C")

    def conjugate(self, out: Any = None) -> Any:
        """The complex conjugate; of a real array, itself."""
        return np.conjugate(self, out=out) if self.dtype.kind == "c" or out is not None else self

    conj = conjugate
