"""A museum of perturbation confusion: programs whose nested derivatives are easily mistaken for one another.

Each exhibit is a program over derivative operators: ``D`` outside, ``E`` inside, ``F`` inside that. It is run
with every choice of forward and reverse for each of them. Beside it hang two numbers: the ``right`` answer,
found by hand, and the ``tagless`` one, which is what dual numbers give when all perturbations share one
epsilon. The wrong number is not hearsay: the little class ``Tagless`` computes it, and a test compares.

Sources:

* J. M. Siskind, B. A. Pearlmutter: Perturbation confusion and referential transparency: correct functional
  implementation of forward-mode AD. Implementation and Application of Functional Languages, Dublin, 2005.
* J. M. Siskind, B. A. Pearlmutter: Nesting forward-mode AD in a functional framework. Higher-Order and
  Symbolic Computation 21 (4), 361-376, 2008.
* O. Manzyuk, B. A. Pearlmutter, A. A. Radul, D. R. Rush, J. M. Siskind: Perturbation confusion in forward
  automatic differentiation of higher-order functions. Journal of Functional Programming 29, e12, 2019
  (arXiv 1211.4892, 2012).
* Issues 83, 238, 313, 423, 443 and 845 of ForwardDiff.jl, 45 of ReverseDiff.jl, 37 of ForwardDiff2.jl, 132 of
  SparseDiffTools.jl.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import math
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import hoad

OPERATORS = {"forward": hoad.derivative, "reverse": hoad.grad}
MODES = ["forward", "reverse"]
FOUR_NESTINGS = list(itertools.product(MODES, MODES))
SPELLINGS = {
    "jvp": lambda f, x: hoad.jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f, x: only(hoad.vjp(f, x)[1](1.0)),
    "jacobian, forward": lambda f, x: hoad.jacobian(f, x, mode="forward"),
    "jacobian, reverse": lambda f, x: hoad.jacobian(f, x, mode="reverse"),
    "derivatives": lambda f, x: hoad.derivatives(f, x, 1)[1],
    "value_and_grad": lambda f, x: hoad.value_and_grad(f, x)[1],
    "gradient": hoad.gradient,
    "elementwise_grad": hoad.elementwise_grad,
    "prime": lambda f, x: hoad.prime(f)(x),
    "differentiable.prime": lambda f, x: hoad.differentiable(f).prime(x),
}


def only(cotangents: Any) -> Any:
    """The one cotangent of a pullback, whether it comes alone or in a tuple."""
    return cotangents[0] if isinstance(cotangents, tuple) else cotangents


def assert_within_ulps(got: Any, right: Any, ulps: float = 4) -> None:
    """Compare plain floats with an exact answer, in units in the last place of the largest entry."""
    assert isinstance(got, float | np.ndarray), f"not a plain number: {got!r}"
    got, right = np.asarray(got), np.asarray(right, dtype=float)
    assert got.dtype == np.float64
    assert got.shape == right.shape
    assert np.max(np.abs(got - right)) <= ulps * np.spacing(np.max(np.abs(right))), (got, right)


# ------------------------------------------------------------------------------------------------------------
# Dual numbers without tags, which give the wrong answers of the museum
# ------------------------------------------------------------------------------------------------------------


class Tagless:
    """``a + b e`` with one e for everybody: right for one derivative, wrong for two that meet."""

    def __init__(self, primal: Any, tangent: Any) -> None:
        self.primal, self.tangent = primal, tangent

    def __add__(self, other: Any) -> Tagless:
        primal, tangent = untagged(other)
        return Tagless(self.primal + primal, self.tangent + tangent)

    def __mul__(self, other: Any) -> Tagless:
        primal, tangent = untagged(other)
        return Tagless(self.primal * primal, self.tangent * primal + self.primal * tangent)

    __radd__ = __add__
    __rmul__ = __mul__

    def __float__(self) -> float:
        return float(self.primal)

    def __gt__(self, other: Any) -> bool:
        return float(self) > float(other)

    def sin(self) -> Tagless:
        return Tagless(np.sin(self.primal), self.tangent * np.cos(self.primal))

    def cos(self) -> Tagless:
        return Tagless(np.cos(self.primal), -1.0 * self.tangent * np.sin(self.primal))

    def exp(self) -> Tagless:
        return Tagless(np.exp(self.primal), self.tangent * np.exp(self.primal))


def untagged(value: Any) -> tuple[Any, Any]:
    return (value.primal, value.tangent) if isinstance(value, Tagless) else (value, 0.0)


def epsilon_of(value: Any) -> Any:
    """The coefficient of e; of a function, the function that reads it off each result."""
    if callable(value):
        return lambda *args: epsilon_of(value(*args))
    return untagged(value)[1]


def tagless(f: Callable[[Any], Any], x: Any) -> Any:
    return epsilon_of(f(Tagless(x, 1.0)))


# ------------------------------------------------------------------------------------------------------------
# How an exhibit is hung
# ------------------------------------------------------------------------------------------------------------

Program = Callable[..., Any]


@dataclass(frozen=True)
class Exhibit:
    """A program over derivative operators, its right answer, and its answer without tags.

    ``curried`` programs hand their outermost operator a function whose values are functions.
    """

    program: Program
    right: float
    tagless: float
    curried: bool

    @property
    def levels(self) -> int:
        return len(inspect.signature(self.program).parameters)

    def nestings(self) -> Iterator[tuple[str, ...]]:
        """Every choice of modes, from the outermost operator to the innermost."""
        return itertools.product(MODES, repeat=self.levels)


MUSEUM: list[Exhibit] = []


def exhibit(right: float, tagless: float, curried: bool = False) -> Callable[[Program], Program]:
    """Hang a program in the museum, beside its right answer and the answer without tags."""

    def hang(program: Program) -> Program:
        MUSEUM.append(Exhibit(program, right, tagless, curried))
        return program

    return hang


# ------------------------------------------------------------------------------------------------------------
# First room: the inner function closes over the outer variable
# ------------------------------------------------------------------------------------------------------------


@exhibit(right=1, tagless=2)
def siskind_pearlmutter_2005(D, E):
    """d/dx [x d/dy (x + y)] = d/dx [x 1]. Without tags x + y is 2 + 2e. Also issue 83 of ForwardDiff.jl."""
    return D(lambda x: x * E(lambda y: x + y, 1.0), 1.0)


@exhibit(right=8, tagless=5)
def reversediff_issue_45(D, E):
    """d/dx [x d/dy (x y)] = d/dx x^2 = 8 at x = 4. Without tags (4 + e)(1 + e) = 4 + 5e: d/dx [x 5] = 5."""
    return D(lambda x: x * E(lambda y: x * y, 1.0), 4.0)


@exhibit(right=0, tagless=1)
def nothing_to_differentiate(D, E):
    """d/dx [x d/dy x] = d/dx [x 0]: y does not occur. Without tags the e of x is taken for that of y."""
    return D(lambda x: x * E(lambda y: x, 1.0), 1.0)


@exhibit(right=24, tagless=16)
def square_inside(D, E):
    """d/dx [x d/dy (x y y) at y = 2] = d/dx 4x^2 = 8x at x = 3. Without tags (3 + e)(2 + e)^2 = 12 + 16e."""
    return D(lambda x: x * E(lambda y: x * y * y, 2.0), 3.0)


@exhibit(right=24, tagless=28)
def inner_point_is_the_outer_variable(D, E):
    """d/dx [x d/dy (x y y) at y = x] = d/dx 2x^3 = 6x^2 at x = 2. Without tags 2x^2 comes out as 12 + 8e."""
    return D(lambda x: x * E(lambda y: x * y * y, x), 2.0)


@exhibit(
    right=2 * 0.75 * math.cos(0.75**2) - 2 * 0.75**3 * math.sin(0.75**2),
    tagless=3 * 0.75 * math.cos(0.75**2) - 2 * 0.75**3 * math.sin(0.75**2),
)
def sine_of_the_product(D, E):
    """d/dx [x d/dy sin(x y) at y = x] = d/dx [x^2 cos x^2] = 2x cos x^2 - 2x^3 sin x^2. Tagless: 3x cos."""
    return D(lambda x: x * E(lambda y: np.sin(x * y), x), 0.75)


@exhibit(right=1, tagless=6)
def confusion_takes_the_other_branch(D, E):
    """The inner derivative is x = 3, so f is x. Without tags it is 4 > 3.5, and f is x^2, with slope 6."""
    return D(lambda x: x * x if E(lambda y: x * y, 1.0) > 3.5 else x, 3.0)


@exhibit(right=1, tagless=2)
def forwarddiff_issue_313(D, E):
    """One callable class plays both functions: a tag made from the function's type is the same for both."""

    class Confuse:
        def __init__(self, outer, x):
            self.outer, self.x = outer, x

        def __call__(self, y):
            return y * E(Confuse(False, y), 1.0) if self.outer else self.x + y

    return D(Confuse(True, 0.0), 1.0)


