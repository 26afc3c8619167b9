"""Functions of numbers: arithmetic, kinks, complex parts, steps. The rest: ``powers``, ``trigonometric``.

The partials of NumPy's ufuncs are one line each. The forms are those that hold over the whole range, for the
derivative and for the derivative of the derivative: factored where a difference would cancel
(``(1-x)*(1+x)``), scaled before squaring where a square would overflow (``hypot``), and in terms of the
output where that is exact. Where the product rule would cancel in the second derivative
(``-(1+x) + (1-x)`` loses the x), the form is a function that has a partial of its own.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ...nested import Traced, ask, everything, primal, type_of
from ...values.constants import as_array, is_array, zeros
from ...values.quiet import sum_of_squares
from ...values.reading import is_read, somewhere
from ...values.shapes import DOUBLE, PLAIN, is_complex, ndim_of, shape_of
from ..declarations import composite, constant, linear_rule, multilinear_rule, scalar_rule
from ..statements import CHANGES, RULES, Constant, Linear, Multilinear, Scalar, root_of
from ..unknown import corner, unknown
from .shaping import array_of, kind_of, read_only

# ------------------------------------------------------------------------------------------------------------
# What rules are made with: products where zero stays zero, and the one place where kinks are decided
# ------------------------------------------------------------------------------------------------------------


def _strong_multiply(g: Any, p: Any) -> Any:
    """``g * p``, where zero stays zero, whatever it meets (inf, nan)."""
    with np.errstate(invalid="ignore"):
        product = np.multiply(g, p)
    return np.where(np.equal(g, 0) | np.equal(p, 0), np.zeros_like(product), product)[()]


strong_multiply: Multilinear = multilinear_rule(
    _strong_multiply,
    lambda g, i, a, p: strong_multiply(g, np.conj(p)) if i == 0 else strong_multiply(np.conj(a), g),
)


def _carried(d: Any, p: Any) -> Any:
    """Multiply so that zero changes ``d`` stay zero; a partial ``p`` that is zero does not make them so."""
    with np.errstate(invalid="ignore"):
        product = np.multiply(d, p)
    return np.where(np.equal(d, 0), np.zeros_like(product), product)[()]


carried: Multilinear = multilinear_rule(
    _carried, lambda g, i, d, p: carried(g, np.conj(p)) if i == 0 else carried(np.conj(d), g)
)


def share(x: Any, y: Any, out: Any) -> Any:
    """``(x > y) + (x == y) / 2``, the share of ``x`` in a choice of the larger; nan where ``out`` is."""
    if out.__class__ is np.ndarray and out.dtype is DOUBLE and x.__class__ in PLAIN and y.__class__ in PLAIN:
        chosen = x > y
        if np.count_nonzero(chosen) + np.count_nonzero(x < y) == out.size:  # neither a tie nor nan
            return chosen.astype(DOUBLE)
    if isinstance(x, (np.generic, complex)) or isinstance(y, complex):  # no order on a device, or in Python
        chosen, tied = np.greater(x, y), np.equal(x, y)
    else:
        chosen, tied = x > y, x == y
    if tied.__class__ is not np.ndarray or np.count_nonzero(tied):
        chosen = chosen + 0.5 * tied
    if out.__class__ is np.ndarray and out.dtype is DOUBLE and chosen.__class__ is np.ndarray:
        chosen = chosen.astype(DOUBLE)
    elif type_of(chosen) is not float:
        chosen = chosen.astype(np.result_type(x, y, np.float16))
    if not _any_nan(out):
        return chosen
    lost = unknown(out) if is_read(out) else np.nan  # whose changes would be zeros that infinity meets
    return np.where(np.isnan(out), lost, chosen)[()]


CHANGES[share] = {0: None, 1: None, 2: None}


def _any_nan(x: Any) -> bool:
    x = everything(x)
    if x.__class__ is np.ndarray:
        row = x.ravel()
        x = sum_of_squares(row) if x.dtype.kind == "f" else 0.0
        return bool(x != x)
    return not is_read(x) or bool(np.any(x != x))


def unit(x: Any, length: Any) -> Any:
    """``x / length``, and 0 where the length is 0: the subgradient of least norm, which has no derivative."""
    here = length == 0
    if not somewhere(here):
        return x / length
    return np.where(here, corner(x), x / np.where(here, 1, length))[()]


# ------------------------------------------------------------------------------------------------------------
# Arithmetic
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.add, lambda x, y, out: (1, 1))
scalar_rule(np.subtract, lambda x, y, out: (1, -1))
scalar_rule(np.multiply, lambda x, y, out: (y, x))
scalar_rule(np.divide, applied=lambda d, x, y, out: (d / y, -(d / y) * out))
scalar_rule(np.negative, lambda x, out: -1)
scalar_rule(np.positive, lambda x, out: 1)
scalar_rule(np.reciprocal, applied=lambda d, x, out: -(d * out) * out)
scalar_rule(np.remainder, lambda x, y, out: (1, -np.floor_divide(x, y)))
scalar_rule(np.fmod, lambda x, y, out: (1, np.rint((out - x) / y)))

# ------------------------------------------------------------------------------------------------------------
# Kinks: ties are split evenly, and the derivative at a kink is the subgradient of least norm
# ------------------------------------------------------------------------------------------------------------

scalar_rule(np.maximum, lambda x, y, out: (share(x, y, out), share(y, x, out)), tie=0.5)
scalar_rule(np.minimum, lambda x, y, out: (share(y, x, out), share(x, y, out)), tie=-0.5)
scalar_rule(
    np.fmax, lambda x, y, out: (share(x, y, out) + np.isnan(y), share(y, x, out) + np.isnan(x)), tie=0.5
)
scalar_rule(
    np.fmin, lambda x, y, out: (share(y, x, out) + np.isnan(y), share(x, y, out) + np.isnan(x)), tie=-0.5
)
scalar_rule(np.fabs, lambda x, out: np.sign(x), square=np.square)
scalar_rule(
    np.copysign,
    lambda x, y, out: (np.sign(x) * np.copysign(1, y), 0),
    square=lambda x, y: np.square(x) * np.square(np.copysign(1, y)),
)
scalar_rule(np.nextafter, lambda x, y, out: (1, 0))
scalar_rule(np.heaviside, lambda x, h, out: (np.where(x == x, 0.0, unknown(x)), np.equal(x, 0) * 1.0))


def _real_absolute(x: Any) -> Any:
    return np.absolute(x)


real_absolute = Scalar(_real_absolute, lambda x, out: np.sign(x), name="absolute", square=np.square)
real_sign = Constant(np.sign)


@composite(np.sign)
def sign(x: Any) -> Any:
    """-1, 0 or 1, which is constant; of a complex number, its direction, which is not."""
    return unit(x, np.abs(x)) if is_complex(x) else _step(x)


@composite(np.absolute)
def absolute(x: Any) -> Any:
    """``|x|``: for complex numbers, the length of the pair of real and imaginary part."""
    if is_complex(x):
        return root_of(square_of_size, np.hypot(np.real(x), np.imag(x)), x)
    return real_absolute(x)


def square_of_size(x: Any) -> Any:
    """``|x|**2`` of a complex number."""
    return np.square(np.real(x)) + np.square(np.imag(x))


# ------------------------------------------------------------------------------------------------------------
# Complex parts: linear over the reals
# ------------------------------------------------------------------------------------------------------------

linear_rule(np.conjugate, lambda g, x: np.conj(g))


def _of_parts(re: Any, im: Any) -> Any:
    """``re + 1j * im``, also where a part is infinite."""
    shape = np.broadcast_shapes(shape_of(re), shape_of(im))
    kind = np.result_type(np.result_type(re, im), np.complex64)  # two numbers of Python's are doubles
    out = zeros(shape, kind, like=(re, im))
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
    if np.iscomplexobj(val):
        return complex_imag(val)
    return read_only(array_of(0 * val)) if is_array(primal(val)) else 0 * val


@composite(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """The argument of a complex number."""
    a = np.arctan2(np.imag(z), np.real(z)) if np.iscomplexobj(z) else np.arctan2(0.0, z)
    return a * (180 / np.pi) if deg else a


@composite(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part where the imaginary part is negligible."""
    a = array_of(a)
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
    return np.power(*[v if is_double(v) else v * unit for v in (x, y)])


