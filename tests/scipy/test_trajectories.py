"""Derivatives of solutions: straight programs, runs on levels, and the way back give the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import proofs
import pytest
from scipy.integrate import odeint, solve_ivp
from test_integrate import difference

import hoad
import hoad.scipy.adjoint
import hoad.scipy.straight
import hoad.scipy.trajectories
from hoad.scipy import switches

P = np.array([1.1, 0.4, 0.5, 0.2])
T = np.linspace(0.0, 3.0, 8)
FINE = {"rtol": 1e-9, "atol": 1e-9}


def filled(t: Any, y: Any, p: Any) -> Any:
    out = np.zeros(2)
    out[0] = p[0] * y[0] - p[1] * y[0] * y[1]
    out[1] = -p[2] * y[1] + p[3] * y[0] * y[1]
    return out


def unpacked(t: Any, y: Any, p: Any) -> Any:
    (u, v), (a, b, c, d) = y, p
    return a * u - b * u * v, -c * v + d * u * v


STRAIGHT: dict[str, Any] = {
    "a list": lambda t, y, p: [p[0] * y[0] - p[1] * y[0] * y[1], -p[2] * y[1] + p[3] * y[0] * y[1]],
    "a tuple": unpacked,
    "an array": lambda t, y, p: np.array([p[0] - y[0] / (p[1] + y[1]), np.exp(-p[2] * t) - y[1] ** 2]),
    "filled": filled,
    "of arrays": lambda t, y, p: np.exp(-y) * p[0] - p[1:3] * np.sin(y) / (1 + y * y),
    "a product": lambda t, y, p: np.reshape(p, (2, 2)) @ y * 0.3 - np.tanh(y) * np.sum(y),
    "forced": lambda t, y, p: [p[0] * np.cos(3 * t) - p[1] * y[0], np.sqrt(p[2] + y[0] ** 2) - y[1] * p[3]],
    "of constants": lambda t, y, p: [2 - y[0], np.float64(0.5) * y[1] + np.int64(2) * 1.0],
}  # fmt: skip
FOLLOWED: dict[str, Any] = {
    "a branch on the time": lambda t, y, p: [p[0] * (1.0 if t < 1 else 0.5) - y[0], -p[1] * y[1]],
    "a branch on the state": lambda t, y, p: [p[0] * (-y[0] if y[0] > 0.7 else y[0] - 1.4), p[2] - y[1]],
    "a maximum": lambda t, y, p: [np.maximum(y[0], p[0]) - y[0], p[1] * np.minimum(y[1], 0.9)],
    "a table": lambda t, y, p: [np.interp(t, [0.0, 3.0], [1.0, 2.0]) * p[0] - y[0], p[1] * y[1]],
    "a position": lambda t, y, p: [p[int(t) % 2] - y[0], p[3] * y[1]],
    "an integer": lambda t, y, p: [p[0] - y[0] * round(2 * t), p[3] * y[1]],
}  # fmt: skip


def end_of(f: Any) -> Any:
    """A function of all values of a solution by parameters and starting values."""
    return lambda x: np.sum(np.sin(solve_ivp(f, (0, 3), x[4:], t_eval=T, args=(x[:4],), **FINE).y))


def by_odeint(f: Any) -> Any:
    return lambda x: np.sum(np.sin(odeint(f, x[4:], T, (x[:4],), tfirst=True, rtol=1e-9, atol=1e-9)))


@pytest.fixture
def programs(monkeypatch: Any) -> list[bool]:
    """Whether the solves had a straight program."""
    seen: list[bool] = []

    def watched(*args: Any) -> Any:
        found = hoad.scipy.straight.written(*args)
        seen.append(found is not None)
        return found

    monkeypatch.setattr(hoad.scipy.trajectories, "written", watched)
    return seen


X = np.append(P, [1.0, 0.6])


@pytest.mark.parametrize("name", proofs.sampled(STRAIGHT, 3))
def test_straight_programs(name: str, programs: list[bool], monkeypatch: Any) -> None:
    for f in (end_of(STRAIGHT[name]), *[by_odeint(STRAIGHT[name])] * (name == "a list")):
        slope, curve = hoad.grad(f, X), hoad.hessian(f, X)
        assert programs and all(programs), "each solve has one"
        with monkeypatch.context() as without:
            without.setattr(hoad.scipy.trajectories, "written", lambda *args: None)
            np.testing.assert_allclose(slope, hoad.grad(f, X), rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(curve, hoad.hessian(f, X), rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(slope, difference(f, X), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", proofs.sampled(FOLLOWED, 2))
def test_what_asks_for_more_is_followed(name: str, programs: list[bool]) -> None:
    f = end_of(FOLLOWED[name])
    slope = hoad.grad(f, X)
    assert not any(programs)
    np.testing.assert_allclose(hoad.jacobian(f, X, mode="forward"), slope, rtol=1e-9)
    np.testing.assert_allclose(slope, difference(f, X), rtol=1e-3, atol=1e-4)  # kinks stop the differences


@pytest.mark.parametrize("name", ["a list", "of arrays"])
def test_the_right_hand_side_runs_as_often_as_the_solve_asks(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gradient, and a Hessian, take it once more, for the program; but for the first two solutions, along
    which it is looked for jumps.
    """
    monkeypatch.setattr(switches, "LOOKS", 0)
    count = [0]

    def f(t: Any, y: Any, p: Any) -> Any:
        count[0] += 1
        return STRAIGHT[name](t, y, p)

    plain = solve_ivp(f, (0, 3), [1.0, 0.6], t_eval=T, args=(P,), **FINE).nfev
    for operator in (hoad.grad, hoad.hessian):
        count[0] = 0
        operator(end_of(f), X)
        assert count[0] <= plain + 2


