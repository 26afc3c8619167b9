"""The incomplete beta function, differentiated by all three arguments.

By a and b, all is evaluated at ``a + e, b + f`` as polynomials in e and f, cut off after the orders that are
asked for: the continued fraction holds for those as it does for numbers.

Source: NIST Digital Library of Mathematical Functions (DLMF), 8.17.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ...values.constants import zeros
from ...values.shapes import shape_of
from ..statements import Scalar
from .evaluation import elementwise, piecewise
from .gamma_functions import polygamma

LARGEST = 1e4  # by a + b: the fraction takes some sqrt(a + b) terms


def product(p: Any, q: Any) -> Any:
    """``p q``: the first two axes count the powers of e and f."""
    out = zeros(np.broadcast_shapes(p.shape, q.shape), like=p)
    for i in range(p.shape[0]):
        for j in range(p.shape[1]):
            out[i:, j:] += p[i, j] * q[: q.shape[0] - i, : q.shape[1] - j]
    return out


def quotient(p: Any, q: Any) -> Any:
    """``p / q``."""
    out = zeros(np.broadcast_shapes(p.shape, q.shape), like=p)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            known = sum(q[k, m] * out[i - k, j - m] for k in range(i + 1) for m in range(j + 1) if k or m)
            out[i, j] = (p[i, j] - known) / q[0, 0]
    return out


def line(value: Any, by_e: float, by_f: float, orders: tuple[int, int]) -> Any:
    """``value + by_e e + by_f f``."""
    out = zeros((orders[0] + 1, orders[1] + 1, *shape_of(value)), like=value)
    out[0, 0] = value
    if orders[0]:
        out[1, 0] = by_e
    if orders[1]:
        out[0, 1] = by_f
    return out


def exponential(p: Any) -> Any:
    """``exp(p)`` for p without a constant term."""
    out = term = np.zeros_like(p)
    out[0, 0] = 1.0
    term = out.copy()
    for k in range(1, p.shape[0] + p.shape[1] - 1):
        term = product(term, p) / k
        out = out + term
    return out


def logarithm_of_density(a: Any, b: Any, x: Any, y: Any, orders: tuple[int, int]) -> Any:
    """The terms of ``(a-1) log(x) + (b-1) log(y) - log(beta(a, b))`` beside its value, with y = 1 - x."""
    p = zeros((orders[0] + 1, orders[1] + 1, *shape_of(a)), like=a)
    for i in range(orders[0] + 1):
        for j in range(orders[1] + 1):
            n = i + j
            if n:
                whole = polygamma.function(a + b, n - 1)
                whole = whole - (polygamma.function(a, n - 1) if j == 0 else 0)
                whole = whole - (polygamma.function(b, n - 1) if i == 0 else 0)
                p[i, j] = whole / (math.factorial(i) * math.factorial(j))
    if orders[0]:
        p[1, 0] = p[1, 0] + np.log(x)
    if orders[1]:
        p[0, 1] = p[0, 1] + np.log(y)
    return p


def density_terms(a: Any, b: Any, x: Any, y: Any, orders: tuple[int, int]) -> Any:
    """The density ``x**(a-1) y**(b-1) / beta(a, b)`` at a + e, b + f."""
    value = np.exp(sc.xlogy(a - 1, x) + sc.xlogy(b - 1, y) - sc.betaln(a, b))
    return value * exponential(logarithm_of_density(a, b, x, y, orders))


def fraction(a: Any, b: Any, x: Any, y: Any, orders: tuple[int, int]) -> Any:
    """I by the continued fraction (DLMF 8.17.22), for x below about a / (a + b)."""
    last = 40 + int(6 * math.sqrt(np.max(a + b)))
    one = line(np.ones_like(a), 0.0, 0.0, orders)
    value = one
    for m in range(last, -1, -1):
        even = line(a + 2 * m, 1.0, 0.0, orders)
        up = product(line(a + m, 1.0, 0.0, orders), line(a + b + m, 1.0, 1.0, orders)) * -x
        odd = quotient(up, product(even, line(a + 2 * m + 1, 1.0, 0.0, orders)))
        value = one + quotient(odd, value)
        if m:
            up = line(b - m, 0.0, 1.0, orders) * (m * x)
            down = product(line(a + 2 * m - 1, 1.0, 0.0, orders), even)
            value = one + quotient(quotient(up, down), value)
    front = density_terms(a, b, x, y, orders) * (x * y)
    return quotient(quotient(front, line(a, 1.0, 0.0, orders)), value)


@elementwise(2)
def _by_parameters(a: Any, b: Any, x: Any, i: int, j: int) -> Any:
    """The derivative of order i by a and j by b of ``betainc``, i + j > 0; nan for a + b > 1e4."""
    edge = (x == 0) | (x == 1)
    outside = ~((a > 0) & (b > 0) & (a + b <= LARGEST) & (x >= 0) & (x <= 1))
    a, b, x = (np.where(outside | edge, v, u) for v, u in ((1.0, a), (1.0, b), (0.5, x)))
    low = x * (a + b + 2) < a + 1
    below = lambda a, b, x: fraction(a, b, x, 1 - x, (i, j))[i, j]
    above = lambda a, b, x: -fraction(b, a, 1 - x, x, (j, i))[j, i]
    value = piecewise(low, below, above, a, b, x)
    scale = math.factorial(i) * math.factorial(j)
    return np.where(outside, np.nan, np.where(edge, 0, scale * value))


@elementwise(2)
def _density(a: Any, b: Any, x: Any, i: int, j: int) -> Any:
    """The derivative of order i by a and j by b of ``x**(a-1) (1-x)**(b-1) / beta(a, b)``."""
    outside = ~((a > 0) & (b > 0) & (x >= 0) & (x <= 1))
    edge = (x == 0) | (x == 1)
    a, b = np.where(outside, 1.0, a), np.where(outside, 1.0, b)
    if not (i or j):
        value = np.exp(sc.xlogy(a - 1, x) + sc.xlog1py(b - 1, -x) - sc.betaln(a, b))
        return np.where(outside, np.nan, value)
    inner = np.where(edge | outside, 0.5, x)
    value = density_terms(a, b, inner, 1 - inner, (i, j))[i, j] * math.factorial(i) * math.factorial(j)
    return np.where(outside, np.nan, np.where(edge, 0, value))


def _slope(a: Any, b: Any, x: Any, i: int, j: int) -> Any:
    """The derivative by x of that."""
    whole = ((a - 1) / x - (b - 1) / (1 - x)) * beta_density(a, b, x, i, j)
    if i:
        whole = whole + i * beta_density(a, b, x, i - 1, j) / x
    return whole - j * beta_density(a, b, x, i, j - 1) / (1 - x) if j else whole


beta_density: Scalar = Scalar(
    _density,
    lambda a, b, x, i, j, out: (
        beta_density(a, b, x, i + 1, j),
        beta_density(a, b, x, i, j + 1),
        _slope(a, b, x, i, j),
        0,
        0,
    ),
    name="density of the beta distribution",
)
beta_by_parameters: Scalar = Scalar(
    _by_parameters,
    lambda a, b, x, i, j, out: (
        beta_by_parameters(a, b, x, i + 1, j),
        beta_by_parameters(a, b, x, i, j + 1),
        beta_density(a, b, x, i, j),
        0,
        0,
    ),
    name="betainc",
)
