"""Singular values of rectangular matrices on a device, where nobody can ask whether one of them is 0."""

import numpy as np
import pytest
from on_device import from_device, to_device

import hoad

RNG = np.random.default_rng(3)
FUNCTIONS = {
    "values": np.linalg.svdvals,
    "of vectors, too": lambda a: np.linalg.svd(a)[1] ** 1.5,
    "nuclear norm": lambda a: np.linalg.norm(a, "nuc", axis=(-2, -1)),
    "condition": np.linalg.cond,
}
WAYS = {
    "reverse over forward": lambda f, a, v: hoad.grad(lambda a: np.sum(hoad.jvp(f, (a,), (v,))[1]))(a),
    "reverse over reverse": lambda f, a, v: hoad.grad(
        lambda a: np.sum(np.real(hoad.grad(lambda a: np.sum(f(a)))(a) * v))
    )(a),
    "forward over reverse": lambda f, a, v: hoad.jvp(hoad.grad(lambda a: np.sum(f(a))), (a,), (v,))[1],
    "forward over forward": lambda f, a, v: hoad.jvp(lambda a: hoad.jvp(f, (a,), (v,))[1], (a,), (v,))[1],
}


@pytest.mark.parametrize("shape", [(4, 2), (1, 3), (3, 1), (2, 4, 2), (2, 3), (3, 3)])
@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_derivatives_are_as_on_the_host(name, is_complex, shape):
    a, v = RNG.normal(size=shape) + 1j * is_complex * RNG.normal(size=shape), RNG.normal(size=shape)
    a, f = a if is_complex else a.real, FUNCTIONS[name]
    for way, d in WAYS.items():
        found = from_device(d(f, to_device(a), to_device(v)))
        np.testing.assert_allclose(found, d(f, a, v), rtol=1e-9, atol=1e-11, err_msg=way)


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (4, 3)])
def test_a_singular_value_that_is_0_is_as_on_the_host(shape):
    """What stands beside its vectors counts then."""
    a, v = np.outer(RNG.normal(size=shape[0]), RNG.normal(size=shape[1])), RNG.normal(size=shape)
    for f in (np.linalg.svdvals, FUNCTIONS["nuclear norm"]):
        wanted = hoad.jvp(f, (a,), (v,))[1]
        found = hoad.jvp(f, (to_device(a),), (to_device(v),))[1]
        np.testing.assert_allclose(from_device(found), wanted, rtol=1e-7, atol=1e-7)
