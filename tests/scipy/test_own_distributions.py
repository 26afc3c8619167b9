"""Distributions of users' own classes, and those that a program makes as it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats as st

import hoad
from hoad.errors import NotDifferentiableError

DATA = np.array([0.1, 0.5, 0.9, 0.3, 0.2, 0.4])


class Power(st.rv_continuous):
    def _pdf(self, x: Any, a: Any) -> Any:
        return a * x ** (a - 1)


class ByCdf(st.rv_continuous):
    def _cdf(self, x: Any, a: Any) -> Any:
        return x**a


class Laplace(st.rv_continuous):
    def _pdf(self, x: Any, a: Any, b: Any) -> Any:
        return 0.5 * a * np.exp(-a * np.abs(x - b))


class Geometric(st.rv_discrete):
    def _pmf(self, k: Any, p: Any) -> Any:
        return p * (1 - p) ** k


POWER, LAPLACE = Power(a=0.0, b=1.0, name="power"), Laplace(name="own")
BY_CDF = ByCdf(a=0.0, b=1.0, name="by_cdf")
GEOMETRIC = Geometric(name="geometric")
HISTOGRAM = st.rv_histogram(np.histogram(DATA, bins=3))
CALLS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "pdf by x": (lambda x: POWER.pdf(x, 2.0), 0.3),
    "pdf by a": (lambda a: POWER.pdf(0.3, a), 2.0),
    "logpdf": (lambda a: POWER.logpdf(0.3, a), 2.0),
    "cdf": (lambda a: POWER.cdf(0.3, a), 2.0),
    "sf": (lambda x: POWER.sf(x, 2.0), 0.4),
    "ppf": (lambda q: POWER.ppf(q, 2.0), 0.4),
    "frozen": (lambda a: POWER(a).pdf(0.3), 2.0),
    "by a cdf": (lambda a: BY_CDF.cdf(0.3, a), 2.0),
    "quantile by a cdf": (lambda a: BY_CDF.ppf(0.3, a), 2.0),
    "two parameters": (lambda b: LAPLACE.pdf(0.3, 2.0, b), 0.1),
    "loc": (lambda m: LAPLACE.pdf(0.3, 2.0, 0.1, loc=m), 0.05),
    "nnlf": (lambda a: LAPLACE.nnlf((a, 0.11, 0.0, 1.0), DATA), 2.0),
    "pmf": (lambda p: GEOMETRIC.pmf(3, p), 0.3),
    "cdf of a discrete one": (lambda p: GEOMETRIC.cdf(3, p), 0.3),
    "cdf of a histogram": (lambda x: HISTOGRAM.cdf(x), 0.3),
    "quantile of a histogram": (lambda q: HISTOGRAM.ppf(q), 0.3),
    "made as it runs": (lambda x: st.rv_histogram(np.histogram(DATA, bins=3)).cdf(x), 0.3),
    "normal": (lambda x: st.multivariate_normal([0.0, 0.1], np.eye(2)).logpdf(np.stack([x, 0.3])), 0.4),
    "cdf of a normal": (lambda x: st.multivariate_normal([0.0, 0.1], np.eye(2)).cdf(np.stack([x, 0.3])), 0.4),
    "logcdf of it": (lambda x: st.multivariate_normal([0.0, 0.1], np.eye(2)).logcdf(np.stack([x, 0.3])), 0.4),
    "t": (lambda x: st.multivariate_t([0.0, 0.1], np.eye(2)).pdf(np.stack([x, 0.3])), 0.4),
    "dirichlet": (lambda x: st.dirichlet([2.0, 3.0]).logpdf(np.stack([x, 1 - x])), 0.4),
    "wishart": (lambda x: st.wishart(3.0, np.eye(2)).logpdf(np.eye(2) * x), 0.4),
    "kernel density": (lambda x: st.gaussian_kde(DATA)(x)[0], 0.4),
}


@pytest.mark.parametrize("name", CALLS)
def test_derivative(name: str) -> None:
    f, x = CALLS[name]
    h = 1e-4
    right = (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)
    for operator in (hoad.grad, hoad.derivative):
        assert operator(f)(x) == pytest.approx(right, rel=2e-6)


def test_quantiles_of_an_own_discrete_one_are_refused_by_name() -> None:
    with pytest.raises(NotDifferentiableError, match=r"geometric\.ppf has no derivative by p"):
        hoad.grad(lambda p: GEOMETRIC.ppf(0.4, p))(0.3)


def test_a_mean_that_scipy_integrates() -> None:
    for operator in (hoad.grad, hoad.derivative):
        assert operator(lambda a: POWER.mean(a))(2.0) == pytest.approx(1 / 9, rel=1e-8)
