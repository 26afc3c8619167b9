"""The classes of sparse matrices with traced entries, made of SciPy's, and the doors in SciPy's own
methods.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import sparse

from ...arrays.fillable import Fillable
from ...chainrules.doors import COMPANIONS, door
from ...errors import MissingRuleError
from ...guests import HOSTS
from ...nested import Traced, pack, refused
from .arithmetic import BINARY, UNARY
from .guest import Guest
from .holding import (
    ANY,
    CLASS,
    CLASSES,
    Holding,
    as_held,
    become,
    concerns,
    lifted,
    of_places,
    plain_of,
    top_of,
    without,
)

# Methods of SciPy's that only move entries, and those that do so in place.
MOVES = (
    "tocsr", "tocsc", "tocoo", "tobsr", "todia", "todok", "tolil", "transpose", "reshape", "copy", "getrow",
    "getcol", "_getrow", "_getcol", "__getitem__", "diagonal", "toarray", "todense", "sorted_indices", "get",
)  # fmt: skip
CHANGES = ("sort_indices", "resize", "prune")
# What is asked of a matrix has no derivative.
ASKS = (
    "count_nonzero", "getnnz", "nonzero", "argmax", "argmin", "check_format", "keys", "__eq__", "__ne__",
    "__lt__", "__gt__", "__le__", "__ge__", "__len__", "__contains__", "__reversed__", "__bool__", "__repr__",
    "__str__",
)  # fmt: skip
# What SciPy's class does by the methods above, or by its attributes alone.
OWN = ("asformat", "getH", "getformat", "get_shape", "getmaxprint", "__class_getitem__", "__init__")
OF_OBJECTS = frozenset(dir(object)) - {"__eq__", "__ne__", "__lt__", "__gt__", "__le__", "__ge__"} | {
    "__weakref__", "__module__", "__dict__", "__doc__", "__array_priority__", "__annotations__",
    "__firstlineno__", "__static_attributes__", "__orig_bases__", "__parameters__",
}  # fmt: skip


def moves(name: str) -> Callable[..., Any]:
    """A method that moves entries, as it is of the labels."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        whole = as_held(self)
        return lifted(getattr(whole.labels, name)(*args, **kwargs), whole.entries)

    return method


def changes(name: str) -> Callable[..., Any]:
    """A method that moves entries in place."""

    def method(self: Any, *args: Any, **kwargs: Any) -> None:
        whole = as_held(self)
        labels = whole.labels.copy()
        getattr(labels, name)(*args, **kwargs)
        become(self, labels, whole.entries)

    return method


def asks(name: str) -> Callable[..., Any]:
    """A method of the plain values."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(without(self), name)(*map(plain_of, args), **kwargs)

    return method


def refusal(name: str) -> Callable[..., Any]:
    """A method that has no derivative."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        message = (
            f"{self.plain.__name__}.{name} of a matrix with traced entries has no derivative: "
            f"A.toarray() is the array, and NumPy's functions of it have one"
        )
        raise refused(MissingRuleError(message), top_of(self))

    return method


def summed(self: Any) -> None:
    """Add up the entries at the same place."""
    whole = as_held(self)
    become(self, whole.labels, whole.entries)


def kept(self: Any) -> None:
    """Entries that are zero stay, as they have derivatives."""


def rows_of(self: Any) -> Iterator[Any]:
    """Row by row."""
    whole = as_held(self)
    return (lifted(row, whole.entries) for row in whole.labels)


def statements() -> dict[str, Any]:
    """What the methods of matrices with traced entries do, by name."""
    found: dict[str, Any] = {name: moves(name) for name in MOVES}
    found |= {name: changes(name) for name in CHANGES} | {name: asks(name) for name in ASKS} | BINARY | UNARY
    found |= {"sum_duplicates": summed, "eliminate_zeros": kept, "__iter__": rows_of}
    found["real"], found["imag"] = property(UNARY_PARTS[0]), property(UNARY_PARTS[1])
    found["nnz"] = property(lambda self: self.labels.nnz)
    found["size"] = property(lambda self: self.labels.size)
    return found


def real(self: Any) -> Any:
    """The real part of each entry."""
    return held_by(self, np.real)


def imag(self: Any) -> Any:
    """The imaginary part of each entry."""
    return held_by(self, np.imag)


def held_by(self: Any, f: Callable[[Any], Any]) -> Any:
    """A function of each entry."""
    whole = as_held(self)
    return lifted(whole.labels, f(whole.entries))


UNARY_PARTS = (real, imag)
STATED = statements()


def names_of(cls: type) -> list[str]:
    """The methods of one of SciPy's classes that a program may call."""
    called = [n for n in dir(cls) if callable(getattr(cls, n, None)) and n not in OF_OBJECTS]
    return [n for n in called if not n.startswith("_") or n.startswith("__")]


