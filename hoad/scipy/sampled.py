"""Integrals of functions that are known at points: Simpson's rule, for any spacing, in the values and in
the points.

Source: K. V. Cartwright, Simpson's Rule Cumulative Integration with MS Excel and Irregularly-spaced Data
(2017).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate

from ..chainrules.doors import door
from ..nested import everything, primal

OF_SHAPE = "If given, shape of x must be 1-D or the same as y."


def ratio(a: Any, b: Any) -> Any:
    """A quotient, 0 where the divisor is 0: an interval without length has no part."""
    zero = np.equal(primal(b), 0)
    return np.where(zero, 0.0, a / np.where(zero, 1.0, b))


def spacing(y: Any, x: Any, dx: Any, axis: Any) -> Any:
    """The lengths of the intervals, along the last axis.

    Raises:
        ValueError: the points are not as many as the values.
    """
    shape = np.shape(np.moveaxis(y, axis, -1))
    if x is None:
        dx = np.moveaxis(dx, axis, -1) if np.ndim(dx) else dx
        return np.broadcast_to(dx, (*shape[:-1], shape[-1] - 1))
    if np.ndim(x) not in (1, len(shape)):
        raise ValueError(OF_SHAPE)
    x = x if np.ndim(x) == 1 else np.moveaxis(x, axis, -1)
    if np.shape(x)[-1] != shape[-1]:
        raise ValueError("If given, length of x along axis must be the same as y.")
    return np.diff(x, axis=-1)


def parabolas(y: Any, h: Any) -> Any:
    """The integrals over the pairs of intervals that begin at the even points, added."""
    a, b = h[..., :-1:2], h[..., 1::2]
    first, middle, last = y[..., :-2:2], y[..., 1:-1:2], y[..., 2::2]
    terms = first * (2 - ratio(b, a)) + middle * ratio((a + b) ** 2, a * b) + last * (2 - ratio(a, b))
    return np.sum((a + b) / 6 * terms, axis=-1)


@door(scipy.integrate.simpson)
def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: Any = -1) -> Any:
    """The integral by parabolas through three points each; of an even number of points, Cartwright's
    formula for the last interval.
    """
    if isinstance(dx, (int, float)):
        dx = np.result_type(y.dtype, 1.0).type(dx)  # a number of Python's keeps the precision of the values
    h, y = spacing(y, x, dx, axis), np.moveaxis(y, axis, -1)
    n = np.shape(y)[-1]
    if n % 2:
        return parabolas(y, h)
    if n == 2:
        return h[..., 0] * (y[..., 0] + y[..., 1]) / 2
    a, b = h[..., -2], h[..., -1]
    last = ratio(2 * b**2 + 3 * a * b, 6 * (a + b)) * y[..., -1] + ratio(b**2 + 3 * a * b, 6 * a) * y[..., -2]
    return parabolas(y[..., :-1], h[..., :-1]) + last - ratio(b**3, 6 * a * (a + b)) * y[..., -3]


def of_first(y: Any, h: Any) -> Any:
    """The integrals over the first of two intervals, by the parabola through their three points."""
    a, b = h[..., :-1], h[..., 1:]
    part, square = a / (a + b), a * a / ((a + b) * b)
    return a / 6 * ((3 - part) * y[..., :-2] + (3 + square + part) * y[..., 1:-1] - square * y[..., 2:])


@door(scipy.integrate.cumulative_simpson)
def cumulative_simpson(y: Any, *, x: Any = None, dx: Any = 1.0, axis: Any = -1, initial: Any = None) -> Any:
    """The integrals up to each point."""
    h, y = spacing(y, x, dx, axis), np.moveaxis(y, axis, -1)
    if x is not None and np.any(everything(h) <= 0):
        raise ValueError("Input x must be strictly increasing.")
    n = np.shape(y)[-1]
    if n < 3:
        parts = h * (y[..., :-1] + y[..., 1:]) / 2
    else:
        h = np.broadcast_to(h, (*np.shape(y)[:-1], n - 1))
        before, after = of_first(y, h), np.flip(of_first(np.flip(y, -1), np.flip(h, -1)), -1)
        even = np.arange(n - 2) % 2 == 0
        whole = np.where(even, before, np.concatenate([after[..., :1], after[..., :-1]], -1))
        parts = np.concatenate([whole, after[..., -1:]], -1)
    total = np.cumsum(parts, axis=-1)
    if initial is not None:
        first = np.moveaxis(initial, axis, -1) if np.ndim(initial) else initial
        start = np.broadcast_to(first, (*np.shape(y)[:-1], 1))
        total = np.concatenate([start + 0.0, start + total], -1)
    return np.moveaxis(total, -1, axis)
