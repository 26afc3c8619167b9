"""Formulas in the place of those of SciPy that can't be followed: what is computed by C, or cancels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sc

from ...chainrules.statements import Scalar
from ...chainrules.unknown import unknown
from ...nested import primal
from ...values.captures import traced_in
from ..steps import area
from .quadrature import integral
from .special import choose, iv_scaled, kv_scaled, rising

Function = Callable[..., Any]
FORMULAS: dict[tuple[str, str], Function] = {}
# What can be run, and loses digits or is no derivative.
NOT_FOLLOWED: set[tuple[str, str]] = set()


def instead(distribution: str, name: str = "_logpdf") -> Callable[[Function], Function]:
    """Enter a formula of a distribution."""

    def decorate(f: Function) -> Function:
        FORMULAS[distribution, name] = f
        return f

    return decorate


# Shape parameters at values for which SciPy has another formula, in which they don't stand.
SPECIAL_VALUES: dict[str, dict[int, float]] = {
    "genextreme": {0: 0.0},
    "genpareto": {0: 0.0},
    "kappa4": {0: 0.0, 1: 0.0},
    "ncf": {2: 0.0},
    "ncx2": {1: 0.0},
    "pearson3": {0: 0.0},
    "t": {0: np.inf},
    "tukeylambda": {0: 0.0},
}
LOG_ROOT_TAU = float(np.log(2 * np.pi) / 2)


def axis(x: Any) -> Any:
    """One more axis, for the nodes of an integral or the terms of a sum."""
    return np.reshape(x, (*np.shape(x), 1))


def logsum(terms: Any) -> Any:
    """The logarithm of a sum of exponentials over the last axis."""
    top = np.max(primal(terms), axis=-1, keepdims=True)
    return np.log(np.sum(np.exp(terms - top), axis=-1)) + np.reshape(top, np.shape(terms)[:-1])


@instead("geninvgauss")
def _(x: Any, p: Any, b: Any) -> Any:
    return (p - 1) * np.log(x) - b * (x - 1) ** 2 / (2 * x) - np.log(2 * kv_scaled(p, b))


@instead("genhyperbolic")
def _(x: Any, p: Any, a: Any, b: Any) -> Any:
    d = np.sqrt((a - b) * (a + b))
    r = np.hypot(1.0, x)
    weight = p * np.log(d) - LOG_ROOT_TAU + (0.5 - p) * np.log(a) - np.log(kv_scaled(p, d)) + d
    return weight + np.log(kv_scaled(p - 0.5, a * r)) - a * r + b * x + (p - 0.5) * np.log(r)


@instead("nct")
def _(x: Any, df: Any, nc: Any) -> Any:
    """The mixture over ``u = sqrt(chi2/df)``: the integral of ``phi(x u - nc) u`` times its density."""
    t, k, d = axis(x), axis(df), axis(nc)
    weight = np.log(2.0) + df / 2 * np.log(df / 2) - sc.gammaln(df / 2) - LOG_ROOT_TAU
    # the exponent k log(u) - (k + x**2) u**2/2 + x nc u has its maximum where the square vanishes
    a, b = primal(k + t * t), primal(t * d)
    top = (b + np.sqrt(b * b + 4 * a * primal(k))) / (2 * a)
    exponent: Function = lambda u: k * np.log(u) - k * u * u / 2 - (t * u - d) ** 2 / 2
    height = primal(exponent(top))
    f: Function = lambda u: np.exp(exponent(u) - height)
    start = np.zeros(np.shape(x))
    low = integral(f, start, top[..., 0], 1.0)
    return weight + height[..., 0] + np.log(low + integral(f, top[..., 0], start + np.inf, top[..., 0]))


def poisson(nc: Any, j: Any) -> Any:
    """The logarithm of the weight j of a mixture."""
    return -nc / 2 + j * np.log(nc / 2) - sc.gammaln(j + 1)


def terms(nc: Any, x: Any) -> Any:
    """How many terms a mixture has."""
    largest = float(np.max(np.abs(numbers(nc)), initial=0.0))
    most = largest / 2 + min(float(np.max(np.abs(numbers(x)), initial=0.0)), 1e5 + 100 * largest**2) ** 0.5
    return np.arange(60 + int(2 * most + 12 * most**0.5) * 1.0)


def numbers(x: Any) -> Any:
    """Plain numbers, of batches too."""
    while hasattr(x, "primal"):
        x = x.primal
    return np.asarray(x)


@instead("ncx2")
def _(x: Any, df: Any, nc: Any) -> Any:
    """The mixture of chi2 with ``df + 2 j`` degrees of freedom."""
    j = terms(nc, numbers(nc) * numbers(x))
    t, half, d = axis(x), axis(df) / 2, axis(nc)
    central = (half + j - 1) * np.log(t / 2) - t / 2 - sc.gammaln(half + j) - np.log(2.0)
    return logsum(central + poisson(d, j))


@instead("ncf")
def _(x: Any, dfn: Any, dfd: Any, nc: Any) -> Any:
    """The mixture of beta distributions with ``dfn/2 + j`` and ``dfd/2``."""
    j = terms(nc, numbers(nc) * 4)
    a, b, d = axis(dfn) / 2, axis(dfd) / 2, axis(nc)
    z = axis(dfn * x / dfd)
    central = (a + j) * np.log(z) - (a + b + j) * np.log1p(z) - sc.betaln(a + j, b) - np.log(axis(x))
    return logsum(central + poisson(d, j))


@instead("gausshyper")
def _(x: Any, a: Any, b: Any, c: Any, z: Any) -> Any:
    whole: Function = lambda t, a, b, c, z: (a - 1) * np.log(t) + (b - 1) * np.log1p(-t) - c * np.log1p(z * t)
    shapes = [axis(s) for s in (a, b, c, z)]
    zero = np.zeros(np.shape(x))
    area = integral(lambda t: np.exp(whole(t, *shapes)), zero, zero + 1, 1.0)
    return whole(x, a, b, c, z) - np.log(area)


@instead("uniform")
def _(x: Any) -> Any:
    return 0.0 * x


@instead("trapezoid", "_pdf")
def _(x: Any, c: Any, d: Any) -> Any:
    """SciPy's, which in the flat part is followed by x too."""
    rises, falls = primal(x) < primal(c), primal(x) > primal(d)
    slope = np.where(falls, (1 - x) / np.where(falls, 1 - d, 1.0), 1.0 + 0.0 * x)
    return 2 / (d - c + 1) * np.where(rises, x / np.where(rises, c, 1.0), slope)


