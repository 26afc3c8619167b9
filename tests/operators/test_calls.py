"""How often an operator runs the function: once, whatever the mode, but where its docstring says more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

X = np.linspace(0.2, 1.0, 5)
WIDE = np.linspace(0.2, 1.0, 40)
NESTINGS = ("auto", "forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")


def scalar(x: Any) -> Any:
    return np.sum(x**3)


def vector(x: Any) -> Any:
    return np.concatenate([x, x * x, x**3])


def top(x: Any) -> Any:
    return x[:3] ** 2


RUNS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "grad": (scalar, lambda f: hoad.grad(f, X)),
    "gradient": (lambda a, b: a * b, lambda f: hoad.gradient(f, 1.0, 2.0)),
    "value_and_grad": (scalar, lambda f: hoad.value_and_grad(f, X)),
    "withgradient": (scalar, lambda f: hoad.withgradient(f, X)),
    "elementwise_grad": (np.sin, lambda f: hoad.elementwise_grad(f)(X)),
    "jvp": (vector, lambda f: hoad.jvp(f, (X,), (X,))),
    "vjp": (vector, lambda f: [hoad.vjp(f, X)[1](np.ones(15)) for _ in range(1)]),
    "pullback": (vector, lambda f: hoad.pullback(f, X)[1](np.ones(15))),
    "pushforward": (vector, lambda f: hoad.pushforward(f, X)(X)),
    "hvp": (scalar, lambda f: hoad.hvp(f, X, X)),
    "laplacian": (scalar, lambda f: hoad.laplacian(f, X)),
    "biharmonic": (scalar, lambda f: hoad.biharmonic(f, X)),
    "diag_hessian": (scalar, lambda f: hoad.diag_hessian(f, X)),
    "derivative_tensor": (scalar, lambda f: hoad.derivative_tensor(f, X, 3)),
    "value_grad_hessian": (scalar, lambda f: hoad.value_grad_hessian(f, X)),
    "hessian_reverse": (scalar, lambda f: hoad.hessian_reverse(f, X)),
    "derivative": (np.sin, lambda f: hoad.derivative(f, 0.5)),
    "derivative of order 3": (np.sin, lambda f: hoad.derivative(f, 0.5, 3)),
    "derivatives": (np.sin, lambda f: hoad.derivatives(f, 0.5, 4)),
    "taylor": (np.sin, lambda f: hoad.taylor(f, 0.5, 4)),
    "directional": (scalar, lambda f: hoad.directional(f, X, X, 2)),
    "prime": (np.sin, lambda f: hoad.prime(f)(0.5)),
    "vmap": (scalar, lambda f: hoad.vmap(f)(np.stack([X, X]))),
    "vmap of grad": (scalar, lambda f: hoad.vmap(hoad.grad(f))(np.stack([X, X]))),
    "withjacobian": (vector, lambda f: hoad.withjacobian(f, X)),
}
for nesting in NESTINGS:
    for point in (X, WIDE):
        RUNS[f"hessian, {nesting}, {len(point)}"] = (
            scalar,
            lambda f, nesting=nesting, point=point: hoad.hessian(f, point, mode=nesting),
        )
for chosen in ("auto", "forward", "reverse"):
    for name, operator in (("jacobian", hoad.jacobian), ("value_and_jacobian", hoad.value_and_jacobian)):
        for g in (scalar, vector, top):
            for point in (X, WIDE):
                RUNS[f"{name}, {chosen}, {g.__name__} of {len(point)}"] = (
                    g,
                    lambda f, operator=operator, point=point, mode=chosen: operator(f, point, mode=mode),
                )


@pytest.mark.parametrize("name", RUNS)
def test_the_function_runs_once(name: str) -> None:
    f, run = RUNS[name]
    calls = 0

    def counted(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        return f(*args)

    run(counted)
    assert calls == 1


def test_tall_jacobians_push_what_was_recorded() -> None:
    """40 directions cost less than 400 cotangents, and go down the program that is there."""
    calls = []
    tall = lambda x: (calls.append(1), np.ravel(np.outer(np.arange(10.0), x)))[1]
    assert hoad.jacobian(tall, WIDE).shape == (400, 40)
    assert len(calls) == 1
