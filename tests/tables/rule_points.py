"""Points for every rule: where it is proved, and what it is proved against.

Elementwise functions come with a SymPy expression of the same function, whose derivatives are evaluated far
beyond double precision. Everything else comes as small programs, which are run on numbers of 60 digits too:
NumPy moves, adds and multiplies objects as it does floats, and for what it does not (``numpy.linalg``) the
table gives the same function in mpmath.

The tables are keyed by the NumPy function, or by the rule itself where it is one of hoad's own. A new rule
without an entry fails a test.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from numpy.lib.stride_tricks import sliding_window_view
from versions import of_numpy

from hoad.chainrules.numpy import (
    contraction,
    eigen,
    elementwise,
    extremes,
    indexing,
    interpolation,
    linalg,
    padding,
    powers,
    reductions,
    sets,
    shaping,
    statistics,
    trigonometric,
)

Point = tuple[Any, ...]


@dataclass(frozen=True)
class Elementwise:
    """A function of numbers: its expression at a point, the points, and the bounds on the error in ulp.

    ``arguments`` says which are differentiated. ``first`` and ``second`` bound the derivatives of those
    orders; where they are more than the usual, ``why`` names the reason. ``second`` is None for a function
    that only stands in the derivatives of others: its second derivative belongs to their third.
    """

    function: Any
    expression: Callable[[Point], Callable[..., Any]]
    points: tuple[Point, ...]
    complex_points: tuple[Point, ...]
    arguments: tuple[int, ...]
    first: float
    second: float | None
    why: str


ELEMENTWISE: dict[Any, Elementwise] = {}
FIRST = 4.0
SECOND = 8.0


def elementwise_points(
    function: Any,
    expression: Any,
    *points: Any,
    also_complex: Any = (),
    by_point: bool = False,
    arguments: Any = None,
    first: float = FIRST,
    second: float | None = SECOND,
    why: str = "",
) -> None:
    """Enter a function; with ``by_point``, ``expression`` takes the point and gives the branch it is on."""
    rows = tuple(p if isinstance(p, tuple) else (p,) for p in points)
    complex_rows = tuple(p if isinstance(p, tuple) else (p,) for p in also_complex)
    at = expression if by_point else lambda point: expression
    active = tuple(range(len(rows[0]))) if arguments is None else arguments
    ELEMENTWISE[function] = Elementwise(function, at, rows, complex_rows, active, first, second, why)


def both_signs(*values: float) -> tuple[float, ...]:
    return (*values, *(-v for v in values))


# ------------------------------------------------------------------------------------------------------------
# Elementwise functions, over the whole range
# ------------------------------------------------------------------------------------------------------------

TINY_TO_HUGE = (1e-300, 1e-80, 1e-27, 1e-8, 0.3, 1.0, 2.75, 40.5, 1e8, 1e80, 1e150)
ANGLES = both_signs(1e-300, 1e-27, 1e-8, 0.3, 1.0, 1.5707963, 2.75, 22.0, 1e6)
EXPONENTS = both_signs(1e-300, 1e-27, 1e-8, 0.3, 1.0, 2.75, 40.5, 300.0)
INSIDE_ONE = both_signs(1e-300, 1e-27, 1e-8, 0.3, 0.5, 0.99, 1 - 1e-8, 1 - 2.0**-53)
COMPLEX = (0.5 + 0.25j, -1.5 + 2j, 2.0 - 0.75j, -0.125 - 3j, 1e-8 + 1e-8j)
PAIRS = ((1e-200, 3.0), (-0.3, 1.75), (2.5, -1e-8), (-40.0, -3.25), (1e80, 1e-80), (1e150, 3e150), (1.0, 1.0))
LN2 = sp.log(2)

elementwise_points(np.add, lambda x, y: x + y, *PAIRS, also_complex=[(0.5 + 1j, 2 - 1j)])
elementwise_points(np.subtract, lambda x, y: x - y, *PAIRS, also_complex=[(0.5 + 1j, 2 - 1j)])
elementwise_points(np.multiply, lambda x, y: x * y, *PAIRS, also_complex=[(0.5 + 1j, 2 - 1j)])
elementwise_points(
    np.divide, lambda x, y: x / y, *PAIRS, (700.0, 1e-100), (1e-100, 1e100), also_complex=[(0.5 + 1j, 2 - 1j)]
)
elementwise_points(
    np.power, lambda x, y: x**y, (1e-100, 0.5), (0.3, 1.75), (2.5, -1e-8), (40.0, -3.25), (1e80, 1e-8), (1.0, 1.0),
    (1.5, 2.0), (1.5, 3.0), (1.5, 0.0), (1e-8, 1e-8), (1 + 1e-8, 1e10), (3.0, 600.0), (1e100, -2.5),
    also_complex=[(0.5 + 1j, 2 - 1j), (-2 + 0.5j, 1.5 + 0j)],
)  # fmt: skip
elementwise_points(
    np.float_power,
    lambda x, y: x**y,
    (0.3, 1.75),
    (40.0, -3.25),
    (1.5, 2.0),
    also_complex=[(0.5 + 1j, 2 - 1j)],
)
elementwise_points(np.negative, lambda x: -x, *both_signs(*TINY_TO_HUGE), also_complex=COMPLEX)
elementwise_points(np.positive, lambda x: x, *both_signs(*TINY_TO_HUGE), also_complex=COMPLEX)
elementwise_points(np.square, lambda x: x**2, *both_signs(*TINY_TO_HUGE), also_complex=COMPLEX)
elementwise_points(np.reciprocal, lambda x: 1 / x, *both_signs(*TINY_TO_HUGE[1:-1]), also_complex=COMPLEX)
elementwise_points(
    np.sqrt, sp.sqrt, 1e-200, 1e-80, 1e-27, 1e-8, 0.3, 1.0, 2.75, 1e8, 1e80, 1e200, also_complex=COMPLEX
)
elementwise_points(
    np.cbrt, lambda p: lambda x: sp.sign(p[0]) * (x * sp.sign(p[0])) ** sp.Rational(1, 3),
    *both_signs(1e-180, 1e-80, 1e-27, 1e-8, 0.3, 1.0, 2.75, 1e8, 1e80, 1e170), by_point=True,
)  # fmt: skip
elementwise_points(np.exp, sp.exp, *EXPONENTS, 700.0, -700.0, also_complex=COMPLEX)
elementwise_points(np.exp2, lambda x: 2**x, *EXPONENTS, 1000.0, -1000.0, also_complex=COMPLEX)
elementwise_points(np.expm1, lambda x: sp.exp(x) - 1, *EXPONENTS, 700.0, -700.0, also_complex=COMPLEX)
elementwise_points(np.log, sp.log, *TINY_TO_HUGE[1:], also_complex=COMPLEX)
elementwise_points(np.log2, lambda x: sp.log(x) / LN2, *TINY_TO_HUGE[1:], also_complex=COMPLEX)
elementwise_points(np.log10, lambda x: sp.log(x) / sp.log(10), *TINY_TO_HUGE[1:], also_complex=COMPLEX)
elementwise_points(
    np.log1p,
    lambda x: sp.log(1 + x),
    *TINY_TO_HUGE,
    -1e-300,
    -1e-8,
    -0.3,
    -0.999,
    -1 + 1e-8,
    also_complex=COMPLEX,
)
elementwise_points(
    np.logaddexp, lambda x, y: sp.log(sp.exp(x) + sp.exp(y)), (40.0, 0.0), (0.0, 40.0), (0.3, 0.75), (1e-27, 0.0),
    (-3.0, -3.0), (600.5, 500.25), (-500.0, 100.0), (1e80, 1e80), (12.5, -7.1),
)  # fmt: skip
elementwise_points(
    np.logaddexp2, lambda x, y: sp.log(2**x + 2**y) / LN2, (40.0, 0.0), (0.0, 40.0), (0.3, 0.75), (1e-27, 0.0),
    (-3.0, -3.0), (600.5, 500.25), (-500.0, 100.0), (1e80, 1e80), (12.5, -7.1),
)  # fmt: skip
elementwise_points(np.sin, sp.sin, *ANGLES, also_complex=COMPLEX)
elementwise_points(np.cos, sp.cos, *ANGLES, also_complex=COMPLEX)
elementwise_points(np.tan, sp.tan, *ANGLES, 1.57079632679, also_complex=COMPLEX)
elementwise_points(np.arcsin, sp.asin, *INSIDE_ONE, also_complex=COMPLEX)
elementwise_points(np.arccos, sp.acos, *INSIDE_ONE, also_complex=COMPLEX)
elementwise_points(np.arctan, sp.atan, *both_signs(*TINY_TO_HUGE[:-1], 1e100), also_complex=COMPLEX)
elementwise_points(np.sinh, sp.sinh, *EXPONENTS, 700.0, also_complex=COMPLEX)
elementwise_points(np.cosh, sp.cosh, *EXPONENTS, 700.0, also_complex=COMPLEX)
elementwise_points(np.tanh, sp.tanh, *EXPONENTS, 20.0, 350.0, 1000.0, -1000.0, also_complex=COMPLEX)
elementwise_points(np.arcsinh, sp.asinh, *both_signs(*TINY_TO_HUGE, 1e280), also_complex=COMPLEX)
elementwise_points(
    np.arccosh, sp.acosh, 1 + 2.0**-52, 1 + 1e-8, 1.25, 2.75, 1e8, 1e80, 1e150, 1e200, also_complex=COMPLEX
)
elementwise_points(np.arctanh, sp.atanh, *INSIDE_ONE, also_complex=COMPLEX)
elementwise_points(
    np.hypot, lambda x, y: sp.sqrt(x**2 + y**2), (-1.0, 1.0), (3.0, -4.0), (1e8, 1.0), (1.0, 1e8), (1e-200, 3e-200),
    (1e200, -2e200), (1e150, 1e-5), (0.3, 1e-300), (2.5, 2.5),
)  # fmt: skip
elementwise_points(
    np.arctan2, lambda y, x: sp.atan2(y, x), (-1.0, 1.5), (3.0, -4.0), (1e8, 1.0), (1.0, 1e8), (1e-100, 3e-100),
    (1e100, -2e100), (1e100, 1e-5), (0.3, 1e-300), (2.5, 2.5), (2.5, -2.5), (1.0, 1 + 1e-8), (1e-8, 1.0),
)  # fmt: skip
elementwise_points(np.degrees, lambda x: x * 180 / sp.pi, *both_signs(*TINY_TO_HUGE))
elementwise_points(np.rad2deg, lambda x: x * 180 / sp.pi, *both_signs(*TINY_TO_HUGE))
elementwise_points(np.radians, lambda x: x * sp.pi / 180, *both_signs(*TINY_TO_HUGE))
elementwise_points(np.deg2rad, lambda x: x * sp.pi / 180, *both_signs(*TINY_TO_HUGE))
elementwise_points(
    np.sinc, lambda x: sp.sin(sp.pi * x) / (sp.pi * x),
    *both_signs(1e-200, 1e-160, 1e-80, 1e-27, 1e-9, 1e-5, 0.01, 0.03, 0.1, 0.3, 0.4, 0.75, 1.0, 1.25, 2.5, 10.25),
    1000.75, also_complex=COMPLEX,
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------------
# Elementwise functions of hoad's own
# ------------------------------------------------------------------------------------------------------------

elementwise_points(trigonometric.sech, sp.sech, *EXPONENTS, 650.0, -650.0, also_complex=COMPLEX)
elementwise_points(
    powers.odds, lambda x, y: sp.exp(x) / (sp.exp(x) + sp.exp(y)), (40.0, 0.0), (0.0, 40.0), (0.3, 0.75),
    (1e-27, 0.0), (-3.0, -3.0), (600.5, 500.25), (-500.0, 100.0), (1e80, 1e80), (12.5, -7.1), (-7.1, 12.5), second=None,
)  # fmt: skip
elementwise_points(
    powers.odds2, lambda x, y: 2**x / (2**x + 2**y), (40.0, 0.0), (0.0, 40.0), (0.3, 0.75),
    (1e-27, 0.0), (-3.0, -3.0), (600.5, 500.25), (-500.0, 100.0), (1e80, 1e80), (12.5, -7.1), (-7.1, 12.5), second=None,
)  # fmt: skip
elementwise_points(
    powers.spread, lambda x, y: sp.exp(x + y) / (sp.exp(x) + sp.exp(y)) ** 2, (40.0, 0.0), (0.0, 40.0), (0.3, 0.75),
    (1e-27, 0.0), (-3.0, -3.0), (600.5, 500.25), (-500.0, 100.0), (1e80, 1e80), (12.5, -7.1), (-7.1, 12.5), second=None,
)  # fmt: skip
elementwise_points(
    powers.spread2, lambda x, y: 2 ** (x + y) / (2**x + 2**y) ** 2, (40.0, 0.0), (0.0, 40.0), (0.3, 0.75),
    (1e-27, 0.0), (-3.0, -3.0), (600.5, 500.25), (-500.0, 100.0), (1e80, 1e80), (12.5, -7.1), (-7.1, 12.5), second=None,
)  # fmt: skip
elementwise_points(
    trigonometric.one_minus_square, lambda x: 1 - x**2, *INSIDE_ONE, 2.75, 1e80, also_complex=COMPLEX
)
elementwise_points(
    trigonometric.root_of_one_minus_square, lambda x: sp.sqrt(1 - x) * sp.sqrt(1 + x), *INSIDE_ONE,
    also_complex=COMPLEX, second=None,
)  # fmt: skip
elementwise_points(
    trigonometric.root_of_square, lambda x: sp.sqrt(1 + sp.I * x) * sp.sqrt(1 - sp.I * x),
    *both_signs(*TINY_TO_HUGE), also_complex=COMPLEX, second=None,
)  # fmt: skip
elementwise_points(
    trigonometric.root_of_square_minus_one, lambda x: sp.sqrt(x - 1) * sp.sqrt(x + 1),
    1 + 2.0**-52, 1 + 1e-8, 1.25, 2.75, 1e8, 1e80, 1e150, also_complex=COMPLEX, second=None,
)  # fmt: skip
elementwise_points(
    trigonometric.cosine, lambda x, y: x / sp.sqrt(x**2 + y**2), (-1.0, 1.5), (3.0, -4.0), (1e8, 1.0), (1.0, 1e8),
    (1e-80, 3e-80), (1e80, -2e80), (0.3, 1e-100), (2.5, 0.5), second=None,
)  # fmt: skip
elementwise_points(
    trigonometric.inversion, lambda x, y: x / (x**2 + y**2), (-1.0, 1.5), (3.0, -4.0), (1e8, 1.0), (1.0, 1e8),
    (1e-80, 3e-80), (1e80, -2e80), (0.3, 1e-100), (2.5, 0.5), second=None,
)  # fmt: skip
elementwise_points(
    trigonometric.sinc_derivative,
    lambda point: lambda x, k: sp.diff(sp.sin(sp.pi * x) / (sp.pi * x), x, int(point[1])),
    *((x, k) for k in range(4) for x in both_signs(1e-100, 1e-9, 0.01, 0.3, 0.75, 1.625, 10.25)),
    by_point=True, arguments=(0,), second=None,
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------------
# Elementwise functions of several branches, away from their kinks
# ------------------------------------------------------------------------------------------------------------


def remainder(point: Point) -> Any:
    quotient = math.floor(Fraction(point[0]) / Fraction(point[1]))
    return lambda x, y: x - quotient * y


def fmod(point: Point) -> Any:
    quotient = math.trunc(Fraction(point[0]) / Fraction(point[1]))
    return lambda x, y: x - quotient * y


def absolute(point: Point) -> Any:
    return (lambda x: x) if point[0] > 0 else (lambda x: -x)


def larger(point: Point) -> Any:
    return (lambda x, y: x) if point[0] > point[1] else (lambda x, y: y)


def smaller(point: Point) -> Any:
    return (lambda x, y: x) if point[0] < point[1] else (lambda x, y: y)


def copysign(point: Point) -> Any:
    sign = math.copysign(1, point[0]) * math.copysign(1, point[1])
    return lambda x, y: sign * x


QUOTIENTS = ((7.3, 2.0), (-7.3, 2.0), (7.3, -2.0), (1.0, 0.1), (-1.0, 0.1), (1e8, 0.3), (0.3, 1e8))
APART = ((1.0, 2.0), (2.0, -1.0), (1e-300, 0.0), (1 + 2.0**-52, 1.0), (-0.5, -0.75), (np.inf, 1.0))

elementwise_points(np.remainder, remainder, *QUOTIENTS, by_point=True)
elementwise_points(np.fmod, fmod, *QUOTIENTS, by_point=True)
elementwise_points(np.fabs, absolute, *both_signs(*TINY_TO_HUGE), by_point=True)
elementwise_points(
    elementwise.fraction, lambda p: lambda x: x - sp.Integer(int(p[0])), 0.3, -2.75, 1000.25, by_point=True
)
elementwise_points(elementwise.real_absolute, absolute, *both_signs(*TINY_TO_HUGE), by_point=True)
elementwise_points(elementwise.flat, lambda x, value: value, (0.3, 2.0), (-1.5, 0.0), (1e300, -4.0))
elementwise_points(np.absolute, absolute, *both_signs(*TINY_TO_HUGE), by_point=True)
elementwise_points(np.maximum, larger, *APART, by_point=True)
elementwise_points(np.minimum, smaller, *APART, by_point=True)
elementwise_points(np.fmax, larger, *APART, by_point=True)
elementwise_points(np.fmin, smaller, *APART, by_point=True)
elementwise_points(
    np.heaviside,
    lambda p: lambda x, h: h if p[0] == 0 else sp.Integer(p[0] > 0),
    (2.0, 0.5),
    (-2.0, 0.5),
    (0.0, 0.25),
    by_point=True,
)
elementwise_points(np.copysign, copysign, (2.0, -1.0), (-2.0, -0.0), (0.5, 0.0), (-0.5, 3.0), by_point=True)
elementwise_points(np.nextafter, lambda x, y: x, (1.0, 2.0), (-3.0, -4.0))

# ------------------------------------------------------------------------------------------------------------
# Programs
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Program:
    """A program of arrays and the arguments that it is differentiated in; ``exact`` is the same function on
    mpmath's numbers, ``bound`` limits its error in ulp of the largest entry.
    """

    function: Any
    run: Callable[..., Any]
    arguments: tuple[Any, ...]
    exact: Callable[..., Any]
    bound: float
    why: str


PROGRAMS: dict[Any, list[Program]] = {}
BOUND = 16.0

V = np.array([0.5, -1.25, 2.25])
W = np.array([1.625, 0.875, -0.25])
M = np.array([[0.5, -1.25, 2.25], [1.5, 0.75, -0.375]])
N = np.array([[1.25, 0.5, -0.25, 0.875], [-0.75, 2.5, 1.125, 0.25], [0.625, -1.5, 1.75, -2.25]])
S = np.array([[2.5, -0.5, 0.75], [0.25, 1.5, -1.0], [-0.375, 0.625, 3.0]])
P = np.array([[4.0, 0.5, -0.25], [0.5, 3.0, 0.75], [-0.25, 0.75, 2.5]])
T = np.linspace(-1.75, 2.25, 12).reshape(2, 3, 2) ** 3 + 0.5


def imaginary(x: Any) -> Any:
    """A fixed companion for an array, to make it complex."""
    return 0.5 * np.cos(np.arange(np.size(x)).reshape(np.shape(x)) + 1.0)


def programs(
    function: Any,
    run: Callable[..., Any],
    *arguments: Any,
    exact: Any = None,
    also_complex: bool = False,
    bound: float = BOUND,
    why: str = "",
) -> None:
    """Enter a program for a function."""
    entries = PROGRAMS.setdefault(function, [])
    entries.append(Program(function, run, arguments, exact or run, bound, why))
    if also_complex:
        mixed = tuple(a + 1j * imaginary(a) for a in arguments)
        entries.append(Program(function, run, mixed, exact or run, bound, why))


def joined(parts: Any) -> Any:
    """Several arrays as one row."""
    return np.concatenate([np.ravel(part) for part in parts])


def elements(f: Callable[..., Any], count: int = 1) -> Any:
    """A function of numbers, for each element of an array."""
    return np.frompyfunc(f, count, 1)


def complex_parts(z: Any) -> Any:
    return np.concatenate([elements(lambda c: c.real)(z), elements(lambda c: c.imag)(z)])


root = elements(mpmath.sqrt)
power = elements(lambda x, y: x**y)

# ------------------------------------------------------------------------------------------------------------
# Indexing
# ------------------------------------------------------------------------------------------------------------

ROWS = np.array([0, 2, 0, 1])
MASK = np.array([[True, False, True], [False, True, True]])

programs(indexing.getitem, lambda x: indexing.getitem(x, 1), M, also_complex=True)
programs(indexing.getitem, lambda x: indexing.getitem(x, (slice(None), slice(None, None, -2))), M)
programs(indexing.getitem, lambda x: indexing.getitem(x, (Ellipsis, None, 2)), M)
programs(indexing.getitem, lambda x: indexing.getitem(x, (1, ROWS)), M)
programs(indexing.getitem, lambda x: indexing.getitem(x, (ROWS[:, None], slice(1), ROWS)), S.reshape(3, 1, 3))
programs(indexing.getitem, lambda x: indexing.getitem(x, MASK), M)
programs(indexing.scatter, lambda g: indexing.scatter(g, (slice(None), 1), (2, 3)), V[:2], also_complex=True)
programs(indexing.scatter, lambda g: indexing.scatter(g, ROWS, (3,)), N[0], also_complex=True)
programs(indexing.scatter, lambda g: indexing.scatter(g, (ROWS, slice(1, 3)), (3, 4)), N[:2].T)
programs(indexing.where, lambda x, y: indexing.where(MASK, x, y), M, S[:2], also_complex=True)
programs(indexing.where, lambda x, y: indexing.where(MASK, x, y), M, V)
programs(np.where, lambda x, y: np.where(x > 0, x * y, y), M, W, also_complex=False)
programs(np.select, lambda x: np.select([x < 0, x < 1, x < 2], [x * x, x**3, 2 * x], 7.0), M)
programs(np.piecewise, lambda x: np.piecewise(x, [x < 0, x > 1], [lambda t: t * t, lambda t: t**3, 5.0]), M)
programs(np.take, lambda x: np.take(x, [[0, 2], [2, 1]], axis=1), M, also_complex=True)
programs(np.take, lambda x: np.take(x, [7, -1, 3], mode="wrap"), M)
programs(np.take, lambda x: np.take(x, [7, -1, 3], axis=-1, mode="clip"), M)
programs(np.take_along_axis, lambda x: np.take_along_axis(x, np.array([[2, 0], [1, 1]]), axis=1), M)
programs(np.take_along_axis, lambda x: np.take_along_axis(x, np.array([2, 0, 5]), axis=None), M)
programs(np.compress, lambda x: np.compress([True, False, True], x, axis=1), M)
programs(np.compress, lambda x: np.compress([True, False, True, True], x), M)
programs(np.extract, lambda x: np.extract(MASK, x), M)
programs(np.diagonal, np.diagonal, S, also_complex=True)
programs(np.diagonal, lambda x: np.diagonal(x, -1, 2, 0), T)
programs(np.linalg.diagonal, lambda x: np.linalg.diagonal(x, offset=1), T)
programs(np.diag, lambda x: np.diag(x, 1), S)
programs(np.diag, lambda x: np.diag(x, -2), V, also_complex=True)
programs(np.diagflat, lambda x: np.diagflat(x, 1), M[:, :2])
programs(np.tril, lambda x: np.tril(x, 1), N, also_complex=True)
programs(np.triu, lambda x: np.triu(x, -1), N)
programs(np.trace, lambda x: np.trace(x, 1), N, also_complex=True)
programs(np.trace, lambda x: np.trace(x, 0, 0, 2), T)
programs(np.linalg.trace, lambda x: np.linalg.trace(x, offset=-1), T)
programs(np.sort, np.sort, M)
programs(np.sort, lambda x: np.sort(x, axis=0), N)
programs(np.sort, lambda x: np.sort(x, axis=None), N)
programs(np.partition, lambda x: np.partition(x, 1), M)
programs(np.unique, np.unique, np.array([2.0, 0.5, 2.0, -1.0]), exact=lambda x: np.array([x[3], x[1], x[0]]))

# ------------------------------------------------------------------------------------------------------------
# Shapes
# ------------------------------------------------------------------------------------------------------------

programs(shaping.reshape, lambda x: shaping.reshape(x, (3, 2)), M, also_complex=True)
programs(shaping.transpose, lambda x: shaping.transpose(x, (1, 2, 0)), T, also_complex=True)
programs(shaping.broadcast_to, lambda x: shaping.broadcast_to(x, (2, 3, 2)), V[:, None], also_complex=True)
programs(shaping.concatenate, lambda x, y: shaping.concatenate(x, y, axis=1), M, N[:2], also_complex=True)
programs(shaping.stack, lambda x, y: shaping.stack(x, y, axis=1), V, W, also_complex=True)
programs(shaping.stretch, lambda x: shaping.stretch(x, (2, 3, 2)), V[:, None])
programs(shaping.read_only, shaping.read_only, M)
programs(indexing.diagonal_, lambda x: indexing.diagonal_(x, -1, 2, 0), T)
programs(indexing.taken, lambda x: indexing.taken(x, (slice(None), ROWS)), M, also_complex=True)
programs(indexing.windows, lambda x: indexing.windows(x, (2, 2), (1, 0), False), N)
programs(sliding_window_view, lambda x: sliding_window_view(x, 2), V, also_complex=True)
programs(sliding_window_view, lambda x: sliding_window_view(x, (3, 1), axis=(1, -1)), T)
programs(contraction.rearranged, lambda x: contraction.rearranged(x, "iji->ji"), T[:, :, :2])
programs(shaping.astype, lambda x: shaping.astype(x, np.dtype(np.float64)), M, exact=lambda x: x)
programs(shaping.boxed, shaping.boxed, M, exact=lambda x: x)
programs(np.conjugate, np.conjugate, M, also_complex=True)
programs(elementwise.complex_real, elementwise.complex_real, V + 1j * W, exact=elements(lambda z: z.real))
programs(
    elementwise.of_parts,
    lambda x, y: elementwise.of_parts(x, y),
    V,
    W,
    exact=lambda x, y: x + mpmath.mpc(0, 1) * y,
)
programs(
    elementwise.as_numbers,
    elementwise.as_numbers,
    V + 1j * W,
    exact=lambda x: np.array([part for z in x for part in (z.real, z.imag)], dtype=object),
)
programs(
    elementwise.as_complex,
    elementwise.as_complex,
    V[[0, 1, 2, 1]],
    exact=lambda x: np.array([mpmath.mpc(*pair) for pair in x.reshape(-1, 2)], dtype=object),
)
programs(elementwise.complex_imag, elementwise.complex_imag, V + 1j * W, exact=elements(lambda z: z.imag))
programs(np.reshape, lambda x: np.reshape(x, (3, -1)), M, also_complex=True)
programs(np.reshape, lambda x: np.reshape(x, (3, -1), order="F"), M)
programs(np.transpose, np.transpose, M, also_complex=True)
programs(np.transpose, lambda x: np.transpose(x, (0, -1, 1)), T)
programs(np.broadcast_to, lambda x: np.broadcast_to(x, (4, 2, 3)), M)
programs(np.ravel, np.ravel, M)
programs(np.ravel, lambda x: np.ravel(x, "F"), M)
programs(np.squeeze, np.squeeze, M.reshape(2, 1, 3, 1))
programs(np.squeeze, lambda x: np.squeeze(x, -1), M.reshape(2, 1, 3, 1))
programs(np.expand_dims, lambda x: np.expand_dims(x, -1), M)
programs(np.expand_dims, lambda x: np.expand_dims(x, (0, 2)), M)
programs(np.swapaxes, lambda x: np.swapaxes(x, 0, -1), T)
programs(np.matrix_transpose, np.matrix_transpose, T)
programs(np.linalg.matrix_transpose, np.linalg.matrix_transpose, T)
programs(np.moveaxis, lambda x: np.moveaxis(x, (0, 1), (-1, 0)), T)
programs(np.rollaxis, lambda x: np.rollaxis(x, 2, 1), T)
programs(np.flip, np.flip, M)
programs(np.flip, lambda x: np.flip(x, (0, 2)), T)
programs(np.flipud, np.flipud, M)
programs(np.fliplr, np.fliplr, M)
programs(np.roll, lambda x: np.roll(x, 4), M)
programs(np.roll, lambda x: np.roll(x, (1, -2), (0, 1)), M)
for turns in range(4):
    programs(np.rot90, lambda x, k=turns: np.rot90(x, k), M)
programs(np.tile, lambda x: np.tile(x, (2, 1, 3)), M)
programs(np.tile, lambda x: np.tile(x, 2), M)
programs(np.repeat, lambda x: np.repeat(x, [2, 0, 1], axis=1), M)
programs(np.repeat, lambda x: np.repeat(x, 2), M)
programs(np.copy, np.copy, M, also_complex=True)
programs(np.atleast_1d, lambda x: np.atleast_1d(x[0] * x[1]), V)
programs(np.atleast_2d, np.atleast_2d, V)
programs(np.atleast_3d, lambda x, y: joined(np.atleast_3d(x, y)), V, M)
programs(np.concatenate, lambda x, y: np.concatenate([x, y], axis=-1), M, N[:2], also_complex=True)
programs(np.concatenate, lambda x, y: np.concatenate([x, y], axis=None), M, V)
programs(np.concatenate, lambda x: np.concatenate([x, W, x]), V)
programs(np.stack, lambda x, y: np.stack([x, y, W], axis=-1), V, W, also_complex=True)
programs(np.vstack, lambda x, y: np.vstack([x, y]), V, M)
programs(np.hstack, lambda x, y: np.hstack([x, y]), M, N[:2])
programs(np.dstack, lambda x, y: np.dstack([x, y]), M, T[:, :, 0])
programs(np.column_stack, lambda x, y: np.column_stack([x, y]), V, S)
programs(np.append, lambda x, y: np.append(x, y), M, V)
programs(np.append, lambda x, y: np.append(x, y, axis=1), M, N[:2])
programs(np.block, lambda x, y: np.block([[x, y[:2]], [2 * x, y[1:]]]), M, N)
programs(np.broadcast_arrays, lambda x, y: joined(np.broadcast_arrays(x, y)), V, M)
programs(np.array_split, lambda x: joined(part**2 for part in np.array_split(x, 3, axis=1)), N)
programs(np.array_split, lambda x: joined(part**2 for part in np.array_split(x, [1, 3], axis=1)), N)
programs(np.split, lambda x: joined(part[:, :1] for part in np.split(x, 2, axis=1)), N)
programs(np.vsplit, lambda x: joined(part[:, :1] for part in np.vsplit(x, [1])), N)
programs(np.hsplit, lambda x: joined(part[:, :1] for part in np.hsplit(x, 2)), N)

# ------------------------------------------------------------------------------------------------------------
# Creation, and writing
# ------------------------------------------------------------------------------------------------------------


def written(write: Callable[..., None]) -> Callable[..., Any]:
    """A program that writes into a copy of its first argument."""

    def run(x: Any, *others: Any) -> Any:
        y = x * 1
        write(y, *others)
        return y

    return run


programs(np.zeros_like, lambda x: np.zeros_like(x) + x * x, M)
programs(
    np.empty_like,
    written(lambda y: np.copyto(y, 0 * np.isnan(np.empty_like(y)) + 3 * y[::-1])),
    M,
    exact=lambda x: 3 * x[::-1],
)
programs(np.ones_like, lambda x: np.ones_like(x) * x[0] + np.ones_like(x, shape=3), M)
programs(np.full_like, lambda x: np.full_like(x, x[0, 0] * x[1, 2]), M)
programs(np.zeros, lambda x: np.zeros(3, like=x) + x, M)
programs(np.empty, lambda x: 0 * np.isnan(np.empty(3, like=x)) + x, M)
programs(np.ones, lambda x: np.ones((2, 1), like=x) + x, M)
programs(
    np.full, lambda x: np.full((4,), x[0] * x[1], like=x), V, exact=lambda x: np.array([x[0] * x[1]] * 4)
)
for create in (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray):
    programs(create, lambda x, create=create: create([x[0] * x[1], x[2]], like=x), V)
programs(
    np.linspace,
    lambda x: np.linspace(x[0], x[1], 5),
    V,
    exact=lambda x: x[0] + (x[1] - x[0]) * np.arange(5) / 4,
)
programs(
    np.linspace, lambda x, y: np.linspace(x, y, 4, endpoint=False, axis=-1), V, W,
    exact=lambda x, y: np.stack([x + (y - x) * k / 4 for k in range(4)], axis=-1),
)  # fmt: skip
programs(np.copyto, written(lambda y, v: np.copyto(y, v)), M, V)
programs(np.put, written(lambda y, v: np.put(y, [4, 0, 1, 2], v)), M, V)
programs(np.putmask, written(lambda y, v: np.putmask(y, MASK, v)), M, V)
programs(np.place, written(lambda y, v: np.place(y, MASK, v)), M, V)
programs(np.fill_diagonal, written(lambda y, v: np.fill_diagonal(y, v)), S, V)
programs(
    np.put_along_axis,
    written(lambda y, v: np.put_along_axis(y, np.array([[2], [0]]), v, axis=1)),
    M,
    V[:2, None],
)

# ------------------------------------------------------------------------------------------------------------
# Reductions
# ------------------------------------------------------------------------------------------------------------


def deviation(x: Any, axis: Any = None, ddof: int = 0) -> Any:
    return root(np.var(x, axis=axis, ddof=ddof))


def length(x: Any, axis: Any = None) -> Any:
    return root(np.sum(x * np.conjugate(x), axis=axis))


NAN = np.array([[0.5, np.nan, 2.0], [1.5, 0.75, -0.375]])
NUMBERS = np.isfinite(NAN)

programs(reductions.sum_, lambda x: reductions.sum_(x, (0, 2), False), T, also_complex=True)
programs(reductions.cumsum_, lambda x: reductions.cumsum_(x, 1), T, also_complex=True)
programs(
    reductions.length, lambda x: reductions.length(x, (1,), True, 1), M, also_complex=True,
    exact=lambda x: root(np.sum(x * np.conjugate(x), axis=1, keepdims=True)),
)  # fmt: skip
programs(reductions.prod_last, reductions.prod_last, T, also_complex=True)
programs(extremes.largest, lambda x: extremes.largest(x, (1,), False), M)
programs(extremes.smallest, lambda x: extremes.smallest(x, (0, 1), True), M)
programs(np.sum, np.sum, M, also_complex=True)
programs(np.sum, lambda x: np.sum(x, axis=-1, keepdims=True, initial=2.0), M)
programs(np.sum, lambda x: np.sum(x, axis=1, where=MASK), M, exact=lambda x: np.sum(x * MASK, axis=1))
programs(np.cumsum, np.cumsum, M)
programs(np.cumsum, lambda x: np.cumsum(x, axis=-2), T)
programs(np.mean, np.mean, M, also_complex=True)
programs(np.mean, lambda x: np.mean(x, axis=0, keepdims=True), M)
programs(np.mean, lambda x: np.mean(x, axis=1, where=MASK), M, exact=lambda x: np.sum(x * MASK, axis=1) / 2)
programs(np.average, lambda x, w: np.average(x, weights=w, axis=1), M, np.abs(W) + 1)
programs(
    np.average, lambda x, w: joined(np.average(x, weights=w, returned=True)), V, np.abs(W) + 1,
    exact=lambda x, w: np.array([np.sum(x * w) / np.sum(w), np.sum(w)]),
)  # fmt: skip
programs(np.var, np.var, M)
programs(np.var, lambda x: np.var(x, axis=1, ddof=1, keepdims=True), M)
programs(
    np.var, np.var, V + 1j * W,
    exact=lambda z: np.var(elements(lambda c: c.real)(z)) + np.var(elements(lambda c: c.imag)(z)),
)  # fmt: skip
programs(np.std, np.std, M, exact=deviation)
programs(np.std, lambda x: np.std(x, axis=1, ddof=1), M, exact=lambda x: deviation(x, 1, 1))
programs(np.ptp, lambda x: np.ptp(x, axis=1), M)
programs(np.diff, lambda x: np.diff(x, n=2), N)
programs(np.diff, lambda x, y: np.diff(x, axis=0, prepend=y, append=1.0), M, V[None])
programs(np.prod, np.prod, M, also_complex=True)
programs(np.prod, lambda x: np.prod(x, axis=(0, 2), keepdims=True, initial=2.0), T)
programs(
    np.prod,
    lambda x: np.prod(x, axis=1, where=MASK),
    M,
    exact=lambda x: np.prod(np.where(MASK, x, 1), axis=1),
)
programs(np.cumprod, np.cumprod, M, also_complex=True)
programs(np.cumprod, lambda x: np.cumprod(x, axis=1), M)
programs(np.max, np.max, M)
programs(np.max, lambda x: np.max(x, axis=0, keepdims=True), M)
programs(np.min, lambda x: np.min(x, axis=1, initial=0.0), M)
programs(np.maximum.accumulate, lambda x: np.maximum.accumulate(x, axis=1), N)
programs(np.median, np.median, M, exact=lambda x: np.mean(np.sort(x, axis=None)[2:4]))
programs(np.median, lambda x: np.median(x, axis=1, keepdims=True), M, exact=lambda x: np.sort(x)[:, 1:2])
programs(np.nansum, lambda x: np.nansum(np.where(NUMBERS, x, np.nan)), M)
programs(np.nanprod, lambda x: np.nanprod(np.where(NUMBERS, x, np.nan), axis=1), M)
programs(
    np.nanmax, lambda x: np.nanmax(np.where(NUMBERS, x, np.nan), axis=1), M,
    exact=lambda x: np.array([np.max(row[keep]) for row, keep in zip(x, NUMBERS, strict=True)]),
)  # fmt: skip
programs(np.nanmin, lambda x: np.nanmin(np.where(NUMBERS, x, np.nan)), M, exact=lambda x: np.min(x[NUMBERS]))
programs(
    np.nanmean, lambda x: np.nanmean(np.where(NUMBERS, x, np.nan), axis=0), M,
    exact=lambda x: np.array([np.mean(row[keep]) for row, keep in zip(x.T, NUMBERS.T, strict=True)]),
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------------
# Contractions
# ------------------------------------------------------------------------------------------------------------

programs(contraction.matmul, contraction.matmul, M, S, also_complex=True)
programs(contraction.matmul, contraction.matmul, V, S, also_complex=True)
programs(contraction.matmul, contraction.matmul, M, V, also_complex=True)
programs(contraction.matmul, contraction.matmul, V, W, also_complex=True)
programs(contraction.matmul, contraction.matmul, T, T[0, :2] / 4 + np.eye(2))
programs(contraction.matmul, contraction.matmul, T, V[:2])
programs(contraction.matmul, contraction.matmul, V, T)
programs(
    contraction.einsum, lambda a, b: contraction.einsum(a, b, subscripts="ij,kj->ki"), M, S, also_complex=True
)
programs(contraction.einsum, lambda a: contraction.einsum(a, subscripts="iij->j"), np.stack([M[:, :2]] * 2))
programs(
    elementwise.strong_multiply, elementwise.strong_multiply, V, W,
    exact=lambda x, y: x * y, also_complex=True,
)  # fmt: skip
programs(
    elementwise.carried, elementwise.carried, V, W, exact=lambda x, y: x * y, also_complex=True,
)  # fmt: skip
programs(np.einsum, lambda a, b: np.einsum("ij,j", a, b), M, V, also_complex=True)
programs(np.einsum, lambda a, b, c: np.einsum("ij,jk,ik->", a, b, c), M, S, M[::-1])
programs(np.einsum, lambda a, b: np.einsum("...i,ij->...j", a, b), T, M[:, :2])
programs(np.einsum, lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), M, S)
programs(np.einsum, lambda a: np.einsum("ii->i", a), S)
programs(np.dot, np.dot, M, S, also_complex=True)
programs(np.dot, np.dot, M, T.transpose(0, 1, 2), also_complex=False)
programs(np.inner, np.inner, M, S, also_complex=True)
programs(np.outer, np.outer, V, M, also_complex=True)
programs(np.linalg.outer, np.linalg.outer, V, W)
programs(np.vdot, np.vdot, M, M[::-1] + 1, also_complex=True)
programs(np.vecdot, np.vecdot, M, S[:2], also_complex=True)
programs(np.linalg.vecdot, lambda x, y: np.linalg.vecdot(x, y, axis=0), M, S[:2])
programs(
    np.tensordot, lambda a, b: np.tensordot(a, b, ((1, 2), (1, 0))), T, M.reshape(2, 3, 1), also_complex=True
)
programs(np.tensordot, lambda a, b: np.tensordot(a, b, 1), M, S)
programs(np.linalg.tensordot, lambda a, b: np.linalg.tensordot(a, b, axes=0), V, W)
programs(np.kron, np.kron, M, S[:2], also_complex=True)
programs(np.kron, np.kron, V, S)
programs(np.cross, np.cross, V, W, also_complex=True)
programs(np.cross, lambda a, b: np.cross(a, b, axis=0), S, W[:, None])
programs(np.linalg.cross, np.linalg.cross, V, S)
programs(np.linalg.matmul, np.linalg.matmul, M, S)
if hasattr(np, "matvec"):
    programs(np.matvec, np.matvec, T, M[:, :2], also_complex=True)
    programs(np.vecmat, np.vecmat, M, T, also_complex=True)
for mode in ("full", "valid"):
    programs(contraction.convolve_, lambda a, b, kind=mode: contraction.convolve_(a, b, mode=kind), N[0], V)
programs(np.linalg.multi_dot, lambda a, b, c: np.linalg.multi_dot([a, b, c]), M, S, V)
for mode in ("full", "same", "valid"):
    programs(
        np.convolve, lambda a, b, kind=mode: np.convolve(a, b, kind), N[0], V, also_complex=mode == "full"
    )

# ------------------------------------------------------------------------------------------------------------
# Linear algebra, against mpmath's
# ------------------------------------------------------------------------------------------------------------


def on_matrices(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of mpmath's matrices as one of stacks of object arrays."""

    def run(a: Any, *others: Any) -> Any:
        if np.ndim(a) > 2:
            return np.stack([run(part, *others) for part in a])
        found = f(mpmath.matrix(a.tolist()), *others)
        if not isinstance(found, mpmath.matrix):
            return found
        return np.array(found.tolist(), dtype=object).reshape(found.rows, found.cols)

    return run


