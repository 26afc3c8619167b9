"""Where a function has no derivative, or where a formula for it would be 0 * inf: one policy, in every mode.

The subgradient of least norm where there is one; ties split evenly; powers, products and determinants exact
at zero; a zero tangent or cotangent stays zero, whatever it meets; types are kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from math import perm, pi
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.arrays.gathered import Gathered, Piece

MODES = ["forward", "reverse"]
NESTINGS = ["forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]

KINKS: list[tuple[str, Callable[[Any], Any], Any, Any]] = [
    # absolute values and lengths
    ("abs", lambda x: abs(x), [0.0, -0.0, -2.0], [0.0, 0.0, -1.0]),
    ("absolute", np.absolute, [0.0, 3.0], [0.0, 1.0]),
    ("fabs", np.fabs, [0.0, -3.0], [0.0, -1.0]),
    ("copysign", lambda x: np.copysign(x, -1.0), [0.0, 2.0], [0.0, -1.0]),
    ("hypot", lambda x: np.hypot(x, 2 * x), [0.0], [0.0]),
    ("norm of each", lambda x: np.linalg.norm(np.stack([x, 2 * x]), axis=0), [0.0], [0.0]),
    ("1-norm of each", lambda x: np.linalg.norm(np.stack([x, 2 * x]), 1, axis=0), [0.0], [0.0]),
    ("complex abs", lambda x: abs(x * (1 + 2j)), [0.0], [0.0]),
    # steps
    ("sign", np.sign, [0.0, 2.0, -1.0], [0.0, 0.0, 0.0]),
    ("floor", np.floor, [0.0, 0.5, 1.0], [0.0, 0.0, 0.0]),
    ("ceil", np.ceil, [0.0, 0.5, 1.0], [0.0, 0.0, 0.0]),
    ("trunc", np.trunc, [0.0, 0.5, 1.0], [0.0, 0.0, 0.0]),
    ("round", np.round, [0.5, 1.5, 2.0], [0.0, 0.0, 0.0]),
    ("rint", np.rint, [0.5, 1.5, 2.0], [0.0, 0.0, 0.0]),
    ("floor_divide", lambda x: x // 2.0, [4.0, 5.0], [0.0, 0.0]),
    ("heaviside", lambda x: np.heaviside(x, 0.5), [0.0, 1.0], [0.0, 0.0]),
    ("remainder", lambda x: x % 2.0, [4.0, 5.0], [1.0, 1.0]),
    # ties of two
    ("maximum", lambda x: np.maximum(x, 1.0), [1.0, 2.0, 0.0], [0.5, 1.0, 0.0]),
    ("maximum, other side", lambda x: np.maximum(1.0, x), [1.0, 2.0, 0.0], [0.5, 1.0, 0.0]),
    ("maximum with itself", lambda x: np.maximum(x, x), [1.0, -2.0], [1.0, 1.0]),
    ("minimum", lambda x: np.minimum(x, 1.0), [1.0, 2.0, 0.0], [0.5, 0.0, 1.0]),
    ("fmax", lambda x: np.fmax(x, 1.0), [1.0, 2.0], [0.5, 1.0]),
    ("fmin", lambda x: np.fmin(x, 1.0), [1.0, 2.0], [0.5, 0.0]),
    ("fmax of nan", lambda x: np.fmax(x, np.nan), [1.0, 2.0], [1.0, 1.0]),
    ("fmin of nan", lambda x: np.fmin(np.nan, x), [1.0, 2.0], [1.0, 1.0]),
    ("relu", lambda x: np.maximum(x, 0), [0.0, -1.0, 1.0], [0.5, 0.0, 1.0]),
    ("clip", lambda x: np.clip(x, 0.0, 1.0), [0.0, 1.0, 0.5, -1.0, 2.0], [0.5, 0.5, 1.0, 0.0, 0.0]),
    # the branch that is not taken
    ("where log", lambda x: np.where(x > 0, np.log(x), 0.0), [0.0, -1.0, 2.0], [0.0, 0.0, 0.5]),
    ("where sqrt", lambda x: np.where(x > 0, np.sqrt(x), x), [0.0, -1.0, 4.0], [1.0, 1.0, 0.25]),
    ("where 1/x", lambda x: np.where(x != 0, 1 / x, 3 * x), [0.0, 2.0], [3.0, -0.25]),
    ("where arcsin", lambda x: np.where(abs(x) < 1, np.arcsin(x), 0 * x), [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]),
    ("where power", lambda x: np.where(x > 0, x**0.5, 0.0), [0.0, -1.0, 4.0], [0.0, 0.0, 0.25]),
    ("where overflow", lambda x: np.where(x < 700, np.exp(x), x), [800.0, 0.0], [1.0, 1.0]),
    ("select", lambda x: np.select([x > 0], [np.log(x)], 0.0), [0.0, -1.0, 2.0], [0.0, 0.0, 0.5]),
    # 0 * inf
    ("sqrt of square", lambda x: np.sqrt(x**2), [0.0, -3.0], [0.0, -1.0]),
    ("square of sqrt of square", lambda x: np.sqrt(x * x) ** 2, [0.0, -3.0], [0.0, -6.0]),
    ("0 * sqrt", lambda x: 0 * np.sqrt(x), [0.0, 1.0], [0.0, 0.0]),
    ("0 * log", lambda x: 0.0 * np.log(x), [0.0, 1.0], [0.0, 0.0]),
    ("root of a constant 0", lambda x: x + np.sqrt(0 * x), [1.0, 2.0], [1.0, 1.0]),
    # powers
    ("x**0", lambda x: x**0, [0.0, 2.0], [0.0, 0.0]),
    ("x**0.0", lambda x: x**0.0, [0.0, 2.0], [0.0, 0.0]),
    ("x**1", lambda x: x**1, [0.0, 2.0], [1.0, 1.0]),
    ("x**1.0", lambda x: x**1.0, [0.0, 2.0], [1.0, 1.0]),
    ("x**2", lambda x: x**2, [0.0, -3.0], [0.0, -6.0]),
    ("x**1.5", lambda x: x**1.5, [0.0, 4.0], [0.0, 3.0]),
    ("x**0.5", lambda x: x**0.5, [0.0, 4.0], [np.inf, 0.25]),
    ("x**0.3", lambda x: x**0.3, [0.0], [np.inf]),
    ("x**-1", lambda x: x**-1, [0.0, 2.0], [-np.inf, -0.25]),
    ("0**x", lambda x: 0.0**x, [0.5, 2.0], [0.0, 0.0]),
    ("1**x", lambda x: 1.0**x, [0.5, -2.0], [0.0, 0.0]),
    # NumPy's arithmetic at poles and ends
    ("sqrt", np.sqrt, [0.0, 4.0], [np.inf, 0.25]),
    ("cbrt", np.cbrt, [0.0, 8.0], [np.inf, 1 / 12]),
    ("log", np.log, [0.0, 2.0], [np.inf, 0.5]),
    ("log1p", np.log1p, [-1.0, 1.0], [np.inf, 0.5]),
    ("1/x", lambda x: 1 / x, [0.0, 2.0], [-np.inf, -0.25]),
    ("arcsin", np.arcsin, [1.0, 0.0], [np.inf, 1.0]),
    ("arccosh", np.arccosh, [1.0], [np.inf]),
    ("arctanh", np.arctanh, [1.0, 0.0], [np.inf, 1.0]),
    ("sinc", np.sinc, [0.0], [0.0]),
    ("square root at its end", lambda x: np.sqrt(x) * np.sqrt(x), [4.0], [1.0]),
]


@pytest.mark.parametrize("mode", [hoad.derivative, hoad.grad])
@pytest.mark.parametrize(
    ("name", "shapes"), [("expon", ()), ("uniform", ()), ("gamma", (0.5,)), ("chi2", (2.0,))]
)
def test_ends_of_the_support(name: str, shapes: tuple[float, ...], mode: Any) -> None:
    """The distribution function as outside, the density by its formula."""
    dist = getattr(pytest.importorskip("scipy.stats"), name)(*shapes)
    assert dist.pdf(0.0) > 0 and mode(dist.cdf, 0.0) == mode(dist.sf, 0.0) == 0.0
    for density in (dist.pdf, dist.logpdf):
        with np.errstate(all="ignore"):
            found, within = mode(density, 0.0), mode(density, 1e-12)
        assert np.isclose(found, within) or (np.isinf(density(0.0)) and found == -np.inf)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("f", "x", "right"), [kink[1:] for kink in KINKS], ids=[name for name, *_ in KINKS])
def test_elementwise(f: Any, x: list[float], right: list[float], mode: str) -> None:
    """The convention holds for arrays, for each number in them, and for Python's and NumPy's numbers."""
    points = np.array(x)
    jacobian = hoad.jacobian(f, points, mode=mode)
    np.testing.assert_allclose(np.diagonal(jacobian), right, rtol=1e-15)
    np.testing.assert_array_equal(jacobian[~np.eye(len(x), dtype=bool)], 0.0)
    single = hoad.derivative if mode == "forward" else hoad.grad
    for number, slope in zip(x, right, strict=True):
        for kind in (float, np.float64):
            assert single(f, kind(number)) == pytest.approx(slope, rel=1e-15)


REDUCTIONS: list[tuple[str, Callable[[Any], Any], Any, Any]] = [
    ("norm", np.linalg.norm, [0.0, 0.0], [0.0, 0.0]),
    ("norm squared", lambda x: np.linalg.norm(x) ** 2, [0.0, 0.0], [0.0, 0.0]),
    ("Frobenius norm", np.linalg.norm, [[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
    ("1-norm", lambda x: np.linalg.norm(x, 1), [0.0, -2.0], [0.0, -1.0]),
    ("max-norm", lambda x: np.linalg.norm(x, np.inf), [2.0, -2.0], [0.5, -0.5]),
    ("std", np.std, [3.0, 3.0, 3.0], [0.0, 0.0, 0.0]),
    ("max", np.max, [2.0, 1.0, 2.0], [0.5, 0.0, 0.5]),
    ("max of three", np.max, [2.0, 2.0, 2.0], [1 / 3, 1 / 3, 1 / 3]),
    ("min", np.min, [2.0, 1.0, 1.0], [0.0, 0.5, 0.5]),
    (
        "max along an axis",
        lambda x: np.sum(np.max(x, axis=1)),
        [[1.0, 1.0], [2.0, 3.0]],
        [[0.5, 0.5], [0, 1]],
    ),
    ("nanmax", np.nanmax, [2.0, np.nan, 2.0], [0.5, 0.0, 0.5]),
    ("ptp", np.ptp, [2.0, 2.0], [0.0, 0.0]),
    ("running maximum", lambda x: np.maximum.accumulate(x)[-1], [2.0, 2.0], [0.5, 0.5]),
    ("sort, least", lambda x: np.sort(x)[0], [1.0, 1.0, 0.5], [0.0, 0.0, 1.0]),
    ("sort, stable", lambda x: np.sort(x)[1], [1.0, 1.0, 0.5], [1.0, 0.0, 0.0]),
    ("median", np.median, [1.0, 1.0, 0.5, 3.0], [0.5, 0.5, 0.0, 0.0]),
    ("prod, one zero", np.prod, [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
    ("prod, two zeros", np.prod, [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]),
    ("cumprod, one zero", lambda x: np.sum(np.cumprod(x)), [2.0, 0.0, 3.0], [1.0, 8.0, 0.0]),
    ("det, rank 1 of 2", np.linalg.det, [[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]]),
    ("det of zeros", np.linalg.det, [[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
    ("det of one number", np.linalg.det, [[0.0]], [[1.0]]),
    (
        "det, rank 2 of 3",
        np.linalg.det,
        [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
        [[-3.0, 6.0, -3.0], [6.0, -12.0, 6.0], [-3.0, 6.0, -3.0]],
    ),
    ("det, rank 1 of 3", np.linalg.det, [[1.0, 2.0, 3.0]] * 3, [[0.0] * 3] * 3),
    ("hypot", lambda x: np.hypot(x[0], x[1]), [0.0, 0.0], [0.0, 0.0]),
    ("power", lambda x: x[0] ** x[1], [0.0, 2.0], [0.0, 0.0]),
    ("power, to the 1", lambda x: x[0] ** x[1], [0.0, 1.0], [1.0, 0.0]),
    ("logaddexp of -inf", lambda x: np.logaddexp(x[0], -np.inf), [3.0], [1.0]),
    ("a mask", lambda x: np.sum(np.sqrt(x)[x > 0]), [0.0, 4.0], [0.0, 0.25]),
    ("sum where", lambda x: np.sum(np.log(x), where=x > 0), [0.0, 4.0], [0.0, 0.25]),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "f", "x", "right"), REDUCTIONS, ids=[name for name, *_ in REDUCTIONS])
def test_of_arrays(name: str, f: Any, x: Any, right: Any, mode: str) -> None:
    points = np.array(x)
    np.testing.assert_allclose(hoad.jacobian(f, points, mode=mode), right, rtol=1e-14, atol=1e-14)
    if mode == "reverse":
        np.testing.assert_allclose(hoad.grad(f, points), right, rtol=1e-14, atol=1e-14)
    else:
        v = np.arange(1.0, points.size + 1).reshape(points.shape)
        along = hoad.jvp(f, (points,), (v,))[1]
        np.testing.assert_allclose(along, np.sum(np.array(right) * v), rtol=1e-14, atol=1e-14)


# ------------------------------------------------------------------------------------------------------------
# Powers, to every order
# ------------------------------------------------------------------------------------------------------------

POWERS = {
    "x**n": lambda n: lambda x: x**n,
    "np.power": lambda n: lambda x: np.power(x, n),
    "float exponent": lambda n: lambda x: x ** float(n),
    "float_power": lambda n: lambda x: np.float_power(x, n),
    "an array of exponents": lambda n: lambda x: np.power(x, np.array([n, n + 1]))[0],
    "an array to a power": lambda n: lambda x: (x * np.ones(2))[1] ** n,
}


def nth(modes: tuple[str, ...], f: Any) -> Any:
    for mode in modes:
        f = hoad.derivative(f) if mode == "forward" else hoad.grad(f)
    return f


@pytest.mark.parametrize("n", range(6))
@pytest.mark.parametrize("way", POWERS)
def test_powers_are_exact_at_zero_to_every_order(way: str, n: int) -> None:
    f = POWERS[way](n)
    for order in range(n + 3):
        right = float(perm(n, n)) if order == n else 0.0
        nestings = itertools.product(MODES, repeat=order) if order < 4 else [("forward",) * order]
        for modes in nestings:
            assert nth(modes, f)(0.0) == right, modes
        assert hoad.derivatives(f, -0.0, order)[-1] == right


@pytest.mark.parametrize("n", range(-4, 7))
def test_integer_powers_of_any_number(n: int) -> None:
    """Against exact fractions; to the last digit or two of each."""
    for x, order in itertools.product((-2.5, -1.0, -0.3, 1e-40, 0.7, 3.0, 1e40), range(4)):
        exact = Fraction(1)
        for k in range(order):
            exact *= n - k
        exact = exact * Fraction(x) ** (n - order)
        for way in ("x**n", "float exponent", "np.power"):
            got = hoad.derivatives(POWERS[way](n), x, order)[-1]
            assert abs(Fraction(got) - exact) <= 8 * Fraction(2) ** -53 * abs(exact), (way, x, order)


def test_second_derivatives_of_a_power_in_both_arguments_at_zero() -> None:
    """0**y is constant for y > 0, and so are its derivatives."""
    for mode in NESTINGS:
        got = hoad.hessian(lambda v: v[0] ** v[1], np.array([0.0, 3.0]), mode=mode)
        np.testing.assert_array_equal(got, [[0.0, 0.0], [0.0, 0.0]])
        got = hoad.hessian(lambda v: v[0] ** v[1], np.array([0.0, 2.0]), mode=mode)
        np.testing.assert_array_equal(got, [[2.0, 0.0], [0.0, 0.0]])


# ------------------------------------------------------------------------------------------------------------
# Second derivatives at special points
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", NESTINGS)
def test_second_derivatives(mode: str) -> None:
    zeros = np.array([0.0, 2.0, 0.0])
    np.testing.assert_array_equal(
        hoad.hessian(np.prod, zeros, mode=mode), [[0.0, 0.0, 2.0], [0.0, 0.0, 0.0], [2.0, 0.0, 0.0]]
    )
    one = np.array([0.0, 2.0, 3.0])
    np.testing.assert_array_equal(hoad.hessian(np.prod, one, mode=mode), [[0, 3, 2], [3, 0, 0], [2, 0, 0]])
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    right = np.zeros((2, 2, 2, 2))
    right[0, 0, 1, 1] = right[1, 1, 0, 0] = 1.0
    right[0, 1, 1, 0] = right[1, 0, 0, 1] = -1.0
    np.testing.assert_allclose(hoad.hessian(np.linalg.det, singular, mode=mode), right, atol=1e-15)
    masked = hoad.hessian(lambda x: np.sum(np.where(x > 0, np.log(x), 0.0)), np.array([0.0, 2.0]), mode=mode)
    np.testing.assert_array_equal(masked, [[0.0, 0.0], [0.0, -0.25]])
    for kink in (np.abs, np.sign, np.floor, lambda x: np.maximum(x, 0.0), lambda x: np.clip(x, 0.0, 1.0)):
        assert hoad.hessian(kink, 0.0, mode=mode) == 0.0
    split = hoad.hessian(lambda x: np.maximum(x[0] ** 2, x[1] ** 2), np.array([1.0, 1.0]), mode=mode)
    np.testing.assert_array_equal(split, [[1.0, 0.0], [0.0, 1.0]])


def test_sinc_at_zero_to_every_order() -> None:
    right = [1.0, 0.0, -(pi**2) / 3, 0.0, pi**4 / 5, 0.0, -(pi**6) / 7]
    np.testing.assert_allclose(hoad.derivatives(np.sinc, 0.0, 6), right, rtol=1e-14)


# ------------------------------------------------------------------------------------------------------------
# Strong zeros
# ------------------------------------------------------------------------------------------------------------

SINGULAR = [
    (np.sqrt, 0.0),
    (np.log, 0.0),
    (np.cbrt, 0.0),
    (lambda x: 1 / x, 0.0),
    (lambda x: np.arccosh(x), 1.0),
    (lambda x: x**-0.5, 0.0),
    (lambda x: x**0.3, 0.0),
    (np.exp, 800.0),
    (np.expm1, 800.0),
    (np.sinh, 800.0),
    (lambda x: np.sqrt(x) * np.exp(x), 0.0),
]


@pytest.mark.parametrize(("f", "at"), SINGULAR)
def test_a_zero_tangent_stays_zero(f: Any, at: float) -> None:
    """Whatever the partial, for numbers, for arrays and for batches."""
    x = np.array([at, 2.0])
    assert hoad.jvp(f, (at,), (0.0,))[1] == 0.0
    assert hoad.jvp(f, (np.float64(at),), (0.0,))[1] == 0.0
    assert hoad.jvp(f, (x,), (np.array([0.0, 1.0]),))[1][0] == 0.0
    assert hoad.jacobian(f, x, mode="forward")[0, 1] == 0.0


@pytest.mark.parametrize(("f", "at"), SINGULAR)
def test_a_zero_cotangent_stays_zero(f: Any, at: float) -> None:
    x = np.array([at, 2.0])
    assert hoad.vjp(f, at)[1](0.0) == (0.0,)
    assert hoad.vjp(f, np.float64(at))[1](0.0) == (0.0,)
    assert hoad.vjp(f, x)[1](np.array([0.0, 1.0]))[0][0] == 0.0
    assert hoad.grad(lambda x: f(x)[1], x)[0] == 0.0
    assert hoad.jacobian(f, x, mode="reverse")[1, 0] == 0.0


DATA = np.array([1.0, np.nan, 3.0])
MASKED = [
    lambda w: np.sum(np.where(np.isnan(DATA), 0, w * DATA)),
    lambda w: np.nansum(w * DATA),
    lambda w: np.sum((w * DATA)[~np.isnan(DATA)]),
]


@pytest.mark.parametrize("f", MASKED)
def test_data_that_is_nan_and_masked(f: Any) -> None:
    """A value that is not chosen has no part in the derivative, in either mode."""
    for mode in MODES:
        assert nth((mode,), f)(2.0) == 4.0
        assert nth((mode, "forward"), f)(2.0) == nth((mode, "reverse"), f)(2.0) == 0.0


def test_division_of_python_floats_never_raises() -> None:
    with np.errstate(all="ignore"):
        assert hoad.grad(np.sqrt, 0.0) == hoad.derivative(np.sqrt, 0.0) == np.inf
        assert hoad.grad(lambda x: 1 / x, 0.0) == hoad.derivative(lambda x: 1 / x, 0.0) == -np.inf
        assert np.isnan(hoad.grad(lambda x: x / x, 0.0))
        assert np.isnan(hoad.derivative(lambda x: (-x) ** 0.5, 1.0))


# ------------------------------------------------------------------------------------------------------------
# Types
# ------------------------------------------------------------------------------------------------------------

KEPT = [np.float16, np.float32, np.longdouble, np.complex64, np.clongdouble]
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "arithmetic": lambda x: x * x / 3 - 2 * x + 1,
    "powers": lambda x: x**3 + x**0.5,
    "exp": lambda x: np.exp(x) * np.sin(x) + np.tanh(x),
    "inverse functions": lambda x: np.arcsinh(x) + np.arctan(x) + np.log1p(x),
    "log2": lambda x: np.log2(x) + np.exp2(x) + np.log10(x),
    "reductions": lambda x: np.sum(x) + np.mean(x) + np.prod(x) + np.linalg.norm(x) + x[0],
    "indexing": lambda x: x[::2] * x[[0, 0]][:1] + np.stack([x[0], x[1]])[:1],
    "contraction": lambda x: np.outer(x, x) @ x + np.einsum("i,i", x, x),
    "written": lambda x: written(x),
}
REAL_PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "kinks": lambda x: np.abs(x) + np.maximum(x, 1) + np.clip(x, 0, 1) + np.where(x > 1, x, 2 * x),
    "two arguments": lambda x: np.hypot(x, x[::-1]) + np.arctan2(x, x[::-1]) + np.logaddexp(x, x[::-1]),
    "sinc": lambda x: np.sinc(x) + np.degrees(x) + np.logaddexp2(x, 1),
    "sorted": lambda x: np.sort(x) + np.max(x) + np.cumsum(x) + np.diff(x, prepend=x[:1]),
    "moments": lambda x: np.var(x) + np.std(x) + np.median(x) + np.ptp(x),
}


def written(x: Any) -> Any:
    y = np.zeros_like(x)
    y[0] = x[1]
    y[1:] += x[:-1] * x[1:]
    return y


@pytest.mark.parametrize("function", [np.maximum, np.minimum, np.fmax, np.fmin])
@pytest.mark.parametrize("point", [0.5, 2.0, 3.0])
def test_pythons_complex_numbers_are_chosen_as_numpys(function: Any, point: float) -> None:
    """NumPy orders them, and Python does not."""
    number, array = 2.0 + 1j, np.array([2.0 + 1j])
    for f, right in (
        (lambda x: np.real(function(number, x)), lambda x: np.real(function(array, x))[0]),
        (lambda x: np.real(function(x, number)), lambda x: np.real(function(x, array))[0]),
        (
            lambda x: np.imag(function(x * (1 + 1j), number)),
            lambda x: np.imag(function(x * (1 + 1j), array))[0],
        ),
    ):
        for operator in (hoad.grad, hoad.derivative, hoad.hessian):
            assert operator(f, point) == operator(right, point)
        assert np.array_equal(hoad.derivatives(f, point, 3), hoad.derivatives(right, point, 3))


REAL = [kind for kind in KEPT if np.dtype(kind).kind == "f"]


@pytest.mark.parametrize(
    ("name", "kind"), [*itertools.product(PROGRAMS, KEPT), *itertools.product(REAL_PROGRAMS, REAL)]
)
def test_types_are_kept(name: str, kind: Any) -> None:
    """The derivative has the type of the value, the gradient that of the argument."""
    f = {**PROGRAMS, **REAL_PROGRAMS}[name]
    x = np.array([0.5, 0.75, 1.25], kind)
    value = f(x)
    got, change = hoad.jvp(f, (x,), (np.ones_like(x),))
    again, pullback = hoad.vjp(f, x)
    assert got.dtype == again.dtype == value.dtype == change.dtype
    assert pullback(np.ones_like(value))[0].dtype == x.dtype
    second = hoad.jvp(lambda p: hoad.vjp(f, p)[1](np.ones_like(value))[0], (x,), (np.ones_like(x),))[1]
    assert second.dtype == x.dtype
    if np.dtype(kind).kind == "f":
        assert (
            hoad.jacobian(f, x, mode="forward").dtype == hoad.jacobian(f, x, mode="reverse").dtype == x.dtype
        )
        assert hoad.hessian(lambda p: np.sum(f(p) ** 2), x).dtype == x.dtype


NUMBERS = [
    np.sin,
    np.sqrt,
    np.tanh,
    np.arctan,
    np.abs,
    lambda x: x**3,
    np.sinc,
    lambda x: np.maximum(x, 0.75),
]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.longdouble])
@pytest.mark.parametrize("f", NUMBERS)
def test_types_of_numbers_are_kept(f: Any, kind: Any) -> None:
    x = kind(0.75)
    for derivative in (
        hoad.grad(f, x),
        hoad.derivative(f, x),
        hoad.derivative(f, x, n=2),
        hoad.hessian(f, x),
    ):
        assert type(derivative) is kind


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.longdouble])
def test_the_type_of_a_number_is_kept_by_linear_functions(kind: Any) -> None:
    assert type(hoad.grad(lambda x: 2 * x + 1, kind(0.75))) is kind


def test_long_doubles_are_long() -> None:
    """Nothing on the way is rounded to a double."""
    x = np.longdouble(2) / 3
    if np.finfo(np.longdouble).eps == np.finfo(float).eps:
        pytest.skip("this machine's long double is a double")
    tight = 4 * np.finfo(np.longdouble).eps
    for f, slope in (
        (np.sin, np.cos(x)),
        (np.sqrt, 0.5 / np.sqrt(x)),
        (np.log, 1 / x),
        (np.arctan, 1 / (1 + x * x)),
    ):
        for mode in (hoad.derivative, hoad.grad):
            assert abs(mode(f, x) - slope) <= tight * abs(slope)


@pytest.mark.parametrize("mode", MODES)
def test_integers_and_truths_are_differentiated_as_floats(mode: str) -> None:
    single = hoad.derivative if mode == "forward" else hoad.grad
    for x in (3, np.int64(3), np.int8(3), np.array(3)):
        slope = single(lambda x: x**2, x)
        assert slope == 6.0 and np.result_type(slope).kind == "f"
    assert single(lambda x: 2.5 * x, True) == 2.5
    jacobian = hoad.jacobian(lambda x: x**2 / 2, np.array([1, 2, 3]), mode=mode)
    assert jacobian.dtype == np.float64
    np.testing.assert_array_equal(jacobian, np.diag([1.0, 2.0, 3.0]))
    mask = hoad.jacobian(lambda x: 3 * x, np.array([True, False]), mode=mode)
    np.testing.assert_array_equal(mask, np.diag([3.0, 3.0]))


# ------------------------------------------------------------------------------------------------------------
# Complex numbers
# ------------------------------------------------------------------------------------------------------------

Z = 1 + 2j
COMPLEX = [
    ("abs squared", lambda z: abs(z) ** 2, Z, 2 + 4j),
    ("conj(z) z", lambda z: np.real(np.conj(z) * z), Z, 2 + 4j),
    ("vdot", lambda z: np.real(np.vdot(z, z)), Z, 2 + 4j),
    ("real", np.real, Z, 1 + 0j),
    ("imag", np.imag, Z, 1j),
    ("real of square", lambda z: np.real(z * z), Z, 2 - 4j),
    ("imag of square", lambda z: np.imag(z * z), Z, 4 + 2j),
    ("abs", np.abs, Z, Z / abs(Z)),
    ("abs at 0", np.abs, 0j, 0j),
    ("angle", np.angle, Z, 1j * Z / abs(Z) ** 2),
    ("real of exp", lambda z: np.real(np.exp(z)), Z, np.conj(np.exp(Z))),
    ("norm", lambda z: np.linalg.norm(np.stack([z, 2 * z])), Z, 5**0.5 * Z / abs(Z)),
    ("norm at 0", lambda z: np.linalg.norm(np.stack([z, 2 * z])), 0j, 0j),
]


@pytest.mark.parametrize(("name", "f", "z", "right"), COMPLEX, ids=[name for name, *_ in COMPLEX])
def test_the_gradient_of_a_real_function(name: str, f: Any, z: complex, right: complex) -> None:
    """The derivative in the real part, plus i times the one in the imaginary part."""
    got = hoad.gradient(f, z)
    assert got == pytest.approx(right, rel=1e-15, abs=1e-16)
    assert isinstance(got, complex)
    array = hoad.grad(lambda v: np.sum(f(v[0])), np.array([z, 5.0]))
    np.testing.assert_allclose(array, [right, 0.0], rtol=1e-15, atol=1e-16)
    for direction in (1.0 + 0j, 1j, 0.5 - 2j):
        along = hoad.jvp(f, (z,), (direction,))[1]
        assert along == pytest.approx((np.conj(right) * direction).real, rel=1e-15, abs=1e-15)


def test_a_real_argument_has_a_real_gradient() -> None:
    f = lambda x: np.abs(np.exp(1j * x) + 0.5) ** 2
    for operator in (hoad.grad, hoad.derivative):
        assert operator(f, 0.75) == pytest.approx(-np.sin(0.75), rel=1e-15)
        assert type(operator(f, 0.75)) is float
    x = np.array([0.25, 0.75])
    assert hoad.grad(lambda x: np.sum(f(x)), x).dtype == np.float64
    assert (
        hoad.jacobian(f, x, mode="forward").dtype == hoad.jacobian(f, x, mode="reverse").dtype == np.float64
    )


def test_a_complex_value_wants_holomorphic() -> None:
    for operator in (hoad.grad, hoad.derivative):
        with pytest.raises(hoad.errors.ComplexOutputError, match="holomorphic"):
            operator(lambda z: z * z, Z)
        assert operator(lambda z: z * z, Z, holomorphic=True) == 2 * Z


def test_a_strong_zero_beside_complex_numbers() -> None:
    """Where nan makes a sweep run again with strong products, the partials are conjugated as ever."""
    z = np.array([np.nan, 1 + 1j])
    w = 1 + 2j
    found = hoad.grad(lambda z: np.sum(np.real(np.where(np.isnan(z), 0, np.exp(w * z)))), z)
    np.testing.assert_allclose(found, [0, np.conj(w * np.exp(w * z[1]))], rtol=1e-14)


def test_a_strong_zero_in_the_first_operation_after_a_write() -> None:
    """That takes the general path, which has its strong form too."""

    def f(x: Any) -> Any:
        z = np.zeros_like(x)
        z[0] = x[0] * 2
        z[1] = x[1] * 0.5
        return np.sum(np.where(x > 0, z * np.array([np.nan, 1.0]), 0.0))

    assert hoad.grad(f, np.array([-1.0, 1.0])).tolist() == [0.0, 0.5]


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [([1.0, 1j], complex), ([1j, 1.0], complex), ([np.float32(1), np.float32(2)], np.float32),
     ([np.float32(1), 2.0], float), ([1.0, np.longdouble(2)], np.longdouble)],
)  # fmt: skip
def test_the_cotangents_of_readings_are_collected_in_a_buffer_that_holds_them(pieces: Any, kind: Any) -> None:
    held = Gathered((3,), None)
    for k, g in enumerate(pieces):
        held.add(Piece(g, k, (3,)))
    assert held.total().dtype == kind
    assert held.total().tolist() == [*pieces, 0]
