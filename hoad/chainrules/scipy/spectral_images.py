"""Filters of the frequencies of an image, as ``scipy.ndimage`` has them: each frequency times a number."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from ...errors import MissingRuleError
from ...nested import refused
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from .imaging import for_each, image


def frequencies(x: Any, n: int, axis: int) -> list[Any]:
    """The frequencies along each axis, of which one may be that of a transform of real numbers."""
    found, rank = [], ndim_of(x)
    for k, size in enumerate(shape_of(x)):
        real = n >= 0 and k == axis % rank
        f = np.arange(size) / n if real else np.fft.fftfreq(size)
        found.append(np.reshape(f, [size if j == k else 1 for j in range(rank)]))
    return found


def of_type(kind: Any, is_complex: bool) -> Any:
    """The type of what real numbers multiply."""
    return kind if kind in (np.complex64, np.complex128, np.float32) else np.dtype(float)


def complex_of(kind: Any, is_complex: bool) -> Any:
    """The type of what complex numbers multiply."""
    return kind if kind in (np.complex64, np.complex128) else np.dtype(complex)


def times(x: Any, n: int, axis: int, given: Any, factor: Any) -> Any:
    """An image, times a function of the frequency along each axis."""
    along = tuple(range(ndim_of(x)))
    if not -len(along) <= axis < len(along):
        raise np.exceptions.AxisError(axis, len(along))
    for f, parameter in zip(frequencies(x, n, axis), for_each(given, along), strict=True):
        x = x * factor(f, parameter)
    return x


@image(ndimage.fourier_gaussian, result=of_type)
def fourier_gaussian(input: Any, sigma: Any, n: int = -1, axis: int = -1, output: Any = None) -> Any:
    """A Gaussian filter."""
    return times(input, n, axis, sigma, lambda f, s: np.exp(-2 * np.pi**2 * s**2 * f**2))


@image(ndimage.fourier_uniform, result=of_type)
def fourier_uniform(input: Any, size: Any, n: int = -1, axis: int = -1, output: Any = None) -> Any:
    """The filter of a box."""
    return times(input, n, axis, size, lambda f, s: np.sinc(f * s))


@image(ndimage.fourier_shift, result=complex_of)
def fourier_shift(input: Any, shift: Any, n: int = -1, axis: int = -1, output: Any = None) -> Any:
    """The phases of a shift."""
    return times(input, n, axis, shift, lambda f, s: np.exp(-2j * np.pi * f * s))


@image(ndimage.fourier_ellipsoid, result=of_type)
def fourier_ellipsoid(input: Any, size: Any, n: int = -1, axis: int = -1, output: Any = None) -> Any:
    """The filter of an ellipsoid."""
    if traced_in(size):
        message = (
            "scipy.ndimage.fourier_ellipsoid has no derivative by size: fourier_gaussian has one by sigma"
        )
        raise refused(MissingRuleError(message), *traced_in(size))
    return input * ndimage.fourier_ellipsoid(np.ones(shape_of(input)), size, n, axis)
