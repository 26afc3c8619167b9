"""Functions of two numbers, of which one is an array on a device and the other a number, are as on the host,
to third order.
"""

import numpy as np
import pytest
from on_device import assert_same, from_device, to_device

import hoad
from hoad.testing.cupy_facts import MISSING

X = np.array([-1.5, -0.3, 0.0, 0.3, 0.5, 0.5, 2.5])
UFUNCS = {f.__name__: f for f in vars(np).values() if isinstance(f, np.ufunc) and (f.nin, f.nout) == (2, 1)}
NUMBERS = {"float": 0.5, "int": 2, "float64": np.float64(0.5)}
OTHERS = {
    "clip": lambda x, k: np.clip(x, -0.3, k),
    "clip from below": lambda x, k: np.clip(x, k, None),
    "where": lambda x, k: np.where(x > 0.3, x * x, k),
    "select": lambda x, k: np.select([x > 0.5, x < 0], [x, x * x], k),
    "round": lambda x, k: np.round(x, 1) * x * k,
    "nan_to_num": lambda x, k: np.nan_to_num(x, nan=k) * x,
}
FUNCTIONS = OTHERS | {
    f"{name}, {side}": (lambda x, k, f=f: f(x, k)) if side == "first" else (lambda x, k, f=f: f(k, x))
    for name, f in UFUNCS.items()
    if name not in MISSING and f.signature is None
    for side in ("first", "second")
}


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_beside_an_array(name, number):
    f, k = FUNCTIONS[name], NUMBERS[number]
    for order in (1, 2, 3):
        d = lambda x, order=order: hoad.derivative(lambda x: f(x, k), x, order)
        try:
            with np.errstate(all="ignore"):
                right = d(X)
        except TypeError:  # of integers, or of truth values
            return
        assert_same(from_device(d(to_device(X))), right)
