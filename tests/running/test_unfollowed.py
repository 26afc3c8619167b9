"""A value that changes with its arguments, though no operation leads to it, is told of; no other is."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_alike import OPERATORS

import hoad
from hoad.errors import UnfollowedValueWarning


def bisection(c: Any, steps: int = 50) -> Any:
    low, high = 0.0, 3.0
    for _ in range(steps):
        middle = (low + high) / 2
        if middle**2 < c:
            low = middle
        else:
            high = middle
    return low


def stops_early(c: Any) -> Any:
    return bisection(c, 16)


def golden(c: Any) -> Any:
    low, high, part = 0.0, 4.0, (np.sqrt(5.0) - 1) / 2
    while high - low > 1e-7:
        one, other = high - part * (high - low), low + part * (high - low)
        low, high = (low, other) if (one - c) ** 2 < (other - c) ** 2 else (one, high)
    return low


def of_an_array(x: Any) -> Any:
    return np.array([bisection(v) for v in x])


def of_several(x: Any) -> Any:
    return bisection(x["a"] * 1.0), 3.0


def of_a_ratio(p: Any, q: Any) -> Any:
    return bisection(p / q)


SEARCHES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "bisection": (bisection, (2.0,)),
    "stops early": (stops_early, (2.0,)),
    "golden section": (golden, (2.0,)),
    "an array": (of_an_array, (np.array([2.0, 3.0]),)),
    "a container": (of_several, ({"a": 2.0},)),
    "two arguments": (of_a_ratio, (2.0, 1.5)),
    "float32": (bisection, (np.float32(2.0),)),
    "at 0": (lambda x: bisection(x + 1.0), (0.0,)),
}
STEADY: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "a constant": (lambda x: 3.0, (2.0,)),
    "a jump": (lambda x: 1.0 if x > 0 else 0.0, (0.0,)),
    "two jumps at a point": (lambda x: float(np.sign(x)), (0.0,)),
    "a point": (lambda x: 1.0 if x == 2.0 else 0.0, (2.0,)),
    "a count": (lambda x: float(sum(1 for v in x if v > 0.5)), (np.linspace(0.0, 1.0, 7),)),
    "an index": (lambda x: [1.5, 2.5, 3.5][int(np.argmax(x))], (np.array([0.1, 0.2, 0.2]),)),
    "what is asked for": (lambda x: hoad.primal(x) ** 2, (2.0,)),
    "what is stopped": (lambda x: hoad.stop_gradient(x) ** 2, (2.0,)),
    "integers": (lambda x: float(np.floor(x)), (2.5,)),
    "random": (lambda x: np.random.default_rng().normal(), (2.0,)),
    "steps of a derivative": (hoad.grad(lambda x: x % 1e-9), (2.0,)),
    "nan": (lambda x: float("nan"), (2.0,)),
}


def told(f: Callable[[], Any]) -> int:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        f()
    return sum([w.category is UnfollowedValueWarning for w in found])


def modes(f: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, Callable[[], Any]]:
    every = tuple(range(len(args)))
    return {
        "reverse": lambda: hoad.jacobian(f, *args, argnums=every, mode="reverse"),
        "forward": lambda: hoad.jacobian(f, *args, argnums=every, mode="forward"),
        "pullback": lambda: hoad.vjp(f, *args),
    }


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_told_of(name: str) -> None:
    f, args = SEARCHES[name]
    for mode, derivative in modes(f, args).items():
        assert told(derivative) >= 1, mode
    if len(args) == 1 and isinstance(args[0], float):
        assert told(lambda: hoad.grad(f)(args[0])) == 1


def test_a_search_is_told_of_at_higher_order() -> None:
    assert told(lambda: hoad.derivatives(bisection, 2.0, 3)) >= 1
    assert told(lambda: hoad.hessian(of_an_array_of_one, np.array([2.0]))) >= 1


DIFFERENTIAL = hoad.DifferentialOperator({(0, 0, 0): 1.0, (1, 0, 0): 2.0})
POINT = OPERATORS["grad"][2][0]
APPLIED: dict[str, Callable[[Any], Any]] = {
    name: lambda g, name=name, rest=rest, options=options: getattr(hoad, name)(g, *rest, **options)
    for name, (_, options, rest) in OPERATORS.items()
}
APPLIED |= {
    "DifferentialOperator": lambda g: DIFFERENTIAL(g, POINT),
    "estimate_operator": lambda g: hoad.estimate_operator(DIFFERENTIAL, g, POINT, seed=0),
    "pushforward": lambda g: hoad.pushforward(g, POINT)(POINT),
    "partial of order 1": lambda g: hoad.partial(g, POINT, (1, 0, 0)),
    "grad with more": lambda g: hoad.grad(lambda x: (g(x), "more"), POINT, has_aux=True),
}


@pytest.mark.parametrize("name", APPLIED)
def test_a_search_is_told_of_by_every_operator(name: str) -> None:
    assert told(lambda: APPLIED[name](lambda x: bisection(np.real(x if np.ndim(x) == 0 else x[0])))) >= 1


def of_an_array_of_one(x: Any) -> Any:
    return bisection(x[0])


@pytest.mark.parametrize("name", STEADY)
def test_what_is_constant_is_not(name: str) -> None:
    f, args = STEADY[name]
    for mode, derivative in modes(f, args).items():
        assert told(derivative) == 0, mode


def test_the_argument_of_the_caller_stays() -> None:
    x = np.array([2.0, 3.0])

    def writes(v: Any) -> Any:
        found = bisection(v[1])
        v[0] = 7.0
        return found

    told(lambda: hoad.grad(writes)(x))
    assert x.tolist() == [2.0, 3.0]


def test_the_function_that_depends_is_run_once() -> None:
    runs = []

    def f(x: Any) -> Any:
        runs.append(1)
        return x * x

    hoad.grad(f)(2.0)
    hoad.jacobian(f, 2.0, mode="forward")
    assert len(runs) == 2


def test_a_function_that_fails_beside_the_point_is_left_alone() -> None:
    def f(x: Any) -> Any:
        if x != 2.0:
            raise ValueError("only at 2")
        return 3.0

    assert told(lambda: hoad.grad(f)(2.0)) == 0
