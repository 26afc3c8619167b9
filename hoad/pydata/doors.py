"""The functions of pydata/sparse, and the methods of its arrays, where a traced value is among what they are
given: those of NumPy's by the same name.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import sparse
from sparse import COO, DOK, GCXS, SparseArray

from ..chainrules.doors import COMPANIONS, door, is_traced
from ..chainrules.refusals import escape
from ..errors import MissingRuleError
from ..guests import HOSTS
from ..nested import Traced, innermost, refused
from ..operands import parts
from ..scipy.sparse.holding import added
from . import points  # noqa: F401  (it registers the classes)
from .entries import Entries, converted, made, of, of_dense
from .forms import whole

CLASSES = (SparseArray, COO, GCXS, DOK)
# The methods that are given other arrays. (Operators ask ``__array_ufunc__``, but for the product.)
METHODS = ("__array_ufunc__", "__array_function__", "__matmul__", "__rmatmul__", "dot", "clip")


def concerns(*things: Any) -> bool:
    """Tell whether anything among operands is traced."""
    return any(map(is_traced, things))


def beside(name: str, plain: Any) -> Callable[..., Any]:
    """A method of the library's arrays, whose operands may be traced."""

    @functools.wraps(plain)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not concerns(*args, *kwargs.values()):
            return plain(self, *args, **kwargs)
        if name == "__array_function__" and (own := OWN.get(args[0].__name__)) is not None:
            return own(*converted(args[2]), **args[3])
        given = [converted(a) for a in args]
        return getattr(of(self), name)(*given, **{k: converted(v) for k, v in kwargs.items()})

    return method


def written(plain: Any) -> Callable[..., Any]:
    """``__setitem__`` of the class that has it, whose numbers are in a dictionary."""

    @functools.wraps(plain)
    def method(self: Any, key: Any, value: Any) -> None:
        if concerns(value, key):
            raise escape(
                innermost(parts([value, key])),
                f"it is written into a {type(self).__name__} (sparse)",
                "make the array of coordinates and entries, sparse.COO(coords, entries, shape=...)",
            )
        plain(self, key, value)

    return method


def by_name(name: str, plain: Any) -> Callable[..., Any]:
    """A function of the library's: NumPy's of the same name, or a refusal."""
    other = OWN[name] if name in OWN else getattr(np, name, None)

    @functools.wraps(plain)
    def function(*args: Any, **kwargs: Any) -> Any:
        if not concerns(*args, *kwargs.values()):
            return plain(*args, **kwargs)
        if other is None:
            first = innermost(parts([*args, *kwargs.values()]))
            message = (
                f"sparse.{name} of a value that is being differentiated has no derivative; write "
                f"a.todense(), and take NumPy's functions of it"
            )
            raise refused(MissingRuleError(message), first)
        named = {k: converted(v) for k, v in kwargs.items() if v is not None}
        return other(*[converted(a) for a in args], **named)

    return function


def as_array(x: Any, *args: Any, format: Any = "coo", **options: Any) -> Any:
    """Any array as one of the library's."""
    found = x if isinstance(x, Entries) else of_dense(x, COO)
    return found.asformat(format or "coo")


def elemwise(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A function of each element."""
    return f(*args, **kwargs)


def begun(coords: Any, data: Any = None, shape: Any = None, **options: Any) -> Any:
    """``sparse.COO(coords, data, shape)`` of entries that may be traced."""
    fill = options.get("fill_value")
    if not concerns(coords, data, fill):
        return COO(coords, data, shape, **options)
    if concerns(coords) and not isinstance(coords, Traced):
        raise escape(innermost(parts([coords])), "it is a coordinate of a COO (sparse)", "they are integers")
    if data is None:
        return as_array(coords)
    coords = np.atleast_2d(np.asarray(coords))
    data = np.broadcast_to(data, coords.shape[1:]) if not np.ndim(data) else data
    shape = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    flat = np.ravel_multi_index(tuple(coords), shape)
    places, to = np.unique(flat, return_inverse=True)
    entries = added(data, np.reshape(to, -1), len(places))
    fill = np.zeros((), entries.dtype)[()] if fill is None else fill
    return made(np.array(np.unravel_index(places, shape)), entries, fill, shape, COO)


def as_numpy(a: Any, dtype: Any = None, order: Any = None) -> Any:
    """Any array with all its elements."""
    found = whole(a)
    return found if dtype is None else found.astype(dtype)


def clip(a: Any, min: Any = None, max: Any = None, out: Any = None) -> Any:
    """Each element within bounds."""
    return np.clip(a, min, max)


def expand_dims(x: Any, axis: Any = 0) -> Any:
    """One more axis of length one."""
    return np.expand_dims(x, axis)


def of_all(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays with all their elements."""
    return lambda a, *args, **options: f(whole(a), *args, **options)


# Those that NumPy's of the same name does not stand for; None for a refusal.
OWN: dict[str, Callable[..., Any] | None] = {
    "asarray": as_array, "as_coo": as_array, "asCOO": as_array, "asnumpy": as_numpy, "elemwise": elemwise,
    "clip": clip, "expand_dims": expand_dims, "unique_counts": None, "unique_values": None,
    **{name: of_all(getattr(np, name)) for name in ("full_like", "zeros_like", "ones_like", "empty_like")},
}  # fmt: skip

for _name in METHODS:
    for _cls in CLASSES:
        if isinstance(_method := vars(_cls).get(_name), types.FunctionType):
            door(_method, always=True, keeps=tuple(range(9)))(beside(_name, _method))
door(DOK.__setitem__, always=True, keeps=(0, 1, 2))(written(DOK.__setitem__))
for _name in sparse.__all__:
    if isinstance(_function := getattr(sparse, _name), types.FunctionType):
        door(_function, always=True, keeps=tuple(range(9)))(by_name(_name, _function))
door(COO, always=True, keeps=("coords", 0))(begun)
COMPANIONS["sparse.numba_backend"] = CLASSES
HOSTS["sparse"] = of
