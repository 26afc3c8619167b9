"""Indices of every kind, read and written on a device: what selects a copy and what a view have the
derivatives that they have on NumPy's arrays.
"""

import numpy as np
import pytest
from turns import by_turns

import hoad
from hoad.testing import device as cp
from hoad.testing.raw_module import compiler

X = np.arange(1.0, 7.0).reshape(2, 3)
INDICES = {
    "a truth": True,
    "no truth": False,
    "NumPy's truth": np.True_,
    "a truth and a number": (True, 0),
    "a truth at the end": (..., True),
    "a truth and a slice": (True, slice(1, None)),
    "a truth and positions": (True, np.array([0, 0])),
    "a list of truths": [True, False],
    "a tuple of truths": ((True, False), slice(None)),
    "a mask": np.array([[True, False, True]] * 2),
    "a new axis": None,
    "a list": [0, 0, 1],
    "a tuple in a tuple": ((0, 0, 1),),
    "a tuple beside a slice": (slice(None), (0, 2, 2)),
    "two tuples": ((0, 1, 1), (1, 1, 1)),
    "a range": range(2),
    "a number without axes": np.array(1),
    "NumPy's number": (np.int64(1), slice(None, None, -1)),
    "backwards": slice(-1, -3, -1),
    "positions and a new axis": ([0, 1, 0], slice(None), None),
}


def read(x, index):
    return np.sin(x[index]) * x[index]


def added(x, index):
    y = x * 1.0
    y[index] += x[index] ** 2
    return y


def written(x, index):
    y = x * 1.0
    y[index] = 3.0 * np.sin(x[index])
    return y


OPERATORS = {
    "gradient": hoad.grad,
    "hvp": lambda f: lambda x: hoad.hvp(f, x, np.sin(x)),
    "Hessian": hoad.hessian,
    "jvp": lambda f: lambda x: hoad.jvp(f, (x,), (np.sin(x),))[1],
    "compiled": lambda f: hoad.compile(hoad.grad(f)),
}


@pytest.mark.parametrize(("name", "way"), by_turns(INDICES, [read, added, written], every=2))
def test_derivatives_are_those_of_numpys_arrays(name, way):
    f = lambda x: np.sum(way(x, INDICES[name]) ** 2)
    for operator, of in OPERATORS.items():
        if operator == "compiled" and compiler() is None:
            continue
        here, there = of(f), of(f)
        for _ in range(2):  # the second call of a compiled function is answered by kernels
            found = there(cp.asarray(X))
            assert type(found) is cp.ndarray
            np.testing.assert_allclose(found.get(), here(X), rtol=1e-12, atol=1e-12, err_msg=operator)
