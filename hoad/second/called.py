"""Operations that have no lines in a sweep of second order that is written out (``pairs.py``): the function
calls their pairs, and looks at what they give.
"""

from __future__ import annotations

from typing import Any

from ..arrays.gathered import Gathered
from ..fast import shortcuts
from ..fast.called import look_at
from ..fast.sums import Sums
from ..nested import Slot, Values
from ..tape import no_pull, pull_put
from ..tracer import pull_rule
from .general import Found as Received
from .general import Kept

ACTIVE = {
    shortcuts.pull_matmul: (0, 1),
    shortcuts.pull_matmul_left: (0,),
    shortcuts.pull_matmul_right: (1,),
}
HELPERS: dict[str, Any] = {"_Received": Received, "_Gathered": Gathered}


def slots_of(pairs: Any, i: Slot) -> list[Slot]:
    """The slots of what an operation is of; the function relies on these."""
    pullback, a, b = pairs.pullbacks[i], pairs.left[i], pairs.right[i]
    pairs.guards.like(f"v{i}", pairs.values[i])
    if pullback is no_pull:
        return []
    if pullback is pull_put:
        pairs.guards.same[0].append(i)
        pairs.guards.lines.append(f"right[{i}][1] != {b[1]}")
        return [a] if b[1] is None else [a, b[1]]
    if pullback is pull_rule:
        pairs.guards.same[0].append(i)
        pairs.namespace[f"_rule{i}"] = b[0]
        pairs.guards.lines.append(f"right[{i}][0] is not _rule{i} or right[{i}][3] != {b[3]}")
        return list(dict.fromkeys(a))
    active = active_of(pullback)
    for k in active:
        pairs.guards.same[k].append(i)
    return list(dict.fromkeys([(a, b)[k] for k in active]))


def moved(pairs: Any, slots: list[Slot]) -> str:
    """The tangents of some values, by their slots."""
    return f"{{{', '.join(f'{slot}: {pairs.moving[slot]}' for slot in slots)}}}"


def push_called(pairs: Any, i: Slot) -> str:
    """The tangent of a value by the pair of its operation, which may write it down for later."""
    given = moved(pairs, slots_of(pairs, i))
    pairs.namespace |= {f"_push{i}": pairs.ways[i][0], "_pushed": pushed}
    d: str = pairs.emit(f"_pushed(_push{i}, values, {given}, kept, {i}, left[{i}], right[{i}])")
    look_at(pairs, d)
    return d


def pull_called(pairs: Any, i: Slot, g: str, gd: str | None, first: bool) -> None:
    """Both cotangents by the pair of the operation, which adds to what the slots hold.

    Args:
        pairs: the function.
        i: the operation.
        g: the cotangent of its value.
        gd: what that changes by.
        first: whether this is the first direction; of others the cotangents are known.
    """
    slots = slots_of(pairs, i)
    pairs.namespace |= {f"_pull{i}": pairs.ways[i][1], "_pulled": pulled, **HELPERS}
    sums = [pairs.cotangents, pairs.changes]
    held = [held_by(pairs, each, slots) if first or k else "_Received({})" for k, each in enumerate(sums)]
    found = pairs.emit(
        f"_pulled(_pull{i}, {g}, {gd}, values, {moved(pairs, [*slots, i])}, {held[0]}, {held[1]}, "
        f"kept, {i}, left[{i}], right[{i}])"
    )
    for k, each in enumerate(sums):
        for n, slot in enumerate(slots if first or k else ()):
            t, buffer = pairs.emit(f"{found}[{k}][{n}]"), pairs.emit(f"{found}[{k}][{n + len(slots)}]")
            look_at(pairs, t)
            look_at(pairs, buffer)
            each.replace(slot, t, buffer)


def held_by(pairs: Any, sums: Sums, slots: list[Slot]) -> str:
    """What was added to some slots, by their slots."""
    found = []
    for slot in slots:
        if slot in sums.cuts:
            sums.spread_out(slot)
        whole = sums.whole.get(slot)
        if slot in sums.pieces or slot in sums.buffers:
            shape = (*sums.rows, *pairs.values[slot].shape)
            found.append(f"{slot}: _Gathered({shape}, {whole}, {sums.spill(slot)})")
        else:
            found.append(f"{slot}: {whole}")
    return f"_Received({{{', '.join(found)}}})"


def pushed(way: Any, values: Values, moved: Any, kept: Kept, i: Slot, a: Any, b: Any) -> Any:
    """The tangent of a value, of those of what it is of."""
    way(values, moved, kept, i, a, b)
    return moved[i]


def pulled(
    way: Any, g: Any, gd: Any, values: Values, moved: Any, cotangents: Any, changes: Any, kept: Kept, i: Slot,
    a: Any, b: Any,
) -> list[list[Any]]:  # fmt: skip
    """The cotangents of the operands, and their changes: of each what it is as a whole, and then the elements
    that were collected beside that; None for nothing.
    """
    slots = [slot for slot in moved if slot != i]
    way(g, gd, values, moved, cotangents, changes, kept, i, a, b)
    return [
        [part for parts in zip(*[halves(found[slot]) for slot in slots], strict=True) for part in parts]
        for found in (cotangents, changes)
    ]


def halves(t: Any) -> tuple[Any, Any]:
    """A cotangent as a whole, and the elements that were collected beside it: all that is read of a plain
    array is in the buffer.
    """
    return (t.rest, t.buffer) if t.__class__ is Gathered else (t, None)


def active_of(pullback: Any) -> tuple[int, ...]:
    """Which operands of an operation are recorded."""
    statement = getattr(pullback, "statement", None)
    found: tuple[int, ...] = ACTIVE.get(pullback, (0,)) if statement is None else statement[2]
    return found
