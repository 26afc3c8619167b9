"""Pullbacks, and all steps on columns of values by slot, in one launch each (``kernels.py``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.gathered import Gathered, accumulate
from ..chainrules.statements import LISTENERS
from ..nested import Traced
from ..strong import came_back, traits
from ..tangents.fit import fit_cotangent
from ..tangents.rows import fit_rows, lifted
from ..tape import Tape
from ..tracer import pull_rule
from .forms import LINEAR
from .kernels import Launched, Rows, is_known


class Fused:
    """A step of an operation on columns of values by slot, in one launch where it can be.

    An operand that has fewer elements than the value has its share computed for all of those, and summed by a
    launch of its own.

    Args:
        name: of the operation.
        active: the arguments that are recorded.
        step: as it is written, of what it is given as it is, columns, the slot, and the operands.
        reads: of which columns the operands' entries are read; the first are the values.
        writes: of which columns they are written.
        own: of which columns the operation's own entry is read; the first are the values.
        gives: of which column its own entry is written; None for none.
        moving: which columns have an axis for directions where there are many.
    """

    def __init__(
        self, name: str, active: tuple[int, ...], step: Any, reads: tuple[int, ...], writes: tuple[int, ...],
        own: tuple[int, ...], gives: int | None = None, moving: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        self.step, self.active = step, active
        self.reads, self.writes, self.own, self.gives, self.moving = reads, writes, own, gives, moving
        self.launched = Launched(name)

    def done(
        self, first: tuple[Any, ...], columns: tuple[Any, ...], i: int, operands: Any, n: int | None = None
    ) -> bool:
        """Carry it out; tell whether it could be.

        Args:
            first: what it is given as it is.
            columns: by slot.
            i: the slot of the operation.
            operands: the slots of what is recorded, and constants.
            n: how many directions there are, of which what is given last first has an axis, too; None for
                one without.
        """
        out, values = columns[0][i], columns[0]
        slots = list(dict.fromkeys([operands[k] for k in self.active]))
        small = [getattr(values[s], "shape", None) != getattr(out, "shape", ()) for s in slots]
        given = [columns[c][i] for c in self.own]
        given += first
        for c in self.reads:
            given += [self.read(columns, c, s, less, n) for s, less in zip(slots, small, strict=True)]
        recorded = len(given)  # of which a number would have a number for its cotangent
        given += [x for k, x in enumerate(operands) if k not in self.active]
        pattern = len(first), tuple([slots.index(operands[k]) for k in self.active])
        rows = None if n is None else self.rows(n, len(first), len(slots))
        found = self.launched.found(
            pattern, lambda wires: self.on_wires(wires, len(operands), *pattern), given, recorded, rows
        )
        if found is None:
            return False
        rest = iter(found)
        if self.gives is not None:
            columns[self.gives][i] = stretched(next(rest), out.shape if n is None else (n, *out.shape))
        for c in self.writes:
            for s, less in zip(slots, small, strict=True):
                part = next(rest)
                if less and part is not None:
                    in_rows = n is not None and c in self.moving
                    accumulate(columns[c], s, (fit_rows if in_rows else fit_cotangent)(part, values[s]))
                elif not less:
                    write(columns[c], s, part)
        return True

    def read(self, columns: tuple[Any, ...], c: int, s: Any, less: bool, n: int | None) -> Any:
        """An operand's entry of a column; none of what is added to later."""
        held = columns[c][s]
        if c in self.writes:
            return None if less else held.rest if held.__class__ is Gathered else held
        return lifted(held, columns[0][s]) if less and n is not None and c in self.moving else held

    def rows(self, n: int, first: int, count: int) -> Rows:
        """What has an axis of ``n`` directions: of what is given as it is, the last."""
        columns = [*self.own, *[None] * (first - 1), *([self.moving[0]] if first else [])]
        columns += [c for c in self.reads for _ in range(count)]
        still = sum([count for c in self.writes if c not in self.moving])
        return Rows(n, frozenset([k for k, c in enumerate(columns) if c in self.moving]), still)

    def on_wires(self, wires: list[Any], arity: int, first: int, pattern: tuple[int, ...]) -> list[Any]:
        """What it gives, of wires."""
        rest, count = iter(wires), 1 + max(pattern)
        columns: list[dict[Any, Any]] = [{} for _ in range(1 + max((*self.reads, *self.own, *self.writes)))]
        for c in self.own:
            columns[c]["out"] = next(rest)
        given = [next(rest) for _ in range(first)]
        for c in self.reads:
            for s in range(count):
                columns[c][s] = next(rest)
        places = iter(pattern)
        operands = [next(places) if k in self.active else next(rest, None) for k in range(arity)]
        out, likes = columns[0]["out"], [columns[0][s].dtype for s in range(count)]
        self.step(given, columns, "out", *operands)
        found = [] if self.gives is None else [(columns[self.gives]["out"], out.dtype)]
        found += [(columns[c][s], likes[s]) for c in self.writes for s in range(count)]
        return [x if x is None else out.level.fitted(x, kind) for x, kind in found]


