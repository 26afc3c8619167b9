"""Fourier transforms: six linear functions, of which all others are made."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...deprecations import passed_on
from ...values.constants import table
from ...values.shapes import is_complex, ndim_of, shape_of
from ..declarations import composite, linear_rule
from ..statements import Linear
from .axes import position
from .indexing import read, scatter

Axes = tuple[int, ...]

# ------------------------------------------------------------------------------------------------------------
# Six transforms, of some axes with their lengths; the transpose of one has the factor of the inverse
# ------------------------------------------------------------------------------------------------------------

OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _fft(x: Any, s: Axes, norm: str, axes: Axes) -> Any:
    return np.fft.fft(x, s[0], axes[0], norm) if len(axes) == 1 else np.fft.fftn(x, s, axes, norm)


def _ifft(x: Any, s: Axes, norm: str, axes: Axes) -> Any:
    return np.fft.ifft(x, s[0], axes[0], norm) if len(axes) == 1 else np.fft.ifftn(x, s, axes, norm)


def _rfft(x: Any, s: Axes, norm: str, axes: Axes) -> Any:
    return np.fft.rfft(x, s[0], axes[0], norm) if len(axes) == 1 else np.fft.rfftn(x, s, axes, norm)


def _irfft(x: Any, s: Axes, norm: str, axes: Axes) -> Any:
    return np.fft.irfft(x, s[0], axes[0], norm) if len(axes) == 1 else np.fft.irfftn(x, s, axes, norm)


def _hfft(x: Any, s: Axes, norm: str, axes: Axes) -> Any:
    return np.fft.hfft(x, s[0], axes[0], norm)


def _ihfft(x: Any, s: Axes, norm: str, axes: Axes) -> Any:
    return np.fft.ihfft(x, s[0], axes[0], norm)


def _conjugates(frequency: Any, n: int, shared: float, after: int) -> Any:
    """For each frequency of a real signal: 1 where it stands for itself, ``shared`` where for its conjugate
    too; before so many axes.
    """
    alone = (frequency == 0) | (2 * frequency == n)
    return np.reshape(np.where(alone, 1.0, shared), (-1,) + (1,) * after)


def _weights(n: int, axis: int, shared: float, g: Any) -> Any:
    return table(_conjugates, n // 2 + 1, n, shared, ndim_of(g) - axis - 1, like=g)


def _fft_transpose(g: Any, x: Any, s: Axes, norm: str, axes: Axes) -> Any:
    return fitted(ifft_(g, s, OPPOSITE[norm], axes), x, axes)


def _ifft_transpose(g: Any, x: Any, s: Axes, norm: str, axes: Axes) -> Any:
    return fitted(fft_(g, s, OPPOSITE[norm], axes), x, axes)


def _rfft_transpose(g: Any, x: Any, s: Axes, norm: str, axes: Axes) -> Any:
    return fitted(irfft_(g * _weights(s[-1], axes[-1], 0.5, g), s, OPPOSITE[norm], axes), x, axes)


def _irfft_transpose(g: Any, x: Any, s: Axes, norm: str, axes: Axes) -> Any:
    return fitted(rfft_(g, s, OPPOSITE[norm], axes) * _weights(s[-1], axes[-1], 2.0, g), x, axes)


fft_: Linear = linear_rule(_fft, _fft_transpose, name="fft", leaves_out=True)
ifft_: Linear = linear_rule(_ifft, _ifft_transpose, name="ifft", leaves_out=True)
rfft_: Linear = linear_rule(_rfft, _rfft_transpose, name="rfft", leaves_out=True)
irfft_: Linear = linear_rule(_irfft, _irfft_transpose, name="irfft", leaves_out=True)
hfft_: Linear = linear_rule(
    _hfft,
    lambda g, x, s, norm, axes: np.conj(_irfft_transpose(g, x, s, OPPOSITE[norm], axes)),
    name="hfft",
    leaves_out=True,
)
ihfft_: Linear = linear_rule(
    _ihfft,
    lambda g, x, s, norm, axes: _rfft_transpose(np.conj(g), x, s, OPPOSITE[norm], axes),
    name="ihfft",
    leaves_out=True,
)


def fitted(g: Any, x: Any, axes: Axes) -> Any:
    """An array that has the lengths of ``x`` along some axes: cut, or filled up with zeros."""
    for axis in axes:
        shape, n = shape_of(g), shape_of(x)[axis]
        if n < shape[axis]:
            g = read(g, (slice(None),) * axis + (slice(n),))
        elif n > shape[axis]:
            part = (slice(None),) * axis + (slice(shape[axis]),)
            g = scatter(g, part, (*shape[:axis], n, *shape[axis + 1 :]))
    return g


# ------------------------------------------------------------------------------------------------------------
# Lengths and factors
# ------------------------------------------------------------------------------------------------------------


def complexes(x: Any) -> Any:
    """An array as one of complex numbers."""
    return x if is_complex(x) else x * (1 + 0j)


def named(norm: str | None) -> str:
    """How a transform is scaled."""
    if norm is not None and norm not in OPPOSITE:
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    return norm or "backward"


def placed(a: Any, n: Any, axis: Any, is_half: bool = False) -> tuple[Axes, Axes]:
    """A length, and the axis."""
    axis = position(axis, ndim_of(a))
    if n is None:
        n = shape_of(a)[axis]
        n = 2 * (n - 1) if is_half else n
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    return (operator.index(n),), (axis,)


# ------------------------------------------------------------------------------------------------------------
# NumPy's functions
# ------------------------------------------------------------------------------------------------------------


@composite(np.fft.fft)
def fft(a: Any, n: Any = None, axis: Any = -1, norm: str | None = None, out: Any = None) -> Any:
    """The discrete Fourier transform."""
    s, axes = placed(a, n, axis)
    return fft_(complexes(a), s, named(norm), axes)


@composite(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: Any = -1, norm: str | None = None, out: Any = None) -> Any:
    """Its inverse."""
    s, axes = placed(a, n, axis)
    return ifft_(complexes(a), s, named(norm), axes)


@composite(np.fft.rfft)
def rfft(a: Any, n: Any = None, axis: Any = -1, norm: str | None = None, out: Any = None) -> Any:
    """The transform of a real signal: half of the frequencies."""
    s, axes = placed(a, n, axis)
    return rfft_(a, s, named(norm), axes)


@composite(np.fft.irfft)
def irfft(a: Any, n: Any = None, axis: Any = -1, norm: str | None = None, out: Any = None) -> Any:
    """The real signal of half of the frequencies."""
    s, axes = placed(a, n, axis, is_half=True)
    return irfft_(complexes(a), s, named(norm), axes)


@composite(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: Any = -1, norm: str | None = None, out: Any = None) -> Any:
    """The real spectrum of a signal with Hermitian symmetry."""
    s, axes = placed(a, n, axis, is_half=True)
    return hfft_(complexes(a), s, named(norm), axes)


@composite(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: Any = -1, norm: str | None = None, out: Any = None) -> Any:
    """Its inverse."""
    s, axes = placed(a, n, axis)
    return ihfft_(a, s, named(norm), axes)


def lengths(a: Any, s: Any, axes: Any, last_is_half: bool = False) -> tuple[Axes, Axes]:
    """The length of each axis to transform, and the axes."""
    if s is not None and (axes is None or None in s):  # which NumPy will not take any more
        passed_on(ask_for_lengths, len(s), None in s, axes is None)
    if axes is None:
        axes = range(-len(s), 0) if s is not None else range(ndim_of(a))
    wanted = [None if n == -1 else n for n in s] if s is not None else [None] * len(axes)
    halves = [last_is_half and s is None and k == len(axes) - 1 for k in range(len(axes))]
    found = [placed(a, n, axis, half) for n, axis, half in zip(wanted, axes, halves, strict=True)]
    return tuple([n for (n,), _ in found]), tuple([axis for _, (axis,) in found])


def ask_for_lengths(count: int, of_none: bool, without_axes: bool) -> None:
    """Have NumPy transform one number."""
    s = [None if of_none else 1] * count
    np.fft.fftn(np.zeros((1,) * count), s, None if without_axes else range(count))


@composite(np.fft.fftn)
def fftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Over several axes."""
    return over(fft_, a, *lengths(a, s, axes), named(norm))


