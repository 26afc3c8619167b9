"""Incomplete elliptic integrals, Carlson's and Jacobi's functions.

Source: NIST Digital Library of Mathematical Functions (DLMF), chapters 19 and 22.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ...values.constants import asarray
from ..statements import Scalar
from .elliptic import first_kind, second_kind
from .evaluation import elementwise
from .stating import enter, own

STEPS = np.arange(-360, 361) / 80
LOGARITHMS = math.pi / 2 * np.sinh(STEPS)
SHARES = math.pi / 2 * np.cosh(STEPS) / 80


def carlson(factors: Any) -> Any:
    """One of SciPy's integrals with these factors, each with its number of square roots; None for others.

    Of three roots it is 2 RF; of five, three of which are alike, 2/3 RD; and with two that are alike, 2/3 RJ.
    """
    total = sum(n for _, n in factors)
    roots: Any = lambda kept: [a for a, n in factors for _ in range(n - (3 if a is kept else 0))]
    if total == 3:
        return 2 * sc.elliprf(*roots(None))
    thrice = next((a for a, n in factors if n >= 3), None)
    if total == 5 and thrice is not None:
        return 2 / 3 * sc.elliprd(*roots(thrice), thrice)
    if total == 5 and [n for _, n in factors] == [1, 1, 1, 2]:
        return 2 / 3 * sc.elliprj(*[a for a, _ in factors])
    return None


@elementwise(4)
def _symmetric(x: Any, y: Any, z: Any, p: Any, i: int, j: int, k: int, m: int) -> Any:
    """The integral over t > 0 of ``(t+x)**(-i/2) (t+y)**(-j/2) (t+z)**(-k/2) (t+p)**(-m/2)``, by the
    trapezoidal rule in v with ``t = s exp(pi/2 sinh(v))`` and s of the size of the arguments; by Carlson's
    own where it is one of those.
    """
    lost = (x < 0) | (y < 0) | (z < 0) | ((p <= 0) & bool(m))
    known = carlson([(x, i), (y, j), (z, k), (p, m)])
    if known is not None:
        return np.where(lost, np.nan, known)
    sizes = [np.abs(a) for a in (x, y, z)]
    size = np.cbrt(np.maximum(sizes[0], 1e-300) * np.maximum(sizes[1], 1e-300) * np.maximum(sizes[2], 1e-300))
    size = np.maximum(size, 1e-8 * np.maximum(np.maximum(sizes[0], sizes[1]), sizes[2]))[:, None]
    t = size * asarray(np.exp(LOGARITHMS), like=x)
    terms = t * asarray(SHARES, like=x)
    for a, n in ((x, i), (y, j), (z, k), (p, m)):
        if n:
            terms = terms * (t + a[:, None]) ** (-n / 2)
    return np.where(lost, np.nan, np.sum(terms, axis=-1))


symmetric: Scalar = Scalar(
    _symmetric,
    lambda x, y, z, p, i, j, k, m, out: (
        -i / 2 * symmetric(x, y, z, p, i + 2, j, k, m),
        -j / 2 * symmetric(x, y, z, p, i, j + 2, k, m),
        -k / 2 * symmetric(x, y, z, p, i, j, k + 2, m),
        -m / 2 * symmetric(x, y, z, p, i, j, k, m + 2),
        0,
        0,
        0,
        0,
    ),
    name="a symmetric elliptic integral",
)

# Carlson's (DLMF 19.16.1 to 19.16.6)
if hasattr(sc, "elliprf"):
    own(
        sc.elliprf,
        lambda x, y, z, out: (
            -0.25 * symmetric(x, y, z, 1.0, 3, 1, 1, 0),
            -0.25 * symmetric(x, y, z, 1.0, 1, 3, 1, 0),
            -0.25 * symmetric(x, y, z, 1.0, 1, 1, 3, 0),
        ),
    )
    own(
        sc.elliprd,
        lambda x, y, z, out: (
            -0.75 * symmetric(x, y, z, 1.0, 3, 1, 3, 0),
            -0.75 * symmetric(x, y, z, 1.0, 1, 3, 3, 0),
            -2.25 * symmetric(x, y, z, 1.0, 1, 1, 5, 0),
        ),
    )
    own(
        sc.elliprc,
        lambda x, y, out: (
            -0.25 * symmetric(x, y, y, 1.0, 3, 2, 0, 0),
            -0.5 * symmetric(x, y, y, 1.0, 1, 4, 0, 0),
        ),
    )
    own(
        sc.elliprj,
        lambda x, y, z, p, out: (
            -0.75 * symmetric(x, y, z, p, 3, 1, 1, 2),
            -0.75 * symmetric(x, y, z, p, 1, 3, 1, 2),
            -0.75 * symmetric(x, y, z, p, 1, 1, 3, 2),
            -1.5 * symmetric(x, y, z, p, 1, 1, 1, 4),
        ),
    )


# Legendre's: within a quarter turn by Carlson's (DLMF 19.25.5, 19.25.9), beyond by whole ones
def turns(phi: Any) -> Any:
    """How many half turns an angle has."""
    return np.round(phi / math.pi)


def delta(phi: Any, m: Any) -> Any:
    """``sqrt(1 - m sin(phi)**2)``."""
    return np.sqrt(1 - m * np.sin(phi) ** 2)


def first_by_modulus(phi: Any, m: Any) -> Any:
    """The derivative of F by m."""
    k = turns(phi)
    s, c = np.sin(phi - k * math.pi), np.cos(phi - k * math.pi)
    return s**3 / 4 * symmetric(c * c, 1.0, 1 - m * s * s, 1.0, 1, 1, 3, 0) + 2 * k * first_kind(m, 1)


def second_by_modulus(phi: Any, m: Any) -> Any:
    """The derivative of E by m."""
    k = turns(phi)
    s, c = np.sin(phi - k * math.pi), np.cos(phi - k * math.pi)
    return -(s**3) / 4 * symmetric(c * c, 1 - m * s * s, 1.0, 1.0, 1, 1, 3, 0) + 2 * k * second_kind(m, 1)


own(sc.ellipkinc, lambda phi, m, out: (1 / delta(phi, m), first_by_modulus(phi, m)))
own(sc.ellipeinc, lambda phi, m, out: (delta(phi, m), second_by_modulus(phi, m)))
own(
    sc.ellipkm1,
    lambda p, out: np.where(
        p < 0.5, (p * out - sc.ellipe(1 - p)) / (2 * p * (1 - np.where(p < 0.5, p, 0))), -first_kind(1 - p, 1)
    ),
)


# Jacobi's: by the amplitude, whose derivative by m follows from F(phi, m) = u
def _amplitude(u: Any, m: Any) -> Any:
    return sc.ellipj(u, m)[3]


amplitude: Scalar = Scalar(
    _amplitude,
    lambda u, m, out: (delta(out, m), -delta(out, m) * first_by_modulus(out, m)),
    name="ellipj",
)


def _jacobi(u: Any, m: Any) -> tuple[Any, ...]:
    phi = amplitude(u, m)
    return np.sin(phi), np.cos(phi), delta(phi, m), phi


enter(sc.ellipj, _jacobi)
