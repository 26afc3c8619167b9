"""Pairs of scalar rules, written from the text of their partials: one function that pushes a tangent, and one
that pulls a cotangent and its change.

For ``scalar_rule(np.sin, lambda x, out: np.cos(x))`` they are ::

    def push(values, tangents, kept, i, a, b):
        x = values[a]
        _d0 = tangents[a]
        _c0 = np.cos(x)
        kept[i] = (_c0,)
        tangents[i] = _c0 * _d0

    def pull(g, gd, values, tangents, cotangents, changes, kept, i, a, b):
        out = values[i]
        _d0 = tangents[a]
        (_c0,) = kept[i]
        _t = _c0 * g
        _held = cotangents[a]
        cotangents[a] = _t if _held is None else _held + _t
        if gd is None:
            _t = g * (-out * _d0)
        else:
            _t = _c0 * gd - g * (out * _d0)
        _held = changes[a]
        changes[a] = _t if _held is None else _held + _t

Tangents and changes are of the shape of their values, or have one axis before it, along which the directions
lie (``rows``). What does not depend on the direction is kept for the directions that follow. What has no text
has no pair here (``None``).
"""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from ..chainrules.parsing import parsed_expression
from ..chainrules.statements import Scalar
from ..chainrules.sums import negated, signed, summed
from ..chainrules.text import TAKEN, Text, compile_source, indent, once
from ..tangents.fit import fit_cotangent, fit_tangent
from ..tangents.rows import fit_rows, lifted, spread_rows
from ..values.shapes import REALS
from .changes import Changes, NoText, chosen, put, times

OWN = TAKEN | {"g", "gd", "tangents", "changes", "kept"}
HELPERS = {
    "_conjugate": np.conjugate,
    "_REALS": REALS,
    "_ndarray": np.ndarray,
    "_DOUBLE": np.dtype(np.float64),
}
ALONE = {"_fit": fit_cotangent, "_spread": fit_tangent}
IN_ROWS = {"_fit": fit_cotangent, "_fit_rows": fit_rows, "_spread": spread_rows, "_lifted": lifted}


class Hoisted(ast.NodeTransformer):
    """What does not depend on the direction is computed once, under a name of its own.

    Args:
        primal: the text of the function itself, whose value is known.
        moving: the names that differ between the sweeps: changes and cotangents.
    """

    def __init__(self, primal: str, moving: set[str]) -> None:
        self.names: dict[str, str] = {primal: "out"}
        self.lines: list[str] = []
        self.moving = moving

    def visit(self, node: ast.AST) -> Any:
        """An expression, or its name."""
        known = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        if not isinstance(node, (ast.Call, ast.BinOp, ast.UnaryOp, ast.IfExp)) or known & self.moving:
            return super().generic_visit(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, (ast.Constant, ast.Name)):
            return node
        key = ast.unparse(chosen(node, {}) if isinstance(node, ast.IfExp) else node)
        if key not in self.names:
            inner = node if isinstance(node, ast.IfExp) else super().generic_visit(node)
            self.names[key] = f"_c{len(self.names) - 1}"
            self.lines.append(f"{self.names[key]} = {ast.unparse(inner)}")
        return ast.Name(self.names[key])


