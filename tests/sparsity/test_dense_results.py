"""Dense Hessians use the structure where it pays, and are what nested levels give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad
from hoad.operators.losses import Loss
from hoad.running.chunks import Chunks
from hoad.running.points import Point
from hoad.second.sweep import Program
from hoad.sparse import structured
from hoad.sparse.budget import Budget
from hoad.sparse.contractions import about_nonzero

N = 800
RNG = np.random.default_rng(8)
X = RNG.uniform(0.2, 0.9, N)
A = RNG.normal(size=(N, N)) / N
B = RNG.uniform(0.0, 0.5, N) / N
Y = RNG.normal(size=(15, 20))


def helmholtz(x: Any) -> Any:
    bx = B @ x
    return np.sum(x * np.log(x / (1 - bx))) - (x @ A @ x) / bx * np.log((1 + 2 * bx) / (1 - bx))


def factors(x: Any) -> Any:
    return np.sum((x[:300].reshape(15, 20)[:, :5] @ x[300:400].reshape(5, 20) - Y) ** 2) + np.sum(x**4)


LOSSES: dict[str, Any] = {
    "chain": lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
    "quadratic": lambda x: x @ A @ x,
    "Helmholtz": helmholtz,
    "factors": factors,
    "anchored": lambda x: np.sum(np.exp(x[1:] * x[0])) * x[-1] + np.sum(np.sin(x)) ** 2,
}


@pytest.mark.parametrize("name", list(LOSSES))
def test_hessians(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    f = LOSSES[name]
    loss = Loss(f, Point([X], ["x"]))
    found = []
    structured = Loss.structured

    def noting(self: Loss, chunks: Any) -> Any:
        found.append(structured(self, chunks))
        return found[-1]

    monkeypatch.setattr(Loss, "structured", noting)
    assert loss.promises()
    loss.recording.tape.release()
    got, diagonal = hoad.hessian(f, X), hoad.diag_hessian(f, X)
    assert len(found) == 2 and None not in found
    right = hoad.hessian(f, X, chunk_size=N)
    np.testing.assert_allclose(got, right, rtol=1e-10, atol=1e-12 * np.abs(right).max())
    np.testing.assert_allclose(diagonal, np.diagonal(right), rtol=1e-10, atol=1e-12 * np.abs(right).max())


def test_containers_and_half_precision() -> None:
    f = lambda p: np.sum(np.sin(p["a"][1:] * p["a"][:-1])) * p["b"] ** 2
    p = {"a": X.astype(np.float32), "b": 0.5}
    got, right = hoad.hessian(f, p), hoad.hessian(f, p, chunk_size=N + 1)
    for i in "ab":
        for j in "ab":
            assert np.asarray(got[i][j]).dtype == np.asarray(right[i][j]).dtype
            np.testing.assert_allclose(got[i][j], right[i][j], rtol=1e-4, atol=1e-5)


LAYERS = [RNG.normal(size=(N, N)) / N for _ in range(2)]
SEEN = RNG.normal(size=(48, 30))


def layers(x: Any) -> Any:
    for w in LAYERS:
        x = np.tanh(w @ x)
    return np.sum(x**2)


def network(x: Any) -> Any:
    inner, outer = x[:660].reshape(30, 22), x[660:704].reshape(22, 2)
    return np.sum(np.tanh(np.tanh(SEEN @ inner) @ outer) ** 2)


@pytest.mark.parametrize("f", [layers, network])
def test_what_is_dense(f: Any) -> None:
    """The structure of a network's layers is tried as long as it may pay."""
    right = hoad.hvp(f, X, X)
    np.testing.assert_allclose(hoad.hessian(f, X) @ X, right, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("f", [*LOSSES.values(), layers, network])
def test_a_sample_tells_what_all_columns_cost(f: Any) -> None:
    loss = Loss(f, Point([X], ["x"]))
    costs = []
    for sample in (None, 32):
        budget = Budget(1e12, N, sample)
        level = structured.Columns(N, budget=budget)
        program = Program(loss.program.columns, loss.program.top, 1)
        changes = program.along(structured.identities([X], level))[1]
        structured.as_array(changes[0], X, level)
        costs.append(1e12 - budget.left)
    loss.recording.tape.release()
    assert 0.6 * costs[0] < costs[1] < 1.6 * costs[0]


def test_what_would_cost_more_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what dense rows cost, a part is spent before a sample is asked, and no more if that says so."""
    made: list[Budget] = []
    monkeypatch.setattr(structured, "Budget", lambda *a: made.append(Budget(*a)) or made[-1])
    loss = Loss(network, Point([X], ["x"]))
    assert loss.promises() and loss.structured(Chunks()) is None
    loss.recording.tape.release()
    assert len(made) == 2 and made[1].carried.sum() == 32


def test_nan_goes_the_other_way() -> None:
    f = lambda x: np.sum(np.where(x > 0.5, np.sqrt(np.maximum(x - 0.5, 0.0)), 0.0) * np.sin(x) * x**2)
    with np.errstate(all="ignore"):
        got, right = hoad.hessian(f, X), hoad.hessian(f, X, chunk_size=N)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(right))


@pytest.mark.parametrize("shape", [(64, 64), (4096, 33), (81, 128)])
def test_how_many_elements_are_zero_is_judged_by_a_part_of_them(shape: tuple[int, int]) -> None:
    """Whatever pattern the zeros have: rows, columns, a part, none."""
    i, j = np.indices(shape)
    for factor in (i % 2, j % 2, (i + j) % 2, j == 0, i < shape[0] // 4, np.zeros(shape), np.ones(shape)):
        for laid in (1.0 * factor, np.asfortranarray(1.0 * factor)):
            assert abs(about_nonzero(laid) - np.count_nonzero(laid)) <= 0.05 * laid.size
