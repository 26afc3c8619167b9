"""Distributions of vectors, density estimates, and statistics of samples, inside of derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats as st
from scipy.stats import _multivariate as of_scipy

import hoad
from hoad.errors import HoadError

X = np.array([0.3, 1.2, 2.2, 0.7, 1.9])
Y = np.array([0.5, 1.0, 2.5, 0.2, 1.0])


def difference(f: Callable[[Any], Any], x: Any, h: float = 1e-3) -> Any:
    """The gradient by central differences of order 8."""
    weights = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))
    unit = np.eye(np.size(x))
    return np.stack(
        [sum([w * (f(x + k * h * e) - f(x - k * h * e)) for k, w in weights]) / h for e in unit], -1
    )


def cov(p: Any) -> Any:
    return np.array([[p[0] + 1, 0.1 * p[1]], [0.1 * p[1], 1.0]])


def rebound(x: Any, width: Any) -> Any:
    estimate = st.gaussian_kde(x)
    estimate.set_bandwidth(width)
    return estimate


M = np.array([[1.0, 0.2], [0.2, 2.0]])
PAIR = [0.1, 0.2]
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "normal": lambda p: st.multivariate_normal.logpdf(PAIR, mean=[p[0], 0.0], cov=[[p[1], 0.1], [0.1, 1.0]]),
    "normal, points": lambda p: np.sum(st.multivariate_normal.pdf([PAIR, [0.4, 0.1]], mean=p, cov=cov(p))),
    "normal, frozen": lambda p: st.multivariate_normal(p, cov(p)).logpdf(PAIR),
    "normal, entropy": lambda p: st.multivariate_normal.entropy(p, cov(p)),
    "normal, at": lambda p: st.multivariate_normal.logpdf(p, mean=[0.0, 0.1], cov=np.eye(2)),
    "normal, by one number": lambda p: np.sum(st.multivariate_normal.logpdf(p, cov=p[0])),
    "dirichlet": lambda p: st.dirichlet.logpdf([0.2, 0.3, 0.5], [p[0], p[1], 2.0]),
    "dirichlet, moments": lambda p: st.dirichlet.mean(p)[0] + st.dirichlet.var(p)[1],
    "wishart": lambda p: st.wishart.logpdf(M, 5, cov(p)) + st.wishart.pdf(M * p[0], 4, M),
    "t": lambda p: st.multivariate_t.logpdf(PAIR, loc=p, shape=cov(p), df=4.0),
    "t, freedom": lambda p: st.multivariate_t.logpdf(PAIR, loc=p, shape=np.eye(2), df=p[0] + 2),
    "multinomial": lambda p: st.multinomial.logpmf([1, 2, 1], 4, [p[0] / 3, p[1] / 3, 1 - (p[0] + p[1]) / 3]),
    "kde, points": lambda p: np.sum(st.gaussian_kde(X)(p)) + np.sum(st.gaussian_kde(Y).logpdf(p)),
    "kde, data": lambda p: np.sum(st.gaussian_kde(X * p[0] + p[1])([1.0, 2.0])),
    "kde, two axes": lambda p: st.gaussian_kde(np.stack([X, Y * p[0]]))(p)[0],
    "kde, bandwidth": lambda p: st.gaussian_kde(X, p[0], weights=Y + p[1]).logpdf([1.0])[0],
    "normal, cdf": lambda p: st.multivariate_normal.cdf(p, [0.1, p[0]], cov(p)),
    "normal, frozen cdf": lambda p: np.sum(st.multivariate_normal(p, cov(p)).cdf([PAIR, [0.4, 0.1]])),
    "normal, logcdf": lambda p: st.multivariate_normal.logcdf(p, [0.1, 0.2], [[1.0, -0.4], [-0.4, 2.0]]),
    "kde, product with normal": lambda p: st.gaussian_kde(X * p[0]).integrate_gaussian(p[1], 0.5),
    "kde, plain, product with normal": lambda p: st.gaussian_kde(X).integrate_gaussian(p[1], p[0]),
    "kde, an interval": lambda p: st.gaussian_kde(X * p[0]).integrate_box_1d(0.3, p[1] + 1),
    "kde, plain, an interval": lambda p: st.gaussian_kde(X).integrate_box_1d(p[0], p[1] + 1),
    "kde, product": lambda p: st.gaussian_kde(X * p[0]).integrate_kde(st.gaussian_kde(Y + p[1])),
    "kde, marginal": lambda p: st.gaussian_kde(np.stack([X, Y * p[0]])).marginal(1)(p)[0],
    "kde, another bandwidth": lambda p: rebound(X * p[1], p[0])([1.0, 2.0])[0],
    "zscore": lambda p: np.sum(st.zscore(X * p[0] + p[1] * X**2) ** 3),
    "skew": lambda p: st.skew(X**2 * p[0] + p[1] * X) + st.skew(X**2 * p[0] + X, bias=False),
    "kurtosis": lambda p: st.kurtosis(X**2 * p[0] + p[1] * X) + st.kurtosis(X**2 * p[0] + X, bias=False),
    "moment": lambda p: st.moment(X * p[0] + p[1] * X**2, 3),
    "means": lambda p: st.gmean(X * p[0] + p[1]) + st.hmean(X * p[0] + p[1]) + st.pmean(X * p[0] + p[1], 3),
    "sem": lambda p: st.sem(X * p[0] + p[1] * X**2) + st.variation(X * p[0] + p[1]),
    "entropy": lambda p: st.entropy(X * p[0] + p[1]) + st.entropy(X * p[0] + p[1], Y, base=2),
    "pearsonr": lambda p: st.pearsonr(X * p[0] + X**2, Y * p[1] + Y**2).statistic,
    "pearsonr, taken apart": lambda p: st.pearsonr(X * p[0] + X**2, Y * p[1] + Y**2)[0],
    "expect": lambda p: st.norm.expect(lambda x: x**4 * p[0], loc=p[1], scale=2.0),
    "expect, shapes": lambda p: st.gamma(p[0], scale=p[1]).expect(lambda x: np.exp(-x)),
    "expect, a part": lambda p: st.gamma.expect(
        lambda x: x**2, args=(p[0],), scale=p[1], lb=0.5, conditional=True
    ),
    "expect, counts": lambda p: st.poisson.expect(lambda k: p[0] ** k, args=(p[1],)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_in_both_modes(name: str) -> None:
    f, x = PROGRAMS[name], np.array([0.7, 1.2])
    value, slope = hoad.value_and_grad(f, x)
    assert np.isclose(value, f(x), 1e-12)
    wanted = difference(f, x)
    assert np.allclose(slope, wanted, 1e-6, 1e-8)
    assert np.allclose(hoad.jacobian(f, x, mode="forward"), wanted, 1e-6, 1e-8)


@pytest.mark.parametrize("name", ["normal, frozen", "t", "dirichlet", "kde, data", "skew", "pearsonr"])
def test_second_order(name: str) -> None:
    f, x = PROGRAMS[name], np.array([0.7, 1.2])
    assert np.allclose(hoad.hessian(f, x), difference(hoad.grad(f), x), 1e-5, 1e-6)


AXES: dict[str, Callable[[Any, int], Any]] = {
    "skew": lambda a, axis: st.skew(a, axis=axis),
    "kurtosis": lambda a, axis: st.kurtosis(a, axis=axis),
    "gmean": lambda a, axis: st.gmean(a, axis=axis),
    "sem": lambda a, axis: st.sem(a, axis=axis),
    "entropy": lambda a, axis: st.entropy(a, axis=axis),
    "zscore": lambda a, axis: st.zscore(a, axis=axis),
}


@pytest.mark.parametrize("name", AXES)
@pytest.mark.parametrize("axis", [0, 1])
def test_along_an_axis(name: str, axis: int) -> None:
    f, a = AXES[name], np.random.default_rng(1).normal(size=(3, 4)) ** 2 + 0.5
    value, change = hoad.jvp(lambda a: f(a, axis), (a,), (np.cos(a),))
    wanted = difference(lambda t: f(a + t[0] * np.cos(a), axis), np.zeros(1))[..., 0]
    assert np.allclose(value, f(a, axis), 1e-12)
    assert np.allclose(change, wanted, 1e-6, 1e-8)


# Distributions that were made outside, with a point of each.
MADE: dict[str, tuple[Any, Any]] = {
    "normal": (st.multivariate_normal([0.1, 0.2], M), np.array(PAIR)),
    "normal, by its factor": (
        st.multivariate_normal(PAIR, st.Covariance.from_cholesky(np.linalg.cholesky(M))), np.ones(2)),
    "t": (st.multivariate_t([0.1, 0.2], M, 3), np.array(PAIR)),
    "dirichlet": (st.dirichlet([1.0, 2.0, 0.5]), np.array([0.2, 0.3])),
    "wishart": (st.wishart(4, M), M),
}  # fmt: skip


@pytest.mark.parametrize("method", ["logpdf", "pdf"])
@pytest.mark.parametrize("name", MADE)
def test_distributions_that_were_made_outside(name: str, method: str) -> None:
    dist, x = MADE[name]
    density = getattr(dist, method)
    f = lambda t: density(x * (1 + t)) if x.ndim == 2 else density(x + t * np.array([0.5, -0.4]))
    wanted = difference(lambda t: f(t[0]), np.zeros(1))
    for mode in (hoad.derivative, hoad.grad):
        assert np.allclose(mode(f, 0.0), wanted, 1e-6, 1e-8)
    assert np.allclose(
        hoad.derivative(f, 0.0, 2), difference(lambda t: hoad.grad(f, t[0]), np.zeros(1)), 1e-5
    )


def test_each_that_takes_its_parameters_can_be_made_outside() -> None:
    """A class with doors for its densities has them for the class of those that are made of it."""
    from hoad.adapting.doors import door_of

    for name, cls in vars(of_scipy).items():
        if not name.endswith("_gen"):
            continue
        frozen = vars(of_scipy).get(name.replace("_gen", "_frozen"))
        for method in ("logpdf", "pdf", "logpmf", "pmf"):
            if door_of(vars(cls).get(method)) is not None and frozen is not None:
                assert door_of(vars(frozen)[method]) is not None, (name, method)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "a p-value": lambda t: st.pearsonr(X * t, Y).pvalue * t,
    "a p-value, taken apart": lambda t: st.pearsonr(X * t, Y)[1] * t,
    "nan": lambda t: st.skew(X * t, nan_policy="omit"),
    "a cdf of many": lambda t: st.multivariate_normal.cdf([t] * 5, np.zeros(5), np.eye(5)),
    "a cdf between limits": lambda t: st.multivariate_normal.cdf(
        [t, 1.0], [0.0, 0.0], np.eye(2), lower_limit=[-1.0, -1.0]
    ),
    "a draw": lambda t: st.multivariate_normal.rvs([t, 0.0], np.eye(2))[0],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_differentiated_is_refused(name: str) -> None:
    with pytest.raises(HoadError):
        hoad.derivative(REFUSED[name], 0.7)


@pytest.mark.parametrize("n", [3, 4])
def test_the_distribution_function_of_more_components(n: int) -> None:
    """Against a product of independent ones, turned: rows and columns of the covariance in another order."""
    rng = np.random.default_rng(n)
    blocks = np.kron(np.eye(2), np.array([[1.3, 0.5], [0.5, 0.9]]))[:n, :n]
    order = rng.permutation(n)
    x = rng.normal(size=n) + 0.5

    def two(h: Any, s: Any) -> Any:
        return st.multivariate_normal.cdf(h, np.zeros(len(h)), s)

    def apart(x: Any, s: Any) -> Any:
        return two(x[:2], s[:2, :2]) * two(x[2:], s[2:, 2:])

    def whole(x: Any, s: Any) -> Any:
        return two(x[order], s[order][:, order])

    wanted, found = hoad.grad(apart, x, blocks), hoad.grad(whole, x, blocks)
    assert np.allclose(found, wanted, 1e-5, 1e-5)  # the factors are SciPy's values, which have five digits
