"""``scipy.optimize`` with SciPy's own signatures and results, untouched, inside of derivatives; outside of
one, given its derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize as so

import hoad
import hoad.scipy.optimize as ho
from hoad.errors import ConvergenceError, HoadError

T = np.linspace(0.0, 2.0, 12)
NOISE = np.sin(37 * T) / 20


def difference(f: Callable[[Any], Any], x: Any, h: float = 2e-3) -> Any:
    """The gradient by central differences of order 8."""
    weights = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))
    x = np.asarray(x, float)
    unit = np.eye(x.size).reshape(-1, *x.shape)
    return np.stack(
        [sum([w * (f(x + k * h * e) - f(x - k * h * e)) for k, w in weights]) / h for e in unit], -1
    )


def decay(t: Any, a: Any, b: Any) -> Any:
    return a * np.exp(-b * t)


SQUARE = np.random.default_rng(3).normal(size=(4, 3))
COSTS = np.random.default_rng(4).normal(size=(3, 3))
RIGHT = np.array([1.0, 2.0, -1.0, 0.5])


def bowl(x: Any, p: Any) -> Any:
    return (x[0] - p[0]) ** 2 + (x[1] - p[1]) ** 4 + (x[0] - x[1]) ** 2 + 0.1 * x[1] ** 2


def system(x: Any, p: Any) -> Any:
    return [x[0] ** 3 + x[1] - p[0], x[1] ** 3 - x[0] + p[1]]


def valued(x: Any, p: Any) -> Any:
    return bowl(x, p), np.array([
        2 * (x[0] - p[0]) + 2 * (x[0] - x[1]),
        4 * (x[1] - p[1]) ** 3 - 2 * (x[0] - x[1]) + 0.2 * x[1],
    ])  # fmt: skip


def circle(p: Any) -> Any:
    on = {"type": "eq", "fun": lambda x: x[0] ** 2 + x[1] ** 2 - p[0]}
    return so.minimize(
        lambda x: x[0] + p[1] * x[1], [-0.5, -0.5], method="SLSQP", constraints=on, options={"ftol": 1e-14}
    ).x


def half_plane(p: Any) -> Any:
    line = so.LinearConstraint([[1.0, 1.0]], -np.inf, 1.0)
    return so.minimize(
        lambda x: bowl(x, p + 2), [0.0, 0.0], method="SLSQP", constraints=line, options={"ftol": 1e-14}
    ).x


def fitted(p: Any, **options: Any) -> Any:
    return so.curve_fit(decay, T, p[0] * np.exp(-p[1] * T) + NOISE, [1.0, 1.0], **options)


def bowl_slope(x: Any, p: Any) -> Any:
    return np.array([
        2 * (x[0] - p[0]) + 2 * (x[0] - x[1]),
        4 * (x[1] - p[1]) ** 3 - 2 * (x[0] - x[1]) + 0.2 * x[1],
    ])  # fmt: skip


def cubic(p: Any) -> Any:
    return lambda x: x**3 + x - p


START = np.array([0.1, 0.2])
TIGHT = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
BOX = [(-3.0, 3.0), (-3.0, 3.0)]
QUARTIC = lambda p: lambda x: (x - p[0]) ** 2 + p[1] * x**4
OF_BOWL: dict[str, Callable[[Any], Any]] = {
    "fmin": lambda p: so.fmin(bowl, START, (p,), disp=0),
    "fmin_bfgs": lambda p: so.fmin_bfgs(bowl, START, args=(p,), disp=0),
    "fmin_cg": lambda p: so.fmin_cg(lambda x: bowl(x, p), START, disp=0),
    "fmin_powell": lambda p: so.fmin_powell(bowl, START, (p,), disp=0),
    "fmin_ncg": lambda p: so.fmin_ncg(bowl, START, bowl_slope, args=(p,), disp=0),
    "fmin_l_bfgs_b": lambda p: so.fmin_l_bfgs_b(bowl, START, args=(p,), approx_grad=True)[0],
    "fmin_l_bfgs_b, value and slope": lambda p: so.fmin_l_bfgs_b(valued, START, args=(p,), bounds=BOX)[0],
    "fmin_tnc": lambda p: so.fmin_tnc(bowl, START, args=(p,), approx_grad=True, messages=0)[0],
    "fmin_slsqp": lambda p: so.fmin_slsqp(bowl, START, args=(p,), iprint=0),
    "differential_evolution": lambda p: so.differential_evolution(bowl, BOX, (p,), seed=0, tol=1e-8).x,
    "dual_annealing": lambda p: so.dual_annealing(bowl, BOX, (p,), seed=0, maxiter=9).x,
    "shgo": lambda p: so.shgo(bowl, BOX, (p,)).x,
    "basinhopping": lambda p: so.basinhopping(lambda x: bowl(x, p), START, niter=1, seed=0).x,
    "brute": lambda p: so.brute(bowl, BOX, (p,), Ns=9),
}
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    **{name: (lambda p, f=f: np.dot(f(p), [2.0, 3.0])) for name, f in OF_BOWL.items()},
    "fmin_slsqp, a constraint": lambda p: so.fmin_slsqp(
        bowl, START, ieqcons=[lambda x, p: 1 - x[0] - x[1]], args=(p + 2,), iprint=0, acc=1e-12
    )[0],
    "fmin_cobyla": lambda p: so.fmin_cobyla(
        bowl, START, lambda x: 1 - x[0] - x[1], (p + 2,), consargs=(), rhoend=1e-8, catol=1e-12
    )[0],
    "brent": lambda p: so.brent(QUARTIC(p)),
    "golden": lambda p: so.golden(QUARTIC(p)),
    "fminbound": lambda p: so.fminbound(QUARTIC(p), 0, 2),
    "leastsq": lambda p: so.leastsq(lambda x: x[0] * T - p[0] * T**2 - p[1], [1.0])[0][0],
    "broyden1": lambda p: np.sum(so.broyden1(lambda x: x**3 - p, [1.0, 1.0], f_tol=1e-11) ** 2),
    "newton_krylov": lambda p: np.sum(so.newton_krylov(lambda x: x**3 - p, [1.0, 1.0], f_tol=1e-11) ** 2),
    "anderson": lambda p: np.sum(so.anderson(lambda x: x**3 - p, [1.0, 1.0], f_tol=1e-11) ** 2),
    "broyden2, diagbroyden": lambda p: np.sum(
        so.broyden2(cubic(p), [1.0, 1.0], f_tol=1e-11) * so.diagbroyden(cubic(p), [0.8, 1.0], f_tol=1e-11)
    ),
    "excitingmixing": lambda p: np.sum(
        so.excitingmixing(lambda x: -cubic(p)(x), [0.5, 0.7], alpha=0.1, f_tol=1e-11)
    ),
    "linearmixing": lambda p: np.sum(
        so.linearmixing(lambda x: -cubic(p)(x), [0.5, 0.7], alpha=0.2, f_tol=1e-11)
    ),
    "linear_sum_assignment": lambda p: np.sum(
        (COSTS + p[0] * COSTS.T)[so.linear_sum_assignment(COSTS + p[0] * COSTS.T)] ** 2
    ),
    "nnls": lambda p: np.sum(so.nnls(SQUARE * p[0] + 0.1, RIGHT * p[1])[0] ** 2),
    "nnls, the norm": lambda p: so.nnls(SQUARE * p[0] + 0.1, RIGHT * p[1] ** 2)[1],
    "lsq_linear": lambda p: np.sum(so.lsq_linear(SQUARE * p[0] + 0.1, RIGHT * p[1]).x ** 3),
    "lsq_linear, bounds": lambda p: np.sum(
        so.lsq_linear(SQUARE * p[0], RIGHT * p[1], (-0.1 * p[0], 0.2 * p[1]), tol=1e-14, method="bvls").x ** 3
    ),
    "lsq_linear, the cost": lambda p: so.lsq_linear(SQUARE * p[0] + 0.1, RIGHT * p[1]).cost,
    "isotonic_regression": lambda p: np.sum(so.isotonic_regression(NOISE * 9 + p[0] * T * p[1]).x ** 2),
    "root": lambda p: np.sum(so.root(system, [0.5, 0.5], args=(p,)).x ** 2),
    "root, a closure": lambda p: so.root(lambda x: np.cos(x) - p[0] * x, 0.5).x[0] * p[1],
    "root_scalar": lambda p: so.root_scalar(lambda x: x**3 + p[0] * x - p[1], bracket=[0, 3]).root,
    "root_scalar by its slope": lambda p: (
        so.root_scalar(lambda x, a: (x**3 + a * x - 1, 3 * x**2 + a), args=(p[0],), x0=1.0, fprime=True).root
    ),
    "brentq": lambda p: so.brentq(lambda x: np.cos(x) - p[0] * x, 0, 2) * p[1],
    "brentq, args": lambda p: so.brentq(lambda x, a, b: np.cos(x) - a * x + b, 0, 3, args=(p[0], p[1])),
    "brentq, full": lambda p: so.brentq(lambda x: np.cos(x) - p[0] * x, 0, 2, full_output=True)[0] * p[1],
    "bisect": lambda p: so.bisect(lambda x: np.cos(x) - p[0] * x, 0, 2) * p[1],
    "ridder": lambda p: (
        so.ridder(lambda x: np.cos(x) - p[0] * x, 0, 2) + so.brenth(lambda x: x**3 - p[1], 0, 2)
    ),
    "toms748": lambda p: so.toms748(lambda x: np.cos(x) - p[0] * x, 0, 2) * p[1],
    "newton": lambda p: so.newton(lambda x: x**3 - p[0] * x - p[1], 1.5),
    "newton of many": lambda p: np.sum(so.newton(lambda x: x**3 - p, np.array([1.0, 1.0])) ** 2),
    "newton, complex": lambda p: np.imag(so.newton(lambda z: z**2 + p[0] * z + p[1], 0.1 + 1j)),
    "fsolve": lambda p: np.sum(so.fsolve(system, [0.5, 0.5], args=(p,))),
    "fsolve, full": lambda p: np.sum(so.fsolve(lambda x: system(x, p), [0.5, 0.5], full_output=True)[0] ** 2),
    "fixed_point": lambda p: so.fixed_point(lambda x: np.cos(p[0] * x) * p[1], 0.5),
    "minimize": lambda p: np.sum(so.minimize(bowl, [0.0, 0.0], args=(p,), tol=1e-9).x ** 2),
    "minimize, a closure": lambda p: so.minimize(lambda x: bowl(x, p), [0.0, 0.0], method="L-BFGS-B").x[0],
    "minimize, the least value": lambda p: so.minimize(lambda x: bowl(x, p), [0.0, 0.0]).fun * p[0],
    "minimize, jac=True": lambda p: so.minimize(valued, [0.0, 0.0], args=(p,), jac=True, method="BFGS").x[1],
    "minimize, Nelder and Mead": lambda p: so.minimize(
        bowl, [0.5, 0.5], (p,), method="Nelder-Mead", tol=1e-9
    ).x[1],
    "minimize at a bound": lambda p: np.sum(
        so.minimize(bowl, [0.0, 0.0], (p,), bounds=[(None, 0.5 * p[1]), (0.1, None)]).x ** 2
    ),
    "minimize on a circle": lambda p: circle(p)[0] * 2 + circle(p)[1],
    "minimize in a half plane": lambda p: half_plane(p)[0],
    "minimize_scalar": lambda p: so.minimize_scalar(lambda x: (x - p[0]) ** 2 + p[1] * x**4).x,
    "minimize_scalar, bounded": lambda p: (
        so.minimize_scalar(lambda x: (x - p[0]) ** 2 + p[1] * x**4, bounds=(0, 2), method="bounded").x
    ),
    "least_squares": lambda p: np.sum(
        so.least_squares(lambda x: [x[0] - p[0], 2 * (x[1] - p[1]), x[0] * x[1] - 1], [1.0, 1.0], **TIGHT).x
        ** 2
    ),
    "least_squares, robust": lambda p: so.least_squares(
        lambda x: x[0] * T - p[0] * T**2 - p[1], [1.0], loss="soft_l1", xtol=1e-14, ftol=1e-14, gtol=1e-14
    ).x[0],
    "least_squares, the cost": lambda p: (
        so.least_squares(lambda x: x[0] * T - p[0] * T**2 - p[1], [1.0]).cost
    ),
    "curve_fit": lambda p: fitted(p)[0][1] * 2 + fitted(p)[0][0],
    "curve_fit, covariance": lambda p: 1e3 * fitted(p, xtol=1e-15, ftol=1e-15)[1][0, 1],
    "curve_fit, sigma": lambda p: fitted(p, sigma=0.1 + T, absolute_sigma=True)[0][1],
    "curve_fit, bounds": lambda p: fitted(p, bounds=([0.0, 0.0], [9.0, 9.0]))[0][0],
}
SECOND = (
    "root",
    "brentq",
    "newton",
    "minimize",
    "minimize on a circle",
    "least_squares",
    "curve_fit",
    "minimize at a bound",
)


def exact_root(f: Any, x: Any) -> Any:
    """The root of a system to the last digits: steps of Newton's method with differences."""
    for _ in range(9):
        x = x - np.linalg.solve(difference(f, x, 1e-2), f(x))
    return x


