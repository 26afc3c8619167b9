"""What a function that is given to a solver may have captured, and how: the derivative knows of it.

A function holds values in its closure, its defaults, its attributes, the object that it is a method of; in
objects that hold others, and other functions. Solvers of hoad's own follow all of these, and what comes from
a module or a class too; those of SciPy refuse the latter by name.
"""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.integrate as si
import scipy.optimize as so

import hoad
from hoad.errors import HoadError

Function = Callable[..., Any]


class Model:
    def __init__(self, a: Any) -> None:
        self.a = a

    def __call__(self, x: Any) -> Any:
        return x**2 - self.a

    def method(self, x: Any) -> Any:
        return x**2 - self.a


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a: Any) -> None:
        self.a = a

    def method(self, x: Any) -> Any:
        return x**2 - self.a


class Deep:
    def __init__(self, a: Any) -> None:
        self.parts = {"models": [Model(a)]}

    @property
    def model(self) -> Model:
        return self.parts["models"][0]

    def method(self, x: Any) -> Any:
        return self.model.method(x)


class OfFunctions:
    """An object without a number of its own."""

    def __init__(self, f: Function) -> None:
        self.f = f

    def method(self, x: Any) -> Any:
        return self.f(x)


@dataclasses.dataclass(frozen=True)
class Data:
    a: Any

    def method(self, x: Any) -> Any:
        return x**2 - self.a


class Named(NamedTuple):
    a: Any

    def method(self, x: Any) -> Any:
        return x**2 - self.a


class Dictionary(dict):
    def method(self, x: Any) -> Any:
        return x**2 - self["a"]


def closure(a: Any) -> Function:
    return lambda x: x**2 - a


def default(a: Any) -> Function:
    return lambda x, b=a: x**2 - b


def keyword(a: Any) -> Function:
    def f(x: Any, *, b: Any = a) -> Any:
        return x**2 - b

    return f


def attribute(a: Any) -> Function:
    def f(x: Any) -> Any:
        return x**2 - f.a  # type: ignore[attr-defined]

    f.a = a  # type: ignore[attr-defined]
    return f


def generator(a: Any) -> Function:
    def each(x: Any) -> Any:
        yield x**2 - a

    return lambda x: next(each(x))


def array(a: Any) -> Function:
    values = np.array([a, 1.0])
    return lambda x: x**2 - values[0]


def unseen_class(a: Any) -> Function:
    return type("Own", (Model,), {"a": a, "__init__": lambda self: None})().method


def unseen_module(a: Any) -> Function:
    module = types.ModuleType("parameters")
    module.a = a  # type: ignore[attr-defined]
    return lambda x: x**2 - module.a


SEEN: dict[str, Callable[[Any], Function]] = {
    "closure": closure,
    "default": default,
    "keyword": keyword,
    "attribute": attribute,
    "generator": generator,
    "array": array,
    "object": Model,
    "method": lambda a: Model(a).method,
    "call of an object": lambda a: Model(a).__call__,
    "slots": lambda a: Slotted(a).method,
    "deep": lambda a: Deep(a).method,
    "dataclass": lambda a: Data(a).method,
    "named tuple": lambda a: Named(a).method,
    "own dictionary": lambda a: Dictionary(a=a).method,
    "object of functions": lambda a: OfFunctions(closure(a)).method,
    "object of objects": lambda a: OfFunctions(OfFunctions(Model(a)).method).method,
    "list of objects of functions": lambda a: (lambda all: lambda x: all[0].f(x))([OfFunctions(closure(a))]),
    "partial": lambda a: functools.partial(lambda a, x: x**2 - a, a),
    "partial of a method": lambda a: functools.partial(Model(a).method),
    "cached": lambda a: functools.lru_cache(closure(a)),
    "wrapped": lambda a: functools.wraps(abs)(closure(a)),
    "vectorized": lambda a: np.vectorize(closure(a)),
    "namespace": lambda a: (lambda space: lambda x: x**2 - space.a)(types.SimpleNamespace(a=a)),
}
UNSEEN = {"class": unseen_class, "module": unseen_module}
OWN: dict[str, Callable[[Function], Any]] = {
    "root": lambda f: hoad.root(f, 1.0),
    "brentq": lambda f: hoad.brentq(f, 0.0, 5.0),
    "fixed_point": lambda f: hoad.fixed_point(lambda x: x - 0.25 * f(x), 1.0),
    "implicit_function": lambda f: hoad.implicit_function(f, lambda: np.sqrt(2.0))(),
}
OF_SCIPY: dict[str, Callable[[Function], Any]] = {
    "brentq": lambda f: so.brentq(f, 0.0, 5.0),
    "root": lambda f: so.root(f, np.ones(1)).x[0],
    "newton": lambda f: so.newton(f, 1.0),
    "quad": lambda f: si.quad(f, 0.0, 1.0)[0],
}


