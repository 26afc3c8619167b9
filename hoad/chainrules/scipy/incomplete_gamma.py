"""The incomplete gamma functions, differentiated by both arguments.

By the first argument, a, all is evaluated at ``a + e`` as polynomials in e, cut off after the order that is
asked for: the series and the continued fraction hold for those as they do for numbers.

Source: NIST Digital Library of Mathematical Functions (DLMF), chapter 8.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ...values.reading import is_read
from ..statements import Scalar
from .evaluation import elementwise, piecewise
from .gamma_functions import BERNOULLI, polygamma, reciprocal, tower
from .polynomials import coefficients, divided, product, quotient, shifted

LARGEST = 1e4  # by a: the series and the fraction take some sqrt(a) terms

# ------------------------------------------------------------------------------------------------------------
# The density x**(a-1) exp(-x) / gamma(a)
# ------------------------------------------------------------------------------------------------------------


def _deviance(a: Any, x: Any) -> Any:
    """``a log(a/x) + x - a``, which is 0 for x = a (Loader 2000, "Fast and accurate computation of binomial
    probabilities").
    """
    v = (a - x) / (a + x)
    series = np.zeros_like(v)
    for j in range(12, 0, -1):
        series = (series + 1 / (2 * j + 1)) * v * v
    near = (a - x) * v + 2 * a * v * series
    return np.where(np.abs(v) < 0.1, near, a * np.log(a / x) + (x - a))


def _stirling_error(a: Any) -> Any:
    """``log(gamma(a+1)) - (a + 1/2) log(a) + a - log(2 pi)/2`` (DLMF 5.11.1)."""
    return sum(b / (2 * k * (2 * k - 1)) / a ** (2 * k - 1) for k, b in enumerate(BERNOULLI[:9], 1))


def _large(a: Any, x: Any, m: int, k: int) -> Any:
    """For large a, by Stirling's formula: the terms of the exponent are as small as it is. By x, from ``p' =
    p s`` with ``s = (a-1-x)/x``, whose difference is exact next to x = a.
    """
    b = a - 1
    value = np.exp(-_stirling_error(b) - _deviance(b, x)) / np.sqrt(2 * math.pi * b)
    slopes = [np.log(x) - sc.psi(a), *[-polygamma.function(a, k) for k in range(1, m)]]
    found = [np.where(value == 0, 0, coefficients(tower(value, slopes[:m])))]
    rises = [shifted(b - x, m) / x]
    rises += [shifted(b, m) * ((-1) ** j * math.factorial(j)) / x ** (j + 1) for j in range(1, k)]
    for n in range(k):
        found.append(sum(math.comb(n, j) * product(found[j], rises[n - j]) for j in range(n + 1)))
    return np.where(value == 0, 0, found[k][m])


def _powers(a: Any, x: Any, m: int, j: int) -> Any:
    """Coefficients of ``x**(a-1-j) exp(-x) / gamma(a)`` at ``a + e``: as a square, whose root does not leave
    the range; and for small a the power in factors, as ``a - 1`` is rounded.
    """
    root = x ** (np.where(a < 0.5, a, a - 1 - j) / 2) * np.exp(-x / 2)
    power = root * root
    for _ in range(j + 1):
        power = np.where(a < 0.5, power / x, power)
    power = np.where(x > 1480, 0, power)
    logarithms = [power * (np.log(x) ** k if k else 1.0) / math.factorial(k) for k in range(m + 1)]
    gammas = [reciprocal.function(a, k) / math.factorial(k) for k in range(m + 1)]
    return strong_product(np.stack(gammas), np.where(x > 1480, 0, np.stack(logarithms)))


def strong_product(p: Any, q: Any) -> Any:
    """``p q``, where a zero of p stays zero whatever it meets."""
    return np.stack(
        [sum(np.where(p[i] == 0, 0, p[i] * q[k - i]) for i in range(k + 1)) for k in range(len(p))]
    )


def _small(a: Any, x: Any, m: int, k: int) -> Any:
    """The power differentiated j times, ``(a-1) .. (a-j) x**(a-1-j)``, and the exponential k - j times."""
    total, falling = np.zeros_like(a), shifted(np.ones_like(a), m, 0.0)
    for j in range(k + 1):
        powers = _powers(a, x, m, j)
        term = strong_product(falling, powers)[m] if j else powers[m]
        total = total + math.comb(k, j) * (-1) ** (k - j) * term
        falling = product(falling, shifted(a - j - 1, m)) if j < k else None
    return total


@elementwise(2)
def _density(a: Any, x: Any, m: int, k: int) -> Any:
    """The derivative of order m by a and k by x of ``x**(a-1) exp(-x) / gamma(a)``."""
    value = piecewise(a > 100, lambda a, x: _large(a, x, m, k), lambda a, x: _small(a, x, m, k), a, x)
    return np.where(x < 0, np.nan, math.factorial(m) * value)


density: Scalar = Scalar(
    _density,
    lambda a, x, m, k, out: (density(a, x, m + 1, k), density(a, x, m, k + 1), 0, 0),
    name="density",
)

# ------------------------------------------------------------------------------------------------------------
# By the first argument
# ------------------------------------------------------------------------------------------------------------


def _factor(a: Any, x: Any, m: int) -> Any:
    """``x**a exp(-x) / gamma(a + 1)`` at a + e."""
    return coefficients([_density(a + 1, x, k, 0) for k in range(m + 1)])


def _series(a: Any, x: Any, m: int) -> Any:
    """P by ``sum of x**k / ((a+1) .. (a+k))`` (DLMF 8.7.1), until all that follows is too small to count."""
    whole = _factor(a, x, m)
    most = math.ceil(60 + 10 * math.sqrt(np.max(a + 1)))
    reads = is_read(x)
    if x.__class__ is np.ndarray and x.size == 1:
        a, x = a.item(), x.item()  # ten times faster, in the same arithmetic
    terms = totals = [a / a, *[0 * a] * m]
    for k in range(1, most):
        terms = [t * x for t in divided(terms, a + k)]
        totals = [total + t for total, t in zip(totals, terms, strict=True)]
        if reads and k % 8 == 0 and _are_negligible(terms, totals):
            break
    return math.factorial(m) * sum(whole[j] * totals[m - j] for j in range(m + 1))


def _are_negligible(terms: list[Any], totals: list[Any]) -> bool:
    """Tell whether terms, and some thousand smaller ones, are far below what a sum can hold."""
    return all([np.all(abs(t) <= 2.0**-100 * abs(s)) for t, s in zip(terms, totals, strict=True)])


def _fraction(a: Any, x: Any, m: int) -> Any:
    """1 - Q by the continued fraction ``1/(x+1-a - (1-a)/(x+3-a - 2(2-a)/(x+5-a - ..` (DLMF 8.9.2)."""
    last = 100 + int(10 * math.sqrt(np.max(a)))
    value = shifted(x + 2 * last + 1 - a, m, -1.0)
    for k in range(last, 0, -1):
        value = shifted(x + 2 * k - 1 - a, m, -1.0) - quotient(k * shifted(k - a, m, -1.0), value)
    weight = product(_factor(a, x, m), shifted(a, m))  # x**a exp(-x) / gamma(a)
    return -math.factorial(m) * quotient(weight, value)[m]


@elementwise()
def _by_parameter(a: Any, x: Any, m: int) -> Any:
    """The m-th derivative of ``gammainc`` by its first argument; nan for a > 1e4."""
    edge = (x == 0) | (x == np.inf)
    outside = ~((a > 0) & (a <= LARGEST) & (x >= 0))
    a, x = np.where(outside | edge, 1.0, a), np.where(outside | edge, 1.0, x)
    low = x < np.maximum(a + 1, 3)
    value = piecewise(low, lambda a, x: _series(a, x, m), lambda a, x: _fraction(a, x, m), a, x)
    return np.where(outside, np.nan, np.where(edge, 0, value))


by_parameter: Scalar = Scalar(
    _by_parameter,
    lambda a, x, m, out: (by_parameter(a, x, m + 1), density(a, x, m, 0), 0),
    name="gammainc",
)
