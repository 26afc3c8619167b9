"""Solvers whose functions and derivatives are compiled find what the plain ones do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize

import hoad
import hoad.scipy.integrate
import hoad.scipy.optimize as solvers

START = np.array([-1.2, 1.0, 0.5])


def rosenbrock(x: Any, k: float = 100.0) -> Any:
    return np.sum((1 - x[:-1]) ** 2 + k * (x[1:] - x[:-1] ** 2) ** 2)


def residuals(x: Any) -> Any:
    return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0], x[2] - np.sin(x[0])])


def branched(x: Any) -> Any:
    return np.sum(x**2) if x[0] > 0 else np.sum(x**2) + x[0] ** 4


@pytest.mark.parametrize("f", [rosenbrock, branched])
@pytest.mark.parametrize(
    "method", [None, "BFGS", "L-BFGS-B", "Newton-CG", "trust-ncg", "trust-exact", "SLSQP", "Nelder-Mead"]
)
def test_minimize(f: Any, method: Any) -> None:
    got = solvers.minimize(f, START, method=method, compile=True)
    right = solvers.minimize(f, START, method=method)
    np.testing.assert_allclose(got.x, right.x, atol=1e-6)
    assert got.success == right.success


def test_arguments() -> None:
    got = solvers.minimize(rosenbrock, START, args=(7.0,), method="trust-exact", compile=True)
    np.testing.assert_allclose(got.x, 1.0, atol=1e-5)


def test_least_squares_root_and_curve_fit() -> None:
    for compiled in (True, False):
        found = solvers.least_squares(residuals, START, compile=compiled)
        np.testing.assert_allclose(found.x, [1.0, 1.0, np.sin(1.0)], atol=1e-8)
        found = solvers.root(residuals, START, compile=compiled)
        np.testing.assert_allclose(found.x, [1.0, 1.0, np.sin(1.0)], atol=1e-8)
        t = np.linspace(0.0, 2.0, 20)
        model = lambda t, a, b: a * np.exp(-b * t)
        fitted, _ = solvers.curve_fit(model, t, model(t, 2.0, 0.7), p0=[1.0, 1.0], compile=compiled)
        np.testing.assert_allclose(fitted, [2.0, 0.7], atol=1e-8)
        found = solvers.root_scalar(lambda x: x**3 - 2.0, x0=1.0, method="halley", compile=compiled)
        assert abs(found.root - 2 ** (1 / 3)) < 1e-12


def test_objective() -> None:
    f, plain = hoad.Objective(rosenbrock, compile=True), hoad.Objective(rosenbrock)
    v = np.array([1.0, -2.0, 0.5])
    for x in (START, START + 1, START):
        for name, args in (("jac", (x,)), ("hess", (x,)), ("hessp", (x, v)), ("hess", (x, 7.0))):
            np.testing.assert_allclose(
                getattr(f, name)(*args), getattr(plain, name)(*args), rtol=1e-12, atol=1e-12
            )
        assert abs(f(x) - plain(x)) <= 1e-13 * abs(plain(x))
    found = scipy.optimize.minimize(f, START, jac=f.jac, hess=f.hess, method="trust-exact")
    np.testing.assert_allclose(found.x, 1.0, atol=1e-5)


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_constraints(method: str) -> None:
    unit = {"type": "eq", "fun": lambda x: np.sum(x**2) - 1.0}
    found = [
        solvers.minimize(rosenbrock, START / 2, method=method, constraints=[unit], compile=compiled)
        for compiled in (True, False)
    ]
    np.testing.assert_allclose(found[0].x, found[1].x, atol=1e-5)
    held = [
        solvers.NonlinearConstraint(lambda x: np.sum(x**2), 1.0, 1.0, compile=compiled)
        for compiled in (True, False)
    ]
    found = [solvers.minimize(rosenbrock, START / 2, method=method, constraints=[c]) for c in held]
    np.testing.assert_allclose(found[0].x, found[1].x, atol=1e-5)


def test_one_variable() -> None:
    found = [
        solvers.minimize_scalar(lambda x: (x - 2.0) ** 2 + np.cos(x), compile=compiled).x
        for compiled in (True, False)
    ]
    np.testing.assert_allclose(*found, rtol=1e-7)


@pytest.mark.parametrize("method", ["RK45", "BDF", "Radau", "LSODA"])
def test_differential_equations(method: str) -> None:
    slope = lambda t, y, k: [y[1], k * (1 - y[0] ** 2) * y[1] - y[0]]
    found = [
        hoad.scipy.integrate.solve_ivp(
            slope, (0.0, 5.0), [2.0, 0.0], method, args=(10.0,), rtol=1e-8, atol=1e-8, compile=compiled
        ).y[:, -1]
        for compiled in (True, False)
    ]
    np.testing.assert_allclose(*found, rtol=1e-5)
