"""Trigonometric and hyperbolic functions, their inverses with the branch cuts, lengths and angles.

Roots are factored where a difference of squares would cancel, and keep the sign of a zero imaginary part: it
tells the side of a branch cut. Lengths are scaled before they are squared.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...nested import Traced, everything, primal
from ...values.constants import as_array
from ...values.quiet import heard, hushed, sum_of_squares
from ...values.reading import is_read, somewhere, vanishes
from ...values.shapes import DOUBLE, REALS, is_complex
from ..declarations import composite, scalar_rule
from ..statements import CHANGES, Constant, Scalar
from ..unknown import unknown, within
from .elementwise import of_parts, unit

DEGREE = np.pi / 180

# ------------------------------------------------------------------------------------------------------------
# Trigonometric and hyperbolic functions
# ------------------------------------------------------------------------------------------------------------


def _sech(x: Any) -> Any:
    """``1 / cosh(x)``, for large x too."""
    if x.__class__ is float:
        return 1 / math.cosh(x) if -700 < x < 700 else 2 * math.exp(-abs(x))
    if x.__class__ is not np.ndarray or x.dtype.kind != "f" or x.size < 200:
        with np.errstate(over="ignore"):
            return 1 / np.cosh(x)
    e = np.abs(x)  # 2 e / (1 + e**2) with e = exp(-|x|), in place
    np.negative(e, out=e)
    np.exp(e, out=e)
    denominator = np.square(e)
    denominator += 1
    e += e
    e /= denominator
    return e


def times_square(d: Any, x: Any) -> Any:
    """``d * x * x``, of which the square may be out of range."""
    return d * x * x


def squared_secant(x: Any, out: Any) -> Any:
    """The derivative of ``out = tan(x)``; ``1 + out*out`` cancels far from the real axis."""
    return np.square(sech(1j * x)) if is_complex(x) else 1 + out * out


sech: Scalar = scalar_rule(_sech, lambda x, out: -out * np.tanh(x))

scalar_rule(np.sin, lambda x, out: np.cos(x))
scalar_rule(np.cos, lambda x, out: -np.sin(x))
scalar_rule(np.tan, lambda x, out: squared_secant(x, out))
scalar_rule(np.sinh, lambda x, out: np.cosh(x))
scalar_rule(np.cosh, lambda x, out: np.sinh(x))
scalar_rule(np.tanh, applied=lambda d, x, out: times_square(d, sech(x)))
scalar_rule(np.degrees, lambda x, out: 1 / DEGREE)
scalar_rule(np.rad2deg, lambda x, out: 1 / DEGREE)
scalar_rule(np.radians, lambda x, out: DEGREE)
scalar_rule(np.deg2rad, lambda x, out: DEGREE)

# ------------------------------------------------------------------------------------------------------------
# Their inverses, and the branch cuts
# ------------------------------------------------------------------------------------------------------------


def _one_minus_square(x: Any) -> Any:
    return (1 - x) * (1 + x)


def _root_of_square_minus_one(x: Any) -> Any:
    return np.sqrt(x - 1) * np.sqrt(x - (-1))  # z + 1 would turn an imaginary part of -0 into +0


def _root_of_one_minus_square(x: Any) -> Any:
    if is_complex(x):
        return np.sqrt(-(x - 1)) * np.sqrt(x - (-1))  # of the product, the sign of zero would be lost
    return np.sqrt((1 - x) * (1 + x))


def _root_of_square(x: Any) -> Any:
    if x.__class__ is float:
        return math.hypot(1.0, x)
    if is_complex(x):
        return _root_of_one_minus_square(_quarter_turn(x))
    if x.__class__ is np.ndarray and x.size > 200 and x.dtype == np.float64 and np.max(np.abs(x)) < 1e150:
        return np.sqrt(1.0 + x * x)  # a fraction of the cost
    return np.hypot(1.0, x)


def _quarter_turn(z: Any) -> Any:
    """``1j * z``, which keeps the signs of zeros."""
    return of_parts(-np.imag(z), np.real(z))


def over_one_plus_square(d: Any, x: Any) -> Any:
    """``d / (1 + x*x)``, of which the square may be out of range."""
    if is_complex(x):
        return d / one_minus_square(1j * x)
    length = root_of_square(x)
    return d / length / length


one_minus_square: Scalar = scalar_rule(_one_minus_square, lambda x, out: -2 * x)
root_of_square_minus_one: Scalar = scalar_rule(_root_of_square_minus_one, lambda x, out: x / out)
root_of_one_minus_square: Scalar = scalar_rule(_root_of_one_minus_square, lambda x, out: -x / out)
root_of_square: Scalar = scalar_rule(
    _root_of_square, lambda x, out: x / out if is_complex(x) else cosine(x, 1.0)
)

scalar_rule(np.arcsin, lambda x, out: 1 / root_of_one_minus_square(x))
scalar_rule(np.arccos, lambda x, out: -1 / root_of_one_minus_square(x))
scalar_rule(np.arctan, applied=lambda d, x, out: over_one_plus_square(d, x))
scalar_rule(np.arcsinh, lambda x, out: 1 / root_of_square(within(x)))
scalar_rule(np.arccosh, lambda x, out: 1 / root_of_square_minus_one(within(x)))
scalar_rule(np.arctanh, applied=lambda d, x, out: d / one_minus_square(x))

# ------------------------------------------------------------------------------------------------------------
# Lengths and angles of pairs of numbers
# ------------------------------------------------------------------------------------------------------------


def _cosine(x: Any, y: Any) -> Any:
    """``x / sqrt(x*x + y*y)``, the cosine of an angle."""
    if x.__class__ in REALS and y.__class__ in REALS and (x or y):
        found = x / math.hypot(x, y)
        if found == found:
            return found
    length = np.hypot(x, y)
    if length.__class__ is np.ndarray and length.dtype is DOUBLE:
        row = length if length.ndim == 1 else length.ravel()
        if math.isfinite(sum_of_squares(row)) and not vanishes(row):
            return x / length
    beyond = np.logical_not(length < np.inf)
    return _cosine_at_infinity(x, y, length) if somewhere(beyond) else unit(x, length)


def _cosine_at_infinity(x: Any, y: Any, length: Any) -> Any:
    with np.errstate(invalid="ignore"):
        at_end = np.where(np.isinf(x) & np.isfinite(y), np.sign(x), 0 * x)
        return np.where(np.isinf(length), at_end, unit(x, length))[()]


def turn(x: Any, y: Any) -> Any:
    """``y / (x*x + y*y)``, which nobody knows at the origin."""
    length = np.hypot(x, y)
    here = length == 0
    if not somewhere(here):
        return cosine(y, x) / length
    return np.where(here, unknown(length), cosine(y, x) / np.where(here, 1, length))[()]


def _inversion(x: Any, y: Any) -> Any:
    """``x / (x*x + y*y)``, of which the squares may be out of range."""
    if x.__class__ in REALS and y.__class__ in REALS and (x or y):
        length = math.hypot(x, y)
        return x / length / length
    if x.__class__ is y.__class__ is np.ndarray and x.dtype.kind == y.dtype.kind == "f":
        square = squared_lengths(x, y)
        if is_ordinary(square, 2):
            return np.divide(x, square)
    lengths = np.hypot(x, y)
    with np.errstate(invalid="ignore"):
        return np.divide(x, lengths) / lengths


def squared_lengths(x: np.ndarray, y: np.ndarray) -> Any:
    """``x*x + y*y``, in a tenth of the time of ``np.hypot``; out of range where that is."""
    warnings = hushed()
    try:
        return x * x + y * y
    finally:
        heard(warnings)


def _inversion_slope(x: Any, y: Any) -> Any:
    length = np.hypot(x, y)
    return ((y - x) / length) * ((y + x) / length) / length / length


def turned(d: Any, x: Any, y: Any) -> Any:
    """``d * x / (x*x + y*y)``, scaled where the squares are out of range."""
    if x.__class__ in REALS and y.__class__ in REALS:
        length: Any = math.hypot(x, y)
        if 1e-75 < length < 1e75:
            return d * (float(x) / length / length)
    elif x.__class__ is y.__class__ is np.ndarray and x.dtype.kind == y.dtype.kind == "f":
        square = squared_lengths(x, y)
        if is_ordinary(square, 2):
            return d * (x / square)
    if are_ordinary(x, y):
        return d * inversion(x, y)
    c = size_of(np.hypot(x, y))
    return d / c * inversion(x / c, y / c)


def turned_along(d: Any, x: Any, y: Any, e: Any) -> Any:
    """What ``turned`` changes by along ``e``, of x: ``d * e * (y*y - x*x) / (x*x + y*y)**2``."""
    d, x, y, e = in_range(d, x, y, e)
    u, v = inversion(x, y), inversion(y, x)
    return d * e * ((v - u) * (v + u))


def turned_across(d: Any, x: Any, y: Any, e: Any) -> Any:
    """The same of y: ``-d * e * 2*x*y / (x*x + y*y)**2``."""
    d, x, y, e = in_range(d, x, y, e)
    return -2 * (d * e) * (inversion(x, y) * inversion(y, x))


def in_range(d: Any, x: Any, y: Any, e: Any) -> Any:
    """All four by a power of two of the size of the length, where its powers are out of range."""
    if are_ordinary(x, y):
        return d, x, y, e
    c = size_of(np.hypot(x, y))
    return d / c, x / c, y / c, e / c


def are_ordinary(x: Any, y: Any) -> bool:
    """Tell whether the fourth powers of lengths are within range; of a batch, each member by its own axes."""
    plain = everything(x), everything(y)
    if plain[0].__class__ in REALS and plain[1].__class__ in REALS:
        return 1e-75 < math.hypot(*plain) < 1e75
    if any([not isinstance(v, Traced) and as_array(v).dtype.kind == "O" for v in plain]):
        return True  # numbers of another kind, which have no range
    return is_ordinary(everything(np.hypot(primal(x), primal(y))))


def is_ordinary(lengths: Any, power: int = 1) -> bool:
    """The same of lengths that are known, or of a power of them."""
    low, high = (1e-75, 1e75) if lengths.itemsize >= 8 else (1e-9, 1e9)
    return not lengths.size or not somewhere(~((lengths > low**power) & (lengths < high**power)))


def size_of(length: Any) -> Any:
    """A power of two of the size of a length, as a constant."""
    return np.exp2(Constant(np.frexp)(length)[1].astype(length.dtype))


cosine: Scalar = Scalar(
    _cosine, lambda x, y, out: (cosine(y, x) * turn(x, y), -out * turn(x, y)), name="cosine"
)
inversion: Scalar = Scalar(
    _inversion, lambda x, y, out: (_inversion_slope(x, y), -2 * out * inversion(y, x)), name="inversion"
)

scalar_rule(
    np.hypot,
    lambda x, y, out: (cosine(x, y), cosine(y, x)),
    square=lambda x, y: np.square(x) + np.square(y),
)
CHANGES[turned] = {1: turned_along, 2: turned_across}
scalar_rule(np.arctan2, applied=lambda d, y, x, out: (turned(d, x, y), -turned(d, y, x)))

# ------------------------------------------------------------------------------------------------------------
# sin(pi x) / (pi x)
# ------------------------------------------------------------------------------------------------------------


@composite(np.sinc)
def sinc(x: Any) -> Any:
    """``sin(pi x)/(pi x)``."""
    return sinc_derivative(x, 0)


def _of_turns(x: Any) -> tuple[Any, Any]:
    """``sin(pi x)`` and ``cos(pi x)``, by an exact reduction of x to at most 1/4."""
    halves = np.round(2 * np.real(x))
    rest, turn = np.pi * (x - halves / 2), halves % 4
    sine, cosine, is_odd = np.sin(rest), np.cos(rest), turn % 2 == 1
    sine, cosine = np.where(is_odd, cosine, sine), np.where(is_odd, -sine, cosine)
    return np.where(turn >= 2, -sine, sine), np.where(turn >= 2, -cosine, cosine)


def _sinc_derivative(x: Any, k: int) -> Any:
    """The k-th derivative of sinc: pi**k times the one of sin(z)/z, which is the integral of t**k cos(z t + k
    pi/2) over t in [0, 1], by its series near 0.
    """
    if isinstance(x, Traced) and x.is_element:
        return _sinc_of_element(x, k)
    if k == 0:
        return np.sinc(x)
    x = as_array(x)
    kind = np.result_type(x.dtype, np.float16)
    x = x.astype(np.result_type(kind, np.float64))
    if not is_read(x):
        return _sinc_of_element(x, k).astype(kind)[()]
    near = np.abs(np.pi * x) < 1 + k
    value = np.empty_like(x)
    value[near] = _sinc_near(np.pi * x[near], k)
    value[~near] = _sinc_far(x[~near], k)
    return (np.pi**k * value).astype(kind)[()]


def _sinc_of_element(x: Any, k: int) -> Any:
    """The same where nobody reads which elements are near."""
    near = np.abs(np.pi * x) < 1 + k
    inside, outside = np.where(near, x, 0.0), np.where(near, 1.0, x)
    return np.pi**k * np.where(near, _sinc_near(np.pi * inside, k), _sinc_far(outside, k))


def _sinc_near(z: Any, k: int) -> Any:
    """The same of sin(z)/z by its series: the integral of t**k cos(zt + k pi/2), term by term."""
    power, square, total = z if k % 2 else np.ones_like(z), z * z, 0.0
    for m in range(k % 2, 2 * k + 26, 2):
        total = total + (-1) ** ((m + k) // 2) * power / (math.factorial(m) * (m + k + 1))
        power = power * square
    return total


def _sinc_far(x: Any, k: int) -> Any:
    """The same far from 0: d^k (sin(z) * 1/z), by Leibniz."""
    z, total = np.pi * x, 0.0
    sine, cosine = _of_turns(x)
    derivatives = sine, cosine, -sine, -cosine
    for j in range(k + 1):
        total = total + (-1) ** j * math.perm(k, j) * derivatives[(k - j) % 4] / z ** (j + 1)
    return total


sinc_derivative: Scalar = Scalar(
    _sinc_derivative, lambda x, k, out: (sinc_derivative(x, k + 1), 0), name="sinc"
)
