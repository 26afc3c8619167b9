"""Interpolation, finite differences, quadrature."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import Traced, primal
from ...values.constants import as_array, asarray, known
from ...values.shapes import DOUBLE, REALS, ndim_of, shape_of, size_of
from ..declarations import composite
from ..statements import RULES, Constant
from .axes import normalize, position
from .indexing import read
from .shaping import astype, in_type

Axis = int | None

# ------------------------------------------------------------------------------------------------------------
# Interpolation, differences, quadrature
# ------------------------------------------------------------------------------------------------------------


@composite(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Straight lines between points; at a point, the slope of the line to its right."""
    x, xp, fp = (v if hasattr(v, "dtype") else asarray(v, like=(x, xp, fp)) for v in (x, xp, fp))
    if period is not None:
        left = right = None
        x, xp = x % abs(period), xp % abs(period)
        order = np.argsort(primal(xp))
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - abs(period), xp, xp[:1] + abs(period)])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
    if ndim_of(xp) != 1 or ndim_of(fp) != 1:
        raise ValueError("Data points must be 1-D sequences")
    if not size_of(xp) or size_of(xp) != size_of(fp):
        # NumPy refuses it; since 2.5 not where no value is asked for either
        return np.interp(*[np.zeros(shape_of(v), v.dtype) for v in (x, xp, fp)])
    x, xp = (v if v.dtype is DOUBLE else astype(v, np.float64) for v in (x, xp))  # as NumPy
    if fp.dtype is not DOUBLE:
        fp = in_type(fp, np.complex128 if np.iscomplexobj(fp) else np.float64)
    at, knots = primal(x), primal(xp)
    if size_of(knots) == 1:
        inside = np.broadcast_to(fp[0], shape_of(at)) + 0 * x
    else:
        low = np.minimum(np.maximum(np.searchsorted(knots, at, side="right") - 1, 0), size_of(knots) - 2)
        (x0, x1), (y0, y1) = [
            [read(v, k) if isinstance(k, Traced) else v[k] for k in (low, low + 1)] for v in (xp, fp)
        ]
        slope = (y1 - y0) / (x1 - x0)
        inside = slope * (x - x0) + y0
    if (
        at.__class__ is np.ndarray
        and knots.__class__ is np.ndarray
        and at.size
        and (knots[0] <= np.minimum.reduce(at, axis=None) and np.maximum.reduce(at, axis=None) <= knots[-1])
    ):  # none is outside
        return inside[()]
    below = (fp[0] if left is None else left) + 0 * inside
    above = (fp[-1] if right is None else right) + 0 * inside
    return np.where(at < knots[0], below, np.where(at > knots[-1], above, inside))[()]


@composite(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Second-order differences inside, one-sided ones at the edges."""
    f = as_array(f)
    n = ndim_of(f)
    axes = normalize(axis, n)
    spacing = list(varargs) if varargs else [1.0] * len(axes)
    spacing = spacing * len(axes) if len(spacing) == 1 and ndim_of(spacing[0]) == 0 else spacing
    if len(spacing) != len(axes):
        raise TypeError("invalid number of arguments")
    found = [_slopes(f, h, k, edge_order) for h, k in zip(spacing, axes, strict=True)]
    return found[0] if len(axes) == 1 else tuple(found)


def _slopes(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    """The differences along one axis, of a step or of coordinates."""
    rows = np.moveaxis(f, axis, -1)
    size = shape_of(rows)[-1]
    if size < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements "
            "are required."
        )
    even = ndim_of(h) == 0
    steps: Any = [h, h] if even else np.diff(h)
    if even:
        inner = (rows[..., 2:] - rows[..., :-2]) / (2 * h)
    else:
        a, b = steps[:-1], steps[1:]
        inner = (
            -b / (a * (a + b)) * rows[..., :-2]
            + (b - a) / (a * b) * rows[..., 1:-1]
            + a / (b * (a + b)) * rows[..., 2:]
        )
    if edge_order == 1:
        first, last = (rows[..., 1] - rows[..., 0]) / steps[0], (rows[..., -1] - rows[..., -2]) / steps[-1]
    else:
        first = _one_sided(rows[..., 0], rows[..., 1], rows[..., 2], steps[0], steps[1])
        last = -_one_sided(rows[..., -1], rows[..., -2], rows[..., -3], steps[-1], steps[-2])
    whole = [np.expand_dims(first, -1), inner, np.expand_dims(last, -1)]
    found = np.moveaxis(np.concatenate(whole, axis=-1), -1, axis)
    return astype(found, f.dtype) if f.dtype.kind in "fc" and found.dtype.kind == f.dtype.kind else found


def _one_sided(f0: Any, f1: Any, f2: Any, a: Any, b: Any) -> Any:
    """The slope at an end, from three values and the steps between them."""
    return -(2 * a + b) / (a * (a + b)) * f0 + (a + b) / (a * b) * f1 - a / (b * (a + b)) * f2


@composite(*[getattr(np, name) for name in ("trapezoid", "trapz") if hasattr(np, name)])  # trapz until 2.4
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral by the trapezoidal rule."""
    y = as_array(y)
    rows = y if axis == -1 else np.moveaxis(y, axis, -1)
    if x is None:
        steps = dx
    elif ndim_of(x) == 1:
        steps = np.diff(x)
    else:
        steps = np.moveaxis(np.diff(x, axis=axis), axis, -1)
    return RULES[np.sum](steps * (rows[..., 1:] + rows[..., :-1]) / 2.0, -1)


@composite(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of neighbours, with what stands before and after."""
    parts = [np.diff(np.ravel(ary))]
    if to_begin is not None:
        parts.insert(0, np.ravel(to_begin))
    if to_end is not None:
        parts.append(np.ravel(to_end))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


@composite(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * np.pi) -> Any:
    """A phase without its jumps: what is added is a multiple of the period, which is constant."""
    return p + astype(_turns(primal(p), discont, axis, period), p.dtype) * period


def _count_turns(p: Any, discont: Any, axis: int, period: float) -> Any:
    p = as_array(p).astype(float)
    return np.round((np.unwrap(p, discont, axis, period=period) - p) / period)


_turns = Constant(_count_turns, name="turns")


@composite(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = np._NoValue, append: Any = np._NoValue) -> Any:
    """Differences of neighbours."""
    if n == 0:
        return a
    if ndim_of(a) == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = position(axis, ndim_of(a))
    if prepend is not np._NoValue or append is not np._NoValue:
        one = tuple(1 if k == axis else m for k, m in enumerate(shape_of(a)))
        prepend, append = [
            known(np.full(one, v), like=a) if v.__class__ in REALS else v for v in (prepend, append)
        ]
        before, after = (
            [] if end is np._NoValue else [np.broadcast_to(end, one) if ndim_of(end) == 0 else end]
            for end in [v if v is np._NoValue else asarray(v, like=a) for v in (prepend, append)]
        )
        a = np.concatenate([*before, a, *after], axis=axis)
    lead = (slice(None),) * axis
    for _ in range(n):
        a = a[(*lead, slice(1, None))] - a[(*lead, slice(None, -1))]
    return a
