"""Pairs of scalar rules in one launch each, for arrays on a device: ``fast/kernels.py`` of what is written in
``written.py``.
"""

from __future__ import annotations

from typing import Any

from ..fast.kernels import Fused

VALUES, TANGENTS, COTANGENTS, CHANGES = range(4)
MOVING = (TANGENTS, CHANGES)


def fused_pair(pair: tuple[Any, Any], statement: Any, many: tuple[Any, Any]) -> tuple[Any, Any]:
    """A pair whose push and whose pull are one kernel each where they can be; of many directions, the
    cotangents are one of their own.

    Args:
        pair: of one direction.
        statement: the rule, its text, and the arguments that are recorded.
        many: the pair that is called where there is no kernel: of one direction, or of many.
    """
    push, pull = pair
    of_many, back_of_many = many

    def down(first: list[Any], columns: list[Any], i: Any, a: Any, b: Any) -> None:
        push(columns[VALUES], columns[TANGENTS], {i: None}, i, a, b)

    def up(first: list[Any], columns: list[Any], i: Any, a: Any, b: Any) -> None:
        kept: dict[Any, Any] = {i: None}
        values, tangents, cotangents, changes = columns
        push(values, {**tangents}, kept, i, a, b)  # which computes what the two have in common
        pull(*first, values, tangents, cotangents, changes, kept, i, a, b)

    one = Fused(
        down, statement, reads=(VALUES, TANGENTS), writes=(), own=(VALUES,), gives=TANGENTS, moving=MOVING
    )
    two = Fused(
        up,
        statement,
        reads=(VALUES, TANGENTS, COTANGENTS, CHANGES),
        writes=(COTANGENTS, CHANGES),
        own=(VALUES, TANGENTS),
        moving=MOVING,
    )

    def pushed(values: Any, tangents: Any, kept: Any, i: int, a: Any, b: Any) -> None:
        if not one.done((), (values, tangents), i, (a, b), kept.n):
            of_many(values, tangents, kept, i, a, b)

    def pulled(
        g: Any, gd: Any, values: Any, tangents: Any, cotangents: Any, changes: Any, kept: Any, i: int,
        a: Any, b: Any,
    ) -> None:  # fmt: skip
        columns = (values, tangents, cotangents, changes)
        if not two.done((g, gd), columns, i, (a, b), kept.n):
            if kept[i] is None:
                of_many(values, [*tangents], kept, i, a, b)
            back_of_many(g, gd, values, tangents, cotangents, changes, kept, i, a, b)

    return pushed, pulled
