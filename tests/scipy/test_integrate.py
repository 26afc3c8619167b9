"""``scipy.integrate`` with SciPy's own signatures and results, untouched, inside of derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.integrate
from scipy.integrate import odeint, solve_ivp

import hoad
from hoad.errors import HoadError

TIGHT = {"rtol": 1e-10, "atol": 1e-10}
T = np.linspace(0.0, 3.0, 7)


def difference(f: Callable[[Any], Any], x: Any, h: float = 2e-3) -> Any:
    """The gradient by central differences of order 8."""
    weights = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))
    x = np.asarray(x, float)
    unit = np.eye(x.size).reshape(-1, *x.shape)
    return np.stack(
        [sum([w * (f(x + k * h * e) - f(x - k * h * e)) for k, w in weights]) / h for e in unit], -1
    )


def prey(t: Any, y: Any, a: Any, b: Any) -> list[Any]:
    u, v = y
    return [a * u - b * u * v, -v + 0.3 * u * v]


def spring(t: Any, y: Any, p: Any) -> Any:
    return np.array([y[1], -p[0] * y[0] - p[1] * y[1]])


def falling(p: Any) -> Any:
    def hits(t: Any, y: Any) -> Any:
        return y[0]

    hits.terminal = True  # type: ignore[attr-defined]
    hits.direction = -1  # type: ignore[attr-defined]
    return solve_ivp(lambda t, y: [y[1], -p[0]], (0, 10), [p[1], 1.0], events=hits, **TIGHT)


def by_method(method: str) -> Callable[[Any], Any]:
    return lambda p: (
        solve_ivp(prey, (0, 2), [2.0, 1.0], method, args=(p[0], p[1]), rtol=1e-8, atol=1e-8).y[:, -1].sum()
    )


def complex_state(p: Any) -> Any:
    found = solve_ivp(lambda t, y: (1j * p[0] - p[1]) * y, (0, 1), np.array([1.0 + 0j]), **TIGHT)
    return np.real(found.y[0, -1]) + 2 * np.imag(found.y[0, -1])


def of_containers(p: Any) -> Any:
    rates = {"k": p[0], "loss": {"l": p[1]}}
    return solve_ivp(lambda t, y, q: -q["k"] * y + q["loss"]["l"], (0, 1), [1.0], args=(rates,), **TIGHT).y[
        0, -1
    ]


class Model:
    def __init__(self, p: Any) -> None:
        self.p = p

    def rate(self, t: Any, y: Any) -> tuple[Any, Any]:
        return -self.p[0] * y[0], self.p[1] * y[0] - y[1]


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "args": lambda p: np.sum(
        solve_ivp(prey, (0, 3), [2.0, 1.0], t_eval=T, args=(p[0], p[1]), **TIGHT).y ** 2
    ),
    "args of one array": lambda p: np.sum(
        solve_ivp(spring, (0, 3), [1.0, 0.0], t_eval=T, args=(p,), **TIGHT).y
    ),
    "a closure": lambda p: solve_ivp(lambda t, y: -p[0] * y + p[1], (0, 1), [1.0], **TIGHT).y[0, -1],
    "a method": lambda p: solve_ivp(Model(p).rate, (0, 1), [1.0, 2.0], **TIGHT).y[:, -1].sum(),
    "containers": of_containers,
    "y0": lambda p: solve_ivp(spring, (0, 1), [p[0], p[1]], args=([2.0, 0.3],), **TIGHT).y[:, -1].sum(),
    "y0 and args": lambda p: solve_ivp(spring, (0, 1), p * p, args=(p,), **TIGHT).y[:, -1].sum(),
    "the end": lambda p: solve_ivp(spring, (0, p[0]), [1.0, 0.0], args=([2.0, p[1]],), **TIGHT).y[0, -1],
    "the start": lambda p: solve_ivp(lambda t, y: -t * y, (p[0], 3), [p[1]], **TIGHT).y[0, -1],
    "times": lambda p: np.sum(
        solve_ivp(spring, (0, 3), [1.0, p[1]], t_eval=[p[0], 1 + p[1]], args=([2.0, 0.1],), **TIGHT).y
    ),
    "backwards": lambda p: solve_ivp(prey, (2, 0), [2.0, 1.0], args=(p[0], p[1]), **TIGHT).y[:, -1].sum(),
    "sol": lambda p: np.sum(
        solve_ivp(prey, (0, 3), [2.0, 1.0], dense_output=True, args=(p[0], p[1]), **TIGHT).sol(T)
    ),
    "sol at a traced time": lambda p: solve_ivp(
        spring, (0, 3), [1.0, 0.0], dense_output=True, args=([2.0, p[1]],), **TIGHT
    ).sol(p[0])[0],
    "an event": lambda p: falling(p).t_events[0][0] ** 2,
    "the value at an event": lambda p: falling(p).y_events[0][0][1] * falling(p).t[-1] + falling(p).y[1, -1],
    "complex": complex_state,
    "odeint": lambda p: np.sum(
        odeint(lambda y, t, a: [a * y[1], -p[1] * y[0]], [1.0, 0.5], T, args=(p[0],), rtol=1e-10, atol=1e-10)
    ),
    "odeint, tfirst": lambda p: np.sum(
        odeint(prey, p, T, args=(0.5, 0.2), tfirst=True, rtol=1e-10, atol=1e-10)[-1]
    ),
    "time dependent": lambda p: solve_ivp(
        lambda t, y: [np.sin(p[0] * t) * y[0] + p[1]], (0, 1), [1.0], **TIGHT
    ).y[0, -1],
    "a constant rate": lambda p: solve_ivp(lambda t, y: p, (0, 1), [1.0, 2.0], **TIGHT).y[:, -1].sum() ** 2,
    "tolerances for each": lambda p: solve_ivp(
        spring, (0, 1), p, args=([2.0, 0.3],), rtol=1e-9, atol=[1e-9, 1e-10]
    ).y[0, -1],
}
POINTS = np.linspace(0.1, 2.0, 7)
SECOND = (
    "args",
    "a closure",
    "y0 and args",
    "the end",
    "the start",
    "an event",
    "complex",
    "sol at a traced time",
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_in_both_modes(name: str) -> None:
    f, x = PROGRAMS[name], np.array([0.7, 1.2])
    value, slope = hoad.value_and_grad(f, x)
    assert value == f(x), "the value is SciPy's own"
    wanted = difference(f, x)
    assert np.allclose(slope, wanted, 1e-5, 1e-7)
    assert np.allclose(hoad.jacobian(f, x, mode="forward"), wanted, 1e-5, 1e-7)


@pytest.mark.parametrize("t_eval", [None, T])
@pytest.mark.parametrize("wide", [False, True])
def test_solutions_lie_in_memory_as_scipys_do(t_eval: Any, wide: bool) -> None:
    """A sum runs in the order of memory, and rounds by it."""
    y0 = np.arange(1.0, 300.0) if wide else [1.0, 2.0]
    solved = lambda p: solve_ivp(lambda t, y: -p * y, (0, 3), y0, t_eval=t_eval, **TIGHT).y
    total = lambda p: np.sum(np.cos(solved(p)))
    assert [hoad.value_and_grad(total, p)[0] for p in POINTS] == [total(p) for p in POINTS]


@pytest.mark.parametrize("name", SECOND)
def test_second_order(name: str) -> None:
    f, x = PROGRAMS[name], np.array([0.7, 1.2])
    assert np.allclose(hoad.hessian(f, x), difference(hoad.grad(f), x), 1e-5, 1e-6)


@pytest.mark.parametrize("method", ["RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA"])
def test_all_methods(method: str) -> None:
    x = np.array([0.7, 0.4])
    wanted = difference(by_method("DOP853"), x)
    assert np.allclose(hoad.grad(by_method(method))(x), wanted, 1e-5 if method != "BDF" else 1e-4)


def test_third_order_by_a_time() -> None:
    f = lambda t: solve_ivp(lambda s, y: -s * y, (0, t), [1.0], **TIGHT).y[0, -1]
    t = 0.8
    assert np.allclose(hoad.derivative(f, t, 3), (3 * t - t**3) * np.exp(-t * t / 2), 1e-6)


def test_the_result_is_scipys() -> None:
    kept: list[Any] = []

    def f(p: Any) -> Any:
        found = solve_ivp(prey, (0, 3), [2.0, 1.0], args=(p, 0.2))
        kept.append(found)
        return found.y[0, -1]

    hoad.derivative(f, 0.7)
    plain = solve_ivp(prey, (0, 3), [2.0, 1.0], args=(0.7, 0.2))
    assert type(kept[0]) is type(plain)
    assert (kept[0].nfev, kept[0].status, kept[0].message) == (plain.nfev, plain.status, plain.message)
    assert np.array_equal(kept[0].t, plain.t)


def test_without_traced_values_it_is_scipys() -> None:
    f = lambda x: x * solve_ivp(lambda t, y: -y, (0, 1), [1.0]).y[0, -1]
    assert hoad.derivative(f, 2.0) == f(1.0)


HIDDEN: list[Any] = [None]


def test_a_value_from_where_nobody_sees_it_is_refused() -> None:
    def f(p: Any) -> Any:
        HIDDEN[0] = p
        return solve_ivp(lambda t, y: -hidden() * y, (0, 1), [1.0]).y[0, -1]

    def hidden() -> Any:
        return HIDDEN[0]

    with pytest.raises(HoadError):
        hoad.derivative(f, 0.5)


def test_the_module_is_scipys() -> None:
    assert hoad.scipy.integrate.trapezoid is scipy.integrate.trapezoid
    assert np.array_equal(
        hoad.scipy.integrate.solve_ivp(prey, (0, 1), [1.0, 1.0], args=(1, 1)).y,
        solve_ivp(prey, (0, 1), [1.0, 1.0], args=(1, 1)).y,
    )
