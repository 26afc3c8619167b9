"""Python's text as a tree."""

from __future__ import annotations

import ast
import threading
from typing import Any

LOCK = threading.RLock()


def parse(text: str, mode: str = "exec") -> Any:
    """Parse as ``ast.parse`` does, one thread at a time: before Python 3.11.8, trees that two threads make at
    once can end in a SystemError (CPython's issue 106905).

    Args:
        text: a program.
        mode: what it is, as ``ast.parse`` takes it.

    Raises:
        SyntaxError: it is not Python's.
    """
    with LOCK:
        return ast.parse(text, mode=mode)


def parsed_expression(text: str) -> ast.expr:
    """The tree of one expression.

    Example:
        >>> ast.unparse(parsed_expression("x*  y"))
        'x * y'
    """
    tree: ast.expr = parse(text, mode="eval").body
    return tree
