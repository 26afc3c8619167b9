"""Questions that shapes, types and places in memory answer, of traced arrays as of plain ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

X = np.arange(1.0, 7.0)
VIEWS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda y: y,
    "the rest": lambda y: y[1:],
    "even": lambda y: y[::2],
    "odd": lambda y: y[1::2],
    "in rows": lambda y: y.reshape(2, 3),
    "a column": lambda y: y.reshape(2, 3)[:, 1],
    "turned": lambda y: y.reshape(2, 3).T[0],
    "backwards": lambda y: y[::-1][:2],
    "the last": lambda y: y[-1:],
    "nothing": lambda y: y[:0],
    "a copy": lambda y: y.copy(),
    "chosen": lambda y: y[[0, 1]],
    "another": lambda y: y * 1.0,
    "a constant": lambda y: np.ones(3),
}
MODES: dict[str, Callable[..., Any]] = {
    "reverse": lambda f: hoad.grad(f)(X),
    "forward": lambda f: hoad.jacobian(f, X, mode="forward"),
    "second": lambda f: hoad.hessian(f)(X),
    "mapped": lambda f: hoad.vmap(f)(np.stack([X, X + 1.0])),
}


QUESTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "may share": np.may_share_memory,
    "shares": np.shares_memory,
    "may share, exactly": lambda a, b: np.may_share_memory(a, b, -1),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_shared(mode: str, question: Any) -> None:
    pairs = list(itertools.product(VIEWS, VIEWS))
    wanted = {(a, b): question(VIEWS[a](base), VIEWS[b](base)) for base in [X * 1.0] for a, b in pairs}

    def f(x: Any) -> Any:
        y = x * 1.0
        for a, b in pairs:
            assert question(VIEWS[a](y), VIEWS[b](y)) == wanted[a, b], (a, b)
        return np.sum(y)

    MODES[mode](f)


@pytest.mark.parametrize("mode", MODES)
def test_the_order_of_a_product(mode: str) -> None:
    text, wanted = "ij,jk,k->i", np.einsum_path("ij,jk,k->i", np.outer(X, X), np.outer(X, X), X)

    def f(x: Any) -> Any:
        a = np.outer(x, x)
        path = np.einsum_path(text, a, a, x)
        assert path == wanted
        return np.sum(np.einsum(text, a, a, x, optimize=path[0]))

    MODES[mode](f)


SHUFFLES: dict[str, Callable[[Any], Any]] = {
    "permutation": lambda x: np.random.default_rng(3).permutation(x),
    "of rows": lambda x: np.random.default_rng(3).permutation(np.outer(x, x))[0],
    "permuted": lambda x: np.random.default_rng(3).permuted(np.outer(x, x), axis=1)[1],
    "choice": lambda x: np.random.default_rng(3).choice(x, 6),
    "an older generator": lambda x: np.random.RandomState(3).permutation(x),
}


@pytest.mark.parametrize("name", SHUFFLES)
def test_shuffles_move_what_is_differentiated(name: str) -> None:
    """``permutation`` asks whether its array shares memory with the argument, which it must not change."""

    def f(x: Any) -> Any:
        return np.sum(SHUFFLES[name](x**2) * np.arange(1.0, 7.0)) + x[0]

    wanted = [(f(X + 1e-6 * e) - f(X - 1e-6 * e)) / 2e-6 for e in np.eye(6)]
    np.testing.assert_allclose(hoad.grad(f)(X), wanted, rtol=1e-6)
    np.testing.assert_allclose(hoad.jacobian(f, X, mode="forward"), wanted, rtol=1e-6)
    np.testing.assert_allclose(hoad.vmap(f)(np.stack([X, 2.0 * X])), [f(X), f(2.0 * X)])
