"""The integrals of ``scipy.integrate`` inside of derivatives, untouched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import proofs
import pytest
import scipy.integrate as si

import hoad
from hoad.errors import MissingRuleError
from hoad.scipy import integrals, volumes
from hoad.scipy.integrals import Integrand


def difference(f: Callable[[Any], Any], x: Any, h: float = 2e-3) -> Any:
    """The gradient by central differences of order 8."""
    weights = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))
    x = np.asarray(x, float)
    unit = np.eye(x.size)
    return np.stack(
        [sum([w * (f(x + k * h * e) - f(x - k * h * e)) for k, w in weights]) / h for e in unit], -1
    )


def bell(x: Any, a: Any, b: Any) -> Any:
    return np.exp(-a * x * x) * np.cos(b * x)


SAMPLES = np.linspace(0.0, 2.0, 9)
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "args": lambda p: si.quad(bell, 0, 1, args=(p[0], p[1]))[0],
    "a closure": lambda p: si.quad(lambda x: bell(x, p[0], p[1]) ** 2, -1, 1)[0],
    "one argument": lambda p: si.quad(lambda x, q: q[0] * x + q[1] ** 2 * x, 0, 1, args=(p,))[0],
    "limits": lambda p: si.quad(lambda x: np.exp(-x * x), -p[0], p[1])[0],
    "limits and parameters": lambda p: si.quad(lambda x: np.exp(-p[0] * x), p[0], p[1] + p[0])[0],
    "infinite": lambda p: si.quad(bell, -np.inf, np.inf, args=(p[0], p[1]))[0],
    "infinite, one limit": lambda p: si.quad(lambda x: np.exp(-p[0] * x), p[1], np.inf)[0],
    "points": lambda p: si.quad(lambda x: p[0] * np.abs(x - 0.3) + p[1] * x, 0, 1, points=[0.3])[0],
    "weight cos": lambda p: si.quad(lambda x: np.exp(-p[0] * x), 0, p[1], weight="cos", wvar=3.0)[0],
    "weight alg": lambda p: si.quad(lambda x: np.exp(-p[0] * x * p[1]), 0, 1, weight="alg", wvar=(-0.5, 0))[
        0
    ],
    "weight cauchy": lambda p: si.quad(lambda x: np.exp(p[0] * x) + p[1], -1, 1, weight="cauchy", wvar=0.2)[
        0
    ],
    "weight cos by its frequency": lambda p: si.quad(
        lambda x: np.exp(-p[0] * x), 0, 1, weight="cos", wvar=3 * p[1]
    )[0],
    "weight sin, all of it": lambda p: si.quad(
        lambda x, a: np.exp(-a * x), p[0], 1, args=(p[0],), weight="sin", wvar=3 * p[1]
    )[0],
    "weight cauchy by its pole": lambda p: si.quad(
        lambda x: np.exp(p[0] * x), -1, p[1], weight="cauchy", wvar=0.2 * p[0]
    )[0],
    "weight cauchy by a limit": lambda p: si.quad(
        lambda x: np.exp(p[0] * x), -1, p[1], weight="cauchy", wvar=0.2
    )[0],
    "weight alg by the limits": lambda p: si.quad(
        lambda x: np.exp(-x * p[0]), -p[0], p[1], weight="alg", wvar=(0.5, -0.3)
    )[0],
    "nquad with options": lambda p: si.nquad(
        lambda x, y: np.exp(-p[0] * x * y), [(0, 1), (0, p[1])], opts={"epsabs": 1e-10}
    )[0],
    "quad_vec": lambda p: np.sum(si.quad_vec(lambda x: np.sin(p * x), 0, p[0])[0] ** 2),
    "dblquad": lambda p: si.dblquad(lambda y, x: np.exp(-p[0] * x * y), 0, p[1], 0, lambda x: x * p[0])[0],
    "tplquad": lambda p: si.tplquad(
        lambda z, y, x: p[0] * x * y + z * p[1], 0, 1, 0, 1, 0, lambda x, y: x + y
    )[0],
    "nquad": lambda p: si.nquad(
        lambda x, y, a: np.exp(-a * x * y), [lambda y, a: (0, y), (0, p[1])], args=(p[0],)
    )[0],
    "fixed_quad": lambda p: si.fixed_quad(lambda x: np.exp(-p[0] * x), 0, p[1], n=6)[0],
    "trapezoid": lambda p: si.trapezoid(np.exp(-p[0] * SAMPLES), SAMPLES * p[1]),
    "simpson": lambda p: si.simpson(np.exp(-p[0] * SAMPLES), x=SAMPLES * p[1]),
    "cumulative_trapezoid": lambda p: np.sum(
        si.cumulative_trapezoid(np.exp(-p[0] * SAMPLES), SAMPLES * p[1], initial=0)
    ),
    "cumulative_simpson": lambda p: np.sum(si.cumulative_simpson(np.exp(-p[0] * SAMPLES), x=SAMPLES * p[1])),
    "romb": lambda p: si.romb(np.exp(-p[0] * SAMPLES), dx=p[1]),
}
SECOND = (
    "args",
    "limits",
    "limits and parameters",
    "infinite, one limit",
    "weight cos",
    "quad_vec",
    "simpson",
)


SLOW = ("dblquad", "tplquad", "nquad", "nquad with options")  # several variables: below


@pytest.mark.parametrize("name", [n for n in PROGRAMS if n not in SLOW])
def test_gradients_in_both_modes(name: str) -> None:
    f, x = PROGRAMS[name], np.array([0.7, 1.2])
    value, slope = hoad.value_and_grad(f, x)
    assert np.isclose(value, f(x), 1e-14)
    wanted = difference(f, x)
    assert np.allclose(slope, wanted, 1e-6, 1e-8)
    assert np.allclose(hoad.jacobian(f, x, mode="forward"), wanted, 1e-6, 1e-8)


VOLUMES: dict[str, Any] = {
    **{name: PROGRAMS[name] for name in ("dblquad", "tplquad", "nquad", "nquad with options")},
    "plain limits": lambda p: si.dblquad(lambda y, x: p[0] * np.exp(-p[1] * x * y), 0, 1, 0, 2)[0],
    "plain limits that vary": lambda p: si.dblquad(
        lambda y, x: np.sin(p[0] * y + x * p[1]), 0, 1, np.sin, lambda x: x
    )[0],
    "plain integrand": lambda p: si.dblquad(lambda y, x: np.sin(y), 0, p[0], 0, lambda x: x * p[0] * p[1])[0],
    "the outer limit": lambda p: si.dblquad(
        lambda y, x: np.sin(y + x * p[1]), 0, p[0] * p[1], 0, lambda x: x
    )[0],
    "the inner limit": lambda p: si.dblquad(lambda y, x: np.sin(y + x * p[1]), 0, 1, 0, lambda x: x * p[0])[
        0
    ],
    "all limits": lambda p: si.dblquad(
        lambda y, x: p[0] ** 2 * np.exp(-p[1] * x * y),
        0,
        p[0] * p[1],
        lambda x: -p[0] * x * x,
        lambda x: p[0] * np.sin(p[1] * x),
    )[0],
    "infinite": lambda p: si.dblquad(lambda y, x: np.exp(-p[1] * x * x - p[0] * y * y), 0, np.inf, 0, np.inf)[
        0
    ],
    "three, all limits": lambda p: si.tplquad(
        lambda z, y, x: p[0] + x * y * z,
        0,
        p[1],
        0,
        lambda x: p[0] * x,
        lambda x, y: y - x,
        lambda x, y: p[0] * y,
    )[0],
    "a rule at each point": lambda p: si.dblquad(lambda y, x: np.sum(np.array([x, y]) * p**2), 0, p[0], 0, 1)[
        0
    ],
}


@pytest.mark.parametrize("name", VOLUMES)
def test_integrals_over_several_variables(name: str) -> None:
    f, x = VOLUMES[name], np.array([0.7, 1.2])
    value, slope = hoad.value_and_grad(f, x)
    assert np.isclose(value, f(x), 1e-14)
    wanted = difference(f, x, 4e-3)
    assert np.allclose(slope, wanted, 1e-6, 1e-7)
    assert np.allclose(hoad.jacobian(f, x, mode="forward"), wanted, 1e-6, 1e-7)


@pytest.mark.parametrize("name", [n for n in VOLUMES if n not in ("infinite", "three, all limits")])
def test_second_order_over_several_variables(name: str) -> None:
    f, x = VOLUMES[name], np.array([0.7, 1.2])
    assert np.allclose(hoad.hessian(f, x), difference(hoad.grad(f), x, 1e-2), 1e-5, 1e-6)


def test_third_order_over_several_variables() -> None:
    f = lambda t: si.dblquad(lambda y, x: np.sin(t * y), 0, t, 0, lambda x: t * x)[0]
    # ∫ (1 - cos(t² x)) / t dx from 0 to t
    closed = lambda t: 1 - np.sin(t**3) / t**3
    assert np.allclose(hoad.derivatives(f, 0.8, 3), hoad.derivatives(closed, 0.8, 3), 1e-8)


@pytest.mark.parametrize("name", SECOND)
def test_second_order(name: str) -> None:
    f, x = PROGRAMS[name], np.array([0.7, 1.2])
    assert np.allclose(hoad.hessian(f, x), difference(hoad.grad(f), x), 1e-5, 1e-6)


def test_third_order_and_taylor() -> None:
    f = lambda t: si.quad(lambda x: np.exp(-t * x * x), 0, t)[0]
    wanted = difference(lambda t: hoad.derivative(f, float(t[0]), 2), [0.8], 1e-2)
    assert np.allclose(hoad.derivative(f, 0.8, 3), wanted, 1e-6)


def test_what_has_no_derivative_is_refused_by_name() -> None:
    with pytest.raises(MissingRuleError, match="wvar"):
        hoad.derivative(lambda t: si.quad(np.exp, 0, 1, weight="alg", wvar=(t, 0))[0], 1.0)
    with pytest.raises(MissingRuleError, match="by b"):
        hoad.derivative(lambda t: si.quad(np.exp, 0, t, weight="alg-loga", wvar=(0, 0))[0], 1.0)
    with pytest.raises(MissingRuleError, match="wvar"):
        hoad.derivative(lambda t: si.quad(lambda x: np.exp(-x), 0, np.inf, weight="cos", wvar=t)[0], 1.0)
    with pytest.raises(MissingRuleError, match="by points"):
        hoad.derivative(lambda t: si.quad(np.exp, 0, 1, points=[t])[0], 0.5)
    with pytest.raises(MissingRuleError, match="weights in opts="):
        opts = [{"weight": "cos", "wvar": 1.0}, {}]
        hoad.derivative(lambda t: si.nquad(lambda x, y: t * x * y, [(0, 1), (0, 1)], opts=opts)[0], 0.5)


ROWS = np.random.default_rng(0).normal(size=(2, 9))
PLACES = np.cumsum(np.random.default_rng(1).uniform(0.3, 1, size=(2, 9)), axis=1)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 9])
def test_simpsons_rule(n: int) -> None:
    """Of any number of points, with equal and other steps, in the values, the points and the step."""
    y, x = ROWS[:, :n], PLACES[:, :n]
    both = lambda y, x: (si.simpson(y, x=x), si.cumulative_simpson(y, x=x), si.simpson(y, x=x[0]))
    proofs.prove(both, y, x, orders=2)
    even = lambda y, d: (si.simpson(y.T, dx=d, axis=0), si.cumulative_simpson(y.T, dx=d, axis=0, initial=0.3))
    proofs.prove(even, y, 0.4, orders=2)
    assert hoad.grad(
        lambda y: si.simpson(y[:3], x=np.array([0.0, 0.0, 1.0])), y[0, :3] if n > 2 else np.ones(3)
    ).size


INTEGRANDS = {
    "arithmetic": lambda t, p: np.exp(-p[0] * t) * np.sin(p[1] * t) / (p[2] + t**2),
    "linear": lambda t, p: 2.0 * p[0] - t,
    "free of one": lambda t, p: p[1] ** p[2],
    "a branch": lambda t, p: p[0] * t if t > 0.5 else p[1] ** 2,
    "an array's function": lambda t, p: np.sum(np.cumsum(p) * t),
    "a constant": lambda t, p: 3.0 + 0 * p[0],
}


CHEAP = ("a constant", "linear", "an array's function")  # enough to be integrated twice


def alone(f: Any, p: Any) -> Any:
    return si.quad(f, 0, 1, args=(p,))[0]


def twice(f: Any, p: Any) -> Any:
    return si.dblquad(lambda s, t: f(s, p) * f(t, p[::-1]), 0, 1, 0, 1)[0]


@pytest.mark.parametrize("name", INTEGRANDS)
def test_straight_integrands_are_those_on_levels(name):
    seen = []

    class Compared(Integrand):
        def table(self, k=1):
            quick, slow = super().table(k), self.table_on_levels()

            def both(*t):
                seen.append(t)
                one, other = np.ravel(quick(*t)), np.ravel(slow(*t))
                np.testing.assert_allclose(one, other, rtol=1e-14, atol=1e-15)
                return quick(*t)

            return both

    f = INTEGRANDS[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(integrals, "Integrand", Compared)
        patch.setattr(volumes, "Integrand", Compared)
        p = np.array([0.3, 0.7, 1.1])
        for derivative in (hoad.grad, hoad.hessian):
            for k, integral in ((1, alone), (2, twice))[: 2 if name in CHEAP else 1]:
                derivative(lambda p, integral=integral: integral(f, p), p)
                assert {len(t) for t in seen} == {k}
                seen.clear()


def test_straight_integrands_are_left_where_they_are_not_finite():
    f = lambda p: si.quad(lambda t: np.sqrt(p * t), 0, 1)[0]
    assert hoad.grad(f, 2.0) == pytest.approx(1 / 3 / np.sqrt(2.0), rel=1e-9)
