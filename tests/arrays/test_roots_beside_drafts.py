"""Roots that are 0 somewhere, in every function of two numbers, beside an array that is being written to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from turns import by_turns

import hoad
from hoad.chainrules import RULES

MODES = ("auto", "forward-forward", "forward-reverse", "reverse-forward", "reverse-reverse")
BINARY = {
    f.__name__: f
    for f, rule in RULES.items()
    if isinstance(f, np.ufunc) and f.nin == 2 and getattr(rule, "kind", None) == "scalar"
}
ROOTS: dict[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "a choice": lambda x: np.maximum(x, 0.0),
    "sqrt": lambda x: np.sqrt(x * x),
}


def cases() -> list[Any]:
    """All, of which the default run takes one in sixteen of NumPy's: SciPy's are series within series."""
    return [
        case
        if isinstance(getattr(np, case.values[0], None), np.ufunc)
        else pytest.param(*case.values, marks=pytest.mark.sweep)
        for case in by_turns(BINARY, MODES, every=16)
    ]


def written(x: Any) -> Any:
    y = np.zeros_like(x)
    y[...] = np.sin(x) + 1.5
    return y


def whole(x: Any) -> Any:
    return np.sin(x) + 1.5


def of_both(function: Any, root: Any, is_first: bool, made: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function of a root and an array that is made in a way."""
    return lambda x: np.sum(function(root(x), made(x)) if is_first else function(made(x), root(x)))


@pytest.mark.parametrize(("name", "mode"), cases())
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_is_being_written_counts_as_what_it_holds(
    name: str, mode: Any, root: str, is_first: bool
) -> None:
    x = np.array([0.0, 0.7])
    with np.errstate(all="ignore"):
        found, right = (
            hoad.hessian(of_both(BINARY[name], ROOTS[root], is_first, made), x, mode=mode)
            for made in (written, whole)
        )
    np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12)
