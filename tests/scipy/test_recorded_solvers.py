"""Functions that ask SciPy's solvers are learned as others are: the solver's call is one operation of the
program, which is made again with other numbers, and what its functions hold is compared each time.
"""

import learning
import numpy as np
import pytest
import scipy.integrate as si
import scipy.optimize as so
from learning import check_learned, hits, known_of

import hoad

P = np.array([1.2, 0.7])
POINTS = [P, np.array([1.3, 0.6]), np.array([0.9, 0.95]), np.array([1.15, 0.8])]
T = np.linspace(0.0, 1.0, 9)


@pytest.fixture(autouse=True, params=[True, False], ids=["machine code", "NumPy"])
def learned_at_once(request):
    with learning.at_once(request.param):
        yield


def brentq(p):
    return so.brentq(lambda x: x**3 + p[0] * x - p[1], 0.0, 2.0) * p[0]


def by_arguments(p):
    return so.brentq(lambda x, a, b: x**3 + a * x - b, 0.0, 2.0, args=(p[0], p[1]))


def bracketed_by_the_parameters(p):
    return so.brentq(lambda x: np.cos(x) - p[1] * x, 0.0, 2.0 * p[0]) ** 2


def newton(p):
    return so.newton(lambda x: np.exp(x) * x - p[0] - p[1], 0.5)


def scalar(p):
    found = so.root_scalar(lambda x: x * np.exp(p[1] * x) - p[0], bracket=(0.0, 3.0))
    return found.root + (0.0 if found.converged else np.nan)


def root(p):
    found = so.root(lambda x: np.array([x[0] ** 2 + x[1] - p[0], x[0] - x[1] * p[1]]), [1.0, 1.0])
    return found.x[0] * found.x[1] if found.success else -1.0


def fsolve(p):
    return so.fsolve(lambda x: [x[0] ** 2 + x[1] - p[0], x[0] - x[1] * p[1]], [1.0, 1.0]).sum()


def fixed_point(p):
    return so.fixed_point(lambda x: np.cos(p[1] * x), 0.6 * p[0])


def least_squares(p):
    found = so.least_squares(lambda q: [q[0] ** 2 + q[1] - p[0], q[0] - q[1] * p[1], 0.1 * q[0]], [1.0, 1.0])
    return found.x[0] * found.x[1] + found.cost


def curve_fit(p):
    y = p[0] * np.exp(-p[1] * T) + 0.01 * np.sin(9 * T)
    q, covariance = so.curve_fit(lambda t, a, b: a * np.exp(-b * t), T, y, p0=[1.0, 0.1])
    return q[0] * q[1] + covariance[0, 1]


def minimize(p):
    loss = lambda q: (q[0] - p[0]) ** 2 + (q[1] - p[1] * q[0]) ** 2 + 0.1 * q[1] ** 4
    return so.minimize(loss, [0.0, 0.0], tol=1e-10).fun


def at_a_bound(p):
    loss = lambda q: (q[0] - p[0]) ** 2 + (q[1] - p[1] * q[0]) ** 2
    return so.minimize(loss, [0.2, 0.0], bounds=[(None, 0.5), (None, None)]).x.sum()


def constrained(p):
    rule = {"type": "eq", "fun": lambda q: q[0] + q[1] - p[1]}
    return so.minimize(lambda q: q[0] ** 2 + p[0] * q[1] ** 2, [0.5, 0.5], constraints=rule).x[0]


def scalar_minimum(p):
    return so.minimize_scalar(lambda x: (x - p[0]) ** 2 + np.exp(p[1] * x)).x


def many_times(p):
    total = 0.0
    for k in range(3):
        total += so.brentq(lambda x, k=k: x**3 + p[0] * x - p[1] - k, 0.0, 3.0)
    return total


def quad_of_a_limit(p):
    return si.quad(lambda x: x**3 / np.expm1(x), 0, p[0] / p[1])[0] / p[0]


def quad(p):
    return si.quad(lambda x: np.exp(-p[0] * x) * np.cos(p[1] * x), 0.0, 2.0)[0] * p[1]


def quad_by_arguments(p):
    return si.quad(lambda x, a, b: a * np.exp(-b * x * x), p[1], 2.0, args=(p[0], p[1]))[0]


def quad_with_a_weight(p):
    return si.quad(lambda x: np.exp(-p[0] * x), 0.0, 3.0 * p[1], weight="cos", wvar=1.5)[0]


def quad_to_infinity(p):
    return si.quad(lambda x: np.exp(-p[0] * x**2) * p[1], 0.0, np.inf)[0]


def quad_vec(p):
    return si.quad_vec(lambda x: np.exp(-p[0] * x) * p[1], 0.0, p[1])[0]


def odeint(p):
    def rates(y, t, a, b):
        u, v = y
        return a * u - u * v, -b * v + u * v

    return np.sum(si.odeint(rates, [1.0, p[1]], T, args=tuple(p), rtol=1e-9, atol=1e-9) ** 2)


def odeint_by_captures(p):
    rates = lambda t, y: [y[1], -p[0] * np.sin(y[0]) - p[1] * y[1]]
    return si.odeint(rates, [0.5, 0.0], T, tfirst=True, rtol=1e-10, atol=1e-10)[-1, 0]


def odeint_from_there(p):
    return si.odeint(lambda y, t: -(y**2), p, T, rtol=1e-10, atol=1e-10)[1:].sum()


