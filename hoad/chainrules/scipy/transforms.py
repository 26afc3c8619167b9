"""``scipy.fft``: Fourier's transforms are NumPy's, those of cosines and sines are stated here, and Hankel's
is a convolution.

The matrix of a transform of cosines or sines is, but for single elements, the transpose of that of another:
of type II and type III of each other, of the types I and IV of their own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.fft

from ...errors import MissingRuleError
from ...nested import refused
from ...values.captures import traced_in
from ...values.constants import ones
from ...values.shapes import ndim_of, shape_of
from ..doors import door
from ..located import located, place_of
from ..numpy.shaping import cast
from ..statements import Linear

SWAPPED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}
INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}

# ------------------------------------------------------------------------------------------------------------
# Fourier's
# ------------------------------------------------------------------------------------------------------------


def along_one(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function of one axis, with SciPy's arguments."""

    def transform(
        x: Any, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False,
        workers: Any = None, *, plan: Any = None,
    ) -> Any:  # fmt: skip
        return function(x, n, axis, norm)

    return transform


def along_many(function: Callable[..., Any], two: bool) -> Callable[..., Any]:
    """NumPy's function of several axes, with SciPy's arguments."""

    def transform(
        x: Any, s: Any = None, axes: Any = (-2, -1) if two else None, norm: Any = None,
        overwrite_x: Any = False, workers: Any = None, *, plan: Any = None,
    ) -> Any:  # fmt: skip
        s = None if s is None else tuple(np.ravel(s).tolist())
        axes = chosen(x, s, axes)
        return function(x, s, axes, norm)

    return transform


def chosen(x: Any, s: Any, axes: Any) -> tuple[int, ...]:
    """The axes that are meant: those given, the last ones of as many as lengths are given, or all."""
    if axes is None:
        n = ndim_of(x) if s is None else len(s)
        return tuple(range(-n, 0))
    return tuple(np.ravel(axes).tolist())


def hfftn_(x: Any, s: Any, axes: Any, norm: Any) -> Any:
    """The transform of what is the conjugate of its reflection: a real one."""
    return np.fft.irfftn(np.conj(x), s, axes, SWAPPED[norm])


def ihfftn_(x: Any, s: Any, axes: Any, norm: Any) -> Any:
    """The inverse of that."""
    return np.conj(np.fft.rfftn(x, s, axes, SWAPPED[norm]))


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    door(getattr(scipy.fft, _name))(along_one(getattr(np.fft, _name)))
for _name in ("fft", "ifft", "rfft", "irfft"):
    for _many in ("2", "n"):
        door(getattr(scipy.fft, _name + _many))(along_many(getattr(np.fft, _name + "n"), _many == "2"))
for _name, _body in (("hfft", hfftn_), ("ihfft", ihfftn_)):
    for _many in ("2", "n"):
        door(getattr(scipy.fft, _name + _many))(along_many(_body, _many == "2"))


