"""Derivatives of the functions in the catalogue, against SymPy's at 60 digits.

One variable: orders 1 to 6, forward and reverse nested in every mixture up to order 4, and in three mixtures
above. Several variables: gradients, Jacobians, Hessians in all four nestings, and third derivatives along a
direction.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from catalogue import ONE_VARIABLE, SEVERAL_VARIABLES, Function

import hoad

DIGITS = 60
HIGHEST = 6
OPERATORS = {"f": hoad.derivative, "r": hoad.grad}
MODES = {"f": "forward", "r": "reverse"}
FOUR_NESTINGS = ["ff", "fr", "rf", "rr"]
DIRECTION = np.array([1.0, -0.5, 0.75, 0.25, -1.25, 0.5, 1.5, -0.75, 0.375])


def is_scalar_valued(entry: Function) -> bool:
    return np.ndim(entry.program(np.array(entry.points[0]))) == 0


SCALAR_VALUED = [entry for entry in SEVERAL_VARIABLES if is_scalar_valued(entry)]


def error_in_ulps(got: Any, exact: Any) -> float:
    """The largest difference, in units of 2**-52 of the largest exact entry; inf if shape or type is off."""
    got, exact = np.asarray(got), np.asarray(exact, dtype=float)
    if got.shape != exact.shape or got.dtype != np.float64:
        return np.inf
    size = np.max(np.abs(exact))
    difference = np.max(np.abs(got - exact))
    return float(difference / size * 2**52) if size else (0.0 if difference == 0 else np.inf)


def assert_close(entry: Function, answers: Iterator[tuple[str, Any, Any]]) -> None:
    """Compare every answer with the exact one; report all that are off, with their error in ulps."""
    errors = {what: error_in_ulps(got, exact) for what, got, exact in answers}
    assert not {what: error for what, error in errors.items() if not error <= entry.ulps}


# ------------------------------------------------------------------------------------------------------------
# The exact side
# ------------------------------------------------------------------------------------------------------------


def evaluated(symbols: Any, expressions: Any, points: Any) -> list[np.ndarray]:
    """The values of SymPy expressions at each point, to ``DIGITS`` digits and rounded once at the end."""
    function = sp.lambdify([symbols], expressions, modules="mpmath", cse=True)
    with mpmath.workdps(DIGITS):
        return [rounded(function([mpmath.mpf(c) for c in point])) for point in points]


def rounded(values: Any) -> Any:
    return [rounded(value) for value in values] if isinstance(values, list) else float(values)


@functools.cache
def exact_derivatives(entry: Function) -> list[list[float]]:
    """The derivatives of orders 0 to 6 at each point of an entry of one variable."""
    x = sp.Symbol("x", real=True)
    orders = [sp.sympify(entry.expression(x))]
    for _ in range(HIGHEST):
        orders.append(sp.diff(orders[-1], x))
    return evaluated([x], orders, [[point] for point in entry.points])


@functools.cache
def exact_tensors(entry: Function) -> list[list[Any]]:
    """Value, Jacobian, Hessian, D^3 f [v, v, .] and D^3 f [v, v, v] at each point, v being ``DIRECTION``."""
    symbols = list(sp.symbols(f"x:{len(entry.points[0])}", real=True))
    value = entry.expression(symbols)
    v = [sp.Rational(float(c)) for c in DIRECTION[: len(symbols)]]

    def gradient(value: Any) -> Any:
        if isinstance(value, list):
            return [gradient(part) for part in value]
        return [sp.diff(value, s) for s in symbols]

    def along(value: Any) -> Any:
        if isinstance(value, list):
            return [along(part) for part in value]
        return sum(c * sp.diff(value, s) for c, s in zip(v, symbols, strict=True))

    jacobian = gradient(value)
    twice = along(along(value))
    tensors = [value, jacobian, gradient(jacobian), gradient(twice), along(twice)]
    return evaluated(symbols, tensors, entry.points)


# ------------------------------------------------------------------------------------------------------------
# One variable
# ------------------------------------------------------------------------------------------------------------


def mixtures(order: int) -> list[str]:
    """The nestings to try, outermost first: all of them up to order 4, three above."""
    if order <= 4:
        return ["".join(modes) for modes in itertools.product("fr", repeat=order)]
    return ["f" * order, ("fr" * order)[:order], "r" + "f" * (order - 1)]


def nested(program: Callable[[Any], Any], modes: str) -> Callable[[Any], Any]:
    for mode in reversed(modes):
        program = OPERATORS[mode](program)
    return program


@pytest.mark.parametrize("entry", ONE_VARIABLE, ids=str)
def test_value_in_one_variable(entry: Function) -> None:
    exact = [orders[0] for orders in exact_derivatives(entry)]
    assert_close(entry, iter([("value", [float(entry.program(x)) for x in entry.points], exact)]))


@pytest.mark.parametrize("order", range(1, HIGHEST + 1))
@pytest.mark.parametrize("entry", ONE_VARIABLE, ids=str)
def test_nested_derivatives(entry: Function, order: int) -> None:
    def answers() -> Iterator[tuple[str, Any, Any]]:
        for x, exact in zip(entry.points, exact_derivatives(entry), strict=True):
            for modes in mixtures(order):
                yield f"{modes} at {x}", nested(entry.program, modes)(x), exact[order]

    assert_close(entry, answers())


@pytest.mark.parametrize("entry", ONE_VARIABLE, ids=str)
def test_all_derivatives_at_once(entry: Function) -> None:
    def answers() -> Iterator[tuple[str, Any, Any]]:
        for x, exact in zip(entry.points, exact_derivatives(entry), strict=True):
            together = hoad.derivatives(entry.program, x, HIGHEST)
            assert len(together) == HIGHEST + 1
            for order in range(HIGHEST + 1):
                yield f"derivatives, order {order} at {x}", together[order], exact[order]
            for order in range(1, HIGHEST + 1):
                alone = hoad.derivative(entry.program, x, n=order)
                yield f"derivative, n={order} at {x}", alone, exact[order]

    assert_close(entry, answers())


# ------------------------------------------------------------------------------------------------------------
# Several variables
# ------------------------------------------------------------------------------------------------------------

Answers = Iterator[tuple[str, Any, Any]]


def check_several(entry: Function, answers: Callable[[Any, Any, Any, Any, Any, Any, Any], Answers]) -> None:
    """Run ``answers(f, x, value, jacobian, hessian, third, cubic)`` at each point and compare."""
    for point, exact in zip(entry.points, exact_tensors(entry), strict=True):
        assert_close(entry, answers(entry.program, np.array(point), *exact))


@pytest.mark.parametrize("entry", SEVERAL_VARIABLES, ids=str)
def test_value_and_jacobian(entry: Function) -> None:
    def answers(f, x, value, jacobian, hessian, third, cubic):
        yield "value", np.asarray(f(x)), value
        for mode in MODES.values():
            yield f"jacobian, {mode}", hoad.jacobian(f, x, mode=mode), jacobian

    check_several(entry, answers)


@pytest.mark.parametrize("entry", SCALAR_VALUED, ids=str)
def test_gradient(entry: Function) -> None:
    def answers(f, x, value, jacobian, hessian, third, cubic):
        yield "grad", hoad.grad(f, x), jacobian
        yield "gradient", hoad.gradient(f, x), jacobian
        both = hoad.value_and_grad(f, x)
        yield "value of value_and_grad", both[0], value
        yield "grad of value_and_grad", both[1], jacobian

    check_several(entry, answers)


@pytest.mark.parametrize("entry", SCALAR_VALUED, ids=str)
def test_hessian(entry: Function) -> None:
    def answers(f, x, value, jacobian, hessian, third, cubic):
        v = DIRECTION[: x.size]
        for outer, inner in FOUR_NESTINGS:
            mode = f"{MODES[outer]}-{MODES[inner]}"
            yield f"hessian, {mode}", hoad.hessian(f, x, mode=mode), hessian
        # The diagonal and its sum may vanish (those of a determinant do): they are weighed against the whole.
        size = np.max(np.abs(hessian))
        yield "diag_hessian", np.append(hoad.diag_hessian(f, x), size), np.append(np.diagonal(hessian), size)
        yield "laplacian", np.append(hoad.laplacian(f, x), size), np.append(np.trace(hessian), size)
        yield "hvp", hoad.hvp(f, x, v), np.array(hessian) @ v

    check_several(entry, answers)


@pytest.mark.parametrize("entry", SEVERAL_VARIABLES, ids=str)
def test_jacobian_of_jacobian(entry: Function) -> None:
    def answers(f, x, value, jacobian, hessian, third, cubic):
        for outer, inner in FOUR_NESTINGS:
            jacobian_function = hoad.jacobian(f, mode=MODES[inner])
            got = hoad.jacobian(jacobian_function, x, mode=MODES[outer])
            yield f"jacobian of jacobian, {outer}{inner}", got, hessian

    check_several(entry, answers)


@pytest.mark.parametrize("entry", SEVERAL_VARIABLES, ids=str)
def test_third_derivative_along_a_direction(entry: Function) -> None:
    def answers(f, x, value, jacobian, hessian, third, cubic):
        v = DIRECTION[: x.size]
        if np.ndim(value) == 0:
            for modes in mixtures(3):
                yield f"D^3 f [v, v, v], {modes}", nested(lambda t: f(x + t * v), modes)(0.0), cubic
        else:
            yield "D^3 f [v, v, v], fff", nested(lambda t: f(x + t * v), "fff")(0.0), cubic
        yield "D^3 f [v, v, v], n=3", hoad.derivative(lambda t: f(x + t * v), 0.0, n=3), cubic

    check_several(entry, answers)


@pytest.mark.parametrize("entry", SCALAR_VALUED, ids=str)
def test_third_derivative_along_two_directions(entry: Function) -> None:
    def answers(f, x, value, jacobian, hessian, third, cubic):
        v = DIRECTION[: x.size]

        def curvature(modes: str) -> Callable[[Any], Any]:
            return lambda x: nested(lambda t: f(x + t * v), modes)(0.0)

        for modes in FOUR_NESTINGS:
            yield f"r{modes}", hoad.grad(curvature(modes), x), third
            yield f"f{modes}", hoad.jacobian(curvature(modes), x, mode="forward"), third
        yield "jvp of hvp", hoad.jvp(lambda x: hoad.hvp(f, x, v), (x,), (v,))[1], third
        yield "grad of v.hvp", hoad.grad(lambda x: v @ hoad.hvp(f, x, v), x), third

    check_several(entry, answers)
