"""Where a program keeps results by their arguments.

In ::

    if x not in table:
        table[x] = expensive(x)
    return table[x]

what stands in the table for a key is a function of that key, and whoever looks another one up that is not
there computes it. A program that looks a number up in a table of constants, counts how often one comes, or
adds up what belongs to it, reads and writes dictionaries, too. They are told apart by the text of the
program: it keeps results if, in the same function, it writes into the same table under the same key what is
neither a constant nor made of what was there.
"""

from __future__ import annotations

import ast
import dis
import functools
import types
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ..nested import Traced
from ..places import STANDARD
from .syntax import FUNCTIONS, path_in, tree_of, value_of

HERE, ELSEWHERE, NOWHERE = "in this function", "in another function", "nowhere"
LOOKING = frozenset({"get", "pop", "__getitem__", "__contains__", "setdefault"})
MAKING = frozenset({"__init__", "__post_init__", "__new__", "__setstate__"})  # which fill what is looked into
_CACHED = functools._lru_cache_wrapper
OTHERS = (list, tuple, types.ModuleType, str, set, frozenset, np.ndarray)
_EMPTY = frozenset({"list", "dict", "set", "defaultdict", "deque", "Counter"})
_MADE = (ast.Dict, ast.DictComp, ast.Set, ast.SetComp, ast.List, ast.Tuple, ast.ListComp)


class Site:
    """A piece of text in which something may be looked up.

    Args:
        table: the expression that is looked into; None where that is not known.
        key: the text of the key.
        kept: where the program keeps results of such keys.
        called: the expression that is called, if it is a call.
        subscripted: whether it is ``table[key]``.
    """

    __slots__ = ("called", "kept", "key", "subscripted", "table")

    def __init__(
        self, table: ast.expr | None, key: str, kept: str, called: ast.expr | None, subscripted: bool
    ) -> None:
        self.table = table
        self.key = key
        self.kept = kept
        self.called = called
        self.subscripted = subscripted


NO_SITE = Site(None, "", NOWHERE, None, False)


class Lookup:
    """A frame at such a place."""

    __slots__ = ("frame", "kept", "site")

    def __init__(self, site: Site, frame: FrameType) -> None:
        self.site = site
        self.frame = frame
        self.kept = site.kept
        if self.kept is not NOWHERE and (site.table is not None or site.called is not None):
            table = self.table()
            if isinstance(table, OTHERS) or (site.table is None and not isinstance(table, dict)):
                self.kept = NOWHERE

    @property
    def text(self) -> str:
        """The table, as it is written."""
        return "?" if self.site.table is None else ast.unparse(self.site.table)

    def table(self) -> Any:
        """What is looked into, as far as names tell."""
        if self.site.table is None:
            return getattr(value_of(self.site.called, self.frame), "__self__", None)
        return value_of(self.site.table, self.frame)

    def is_of_a_table(self) -> bool:
        """Tell whether it is one in a dictionary or a set, as far as the text tells."""
        table = self.table()
        return isinstance(table, dict) or (self.site.table is not None and not isinstance(table, OTHERS[:3]))

    def entry(self, key: Any) -> tuple[Any, Any] | None:
        """A key that is the given one, or has it as a part, with what stands there."""
        table = self.table()
        for k, value in table.items() if isinstance(table, dict) else ():
            if k is key or (k.__class__ is tuple and any([part is key for part in k])):
                return k, value
        return None

    def finds(self, first: Any, second: Any, is_such: Callable[[Any], bool]) -> bool:
        """Tell whether what a table has for one of two keys is of a kind, as all that it has."""
        table = self.table()
        if not isinstance(table, dict) or not table or not is_such(next(iter(table.values()))):
            return False
        entry = self.entry(first) or self.entry(second)
        return entry is not None and is_such(entry[1])

    def stored(self, first: Any, second: Any) -> Any:
        """That of two keys which is in the table; where nobody knows, the one that is no traced value."""
        plain = second if isinstance(first, Traced) else first
        return first if self.entry(first) else second if self.entry(second) else plain

    def computes_what_is_missing(self) -> bool:
        """Tell whether a function of the user's gives what is not found, or a cache of ``functools`` does."""
        site = self.site
        if site.subscripted:
            missing = getattr(getattr(type(self.table()), "__missing__", None), "__code__", None)
            return missing is not None and not missing.co_filename.startswith(STANDARD)
        if site.called is None or site.table is not None:
            return False
        names = [n for n in ast.walk(site.called) if isinstance(n, (ast.Name, ast.Attribute))]
        return any([isinstance(value_of(name, self.frame), _CACHED) for name in names])

    def by_who_calls(self) -> Lookup:
        """The same of a call of the function, where that is given the key: ``get(self, key)``."""
        code, caller = self.frame.f_code, self.frame.f_back
        if caller is None or self.site.key not in code.co_varnames[: code.co_argcount]:
            return self
        outer = lookup_at(caller)
        if outer.kept is ELSEWHERE:
            outer = outer.by_who_calls()
        is_library = code.co_filename.startswith(STANDARD)
        return outer if outer.kept is HERE or is_library else self