# ------------------------------------------------------------------------------------------------------------
# Many parameters
# ------------------------------------------------------------------------------------------------------------

N = 8
W = np.random.default_rng(0).normal(size=(N, N)) * 0.3


def net(t: Any, y: Any, w: Any, b: Any) -> Any:
    return np.tanh(w @ y + b * np.sin(t)) - y


def of_net(method: str, times: Any) -> Any:
    def f(w: Any, b: Any, y0: Any, **options: Any) -> Any:
        found = solve_ivp(lambda t, y: net(t, y, w, b["b"]), (0, 2), y0, method, times, **FINE, **options)
        return np.sum(np.sin(found.y) * np.arange(1, 1 + found.y.shape[1]))

    return f


@pytest.mark.parametrize("method", ["RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA"])
@pytest.mark.parametrize("times", [None, np.linspace(0, 2, 7)], ids=["steps", "times"])
def test_the_way_back(method: str, times: Any, monkeypatch: Any) -> None:
    went = []
    own = hoad.scipy.trajectories.solution
    monkeypatch.setattr(hoad.scipy.trajectories, "solution", lambda *a: (went.append(1), own(*a))[1])
    f, b = of_net(method, times), {"b": np.full(N, 0.2)}
    y0 = np.linspace(0.2, 1, N)
    found = hoad.grad(f, argnums=(0, 1, 2))(W, b, y0)
    assert went
    changes = np.random.default_rng(1).normal(size=(N, N)), {"b": np.ones(N)}, np.cos(np.arange(N))
    _, forward = hoad.jvp(f, (W, b, y0), changes)
    along = np.sum(found[0] * changes[0]) + np.sum(found[1]["b"]) + np.sum(found[2] * changes[2])
    np.testing.assert_allclose(along, forward, rtol=3e-6 if method == "RK23" else 3e-7)


def test_the_way_back_follows_time_downwards_and_keeps_the_value() -> None:
    f = lambda w: np.sum(
        solve_ivp(lambda t, y: net(t, y, w, 0.1), (2, 0), np.ones(N) / 2, **FINE).y[:, -1] ** 2
    )
    value, slope = hoad.value_and_grad(f, W)
    assert value == f(W)
    d = np.random.default_rng(2).normal(size=W.shape)
    right = difference(lambda h: f(W + h[0] * d), np.zeros(1))[0]
    np.testing.assert_allclose(np.sum(slope * d), right, rtol=1e-5)


def test_the_way_back_costs_a_few_solves() -> None:
    count = [0]

    def f(w: Any) -> Any:
        def rate(t: Any, y: Any) -> Any:
            count[0] += 1
            return net(t, y, w, 0.1)

        return np.sum(solve_ivp(rate, (0, 2), np.ones(N), t_eval=T[:4] / 2, **FINE).y)

    f(W)
    plain, count[0] = count[0], 0
    hoad.grad(f, W)
    assert count[0] <= 2.5 * plain


def test_a_stiff_equation_is_gone_back_over(monkeypatch: Any) -> None:
    """Rates from 1 to 1e3: the adjoint and the sensitivities agree, by each implicit method."""
    rates = 10.0 ** np.linspace(0, 3, N)

    def f(w: Any, method: str) -> Any:
        rate = lambda t, y: rates * (np.tanh(w @ y + np.sin(t)) - y)
        y = solve_ivp(rate, (0, 1), np.ones(N), method, [0.3, 1.0], rtol=1e-6, atol=1e-7).y
        return np.sum(y * np.arange(1.0, 3.0))

    d = np.random.default_rng(3).normal(size=(N, N))
    for method in ("Radau", "BDF", "LSODA"):
        back = np.sum(hoad.grad(lambda w, m=method: f(w, m), W) * d)
        forward = hoad.derivative(lambda t, m=method: f(W + t * d, m), 0.0)
        np.testing.assert_allclose(back, forward, rtol=1e-5, err_msg=method)


@pytest.mark.parametrize("method", ["RK45", "BDF"])
def test_complex_states(method: str) -> None:
    """By a complex starting value and a real rate; implicit methods have the Jacobian of a function of a
    complex value.
    """
    rate = lambda t, y, w: 1j * w * y - 0.1 * y**2
    f = lambda x: np.abs(solve_ivp(rate, (0, 2), [x[0] + 0.3j], method, [2.0], args=(x[1],), **FINE).y[0, 0])
    x = np.array([1.0, 1.3])
    np.testing.assert_allclose(hoad.grad(f, x), difference(f, x, 1e-2), rtol=1e-5)


def test_the_solution_at_traced_times_alone() -> None:
    """Of a solve that nothing traced is in, its pieces have the derivative."""
    found = solve_ivp(lambda t, y: [-y[0], y[0] * t], (0, 2), [1.0, 0.5], dense_output=True, **FINE)
    for t in (np.array([0.3, 1.1]), 0.7):
        slope = hoad.derivative(lambda h, t=t: np.sum(found.sol(t + h)), 0.0)
        y = found.sol(t)
        np.testing.assert_allclose(slope, np.sum(-y[0] + y[0] * t), rtol=1e-5)
