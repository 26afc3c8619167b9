"""Functions that SciPy wrote in Python are programs as others are."""

import warnings

import numpy as np
import pytest
from differences import slopes

import hoad

sp = pytest.importorskip("scipy.special")
optimize = pytest.importorskip("scipy.optimize")
X = np.array([3.2, 4.1, 2.7])
FUNCTIONS = {
    "rosen": optimize.rosen,
    "logsumexp": sp.logsumexp,
    "logsumexp of a list": lambda x: sp.logsumexp([x[0], 2 * x[1]]),
    "softmax": lambda x: sp.softmax(x)[0],
    "log_softmax": lambda x: sp.log_softmax(x)[1],
    "polygamma": lambda x: np.sum(sp.polygamma(1, x)),
    "diric": lambda x: np.sum(sp.diric(x, 3)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_scipy(name: str) -> None:
    f = FUNCTIONS[name]
    right = slopes(f, X)
    np.testing.assert_allclose(hoad.grad(f, X), right, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(hoad.jacobian(f, X, mode="forward"), right, rtol=1e-8, atol=1e-9)
    twice = slopes(lambda x: hoad.grad(f, x), X)
    np.testing.assert_allclose(hoad.hessian(f, X), twice, rtol=1e-7, atol=1e-8)


def test_no_array_of_objects_is_made() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = np.linspace(0.5, 1.5, 5000)
        np.testing.assert_allclose(hoad.grad(optimize.rosen, x), optimize.rosen_der(x), rtol=1e-12)