class Writer:
    """Writes the push and the pull of a scalar rule for the arguments ``active``.

    Raises:
        NoText: a partial is more than an expression, or the rule says how it is to be chosen.

    Of complex numbers the conjugate of a cotangent is what a change is, so that is pulled.
    """

    def __init__(
        self, rule: Scalar, text: Text, active: tuple[int, ...], rows: bool, real: bool = True
    ) -> None:
        if not real and any(["is_complex" in term for term in text.terms]):
            raise NoText(rule.name)
        self.text, self.active, self.rows, self.real = text, active, rows, real
        self.namespace = {**text.namespace, **HELPERS, **(IN_ROWS if rows else ALONE)}
        self.changing = {text.names[k]: f"_d{k}" for k in active} | {"out": "_do"}
        own = {"_d", "_do", "g", "gd", *(f"_d{k}" for k in active)}
        self.changes = Changes(self.changing, self.namespace, OWN | {*text.names, *own}, real)
        self.hoisted = Hoisted(f"np.{rule.name}({', '.join(text.names)})", own)
        self.two = len(text.names) == 2

    def term(self, k: int, d: str) -> ast.Expression:
        """Partial ``k``, applied to a change of that name."""
        p = parsed_expression(self.text.terms[k])
        return self.applied(put(p, {"_d": ast.Name(d)}) if self.text.applied else times(p, ast.Name(d)))

    def change_of_term(self, k: int) -> ast.Expression | None:
        """What partial ``k`` changes by, applied to the cotangent; None for nothing."""
        p = parsed_expression(self.text.terms[k])
        found = self.changes.of(p)
        if found is None:
            return None
        g = ast.Name("g")
        return self.applied(put(found, {"_d": g}) if self.text.applied else times(g, found))

    def applied(self, term: Any) -> ast.Expression:
        """A term, in which what does not depend on the direction has a name; its sign stands before it."""
        minus, part = signed(term)
        found = self.hoisted.visit(part)
        return ast.Expression(negated(found) if minus else found)

    def push(self) -> list[str]:
        """The body of the push."""
        parts = [self.term(k, f"_d{k}") for k in self.active if self.text.terms[k] != "0"]
        shared = once(parts, "_s")
        total = f"_t = {of_terms(parts) if parts else f'0.0 * _d{self.active[0]}'}"
        spread = ["_t = _spread(_t, out)"] if self.two else []
        if spread and self.rows:
            spread = ["if out.__class__ not in _REALS:", f"    {spread[0]}"]
        lines = [*shared, total, *spread, "tangents[i] = _t"]
        lines = [*self.known(0), *lines]
        return [*self.head(lines), *lines]

    def known(self, before: int) -> list[str]:
        """What does not depend on the direction, computed if it is the first; ``before`` of it was known."""
        names = [line.partition(" ")[0] for line in self.hoisted.lines]
        if not names:
            return []
        whole = f"({', '.join(names)},)"
        lines = ["_known = kept[i]"]
        if before == len(names):
            return [*lines, f"{whole} = _known"]
        missing = f"len(_known) == {before}" if before else "_known is None"
        first = [f"({', '.join(names[:before])},) = _known"] if before else []
        first += [*self.hoisted.lines[before:], f"kept[i] = {whole}"]
        again = whole if before else f"({', '.join(names)}, *_)"  # and what the pull has added
        return [*lines, f"if {missing}:", *indented(first), "else:", f"    {again} = _known"]

    def pull(self) -> list[str]:
        """The body of the pull, once that of the push is known."""
        before = len(self.hoisted.lines)
        active = [k for k in self.active if self.text.terms[k] != "0"]
        firsts, changes, moved = [
            {k: e for k in active if (e := find(k)) is not None}
            for find in (lambda k: self.term(k, "g"), self.change_of_term, lambda k: self.term(k, "gd"))
        ]
        lines = once([*firsts.values(), *changes.values()], "_s")
        if shared := once([*moved.values()], "_m"):
            lines += ["if gd is not None:", *indented(shared)]
        for k in active:
            lines += self.pulled(k, ast.unparse(firsts[k]), changes.get(k), moved[k])
        turned = [] if self.real else ["g = _conjugate(g)", "if gd is not None:", "    gd = _conjugate(gd)"]
        lines = [*turned, *self.known(before), *lines]
        return [*self.head(lines), *lines]

    def pulled(self, k: int, first: str, change: Any, moved: Any) -> list[str]:
        """What argument ``k`` receives: its cotangent, and the change of that."""
        a = "ab"[k]
        lines = [f"_t = {first}", *self.fitted(k, "_fit"), *added("cotangents", a)]
        fit = self.fitted(k, "_fit_rows" if self.rows else "_fit")
        if change is None:
            moves = [f"_t = {ast.unparse(moved)}", *fit, *added("changes", a)]
            return [*lines, "if gd is not None:", *indented(moves)]
        return [
            *lines,
            "if gd is None:",
            f"    _t = {ast.unparse(change)}",
            "else:",
            f"    _t = {of_terms([change, moved])}",
            *fit,
            *added("changes", a),
        ]

    def fitted(self, k: int, fit: str) -> list[str]:
        """Bring ``_t`` to the shape and the precision of argument ``k``."""
        x = self.text.names[k]
        back = [] if self.real else ["_t = _conjugate(_t)"]
        if not self.two:
            return back
        if fit == "_fit_rows":
            return [*back, f"_t = _fit_rows(_t, {x})"]
        return [
            *back,
            "if _t.__class__ is _ndarray:",
            f"    if {x}.__class__ is not _ndarray or _t.shape != {x}.shape or _t.dtype is not {x}.dtype:",
            f"        _t = _fit(_t, {x})",
            f"elif _t.__class__ not in _REALS or {x}.__class__ not in _REALS:",
            f"    _t = _fit(_t, {x})",
        ]

    def head(self, body: list[str]) -> list[str]:
        """What the body reads, from its places."""
        read = set(re.findall(r"[^\W\d]\w*", "\n".join(body)))
        lines = [
            f"{x} = {f'values[{s}]' if k in self.active else s}"
            for k, (x, s) in enumerate(zip(self.text.names, "ab", strict=False))
            if x in read
        ]
        lifted = self.rows and self.two
        lines += ["out = values[i]"] if "out" in read or lifted else []
        moving = [k for k in self.active if f"_d{k}" in read]
        lines += [f"_d{k} = tangents[{'ab'[k]}]" for k in moving]
        if lifted and moving:  # the tangents of numbers are alike as they stand
            lines += [
                "if out.__class__ not in _REALS:",
                *[f"    _d{k} = _lifted(_d{k}, out)" for k in moving],
            ]
        return [*lines, *(["_do = tangents[i]"] if "_do" in read else [])]


def of_terms(terms: list[ast.Expression]) -> str:
    """The sum of expressions as text."""
    return ast.unparse(summed([term.body for term in terms]))


def added(where: str, slot: str) -> list[str]:
    """Add ``_t`` to what a slot holds."""
    return [f"_held = {where}[{slot}]", f"{where}[{slot}] = _t if _held is None else _held + _t"]


def indented(lines: list[str]) -> list[str]:
    """Lines of an inner block."""
    return [f"    {line}" for line in lines]


def pair(
    statement: tuple[Scalar, Text, tuple[int, ...]], rows: bool, real: bool = True
) -> tuple[Any, Any] | None:
    """The push and the pull of a scalar rule; None where its text does not tell.

    Args:
        statement: the rule, the same as text, and the arguments that are recorded.
        rows: whether there are many directions.
        real: whether value and arguments are real.
    """
    try:
        writer = Writer(*statement, rows, real)
        push, pull = writer.push(), writer.pull()
    except NoText:
        return None
    names = "g, gd, values, tangents, cotangents, changes, kept, i, a, b"
    source = f"def push(values, tangents, kept, i, a, b):\n{indent(push)}\n"
    source += f"def pull({names}):\n{indent(pull or ['pass'])}\n"
    compile_source("pull", source, writer.namespace)
    return writer.namespace["push"], writer.namespace["pull"]