def hermitian(a: Any, upper: bool = False) -> Any:
    """The Hermitian matrix of which functions read one triangle, and of the diagonal the real part."""
    n = len(a)
    read = np.array([[a[i, j] if (i < j if upper else i > j) else 0 for j in range(n)] for i in range(n)])
    return read + np.conjugate(read).T + np.diag([mpmath.re(a[i, i]) for i in range(n)])


def solved(a: Any, b: Any) -> Any:
    columns = b.reshape(len(b), -1)
    found = [mpmath.lu_solve(mpmath.matrix(a.tolist()), mpmath.matrix(c.tolist())) for c in columns.T]
    return np.stack([np.array(list(c), dtype=object) for c in found], axis=-1).reshape(b.shape)


def eigenvalues(a: Any) -> Any:
    h = mpmath.matrix(hermitian(a).tolist())
    w = mpmath.eighe(h, eigvals_only=True)
    return np.array([mpmath.re(x) for x in w], dtype=object)


def eigenvectors(a: Any, upper: bool = False) -> Any:
    _, v = mpmath.eighe(mpmath.matrix(hermitian(a, upper).tolist()))
    return np.array(v.tolist(), dtype=object).reshape(v.rows, v.cols)


def upright(v: Any) -> Any:
    """Real eigenvectors with a positive first component."""
    return v * np.where(v[0] > 0, 1, -1)


