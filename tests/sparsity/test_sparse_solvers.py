"""SciPy's solvers are handed sparse matrices by hoad's names for them, where the derivatives are sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp

import hoad.scipy.integrate
import hoad.scipy.optimize
from hoad.scipy.slopes import Slopes

N = 120
H = 1.0 / (N + 1)


def bratu(u: Any) -> Any:
    """A discretised boundary value problem, u'' + 2 e^u = 0."""
    padded = np.concatenate([np.zeros(1), u, np.zeros(1)])
    return (padded[:-2] - 2 * u + padded[2:]) / H**2 + 2 * np.exp(u)


def chained(x: Any) -> Any:
    return np.sum((x[1:] - x[:-1] ** 2) ** 2) + np.sum((x - 1) ** 2)


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the solvers were handed."""
    seen: list[Any] = []
    call = Slopes.__call__

    def noting(self: Slopes, *args: Any, **kwargs: Any) -> Any:
        found = call(self, *args, **kwargs)
        seen.append(found)
        return found

    monkeypatch.setattr(Slopes, "__call__", noting)
    return seen


def valley(x: Any) -> Any:
    return np.concatenate([x[1:] - x[:-1] ** 2, x - 1])


def test_least_squares(handed: list[Any]) -> None:
    found = hoad.scipy.optimize.least_squares(valley, np.full(1200, 0.8))
    assert found.success and np.max(np.abs(found.x - 1)) < 1e-6
    assert handed and all(map(sp.issparse, handed))


def test_least_squares_by_a_dense_method(handed: list[Any]) -> None:
    for options in ({"method": "lm"}, {"tr_solver": "exact"}):
        found = hoad.scipy.optimize.least_squares(bratu, np.zeros(N), **options)
        assert np.max(np.abs(bratu(found.x))) < 1e-6 and not handed


def test_minimize(handed: list[Any]) -> None:
    found = hoad.scipy.optimize.minimize(
        chained, np.full(N, 0.9), method="trust-constr", options={"maxiter": 6}
    )
    assert found.fun < 1e-3 * chained(np.full(N, 0.9))
    assert handed and all(map(sp.issparse, handed))


def test_minimize_under_a_constraint(handed: list[Any]) -> None:
    constraint = hoad.scipy.optimize.NonlinearConstraint(lambda x: x[1:] * x[:-1], -1.0, 0.5)
    found = hoad.scipy.optimize.minimize(
        chained, np.full(N, 0.5), method="trust-constr", constraints=[constraint], options={"maxiter": 2}
    )
    assert np.isfinite(found.fun) and all(map(sp.issparse, handed))
    assert {h.shape for h in handed} == {(N, N), (N - 1, N)}


def test_root(handed: list[Any]) -> None:
    found = hoad.scipy.optimize.root(bratu, np.zeros(N))
    assert found.success and np.max(np.abs(bratu(found.x))) < 1e-6
    assert handed and not any(map(sp.issparse, handed))


@pytest.mark.parametrize("method", ["BDF", "Radau"])
def test_solve_ivp(method: str, handed: list[Any]) -> None:
    """The heat equation with a source, by its lines."""
    rate = lambda t, u, k: k * bratu(u) * H**2
    y0 = np.sin(np.pi * np.arange(1, N + 1) * H)
    found = hoad.scipy.integrate.solve_ivp(rate, (0, 1.0), y0, method=method, args=(0.5,), rtol=1e-4)
    right = scipy.integrate.solve_ivp(rate, (0, 1.0), y0, method=method, args=(0.5,), rtol=1e-4)
    np.testing.assert_allclose(found.y[:, -1], right.y[:, -1], rtol=1e-2)
    assert handed and all(map(sp.issparse, handed))


def test_small_and_dense_problems_stay_dense(handed: list[Any]) -> None:
    hoad.scipy.optimize.least_squares(lambda x: bratu(x)[:5] + x[:5] * np.sum(x), np.zeros(8), max_nfev=2)
    hoad.scipy.optimize.least_squares(lambda x: x - np.mean(x) - 1, np.zeros(N), max_nfev=2)
    assert handed and not any(map(sp.issparse, handed))
