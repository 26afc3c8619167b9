"""Entries that are found one after the other: in few steps, compiled or not, and checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad
from hoad.sparse import acyclic, colors, matrices, patterns
from hoad.sparse.plans import SparsePlan

RNG = np.random.default_rng(5)


def chain(x: Any) -> Any:
    return np.sum((x[1:] - x[:-1] ** 2) ** 2)


def band(x: Any) -> Any:
    return np.sum(x[2:] ** 2 * x[1:-1] * x[:-2]) + np.sum(x**4)


def tree(x: Any) -> Any:
    parent = (np.arange(1, len(x)) - 1) // 3
    return np.sum(np.sin(x[1:] * x[parent]) * x[parent])


def grid(x: Any) -> Any:
    y = x.reshape(10, -1)
    return np.sum(np.diff(y, axis=0) ** 4) + np.sum(np.diff(y, axis=1) ** 4)


@pytest.mark.parametrize("f", [chain, band, tree, grid])
def test_as_many_steps_as_the_logarithm_of_the_height(f: Any) -> None:
    """A chain is one tree as high as it has edges."""
    n = 500
    x = RNG.normal(size=n)
    pattern = patterns.symmetric(hoad.pattern(f, x, order=2))
    color = acyclic.acyclic(pattern)
    forest = acyclic.forest(pattern, color)
    assert len(forest.halvings) <= 9
    kept = [h.few for h in forest.halvings]
    assert all(a <= b / 2 for a, b in zip(kept, [*kept[1:], len(forest.where)], strict=True))
    dense = hoad.hessian(f, x)
    found = forest.found((colors.directions(color) @ dense).ravel())
    np.testing.assert_allclose(found, dense[matrices.entries(pattern)], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("f", [chain, band, tree, grid])
def test_compiled(f: Any, check: bool) -> None:
    """Entries are read off and checked in the program, which gives the same at each point."""
    plan = hoad.sparse_plan(f, np.ones(60), order=2, colors="acyclic", compile=True, check=check)
    star = hoad.sparse_plan(f, np.ones(60), order=2)
    assert plan.coloring.substituted and plan.colors < star.colors
    for _ in range(4):
        x = RNG.normal(size=60)
        np.testing.assert_allclose(plan(x).data, star(x).data, rtol=1e-9, atol=1e-12)
        found = plan._colored.program(x)
        assert len(found) == 1 + check and found[-1].shape == (() if check else (plan.nnz,))
    assert plan.grown == 0


@pytest.mark.parametrize("compile", [False, True])
def test_every_lost_entry_is_found(compile: bool) -> None:
    x = RNG.normal(size=12)
    whole = hoad.hessian(band, x) != 0
    for i, j in np.argwhere(np.triu(whole, 1)).tolist():
        less = whole.copy()
        less[i, j] = less[j, i] = False
        plan = SparsePlan(band, x, (), 2, less, "acyclic", True, compile)
        with pytest.raises(hoad.errors.ArgumentError, match=rf"no entry \({i}, {j}\)"):
            plan(x)
