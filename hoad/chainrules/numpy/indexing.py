"""Indexing: reading elements (``getitem``), putting them back (``scatter``), choosing between arrays
(``where``).
"""

from __future__ import annotations

import functools
import inspect
import math
from typing import Any

import numpy as np

from ...nested import Traced, glance, innermost, primal
from ...tangents.fit import FEW
from ...values.constants import arange, as_array, is_array, is_elsewhere, library, table, tri, unshared, zeros
from ...values.shapes import DOUBLE, ndim_of, shape_of, size_of
from ..declarations import composite, constant, linear_rule
from ..statements import RULES, Constant, Linear
from .axes import along, position
from .layouts import in_columns, in_rows
from .shaping import in_type

Axis = int | None
INTEGER = frozenset({int})


def lifted(x: Any, index: Any) -> Any:
    """An array at the level of the members of a batch, where an index differs between those."""
    top = innermost(index if index.__class__ is tuple else (index,))
    if top is None or (isinstance(x, Traced) and x.level.tag >= top.level.tag):
        return x
    return top.constant(x)


def read(x: Any, index: Any) -> Any:
    """Elements of any array, traced or plain; the index may differ between the members of a batch."""
    return getitem(lifted(x, index), index)


def _getitem(x: Any, index: Any) -> Any:
    top = lifted(x, index)
    if top is not x:
        return getitem(top, index)
    return x[index] if hasattr(x, "shape") else np.asarray(x)[index]


def _taken(x: Any, index: Any) -> Any:
    """The elements in rows, as ``np.take`` has them; ``x[:, index]`` has them in columns."""
    return in_rows(_getitem(x, index))[()]


def is_basic(index: Any) -> bool:
    """Tell whether an index selects each element at most once: integers, slices, Ellipsis and None."""
    if index.__class__ in (slice, int):
        return True
    for part in index if isinstance(index, tuple) else (index,):
        if not (part is None or part is Ellipsis or isinstance(part, (int, slice, np.integer))):
            return False
    return True


def is_place(index: Any, axes: int) -> bool:
    """Tell whether an index is that of one element, in Python's integers."""
    if index.__class__ is int:
        return axes == 1
    return index.__class__ is tuple and len(index) == axes and INTEGER.issuperset(map(type, index))


def plain_index(index: Any) -> Any:
    """An index without traced values: integers and masks have no derivative."""
    if index.__class__ is list and not index:
        return np.zeros(0, int)  # [] alone would be an array of floats
    if isinstance(index, (tuple, list)):
        return type(index)(plain_index(part) for part in index)
    return primal(index)


def add_at(buffer: Any, index: Any, g: Any) -> Any:
    """Add ``g`` to ``buffer[index]``, counting repeated positions as often as they occur; the result."""
    if buffer.__class__ is not np.ndarray:
        return library(buffer).add_at(buffer, index, g)
    if is_basic(index) or (index.__class__ is np.ndarray and index.dtype.kind == "b"):
        buffer[index] += g  # no element twice
        return buffer
    axis = axis_of_few(index, buffer, g)
    if axis is None:
        np.add.at(buffer, index, g)
        return buffer
    for part, k in enumerate(index[axis].tolist()):
        buffer[(*index[:axis], k, *index[axis + 1 :])] += g[(slice(None),) * axis + (part,)]
    return buffer


FEW_POSITIONS = 16  # of an axis, which are added to one after the other: ``np.add.at`` goes by elements


def axis_of_few(index: Any, buffer: np.ndarray, g: Any) -> int | None:
    """The axis of which an index names a few positions, where it has slices of the others."""
    if index.__class__ is not tuple or g.__class__ is not np.ndarray or g.ndim != buffer.ndim:
        return None
    axes = [k for k, part in enumerate(index) if part.__class__ is not slice]
    if len(axes) != 1 or index[axes[0]].__class__ is not np.ndarray:
        return None
    positions = index[axes[0]]
    is_short = positions.ndim == 1 and positions.dtype.kind in "iu" and len(positions) <= FEW_POSITIONS
    return axes[0] if is_short and g.shape[axes[0]] == len(positions) else None


