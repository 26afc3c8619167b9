"""Rules for the functions of ``scipy.special``; imported when the first of them meets a traced value.

By the order of a Bessel function, and the first arguments of the incomplete gamma functions, there is no
derivative in closed form: it is nan. So it is where the formula is zero by zero: ``ellipk`` and ``ellipe``
at 0, ``spence`` at 1, ``rgamma`` at the poles of ``gamma``. The formulas of ``erfcx`` and ``dawsn`` cancel
at large arguments x: the error of the derivative is ``4 x**2`` units in the last place.

Source: NIST Digital Library of Mathematical Functions, chapters 5 to 8, 10 and 25.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ..statements import OWN, RULES, Scalar, register

ROOT_PI = math.sqrt(math.pi)
TWO_BY_ROOT_PI = 2 / ROOT_PI
ROOT_TWO = math.sqrt(2)
ROOT_TWO_PI = math.sqrt(2 * math.pi)
NAN = math.nan
FUNCTIONS: list[Any] = []  # those with a rule here


class _Asked:
    """What a function of ``scipy.special`` written in Python answers with the ufunc that it calls."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return ufunc


zeta = sc.zeta(2.0, _Asked())


def own(function: Any, partials: Any) -> None:
    """Enter a rule, unless the user has stated another one before."""
    FUNCTIONS.append(function)
    OWN[function] = rule = Scalar(function, partials)
    if function not in RULES:
        register(function, rule)


# Error functions and the normal distribution
own(sc.erf, lambda x, out: TWO_BY_ROOT_PI * np.exp(-x * x))
own(sc.erfc, lambda x, out: -TWO_BY_ROOT_PI * np.exp(-x * x))
own(sc.erfcx, lambda x, out: 2 * x * out - TWO_BY_ROOT_PI)
own(sc.erfi, lambda x, out: TWO_BY_ROOT_PI * np.exp(x * x))
own(sc.erfinv, lambda x, out: 0.5 * ROOT_PI * np.exp(out * out))
own(sc.erfcinv, lambda x, out: -0.5 * ROOT_PI * np.exp(out * out))
own(sc.ndtr, lambda x, out: np.exp(-0.5 * x * x) / ROOT_TWO_PI)
own(sc.log_ndtr, lambda x, out: 2 / (ROOT_TWO_PI * sc.erfcx(-x / ROOT_TWO)))
own(sc.ndtri, lambda x, out: ROOT_TWO_PI * np.exp(0.5 * out * out))
own(sc.dawsn, lambda x, out: 1 - 2 * x * out)

# Gamma functions
own(sc.gamma, lambda x, out: out * sc.psi(x))
own(sc.gammaln, lambda x, out: sc.psi(x))
own(sc.loggamma, lambda x, out: sc.psi(x))
own(sc.rgamma, lambda x, out: -out * sc.psi(x))
own(sc.psi, lambda x, out: zeta(2.0, x))
own(zeta, lambda x, q, out: (NAN, -x * zeta(x + 1, q)))
own(sc.beta, lambda a, b, out: (out * (sc.psi(a) - sc.psi(a + b)), out * (sc.psi(b) - sc.psi(a + b))))
own(sc.betaln, lambda a, b, out: (sc.psi(a) - sc.psi(a + b), sc.psi(b) - sc.psi(a + b)))
own(sc.gammainc, lambda a, x, out: (NAN, np.exp(sc.xlogy(a - 1, x) - x - sc.gammaln(a))))
own(sc.gammaincc, lambda a, x, out: (NAN, -np.exp(sc.xlogy(a - 1, x) - x - sc.gammaln(a))))

# Logistic function, entropies
own(sc.expit, lambda x, out: out * sc.expit(-x))
own(sc.logit, lambda x, out: 1 / (x * (1 - x)))
own(sc.log_expit, lambda x, out: sc.expit(-x))
own(sc.xlogy, lambda x, y, out: (np.log(y), x / y))
own(sc.xlog1py, lambda x, y, out: (np.log1p(y), x / (1 + y)))
own(sc.entr, lambda x, out: -1 - np.log(x))
own(sc.rel_entr, lambda x, y, out: (np.log(x / y) + 1, -x / y))
own(sc.kl_div, lambda x, y, out: (np.log(x / y), 1 - x / y))

# Bessel functions
own(sc.jv, lambda v, x, out: (NAN, 0.5 * (sc.jv(v - 1, x) - sc.jv(v + 1, x))))
own(sc.yv, lambda v, x, out: (NAN, 0.5 * (sc.yv(v - 1, x) - sc.yv(v + 1, x))))
own(sc.iv, lambda v, x, out: (NAN, 0.5 * (sc.iv(v - 1, x) + sc.iv(v + 1, x))))
own(sc.kv, lambda v, x, out: (NAN, -0.5 * (sc.kv(v - 1, x) + sc.kv(v + 1, x))))
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
own(sc.expi, lambda x, out: np.exp(x) / x)
own(sc.spence, lambda x, out: np.log(x) / (1 - x))
own(sc.ellipk, lambda m, out: (sc.ellipe(m) / (1 - m) - out) / (2 * m))
own(sc.ellipe, lambda m, out: (out - sc.ellipk(m)) / (2 * m))
