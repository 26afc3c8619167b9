"""The recorded program of reverse mode, and the sweep back over it.

The program of a ``Tape`` is one flat list, five entries an operation: ``slot, pullback, a, b, value``. The
pullback is a plain function; ``a`` and ``b`` are the slots of the operands, or the constant that stands in an
operand's place. Nothing is allocated per operation but the value itself, so the garbage collector is never
woken, and one list extension is one atomic step, so that several threads may record on one tape: the slots,
drawn from a counter, give the order back.

A sweep reads the program backwards and hands each cotangent to its pullback, which adds to the cotangents of
the operands. ``0 * inf`` is nan there. Where a nan arrives at an input, the sweep is done again with care,
with a *mark* beside each cotangent, which is zero where the program says that nothing comes back: there, zero
stays zero whatever it meets.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Container
from typing import Any, ClassVar

import numpy as np

from .arrays.buffers import ALONE, LARGE, holders, is_own, leave
from .arrays.gathered import Gathered, accumulate, as_tuple
from .arrays.mutation import own
from .arrays.protect import unlock
from .chainrules.numpy.elementwise import carried, of_parts
from .chainrules.numpy.indexing import is_basic, is_place, last_writes, lifted
from .chainrules.statements import Adapted
from .chainrules.text import in_numpy, safe_partial, term_of
from .dual import has_nan, is_finite, is_steady
from .nested import LIFT, Level, Traced, everything, glance, innermost, next_tag, primal
from .tangents.fit import FEW, fit_cotangent
from .values.constants import HERE, arange, as_array, is_elsewhere
from .values.fields import field_of
from .values.moving import is_moving
from .values.quiet import heard, hushed
from .values.reading import is_read
from .values.shapes import DOUBLE, DOUBLES, REALS, is_complex, shape_of

SHORT = 128  # operations, up to which the numbers of the slots need not be written down anew
IN_ORDER = [list(range(count)) for count in range(SHORT)]


class Tape(Level):
    """A level of reverse mode: the program that is recorded at it.

    Args:
        order: how many derivatives will be taken of the program: 2 for a sweep of second order.

    After a sweep, ``open`` tells whether nan was left where a value of the program is not unique, so that
    only tangents, which know their direction, can tell (``running/directions.py``).
    """

    __slots__ = ("__weakref__", "locked", "next_slot", "open", "order", "program")
    new_program: ClassVar[Any] = list  # within hoad.debug(), a kind of list that watches
    quick: ClassVar[Callable[..., list[Any] | None]] = lambda *_: None  # a sweep that is written out
    fused: ClassVar[Callable[[list[Any]], list[Any]]]  # pullbacks in one launch each (``fast/fused.py``)
    elsewhere: ClassVar[Callable[..., list[Any]]]  # a sweep of what is not looked at (``strong.py``)

    def __init__(self, order: int = 1) -> None:
        self.tag = next_tag()
        self.alive = True
        self.lift = LIFT.get()
        self.notes = None
        self.linked = False
        self.order = order
        self.program: list[Any] = self.new_program()
        self.next_slot = itertools.count().__next__
        self.locked: Any = None
        self.open = False

    def columns(self) -> list[list[Any]]:
        """The program as columns: pullbacks, a, b and values, in the order of the slots."""
        program = self.program
        slots = program[0::5]
        count = len(slots)
        end = count * 5
        columns = [program[1:end:5], program[2:end:5], program[3:end:5], program[4:end:5]]
        if slots == (IN_ORDER[count] if count < SHORT else list(range(count))):
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
        wanted: the slots whose cotangents are asked for: the first ones, in their order.
        free: whether the program may be used up.

    Returns:
        The cotangents of ``wanted``; None for a slot on which no output depends.
    """
    columns = tape.columns()
    watched = None if tape.program.__class__ is list else getattr(tape.program, "swept", None)
    if free:
        tape.program = []
    if watched is not None:
        found: list[Any] = watched(columns, seeds, len(wanted))
        return found
    warnings = hushed()
    try:
        found = Tape.quick(columns, seeds, len(wanted)) or once(columns, seeds, len(wanted))
        for k, g in enumerate(found):
            if g is None or (g.__class__ in HERE and is_finite(g)):
                continue
            if not are_finite(found[k:]):
                found = swept_again(found, columns, seeds)
                tape.open = any([g is not None and has_nan(g) for g in found]) and are_open(columns)
            break
    finally:
        heard(warnings)
    if free:
        leave(columns[3])
    return found


