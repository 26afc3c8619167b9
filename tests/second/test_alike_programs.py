"""Programs of the same operations that differ in one thing: in what an operation is of, in the place of that
among its arguments, in its rule, in a constant, an option, an index, a shape or a precision. The function
written for one of them must not answer for another. The sweep is the specification, bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_called_pairs import compare
from turns import by_turns

import hoad
from hoad.chainrules import differential, linear_rule, multilinear_rule
from hoad.fast import straight
from hoad.second import sweep

X = np.array([0.3, 1.2, -0.7])
ROWS = np.array([[2.0, -0.5, 1.0], [0.5, 1.0, -1.0], [0.25, -2.0, 3.0]])
turned = multilinear_rule(lambda x, y: x * y[::-1], lambda g, i, x, y: (g * x)[::-1] if i else g * y[::-1])
doubled = multilinear_rule(lambda x, y: 2 * x * y, lambda g, i, x, y: 2 * g * x if i else 2 * g * y)
softened = differential(lambda x: x**2 / 2, lambda d, x, out: x * d, name="softened")
hardened = differential(lambda x: x**3 / 3, lambda d, x, out: x**2 * d, name="hardened")
shifted = linear_rule(lambda x: np.roll(x, 1), lambda g, x: np.roll(g, -1))
turned_round = linear_rule(lambda x: x[::-1] * 1.0, lambda g, x: g[::-1] * 1.0)


def written(u: Any, w: Any, into: int, index: Any, source: Any) -> Any:
    """Two arrays, of which one is written to, and nothing else tells which."""
    rows = u * 1.0, w * 2.0
    row = rows[into]
    row[index] = source
    return row * row


def twice_written(u: Any, order: int) -> Any:
    y, z = u * 1.0, u * 2.0
    for k, row in ((1, y), (0, z)) if order else ((0, y), (1, z)):
        row[[k, 2]] = u[:2] * (k + 1)
    return y * z


def of_complex(c: Any, d: Any, which: int, function: Callable[[Any], Any]) -> Any:
    y = function((c, d)[which])
    return np.real(y) * np.imag(y * c) + np.imag(y * d)


def filled(start: Any, source: Any) -> Any:
    start[..., [0, 2]] = source[:2]
    return start * start


# By what they differ in: programs of two arrays of three numbers.
Program = Callable[[Any, Any], Any]
ALIKE: dict[str, list[Program]] = {
    "operand of a differential": [lambda u, w: softened(u), lambda u, w: softened(w)],
    "operands of a product": [
        lambda u, w: turned(u, w),
        lambda u, w: turned(w, u),
        lambda u, w: turned(u, u),
        lambda u, w: turned(w, w),
    ],
    "place among the arguments of a product": [
        lambda u, w: turned(ROWS[0], u),
        lambda u, w: turned(u, ROWS[0]),
        lambda u, w: turned(ROWS[0], w),
    ],
    "place among linear arguments": [
        lambda u, w: np.where(ROWS[0] > 0, u, ROWS[1]),
        lambda u, w: np.where(ROWS[0] > 0, ROWS[1], u),
        lambda u, w: np.where(ROWS[0] > 0, 2.5, u),
        lambda u, w: np.where(ROWS[1] > 0, u, ROWS[1]),
        lambda u, w: np.where(ROWS[0] > 0, w, ROWS[1]),
    ],
    "numbers of parts": [
        lambda u, w: np.concatenate([u * w, ROWS[0, :0], u], None) ** 3,
        lambda u, w: np.concatenate([u * w], None) ** 3,
        lambda u, w: np.concatenate([u * w, ROWS[0], ROWS[1]], None) ** 3,
        lambda u, w: np.concatenate([u * w, ROWS[0]], None) ** 3,
        lambda u, w: np.concatenate([u * w, ROWS[0, :0]], None) ** 3,
    ],
    "places of parts": [
        lambda u, w: np.stack([u, ROWS[0], ROWS[1]]),
        lambda u, w: np.stack([ROWS[0], u, ROWS[1]]),
        lambda u, w: np.stack([ROWS[1], ROWS[0], u]),
        lambda u, w: np.stack([u, ROWS[0], ROWS[1]], axis=1),
        lambda u, w: np.stack([w, ROWS[0], ROWS[1]]),
        lambda u, w: np.concatenate([w, ROWS[0]])[:3],
    ],
    "rule": [
        lambda u, w: softened(u),
        lambda u, w: hardened(u),
        lambda u, w: turned(ROWS[0], u),
        lambda u, w: doubled(ROWS[0], u),
        lambda u, w: shifted(u),
        lambda u, w: turned_round(u),
        lambda u, w: np.cumsum(u),
        lambda u, w: np.roll(u, 1),
        lambda u, w: np.max(u),
        lambda u, w: np.prod(u),
        lambda u, w: np.real(u),
        lambda u, w: u[[0, 2, 1]],
    ],
    "option": [
        lambda u, w: np.sum(np.outer(u, w), axis=0),
        lambda u, w: np.sum(np.outer(u, w), axis=1),
        lambda u, w: np.sum(np.outer(w, u), axis=1),
        lambda u, w: np.sum(np.outer(u, w), axis=0, keepdims=True),
        lambda u, w: np.sum(np.outer(u, w)),
    ],
    "largest along": [
        lambda u, w: np.max(np.outer(u, w), axis=0),
        lambda u, w: np.max(np.outer(u, w), axis=1),
        lambda u, w: np.max(np.outer(u, w)),
    ],
    "constant": [
        lambda u, w: turned(ROWS[0], u),
        lambda u, w: turned(ROWS[1], u),
        lambda u, w: turned(ROWS, u),
        lambda u, w: turned(ROWS[:1], u),
        lambda u, w: turned(2.5, u),
        lambda u, w: turned(ROWS[0].astype(np.float32), u),
        lambda u, w: np.imag(turned(ROWS[0] * (1 + 2j), u)),
        lambda u, w: turned(np.array([1, 0, 2]), u),
    ],
    "factor": [
        lambda u, w, c=c: np.real(u * c)  # type: ignore[misc]
        for c in (2.5, 3, True, np.float32(2.5), 1 + 2j, np.complex64(2j), ROWS[0], ROWS[0] * 1j, ROWS)
    ],
    "elements": [
        lambda u, w: u[[0, 0, 2]],
        lambda u, w: u[[0, 1, 2]],
        lambda u, w: u[[2, 0]],
        lambda u, w: w[[2, 0]],
        lambda u, w: u[ROWS[0] > 0],
        lambda u, w: u[np.array([0, 2])],
        lambda u, w: u[1:],
        lambda u, w: u[1],
        lambda u, w: u[1, ...],
        lambda u, w: w[1:],
    ],
    "complex elements": [
        lambda u, w: np.real(((u * 1j) * (w * 2j))[1:]),
        lambda u, w: np.real(((w * 1j) * (u * 2j))[:2]),
    ],
    "complex operand": [
        lambda u, w, k=k, take=take: of_complex(u * 1j, w * (1 - 2j), k, take)  # type: ignore[misc]
        for k in (0, 1)
        for take in (lambda z: z[1], lambda z: z[2])
    ],
    "complex sum": [
        lambda u, w: of_complex(u * 1j, w * (1 - 2j), 0, np.sum),
        lambda u, w: of_complex(u * 1j, w * (1 - 2j), 1, np.sum),
    ],
    "operand of a function of complex numbers": [
        lambda u, w: of_complex(u * 1j, w * (1 - 2j), 0, np.exp),
        lambda u, w: of_complex(u * 1j, w * (1 - 2j), 1, np.exp),
        lambda u, w: of_complex(u * 2.0, w * 3.0, 1, np.exp),
        lambda u, w: of_complex(u * 2.0, w * 1j, 1, np.exp),
        lambda u, w: of_complex(u * 2.0, w * 1j, 0, np.exp),
    ],
    "matrix behind": [
        lambda u, w: u @ ROWS,
        lambda u, w: w @ ROWS,
        lambda u, w: u @ ROWS.T,
        lambda u, w: u @ np.array([[2, 0], [0, 1], [3, -2]]),
        lambda u, w: np.real(w @ (1j * ROWS)),
        lambda u, w: u @ ROWS[0],
    ],
    "matrix before": [
        lambda u, w: ROWS @ u,
        lambda u, w: ROWS @ w,
        lambda u, w: ROWS.T @ u,
        lambda u, w: np.array([[2, 0, 1], [0, 1, -1]]) @ u,
        lambda u, w: np.array([[2, 0, 1], [0, 1, -1]]) @ w,
        lambda u, w: np.imag((1j * ROWS) @ w),
        lambda u, w: np.imag((1j * ROWS) @ u),
    ],
    "operands of a matrix product": [
        lambda u, w: np.outer(u, w) @ u,
        lambda u, w: np.outer(u, w) @ w,
        lambda u, w: np.outer(u, w) @ np.outer(u, w),
        lambda u, w: np.outer(w, u) @ w,
    ],
    "operands of a complex matrix product": [
        lambda u, w: np.imag(np.dot(u * 1j, w * 2j)),
        lambda u, w: np.imag((u * 1j) @ (w * (1 + 2j))),
        lambda u, w: np.imag((w * 1j) @ (u * (1 + 2j))),
    ],
    "array that is written": [
        lambda u, w, k=k, index=index, source=source: written(u, w, k, index, source(u, w))  # type: ignore[misc]
        for k in (0, 1)
        for index in ([0, 2], [2, 1])
        for source in (lambda u, w: u[:2], lambda u, w: w[:2], lambda u, w: 0.5)
    ],
    "element that is written": [
        lambda u, w, k=k, index=index, source=source: written(u, w, k, index, source(u, w))  # type: ignore[misc]
        for k in (0, 1)
        for index in (1, True, [1])
        for source in (lambda u, w: u[1], lambda u, w: 0.5)
    ],
    "order of writes": [lambda u, w: twice_written(u, 0), lambda u, w: twice_written(u, 1)],
    "array that is filled": [
        lambda u, w: filled(np.zeros(3), u),
        lambda u, w: filled(np.ones(3), u),
        lambda u, w: filled(np.ones(3), w),
        lambda u, w: np.real(filled(np.ones(3, complex), u)),
        lambda u, w: filled(np.zeros((2, 3)), u),
    ],
}
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "hvp": lambda f, x: hoad.hvp(f, x, np.sin(3 * x)),
    "hessian": lambda f, x: hoad.hessian(f, x),
    "hessian, one by one": lambda f, x: hoad.hessian(f, x),
}


UNWRITTEN = ("operand of a function of complex numbers", "hessian")  # some, in many directions


def loss(inner: Program) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        u, w = np.exp(x), x * x
        return np.sum(np.sin(inner(u, w))) * np.sum(u * w)

    return f


@pytest.mark.parametrize(("kind", "operator"), by_turns(ALIKE, OPERATORS, every=4))
def test_alike(kind: str, operator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(straight, "SIGHTS", 1)
    if operator.endswith("one by one"):
        monkeypatch.setattr(sweep.Program, "one_by_one", lambda self, n: True)
    second, functions = OPERATORS[operator], [loss(inner) for inner in ALIKE[kind]]
    keys = []
    with hoad.run_each_time():
        for first in functions:
            straight.forget()
            for _ in range(3):
                second(first, X)
            keys += [key for key in straight._known if key[0] == "second"]
            assert straight.none not in straight._known[keys[-1]] or (kind, operator) == UNWRITTEN
            for other in functions:
                compare(lambda other=other: second(other, -X[::-1]))
    assert len(set(keys)) < len(functions)  # some have the same operations
