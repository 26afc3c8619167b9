"""What NumPy is told of errors in arithmetic is about the program: partials are evaluated without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

AT_THE_EDGE: dict[str, tuple[Callable[[Any], Any], float]] = {
    "sqrt": (np.sqrt, 0.0),
    "arcsin": (np.arcsin, 1.0),
    "arccosh": (np.arccosh, 1.0),
    "cbrt": (np.cbrt, 0.0),
    "power": (lambda x: x**0.5, 0.0),
    "hypot": (lambda x: np.hypot(x, x), 0.0),
    "arctan2": (lambda x: np.arctan2(x, x), 0.0),
    "root of a size": (lambda x: np.abs(x) ** 0.5, 0.0),
}
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: hoad.grad(lambda x: np.sum(f(x))),
    "jvp": lambda f: lambda x: hoad.jvp(f, (x,), (x * 0 + 1,)),
    "hessian": lambda f: hoad.hessian(lambda x: np.sum(f(x))),
    "nested": lambda f: hoad.hessian(lambda x: np.sum(f(x)), mode="reverse-reverse"),
    "derivatives": lambda f: lambda x: hoad.derivatives(lambda t: f(x + t), 0.0, 2),
    "of a batch": lambda f: lambda x: hoad.vmap(hoad.grad(f))(np.full(3, x)) if np.ndim(x) == 0 else 0.0,
}


@pytest.mark.parametrize("make", [float, np.float64, np.float32, lambda v: np.array([v, v])])
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", AT_THE_EDGE)
def test_partials_raise_nothing(name: str, operator: str, make: Any) -> None:
    f, at = AT_THE_EDGE[name]
    derivative, x = OPERATORS[operator](f), make(at)
    with np.errstate(all="ignore"):
        expected = derivative(x)
    with np.errstate(all="raise"):
        np.testing.assert_equal(derivative(x), expected)
