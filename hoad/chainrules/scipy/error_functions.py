"""The error functions and the normal distribution: their derivatives of every order, without cancellation.

Source: NIST Digital Library of Mathematical Functions (DLMF), chapters 7 and 13.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sc

from ...nested import Traced
from ...values.constants import asarray
from ..statements import Scalar
from .evaluation import elementwise, in_kernels, piecewise

ROOT_PI = math.sqrt(math.pi)
TWO_BY_ROOT_PI = 2 / ROOT_PI
ROOT_TWO = math.sqrt(2)
ROOT_TWO_PI = math.sqrt(2 * math.pi)
HALF_ROOT_PI = ROOT_PI / 2
ROOT_HALF_PI = math.sqrt(math.pi / 2)

# ------------------------------------------------------------------------------------------------------------
# exp(s x**2)
# ------------------------------------------------------------------------------------------------------------


def lost_in_square(x: Any, square: Any) -> Any:
    """What the rounding of ``square = x * x`` leaves out: 30 squared is rounded by 5e-14, and so would
    ``exp`` of it be. The square of a number of 24 bits is exact, and the difference of two close ones too.
    """
    high = np.float64(np.float32(x)) if x.__class__ is float else x.astype(np.float32).astype(float)
    return (high * high - square) + (x - high) * (x + high)


def _exp_of_square(scale: float) -> Callable[[Any, int], Any]:
    """The derivatives of ``e = exp(s x**2)``: ``e[n+1] = 2 s (x e[n] + n e[n-1])``."""

    def from_value(value: Any, x: Any, n: int) -> Any:
        before = 0.0 * value
        for k in range(n):
            before, value = value, 2 * scale * (x * value + k * before)
        return value

    @elementwise(formula=lambda x, n: from_value(np.exp(scale * x * x), x, n))
    def derivative(x: Any, n: int) -> Any:
        if x.dtype.kind == "c":
            return from_value(np.exp(scale * x * x), x, n)
        x = np.clip(x, -1e15, 1e15)
        square = x * x
        value = np.exp(scale * square)
        exact = value * (1 + scale * lost_in_square(x, square))
        return from_value(np.where(value == np.inf, value, exact), x, n)

    def of_number(x: Any, n: int) -> Any:
        if x.__class__ is float and n == 0 and -26 < x < 26:
            square = x * x
            return math.exp(scale * square) * (1 + scale * lost_in_square(x, square))
        return derivative(x, n)

    return of_number


gaussian: Scalar = Scalar(_exp_of_square(-1), lambda x, n, out: (gaussian(x, n + 1), 0), name="gaussian")
growing: Scalar = Scalar(_exp_of_square(1), lambda x, n, out: (growing(x, n + 1), 0), name="growing")
normal: Scalar = Scalar(_exp_of_square(-0.5), lambda x, n, out: (normal(x, n + 1), 0), name="normal")

# ------------------------------------------------------------------------------------------------------------
# erfcx, log_ndtr: repeated integrals of erfc
# ------------------------------------------------------------------------------------------------------------


STEPS = np.arange(-42, 25) / 11
NODES = np.exp(STEPS - np.exp(-STEPS))
SHARES = NODES * (1 + np.exp(-STEPS)) * np.exp(-NODES * NODES) / 11


def ratios(x: Any, n: int) -> Any:
    """The ratios ``r[k] = i^k erfc(x) / i^(k-1) erfc(x)`` of repeated integrals, for k = 1 to n.

    They satisfy ``1/r[k] = 2x + 2(k+1) r[k+1]`` (DLMF 7.18.7): downwards for large x, where the ratios are
    those of the minimal solution and all terms are positive, and upwards from ``erfcx`` for x < 0. Between,
    they are ratios of integrals (DLMF 7.18.2).
    """
    if n == 0:
        return ()
    if isinstance(x, Traced):  # an element
        return tuple([ratio(x, k) for k in range(1, n + 1)])
    left = (np.real(x) < 0) | (~_is_far(x) & (np.abs(np.imag(x)) > 4))
    return piecewise(left, lambda x: np.stack(_upwards(x, n)), lambda x: _right_ratios(x, n), x)


def _is_far(x: Any) -> Any:
    return (np.real(x) >= 3) | (np.abs(x) >= 6)


def _right_ratios(x: Any, n: int) -> Any:
    downwards, by_integrals = lambda x: np.stack(_downwards(x, n)), lambda x: np.stack(_by_integrals(x, n))
    return piecewise(_is_far(x), downwards, by_integrals, x)


def _upwards(x: Any, n: int) -> list[Any]:
    found, inverse = [], TWO_BY_ROOT_PI / sc.erfcx(x)
    for k in range(1, n + 1):
        found.append((inverse - 2 * x) / (2 * k))
        inverse = 1 / found[-1]
    return found


def _downwards(x: Any, n: int) -> list[Any]:
    last, found = n + 40, []
    r = 1 / (x + np.sqrt(x * x + 2 * last + 2))
    for k in range(last, 0, -1):
        found.append(r)
        r = 1 / (2 * x + 2 * k * r)
    return found[: -n - 1 : -1]


def _by_integrals(x: Any, n: int) -> list[Any]:
    """``exp(x**2) i^k erfc(x)`` is, but for ``2/sqrt(pi)/k!``, the integral of ``t**k exp(-t**2 - 2xt)``
    over t > 0, by the trapezoidal rule in v with ``t = exp(v - exp(-v))`` (Takahasi and Mori 1974).
    """
    nodes, shares = asarray(NODES, like=x), asarray(SHARES, like=x)
    terms = np.exp(-2 * x[:, None] * nodes)
    moments = [terms @ (shares * nodes**k) for k in range(n + 1)]
    return [moments[k] / (k * moments[k - 1]) for k in range(1, n + 1)]


ratio = in_kernels(lambda x, k: ratios(x, k)[-1], "hoad_ratio")


@elementwise()
def _scaled(x: Any, n: int) -> Any:
    """The n-th derivative of ``erfcx``: ``(-2)**n n! exp(x**2) i^n erfc(x)`` (DLMF 7.18.3)."""

    def product(x: Any) -> Any:
        value = sc.erfcx(x)
        for k, r in enumerate(ratios(x, n), 1):
            value = value * (-2 * k * r)
        return value

    def recurrence(x: Any) -> Any:  # f' = 2 x f - 2/sqrt(pi)
        before, value = sc.erfcx(x), 2 * x * sc.erfcx(x) - TWO_BY_ROOT_PI
        for k in range(1, n):
            before, value = value, 2 * x * value + 2 * k * before
        return value

    return piecewise(np.real(x) >= 0, product, recurrence, x)


scaled: Scalar = Scalar(_scaled, lambda x, n, out: (scaled(x, n + 1), 0), name="erfcx")


def _reciprocal_series(count: int) -> list[int]:
    """The coefficients of ``1 / sum of (2k-1)!! (-y)**k``."""
    terms = [(-1) ** k * math.prod(range(1, 2 * k, 2)) for k in range(count)]
    found = [1]
    for k in range(1, count):
        found.append(-sum(terms[j] * found[k - j] for j in range(1, k + 1)))
    return found


TAIL = _reciprocal_series(45)


def _tail(x: Any, n: int) -> Any:
    """The n-th derivative of the hazard at x < -10: ``t / sum of (2k-1)!! (-1/t**2)**k`` with t = -x, from
    the asymptotic series of erfc (DLMF 7.12.1).
    """
    y, total = 1 / (x * x), np.zeros_like(x)
    for k in range(len(TAIL) - 1, -1, -1):
        total = total * y + TAIL[k] * math.prod(range(1 - 2 * k, 1 - 2 * k - n, -1))
    return (-1) ** n * total * (-x) ** (1.0 - n)


def _ratio(x: Any) -> Any:
    """The hazard: the density over the distribution."""
    return _left_ratio(x) if x.dtype.kind == "c" else piecewise(x > -1, _right_ratio, _left_ratio, x)


def _left_ratio(x: Any) -> Any:
    return 2 / (ROOT_TWO_PI * sc.erfcx(-x / ROOT_TWO))


def _right_ratio(x: Any) -> Any:
    return _normal(x, 0) / (ROOT_TWO_PI * sc.ndtr(x))


def _middle(x: Any, n: int) -> Any:
    """The n-th derivative of the hazard h, by Leibniz' rule from ``h' = -h e[1]`` and ``e[k]' = e[k] (e[k+1]
    - e[k])``, where ``e[k] = k sqrt(2) r[k]`` with the ratios at -x/sqrt(2). So e[1] is x + h, which cancels.
    """
    h = _ratio(x)
    tower = [[(k + 1) * ROOT_TWO * r] for k, r in enumerate(ratios(-x / ROOT_TWO, n))]
    for m in range(n - 1):
        for k in range(n - 1 - m):
            e, above = tower[k], tower[k + 1]
            e.append(sum(math.comb(m, j) * e[j] * (above[m - j] - e[m - j]) for j in range(m + 1)))
    found = [h]
    for m in range(n):
        found.append(-sum(math.comb(m, j) * found[j] * tower[0][m - j] for j in range(m + 1)))
    return np.where(h == 0, 0, found[n])


@elementwise()
def _hazard(x: Any, n: int) -> Any:
    """The n-th derivative of the derivative of ``log_ndtr``, the density over the distribution."""
    if n == 0:
        return _ratio(x)
    if x.dtype.kind == "c":
        return _middle(x, n)
    return piecewise(x < -10, lambda x: _tail(x, n), lambda x: _middle(x, n), x)


_gaussian, _normal = gaussian.function, normal.function
hazard: Scalar = Scalar(_hazard, lambda x, n, out: (hazard(x, n + 1), 0), name="log_ndtr")

# ------------------------------------------------------------------------------------------------------------
# dawsn
# ------------------------------------------------------------------------------------------------------------


def _dawson_near(x: Any, n: int) -> Any:
    """Kummer's function ``M(m+1; 1/2 or 3/2; -y)`` with y = x**2 and m = n // 2, as ``exp(-y) M(-m-1/2 or
    1/2-m; ..; y)`` (DLMF 7.5.1, 13.3.15, 13.2.39): after its first terms, the series has one sign.
    """
    m, odd = n // 2, n % 2
    y = x * x
    a, b = (-0.5 - m, 0.5) if odd else (0.5 - m, 1.5)
    count = 30 + int(np.max(y) + 10 * np.sqrt(np.max(y)))
    total = np.ones_like(y)
    for k in range(count, -1, -1):
        total = 1 + total * (y * ((a + k) / ((b + k) * (k + 1))))
    total = (-4) ** m * math.factorial(m) * np.exp(-y) * total
    return total if odd else total * x


def _dawson_far(x: Any, n: int) -> Any:
    """The asymptotic series ``sum of (2k-1)!! / (2**(k+1) x**(2k+1))`` (DLMF 7.12.1), term by term."""
    y, total = 1 / (2 * x * x), np.zeros_like(x)
    for k in range(24, -1, -1):
        total = total * y * (2 * k + 1) + math.prod(range(2 * k + 1, 2 * k + 1 + n))
    return (-1) ** n * total / 2 / x ** (n + 1.0)


def _dawson_recurrence(x: Any, n: int) -> Any:
    """``F' = 1 - 2 x F``, differentiated."""
    before, value = sc.dawsn(x), 1 - 2 * x * sc.dawsn(x)
    for k in range(1, n):
        before, value = value, -2 * x * value - 2 * k * before
    return value


