"""Containers: objects of any class, as arguments and as values; what is left alone stays the same object; and
those that cannot be taken apart are refused.
"""

import argparse
import dataclasses
import enum
import functools
import logging
import types
from collections import UserDict, deque
from typing import Any, Generic, TypeVar

import attrs
import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError, NotDifferentiableError
from hoad.values.containers import is_container
from hoad.values.trees import flatten, unflatten

T = TypeVar("T")


class Plain:
    def __init__(self, x: Any, y: Any) -> None:
        self.x = x
        self.y = y


class Slots:
    __slots__ = ("__hidden", "__weakref__", "y")

    def __init__(self, x: Any, y: Any) -> None:
        self.__hidden = x
        self.y = y

    @property
    def x(self) -> Any:
        return self.__hidden


class Both(Slots):
    """Slots of the base, attributes of its own."""

    def __init__(self, x: Any, y: Any) -> None:
        super().__init__(x, y)
        self.name = "both"


class Generic_(Plain, Generic[T]):
    pass


class Guarded:
    """Sets nothing by the usual way, and refuses to be made without arguments."""

    def __init__(self, x: Any, y: Any) -> None:
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("frozen")


@attrs.define
class Attrs:
    x: Any
    y: Any


@attrs.frozen(slots=False)
class AttrsFrozen:
    x: Any
    y: Any


@dataclasses.dataclass
class WithMore:
    """A dataclass that keeps more than its fields."""

    x: Any
    y: Any

    def __post_init__(self) -> None:
        self.count = 2


class AttributeDict(dict[str, Any]):
    def __init__(self, **items: Any) -> None:
        super().__init__(**items)
        self.__dict__ = self


def namespace(x: Any, y: Any) -> Any:
    return types.SimpleNamespace(x=x, y=y)


def parsed(x: Any, y: Any) -> Any:
    return argparse.Namespace(x=x, y=y)


KINDS = [Plain, Slots, Both, Generic_, Guarded, Attrs, AttrsFrozen, WithMore, namespace, parsed]


@pytest.mark.parametrize("make", KINDS)
def test_the_gradient_is_of_the_same_type(make):
    point = make(2.0, np.array([1.0, 3.0]))
    value, g = hoad.value_and_grad(lambda p: p.x**2 * np.sum(p.y), point)
    assert type(g) is type(point)
    assert value == 16.0
    assert g.x == 16.0
    np.testing.assert_array_equal(g.y, [4.0, 4.0])
    assert point.x == 2.0


@pytest.mark.parametrize("make", KINDS)
def test_every_operator_takes_objects(make):
    def f(p: Any) -> Any:
        return p.x**3 * p.y

    point, change = make(2.0, 5.0), make(1.0, 10.0)
    value, tangent = hoad.jvp(f, (point,), (change,))
    assert (value, tangent) == (40.0, 60.0 + 80.0)
    assert hoad.jacobian(f, point, mode="forward").x == hoad.jacobian(f, point, mode="reverse").x == 60.0
    h = hoad.hessian(f, point)
    assert (h.x.x, h.x.y, h.y.x, h.y.y) == (60.0, 12.0, 12.0, 0.0)
    product = hoad.hvp(f, point, change)
    assert (product.x, product.y) == (60.0 + 120.0, 12.0)


@pytest.mark.parametrize("make", KINDS)
def test_objects_are_values_too(make):
    def f(t: Any) -> Any:
        return make(t**2, np.sin(t))

    d = hoad.derivative(f, 3.0)
    assert type(d) is type(make(0.0, 0.0))
    assert (d.x, d.y) == (6.0, np.cos(3.0))
    second = hoad.derivative(f, 3.0, n=2)
    assert (second.x, second.y) == (2.0, -np.sin(3.0))
    value, pullback = hoad.vjp(f, 3.0)
    assert value.x == 9.0
    assert pullback(make(1.0, 0.0)) == (6.0,)


def test_properties_and_methods_run():
    class Circle:
        def __init__(self, radius: Any) -> None:
            self.radius = radius

        @property
        def area(self) -> Any:
            return np.pi * self.radius**2

        def scaled(self, k: Any) -> "Circle":
            return Circle(self.radius * k)

        def __call__(self, k: Any) -> Any:
            return self.scaled(k).area

    assert hoad.grad(lambda c: c.area, Circle(3.0)).radius == 6 * np.pi
    assert hoad.grad(lambda c: c(2.0), Circle(3.0)).radius == pytest.approx(24 * np.pi, rel=1e-15)
    assert hoad.grad(Circle(3.0), 2.0) == pytest.approx(36 * np.pi, rel=1e-15)


def test_a_cached_property_is_worked_out_anew():
    """A value that was kept from before would hide the dependence."""

    class Circle:
        def __init__(self, radius: Any) -> None:
            self.radius = radius

        @functools.cached_property
        def area(self) -> Any:
            return np.pi * self.radius**2

    circle = Circle(3.0)
    assert circle.area == np.pi * 9
    g = hoad.grad(lambda c: c.area, circle)
    assert vars(g) == {"radius": 6 * np.pi}
    assert circle.area == np.pi * 9