def wanted(name: str, a: float) -> tuple[float, float]:
    """The first and second derivative of the solution by a."""
    if name == "quad":
        return -1.0, 0.0
    return 0.5 / np.sqrt(a), -0.25 / a**1.5


@pytest.mark.parametrize("how", [*SEEN, *UNSEEN])
@pytest.mark.parametrize("solver", OWN)
def test_own_solvers(solver: str, how: str) -> None:
    f = lambda a: OWN[solver]({**SEEN, **UNSEEN}[how](a))
    first, second = wanted(solver, 2.0)
    assert hoad.grad(f)(2.0) == pytest.approx(first, rel=1e-9)
    assert hoad.derivative(f)(2.0) == pytest.approx(first, rel=1e-9)
    assert hoad.hessian(f)(2.0) == pytest.approx(second, rel=1e-9)


@pytest.mark.parametrize("how", [*SEEN, *UNSEEN])
def test_minimisers(how: str) -> None:
    make = {**SEEN, **UNSEEN}[how]
    nearest = lambda f: hoad.minimize(lambda x: (x - f(0.0 * x)) ** 2, 1.0)
    best = lambda a: nearest(make(a))
    assert hoad.grad(best)(2.0) == pytest.approx(-1.0) == hoad.derivative(best)(2.0)


PAIRS = [(s, how) for s in OF_SCIPY for how in SEEN if (s, how) != ("root", "cached")]  # arrays have no hash


@pytest.mark.parametrize(("solver", "how"), PAIRS)
def test_solvers_of_scipy(solver: str, how: str) -> None:
    f = lambda a: OF_SCIPY[solver](SEEN[how](a))
    first, second = wanted(solver, 2.0)
    assert hoad.grad(f)(2.0) == pytest.approx(first, rel=1e-7)
    assert hoad.derivative(f)(2.0) == pytest.approx(first, rel=1e-7)
    assert hoad.hessian(f)(2.0) == pytest.approx(second, rel=1e-6)


@pytest.mark.parametrize("how", [*UNSEEN, "compiled"])
@pytest.mark.parametrize("solver", OF_SCIPY)
def test_what_solvers_of_scipy_do_not_see_is_refused(solver: str, how: str) -> None:
    """Those that are Python code follow it."""
    make = {**UNSEEN, "compiled": lambda a: hoad.compile(closure(a))}[how]
    try:
        found = hoad.grad(lambda a: OF_SCIPY[solver](make(a)))(2.0)
    except HoadError:
        return
    assert found == pytest.approx(wanted(solver, 2.0)[0])


def test_an_object_may_hold_itself() -> None:
    def best(a: Any, holds_itself: bool = True) -> Any:
        model = Model(a)
        model.itself = {"me": model, "way": model.method} if holds_itself else None  # type: ignore[attr-defined]
        return hoad.root(model.method, 1.0)

    for operator in (hoad.grad, hoad.derivative, hoad.hessian):
        found = operator(best)(2.0)
        assert found == pytest.approx(operator(lambda a: best(a, False))(2.0), rel=1e-12)
