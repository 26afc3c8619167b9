"""Arrays made anew: zeros and ones, values in equal steps, grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import Traced, innermost
from ...values import constants
from ...values.shapes import ndim_of, shape_of
from ..declarations import composite
from ..statements import Constant
from .layouts import is_ordered, outermost_first
from .shaping import array_of, cast, check_device, kind_of, resolve

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
    if any(ndim_of(x) != 1 for x in args):
        raise ValueError("Cross index must be 1 dimensional")
    n, args = len(args), tuple([constants.asarray(x, like=args) for x in args])
    args = tuple([np.flatnonzero(x) if x.dtype.kind == "b" else x for x in args])
    return tuple(np.reshape(x, (1,) * k + (-1,) + (1,) * (n - k - 1)) for k, x in enumerate(args))


def is_integral(dtype: Any) -> bool:
    """Tell whether a type holds integers alone, which have no derivative."""
    return dtype is not None and np.dtype(dtype).kind in "iub"


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
    if is_integral(dtype):
        return Constant(np.logspace)(start, stop, num, endpoint, base, dtype, axis)
    if ndim_of(base):
        n = max(ndim_of(x) for x in (start, stop, base))
        start, stop, base = (
            np.reshape(x, (1,) * (n - ndim_of(x)) + shape_of(x)) for x in (start, stop, base)
        )
        base = np.expand_dims(base, axis)
    return cast(np.power(base, np.linspace(start, stop, num, endpoint, axis=axis)), dtype)


@composite(np.geomspace)
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """Numbers in equal proportions."""
    if is_integral(dtype):
        return Constant(np.geomspace)(start, stop, num, endpoint, dtype, axis)
    kind = np.empty(0, np.result_type(start, stop, np.float64)).real.dtype
    steps = constants.arange(num, like=(start, stop)).astype(kind) / max(num - 1 if endpoint else num, 1)
    shape = np.broadcast_shapes(shape_of(start), shape_of(stop))
    steps = np.reshape(steps, (-1,) + (1,) * len(shape))
    numbers = start * (stop / start * constants.ones(shape, kind, like=(start, stop))) ** steps
    if endpoint and num > 1:  # which is ``stop`` itself, and does not depend on ``start`` unless that is nan
        last = np.broadcast_to(stop + 0 * np.sign(start), (1, *shape))
        numbers = np.concatenate([numbers[:-1], last.astype(np.result_type(last, kind))])
    return cast(np.moveaxis(numbers, 0, axis), dtype)


# ------------------------------------------------------------------------------------------------------------
# Creation like another array: constants at first, which can hold traced values
# ------------------------------------------------------------------------------------------------------------


def laid_out(blank: Any, axes: tuple[int, ...]) -> Any:
    """An array, its elements held in the order of the axes."""
    return blank if axes == tuple(range(len(axes))) else np.transpose(blank, np.argsort(axes)).copy("K")


def zeros_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    """Zeros of the shape of ``a``, which can hold traced values."""
    check_device(device)
    top = innermost((a,))
    assert top is not None
    wanted = shape_of(a) if shape is None else resolve(shape, 0)
    axes = outermost_first(a if len(wanted) == ndim_of(a) else np.empty((1,) * len(wanted)), order)
    return laid_out(top.blank(tuple(wanted[k] for k in axes), dtype or a.dtype), axes)


composite(np.zeros_like)(zeros_like)


@composite(np.empty_like)
def empty_like(
    prototype: Any,
    /,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """Zeros too: what is not written yet is undefined."""
    return zeros_like(prototype, dtype, order, subok, shape, device=device)


def filled(blank: Any, value: Any) -> Any:
    """An array of zeros that holds a value; one without axes stays an array, which a sum does not; of an
    element within a kernel, whose zero is a number, a number.
    """
    if blank.ndim or isinstance(blank, np.generic):
        return blank + value
    blank[()] = value
    return blank


@composite(np.ones_like)
def ones_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    """Ones of the shape of ``a``, which can hold traced values."""
    return filled(zeros_like(a, dtype, order, subok, shape, device=device), 1)


@composite(np.full_like)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """A value in the shape of ``a``."""
    kind = kind_of(a) if dtype is None else dtype
    return filled(np.zeros_like(a, kind, order, subok, shape, device=device), cast(fill_value, kind))


@composite(np.zeros, np.empty)
def zeros(shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
    """Zeros, ``like`` a traced value."""
    return zeros_like(like, dtype or np.float64, order, shape=shape, device=device)


@composite(np.ones)
def ones(shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
    """Ones, ``like`` a traced value."""
    return filled(zeros(shape, dtype, order, device=device, like=like), 1)


@composite(np.full)
def full(
    shape: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Any:
    """A value in a shape, ``like`` a traced value."""
    kind = kind_of(fill_value) if dtype is None else dtype
    return filled(zeros(shape, kind, order, device=device, like=like), cast(fill_value, kind))


@composite(np.array)
def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: Any = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    ndmax: int = 0,
    like: Any = None,
) -> Any:
    """An array, ``like`` a traced value; its elements are a copy."""
    if ndmax:
        raise TypeError("ndmax= says where nested lists end, and traced values end them by themselves")
    made = asarray(object, dtype, order, copy=copy, like=like)
    return (
        np.reshape(made, (1,) * (ndmin - ndim_of(made)) + shape_of(made)) if ndim_of(made) < ndmin else made
    )


# What NumPy's own code says for copy=.
COPIES = {np._CopyMode.IF_NEEDED: None, np._CopyMode.ALWAYS: True, np._CopyMode.NEVER: False}


@composite(np.asarray, np.asanyarray)
def asarray(
    a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None, like: Any = None
) -> Any:
    """An array, ``like`` a traced value."""
    check_device(device)
    copy = COPIES.get(copy, copy)
    if isinstance(a, (list, tuple)):
        parts = [part if isinstance(part, Traced) else asarray(part, like=like) for part in a]
        a, copy = np.stack(parts), None
    elif not a.ndim:
        a = array_of(a)
    dtype, order = np.dtype(a.dtype if dtype is None else dtype), order or "K"
    lies_well = order == "A" or is_ordered(a, order)  # which is any order here, though not in ``astype``
    if dtype == a.dtype and lies_well and not copy:
        return a
    if copy is False:
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    return cast(a, dtype, order=order)


@composite(np.ascontiguousarray)
def ascontiguousarray(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    """An array that lies in memory row by row, of one axis at least."""
    return np.atleast_1d(asarray(a, dtype, "C", like=like))


@composite(np.asfortranarray)
def asfortranarray(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    """An array that lies in memory column by column."""
    return np.atleast_1d(asarray(a, dtype, "F", like=like))


@composite(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Evenly spaced between two values, which may be traced."""
    check_device(device)
    start, stop = [constants.as_array(v) if v.__class__ in (list, tuple) else v for v in (start, stop)]
    parts = num - 1 if endpoint else num
    step = ((stop - start) / parts if parts > 0 else np.nan) if retstep else None
    if is_integral(dtype):
        points = Constant(np.linspace)(start, stop, num, endpoint, False, dtype, axis)
        return (points, step) if retstep else points
    kind = np.empty(0, np.result_type(start, stop, 0.0)).real.dtype
    t = np.linspace(kind.type(0), kind.type(1), num, endpoint=endpoint, dtype=kind)
    ndim = max(ndim_of(start), ndim_of(stop))
    t = t.reshape((-1,) + (1,) * ndim)
    rest, t = [constants.known(part, like=(start, stop)) for part in (1 - t, t)]
    points = cast(np.moveaxis(start * rest + stop * t, 0, axis), dtype)
    return (points, step) if retstep else points
