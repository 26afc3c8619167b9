"""More statistics of samples, against differences of SciPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import proofs
import pytest
from scipy import stats

import hoad

RNG = np.random.default_rng(1)
A, B, C = RNG.normal(size=8), RNG.normal(size=5) + 0.4, RNG.normal(size=6) * 1.3
ROWS = np.abs(RNG.normal(size=(6, 2))) + 0.5
PLUS = np.abs(A) + 0.3

CASES: dict[str, Any] = {
    "tmean": (lambda a: stats.tmean(a), A),
    "tvar": (lambda a: (stats.tvar(a), stats.tstd(a, axis=0)), ROWS),
    "gstd": (lambda a: stats.gstd(a), ROWS),
    "gzscore": (lambda a: stats.gzscore(a, axis=1, ddof=1), ROWS),
    "trim_mean": (lambda a: stats.trim_mean(a, 0.2), A),
    "trim_mean of rows": (lambda a: stats.trim_mean(a, 0.2, axis=0), ROWS),
    "circmean": (lambda a: stats.circmean(a, high=180), 40 * A),
    "circvar": (lambda a: stats.circvar(a), A),
    "circstd": (lambda a: (stats.circstd(a), stats.circstd(a, high=3, normalize=True)), A),
    "kstat": (lambda a: [stats.kstat(a, n) for n in (1, 2, 3, 4)], A),
    "f_oneway": (lambda a, b, c: tuple(stats.f_oneway(a, b, c)), A, B, C),
    "levene": (lambda a, b, c: tuple(stats.levene(a, b, c)), A, B, C),
    "levene by means": (lambda a, b: tuple(stats.levene(a, b, center="mean")), A, B),
    "bartlett": (lambda a, b, c: tuple(stats.bartlett(a, b, c)), A, B, C),
    "chisquare": (lambda a: tuple(stats.chisquare(a)), PLUS),
    "power_divergence": (lambda a: tuple(stats.power_divergence(a, lambda_="log-likelihood")), PLUS),
    "Cressie and Read": (lambda a: tuple(stats.power_divergence(a, lambda_="cressie-read")), PLUS),
    "jarque_bera": (lambda a: tuple(stats.jarque_bera(a)), A),
    "wasserstein_distance": (lambda a, b: stats.wasserstein_distance(a, b), A, B),
    "energy_distance": (lambda a, b: stats.energy_distance(a, b), A, B),
    "boxcox": (lambda a, p: (stats.boxcox(a, p), stats.boxcox_llf(p, a)), PLUS, 0.4),
    "yeojohnson": (lambda a, p: (stats.yeojohnson(a, p), stats.yeojohnson_llf(p, a)), A, 0.4),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_derivatives(name: str) -> None:
    f, *args = CASES[name]
    proofs.prove(f, *args, exact=1e-9, step=1e-3, differences=1e-7, batches=False, orders=2)


@pytest.mark.parametrize(
    "call",
    [
        lambda a: stats.tmean(a, limits=(0, 1)),
        lambda a: stats.boxcox(a * a + 1)[1],
        lambda a: stats.wasserstein_distance(a, B, u_weights=PLUS),
        lambda a: stats.levene(a, B, center="trimmed")[0],
    ],
)
def test_what_is_refused_says_so(call: Any) -> None:
    with pytest.raises(hoad.errors.ArgumentError, match=r"scipy\.stats\."):
        hoad.grad(call, A)