def projectors(v: Any) -> Any:
    """What eigenvectors determine, whatever their phases."""
    return np.stack([np.outer(v[:, k], np.conjugate(v[:, k])) for k in range(v.shape[1])])


def singular_values(a: Any) -> Any:
    """From the largest to the smallest."""
    return root(eigenvalues(a @ np.conjugate(a).T if a.shape[0] < a.shape[1] else np.conjugate(a).T @ a))[
        ::-1
    ]


def modulus(x: Any) -> Any:
    return elements(mpmath.fabs)(x)


inverse = on_matrices(mpmath.inverse)
determinant = on_matrices(mpmath.det)
factor = on_matrices(lambda a: mpmath.cholesky(a))
stacked = np.stack([S, P])
hermite = P + 0.25j * np.triu(N[:, :3], 1) - 0.25j * np.triu(N[:, :3], 1).T

programs(linalg.inv, linalg.inv, S, exact=inverse, also_complex=True)
programs(linalg.inv, linalg.inv, stacked, exact=inverse)
programs(linalg.solve, linalg.solve, S, N, exact=solved, also_complex=True)
programs(np.linalg.solve, np.linalg.solve, S, V, exact=solved, also_complex=True)
programs(np.linalg.solve, np.linalg.solve, S, N, exact=solved)
programs(
    np.linalg.solve, np.linalg.solve, stacked, V,
    exact=lambda a, b: np.stack([solved(part, b) for part in a]),
)  # fmt: skip
programs(
    np.linalg.solve, np.linalg.solve, stacked, N,
    exact=lambda a, b: np.stack([solved(part, b) for part in a]),
)  # fmt: skip
programs(linalg.det, linalg.det, S, exact=determinant, also_complex=True)
programs(linalg.det, linalg.det, stacked, exact=lambda a: np.array([determinant(part) for part in a]))
programs(linalg.det, linalg.det, np.outer(V, W) + np.outer(W, V), exact=determinant)
for slogdet in (linalg.slogdet, np.linalg.slogdet):
    programs(
        slogdet, lambda a, f=slogdet: f(a)[1], S,
        exact=lambda a: mpmath.log(mpmath.fabs(determinant(a))), also_complex=True,
    )  # fmt: skip
    programs(
        slogdet, lambda a, f=slogdet: f(a)[0], S + 0.5j * P,
        exact=lambda a: determinant(a) / mpmath.fabs(determinant(a)),
    )  # fmt: skip
