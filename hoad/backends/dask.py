"""Dask's arrays, in blocks that are computed when somebody asks for them."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from .backend import NUMPY, Backend, Shape


class Dask(Backend):
    """The library: whatever a derivative makes is a graph of tasks, and nothing of it runs before it is
    asked for.
    """

    waits = True
    locks = False
    scalars = False
    lazy = True
    views = False

    @property
    def module(self) -> Any:
        """The functions for arrays."""
        return importlib.import_module("dask.array")

    def zeros(self, like: Any, shape: Shape, dtype: Any = float) -> Any:
        """Zeros, in the blocks of ``like`` where they have its shape."""
        return self.module.zeros(shape, dtype, chunks=blocks(like, shape))

    def ones(self, like: Any, shape: Shape, dtype: Any = float) -> Any:
        """The same of ones."""
        return self.module.ones(shape, dtype, chunks=blocks(like, shape))

    def full(self, like: Any, shape: Shape, value: Any, dtype: Any = None) -> Any:
        """The same of one value."""
        return self.module.full(shape, value, dtype=dtype, chunks=blocks(like, shape))

    def eye(self, like: Any, n: int, m: int | None = None, k: int = 0, dtype: Any = float) -> Any:
        """A matrix with ones in its diagonal ``k``."""
        return self.module.from_array(np.eye(n, m, k, dtype))

    def asarray(self, like: Any, x: Any, dtype: Any = None) -> Any:
        """Numbers as an array of one block, or of ``like``'s where it has the shape."""
        x = np.asarray(x, dtype)
        return self.module.from_array(x, chunks=blocks(like, x.shape))

    def copy(self, x: Any) -> Any:
        """The same graph under a name of its own, which a write will change alone."""
        return x.copy()

    def put(self, buffer: Any, index: Any, value: Any) -> Any:
        """Give an array with some elements replaced."""
        buffer = buffer.copy()
        buffer[index] = value
        return buffer

    def add_at(self, buffer: Any, index: Any, g: Any) -> Any:
        """Add at positions. Those that may occur several times are one task, which sees the whole array;
        integers and slices are a write, in which new axes are none of the buffer's.
        """
        whole = index if isinstance(index, tuple) else (index,)
        if any([isinstance(i, list) or getattr(i, "ndim", 0) for i in whole]):
            delayed = importlib.import_module("dask").delayed
            found = delayed(added_at, pure=True)(buffer, g, *whole)
            return self.module.from_delayed(found, buffer.shape, buffer.dtype)
        g = self.module.broadcast_to(g, buffer[index].shape)
        part = tuple([i for i in whole if i is not None])
        here = buffer[part]
        return self.put(buffer, part, here + g.reshape(here.shape))

    def last_of_each(self, positions: Any, size: int) -> Any:
        """1 where one of the positions below ``size`` stands for the last time, 0 elsewhere: one task."""
        delayed = importlib.import_module("dask").delayed
        found = delayed(NUMPY.last_of_each, pure=True)(positions, size)
        return self.module.from_delayed(found, positions.shape, float)

    def shares(self, x: Any, y: Any) -> bool:
        """A write to one array changes the graph of no other."""
        return x is y

    def layout(self, x: Any) -> Any:
        """An array of NumPy's that lies as the result would, and must not be read."""
        one = np.empty(1, x.dtype)
        steps = np.cumprod([x.dtype.itemsize, *[max(n, 1) for n in x.shape[:0:-1]]])[: x.ndim]
        return np.lib.stride_tricks.as_strided(one, x.shape, [int(k) for k in steps[::-1]], writeable=False)

    def to_numpy(self, x: Any) -> Any:
        """The numbers, which are computed now."""
        return np.asarray(x)


def blocks(like: Any, shape: Shape) -> Any:
    """How an array of some shape is cut: as ``like`` along the axes that have its lengths, from the last."""
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    cuts = [(n,) for n in shape]
    for k in range(1, min(len(shape), getattr(like, "ndim", 0)) + 1):
        if like.shape[-k] == shape[-k]:
            cuts[-k] = like.chunks[-k]
    return tuple(cuts)


def added_at(buffer: np.ndarray, g: Any, *index: Any) -> np.ndarray:
    """The task of ``add_at``."""
    found = np.array(buffer)
    np.add.at(found, index if len(index) > 1 else index[0], g)
    return found