def least(p: Any, free: Any = (0, 1), x: Any = (0.6, 0.6)) -> Any:
    """Where the gradient of the bowl vanishes, some unknowns being what they are."""
    free, x = list(free), np.array(x)

    def whole(z: Any) -> Any:
        out = x.copy()
        out[free] = z
        return out

    return whole(exact_root(lambda z: valued(whole(z), p)[1][free], x[free]))


def of_line(p: Any) -> Any:
    return exact_root(
        lambda z: np.dot(valued(np.array([z[0], 1 - z[0]]), p + 2)[1], [1, -1]) * z**0, np.array([0.5])
    )


def fit_of(p: Any, weight: Any = 1.0) -> Any:
    y = p[0] * np.exp(-p[1] * T) + NOISE

    def normal(q: Any) -> Any:
        decays = np.exp(-q[1] * T)
        slopes = np.array([decays, -q[0] * T * decays])
        return slopes @ ((q[0] * decays - y) / weight**2)

    return exact_root(normal, p)


def covariance_of(p: Any) -> Any:
    q = fit_of(p)
    decays = np.exp(-q[1] * T)
    slopes = np.array([decays, -q[0] * T * decays])
    rest = q[0] * decays - p[0] * np.exp(-p[1] * T) - NOISE
    return np.linalg.inv(slopes @ slopes.T) * np.sum(rest**2) / (len(T) - 2)


