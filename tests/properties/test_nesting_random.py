"""Derivatives of random expressions: every mode, nested in every way, agrees with intervals.

The reference (``tests/tables/enclosures.py``) gives the right answer, and what rounding can do to this
expression at this point: the tolerance of each comparison is computed and not chosen.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import hoad
from tests.tables.enclosures import before, exact_and_tolerance, up_to

OPERATORS = {"forward": hoad.derivative, "reverse": hoad.grad}
FOUR_NESTINGS = list(itertools.product(OPERATORS, OPERATORS))
SECOND = up_to(2)  # value, f_x, f_y, f_xx, f_xy and f_yy


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
OF_BOTH = [
    "({0} * m.cos(x + 0.5 * y))",
    "m.sin({0} + x * y)",
    "({0} * m.exp(0.25 * x * y))",
    "(x - {0}) ** 2 * y",
]
MIXED = st.builds(str.format, st.sampled_from(OF_BOTH), EXPRESSIONS)  # with higher derivatives that are not 0
COORDINATES = st.integers(-16, 16).map(lambda eighths: eighths / 8)
EXAMPLES = int(os.environ.get("HOAD_EXAMPLES", "300"))  # make fuzz takes 10**5
BOUNDED = settings(derandomize=True, database=None, deadline=None, max_examples=EXAMPLES)
FEWER = settings(BOUNDED, max_examples=int(os.environ.get("HOAD_EXAMPLES", "150")))


def compiled(text: str) -> Any:
    """The expression as a function of (m, x, y), where m is NumPy or stands for it."""
    return eval(f"lambda m, x, y: {text}")


@BOUNDED
@given(EXPRESSIONS, COORDINATES, COORDINATES)
def test_hessian_in_every_mode(text: str, x: float, y: float) -> None:
    program = compiled(text)
    exact, tolerance = exact_and_tolerance(program, x, y, SECOND)
    full = [[3, 4], [4, 5]]
    for mode in hoad.operators.hessians.MODES:
        got = hoad.hessian(lambda z: 1.0 * program(np, z[0], z[1]), np.array([x, y]), mode=mode)
        assert np.all(np.abs(got - exact[full]) <= tolerance[full]), (mode, got, exact[full])


@BOUNDED
@given(EXPRESSIONS, COORDINATES, COORDINATES)
def test_mixed_derivative_of_a_closure(text: str, x: float, y: float) -> None:
    """d/dx d/dy f: the inner function closes over the outer variable, in whatever part of the expression."""
    program = compiled(text)
    exact, tolerance = exact_and_tolerance(program, x, y, SECOND)
    for outer, inner in FOUR_NESTINGS:
        D, E = OPERATORS[outer], OPERATORS[inner]
        got = D(lambda x, E=E: E(lambda y: 1.0 * program(np, x, y), y), x)
        assert abs(got - exact[4]) <= tolerance[4], (outer, inner, got, exact[4])


@BOUNDED
@given(EXPRESSIONS, COORDINATES)
def test_inner_point_that_depends_on_the_outer_variable(text: str, x: float) -> None:
    """d/dx [f_y(x, g(x))] = f_xy + f_yy g', for g(x) = x / 2 + 1 / 4."""
    program = compiled(text)
    exact, tolerance = exact_and_tolerance(program, x, 0.5 * x + 0.25, SECOND)
    right, allowed = exact[4] + 0.5 * exact[5], tolerance[4] + tolerance[5]
    for outer, inner in FOUR_NESTINGS:
        D, E = OPERATORS[outer], OPERATORS[inner]
        got = D(lambda x, E=E: E(lambda y: 1.0 * program(np, x, y), 0.5 * x + 0.25), x)
        assert abs(got - right) <= allowed, (outer, inner, got, right)


# ------------------------------------------------------------------------------------------------------------
# Higher orders: plans of steps, each a derivative of the function that the step before has made
# ------------------------------------------------------------------------------------------------------------

Function = Callable[[Any, Any], Any]
Step = tuple[str, Function]  # what it is, for messages; the function it makes
UNITS = np.eye(2)


def with_one(f: Function, v: int, others: tuple[Any, Any]) -> Callable[[Any], Any]:
    """A function of one of the two numbers."""
    return lambda t: f(*[t if k == v else other for k, other in enumerate(others)])


def of_vector(f: Function) -> Callable[[Any], Any]:
    """The same function of a vector of two."""
    return lambda z: f(z[0], z[1])


