"""Sparse derivatives at points on a device: matrices there; the pattern alone is looked for on the host."""

import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError
from hoad.testing import device as cp
from hoad.testing.cupyx.scipy.sparse import csc_matrix, csr_matrix, issparse

X = np.linspace(0.1, 1.0, 9)
FUNCTIONS = {
    "a chain": lambda x: (x[1:] - x[:-1] ** 2) ** 2 * np.sin(x[1:]),
    "elements": lambda x: np.where(x > 0.5, np.exp(x), x * x),
    "an arrow": lambda x: np.concatenate([x * x[0], np.sum(x)[None] ** 2]),
    "rows": lambda x: np.sum(np.reshape(x, (3, 3)) ** 2, axis=1),
    "constants": lambda x: 0 * x + 1.0,
    "a matrix": lambda x: np.reshape(x, (3, 3)) ** 2,
    "a number": lambda x: x[2] * np.sin(x[5]),
    "writes": lambda x: written(x),
}


def written(x):
    y = np.zeros_like(x)
    y[1:] = x[:-1] ** 2
    y[0] = x[-1]
    return y


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_same_as_on_the_host(name, order, kind):
    f = FUNCTIONS[name]
    if order == 1:
        d = lambda x: hoad.jacobian(f, x, sparse=True)
    else:
        d = lambda x: hoad.hessian(lambda x: np.sum(np.sin(f(x))), x, sparse=True)
    x = X.astype(kind)
    point = cp.asarray(x)
    cp.synchronisations = 0
    found = d(point)
    assert cp.synchronisations == 1  # the point, for the pattern
    wanted = d(x)
    assert isinstance(found, csr_matrix) and issparse(found)
    assert found.shape == wanted.shape and found.dtype == kind
    bound = 1e-13 if kind is np.float64 else 1e-5
    np.testing.assert_allclose(found.toarray().get(), wanted.toarray(), rtol=bound, atol=bound)


def test_data_and_names_are_arguments():
    f = lambda a, x, power: a * x**power
    a, x = cp.asarray(X), cp.asarray(X[::-1].copy())
    for argnums in (0, 1):
        found = hoad.jacobian(f, a, x, power=3, argnums=argnums, sparse=True, format="csc")
        assert isinstance(found, csc_matrix)
        wanted = hoad.jacobian(f, X, X[::-1].copy(), power=3, argnums=argnums)
        np.testing.assert_allclose(found.toarray().get(), wanted, rtol=1e-14)


def test_a_product_stays_there():
    jacobian = hoad.jacobian(FUNCTIONS["a chain"], cp.asarray(X), sparse=True)
    wanted = hoad.jvp(FUNCTIONS["a chain"], (X,), (X,))[1]
    np.testing.assert_allclose((jacobian @ cp.asarray(X)).get(), wanted, rtol=1e-13)


def test_directions_are_those_of_colours():
    """A chain of any length has a few, and is so many launches."""
    counts = []
    for n in (10, 1000):
        x = cp.asarray(np.linspace(0.1, 1.0, n))
        hoad.jacobian(FUNCTIONS["a chain"], x, sparse=True)
        cp.launches = 0
        hoad.jacobian(FUNCTIONS["a chain"], x, sparse=True)
        counts.append(cp.launches)
    assert counts[0] == counts[1] < 40


def test_what_f_holds_must_be_an_argument():
    held = cp.asarray(X)
    with pytest.raises(ArgumentError, match="give it its data as arguments"):
        hoad.jacobian(lambda x: x * held, cp.asarray(X), sparse=True)


def test_containers_are_refused():
    with pytest.raises(ArgumentError, match="by one array"):
        hoad.jacobian(lambda p: p["a"] ** 2, {"a": cp.asarray(X)}, sparse=True)
