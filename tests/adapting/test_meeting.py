"""Two programs that run at once and need different things in one place: each has what it needs, whichever
began first and whichever ends first.
"""

import math
import threading
import types

import pytest

import hoad
from hoad.adapting.binding import BINDINGS

SHARED = """
import functools, math
import numpy as np
from math import exp

laws = (math.exp, np.zeros)
mixed = [math.sin, laws]
runs = []

@functools.lru_cache(maxsize=None)
def cached(x):
    return math.exp(x)

class Law:
    rise = staticmethod(math.exp)
    kept = functools.lru_cache(maxsize=None)(lambda self, x: math.exp(x))

class Compiled:
    __module__ = "numba.shared"
    def __init__(self, f):
        self.py_func = f
    def __call__(self, x):
        return self.py_func(float.__float__(x))

compiled = Compiled(lambda x: math.exp(x))
law = Law()
of_each = np.vectorize(lambda x: math.exp(x), otypes=[float])

def by_default(x, f=(math.exp, np.zeros)):
    return f

def little(x):
    return math.exp(float(x))
def scalars(x):
    y = np.float64(x)
    assert np.asarray(y).dtype in (np.float32, np.float64) and np.asarray(y).dtype != np.float32
    return np.exp(y)
def arrays(x):
    return np.exp(np.asarray(x, dtype=float))
def lists(x):
    return np.mean([np.exp(x), np.exp(x)])
def fills(x):
    out = np.zeros(2)
    out[0] = exp(x)
    return out[0] + out[1]
def of_tuple(x):
    return laws[0](x)
def of_tuple_filling(x):
    out = laws[1](2)
    out[0] = laws[0](x)
    return out[0]
def defaults(x):
    return by_default(x)[0](x)
def defaults_filling(x):
    f = by_default(x)
    out = f[1](1)
    out[0] = f[0](x)
    return out[0]
def by_cache(x):
    return cached(x)
def by_method_cache(x):
    return law.kept(x)
def by_static(x):
    return law.rise(x)
def by_numba(x):
    return compiled(x)
def by_vectorize(x):
    return of_each(np.array([x, x]))[1]
"""
GROUPS = (
    ("little", "scalars", "arrays", "lists", "fills"),
    ("of_tuple", "of_tuple_filling"),
    ("defaults", "defaults_filling"),
    *[(name,) for name in ("by_cache", "by_method_cache", "by_static", "by_numba", "by_vectorize")],
)
PAIRS = [(a, b) for group in GROUPS for a in group for b in group if a != b or len(group) == 1]


def shared() -> types.ModuleType:
    made = types.ModuleType("shared")
    exec(SHARED, made.__dict__)
    return made


def waiting(f, before, after):
    """The function, which says that it runs, and waits before it goes on."""

    def waits(x):
        before.set()
        assert after.wait(20)
        return f(x)

    return waits


@pytest.mark.parametrize("first_ends_first", [True, False])
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_both_have_what_they_need(a: str, b: str, first_ends_first: bool) -> None:
    held, x = shared(), 0.3
    before = {name: value for name, value in vars(held).items() if name != "__builtins__"}
    inside, both, ended = threading.Event(), threading.Event(), threading.Event()
    found: dict[int, object] = {}

    def run(k: int, f) -> None:
        try:
            found[k] = hoad.derivative(f, x)
        except Exception as error:
            found[k] = error
        ended.set()

    first = waiting(getattr(held, a), inside, both if first_ends_first else ended)
    second = waiting(getattr(held, b), both, ended if first_ends_first else both)
    threads = [threading.Thread(target=run, args=(k, f)) for k, f in enumerate((first, second))]
    threads[0].start()
    assert inside.wait(20)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert found == {0: pytest.approx(math.exp(x), rel=1e-14), 1: pytest.approx(math.exp(x), rel=1e-14)}
    assert {name: value for name, value in vars(held).items() if name != "__builtins__"} == before
    assert held.cached.cache_info().currsize == 0
    assert held.Law.kept.cache_info().currsize == 0
    assert held.Law.rise is math.exp
    assert held.by_default.__defaults__[0][0] is math.exp
    assert all(b.count == 0 for b in BINDINGS.values())


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_one_within_the_other(a: str, b: str) -> None:
    held, x = shared(), 0.3
    outer, inner = getattr(held, a), getattr(held, b)

    def f(x):
        return outer(x) + hoad.derivative(inner, x) + outer(x)

    assert hoad.derivative(f, x) == pytest.approx(3 * math.exp(x), rel=1e-14)
    assert held.cached.cache_info().currsize == 0
