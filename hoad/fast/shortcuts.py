"""One-frame methods by hand: indexing, full sums and matrix products of recorded plain arrays.

Most array programs are made of these three beside elementwise arithmetic, and the general path costs them
several times the operation itself. Each method takes the common case (plain arrays, plain indices) and leaves
all others to the general path, which
is the specification: a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..arrays.buffers import LARGE
from ..arrays.fillable import Fillable
from ..arrays.gathered import Gathered, Piece, accumulate
from ..arrays.mutation import link_view
from ..arrays.protect import keep
from ..chainrules import RULES
from ..chainrules.numpy.elementwise import real_absolute
from ..chainrules.numpy.indexing import getitem as getitem_rule
from ..chainrules.numpy.indexing import is_place
from ..chainrules.numpy.reductions import spread, sum_
from ..dual import Dual
from ..nested import ROOTS, Cotangent, Cotangents, Slot, Traced, Value, Values
from ..tangents.fit import fit_cotangent
from ..tape import pull_put
from ..tracer import HANDLES, Draft, Lean, Tracer, handle_on, pull_rule
from ..values.shapes import DOUBLE, REALS, ndim_of
from .by_hand import by_hand

general_matmul: Any = RULES[np.matmul]
INDICES = frozenset({int, slice, np.int64})
WHOLE = frozenset({int})
PARTS = INDICES | {type(None), type(...)}  # of a tuple of indices

# ------------------------------------------------------------------------------------------------------------
# x[i]
# ------------------------------------------------------------------------------------------------------------


def is_plain(index: Any) -> bool:
    """Tell whether an index is made of integers and slices, of Python's."""
    return index.__class__ in PARTS or (index.__class__ is tuple and PARTS.issuperset(map(type, index)))


def getitem(x: Value, index: Any) -> Any:
    """``x[index]`` of a recorded array."""
    value = x.primal
    if value.__class__ is not np.ndarray:
        return ArrayLike.__getitem__(x, index)
    if index.__class__ not in PARTS and (
        index.__class__ is not tuple or not PARTS.issuperset(map(type, index))
    ):
        return picked(x, index)
    out = value[index]
    tape = x.level
    slot = tape.next_slot()
    program = tape.program
    program += (slot, pull_getitem, x.slot, index, out)
    element = Tracer()
    element.level = tape
    element.slot = slot
    element.primal = out
    if out.__class__ is np.ndarray:  # a view: see mutation.py
        link_view(element, x, getitem_rule, (index,), {})
    return element


def is_picking(index: Any) -> bool:
    """Tell whether an index is an array of positions or a mask, by itself or beside what is plain."""
    if index.__class__ is np.ndarray:
        return index.dtype.kind in "biu"
    return index.__class__ is tuple and all([k.__class__ in PARTS or is_picking(k) for k in index])


def picked(x: Value, index: Any) -> Any:
    """``x[index]`` of a recorded array, by arrays of positions, lists of them, or a mask."""
    if index.__class__ is list and index and WHOLE.issuperset(map(type, index)):
        index = np.array(index)
    if not is_picking(index):
        return ArrayLike.__getitem__(x, index)
    out = x.primal[index]
    tape = x.level
    slot = tape.next_slot()
    tape.program += (slot, pull_rule, [x.slot], (getitem_rule, [None, keep(index, tape)], {}, [0]), out)
    return handle_on(tape, slot, out)


def iterated(x: Value) -> Iterator[Any]:
    """``for element in x`` and ``a, b = x``, of a recorded array."""
    value = x.primal
    if value.__class__ is not np.ndarray or not value.shape:
        return ArrayLike.__iter__(x)
    return readings(x, len(value))


def readings(x: Value, n: int) -> Iterator[Any]:
    """The elements, each as it is when it is asked for."""
    for k in range(n):
        yield getitem(x, k) if x.__class__ in HANDLES else x[k]


def getitem_of_draft(x: Value, index: Any) -> Any:
    """The same of an array that is being written to; it stays so if the value is one number."""
    value = x.primal
    if value.__class__ is not np.ndarray:
        return general_getitem_of_draft(x, index)
    axes = value.ndim
    if not (axes == 1 and index.__class__ is int) and not is_place(index, axes):
        return general_getitem_of_draft(x, index)
    out = value[index]
    tape = x.level
    slot = tape.next_slot()
    program = tape.program
    program += (slot, pull_getitem, x.slot, index, out)
    element = Tracer()
    element.level = tape
    element.slot = slot
    element.primal = out
    return element


def setitem_of_draft(x: Value, index: Any, value: Value) -> None:
    """``x[index] = value`` of an array that is being written to, and one number."""
    buffer, tape = x.primal, x.level
    source, number = None, value
    if value.__class__ is Tracer and value.level is tape:
        source, number = value.slot, value.primal
    is_root = ROOTS and id(value) in ROOTS
    if number.__class__ not in REALS or not is_own(x, buffer) or not is_place(index, buffer.ndim) or is_root:
        ArrayLike.__setitem__(x, index, value)
        return
    buffer[index] = number
    slot = tape.next_slot()
    program = tape.program
    program += (slot, pull_put, x.slot, (index, source), x.tangent)
    x.slot = slot