def lookup_at(frame: FrameType) -> Lookup:
    """What a frame looks up at the instruction where it stands."""
    return Lookup(site_at(frame.f_code, frame.f_lasti), frame)


@functools.lru_cache(maxsize=1024)
def site_at(code: CodeType, offset: int) -> Site:
    """The piece of text to which an instruction belongs."""
    if code.co_code[offset] == COMPARE:
        return NO_SITE
    if tree_of(code) is None:
        return Site(None, "", ELSEWHERE if writes(code) else NOWHERE, None, False)
    path = path_in(code, offset)
    return NO_SITE if path is None else site_of(path)


COMPARE, STORE = dis.opmap["COMPARE_OP"], dis.opmap["STORE_SUBSCR"]


def writes(code: CodeType) -> bool:
    """Tell whether code of which there is no text writes into tables."""
    return STORE in code.co_code[::2] or not {"setdefault", "__setitem__"}.isdisjoint(code.co_names)


def site_of(path: list[ast.AST]) -> Site:
    """What a piece of text looks up, and where results of that are kept."""
    tree, node = path[0], path[-1]
    table, key, called = looked_up(node)
    scope = next((n for n in path if isinstance(n, FUNCTIONS)), tree)
    text = None if table is None else ast.unparse(table)
    if isinstance(table, _MADE) or not key:
        return Site(table, key, NOWHERE, called, isinstance(node, ast.Subscript))
    kept = NOWHERE
    if any([k == key and text in (None, t) for t, k in stores(scope)]):
        kept = HERE
    elif table is not None and may_miss(node, scope, text) and is_written_elsewhere(tree, scope, table):
        kept = ELSEWHERE
    return Site(table, key, kept, called, isinstance(node, ast.Subscript))


def looked_up(node: ast.AST) -> tuple[ast.expr | None, str, ast.expr | None]:
    """The table, the text of the key, and what is called."""
    if isinstance(node, ast.Subscript):
        return node.value, ast.unparse(node.slice), None
    if isinstance(node, ast.Compare):
        is_search = isinstance(node.ops[0], (ast.In, ast.NotIn))
        return (node.comparators[0], ast.unparse(node.left), None) if is_search else (None, "", None)
    if isinstance(node, ast.Call):
        key = ast.unparse(node.args[0]) if node.args else ""
        for table, k, _ in written(node):
            return table, ast.unparse(k), node.func
        if isinstance(node.func, ast.Attribute) and (node.func.attr in LOOKING or is_put(node)):
            return node.func.value, key, node.func
        return None, key, node.func
    for table, k, _ in joined(node):
        return table, ast.unparse(k), None
    return None, "", None


def joined(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr, ast.expr]]:
    """What is written by ``table | {key: value}``, the same in place, and ``{**table, key: value}``."""
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Dict):
        yield from entries(node.left, node.right)
    elif isinstance(node, ast.AugAssign) and isinstance(node.value, ast.Dict):
        yield from entries(node.target, node.value)
    elif isinstance(node, ast.Dict) and None in node.keys:
        yield from entries(node.values[node.keys.index(None)], node)


