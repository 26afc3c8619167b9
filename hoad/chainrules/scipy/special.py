"""Rules for the functions of ``scipy.special``; imported when the first of them meets a traced value.

A rule names the first derivative: an elementary formula where that holds over the whole range, else a
function of the argument and the number of the derivative, in the module of its family, which is evaluated
to a few units in the last place at every order.

Source: NIST Digital Library of Mathematical Functions, chapters 5 to 8, 10, 19 and 25.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc

from ...nested import everything
from ..doors import door
from ..unknown import within
from . import (
    bessel_functions,
    distribution_functions,
    elementary,
    elliptic_integrals,
    exponential_sums,
    hypergeometric,
    integrals,
)
from .bessel_orders import iv_by_order, jv_by_order, kv_by_order, yv_by_order
from .beta_functions import beta_derivative, digamma_step
from .elliptic import chord, first_kind, second_kind
from .entropies import bell, gap, log_ratio, portion
from .error_functions import (
    ROOT_TWO_PI,
    TWO_BY_ROOT_PI,
    dawson,
    erfcinv_slope,
    erfinv_slope,
    gaussian,
    growing,
    hazard,
    ndtri_slope,
    normal,
    scaled,
)
from .gamma_functions import polygamma, reciprocal, zeta
from .hurwitz import hurwitz
from .incomplete_gamma import by_parameter, density
from .stating import FUNCTIONS, own

# Error functions and the normal distribution
own(sc.erf, lambda x, out: TWO_BY_ROOT_PI * gaussian(x, 0))
own(sc.erfc, lambda x, out: -TWO_BY_ROOT_PI * gaussian(x, 0))
own(sc.erfcx, lambda x, out: scaled(x, 1))
own(sc.erfi, lambda x, out: TWO_BY_ROOT_PI * growing(x, 0))
own(sc.erfinv, lambda x, out: erfinv_slope(x))
own(sc.erfcinv, lambda x, out: erfcinv_slope(x))
own(sc.ndtr, lambda x, out: normal(x, 0) / ROOT_TWO_PI)
own(sc.log_ndtr, lambda x, out: hazard(x, 0))
own(sc.ndtri, lambda p, out: ndtri_slope(p))
own(sc.dawsn, lambda x, out: dawson(x, 1))

# Gamma functions
own(sc.gamma, lambda x, out: out * polygamma(x, 0))
own(sc.gammaln, lambda x, out: polygamma(x, 0))
own(sc.loggamma, lambda x, out: polygamma(x, 0))
own(sc.rgamma, lambda x, out: reciprocal(x, 1))
own(sc.psi, lambda x, out: polygamma(within(x), 1))
own(zeta, lambda s, q, out: (hurwitz(s, q, 1, 0), hurwitz(s, q, 0, 1)))
own(sc.beta, lambda a, b, out: (beta_derivative(a, b, 1, 0), beta_derivative(a, b, 0, 1)))
own(sc.betaln, lambda a, b, out: (-digamma_step(within(a), b, 0, 0), -digamma_step(within(b), a, 0, 0)))
own(sc.gammainc, lambda a, x, out: (by_parameter(a, x, 1), density(a, x, 0, 0)))
own(sc.gammaincc, lambda a, x, out: (-by_parameter(a, x, 1), -density(a, x, 0, 0)))

# Logistic function, entropies
own(sc.expit, lambda x, out: bell(x))
own(sc.logit, lambda x, out: 1 / x / (1 - x))
own(sc.log_expit, lambda x, out: sc.expit(-x))
own(sc.xlogy, lambda x, y, out: (np.log(y), portion(x, within(y))))
own(sc.xlog1py, lambda x, y, out: (np.log1p(y), portion(x, 1 + within(y))))
own(sc.entr, lambda x, out: -1 - np.log(x))
own(sc.rel_entr, lambda x, y, out: (log_ratio(x, y) + 1, -portion(x, within(y))))
own(sc.kl_div, lambda x, y, out: (log_ratio(x, y), gap(x, y)))

# Bessel functions
own(sc.jv, lambda v, x, out: (jv_by_order(v, x, 1, 0), 0.5 * (sc.jv(v - 1, x) - sc.jv(v + 1, x))))
own(sc.yv, lambda v, x, out: (yv_by_order(v, x, 1, 0), 0.5 * (sc.yv(v - 1, x) - sc.yv(v + 1, x))))
own(sc.iv, lambda v, x, out: (iv_by_order(v, x, 1, 0), 0.5 * (sc.iv(v - 1, x) + sc.iv(v + 1, x))))
own(sc.kv, lambda v, x, out: (kv_by_order(v, x, 1, 0), -0.5 * (sc.kv(v - 1, x) + sc.kv(v + 1, x))))
own(sc.j0, lambda x, out: -sc.j1(x))
own(sc.j1, lambda x, out: 0.5 * (sc.j0(x) - sc.jv(2.0, x)))
own(sc.y0, lambda x, out: -sc.y1(x))
own(sc.y1, lambda x, out: 0.5 * (sc.y0(x) - sc.yv(2.0, x)))
own(sc.i0, lambda x, out: sc.i1(x))
own(sc.i1, lambda x, out: 0.5 * (sc.i0(x) + sc.iv(2.0, x)))
own(sc.k0, lambda x, out: -sc.k1(x))
own(sc.k1, lambda x, out: -0.5 * (sc.k0(x) + sc.kv(2.0, x)))

# Integrals
own(sc.exp1, lambda x, out: -np.exp(-x) / x)
own(sc.expi, lambda x, out: np.exp(0.5 * x) / x * np.exp(0.5 * x))
own(sc.spence, lambda x, out: -chord(x, 0))
own(sc.ellipk, lambda m, out: first_kind(m, 1))
own(sc.ellipe, lambda m, out: second_kind(m, 1))


@door(sc.multigammaln)
def multigammaln(a: Any, d: Any) -> Any:
    """The logarithm of the multivariate gamma function (Muirhead 1982, 2.1.12)."""
    if not np.isscalar(d) or np.floor(d) != d:
        raise ValueError("d should be a positive integer (dimension)")
    if np.any(everything(a) <= 0.5 * (d - 1)):
        raise ValueError(f"condition a ({everything(a)}) > 0.5 * (d-1) ({0.5 * (d - 1):f}) not met")
    terms = [sc.loggamma(a - 0.5 * j) for j in range(int(d))]
    return d * (d - 1) * 0.25 * np.log(np.pi) + sum(terms)


__all__ = [
    "FUNCTIONS",
    "bessel_functions",
    "distribution_functions",
    "elementary",
    "elliptic_integrals",
    "exponential_sums",
    "hypergeometric",
    "integrals",
]
