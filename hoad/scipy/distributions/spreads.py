"""More statistics of samples: trimmed, geometric and circular ones, tests of equal means and variances, of
counts, and distances of two samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc
import scipy.stats as st

from ...errors import ArgumentError
from ...nested import primal, refused
from ...values.captures import traced_in
from .comparisons import Result
from .continuous import taken
from .precision import statistic
from .summaries import central, sample, z_map


def without_limits(name: str, a: Any, limits: Any, inclusive: Any) -> None:
    """Refuse limits, which choose elements by their values."""
    if limits is not None:
        message = f"scipy.stats.{name} with limits has no derivative here; index what lies within them"
        raise refused(ArgumentError(message), *traced_in((a, limits, inclusive)))


@statistic(st.tmean)
def _(a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = None, **rest: Any) -> Any:
    without_limits("tmean", a, limits, inclusive)
    a, axis = sample(a, axis, rest)
    return np.mean(a, axis=axis)


@statistic(st.tvar)
def _(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: int = 1, **rest: Any
) -> Any:
    without_limits("tvar", a, limits, inclusive)
    a, axis = sample(a, axis, rest)
    return np.var(a, axis=axis, ddof=ddof)


@statistic(st.tstd)
def _(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: int = 1, **rest: Any
) -> Any:
    without_limits("tstd", a, limits, inclusive)
    a, axis = sample(a, axis, rest)
    return np.std(a, axis=axis, ddof=ddof)


@statistic(st.gstd)
def _(a: Any, axis: Any = 0, ddof: int = 1, **rest: Any) -> Any:
    a, axis = sample(a, axis, rest)
    return np.exp(np.std(np.log(a), axis=axis, ddof=ddof))


@statistic(st.gzscore)
def _(a: Any, *, axis: Any = 0, ddof: int = 0, **rest: Any) -> Any:
    logs = np.log(taken(a))
    return z_map(logs, logs, axis, ddof, rest)


@statistic(st.trim_mean)
def _(a: Any, proportiontocut: Any, axis: Any = 0, **rest: Any) -> Any:
    a, axis = sample(a, axis, rest)
    n = np.shape(a)[axis]
    low = int(primal(proportiontocut) * n)
    if low >= n - low:
        raise ValueError("Proportion too big.")
    return np.mean(np.moveaxis(np.sort(a, axis=axis), axis, 0)[low : n - low], axis=0)


def on_circle(samples: Any, high: Any, low: Any, axis: Any, rest: dict[str, Any]) -> tuple[Any, Any]:
    """The mean cosine and sine of angles."""
    a, axis = sample(samples, axis, rest)
    angles = (a - low) * 2 * np.pi / (high - low)
    return np.mean(np.cos(angles), axis=axis), np.mean(np.sin(angles), axis=axis)


@statistic(st.circmean)
def _(samples: Any, high: Any = 2 * np.pi, low: Any = 0, axis: Any = None, **rest: Any) -> Any:
    c, s = on_circle(samples, high, low, axis, rest)
    angle = np.arctan2(s, c)
    return np.where(angle < 0, angle + 2 * np.pi, angle) * (high - low) / 2 / np.pi + low


@statistic(st.circvar)
def _(samples: Any, high: Any = 2 * np.pi, low: Any = 0, axis: Any = None, **rest: Any) -> Any:
    return 1 - np.hypot(*on_circle(samples, high, low, axis, rest))


@statistic(st.circstd)
def _(
    samples: Any,
    high: Any = 2 * np.pi,
    low: Any = 0,
    axis: Any = None,
    *,
    normalize: bool = False,
    **rest: Any,
) -> Any:
    found = np.sqrt(-2 * np.log(np.hypot(*on_circle(samples, high, low, axis, rest))))
    return found if normalize else found * (high - low) / (2 * np.pi)


@statistic(st.kstat)
def _(data: Any, n: int = 2, *, axis: Any = None, **rest: Any) -> Any:
    """The unbiased estimates of the first cumulants."""
    a, axis = sample(data, axis, rest)
    m = np.shape(a)[axis]
    if n not in (1, 2, 3, 4):
        raise ValueError("k-statistics only supported for 1<=n<=4")
    if n == 1:
        return np.mean(a, axis=axis)
    second = central(a, 2, axis)
    if n == 2:
        return second * m / (m - 1)
    if n == 3:
        return central(a, 3, axis) * m * m / ((m - 1) * (m - 2))
    fourth = (m + 1) * central(a, 4, axis) - 3 * (m - 1) * second**2
    return fourth * m * m / ((m - 1) * (m - 2) * (m - 3))


# ------------------------------------------------------------------------------------------------------------
# Tests
# ------------------------------------------------------------------------------------------------------------


def samples_of(name: str, samples: Any, axis: Any, rest: dict[str, Any]) -> list[Any]:
    """Samples of one axis, which is the one that is asked for."""
    found, axes = zip(*[sample(a, axis, rest) for a in samples], strict=True)
    if any([np.ndim(a) != 1 or k not in (0, -1) for a, k in zip(found, axes, strict=True)]):
        message = f"inside a derivative, scipy.stats.{name} is of samples of one axis"
        raise refused(ArgumentError(message), *traced_in(samples))
    return list(found)


def variances_between(groups: list[Any]) -> tuple[Any, Any, Any]:
    """The ratio of the variances between and within groups, and the degrees of freedom."""
    n, k = sum([np.size(a) for a in groups]), len(groups)
    means = [np.mean(a) for a in groups]
    whole = sum([np.size(a) * m for a, m in zip(groups, means, strict=True)]) / n
    between = sum([np.size(a) * (m - whole) ** 2 for a, m in zip(groups, means, strict=True)]) / (k - 1)
    within = sum([np.sum((a - m) ** 2) for a, m in zip(groups, means, strict=True)]) / (n - k)
    return between / within, k - 1.0, n - k + 0.0


@statistic(st.f_oneway)
def f_oneway(*samples: Any, axis: Any = 0, **rest: Any) -> Any:
    """Whether means are equal."""
    f, a, b = variances_between(samples_of("f_oneway", samples, axis, rest))
    return Result("statistic pvalue", f, sc.fdtrc(a, b, f))


@statistic(st.levene)
def levene(
    *samples: Any, center: str = "median", proportiontocut: float = 0.05, axis: Any = 0, **rest: Any
) -> Any:
    """Whether variances are equal, by the distances from the centers."""
    middle = {"median": np.median, "mean": np.mean}.get(center)
    if middle is None:
        raise refused(
            ArgumentError("scipy.stats.levene has a derivative with center='mean' or 'median'"),
            *traced_in(samples),
        )
    groups = [np.abs(a - middle(a)) for a in samples_of("levene", samples, axis, rest)]
    w, a, b = variances_between(groups)
    return Result("statistic pvalue", w, sc.fdtrc(a, b, w))


@statistic(st.bartlett)
def bartlett(*samples: Any, axis: Any = 0, **rest: Any) -> Any:
    """Whether variances are equal, of normal samples."""
    groups = samples_of("bartlett", samples, axis, rest)
    variances, k = np.stack([np.var(a, ddof=1) for a in groups]), len(groups)
    sizes = np.array([np.size(a) for a in groups], dtype=variances.dtype)
    left = np.sum(sizes) - k
    pooled = np.sum((sizes - 1) * variances) / left
    top = left * np.log(pooled) - np.sum((sizes - 1) * np.log(variances))
    found = top / (1 + (np.sum(1 / (sizes - 1)) - 1 / left) / (3 * (k - 1)))
    return Result("statistic pvalue", found, sc.chdtrc(k - 1.0, found))


LAMBDAS = {
    "pearson": 1, "log-likelihood": 0, "freeman-tukey": -0.5, "mod-log-likelihood": -1, "neyman": -2,
    "cressie-read": 2 / 3,
}  # fmt: skip


@statistic(st.power_divergence)
def power_divergence(
    f_obs: Any, f_exp: Any = None, ddof: Any = 0, axis: Any = 0, lambda_: Any = None, **rest: Any
) -> Any:
    """Whether counts are as expected."""
    seen, axis = sample(f_obs, axis, {k: v for k, v in rest.items() if k != "sum_check"})
    wanted = np.mean(seen, axis=axis, keepdims=True) if f_exp is None else taken(f_exp)
    power = 1 if lambda_ is None else LAMBDAS[lambda_] if isinstance(lambda_, str) else lambda_
    if power == 1:
        terms = (seen - wanted) ** 2 / wanted
    elif power == 0:
        terms = 2.0 * sc.xlogy(seen, seen / wanted)
    elif power == -1:
        terms = 2.0 * sc.xlogy(wanted, wanted / seen)
    else:
        terms = seen * ((seen / wanted) ** power - 1) * 2.0 / (power * (power + 1))
    found = np.sum(terms, axis=axis)
    return Result("statistic pvalue", found, sc.chdtrc(np.shape(terms)[axis] - 1.0 - ddof, found))


@statistic(st.chisquare)
def chisquare(f_obs: Any, f_exp: Any = None, ddof: Any = 0, axis: Any = 0, **rest: Any) -> Any:
    """Whether counts are as expected, by squares."""
    return power_divergence(f_obs, f_exp, ddof, axis, "pearson", **rest)


@statistic(st.jarque_bera)
def jarque_bera(x: Any, *, axis: Any = None, **rest: Any) -> Any:
    """Whether a sample is normal, by skewness and kurtosis."""
    a, axis = sample(x, axis, rest)
    second = central(a, 2, axis)
    s, k = central(a, 3, axis) / second**1.5, central(a, 4, axis) / second**2 - 3
    found = np.shape(a)[axis] / 6 * (s**2 + k**2 / 4)
    return Result("statistic pvalue", found, sc.chdtrc(2.0, found))


# ------------------------------------------------------------------------------------------------------------
# Distances, and powers
# ------------------------------------------------------------------------------------------------------------


def between_steps(u: Any, v: Any, power: int) -> Any:
    """The integral of a power of the distance of two distribution functions, of samples without weights."""
    u, v = np.sort(u), np.sort(v)
    both = np.sort(np.concatenate([u, v]))
    at = both[:-1]
    counts = [np.sum(a[None, :] <= at[:, None], axis=-1) / np.shape(a)[0] for a in (u, v)]
    return np.sum(np.abs(counts[0] - counts[1]) ** power * np.diff(both))


def without_weights(name: str, u_weights: Any, v_weights: Any, *traced: Any) -> None:
    """Refuse weights."""
    if u_weights is not None or v_weights is not None:
        message = f"scipy.stats.{name} with weights has no derivative here"
        raise refused(ArgumentError(message), *traced_in(traced))


@statistic(st.wasserstein_distance)
def _(u_values: Any, v_values: Any, u_weights: Any = None, v_weights: Any = None) -> Any:
    without_weights("wasserstein_distance", u_weights, v_weights, u_values, v_values)
    return between_steps(taken(u_values), taken(v_values), 1)


@statistic(st.energy_distance)
def _(u_values: Any, v_values: Any, u_weights: Any = None, v_weights: Any = None) -> Any:
    without_weights("energy_distance", u_weights, v_weights, u_values, v_values)
    return np.sqrt(2 * between_steps(taken(u_values), taken(v_values), 2))


@statistic(st.boxcox_llf)
def _(lmb: Any, data: Any, *, axis: Any = 0, **rest: Any) -> Any:
    data, axis = sample(data, axis, rest)
    return likelihood(sc.boxcox(data, lmb), (lmb - 1) * np.log(data), axis)


def likelihood(powers: Any, logs: Any, axis: Any) -> Any:
    """The logarithm of the likelihood of a transformed sample, and of what its slopes have in it."""
    return np.sum(logs, axis=axis) - np.shape(powers)[axis] / 2 * np.log(np.var(powers, axis=axis))


def refuse_nan_policy(name: str, nan_policy: str, x: Any) -> None:
    """Transformations keep nan where it is."""
    if nan_policy != "propagate":
        message = f"scipy.stats.{name} takes nan_policy='propagate' within a derivative, not {nan_policy!r}"
        raise refused(ArgumentError(message), *traced_in(x))


@statistic(st.boxcox)
def _(
    x: Any,
    lmbda: Any = None,
    alpha: Any = None,
    optimizer: Any = None,
    *,
    nan_policy: str = "propagate",
) -> Any:
    refuse_nan_policy("boxcox", nan_policy, x)
    if lmbda is None:
        message = "scipy.stats.boxcox that finds lmbda has no derivative; maximise boxcox_llf, which has"
        raise refused(ArgumentError(message), *traced_in(x))
    return sc.boxcox(taken(x), lmbda)


def yeo_johnson(x: Any, lmbda: Any) -> Any:
    """The transformation of Yeo and Johnson."""
    up, down = primal(x) >= 0, primal(x) < 0
    return np.where(
        up, sc.boxcox1p(np.where(up, x, 0.0), lmbda), -sc.boxcox1p(np.where(down, -x, 0.0), 2 - lmbda)
    )


@statistic(st.yeojohnson)
def _(x: Any, lmbda: Any = None, *, nan_policy: str = "propagate") -> Any:
    refuse_nan_policy("yeojohnson", nan_policy, x)
    if lmbda is None:
        message = "scipy.stats.yeojohnson that finds lmbda has no derivative; maximise yeojohnson_llf"
        raise refused(ArgumentError(message), *traced_in(x))
    return yeo_johnson(taken(x), lmbda)


@statistic(st.yeojohnson_llf)
def _(lmb: Any, data: Any, *, axis: Any = 0, **rest: Any) -> Any:
    data, axis = sample(data, axis, rest)
    logs = (lmb - 1) * np.sign(data) * np.log1p(np.abs(data))
    return likelihood(yeo_johnson(data, lmb), logs, axis)