def _dawson_rotated(x: Any, n: int) -> Any:
    """``i sqrt(pi)/2 (exp(-x**2) - erfcx(-ix))`` (DLMF 7.5.1) in the upper half plane, and conjugate."""
    above = np.where(x.imag < 0, np.conj(x), x)
    rotated = (-1j) ** n * _scaled(-1j * above, n)
    value = 1j * HALF_ROOT_PI * (_gaussian(above, n) - rotated)
    return np.where(x.imag < 0, np.conj(value), value)


@elementwise()
def _dawson(x: Any, n: int) -> Any:
    """The n-th derivative of ``dawsn``."""
    if x.dtype.kind == "c":
        return piecewise(
            np.abs(x) < 3, lambda x: _dawson_recurrence(x, n), lambda x: _dawson_rotated(x, n), x
        )
    size = np.abs(x)
    near = lambda x: piecewise(
        np.abs(x) < 0.3 + 0.7 * (n == 1), lambda x: _dawson_recurrence(x, n), lambda x: _dawson_near(x, n), x
    )
    return piecewise(size < 7 + 0.25 * n, near, lambda x: _dawson_far(x, n), x)


dawson: Scalar = Scalar(_dawson, lambda x, n, out: (dawson(x, n + 1), 0), name="dawsn")

