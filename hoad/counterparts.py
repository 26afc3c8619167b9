"""Which function of NumPy's or SciPy's one of another library stands for: ``numpy.sin`` for ``cupy.sin``.

Libraries whose arrays take NumPy's place have its functions by the same names. So the rules that are stated
for NumPy's serve them too, once it is known which function is which. That is told by where it stands, and not
by what it calls itself: the function ``cupyx.scipy.special.ellipk`` has the name of another one inside.

Nothing is imported but SciPy's modules, where the other library's counterpart of one is there.
"""

from __future__ import annotations

import functools
import importlib
import types
from typing import Any

from .guests import loaded

# Modules of other libraries, and whose names they have.
NAMESPACES = {
    "cupy": "numpy",
    "cupy.linalg": "numpy.linalg",
    "cupy.fft": "numpy.fft",
    "cupyx.scipy.special": "scipy.special",
    "cupyx.scipy.linalg": "scipy.linalg",
    "cupyx.scipy.fft": "scipy.fft",
    "cupyx.scipy.ndimage": "scipy.ndimage",
    "cupyx.scipy.signal": "scipy.signal",
    "cupyx.scipy.interpolate": "scipy.interpolate",
    "cupyx.scipy.spatial.distance": "scipy.spatial.distance",
    "cupyx.scipy.stats": "scipy.stats",
}


def register_namespace(module: str, names_of: str) -> None:
    """Tell that a module has the functions of one of NumPy's or SciPy's, by the same names.

    Args:
        module: the name of the module, as ``"cupy.linalg"``.
        names_of: the name of the other, as ``"numpy.linalg"``.
    """
    NAMESPACES[module] = names_of


def counterpart(function: Any) -> Any:
    """The function of NumPy's or SciPy's that one of another library stands for; None if there is none.

    Example:
        >>> import numpy as np
        >>> counterpart(np.sin) is None
        True
    """
    found = _table(_loaded()).get(id(function))
    return found[1] if found is not None and found[0] is function else None


def _loaded() -> tuple[types.ModuleType, ...]:
    return tuple([module for name in list(NAMESPACES) if (module := loaded(name)) is not None])


@functools.lru_cache(maxsize=8)
def _table(modules: tuple[types.ModuleType, ...]) -> dict[int, tuple[Any, Any]]:
    """By identity: each function of some modules, and what it stands for."""
    table: dict[int, tuple[Any, Any]] = {}
    for module in modules:
        here = importlib.import_module(NAMESPACES[module.__name__])
        for name, function in functions_of(module):
            other = getattr(here, name, None)
            if is_function(other) and function is not other:
                table.setdefault(id(function), (function, other))
    return table


def functions_of(module: types.ModuleType) -> list[tuple[str, Any]]:
    """The functions of a namespace, by name."""
    named = [(name, getattr(module, name, None)) for name in dir(module)]
    return [(name, value) for name, value in named if is_function(value)]


def is_function(value: Any) -> bool:
    """Tell whether a value of a namespace is one of its functions."""
    return callable(value) and not isinstance(value, (type, types.ModuleType))
