"""What is remembered is remembered for all that it depends on.

``1 == True == 1.0 == np.float32(1)`` and ``0.0 == -0.0``: a table that is asked for one of them may know the
other. So everything that remembers is given values that are equal and differ in their kind alone, one after
the other; the functions under test tell them apart.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy_points  # noqa: F401  (which enters its programs)
import pytest
from rule_points import PROGRAMS as OF_NUMPY
from turns import by_turns

import hoad
from hoad.fast import straight

ONES = [1, True, 1.0, np.float64(1), np.float32(1), np.int64(1), np.int32(1), np.True_, 1 + 0j, Fraction(1)]
ONES += [
    np.complex128(1),
    np.longdouble(1),
    np.array(1.0),
    np.array(1, np.float32),
    np.ones(1),
    np.ones((1, 1)),
]
ZEROS = [0, False, 0.0, -0.0, np.float64(0), np.float64(-0.0), np.float32(0), np.float32(-0.0), 0j]
ZEROS += [complex(0, -0.0), complex(-0.0, 0), np.complex128(0), np.array(0.0), np.array(-0.0), Fraction(0)]


@dataclass(frozen=True)
class Held:
    """An object that is equal to others by what it holds."""

    c: Any


class Holder:
    """An object that is equal to none."""

    def __init__(self, c: Any) -> None:
        self.c = c


Named = namedtuple("Named", "c")


def weight(c: Any) -> float:
    """A number that tells all of the values above apart, and what they are in."""
    if isinstance(c, (Held, Holder, Named)):
        return 3 * weight(c.c)
    if isinstance(c, dict):
        return 5 * weight(list(c.items()))
    if isinstance(c, (list, tuple, frozenset)):
        return (2.5 if isinstance(c, list) else 7.0) * sum((k + 1) * weight(part) for k, part in enumerate(c))
    found = sum((k + 1) * ord(letter) for k, letter in enumerate(type(c).__name__)) / 1000
    if isinstance(c, np.ndarray):
        found += ord(c.dtype.char) / 10 + c.ndim
    if np.asarray(c).dtype.kind in "fc":
        signs = np.copysign(1.0, [np.real(c), np.imag(c)])
        found += float(np.sum(signs[0])) / 8 + float(np.sum(signs[1])) / 16
    return found


def f(x: Any, c: Any = None, *, d: Any = None) -> Any:
    return np.sum(np.sin(x) * x) * (weight(c) + 11 * weight(d))


WAYS: dict[str, Callable[[Any], tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "an argument": lambda c: ((c,), {}),
    "a keyword": lambda c: ((), {"d": c}),
    "in a list": lambda c: (([c],), {}),
    "in a dictionary": lambda c: ((), {"d": {"a": c}}),
    "a key": lambda c: (({c: 1.0},), {}),
    "in a set": lambda c: ((frozenset([c]),), {}),
    "in a tuple with names": lambda c: ((Named(c),), {}),
    "in a frozen object": lambda c: ((Held(c),), {}),
    "in one in a tuple": lambda c: (((Held(c),),), {}),
    "in an object": lambda c: ((Holder(c),), {}),
}
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "compile": lambda f: hoad.compile(f, static_argnums=1, static_argnames="d", max_variants=100),
    "compiled grad": lambda f: hoad.compile(
        hoad.grad(f), static_argnums=1, static_argnames="d", max_variants=100
    ),
    "grad": hoad.grad,
    "hessian": hoad.hessian,
    "jacobian": hoad.jacobian,
    "laplacian": hoad.laplacian,
}
X = np.array([0.3, 0.7])
RIGHT = {
    "compile": np.sum(np.sin(X) * X),
    "hessian": np.diag(2 * np.cos(X) - np.sin(X) * X),
    "laplacian": np.sum(2 * np.cos(X) - np.sin(X) * X),
}


@pytest.fixture(autouse=True)
def _at_second_sight(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(straight, "SIGHTS", 1)
    straight.forget()
    yield
    straight.forget()


@pytest.mark.parametrize(("operator", "way"), by_turns(OPERATORS, WAYS, every=2))
def test_equal_arguments_of_another_kind(operator: str, way: str) -> None:
    """Among what a program is for, and beside what is differentiated."""
    right = RIGHT.get(operator, np.cos(X) * X + np.sin(X))
    for group in (ONES, ZEROS):
        g = OPERATORS[operator](f)
        for c in group if "compile" in operator else group * 2:
            try:
                args, kwargs = WAYS[way](c)
            except TypeError:
                continue  # an array is no key
            factor = weight(args[0] if args else None) + 11 * weight(kwargs.get("d"))
            np.testing.assert_allclose(g(X, *args, **kwargs), right * factor, rtol=1e-12, err_msg=repr(c))


def closure(c: Any) -> Any:
    return lambda x: np.sum(np.sin(x) * x) * weight(c)


MADE: dict[str, Callable[[Any], Any]] = {
    "a closure": closure,
    "a default": lambda c: lambda x, c=c: np.sum(np.sin(x) * x) * weight(c),
    "a partial": lambda c: functools.partial(f, d=c),
    "of an object": lambda c: functools.partial(f, d=Held(c)),
}


@pytest.mark.parametrize(("operator", "way"), by_turns(OPERATORS, MADE, every=2))
def test_functions_that_hold_equal_values(operator: str, way: str) -> None:
    right = RIGHT.get(operator, np.cos(X) * X + np.sin(X))
    for group in (ONES, ZEROS):
        for c in group:
            g = OPERATORS[operator](MADE[way](c))
            factor = MADE[way](c)(X) / np.sum(np.sin(X) * X)
            for _ in range(1 if "compile" in operator else 2):
                np.testing.assert_allclose(g(X), right * factor, rtol=1e-12, err_msg=repr(c))


# ------------------------------------------------------------------------------------------------------------
# The point
# ------------------------------------------------------------------------------------------------------------

CACHES = type(functools.lru_cache(lambda: None))


def forget() -> None:
    """Let go of everything that hoad remembers of functions of its own."""
    straight.forget()
    for function in remembering().values():
        function.cache_clear()


def remembering() -> dict[str, Any]:
    """The functions of hoad whose values are remembered."""
    found = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("hoad.") and not name.startswith("hoad.interop"):
            for key, value in list(vars(module).items()):
                if isinstance(value, CACHES) and value.__module__ == name:
                    found[f"{name}.{key}"] = value
    return found


ROWS = np.array([0.5, 0.25, 0.75])
SAME_POINTS = [
    [0.5, np.float64(0.5), np.float32(0.5), np.longdouble(0.5), np.array(0.5), np.array(0.5, np.float32)],
    [ROWS, ROWS.astype(np.float32), ROWS.astype(np.longdouble), ROWS.astype(np.float16), ROWS[None]],
    [ROWS[:, None], np.asfortranarray(np.outer(ROWS, ROWS)), np.outer(ROWS, ROWS), ROWS.astype(">f8")],
]
AT_POINTS: dict[str, Callable[[Any], Any]] = {
    "grad": hoad.grad,
    "hessian": hoad.hessian,
    "compiled grad": lambda f: hoad.compile(hoad.grad(f)),
    "jacobian": lambda f: hoad.jacobian(lambda x: f(x) * x),
    "taylor": lambda f: lambda x: hoad.derivatives(lambda t: f(x * (1 + t)), 0.0, 4),
    "laplacian": hoad.laplacian,
}
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "weak and strong": lambda x: np.sum(np.sin(x) * x * np.float32(0.1) + 2.0),
    "powers": lambda x: np.sum((x + 1) ** 2) * np.sum(x**1.0) + np.sum(np.power(x, np.float32(2))),
    "axes": lambda x: np.sum(np.mean(x) * np.exp(x) / np.max(x)),
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("operator", AT_POINTS)
def test_equal_points_of_another_kind(operator: str, program: str) -> None:
    """After points of every other kind, the value and its type are what they are with no memory at all."""
    points = [x for group in SAME_POINTS for x in group]
    kind = lambda y: [(type(part), np.asarray(part).dtype, np.shape(part)) for part in np.atleast_1d(y)[:1]]
    right = []
    for x in points:
        forget()
        alone = AT_POINTS[operator](PROGRAMS[program])
        right.append([alone(x) for _ in range(2)][1])
    g = AT_POINTS[operator](PROGRAMS[program])
    for x in points:
        g(x)
    for order in (points, points[::-1]):
        for x in order:
            found, expected = g(x), right[[p is x for p in points].index(True)]
            np.testing.assert_array_equal(found, expected, err_msg=repr(x))
            assert (type(found), kind(found)) == (type(expected), kind(expected)), repr(x)


# ------------------------------------------------------------------------------------------------------------
# Constants of one program
# ------------------------------------------------------------------------------------------------------------

IN_ONE = {
    **AT_POINTS,
    "derivatives": lambda f: lambda x: hoad.derivatives(f, x, 4),
    "compiled": lambda f: hoad.compile(hoad.hessian(f)),
}
BINARY = [np.copysign, np.arctan2, np.multiply, np.add, np.power, np.hypot, np.maximum, np.float_power]


@pytest.mark.parametrize("operator", IN_ONE)
@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_equal_constants_in_one_program(function: Any, operator: str) -> None:
    """The derivative of a sum is the sum of those of its terms, each of them alone in its program."""
    every = (1, True, 1.0, np.float64(1), 0, False, 0.0, -0.0, np.float64(-0.0))
    terms = [
        (lambda x, c=c, w=w: np.sum(np.exp(x) * w * np.real(function(x, c)))) for w, c in enumerate(every, 1)
    ]
    x = 0.75
    with np.errstate(all="ignore"):
        found = IN_ONE[operator](lambda x: sum([f(x) for f in terms]))(x)
        right = sum([np.asarray(IN_ONE[operator](f)(x)) for f in terms])
    np.testing.assert_allclose(found, right, rtol=1e-12)


# ------------------------------------------------------------------------------------------------------------
# Functions of hoad's own
# ------------------------------------------------------------------------------------------------------------


class Asked:
    """A function that remembers, and is asked whether it would find the same now."""

    def __init__(self, function: Any, wrong: list[str]) -> None:
        self.function, self.wrong, self.asked = function, wrong, False
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        found, self.asked = self.function(*args, **kwargs), True
        if not is_alike(found, self.function.__wrapped__(*args, **kwargs)):
            self.wrong.append(f"{self.function.__module__}.{self.function.__name__}{args}")
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.function, name)


def is_alike(a: Any, b: Any) -> bool:
    """Whether two values are the same; of functions and objects, whether they are of one class."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(is_alike, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(is_alike(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, (int, float, complex, str, bytes, bool, np.generic)):
        return repr(a) == repr(b)
    return True


def test_what_is_remembered_is_what_would_be_found_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever NumPy's functions ask of functions that remember, in every precision."""
    wrong: list[str] = []
    every = []
    for name, function in remembering().items():
        key = name.rpartition(".")[2]
        every.append(Asked(function, wrong))
        for module in [m for n, m in list(sys.modules.items()) if n.startswith("hoad")]:
            if vars(module).get(key) is function:
                monkeypatch.setattr(module, key, every[-1])
    for kind in (float, np.float32, complex, float):
        for program in [p for programs in OF_NUMPY.values() for p in programs[:3]]:
            args = [np.asarray(x).astype(kind) for x in program.arguments]
            with contextlib.suppress(Exception):  # not every function takes every kind
                hoad.jvp(program.run, args, args)
    assert not wrong, wrong[:10]
    assert sum(one.asked for one in every) > 5
