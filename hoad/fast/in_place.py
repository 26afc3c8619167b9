"""Pullbacks of scalar rules for large arrays: products take the place of cotangents that nobody else holds.

The sweep alone calls them, and says whether a cotangent is its own (``mine``). For ``scalar_rule(np.sin,
lambda x, out: np.cos(x))`` the pullback is ::

    def large(g, values, cotangents, i, a, b, mine):
        x = values[a]
        if not (g.dtype is _DOUBLE and x.__class__ is _ndarray and x.dtype is _DOUBLE and x.shape == g.shape):
            return _ordinary(g, values, cotangents, i, a, b)
        try:
            _c1 = _do(np.cos, None, g.shape, x)
        except ArithmeticError:
            return _ordinary(g, values, cotangents, i, a, b)
        _t = _times(g, _c1, x, mine, True)
        _add(cotangents, a, _t)
        _spare(_c1, _t)

It does what the ordinary one does, operation for operation.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.buffers import ALONE, DOUBLE, gives_doubles, holders, is_own, room, spare
from ..chainrules.parsing import parse, parsed_expression
from ..chainrules.text import Renamed, Text, compile_source, indent
from ..nested import Slot
from ..tangents.fit import fit_cotangent
from ..tape import pull

NUMBERS = frozenset({float, int, np.float64})

# ------------------------------------------------------------------------------------------------------------
# What the pullbacks call
# ------------------------------------------------------------------------------------------------------------


def do(ufunc: Any, target: Any, shape: tuple[int, ...], *args: Any) -> Any:
    """The value of a ufunc: in the place of ``target``, a result of this function that is read no more, or in
    a buffer, where it is an array of doubles of that shape.
    """
    arrays = [x for x in args if x.__class__ not in NUMBERS]
    if not arrays or not all([x.__class__ is np.ndarray and x.dtype is DOUBLE for x in arrays]):
        return ufunc(*args)
    if not all([x.shape == shape for x in arrays]):
        return ufunc(*args)
    return ufunc(
        *args, out=target if target.__class__ is np.ndarray and target.shape == shape else room(shape)
    )


def times(g: Any, p: Any, x: Any, mine: bool, fresh: bool) -> Any:
    """The cotangent ``g * p`` of ``x``, in the place of ``g`` or of ``p`` where nobody else holds that."""
    if p.__class__ is not np.ndarray:
        if p.__class__ not in NUMBERS:
            return pull(g, p, x)
    elif p.dtype is not DOUBLE or p.shape != g.shape:
        return pull(g, p, x)
    if mine:
        return np.multiply(g, p, out=g)
    return np.multiply(g, p, out=p if fresh and p.__class__ is np.ndarray and is_own(p) else room(g.shape))


def add(cotangents: list[Any], slot: Slot, part: Any) -> bool:
    """Add to the cotangent of a slot, in its place where nobody else holds that.

    Returns:
        Whether ``part`` was added to another array, and is not itself held there.
    """
    held = cotangents[slot]
    if held is None:
        cotangents[slot] = part
        return False
    if held.__class__ is not np.ndarray or part.__class__ is not np.ndarray or held.shape != part.shape:
        cotangents[slot] = held + part
        return False
    if is_own(held) and holders(cotangents, slot) == ALONE + 1:
        np.add(held, part, out=held)
    else:
        cotangents[slot] = np.add(held, part, out=room(part.shape)) if is_double(held, part) else held + part
    return True


def is_double(*arrays: np.ndarray) -> bool:
    """Tell whether arrays are of doubles."""
    return all([x.dtype is DOUBLE for x in arrays])


HELPERS = {
    "_np": np,
    "_ndarray": np.ndarray,
    "_DOUBLE": DOUBLE,
    "_NUMBERS": NUMBERS,
    "_room": room,
    "_fit": fit_cotangent,
    "_do": do,
    "_times": times,
    "_add": add,
    "_spare": spare,
}

# ------------------------------------------------------------------------------------------------------------
# Expressions as calls of ufuncs
# ------------------------------------------------------------------------------------------------------------

OPERATORS: dict[type, str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.USub: "negative",
}


@functools.cache
def body_of(function: Any) -> tuple[list[str], ast.expr] | None:
    """The parameters and the expression of a function that only returns one, in their names and ``np``."""
    try:
        tree: Any = parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (TypeError, OSError, SyntaxError):
        return None
    body = [s for s in getattr(tree, "body", ()) if not isinstance(getattr(s, "value", None), ast.Constant)]
    if not isinstance(tree, ast.FunctionDef) or len(body) != 1 or not isinstance(body[0], ast.Return):
        return None
    names = [a.arg for a in tree.args.args]
    expression = body[0].value
    return (names, expression) if expression and names_in(expression) <= {"np", *names} else None


def is_ufunc(node: ast.expr) -> bool:
    """Tell whether an expression names one of NumPy's functions of doubles."""
    text = ast.unparse(node)
    return text.startswith("np.") and gives_doubles(getattr(np, text[3:], None))


