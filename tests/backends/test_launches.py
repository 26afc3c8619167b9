"""How much a derivative asks of a device: launches for each operation of the program's, and no wait."""

import numpy as np
import pytest

import hoad
from hoad.dual import Dual, has_nan, is_finite
from hoad.nested import Level
from hoad.testing import device as cp


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def elementwise(x):
    return np.sin(x) * np.exp(-(x**2)) + np.tanh(x) / (1 + x**2)


# At most, for each launch of the function's own.
BOUNDS = {
    "gradient": (rosenbrock, lambda f, x: hoad.grad(f, x), 2.5),
    "jvp": (rosenbrock, lambda f, x: hoad.jvp(f, (x,), (x,)), 1.7),
    "hvp": (rosenbrock, lambda f, x: hoad.hvp(f, x, x), 4.3),
    "Hessian": (rosenbrock, lambda f, x: hoad.hessian(f, x), 5.3),
    "Hessian of a sum": (lambda x: np.sum(elementwise(x)), lambda f, x: hoad.hessian(f, x), 4),
    "Jacobian": (elementwise, lambda f, x: hoad.jacobian(f, x), 2.4),
    "gradient of a sum": (lambda x: np.sum(elementwise(x)), lambda f, x: hoad.grad(f, x), 2),
    "jvp of a sum": (lambda x: np.sum(elementwise(x)), lambda f, x: hoad.jvp(f, (x,), (x,)), 1.5),
    "first derivative": (elementwise, lambda f, x: hoad.derivative(f, x), 1.5),
    "second derivative": (elementwise, lambda f, x: hoad.derivative(f, x, 2), 1.6),
    "sixth derivative": (elementwise, lambda f, x: hoad.derivative(f, x, 6), 2),
    "hvp of a sum": (lambda x: np.sum(elementwise(x)), lambda f, x: hoad.hvp(f, x, x), 3),
}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", BOUNDS)
def test_launches(name, kind):
    f, derivative, most = BOUNDS[name]
    x = cp.asarray(np.linspace(0.1, 1.0, 6, dtype=kind))
    cp.launches = 0
    f(x)
    own = cp.launches
    cp.launches = cp.synchronisations = 0
    derivative(f, x)
    assert not cp.synchronisations
    assert cp.launches <= most * own


def test_one_by_one_costs_no_more_than_the_sum_of_its_parts():
    """Reading n elements collects n cotangents in one buffer."""
    counts = []
    for n in (8, 16):
        x = cp.asarray(np.linspace(0.1, 1.0, n))
        cp.launches = 0
        hoad.grad(lambda x: sum([v * v for v in x]), x)
        counts.append(cp.launches / n)
    assert counts[1] <= counts[0]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nobody_looks_for_nan_or_infinity_unless_told_to(value):
    """To look waits; what is carried by duals is not looked at either."""
    x = cp.asarray(np.array([1.0, value]))
    dual = Dual(Level(), x, x)
    assert is_finite(x) and is_finite(dual)
    assert not has_nan(x) and not has_nan(dual)
    with hoad.careful():
        assert not is_finite(x) and not is_finite(dual)
        assert has_nan(x) == has_nan(dual) == np.isnan(value)
