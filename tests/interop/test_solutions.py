"""Derivatives through SciPy's solvers: forward, reverse, second and third order, against closed forms."""

import numpy as np
import pytest
from scipy import optimize
from scipy.sparse import linalg as sparse

import hoad
from hoad.errors import ArgumentError, ConvergenceError


def every_order(f, p, exact, tolerance=1e-9):
    """Derivatives of orders 1 to 3 in all modes, of a function of one number, against its closed form."""
    first, second, third = (hoad.derivative(exact, p, n) for n in (1, 2, 3))
    close = lambda got, right: np.testing.assert_allclose(got, right, rtol=tolerance, atol=tolerance)
    close(f(p), exact(p))
    for mode in ("forward", "reverse"):
        close(hoad.jacobian(f, p, mode=mode), first)
    for mode in hoad.operators.hessians.MODES:
        close(hoad.hessian(f, p, mode=mode), second)
    close(hoad.grad(hoad.grad(hoad.grad(f)))(p), third)
    close(hoad.derivatives(f, p, 3)[3], third)


def test_root() -> None:
    f = lambda p: hoad.root(lambda x, p: x**3 - p, 1.5, p)
    every_order(f, 2.0, np.cbrt)
    equations = lambda x, p: np.stack([x[0] * x[1] - p, x[0] - 2 * x[1]])
    system = lambda p: np.sum(hoad.root(equations, np.ones(2), p) ** 2)
    every_order(system, 3.0, lambda p: 5 * p / 2)  # x = (sqrt(2 p), sqrt(p / 2))


def test_brentq() -> None:
    every_order(lambda p: hoad.brentq(lambda x, p: x**2 - p, 0.0, 5.0, p), 2.0, np.sqrt)
    with pytest.raises(ValueError, match="different signs"):
        hoad.grad(lambda p: hoad.brentq(lambda x, p: x**2 + p, 0.0, 1.0, p), 2.0)


def test_minimize() -> None:
    a = np.array([[3.0, 1.0], [1.0, 2.0]])
    best = lambda p: hoad.minimize(lambda x, p: x @ a @ x / 2 - p @ x, np.zeros(2), p)
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(
            hoad.jacobian(best, np.array([1.0, 2.0]), mode=mode), np.linalg.inv(a), rtol=1e-9, atol=1e-10
        )
    every_order(lambda p: hoad.minimize(lambda x, p: x**4 / 4 - p * x, 1.0, p), 2.0, np.cbrt, 1e-8)


def test_fixed_point() -> None:
    every_order(lambda p: hoad.fixed_point(lambda x, p: (x + p / x) / 2, 1.0, p), 2.0, np.sqrt)
    with pytest.raises(ConvergenceError, match="100 steps"):
        hoad.fixed_point(lambda x: -x, 1.0, iterations=100)


def test_any_solver() -> None:
    calls = []

    def by_table(p):
        calls.append(p)
        assert isinstance(p["a"], float)
        return p["a"] / p["b"]

    quotient = hoad.implicit_function(lambda x, p: x * p["b"] - p["a"], by_table)
    g = hoad.grad(quotient, {"a": 3.0, "b": 2.0})
    assert (g["a"], g["b"]) == (0.5, -0.75)
    assert len(calls) == 1
    with pytest.raises(np.linalg.LinAlgError):
        hoad.grad(hoad.implicit_function(lambda x, p: x**2 - p, lambda p: 0.0), 0.0)


TIMES = np.array([0.0, 0.5, 1.0, 2.0])


def test_initial_value_problems() -> None:
    """The logistic equation, by its parameter and its start."""
    exact = lambda q: q[1] / (q[1] + (1 - q[1]) * np.exp(-q[0] * TIMES))
    solved = lambda q: hoad.solve_ivp(
        lambda t, y, p: p * y * (1 - y), TIMES, np.reshape(q[1], 1), q[0], rtol=1e-11, atol=1e-12
    )[:, 0]
    q = np.array([1.3, 0.2])
    np.testing.assert_allclose(solved(q), exact(q), rtol=1e-9)
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(hoad.jacobian(solved, q, mode=mode), hoad.jacobian(exact, q), rtol=1e-7)
    w = np.array([0.0, 1.0, -2.0, 0.5])
    right = hoad.hessian(lambda q: np.sum(w * exact(q)), q)
    for mode in hoad.operators.hessians.MODES:
        got = hoad.hessian(lambda q: np.sum(w * solved(q)), q, mode=mode)
        np.testing.assert_allclose(got, right, rtol=1e-5, atol=1e-6)
    with pytest.raises(ArgumentError, match="at least two times"):
        hoad.solve_ivp(lambda t, y, p: y, [0.0], np.ones(1))


def test_parameters_of_any_shape() -> None:
    matrix = np.array([[-0.5, 0.3], [0.1, -0.4]])
    final = lambda a: np.sum(hoad.solve_ivp(lambda t, y, a: a @ y, [0.0, 1.0], np.array([1.0, 2.0]), a)[-1])
    h = 1e-5
    slope = [(final(matrix + h * e) - final(matrix - h * e)) / (2 * h) for e in np.eye(4).reshape(4, 2, 2)]
    np.testing.assert_allclose(hoad.grad(final, matrix).ravel(), slope, rtol=1e-6)
    np.testing.assert_allclose(hoad.jacobian(final, matrix, mode="forward").ravel(), slope, rtol=1e-6)


