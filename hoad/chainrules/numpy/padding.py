"""Arrays made longer or shorter: padding, inserting, deleting."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import FIXED, Traced, deciding
from ...nested import values as chosen_by
from ...values.constants import as_array, asarray, full, known, table
from ...values.shapes import NUMBERS, ndim_of, shape_of, size_of
from ..declarations import composite
from ..statements import Constant
from .axes import normalize, position
from .indexing import lies_in_columns
from .shaping import array_of, cast, concatenate

Axis = int | None

# ------------------------------------------------------------------------------------------------------------
# Padding
# ------------------------------------------------------------------------------------------------------------

BY_POSITION = ("edge", "reflect", "symmetric", "wrap")
BY_STATISTIC: dict[str, Any] = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}


def pairs(value: Any, n: int) -> list[tuple[Any, Any]]:
    """What stands before and after, for each of n axes: of one value, a pair, or a pair for each axis."""
    if value.__class__ in FIXED:
        return [(value, value)] * n
    whole = np.broadcast_to(value, (n, 2))
    return [(whole[k, 0], whole[k, 1]) for k in range(n)]


def widths(pad_width: Any, n: int) -> list[tuple[int, int]]:
    """How much to add, for each of n axes; a dict names axes."""
    if isinstance(pad_width, dict):
        found = [(0, 0)] * n
        for axis, width in pad_width.items():
            found[axis] = (width, width) if ndim_of(width) == 0 else tuple(width)
        return found
    return [(int(a), int(b)) for a, b in pairs(pad_width, n)]


@composite(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    """Padded along each axis, in all modes of NumPy."""
    array = array_of(as_array(array))
    n = ndim_of(array)
    amounts = widths(pad_width, n)
    if any(width < 0 for pair in amounts for width in pair):
        raise ValueError("index can't contain negative values")
    if callable(mode):
        return _padded_by(array, amounts, mode, options)
    for axis, (before, after) in enumerate(amounts):
        if before == after == 0:
            continue
        if mode not in ("constant", "empty") and not shape_of(array)[axis]:
            raise ValueError(f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'")
        if mode in BY_POSITION:
            kept = {"reflect_type": options["reflect_type"]} if "reflect_type" in options else {}
            array = _reflected(array, axis, (before, after), mode, **kept)
            continue
        ends = _ends(array, axis, (before, after), mode, options, n)
        array = concatenate(ends[0], array, ends[1], axis=axis)
    return array if any(map(any, amounts)) else array.copy()


def _reflected(array: Any, axis: int, width: tuple[int, int], mode: str, reflect_type: str = "even") -> Any:
    """By positions in the array itself; of an odd reflection, about the edge."""
    size = shape_of(array)[axis]
    places = table(np.pad, size, width, mode, like=array)
    taken = np.take(array, places, axis=axis)
    if reflect_type == "even" or mode not in ("reflect", "symmetric"):
        return taken
    return _odd(array, axis, width, mode)


def _odd(array: Any, axis: int, width: tuple[int, int], mode: str) -> Any:
    """An odd reflection: what an even one takes, with a sign, and multiples of the elements at the ends."""
    n, ndim = shape_of(array)[axis], ndim_of(array)
    at = np.arange(n)
    signs, first, last = [
        np.expand_dims(np.pad(part.astype(_real(array)), width, mode, reflect_type="odd"), others(axis, ndim))
        for part in ((at > 0) & (at < n - 1), at == 0, (at == n - 1) & (at > 0))
    ]
    signs, first, last = [known(part, like=array) for part in (signs, first, last)]
    before, places = (slice(None),) * axis, table(np.pad, n, width, mode, like=array)
    ends = [array[(*before, slice(k, k + 1))] for k in (0, n - 1)]
    return signs * np.take(array, places, axis=axis) + first * ends[0] + last * ends[1]


def others(axis: int, ndim: int) -> tuple[int, ...]:
    """All axes but one."""
    return tuple(k for k in range(ndim) if k != axis)


def _real(array: Any) -> Any:
    """The type of the real numbers of an array's precision."""
    return np.empty(0, np.result_type(array.dtype, np.float16)).real.dtype