# Of a function and the number it is differentiated by: the derivative as a function.
FIRST: dict[str, Callable[[Function, int], Function]] = {
    "derivative": lambda f, v: lambda *p: hoad.derivative(with_one(f, v, p), p[v]),
    "grad": lambda f, v: lambda *p: hoad.grad(with_one(f, v, p), p[v]),
    "argnums": lambda f, v: lambda *p: hoad.grad(f, *p, argnums=v),
    "value_and_grad": lambda f, v: lambda *p: hoad.value_and_grad(f, *p, argnums=(0, 1))[1][v],
    "jvp": lambda f, v: lambda *p: hoad.jvp(f, p, tuple(map(float, UNITS[v])))[1],
    "vjp": lambda f, v: lambda *p: hoad.vjp(f, *p)[1](1.0)[v],
    "forward jacobian": lambda f, v: lambda *p: hoad.jacobian(of_vector(f), np.array(p), mode="forward")[v],
    "reverse jacobian": lambda f, v: lambda *p: hoad.jacobian(of_vector(f), np.array(p), mode="reverse")[v],
    "both": lambda f, v: lambda *p: hoad.jacobian(lambda z: np.stack([f(*z), z[0]]), np.array(p))[0, v],
}
SECONDS: dict[str, Callable[[Function, int, int], Function]] = {
    **{
        f"hessian {mode}": lambda f, v, w, mode=mode: (
            lambda *p: hoad.hessian(of_vector(f), np.array(p), mode=mode)[v, w]
        )
        for mode in hoad.operators.hessians.MODES
    },
    **{
        f"hvp {mode}": lambda f, v, w, mode=mode: (
            lambda *p: hoad.hvp(of_vector(f), np.array(p), UNITS[v], mode=mode)[w]
        )
        for mode in hoad.operators.hessians.MODES
    },
    "of two arguments": lambda f, v, w: lambda *p: hoad.hessian(f, *p, argnums=(0, 1))[v][w],
    "value_grad_hessian": lambda f, v, w: (
        lambda *p: hoad.value_grad_hessian(of_vector(f), np.array(p))[2][v, w]
    ),
}
# Several times by the same number.
SERIES: dict[str, Callable[[Function, int, int], Function]] = {
    "derivative": lambda f, v, n: lambda *p: hoad.derivative(with_one(f, v, p), p[v], n),
    "derivatives": lambda f, v, n: lambda *p: hoad.derivatives(with_one(f, v, p), p[v], n)[n],
    "directional": lambda f, v, n: lambda *p: hoad.directional(of_vector(f), np.array(p), UNITS[v], n),
    "tensor": lambda f, v, n: lambda *p: hoad.derivative_tensor(of_vector(f), np.array(p), order=n)[(v,) * n],
    "partial": lambda f, v, n: (
        lambda *p: hoad.partial(of_vector(f), np.array(p), orders=tuple(n if k == v else 0 for k in range(2)))
    ),
}
# No derivative, but another kind of value on the way.
AROUND: dict[str, Callable[[Function], Function]] = {
    "as it is": lambda f: f,
    "vmap": lambda f: lambda x, y: hoad.vmap(lambda t: f(t, y))(np.stack([x, x]))[1],
    "checkpoint": lambda f: hoad.checkpoint(f),
}


@st.composite
def plans(draw: Any) -> tuple[str, tuple[int, int], Callable[[Function], Function]]:
    """Derivatives nested in each other, of orders 2 to 4 together: their names, how often by each number, and
    what they make of a function.
    """
    left, names, counts = draw(st.sampled_from([4, 3, 4, 2])), [], [0, 0]
    steps: list[Callable[[Function], Function]] = []
    while left:
        kinds = ["first"] * 2 + ["second", "series"] * (left > 1)
        kind, v = draw(st.sampled_from(kinds)), draw(st.integers(0, 1))
        if kind == "first":
            name, by = draw(st.sampled_from(sorted(FIRST))), [v]
            step = lambda f, name=name, v=v: FIRST[name](f, v)
        elif kind == "second":
            name, by = draw(st.sampled_from(sorted(SECONDS))), [v, draw(st.integers(0, 1))]
            step = lambda f, name=name, by=by: SECONDS[name](f, *by)
        else:
            name, by = draw(st.sampled_from(sorted(SERIES))), [v] * draw(st.integers(2, left))
            step = lambda f, name=name, by=by: SERIES[name](f, by[0], len(by))
        around = draw(st.sampled_from(["as it is"] * 6 + sorted(AROUND)))
        steps += [step, AROUND[around]]
        names += [f"{name} by {by}", *[around] * (around != "as it is")]
        for k in by:
            counts[k] += 1
        left -= len(by)

    def made(f: Function) -> Function:
        for step in steps:
            f = step(f)
        return f

    return ", then ".join(names), (counts[0], counts[1]), made


@FEWER
@given(MIXED, COORDINATES, COORDINATES, plans())
def test_nested_to_order_four(text: str, x: float, y: float, plan: Any) -> None:
    """Every operator around every other, to order 4 in all, closures in closures."""
    names, orders, made = plan
    program = compiled(text)
    exact, tolerance = exact_and_tolerance(program, x, y, before(*orders))
    got = made(lambda x, y: 1.0 * program(np, x, y))(x, y)
    assert abs(got - exact[-1]) <= tolerance[-1], (names, got, exact[-1], tolerance[-1])
