"""Reverse mode: ``Tracer``, a handle on one slot of a recorded program.

How each kind of rule is read backward: scalar, the conjugate partials times the cotangent; linear and
multilinear, the transposes; differential, its transpose, found by recording it on a tape of its own and
sweeping that; constant, nothing.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .arrays.arraylike import ArrayLike
from .arrays.buffers import ALONE, is_large, spare
from .arrays.gathered import Piece, accumulate
from .arrays.memory import axes_of_primal, size_of_primal
from .arrays.mutation import blank_like, is_view, link_view, own, put
from .arrays.protect import keep
from .arrays.roots import HELD_BY_SLOT
from .backends.registry import FUSING
from .chainrules.numpy.indexing import getitem
from .chainrules.statements import Constant, Differential, Linear, Multilinear, Primitive, Scalar
from .chainrules.text import safe_partial, term_of
from .dual import Dual, value_by
from .nested import FIXED, SIMPLE, Cotangent, Cotangents, Slot, Value, Values
from .tangents.fit import fit_cotangent
from .tape import STILL, Tape, no_pull, pull, pull_change, pull_put, pull_same, reaches_input, sweep
from .values.constants import library, zeros
from .values.moving import is_moving
from .values.shapes import REALS, is_complex, shape_of


class Tracer(ArrayLike):
    """A value of which every use is recorded.

    Example:
        >>> tape = Tape()
        >>> x = entered(tape, 3.0)
        >>> y = x * x
        >>> sweep(tape, {y.slot: 1.0}, [x.slot])
        [6.0]
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}
    functions: ClassVar[dict[Any, Callable[..., Any]]] = {}
    ndim = property(axes_of_primal)
    size = property(size_of_primal)

    def __repr__(self) -> str:
        return f"Tracer({self.primal!r}, tape {self.level.tag})"

    @property
    def order(self) -> int:
        """How many derivatives are taken of the program."""
        return int(self.level.order)

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record the operation."""
        tape = self.level
        active: list[int] = []
        slots: list[int] = []
        primals: list[Any] = []
        kept: list[Any] = []
        is_plain = rule.kind != "scalar"  # whether the function can be asked itself, and not its rule
        for i, a in enumerate(args):
            kind = a.__class__
            if kind in HANDLES and a.level is tape:
                if kind is Lean and rule.kind != "linear":
                    a.claim()
                active.append(i)
                slots.append(a.slot)
                x = a.primal
                is_plain = is_plain and (
                    x.dtype.kind != "O" if x.__class__ is np.ndarray else x.__class__ in REALS
                )
                primals.append(x)
                kept.append(None)
            elif kind in FIXED or (kind is tuple and FIXED.issuperset(map(type, a))):
                primals.append(a)
                kept.append(a)
            else:
                if kind is Draft:
                    a.finish()
                    return self.process(rule, args, kwargs)
                is_plain = is_plain and kind is np.ndarray and a.dtype.kind != "O"
                primals.append(a)
                kept.append(keep(a, tape))
        out = rule.function(*primals, **kwargs) if is_plain else value_by(rule, primals, kwargs)
        if rule.__class__ is Constant:
            return out
        if isinstance(out, tuple):
            return self.record(pull_rule, slots, (rule, kept, kwargs, active), out)
        slot = tape.next_slot()
        tape.program += (slot, pull_rule, slots, (rule, kept, kwargs, active), out)
        result = Tracer()
        result.level = tape
        result.slot = slot
        result.primal = out
        if rule.is_view:
            base = out.base if out.__class__ is np.ndarray else out
            if base is not None and (base is primals[0] or is_view(out, primals[0])):
                link_view(result, args[0], rule, args[1:], kwargs)
        return result

    def record(self, pullback: Any, a: Any, b: Any, out: Value) -> Any:
        """Append one operation to the program; a tuple of outputs becomes a tuple of tracers."""
        tape = self.level
        slot = tape.next_slot()
        tape.program += (slot, pullback, a, b, out)
        if not isinstance(out, tuple):
            return handle_on(tape, slot, out)
        return tuple([self.record(pull_component, slot, (k, len(out)), o) for k, o in enumerate(out)])

    def constant(self, value: Value) -> Tracer:
        """A value of this level that depends on nothing, whose contents may be written to."""
        return entered(self.level, own(value), STILL)

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Tracer:
        """Zeros of this level."""
        return entered(self.level, blank_like(self.primal, shape, dtype), STILL)

    def store(self, index: Any, value: Value) -> None:
        """Write into contents of its own, and be a draft from now on."""
        self.primal = own(self.primal)
        self.tangent = stand_in(self.shape, self.dtype)
        become(self, Draft)
        self.store(index, value)

    def frozen(self) -> Tracer:
        """This value under a handle of its own, which later writes do not move."""
        return handle_on(self.level, self.slot, self.primal)


class Draft(ArrayLike):
    """A tracer that is being written to: the next write goes into the same buffer, so filling n elements
    costs n, not n**2.

    The program holds a stand-in (``tangent``) for the contents between two writes, which nobody has read. The
    first reader turns the handle back into a ``Tracer`` by giving the finished contents a slot.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Tracer({self.primal!r}, tape {self.level.tag})"

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Finish the draft, then carry out the rule."""
        self.finish()
        return rule.general(*args, **kwargs)

    def finish(self) -> None:
        """Become a tracer of the contents written so far."""
        tape = self.level
        slot = tape.next_slot()
        tape.program += (slot, pull_same, self.slot, None, self.primal)
        self.slot = slot
        become(self, Tracer)

    def store(self, index: Any, value: Value) -> None:
        """Write into the buffer."""
        if value.__class__ is Draft:
            value.finish()
        mine = value.__class__ in HANDLES and value.level is self.level
        self.primal = put(self.primal, index, value.primal if mine else value)
        tape = self.level
        slot = tape.next_slot()
        tape.program += (
            slot,
            pull_put,
            self.slot,
            (keep(index, tape), value.slot if mine else None),
            self.tangent,
        )
        self.slot = slot

    def __getitem__(self, index: Any) -> Any:
        if index.__class__ is int and len(self.shape) == 1 and library(self.primal).scalars:
            tape = self.level
            slot = tape.next_slot()
            out = self.primal[index]
            tape.program += (slot, pull_rule, (self.slot,), (getitem, [None, index], {}, [0]), out)
            return handle_on(tape, slot, out)
        self.finish()
        return self[index]

    order = Tracer.order
    constant = Tracer.constant
    blank = Tracer.blank

    def frozen(self) -> Tracer:
        """This value under a handle of its own."""
        self.finish()
        return self.frozen()


class Lean(ArrayLike):
    """A tracer of a large array, which the program holds only if a pullback reads it.

    Its entry in the program has a stand-in of the same shape until an operation claims the contents
    (``fast/large.py``); where none does, they are let go with this handle. ``tangent`` says whether the
    program holds them.
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}
    functions: ClassVar[dict[Any, Callable[..., Any]]] = {}

    def __init__(self, level: Tape, slot: Slot, primal: Value, held: bool) -> None:
        self.level = level
        self.slot = slot
        self.primal = primal
        self.tangent = held

    def __repr__(self) -> str:
        return f"Tracer({self.primal!r})"

    def __del__(self) -> None:
        if not self.tangent and sys.getrefcount(self.primal) == ALONE:
            spare(self.primal)

    def claim(self) -> None:
        """Let the program hold the contents, under a slot of their own."""
        if not self.tangent:
            tape = self.level
            slot = tape.next_slot()
            tape.program += (slot, pull_same, self.slot, None, self.primal)
            self.slot, self.tangent = slot, True

    def finish(self) -> None:
        """Become a tracer like any other."""
        self.claim()
        become(self, Tracer)

    def store(self, index: Any, value: Value) -> None:
        """Write into contents of its own, and be a draft from now on."""
        become(self, Tracer)
        self.store(index, value)

    def frozen(self) -> Lean:
        """This value under a handle of its own."""
        return Lean(self.level, self.slot, self.primal, self.tangent)

    process = Tracer.process
    record = Tracer.record
    order = Tracer.order
    constant = Tracer.constant
    blank = Tracer.blank


