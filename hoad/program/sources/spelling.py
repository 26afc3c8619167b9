"""How functions are written in a program that is to be read: NumPy's by their names, hoad's own one-liners
by what they say.
"""

from __future__ import annotations

import ast
import builtins
import cmath
import functools
import inspect
import math
import operator
import textwrap
from collections.abc import Callable
from contextvars import ContextVar
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ...backends import Backend, backend_of
from ...chainrules.parsing import parse, parsed_expression
from ...nested import Traced
from ...values.quiet import entered, heard, hushed, left

INFIX: dict[Any, str] = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.matmul: "@",
    np.less: "<", np.less_equal: "<=", np.greater: ">", np.greater_equal: ">=", np.equal: "==",
    np.not_equal: "!=", operator.pow: "**", operator.floordiv: "//", operator.mod: "%",
}  # fmt: skip
HOMES: tuple[tuple[str, Any], ...] = (
    ("np.", np), ("np.linalg.", np.linalg), ("np.fft.", np.fft), ("np.random.", np.random), ("math.", math),
    ("cmath.", cmath), ("", builtins),
)  # fmt: skip


def home_of(function: Any) -> str | None:
    """Where NumPy or Python has a function under its own name; None for any other."""
    name = getattr(function, "__name__", "")
    if isinstance(held := getattr(function, "__self__", None), np.ufunc) and home_of(held):
        return f"{home_of(held)}.{name}"
    return next((home + name for home, module in HOMES if getattr(module, name, None) is function), None)


@functools.cache
def one_line(function: Any) -> tuple[tuple[str, ...], ast.expr] | None:
    """The parameters and the expression of a function that is nothing but one expression in ``np``; else
    None.
    """
    if not isinstance(function, FunctionType):
        return None
    try:
        tree = parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef) or not isinstance(definition.body[-1], ast.Return):
        return None
    body = [line for line in definition.body if not is_text(line)]
    names = definition.args
    value = definition.body[-1].value
    if len(body) != 1 or value is None or names.vararg or names.kwarg or names.defaults or names.kw_defaults:
        return None
    parameters = tuple([a.arg for a in (*names.posonlyargs, *names.args, *names.kwonlyargs)])
    used = [part.id for part in ast.walk(value) if isinstance(part, ast.Name)]
    return (parameters, value) if set(used) <= {*parameters, "np"} else None


def is_text(line: ast.stmt) -> bool:
    """Tell whether a statement is a docstring."""
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


class _Filled(ast.NodeTransformer):
    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def visit_Name(self, node: ast.Name) -> Any:
        return parsed_expression(self.texts[node.id]) if node.id in self.texts else node


class _Bare(ast.NodeTransformer):
    """Code without the types of its names."""

    def visit_arg(self, node: ast.arg) -> Any:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return node if node.value is None else ast.Assign([node.target], node.value)


def written_out(function: Any, args: list[str], kwargs: dict[str, str]) -> str | None:
    """A call as the expression that the function consists of; None if it is more than that."""
    found = one_line(function)
    if found is None:
        return None
    parameters, value = found
    if isinstance(value, ast.IfExp) and ast.unparse(value.test).endswith(".__class__ is np.ndarray"):
        value = value.orelse  # the shorter way for NumPy's arrays says the same
    texts = dict(zip(parameters, args, strict=False)) | kwargs
    if set(texts) != set(parameters):
        return None
    copied = parsed_expression(ast.unparse(value))
    return ast.unparse(_Filled(texts).visit(copied))


def texts_of(functions: dict[str, Callable[..., Any]]) -> str:
    """The source of functions of hoad and of all that they call, as a text that needs NumPy alone.

    Args:
        functions: by the name that they are to have.

    Raises:
        LookupError: one has no source, or uses what can't be written down.
    """
    found: dict[str, str] = {}
    modules: dict[str, str] = {}
    for name, function in functions.items():
        add_text(name, function, found, modules)
    heads = [
        f"import {module}" + (f" as {name}" if name != module else "") for name, module in modules.items()
    ]
    return "\n\n\n".join(["\n".join(sorted(heads)), *found.values()] if heads else list(found.values()))


def add_text(name: str, thing: Any, found: dict[str, str], modules: dict[str, str]) -> None:
    """Add the definition of a global name, and of those that it uses."""
    if name in found or name in modules or name in ("np", "numpy"):
        return
    thing = getattr(thing, "function", thing)
    if thing is hushed or thing is heard:
        thing = entered if thing is hushed else left
    if isinstance(thing, ModuleType):
        modules[name] = thing.__name__
    elif thing is Traced:
        found[name] = f"{name} = ()  # no value is traced here"
    elif isinstance(thing, Backend):
        found[name] = f"{name} = None"
    elif thing is backend_of:
        found[name] = f"def {name}(x):\n    return None  # all arrays are NumPy's"
    elif isinstance(thing, ContextVar):
        modules["contextvars"] = "contextvars"
        found[name] = f"{name} = contextvars.ContextVar({thing.name!r}, default={thing.get()!r})"
    elif not isinstance(thing, FunctionType):
        home = home_of(thing)
        found[name] = f"{name} = {home or literal(name, thing)}"
    else:
        found[name] = ""  # so that a function that calls itself ends
        code = textwrap.dedent(inspect.getsource(thing))
        tree = parse(code).body[0]
        if not isinstance(tree, ast.FunctionDef) or thing.__closure__:
            raise LookupError(f"{name} can't be written down")
        tree.decorator_list, tree.name = [], name
        tree = ast.fix_missing_locations(_Bare().visit(tree))
        for part in ast.walk(tree):
            if isinstance(part, ast.Name) and part.id in thing.__globals__:
                add_text(part.id, thing.__globals__[part.id], found, modules)
        found[name] = found.pop(name) + ast.unparse(tree)


def literal(name: str, value: Any) -> str:
    """A constant as Python text."""
    if isinstance(value, frozenset) and all([isinstance(v, type) for v in value]):
        return (
            "{"
            + ", ".join([f"np.{v.__name__}" if v.__module__ == "numpy" else v.__name__ for v in value])
            + "}"
        )
    if isinstance(value, (int, float, str, tuple)):
        return repr(value)
    if isinstance(value, np.dtype):
        return f"np.dtype({value.str!r})"
    raise LookupError(f"{name} is {value!r}, which can't be written down")