def solve_ivp(p):
    rates = lambda t, y: [p[0] * y[0] - y[0] * y[1], y[0] * y[1] - p[1] * y[1]]
    found = si.solve_ivp(
        rates, (0.0, 2.0), [1.0, p[0]], t_eval=np.linspace(0.0, 2.0, 7), rtol=1e-9, atol=1e-9
    )
    return np.sum(found.y**2) if found.success else 0.0


SOLVERS = [
    solve_ivp,
    quad_of_a_limit, quad, quad_by_arguments, quad_with_a_weight, quad_to_infinity, quad_vec, odeint,
    odeint_by_captures, odeint_from_there,
    brentq, by_arguments, bracketed_by_the_parameters, newton, scalar, root, fsolve, fixed_point,
    least_squares, curve_fit, minimize, at_a_bound, constrained, scalar_minimum, many_times,
]  # fmt: skip


@pytest.mark.parametrize("f", SOLVERS, ids=lambda f: f.__name__)
def test_a_solver_is_one_operation_of_what_is_learned(f):
    gradient = hoad.grad(f)
    for _ in range(5):
        gradient(P)
    before = hits(f)
    assert before, known_of(f)
    for p in POINTS:
        learned = gradient(p)
        with hoad.run_each_time():
            np.testing.assert_allclose(learned, gradient(p), rtol=1e-7, atol=1e-9)
    assert hits(f) > before, known_of(f)


@pytest.mark.parametrize("f", [brentq, root, minimize, quad, odeint], ids=lambda f: f.__name__)
def test_second_derivatives_of_what_is_solved_for(f):
    second = hoad.hessian(f)
    for p in (P, P, P, *POINTS):
        learned = second(p)
        with hoad.run_each_time():
            np.testing.assert_allclose(learned, second(p), rtol=1e-6, atol=1e-8)
    assert hits(f), known_of(f)


# -- What is not the same call again -------------------------------------------------------------------------


def keeps_its_steps(p):
    steps = []
    found = so.brentq(lambda x: (steps.append(x), x**3 + p[0] * x - p[1])[1], 0.0, 2.0)
    return found * p[0] + len(steps)


def keeps_them_sometimes(p):
    steps = np.zeros(1)

    def f(x):
        if p[0] > 1.25:
            steps[0] += 1.0
        return x**3 + p[0] * x - p[1]

    return so.brentq(f, 0.0, 2.0) * p[0] + steps[0]


def holds_what_is_written_to_later(p):
    held = np.zeros(1)
    found = so.brentq(lambda x: x**3 + p[0] * x - p[1] - held[0], 0.0, 3.0)
    held[0] = 0.5
    return found + so.brentq(lambda x: x**3 + p[0] * x - p[1] - held[0], 0.0, 3.0)


def holds_what_depends_on_its_argument(p):
    held = [p[1]]
    found = so.brentq(lambda x: x**3 + p[0] * x - held[0], 0.0, 3.0)
    held[0] = 2 * p[1]
    return found + so.brentq(lambda x: x**3 + p[0] * x - held[0], 0.0, 3.0)


def asks_how_many_steps(p):
    found = so.root_scalar(lambda x: x**3 + p[0] * x - p[1], bracket=(0.0, 2.0))
    return found.root * found.function_calls


@pytest.mark.parametrize(
    "f",
    [
        keeps_its_steps, keeps_them_sometimes, holds_what_is_written_to_later,
        holds_what_depends_on_its_argument, asks_how_many_steps,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_what_its_functions_hold_is_compared(f):
    both = hoad.value_and_grad(f)
    for p in (P, P, P, P, *POINTS, *POINTS):
        value, gradient = both(p)
        with hoad.run_each_time():
            right, slope = both(p)
        np.testing.assert_allclose(value, right, rtol=1e-9)
        np.testing.assert_allclose(gradient, slope, rtol=1e-7, atol=1e-9)


def stiff(p):
    rates = lambda t, y: [-p[0] * y[0] + y[1], -50.0 * p[1] * y[1]]
    return si.solve_ivp(rates, (0.0, 1.0), [1.0, 1.0], method="BDF", t_eval=[0.5, 1.0], rtol=1e-8).y.sum()


def by_its_end(p):
    return si.solve_ivp(lambda t, y: -p[0] * y, (0.0, p[1]), [1.0], rtol=1e-8).y[0, -1]


def with_an_event(p):
    event = lambda t, y: y[0] - 0.7
    found = si.solve_ivp(lambda t, y: -p[0] * y, (0.0, 2.0), [1.0], events=event, rtol=1e-8)
    return found.t_events[0][0]


def at_its_own_steps(p):
    return si.solve_ivp(lambda t, y: -p[0] * y * y, (0.0, 2.0), [p[1]], rtol=1e-6).y[0].sum()


def branches(p):
    return si.odeint(lambda y, t: -p[0] * y if y[0] > 0.5 else -p[1] * y, [1.0], T)[-1, 0]


@pytest.mark.parametrize("f", [stiff, by_its_end, with_an_event, at_its_own_steps, branches])
def test_what_has_no_program_is_run(f):
    check_learned(f, [P, *POINTS], 1e-7, 1e-9)


def test_where_there_is_no_solution_the_solver_says_so():
    f = lambda p: so.brentq(lambda x: x**2 - p[0], 0.0, 2.0) * p[1]
    gradient = hoad.grad(f)
    for _ in range(5):
        gradient(P)
    assert hits(f)
    with pytest.raises(ValueError, match="different signs"):
        gradient(np.array([5.0, 1.0]))
    np.testing.assert_allclose(gradient(P), [0.5 / np.sqrt(1.2) * 0.7, np.sqrt(1.2)])
