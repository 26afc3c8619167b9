"""Functions that hold an object of the same container: what they compute has its derivatives."""

from __future__ import annotations

import copy
import dataclasses
import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.integrate

import hoad
from hoad.errors import ArgumentError


class Model:
    """An object whose ``ways`` are filled by each case."""

    def __init__(self, a: Any, b: Any) -> None:
        self.a, self.b = a, b
        self.way: Any = None

    def rate(self, x: Any = 0.7) -> Any:
        return np.sum(np.exp(self.a * x) * self.b**2 * np.sin(self.a))


class Child:
    def __init__(self, parent: Any) -> None:
        self.parent, self.k = weakref.ref(parent), 1.0

    def rate(self) -> Any:
        return self.parent().rate() * self.k


class Callback:
    """An object without numbers."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self) -> Any:
        return self.function()


class Slots:
    __slots__ = ("__weakref__", "model", "way")

    def __init__(self, model: Any) -> None:
        self.model, self.way = model, model.rate


@dataclasses.dataclass(frozen=True)
class Frozen:
    model: Any
    way: Any


class Own(dict):  # type: ignore[type-arg]
    """A dictionary with attributes."""


def held(way: Callable[[Model], Any]) -> Callable[[Model], Any]:
    def make(model: Model) -> Any:
        model.way = way(model)
        return model

    return make


def in_own(model: Model) -> Any:
    own = Own(model=model)
    own.way = own["again"] = model.rate  # type: ignore[attr-defined]
    return own


def lasting(model: Model) -> Any:
    model.way = Child(model)
    return model


def at(way: Any, *, call: Callable[[Any], Any] = lambda w: w()) -> Any:
    return held(way), lambda m: call(m.way)


# How an object comes to hold itself, and how its function is called then.
CASES: dict[str, tuple[Callable[[Model], Any], Callable[[Any], Any]]] = {
    "method": at(lambda m: m.rate),
    "closure": at(lambda m: lambda: m.rate()),
    "closure over a list": at(lambda m: (lambda held: lambda: held[0].rate())([m])),
    "default": at(lambda m: lambda own=m: own.rate()),
    "partial": at(lambda m: functools.partial(Model.rate, m)),
    "partial of a method": at(lambda m: functools.partial(m.rate, 0.7)),
    "function of functions": at(lambda m: (lambda f: lambda: f())(m.rate)),
    "remembered": at(lambda m: functools.lru_cache(lambda: m.rate())),
    "np.vectorize": at(
        lambda m: np.vectorize(m.rate, signature="()->()"), call=lambda w: w(np.array([0.7]))[0]
    ),
    "dictionary": at(lambda m: {"rate": m.rate}, call=lambda w: w["rate"]()),
    "tuple in a list": at(lambda m: [("rate", m.rate)], call=lambda w: w[0][1]()),
    "weak reference": (lasting, lambda m: m.way.rate()),
    "weak method": at(lambda m: weakref.WeakMethod(m.rate), call=lambda w: w()()),
    "an object's": at(lambda m: Callback(m.rate)),
    "an object's in an object's": at(lambda m: Callback(Callback(lambda: m.rate()))),
    "a parent's": (lambda m: Frozen(m, Callback(m.rate)), lambda f: f.way()),
    "slots": (Slots, lambda s: s.way()),
    "frozen": (lambda m: Frozen(m, (m.rate,)), lambda f: f.way[0]()),
    "own dictionary": (in_own, lambda own: own.way()),
    "item of one": (in_own, lambda own: own["again"]()),
    "beside it": (lambda m: {"m": m, "f": m.rate}, lambda d: d["f"]()),
    "in a tuple": (lambda m: (m, m.rate), lambda d: d[1]()),
}


def model() -> Model:
    return Model(np.array([0.3, 0.8]), 1.3)


def plain(v: Any) -> Any:
    m = Model(v[:2], v[2])
    return m.rate()


POINT = np.array([0.3, 0.8, 1.3])
GRADIENT = hoad.grad(plain)(POINT)
HESSIAN = hoad.hessian(plain, POINT)


def numbers(found: Any) -> np.ndarray:
    """The two numbers of the model in what has the structure of a point."""
    leaves = [np.ravel(x) for x in hoad_leaves(found) if np.size(x)]
    return np.concatenate(leaves)[:3]


def hoad_leaves(tree: Any) -> list[Any]:
    from hoad.values.trees import flatten

    return [leaf for leaf in flatten(tree)[0] if isinstance(leaf, (float, np.ndarray, np.floating))]


@pytest.mark.parametrize("case", CASES)
def test_gradient(case: str) -> None:
    make, call = CASES[case]
    np.testing.assert_allclose(numbers(hoad.grad(call)(make(model()))), GRADIENT, rtol=1e-13)


@pytest.mark.parametrize("case", CASES)
def test_tangents(case: str) -> None:
    make, call = CASES[case]
    point, along = make(model()), make(Model(np.array([0.2, -0.4]), 0.9))
    value, change = hoad.jvp(call, (point,), (along,))
    np.testing.assert_allclose(value, plain(POINT), rtol=1e-15)
    assert change == pytest.approx(GRADIENT @ [0.2, -0.4, 0.9], rel=1e-13) or case == "weak reference"


@pytest.mark.parametrize("case", CASES)
def test_second_order(case: str) -> None:
    make, call = CASES[case]
    point, along = make(model()), make(Model(np.array([0.2, -0.4]), 0.9))
    if case == "weak reference":
        along.way.k = 0.0
    found = numbers(hoad.hvp(call, point, along))
    np.testing.assert_allclose(found, HESSIAN @ [0.2, -0.4, 0.9], rtol=1e-12)
    nested = hoad.grad(lambda p: hoad.jvp(call, (p,), (along,))[1])(point)
    np.testing.assert_allclose(numbers(nested), HESSIAN @ [0.2, -0.4, 0.9], rtol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_batches(case: str) -> None:
    make, call = CASES[case]
    points = make(Model(np.array([[0.3, 0.8], [0.5, 0.1]]), np.array([1.3, 0.4])))
    if case == "weak reference":
        points.way.k = np.ones(2)
    values = hoad.vmap(call)(points)
    np.testing.assert_allclose(values, [plain(POINT), plain(np.array([0.5, 0.1, 0.4]))], rtol=1e-14)


@pytest.mark.parametrize("case", CASES)
def test_the_users_object_stays(case: str) -> None:
    make, call = CASES[case]
    point = make(model())
    before = call(point)
    hoad.grad(call)(point)
    assert call(point) == before


def test_what_holds_no_object_stays_the_same_function() -> None:
    def f(x: float) -> float:
        return x

    seen = []

    def g(p: Any) -> Any:
        seen.append(p["f"])
        return p["f"](p["m"].a) ** 2

    m = Model(3.0, 1.0)
    hoad.grad(g)({"f": f, "m": m})
    assert all(s is f for s in seen)


def test_an_object_in_two_places_is_refused() -> None:
    m = model()
    with pytest.raises(ArgumentError, match=r"two places.*copy\.copy"):
        hoad.grad(lambda p: p["f"]())({"one": m, "other": m, "f": m.rate})
    other = copy.copy(m)
    found = hoad.grad(lambda p: p["f"]())({"one": m, "other": other, "f": m.rate})
    np.testing.assert_allclose(found["one"].a, GRADIENT[:2], rtol=1e-13)
    np.testing.assert_array_equal(found["other"].a, 0.0)


class Integrated:
    """It keeps its methods in attributes, and the integrand holds it."""

    def __init__(self, a: Any) -> None:
        self.a = a
        self.kept = {"name": self.name}
        self.me = self

    def name(self) -> str:
        return "it"

    def value(self) -> Any:
        return scipy.integrate.quad(lambda x: np.exp(-self.a * x), 0.0, 1.0)[0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_traced_objects_that_hold_themselves(mode: str) -> None:
    a = 0.7
    right = (np.exp(-a) * (1 + a) - 1) / a**2
    assert hoad.jacobian(lambda a: Integrated(a).value(), a, mode=mode) == pytest.approx(right, rel=1e-9)
