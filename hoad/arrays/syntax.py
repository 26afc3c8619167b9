"""The text of a program that runs, parsed: the piece at which a frame stands; what its names stand for."""

from __future__ import annotations

import ast
import functools
import linecache
from types import CodeType, FrameType, MemberDescriptorType
from typing import Any

from ..chainrules.parsing import parse

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
PIECES = (ast.Subscript, ast.Compare, ast.Call, ast.Dict, ast.BinOp, ast.AugAssign, ast.JoinedStr)


@functools.lru_cache(maxsize=64)
def parsed(text: str) -> ast.Module | None:
    """A file, parsed."""
    try:
        return parse(text) if text else None
    except SyntaxError:
        return None


def tree_of(code: CodeType) -> ast.Module | None:
    """The file in which code is written; None where there is no text of it."""
    return parsed("".join(linecache.getlines(code.co_filename)))


def path_at(frame: FrameType) -> list[ast.AST] | None:
    """The nodes from the file down to the piece at which a frame stands."""
    return path_in(frame.f_code, frame.f_lasti)


@functools.lru_cache(maxsize=1024)
def path_in(code: CodeType, offset: int) -> list[ast.AST] | None:
    """The same of an instruction."""
    tree = tree_of(code)
    found = None if tree is None else path_to(tree, list(code.co_positions())[offset // 2])
    return None if tree is None or found is None else [tree, *found]


def path_to(node: ast.AST, place: Any) -> list[ast.AST] | None:
    """The nodes from one down to that which stands at a place. Calls end there: where they begin, versions of
    Python differ.
    """
    line, end_line, column, end_column = place
    for child in ast.iter_child_nodes(node):
        first, last = getattr(child, "lineno", None), getattr(child, "end_lineno", None)
        if first is not None and last is not None and (first > line or last < end_line):
            continue
        if isinstance(child, (*PIECES, ast.FormattedValue)):
            ends = (child.end_lineno, child.end_col_offset) == (end_line, end_column)
            if ends and (isinstance(child, ast.Call) or (first, child.col_offset) == (line, column)):
                return [child]
        found = path_to(child, place)
        if found is not None:
            return [child, *found]
    return None


def value_of(node: ast.expr | None, frame: FrameType) -> Any:
    """What a name stands for in a frame, or a chain of attributes, without a call; None where that is not
    known.
    """
    if isinstance(node, ast.Name):
        held = frame.f_locals
        return held[node.id] if node.id in held else frame.f_globals.get(node.id)
    if isinstance(node, ast.Attribute):
        holder = value_of(node.value, frame)
        if isinstance(holder, dict) and hasattr(dict, node.attr):
            return getattr(holder, node.attr)
        for names in (getattr(holder, "__dict__", {}), *map(vars, type(holder).__mro__)):
            if node.attr in names:
                found = names[node.attr]
                is_slot = isinstance(found, MemberDescriptorType)
                return getattr(holder, node.attr, None) if is_slot else found
    return None
