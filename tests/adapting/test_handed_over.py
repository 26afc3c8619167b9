"""Modules, and functions of them, that are handed over: as arguments, attributes, in containers."""

import collections
import concurrent.futures
import dataclasses
import functools
import math
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.optimize
import scipy.special

import hoad

POINT = 0.3
Pair = collections.namedtuple("Pair", "xp name")


def fill(xp, x):
    out = xp.zeros(2)
    out[0] = x
    out[1] = xp.exp(x) * 2
    return out.sum()


def root(law, x):
    return law(x) ** 2


class Held:
    def __init__(self, xp):
        self.xp = xp

    def fill(self, x):
        return fill(self.xp, x)


class Slotted(Held):
    __slots__ = ("xp",)

    def __init__(self, xp):
        self.xp = xp


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    xp: object

    def fill(self, x):
        return fill(self.xp, x)


class OfTheClass:
    xp = np

    def fill(self, x):
        return fill(self.xp, x)


def returned():
    return np


BOTH, PAIR, BY_NAME, LISTED = (np, math), Pair(np, "numpy"), {"np": np, "exp": math.exp}, [math.exp, np]
NESTED = {"models": [(math.exp, "exp")]}
held, slotted, frozen = Held(np), Slotted(np), Frozen(np)
part, root_of = functools.partial(fill, np), functools.partial(root, math.exp)
power = functools.partial(math.pow, 2.0)

FILLED, ROOTS = 1 + 2 * math.exp(POINT), 2 * math.exp(2 * POINT)

