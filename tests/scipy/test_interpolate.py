"""``scipy.interpolate`` inside a derivative: in the points, in the data, and at the knots where that can
be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import proofs
import pytest
from scipy import interpolate as I
from versions import SCIPY_AT_LEAST_1_16

import hoad

t = np.array([0.0, 0.4, 1.1, 1.5, 2.2, 3.0])
y = np.sin(t) + 0.1 * t
q = np.array([0.3, 1.2, 2.7])  # within the pieces
KNOTS = np.array([0, 0, 0, 0, 1, 2, 3, 3, 3, 3.0])
SMOOTH = I.UnivariateSpline(t, y, s=0)
TCK = I.splrep(t, y)
CASES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "CubicSpline data": (lambda y: I.CubicSpline(t, y)(q), y),
    "natural": (lambda y: I.CubicSpline(t, y, bc_type="natural")(q), y),
    "clamped": (lambda y: I.CubicSpline(t, y, bc_type="clamped")(q), y),
    "periodic": (lambda y: I.CubicSpline(t, np.concatenate([y[:-1], y[:1]]), bc_type="periodic")(q), y),
    "CubicSpline point": (lambda x: I.CubicSpline(t, y)(x), q),
    "CubicSpline knots": (lambda t: I.CubicSpline(t, y)(q), t),
    "nu": (lambda y: I.CubicSpline(t, y)(q, 1), y),
    "derivative": (lambda y: I.CubicSpline(t, y).derivative()(q), y),
    "integrate": (lambda y: I.CubicSpline(t, y).integrate(0.2, 2.5), y),
    "antiderivative": (lambda y: I.CubicSpline(t, y).antiderivative()(q), y),
    "Pchip data": (lambda y: I.PchipInterpolator(t, y)(q), y),
    "Pchip point": (lambda x: I.PchipInterpolator(t, y)(x), q),
    "Akima data": (lambda y: I.Akima1DInterpolator(t, y)(q), y),
    "Hermite": (lambda y: I.CubicHermiteSpline(t, y, np.cos(y))(q), y),
    "interp1d linear data": (lambda y: I.interp1d(t, y)(q), y),
    "interp1d linear point": (lambda x: I.interp1d(t, y)(x), q),
    "interp1d cubic data": (lambda y: I.interp1d(t, y, kind="cubic")(q), y),
    "make_interp data": (lambda y: I.make_interp_spline(t, y)(q), y),
    "make_interp point": (lambda x: I.make_interp_spline(t, y)(x), q),
    "BSpline c": (lambda c: I.BSpline(KNOTS, c, 3)(q), y),
    "BSpline deriv": (lambda x: I.BSpline(KNOTS, y, 3)(x, 1), q),
    "make_interp natural": (lambda y: I.make_interp_spline(t, y, bc_type="natural")(q), y),
    "make_interp 2d": (lambda Y: I.make_interp_spline(t, Y, axis=1)(q), np.stack([y, 2 * y * y])),
    "integrate ends": (lambda e: I.CubicSpline(t, y).integrate(e[0], e[1]), np.array([0.2, 2.6])),
    "US nu": (lambda x: SMOOTH(x, 1), q),
    "2d data": (lambda Y: I.CubicSpline(t, Y, axis=1)(q), np.stack([y, 2 * y * y])),
    "Univariate point": (lambda x: SMOOTH(x), q),
    "splev": (lambda x: I.splev(x, TCK), q),
    "Barycentric": (lambda y: I.BarycentricInterpolator(t, y)(q), y),
    "Krogh": (lambda y: I.KroghInterpolator(t, y)(q), y),
    "extrapolate": (lambda y: I.CubicSpline(t, y)(np.array([-1.0, 4.0])), y),
    "no extrapolation": (
        lambda y: np.nan_to_num(I.CubicSpline(t, y, extrapolate=False)(np.array([-1.0, 0.5]))),
        y,
    ),
}


def differences(f: Callable[[Any], Any], x: Any, h: float) -> Any:
    """The Jacobian by differences of the fourth order."""
    columns = []
    for place in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[place] = h
        columns.append((8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h))
    shape = np.shape(columns[0])
    return np.moveaxis(np.array(columns), 0, -1).reshape(*shape, *x.shape)


@pytest.mark.parametrize("name", CASES)
def test_first_derivatives(name: str) -> None:
    f, x = CASES[name]
    right = differences(f, x, 1e-4)
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(hoad.jacobian(f, x, mode=mode), right, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(hoad.jvp(f, (x,), (x,))[0], f(x), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", proofs.sampled(CASES, 5))
def test_second_derivatives(name: str) -> None:
    f, x = CASES[name]
    weights = np.cos(np.arange(np.size(f(x)))).reshape(np.shape(f(x)))
    loss = lambda x: np.sum(weights * f(x) ** 2)
    second = differences(hoad.grad(loss), x, 1e-4)
    np.testing.assert_allclose(hoad.hessian(loss, x), second, rtol=1e-6, atol=1e-6)


def test_an_object_made_outside_is_differentiated_in_the_point() -> None:
    made = I.CubicSpline(t, y)
    for nu in range(4):
        found = hoad.derivative(lambda x: made(x), 0.7, nu + 1)
        assert found == pytest.approx(float(made(0.7, nu + 1)), abs=1e-12)
    assert np.isnan(hoad.primal(I.CubicSpline(t, y, extrapolate=False)(4.0)))


@pytest.mark.parametrize("x", [t, -t, t[::-1], 3 - t], ids=["up", "down", "turned", "both"])
@pytest.mark.parametrize("nu", range(3))
def test_pieces_are_those_of_scipy_going_up_and_down(x: Any, nu: int) -> None:
    rng = np.random.default_rng(1)
    made = I.PPoly(rng.normal(size=(3, 5)), x)
    at = np.concatenate([x, rng.uniform(-4, 4, 40), [np.nan]])
    agree(lambda p: made(p, nu), at, lambda p: made(p, nu + 1))


def agree(f: Callable[[Any], Any], at: Any, derivative: Callable[[Any], Any]) -> None:
    value, change = hoad.jvp(f, (at,), (np.ones(len(at)),))
    np.testing.assert_allclose(value, f(at), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(change, derivative(at), rtol=1e-12, atol=1e-12)
    back = hoad.vjp(f, at)[1](np.ones(len(at)))
    np.testing.assert_allclose(
        back[0] if isinstance(back, tuple) else back, derivative(at), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("nu", range(5 if SCIPY_AT_LEAST_1_16 else 4))
def test_at_knots_and_ends_the_derivative_is_that_of_the_piece_which_scipy_takes(nu: int) -> None:
    made = I.BSpline(KNOTS, y, 3)
    agree(lambda x: made(x, nu), np.concatenate([KNOTS, [-1.0, 3.5]]), lambda x: made(x, nu + 1))


def test_beyond_a_spline_that_stops_or_is_zero_nothing_changes() -> None:
    at = np.array([-1.0, 4.0])
    for ext in (1, 3):
        agree(lambda x, ext=ext: I.splev(x, TCK, 0, ext), at, np.zeros_like)
    agree(lambda x: I.splev(x, TCK, 1, 1), at, np.zeros_like)
    agree(lambda x: I.splev(x, TCK, 1, 3), at, lambda x: I.splev(x, TCK, 2, 3))  # SciPy's reaches on


@pytest.mark.parametrize("nu", range(6 if SCIPY_AT_LEAST_1_16 else 4))
def test_double_knots_and_orders_beyond_the_degree(nu: int) -> None:
    made = I.BSpline([0.0, 0, 0, 0, 1, 1, 2, 2, 2, 2], y, 3)
    agree(lambda x: made(x, nu), q / 2, lambda x: made(x, nu + 1))
