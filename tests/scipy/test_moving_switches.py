"""Right-hand sides that jump at a time that moves with what the solution depends on."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import odeint, solve_ivp

import hoad
from hoad.errors import UnfollowedValueWarning
from hoad.scipy import switches

POINT = np.array([1.5, 0.8])


def last(f: Callable[..., Any], start: tuple[float, ...] = (0.0,), **options: Any) -> Any:
    return solve_ivp(f, (0.0, 2.0), list(start), rtol=1e-9, atol=1e-11, **options).y[0, -1]


MOVING: dict[str, Callable[[Any], Any]] = {
    "branch": lambda q: last(lambda t, y: [(q[0] if t < q[1] else 0.0) - y[0]], max_step=0.1),
    "where": lambda q: last(lambda t, y: np.where(t < q[1], q[0], 0.0) - y, max_step=0.1),
    "heaviside": lambda q: last(lambda t, y: q[0] * np.heaviside(q[1] - t, 0.5) - y, max_step=0.1),
    "friction": lambda q: last(lambda t, y: [y[1], -q[0] * y[0] - 0.1 * q[1] * np.sign(y[1])], (1.0, 0.3)),
    "arguments": lambda q: last(
        lambda t, y, a, b: [(a if t < b else 0.0) - y[0]], args=(q[0], q[1]), max_step=0.1
    ),
    "odeint": lambda q: odeint(
        lambda y, t: (q[0] if t < q[1] else 0.0) - y, [0.0], np.linspace(0.0, 2.0, 11), hmax=0.05
    )[-1, 0],
}
STAYING: dict[str, Callable[[Any], Any]] = {
    "a fixed time": lambda q: last(lambda t, y: [(q[0] if t < 0.8 else 0.0) - q[1] * y[0]], max_step=0.1),
    "smooth": lambda q: last(lambda t, y: [y[1], -q[0] * np.sin(y[0]) - q[1] * y[1]], (1.0, 0.3)),
    "a kink": lambda q: last(lambda t, y: [y[1], -q[0] * y[0] - q[1] * abs(y[1]) * y[1]], (1.0, 0.3)),
    "a ramp": lambda q: last(lambda t, y: [q[0] * max(t - q[1], 0.0) - y[0]]),
    "stiff": lambda q: last(lambda t, y: [-1000 * q[0] * (y[0] - np.cos(q[1] * t))], method="BDF"),
    "no motion": lambda q: last(lambda t, y: [0.0 * q[0]]),
}
MODES = {"reverse": hoad.grad, "forward": lambda f: hoad.jacobian(f, mode="forward")}


@pytest.fixture(autouse=True)
def for_the_first_time() -> None:
    switches._looked.clear()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", MOVING)
def test_a_jump_that_moves_is_told(name: str, mode: str) -> None:
    with pytest.warns(UnfollowedValueWarning, match=r"jumps at t = .* from there on by another call") as told:
        MODES[mode](MOVING[name])(POINT)
    assert told[0].filename == __file__


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", STAYING)
def test_what_is_right_is_not_doubted(name: str, mode: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnfollowedValueWarning)
        found = MODES[mode](STAYING[name])(POINT)
    f, h = STAYING[name], 1e-3
    right = [(f(POINT + e) - f(POINT - e)) / (2 * h) for e in h * np.eye(2)]
    np.testing.assert_allclose(found, right, rtol=1e-3, atol=1e-3)


def test_each_function_is_looked_at() -> None:
    """And not only the first ones that have a wrapper, a partial function or a class in common."""

    class Switched:
        def __init__(self, q: Any) -> None:
            self.q = q

        def __call__(self, t: Any, y: Any) -> Any:
            return [(self.q[0] if t < self.q[1] else 0.0) - y[0]]

    def smooth(y: Any, t: Any) -> Any:
        return -y

    at = np.linspace(0.0, 2.0, 11)
    plain = lambda q: odeint(lambda y, t: q[0] * smooth(y, t), [1.0], at)[-1, 0]
    for _ in range(4):
        hoad.grad(plain)(POINT)
        hoad.grad(lambda q: last(functools.partial(lambda a, t, y: [-a * y[0]], q[0])))(POINT)
    for moving in (
        MOVING["odeint"],
        lambda q: last(Switched(q), max_step=0.1),
        lambda q: last(
            functools.partial(lambda a, t, y: [(a[0] if t < a[1] else 0.0) - y[0]], q), max_step=0.1
        ),
    ):
        with pytest.warns(UnfollowedValueWarning, match="jumps at t = 0.8"):
            hoad.grad(moving)(POINT)


def test_many_states_take_as_many_calls_as_few() -> None:
    """Where the jump is at a fixed time, too, for which the inputs are moved."""

    def calls(n: int) -> int:
        count = [0]

        def f(t: Any, y: Any, a: Any) -> Any:
            count[0] += 1
            return (1.0 if t < 0.8 else 0.0) - a * y

        solve = lambda a: np.sum(solve_ivp(f, (0.0, 2.0), np.ones(n), args=(a,), max_step=0.1).y[:, -1])
        switches._looked.clear()
        hoad.grad(solve)(0.5)
        return count[0]

    assert calls(3000) <= calls(2) + 10


@pytest.mark.parametrize("mode", MODES)
def test_what_the_warning_says_is_right(mode: str) -> None:
    """Two calls, from one to the other at the time of the jump: the infusion of a drug."""

    def amount(q: Any) -> Any:
        rate, end = q
        filled = solve_ivp(lambda t, y: [rate - y[0]], (0.0, end), [0.0], rtol=1e-10, atol=1e-12).y[:, -1]
        return solve_ivp(lambda t, y: [-y[0]], (end, 2.0), filled, rtol=1e-10, atol=1e-12).y[0, -1]

    rate, end = POINT
    right = [(1 - np.exp(-end)) * np.exp(end - 2), rate * np.exp(end - 2)]
    np.testing.assert_allclose(MODES[mode](amount)(POINT), right, rtol=1e-7)
