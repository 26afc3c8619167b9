"""Colourings by Numba, where it is installed: the colours are those of plain Python, and small patterns do
without it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import hoad
from hoad.sparse import colors, greedy, machine
from hoad.sparse.acyclic import acyclic

pytest.importorskip("numba")
WAYS = [colors.by_columns, colors.star, acyclic]


def both(way: Callable[..., Any], pattern: Any, order: Any) -> tuple[Any, Any]:
    """The colours by machine code, and by Python."""
    found = []
    for worth in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(machine, "WORTH", worth)
            found.append(way(pattern, order))
    return found[0], found[1]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 40), st.sampled_from([0.02, 0.1, 0.5]), st.booleans())
def test_colors_are_the_same(way: Any, seed: int, n: int, density: float, largest_first: bool) -> None:
    rng = np.random.default_rng(seed)
    full = rng.random((n, n)) < density
    pattern = sp.csr_array(full | full.T if way is not colors.by_columns else full)
    degrees = np.diff(pattern.tocsc().indptr)
    machine_s, pythons = both(way, pattern, colors.by_degree(degrees) if largest_first else None)
    np.testing.assert_array_equal(machine_s, pythons)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("n", [62, 63, 64, 130])
def test_more_colors_than_a_word_has_bits(way: Any, n: int) -> None:
    machine_s, pythons = both(way, sp.csr_array(np.ones((n, n), bool)), None)
    np.testing.assert_array_equal(machine_s, np.arange(n))
    np.testing.assert_array_equal(pythons, np.arange(n))


def test_loops_are_compiled() -> None:
    for loop in (greedy.columns, greedy.star, greedy.acyclic):
        assert hasattr(machine.compiled(loop), "py_func")


def test_a_plan_of_many_variables_takes_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    before = machine.compiled
    monkeypatch.setattr(machine, "WORTH", 1000)
    monkeypatch.setattr(machine, "compiled", lambda loop: (taken.append(loop.__name__), before(loop))[1])
    at = np.random.default_rng(0).integers(0, 1000, (2, 1000))
    f = lambda x: x[at[0]] * x[at[1]]
    x = np.linspace(1.0, 2.0, 1000)
    plan = hoad.sparse_plan(f, x)
    assert "columns" in taken
    np.testing.assert_allclose(plan(x).toarray(), hoad.jacobian(f, x))


def test_small_patterns_do_without() -> None:
    text = (
        "import sys, numpy as np, hoad\n"
        "f = lambda x: x[1:] * x[:-1]\n"
        "hoad.sparse_plan(f, np.ones(1000))(np.ones(1000))\n"
        "print([name for name in sys.modules if name.startswith('numba')])\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
