"""Pairs of scalar rules in one launch each, for arrays on a device: ``fast/kernels.py`` of what is written in
``written.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..fast.cells import Cell
from ..fast.fused import Fused, operands_of, recorded_of
from ..strong import is_lost, partial_of
from ..values.shapes import is_complex
from .general import Kept

VALUES, TANGENTS, COTANGENTS, CHANGES = range(4)
MOVING = (TANGENTS, CHANGES)


class KeptCells(Kept):
    """What is kept of one operation while its lines are written, along one direction."""

    def __init__(self) -> None:
        super().__init__(0, None)
        self.own: dict[Any, Any] = {}

    def __getitem__(self, i: Any) -> Any:
        return self.own.get(i)

    def __setitem__(self, i: Any, value: Any) -> None:
        self.own[i] = value


class Operands(NamedTuple):
    """How an operation has its operands on the tape: from what stands there to all of them, and back."""

    there: Callable[[Any, Any], Any]
    back: Callable[[Any], tuple[Any, Any]]


def general_pair(pair: tuple[Any, Any], recorded: Any, many: tuple[Any, Any]) -> tuple[Any, Any]:
    """The same of a scalar rule whose operation was recorded by the general path."""
    rule, _, _, active = recorded
    operands = Operands(
        lambda a, b: operands_of(a, b), lambda given: recorded_of((rule, None, {}, active), given)
    )
    return fused(pair, rule, rule.name, tuple(active), operands, many)


def fused_pair(pair: tuple[Any, Any], statement: Any, many: tuple[Any, Any]) -> tuple[Any, Any]:
    """A pair whose push and whose pull are one kernel each where they can be; of many directions, the
    cotangents are one of their own.

    Args:
        pair: of one direction.
        statement: the rule, its text, and the arguments that are recorded.
        many: the pair that is called where there is no kernel: of one direction, or of many.
    """
    rule, text, active = statement
    operands = Operands(lambda a, b: (a, b)[: rule.arity], lambda given: (*given, None)[:2])
    return fused(pair, rule, text.name, active, operands, many)


def fused(
    pair: tuple[Any, Any], rule: Any, name: str, active: tuple[int, ...], operands: Operands,
    many: tuple[Any, Any],
) -> tuple[Any, Any]:  # fmt: skip
    """The pair of an operation of a name, of which some arguments are recorded."""
    push, pull = pair
    of_many, back_of_many = many

    def down(first: list[Any], columns: list[Any], i: Any, *given: Any) -> None:
        push(columns[VALUES], columns[TANGENTS], KeptCells(), i, *operands.back(given))

    def up(first: list[Any], columns: list[Any], i: Any, *given: Any) -> None:
        kept = KeptCells()
        a, b = operands.back(given)
        values, tangents, cotangents, changes = columns
        push(values, {**tangents}, kept, i, a, b)  # which computes what the two have in common
        args = tuple([values[x] if k in active else x for k, x in enumerate(given)])
        parts, moved = [dict.fromkeys([given[k] for k in active]) for _ in range(2)]
        pull(*first, values, tangents, parts, moved, kept, i, a, b)
        lost = lost_by(rule, active, args, values[i])
        for s in parts:
            add(cotangents, s, with_zeros(parts[s], lost, first[:1]))
            add(changes, s, with_zeros(moved[s], lost, first))

    one = Fused(
        name,
        active,
        down,
        reads=(VALUES, TANGENTS),
        writes=(),
        own=(VALUES,),
        gives=TANGENTS,
        moving=MOVING,
    )
    two = Fused(
        name,
        active,
        up,
        reads=(VALUES, TANGENTS, COTANGENTS, CHANGES),
        writes=(COTANGENTS, CHANGES),
        own=(VALUES, TANGENTS),
        moving=MOVING,
    )

    def pushed(values: Any, tangents: Any, kept: Any, i: int, a: Any, b: Any) -> None:
        if not one.done((), (values, tangents), i, operands.there(a, b), kept.n):
            of_many(values, tangents, kept, i, a, b)

    def pulled(
        g: Any, gd: Any, values: Any, tangents: Any, cotangents: Any, changes: Any, kept: Any, i: int,
        a: Any, b: Any,
    ) -> None:  # fmt: skip
        columns = (values, tangents, cotangents, changes)
        if not two.done((g, gd), columns, i, operands.there(a, b), kept.n):
            if kept[i] is None:
                of_many(values, [*tangents], kept, i, a, b)
            back_of_many(g, gd, values, tangents, cotangents, changes, kept, i, a, b)

    return pushed, pulled


def lost_by(rule: Any, active: tuple[int, ...], args: tuple[Any, ...], out: Any) -> Any:
    """Where what a cotangent meets is not finite (``strong.py``); None where that is nowhere."""
    found: Any = None
    for k in active:
        p = partial_of(rule, k, args, out)
        if p.__class__ is Cell and not any(map(is_complex, (p, out, *args))):
            at = is_lost(p, args, out)
            found = at if found is None else found | at
    return found


def with_zeros(part: Any, lost: Any, given: list[Any]) -> Any:
    """What comes back, and zero in the place of nan where what is given is zero, and is lost."""
    if part is None or lost is None:
        return part
    for g in given:
        lost = lost if g is None else lost & np.equal(g, 0)
    return np.where(np.isnan(part) & lost, 0, part)[()]


def add(column: Any, slot: Any, part: Any) -> None:
    """Add what comes back to an entry."""
    held = column[slot]
    column[slot] = held if part is None else part if held is None else held + part
