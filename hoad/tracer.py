"""Reverse mode: ``Tracer``, a handle on one slot of a recorded program, and the sweep back over the program.

The program of a ``Tape`` is one flat list, five entries an operation: ``slot, pullback, a, b, value``. The pullback is a
plain function; ``a`` and ``b`` are the slots of the operands, or the constant that stands in an operand's place. Nothing is
allocated per operation but the value itself, so the garbage collector is never woken, and one list extension is one
atomic step, so that several threads may record on one tape: the slots, drawn from a counter, give the order back.

A sweep reads the program backwards and hands each cotangent to its pullback, which adds to the cotangents of the
operands. Products with a zero cotangent are zero even where the partial is inf or nan ("strong zero"): sweeps run with
NumPy's invalid-operation flag raised to an exception, so the check costs nothing until such a product occurs.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from . import fuse
from .arraylike import ArrayLike
from .chainrules.elementwise import strong_multiply
from .chainrules.indexing import add_at, scatter
from .chainrules.registry import Constant, Differential, Linear, Multilinear, Primitive, Scalar
from .dual import PLAIN, REALS, install
from .mutation import link_view, own
from .nested import Level, Traced

KEEP_BY_COPY = 32768
VIEWS = frozenset({"getitem", "reshape", "transpose"})


class Tape(Level):
    """A level of reverse mode: the program that is recorded at it."""

    __slots__ = ("__weakref__", "locked", "next_slot", "program")

    def __init__(self) -> None:
        super().__init__()
        self.program: list[Any] = []
        self.next_slot = itertools.count().__next__
        self.locked: dict[int, Any] = {}

    def input(self, value: Any) -> Tracer:
        """A value to differentiate with respect to."""
        slot = self.next_slot()
        self.program += (slot, no_pull, None, None, value)
        return Tracer(self, slot, value)

    def records(self) -> list[list[Any]]:
        """The program as columns: pullbacks, a, b and values, in the order of the slots."""
        program = self.program[:]
        slots = program[0::5]
        columns = [program[k::5] for k in (1, 2, 3, 4)]
        if slots != list(range(len(slots))):  # other threads recorded too
            order = sorted(range(len(slots)), key=slots.__getitem__)
            columns = [[column[k] for k in order] for column in columns]
        return columns

    def release(self) -> None:
        """Let go of the program and of the arrays that were protected for it."""
        self.program = []
        unlock(self.locked)

    def __del__(self) -> None:
        unlock(self.locked)


class Tracer(ArrayLike):
    """A value of which every use is recorded.

    Example:
        >>> tape = Tape()
        >>> x = tape.input(3.0)
        >>> y = x * x
        >>> sweep(tape, {y.slot: 1.0}, [x.slot])
        [6.0]
    """

    __slots__ = ()
    fused: dict[Any, Callable[..., Any]] = {}

    def __init__(self, level: Tape, slot: int, primal: Any) -> None:
        self.level = level
        self.slot = slot
        self.primal = primal

    def __repr__(self) -> str:
        return f"Tracer({self.primal!r})"

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record the operation."""
        tape = self.level
        mine = [a.__class__ is Tracer and a.level is tape for a in args]
        primals = [a.primal if own_level else a for a, own_level in zip(args, mine, strict=True)]
        out = rule(*primals, **kwargs)
        if rule.__class__ is Constant:
            return out
        active = tuple([i for i, own_level in enumerate(mine) if own_level])
        slots = tuple([args[i].slot for i in active])
        kept = tuple([p if own_level else keep(tape, p) for p, own_level in zip(primals, mine, strict=True)])
        result = self.record(pull_rule, slots, (rule, kept, kwargs, active), out)
        if rule.name in VIEWS and is_view(out, primals[0]):
            link_view(result, args[0], rule, args[1:], kwargs)
        return result

    def record(self, pullback: Any, a: Any, b: Any, out: Any) -> Any:
        """Append one operation to the program; a tuple of outputs becomes a tuple of tracers."""
        tape = self.level
        slot = tape.next_slot()
        tape.program += (slot, pullback, a, b, out)
        if not isinstance(out, tuple):
            return Tracer(tape, slot, out)
        return tuple([self.record(pull_component, slot, (k, len(out)), o) for k, o in enumerate(out)])

    def constant(self, value: Any) -> Tracer:
        """A value of this level that depends on nothing, whose contents may be written to."""
        return self.level.input(own(value))  # type: ignore[no-any-return]

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Tracer:
        """Zeros of this level."""
        return self.level.input(np.zeros(shape, dtype))  # type: ignore[no-any-return]

    def put(self, index: Any, value: Any) -> None:
        """Write into a new slot, and move the handle there."""
        mine = value.__class__ is Tracer and value.level is self.level
        written = value.primal if mine else value
        new = own(self.primal)
        if isinstance(written, Traced) and not isinstance(new, Traced):
            new = written.constant(new)  # type: ignore[attr-defined]
        new[index] = written
        tape = self.level
        slot = tape.next_slot()
        tape.program += (slot, pull_put, self.slot, (index, value.slot if mine else None), new)
        self.slot, self.primal = slot, new