def stretched(x: Any, shape: tuple[int, ...]) -> Any:
    """A change in the shape of its value."""
    return x if x is None or x.shape == shape else np.broadcast_to(x, shape)


def write(column: list[Any], slot: int, part: Any) -> None:
    """Write what takes the place of an entry, or of what is held beside its pieces."""
    if column[slot].__class__ is Gathered:
        column[slot].rest = part
    else:
        column[slot] = part


def fused(pullback: Any) -> Any:
    """A pullback, in one launch where it can be."""
    if pullback is pull_rule:
        return pull_elementwise
    statement = getattr(pullback, "statement", None)
    if statement is None or not is_known(statement[0]):
        return pullback

    rule, text, active = statement
    whole = pulling(rule, text.name, active)
    chooses = has_masks(rule)

    def pull(g: Any, values: Any, cotangents: Any, i: int, a: Any, b: Any) -> None:
        operands = (a, b)[: rule.arity]
        if whole.done((g,), (values, cotangents), i, operands):
            return
        if chooses and isinstance(g, Traced):
            pull_choice(rule, active, g, values, cotangents, i, operands)
        else:
            pullback(g, values, cotangents, i, a, b)

    return pull


def has_masks(rule: Any) -> bool:
    """Tell whether a rule chooses: what it leaves out gets nothing, of an infinite cotangent either, which a
    product with a share of 0 would make nan.
    """
    return rule.kind == "scalar" and bool(traits(rule, (None,) * rule.arity, tuple(range(rule.arity))).masks)


def pull_choice(rule: Any, active: Any, g: Any, values: Any, cotangents: Any, i: int, operands: Any) -> None:
    """The pullback of a rule that chooses, where it is noted."""
    args = tuple([values[x] if k in active else x for k, x in enumerate(operands)])
    for k in active:
        t, _ = came_back(rule, k, g, args, values[i])
        accumulate(cotangents, operands[k], fit_cotangent(t, args[k]))


def is_elementwise(recorded: Any) -> bool:
    """Tell whether an operation of the general path is one of numbers, of hoad's own."""
    rule, _, kwargs, _ = recorded
    return not kwargs and (rule.function in LINEAR or (rule.kind == "scalar" and is_known(rule)))


def operands_of(slots: Any, recorded: Any) -> list[Any]:
    """The slots of what is recorded, and constants."""
    operands = list(recorded[1])
    for k, slot in zip(recorded[3], slots, strict=True):
        operands[k] = slot
    return operands


def recorded_of(recorded: Any, operands: tuple[Any, ...]) -> tuple[Any, Any]:
    """The way back."""
    rule, _, kwargs, active = recorded
    slots = [operands[k] for k in active]
    return slots, (rule, [None if k in active else x for k, x in enumerate(operands)], kwargs, active)


def pull_elementwise(g: Any, values: Any, cotangents: Any, i: int, slots: Any, recorded: Any) -> None:
    """The pullback of the general path, in one launch where it can be."""
    if is_elementwise(recorded):
        whole, operands = of_rule(recorded), operands_of(slots, recorded)
        if whole.done((g,), (values, cotangents), i, operands):
            return
        if isinstance(g, Traced) and has_masks(recorded[0]):
            return pull_choice(recorded[0], recorded[3], g, values, cotangents, i, operands)
    pull_rule(g, values, cotangents, i, slots, recorded)


def of_rule(recorded: Any) -> Fused:
    """The pullback of a rule for the arguments that are recorded."""
    rule, _, _, active = recorded
    key = rule, tuple(active)
    if key not in _by_rule:
        _by_rule[key] = pulling(rule, rule.name, tuple(active))
    return _by_rule[key]


def pulling(rule: Any, name: str, active: tuple[int, ...]) -> Fused:
    """The pullback of a rule, as a step."""

    def step(first: list[Any], columns: list[Any], i: Any, *operands: Any) -> None:
        values, cotangents = columns[:2]
        if rule.kind != "scalar":
            recorded = recorded_of((rule, None, {}, active), operands)
            return pull_rule(first[0], values, cotangents, i, *recorded)
        args = tuple([values[x] if k in active else x for k, x in enumerate(operands)])
        for k in active:
            accumulate(cotangents, operands[k], came_back(rule, k, first[0], args, values[i])[0])

    return Fused(name, active, step, reads=(0, 1), writes=(1,), own=(0,))


# ------------------------------------------------------------------------------------------------------------
# All pullbacks of a program
# ------------------------------------------------------------------------------------------------------------

_pulls: dict[Any, Any] = {}
_by_rule: dict[Any, Fused] = {}


def forget(*stated: Any) -> None:
    """Pullbacks are written anew where a rule is stated."""
    _pulls.clear()
    _by_rule.clear()


LISTENERS.append(forget)


def fused_pullbacks(pullbacks: list[Any]) -> list[Any]:
    """Those of a program, in one launch each where they can be."""
    return [_pulls.get(p) or _pulls.setdefault(p, fused(p)) for p in pullbacks]


Tape.fused = staticmethod(fused_pullbacks)
