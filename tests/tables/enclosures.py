"""Derivatives of a function of two numbers as intervals: Taylor series in both over mpmath's intervals.

At 200 bits a series encloses the exact derivatives so tightly that their middle is the right answer. At 53
bits, with the last bit of the arguments open, its width is what rounding can do to this function at this
point. (The bit is open since reverse mode rounds other products than the intervals do: in ``(x**2 - x**2) /
(1 + x*x)`` those of the partials, which then cancel only up to rounding.)
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import assume
from mpmath import iv

Orders = tuple[int, int]  # how often a derivative is taken by each of the two
Shape = tuple[Orders, ...]  # the derivatives that are known: with one, all that come before it
EXACT = iv.mpf(1)


def up_to(order: int) -> Shape:
    """All derivatives up to an order."""
    return tuple((i, k - i) for k in range(order + 1) for i in range(k, -1, -1))


def before(a: int, b: int) -> Shape:
    """One derivative, and those that it takes."""
    return tuple(sorted(((i, j) for i in range(a + 1) for j in range(b + 1)), key=sum))


@functools.lru_cache
def products(shape: Shape) -> list[list[tuple[int, int]]]:
    """For each coefficient of a product, those of the factors that meet in it."""
    place = {orders: k for k, orders in enumerate(shape)}
    return [
        [(place[i, j], place[m - i, n - j]) for i in range(m + 1) for j in range(n + 1)] for m, n in shape
    ]


class Rounding:
    """What each product in a derivative is multiplied by: an interval around 1, of the width of rounding."""

    factor = EXACT


class Series:
    """A value with its Taylor coefficients.

    Args:
        shape: which.
        parts: they, in the order of ``shape``, of which the value is the first.
    """

    def __init__(self, shape: Shape, parts: Iterable[Any]) -> None:
        self.shape, self.parts = shape, list(parts)

    def constant(self, value: Any) -> Series:
        """A number as a series like this one."""
        if isinstance(value, Series):
            return value
        return Series(self.shape, [iv.mpf(value), *[iv.mpf(0)] * (len(self.shape) - 1)])

    def __add__(self, other: Any) -> Series:
        other = self.constant(other)
        return Series(self.shape, [a + b for a, b in zip(self.parts, other.parts, strict=True)])

    def __neg__(self) -> Series:
        return Series(self.shape, [-a for a in self.parts])

    def __sub__(self, other: Any) -> Series:
        return self + -self.constant(other)

    def __mul__(self, other: Any) -> Series:
        a, b = self.parts, self.constant(other).parts
        _, *rest = products(self.shape)
        found = [a[0] * b[0]]
        for pairs in rest:
            found.append(sum((a[i] * b[j] * Rounding.factor for i, j in pairs), iv.mpf(0)))
        return Series(self.shape, found)

    def __truediv__(self, other: Any) -> Series:
        return self * self.constant(other).apply(inverse_orders)

    def __pow__(self, n: int) -> Series:
        return self.apply(lambda v, order: [math.comb(n, k) * v ** (n - k) for k in range(min(n, order) + 1)])

    def __radd__(self, other: Any) -> Series:
        return self.constant(other) + self

    def __rsub__(self, other: Any) -> Series:
        return self.constant(other) - self

    def __rmul__(self, other: Any) -> Series:
        return self.constant(other) * self

    def __rtruediv__(self, other: Any) -> Series:
        return self.constant(other) / self

    def apply(self, orders: Callable[[Any, int], list[Any]]) -> Series:
        """The composition with a function, given its Taylor coefficients at a value."""
        first, *rest = orders(self.parts[0], max(map(sum, self.shape)))
        step = Series(self.shape, [iv.mpf(0), *self.parts[1:]])
        found = self.constant(0)
        for coefficient in reversed(rest):
            found = (found + coefficient) * step
        return found + first

    def derivatives(self) -> list[Any]:
        """The derivatives, in the order of the shape."""
        return [
            part * (math.factorial(i) * math.factorial(j))
            for part, (i, j) in zip(self.parts, self.shape, strict=True)
        ]


# ------------------------------------------------------------------------------------------------------------
# Functions
# ------------------------------------------------------------------------------------------------------------


def circular(*around: Callable[[Any], Any]) -> Callable[[Any, int], list[Any]]:
    """The coefficients of a function whose derivatives come again."""
    return lambda v, order: [around[k % len(around)](v) / math.factorial(k) for k in range(order + 1)]


def inverse_orders(v: Any, order: int) -> list[Any]:
    return [(-1) ** k / v ** (k + 1) for k in range(order + 1)]


def log_orders(v: Any, order: int) -> list[Any]:
    return [iv.log(v), *[(-1) ** (k + 1) / (k * v**k) for k in range(1, order + 1)]]


def sqrt_orders(v: Any, order: int) -> list[Any]:
    found = [iv.sqrt(v)]
    for k in range(1, order + 1):
        found.append(found[-1] * iv.mpf(1.5 - k) / (k * v))
    return found


def tanh_orders(v: Any, order: int) -> list[Any]:
    found = [1 - 2 / (iv.exp(2 * v) + 1)]
    for k in range(order):
        square = sum((found[i] * found[k - i] for i in range(k + 1)), iv.mpf(0))
        found.append(((k == 0) - square) / (k + 1))
    return found


ORDERS: dict[str, Callable[[Any, int], list[Any]]] = {
    "sin": circular(iv.sin, iv.cos, lambda v: -iv.sin(v), lambda v: -iv.cos(v)),
    "cos": circular(iv.cos, lambda v: -iv.sin(v), lambda v: -iv.cos(v), iv.sin),
    "exp": circular(iv.exp),
    "log": log_orders,
    "sqrt": sqrt_orders,
    "tanh": tanh_orders,
}


@functools.lru_cache
def functions(shape: Shape) -> SimpleNamespace:
    """What stands for NumPy: functions of series and of numbers."""
    like = Series(shape, [iv.mpf(0)] * len(shape))
    return SimpleNamespace(
        **{name: lambda u, orders=orders: like.constant(u).apply(orders) for name, orders in ORDERS.items()}
    )


# ------------------------------------------------------------------------------------------------------------
# Derivatives
# ------------------------------------------------------------------------------------------------------------


def enclosures(program: Any, x: float, y: float, shape: Shape, bits: int, ulps: float = 0.0) -> list[Any]:
    """Intervals around the derivatives of a shape, with arithmetic of so many bits, for arguments that are
    known to so many units in the last place.
    """
    before = iv.prec
    iv.prec = bits
    try:
        steps = [ulps * np.spacing(abs(v)) * (v != 0) for v in (x, y)]
        wide = [iv.mpf([v - step, v + step]) for v, step in zip((x, y), steps, strict=True)]
        of_x, of_y = (
            Series(shape, [v, *[iv.mpf(int(orders == unit)) for orders in shape[1:]]])
            for v, unit in zip(wide, ((1, 0), (0, 1)), strict=True)
        )
        Rounding.factor = iv.mpf([1 - ulps * 2.0**-53, 1 + ulps * 2.0**-53]) if ulps else EXACT
        return of_x.constant(program(functions(shape), of_x, of_y)).derivatives()
    finally:
        iv.prec = before
        Rounding.factor = EXACT


def exact_and_tolerance(program: Any, x: float, y: float, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """The exact derivatives of a shape, and four times what rounding to 53 bits can do to them."""
    fine = enclosures(program, x, y, shape, 200)
    exact = np.array([float(interval.mid) for interval in fine])
    assume(np.all(np.isfinite(exact)) and np.max(np.abs(exact)) < 1e9)
    coarse = enclosures(program, x, y, shape, 53, ulps=1.0)
    widths = np.array([float(interval.delta) for interval in coarse])
    return exact, 4 * (widths + np.spacing(np.abs(exact)) * (exact != 0))
