"""Expressions: what is parsed has NumPy's value and hoad's derivative; other text gets an error."""

from __future__ import annotations

import numpy as np
import pytest

import hoad
from hoad.chainrules.statements import RULES
from hoad.command.expressions import COUNTS, FUNCTIONS, ExpressionError, parse

OPERATORS = {"add", "subtract", "multiply", "divide", "negative", "positive"}
NO_MATHEMATICS = {"conjugate", "nextafter", "ldexp", "floor_divide"}  # of little use in a formula


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("2*x**2 - 3*x/4 + 1", lambda x: 2 * x**2 - 3 * x / 4 + 1),
        ("exp(sin(x))", lambda x: np.exp(np.sin(x))),
        ("-x % 0.75 + +x", lambda x: -x % 0.75 + x),
        ("arctan2(x, pi) * e", lambda x: np.arctan2(x, np.pi) * np.e),
        (" hypot(x, 2) ", lambda x: np.hypot(x, 2)),
        ("clip(x, 0, 1) + clip(2*x, 0, 0.5)", lambda x: np.clip(x, 0, 1) + 0.5),
        ("1e-3*x + .5", lambda x: 1e-3 * x + 0.5),
        ("2**-1*x", lambda x: 0.5 * x),
        ("-x**2", lambda x: -(x**2)),
        ("x**2**3", lambda x: x**8),
        ("1 - x - 2", lambda x: 1 - x - 2),
    ],
)
def test_value_and_derivative(text: str, right) -> None:
    f = parse(text)
    assert f(0.3) == right(0.3)
    assert hoad.derivative(f, 0.3) == hoad.derivative(right, 0.3)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_numpys(name: str) -> None:
    count = COUNTS.get(name) or FUNCTIONS[name].nin
    x = 1.5 if name in ("arccosh", "acosh") else 0.5
    f = parse(f"{name}({', '.join(['x', '0.75', '0.875'][:count])})")
    right = lambda x: getattr(np, name)(*[x, 0.75, 0.875][:count])
    assert f(x) == right(x)
    assert hoad.derivatives(f, x, 2) == hoad.derivatives(right, x, 2)


def test_every_elementwise_rule_has_its_function() -> None:
    stated = {
        ufunc.__name__
        for ufunc, rule in RULES.items()
        if isinstance(ufunc, np.ufunc) and getattr(np, ufunc.__name__, None) is ufunc
        if ufunc.signature is None and ufunc.nout == 1
        if getattr(rule, "kind", "composite") in ("scalar", "composite")
    }
    assert {"sin", "arctan2", "power", "absolute", "hypot"} <= stated
    assert stated - {f.__name__ for f in FUNCTIONS.values()} <= OPERATORS | NO_MATHEMATICS


@pytest.mark.parametrize(
    ("text", "x", "value"),
    [
        ("1/x", 0.0, np.inf),
        ("x/x", 0.0, np.nan),
        ("1/0 + x", 1.0, np.inf),
        ("(-8)**(1/3) + x", 1.0, np.nan),
        ("x**0.5", -1.0, np.nan),
        ("9**9**9**9", 1.0, np.inf),
        ("1" + "0" * 400 + "*x", 1.0, np.inf),
        ("x % 0", 1.0, np.nan),
    ],
)
def test_arithmetic_is_numpys(text: str, x: float, value: float) -> None:
    np.testing.assert_equal(float(parse(text)(x)), value)


def test_powers_end_at_zero() -> None:
    assert hoad.derivatives(parse("x**3"), 0.0, 5) == [0.0, 0.0, 0.0, 6.0, 0.0, 0.0]


def test_arrays_pass() -> None:
    np.testing.assert_array_equal(parse("x**2 + 1")(np.arange(3)), [1.0, 2.0, 5.0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("__import__('os').system('true')", "not allowed"),
        ("x.real", "not allowed"),
        ("open('f')", "Allowed are x"),
        ("sni(x)", "did you mean 'sin'"),
        ("y + 1", "is not known"),
        ("x ^ 2", r"type \*\*"),
        ("x +", "is not an expression"),
        ("sin(x, x)", "takes 1 argument,"),
        ("'text'", "not allowed"),
        ("[x for x in x]", "not allowed"),
        ("sin(x=x)", "not allowed"),
        ("(lambda: x)()", "not allowed"),
        ("x + 2j", "not allowed"),
        ("True", "not allowed"),
        ("x if x > 0 else 1", "not allowed"),
        ("x // 2", "not allowed"),
        ("x < 1", "not allowed"),
        ("sin(*x)", "not allowed"),
        ("np.sin(x)", "not allowed"),
        ("x; x", "is not an expression"),
        ("y = x", "is not an expression"),
        ("", "is not an expression"),
        ("hypot(x)", "takes 2 arguments,"),
        ("clip(x)", "takes 3 arguments,"),
        ("Sin(x)", "did you mean 'sin'"),
        ("sin", r"sin is a function; give it an argument, such as sin\(x\)"),
        ("pi(x)", r"for a product, type pi\*"),
        ("x(2)", r"for a product, type x\*"),
        ("(" * 90 + "x", "is not an expression"),
        ("0" + "-" * 9000 + "x", "too deeply"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        parse(text)


def test_the_error_lists_what_is_allowed() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("gamma(x)")
    for word in ("x, numbers", "+ - * / % **", "pi", "arctan2", "sqrt"):
        assert word in str(caught.value)


def test_the_error_is_one_of_hoads() -> None:
    assert issubclass(ExpressionError, hoad.errors.HoadError)
    assert issubclass(ExpressionError, ValueError)
