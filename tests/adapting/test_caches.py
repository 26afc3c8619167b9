"""What ``functools`` keeps of a function, or goes by the class of, in a program that is differentiated: the
derivative is that of the plain program, which tells 2 from 2.0 where its cache does.
"""

import functools
import math
from typing import Any

import learning
import numpy as np
import pytest

import hoad


def by_kind(x: Any, rate: Any = 1) -> Any:
    """A function of which a cache must not take one argument for an equal one of another class."""
    return (2.0 if isinstance(x, int) else 3.0) * x * rate


UNTYPED, SMALL = functools.lru_cache(by_kind), functools.lru_cache(maxsize=1)(by_kind)
TYPED, ENDLESS = functools.lru_cache(maxsize=None, typed=True)(by_kind), functools.cache(by_kind)


@functools.singledispatch
def by_class(x: Any) -> Any:
    return 5.0 * x


@by_class.register
def _(x: float) -> Any:
    return x * x


@by_class.register
def _(x: bool) -> Any:
    return 7.0


class Model:
    """A model that remembers, which is equal to all others."""

    def __init__(self, a: Any) -> None:
        self.a = a

    @functools.cached_property
    def root(self) -> Any:
        return math.sqrt(self.a)

    @functools.lru_cache(maxsize=None, typed=True)  # noqa: B019
    def power(self, n: Any) -> Any:
        return self.a**n * (2.0 if isinstance(n, int) else 1.0)

    @functools.singledispatchmethod
    def term(self, x: Any) -> Any:
        return self.a

    @term.register
    def _(self, x: float) -> Any:
        return self.a * x


CALLS = {
    "equal numbers, typed": lambda x: x * TYPED(2) + x**2 * TYPED(2.0) + x**3 * TYPED(True) + TYPED(1.0),
    "equal numbers": lambda x: x * UNTYPED(2) + x**2 * UNTYPED(2.0),
    "equal numbers in tuples": lambda x: x * len({UNTYPED(2), UNTYPED(2.0), UNTYPED(np.float64(2.0))}),
    "equal options, typed": lambda x: x * TYPED(2, rate=3) + x**2 * TYPED(2, rate=3.0) + TYPED(2, 3) * x,
    "options in another order": lambda x: ENDLESS(x=x, rate=2) * ENDLESS(rate=2, x=x),
    "a bounded cache": lambda x: SMALL(x) * SMALL(2) * SMALL(2.0) * SMALL(x),
    "a cache without a bound": lambda x: ENDLESS(x) ** 2 + ENDLESS(2) * ENDLESS(x),
    "of the argument, typed": lambda x: TYPED(x, 2) * TYPED(x, 2.0) + TYPED(x),
    "classes": lambda x: by_class(x) + by_class(1) * x + by_class(True) * x**2,
    "a property": lambda x: (lambda m: m.root * x + m.root)(Model(x + 1.0)),
    "a method, typed": lambda x: (lambda m: m.power(2) * x + m.power(2.0))(Model(x + 1.0)),
    "methods of two": lambda x: Model(x).power(2) * Model(2.0 * x).power(2),
    "a method by class": lambda x: (lambda m: m.term(x) + m.term(3))(Model(x)),
}
POINTS = [1.25, 2.0, 2.5, 1.25]  # 2.0 is equal to numbers that are met, and the first comes again


def clear() -> None:
    for f in (UNTYPED, SMALL, TYPED, ENDLESS, Model.power):
        f.cache_clear()


def slope(f: Any, x: float, order: int) -> float:
    """Of the polynomial through values around x."""
    values = np.array([plain(f, x + 0.05 * k) for k in range(-4, 5)])
    return float(np.polyfit(0.05 * np.arange(-4, 5), values, 8)[-1 - order]) * math.factorial(order)


def close_to(right: float, order: int) -> Any:
    """A value up to what a slope says: the rounding of the values is divided by a power of their distance."""
    if order == 0:
        return pytest.approx(right, rel=1e-14)
    return pytest.approx(right, rel=1e-6, abs=256 * np.finfo(float).eps / 0.05**order)


def plain(f: Any, x: float) -> Any:
    clear()
    return f(x)


WAYS = {
    "value": (lambda f: lambda x: hoad.value_and_grad(f)(x)[0], 0),
    "derivative": (hoad.derivative, 1),
    "grad": (hoad.grad, 1),
    "jvp": (lambda f: lambda x: hoad.jvp(f, (x,), (1.0,))[1], 1),
    "grad within derivative": (lambda f: hoad.derivative(hoad.grad(f)), 2),
    "series": (lambda f: lambda x: hoad.derivatives(f, x, 2)[2], 2),
    "vmap": (lambda f: lambda x: hoad.vmap(f)(np.array([x, x + 1.0]))[0], 0),
    "compiled": (hoad.compile, 0),
    "compiled grad": (lambda f: hoad.compile(hoad.grad(f)), 1),
    "grad of compiled": (lambda f: hoad.grad(hoad.compile(f)), 1),
    **{
        mode: (lambda f, mode=mode: hoad.hessian(f, mode=mode), 2)
        for mode in ("auto", "forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")
    },
}


@pytest.mark.filterwarnings("error::hoad.errors.RecordingWarning")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CALLS)
def test_the_derivative_is_that_of_the_plain_program(name: str, way: str) -> None:
    f, (operator, order) = CALLS[name], WAYS[way]
    g = operator(f)
    for x in POINTS:
        right = slope(f, x, order) if order else plain(f, x)
        clear()
        assert float(g(x)) == close_to(right, order)
        assert float(g(x)) == close_to(right, order)  # what is kept by now


@pytest.mark.parametrize("way", ["derivative", "grad", "auto"])
@pytest.mark.parametrize("name", CALLS)
def test_what_was_learned_is_that_of_the_plain_program(name: str, way: str) -> None:
    f, (operator, order) = CALLS[name], WAYS[way]
    g = operator(f)
    with learning.at_once():
        for x in POINTS * 3:
            assert float(g(x)) == close_to(slope(f, x, order), order)


def test_a_cache_of_a_run_ends_with_it_and_leaves_the_user_s_alone() -> None:
    clear()
    hoad.grad(CALLS["a cache without a bound"])(2.0)
    assert ENDLESS.cache_info().currsize == 0
    factor = [1.0]
    scaled = functools.cache(lambda x: factor[0] * x)
    f = lambda x: scaled(x) + scaled(3.0) * x
    assert hoad.grad(f)(2.0) == 4.0
    factor[0] = 2.0
    assert hoad.grad(f)(2.0) == 8.0
