"""Functions that handle errors of their own arithmetic: compiled as plain, where an error is raised and where
none is, whichever comes first.
"""

from __future__ import annotations

import contextlib
import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from turns import by_turns

import hoad

POINTS = [2.0, 0.0, -1.5, math.inf, -0.0, 800.0, 1.0, -math.inf, math.nan, 1e200, 5e-324]
SIGNS = ("truediv", "floordiv", "mod", "pow", "divmod")


def by(sign: Any, left: bool, number: float) -> Callable[[Any], Any]:
    """A sign with a number on one side."""

    def inner(x: Any) -> Any:
        out = sign(x, number) if left else sign(number, x)
        return out[0] + out[1] if isinstance(out, tuple) else out

    return inner


def of_math(function: Any, *others: float) -> Callable[[Any], Any]:
    return lambda x: function(x, *others)


MATRIX = np.array([[0.0, 0.5], [0.5, 1.0]])
WORK: dict[str, Callable[[Any], Any]] = {
    f"{name} {'of' if left else 'by'} x, {number}": by(
        divmod if name == "divmod" else getattr(operator, name), left, number
    )
    for name in SIGNS
    for left in (True, False)
    for number in (0.0, 2.0, 0.5, 400)
    if not (name == "pow" and number == 400 and not left)
}
WORK |= {
    f"math.{name}": of_math(getattr(math, name))
    for name in (
        "acos", "acosh", "asin", "atanh", "cosh", "exp", "expm1", "gamma", "lgamma", "log", "log10", "log1p",
        "log2", "sin", "sinh", "sqrt", "tan",
    )
}  # fmt: skip
WORK |= {
    "math.pow": lambda x: math.pow(x, -1.5),
    "math.fmod": lambda x: math.fmod(1.0, x),
    "x / x": lambda x: x / x,
    "x ** x": lambda x: x**x,
    "two of them": lambda x: 1.0 / (math.log(x) - math.sqrt(x - 1.0)),
    "int": lambda x: x * int(x),
    "floor": lambda x: x * math.floor(x),
    "round": lambda x: x * round(x),
    "an element of a list": lambda x: x * [1.0, 2.0, 3.0][int(x)],
    "an element of an array": lambda x: x * np.arange(3.0)[int(x)],
    "a dictionary": lambda x: x * {0: 1.0, 1: 2.0}[int(x)],
    "its own": lambda x: checked(x) * x,
    "solve": lambda x: np.linalg.solve(np.diag(np.stack([x, 1.0])) + MATRIX * 0.0, np.ones(2))[0],
    "cholesky": lambda x: np.linalg.cholesky(MATRIX + np.eye(2) * x)[0, 0],
    "an array of NumPy's": lambda x: np.sum(np.log(np.stack([x, x + 1.0]))),
}
CATCHES: dict[str, Any] = {
    "ZeroDivisionError": ZeroDivisionError,
    "ArithmeticError": ArithmeticError,
    "ValueError": ValueError,
    "Exception": Exception,
    "several": (ArithmeticError, ValueError, LookupError, np.linalg.LinAlgError),
}


def checked(x: Any) -> Any:
    if x < 0:
        raise ValueError("no negative numbers")
    return x


def constant(inner: Any, caught: Any) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        try:
            y = inner(x)
        except caught:
            y = 7.0
        return x * y

    return f


def another(inner: Any, caught: Any) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        try:
            return inner(x) * x
        except caught:
            return x * x * 0.5

    return f


def suppressed(inner: Any, caught: Any) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        y = 7.0
        with contextlib.suppress(caught):
            y = inner(x)
        return x * y

    return f


def asked_of_numpy(inner: Any, caught: Any) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            try:
                y = inner(np.float64(1.0) * x)
            except caught:
                y = 7.0
        return x * y

    return f


FORMS = {"constant": constant, "another": another, "suppressed": suppressed, "NumPy raises": asked_of_numpy}
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "value": lambda f: f,
    "derivative": hoad.derivative,
    "Hessian": hoad.hessian,
}


