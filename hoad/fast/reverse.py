"""One-frame methods of reverse mode, written from the text of the rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.protect import KEEP_BY_COPY, keep
from ..backends.registry import FUSING
from ..chainrules.statements import Scalar
from ..chainrules.text import Text, compile_source, indent, partial_lines, read, term_of, terms_of
from ..tangents.fit import fit_cotangent, total
from ..tape import (
    pull,
    pull_change,
    pull_changes,
)
from ..tracer import Tracer
from ..values.constants import HERE
from ..values.shapes import DOUBLE, PLAIN, REALS
from .in_place import later
from .writer import elsewhere, from_source, install, primal_blocks

# ------------------------------------------------------------------------------------------------------------
# One-frame methods
# ------------------------------------------------------------------------------------------------------------

HELPERS = {
    "_Tracer": Tracer,
    "_REALS": REALS,
    "_PLAIN": PLAIN,
    "_ndarray": np.ndarray,
    "_pull": pull,
    "_project": fit_cotangent,
    "_keep": keep,
    "_KEEP_BY_COPY": KEEP_BY_COPY,
    "_pull_change": pull_change,
    "_pull_changes": pull_changes,
    "_HERE": HERE,
    "_DOUBLE": DOUBLE,
    "_FUSING": FUSING,
    "_total": total,
}

UNARY_METHOD = """\
def {name}(_a):
    {x} = _a.primal
{primal1}
    tape = _a.level
    slot = tape.next_slot()
    program = tape.program
    program += (slot, _pullback, _a.slot, None, out)
    _x = _Tracer()
    _x.level = tape
    _x.slot = slot
    _x.primal = out
    return _x
"""

BINARY_METHOD = """\
def {name}({signature}):
    if _a.__class__ is _Tracer:
        tape = _a.level
        if _b.__class__ is _Tracer:
            if _b.level is tape:
                {x} = _a.primal
                {y} = _b.primal
{primal4}
                slot = tape.next_slot()
                program = tape.program
                program += (slot, _pullback_both, _a.slot, _b.slot, out)
                _x = _Tracer()
                _x.level = tape
                _x.slot = slot
                _x.primal = out
                return _x
        elif (
            _b.__class__ in _PLAIN
            or _b.__class__ is _ndarray
            and (_b.dtype is _DOUBLE or _b.dtype.kind != "O")
            or _b.__class__ in _FUSING
        ):
{constant_a3}            {x} = _a.primal
            {y} = _b
{primal3}
            slot = tape.next_slot()
            program = tape.program
            program += (slot, _pullback_first, _a.slot, {keep_b}, out)
            _x = _Tracer()
            _x.level = tape
            _x.slot = slot
            _x.primal = out
            return _x
    elif _b.__class__ is _Tracer and (
        _a.__class__ in _PLAIN
        or _a.__class__ is _ndarray
        and (_a.dtype is _DOUBLE or _a.dtype.kind != "O")
        or _a.__class__ in _FUSING
    ):
{constant_b2}        {x} = _a
        {y} = _b.primal
{primal2}
        tape = _b.level
        slot = tape.next_slot()
        program = tape.program
        program += (slot, _pullback_second, {keep_a}, _b.slot, out)
        _x = _Tracer()
        _x.level = tape
        _x.slot = slot
        _x.primal = out
        return _x
    return _general(_a, _b)
