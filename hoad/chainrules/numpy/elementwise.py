"""Elementwise functions: the partials of NumPy's ufuncs, one line each.

The forms are those that hold over the whole range, for the derivative and for the derivative of the
derivative: factored where a difference would cancel (``(1-x)*(1+x)``), scaled before squaring where a square
would overflow (``hypot``), and in terms of the output where that is exact. Where the product rule would
cancel in the second derivative (``-(1+x) + (1-x)`` loses the x), the form is a function that has a partial of
its own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...nested import Traced, everything
from ...values.shapes import REALS, is_complex
from ..statements import (
    RULES,
    Constant,
    Linear,
    Multilinear,
    Scalar,
    composite,
    constant,
    linear_rule,
    multilinear_rule,
    scalar_rule,
)
from ..unknown import unknown
from .shaping import read_only

LOG2E = 1 / np.log(2.0).item()
LOG10E = 1 / np.log(10.0).item()
LN2 = np.log(2.0).item()
DEGREE = np.pi / 180

# ------------------------------------------------------------------------------------------------------------
# Helpers of the rules: smooth functions that NumPy has no name for, and the one place where kinks are decided
# ------------------------------------------------------------------------------------------------------------


def _sech(x: Any) -> Any:
    if x.__class__ is float:
        return 1 / math.cosh(x) if -700 < x < 700 else 2 * math.exp(-abs(x))
    if x.__class__ is not np.ndarray or x.dtype.kind != "f":
        with np.errstate(over="ignore"):
            return 1 / np.cosh(x)
    if x.size < 200:
        return 1 / np.cosh(np.minimum(np.abs(x), 709 if x.itemsize >= 8 else 88 if x.itemsize == 4 else 11))
    e = np.abs(x)  # 2 e / (1 + e**2) with e = exp(-|x|), in place
    np.negative(e, out=e)
    np.exp(e, out=e)
    denominator = np.square(e)
    denominator += 1
    e += e
    e /= denominator
    return e


def _odds(x: Any, y: Any) -> Any:
    """``e**x / (e**x + e**y)``, as if ``x - y`` were exact."""
    if x.__class__ is y.__class__ is float and -700 < x - y < 700:
        share = 1 / (1 + math.exp(y - x))
        return share * (1 + _left_out(x, y) * (1 - share))
    with np.errstate(over="ignore", invalid="ignore"):
        share, rest = 1 / (1 + np.exp(y - x)), _left_out(x, y)
        return share * (1 + np.where(rest == rest, rest, 0) * (1 - share))


def _odds2(x: Any, y: Any) -> Any:
    """``2**x / (2**x + 2**y)``, as if ``x - y`` were exact."""
    with np.errstate(over="ignore", invalid="ignore"):
        share, rest = 1 / (1 + np.exp2(y - x)), LN2 * _left_out(x, y)
        return share * (1 + np.where(rest == rest, rest, 0) * (1 - share))


def _spread(x: Any, y: Any) -> Any:
    """The product of both odds: its derivative, written as theirs, would cancel next to x = y."""
    return _odds(x, y) * _odds(y, x)


def _spread2(x: Any, y: Any) -> Any:
    return _odds2(x, y) * _odds2(y, x)


def _left_out(x: Any, y: Any) -> Any:
    """What the rounding of ``x - y`` leaves out, exactly (Knuth 1998, "Seminumerical algorithms", 4.2.2)."""
    difference = x - y
    back = difference - x
    return (x - (difference - back)) - (y + back)


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
    return _root_of_one_minus_square(_quarter_turn(x)) if is_complex(x) else np.hypot(1.0, x)


def _quarter_turn(z: Any) -> Any:
    """``1j * z``, which keeps the signs of zeros."""
    turned = np.empty_like(z)
    turned.real, turned.imag = -np.imag(z), np.real(z)
    return turned[()]


def _cosine(x: Any, y: Any) -> Any:
    if x.__class__ is y.__class__ is float and (x or y):
        found = x / math.hypot(x, y)
        if found == found:
            return found
    length = np.hypot(x, y)
    return unit(x, length) if np.all(length < np.inf) else _cosine_at_infinity(x, y, length)


def _cosine_at_infinity(x: Any, y: Any, length: Any) -> Any:
    with np.errstate(invalid="ignore"):
        at_end = np.where(np.isinf(x) & np.isfinite(y), np.sign(x), 0 * x)
        return np.where(np.isinf(length), at_end, unit(x, length))[()]


def turn(x: Any, y: Any) -> Any:
    """``y / (x*x + y*y)``, and 0 at the origin."""
    return unit(cosine(y, x), np.hypot(x, y))


def _inversion(x: Any, y: Any) -> Any:
    if x.__class__ is y.__class__ is float and (x or y):
        length = math.hypot(x, y)
        return x / length / length
    lengths = np.hypot(x, y)
    with np.errstate(invalid="ignore"):
        return np.divide(x, lengths) / lengths


def _inversion_slope(x: Any, y: Any) -> Any:
    length = np.hypot(x, y)
    return ((y - x) / length) * ((y + x) / length) / length / length


def _strong_multiply(g: Any, p: Any) -> Any:
    """Multiply so that zero stays zero, whatever it meets (inf, nan)."""
    with np.errstate(invalid="ignore"):
        product = np.multiply(g, p)
    return np.where(np.equal(g, 0) | np.equal(p, 0), np.zeros_like(product), product)[()]


sech: Scalar = scalar_rule(_sech, lambda x, out: -out * np.tanh(x))
odds: Scalar = Scalar(_odds, lambda x, y, out: (spread(x, y), -spread(x, y)), name="odds")
odds2: Scalar = Scalar(_odds2, lambda x, y, out: (LN2 * spread2(x, y), -LN2 * spread2(x, y)), name="odds2")
spread: Scalar = Scalar(
    _spread,
    lambda x, y, out: (-out * np.tanh(0.5 * (x - y)), out * np.tanh(0.5 * (x - y))),
    name="spread",
)
spread2: Scalar = Scalar(
    _spread2,
    lambda x, y, out: (
        -LN2 * out * np.tanh(0.5 * LN2 * (x - y)),
        LN2 * out * np.tanh(0.5 * LN2 * (x - y)),
    ),
    name="spread2",
)
one_minus_square: Scalar = scalar_rule(_one_minus_square, lambda x, out: -2 * x)
root_of_square_minus_one: Scalar = scalar_rule(_root_of_square_minus_one, lambda x, out: x / out)
root_of_one_minus_square: Scalar = scalar_rule(_root_of_one_minus_square, lambda x, out: -x / out)
root_of_square: Scalar = scalar_rule(
    _root_of_square, lambda x, out: x / out if is_complex(x) else cosine(x, 1.0)
)
cosine: Scalar = Scalar(
    _cosine, lambda x, y, out: (cosine(y, x) * turn(x, y), -out * turn(x, y)), name="cosine"
)
inversion: Scalar = Scalar(
    _inversion, lambda x, y, out: (_inversion_slope(x, y), -2 * out * inversion(y, x)), name="inversion"
)
strong_multiply: Multilinear = multilinear_rule(
    _strong_multiply,
    lambda g, i, a, p: strong_multiply(g, np.conj(p)) if i == 0 else strong_multiply(np.conj(a), g),
)


def share(x: Any, y: Any, out: Any) -> Any:
    """The share of ``x`` in a choice of the larger: 1, 0, or a half where they tie; nan where ``out`` is."""
    chosen = (x > y) + 0.5 * (x == y)
    if chosen.__class__ is not float:
        chosen = chosen.astype(np.result_type(x, y, np.float16))
    return np.where(np.isnan(out), unknown(out), chosen)[()] if _any_nan(out) else chosen


def _any_nan(x: Any) -> bool:
    x = everything(x)
    if x.__class__ is np.ndarray:
        row = x.ravel()
        x = row.dot(row) if x.dtype.kind == "f" else 0.0
    return bool(x != x)


def unit(x: Any, length: Any) -> Any:
    """``x / length``, and 0 where the length is 0: the subgradient of least norm."""
    return np.where(length == 0, 0, x / np.where(length == 0, 1, length))[()]


def raised(d: Any, x: Any, n: Any, out: Any) -> Any:
    """``n * x**(n-1) * d`` where ``out`` is ``x**n``, exact at x = 0: an exponent of 0 gives 0, so that the
    derivatives of x**n end. Where the power alone may be out of range, for n < 1/2, or ``n - 1`` is rounded,
    of which a large ``log(x)`` makes much, it is ``n * (d / x) * out``.
    """
    if isinstance(n, (Traced, np.ndarray)):
        less = np.subtract(n, 1)
        by_quotient = ((less + 1 != n) | (np.real(n) < 0.5)) & (x != 0)
        power = x ** np.where(by_quotient | ((n == 0) & (x == 0)), 0, less)
        return np.where(by_quotient, n * (d / np.where(by_quotient, x, 1)) * out, n * power * d)[()]
    if n == 2:
        return 2 * x * d
    if n == 0 or n == 1:
        return n * d
    if n.real < 0.5 or n - 1 + 1 != n:
        if np.all(everything(x)):
            return n * (d / x) * out
        return np.where(x == 0, n * x ** (n - 1) * d, n * (d / np.where(x == 0, 1, x)) * out)[()]
    power = x ** (n - 1)
    return d * math.nan if power.__class__ is complex and x.__class__ is float else n * power * d


def turned(d: Any, x: Any, y: Any) -> Any:
    """``d * x / (x*x + y*y)``, scaled where the squares are out of range."""
    if x.__class__ in REALS and y.__class__ in REALS:
        length: Any = math.hypot(x, y)
        if 1e-75 < length < 1e75:
            return d * (float(x) / length / length)
    elif x.__class__ is y.__class__ is np.ndarray and x.dtype.kind == y.dtype.kind == "f":
        length = np.hypot(x, y)
        if is_ordinary(length):
            return d * (x / length / length)
    if are_ordinary(everything(x), everything(y)):
        return d * inversion(x, y)
    c = size_of(np.hypot(x, y))
    return d / c * inversion(x / c, y / c)


def are_ordinary(x: Any, y: Any) -> bool:
    """Tell whether the fourth powers of lengths are within range."""
    if x.__class__ in REALS and y.__class__ in REALS:
        return 1e-75 < math.hypot(x, y) < 1e75
    if "O" in (np.asarray(x).dtype.kind, np.asarray(y).dtype.kind):
        return True
    return is_ordinary(np.hypot(x, y))


def is_ordinary(lengths: Any) -> bool:
    """The same of lengths that are known."""
    low, high = (1e-75, 1e75) if lengths.itemsize >= 8 else (1e-9, 1e9)
    return not lengths.size or bool(lengths.min() > low and lengths.max() < high)


def size_of(length: Any) -> Any:
    """A power of two of the size of a length, as a constant."""
    return np.exp2(1.0 * Constant(np.frexp)(length)[1])


def over_one_plus_square(d: Any, x: Any) -> Any:
    """``d / (1 + x*x)``, of which the square may be out of range."""
    if is_complex(x):
        return d / one_minus_square(1j * x)
    length = root_of_square(x)
    return d / length / length


def times_square(d: Any, x: Any) -> Any:
    """``d * x * x``, of which the square may be out of range."""
    return d * x * x


def squared_secant(x: Any, out: Any) -> Any:
    """The derivative of ``out = tan(x)``; ``1 + out*out`` cancels far from the real axis."""
    return np.square(sech(1j * x)) if is_complex(x) else 1 + out * out


def log_of_base(x: Any) -> Any:
    """``log(x)`` for the partial of ``x**y`` in y, with 0 at x = 0, where 0**y is constant for y > 0."""
    found = np.log(np.where(x == 0, 1, x)[()])
    return float(found) if x.__class__ in (int, float) else found


# ------------------------------------------------------------------------------------------------------------
# Arithmetic
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.add, lambda x, y, out: (1, 1))
scalar_rule(np.subtract, lambda x, y, out: (1, -1))
scalar_rule(np.multiply, lambda x, y, out: (y, x))
scalar_rule(np.divide, applied=lambda d, x, y, out: (d / y, -(d / y) * out))
scalar_rule(np.power, applied=lambda d, x, y, out: (raised(d, x, y, out), d * (out * log_of_base(x))))
scalar_rule(np.negative, lambda x, out: -1)
scalar_rule(np.positive, lambda x, out: 1)
scalar_rule(np.square, lambda x, out: 2 * x)
scalar_rule(np.reciprocal, applied=lambda d, x, out: -(d * out) * out)
scalar_rule(np.remainder, lambda x, y, out: (1, -np.floor_divide(x, y)))
scalar_rule(np.fmod, lambda x, y, out: (1, np.rint((out - x) / y)))

# ------------------------------------------------------------------------------------------------------------
# Powers, exponentials, logarithms
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.sqrt, lambda x, out: 0.5 / out)
scalar_rule(np.cbrt, lambda x, out: 1 / (3 * out * out))
scalar_rule(np.exp, lambda x, out: out)
scalar_rule(np.exp2, lambda x, out: out * LN2)
scalar_rule(np.expm1, lambda x, out: np.exp(x))
scalar_rule(np.log, applied=lambda d, x, out: d / x)
scalar_rule(np.log2, applied=lambda d, x, out: LOG2E * (d / x))
scalar_rule(np.log10, applied=lambda d, x, out: LOG10E * (d / x))
scalar_rule(np.log1p, applied=lambda d, x, out: d / (1 + x))
scalar_rule(np.logaddexp, lambda x, y, out: (odds(x, y), odds(y, x)))
scalar_rule(np.logaddexp2, lambda x, y, out: (odds2(x, y), odds2(y, x)))

# ------------------------------------------------------------------------------------------------------------
# Trigonometric and hyperbolic functions
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.sin, lambda x, out: np.cos(x))
scalar_rule(np.cos, lambda x, out: -np.sin(x))
scalar_rule(np.tan, lambda x, out: squared_secant(x, out))
scalar_rule(np.arcsin, lambda x, out: 1 / root_of_one_minus_square(x))
scalar_rule(np.arccos, lambda x, out: -1 / root_of_one_minus_square(x))
scalar_rule(np.arctan2, applied=lambda d, y, x, out: (turned(d, x, y), -turned(d, y, x)))
scalar_rule(np.sinh, lambda x, out: np.cosh(x))
scalar_rule(np.cosh, lambda x, out: np.sinh(x))
scalar_rule(np.tanh, applied=lambda d, x, out: times_square(d, sech(x)))
scalar_rule(np.arccosh, lambda x, out: 1 / root_of_square_minus_one(x))
scalar_rule(np.arctanh, applied=lambda d, x, out: d / one_minus_square(x))
scalar_rule(np.hypot, lambda x, y, out: (cosine(x, y), cosine(y, x)))
scalar_rule(np.degrees, lambda x, out: 1 / DEGREE)
scalar_rule(np.rad2deg, lambda x, out: 1 / DEGREE)
scalar_rule(np.radians, lambda x, out: DEGREE)
scalar_rule(np.deg2rad, lambda x, out: DEGREE)

scalar_rule(np.arctan, applied=lambda d, x, out: over_one_plus_square(d, x))
scalar_rule(np.arcsinh, lambda x, out: 1 / root_of_square(x))

# ------------------------------------------------------------------------------------------------------------
# Kinks: ties are split evenly, and the derivative at a kink is the subgradient of least norm
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.maximum, lambda x, y, out: (share(x, y, out), share(y, x, out)))
scalar_rule(np.minimum, lambda x, y, out: (share(y, x, out), share(x, y, out)))
scalar_rule(np.fmax, lambda x, y, out: (share(x, y, out) + np.isnan(y), share(y, x, out) + np.isnan(x)))
scalar_rule(np.fmin, lambda x, y, out: (share(y, x, out) + np.isnan(y), share(x, y, out) + np.isnan(x)))
scalar_rule(np.fabs, lambda x, out: np.sign(x))
scalar_rule(np.copysign, lambda x, y, out: (np.sign(x) * np.copysign(1, y), 0))
scalar_rule(np.nextafter, lambda x, y, out: (1, 0))
scalar_rule(np.heaviside, lambda x, h, out: (np.where(x == x, 0.0, unknown(x)), np.equal(x, 0) * 1.0))


def _real_absolute(x: Any) -> Any:
    return np.absolute(x)


real_absolute = Scalar(_real_absolute, lambda x, out: np.sign(x), name="absolute")
real_sign = Constant(np.sign)


@composite(np.sign)
def sign(x: Any) -> Any:
    """-1, 0 or 1, which is constant; of a complex number, its direction, which is not."""
    return unit(x, np.abs(x)) if is_complex(x) else _step(x)


@composite(np.absolute)
def absolute(x: Any) -> Any:
    """``|x|``: for complex numbers, the length of the pair of real and imaginary part."""
    return np.hypot(np.real(x), np.imag(x)) if np.iscomplexobj(x) else real_absolute(x)


# ------------------------------------------------------------------------------------------------------------
# Complex parts: linear over the reals
# ------------------------------------------------------------------------------------------------------------

linear_rule(np.conjugate, lambda g, x: np.conj(g))


def _of_parts(re: Any, im: Any) -> Any:
    """``re + 1j * im``, also where a part is infinite."""
    out = np.empty(np.broadcast_shapes(np.shape(re), np.shape(im)), np.result_type(re, im, np.complex64))
    out.real, out.imag = re, im
    return out[()]


def _as_numbers(x: Any) -> Any:
    return np.ascontiguousarray(x).view(x.real.dtype)


def _as_complex(x: Any) -> Any:
    return np.ascontiguousarray(x).view(np.result_type(x, np.complex64))


def _paired(x: Any) -> Any:
    return of_parts(x[..., 0::2], x[..., 1::2])


of_parts = Linear(_of_parts, lambda g, re, im: [np.real(g), np.imag(g)], positions=None, name="of_parts")
complex_real = Linear(
    np.real, lambda g, x: (1 + 0j) * g, is_view=True, holds=lambda v, x: of_parts(v, np.imag(x))
)
as_numbers = Linear(
    _as_numbers, lambda g, x: _paired(g), is_view=True, holds=lambda v, x: _paired(v), name="as_numbers"
)
as_complex = Linear(
    _as_complex, lambda g, x: as_numbers(g), is_view=True, holds=lambda v, x: as_numbers(v), name="as_complex"
)
complex_imag = Linear(np.imag, lambda g, x: 1j * g, is_view=True, holds=lambda v, x: of_parts(np.real(x), v))


@composite(np.real)
def real(val: Any) -> Any:
    """The real part; of a real number, itself."""
    return complex_real(val) if np.iscomplexobj(val) else val


@composite(np.imag)
def imag(val: Any) -> Any:
    """The imaginary part; of a real number, 0."""
    return complex_imag(val) if np.iscomplexobj(val) else read_only(0 * val) if np.ndim(val) else 0 * val


@composite(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """The argument of a complex number."""
    a = np.arctan2(np.imag(z), np.real(z)) if np.iscomplexobj(z) else np.arctan2(0.0, z)
    return a * (180 / np.pi) if deg else a


@composite(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part where the imaginary part is negligible."""
    if not np.iscomplexobj(a):
        return a
    limit = np.finfo(a.dtype).eps * tol if tol > 1 else tol
    return np.real(a) if np.all(np.abs(imag_primal(a)) < limit) else a


