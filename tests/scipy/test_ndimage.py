"""Filters of ``scipy.ndimage``: SciPy's values in every mode, and derivatives in the array, the weights and
the width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import hoad
from hoad.chainrules.scipy.images import MODES

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


def test_what_has_no_rule_says_so() -> None:
    with pytest.raises(hoad.errors.MissingRuleError, match=r"scipy.ndimage.zoom has no derivative here"):
        hoad.grad(lambda x: np.sum(ndimage.zoom(x, 2)), X)
