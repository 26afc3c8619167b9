"""Second order of a write of which the value has more axes than its place, each of length 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad

PLACES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "a row": (0, (3,)),
    "a column": ((slice(None), 0), (2,)),
    "the whole": (..., (2, 3)),
    "a block": ((slice(0, 2), slice(1, 3)), (2, 2)),
    "by positions": ([1], (1, 3)),
    "by a mask": (np.array([True, False]), (1, 3)),
}


@pytest.mark.parametrize("more", [0, 1, 2])
@pytest.mark.parametrize("name", PLACES)
def test_hessian_is_the_jacobian_of_the_gradient(name: str, more: int) -> None:
    index, shape = PLACES[name]
    x = np.linspace(0.3, 1.1, int(np.prod(shape)))

    def f(x: Any) -> Any:
        y = np.ones((2, 3))
        y[index] = np.reshape(np.sin(x), (1,) * more + shape)
        return np.sum(y**3) + np.prod(y)

    expected = hoad.jacobian(hoad.grad(f), x)
    np.testing.assert_allclose(hoad.hessian(f, x), expected, rtol=1e-12, atol=1e-14)
    v = np.arange(1.0, 1 + x.size)
    np.testing.assert_allclose(hoad.hvp(f, x, v), expected @ v, rtol=1e-12, atol=1e-13)