class Evaluation:
    """Lines that evaluate expressions, one call after the other; what is read no more is written over."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.fresh: set[str] = set()

    def of(self, node: ast.expr) -> str:
        """The name of the value of an expression."""
        if isinstance(node, ast.IfExp) and ast.unparse(node.test).endswith(" in _KINDS"):
            return self.of(node.orelse)  # operands are plain
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return self.done(f"np.{OPERATORS[type(node.op)]}", [node.left, node.right])
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            if isinstance(node.operand, ast.Constant):
                return ast.unparse(node)
            return self.done("np.negative", [node.operand])
        if isinstance(node, ast.Call) and is_ufunc(node.func) and not node.keywords:
            return self.done(ast.unparse(node.func), node.args)
        if isinstance(node, ast.Call) and not node.keywords:
            args = ", ".join([self.of(a) for a in node.args])
            return self.named(f"{ast.unparse(node.func)}({args})")
        if isinstance(node, (ast.Name, ast.Constant)):
            return ast.unparse(node)
        return self.named(ast.unparse(node))

    def named(self, text: str) -> str:
        """A value under a new name."""
        name = f"_c{len(self.lines) + 1}"
        self.lines.append(f"{name} = {text}")
        return name

    def done(self, ufunc: str, operands: list[ast.expr]) -> str:
        """The value of a ufunc."""
        args = [self.of(x) for x in operands]
        over = next((x for x in args if x in self.fresh), None)
        name = self.named(f"_do({ufunc}, {over}, g.shape, {', '.join(args)})")
        self.fresh.discard(over or "")
        self.fresh.add(name)
        return name


class Writer:
    """Writes the pullback of a scalar rule for large arrays: of the names that the partials read, those of
    the arguments ``active`` are arrays of the shape of the cotangent, and the others such arrays or numbers.
    """

    def __init__(self, text: Text, active: tuple[int, ...]) -> None:
        self.text, self.active = text, active
        self.before = Evaluation()  # of all that is evaluated before anything is written

    def steps(self, node: ast.expr) -> list[tuple[str, str]] | None:
        """What is done to ``_d``, one ufunc after the other; None where it is more than that."""
        if isinstance(node, ast.Name) and node.id == "_d":
            return []
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            before = self.steps(node.operand)
            return None if before is None else [*before, ("negative", "")]
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
            left, right = node.left, node.right
            if isinstance(node.op, ast.Mult) and "_d" in names_in(right):
                left, right = right, left
            before = None if "_d" in names_in(right) else self.steps(left)
            if before is None:
                return None
            return [*before, (OPERATORS[type(node.op)], f", {self.before.of(right)}")]
        return self.steps_of_call(node) if isinstance(node, ast.Call) else None

    def steps_of_call(self, node: ast.Call) -> list[tuple[str, str]] | None:
        """The same of a call of a function that only returns an expression."""
        found = body_of(self.text.namespace.get(ast.unparse(node.func)))
        if found is None or len(found[0]) != len(node.args) or node.keywords:
            return None
        if not all(["_d" not in names_in(a) or isinstance(a, ast.Name) for a in node.args]):
            return None
        names = {new: self.before.of(old) for new, old in zip(found[0], node.args, strict=True)}
        return self.steps(Renamed(names).visit(copy.deepcopy(found[1])))

    def term(self, i: int, mine: str) -> list[str]:
        """Assign to ``_t`` what argument ``i`` receives; ``mine`` says whether ``g`` may be written over."""
        term, x = self.text.terms[i], self.text.names[i]
        place = "None" if mine == "False" else f"g if {mine} else None"
        if term == "-1":
            return [f"_t = _do(np.negative, {place}, g.shape, g)"]
        node = parsed_expression(term)
        lines, fresh = self.before.lines, self.before.fresh
        if not self.text.applied:
            p = self.before.of(node)
            more = [f"_spare({p}, _t)"] if p in fresh else []
            return [f"_t = _times(g, {p}, {x}, {mine}, {p in fresh})", *more]
        known = len(lines), set(fresh)
        steps = self.steps(node)
        if not steps:
            del lines[known[0] :]
            self.before.fresh = known[1]
            return [f"_t = _fit({term}, {x})"]
        calls = [
            f"_t = _do(np.{name}, {'_t' if k else place}, g.shape, {'_t' if k else 'g'}{operand})"
            for k, (name, operand) in enumerate(steps)
        ]
        return [*calls, f"_t = _fit(_t, {x})", *[f"_spare({name}, _t)" for name in sorted(fresh - known[1])]]

    def guard(self) -> str:
        """The condition on the operands."""
        read = set().union(*(self.text.mentions(i) for i in self.active))
        conditions = ["g.dtype is _DOUBLE"]
        for k, x in enumerate(self.text.names):
            is_array = f"{x}.__class__ is _ndarray and {x}.dtype is _DOUBLE and {x}.shape == g.shape"
            if k in self.active:
                conditions.append(is_array)
            elif x in read:
                conditions.append(f"({x}.__class__ in _NUMBERS or {is_array})")
        return " and ".join(conditions)

    def source(self) -> str:
        """The whole."""
        text = self.text
        read = set().union(*(text.mentions(i) for i in self.active), (text.names[i] for i in self.active))
        lines = [
            f"{x} = {f'values[{s}]' if k in self.active else s}"
            for k, (x, s) in enumerate(zip(text.names, "ab", strict=False))
            if x in read
        ]
        lines += ["out = values[i]"] if "out" in read else []
        lines += [f"if not ({self.guard()}):", "    return _ordinary(g, values, cotangents, i, a, b)"]
        lines += ["_d = g"] if text.applied else []
        counted = [i for i in self.active if text.terms[i] != "0"]
        body: list[str] = []
        kept = False
        for i in counted:
            if text.terms[i] == "1":
                body.append(f"_add(cotangents, {'ab'[i]}, g)")
                kept = True
                continue
            body += self.term(i, "mine" if i == counted[-1] and not kept else "False")
            body += [f"if _add(cotangents, {'ab'[i]}, _t):", "    _spare(_t)"]
        if self.before.lines:
            lines += ["try:", *[f"    {line}" for line in self.before.lines], "except ArithmeticError:"]
            lines += ["    return _ordinary(g, values, cotangents, i, a, b)"]
        return f"def large(g, values, cotangents, i, a, b, mine):\n{indent([*lines, *body])}\n"


def names_in(node: ast.expr) -> set[str]:
    """The names that an expression reads."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def large_pullback(pullback: Any) -> Any:
    """The pullback of a scalar rule for large arrays, written when it is first asked for."""
    _, text, active = pullback.statement
    namespace = {**text.namespace, **HELPERS, "_times": times, "_add": add, "_ordinary": pullback}
    return compile_source("large", Writer(text, active).source(), namespace)


def later(pullback: Any) -> Callable[..., None]:
    """The same, written when it is first called."""

    def first_call(*args: Any) -> None:
        pullback.large = large_pullback(pullback)
        pullback.large(*args)

    return first_call