def made_of(cls: Any) -> type:
    """The class of the matrices of one of SciPy's classes that have traced entries."""
    methods = {n: v for n, v in STATED.items() if hasattr(cls, n)}
    methods |= {n: refusal(n) for n in names_of(cls) if n not in STATED and n not in OWN}
    named = {
        "plain": cls,
        "__slots__": (),
        "__module__": cls.__module__,
        "__doc__": cls.__doc__,
        "__hash__": object.__hash__,
    }
    own = {n: v for n, v in vars(Holding).items() if not n.startswith("__")}
    # SciPy's class comes first, so that an object of it may become one of this.
    return types.new_class(
        cls.__name__, (cls, Holding), exec_body=lambda held: held.update(own | methods | named)
    )


for _cls in CLASSES:
    CLASS[_cls] = made_of(_cls)


# ------------------------------------------------------------------------------------------------------------
# Doors in SciPy's classes
# ------------------------------------------------------------------------------------------------------------


def beside(name: str, plain: Any) -> Callable[..., Any]:
    """A method of plain matrices, whose operands may be traced."""
    own = BINARY[name]

    @functools.wraps(plain)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self, Holding) or not concerns(*args, *kwargs.values()):
            return plain(self, *args, **kwargs)
        return own(self, *args, **kwargs)

    return method


def begun(plain: Any) -> Callable[..., Any]:
    """``__init__`` of one of the classes, of entries that may be traced."""

    @functools.wraps(plain)
    def method(
        self: Any, arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False, **more: Any
    ) -> None:
        if isinstance(arg1, tuple) and concerns(*arg1[1:]):  # places are integers: constants, as int(x) is
            arg1 = (arg1[0], *map(plain_of, arg1[1:]))
        data = arg1[0] if isinstance(arg1, tuple) and arg1 else arg1
        if data.__class__ is Fillable and isinstance(self, sparse.spmatrix):  # whose sums are np.matrix
            arg1 = plain_of(arg1)
        if not concerns(arg1):
            plain(self, arg1, shape, dtype, copy, **more)
            return
        labels, entries = made(type(self), plain, arg1, shape, more)
        become(self, labels, entries if dtype is None else entries.astype(dtype))

    return method


def made(cls: Any, plain: Any, given: Any, shape: Any, more: Any) -> tuple[Any, Any]:
    """The labels and the entries of what a class is called with."""
    if isinstance(given, ANY):
        whole = as_held(given)
        labels = cls.__new__(cls)
        plain(labels, whole.labels, shape, **more)
        return labels, whole.entries
    if not isinstance(given, tuple):
        return all_of(cls, pack(given) if isinstance(given, Traced) else pack(np.array(given)), shape)
    entries = pack(given[0]) if isinstance(given[0], Traced) else pack(np.array(given[0]))
    numbers = np.arange(1.0, np.size(entries) + 1).reshape(np.shape(entries))
    entries = np.reshape(entries, -1)
    by_places = len(given) == 2 and not issubclass(cls, (sparse.dia_array, sparse.dia_matrix))
    if not by_places or issubclass(cls, (sparse.coo_array, sparse.coo_matrix)):
        labels = cls.__new__(cls)
        plain(labels, (numbers, *given[1:]), shape, **more)
        return labels, entries
    array = issubclass(cls, sparse.sparray)
    coo = (sparse.coo_array if array else sparse.coo_matrix)((numbers, given[1]), shape=shape)
    places = tuple(coo.coords)
    whole = of_places(places, entries, coo.shape, type(coo), cls.__name__.partition("_")[0])
    return whole.labels, whole.entries


def all_of(cls: Any, x: Any, shape: Any) -> tuple[Any, Any]:
    """A matrix of all elements of an array: one that is zero may have a derivative."""
    x = np.atleast_2d(x) if issubclass(cls, sparse.spmatrix) or np.ndim(x) == 0 else x
    numbers = np.arange(1.0, np.size(x) + 1).reshape(np.shape(x))
    return cls(numbers), np.reshape(x, -1)


def functions_of(names: Any) -> Iterator[tuple[str, Any]]:
    """The functions that stand under some names in SciPy's classes, and their bases."""
    bases = dict.fromkeys([base for cls in CLASSES for base in cls.__mro__ if base.__module__ in OF_SPARSE])
    for base in bases:
        for name in names:
            found = vars(base).get(name)
            if isinstance(found, types.FunctionType):
                yield name, found


OF_SPARSE = {base.__module__ for cls in CLASSES for base in cls.__mro__ if "scipy.sparse" in base.__module__}

for _name, _function in functions_of(BINARY):
    door(_function, always=True)(beside(_name, _function))
for _, _function in functions_of(["__init__"]):
    if _function.__code__.co_varnames[:3] == ("self", "arg1", "shape"):
        door(_function, always=True, keeps=(0, 1, "arg1"))(begun(_function))

COMPANIONS["scipy.sparse"] = CLASSES
HOSTS["scipy.sparse"] = Guest
