"""Gamma functions: polygamma functions of real and complex numbers, and differences of digamma functions.

Source: NIST Digital Library of Mathematical Functions (DLMF), chapters 5 and 25.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import scipy.special as sc

from ..located import located
from ..statements import Scalar
from .evaluation import elementwise, piecewise

BERNOULLI = [float(b) for b in sc.bernoulli(34)[2::2]]  # B2, B4, ..


class _Asked:
    """What a function of ``scipy.special`` written in Python answers with the ufunc that it calls."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return ufunc


# With SCIPY_ARRAY_API it stands within another function, which asks the argument for its library.
zeta = getattr(sc.zeta, "__wrapped__", sc.zeta)(2.0, _Asked())

# ------------------------------------------------------------------------------------------------------------
# Polygamma functions
# ------------------------------------------------------------------------------------------------------------


def _cotangents(x: Any, n: int) -> Any:
    """The n-th derivative of ``pi cot(pi x)``: a polynomial in c = cot(pi x), as ``c' = -pi (1 + c**2)``."""
    near = np.round(np.real(x))
    c = 1 / np.tan(math.pi * (x - near))
    p = np.polynomial.Polynomial([0.0, 1.0])
    for _ in range(n):
        p = p.deriv() * np.polynomial.Polynomial([-1.0, 0.0, -1.0])
    return math.pi ** (n + 1) * functools.reduce(lambda total, k: total * c + k, p.coef[::-1].tolist(), 0.0)


def _reflected(x: Any, n: int) -> Any:
    """``psi_n(1-x) (-1)**n - psi_n(x)`` is the n-th derivative of ``pi cot(pi x)`` (DLMF 5.15.6)."""
    return (-1) ** n * _right_half(1 - x, n) - _cotangents(x, n)


def _right_half(x: Any, n: int) -> Any:
    if x.dtype.kind == "c":
        return _asymptotic(x, n)
    return sc.psi(x) if n == 0 else (-1) ** (n + 1) * math.factorial(n) * located(sc.zeta)(n + 1.0, x)


def _asymptotic(x: Any, n: int) -> Any:
    """The recurrence up to |x| > 16 (DLMF 5.15.5), and from there the asymptotic series (DLMF 5.15.8)."""
    total = np.zeros_like(x)
    for _ in range(16):
        total, x = total + math.factorial(n) / x ** (n + 1), x + 1
    total = total + math.factorial(n - 1) / x**n + math.factorial(n) / (2 * x ** (n + 1))
    for k, b in enumerate(BERNOULLI[:14], 1):
        total = total + b * math.perm(2 * k + n - 1, n - 1) / x ** (2 * k + n)
    return (-1) ** (n + 1) * total


def _polygamma(x: Any, n: int) -> Any:
    return sc.psi(x) if n == 0 and x.__class__ is float and x > 0 else _derivative(x, n)


@elementwise()
def _derivative(x: Any, n: int) -> Any:
    """The n-th derivative of ``psi``; for x < 0 ``psi`` itself too, which SciPy rounds near the poles."""
    if n == 0 and x.dtype.kind == "c":
        return sc.psi(x)
    pole = (np.real(x) <= 0) & (x == np.round(np.real(x)))
    left = np.real(x) < (0.0 if x.dtype.kind == "f" else 0.5)
    value = piecewise(left, lambda x: _reflected(x, n), lambda x: _right_half(x, n), x)
    return np.where(pole, np.nan, value)


polygamma: Scalar = Scalar(_polygamma, lambda x, n, out: (polygamma(x, n + 1), 0), name="polygamma")

# ------------------------------------------------------------------------------------------------------------
# 1/gamma
# ------------------------------------------------------------------------------------------------------------


def tower(value: Any, slopes: list[Any]) -> list[Any]:
    """The derivatives of f, where ``f' = f s``, from those of s, by Leibniz' rule."""
    found = [value]
    for m in range(len(slopes)):
        found.append(sum(math.comb(m, j) * found[j] * slopes[m - j] for j in range(m + 1)))
    return found


def _sine_of_turn(x: Any, k: int) -> Any:
    """The k-th derivative of ``sin(pi x)/pi``."""
    near = np.round(np.real(x))
    rest = math.pi * (x - near)
    value = np.cos(rest) if k % 2 else np.sin(rest)
    return (-1) ** (k // 2) * math.pi ** (k - 1) * np.where(near % 2 == 1, -value, value)


def _left_reciprocal(x: Any, n: int) -> Any:
    """From ``1/gamma(x) = gamma(1-x) sin(pi x)/pi`` (DLMF 5.5.3), in which no pole meets a zero."""
    y = 1 - x
    lost = (1 - y) - x  # by the rounding of y
    slopes = [(-1) ** (k + 1) * _polygamma(y, k) for k in range(n)]
    gammas = tower(sc.gamma(y) * (1 + lost * sc.psi(y)), slopes)
    terms = [math.comb(n, j) * gammas[j] * _sine_of_turn(x, n - j) for j in range(n + 1)]
    return sum(terms)


@elementwise()
def _reciprocal(x: Any, n: int) -> Any:
    """The n-th derivative of ``rgamma``."""
    right = lambda x: tower(sc.rgamma(x), [-_polygamma(x, k) for k in range(n)])[n]
    return piecewise(np.real(x) < 0.5, lambda x: _left_reciprocal(x, n), right, x)


reciprocal: Scalar = Scalar(_reciprocal, lambda x, n, out: (reciprocal(x, n + 1), 0), name="rgamma")
