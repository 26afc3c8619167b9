"""Mathematical expressions as text, such as ``exp(sin(x))``: parsed, vetted and made into functions, never
handed to ``eval``.
"""

from __future__ import annotations

import ast
import difflib
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import HoadError

Evaluator = Callable[[Any], Any]

CONSTANTS = {"pi": np.pi, "e": np.e, "inf": np.inf, "euler_gamma": np.euler_gamma}
FUNCTIONS = {
    name: getattr(np, name)
    for name in [
        "abs",
        "absolute",
        "arccos",
        "arccosh",
        "arcsin",
        "arcsinh",
        "arctan",
        "arctan2",
        "arctanh",
        "cbrt",
        "ceil",
        "copysign",
        "cos",
        "cosh",
        "deg2rad",
        "exp",
        "exp2",
        "expm1",
        "fabs",
        "floor",
        "fmax",
        "fmin",
        "hypot",
        "log",
        "log10",
        "log1p",
        "log2",
        "logaddexp",
        "logaddexp2",
        "maximum",
        "minimum",
        "power",
        "rad2deg",
        "reciprocal",
        "rint",
        "sign",
        "sin",
        "sinc",
        "sinh",
        "sqrt",
        "square",
        "tan",
        "tanh",
        "trunc",
    ]
}
BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}


class ExpressionError(HoadError, ValueError):
    """The text is not an expression that hoad takes; the message lists what is allowed."""


def parse(text: str) -> Evaluator:
    """Make a function of x out of a mathematical expression.

    Args:
        text: numbers, ``x``, ``+ - * / % **``, parentheses, constants and NumPy's mathematical functions.

    Returns:
        The function.

    Raises:
        ExpressionError: the text is something else; the message says what, and what is allowed.

    Example:
        >>> parse("2*x**2 + sqrt(x)")(4.0)
        np.float64(34.0)
        >>> parse("__import__('os')")
        Traceback (most recent call last):
        ...
        hoad.expressions.ExpressionError: ...
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise ExpressionError(
            f"{text!r} is not an expression: {error.msg}; an example is exp(sin(x))"
        ) from None
    return build(tree.body, text)


def build(node: ast.expr, text: str) -> Evaluator:
    """Make a function out of one node of the parsed text."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        value = node.value
        return lambda x: value
    if isinstance(node, ast.Name):
        return name(node.id)
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        combine, left, right = BINARY[type(node.op)], build(node.left, text), build(node.right, text)
        return lambda x: combine(left(x), right(x))
    if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
        change, operand = UNARY[type(node.op)], build(node.operand, text)
        return lambda x: change(operand(x))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return call(node.func.id, [build(argument, text) for argument in node.args])
    hint = "; for a power, type **" if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor) else ""
    part = ast.get_source_segment(text.strip(), node) or text
    raise ExpressionError(f"{part!r} is not allowed in an expression{hint}. {allowed()}")


def name(text: str) -> Evaluator:
    """The variable, or a constant."""
    if text == "x":
        return lambda x: x
    if text in CONSTANTS:
        value = CONSTANTS[text]
        return lambda x: value
    raise unknown(text)


def call(text: str, arguments: list[Evaluator]) -> Evaluator:
    """A function of the arguments."""
    if text not in FUNCTIONS:
        raise unknown(text)
    function = FUNCTIONS[text]
    count = getattr(function, "nin", 1)
    if len(arguments) != count:
        raise ExpressionError(
            f"{text} takes {count} argument{'s' if count > 1 else ''}, and got {len(arguments)}"
        )
    return lambda x: function(*[argument(x) for argument in arguments])


def unknown(text: str) -> ExpressionError:
    """The error for a name that is not known, with the closest that is."""
    close = difflib.get_close_matches(text, [*FUNCTIONS, *CONSTANTS, "x"], n=1)
    meant = f" did you mean {close[0]!r}?" if close else ""
    return ExpressionError(f"{text!r} is not known in an expression;{meant} {allowed()}")


def allowed() -> str:
    """What an expression may hold, as text."""
    return (
        f"Allowed are x, numbers, + - * / % ** and parentheses, the constants {', '.join(CONSTANTS)} and "
        f"the functions "
        f"{', '.join(FUNCTIONS)}"
    )