def test_objects_with_arithmetic_are_containers_still():
    class Vector:
        def __init__(self, x: Any, y: Any) -> None:
            self.x, self.y = x, y

        def __add__(self, other: "Vector") -> "Vector":
            return Vector(self.x + other.x, self.y + other.y)

        def __mul__(self, k: Any) -> "Vector":
            return Vector(self.x * k, self.y * k)

        def __truediv__(self, k: Any) -> "Vector":
            return self * (1 / k)

    g = hoad.grad(lambda v: (v * 3.0 + v / 2.0).x ** 2, Vector(2.0, 1.0))
    assert (g.x, g.y) == (2 * 3.5**2 * 2.0, 0.0)
    stepped = Vector(2.0, 1.0) + g * -0.1  # what gradients are for
    assert stepped.x == 2.0 - 0.1 * g.x


def test_numpys_polynomial():
    g = hoad.grad(lambda p: p(2.0), np.polynomial.Polynomial([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(g.coef, [1.0, 2.0, 4.0])


def test_collections_of_ones_own():
    class Stack(list[Any]):
        pass

    class Pair(tuple[Any, ...]):
        __slots__ = ()

    point = AttributeDict(a=2.0, b=3.0)
    g = hoad.grad(lambda p: p.a ** p["b"], point)
    assert type(g) is AttributeDict
    assert g.a == g["a"] == 12.0
    stack = Stack([2.0, 5.0])
    stack.name = "s"  # type: ignore[attr-defined]
    g = hoad.grad(lambda s: s[0] * s.pop(), stack)
    assert type(g) is Stack
    assert (list(g), g.name) == ([5.0, 2.0], "s")
    assert list(stack) == [2.0, 5.0]
    g = hoad.grad(lambda p: p[0] * p[1], Pair((2.0, 5.0)))
    assert type(g) is Pair
    assert tuple(g) == (5.0, 2.0)
    assert hoad.grad(lambda p: p["a"] ** 2, UserDict(a=3.0))["a"] == 6.0
    assert list(hoad.grad(lambda p: p[0] * p[1], deque([2.0, 5.0]))) == [5.0, 2.0]


class Colour(enum.Enum):
    RED = 1.0


class Owner:
    """Owns something that must not be released twice."""

    def __init__(self) -> None:
        self.handle = 1.0

    def __del__(self) -> None:
        pass


def test_what_is_left_alone_stays_the_same_object():
    settings, logger, rng = Plain("fast", [None, "text"]), logging.getLogger("t"), np.random.default_rng(0)
    owner = Owner()
    point = Plain(
        2.0, {"s": settings, "log": logger, "rng": rng, "c": Colour.RED, "o": owner, "f": np.sin, "m": np}
    )

    def f(p: Any) -> Any:
        assert p.y["s"] is settings
        assert p.y["log"] is logger
        assert p.y["rng"] is rng
        assert p.y["c"] is Colour.RED
        assert p.y["o"] is owner
        return p.y["f"](p.x) * p.y["m"].exp(0.0)

    g = hoad.grad(f, point)
    assert g.x == np.cos(2.0)
    assert g.y["s"] is settings


def test_attributes_may_be_written_inside():
    def f(p: Any) -> Any:
        p.x *= p.y
        p.extra = p.x**2
        return p.extra

    point = Plain(2.0, 3.0)
    g = hoad.grad(f, point)
    assert vars(g) == {"x": 36.0, "y": 24.0}
    assert vars(point) == {"x": 2.0, "y": 3.0}


def test_an_extra_that_holds_no_traced_value_is_the_users_own():
    note = Plain(1.0, ["a"])
    _, (_, aux) = (None, hoad.grad(lambda x: (x**2, note), 3.0, has_aux=True))
    assert aux is note
    _, aux = hoad.grad(lambda x: (x**2, Plain(x, 1.0)), 3.0, has_aux=True)
    assert vars(aux) == {"x": 3.0, "y": 1.0}


def test_a_tangent_may_be_built_anew():
    point = Plain(2.0, Plain("left", "alone"))
    tangent = Plain(1.0, Plain("left", "alone"))
    assert hoad.jvp(lambda p: p.x**2, (point,), (tangent,)) == (4.0, 4.0)


def test_an_object_that_holds_itself_is_refused():
    child = Plain(1.0, None)
    child.y = Plain(2.0, [child])
    with pytest.raises(ArgumentError, match=r"a Plain holds itself.*weakref"):
        hoad.grad(lambda p: p.x, child)


def test_an_object_that_holds_no_float_is_refused():
    with pytest.raises(NotDifferentiableError, match="nothing in it is a float"):
        hoad.grad(lambda p: 1.0, Plain("a", None))
    with pytest.raises(NotDifferentiableError, match=r"write 1\.0 for 1"):
        hoad.grad(lambda p: 1.0, Plain(1, 2))


@pytest.mark.parametrize(
    "value", [Colour.RED, Owner(), logging.getLogger("t"), iter([1.0]), Plain, np.sin, np]
)
def test_what_is_no_container(value):
    assert not is_container(value)


@pytest.mark.parametrize("make", KINDS)
def test_there_and_back(make):
    leaves, structure = flatten([make(1.0, {"a": 2.0}), make(3.0, None)])
    assert [leaf for leaf in leaves if leaf.__class__ is float] == [1.0, 2.0, 3.0]
    again = unflatten(structure, leaves)
    assert again[0].y == {"a": 2.0}
    assert again[1].y is None
