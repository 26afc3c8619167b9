"""Elementwise functions: the partials of NumPy's ufuncs, one line each.

The forms are those that hold over the whole range, for the derivative and for the derivative of the
    derivative: factored
where a difference would cancel (``(1-x)*(1+x)``), scaled before squaring where a square would overflow
(``hypot``), and in terms of the output where that is exact.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..nested import Traced
from .registry import (
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
    if x.__class__ is not np.ndarray or x.size < 200 or x.dtype.kind != "f":
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


def _logistic(x: Any) -> Any:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def _strong_multiply(g: Any, p: Any) -> Any:
    """Multiply so that zero stays zero, whatever it meets (inf, nan)."""
    with np.errstate(invalid="ignore"):
        product = np.multiply(g, p)
    return np.where(np.equal(g, 0) | np.equal(p, 0), np.zeros_like(product), product)[()]


sech: Scalar = scalar_rule(_sech, lambda x, out: -out * np.tanh(x))
logistic: Scalar = scalar_rule(_logistic, lambda x, out: out * logistic(-x))
strong_multiply: Multilinear = multilinear_rule(
    _strong_multiply,
    lambda g, i, a, p: strong_multiply(g, np.conj(p)) if i == 0 else strong_multiply(np.conj(a), g),
)


def share(x: Any, y: Any) -> Any:
    """The share of ``x`` in a choice of the larger: 1, 0, or a half where they tie."""
    return (x > y) + 0.5 * (x == y)


def unit(x: Any, length: Any) -> Any:
    """``x / length``, and 0 where the length is 0: the subgradient of least norm."""
    return np.where(length == 0, 0, x / np.where(length == 0, 1, length))[()]


def slope(x: Any, n: Any) -> Any:
    """``n * x**(n-1)``, exact at x = 0: an exponent of 0 gives 0, so that the derivatives of x**n end."""
    if isinstance(n, Traced):
        return np.multiply(n, x ** np.subtract(n, 1))
    if isinstance(n, np.ndarray) and n.ndim:
        return np.where(n == 0, 0, n * np.power(x, np.where(n == 0, 1, n - 1)))
    if n == 2:
        return 2 * x
    if n == 0 or n == 1:
        return n
    power = x ** (n - 1)
    return math.nan if power.__class__ is complex and x.__class__ is float else n * power


def log_of_base(x: Any) -> Any:
    """``log(x)`` for the partial of ``x**y`` in y, with 0 at x = 0, where 0**y is constant for y > 0."""
    return np.log(np.where(x == 0, 1, x)[()])


# ------------------------------------------------------------------------------------------------------------
# Arithmetic
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.add, lambda x, y, out: (1, 1))
scalar_rule(np.subtract, lambda x, y, out: (1, -1))
scalar_rule(np.multiply, lambda x, y, out: (y, x))
scalar_rule(np.divide, lambda x, y, out: (1 / y, -out / y))
scalar_rule(np.power, lambda x, y, out: (slope(x, y), out * log_of_base(x)))
scalar_rule(np.negative, lambda x, out: -1)
scalar_rule(np.positive, lambda x, out: 1)
scalar_rule(np.square, lambda x, out: 2 * x)
scalar_rule(np.reciprocal, lambda x, out: -out * out)
scalar_rule(np.remainder, lambda x, y, out: (1, -np.floor_divide(x, y)))
scalar_rule(np.fmod, lambda x, y, out: (1, -np.trunc(x / y)))

# ------------------------------------------------------------------------------------------------------------
# Powers, exponentials, logarithms
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.sqrt, lambda x, out: 0.5 / out)
scalar_rule(np.cbrt, lambda x, out: 1 / (3 * out * out))
scalar_rule(np.exp, lambda x, out: out)
scalar_rule(np.exp2, lambda x, out: out * LN2)
scalar_rule(np.expm1, lambda x, out: np.exp(x))
scalar_rule(np.log, lambda x, out: 1 / x)
scalar_rule(np.log2, lambda x, out: LOG2E / x)
scalar_rule(np.log10, lambda x, out: LOG10E / x)
scalar_rule(np.log1p, lambda x, out: 1 / (1 + x))
scalar_rule(np.logaddexp, lambda x, y, out: (logistic(x - y), logistic(y - x)))
scalar_rule(np.logaddexp2, lambda x, y, out: (logistic(LN2 * (x - y)), logistic(LN2 * (y - x))))

# ------------------------------------------------------------------------------------------------------------
# Trigonometric and hyperbolic functions
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.sin, lambda x, out: np.cos(x))
scalar_rule(np.cos, lambda x, out: -np.sin(x))
scalar_rule(np.tan, lambda x, out: 1 + out * out)
scalar_rule(np.arcsin, lambda x, out: 1 / np.sqrt((1 - x) * (1 + x)))
scalar_rule(np.arccos, lambda x, out: -1 / np.sqrt((1 - x) * (1 + x)))
scalar_rule(
    np.arctan2, lambda y, x, out: (x / np.hypot(x, y) / np.hypot(x, y), -y / np.hypot(x, y) / np.hypot(x, y))
)
scalar_rule(np.sinh, lambda x, out: np.cosh(x))
scalar_rule(np.cosh, lambda x, out: np.sinh(x))
scalar_rule(np.tanh, lambda x, out: np.square(sech(x)))
scalar_rule(np.arccosh, lambda x, out: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)))
scalar_rule(np.arctanh, lambda x, out: 1 / ((1 - x) * (1 + x)))
scalar_rule(np.hypot, lambda x, y, out: (unit(x, out), unit(y, out)))
scalar_rule(np.degrees, lambda x, out: 1 / DEGREE)
scalar_rule(np.rad2deg, lambda x, out: 1 / DEGREE)
scalar_rule(np.radians, lambda x, out: DEGREE)
scalar_rule(np.deg2rad, lambda x, out: DEGREE)

real_arctan = scalar_rule(np.arctan, lambda x, out: np.square(1 / root_of_square(x)))
real_arcsinh = scalar_rule(np.arcsinh, lambda x, out: 1 / root_of_square(x))


def root_of_square(x: Any) -> Any:
    """``sqrt(1 + x*x)``, without overflow for real x."""
    return np.sqrt(1 + x * x) if np.iscomplexobj(x) else np.hypot(1.0, x)


# ------------------------------------------------------------------------------------------------------------
# Kinks: ties are split evenly, and the derivative at a kink is the subgradient of least norm
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.maximum, lambda x, y, out: (share(x, y), share(y, x)))
scalar_rule(np.minimum, lambda x, y, out: (share(y, x), share(x, y)))
scalar_rule(np.fmax, lambda x, y, out: (share(x, y) + np.isnan(y), share(y, x) + np.isnan(x)))
scalar_rule(np.fmin, lambda x, y, out: (share(y, x) + np.isnan(y), share(x, y) + np.isnan(x)))
scalar_rule(np.fabs, lambda x, out: np.sign(x))
scalar_rule(np.copysign, lambda x, y, out: (np.sign(x) * np.copysign(1, y), 0))
scalar_rule(np.nextafter, lambda x, y, out: (1, 0))


def _real_absolute(x: Any) -> Any:
    return np.absolute(x)


real_absolute = Scalar(_real_absolute, lambda x, out: np.sign(x), name="absolute")


@composite(np.absolute)
def absolute(x: Any) -> Any:
    """``|x|``: for complex numbers, the length of the pair of real and imaginary part."""
    return np.hypot(np.real(x), np.imag(x)) if np.iscomplexobj(x) else real_absolute(x)


# ------------------------------------------------------------------------------------------------------------
# Complex parts: linear over the reals
# ------------------------------------------------------------------------------------------------------------

linear_rule(np.conjugate, lambda g, x: np.conj(g))
complex_real = Linear(np.real, lambda g, x: g)
complex_imag = Linear(np.imag, lambda g, x: 1j * g)


@composite(np.real)
def real(val: Any) -> Any:
    """The real part; of a real number, itself."""
    return complex_real(val) if np.iscomplexobj(val) else val


@composite(np.imag)
def imag(val: Any) -> Any:
    """The imaginary part; of a real number, 0."""
    return complex_imag(val) if np.iscomplexobj(val) else 0 * val


@composite(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """The argument of a complex number."""
    a = np.arctan2(np.imag(z), np.real(z)) if np.iscomplexobj(z) else np.arctan2(0.0, z)
    return a * (180 / np.pi) if deg else a


@composite(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part where the imaginary part is negligible."""
    limit = np.finfo(a.dtype).eps * tol if tol > 1 else tol
    return np.real(a) if np.iscomplexobj(a) and np.all(np.abs(imag_primal(a)) < limit) else a