# ------------------------------------------------------------------------------------------------------------
# Second room: three levels and more
# ------------------------------------------------------------------------------------------------------------


@exhibit(right=1, tagless=3)
def three_sums(D, E, F):
    """d/dx [x d/dy [y d/dz (x + y + z)]] = 1. Without tags the innermost answer is 3."""
    return D(lambda x: x * E(lambda y: y * F(lambda z: x + y + z, 1.0), 1.0), 1.0)


@exhibit(right=1, tagless=0)
def mixed_third_derivative(D, E, F):
    """d/dx d/dy d/dz (x y z) = 1. Without tags the innermost level spends the only e: nothing is left."""
    return D(lambda x: E(lambda y: F(lambda z: x * y * z, 5.0), 3.0), 2.0)


@exhibit(right=5, tagless=0)
def outermost_meets_innermost(D, E, F):
    """d/dx d/dy [y d/dz (x z z) at z = 2.5] = d/dx 5x: x and z meet two levels apart."""
    return D(lambda x: E(lambda y: y * F(lambda z: x * z * z, 2.5), 3.0), 2.0)


@exhibit(right=108, tagless=44)
def recursion(D, E):
    """f_n(x) = d/dy [y y f_(n-1)(x y)] at 1 is 3^n x, by one line at all depths; d/dx [x f_3] is 108 at 2."""

    def f(n, x):
        return x if n == 0 else E(lambda y: y * y * f(n - 1, x * y), 1.0)

    return D(lambda x: x * f(3, x), 2.0)


