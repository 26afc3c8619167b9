"""Distributions of the new form, against differences of SciPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import proofs
import pytest
from scipy import stats

import hoad

pytestmark = pytest.mark.skipif(not hasattr(stats, "Normal"), reason="since SciPy 1.15")
X, SHARE = np.array([0.3, 0.9]), np.array([0.2, 0.7])
OF_POINT = ("pdf", "logpdf", "cdf", "ccdf", "logcdf", "logccdf")
QUANTILES = ("icdf", "iccdf")
MOMENTS = ("mean", "variance", "standard_deviation", "skewness", "kurtosis", "entropy", "median")
Gamma = stats.make_distribution(stats.gamma) if hasattr(stats, "make_distribution") else None
Weibull = stats.make_distribution(stats.weibull_min) if hasattr(stats, "make_distribution") else None

CASES: dict[str, Any] = {
    "Normal": (lambda m, s, x: [getattr(stats.Normal(mu=m, sigma=s), n)(x) for n in OF_POINT], 0.3, 1.2, X),
    "Normal, quantiles": (
        lambda m, s, p: [getattr(stats.Normal(mu=m, sigma=s), n)(p) for n in QUANTILES], 0.3, 1.2, SHARE),
    "Normal, moments": (lambda m, s: [getattr(stats.Normal(mu=m, sigma=s), n)() for n in MOMENTS], 0.3, 1.2),
    "Normal, standard": (lambda x: stats.Normal().logpdf(x), X),
    "Normal, between": (lambda m, x: stats.Normal(mu=m, sigma=2.0).cdf(x, x + 1.0), 0.3, X),
    "Normal, outside": (lambda m, x: stats.Normal(mu=m, sigma=2.0).ccdf(x, x + 1.0), 0.3, X),
    "Uniform": (lambda a, b, x: stats.Uniform(a=a, b=b).logpdf(x), 0.0, 1.5, X),
    "made": (lambda a, x: [getattr(Gamma(a=a), n)(x) for n in OF_POINT], 2.3, X),
    "made, moments": (lambda a: [getattr(Gamma(a=a), n)() for n in MOMENTS], 2.3),
    "made, moved and scaled": (lambda a, s, x: (s * Gamma(a=a) + 0.1 - 0.3).logpdf(x), 2.3, 1.7, X),
    "made, quantiles": (lambda c, p: (Weibull(c=c) / 2.0).icdf(p), 1.3, SHARE),
    "Binomial": (lambda p: stats.Binomial(n=5, p=p).logpmf(np.array([1, 3])), 0.4),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_derivatives(name: str) -> None:
    if name == "Binomial" and not hasattr(stats, name):
        pytest.skip("not in this SciPy")
    f, *args = CASES[name]
    proofs.prove(f, *args, orders=2, differences=1e-7, exact=1e-9)


def test_what_is_not_there_is_an_error() -> None:
    with pytest.raises(hoad.errors.HoadError, match="scaled by positive numbers"):
        hoad.derivative(lambda t: (-1.0 * stats.Normal(mu=t, sigma=1.0)).pdf(0.3), 0.7)
    with pytest.raises(hoad.errors.HoadError, match="has no mode"):
        hoad.derivative(lambda t: stats.Normal(mu=t, sigma=1.0).mode(), 0.7)
