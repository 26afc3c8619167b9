"""Factors of a matrix are worked out once, and only as long as the matrix is the same."""

from __future__ import annotations

import gc
import importlib
import sys
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules import RULES
from hoad.chainrules.numpy import eigen, factors, linalg, reductions
from hoad.chainrules.numpy.factors import Remembered, applied, inverse
from hoad.chainrules.statements import Differential
from hoad.dual import PUSH
from hoad.tangents.fit import fit_cotangent
from hoad.tracer import transposed

ROOMS = (linalg, reductions, eigen)

N = 20
BASE = np.random.default_rng(5).normal(size=(N, N)) / 4
B = np.random.default_rng(6).normal(size=(N, 3))


def spd(t: Any) -> Any:
    return BASE @ BASE.T * t[0] + np.eye(N) * (2.0 + t[1] * t[1])


def general(t: Any) -> Any:
    return BASE * t[0] + np.eye(N) * (2.0 + t[1])


LOSSES = {
    "slogdet": lambda t: np.linalg.slogdet(general(t))[1],
    "solve": lambda t: np.sum(np.linalg.solve(general(t), B * t[1]) ** 2),
    "solve, a vector": lambda t: np.sum(np.linalg.solve(general(t), B[:, 0]) ** 2),
    "cholesky": lambda t: np.sum(np.log(np.diagonal(np.linalg.cholesky(spd(t))))),
    "cholesky and solve": lambda t: np.sum(np.linalg.solve(np.linalg.cholesky(spd(t)), B) ** 2),
    "upper": lambda t: np.sum(np.linalg.cholesky(spd(t), upper=True) ** 3),
    "inverse": lambda t: np.sum(np.linalg.inv(general(t)) ** 2),
    "determinant": lambda t: np.linalg.det(general(t) / 2.0),
    "many": lambda t: np.sum(np.linalg.slogdet(np.stack([general(t), spd(t)]))[1] ** 2),
    "complex": lambda t: np.real(np.linalg.slogdet(general(t) * (1.0 + 0.1j * t[0]))[0]) * t[1],
}
T = np.array([0.75, 0.5])


