"""One-frame methods of forward mode, written from the text of the rules."""

from __future__ import annotations

import ast
import dataclasses
import re
from typing import Any

import numpy as np

from ..backends.registry import FUSING
from ..chainrules.parsing import parsed_expression
from ..chainrules.statements import Scalar
from ..chainrules.sums import signed, summed
from ..chainrules.text import Text, identifier, indent, partial_lines, read, term_lines
from ..dual import HEARD, Dual, copied, has_nan, push_scalar
from ..kinds.batch import Batch, Row
from ..nested import Tangent, Value
from ..tangents.fit import fit_tangent
from ..values.quiet import sum_of_squares
from ..values.shapes import PLAIN, REALS, shape_of
from .kernels import Launched, Rows, is_known
from .writer import elsewhere, from_source, install, primal_blocks
from .zeros import pushed

# ------------------------------------------------------------------------------------------------------------
# One-frame methods
# ------------------------------------------------------------------------------------------------------------

DOUBLE = np.dtype(np.float64)


def is_settled(t: Tangent, out: Value) -> bool:
    """Tell whether a tangent, or each member of a batch of them, is of float64 as its value is, of the shape
    of that, and without nan.
    """
    members, axes = (t.primal, 1) if isinstance(t, Batch) else (t, 0)
    if members.__class__ is not np.ndarray or members.dtype is not DOUBLE:
        return False
    if out.__class__ is np.ndarray:
        fits = out.dtype is DOUBLE and members.shape[axes:] == out.shape
    else:
        fits = out.__class__ in REALS and members.ndim == axes
    row = members if members.ndim == 1 else members.ravel()
    square = sum_of_squares(row) if fits else np.nan
    return bool(square == square)


def apart(change: Tangent, d: Tangent) -> Tangent:
    """A change that a statement made of ``d``, and a copy where it handed that on, or a view of it."""
    if change is d or (change.__class__ is np.ndarray and change.base is not None):
        return copied(change)
    return change


HELPERS = {
    "_Dual": Dual, "_REALS": REALS, "_PLAIN": PLAIN, "_ndarray": np.ndarray, "_has_nan": has_nan,
    "_fit": fit_tangent, "_copied": copied, "_push": push_scalar, "_is_settled": is_settled,
    "_Batch": Batch, "_FUSING": FUSING, "_Row": Row, "_new": object.__new__, "_DOUBLE": DOUBLE,
    "_apart": apart, "_squares": sum_of_squares, "_HEARD": HEARD,
}  # fmt: skip


class LaunchedDuals:
    """A method on arrays of a device, in one launch where it can be.

    Args:
        rule: of the method.
        name: of the operation.
    """

    def __init__(self, rule: Scalar, name: str) -> None:
        self.rule = rule
        self.launched = Launched(name, own=True)

    def __call__(self, *operands: Any) -> Dual | None:
        """The dual; None where it has no kernel."""
        if not is_known(self.rule):
            return None
        active = tuple([x.__class__ is Dual for x in operands])
        duals = [x for x in operands if x.__class__ is Dual]
        primals, tangents = [x.primal for x in duals], [x.tangent for x in duals]
        shape = None if len(operands) == 1 else shape_of_all(operands)
        batch = tangents[0].level if tangents[0].__class__ is Batch else None
        rows = None
        if batch is not None:
            if not all([t.__class__ is Batch and t.level is batch for t in tangents]):
                return None
            tangents = [t.primal for t in tangents]
            if primals[0].shape != (primals[0].shape if shape is None else shape) or not tangents[0].shape:
                return None
            count = len(primals)
            rows = Rows(len(tangents[0]), frozenset(range(count, 2 * count)), still=1)
        given = [*primals, *tangents]
        recorded = len(given)
        given += [x for x in operands if x.__class__ is not Dual]
        found = self.launched.found(
            active, lambda wires: self.on_wires(wires, active), given, recorded, rows, shape
        )
        if found is None:
            return None
        out, t = found
        if batch is not None:
            return Dual(duals[0].level, out, Batch(batch, t))
        return Dual(duals[0].level, out, t if t.shape == out.shape else fit_tangent(t, out))

    def on_wires(self, wires: list[Any], active: tuple[bool, ...]) -> list[Any]:
        """What it gives, of wires."""
        count = sum(active)
        primals, tangents, rest = iter(wires[:count]), iter(wires[count:]), iter(wires[2 * count :])
        args = [next(primals) if moves else next(rest) for moves in active]
        program = wires[0].level
        out, total = program.applied(self.rule, tuple(args)), None
        moving = tuple([i for i, moves in enumerate(active) if moves])
        for i, moves in enumerate(active):
            if not moves:
                continue
            change = pushed(self.rule, i, next(tangents), tuple(args), out, moving)
            total = change if total is None else total + change
        return [out, program.fitted(total, out.dtype)]