# ------------------------------------------------------------------------------------------------------------
# Third room: values that outlive their level, and behave as their primal. A tag that is the depth of the call
# fails here too, because the next derivative has the depth of the one that is over
# ------------------------------------------------------------------------------------------------------------


@exhibit(right=3, tagless=8)
def leaked_variable(D, E):
    """d/dy (3 y) = 3. Without tags, or with the depth as the tag, (5 + e)(3 + e) = 15 + 8e."""
    kept = []
    D(lambda x: kept.append(x) or x, 3.0)
    return E(lambda y: y * kept[0], 5.0)


@exhibit(right=30, tagless=55)
def leaked_closure(D, E):
    """d/dy (3 y y) = 6y at y = 5. Without tags (3 + e)(5 + e)^2 = 75 + 55e."""
    kept = []
    D(lambda x: kept.append(lambda y: x * y) or x, 3.0)
    return E(lambda y: kept[0](y) * y, 5.0)


@exhibit(right=3, tagless=6)
def leaked_point(D, E):
    """The leaked x = 3 is both a factor and the point: d/dy (3 y) is 3, and a plain number."""
    kept = []
    D(lambda x: kept.append(x) or x, 3.0)
    return E(lambda y: y * kept[0], kept[0])


@exhibit(right=2, tagless=5)
def inner_variable_leaks_outwards(D, E):
    """After its derivative, y is the number 2: d/dx (x 2) = 2. Without tags (3 + e)(2 + e) = 6 + 5e."""
    kept = []

    def outer(x):
        E(lambda y: kept.append(y) or y, 2.0)
        return x * kept[0]

    return D(outer, 3.0)


@exhibit(right=12, tagless=21)
def inner_value_leaks_outwards(D, E):
    """After the derivative in y, x y is 2x, which still varies with x: d/dx (x 2x) = 4x at x = 3."""
    kept = []

    def outer(x):
        E(lambda y: kept.append(x * y) or y, 2.0)
        return x * kept[0]

    return D(outer, 3.0)


@exhibit(right=1, tagless=0)
def forwarddiff_issue_443(D, E):
    """The inner function rebinds x to x y, twice: at y = 1, d/dy (x y) = x. ForwardDiff.jl answers 2."""

    def outer(x):
        def inner(y):
            nonlocal x
            x = x * y
            return x

        E(inner, 1.0)
        return E(inner, 1.0)

    return D(outer, 1.0)


@exhibit(right=2, tagless=4)
def forwarddiff2_issue_37(D, E):
    """x = 2 becomes y x = 2 at y = 1, then d/dy (y x) = 2. Without tags (1 + e)(2 + 2e) = 2 + 4e."""
    x = 2.0

    def rescale(y):
        nonlocal x
        x = y * x
        return x

    D(rescale, 1.0)
    return E(rescale, 1.0)


@exhibit(right=9, tagless=39)
def stale_cache(D, E):
    """A cache that the first derivative filled with 3^2 is a constant of the second. Without tags 9 + 6e."""
    cache = {}

    def f(x):
        return cache.setdefault("scale", x * x) * x

    D(f, 3.0)
    return E(f, 5.0)


@exhibit(right=2, tagless=5)
def exception_in_the_inner_derivative(D, E):
    """The inner derivative dies after it has leaked y = 2; its level is over all the same: d/dx (x 2) = 2."""
    kept = []

    def broken(y):
        kept.append(y)
        raise ZeroDivisionError

    def outer(x):
        with contextlib.suppress(ZeroDivisionError):
            E(broken, 2.0)
        return x * kept[0]

    return D(outer, 3.0)


# ------------------------------------------------------------------------------------------------------------
# Fourth room: generators, whose frames are entered at one level and resumed at another
# ------------------------------------------------------------------------------------------------------------


def powers(x):
    """x, x^2, x^3, ..."""
    power = x
    while True:
        yield power
        power = power * x


@exhibit(right=12, tagless=16)
def generator_of_the_outer_level_advanced_inside(D, E):
    """x d/dy (y x^2) = x^3, with derivative 12 at x = 2. Without tags (3 + e)(4 + 4e) = 12 + 16e."""

    def outer(x):
        power = powers(x)
        next(power)
        return x * E(lambda y: y * next(power), 3.0)

    return D(outer, 2.0)


@exhibit(right=4, tagless=16)
def generator_of_the_inner_level_advanced_outside(D, E):
    """After the inner derivative, the generator goes on with y = 2, a number: d/dx (x 4) = 4."""
    kept = []

    def outer(x):
        E(lambda y: kept.append(powers(y)) or next(kept[0]), 2.0)
        return x * next(kept[0])

    return D(outer, 3.0)


@exhibit(right=12, tagless=9)
def generator_that_differentiates(D, E):
    """x (x + 2x), each slope from an inner derivative: 6x at x = 2. Without tags each d/dy (x y) is 3."""

    def slopes(x):
        for factor in (1.0, 2.0):
            yield factor * E(lambda y: x * y, 1.0)

    return D(lambda x: x * sum(slopes(x)), 2.0)


# ------------------------------------------------------------------------------------------------------------
# Fifth room: functions as results (Manzyuk et al.). D(f)(x) is a function, and each call of it is a new
# calculation. A tag drawn when D is applied, and not when its result is called, is shared by calls that nest,
# and gives the same zeros as no tag
# ------------------------------------------------------------------------------------------------------------


