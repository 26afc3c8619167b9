"""Zeros that are known in compiled programs, and numbers that are: a zero that meets infinity, nan or another
zero is what NumPy makes of it, also where that was not so when the program was recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from turns import by_turns

import hoad
from hoad.compiling import native

pytest.importorskip("llvmlite")
X = np.array([0.5, 1.25, -0.75])
SPECIAL = [np.nan, np.inf, 0.0, -1e308]
POINTS = [X, *[np.where(np.arange(3) == k, v, X) for k in (0, 2) for v in SPECIAL], 0 * X]
NUMBERS = np.array([np.inf, np.nan, 0.0])


@pytest.fixture(params=["scalars", "loops"], scope="module", autouse=True)
def _mode(request: pytest.FixtureRequest) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "FEW", -1 if request.param == "loops" else 2_000)
        if request.param == "loops":
            patch.setattr(native, "MANY", 0)
        yield


def filled(x: Any) -> Any:
    y = np.zeros(3)
    y[1] = x[0]
    return y


ZEROS: dict[str, Callable[[Any], Any]] = {
    "written": lambda x: 0.0 * x,
    "of a number": lambda x: 0.0 * x[0] * np.ones(3),
    "filled": filled,
    "of a diagonal": lambda x: np.diag(x)[1],
    "padded": lambda x: np.concatenate([np.zeros(2), x[1:2]]),
}
MEETS: dict[str, Callable[[Any, Any], Any]] = {
    "times": lambda z, x: z * x,
    "divided by": lambda z, x: z / x,
    "divided by an element": lambda z, x: z / x[2],
    "divides": lambda z, x: x / (1.0 + z) + x,
    "divided by what is chosen": lambda z, x: np.where(x > 0.6, x, z / NUMBERS),
    "times what is chosen": lambda z, x: np.where(x > 0.6, x, z * NUMBERS),
    "times a number that is chosen": lambda z, x: np.where(x[0] > 0.6, x, z * np.inf),
    "divided by a number that is chosen": lambda z, x: np.where(x[0] > 0.6, x, z / np.nan),
    "quotients that are known": lambda z, x: x * ((z + 3.0) / (z + 5.0)) + (z - 2.0) / 7.0,
    "products that are known": lambda z, x: x * ((z + 3.0) * (z + 5.0)) - (z - 2.0) * 7.0,
    "powers that are known": lambda z, x: x * (z + 3.0) ** -3.0 + (z + 2.0) ** 0.3,
}


@pytest.mark.parametrize(("zero", "meets"), by_turns(ZEROS, MEETS, every=2))
def test_zeros_that_meet_other_numbers(zero: str, meets: str) -> None:
    def f(x: Any) -> Any:
        return MEETS[meets](ZEROS[zero](x), x)

    with np.errstate(all="ignore"):
        for g in (f, hoad.grad(lambda x: np.sum(f(x)))):
            compiled = hoad.compile(g)
            compiled(X)
            for x in POINTS:
                np.testing.assert_allclose(compiled(x), g(x), rtol=1e-13, atol=0)
