"""Caches of ``functools`` by every road on which a number that is differentiated comes to one, whose C code
asks for its hash: what was kept for a plain number, or in another derivative, is no result for it.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.integrate as si
import scipy.optimize as so

import hoad

Function = Callable[..., Any]
POINT = 2.0


class Slotted:
    __slots__ = ("f",)

    def __init__(self, f: Function) -> None:
        self.f = f

    def __call__(self, x: Any) -> Any:
        return self.f(x)


@dataclasses.dataclass(frozen=True)
class Key:
    x: Any


class Named:
    """An object that is hashed by code of the user's."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __hash__(self) -> int:
        return hash((self.x, "named"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and bool(self.x == other.x)


def method_of(f: Function) -> Function:
    """A method that has a cache, of a class whose objects are all equal."""

    class Model:
        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            return True

        @functools.cache  # noqa: B019
        def cube(self, x: Any) -> Any:
            return f(x)

        other = functools.partialmethod(functools.cache(lambda self, x: f(x)))
        class_method = classmethod(functools.cache(lambda cls, x: f(x)))
        __call__ = functools.cache(lambda self, x: f(x))
        __getitem__ = functools.cache(lambda self, x: f(x))
        static = staticmethod(functools.cache(f))

    return Model()  # type: ignore[return-value]


def without_text(c: Function) -> Function:
    names: dict[str, Any] = {"c": c}
    exec(compile("def g(x):\n    return c(x)", "<no text>", "exec"), names)
    found: Function = names["g"]
    return found


def in_a_property(f: Function) -> Function:
    @dataclasses.dataclass(frozen=True)
    class Model:
        x: Any
        cube = property(functools.cache(lambda self: f(self.x)))

    return lambda x: Model(x).cube


def called_at_once(f: Function) -> Function:
    def g(x):
        c = functools.cache(f)
        return c(2.0) * 0.0 + c(x)

    return g


C = functools.cache
ROADS: dict[str, Callable[[Function], Function]] = {
    "itself": C,
    "bounded": functools.lru_cache,
    "typed": functools.lru_cache(maxsize=None, typed=True),
    "a cache of a cache": lambda f: C(C(f)),
    "a name": lambda f: (lambda c: lambda x: c(x))(C(f)),
    "by an option": lambda f: (lambda c: lambda x: c(x=x))(C(lambda x: f(x))),
    "unpacked": lambda f: (lambda c: lambda *x: c(*x))(C(f)),
    "partial": lambda f: functools.partial(C(lambda a, x: f(x) * a), 1.0),
    "partial of a name": lambda f: (lambda c: lambda x: c(x))(functools.partial(C(lambda a, x: f(x) * a), 1)),
    "partial of partial": lambda f: functools.partial(functools.partial(C(lambda a, b, x: f(x)), 1.0), 2.0),
    "wraps": lambda f: functools.wraps(f)((lambda c: lambda x: c(x))(C(f))),
    "list": lambda f: (lambda all: lambda x: all[0](x))([C(f)]),
    "tuple": lambda f: (lambda all: lambda x: all[-1](x))((f, C(f))),
    "dictionary": lambda f: (lambda all: lambda x: all["f"](x))({"f": C(f)}),
    "dictionary, asked": lambda f: (lambda all: lambda x: all.get("f", f)(x))({"f": C(f)}),
    "list of a dictionary": lambda f: (lambda all: lambda x: all["f"][0](x))({"f": [C(f)]}),
    "loop": lambda f: (lambda all: lambda x: sum([c(x) for c in all]))([C(f)]),
    "namespace": lambda f: (lambda space: lambda x: space.f(x))(types.SimpleNamespace(f=C(f))),
    "slots": lambda f: Slotted(C(f)),
    "method of slots": lambda f: Slotted(C(f)).__call__,
    "attribute of a function": lambda f: (lambda g: (setattr(g, "c", C(f)), lambda x: g.c(x))[1])(
        lambda x: x
    ),
    "getattr": lambda f: (lambda space: lambda x: getattr(space, "f")(x))(  # noqa: B009
        types.SimpleNamespace(f=C(f))
    ),
    "method": lambda f: method_of(f).cube,  # type: ignore[attr-defined]
    "method, called": lambda f: (lambda m: lambda x: m.cube(x))(method_of(f)),  # type: ignore[attr-defined]
    "partial method": lambda f: (lambda m: lambda x: m.other(x))(method_of(f)),  # type: ignore[attr-defined]
    "static method": lambda f: (lambda m: lambda x: m.static(x))(method_of(f)),  # type: ignore[attr-defined]
    "class method": lambda f: (lambda m: lambda x: m.class_method(x))(method_of(f)),  # type: ignore[attr-defined]
    "object that is called": method_of,
    "object that is called by name": lambda f: (lambda m: lambda x: m(x))(method_of(f)),
    "subscript": lambda f: (lambda m: lambda x: m[x])(method_of(f)),  # type: ignore[index]
    "no text": lambda f: without_text(C(f)),
    "map": lambda f: (lambda c: lambda x: sum(map(c, [x])))(C(f)),
    "map in a loop": lambda f: (lambda c: lambda x: sum([y * 1.0 for y in map(c, [x])]))(C(f)),
    "map, unpacked": lambda f: (lambda c: lambda x: sum([*map(c, [x])]))(C(f)),
    "reduce": lambda f: (lambda c: lambda x: functools.reduce(c, [x], 1.0))(C(lambda one, x: one * f(x))),
    "key of an order": lambda f: (lambda c: lambda x: c(sorted([x, 9 * x], key=c)[0]))(C(f)),
    "in a tuple": lambda f: (lambda c: lambda x: c((x, 1)))(C(lambda pair: f(pair[0]))),
    "in an object": lambda f: (lambda c: lambda x: c(Key(x)))(C(lambda key: f(key.x))),
    "in an object of its own hash": lambda f: (lambda c: lambda x: c(Named(x)))(C(lambda key: f(key.x))),
    "property": in_a_property,
    "made where it is called": called_at_once,
    "what is made is called": lambda f: (lambda make: lambda x: make()(x))((lambda c: lambda: c)(C(f))),
}
SECOND = {
    mode: (lambda f, mode=mode: hoad.hessian(f, mode=mode), 12.0)
    for mode in ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")
}
WAYS: dict[str, tuple[Callable[[Function], Function], float]] = {
    "grad": (hoad.grad, 12.0),
    "derivative": (hoad.derivative, 12.0),
    "value": (lambda f: lambda x: hoad.value_and_grad(f)(x)[0], 8.0),
    "jvp": (lambda f: lambda x: hoad.jvp(f, (x,), (1.0,))[1], 12.0),
    "series": (lambda f: lambda x: hoad.derivatives(f, x, 2)[2], 12.0),
    "grad within derivative": (lambda f: hoad.derivative(hoad.grad(f)), 12.0),
    "grad of compiled": (lambda f: hoad.grad(hoad.compile(f)), 12.0),
    **SECOND,
}


def cube(x: Any) -> Any:
    return x * x * x


@pytest.mark.filterwarnings("error::hoad.errors.KeptValueWarning")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("road", ROADS)
def test_what_a_cache_has_takes_no_derivative_away(road: str, way: str) -> None:
    g = ROADS[road](lambda x: x * x * x)
    operator, right = WAYS[way]
    for _ in range(2):
        assert g(POINT) == 8.0
        assert type(g(POINT)) is float
        assert float(operator(g)(POINT)) == pytest.approx(right, rel=1e-12)


def test_one_derivative_after_another_of_the_same_cache() -> None:
    for road, first, second in itertools.product(("itself", "list", "no text"), WAYS, WAYS):
        g = ROADS[road](cube)
        for way in (first, second):
            assert float(WAYS[way][0](g)(POINT)) == pytest.approx(WAYS[way][1], rel=1e-12), (road, way)


SOLVERS: dict[str, Callable[[Function], Any]] = {
    "brentq": lambda f: so.brentq(f, 0.0, 5.0),
    "bisect": lambda f: so.bisect(f, 0.0, 5.0, xtol=1e-12),
    "root_scalar": lambda f: so.root_scalar(f, bracket=(0.0, 5.0)).root,
    "newton": lambda f: so.newton(f, 1.0),
    "newton from the root": lambda f: so.newton(f, 2.0),
    "hoad's root": lambda f: hoad.root(f, 1.0),
    "hoad's brentq": lambda f: hoad.brentq(f, 0.0, 5.0),
}
# The function a -> (x -> x**2 - 2 a), of whose root at a = 2 the second derivative is -1/8.
GIVEN: dict[str, Callable[[Any], Function]] = {
    "the cache": lambda a: C(lambda x: x**2 - 2 * a),
    "bounded": lambda a: functools.lru_cache(maxsize=2)(lambda x: x**2 - 2 * a),
    "a partial": lambda a: functools.partial(C(lambda b, x: x**2 - 2 * a * b), 1.0),
    "within": lambda a: (lambda c: lambda x: c(x) - 2 * a)(C(lambda x: x**2)),
    "a partial within": lambda a: (lambda c: lambda x: c(x) - 2 * a)(functools.partial(C(pow), exp=2)),
    "from a list": lambda a: (lambda all: lambda x: all[0](x) - 2 * a)([C(lambda x: x**2)]),
    "made in the callback": lambda a: lambda x: C(lambda x: x**2)(x) - 2 * a,
    "a global one": lambda a: lambda x: SQUARE(x) - 2 * a,
}
SQUARE = C(lambda x: x**2)


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_that_are_given_a_cache(solver: str, given: str) -> None:
    f = lambda a: SOLVERS[solver](GIVEN[given](a))
    for x in (0.0, 1.0, 2.0, 5.0):
        SQUARE(x)
    assert f(2.0) == pytest.approx(2.0, rel=1e-9)
    assert hoad.grad(f)(2.0) == pytest.approx(0.5, rel=1e-7)
    assert hoad.derivative(f)(2.0) == pytest.approx(0.5, rel=1e-7)
    for operator, _ in SECOND.values():
        assert operator(f)(2.0) == pytest.approx(-0.125, rel=1e-6)


def test_integrals_of_a_cache() -> None:
    f = lambda a: si.quad(C(lambda x: a**3 * x), 0.0, 1.0)[0]
    assert hoad.grad(f)(2.0) == pytest.approx(6.0)
    assert hoad.hessian(f)(2.0) == pytest.approx(6.0)


def test_tables_beside_a_cache_in_code_without_text() -> None:
    names: dict[str, Any] = {"c": C(cube), "table": {2.0: 5.0}}
    exec(compile("def g(x):\n    return table.get(x, 0.0) * x + c(x)", "<no text>", "exec"), names)
    g = names["g"]
    for _ in range(2):
        assert g(2.0) == 18.0
        assert hoad.grad(g)(2.0) == 17.0
        assert hoad.hessian(g)(2.0) == 12.0


def test_tables_beside_a_cache_are_looked_into_by_value() -> None:
    table, c = {2.0: 5.0}, C(cube)
    f = lambda x: table.get(x, c(x) * 0.0) * x + c(x) * len({x, 2.0, *map(c, [x])})
    assert hoad.grad(f)(2.0) == 29.0
    np.testing.assert_allclose(hoad.hessian(f)(2.0), 24.0)
