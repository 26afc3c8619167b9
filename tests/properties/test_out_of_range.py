"""Cotangents that leave the range of floats on the way, and come back: what arrives is right."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
import scipy.special as sc

import hoad
from hoad.dual import has_nan, is_finite
from hoad.tape import divided

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize(
    "reverse",
    [
        hoad.grad,
        hoad.jacobian,
        lambda f, x: hoad.vjp(f, x)[1](1.0),
        lambda f, x: hoad.value_and_grad(f, x)[1],
    ],
)
def test_log_of_a_subnormal(reverse: Any) -> None:
    """1 / y is beyond the largest float for y = 1e-309, and the derivative of the logarithm is 37.6."""
    f = lambda x: np.log(sc.ndtr(x))
    slope = lambda x: np.exp(-x * x / 2 - sc.log_ndtr(x)) / np.sqrt(2 * np.pi)
    for x in (-37.6, np.float32(-13.5)):
        y = type(x)(sc.ndtr(x))
        lost = np.finfo(y.dtype if hasattr(y, "dtype") else float).smallest_subnormal / y
        np.testing.assert_allclose(reverse(f, x), slope(x), rtol=max(2 * lost, 1e-12))
    np.testing.assert_allclose(hoad.grad(hoad.grad(f))(-37.6), hoad.derivative(f, -37.6, 2), rtol=1e-9)


@pytest.mark.parametrize("kind", [float, np.float64, lambda x: np.full(3, x)])
def test_there_and_back(kind: Any) -> None:
    """The cotangent of a subnormal number is beyond the largest float where it leads back to an ordinary
    one.
    """
    for exponent in range(-316, -300):
        small = 10.0**exponent
        found = hoad.grad(lambda x, c=small: np.sum(x * c / c), kind(1.5))  # type: ignore[misc]
        np.testing.assert_allclose(found, np.ones_like(found), rtol=max(1e-12, 2 * 5e-324 / small))


def test_only_what_overflows_is_swept_again() -> None:
    """One element of a sum overflows on the way: the others are what they were, to the last bit."""
    x = np.array([-37.6, -1.0, 0.3])
    f = lambda x: np.sum(np.log(sc.ndtr(x)))
    found = hoad.grad(f, x)
    np.testing.assert_array_equal(found[1:], hoad.grad(f, x[1:]))
    np.testing.assert_allclose(found[0], 37.62655825292355, rtol=1e-12)


@pytest.mark.parametrize("f", [np.sqrt, np.log, np.cbrt, lambda x: 1 / x, lambda x: np.exp(x + 800)])
def test_what_is_infinite_stays_so(f: Any) -> None:
    assert abs(hoad.grad(f, 0.0)) == np.inf
    assert np.all(np.abs(hoad.grad(lambda x: np.sum(f(x)), np.zeros(2))) == np.inf)


UNARY = sorted(name for name, u in vars(np).items() if isinstance(u, np.ufunc) and "d->d" in u.types)


@pytest.mark.parametrize("small", [1e-300, 5e-324])
@pytest.mark.parametrize("name", UNARY)
def test_what_is_infinite_stays_so_beside_a_small_factor(name: str, small: float) -> None:
    """A smaller seed underflows there, and is no zero that meets infinity."""
    f = lambda x: np.square(getattr(np, name)(x)) * small
    with np.errstate(all="ignore"):
        for x in (np.inf, -np.inf):
            found, along = (hoad.jacobian(f, np.array(x), mode=mode) for mode in ("reverse", "forward"))
            np.testing.assert_array_equal(found, along)


def test_tuples_and_batches() -> None:
    slope = functools.partial(hoad.grad, lambda x: np.log(sc.ndtr(x)))
    expected = [slope(-37.6), slope(-1.0)]
    np.testing.assert_allclose(hoad.vmap(slope)(np.array([-37.6, -1.0])), expected, rtol=1e-12)
    both = hoad.grad(lambda x: np.log(sc.ndtr(x[0]) * np.modf(x[1])[0]), np.array([-37.6, 1.5]))
    np.testing.assert_allclose(both, [slope(-37.6), 2.0], rtol=1e-9)


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize(
    "special", [0.0, np.inf, -np.inf, 1e200, np.nan, complex(np.inf, np.inf), complex(0, np.nan)]
)
@pytest.mark.parametrize("shape", [(2,), (2, 2), ()])
def test_what_is_nan_and_what_is_finite(kind: Any, special: Any, shape: tuple[int, ...]) -> None:
    if kind is float and isinstance(special, complex):
        return
    x = np.ones(shape, kind)
    x.flat[-1:] = special
    assert has_nan(x) == np.isnan(special) == (not is_finite(x) and not np.isinf(special))
    assert is_finite(x) == bool(np.isfinite(special))
    assert is_finite(x[()]) == bool(np.isfinite(special)) and has_nan(x[()]) == np.isnan(special)


@pytest.mark.parametrize(
    "g", [complex(np.inf, -np.inf), np.array([complex(3.0, np.inf), 2 - 4j]), np.inf, -6.0]
)
def test_a_quotient_keeps_infinite_parts(g: Any) -> None:
    found = np.atleast_1d(divided(g, 2.0))
    np.testing.assert_array_equal(found.real, np.real(np.atleast_1d(g)) / 2)
    np.testing.assert_array_equal(found.imag, np.imag(np.atleast_1d(g)) / 2)


def test_infinite_parts_of_a_gradient_are_no_nan() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.real(x * x[0]))

    x = np.array([complex(np.inf, -2.5), 1 + 1j])
    with np.errstate(all="ignore"):
        assert (
            np.isinf(hoad.grad(f, x)).any() and np.isinf(hoad.compile(hoad.grad(f), backend="numpy")(x)).any()
        )


@pytest.mark.parametrize("bad", [np.inf, np.nan])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("f", [np.convolve, np.correlate])
def test_products_of_what_is_not_finite_have_gradients(f: Any, mode: str, bad: float) -> None:
    """What says how a product is taken is none of its factors, which are marked to tell its zeros."""
    x, kernel = np.arange(5.0), np.array([1.0, bad, 2.0])
    with np.errstate(all="ignore"):
        by_kernel = hoad.jacobian(lambda k: f(x, k, mode), kernel, mode="reverse")
        by_x = hoad.jacobian(lambda x: f(x, kernel, mode), x, mode="reverse")
        np.testing.assert_array_equal(by_kernel, hoad.jacobian(lambda k: f(x, k, mode), kernel))
    wanted = hoad.jacobian(lambda x: f(x, np.array([1.0, 7.0, 2.0]), mode), x)
    finite = np.isfinite(by_x)
    np.testing.assert_array_equal(by_x[finite], wanted[finite])
    assert finite[wanted == 0].all()
