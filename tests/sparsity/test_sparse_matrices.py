"""Programs that multiply by SciPy's sparse matrices: a Jacobian of those is sparse, and is found as such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import hoad

N = 6
CLASSES = [
    sp.csr_array, sp.csc_array, sp.coo_array, sp.dia_array, sp.lil_array, sp.bsr_array, sp.dok_array,
    sp.csr_matrix, sp.csc_matrix,
]  # fmt: skip
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "A @ x": lambda A, x: A @ x + x**3,
    "A.dot(x)": lambda A, x: A.dot(x),
    "x @ A": lambda A, x: x @ A,
    "of a column": lambda A, x: (A @ x.reshape(N, 1) * x[0]).ravel(),
    "of two columns": lambda A, x: (A @ np.stack([x, x**2], 1)).ravel(),
    "of two rows": lambda A, x: (np.stack([x, x**2]) @ A).ravel(),
    "after a sum": lambda A, x: (A @ x)[1:] * np.sum(x),
    "of a sum": lambda A, x: A @ (x * np.sum(x)),
    "a diagonal": lambda A, x: sp.diags_array(x) @ (A @ np.arange(1.0, N + 1)),
    "its entries": lambda A, x: A.multiply(x[:, None]) @ np.ones(N),
    "its entries, twice": lambda A, x: A.multiply(x[:, None]) @ np.ones((N, 2)) @ np.ones(2),
    "twice": lambda A, x: A @ (A.T @ x),
}


def matrix(cls: Any) -> Any:
    rng = np.random.default_rng(1)
    dense = np.where(rng.random((N, N)) < 0.35, rng.normal(size=(N, N)), 0.0) + np.eye(N)
    return cls(dense)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_jacobians_and_hessians(cls: Any) -> None:
    A, x = matrix(cls), np.linspace(0.5, 1.5, N)
    for name, function in FUNCTIONS.items():

        def f(x: Any, function: Any = function) -> Any:
            return function(A, x)

        def energy(x: Any, f: Any = f) -> Any:
            return np.sum(f(x) ** 2)

        right = hoad.jacobian(f, x, mode="reverse")
        found = hoad.jacobian(f, x, sparse=True)
        np.testing.assert_allclose(found.toarray(), right, rtol=1e-13, atol=1e-13, err_msg=name)
        assert np.all(hoad.pattern(f, x).toarray() | (right == 0)), name
        second = hoad.jacobian(hoad.grad(energy), x)
        found = hoad.hessian(energy, x, sparse=True)
        np.testing.assert_allclose(found.toarray(), second, rtol=1e-12, atol=1e-11, err_msg=name)
        assert np.all(hoad.pattern(energy, x, order=2).toarray() | (abs(second) < 1e-11)), name


@pytest.mark.parametrize("order", [1, 2])
def test_large_ones_stay_sparse(order: int) -> None:
    n = 20_000
    ones = np.ones(n)
    A = sp.diags_array([ones[1:], -2 * ones, ones[1:]], offsets=[-1, 0, 1], format="csr")

    def f(x: Any) -> Any:
        return A @ x + x**3

    def energy(x: Any) -> Any:
        return 0.5 * x @ (A @ x) + np.sum(x**4)

    x = np.linspace(0.5, 1.5, n)
    g, right = (f, A + sp.diags_array(3 * x**2)) if order == 1 else (energy, A + sp.diags_array(12 * x**2))
    derivative = hoad.jacobian if order == 1 else hoad.hessian
    assert abs(derivative(g, x, sparse=True) - right).max() < 1e-12
    plan = hoad.sparse_plan(g, x, order=order)
    assert (plan.pattern.nnz, plan.colors) == (3 * n - 2, 3)
    assert abs(plan(x) - right).max() < 1e-12


# ------------------------------------------------------------------------------------------------------------
# Grids
# ------------------------------------------------------------------------------------------------------------


def laplacian(w: Any) -> Any:
    """The five-point sum at the inner points of a grid."""
    return w[2:, 1:-1] + w[:-2, 1:-1] + w[1:-1, 2:] + w[1:-1, :-2] - 4 * w[1:-1, 1:-1]


@pytest.mark.parametrize("shape", [(7, 7), (7, 12), (30, 31), (64, 32)])
def test_a_grid_in_one_row_has_five_colors(shape: tuple[int, int]) -> None:
    def f(x: Any) -> Any:
        u = x.reshape(shape)
        return (laplacian(np.pad(u, 1)) + u**3).ravel()

    x = np.linspace(0.5, 1.5, shape[0] * shape[1])
    plan = hoad.sparse_plan(f, x)
    assert plan.colors == 5
    np.testing.assert_allclose(plan(x).toarray(), hoad.jacobian(f, x), rtol=1e-13)


def test_a_box_in_one_row() -> None:
    shape = (5, 6, 7)

    def f(x: Any) -> Any:
        w = np.pad(x.reshape(shape), 1)
        inner = tuple([slice(1, -1)] * 3)
        near = [
            w[tuple([slice(1 + s, n + 1 + s) if k == axis else slice(1, -1) for k, n in enumerate(shape)])]
            for axis in range(3)
            for s in (-1, 1)
        ]
        return (sum(near) - 6 * w[inner]).ravel()

    assert hoad.sparse_plan(f, np.ones(5 * 6 * 7)).colors == 7


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(17, 16), (200, 200), (33, 1000), (16, 16, 17)])
def test_terms_are_compared_however_they_lie_in_memory(shape: tuple[int, ...], order: str) -> None:
    """A padded grid is a part of a larger array, the grid itself a whole one; one may be transposed."""

    def f(u: Any) -> Any:
        w = np.pad(u, 1)
        inner = (slice(1, -1),) * (u.ndim - 1)
        found = w[(*inner, slice(2, None))] + w[(*inner, slice(None, -2))] - 4 * u + u**3
        return found + u.T.T * 2.0 if order == "C" else np.transpose(np.transpose(found) + u.T)

    u = np.asarray(np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape), order=order)
    n, rows = u.size, u.size // shape[-1]
    assert hoad.pattern(f, u).nnz == 3 * n - 2 * rows


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_places_that_stand_beside_traced_values(mode: str) -> None:
    """A table has the numbers of its nodes as floats, and some of its other columns are differentiated."""
    table = np.array([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 0.0, 4.0]])

    def f(x: Any, of: Any = sp.csr_matrix) -> Any:
        t = table.copy()
        t[:, 2] *= x
        a = of((t[:, 2], (t[:, 0], t[:, 1])), shape=(3, 3))
        count = sp.coo_array((np.ones(3), (t[:, 0], t[:, 1])), shape=(3, 3))
        return np.sum(a @ (count @ np.array([1.0, 3.0, 5.0])) ** 2)

    x = np.array([0.5, 0.7, 0.2])
    step = np.array([1e-4, 2e-4, -1e-4])
    for of in (sp.csr_matrix, sp.coo_array, sp.csc_array):
        g = lambda x, of=of: f(x, of)
        found = hoad.jacobian(g, x, mode=mode)
        assert np.all(found != 0)
        assert g(x + step) - g(x - step) == pytest.approx(2 * found @ step, rel=1e-7)