# ------------------------------------------------------------------------------------------------------------
# Inverses: f' by the ratio of tail and density, which is well conditioned where exp(f**2) is not
# ------------------------------------------------------------------------------------------------------------


def _by_tail(f: Any, rest: Any) -> Any:
    """``sqrt(pi)/2 exp(f**2)`` for f >= 0, as ``erfcx(f) / erfc(f)``;
    ``erfc(f)`` is the rest.
    """
    with np.errstate(all="ignore"):
        value = HALF_ROOT_PI * np.where(f < 0.7, np.exp(f * f), sc.erfcx(f) / rest)
    return np.where(rest == 0, np.inf, value)[()]


def _erfinv_slope(x: Any) -> Any:
    if isinstance(x, Traced) and not x.is_element:  # a number of another kind
        return HALF_ROOT_PI * np.exp(np.square(sc.erfinv(x)))
    return _by_tail(np.abs(sc.erfinv(x)), 1 - np.abs(x))


def _erfcinv_slope(x: Any) -> Any:
    return -_by_tail(np.abs(sc.erfcinv(x)), np.where(x > 1, 2 - x, x))


def _ndtri_slope(p: Any) -> Any:
    tail = np.where(p > 0.5, 1 - p, p)
    return 2 * ROOT_TWO * _by_tail(np.abs(sc.ndtri(p)) / ROOT_TWO, 2 * tail)


erfinv_slope: Scalar = Scalar(_erfinv_slope, lambda x, out: 2 * sc.erfinv(x) * out * out, name="erfinv_slope")
erfcinv_slope: Scalar = Scalar(
    _erfcinv_slope, lambda x, out: 2 * sc.erfcinv(x) * out * out, name="erfcinv_slope"
)
ndtri_slope: Scalar = Scalar(_ndtri_slope, lambda p, out: sc.ndtri(p) * out * out, name="ndtri_slope")
