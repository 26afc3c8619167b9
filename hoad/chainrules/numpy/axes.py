"""Axes as NumPy's functions take them: from either end, one or several, and those that a number has."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...values.shapes import ndim_of

Axes = tuple[int, ...]


def normalize(axis: Any, ndim: int) -> Axes:
    """Axes as a tuple of positions; None stands for all."""
    if axis.__class__ is int and -ndim <= axis < ndim:
        return (axis % ndim,)
    if axis is None:
        return tuple(range(ndim))
    axes = (axis,) if ndim_of(axis) == 0 else tuple(axis)
    if any(not -ndim <= k < ndim for k in axes):
        raise np.exceptions.AxisError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    found = tuple(int(k) % ndim for k in axes)
    if len(set(found)) < len(found):
        raise ValueError("repeated axis")
    return found


def position(axis: int, ndim: int) -> int:
    """One axis as a position."""
    if axis.__class__ is int and -ndim <= axis < ndim:
        return axis % ndim
    return normalize(operator.index(axis), ndim)[0]


def reduced(axis: Any, ndim: int) -> Axes:
    """The axes of a reduction by a ufunc: to those, a number has an axis 0."""
    return () if ndim == 0 and ndim_of(axis) == 0 and axis in (0, -1) else normalize(axis, ndim)


def along(a: Any, axis: Any) -> tuple[Any, int]:
    """An array and a position in it, where a number counts as an array of one element."""
    if axis is None or ndim_of(a) == 0:
        a, axis = np.ravel(a), 0 if axis is None else axis
    return a, position(axis, ndim_of(a))
