"""Solvers within ``vmap``: what is found for each member, and its derivatives, in every nesting."""

from __future__ import annotations

from typing import Any

import numpy as np
import proofs
import pytest
import scipy.sparse as ss
import scipy.sparse.linalg as sl
from scipy import stats
from scipy.integrate import odeint, quad, solve_ivp
from scipy.optimize import brentq, minimize, root

import hoad
from hoad.errors import ArgumentError

P = np.array([[0.7, 1.2], [0.5, 0.9], [1.1, 0.3]])
T = np.linspace(0, 1, 4)
FINE = {"rtol": 1e-9, "atol": 1e-9}


def events(p: Any) -> Any:
    ground = lambda t, y: y[0]
    ground.terminal = True  # type: ignore[attr-defined]
    return solve_ivp(
        lambda t, y: [y[1], -p[0]], (0, 9), [5.0, p[1]], events=ground, t_eval=T, **FINE
    ).t_events[0][0]


def at_zero(p: Any) -> Any:
    return minimize(lambda x: (x[0] - p[0]) ** 2 + p[1] * x[0] ** 4, [0.1], tol=1e-12)


PROGRAMS: dict[str, Any] = {
    "solve_ivp": lambda p: np.sum(
        solve_ivp(lambda t, y: [-p[0] * y[0] + p[1]], (0, 1), [1.0], t_eval=T, **FINE).y ** 2
    ),
    "odeint": lambda p: odeint(lambda y, t: -p[0] * y * p[1], [1.0], T)[-1, 0],
    "an event": events,
    "quad": lambda p: quad(lambda x: np.exp(-p[0] * x) * p[1], 0, 1)[0],
    "a limit of quad": lambda p: quad(lambda x: np.cos(x), p[0], p[1])[0],
    "brentq": lambda p: brentq(lambda x: x**3 + p[0] * x - p[1], 0, 3),
    "root": lambda p: root(lambda x: x**3 + p[0] * x - p[1], [0.5]).x[0],
    "minimize": lambda p: at_zero(p).x[0] + at_zero(p).fun,
    "cg": lambda p: np.sum(sl.cg(ss.diags_array([p[0] + 1, 3 * p[1]]).tocsr(), [1.0, 2.0], rtol=1e-12)[0]),
    "eigsh": lambda p: sl.eigsh(ss.diags_array([p[0] + 1, p[1] + 2, 3.3, 4.4]).tocsr() * p[0], 1)[0][0],
}  # fmt: skip


@pytest.mark.parametrize("name", proofs.sampled(PROGRAMS, 4))
def test_members(name: str) -> None:
    f, weights = PROGRAMS[name], np.arange(1.0, 4)
    values, slopes = np.array([f(r) for r in P]), np.stack([hoad.grad(f, r) for r in P])
    curves = np.stack([hoad.hessian(f, r) for r in P])
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    close(hoad.vmap(f)(P), values)
    close(hoad.vmap(hoad.grad(f))(P), slopes)
    close(hoad.vmap(lambda r: hoad.jacobian(f, r, mode="forward"))(P), slopes)
    close(hoad.vmap(hoad.hessian(f))(P), curves)
    close(hoad.grad(lambda q: np.sum(hoad.vmap(f)(q) * weights), P), slopes * weights[:, None])
    close(hoad.jacobian(hoad.vmap(f), P, mode="forward")[1, 1], slopes[1])
    close(hoad.vmap(hoad.vmap(f))(np.stack([P, P + 0.1]))[0], values)


def test_solutions_of_other_lengths_are_refused() -> None:
    f = lambda p: solve_ivp(lambda t, y: -p[0] * y, (0, 3), [1.0], **FINE).y[0, -1]
    with pytest.raises(ArgumentError, match="t_eval="):
        hoad.vmap(f)(np.array([[0.1], [9.0]]))


def test_what_is_captured_counts() -> None:
    f = lambda a: quad(lambda x: a * x**2, 0, 1)[0]
    np.testing.assert_allclose(hoad.vmap(f)(np.array([3.0, 6.0])), [1.0, 2.0], rtol=1e-14)


AT = np.array([-1.0, 0.5, 2.5])
OF_EACH: dict[str, Any] = {
    "gamma.logpdf": lambda x: stats.gamma.logpdf(x, 2.0),
    "gamma.pdf by a": lambda a: stats.gamma.pdf(0.7, a),
    "uniform.cdf": lambda x: stats.uniform.cdf(x, 0.0, 2.0),
    "expon, frozen": lambda x: stats.expon(scale=2.0).pdf(x),
    "beta.sf": lambda x: stats.beta.sf(x, 2.0, 3.0),
    "gamma.ppf": lambda q: stats.gamma.ppf(q, 2.0),
    "poisson.logpmf": lambda m: stats.poisson.logpmf(2, m),
    "of rows": lambda x: np.sum(stats.norm.pdf(np.stack([x, x * x]), scale=1.5)),
    "gamma.var": lambda a: stats.gamma.var(a),
    "gamma.moment": lambda a: stats.gamma.moment(3, a),
    "gamma.var scaled": lambda s: stats.gamma.var(2.0, scale=s),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_EACH)
def test_distributions_within_and_outside_of_their_support(name: str) -> None:
    f = OF_EACH[name]
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    close(hoad.vmap(f)(AT), np.stack([f(x) for x in AT]))
    close(hoad.vmap(hoad.derivative(f))(AT), np.stack([hoad.derivative(f, x) for x in AT]))
    if name != "gamma.ppf":  # 2.5 is no probability
        close(hoad.grad(lambda x: np.sum(hoad.vmap(f)(x)), AT[1:]), [hoad.grad(f, x) for x in AT[1:]])
