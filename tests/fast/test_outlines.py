"""Transposes that move elements alone are lines of a sweep that is written out; all others stay calls."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_straight import _at_second_sight, check, written  # noqa: F401

import hoad
from hoad.chainrules import remove_rule
from hoad.chainrules.declarations import linear_rule
from hoad.fast import straight

W = np.linspace(0.5, 2.5, 6)
MOVES: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda x: x.reshape(3, 2),
    "transpose": lambda x: np.transpose(x.reshape(1, 2, 3), (2, 0, 1)),
    "T": lambda x: x.reshape(2, 3).T,
    "swapaxes": lambda x: np.swapaxes(x.reshape(2, 3, 1), 0, 2),
    "squeeze": lambda x: np.squeeze(x.reshape(1, 6, 1)),
    "expand_dims": lambda x: np.expand_dims(x, 0),
    "ravel": lambda x: x.reshape(2, 3).ravel(),
    "stack of numbers": lambda x: np.stack([x[k] for k in (3, 1, 0, 5)]),
    "table": lambda x: np.reshape(np.stack([x[0], x[1] * x[0], x[2], x[1]]), (2, 2)),
    "stack of rows": lambda x: np.stack([x, x * x, W]),
    "columns": lambda x: np.stack([x, x * x], axis=1),
    "concatenate": lambda x: np.concatenate([x, W, x[:2]]),
    "beside constants": lambda x: np.concatenate([np.ones((2, 2)), x.reshape(2, 3)], axis=1),
    "vstack": lambda x: np.vstack([x, x + 1.0]),
    "hstack": lambda x: np.hstack([x, 1.0, x[2]]),
}


def texts() -> str:
    forms = [form for known in straight._known.values() if isinstance(known, list) for form in known]
    return "".join(["".join(linecache.cache[form.__code__.co_filename][2]) for form in forms])


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_moves_are_lines(move: Callable[[Any], Any]) -> None:
    x = np.array([0.5, -1.5, 0.25, 2.0, -0.0, 1.25])
    check(lambda x: np.sum(np.sin(move(x * 1.5)) ** 2 + 1 / move(x + 4.0)), x, -x[::-1], x * 1e-3)
    assert written() == 1
    assert not any(call in texts() for call in ("_back", "_by_rule", "_called"))


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_other_kinds(move: Callable[[Any], Any]) -> None:
    """Of other precisions and fields, with infinity and nan, and to the second order."""
    x = np.linspace(0.5, 1.5, 6)
    f = lambda x: np.sum(np.abs(move(x * 1.5)) ** 1.5)
    check(f, x, x + 0.5j, np.where(x > 1, np.inf, x))
    single = [hoad.grad(f)(x.astype(np.float32)) for _ in range(4)]
    assert {d.dtype for d in single} == {np.dtype(np.float32)}
    np.testing.assert_allclose(single, [hoad.grad(f)(x)] * 4, rtol=2e-6)
    check(lambda x: np.sum(hoad.grad(f)(x) ** 2), x, x + 1.0)


A = np.array([[2.0, 0.5, 0.25], [0.5, 1.5, -0.5], [0.25, -0.5, 3.0]])
CALLS: dict[str, Callable[[Any], Any]] = {
    "solve": lambda x: np.linalg.solve(A + np.outer(x[:3], x[:3]), x[3:]),
    "solve with constants": lambda x: np.linalg.solve(A, x[3:]) + np.linalg.solve(A + x[0] * A, A[0]),
    "inv": lambda x: np.linalg.inv(A + x[0] * x[:3]),
    "det": lambda x: np.linalg.det(A + x[0] * x[:3]),
    "norm": lambda x: np.linalg.norm(x) * np.linalg.norm(x[:2]),
    "cholesky": lambda x: np.linalg.cholesky(A + x[0] ** 2 * np.eye(3)),
    "einsum": lambda x: np.einsum("i,ij,j->i", x[:3], A, x[3:]),
    "stacked products": lambda x: np.matmul(x.reshape(3, 1, 2), x.reshape(3, 2, 1)),
    "complex product": lambda x: np.abs((x[:3] + 0.5j) @ (A * x[3:])),
    "where": lambda x: np.where(x > 0.6, x * x, 1.0),
    "sum": lambda x: np.sum(x.reshape(2, 3) ** 2, axis=1),
    "max": lambda x: np.max(x * 2.0),
    "cumsum": lambda x: np.cumsum(x * x),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_calls_of_rules(call: Callable[[Any], Any]) -> None:
    x = np.array([0.5, 1.5, 0.25, 2.0, 0.75, 1.25])
    check(
        lambda x: np.sum(np.sin(call(x * 1.5)) * np.sum(x)),
        x,
        x[::-1].copy(),
        x * 0.5,
        np.where(x > 1, np.nan, x),
    )
    assert written() == 1


def test_other_options() -> None:
    """The same operations with other shapes and axes are another program."""
    x = np.linspace(0.5, 1.5, 6)
    for shape in ((2, 3), (3, 2), (6, 1), (6,), (1, 6)):
        check(lambda x, shape=shape: np.sum(np.sin((x * 2.0).reshape(shape)) * np.ones(shape[-1:])), x, x * 2)
    for c in (np.ones(2), np.ones(5), np.ones(2, np.float32), np.arange(3)):
        check(lambda x, c=c: np.sum(np.concatenate([c, x * 2.0]) ** 2), x, x * 2)
    for axis in (0, 1):
        check(lambda x, axis=axis: np.sum(np.stack([x * 2.0, x], axis) ** 2), x, x * 2)


def test_options_that_are_equal_and_differ() -> None:
    """True is 1, and a rule may tell them apart."""

    def turned(x: Any, way: Any) -> Any:
        return x[::-1] if way is True else x

    rule = linear_rule(turned, lambda g, x, way: g[::-1] if way is True else g)
    try:
        x = np.array([0.5, 1.5, -0.25])
        for way in (True, 1, 1.0, True):
            check(lambda x, way=way: np.sum(rule(x * 2.0, way) * np.arange(3.0)), x, -x)
        for way in ((True,), (1,), (True,)):
            check(lambda x, way=way: np.sum(rule(x * 2.0, way) * np.arange(3.0)), x, -x)
    finally:
        remove_rule(turned)


def test_what_reads_values_stays_a_call() -> None:
    """Where elements go is decided by values: an outline has none to give."""

    def chosen(x: Any, order: Any) -> Any:
        return x[order]

    asked = []

    def back(g: Any, x: Any, order: Any) -> Any:
        asked.append(type(order))
        return g[np.argsort(order)]

    rule = linear_rule(chosen, back)
    try:
        x = np.array([0.5, 1.5, -0.25])
        for order in (np.array([1, 2, 0]), np.array([2, 0, 1])):
            check(lambda x, order=order: np.sum(rule(x * 2.0, order) * np.arange(3.0)), x, -x)
        assert "_back" in texts()
        assert asked[-1] is np.ndarray
    finally:
        remove_rule(chosen)


def test_what_computes_stays_a_call() -> None:
    def doubled(x: Any) -> Any:
        return x * 2.0

    rule = linear_rule(doubled, lambda g, x: g * 2.0)
    try:
        check(lambda x: np.sum(np.sin(rule(x * 1.5))), np.linspace(0.5, 1.5, 4), np.linspace(1.5, 3.5, 4))
        assert "_back" in texts()
    finally:
        remove_rule(doubled)
