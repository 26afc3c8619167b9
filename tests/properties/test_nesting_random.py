"""Second derivatives of random expressions: the four nestings agree with each other and with intervals.

The reference is a second-order Taylor arithmetic in two variables over mpmath's intervals. At 200 bits it
encloses the exact derivatives so tightly that their middle is the right answer. At 53 bits, with the last bit
of the arguments open, its width is what rounding can do to this expression at this point: the tolerance of
each comparison is computed and not chosen. (The bit is open since reverse mode rounds other products than the
intervals do: in ``(x**2 - x**2) / (1 + x*x)`` those of the partials, which then cancel only up to rounding.)
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import iv

import hoad

OPERATORS = {"forward": hoad.derivative, "reverse": hoad.grad}
FOUR_NESTINGS = list(itertools.product(OPERATORS, OPERATORS))
PAIRS = [(0, 0), (0, 1), (1, 1)]


# ------------------------------------------------------------------------------------------------------------
# The reference: value, gradient and Hessian in intervals
# ------------------------------------------------------------------------------------------------------------


EXACT = iv.mpf(1)


class Rounding:
    """What each product in a derivative is multiplied by: an interval around 1, of the width of rounding."""

    factor = EXACT


def rounded(product: Any) -> Any:
    """A product in a derivative, as exact as the arithmetic."""
    return product * Rounding.factor


@dataclass(frozen=True)
class Taylor:
    """A value with its first and second partial derivatives in x and y; ``second`` follows ``PAIRS``."""

    value: Any
    first: tuple[Any, Any]
    second: tuple[Any, Any, Any]

    def __add__(self, other: Any) -> Taylor:
        other = constant(other)
        return Taylor(
            self.value + other.value,
            tuple(a + b for a, b in zip(self.first, other.first, strict=True)),
            tuple(a + b for a, b in zip(self.second, other.second, strict=True)),
        )

    def __neg__(self) -> Taylor:
        return Taylor(-self.value, tuple(-a for a in self.first), tuple(-a for a in self.second))

    def __sub__(self, other: Any) -> Taylor:
        return self + -constant(other)

    def __mul__(self, other: Any) -> Taylor:
        other = constant(other)
        a, b, da, db = self.value, other.value, self.first, other.first
        return Taylor(
            a * b,
            tuple(rounded(a * v) + rounded(u * b) for u, v in zip(da, db, strict=True)),
            tuple(
                rounded(a * theirs) + rounded(own * b) + rounded(da[i] * db[j]) + rounded(da[j] * db[i])
                for (i, j), own, theirs in zip(PAIRS, self.second, other.second, strict=True)
            ),
        )

    def __truediv__(self, other: Any) -> Taylor:
        other = constant(other)
        v = other.value
        return self * other.apply(1 / v, -1 / v**2, 2 / v**3)

    def __pow__(self, n: int) -> Taylor:
        v = self.value
        return self.apply(v**n, n * v ** (n - 1), n * (n - 1) * v ** (n - 2))

    def __radd__(self, other: Any) -> Taylor:
        return constant(other) + self

    def __rsub__(self, other: Any) -> Taylor:
        return constant(other) - self

    def __rmul__(self, other: Any) -> Taylor:
        return constant(other) * self

    def __rtruediv__(self, other: Any) -> Taylor:
        return constant(other) / self

    def apply(self, g: Any, slope: Any, curvature: Any) -> Taylor:
        """The composition with a function, given its value and derivatives here."""
        return Taylor(
            g,
            tuple(rounded(slope * u) for u in self.first),
            tuple(
                rounded(slope * own) + rounded(curvature * self.first[i] * self.first[j])
                for (i, j), own in zip(PAIRS, self.second, strict=True)
            ),
        )


def constant(value: Any) -> Taylor:
    return value if isinstance(value, Taylor) else Taylor(iv.mpf(value), (iv.mpf(0),) * 2, (iv.mpf(0),) * 3)


def elementary(orders: Callable[[Any], tuple[Any, Any, Any]]) -> Callable[[Any], Taylor]:
    """A function of ``Taylor`` from its value and first two derivatives."""
    return lambda u: constant(u).apply(*orders(constant(u).value))


def tanh_orders(u: Any) -> tuple[Any, Any, Any]:
    t = 1 - 2 / (iv.exp(2 * u) + 1)
    return t, 1 - t * t, -2 * t * (1 - t * t)


INTERVALS = SimpleNamespace(
    sin=elementary(lambda u: (iv.sin(u), iv.cos(u), -iv.sin(u))),
    cos=elementary(lambda u: (iv.cos(u), -iv.sin(u), -iv.cos(u))),
    exp=elementary(lambda u: (iv.exp(u), iv.exp(u), iv.exp(u))),
    log=elementary(lambda u: (iv.log(u), 1 / u, -1 / u**2)),
    sqrt=elementary(lambda u: (iv.sqrt(u), 1 / (2 * iv.sqrt(u)), -1 / (4 * iv.sqrt(u) * u))),
    tanh=elementary(tanh_orders),
)


def enclosures(program: Any, x: float, y: float, bits: int, ulps: float = 0.0) -> list[Any]:
    """Intervals around the value, f_x, f_y, f_xx, f_xy and f_yy, with arithmetic of so many bits, for
    arguments that are known to so many units in the last place.
    """
    before = iv.prec
    iv.prec = bits
    try:
        zero, one = iv.mpf(0), iv.mpf(1)
        steps = [ulps * np.spacing(abs(v)) * (v != 0) for v in (x, y)]
        wide = [iv.mpf([v - step, v + step]) for v, step in zip((x, y), steps, strict=True)]
        of_x = Taylor(wide[0], (one, zero), (zero,) * 3)
        of_y = Taylor(wide[1], (zero, one), (zero,) * 3)
        Rounding.factor = iv.mpf([1 - ulps * 2.0**-53, 1 + ulps * 2.0**-53]) if ulps else EXACT
        result = constant(program(INTERVALS, of_x, of_y))
    finally:
        iv.prec = before
        Rounding.factor = EXACT
    return [result.value, *result.first, *result.second]


def exact_and_tolerance(program: Any, x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    """The exact value and derivatives, and four times what rounding to 53 bits can do to them."""
    coarse, fine = enclosures(program, x, y, 53, ulps=1.0), enclosures(program, x, y, 200)
    exact = np.array([float(interval.mid) for interval in fine])
    widths = np.array([float(interval.delta) for interval in coarse])
    assume(np.all(np.isfinite(exact)) and np.max(np.abs(exact)) < 1e9)
    return exact, 4 * (widths + np.spacing(np.abs(exact)) * (exact != 0))


# ------------------------------------------------------------------------------------------------------------
# Random expressions
# ------------------------------------------------------------------------------------------------------------

LEAVES = ["x", "y", "0.5", "1.75", "3.0"]
ONE_PART = [
    "m.sin({0})",
    "m.cos({0})",
    "m.exp({0} * 0.25)",
    "m.tanh({0})",
    "m.sqrt(1 + {0} * {0})",
    "m.log(2 + m.sin({0}))",
    "({0}) ** 2",
    "({0}) ** 3",
    "-{0}",
]
TWO_PARTS = ["({0} + {1})", "({0} - {1})", "({0} * {1})", "({0} / (1 + {1} * {1}))", "m.tanh({0} * {1})"]


def grow(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.builds(str.format, st.sampled_from(ONE_PART), parts)
    two = st.builds(str.format, st.sampled_from(TWO_PARTS), parts, parts)
    return one | two


PARTS = st.recursive(st.sampled_from(LEAVES), grow, max_leaves=8)
EXPRESSIONS = st.builds(str.format, st.sampled_from(TWO_PARTS), PARTS, PARTS)
COORDINATES = st.integers(-16, 16).map(lambda eighths: eighths / 8)
EXAMPLES = int(os.environ.get("HOAD_EXAMPLES", "500"))  # make fuzz takes 10**5
BOUNDED = settings(derandomize=True, database=None, deadline=None, max_examples=EXAMPLES)


def compiled(text: str) -> Any:
    """The expression as a function of (m, x, y), where m is NumPy or ``INTERVALS``."""
    return eval(f"lambda m, x, y: {text}")


@BOUNDED
@given(EXPRESSIONS, COORDINATES, COORDINATES)
def test_hessian_in_every_mode(text: str, x: float, y: float) -> None:
    program = compiled(text)
    exact, tolerance = exact_and_tolerance(program, x, y)
    full = [[3, 4], [4, 5]]
    for mode in hoad.operators.hessians.MODES:
        got = hoad.hessian(lambda z: 1.0 * program(np, z[0], z[1]), np.array([x, y]), mode=mode)
        assert np.all(np.abs(got - exact[full]) <= tolerance[full]), (mode, got, exact[full])


@BOUNDED
@given(EXPRESSIONS, COORDINATES, COORDINATES)
def test_mixed_derivative_of_a_closure(text: str, x: float, y: float) -> None:
    """d/dx d/dy f: the inner function closes over the outer variable, in whatever part of the expression."""
    program = compiled(text)
    exact, tolerance = exact_and_tolerance(program, x, y)
    for outer, inner in FOUR_NESTINGS:
        D, E = OPERATORS[outer], OPERATORS[inner]
        got = D(lambda x, E=E: E(lambda y: 1.0 * program(np, x, y), y), x)
        assert abs(got - exact[4]) <= tolerance[4], (outer, inner, got, exact[4])


@BOUNDED
@given(EXPRESSIONS, COORDINATES)
def test_inner_point_that_depends_on_the_outer_variable(text: str, x: float) -> None:
    """d/dx [f_y(x, g(x))] = f_xy + f_yy g', for g(x) = x / 2 + 1 / 4."""
    program = compiled(text)
    exact, tolerance = exact_and_tolerance(program, x, 0.5 * x + 0.25)
    right, allowed = exact[4] + 0.5 * exact[5], tolerance[4] + tolerance[5]
    for outer, inner in FOUR_NESTINGS:
        D, E = OPERATORS[outer], OPERATORS[inner]
        got = D(lambda x, E=E: E(lambda y: 1.0 * program(np, x, y), 0.5 * x + 0.25), x)
        assert abs(got - right) <= allowed, (outer, inner, got, right)
