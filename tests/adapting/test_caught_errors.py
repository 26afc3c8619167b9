"""What Python refuses of a number, and a program catches: the derivative is that of what is done then.

Python is asked: every operator, every function of ``math`` and every conversion is called with numbers at the
edges, and where the plain program catches an error, so must the derivative's run. NumPy's functions raise
nothing there, and go on with inf and nan.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.adapting.reading import names_of

NUMBERS = (0.0, -0.0, -1.0, 2.0, -2.5, 1e10, 1e308, math.inf, math.nan)
OTHERS = (0.0, 0, -1.0, -1, 2.5, 400.0, math.inf)
ERRORS = (ZeroDivisionError, OverflowError, ValueError)
ARITHMETIC = (operator.truediv, operator.floordiv, operator.mod, operator.pow, lambda x, y: divmod(x, y)[0])
IN_PLACE = (operator.itruediv, operator.ifloordiv, operator.imod, operator.ipow)
CONVERSIONS = (int, round, math.floor, math.ceil, math.trunc)
Program = Callable[[Any], Any]


def takes(function: Any, *numbers: float) -> bool:
    """Tell whether a function is one of so many real numbers."""
    try:
        return isinstance(function(*numbers), (float, int))
    except (TypeError, ValueError) as error:
        return isinstance(error, ValueError)


def of_two(function: Any) -> Iterator[Program]:
    for c in OTHERS:
        yield lambda x, c=c: function(x, c)
        yield lambda x, c=c: function(c, x)
    yield lambda x: function(x, x - x)


def programs() -> Iterator[tuple[str, Program]]:
    for function in ARITHMETIC:
        yield from [(function.__name__, program) for program in of_two(function)]
    for function in IN_PLACE:
        yield function.__name__, lambda x, f=function: f(x * 1.0, 0.0)
    for function in CONVERSIONS:
        yield function.__name__, lambda x, f=function: f(x) * x
    for name, function in vars(math).items():
        if callable(function) and takes(function, 0.5):
            yield name, lambda x, f=function: f(x) * 1.0
        if callable(function) and takes(function, 0.5, 0.5):
            yield from [(name, program) for program in of_two(function)]


def guarded(program: Program) -> Program:
    def f(x: Any) -> Any:
        try:
            return program(x)
        except ERRORS:
            return 7.0 * x

    return f


def raises(program: Program, x: float) -> bool:
    try:
        program(x)
    except ERRORS:
        return True
    return False


CASES = [(name, program, x) for name, program in programs() for x in NUMBERS if raises(program, x)]


@pytest.mark.parametrize("mode", ["forward", "reverse", "series", "forward-forward", "reverse-reverse"])
def test_what_python_refuses(mode: str) -> None:
    wrong = []
    for name, program, x in CASES:
        f = guarded(program)
        if mode in ("forward", "reverse"):
            found = hoad.jacobian(f, x, mode=mode) - 7.0
        else:
            found = hoad.derivatives(f, x, 4)[1] - 7.0 if mode == "series" else hoad.hessian(f, x, mode=mode)
        if found != 0.0:
            wrong.append((name, x, found))
    assert len(CASES) > 200
    assert wrong == []


@pytest.mark.parametrize("function", [np.divide, np.remainder, np.floor_divide, np.power, np.fmod])
def test_what_numpy_does_not_refuse(function: Any) -> None:
    f = guarded(lambda x: 3.0 * x + 0.0 * function(x - x, -1.0 if function is np.power else 0.0))
    with np.errstate(all="ignore"):
        assert not np.isfinite(f(2.0))
        assert not np.isfinite(hoad.value_and_grad(f)(2.0)[0])
        assert not np.isfinite(hoad.derivatives(f, 2.0, 3)[0])


@pytest.mark.parametrize(
    ("errors", "caught"),
    [
        ("ZeroDivisionError", True),
        ("(KeyError, ArithmeticError)", True),
        ("ERRORS", True),
        ("(KeyError, *ERRORS)", True),
        ("(KeyError, decimal.DivisionByZero)", True),
        ("decimal.DivisionByZero", True),
        ("local", True),
        ("", True),
        ("KeyError", False),
        ("(KeyError, ValueError)", False),
    ],
)
def test_what_is_known_to_be_caught(errors: str, caught: bool) -> None:
    names: dict[str, Any] = {"ERRORS": ERRORS}
    lines = (
        "def f(x, local):",
        "    try:",
        "        return x / (x - 1.0)",
        f"    except {errors}:",
        "        return x",
    )
    exec("\n".join(lines), names)
    assert names_of(names["f"].__code__).catches is caught
