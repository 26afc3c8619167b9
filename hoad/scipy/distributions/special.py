"""Special functions as the formulas of distributions name them, for traced values.

Where ``scipy.special`` has no rule for a name, or SciPy wrote it in Python, stands what it is in others.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sc

from ...arrays.unreached import packed
from ...chainrules.scipy.bessel_orders import iv_by_order, kv_by_order
from ...chainrules.scipy.beta_functions import digamma_step
from ...chainrules.scipy.gamma_functions import polygamma
from ...chainrules.statements import Scalar
from ...values.captures import traced_in

Function = Callable[..., Any]
SPECIAL: dict[str, Any] = {}


def stated(name: str) -> Callable[[Function], Function]:
    """Enter what stands for a function where an argument is traced."""
    original = getattr(sc, name, None) or getattr(sc._ufuncs, name, None)

    def decorate(form: Function) -> Function:
        @functools.wraps(form)
        def called(*args: Any, **kwargs: Any) -> Any:
            if not traced_in((args, kwargs)):
                return original(*args, **kwargs) if original else form(*args, **kwargs)
            return form(*[packed(a) for a in args], **kwargs)

        SPECIAL[name] = called
        return form

    return decorate


def same(name: str, function: Function) -> None:
    """A function that is another one where an argument is traced."""
    stated(name)(function)


# Elementary
same("log1p", np.log1p)
same("expm1", np.expm1)
same("cbrt", np.cbrt)
same("cosm1", lambda x: -2 * np.sin(x / 2) ** 2)
same("powm1", lambda x, y: np.expm1(y * np.log(x)))
same("_log1mexp", lambda x: np.log(-np.expm1(x)))
same("_log1pmx", lambda x: np.log1p(x) - x)
same("boxcox", lambda x, a: np.expm1(a * np.log(x)) / a)
same("boxcox1p", lambda x, a: np.expm1(a * np.log1p(x)) / a)


@stated("logsumexp")
def _logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    """The logarithm of a sum of exponentials, whose largest is taken out."""
    top = np.max(np.real(a), axis=axis, keepdims=True)
    terms = np.exp(a - top)
    total = np.log(np.sum(terms if b is None else b * terms, axis=axis, keepdims=True)) + top
    return total if keepdims else np.sum(total, axis=axis)


# Gamma functions
rising = Scalar(
    sc.poch, lambda z, m, out: (out * digamma_step(z, m, 0, 0), out * polygamma(z + m, 0)), name="poch"
)
same("poch", rising)
same("gammaln", sc.gammaln)
same("polygamma", lambda n, x: polygamma(x, int(n)))
same("digamma", lambda x: polygamma(x, 0))
same("binom", lambda n, k: np.exp(sc.gammaln(n + 1) - sc.gammaln(k + 1) - sc.gammaln(n - k + 1)))
same("comb", SPECIAL["binom"].__wrapped__)
same("_beta_pdf", lambda x, a, b: np.exp(sc.xlog1py(b - 1, -x) + sc.xlogy(a - 1, x) - sc.betaln(a, b)))
same("_scaled_exp1", lambda x: x * np.exp(x) * sc.exp1(x))

# Bessel functions, scaled
iv_scaled: Scalar = Scalar(
    sc.ive,
    lambda v, x, out: (
        iv_by_order(v, x, 1, 0) * np.exp(-np.abs(x)),
        0.5 * (iv_scaled(v - 1, x) + iv_scaled(v + 1, x)) - np.sign(x) * out,
    ),
    name="ive",
)


def _kv_by_order(v: Any, x: Any) -> Any:
    """The derivative of ``exp(x) K(v, x)`` by v; for large x by the asymptotic series (DLMF 10.40.2)."""
    near = np.minimum(x, LARGE)
    term, slope, total = 1.0, 0.0, 0.0
    for k in range(1, 16):
        factor = (4 * v * v - (2 * k - 1) ** 2) / (8 * k * x)
        term, slope = term * factor, slope * factor + term * v / (k * x)
        total = total + slope
    return np.where(x < LARGE, kv_by_order(v, near, 1, 0) * np.exp(near), np.sqrt(np.pi / (2 * x)) * total)


LARGE = 300.0  # beyond it, exp(x) K(v, x) of moderate order v is its asymptotic series
kv_scaled: Scalar = Scalar(
    sc.kve,
    lambda v, x, out: (
        _kv_by_order(v, x),
        out - 0.5 * (kv_scaled(v - 1, x) + kv_scaled(v + 1, x)),
    ),
    name="kve",
)
same("ive", iv_scaled)
same("kve", kv_scaled)
same("i0e", lambda x: iv_scaled(0.0, x))
same("i1e", lambda x: iv_scaled(1.0, x))
same("k0e", lambda x: kv_scaled(0.0, x))
same("k1e", lambda x: kv_scaled(1.0, x))


# Of distributions
def _tukey_density(p: Any, a: Any) -> Any:
    return 1 / (p ** (a - 1) + (1 - p) ** (a - 1))


def _tukey_by_shape(p: Any, a: Any) -> Any:
    """The derivative by a of the quantile ``(p**a - (1-p)**a) / a``."""
    q = 1 - p
    return (p**a * np.log(p) - q**a * np.log(q)) / a - (p**a - q**a) / a**2


tukey = Scalar(
    sc.tklmbda,
    lambda x, a, out: (_tukey_density(out, a), -_tukey_by_shape(out, a) * _tukey_density(out, a)),
    name="tklmbda",
)
same("tklmbda", tukey)


@stated("_gen_harmonic")
def _gen_harmonic(n: Any, a: Any) -> Any:
    """The sum of ``k**-a`` up to n."""
    terms = np.arange(1, int(np.max(n)) + 1.0).reshape(-1, *(1,) * np.ndim(a + 0 * n))
    return np.sum(np.where(terms <= n, terms**-a, 0), axis=0)


same("_normalized_gen_harmonic", lambda j, k, n, a: _between(j, k, a) / _gen_harmonic(n, a))


def _between(j: Any, k: Any, a: Any) -> Any:
    """The sum of ``i**-a`` from j to k."""
    return np.where(np.equal(j, k), 1.0 * j**-a, _gen_harmonic(k, a) - _gen_harmonic(j - 1, a))


def choose(n: Any, k: Any) -> Any:
    """The logarithm of a binomial coefficient."""
    return sc.gammaln(n + 1) - sc.gammaln(k + 1) - sc.gammaln(n - k + 1)


same("_binom_pmf", lambda k, n, p: np.exp(choose(n, k) + sc.xlogy(k, p) + sc.xlog1py(n - k, -p)))
same("_nbinom_pmf", lambda k, n, p: np.exp(choose(n + k - 1, k) + n * np.log(p) + sc.xlog1py(k, -p)))
HALF_LOG_TAU = math.log(2 * math.pi) / 2