@instead("t")
def _(x: Any, df: Any) -> Any:
    """For finite df, where the factors are not far apart."""
    finite = np.log(rising(0.5 * df, 0.5)) - 0.5 * (np.log(df) + np.log(np.pi))
    return finite - (df + 1) / 2 * np.log1p(x * x / df)


@instead("pearson3")
def _(x: Any, skew: Any) -> Any:
    scale = 2 / skew
    a = scale * scale
    y = scale * (x + scale)
    return np.log(np.abs(scale)) + (a - 1) * np.log(y) - y - sc.gammaln(a)


@instead("pearson3", "_get_support")
def _(skew: Any) -> Any:
    """SciPy says nothing of the end."""
    return np.where(primal(skew) > 0, -2 / skew, -np.inf), np.where(primal(skew) < 0, -2 / skew, np.inf)


@instead("skewnorm")
def _(x: Any, a: Any) -> Any:
    return np.log(2.0) - x * x / 2 - LOG_ROOT_TAU + sc.log_ndtr(a * x)


@instead("truncnorm")
def _(x: Any, a: Any, b: Any) -> Any:
    return -(x**2) / 2 - LOG_ROOT_TAU - log_mass(a, b)


def log_mass(a: Any, b: Any) -> Any:
    """The logarithm of the normal probability between two ends: SciPy's value, and the areas at both ends."""
    low, high = primal(a), primal(b)
    value = np.where(
        low > 0,
        sc.log_ndtr(-low) + np.log(-np.expm1(sc.log_ndtr(-high) - sc.log_ndtr(-low))),
        np.where(
            high < 0,
            sc.log_ndtr(high) + np.log(-np.expm1(sc.log_ndtr(low) - sc.log_ndtr(high))),
            np.log1p(-sc.ndtr(low) - sc.ndtr(-high)),
        ),
    )
    f: Function = lambda t: np.exp(-t * t / 2 - LOG_ROOT_TAU - value)
    return value + np.log1p(area(f, b) - area(f, a))


