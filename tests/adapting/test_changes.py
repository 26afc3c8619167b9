"""A program that is changed after its first derivative is searched again, by whatever way it is changed."""

import functools
import math
import os
import subprocess
import sys
import types

import numpy as np
import pytest

import hoad
from hoad.adapting import search
from hoad.adapting.known import adaptation_of

TEXT = """
import math
import numpy as np
law = {start}
held = None
laws = {{"law": np.sin, "other": 1.0}}
rows = [np.sin]
def after(x):
    return math.exp(2.0 * x) if isinstance(x, float) else 0.0
def plain(x):
    return np.sin(x)
class Model:
    def __init__(self, law=plain):
        self.law = law
    def energy(self, x):
        return self.law(x)
    def __call__(self, x):
        return self.law(x)
model = Model()
"""


def program(body: str, start: str = "np.sin") -> types.ModuleType:
    made = types.ModuleType("changing")
    exec(TEXT.format(start=start) + body, made.__dict__)
    return made


def nonlocal_law(m):
    law = m.plain

    def f(x):
        return law(x)

    def change():
        nonlocal law
        law = m.after

    return f, change


def of_captured(m):
    inner, change = nonlocal_law(m)
    return (lambda x: inner(x)), change


def attribute(m):
    return m.model.energy, lambda: setattr(m.model, "law", m.after)


# For each way: a function of a module, which at first needs nothing, and what changes it.
WAYS = {
    "a global name": lambda m: (m.f, lambda: setattr(m, "law", m.after)),
    "a captured variable": nonlocal_law,
    "one captured further in": of_captured,
    "an attribute of the object of a method": attribute,
    "an attribute of an object that is called": lambda m: (m.model, lambda: setattr(m.model, "law", m.after)),
    "an attribute of a global object": lambda m: (
        lambda x: m.model.energy(x), lambda: setattr(m.model, "law", m.after)
    ),
    "an entry of a dictionary": lambda m: (
        lambda x, d=m.laws: d["law"](x), lambda: m.laws.update(law=m.after)
    ),
    "a new entry": lambda m: (lambda x: m.laws.get("new", np.sin)(x),
                              lambda: m.laws.update(new=m.after)),
    "an element of a list": lambda m: (lambda x: m.rows[-1](x), lambda: m.rows.append(m.after)),
    "a method of a class": lambda m: (
        m.model.energy, lambda: setattr(m.Model, "energy", lambda self, x: m.after(x))
    ),
    "a method that is called": lambda m: (
        lambda x: m.Model().energy(x), lambda: setattr(m.Model, "energy", lambda self, x: m.after(x))
    ),
    "a default": lambda m: (m.plain, lambda: m.__dict__.update(plain=m.after)),
    "the function of a partial": lambda m: (
        functools.partial(lambda law, x: law[0](x), m.rows), lambda: m.rows.insert(0, m.after)
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_change_is_seen(way: str) -> None:
    m = program("def f(x):\n    return law(x)\n")
    f, change = WAYS[way](m)
    assert hoad.grad(f, 0.3) == pytest.approx(math.cos(0.3))
    change()
    f = m.plain if way == "a default" else m.model.energy if "object of a method" in way else f
    f = m.model.energy if way == "a method of a class" else f
    assert hoad.grad(f, 0.3) == pytest.approx(2 * math.exp(0.6))


def test_a_name_that_was_data_at_first() -> None:
    m = program("def f(x):\n    return law(x) if law is not None else np.sin(x)\n", "None")
    assert hoad.grad(m.f, 0.3) == pytest.approx(math.cos(0.3))
    m.law = m.after
    assert hoad.grad(m.f, 0.3) == pytest.approx(2 * math.exp(0.6))


def test_a_name_that_was_not_there() -> None:
    m = program("def f(x):\n    return later(x) if x > 1.0 else np.sin(x)\n")
    assert hoad.grad(m.f, 0.3) == pytest.approx(math.cos(0.3))
    m.later = m.after
    assert hoad.grad(m.f, 1.3) == pytest.approx(2 * math.exp(2.6))


def test_objects_made_again_are_searched_once(monkeypatch) -> None:
    """An argument that leads to code costs no search at every call."""
    searched = []
    search = hoad.adapting.search
    monkeypatch.setattr(search, "known", lambda *args, known=search.known: searched.append(1) or known(*args))
    m = program("")
    for k in range(5):
        law = functools.partial(lambda model, x, a: a * model.energy(x), m.Model())
        assert hoad.grad(lambda x, law=law, k=k: law(x, a=k + 1.0), 0.3) == pytest.approx(
            (k + 1) * math.cos(0.3)
        )
    assert len(searched) == 1


def test_ufuncs_and_classes_lead_nowhere() -> None:
    assert adaptation_of(np.sin, (1.0,)) is None
    assert adaptation_of(float, (1.0,)) is None


@pytest.mark.parametrize("value", ["off", "0"])
def test_the_setting_holds_in_every_thread(value: str) -> None:
    program = (
        "import math, threading, hoad\ndef f(x): return math.exp(x)\ndef work():\n"
        "    try: hoad.grad(f, 1.0)\n"
        "    except hoad.errors.EscapeError: print('left', end='')\n"
        "work()\nt = threading.Thread(target=work)\nt.start()\nt.join()\n"
    )
    environment = {**os.environ, "HOAD_ADAPT": value}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "leftleft"


def test_what_has_not_changed_is_searched_once(monkeypatch) -> None:
    searched = []
    known = search.known
    monkeypatch.setattr(search, "known", lambda f, more: searched.append(f) or known(f, more))

    def captures(xp):
        def f(x):
            out = xp.zeros(1)
            out[0] = x
            return math.exp(out[0]) if type(x) is float else float(x)

        return f

    f, g = captures(np), captures(np)
    for _ in range(3):
        assert hoad.derivative(f, 0.5, 2) == hoad.hessian(f, 0.5) == pytest.approx(math.exp(0.5))
    assert len(searched) == 1
    hoad.grad(g, 0.5)  # its captured variable is another
    assert len(searched) == 2