def imag_primal(a: Any) -> Any:
    """The imaginary part, as a constant."""
    return Constant(np.imag)(a)


# ------------------------------------------------------------------------------------------------------------
# Compositions
# ------------------------------------------------------------------------------------------------------------


@composite(np.float_power)
def float_power(x: Any, y: Any) -> Any:
    """A power in at least double precision."""
    unit = np.ones((), np.result_type(x, y, np.float64))[()]
    return np.power(x * unit, y * unit)


@composite(np.divmod)
def divmod_(x: Any, y: Any) -> tuple[Any, Any]:
    """Quotient and remainder."""
    return np.floor_divide(x, y), np.remainder(x, y)


@composite(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    """Fractional and integral part."""
    whole = np.trunc(x)
    return x - whole, whole


@composite(np.ldexp)
def ldexp(x: Any, i: Any) -> Any:
    """``x * 2**i``."""
    kind = x.dtype if hasattr(x, "dtype") else np.result_type(x, 0.0)
    return x * _power_of_two(np.ones((), kind)[()], i)


_power_of_two = Constant(np.ldexp)


@composite(np.frexp)
def frexp(x: Any) -> tuple[Any, Any]:
    """Mantissa and exponent."""
    exponent = Constant(np.frexp)(x)[1]
    return np.ldexp(x, -exponent), exponent


@composite(np.clip)
def clip(
    a: Any,
    a_min: Any = np._NoValue,
    a_max: Any = np._NoValue,
    out: Any = None,
    *,
    min: Any = np._NoValue,
    max: Any = np._NoValue,
    where: Any = True,
    **options: Any,
) -> Any:
    """Limit to an interval; at a bound, the tie is split evenly."""
    if where is not True:
        raise TypeError(
            "np.clip(where=) leaves elements undefined: use np.where(mask, np.clip(x, low, high), x)"
        )
    if a_min is np._NoValue and a_max is np._NoValue:
        a_min, a_max = min, max
    elif a_min is np._NoValue or a_max is np._NoValue:
        raise TypeError("clip() takes both a_min and a_max, or min= and max=")
    elif min is not np._NoValue or max is not np._NoValue:
        raise ValueError(
            "Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is forbidden."
        )
    low, high = (bound is not np._NoValue and bound is not None for bound in (a_min, a_max))
    y = np.maximum(a, a_min, **options) if low else a if high else np.positive(a, **options)
    return np.minimum(y, a_max, **options) if high else y


@composite(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Replace nan and infinities by numbers; of complex numbers, in each part by itself."""
    if is_complex(x):
        parts = [nan_to_num(part, True, nan, posinf, neginf) for part in (np.real(x), np.imag(x))]
        result = parts[0] + 1j * parts[1]
    else:
        most = np.finfo(x.dtype).max if x.dtype.kind == "f" else 0
        result = np.where(np.isnan(x), nan, x)
        result = np.where(np.isposinf(x), most if posinf is None else posinf, result)
        result = np.where(np.isneginf(x), -most if neginf is None else neginf, result).astype(x.dtype)
    if copy or not np.ndim(x):
        return result
    x[...] = result
    return x


@composite(np.sinc)
def sinc(x: Any) -> Any:
    """``sin(pi x)/(pi x)``."""
    return sinc_derivative(x, 0)


def _sin_of_turns(x: Any, quarters: int) -> Any:
    """``sin(pi x + quarters pi/2)``, by an exact reduction of x to at most 1/4."""
    halves = np.round(2 * np.real(x))
    rest, turn = np.pi * (x - halves / 2), (halves + quarters) % 4
    value = np.where(turn % 2 == 1, np.cos(rest), np.sin(rest))
    return np.where(turn >= 2, -value, value)


def _sinc_derivative(x: Any, k: int) -> Any:
    """The k-th derivative of sinc: pi**k times the one of sin(z)/z, which is the integral of t**k cos(z t + k
    pi/2) over t in [0, 1], by its series near 0.
    """
    if k == 0:
        return np.sinc(x)
    kind = np.result_type(np.asarray(x).dtype, np.float16)
    x = np.asarray(x, np.result_type(kind, np.float64))
    z = np.pi * x
    near = np.abs(z) < 1 + k
    safe = np.where(near, 1.0 + k, z)
    value = np.zeros_like(z)
    for j in range(k + 1):  # d^k (sin(z) * 1/z), by Leibniz
        factor = (-1) ** j * math.perm(k, j)
        value = value + factor * _sin_of_turns(x, k - j) / safe ** (j + 1)
    series = np.zeros_like(z)
    small = np.where(near, z, 0)
    for m in range(k % 2, 2 * k + 26, 2):  # the integral of t**k cos(zt + k pi/2), term by term
        series = series + (-1) ** ((m + k) // 2) * small**m / (math.factorial(m) * (m + k + 1))
    return (np.pi**k * np.where(near, series, value)).astype(kind)[()]


sinc_derivative: Scalar = Scalar(
    _sinc_derivative, lambda x, k, out: (sinc_derivative(x, k + 1), 0), name="sinc"
)

# ------------------------------------------------------------------------------------------------------------
# Piecewise constant
# ------------------------------------------------------------------------------------------------------------


def stepped(plain: Any) -> Any:
    """A piecewise constant function, and its derivative nan where it is nan itself."""

    def body(*args: Any, **kwargs: Any) -> Any:
        out = plain(*args, **kwargs)
        return np.where(np.isnan(out), unknown(sum(args)), out)[()] if _any_nan(out) else out

    return body


for _function in (np.floor, np.ceil, np.trunc, np.rint, np.floor_divide):
    composite(_function)(stepped(Constant(_function)))
_step = stepped(real_sign)
constant(np.spacing, np.signbit)
constant(np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)
constant(
    np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.isfinite, np.isnan, np.isinf, np.isnat
)
constant(
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.bitwise_count
)
constant(np.gcd, np.lcm, np.isclose, np.allclose, np.array_equal, np.array_equiv, np.isposinf, np.isneginf)
constant(np.fix, np.iscomplex, np.isreal)


@composite(np.round)
def round_(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """Rounding is piecewise constant."""
    return _round(a, decimals=decimals)


_round = Constant(np.round)
RULES[np.around] = round_


# ------------------------------------------------------------------------------------------------------------
# Bessel functions
# ------------------------------------------------------------------------------------------------------------


def _bessel(x: Any, order: int) -> Any:
    """``I_n(x)``; NumPy's own for n = 0, else the power series, whose terms are all positive."""
    if order == 0:
        return np.i0(x)[()]
    kind = np.result_type(np.asarray(x).dtype, np.float16)
    half = np.asarray(x, np.result_type(kind, np.float64)) / 2
    term = half**order / math.factorial(order)
    total, square = term, half * half
    for m in range(1, 40 + int(2 * np.max(np.abs(half), initial=0.0))):
        term = term * square / (m * (m + order))
        total = total + term
    return total.astype(kind)[()]


bessel: Scalar = Scalar(
    _bessel,
    lambda x, order, out: (
        (bessel(x, order - 1) + bessel(x, order + 1)) / 2 if order else bessel(x, 1),
        0,
    ),
    name="i0",
)


@composite(np.i0)
def i0(x: Any) -> Any:
    """The modified Bessel function of order 0."""
    return bessel(x, 0)


constant(np.packbits, np.unpackbits)
