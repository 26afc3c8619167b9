"""Images that are moved, turned and scaled, as ``scipy.ndimage`` has it: values at other coordinates."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import scipy.special as sc
from scipy import ndimage

from ...errors import MissingRuleError
from ...nested import refused, values
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..statements import Scalar
from .convolutions import array
from .coordinates import at, filtered_
from .imaging import MODES, for_each, image


def axis_by_axis(lines: list[Any]) -> Any:
    """Points on a grid, by the coordinates along each axis."""
    shape = tuple([shape_of(line)[0] for line in lines])
    places = [tuple([-1 if j == k else 1 for j in range(len(shape))]) for k in range(len(shape))]
    return np.stack([np.broadcast_to(np.reshape(u, p), shape) for u, p in zip(lines, places, strict=True)])


def all_axes(x: Any) -> tuple[int, ...]:
    """The axes of an image.

    Raises:
        RuntimeError: it has none.
    """
    if ndim_of(x) < 1:
        raise RuntimeError("input and output rank must be > 0")
    return tuple(range(ndim_of(x)))


@image(ndimage.spline_filter1d, result=lambda kind, is_complex: np.result_type(kind, np.float64))
def spline_filter1d(
    input: Any, order: int = 3, axis: int = -1, output: Any = np.float64, mode: str = "mirror"
) -> Any:
    """The coefficients of a spline through the elements, along an axis."""
    if not 0 <= order <= 5:
        raise RuntimeError("spline order not supported")
    if mode not in MODES:
        raise RuntimeError("boundary mode not supported")
    return filtered_(input, order=order, axis=axis, mode=mode) if order > 1 else input


@image(ndimage.spline_filter)
def spline_filter(input: Any, order: int = 3, output: Any = np.float64, mode: str = "mirror") -> Any:
    """The coefficients of a spline through the elements."""
    if not 2 <= order <= 5:
        raise RuntimeError("spline order not supported")
    if mode not in MODES:
        raise RuntimeError("boundary mode not supported")
    for axis in range(ndim_of(input)):
        input = filtered_(input, order=order, axis=axis, mode=mode)
    return input


@image(ndimage.map_coordinates)
def map_coordinates(
    input: Any, coordinates: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:  # fmt: skip
    """The values at coordinates."""
    points = array(coordinates)
    all_axes(input)
    if np.iscomplexobj(points):
        raise TypeError("Complex type not supported")
    if ndim_of(points) < 2:
        raise RuntimeError("input and output rank must be > 0")
    if shape_of(points)[0] != ndim_of(input):
        raise RuntimeError("invalid shape for coordinate array")
    return at(input, points, order, mode, cval, prefilter)


@image(ndimage.geometric_transform, calls=True)
def geometric_transform(
    input: Any, mapping: Any, output_shape: Any = None, output: Any = None, order: int = 3,
    mode: str = "constant", cval: Any = 0.0, prefilter: bool = True, extra_arguments: Any = (),
    extra_keywords: Any = None,
) -> Any:  # fmt: skip
    """The values at coordinates that a function gives."""
    all_axes(input)
    shape = shape_of(input) if output_shape is None else tuple(output_shape)
    named = extra_keywords or {}
    found = [
        np.stack(list(mapping(place, *extra_arguments, **named)))
        for place in itertools.product(*map(range, shape))
    ]
    points = np.reshape(np.stack(found, axis=-1), (ndim_of(input), *shape))
    return at(input, points, order, mode, cval, prefilter)


@image(ndimage.shift)
def shift(
    input: Any, shift: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:  # fmt: skip
    """An image that is moved along its axes."""
    steps = for_each(shift, all_axes(input))
    lines = [np.arange(n) + -s for n, s in zip(shape_of(input), steps, strict=True)]
    return at(input, axis_by_axis(lines), order, mode, cval, prefilter)


@image(ndimage.zoom)
def zoom(
    input: Any, zoom: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: Any = 0.0,
    prefilter: bool = True, *, grid_mode: bool = False,
) -> Any:  # fmt: skip
    """An image of more elements, or of fewer.

    Raises:
        MissingRuleError: a derivative by the factor, of which only the number of elements counts.
    """
    if traced_in(zoom):
        message = (
            "scipy.ndimage.zoom has no derivative by zoom, which it rounds to a number of elements: "
            "affine_transform with a matrix of 1 / zoom has one"
        )
        raise refused(MissingRuleError(message), *traced_in(zoom))
    factors = for_each(zoom, all_axes(input))
    if all([z == 1 for z in factors]) and prefilter:
        return input
    lines = []
    for n, factor in zip(shape_of(input), factors, strict=True):
        m = round(n * factor)
        if grid_mode:
            lines.append((np.arange(m) + 0.5) * (n / m if m else 1.0) - 0.5)
        else:
            lines.append(np.arange(m) * ((n - 1) / (m - 1) if m != 1 else 1.0))
    return at(input, axis_by_axis(lines), order, mode, cval, prefilter)


@image(ndimage.affine_transform)
def affine_transform(
    input: Any, matrix: Any, offset: Any = 0.0, output_shape: Any = None, output: Any = None, order: int = 3,
    mode: str = "constant", cval: Any = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """The values at ``matrix @ place + offset``."""
    if output_shape is None:
        output_shape = output.shape if isinstance(output, np.ndarray) else shape_of(input)
    return affine(input, matrix, offset, tuple(output_shape), (order, mode, cval, prefilter))


def affine(x: Any, matrix: Any, offset: Any, shape: tuple[int, ...], how: Any) -> Any:
    """An image at the places of another, by a matrix, or by a factor for each axis.

    Raises:
        RuntimeError: the matrix has another shape.
        ValueError: it has one more row, and that is not (0, ..., 0, 1).
    """
    n, matrix = len(all_axes(x)), array(matrix)
    if ndim_of(matrix) not in (1, 2) or shape_of(matrix)[0] < 1:
        raise RuntimeError("no proper affine matrix provided")
    if shape_of(matrix) in ((n, n + 1), (n + 1, n + 1)):
        if shape_of(matrix)[0] == n + 1 and not np.all(values(matrix[n]) == [0] * n + [1]):
            raise ValueError(f"the bottom row of a homogeneous matrix must be {[0] * n + [1]}")
        offset, matrix = matrix[:n, n], matrix[:n, :n]
    if shape_of(matrix)[0] != n:
        raise RuntimeError("affine matrix has wrong number of rows")
    if ndim_of(matrix) == 2 and shape_of(matrix)[1] != len(shape):
        raise RuntimeError("affine matrix has wrong number of columns")
    starts = for_each(offset, all_axes(x))
    if ndim_of(matrix) == 1:
        lines = [(np.arange(shape[k]) + starts[k] / matrix[k]) * matrix[k] for k in range(n)]
        return at(x, axis_by_axis(lines), *how)
    places = np.indices(shape).astype(float)
    points = [
        sum([places[k] * row[k] for k in range(len(shape))]) + starts[j] for j, row in enumerate(matrix)
    ]
    return at(x, np.stack(points), *how)


DEGREE = np.pi / 180
cosine_: Scalar = Scalar(sc.cosdg, lambda x, out: -DEGREE * sine_(x), "scipy.special.cosdg")
sine_: Scalar = Scalar(sc.sindg, lambda x, out: DEGREE * cosine_(x), "scipy.special.sindg")


@image(ndimage.rotate)
def rotate(
    input: Any, angle: Any, axes: Any = (1, 0), reshape: bool = True, output: Any = None, order: int = 3,
    mode: str = "constant", cval: Any = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """An image that is turned in the plane of two axes, by an angle in degrees."""
    first, second = plane(input, axes)
    c, s = cosine_(angle), sine_(angle)
    turn = np.stack([np.stack([c, s]), np.stack([-s, c])])
    before = np.array([shape_of(input)[first], shape_of(input)[second]])
    after = before
    if reshape:
        corners = values(turn) @ [[0, 0, before[0], before[0]], [0, before[1], 0, before[1]]]
        after = (np.ptp(corners, axis=1) + 0.5).astype(int)
    offset = (before - 1) / 2 - turn @ ((after - 1) / 2)
    how, shape = (order, mode, cval, prefilter), tuple(after.tolist())
    rows = np.moveaxis(input, (first, second), (-2, -1))
    planes = np.reshape(rows, (-1, *before.tolist()))
    found = np.stack([affine(p, turn, offset, shape, how) for p in planes])
    return np.moveaxis(np.reshape(found, (*shape_of(rows)[:-2], *shape)), (-2, -1), (first, second))


def plane(x: Any, axes: Any) -> list[int]:
    """The two axes of a plane, in order.

    Raises:
        ValueError: they are no two axes of the image.
    """
    n, chosen = ndim_of(x), list(axes)
    if n < 2:
        raise ValueError("input array should be at least 2D")
    if len(chosen) != 2:
        raise ValueError("axes should contain exactly two values")
    if not all([float(k).is_integer() for k in chosen]):
        raise ValueError("axes should contain only integer values")
    chosen = [int(k) + n if k < 0 else int(k) for k in chosen]
    if not all([0 <= k < n for k in chosen]):
        raise ValueError("invalid rotation plane specified")
    return sorted(chosen)
