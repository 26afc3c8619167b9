"""An array on a device that is not there: what CuPy's arrays do, for tests on machines without a GPU.

Use the module in the place of ``cupy``. Its arrays hold NumPy's, and behave as those of CuPy 14.2 do beside
NumPy 2.5:

- they meet their own kind, Python's numbers and NumPy's scalars; an array of NumPy's raises TypeError;
- functions of NumPy that CuPy has take them, and give arrays without axes where NumPy gives scalars;
- they never become NumPy's by themselves: ``x.get()`` and ``asnumpy(x)`` copy;
- they have no read-only flag, what is read at positions lies in rows, positions out of bounds wrap around,
  and of two values for one position the first stays, as it may in CuPy.

``synchronisations`` counts what would have waited for the device, ``launches`` what would have run on it;
both may be set to 0. ``memory`` (``hoad.testing.device_memory``) knows how many bytes of each of the two
devices are taken, and have been at most, and refuses what is more than there are.

Example:
    >>> import hoad
    >>> import numpy as np
    >>> from hoad.testing import device as cp
    >>> x = cp.asarray([0.0, 1.0])
    >>> cp.synchronisations = 0
    >>> g = hoad.grad(lambda x: np.sum(np.sin(x) ** 2), x)
    >>> type(g) is cp.ndarray, cp.synchronisations
    (True, 0)
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..backends import CuPy, register
from ..counterparts import register_namespace
from . import device_memory
from .cupy_calls import NUMBERS, check_method, checked, takes_function, takes_ufunc
from .cupy_facts import BINARY, BY_POSITIONS, COMPARED, COUNTED, MISSING, NAMED, UNARY
from .device_memory import DEVICES, Device, OutOfMemoryError, Pool, memGetInfo, taken
from .elementwise_kernel import ElementwiseKernel as OfBodies
from .positions import is_basic, wrapping
from .raw_module import RawModule as RawModule
from .raw_module import Stream, get_current_stream, noted
from .reduction_kernel import ReductionKernel as OfReductions
from .scattering import SCATTERED, SCATTERS, WithAt

synchronisations = 0
launches = 0
memory = device_memory


def waited(x: Any) -> Any:
    """A value that was read."""
    global synchronisations
    synchronisations += 1
    return x


def counted(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """An index; how many elements a mask has is read, wherever it stands."""
    for part in key:
        if isinstance(part, np.ndarray) and part.dtype == bool:
            waited(part)
    return key


cuda = types.SimpleNamespace(
    Device=Device,
    Stream=Stream,
    get_current_stream=get_current_stream,
    runtime=types.SimpleNamespace(
        memGetInfo=memGetInfo,
        getDeviceCount=lambda: DEVICES,
        getDeviceProperties=lambda number: {"name": b"a device that is not there"},
    ),
    memory=types.SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
)
get_default_memory_pool = Pool
lib = types.SimpleNamespace(
    stride_tricks=types.SimpleNamespace(
        as_strided=lambda x, shape, strides: called(np.lib.stride_tricks.as_strided, (x, shape, strides), {})
    )
)


class Flags:
    """What CuPy tells of an array's memory; what is set of it changes nothing."""

    def __init__(self, flags: Any) -> None:
        self.c_contiguous, self.f_contiguous = flags.c_contiguous, flags.f_contiguous
        self.owndata = flags.owndata


