"""The recorded program of reverse mode, and the sweep back over it.

The program of a ``Tape`` is one flat list, five entries an operation: ``slot, pullback, a, b, value``. The
pullback is a plain function; ``a`` and ``b`` are the slots of the operands, or the constant that stands in an
operand's place. Nothing is allocated per operation but the value itself, so the garbage collector is never
woken, and one list extension is one atomic step, so that several threads may record on one tape: the slots,
drawn from a counter, give the order back.

A sweep reads the program backwards and hands each cotangent to its pullback, which adds to the cotangents of
the operands. A product with a zero is zero even where the other factor is inf or nan ("strong zero"). That
costs nothing until it matters: ``0 * inf`` raises, because sweeps run with NumPy's invalid-operation flag
raised to an exception; and where a nan came in quietly, so that a gradient is nan, the sweep is done again
with every product strong.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .arrays.mutation import own
from .arrays.protect import unlock
from .chainrules.numpy.elementwise import strong_multiply
from .chainrules.numpy.indexing import add_at, is_basic, lifted, read, scatter
from .chainrules.statements import Constant, as_numpy
from .dual import Dual, has_nan, strongly
from .nested import LIFT, Level, Traced, innermost, next_tag
from .tangents.fit import fit_cotangent, is_real_number
from .values.shapes import REALS, is_complex, shape_of


class Tape(Level):
    """A level of reverse mode: the program that is recorded at it."""

    __slots__ = ("__weakref__", "locked", "next_slot", "program")
    new_program: ClassVar[Any] = list  # within hoad.debug(), a kind of list that watches

    def __init__(self) -> None:
        self.tag = next_tag()
        self.alive = True
        self.lift = LIFT.get()
        self.refusal = None
        self.labels = None
        self.program: list[Any] = self.new_program()
        self.next_slot = itertools.count().__next__
        self.locked: Any = None

    def columns(self) -> list[list[Any]]:
        """The program as columns: pullbacks, a, b and values, in the order of the slots."""
        program = self.program
        slots = program[0::5]
        columns = [program[k : len(slots) * 5 : 5] for k in (1, 2, 3, 4)]
        if slots == list(range(len(slots))):
            return columns
        order = sorted(range(len(slots)), key=slots.__getitem__)  # other threads recorded too
        return [[column[k] for k in order] for column in columns]

    def release(self) -> None:
        """Let go of the program and of the arrays that were protected for it."""
        self.program = []
        if self.locked is not None:
            unlock(self.locked)


def sweep(tape: Tape, seeds: dict[int, Any], wanted: list[int], free: bool = False) -> list[Any]:
    """Carry cotangents from outputs back to inputs.

    Args:
        tape: the program.
        seeds: the cotangent of each output, by slot.
        wanted: the slots whose cotangents are asked for, which must be the first ones.
        free: whether the program may be used up.

    Returns:
        The cotangents of ``wanted``; None for a slot on which no output depends.
    """
    columns = tape.columns()
    watched = getattr(tape.program, "swept", None)
    if free:
        tape.program = []
    if watched is not None:
        return [watched(columns, seeds, len(wanted))[slot] for slot in wanted]
    with np.errstate(all="ignore", invalid="raise"):
        found = swept(columns, seeds, len(wanted))
    if any([has_nan(g) for g in found if g is not None]):
        with np.errstate(all="ignore"):
            found = swept([[strong(p) for p in columns[0]], *columns[1:]], seeds, len(wanted))
    return [found[slot] for slot in wanted]


def swept(columns: list[list[Any]], seeds: dict[int, Any], inputs: int) -> list[Any]:
    """The cotangents of the first slots, by one pass over the program."""
    pullbacks, left, right, values = columns
    cotangents: list[Any] = [None] * len(pullbacks)
    for slot, g in seeds.items():
        cotangents[slot] = g
    for i in range(max(seeds, default=-1), inputs - 1, -1):
        g = cotangents[i]
        if g is not None:
            if g.__class__ is Gathered and pullbacks[i] is not pull_put:
                g = g.total()
            pullbacks[i](g, values, cotangents, i, left[i], right[i])
            cotangents[i] = None
    return [g.total() if g.__class__ is Gathered else g for g in cotangents[:inputs]]


def strong(pullback: Any) -> Any:
    """The pullback whose products with zero are zero; most have no products that could be anything else."""
    make = getattr(pullback, "strong", None)
    return pullback if make is None else make()


def no_pull(g: Any, values: list[Any], cotangents: list[Any], i: int, a: Any, b: Any) -> None:
    """An input has nothing behind it."""


def pull_same(g: Any, values: list[Any], cotangents: list[Any], i: int, slot: int, b: Any) -> None:
    """The same value in a new slot."""
    accumulate(cotangents, slot, g)


def pull_put(
    g: Any, values: list[Any], cotangents: list[Any], i: int, slot: int, place: tuple[Any, int | None]
) -> None:
    """The cotangent of a write: what was written gets its elements, what was overwritten gets none."""
    index, source = place
    differs = not is_basic(index) and innermost(as_tuple(index)) is not None
    if g.__class__ is not Gathered or differs or not g.is_plain():
        g = g.total() if g.__class__ is Gathered else own(g)
        g = g if isinstance(g, Traced) else np.asarray(g)
        g = lifted(g, index) if differs else g
    buffer = g.buffer if g.__class__ is Gathered else g
    if source is not None:
        part = buffer[index]
        if not is_basic(index):
            part = part * last_writes(index, shape_of(buffer))
        accumulate(cotangents, source, own(fit_cotangent(part, values[source])))
    buffer[index] = 0
    if cotangents[slot] is not None:
        accumulate(cotangents, slot, buffer)
    else:
        cotangents[slot] = g if isinstance(g, (Gathered, Traced)) else Gathered(buffer.shape, None, buffer)


def last_writes(index: Any, shape: tuple[int, ...]) -> Any:
    """1 where a write at ``index`` stands, 0 where a later one went to the same position."""
    return last_of_each(read(np.arange(int(np.prod(shape))).reshape(shape), index))


def _last_of_each(positions: Any) -> Any:
    order = positions.ravel()
    stands = np.zeros(order.size)
    stands[order.size - 1 - np.unique(order[::-1], return_index=True)[1]] = 1.0
    return stands.reshape(positions.shape)


last_of_each = Constant(_last_of_each)


# ------------------------------------------------------------------------------------------------------------
# Sums of cotangents
# ------------------------------------------------------------------------------------------------------------


def accumulate(cotangents: list[Any], slot: int, part: Any) -> None:
    """Add to the cotangent of a slot."""
    held = cotangents[slot]
    if part.__class__ is Piece and held.__class__ is not Gathered:
        cotangents[slot] = held = Gathered(part.shape, held)
    if held is None:
        cotangents[slot] = part
    elif held.__class__ is Gathered:
        held.add(part)
    else:
        cotangents[slot] = plus(held, part)


def plus(a: Any, b: Any) -> Any:
    """``a + b``; inf - inf is nan, not an exception."""
    try:
        return a + b
    except FloatingPointError:
        with np.errstate(invalid="ignore"):
            return a + b


class Piece:
    """The cotangent of a reading ``x[index]``: not yet an array of the shape of x."""

    __slots__ = ("g", "index", "shape")

    def __init__(self, g: Any, index: Any, shape: tuple[int, ...]) -> None:
        self.g, self.index, self.shape = g, index, shape


class Gathered:
    """A cotangent collected from many readings, in one buffer: reading n elements one by one costs n, not
    n**2.
    """

    __slots__ = ("buffer", "pieces", "rest", "shape")

    def __init__(self, shape: tuple[int, ...], rest: Any, buffer: Any = None) -> None:
        self.shape = shape
        self.rest = rest
        self.buffer = buffer
        self.pieces: list[Piece] = []

    def is_plain(self) -> bool:
        """Tell whether the buffer, which nobody else holds, is all there is."""
        return self.rest is None and not self.pieces and self.buffer is not None

    def add(self, part: Any) -> None:
        """Add a piece, or a whole cotangent."""
        if part.__class__ is not Piece:
            self.rest = part if self.rest is None else plus(self.rest, part)
        elif isinstance(part.g, Traced):
            self.pieces.append(part)
        else:
            self._collect(part.g, part.index)

    def _collect(self, g: Any, index: Any) -> None:
        kind = np.dtype(float) if g.__class__ is float else np.result_type(g)
        if self.buffer is None:
            self.buffer = np.zeros(self.shape, kind if kind.kind in "fc" else float)
        elif self.buffer.dtype is not kind and self.buffer.dtype != kind:
            self.buffer = self.buffer.astype(np.result_type(self.buffer, kind))
        if is_basic(index):
            self.buffer[index] = plus(self.buffer[index], g)
        elif innermost(as_tuple(index)) is not None:  # it differs between the members of a batch
            self.pieces.append(Piece(g, index, self.shape))
        else:
            with np.errstate(invalid="ignore"):
                add_at(self.buffer, index, g)

    def __add__(self, part: Any) -> Gathered:
        self.add(part)
        return self

    def total(self) -> Any:
        """The sum as one array; pieces that are traced numbers are put in place together."""
        parts = [p for p in (self.rest, self.buffer) if p is not None]
        single: list[Piece] = []
        other: list[Piece] = []
        for piece in self.pieces:
            (single if self._is_number(piece) else other).append(piece)
        if single:
            where = tuple(
                [np.array(column) for column in zip(*(as_tuple(p.index) for p in single), strict=True)]
            )
            parts.append(scatter(np.stack([p.g for p in single]), where, self.shape))
        parts += [scatter(p.g, p.index, p.shape) for p in other]
        total = parts[0]
        for part in parts[1:]:
            total = plus(total, part)
        return total

    def _is_number(self, piece: Piece) -> bool:
        index = as_tuple(piece.index)
        return len(index) == len(self.shape) > 0 and all(is_position(k) for k in index)


def is_position(k: Any) -> bool:
    """Tell whether a part of an index is the position of one element; a bool is a mask."""
    return isinstance(k, (int, np.integer)) and not isinstance(k, bool)


def as_tuple(index: Any) -> tuple[Any, ...]:
    """An index as a tuple."""
    return index if isinstance(index, tuple) else (index,)


# ------------------------------------------------------------------------------------------------------------
# Cotangents fitted to their values
# ------------------------------------------------------------------------------------------------------------


def pull(g: Any, p: Any, x: Any) -> Any:
    """The cotangent of ``x`` from the cotangent ``g`` of the output and the partial ``p``: conj(p) * g,
    summed to shape.
    """
    kind = p.__class__
    if kind is np.ndarray:
        p = p.conjugate()
    elif kind in REALS:
        if g.__class__ in REALS and x.__class__ in REALS:
            return scalar_product(g, p)
    elif (
        kind is Dual
        and x.__class__ is Dual
        and p.primal.__class__ in REALS
        and x.primal.__class__ in REALS
        and is_real_number(g)
    ):
        return scalar_product(g, p)
    elif is_complex(p):
        p = p.conjugate()  # one of Python's numbers stays one, which has no precision of its own
    try:
        t = g * p
    except FloatingPointError:
        with np.errstate(invalid="ignore"):
            t = strong_multiply(g, p)
    if t.__class__ is x.__class__ is np.ndarray and t.shape == x.shape and t.dtype is x.dtype:
        return t
    return fit_cotangent(t, x)


def strong_pull(g: Any, p: Any, x: Any) -> Any:
    """As ``pull``, where zero stays zero even if the other factor is nan."""
    return fit_cotangent(strong_multiply(g, p.conjugate() if is_complex(p) else p), x)


def pull_change(term: Callable[..., Any], g: Any, x: Any, *args: Any) -> Any:
    """The cotangent of ``x``, of a rule that says what a change ``d`` makes: ``term(d, *args)``."""
    out = args[-1]
    try:
        if not is_real_number(out):
            return fit_cotangent(transposed_change(term, g, args) if is_complex(out) else term(g, *args), x)
        t = term(g, *args)
    except ArithmeticError:
        return strong_pull_change(term, g, x, *args)
    return strong_pull_change(term, g, x, *args) if is_nan(t) else fit_cotangent(t, x)


def strong_pull_change(term: Callable[..., Any], g: Any, x: Any, *args: Any) -> Any:
    """As ``pull_change``, where zero stays zero whatever the partial is."""
    with np.errstate(all="ignore"):
        t = transposed_change(functools.partial(as_numpy, term), g, args)
        return fit_cotangent(strongly(t, term, g, *args) if has_nan(t) else t, x)


def transposed_change(term: Callable[..., Any], g: Any, args: tuple[Any, ...]) -> Any:
    """The conjugate partial times ``g``."""
    if is_complex(args[-1]) or is_complex(g):
        return np.conjugate(term(np.conjugate(g), *args))
    return term(g, *args)


def is_nan(x: Any) -> bool:
    """Tell whether a number, or the number that duals are about, is nan."""
    while x.__class__ is Dual:
        x = x.primal
    return x.__class__ in REALS and bool(x != x)


def scalar_product(g: Any, p: Any) -> Any:
    """``g * p`` of real numbers, with a strong zero; Python's floats give nan where NumPy's raise."""
    try:
        t = g * p
        return strong_multiply(g, p) if is_nan(t) else t
    except FloatingPointError:
        with np.errstate(invalid="ignore"):
            return strong_multiply(g, p)
