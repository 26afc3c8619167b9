"""Convolutions of ``scipy.signal``, and changes of the rate."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

from ...errors import MissingRuleError
from ...nested import Traced, refused
from ...values.shapes import ndim_of, shape_of
from ..doors import door, outside
from ..numpy.padding import pad
from ..statements import Multilinear
from .convolutions import array, convolution, convolved_, is_longer, middle, turned


@door(signal.convolve)
def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """A convolution, or the middle of one."""
    return convolution(in1, in2, mode, None, method)


@door(signal.fftconvolve)
def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The same by Fourier's transform, and along axes."""
    return convolution(in1, in2, mode, axes, "fft along")


@door(signal.oaconvolve)
def oaconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The same, of pieces that overlap."""
    return convolution(in1, in2, mode, axes, "overlapping")


@door(signal.correlate)
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """A correlation: a convolution with the second turned around, and its conjugate."""
    in1, in2 = array(in1), array(in2)
    if mode == "valid" and ndim_of(in1) == ndim_of(in2) and not is_longer(in1, in2):
        return np.conj(turned(correlate(in2, in1, mode, method)))
    return convolution(in1, np.conj(turned(in2)), mode, None, method)


# ------------------------------------------------------------------------------------------------------------
# Of two axes
# ------------------------------------------------------------------------------------------------------------

BOUNDARIES = {"fill": "constant", "wrap": "wrap", "symm": "symmetric"}


@door(signal.convolve2d)
def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """A convolution of two axes, with what is beyond the ends."""
    in1, in2 = array(in1), array(in2)
    checked(signal.convolve2d, in1, in2, mode, boundary, fillvalue)
    if mode == "valid" and not is_longer(in1, in2):
        in1, in2 = in2, in1
    if mode == "valid":
        return convolved_(in1, in2, mode="valid", axes=None, way="direct")
    widths = [(n - 1, n - 1) for n in shape_of(in2)]
    options = {"constant_values": fillvalue} if boundary == "fill" else {}
    wide = pad(in1, widths, BOUNDARIES[boundary], **options)
    whole = convolved_(wide, in2, mode="valid", axes=None, way="direct")
    return whole if mode == "full" else middle(whole, shape_of(in1))


@door(signal.correlate2d)
def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """A correlation of two axes."""
    in1, in2 = array(in1), array(in2)
    checked(signal.correlate2d, in1, in2, mode, boundary, fillvalue)
    if mode == "valid" and not is_longer(in1, in2):
        return np.conj(turned(correlate2d(in2, in1, mode, boundary, fillvalue)))
    if mode != "same":
        return convolve2d(in1, np.conj(turned(in2)), mode, boundary, fillvalue)
    whole = convolve2d(in1, np.conj(turned(in2)), "full", boundary, fillvalue)
    starts = [n // 2 if n % 2 == 0 else (n - 1) // 2 for n in shape_of(in2)]
    return whole[tuple([slice(s, s + n) for s, n in zip(starts, shape_of(in1), strict=True)])]


def checked(function: Any, in1: Any, in2: Any, *options: Any) -> None:
    """Raise what SciPy raises for arrays of these shapes, and for these options."""
    shapes = shape_of(in1), shape_of(in2)
    known = options[0] in MODES and options[1] in BOUNDARIES and {len(n) for n in shapes} == {2}
    if known and (options[0] != "valid" or tuple(np.max(shapes, axis=0).tolist()) in shapes):
        return
    function(*map(np.zeros, shapes), *options)


MODES = ("full", "same", "valid")


@door(signal.sepfir2d)
def sepfir2d(input: Any, hrow: Any, hcol: Any) -> Any:
    """A convolution along rows and one along columns, whose ends are mirrors."""
    image = array(input)
    for h, axis in ((array(hrow), 1), (array(hcol), 0)):
        half = [(0, 0), (0, 0)]
        half[axis] = ((shape_of(h)[0] - 1) // 2,) * 2
        kernel = np.reshape(h, (1, -1) if axis else (-1, 1))
        image = convolved_(np.pad(image, half, "symmetric"), kernel, mode="valid", axes=None, way="direct")
    return image


# ------------------------------------------------------------------------------------------------------------
# Other rates
# ------------------------------------------------------------------------------------------------------------


def _resampled(h: Any, x: Any, *, up: int, down: int) -> Any:
    return signal.upfirdn(h, x, up, down)


def stuffed(x: Any, times: int) -> Any:
    """An array with zeros between its elements, along the last axis."""
    if times == 1:
        return x
    wide = np.stack([x] + [np.zeros(shape_of(x))] * (times - 1), axis=-1)
    return np.reshape(wide, (*shape_of(x)[:-1], -1))[..., : (shape_of(x)[-1] - 1) * times + 1]


def _resampled_transpose(g: Any, i: int, h: Any, x: Any, *, up: int, down: int) -> Any:
    size, n = shape_of(h)[0], shape_of(x)[-1]
    if i == 1:
        whole = resampled_(np.conj(turned(h)), g, up=down, down=1)
        short = size - 1 + n * up - shape_of(whole)[-1]
        wide = np.pad(whole, [(0, 0)] * (ndim_of(g) - 1) + [(0, max(short, 0))])
        return wide[..., size - 1 :: up][..., :n]
    spread, signals = stuffed(g, down), np.conj(turned(stuffed(x, up), -1))
    axes = (-1,)
    whole = convolved_(spread, signals, mode="full", axes=axes, way="fft along")
    total = np.sum(np.reshape(whole, (-1, shape_of(whole)[-1])), axis=0)
    start = shape_of(signals)[-1] - 1
    return np.pad(total, (0, max(0, start + size - shape_of(total)[0])))[start : start + size]


# ``y[m] = sum h[m down - n up] x[n]``, along the last axis.
resampled_: Multilinear = Multilinear(outside(_resampled), _resampled_transpose, "scipy.signal.upfirdn")

# What is beyond the ends, by its names here and as ``np.pad`` has it.
EXTENSIONS: dict[str, dict[str, Any]] = {
    "symmetric": {"mode": "symmetric"}, "reflect": {"mode": "reflect"}, "edge": {"mode": "edge"},
    "wrap": {"mode": "wrap"}, "antireflect": {"mode": "reflect", "reflect_type": "odd"},
}  # fmt: skip


@door(signal.upfirdn)
def upfirdn(
    h: Any, x: Any, up: int = 1, down: int = 1, axis: int = -1, mode: str = "constant", cval: float = 0
) -> Any:
    """A signal at another rate, filtered on the way."""
    h, x, up, down = array(h), array(x), int(up), int(down)
    if (mode not in EXTENSIONS and mode != "constant") or ndim_of(h) != 1 or min(up, down, np.size(h)) < 1:
        signal.upfirdn(np.ones(shape_of(h)), np.ones(shape_of(x)), up, down, axis, mode, cval)
        raise refused(MissingRuleError(f"scipy.signal.upfirdn has no derivative with mode={mode!r}"))
    rows = np.moveaxis(x, axis, -1)
    if mode == "constant" and not isinstance(cval, Traced) and not cval:
        return np.moveaxis(resampled_(h, rows, up=up, down=down), -1, axis)
    n, size = shape_of(rows)[-1], shape_of(h)[0]
    reach = -(-size // (up * down)) * down  # a multiple of ``down``, so that the first elements stay
    how = EXTENSIONS.get(mode, {"mode": "constant", "constant_values": cval})
    wide = pad(rows, [(0, 0)] * (ndim_of(rows) - 1) + [(reach, reach)], **how)
    found = resampled_(h, wide, up=up, down=down)
    start, count = reach * up // down, -(-((n - 1) * up + size) // down)
    return np.moveaxis(found[..., start : start + count], -1, axis)
