"""Where a derivative is nan, so are those of it: a partial that is not known is no constant."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules import RULES
from hoad.chainrules.scipy import special  # imported for its rules
from hoad.chainrules.statements import Scalar

STEPS = (np.floor, np.ceil, np.trunc, np.rint, np.sign, np.floor_divide, np.heaviside)
UFUNCS = {f: RULES[f].arity for f in RULES if isinstance(RULES[f], Scalar) and isinstance(f, np.ufunc)}
UFUNCS = {f: n for f, n in UFUNCS.items() if f not in special.FUNCTIONS and n <= 2}
UFUNCS |= {f: f.nin for f in (*STEPS, np.absolute, np.float_power)}
PLACES = (math.nan, -math.inf, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, math.inf)
POLYNOMIAL = (np.add, np.subtract, np.multiply, np.negative, np.positive, np.square, np.degrees, np.radians)
SETTLED = (*STEPS, np.absolute, np.fabs, np.maximum, np.minimum)  # of these, nan has the derivative nan
NESTINGS = ["forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]


def slots() -> list[Any]:
    return [pytest.param(f, n, i, id=f"{f.__name__}-{i}") for f, n in UFUNCS.items() for i in range(n)]


@pytest.mark.parametrize(("f", "arity", "i"), slots())
def test_derivatives_of_nan_are_nan(f: Any, arity: int, i: int) -> None:
    """A strong zero hides the nan of ``0.0**y`` for y < 0, and of powers and quotients of infinities."""
    others = (1.5,) if f in (np.power, np.float_power) and i == 1 else (0.0, 1.5, math.inf)
    wrong = []
    for x, other in itertools.product(PLACES, others if arity == 2 else (None,)):
        if f is np.divide and math.inf in (abs(x), other):
            continue
        g = f if other is None else (lambda t, o=other: f(t, o) if i == 0 else f(o, t))
        with np.errstate(all="ignore"):
            value, first = g(x), hoad.derivative(g, x)
            linear = f is np.heaviside and i == 1
            if np.isnan(value) and f in SETTLED and not linear and not np.isnan(first):
                wrong.append((x, other, "first", first))
            if not np.isnan(first) or f in POLYNOMIAL:
                continue
            found = [hoad.hessian(g, x, mode=mode) for mode in NESTINGS]
            found += [hoad.derivatives(g, x, 3)[k] for k in (1, 2, 3)] + [hoad.grad(g, x)]
            if not np.all(np.isnan(found)):
                wrong.append((x, other, "later", found))
    assert not wrong, wrong
