"""Extremes along axes, running ones too: a tie is split evenly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...nested import primal
from ...values.reading import somewhere
from ...values.shapes import DOUBLE, ndim_of, shape_of
from ..declarations import composite, differential
from ..statements import RULES
from .axes import Axes, position, reduced
from .reductions import sum_
from .shaping import in_type


def _winners(x: Any, out: Any, axis: Axes, keepdims: bool) -> Any:
    x, out = primal(x), primal(out)
    if x.__class__ is np.ndarray and x.dtype is DOUBLE and not shape_of(out):
        best = x == out
        if np.count_nonzero(best) == 1:
            return best.astype(DOUBLE)
    kind = np.result_type(getattr(x, "dtype", float), np.float16)
    best = np.equal(x, out if keepdims else np.expand_dims(out, axis))
    many = np.sum(best, axis=axis, keepdims=True)
    found = best / many if somewhere(many != 1) else best
    return found if found.dtype == kind else found.astype(kind)


def _extreme_change(d: Any, x: Any, axis: Axes, keepdims: bool, out: Any) -> Any:
    return np.sum(_winners(x, out, axis, keepdims) * d, axis=axis, keepdims=keepdims)


def _extreme_back(g: Any, x: Any, axis: Axes, keepdims: bool, out: Any) -> Any:
    return _winners(x, out, axis, keepdims) * (g if keepdims or not shape_of(g) else np.expand_dims(g, axis))


def _maximum(x: Any, axis: Axes, keepdims: bool) -> Any:
    if x.__class__ is np.ndarray:
        return np.maximum.reduce(x, axis=axis, keepdims=keepdims)
    return np.max(x, axis=axis, keepdims=keepdims)


def _minimum(x: Any, axis: Axes, keepdims: bool) -> Any:
    if x.__class__ is np.ndarray:
        return np.minimum.reduce(x, axis=axis, keepdims=keepdims)
    return np.min(x, axis=axis, keepdims=keepdims)


largest = differential(_maximum, _extreme_change, backward={0: _extreme_back}, name="max")
smallest = differential(_minimum, _extreme_change, backward={0: _extreme_back}, name="min")


def _extreme(rule: Any, pair: Any) -> Any:
    def body(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = np._NoValue,
        where: Any = True,
    ) -> Any:
        """The extreme along axes."""
        if where is not True:
            if initial is np._NoValue:
                raise ValueError(
                    f"reduction operation {pair.__name__!r} does not have an identity, so to use a where "
                    f"mask one has to specify 'initial'"
                )
            a = np.where(where, a, initial)
        axes = reduced(axis, ndim_of(a))
        if initial is not np._NoValue and not math.prod(shape_of(a)[k] for k in axes):
            return sum_(a, axes, keepdims is True) + initial
        best = rule(a, axes, keepdims is True)
        return best if initial is np._NoValue else pair(best, initial)

    return body


RULES[np.max] = _extreme(largest, np.maximum)
RULES[np.min] = _extreme(smallest, np.minimum)


@composite(np.maximum.accumulate)
def running_maximum(array: Any, /, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    """The largest so far."""
    a = in_type(array, dtype)
    if not shape_of(a)[position(axis, ndim_of(a))]:
        return a
    parts = [np.take(a, 0, axis=axis)]
    for k in range(1, shape_of(a)[axis]):
        parts.append(np.maximum(parts[-1], np.take(a, k, axis=axis)))
    return np.stack(parts, axis=axis)


def _extreme_without_nan(reduce: Any, worst: float) -> Any:
    def body(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = np._NoValue,
        where: Any = True,
    ) -> Any:
        """The extreme of the elements that are not nan; nan where there are none."""
        holes = np.isnan(a)
        best = reduce(np.where(holes, worst, a), axis, None, keepdims, initial, where)
        if initial is not np._NoValue:
            return best
        return np.where(np.all(holes, axis=axis, keepdims=keepdims is True), np.nan, best)[()]

    return body


RULES[np.nanmax] = _extreme_without_nan(RULES[np.max], -np.inf)
RULES[np.nanmin] = _extreme_without_nan(RULES[np.min], np.inf)
RULES[np.amax] = RULES[np.max]
RULES[np.amin] = RULES[np.min]


@composite(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    """Largest less smallest."""
    return np.max(a, axis=axis, keepdims=keepdims is True) - np.min(a, axis=axis, keepdims=keepdims is True)
