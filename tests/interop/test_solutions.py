"""Derivatives through SciPy's solvers: forward, reverse, second and third order, against closed forms."""

import warnings

import numpy as np
import pytest
from scipy import optimize
from scipy.sparse import linalg as sparse

import hoad
from hoad.errors import ArgumentError, ConvergenceError, ShapeMismatchError


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


# ------------------------------------------------------------------------------------------------------------
# What is solved for, and its parameters: complex numbers, containers, integers
# ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_cast():
    """NumPy only warns where it drops an imaginary part."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        yield


P = 0.7
ONE = np.array([1.0 + 0j])
OF_COMPLEX = {
    # y' = i p y, y(0) = 1: y(1) = exp(i p)
    "solve_ivp": (
        lambda p: hoad.solve_ivp(lambda t, y, p: 1j * p * y, [0.0, 0.5, 1.0], ONE, p)[-1][0],
        lambda p: np.exp(1j * p),
    ),
    "solve_ivp from a traced start": (
        lambda p: hoad.solve_ivp(lambda t, y, q: (1j - 0.5) * y, [0.0, 1.0], np.stack([p, 1j * p**2]))[-1][1],
        lambda p: 1j * p**2 * np.exp(1j - 0.5),
    ),
    "solve_ivp, complex parameters": (
        lambda p: hoad.solve_ivp(
            lambda t, y, q: q["rate"] * y + 0 * q["n"], [0.0, 1.0], ONE, {"rate": 1j * p, "n": 2}
        )[-1][0],
        lambda p: np.exp(1j * p),
    ),
    # not holomorphic: y' = i p conj(y); with y = a + i b, a' = p b and b' = p a
    "solve_ivp, conjugates": (
        lambda p: hoad.solve_ivp(lambda t, y, p: 1j * p * np.conj(y), [0.0, 1.0], ONE, p)[-1][0],
        lambda p: np.cosh(p) + 1j * np.sinh(p),
    ),
    "root": (
        lambda p: hoad.root(lambda x, p: np.exp(x) - np.exp(1j * p), 0.5j, p),
        lambda p: 1j * p,
    ),
    "root of an array": (
        lambda p: hoad.root(lambda x, p: x**2 + np.array([p, 4.0]), np.array([1j, 2.5j]), p)[0],
        lambda p: 1j * np.sqrt(p),
    ),
    "root, conjugates": (
        lambda p: hoad.root(lambda x, p: 2 * x + np.conj(x) - 3 * p - 1j * p**2, 1.0 + 1j, p),
        lambda p: p + 1j * p**2,
    ),
    "implicit_function": (
        hoad.implicit_function(lambda x, p: np.exp(x) - 1 - 1j * p, lambda p: np.log(1 + 1j * p)),
        lambda p: np.log(1 + 1j * p),
    ),
    "fixed_point": (
        lambda p: hoad.fixed_point(lambda x, p: 0.5 * np.sin(x - 1j * p**2) + 1j * p**2, 0.0, p),
        lambda p: 1j * p**2,
    ),
    "minimize": (
        lambda p: hoad.minimize(lambda x, p: np.abs(x - np.exp(1j * p)) ** 2 + np.real(x) ** 2, 0j, p),
        lambda p: np.cos(p) / 2 + 1j * np.sin(p),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(OF_COMPLEX))
def test_complex_solutions(name, no_cast):
    pytest.importorskip("scipy")
    solved, exact = OF_COMPLEX[name]
    tolerance = 1e-8 if name != "minimize" else 1e-6
    assert solved(P) == pytest.approx(exact(P), abs=tolerance)
    for part in (np.real, np.imag):
        got, right = (lambda p, part=part: part(solved(p))), (lambda p, part=part: part(exact(p)))
        assert hoad.derivative(got, P) == pytest.approx(hoad.derivative(right, P), abs=tolerance)
        assert hoad.grad(got, P) == pytest.approx(hoad.grad(right, P), abs=tolerance)
        assert hoad.derivative(got, P, 2) == pytest.approx(hoad.derivative(right, P, 2), abs=tolerance)


def test_parameters_in_containers():
    pytest.importorskip("scipy")
    f = lambda t, y, p: -p["rate"] * y + p["source"][1] * np.array([1.0, 0.0])
    solve = lambda p: hoad.solve_ivp(f, [0.0, 1.0], np.array([1.0, 2.0]), p)[-1]
    p = {"rate": 0.5, "source": (3, np.array([1.0, 0.25])[1])}
    exact = lambda r, s: np.stack([np.exp(-r) + s / r * (1 - np.exp(-r)), 2 * np.exp(-r)])
    np.testing.assert_allclose(solve(p), exact(0.5, 0.25), rtol=1e-9)
    g = hoad.grad(lambda p: np.sum(solve(p)), p)
    right = hoad.gradient(lambda r, s: np.sum(exact(r, s)), 0.5, 0.25)
    np.testing.assert_allclose([g["rate"], g["source"][1]], right, rtol=1e-8)
    both = lambda a, b: hoad.solve_ivp(lambda t, y, p: -p[0] * y + p[1], [0.0, 1.0], np.ones(1), (a, b))[
        -1, 0
    ]
    assert both(1.0, 2.0) == pytest.approx(np.exp(-1) + 2 * (1 - np.exp(-1)), abs=1e-9)
    assert hoad.gradient(both, 1.0, 2.0)[1] == pytest.approx(1 - np.exp(-1), abs=1e-8)


def test_a_right_hand_side_that_gives_a_list():
    pytest.importorskip("scipy")
    turn = lambda p: hoad.solve_ivp(lambda t, y, p: [p * y[1], -p * y[0]], [0.0, 1.0], [0.0, 1.0], p)[-1, 0]
    for slope in (hoad.derivative, hoad.grad):
        assert slope(turn, 0.5) == pytest.approx(np.cos(0.5), abs=1e-8)


def test_integers_stay_numbers():
    assert hoad.derivative(lambda p: hoad.root(lambda x, p: x**2 - p, 2, p), 9) == pytest.approx(1 / 6)
    assert hoad.derivative(
        lambda p: hoad.fixed_point(lambda x, p: (x + p / x) / 2, 1, p), 9
    ) == pytest.approx(1 / 6)
    halves = hoad.implicit_function(lambda x, p: 2 * x - p, lambda p: np.array([1, 2]))
    assert halves(np.array([2.0, 4.0])).dtype == float
    single = hoad.implicit_function(lambda x, p: x - p, lambda p: np.float32(p))
    assert hoad.jvp(single, (np.float32(0.5),), (np.float32(1.0),))[0].dtype == np.float32


def test_the_slope_is_that_of_the_present_parameters():
    """One call with many parameters, as of a batch, asks for a Jacobian of each."""
    pytest.importorskip("scipy")
    cubes = lambda p: hoad.root(lambda x, p: x**3 + x - p, 1.0, p)
    found = hoad.vmap(cubes)(np.array([2.0, 10.0, 30.0]))
    np.testing.assert_allclose(found, [1.0, 2.0, 3.0], rtol=1e-12)


REFUSED = {
    "a container is solved for": lambda: hoad.root(lambda x: x, (1.0, 2.0)),
    "a dictionary": lambda: hoad.fixed_point(lambda x: x, {"a": 1.0}),
    "a solver that gives a container": lambda: hoad.derivative(
        hoad.implicit_function(lambda x, p: x[0] - p, lambda p: (p, p)), 1.0
    ),
    "words": lambda: hoad.root(lambda x: x, "one"),
    "a complex residual of a real guess": lambda: hoad.root(lambda x: x**2 + 1j, 1.0),
    "complex times": lambda: hoad.solve_ivp(lambda t, y, p: y, [0j, 1.0], np.ones(1)),
    "a complex slope of a real start": lambda: hoad.solve_ivp(lambda t, y, p: 1j * y, [0.0, 1.0], np.ones(1)),
    "a start that is a number": lambda: hoad.solve_ivp(lambda t, y, p: y, [0.0, 1.0], 1.0),
    "a start of two axes": lambda: hoad.solve_ivp(lambda t, y, p: y, [0.0, 1.0], np.ones((2, 2))),
    "times twice": lambda: hoad.solve_ivp(lambda t, y, p: y, [0.0, 1.0], np.ones(1), t_eval=[0.0, 1.0]),
    "args": lambda: hoad.solve_ivp(lambda t, y, p: y, [0.0, 1.0], np.ones(1), args=(1.0,)),
    "a complex function and a sign": lambda: hoad.brentq(lambda x: x - 0.5 + 0j, 0.0, 1.0),
    "a complex loss": lambda: hoad.minimize(lambda x: x * 1j, 1.0),
    "bounds of complex unknowns": lambda: hoad.minimize(lambda x: np.abs(x), 1j, bounds=[(0, 1)]),
}  # fmt: skip


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_is_refused(name, no_cast):
    pytest.importorskip("scipy")
    with pytest.raises(ArgumentError):
        REFUSED[name]()


def test_a_residual_of_another_shape():
    pytest.importorskip("scipy")
    for call in (
        lambda: hoad.root(lambda x: np.sum(x), np.ones(2)),
        lambda: hoad.derivative(hoad.implicit_function(lambda x, p: x * np.ones(2), lambda p: 0.0), 1.0),
    ):
        with pytest.raises(ShapeMismatchError, match="an equation for each"):
            call()


def test_linear_operators_of_complex_vectors(no_cast):
    """The matrices are real; eigenvalue solvers multiply them with complex vectors."""
    x, v = np.array([1.0, 2.0, 3.0]), np.array([1.0 + 2j, -1j, 0.5])
    f = lambda x: np.sum(x**4) * x[0]
    g = lambda x: np.stack([x[0] * x[1], x[2] ** 2])
    H, J = hoad.linear_operator(f, x, "hessian"), hoad.linear_operator(g, x)
    np.testing.assert_allclose(H @ v, hoad.hessian(f, x) @ v, rtol=1e-13)
    np.testing.assert_allclose(J @ v, hoad.jacobian(g, x) @ v, rtol=1e-13)
    np.testing.assert_allclose(J.rmatvec(v[:2]), hoad.jacobian(g, x).T @ v[:2], rtol=1e-13)


@pytest.mark.parametrize(
    "call",
    [
        lambda: hoad.Objective(lambda x: np.sum(x**2))(np.array([1j])),
        lambda: hoad.Objective(lambda x: np.sum(x**2)).hessp(np.ones(1), np.array([1j])),
        lambda: hoad.linear_operator(lambda x: x**2, np.array([1j])),
        lambda: hoad.linear_operator(lambda x: x * 1j, np.ones(2)),
    ],
)
def test_complex_points_are_refused_where_scipy_wants_real_ones(call, no_cast):
    with pytest.raises(ArgumentError, match="complex"):
        call()


def test_what_a_right_hand_side_has_captured_counts() -> None:
    end = lambda p: hoad.solve_ivp(lambda t, y, q: -p * y, [0.0, 1.0], np.ones(1))[-1, 0]
    np.testing.assert_allclose(hoad.derivative(end, 0.5), -np.exp(-0.5), rtol=1e-8)
    np.testing.assert_allclose(hoad.derivative(end, 0.5, 2), np.exp(-0.5), rtol=1e-7)


def test_what_is_known_of_a_point_is_known_for_its_arguments() -> None:
    """Which may be others at the same place in memory, or the same with other contents."""
    f = hoad.Objective(lambda x, c, d: np.sum(x**3) * c["scale"] + np.sum(d) * x[0])
    x, c, d = np.array([0.5, 1.5]), {"scale": 2.0}, np.ones(3)

    def check() -> None:
        right = c["scale"] * np.sum(x**3) + np.sum(d) * x[0]
        np.testing.assert_allclose(f(x, c, d), right)
        np.testing.assert_allclose(f.jac(x, c, d), c["scale"] * 3 * x**2 + np.sum(d) * np.array([1.0, 0.0]))
        np.testing.assert_allclose(f.hess(x, c, d), c["scale"] * np.diag(6 * x))

    for change in (lambda: None, lambda: d.fill(2.0), lambda: c.update(scale=3.0), lambda: x.fill(0.25)):
        change()
        check()
        f.hess(x, c, d)[:] = 0.0  # what it gives is the caller's
        f.jac(x, c, d)[:] = 0.0
        check()
    for k in range(4):
        assert f(x, {"scale": float(k)}, np.zeros(3)) == k * np.sum(x**3)  # none of which lives on
