"""Numbers of every kind that stand beside what is computed, in every function that joins, puts or chooses
elements: as machine code of single numbers and of whole arrays, and as learned code, they are what they are.

Machine code of single numbers goes by ids, which are integers: a constant that came through as it is, was
taken for the id of something else, and ``np.array([x, x * x, 3])`` had 1 for 3.
"""

from __future__ import annotations

from typing import Any

import learning
import numpy as np
import pytest
from turns import by_turns

import hoad

CONSTANTS: dict[str, Any] = {
    "0": 0,
    "3": 3,
    "5": 5,
    "3.0": 3.0,
    "0.5": 0.5,
    "True": True,
    "int64": np.int64(4),
    "float32": np.float32(3.0),
    "an array": np.array(3),
}


def written(y: Any, c: Any) -> Any:
    out = np.zeros_like(y)
    out[...] = c
    out[::2] = y[::2]
    out[-1] = c
    return out


def filled(y: Any, c: Any) -> Any:
    out = y * 1.0
    out[1:].fill(c)
    return out


JOINING: dict[str, Any] = {
    "array": lambda y, c: np.array([y[0], c, y[-1], c]),
    "asarray of rows": lambda y, c: np.asarray([[y[0], c], [c, y[1]]]),
    "stack": lambda y, c: np.stack([y[0], np.asarray(c), y[-1]]),
    "stack of arrays": lambda y, c: np.stack([y, np.full(y.shape, c)], axis=-1),
    "concatenate": lambda y, c: np.concatenate([y, np.full(3, c), y]),
    "concatenate of several": lambda y, c: np.concatenate([[c], y, np.arange(3), [c, c]]),
    "hstack": lambda y, c: np.hstack([c, y, c]),
    "vstack": lambda y, c: np.vstack([y, np.full(y.shape, c)]),
    "column_stack": lambda y, c: np.column_stack([np.full(y.shape, c), y]),
    "block": lambda y, c: np.block([[y, c], [c, y]]),
    "append": lambda y, c: np.append(y, c),
    "insert": lambda y, c: np.insert(y, 1, c),
    "pad": lambda y, c: np.pad(y, 2, constant_values=c),
    "where": lambda y, c: np.where(np.arange(len(y)) % 2, y, c),
    "where by values": lambda y, c: np.where(y > 0.7, y, c) + np.where(y > 0.7, c, y),
    "select": lambda y, c: np.select([y > 1.0, y > 0.5], [y, c], c),
    "choose": lambda y, c: np.choose(np.arange(len(y)) % 2, [y, c]),
    "piecewise": lambda y, c: np.piecewise(y, [y > 0.7], [lambda v: v * v, c]),
    "written": written,
    "filled": filled,
    "maximum": lambda y, c: np.maximum(y, c) + np.minimum(c, 2.0 * y),
    "clip": lambda y, c: np.clip(y, 0.6, c),
    "sums": lambda y, c: np.cumsum(np.array([y[0], c, c, y[1]])),
    "largest": lambda y, c: np.max(np.array([y[0], c, 0.1])) * y,
    "rolled": lambda y, c: np.roll(np.append(y, [c, 2 * c]), 1) * np.arange(len(y) + 2),
    "truths beside": lambda y, c: np.array([y[0], y[0] > c, c]) * 2.0,
    "dot": lambda y, c: np.dot(np.array([y[0], c, 2]), np.array([c, y[1], 1])),
}
SIZES = {"numbers": 3, "arrays": 300}
TURNS = 6  # in which the constants are taken: integers, truths and arrays are in each


def program(name: str, c: Any, n: int) -> Any:
    """A number of a number, in which each element counts by another factor."""
    steps = np.linspace(0.3, 1.7, n)

    def f(x: float) -> Any:
        out = np.ravel(JOINING[name](x * steps, c) * 1.0)
        return np.sum(out * out * np.cos(np.arange(out.size)))

    return f


def close(got: Any, right: Any) -> None:
    np.testing.assert_allclose(got, right, rtol=1e-12, atol=1e-12)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "size", "turn"), by_turns(JOINING, SIZES, range(TURNS), every=TURNS))
def test_constants_in_machine_code(name: str, size: str, turn: int) -> None:
    for c in [*CONSTANTS.values()][turn::TURNS]:
        f = program(name, c, SIZES[size])
        for g in (f, hoad.grad(f)):
            compiled = hoad.compile(g)
            for x in (1.25, 1.25, 1.25, 0.9):
                close(compiled(x), g(x))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "turn"), by_turns(JOINING, range(TURNS), every=TURNS))
def test_constants_in_what_is_learned(name: str, turn: int) -> None:
    for c in [*CONSTANTS.values()][turn::TURNS]:
        f = program(name, c, 3)
        with learning.at_once():
            slopes = [hoad.grad(f)(x) for x in (1.25, 1.25, 0.9, 1.1, 1.25, 0.9)]
        with hoad.run_each_time():
            close(slopes, [hoad.grad(f)(x) for x in (1.25, 1.25, 0.9, 1.1, 1.25, 0.9)])


@pytest.mark.filterwarnings("ignore")
def test_views_of_truth_values_are_truth_values() -> None:
    a = np.linspace(-1, 1, 400)
    f = lambda x: np.sum(
        np.where(a * x > 0.2, (a * x > 0.1)[::-1], (a * x < 0.3)[::-1]) * x * np.arange(400.0)
    )
    g = lambda x: np.sum(
        np.where(np.where(a * x > 0.2, (a * x > 0.1)[::-1], (a * x < 0.3)[::-1])[::-1], x * a, 2) * x
    )
    for h in (f, g, hoad.grad(f), hoad.grad(g)):
        compiled = hoad.compile(h)
        for x in (1.25, 1.25, 1.25, 0.9):
            close(compiled(x), h(x))
