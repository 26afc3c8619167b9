"""Patterns that are given to a sparse plan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("part", [np.triu, np.tril, lambda a: np.triu(a, 1)])
def test_a_pattern_of_one_triangle_is_that_of_a_hessian(part: Any, compile: bool) -> None:
    """Both triangles and the diagonal are in it, whichever was given."""
    f = lambda x: np.sum(x[1:] ** 2 * x[:-1] ** 3) + x[0] * np.sin(x[-1])
    x = np.linspace(0.5, 1.5, 6)
    whole = hoad.hessian(f, x)
    plan = hoad.sparse_plan(f, x, order=2, pattern=part(whole != 0), compile=compile)
    np.testing.assert_array_equal(plan.pattern.toarray(), (whole != 0) | np.eye(6, dtype=bool))
    np.testing.assert_allclose(plan(x).toarray(), whole, rtol=1e-12, atol=1e-14)