for upper in (False, True):
    for matrix in (P, hermite):
        programs(
            linalg.one_triangle, lambda a, upper=upper: linalg.one_triangle(a, not upper), matrix,
            exact=lambda a, upper=upper: hermitian(a, upper),
        )  # fmt: skip
        programs(
            np.linalg.cholesky, lambda a, upper=upper: np.linalg.cholesky(a, upper=upper), matrix,
            exact=lambda a, upper=upper: np.conjugate(factor(hermitian(a, True))).T if upper else factor(hermitian(a)),
        )  # fmt: skip
programs(
    linalg.cholesky_lower, lambda a: linalg.cholesky_lower(linalg.one_triangle(a, True)), P,
    exact=lambda a: factor(hermitian(a)),
)  # fmt: skip
programs(
    eigen.undetermined,
    lambda x: eigen.undetermined(x, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])),
    M,
    exact=lambda x: x * np.array([[0, 1, 1], [1, 0, 1]]),
)
programs(eigen.values_, lambda a: eigen.decomposed(a, "L", 0.0)[0], P, exact=eigenvalues)
programs(
    eigen.eigh_, lambda a: upright(eigen.eigh_(linalg.one_triangle(a, True), True, 0.0)[1]), P,
    exact=lambda a: upright(eigenvectors(a)),
)  # fmt: skip
programs(np.linalg.eigh, lambda a: upright(np.linalg.eigh(a)[1]), P, exact=lambda a: upright(eigenvectors(a)))
programs(
    np.linalg.eigh, lambda a: projectors(np.linalg.eigh(a, "U")[1]), hermite,
    exact=lambda a: projectors(eigenvectors(a, True)), bound=48, why="of the gap between two eigenvalues",
)  # fmt: skip
programs(np.linalg.eigvalsh, np.linalg.eigvalsh, P, exact=eigenvalues)
for exponent in (0, 1, 3, 6, -2):
    programs(
        np.linalg.matrix_power, lambda a, n=exponent: np.linalg.matrix_power(a, n), S,
        exact=on_matrices(lambda a, n=exponent: a**n),
    )  # fmt: skip
