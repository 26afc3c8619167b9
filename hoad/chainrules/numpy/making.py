"""Arrays made anew: zeros and ones, values in equal steps, grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import innermost
from ..statements import composite
from .indexing import lies_in_columns
from .shaping import astype, is_ordered, resolve

# ------------------------------------------------------------------------------------------------------------
# Grids and choices
# ------------------------------------------------------------------------------------------------------------


@composite(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """Grids of coordinates."""
    n = len(xi)
    parts = [np.reshape(x, (1,) * k + (-1,) + (1,) * (n - k - 1)) for k, x in enumerate(xi)]
    if indexing == "xy" and n > 1:
        parts = [np.swapaxes(part, 0, 1) for part in parts]
    grids = parts if sparse else np.broadcast_arrays(*parts)
    return tuple([g.copy() for g in grids] if copy else grids)


@composite(np.ix_)
def ix_(*args: Any) -> tuple[Any, ...]:
    """An open grid."""
    n = len(args)
    return tuple(np.reshape(x, (1,) * k + (-1,) + (1,) * (n - k - 1)) for k, x in enumerate(args))


@composite(np.logspace)
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Powers of a base, in equal steps of the exponent."""
    return np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))


@composite(np.geomspace)
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """Numbers in equal proportions."""
    steps = np.arange(num) / max(num - 1 if endpoint else num, 1)
    shape = np.broadcast_shapes(np.shape(start), np.shape(stop))
    steps = np.reshape(steps, (-1,) + (1,) * len(shape))
    return np.moveaxis(start * (stop / start * np.ones(shape)) ** steps, 0, axis)


# ------------------------------------------------------------------------------------------------------------
# Creation like another array: constants at first, which can hold traced values
# ------------------------------------------------------------------------------------------------------------


@composite(np.zeros_like, np.empty_like)
def zeros_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **_: Any
) -> Any:
    """Zeros of the shape of ``a``, which can hold traced values."""
    top = innermost((a,))
    assert top is not None
    blank = top.blank(np.shape(a) if shape is None else resolve(shape, 0), dtype or a.dtype)
    in_columns = order == "F" or (order in "AK" and blank.ndim == np.ndim(a) and lies_in_columns(a))
    return blank.copy("F") if in_columns and blank.ndim > 1 else blank


@composite(np.ones_like)
def ones_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **_: Any
) -> Any:
    """Ones of the shape of ``a``, which can hold traced values."""
    return np.zeros_like(a, dtype=dtype, order=order, shape=shape) + 1


@composite(np.full_like)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    **_: Any,
) -> Any:
    """A value in the shape of ``a``."""
    blank = np.zeros_like(a, dtype=dtype, order=order, shape=shape)
    return blank + fill_value


@composite(np.zeros, np.empty)
def zeros(shape: Any, dtype: Any = None, order: str = "C", *, like: Any, **_: Any) -> Any:
    """Zeros, ``like`` a traced value."""
    return np.zeros_like(like, dtype=dtype or np.float64, shape=shape)


@composite(np.ones)
def ones(shape: Any, dtype: Any = None, order: str = "C", *, like: Any, **_: Any) -> Any:
    """Ones, ``like`` a traced value."""
    return np.ones_like(like, dtype=dtype or np.float64, shape=shape)


@composite(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, like: Any, **_: Any) -> Any:
    """A value in a shape, ``like`` a traced value."""
    return np.full_like(like, fill_value, shape=shape)


@composite(np.array)
def array(
    a: Any,
    dtype: Any = None,
    *,
    copy: Any = True,
    order: str = "K",
    ndmin: int = 0,
    like: Any = None,
    **_: Any,
) -> Any:
    """An array, ``like`` a traced value."""
    if isinstance(a, (list, tuple)):
        a, copy = np.stack([array(part, like=like) for part in a]), None
    a = np.reshape(a, (1,) * (ndmin - np.ndim(a)) + np.shape(a))
    dtype = a.dtype if dtype is None else np.dtype(dtype)
    if dtype == a.dtype and is_ordered(a, order) and not copy:
        return a
    if copy is False:
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    return astype(a, dtype, order)


@composite(np.asarray, np.asanyarray)
def asarray(a: Any, dtype: Any = None, order: str | None = None, *, copy: Any = None, **_: Any) -> Any:
    """An array, which is ``a`` itself if that is one."""
    return array(a, dtype, copy=copy, order=order or "K")


@composite(np.ascontiguousarray)
def ascontiguousarray(a: Any, dtype: Any = None, **_: Any) -> Any:
    """An array that lies in memory row by row, of one axis at least."""
    return array(a, dtype, copy=None, order="C", ndmin=1)


@composite(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Evenly spaced between two values, which may be traced."""
    t = np.linspace(0.0, 1.0, num, endpoint=endpoint)
    ndim = max(np.ndim(start), np.ndim(stop))
    t = t.reshape((-1,) + (1,) * ndim)
    points = np.moveaxis(start * (1 - t) + stop * t, 0, axis)
    return (points, (stop - start) / (num - 1 if endpoint else num)) if retstep else points
