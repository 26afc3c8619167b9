"""``np.emath``: on which line a value is, and in which type, is as NumPy has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules import RULES

FUNCTIONS = {name: getattr(np.emath, name) for name in np.emath.__all__}
TYPES = (np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128)
POINTS = (np.array([0.5, -2.0, 3.0]), np.array([0.25, 0.5]), np.array(-2.0), np.array(0.5))


def of_one(name: str) -> Callable[[Any], Any]:
    """A function of one array."""
    function = FUNCTIONS[name]
    return (lambda x: function(x, 2 * x)) if name in ("logn", "power") else function


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_types(name: str) -> None:
    assert FUNCTIONS[name] in RULES
    f = of_one(name)
    for x in [p.astype(kind) for p in POINTS for kind in TYPES]:
        right, got = f(x), hoad.jvp(f, (x,), (np.ones_like(x),))[0]
        assert np.asarray(got).dtype == np.asarray(right).dtype
        np.testing.assert_array_equal(got, right)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_members_of_a_batch(name: str) -> None:
    """Some on the real line, some not; integers too."""
    f = of_one(name)
    for xs in (np.array([0.25, -2.5, 3.0]), np.array([2, -2, 3])):
        np.testing.assert_allclose(hoad.vmap(f)(xs), [complex(f(x)) for x in xs], rtol=1e-14)
    slope = hoad.grad(lambda x: np.imag(f(x)) + np.abs(f(x)) ** 2)
    xs = np.array([0.25, -2.5, 3.0])
    np.testing.assert_allclose(hoad.vmap(slope)(xs), [slope(x) for x in xs], rtol=1e-13)


def test_both_sides_of_the_end() -> None:
    for x, right in ((0.5, -(0.5**0.5)), (1.5, 0.5**0.5)):
        assert hoad.grad(lambda x: abs(np.emath.sqrt(x - 1.0)), x) == pytest.approx(right, rel=1e-15)
    assert hoad.grad(lambda x: np.emath.arcsin(x).imag, 1.5) == pytest.approx(0.8**0.5, rel=1e-15)
    assert hoad.grad(lambda x: np.imag(np.emath.arcsin(x)), 0.5) == 0.0
