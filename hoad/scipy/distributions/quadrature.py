"""Double exponential quadrature, of many integrals at once: integrands that are smooth within the interval,
with any singularity at its ends.

Source: H. Takahasi and M. Mori, Double exponential formulas for numerical integration (1974).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

HALF_PI = np.pi / 2
REACH, NODES = 3.6, 160  # of the rule's variable


@functools.cache
def rule() -> tuple[np.ndarray, float]:
    """The nodes of the trapezoidal rule, and their distance."""
    s, h = np.linspace(-REACH, REACH, NODES, retstep=True)
    return s, float(h)


@functools.cache
def finite() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """On [0, 1]: the nodes, their distances from 1, and the weights."""
    s, h = rule()
    u = HALF_PI * np.sinh(s)
    slope = h * HALF_PI * np.cosh(s) / np.cosh(u) ** 2 / 2
    return 1 / (1 + np.exp(-2 * u)), 1 / (1 + np.exp(2 * u)), slope


@functools.cache
def infinite() -> tuple[np.ndarray, np.ndarray]:
    """On [0, inf): the nodes and the weights."""
    s = np.linspace(-4.2, 4.2, 260)
    node = np.exp(HALF_PI * np.sinh(s))
    return node, node * HALF_PI * np.cosh(s) * (s[1] - s[0])


def integral(f: Callable[[Any], Any], start: Any, end: Any, length: Any) -> Any:
    """The integrals of f from ``start`` to ``end``, one for each element.

    Args:
        f: the integrand, of points along a last axis more than the ends have.
        start: the lower ends, finite; or all infinite, and then the upper ends are not.
        end: the upper ends.
        length: over which length the integrand varies, where an end is infinite.
    """
    if np.all(np.isinf(plain(end))) or np.all(np.isinf(plain(start))):
        node, weight = infinite()
        up = bool(np.all(np.isinf(plain(end))))
        corner, way = (start, 1.0) if up else (end, -1.0)
        reach = np.reshape(length, (*np.shape(length), 1))
        points = np.reshape(corner, (*np.shape(corner), 1)) + way * reach * node
        return total(f, points, reach * weight)
    x, rest, weight = finite()
    low, high = (np.reshape(e, (*np.shape(e), 1)) for e in (start, end))
    points = np.where(x < 0.5, low + (high - low) * x, high - (high - low) * rest)
    points = strictly(points, low, high)
    return total(f, points, (high - low) * weight)


def strictly(points: Any, low: Any, high: Any) -> Any:
    """Points strictly between the ends, where an integrand may be singular; those that are rounded to an end
    have no weight to speak of.
    """
    at, first, last = plain(points), np.minimum(plain(low), plain(high)), np.maximum(plain(low), plain(high))
    middle = (first + last) / 2
    near = np.where(at <= first, np.nextafter(first, middle), np.nextafter(last, middle))
    return np.where((at > first) & (at < last) | (first == last), points, near)


def total(f: Callable[[Any], Any], points: Any, weights: Any) -> Any:
    """The weighted sum of f over the last axis, where it has values."""
    with np.errstate(all="ignore"):
        return np.sum(f(points) * weights, axis=-1)


def density(log: Any) -> Any:
    """The exponential of the logarithm of a density; zero where it is nothing, whatever its derivative."""
    counts = plain(log) > -690
    return np.where(counts, np.exp(np.where(counts, log, 0.0)), 0.0)


def plain(x: Any) -> Any:
    """The numbers."""
    while hasattr(x, "primal"):
        x = x.primal
    return np.asarray(x, dtype=float)