_by_rule: dict[Scalar, LaunchedDuals] = {}


def launched(rule: Scalar, args: tuple[Any, ...]) -> Dual | None:
    """A scalar rule without a method of its own, of arrays on a device, in one launch where it can be."""
    duals = [x for x in args if x.__class__ is Dual]
    is_asked = rule.arity < 3 and rule.function in Dual.fused
    if (
        is_asked
        or duals[0].primal.__class__ not in FUSING
        or any([d.level is not duals[0].level for d in duals])
    ):
        return None
    if rule not in _by_rule:
        _by_rule[rule] = LaunchedDuals(rule, identifier(rule))
    return _by_rule[rule](*args)


Dual.launched = staticmethod(launched)


def shape_of_all(operands: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape of the value of some operands."""
    shapes = {shape_of(x) for x in operands}
    return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)


TRIVIAL = ("0", "1", "-1")

UNARY_METHOD = """\
def {name}(_a):
    try:
        {x} = _a.primal
        if {x}.__class__ in _FUSING and (_x := _launched(_a)) is not None:
            return _x
{primal2}
{change}
        return _Dual(_a.level, out, _t)
    except _HEARD:  # of the change; what the value itself raises is raised again
{primal2}
        return _general(_a)
"""

BINARY_METHOD = """\
def {name}({signature}):
    try:
        if _a.__class__ is _Dual:
            if _b.__class__ is _Dual:
                if _a.level is _b.level:
                    {x} = _a.primal
                    {y} = _b.primal
                    if {x}.__class__ in _FUSING and (_x := _launched(_a, _b)) is not None:
                        return _x
{primal5}
{both}
                    return _Dual(_a.level, out, _t)
            elif (
                _b.__class__ in _PLAIN
                or _b.__class__ is _ndarray
                and _b.dtype.kind != "O"
                or _b.__class__ in _FUSING
            ):
{constant_a4}                {x} = _a.primal
                {y} = _b
                if {x}.__class__ in _FUSING and (_x := _launched(_a, _b)) is not None:
                    return _x
{primal4}
{first}
                return _Dual(_a.level, out, _t)
        elif _b.__class__ is _Dual and (
            _a.__class__ in _PLAIN
            or _a.__class__ is _ndarray
            and _a.dtype.kind != "O"
            or _a.__class__ in _FUSING
        ):
{constant_b3}            {x} = _a
            {y} = _b.primal
            if {y}.__class__ in _FUSING and (_x := _launched(_a, _b)) is not None:
                return _x
{primal3}
{second}
            return _Dual(_b.level, out, _t)
    except _HEARD:  # of the change; what the value itself raises is raised again
{primal2}
    return _general(_a, _b)
"""


def change_lines(text: Text, active: tuple[int, ...]) -> list[str]:
    """Compute ``_t``, the change of the output when the arguments ``active`` change."""
    signs = dict.fromkeys(active, "")
    if len(active) > 1:
        text, signs = without_signs(text)
    lines = (
        []
        if text.applied
        else [line for i in active if text.terms[i] not in TRIVIAL for line in partial_lines(text, i)]
    )
    lines += [*row_lines(text, active, signs), *member_lines(text, active, signs)]
    changes = []
    for i in active:
        d, term = f"_{'ab'[i]}.tangent", text.terms[i]
        if text.applied:
            lines += [f"_d = {d}", *term_lines(text, i, f"_c{i}")]
        change = f"_c{i}" if text.applied else change_of(d, i, term)
        if change == d and len(active) == 1:
            change = f"_copied({d})"
        elif text.applied and not isinstance(parsed_expression(term), (ast.BinOp, ast.UnaryOp)):
            change = f"_apart({change}, {d})"
        changes.append(f"{signs[i]}{change}")
    lines.append(f"_t = {sum_of(changes)}")
    if all(text.terms[i] in ("1", "-1") for i in active):
        return [
            *lines,
            "if _t.__class__ not in _REALS or out.__class__ not in _REALS:",
            "    _t = _fit(_t, out)",
        ]
    tangents = ", ".join(f"{i}: _{'ab'[i]}.tangent" for i in active)
    again = f"_push(_rule, out, ({', '.join(text.names)},), None, {{{tangents}}})"
    return [
        *lines,
        "if _t.__class__ in _REALS and out.__class__ in _REALS:",
        "    if _t != _t:",
        f"        _t = _fit({again}, out)",
        "elif not _is_settled(_t, out):",
        f"    _t = _fit({again} if _has_nan(_t) else _t, out)",
    ]


def without_signs(text: Text) -> tuple[Text, dict[int, str]]:
    """The same with no sign before its expressions, and the signs."""
    parts = [signed(parsed_expression(term)) for term in text.terms]
    signs = {i: "-" if minus else "" for i, (minus, _) in enumerate(parts)}
    return dataclasses.replace(text, terms=tuple([ast.unparse(part) for _, part in parts])), signs


def sum_of(changes: list[str]) -> str:
    """The sum of some changes."""
    return ast.unparse(summed([parsed_expression(change) for change in changes]))


def change_of(d: str, i: int, term: str) -> str:
    """The change by a tangent ``d`` of argument ``i``."""
    return {"0": f"0 * {d}", "1": d, "-1": f"-{d}"}.get(term, f"{d} * _p{i}")


def row_lines(text: Text, active: tuple[int, ...], signs: dict[int, str]) -> list[str]:
    """The same where the value is one number and its tangents are rows of a few numbers: one after the
    other.
    """
    tangents = [f"_{'ab'[i]}.tangent" for i in active]
    alike = " is ".join([f"{tangents[0]}.__class__", "_Row", *[f"{t}.__class__" for t in tangents[1:]]])
    level = f" and {tangents[0]}.level is {tangents[1]}.level" if len(active) == 2 else ""
    ds, terms, factors = [f"_d{i}" for i in active], [], []
    for i, d in zip(active, ds, strict=True):
        if text.applied:
            terms.append(re.sub(r"\b_d\b", d, f"({text.terms[i]})"))
        elif text.terms[i] in TRIVIAL:
            terms.append(change_of(d, i, text.terms[i]))
        else:
            factors.append(f"_q{i} = float(_p{i})")
            terms.append(f"{d} * _q{i}")
    if len(active) == 2:
        each = f"for {', '.join(ds)} in zip({', '.join([f'{t}.tangent' for t in tangents])})"
    else:
        each = f"for {ds[0]} in {tangents[0]}.tangent"
    total = sum_of([f"{signs[i]}{term}" for i, term in zip(active, terms, strict=True)])
    return [
        f"if {alike}{level} and out.__class__ in _REALS:",
        "    try:",
        *[f"        {line}" for line in factors],
        f"        _t = tuple([{total} {each}])",
        "        _s = sum(_t)",
        "        if _s == _s:",
        "            _m = _new(_Row)",
        f"            _m.level = {tangents[0]}.level",
        "            _m.tangent = _t",
        f"            return _Dual(_{'ab'[active[0]]}.level, out, _m)",
        "    except ArithmeticError:",
        "        pass",
    ]


def member_lines(text: Text, active: tuple[int, ...], signs: dict[int, str]) -> list[str]:
    """The same where the value is one number and its tangents are batches: the change of all members at once,
    which is done unless it has nan.
    """
    tangents = [f"_{'ab'[i]}.tangent" for i in active]
    alike = " is ".join([f"{tangents[0]}.__class__", "_Batch", *[f"{t}.__class__" for t in tangents[1:]]])
    level = f" and {tangents[0]}.level is {tangents[1]}.level" if len(active) == 2 else ""
    lines, changes = [], []
    for i, t in zip(active, tangents, strict=True):
        if text.applied:
            lines += [f"_d = {t}.primal", f"_c{i} = {text.terms[i]}"]
        change = f"_c{i}" if text.applied else change_of(f"{t}.primal", i, text.terms[i])
        changes.append(f"{signs[i]}{change}")
    return [
        f"if {alike}{level} and out.__class__ in _REALS:",
        "    try:",
        *[f"        {line}" for line in [*lines, f"_t = {sum_of(changes)}"]],
        "        if _t.__class__ is _ndarray and _t.ndim == 1 and _t.dtype is _DOUBLE:",
        "            _s = _squares(_t)",
        "            if _s == _s:",
        "                _m = _new(_Batch)",
        f"                _m.level = {tangents[0]}.level",
        "                _m.primal = _t",
        f"                return _Dual(_{'ab'[active[0]]}.level, out, _m)",
        "    except ArithmeticError:",
        "        pass",
    ]


def forward_source(rule: Scalar, name: str, signature: str = "_a, _b") -> tuple[str, dict[str, Any]] | None:
    """Write the forward method of a scalar rule, or None where the rule has no text."""
    text = read(rule)
    if text is None or rule.arity > 2:
        return None
    general = rule.general if rule.arity == 1 else elsewhere(rule, Dual)
    namespace = {**text.namespace, **HELPERS, "_general": general}
    namespace["_launched"] = LaunchedDuals(rule, text.name)
    if rule.arity == 1:
        change = indent(change_lines(text, (0,)), 2)
        return UNARY_METHOD.format(
            name=name, x=text.names[0], **primal_blocks(rule, text), change=change
        ), namespace
    blocks = {
        "both": indent(change_lines(text, (0, 1)), 5),
        "first": indent(change_lines(text, (0,)), 4),
        "second": indent(change_lines(text, (1,)), 3),
    }
    x, y = text.names
    return BINARY_METHOD.format(
        name=name, signature=signature, x=x, y=y, **primal_blocks(rule, text), **blocks
    ), namespace


install(Dual, from_source(forward_source))