def are_finite(cotangents: list[Any]) -> bool:
    """Tell whether nan and infinity stand nowhere in cotangents. Of those on a device there is one flag for
    all, which is read where that is wanted (``careful``).
    """
    there = [g for g in cotangents if g is not None and is_elsewhere(g)]
    if not all([g is None or is_elsewhere(g) or is_finite(g) for g in cotangents]):
        return False
    flags = [np.isfinite(g).all() for g in there if is_read(g)]
    return not flags or bool(functools.reduce(np.logical_and, flags))


def swept_again(found: list[Any], columns: list[list[Any]], seeds: dict[int, Any]) -> list[Any]:
    """The cotangents where some came out nan or infinite: with care; and, as they are linear in the seeds, by
    seeds that are smaller by a power of two, whose cotangents overflow nowhere on the way.
    """
    way, inputs = swept, len(found)
    if any([g is not None and has_nan(g) for g in found]):
        way = swept_with_care
        found = way(columns, seeds, inputs)
    lost = [
        k for k, g in enumerate(found) if g is not None and not is_finite(g) and field_of(glance(g)) is None
    ]
    if lost:
        smaller = small_for([*seeds.values(), *[found[k] for k in lost]])
        less = way(columns, {slot: times(smaller, g) for slot, g in seeds.items()}, inputs)
        for k in lost:
            as_it_is = np.isfinite(found[k]) | np.equal(less[k], 0)  # too small, then
            as_it_is = as_it_is | np.isnan(less[k]) & ~np.isnan(found[k])  # zero, then, times infinity
            found[k] = np.where(as_it_is, found[k], divided(less[k], smaller))[()]
    return found


def are_open(columns: list[list[Any]]) -> bool:
    """Tell whether a value of a program is not unique, as eigenvectors of equal eigenvalues are."""
    for pullback, a, b, value in zip(*columns, strict=True):
        rule = getattr(pullback, "operands", no_operands)(a, b)[0]
        if isinstance(rule, Adapted) and rule.is_open(value):
            return True
    return False


def divided(g: Any, c: float) -> Any:
    """A cotangent by a number: each part of a complex one, as NumPy's division by ``c + 0j`` makes nan of
    infinity.
    """
    return of_parts(np.real(g) / c, np.imag(g) / c) if is_complex(g) else g / c


