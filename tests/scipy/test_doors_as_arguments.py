"""A function of SciPy's that is itself handed to an operator goes through its door, as one that a program
calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.linalg
import scipy.spatial.distance
import scipy.special

import hoad

X = np.array([0.7, 1.3, 0.4])
FUNCTIONS: dict[str, tuple[Callable[..., Any], Any]] = {
    "circulant": (scipy.linalg.circulant, X),
    "toeplitz": (scipy.linalg.toeplitz, X),
    "hankel": (scipy.linalg.hankel, X),
    "expm": (scipy.linalg.expm, np.outer(X, X[::-1])),
    "inv": (scipy.linalg.inv, np.outer(X, X) + np.eye(3)),
    "cholesky": (scipy.linalg.cholesky, np.outer(X, X) + np.eye(3)),
    "logsumexp": (scipy.special.logsumexp, X),
    "softmax": (scipy.special.softmax, X),
    "dct": (scipy.fft.dct, X),
    "pdist": (scipy.spatial.distance.pdist, np.outer(X, X)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_is_what_a_program_gives(name: str) -> None:
    f, x = FUNCTIONS[name]
    right = hoad.jacobian(lambda x: f(x), x)
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(hoad.jacobian(f, x, mode=mode), right, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(hoad.jacobian(f)(x), right, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(
        hoad.jvp(f, (x,), (x,))[1], np.tensordot(right, x, x.ndim), rtol=1e-12, atol=1e-13
    )
    stacked = np.stack([x, 2 * x])
    np.testing.assert_allclose(hoad.vmap(f)(stacked), np.stack([f(x), f(2 * x)]), rtol=1e-12, atol=1e-13)
    compiled = hoad.compile(f)
    for _ in range(2):
        np.testing.assert_allclose(compiled(x), f(x), rtol=1e-12, atol=1e-14)


def test_it_keeps_its_name_and_is_pickled_by_it() -> None:
    derivative = hoad.jacobian(scipy.linalg.circulant)
    assert derivative.__name__ == "circulant" and "circulant" in repr(derivative)
