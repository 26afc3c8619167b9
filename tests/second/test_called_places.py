"""An operation that has no lines, wherever it stands in a sweep of second order that is written out: what was
added to its operand before, as a whole, by elements, in a buffer or in a row of which some were taken out, is
there afterwards with what it adds. The sweep that is not written out is the specification, bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_called_pairs import compare, often
from turns import by_turns

import hoad
from hoad.chainrules import differential, multilinear_rule
from hoad.fast import straight
from hoad.second import pairs, sweep

X = np.array([0.3, 1.2, -0.7])
MATRIX = np.array([[2.0, -0.5, 1.0], [0.5, 1.0, -1.0], [0.25, -2.0, 3.0]])
INTEGERS = np.array([[2, 0, 1], [0, 1, -1], [3, -2, 3]])
WAVES = np.exp(1j * MATRIX)
turned = multilinear_rule(lambda x, y: x * y[::-1], lambda g, i, x, y: (g * x)[::-1] if i else g * y[::-1])
softened = differential(lambda x: x**2 / 2, lambda d, x, out: x * d, name="softened")


def with_places(y: Any) -> Any:
    z = y * 1.0
    z[[2, 0]] = y[1:] ** 2
    return z


def of_integers(y: Any) -> Any:
    """An array of integers into which a number is put that is none."""
    z = np.ones(3, complex)
    z[0] = y[1] * 1j
    return np.imag(z * z * y)


CALLED: dict[str, Callable[[Any], Any]] = {
    "a product of the user's": lambda y: turned(MATRIX[0], y),
    "a product of the user's with itself": lambda y: turned(y, y),
    "a differential of the user's": softened,
    "elements": lambda y: y[[0, 0, 2]],
    "elements by a mask": lambda y: y[np.array([True, False, True])][[0, 1, 1]],
    "elements are written": with_places,
    "a complex array": of_integers,
    "a choice": lambda y: np.where(MATRIX[1] > 0, y, 3.0),
    "the largest": lambda y: np.max(y) * MATRIX[0],
    "times a complex number": lambda y: np.real((y * (1 + 2j)) ** 2),
    "a complex number times": lambda y: np.real((WAVES[0] * y) ** 2),
    "before integers": lambda y: y @ INTEGERS,
    "behind integers": lambda y: INTEGERS @ y,
    "between integers": lambda y: (y @ INTEGERS) @ np.diag(y),
    "behind a complex matrix": lambda y: np.imag(WAVES @ y) ** 2,
    "a complex product": lambda y: np.imag((1j * y) @ (WAVES * y)) * MATRIX[0],
}


def cut_out(y: Any, called: Callable[[Any], Any]) -> Any:
    """A row that is filled, read, and filled further."""
    row = np.zeros(3)
    row[0] = y[0] * y[1]
    w = called(row)
    row[1] = w[0] * y[2]
    row[2] = row[1] * y[0]
    return np.sum(row * row * y) + np.sum(w * w)


def written_between(y: Any, called: Callable[[Any], Any]) -> Any:
    """The same of a slice."""
    row = y * 1.0
    w = called(row)
    row[1:] = w[:2] * y[2]
    v = called(row)
    row[0] = v[1]
    return np.sum(row * row * y) + np.sum(w * v)


PLACES: dict[str, Callable[[Any, Callable[[Any], Any]], Any]] = {
    "alone": lambda y, c: np.sum(c(y) ** 2),
    "and all of it": lambda y, c: np.sum(c(y) * np.sin(y)),
    "and an element": lambda y, c: np.sum(c(y) ** 2) * y[1],
    "and elements": lambda y, c: np.sum(c(y) ** 2) * y[1] + y[2] * y[1],
    "and an element and all": lambda y, c: np.sum(c(y) * y) * y[1] ** 2,
    "and a slice": lambda y, c: np.sum(c(y)[1:] * y[1:]),
    "and a slice, all and an element": lambda y, c: np.sum(c(y)[1:] * y[1:]) * y[0] + np.sum(y**3),
    "before that": lambda y, c: y[1] * y[0] * np.sum(np.exp(y)) * np.sum(c(y) ** 2),
    "twice": lambda y, c: np.sum(c(y) * c(y)),
    "of its own value": lambda y, c: np.sum(c(c(y) * 0.5) * c(y)) * y[0],
    "in a row that is filled": cut_out,
    "in an array that is filled": written_between,
}


OPERATORS: dict[str, Callable[[Any], Any]] = {
    "hvp": lambda f: lambda x: hoad.hvp(f, x, np.sin(3 * x)),
    "hessian": lambda f: lambda x: hoad.hessian(f, x),
    "hessian, one by one": lambda f: lambda x: hoad.hessian(f, x),
}


@pytest.fixture(autouse=True)
def _at_second_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program is written out when it comes for the second time."""
    monkeypatch.setattr(straight, "SIGHTS", 1)
    straight.forget()


def of_this_program() -> int:
    """How many functions were written; of some programs there is none."""
    forms = [form for known in straight._known.values() if isinstance(known, list) for form in known]
    return sum(form is not straight.none for form in forms)


@pytest.mark.parametrize(("called", "place", "operator"), by_turns(CALLED, PLACES, OPERATORS, every=2))
def test_operations_at_every_place(
    called: str, place: str, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def f(x: Any) -> Any:
        return np.sin(PLACES[place](np.exp(x), CALLED[called])) * x[0]

    if operator.endswith("one by one"):
        monkeypatch.setattr(sweep.Program, "one_by_one", lambda self, n: True)
    second = OPERATORS[operator](f)
    with hoad.run_each_time():
        often(lambda: second(X))
        assert of_this_program() == 1
        for x in (X, X[::-1].copy(), 0 * X):
            compare(lambda x=x: second(x))


def test_all_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above tests something."""
    for called in CALLED.values():
        found: list[Any] = []

        def noted(*args: Any, found: list[Any] = found, call: Any = pairs.pull_called) -> None:
            found.append(args)
            call(*args)

        with monkeypatch.context() as patch, hoad.run_each_time():
            patch.setattr(pairs, "pull_called", noted)
            straight.forget()
            often(lambda called=called: hoad.hessian(lambda x: np.sum(called(x) ** 2), X))
        assert found, called
