"""``NonlinearProgram``: what IPOPT asks for, beside dense derivatives, and solved by it where it is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import hoad
from hoad.errors import ArgumentError


def f(x: Any) -> Any:
    return x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]


def g(x: Any) -> Any:
    return np.stack([np.prod(x), np.sum(x**2)])


def chained(x: Any) -> Any:
    """Lukšan and Vlček's chain of Rosenbrock functions (1999)."""
    return np.sum(100.0 * (x[:-1] ** 2 - x[1:]) ** 2 + (x[:-1] - 1.0) ** 2)


def between(x: Any) -> Any:
    a, b, c = x[:-2], x[1:-1], x[2:]
    return 3 * b**3 + 2 * c - 5 + np.sin(b - c) * np.sin(b + c) + 4 * b - a * np.exp(a - b) - 3


X = np.linspace(-1.2, 1.0, 12)


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize(
    ("objective", "constraints", "x"), [(f, g, X[:4]), (chained, between, X), (chained, None, X)]
)
def test_beside_dense_derivatives(objective: Any, constraints: Any, x: np.ndarray, compile: bool) -> None:
    p = hoad.NonlinearProgram(objective, x, constraints, compile=compile)
    z, m = x + 0.1, np.arange(1.0, p.m + 1)
    assert p.objective(z) == objective(z) and type(p.objective(z)) is float
    np.testing.assert_allclose(p.gradient(z), hoad.grad(objective, z), rtol=1e-13)
    jacobian = sp.csr_array((p.jacobian(z), p.jacobianstructure()), shape=(p.m, p.n)).toarray()
    if constraints is not None:
        np.testing.assert_array_equal(p.constraints(z), constraints(z))
        np.testing.assert_allclose(jacobian, hoad.jacobian(constraints, z), rtol=1e-12, atol=1e-13)
    rows, columns = p.hessianstructure()
    assert (rows >= columns).all()
    lower = sp.csr_array((p.hessian(z, m, 0.5), (rows, columns)), shape=(p.n, p.n)).toarray()
    weighted = lambda x: 0.5 * objective(x) + (0.0 if constraints is None else m @ constraints(x))
    np.testing.assert_allclose(lower, np.tril(hoad.hessian(weighted, z)), rtol=1e-12, atol=1e-11)


def test_points_of_any_shape() -> None:
    p = hoad.NonlinearProgram(lambda x: np.sum(x[0] ** 2 * x[1]), X.reshape(2, 6), lambda x: x[0] - x[1] ** 2)
    assert (p.n, p.m) == (12, 6) and p.gradient(X).shape == (12,) and p.jacobian(X).shape == (12,)


def test_another_branch_is_refused() -> None:
    p = hoad.NonlinearProgram(chained, X, lambda x: x * x[::-1] if x[0] > 0 else x**2)
    p.jacobian(X)
    with pytest.raises(ArgumentError, match=r"IPOPT keeps the structure.*np\.where"):
        p.jacobian(-X)


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"hoad\.NonlinearProgram"):
        hoad.NonlinearProgram(f, X[:4], 3.0)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="complex"):
        hoad.NonlinearProgram(f, X[:4] + 1j)


def test_a_problem_of_four_variables() -> None:
    """Hock and Schittkowski's 71, which IPOPT's own manual solves."""
    cyipopt = pytest.importorskip("cyipopt")
    x0 = np.array([1.0, 5.0, 5.0, 1.0])
    p = hoad.NonlinearProgram(f, x0, g)
    solver = cyipopt.Problem(p.n, p.m, p, lb=np.ones(4), ub=np.full(4, 5.0), cl=[25.0, 40.0], cu=[2e19, 40.0])
    solver.add_option("print_level", 0)
    solver.add_option("tol", 1e-9)
    x, info = solver.solve(x0)
    np.testing.assert_allclose(x, [1.0, 4.74299963, 3.82114998, 1.37940829], rtol=1e-7)
    assert info["status"] == 0


@pytest.mark.parametrize("compile", [False, True])
def test_a_sparse_problem(compile: bool, capfd: Any) -> None:
    """IPOPT's own check of first and second derivatives finds nothing, and few steps lead to the solution."""
    cyipopt = pytest.importorskip("cyipopt")
    x0 = np.where(np.arange(40) % 2, 1.0, -1.2)
    p = hoad.NonlinearProgram(chained, x0, between, compile=compile)
    solver = cyipopt.Problem(p.n, p.m, p, cl=np.zeros(p.m), cu=np.zeros(p.m))
    solver.add_option("derivative_test", "second-order")
    solver.add_option("derivative_test_perturbation", 1e-6)
    solver.add_option("derivative_test_tol", 1e-3)
    solver.add_option("print_level", 4)
    x, info = solver.solve(x0)
    assert "No errors detected by derivative checker" in capfd.readouterr().out
    assert info["status"] == 0 and np.abs(between(x)).max() < 1e-7
    multipliers = info["mult_g"]
    slope = hoad.grad(lambda x: chained(x) + multipliers @ between(x), x)
    assert np.abs(slope).max() < 1e-5


def test_as_scipy_is_called() -> None:
    cyipopt = pytest.importorskip("cyipopt")
    of = hoad.Objective(chained)
    found = cyipopt.minimize_ipopt(of, X[:6], jac=of.jac, hess=of.hess, options={"disp": 0})
    np.testing.assert_allclose(found.x, np.ones(6), rtol=1e-6)
