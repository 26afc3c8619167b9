"""Filters of ``scipy.signal``: SciPy's values, and derivatives in the signal, the coefficients and the
state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import signal

import hoad

X = np.random.default_rng(8).normal(size=24)
ROWS = np.random.default_rng(9).normal(size=(2, 24))
B, A = signal.butter(2, 0.3)
SOS = signal.butter(4, 0.3, output="sos")
H = np.array([0.5, 1.0, -0.25])
LINEAR: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "lfilter": (lambda x: signal.lfilter(B, A, x), X),
    "lfilter of rows": (lambda x: signal.lfilter(B, A, x, axis=0), ROWS.T),
    "lfilter without feedback": (lambda x: signal.lfilter(H, 2.0, x), X),
    "a longer denominator": (lambda x: signal.lfilter([1.0], [1.0, -0.5, 0.25, 0.1], x), X),
    "sosfilt": (lambda x: signal.sosfilt(SOS, x), ROWS),
    "filtfilt": (lambda x: signal.filtfilt(B, A, x), X),
    "savgol": (lambda x: signal.savgol_filter(x, 5, 2, mode="nearest"), X),
    "detrend": (signal.detrend, X),
    "same": (lambda x: signal.convolve(x, H, mode="same"), X),
    "valid": (lambda x: signal.fftconvolve(x, H, mode="valid"), X),
    "two axes": (lambda x: signal.convolve(x, np.outer(H, H), mode="full"), ROWS),
    "correlate": (lambda x: signal.correlate(x, H, mode="same"), X),
    "correlate, the other": (lambda h: signal.correlate(X, h, mode="full"), H),
}


@pytest.mark.parametrize("name", LINEAR)
def test_linear(name: str) -> None:
    f, x = LINEAR[name]
    d, g = (
        np.cos(np.arange(x.size)).reshape(x.shape),
        np.sin(np.arange(np.size(f(x)))).reshape(np.shape(f(x))),
    )
    value, change = hoad.jvp(f, (x,), (d,))
    np.testing.assert_allclose(value, f(x), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(change, f(x + d) - f(x), rtol=1e-10, atol=1e-11)
    assert np.sum(hoad.grad(lambda x: np.sum(g * f(x)), x) * d) == pytest.approx(
        np.sum(g * change), rel=1e-10
    )
    assert np.sum(hoad.hvp(lambda x: np.sum(f(x) ** 2), x, d) * d) == pytest.approx(
        2 * np.sum(change**2), rel=1e-10
    )


def test_coefficients_to_second_order() -> None:
    def loss(p: Any) -> Any:
        return np.sum(signal.lfilter(p[:3], p[3:], X) ** 2)

    p, h = np.concatenate([B, A]), 1e-4
    units = np.eye(p.size)

    def differences(f: Any) -> Any:
        return np.stack(
            [
                (8 * (f(p + h * e) - f(p - h * e)) - f(p + 2 * h * e) + f(p - 2 * h * e)) / (12 * h)
                for e in units
            ]
        )

    np.testing.assert_allclose(hoad.grad(loss, p), differences(loss), rtol=1e-8)
    np.testing.assert_allclose(hoad.hessian(loss, p), differences(hoad.grad(loss)), rtol=1e-7)


@pytest.mark.parametrize("n", [1, 2, 24])
def test_the_state(n: int) -> None:
    zi = np.array([0.3, -0.2])
    f = lambda z: np.concatenate(signal.lfilter(B, A, X[:n], zi=z))
    value, change = hoad.jvp(f, (zi,), (zi,))
    np.testing.assert_allclose(value, f(zi), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(change, f(2 * zi) - f(zi), rtol=1e-11, atol=1e-13)
