"""Functions of Python's in integrands and right-hand sides: they have straight programs as NumPy's have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

import hoad
from hoad.scipy.integrals import Integrand

POINT = np.array([0.7, 0.4])
NAMES = (
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "atanh", "exp", "expm1",
    "log", "log1p", "log2", "log10", "sqrt", "fabs", "erf", "erfc", "gamma", "lgamma", "degrees", "radians",
)  # fmt: skip
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(math, name) for name in NAMES},
    **{name: getattr(math, name) for name in ("exp2", "cbrt") if hasattr(math, name)},
    "pow": lambda t: math.pow(t, 1.3),
    "pow of": lambda t: math.pow(1.3, t),
    "atan2": lambda t: math.atan2(t, 0.4),
    "hypot": lambda t: math.hypot(t, 0.4),
    "log of a base": lambda t: math.log(t, 3.0),
    "copysign": lambda t: math.copysign(t, 1.0),
    "fsum": lambda t: math.fsum([t, t * t]),
    "prod": lambda t: math.prod([t, t * t]),
    "several": lambda t: math.exp(-t) * math.cos(3 * t) / math.sqrt(1 + t * t),
}
WITHOUT = {"fabs", "copysign", "atan2"}  # what they do depends on a sign


def integral(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda p: quad(lambda x: f(p[0] * x + 0.2) * p[1], 0.1, 1.0)[0]


def trajectory(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def last(p: Any) -> Any:
        slope = lambda t, y: [-p[0] * y[0] + f(0.3 + 0.2 * t + 0.1 * p[1])]
        return solve_ivp(slope, (0.0, 0.5), [1.0], rtol=1e-10, atol=1e-12).y[0, -1]

    return last


@pytest.mark.parametrize("of", [integral, trajectory])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name: str, of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    f, h = of(FUNCTIONS[name]), 1e-4
    if name not in WITHOUT:
        monkeypatch.setattr(Integrand, "table_on_levels", None)  # which is asked where there is no program
    right = [(f(POINT + e) - f(POINT - e)) / (2 * h) for e in h * np.eye(2)]
    for found in (hoad.grad(f)(POINT), hoad.jacobian(f, POINT, mode="forward")):
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-7)
    second = [(hoad.grad(f)(POINT + e) - hoad.grad(f)(POINT - e)) / (2 * h) for e in h * np.eye(2)]
    np.testing.assert_allclose(hoad.hessian(f)(POINT), second, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("error", "integrand"),
    [
        (OverflowError, lambda x, c: math.exp(1000 * c * x)),
        (OverflowError, lambda x, c: math.exp(-math.exp(1000 * c * x))),
        (ValueError, lambda x, c: math.log(x - c)),
        (ValueError, lambda x, c: 1 / (1 + math.sqrt(x - c))),
        (ZeroDivisionError, lambda x, c: 1 / (x - x + c - c)),
    ],
)
def test_errors_are_pythons(error: type[Exception], integrand: Callable[..., Any]) -> None:
    f = lambda c: quad(integrand, 0, 9.0, args=(c,))[0]
    with pytest.raises(error) as plain:
        f(0.7)
    if error is not ZeroDivisionError:
        with pytest.raises(error, match=str(plain.value)):
            hoad.grad(f)(0.7)
