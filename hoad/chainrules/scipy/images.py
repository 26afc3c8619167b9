"""Filters of arrays, as ``scipy.ndimage`` has them: linear in the array and in the weights, so they are
sums of shifted arrays.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy import ndimage

from ...errors import MissingRuleError
from ...nested import refused, values
from ..captures import traced_in
from ..doors import door

# What is beyond the ends, by its names here and in ``np.pad``.
MODES = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "constant": "constant", "grid-constant": "constant",
    "nearest": "edge", "mirror": "reflect", "wrap": "wrap", "grid-wrap": "wrap",
}  # fmt: skip


def extended(x: Any, widths: Any, mode: str, cval: float) -> Any:
    """An array with what is beyond its ends."""
    if mode not in MODES:
        raise RuntimeError("boundary mode not supported")
    options = {"constant_values": cval} if MODES[mode] == "constant" else {}
    return np.pad(x, widths, MODES[mode], **options)


def into(output: Any, found: Any) -> Any:
    """A result; an array of the user's, for ``output=``, is written to."""
    if output is None or isinstance(output, (type, np.dtype, str)):
        return found
    output[...] = found
    return output


@door(ndimage.correlate1d)
def correlate1d(
    x: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int = 0,
) -> Any:
    """The sums of neighbours along an axis, times weights."""
    n, size = np.shape(weights)[0], np.shape(x)[axis]
    before = n // 2 + origin
    widths = [(0, 0)] * np.ndim(x)
    widths[axis] = (before, n - 1 - before)
    wide = extended(x, widths, mode, cval)
    rows = np.moveaxis(wide, axis, 0)
    total = sum([weights[k] * rows[k : k + size] for k in range(n)])
    return into(output, np.moveaxis(total, 0, axis))


@door(ndimage.convolve1d)
def convolve1d(
    x: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int = 0,
) -> Any:
    """The same with the weights turned around."""
    origin = -origin - (1 - np.shape(weights)[0] % 2)
    return correlate1d(x, weights[::-1], axis, output, mode, cval, origin)


