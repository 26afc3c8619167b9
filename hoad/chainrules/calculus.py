"""Numerical analysis: interpolation, finite differences, quadrature, correlation, and polynomials."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..nested import primal
from .indexing import read
from .registry import RULES, Constant, Scalar, composite

Axis = int | None

# ------------------------------------------------------------------------------------------------------------
# Interpolation, differences, quadrature
# ------------------------------------------------------------------------------------------------------------


@composite(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Straight lines between points; at a point, the slope of the line to its right."""
    if period is not None:
        x, xp = x % abs(period), xp % abs(period)
        order = np.argsort(primal(xp))
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - abs(period), xp, xp[:1] + abs(period)])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
    x, xp, fp = (v if hasattr(v, "dtype") else np.asarray(v) for v in (x, xp, fp))
    at, knots = primal(x), primal(xp)
    if np.size(knots) == 1:
        inside = np.broadcast_to(fp[0], np.shape(at)) + 0 * x
    else:
        low = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, np.size(knots) - 2)
        x0, y0 = read(xp, low), read(fp, low)
        slope = (read(fp, low + 1) - y0) / (read(xp, low + 1) - x0)
        inside = slope * (x - x0) + y0
    below = (fp[0] if left is None else left) + 0 * inside
    above = (fp[-1] if right is None else right) + 0 * inside
    return np.where(at < knots[0], below, np.where(at > knots[-1], above, inside))[()]


