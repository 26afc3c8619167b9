"""Functions that Cython has compiled, within programs: with constants they run, and of a traced value they
say what to type.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.cluster import _vq

import hoad
from hoad.adapting.compiled_code import is_compiled
from hoad.errors import MissingRuleError

DATA = np.array([[0.0, 0.1], [0.9, 1.2], [1.1, 0.8]])


def distances(codes: Any) -> Any:
    return _vq.vq(DATA.copy(), codes)[1]


def test_the_function_is_one() -> None:
    assert is_compiled(_vq.vq) and not is_compiled(np.sin) and not is_compiled(distances)
    with pytest.raises(TypeError, match="incorrect type"):
        _vq.vq([[0.0]], [[0.0]])


@pytest.mark.parametrize("operator", [hoad.grad, hoad.derivative, hoad.hessian])
def test_arrays_of_constants_are_numpys(operator: Any) -> None:
    def f(x: Any) -> Any:
        codes = np.zeros((2, 2))
        codes[1] = 1.0
        out = np.zeros(1)
        out[0] = x**2
        return out[0] * distances(codes).sum()

    right = _vq.vq(DATA, np.array([[0.0, 0.0], [1.0, 1.0]]))[1].sum()
    assert operator(f)(0.5) == pytest.approx(right * (2.0 if operator is hoad.hessian else 1.0), rel=1e-14)


def test_traced_values_are_refused_by_name() -> None:
    def f(x: Any) -> Any:
        codes = np.zeros((2, 2))
        codes[1] = x
        return distances(codes).sum()

    with pytest.raises(MissingRuleError, match=r"scipy\.cluster\._vq\.vq is compiled code.*rrule\(vq\)"):
        hoad.grad(f)(0.5)
    assert np.isfinite(f(0.5))


def test_its_own_errors_stay() -> None:
    def f(x: Any) -> Any:
        out = np.zeros(1)
        out[0] = x
        return out[0] * _vq.vq(1.0, 2.0)[1].sum()

    with pytest.raises(TypeError, match="incorrect type"):
        hoad.grad(f)(0.5)
