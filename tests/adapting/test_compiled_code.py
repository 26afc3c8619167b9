"""Functions that Cython has compiled, within programs: with constants they run, and of a traced value they
say what to type.
"""

from __future__ import annotations

import math
import types
from typing import Any

import numpy as np
import pytest
from scipy.spatial import _hausdorff

import hoad
from hoad.adapting.compiled_code import is_compiled, is_compiled_module
from hoad.errors import MissingRuleError

DATA = np.array([[0.0, 0.1], [0.9, 1.2], [1.1, 0.8]])


def distance(codes: Any) -> Any:
    return _hausdorff.directed_hausdorff(DATA.copy(), codes, 0)[0]


def test_the_function_is_one() -> None:
    f = _hausdorff.directed_hausdorff
    assert is_compiled(f) and not is_compiled(np.sin) and not is_compiled(distance)
    with pytest.raises(TypeError, match="bytes-like"):
        f([[0.0]], [[0.0]], 0)


@pytest.mark.parametrize("operator", [hoad.grad, hoad.derivative, hoad.hessian])
def test_arrays_of_constants_are_numpys(operator: Any) -> None:
    def f(x: Any) -> Any:
        codes = np.zeros((2, 2))
        codes[1] = 1.0
        out = np.zeros(1)
        out[0] = x**2
        return out[0] * distance(codes)

    right = distance(np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert operator(f)(0.5) == pytest.approx(right * (2.0 if operator is hoad.hessian else 1.0), rel=1e-14)


def test_traced_values_are_refused_by_name() -> None:
    def f(x: Any) -> Any:
        codes = np.zeros((2, 2))
        codes[1] = x
        return distance(codes)

    with pytest.raises(MissingRuleError, match=r"_hausdorff\.directed_hausdorff is compiled code"):
        hoad.grad(f)(0.5)
    assert np.isfinite(f(0.5))


def test_its_own_errors_stay() -> None:
    def f(x: Any) -> Any:
        out = np.zeros(1)
        out[0] = x
        return out[0] * _hausdorff.directed_hausdorff(1.0, 2.0, 0)[0]

    with pytest.raises(TypeError, match="bytes-like"):
        hoad.grad(f)(0.5)


def test_a_module_that_the_program_makes_is_none() -> None:
    made = types.ModuleType("made")
    vars(made).clear()
    vars(made).update(sin=math.sin, __name__="made")
    assert not is_compiled_module(made) and is_compiled_module(_hausdorff)
    f = eval("lambda x: made.sin(x)", {"made": made})
    assert hoad.derivative(f, 0.5) == pytest.approx(math.cos(0.5), rel=1e-14)
