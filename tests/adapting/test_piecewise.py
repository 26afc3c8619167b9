"""``np.piecewise`` at points that are constants: NumPy does not ask what its functions give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize

import hoad
import hoad.numpy as hnp
from hoad.errors import ArgumentError

TIMES = np.linspace(0.0, 10.0, 7)
DATA = np.sin(TIMES)
POINT = np.array([4.2, 1.0, 0.5, -0.3])


def broken(t: Any, t0: Any, y0: Any, k1: Any, k2: Any) -> Any:
    """Two lines that meet."""
    return np.piecewise(t, [t < t0], [lambda t: k1 * (t - t0) + y0, lambda t: k2 * (t - t0) + y0])


def chosen(t: Any, t0: Any, y0: Any, k1: Any, k2: Any) -> Any:
    return np.where(t < t0, k1, k2) * (t - t0) + y0


def by_the_other_module(t: Any, t0: Any, y0: Any, k1: Any, k2: Any) -> Any:
    pieces = [lambda t: k1 * (t - t0) + y0, lambda t: k2 * (t - t0) + y0]
    return hnp.piecewise(t, [t < t0], pieces)


def with_arguments(t: Any, t0: Any, y0: Any, k1: Any, k2: Any) -> Any:
    line = lambda t, k, y0: k * (t - t0) + y0
    return np.piecewise(
        t, [t < t0], [lambda t, *given, **named: line(t, k1, *given, **named), line2(t0, k2)], y0
    )


def line2(t0: Any, k: Any) -> Callable[..., Any]:
    return lambda t, y0: k * (t - t0) + y0


MODELS = [broken, by_the_other_module, with_arguments]
OPERATORS: dict[str, Callable[..., Any]] = {
    "gradient": lambda f: hoad.grad(f),
    "forward": lambda f: hoad.jacobian(f, mode="forward"),
    **{
        mode: lambda f, mode=mode: hoad.hessian(f, mode=mode)
        for mode in ("auto", "forward-forward", "forward-reverse", "reverse-forward", "reverse-reverse")
    },
    "compiled": lambda f: hoad.compile(hoad.grad(f)),
    "members": lambda f: lambda p: hoad.vmap(hoad.grad(f))(np.stack([p * 1.1, p]))[1],
}


def loss(model: Callable[..., Any], times: Any, data: Any) -> Callable[[Any], Any]:
    return lambda p: np.sum((model(times, *p) - data) ** 2)


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("model", MODELS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "times", [TIMES, TIMES.reshape(7, 1), np.asfortranarray(np.outer(TIMES, [1.0, 0.5]))], ids=np.shape
)
def test_broken_lines(operator: str, model: Callable[..., Any], times: Any) -> None:
    data = np.sin(times)
    of = OPERATORS[operator]
    for p in (POINT, POINT, POINT * 0.9):
        right = of(loss(chosen, times, data))(p)
        np.testing.assert_allclose(of(loss(model, times, data))(p), right, rtol=1e-12, atol=1e-12)


def test_a_fit_of_broken_lines() -> None:
    """The best parameters, as they change with the data."""
    start = np.array([5.0, 1.0, 0.6, -0.4])
    data = broken(TIMES, 4.5, 1.0, 0.5, -0.3) + 0.01 * DATA
    fit = lambda y: scipy.optimize.curve_fit(broken, TIMES, y, p0=start)[0]
    h, along = 1e-5, np.cos(TIMES)
    right = (fit(data + h * along) - fit(data - h * along)) / (2 * h)
    np.testing.assert_allclose(hoad.jvp(fit, (data,), (along,))[1], right, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_single_points_and_types(mode: str) -> None:
    f = lambda x: np.piecewise(2.5, [True], [lambda t: t * x])
    assert hoad.jacobian(f, 0.5, mode=mode) == 2.5
    kinds = np.float32, np.float64
    for kind in kinds:
        g = lambda x, kind=kind: np.piecewise(np.ones(2, kind), [[True, False]], [lambda t: t * x, 2.0])
        value, slopes = hoad.value_and_jacobian(g, 0.5, mode=mode)
        assert value.dtype == g(0.5).dtype == kind
        np.testing.assert_array_equal(slopes, [1.0, 0.0])


def test_pieces_without_a_derivative_are_numpys() -> None:
    """And what is given to the functions is a copy, as NumPy's is."""
    kept = TIMES.copy()

    def halved(t: Any) -> Any:
        t *= 0.5
        return t

    f = lambda x: x * np.sum(np.piecewise(TIMES, [TIMES > 5.0], [halved, 1.0]))
    assert hoad.grad(f)(2.0) == f(1.0)
    np.testing.assert_array_equal(TIMES, kept)


@pytest.mark.parametrize("count", [0, 3, 4])
def test_as_many_functions_as_conditions(count: int) -> None:
    f = lambda x: np.sum(np.piecewise(TIMES, [TIMES > 5.0], [x] * count))
    with pytest.raises(ValueError, match=r"with 1 condition.s., either 1 or 2 functions are expected"):
        f(1.0)
    with pytest.raises(ValueError, match=r"with 1 condition.s., either 1 or 2 functions are expected"):
        hoad.grad(f)(1.0)


def test_an_array_of_integers_takes_none() -> None:
    """NumPy cuts the values to integers: nothing is left of a derivative."""
    f = lambda x: np.piecewise(np.arange(4), [np.arange(4) > 1], [lambda t: t * x, x])
    for mode in ("forward", "reverse"):
        value, slopes = hoad.value_and_jacobian(f, 1.6, mode=mode)
        assert value.dtype == f(1.6).dtype
        np.testing.assert_array_equal(value, [1, 1, 3, 4])
        np.testing.assert_array_equal(slopes, np.zeros(4))


def test_members_of_a_batch_have_as_many_points_in_each_piece() -> None:
    with pytest.raises(ArgumentError, match=r"np.where\(mask, x, y\) chooses for each element"):
        hoad.vmap(hoad.grad(loss(broken, TIMES, DATA)))(np.stack([POINT, POINT * 1.5]))
