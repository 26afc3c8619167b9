"""Python's floats have NumPy's meaning in every rule, at every order: what is undefined is inf or nan, and
no exception.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules.statements import RULES, Scalar

pytest.importorskip("scipy.special")
import hoad.chainrules.scipy.special  # its rules are in the table from here on

SCALARS = {
    rule.name: rule
    for rule in RULES.values()
    if isinstance(rule, Scalar) and isinstance(rule.function, np.ufunc) and rule.arity <= 2
    if not np.iscomplexobj(rule.function(*[0.5] * rule.arity))  # which has no gradient
}
EDGES = [0.0, 1.0, np.inf]
MORE = [-0.0, -1.0, -2.5, 0.5, 710.0, 1e200, -1e200, 1e-200, -np.inf, np.nan]
WAYS: dict[str, Callable[..., Any]] = {
    "second": lambda f, x: hoad.derivative(f, x, 2),
    "gradient": lambda f, x: hoad.grad(f)(x),
    "forward over reverse": lambda f, x: hoad.derivative(hoad.grad(f))(x),
    "series": lambda f, x: hoad.derivatives(f, x, 3)[2],
}


def functions(rule: Scalar, edges: list[float]) -> list[tuple[Any, float]]:
    """The function along each argument, and of two arguments along both."""
    if rule.arity == 1:
        return [(rule.function, x) for x in edges]
    return [
        (f, x)
        for x, y in itertools.product(edges, edges)
        for f in (
            lambda t, y=y: rule.function(t, y),
            lambda t, y=y: rule.function(y, t),
            lambda t, r=y: rule.function(t, t * r if np.isfinite(r) else t),
        )
    ]


LONG = {"stdtr", "stdtrit", "stdtridf"}  # whose derivatives are series within series


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.sweep] if n in LONG else []) for n in SCALARS]
)
@pytest.mark.parametrize(
    ("edges", "every"),
    [(EDGES, 5), pytest.param(EDGES + MORE, 1, marks=pytest.mark.sweep)],
    ids=["few", "all"],
)
def test_floats_are_numpys(name: str, edges: list[float], every: int) -> None:
    """The default run takes one in five of the functions of two arguments, by turns in each."""
    rule = SCALARS[name]
    with np.errstate(all="ignore"):
        for f, x in functions(rule, edges)[:: 1 if rule.arity == 1 else every]:
            for way, operator in WAYS.items():
                right = operator(f, np.float64(x))
                np.testing.assert_allclose(operator(f, x), right, rtol=1e-13, err_msg=f"{way} at {x}")


CONSTANTS: list[tuple[str, Callable[[Any, Any], Any], list[Any]]] = [
    ("x / n", lambda x, n: x / n, [0, 1, 0j]),
    ("n / x", lambda x, n: n / x, [0, 1, -2]),
    ("x ** n", lambda x, n: x**n, [0, 1, -1, -2, 3]),
    ("n ** x", lambda x, n: n**x, [0, 1, 2]),
    ("x % n", lambda x, n: x % n, [0, 2]),
    ("x // n", lambda x, n: x // n, [0, 2]),
    ("a mean of none", lambda x, n: np.sum(np.stack([x, x])[2:]) / n, [0]),
    ("arctan2", lambda x, n: np.arctan2(x, n), [0, 1]),
]


@pytest.mark.parametrize(
    ("f", "n"), [pytest.param(f, n, id=f"{name}, n = {n}") for name, f, ns in CONSTANTS for n in ns]
)
@pytest.mark.parametrize("x", [0.0, 1.5])
def test_integers_beside_floats_are_numpys(f: Any, n: Any, x: float) -> None:
    """A constant that Python would not divide by counts as the float or complex number that it equals."""
    of_numpy = np.complex128(n) if isinstance(n, complex) else np.float64(n)
    with np.errstate(all="ignore"):
        for way, operator in WAYS.items():
            got = operator(lambda x: np.real(f(x, n)), x)
            right = operator(lambda x: np.real(f(x, of_numpy)), x)
            np.testing.assert_allclose(got, right, rtol=1e-13, err_msg=way)
