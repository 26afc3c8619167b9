"""Distribution functions of ``scipy.special``, and their inverses, which solve ``F(x, p) = y``: the
derivative by y is one over the density, and by p it is minus the derivative of F by p over the density.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ..statements import Scalar
from ..unknown import within
from .error_functions import gaussian, hazard, ndtri_slope, normal
from .evaluation import elementwise
from .gamma_functions import polygamma, tower
from .incomplete_beta import beta_by_parameters, beta_density
from .incomplete_gamma import by_parameter, density
from .stating import own, within_some

P, I, p, f = by_parameter, beta_by_parameters, density, beta_density

# Gamma
own(sc.gammaincinv, lambda a, y, out: (-P(a, out, 1) / p(a, out, 0, 0), 1 / p(a, out, 0, 0)))
own(sc.gammainccinv, lambda a, y, out: (-P(a, out, 1) / p(a, out, 0, 0), -1 / p(a, out, 0, 0)))
own(
    sc.gdtr,
    lambda a, b, x, out: (x * p(b, a * x, 0, 0), P(b, a * x, 1), a * p(b, a * x, 0, 0)),
)
own(
    sc.gdtrc,
    lambda a, b, x, out: (-x * p(b, a * x, 0, 0), -P(b, a * x, 1), -a * p(b, a * x, 0, 0)),
)
own(
    sc.gdtrix,
    lambda a, b, y, out: (
        -out / a,
        -P(b, a * out, 1) / (a * p(b, a * out, 0, 0)),
        1 / (a * p(b, a * out, 0, 0)),
    ),
)
own(
    sc.gdtria,
    lambda y, b, x, out: (
        1 / (x * p(b, out * x, 0, 0)),
        -P(b, out * x, 1) / (x * p(b, out * x, 0, 0)),
        -out / x,
    ),
)
own(
    sc.gdtrib,
    lambda a, y, x, out: (
        -x * p(out, a * x, 0, 0) / P(out, a * x, 1),
        1 / P(out, a * x, 1),
        -a * p(out, a * x, 0, 0) / P(out, a * x, 1),
    ),
)

# Chi square and Poisson
own(sc.chdtr, lambda v, x, out: (0.5 * P(v / 2, x / 2, 1), 0.5 * p(v / 2, x / 2, 0, 0)))
own(sc.chdtrc, lambda v, x, out: (-0.5 * P(v / 2, x / 2, 1), -0.5 * p(v / 2, x / 2, 0, 0)))
own(
    sc.chdtri,
    lambda v, y, out: (
        -P(v / 2, out / 2, 1) / p(v / 2, out / 2, 0, 0),
        -2 / p(v / 2, out / 2, 0, 0),
    ),
)
own(
    sc.chdtriv,
    lambda y, x, out: (2 / P(out / 2, x / 2, 1), -p(out / 2, x / 2, 0, 0) / P(out / 2, x / 2, 1)),
)
own(sc.pdtr, lambda k, m, out: (0, -p(np.floor(k) + 1, m, 0, 0)))
own(sc.pdtrc, lambda k, m, out: (0, p(np.floor(k) + 1, m, 0, 0)))
within_some("pdtri", lambda k, y, out: (0, -1 / p(np.floor(k) + 1, out, 0, 0)), "-k y")
own(
    sc.pdtrik,
    lambda y, m, out: (-1 / P(out + 1, m, 1), -p(out + 1, m, 0, 0) / P(out + 1, m, 1)),
)

# Beta
own(sc.betainc, lambda a, b, x, out: (I(a, b, x, 1, 0), I(a, b, x, 0, 1), f(a, b, x, 0, 0)))
if hasattr(sc, "betaincc"):
    own(sc.betaincc, lambda a, b, x, out: (-I(a, b, x, 1, 0), -I(a, b, x, 0, 1), -f(a, b, x, 0, 0)))
own(
    sc.betaincinv,
    lambda a, b, y, out: (
        -I(a, b, out, 1, 0) / f(a, b, out, 0, 0),
        -I(a, b, out, 0, 1) / f(a, b, out, 0, 0),
        1 / f(a, b, out, 0, 0),
    ),
)
if hasattr(sc, "betainccinv"):
    own(
        sc.betainccinv,
        lambda a, b, y, out: (
            -I(a, b, out, 1, 0) / f(a, b, out, 0, 0),
            -I(a, b, out, 0, 1) / f(a, b, out, 0, 0),
            -1 / f(a, b, out, 0, 0),
        ),
    )
own(
    sc.btdtria,
    lambda y, b, x, out: (
        1 / I(out, b, x, 1, 0),
        -I(out, b, x, 0, 1) / I(out, b, x, 1, 0),
        -f(out, b, x, 0, 0) / I(out, b, x, 1, 0),
    ),
)
own(
    sc.btdtrib,
    lambda a, y, x, out: (
        -I(a, out, x, 1, 0) / I(a, out, x, 0, 1),
        1 / I(a, out, x, 0, 1),
        -f(a, out, x, 0, 0) / I(a, out, x, 0, 1),
    ),
)

# Binomial and negative binomial: of whole numbers of trials and successes
within_some("bdtr", lambda k, n, q, out: (0, 0, -f(n - np.floor(k), np.floor(k) + 1, 1 - q, 0, 0)), "k -n p")
within_some("bdtrc", lambda k, n, q, out: (0, 0, f(n - np.floor(k), np.floor(k) + 1, 1 - q, 0, 0)), "k -n p")
within_some(
    "bdtri",
    lambda k, n, y, out: (0, 0, -1 / f(n - np.floor(k), np.floor(k) + 1, 1 - out, 0, 0)),
    "-k -n y",
)
within_some("nbdtr", lambda k, n, q, out: (0, 0, f(n, k + 1, q, 0, 0)), "-k -n p")
within_some("nbdtrc", lambda k, n, q, out: (0, 0, -f(n, k + 1, q, 0, 0)), "-k -n p")
within_some("nbdtri", lambda k, n, y, out: (0, 0, 1 / f(n, k + 1, out, 0, 0)), "-k -n y")


# Student's t: 1/2 + S/2, where S is odd in w = t / sqrt(v) and depends on b = v / 2
def _steepness(w: Any, b: Any, j: int) -> Any:
    """The derivative of order j by b of ``(1 + w**2)**(-b - 1/2) / beta(1/2, b)``."""
    value = np.exp(-(b + 0.5) * np.log1p(w * w) - sc.betaln(0.5, b))
    steps = [polygamma.function(b + 0.5, k) - polygamma.function(b, k) for k in range(j)]
    return tower(value, [step - (0 if k else np.log1p(w * w)) for k, step in enumerate(steps)])[j]


steepness: Scalar = Scalar(
    elementwise()(_steepness),
    lambda w, b, j, out: (
        -w / (1 + w * w) * ((2 * b + 1) * out + 2 * j * steepness(w, b, np.maximum(j - 1, 0))),
        steepness(w, b, j + 1),
        0,
    ),
    name="density of Student's distribution",
)
odd: Scalar = Scalar(
    lambda w, b, j: np.sign(w) * I.function(0.5, b, w * w / (1 + w * w), 0, j),
    lambda w, b, j, out: (2 * steepness(w, b, j), odd(w, b, j + 1), 0),
    name="stdtr",
)


def t_density(v: Any, t: Any) -> Any:
    """The density."""
    return steepness(t / np.sqrt(v), v / 2, 0) / np.sqrt(v)


def t_by_freedom(v: Any, t: Any) -> Any:
    """The derivative of the distribution function by the degrees of freedom."""
    return 0.25 * odd(t / np.sqrt(v), v / 2, 1) - 0.5 * t / v * t_density(v, t)


own(sc.stdtr, lambda v, t, out: (t_by_freedom(v, t), t_density(v, t)))
own(sc.stdtrit, lambda v, y, out: (-t_by_freedom(v, out) / t_density(v, out), 1 / t_density(v, out)))
own(sc.stdtridf, lambda y, t, out: (1 / t_by_freedom(out, t), -t_density(out, t) / t_by_freedom(out, t)))


# Fisher's F, in which the argument of the beta function is y = m x / (n + m x)
def share(m: Any, n: Any, x: Any) -> Any:
    """That argument."""
    return m * x / (n + m * x)


def by_share(m: Any, n: Any, x: Any) -> Any:
    """The density of the argument, over ``(n + m x)**2``."""
    return f(m / 2, n / 2, share(m, n, x), 0, 0) / (n + m * x) ** 2


def by_first(m: Any, n: Any, x: Any) -> Any:
    """The derivative by m."""
    return 0.5 * I(m / 2, n / 2, share(m, n, x), 1, 0) + n * x * by_share(m, n, x)


def by_second(m: Any, n: Any, x: Any) -> Any:
    """The derivative by n."""
    return 0.5 * I(m / 2, n / 2, share(m, n, x), 0, 1) - m * x * by_share(m, n, x)


own(sc.fdtr, lambda m, n, x, out: (by_first(m, n, x), by_second(m, n, x), m * n * by_share(m, n, x)))
own(sc.fdtrc, lambda m, n, x, out: (-by_first(m, n, x), -by_second(m, n, x), -m * n * by_share(m, n, x)))
own(
    sc.fdtri,
    lambda m, n, y, out: (
        -by_first(m, n, out) / (m * n * by_share(m, n, out)),
        -by_second(m, n, out) / (m * n * by_share(m, n, out)),
        1 / (m * n * by_share(m, n, out)),
    ),
)
own(
    sc.fdtridfd,
    lambda m, y, x, out: (
        -by_first(m, out, x) / by_second(m, out, x),
        1 / by_second(m, out, x),
        -m * out * by_share(m, out, x) / by_second(m, out, x),
    ),
)

# Normal
own(
    sc.owens_t,
    lambda h, a, out: (
        -normal(h, 0) * sc.erf(a * h / math.sqrt(2)) / (2 * math.sqrt(2 * math.pi)),
        gaussian(h * np.sqrt((1 + a * a) / 2), 0) / (2 * math.pi * (1 + a * a)),
    ),
)
own(sc.ndtri_exp, lambda y, out: 1 / hazard(within(out), 0))
own(sc.nrdtrimn, lambda y, s, x, out: (-s * ndtri_slope(y), -sc.ndtri(y), 1.0))
own(
    sc.nrdtrisd,
    lambda m, y, x, out: (-1 / sc.ndtri(y), -out * ndtri_slope(y) / sc.ndtri(y), 1 / sc.ndtri(y)),
)


# Noncentral chi square
def noncentral(x: Any, v: Any, c: Any) -> Any:
    """The density, where the distribution has its centre moved by c: by a confluent function."""
    half = np.exp(sc.xlogy(v / 2 - 1, x / 2) - x / 2 - c / 2 - sc.gammaln(v / 2)) / 2
    return half * sc.hyp0f1(v / 2, c * x / 4)


within_some("chndtr", lambda x, v, c, out: (noncentral(x, v, c), 0, -noncentral(x, v + 2, c)), "x -df nc")
within_some(
    "chndtrix",
    lambda y, v, c, out: (
        1 / noncentral(out, v, c),
        0,
        noncentral(out, v + 2, c) / noncentral(out, v, c),
    ),
    "p -df nc",
)
