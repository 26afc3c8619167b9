"""Convolutions and recursions of ``scipy.signal``: SciPy's values and types, both operands, complex ones, all
modes, to third order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import proofs
import pytest

signal = pytest.importorskip("scipy.signal")

import hoad  # noqa: E402

RNG = np.random.default_rng(0)
X, H, P, Q = RNG.normal(size=9), RNG.normal(size=4), RNG.normal(size=(5, 6)), RNG.normal(size=(2, 3))
B, A = signal.butter(3, 0.3)
Z = RNG.normal(size=3)
PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}
for _mode in ("full", "same", "valid"):
    for _name in ("convolve", "fftconvolve", "oaconvolve", "correlate"):
        _f = getattr(signal, _name)
        PROGRAMS |= {
            f"{_name}, {_mode}": (lambda x, h, f=_f, m=_mode: f(x, h, m), (X, H)),
            f"{_name}, {_mode}, the shorter first": (lambda x, h, f=_f, m=_mode: f(h, x, m), (X, H)),
            f"{_name}, {_mode}, two axes": (lambda x, h, f=_f, m=_mode: f(x, h, m), (P, Q)),
            f"{_name}, {_mode}, complex": (
                lambda x, h, f=_f, m=_mode: f(x, h, m),
                (X + 1j * X[::-1], H - 2j * H[::-1]),
            ),
        }
    for _name in ("fftconvolve", "oaconvolve"):
        _f = getattr(signal, _name)
        PROGRAMS |= {
            f"{_name}, {_mode}, along": (lambda x, h, f=_f, m=_mode: f(x, h, m, 1), (P, P[:, :3])),
            f"{_name}, {_mode}, along, spread": (
                lambda x, h, f=_f, m=_mode: f(x, h, m, axes=-1),
                (P, P[:1, :3]),
            ),
            f"{_name}, {_mode}, spread": (lambda x, h, f=_f, m=_mode: f(x, h, m, axes=-1), (P[:1], P[:, :3])),
        }
    for _name in ("convolve2d", "correlate2d"):
        _f = getattr(signal, _name)
        for _edge in ("fill", "wrap", "symm"):
            _c = 0.5 if _edge == "fill" else 0
            PROGRAMS[f"{_name}, {_mode}, {_edge}"] = (
                lambda x, h, f=_f, m=_mode, e=_edge, c=_c: f(x, h, m, e, c),
                (P, P[:3, :2]),
            )
        PROGRAMS[f"{_name}, {_mode}, complex"] = (
            lambda x, h, f=_f, m=_mode: f(x, h, m),
            (P + 1j * P[::-1], Q * 1j + Q[::-1]),
        )
        PROGRAMS[f"{_name}, {_mode}, the smaller first"] = (lambda x, h, f=_f, m=_mode: f(h, x, m), (P, Q))
for _up, _down in ((1, 1), (2, 1), (1, 3), (3, 2), (2, 5)):
    PROGRAMS[f"upfirdn {_up}/{_down}"] = (
        lambda h, x, u=_up, d=_down: signal.upfirdn(h, x, u, d, axis=0),
        (H, P),
    )
    for _mode in ("symmetric", "reflect", "edge", "wrap", "antireflect"):
        PROGRAMS[f"upfirdn {_up}/{_down}, {_mode}"] = (
            lambda h, x, u=_up, d=_down, m=_mode: signal.upfirdn(h, x, u, d, mode=m),
            (H, X),
        )
PROGRAMS |= {
    "sepfir2d": (lambda x, h, k: signal.sepfir2d(x, h, k), (P, H[:3], X[:5])),
    "lfilter": (lambda b, a, x: signal.lfilter(b, a, x, axis=0), (B, 2 * A, P)),
    "lfilter, state": (lambda b, a, x, z: signal.lfilter(b, a, x, zi=z), (B, 1.3 * A, X, Z)),
    "lfilter, short": (lambda b, a, x, z: signal.lfilter(b, a, x, zi=z), (B, 1.3 * A, X[:2], Z)),
    "lfilter, few b": (lambda b, a, x, z: signal.lfilter(b, a, x, zi=z), (B[:2], A, X[:2], Z)),
    "lfilter, few a": (lambda b, a, x, z: signal.lfilter(b, a, x, zi=z), (B, A[:2], X, Z)),
    "lfilter, one state": (
        lambda b, a, x, z: signal.lfilter(b, a, x, axis=0, zi=z),
        (B, A, P, RNG.normal(size=(3, 1))),
    ),
    "lfilter, complex": (lambda b, a, x: signal.lfilter(b, a, x), (B * (1 + 0.1j), A + 0j, X + 1j * X[::-1])),
    "lfilter, none": (lambda b, a, x: signal.lfilter(b, a, x), (B[:1], A[:1], X)),
    "lfilter_zi": (lambda b, a: signal.lfilter_zi(b, a), (B, 1.2 * A)),
    "lfiltic": (lambda b, a, y, x: signal.lfiltic(b, a, y, x), (B, A, X[:2], X[3:5])),
}


@pytest.mark.parametrize("name", proofs.sampled(PROGRAMS, 8))
def test_derivatives(name: str) -> None:
    f, args = PROGRAMS[name]
    found, plain = hoad.jvp(f, args, args)[0], f(*args)
    for value, right in zip(proofs.parts_of(found), proofs.parts_of(plain), strict=True):
        np.testing.assert_allclose(value, right, rtol=1e-12, atol=1e-13)
        assert value.dtype == right.dtype
    proofs.prove(f, *args)


def test_filtfilt_by_its_coefficients() -> None:
    proofs.prove(lambda b, a: signal.filtfilt(b, a, np.tile(X, 4)), B, A, orders=2, batches=False)


def test_single_precision_stays() -> None:
    proofs.single(lambda b, a, x: signal.lfilter(b, a, x), B, A, X)
    proofs.single(lambda x, h: signal.convolve(x, h, "same"), X, H)


def test_a_long_signal_takes_a_few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, plain = [], signal.lfilter
    monkeypatch.setattr(
        "hoad.chainrules.scipy.recursions.signal.lfilter",
        lambda *a, **k: (calls.append(1), plain(*a, **k))[1],
    )
    hoad.grad(lambda b, a, x: np.sum(plain(b, a, x) ** 2), argnums=(0, 1, 2))(B, A, np.ones(10_000))
    assert 0 < len(calls) < 8


@pytest.mark.parametrize(
    "f",
    [
        lambda x: signal.convolve(x, H, mode="sane"),
        lambda x: signal.convolve(x, H, method="sane"),
        lambda x: signal.fftconvolve(x, Q),
        lambda x: signal.fftconvolve(x, H, "same", method="direct"),
        lambda x: signal.correlate(x, H, mode="sane"),
        lambda x: signal.correlate(x, H, axes=0),
        lambda x: signal.convolve2d(x, Q),
        lambda x: signal.convolve2d(np.outer(x, x), Q, boundary="sane"),
        lambda x: signal.upfirdn(H, x, 0),
        lambda x: signal.upfirdn(H, x, mode="sane"),
        lambda x: signal.lfilter(B, A, x, zi=np.zeros(7)),
        lambda x: signal.lfilter(Q, A, x),
    ],
)
def test_what_scipy_refuses(f: Callable[[Any], Any]) -> None:
    with pytest.raises((RuntimeError, ValueError, TypeError)) as plain:
        f(X)
    with pytest.raises(plain.type):
        hoad.grad(lambda x: np.sum(f(x)), X)


def test_lists_are_arrays() -> None:
    f = lambda x: np.sum(signal.correlate(x, [[1.0, 2.0], [3.0, 4.0]]) ** 2)
    np.testing.assert_allclose(hoad.grad(f, P), 2 * signal.correlate(
        signal.correlate(P, [[1.0, 2.0], [3.0, 4.0]]), [[4.0, 3.0], [2.0, 1.0]], "valid"
    ))  # fmt: skip