@door(ndimage.correlate)
def correlate(
    x: Any,
    weights: Any,
    output: Any = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: Any = 0,
    **options: Any,
) -> Any:
    """The sums of neighbours along all axes, times weights."""
    if any([value is not None for value in options.values()]):
        raise refused(
            MissingRuleError("scipy.ndimage.correlate has no derivative with axes=: turn the array")
        )
    shape = np.shape(x)
    origins = [origin] * len(shape) if np.ndim(origin) == 0 else list(origin)
    before = [n // 2 + o for n, o in zip(np.shape(weights), origins, strict=True)]
    widths = [(b, n - 1 - b) for b, n in zip(before, np.shape(weights), strict=True)]
    wide, total = extended(x, widths, mode, cval), 0.0
    for place in itertools.product(*map(range, np.shape(weights))):
        here = tuple([slice(k, k + n) for k, n in zip(place, shape, strict=True)])
        total = total + weights[place] * wide[here]
    return into(output, total)


@door(ndimage.convolve)
def convolve(
    x: Any,
    weights: Any,
    output: Any = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: Any = 0,
    **options: Any,
) -> Any:
    """The same with the weights turned around."""
    origins = [origin] * np.ndim(x) if np.ndim(origin) == 0 else list(origin)
    turned = weights[(slice(None, None, -1),) * np.ndim(x)]
    moved = [-o - (1 - n % 2) for o, n in zip(origins, np.shape(weights), strict=True)]
    return correlate(x, turned, output, mode, cval, moved, **options)


@door(ndimage.uniform_filter1d)
def uniform_filter1d(
    x: Any,
    size: int,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int = 0,
) -> Any:
    """The mean of neighbours along an axis."""
    return correlate1d(x, np.full(size, 1 / size), axis, output, mode, cval, origin)


def for_each(value: Any, axes: tuple[int, ...]) -> list[Any]:
    """One value for each axis, or one for all."""
    return [value] * len(axes) if isinstance(value, str) or np.ndim(value) == 0 else list(value)


def axes_of(x: Any, axes: Any) -> tuple[int, ...]:
    """The axes along which a filter goes."""
    if axes is None:
        return tuple(range(np.ndim(x)))
    return tuple([int(k) % np.ndim(x) for k in np.atleast_1d(axes)])


@door(ndimage.uniform_filter)
def uniform_filter(
    x: Any,
    size: Any = 3,
    output: Any = None,
    mode: Any = "reflect",
    cval: float = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """The mean of neighbours along axes."""
    along = axes_of(x, axes)
    found = x
    for axis, n, how, o in zip(along, *[for_each(v, along) for v in (size, mode, origin)], strict=True):
        found = uniform_filter1d(found, int(n), axis, None, how, cval, o) if n > 1 else found
    return into(output, found)


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


@door(ndimage.gaussian_filter1d)
def gaussian_filter1d(
    x: Any,
    sigma: Any,
    axis: int = -1,
    order: int = 0,
    output: Any = None,
    mode: str = "reflect",
    cval: float = 0.0,
    truncate: float = 4.0,
    *,
    radius: Any = None,
) -> Any:
    """A Gaussian, or a derivative of one, along an axis."""
    reach = int(truncate * float(values(sigma)) + 0.5) if radius is None else int(radius)
    return correlate1d(x, gaussian(sigma, order, reach)[::-1], axis, output, mode, cval, 0)


@door(ndimage.gaussian_filter)
def gaussian_filter(
    x: Any,
    sigma: Any,
    order: Any = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: float = 0.0,
    truncate: float = 4.0,
    *,
    radius: Any = None,
    axes: Any = None,
) -> Any:
    """The same along several axes."""
    along, found = axes_of(x, axes), x
    given = [for_each(v, along) for v in (sigma, order, mode, radius)]
    for axis, s, o, how, reach in zip(along, *given, strict=True):
        if values(s) > 1e-15:
            found = gaussian_filter1d(found, s, axis, o, None, how, cval, truncate, radius=reach)
    return into(output, found)


def edges(weights: list[float]) -> Any:
    """A difference along one axis, and weights along all others."""

    def body(x: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: float = 0.0) -> Any:
        along = tuple(range(np.ndim(x)))
        modes = for_each(mode, along)
        axis = axis % np.ndim(x)
        found = correlate1d(x, np.array([-1.0, 0.0, 1.0]), axis, None, modes[axis], cval)
        for k in along:
            found = found if k == axis else correlate1d(found, np.array(weights), k, None, modes[k], cval)
        return into(output, found)

    return body


door(ndimage.sobel)(edges([1.0, 2.0, 1.0]))
door(ndimage.prewitt)(edges([1.0, 1.0, 1.0]))


@door(ndimage.laplace)
def laplace(x: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0, *, axes: Any = None) -> Any:
    """The sum of second differences."""
    along = axes_of(x, axes)
    second = np.array([1.0, -2.0, 1.0])
    modes = for_each(mode, along)
    return into(
        output, sum([correlate1d(x, second, k, None, how, cval) for k, how in zip(along, modes, strict=True)])
    )


@door(ndimage.gaussian_laplace)
def gaussian_laplace(
    x: Any,
    sigma: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: float = 0.0,
    *,
    axes: Any = None,
    **options: Any,
) -> Any:
    """The sum of second derivatives of Gaussians."""
    along = axes_of(x, axes)
    orders = [tuple([2 if k == axis else 0 for k in along]) for axis in along]
    found = [gaussian_filter(x, sigma, order, None, mode, cval, axes=along, **options) for order in orders]
    return into(output, sum(found))


def refuses(name: str) -> None:
    """A function of images that has no rule."""
    if hasattr(ndimage, name):

        def refusing(*args: Any, **kwargs: Any) -> Any:
            raise refused(
                MissingRuleError(
                    f"scipy.ndimage.{name} has no derivative here; gaussian_filter, correlate and kin have"
                ),
                *traced_in((args, kwargs)),
            )

        door(getattr(ndimage, name))(refusing)


for _name in (
    "map_coordinates", "shift", "zoom", "rotate", "affine_transform", "spline_filter", "spline_filter1d",
    "geometric_transform", "median_filter", "percentile_filter", "rank_filter", "minimum_filter",
    "maximum_filter", "minimum_filter1d", "maximum_filter1d", "gaussian_gradient_magnitude", "generic_filter",
):  # fmt: skip
    refuses(_name)
