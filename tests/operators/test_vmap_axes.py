"""``vmap`` of functions of two operands that have not the same number of axes.

A member's axes are counted from the end, as NumPy counts them, and the batch's own stands before them all.
"""

from __future__ import annotations

import operator as op
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules import RULES
from hoad.chainrules.statements import Scalar

FUNCTIONS = [f for f, rule in RULES.items() if isinstance(f, np.ufunc) and f.nin == 2 and f.nout == 1]
FUNCTIONS = [f for f in FUNCTIONS if isinstance(RULES[f], Scalar) and getattr(np, f.__name__, None) is f]
SHAPES = [((2,), (4, 1)), ((), (3, 2))]
BATCHES = {"first": (0,), "second": (1,), "both": (0, 1)}
MEMBERS = 2


def operators(argnums: tuple[int, ...]) -> dict[str, Any]:
    """What is mapped over the batch, of a function of arrays that is a number."""
    grad = lambda f: hoad.grad(f, argnums=argnums)
    length = lambda f: lambda *xs: sum(np.sum(g * g) for g in grad(f)(*xs))
    return {
        "grad": grad,
        "forward": lambda f: hoad.jacobian(f, argnums=argnums, mode="forward"),
        "second order": lambda f: grad(length(f)),
    }


@pytest.mark.parametrize("which", BATCHES)
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore")
def test_operands_of_other_numbers_of_axes(f: Any, which: str) -> None:
    rng = np.random.default_rng(3)
    for shapes in SHAPES:
        args = [rng.uniform(0.3, 0.9, (MEMBERS, *shape)) for shape in shapes]
        places = BATCHES[which]

        def total(*xs: Any, args: Any = args, places: Any = places) -> Any:
            given = dict(zip(places, xs, strict=True))
            return np.sum(f(*[given.get(k, args[k][0]) for k in range(2)]) ** 2)

        for name, operator in operators(tuple(range(len(places)))).items():
            mapped = hoad.vmap(operator(total))(*[args[k] for k in places])
            for i in range(MEMBERS):
                right = operator(total)(*[args[k][i] for k in places])
                for got, expected in zip(mapped, right, strict=True):
                    np.testing.assert_allclose(got[i], expected, rtol=1e-12, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("operator", [op.add, op.sub, op.mul, op.truediv, op.pow, op.mod, op.floordiv])
def test_operators_of_plain_arrays_with_members(operator: Any) -> None:
    """NumPy may ask the number to the right whether it is an index, and go on when it is none."""
    a, x = np.array([0.5, 0.7]), np.array([[1.5, 2.0], [0.3, 0.4], [1.0, 0.5]])
    for f, points in ((lambda x: np.sum(operator(a, x)), x), (lambda x: np.sum(operator(a, x)), x[:, 0])):
        for g in (f, hoad.grad(f), hoad.compile(f, backend="numpy")):
            np.testing.assert_allclose(hoad.vmap(g)(points), [g(p) for p in points], rtol=1e-14)
