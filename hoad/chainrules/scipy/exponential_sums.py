"""``logsumexp`` and what is made of it. SciPy's are Python code that a derivative would have to search
through.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc

from ...nested import Traced, everything, primal
from ...values.constants import is_elsewhere
from ...values.shapes import ndim_of
from ..doors import door
from ..located import located
from ..statements import Differential


def _total(a: Any, axis: Any) -> Any:
    return located(sc.logsumexp)(a, axis=axis, keepdims=True)


total_: Differential = Differential(
    _total,
    lambda d, a, axis, out: np.sum(np.exp(a - out) * d, axis=axis, keepdims=True),
    name="scipy.special.logsumexp",
)


def highest(a: Any, axis: Any) -> Any:
    """The largest real part, for a scale; 0 where that is infinite."""
    top = np.max(np.real(primal(a)), axis=axis, keepdims=True)
    return np.where(np.isfinite(top), top, 0.0)


def signed_total(a: Any, b: Any, axis: Any, return_sign: bool) -> Any:
    """The logarithm of a sum of exponentials with weights of any sign; and its sign."""
    top = highest(a, axis)
    terms = np.exp(a - top)
    whole = np.sum(terms if b is None else terms * b, axis=axis, keepdims=True)
    if not return_sign:
        return np.log(whole) + top
    size = np.abs(whole)
    return np.log(size) + top, whole / np.where(size == 0, 1, size)


@door(sc.logsumexp)
def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """The logarithm of a sum of exponentials."""
    axes = tuple(range(ndim_of(a))) if axis is None else axis
    if b is None and not return_sign:
        found = total_(a, axes)
        return found if keepdims else np.squeeze(found, axis=axes)
    if b is not None:
        a, b = np.broadcast_arrays(a, b)
    found = signed_total(a, b, axes, return_sign)
    if keepdims:
        return found
    return tuple([np.squeeze(f, axis=axes) for f in found]) if return_sign else np.squeeze(found, axis=axes)


# On a device, where each launch costs; elsewhere they are compositions, of which machine code is made.
def change_of_shares(d: Any, x: Any, axis: Any, out: Any) -> Any:
    """The change of the shares."""
    return out * (d - np.sum(out * d, axis=axis, keepdims=True))


shares_: Differential = Differential(
    lambda x, axis: located(sc.softmax)(x, axis=axis),
    change_of_shares,
    backward={0: lambda g, x, axis, out: change_of_shares(g, x, axis, np.conj(out))},
    name="scipy.special.softmax",
)
log_shares_: Differential = Differential(
    lambda x, axis: located(sc.log_softmax)(x, axis=axis),
    lambda d, x, axis, out: d - np.sum(np.exp(out) * d, axis=axis, keepdims=True),
    backward={0: lambda g, x, axis, out: g - np.conj(np.exp(out)) * np.sum(g, axis=axis, keepdims=True)},
    name="scipy.special.log_softmax",
)


def lies_elsewhere(x: Any) -> bool:
    """Tell whether a plain array on a device is behind all levels, of which nothing is noted."""
    held = everything(x)
    return not isinstance(held, Traced) and is_elsewhere(held)


@door(sc.softmax)
def softmax(x: Any, axis: Any = None) -> Any:
    """The shares of exponentials in their sum."""
    if lies_elsewhere(x):
        return shares_(x, axis)
    terms = np.exp(x - highest(x, axis))
    return terms / np.sum(terms, axis=axis, keepdims=True)


@door(sc.log_softmax)
def log_softmax(x: Any, axis: Any = None) -> Any:
    """The logarithms of those shares."""
    if lies_elsewhere(x):
        return log_shares_(x, axis)
    rest = x - highest(x, axis)
    return rest - np.log(np.sum(np.exp(rest), axis=axis, keepdims=True))
