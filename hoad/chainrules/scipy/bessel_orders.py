"""Bessel functions, differentiated by their order, to nine digits or more, for real x > 0.

The integrals of Schläfli and their like (DLMF 10.9.6, 10.9.7, 10.32.4, 10.32.9) are differentiated under the
integral sign. Where the order exceeds x (for I, its root), the integrals cancel, and the power series is
evaluated at ``v + e`` as a polynomial in e. Where neither reaches, as for x < 0, the derivative is nan.

Source: NIST Digital Library of Mathematical Functions (DLMF), chapter 10.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sc

from ..statements import Scalar
from .evaluation import elementwise, piecewise
from .gamma_functions import polygamma, tower
from .polynomials import coefficients, product, quotient, shifted

NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
NODES, WEIGHTS = (1 + NODES) / 2, WEIGHTS / 2
PANELS = 64
LONGEST = 4000  # steps of the recurrence

Integrand = Callable[[Any], Any]


def integral(f: Integrand, end: Any, panels: int) -> Any:
    """The integral of f over [0, end], by Gauss's rule on panels; f takes arrays with an axis of nodes."""
    length = np.asarray(end / panels)[..., None]
    return sum(f(length * (k + NODES)) @ WEIGHTS for k in range(panels)) * length[..., 0]


def reach(rise: Callable[[Any], Any], v: Any) -> Any:
    """Where ``exp(|v| t - x sinh(t))`` is below exp(-45), by iteration; ``rise`` inverts the rest."""
    end = rise(45.0 + 0 * v)
    for _ in range(30):
        end = rise(45 + np.abs(v) * end)
    return end


def waves(v: Any, x: Any) -> int:
    """Panels that resolve ``cos(v t - x sin(t))`` over [0, pi]."""
    return 4 + int(np.max(np.abs(v) + x) / 4)


def turned(angle: Any, quarters: int) -> Any:
    """``cos(angle + quarters pi/2)``, exactly 0 at its zeros."""
    value = np.sin(angle) if quarters % 2 else np.cos(angle)
    return -value if quarters % 4 in (1, 2) else value


def tail(v: Any, x: Any, m: int, k: int) -> Any:
    """The derivative of order m by v and k by x of ``exp(i pi v)`` times the integral of ``exp(-v t - x
    sinh(t))``.
    """
    a, b, turn = v[:, None], x[:, None], 1j * math.pi
    f = lambda t: (turn - t) ** m * (-np.sinh(t)) ** k * np.exp((turn - t) * a - b * np.sinh(t))
    return integral(f, reach(lambda r: np.arcsinh(r / x), v), PANELS)


def series(v: Any, x: Any, m: int, sign: float) -> Any:
    """The m-th derivative by v of ``(x/2)**v / gamma(v+1) * sum of (s x**2/4)**k / (k! (v+1) .. (v+k))``
    (DLMF 10.2.2, 10.25.2). Alternating, it starts at an order where it does not cancel, and the recurrence
    in the order leads down.
    """
    beyond = x * x / 16 - v > (LONGEST if sign < 0 else np.inf)
    x = np.where(beyond, 1.0, x)
    z = sign * x * x / 4
    steps = max(0, int(np.max(np.ceil(x * x / 16 - v)))) if sign < 0 else 0
    high, low = (hypergeometric(v + 1 + steps + k, z, m) for k in (1, 0))
    for k in range(steps, 0, -1):
        c = shifted(v + k, m)
        high, low = low, low + quotient(z * high, product(c, c + shifted(1, m, 0.0)[:, None]))
    slopes = [np.log(x / 2) - sc.psi(v + 1), *[-polygamma.function(v + 1, k) for k in range(1, m)]]
    factor = np.exp(v * np.log(x / 2) - sc.gammaln(v + 1))
    value = math.factorial(m) * product(coefficients(tower(factor, slopes[:m])), low)[m]
    return np.where(beyond, np.nan, value)


def hypergeometric(c: Any, z: Any, m: int) -> Any:
    """``0F1(; c + e; z)``."""
    term = total = shifted(np.ones_like(z), m, 0.0)
    for k in range(60 + int(2 * math.sqrt(np.max(np.abs(z))))):
        term = quotient(term * z / (k + 1), shifted(c + k, m))
        total = total + term
    return total


def neighbours(v: Any, x: Any, m: int, k: int, sign: float) -> Any:
    """The k-th derivative by x of ``series``, by ``f' = (f[v-1] + s f[v+1]) / 2`` (DLMF 10.6.1, 10.29.1)."""
    terms = [math.comb(k, j) * sign**j * series(v - k + 2 * j, x, m, sign) for j in range(k + 1)]
    return np.sum(terms, axis=0) / 2**k


