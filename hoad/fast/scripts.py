"""Scripts: what a rule does to jets of ordinary numbers, as straight-line code in one frame.

The recurrences of ``kinds/series.py`` are run once, on coefficients that are wires, and the lines become a
function of the coefficients. That of ``exp``, for three of which the last is zero, is ::

    def series_of_exp(level, x):
        x0 = x[0]
        x1 = x[1]
        t0 = float(f0(x0))
        if t0 - t0 != 0.0:
            return None
        t1 = x1 * t0
        t2 = x1 * t1
        t3 = t2 / (2)
        _t = x0 + t0 + t1 + t3
        if _t.__class__ is not float or _t - _t != 0.0:
            return None
        return _Jet(level, _Series([t0, t1, t3], None, None, _pattern))

So it does what the general path does, operation for operation, and a function that comes up again closes
the circle as it does there. It gives None where a number on the way is not ordinary: there the general path
does more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..chainrules.statements import Scalar
from ..chainrules.text import compile_source, identifier, indent
from ..kinds.jet import Jet
from ..kinds.series import Series
from ..nested import Level
from ..values.quiet import sum_of_squares
from .wires import Line, Program, Unclear, Wire

Script = Callable[..., Jet | None]  # of a level and the operands: lists of coefficients, and constants

DOUBLE = np.dtype(np.float64)


class Pattern:
    """What is known of a series before its numbers are: of which class they are, how many it has, and how
    many of them may differ from zero. Equal patterns are one object.
    """

    __slots__ = ("filled", "kind", "size")

    def __init__(self, kind: Any, size: int, filled: int) -> None:
        self.kind = kind
        self.size = size
        self.filled = filled


PATTERNS: dict[tuple[Any, int, int], Pattern] = {}


def pattern(kind: Any, size: int, filled: int) -> Pattern:
    """The one pattern of these."""
    key = (kind, size, filled)
    return PATTERNS.get(key) or PATTERNS.setdefault(key, Pattern(*key))


def filled_of(known: list[Any]) -> int:
    """How many of some coefficients may differ from zero, and one."""
    return next((k for k in range(len(known), 1, -1) if known[k - 1] is not None), 1)


class Operand(NamedTuple):
    """An operand of a script: what the rule is given, how the script reads it, and its first name."""

    value: Any
    lines: list[str]
    head: str | None


def operand(letter: str, shape: Any, program: Program, level: Level) -> Operand:
    """The operand of a pattern, of a class of constants, or a number."""
    if shape.__class__ is Pattern:
        wires = [Wire(program, f"{letter}{k}") for k in range(shape.filled)]
        series = Series([*wires, *[None] * (shape.size - shape.filled)])
        return Operand(
            Jet(level, series), [f"{w.slot} = {letter}[{k}]" for k, w in enumerate(wires)], f"{letter}0"
        )
    if shape.__class__ is type:
        return Operand(Wire(program, letter), [], letter)
    return Operand(shape, [], None)


def script_of(rule: Scalar, shapes: tuple[Any, ...]) -> Script | None:
    """Write what a rule does to jets of ordinary numbers.

    Args:
        rule: the rule.
        shapes: for each operand the pattern of its series, the class of a constant that is given at each
            call, or the number that it is.

    Returns:
        The script; None where the rule asks for more than that its numbers are ordinary.
    """
    kind, size = next((s.kind, s.size) for s in shapes if s.__class__ is Pattern)
    program = Program(kind is float)
    found = traced(rule, shapes, program, size)
    if found is None:
        return None
    operands, known, filled = found
    results = [None if c is None else str(c.slot) for c in known]
    namespace = {
        **program.namespace,
        **HELPERS,
        "_pattern": pattern(kind, size, filled) if filled > 1 else None,
    }
    name = f"series_of_{identifier(rule)}"
    arguments = ", ".join(["level", *"xy"[: len(shapes)]])
    body = [*heads(operands, kind), *body_lines(program, operands, results)]
    source = f"def {name}({arguments}):\n{indent(body)}\n"
    script: Script = compile_source(name, source, namespace)
    return script


def traced(
    rule: Scalar, shapes: tuple[Any, ...], program: Program, size: int
) -> tuple[list[Operand], list[Any], int] | None:
    """What a rule does to wires: its operands, the coefficients of its value, and how many may differ from
    zero; None where it asks for more.
    """
    level = Level()
    level.lift = None
    operands = [operand(letter, shape, program, level) for letter, shape in zip("xy", shapes, strict=False)]
    try:
        known = rule.general(*[x.value for x in operands]).tangent.known
    except (Unclear, TypeError, ValueError, AttributeError, NotImplementedError):
        return None
    filled = filled_of(known)
    if any([c.__class__ is not Wire for c in known[:filled]]):
        return None
    return operands, known, filled


def heads(operands: list[Operand], kind: Any) -> list[str]:
    """The names of the coefficients, and a look whether arrays are of one shape."""
    lines = [line for x in operands for line in x.lines]
    arrays = [x.head for x in operands if x.head is not None]
    if kind is np.ndarray and len(arrays) == 2:
        a, b = arrays
        lines += [
            f"if {a}.__class__ is {b}.__class__ and ({a}.shape != {b}.shape or {a}.dtype is not {b}.dtype):",
            "    return None",
        ]
    return lines


def body_lines(program: Program, operands: list[Operand], results: list[str | None]) -> list[str]:
    """The lines of a program, the looks whether its numbers are ordinary, and the jet."""
    found = [r for r in results if r is not None]
    lines = program.needed(found)
    first = [x.head for x in operands if x.head is not None]
    watched = ", ".join(dict.fromkeys([*first, *[line.name for line in lines if line.calls], *found]))
    body = [part for line in lines for part in written(line, line.name == found[0] and program.floats)]
    for guard, _ in program.guards:
        body += [f"if {guard}:", "    return None"]
    if program.floats:
        total = watched.replace(", ", " + ")
        body += [f"_t = {total}", "if _t.__class__ is not float or _t - _t != 0.0:", "    return None"]
    else:
        body += [f"if not _is_finite({watched}):", "    return None"]
    body.append(f"return _Jet(level, _Series([{', '.join(map(str, results))}], None, None, _pattern))")
    return body if program.floats else ['with _errstate(all="ignore"):', *[f"    {line}" for line in body]]


def written(line: Line, guarded: bool) -> list[str]:
    """A line as text; after the value, a look whether it is finite, as what stands beside it may not be
    defined where it is not.
    """
    text = [f"{line.name} = {line.text}"]
    return [*text, f"if {line.name} - {line.name} != 0.0:", "    return None"] if guarded else text


def is_finite(*parts: Any) -> bool:
    """Tell whether some numbers, and all elements of some arrays, are finite."""
    for part in parts:
        square = sum_of_squares(part.ravel()) if part.__class__ is np.ndarray else part * part
        if square - square != 0 and not np.isfinite(part).all():
            return False
    return True


HELPERS = {"_Jet": Jet, "_Series": Series, "_is_finite": is_finite, "_errstate": np.errstate, "_any": np.any}
