"""Python read as mathematics by SymPy: the expressions of a rule's statement, and what they call.

What is called is followed: a ufunc is the function of mathematics, a helper whose docstring begins with a
formula in double backquotes is that formula, a helper of few lines is its body, and anything else is a
function of its name. Numbers are taken for real ones.
"""

from __future__ import annotations

import ast
import inspect
import math
import re
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NumberError
from ..values.fields import OPERATORS, sympy, sympy_field
from . import unknown
from .parsing import parse, parsed_expression
from .statements import Primitive
from .text import lambda_of

ROOTS = {
    round(math.sqrt(2), 14): "sqrt(2)",
    round(math.sqrt(math.pi), 14): "sqrt(pi)",
    round(1 / math.sqrt(math.pi), 14): "1/sqrt(pi)",
    round(2 / math.sqrt(math.pi), 14): "2/sqrt(pi)",
    round(math.sqrt(math.pi) / 2, 14): "sqrt(pi)/2",
    round(math.sqrt(2 * math.pi), 14): "sqrt(2*pi)",
    round(1 / math.sqrt(2 * math.pi), 14): "1/sqrt(2*pi)",
}  # floats of rules that stand for roots
DEEPEST = 6  # helpers within helpers
SAME_IN_SYMPY = {
    "gamma": "gamma", "gammaln": "loggamma", "psi": "digamma", "polygamma": "polygamma", "erf": "erf",
    "erfc": "erfc", "erfi": "erfi", "erfinv": "erfinv", "jv": "besselj", "yv": "bessely", "iv": "besseli",
    "kv": "besselk", "ellipe": "elliptic_e", "ellipk": "elliptic_k",
}  # fmt: skip
OF_ORDER = {"j0": "besselj", "j1": "besselj", "y0": "bessely", "y1": "bessely", "i0": "besseli"}
OF_ORDER |= {"i1": "besseli", "k0": "besselk", "k1": "besselk"}


class UnreadableError(Exception):
    """The text is not mathematics that the reader knows."""