class ndarray:
    """An array in the memory of a device."""

    __slots__ = ("__weakref__", "_held", "_number")
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, held: np.ndarray, number: int | None = None) -> None:
        self._held = held
        self._number = Device.current() if number is None else number
        taken(held, self._number)

    shape = property(lambda self: self._held.shape)
    ndim = property(lambda self: self._held.ndim)
    size = property(lambda self: self._held.size)
    dtype = property(lambda self: self._held.dtype)
    itemsize = property(lambda self: self._held.itemsize)
    nbytes = property(lambda self: self._held.nbytes)
    strides = property(lambda self: self._held.strides)
    flags = property(lambda self: Flags(self._held.flags))
    device = property(lambda self: Device(self._number))
    T = property(lambda self: ndarray(self._held.T, self._number))
    mT = property(lambda self: ndarray(self._held.mT, self._number))

    @property
    def real(self) -> ndarray:
        """The real parts."""
        return ndarray(self._held.real, self._number) if self.dtype.kind == "c" else self

    @real.setter
    def real(self, value: Any) -> None:
        self.real[...] = value

    @property
    def imag(self) -> ndarray:
        """The imaginary parts."""
        return ndarray(self._held.imag, self._number)

    @imag.setter
    def imag(self, value: Any) -> None:
        self.imag[...] = value

    @property
    def base(self) -> Any:
        """The array that this one looks at."""
        return None if self._held.base is None else ndarray(np.asarray(self._held.base), self._number)

    @property
    def flat(self) -> Iterator[ndarray]:
        """The elements, one by one."""
        return (ndarray(np.asarray(v), self._number) for v in self._held.flat)

    @property
    def data(self) -> Any:
        """Where the elements lie: ``x.data.ptr``."""
        return types.SimpleNamespace(ptr=self._held.ctypes.data)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {"shape": self.shape, "typestr": self.dtype.str, "version": 3}

    def __reduce__(self) -> tuple[Any, ...]:
        """Through the host, and back on the device that is the current one then."""
        return asarray, (self._held.copy(order="K"),)

    # -- What is read ----------------------------------------------------------------------------------------

    def get(self) -> np.ndarray:
        """A copy in the host's memory."""
        copy: np.ndarray = waited(self._held.copy())
        return copy

    def item(self, *place: Any) -> Any:
        """One element as a number of Python's."""
        return waited(self._held.item(*place))

    def tolist(self) -> Any:
        """The elements as lists."""
        return waited(self._held.tolist())

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy "
            "array explicitly."
        )

    def __bool__(self) -> bool:
        return bool(waited(self._held))

    def __float__(self) -> float:
        return float(waited(self._held))

    def __int__(self) -> int:
        return int(waited(self._held))

    def __complex__(self) -> complex:
        return complex(waited(self._held))

    def __repr__(self) -> str:
        return repr(waited(self._held))

    def __str__(self) -> str:
        return str(waited(self._held))

    def __format__(self, spec: str) -> str:
        return format(waited(self._held)[()], spec)

    # -- What stays on the device ----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[ndarray]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, index: Any) -> ndarray:
        key = counted(wrapping(index, self.shape))
        basic = is_basic(key)
        if basic and not any([part is ... for part in key]):
            key = (*key, ...)  # one element is a view, too
        held = self._held[key]
        found: ndarray = wrapped(np.asarray(held) if basic else np.asarray(held, order="C"), [self])
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        wrapped(None, [self], written=True)
        key, plain = counted(wrapping(index, self.shape)), bare(value)
        if is_basic(key):
            self._held[key] = plain
            return
        places = np.arange(self.size).reshape(self.shape)[key]
        row = np.broadcast_to(plain, places.shape).ravel()
        contents = self._held.ravel()
        contents[places.ravel()[::-1]] = row[::-1]  # the first of several writes to one place stays
        self._held[...] = contents.reshape(self.shape)

    def scatter_add(self, index: Any, value: Any) -> None:
        """Add at positions, as often as they occur."""
        self._scatter_op(index, value, "add")

    def _scatter_op(self, index: Any, value: Any, op: str) -> None:
        if self.dtype.kind == "c":
            raise TypeError(f"cupy.{op}.at only supports {SCATTERED}, as data type")
        wrapped(None, [self], written=True)
        SCATTERS[op].at(self._held, wrapping(index, self.shape), bare(value))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if not takes_ufunc(ufunc, method):
            return NotImplemented
        out = kwargs.pop("out", (None,))
        if len(out) != 1:
            raise ValueError("The 'out' parameter must have exactly one array value")
        if out[0] is not None:
            kwargs["out"] = out[0]
        if "where" in kwargs:
            raise TypeError(f"Wrong arguments {{'where': {kwargs['where']}}}")
        if not all([isinstance(x, (ndarray, np.ndarray, *NUMBERS)) for x in inputs]):
            return NotImplemented
        check_method(ufunc.__name__, method)
        if method == "at":
            return add.at(*inputs)
        return called(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        if not takes_function(func) or any([cls not in (ndarray, np.ndarray) for cls in types]):
            return NotImplemented
        given = checked(func.__name__, args, kwargs)
        return called(func, args, given, by_positions=func.__name__ in BY_POSITIONS)


BACKEND = CuPy(__name__, f"{__package__}.cupyx")
register(ndarray, BACKEND)
register(__name__, BACKEND)
register_namespace(__name__, "numpy")


COUNTING = frozenset([getattr(np, name) for name in COUNTED.split() if hasattr(np, name)])
REFUSED = (np.matmul, np.linalg.solve, np.linalg.cholesky)  # by CuPy, while a stream is noting launches


# ------------------------------------------------------------------------------------------------------------
# Calls of NumPy with what the arrays hold
# ------------------------------------------------------------------------------------------------------------


def bare(x: Any, by_positions: bool = False) -> Any:
    """What an operand holds; arrays of NumPy's are refused."""
    if isinstance(x, ndarray):
        return x._held
    if type(x) is np.ndarray and not by_positions:
        raise TypeError(f"Unsupported type {type(x)}")
    if type(x) in (list, tuple):
        return type(x)([bare(part) for part in x])
    return x


def wrapped(found: Any, operands: list[Any], written: bool = False) -> Any:
    """A result as arrays on the device of the operands. What is no view of those was launched, and what was
    written into one.
    """
    global launches
    owners = [x for x in operands if isinstance(x, ndarray)]
    numbers = {x._number for x in owners}
    if len(numbers) > 1:
        raise ValueError(f"Array device must be same: the arrays lie on the devices {sorted(numbers)}")
    number = numbers.pop() if numbers else None
    parts = [found] if not isinstance(found, (list, tuple)) else list(found)
    held = [p for p in parts if isinstance(p, (np.ndarray, np.generic))]
    same = [x for x in owners if any([p is x._held for p in held])]
    if same and not written and found is held[0]:
        return same[0]
    views = [isinstance(p, np.ndarray) and np.may_share_memory(p, x._held) for p in held for x in owners]
    launches += bool(written or (held and not any(views)))
    return as_arrays(found, number)


def as_arrays(found: Any, number: int | None) -> Any:
    """Arrays and scalars of NumPy's as arrays on a device."""
    if isinstance(found, (np.ndarray, np.generic)):
        return ndarray(np.asarray(found), number)
    if isinstance(found, (list, tuple)):
        items = [as_arrays(part, number) for part in found]
        return type(found)(*items) if hasattr(found, "_fields") else type(found)(items)
    return found


def called(function: Any, args: Any, kwargs: dict[str, Any], by_positions: bool = False) -> Any:
    """Call a function of NumPy's with what the arrays hold."""
    if noted and function in REFUSED:
        raise RuntimeError("this is not permitted while a stream is noting launches")
    given = [bare(a, by_positions and k > 0) for k, a in enumerate(args)]
    if function in COUNTING or (function is np.where and len(args) == 1):
        waited(None)
    found = function(*given, **{name: bare(value) for name, value in kwargs.items()})
    found = np.asarray(found) if function in (np.array_equal, np.allclose) else found
    flat = [x for a in (*args, *kwargs.values()) for x in (a if isinstance(a, (list, tuple)) else [a])]
    return wrapped(found, flat, written="out" in kwargs)


ElementwiseKernel = functools.partial(OfBodies, called)
ReductionKernel = functools.partial(OfReductions, called)


# ------------------------------------------------------------------------------------------------------------
# Operators and methods
# ------------------------------------------------------------------------------------------------------------


def _operator(ufunc: Any, reflected: bool = False) -> Callable[..., Any]:
    def method(self: ndarray, other: Any) -> Any:
        if other is None and ufunc in (np.equal, np.not_equal):
            return as_arrays(np.full(self.shape, ufunc is np.not_equal), self._number)
        if type(other) is np.ndarray or isinstance(other, (ndarray, *NUMBERS)):
            return called(ufunc, (other, self) if reflected else (self, other), {})
        return NotImplemented

    return method


def _in_place(ufunc: Any) -> Callable[..., Any]:
    def method(self: ndarray, other: Any) -> Any:
        if type(other) is not np.ndarray and not isinstance(other, (ndarray, *NUMBERS)):
            return ufunc(self, other, out=(self,))  # which asks the other
        called(ufunc, (self, other), {"out": self})
        return self

    return method


def _unary(ufunc: Any) -> Callable[..., Any]:
    return lambda self: called(ufunc, (self,), {})


def _method(name: str) -> Callable[..., Any]:
    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        if name in COUNTED.split() and kwargs.get("mode", "raise") == "raise":
            waited(None)
        given = [bare(a, by_positions=True) for a in args]
        found = getattr(self._held, name)(*given, **{k: bare(v) for k, v in kwargs.items()})
        return wrapped(found, [self, *args, *kwargs.values()])

    method.__name__ = name
    return method


def _fill(self: ndarray, value: Any) -> None:
    self[...] = value


for _name, _ufunc in BINARY.items():
    setattr(ndarray, f"__{_name}__", _operator(_ufunc))
    setattr(ndarray, f"__r{_name}__", _operator(_ufunc, reflected=True))
    setattr(ndarray, f"__i{_name}__", _in_place(_ufunc))
for _name, _ufunc in COMPARED.items():
    setattr(ndarray, f"__{_name}__", _operator(_ufunc))
for _name, _ufunc in UNARY.items():
    setattr(ndarray, f"__{_name}__", _unary(_ufunc))
for _name in NAMED:
    if hasattr(np.ndarray, _name):
        setattr(ndarray, _name, _method(_name))
setattr(ndarray, "fill", _fill)


# ------------------------------------------------------------------------------------------------------------
# The module: ``cupy``'s own names
# ------------------------------------------------------------------------------------------------------------


def asarray(a: Any, dtype: Any = None, order: str | None = None) -> ndarray:
    """Numbers, lists or arrays of NumPy's on the current device; what lies there, in this order, stays."""
    if isinstance(a, ndarray) and a._number == Device.current() and (dtype is None or a.dtype == dtype):
        in_order = {"C": a.flags.c_contiguous, "F": a.flags.f_contiguous}
        if order is None or in_order.get(order, True):
            return a
    made: ndarray = wrapped(np.array(bare(a, by_positions=True), dtype=dtype, order=order or "K"), [])
    return made


def array(a: Any, dtype: Any = None, copy: bool = True, order: str = "K") -> ndarray:
    """The same in an array of its own."""
    return asarray(ndarray(a._held.copy(), a._number) if isinstance(a, ndarray) else a, dtype, order)


def asnumpy(a: Any) -> np.ndarray:
    """A copy in the host's memory."""
    return a.get() if isinstance(a, ndarray) else np.asarray(a)


def may_share_memory(a: Any, b: Any) -> bool:
    """Tell whether two arrays may share elements."""
    return isinstance(a, ndarray) and isinstance(b, ndarray) and np.may_share_memory(a._held, b._held)


add, maximum = WithAt(np.add, "add", called), WithAt(np.maximum, "max", called)


def __getattr__(name: str) -> Any:
    """NumPy's functions by their names, of arrays on the device."""
    if name.startswith("_") or name in MISSING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    function = getattr(np, name)
    if isinstance(function, types.ModuleType):
        return types.SimpleNamespace(
            **{k: _own(v) for k, v in vars(function).items() if callable(v) and f"{name}.{k}" not in MISSING}
        )
    return _own(function) if callable(function) and not isinstance(function, type) else function


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(np)} - MISSING)


@functools.cache
def _own(function: Any) -> Callable[..., Any]:
    @functools.wraps(function, updated=())
    def own(*args: Any, **kwargs: Any) -> Any:
        return called(function, args, kwargs)

    del own.__wrapped__
    return own
