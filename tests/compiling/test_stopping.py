"""Derivatives of compiled functions end where those of the functions themselves do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad
from hoad.testing import device

STOPPING: dict[str, Any] = {
    "stop_gradient": lambda x: np.sum((hoad.stop_gradient(x) * x) ** 2),
    "primal": lambda x: np.sum((hoad.primal(x) * np.sin(x)) ** 2),
    "of an element": lambda x: np.sum(x * hoad.primal(x[0])),
    "of a value": lambda x: np.sum(hoad.stop_gradient(hoad.stop_gradient(x) * x) * np.sin(x)),
    "of a container": lambda x: np.sum(hoad.stop_gradient({"a": x})["a"] * x**2),
    "alone": lambda x: np.sum(x * x) + np.sum(hoad.stop_gradient(x)),
}
DERIVATIVES: dict[str, Any] = {
    "gradient": hoad.grad,
    "Hessian": hoad.hessian,
    "forward": lambda f: hoad.jacobian(f, mode="forward"),
    "series": lambda f: lambda x: hoad.directional(f, x, x, 2),
}


@pytest.mark.parametrize("backend", ["numpy", "native", "device"])
@pytest.mark.parametrize("way", DERIVATIVES)
@pytest.mark.parametrize("name", STOPPING)
def test_derivatives_end(name: str, way: str, backend: str) -> None:
    f, x = STOPPING[name], np.linspace(0.2, 0.9, 5)
    point = device.asarray(x) if backend == "device" else x
    compiled = hoad.compile(f) if backend == "device" else hoad.compile(f, backend=backend)
    derivative, right = DERIVATIVES[way](compiled), DERIVATIVES[way](f)(x)
    for found in (derivative(point), derivative(1.0 * point)):
        np.testing.assert_allclose(found.get() if backend == "device" else found, right, rtol=1e-13)
    np.testing.assert_allclose(float(compiled(point)), f(x), rtol=1e-14)


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_of_single_numbers(backend: str) -> None:
    compiled = hoad.compile(lambda t: t * hoad.stop_gradient(t), backend=backend)
    assert hoad.derivative(compiled, 3.0) == 3.0
    assert type(compiled(3.0)) is float and compiled(2.0) == 4.0


WHAT_CHOOSES: dict[str, Any] = {
    "median": lambda x: np.median(x) * np.sum(x),
    "percentile": lambda x: np.sum(np.percentile(x, [20, 50])),
    "nanmean": lambda x: np.nanmean(x * x),
    "piecewise": lambda x: np.sum(np.piecewise(x, [x > 0.5, x <= 0.5], [lambda v: v * v, np.sin])),
}


@pytest.mark.parametrize("name", WHAT_CHOOSES)
def test_guards_on_arrays_of_a_device(name: str) -> None:
    f, x = WHAT_CHOOSES[name], np.array([0.3, 0.9, 0.1, 0.7, 0.6])
    derivative = hoad.grad(hoad.compile(f))
    for point in (x, 2 * x[::-1]):
        found = derivative(device.asarray(point))
        np.testing.assert_allclose(found.get(), hoad.grad(f)(point), rtol=1e-13)
