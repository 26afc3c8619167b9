"""Expressions of rules in a sweep that is written out (``lines.py``), under the names that are there."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np


class Named(ast.NodeTransformer):
    """An expression of a rule under the names of the function, in parts that are computed once.

    Args:
        sweep: the function.
        meaning: what the names of the rule stand for.
        namespace: what other names do.
    """

    def __init__(self, sweep: Any, meaning: dict[str, str], namespace: dict[str, Any]) -> None:
        self.sweep, self.meaning, self.namespace = sweep, meaning, namespace
        self.whole = False  # whether it stays one expression
        self.steady = True  # whether classes and shapes of operands tell those of the value
        self.real = True  # whether no operand is complex
        self.in_python = sweep.of_doubles  # whether numbers are Python's floats, where no power is taken

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """The branch of values that are real, and not traced; another choice stays one."""
        test = ast.unparse(node.test)
        if "_KINDS" in test or "_VALUES" in test or (self.real and test.startswith("is_complex(")):
            return self.visit(node.orelse)
        self.steady, whole, self.whole = False, self.whole, True
        found = self.generic_visit(node)
        self.whole = whole
        return self.part(found)

    def visit_Name(self, node: ast.Name) -> Any:
        """A variable, or what the rule's module knows by that name."""
        known = self.meaning.get(node.id)
        if known is None:
            return ast.Name(self.sweep.name_for(node.id, self.namespace))
        return ast.Name(known)

    def visit_Call(self, node: ast.Call) -> Any:
        """A call: of a helper, it may take one way or another by its numbers."""
        function = ast.unparse(node.func)
        ufunc = getattr(np, function[3:], None) if function.startswith("np.") else None
        self.steady = self.steady and isinstance(ufunc, np.ufunc) and not node.keywords
        return self.part(self.parts_of(node, isinstance(ufunc, np.ufunc)))

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """A sum or a product. Arithmetic with floats of Python's takes half the time; a power of one may be
        complex, and its last digit another.
        """
        node = self.parts_of(node, not isinstance(node.op, ast.Pow))
        if self.in_python and not isinstance(node.op, ast.Pow):
            node.left, node.right = map(self.number, (node.left, node.right))
        return self.part(node)

    def parts_of(self, node: Any, in_python: bool) -> Any:
        """A node of visited parts, whose numbers may be Python's or not."""
        before, self.in_python = self.in_python, self.in_python and in_python
        found = self.generic_visit(node)
        self.in_python = before
        return found

    def number(self, node: Any) -> Any:
        """An operand, as a float of Python's if it is one of NumPy's."""
        if not isinstance(node, ast.Name) or self.whole or node.id not in self.sweep.namespace:
            return node
        is_number = self.sweep.value(node.id).__class__ is np.float64
        return ast.Name(self.sweep.known(f"float({node.id})")) if is_number else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        """A sign."""
        return self.part(self.generic_visit(node))

    def part(self, node: Any) -> Any:
        """A part of the expression, under a name of its own."""
        if self.whole or not any([isinstance(n, ast.Name) for n in ast.walk(node)]):
            return node
        return ast.Name(self.sweep.known(ast.unparse(node)))
