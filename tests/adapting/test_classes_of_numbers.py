"""Classes of numbers that a program calls by whatever name, and by none: ``kind(x)`` is ``float(x)`` where
the variable holds ``float``.
"""

from __future__ import annotations

import functools
import math
import weakref
from collections.abc import Callable, Iterator
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.adapting.search import known

REAL = np.float64
KINDS = (float, complex, np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.clongdouble)


def squared(kind: Any, x: Any) -> Any:
    """By an argument."""
    return kind(x) ** 2


def by_default(x: Any, kind: Any = float) -> Any:
    return kind(x) ** 2


def by_variable(x: Any) -> Any:
    kind = float
    return kind(x) ** 2


def by_choice(x: Any, wide: bool = True) -> Any:
    return (np.float64 if wide else np.float32)(x) ** 2


def in_a_loop(x: Any) -> Any:
    product = 1.0
    for kind in (float, np.float64):
        product = product * kind(x)
    return product


def within(x: Any) -> Any:
    """By a variable of what is around a function."""
    kind = np.float64

    def f(y: Any) -> Any:
        return kind(y) * kind(x if y is not None else 0.0)

    return f(x)


def drawn(kind: Any, x: Any) -> Iterator[Any]:
    for _ in range(2):
        yield kind(x)


def by_a_generator(x: Any) -> Any:
    first, second = drawn(float, x)
    return first * second


def returned(kind: Any = None) -> Any:
    return np.float64 if kind is None else kind


def by_what_is_returned(x: Any) -> Any:
    kind = returned()
    return kind(x) ** 2


def with_choices_among_arguments(x: Any, kind: Any = float) -> Any:
    return kind(x if x is not None else kind(0.0)) * kind(abs(kind(x)) if kind is float and x else -x)


