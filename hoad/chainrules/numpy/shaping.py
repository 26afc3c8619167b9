"""Shapes: reshaping, moving axes, broadcasting, joining, splitting, repeating, creating."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...deprecations import passed_on
from ...guests import plain
from ...nested import Traced, bare, everything, glance, primal
from ...tangents.fit import summed_to
from ...values.constants import arange, is_array, is_elsewhere, library
from ...values.shapes import REALS, ndim_of, shape_of, size_of
from .. import transfers
from ..declarations import composite, linear_rule
from ..statements import RULES, Constant, Linear
from .axes import normalize, position
from .layouts import in_columns, layout, outermost_first, without_any

Shape = tuple[int, ...]
NUMBERS = (np.generic, float, int, complex)


def _reshape(x: Any, shape: Shape) -> Any:
    return x.reshape(shape) if x.__class__ is np.ndarray else np.reshape(x, shape)


def _transpose(x: Any, axes: Shape) -> Any:
    return x.transpose(axes) if x.__class__ is np.ndarray else np.transpose(x, axes)


def _broadcast_to(x: Any, shape: Shape) -> Any:
    return np.broadcast_to(x, shape)


def _stretch(x: Any, shape: Shape) -> Any:
    """As ``_broadcast_to``, where a write through the result goes to all elements that it shares."""
    if is_elsewhere(x):
        return np.broadcast_to(x, shape)
    return np.lib.stride_tricks.as_strided(x, shape, np.broadcast_to(x, shape).strides)


def _read_only(x: Any) -> Any:
    if not library(x).locks:
        return x[...]
    view = np.asarray(x)[...]
    view.flags.writeable = False
    return view


def _concatenate(*arrays: Any, axis: int) -> Any:
    return np.concatenate(arrays, axis=axis)


def _boxed(x: Any) -> Any:
    return np.array(x)


def _astype(x: Any, dtype: Any, order: str = "K") -> Any:
    if dtype.__class__ is type and not ndim_of(x):
        return dtype(x)  # the class ``float`` and not the type of NumPy's that it names: a number of Python's
    if not hasattr(x, "astype"):
        return np.asarray(x).astype(dtype)[()]
    ordered = order != "K" and (isinstance(x, Traced) or library(x).views)
    return x.astype(dtype, order) if ordered else x.astype(dtype)


def _stack(*arrays: Any, axis: int) -> Any:
    kinds = {*map(type, arrays)}
    are_alike = not axis and kinds == {np.ndarray} and all([a.dtype.kind != "O" for a in arrays])
    if kinds <= REALS or are_alike:
        return np.array(arrays)  # ``np.stack`` makes an array of each first
    return np.stack(arrays, axis=axis)


def _parts(g: Any, arrays: tuple[Any, ...], axis: int) -> list[Any]:
    """Cut a joined array into the parts that it was joined from."""
    before, parts, start = (slice(None),) * axis, [], 0
    for a in arrays:
        stop = start + shape_of(a)[axis]
        parts.append(g[(*before, slice(start, stop))])
        start = stop
    return parts


def _shaped_back(g: Any, x: Any, shape: Shape) -> Any:
    return _reshape(g, shape_of(x))


def _axes_back(g: Any, x: Any, axes: Shape) -> Any:
    return _transpose(g, tuple(sorted(range(len(axes)), key=axes.__getitem__)))


def _summed_back(g: Any, x: Any, shape: Shape) -> Any:
    return summed_to(g, shape_of(x))


reshape = linear_rule(_reshape, _shaped_back, name="reshape", is_view=True, holds=_shaped_back)
transpose = linear_rule(_transpose, _axes_back, name="transpose", is_view=True, holds=_axes_back)
broadcast_to = linear_rule(_broadcast_to, _summed_back, name="broadcast_to", is_view=True)
stretch = linear_rule(_stretch, _summed_back, name="stretch", is_view=True)
read_only = linear_rule(_read_only, lambda g, x: g, name="read_only", is_view=True)
concatenate = linear_rule(
    _concatenate, lambda g, *arrays, axis: _parts(g, arrays, axis), positions=None, name="concatenate"
)
stack = linear_rule(
    _stack,
    lambda g, *arrays, axis: list(np.moveaxis(g, axis, 0) if axis else g),
    positions=None,
    name="stack",
)
boxed = linear_rule(_boxed, lambda g, x: g, name="boxed")
astype = linear_rule(_astype, lambda g, x, dtype, order="K": g, name="astype")
truncated = Constant(_astype, name="astype")


def cast(x: Any, dtype: Any, casting: str = "unsafe", order: str = "K") -> Any:
    """A value in the type that ``dtype=`` names, if it names one; an integer has no derivative."""
    if dtype is None:
        return x
    dtype = np.dtype(dtype)
    check_casting(kind_of(x), dtype, casting)
    if dtype.kind == "O":
        return x
    return (astype if dtype.kind in "fc" else truncated)(x, dtype, without_any(x, order))


def array_of(x: Any) -> Any:
    """A number as an array without axes, which is new; an array as it is."""
    value = primal(x)
    if is_array(value):
        return x
    if not isinstance(x, Traced):
        return np.asarray(x)
    if x.noted:
        return x.converted(np.asarray) if isinstance(bare(x), NUMBERS) else x
    if isinstance(value, Traced):
        return boxed(x) if value.noted and isinstance(bare(value), NUMBERS) else x
    return boxed(x)


def as_number(x: Any, cls: type) -> Any:
    """One element as a number of a class: ``float(x)``, ``np.float64(x)``, which lies with the program."""
    if isinstance(x, Traced) and x.noted:
        return x.converted(cls)
    return astype(transfers.to_host(x) if is_elsewhere(glance(x)) else x, cls)


def in_type(x: Any, dtype: Any) -> Any:
    """The same of a value that is only read, which may be the same object."""
    return x if dtype is not None and getattr(x, "dtype", None) == dtype else cast(x, dtype)


def check_casting(old: Any, new: Any, casting: str) -> None:
    """Refuse what ``casting=`` does not allow, as NumPy does."""
    if casting != "unsafe" and not np.can_cast(old, new, casting):
        raise TypeError(
            f"Cannot cast array data from {np.dtype(old)!r} to {np.dtype(new)!r} according to the rule "
            f"{casting!r}"
        )


def kind_of(x: Any) -> Any:
    """The type of the elements; of a list, the one that NumPy would give them.

    Raises:
        NotDifferentiableError: an array of a library whose types are not NumPy's.
    """
    dtype = getattr(x, "dtype", None)
    return dtype if isinstance(dtype, np.dtype) else np.result_type(np.asarray(plain(x)))


def check_device(device: Any) -> None:
    """Refuse a device that is not there, as NumPy does."""
    if device not in (None, "cpu"):
        raise ValueError(f'Device not understood. Only "cpu" is allowed, but received: {device}')


def fresh(a: Any) -> Any:
    """A result that is to have elements of its own: a copy, where it is a view."""
    return a.copy("K") if hasattr(a, "source") else a


# ------------------------------------------------------------------------------------------------------------
# One array
# ------------------------------------------------------------------------------------------------------------


WHOLE = frozenset({int})


def resolve(shape: Any, size: int) -> Shape:
    """A shape with its -1 worked out."""
    wanted: Shape = (int(shape),) if ndim_of(shape) == 0 else tuple(int(n) for n in shape)
    rest = -math.prod(wanted)
    return tuple(size // rest if n == -1 and rest else n for n in wanted)


@composite(np.reshape)
def np_reshape(a: Any, /, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    """The same elements in another shape."""
    is_known = shape.__class__ is tuple and -1 not in shape and WHOLE.issuperset(map(type, shape))
    if not is_known:
        shape = shape_of(a) if shape is None else resolve(shape, size_of(a))
    if order == "C" and copy is None:
        return reshape(a, shape)
    if order not in ("C", "F", "A", None):
        raise ValueError(f"order must be one of 'C', 'F' or 'A' for reshaping (got {order!r})")
    if copy is False:
        np.reshape(layout(a), shape, order, copy=False)  # which says what is wrong
    if copy:
        a = a.copy("K")
    if order == "F" or (order == "A" and in_columns(layout(a))):
        return reshape(np.transpose(a), shape[::-1]).transpose()
    return reshape(a, shape)


BACKWARDS: list[Shape] = [(), (0,), (1, 0), (2, 1, 0)]


@composite(np.transpose)
def np_transpose(a: Any, axes: Any = None) -> Any:
    """Axes permuted; reversed by default."""
    n = ndim_of(a)
    if axes is None:
        return transpose(a, BACKWARDS[n] if n < len(BACKWARDS) else tuple(range(n))[::-1])
    axes = (axes,) if isinstance(axes, (int, np.integer)) else axes
    if len(axes) != n:
        raise ValueError("axes don't match array")
    return transpose(a, normalize(axes, n))


@composite(np.broadcast_to)
def np_broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    """Stretched to a shape."""
    return broadcast_to(array, resolve(shape, 0))


@composite(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """All elements in one row: a view where they lie so in memory."""
    if order != "C":
        a = np.transpose(a, outermost_first(a, order))
    row = reshape(a, (size_of(a),))
    return row if layout(a).flags.c_contiguous else fresh(row)


@composite(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    """Without axes of length one."""
    shape = shape_of(a)
    if not shape:
        return reshape(a, ())
    gone = range(len(shape)) if axis is None else normalize(axis, len(shape))
    if axis is not None and any(shape[k] != 1 for k in gone):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return reshape(a, tuple(n for k, n in enumerate(shape) if not (n == 1 and k in gone)))


@composite(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    """With new axes of length one."""
    if axis == -1:
        return reshape(a, (*shape_of(a), 1))
    count = 1 if ndim_of(axis) == 0 else len(axis)
    new = normalize(axis, ndim_of(a) + count)
    rest = iter(shape_of(a))
    return reshape(a, tuple(1 if k in new else next(rest) for k in range(ndim_of(a) + count)))


@composite(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    order = list(range(ndim_of(a)))
    axis1, axis2 = position(axis1, len(order)), position(axis2, len(order))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(a, tuple(order))


@composite(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    """The last two axes exchanged."""
    if ndim_of(x) < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {ndim_of(x)}")
    return np.swapaxes(x, -1, -2)


@composite(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Axes moved, the others in their order."""
    n = ndim_of(a)
    source, destination = normalize(source, n), normalize(destination, n)
    order = [k for k in range(n) if k not in source]
    for to, k in sorted(zip(destination, source, strict=True)):
        order.insert(to, k)
    return transpose(a, tuple(order))


