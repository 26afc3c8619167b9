"""Densities of vectors have the shape that SciPy gives them, which leaves out axes of length one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats as st

import hoad

SHAPES = [(), (1,), (3,), (2, 3), (1, 3), (1, 1)]
MADE = {
    "normal": lambda n, t: st.multivariate_normal(mean=np.full(n, 0.1) * t, cov=np.eye(n) * 1.5),
    "normal by its covariance": lambda n, t: st.multivariate_normal(cov=np.eye(n) * t),
    "t": lambda n, t: st.multivariate_t(loc=np.full(n, 0.1), shape=np.eye(n) * t, df=4.0),
}
CALLED = {
    "normal": lambda x, n, t: st.multivariate_normal.logpdf(x, np.full(n, 0.1), np.eye(n) * t),
    "normal of a number": lambda x, n, t: (
        st.multivariate_normal.pdf(x, cov=1.5 * t) if n == 1 else x[..., 0] * t
    ),
    "t": lambda x, n, t: st.multivariate_t.pdf(x, np.full(n, 0.1), np.eye(n) * t, 3.0),
}
X = np.sin(np.arange(1.0, 30.0))


def same_shapes(f: Any, x: np.ndarray) -> None:
    """By the point, and by a parameter, in both modes."""
    for g, at in ((lambda x: f(x, 1.2), x), (lambda t: f(x, t), 1.2)):
        value = np.asarray(g(at))
        for mode in ("forward", "reverse"):
            slope = hoad.jacobian(g, at, mode=mode)
            assert np.shape(slope) == value.shape + np.shape(at)
        if value.ndim == 0:
            assert np.shape(hoad.grad(g)(at)) == np.shape(at)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("name", CALLED)
def test_called(name: str, n: int, shape: tuple[int, ...]) -> None:
    same_shapes(lambda x, t: CALLED[name](x, n, t), np.resize(X, (*shape, n)))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("name", MADE)
def test_made_before(name: str, n: int, shape: tuple[int, ...]) -> None:
    same_shapes(lambda x, t: MADE[name](n, t).logpdf(x), np.resize(X, (*shape, n)))


@pytest.mark.parametrize("shape", [(2,), (2, 1), (2, 3), (3, 1), (3, 4)], ids=str)
def test_dirichlet(shape: tuple[int, ...]) -> None:
    x = np.abs(np.resize(X, shape))
    x = x / np.sum(x, axis=0) if shape[0] == 3 else x / (1 + np.sum(x, axis=0))
    f = lambda t: st.dirichlet.logpdf(x, np.array([1.5, 2.0, 2.5]) * t)
    assert np.shape(hoad.jacobian(f, 1.2)) == np.shape(f(1.2))


@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 3), (1, 2, 3)], ids=str)
def test_multinomial(shape: tuple[int, ...]) -> None:
    x = np.resize([1, 2, 1], shape)
    f = lambda t: st.multinomial.logpmf(x, 4, np.array([0.2, 0.5, 0.3]) * t)
    assert np.shape(hoad.jacobian(f, 1.0)) == np.shape(f(1.0))


def test_points_of_one_component_may_lack_the_axis() -> None:
    for x in (0.3, np.array([0.3]), np.array([0.3, 0.4])):
        same_shapes(lambda x, t: st.multivariate_normal.logpdf(x, cov=t), x)
