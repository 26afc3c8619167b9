"""Riemann's zeta function of real and complex numbers, differentiated.

Source: NIST Digital Library of Mathematical Functions (DLMF), sections 25.2 and 25.4.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import scipy.special as sc

from ..statements import Scalar
from .evaluation import elementwise, piecewise
from .gamma_functions import polygamma
from .hurwitz import zeta_rows
from .polynomials import product

TURN = 2 * math.pi


def _sine(s: Any, m: int) -> Any:
    """``sin(pi (s + e) / 2)``, which has its zeros where s is an even number."""
    near = 2 * np.round(np.real(s) / 2)
    rest, sign = math.pi / 2 * (s - near), np.where(near % 4 == 2, -1.0, 1.0)
    turns = [np.sin(rest), np.cos(rest), -np.sin(rest), -np.cos(rest)]
    return np.stack([sign * turns[k % 4] * (math.pi / 2) ** k / math.factorial(k) for k in range(m + 1)])


def _exponential(rows: list[Any]) -> Any:
    """The coefficients of the exponential of a series."""
    found = [np.exp(rows[0])]
    for k in range(1, len(rows)):
        found.append(sum([j * rows[j] * found[k - j] for j in range(1, k + 1)]) / k)
    return np.stack(found)


def _reflected(s: Any, m: int) -> Any:
    """``2 (2 pi)**(s-1) sin(pi s / 2) gamma(1-s) zeta(1-s)`` at s + e (DLMF 25.4.1)."""
    u = 1 - s
    lost = (1 - u) - s  # by the rounding of u
    logarithm = [sc.loggamma(u) + lost * sc.psi(u) + (s - 1) * math.log(TURN)]
    logarithm += [(-1) ** k * polygamma(u, k - 1) / math.factorial(k) for k in range(1, m + 1)]
    if m:
        logarithm[1] = logarithm[1] + math.log(TURN)
    zeta = [(-1) ** k * row for k, row in enumerate(zeta_rows(u, np.ones_like(np.real(u)), m))]
    return functools.reduce(product, [2 * _sine(s, m), _exponential(logarithm), zeta])


@elementwise()
def _riemann(s: Any, m: int) -> Any:
    """The derivative of order m; at the pole, 1, it is nan."""
    rows = lambda s: zeta_rows(s, np.ones_like(np.real(s)), m)[m]
    value = piecewise(np.real(s) < -0.25, lambda s: _reflected(s, m)[m], rows, s)
    return np.where(s == 1, np.nan, math.factorial(m) * value)


riemann: Scalar = Scalar(_riemann, lambda s, m, out: (riemann(s, m + 1), 0), name="the Riemann zeta function")
