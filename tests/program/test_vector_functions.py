"""The functions of native loops against mpmath, over their whole range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import hoad
from hoad.compiling import native

pytest.importorskip("llvmlite")
BOUND = 1.75  # units in the last place; docs/compile.md has what was measured
N = 300
RANGES: dict[str, tuple[Callable[[Any], Any], Any, tuple[float, float]]] = {
    "exp": (np.exp, mpmath.exp, (-708.0, 709.7)),
    "expm1": (np.expm1, mpmath.expm1, (-60.0, 709.7)),
    "log": (np.log, mpmath.log, (0.0, 4.0)),
    "log1p": (np.log1p, mpmath.log1p, (-0.999, 4.0)),
    "sin": (np.sin, mpmath.sin, (-1e6, 1e6)),
    "cos": (np.cos, mpmath.cos, (-1e6, 1e6)),
    "tanh": (np.tanh, mpmath.tanh, (-25.0, 25.0)),
    "cosh": (np.cosh, mpmath.cosh, (-710.4, 710.4)),
    "sinh": (np.sinh, mpmath.sinh, (-710.4, 710.4)),
}


def points(name: str, low: float, high: float) -> Any:
    """Ordinary numbers, tiny and subnormal ones of both signs, and the whole range."""
    rng = np.random.default_rng(20261126)
    sizes = 10.0 ** rng.uniform(-310, 0, N)
    near = np.concatenate([sizes * rng.choice([-1, 1], N), rng.uniform(-4, 4, N)])
    found = np.concatenate([near, rng.uniform(low, high, N)])
    if name == "log":
        found = np.concatenate([found, 10.0 ** rng.uniform(-320, 308, N), 1 + near[:N] * 1e-3])
    return found[(found > low) & (found < high) | ((name == "log") & (found > 0))]


def of_loops(monkeypatch: pytest.MonkeyPatch, f: Callable[[Any], Any], x: Any) -> Any:
    """What native loops give."""
    monkeypatch.setattr(native, "FEW", -1)
    monkeypatch.setattr(native, "MANY", 0)
    compiled = hoad.compile(lambda x: f(x))
    compiled(x)
    (variant,) = compiled.variants
    assert variant.native is not None and variant.native.mode == "loops"
    return variant.native.function(lambda x: None)(x)


@pytest.mark.parametrize("name", RANGES)
def test_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    f, exact, (low, high) = RANGES[name]
    x = points(name, low, high)
    found = of_loops(monkeypatch, f, x)
    with mpmath.workprec(160):
        right = [exact(mpmath.mpf(float(a))) for a in x]
        errors = [
            float(abs(mpmath.mpf(float(y)) - r) / mpmath.mpf(float(np.spacing(abs(float(r))))))
            for y, r in zip(found, right, strict=True)
        ]
    worst = int(np.argmax(errors))
    assert errors[worst] <= BOUND, (x[worst], errors[worst])


@pytest.mark.parametrize("f", [np.sin, np.cos])
def test_large_angles_are_handed_back(f: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_loops(monkeypatch, f, np.array([1.0, 2.0**20])) is None


@pytest.mark.parametrize("name", RANGES)
def test_nan_and_infinities_are_handed_back(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    f = RANGES[name][0]
    monkeypatch.setattr(native, "FEW", -1)
    monkeypatch.setattr(native, "MANY", 0)
    compiled = hoad.compile(lambda x: f(x))
    compiled(np.full(8, 0.5))
    for value in (np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324):
        x = np.full(8, value)
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(compiled(x), f(x))
