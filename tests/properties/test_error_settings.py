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
    "jacobian": lambda f: hoad.jacobian(f),
    "of the gradient": lambda f: hoad.jacobian(hoad.grad(lambda x: np.sum(f(x)))),
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


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("operator", ["grad", "hessian", "jacobian", "of the gradient", "nested"])
@pytest.mark.parametrize("name", AT_THE_EDGE)
def test_sweeps_warn_of_nothing(name: str, operator: str) -> None:
    f, at = AT_THE_EDGE[name]
    with np.errstate(all="warn"):
        OPERATORS[operator](f)(np.array([at, at]))


LARGE: dict[str, Callable[[Any], Any]] = {
    "exp": lambda x: np.exp(300.0 * x),
    "power": lambda x: 1e220 * x**40,
    "quotient": lambda x: 1e60 / (x * 1e-60) ** 2,
    "root": lambda x: np.sqrt(x * 1e300) * 1e100,
    "product": lambda x: (x * 1e90) * (x[::-1] * 1e90) if np.ndim(x) else (x * 1e90) * (x * 1e90),
    "arctan2": lambda x: np.arctan2(1e200 * x, 1e199 * x) * 1e160,
    "matrices": lambda x: np.outer(1e100 * x, x) @ (1e100 * x) if np.ndim(x) else 1e200 * x * x,
}
POINT = np.array([1.5, 2.0, 1.75, 1.125])
WAYS: dict[str, Callable[[Any], Any]] = {
    "jvp": lambda f: hoad.jvp(f, (POINT,), (POINT,)),
    "vjp": lambda f: hoad.vjp(f, POINT)[1](f(POINT) * 0 + 1),
    "forward": lambda f: hoad.jacobian(f, POINT, mode="forward"),
    "reverse": lambda f: hoad.jacobian(f, POINT, mode="reverse"),
    "sparse": lambda f: hoad.jacobian(f, POINT, sparse=True).toarray(),
    "hvp": lambda f: hoad.hvp(lambda x: np.sum(f(x)), POINT, POINT),
    "hessian": lambda f: hoad.hessian(lambda x: np.sum(f(x)), POINT),
    "of the gradient": lambda f: hoad.jacobian(hoad.grad(lambda x: np.sum(f(x))), POINT),
    "along it": lambda f: hoad.jvp(hoad.grad(lambda x: np.sum(f(x))), (POINT,), (POINT,)),
    "forward twice": lambda f: hoad.jacobian(hoad.jacobian(f, mode="forward"), POINT, mode="forward"),
    "laplacian": lambda f: hoad.laplacian(lambda x: np.sum(f(x)), POINT),
    "series": lambda f: hoad.derivatives(lambda t: f(t * POINT), 1.0, 2),
    "of a batch": lambda f: hoad.vmap(hoad.grad(lambda x: np.sum(f(x))))(np.stack([POINT, POINT])),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LARGE)
def test_what_is_large_and_finite_is_no_error(name: str, way: str) -> None:
    """Squares of it are out of range, and of no interest to the program."""
    f, derivative = LARGE[name], WAYS[way]
    with np.errstate(all="raise", under="ignore"):
        f(POINT)
        found = derivative(f)
    with np.errstate(all="ignore"):
        np.testing.assert_equal(found, derivative(f))
    flat = [np.asarray(part) for part in (found if isinstance(found, (tuple, list)) else [found])]
    assert all([np.isfinite(part).all() for part in flat])