def is_own(x: Value, buffer: Value) -> bool:
    """Tell whether the contents of an array are doubles, at which nothing else looks."""
    return (
        buffer.__class__ is np.ndarray
        and buffer.dtype is DOUBLE
        and buffer.flags.writeable
        and not (x.level.linked and (hasattr(x, "source") or hasattr(x, "views")))
    )


def pull_getitem(
    g: Cotangent, values: Values, cotangents: Cotangents, i: int, slot: Slot, index: Any
) -> None:
    """The cotangent goes back to its place."""
    held = cotangents[slot]
    if held.__class__ is not Gathered:
        held = cotangents[slot] = Gathered(values[slot].shape, held)
    if g.__class__ in REALS and values[slot].dtype is DOUBLE:
        if held.buffer is None:
            held.buffer = np.zeros(held.shape)
        held.buffer[index] += g
    else:
        held.add(Piece(g, index, held.shape))


# ------------------------------------------------------------------------------------------------------------
# np.sum(x), x.sum()
# ------------------------------------------------------------------------------------------------------------


def totals(general: Callable[..., Any]) -> Callable[..., Any]:
    """The sum of a recorded array over all axes; others, and what may be of pandas, go to ``general``."""

    def total(x: Value, *args: Any, **kwargs: Any) -> Any:
        tape = x.level
        if len(args) > 1 or x.__class__ not in HANDLES or tape.notes is not None:
            return general(x, *args, **kwargs)
        value = x.primal
        if value.__class__ is not np.ndarray:
            return general(x, *args, **kwargs)
        if args or kwargs:
            axis = axis_of(value, args, kwargs)
            if axis is None:
                return general(x, *args, **kwargs)
            if value.ndim > 1:
                return sum_(x, (axis,), False)
        out = np.add.reduce(x.primal, axis=None)
        slot = tape.next_slot()
        tape.program += (slot, pull_total, x.slot, None, out)
        return handle_on(tape, slot, out)

    total.__name__ = "sum"  # as the method, by which pint knows what unit comes out
    return total


def axis_of(value: np.ndarray, args: tuple[Any, ...], options: dict[str, Any]) -> int | None:
    """The axis that a sum is over, where one is named, and nothing else."""
    if args:
        axis = args[0] if not options else None
    else:
        axis = options.get("axis") if len(options) == 1 else None
    n = value.ndim
    return axis % n if axis.__class__ is int and -n <= axis < n else None


def means(general: Callable[..., Any]) -> Callable[..., Any]:
    """The mean of a recorded array of doubles over all axes: its sum, divided."""

    def mean(x: Value, *args: Any, **kwargs: Any) -> Any:
        value = x.primal
        if args or kwargs or x.__class__ not in HANDLES or value.__class__ is not np.ndarray:
            return general(x, *args, **kwargs)
        if value.dtype is not DOUBLE or not value.size or x.level.notes is not None:
            return general(x, *args, **kwargs)
        recorded: Any = x
        return recorded.sum() / value.size

    return mean


def pull_total(g: Cotangent, values: Values, cotangents: Cotangents, i: int, slot: Slot, b: Any) -> None:
    """Every element gets the same cotangent."""
    x = values[slot]
    if g.__class__ in REALS and x.dtype.kind == "f":
        if x.nbytes >= LARGE:
            part = np.broadcast_to(np.array(g, x.dtype), x.shape)
        else:
            part = np.empty(x.shape, x.dtype)
            part.fill(g)
    else:
        part = fit_cotangent(spread(g, x.shape, tuple(range(x.ndim))), x)
    accumulate(cotangents, slot, part)


# ------------------------------------------------------------------------------------------------------------
# a @ b
# ------------------------------------------------------------------------------------------------------------


def is_small(a: Value) -> bool:
    """Tell whether an operand is a plain real vector or matrix."""
    return a.__class__ is np.ndarray and 1 <= a.ndim <= 2 and (a.dtype is DOUBLE or a.dtype.kind == "f")


def matmul(a: Value, b: Value) -> Any:
    """``a @ b`` of vectors and matrices of which one at least is recorded."""
    left, right = a.__class__ is Tracer, b.__class__ is Tracer
    if left is not right:  # the other may wait to be filled
        if a.__class__ is Fillable:
            a = a.frozen()
        if b.__class__ is Fillable:
            b = b.frozen()
    if left and right and a.level is not b.level:
        return general_matmul(a, b)
    x, y = a.primal if left else a, b.primal if right else b
    if not (left or right) or not is_small(x) or not is_small(y):
        return general_matmul(a, b)
    out = x @ y
    tape = (a if left else b).level
    slot = tape.next_slot()
    if left and right:
        tape.program += (slot, pull_matmul, a.slot, b.slot, out)
    elif left:
        tape.program += (slot, pull_matmul_left, a.slot, keep(y, tape), out)
    else:
        tape.program += (slot, pull_matmul_right, keep(x, tape), b.slot, out)
    return handle_on(tape, slot, out)


