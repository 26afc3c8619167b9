"""Caches of ``functools``: whether code calls one with a key that is asked for its hash.

Their table is C's, and no text says so. A frame that asks for a hash within a call has called C code; that
is a cache if what it calls leads to one: by a name, an attribute, an element of what it holds, a ``partial``,
a bound method, or as a function that C code is given to call. Where an attribute is read, nothing but a
property that is a cache asks.
"""

from __future__ import annotations

import ast
import dis
import functools
import itertools
import types
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import numpy as np

from .syntax import path_in, tree_of, value_of

CACHE = functools._lru_cache_wrapper
CALLS = frozenset([code for name, code in dis.opmap.items() if name.startswith(("CALL", "PRECALL"))])
PROPERTIES = frozenset([dis.opmap[n] for n in ("LOAD_ATTR", "LOAD_METHOD") if n in dis.opmap])
SUBSCRIPTS = frozenset([dis.opmap[n] for n in ("BINARY_SUBSCR", "CONTAINS_OP") if n in dis.opmap])
TABLES = (dict, set, frozenset)
DEPTH, MANY = 4, 64  # how far, and into how many elements, what is called is followed


def calls_a_cache(frame: FrameType) -> bool:
    """Tell whether a frame calls a cache, or C code that may call one."""
    code, at = frame.f_code, frame.f_lasti
    instruction = code.co_code[at]
    if instruction in SUBSCRIPTS:
        return is_subscripted(frame)
    if instruction not in CALLS:
        return instruction in PROPERTIES
    called = called_at(code, at)
    if called is None:
        return LOOKING.isdisjoint(code.co_names) and any(map(leads_to_one, named_in(frame)))
    first = value_of(called[0], frame) if called else None
    if isinstance(first, (types.BuiltinFunctionType, types.MethodWrapperType)) and isinstance(
        first.__self__, TABLES
    ):
        return False
    if any([first is known for known in OTHERS]):
        return False
    return any([leads_to_one(value_of(part, frame)) for part in called])


LOOKING = frozenset({"get", "pop", "__getitem__", "__contains__", "setdefault"})
OTHERS: list[Any] = [*TABLES, hash]  # which ask for hashes themselves


def is_subscripted(frame: FrameType) -> bool:
    """Tell whether a class of the user's looks into its objects by a cache."""
    path = path_in(frame.f_code, frame.f_lasti)
    piece = path[-1] if path else None
    if isinstance(piece, ast.Subscript):
        return is_method(value_of(piece.value, frame), "__getitem__")
    return isinstance(piece, ast.Compare) and is_method(value_of(piece.comparators[0], frame), "__contains__")


def is_method(value: Any, name: str) -> bool:
    """Tell whether a method of Python's own name is a cache."""
    return isinstance(next((vars(c)[name] for c in type(value).__mro__ if name in vars(c)), None), CACHE)


@functools.lru_cache(maxsize=1024)
def called_at(code: CodeType, at: int) -> tuple[ast.expr, ...] | None:
    """What a call calls, with the names in it and in its arguments; None where there is no text of it."""
    if tree_of(code) is None:
        return None
    path = path_in(code, at)
    if not path or not isinstance(path[-1], ast.Call):
        return ()
    call = path[-1]
    is_lookup = isinstance(call.func, ast.Attribute) and call.func.attr in LOOKING
    given = [] if is_lookup else [*call.args, *[k.value for k in call.keywords]]
    return (call.func, *[name for part in (call.func, *given) for name in names_of(part)])


def names_of(part: ast.AST) -> Iterator[ast.expr]:
    """The names and attributes in a piece of text, and not those of calls within it, which are done."""
    if isinstance(part, (ast.Name, ast.Attribute)):
        yield part
    elif not isinstance(part, (ast.Call, ast.Lambda)):
        for child in ast.iter_child_nodes(part):
            yield from names_of(child)


def named_in(frame: FrameType) -> Iterator[Any]:
    """What the names of code stand for."""
    yield from list(frame.f_locals.values())
    for name in frame.f_code.co_names:
        yield frame.f_globals.get(name)


def leads_to_one(value: Any, depth: int = DEPTH) -> bool:
    """Tell whether a value is a cache, or calls or holds one."""
    if isinstance(value, CACHE):
        return True
    if depth == 0:
        return False
    if isinstance(value, functools.partial):
        parts: Any = (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, (types.MethodType, staticmethod, classmethod)):
        parts = (value.__func__,)
    elif isinstance(value, functools.partialmethod):
        parts = (value.func,)
    elif isinstance(value, map):
        parts = value.__reduce__()[1][:1]
    elif isinstance(value, np.vectorize):
        parts = (value.pyfunc,)
    elif isinstance(value, dict):
        parts = dict.values(value)
    elif isinstance(value, (list, tuple)):
        parts = value
    else:
        return is_method(value, "__call__")
    return any([leads_to_one(part, depth - 1) for part in itertools.islice(parts, MANY)])
