"""``float``, ``isinstance`` and their kin as the user's code sees them while a derivative runs: a traced
value is what it stands for.
"""

from __future__ import annotations

import builtins
import functools
import types
import warnings
from typing import Any

import numpy as np

from ..arrays.texts import check_text
from ..chainrules.numpy.shaping import as_number, cast
from ..guests import method_of
from ..nested import UNDERSTOOD, Traced, bare, primal, type_of
from . import attributes
from .lookups import met


class _Numeric(type):
    """A class of numbers: traced numbers are made of traced numbers, and count as its instances."""

    original: Any
    kinds: str

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], Traced) and cls.takes(args[0]):
            x: Traced = args[0]
            return x.whole(cls.original, cls.made, args, {}, cls)
        if args and args[0].__class__ is str:
            check_text(args[0])
        elif args and args[0].__class__ not in UNDERSTOOD:
            told = method_of(args[0].__class__, "__complex__" if "c" in cls.kinds else "__float__")
            found = None if told is None else told(args[0])
            if isinstance(found, Traced):  # which Python takes for no number
                return cls(found, *args[1:], **kwargs)
        return cls.original(*args, **kwargs)

    def takes(cls, x: Any) -> bool:
        """Whether a traced value can be made a number, or an array by a class of NumPy's; what can't is the
        original's to refuse.
        """
        if issubclass(cls.original, np.generic):
            return x.dtype.kind in cls.kinds
        return x.dtype.kind in cls.kinds and x.size == 1 and (not x.shape or takes_arrays(cls.original))

    def made(cls, x: Any, *rest: Any) -> Any:
        """The number, traced; of an array, NumPy's classes make an array."""
        if x.ndim and issubclass(cls.original, np.generic) and not (x.size == 1 and opens(cls.original)):
            return cast(x, cls.original)
        return as_number(x.reshape(()) if x.ndim else x, cls.original)

    def __instancecheck__(cls, x: Any) -> bool:
        return issubclass(type_of(x) if isinstance(x, Traced) else builtins.type(x), cls.original)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(ORIGINALS.get(other, other), cls.original)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.original, name)

    def __eq__(cls, other: object) -> bool:
        return True if other is cls or other is cls.original else NotImplemented  # which a dtype decides

    def __hash__(cls) -> int:
        return hash(cls.original)

    def __repr__(cls) -> str:
        return repr(cls.original)


@functools.cache
def takes_arrays(cls: Any) -> bool:
    """Tell whether a class of Python's makes a number of an array of one, as it did before NumPy 2.5."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it will not be so
        try:
            return isinstance(cls(np.ones(1)), cls)
        except TypeError:
            return False


@functools.cache
def opens(cls: Any) -> bool:
    """Tell whether a class of NumPy's makes a number of an array of one, as ``np.float64`` once did."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it will not be so
        return bool(np.ndim(cls(np.ones(1))) == 0)


class Float(float, metaclass=_Numeric):
    """``float`` of a traced number is that number."""

    original = float
    kinds = "fiub"
    dtype = np.dtype(float)


class Complex(complex, metaclass=_Numeric):
    """``complex`` of traced numbers is a traced complex number."""

    original = complex
    kinds = "cfiub"
    dtype = np.dtype(complex)

    @classmethod
    def made(cls, x: Any, *rest: Any) -> Any:
        """The number, traced."""
        return as_number(x + 1j * rest[0] if rest else x, complex)


def of_numpy(original: Any) -> Any:
    """A class of NumPy's numbers."""
    kinds = "cfiub" if issubclass(original, np.complexfloating) else "fiub"
    names = {"original": original, "kinds": kinds, "dtype": np.dtype(original)}
    return _Numeric(original.__name__, (complex if "c" in kinds else float,), names)


Float.__name__, Complex.__name__ = "float", "complex"
ORIGINALS: dict[Any, type] = {Float: float, Complex: complex}


class _TypeOfTypes(type):
    """``type(x)`` is the class of what x stands for."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) != 1:
            return builtins.type(*args, **kwargs)
        found = type_of(args[0]) if isinstance(args[0], Traced) else builtins.type(args[0])
        return builtins.type if found in (_TypeOfTypes, _Numeric) else found

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, builtins.type)

    def __eq__(cls, other: object) -> bool:
        return True if other is cls or other is builtins.type else NotImplemented

    def __hash__(cls) -> int:
        return hash(builtins.type)


class Type(type, metaclass=_TypeOfTypes):
    """``type`` of a traced value is the class of what it stands for."""


def is_instance(x: Any, classes: Any, /) -> bool:
    """``isinstance``, by what a traced value stands for."""
    if not isinstance(x, Traced):
        return isinstance(x, classes)
    return issubclass(type_of(x), classes) or isinstance(x, kinds_among(classes))


def kinds_among(classes: Any) -> tuple[type, ...]:
    """The classes of hoad's own traced values, of which a traced value is what it is."""
    parts = classes if isinstance(classes, tuple) else (classes,)
    return tuple([c for c in parts if isinstance(c, type) and issubclass(c, Traced)])


def has_attribute(x: Any, name: str, /) -> bool:
    """``hasattr``, by what a traced value stands for: a number has no length."""
    return (not isinstance(x, Traced) or hasattr(type_of(x), name)) and hasattr(x, name)


def get_attribute(x: Any, name: str, /, *default: Any) -> Any:
    """``getattr``, by what a traced value stands for: a number of Python's has no shape."""
    if x.__class__ is np.ndarray and name in attributes.ASKED:
        return attributes.attribute_of(x, name)
    if isinstance(x, Traced) and not hasattr(type_of(x), name):
        value = bare(primal(x))  # one whose uses are noted has what arrays have, and so has a batch
        return getattr(type_of(x) if isinstance(value, Traced) else value, name, *default)
    found = getattr(x, name, *default)
    return met(found) if isinstance(x, types.ModuleType) else found


class _Asking(type):
    """A class that a traced value may be one of, by what it stands for."""

    original: Any

    def __instancecheck__(cls, x: Any) -> bool:
        return is_instance(x, cls.original)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.original, name)


@functools.cache
def guard_of(cls: type) -> Any:
    """What stands for a class in a pattern: it asks what a traced value stands for."""
    if cls in (float, complex):
        return CALLED[cls.__name__]
    if issubclass(cls, float | complex):
        return of_numpy(cls)  # of which ``case np.float64(y):`` gives the number
    return _Asking(cls.__name__, (), {"original": cls})


# By name. A class of numbers is bound where it is called, which ``dtype=float`` does not.
CALLED = {"float": Float, "complex": Complex, "type": Type}
REPLACED = {
    "isinstance": is_instance,
    "hasattr": has_attribute,
    "getattr": get_attribute,
}