def direct_matmul(a: Value, b: Value) -> Any:
    """``a @ b`` where Python asks ``a``."""
    if b.__class__ is Fillable:
        b = b.frozen()
    return matmul(a, b) if b.__class__ in (np.ndarray, Tracer) else super(Tracer, a).__matmul__(b)


def reflected_matmul(b: Value, a: Value) -> Any:
    """``a @ b`` where Python asks ``b``."""
    return matmul(a, b) if a.__class__ is np.ndarray else super(Tracer, b).__rmatmul__(a)


def matmul_left(g: Cotangent, x: Value, y: Value) -> Any:
    """The cotangent of the left factor."""
    return (g * y if x.ndim == 1 else g[..., None] * y) if y.ndim == 1 else g @ y.T


def matmul_right(g: Cotangent, x: Value, y: Value) -> Any:
    """The cotangent of the right factor."""
    return (g * x if y.ndim == 1 else x[..., None] * g) if x.ndim == 1 else x.T @ g


def pull_matmul(g: Cotangent, values: Values, cotangents: Cotangents, i: int, a: Slot, b: Slot) -> None:
    """Both factors are recorded."""
    x, y = values[a], values[b]
    with_x, with_y = fitted(matmul_left, g, x, y, x), fitted(matmul_right, g, x, y, y)
    accumulate(cotangents, a, with_x)
    accumulate(cotangents, b, with_y)


def pull_matmul_left(g: Cotangent, values: Values, cotangents: Cotangents, i: int, a: Slot, y: Value) -> None:
    """The left factor is recorded."""
    accumulate(cotangents, a, fitted(matmul_left, g, values[a], y, values[a]))


def pull_matmul_right(
    g: Cotangent, values: Values, cotangents: Cotangents, i: int, x: Value, b: Slot
) -> None:
    """The right factor is recorded."""
    accumulate(cotangents, b, fitted(matmul_right, g, x, values[b], values[b]))


def fitted(form: Any, g: Cotangent, x: Value, y: Value, own: Any) -> Any:
    """A cotangent of a matrix product; inf times zero is nan here, as in the product itself."""
    if g.__class__ is not np.ndarray and isinstance(g, Traced):
        position = 0 if form is matmul_left else 1
        form = lambda g, x, y: general_matmul.transpose(g, position, x, y)
    part = form(g, x, y)
    fits = part.__class__ is np.ndarray and part.dtype is own.dtype and part.shape == own.shape
    return part if fits else fit_cotangent(part, own)


# ------------------------------------------------------------------------------------------------------------
# abs(x)
# ------------------------------------------------------------------------------------------------------------


def magnitude(x: Value) -> Any:
    """``np.absolute`` of a real number or array."""
    value = x.primal
    if value.__class__ in REALS or (value.__class__ is np.ndarray and value.dtype is DOUBLE):
        return x.fused[real_absolute.function](x)
    return general_absolute(x)


# ------------------------------------------------------------------------------------------------------------
# Installation
# ------------------------------------------------------------------------------------------------------------


def dot(a: Value, b: Value, *args: Any, **kwargs: Any) -> Any:
    """``np.dot`` and ``x.dot``, which are the matrix product for vectors and matrices."""
    if not args and not kwargs and ndim_of(a) > 0 and 0 < ndim_of(b) <= 2:
        return matmul(a, b)
    return RULES[np.dot](a, b, *args, **kwargs)


setattr(pull_matmul, "operands", lambda a, b: (general_matmul, (None, None), {}, {0: a, 1: b}))
setattr(Tracer, "__getitem__", getitem)
setattr(Lean, "__getitem__", getitem)
setattr(Tracer, "__iter__", iterated)
setattr(Lean, "__iter__", iterated)
general_getitem_of_draft = vars(Draft)["__getitem__"]
setattr(Draft, "__getitem__", getitem_of_draft)
setattr(Draft, "__setitem__", setitem_of_draft)
general_sum: Any = RULES[np.sum]
general_mean: Any = RULES[np.mean]
general_absolute: Any = RULES[np.absolute]
of_mean = (np.mean, np.sum, np.divide)
for kind in (Tracer, Lean):
    by_hand(kind, "sum", totals(vars(ArrayLike)["sum"]), np.sum)
    by_hand(kind.functions, np.sum, totals(general_sum), np.sum)
    by_hand(kind, "mean", means(vars(ArrayLike)["mean"]), *of_mean)
    by_hand(kind.functions, np.mean, means(general_mean), *of_mean)
for each in (Tracer, Lean, Dual):
    by_hand(each, "__abs__", magnitude, np.absolute)
    by_hand(each.fused, np.absolute, magnitude, np.absolute)
by_hand(Tracer, "__matmul__", direct_matmul, np.matmul)
by_hand(Tracer, "__rmatmul__", reflected_matmul, np.matmul)
by_hand(Tracer.fused, np.matmul, matmul, np.matmul)
by_hand(Tracer, "dot", dot, np.dot, np.matmul)
by_hand(Tracer.functions, np.dot, dot, np.dot, np.matmul)
