"""How an array lies in memory changes neither values nor derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy_points  # noqa: F401  (enters programs)
import pytest
from rule_points import Program, leaves, named_programs

import hoad

# What it gives is not determined, or asks for the layout.
FREE = {np.empty_like, np.partition}


def by_columns(x: Any) -> Any:
    """The same array, held column by column."""
    return np.transpose(np.copy(np.transpose(x), "C"))


CASES = [
    pytest.param(program, id=name)
    for name, function, program in named_programs()
    if function not in FREE and any(np.ndim(a) > 1 for a in program.arguments)
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", CASES)
def test_columns(program: Program) -> None:
    """A program at arrays that are held by columns, in forward mode and in reverse."""
    f = program.run
    g = lambda *xs: f(*[by_columns(x) if np.ndim(x) > 1 else x for x in xs])
    points = program.arguments
    tangents = [np.cos(np.arange(np.size(x)) + 1.0).reshape(np.shape(x)).astype(x.dtype) for x in points]
    with np.errstate(all="ignore"):
        right, got = (hoad.jvp(h, tuple(points), tuple(tangents)) for h in (f, g))
        for a, b in zip(leaves(got), leaves(right), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)
