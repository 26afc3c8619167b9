"""Which functions of SciPy's, and of pydata/sparse, have a door, by identity; a family is loaded with the
first program that reaches a function of its module.
"""

from __future__ import annotations

import functools
import importlib
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.doors import COMPANIONS, DOORS, HEIRS, door
from ..guests import GUIDES, has_guide
from .untouched import standard

# The modules of SciPy that have doors, and where these are made.
FAMILIES = {
    "scipy.linalg": "hoad.scipy.linalg",
    "scipy.special": "hoad.scipy.special",
    "scipy.stats": "hoad.scipy.stats",
    "scipy.integrate": "hoad.scipy.integrate",
    "scipy.optimize": "hoad.scipy.optimize",
    "scipy.spatial": "hoad.scipy.spatial.structures",
    "scipy.spatial.distance": "hoad.scipy.spatial.distance",
    "scipy.spatial.transform": "hoad.scipy.spatial.transform",
    "scipy.fft": "hoad.scipy.fft",
    "scipy.sparse.linalg": "hoad.scipy.sparse.linalg",
    "scipy.sparse.csgraph": "hoad.scipy.sparse.csgraph",
    "scipy.sparse": "hoad.scipy.sparse",
    "scipy.interpolate": "hoad.scipy.interpolate",
    "scipy.ndimage": "hoad.scipy.ndimage",
    "scipy.signal": "hoad.scipy.signal",
}
OF_FAMILIES = ("scipy.", *[f"{house}." for house in GUIDES])


@functools.cache
def family_of(module: str) -> str | None:
    """The module that has the doors for one of SciPy's: ``hoad.scipy.linalg`` for ``scipy.linalg._basic``."""
    parts = module.split(".")
    if parts[0] in GUIDES:
        return GUIDES[parts[0]] if has_guide(parts[0]) else None
    for n in range(len(parts), 1, -1):
        found = FAMILIES.get(".".join(parts[:n]))
        if found is not None:
            return found
    return None


@functools.cache
def load(family: str) -> None:
    """State the rules of a family."""
    importlib.import_module(family)


def door_of(value: Any) -> Any:
    """What stands for a function of SciPy's; None for itself, and for all else.

    Example:
        >>> import numpy, scipy.linalg
        >>> found = map(door_of, (scipy.linalg.solve, scipy.linalg.LinAlgError, numpy.linalg.solve))
        >>> [door is not None for door in found]
        [True, False, False]
    """
    module = getattr(value, "__module__", None)
    if module.__class__ is not str or not module.startswith(OF_FAMILIES):
        return None
    family = family_of(module)
    if family is None or not is_code(value):
        return None
    load(family)
    found = DOORS.get(value)
    if found is None and HEIRS and isinstance(value, type):
        return heir(value)
    return None if found is value else found


def heir(cls: type) -> Any:
    """The door of a class that is made by one of SciPy's functions; None if there is none."""
    for base in cls.__mro__[1:]:
        made = HEIRS[base](cls) if base in HEIRS else cls
        if made is not cls:
            door(cls, always=True)(made)
            return DOORS[cls]
    return None


def behind_door(f: Any) -> Any:
    """A function that is handed over to be differentiated: of one of SciPy's the door, and of others of
    theirs and of Python's own a program that calls it, in which something may stand for it.

    Example:
        >>> import math, numpy
        >>> behind_door(numpy.sin) is numpy.sin, behind_door(math.sin)(0.0)
        (True, 0.0)
    """
    module = getattr(f, "__module__", None)
    if f.__class__ is not np.vectorize and not (module.__class__ is str and is_others(module)):
        return f
    return door_of(f) or calling(f)


def calling(f: Any) -> Callable[..., Any]:
    """A program, of no module, that calls a function."""

    def program(*args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs)

    made = types.FunctionType(program.__code__, {}, None, None, program.__closure__)
    return functools.update_wrapper(made, f)


@functools.cache
def is_others(module: str) -> bool:
    """Tell whether a module, by its name, is one of Python's or SciPy's, or of NumPy's polynomials."""
    return module.partition(".")[0] in standard() or module.startswith(("scipy.", "numpy.polynomial"))


def companions_of(module: str) -> tuple[type, ...]:
    """The classes that come with a module: its functions, and those of others, give objects of them."""
    for beginning, classes in COMPANIONS.items():
        if module.startswith(beginning):
            return classes
    return ()


def is_code(value: Any) -> bool:
    """Tell whether a value is a function or a class, and no object that may be anything."""
    return isinstance(value, CODE) or type(value).__name__ in COMPILED


CYTHONS = ("cython_function_or_method", "fused_cython_function")
COMPILED = (*CYTHONS, "_Function")  # what Cython makes, and SciPy's transforms are
CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    type,
)