def _first(v: Any, x: Any, m: int, k: int) -> Any:
    def schlafli(v: Any, x: Any) -> Any:
        a, b = v[:, None], x[:, None]
        f = lambda t: t**m * np.sin(t) ** k * turned(a * t - b * np.sin(t), m - k)
        return (integral(f, np.full(v.shape, math.pi), waves(v, x)) - tail(v, x, m, k).imag) / math.pi

    return piecewise(v < x + k, schlafli, lambda v, x: neighbours(v, x, m, k, -1.0), v, x)


def _second(v: Any, x: Any, m: int, k: int) -> Any:
    a, b = v[:, None], x[:, None]
    f = lambda t: t**m * np.sin(t) ** k * turned(b * np.sin(t) - a * t, k - m - 1)
    g = lambda t: t**m * (-np.sinh(t)) ** k * np.exp(a * t - b * np.sinh(t))
    waving = integral(f, np.full(v.shape, math.pi), waves(v, x))
    rising = integral(g, reach(lambda r: np.arcsinh(r / x), v), PANELS)
    return (waving - rising - tail(v, x, m, k).real) / math.pi


def _modified_first(v: Any, x: Any, m: int, k: int) -> Any:
    def integrals(v: Any, x: Any) -> Any:
        a, b, turn = v[:, None], x[:, None], 1j * math.pi
        f = lambda t: t**m * np.cos(t) ** k * np.exp(b * np.cos(t)) * turned(a * t, m)
        g = lambda t: (turn - t) ** m * (-np.cosh(t)) ** k * np.exp((turn - t) * a - b * np.cosh(t))
        rest = integral(g, modified_reach(v, x), PANELS)
        return (integral(f, np.full(v.shape, math.pi), waves(v, x)) - rest.imag) / math.pi

    return piecewise(v < 1 + k + np.sqrt(x), integrals, lambda v, x: neighbours(v, x, m, k, 1.0), v, x)


def modified_reach(v: Any, x: Any) -> Any:
    """The same as ``reach`` for ``x cosh(t) - x``, which is ``2 x sinh(t/2)**2``."""
    return reach(lambda r: 2 * np.arcsinh(np.sqrt(r / (2 * x))), v)


def _modified_second(v: Any, x: Any, m: int, k: int) -> Any:
    a, b = np.abs(v)[:, None], x[:, None]

    def f(t: Any) -> Any:
        both = -np.expm1(-2 * a * t) if m % 2 else 1 + np.exp(-2 * a * t)
        return t**m * (-np.cosh(t)) ** k * np.exp(a * t - b * np.cosh(t)) * both / 2

    return np.sign(v) ** (m % 2) * integral(f, modified_reach(v, x), PANELS)


def by_order(function: Callable[[Any, Any, int, int], Any]) -> Callable[[Any, Any, int, int], Any]:
    """The derivative of order m by the order and k by x, nan where x is not positive and finite."""

    @elementwise(2)
    def derivative(v: Any, x: Any, m: int, k: int) -> Any:
        fine = (x > 0) & (x < 1e4) & (np.abs(v) < 1e4)
        value = np.full(x.shape, np.nan, x.dtype)
        if x.dtype.kind == "f" and fine.any():
            value[fine] = function(v[fine], x[fine], m, k)
        return value

    return derivative


jv_by_order: Scalar = Scalar(
    by_order(_first),
    lambda v, x, m, k, out: (jv_by_order(v, x, m + 1, k), jv_by_order(v, x, m, k + 1), 0, 0),
    name="jv_by_order",
)
yv_by_order: Scalar = Scalar(
    by_order(_second),
    lambda v, x, m, k, out: (yv_by_order(v, x, m + 1, k), yv_by_order(v, x, m, k + 1), 0, 0),
    name="yv_by_order",
)
iv_by_order: Scalar = Scalar(
    by_order(_modified_first),
    lambda v, x, m, k, out: (iv_by_order(v, x, m + 1, k), iv_by_order(v, x, m, k + 1), 0, 0),
    name="iv_by_order",
)
kv_by_order: Scalar = Scalar(
    by_order(_modified_second),
    lambda v, x, m, k, out: (kv_by_order(v, x, m + 1, k), kv_by_order(v, x, m, k + 1), 0, 0),
    name="kv_by_order",
)