def small_for(cotangents: list[Any]) -> float:
    """A power of two, halfway from 1 to the smallest number of the least precision among some cotangents."""
    parts = [p for g in cotangents for p in (g if isinstance(g, list) else [g]) if p is not None]
    kinds = {np.result_type(glance(p)) for p in parts}
    lowest = [int(np.finfo(kind).minexp) for kind in kinds if kind.kind in "fc"]
    return math.ldexp(1.0, max([-1022, *lowest]) // 2)


def times(c: float, g: Any) -> Any:
    """A cotangent, or those of a tuple, times a number."""
    return [None if part is None else c * part for part in g] if isinstance(g, list) else c * g


def once(columns: list[list[Any]], seeds: dict[int, Any], inputs: int) -> list[Any]:
    """The cotangents of the first slots, by one pass over the program: with marks where it is of values that
    nobody looks at, and needs them.
    """
    here = all([g.__class__ in HERE for g in seeds.values()])
    return swept(columns, seeds, inputs) if here else Tape.elsewhere(columns, seeds, inputs)


def swept(columns: list[list[Any]], seeds: dict[int, Any], inputs: int) -> list[Any]:
    """The cotangents of the first slots, by one pass over the program; each is let go when it is spent."""
    pullbacks, left, right, values = columns
    cotangents: list[Any] = [None] * len(pullbacks)
    for slot, g in seeds.items():
        cotangents[slot] = g
    for i in range(max(seeds, default=-1), inputs - 1, -1):
        g = cotangents[i]
        if g is not None:
            if g.__class__ is not float:
                if g.__class__ is Gathered and pullbacks[i] is not pull_put:
                    g = g.total()
                elif g.__class__ is np.ndarray and g.nbytes >= LARGE:
                    g = None
                    pull_large(pullbacks[i], values, cotangents, i, left[i], right[i])
                    continue
            pullbacks[i](g, values, cotangents, i, left[i], right[i])
            cotangents[i] = None
    return [g.total() if g.__class__ is Gathered else g for g in cotangents[:inputs]]


def pull_large(pullback: Any, values: list[Any], cotangents: list[Any], i: int, a: Any, b: Any) -> None:
    """One pullback of a large cotangent, which it may write over where the sweep alone holds that."""
    mine = holders(cotangents, i) == ALONE and is_own(cotangents[i])
    g, cotangents[i] = cotangents[i], None
    large = getattr(pullback, "large", None)
    if large is None:
        pullback(g, values, cotangents, i, a, b)
    else:
        large(g, values, cotangents, i, a, b, mine)


def swept_with_care(columns: list[list[Any]], seeds: dict[int, Any], inputs: int) -> list[Any]:
    """The same with marks, which tell the zeros of the program from those that a value happens to be."""
    pullbacks, left, right, values = columns
    cotangents: list[Any] = [None] * len(pullbacks)
    marks: list[Any] = [None] * len(pullbacks)
    for slot, g in seeds.items():
        cotangents[slot], marks[slot] = g, mark_of(g)
    for i in range(max(seeds, default=-1), inputs - 1, -1):
        if cotangents[i] is not None:
            pull_with_care(pullbacks[i], values, cotangents, marks, i, left[i], right[i])
            cotangents[i] = marks[i] = None
    return [g.total() if g.__class__ is Gathered else g for g in cotangents[:inputs]]


def pull_with_care(
    pullback: Any, values: list[Any], cotangents: Any, marks: Any, i: int, a: Any, b: Any
) -> None:
    """One pullback, of a cotangent and of its mark."""
    whole = pullback is not pull_put
    g, mark = [
        held[i].total() if whole and held[i].__class__ is Gathered else held[i]
        for held in (cotangents, marks)
    ]
    rule, constants, kwargs, slots = getattr(pullback, "operands", no_operands)(a, b)
    pulled = CAREFUL.get(getattr(rule, "kind", None))
    if pulled is not None:
        args = tuple([values[slots[k]] if k in slots else c for k, c in enumerate(constants)])
        for k, slot in slots.items():
            part, its_mark = pulled(rule, k, g, mark, args, values[i], kwargs, slots)
            accumulate(cotangents, slot, fit_cotangent(part, args[k]))
            accumulate(marks, slot, fit_cotangent(its_mark, args[k]))
        return
    pullback(g, values, cotangents, i, a, b)
    if rule is None or rule.kind == "linear":
        pullback(mark, values, marks, i, a, b)
        return
    here, around = ({slot: None for slot in slots.values()} for _ in range(2))
    pullback(mark, values, here, i, a, b)
    pullback(mark, Generic(values), around, i, a, b)
    for slot, found in around.items():
        if found is not None:
            other, found = primal(here[slot]), primal(found)
            more = np.equal(found, 0) & np.not_equal(other, 0)
            accumulate(marks, slot, np.where(more, generic(other), found)[()])


def reaches_input(tape: Tape, slot: int, value: Any, least: float) -> bool:
    """Tell whether a number of the program depends on an input: by its marks, or, for a positive ``least``,
    by a derivative that is larger.
    """
    pullbacks, left, right, values = tape.columns()
    cotangents: list[Any] = [None] * len(pullbacks)
    marks: list[Any] = [None] * len(pullbacks)
    cotangents[slot], marks[slot] = np.ones_like(value), generic(value)
    warnings = hushed()
    try:
        for i in range(slot, -1, -1):
            if cotangents[i] is None:
                continue
            if pullbacks[i] is not no_pull:
                pull_with_care(pullbacks[i], values, cotangents, marks, i, left[i], right[i])
            elif right[i] is not STILL:
                found = (cotangents if least else marks)[i]
                found = found.total() if found.__class__ is Gathered else found
                if np.any(
                    [is_moving(part, least) for part in (found if isinstance(found, list) else [found])]
                ):
                    return True
    finally:
        heard(warnings)
    return False


STILL = "a constant, which the program may write into"  # beside ``no_pull``


def no_operands(a: Any, b: Any) -> tuple[None, tuple[()], dict[str, Any], dict[int, int]]:
    """What is known of a pullback that is linear as it stands."""
    return None, (), {}, {}


def scalar_with_care(
    rule: Any, k: int, g: Any, mark: Any, args: Any, out: Any, kwargs: Any, active: Container[int]
) -> tuple[Any, Any]:
    """The cotangent of argument ``k`` of a scalar rule and its mark. Zero stays zero where the mark is, and
    where the partial is; that is a zero of the program where it is one all around, or its argument has grown
    to infinity.
    """
    p = safe_partial(rule, k, args, out)
    back = p.conjugate() if is_complex(p) else p
    t = pull(g, p, out) if rule.applied is None else pull_change(term_of(rule, k), g, out, *args, out)
    none, vanishes = is_zero(mark), is_zero(p)
    if is_anywhere(vanishes) and has_underflown(rule, k, args, out):
        vanishes = np.zeros_like(vanishes)
    grown = ended = False
    if is_anywhere(vanishes):
        grown = vanishes & np.equal(args[k], np.inf)
        ended = vanishes if is_steady(rule, k, args, out, active) else grown
    if has_nan(t):
        t = np.where(none | grown, 0, np.where(vanishes, carried(back, g), t))[()]
    if none is False and ended is False:
        return t, mark * generic(out)
    return t, mark * np.where(none | ended, 0, generic(out))[()]


def is_zero(x: Any) -> Any:
    """Where something is zero; of one of Python's numbers, or NumPy's, whether it is."""
    return bool(x == 0) if x.__class__ in DOUBLES else np.equal(x, 0)


def is_anywhere(found: Any) -> bool:
    """Tell whether something holds anywhere."""
    return found if found.__class__ is bool else bool(np.any(everything(found)))


def has_underflown(rule: Any, k: int, args: Any, out: Any) -> bool:
    """Tell whether an element of a partial has become too small for a float, as that of a quotient does where
    what it is divided by is large: it looks like zero, and is none.
    """
    lost: list[str] = []
    safe_partial(rule, k, tuple(map(primal, args)), primal(out), lambda what, flag: lost.append(what))
    return bool(lost)


def product_with_care(
    rule: Any, k: int, g: Any, mark: Any, args: Any, out: Any, kwargs: Any, active: Container[int]
) -> tuple[Any, Any]:
    """The same of a multilinear rule, of which an active factor may happen to be zero."""
    part = rule.transpose(g, k, *args, **kwargs)
    moving = [generic(a) if j in active else a for j, a in enumerate(args)]
    if has_nan(part):
        reached = rule.transpose(mark, k, *map(generic, args), **kwargs)
        part = np.where(np.equal(reached, 0), 0, part)[()]
    return part, rule.transpose(mark, k, *moving, **kwargs)


CAREFUL: dict[Any, Callable[..., tuple[Any, Any]]] = {
    "scalar": scalar_with_care,
    "multilinear": product_with_care,
}


def mark_of(g: Any) -> Any:
    """The mark of a seed: zero where that is a constant zero, and elsewhere a number like no other."""
    is_constant = not (isinstance(g, Traced) and g.differentiates)
    return np.where(np.equal(g, 0) & is_constant, 0, generic(g))[()]


ONE = 2 + np.modf(1e4 * np.sin(1.0))[0]  # the first of the numbers that follow


def generic(x: Any, like: Any = None) -> Any:
    """Numbers in the shape of ``x`` that no program cancels, where that lies, or ``like``: neither their
    differences of any order are zero, nor is a matrix of them singular.
    """
    if x.__class__ in DOUBLES:
        return ONE if x.__class__ in REALS else ONE * (1 + 0.7j)
    shape = shape_of(x)
    count = arange(1, 1 + math.prod(shape), like=x if like is None else like)
    numbers = (2 + np.modf(1e4 * np.sin(count))[0]).reshape(shape)
    return (numbers * (1 + 0.7j) if is_complex(x) else numbers)[()]


class Generic:
    """Values of a program, none of which is zero."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def __getitem__(self, slot: int) -> Any:
        value = self.values[slot]
        return tuple(map(generic, value)) if isinstance(value, tuple) else generic(value)


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
    plain = g.__class__ is Gathered and g.is_plain()
    if plain and cotangents[slot] is None and is_place(index, len(g.shape)):
        if source is not None:
            part = g.buffer[index]  # a number, or an element that the next line would change
            part = part if part.__class__ in REALS else own(part)
            accumulate(cotangents, source, fit_cotangent(part, values[source]))
        g.buffer[index] = 0
        cotangents[slot] = g
        return
    differs = not is_basic(index) and innermost(as_tuple(index)) is not None
    if differs or not plain:
        g = g.total() if g.__class__ is Gathered else own(g)
        g = as_array(g)
        g = lifted(g, index) if differs else g
    buffer = g.buffer if g.__class__ is Gathered else g
    if source is not None:
        part = buffer[index]
        if not is_basic(index):
            part = part * last_writes(index, buffer)
        accumulate(cotangents, source, own(fit_cotangent(part, values[source])))
    buffer[index] = 0
    if cotangents[slot] is not None:
        accumulate(cotangents, slot, buffer)
    else:
        cotangents[slot] = g if isinstance(g, (Gathered, Traced)) else Gathered(buffer.shape, None, buffer)


# ------------------------------------------------------------------------------------------------------------
# Cotangents fitted to their values
# ------------------------------------------------------------------------------------------------------------


def pull(g: Any, p: Any, x: Any) -> Any:
    """The cotangent of ``x`` from the cotangent ``g`` of the output and the partial ``p``: conj(p) * g,
    summed to shape.
    """
    kind = p.__class__
    if g.__class__ is kind is np.ndarray and x.__class__ in REALS and g.dtype is p.dtype is DOUBLE:
        return g.dot(p) if g.ndim == 1 and g.shape == p.shape and g.size <= FEW else fit_cotangent(g * p, x)
    if kind is np.ndarray:
        p = p.conjugate()
    elif kind not in REALS and is_complex(p):
        p = p.conjugate()  # one of Python's numbers stays one, which has no precision of its own
    t = g * p
    if t.__class__ is x.__class__ is np.ndarray and t.shape == x.shape and t.dtype is x.dtype:
        return t
    return fit_cotangent(t, x)


def pull_change(term: Callable[..., Any], g: Any, x: Any, *args: Any) -> Any:
    """The cotangent of ``x``, of a rule that says what a change ``d`` makes: ``term(d, *args)``."""
    try:
        t = transposed_change(term, g, args)
    except ArithmeticError:
        t = transposed_change(functools.partial(in_numpy, term), g, args)
    return fit_cotangent(t, x)


def pull_changes(terms: Callable[..., Any], g: Any, args: tuple[Any, ...], out: Any) -> tuple[Any, ...]:
    """The cotangents of all arguments, of a rule that says what a change makes by each."""
    try:
        found = transposed_change(terms, g, (*args, out))
    except ArithmeticError:
        found = transposed_change(functools.partial(in_numpy, terms), g, (*args, out))
    return tuple([fit_cotangent(t, x) for t, x in zip(found, args, strict=True)])


def transposed_change(term: Callable[..., Any], g: Any, args: tuple[Any, ...]) -> Any:
    """The conjugate partial times ``g``; of several partials, a tuple."""
    if is_complex(args[-1]) or is_complex(g):
        found = term(np.conjugate(g), *args)
        return tuple(map(np.conjugate, found)) if found.__class__ is tuple else np.conjugate(found)
    return term(g, *args)
