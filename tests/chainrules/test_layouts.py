"""How an array lies in memory changes neither values nor derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy_points  # noqa: F401  (enters programs)
import pytest
from rule_points import PROGRAMS, Program

import hoad

# What it gives is not determined, or asks for the layout.
FREE = {np.empty_like, np.partition}


def by_columns(x: Any) -> Any:
    """The same array, held column by column."""
    return np.transpose(np.copy(np.transpose(x), "C"))


def leaves(out: Any) -> list[Any]:
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def cases() -> list[Any]:
    found = []
    for function, programs in PROGRAMS.items():
        name = getattr(function, "name", None) or getattr(function, "__name__", str(function))
        for k, program in enumerate(programs):
            if function not in FREE and any(np.ndim(a) > 1 for a in program.arguments):
                found.append(pytest.param(program, id=f"{name}-{k}"))
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", cases())
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
