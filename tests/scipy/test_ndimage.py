"""Filters of ``scipy.ndimage``: SciPy's values in every mode, and derivatives in the array, the weights and
the width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import proofs
import pytest
from scipy import ndimage

import hoad
from hoad.chainrules.scipy.imaging import MODES

X = np.random.default_rng(5).normal(size=(5, 4))
FILTERS: dict[str, Callable[[Any, str], Any]] = {
    "gaussian": lambda x, mode: ndimage.gaussian_filter(x, 0.8, mode=mode),
    "two widths": lambda x, mode: ndimage.gaussian_filter(x, (0.6, 1.4), mode=mode, cval=0.3),
    "derivatives": lambda x, mode: ndimage.gaussian_filter(x, 0.9, order=(1, 2), mode=mode),
    "one axis": lambda x, mode: ndimage.gaussian_filter1d(x, 1.1, axis=0, order=3, mode=mode, truncate=2.5),
    "radius": lambda x, mode: ndimage.gaussian_filter1d(x, 1.1, radius=2, mode=mode),
    "correlate1d": lambda x, mode: ndimage.correlate1d(x, np.array([1.0, 3.0, -2.0, 0.5]), axis=1, mode=mode),
    "convolve1d": lambda x, mode: ndimage.convolve1d(x, np.array([1.0, 3.0, -2.0, 0.5]), axis=0, mode=mode),
    "origins": lambda x, mode: (
        ndimage.convolve1d(x, np.array([1.0, 3.0, -2.0]), mode=mode, origin=-1)
        + ndimage.correlate1d(x, np.array([1.0, 3.0, -2.0]), mode=mode, origin=1)
    ),
    "correlate": lambda x, mode: ndimage.correlate(x, np.arange(6.0).reshape(3, 2), mode=mode, cval=0.7),
    "convolve": lambda x, mode: ndimage.convolve(x, np.arange(6.0).reshape(2, 3), mode=mode),
    "sobel": lambda x, mode: ndimage.sobel(x, axis=0, mode=mode),
    "prewitt": lambda x, mode: ndimage.prewitt(x, mode=mode),
    "laplace": lambda x, mode: ndimage.laplace(x, mode=mode),
    "gaussian_laplace": lambda x, mode: ndimage.gaussian_laplace(x, 0.8, mode=mode),
    "uniform": lambda x, mode: ndimage.uniform_filter(x, (3, 2), mode=mode),
    "uniform1d": lambda x, mode: ndimage.uniform_filter1d(x, 4, axis=0, mode=mode, origin=1),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FILTERS)
def test_linear_filters(name: str, mode: str) -> None:
    """Of a linear function, what it does to a difference is known: so is its derivative, exactly."""
    f, d = FILTERS[name], np.random.default_rng(6).normal(size=X.shape)
    value, change = hoad.jvp(lambda x: f(x, mode), (X,), (d,))
    np.testing.assert_allclose(value, f(X, mode), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(change, f(X + d, mode) - f(X, mode), rtol=1e-11, atol=1e-12)
    g = np.random.default_rng(7).normal(size=X.shape)
    back = hoad.grad(lambda x: np.sum(g * f(x, mode)), X)
    assert np.sum(back * d) == pytest.approx(np.sum(g * change), rel=1e-11)
    square = hoad.hvp(lambda x: np.sum(f(x, mode) ** 2), X, d)
    assert np.sum(square * d) == pytest.approx(2 * np.sum(change**2), rel=1e-11)


@pytest.mark.parametrize("order", range(4))
def test_the_width_of_a_gaussian(order: int) -> None:
    f = lambda s: np.sum(np.sin(X) * ndimage.gaussian_filter(X, s, order=order, radius=4))
    h = 1e-4
    right = (8 * (f(0.9 + h) - f(0.9 - h)) - (f(0.9 + 2 * h) - f(0.9 - 2 * h))) / (12 * h)
    assert hoad.grad(f, 0.9) == pytest.approx(right, rel=1e-8)


def test_weights() -> None:
    weights = np.array([[0.5, 1.0, -0.3], [0.2, 0.1, 2.0]])
    found = hoad.jacobian(lambda w: ndimage.correlate(X, w, mode="wrap"), weights)
    for place in np.ndindex(weights.shape):
        unit = np.zeros(weights.shape)
        unit[place] = 1.0
        np.testing.assert_allclose(found[(..., *place)], ndimage.correlate(X, unit, mode="wrap"), atol=1e-14)


COMPLEX = X + 1j * X[::-1]
WEIGHTS = np.array([[0.5, 1.0, -0.3], [0.2, 0.1, 2.0]])
PROGRAMS: dict[str, tuple[Callable[..., Any], Any]] = {
    "correlate": (lambda x, w: ndimage.correlate(x, w, mode="mirror", origin=(0, -1)), (X, WEIGHTS)),
    "convolve, complex": (lambda x, w: ndimage.convolve(x, w), (COMPLEX, WEIGHTS - 1j * WEIGHTS**2)),
    "correlate, complex": (lambda x, w: ndimage.correlate(x, w), (COMPLEX, WEIGHTS - 1j * WEIGHTS**2)),
    "axes": (lambda x, w: ndimage.convolve1d(x, w, axis=0, mode="wrap"), (X, WEIGHTS[0])),
    "cval": (lambda x, w, c: ndimage.correlate(x, w, mode="constant", cval=c), (X, WEIGHTS, 0.4)),
    "gaussian": (lambda x, s: ndimage.gaussian_filter(x, s, mode="mirror", radius=2), (X, 0.8)),
    "magnitude": (lambda x, s: ndimage.gaussian_gradient_magnitude(x, s, radius=2), (X, 0.8)),
    "by a function": (
        lambda x, c: ndimage.generic_filter(x, lambda v: np.sum(v**2) * c, 3, mode="wrap"),
        (X[:3, :3], 0.7),
    ),
    "by a function of lines": (lambda x, c: ndimage.generic_filter1d(x, products(c), 3, axis=0), (X, 0.7)),
    "edges by a function": (lambda x: ndimage.generic_gradient_magnitude(x, ndimage.sobel), (X,)),
    "laplace by a function": (lambda x: ndimage.generic_laplace(x, second), (X,)),
    "fourier_gaussian": (lambda x, s: ndimage.fourier_gaussian(x, s), (COMPLEX, 0.7)),
    "fourier_uniform": (lambda x, s: ndimage.fourier_uniform(x, s, n=6, axis=1), (X, 1.7)),
    "fourier_shift": (lambda x, s: ndimage.fourier_shift(x, s), (COMPLEX, 0.7)),
    "fourier_ellipsoid": (lambda x: ndimage.fourier_ellipsoid(x, 2.0), (COMPLEX,)),
}


def products(c: Any) -> Callable[..., None]:
    def line(a: Any, out: Any) -> None:
        out[:] = a[:-2] * a[2:] * c

    return line


def second(x: Any, axis: int, output: Any, mode: str, cval: float) -> Any:
    return ndimage.correlate1d(x, [1.0, -2.0, 1.0], axis, output, mode, cval)


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives(name: str) -> None:
    f, args = PROGRAMS[name]
    np.testing.assert_allclose(hoad.jvp(f, args, args)[0], f(*args), rtol=1e-12, atol=1e-13)
    proofs.prove(f, *args)


WHOLE = np.arange(20).reshape(4, 5) ** 2
TYPES: dict[str, Callable[[Any], Any]] = {
    "integers": lambda w: ndimage.correlate(WHOLE, w),
    "bytes": lambda w: ndimage.convolve1d(WHOLE.astype(np.uint8), w[0]),
    "integers by a width": lambda w: ndimage.gaussian_filter(WHOLE, 0.7 + 0 * w[0, 0]),
    "coordinates of integers": lambda w: ndimage.map_coordinates(WHOLE, w, order=1),
    "output as float": lambda w: ndimage.correlate(WHOLE, w, output=float),
    "output as float32": lambda w: ndimage.correlate(X, w, output=np.float32),
    "output by name": lambda w: ndimage.correlate(X, w, output="f4"),
    "output as int": lambda w: ndimage.correlate(100 * X, w, output=int),
    "complex weights": lambda w: ndimage.correlate(X.astype(np.float32), w * 1j),
    "single": lambda w: ndimage.correlate(X.astype(np.float32), w),
    "lists": lambda w: ndimage.correlate(X.tolist(), w),
    "frequencies of integers": lambda w: ndimage.fourier_gaussian(WHOLE, w[0, 0]),
    "frequencies, single": lambda w: ndimage.fourier_gaussian(X.astype(np.float32), w[0, 0]),
    "spline_filter": lambda w: ndimage.spline_filter(w.astype(np.float32)),
    "spline_filter, single": lambda w: ndimage.spline_filter1d(w, output=np.float32),
}


@pytest.mark.parametrize("name", TYPES)
def test_types_are_those_of_scipy(name: str) -> None:
    f, plain = TYPES[name], TYPES[name](WEIGHTS)
    value, change = hoad.jvp(f, (WEIGHTS,), (WEIGHTS,))
    assert value.dtype == plain.dtype
    np.testing.assert_allclose(value, plain, rtol=1e-5)
    if plain.dtype.kind in "iu":
        np.testing.assert_array_equal(change, 0)


def test_output_of_the_users() -> None:
    def f(x: Any) -> Any:
        out = np.zeros(X.shape, np.float32)
        assert ndimage.correlate(x, WEIGHTS, output=out) is out
        return np.sum(out**2)

    right = hoad.grad(lambda x: np.sum(ndimage.correlate(x, WEIGHTS) ** 2), X)
    np.testing.assert_allclose(hoad.grad(f, X), right, rtol=1e-5)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ndimage.correlate(x, WEIGHTS, mode="sane"),
        lambda x: ndimage.gaussian_filter(x, 1.0, mode="sane"),
        lambda x: ndimage.correlate(x, WEIGHTS[0]),
        lambda x: ndimage.correlate(x, WEIGHTS, origin=3),
        lambda x: ndimage.uniform_filter1d(x, 0),
        lambda x: ndimage.gaussian_filter1d(x, 1.0, order=-1),
        lambda x: ndimage.gaussian_filter1d(x, 1.0, radius=1.5),
        lambda x: ndimage.gaussian_filter(x, (1.0, 2.0, 3.0)),
        lambda x: ndimage.correlate(x, WEIGHTS, no_such=1),
        lambda x: ndimage.correlate(x, WEIGHTS, output=np.zeros(3)),
    ],
)
def test_what_scipy_refuses(f: Callable[[Any], Any]) -> None:
    with pytest.raises((RuntimeError, ValueError, TypeError)) as plain:
        f(X)
    with pytest.raises(plain.type):
        hoad.grad(lambda x: np.sum(f(x)), X)
