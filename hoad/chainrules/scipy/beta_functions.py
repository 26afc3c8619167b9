"""The beta function and its logarithm: differences of digamma functions, and integrals of one sign.

Source: NIST Digital Library of Mathematical Functions (DLMF), chapter 5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ...nested import Traced
from ...values.constants import asarray
from ..statements import Scalar
from .evaluation import elementwise, in_kernels, piecewise
from .gamma_functions import BERNOULLI, polygamma

_polygamma = polygamma.function

# ------------------------------------------------------------------------------------------------------------
# psi(a + b) - psi(a)
# ------------------------------------------------------------------------------------------------------------


def _power_step(a: Any, b: Any, p: int) -> Any:
    """``(a+b)**-p - a**-p``, without cancellation for small b."""
    return np.expm1(-p * np.log1p(b / a)) / a**p


def _difference(a: Any, b: Any, i: int) -> Any:
    """For positive a and b: recurrence to a > 10 (DLMF 5.5.2), then the asymptotic series (DLMF 5.11.2),
    every term of both as a difference of powers.
    """
    if isinstance(a, Traced):  # an element
        return difference(a, b, i)
    sign, total = (-1) ** i * math.factorial(i), np.zeros_like(a)
    for _ in range(12):
        total, a = total - sign * _power_step(a, b, i + 1), a + 1
    total = total + (np.log1p(b / a) if i == 0 else -sign / i * _power_step(a, b, i))
    total = total - sign / 2 * _power_step(a, b, i + 1)
    for k, bernoulli in enumerate(BERNOULLI[:9], 1):
        rising = (-1) ** i * math.prod(range(2 * k, 2 * k + i))
        total = total - bernoulli / (2 * k) * rising * _power_step(a, b, 2 * k + i)
    return total


difference = in_kernels(_difference, "hoad_digamma_step")


@elementwise(2)
def _digamma_step(a: Any, b: Any, i: int, j: int) -> Any:
    """The derivative of order i by a and j by b of ``psi(a + b) - psi(a)``."""
    if j:
        return _polygamma(a + b, i + j)
    plain = lambda a, b: _polygamma(a + b, i) - _polygamma(a, i)
    return piecewise((a > 0) & (b > 0), lambda a, b: _difference(a, b, i), plain, a, b)


digamma_step: Scalar = Scalar(
    _digamma_step,
    lambda a, b, i, j, out: (digamma_step(a, b, i + 1, j), digamma_step(a, b, i, j + 1), 0, 0),
    name="digamma_step",
)

# ------------------------------------------------------------------------------------------------------------
# The beta function
# ------------------------------------------------------------------------------------------------------------

STEPS = np.arange(-320, 321) / 80
TURNS = math.pi / 2 * np.sinh(STEPS)
LEFT, RIGHT = -np.log1p(np.exp(-2 * TURNS)), -np.log1p(np.exp(2 * TURNS))  # log(t), log(1-t)
SHARES = math.pi * np.cosh(STEPS) / 80


def _by_products(a: Any, b: Any, i: int, j: int) -> Any:
    """From ``B' = B s``, by Leibniz' rule: s is minus the step of the digamma function."""
    found = {(0, 0): sc.beta(a, b)}
    for q in range(j):
        found[0, q + 1] = -sum(
            math.comb(q, k) * found[0, k] * _digamma_step(b, a, q - k, 0) for k in range(q + 1)
        )
    for p in range(i):
        for q in range(j + 1):
            found[p + 1, q] = -sum(
                math.comb(p, k) * math.comb(q, m) * found[k, m] * _digamma_step(a, b, p - k, q - m)
                for k in range(p + 1)
                for m in range(q + 1)
            )
    return found[i, j]


def _by_integral(a: Any, b: Any, i: int, j: int) -> Any:
    """The integral of ``t**(a-1) (1-t)**(b-1) log(t)**i log(1-t)**j`` over [0, 1] (DLMF 5.12.1), which has
    one sign where the products cancel; by the trapezoidal rule in v with ``t = (1 + tanh(pi/2 sinh(v)))/2``.
    """
    if isinstance(a, Traced):  # an element
        return integral(a, b, i, j)
    left, right, shares = [asarray(constants, like=a) for constants in (LEFT, RIGHT, SHARES)]
    terms = np.exp(a[:, None] * left + b[:, None] * right)  # dt is t (1-t) pi cosh(v) dv
    return terms @ (shares * left**i * right**j)


integral = in_kernels(_by_integral, "hoad_beta_integral", 2)


@elementwise(2)
def _beta(a: Any, b: Any, i: int, j: int) -> Any:
    """The derivative of order i by a and j by b of ``beta``."""
    if not (i and j):
        return _by_products(a, b, i, j)
    small = (a > 0) & (b > 0) & (np.minimum(a, b) < 0.5)
    if isinstance(a, Traced):  # both of what is given, of which ``beta`` is known
        return np.where(small, _by_integral(a, b, i, j), _by_products(a, b, i, j))
    return piecewise(
        small, lambda a, b: _by_integral(a, b, i, j), lambda a, b: _by_products(a, b, i, j), a, b
    )


beta_derivative: Scalar = Scalar(
    _beta,
    lambda a, b, i, j, out: (beta_derivative(a, b, i + 1, j), beta_derivative(a, b, i, j + 1), 0, 0),
    name="beta_derivative",
)
