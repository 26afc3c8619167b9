"""The change of a partial, as text: what a partial changes by when its arguments do, taken symbolically.

``scalar_rule(np.sin, lambda x, out: np.cos(x))`` says all there is to know of the second derivative, since
``np.cos`` has a rule too: the change of ``np.cos(x)`` is ``-np.sin(x) * dx``. What has no such text (a
helper with branches of its own) raises ``NoText``, and goes through duals at its own operation.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import textwrap
import types
from collections.abc import Mapping, Set
from typing import Any

from ..chainrules.parsing import parse, parsed_expression
from ..chainrules.statements import CHANGES, RULES, Constant, Primitive, Scalar
from ..chainrules.sums import doubled, negated, signed, summed
from ..chainrules.text import Namespace, read
from ..chainrules.unknown import within
from ..nested import Value
from ..values.shapes import is_complex


class NoText(Exception):
    """An expression whose change can't be told from its text."""


class Changes:
    """What the names of an expression change by.

    Args:
        dots: the text of the change of each name that changes.
        namespace: what the other names stand for; the helpers of what is put in are added.
        taken: names that stand for something else where the text will be.
        real: whether all stands for real numbers; of complex ones, only formulas without helpers are known.
    """

    def __init__(
        self, dots: Mapping[str, str], namespace: Namespace, taken: Set[str], real: bool = True
    ) -> None:
        self.real = real
        self.dots = {name: parsed_expression(text) for name, text in dots.items()}
        self.namespace = namespace
        self.taken = taken

    def of(self, node: ast.expr) -> ast.expr | None:
        """The change of an expression; None for zero."""
        reader = READERS.get(type(node))
        if reader is None:
            raise NoText(ast.unparse(node))
        change: ast.expr | None = reader(self, node)
        return change

    def of_name(self, node: ast.Name) -> ast.expr | None:
        """A variable."""
        return self.dots.get(node.id)

    def of_sign(self, node: ast.UnaryOp) -> ast.expr | None:
        """``-x``."""
        change = self.of(node.operand)
        return negative(change) if isinstance(node.op, ast.USub) else change

    def of_branch(self, node: ast.IfExp) -> ast.expr | None:
        """A choice between two ways to the same value, of which the plain one comes last."""
        if not self.real and "is_complex" in ast.unparse(node):
            raise NoText(ast.unparse(node))
        return self.of(chosen(node, self.namespace))

    def of_operation(self, node: ast.BinOp) -> ast.expr | None:
        """A sum, a difference, a product or a quotient."""
        first, second = self.of(node.left), self.of(node.right)
        if first is None and second is None:
            return None
        if isinstance(node.op, (ast.Add, ast.Sub)):
            if first is None or second is None:
                return first or (negative(second) if isinstance(node.op, ast.Sub) else second)
            return ast.BinOp(first, node.op, second)
        if isinstance(node.op, ast.Mult):
            return total([times(first, node.right), times(node.left, second)])
        if isinstance(node.op, ast.Div):
            over = None if first is None else ast.BinOp(first, ast.Div(), node.right)
            if second is None:
                return over
            part = ast.BinOp(ast.BinOp(node, ast.Mult(), second), ast.Div(), node.right)
            return total([over, negative(part)])
        raise NoText(ast.unparse(node))

    def of_call(self, node: ast.Call) -> ast.expr | None:
        """A function with a rule, or a helper whose body is one expression."""
        parts = [self.of(a) for a in node.args]
        if not any(parts):
            return None
        function = self.value_of(node.func)
        if function is within:
            return parts[0]
        if node.keywords:
            raise NoText(ast.unparse(node))
        rule = function if isinstance(function, Primitive) else RULES.get(function, function)
        if isinstance(rule, Constant):
            return None
        if isinstance(rule, Scalar):
            return self.of_rule(rule, node, parts)
        if not self.real:
            raise NoText(ast.unparse(node))
        stated = CHANGES.get(rule, {})
        if stated and all(k in stated for k, e in enumerate(parts) if e is not None):
            along = [(stated[k], e) for k, e in enumerate(parts) if e is not None and stated[k] is not None]
            return total([self.called(change, [*node.args, e]) for change, e in along])
        return self.of(self.inlined(rule, node))

    def of_rule(self, rule: Scalar, node: ast.Call, parts: list[ast.expr | None]) -> ast.expr | None:
        """A function with a rule: the partials of the rule, applied to the changes of the arguments."""
        text = read(rule)
        if text is None or len(node.args) != rule.arity:
            raise NoText(ast.unparse(node))
        terms: list[Any] = []
        for k, change in enumerate(parts):
            if change is None or text.terms[k] == "0":
                continue
            meaning = {**dict(zip(text.names, node.args, strict=True)), "out": node}
            renamed = self.imported(parsed_expression(text.terms[k]), text.namespace, {*meaning, "_d"})
            if text.applied:
                terms.append(put(renamed, {**meaning, "_d": change}))
            else:
                terms.append(times(put(renamed, meaning), change))
        return total(terms)

    def called(self, function: Any, args: list[ast.expr]) -> ast.expr:
        """A call of a function that the namespace gets."""
        return ast.Call(ast.Name(self.name_for(function.__name__, function)), args, [])

    def inlined(self, function: Any, node: ast.Call) -> ast.expr:
        """The body of a helper, with the arguments of a call in it."""
        found = body_of(function) if isinstance(function, types.FunctionType) else None
        if found is None or len(found[0]) != len(node.args) or node.keywords:
            raise NoText(ast.unparse(node))
        names, body = found
        meaning = dict(zip(names, node.args, strict=True))
        return put(self.imported(copy.deepcopy(body), function.__globals__, set(meaning)), meaning)

    def imported(self, node: ast.expr, namespace: Namespace, own: set[str]) -> ast.expr:
        """An expression of another namespace, whose names are brought into this one."""
        new = {}
        for name in {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - own:
            if name in namespace:
                new[name] = ast.Name(self.name_for(name, namespace[name]))
        return put(node, new)

    def name_for(self, name: str, value: Value) -> str:
        """A name that stands for a value here: its own, if that is free."""
        while name in self.taken or self.namespace.setdefault(name, value) is not value:
            name += "_"
        return name

    def value_of(self, node: ast.expr) -> Any:
        """What the text of a function stands for: ``np.cos``, ``share``."""
        if isinstance(node, ast.Attribute):
            return getattr(self.value_of(node.value), node.attr)
        if isinstance(node, ast.Name) and node.id in self.namespace:
            return self.namespace[node.id]
        raise NoText(ast.unparse(node))


READERS: dict[type, Any] = {
    ast.Constant: lambda changes, node: None,
    ast.Name: Changes.of_name,
    ast.Attribute: lambda changes, node: None,
    ast.UnaryOp: Changes.of_sign,
    ast.IfExp: Changes.of_branch,
    ast.BinOp: Changes.of_operation,
    ast.Call: Changes.of_call,
}


def put(node: ast.expr, meaning: Mapping[str, ast.expr]) -> ast.expr:
    """An expression with others in the place of some names."""
    new: ast.expr = Put(meaning).visit(node)
    return new


class Put(ast.NodeTransformer):
    """Names replaced by expressions."""

    def __init__(self, meaning: Mapping[str, ast.expr]) -> None:
        self.meaning = meaning

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """One name."""
        return copy.deepcopy(self.meaning.get(node.id, node))


def times(a: ast.expr | None, b: ast.expr | None) -> ast.expr | None:
    """The product of two expressions; None is zero."""
    if a is None or b is None:
        return None
    if isinstance(a, ast.Constant) and a.value == 1:
        return b
    return a if isinstance(b, ast.Constant) and b.value == 1 else ast.BinOp(a, ast.Mult(), b)


def negative(a: ast.expr | None) -> ast.expr | None:
    """The negative of an expression; None is zero."""
    if a is None:
        return None
    minus, part = signed(a)
    return part if minus else negated(a)


def total(terms: list[Any]) -> ast.expr | None:
    """The sum of expressions; None is zero."""
    terms = [t for t in terms if t is not None]
    if len(terms) == 2 and (found := doubled(*terms)) is not None:
        return found
    return summed(terms) if terms else None


def chosen(node: ast.IfExp, namespace: Namespace) -> ast.expr:
    """The branch that real plain values take: ``x.fused[np.cos](x) if x.__class__ in _KINDS else np.cos(x)``,
    and what is done about complex ones.
    """
    test = ast.unparse(node.test)
    if "_KINDS" in test or test.startswith("is_complex(") or "_VALUES" in test:
        return node.orelse
    raise NoText(ast.unparse(node))


@functools.cache
def body_of(function: types.FunctionType) -> tuple[tuple[str, ...], ast.expr] | None:
    """The parameters of a helper, and its value for real arguments as one expression; None if it has
    branches.
    """
    try:
        tree = parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, SyntaxError, TypeError):
        return None
    if not isinstance(tree, ast.FunctionDef):
        return None
    known: dict[str, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Return) and statement.value is not None:
            return tuple([a.arg for a in tree.args.args]), put(statement.value, known)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            known[statement.targets[0].id] = put(statement.value, known)
        elif not is_passed(statement):
            return None
    return None


def is_passed(statement: ast.stmt) -> bool:
    """Tell whether a statement does nothing for real arguments."""
    if isinstance(statement, ast.If):
        return ast.unparse(statement.test).startswith(f"{is_complex.__name__}(") and not statement.orelse
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
