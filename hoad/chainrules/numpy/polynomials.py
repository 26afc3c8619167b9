"""Polynomials, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...nested import everything, primal
from ...values import constants
from ...values.moving import is_moving
from ...values.shapes import ndim_of, size_of
from ..declarations import composite
from .eigen import real_if_possible
from .interpolation import Axis
from .shaping import in_type

# ------------------------------------------------------------------------------------------------------------
# Polynomials, the highest power first
# ------------------------------------------------------------------------------------------------------------


def listed(p: Any) -> Any:
    """An array, of a list too: NumPy asks the numbers in a list what to do, for ``roots`` and ``poly``."""
    return np.stack([listed(part) for part in p]) if isinstance(p, (list, tuple)) else p


@composite(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """The value, by Horner's scheme."""
    value = np.zeros_like(x)
    for k in range(size_of(p)):
        value = value * x + p[k]
    return value


@composite(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The sum."""
    a, b = np.atleast_1d(a1), np.atleast_1d(a2)
    n = max(size_of(a), size_of(b))
    return _led_by_zeros(a, n) + _led_by_zeros(b, n)


@composite(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The difference."""
    return np.polyadd(a1, -np.atleast_1d(a2))


def _led_by_zeros(a: Any, n: int) -> Any:
    """Coefficients with zeros in front."""
    missing = n - size_of(a)
    return np.concatenate([constants.known(np.zeros(missing, a.dtype), like=a), a]) if missing else a


def _without_leading_zeros(a: Any) -> Any:
    """Coefficients from the first that does not stay 0 on: NumPy's, but for one that is 0 at this point and
    has a derivative.
    """
    a = np.atleast_1d(a)
    if not size_of(a):
        return np.zeros(1)
    held = np.any(np.reshape(everything(a), (-1, size_of(a))) != 0, axis=0)
    first = int(np.flatnonzero(held)[0]) if np.any(held) else size_of(a) - 1
    return a[next((k for k in range(first) if is_moving(a[k])), first) :]


@composite(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The product."""
    return np.convolve(_without_leading_zeros(a1), _without_leading_zeros(a2))


@composite(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The derivative."""
    for _ in range(m):
        p = p[:-1] * constants.arange(size_of(p) - 1, 0, -1, like=p)
    return p


@composite(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The integral, with constants ``k``."""
    added = [0.0] * m if k is None else list(np.ravel(k)) * (m if size_of(k) == 1 else 1)
    for constant in added[:m]:
        last = np.reshape(constants.asarray(constant, like=p) if k is None else constant, 1)
        p = np.concatenate([p / constants.arange(size_of(p), 0, -1, like=p), last])
    return p


SMALL = 1e-8  # what ``np.allclose`` takes for 0


@composite(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """Quotient and remainder."""
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    m, n = size_of(u) - 1, size_of(v) - 1
    quotient, rest = [], u
    for k in range(m - n + 1):
        factor = rest[k] / v[0]
        quotient.append(factor)
        parts = [rest[:k], rest[k : k + n + 1] - factor * v, rest[k + n + 1 :]]
        rest = np.concatenate(parts)
    rest = rest[max(m - n + 1, 0) :] if m >= n else rest
    values = primal(rest)
    while size_of(rest) > 1 and np.allclose(values[0], 0, rtol=1e-14) and not is_moving(rest[0], SMALL):
        rest, values = rest[1:], values[1:]
    if not size_of(rest):
        rest = np.zeros(1)
    return (np.stack(quotient) if quotient else np.zeros(1)), rest


@composite(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of the polynomial with these roots, or of a matrix's characteristic polynomial."""
    roots = listed(seq_of_zeros)
    if ndim_of(roots) == 2:
        roots = np.linalg.eigvals(roots)
    coefficients = constants.ones(1, np.mintypecode(np.result_type(roots, np.float16).char), like=roots)
    for k in range(size_of(roots)):
        coefficients = np.convolve(coefficients, np.stack([1.0 + 0 * roots[k], -roots[k]]))
    values = primal(coefficients)
    if np.iscomplexobj(values):
        zeros = np.sort_complex(primal(roots) + 0j)
        if np.all(zeros == np.sort_complex(np.conj(zeros))):
            coefficients = np.real(coefficients)
    return coefficients


@composite(np.roots)
def roots(p: Any) -> Any:
    """The roots: the eigenvalues of the companion matrix. A last coefficient of 0 is a root at 0, which moves
    with it: its row and column come first, so that LAPACK takes it off as it is, and leaves to the others
    the values that they have without it.
    """
    given, p = p, listed(p)
    if ndim_of(p) > 1:
        raise ValueError("Input must be a rank-1 array.")
    if not size_of(p):
        return np.array([])
    held = np.reshape(everything(p), (-1, size_of(p))) != 0  # of every member of a batch
    places = np.flatnonzero(np.any(held, axis=0))
    if not len(places):
        return np.array([])
    first, last = int(places[0]), int(places[-1])
    if not np.all(held[:, [first, last]]):
        raise ArgumentError(
            "np.roots of a batch, whose polynomials are of different degrees: each has another number of "
            "roots; np.stack([f(r) for r in x]) in place of vmap(f)(x) takes one after the other"
        )
    kept = next(k for k in range(size_of(p) - 1, -1, -1) if is_moving(given[k]))
    zeros, stay, n = kept - last, size_of(p) - 1 - kept, kept - first
    p = p[first : kept + 1]
    if not n:
        return np.zeros(stay)
    top = np.reshape(-p[1:] / p[0], (1, n))
    companion = np.concatenate([top, constants.eye(n, dtype=p.dtype, like=p)[:-1]], axis=0)
    if zeros:
        order = [*range(n - 1, n - 1 - zeros, -1), *range(n - zeros)]
        companion = companion[order][:, order]
    found = real_if_possible(companion, (np.linalg.eigvals(companion),))[0]
    if zeros:
        found = np.concatenate([found[zeros:], found[:zeros]])
    return (
        np.concatenate([found, constants.zeros(stay, np.result_type(found), like=found)]) if stay else found
    )


@composite(np.vander)
def vander(x: Any, N: Axis = None, increasing: bool = False) -> Any:
    """The matrix of powers."""
    if ndim_of(x) != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    x = in_type(x, np.promote_types(x.dtype, int))
    n = size_of(x) if N is None else N
    columns = [np.ones_like(x)]
    for _ in range(n - 1):
        columns.append(columns[-1] * x)
    columns = columns[:n]
    if not columns:
        return x[:, None][:, :0]
    return np.stack(columns if increasing else columns[::-1], axis=-1)


@composite(np.polyfit)
def polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The coefficients of the least squares fit."""
    left, right = np.vander(x, deg + 1), y
    if w is not None:
        left, right = left * np.expand_dims(w, -1), right * (np.expand_dims(w, -1) if ndim_of(y) == 2 else w)
    scale = np.sqrt(np.sum(left * left, axis=0))
    c, residuals, rank, values = np.linalg.lstsq(left / scale, right, rcond)
    c = c / (np.expand_dims(scale, -1) if ndim_of(y) == 2 else scale)
    if full:
        return c, residuals, rank, values, len(x) * np.finfo(float).eps if rcond is None else rcond
    if not cov:
        return c
    base = np.linalg.inv(np.transpose(left) @ left)
    if isinstance(cov, str) and cov == "unscaled":
        return c, base
    factor = residuals / (len(x) - (deg + 1))
    return c, base[:, :, None] * factor if ndim_of(y) == 2 else base * factor