@door(scipy.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """The frequency 0 in the middle."""
    return np.fft.fftshift(x, axes)


@door(scipy.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """The inverse of that."""
    return np.fft.ifftshift(x, axes)


# ------------------------------------------------------------------------------------------------------------
# Of cosines and sines
# ------------------------------------------------------------------------------------------------------------


def _of_waves(x: Any, *, sines: bool, kind: int) -> Any:
    transform = scipy.fft.dst if sines else scipy.fft.dct
    if place_of(x) is not None:  # CuPy's makes no difference
        return located(transform)(x, kind, axis=-1, norm="backward")
    return transform(x, kind, axis=-1, norm="backward", orthogonalize=False)


def _of_waves_transpose(g: Any, x: Any, *, sines: bool, kind: int) -> Any:
    end, n = -1 if sines else 0, shape_of(x)[-1]
    if kind == 2:
        return of_waves(weighted(g, n, (end,), 2.0), sines=sines, kind=3)
    if kind == 3:
        return weighted(of_waves(g, sines=sines, kind=2), n, (end,), 0.5)
    if kind == 1 and not sines:
        turned = of_waves(weighted(g, n, (0, -1), 2.0), sines=sines, kind=1)
        return weighted(turned, n, (0, -1), 0.5)
    return of_waves(g, sines=sines, kind=kind)


def weighted(x: Any, n: int, ends: tuple[int, ...], factor: float) -> Any:
    """An array whose first or last elements along the last axis are multiplied."""
    weights = ones(n, np.result_type(np.float32, x.real.dtype), like=x)
    weights[list(ends)] = factor
    return x * weights


# A transform along the last axis, without a factor.
of_waves: Linear = Linear(_of_waves, _of_waves_transpose, name="a transform of cosines or sines")


def wave(x: Any, sines: bool, kind: int, n: Any, axis: int, norm: Any, orthogonalize: Any) -> Any:
    """A transform along one axis, as SciPy has it."""
    x = np.moveaxis(resized(x, n, axis), axis, -1)
    n = shape_of(x)[-1]
    size = 2 * (n + 1 if sines and kind == 1 else n - 1 if kind == 1 else n)
    orthogonal = (
        norm == "ortho"
        if orthogonalize is None or (np.iscomplexobj(x) and by_norm_alone())
        else orthogonalize
    )
    ends, root = ((0, -1) if kind == 1 else (-1,) if sines else (0,)), 2.0**0.5
    alike = kind == 4 or (sines and kind == 1)
    if orthogonal and kind in (1, 3) and not alike:
        x = weighted(x, n, ends, root)
    found = of_waves(x, sines=sines, kind=kind)
    if orthogonal and kind in (1, 2) and not alike:
        found = weighted(found, n, ends, 1 / root)
    if norm in ("ortho", "forward"):
        found = found / (size if norm == "forward" else size**0.5)
    return np.moveaxis(found, -1, axis)


@functools.cache
def by_norm_alone() -> bool:
    """Tell whether SciPy's transforms of complex numbers look at ``norm=`` alone, and not at
    ``orthogonalize=``.
    """
    plain, asked = (scipy.fft.dct([1.0, 2j], 2, orthogonalize=flag) for flag in (False, True))
    return bool(np.all(plain == asked))


def resized(x: Any, n: Any, axis: int) -> Any:
    """An array of n elements along an axis: the first ones, or zeros behind."""
    have = shape_of(x)[axis]
    if n is None or n == have:
        return x
    x = np.moveaxis(x, axis, -1)
    wide = [(0, 0)] * (ndim_of(x) - 1) + [(0, max(0, n - have))]
    return np.moveaxis(np.pad(x[..., :n], wide), -1, axis)


def one_axis(sines: bool, inverse: bool) -> Callable[..., Any]:
    """``dct``, ``dst`` or the inverse of one."""

    def transform(
        x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False,
        workers: Any = None, orthogonalize: Any = None,
    ) -> Any:  # fmt: skip
        kind, norm = (INVERSE[type], SWAPPED[norm]) if inverse else (type, norm)
        return wave(x, sines, kind, n, axis, norm, orthogonalize)

    return transform


def many_axes(sines: bool, inverse: bool) -> Callable[..., Any]:
    """``dctn``, ``dstn`` or the inverse of one."""

    def transform(
        x: Any, type: int = 2, s: Any = None, axes: Any = None, norm: Any = None, overwrite_x: Any = False,
        workers: Any = None, *, orthogonalize: Any = None,
    ) -> Any:  # fmt: skip
        kind, norm = (INVERSE[type], SWAPPED[norm]) if inverse else (type, norm)
        s = None if s is None else np.ravel(s).tolist()
        axes = chosen(x, s, axes)
        for k, axis in enumerate(axes):
            x = wave(x, sines, kind, None if s is None else s[k], axis, norm, orthogonalize)
        return x

    return transform


for _sines, _name in ((False, "dct"), (True, "dst")):
    for _inverse in (False, True):
        _whole = f"i{_name}" if _inverse else _name
        door(getattr(scipy.fft, _whole))(one_axis(_sines, _inverse))
        door(getattr(scipy.fft, f"{_whole}n"))(many_axes(_sines, _inverse))

# ------------------------------------------------------------------------------------------------------------
# Hankel's
# ------------------------------------------------------------------------------------------------------------


def hankel(function: Callable[..., Any], sign: float) -> Callable[..., Any]:
    """Hankel's transform of logarithmic steps: a convolution, reflected, between two powers."""
    name = f"scipy.fft.{'fht' if sign < 0 else 'ifht'}"

    def transform(A: Any, dln: Any, mu: Any, offset: Any = 0.0, bias: Any = 0.0) -> Any:
        depending = {"dln": dln, "mu": mu, "offset": offset, "bias": bias}
        for parameter, value in depending.items():
            if traced_in(value):
                message = f"{name} has no derivative by {parameter}; by its array it has one"
                raise refused(MissingRuleError(message), *traced_in(value))
        n = shape_of(A)[-1]
        place = (np.arange(n) - (n - 1) / 2) * dln
        one, other = np.exp(-bias * place), np.exp(-bias * (place + offset))
        before, after = (one, other) if sign < 0 else (1 / other, 1 / one)
        kernel = function(np.eye(n)[0], dln, mu, offset, bias)[::-1] / (after[::-1] * before[0])
        smooth = np.fft.irfft(np.fft.rfft(A * before) * np.fft.rfft(kernel), n)
        return cast(np.flip(smooth, -1) * after, np.result_type(A.dtype, 1.0))

    return transform


fht_ = hankel(scipy.fft.fht, -1.0)
door(scipy.fft.fht)(lambda a, dln, mu, offset=0.0, bias=0.0: fht_(a, dln, mu, offset, bias))
door(scipy.fft.ifht)(hankel(scipy.fft.ifht, 1.0))
