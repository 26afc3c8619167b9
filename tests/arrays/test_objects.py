"""NumPy's arrays of objects that hold traced numbers: packed once, and told where they are large."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.arrays.lending import MOST
from hoad.errors import ObjectArrayWarning
from hoad.tape import Tape
from hoad.tracer import entered

pytestmark = pytest.mark.as_written


def operations(f: Any, n: int) -> int:
    """How many operations a function of n numbers records."""
    tape = Tape()
    f(entered(tape, np.linspace(0.0, 1.0, n)))
    return len(tape.program) // 5


def hidden(name: str) -> Any:
    """A function of NumPy where hoad does not look for it, as in code that can't be reached."""
    return getattr(sys.modules["numpy"], name)


def lent(x: Any) -> Any:
    return hidden("asarray")(x)


def copied(x: Any) -> Any:
    return hidden("array")(x)


def listed(x: Any) -> Any:
    return hidden("array")([v * 2.0 for v in x])


MAKES = pytest.mark.parametrize("make", [lent, copied, listed])


@MAKES
def test_an_array_of_objects_is_packed_once(make: Any) -> None:
    def uses(times: int) -> Any:
        def f(x: Any) -> Any:
            held, y = make(x), x
            for _ in range(times):
                y = y + held
            return y

        return f

    assert operations(uses(10), 50) - operations(uses(1), 50) == 9
    x = np.linspace(0.0, 1.0, 50)
    for mode in ("forward", "reverse"):
        expected = np.eye(50) * (1.0 + 10 * make(np.ones(1))[0])
        np.testing.assert_array_equal(hoad.jacobian(uses(10), x, mode=mode), expected)


def test_what_is_written_into_it_counts() -> None:
    def f(x: Any) -> Any:
        held = hidden("array")([x[0], x[1], 1.0])
        first = x * held
        held[1] = x[2] ** 2
        held[2] = 5.0
        return first + x * held

    x = np.array([2.0, 3.0, 4.0])
    g = lambda x: x * np.stack([x[0], x[1], 1.0]) + x * np.stack([x[0], x[2] ** 2, 5.0])
    for mode in ("forward", "reverse"):
        np.testing.assert_array_equal(hoad.jacobian(f, x, mode=mode), hoad.jacobian(g, x, mode=mode))
    np.testing.assert_array_equal(
        hoad.hessian(lambda x: np.sum(f(x)), x), hoad.hessian(lambda x: np.sum(g(x)), x)
    )


@MAKES
def test_many_elements_are_told(make: Any) -> None:
    def f(x: Any) -> Any:
        held = make(x)
        return np.sum(held * 2.0)

    with pytest.warns(ObjectArrayWarning, match=r"at test_objects\.py:\d+: ") as caught:
        hoad.grad(f, np.ones(MOST + 1))
    assert len(caught) == 1 and caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hoad.grad(f, np.ones(20))
        advised = hoad.adapt(lambda x: np.sum(np.asarray(x) * 2.0))
        np.testing.assert_array_equal(hoad.grad(advised, np.ones(MOST + 1)), 2.0)
