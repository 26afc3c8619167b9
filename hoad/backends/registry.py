"""Whose an array is, and the backends of others: ``register``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .backend import NUMPY, Backend
from .cupy import CuPy
from .dask import Dask

# By the beginning of the name of a class's module, or by the class itself.
REGISTERED: dict[Any, Backend] = {"numpy": NUMPY, "cupy": CuPy("cupy"), "dask": Dask("dask.array")}
_known: dict[type, Backend | None] = {}  # what was found out of a class
FUSING: set[type] = set()  # the classes of arrays that were met whose backends make kernels
NUMBERS = (bool, int, float, complex, np.generic)


def register(owner: str | type, backend: Backend) -> None:
    """Let the arrays of a library take part in derivatives.

    Args:
        owner: the module that the library is imported as, or a class of arrays.
        backend: how constants are made there, and the rest of what ``Backend`` says.

    Raises:
        TypeError: ``backend`` is no ``Backend``, or ``owner`` neither a module's name nor a class.

    Example:
        >>> from hoad.backends import Backend, register
        >>> register("my_arrays", Backend("my_arrays"))
    """
    if not isinstance(backend, Backend):
        raise TypeError(f"register wants a hoad.backends.Backend, and got {backend!r}")
    if not isinstance(owner, (str, type)) or owner == "":
        raise TypeError(f"register wants the name of a module, or a class of arrays, and got {owner!r}")
    REGISTERED[owner] = backend
    _known.clear()


def backend_of(value: Any) -> Backend | None:
    """The backend of a value: NumPy's for numbers; None for what is no array, or of an unknown library.

    Args:
        value: anything but a traced value.

    Returns:
        The backend.

    Example:
        >>> backend_of(1.0)
        <backend of numpy>
        >>> backend_of("text")
    """
    cls = value.__class__
    try:
        return _known[cls]
    except KeyError:
        _known[cls] = found = backend_of_class(cls)
        if found is not None and found.fuses:
            FUSING.add(cls)
        return found


def backend_of_class(cls: type) -> Backend | None:
    """The backend of the values of a class; None for what is no array, or of an unknown library."""
    if cls in REGISTERED:
        return REGISTERED[cls]
    if issubclass(cls, NUMBERS):
        return NUMPY
    if not hasattr(cls, "__array_ufunc__") or not hasattr(cls, "shape"):
        return None
    module = cls.__module__
    while module and module not in REGISTERED:
        module = module.rpartition(".")[0]  # the package that it is in
    return REGISTERED.get(module)