@instead("kstwobign", "_pdf")
def _(x: Any) -> Any:
    """The two series of Kolmogorov's distribution, of which each converges where the other does not."""
    k = np.arange(1, 21.0)
    t = axis(x)
    squares = (2 * k - 1) ** 2 * np.pi**2 / 8
    low = np.sqrt(2 * np.pi) * np.sum(np.exp(-squares / t**2) * (2 * squares / t**4 - 1 / t**2), axis=-1)
    high = 8 * x * np.sum((-1) ** (k - 1) * k * k * np.exp(-2 * (k * t) ** 2), axis=-1)
    return np.where(primal(x) < 1, low, high)


def _spline(x: Any, n: Any) -> Any:
    """The cardinal B-spline of order n, by its recurrence."""
    n = int(np.max(n))
    values = [np.where((x - k >= 0) & (x - k < 1), 1.0, 0.0) for k in range(n)]
    for m in range(2, n + 1):
        values = [((x - k) * values[k] + (m + k - x) * values[k + 1]) / (m - 1) for k in range(n - m + 1)]
    return values[0]


spline: Scalar = Scalar(
    _spline, lambda x, n, out: (spline(x, n - 1) - spline(x - 1, n - 1), unknown(x)), name="spline"
)


@instead("irwinhall", "_pdf")
def _(x: Any, n: Any) -> Any:
    if traced_in(n):
        raise NotImplementedError
    return spline(x, int(np.max(n)))


@instead("vonmises", "_cdf")
def _(x: Any, kappa: Any) -> Any:
    """From the middle, where it is 1/2."""
    k = axis(kappa)
    f: Function = lambda t: np.exp(-2 * k * np.sin(t / 2) ** 2) / (2 * np.pi * iv_scaled(0.0, k))
    return 0.5 + integral(f, np.zeros(np.shape(x)), x, 1.0)


NOT_FOLLOWED |= {
    (name, f) for name in ("truncnorm", "pearson3", "skewnorm") for f in ("_cdf", "_sf", "_logcdf", "_logsf")
}


# ------------------------------------------------------------------------------------------------------------
# Discrete distributions
# ------------------------------------------------------------------------------------------------------------


@instead("skellam", "_logpmf")
def _(k: Any, first: Any, second: Any) -> Any:
    root = np.sqrt(first * second)
    bessel = np.log(iv_scaled(np.abs(primal(k)) + 0.0, 2 * root))
    return bessel - (np.sqrt(first) - np.sqrt(second)) ** 2 + k / 2 * (np.log(first) - np.log(second))


@instead("nchypergeom_fisher", "_logpmf")
def _(k: Any, total: Any, good: Any, draws: Any, odds: Any) -> Any:
    low, high = int(np.min(np.maximum(0, draws - (total - good)))), int(np.max(np.minimum(draws, good)))
    j = np.arange(low, high + 1.0)
    axes = [axis(a) for a in (total, good, draws, odds)]

    def weight(j: Any, total: Any, good: Any, draws: Any, odds: Any) -> Any:
        ways = choose(good, j) + choose(total - good, draws - j)
        return np.where(np.isfinite(ways), ways, -np.inf) + j * np.log(odds)

    return weight(k, total, good, draws, odds) - logsum(weight(j, *axes))


@instead("nchypergeom_wallenius", "_logpmf")
def _(k: Any, total: Any, good: Any, draws: Any, odds: Any) -> Any:
    """Wallenius' integral."""
    bad = total - good
    d = odds * (good - k) + (bad - (draws - k))
    ways = choose(good, k) + choose(bad, draws - k)
    a, b = axis(odds / d), axis(1 / d)
    f: Function = lambda t: np.exp(
        axis(k) * np.log(-np.expm1(a * np.log(t))) + axis(draws - k) * np.log(-np.expm1(b * np.log(t)))
    )
    zero = np.zeros(np.shape(k))
    return ways + np.log(integral(f, zero, zero + 1, 1.0))


@instead("poisson_binom", "_logpmf")
def _(k: Any, *p: Any) -> Any:
    """The coefficients of the product of ``1 - p + p z``."""
    found = [1.0 + 0 * p[0]]
    for q in p:
        lower, upper = [*found, 0 * q], [0 * q, *found]
        found = [a * (1 - q) + b * q for a, b in zip(lower, upper, strict=True)]
    at = primal(k)
    return np.log(sum([np.where(at == j, c, 0.0) for j, c in enumerate(found)]))
