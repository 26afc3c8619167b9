"""Pairs of scalar rules in one launch each, for arrays on a device: ``fast/kernels.py`` of what is written in
``written.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..fast.fused import Fused, operands_of, recorded_of
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
    return fused(pair, rule.name, tuple(active), operands, many)


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
    return fused(pair, text.name, active, operands, many)


def fused(
    pair: tuple[Any, Any], name: str, active: tuple[int, ...], operands: Operands, many: tuple[Any, Any]
) -> tuple[Any, Any]:
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
        pull(*first, values, tangents, cotangents, changes, kept, i, a, b)

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