def soft(p: Any) -> Any:
    def slope(x: Any) -> Any:
        rest = x[0] * T - p[0] * T**2 - p[1]
        return np.array([np.sum(rest * T / np.sqrt(1 + rest**2))])

    return exact_root(slope, [np.dot(T, p[0] * T**2 + p[1]) / np.dot(T, T)])[0]


def hyperbola(p: Any) -> Any:
    rest = lambda x: np.array([x[0] - p[0], 4 * (x[1] - p[1])])
    return exact_root(lambda x: rest(x) + (x[0] * x[1] - 1) * x[::-1], np.array([0.8, 1.2]))


# The same by equations of their own, solved to the last digits: SciPy's minimisers stop at half of them.
EXACT: dict[str, Callable[[Any], Any]] = {
    "minimize": lambda p: np.sum(least(p) ** 2),
    "minimize, a closure": lambda p: least(p)[0],
    "minimize, jac=True": lambda p: least(p)[1],
    "minimize, Nelder and Mead": lambda p: least(p)[1],
    "minimize at a bound": lambda p: np.sum(least(p, [1], [0.5 * p[1], 0.5]) ** 2),
    "minimize on a circle": lambda p: -np.sqrt(p[0] / (1 + p[1] ** 2)) * (2 + p[1]),
    "minimize in a half plane": lambda p: of_line(p)[0],
    **dict.fromkeys(
        ("minimize_scalar", "minimize_scalar, bounded", "fminbound", "brent", "golden"),
        lambda p: exact_root(lambda x: 2 * (x - p[0]) + 4 * p[1] * x**3, np.array([0.4]))[0],
    ),
    "least_squares": lambda p: np.sum(hyperbola(p) ** 2),
    "least_squares, robust": soft,
    "curve_fit": lambda p: fit_of(p)[1] * 2 + fit_of(p)[0],
    "curve_fit, sigma": lambda p: fit_of(p, 0.1 + T)[1],
    "curve_fit, covariance": lambda p: 1e3 * covariance_of(p)[0, 1],
    "curve_fit, bounds": lambda p: fit_of(p)[0],
    **dict.fromkeys(OF_BOWL, lambda p: np.dot(least(p), [2.0, 3.0])),
    "fmin_slsqp, a constraint": lambda p: of_line(p)[0],
    "fmin_cobyla": lambda p: of_line(p)[0],
    "leastsq": lambda p: np.dot(T, p[0] * T**2 + p[1]) / np.dot(T, T),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("ignore")
def test_gradients_in_both_modes(name: str) -> None:
    f, x = PROGRAMS[name], np.array([0.7, 1.2])
    value, slope = hoad.value_and_grad(f, x)
    assert value == f(x), "the value is SciPy's own"
    wanted = difference(EXACT.get(name, f), x)
    np.testing.assert_allclose(slope, wanted, 1e-7, 1e-8)
    np.testing.assert_allclose(hoad.jacobian(f, x, mode="forward"), slope, 1e-8, 1e-9)


@pytest.mark.parametrize("name", SECOND)
def test_second_order(name: str) -> None:
    f, x = PROGRAMS[name], np.array([0.7, 1.2])
    e = EXACT.get(name, f)
    wanted = difference(lambda x: difference(e, x, 1e-2), x, 1e-2)
    np.testing.assert_allclose(hoad.hessian(f, x), wanted, 1e-6, 1e-7)


def test_the_result_is_scipys() -> None:
    kept: list[Any] = []

    def f(p: Any) -> Any:
        kept.append(so.minimize(lambda x: bowl(x, [p, 1.0]), [0.0, 0.0]))
        return kept[-1].x[0]

    hoad.derivative(f, 0.7)
    plain = so.minimize(lambda x: bowl(x, [0.7, 1.0]), [0.0, 0.0])
    assert (kept[0].nit, kept[0].message, type(kept[0])) == (plain.nit, plain.message, type(plain))


def test_what_is_no_solution_is_refused() -> None:
    with pytest.raises(ConvergenceError, match="found no solution"):
        hoad.derivative(
            lambda p: so.minimize(lambda x: bowl(x, [p, 1.0]), [9.0, 9.0], options={"maxiter": 1}).x[0], 0.7
        )


def test_a_constraint_without_force_is_refused() -> None:
    def f(p: Any) -> Any:
        on = {"type": "ineq", "fun": lambda x: x[0]}
        return so.minimize(
            lambda x: (x[0] - p) ** 2 + (x[1] - p) ** 2, [1.0, 1.0], method="SLSQP", constraints=on
        ).x[0]

    with pytest.raises(HoadError):
        hoad.derivative(f, 0.0)


# ------------------------------------------------------------------------------------------------------------
# Outside of a derivative
# ------------------------------------------------------------------------------------------------------------


def rosen(x: Any, a: float = 1.0) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (a - x[:-1]) ** 2)


