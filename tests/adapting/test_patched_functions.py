"""Functions that are put in the place of a module's own, as tests and users do: the derivative is that of
what the plain call computes, whenever that was done, and as before once it is undone.
"""

from __future__ import annotations

import cmath
import math
import subprocess
import sys
import types
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest

import hoad

X = 0.3


def own(x: Any) -> Any:
    return 3.0 * x * x


def plain(x: Any) -> Any:
    return np.sin(x) * np.cos(x)


def of_math(x: Any) -> Any:
    return math.sin(x) * np.cos(x)


def of_cmath(x: Any) -> Any:
    return cmath.sin(x) * 2.0


def of_linalg(x: Any) -> Any:
    return np.linalg.norm(np.array([x, 1.0])) * np.sin(x)


def writes(x: Any) -> Any:
    y = np.zeros(2)
    y[0], y[1] = np.sin(x), np.cos(x)
    return y.sum() * 2


def lists(x: Any) -> Any:
    return np.sum([np.sin(x), x])


def branches(x: Any) -> Any:
    return np.where(x > 0, np.sin(x), 0.0) * 2


def imports(x: Any) -> Any:
    import math as m

    return m.sin(x) * 2


def imports_a_name(x: Any) -> Any:
    from math import sin

    return sin(x) * 2


def asks(x: Any) -> Any:
    return getattr(np, "sin")(x) * 2  # noqa: B009 (a name that is looked up by its text)


def makes(x: Any) -> Any:
    return np.float64(x) * np.sin(x)


def first(values: Any) -> Any:
    return 5.0 * values[0]


PATCHES: list[tuple[Callable[..., Any], Any, str, Any]] = [
    (plain, np, "sin", own),
    (plain, np, "cos", own),
    (of_math, math, "sin", own),
    (of_math, np, "cos", own),
    (of_cmath, cmath, "sin", own),
    (of_linalg, np.linalg, "norm", first),
    (of_linalg, np, "array", lambda values: np.stack([values[0] * 2, values[1]])),
    (writes, np, "sin", own),
    (writes, np, "cos", own),
    (writes, np, "zeros", lambda n: np.full(n, 2.0)),
    (lists, np, "sum", first),
    (lists, np, "sin", own),
    (branches, np, "where", lambda condition, a, b: a * 7),
    (imports, math, "sin", own),
    (imports_a_name, math, "sin", own),
    (asks, np, "sin", own),
    (makes, np, "sin", own),
    (makes, np, "float64", lambda v: v * 2),
]


def slope(f: Callable[..., Any]) -> Any:
    return (f(X + 1e-6) - f(X - 1e-6)) / 2e-6


def anew(f: Callable[..., Any]) -> Any:
    """The same function of other code, of which nothing was looked at."""
    return types.FunctionType(f.__code__.replace(co_name="anew"), f.__globals__)


def real(f: Callable[..., Any]) -> Callable[..., Any]:
    return (lambda x: f(x).real) if f is of_cmath else f


@pytest.fixture(autouse=True)
def nothing_stays() -> Any:
    before = [dict(vars(module)) for module in (np, np.linalg, math, cmath)]
    yield
    for module, names in zip((np, np.linalg, math, cmath), before, strict=True):
        assert [n for n, v in names.items() if vars(module)[n] is not v] == []


@pytest.mark.parametrize("calls_before", [0, 1, 3])
@pytest.mark.parametrize(("f", "module", "name", "other"), PATCHES)
def test_what_stands_in_a_module_is_differentiated(
    f: Callable[..., Any], module: Any, name: str, other: Any, calls_before: int
) -> None:
    g = real(anew(f)) if f is not of_cmath else real(f)
    for _ in range(calls_before):
        np.testing.assert_allclose(hoad.grad(g)(X), slope(g), rtol=1e-6)
    with mock.patch.object(module, name, other):
        np.testing.assert_allclose(hoad.grad(g)(X), slope(g), rtol=1e-6)
        np.testing.assert_allclose(hoad.jacobian(g, X, mode="forward"), slope(g), rtol=1e-6)
        assert getattr(module, name) is other
    np.testing.assert_allclose(hoad.grad(g)(X), slope(g), rtol=1e-6)
    assert hoad.derivative(np.cos, X) == -np.sin(X)


@pytest.mark.parametrize(("f", "module", "name"), [(of_math, math, "sin"), (writes, np, "cos")])
def test_a_function_that_was_learned_is_forgotten(f: Callable[..., Any], module: Any, name: str) -> None:
    df = hoad.grad(f)
    for k in range(300):
        df(X + 1e-4 * k)
    with mock.patch.object(module, name, own):
        np.testing.assert_allclose(df(X), slope(f), rtol=1e-6)
        np.testing.assert_allclose(hoad.compile(hoad.grad(f))(X), slope(f), rtol=1e-6)
    np.testing.assert_allclose(df(X), slope(f), rtol=1e-6)


def test_a_wrapper_of_the_function_itself() -> None:
    sine, seen = np.sin, []

    def counted(x: Any) -> Any:
        seen.append(1)
        return sine(x)

    with mock.patch.object(np, "sin", counted):
        np.testing.assert_allclose(hoad.hessian(writes, X), -2 * (np.cos(X) + sine(X)), rtol=1e-12)
    assert len(seen) == 1


def test_a_derivative_within_one() -> None:
    with mock.patch.object(math, "sin", own), mock.patch.object(np, "cos", own):
        inner = hoad.grad(of_math)
        np.testing.assert_allclose(hoad.grad(lambda x: inner(x) * np.cos(x))(X), 540 * X**4, rtol=1e-12)


ADDED = """
import hoad, numpy as np
np.added = np.expm1  # as numexpr adds a second name, between the import and the first derivative
SLOPES = {np.expm1: np.cos, np.sin: np.cos}
f = lambda x, g=np.expm1: np.added(x)[0] * SLOPES[g](x[1]) + np.sort(x)[0]
found = hoad.grad(f)(np.array([0.3, 0.7]))
print(np.allclose(found, [np.exp(0.3) * np.cos(0.7) + 1, -np.expm1(0.3) * np.sin(0.7)], rtol=1e-15))
"""


def test_a_function_that_a_library_adds_to_numpy() -> None:
    found = subprocess.run([sys.executable, "-c", ADDED], capture_output=True, text=True, check=False)
    assert found.stdout == "True\n", found.stderr