@composite(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """An axis rolled back."""
    axis = position(axis, ndim_of(a))
    start = start + ndim_of(a) if start < 0 else start
    return np.moveaxis(a, axis, start - 1 if axis < start else start)


@composite(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    """Reversed along axes."""
    axes = range(ndim_of(m)) if axis is None else normalize(axis, ndim_of(m))
    return m[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(ndim_of(m)))]


RULES[np.flipud] = lambda m: np.flip(m, 0)
RULES[np.fliplr] = lambda m: np.flip(m, 1)


@composite(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Rolled along axes, what falls off one end coming back at the other. Where it is noted, elements at
    positions, of which one expression is made that is read backwards; so where a shift is a recorded integer.
    """
    if axis is None and ndim_of(a) == 1:
        axis = 0
    if axis is None:
        return np.reshape(np.roll(np.ravel(a), shift, 0), shape_of(a))
    if in_columns(layout(a)):
        return np.transpose(np.roll(np.transpose(a), shift, -1 - np.asarray(axis)))
    if shift.__class__ is axis.__class__ is int:
        pairs = [(shift, position(axis, ndim_of(a)))]
    else:
        shifts, axes = np.broadcast_arrays(shift, axis)
        pairs = [(s, position(k, ndim_of(a))) for s, k in zip(np.ravel(shifts), np.ravel(axes), strict=True)]
    if is_noted(a) or not all([isinstance(s, (int, np.integer)) for s, _ in pairs]):
        for s, k in pairs:
            a = RULES[np.take](a, (arange(shape_of(a)[k], like=a) - s) % max(shape_of(a)[k], 1), int(k))
        return a
    return rolled(a, tuple([int(s) for s, _ in pairs]), tuple([int(k) for _, k in pairs]))


def _rolled(x: Any, shifts: Shape, axes: Shape) -> Any:
    if x.__class__ is not np.ndarray or not axes:
        return np.roll(x, shifts, axes)
    for shift, axis in zip(shifts, axes, strict=True):  # two parts in the other order: NumPy's takes longer
        cut, before = -shift % max(x.shape[axis], 1), (slice(None),) * axis
        x = np.concatenate((x[(*before, slice(cut, None))], x[(*before, slice(cut))]), axis)
    return x


rolled: Linear = linear_rule(
    _rolled, lambda g, x, shifts, axes: rolled(g, tuple([-s for s in shifts]), axes), name="roll"
)


def is_noted(x: Any) -> bool:
    """Tell whether every use of the value that a traced one stands for is noted."""
    while isinstance(x, Traced):
        if x.noted:
            return True
        x = x.primal
    return False


@composite(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Rotated by quarter turns in the plane of two axes."""
    a, b = normalize(axes, ndim_of(m))
    if a == b:
        raise ValueError("Axes must be different.")
    if not hasattr(k, "__index__"):  # which NumPy will not take any more
        passed_on(np.rot90, ((0,),), k)
    if k % 4 == 2:
        return np.flip(m, (a, b))
    if k % 4 == 0:
        return m
    return np.flip(np.swapaxes(m, a, b), a) if k % 4 == 1 else np.flip(np.swapaxes(m, a, b), b)


@composite(np.copy)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """A copy, which keeps its derivative."""
    return array_of(a.copy(order or "K"))


for name, least in (("atleast_1d", 1), ("atleast_2d", 2)):

    def at_least(*arys: Any, _least: int = least) -> Any:
        """At least so many axes, new ones in front."""
        grown = [np.reshape(a, (1,) * (_least - ndim_of(a)) + shape_of(a)) for a in arys]
        return grown[0] if len(grown) == 1 else tuple(grown)

    RULES[getattr(np, name)] = at_least


@composite(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """At least three axes."""
    grown = [
        np.reshape(np.atleast_2d(a), (*shape_of(np.atleast_2d(a)), 1)) if ndim_of(a) < 3 else a for a in arys
    ]
    grown = [np.reshape(a, (1, -1, 1)) if ndim_of(b) == 1 else a for a, b in zip(grown, arys, strict=True)]
    return grown[0] if len(grown) == 1 else tuple(grown)


@composite(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """All stretched to a common shape."""
    shape = np.broadcast_shapes(*(shape_of(a) for a in args))
    arrays = map(array_of, args)
    return tuple([a if shape_of(a) == shape else stretch(a, shape) for a in arrays])


@composite(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Split along the first axis."""
    return split_along(ary, indices_or_sections, 0, least=2, name="vsplit")


@composite(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Split along the second axis, a vector along its only one."""
    return split_along(ary, indices_or_sections, 0 if ndim_of(ary) == 1 else 1, least=1, name="hsplit")


def split_along(ary: Any, indices_or_sections: Any, axis: int, least: int, name: str) -> list[Any]:
    """Split along an axis that must be there."""
    if ndim_of(ary) < least:
        raise ValueError(f"{name} only works on arrays of {least} or more dimensions")
    parts: list[Any] = np.split(ary, indices_or_sections, axis)
    return parts


@composite(np.copyto)
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """Values written into ``dst``."""
    if hasattr(src, "dtype"):
        check_casting(src.dtype, dst.dtype, casting)
    dst[...] = src if where is True else np.where(where, src, dst)


@composite(np.astype)
def as_type(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """The same values in another type."""
    check_device(device)
    if isinstance(everything(x), NUMBERS):
        np.astype(np.float64(), float)  # NumPy 2.0 refuses numbers
    return x.astype(dtype, copy=copy)
