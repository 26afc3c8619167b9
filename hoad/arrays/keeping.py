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

from ..chainrules.parsing import parsed_expression
from ..places import STANDARD
from .caches import LOOKING, calls_a_cache
from .syntax import FUNCTIONS, path_in, tree_of, value_of

HERE, ELSEWHERE, NOWHERE = "in this function", "in another function", "nowhere"
MAKING = frozenset({"__init__", "__post_init__", "__new__", "__setstate__"})  # which fill what is looked into
OTHERS = (list, tuple, types.ModuleType, str, set, frozenset, np.ndarray)
_EMPTY = frozenset({"list", "dict", "set", "defaultdict", "deque", "Counter"})
_MADE_ONE_BY_ONE = (ast.DictComp, ast.GeneratorExp, ast.ListComp)
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
OF_A_SET = Site(None, "", NOWHERE, None, False)
SETS = frozenset([dis.opmap[name] for name in ("BUILD_SET", "SET_ADD", "SET_UPDATE")])


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

    def is_named(self) -> bool:
        """Tell whether the text says what key is looked up, or it goes into a set."""
        return (bool(self.site.key) and self.site.table is not None) or self.site is OF_A_SET

    def compares(self) -> bool:
        """Tell whether the program itself asks whether two values are equal."""
        return self.frame.f_code.co_code[self.frame.f_lasti] == COMPARE

    def is_of_a_table(self) -> bool:
        """Tell whether it is one in a dictionary or a set, as far as the text tells."""
        table = self.table()
        return isinstance(table, dict) or (self.site.table is not None and not isinstance(table, OTHERS[:3]))

    def entry(self, key: Any) -> tuple[Any, Any] | None:
        """A key that is the given one, or has it as a part, with what stands there."""
        table = self.table()
        for k, value in dict.items(table) if isinstance(table, dict) else ():
            if k is key or (k.__class__ is tuple and any([part is key for part in k])):
                return k, value
        return None

    def finds(self, first: Any, second: Any, is_such: Callable[[Any], bool]) -> bool:
        """Tell whether what a table has for one of two keys is of a kind, as all that it has."""
        if not self.has_only(is_such):
            return False
        entry = self.entry(first) or self.entry(second)
        return entry is not None and is_such(entry[1])

    def has_only(self, is_such: Callable[[Any], bool]) -> bool:
        """Tell whether the first of what a table has is of a kind."""
        table = self.table()
        return isinstance(table, dict) and bool(table) and is_such(next(iter(dict.values(table))))

    def computes_what_is_missing(self) -> bool:
        """Tell whether a function of the user's gives what is not found, or a cache of ``functools`` does."""
        site = self.site
        if site.subscripted:
            missing = getattr(getattr(type(self.table()), "__missing__", None), "__code__", None)
            return missing is not None and not missing.co_filename.startswith(STANDARD)
        return calls_a_cache(self.frame)

    def by_who_calls(self) -> Lookup:
        """The same of a call of the function, where that is given the key: ``get(self, key)``."""
        code, caller = self.frame.f_code, self.frame.f_back
        if caller is None or self.site.key not in code.co_varnames[: code.co_argcount]:
            return self
        outer = lookup_at(caller)
        if outer.kept is ELSEWHERE:
            outer = outer.by_who_calls()
        return outer if outer.kept is HERE else self


def lookup_at(frame: FrameType) -> Lookup:
    """What a frame looks up at the instruction where it stands."""
    return Lookup(site_at(frame.f_code, frame.f_lasti), frame)


@functools.lru_cache(maxsize=1024)
def site_at(code: CodeType, offset: int) -> Site:
    """The piece of text to which an instruction belongs."""
    if code.co_code[offset] == COMPARE:
        return NO_SITE
    if code.co_code[offset] in SETS:
        return OF_A_SET
    if tree_of(code) is None:
        return Site(None, "", ELSEWHERE if writes(code) else NOWHERE, None, False)
    path = path_in(code, offset)
    return NO_SITE if path is None else site_of(path)