def shift(u):
    """Manzyuk's s: the operator that moves a function by u. Its derivative at u = 0 is the derivative."""
    return lambda f: lambda x: f(x + u)


def scale(u):
    """The operator that scales the argument; its derivative at u is f -> (x -> x f'(u x))."""
    return lambda f: lambda x: f(u * x)


def cube(x):
    return x * x * x


@exhibit(right=12, tagless=12, curried=True)
def derivative_operator_by_shift(D):
    """One use of D s 0 is the derivative: 3x^2 = 12 at x = 2, with tags or without."""
    return D(shift, 0.0)(cube)(2.0)


@exhibit(right=12, tagless=0, curried=True)
def amazing_bug(D):
    """With d = D s 0, d (d h) is h'': 6x = 12 at x = 2. With one e for both, h(2 + 2e) is read twice: 0."""
    d = D(shift, 0.0)
    return d(d(cube))(2.0)


@exhibit(right=6, tagless=0, curried=True)
def amazing_bug_three_deep(D):
    """d (d (d h)) is h''' = 6."""
    d = D(shift, 0.0)
    return d(d(d(cube)))(2.0)


@exhibit(right=12, tagless=0, curried=True)
def two_derivative_operators(D):
    """As above with an operator each: D is applied twice, so a tag per application does keep these apart."""
    return D(shift, 0.0)(D(shift, 0.0)(cube))(2.0)


@exhibit(right=math.exp(11), tagless=0, curried=True)
def shift_away_from_zero(D):
    """d = D s 3: d exp is x -> exp(x + 3), and d (d exp) at 5 is exp(5 + 3 + 3)."""
    d = D(shift, 3.0)
    return d(d(np.exp))(5.0)


@exhibit(right=390, tagless=0, curried=True)
def scale_of_shift(D):
    """(D s 3) h is x -> h'(x + 3), and (D scale 2) of that is x -> x h''(2x + 3) = 6x (2x + 3), at x = 5."""
    return D(scale, 2.0)(D(shift, 3.0)(cube))(5.0)


@exhibit(right=2304, tagless=0, curried=True)
def shift_of_scale(D):
    """(D scale 2) h is x -> x h'(2x) = 12x^3, and (D s 3) of that is x -> 36 (x + 3)^2, at x = 5."""
    return D(shift, 3.0)(D(scale, 2.0)(cube))(5.0)


@exhibit(right=12, tagless=12, curried=True)
def derivative_inside_the_shifted_function(D, E):
    """(D s 0) (E h) is h'' too. The e of the shift lies inside the inner point, so no harm is done."""
    return D(shift, 0.0)(lambda x: E(cube, x))(2.0)


@exhibit(right=12, tagless=0, curried=True)
def derivative_of_the_resulting_function(D, E):
    """E (D s 0 h) at 2 is h'': here the result of D is differentiated in its own argument."""
    return E(D(shift, 0.0)(cube), 2.0)


@exhibit(right=12, tagless=8, curried=True)
def resulting_function_over_an_outer_variable(D, E):
    """d/dx [x d/du (t -> u t x) at t = x] = d/dx x^3 = 12 at x = 2: x is closed over and is the argument."""
    return E(lambda x: x * D(lambda u: lambda t: u * t * x, 1.0)(x), 2.0)


@exhibit(right=27, tagless=27, curried=True)
def church_pair(D):
    """The pair (x, x^2), written as a function of what is to be done with it: d/dx (x x^2) = 27 at x = 3."""
    return D(lambda x: lambda use: use(x, x * x), 3.0)(lambda a, b: a * b)


@exhibit(right=27, tagless=21, curried=True)
def church_pair_with_a_derivative_inside(D, E):
    """The same x x^2, by a d/dy (b y). Without tags b y = (9 + 6e)(2 + e) = 18 + 21e."""
    return D(lambda x: lambda use: use(x, x * x), 3.0)(lambda a, b: a * E(lambda y: b * y, 2.0))


@exhibit(right=432, tagless=0, curried=True)
def function_of_functions_by_an_inner_derivative(D, E):
    """d/dx [g -> d/dy g(x y) at y = 2], given the cube: d/dx [x 3 (2x)^2] = 36x^2, at x = sqrt(12)."""
    return D(lambda x: lambda g: E(lambda y: g(x * y), 2.0), math.sqrt(12))(cube)


# ------------------------------------------------------------------------------------------------------------
# The tour
# ------------------------------------------------------------------------------------------------------------


def title(piece: Exhibit) -> str:
    return piece.program.__name__


@pytest.mark.parametrize(
    ("piece", "modes"),
    [
        pytest.param(piece, modes, id=f"{title(piece)}-{'-'.join(modes)}")
        for piece in MUSEUM
        for modes in piece.nestings()
    ],
)
def test_right_in_every_nesting(piece: Exhibit, modes: tuple[str, ...]) -> None:
    assert_within_ulps(piece.program(*[OPERATORS[mode] for mode in modes]), piece.right)


@pytest.mark.parametrize("piece", MUSEUM, ids=title)
def test_wrong_answer_without_tags(piece: Exhibit) -> None:
    assert float(piece.program(*[tagless] * piece.levels)) == pytest.approx(piece.tagless, rel=1e-14)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("piece", [piece for piece in MUSEUM if not piece.curried], ids=title)
