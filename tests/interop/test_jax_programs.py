"""Compiled functions as functions of JAX's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError, RecordingError

X = np.array([0.5, -1.25, 2.0])
PROGRAMS: dict[str, Any] = {
    "energy": lambda x: np.sum(np.sin(x) ** 2),
    "gradient": hoad.grad(lambda x: np.sum(np.sin(x) ** 2) + np.prod(x)),
    "Hessian": hoad.hessian(lambda x: np.sum(np.exp(x[1:] * x[:-1]))),
    "own functions": hoad.grad(lambda x: np.sum(np.tanh(x) + np.logaddexp(x, 1.0))),
    "containers": lambda x: {"a": (x * 2, np.mean(x)), "b": 3},
    "sorted": lambda x: np.sort(x) * np.max(x),
    "solve": lambda x: np.linalg.solve(np.outer(x, x) + np.eye(3), x),
    "written": lambda x: filled(x),
    "where": hoad.grad(lambda x: np.sum(np.where(x > 0, np.sin(x), x * 2))),
}


def filled(x: Any) -> Any:
    out = np.zeros(3)
    out[:2] = x[1:] * 2
    out[2] = np.sum(x)
    return out


def leaves(out: Any) -> list[Any]:
    parts = out.values() if isinstance(out, dict) else out if isinstance(out, tuple) else None
    return [out] if parts is None else [leaf for part in parts for leaf in leaves(part)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_values(name: str) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    compiled = hoad.compile(PROGRAMS[name], backend="numpy")
    compiled(X)
    for run in (compiled.to_jax(), jax.jit(compiled.to_jax())):
        for x in (X, X + 0.25):
            for got, right in zip(leaves(run(x)), leaves(PROGRAMS[name](x)), strict=True):
                np.testing.assert_allclose(got, right, rtol=1e-12, atol=1e-14)


def test_what_jax_does_with_it() -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    f = lambda x: np.sum(np.sin(x) ** 2) + np.prod(x)
    compiled = hoad.compile(f, backend="numpy")
    compiled(X)
    np.testing.assert_allclose(jax.grad(compiled.to_jax())(X), hoad.grad(f)(X), rtol=1e-12)
    np.testing.assert_allclose(jax.hessian(compiled.to_jax())(X), hoad.hessian(f)(X), rtol=1e-12)


def test_refused() -> None:
    pytest.importorskip("jax")
    with pytest.raises(ArgumentError, match="call it first"):
        hoad.compile(np.sin).to_jax()
    compiled = hoad.compile(lambda x: x * 2 if x[0] > 0 else x, backend="numpy")
    compiled(X)
    with pytest.raises(RecordingError, match="one way through branches"):
        compiled.to_jax()
