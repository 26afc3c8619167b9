"""``reduce`` of ufuncs with a mask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad

X = np.array([[0.5, 1.25, 2.0], [1.75, 0.25, 1.5], [0.75, 2.5, 1.0]])
MASK = np.array([[True, False, True], [True, True, False], [False, True, True]])
WITHOUT_IDENTITY = (np.maximum, np.minimum, np.fmax, np.fmin)


def differences(f: Any) -> Any:
    h = 2.0**-20
    units = [u.reshape(X.shape) for u in np.eye(X.size)]
    return np.stack([(f(X + h * u) - f(X - h * u)) / (2 * h) for u in units], -1).reshape(-1, *X.shape)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "ufunc", [np.add, np.multiply, np.hypot, np.logaddexp, np.logaddexp2, *WITHOUT_IDENTITY]
)
def test_reduce_where(ufunc: Any, mode: str) -> None:
    """What the mask leaves out has no part; where the ufunc has no identity, ``initial=`` stands for it."""
    options = {"initial": 1.375} if ufunc in WITHOUT_IDENTITY else {}
    f = lambda x: ufunc.reduce(x, axis=0, where=MASK, **options)
    value, found = hoad.value_and_jacobian(f, X, mode=mode)
    np.testing.assert_allclose(value, f(X), rtol=1e-14)
    np.testing.assert_allclose(found, differences(f), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("ufunc", WITHOUT_IDENTITY)
def test_reduce_where_without_identity(ufunc: Any) -> None:
    """A mask with nothing to stand for what it leaves out is refused, as NumPy refuses it."""
    with pytest.raises(ValueError, match="identity"):
        hoad.jacobian(lambda x: ufunc.reduce(x, axis=0, where=MASK), X)