"""


def cotangent_lines(text: Text, i: int) -> list[str]:
    """Compute ``_t{i}``, what argument ``i`` receives."""
    x, p = text.names[i], text.terms[i]
    if p == "0":
        return [f"_t{i} = None"]
    if p in ("1", "-1"):
        sign = p[:-1]
        return [
            f"_t{i} = {sign}g",
            f"if _t{i}.__class__ is {x}.__class__ is _ndarray:",
            f"    if _t{i}.dtype is not {x}.dtype or _t{i}.shape != {x}.shape:",
            f"        _t{i} = _project(_t{i}, {x})",
            f"elif _t{i}.__class__ not in _REALS or {x}.__class__ not in _REALS:",
            f"    _t{i} = _project(_t{i}, {x})",
        ]
    if text.applied:
        return change_lines(text, i)
    slow = f"    _t{i} = _pull(g, _p{i}, {x})"
    return [
        *partial_lines(text, i),
        f"if g.__class__ in _REALS and _p{i}.__class__ in _REALS:",
        f"    _t{i} = g * _p{i}",
        f"elif g.__class__ is {x}.__class__ is _ndarray and (",
        f"    _p{i}.__class__ is _ndarray or _p{i}.__class__ in _REALS",
        "):",
        f"    _t{i} = g * _p{i}",
        f"    if _t{i}.dtype is not _DOUBLE or {x}.dtype is not _DOUBLE:",
        f"    {slow}",
        f"    elif _t{i}.shape != {x}.shape:",
        f"        _t{i} = _project(_t{i}, {x})",
        "else:",
        slow,
    ]


def change_lines(text: Text, i: int) -> list[str]:
    """The same where the rule says how its partials are applied: to the cotangent, then."""
    x, t = text.names[i], f"_t{i}"
    again = f"_pull_change(_term{i}, g, {x}, {', '.join(text.names)}, out)"
    slow = f"    {t} = {again}"
    return [
        "try:",
        "    if g.__class__ in _REALS:",
        f"        {t} = {text.terms[i]}",
        f"        if {t}.__class__ not in _REALS:",
        f"        {slow}",
        f"    elif g.__class__ is {x}.__class__ is _ndarray and g.dtype is {x}.dtype is _DOUBLE:",
        f"        {t} = {text.terms[i]}",
        f"        if {t}.dtype is not _DOUBLE or {t}.shape != {x}.shape:",
        f"        {slow}",
        f"    elif g.__class__ is _ndarray and g.dtype is _DOUBLE and {x}.__class__ in _REALS:",
        f"        {t} = {text.terms[i]}",
        f"        {t} = _total({t}) if {t}.dtype is _DOUBLE else {again}",
        "    else:",
        f"    {slow}",
        "except ArithmeticError:",
        slow,
    ]


def accumulation_lines(i: int, slot: str) -> list[str]:
    """Add ``_t{i}`` to the cotangent of its slot."""
    return [
        f"held = cotangents[{slot}]",
        f"cotangents[{slot}] = _t{i} if held is None else held + _t{i}",
    ]


def pullback_source(text: Text, name: str, active: tuple[int, ...], shared: bool = False) -> str:
    """Write the pullback of a scalar rule for the arguments ``active``; of which both terms, with what they
    share, are one function, ``_terms``, if that is so.
    """
    used = set().union(*(text.mentions(i) for i in active), (text.names[i] for i in active))
    if text.applied:
        used.update([*text.names, "out"])
    lines = ["_d = g"] if text.applied else []
    lines += [
        f"{x} = {f'values[{s}]' if i in active else s}"
        for i, (x, s) in enumerate(zip(text.names, ("a", "b"), strict=False))
        if x in used
    ]
    lines += ["out = values[i]"] if "out" in used else []
    each = [line for i in active for line in cotangent_lines(text, i)]
    if shared:
        whole = f"_pull_changes(_terms, g, ({', '.join(text.names)}), out)"
        each = [
            "if g.__class__ in _HERE:",
            *[f"    {line}" for line in each],
            "else:",
            f"    _t0, _t1 = {whole}",
        ]
    lines += each
    for i in active:
        if text.terms[i] != "0":
            lines += accumulation_lines(i, "ab"[i])
    return f"def {name}(g, values, cotangents, i, a, b):\n{indent(lines)}\n"


def add_pullback(
    rule: Scalar, text: Text, name: str, active: tuple[int, ...], namespace: dict[str, Any]
) -> None:
    """Put a pullback into the namespace of its method, and what it is of on the pullback."""

    def operands(*places: Any) -> tuple[Scalar, tuple[Any, ...], dict[str, Any], dict[int, Any]]:
        return rule, places[: rule.arity], {}, {k: places[k] for k in active}

    shared = len(active) == 2 and namespace.get("_terms") is not None
    pullback = compile_source(name, pullback_source(text, name, active, shared), namespace)
    pullback.operands, pullback.operation = operands, text.name
    pullback.statement = rule, text, active
    pullback.large = later(pullback)


def reverse_source(rule: Scalar, name: str, signature: str = "_a, _b") -> tuple[str, dict[str, Any]] | None:
    """Write the reverse method of a scalar rule, or None where the rule has no text."""
    text = read(rule)
    if text is None or rule.arity > 2:
        return None
    terms = {f"_term{i}": term_of(rule, i) for i in range(rule.arity)} if text.applied else {}
    namespace = {**text.namespace, **HELPERS, **terms, "_general": elsewhere(rule, Tracer)}
    if rule.arity == 2:
        namespace["_terms"] = terms_of(rule)
    if rule.arity == 1:
        add_pullback(rule, text, "_pullback", (0,), namespace)
        return UNARY_METHOD.format(name=name, x=text.names[0], **primal_blocks(rule, text)), namespace
    for suffix, active in (("both", (0, 1)), ("first", (0,)), ("second", (1,))):
        add_pullback(rule, text, f"_pullback_{suffix}", active, namespace)
    x, y = text.names
    keep_a = kept_text("_a", x, text.mentions(1))
    keep_b = kept_text("_b", y, text.mentions(0))
    return BINARY_METHOD.format(
        name=name, signature=signature, x=x, y=y, **primal_blocks(rule, text), keep_a=keep_a, keep_b=keep_b
    ), namespace


def kept_text(operand: str, name: str, mentioned: set[str]) -> str:
    """How a constant operand is kept: not at all, where the partial does not read it."""
    return (
        f"{operand} if {operand}.__class__ in _PLAIN else {operand}.copy() "
        f"if tape.locked is None and {operand}.nbytes <= _KEEP_BY_COPY else _keep({operand}, tape)"
        if name in mentioned
        else "None"
    )


install(Tracer, from_source(reverse_source))
