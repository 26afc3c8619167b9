"""Functions of ``math``, ``cmath``, ``statistics`` and Python's own in a compiled function: its derivatives
are those of the function as it is written, whether or not it has been called before.
"""

import cmath
import math
import statistics
from typing import Any

import numpy as np
import pytest
from turns import by_turns

import hoad
from hoad.adapting.mathematics import MATHEMATICS

WHOLE = {
    "comb",
    "perm",
    "factorial",
    "gcd",
    "lcm",
    "isqrt",
    "nextafter",
    "ulp",
}  # of integers, or of one float
OF_DATA = {
    name: (lambda x, f=f: f([x, x * x, 3.0, 0.5 * x]))
    for name, f in vars(statistics).items()
    if name in ("mean", "fmean", "geometric_mean", "harmonic_mean", "median", "stdev", "pvariance")
}
SIGNS: dict[str, Any] = {
    "abs": lambda x: abs(x - 3.0) * x,
    "pow": lambda x: pow(x, 3) + pow(2.0, x),
    "divmod": lambda x: divmod(x, 0.3)[1] * x,
    "round": lambda x: round(x) * x,
    "float": lambda x: float(x) ** 2,
    "complex": lambda x: abs(complex(x, 2.0 * x) ** 2),
    "sum": lambda x: sum([x, x * x], 1.0),
    "max": lambda x: max(x, 0.5 * x, key=abs) * x,
    "int": lambda x: int(x) * x,
    "math.hypot of three": lambda x: math.hypot(x, 2.0, x * x),
    "math.fsum": lambda x: math.fsum([x, x * x]),
    "math.log to a base": lambda x: math.log(x, 2.0) + math.log(2.0, 1.0 + x),
    "math.dist": lambda x: math.dist([x, 1.0], [0.0, x * x]),
    "math.prod": lambda x: math.prod([x, x, 2.0]),
    "math.modf": lambda x: math.modf(x)[0] * x,
    "math.frexp": lambda x: math.frexp(x)[0] * x,
    "cmath.polar": lambda x: cmath.polar(complex(x, 1.0))[1] + cmath.polar(x * 1j)[0],
}


def tried(module: Any, name: str) -> Any:
    """A program that calls a function of numbers, with as many of them as it takes; None if it takes none."""
    f = getattr(module, name)
    for rest in ((), (0.75,), (0.75, 2.0), (3,)):
        program = lambda x, rest=rest: abs(f(0.3 * x, *rest)) * x
        try:
            if isinstance(program(1.25), float):
                return program
        except (TypeError, ValueError, AttributeError):
            continue
    return None


FOUND = {
    f"{m.__name__}.{name}": tried(m, name)
    for m in (math, cmath)
    for name in vars(m)
    if callable(getattr(m, name)) and name not in WHOLE and not name.startswith("_")
}
PROGRAMS = (
    {name: f for name, f in FOUND.items() if f} | SIGNS | {f"statistics.{k}": f for k, f in OF_DATA.items()}
)
WAYS = {
    "grad": hoad.grad,
    "jvp": lambda f: lambda x: hoad.jvp(f, (x,), (1.0,))[1],
    "hessian": hoad.hessian,
    "grad of derivative": lambda f: hoad.grad(hoad.derivative(f)),
    "third": lambda f: lambda x: hoad.derivatives(f, x, 3)[3],
}


def test_the_functions_are_found() -> None:
    assert len(PROGRAMS) > 70 and set(MATHEMATICS) == {math, cmath, statistics}


@pytest.mark.filterwarnings("error::hoad.errors.RecordingWarning")
@pytest.mark.parametrize(("name", "way"), by_turns(PROGRAMS, WAYS, every=6))
def test_derivatives_of_what_is_compiled(name: str, way: str) -> None:
    f, operator = PROGRAMS[name], WAYS[way]
    compiled = hoad.compile(f)
    for x in (1.25, 1.25, 1.5):
        right = operator(f)(x)
        np.testing.assert_allclose(operator(hoad.compile(f))(x), right, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(operator(compiled)(x), right, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(compiled(x), f(x), rtol=1e-15)
        np.testing.assert_allclose(hoad.compile(operator(f))(x), right, rtol=1e-12, atol=1e-12)
