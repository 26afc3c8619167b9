"""Functions of any number of arrays, given several of different lengths: each result is NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

A, B, C = np.array([0.5, -1.5, 2.0]), np.array([0.25, 3.0]), np.array([1.25, -0.5, 4.0, 0.75])
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ix_": np.ix_,
    "ix_ of truth": lambda *xs: np.ix_(*xs, [True, False, True]),
    **{
        f"meshgrid {order} {sparse}": lambda *xs, i=order, s=sparse: np.meshgrid(*xs, indexing=i, sparse=s)
        for order in ("xy", "ij")
        for sparse in (False, True)
    },
    "broadcast_arrays": lambda *xs: np.broadcast_arrays(*np.ix_(*xs)),
    "atleast_1d": np.atleast_1d,
    "atleast_2d": np.atleast_2d,
    "atleast_3d": np.atleast_3d,
    "concatenate": lambda *xs: [np.concatenate(xs)],
    "append": lambda *xs: [np.append(xs[0], xs[-1])],
    "block": lambda *xs: [np.block([*xs, xs[0]])],
    "hstack": lambda *xs: [np.hstack(xs)],
    "column_stack": lambda *xs: [np.column_stack([x[:2] for x in xs])],
    "dstack": lambda *xs: [np.dstack([x[:2] for x in xs])],
    "stack": lambda *xs: [np.stack([x[:2] for x in xs], axis=k) for k in (0, -1)],
    "einsum": lambda *xs: [np.einsum(",".join("ijk"[: len(xs)]), *xs)],
    "select": lambda *xs: [np.select([x[:2] > 0.4 for x in xs], [x[:2] for x in xs], -1.0)],
    "piecewise": lambda *xs: [np.piecewise(x, [x > 0.4], [np.sin, np.cos]) for x in xs],
    "lexsort": lambda *xs: [xs[0][np.lexsort(tuple(x[:2] for x in xs))]],
}


@pytest.mark.parametrize("arrays", [(A,), (A, B), (B, A), (A, B, C), (C, A, B)], ids=lambda xs: str(len(xs)))
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_slopes(name: str, arrays: tuple[Any, ...]) -> None:
    f = FUNCTIONS[name]
    rows = lambda *xs: tuple(f(*xs)) if isinstance(f(*xs), (list, tuple)) else (f(*xs),)
    plain = rows(*arrays)
    directions = tuple([np.cos(x) for x in arrays])
    value, change = hoad.jvp(rows, arrays, directions)
    moved = [rows(*[x + s * d for x, d in zip(arrays, directions, strict=True)]) for s in (1e-6, -1e-6)]
    for k, right in enumerate(plain):
        np.testing.assert_array_equal(value[k], right)
        assert np.shape(value[k]) == np.shape(right)
        slope = (np.asarray(moved[0][k], float) - moved[1][k]) / 2e-6
        np.testing.assert_allclose(np.broadcast_to(change[k], np.shape(right)), slope, rtol=1e-6, atol=1e-8)
