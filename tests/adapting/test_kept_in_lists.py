"""Values that a program keeps in lists by the points at which it was called: of a point that stands there
several times, as after a derivative, each is told apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad


def pairs() -> Callable[[Any], Any]:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        for point, value in kept:
            if (point == x).all():
                return value
        value = np.sum(x**3)
        kept.append((np.copy(x), value))
        return value

    return f


def compared() -> Callable[[Any], Any]:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        found = [value for point, value in kept if np.array_equal(x, point)]
        if not found:
            found = [np.sum(x**3)]
            kept.append((np.array(x), found[0]))
        return found[0]

    return f


def two_lists() -> Callable[[Any], Any]:
    points: list[Any] = []
    values: list[Any] = []

    def cube(v: Any) -> Any:
        if v in points:
            return values[points.index(v)]
        points.append(v)
        values.append(v**3)
        return values[-1]

    return lambda x: cube(x[0]) + cube(x[1])


def the_last_far_from() -> Callable[[Any], Any]:
    last: dict[str, Any] = {}

    def f(x: Any) -> Any:
        if not last or np.linalg.norm(x - last["point"]) > 1e-12:
            last["point"], last["value"] = np.copy(x), np.sum(x**3)
        return last["value"]

    return f


MAKE = {"pairs": pairs, "compared": compared, "two lists": two_lists, "the last far from": the_last_far_from}
USES: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "alone": lambda f: f,
    "a part": lambda f: lambda x: f(x) * x[0],
}
NUMBERS_APART = {("two lists", "a part"), ("the last far from", "a part")}  # of which nothing is seen
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "grad": hoad.grad,
    "forward": lambda f: hoad.jacobian(f, mode="forward"),
    "value_and_grad": lambda f: lambda x: hoad.value_and_grad(f)(x)[1],
    "hvp": lambda f: lambda x: hoad.jvp(hoad.grad(f), (x,), (x,))[0],
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kept", MAKE)
@pytest.mark.parametrize("operator", OPERATORS)
def test_it_is_computed_each_time(use: str, kept: str, operator: str) -> None:
    if (kept, use) in NUMBERS_APART:
        return
    f, x = USES[use](MAKE[kept]()), np.array([0.5, 1.5])
    right = 3 * x**2 if use == "alone" else 3 * x**2 * x[0] + np.array([np.sum(x**3), 0.0])
    f(x)
    f(x + 0.25)
    for _ in range(4):
        np.testing.assert_allclose(OPERATORS[operator](f)(x), right)