def test_right_in_every_spelling(piece: Exhibit, spelling: str) -> None:
    assert_within_ulps(piece.program(*[SPELLINGS[spelling]] * piece.levels), piece.right)


# ------------------------------------------------------------------------------------------------------------
# Functions as results: what the table does not hold
# ------------------------------------------------------------------------------------------------------------


def test_second_derivative_of_a_function_valued_function() -> None:
    """d^2/du^2 sin(u x) = -x^2 sin(u x), as a function of x."""
    second = hoad.derivative(lambda u: lambda x: np.sin(u * x), 1.0, n=2)
    assert_within_ulps(second(1.5), -(1.5**2) * math.sin(1.5))


def test_all_orders_of_a_function_valued_function() -> None:
    """sin(u x), x cos(u x), -x^2 sin(u x), as functions of x; each gives plain numbers."""
    orders = hoad.derivatives(lambda u: lambda x: np.sin(u * x), 1.0, 2)
    right = [math.sin(0.5), 0.5 * math.cos(0.5), -0.25 * math.sin(0.5)]
    assert len(orders) == 3
    for order, answer in zip(orders, right, strict=True):
        assert_within_ulps(order(0.5), answer)


def test_value_and_derivative_of_a_function_valued_function() -> None:
    """The value beside the derivative is a function too, of plain numbers: 3^2 x and 6x at x = 2."""
    for value, slope in (
        hoad.jvp(lambda u: lambda x: u * u * x, (3.0,), (1.0,)),
        hoad.value_and_grad(lambda u: lambda x: u * u * x, 3.0),
    ):
        assert_within_ulps(value(2.0), 18.0)
        assert_within_ulps(slope(2.0), 12.0)


def test_each_call_of_a_resulting_function_is_a_fresh_calculation() -> None:
    calls = []

    def f(u):
        calls.append(u)
        return lambda x: u * x * x

    slope = hoad.derivative(f, 2.0)
    before = len(calls)
    assert [slope(3.0), slope(4.0), slope(3.0)] == [9.0, 16.0, 9.0]
    assert len(calls) == before + 3


def test_resulting_function_takes_several_arguments_and_keywords() -> None:
    slope = hoad.derivative(lambda u: lambda x, y, *, power=1: u**power * x + y, 3.0)
    assert slope(5.0, 7.0) == 5.0
    assert slope(5.0, 7.0, power=2) == 30.0


def test_resulting_function_called_in_a_derivative_of_its_own_making() -> None:
    """With d = D s 0 and g = d sin = cos, d [x -> g(x) d g(x)] is the derivative of -cos x sin x: -cos 2x."""
    d = hoad.derivative(shift, 0.0)
    g = d(np.sin)
    assert_within_ulps(d(lambda x: g(x) * d(g)(x))(0.25), -math.cos(0.5))


# ------------------------------------------------------------------------------------------------------------
# Gradients, Jacobians and Hessians that nest
# ------------------------------------------------------------------------------------------------------------


def gradient_by(mode: str) -> Callable[..., Any]:
    """The gradient in a given mode, as the Jacobian of a scalar."""
    return lambda f, x: hoad.jacobian(f, x, mode=mode)


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_forwarddiff_issue_83_gradient(outer: str, inner: str) -> None:
    """sum(v) d/dy (y |v|) is sum(v) |v|, with gradient |v| + sum(v) v / |v|: 5 + 7 v / 5 at v = (3, 4)."""

    def f(v):
        return np.sum(v) * OPERATORS[inner](lambda y: y * np.sqrt(np.sum(v * v)), 1.0)

    assert_within_ulps(gradient_by(outer)(f, np.array([3.0, 4.0])), [5 + 21 / 5, 5 + 28 / 5])


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_jacobian_of_the_gradient_of_a_bilinear_form(outer: str, inner: str) -> None:
    """d/dx d/dy (y A x) is A, exactly, and A is not square: the two sets of perturbations differ in size."""
    a = np.arange(1.0, 13.0).reshape(3, 4)
    y = np.array([0.5, -1.0, 2.0])
    x = np.array([1.0, 2.0, -3.0, 4.0])
    got = gradient_by(outer)(lambda x: gradient_by(inner)(lambda y: y @ (a @ x), y), x)
    assert_within_ulps(got, a, ulps=0)


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_forwarddiff_issue_423(outer: str, inner: str) -> None:
    """d/du d/dp (u0^2 u1^2 p^2) = (4 u0 u1^2 p, 4 u0^2 u1 p) = (288, 192) at u = (2, 3), p = 4."""

    def f(u):
        return gradient_by(inner)(lambda p: u[0] ** 2 * u[1] ** 2 * p[0] ** 2, np.array([4.0]))

    assert_within_ulps(gradient_by(outer)(f, np.array([2.0, 3.0])), [[288.0, 192.0]])


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_forwarddiff_issue_238_lagrangian(outer: str, inner: str) -> None:
    """d/dq d/dv (v.v / 2 - g q1) = 0: a matrix of zeros, not an error and not None."""

    def momentum(q):
        return gradient_by(inner)(lambda v: 0.5 * np.sum(v * v) - 9.8 * q[1], np.array([3.0, 4.0]))

    assert_within_ulps(gradient_by(outer)(momentum, np.array([1.0, 2.0])), np.zeros((2, 2)), ulps=0)


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_forwarddiff_issue_238_hamiltonian(outer: str, inner: str) -> None:
    """The Legendre transform of v -> v.v / 2 - g q1 is p.p / 2 + g q1: gradient (0, g) in q, and p in p."""

    def legendre(f, p):
        zero = np.zeros(2)
        mass = hoad.hessian(f, zero, mode=f"{inner}-{outer}")
        v = np.linalg.solve(mass, p - gradient_by(inner)(f, zero))
        return np.sum(p * v) - f(v)

    def hamiltonian(q, p):
        return legendre(lambda v: 0.5 * np.sum(v * v) - 9.8 * q[1], p)

    q, p = np.array([1.0, 2.0]), np.array([5.0, 6.0])
    assert_within_ulps(gradient_by(outer)(lambda q: hamiltonian(q, p), q), [0.0, 9.8])
    assert_within_ulps(gradient_by(outer)(lambda p: hamiltonian(q, p), p), p)


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_forwarddiff_issue_845(outer: str, inner: str) -> None:
    """A constant made by hoad.primal is constant at both levels: the Hessian of z.z + primal(z0) is 2 I."""

    def f(z):
        return np.sum(z * z) + hoad.primal(z[0])

    z = np.array([1.0, 2.0, 3.0])
    assert_within_ulps(hoad.hessian(f, z, mode=f"{outer}-{inner}"), 2 * np.eye(3), ulps=0)
    assert_within_ulps(gradient_by(inner)(f, z), 2 * z, ulps=0)


