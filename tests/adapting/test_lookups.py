"""Functions that a program finds by text, in all ways that Python has, are differentiated as others are."""

from __future__ import annotations

import importlib
import math
import operator
import sys
import types
from importlib import import_module
from math import sin
from operator import attrgetter, methodcaller

import numpy as np
import pytest

import hoad

FAR = """
import math
import numpy as np
from math import sin
K = 1.0
def energy(x):
    return math.exp(x) * sin(x)
def filled(x):
    held = np.zeros(2)
    held[0], held[1] = math.exp(x), sin(x)
    return held[0] * held[1]
class Body:
    scale = 1.0
    def energy(self, x):
        return math.exp(x) * sin(x) * self.scale
body = Body()
"""
sys.modules["found_by_text"] = far = types.ModuleType("found_by_text")
exec(FAR, vars(far))
# As names of this module's own: the code of the programs does not say what they are.
ENERGY, FILLED, BODY, SIN, FAR_NAME, MATH = "energy", "filled", "body", "sin", "found_by_text", "math"
GETTERS = {name: attrgetter(name) for name in ("energy", "filled", "sin", "exp", "body.energy", "body")}


def energy(x):
    return math.exp(x) * sin(x)


def right(x):
    return math.exp(x) * (math.sin(x) + math.cos(x))


PROGRAMS = {
    "vars, of a function": lambda x: vars(far)[ENERGY](x),
    "vars, of one that fills an array": lambda x: vars(far)[FILLED](x),
    "vars, of an object": lambda x: vars(far)[BODY].energy(x),
    "vars, of math": lambda x: vars(math)["exp"](x) * vars(math)[SIN](x),
    "vars, of NumPy": lambda x: vars(np)["exp"](x) * vars(np)[SIN](x),
    "vars, of a class": lambda x: vars(far.Body)[ENERGY](far.body, x),
    "__dict__": lambda x: far.__dict__[ENERGY](x),
    "__dict__, of math": lambda x: math.__dict__["exp"](x) * math.__dict__[SIN](x),
    "__dict__, get": lambda x: far.__dict__.get(FILLED)(x),
    "globals": lambda x: globals()[ENERGY](x),
    "globals, of a function of math": lambda x: globals()["sin"](x) * globals()[MATH].exp(x),
    "globals, get": lambda x: globals().get("nothing", globals().get(ENERGY))(x),
    "globals, among all": lambda x: next(f for n, f in globals().items() if n == ENERGY)(x),
    "globals, a copy": lambda x: {**globals()}[ENERGY](x),
    "globals, another copy": lambda x: dict(globals())[ENERGY](x),
    "globals, in a comprehension": lambda x: sum(globals()[n](x) for n in (ENERGY,)),
    "attrgetter": lambda x: attrgetter(ENERGY)(far)(x),
    "attrgetter, of two": lambda x: (lambda f, g: f(x) * g(x))(*attrgetter("exp", SIN)(math)),
    "attrgetter, of a module": lambda x: operator.attrgetter(FILLED)(far)(x),
    "attrgetter, made before": lambda x: GETTERS[ENERGY](far)(x),
    "attrgetter, of math, made before": lambda x: GETTERS["exp"](math)(x) * GETTERS["sin"](math)(x),
    "attrgetter, of a path": lambda x: GETTERS["body.energy"](far)(x),
    "attrgetter, of an object": lambda x: GETTERS["energy"](GETTERS["body"](far))(x),
    "methodcaller": lambda x: methodcaller(ENERGY, x)(far),
    "methodcaller, of math": lambda x: methodcaller("exp", x)(math) * methodcaller(SIN, x)(math),
    "sys.modules": lambda x: sys.modules[FAR_NAME].energy(x),
    "sys.modules, of math": lambda x: sys.modules[MATH].exp(x) * sys.modules["math"].sin(x),
    "sys.modules, by text alone": lambda x: getattr(sys.modules[FAR_NAME], FILLED)(x),
    "sys.modules, of its own": lambda x: sys.modules[__name__].energy(x),
    "import_module": lambda x: importlib.import_module(FAR_NAME).energy(x),
    "import_module, by its name": lambda x: import_module(MATH).exp(x) * import_module("math").sin(x),
    "import_module, vars": lambda x: vars(import_module(FAR_NAME))[FILLED](x),
    "__import__": lambda x: __import__(MATH).exp(x) * __import__("math").sin(x),
    "__import__, of the program's": lambda x: __import__(FAR_NAME).filled(x),
    "getattr": lambda x: getattr(far, BODY).energy(x),
    "getattr, of a class": lambda x: getattr(far, "Body")().energy(x),  # noqa: B009
}


@pytest.mark.parametrize("way", PROGRAMS)
def test_found_by_text(way: str) -> None:
    f, x = PROGRAMS[way], 0.7
    before = {m: dict(vars(m)) for m in (far, math, operator, importlib, sys.modules[__name__])}
    for _ in range(2):  # found, and known
        for got in (hoad.grad(f, x), hoad.derivative(f, x), hoad.jacobian(f, x, mode="forward")):
            assert got == pytest.approx(right(x), rel=1e-14)
    assert hoad.compile(hoad.grad(f))(x) == pytest.approx(right(x), rel=1e-14)
    for module, names in before.items():
        now = vars(module)
        assert [n for n in names if now[n] is not names[n]] == []


WRITERS = {
    "set": lambda names, x: names.__setitem__("K", x),
    "update": lambda names, x: names.update({"K": x}),
    "update, by keyword": lambda names, x: names.update(K=x),
    "setdefault": lambda names, x: (names.pop("K"), names.setdefault("K", x), names.setdefault("K", 0.0)),
    "del": lambda names, x: (names.__delitem__("K"), names.update(K=x)),
    "exec": lambda names, x: exec("K = 2 * y / 2", names, {"y": x}) or exec("K = len('ab')", names),
}


@pytest.mark.parametrize("how", WRITERS)
def test_what_is_written_goes_into_the_module(how: str) -> None:
    write = WRITERS[how]

    def f(x):
        names = vars(far)
        write(names, 2.0)
        assert "K" in names
        assert names.get("K") == names["K"] == far.K == dict(names.items())["K"] == 2.0
        assert len(names) == len(list(names)) == len(names.values())
        return far.K * names[ENERGY](x)

    try:
        assert hoad.grad(f, 0.7) == pytest.approx(2 * right(0.7), rel=1e-14)
        assert far.K == 2.0
    finally:
        far.K = 1.0


def test_sys_is_what_it_is() -> None:
    def f(x):
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(limit)
        sys.found_by_text = 3
        assert sys.modules["sys"].version_info >= (3, 11)
        assert isinstance(sys.modules, dict)
        assert len(sys.modules) > 10
        assert "math" in sys.modules
        return x * sys.float_info.max_exp

    try:
        assert hoad.grad(f, 2.0) == 1024.0
        assert sys.found_by_text == 3
    finally:
        del sys.found_by_text


def test_text_says_no_number_of_a_derivative() -> None:
    with pytest.raises(hoad.errors.HoadError, match="text"):
        hoad.grad(lambda x: exec(f"y = {x}") or x, 2.0)