def is_of_a_memo(frame: FrameType) -> bool:
    """Tell whether a frame looks into a table in which the program keeps results, by its text alone."""
    site = site_at(frame.f_code, frame.f_lasti)
    return site.kept is HERE and site.table is not None


COMPARE, STORE = dis.opmap["COMPARE_OP"], dis.opmap["STORE_SUBSCR"]


def writes(code: CodeType) -> bool:
    """Tell whether code of which there is no text writes into tables."""
    return STORE in code.co_code[::2] or not {"setdefault", "__setitem__"}.isdisjoint(code.co_names)


def site_of(path: list[ast.AST]) -> Site:
    """What a piece of text looks up, and where results of that are kept."""
    tree, node = path[0], path[-1]
    table, key, called = looked_up(node)
    if table is None and getattr(called, "id", "") in ("set", "frozenset", "Counter"):
        return OF_A_SET
    scope = next((n for n in path if isinstance(n, FUNCTIONS)), tree)
    kept = NOWHERE
    if key and not isinstance(table, _MADE):
        if table is None or not known_as(table, scope)[0]:
            kept = HERE if key in Table("", False, scope).stored else NOWHERE
        else:
            kept = kept_in(table, key, scope, tree)
    return Site(table, key, kept, called, isinstance(node, ast.Subscript))


def kept_in(table: ast.expr, key: str, scope: ast.AST, tree: ast.AST) -> str:
    """Where results are kept in a table: in a function that looks for a key and writes under the same."""
    name, is_variable = known_as(table, scope)
    found = [Table(name, is_variable, scope)]
    if not (is_variable and name in assigned(scope)):
        for f in functions_of(tree):
            if f is not scope and not (is_variable and name in assigned(f)):
                found.append(Table(name, is_variable, f))
    if any([t.grows for t in found]):
        return NOWHERE
    if any([t.stored & t.asked or (t.stored and t.tries) for t in found]):
        return HERE
    asked = any([t.asked or t.tries for t in found])
    return ELSEWHERE if asked and any([t.stored for t in found]) else NOWHERE


class Table:
    """What a function does with a table of some name.

    Args:
        name: the name, of a variable or an attribute; none for whatever table.
        is_variable: which of them it is.
        scope: the function.
    """

    __slots__ = ("asked", "grows", "stored", "tries")

    def __init__(self, name: str, is_variable: bool, scope: ast.AST) -> None:
        self.stored: set[str] = set()  # the keys under which it writes results
        self.asked: set[str] = set()  # the keys for which it asks, and goes on without
        self.grows = False  # whether it adds to what is there
        self.tries = False  # whether it goes on where a key is missing
        wanted = (name, is_variable)
        loops = looped(scope)
        nodes = list(ast.walk(scope))
        may_try = any([isinstance(n, ast.Try) for n in nodes])
        makes = getattr(scope, "name", "") in MAKING
        for node in nodes:
            for table, key, value in written(node):
                if name and known_as(table, scope) != wanted:
                    continue
                if makes_of(value, table, key):
                    self.grows = True
                elif is_result(value) and not are_given_together(key, value, loops):
                    self.stored.add("?" if key is None else ast.unparse(key))
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript):
                self.grows = self.grows or known_as(node.target.value, scope) == wanted
            asks = isinstance(node, ast.Compare) or (isinstance(node, ast.Call) and name_of(node) in LOOKING)
            asked, key, _ = looked_up(node) if asks else (None, "", None)
            if asked is not None and known_as(asked, scope) == wanted:
                self.asked.add(key)
            if may_try and isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
                self.tries = self.tries or known_as(node.value, scope) == wanted
        filled = {k for k in self.stored - self.asked if names_in(k) & loops.keys()}
        self.stored -= filled  # over a grid
        if makes:
            self.stored &= self.asked