@pytest.mark.parametrize("with_scipy", [False, True])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_derivatives(loss: Any, with_scipy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with SciPy's factors and by NumPy alone; in every nesting, and as quotients of differences."""
    importlib.import_module("scipy.linalg")
    if not with_scipy:
        monkeypatch.delitem(sys.modules, "scipy.linalg")
    gradient = hoad.grad(loss)(T)
    h = 1e-6
    steps = [(loss(T + h * e) - loss(T - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(gradient, steps, rtol=1e-6, atol=1e-8)
    right = hoad.hessian(loss, T, mode="forward-forward")
    for mode in hoad.operators.hessians.MODES:
        np.testing.assert_allclose(hoad.hessian(loss, T, mode=mode), right, rtol=1e-9, atol=1e-10)


def test_a_matrix_that_changes() -> None:
    calls: list[int] = []

    def f(a: Any) -> Any:
        calls.append(1)
        return np.linalg.inv(a)

    remembered = Remembered(f)
    a = BASE + 2.0 * np.eye(N)
    first = remembered(a).copy()
    assert remembered(a) is remembered(a)
    assert len(calls) == 1
    a[0, 0] += 1.0
    assert not np.array_equal(remembered(a), first)
    assert len(calls) == 2
    assert len(remembered.known) == 1
    del a
    gc.collect()
    assert not remembered.known


def test_few_matrices_are_kept() -> None:
    remembered = Remembered(np.linalg.inv)
    matrices = [BASE + k * np.eye(N) for k in range(2, 2 + 2 * factors.AT_MOST)]
    for a in matrices:
        remembered(a)
    assert len(remembered.known) == factors.AT_MOST


def test_results_are_not_shared() -> None:
    a = BASE + 2.0 * np.eye(N)
    with pytest.raises(ValueError, match="read-only"):
        inverse(a)[:] = 0.0
    np.testing.assert_allclose(inverse(a) @ a, np.eye(N), atol=1e-12)
    x = applied(a, B)
    x[:] = 0.0
    np.testing.assert_allclose(a @ applied(a, B), B, atol=1e-12)


def test_nothing_stays_after_a_derivative() -> None:
    importlib.import_module("scipy.linalg")
    factors.inverse_of.known.clear()
    factors.factors_of.known.clear()
    for _ in range(3):
        hoad.hessian(LOSSES["slogdet"], T)
        hoad.grad(LOSSES["solve"])(T)
    gc.collect()
    assert not factors.inverse_of.known
    assert not factors.factors_of.known


# ------------------------------------------------------------------------------------------------------------
# A transpose that a rule states is that of its differential
# ------------------------------------------------------------------------------------------------------------

S = BASE @ BASE.T + np.eye(N)
Z = BASE + 1j * np.roll(BASE, 1, 0) + 2.0 * np.eye(N)
ROWS = np.round(np.random.default_rng(7).normal(size=(4, 5)), 1)
HERMITIAN = BASE + BASE.T + 1j * (BASE - BASE.T)
ARGUMENTS: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "solve": [((S, B), {}), ((Z, B + 1j), {}), ((S[:3, :3], np.stack([B[:3], B[3:6]])), {})],
    "slogdet": [((S,), {}), ((Z,), {}), ((np.stack([S, S + 1.0]),), {})],
    "det": [((S,), {}), ((Z,), {}), ((S[:3, :3],), {})],
    "cholesky": [((S,), {}), ((Z @ np.conj(Z.T),), {}), ((np.stack([S[:3, :3]] * 2),), {})],
    "max": [((ROWS, 1, False), {}), ((ROWS, (0, 1), True), {}), ((np.ones((2, 3)), 0, False), {})],
    "min": [((ROWS, 1, False), {}), ((ROWS, (0, 1), True), {}), ((np.ones((2, 3)), 0, False), {})],
    "inv": [((BASE,), {}), ((BASE * (1 + 0.5j),), {}), ((np.stack([BASE, BASE.T]),), {})],
    "prod": [((ROWS,), {}), ((ROWS * 1j + 1,), {}), ((np.array([2.0, 0.0, 3.0]),), {}), ((0.0 * ROWS,), {})],
    "eigenvalues": [
        ((BASE + BASE.T, *np.linalg.eigh(BASE + BASE.T)), {}),
        ((HERMITIAN, *np.linalg.eigh(HERMITIAN)), {}),
    ],
    "length": [
        ((ROWS, 1, False, 1), {}),
        ((ROWS * 1j + 1, (0, 1), True, 3), {}),
        ((0.0 * ROWS, 1, False, 1), {}),
    ],
}


def stated() -> dict[str, Differential]:
    """The rules that state a transpose beside a differential."""
    found = [v for m in ROOMS for v in vars(m).values() if isinstance(v, Differential) and v.backward]
    return {rule.name: rule for rule in [*found, *RULES.values()] if getattr(rule, "backward", None)}


def test_all_are_there() -> None:
    assert set(stated()) == set(ARGUMENTS)


@pytest.mark.parametrize(("name", "k"), [(n, k) for n, cases in ARGUMENTS.items() for k in range(len(cases))])
def test_stated_transposes(name: str, k: int) -> None:
    rule, (args, options) = stated()[name], ARGUMENTS[name][k]
    out = rule(*args, **options)
    outs = list(out) if isinstance(out, tuple) else [out]
    random = np.random.default_rng(k)
    gs = [
        random.normal(size=np.shape(o)) + (1j * random.normal() if np.iscomplexobj(o) else 0.0) for o in outs
    ]
    g = gs if isinstance(out, tuple) else gs[0]
    for places, back in rule.backward.items():
        found = back(g, *args, out, **options)
        for i, part in zip(places, found, strict=True) if isinstance(places, tuple) else [(places, found)]:
            by_tape = transposed(lambda d, i=i: rule.differential_at(d, i, args, out, options), args[i], g)
            if part is None:
                assert by_tape is None or not np.any(by_tape)
            else:
                np.testing.assert_allclose(fit_cotangent(part, args[i]), by_tape, rtol=1e-10, atol=1e-12)


def stated_together() -> dict[str, Differential]:
    """The rules that state the change by several arguments at once."""
    found = [v for m in (*ROOMS, factors) for v in vars(m).values() if isinstance(v, Differential)]
    return {
        rule.function.__name__: rule for rule in [*found, *RULES.values()] if getattr(rule, "together", 0)
    }


TURNS = [{"turned": turned, "lower": lower} for turned in (False, True) for lower in (False, True)]


@pytest.mark.parametrize(("name", "options"), [("solve", {}), *[("_applied", options) for options in TURNS]])
@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("unit", [1.0, 1.0 + 0.5j])
def test_stated_changes(name: str, options: dict[str, bool], columns: int, unit: complex) -> None:
    """They are the sums of the changes by each argument alone."""
    values = lambda *shape: np.random.default_rng(shape).normal(size=shape) * unit
    rule, a = stated_together()[name], values(4, 4) + 4 * np.eye(4)
    args = np.tril(a) if options.get("lower") else a, values(4, columns)
    out, tangents = rule(*args, **options), {1: values(4, columns) - 2.0, 0: np.tril(values(4, 4))}
    found = PUSH["differential"](rule, out, args, options, tangents)
    each = [PUSH["differential"](rule, out, args, options, {k: d}) for k, d in tangents.items()]
    np.testing.assert_allclose(found, each[0] + each[1], rtol=1e-12, atol=1e-12)


def test_all_that_state_changes_are_there() -> None:
    assert set(stated_together()) == {"solve", "_applied"}