def _ends(
    array: Any, axis: int, width: tuple[int, int], mode: str, options: dict[str, Any], n: int
) -> list[Any]:
    """What is added before and after, along one axis."""
    shape, before = shape_of(array), (slice(None),) * axis
    found = []
    for side, amount in enumerate(width):
        added = (*shape[:axis], amount, *shape[axis + 1 :])
        if mode == "linear_ramp":
            edge = array[(*before, slice(1) if side == 0 else slice(-1, None))] if shape[axis] else None
            end = pairs(options.get("end_values", 0), n)[axis][side]
            steps = np.arange(amount).astype(_real(array)) / max(amount, 1)
            steps = np.expand_dims(steps if side == 0 else steps[::-1], [k for k in range(n) if k != axis])
            steps = known(steps, like=array)
            end, is_exact = asarray(end, like=array), array.dtype.kind in "fc"
            end = cast(end, array.dtype) if is_exact else end
            ramp = end + (edge - end) * steps
            found.append(ramp if is_exact else cast(np.floor(ramp), array.dtype))
        elif mode in BY_STATISTIC:
            length = pairs(options.get("stat_length"), n)[axis][side]
            length = shape[axis] if length is None else min(int(length), shape[axis])
            part = slice(length) if side == 0 else slice(shape[axis] - length, None)
            value = BY_STATISTIC[mode](array[(*before, part)], axis=axis, keepdims=True)
            found.append(np.broadcast_to(value, added))
        else:
            value = pairs(options.get("constant_values", 0), n)[axis][side] if mode == "constant" else 0
            if value.__class__ in FIXED:
                found.append(full(added, value, array.dtype, like=array))
                continue
            value = cast(asarray(value, like=array), array.dtype)  # an integer has no derivative
            found.append(np.broadcast_to(value, added) + np.zeros_like(array, shape=added))
    return found


def _padded_by(array: Any, amounts: list[tuple[int, int]], mode: Any, options: dict[str, Any]) -> Any:
    """Padding by a function of the user's, which writes into each vector."""
    array = pad(array, amounts)
    for axis, width in enumerate(amounts):
        rows = np.moveaxis(array, axis, -1)
        for place in np.ndindex(shape_of(rows)[:-1]):
            mode(rows[place], width, axis, options)
    return array


# ------------------------------------------------------------------------------------------------------------
# Inserting and deleting
# ------------------------------------------------------------------------------------------------------------


@composite(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Axis = None) -> Any:
    """Values inserted before positions."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    if values.__class__ in NUMBERS:
        values = asarray(values, like=arr)
    ndim = ndim_of(arr)
    axis = position(axis, ndim)
    n = shape_of(arr)[axis]
    where = _positions(obj)
    if ndim_of(np.empty(n)[where] if isinstance(where, slice) else where) == 0:
        values = np.moveaxis(np.reshape(values, (1,) * (ndim - ndim_of(values)) + shape_of(values)), 0, axis)
        count = shape_of(values)[axis]
    else:
        count = len(np.arange(n)[where]) if isinstance(where, slice) else size_of(where)
        if not isinstance(where, (slice, Traced)) and np.asarray(where).dtype.kind == "b":
            count = int(np.count_nonzero(where))
    shape = (*shape_of(arr)[:axis], count, *shape_of(arr)[axis + 1 :])
    arr = as_array(arr)
    values = cast(asarray(values, like=values), arr.dtype)  # NumPy puts them into an array like ``arr``
    order = _insert(np.arange(n), where, n + np.arange(count))
    return np.take(np.concatenate([arr, np.broadcast_to(values, shape)], axis=axis), order, axis=axis)


@composite(np.delete)
def delete(arr: Any, obj: Any, axis: Axis = None) -> Any:
    """The elements that are not at the positions."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = position(axis, ndim_of(arr))
    if lies_in_columns(arr):
        return np.transpose(np.delete(np.transpose(arr), obj, ndim_of(arr) - 1 - axis))
    return np.take(arr, _delete(np.arange(shape_of(arr)[axis]), _positions(obj)), axis=axis)


def _positions(obj: Any) -> Any:
    """Where to insert, or what to delete; NumPy takes [] for an array of floats, and means no positions."""
    where = deciding(obj)
    return np.zeros(0, int) if size_of(where) == 0 and not isinstance(where, (slice, Traced)) else where


_insert, _delete = Constant(np.insert), Constant(np.delete)


@composite(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """Without the zeros at the ends."""
    position = np.arange(size_of(filt)).reshape(shape_of(filt))
    if not ndim_of(filt):
        np.trim_zeros(position, trim)  # which before NumPy 2.2 refuses a number
        return filt
    kept, axes = np.nonzero(chosen_by(filt) != 0), normalize(axis, ndim_of(filt))
    parts = []
    for k, n in enumerate(shape_of(filt)):
        along = k in axes
        low, high = (int(kept[k].min()), int(kept[k].max()) + 1) if len(kept[k]) else (n, n)
        first = low if along and "f" in trim.lower() else 0
        last = high if along and "b" in trim.lower() else n
        parts.append(slice(first, last))
    return np.reshape(filt, position.shape)[tuple(parts)]