def of_a_dtype(x: Any) -> Any:
    return np.ones(2).dtype.type(x) ** 2


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "another name": lambda x: np.double(x) ** 2,
    "a name of the module": lambda x: REAL(x) ** 2,
    "captured": (lambda kind: lambda x: kind(x) ** 2)(np.float64),
    "an element": lambda x: (lambda kinds: kinds[0](x) * kinds[1](x))([float, np.float64]),
    **{
        f.__name__: f
        for f in (
            by_default, by_variable, by_choice, in_a_loop, within, by_a_generator, by_what_is_returned,
            with_choices_among_arguments, of_a_dtype,
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_class_of_numbers_is_called(name: str) -> None:
    f = PROGRAMS[name]
    for x in (1.5, np.float64(1.5)):
        assert [hoad.grad(f, x), hoad.jacobian(f, x, mode="forward"), hoad.hessian(f, x)] == [3.0, 3.0, 2.0]


@pytest.mark.parametrize("kind", KINDS)
def test_every_class(kind: Any) -> None:
    f = lambda x: np.real(squared(kind, x))
    assert hoad.grad(f, 1.5) == hoad.jacobian(f, 1.5, mode="forward") == 3.0


def test_what_else_is_called_is_what_it_was() -> None:
    """Functions, classes of the program's, texts that are evaluated where they stand, and recursion."""

    class Held:
        def __init__(self, x: Any) -> None:
            self.x = x

    def f(x: Any, cls: Any = Held, kind: Any = float, law: Any = np.sin) -> Any:
        look, scale = eval, 2.0
        return look("scale * x") * law(cls(kind(x)).x) * scale

    def deep(n: int, x: Any, kind: Any = float) -> Any:
        return kind(x) if n == 0 else deep(n - 1, x * 1.1, kind)

    assert hoad.grad(f, 0.3) == pytest.approx(4.0 * (np.sin(0.3) + 0.3 * np.cos(0.3)))
    assert hoad.grad(lambda x: deep(20, x), 2.0) == pytest.approx(1.1**20)
    with pytest.raises(ZeroDivisionError):
        hoad.grad(lambda x, kind=float: (lambda g: g(kind(x)))(lambda y: 1 / 0), 1.0)


def test_programs_that_hold_no_class_of_numbers_pay_nothing() -> None:
    def applied(law: Any, x: Any) -> Any:
        return law(x)

    def f(x: Any) -> Any:
        return applied(np.sin, x)

    assert known(f, []).adaptation is None
    assert hoad.grad(f, 0.3) == pytest.approx(np.cos(0.3))
    g = lambda x: applied(float, x)  # which shares the function, and needs more of it
    assert hoad.grad(g, 0.3) == 1.0
    assert hoad.grad(f, 0.3) == pytest.approx(np.cos(0.3))


def test_what_two_programs_share_serves_both() -> None:
    """One asks for a class in it, the other hands it one: the second needs more of the same code."""

    def shared(kind: Any, x: Any) -> Any:
        return kind(x) * (1.0 if x.__class__ is float else 0.0)

    first = lambda x: shared(np.negative, x)
    second = lambda x: shared(float, x)
    assert [hoad.grad(first, 2.0), hoad.grad(second, 2.0), hoad.grad(first, 2.0)] == [-1.0, 1.0, -1.0]
    assert hoad.grad(lambda x: first(x) + second(x), 2.0) == 0.0


def test_no_function_is_kept_alive() -> None:
    def made() -> list[weakref.ref[FunctionType]]:
        functions: list[Any] = [(lambda kind: lambda x: kind(x))(float) for _ in range(300)]
        for f in functions:
            assert hoad.grad(f, 1.0) == 1.0
        return [weakref.ref(f) for f in functions]

    assert sum([ref() is not None for ref in made()]) < 200


def test_functions_of_the_same_line_are_each_written_anew() -> None:
    """What a call stands for is put into the code of one function; another of the same line has its own."""
    fresh = [
        lambda k=k: lambda x: k * x if x.__class__ is float else 5.0 * k * x  # as captured
        for k in (1.0, 2.0, 3.0)
    ]
    assert [hoad.grad(make(), 1.0) for make in fresh] == [1.0, 2.0, 3.0]
    laws = [lambda x: x if x.__class__ is float else 5.0 * x for _ in range(3)]
    assert [hoad.grad(lambda x, law=law: law(x), 1.0) for law in laws] == [1.0] * 3  # as a default
    assert [hoad.grad(lambda x, law: law(x))(1.0, law) for law in laws] == [1.0] * 3  # as an argument
    held = SimpleNamespace(law=None)
    for law in laws:
        held.law = law
        assert hoad.grad(lambda x: held.law(x), 1.0) == 1.0  # as an attribute of what is read
        assert hoad.grad(lambda x, laws: laws["first"](x))(1.0, {"first": law}) == 1.0


class Asking:
    """An object that holds functions which something stands for."""

    def __init__(self) -> None:
        self.ask, self.law, self.laws = isinstance, math.sin, [math.sin]
        self.power = functools.partial(math.pow, 2.0)


HELD = {
    "a question": (lambda x, o: x if o.ask(x, float) else 5.0 * x, 1.0),
    "an attribute": (lambda x, o: o.law(x), math.cos(1.0)),
    "a list": (lambda x, o: o.laws[0](x), math.cos(1.0)),
    "a partial": (lambda x, o: o.power(x), 2.0 * math.log(2.0)),
}


@pytest.mark.parametrize("name", HELD)
def test_what_objects_that_are_alike_hold_is_bound_in_each(name: str) -> None:
    f, right = HELD[name]
    objects = [Asking() for _ in range(3)]
    for o in objects * 2:
        ways = [lambda x: f(x, o), lambda x, o=o: f(x, o), functools.partial(f, o=o)]  # noqa: B023
        assert [hoad.grad(way)(1.0) for way in ways] == pytest.approx([right] * 3)
        assert hoad.grad(f)(1.0, o) == pytest.approx(right)