METHODS = (
    "BFGS",
    "CG",
    "L-BFGS-B",
    "TNC",
    "SLSQP",
    "Newton-CG",
    "dogleg",
    "trust-ncg",
    "trust-krylov",
    "trust-exact",
    "trust-constr",
    "Nelder-Mead",
)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore")
def test_minimize_is_given_what_each_method_wants(method: str) -> None:
    start = np.array([0.9, 0.75])
    assert np.allclose(
        ho.minimize(rosen, start, method=method, tol=1e-10, options={"maxiter": 500}).x, 1.0, atol=1e-2
    )


def test_fewer_calls_than_by_differences() -> None:
    start = np.zeros(6)
    assert ho.minimize(rosen, start).nfev < so.minimize(rosen, start).nfev / 3
    assert np.allclose(ho.minimize(rosen, start, args=(1.0,)).x, 1.0, atol=1e-4)


def test_other_solvers_are_given_theirs() -> None:
    y = decay(T, 2.0, 0.7)
    assert np.allclose(ho.curve_fit(decay, T, y, [1.0, 1.0])[0], [2.0, 0.7])
    assert np.allclose(ho.least_squares(lambda x: decay(T, *x) - y, [1.0, 1.0]).x, [2.0, 0.7])
    assert np.allclose(ho.root(lambda x: np.array([x[0] ** 2 - 2, x[1] - x[0]]), [1.0, 1.0]).x, 2**0.5)
    for method in ("newton", "halley"):
        assert np.isclose(ho.root_scalar(lambda x: x**3 - 2, x0=1.0, method=method).root, 2 ** (1 / 3))


