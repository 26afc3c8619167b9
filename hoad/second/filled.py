"""Arrays that are filled, in a sweep of second order that is written out (``pairs.py``): where they begin,
and what is written into them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..chainrules.numpy.indexing import is_basic
from ..fast.sums import is_element
from ..nested import Slot
from ..tape import no_pull, pull_put
from ..values.shapes import REALS

WRITES = frozenset({no_pull, pull_put})


def is_filled(pairs: Any, i: Slot) -> bool:
    """Tell whether an operation is a constant, or a write of doubles where each element is met once."""
    if pairs.pullbacks[i] is no_pull:
        return bool(pairs.is_double(pairs.values[i]))
    slot, (index, source) = pairs.left[i], pairs.right[i]
    slots = [i, slot, *([] if source is None else [source])]
    return is_basic(index) and all([pairs.is_double(pairs.values[k]) for k in slots])


def push_filled(pairs: Any, i: Slot) -> str:
    """The tangent of the array: in the same buffer as that of the write before."""
    if pairs.pullbacks[i] is no_pull:
        pairs.guards.like(f"v{i}", pairs.values[i])
        return zeros(pairs, i)
    a, (index, source) = pairs.left[i], pairs.right[i]
    pairs.guards.same[0].append(i)
    pairs.guards.index(i, index)
    before = pairs.pullbacks[a]
    if before is pull_put:
        buffer: str = pairs.moving[a]
    else:
        buffer = zeros(pairs, a) if before is no_pull else pairs.emit(f"_own({pairs.moving[a]})")
    place = pairs.changes.place(index)
    change = "0.0" if source is None else pairs.moving[source]
    if pairs.rows and source is not None:
        change = of_axes(pairs, change, pairs.value(buffer)[(slice(None), *as_tuple(index))].ndim)
    pairs.do(f"{buffer}[{place}] = {change}")
    return buffer


def zeros(pairs: Any, i: Slot) -> str:
    """The tangent of a constant, which nobody else holds."""
    shape = pairs.lead(pairs.values[i])
    name: str = pairs.emit(f"_zeros({shape})" if shape else "0.0")
    return name


def as_tuple(index: Any) -> tuple[Any, ...]:
    """An index, axis by axis."""
    return index if index.__class__ is tuple else (index,)


def of_axes(pairs: Any, d: str, ndim: int) -> str:
    """Changes that are written where there are ``ndim`` axes with that of the directions."""
    n, *shape = np.shape(pairs.value(d))
    while len(shape) > max(ndim - 1, 0) and shape[0] == 1:
        shape = shape[1:]
    wanted = (n, *(1,) * (ndim - 1 - len(shape)), *shape)
    name: str = d if wanted == np.shape(pairs.value(d)) else pairs.emit(f"{d}.reshape({wanted})")
    return name


def is_cut(pairs: Any, i: Slot) -> bool:
    """Tell whether a write has lines on the way back: nothing else came to what was there before."""
    slot = pairs.left[i]
    came = [sums.has(slot) for sums in (pairs.cotangents, *[track.changes for track in pairs.tracks])]
    return is_filled(pairs, i) and not any(came)


def pull_cut(pairs: Any, i: Slot) -> None:
    """The lines of a write on the way back."""
    pairs.pull_put(i)
    slot, (index, source) = pairs.left[i], pairs.right[i]
    is_number = source is None or pairs.values[source].__class__ in REALS
    for track in pairs.tracks:
        pairs.follow(track)
        if not pairs.rows and is_number and is_element(index, pairs.values[i]):
            t = pairs.changes.moved(i, slot, index)
        else:
            t = pairs.changes.cut_out(i, slot, index)
        if t is not None and source is not None:
            pairs.changes.add(source, pairs.fitted_change(t, source, True))