def is_view(out: Any, source: Any) -> bool:
    """Tell whether an output shares its elements with the input that it was read from."""
    if isinstance(out, np.ndarray) and isinstance(source, np.ndarray):
        return out.ndim > 0 and out.base is not None and (out.base is source or out.base is source.base)
    return False


# ---------------------------------------------------------------------------------------------------------------------
# Constants that the program keeps: small ones are copied, large ones are locked, so that a change can't go unnoticed
# ---------------------------------------------------------------------------------------------------------------------

_locks: dict[int, list[Any]] = {}
_guard = threading.Lock()


def keep(tape: Tape, value: Any) -> Any:
    """Keep a constant for the sweep: a copy, or, if it is large, the array itself, made read-only for the time being."""
    if value.__class__ is not np.ndarray:
        return tuple([keep(tape, v) for v in value]) if value.__class__ is tuple else value
    if value.nbytes <= KEEP_BY_COPY:
        return value.copy()
    if id(value) not in tape.locked:
        lock(value, tape.locked)
    return value


def lock(value: Any, held: dict[int, Any]) -> None:
    """Make an array and what it is a view of read-only."""
    with _guard:
        while isinstance(value, np.ndarray) and id(value) not in held:
            entry = _locks.setdefault(id(value), [value, 0, value.flags.writeable])
            entry[1] += 1
            held[id(value)] = value
            value.flags.writeable = False
            value = value.base


def unlock(held: dict[int, Any]) -> None:
    """Give back what ``lock`` took, once nobody else holds it."""
    with _guard:
        for key, value in reversed(list(held.items())):
            entry = _locks[key]
            entry[1] -= 1
            if not entry[1]:
                del _locks[key]
                if entry[2]:
                    value.flags.writeable = True
        held.clear()


# ---------------------------------------------------------------------------------------------------------------------
# The sweep
# ---------------------------------------------------------------------------------------------------------------------


def sweep(tape: Tape, seeds: dict[int, Any], wanted: list[int], free: bool = False) -> list[Any]:
    """Carry cotangents from outputs back to inputs.

    Args:
        tape: the program.
        seeds: the cotangent of each output, by slot.
        wanted: the slots whose cotangents are asked for.
        free: whether the program may be used up, which returns its memory during the sweep.

    Returns:
        The cotangents of ``wanted``; None for a slot on which no output depends.
    """
    pullbacks, left, right, values = tape.records()
    if free:
        tape.program = []
    cotangents: list[Any] = [None] * len(pullbacks)
    for slot, g in seeds.items():
        cotangents[slot] = g
    last = min(wanted, default=0)
    answers = set(wanted)
    with np.errstate(all="ignore", invalid="raise"):
        for i in range(max(seeds, default=-1), last, -1):
            g = cotangents[i]
            if g is None:
                if free:
                    values[i] = right[i] = None
                continue
            if g.__class__ is Gathered:
                g = cotangents[i] = g.total()
            pullbacks[i](g, values, cotangents, i, left[i], right[i])
            if i not in answers:
                cotangents[i] = None
            if free:
                values[i] = right[i] = None
    found = [cotangents[slot] for slot in wanted]
    return [g.total() if g.__class__ is Gathered else g for g in found]


def no_pull(g: Any, values: list[Any], cotangents: list[Any], i: int, a: Any, b: Any) -> None:
    """An input has nothing behind it."""


def pull_rule(g: Any, values: list[Any], cotangents: list[Any], i: int, slots: Any, kept: Any) -> None:
    """The pullback of the general path."""
    rule, args, kwargs, active = kept
    out = values[i]
    if isinstance(g, list):
        g = [np.zeros(np.shape(o), getattr(o, "dtype", float)) if part is None else part for part, o in zip(g, out, strict=True)]
    primals = list(args)
    for k, slot in zip(active, slots, strict=True):
        primals[k] = values[slot]
    try:
        parts = PULL[rule.kind](rule, g, out, tuple(primals), kwargs, active)
    except FloatingPointError:
        with np.errstate(invalid="ignore"):
            parts = PULL[rule.kind](rule, g, out, tuple(primals), kwargs, active)
    for k, slot, part in zip(active, slots, parts, strict=True):
        if part is not None:
            accumulate(cotangents, slot, part if part.__class__ is Piece else project(part, primals[k]))