def test_sparsedifftools_issue_132() -> None:
    """A Hessian product in another: v.(H v) of sum x^5 is 20 x^3.v^2, and its H times w is 120 x v^2 w."""
    x, v, w = np.array([1.0, 2.0, -3.0]), np.array([1.0, -1.0, 2.0]), np.array([0.5, 2.0, 1.0])

    def curvature(x):
        return np.sum(v * hoad.hvp(lambda x: np.sum(x**5), x, v))

    assert_within_ulps(hoad.hvp(curvature, x, w), 120 * x * v**2 * w)


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_newton_inside(outer: str, inner: str) -> None:
    """An inner Newton iteration solves y^2 = a for the outer variable a: d/da sqrt(a) = 1 / (2 sqrt(a))."""

    def root(a):
        y = 1.0 + 0.0 * a
        for _ in range(8):
            y = y - (y * y - a) / OPERATORS[inner](lambda y: y * y - a, y)
        return y

    assert_within_ulps(OPERATORS[outer](root, 2.0), 0.5 / math.sqrt(2))


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_step_of_gradient_descent_inside(outer: str, inner: str) -> None:
    """The derivative of the loss after one inner step, in the size of the step.

    The loss is w.w / 2 - c.w. A step of size s from w0 leaves w - c = (1 - s)(w0 - c), so the derivative is
    -(1 - s) |w0 - c|^2 = -0.75 25.
    """
    c, start = np.array([1.0, -2.0]), np.array([4.0, 2.0])

    def loss(w):
        return 0.5 * np.sum(w * w) - np.sum(c * w)

    def after(size):
        return loss(start - size * gradient_by(inner)(loss, start))

    assert_within_ulps(OPERATORS[outer](after, 0.25), -0.75 * 25.0)


# ------------------------------------------------------------------------------------------------------------
# Pushforwards and pullbacks across levels
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_tangent_from_an_outer_level(mode: str) -> None:
    """jvp of y^3 at 2 in the direction t t is 12 t^2; its derivative at t = 3 is 72."""
    assert OPERATORS[mode](lambda t: hoad.jvp(cube, (2.0,), (t * t,))[1], 3.0) == 72.0


@pytest.mark.parametrize("mode", MODES)
def test_cotangent_from_a_later_level(mode: str) -> None:
    """The pullback of y^3 at 2 is older than the level of t, and linear: 12 t^2 again."""
    _, pullback = hoad.vjp(cube, 2.0)
    assert OPERATORS[mode](lambda t: only(pullback(t * t)), 3.0) == 72.0
    assert only(pullback(1.0)) == 12.0


@pytest.mark.parametrize("mode", MODES)
def test_cotangent_from_an_outer_level(mode: str) -> None:
    """The pullback of y -> x y^2 at y = x, applied to x, is 2x^3, with derivative 54 at x = 3."""

    def f(x):
        _, pullback = hoad.vjp(lambda y: x * y * y, x)
        return only(pullback(x))

    assert OPERATORS[mode](f, 3.0) == 54.0


@pytest.mark.parametrize("mode", MODES)
def test_pullback_that_outlives_the_level_around_it(mode: str) -> None:
    """The pullback of y -> x y keeps x, whose level is over when it is called again: it is the number 3."""
    kept = []

    def f(x):
        _, pullback = hoad.vjp(lambda y: x * y, 2.0)
        kept.append(pullback)
        return only(pullback(x))

    assert OPERATORS[mode](f, 3.0) == 6.0
    assert_within_ulps(only(kept[0](1.0)), 3.0, ulps=0)
    assert_within_ulps(OPERATORS[mode](lambda t: only(kept[0](t * t)), 5.0), 30.0, ulps=0)


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_stop_gradient_of_the_outer_variable(outer: str, inner: str) -> None:
    """d/dx [x d/dy (y stop(x))] = d/dx [x stop(x)] = stop(x): 3, and not 6."""
    D, E = OPERATORS[outer], OPERATORS[inner]
    assert D(lambda x: x * E(lambda y: y * hoad.stop_gradient(x), 2.0), 3.0) == 3.0


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_operator_without_a_point(outer: str, inner: str) -> None:
    """The inner operator is given its function once, outside; x 3x^2 has derivative 9x^2 = 36 at x = 2."""
    slope = OPERATORS[inner](cube)
    assert OPERATORS[outer](lambda x: x * slope(x))(2.0) == 36.0


