"""Arrays of numbers by hand: ``np.array([a, b])`` of recorded numbers or duals; ``x[i]``, ``x[i] = y`` and
``np.sum(x)`` of a dual array.

The general path is the specification: what is recorded is what that records.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..arrays.buffers import ALONE
from ..arrays.unreached import table
from ..chainrules import RULES
from ..chainrules.numpy.indexing import is_place
from ..chainrules.numpy.shaping import reshape as reshape_rule
from ..chainrules.numpy.shaping import stack as stack_rule
from ..dual import HEARD, Dual
from ..kinds.batch import Batch, Row
from ..nested import ROOTS, Level, Slot, Value
from ..tape import Tape
from ..tracer import Tracer, pull_rule
from ..values.shapes import DOUBLE, NUMBERS, REALS
from .by_hand import by_hand
from .shortcuts import is_own

FEW = 8  # members, up to which a tuple of them costs less than an array
FIELD = REALS | {complex, np.complex128}
WITH_COMPLEX = NUMBERS | FIELD
general_stack: Any = RULES[np.stack]


def stack_of_recorded(arrays: Any, *args: Any, **kwargs: Any) -> Any:
    """A vector of numbers, some of them recorded."""
    return general_stack(arrays, *args, **kwargs) if args or kwargs else table_of_recorded(arrays)


def table_of_recorded(arrays: Any, shape: tuple[int, int] | None = None) -> Any:
    """The same, or a matrix of them, of a shape that is told."""
    tape: Tape | None = None
    active: list[int] = []
    slots: list[Slot] = []
    kept: list[Any] = []
    primals: list[Any] = []
    kinds: set[type] = set()
    for k, a in enumerate(arrays):
        if a.__class__ is Tracer:
            if tape is None:
                tape = a.level
            x = a.primal
            if x.__class__ not in FIELD or a.level is not tape:
                return general_table(arrays, shape)
            active.append(k)
            slots.append(a.slot)
            kept.append(None)
        else:
            kept.append(a)
            x = a
        primals.append(x)
        kinds.add(x.__class__)
    if tape is None or not tape.alive or not kinds <= WITH_COMPLEX:
        return general_table(arrays, shape)
    out = np.array(primals, float if kinds <= NUMBERS else complex)
    slot = tape.next_slot()
    tape.program += (slot, pull_rule, slots, (stack_rule, kept, {"axis": 0}, active), out)
    if shape is not None:
        base, slot, out = slot, tape.next_slot(), out.reshape(shape)
        tape.program += (slot, pull_rule, [base], (reshape_rule, [None, shape], {}, [0]), out)
    found = Tracer()
    found.level = tape
    found.slot = slot
    found.primal = out
    return found


def general_table(arrays: Any, shape: tuple[int, int] | None) -> Any:
    """A vector or a matrix of numbers of any kind."""
    row = general_stack(arrays)
    return row if shape is None else reshape_rule(row, shape)


def of_numbers(primals: list[Any]) -> bool:
    """Tell whether all are plain numbers."""
    return all([x.__class__ in NUMBERS for x in primals])


def stack_of_duals(arrays: Any, *args: Any, **kwargs: Any) -> Any:
    """A vector of numbers, some of them duals."""
    level, primals, tangents = None, [], []
    for a in arrays:
        if a.__class__ is Dual:
            if a.primal.__class__ not in REALS or (level is not None and a.level is not level):
                return general_stack(arrays, *args, **kwargs)
            level = a.level
            primals.append(a.primal)
            tangents.append(a.tangent)
        else:
            primals.append(a)
            tangents.append(0.0)
    if args or kwargs or level is None or not of_numbers(primals) or not level.alive:
        return general_stack(arrays, *args, **kwargs)
    change = of_members(tangents)
    if change is None:
        return general_stack(arrays)
    return Dual(level, np.array(primals, float), change)


def of_members(tangents: list[Any]) -> Any:
    """The tangent of a vector from those of its elements, if they are numbers or batches of those."""
    batches = [t for t in tangents if t.__class__ not in REALS]
    if not batches:
        return np.array(tangents)
    if not isinstance(batches[0], Batch):
        return None
    level: Level = batches[0].level
    if not all([isinstance(t, Batch) and t.level is level for t in batches]):
        return None
    members = [t.tangent if t.__class__ is Row else t.primal if isinstance(t, Batch) else t for t in tangents]
    if not all([m.__class__ is tuple or m.__class__ in REALS or is_row(m) for m in members]):
        return None
    count = max([len(m) for m in members if m.__class__ not in REALS])
    columns = [m if m.__class__ not in REALS else (m,) * count for m in members]
    return Batch(level, np.array(columns).T.copy())


def is_row(x: Value) -> bool:
    """Tell whether the members of a batch are doubles."""
    return x.__class__ is np.ndarray and x.ndim == 1 and x.dtype == np.float64


def getitem(x: Value, index: Any) -> Any:
    """``x[index]`` of a dual vector, for one element."""
    value, d = x.primal, x.tangent
    if index.__class__ is int and value.__class__ is np.ndarray and value.ndim == 1:
        if d.__class__ is np.ndarray:
            return Dual(x.level, value[index], d[index])
        if d.__class__ is Batch and d.primal.__class__ is np.ndarray and d.primal.ndim == 2:
            members = d.primal[:, index]
            row = len(members) <= FEW and members.dtype is DOUBLE and d.level.lift is None
            return Dual(
                x.level,
                value[index],
                Row(d.level, tuple(members.tolist())) if row else Batch(d.level, members.copy()),
            )
    return ArrayLike.__getitem__(x, index)


def setitem(x: Value, index: Any, value: Value) -> None:
    """``x[index] = value`` of a dual array, for one number."""
    number, d = (value.primal, value.tangent) if value.__class__ is Dual else (value, 0.0)
    if (
        number.__class__ not in REALS
        or (value.__class__ is Dual and value.level is not x.level)
        or not is_own(x, x.primal)
        or not is_place(index, x.primal.ndim)
        or (ROOTS and id(value) in ROOTS)
        or not written(x.tangent, x.primal.shape, index, d)
    ):
        ArrayLike.__setitem__(x, index, value)
        return
    x.primal[index] = number


def written(change: Any, shape: tuple[int, ...], index: Any, d: Any) -> bool:
    """Write a tangent where its value is written, if nobody else looks at the array that it goes to.

    Args:
        change: the tangent of an array.
        shape: of that array.
        index: a place in it.
        d: the tangent of what is written.

    Returns:
        Whether that was done.
    """
    if change.__class__ is np.ndarray:
        fits = d.__class__ in REALS and change.dtype is DOUBLE and change.shape == shape
        if fits and change.flags.writeable:
            change[index] = d
            return True
        return False
    if change.__class__ is not Batch or not is_own(change, change.primal):
        return False
    members = change.primal
    alone = members.base is None and sys.getrefcount(members) == ALONE + 1
    if not alone or members.shape[1:] != shape:
        return False
    if d.__class__ is Row and d.level is change.level:
        d = d.tangent
    elif d.__class__ is Batch and d.level is change.level and is_row(d.primal):
        d = d.primal
    elif d.__class__ not in REALS:
        return False
    members[(slice(None), *index) if index.__class__ is tuple else (slice(None), index)] = d
    return True


def of_all(x: Value) -> Any:
    """The sum of a dual array of doubles over all axes; None of any other."""
    value, d, n = x.primal, x.tangent, None
    if d.__class__ is Batch:
        n, d = d.level, d.primal
    if not (value.__class__ is d.__class__ is np.ndarray and value.dtype is d.dtype is DOUBLE):
        return None
    lead = 0 if n is None else 1
    if d.shape[lead:] != value.shape or x.level.notes is not None:
        return None
    change = np.add.reduce(d, axis=tuple(range(lead, d.ndim)))
    return Dual(x.level, np.add.reduce(value, axis=None), change if n is None else Batch(n, change))


def totals(general: Any) -> Any:
    """The sum of a dual array over all axes; others go to ``general``."""

    def total(x: Value, *args: Any, **kwargs: Any) -> Any:
        try:
            found = None if args or kwargs or x.__class__ is not Dual else of_all(x)
        except HEARD:
            found = None
        return general(x, *args, **kwargs) if found is None else found

    total.__name__ = "sum"  # as the method, by which pint knows what unit comes out
    return total


by_hand(Dual, "sum", totals(vars(ArrayLike)["sum"]), np.sum)
by_hand(Dual.functions, np.sum, totals(RULES[np.sum]), np.sum)
by_hand(Tracer.functions, np.stack, stack_of_recorded, np.stack)
by_hand(Tracer.functions, table, table_of_recorded, np.stack, np.reshape)
by_hand(Dual.functions, np.stack, stack_of_duals, np.stack)
setattr(Dual, "__getitem__", getitem)
setattr(Dual, "__setitem__", setitem)