def pull_component(g: Any, values: list[Any], cotangents: list[Any], i: int, slot: int, place: tuple[int, int]) -> None:
    """One output of several."""
    k, n = place
    if cotangents[slot] is None:
        cotangents[slot] = [None] * n
    accumulate(cotangents[slot], k, g)


def pull_put(g: Any, values: list[Any], cotangents: list[Any], i: int, slot: int, place: tuple[Any, int | None]) -> None:
    """The cotangent of a write: what was written gets its elements, what was overwritten gets none of them."""
    index, source = place
    if source is not None:
        accumulate(cotangents, source, project(g[index], values[source]))
    g = own(g)
    g[index] = 0
    accumulate(cotangents, slot, g)


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
    """A cotangent collected from many readings, in one buffer: reading n elements one by one costs n, not n**2."""

    __slots__ = ("buffer", "owned", "pieces", "rest", "shape")

    def __init__(self, shape: tuple[int, ...], rest: Any) -> None:
        self.shape = shape
        self.rest = rest
        self.buffer: Any = None
        self.pieces: list[Piece] = []

    def add(self, part: Any) -> None:
        """Add a piece, or a whole cotangent."""
        if part.__class__ is not Piece:
            self.rest = part if self.rest is None else plus(self.rest, part)
        elif isinstance(part.g, Traced):
            self.pieces.append(part)
        else:
            kind = np.result_type(part.g)
            if self.buffer is None:
                self.buffer = np.zeros(self.shape, kind if kind.kind in "fc" else float)
            elif self.buffer.dtype != kind:
                self.buffer = self.buffer.astype(np.result_type(self.buffer, kind))
            try:
                add_at(self.buffer, part.index, part.g)
            except FloatingPointError:
                with np.errstate(invalid="ignore"):
                    add_at(self.buffer, part.index, part.g)

    def __add__(self, part: Any) -> Gathered:
        self.add(part)
        return self

    def total(self) -> Any:
        """The sum as one array; pieces that are traced numbers are put in place together."""
        parts = [p for p in (self.rest, self.buffer) if p is not None]
        single, other = [], []
        for piece in self.pieces:
            (single if self._is_number(piece) else other).append(piece)
        if single:
            where = tuple([np.array(column) for column in zip(*(as_tuple(p.index) for p in single), strict=True)])
            parts.append(scatter(np.stack([p.g for p in single]), where, self.shape))
        parts += [scatter(p.g, p.index, p.shape) for p in other]
        total = parts[0]
        for part in parts[1:]:
            total = plus(total, part)
        return total

    def _is_number(self, piece: Piece) -> bool:
        index = as_tuple(piece.index)
        return len(index) == len(self.shape) > 0 and all(isinstance(k, (int, np.integer)) for k in index)


def as_tuple(index: Any) -> tuple[Any, ...]:
    """An index as a tuple."""
    return index if isinstance(index, tuple) else (index,)


# ---------------------------------------------------------------------------------------------------------------------
# The kinds of rules, read backward
# ---------------------------------------------------------------------------------------------------------------------


def pull(g: Any, p: Any, x: Any) -> Any:
    """The cotangent of ``x`` from the cotangent ``g`` of the output and the partial ``p``: conj(p) * g, summed to shape."""
    try:
        t = g * p.conjugate()
        if t.__class__ is float and t != t:
            t = strong_multiply(g, p)
    except FloatingPointError:
        with np.errstate(invalid="ignore"):
            t = strong_multiply(g, p.conjugate())
    if t.__class__ is np.ndarray and x.__class__ is np.ndarray and t.shape == x.shape and t.dtype is x.dtype:
        return t
    return project(t, x)


def project(t: Any, x: Any) -> Any:
    """Bring a cotangent to the shape, the precision and the field of the value that it belongs to."""
    if t.__class__ in REALS and x.__class__ in REALS:
        return t
    shape = np.shape(x)
    if np.shape(t) != shape:
        t = np.broadcast_to(t, shape) if np.ndim(t) < len(shape) and np.size(t) <= 1 else summed_to(t, shape)
    if isinstance(t, Traced):
        return np.real(t) if t.dtype.kind == "c" and kind_of(x) in "fiub" else t  # type: ignore[attr-defined]
    dtype = getattr(x, "dtype", None)
    if dtype is None or dtype.kind not in "fc":
        return t.real if isinstance(t, (complex, np.complexfloating)) and isinstance(x, float) else t
    return narrowed(t, dtype)