# ------------------------------------------------------------------------------------------------------------
# SciPy's users
# ------------------------------------------------------------------------------------------------------------


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


WITH_GRADIENT = ["CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP"]
WITH_HESSIAN = ["Newton-CG", "dogleg", "trust-ncg", "trust-krylov", "trust-exact", "trust-constr"]


@pytest.mark.parametrize("method", WITH_GRADIENT + WITH_HESSIAN)
def test_minimize_of_scipy(method) -> None:
    f = hoad.Objective(rosenbrock)
    options = {"jac": f.jac} | ({"hess": f.hess} if method in WITH_HESSIAN else {})
    start = np.array([0.8, 1.1, 0.9])
    found = optimize.minimize(f, start, method=method, **options)
    np.testing.assert_allclose(found.x, 1.0, atol=2e-3)
    if method in ("Newton-CG", "trust-ncg", "trust-krylov", "trust-constr"):
        again = optimize.minimize(f, start, method=method, jac=f.jac, hessp=f.hessp)
        np.testing.assert_allclose(again.x, 1.0, atol=2e-3)


def test_an_evolution_and_its_polish_take_an_objective() -> None:
    """SciPy polishes with differences of this very object; the exact gradient ends where it points."""
    f = hoad.Objective(rosenbrock)
    rough = optimize.differential_evolution(f, [(-2.0, 2.0)] * 3, seed=0, maxiter=60, polish=True)
    found = optimize.minimize(f, rough.x, jac=f.jac, method="L-BFGS-B", bounds=[(-2.0, 2.0)] * 3)
    np.testing.assert_allclose(rough.x, 1.0, atol=1e-3)
    assert found.fun <= rough.fun
    np.testing.assert_allclose(found.x, 1.0, atol=1e-3)


def test_one_point_is_worked_out_once() -> None:
    calls = []

    def f(x):
        calls.append(1)
        return rosenbrock(x)

    objective = hoad.Objective(f)
    x = np.zeros(3)
    objective(x)
    begun = len(calls)
    objective.jac(x), objective(x), objective.value_and_grad(x)
    assert len(calls) == begun
    objective(x + 1)
    assert len(calls) == begun + 1
    g = objective.jac(x)
    g[:] = 7.0
    assert objective.jac(x)[0] == -2.0
    found = optimize.minimize(objective.value_and_grad, np.zeros(3), jac=True)
    np.testing.assert_allclose(found.x, 1.0, atol=1e-4)


def test_other_solvers_of_scipy() -> None:
    t = np.linspace(0.0, 1.0, 20)
    model = lambda t, a, b: a * np.exp(-b * t)
    data = model(t, 2.0, 1.5)
    residuals = hoad.Objective(lambda p: model(t, p[0], p[1]) - data)
    found = optimize.least_squares(residuals, [1.0, 1.0], jac=residuals.jac)
    np.testing.assert_allclose(found.x, [2.0, 1.5], rtol=1e-6)
    slope = lambda t, a, b: hoad.jacobian(lambda p: model(t, p[0], p[1]), np.array([a, b]))
    fitted, _ = optimize.curve_fit(model, t, data, [1.0, 1.0], jac=slope)
    np.testing.assert_allclose(fitted, [2.0, 1.5], rtol=1e-6)
    system = hoad.Objective(lambda x: np.stack([x[0] ** 2 + x[1] - 3, x[0] - x[1] + 1]))
    np.testing.assert_allclose(optimize.root(system, [1.0, 1.0], jac=system.jac).x, [1.0, 2.0], rtol=1e-8)


def test_linear_operators() -> None:
    x = np.linspace(0.5, 1.5, 6).reshape(2, 3)
    f = lambda x: np.sin(x) @ np.arange(3.0)
    J = hoad.linear_operator(f, x)
    dense = hoad.jacobian(f, x).reshape(2, 6)
    np.testing.assert_allclose(J @ np.eye(6), dense, rtol=1e-14)
    np.testing.assert_allclose(J.T @ np.eye(2), dense.T, rtol=1e-14)
    energy = lambda x: np.sum(x**4) + np.sum(x) ** 2
    H = hoad.linear_operator(energy, x, "hessian")
    np.testing.assert_allclose(H @ np.eye(6), hoad.hessian(energy, x).reshape(6, 6), rtol=1e-13)
    solved, info = sparse.cg(H, np.ones(6), rtol=1e-12)
    assert info == 0
    np.testing.assert_allclose(H @ solved, np.ones(6), rtol=1e-9)
    with pytest.raises(ArgumentError, match="'jacobian' or 'hessian'"):
        hoad.linear_operator(f, x, "matrix")


def test_sparse_matrices_and_reflected_operators() -> None:
    from scipy.sparse import csr_array

    a = csr_array(np.array([[1.0, 0.0], [2.0, 3.0]]))
    v = np.array([0.5, 2.0])
    np.testing.assert_allclose(hoad.grad(lambda x: np.sum(a.toarray() @ x), v), [3.0, 3.0])
    assert hoad.grad(lambda x: np.int64(2) ** x, 3.0) == pytest.approx(8 * np.log(2))
    assert hoad.grad(lambda x: np.float32(6) / x, 2.0) == -1.5
    assert hoad.grad(lambda x: np.int32(7) - x, 2.0) == -1.0
