"""Where elements stand: the strides and shapes of arrays, and lattices, which are evenly spaced places."""

from __future__ import annotations

import functools
import inspect
from typing import Any, NamedTuple

import numpy as np

Shape = tuple[int, ...]
RUNS = 4  # the largest number of slices that an index is taken for


def another_shape(a: np.ndarray, shape: Shape) -> np.ndarray:
    """A view of an array in another shape; the array is not read.

    Raises:
        ValueError: there is no such view.
    """
    if TELLS_OF_COPIES:
        return np.reshape(a, shape, copy=False)
    found = a.view()
    try:
        found.shape = shape
    except AttributeError as error:
        raise ValueError(str(error)) from None
    return found


TELLS_OF_COPIES = "copy" in inspect.signature(np.reshape).parameters  # from NumPy 2.1 on


class Lattice(NamedTuple):
    """Where the elements of a part stand in a whole: ``start`` for each axis of the whole, and ``steps``,
    for each axis of the part, what one step along it is along each axis of the whole.
    """

    start: Shape
    steps: tuple[Shape, ...]

    def within(self, inner: Lattice) -> Lattice:
        """The places in this whole of what stands on a lattice within the part."""
        start, steps = list(self.start), []
        for k, n in enumerate(inner.start):
            start = [a + n * b for a, b in zip(start, self.steps[k], strict=True)]
        for step in inner.steps:
            along = [0] * len(self.start)
            for k, n in enumerate(step):
                along = [a + n * b for a, b in zip(along, self.steps[k], strict=True)]
            steps.append(tuple(along))
        return Lattice(tuple(start), tuple(steps))

    def slices(self) -> list[tuple[int | None, int]] | None:
        """For each axis of the whole, which axis of the part walks along it and in what steps; None if one
        axis of the part walks along several.
        """
        walks: list[tuple[int | None, int]] = [(None, 0)] * len(self.start)
        for axis, step in enumerate(self.steps):
            moved = [k for k, n in enumerate(step) if n]
            if len(moved) > 1 or (moved and walks[moved[0]][0] is not None):
                return None
            if moved:
                walks[moved[0]] = axis, step[moved[0]]
        return walks


@functools.lru_cache(maxsize=4096)
def dense(shape: Shape) -> Shape:
    """The strides of an array whose rows lie one after the other; 0 along axes of one element."""
    found, n = [], 1
    for size in reversed(shape):
        found.append(n if size > 1 else 0)
        n *= size
    return tuple(reversed(found))


def widest(shapes: list[Shape]) -> Shape:
    """The shape that all are broadcast to."""
    first = shapes[0]
    for shape in shapes:
        if shape != first and shape:
            if first:
                wide: Shape = np.broadcast_shapes(*shapes)
                return wide
            first = shape
    return first


def whole(shape: Shape) -> tuple[Shape, ...]:
    """The steps of a part whose axes are those of the whole."""
    return tuple([tuple([int(j == k) for k in range(len(shape))]) for j in range(len(shape))])


def bounds(value: Any) -> list[tuple[int, int]]:
    """From where to where, along each axis, an array is not zero."""
    places = [
        np.flatnonzero(value.any(tuple([j for j in range(value.ndim) if j != k]))) for k in range(value.ndim)
    ]
    return [(int(found[0]), int(found[-1]) + 1) for found in places]


def sliced(shape: Shape, axis: int, start: int, part: Shape) -> Lattice:
    """The places of a part that fills a whole but for one axis."""
    return Lattice(tuple([start if k == axis else 0 for k in range(len(shape))]), whole(shape))


def as_view(index: Any) -> Any:
    """A basic index that gives an array, also of one element."""
    parts = index if isinstance(index, tuple) else (index,)
    return parts if any([part is Ellipsis for part in parts]) else (*parts, ...)


def lattice_of(index: Any, shape: Shape) -> tuple[Lattice, Shape]:
    """The places that a basic index selects, and the shape of what is there."""
    mark = np.empty(1)
    unit = np.lib.stride_tricks.as_strided(mark, shape, [8 * n for n in dense(shape)])
    found = unit[as_view(index)]
    first = (found.__array_interface__["data"][0] - mark.__array_interface__["data"][0]) // 8
    start = tuple(map(int, np.unravel_index(first, shape)))
    steps = []
    for n, stride in zip(found.shape, found.strides, strict=True):
        step = [0] * len(shape)
        if n > 1 and stride:
            axis, size = axis_of(abs(stride) // 8, shape)
            step[axis] = size if stride > 0 else -size
        steps.append(tuple(step))
    return Lattice(start, tuple(steps)), found.shape


def axis_of(stride: int, shape: Shape) -> tuple[int, int]:
    """The axis of an array along which a stride leads, and how many elements."""
    fits = [
        (k, stride // n)
        for k, n in enumerate(dense(shape))
        if n and stride % n == 0 and stride // n < shape[k]
    ]
    return fits[0]


def line_of(places: Any, shape: Shape) -> Lattice | None:
    """Places in a flat array, one after the other, as a lattice: they are evenly spaced along each axis; None
    for others.
    """
    if places.ndim != 1 or not places.size:
        return None
    gaps = np.diff(places)
    if places.size > 1 and not (gaps[0] and (gaps == gaps[0]).all()):
        return None
    corners = [np.unravel_index(k, shape) for k in (places[0], places[min(1, places.size - 1)])]
    start, following = [tuple(map(int, corner)) for corner in corners]
    step = tuple([b - a for a, b in zip(start, following, strict=True)])
    ends = [k + (places.size - 1) * n for k, n in zip(start, step, strict=True)]
    if not all([0 <= k < n for k, n in zip(ends, shape, strict=True)]):
        return None
    return Lattice(start, (step,))


def runs_of(index: Any, shape: Shape) -> tuple[int, list[slice]] | None:
    """An index by one array of positions along one axis as a few slices; None for others."""
    parts = index if isinstance(index, tuple) else (index,)
    axes = [k for k, part in enumerate(parts) if isinstance(part, np.ndarray)]
    whole = all([isinstance(part, np.ndarray) or part == slice(None) for part in parts])
    if len(axes) != 1 or not whole or parts[axes[0]].ndim != 1 or parts[axes[0]].dtype.kind not in "iu":
        return None
    places = parts[axes[0]] % shape[axes[0]] if parts[axes[0]].size else parts[axes[0]]
    cuts = np.flatnonzero(np.diff(places) != 1) + 1
    if not places.size or len(cuts) >= RUNS:
        return None
    pieces = np.split(places, cuts)
    return axes[0], [slice(int(piece[0]), int(piece[-1]) + 1) for piece in pieces]
