"""No derivative writes into what it was given.

SciPy's Python code overwrites an array that it takes for its own copy, and rules run that code on arrays of
the program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import proofs
import pytest
import scipy_linalg
import scipy_names
import signal_programs

import hoad

CASES: dict[str, Any] = {
    **{f"linalg {name}": case for name, case in scipy_linalg.CASES.items()},
    **{f"signal {name}": (f, *args) for name, (f, args) in signal_programs.PROGRAMS.items()},
    **scipy_names.PROGRAMS,
}
WAYS: dict[str, Callable[[Any], Any]] = {
    "gradient": hoad.grad,
    "Hessian": lambda f: hoad.hessian(f, mode="reverse-reverse"),
}


def watched(f: Any, args: list[Any], which: int, held: list[Any]) -> Callable[[Any], Any]:
    """The function of one argument, whose value within is held, beside a copy of it."""

    def g(x: Any) -> Any:
        inner = x * 1.0
        value = hoad.primal(inner)
        if isinstance(value, np.ndarray):
            held.append((value, value.copy()))
        return proofs.total(f)(*[inner if k == which else a for k, a in enumerate(args)])

    return g


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", proofs.sampled(CASES, 16))
def test_what_is_given_stays(name: str, way: str) -> None:
    f, *args = CASES[name]
    args = [np.asarray(a) if np.ndim(a) else a for a in args]
    for which, point in enumerate(args):
        if np.asarray(point).dtype.kind != "f":
            continue
        held = [(a, a.copy()) for a in args if isinstance(a, np.ndarray)]
        WAYS[way](watched(f, args, which, held))(point)
        for now, then in held:
            np.testing.assert_array_equal(now, then)
