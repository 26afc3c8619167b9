"""Arrays that wait to be filled, in one frame: each operation gives what it gives of a constant.

Every function and sign is carried out beside every kind of operand, before and after numbers and traced
values are written; the same program with constants, made anew where one is written to, says what is right.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
import hoad.numpy as hnp
from hoad.arrays.fillable import Fillable
from hoad.arrays.operators import BINARY

START = np.array([1.5, 0.25, 3.0])
SIGNS = {f"by sign: {name}": getattr(operator, name) for name in BINARY if name != "matmul"}
BINARIES = {f.__name__: f for f in Fillable.fused if f.nin == 2} | SIGNS
UNARIES = {f.__name__: f for f in Fillable.fused if f.nin == 1}
OPERANDS: dict[str, Callable[[Any], Any]] = {
    "a number": lambda x: 2.0,
    "an array": lambda x: np.array([0.5, 2.0, 1.0]),
    "a waiting array": lambda x: hnp.ones(3) * 0.5,
    "a traced number": lambda x: x[0],
    "a traced array": lambda x: x * 1.0,
}


def waiting(combine: Callable[[Any], Any], x: Any) -> Any:
    """What comes before and after writes into an array that waits."""
    y = hnp.zeros(3) + START
    before = combine(y)
    y[1] = 0.75
    y[:2] *= 0.5
    between = combine(y)
    y[2] = x[1]
    return np.stack([before + np.zeros(3), between + np.zeros(3), combine(y) + np.zeros(3)])


def constant(combine: Callable[[Any], Any], x: Any) -> Any:
    """The same of constants, which nobody writes to."""
    between = np.array([0.75, 0.375, 3.0])
    last = np.array([1.0, 1.0, 0.0]) * between + np.array([0.0, 0.0, 1.0]) * x[1]
    return np.stack([combine(c) + np.zeros(3) for c in (START.copy(), between, last)])


def compare(combine: Callable[[Any, Any], Any]) -> None:
    x = np.array([0.7, 1.25, 2.0])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for mode in ("reverse", "forward"):
            got = hoad.jacobian(lambda z: waiting(lambda y: combine(y, z), z), x, mode=mode)
            right = hoad.jacobian(lambda z: constant(lambda y: combine(y, z), z), x, mode=mode)
            np.testing.assert_array_equal(got, right)
        got = hoad.hessian(lambda z: np.sum(waiting(lambda y: combine(y, z), z)), x)
        right = hoad.hessian(lambda z: np.sum(constant(lambda y: combine(y, z), z)), x)
        np.testing.assert_allclose(got, right, rtol=1e-14, atol=0)


@pytest.mark.parametrize("name", UNARIES)
def test_functions_of_one(name: str) -> None:
    compare(lambda y, z: UNARIES[name](y) * z[0])


@pytest.mark.parametrize("other", OPERANDS)
@pytest.mark.parametrize("name", BINARIES)
def test_functions_of_two(name: str, other: str) -> None:
    compare(lambda y, z: BINARIES[name](y, OPERANDS[other](z)) * z[0])
    compare(lambda y, z: BINARIES[name](OPERANDS[other](z), y) * z[0])


def test_large_arrays_can_be_written_to_after_they_met_a_traced_value() -> None:
    """Large constants of a program are locked, not copied; one that waits is no constant."""

    def f(v: Any) -> Any:
        y = hnp.ones(50_000)
        total = np.sum(y * v) + np.sum(np.add(y, v * np.ones(50_000))) + np.sum(v + y)
        y[0] = 3.0
        y[1:] *= 2.0
        return total + np.sum(y * v)

    assert hoad.grad(f, 0.5) == pytest.approx(3 * 50_000 + 3 + 2 * 49_999)


def test_elements_are_numbers_and_writes_reach_views() -> None:
    def f(x: Any) -> Any:
        y = hnp.zeros((2, 2))
        row = y[1]
        y[1, 0] = 4.0
        assert type(y[1, 0]) is np.float64
        assert row[0] == 4.0
        row[1] = 5.0
        return y[1, 1] * x

    assert hoad.grad(f, 2.0) == 5.0