@pytest.mark.parametrize("mode", MODES)
def test_comparison_and_truth_at_two_levels(mode: str) -> None:
    """Comparisons look at the primal through all levels: the larger of x y and y^2 at (3, 2) is x y."""
    D = OPERATORS[mode]
    assert D(lambda x: D(lambda y: max(x * y, y * y), 2.0), 3.0) == 1.0
    assert D(lambda x: D(lambda y: x * y if x and y and x != y else y, 2.0), 3.0) == 1.0


@pytest.mark.parametrize("mode", MODES)
def test_state_carried_through_many_derivatives(mode: str) -> None:
    """v <- v / 2 + x, with the v of the last derivative: it tends to 4, and d/dx [(v/2 + x) x] to 6 at x = 2.

    A left-over value that is not taken for its primal carries all its levels along, one more each time.
    """
    state = [0.0]

    def f(x):
        state[0] = 0.5 * state[0] + x
        return state[0] * x

    slopes = [OPERATORS[mode](f, 2.0) for _ in range(1500)]
    assert slopes[:4] == [4.0, 5.0, 5.5, 5.75]
    assert_within_ulps(slopes[-1], 6.0, ulps=0)


# ------------------------------------------------------------------------------------------------------------
# Exceptions
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_derivatives_after_exceptions(outer: str, inner: str) -> None:
    """An exception out of the middle of two levels leaves nothing behind, at whichever depth it is caught."""
    D, E = OPERATORS[outer], OPERATORS[inner]

    def program(fails):
        def inner_function(x, y):
            product = np.sin(x) * y
            if fails:
                raise KeyError("in the middle")
            return product * x

        return D(lambda x: x * E(lambda y: inner_function(x, y), 2.0), 0.5)

    right = 2 * 0.5 * math.sin(0.5) + 0.5**2 * math.cos(0.5)
    for _ in range(3):
        with pytest.raises(KeyError, match="in the middle"):
            program(fails=True)
        assert_within_ulps(program(fails=False), right)


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_exception_caught_inside_and_tried_again(outer: str, inner: str) -> None:
    """x d/dy (x y) = x^2: two tries die half-way, and the halves that they recorded do not count."""
    D, E = OPERATORS[outer], OPERATORS[inner]
    tries = itertools.count(1)

    def dies_twice(x, y):
        product = y * x
        if next(tries) < 3:
            raise OverflowError
        return product

    def slope(x):
        while True:
            with contextlib.suppress(OverflowError):
                return E(lambda y: dies_twice(x, y), 2.0)

    assert D(lambda x: x * slope(x), 3.0) == 6.0
    assert next(tries) == 4


def test_exception_in_the_pullback_of_a_level_inside() -> None:
    """A wrong cotangent raises, and the level outside goes on: x x^2 has derivative 27 at x = 3."""

    def f(x):
        _, pullback = hoad.vjp(lambda y: x * y, 2.0)
        with pytest.raises((TypeError, ValueError)):
            pullback("not a number")
        return x * only(pullback(x))

    assert hoad.grad(f, 3.0) == 27.0


# ------------------------------------------------------------------------------------------------------------
# Threads
# ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let the interpreter switch threads every few bytecodes, so that a race shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def two_levels(D: Any, E: Any, x: float) -> Any:
    """d/dx [x d/dy sin(x y) at y = x], as in ``sine_of_the_product``."""
    return D(lambda x: x * E(lambda y: np.sin(x * y), x), x)


def two_levels_by_hand(x: float) -> float:
    return 2 * x * math.cos(x * x) - 2 * x**3 * math.sin(x * x)


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_nested_derivatives_in_six_threads(hasty_threads: None, outer: str, inner: str) -> None:
    """240 nested derivatives at once. With a depth for a tag and one stack for all, a third is wrong."""
    D, E = OPERATORS[outer], OPERATORS[inner]
    points = [0.25 + k / 512 for k in range(240)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda x: two_levels(D, E, x), points))
    for x, answer in zip(points, answers, strict=True):
        assert_within_ulps(answer, two_levels_by_hand(x))


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_inner_derivative_in_a_worker_thread(outer: str, inner: str) -> None:
    """The outer variable is closed over by the inner function, which another thread differentiates.

    A worker does not inherit the caller's context: levels kept in a context variable are not there. Depths
    counted per thread are 1 and 1, and x d/dy (x + y) has the derivative 2 of the first room again.
    """
    D, E = OPERATORS[outer], OPERATORS[inner]
    with ThreadPoolExecutor(1) as pool:

        def apart(f, y):
            return pool.submit(E, f, y).result(timeout=300)

        assert D(lambda x: x * apart(lambda y: x + y, 1.0), 1.0) == 1.0
        assert D(lambda x: x * apart(lambda y: x * y, 1.0), 4.0) == 8.0
        assert_within_ulps(two_levels(D, apart, 0.75), two_levels_by_hand(0.75))


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_many_workers_on_one_outer_variable(hasty_threads: None, outer: str, inner: str) -> None:
    """Eight threads compute with the same x at once, and in reverse mode record on the same tape.

    Term k is d/dy (k x^2 y x) = k x^3 by k additions, and the sum has the derivative 3x^2 sum k. A tape whose
    next slot is read apart from the writing of it mixes one thread's slots with another's.
    """
    D, E = OPERATORS[outer], OPERATORS[inner]
    terms = range(1, 65)

    def term(x, k):
        total = 0.0
        for _ in range(k):
            total = total + x * x
        return E(lambda y: total * y * x, 2.0)

    with ThreadPoolExecutor(8) as pool:
        got = D(lambda x: sum(pool.map(lambda k: term(x, k), terms)), 1.5)
    assert got == 3 * 1.5**2 * sum(terms)


