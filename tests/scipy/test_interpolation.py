"""``scipy.interpolate`` inside a derivative, from a table of programs: all modes, to the third order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import interpolate as I
from scipy import linalg
from turns import some_in

import hoad
from hoad.chainrules.scipy import linear_systems
from hoad.errors import MissingRuleError
from tests.tables.interpolation import CASES


def slope(f: Callable[[Any], Any], h: float) -> Any:
    """The derivative at 0 by differences of the fourth order."""
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


def along(name: str) -> tuple[Callable[[Any], Any], Any, Any, Any]:
    f, x = CASES[name]
    d = np.cos(1.0 + np.arange(x.size)).reshape(x.shape)
    return f, x, d, lambda s: f(x + s * d)


def sampled(every: int) -> list[Any]:
    """All cases, of which most are left to the sweep."""
    return [n if k % every == 0 else pytest.param(n, marks=pytest.mark.sweep) for k, n in enumerate(CASES)]


@pytest.mark.parametrize("name", sampled(19))
def test_values_and_first_derivatives(name: str) -> None:
    f, x, d, g = along(name)
    value, change = hoad.jvp(f, (x,), (d,))
    plain = np.asarray(f(x))
    np.testing.assert_allclose(value, plain, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(change, slope(g, 1e-4), rtol=1e-8, atol=1e-8)
    w = np.cos(np.arange(plain.size)).reshape(plain.shape)
    back = hoad.grad(lambda x: np.sum(w * np.asarray(f(x))))(x)
    assert np.sum(back * d) == pytest.approx(np.sum(w * change), rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("name", sampled(40))
def test_second_and_third_derivatives(name: str) -> None:
    f, x, d, g = along(name)
    loss = lambda s: np.sum(np.asarray(g(s)) ** 2)
    found = [hoad.derivative(loss, 0.0, n) for n in (1, 2, 3)]
    size = 1.0 + abs(found[1])
    assert found[1] == pytest.approx(
        slope(lambda s: hoad.derivative(loss, s), 1e-4), rel=1e-7, abs=1e-7 * size
    )
    size += abs(found[2])
    assert found[2] == pytest.approx(
        slope(lambda s: hoad.derivative(loss, s, 2), 2e-4), rel=1e-5, abs=1e-5 * size
    )
    nested = hoad.jvp(hoad.grad(lambda x: np.sum(np.asarray(f(x)) ** 2)), (x,), (d,))[1]
    assert np.sum(nested * d) == pytest.approx(found[1], rel=1e-8, abs=1e-8)


BY_MEMBER = (
    "roots",
    "solve",
    "sproot",
    "periods",
    "insert",
    "linear, data",
    "rescaled",
    "Tocher data",
    "lagrange",
    "pade",
    "approximate_taylor",
)  # the last three trim polynomials by their values


@pytest.mark.parametrize("name", sampled(40))
def test_members_of_a_batch(name: str) -> None:
    f, x = CASES[name]
    rows = np.stack([x, x * (1 + 1e-3), x * (1 - 1e-3)])
    try:
        found = hoad.vmap(lambda x: np.asarray(f(x)))(rows)
    except TypeError as error:
        assert "one member after the other" in str(error)
        assert any(part in name for part in BY_MEMBER)
    else:
        np.testing.assert_allclose(found, np.stack([f(r) for r in rows]), rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", sampled(40))
def test_single_precision_enters_as_in_scipy(name: str) -> None:
    f, x = CASES[name]
    x = x.astype(np.float32)
    if is_refused(f, x):
        return  # the test below
    d = np.cos(np.arange(x.size)).reshape(x.shape).astype(np.float32)
    value, change = hoad.jvp(lambda x: np.asarray(f(x)), (x,), (d,))
    plain = np.asarray(f(x))
    np.testing.assert_allclose(value, plain, rtol=1e-4, atol=1e-4)
    exact = hoad.jvp(lambda x: np.asarray(f(x)), (x.astype(float),), (d.astype(float),))[1]
    np.testing.assert_allclose(change, exact, rtol=1e-3, atol=1e-3 * (1 + np.max(np.abs(exact))))


def is_refused(f: Callable[[Any], Any], x: Any) -> bool:
    """Whether SciPy itself takes no numbers of this precision."""
    try:
        f(x)
    except (TypeError, ValueError):
        return True
    return False


@some_in(3)
def test_what_scipy_refuses_is_refused(every: int) -> None:
    """Compiled code takes numbers of some precisions only: the rules in its place take no others."""
    refused = 0
    for name, (f, x) in [*CASES.items()][::every]:
        for kind in "efgFD":
            if is_refused(f, p := x.astype(kind)):
                refused += 1
                with pytest.raises((TypeError, ValueError, MissingRuleError)):
                    hoad.jvp(f, (p,), (p,))
                    pytest.fail(f"{name} takes {p.dtype}, and SciPy does not")
    assert refused > 15 // every


@pytest.mark.parametrize("kind", "efgFD")
@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("made", [I.splder, I.splantider])
def test_coefficients_of_derivatives_have_the_type_of_scipys(made: Any, n: int, kind: str) -> None:
    knots, c, k = I.splrep(np.arange(7.0), np.sin(np.arange(7.0)))
    c, f = c.astype(kind), lambda c: made((knots, c, k), n)[1]
    value, right = hoad.jvp(f, (c,), (c,))[0], f(c)
    assert value.dtype == right.dtype
    np.testing.assert_allclose(value, right, rtol=1e-13, atol=1e-13)


t = np.array([0.0, 0.4, 1.1, 1.5, 2.2, 3.0, 3.3, 4.0])
y = np.sin(t) + 0.1 * t
SMOOTH_AT_NODES: dict[str, Callable[[Any], Any]] = {
    "Barycentric": I.BarycentricInterpolator(t, y),
    "barycentric_interpolate": lambda x: I.barycentric_interpolate(t, y, x),
    "Krogh": I.KroghInterpolator(t, y),
    "AAA": I.AAA(t, y),
    "FloaterHormann": I.FloaterHormannInterpolator(t, y, d=2),
    "CubicSpline": I.CubicSpline(t, y),
    "Pchip": I.PchipInterpolator(t, y),
    "Akima": I.Akima1DInterpolator(t, y),
    "make_interp_spline": I.make_interp_spline(t, y),
    "interp1d": I.interp1d(t, y, kind="cubic"),
    "UnivariateSpline": I.UnivariateSpline(t, y, s=0),
    "Rbf": I.Rbf(t, y),
    "grid": lambda x: I.RegularGridInterpolator((t,), y, method="cubic_legacy")(x[:, None]),
    **{
        f"radial {k}": lambda x, k=k: I.RBFInterpolator(t[:, None], y, kernel=k, epsilon=1.0)(x[:, None])
        for k in ("thin_plate_spline", "cubic", "quintic", "multiquadric", "gaussian")
    },
}


@pytest.mark.parametrize("name", SMOOTH_AT_NODES)
def test_derivatives_at_the_nodes_are_those_of_the_curve(name: str) -> None:
    """SciPy puts the value of the datum in place of a quotient 0 / 0, and a value has no derivative."""
    f = SMOOTH_AT_NODES[name]
    g = lambda s: f(t[1:-1] + s)
    right = slope(g, 1e-5)
    np.testing.assert_allclose(hoad.jvp(g, (0.0,), (1.0,))[1], right, rtol=2e-4, atol=2e-4)
    back = hoad.jacobian(g, 0.0, mode="reverse")
    np.testing.assert_allclose(back, right, rtol=2e-4, atol=2e-4)


def test_radial_functions_at_data_points() -> None:
    """``r**3`` has a second derivative at 0, a thin plate has none, and ``r`` has the first of its kind."""
    made = {k: I.RBFInterpolator(t[:, None], y, kernel=k) for k in ("linear", "cubic", "thin_plate_spline")}
    at = lambda k: lambda s: made[k](np.reshape(t[3] + s, (1, 1)))[0]
    cubic = at("cubic")
    second = (cubic(1e-3) - 2 * cubic(0.0) + cubic(-1e-3)) / 1e-6
    assert hoad.derivative(cubic, 0.0, 2) == pytest.approx(second, rel=1e-2)
    assert np.isnan(hoad.derivative(cubic, 0.0, 3))
    assert np.isnan(hoad.derivative(at("thin_plate_spline"), 0.0, 2))
    linear = at("linear")
    middle = (linear(1e-6) - linear(-1e-6)) / 2e-6
    assert hoad.derivative(linear, 0.0) == pytest.approx(middle, rel=1e-6)


def test_scipys_solvers_in_rules_leave_their_arguments_as_they_are() -> None:
    """A program that reaches the helpers of SciPy's solvers has bound what these take for a copy."""
    bands = np.stack([np.full(8, 0.3), np.full(8, 2.0), np.full(8, -0.4)])
    matrix = np.diag(np.arange(2.0, 10.0)) + 0.1

    def f(y: Any) -> Any:
        total = np.sum(I.BarycentricInterpolator(t, y)(0.7) + I.KroghInterpolator(t, y)(0.7))
        x = [
            linalg.solve_banded((1, 1), bands, y),
            linalg.solve(matrix, y),
            linalg.cho_solve((matrix, True), y),
        ]
        x += [linalg.lu_solve(linalg.lu_factor(matrix), y), linalg.solve_triangular(matrix, y)]
        return np.stack([*x, linalg.solve_toeplitz(matrix[0], y), I.CubicSpline(t, y).c[0, 0] * y]) + total

    d = np.cos(np.arange(8.0))
    right = slope(lambda s: f(y + s * d), 1e-4)
    for found in (hoad.jvp(f, (y,), (d,))[1], hoad.jacobian(f, y, mode="reverse") @ d):
        np.testing.assert_allclose(found, right, rtol=1e-8, atol=1e-8)
    before = matrix.copy(), bands.copy()
    hoad.grad(lambda y: np.sum(f(y)))(y)
    np.testing.assert_array_equal(before[0], matrix)
    np.testing.assert_array_equal(before[1], bands)


@pytest.mark.parametrize("make", [I.CubicSpline, I.make_interp_spline, I.InterpolatedUnivariateSpline])
def test_a_gradient_in_the_data_is_one_banded_solve(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside that of the value."""
    solves, plain = [], linear_systems.banded_.function
    counting = lambda *args, **kwargs: solves.append(1) or plain(*args, **kwargs)
    monkeypatch.setattr(linear_systems.banded_, "function", counting)
    with hoad.run_each_time():  # to record it is one run more
        hoad.grad(lambda y: np.sum(make(t, y)(np.linspace(0.1, 3.9, 50)) ** 2))(y)
    assert len(solves) == 2
