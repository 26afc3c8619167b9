"""Python's functions of sequences, given lists, arrays and generators of numbers, in every way to call."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

POINTS = np.array([[0.7, 0.4, 0.55], [0.3, 0.6, 0.9]])
KINDS: dict[str, Callable[[Any], Any]] = {
    "array": lambda p: p * p,
    "list": lambda p: [x * x for x in p],
    "tuple": lambda p: tuple(p * p),
    "generator": lambda p: (x * x for x in p),
    "constants": lambda p: np.array([0.1, 0.2, 0.4]),
}
OF_ONE: dict[str, Callable[[Any], Any]] = {"fsum": math.fsum, "prod": math.prod, "sum": sum}
OF_TWO: dict[str, Callable[..., Any]] = {"dist": lambda a, b: math.dist(points(a), points(b))}
if hasattr(math, "sumprod"):
    OF_TWO["sumprod"] = math.sumprod
WAYS: dict[str, Callable[[Any], Any]] = {
    "reverse": lambda f: np.stack([hoad.grad(f)(p) for p in POINTS]),
    "forward": lambda f: np.stack([hoad.jacobian(f, mode="forward")(p) for p in POINTS]),
    "members": lambda f: hoad.vmap(hoad.grad(f))(POINTS),
    "members forward": lambda f: hoad.vmap(hoad.jacobian(f, mode="forward"))(POINTS),
    "compiled": lambda f: np.stack([hoad.compile(hoad.grad(f))(p) for p in POINTS]),
    "Hessian": lambda f: np.stack([np.diag(hoad.hessian(f)(p)) for p in POINTS]),
}


def points(a: Any) -> Any:
    """``math.dist`` takes sequences."""
    return list(a) if hasattr(a, "__next__") else a


def programs() -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {}
    for kind, of in list(KINDS.items())[:-1]:
        for name, f in OF_ONE.items():
            found[f"{name} of {kind}"] = lambda p, f=f, of=of: f(of(p)) * p[0]
        for name, f in OF_TWO.items():
            for other, of_other in KINDS.items():
                found[f"{name} of {kind}, {other}"] = lambda p, f=f, of=of, g=of_other: f(of(p), g(p + 1.0))
                found[f"{name} of {other}, {kind}"] = lambda p, f=f, of=of, g=of_other: f(g(p + 1.0), of(p))
    return found


PROGRAMS = programs()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_way(name: str, way: str) -> None:
    f, h = PROGRAMS[name], 1e-4
    units = h * np.eye(3)
    if way == "Hessian":
        right = [[(f(p + e) - 2 * f(p) + f(p - e)) / h**2 for e in units] for p in POINTS]
    else:
        right = [[(f(p + e) - f(p - e)) / (2 * h) for e in units] for p in POINTS]
    np.testing.assert_allclose(WAYS[way](f), right, rtol=1e-6, atol=1e-5 if way == "Hessian" else 1e-6)


@pytest.mark.parametrize("way", ["reverse", "members"])
@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda p: math.fsum(p[0]), "iteration over a number"),
        (lambda p: math.dist(p[0], p[1]), "iteration over a number|not iterable"),
        (lambda p: math.fsum(np.outer(p, p)), "0-dimensional|length-1"),
        (lambda p: math.dist(p, [0.0, 1.0]), "same number of dimensions|broadcast"),
    ],
)
def test_what_python_refuses(f: Callable[[Any], Any], message: str, way: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        f(POINTS[0])
    with pytest.raises((TypeError, ValueError), match=message):
        WAYS[way](f)
