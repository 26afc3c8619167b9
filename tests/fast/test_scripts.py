"""Scripts of jets: what they give is what the general path gives, on every rule and over the whole range."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from turns import some_in

import hoad
from hoad.chainrules import RULES, remove_rule, scalar_rule
from hoad.chainrules.numpy.elementwise import real_absolute
from hoad.chainrules.statements import Scalar
from hoad.fast.jets import LONGEST, MOST, pattern_of
from hoad.fast.scripts import pattern, script_of
from hoad.fast.writer import has_method
from hoad.kinds.jet import Jet
from hoad.kinds.series import Series
from hoad.nested import Level
from hoad.operators.taylor import by_jets, by_nesting

# The families of scipy.special whose functions warn, or are nan, at most points below, or have the names
# of NumPy's.
ELSEWHERE = tuple(
    f"hoad.chainrules.scipy.{name}"
    for name in (
        "bessel_functions", "distribution_functions", "elementary", "elliptic_integrals", "hypergeometric",
        "integrals",
    )
)  # fmt: skip
SCALARS = {
    rule.name: rule
    for rule in [*RULES.values(), real_absolute]
    if has_method(rule) and getattr(rule.partials, "__module__", "") not in ELSEWHERE
}
POINTS = {"arccosh": (1.5, 2.25), "root_of_square_minus_one": (1.5, 2.25)}
KINDS = {
    "floats": float,
    "NumPy scalars": np.float64,
    "arrays": lambda c: np.array([c, 0.9 * c, c]),
}
SHAPES = [(2, 2), (3, 2), (4, 3), (5, 5)]
EDGES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    5e-324,
    -3e-310,
    710.4758600739439,
    -745.2,
    1e154,
    -1.8e308,
    math.inf,
    -math.inf,
    math.nan,
]


def jet(level: Level, x0: float, size: int, filled: int, make: Any) -> Jet:
    coefficients = [0.75 * (-0.6) ** k for k in range(1, filled)]
    return Jet(level, Series([make(x0), *map(make, coefficients), *[None] * (size - filled)]))


def operands(rule: Scalar, level: Level, point: Any, size: int, filled: int, make: Any) -> list[list[Any]]:
    """The operands in all ways: jets, and for two arguments a jet and a constant."""
    jets = [jet(level, x, size, filled, make) for x in point[: rule.arity]]
    if rule.arity == 1:
        return [jets]
    constants = [make(x) for x in point]
    return [
        jets,
        [jets[0], constants[1]],
        [constants[0], jets[1]],
        [jets[0], 3],
        [jets[0], 2.5],
        [0.5, jets[1]],
    ]


def carried_out(f: Any, args: list[Any]) -> tuple[list[Any], bool]:
    """The coefficients that come out, and whether there was a warning."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        y = f(*args)
    return (y.tangent.known if isinstance(y, Jet) else [y]), bool(seen)


# A function of hoad's own may round once more for NumPy's scalars than for floats.
CLOSE: Any = {"rtol": 2e-15, "atol": 1e-322, "equal_nan": True}


def assert_same(rule: Scalar, args: list[Any]) -> None:
    (got, warned), (right, may) = (carried_out(f, args) for f in (Jet.fused[rule.function], rule.general))
    assert may or not warned
    for a, b in zip(got, right, strict=True):
        zero = 0.0 if a is None or b is None else None
        np.testing.assert_allclose(zero if a is None else a, zero if b is None else b, **CLOSE)
        if zero is None:
            assert np.result_type(a) == np.result_type(b) and np.shape(a) == np.shape(b)


@pytest.mark.parametrize("rule", SCALARS.values(), ids=SCALARS)
def test_every_rule(rule: Scalar) -> None:
    for (size, filled), make in itertools.product(SHAPES, KINDS.values()):
        level = Level()
        for args in operands(rule, level, POINTS.get(rule.name, (0.375, 0.8125)), size, filled, make):
            assert_same(rule, args)


@some_in(5)
@pytest.mark.parametrize("rule", SCALARS.values(), ids=SCALARS)
def test_over_the_whole_range(rule: Scalar, every: int) -> None:
    """Of two arguments, the default run takes each point in one or two of the six ways, by turns."""
    pairs = [*itertools.product(EDGES[::2], EDGES[1::2]), *[(x, x) for x in EDGES]]
    points = [(x,) for x in EDGES] if rule.arity == 1 else pairs
    ways = range(1 if rule.arity == 1 else 3)
    cases = [*itertools.product(points, (KINDS["floats"], KINDS["arrays"]), ways)]
    for point, make, way in cases[:: 1 if rule.arity == 1 else every]:
        with np.errstate(all="ignore"):
            assert_same(rule, operands(rule, Level(), point, 4, 3, make)[way])


