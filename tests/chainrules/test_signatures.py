"""What NumPy's functions take, their rules take; and what a rule takes, its body reads.

A keyword that a rule takes and does not read gives the value of another function, silently. So the parameters
of each rule in the table are compared with the signature of the installed NumPy function, and with the names
that its body reads.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.arrays.writing import place_of_out
from hoad.chainrules.statements import OWN, Primitive

# Parameters that no rule needs to read, with the reason.
HARMLESS = {
    "out": "the result is written where out= says after the rule has run (arrays/writing.py)",
    "like": "it chose the rule",
    "subok": "traced values have no subclasses",
    "copy": "the functions that have it never write into what they are given",
    "overwrite_input": "it permits, it does not ask",
    "optimize": "the order of the products, not their sum",
}
ASKED_BEFORE = ("out", "like")  # taken off before the rule is called


def composites() -> dict[str, tuple[Any, Callable[..., Any]]]:
    """NumPy's functions whose rule is a body, by name."""
    found = {}
    for function, rule in OWN.items():
        ours = str(getattr(function, "__module__", "")).startswith("hoad")
        if not isinstance(rule, Primitive) and not ours and not isinstance(function, np.ufunc):
            owner = getattr(function, "__self__", None)
            name = f"{owner.__name__}." if isinstance(owner, np.ufunc) else ""
            module = str(getattr(function, "__module__", "") or "").replace("numpy", "").strip(".")
            found[f"{module}{'.' if module else ''}{name}{function.__name__}"] = (function, rule)
    return found


COMPOSITES = composites()


@functools.cache
def functions_of(path: str) -> dict[tuple[int, str], list[Any]]:
    """The functions that a file defines, by the line where they begin."""
    with open(path) as file:
        tree = ast.parse(file.read())
    found: dict[tuple[int, str], list[Any]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            first = min([node.lineno, *[d.lineno for d in getattr(node, "decorator_list", [])]])
            found.setdefault((first, getattr(node, "name", "<lambda>")), []).append(node)
    return found


def body_of(rule: Any) -> Any:
    """The syntax of a rule, found by its first line and its parameters."""
    code = rule.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    for node in functions_of(code.co_filename)[code.co_firstlineno, code.co_name]:
        spec = node.args
        if [a.arg for a in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)] == list(
            code.co_varnames[:count]
        ):
            return node
    raise AssertionError(f"no definition of {rule} at {code.co_filename}:{code.co_firstlineno}")


def unread(node: Any) -> Iterator[str]:
    """The parameters that a body never reads; ``**options`` counts as read where it is handed on, and not
    where one of them is asked for.
    """
    body = node.body if isinstance(node.body, list) else [node.body]
    names = [n for part in body for n in ast.walk(part) if isinstance(n, ast.Name)]
    read = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    spec = node.args
    for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, [spec.vararg])):
        if parameter.arg not in read:
            yield parameter.arg
    if spec.kwarg is not None:
        every = [n for part in body for n in ast.walk(part)]
        asked = {id(n.value) for n in every if isinstance(n, ast.Attribute) and n.attr != "items"}
        if spec.kwarg.arg not in {n.id for n in names if isinstance(n.ctx, ast.Load) and id(n) not in asked}:
            yield "**" + spec.kwarg.arg


@pytest.mark.parametrize("name", COMPOSITES)
def test_every_parameter_is_read(name: str) -> None:
    """A body reads all that its signature takes."""
    _, rule = COMPOSITES[name]
    assert [p for p in unread(body_of(rule)) if p not in HARMLESS] == []


def test_the_reader_finds_what_is_not_read() -> None:
    """The question itself can fail."""
    text = "def f(a, wrap=False, *, mode, **options):\n    wrap = 1\n    return a + options.pop('min', 0)"
    assert list(unread(ast.parse(textwrap.dedent(text)).body[0])) == ["wrap", "mode", "**options"]
    text = "def f(a, *args, **options):\n    return np.sum(a, *args, **options)"
    assert list(unread(ast.parse(textwrap.dedent(text)).body[0])) == []


def differences(function: Any, rule: Any) -> Iterator[str]:
    """How a rule's signature falls short of NumPy's."""
    theirs, ours = inspect.signature(function).parameters, inspect.signature(rule).parameters
    kinds = inspect.Parameter
    places = [p for p in ours.values() if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    spread, options = (
        [p for p in ours.values() if p.kind is kind] for kind in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)
    )
    place = -1
    for p in theirs.values():
        if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD):
            place += 1
            if place >= len(places) and not spread:
                yield f"no positional {p.name}"
            elif (
                p.kind is kinds.POSITIONAL_OR_KEYWORD and place < len(places) and places[place].name != p.name
            ):
                yield f"{places[place].name} where NumPy has {p.name}"
        if p.kind in (kinds.KEYWORD_ONLY, kinds.POSITIONAL_OR_KEYWORD) and p.name not in ASKED_BEFORE:
            mine = ours.get(p.name)
            if not options and (mine is None or mine.kind is kinds.POSITIONAL_ONLY):
                yield f"no keyword {p.name}"
            elif mine is not None and p.default is kinds.empty and mine.default is not kinds.empty:
                yield f"{p.name} has a default"
        if p.kind is kinds.VAR_KEYWORD and not options:
            yield f"no **{p.name}"
        if p.kind is kinds.VAR_POSITIONAL and not spread:
            yield f"no *{p.name}"


# NumPy < 2.4 does not tell the parameters of its functions in C, and some have changed their names.
TOLD = [*COMPOSITES] if np.lib.NumpyVersion(np.__version__) >= "2.4.0" else []


# Where a rule takes less than NumPy, and what happens then.
LESS = {
    "einsum": ["no **kwargs"],  # they are dtype=, order= and casting=, which the rule names
}


@pytest.mark.parametrize("name", TOLD)
def test_the_signature_is_numpys(name: str) -> None:
    """What NumPy takes, by place or by name, the rule takes."""
    assert [d for d in differences(*COMPOSITES[name]) if d not in LESS.get(name, ())] == []


def test_out_by_place() -> None:
    """``out`` may be given by place, too, where NumPy takes it."""
    found = {n: list(inspect.signature(COMPOSITES[n][0]).parameters) for n in TOLD}
    places = {n: names.index("out") for n, names in found.items() if "out" in names}
    by_place = {
        n
        for n in places
        if inspect.signature(COMPOSITES[n][0]).parameters["out"].kind
        is inspect.Parameter.POSITIONAL_OR_KEYWORD
    }
    assert {n: place_of_out(COMPOSITES[n][1]) for n in by_place} == {n: places[n] for n in by_place}
    assert len(by_place) > 20 or not TOLD

    def program(x: Any) -> Any:
        y = np.zeros_like(x)
        np.cumsum(x, 0, None, y)
        return y

    np.testing.assert_array_equal(hoad.jacobian(program, np.ones(3)), np.tri(3))
