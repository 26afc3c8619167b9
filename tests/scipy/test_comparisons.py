"""Tests of Student's, regression and descriptions of samples, against differences of SciPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import proofs
import pytest
from scipy import stats

import hoad

RNG = np.random.default_rng(1)
A, B = RNG.normal(size=7), RNG.normal(size=5) + 0.4
ROWS = RNG.normal(size=(6, 2))


def line(x: Any, y: Any, **options: Any) -> Any:
    found = stats.linregress(x, y, **options)
    return (*found, found.intercept_stderr)


CASES: dict[str, Any] = {
    "ttest_1samp": (lambda a: stats.ttest_1samp(a, 0.3), A),
    "ttest_1samp of rows": (lambda a: stats.ttest_1samp(a, 0.1, axis=0, alternative="less"), ROWS),
    "ttest_1samp by the mean": (lambda m: stats.ttest_1samp(A, m[0], alternative="greater"), np.array([0.2])),
    "ttest_rel": (lambda a, b: stats.ttest_rel(a, b), A[:5], B),
    "ttest_ind": (lambda a, b: stats.ttest_ind(a, b), A, B),
    "ttest_ind of rows": (lambda a: stats.ttest_ind(a, ROWS[:4] + 0.2, axis=0), ROWS),
    "Welch": (lambda a, b: stats.ttest_ind(a, b, equal_var=False), A, B),
    "Welch's degrees": (lambda a, b: stats.ttest_ind(a, b, equal_var=False).df, A, B),
    "linregress": (lambda x, y: line(x, y), A[:5], B),
    "linregress, one side": (lambda x, y: line(x, y, alternative="greater"), A[:5], B),
    "describe": (lambda a: stats.describe(a)[1:], A),
    "describe unbiased": (lambda a: stats.describe(a, axis=None, ddof=0, bias=False)[1:], ROWS),
    "iqr": (lambda a: stats.iqr(a), A),
    "iqr, its options": (lambda a: stats.iqr(a, axis=0, rng=(20, 70), scale="normal", keepdims=True), ROWS),
    "median_abs_deviation": (lambda a: stats.median_abs_deviation(a, axis=0), ROWS),
    "median_abs_deviation from the mean": (
        lambda a: stats.median_abs_deviation(a, center=np.mean, scale="normal"), A),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_derivatives(name: str) -> None:
    f, *args = CASES[name]
    proofs.prove(f, *args, exact=1e-9, step=1e-3, differences=1e-7, batches=False, orders=2)


def test_names_and_what_is_not_there() -> None:
    def f(a: Any) -> Any:
        found = stats.ttest_ind(a, B)
        statistic, pvalue = found
        assert found.statistic is statistic and found.pvalue is pvalue and found.df == 10
        assert stats.describe(a).nobs == 7 and stats.linregress(a[:5], B).slope is not None
        return found.confidence_interval()

    with pytest.raises(AttributeError, match="statistic, pvalue, df"):
        hoad.grad(f, A)
    with pytest.raises(hoad.errors.ArgumentError, match="trim"):
        hoad.grad(lambda a: stats.ttest_ind(a, B, trim=0.2)[0], A)
    with pytest.raises(ValueError, match="alternative"):
        hoad.grad(lambda a: stats.ttest_1samp(a, 0.0, alternative="both")[0], A)
