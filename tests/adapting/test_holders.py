"""Objects of the user's are found in whatever holds them: a model in a namespace, a member of an enumeration.

The class of the model is in a module that the program does not name, so what holds the model is the only way
to its code.
"""

from __future__ import annotations

import argparse
import collections
import enum
import importlib
import logging
import math
import queue
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

import pytest

import hoad
from hoad.adapting.signature import signature

MODULE = """
import math

class Law:
    def at(self, x):
        return math.sin(2.0 * x)
"""
Box = collections.namedtuple("Box", "law")


class Table(dict):
    """A dictionary of the user's, whose entries may be written in no other way than its own."""

    def __setitem__(self, name: Any, value: Any) -> None:
        raise AssertionError("nothing writes here")


class Row(list):
    """A list of the user's."""


def in_a_local(law: Any) -> Any:
    held = threading.local()
    held.law = law
    return held


def in_a_queue(law: Any) -> Any:
    held: queue.Queue[Any] = queue.Queue()
    held.put(law)
    return held


HOLDERS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "a list": (lambda law: [law], lambda held: held[0]),
    "a dictionary": (lambda law: {"law": law}, lambda held: held["law"]),
    "a namespace": (lambda law: types.SimpleNamespace(law=law), lambda held: held.law),
    "arguments": (lambda law: argparse.Namespace(law=law), lambda held: held.law),
    "an ordered dictionary": (lambda law: collections.OrderedDict(law=law), lambda held: held["law"]),
    "a dictionary with a default": (
        lambda law: collections.defaultdict(list, law=law),
        lambda held: held["law"],
    ),
    "a default": (lambda law: collections.defaultdict(lambda: law), lambda held: held["new"]),
    "a chain": (lambda law: collections.ChainMap({}, {"law": law}), lambda held: held["law"]),
    "a user's dictionary": (lambda law: collections.UserDict(law=law), lambda held: held["law"]),
    "a class of dictionaries": (lambda law: Table(law=law), lambda held: held["law"]),
    "a class of lists": (lambda law: Row([law]), lambda held: held[0]),
    "a proxy": (lambda law: types.MappingProxyType({"law": law}), lambda held: held["law"]),
    "a deque": (lambda law: collections.deque([law]), lambda held: held[0]),
    "a named tuple": (Box, lambda held: held.law),
    "an enumeration": (lambda law: enum.Enum("Laws", {"FIRST": law}), lambda held: held.FIRST.value),
    "a thread's own": (in_a_local, lambda held: held.law),
    "a queue": (in_a_queue, lambda held: held.queue[0]),
}


@pytest.fixture
def law(tmp_path, monkeypatch) -> Any:
    (tmp_path / "far_law.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "far_law", raising=False)
    return importlib.import_module("far_law").Law()


@pytest.mark.parametrize("name", HOLDERS)
def test_what_holds_an_object(name: str, law: Any) -> None:
    put, take = HOLDERS[name]
    held = put(law)
    for _ in range(3):  # the program is known from the second time on
        assert hoad.grad(lambda x: take(held).at(x), 0.3) == pytest.approx(2 * math.cos(0.6), rel=1e-14)
    assert sys.modules["far_law"].math is math


class Kind(enum.Enum):
    """An enumeration with code of its own."""

    FIRST = 1

    def at(self, x: float) -> float:
        return math.sin(x)


def test_methods_of_an_enumeration() -> None:
    assert hoad.grad(lambda x: Kind.FIRST.at(x) * Kind(1).value, 0.3) == pytest.approx(math.cos(0.3))


def test_another_object_in_the_same_place(law: Any) -> None:
    held = types.SimpleNamespace(law=types.SimpleNamespace(at=lambda x: x**3))

    def f(x: float) -> float:
        return held.law.at(x)

    assert hoad.grad(f, 0.3) == pytest.approx(0.27)
    assert hoad.grad(f, 0.3) == pytest.approx(0.27)
    held.law = law
    assert hoad.grad(f, 0.3) == pytest.approx(2 * math.cos(0.6))


def test_what_a_module_of_pythons_keeps_for_itself_is_not_followed() -> None:
    """A logger leads to all others and to every handler, which have nothing to do with a derivative."""
    logger = logging.getLogger("hoad.tests")
    assert len(str(signature(logger))) < 500