def _scatter(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    top = lifted(g, index)
    if top is not g:
        return scatter(top, index, shape)
    kind = np.result_type(g.dtype if hasattr(g, "dtype") else type(g), np.float16)
    if g.__class__ is not np.ndarray and is_elsewhere(g):  # there it may be one launch
        found = library(g).collected(shape, [(g, index)], None)
        if found is not None:
            return found
    buffer = zeros(shape, kind, like=g)
    return add_at(buffer, index, g)


getitem: Linear = linear_rule(
    _getitem,
    lambda g, x, index: scatter(g, index, shape_of(x)),
    name="getitem",
    is_view=True,
    gathers=True,
)
taken: Linear = linear_rule(
    _taken,
    lambda g, x, index: scatter(lifted(g, index), index, shape_of(x)),
    name="take",
    gathers=True,
)
scatter: Linear = linear_rule(_scatter, lambda g, x, index, shape: read(g, index), name="scatter")


def _where(condition: Any, x: Any, y: Any) -> Any:
    return np.where(condition, x, y)


where: Linear = linear_rule(
    _where,
    lambda g, i, condition, x, y: where(condition, g, 0) if i == 1 else where(condition, 0, g),
    positions=(1, 2),
    name="where",
    leaves_out=True,
)


@composite(np.where)
def where_or_nonzero(condition: Any, *choices: Any) -> Any:
    """Choose elementwise; with the condition alone, the positions where it holds."""
    condition = primal(condition)
    return where(condition, *choices) if choices else np.nonzero(condition)


@composite(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Choose by the first condition that holds."""
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = np.where(condition, choice, result)
    choices = [np.asarray(c) if isinstance(c, (list, tuple)) else c for c in (*choicelist, default)]
    return in_type(result, np.result_type(*choices))


@composite(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Evaluate each function where its condition holds."""
    first = None if np.isscalar(primal(condlist)) else primal(condlist[0])
    is_table = ndim_of(first) > 0 if isinstance(first, Traced) else is_array(first)
    of_arrays = isinstance(first, list) or is_table
    several = condlist if of_arrays or not (np.isscalar(primal(condlist)) or ndim_of(x)) else [condlist]
    conditions = [as_array(primal(c)) != 0 for c in several]
    functions = list(funclist)
    result = np.zeros_like(x)
    if len(functions) == len(conditions) + 1:
        conditions.append(np.logical_not(functools.reduce(np.logical_or, conditions)))
    elif len(functions) != (n := len(conditions)):
        raise ValueError(f"with {n} condition(s), either {n} or {n + 1} functions are expected")
    for condition, function in zip(conditions, functions, strict=True):
        if not callable(function):
            result[...] = np.where(condition, function, result)
        elif size_of(part := x[condition]):
            result[condition] = function(part, *args, **kw)
    return result


@composite(np.take)
def take(a: Any, indices: Any, axis: Axis = None, out: Any = None, mode: str = "raise") -> Any:
    """Elements at ``indices``, along an axis or of the flattened array."""
    indices = as_array(primal(indices))
    if axis.__class__ is not int or not ndim_of(a):
        a, axis = along(a, axis)
    axis = position(axis, ndim_of(a))
    size = shape_of(a)[axis]
    if indices.size == 0 and indices.dtype.kind == "f":  # what NumPy takes [] for
        indices = np.zeros(indices.shape, int)
    if mode != "raise":
        indices = indices % size if mode == "wrap" else np.clip(indices, 0, size - 1)
    place = (slice(None),) * axis + (indices,)
    return taken(lifted(a, place), place)


GIVEN = inspect.signature(np.take_along_axis).parameters["axis"].default  # which older NumPy has not


@composite(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = GIVEN) -> Any:
    """Elements at ``indices``, matched with the array along all other axes."""
    if axis is inspect.Parameter.empty:
        raise TypeError("take_along_axis() missing 1 required positional argument: 'axis'")
    if axis is None:
        return np.ravel(arr)[indices]
    shape = shape_of(arr)
    axis = position(axis, len(shape))
    if ndim_of(indices) != len(shape):
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    if len(shape) == 1:
        return read(arr, (primal(indices),))
    grid = grid_of(shape, arr)
    grid[axis] = primal(indices)
    return read(arr, tuple(grid))


def grid_of(shape: tuple[int, ...], like: Any) -> list[Any]:
    """The positions along each axis, as an index of the whole, where ``like`` lies."""
    return [table(before_axes, n, len(shape) - k - 1, like=like) for k, n in enumerate(shape)]


def before_axes(places: Any, axes: int) -> Any:
    """Positions along an axis that has others behind it."""
    return np.reshape(places, (-1,) + (1,) * axes)


@composite(np.compress)
def compress(condition: Any, a: Any, axis: Axis = None, out: Any = None) -> Any:
    """Elements where a condition holds."""
    return np.take(a, np.flatnonzero(primal(condition)), axis=axis)


@composite(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """Elements of the flattened array where a condition holds."""
    return np.ravel(arr)[np.flatnonzero(primal(condition))]


def places_of(every: Any, function: Any, shape: tuple[int, ...], args: Any, named: Any) -> Any:
    """The index of the elements of an array of a shape that a function's result consists of."""
    return np.unravel_index(function(np.reshape(every, shape), *args, **dict(named)), shape)


def lies_in_columns(a: Any) -> bool:
    """Tell whether an array lies in memory column by column, as what NumPy makes of it will."""
    held = glance(a)
    return is_array(held) and held.ndim == ndim_of(a) and in_columns(held)


def picking(function: Any, name: str) -> Linear:
    """The rule of a function whose result consists of elements of its first argument, in NumPy a view."""

    @functools.lru_cache(maxsize=64)
    def places(shape: tuple[int, ...], args: tuple[Any, ...]) -> np.ndarray:
        held = np.arange(math.prod(shape)).reshape(shape)
        return np.ravel(function(held, *args))

    def back(g: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        if g.__class__ is np.ndarray and g.dtype is DOUBLE and g.size and size_of(x) <= FEW and not kwargs:
            shape = shape_of(x)
            found = np.bincount(places(shape, args), g.ravel(), math.prod(shape))
            return found.reshape(shape)
        given = function, shape_of(x), args, tuple(kwargs.items())
        return scatter(g, table(places_of, size_of(x), *given, like=g), shape_of(x))

    rule: Linear = linear_rule(function, back, name=name, is_view=True, leaves_out=True)
    return rule


def _diagonal(x: Any, offset: int, axis1: int, axis2: int) -> Any:
    return np.diagonal(x, offset, axis1, axis2)


diagonal_ = picking(_diagonal, "diagonal")


@composite(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of the two axes, as the last axis."""
    ndim = ndim_of(a)
    if ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    return diagonal_(a, int(offset), position(axis1, ndim), position(axis2, ndim))


def _windows(x: Any, shape: tuple[int, ...], axes: tuple[int, ...], writeable: bool) -> Any:
    return np.lib.stride_tricks.sliding_window_view(x, shape, axes, writeable=writeable)


windows = picking(_windows, "windows")


@composite(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    """All windows of a shape, along new axes at the end."""
    shape = tuple(int(n) for n in np.atleast_1d(window_shape))
    axes = tuple(
        [position(k, ndim_of(x)) for k in (range(ndim_of(x)) if axis is None else np.atleast_1d(axis))]
    )
    return windows(x, shape, axes, writeable)


@composite(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """The diagonal of a matrix, or the matrix of a diagonal."""
    if ndim_of(v) not in (1, 2):
        raise ValueError("Input must be 1- or 2-d.")
    if ndim_of(v) == 2:
        return np.diagonal(v, k)
    n = shape_of(v)[0] + abs(k)
    return scatter(v, table(places_on_diagonal, shape_of(v)[0], k, like=v), (n, n))


def places_on_diagonal(places: Any, k: int) -> Any:
    """The index of as many elements in the diagonal ``k``."""
    rows = places + max(-k, 0)
    return rows, rows + k


@composite(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """The matrix whose diagonal is the flattened input."""
    return np.diag(np.ravel(v), k)


def triangle(m: Any, k: int) -> Any:
    """Where a lower triangle of the last two axes is; of a vector's matrix, with as many rows as columns."""
    shape = shape_of(m)[-2:]
    if not shape:
        raise TypeError("a triangle is of an array with axes, and was asked of a number")
    return tri(shape[0], shape[-1], k, bool, like=m)


@composite(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    """The lower triangle."""
    return np.where(triangle(m, k), m, 0)


@composite(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    """The upper triangle."""
    return np.where(triangle(m, k - 1), 0, m)


@composite(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """The sum of the diagonal."""
    return RULES[np.sum](RULES[np.diagonal](a, offset, axis1, axis2), -1, dtype)


# ------------------------------------------------------------------------------------------------------------
# Order: the permutation is a constant, the sorted values are a reading of the array
# ------------------------------------------------------------------------------------------------------------

constant(
    np.argsort,
    np.argmax,
    np.argmin,
    np.nanargmax,
    np.nanargmin,
    np.argpartition,
    np.searchsorted,
    np.digitize,
)
constant(np.nonzero, np.flatnonzero, np.argwhere, sizes_vary=True)
constant(np.count_nonzero, np.any, np.all)


def _lexsort(keys: Any, axis: int) -> Any:
    return np.lexsort(keys, axis)


ordered_by_keys = Constant(_lexsort)


@composite(np.lexsort)
def lexsort(keys: Any, axis: int = -1) -> Any:
    """The order by several keys, the last one first; it is constant."""
    return ordered_by_keys(np.stack(keys) if isinstance(keys, (list, tuple)) else keys, axis)


def check_order(order: Any) -> None:
    """Refuse an order of fields, as NumPy does for arrays that have none."""
    if order is not None:
        raise ValueError("Cannot specify order when the array has no fields.")


@composite(np.sort)
def sort(
    a: Any,
    axis: Axis = -1,
    kind: Any = None,
    order: Any = None,
    *,
    stable: Any = None,
    descending: Any = np._NoValue,
) -> Any:
    """Sorted along an axis; equal elements keep their order."""
    check_order(order)
    falling = {} if descending in (None, np._NoValue) else {"descending": descending}  # NumPy 2.5
    if kind is not None and (stable is not None or falling):
        raise ValueError(
            "`kind` and keyword parameters can't be provided at the same time. Use only one of them."
        )
    if axis is None:
        a, axis = np.ravel(a), -1
    if lies_in_columns(a):
        return np.transpose(np.sort(np.transpose(a), -1 - axis, **falling))
    how: dict[str, Any] = {"stable": True, **falling} if falling else {"kind": "stable"}
    return RULES[np.take_along_axis](a, unshared(RULES[np.argsort](a, axis=axis, **how)), axis)


@composite(np.partition)
def partition(a: Any, kth: Any, axis: Axis = -1, kind: str = "introselect", order: Any = None) -> Any:
    """Partitioned along an axis."""
    check_order(order)
    if axis is None:
        a, axis = np.ravel(a), -1
    if lies_in_columns(a):
        return np.transpose(np.partition(np.transpose(a), kth, -1 - axis))
    named = {} if kind == "introselect" else {"kind": kind}  # which NumPy refuses, and others have not
    return np.take_along_axis(a, unshared(np.argpartition(a, kth, axis=axis, **named)), axis=axis)


RULES[np.sort_complex] = lambda a: np.sort(in_type(a, np.result_type(a, np.complex128)))


@composite(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """For each element, the choice of its number."""
    which = primal(a)
    which = as_array(which)
    choices = list(choices)
    shape = np.broadcast_shapes(which.shape, *[shape_of(c) for c in choices])
    places = np.broadcast_to(which, shape)
    if mode != "raise":
        places = places % len(choices) if mode == "wrap" else np.clip(places, 0, len(choices) - 1)
    stacked = np.stack([np.broadcast_to(c, shape) for c in choices])
    return np.take_along_axis(stacked, places[None], axis=0)[0]


constant(np.ravel_multi_index, np.unravel_index)
constant(np.diag_indices_from, np.tril_indices_from, np.triu_indices_from)


def last_writes(index: Any, like: Any) -> Any:
    """1 where a write to ``like`` at ``index`` stands, 0 where a later one went to the same position."""
    shape = shape_of(like)
    size = math.prod(shape)
    return last_of_each(read(arange(size, like=like).reshape(shape), index), size)


def _last_of_each(positions: Any, size: int) -> Any:
    return library(positions).last_of_each(positions, size)


last_of_each = Constant(_last_of_each)
