"""Arrays joined, and split again."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ...values.shapes import ndim_of, shape_of
from ..declarations import composite
from ..statements import RULES
from .axes import position
from .shaping import array_of, cast, check_casting, concatenate, kind_of, split_along, stack

if hasattr(np, "unstack"):  # NumPy 2.1

    @composite(np.unstack)
    def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
        """The parts along an axis."""
        return tuple(np.moveaxis(x, axis, 0))


@composite(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Split along the third axis."""
    return split_along(ary, indices_or_sections, 2, least=3, name="dsplit")


# ------------------------------------------------------------------------------------------------------------
# Several arrays
# ------------------------------------------------------------------------------------------------------------


def cast_all(arrays: Any, dtype: Any, casting: str) -> list[Any]:
    """Arrays to be joined, in the type that ``dtype=`` names, as far as ``casting=`` allows."""
    if dtype is not None:
        return [cast(a, dtype, casting) for a in arrays]
    given = list(arrays)
    if casting != "same_kind":
        for a in given:
            check_casting(kind_of(a), np.result_type(*map(kind_of, given)), casting)
    return given


@composite(np.concatenate)
def np_concatenate(
    arrays: Any,
    /,
    axis: int | None = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: str = "same_kind",
) -> Any:
    """Joined along an axis."""
    arrays = cast_all(arrays, dtype, casting)
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    axes = [*map(ndim_of, arrays)]
    if 0 in axes:
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    return concatenate(*arrays, axis=position(axis, axes[0]))


@composite(np.stack)
def np_stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """Joined along a new axis."""
    arrays = cast_all(arrays, dtype, casting)
    shapes = [*map(shape_of, arrays)]
    if len({*shapes}) > 1:
        raise ValueError("all input arrays must have the same shape")
    return stack(*arrays, axis=position(axis, len(shapes[0]) + 1))


@composite(np.vstack)
def vstack(tup: Any, **options: Any) -> Any:
    """Joined as rows."""
    return RULES[np.concatenate]([np.atleast_2d(a) if ndim_of(a) < 2 else a for a in tup], axis=0, **options)


@composite(np.hstack)
def hstack(tup: Any, **options: Any) -> Any:
    """Joined as columns."""
    arrays = [a if ndim_of(a) else np.atleast_1d(a) for a in tup]
    return RULES[np.concatenate](arrays, axis=0 if ndim_of(arrays[0]) == 1 else 1, **options)


@composite(np.dstack)
def dstack(tup: Any) -> Any:
    """Joined along the third axis."""
    return np.concatenate([np.atleast_3d(a) for a in tup], axis=2)


@composite(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Vectors joined as columns."""
    return np.concatenate([a if ndim_of(a) > 1 else np.reshape(a, (-1, 1)) for a in tup], axis=1)


@composite(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """Values appended."""
    if axis is None:
        arr, values = (x if ndim_of(x) == 1 else np.ravel(x) for x in (arr, values))
        axis = 0
    return RULES[np.concatenate]([arr, values], axis=axis)


@composite(np.block)
def block(arrays: Any) -> Any:
    """Assembled from nested lists of blocks."""

    def depth(part: Any) -> int:
        return 1 + depth(part[0]) if isinstance(part, list) else 0

    def join(part: Any, axis: int, ndim: int) -> Any:
        if not isinstance(part, list):
            return np.reshape(part, (1,) * (ndim - ndim_of(part)) + shape_of(part))
        return np.concatenate([join(p, axis + 1, ndim) for p in part], axis=axis)

    def largest(part: Any) -> int:
        return max(largest(p) for p in part) if isinstance(part, list) else ndim_of(part)

    ndim = max(depth(arrays), largest(arrays), 1)
    return join(arrays, -depth(arrays), ndim) if isinstance(arrays, list) else array_of(arrays.copy())


@composite(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Split, in parts of nearly equal length."""
    axis = position(axis, ndim_of(ary))
    n = shape_of(ary)[axis]
    if ndim_of(indices_or_sections) == 0:
        bounds = [len(part) for part in np.array_split(np.arange(n), indices_or_sections)]
        cuts = list(np.cumsum([0, *bounds]))
    else:
        cuts = [0, *indices_or_sections, n]
    before = (slice(None),) * axis
    return [ary[(*before, slice(a, b))] for a, b in itertools.pairwise(cuts)]


@composite(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Split, in parts of equal length."""
    if ndim_of(indices_or_sections) == 0 and shape_of(ary)[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    parts: list[Any] = np.array_split(ary, indices_or_sections, axis)
    return parts