@composite(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Second-order differences inside, one-sided ones at the edges."""
    n = np.ndim(f)
    axes = list(range(n)) if axis is None else [k % n for k in np.atleast_1d(axis)]
    spacing = list(varargs) if varargs else [1.0] * len(axes)
    spacing = spacing * len(axes) if len(spacing) == 1 and np.ndim(spacing[0]) == 0 else spacing
    if len(spacing) != len(axes):
        raise TypeError("invalid number of arguments")
    found = [_slopes(f, h, k, edge_order) for h, k in zip(spacing, axes, strict=True)]
    return found[0] if len(axes) == 1 else tuple(found)


def _slopes(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    """The differences along one axis, of a step or of coordinates."""
    rows = np.moveaxis(f, axis, -1)
    size = np.shape(rows)[-1]
    if size < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements "
            "are required."
        )
    steps = np.broadcast_to(h, (size - 1,)) if np.ndim(h) == 0 else np.diff(h)
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
    return np.moveaxis(np.concatenate(whole, axis=-1), -1, axis)


def _one_sided(f0: Any, f1: Any, f2: Any, a: Any, b: Any) -> Any:
    """The slope at an end, from three values and the steps between them."""
    return -(2 * a + b) / (a * (a + b)) * f0 + (a + b) / (a * b) * f1 - a / (b * (a + b)) * f2


@composite(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral by the trapezoidal rule."""
    rows = np.moveaxis(y, axis, -1)
    if x is None:
        steps = dx
    elif np.ndim(x) == 1:
        steps = np.diff(x)
    else:
        steps = np.moveaxis(np.diff(x, axis=axis), axis, -1)
    return np.sum(steps * (rows[..., 1:] + rows[..., :-1]) / 2.0, axis=-1)


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
    return p + _turns(primal(p), discont, axis, period) * period


def _count_turns(p: Any, discont: Any, axis: int, period: float) -> Any:
    p = np.asarray(p, dtype=float)
    return np.round((np.unwrap(p, discont, axis, period=period) - p) / period)


_turns = Constant(_count_turns, name="turns")


# ------------------------------------------------------------------------------------------------------------
# Bessel functions
# ------------------------------------------------------------------------------------------------------------


def _bessel(x: Any, order: int) -> Any:
    """``I_n(x)``; NumPy's own for n = 0, else the power series, whose terms are all positive."""
    if order == 0:
        return np.i0(x)[()]
    half = np.asarray(x, dtype=float) / 2
    term = half**order / math.factorial(order)
    total, square = term, half * half
    for m in range(1, 40 + int(2 * np.max(np.abs(half), initial=0.0))):
        term = term * square / (m * (m + order))
        total = total + term
    return total[()]


bessel: Scalar = Scalar(
    _bessel,
    lambda x, order, out: (
        (bessel(x, order - 1) + bessel(x, order + 1)) / 2 if order else bessel(x, 1),
        0,
    ),
    name="i0",
)


@composite(np.i0)
def i0(x: Any) -> Any:
    """The modified Bessel function of order 0."""
    return bessel(x, 0)


# ------------------------------------------------------------------------------------------------------------
# Correlation
# ------------------------------------------------------------------------------------------------------------


@composite(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """The correlation of two vectors: a convolution with one of them reversed."""
    if np.size(v) > np.size(a):
        return np.flip(np.conj(np.convolve(v, np.conj(np.flip(a)), mode)))
    return np.convolve(a, np.conj(np.flip(v)), mode)


# ------------------------------------------------------------------------------------------------------------
# Polynomials, the highest power first
# ------------------------------------------------------------------------------------------------------------


@composite(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """The value, by Horner's scheme."""
    value = np.zeros_like(x)
    for k in range(np.size(p)):
        value = value * x + p[k]
    return value


@composite(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The sum."""
    a, b = np.atleast_1d(a1), np.atleast_1d(a2)
    n = max(np.size(a), np.size(b))
    return _led_by_zeros(a, n) + _led_by_zeros(b, n)


@composite(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The difference."""
    return np.polyadd(a1, -np.atleast_1d(a2))


def _led_by_zeros(a: Any, n: int) -> Any:
    """Coefficients with zeros in front."""
    missing = n - np.size(a)
    return np.concatenate([np.zeros(missing), a]) if missing else a


def _without_leading_zeros(a: Any) -> Any:
    """Coefficients from the first that is not 0 on."""
    a = np.atleast_1d(a)
    found = np.flatnonzero(primal(a) != 0)
    return a[int(found[0]) :] if len(found) else a[-1:]


@composite(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The product."""
    return np.convolve(_without_leading_zeros(a1), _without_leading_zeros(a2))


@composite(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The derivative."""
    for _ in range(m):
        p = p[:-1] * np.arange(np.size(p) - 1, 0, -1)
    return p


@composite(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The integral, with constants ``k``."""
    constants = [0.0] * m if k is None else list(np.ravel(k)) * (m if np.size(k) == 1 else 1)
    for constant in constants[:m]:
        p = np.concatenate([p / np.arange(np.size(p), 0, -1), np.reshape(constant, 1)])
    return p


@composite(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """Quotient and remainder."""
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    m, n = np.size(u) - 1, np.size(v) - 1
    quotient, rest = [], u
    for k in range(m - n + 1):
        factor = rest[k] / v[0]
        quotient.append(factor)
        parts = [rest[:k], rest[k : k + n + 1] - factor * v, rest[k + n + 1 :]]
        rest = np.concatenate(parts)
    rest = rest[max(m - n + 1, 0) :] if m >= n else rest
    values = primal(rest)
    while np.size(rest) > 1 and np.allclose(values[0], 0, rtol=1e-14):
        rest, values = rest[1:], values[1:]
    if not np.size(rest):
        rest = np.zeros(1)
    return (np.stack(quotient) if quotient else np.zeros(1)), rest


@composite(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of the polynomial with these roots, or of a matrix's characteristic polynomial."""
    roots = seq_of_zeros
    if np.ndim(roots) == 2:
        roots = np.linalg.eigvals(roots)
    coefficients = np.ones(1)
    for k in range(np.size(roots)):
        coefficients = np.convolve(coefficients, np.stack([1.0 + 0 * roots[k], -roots[k]]))
    values = primal(coefficients)
    if np.iscomplexobj(values):
        zeros = np.sort_complex(np.asarray(primal(roots), dtype=complex))
        if np.all(zeros == np.sort_complex(np.conj(zeros))):
            coefficients = np.real(coefficients)
    return coefficients


@composite(np.roots)
def roots(p: Any) -> Any:
    """The roots: the eigenvalues of the companion matrix."""
    places = np.flatnonzero(primal(p) != 0)
    if not len(places):
        return np.array([])
    zeros = np.size(p) - int(places[-1]) - 1
    p = p[int(places[0]) : int(places[-1]) + 1]
    n = np.size(p)
    if n == 1:
        return np.zeros(zeros)
    top = np.reshape(-p[1:] / p[0], (1, n - 1))
    found = np.linalg.eigvals(np.concatenate([top, np.eye(n - 1)[:-1]], axis=0))
    return np.concatenate([found, np.zeros(zeros, np.result_type(found))]) if zeros else found


@composite(np.vander)
def vander(x: Any, N: Axis = None, increasing: bool = False) -> Any:
    """The matrix of powers."""
    n = np.size(x) if N is None else N
    columns = [np.ones_like(x)]
    for _ in range(n - 1):
        columns.append(columns[-1] * x)
    columns = columns[:n]
    if not columns:
        return np.zeros((np.size(x), 0))
    return np.stack(columns if increasing else columns[::-1], axis=-1)


@composite(np.polyfit)
def polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The coefficients of the least squares fit."""
    left, right = np.vander(x, deg + 1), y
    if w is not None:
        left, right = left * np.expand_dims(w, -1), right * (np.expand_dims(w, -1) if np.ndim(y) == 2 else w)
    scale = np.sqrt(np.sum(left * left, axis=0))
    c, residuals, rank, values = np.linalg.lstsq(left / scale, right, rcond)
    c = c / (np.expand_dims(scale, -1) if np.ndim(y) == 2 else scale)
    if full:
        return c, residuals, rank, values, len(x) * np.finfo(float).eps if rcond is None else rcond
    if not cov:
        return c
    base = np.linalg.inv(np.transpose(left) @ left)
    if isinstance(cov, str) and cov == "unscaled":
        return c, base
    factor = residuals / (len(x) - (deg + 1))
    return c, base[:, :, None] * factor if np.ndim(y) == 2 else base * factor


RULES[np.sort_complex] = lambda a: np.sort(a + 0j)
