"""Pullbacks that are called as they are in a sweep that is written out (``lines.py``): those of rules, and of
operations on values that are no doubles. What they give is looked at each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.gathered import Gathered, Parts
from ..nested import Slot
from ..tangents.fit import fit_cotangent
from ..tracer import PULL
from ..values.shapes import DOUBLE, REALS
from .outlines import moved
from .sums import Unwritten

Given = Callable[[str, list[str], str], list[str]]  # of the cotangent, the arguments and the value


def called(pullback: Any, g: Any, values: list[Any], i: Slot, a: Any, b: Any) -> list[tuple[Slot, Any]]:
    """What a pullback gives to which slots, one after the other."""
    parts: Any = Parts()
    pullback(g, values, parts, i, a, b)
    found: list[tuple[Slot, Any]] = parts.found
    return found


def lines_of_call(sweep: Any, i: Slot, g: str, active: tuple[int, ...]) -> None:
    """A pullback as it is, of the operands ``active``."""
    for k in active:
        sweep.guards.same[k].append(i)
    sweep.guards.like(f"v{i}", sweep.values[i])
    for slot, name in given_by_call(sweep, i, g):
        add(sweep, slot, sweep.emit(f"_whole({name})"))


def given_by_call(sweep: Any, i: Slot, g: str) -> list[tuple[Slot, str]]:
    """The slots to which a pullback gives something, which must be the same again, and the names of that."""
    sweep.namespace[f"_pullback{i}"] = sweep.pullbacks[i]
    found = sweep.emit(f"_called(_pullback{i}, {g}, values, {i}, left[{i}], right[{i}])")
    slots = [slot for slot, _ in sweep.value(found)]
    sweep.do(f"if [_slot for _slot, _ in {found}] != {slots}: raise _Unwritten")
    return [(slot, f"{found}[{n}][1]") for n, slot in enumerate(slots)]


def add(sweep: Any, slot: Slot, t: str) -> None:
    """Add what came from a call to a slot."""
    look_at(sweep, t)
    if sweep.value(t) is not None:
        sweep.cotangents.add(slot, t)


def look_at(sweep: Any, t: str) -> None:
    """A line that refuses another kind of value than this one.

    Raises:
        Unwritten: it is of no kind that a line can tell.
    """
    x = sweep.value(t)
    if x is None:
        test = f"{t} is not None"
    elif x.__class__ in REALS:
        test = f"{t}.__class__ not in _REALS"
    elif x.__class__ is np.ndarray and x.dtype.kind in "fc":
        dtype = f"_dtype_{x.dtype.char}"
        if sweep.namespace.setdefault(dtype, x.dtype) is not x.dtype:
            raise Unwritten
        test = f"{t}.__class__ is not _ndarray or {t}.shape != {x.shape} or {t}.dtype is not {dtype}"
    elif x.__class__ in (complex, np.complex128):
        test = f"{t}.__class__ is not _{x.__class__.__name__}"
        sweep.namespace[f"_{x.__class__.__name__}"] = x.__class__
    else:
        raise Unwritten
    sweep.do(f"if {test}: raise _Unwritten")


def lines_of_rule(sweep: Any, i: Slot, g: str) -> None:
    """A rule of the general path: what ``pull_rule`` does of it, with its operands in their places."""
    slots, (rule, args, options, active) = sweep.left[i], sweep.right[i]
    sweep.guards.same[0].append(i)
    if rule.kind == "linear" and not rule.gathers:
        given = list(args)
        for k, slot in zip(active, slots, strict=True):
            given[k] = sweep.values[slot]
        parts = moved(sweep, rule, g, given, options, active)
        if parts is not None:
            lines_of_moves(sweep, i, parts)
            return
    sweep.guards.like(f"v{i}", sweep.values[i])
    if sweep.value(g).__class__ is list or getattr(rule, "gathers", False) or rule.kind == "scalar":
        lines_by_rule(sweep, i, g)
        return
    sweep.namespace[f"_rule{i}"] = rule
    sweep.guards.lines.append(f"right[{i}][0] is not _rule{i} or right[{i}][3] != {active}")
    places = dict(zip(active, slots, strict=True))
    primals = [f"v{places[k]}" if k in places else f"right[{i}][1][{k}]" for k in range(len(args))]
    parts = []
    ways = backward_of(rule, active)
    for n, (back, taken) in enumerate(ways):
        rest = [*taken(g, primals, f"v{i}"), f"**right[{i}][2]"]
        sweep.namespace[f"_back{i}_{n}"] = back
        parts.append(sweep.emit(f"_back{i}_{n}({', '.join(rest)})"))
    if len(ways) < len(active):
        parts = [sweep.emit(f"{parts[0]}[{k}]") for k in range(len(active))]
    for slot, t in zip(slots, parts, strict=True):
        x, part = sweep.values[slot], sweep.value(t)
        if part is not None and not is_like(part, x):
            t = sweep.emit(f"_fit({t}, v{slot})")
        add(sweep, slot, t)


def backward_of(rule: Any, active: list[int]) -> list[tuple[Any, Given]]:
    """What ``PULL`` calls of a rule for the arguments ``active``, and with what: one function for each of
    them, or one that gives what all of them receive.
    """
    if rule.kind == "multilinear":
        return [(rule.transpose, before(k)) for k in active]
    if rule.kind == "linear" and rule.positions == (0,) and active == [0]:
        return [(rule.transpose, without_value)]
    if rule.kind == "differential":
        if len(active) > 1 and tuple(active) in rule.backward:
            return [(rule.backward[tuple(active)], with_value)]
        if all([k in rule.transposes or k in rule.backward for k in active]):
            return [
                (rule.transposes[k], without_value)
                if k in rule.transposes
                else (rule.backward[k], with_value)
                for k in active
            ]

    def pulled(g: Any, out: Any, args: Any, **kwargs: Any) -> Any:
        found: list[Any] = PULL[rule.kind](rule, g, out, args, kwargs, active)
        return found if len(active) > 1 else found[0]

    return [(pulled, lambda g, xs, out: [g, out, f"[{', '.join(xs)}]"])]


def before(k: int) -> Given:
    """The cotangent, the place of the argument, and all of them."""
    return lambda g, xs, out: [g, str(k), *xs]


def without_value(g: str, xs: list[str], out: str) -> list[str]:
    """The cotangent and the arguments."""
    return [g, *xs]


def with_value(g: str, xs: list[str], out: str) -> list[str]:
    """The cotangent, the arguments and the value."""
    return [g, *xs, out]


def lines_of_moves(sweep: Any, i: Slot, parts: list[str]) -> None:
    """What moves elements alone: its shapes follow from those of the operands, and from its options."""
    hold_options(sweep, i)
    for slot, t in zip(sweep.left[i], parts, strict=True):
        if not is_like(sweep.value(t), sweep.values[slot]):
            t = sweep.emit(f"_fit({t}, v{slot})")
            look_at(sweep, t)
        sweep.cotangents.add(slot, t)


def hold_options(sweep: Any, i: Slot) -> None:
    """Rely on a rule, its operands and its options, and on the outlines of arrays among its constants."""
    rule, args, options, active = sweep.right[i]
    sweep.guards.same[0].append(i)
    arrays = [k for k, a in enumerate(args) if a.__class__ is np.ndarray]
    if arrays:
        sweep.namespace[f"_rule{i}"], sweep.namespace[f"_options{i}"] = rule, options
        sweep.guards.lines.append(
            f"right[{i}][0] is not _rule{i} or right[{i}][2] != _options{i} or right[{i}][3] != {active}"
        )
        sweep.guards.lines.append(f"len(right[{i}][1]) != {len(args)}")
        for k, a in enumerate(args):
            sweep.guards.like(f"right[{i}][1][{k}]", a)
            if k not in arrays and k not in active:
                sweep.namespace[f"_option{i}_{k}"] = a
                sweep.guards.lines.append(f"right[{i}][1][{k}] != _option{i}_{k}")
    else:
        sweep.guards.same[1].append(i)
    for k, a in enumerate(args):
        if k not in arrays and k not in active:
            sweep.guards.option(f"right[{i}][1][{k}]", a)
    for name, a in options.items():
        sweep.guards.option(f"right[{i}][2][{name!r}]", a)


def is_like(part: Any, x: Any) -> bool:
    """Tell whether a cotangent needs no fitting to its value."""
    if part.__class__ is np.ndarray:
        return x.__class__ is np.ndarray and part.dtype is x.dtype and part.shape == x.shape
    return part.__class__ in REALS and x.__class__ in REALS


def lines_by_rule(sweep: Any, i: Slot, g: str) -> None:
    """The pullback of the general path, called as it is."""
    for slot, name in given_by_call(sweep, i, g):
        part = sweep.value(sweep.emit(name))
        if part.__class__ is Gathered and is_plain(part, sweep.values[slot]):
            sweep.do(f"{sweep.cotangents.spill(slot)} += _like({name}, v{slot})")
        else:
            add(sweep, slot, sweep.emit(f"_whole({name})"))


def is_plain(part: Gathered, x: Any) -> bool:
    """Tell whether a cotangent is collected in a buffer of doubles, for an array of such."""
    return part.is_plain() and part.buffer.dtype is x.dtype is DOUBLE


def whole(t: Any) -> Any:
    """A cotangent as one array or number."""
    return t.total() if t.__class__ is Gathered else t


def like(t: Any, x: Any) -> Any:
    """A cotangent that was collected, as one array of doubles.

    Raises:
        Unwritten: it is none, or of another precision.
    """
    t = whole(t)
    if t.__class__ is np.ndarray and t.shape == x.shape and t.dtype is DOUBLE:
        return t
    raise Unwritten


HELPERS: dict[str, Any] = {
    "_called": called,
    "_whole": whole,
    "_like": like,
    "_fit": fit_cotangent,
}