def outcome(g: Any, x: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return g(x)
        except Exception as error:
            return type(error)


def agree(got: Any, right: Any, exactly: bool) -> bool:
    if isinstance(got, type) or isinstance(right, type):
        return got is right
    close = np.array_equal if exactly else lambda a, b, **how: np.allclose(a, b, rtol=1e-13, atol=0, **how)
    return type(got) is type(right) and bool(close(got, right, equal_nan=True))


def wrong_of(g: Any, points: list[Any], orders: list[list[int]], backend: str) -> list[Any]:
    right = [outcome(g, x) for x in points]
    found = []
    for order in orders:
        compiled = hoad.compile(g, backend=backend)
        for k in order:
            got = outcome(compiled, points[k])
            if not agree(got, right[k], backend == "numpy"):
                found.append((points[k], got, right[k], order))
    return found


N = len(POINTS)
ORDERS = [[k, 0, 6, 1, k] for k in range(N)] + [[*range(N)], [*reversed(range(N))]]


@pytest.mark.parametrize(("name", "form"), by_turns(WORK, FORMS, every=6))
def test_errors_that_are_handled(name: str, form: str) -> None:
    shift = [*WORK].index(name)
    for k, (what, caught) in enumerate(CATCHES.items()):
        if (shift + k) % 2 and what != "several":
            continue
        f = FORMS[form](WORK[name], caught)
        for j, (operator_name, of) in enumerate(OPERATORS.items()):
            if operator_name == "value" or what in ("ArithmeticError", "several"):
                kind = (float, np.float64)[(shift + k + j) % 2]
                orders = [ORDERS[-1 - (shift + k) % 2], ORDERS[(shift + k + j) % N]]
                wrong = wrong_of(of(f), [kind(x) for x in POINTS], orders, "numpy")
                assert not wrong, (what, operator_name, kind, wrong[:3])


NATIVE = ["truediv by x, 2.0", "floordiv of x, 0.0", "pow by x, 0.0", "pow of x, 400", "math.exp", "math.log",
          "math.gamma", "x / x", "two of them", "int", "an array of NumPy's", "solve"]  # fmt: skip


@pytest.mark.parametrize("name", NATIVE)
def test_errors_that_are_handled_beside_machine_code(name: str) -> None:
    for form, what, of in (
        ("constant", "ArithmeticError", "derivative"),
        ("NumPy raises", "several", "value"),
    ):
        f = OPERATORS[of](FORMS[form](WORK[name], CATCHES[what]))
        wrong = wrong_of(f, POINTS, [[1, 5, 0, 6, 3, 2, 0]], "auto")
        assert not wrong, (form, wrong[:3])


UNHANDLED: dict[str, Callable[[Any], Any]] = {
    "exponential": lambda x: 1.0 / (1.0 + math.exp(x)),
    "quotient": lambda x: math.atan(1.0 / x),
    "power": lambda x: 1.0 / (1.0 + x**400),
    "logarithm": lambda x: math.tanh(math.log(x)),
    "sinh": lambda x: 1.0 / (1.0 + math.sinh(x) ** 2),
    "floor": lambda x: math.atan(1.0 // x),
}


@pytest.mark.parametrize("backend", ["numpy", "auto"])
@pytest.mark.parametrize("name", UNHANDLED)
def test_errors_of_python_are_raised(name: str, backend: str) -> None:
    """Where an infinity would leave no trace in the result, too."""
    for of in (OPERATORS["value"], OPERATORS["derivative"]):
        wrong = wrong_of(of(UNHANDLED[name]), POINTS, [[0, 6, *range(N)]], backend)
        assert not wrong, wrong[:3]
        compiled = hoad.compile(of(UNHANDLED[name]), backend=backend)
        assert np.isclose(compiled(2.0), compiled(2.0)) and compiled.stats()["hits"] == 1, compiled.why()


def test_numbers_that_are_too_small() -> None:
    def f(x: Any) -> Any:
        with np.errstate(all="raise"):
            try:
                return np.exp(-x * x) * 2.0
            except FloatingPointError:
                return 7.0

    points = [np.float64(1.0), np.float64(30.0), np.float64(2.0), np.float64(0.0), np.float64(27.0)]
    for backend in ("numpy", "auto"):
        assert not wrong_of(f, points, [[0, 1, 2, 3, 4], [1, 0, 2, 1], [3, 0, 1]], backend)


def test_what_is_guarded() -> None:
    """A division by zero is a side of a branch; what only its value tells runs as it is written."""
    quotient = hoad.compile(constant(lambda x: 1.0 / x, ZeroDivisionError), backend="numpy")
    for x in (0.0, 2.0, 0.0, 3.0, -0.0):
        assert quotient(x) == (0.0 if x == 0 else 1.0)
    assert len(quotient.variants) == 2 and quotient.stats()["hits"] == 3 and not quotient.why()
    power = hoad.compile(constant(math.exp, OverflowError), backend="numpy")
    assert [power(x) for x in (800.0, 0.0, 1.0, 800.0)] == [5600.0, 0.0, math.e, 5600.0]
    assert len(power.variants) == 1 and power.stats()["hits"] == 1


def test_a_power_that_turns_complex() -> None:
    for f in (lambda x: x**0.5, lambda x: x**x, lambda x: 2.0**x, lambda x: x ** (x + 0.5)):
        for of in OPERATORS.values():
            assert not wrong_of(of(f), [2.0, -1.5, -2.0, 0.5], [[0, 1, 2, 3], [1, 0, 2], [2, 1, 0]], "numpy")
