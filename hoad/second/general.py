"""One operation on duals: how it is swept where it has no pair of its own, and where nan asks for care.

This is what the nested levels do, forward over reverse, at this operation alone: its operands become duals,
the operation is carried out on them, and its pullback is called with them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.gathered import Gathered, Parts, accumulate
from ..chainrules.statements import Adapted
from ..dual import Dual, pushed_by
from ..kinds.batch import Batch, unbatch
from ..nested import Cotangent, Level, Slot, Tangent, Value, Values
from ..tangents.fit import fit_tangent
from ..tangents.rows import spread_rows
from ..values.constants import zeros
from ..values.shapes import shape_of


class Unknown(Exception):
    """An operation on the tape of which nobody knows what it computes: a rule of the user's."""


class Kept(list[Any]):
    """What a sweep keeps of each operation beside its value; and at which levels its duals are.

    Args:
        size: how many operations there are.
        n: how many directions there are; None for one, whose tangents have no axis for it.
    """

    def __init__(self, size: int, n: int | None) -> None:
        super().__init__([None] * size)
        self.n = n
        self.rows = Level()
        self.level = Level()

    def dual(self, value: Value, change: Tangent) -> Any:
        """A value with its change, as a dual."""
        if isinstance(value, tuple):
            return tuple([self.dual(v, d) for v, d in zip(value, change, strict=True)])
        return Dual(self.level, value, self.moved(change))

    def taken(self, x: Value) -> tuple[Value, Any]:
        """The value and the change of what was computed with duals."""
        if isinstance(x, tuple):
            values, changes = zip(*map(self.taken, x), strict=True)
            return values, list(changes)
        if x.__class__ is not Dual or x.level is not self.level:
            d = zeros(shape_of(x), like=x)
            return x, d if self.n is None else np.broadcast_to(d, (self.n, *shape_of(x)))
        return x.primal, self.bare(x.tangent)

    def moved(self, change: Tangent) -> Any:
        """A change as rules take it: a batch of many."""
        return change if self.n is None else Batch(self.rows, change)

    def settled(self, change: Tangent, out: Value) -> Any:
        """A change as the sweep holds it, in the shape and the precision of its value."""
        if isinstance(out, tuple):
            return [self.settled(d, o) for d, o in zip(change, out, strict=True)]
        return fit_tangent(change, out) if self.n is None else spread_rows(self.bare(change), out)

    def bare(self, change: Tangent) -> Any:
        """A change as the sweep holds it: with an axis for many."""
        return change if self.n is None else unbatch(change, self.rows, self.n)


class Duals:
    """The values of a program as duals, by their slots."""

    def __init__(self, values: Values, tangents: list[Any], kept: Kept) -> None:
        self.values, self.tangents, self.kept = values, tangents, kept

    def __getitem__(self, slot: Slot) -> Any:
        return self.kept.dual(self.values[slot], self.tangents[slot])


class Found(dict[Slot, Any]):
    """The cotangents of one operation's operands, None until there is one."""

    def __missing__(self, slot: Slot) -> None:
        return None


def push(pullback: Any, values: Values, tangents: list[Any], kept: Kept, i: Slot, a: Any, b: Any) -> None:
    """The tangent of a value, as a dual finds it."""
    rule, args, kwargs, slots = operands_of(pullback, a, b)
    args = list(args)
    for k, slot in slots.items():
        args[k] = values[slot]
    moved = {k: kept.moved(tangents[slot]) for k, slot in slots.items()}
    change = pushed_by(rule, values[i], tuple(args), kwargs, moved)
    tangents[i] = kept.settled(change, values[i])


def operands_of(pullback: Any, a: Any, b: Any) -> Any:
    """The rule of an operation, its constants, options, and the slots of its other arguments."""
    operands = getattr(pullback, "operands", None)
    if operands is None:
        raise Unknown
    found = operands(a, b)
    if isinstance(found[0], Adapted):  # it chooses its value by the direction
        raise Unknown
    return found


def pull(
    pullback: Any,
    g: Cotangent,
    gd: Cotangent,
    values: Values,
    tangents: list[Any],
    cotangents: list[Any],
    changes: list[Any],
    kept: Kept,
    i: Slot,
    a: Any,
    b: Any,
) -> None:
    """The cotangents of the operands and their changes: the pullback, called with duals."""
    parts: Any = Parts()
    pullback(paired(g, gd, kept), Duals(values, tangents, kept), parts, i, a, b)
    for slot, part in parts.found:
        if part.__class__ is list:  # of an operation with several values
            cotangents[slot] = cotangents[slot] or [None] * len(part)
            changes[slot] = changes[slot] or [None] * len(part)
            for k, piece in enumerate(part):
                add(cotangents[slot], changes[slot], k, piece, kept)
        else:
            add(cotangents, changes, slot, part, kept)


def add(cotangents: Any, changes: Any, slot: Any, part: Any, kept: Kept) -> None:
    """Add a cotangent and its change to those of a slot."""
    if part is None:
        return
    part = part.total() if part.__class__ is Gathered else part
    if part.__class__ is Dual and part.level is kept.level:
        value, change = kept.taken(part)
        accumulate(changes, slot, change)
        part = value
    accumulate(cotangents, slot, part)


def paired(g: Cotangent, gd: Cotangent, kept: Kept) -> Any:
    """A cotangent and its change, None for zero, as a dual."""
    if g.__class__ is list:
        gd = gd or [None] * len(g)
        return [None if p is None else paired(p, d, kept) for p, d in zip(g, gd, strict=True)]
    return g if gd is None else kept.dual(g, gd)


def slots_in(operand: Any) -> list[Slot]:
    """The slots in what an operation keeps of its operands, and perhaps some integers that are none."""
    parts = operand if operand.__class__ in (list, tuple) else (operand,)
    return [part for part in parts if part.__class__ is int]