def narrowed(t: Any, dtype: Any) -> Any:
    """Real where ``dtype`` is real, and no more precise than it."""
    have = np.result_type(t)
    if have.kind == "c" and dtype.kind == "f":
        t = np.real(t)
        have = np.result_type(t)
    if have != dtype and have.kind == dtype.kind and isinstance(t, (np.ndarray, np.generic)):
        return t.astype(dtype)
    return t


def kind_of(x: Any) -> str:
    """The letter of NumPy's kinds."""
    return str(np.result_type(x.dtype if hasattr(x, "dtype") else x).kind)


def summed_to(t: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which ``shape`` was broadcast."""
    extra = np.ndim(t) - len(shape)
    stretched = tuple(k + extra for k, n in enumerate(shape) if n == 1 and np.shape(t)[k + extra] != 1)
    t = np.sum(t, axis=(*range(extra), *stretched), keepdims=False)
    return t if np.shape(t) == shape else np.broadcast_to(t, shape) if np.size(t) == 1 and np.ndim(t) == 0 else stretched_to(t, shape)


def stretched_to(t: Any, shape: tuple[int, ...]) -> Any:
    """Put the axes of length one back, and stretch what is still short."""
    if np.size(t) == int(np.prod(shape)):
        return np.reshape(t, shape)
    return np.broadcast_to(t, shape)


def pull_scalar(rule: Scalar, g: Any, out: Any, args: Any, kwargs: Any, active: tuple[int, ...]) -> list[Any]:
    """Partial times cotangent."""
    return [pull(g, fuse.safe_partial(rule, i, args, out), args[i]) for i in active]


def pull_linear(rule: Linear, g: Any, out: Any, args: Any, kwargs: Any, active: tuple[int, ...]) -> list[Any]:
    """The transpose."""
    if rule.name == "getitem" and np.ndim(g) < np.ndim(args[0]) + 1 and not isinstance(args[0], Traced):
        return [Piece(g, args[1], np.shape(args[0]))]
    linear = range(len(args)) if rule.positions is None else rule.positions
    return [rule.transpose_at(g, i, args, kwargs) if i in linear else None for i in active]


def pull_multilinear(rule: Multilinear, g: Any, out: Any, args: Any, kwargs: Any, active: tuple[int, ...]) -> list[Any]:
    """One transpose per argument."""
    return [rule.transpose(g, i, *args, **kwargs) for i in active]


def pull_differential(rule: Differential, g: Any, out: Any, args: Any, kwargs: Any, active: tuple[int, ...]) -> list[Any]:
    """The transpose of the differential, found by recording it on a tape of its own and sweeping that."""
    return [
        rule.transposes[i](g, *args, **kwargs)
        if i in rule.transposes
        else transposed(lambda d, i=i: rule.differential_at(d, i, args, out, kwargs), args[i], g)
        for i in active
    ]


def transposed(linear: Callable[[Any], Any], x: Any, g: Any) -> Any:
    """Apply the transpose of a linear function of a value like ``x`` to ``g``."""
    tape = Tape()
    d = tape.input(np.zeros(np.shape(x), getattr(x, "dtype", float)))
    outs = linear(d)
    outs, parts = (outs, g) if isinstance(outs, tuple) else ((outs,), (g,))
    seeds: dict[int, Any] = {}
    for o, part in zip(outs, parts, strict=True):
        if o.__class__ is Tracer and o.level is tape:
            seeds[o.slot] = part if o.slot not in seeds else plus(seeds[o.slot], part)
    (answer,) = sweep(tape, seeds, [d.slot], free=True)
    tape.alive = False
    tape.release()
    return answer


PULL: dict[str, Callable[..., Any]] = {
    "scalar": pull_scalar,
    "linear": pull_linear,
    "multilinear": pull_multilinear,
    "differential": pull_differential,
}

# ---------------------------------------------------------------------------------------------------------------------
# One-frame methods
# ---------------------------------------------------------------------------------------------------------------------

HELPERS = {
    "_Tracer": Tracer, "_REALS": REALS, "_PLAIN": PLAIN, "_ndarray": np.ndarray, "_pull": pull, "_project": project,
    "_keep": keep, "_plus": plus, "_in_numpy": fuse.in_numpy,
}  # fmt: skip

UNARY_METHOD = """\
def {name}(_a):
    {x} = _a.primal
    out = {primal}
    tape = _a.level
    slot = tape.next_slot()
    program = tape.program
    program += (slot, _pullback, _a.slot, None, out)
    return _Tracer(tape, slot, out)
"""

BINARY_METHOD = """\
def {name}({signature}):
    if _a.__class__ is _Tracer:
        tape = _a.level
        if _b.__class__ is _Tracer:
            if _b.level is tape:
                {x} = _a.primal
                {y} = _b.primal
                out = {primal}
                slot = tape.next_slot()
                program = tape.program
                program += (slot, _pullback_both, _a.slot, _b.slot, out)
                return _Tracer(tape, slot, out)
        elif _b.__class__ in _PLAIN or _b.__class__ is _ndarray and _b.dtype.kind != "O":
            {x} = _a.primal
            {y} = _b
            out = {primal}
            slot = tape.next_slot()
            program = tape.program
            program += (slot, _pullback_first, _a.slot, {keep_b}, out)
            return _Tracer(tape, slot, out)
    elif _b.__class__ is _Tracer and (_a.__class__ in _PLAIN or _a.__class__ is _ndarray and _a.dtype.kind != "O"):
        {x} = _a
        {y} = _b.primal
        out = {primal}
        tape = _b.level
        slot = tape.next_slot()
        program = tape.program
        program += (slot, _pullback_second, {keep_a}, _b.slot, out)
        return _Tracer(tape, slot, out)
    return _general(_a, _b)
"""


def cotangent_lines(text: fuse.Text, i: int) -> list[str]:
    """Compute ``_t{i}``, what argument ``i`` receives."""
    x, p = text.names[i], text.partials[i]
    if p == "0":
        return [f"_t{i} = None"]
    if p == "1":
        return [f"_t{i} = g if g.__class__ in _REALS and {x}.__class__ in _REALS else _project(g, {x})"]
    if p == "-1":
        return [f"_t{i} = -g", f"if _t{i}.__class__ not in _REALS or {x}.__class__ not in _REALS:", f"    _t{i} = _project(_t{i}, {x})"]
    return [
        *fuse.partial_lines(text, i),
        f"if _p{i}.__class__ is g.__class__ is float:",
        f"    _t{i} = g * _p{i}",
        f"    if _t{i} != _t{i}:",
        f"        _t{i} = _pull(g, _p{i}, {x})",
        "else:",
        f"    _t{i} = _pull(g, _p{i}, {x})",
    ]


def accumulation_lines(i: int, slot: str) -> list[str]:
    """Add ``_t{i}`` to the cotangent of its slot."""
    return [
        f"held = cotangents[{slot}]",
        f"cotangents[{slot}] = _t{i} if held is None else held + _t{i} if held.__class__ is float else _plus(held, _t{i})",
    ]


def pullback_source(text: fuse.Text, name: str, active: tuple[int, ...]) -> str:
    """Write the pullback of a scalar rule for the arguments ``active``."""
    used = set().union(*(text.mentions(i) for i in active), (text.names[i] for i in active))
    lines = [f"{x} = {f'values[{s}]' if i in active else s}" for i, (x, s) in enumerate(zip(text.names, ("a", "b"), strict=False)) if x in used]
    lines += ["out = values[i]"] if "out" in used else []
    for i in active:
        lines += cotangent_lines(text, i)
    for i in active:
        if text.partials[i] != "0":
            lines += accumulation_lines(i, "ab"[i])
    return f"def {name}(g, values, cotangents, i, a, b):\n{fuse.indent(lines)}\n"


def reverse_source(rule: Scalar, name: str, signature: str = "_a, _b") -> tuple[str, dict[str, Any]] | None:
    """Write the reverse method of a scalar rule, or None where the rule has no text."""
    text = fuse.read(rule)
    if text is None or rule.arity > 2:
        return None
    namespace = {**text.namespace, **HELPERS, "_general": rule}
    if rule.arity == 1:
        fuse.compile_source("_pullback", pullback_source(text, "_pullback", (0,)), namespace)
        return UNARY_METHOD.format(name=name, x=text.names[0], primal=text.primal), namespace
    for suffix, active in (("both", (0, 1)), ("first", (0,)), ("second", (1,))):
        fuse.compile_source(f"_pullback_{suffix}", pullback_source(text, f"_pullback_{suffix}", active), namespace)
    x, y = text.names
    keep_a = kept_text("_a", x, text.mentions(1))
    keep_b = kept_text("_b", y, text.mentions(0))
    return BINARY_METHOD.format(name=name, signature=signature, x=x, y=y, primal=text.primal, keep_a=keep_a, keep_b=keep_b), namespace


def kept_text(operand: str, name: str, mentioned: set[str]) -> str:
    """How a constant operand is kept: not at all, where the partial does not read it."""
    return f"{operand} if {operand}.__class__ in _PLAIN else _keep(tape, {operand})" if name in mentioned else "None"


install(Tracer, reverse_source)
