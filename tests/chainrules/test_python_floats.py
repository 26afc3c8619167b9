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
    if isinstance(rule, Scalar) and isinstance(rule.function, np.ufunc)
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


@pytest.mark.parametrize("name", list(SCALARS))
@pytest.mark.parametrize(
    "edges", [EDGES, pytest.param(EDGES + MORE, marks=pytest.mark.sweep)], ids=["few", "all"]
)
def test_floats_are_numpys(name: str, edges: list[float]) -> None:
    with np.errstate(all="ignore"):
        for f, x in functions(SCALARS[name], edges):
            for way, operator in WAYS.items():
                right = operator(f, np.float64(x))
                np.testing.assert_allclose(operator(f, x), right, rtol=1e-13, err_msg=f"{way} at {x}")
