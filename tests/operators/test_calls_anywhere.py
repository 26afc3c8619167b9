"""f runs once whatever it gives, wherever the point is, and with all options, if the operator takes that."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from test_alike import OPERATORS

import hoad
from hoad.errors import HoadError

POINTS: dict[str, Any] = {
    "a number": 0.7,
    "an array": np.array([0.5, 1.5, -0.5]),
    "many": np.linspace(0.1, 1.0, 12),
    "float32": np.array([0.5, 1.5], np.float32),
    "a fraction": Fraction(1, 3),
    "an array of one": np.ones(1),
    "zeros": np.zeros(3),
    "a matrix": np.eye(2),
    "a container": {"u": np.array([1.0, 2.0]), "v": 0.5},
    "none": np.zeros(0),
}
OPTIONS: dict[str, tuple[Any, ...]] = {
    "mode": (
        *("forward", "reverse", "auto"),
        *("forward-forward", "forward-reverse", "reverse-forward", "reverse-reverse"),
    ),
    "has_aux": (True,),
    "holomorphic": (True,),
    "sparse": (True,),
    "directions": ("rademacher", "normal", "coordinates"),
    "argnums": ((0,),),
}


def parts(x: Any) -> list[Any]:
    return list(x.values()) if isinstance(x, dict) else [x]


def cubes(x: Any) -> Any:
    return sum(np.sum(v**3) for v in parts(x))


def written(x: Any) -> Any:
    v = parts(x)[0]
    out = np.zeros_like(v if np.ndim(v) else np.stack([v]))
    out[...] = v * v
    return np.sum(out)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "a number": cubes,
    "each": lambda x: parts(x)[0] ** 2,
    "many": lambda x: np.concatenate([np.ravel(v**2) for v in parts(x)] * 5),
    "a container": lambda x: {"a": cubes(x), "b": parts(x)[0] * 2.0, "c": "text"},
    "a pair": lambda x: (cubes(x), "more"),
    "linear": lambda x: np.sum(parts(x)[0]),
    "a norm": lambda x: np.sqrt(cubes(x) ** 2 + 1.0),
    "written": written,
}


def more(name: str, x: Any) -> tuple[Any, ...]:
    """The point, and what an operator wants with it."""
    n = sum(np.size(v) for v in parts(x))
    indices = {tuple([int(i == k) * order for i in range(n)]): 1.0 for k in range(n) for order in range(5)}
    return {
        "hvp": (x, x),
        "directional": (x, x, 3),
        "jvp": ((x,), (x,)),
        "jet": ((x,), ([x, x, x],)),
        "derivative": (x, 3),
        "derivatives": (x, 3),
        "taylor": (x, 3),
        "derivative_tensor": (x, 2),
        "partial": (x, ((2, 1) + (0,) * n)[:n]),
        "DifferentialOperator": (indices, x),
        "estimate_operator": (indices, x),
    }.get(name, (x,))


def applied(name: str, f: Any, x: Any, options: dict[str, Any]) -> Any:
    """An operator on a function, at a point."""
    given = more(name, x)
    if name in ("DifferentialOperator", "estimate_operator"):
        operator = hoad.DifferentialOperator(given[0])
        return operator(f, x) if name == "DifferentialOperator" else hoad.estimate_operator(operator, f, x)
    return getattr(hoad, name)(f, *given, **options)


def choices(name: str) -> Iterator[dict[str, Any]]:
    """No options, and each by itself."""
    yield {}
    has = inspect.signature(getattr(hoad, name)).parameters
    yield from ({key: value} for key, values in OPTIONS.items() if key in has for value in values)


@pytest.mark.parametrize("name", [*OPERATORS, "DifferentialOperator", "estimate_operator"])
def test_f_runs_once(name: str) -> None:
    answered = 0
    for kind, place, options in itertools.product(FUNCTIONS, POINTS, choices(name)):
        calls = []

        def counted(x: Any, f: Any = FUNCTIONS[kind], calls: list[int] = calls) -> Any:
            calls.append(1)
            return f(x)

        try:
            applied(name, counted, POINTS[place], options)
        except HoadError:
            assert len(calls) <= 1, (kind, place, options)
        else:
            assert len(calls) == 1, (kind, place, options)
            answered += 1
    assert answered >= 16


def test_a_point_without_numbers() -> None:
    """Its derivatives are zero, or have no elements."""
    x = np.zeros(0)
    f = lambda x: np.sum(x**3) + 1.0
    assert (hoad.laplacian(f, x), hoad.biharmonic(f, x)) == (0.0, 0.0)
    for directions in OPTIONS["directions"]:
        assert hoad.estimate_laplacian(f, x, directions=directions) == (0.0, 0.0)
    for order in range(4):
        assert hoad.derivative_tensor(f, x, order).shape == (0,) * order
        assert hoad.derivative_tensor(lambda x: np.stack([f(x)] * 2), x, order).shape == (2, *(0,) * order)
    for operator in (hoad.diag_hessian, hoad.diaghessian, hoad.grad):
        assert operator(f, x).shape == (0,)