def is_put(node: ast.Call) -> bool:
    """Tell whether a call may give a table a key and a value: ``cache.put(key, value)``."""
    return isinstance(node.func, ast.Attribute) and len(node.args) == 2 and node.func.attr not in LOOKING


def stores(scope: ast.AST) -> Iterator[tuple[str, str]]:
    """The tables and keys under which a function keeps results."""
    for node in ast.walk(scope):
        for table, key, value in written(node):
            if is_result(value, ast.unparse(table), ast.unparse(key)):
                yield ast.unparse(table), ast.unparse(key)


def written(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr, ast.expr]]:
    """Tables, keys and values of a statement or a call that writes."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                yield target.value, target.slice, node.value
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Subscript) and node.value:
        yield node.target.value, node.target.slice, node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("setdefault", "__setitem__") or is_put(node):
            if len(node.args) == 2:
                yield node.func.value, node.args[0], node.args[1]
        elif node.func.attr == "update" and node.args and isinstance(node.args[0], ast.Dict):
            yield from entries(node.func.value, node.args[0])
    yield from joined(node)


def entries(table: ast.expr, display: ast.Dict) -> Iterator[tuple[ast.expr, ast.expr, ast.expr]]:
    """What is written by ``table |= {key: value}``."""
    for key, value in zip(display.keys, display.values, strict=True):
        if key is not None:
            yield table, key, value


def is_result(value: ast.expr, table: str, key: str) -> bool:
    """Tell whether what is written is neither a constant, nor empty, nor made of what was there."""
    if isinstance(value, ast.Call) and not value.args and isinstance(value.func, ast.Name):
        return value.func.id not in _EMPTY
    parts = list(ast.walk(value))
    if not any([isinstance(part, (ast.Name, ast.Call)) for part in parts]):
        return False
    for part in parts:
        if isinstance(part, (ast.Subscript, ast.Call)):
            inner, k, _ = looked_up(part)
            if inner is not None and ast.unparse(inner) == table and k == key:
                return False
    return True


def may_miss(node: ast.AST, scope: ast.AST, text: str | None) -> bool:
    """Tell whether a program goes on where something is not found."""
    if isinstance(node, ast.Compare) or (isinstance(node, ast.Call) and len(node.args) > 0):
        return True
    return any(
        [
            isinstance(n, ast.Try)
            or (isinstance(n, (ast.Compare, ast.Call)) and (t := looked_up(n)[0]) and ast.unparse(t) == text)
            for n in ast.walk(scope)
        ]
    )


def is_written_elsewhere(tree: ast.AST, scope: ast.AST, table: ast.expr) -> bool:
    """Tell whether another function keeps results in what has the same name."""
    name, is_variable = last_name(table), isinstance(table, ast.Name)
    if not name or (is_variable and name in assigned(scope)):
        return False
    for f in ast.walk(tree):
        if not isinstance(f, FUNCTIONS) or f is scope or getattr(f, "name", "") in MAKING:
            continue
        own = assigned(f)
        for node in ast.walk(f):
            for written_to, key, value in written(node):
                if last_name(written_to) != name or isinstance(written_to, ast.Name) is not is_variable:
                    continue
                if (is_variable and name in own) or not is_given(key, f):
                    continue
                if is_result(value, ast.unparse(written_to), ast.unparse(key)):
                    return True
    return False


def last_name(table: ast.expr) -> str:
    """The name by which a table is known."""
    while isinstance(table, (ast.Subscript, ast.Call)):
        table = table.value if isinstance(table, ast.Subscript) else table.func
    return table.attr if isinstance(table, ast.Attribute) else table.id if isinstance(table, ast.Name) else ""


def assigned(scope: ast.AST) -> set[str]:
    """The variables that a function makes."""
    return {n.id for n in ast.walk(scope) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def is_given(key: ast.expr, f: ast.AST) -> bool:
    """Tell whether a key is no constant, and none of those over which a function loops."""
    names = {n.id for n in ast.walk(key) if isinstance(n, ast.Name)}
    looped = {
        n.id
        for loop in ast.walk(f)
        if isinstance(loop, (ast.For, ast.comprehension))
        for n in ast.walk(loop.target)
        if isinstance(n, ast.Name)
    }
    return bool(names) and names.isdisjoint(looped)
