"""Elements over and over: ``tile``, ``repeat``, ``resize``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...nested import Traced
from ...values.constants import arange, is_elsewhere, table
from ...values.shapes import ndim_of, shape_of, size_of
from ..declarations import composite
from .axes import along
from .shaping import concatenate, fresh

SIDE_BY_SIDE = 8  # copies of a row that are joined


@composite(np.tile)
def tile(A: Any, reps: Any) -> Any:
    """The array laid side by side."""
    reps = (reps,) if ndim_of(reps) == 0 else tuple(reps)
    if ndim_of(A) == len(reps) == 1 and 1 <= reps[0] <= SIDE_BY_SIDE:
        return concatenate(*[A] * reps[0], axis=0)
    n = max(ndim_of(A), len(reps))
    shape, reps = (1,) * (n - ndim_of(A)) + shape_of(A), (1,) * (n - len(reps)) + reps
    inner = tuple(k for size in shape for k in (1, size))
    outer = tuple(k for r, size in zip(reps, shape, strict=True) for k in (r, size))
    grown = np.broadcast_to(np.reshape(A, inner), outer)
    return fresh(np.reshape(grown, [r * s for r, s in zip(reps, shape, strict=True)]))


@composite(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Each element repeated."""
    a, axis = along(a, axis)
    n = shape_of(a)[axis]
    if isinstance(repeats, Traced) or is_elsewhere(repeats):
        return np.take(a, np.repeat(arange(n, like=a), repeats), axis=axis)
    often = repeats if repeats.__class__ is int else tuple(np.ravel(repeats).tolist())
    return np.take(a, table(np.repeat, n, often, like=a), axis=axis)


@composite(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """The elements in another shape, over and over if they are too few."""
    shape = (new_shape,) if ndim_of(new_shape) == 0 else tuple(new_shape)
    flat = np.ravel(a)
    if not size_of(a):
        return np.zeros_like(a, shape=shape)
    return np.reshape(flat[table(np.remainder, math.prod(shape), size_of(a), like=flat)], shape)


def over_and_over(row: Any, n: int) -> Any:
    """The first n of the elements of a row that begins anew where it ends."""
    size = shape_of(row)[0]
    return row if n == size else row[table(np.remainder, n, size, like=row)]
