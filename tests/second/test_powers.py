"""Second derivatives of powers whose exponents are of every kind: every way gives what the levels give."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import hoad

EXPONENTS = [
    math.nan,
    math.inf,
    -math.inf,
    2.0**60,
    -(2.0**60),
    1e300,
    2**52,
    2.0**53 + 2,
    0,
    1,
    2,
    3,
    -1,
    -2.5,
]
EXPONENTS += [0.3, 0.5, 1.3, 1.5, 2.5, 1 + 1j, 2.5 - 0.5j, np.float32(1.5), np.int64(3), True]
POINTS = [0.0, 0.5, 1.0, np.array([0.0, 0.5, 1.0]), np.array(0.0)]


@pytest.mark.parametrize("n", EXPONENTS, ids=repr)
def test_every_way_gives_what_the_levels_give(n: Any) -> None:
    f = lambda x: np.sum(np.real(np.power(x, n)) if isinstance(n, complex) else x**n)
    with np.errstate(all="ignore"):
        for x in POINTS:
            slope = hoad.jacobian(f, x, mode="forward")
            np.testing.assert_allclose(hoad.gradient(f, x), slope, rtol=1e-12, err_msg=f"{x}")
            right = hoad.hessian(f, x, mode="forward-forward")
            for mode in ("auto", "forward-reverse", "reverse-forward"):
                found = hoad.hessian(f, x, mode=mode)
                np.testing.assert_allclose(found, right, rtol=1e-12, err_msg=f"{x} {mode}")
            along = hoad.hvp(f, x, np.ones_like(x))
            np.testing.assert_allclose(along, np.sum(np.atleast_2d(right), axis=-1).reshape(np.shape(x)))