programs(np.linalg.norm, np.linalg.norm, M, exact=length, also_complex=True)
programs(np.linalg.norm, lambda x: np.linalg.norm(x, axis=1), M, exact=lambda x: length(x, 1))
programs(
    np.linalg.norm, lambda x: np.linalg.norm(x, 1), V, exact=lambda x: np.sum(modulus(x)), also_complex=True
)
programs(
    np.linalg.norm, lambda x: np.linalg.norm(x, 3), V, exact=lambda x: mpmath.cbrt(np.sum(modulus(x) ** 3))
)
programs(np.linalg.norm, lambda x: np.linalg.norm(x, np.inf), V, exact=lambda x: np.max(modulus(x)))
programs(np.linalg.norm, lambda x: np.linalg.norm(x, -np.inf), V, exact=lambda x: np.min(modulus(x)))
programs(np.linalg.norm, lambda x: np.linalg.norm(x, 0) + x[0], V, exact=lambda x: 3 + x[0])
programs(
    np.linalg.norm, lambda x: np.linalg.norm(x, 1), N, exact=lambda x: np.max(np.sum(modulus(x), axis=0))
)
programs(
    np.linalg.norm, lambda x: np.linalg.norm(x, -1), N, exact=lambda x: np.min(np.sum(modulus(x), axis=0))
)
programs(
    np.linalg.norm, lambda x: np.linalg.norm(x, np.inf), N, exact=lambda x: np.max(np.sum(modulus(x), axis=1))
)
programs(linalg.pick, lambda s: linalg.pick(s * s, 0) * linalg.pick(s, 2), V[::-1])
programs(np.linalg.norm, lambda x: np.linalg.norm(x, 2), N, exact=lambda x: singular_values(x)[0])
programs(np.linalg.norm, lambda x: np.linalg.norm(x, -2), N, exact=lambda x: singular_values(x)[-1])
programs(np.linalg.norm, lambda x: np.linalg.norm(x, "nuc"), N, exact=lambda x: np.sum(singular_values(x)))
programs(
    np.linalg.norm, lambda x: np.linalg.norm(x, "fro", axis=(0, 2), keepdims=True), T,
    exact=lambda x: root(np.sum(x * x, axis=(0, 2), keepdims=True)),
)  # fmt: skip
programs(np.linalg.vector_norm, np.linalg.vector_norm, M, exact=length)
programs(
    np.linalg.vector_norm, lambda x: np.linalg.vector_norm(x, axis=0, ord=1), M,
    exact=lambda x: np.sum(modulus(x), axis=0),
)  # fmt: skip
programs(np.linalg.matrix_norm, np.linalg.matrix_norm, T, exact=lambda x: length(x, (1, 2)))

