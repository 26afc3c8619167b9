"""Whatever a function reads beside its arguments is seen to have changed, and nothing else is."""

from __future__ import annotations

import collections
import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.interpolate import CubicSpline

import hoad
from hoad.adapting.holdings import Holdings

MODULE = types.ModuleType("settings_of_a_user")
MODULE.__dict__["scale"] = 1.0
WEIGHTS = np.ones(3)
LISTS: list[Any] = [[np.ones(3)], (1.0, "text")]


class Rates:
    """Data of a class, which objects may override."""

    step = 0.5


class Model:
    """A method that reads some attributes, and not others."""

    __slots__ = ("__dict__", "slot")

    def __init__(self) -> None:
        self.k = np.ones(3)
        self.slot = np.ones(3)
        self.calls = 0
        self.rest = 0.0
        self.log: list[int] = []
        self.inner = Rates()

    def __call__(self, x: Any) -> Any:
        return self.k * x * self.slot * self.inner.step

    def method(self, x: Any) -> Any:
        return helper(x) * self.k

    def solve(self) -> int:
        self.calls += 1
        return len(self.log)

    @property
    def derived(self) -> Any:
        return 2.0 * self.k


def helper(x: Any) -> Any:
    return x * WEIGHTS * MODULE.scale


def captured() -> tuple[Callable[..., Any], Callable[[], None]]:
    """A variable that is bound anew."""
    c = 1.0

    def f(x: Any) -> Any:
        return (lambda y: c * y)(x)

    def change() -> None:
        nonlocal c
        c = 2.0

    return f, change


def assigned(holder: Any, name: Any, value: Any) -> Callable[[], None]:
    """What puts a value in a place."""

    def change() -> None:
        if isinstance(holder, (dict, list, np.ndarray, collections.deque)):
            holder[name] = value
        else:
            setattr(holder, name, value)

    return change


def cases() -> dict[str, tuple[Any, Callable[[], None]]]:
    """A function of each kind, with a change of what it holds."""
    m, large, floats = Model(), np.zeros(100_000), np.zeros((600, 7, 2), np.complex64)[:, 1:]
    objects, words, queue = np.array([1.0, "a"], object), np.array(["a", "b"]), collections.deque([1.0])
    table, members, spline = {"a": [1.0]}, {1.0}, CubicSpline(np.arange(4.0), np.arange(4.0) ** 2)
    matrix, ordered = sp.csr_array(np.eye(3)), collections.OrderedDict(a=np.ones(2))
    made = hoad.grad(lambda x: np.sum(x * large[:3]))
    plain = lambda value: lambda x: (value, x)[1]

    def default(x: Any, k: Any = np.ones(3), *, also: Any = WEIGHTS) -> Any:  # noqa: B008
        return x * k * also

    return {
        "captured": captured(),
        "array": (helper, assigned(WEIGHTS, 0, 5.0)),
        "module": (helper, assigned(MODULE, "scale", 3.0)),
        "lists": (lambda x: x * LISTS[0][0], assigned(LISTS[0][0], 1, 3.0)),
        "text": (lambda x: LISTS[1], assigned(LISTS, 1, (1.0, "other"))),
        "method": (m.method, assigned(m.k, 0, 3.0)),
        "object": (m, assigned(m, "slot", np.zeros(3))),
        "object in it": (Model.__call__.__get__(m), assigned(m.inner, "step", 2.0)),
        "class": (lambda x: x * Rates.step, assigned(Rates, "step", 0.25)),
        "property": (lambda x: x * m.derived, assigned(m, "k", np.zeros(3))),
        "large": (plain(large), assigned(large, -1, -0.0)),
        "large, of other layout": (plain(floats), assigned(floats, (599, 5, 1), 1j)),
        "array of objects": (plain(objects), assigned(objects, 1, "b")),
        "array of text": (plain(words), assigned(words, 1, "c")),
        "deque": (plain(queue), assigned(queue, 0, 2.0)),
        "dictionary": (plain(table), lambda: table["a"].append(2.0)),
        "ordered": (plain(ordered), assigned(ordered["a"], 0, 2.0)),
        "set": (plain(members), lambda: members.add(2.0)),
        "library": (lambda x: spline(x), assigned(spline.c, (0, 0), 7.0)),
        "sparse": (lambda x: matrix @ x, assigned(matrix.data, 0, 7.0)),
        "made": (made, assigned(large, 2, 4.0)),
        "partial": (functools.partial(np.multiply, m.k), assigned(m.k, 2, 4.0)),
        "default": (default, assigned((default.__defaults__ or ())[0], 1, 4.0)),
        "keyword": (default, assigned(default.__kwdefaults__, "also", np.zeros(3))),
        "function": (lambda x: MODULE.turn(x), assigned(MODULE, "turn", np.cos)),
    }


MODULE.__dict__["turn"] = np.sin


@pytest.mark.parametrize("name", list(cases()))
def test_what_changes_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rates, "step", Rates.step)
    for key in ("scale", "turn"):
        monkeypatch.setattr(MODULE, key, getattr(MODULE, key))
    f, change = cases()[name]
    held = Holdings(f)
    assert held.changed() == ""
    change()
    assert held.changed()
    assert Holdings(f).changed() == ""


def test_what_is_not_read_may_change() -> None:
    """Attributes by other names, and what is bound while a derivative runs."""
    m = Model()
    held = Holdings(m.method)
    m.calls += 1
    m.log.append(1)
    m.rest = 1.0
    assert held.changed() == ""
    seen: list[str] = []
    hoad.grad(lambda x: (seen.append(held.changed()), np.sum(m.method(x)))[1], np.ones(3))
    assert seen == [""]


def test_an_attribute_may_come_later() -> None:
    m = Model()
    held = Holdings(lambda x: x * m.inner.step)
    m.inner.step = 3.0
    assert held.changed() == "step"


def test_what_holds_itself() -> None:
    loop: list[Any] = [1.0]
    loop.append(loop)
    held = Holdings(lambda x: x * loop[0])
    assert held.changed() == ""
    loop[0] = 2.0
    assert held.changed() == "loop"
