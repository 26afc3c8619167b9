"""Which functions of SciPy's, and of pydata/sparse, have a door, by identity; a family is loaded with the
first program that reaches a function of its module.
"""

from __future__ import annotations

import functools
import importlib
import types
from typing import Any

from ..chainrules.doors import COMPANIONS, DOORS, HEIRS, door
from ..guests import GUIDES, has_guide

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
    """A function that is handed over to be differentiated, or its door, where it is one of SciPy's."""
    module = getattr(f, "__module__", None)
    if module.__class__ is not str or module[:6] != "scipy.":
        return f
    return door_of(f) or f


def companions_of(module: str) -> tuple[type, ...]:
    """The classes that come with a module: its functions, and those of others, give objects of them."""
    for beginning, classes in COMPANIONS.items():
        if module.startswith(beginning):
            return classes
    return ()


def is_code(value: Any) -> bool:
    """Tell whether a value is a function or a class, and no object that may be anything."""
    return isinstance(value, CODE) or type(value).__name__ in COMPILED


COMPILED = (
    "cython_function_or_method",
    "fused_cython_function",
    "_Function",
)  # what Cython makes, and SciPy's transforms are
CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    type,
)