# ------------------------------------------------------------------------------------------------------------
# Elementwise compositions that give several values, or that depend on options
# ------------------------------------------------------------------------------------------------------------

Z = V + 1j * W

programs(np.absolute, np.absolute, Z, exact=modulus)
programs(np.real, np.real, Z, exact=elements(lambda z: z.real))
programs(np.real, lambda x: np.real(x) * x, V)
programs(np.imag, np.imag, Z, exact=elements(lambda z: z.imag))
programs(np.imag, lambda x: np.imag(x) + x, V, exact=lambda x: x)
programs(np.sign, np.sign, Z, exact=elements(mpmath.sign))
programs(np.sign, lambda x: np.sign(x) * x, V)
programs(np.angle, np.angle, Z, exact=elements(mpmath.arg))
programs(
    np.angle, lambda z: np.angle(z, deg=True), Z, exact=lambda z: elements(mpmath.arg)(z) * 180 / mpmath.pi
)
programs(np.real_if_close, np.real_if_close, V + 1e-20j * W, exact=elements(lambda z: z.real))
programs(np.real_if_close, np.real_if_close, Z, exact=lambda z: z)
programs(
    np.divmod, lambda x, y: joined(np.divmod(x, y)), V, W, exact=lambda x, y: joined([V // W, x - V // W * y])
)
programs(np.modf, lambda x: joined(np.modf(x)), V, exact=lambda x: joined([x - np.trunc(V), np.trunc(V)]))
programs(
    np.ldexp,
    lambda x: np.ldexp(x, np.array([3, -2, 0])),
    V,
    exact=lambda x: x * np.array([8, mpmath.mpf(0.25), 1]),
)
programs(np.frexp, lambda x: np.frexp(x)[0], V, exact=lambda x: x / np.exp2(np.frexp(V)[1]))
programs(np.clip, lambda x: np.clip(x, -1.0, 1.0), M)
programs(np.clip, lambda x, low: np.clip(x, low, None), M, W)
if np.lib.NumpyVersion(np.__version__) >= "2.1.0":  # names of the array API
    programs(np.clip, lambda x: np.clip(x, max=1.0), M)
programs(
    np.nan_to_num, lambda x: np.nan_to_num(x + np.array([0, np.nan, np.inf]), nan=3.0, posinf=5.0), V,
    exact=lambda x: np.array([x[0], mpmath.mpf(3), mpmath.mpf(5)]),
)  # fmt: skip
programs(np.round, lambda x: np.round(x, 1) * x, V, exact=lambda x: np.round(V, 1) * x)
programs(np.around, lambda x: np.around(x) * x, V, exact=lambda x: np.round(V) * x)

# ------------------------------------------------------------------------------------------------------------
# Piecewise constant functions, and facts about arrays: arguments only
# ------------------------------------------------------------------------------------------------------------

B = np.array([True, False, True])
I = np.array([6, 12, -9])
J = np.array([2, 1, 3])

CONSTANTS: dict[Any, tuple[Any, ...]] = {
    np.argsort: (M,), np.argmax: (M,), np.argmin: (M,), np.nanargmax: (NAN,), np.nanargmin: (NAN,),
    np.argpartition: (M, 1), np.searchsorted: (np.sort(V), W), np.digitize: (W, np.sort(V)),
    np.nonzero: (M,), np.flatnonzero: (M,), np.count_nonzero: (M,), np.argwhere: (M,), np.lexsort: (M,),
    np.any: (M,), np.all: (M,), np.floor: (M,), np.ceil: (M,), np.trunc: (M,), np.rint: (M,), elementwise.real_sign: (M,),
    np.floor_divide: (V, W), np.spacing: (V,), np.signbit: (V,), np.greater: (V, W),
    np.greater_equal: (V, W), np.less: (V, W), np.less_equal: (V, W), np.equal: (V, V), np.not_equal: (V, W),
    np.logical_and: (V, W), np.logical_or: (V, W), np.logical_xor: (V, W), np.logical_not: (V,),
    np.isfinite: (NAN,), np.isnan: (NAN,), np.isinf: (NAN,), np.isclose: (V, W), np.allclose: (V, W),
    np.isposinf: (NAN,), np.isneginf: (NAN,), np.fix: (M,), np.iscomplex: (Z,), np.isreal: (Z,),
    np.array_equal: (V, V), np.array_equiv: (V, W), np.array_repr: (V,), np.array_str: (V,),
    np.array2string: (V,), np.shape: (M,), np.ndim: (M,), np.size: (M,), np.iscomplexobj: (Z,),
    np.isrealobj: (M,), np.result_type: (V,), np.common_type: (V, Z), np.einsum_path: ("i,i->", V, V),
    np.may_share_memory: (V, W), np.shares_memory: (V, W),
    np.isnat: (np.array(["2026-11-20", "NaT"], dtype="datetime64[D]"),),
    np.bitwise_and: (I, J), np.bitwise_or: (I, J), np.bitwise_xor: (I, J), np.invert: (I,),
    np.left_shift: (I, J), np.right_shift: (I, J), np.bitwise_count: (I,), np.gcd: (I, J), np.lcm: (I, J),
    indexing.ordered_by_keys: (M, -1), indexing.last_of_each: (np.array([0, 2, 0, 1]), 3),
    eigen.real_row: (np.array([[0.5, 0.25 + 1j], [-2.0, 1.5]]), 1),
    eigen.largest_of_the_real: (np.array([[0.5, 0.25 + 1j], [-2.0, 1.5]]),),
    statistics._counts: (V, 3, None),
    sets._unique: (V, None, {}), sets._unique_values: (V,), sets._in_both: (V, W, False), sets._alone: (V,),
    statistics._places: (np.array([0.2, 0.6]), 4, "linear", np.float64),
    statistics._weighted_places: (np.array([0.4]), np.array([[1.0, 2.0, 3.0]]), "inverted_cdf"),
    padding._insert: (W, 1, V), padding._delete: (W, 1), elementwise._power_of_two: (V, I),
    elementwise._round: (M,), shaping.truncated: (M, int), interpolation._turns: (V, None, -1, 6.0), np.isin: (V, W), np.linalg.matrix_rank: (S,),
    np.ravel_multi_index: ((np.array([0, 1]), np.array([1, 2])), (2, 3)),
    np.unravel_index: (np.array([3, 5]), (2, 3)), np.diag_indices_from: (S,), np.tril_indices_from: (S,),
    **dict.fromkeys(of_numpy("in1d"), (V, W)), np.triu_indices_from: (S,), np.packbits: (I > 0,), np.unpackbits: (np.array([3, 9], dtype=np.uint8),),
}  # fmt: skip


def named_programs() -> list[tuple[str, Any, Program]]:
    """Every program, with the name of its function and its number, and the function."""
    found = []
    for function, programs in PROGRAMS.items():
        name = getattr(function, "name", None) or getattr(function, "__name__", str(function))
        found += [(f"{name}-{k}", function, program) for k, program in enumerate(programs)]
    return found


def leaves(out: Any) -> list[Any]:
    """The arrays of a value, which may be a tuple."""
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]
