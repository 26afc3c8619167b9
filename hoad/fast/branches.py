"""Functions of one expression as text, in which the branches are taken that values of certain shapes take."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.parsing import parse, parsed_expression
from .sums import Unwritten

OF_SHAPE = frozenset({"__class__", "dtype", "ndim", "shape", "size"})


@functools.cache
def returned(function: Callable[..., Any]) -> tuple[list[str], str]:
    """The parameters of a function, and the expression that it returns.

    Raises:
        Unwritten: its text is not known, or it is more than that.
    """
    try:
        tree: Any = parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, SyntaxError, TypeError):
        raise Unwritten from None
    body = [
        line
        for line in getattr(tree, "body", [])
        if not isinstance(getattr(line, "value", None), ast.Constant)
    ]
    if not isinstance(tree, ast.FunctionDef) or len(body) != 1 or not isinstance(body[0], ast.Return):
        raise Unwritten
    return [a.arg for a in tree.args.args], ast.unparse(body[0])[len("return ") :]


def as_text(function: Callable[..., Any], names: list[str], values: list[Any]) -> str:
    """The value of a function as text.

    Args:
        function: what returns one expression.
        names: what stands for its arguments.
        values: values of their classes and shapes, by which branches are taken.

    Raises:
        Unwritten: there is more in it than operations, methods and NumPy's functions; or a branch is taken by
            something else than classes and shapes.
    """
    parameters, text = returned(function)
    if len(parameters) != len(names):
        raise Unwritten
    chosen = Chosen(dict(zip(parameters, names, strict=True)), dict(zip(parameters, values, strict=True)))
    return ast.unparse(chosen.visit(parsed_expression(text)))


class Chosen(ast.NodeTransformer):
    """An expression under other names, without branches."""

    def __init__(self, names: dict[str, str], values: dict[str, Any]) -> None:
        self.names, self.values = names, values

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """The branch that is taken."""
        known = [n for n in ast.walk(node.test) if isinstance(n, ast.Attribute)]
        asked = [id(n.value) for n in known if n.attr in OF_SHAPE]
        for name in ast.walk(node.test):
            if isinstance(name, ast.Name) and name.id in self.values and id(name) not in asked:
                raise Unwritten
        test = eval(ast.unparse(node.test), {"np": np, **self.values})
        return self.visit(node.body if test else node.orelse)

    def visit_Name(self, node: ast.Name) -> Any:
        """An argument, or NumPy."""
        if node.id != "np" and node.id not in self.names:
            raise Unwritten
        return parsed_expression(self.names.get(node.id, node.id))
