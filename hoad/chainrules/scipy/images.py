"""Filters of arrays, as ``scipy.ndimage`` has them: linear in the array and in the weights, so they are
convolutions of an array with what is beyond its ends.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from scipy import ndimage

from ...nested import Traced, deciding, values
from ...values.shapes import ndim_of, shape_of
from .convolutions import array, convolved_, turned
from .imaging import axes_of, blank, for_each, image, spread_over, surrounded


def neighbours(x: Any, weights: Any, mode: Any, cval: Any, origins: Any) -> Any:
    """The sums of neighbours, times weights."""
    wide = surrounded(x, shape_of(weights), mode, cval, origins)
    return convolved_(wide, turned(weights), mode="valid", axes=None, way="image")


def along_one(x: Any, weights: Any, axis: int, mode: Any, cval: Any, origin: int) -> Any:
    """The same along one axis."""
    weights = array(weights)
    if ndim_of(weights) != 1 or shape_of(weights)[0] < 1:
        raise RuntimeError("no filter weights given")
    return neighbours(x, *spread_over(x, weights, axis, origin)[:1], mode, cval, placed(x, axis, origin))


def placed(x: Any, axis: int, origin: int) -> list[int]:
    """An origin along one axis."""
    origins = [0] * ndim_of(x)
    origins[axis] = int(origin)
    return origins


@image(ndimage.correlate1d)
def correlate1d(
    input: Any, weights: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: int = 0,
) -> Any:  # fmt: skip
    """The sums of neighbours along an axis, times weights, of which complex ones are conjugate."""
    return along_one(input, np.conj(array(weights)), axis, mode, cval, origin)


@image(ndimage.convolve1d)
def convolve1d(
    input: Any, weights: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: int = 0,
) -> Any:  # fmt: skip
    """The same with the weights turned around."""
    origin = -origin - (1 - shape_of(weights)[0] % 2)
    return along_one(input, array(weights)[::-1], axis, mode, cval, origin)


@image(ndimage.correlate)
def correlate(
    input: Any, weights: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *,
    axes: Any = None,
) -> Any:  # fmt: skip
    """The sums of neighbours along all axes, times weights, of which complex ones are conjugate."""
    whole, origins = spread_over(input, np.conj(array(weights)), axes, origin)
    return neighbours(input, whole, mode, cval, origins)


@image(ndimage.convolve)
def convolve(
    input: Any, weights: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *,
    axes: Any = None,
) -> Any:  # fmt: skip
    """The same with the weights turned around."""
    weights, chosen = array(weights), axes_of(input, axes)
    origins = for_each(origin, chosen)
    moved = [-o - (1 - n % 2) for o, n in zip(origins, shape_of(weights), strict=False)]
    return correlate(input, np.conj(turned(weights)), None, mode, cval, moved, axes=axes)


def mean_along(x: Any, size: Any, axis: int, mode: Any, cval: Any, origin: Any) -> Any:
    """The mean of neighbours along an axis."""
    if size < 1:
        raise RuntimeError("incorrect filter size")
    return along_one(x, np.full(int(size), 1 / int(size)), axis, mode, cval, origin)


@image(ndimage.uniform_filter1d)
def uniform_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: int = 0,
) -> Any:  # fmt: skip
    """The mean of neighbours along an axis."""
    return mean_along(input, size, axis, mode, cval, origin)


@image(ndimage.uniform_filter)
def uniform_filter(
    input: Any, size: Any = 3, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *,
    axes: Any = None,
) -> Any:  # fmt: skip
    """The mean of neighbours along axes."""
    along, found = axes_of(input, axes), input
    for axis, n, how, o in zip(along, *[for_each(v, along) for v in (size, mode, origin)], strict=True):
        found = mean_along(found, n, axis, how, cval, o) if n > 1 else found
    return found


def gaussian(sigma: Any, order: int, radius: int) -> Any:
    """The weights of a Gaussian, or of a derivative of one, around its middle."""
    x = np.arange(-radius, radius + 1)
    bell = np.exp(-0.5 / (sigma * sigma) * x**2)
    bell = bell / np.sum(bell)
    powers = [1.0 + 0.0 * sigma]  # of Hermite's polynomials: p' - x p / sigma**2, by powers of x
    for _ in range(order):
        lower = [(k + 1) * c for k, c in enumerate(powers[1:])] + [0.0, 0.0]
        higher = [0.0] + [-c / (sigma * sigma) for c in powers]
        powers = [a + b for a, b in zip(lower, higher, strict=False)]
    return bell * sum([c * x**k for k, c in enumerate(powers)])


def gaussian_along(
    x: Any, sigma: Any, axis: int, order: int, mode: Any, cval: Any, truncate: Any, radius: Any
) -> Any:
    """A Gaussian, or a derivative of one, along an axis."""
    reach = int(truncate * float(values(sigma)) + 0.5) if radius is None else radius
    if not isinstance(reach, numbers.Integral) or reach < 0:
        raise ValueError("Radius must be a nonnegative integer.")
    if order < 0:
        raise ValueError("order must be non-negative")
    return along_one(x, gaussian(sigma, int(order), int(reach))[::-1], axis, mode, cval, 0)


@image(ndimage.gaussian_filter1d)
def gaussian_filter1d(
    input: Any, sigma: Any, axis: int = -1, order: int = 0, output: Any = None, mode: Any = "reflect",
    cval: Any = 0.0, truncate: float = 4.0, *, radius: Any = None,
) -> Any:  # fmt: skip
    """A Gaussian, or a derivative of one, along an axis."""
    return gaussian_along(input, sigma, axis, order, mode, cval, truncate, radius)


@image(ndimage.gaussian_filter)
def gaussian_filter(
    input: Any, sigma: Any, order: Any = 0, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    truncate: float = 4.0, *, radius: Any = None, axes: Any = None,
) -> Any:  # fmt: skip
    """The same along several axes."""
    along, found = axes_of(input, axes), input
    given = [for_each(v, along) for v in (sigma, order, mode, radius)]
    for axis, s, o, how, reach in zip(along, *given, strict=True):
        if isinstance(width := deciding(s), Traced) or width > 1e-15:
            found = gaussian_along(found, s, axis, o, how, cval, truncate, reach)
    return found


def edges(x: Any, axis: int, mode: Any, cval: Any, weights: list[float]) -> Any:
    """A difference along one axis, and weights along all others."""
    along = axes_of(x, None)
    modes, axis = for_each(mode, along), axes_of(x, axis)[0]
    found = along_one(x, np.array([-1.0, 0.0, 1.0]), axis, modes[axis], cval, 0)
    for k in along:
        found = found if k == axis else along_one(found, np.array(weights), k, modes[k], cval, 0)
    return found


@image(ndimage.sobel)
def sobel(input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """The edges across an axis."""
    return edges(input, axis, mode, cval, [1.0, 2.0, 1.0])


@image(ndimage.prewitt)
def prewitt(input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """The same with equal weights."""
    return edges(input, axis, mode, cval, [1.0, 1.0, 1.0])


@image(ndimage.laplace)
def laplace(
    input: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None
) -> Any:
    """The sum of second differences."""
    along = axes_of(input, axes)
    second, modes = np.array([1.0, -2.0, 1.0]), for_each(mode, along)
    parts = [along_one(input, second, k, how, cval, 0) for k, how in zip(along, modes, strict=True)]
    return total(input, parts)


def total(x: Any, parts: list[Any]) -> Any:
    """The sum of what was found along some axes; of none, the array itself."""
    return sum(parts) if parts else 1 * x


def length(x: Any, parts: list[Any]) -> Any:
    """The length of what was found along some axes; of none, the array itself."""
    return np.linalg.norm(np.stack(parts), axis=0) if parts else 1 * x


def derivatives(
    x: Any, sigma: Any, order: int, mode: Any, cval: Any, along: tuple[int, ...], options: Any
) -> list[Any]:
    """The derivatives of an array along some axes, each of a Gaussian over all, and beyond all edges in the
    way of its axis.
    """
    n, ways = ndim_of(x), for_each(mode, along)
    return [
        gaussian_filter(x, sigma, [order if k == axis else 0 for k in range(n)], None, how, cval, **options)
        for axis, how in zip(along, ways, strict=True)
    ]


@image(ndimage.gaussian_laplace)
def gaussian_laplace(
    input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None,
    **kwargs: Any,
) -> Any:  # fmt: skip
    """The sum of second derivatives of Gaussians, which go along the axes that are asked for."""
    along, n = axes_of(input, axes), ndim_of(input)
    widths = for_each(sigma, along)
    if len(along) < n:  # of all axes, SciPy takes the widths in the order of the axes, whatever axes= says
        known = dict(zip(along, widths, strict=True))
        widths = [known.get(k, 0.0) for k in range(n)]
    return total(input, derivatives(input, widths, 2, mode, cval, along, kwargs))


@image(ndimage.gaussian_gradient_magnitude)
def gaussian_gradient_magnitude(
    input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None,
    **kwargs: Any,
) -> Any:  # fmt: skip
    """The length of the gradient along some axes, by Gaussians that go along all, as SciPy's do."""
    return length(input, derivatives(input, sigma, 1, mode, cval, axes_of(input, axes), kwargs))


def by_the_user(x: Any, function: Any, mode: Any, cval: Any, axes: Any, more: Any, named: Any) -> list[Any]:
    """What a function of the user's writes for each axis."""
    along, found = axes_of(x, axes), []
    for axis, how in zip(along, for_each(mode, along), strict=True):
        place = blank(x, function, more, named)
        function(x, axis, place, how, cval, *more, **(named or {}))
        found.append(place)
    return found


@image(ndimage.generic_laplace, calls=True)
def generic_laplace(
    input: Any, derivative2: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    extra_arguments: Any = (), extra_keywords: Any = None, *, axes: Any = None,
) -> Any:  # fmt: skip
    """The sum of second derivatives, by a function."""
    return total(input, by_the_user(input, derivative2, mode, cval, axes, extra_arguments, extra_keywords))


@image(ndimage.generic_gradient_magnitude, calls=True)
def generic_gradient_magnitude(
    input: Any, derivative: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    extra_arguments: Any = (), extra_keywords: Any = None, *, axes: Any = None,
) -> Any:  # fmt: skip
    """The length of the gradient, by a function."""
    return length(input, by_the_user(input, derivative, mode, cval, axes, extra_arguments, extra_keywords))