class Reader:
    """Expressions of Python as SymPy's, where names stand for ``known`` formulas or for what is in scope."""

    def __init__(self, known: dict[str, Any], scope: dict[str, Any], depth: int = 0) -> None:
        self.known = known
        self.scope = scope
        self.depth = depth
        self.field = sympy_field()

    def read(self, node: ast.AST) -> Any:
        """The formula of an expression."""
        method = getattr(self, f"read_{type(node).__name__.lower()}", None)
        if method is None:
            raise UnreadableError(ast.unparse(node))
        return method(node)

    def read_constant(self, node: ast.Constant) -> Any:
        """A number."""
        if isinstance(node.value, (int, float, complex)):
            return self.field.number(node.value)
        raise UnreadableError(repr(node.value))

    def read_name(self, node: ast.Name) -> Any:
        """A variable, or a number in scope."""
        return self.known[node.id] if node.id in self.known else self.number(self.found(node))

    def read_attribute(self, node: ast.Attribute) -> Any:
        """``np.pi``, or the real part of a number, which it is."""
        found = self.found(node)
        return self.read(node.value) if found is None and node.attr == "real" else self.number(found)

    def number(self, value: Any) -> Any:
        """A number in scope as a formula."""
        root = ROOTS.get(round(value, 14)) if isinstance(value, float) else None
        if root is not None:
            return sympy().sympify(root)
        if isinstance(value, (int, float, complex, np.number)):
            return self.field.number(value)
        raise UnreadableError(repr(value))

    def found(self, node: ast.AST) -> Any:
        """What a dotted name stands for; None for nothing."""
        if isinstance(node, ast.Name):
            return None if node.id in self.known else self.scope.get(node.id)
        return getattr(self.found(node.value), node.attr, None) if isinstance(node, ast.Attribute) else None

    def read_binop(self, node: ast.BinOp) -> Any:
        """Arithmetic."""
        combine = BINARY.get(type(node.op))
        if combine is None:
            raise UnreadableError(ast.unparse(node))
        return combine(self.term(node.left), self.term(node.right))

    def read_unaryop(self, node: ast.UnaryOp) -> Any:
        """A sign, or ``not``."""
        if isinstance(node.op, ast.USub):
            return -self.term(node.operand)
        return (
            sympy().Not(self.read(node.operand)) if isinstance(node.op, ast.Not) else self.read(node.operand)
        )

    def term(self, node: ast.AST) -> Any:
        """A formula where a number is wanted: a condition counts 1 or 0."""
        return numeric(self.read(node))

    def read_compare(self, node: ast.Compare) -> Any:
        """A condition; of classes and kinds, what holds for a number like no other."""
        if isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            return sympy().false if isinstance(node.ops[0], ast.Is) else sympy().true
        compare = COMPARISONS.get(type(node.ops[0]))
        if compare is None or len(node.ops) > 1:
            raise UnreadableError(ast.unparse(node))
        return getattr(sympy(), compare)(self.term(node.left), self.term(node.comparators[0]))

    def read_ifexp(self, node: ast.IfExp) -> Any:
        """A choice."""
        return chosen(self.read(node.test), lambda: self.term(node.body), lambda: self.term(node.orelse))

    def read_subscript(self, node: ast.Subscript) -> Any:
        """``x[()]`` is x."""
        if isinstance(node.slice, ast.Tuple) and not node.slice.elts:
            return self.read(node.value)
        raise UnreadableError(ast.unparse(node))

    def read_call(self, node: ast.Call) -> Any:
        """A function of formulas."""
        text, function = ast.unparse(node.func), self.found(node.func)
        given = CALLS.get(text.rpartition(".")[2])
        if given is not None:
            return given(*[self.read(a) for a in node.args])
        if text == "isinstance":
            return sympy().false
        if node.keywords or function is None:
            raise UnreadableError(ast.unparse(node))
        return self.applied(function, text.rpartition(".")[2], [self.term(a) for a in node.args])

    def applied(self, function: Any, name: str, args: list[Any]) -> Any:
        """A function by what it is in mathematics, by its formula, by its body, or by its name."""
        plain = function.function if isinstance(function, Primitive) else function
        if isinstance(plain, np.ufunc) and (name in self.field.functions or name in OPERATORS):
            return self.field.function(plain)(*args)
        if isinstance(plain, np.ufunc) and name in SAME_IN_SYMPY:
            return getattr(sympy(), SAME_IN_SYMPY[name])(*args)
        if isinstance(plain, np.ufunc) and name in OF_ORDER:
            return getattr(sympy(), OF_ORDER[name])(int(name[1]), *args)
        try:
            return of_helper(plain, args, self.depth + 1)
        except (UnreadableError, NumberError, OSError, TypeError, SyntaxError, AttributeError):
            return sympy().Function(name.strip("_"), real=True)(*args)


BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda x, y: x + y,
    ast.Sub: lambda x, y: x - y,
    ast.Mult: lambda x, y: x * y,
    ast.Div: lambda x, y: x / y,
    ast.Pow: lambda x, y: x**y,
    ast.FloorDiv: lambda x, y: sympy().floor(x / y),
}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Gt: "Gt", ast.GtE: "Ge", ast.Lt: "Lt", ast.LtE: "Le", ast.Eq: "Eq", ast.NotEq: "Ne",
}  # fmt: skip
SAME: Callable[[Any], Any] = lambda x: x


def real_part(x: Any) -> Any:
    """The real part; of a formula without i, itself."""
    return sympy().re(x) if x.has(sympy().I) else x


def imaginary_part(x: Any) -> Any:
    """The imaginary part; of a formula without i, zero."""
    return sympy().im(x) if x.has(sympy().I) else sympy().Integer(0)


CALLS: dict[str, Callable[..., Any]] = {
    "within": SAME,
    "real": real_part,
    "imag": imaginary_part,
    "conj": SAME,
    "float": SAME,
    "is_complex": lambda x: sympy().false,
    "iscomplexobj": lambda x: sympy().false,
    unknown.unknown.__name__: lambda x: sympy().nan,
    unknown.corner.__name__: lambda x: sympy().Integer(0),
    "isnan": lambda x: sympy().false,
    "where": lambda c, x, y: chosen(c, lambda: numeric(x), lambda: numeric(y)),
    "equal": lambda x, y: sympy().Eq(x, y),
    "rint": lambda x: sympy().floor(x + sympy().Rational(1, 2)),
    "asarray": SAME,
}


