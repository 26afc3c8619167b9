"""Integrands that jump, or are singular, at a place that moves with what the integral depends on."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

import hoad
from hoad.errors import ConvergenceError, UnfollowedValueWarning

POINT = np.array([0.43, 0.7, 0.5])
MOVING: dict[str, Callable[[Any], Any]] = {
    "branch": lambda p: quad(lambda x: p[1] * x if x < p[0] else p[2], 0, 1)[0],
    "where": lambda p: quad(lambda x: np.where(x < p[0], p[1] * x, p[2]), 0, 1)[0],
    "heaviside": lambda p: quad(lambda x: p[1] * np.heaviside(x - p[0] * p[2], 0.5) + x * p[2], 0, 1)[0],
    "floor": lambda p: quad(lambda x: np.floor(3 * x * p[0] + 0.3) * p[1], 0, 1)[0],
    "sign": lambda p: quad(lambda x: np.sign(x - p[0]) * p[1], 0, 1)[0],
    "remainder": lambda p: quad(lambda x: (x * 3 * p[0]) % 1, 0, 1)[0],
    "to infinity": lambda p: quad(lambda x: np.exp(-x) * (x < p[0]) * p[1], 0, np.inf)[0],
    "from infinity": lambda p: quad(lambda x: np.exp(x) * (x < -p[0]) * p[1], -np.inf, 0)[0],
    "everywhere": lambda p: quad(lambda x: np.exp(-x * x) * (x < p[0]) * p[1], -np.inf, np.inf)[0],
    "at half": lambda p: quad(lambda x: p[1] if x < p[2] else 0.0, 0, 1)[0],
    "at a quarter": lambda p: quad(lambda x: p[1] if x < p[2] / 2 else 0.0, 0, 1)[0],
    "arguments": lambda p: quad(lambda x, a, b: b if x < a else 0.0, 0, 1, args=(p[0], p[1]))[0],
}
STAYING: dict[str, tuple[Callable[[Any], Any], Callable[[Any], list[Any]]]] = {
    "jump": (
        lambda p: quad(lambda x: p[1] * x if x < 0.3 else p[2], 0, 1)[0],
        lambda a, b, c: [0, 0.045, 0.7],
    ),
    "jump given": (
        lambda p: quad(lambda x: p[1] * x if x < 0.3 else p[2], 0, 1, points=[0.3])[0],
        lambda a, b, c: [0, 0.045, 0.7],
    ),
    "parts": (
        lambda p: quad(lambda x: p[1] * x, 0, p[0])[0] + quad(lambda x: p[2], p[0], 1)[0],
        lambda a, b, c: [b * a - c, a * a / 2, 1 - a],
    ),
    "absolute": (lambda p: quad(lambda x: abs(x - p[0]), 0, 1)[0], lambda a, b, c: [2 * a - 1, 0, 0]),
    "ramp": (
        lambda p: quad(lambda x: max(x - p[0], 0) * p[1], 0, 1)[0],
        lambda a, b, c: [b * (a - 1), (1 - a) ** 2 / 2, 0],
    ),
    "ramp by a branch": (
        lambda p: quad(lambda x: x - p[0] if x > p[0] else 0.0, 0, 1)[0],
        lambda a, b, c: [a - 1, 0, 0],
    ),
    "root": (
        lambda p: quad(lambda x: np.sqrt(abs(x - p[0])), 0, 1)[0],
        lambda a, b, c: [a**0.5 - (1 - a) ** 0.5, 0, 0],
    ),
    "logarithm": (
        lambda p: quad(lambda x: np.log(abs(x - p[0])), 0, 1)[0],
        lambda a, b, c: [math.log(a / (1 - a)), 0, 0],
    ),
    "power": (
        lambda p: quad(lambda x: abs(x - p[0]) ** -0.3, 0, 1)[0],
        lambda a, b, c: [a**-0.3 - (1 - a) ** -0.3, 0, 0],
    ),
    "singular end": (lambda p: quad(lambda x: p[0] / np.sqrt(x), 0, 1)[0], lambda a, b, c: [2, 0, 0]),
    "steep": (lambda p: quad(lambda x: np.tanh(1e4 * (x - p[0])), 0, 1)[0], lambda a, b, c: [-2, 0, 0]),
    "odd and singular": (
        lambda p: quad(lambda x: p[0] * np.sign(x) * abs(x) ** -0.9, -1, 1, points=[0.0])[0],
        lambda a, b, c: [0, 0, 0],
    ),
    "odd": (lambda p: quad(lambda x: np.sin(p[0] * x), -1, 1)[0], lambda a, b, c: [0, 0, 0]),
    "small and singular": (
        lambda p: quad(lambda x: 1e-20 * p[0] * np.exp(-1 / x) / np.sqrt(x), 0, 1)[0],
        lambda a, b, c: [1.7814771178156065e-21, 0, 0],
    ),
    "small": (lambda p: quad(lambda x: 1e-20 * p[0] * x, 0, 1)[0], lambda a, b, c: [0.5e-20, 0, 0]),
}
MODES = {"reverse": hoad.grad, "forward": lambda f: hoad.jacobian(f, mode="forward")}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", MOVING)
def test_a_jump_that_moves_is_told(name: str, mode: str) -> None:
    """Its share is missing from the derivative: that is said, with the place, and what to type."""
    with pytest.warns(
        UnfollowedValueWarning, match=r"jumps at .*quad\(f, a, c\)\[0\] \+ quad\(f, c, b\)"
    ) as told:
        found = MODES[mode](MOVING[name])(POINT)
    assert told[0].filename == __file__
    h = 1e-2
    right = [(MOVING[name](POINT + e) - MOVING[name](POINT - e)) / (2 * h) for e in h * np.eye(3)]
    assert not np.allclose(found, right, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", STAYING)
def test_what_is_right_is_not_doubted(name: str, mode: str) -> None:
    f, right = STAYING[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnfollowedValueWarning)
        found = MODES[mode](f)(POINT)
    wanted = right(*POINT)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-8 * np.max(np.abs(wanted)))


def test_singular_ends_are_extrapolated() -> None:
    """Euler's integral, whose integrand is singular at both ends: quad_vec alone has three digits of it."""
    beta = pytest.importorskip("scipy.special").beta
    f = lambda p: quad(lambda x: x ** (p[0] - 1) * (1 - x) ** (p[1] - 1), 0, 1)[0]
    g = lambda p: beta(p[0], p[1])
    p = np.array([0.43, 0.7])
    np.testing.assert_allclose(hoad.grad(f)(p), hoad.grad(g)(p), rtol=1e-7)
    np.testing.assert_allclose(hoad.hessian(f)(p), hoad.hessian(g)(p), rtol=1e-6)


@pytest.mark.filterwarnings("ignore:The maximum number of subdivisions")
@pytest.mark.parametrize("power", [-0.5, -0.9])
def test_an_integral_that_diverges_has_no_derivative(power: float) -> None:
    """And the way that the error names is right: the singularity stays at an end."""
    f = lambda c: quad(lambda x: (x - c) ** power if x > c else 0.0, 0, 1)[0]
    said = r"quad\(lambda u: f\(c \+ u\), ...\) from u = 0, .*test_moving_jumps.py"
    with pytest.raises(ConvergenceError, match=said):
        hoad.grad(f)(0.43)
    g = lambda c: quad(lambda u: u**power, 0, 1 - c)[0]
    assert hoad.grad(g)(0.43) == pytest.approx(-(0.57**power), rel=1e-6)