def imag_primal(a: Any) -> Any:
    """The imaginary part, as a constant."""
    return Constant(np.imag)(a)


# ------------------------------------------------------------------------------------------------------------
# Compositions
# ------------------------------------------------------------------------------------------------------------


@composite(np.float_power)
def float_power(x: Any, y: Any) -> Any:
    """A power in at least double precision."""
    return np.power(x * 1.0, y * 1.0)


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
    return x * np.exp2(np.asarray(i, dtype=float)[()])


@composite(np.frexp)
def frexp(x: Any) -> tuple[Any, Any]:
    """Mantissa and exponent."""
    exponent = Constant(np.frexp)(x)[1]
    return np.ldexp(x, -exponent), exponent


@composite(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **options: Any) -> Any:
    """Limit to an interval; at a bound, the tie is split evenly."""
    low = options.pop("min", a_min)
    high = options.pop("max", a_max)
    y = a if low is None else np.maximum(a, low)
    return y if high is None else np.minimum(y, high)


@composite(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Replace nan and infinities by numbers, which are constants."""
    replaced = Constant(np.nan_to_num)(x, nan=nan, posinf=posinf, neginf=neginf)
    return np.where(np.isfinite(x), x, replaced)


@composite(np.sinc)
def sinc(x: Any) -> Any:
    """``sin(pi x)/(pi x)``."""
    return real_sinc(np.pi * x, 0)


def _sinc_derivative(z: Any, k: int) -> Any:
    """The k-th derivative of sin(z)/z: the integral of t**k cos(z t + k pi/2) over t in [0, 1], by its series
    near 0.
    """
    z = np.asarray(z, dtype=float)
    safe = np.where(np.abs(z) < 1 + k, 1.0 + k, z)
    value = np.zeros_like(z)
    for j in range(k + 1):  # d^k (sin(z) * 1/z), by Leibniz
        factor = (-1) ** j * np.prod(np.arange(k - j + 1, k + 1, dtype=float))
        value = value + factor * np.sin(safe + (k - j) * np.pi / 2) / safe ** (j + 1)
    series = np.zeros_like(z)
    for m in range(k % 2, 2 * k + 26, 2):  # the integral of t**k cos(zt + k pi/2), term by term
        sign = (-1) ** ((m + k) // 2)
        series = series + sign * z**m / np.prod(np.arange(1, m + 1, dtype=float)) / (m + k + 1)
    return np.where(np.abs(z) < 1 + k, series, value)[()]


real_sinc: Scalar = Scalar(_sinc_derivative, lambda z, k, out: (real_sinc(z, k + 1), 0), name="sinc")

# ------------------------------------------------------------------------------------------------------------
# Piecewise constant
# ------------------------------------------------------------------------------------------------------------

constant(np.floor, np.ceil, np.trunc, np.rint, np.sign, np.floor_divide, np.heaviside, np.spacing, np.signbit)
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
