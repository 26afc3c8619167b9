"""What the transpose of a rule moves where, as lines of a sweep that is written out (``lines.py``).

The transposes of shapes, choices and joins of arrays compute nothing: they move elements, and which go where
follows from shapes alone. So such a transpose is run once, on a cotangent that is recorded and on *outlines*
of the arguments, which have shapes and no values. What was recorded are views, one line each; where a
transpose asks for a value, or does anything else, it stays the call that it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.statements import Linear
from ..nested import FIXED
from ..tangents.fit import FEW
from ..tape import Tape, pull_same
from ..tracer import Tracer, entered, pull_rule
from ..values.shapes import DOUBLE
from . import shortcuts
from .branches import as_text

INTEGER = frozenset({int})


class Outline:
    """The shape and the type of an array, and nothing else of it."""

    __slots__ = ("dtype", "ndim", "shape", "size")

    def __init__(self, x: np.ndarray) -> None:
        self.shape, self.dtype, self.ndim, self.size = x.shape, x.dtype, x.ndim, x.size


def is_option(x: Any) -> bool:
    """Tell whether a constant can stand in a line, or is an array, of which only the outline is told."""
    return x.__class__ is np.ndarray or x.__class__ in FIXED or is_row(x)


def is_row(x: Any) -> bool:
    """Tell whether a constant is a tuple of what can't be changed."""
    return x.__class__ is tuple and FIXED.issuperset(map(type, x))


def moved(
    sweep: Any, rule: Linear, g: str, args: list[Any], kwargs: dict[str, Any], active: list[int]
) -> list[str] | None:
    """The names of what the arguments ``active`` of a rule receive; None where its transpose does more than
    move elements.

    Args:
        sweep: the function in which the lines are.
        rule: what was carried out.
        g: the name of its cotangent.
        args: its arguments.
        kwargs: its options.
        active: which arguments are recorded.
    """
    value = sweep.value(g)
    fixed = all(map(is_option, args)) and all([x.__class__ in FIXED or is_row(x) for x in kwargs.values()])
    if value.__class__ is not np.ndarray or value.dtype is not DOUBLE or not fixed:
        return None
    outlines = [Outline(x) if x.__class__ is np.ndarray else x for x in args]
    return moves(sweep, lambda handles: rule.transposes(handles[0], active, outlines, kwargs), [g])


def moves(
    sweep: Any, run: Callable[[list[Any]], list[Any]], given: list[str], line: Any = None
) -> list[str] | None:
    """The names of what a function makes of values by moving their elements; None where it does more.

    Args:
        sweep: the function in which the lines are.
        run: takes the values, recorded, and gives results.
        given: the names of the values.
        line: what writes the line of an operation, if more is known than how elements are moved.
    """
    line = line or line_of
    tape = Tape()
    try:
        parts = run([entered(tape, sweep.value(name)) for name in given])
        found = [p.slot if p.__class__ is Tracer and p.level is tape else None for p in parts]
        entries = zip(*[iter(tape.program[5 * len(given) :])] * 5, strict=True)
        lines = [line(*entry[1:4]) for entry in entries]
    except Exception:
        return None
    finally:
        tape.alive = False
        tape.release()
    if None in found or None in lines:
        return None
    names = [*given]
    for write in lines:
        names.append(write(sweep, names))
    return [names[slot] for slot in found if slot is not None]


def line_of(pullback: Any, a: Any, b: Any) -> Callable[[Any, list[str]], str] | None:
    """What writes the line of a recorded view, by the names of what came before; None for anything else."""
    if pullback is pull_same:
        return lambda sweep, names: names[a]
    if pullback is shortcuts.pull_getitem:
        return lambda sweep, names: element(sweep, names[a], b)
    if pullback is not pull_rule:
        return None
    rule, kept, kwargs, active = b
    fixed = [c.__class__ in FIXED or is_row(c) for c in (*kept, *kwargs.values())]
    if all(fixed) and not kwargs and rule.is_view and active == [0] and are_integers(kept[1:]):
        return lambda sweep, names: view(sweep, rule.function, names[a[0]], kept[1:])
    if rule.kind != "linear":
        return None
    linear = range(len(kept)) if rule.positions is None else rule.positions
    others = [k for k, is_fixed in enumerate(fixed) if not is_fixed]
    if not all([k in linear and is_zero(kept[k]) for k in others]):
        return None
    places = dict(zip(active, a, strict=True))
    return lambda sweep, names: applied(sweep, rule, names, places, kept, kwargs)


def are_integers(options: list[Any]) -> bool:
    """Tell whether all constants are integers, and tuples of such."""
    return INTEGER.issuperset([type(n) for c in options for n in (c if c.__class__ is tuple else (c,))])


def element(sweep: Any, x: str, index: Any) -> str:
    """A part of an array; of a row, its numbers are Python's."""
    value = sweep.value(x)
    if index.__class__ is int and value.ndim == 1:
        name: str = sweep.emit(f"{sweep.known(f'{x}.tolist()')}[{index}]")
    else:
        name = sweep.emit(f"{x}[{index!r}]")
    return name


def is_zero(x: Any) -> bool:
    """Tell whether what stands in a linear place is zero: it is so always, or the rule was not linear."""
    return x.__class__ is np.ndarray and x.dtype is DOUBLE and not x.any()


def applied(
    sweep: Any, rule: Linear, names: list[str], places: dict[int, Any], kept: list[Any], kwargs: Any
) -> str:
    """Another linear rule: a call of its function."""
    known = f"_linear{len(sweep.lines)}"
    sweep.namespace |= {known: rule.function, f"{known}_options": kwargs}
    sweep.namespace |= {f"{known}_{k}": c for k, c in enumerate(kept)}
    given = [names[places[k]] if k in places else f"{known}_{k}" for k in range(len(kept))]
    options = [f"**{known}_options"] if kwargs else []
    name: str = sweep.emit(f"{known}({', '.join([*given, *options])})")
    return name


def view(sweep: Any, function: Callable[..., Any], x: str, rest: list[Any]) -> str:
    """Another view of an array."""
    found = function(sweep.value(x), *rest)
    stretched = sweep.value(x).size < found.size <= FEW  # of so few, a copy takes less time than a view
    options = [*map(repr, rest)]
    whole = as_text(function, [x, *options], [sweep.value(x), *rest])
    name: str = sweep.emit(f"_empty({found.shape})" if stretched else whole)
    if stretched:
        sweep.do(f"{name}[...] = {x}")
    return name
