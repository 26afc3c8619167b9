"""Filters of signals, as ``scipy.signal`` has them: recursions that are linear in the signal."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

from ..doors import door


def delayed(u: Any, k: int) -> Any:
    """A signal, along its first axis, that comes k steps later."""
    return u if not k else np.concatenate([0.0 * u[:k], u[: len(u) - k]]) if k < len(u) else 0.0 * u


@door(signal.lfilter)
def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """``a[0] y[n] = sum b[k] x[n-k] - sum a[k] y[n-k]``; with ``zi``, the state at the end too."""
    b, a = [np.reshape(v, (-1,)) for v in (b, a)]
    order = max(len(b), len(a)) - 1
    b, a = [np.concatenate([v / a[0], np.zeros(order + 1 - len(v))]) for v in (b, a)]
    u = np.moveaxis(x, axis, 0)
    shape = (1,) * (np.ndim(u) - 1)
    driven = sum([np.reshape(b[k], shape) * delayed(u, k) for k in range(order + 1)])
    state = None if zi is None else np.moveaxis(zi, axis, 0)
    if state is not None:
        if np.shape(state)[0] != order:
            raise ValueError(f"Unexpected shape for zi: expected {order} along the axis")
        n = min(order, len(u))
        driven = np.concatenate([driven[:n] + state[:n], driven[n:] + 0.0 * state[:1]])
    y = driven if order == 0 or not recursive(a) else recursion(a, driven)
    found = np.moveaxis(y, 0, axis)
    return found if state is None else (found, np.moveaxis(final(b, a, u, y, state), 0, axis))


def recursive(a: Any) -> bool:
    """Tell whether a filter feeds its value back."""
    return any([getattr(v, "differentiates", False) or v != 0 for v in a[1:]])


def recursion(a: Any, driven: Any) -> Any:
    """The value, step by step."""
    y: list[Any] = []
    for n in range(len(driven)):
        y.append(driven[n] - sum([a[k] * y[n - k] for k in range(1, min(len(a) - 1, n) + 1)]))
    return np.stack(y)


def final(b: Any, a: Any, u: Any, y: Any, state: Any) -> Any:
    """The state of the delays after the last step."""
    n, order = len(u), len(b) - 1
    found = []
    for i in range(order):
        z = state[i + n] if i + n < order else 0.0 * state[0]
        for j in range(i + 1, order + 1):
            k = n + i - j
            if 0 <= k < n:
                z = z + b[j] * u[k] - a[j] * y[k]
        found.append(z)
    return np.stack(found)


@door(signal.sosfilt)
def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """Filters of second order, one after the other."""
    states = []
    for k in range(np.shape(sos)[0]):
        state = None if zi is None else np.moveaxis(zi[k], axis, -1)
        found = lfilter(sos[k, :3], sos[k, 3:], np.moveaxis(x, axis, -1), -1, state)
        x = np.moveaxis(found if zi is None else found[0], -1, axis)
        if zi is not None:
            states.append(np.moveaxis(found[1], -1, axis))
    return x if zi is None else (x, np.stack(states))


def full(x: Any, h: Any) -> Any:
    """The whole convolution, along all axes."""
    if np.ndim(x) == 1:
        return np.convolve(x, h)
    shape = tuple([n + m - 1 for n, m in zip(np.shape(x), np.shape(h), strict=True)])
    total: Any = 0.0
    for place in np.ndindex(np.shape(h)):
        widths = [(k, whole - k - n) for k, whole, n in zip(place, shape, np.shape(x), strict=True)]
        total = total + h[place] * np.pad(x, widths)
    return total


@door(signal.convolve, signal.fftconvolve, signal.oaconvolve)
def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto", axes: Any = None) -> Any:
    """A convolution, or the middle of one."""
    if axes is not None:
        raise ValueError("a derivative is taken along all axes: leave axes= out, or use vmap")
    n, m = np.shape(in1), np.shape(in2)
    if mode == "valid" and not all([p >= q for p, q in zip(n, m, strict=True)]):
        in1, in2, n, m = in2, in1, m, n
    whole = full(in1, in2)
    if mode == "full":
        return whole
    wanted = n if mode == "same" else tuple([p - q + 1 for p, q in zip(n, m, strict=True)])
    starts = [(total - size) // 2 for total, size in zip(np.shape(whole), wanted, strict=True)]
    return whole[tuple([slice(s, s + size) for s, size in zip(starts, wanted, strict=True)])]


@door(signal.correlate)
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """A correlation: a convolution with the second turned around, and its conjugate."""
    if mode == "valid" and not all([p >= q for p, q in zip(np.shape(in1), np.shape(in2), strict=True)]):
        found = correlate(in2, in1, mode, method)
        return np.conj(found[(slice(None, None, -1),) * np.ndim(found)])
    turned = np.conj(in2[(slice(None, None, -1),) * np.ndim(in2)])
    return convolve(in1, turned, mode, method)