def functions_of(tree: ast.AST) -> Iterator[ast.AST]:
    """The functions and methods of a file, and not those within them."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, FUNCTIONS):
            yield child
        else:
            yield from functions_of(child)


def known_as(table: ast.expr, scope: ast.AST) -> tuple[str, bool]:
    """The name by which a table is known, and whether that is of a variable; none where it has no name."""
    for _ in range(MOST):
        while isinstance(table, (ast.Subscript, ast.Call)):
            if isinstance(table, ast.Subscript):
                table = table.value
            elif isinstance(table.func, ast.Attribute):
                table = table.func.value
            else:
                return "", False
        if not isinstance(table, ast.Name):
            break
        other = aliases(scope).get(table.id)
        if other is None:
            return table.id, True
        table = other
    return (table.attr, False) if isinstance(table, ast.Attribute) else ("", False)


MOST = 4  # names for the same


@functools.lru_cache(maxsize=256)
def aliases(scope: ast.AST) -> dict[str, ast.expr]:
    """The variables of a function that are another name for something."""
    found: dict[str, ast.expr] = {}
    for node in ast.walk(scope):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            value: Any = getattr(node, "value", None)
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=False))
            for name, other in pairs:
                if isinstance(name, ast.Name) and isinstance(other, (ast.Attribute, ast.Name)):
                    found[name.id] = other
    return found


def names_in(text: str) -> set[str]:
    """The variables in the text of a key, which may be a slice."""
    if text == "?":
        return set()
    key: Any = parsed_expression(f"_[{text}]")
    return {n.id for n in ast.walk(key.slice) if isinstance(n, ast.Name)}


def looped(scope: ast.AST) -> dict[str, ast.AST]:
    """The variables over which a function loops, with what is taken apart there."""
    return {
        n.id: loop.target
        for loop in ast.walk(scope)
        if isinstance(loop, (ast.For, ast.comprehension))
        for n in ast.walk(loop.target)
        if isinstance(n, ast.Name)
    }


def are_given_together(key: ast.expr | None, value: ast.expr, loops: dict[str, ast.AST]) -> bool:
    """Tell whether key and value come in pairs: ``for key, value in ...``."""
    if not (isinstance(key, ast.Name) and isinstance(value, ast.Name)) or key.id == value.id:
        return False
    return key.id in loops and loops.get(value.id) is loops[key.id]


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
            return table, "?" if k is None else ast.unparse(k), node.func
        if isinstance(node.func, ast.Attribute):
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


def written(node: ast.AST) -> Iterator[tuple[ast.expr, Any, ast.expr]]:
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
        elif node.func.attr == "update" and node.args and isinstance(node.args[0], _MADE_ONE_BY_ONE):
            pair = node.args[0]
            yield node.func.value, getattr(pair, "key", None), getattr(pair, "value", pair)
    yield from joined(node)


def entries(table: ast.expr, display: ast.Dict) -> Iterator[tuple[ast.expr, ast.expr, ast.expr]]:
    """What is written by ``table |= {key: value}``."""
    for key, value in zip(display.keys, display.values, strict=True):
        if key is not None:
            yield table, key, value


def is_result(value: ast.expr) -> bool:
    """Tell whether what is written is neither a constant, nor empty, nor a number of entries."""
    if isinstance(value, ast.BinOp):
        return is_result(value.left) or is_result(value.right)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "len":
        return False
    if isinstance(value, ast.Call) and not value.args and isinstance(value.func, ast.Name):
        return value.func.id not in _EMPTY
    return any([isinstance(part, (ast.Name, ast.Call)) for part in ast.walk(value)])


def makes_of(value: ast.expr, table: ast.expr, key: ast.expr | None) -> bool:
    """Tell whether what is written is made of what was there."""
    if key is None:
        return False
    wanted, k = ast.unparse(table), ast.unparse(key)
    for part in ast.walk(value):
        if isinstance(part, ast.Subscript) or (isinstance(part, ast.Call) and name_of(part) in LOOKING):
            inner, other, _ = looked_up(part)
            if inner is not None and other == k and ast.unparse(inner) == wanted:
                return True
    return False


def name_of(call: ast.Call) -> str:
    """The name of a method that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


@functools.lru_cache(maxsize=256)
def assigned(scope: ast.AST) -> set[str]:
    """The variables that a function makes."""
    return {n.id for n in ast.walk(scope) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
