"""``scipy.interpolate`` inside a derivative, from a table of programs: all modes, to the third order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from tests.tables.interpolation import CASES


def slope(f: Callable[[Any], Any], h: float) -> Any:
    """The derivative at 0 by differences of the fourth order."""
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


def along(name: str) -> tuple[Callable[[Any], Any], Any, Any, Any]:
    f, x = CASES[name]
    d = np.cos(1.0 + np.arange(x.size)).reshape(x.shape)
    return f, x, d, lambda s: f(x + s * d)


@pytest.mark.parametrize("name", CASES)
def test_values_and_first_derivatives(name: str) -> None:
    f, x, d, g = along(name)
    value, change = hoad.jvp(f, (x,), (d,))
    plain = np.asarray(f(x))
    np.testing.assert_allclose(value, plain, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(change, slope(g, 1e-4), rtol=1e-8, atol=1e-8)
    w = np.cos(np.arange(plain.size)).reshape(plain.shape)
    back = hoad.grad(lambda x: np.sum(w * np.asarray(f(x))))(x)
    assert np.sum(back * d) == pytest.approx(np.sum(w * change), rel=1e-9, abs=1e-10)


SOME = [n if k % 8 == 0 else pytest.param(n, marks=pytest.mark.sweep) for k, n in enumerate(CASES)]


@pytest.mark.parametrize("name", SOME)
def test_second_and_third_derivatives(name: str) -> None:
    f, x, d, g = along(name)
    loss = lambda s: np.sum(np.asarray(g(s)) ** 2)
    found = [hoad.derivative(loss, 0.0, n) for n in (1, 2, 3)]
    size = 1.0 + abs(found[1])
    assert found[1] == pytest.approx(
        slope(lambda s: hoad.derivative(loss, s), 1e-4), rel=1e-7, abs=1e-7 * size
    )
    size += abs(found[2])
    assert found[2] == pytest.approx(
        slope(lambda s: hoad.derivative(loss, s, 2), 1e-3), rel=1e-5, abs=1e-5 * size
    )
    nested = hoad.jvp(hoad.grad(lambda x: np.sum(np.asarray(f(x)) ** 2)), (x,), (d,))[1]
    assert np.sum(nested * d) == pytest.approx(found[1], rel=1e-8, abs=1e-8)
