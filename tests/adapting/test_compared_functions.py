"""Programs that tell functions of NumPy's apart, by identity, by equality, or as keys of a table: whatever
stands for a function stands for it everywhere, or nowhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
import hoad.numpy
from hoad.errors import EscapeError


class Layer:
    def __init__(self, act: Any) -> None:
        self.act = act


class Slotted:
    __slots__ = ("act",)

    def __init__(self, act: Any) -> None:
        self.act = act


# How a program comes to do with hoad's functions: it writes, makes lists, does both or nothing.
BODIES = {
    "plain": "total = np.tanh(p[0]) * np.sum(p)",
    "writes": "y = np.zeros(2)\n    y[0] = np.tanh(p[0])\n    total = np.sum(y) * p[1]",
    "lists": "total = np.sum([p[0], np.tanh(p[1])])",
    "both": "y = np.zeros(2)\n    y[0] = p[0]\n    total = np.sum([y[0], np.tanh(p[1])])",
}
HOLDERS = {
    "an attribute": "layer.act", "a slot": "slotted.act", "a value of a dictionary": "named['act']",
    "an element of a tuple": "several[0]", "of a list": "listed[0]", "a name": "held", "a default": "default",
    "a captured variable": "captured", "an argument": "given",
}  # fmt: skip
FUNCTIONS = {
    "tanh": np.tanh,
    "sum": np.sum,
    "zeros": np.zeros,
    "concatenate": np.concatenate,
    "clip": np.clip,
    "linalg.norm": np.linalg.norm,
}
QUESTIONS = {
    "is": "{held} is np.{name}", "equal": "np.{name} == {held}", "in": "{held} in (np.cos, np.{name})",
    "key": "table.get({held}) == 7", "own key": "table.get(np.{name}) == 7", "set": "{held} in members",
    "index": "[np.cos, np.{name}].index({held}) == 1",
}  # fmt: skip


def program(body: str, holder: str, question: str, name: str) -> Callable[..., Any]:
    """A function whose value is ten times another where it does not know a function of NumPy's again."""
    function = FUNCTIONS[name]
    module = {
        "np": np, "layer": Layer(function), "slotted": Slotted(function), "named": {"act": function},
        "several": (function, 2.0), "listed": [function], "held": function, "members": {function, np.cos},
    }  # fmt: skip
    if "table" in question:
        module["table"] = {np.cos: 1, function: 7}
    asked = question.format(held=holder, name=name)
    text = (
        f"def made(captured):\n  def f(p, given, default=held):\n    {body}\n"
        f"    return total if {asked} else 10 * total\n  return f\nf = made(held)\n"
    )
    exec(compile(text.replace("\n    y[0]", "\n    y[0]"), f"<{name} {question}>", "exec"), module)
    return module["f"]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_known_again(body: str, question: str, name: str) -> None:
    p = np.array([0.3, 0.7])
    for holder in HOLDERS.values():
        f = program(BODIES[body], holder, QUESTIONS[question], name)
        plain = np.array(
            [(f(p + e, FUNCTIONS[name]) - f(p - e, FUNCTIONS[name])) / 2e-6 for e in 1e-6 * np.eye(2)]
        )
        if name == "zeros" and question in ("key", "own key", "set") and "y = " in BODIES[body]:
            with pytest.raises(EscapeError):  # it can't both be a key, and make arrays that are traced
                hoad.grad(f)(p, FUNCTIONS[name])
            continue
        found = hoad.grad(f)(p, FUNCTIONS[name])
        np.testing.assert_allclose(found, plain, rtol=1e-6, err_msg=holder)


def test_two_programs_of_one_module_at_turns() -> None:
    """What stands in the module serves both, the one that makes lists and the one that has a table."""
    module: dict[str, Any] = {"np": np, "table": {np.tanh: 2.0}, "layer": Layer(np.sin)}
    text = """
def lists(p): return np.sum([p[0], np.tanh(p[1])]) * (2.0 if layer.act is np.sin else 1.0)
def keyed(p):
    y = np.zeros(2)
    y[0] = p[0]
    return np.sum(y) * table.get(np.tanh, 1.0)
"""
    exec(compile(text, "<two programs>", "exec"), module)
    p = np.array([0.3, 0.7])
    for name, _ in itertools.product(("lists", "keyed", "lists"), range(2)):
        wanted = {"lists": [2.0, 2 * (1 - np.tanh(0.7) ** 2)], "keyed": [2.0, 0.0]}[name]
        np.testing.assert_allclose(hoad.grad(module[name])(p), wanted, rtol=1e-12)


def test_two_names_of_a_function_of_numpys_are_two_names_of_what_stands_for_it() -> None:
    names: dict[int, list[str]] = {}
    for name, function in vars(np).items():
        if callable(function):
            names.setdefault(id(function), []).append(name)
    assert [a for a in names.values() if len({id(getattr(hoad.numpy, n)) for n in a}) > 1] == []


def inner(x: Any) -> Any:
    return x**2


def test_code_that_is_put_in_the_place_of_another_is_met() -> None:
    """As tools do that load a module again and keep its functions."""

    def other(x: Any) -> Any:
        return x**3 if isinstance(x, float) else 0.0 * x

    old = inner.__code__
    try:
        df = hoad.grad(lambda x: inner(x[0]) + 0.0 * x[1])
        for _ in range(3):
            assert df(np.array([3.0, 1.0]))[0] == 6.0
        inner.__code__ = other.__code__
        assert df(np.array([3.0, 1.0]))[0] == 27.0
    finally:
        inner.__code__ = old
