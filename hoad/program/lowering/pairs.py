"""Functions of complex numbers as functions of their parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...chainrules.unknown import CORNER, UNKNOWN
from ...kinds.recording import Node

TRUTHS = frozenset(
    {np.less, np.greater, np.greater_equal, np.equal, np.not_equal, np.logical_and, np.logical_or}
    | {np.isnan, np.isinf, np.isfinite}
)
Build = Callable[..., Any]  # applies a function of NumPy's to real numbers (``complexes.Pairing``)


class Pair(NamedTuple):
    """A complex number: nodes of real numbers, or numbers that are known."""

    real: Any
    imag: Any


def product(b: Build, x: Pair, y: Pair) -> Pair:
    """``x * y``."""
    real = b(np.subtract, b(np.multiply, x.real, y.real), b(np.multiply, x.imag, y.imag))
    return Pair(real, b(np.add, b(np.multiply, x.real, y.imag), b(np.multiply, x.imag, y.real)))


def quotient(b: Build, x: Pair, y: Pair) -> Pair:
    """``x / y``, by the larger part of y, so that nothing overflows on the way."""
    if y.imag.__class__ is not Node and y.imag == 0:
        parts = [b(np.divide, part, y.real) for part in x]  # a part that is not finite makes the other nan
        return Pair(*[b(np.add, parts[k], b(np.multiply, 0.0, x[1 - k])) for k in (0, 1)])
    is_wide = b(np.greater_equal, b(np.fabs, y.real), b(np.fabs, y.imag))
    large, small = b(np.where, is_wide, y.real, y.imag), b(np.where, is_wide, y.imag, y.real)
    share = b(np.divide, small, large)
    scale = b(np.divide, 1.0, b(np.add, large, b(np.multiply, small, share)))
    real, imag = [b(np.where, is_wide, p, q) for p, q in ((x.real, x.imag), (x.imag, x.real))]
    more = b(np.multiply, b(np.add, real, b(np.multiply, imag, share)), scale)
    less = b(np.multiply, b(np.subtract, imag, b(np.multiply, real, share)), scale)
    return Pair(more, b(np.where, is_wide, less, b(np.negative, less)))


def exponential(b: Build, x: Pair) -> Pair:
    """``exp(x)``."""
    size = b(np.exp, x.real)
    return Pair(b(np.multiply, size, b(np.cos, x.imag)), b(np.multiply, size, b(np.sin, x.imag)))


def logarithm(b: Build, x: Pair) -> Pair:
    """``log(x)``: near 1, by what the square of the length has more than that."""
    size = b(np.hypot, x.real, x.imag)
    large, small = [b(f, b(np.fabs, x.real), b(np.fabs, x.imag)) for f in (np.maximum, np.minimum)]
    product_ = b(np.multiply, b(np.subtract, large, 1.0), b(np.add, large, 1.0))
    more = b(np.add, product_, b(np.multiply, small, small))
    is_near = b(np.logical_and, b(np.greater, size, 0.5), b(np.less, size, 2.0))
    near = b(np.multiply, 0.5, b(np.log1p, b(np.where, is_near, more, 0.0)))
    return Pair(b(np.where, is_near, near, b(np.log, size)), b(np.arctan2, x.imag, x.real))


def root(b: Build, x: Pair) -> Pair:
    """``sqrt(x)``; of 0 it is nan, which is for the plain function."""
    size = b(np.hypot, x.real, x.imag)
    t = b(np.sqrt, b(np.multiply, 0.5, b(np.add, size, b(np.fabs, x.real))))
    other = b(np.divide, x.imag, b(np.add, t, t))
    is_right = b(np.greater_equal, x.real, 0.0)
    real = b(np.where, is_right, t, b(np.fabs, other))
    return Pair(real, b(np.where, is_right, other, b(np.copysign, t, x.imag)))


def by_angles(
    first: Any, second: Any, third: Any, fourth: Any, turned: bool
) -> Callable[[Build, Pair], Pair]:
    """``first(re) second(im) + i third(re) fourth(im)``; ``turned`` with the other sign between."""

    def form(b: Build, x: Pair) -> Pair:
        imag = b(np.multiply, b(third, x.real), b(fourth, x.imag))
        return Pair(
            b(np.multiply, b(first, x.real), b(second, x.imag)), b(np.negative, imag) if turned else imag
        )

    return form


def each(function: Any) -> Callable[..., Pair]:
    """A function of parts, each by itself."""
    return lambda b, *pairs: Pair(*[b(function, *parts) for parts in zip(*pairs, strict=True)])


def either(function: Any) -> Callable[..., Any]:
    """Whether something holds of one part or of the other."""
    return lambda b, x: b(np.logical_or, b(function, x.real), b(function, x.imag))


FORMS: dict[Any, Callable[..., Any]] = {
    np.add: each(np.add),
    np.subtract: each(np.subtract),
    np.negative: each(np.negative),
    np.positive: lambda b, x: x,
    np.conjugate: lambda b, x: Pair(x.real, b(np.negative, x.imag)),
    np.multiply: product,
    np.divide: quotient,
    np.square: lambda b, x: product(b, x, x),
    np.reciprocal: lambda b, x: quotient(b, Pair(1.0, 0.0), x),
    np.absolute: lambda b, x: b(np.hypot, x.real, x.imag),
    np.exp: exponential,
    np.log: logarithm,
    np.sqrt: root,
    np.sin: by_angles(np.sin, np.cosh, np.cos, np.sinh, False),
    np.cos: by_angles(np.cos, np.cosh, np.sin, np.sinh, True),
    np.sinh: by_angles(np.sinh, np.cos, np.cosh, np.sin, False),
    np.cosh: by_angles(np.cosh, np.cos, np.sinh, np.sin, False),
    UNKNOWN.function: lambda b, x: Pair(np.nan, 0.0),
    CORNER.function: lambda b, x: Pair(0.0, 0.0),
    np.isnan: either(np.isnan),
    np.isinf: either(np.isinf),
    np.isfinite: lambda b, x: b(np.logical_and, b(np.isfinite, x.real), b(np.isfinite, x.imag)),
    np.equal: lambda b, x, y: b(np.logical_and, b(np.equal, x.real, y.real), b(np.equal, x.imag, y.imag)),
    np.not_equal: lambda b, x, y: b(
        np.logical_or, b(np.not_equal, x.real, y.real), b(np.not_equal, x.imag, y.imag)
    ),
}