@pytest.mark.parametrize("mode", MODES)
def test_many_workers_on_one_outer_array(hasty_threads: None, mode: str) -> None:
    """The same with an array: sum_k k x.x has the gradient 2x sum k."""
    x = np.array([0.5, 1.0, -2.0])
    terms = range(1, 65)
    with ThreadPoolExecutor(8) as pool:
        got = gradient_by(mode)(lambda x: sum(pool.map(lambda k: np.sum(k * x * x), terms)), x)
    assert_within_ulps(got, 2 * x * sum(terms), ulps=0)


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_lifetimes_that_overlap_without_nesting(outer: str, inner: str) -> None:
    """One thread's level ends while another, which uses its variable x = 3, is half-way in d/dy (x y + y x).

    When the younger level began, x was at work; when it ends, x is a number. A stack would have popped the
    wrong level.
    """
    borrowed: list[Any] = []
    x_is_there, y_has_begun, x_is_done = threading.Event(), threading.Event(), threading.Event()

    def older(x):
        borrowed.append(x)
        x_is_there.set()
        assert y_has_begun.wait(60)
        return x * x

    def younger(y):
        first = borrowed[0] * y
        y_has_begun.set()
        assert x_is_done.wait(60)
        return first + y * borrowed[0]

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(OPERATORS[outer], older, 3.0)
        one.add_done_callback(lambda _: x_is_done.set())
        assert x_is_there.wait(60)
        two = pool.submit(OPERATORS[inner], younger, 5.0)
        assert one.result(60) == 6.0
        assert_within_ulps(two.result(60), 6.0, ulps=0)


@pytest.mark.parametrize(("outer", "inner"), FOUR_NESTINGS)
def test_two_threads_that_trade_variables(outer: str, inner: str) -> None:
    """Each thread multiplies its own variable by the other's, which is a constant for it: the slopes of x y.

    Both levels are at work in both threads, so that neither is inside the other. The answers are 5 and 3.
    """
    table: dict[str, Any] = {}
    meeting = threading.Barrier(2, timeout=300)

    def trade(mine, other):
        def f(value):
            table[mine] = value
            meeting.wait()
            product = value * table[other]
            meeting.wait()
            return product

        return f

    with ThreadPoolExecutor(2) as pool:
        x = pool.submit(OPERATORS[outer], trade("x", "y"), 3.0)
        y = pool.submit(OPERATORS[inner], trade("y", "x"), 5.0)
        assert hoad.primal(x.result(60)) == 5.0
        assert hoad.primal(y.result(60)) == 3.0


def test_containers_of_functions() -> None:
    """Each function in a container is differentiated for itself, afresh in each call."""

    def f(u: Any) -> Any:
        shift = lambda g: lambda x: g(x + u)
        return {"power": lambda x: x * u**2, "number": u**3, "pair": (shift, "text")}

    operators = {
        "derivative": lambda: hoad.derivative(f, 2.0),
        "derivatives": lambda: hoad.derivatives(f, 2.0, 1)[1],
        "forward": lambda: hoad.jacobian(f, 2.0, mode="forward"),
        "reverse": lambda: hoad.jacobian(f, 2.0, mode="reverse"),
        "jvp": lambda: hoad.jvp(f, (2.0,), (1.0,))[1],
        "directional": lambda: hoad.directional(f, 2.0, 1.0, 1),
        "tensor": lambda: hoad.derivative_tensor(f, 2.0, 1),
    }
    for name, of in operators.items():
        got = of()
        assert got["number"] == pytest.approx(12.0, rel=1e-15), name
        assert got["power"](5.0) == pytest.approx(20.0, rel=1e-15), name
        assert got["pair"][1] == "text"
        shift = got["pair"][0]
        assert shift(lambda x: x**3)(1.0) == pytest.approx(27.0, rel=1e-15), name
        assert hoad.derivative(shift(lambda x: x**3), 1.0) == pytest.approx(18.0, rel=1e-15), name
    value, _ = hoad.value_and_jacobian(f, 2.0)
    assert (value["power"](5.0), value["number"]) == (20.0, 8.0)
    assert hoad.derivative(f, 2.0, 2)["power"](5.0) == 10.0
    with pytest.raises(hoad.errors.NonScalarOutputError, match="functions in it"):
        hoad.laplacian(f, 2.0)
