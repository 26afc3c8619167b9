"""Expressions: what is parsed has NumPy's value and hoad's derivative; other text gets an error."""

from __future__ import annotations

import numpy as np
import pytest

import hoad
from hoad.expressions import FUNCTIONS, ExpressionError, parse


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("2*x**2 - 3*x/4 + 1", lambda x: 2 * x**2 - 3 * x / 4 + 1),
        ("exp(sin(x))", lambda x: np.exp(np.sin(x))),
        ("-x % 0.75 + +x", lambda x: -x % 0.75 + x),
        ("arctan2(x, pi) * e", lambda x: np.arctan2(x, np.pi) * np.e),
        (" hypot(x, 2) ", lambda x: np.hypot(x, 2)),
    ],
)
def test_value_and_derivative(text: str, right) -> None:
    f = parse(text)
    assert f(0.3) == right(0.3)
    assert hoad.derivative(f, 0.3) == hoad.derivative(right, 0.3)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_numpys(name: str) -> None:
    count = getattr(FUNCTIONS[name], "nin", 1)
    x = 1.5 if name == "arccosh" else 0.5
    assert parse(f"{name}({', '.join(['x'] * count)})")(x) == FUNCTIONS[name](*[x] * count)


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
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        parse(text)