WITHOUT = {"remainder", "fmod", "maximum", "minimum", "fmax", "fmin", "fabs", "copysign", "heaviside"} | {
    "nextafter", "absolute", "arctan2", "power", "unknown", "corner",
}  # they depend on more than that their numbers are ordinary  # fmt: skip


def test_what_has_a_script() -> None:
    shapes = (pattern(float, 4, 4), pattern(float, 4, 4))
    missing = {name for name, rule in SCALARS.items() if script_of(rule, shapes[: rule.arity]) is None}
    assert missing <= WITHOUT


def test_patterns() -> None:
    assert pattern_of([1.0, 2.0, None]) is pattern_of([3.0, 4.0, None]) is not pattern_of([3.0, 4.0, 5.0])
    a = np.ones(3)
    assert pattern_of([a, 2 * a, None]) is pattern_of([np.ones(4), np.ones(4), None])
    mixed = [
        [1.0, None, 2.0],
        [a, np.ones(2)],
        [a, 1.0],
        [1.0, np.float64(1)],
        [a, a.astype(np.float32)],
        [1j, 1j],
    ]
    for known in [*mixed, [1.0, None]]:
        assert pattern_of(known) is None


def test_a_rule_of_the_users_counts() -> None:
    f = lambda x: np.sin(2 * x)
    before = hoad.derivatives(f, 0.5, 3)
    scalar_rule(np.cos, lambda x, out: 0 * x)
    try:
        assert hoad.derivatives(f, 0.5, 3)[3] == 0.0
    finally:
        remove_rule(np.cos)
    assert hoad.derivatives(f, 0.5, 3) == before


def test_exponents_without_end() -> None:
    for n in np.linspace(1.1, 2.1, 2 * MOST):
        got = hoad.derivative(lambda x, n=float(n): x**n, 1.5, 3)
        assert got == pytest.approx(n * (n - 1) * (n - 2) * 1.5 ** (n - 3), rel=1e-12)


def test_long_series() -> None:
    got = hoad.derivatives(np.exp, 0.0, 2 * LONGEST)
    assert got == pytest.approx([1.0] * (2 * LONGEST + 1), rel=1e-14)


# ------------------------------------------------------------------------------------------------------------
# Random programs: nested levels are the specification
# ------------------------------------------------------------------------------------------------------------

UNARY = [
    np.sin,
    np.cos,
    np.tanh,
    np.exp,
    np.arctan,
    np.arcsinh,
    np.square,
    np.abs,
    np.cbrt,
    lambda x: np.log(2 + x * x),
]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.hypot,
    np.logaddexp,
    np.maximum,
    np.arctan2,
    lambda a, b: a / (1 + b * b),
]
STEPS = st.lists(
    st.tuples(st.integers(0, len(UNARY) + len(BINARY) - 1), st.integers(0, 9), st.integers(0, 9)),
    min_size=2,
    max_size=7,
)


def program(steps: Any) -> Any:
    def f(x: Any) -> Any:
        values = [x, 0.5 * x + 0.3]
        for k, i, j in steps:
            a, b = values[i % len(values)], values[j % len(values)]
            y = UNARY[k](a) if k < len(UNARY) else BINARY[k - len(UNARY)](a, b)
            values.append(np.tanh(y) if k % 3 == 0 else 0.3 * y)
        return values[-1] + 0.1 * x**3

    return f


@settings(max_examples=60, deadline=None, derandomize=True)
@given(STEPS, st.sampled_from([0.4, -0.7, 1.3]), st.integers(2, 6))
def test_random_programs(steps: Any, x: float, n: int) -> None:
    f = program(steps)
    for point in (x, np.array([x, -0.2, 0.9])):
        (got,), _ = by_jets(f, point, n)
        (right,), _ = by_nesting(f, point, n)
        for k, (a, b) in enumerate(zip(got, right, strict=True)):
            scale = np.max(np.abs(b)) + math.factorial(k)
            np.testing.assert_allclose(a, b, rtol=0, atol=2e-12 * scale, err_msg=f"order {k}")
