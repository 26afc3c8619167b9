"""Functions of the user's, applied along an axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...values.shapes import ndim_of, shape_of
from ..declarations import composite
from .axes import position

# ------------------------------------------------------------------------------------------------------------
# Functions along an axis
# ------------------------------------------------------------------------------------------------------------


@composite(np.apply_along_axis)
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """A function of vectors, for each vector along an axis."""
    rows = np.moveaxis(arr, axis, -1)
    lead = shape_of(rows)[:-1]
    found = [func1d(rows[place], *args, **kwargs) for place in np.ndindex(*lead)]
    values = np.reshape(np.stack(found), (*lead, *shape_of(found[0])))
    axis = position(axis, ndim_of(arr))
    new = range(len(lead), ndim_of(values))
    return np.moveaxis(values, list(new), [axis + k for k in range(len(new))])


@composite(np.apply_over_axes)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: int | Sequence[int]) -> Any:
    """A function along one axis after the other."""
    n = ndim_of(a)
    for axis in (axes,) if isinstance(axes, int) else axes:
        axis = position(axis, n)
        value = func(a, axis)
        a = value if ndim_of(value) == n else np.expand_dims(value, axis)
    return a
