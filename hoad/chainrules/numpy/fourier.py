"""Fourier transforms: linear functions of one axis, of which all others are made."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...values.constants import arange, asarray, zeros
from ...values.shapes import ndim_of, shape_of
from ..declarations import composite, linear_rule
from ..statements import Linear
from .axes import position

Axis = int

# ------------------------------------------------------------------------------------------------------------
# Three transforms of a whole axis, without a factor
# ------------------------------------------------------------------------------------------------------------


def _fft(x: Any, axis: int) -> Any:
    return np.fft.fft(x, axis=axis)


def _rfft(x: Any, axis: int) -> Any:
    return np.fft.rfft(x, axis=axis)


def _irfft(x: Any, n: int, axis: int) -> Any:
    return np.fft.irfft(x, n, axis=axis, norm="forward")


def _conjugates(n: int, axis: int, ndim: int, shared: float, like: Any) -> Any:
    """For each frequency of a real signal: 1 where it stands for itself, ``shared`` where for its conjugate
    too.
    """
    count = np.full(n // 2 + 1, shared)
    count[0] = 1.0
    if n % 2 == 0:
        count[-1] = 1.0
    return asarray(count.reshape([-1 if k == axis % ndim else 1 for k in range(ndim)]), like=like)


fft_: Linear = linear_rule(_fft, lambda g, x, axis: np.conj(fft_(np.conj(g), axis)), name="fft")
rfft_: Linear = linear_rule(
    _rfft,
    lambda g, x, axis: irfft_(
        g * _conjugates(shape_of(x)[axis], axis, ndim_of(x), 0.5, g), shape_of(x)[axis], axis
    ),
    name="rfft",
)
irfft_: Linear = linear_rule(
    _irfft, lambda g, x, n, axis: rfft_(g, axis) * _conjugates(n, axis, ndim_of(x), 2.0, g), name="irfft"
)

# ------------------------------------------------------------------------------------------------------------
# Lengths and factors
# ------------------------------------------------------------------------------------------------------------


def fitted(x: Any, n: int, axis: int) -> Any:
    """An array with n elements along an axis: cut, or filled up with zeros."""
    size = shape_of(x)[position(axis, ndim_of(x))]
    if n < size:
        return np.take(x, arange(n, like=x), axis=axis)
    if n == size:
        return x
    shape = [n - size if k == axis % ndim_of(x) else m for k, m in enumerate(shape_of(x))]
    return np.concatenate([x, zeros(shape, x.dtype, like=x)], axis=axis)


def factor(n: int, norm: str | None, inverse: bool) -> float:
    """What a transform is multiplied by."""
    if norm not in (None, "backward", "ortho", "forward"):
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    if norm == "ortho":
        return float(1 / np.sqrt(n))
    return 1 / n if (norm == "forward") != inverse else 1.0


def scaled(y: Any, c: float) -> Any:
    """A transform times its factor."""
    return y if c == 1.0 else y * c


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
    return scaled(fft_(x * (1 + 0j), axis), factor(shape_of(x)[axis], norm, False))


@composite(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """Its inverse."""
    checked(n)
    x = fitted(a, shape_of(a)[axis] if n is None else n, axis)
    whole = np.conj(fft_(np.conj(x * (1 + 0j)), axis))
    return scaled(whole, factor(shape_of(x)[axis], norm, True))


@composite(np.fft.rfft)
def rfft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """The transform of a real signal: half of the frequencies."""
    checked(n)
    x = fitted(a, shape_of(a)[axis] if n is None else n, axis)
    return scaled(rfft_(x, axis), factor(shape_of(x)[axis], norm, False))


@composite(np.fft.irfft)
def irfft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """The real signal of half of the frequencies."""
    n = 2 * (shape_of(a)[axis] - 1) if n is None else n
    checked(n)
    x = fitted(a * (1 + 0j), n // 2 + 1, axis)
    return scaled(irfft_(x, n, axis), factor(n, norm, True))


@composite(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """The real spectrum of a signal with Hermitian symmetry."""
    n = 2 * (shape_of(a)[axis] - 1) if n is None else n
    checked(n)
    x = fitted(np.conj(a * (1 + 0j)), n // 2 + 1, axis)
    return scaled(irfft_(x, n, axis), factor(n, norm, False))


@composite(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: Axis = -1, norm: str | None = None, out: Any = None) -> Any:
    """Its inverse."""
    checked(n)
    x = fitted(a, shape_of(a)[axis] if n is None else n, axis)
    return scaled(np.conj(rfft_(x, axis)), factor(shape_of(x)[axis], norm, True))


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
