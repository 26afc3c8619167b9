"""A value that is a function, or has one in it: its derivative is a function, with the numbers of the
derivative of what it gives; or it is refused. f runs once before a function is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_alike import LINEAR_MAPS, OPERATORS, WITH_OPERATOR

import hoad
from hoad.errors import NonScalarOutputError

ORDERS = hoad.DifferentialOperator({(0, 0, 0): 1.0, (1, 0, 0): 2.0, (0, 2, 0): 0.5, (1, 0, 2): 1.0})
APPLIED: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    name: (f, lambda g, name=name, rest=rest, options=options: getattr(hoad, name)(g, *rest, **options))
    for name, (f, options, rest) in OPERATORS.items()
}
X = OPERATORS["grad"][2][0]
ROSENBROCK = OPERATORS["grad"][0]
APPLIED |= {
    "DifferentialOperator": (ROSENBROCK, lambda g: ORDERS(g, X)),
    "estimate_operator": (ROSENBROCK, lambda g: hoad.estimate_operator(ORDERS, g, X, seed=0)),
    "vjp": (ROSENBROCK, lambda g: hoad.vjp(g, X)[0]),
    "pullback": (ROSENBROCK, lambda g: hoad.pullback(g, X)[0]),
    "pushforward": (ROSENBROCK, lambda g: hoad.pushforward(g, X)(X)),
}
for nesting in ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"):
    APPLIED[f"hessian, {nesting}"] = ROSENBROCK, lambda g, mode=nesting: hoad.hessian(g, X, mode=mode)
    APPLIED[f"hvp, {nesting}"] = ROSENBROCK, lambda g, mode=nesting: hoad.hvp(g, X, X, mode=mode)
for chosen in ("auto", "forward", "reverse"):
    for name in ("jacobian", "value_and_jacobian"):
        APPLIED[f"{name}, {chosen}"] = (
            ROSENBROCK,
            lambda g, name=name, mode=chosen: getattr(hoad, name)(g, X, mode=mode),
        )
APPLIED["jacobian of several"] = (lambda x: np.sin(x) * x, lambda g: hoad.jacobian(g, X))
APPLIED["value_grad_hessian of a number"] = (np.sin, lambda g: hoad.value_grad_hessian(g, 0.5))
APPLIED["diag_hessian of a number"] = (np.sin, lambda g: hoad.diag_hessian(g, 0.5))
REFUSED = {"estimate_laplacian", "estimate_operator", "wirtinger", "vjp", "pullback", "withgradient"}  # alone
CHUNKED = {"laplacian", "biharmonic"}  # of which f runs once for each chunk

# Where the value is in f's: alone, or beside others, first or last.
PLACES: dict[str, Callable[[Any, Any], Any]] = {
    "alone": lambda late, now: late,
    "first": lambda late, now: (late, now),
    "last": lambda late, now: {"now": now, "text": "text", "then": late},
}


def called(tree: Any) -> Any:
    """All functions in a result, at 3."""
    if isinstance(tree, dict):
        return {key: called(part) for key, part in tree.items()}
    if isinstance(tree, (tuple, list)):
        return tuple(map(called, tree))
    return tree(3.0) if callable(tree) else tree


def same(a: Any, b: Any) -> None:
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        a, b = list(a.values()), list(b.values())
    if isinstance(a, (tuple, list)):
        assert len(a) == len(b)
        for p, q in zip(a, b, strict=True):
            same(p, q)
    elif isinstance(a, str):
        assert a == b
    else:
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_every_operator_is_here() -> None:
    assert {*OPERATORS, *LINEAR_MAPS, *WITH_OPERATOR} <= set(APPLIED)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", APPLIED)
def test_functions_as_values(name: str, place: str) -> None:
    f, apply = APPLIED[name]
    calls = []

    def late(*x: Any) -> Any:
        calls.append(1)
        return PLACES[place](lambda y: f(*x) * y, f(*x))

    try:
        found = apply(late)
    except NonScalarOutputError:
        assert place != "alone" or name in REFUSED
        return
    assert len(calls) == 1 or name in CHUNKED
    same(called(found), apply(lambda *x: PLACES[place](f(*x) * 3.0, f(*x))))
