"""Fourier transforms: linear functions of one axis, of which all others are made."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...values.constants import table, zeros
from ...values.shapes import is_complex, ndim_of, shape_of
from ..declarations import composite, linear_rule
from ..statements import Linear
from .axes import position
from .indexing import read

Axis = int

# ------------------------------------------------------------------------------------------------------------
# Four transforms of a whole axis; the transpose of one has the factor that the inverse has elsewhere
# ------------------------------------------------------------------------------------------------------------

OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _fft(x: Any, norm: str, axis: int) -> Any:
    return np.fft.fft(x, axis=axis, norm=norm)


def _ifft(x: Any, norm: str, axis: int) -> Any:
    return np.fft.ifft(x, axis=axis, norm=norm)


def _rfft(x: Any, norm: str, axis: int) -> Any:
    return np.fft.rfft(x, axis=axis, norm=norm)


def _irfft(x: Any, n: int, norm: str, axis: int) -> Any:
    return np.fft.irfft(x, n, axis=axis, norm=norm)


def _conjugates(frequency: Any, n: int, shared: float, after: int) -> Any:
    """For each frequency of a real signal: 1 where it stands for itself, ``shared`` where for its conjugate
    too; before so many axes.
    """
    alone = (frequency == 0) | (2 * frequency == n)
    return np.reshape(np.where(alone, 1.0, shared), (-1,) + (1,) * after)


def _weights(n: int, axis: int, shared: float, g: Any) -> Any:
    return table(_conjugates, n // 2 + 1, n, shared, ndim_of(g) - position(axis, ndim_of(g)) - 1, like=g)


def _rfft_transpose(g: Any, x: Any, norm: str, axis: int) -> Any:
    n = shape_of(x)[axis]
    return irfft_(g * _weights(n, axis, 0.5, g), n, OPPOSITE[norm], axis)


def _irfft_transpose(g: Any, x: Any, n: int, norm: str, axis: int) -> Any:
    return rfft_(g, OPPOSITE[norm], axis) * _weights(n, axis, 2.0, g)


fft_: Linear = linear_rule(_fft, lambda g, x, norm, axis: ifft_(g, OPPOSITE[norm], axis), name="fft")
ifft_: Linear = linear_rule(_ifft, lambda g, x, norm, axis: fft_(g, OPPOSITE[norm], axis), name="ifft")
rfft_: Linear = linear_rule(_rfft, _rfft_transpose, name="rfft")
irfft_: Linear = linear_rule(_irfft, _irfft_transpose, name="irfft")

# ------------------------------------------------------------------------------------------------------------
# Lengths and factors
# ------------------------------------------------------------------------------------------------------------


def fitted(x: Any, n: int, axis: int) -> Any:
    """An array with n elements along an axis: cut, or filled up with zeros."""
    ndim = ndim_of(x)
    axis = position(axis, ndim)
    size = shape_of(x)[axis]
    if n < size:
        return read(x, (slice(None),) * axis + (slice(n),))
    if n == size:
        return x
    shape = [n - size if k == axis else m for k, m in enumerate(shape_of(x))]
    return np.concatenate([x, zeros(shape, x.dtype, like=x)], axis=axis)


def complexes(x: Any) -> Any:
    """An array as one of complex numbers."""
    return x if is_complex(x) else x * (1 + 0j)


def named(norm: str | None) -> str:
    """How a transform is scaled."""
    if norm is not None and norm not in OPPOSITE:
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    return norm or "backward"


def checked(n: Any) -> None:
    """Refuse a length that is none, as NumPy does."""
    if n is not None and n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")


# ------------------------------------------------------------------------------------------------------------
# NumPy's functions
# ------------------------------------------------------------------------------------------------------------


@composite(np.fft.fft)
def fft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """The discrete Fourier transform."""
    checked(n)
    x = fitted(a, shape_of(a)[axis] if n is None else n, axis)
    return fft_(complexes(x), named(norm), axis)


@composite(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """Its inverse."""
    checked(n)
    x = fitted(a, shape_of(a)[axis] if n is None else n, axis)
    return ifft_(complexes(x), named(norm), axis)


@composite(np.fft.rfft)
def rfft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """The transform of a real signal: half of the frequencies."""
    checked(n)
    x = fitted(a, shape_of(a)[axis] if n is None else n, axis)
    return rfft_(x, named(norm), axis)


@composite(np.fft.irfft)
def irfft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """The real signal of half of the frequencies."""
    n = 2 * (shape_of(a)[axis] - 1) if n is None else n
    checked(n)
    return irfft_(fitted(complexes(a), n // 2 + 1, axis), n, named(norm), axis)


@composite(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """The real spectrum of a signal with Hermitian symmetry."""
    n = 2 * (shape_of(a)[axis] - 1) if n is None else n
    checked(n)
    x = fitted(np.conj(complexes(a)), n // 2 + 1, axis)
    return irfft_(x, n, OPPOSITE[named(norm)], axis)


@composite(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """Its inverse."""
    checked(n)
    x = fitted(a, shape_of(a)[axis] if n is None else n, axis)
    return np.conj(rfft_(x, OPPOSITE[named(norm)], axis))


def lengths(a: Any, s: Any, axes: Any, last_is_half: bool = False) -> list[tuple[int, int]]:
    """The axes to transform, each with its length."""
    if axes is None:
        axes = range(-len(s), 0) if s is not None else range(-ndim_of(a), 0)
    axes = list(axes)
    if s is None:
        sizes = [shape_of(a)[k] for k in axes]
    else:
        sizes = [shape_of(a)[k] if m == -1 else m for m, k in zip(s, axes, strict=True)]
    if s is None and last_is_half:
        sizes[-1] = 2 * (sizes[-1] - 1)
    return list(zip(axes, sizes, strict=True))


@composite(np.fft.fftn)
def fftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Over several axes."""
    for axis, n in reversed(lengths(a, s, axes)):
        a = np.fft.fft(a, n, axis, norm)
    return a


@composite(np.fft.ifftn)
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Its inverse."""
    for axis, n in reversed(lengths(a, s, axes)):
        a = np.fft.ifft(a, n, axis, norm)
    return a


@composite(np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Of a real array."""
    *others, (last, n) = lengths(a, s, axes)
    a = np.fft.rfft(a, n, last, norm)
    for axis, m in reversed(others):
        a = np.fft.fft(a, m, axis, norm)
    return a


@composite(np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Its inverse."""
    *others, (last, n) = lengths(a, s, axes, last_is_half=True)
    for axis, m in others:
        a = np.fft.ifft(a, m, axis, norm)
    return np.fft.irfft(a, n, last, norm)


def _in_two_dimensions(function: Any, name: str) -> None:
    def body(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None) -> Any:
        return function(a, s, axes, norm)

    body.__name__ = name
    composite(getattr(np.fft, name))(body)


for _name in ("fft2", "ifft2", "rfft2", "irfft2"):
    _in_two_dimensions(getattr(np.fft, _name[:-1] + "n"), _name)


@composite(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """The zero frequency in the middle."""
    axes = range(ndim_of(x)) if axes is None else np.atleast_1d(axes)
    for axis in axes:
        x = np.roll(x, shape_of(x)[axis] // 2, int(axis))
    return x


@composite(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """Its inverse."""
    axes = range(ndim_of(x)) if axes is None else np.atleast_1d(axes)
    for axis in axes:
        x = np.roll(x, -(shape_of(x)[axis] // 2), int(axis))
    return x