def is_double(x: Any) -> bool:
    """Tell whether a value has at least double precision."""
    kind = getattr(x, "dtype", None)
    return kind is not None and kind.kind in "fc" and np.result_type(kind, np.float64) == kind


@composite(np.divmod)
def divmod_(x: Any, y: Any) -> tuple[Any, Any]:
    """Quotient and remainder."""
    return np.floor_divide(x, y), np.remainder(x, y)


def _fraction(x: Any) -> Any:
    if not isinstance(x, Traced):
        return np.modf(x)[0]
    whole = np.trunc(x)
    return np.where(np.isinf(whole), 0.0, x - whole)[()]


fraction = Scalar(
    _fraction,
    lambda x, out: np.where(np.isnan(x), unknown(x), np.ones_like(x) * np.isfinite(x)),
    name="fraction",
)


@composite(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    """Fractional and integral part."""
    return fraction(x), np.trunc(x)


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
        kind = kind_of(x)
        most = np.finfo(kind).max if kind.kind == "f" else 0
        result = np.where(np.isnan(x), nan, x)
        result = np.where(np.equal(x, np.inf), most if posinf is None else posinf, result)
        result = np.where(np.equal(x, -np.inf), -most if neginf is None else neginf, result).astype(kind)
    if copy or not ndim_of(x):
        return result[()]
    x[...] = result
    return x


# ------------------------------------------------------------------------------------------------------------
# Piecewise constant
# ------------------------------------------------------------------------------------------------------------


def _flat(x: Any, out: Any) -> Any:
    return out


# What is the same all around x, and unknown where it is nan.
flat = Scalar(_flat, lambda x, value, out: (np.where(np.isnan(value), unknown(value), 0.0), 1), name="flat")


def stepped(plain: Any) -> Any:
    """A piecewise constant function, and its derivative nan where it is nan itself."""

    def body(*args: Any, **kwargs: Any) -> Any:
        out = plain(*args, **kwargs)
        if not is_read(out):
            return flat(functools.reduce(np.add, args), out)
        return np.where(np.isnan(out), unknown(sum(args)), out)[()] if _any_nan(out) else out

    CHANGES[body] = {0: None, 1: None}
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
constant(np.fix, np.iscomplex, np.isreal, np.packbits, np.unpackbits)


@composite(np.round)
def round_(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """Rounding is piecewise constant."""
    if decimals >= DIGITS:
        ask(a, "it was rounded")
    return _round(a, decimals=decimals)


DIGITS = 4  # to which a program rounds what it looks up
_round = Constant(np.round)
RULES[np.around] = round_


# ------------------------------------------------------------------------------------------------------------
# Bessel functions
# ------------------------------------------------------------------------------------------------------------


def _bessel(x: Any, order: int) -> Any:
    """``I_n(x)``; NumPy's own for n = 0, else the power series, whose terms are all positive."""
    if order == 0:
        return np.i0(x)[()]
    kind = np.result_type(as_array(x).dtype, np.float16)
    half = as_array(x).astype(np.result_type(kind, np.float64)) / 2
    term = half**order / math.factorial(order)
    total, square = term, half * half
    size = np.abs(half)  # of 360 and more the function overflows
    for m in range(1, 40 + int(2 * np.max(np.append(np.where(size < 360, size, 360.0), 0.0)))):
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
    return array_of(bessel(x, 0))
