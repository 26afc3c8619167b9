"""Pairs of operations that are linear, or linear in each argument: readings, writes, sums, products.

What is linear needs no change of its own: it is applied to the cotangent and to the change of that alike. Of
a product, each factor adds a term. Where there are many directions, the rules act on batches of them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays.buffers import LARGE
from ..arrays.gathered import Gathered, Parts, Piece, accumulate
from ..arrays.mutation import own, put
from ..chainrules.numpy.indexing import is_basic, last_writes
from ..fast import shortcuts
from ..kinds.batch import Batch, of_axes
from ..nested import Cotangent, Slot, Traced, Values
from ..tangents.fit import fit_cotangent, zero_of
from ..tangents.rows import fit_rows
from ..tape import no_pull, pull_put, pull_same
from ..tracer import pull_component, pull_rule
from ..values.shapes import DOUBLE, shape_of
from .general import Kept

Pairs = list[Any]

# ------------------------------------------------------------------------------------------------------------
# Inputs, and the same value again
# ------------------------------------------------------------------------------------------------------------


def push_constant(values: Values, tangents: Pairs, kept: Kept, i: Slot, a: Any, b: Any) -> None:
    """What was entered later depends on nothing."""
    zero = zero_of(values[i])
    tangents[i] = zero if kept.n is None else np.broadcast_to(zero, (kept.n, *np.shape(zero)))


def pull_constant(
    g: Cotangent, gd: Cotangent, values: Values, tangents: Pairs, cotangents: Pairs, changes: Pairs,
    kept: Kept, i: Slot, a: Any, b: Any,
) -> None:  # fmt: skip
    """Nothing is behind it."""


def push_same(values: Values, tangents: Pairs, kept: Kept, i: Slot, a: Slot, b: Any) -> None:
    """The same value in a new slot."""
    tangents[i] = tangents[a]


def pull_same_pair(
    g: Cotangent, gd: Cotangent, values: Values, tangents: Pairs, cotangents: Pairs, changes: Pairs,
    kept: Kept, i: Slot, a: Slot, b: Any,
) -> None:  # fmt: skip
    """The same value in a new slot."""
    accumulate(cotangents, a, g)
    if gd is not None:
        accumulate(changes, a, gd)


def push_component(values: Values, tangents: Pairs, kept: Kept, i: Slot, a: Slot, place: Any) -> None:
    """One output of several."""
    tangents[i] = tangents[a][place[0]]


def pull_component_pair(
    g: Cotangent, gd: Cotangent, values: Values, tangents: Pairs, cotangents: Pairs, changes: Pairs,
    kept: Kept, i: Slot, a: Slot, place: Any,
) -> None:  # fmt: skip
    """One output of several."""
    pull_component(g, values, cotangents, i, a, place)
    if gd is not None:
        pull_component(gd, values, changes, i, a, place)


# ------------------------------------------------------------------------------------------------------------
# Readings and writes
# ------------------------------------------------------------------------------------------------------------


def push_getitem(values: Values, tangents: Pairs, kept: Kept, i: Slot, a: Slot, index: Any) -> None:
    """``x[index]``."""
    d = tangents[a][index if kept.n is None else behind(index)]
    tangents[i] = own(d) if kept[a] is WRITTEN else d


def pull_getitem_pair(
    g: Cotangent, gd: Cotangent, values: Values, tangents: Pairs, cotangents: Pairs, changes: Pairs,
    kept: Kept, i: Slot, a: Slot, index: Any,
) -> None:  # fmt: skip
    """Both go back to their place."""
    plain = shortcuts.is_plain(index) and values[a].__class__ is np.ndarray
    pull = shortcuts.pull_getitem if plain else pull_piece
    pull(g, values, cotangents, i, a, index)
    if gd is None:
        return
    if kept.n is None:
        pull(gd, values, changes, i, a, index)
        return
    held, shape = changes[a], (kept.n, *shape_of(values[a]))
    if not plain or gd.__class__ is not np.ndarray or gd.dtype is not DOUBLE:
        accumulate(changes, a, Piece(gd, behind(index), shape))
        return
    if held.__class__ is not Gathered:
        held = changes[a] = Gathered(shape, held)
    if held.buffer is None:
        held.buffer = np.zeros(shape)
    held.buffer[behind(index)] += gd


def pull_piece(g: Cotangent, values: Values, cotangents: Pairs, i: Slot, a: Slot, index: Any) -> None:
    """A cotangent goes back to its place, whatever the index."""
    accumulate(cotangents, a, Piece(g, index, shape_of(values[a])))


def behind(index: Any) -> Any:
    """A basic index behind the axis of the directions."""
    return (slice(None), *index) if index.__class__ is tuple else (slice(None), index)


def is_behind(index: Any) -> bool:
    """Tell whether an index can stand behind another axis: it is basic, or one array."""
    return is_basic(index) or (index.__class__ is np.ndarray and index.dtype.kind in "biu")


def push_put(values: Values, tangents: Pairs, kept: Kept, i: Slot, a: Slot, place: Any) -> None:
    """A write: into the same buffer as the one before, whose contents nobody has read."""
    index, source = place
    buffer = tangents[a] if kept[a] is WRITTEN else own(tangents[a])
    change = 0.0 if source is None else tangents[source]
    if kept.n is None:
        tangents[i] = put(buffer, index, change)
    elif is_behind(index):
        lifted = behind(index)
        change = change if source is None else of_axes(change, np.ndim(buffer[lifted]))
        tangents[i] = put(buffer, lifted, change)
    else:
        held = Batch(kept.rows, buffer)
        held[index] = change if source is None else Batch(kept.rows, change)
        tangents[i] = held.primal
    kept[i] = WRITTEN


WRITTEN = ("a buffer that is written to",)


def pull_put_pair(
    g: Cotangent, gd: Cotangent, values: Values, tangents: Pairs, cotangents: Pairs, changes: Pairs,
    kept: Kept, i: Slot, a: Slot, place: Any,
) -> None:  # fmt: skip
    """What was written gets its elements, what was overwritten gets none."""
    pull_put(g, values, cotangents, i, a, place)
    if gd is None:
        return
    if kept.n is None:
        pull_put(gd, values, changes, i, a, place)
    elif is_behind(place[0]) and not isinstance(gd, Traced):
        pull_put_rows(gd, values, changes, kept, a, place)
    else:
        gd = gd.total() if gd.__class__ is Gathered else gd
        apart(lambda found: pull_put(Batch(kept.rows, gd), values, found, i, a, place), changes, kept)


def pull_put_rows(gd: Cotangent, values: Values, changes: Pairs, kept: Kept, a: Slot, place: Any) -> None:
    """The same of many directions, in one buffer for all writes."""
    index, source = place
    mine = gd.__class__ is Gathered and gd.is_plain()
    buffer = gd.buffer if mine else own(gd.total() if gd.__class__ is Gathered else gd)
    lifted = behind(index)
    if source is not None:
        part = own(buffer[lifted])
        if not is_basic(index):
            part = part * last_writes(index, buffer[0])
        accumulate(changes, source, fit_rows(part, values[source]))
    buffer[lifted] = 0
    accumulate(changes, a, buffer if changes[a] is not None else Gathered(buffer.shape, None, buffer))


def apart(pull: Any, changes: Pairs, kept: Kept) -> None:
    """Call a pullback on batches of changes, and add what it gives."""
    parts = Parts()
    pull(parts)
    for slot, part in parts.found:
        part = part.total() if part.__class__ is Gathered else part
        if part is not None:
            accumulate(changes, slot, kept.bare(part))


# ------------------------------------------------------------------------------------------------------------
# np.sum(x), x.sum()
# ------------------------------------------------------------------------------------------------------------


def push_total(values: Values, tangents: Pairs, kept: Kept, i: Slot, a: Slot, b: Any) -> None:
    """The sum over all axes."""
    d = tangents[a]
    tangents[i] = np.sum(d) if kept.n is None else fit_rows(d, values[i])


def pull_total_pair(
    g: Cotangent, gd: Cotangent, values: Values, tangents: Pairs, cotangents: Pairs, changes: Pairs,
    kept: Kept, i: Slot, a: Slot, b: Any,
) -> None:  # fmt: skip
    """Every element gets the same."""
    shortcuts.pull_total(g, values, cotangents, i, a, b)
    if gd is not None and kept.n is None:
        shortcuts.pull_total(gd, values, changes, i, a, b)
    elif gd is not None:
        accumulate(changes, a, repeated(gd, (len(gd), *shape_of(values[a]))))


def repeated(gd: Cotangent, shape: tuple[int, ...]) -> Any:
    """A row of changes along more axes."""
    part = np.reshape(gd, (shape[0], *(1,) * (len(shape) - 1)))
    if gd.__class__ is not np.ndarray or gd.dtype is not DOUBLE or 8 * math.prod(shape) >= LARGE:
        return np.broadcast_to(part, shape)
    found = np.empty(shape)
    found[...] = part
    return found


# ------------------------------------------------------------------------------------------------------------
# Linear and multilinear rules
# ------------------------------------------------------------------------------------------------------------


def push_linear(values: Values, tangents: Pairs, kept: Kept, i: Slot, slots: Any, recorded: Any) -> None:
    """The function applied to the tangents of all its linear arguments together."""
    rule, args, kwargs, active = recorded
    linear = range(len(args)) if rule.positions is None else rule.positions
    places = dict(zip(active, slots, strict=True))
    moved = [values[places[k]] if k in places else a for k, a in enumerate(args)]
    for k in linear:
        if k in places:
            moved[k] = kept.moved(tangents[places[k]])
        elif any([j in places for j in linear]):
            moved[k] = zero_of(args[k])
    if not any([k in places for k in linear]):
        push_constant(values, tangents, kept, i, None, None)
        return
    tangents[i] = kept.settled(rule(*moved, **kwargs), values[i])


def pull_linear_pair(
    g: Cotangent, gd: Cotangent, values: Values, tangents: Pairs, cotangents: Pairs, changes: Pairs,
    kept: Kept, i: Slot, slots: Any, recorded: Any,
) -> None:  # fmt: skip
    """The transpose, of both."""
    pull_rule(g, values, cotangents, i, slots, recorded)
    if gd is None:
        return
    if kept.n is None:
        pull_rule(gd, values, changes, i, slots, recorded)
        return
    if gd.__class__ is list:
        gd = [None if part is None else Batch(kept.rows, part) for part in gd]
    else:
        gd = Batch(kept.rows, gd)
    apart(lambda found: pull_rule(gd, values, found, i, slots, recorded), changes, kept)


def push_read(values: Values, tangents: Pairs, kept: Kept, i: Slot, slots: Any, recorded: Any) -> None:
    """``x[index]``, of an array that may be written to before it is finished."""
    index = recorded[1][1]
    d = tangents[slots[0]][index if kept.n is None else behind(index)]
    tangents[i] = own(d) if kept[slots[0]] is WRITTEN else d


def pull_read_pair(
    g: Cotangent, gd: Cotangent, values: Values, tangents: Pairs, cotangents: Pairs, changes: Pairs,
    kept: Kept, i: Slot, slots: Any, recorded: Any,
) -> None:  # fmt: skip
    """Both go back to their place."""
    pull_getitem_pair(g, gd, values, tangents, cotangents, changes, kept, i, slots[0], recorded[1][1])


def push_product(values: Values, tangents: Pairs, kept: Kept, i: Slot, slots: Any, recorded: Any) -> None:
    """A sum with one factor replaced by its tangent in each term."""
    rule, args, kwargs, active = recorded
    factors = list(args)
    for k, slot in zip(active, slots, strict=True):
        factors[k] = values[slot]
    total = None
    for k, slot in zip(active, slots, strict=True):
        moved = [*factors[:k], kept.moved(tangents[slot]), *factors[k + 1 :]]
        change = rule(*moved, **kwargs)
        total = change if total is None else total + change
    tangents[i] = kept.settled(total, values[i])


def pull_product_pair(
    g: Cotangent, gd: Cotangent, values: Values, tangents: Pairs, cotangents: Pairs, changes: Pairs,
    kept: Kept, i: Slot, slots: Any, recorded: Any,
) -> None:  # fmt: skip
    """The transposes, and those with another factor replaced by its tangent."""
    rule, args, kwargs, active = recorded
    places = list(zip(active, slots, strict=True))
    factors = list(args)
    for k, slot in places:
        factors[k] = values[slot]
    moved_g = None if gd is None else kept.moved(gd)
    for k, slot in places:
        x = factors[k]
        accumulate(cotangents, slot, fit_cotangent(rule.transpose(g, k, *factors, **kwargs), x))
        terms = [] if gd is None else [rule.transpose(moved_g, k, *factors, **kwargs)]
        for j, other in places:
            if j != k:
                moved = [*factors[:j], kept.moved(tangents[other]), *factors[j + 1 :]]
                terms.append(rule.transpose(g, k, *moved, **kwargs))
        for term in terms:
            part = fit_cotangent(term, x)
            accumulate(changes, slot, kept.bare(part))


def product(operands: Any) -> tuple[Any, Any]:
    """The pair of a product that was recorded by a method by hand.

    Args:
        operands: of the places that it recorded, what ``push_product`` reads.
    """

    def push(values: Values, tangents: Pairs, kept: Kept, i: Slot, a: Any, b: Any) -> None:
        push_product(values, tangents, kept, i, *operands(a, b))

    def pull(
        g: Cotangent, gd: Cotangent, values: Values, tangents: Pairs, cotangents: Pairs, changes: Pairs,
        kept: Kept, i: Slot, a: Any, b: Any,
    ) -> None:  # fmt: skip
        pull_product_pair(g, gd, values, tangents, cotangents, changes, kept, i, *operands(a, b))

    return push, pull


matmul = shortcuts.general_matmul
BY_PULLBACK = {
    no_pull: (push_constant, pull_constant),
    pull_same: (push_same, pull_same_pair),
    pull_put: (push_put, pull_put_pair),
    pull_component: (push_component, pull_component_pair),
    shortcuts.pull_getitem: (push_getitem, pull_getitem_pair),
    shortcuts.pull_total: (push_total, pull_total_pair),
    shortcuts.pull_matmul: product(lambda a, b: ((a, b), (matmul, (None, None), {}, (0, 1)))),
    shortcuts.pull_matmul_left: product(lambda a, y: ((a,), (matmul, (None, y), {}, (0,)))),
    shortcuts.pull_matmul_right: product(lambda x, b: ((b,), (matmul, (x, None), {}, (1,)))),
}
BY_KIND = {
    "linear": (push_linear, pull_linear_pair),
    "multilinear": (push_product, pull_product_pair),
}
READ = (push_read, pull_read_pair)
