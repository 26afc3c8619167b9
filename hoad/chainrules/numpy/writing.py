"""Functions that write into an array: ``put``, ``place``, ``fill_diagonal`` and their kin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...nested import Traced
from ...values.constants import asarray, table
from ...values.shapes import size_of
from ..declarations import composite
from ..refusals import refuse_plain
from .indexing import grid_of, plain_index
from .repeating import over_and_over

# What mode= makes of positions that are outside of n elements.
MODES: dict[str, Any] = {
    "raise": lambda positions, n: positions,
    "wrap": lambda positions, n: positions % n,
    "clip": lambda positions, n: np.clip(positions, 0, n - 1),
}


@composite(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Values written at positions of the flattened array, over and over if they are too few."""
    refuse_plain(a, v)
    positions, n = np.ravel(plain_index(ind)), a.size
    if mode not in MODES:
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    if positions.dtype.kind == "b":  # no mask here: the numbers 0 and 1, as NumPy has it
        positions = positions.astype(int)
    values = np.ravel(asarray(v, like=a))
    if len(positions) and not n:
        raise IndexError("cannot replace elements of an empty array")
    if not size_of(values):
        return
    positions = MODES[mode](positions, n)
    target = np.reshape(a, -1) if isinstance(positions, Traced) else a.flat
    target[positions] = over_and_over(values, len(positions))


@composite(np.putmask)
def putmask(a: Any, /, mask: Any, values: Any) -> None:
    """Values written where a mask holds, each at its own place."""
    refuse_plain(a, values)
    every = over_and_over(np.ravel(asarray(values, like=a)), a.size)
    a[...] = np.where(plain_index(mask), np.reshape(every, a.shape), a)


@composite(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """Values written where a mask holds, one after the other."""
    refuse_plain(arr, vals)
    positions = np.flatnonzero(plain_index(mask))
    np.put(arr, positions, vals)


@composite(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """A value, or values, written on the diagonal."""
    refuse_plain(a, val)
    if a.ndim < 2:
        raise ValueError("array must be at least 2-d")
    if a.ndim > 2 and len(set(a.shape)) > 1:
        raise ValueError("All dimensions of input must be of equal length")
    step = 1 + sum(math.prod(a.shape[k:]) for k in range(1, a.ndim))
    end = a.size if wrap or a.ndim > 2 else a.shape[1] ** 2
    np.put(a, table(np.multiply, -(-min(end, a.size) // step), step, like=a), val)


@composite(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """Values written at ``indices``, matched with the array along all other axes."""
    if axis is None:
        arr.flat[plain_index(indices)] = values
        return
    grid = grid_of(arr.shape, arr)
    grid[axis] = plain_index(indices)
    arr[tuple(grid)] = values
