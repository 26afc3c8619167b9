"""Derivatives of determinants on a device have the digits that NumPy's have, near singular matrices too, and
read nothing.
"""

import numpy as np
import pytest
from on_device import to_device

import hoad
from hoad.chainrules.numpy.linalg import below_cliff
from hoad.testing import device as cp


def matrix(n, smallest):
    u, s, vh = np.linalg.svd(np.random.default_rng(n).normal(size=(n, n)))
    s[n - len(smallest) :] = smallest
    return (u * s) @ vh


@pytest.mark.parametrize("smallest", [[], [0.0], [1e-12], [1e-6, 1e-9], [0.0, 0.0]])
@pytest.mark.parametrize("n", [2, 3, 4, 8, 9, 12])
def test_digits(n, smallest):
    a = matrix(n, smallest[: n - 1])
    size = np.prod(np.sort(np.linalg.svd(a, compute_uv=False))[-max(n - 2, 1) :])
    x = to_device(a)
    cp.synchronisations = 0
    first, second = hoad.grad(np.linalg.det, x), hoad.hvp(np.linalg.det, x, x + 1)
    assert not cp.synchronisations
    np.testing.assert_allclose(first.get(), hoad.grad(np.linalg.det, a), rtol=1e-12, atol=1e-12 * size)
    right = hoad.hvp(np.linalg.det, a, a + 1)
    np.testing.assert_allclose(second.get(), right, rtol=1e-11, atol=1e-12 * np.abs(right).max())


@pytest.mark.parametrize("rounding", [[], [4e-17], [1e-16, 1e-48], [5e-17, 3e-32, 1e-64]])
def test_a_cliff_begins_above_rounding(rounding):
    """Of singular values that are rounding, some are 0 and some are not, as the processor has it."""
    s = np.array([1.0, *rounding, *[0.0] * (8 - len(rounding))])
    assert below_cliff(np.diag(s)) == 8


def test_stacks_of_matrices():
    a = np.stack([matrix(5, [0.0]), matrix(5, [])])
    f = lambda a: np.sum(np.linalg.det(a) ** 2)
    np.testing.assert_allclose(hoad.grad(f, to_device(a)).get(), hoad.grad(f, a), atol=1e-12)


@pytest.mark.parametrize("n", [4, 8, 9, 12])
@pytest.mark.parametrize(
    "make", [np.ones, lambda shape: np.random.default_rng(0).integers(-3, 4, shape) * 1.0]
)
def test_every_rank(n, make):
    """What has no inverse has cofactors all the same, which are 0 below the rank of n - 1."""
    for rank in range(n + 1):
        a = make((n, rank)) @ make((rank, n))
        size = max(np.linalg.norm(a, 2), 1.0) ** (n - 1)
        for f in (hoad.grad(np.linalg.det), lambda x: hoad.hvp(np.linalg.det, x, np.ones_like(x))):
            found, right = f(to_device(a)).get(), f(a)
            np.testing.assert_allclose(found, right, rtol=1e-10, atol=1e-12 * size)
            assert rank > n - 3 or np.max(np.abs(found)) <= 1e-12 * size
