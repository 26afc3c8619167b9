"""SciPy's special functions as C functions of doubles, which native code calls: the same values as from
Python.

``scipy.special.cython_special`` has them in capsules, whose names are their signatures.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import re
import sys
from typing import Any

import numpy as np

PREFIX = "special."  # of their names among the operations
SIGNATURE = re.compile(r"double \((double, )+int __pyx_skip_dispatch\)")


def special_of(function: Any) -> str | None:
    """The name of the capsule of a function of ``scipy.special``; None if there is none, or it is no such."""
    module = sys.modules.get("scipy.special")
    name = getattr(function, "__name__", "")
    if module is None or not isinstance(function, np.ufunc) or getattr(module, name, None) is not function:
        return None
    return capsule_of(name)


@functools.cache
def capsules() -> dict[str, Any]:
    """What SciPy gives to C; nothing where it does not."""
    try:
        found: dict[str, Any] = importlib.import_module("scipy.special.cython_special").__pyx_capi__
    except (ImportError, AttributeError):
        return {}
    return found


@functools.cache
def capsule_of(name: str) -> str | None:
    """The name of a capsule: of several for different types, that of doubles."""
    pattern = re.compile(rf"(__pyx_fuse_\d+(_\d+)*)?{re.escape(name)}")
    fits = [key for key in capsules() if pattern.fullmatch(key) and SIGNATURE.fullmatch(signature(key))]
    return fits[0] if fits else None


def signature(key: str) -> str:
    """The name of a capsule."""
    get = ctypes.pythonapi.PyCapsule_GetName
    get.restype, get.argtypes = ctypes.c_char_p, [ctypes.py_object]
    found: bytes = get(capsules()[key])
    return found.decode()


def address_of(key: str) -> int:
    """Where a function is in memory."""
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    found: int = get(capsules()[key], signature(key).encode())
    return found
