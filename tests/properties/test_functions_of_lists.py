"""Lists of traced numbers, and arrays of objects made of them, given to every function of NumPy that has a
rule: the derivative is right, or an error names the function and what to write.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules import RULES
from hoad.errors import HoadError

pytestmark = pytest.mark.as_written

X = np.array([3.0, -1.5, 0.75])
OTHER = np.array([0.5, 7.0, -4.0])
MADE = {
    "list": lambda x: [x[0], x[1], x[2]],
    "lists": lambda x: [[x[0], x[1]], [x[1], x[2]]],
    "rows": lambda x: [x, x * 3, OTHER],
    "array": lambda x: np.array([x[0], x[1], x[2]]),
    "square": lambda x: np.array([[x[0], x[1]], [x[1], x[2]]]),
    "asarray": np.asarray,
}
FUNCTIONS = {
    f"{f.__module__}.{f.__name__}": f
    for f in RULES
    if str(getattr(f, "__module__", "")).startswith("numpy")
    and f not in (np.empty_like, np.asarray, np.histogramdd)
} | {f"np.{f.__name__}": f for f in RULES if isinstance(f, np.ufunc)}


def total(value: Any) -> Any:
    return sum(map(total, value)) if isinstance(value, (tuple, list)) else np.sum(np.real(value) * 1.0)


def differences(f: Any, h: float = 1e-6) -> Any:
    return np.array([(f(X + h * e) - f(X - h * e)) / (2 * h) for e in np.eye(3)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("how", MADE)
def test_right_or_refused(how: str) -> None:
    right = 0
    for name, function in FUNCTIONS.items():

        def f(x: Any, function: Any = function) -> Any:
            return total(function(MADE[how](x)))

        try:
            wanted, slope = f(X), differences(f)
        except Exception:
            continue  # NumPy does not take it, or wants more arguments
        try:
            value, found = hoad.value_and_grad(f, X)
        except HoadError as error:
            assert error.place is not None and "test_functions_of_lists.py" in str(error), name
            continue
        right += 1
        np.testing.assert_allclose(value, wanted, rtol=1e-12, err_msg=name)
        if np.max(np.abs(slope)) < 1e5:  # else it jumps here
            np.testing.assert_allclose(found, slope, rtol=1e-5, atol=1e-7, err_msg=name)
    assert right > 80