WAYS = {
    "an argument": (lambda x: fill(np, x), FILLED),
    "a default": (lambda x, xp=np: fill(xp, x), FILLED),
    "an attribute": (held.fill, FILLED),
    "an attribute of an object that is made": (lambda x: Held(np).fill(x), FILLED),
    "a slot": (slotted.fill, FILLED),
    "a slot of a global object": (lambda x: slotted.fill(x), FILLED),
    "a slot of a frozen object": (lambda x: frozen.fill(x), FILLED),
    "an attribute of a class": (lambda x: OfTheClass().fill(x), FILLED),
    "a tuple": (lambda x: fill(BOTH[0], x), FILLED),
    "a tuple of the other": (lambda x: root(BOTH[1].exp, x), ROOTS),
    "a named tuple": (lambda x: fill(PAIR.xp, x), FILLED),
    "a dictionary": (lambda x: fill(BY_NAME["np"], x), FILLED),
    "a dictionary of functions": (lambda x: root(BY_NAME["exp"], x), ROOTS),
    "a list": (lambda x: root(LISTED[0], x), ROOTS),
    "containers in containers": (lambda x: root(NESTED["models"][0][0], x), ROOTS),
    "a value": (lambda x: fill(returned(), x), FILLED),
    "a partial": (part, FILLED),
    "a partial of a function": (root_of, ROOTS),
    "a global partial": (lambda x: root_of(x), ROOTS),
    "a partial of a function of math": (lambda x: power(x), math.log(2) * 2**POINT),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_module_or_function_that_is_handed_over(way: str) -> None:
    f, right = WAYS[way]
    before = f(POINT)
    for operator in (hoad.grad, hoad.derivative):
        assert operator(f, POINT) == pytest.approx(right, rel=1e-12)
    second = hoad.derivative(f, POINT, 2)
    assert second == pytest.approx((hoad.grad(f, POINT + 1e-6) - hoad.grad(f, POINT - 1e-6)) / 2e-6, rel=1e-8)
    assert f(POINT) == before


def test_nothing_is_left_behind() -> None:
    for way in WAYS:
        hoad.grad(WAYS[way][0], POINT)
    assert BOTH[0] is np
    assert BOTH[1] is math
    assert PAIR.xp is held.xp is slotted.xp is frozen.xp is OfTheClass.xp is BY_NAME["np"] is LISTED[1] is np
    assert part.args[0] is np
    assert root_of.args[0] is math.exp
    assert power.func is math.pow
    assert NESTED["models"][0][0] is math.exp


def test_arguments_of_the_operator() -> None:
    assert hoad.grad(fill, np, POINT, argnums=1) == pytest.approx(FILLED)
    assert hoad.grad(lambda x, xp: fill(xp, x), POINT, xp=np) == pytest.approx(FILLED)
    assert hoad.grad(lambda x, law: root(law, x), POINT, math.exp) == pytest.approx(ROOTS)
    assert hoad.grad(lambda x, law: root(law, x), POINT, law=math.exp) == pytest.approx(ROOTS)
    assert hoad.grad(lambda x, laws: root(laws[1], x), POINT, (1.0, math.exp)) == pytest.approx(ROOTS)
    assert hoad.grad(lambda x, law: root(law, x), POINT, law=lambda x: math.exp(x)) == pytest.approx(ROOTS)
    assert hoad.derivative(lambda x, xp: fill(xp, x), POINT, xp=np) == pytest.approx(FILLED)


def test_a_module_of_scipy() -> None:
    def f(optimize, x):
        return optimize.rosen([x, 1.0, 2 * x])

    right = hoad.grad(lambda x: 100 * ((1 - x**2) ** 2 + (2 * x - 1) ** 2) + (1 - x) ** 2, POINT)
    assert hoad.grad(lambda x: f(scipy.optimize, x), POINT) == pytest.approx(right)
    assert hoad.grad(lambda x, o: f(o, x), POINT, scipy.optimize) == pytest.approx(right)


def test_lists_that_scipy_gives_its_functions() -> None:
    f = lambda p: scipy.special.multigammaln(p + 3, 2)
    right = scipy.special.digamma(POINT + 3) + scipy.special.digamma(POINT + 2.5)
    assert hoad.grad(f, POINT) == pytest.approx(right, rel=1e-13)
    assert hoad.grad(lambda p: scipy.special.ndtr([p, 1.0])[0], 0.0) == pytest.approx(
        1 / math.sqrt(2 * math.pi)
    )


def test_a_slot_that_is_changed_is_seen() -> None:
    object_ = Slotted(np)
    assert hoad.grad(lambda x, o: o.xp.sin(x) if o.xp is np else o.xp(x), POINT, object_) == pytest.approx(
        math.cos(POINT)
    )
    object_.xp = math.exp
    assert hoad.grad(lambda x, o: o.xp(x), POINT, object_) == pytest.approx(math.exp(POINT))


def test_python_of_this_module_is_plain() -> None:
    assert sys.modules["math"] is math


def in_a_thread(x, out, k):
    made = np.zeros(2)
    made[k % 2] = x
    out[k] = math.exp(made.sum()) * (k + 1 if isinstance(x, float) else 7.0)


def by_thread(x):
    out = [0.0] * 3
    threads = [threading.Thread(target=in_a_thread, args=(x * k, out, k)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(out)


def by_pool(x):
    out = [0.0] * 3
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda k: in_a_thread(x * k, out, k), range(3)))
    return sum(out)


def by_pool_of_the_package(x):
    out = [0.0] * 3
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = [pool.submit(in_a_thread, x * k, out, k) for k in range(3)]
        concurrent.futures.wait(waiting)
    return sum(out)


@pytest.mark.parametrize("f", [by_thread, by_pool, by_pool_of_the_package])
@pytest.mark.parametrize("operator", [hoad.derivative, hoad.grad])
def test_threads_of_the_program(f, operator) -> None:
    x = 0.3
    right = 2 * math.exp(x) + 6 * math.exp(2 * x)
    assert operator(f, x) == pytest.approx(right, rel=1e-13)
    assert hoad.derivative(f, x, 2) == pytest.approx(2 * math.exp(x) + 12 * math.exp(2 * x), rel=1e-13)
    assert type(threading.Thread()) is threading.Thread and f(x) > 0
