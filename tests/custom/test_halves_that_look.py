"""Halves of rules that look at the numbers of a tangent or a cotangent: each of them is linear in what it
computes, and not in how, as where zeros are left out. Every operator gives the derivative, or refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules import NoTangent, frule, remove_rule, rrule
from hoad.errors import HoadError
from hoad.sparse.budget import Unstructured
from hoad.sparse.linear_map import Columns
from hoad.sparse.structured import identity


def put(d: Any, where: Any) -> Any:
    out = np.zeros_like(d)
    out[where] = d[where]
    return out


# All of them are what they are given.
LOOKS: dict[str, Callable[[Any], Any]] = {
    "zeros left out": lambda d: np.where(d != 0, d, 0.0),
    "zeros put in": lambda d: np.where(d == 0, 0.0, d),
    "what is finite": lambda d: np.where(np.isfinite(d), d, 0.0),
    "what is close": lambda d: np.where(np.isclose(d, 0.0, atol=0), 0.0, d),
    "size and sign": lambda d: np.abs(d) * np.sign(d),
    "root of a square": lambda d: np.sign(d) * np.sqrt(d * d),
    "hypot": lambda d: np.copysign(np.hypot(d, 0.0), d),
    "signbit": lambda d: np.where(np.signbit(d), -np.abs(d), np.abs(d)),
    "two halves": lambda d: np.maximum(d, 0.0) + np.minimum(d, 0.0),
    "clipped": lambda d: np.clip(d, -1e300, 1e300),
    "nan_to_num": np.nan_to_num,
    "rounded": lambda d: d - np.rint(d) + np.rint(d),
    "a branch by any": lambda d: d if np.any(d) else 0.0 * d,
    "a branch by all": lambda d: 0.0 * d if np.all(d == 0) else d,
    "a branch by closeness": lambda d: 0.0 * d if np.allclose(d, 0.0, atol=0) else d,
    "counted": lambda d: d * np.minimum(1, 1 + np.count_nonzero(d)),
    "positions": lambda d: put(d, np.nonzero(d)),
    "a mask": lambda d: put(d, d != 0),
    "sorted and back": lambda d: np.sort(d)[np.argsort(np.argsort(d))],
    "by the order": lambda d: d[np.argsort(d)][np.argsort(np.argsort(d))],
    "different values": lambda d: np.unique(d)[np.unique(d, return_inverse=True)[1]],
    "the largest": lambda d: d * np.max(np.abs(d)) / np.maximum(np.max(np.abs(d)), 1e-300),
    "the place of the largest": lambda d: d + 0.0 * np.argmax(d),
    "numbers of Python": lambda d: np.stack([float(v) for v in d]),
}
X = np.array([0.5, 1.5, -0.7])
ROWS = np.stack([X, 2 * X])
SLOPES, BENDS = np.diag(np.cos(X)), np.diag(-np.sin(X))
OPERATORS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "forward": (lambda g: hoad.jacobian(g, X, mode="forward"), SLOPES),
    "reverse": (lambda g: hoad.jacobian(g, X, mode="reverse"), SLOPES),
    "sparse": (lambda g: hoad.jacobian(g, X, sparse=True).toarray(), SLOPES),
    "plan": (lambda g: hoad.sparse_plan(g, X)(X).toarray(), SLOPES),
    "pattern": (lambda g: np.diag(hoad.pattern(g, X).toarray()), np.ones(3)),
    "hessian": (lambda g: hoad.hessian(lambda x: np.sum(g(x)), X), BENDS),
    "sparse hessian": (lambda g: hoad.hessian(lambda x: np.sum(g(x)), X, sparse=True).toarray(), BENDS),
    "product": (lambda g: hoad.hvp(lambda x: np.sum(g(x)), X, X), BENDS @ X),
    "laplacian": (lambda g: hoad.laplacian(lambda x: np.sum(g(x)), X), np.sum(BENDS)),
    "third": (lambda g: hoad.directional(lambda x: np.sum(g(x)), X, np.ones(3), 3), -np.sum(SLOPES)),
    "members": (lambda g: hoad.vmap(hoad.grad(lambda x: np.sum(g(x))))(ROWS), np.cos(ROWS)),
    "members, forward": (
        lambda g: hoad.vmap(hoad.jacobian(g, mode="forward"))(ROWS),
        np.cos(ROWS)[:, :, None] * np.eye(3),
    ),
}


@pytest.mark.parametrize("half", ["frule", "rrule"])
@pytest.mark.parametrize("look", LOOKS)
def test_the_derivative_or_an_error(look: str, half: str) -> None:
    read = LOOKS[look]

    def g(x: Any) -> Any:
        return np.sin(x)

    if half == "frule":
        frule(g, lambda tangents, x: (np.sin(x), read(tangents[1]) * np.cos(x)))
    else:
        rrule(g, lambda x: (np.sin(x), lambda y: (NoTangent(), read(y) * np.cos(x))))
    try:
        for name, (operator, right) in OPERATORS.items():
            try:
                found = operator(g)
            except HoadError:
                continue
            np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-14, err_msg=name)
    finally:
        remove_rule(g)


ASKS = (
    *(
        np.sign,
        np.isfinite,
        np.rint,
        np.argmax,
        np.nonzero,
        np.unique,
        np.sort,
        np.median,
        np.isnan,
        np.signbit,
    ),
    *(np.lexsort, np.trim_zeros, np.count_nonzero, bool, float, X.__getitem__, X.__gt__, X.__eq__),
    *(lambda d: d > 0, lambda d: d == 0, lambda d: np.isclose(d, 1.0), lambda d: np.digitize(d, X)),
    lambda d: np.searchsorted(X, d),
)


@pytest.mark.parametrize("ask", ASKS)
def test_no_number_of_a_map_is_told(ask: Any) -> None:
    """Whoever asks a tangent that is a map from all inputs does not get those of another array."""
    with pytest.raises((Unstructured, TypeError)):
        ask(identity(X, Columns(3)))
