"""A sweep that is written out relies on the options of its operations: of other ones it is another sweep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.fast import straight

X = np.array([0.3, 1.2, -0.7, 0.9])
MANY = 3  # calls until a sweep is written out
# By name: a function of a square matrix and of an option, and options.
MOVES: dict[str, tuple[Callable[[Any, Any], Any], list[Any]]] = {
    "roll": (lambda y, k: np.roll(y, k), [1, 2, -1, True]),
    "roll along": (lambda y, axis: np.roll(y, 1, axis=axis), [0, 1, None]),
    "flip": (lambda y, axis: np.flip(y, axis), [0, 1, None]),
    "transpose": (lambda y, axes: np.transpose(y, axes), [(0, 1), (1, 0)]),
    "reshape": (lambda y, order: np.reshape(y, (2, 2), order=order), ["C", "F"]),
    "ravel": (lambda y, order: np.ravel(y, order), ["C", "F"]),
    "expand_dims": (lambda y, axis: np.expand_dims(y, axis) * X[:2], [0, 1]),
    "rot90": (lambda y, k: np.rot90(y, k), [1, 2, 3]),
    "repeat": (lambda y, axis: np.repeat(y, 2, axis=axis) @ np.ones((2, 1)) if axis == 0 else y, [0, 1]),
    "repeat by counts": (lambda y, n: np.repeat(y, n, axis=0), [np.array([2, 1]), np.array([1, 2])]),
    "tile": (lambda y, n: np.tile(y, n), [(1, 2), (2, 1)]),
    "pad": (lambda y, n: np.pad(y, n), [((0, 1), (1, 0)), ((1, 0), (0, 1))]),
    "pad by a mode": (lambda y, mode: np.pad(y, 1, mode), ["edge", "wrap", "reflect"]),
    "concatenate": (lambda y, axis: np.concatenate([y, y * y], axis), [0, 1]),
    "stack": (lambda y, axis: np.stack([y, y * y], axis), [0, 1, 2]),
    "tril": (lambda y, k: np.tril(y, k), [0, -1, 1]),
    "diag": (lambda y, k: np.diag(y, k), [1, -1]),
    "diagonal": (lambda y, k: np.diagonal(y, k), [1, -1]),
    "trace": (lambda y, k: np.trace(y, k), [0, 1, -1]),
    "take": (lambda y, k: np.take(y, k, axis=0), [[0, 1], [1, 0], [1, 1]]),
    "take of an array": (lambda y, k: np.take(y, k), [np.array([0, 3]), np.array([2, 1])]),
    "an index": (lambda y, k: y[k], [0, 1, (0, 1), ...]),
    "sum": (lambda y, axis: np.sum(y, axis), [0, 1]),
    "sum of a part": (lambda y, mask: np.sum(y, where=mask), [np.eye(2) > 0, np.eye(2) < 1]),
    "mean": (lambda y, axis: np.mean(y, axis=axis), [0, 1]),
    "cumsum": (lambda y, axis: np.cumsum(y, axis), [0, 1]),
    "cumprod": (lambda y, axis: np.cumprod(y, axis), [0, 1]),
    "prod": (lambda y, axis: np.prod(y, axis), [0, 1]),
    "max": (lambda y, axis: np.max(y, axis), [0, 1]),
    "sort": (lambda y, axis: np.sort(y, axis), [0, 1]),
    "diff": (lambda y, axis: np.diff(y, axis=axis).reshape(-1), [0, 1]),
    "norm": (lambda y, axis: np.linalg.norm(y, axis=axis), [0, 1]),
    "einsum": (lambda y, text: np.einsum(text, y, y), ["ij,jk->ik", "ij,kj->ik", "ij,ij->ij"]),
    "tensordot": (lambda y, axes: np.tensordot(y, y, axes), [([0], [0]), ([1], [0]), ([1], [1])]),
    "where": (lambda y, mask: np.where(mask, y, y * y), [np.eye(2) > 0, np.eye(2) < 1, True]),
    "clip": (lambda y, top: np.clip(y, -1.0, top), [0.1, 0.7, np.float32(0.5)]),
    "solve": (lambda y, b: np.linalg.solve(y + 3 * np.eye(2), b), [np.eye(2), np.ones(2)]),
    "cholesky": (lambda y, up: np.linalg.cholesky(y @ y.T + np.eye(2), upper=up), [False, True]),
    "convolve": (lambda y, mode: np.convolve(y[0], y[1], mode), ["full", "same", "valid"]),
    "dtype": (lambda y, kind: np.sum(y, dtype=kind) * 1.0, [np.float64, np.float32]),
}
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: hoad.grad(f),
    "hvp": lambda f: lambda x: hoad.hvp(f, x, np.cos(x)),
}


def program(move: Callable[[Any, Any], Any], option: Any) -> Callable[[Any], Any]:
    """One code, whatever the option is."""

    def f(x: Any) -> Any:
        y = move(np.sin(np.outer(x[:2], x[2:])), option)
        return np.sum(y * y * np.cos(np.arange(np.size(y))).reshape(np.shape(y)))

    return f


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", MOVES)
def test_another_option_is_another_sweep(name: str, operator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(straight, "SIGHTS", MANY)
    move, options = MOVES[name]
    operate = OPERATORS[operator]
    loose = 1e-5 if name in ("dtype", "clip") else 1e-12
    fresh = []
    for option in options:
        with hoad.run_each_time():
            straight.forget()
            fresh.append(operate(program(move, option))(X))
    with hoad.run_each_time():
        for first in options:
            straight.forget()
            for _ in range(MANY + 1):
                operate(program(move, first))(X)
            for option, right in zip(options, fresh, strict=True):
                np.testing.assert_allclose(operate(program(move, option))(X), right, rtol=loose, atol=loose)
