"""Convolutions, by SciPy's own functions: bilinear, and their transposes are convolutions again.

With N elements of the one and M of the other along an axis, the *full* convolution has N + M - 1 elements,
and the *valid* one, which takes no element from beyond the ends, N - M + 1. The transpose of the one is the
other, with an operand turned around and conjugate, so these two are closed under derivatives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage, signal

from ...values.constants import as_array, asarray
from ...values.shapes import ndim_of, shape_of
from ..doors import outside
from ..located import located, place_of
from ..numpy.axes import normalize
from ..statements import Multilinear


def array(x: Any) -> Any:
    """An operand that is no list."""
    return as_array(x)


def along(x: Any, axes: Any) -> tuple[int, ...]:
    """The axes that are meant, all for None."""
    return normalize(axes, ndim_of(x))


def turned(x: Any, axes: Any = None) -> Any:
    """An array with the order of its elements turned around, along some axes or all."""
    chosen = along(x, axes)
    return x[tuple([slice(None, None, -1) if k in chosen else slice(None) for k in range(ndim_of(x))])]


def of_images(x: Any, h: Any, mode: str) -> Any:
    """A convolution in double precision, as ``scipy.ndimage`` adds up."""
    like = place_of(x, h)
    x, h = [asarray(a, like=like) for a in (x, h)]
    kind = np.result_type(x, h)
    if mode == "full":
        x = np.pad(x, [(n - 1, n - 1) for n in shape_of(h)])
    wide = [k for k, n in enumerate(shape_of(h)) if n > 1]
    starts = [n // 2 - (n % 2 == 0) for n in shape_of(h)]
    here = tuple([slice(s, s + n - m + 1) for s, n, m in zip(starts, x.shape, h.shape, strict=True)])
    if 2 * np.size(h) > np.size(x) and like is None:
        wider = np.promote_types(kind, np.float64)
        return signal.convolve(x.astype(wider), h.astype(wider), "valid", "direct").astype(kind, copy=False)
    if len(wide) == 1:
        found = located(ndimage.convolve1d)(x.astype(kind, copy=False), np.ravel(h), wide[0], mode="constant")
    else:
        found = located(ndimage.convolve)(x.astype(kind, copy=False), h, mode="constant")
    return found[here]


def _convolved(x: Any, h: Any, *, mode: str, axes: Any, way: str) -> Any:
    if way == "image":
        return of_images(x, h, mode)
    if way == "fft along":
        return signal.fftconvolve(x, h, mode, axes)
    if way == "overlapping":
        return signal.oaconvolve(x, h, mode, axes)
    return signal.convolve(x, h, mode, way)


def summed(g: Any, shape: tuple[int, ...]) -> Any:
    """A cotangent, summed over the axes along which its argument was spread."""
    axes = tuple([k for k, (n, m) in enumerate(zip(shape_of(g), shape, strict=True)) if n != m])
    return np.sum(g, axis=axes, keepdims=True) if axes else g


def _convolved_transpose(g: Any, i: int, x: Any, h: Any, *, mode: str, axes: Any, way: str) -> Any:
    if i == 0 or mode == "full":
        back = np.conj(turned(x if i else h, axes))
        found = convolved_(g, back, mode="full" if mode == "valid" else "valid", axes=axes, way=way)
    else:
        found = turned(convolved_(np.conj(x), turned(g, axes), mode="valid", axes=axes, way=way), axes)
    return summed(found, shape_of(h if i else x))


# ``sum h[k] x[n - k]``, full or valid; for the valid one, x is the longer along all axes.
convolved_: Multilinear = Multilinear(outside(_convolved), _convolved_transpose, "a convolution")


def is_longer(x: Any, h: Any, axes: Any = None) -> bool:
    """Tell whether the one has at least the length of the other along all axes."""
    return all([shape_of(x)[k] >= shape_of(h)[k] for k in along(x, axes)])


def convolution(x: Any, h: Any, mode: Any, axes: Any, way: str) -> Any:
    """A convolution with SciPy's modes: full, valid, or of the length of the first, from the middle."""
    x, h = array(x), array(h)
    if ndim_of(x) == 0 and ndim_of(h) == 0:
        return x * h
    if mode == "valid" and ndim_of(x) == ndim_of(h) and not is_longer(x, h, axes):
        x, h = h, x
    if mode != "same":
        return convolved_(x, h, mode=mode, axes=axes, way=way)
    return middle(convolved_(x, h, mode="full", axes=axes, way=way), shape_of(x))


def middle(whole: Any, shape: tuple[int, ...]) -> Any:
    """The middle of an array."""
    starts = [(n - m) // 2 for n, m in zip(shape_of(whole), shape, strict=True)]
    return whole[tuple([slice(s, s + n) for s, n in zip(starts, shape, strict=True)])]