def test_constraints_are_given_theirs() -> None:
    disc = ho.NonlinearConstraint(lambda x: x[0] ** 2 + x[1] ** 2, 0.0, 2.0)
    for method in ("trust-constr", "SLSQP"):
        found = ho.minimize(lambda x: x[0] + x[1], np.array([0.5, 0.1]), method=method, constraints=disc)
        assert np.allclose(found.x, -1.0, atol=1e-4)


def test_inside_of_a_derivative_it_is_the_same_function() -> None:
    f = lambda p: ho.minimize(lambda x: bowl(x, p), [0.0, 0.0]).x[0]
    assert np.allclose(
        hoad.grad(f)(np.array([0.7, 1.2])),
        hoad.grad(PROGRAMS["minimize, a closure"])(np.array([0.7, 1.2])),
        1e-4,
    )


WRAPPED: dict[str, Callable[[Any], Any]] = {
    "as it is": lambda f: f,
    "checkpoint": hoad.checkpoint,
    "forward": hoad.forward,
    "adapt": hoad.adapt,
}


@pytest.mark.parametrize("name", WRAPPED)
@pytest.mark.parametrize("order", [1, 2])
def test_a_solver_sees_what_a_function_captured_that_hoad_made(name: str, order: int) -> None:
    """The derivatives that a solver is given, too, depend on what the function captured."""

    def crossing(p: Any) -> Any:
        def gap(x: Any) -> Any:
            return np.array([x[0] ** 2 + p * x[1] - 3, x[1] ** 2 + x[0] - 2])

        return so.root(WRAPPED[name](gap), np.ones(2), jac=hoad.jacobian(gap), tol=1e-12).x[0]

    def by_args(p: Any) -> Any:
        gap = lambda x, p: np.array([x[0] ** 2 + p * x[1] - 3, x[1] ** 2 + x[0] - 2])
        return so.root(gap, np.ones(2), args=(p,), tol=1e-12).x[0]

    found, right = (hoad.derivative(f, 2.0, n=order) for f in (crossing, by_args))
    assert found == pytest.approx(right, rel=1e-9)
