"""Recursive filters of ``scipy.signal``: ``sum a[k] y[n-k] = sum b[k] x[n-k]``, along the last axis.

SciPy's own filter is all that is needed. The value is linear in x and in b; where a changes by da, the
recursion says what y changes by: it is filtered by ``-da / a``. The transpose of a filter is the same filter,
run backwards in time, and the cotangents of b and a are products of delayed signals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

from ...nested import Traced
from ...values.shapes import ndim_of, shape_of
from ..doors import door, outside
from ..numpy.indexing import read
from ..statements import Differential, Multilinear
from .convolutions import array, summed

ONE = np.ones(1)


def _filtered(b: Any, a: Any, x: Any, z: Any) -> Any:
    return signal.lfilter(b, a, x) if z is None else signal.lfilter(b, a, x, zi=z)[0]


def backwards(x: Any) -> Any:
    """A signal backwards in time."""
    return x[..., ::-1]


def against(b: Any, a: Any, g: Any) -> Any:
    """The transpose of a filter."""
    return backwards(filtered_(np.conj(b), np.conj(a), backwards(g), None))


def begun(z: Any, x: Any) -> Any:
    """What a state puts in at the beginning of a signal."""
    n, order = shape_of(x)[-1], shape_of(z)[-1]
    shape = (*np.broadcast_shapes(shape_of(z)[:-1], shape_of(x)[:-1]), order)
    wide = [(0, 0)] * (ndim_of(x) - 1) + [(0, max(0, n - order))]
    return np.pad(np.broadcast_to(z, shape)[..., :n], wide)


def _state_back(g: Any, b: Any, a: Any, x: Any, z: Any, out: Any) -> Any:
    found, order = against(ONE, a, g), shape_of(z)[-1]
    wide = [(0, 0)] * (ndim_of(x) - 1) + [(0, max(0, order - shape_of(x)[-1]))]
    return summed(np.pad(found[..., :order], wide), shape_of(z))


# The signal y, by the coefficients (of which the first of a is 1), the signal x and the state at the start.
filtered_: Differential = Differential(
    outside(_filtered),
    lambda d, b, a, x, z, out: filtered_(d, a, x, None),
    lambda d, b, a, x, z, out: -filtered_(d, a, out, None),
    lambda d, b, a, x, z, out: filtered_(b, a, d, None),
    lambda d, b, a, x, z, out: filtered_(ONE, a, begun(d, x), None),
    backward={
        0: lambda g, b, a, x, z, out: lagged_(against(ONE, a, g), np.conj(x), n=shape_of(b)[0]),
        1: lambda g, b, a, x, z, out: -lagged_(against(ONE, a, g), np.conj(out), n=shape_of(a)[0]),
        2: lambda g, b, a, x, z, out: against(b, a, g),
        3: _state_back,
    },
    name="scipy.signal.lfilter",
    by_shapes=True,
)


def _lagged(g: Any, x: Any, *, n: int) -> Any:
    size = x.shape[-1]
    kind = np.result_type(g, x)
    return np.array([np.sum(g[..., k:] * x[..., : max(0, size - k)]) for k in range(n)], dtype=kind)


def _lagged_transpose(c: Any, i: int, g: Any, x: Any, *, n: int) -> Any:
    if i == 0:
        return filtered_(c, ONE, np.conj(x), None)
    return backwards(filtered_(c, ONE, backwards(np.conj(g)), None))


# The products of a signal with another that comes k steps later, for each k.
lagged_: Multilinear = Multilinear(_lagged, _lagged_transpose, "products of delayed signals", by_shapes=True)


@door(signal.lfilter)
def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """The filter; with ``zi``, the state at the end too."""
    b, a, x = np.atleast_1d(array(b)), np.atleast_1d(array(a)), array(x)
    if isinstance(a, Traced) or a[0] not in (0, 1):
        b, a = b / a[0], a / a[0]
    rows = np.moveaxis(x, axis, -1)
    state = None if zi is None else np.moveaxis(array(zi), axis, -1)
    y = filtered_(b, a, rows, state)
    found = np.moveaxis(y, -1, axis)
    return found if state is None else (found, np.moveaxis(final(b, a, rows, y, state), -1, axis))


def final(b: Any, a: Any, x: Any, y: Any, state: Any) -> Any:
    """The state after the last step: ``z[i] = sum b[j] x[n+i-j] - a[j] y[n+i-j]``, over j > i."""
    order, n = shape_of(state)[-1], shape_of(x)[-1]
    i, p = np.indices((order, order))
    place = np.where(p >= i, order + i - p, order + 1)  # one behind the last is 0

    def part(c: Any, u: Any) -> Any:
        weights = read(np.pad(c, (0, order + 2 - shape_of(c)[0])), place)
        wide = np.pad(u, [(0, 0)] * (ndim_of(u) - 1) + [(order, 0)])
        return np.matmul(wide[..., n:], np.transpose(weights))

    kept = np.broadcast_to(state, (*shape_of(x)[:-1], order))[..., n:]
    wide = [(0, 0)] * (ndim_of(x) - 1) + [(0, min(n, order))]
    return part(b, x) - part(a, y) + np.pad(kept, wide)


@door(signal.sosfilt)
def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """Filters of second order, one after the other."""
    states = []
    for k in range(shape_of(sos)[0]):
        state = None if zi is None else np.moveaxis(zi[k], axis, -1)
        found = lfilter(sos[k, :3], sos[k, 3:], np.moveaxis(x, axis, -1), -1, state)
        x = np.moveaxis(found if zi is None else found[0], -1, axis)
        if zi is not None:
            states.append(np.moveaxis(found[1], -1, axis))
    return x if zi is None else (x, np.stack(states))


# Whether SciPy's own divides by the first coefficient, which older versions take for 1.
DIVIDES = bool(signal.lfiltic([2.0], [2.0, 1.0], [1.0])[0] == signal.lfiltic([1.0], [1.0, 0.5], [1.0])[0])


@door(signal.lfiltic)
def lfiltic(b: Any, a: Any, y: Any, x: Any = None) -> Any:
    """The state after values y and x, the newest first: ``z[m] = sum b[m+1+k] x[k] - sum a[m+1+k] y[k]``."""
    b, a, y = (np.atleast_1d(array(v)) for v in (b, a, y))
    b, a = (b / a[0], a / a[0]) if DIVIDES else (b, a)
    order = max(shape_of(a)[0], shape_of(b)[0]) - 1
    x = np.zeros(order) if x is None else np.atleast_1d(array(x))
    m, k = np.indices((order, order))
    place = np.minimum(m + 1 + k, order + 1)  # one behind the last is 0

    def part(c: Any, u: Any) -> Any:
        weights = read(np.pad(c, (0, order + 2 - shape_of(c)[0])), place)
        return weights @ np.pad(u, (0, max(0, order - shape_of(u)[0])))[:order]

    return part(b, x) - part(a, y)


@door(signal.lfilter_zi)
def lfilter_zi(b: Any, a: Any) -> Any:
    """The state of a step that has come to rest: ``(1 - A) z = B`` of the filter's companion matrix A."""
    b, a = np.atleast_1d(array(b)), np.atleast_1d(array(a))
    b, a = b / a[0], a / a[0]
    n = max(shape_of(b)[0], shape_of(a)[0])
    b, a = (np.pad(c, (0, n - shape_of(c)[0])) for c in (b, a))
    kind = np.result_type(b.dtype, a.dtype)
    rest = np.concatenate([np.reshape(a[1:], (-1, 1)), -np.eye(n - 1, n - 2, dtype=kind)], axis=1)
    corner = np.zeros((n - 1, n - 1), dtype=kind)
    corner[np.arange(n - 1), np.arange(n - 1)] = np.arange(n - 1) > 0
    corner[0, 0] = 1.0
    return np.linalg.solve(corner + rest, b[1:] - a[1:] * b[0])
