"""The sweep of a recorded program that keeps every cotangent: what each value has to do with the result."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.gathered import Gathered
from ..dual import has_nan
from ..tape import mark_of, pull_put, pull_with_care
from ..values.constants import is_array


def adjoints(columns: list[list[Any]], seeds: dict[int, Any], inputs: int) -> list[Any]:
    """The cotangent of each slot; None where nothing comes back.

    Args:
        columns: of the tape: pullbacks, operands, values.
        seeds: the cotangents of the outputs, by slot.
        inputs: how many slots are inputs; those come first.
    """
    with np.errstate(all="ignore"):
        found = kept(columns, seeds, inputs, careful=False)
        if any([g is not None and has_nan(g) for g in found[:inputs]]):
            found = kept(columns, seeds, inputs, careful=True)
    return found


def kept(columns: list[list[Any]], seeds: dict[int, Any], inputs: int, careful: bool) -> list[Any]:
    """The same in plain arithmetic, or with the marks that tell a strong zero (``tape.py``)."""
    pullbacks, left, right, values = columns
    cotangents: list[Any] = [None] * len(pullbacks)
    marks: list[Any] = [None] * len(pullbacks)
    found: list[Any] = [None] * len(pullbacks)
    for slot, g in seeds.items():
        cotangents[slot], marks[slot] = g, mark_of(g) if careful else None
    for i in range(max(seeds, default=-1), -1, -1):
        g = cotangents[i]
        if g is None:
            continue
        found[i] = as_it_is(g)
        if i < inputs:
            continue
        if careful:
            pull_with_care(pullbacks[i], values, cotangents, marks, i, left[i], right[i])
        else:
            total = g.total() if g.__class__ is Gathered and pullbacks[i] is not pull_put else g
            pullbacks[i](total, values, cotangents, i, left[i], right[i])
    return found


def as_it_is(g: Any) -> Any:
    """A cotangent of the moment: a buffer that is written to goes on changing."""
    if g.__class__ is Gathered:
        g = g.total()
    if isinstance(g, list):
        return tuple(g)
    return g.copy() if is_array(g) else g
