"""``scipy.linalg`` where a routine reads a part of its matrix: what is in the rest has no part in the value,
nor in the derivative, whatever is given there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

sl = pytest.importorskip("scipy.linalg")

N = 4
OPTIONS = {"lower", "assume_a", "hermitian"}
STRUCTURES = ["general", "sym", "symmetric", "her", "hermitian", "pos", "positive definite", "diagonal"]
STRUCTURES += ["tridiagonal", "banded", "upper triangular", "lower triangular"]


def matrix(seed: int, is_complex: bool) -> np.ndarray:
    """A matrix both of whose triangles are those of positive definite ones, of different ones."""
    rng = np.random.default_rng(seed)
    halves = [rng.normal(size=(N, N)) + (1j * rng.normal(size=(N, N)) if is_complex else 0) for _ in "lu"]
    low, high = (h @ np.conj(h.T) + 3 * np.eye(N) for h in halves)
    diagonal = np.diag(np.arange(8.0, 8.0 + N))
    return (
        np.tril(low, -1) * 0.4 + np.triu(high, 1) * 0.4 + diagonal + (0.3j * np.eye(N) if is_complex else 0)
    )


def phaseless(w: Any, v: Any) -> Any:
    """Eigenvalues, and what does not depend on the sign or the phase of eigenvectors."""
    return w, np.abs(v) ** 2


RIGHT = np.random.default_rng(3).normal(size=(N, 2))
CALLS: dict[str, Callable[..., Any]] = {
    "cho_factor": lambda a, **k: (np.tril if k.get("lower") else np.triu)(sl.cho_factor(a, **k)[0]),
    "cholesky": lambda a, **k: sl.cholesky(a, **k),
    "eigh": lambda a, **k: phaseless(*sl.eigh(a, **k)),
    "eigh of a pair": lambda a, b, **k: phaseless(*sl.eigh(a, b, **k)),
    "eigvalsh": lambda a, **k: sl.eigvalsh(a, **k),
    "eigvalsh of a pair": lambda a, b, **k: sl.eigvalsh(a, b, **k),
    "inv": lambda a, **k: sl.inv(a, **k),
    "ldl": lambda a, **k: sl.ldl(a, **k)[:2],
    "pinvh": lambda a, **k: sl.pinvh(a, **k),
    "solve": lambda a, **k: sl.solve(a, RIGHT, **k),
    "solve_triangular": lambda a, **k: sl.solve_triangular(a, RIGHT, **k),
    "solve_triangular, turned": lambda a, **k: sl.solve_triangular(a, RIGHT, trans="C", **k),
    "cho_solve": lambda a, **k: sl.cho_solve((a, bool(k.get("lower"))), RIGHT),
}
BANDED = {"cholesky_banded", "eig_banded", "eigvals_banded", "solveh_banded"}  # which hold one triangle alone


def options(name: str) -> list[dict[str, Any]]:
    """Every value of what says which part is read."""
    known = inspect.signature(getattr(sl, name.partition(" of")[0].partition(",")[0])).parameters
    sides = [{"lower": True}, {"lower": False}] if "lower" in known or name == "cho_solve" else [{}]
    if "hermitian" in known:
        return [side | {"hermitian": h} for side in sides for h in (True, False)]
    if "assume_a" in known:
        # SciPy's inv gives back what is beside a diagonal as it is
        structures = [a for a in STRUCTURES if (name, a) != ("inv", "diagonal")]
        return [side | {"assume_a": a} for side in sides for a in structures]
    return sides


CASES = [
    pytest.param(name, given, is_complex, id=f"{name} {given} {'complex' if is_complex else 'real'}")
    for name in CALLS
    for given in options(name)
    for is_complex in (False, True)
]


def test_every_function_that_reads_a_part_is_called() -> None:
    reading = set()
    for name in sl.__all__:
        try:
            parameters = inspect.signature(getattr(sl, name)).parameters
        except (TypeError, ValueError):
            continue
        if OPTIONS & parameters.keys():
            reading.add(name)
    assert reading - BANDED <= {name.partition(" of")[0].partition(",")[0] for name in CALLS}


def flat(out: Any) -> np.ndarray:
    parts = out if isinstance(out, tuple) else (out,)
    joined = np.concatenate([np.ravel(p) for p in parts])
    return np.concatenate([np.real(joined), np.imag(joined)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "given", "is_complex"), CASES)
def test_what_is_not_read(name: str, given: dict[str, Any], is_complex: bool) -> None:
    points = [matrix(k, is_complex) for k in range(2 if name.endswith("pair") else 1)]
    f = lambda *points: flat(CALLS[name](*points, **given))
    try:
        right = f(*points)
    except (ValueError, TypeError, KeyError, np.linalg.LinAlgError):
        return  # SciPy has no value either
    rng = np.random.default_rng(9)
    tangents = [rng.normal(size=(N, N)) + (1j * rng.normal(size=(N, N)) if is_complex else 0) for _ in points]
    moved = lambda h: f(*[p + h * d for p, d in zip(points, tangents, strict=True)])
    quotient = (8 * (moved(1e-3) - moved(-1e-3)) - moved(2e-3) + moved(-2e-3)) / 12e-3
    try:
        value, change = hoad.jvp(f, tuple(points), tuple(tangents))
        pulled, pullback = hoad.vjp(f, *points)
    except hoad.errors.MissingRuleError:
        return  # refused by name
    np.testing.assert_allclose(value, right, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(pulled, right, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(change, quotient, rtol=1e-7, atol=1e-7)
    u = rng.normal(size=right.shape)
    found = sum(np.sum(np.real(np.conj(g) * d)) for g, d in zip(pullback(u), tangents, strict=True))
    np.testing.assert_allclose(found, u @ change, rtol=1e-9, atol=1e-9)
