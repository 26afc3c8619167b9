"""Constants where a value lies: a rule makes them ``like`` an argument, at whatever level that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..backends import NUMPY, Backend, backend_of
from ..nested import Traced, glance

HERE = frozenset({float, np.ndarray, np.float64, int, complex})  # NumPy's, without a second look
Shape = Any  # an integer, or integers


def library(like: Any) -> Backend:
    """The backend of a value, or of the first of several that is not NumPy's."""
    if like.__class__ in HERE:
        return NUMPY
    if like.__class__ in (tuple, list):
        return next((b for b in map(library, like) if b is not NUMPY), NUMPY)
    return backend_of(plain_of(like)) or NUMPY


def plain_of(like: Any) -> Any:
    """The plain array that tells where constants are to lie."""
    if isinstance(like, Traced):
        return glance(like)
    if like.__class__ in (tuple, list):
        return next((x for x in map(plain_of, like) if backend_of(x) not in (NUMPY, None)), None)
    return like


def zeros(shape: Shape, dtype: Any = float, *, like: Any) -> Any:
    """Zeros where ``like`` lies."""
    backend = library(like)
    return np.zeros(shape, dtype) if backend is NUMPY else backend.zeros(plain_of(like), shape, dtype)


def ones(shape: Shape, dtype: Any = float, *, like: Any) -> Any:
    """Ones where ``like`` lies."""
    backend = library(like)
    return np.ones(shape, dtype) if backend is NUMPY else backend.ones(plain_of(like), shape, dtype)


def full(shape: Shape, value: Any, dtype: Any = None, *, like: Any) -> Any:
    """One value, where ``like`` lies."""
    backend = library(like)
    if backend is NUMPY:
        return np.full(shape, value, dtype)
    return backend.full(plain_of(like), shape, value, dtype)


def eye(n: int, m: int | None = None, k: int = 0, dtype: Any = float, *, like: Any) -> Any:
    """Ones in a diagonal, where ``like`` lies."""
    backend = library(like)
    return np.eye(n, m, k, dtype) if backend is NUMPY else backend.eye(plain_of(like), n, m, k, dtype)


def arange(*limits: Any, like: Any) -> Any:
    """Numbers in steps, where ``like`` lies."""
    backend = library(like)
    if backend is NUMPY:
        return np.arange(*limits)
    return backend.arange(plain_of(like), *limits)


def tri(n: int, m: Any = None, k: int = 0, dtype: Any = float, *, like: Any) -> Any:
    """Ones up to a diagonal, where ``like`` lies."""
    backend = library(like)
    return np.tri(n, m, k, dtype) if backend is NUMPY else backend.tri(plain_of(like), n, m, k, dtype)


def table(make: Callable[..., Any], n: int, *given: Any, like: Any) -> Any:
    """What a function makes of the positions below n, and of numbers and tuples: an array, or a tuple of
    those, where ``like`` lies, that nobody writes into. A device holds it (``Backend.table``), so it is for
    what rules are made of, not for functions that a compiled program calls, whose launches a stream may note.
    """
    backend = library(like)
    if backend is NUMPY:
        return make(np.arange(n), *given)
    return backend.table(plain_of(like), make, n, given)


def known(x: np.ndarray, *, like: Any) -> Any:
    """A small array of the host's where ``like`` lies, held there like a table."""
    backend = library(like)
    return x if backend is NUMPY else backend.known(plain_of(like), x)


def unshared(x: Any) -> Any:
    """Positions that a rule has found, which nobody else will see: on a device, what is kept for the way back
    is the array itself.
    """
    return library(x).unshared(x) if is_elsewhere(x) else x


def asarray(x: Any, dtype: Any = None, *, like: Any) -> Any:
    """A plain value as an array where ``like`` lies; an array of a library stays in it."""
    backend = library(like)
    if backend is NUMPY and not isinstance(x, Traced) and backend_of(x) in (NUMPY, None):
        return np.asarray(x, dtype)
    if isinstance(x, Traced):
        return x
    if backend_of(x) in (NUMPY, None):
        return backend.asarray(plain_of(like), x, dtype)
    return x if dtype is None or x.dtype == dtype else x.astype(dtype)


def as_array(x: Any) -> Any:
    """An array, of whatever library and level, as it is; all else as one of NumPy's."""
    return x if isinstance(x, (np.ndarray, Traced)) or is_elsewhere(x) else np.asarray(x)


def is_array(x: Any) -> bool:
    """Tell whether a plain value is an array, of NumPy's or of another library."""
    return x.__class__ is np.ndarray or isinstance(x, np.ndarray) or is_elsewhere(x)


def is_elsewhere(x: Any) -> bool:
    """Tell whether a plain value is an array of another library than NumPy."""
    return x.__class__ not in HERE and backend_of(x) not in (NUMPY, None)


def is_locked(x: Any) -> bool:
    """Tell whether NumPy refuses to write into a plain array."""
    return isinstance(x, np.ndarray) and not x.flags.writeable


def waits(x: Any) -> bool:
    """Tell whether reading a value waits for a device."""
    return x.__class__ not in HERE and library(x).waits
