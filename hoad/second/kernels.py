"""Pairs of scalar rules in one launch each, for arrays on a device: ``fast/kernels.py`` of what is written in
``written.py``.
"""

from __future__ import annotations

from typing import Any

from ..fast.fused import Fused
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


def fused_pair(pair: tuple[Any, Any], statement: Any, many: tuple[Any, Any]) -> tuple[Any, Any]:
    """A pair whose push and whose pull are one kernel each where they can be; of many directions, the
    cotangents are one of their own.

    Args:
        pair: of one direction.
        statement: the rule, its text, and the arguments that are recorded.
        many: the pair that is called where there is no kernel: of one direction, or of many.
    """
    push, pull = pair
    rule, text, active = statement
    of_many, back_of_many = many

    def down(first: list[Any], columns: list[Any], i: Any, a: Any, b: Any = None) -> None:
        push(columns[VALUES], columns[TANGENTS], KeptCells(), i, a, b)

    def up(first: list[Any], columns: list[Any], i: Any, a: Any, b: Any = None) -> None:
        kept = KeptCells()
        values, tangents, cotangents, changes = columns
        push(values, {**tangents}, kept, i, a, b)  # which computes what the two have in common
        pull(*first, values, tangents, cotangents, changes, kept, i, a, b)

    one = Fused(
        text.name,
        active,
        down,
        reads=(VALUES, TANGENTS),
        writes=(),
        own=(VALUES,),
        gives=TANGENTS,
        moving=MOVING,
    )
    two = Fused(
        text.name,
        active,
        up,
        reads=(VALUES, TANGENTS, COTANGENTS, CHANGES),
        writes=(COTANGENTS, CHANGES),
        own=(VALUES, TANGENTS),
        moving=MOVING,
    )

    def pushed(values: Any, tangents: Any, kept: Any, i: int, a: Any, b: Any) -> None:
        if not one.done((), (values, tangents), i, (a, b)[: rule.arity], kept.n):
            of_many(values, tangents, kept, i, a, b)

    def pulled(
        g: Any, gd: Any, values: Any, tangents: Any, cotangents: Any, changes: Any, kept: Any, i: int,
        a: Any, b: Any,
    ) -> None:  # fmt: skip
        columns = (values, tangents, cotangents, changes)
        if not two.done((g, gd), columns, i, (a, b)[: rule.arity], kept.n):
            if kept[i] is None:
                of_many(values, [*tangents], kept, i, a, b)
            back_of_many(g, gd, values, tangents, cotangents, changes, kept, i, a, b)

    return pushed, pulled
