"""hoad's own code asks arrays through functions that dispatch: a method of a ufunc, ``np.add.reduce(x)``, is
only for what is known to be NumPy's, since other libraries have no such methods, and ``x.dtype`` may be
anything.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_alike import OPERATORS
from turns import some_in
from versions import is_numpys

import hoad
from hoad.chainrules.statements import RULES
from hoad.errors import HoadError
from hoad.values import foreign

ROOT = Path(__file__).parents[2] / "hoad"
METHODS = {"reduce", "reduceat"}
# Where the operand is NumPy's: its class was asked for, or it is rows that were made there.
KNOWN = {
    "tangents/fit.py", "arrays/ufunc_methods.py", "chainrules/numpy/extremes.py",
    "chainrules/numpy/reductions.py", "fast/shortcuts.py", "sparse/matrices.py", "sparse/places.py",
    "chainrules/numpy/eigen.py", "chainrules/numpy/interpolation.py", "chainrules/numpy/linalg.py",
    "fast/numbers.py",
}  # fmt: skip


def methods_of_ufuncs(tree: ast.AST) -> list[str]:
    """The calls ``np.name.method(...)`` in a module."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        of = node.func.value
        named = isinstance(of, ast.Attribute) and isinstance(of.value, ast.Name) and of.value.id == "np"
        if named and node.func.attr in METHODS and isinstance(getattr(np, of.attr, None), np.ufunc):
            found.append(f"np.{of.attr}.{node.func.attr}")
    return found


def test_the_search_finds_them() -> None:
    tree = ast.parse("np.add.reduce(x); np.linalg.outer(x, x); np.add.reduceat(x, i); functools.reduce(f, x)")
    assert methods_of_ufuncs(tree) == ["np.add.reduce", "np.add.reduceat"]


def test_methods_of_ufuncs_are_for_numpys_arrays() -> None:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        calls = methods_of_ufuncs(ast.parse(path.read_text()))
        if calls:
            found[path.relative_to(ROOT).as_posix()] = calls
    assert {name: calls for name, calls in found.items() if name not in KNOWN} == {}


# ------------------------------------------------------------------------------------------------------------
# Arrays of a library that nobody knows
# ------------------------------------------------------------------------------------------------------------


class Unknown(AttributeError):
    """The type of an array was asked for what only NumPy's types have."""


class Kind:
    """The type of such an array's numbers."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name) if name.startswith("__") else Unknown(name)


def unknown(protocols: bool) -> Any:
    """An array of an unknown library: with NumPy's protocols, which it answers with no, or without."""
    parts = {"shape": (3,), "ndim": 1, "size": 3, "dtype": Kind(), "__module__": "unheard_of"}
    parts |= {"__len__": lambda self: 3, "__iter__": lambda self: iter([1.0] * 3)}
    no = lambda self, *args, **kwargs: NotImplemented
    parts |= {"__array_ufunc__": no, "__array_function__": no} if protocols else {}
    return type("Array", (), parts)()


def calls(s: Any, every: int, turn: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every operator with an unknown array at each place of its call, and every function with a rule beside a
    traced value: at one in ``every`` of its places, by turns.
    """
    for name, (f, options, rest) in OPERATORS.items():
        op = functools.partial(getattr(hoad, name), **options)
        for k in range(len(rest)):
            yield name, functools.partial(op, f, *rest[:k], s, *rest[k + 1 :])
        yield name, functools.partial(op, lambda x: np.sum(x * s), *rest)
        yield name, functools.partial(op, lambda x: s, *rest)
        yield name, functools.partial(op, f, *rest, out=s)
    of_numpy = list(filter(is_numpys, RULES))
    for k, f in enumerate(of_numpy):
        losses = [
            lambda w, f=f: np.sum(f(w, s)),
            lambda w, f=f: np.sum(f(s, w)),
            lambda w, f=f: np.sum(f(w, w, s)),
            lambda w, f=f: np.sum(f(w, out=s)),
        ]
        for loss in losses[(k + turn) % every :: every]:
            yield f.__name__, functools.partial(hoad.grad, loss, np.array([0.3, 0.7, 1.1]))


@pytest.mark.filterwarnings("ignore")
@some_in(2)
@pytest.mark.parametrize("protocols", [True, False])
def test_the_type_of_an_unknown_array_is_not_asked(
    protocols: bool, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of such a call, it does not fail for what NumPy's types alone have."""
    monkeypatch.setattr(foreign, "LOOKED_AT", 1)  # where errors come from takes long to find out
    found, met = set(), 0
    for name, call in calls(unknown(protocols), every, turn=protocols):
        try:
            call()
        except Unknown as error:
            found.add((name, str(error)))
        except HoadError:
            met += 1
        except Exception as error:
            if isinstance(error.__cause__ or error.__context__, Unknown):
                found.add((name, str(error)))
    assert met > 100
    assert found == set()
