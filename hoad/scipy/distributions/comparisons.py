"""Tests of Student's, regression on a line, and what describes a sample: ``ttest_1samp``, ``ttest_rel``,
``ttest_ind``, ``linregress``, ``describe``, ``iqr``, ``median_abs_deviation``; p-values too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc
import scipy.stats as st

from ...chainrules.numpy.shaping import cast
from ...errors import ArgumentError
from ...nested import refused
from ...values.captures import traced_in
from .continuous import taken
from .precision import statistic
from .summaries import central, sample

TINY = 1e-20  # as SciPy has it, so that a correlation of 1 has a finite t


class Result(tuple[Any, ...]):
    """Numbers in a row that have names, as SciPy returns them."""

    def __new__(cls, names: str, *values: Any, **more: Any) -> Any:
        made = super().__new__(cls, values)
        vars(made).update({**dict(zip(names.split(), values, strict=True)), **more})
        return made

    def __getattr__(self, name: str) -> Any:
        known = ", ".join(vars(self))
        raise AttributeError(f"inside a derivative this result of scipy.stats has {known}, and no {name}")


def probability(t: Any, df: Any, alternative: str) -> Any:
    """The p-value of Student's statistic.

    Raises:
        ValueError: there is no such alternative.
    """
    if alternative == "less":
        return sc.stdtr(df, t)
    if alternative == "greater":
        return sc.stdtr(df, -t)
    if alternative != "two-sided":
        raise ValueError("`alternative` must be 'less', 'greater', or 'two-sided'.")
    return 2 * sc.stdtr(df, -np.abs(t))


def tested(t: Any, df: Any, alternative: str) -> Any:
    """The result of a test."""
    return Result("statistic pvalue", t, probability(t, df, alternative), df=df)


@statistic(st.ttest_1samp)
def ttest_1samp(
    a: Any,
    popmean: Any,
    axis: Any = 0,
    nan_policy: Any = "propagate",
    alternative: str = "two-sided",
    **rest: Any,
) -> Any:
    """Whether a mean is what is said."""
    a, axis = sample(a, axis, rest | {"nan_policy": nan_policy})
    n = np.shape(a)[axis]
    popmean = popmean if isinstance(popmean, (int, float)) else taken(popmean)
    t = (np.mean(a, axis=axis) - popmean) / np.sqrt(np.var(a, axis=axis, ddof=1) / n)
    return tested(t, n - 1.0, alternative)


@statistic(st.ttest_rel)
def ttest_rel(
    a: Any, b: Any, axis: Any = 0, nan_policy: Any = "propagate", alternative: str = "two-sided", **rest: Any
) -> Any:
    """Whether the mean of differences is zero."""
    return ttest_1samp(taken(a) - taken(b), 0.0, axis, nan_policy, alternative, **rest)


@statistic(st.ttest_ind)
def ttest_ind(
    a: Any,
    b: Any,
    axis: Any = 0,
    equal_var: bool = True,
    nan_policy: Any = "propagate",
    alternative: str = "two-sided",
    trim: float = 0,
    **rest: Any,
) -> Any:
    """Whether two means are equal."""
    rest.pop("random_state", None)  # of the permutations
    if trim or any([rest.pop(name, None) for name in ("permutations", "method")]):
        message = "scipy.stats.ttest_ind with permutations or trim has no derivative here; leave it out"
        raise refused(ArgumentError(message), *traced_in((a, b)))
    (a, axis), (b, _) = (sample(x, axis, rest | {"nan_policy": nan_policy}) for x in (a, b))
    n, m = np.shape(a)[axis], np.shape(b)[axis]
    u, v = (np.var(x, axis=axis, ddof=1) for x in (a, b))
    if equal_var:
        df: Any = n + m - 2.0
        spread = ((n - 1) * u + (m - 1) * v) / df * (1 / n + 1 / m)
    else:
        u, v = u / n, v / m
        df, spread = (u + v) ** 2 / (u**2 / (n - 1) + v**2 / (m - 1)), u + v
    return tested((np.mean(a, axis=axis) - np.mean(b, axis=axis)) / np.sqrt(spread), df, alternative)


@statistic(st.linregress)
def linregress(x: Any, y: Any = None, alternative: str = "two-sided", **rest: Any) -> Any:
    """The line of least squares through points."""
    if y is None:
        x = taken(x)
        x, y = (x[0], x[1]) if np.shape(x)[0] == 2 else (x[:, 0], x[:, 1])
    (x, _), (y, _) = (sample(cast(taken(a), np.float64), None, rest) for a in (x, y))
    n, u, v = np.shape(x)[0], x - np.mean(x), y - np.mean(y)
    if n < 3:
        raise refused(
            ArgumentError("scipy.stats.linregress has a derivative from three points on"), *traced_in((x, y))
        )
    xx, xy, yy = np.mean(u * u), np.mean(u * v), np.mean(v * v)
    r, slope = xy / np.sqrt(xx * yy), xy / xx
    t = r * np.sqrt((n - 2) / ((1.0 - r + TINY) * (1.0 + r + TINY)))
    error = np.sqrt((1 - r**2) * yy / xx / (n - 2))
    intercept = np.mean(y) - slope * np.mean(x)
    return Result(
        "slope intercept rvalue pvalue stderr", slope, intercept, r,
        probability(t, n - 2.0, alternative), error, intercept_stderr=error * np.sqrt(xx + np.mean(x) ** 2),
    )  # fmt: skip


@statistic(st.describe)
def describe(a: Any, axis: Any = 0, ddof: int = 1, bias: bool = True, nan_policy: Any = "propagate") -> Any:
    """Number, range, mean, variance, skewness and kurtosis."""
    a, axis = sample(a, axis, {"nan_policy": nan_policy})
    n = np.shape(a)[axis]
    second = central(a, 2, axis)
    skew, kurtosis = central(a, 3, axis) / second**1.5, central(a, 4, axis) / second**2
    if not bias:
        skew = skew * np.sqrt(n * (n - 1)) / (n - 2)
        kurtosis = ((n * n - 1.0) * kurtosis - 3 * (n - 1) ** 2) / ((n - 2) * (n - 3)) + 3
    ends = np.min(a, axis=axis), np.max(a, axis=axis)
    names = "nobs minmax mean variance skewness kurtosis"
    return Result(names, n, ends, np.mean(a, axis=axis), np.var(a, axis=axis, ddof=ddof), skew, kurtosis - 3)


@statistic(st.iqr)
def iqr(
    x: Any,
    axis: Any = None,
    rng: Any = (25, 75),
    scale: Any = 1.0,
    nan_policy: Any = "propagate",
    interpolation: str = "linear",
    keepdims: bool = False,
) -> Any:
    """The range between two percentiles."""
    sample(x, 0, {"nan_policy": nan_policy})
    low, high = (
        np.percentile(taken(x), q, axis=axis, method=interpolation, keepdims=keepdims) for q in sorted(rng)
    )
    return (high - low) / normal_scale(scale, 2 * 2**0.5 * float(sc.erfinv(0.5)))


@statistic(st.median_abs_deviation)
def median_abs_deviation(
    x: Any,
    axis: Any = 0,
    center: Any = None,
    scale: Any = 1.0,
    nan_policy: Any = "propagate",
    **rest: Any,
) -> Any:
    """The median of the distances from a center."""
    x, axis = sample(x, axis, {"nan_policy": nan_policy, **rest})
    middle = np.expand_dims((np.median if center is None else center)(x, axis=axis), axis)
    return np.median(np.abs(x - middle), axis=axis) / normal_scale(scale, 0.6744897501960817)


def normal_scale(scale: Any, normal: float) -> Any:
    """The unit of a spread, by its name too.

    Raises:
        ValueError: there is no such name.
    """
    if isinstance(scale, str) and scale.lower() != "normal":
        raise ValueError(f"{scale} is not a valid scale for `iqr`")
    return normal if isinstance(scale, str) else scale
