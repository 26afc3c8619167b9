"""What an array says of its memory, and what changes it in place: shape and type, size, locks; and its bytes,
of which a traced value has none to give.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.numpy.indexing import getitem
from ..chainrules.numpy.layouts import ask_where, layout
from ..chainrules.numpy.shaping import read_only, reshape, resolve
from ..chainrules.refusals import unread
from ..deprecations import passed_on
from ..nested import Traced, primal, settle
from ..values.shapes import shape_of
from .flags import Flags
from .mutation import is_read_only, is_scalar, look_through, move
from .viewing import Viewed


def plain_or_refuse(x: Any, name: str) -> Any:
    """The plain value whose bytes are asked for, where no derivative is taken of it any more."""
    value = settle(x)
    if isinstance(value, Traced):
        raise unread(x, name)
    return np.asarray(value)[()]


def _of_bytes(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(plain_or_refuse(self, f"{name}()"), name)(*args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"As NumPy's ``{name}``, of a value of which no derivative is taken any more."
    return method


class Unread:
    """``x.data`` and ``x.ctypes``: there, as those of any array, and refused where they are looked into."""

    __slots__ = ("_name", "_owner")

    def __init__(self, owner: Any, name: str) -> None:
        self._owner = owner
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(getattr(plain_or_refuse(self._owner, f"{self._name}.{name}"), self._name), name)

    def __getitem__(self, index: Any) -> Any:
        return getattr(plain_or_refuse(self._owner, self._name), self._name)[index]

    def __bytes__(self) -> bytes:
        return bytes(getattr(plain_or_refuse(self._owner, self._name), self._name))

    def __len__(self) -> int:
        return len(self._owner)


def axes_of_primal(x: Any) -> int:
    """The number of axes, of a kind that has those of its primal."""
    value = x.primal
    return value.ndim if value.__class__ is np.ndarray else len(x.shape)


def size_of_primal(x: Any) -> int:
    """The number of elements, of such a kind."""
    value = x.primal
    return value.size if value.__class__ is np.ndarray else math.prod(x.shape)


def set_a_shape() -> None:
    """As NumPy does: since 2.5 it says that it won't any more."""
    np.zeros(0).shape = (0,)


class InMemory(Viewed):
    """The attributes of an array that are about the place where its elements lie."""

    __slots__ = ()

    # -- Shape and type --------------------------------------------------------------------------------------

    def set_shape(self, shape: Any) -> None:
        """``x.shape = (2, 3)``: the same elements in another shape, for all who hold this array."""
        wanted = resolve(shape, self.size)
        if math.prod(wanted) != self.size:
            raise ValueError(f"cannot reshape array of size {self.size} into shape {wanted}")
        passed_on(set_a_shape)
        look_through(self, lambda held: reshape(held, wanted))

    def set_dtype(self, dtype: Any) -> None:
        """``x.dtype = complex``: as ``x.view(complex)``, for all who hold this array."""
        look_through(self, lambda held: held.view(dtype))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the primal."""
        value = self.primal
        return value.shape if value.__class__ is np.ndarray else shape_of(value)

    @shape.setter
    def shape(self, shape: Any) -> None:
        self.set_shape(shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> Any:
        """The type of the primal's elements."""
        value = self.primal if self.differentiates else self
        if value.__class__ is not np.ndarray:
            value = primal(self)
        if hasattr(value, "dtype"):
            return value.dtype
        return np.result_type(value) if isinstance(value, (int, float, complex)) else np.dtype(object)

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        self.set_dtype(dtype)

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.size * self.itemsize

    def resize(self, *shape: Any, refcheck: bool = True) -> None:
        """Another shape in place: elements that are too many go, zeros fill up."""
        if not shape or shape == (None,):
            return
        wanted = resolve(shape[0] if len(shape) == 1 else shape, 0)
        if hasattr(self, "source") or is_scalar(self):
            raise ValueError("cannot resize this array: it does not own its data")
        if refcheck and any([reference() is not None for reference in getattr(self, "views", ())]):
            raise ValueError(
                "cannot resize an array that references or is referenced\n"
                "by another array in this way.\nUse the np.resize function or refcheck=False"
            )
        new = self.blank(wanted, self.dtype)
        kept = min(self.size, new.size)
        new.flat[:kept] = np.ravel(self)[:kept]
        move(self, new)

    # -- Order and locks -------------------------------------------------------------------------------------

    @property
    def strides(self) -> tuple[int, ...]:
        """The bytes from one element to the next, along each axis."""
        found: tuple[int, ...] = layout(ask_where(self, "x.strides")).strides
        return found

    @property
    def flags(self) -> Flags:
        """How the elements lie, and whether they can be written to."""
        return Flags(ask_where(self, "x.flags"))

    def setflags(self, write: Any = None, align: Any = None, uic: Any = None) -> None:
        """Lock the elements against writing through this array, or unlock them."""
        if write is None or is_scalar(self) or bool(write) is not is_read_only(self):
            return
        if not write:
            look_through(self, read_only)
        elif self.source[1] is read_only and not is_read_only(self.source[0]):
            parent = self.source[0]
            look_through(self, lambda held: getitem(parent, ...))
        else:
            raise ValueError("cannot set WRITEABLE flag to True of this array")

    # -- Bytes -----------------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The memory itself."""
        return Unread(self, "data")

    @property
    def ctypes(self) -> Any:
        """The address of the memory."""
        return Unread(self, "ctypes")

    def __bytes__(self) -> bytes:
        return bytes(plain_or_refuse(self, "tobytes()"))

    tobytes = _of_bytes("tobytes")
    tofile = _of_bytes("tofile")
    dump = _of_bytes("dump")
    dumps = _of_bytes("dumps")
    byteswap = _of_bytes("byteswap")
    getfield = _of_bytes("getfield")
    setfield = _of_bytes("setfield")
