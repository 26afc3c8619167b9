"""Which calls of NumPy's functions CuPy takes, and what it says to others."""

from __future__ import annotations

from typing import Any

import numpy as np

from .cupy_facts import CREATORS, JOINS, KEYWORDS, METHODS, MISSING, NO_MASK, SPECIAL, UNLIKE

SPECIAL_FUNCTIONS = frozenset(SPECIAL.split())
NUMBERS = (bool, int, float, complex, np.generic)


def takes_ufunc(ufunc: Any, method: str) -> bool:
    """Tell whether CuPy has a method of a ufunc, or of a function of ``scipy.special``."""
    name = ufunc.__name__
    of_scipy = type(ufunc).__module__ == "numpy" and getattr(np, name, None) is not ufunc
    if name in MISSING or method not in METHODS or (of_scipy and method != "__call__"):
        return False
    return not of_scipy or name in SPECIAL_FUNCTIONS


def check_method(name: str, method: str) -> None:
    """Refuse the methods that not all ufuncs have there."""
    if method == "at" and name == "subtract":
        raise TypeError("cupy.subtract.at only supports int32, uint32, as data type")
    able = METHODS[method]
    if able is not None and name not in able:
        raise NotImplementedError(f"`cupy_{name}.{method}` is not supported yet")


def takes_function(function: Any) -> bool:
    """Tell whether CuPy has a function of NumPy's."""
    room = function.__module__.partition(".")[2]
    return room in ("", "linalg", "fft") and f"{room}.{function.__name__}".lstrip(".") not in MISSING


def checked(name: str, args: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The keywords of a call as CuPy's function takes them.

    Raises:
        TypeError: it has no such keyword, or no such argument.
    """
    if name == "choose" and isinstance(args[1], list):
        raise AttributeError("'list' object has no attribute 'shape'")
    if name == "roots":
        raise NotImplementedError(
            "Only complex Hermitian and real symmetric 2d arrays are supported currently"
        )
    if name in CREATORS:
        if name in UNLIKE:
            raise TypeError(f"{name}() got an unexpected keyword argument 'device'")
        return {k: v for k, v in kwargs.items() if k != "like"}
    if name in NO_MASK:
        for key in ("where", "initial"):
            if key in kwargs:
                raise TypeError(f"{name}() got an unexpected keyword argument {key!r}")
    unknown = kwargs.keys() - KEYWORDS.get(name, kwargs.keys())
    if unknown:
        raise TypeError(f"{name}() got an unexpected keyword argument {sorted(unknown)[0]!r}")
    if name in JOINS and any([isinstance(v, NUMBERS) for v in args[0]]):
        raise TypeError("Argument 'a' has incorrect type (expected cupy._core.core._ndarray_base, got float)")
    return kwargs
