"""Dask's arrays as points and as data (``make interop``): NumPy's numbers, and nothing computed by hoad."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import hoad

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

X = np.array([0.7, 1.3, 0.4, 1.1])
V = np.array([1.0, -0.5, 2.0, 0.3])
A = np.random.default_rng(0).normal(size=(6, 4))
PICKED = np.array([0, 2, 2])

POINTS: dict[str, Callable[[Any], Any]] = {
    "sum of squares": lambda x: np.sum(x**2),
    "exp and sin": lambda x: np.sum(np.exp(np.sin(x))),
    "log": lambda x: np.sum(np.log(x) * x),
    "mean": lambda x: np.mean(x * np.tanh(x)),
    "var": lambda x: np.var(np.sqrt(x)),
    "std": lambda x: np.std(x * x),
    "slices": lambda x: np.sum(x[1:] * x[:-1] ** 2),
    "reverse": lambda x: np.sum(x[::-1] * x**2),
    "elements": lambda x: x[0] * x[2] ** 2 + x[1],
    "where": lambda x: np.sum(np.where(x > 1, x**2, x**3)),
    "max": lambda x: np.max(x * x),
    "min": lambda x: np.min(np.sin(x)),
    "prod": lambda x: np.prod(x),
    "cumsum": lambda x: np.sum(np.cumsum(x) ** 2),
    "dot": lambda x: np.dot(x, x) * x[0],
    "matmul": lambda x: np.sum((np.stack([x, x**2]) @ x) ** 2),
    "outer": lambda x: np.sum(np.outer(x, np.sin(x))),
    "concatenate": lambda x: np.sum(np.concatenate([x, x**2]) ** 2),
    "reshape": lambda x: np.sum(x.reshape(2, 2).T ** 3),
    "new axes": lambda x: np.sum((x[:, None] * x[None, :]) ** 2),
    "norm": lambda x: np.linalg.norm(x),
    "einsum": lambda x: np.einsum("i,j,i->", x, x, x),
    "clip": lambda x: np.sum(np.clip(x, 0.65, 1.2) ** 2),  # at a tie nobody looks, see docs/kinks.md
    "positions": lambda x: np.sum(x[PICKED] ** 2),
    "roll": lambda x: np.sum(np.roll(x, 1) * x),
    "diff": lambda x: np.sum(np.diff(x) ** 2),
    "pad": lambda x: np.sum(np.pad(x, 1)[1:] ** 2),
    "log of a sum": lambda x: np.log(np.sum(np.exp(x))),
}
DATA: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda w, d: np.sum((d @ w) ** 2),
    "logistic": lambda w, d: np.sum(np.log1p(np.exp(-(d @ w)))),
    "mean of squares": lambda w, d: np.mean((d @ w - d[:, 0]) ** 2),
    "elementwise": lambda w, d: np.sum(np.sin(d * w)),
    "from the left": lambda w, d: np.sum(np.exp(w @ d.T)),
    "network": lambda w, d: np.sum(np.tanh(d @ np.reshape(w, (4, 1))) ** 2),
}
OPERATORS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "gradient": lambda f, x, v: hoad.grad(f, x),
    "value and gradient": lambda f, x, v: hoad.value_and_grad(f, x)[1],
    "Hessian times a vector": lambda f, x, v: hoad.hvp(f, x, v),
    "directional derivative": lambda f, x, v: hoad.jvp(f, (x,), (v,))[1],
    "Hessian": lambda f, x, v: hoad.hessian(f, x),
    "Jacobian": lambda f, x, v: hoad.jacobian(lambda z: np.reshape(f(z) * z, -1), x),
}


@pytest.fixture
def counted() -> Iterator[list[Any]]:
    """What is computed while a test runs."""
    runs: list[Any] = []

    def counting(graph: Any, keys: Any, **options: Any) -> Any:
        runs.append(keys)
        return dask.get(graph, keys, **options)

    with dask.config.set(scheduler=counting):
        yield runs


@pytest.mark.filterwarnings("error::FutureWarning")
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", POINTS)
def test_as_a_point(name: str, operator: str, counted: list[Any]) -> None:
    f, of = POINTS[name], OPERATORS[operator]
    found = of(f, da.from_array(X, chunks=3), da.from_array(V, chunks=3))
    assert isinstance(found, da.Array) and not counted
    np.testing.assert_allclose(found.compute(), of(f, X, V), rtol=1e-12, atol=1e-13)


@pytest.mark.filterwarnings("error::FutureWarning")
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", DATA)
def test_as_data(name: str, operator: str, counted: list[Any]) -> None:
    """The parameters are NumPy's, and the derivative by them is Dask's, to be computed when it is wanted."""
    f, of = DATA[name], OPERATORS[operator]
    data = da.from_array(A, chunks=(2, 3))
    found = of(lambda w: f(w, data), X, V)
    assert isinstance(found, da.Array) and not counted
    np.testing.assert_allclose(np.asarray(found), of(lambda w: f(w, A), X, V), rtol=1e-12, atol=1e-13)


def test_blocks_are_those_of_the_point() -> None:
    x = da.ones(1000, chunks=100)
    assert hoad.grad(lambda x: np.sum(np.sin(x) * x), x).chunks == x.chunks


def test_a_write_changes_no_other_array() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        z = y[:2]
        y[1] = x[0] ** 2
        return np.sum(y**2) + np.sum(z)

    def of_copies(x: Any) -> Any:  # which is what it means for Dask, where parts share nothing
        y = x * 2.0
        z = y[:2].copy()
        y[1] = x[0] ** 2
        return np.sum(y**2) + np.sum(z)

    np.testing.assert_allclose(hoad.grad(f, da.from_array(X, chunks=2)), hoad.grad(of_copies, X), rtol=1e-14)


def test_on_a_cluster() -> None:
    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(n_workers=2, **options) as cluster, distributed.Client(cluster) as client:
        data = client.persist(da.from_array(A, chunks=(2, 4)))
        for f in DATA.values():
            for of in (OPERATORS["gradient"], OPERATORS["Hessian times a vector"], OPERATORS["Hessian"]):
                found = of(lambda w, f=f: f(w, data), X, V)
                right = of(lambda w, f=f: f(w, A), X, V)
                np.testing.assert_allclose(client.compute(found).result(), right, rtol=1e-12, atol=1e-13)