@composite(np.fft.ifftn)
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Its inverse."""
    return over(ifft_, a, *lengths(a, s, axes), named(norm))


def over(rule: Linear, x: Any, s: Axes, axes: Axes, norm: str) -> Any:
    """A transform of some axes at once. One that stands there twice is transformed twice; of none, the array
    is as it was.
    """
    x = complexes(x) if axes else x
    if len(set(axes)) == len(axes):
        return rule(x, s, norm, axes) if axes else x
    for n, axis in zip(reversed(s), reversed(axes), strict=True):
        x = rule(x, (n,), norm, (axis,))
    return x


@composite(np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Of a real array."""
    s, axes = lengths(a, s, axes)
    if len(set(axes)) == len(axes):
        return rfft_(a, s, named(norm), axes)
    return over(fft_, rfft_(a, s[-1:], named(norm), axes[-1:]), s[:-1], axes[:-1], named(norm))


@composite(np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Its inverse."""
    s, axes = lengths(a, s, axes, last_is_half=True)
    if len(set(axes)) == len(axes):
        return irfft_(complexes(a), s, named(norm), axes)
    others = over(ifft_, complexes(a), s[:-1], axes[:-1], named(norm))
    return irfft_(others, s[-1:], named(norm), axes[-1:])


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
    axes = tuple(range(ndim_of(x))) if axes is None else tuple(np.atleast_1d(axes).tolist())
    return np.roll(x, tuple([shape_of(x)[axis] // 2 for axis in axes]), axes)


@composite(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """Its inverse."""
    axes = tuple(range(ndim_of(x))) if axes is None else tuple(np.atleast_1d(axes).tolist())
    return np.roll(x, tuple([-(shape_of(x)[axis] // 2) for axis in axes]), axes)
