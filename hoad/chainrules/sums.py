"""Sums of expressions as text: negatives are subtracted, and what occurs twice is doubled.

A sum of partials is written term by term, as ``d / y + -(e / y) * out``. Each sign and each repetition would
be an operation over whole arrays, so signs are drawn out of products and quotients first; no bit changes.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence


def summed(terms: Sequence[ast.expr]) -> ast.expr:
    """The sum of some expressions, from the first to the last.

    Example:
        >>> terms = [ast.parse(text, mode="eval").body for text in ("d / y", "-(e / y) * out")]
        >>> ast.unparse(summed(terms))
        'd / y - e / y * out'
    """
    if len(terms) == 1:
        return terms[0]
    minus, found = signed(terms[0])
    for term in terms[1:]:
        is_negative, part = signed(term)
        if minus == is_negative:
            found = ast.BinOp(found, ast.Add(), part)
        else:
            found = ast.BinOp(part, ast.Sub(), found) if minus else ast.BinOp(found, ast.Sub(), part)
            minus = False
    return negated(found) if minus else found


def negated(node: ast.expr) -> ast.expr:
    """The negative of an expression: a product with a number is one with the negative number.

    Example:
        >>> [ast.unparse(negated(ast.parse(text, mode="eval").body)) for text in ("2 * (x * y)", "x * y")]
        ['-2 * (x * y)', '-(x * y)']
    """
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        number = node.left.value if isinstance(node.left, ast.Constant) else None
        if isinstance(number, (int, float)):
            return ast.BinOp(ast.Constant(-number), node.op, node.right)
    return ast.UnaryOp(ast.USub(), node)


def signed(node: ast.expr) -> tuple[bool, ast.expr]:
    """Whether an expression is the negative of another one, and that: a sign before a product or a quotient,
    or in one of its parts, stands before the whole.

    Example:
        >>> minus, rest = signed(ast.parse("x * -(d * y) / -2", mode="eval").body)
        >>> minus, ast.unparse(rest)
        (False, 'x * (d * y) / 2')
    """
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        minus, inner = signed(node.operand)
        return not minus, inner
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
        (first, left), (second, right) = signed(node.left), signed(node.right)
        if first or second:
            return first != second, ast.BinOp(left, node.op, right)
    return False, node


def factors(node: ast.expr) -> list[str]:
    """The factors of a product without their signs, and those that it is divided by, in order of their text.

    Example:
        >>> factors(ast.parse("d * (y * x) / f(x)", mode="eval").body)
        ['d', 'over f(x)', 'x', 'y']
    """
    _, part = signed(node)
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult):
        return sorted([*factors(part.left), *factors(part.right)])
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div):
        return sorted([*factors(part.left), f"over {ast.unparse(part.right)}"])
    return [ast.unparse(part)]


def doubled(first: ast.expr, second: ast.expr) -> ast.expr | None:
    """The sum of two products of the same factors; None where they are not.

    Example:
        >>> terms = [ast.parse(text, mode="eval").body for text in ("e * x * y", "x * -y * e")]
        >>> doubled(*terms), ast.unparse(doubled(terms[0], signed(terms[1])[1]))
        (None, '2 * (x * y * e)')
    """
    (minus, _), (is_negative, part) = signed(first), signed(second)
    if minus != is_negative or factors(first) != factors(second):
        return None
    twice = ast.BinOp(ast.Constant(2), ast.Mult(), part)
    return negated(twice) if minus else twice
