"""A function that was differentiated before is not looked at in full; what has changed in it is noticed."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.adapting import known

Function = Callable[..., Any]


def doubled(x: Any) -> Any:
    return 2.0 * x


def in_math(x: Any) -> Any:
    return math.exp(x)


def of_captured() -> tuple[Function, Function]:
    """A function and what changes the function that it has captured."""
    inner: Function = doubled

    def f(x: Any) -> Any:
        return inner(x)

    def change() -> None:
        nonlocal inner
        inner = in_math

    return f, change


def of_captured_twice() -> tuple[Function, Function]:
    """The change is one function further in."""
    g, change = of_captured()
    return lambda x: g(x), change


def of_data() -> tuple[Function, Function]:
    """What was a number becomes a function."""
    inner: Any = 2.0

    def f(x: Any) -> Any:
        return inner(x) if callable(inner) else inner * x

    def change() -> None:
        nonlocal inner
        inner = in_math

    return f, change


def of_a_tuple() -> tuple[Function, Function]:
    """What was a tuple of numbers becomes one of functions."""
    parts: Any = (2.0, 1.0)

    def f(x: Any) -> Any:
        return parts[0](x) if callable(parts[0]) else parts[0] * x

    def change() -> None:
        nonlocal parts
        parts = (in_math, 1.0)

    return f, change


def of_code() -> tuple[Function, Function]:
    """The code of a captured function changes."""

    def inner(x: Any) -> Any:
        return 2.0 * x

    def change() -> None:
        inner.__code__ = in_math.__code__

    return lambda x: inner(x), change


def of_defaults() -> tuple[Function, Function]:
    """A captured function gets a default."""

    def inner(x: Any, g: Any = None) -> Any:
        return 2.0 * x if g is None else g(x)

    def change() -> None:
        inner.__defaults__ = (in_math,)

    return lambda x: inner(x), change


def of_a_global() -> tuple[Function, Function]:
    """A global name stands for another function."""
    names: dict[str, Any] = {"inner": doubled}
    exec("def f(x):\n    return inner(x)", names)
    return names["f"], lambda: names.update(inner=in_math)


def of_numpy() -> tuple[Function, Function]:
    """Functions of NumPy are captured, of those that are called by Python and of those that are not."""
    total, step = np.sum, np.add

    def change() -> None:
        nonlocal step
        step = in_math_of_two

    return lambda x: total(step(x, x)), change


def in_math_of_two(x: Any, y: Any) -> Any:
    return math.exp(x) + 0.0 * y


CASES = [of_numpy, of_captured, of_captured_twice, of_data, of_a_tuple, of_code, of_defaults, of_a_global]


@pytest.mark.parametrize("make", CASES)
@pytest.mark.parametrize("before", range(4))
def test_what_has_changed_is_noticed(make: Function, before: int) -> None:
    f, change = make()
    for _ in range(before):
        assert hoad.grad(f, 1.0) == 2.0
    change()
    assert hoad.grad(f, 1.0) == pytest.approx(math.e, rel=1e-15)


@pytest.mark.parametrize("make", [of_captured_twice, of_numpy])
def test_the_short_look_is_taken(make: Function) -> None:
    f, _ = make()
    for _ in range(3):
        hoad.grad(f, 1.0)
    found = known._known[id(f.__code__)]
    assert found.steady is not None
    assert found.steady.holds(f)


def test_nothing_is_kept_alive() -> None:
    def made() -> list[Any]:
        data = np.ones(3)
        inner = lambda x: x * data
        f = lambda x: np.sum(inner(x))
        for _ in range(3):
            hoad.grad(f, 1.0)
        return [weakref.ref(data), weakref.ref(f), weakref.ref(inner)]

    watched = made()
    gc.collect()
    assert [ref() for ref in watched] == [None, None, None]


def test_no_property_is_called() -> None:
    """An object is looked at without running its code: a property may be one in the place of a slot."""

    class Slotted:
        __slots__ = ("table", "value")

    class Lazy(Slotted):
        @property
        def value(self) -> float:
            raise AssertionError("nobody has asked for it")

    lazy = Lazy()
    lazy.table = {"sin": math.sin}
    f = lambda x, held=lazy: held.table["sin"](x)
    assert hoad.grad(f)(0.5) == hoad.derivative(f)(0.5) == np.cos(0.5)
