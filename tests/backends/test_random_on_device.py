"""Random programs on a device: what it can run has the derivatives that NumPy's arrays have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import random_programs
from hypothesis import HealthCheck, assume, given, settings

import hoad
from hoad.testing import device

DERIVATIVES: dict[str, Callable[..., Any]] = {
    "grad": hoad.grad,
    "forward": lambda f, x: hoad.jacobian(f, x, mode="forward"),
    "hessian": hoad.hessian,
}


def on_the_device(program: Any) -> Callable[[Any], Any]:
    """The program with its matrix there."""
    matrix = device.asarray(random_programs.MATRIX)
    names = {"np": np, "math": math, "MATRIX": matrix, "halved": random_programs.halved, "hoad": hoad}
    exec(random_programs.text_of(program), names)
    return names["f"]


def on_the_host(value: Any) -> np.ndarray:
    return value.get() if isinstance(value, device.ndarray) else np.asarray(value)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(random_programs.PROGRAMS, random_programs.POINTS)
def test_programs_on_a_device(program: Any, x: np.ndarray) -> None:
    here, there, point = random_programs.made(program), on_the_device(program), device.asarray(x)
    with np.errstate(all="ignore"), hoad.careful():
        value = here(x)
        assume(isinstance(value, float | np.generic | np.ndarray))
        try:
            found = on_the_host(there(point))
        except (TypeError, AttributeError):  # what the library has not
            assume(False)
        assume(np.allclose(found, value, rtol=1e-12, equal_nan=True))
        for name, derivative in DERIVATIVES.items():
            if np.ndim(value) and name != "forward":
                continue
            right, got = derivative(here, x), derivative(there, point)
            assert type(got) is device.ndarray, name
            np.testing.assert_allclose(got.get(), right, rtol=1e-9, atol=1e-9, err_msg=name)
