"""Mathematical expressions as text, such as ``exp(sin(x))``: parsed, vetted and made into functions, never
handed to ``eval``.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.parsing import parsed_expression
from ..errors import HoadError

Evaluator = Callable[[Any], Any]

CONSTANTS = {"pi": np.pi, "e": np.e, "inf": np.inf, "euler_gamma": np.euler_gamma}
NAMES = """
    sin cos tan arcsin arccos arctan arctan2 asin acos atan atan2 hypot sinc degrees radians deg2rad rad2deg
    sinh cosh tanh arcsinh arccosh arctanh asinh acosh atanh
    exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2
    power pow float_power sqrt cbrt square reciprocal
    abs absolute fabs sign copysign maximum minimum fmax fmin clip heaviside
    floor ceil trunc rint fmod mod remainder
"""
FUNCTIONS: dict[str, Callable[..., Any]] = {name: getattr(np, name) for name in NAMES.split()}
COUNTS = {"sinc": 1, "clip": 3}  # what is no ufunc does not know how many arguments it takes

# NumPy's functions and not Python's operators, here and in constants of type float64: 1/0 is inf, (-8)**(1/3)
# is nan and 9**9**9**9 is inf at once, where Python raises, turns complex, or counts for years.
BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Mod: np.remainder,
    ast.Pow: np.power,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: np.negative, ast.UAdd: np.positive}


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
        hoad.command.expressions.ExpressionError: ...
    """
    try:
        return build(parsed_expression(text.strip()), text)
    except SyntaxError as error:
        raise ExpressionError(
            f"{text!r} is not an expression: {error.msg}; an example is exp(sin(x))"
        ) from None
    except (RecursionError, MemoryError):
        raise ExpressionError(f"the expression, of {len(text)} characters, is nested too deeply") from None


def build(node: ast.expr, text: str) -> Evaluator:
    """Make a function out of one node of the parsed text."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        value = np.float64(str(node.value))  # by way of text, as an int may be too large for a float
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
        value = np.float64(CONSTANTS[text])
        return lambda x: value
    if text in FUNCTIONS:
        raise ExpressionError(f"{text} is a function; give it an argument, such as {text}(x)")
    raise unknown(text)


def call(text: str, arguments: list[Evaluator]) -> Evaluator:
    """A function of the arguments."""
    if text == "x" or text in CONSTANTS:
        raise ExpressionError(f"{text} is not a function; for a product, type {text}*(...)")
    if text not in FUNCTIONS:
        raise unknown(text)
    function = FUNCTIONS[text]
    count = function.nin if isinstance(function, np.ufunc) else COUNTS[text]
    if len(arguments) != count:
        raise ExpressionError(
            f"{text} takes {count} argument{'s' if count > 1 else ''}, and got {len(arguments)}"
        )
    return lambda x: function(*[argument(x) for argument in arguments])


def unknown(text: str) -> ExpressionError:
    """The error for a name that is not known, with the closest that is."""
    close = difflib.get_close_matches(text.lower(), [*FUNCTIONS, *CONSTANTS, "x"], n=1)
    meant = f" did you mean {close[0]!r}?" if close else ""
    return ExpressionError(f"{text!r} is not known in an expression;{meant} {allowed()}")


def allowed() -> str:
    """What an expression may hold, as text."""
    return (
        f"Allowed are x, numbers, + - * / % ** and parentheses, the constants {', '.join(CONSTANTS)} and the "
        f"functions {', '.join(FUNCTIONS)}"
    )
