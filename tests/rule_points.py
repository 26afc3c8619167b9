"""Points for every rule: where it is proved, and what it is proved against.

Elementwise functions come with a SymPy expression of the same function, whose derivatives are evaluated far
beyond double precision. Everything else comes as small programs, which are run on numbers of 60 digits too:
NumPy moves, adds and multiplies objects as it does floats, and for what it does not (``numpy.linalg``) the
table gives the same function in mpmath.

The tables are keyed by the NumPy function, or by the rule itself where it is one of hoad's own. A new rule
without an entry fails a test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

Point = tuple[Any, ...]


@dataclass(frozen=True)
class Elementwise:
    """A function of numbers: its expression at a point, the points, and the bounds on the error in ulp.

    ``arguments`` says which are differentiated. ``first`` and ``second`` bound the derivatives of those
    orders; where they are more than the usual, ``why`` names the reason.
    """

    function: Any
    expression: Callable[[Point], Callable[..., Any]]
    points: tuple[Point, ...]
    complex_points: tuple[Point, ...]
    arguments: tuple[int, ...]
    first: float
    second: float
    why: str


ELEMENTWISE: dict[Any, Elementwise] = {}
FIRST = 8.0
SECOND = 8.0


def elementwise_points(
    function: Any,
    expression: Any,
    *points: Any,
    also_complex: Any = (),
    by_point: bool = False,
    arguments: Any = None,
    first: float = FIRST,
    second: float = SECOND,
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
    np.cbrt, lambda x: x ** sp.Rational(1, 3), 1e-180, 1e-80, 1e-27, 1e-8, 0.3, 1.0, 2.75, 1e8, 1e80, 1e170
)
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
    np.sinc,
    lambda x: sp.sin(sp.pi * x) / (sp.pi * x),
    *both_signs(
        1e-200,
        1e-160,
        1e-80,
        1e-27,
        1e-9,
        1e-5,
        0.01,
        0.03,
        0.1,
        0.3,
        0.4,
        0.75,
        1.0,
        1.25,
        2.5,
        10.25,
        1000.75,
    ),
)
