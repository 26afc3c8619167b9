"""Elliptic integrals and the dilogarithm: their derivatives of every order as integrals of one sign.

Source: NIST Digital Library of Mathematical Functions (DLMF), chapters 19 and 25.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from ...values.constants import asarray
from ..statements import Scalar
from .evaluation import elementwise, piecewise

ANGLES = np.arange(25) * (math.pi / 48)  # the trapezoidal rule of a periodic function, by its symmetry
SQUARED_SINES = np.sin(ANGLES) ** 2
WEIGHTS = np.where((ANGLES == 0) | (SQUARED_SINES == 1), 0.5, 1.0) * (math.pi / 48)


def _integral(m: Any, n: int, exponent: float) -> Any:
    """The n-th derivative by m of the integral of ``(1 - m sin(t)**2)**exponent`` over [0, pi/2] (DLMF
    19.2.8), for -4 <= m <= 0.75, where the trapezoidal rule is exact to 1e-18.
    """
    factor = math.prod(n - 1 - exponent - j for j in range(n))
    squared, weights = asarray(SQUARED_SINES, like=m), asarray(WEIGHTS, like=m)
    terms = squared**n * (1 - m[:, None] * squared) ** (exponent - n)
    return factor * (terms @ weights)


def _by_equation(m: Any, n: int) -> Any:
    """The n-th derivative of K from Legendre's equation ``m(1-m)K'' + (1-2m)K' - K/4 = 0`` (DLMF 19.4.8)
    differentiated, whose terms have one sign for m near 1, and nearly so for m < -4.
    """
    rest = 1 - m
    k, slope = sc.ellipk(m), (sc.ellipe(m) / rest - sc.ellipk(m)) / (2 * m)
    for j in range(n - 1):
        k, slope = slope, ((j + 0.5) ** 2 * k - (j + 1) * (1 - 2 * m) * slope) / (m * rest)
    return slope


def _e_by_equation(m: Any, n: int) -> Any:
    """The n-th derivative of E from ``m(1-m)E'' + (1-m)E' + E/4 = 0`` (DLMF 19.4.9) differentiated."""
    rest = 1 - m
    e, slope = sc.ellipe(m), (sc.ellipe(m) - sc.ellipk(m)) / (2 * m)
    for j in range(n - 1):
        e, slope = slope, ((j * j - 0.25) * e - ((j + 1) - (2 * j + 1) * m) * slope) / (m * rest)
    return slope


@elementwise(formula=_by_equation, of_doubles=False)
def _first_kind(m: Any, n: int) -> Any:
    """The n-th derivative of ``ellipk``."""
    inside = (m >= -4) & (m <= 0.75)
    value = piecewise(inside, lambda m: _integral(m, n, -0.5), lambda m: _by_equation(m, n), m)
    return np.where(m == 1, np.inf, value)


@elementwise(formula=_e_by_equation, of_doubles=False)
def _second_kind(m: Any, n: int) -> Any:
    """The n-th derivative of ``ellipe``."""
    inside = (m >= -4) & (m <= 0.75)
    value = piecewise(inside, lambda m: _integral(m, n, 0.5), lambda m: _e_by_equation(m, n), m)
    return np.where(m == 1, -np.inf, value)


first_kind: Scalar = Scalar(_first_kind, lambda m, n, out: (first_kind(m, n + 1), 0), name="ellipk")
second_kind: Scalar = Scalar(_second_kind, lambda m, n, out: (second_kind(m, n + 1), 0), name="ellipe")

STEPS = np.arange(-26, 27) / 8
NODES = 1 / (1 + np.exp(-math.pi * np.sinh(STEPS)))
SHARES = math.pi / 4 * np.cosh(STEPS) / np.cosh(math.pi / 2 * np.sinh(STEPS)) ** 2 / 8


def _near_one(x: Any, n: int) -> Any:
    """The n-th derivative of ``log(x)/(x-1)``, the integral of ``1/(1 + t(x-1))`` over t in [0, 1], by
    the trapezoidal rule in v with ``t = (1 + tanh(pi/2 sinh(v))) / 2`` (Takahasi and Mori 1974).
    """
    nodes, shares = asarray(NODES, like=x), asarray(SHARES, like=x)
    terms = nodes**n / (1 + nodes * (x[:, None] - 1)) ** (n + 1)
    return (-1) ** n * math.factorial(n) * (terms @ shares)


def _far_from_one(x: Any, n: int) -> Any:
    """The same from ``(x-1) g = log(x)``: ``(x-1) g[n] + n g[n-1]`` is that of the logarithm."""
    rest = x - 1
    value = np.log(x) / rest
    for k in range(1, n + 1):
        value = ((-1) ** (k - 1) * math.factorial(k - 1) / x**k - k * value) / rest
    return value


@elementwise()
def _chord(x: Any, n: int) -> Any:
    """The n-th derivative of ``log(x)/(x-1)``."""
    inside = np.abs(x - 1) < 0.7 if x.dtype.kind == "c" else (x > 0.3) & (x < 4)
    return piecewise(inside, lambda x: _near_one(x, n), lambda x: _far_from_one(x, n), x)


chord: Scalar = Scalar(_chord, lambda x, n, out: (chord(x, n + 1), 0), name="chord")
