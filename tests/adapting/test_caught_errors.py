"""What Python refuses of a number, and a program catches: the derivative is that of what is done then.

Python is asked: every operator, every function of ``math`` and every conversion is called with numbers at the
edges, and where the plain program catches an error, so must the derivative's run. NumPy's functions raise
nothing there, and go on with inf and nan.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.adapting.reading import names_of
from hoad.chainrules import RULES, remove_rule, scalar_rule

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


def caught(program: Program) -> Program:
    def f(x: Any) -> Any:
        try:
            return program(x)
        except ArithmeticError:
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


def of_operators() -> Iterator[Program]:
    """Programs of one number by Python's operators."""
    yield abs
    for sign in (operator.truediv, operator.floordiv, operator.mod, operator.pow, operator.mul):
        for c in (0.0, 0.5, 1.5, 2.0, -0.5, 3, 0):
            yield lambda x, f=sign, c=c: f(x, c)
            yield lambda x, f=sign, c=c: f(c, x * x)
        yield lambda x, f=sign: f(x, x + 1.0)


def of_numpy() -> Iterator[Program]:
    """Programs of one number by NumPy's functions."""
    for function in [f for f in vars(np).values() if callable(f) and f in RULES]:
        yield lambda x, f=function: f(x)
        yield lambda x, f=function: f(x, 0.0)
        yield lambda x, f=function: f(0.0, x)


def slope_of_a_root(x: Any, out: Any) -> Any:
    slope = 0.5 * x**-0.5
    return slope


OF_USERS: dict[str, tuple[Any, Any]] = {
    "one": (lambda x: np.sqrt(x), lambda x, out: 0.5 * x**-0.5),
    "one, without text": (lambda x: np.sqrt(x), slope_of_a_root),
    "another": (lambda x: np.log1p(x), lambda x, out: (2.0 - x / x) / (1.0 + x)),
    "two": (lambda x, y: x * y, lambda x, y, out: (out / x, out / y)),
}


def of_rules() -> Iterator[Program]:
    """Programs of one number by rules of the user's, by operators, and by derivatives of both."""
    stated = {name: scalar_rule(*statement) for name, statement in OF_USERS.items()}
    two = stated.pop("two")
    within = [*stated.values(), lambda x: x**0.5, lambda x: x / (x + 1.0), lambda x: two(x, x)]
    try:
        for f in within:
            yield lambda x, f=f: f(x)
            yield lambda x, f=f: hoad.grad(f)(x * 1.0)
            yield lambda x, f=f: hoad.derivatives(f, x * 1.0, 2)[1]
    finally:
        for function, _ in OF_USERS.values():
            remove_rule(function)


FIRST: dict[str, Callable[[Program, float], Any]] = {
    "forward": lambda f, x: hoad.jvp(f, (x,), (1.0,)),
    "reverse": lambda f, x: hoad.vjp(f, x)[0],
    "series": lambda f, x: hoad.derivatives(f, x, 3),
}
SECOND: dict[str, Callable[[Program, float], Any]] = {
    "forward of forward": lambda f, x: hoad.jvp(lambda y: hoad.jvp(f, (y,), (1.0,))[1], (x,), (1.0,)),
    "reverse of forward": lambda f, x: hoad.vjp(lambda y: hoad.jvp(f, (y,), (1.0,))[1], x)[0],
    "forward of reverse": lambda f, x: hoad.derivative(hoad.grad(f), x),
    "reverse of reverse": lambda f, x: hoad.grad(hoad.grad(f))(x),
    "hessian": lambda f, x: hoad.hessian(f, x),
}


def in_lists(x: Any) -> Any:
    """A value as numbers of Python's."""
    return [in_lists(part) for part in x] if isinstance(x, (tuple, list)) else np.asarray(x).tolist()


def said(way: Callable[[Program, float], Any], f: Program, x: float) -> Any:
    """What a way gives, in words, and at no address; the class of the error that it raises."""
    try:
        return re.sub(r" at 0x[0-9a-f]+", "", str(in_lists(way(f, x))))
    except Exception as error:
        return type(error)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("programs", "ways"),
    [
        (of_operators, FIRST | SECOND),
        (of_numpy, {"forward": FIRST["forward"]}),
        (of_rules, FIRST | SECOND),
    ],
    ids=["operators", "functions of NumPy", "rules"],
)
def test_what_a_rule_computes_raises_nothing_in_the_program(programs: Any, ways: dict[str, Any]) -> None:
    """Where the program divides by no zero itself, it makes no difference that it would catch the error: the
    body of a rule, its partials and the derivative around them may divide as they like.
    """
    wrong, count = [], 0
    with np.errstate(all="ignore"):
        for k, program in enumerate(programs()):
            if said(lambda f, x: f(x), program, 0.0) in ERRORS[:2]:
                continue
            count += 1
            for name, way in ways.items():
                plain, found = said(way, program, 0.0), said(way, caught(program), 0.0)
                if plain != found:
                    wrong.append((k, name, plain, found))
    assert count > 10
    assert wrong == []


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
