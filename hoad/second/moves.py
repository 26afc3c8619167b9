"""Linear operations in a sweep of second order that is written out (``pairs.py``): the function itself goes
down, its transpose goes up, of a cotangent and of its change alike.

Along one direction the lines are those of a gradient. Along many there is one axis more: what the rule does
to a batch is recorded once, and written down (``fast/outlines.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fast.called import hold_options, is_like, lines_of_rule, look_at
from ..fast.outlines import Outline, is_option, is_row, moves
from ..kinds.batch import Batch, unbatch
from ..nested import FIXED, Slot
from ..tangents.fit import zero_of
from ..tracer import pull_rule
from ..values.shapes import REALS
from .called import slots_of


def is_linear(pairs: Any, i: Slot) -> bool:
    """Tell whether an operation is one of a linear rule, on doubles."""
    if pairs.pullbacks[i] is not pull_rule:
        return False
    rule, args, options, active = pairs.right[i]
    if rule.kind != "linear" or rule.gathers:
        return False
    linear = range(len(args)) if rule.positions is None else rule.positions
    values = [pairs.values[k] for k in (i, *pairs.left[i])]
    fixed = all(map(is_option, args)) and all([x.__class__ in FIXED or is_row(x) for x in options.values()])
    return fixed and all([k in linear for k in active]) and all(map(pairs.is_double, values))


def push_linear(pairs: Any, i: Slot) -> str | None:
    """The tangent of a value; None where there are no lines."""
    slots, (rule, args, options, active) = pairs.left[i], pairs.right[i]
    places = dict(zip(active, slots, strict=True))
    linear = range(len(args)) if rule.positions is None else rule.positions
    t: str
    if pairs.rows and any([a.__class__ is np.ndarray for a in args]):
        return None  # what its elements tell is not for lines
    if pairs.rows:
        names = [pairs.moving[slot] for slot in slots]

        def run(handles: list[Any]) -> list[Any]:
            moved = [zero_of(a) if k in linear and k not in places else a for k, a in enumerate(args)]
            for k, handle in zip(active, handles, strict=True):
                moved[k] = Batch(pairs.kept.rows, handle)
            return [unbatch(rule(*moved, **options), pairs.kept.rows, pairs.kept.n)]

        found = moves(pairs, run, names)
        if found is None:
            return None
        hold_options(pairs, i)
        t = found[0]
    else:
        slots_of(pairs, i)
        given = [
            pairs.moving[places[k]]
            if k in places
            else f"_zero_of(right[{i}][1][{k}])"
            if k in linear
            else f"right[{i}][1][{k}]"
            for k in range(len(args))
        ]
        pairs.namespace["_zero_of"] = zero_of
        t = pairs.emit(f"_rule{i}.function({', '.join(given)}, **right[{i}][2])")
        look_at(pairs, t)
        if is_like(pairs.value(t), pairs.values[i]):
            return t
    return fitted(pairs, t, i, "_spread")


def pull_linear(pairs: Any, i: Slot, g: str, gd: str | None, first: bool) -> bool:
    """The lines of both cotangents; whether there are some. Of directions after the ``first`` the one of the
    value is known.
    """
    slots, (rule, args, options, active) = pairs.left[i], pairs.right[i]
    if gd is not None and pairs.rows:
        given = list(args)
        for k, slot in zip(active, slots, strict=True):
            given[k] = pairs.values[slot]
        outlines = [Outline(x) if x.__class__ is np.ndarray else x for x in given]

        def run(handles: list[Any]) -> list[Any]:
            parts = rule.transposes(Batch(pairs.kept.rows, handles[0]), active, outlines, options)
            return [unbatch(part, pairs.kept.rows, pairs.kept.n) for part in parts]

        found = moves(pairs, run, [gd])
        if found is None:
            return False
        hold_options(pairs, i)
        for slot, t in zip(slots, found, strict=True):
            pairs.changes.add(slot, fitted(pairs, t, slot, "_fit_rows"))
    if first:
        lines_of_rule(pairs, i, g)
    if gd is not None and not pairs.rows:
        pairs.cotangents, pairs.changes = pairs.changes, pairs.cotangents
        lines_of_rule(pairs, i, gd)
        pairs.cotangents, pairs.changes = pairs.changes, pairs.cotangents
    return True


def fitted(pairs: Any, t: str, slot: Slot, fit: str) -> str:
    """A change in the shape of its value."""
    x = pairs.value(t)
    if x.__class__ is np.ndarray and x.dtype == float and x.shape == pairs.lead(pairs.values[slot]):
        return t
    if x.__class__ in REALS and pairs.values[slot].__class__ in REALS:
        return t
    t = str(pairs.emit(f"{fit}({t}, v{slot})"))
    look_at(pairs, t)
    return t