@is_moving.register(Tracer)
@is_moving.register(Draft)
@is_moving.register(Lean)
def moves_backwards(x: Any, least: float = 0.0) -> bool:
    """Of a value that is recorded: whether it depends on an input."""
    if is_moving(x.primal, least) or not x.level.alive:
        return is_moving(x.primal, least)
    return reaches_input(x.level, x.frozen().slot, x.primal, least)


HANDLES: frozenset[Any] = frozenset({Tracer, Lean})
SIMPLE.update(HANDLES)
HELD_BY_SLOT.update(HANDLES)
FIRST = (0,)


@functools.lru_cache(maxsize=64)
def stand_in(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """What stands in the program for contents that nobody has read."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def handle_on(level: Tape, slot: Slot, primal: Value) -> Tracer:
    """A tracer. The class has no ``__init__``, with which one takes half as long again to make: one-frame
    methods set what it holds themselves.
    """
    x = Tracer()
    x.level = level
    x.slot = slot
    x.primal = primal
    return x


def become(handle: Any, kind: type) -> None:
    """Turn a handle into one of another kind."""
    handle.__class__ = kind


def entered(tape: Tape, value: Value, still: str | None = None) -> Tracer:
    """Enter a value into the program, as one that depends on nothing in it: an input, or a constant
    (``STILL``).
    """
    slot = tape.next_slot()
    tape.program += (slot, no_pull, None, still, value)
    return handle_on(tape, slot, value)


def entered_input(tape: Tape, value: Value) -> Any:
    """Enter an input of the function; a large one as the first of a lean program."""
    x = entered(tape, value)
    if value.__class__ is not np.ndarray or not is_large(value):
        return x
    is_lean = tape.order == 1 and tape.lift is None and tape.program.__class__ is list
    return Lean(tape, x.slot, value, True) if is_lean else x


def pull_rule(g: Cotangent, values: Values, cotangents: Cotangents, i: int, slots: Any, kept: Any) -> None:
    """The pullback of the general path."""
    rule, args, kwargs, active = kept
    out = values[i]
    if g.__class__ is list:
        g = [
            zeros(shape_of(o), getattr(o, "dtype", float), like=o) if part is None else part
            for part, o in zip(g, out, strict=True)
        ]
    primals = args.copy()
    for k, slot in zip(active, slots, strict=True):
        primals[k] = values[slot]
    parts = pulled_by(rule, g, out, primals, kwargs, active)
    for k, slot, part in zip(active, slots, parts, strict=True):
        if part is None:
            continue
        x, kind = primals[k], part.__class__
        if kind is np.ndarray:
            if x.__class__ is not kind or part.dtype is not x.dtype or part.shape != x.shape:
                part = fit_cotangent(part, x)
        elif kind is not Piece and (kind not in REALS or x.__class__ not in REALS):
            part = fit_cotangent(part, x)
        if cotangents[slot] is None and kind is not Piece:
            cotangents[slot] = part
        else:
            accumulate(cotangents, slot, part)


def operands_of_rule(slots: Any, kept: Any) -> tuple[Primitive, list[Any], dict[str, Any], dict[int, Slot]]:
    """The rule of a pullback of the general path, its constants, options and the slots of the other
    arguments.
    """
    rule, args, kwargs, active = kept
    return rule, args, kwargs, dict(zip(active, slots, strict=True))


setattr(pull_rule, "operands", operands_of_rule)


def pull_component(
    g: Cotangent, values: Values, cotangents: Cotangents, i: int, slot: Slot, place: tuple[int, int]
) -> None:
    """One output of several."""
    k, n = place
    if cotangents[slot] is None:
        cotangents[slot] = [None] * n
    accumulate(cotangents[slot], k, g)


# ------------------------------------------------------------------------------------------------------------
# The kinds of rules, read backward
# ------------------------------------------------------------------------------------------------------------


def pull_scalar(
    rule: Scalar, g: Cotangent, out: Value, args: Any, kwargs: Any, active: tuple[int, ...]
) -> list[Any]:
    """The conjugate partials, applied to the cotangent."""
    if rule.applied is None:
        return [pull(g, safe_partial(rule, i, args, out), args[i]) for i in active]
    return [pull_change(term_of(rule, i), g, args[i], *args, out) for i in active]


def pull_linear(
    rule: Linear, g: Cotangent, out: Value, args: Any, kwargs: Any, active: tuple[int, ...]
) -> list[Any]:
    """The transpose."""
    if rule.gathers:
        return [Piece(g, args[1], shape_of(args[0]))]
    if rule.positions == FIRST and len(active) == 1 and active[0] == 0:
        return [rule.transpose(g, *args, **kwargs)]
    return rule.transposes(g, active, args, kwargs)


def pull_multilinear(
    rule: Multilinear, g: Cotangent, out: Value, args: Any, kwargs: Any, active: tuple[int, ...]
) -> list[Any]:
    """One transpose per argument."""
    return [rule.transpose(g, i, *args, **kwargs) for i in active]


def pull_differential(
    rule: Differential, g: Cotangent, out: Value, args: Any, kwargs: Any, active: tuple[int, ...]
) -> list[Any]:
    """The transpose of the differential, where the rule does not state one for an argument."""

    def cotangent(i: int) -> Any:
        if i in rule.transposes:
            return rule.transposes[i](g, *args, **kwargs)
        if i in rule.backward:
            return rule.backward[i](g, *args, out, **kwargs)
        return transposed(lambda d: rule.differential_at(d, i, args, out, kwargs), args[i], g)

    together = rule.backward.get(tuple(active)) if len(active) > 1 else None
    if together is not None:
        return list(together(g, *args, out, **kwargs))
    return [cotangent(i) for i in active]


def transposed(linear: Callable[[Any], Any], x: Any, g: Cotangent) -> Any:
    """Apply the transpose of a linear function of a value like ``x`` to ``g``."""

    def of_list(ds: list[Any]) -> list[Any]:
        outs = linear(ds[0])
        return list(outs) if isinstance(outs, tuple) else [outs]

    return transposed_all(of_list, [x], list(g) if isinstance(g, (tuple, list)) else [g])[0]


def transposed_all(linear: Callable[[list[Any]], list[Any]], xs: list[Any], gs: list[Any]) -> list[Any]:
    """Apply the transpose of a linear function, from values like ``xs`` to a list, to ``gs``; None is 0."""
    tape = Tape()
    kinds = [getattr(x, "dtype", complex if is_complex(x) else float) for x in xs]
    ds = [entered(tape, zeros(shape_of(x), kind, like=x)) for x, kind in zip(xs, kinds, strict=True)]
    slots = [d.slot for d in ds]
    seeds: dict[int, Any] = {}
    try:
        for o, g in zip(linear(ds), gs, strict=True):
            if o.__class__ is Draft:
                o.finish()
            if o.__class__ is Tracer and o.level is tape:
                seeds[o.slot] = g if o.slot not in seeds else seeds[o.slot] + g
        return sweep(tape, seeds, slots, free=True)
    finally:
        tape.alive = False
        tape.release()


def pulled_by(rule: Any, g: Cotangent, out: Value, args: Any, kwargs: Any, active: Any) -> Any:
    """The cotangents of the arguments of a rule."""
    pull = PULL[rule.kind]
    if not FUSING or rule.kind == "scalar" or rule.gathers:
        return pull(rule, g, out, args, kwargs, active)
    step = lambda g, out, *args: pull(rule, g, out, args, kwargs, active)
    return Dual.stepped(rule, f"back to {active}", step, [g, out, *args])


PULL: dict[str, Callable[..., Any]] = {
    "scalar": pull_scalar,
    "linear": pull_linear,
    "multilinear": pull_multilinear,
    "differential": pull_differential,
}
