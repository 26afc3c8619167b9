"""Methods for large arrays: results go into buffers that are used again, and the program does not hold the
values that no pullback reads.

An operation on a large array costs what its memory traffic costs, so that a few microseconds more of Python
are nothing, and each array less that is written is a gain. What a pullback reads is in the text of the
partials: of ``x + 1.5`` nothing, of ``exp(x)`` the output, of ``x * y`` both factors. An operand is entered
into the program where it is read (``Lean.claim``), and an output where its own pullback reads it. (The sweep
with care, after a nan, asks one thing more of an operand: whether it has grown to infinity where the partial
vanishes: of a partial that reads the output alone, that is ``ends``.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays.buffers import gives_doubles, is_large, room
from ..arrays.protect import keep
from ..chainrules.statements import Scalar
from ..chainrules.text import Text, read, safe_partial, term_of
from ..nested import Slot, Value
from ..tape import Tape
from ..tracer import HANDLES, Lean, handle_on, stand_in
from ..values.shapes import PLAIN
from .in_place import NUMBERS
from .reverse import HELPERS, add_pullback
from .writer import elsewhere, install

# ------------------------------------------------------------------------------------------------------------
# Forward: what is recorded
# ------------------------------------------------------------------------------------------------------------


class Way(NamedTuple):
    """How a rule is recorded for some of its arguments: its pullback, and what that reads."""

    pullback: Any
    reads: tuple[bool, ...]
    reads_out: bool


def way_of(rule: Scalar, text: Text, active: tuple[int, ...]) -> Way:
    """The way of the arguments ``active``."""
    terms = {f"_term{i}": term_of(rule, i) for i in range(rule.arity)} if text.applied else {}
    namespace = {**text.namespace, **HELPERS, **terms}
    mentioned = set().union(*(text.mentions(i) for i in active))
    reads = tuple(
        [name in mentioned or (k in active and ends(rule, text, k)) for k, name in enumerate(text.names)]
    )
    name = "_pullback_" + "_".join(map(str, active))
    add_pullback(rule, text, name, active, namespace)
    return Way(namespace[name], reads, "out" in mentioned)


def ends(rule: Scalar, text: Text, k: int) -> bool:
    """Tell whether partial ``k`` may vanish where its argument has grown to infinity, by the output alone."""
    if "out" not in text.mentions(k):
        return False
    if rule.arity > 1:
        return True
    with np.errstate(all="ignore"):
        grown = np.array([np.inf])
        return bool(safe_partial(rule, k, (grown,), rule.function(grown)) == 0)


def recorded(tape: Tape, way: Way, a: Slot | Value, b: Slot | Value, out: Value) -> Any:
    """Append an operation to the program."""
    slot = tape.next_slot()
    if not is_large(out):
        tape.program += (slot, way.pullback, a, b, out)
        return handle_on(tape, slot, out)
    tape.program += (slot, way.pullback, a, b, out if way.reads_out else stand_in(out.shape, out.dtype))
    return Lean(tape, slot, out, way.reads_out)


def evaluated(rule: Scalar, *args: Value) -> Any:
    """The value of a rule, in a buffer of hoad's own where one of doubles fits."""
    shape = next(x.shape for x in args if x.__class__ is np.ndarray)
    function = rule.function
    if gives_doubles(function) and function is not np.power:  # x**2 is a square, and np.power is not
        if all([x.__class__ in NUMBERS or (is_large(x) and x.shape == shape) for x in args]):
            return function(*args, out=room(shape))
        return function(*args)
    return args[0] ** args[1] if function is np.power else function(*args)


def slot_of(operand: Any, is_read: bool) -> Slot:
    """The slot of an operand, which the program holds from now on if a pullback reads it."""
    if is_read and operand.__class__ is Lean:
        operand.claim()
    slot: Slot = operand.slot
    return slot


def constant_of(operand: Any, is_read: bool, tape: Tape) -> Any:
    """A constant operand as the program keeps it."""
    if operand.__class__ in PLAIN:
        return operand
    return keep(operand, tape) if is_read else None


def is_constant(x: Value) -> bool:
    """Tell whether an operand is a plain number or array."""
    return x.__class__ in PLAIN or (x.__class__ is np.ndarray and x.dtype.kind != "O")


def method_of(rule: Scalar, name: str, signature: str) -> Any:
    """The method of a scalar rule."""
    text = read(rule)
    general = elsewhere(rule, Lean) if rule.arity == 2 else rule.general
    if text is None:
        return general if signature == "_a, _b" or rule.arity == 1 else lambda b, a: general(a, b)
    method = unary(rule, text) if rule.arity == 1 else binary(rule, text, general)
    return method if signature == "_a, _b" or rule.arity == 1 else lambda b, a: method(a, b)


def unary(rule: Scalar, text: Text) -> Any:
    """The method of a function of one argument."""
    way = way_of(rule, text, (0,))

    def method(a: Any) -> Any:
        if a.primal.__class__ is not np.ndarray:
            return rule.general(a)
        out = evaluated(rule, a.primal)
        return recorded(a.level, way, slot_of(a, way.reads[0]), None, out)

    return method


def binary(rule: Scalar, text: Text, general: Any) -> Any:
    """The method of a function of two arguments."""
    patterns: tuple[tuple[int, ...], ...] = (0,), (1,), (0, 1)
    ways = {active: way_of(rule, text, active) for active in patterns}

    def method(a: Any, b: Any) -> Any:
        one, two = a.__class__ in HANDLES, b.__class__ in HANDLES
        if one and two:
            if a.level is not b.level:
                return general(a, b)
            active: tuple[int, ...] = (0, 1)
            tape = a.level
        elif not is_constant(b if one else a):
            return general(a, b)
        else:
            active, tape = ((0,), a.level) if one else ((1,), b.level)
        x, y = a.primal if one else a, b.primal if two else b
        if x.__class__ is not np.ndarray and y.__class__ is not np.ndarray:
            return general(a, b)
        out = evaluated(rule, x, y)
        way = ways[active]
        left, right = [
            slot_of(given, is_read) if k in active else constant_of(given, is_read, tape)
            for k, (given, is_read) in enumerate(zip((a, b), way.reads, strict=True))
        ]
        return recorded(tape, way, left, right, out)

    return method


install(Lean, method_of)
