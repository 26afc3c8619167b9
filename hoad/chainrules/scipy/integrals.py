"""Integrals with elementary integrands: sine, cosine, exponential and Fresnel integrals, the Faddeeva
function and Voigt's profile.

Source: NIST Digital Library of Mathematical Functions (DLMF), chapters 6 and 7.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ...values.constants import asarray
from ..statements import Scalar
from .evaluation import elementwise, piecewise
from .stating import own, several, within_some

several("sici", lambda x, out: sc.sinc(x / math.pi), lambda x, out: np.cos(x) / x)


def hyperbolic(x: Any) -> Any:
    """``sinh(x) / x``, of a real argument without the quotient."""
    return np.sinh(x) / x if np.iscomplexobj(x) else 0.5 * (sc.exprel(x) + sc.exprel(-x))


several("shichi", lambda x, out: hyperbolic(x), lambda x, out: np.cosh(x) / x)
several(
    "fresnel",
    lambda z, out: np.sin(math.pi / 2 * z * z),
    lambda z, out: np.cos(math.pi / 2 * z * z),
)
TURN = np.exp(0.25j * math.pi) / math.sqrt(math.pi)
several(
    "modfresnelp",
    lambda x, out: -np.exp(1j * x * x),
    lambda x, out: -2j * x * out - np.conj(TURN),
)
several(
    "modfresnelm",
    lambda x, out: -np.exp(-1j * x * x),
    lambda x, out: 2j * x * out - TURN,
)


def _exponential(n: Any, x: Any) -> Any:
    """``expn``, of negative orders too (DLMF 8.19.10)."""
    count = int(-np.min(n)) if np.size(n) else 0
    n, total = asarray(n, like=(n, x)), np.exp(-x) / x
    below = n < 0
    for k in range(1, count + 1):
        total = np.where(k <= -n, (np.exp(-x) + k * total) / x, total)
    return np.where(below, total, sc.expn(np.where(below, 0, n), x))[()]


exponential: Scalar = Scalar(_exponential, lambda n, x, out: (0, -exponential(n - 1, x)), name="expn")
within_some("expn", lambda n, x, out: (0, -exponential(n - 1, x)), "-n x")

# ------------------------------------------------------------------------------------------------------------
# The Faddeeva function
# ------------------------------------------------------------------------------------------------------------

FAR = 10.0  # where the asymptotic series has all digits


def _near(z: Any, n: int) -> Any:
    """From ``w' = -2 z w + 2i/sqrt(pi)`` (DLMF 7.10.3), differentiated."""
    before, now = sc.wofz(z), -2 * z * sc.wofz(z) + 2j / math.sqrt(math.pi)
    if n == 0:
        return before
    for k in range(1, n):
        before, now = now, -2 * z * now - 2 * k * before
    return now


def _far(z: Any, n: int) -> Any:
    """By ``i/sqrt(pi) * sum of (1/2)_k z**(-2k-1)`` (DLMF 7.12.1), for Im(z) >= 0; below that, from -z."""
    low = np.imag(z) < 0
    y = np.where(low, -z, z)
    total = np.zeros_like(y)
    for k in range(16, -1, -1):
        factor = math.prod(j + 0.5 for j in range(k)) * math.perm(2 * k + n, n)
        total = total + factor * y ** (-2.0 * k - 1 - n)
    value = (-1) ** n * 1j / math.sqrt(math.pi) * total
    hermite = sum(
        math.factorial(n)
        // (math.factorial(m) * math.factorial(n - 2 * m))
        * (-1) ** m
        * (2 * z) ** (n - 2 * m)
        for m in range(n // 2 + 1)
    )
    return np.where(low, 2 * (-1) ** n * hermite * np.exp(-z * z) - (-1) ** n * value, value)


@elementwise()
def _faddeeva(z: Any, n: int) -> Any:
    """The n-th derivative of ``wofz``."""
    return piecewise(np.abs(z) < FAR, lambda z: _near(z, n), lambda z: _far(z, n), z)


def _of_complex(z: Any, n: int) -> Any:
    return _faddeeva(np.asarray(z) + 0j, n)


faddeeva: Scalar = Scalar(_of_complex, lambda z, n, out: (faddeeva(z, n + 1), 0), name="wofz")
own(sc.wofz, lambda z, out: faddeeva(z, 1))


def place(x: float, s: float, g: float) -> Any:
    """Where Voigt's profile looks up the Faddeeva function."""
    return (x + 1j * g) / (s * math.sqrt(2))


own(
    sc.voigt_profile,
    lambda x, s, g, out: (
        np.real(faddeeva(place(x, s, g), 1)) / (2 * s * s * math.sqrt(math.pi)),
        -out / s - np.real(faddeeva(place(x, s, g), 1) * place(x, s, g)) / (s * s * math.sqrt(2 * math.pi)),
        -np.imag(faddeeva(place(x, s, g), 1)) / (2 * s * s * math.sqrt(math.pi)),
    ),
)
