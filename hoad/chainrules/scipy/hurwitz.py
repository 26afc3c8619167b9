"""Hurwitz' zeta function, differentiated by both arguments.

Source: NIST Digital Library of Mathematical Functions (DLMF), section 25.11.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ...values.constants import zeros
from ..statements import Scalar
from .evaluation import elementwise
from .gamma_functions import BERNOULLI
from .polynomials import over_shifted, product, shifted

SHIFTS = 400


def _power(s: Any, q: Any, m: int) -> Any:
    """``q**-(s + e)``, to order m in e."""
    logarithm, term = -np.log(q), q**-s
    rows = [term]
    for k in range(1, m + 1):
        rows.append(rows[-1] * logarithm / k)
    return np.stack(rows)


def zeta_rows(s: Any, q: Any, m: int) -> Any:
    """``zeta(s + e, q)`` to order m in e, by the formula of Euler and Maclaurin (DLMF 25.11.5, 25.11.7)."""
    total = zeros((m + 1, *s.shape), s.dtype, like=s)
    least = 10 + (np.abs(s) if s.dtype.kind == "c" else s / 3)
    start = np.where(q < least, np.ceil(least - q), 0).clip(0, SHIFTS)
    for k in range(int(start.max(initial=0))):
        total = total + np.where(k < start, _power(s, q + k, m), 0)
    q = q + start
    power = _power(s, q, m)
    total = total + over_shifted(power * q, s - 1) + power / 2
    term, factorial = product(power, shifted(s, m)) / q, 2.0
    for j, b in enumerate(BERNOULLI[:12], 1):
        total = total + b / factorial * term
        term = product(product(term, shifted(s + 2 * j - 1, m)), shifted(s + 2 * j, m)) / (q * q)
        factorial *= (2 * j + 1) * (2 * j + 2)
    return total


def _by_place(s: Any, q: Any, k: int) -> Any:
    """``(-1)**k s (s+1) .. (s+k-1) zeta(s+k, q)`` (DLMF 25.11.17), where ``s + k`` is rounded, and with it a
    power of q.
    """
    above = s + k
    lost = s - (above - k)
    rising = math.prod([s + j for j in range(k)])
    return (-1) ** k * rising * sc.zeta(above, q) * (1 - lost * np.log(q))


def _by_both(s: Any, q: Any, m: int, k: int) -> Any:
    fine = (s + k > 1) & (q > 0)
    s, q = np.where(fine, s, 2.0), np.where(fine, q, 1.0)
    found = zeta_rows(s + k, q, m)
    for j in range(k):
        found = product(found, shifted(s + j, m))
    return np.where(fine, (-1) ** k * math.factorial(m) * found[m], np.nan)


@elementwise(2)
def _hurwitz(s: Any, q: Any, m: int, k: int) -> Any:
    """The derivative of order m by s and k by q of ``zeta(s, q)``; by s, it is nan for s <= 1 or q <= 0.
    For complex s it is nan, as SciPy's value is.
    """
    if np.iscomplexobj(s):
        return np.full(s.shape, np.nan)
    return _by_both(s, q, m, k) if m else _by_place(s, q, k)


hurwitz: Scalar = Scalar(
    _hurwitz,
    lambda s, q, m, k, out: (hurwitz(s, q, m + 1, k), hurwitz(s, q, m, k + 1), 0, 0),
    name="hurwitz",
)