def is_condition(x: Any) -> bool:
    """Tell whether a formula is true or false."""
    sp = sympy()
    return isinstance(x, (bool, np.bool_, sp.logic.boolalg.Boolean)) and not isinstance(x, sp.Expr)


def numeric(x: Any) -> Any:
    """A condition as 1 or 0, beside numbers."""
    sp = sympy()
    if not is_condition(x):
        return x
    return sp.Integer(int(bool(x))) if x in (True, False) else sp.Piecewise((1, x), (0, True))


def chosen(test: Any, x: Callable[[], Any], y: Callable[[], Any]) -> Any:
    """A choice between formulas; what can't be chosen is not read."""
    sp = sympy()
    if test in (True, False):
        return x() if test else y()
    test = test if is_condition(test) else sp.Ne(test, 0)
    return sp.Piecewise((x(), test), (y(), True))


# ------------------------------------------------------------------------------------------------------------
# Helpers: by their docstring, or by their body
# ------------------------------------------------------------------------------------------------------------


def of_helper(function: Any, args: list[Any], depth: int) -> Any:
    """A helper of arguments as a formula."""
    if depth > DEEPEST:
        raise UnreadableError(function.__name__)
    node = source_of(function)
    parameters = [a.arg for a in node.args.args]
    known = dict(zip(parameters, args, strict=True))
    scope = scope_of(function)
    if isinstance(node, ast.Lambda):
        return Reader(known, scope, depth).read(node.body)
    stated = stated_in(ast.get_docstring(node))
    if stated is not None and {n.id for n in ast.walk(stated) if isinstance(n, ast.Name)} <= {
        *parameters,
        *SAID,
    }:
        return Reader({**SAID_VALUES(), **known}, vars(np), depth).read(stated)
    return body_of(node.body, Reader(known, scope, depth))


SAID = frozenset(
    {"e", "pi", "exp", "log", "sqrt", "cosh", "tanh", "where", "sign", "floor", "conj", "multiply"}
)


def SAID_VALUES() -> dict[str, Any]:
    """The constants that docstrings speak of."""
    return {"e": sympy().E, "pi": sympy().pi}


def stated_in(docstring: str | None) -> ast.expr | None:
    """The formula that a docstring begins with, if it is one."""
    found = re.match(r"``([^`]+)``", docstring or "")
    if found is None:
        return None
    try:
        return parsed_expression(found[1])
    except SyntaxError:
        return None


def source_of(function: Any) -> Any:
    """The syntax of a Python function: its definition, or its lambda."""
    if getattr(function, "__name__", "") == "<lambda>":
        found = lambda_of(function)
        if found is None:
            raise UnreadableError("a lambda without source")
        return found
    if not inspect.isfunction(function):
        raise UnreadableError(str(function))
    return parse(textwrap.dedent(inspect.getsource(function))).body[0]


def scope_of(function: Any) -> dict[str, Any]:
    """What the names in a function stand for."""
    return {**function.__globals__, **inspect.getclosurevars(function).nonlocals}


def body_of(statements: list[ast.stmt], reader: Reader) -> Any:
    """The value of a body of assignments, choices that are decided, and a return."""
    for k, s in enumerate(statements):
        if isinstance(s, ast.Return) and s.value is not None:
            return reader.term(s.value)
        if isinstance(s, ast.If):
            return of_choice(s, statements[k + 1 :], reader)
        if isinstance(s, ast.With):
            return body_of([*s.body, *statements[k + 1 :]], reader)
        if isinstance(s, ast.Assign) and len(s.targets) == 1 and isinstance(s.targets[0], ast.Name):
            reader.known = {**reader.known, s.targets[0].id: reader.read(s.value)}
        elif not isinstance(s, ast.Expr):
            raise UnreadableError(ast.unparse(s))
    raise UnreadableError("no value")


def of_choice(s: ast.If, rest: list[ast.stmt], reader: Reader) -> Any:
    """The value of an ``if`` and of what comes after it."""
    test, known = reader.read(s.test), reader.known

    def branch(body: list[ast.stmt]) -> Any:
        reader.known = known
        return body_of([*body, *rest], reader)

    return chosen(test, lambda: branch(s.body), lambda: branch(s.orelse))


# ------------------------------------------------------------------------------------------------------------
