"""Systems and designs of ``scipy.signal``: what its Python code is not, and what has no derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal
from scipy.signal import _arraytools

from ...errors import MissingRuleError
from ...nested import refused, values
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..doors import door, outside
from ..statements import Linear
from .convolutions import array
from .without import refuse


@door(_arraytools._validate_fs)
def validate_fs(fs: Any, allow_none: bool = True) -> Any:
    """A rate, as it is."""
    if ndim_of(fs):
        raise ValueError("Sampling frequency fs must be a single scalar.")
    return fs


@door(signal.bilinear)
def bilinear(b: Any, a: Any, fs: Any = 1.0) -> Any:
    """A filter of discrete time: s becomes ``2 fs (z - 1) / (z + 1)``."""
    b, a = np.atleast_1d(array(b)), np.atleast_1d(array(a))
    most = max(shape_of(b)[0], shape_of(a)[0]) - 1
    powers = [np.poly(np.concatenate([np.ones(k), -np.ones(most - k)])) for k in range(most + 1)]

    def made(c: Any) -> Any:
        n = shape_of(c)[0] - 1
        return sum([c[n - k] * (2 * fs) ** k * powers[k] for k in range(n + 1)])

    num, den = made(b), made(a)
    num, den = num / den[0], den / den[0]
    large = np.abs(values(num)) > 1e-14
    return num[int(np.argmax(large)) :] if large.any() else num[-1:], den


@door(signal.bilinear_zpk)
def bilinear_zpk(z: Any, p: Any, k: Any, fs: Any) -> Any:
    """The same by zeros, poles and the gain."""
    z, p = np.atleast_1d(array(z)), np.atleast_1d(array(p))
    degree = shape_of(p)[0] - shape_of(z)[0]
    if degree < 0:
        raise ValueError("Improper transfer function. Must have at least as many poles as zeros.")
    zeros = np.concatenate([(2 * fs + z) / (2 * fs - z), -np.ones(degree)])
    gain = k * np.real(np.prod(2 * fs - z) / np.prod(2 * fs - p))
    return zeros, (2 * fs + p) / (2 * fs - p), gain


# ------------------------------------------------------------------------------------------------------------
# Splines
# ------------------------------------------------------------------------------------------------------------


def _recursion(x: Any, *, name: str, given: Any) -> Any:
    return getattr(signal, name)(x, *given)


def _recursion_transpose(g: Any, x: Any, *, name: str, given: Any) -> Any:
    matrix = outside(_recursion)(np.eye(shape_of(x)[-1]), name=name, given=given)
    return np.tensordot(g, matrix, ((-1,), (1,)))


# Along the last axis, both ways in time, with mirrors at the ends.
recursion_: Linear = Linear(outside(_recursion), _recursion_transpose, name="scipy.signal.symiirorder")


def both_ways(name: str, x: Any, given: tuple[Any, ...]) -> Any:
    """A recursion in both directions, whose coefficients are constants."""
    if traced_in(given):
        message = f"scipy.signal.{name} has no derivative by its coefficients: scipy.signal.lfilter has"
        raise refused(MissingRuleError(message), *traced_in(given))
    return recursion_(array(x), name=name, given=given)


@door(signal.symiirorder1)
def symiirorder1(signal: Any, c0: Any, z1: Any, precision: Any = -1.0) -> Any:
    """One pole, both ways."""
    return both_ways("symiirorder1", signal, (c0, z1, precision))


@door(signal.symiirorder2)
def symiirorder2(input: Any, r: Any, omega: Any, precision: Any = -1.0) -> Any:
    """Two poles, both ways."""
    return both_ways("symiirorder2", input, (r, omega, precision))


refuse(
    signal,
    {
        "band_stop_obj": "it writes into a copy of an array, for buttord and its kin to minimise it",
        "remez": "it is found by exchanges; firls and firwin have derivatives",
        "residue": "it groups roots that are near each other; np.roots and np.polyval have derivatives",
        "residuez": "it groups roots that are near each other; np.roots and np.polyval have derivatives",
        "spline_filter": "it works in single precision; cspline2d and sepfir2d have derivatives",
        "unique_roots": "it groups roots that are near each other; np.roots has a derivative",
        "whittaker_henderson": "it is np.linalg.solve(W + lamb * D.T @ D, W @ y), which has a derivative",
    },
)
