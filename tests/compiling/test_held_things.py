"""A learned function holds one thing by two names, or two that are equal; it writes by one name, reads by the
other, and puts back what was there. Then a name is bound to another thing that is equal: nothing that it
holds has another value, and it computes something else. The run of the function is the specification.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import learning
import numpy as np
import pytest
from turns import by_turns

import hoad

X, V = np.array([0.4, 1.3, 0.7]), np.array([0.5, -1.0, 0.25])
HEAD = """\
import collections, dataclasses, functools
import numpy as np

class Model:
    def __init__(self):
        self.w = 2.0

class Slots:
    __slots__ = ("w",)
    def __init__(self):
        self.w = 2.0

class Row(list):
    pass

@dataclasses.dataclass
class Data:
    w: float = 2.0

class Box:
    pass

def given(v):
    return v
"""
# What makes one, how it is written to and how that is taken back, and what is read of it.
KINDS: dict[str, tuple[str, str, str, str]] = {
    "list": ("[2.0, 3.0]", "{}[0] = 5.0", "{}[0] = 2.0", "{}[0]"),
    "list that grows": ("[2.0, 3.0]", "{}.append(5.0)", "{}.pop()", "len({})"),
    "list in a list": ("[[2.0], 1.0]", "{}[0][0] = 5.0", "{}[0][0] = 2.0", "{}[0][0]"),
    "dictionary": ("{'a': 2.0}", "{}['a'] = 5.0", "{}['a'] = 2.0", "{}['a']"),
    "set": ("{2.0}", "{}.add(5.0)", "{}.discard(5.0)", "len({})"),
    "ordered dictionary": (
        "collections.OrderedDict(a=2.0)",
        "{}['a'] = 5.0",
        "{}['a'] = 2.0",
        "{}['a']",
    ),
    "counter": ("collections.Counter(a=2)", "{}['a'] = 5", "{}['a'] = 2", "{}['a']"),
    "array": ("np.array([2.0, 3.0])", "{}[0] = 5.0", "{}[0] = 2.0", "{}[0]"),
    "array, by a view": ("np.array([2.0, 3.0])", "{}[:1].fill(5.0)", "{}[:1].fill(2.0)", "{}[0]"),
    "array, as out": (
        "np.array([2.0, 3.0])",
        "np.add({0}, 1.0, out={0})",
        "np.subtract({0}, 1.0, out={0})",
        "{}[0]",
    ),
    "object": ("Model()", "{}.w = 5.0", "{}.w = 2.0", "{}.w"),
    "object with slots": ("Slots()", "{}.w = 5.0", "{}.w = 2.0", "{}.w"),
    "data class": ("Data()", "{}.w = 5.0", "{}.w = 2.0", "{}.w"),
    "class of lists": ("Row([2.0])", "{}[0] = 5.0", "{}[0] = 2.0", "{}[0]"),
}
# Where a name lives: how it is bound there, how it is read, how it is bound to something else.
PLACES: dict[str, tuple[str, str, str]] = {
    "global": ("{i} = {v}", "{i}", "{i} = {v}"),
    "default": ("", "{i}", "f.__defaults__ = f.__defaults__[:{k}] + ({v},) + f.__defaults__[{k} + 1:]"),
    "default of a keyword": ("", "{i}", "f.__kwdefaults__['{i}'] = {v}"),
    "captured": ("", "{i}", "cells['{i}']({v})"),
    "attribute": ("b{i} = Box()\nb{i}.a = {v}", "b{i}.a", "b{i}.a = {v}"),
    "attribute of a class": ("class C{i}:\n    a = {v}", "C{i}.a", "C{i}.a = {v}"),
    "attribute of a function": ("def g{i}():\n    pass\ng{i}.a = {v}", "g{i}.a", "g{i}.a = {v}"),
    "element": ("l{i} = [{v}, 1.0]", "l{i}[0]", "l{i}[0] = {v}"),
    "element of a tuple": ("t{i} = ({v}, 1.0)", "t{i}[0]", "t{i} = ({v}, 1.0)"),
    "entry": ("d{i} = dict(k={v})", "d{i}['k']", "d{i}['k'] = {v}"),
    "partial function": (
        "p{i} = functools.partial(given, {v})",
        "p{i}()",
        "p{i} = functools.partial(given, {v})",
    ),
    "global of another function": ("{i} = {v}\ndef h{i}():\n    return {i}", "h{i}()", "{i} = {v}"),
}
# Whether the two names have one thing at first, and which have what later.
CHANGES: dict[str, tuple[bool, dict[str, str]]] = {
    "the first has its own": (True, {"A": "new()"}),
    "the second has its own": (True, {"B": "new()"}),
    "each has its own": (True, {"A": "new()", "B": "new()"}),
    "the first has that of the second": (False, {"A": "second"}),
    "the second has that of the first": (False, {"B": "first"}),
    "both have another": (False, {"A": "third", "B": "third"}),
}
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: hoad.grad(f)(X),
    "value_and_grad": lambda f: np.hstack(hoad.value_and_grad(f)(X)),
    "hessian": lambda f: hoad.hessian(f)(X),
    "hvp": lambda f: hoad.hvp(f, X, V),
    "jvp": lambda f: np.hstack(hoad.jvp(f, X, V)),
}


def program(kind: str, places: tuple[str, str], is_one: bool) -> dict[str, Any]:
    """The names of a module with a function that holds something of a kind in two places."""
    made, write, back, read = KINDS[kind]
    lines = [HEAD, f"def new():\n    return {made}", "first, third = new(), new()"]
    lines.append("second = first" if is_one else "second = new()")
    named: dict[str, list[str]] = {"default": [], "default of a keyword": [], "captured": []}
    values = {"A": "first", "B": "second"}
    for (i, value), place in zip(values.items(), places, strict=True):
        if place in named:
            named[place].append(i)
        lines.append(PLACES[place][0].format(i=i, v=value))
    a, b = [PLACES[place][1].format(i=i) for i, place in zip("AB", places, strict=True)]
    parameters = ["x", *[f"{i}={values[i]}" for i in named["default"]]]
    parameters += ["*"] * bool(named["default of a keyword"])
    parameters += [f"{i}={values[i]}" for i in named["default of a keyword"]]
    captured = ", ".join([f"{i}={values[i]}" for i in named["captured"]])
    cells = [f"    def set{i}(v):\n        nonlocal {i}\n        {i} = v" for i in named["captured"]]
    lines += [f"def make({captured}):", *cells, f"    def f({', '.join(parameters)}):"]
    body = [f"a = {a}", write.format("a"), f"b = {b}", f"y = {read.format('b')} * np.sum(x**3)"]
    lines += ["        " + line for line in (*body, back.format("a"), "return y")]
    lines += [f"    return f, dict({', '.join([f'{i}=set{i}' for i in named['captured']])})"]
    lines += ["f, cells = make()"]
    names: dict[str, Any] = {"__name__": "of_held_things"}
    exec(compile("\n".join(lines), "<held things>", "exec", dont_inherit=True), names)
    return names


def check(kind: str, places: tuple[str, str], change: str, operator: str) -> None:
    """A change is met, under an operator."""
    is_one, bound = CHANGES[change]
    names, run = program(kind, places, is_one), OPERATORS[operator]
    before = [run(names["f"]) for _ in range(6)][-1]
    assert learning.hits(names["f"])
    for i, value in bound.items():
        place, k = places["AB".index(i)], int(i == "B" and places[0] == places[1])
        exec(PLACES[place][2].format(i=i, v=value, k=k), names)
    found = [run(names["f"]) for _ in range(6)]
    with hoad.run_each_time():
        right = run(names["f"])
    assert not np.allclose(before, right)
    for one in found:
        np.testing.assert_allclose(one, right, rtol=1e-12)


@pytest.mark.parametrize(("kind", "first", "second"), by_turns(KINDS, PLACES, PLACES, every=61))
def test_a_thing_that_is_another_one_is_met(kind: str, first: str, second: str) -> None:
    turn = sum([[*table].index(name) for table, name in ((KINDS, kind), (PLACES, first), (PLACES, second))])
    for k, change in enumerate(CHANGES):
        with learning.at_once():
            check(kind, (first, second), change, [*OPERATORS][(turn + k) % len(OPERATORS)])


# Arrays that lie in the memory of each other, and do so no more, or otherwise.
MEMORY: list[tuple[str, str]] = [
    ("A = np.full(4, 2.0); B = A[:2]", "B = B.copy()"),
    ("A = np.full(4, 2.0); B = A[:2]", "B = A[2:]"),
    ("A = np.full(4, 2.0); B = A[2:]", "B = A[:2]"),
    ("A = np.full(4, 2.0); B = A[::2]", "B = A[::-2]"),
    ("A = np.full(4, 2.0); B = A.copy()", "B = A.view()"),
    ("A = np.full(4, 2.0); B = A.copy()", "del A; A = B[:]"),
    ("A = np.full(4, 2.0); B = A", "A = A.copy(); B = A"),
    ("A = np.full(4, 2.0); B = A.copy()", "A, B = B, A"),
    ("b = bytearray(np.full(4, 2.0)); A, B = np.frombuffer(b), np.frombuffer(b)", "B = np.full(4, 2.0)"),
    ("b = bytearray(np.full(4, 2.0)); A, B = np.frombuffer(b), np.full(4, 2.0)", "B = np.frombuffer(b)"),
    (
        "A, B = np.full(4, 2.0), np.full(4, 2.0)",
        "B = np.lib.stride_tricks.as_strided(A, (4,), (8,))",
    ),
    ("from scipy import stats; A = np.full(4, 2.0); B = stats.norm(A).args[0]", "A = A.copy()"),
]


@pytest.mark.parametrize(("setting", "change"), MEMORY)
def test_an_array_in_the_memory_of_another_is_met(setting: str, change: str) -> None:
    names: dict[str, Any] = {"np": np}
    exec(setting, names)
    exec("def f(x):\n    A[0] = 5.0\n    y = B[0] * np.sum(x**3)\n    A[0] = 2.0\n    return y", names)
    gradient = hoad.grad(names["f"])
    with learning.at_once():
        for _ in range(6):
            gradient(X)
        assert learning.hits(names["f"])
        exec(change, names)
        found = [gradient(X) for _ in range(6)]
        with hoad.run_each_time():
            right = gradient(X)
    for one in found:
        np.testing.assert_allclose(one, right, rtol=1e-12)


# Comparisons of identities, of what lies within something else and of functions.
COMPARED: dict[str, tuple[str, str, str]] = {
    "element": ("A = [2.0]; T = [A]", "T[0] is A", "T[0] = [2.0]"),
    "element, by names": ("A = [2.0]; T = [A]", "(lambda a, b: a is b)(T[0], A)", "T[0] = [2.0]"),
    "function": ("g = (lambda: lambda v: v); h = g(); k = h", "h is k", "k = g()"),
    "function, as equal": ("g = (lambda: lambda v: v); h = g(); k = g()", "h == k", "k = h"),
    "function in a table": ("g = (lambda: lambda v: v); h = g(); T = [g(), h]", "T.index(h)", "T[0] = h"),
    "partial function": (
        "from functools import partial; h = partial(np.sin, 1.0); k = h",
        "h == k",
        "k = partial(np.sin, 1.0)",
    ),
}


@pytest.mark.parametrize("state", COMPARED)
def test_identities_that_are_compared_are_met(state: str) -> None:
    setting, condition, change = COMPARED[state]
    names: dict[str, Any] = {"np": np}
    exec(setting, names)
    exec(f"def f(x):\n    return np.sum(x**3) * (2.0 if {condition} else 3.0)", names)
    gradient = hoad.grad(names["f"])
    with learning.at_once():
        before = [gradient(X) for _ in range(6)][-1]
        assert learning.hits(names["f"])
        exec(change, names)
        found = [gradient(X) for _ in range(6)]
        with hoad.run_each_time():
            right = gradient(X)
    assert not np.allclose(before, right)
    for one in found:
        np.testing.assert_allclose(one, right, rtol=1e-12)


def test_functions_that_are_made_anew_with_equal_things_are_known() -> None:
    """Where the new ones lie where others have lain before, too."""

    def made(times: Any) -> Callable[[Any], Any]:
        row, table = [1.0, [2.0, 3.0]], {"a": times[:2], "whole": times}

        def f(x: Any) -> Any:
            out = np.zeros(3)
            out[0] = row[0]
            return np.sum(times * x**3) * row[1][0] + table["a"][1] + out @ x + table["whole"][1] * x[0]

        return f

    kept = []
    with learning.at_once():
        for k in range(60):
            f = made(np.linspace(0.0, 1.0, 3))
            hoad.grad(f)(X)
            kept += [f] if k % 7 == 0 else []
        assert learning.hits(f) > 50
