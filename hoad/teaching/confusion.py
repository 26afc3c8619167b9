"""The confusion of perturbations, shown: the same nested derivative with a tag for each, and with none.

The program is given its derivative operator, so that it can be run with either. Its operations are recorded
on a tape that stands innermost, and whose values are the dual numbers: each line is one of their operations.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dual import Dual
from ..errors import ArgumentError
from ..nested import Level
from ..operators.derivatives import derivative
from ..program.operations import Line, Operand, described, rule_of
from ..program.places import PlacedProgram
from ..running.calling import Function
from ..tape import Tape
from ..tracer import Tracer, entered, handle_on
from .graph import argument_names
from .numbers import epsilon, shown
from .steps import Step, Walk, revived

READ = "what stands at "


class Confusion:
    """The same derivative, with tags and without: ``print`` shows both.

    Attributes:
        with_tags: the derivative, which is right.
        without_tags: what comes of one and the same ε for all.
        steps: the steps of the two calculations.
    """

    def __init__(self, tagged: Calculation, untagged: Calculation) -> None:
        self.tagged, self.untagged = tagged, untagged
        self.with_tags, self.without_tags = tagged.result, untagged.result
        self.derivative = tagged.result
        self.steps = [*tagged.steps, *untagged.steps]

    def __str__(self) -> str:
        head = "with tags: each derivative has an ε of its own"
        other = "without tags: one ε for all"
        confused = self.with_tags != self.without_tags
        end = "the perturbation of one was taken for that of another" if confused else "the same, by luck"
        last = f"{shown(self.with_tags, [])} with tags, {shown(self.without_tags, [])} without: {end}"
        return "\n".join([head, *self.tagged.lines(), "", other, *self.untagged.lines(), "", last])

    __repr__ = __str__

    def last_line(self) -> str:
        """The derivative, right and confused."""
        return str(self).splitlines()[-1]

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


class Calculation:
    """One run on dual numbers, each derivative at a level that ``fresh`` gives."""

    def __init__(self, f: Function, x: Any, fresh: Callable[[], Level]) -> None:
        self.tape = Tape()
        self.tape.tag = sys.maxsize  # innermost: what it records are operations on dual numbers
        self.tape.program = self.program = PlacedProgram()
        self.fresh = fresh
        self.levels: list[Level] = []
        self.entered: dict[int, str] = {}
        self.read: dict[int, Level] = {}
        self.result = plain(self.derivative(lambda v: f(self.derivative, v), x, argument_names(f, 2)[1]))
        self.walk = self._walk()
        self.steps = [Step(self.walk, k) for k in range(len(self.walk.lines))]
        for level in self.levels:
            level.alive = False

    def derivative(self, g: Function, a: Any, name: str | None = None) -> Any:
        """The derivative of a function, as dual numbers give it."""
        level = self.fresh()
        if level not in self.levels:
            self.levels.append(level)
        y = entered(self.tape, Dual(level, a.primal if isinstance(a, Tracer) else float(a), 1.0))
        self.entered[y.slot] = self.name_of(name or argument_names(g, 1)[0])
        out = g(y)
        value = out.primal if isinstance(out, Tracer) else out
        t = value.tangent if isinstance(value, Dual) and value.level is level else 0.0
        slot = self.tape.next_slot()
        self.program += (slot, read_off, out.slot if isinstance(out, Tracer) else None, out, t)
        self.read[slot] = level
        return handle_on(self.tape, slot, t)

    def name_of(self, name: str) -> str:
        """A name that no other variable has."""
        taken = list(self.entered.values())
        return name if name not in taken else f"{name}{1 + sum([t.startswith(name) for t in taken])}"

    def _walk(self) -> Walk:
        columns = self.tape.columns()
        lines, names, inner = [], [], 0
        for slot, (pullback, a, b, value) in enumerate(zip(*columns, strict=True)):
            operation, operands = self.described(slot, pullback, a, b, value)
            if operation == "input":
                names.append(self.entered.get(slot, "constant"))
            else:
                inner += 1
                names.append(f"v{inner}")
            operands = self.with_constants(slot, operands)
            none = tuple([None for _ in operands])
            place, rule = self.program.places.get(slot, ("?", 0)), rule_of(pullback, b)
            lines.append(Line(slot, operation, operands, value, none, place, name=names[-1], rule=rule))
        return Walk(lines, names, self.levels, columns, None)

    def described(self, slot: int, pullback: Any, a: Any, b: Any, value: Any) -> Any:
        """The operation at a slot."""
        if pullback is read_off:
            operand = Operand(a) if a is not None else Operand(None, b)
            return READ + self.epsilon(self.read[slot]) + " in", (operand,)
        return described(pullback, a, b, value)

    def with_constants(self, slot: int, operands: tuple[Operand, ...]) -> tuple[Operand, ...]:
        """Operands with the constants that were not kept."""
        held = self.program.constants.get(slot)
        return (
            operands
            if held is None
            else tuple([o if o.slot is not None else Operand(None, held) for o in operands])
        )

    def epsilon(self, level: Level) -> str:
        """The name of a perturbation."""
        return epsilon(self.levels.index(level) + 1) if len(self.levels) > 1 else "ε"

    def lines(self) -> list[str]:
        """The calculation as text."""
        with revived(self.levels):
            found = [line for step in self.steps for line in self.numbered(step)]
        return found if len(self.levels) > 1 else [line.replace("ε₁", "ε") for line in found]

    def numbered(self, step: Step) -> list[str]:
        """A step without its partials, which are those of any derivative."""
        return [f"{step.slot:>4}  {step.down()[0]}"]


def read_off(*args: Any) -> None:
    """The operation that gives the coefficient of a perturbation; nothing is swept through it."""


def plain(x: Any) -> Any:
    """A result without what it was recorded with."""
    while isinstance(x, (Tracer, Dual)):
        x = x.primal
    return x


def confusion(f: Function, x: Any) -> Confusion:
    """Run a nested derivative with tags and without.

    Args:
        f: ``f(D, x)``, a program that takes derivatives by ``D(function, point)``.
        x: the point, one number.

    Raises:
        ArgumentError: the program takes a derivative by something else than D.
    """
    if np.ndim(x):
        raise ArgumentError(
            "mode='tags' explains a function of one number, f(D, x), and its nested derivative"
        )
    one = Level()
    found = Confusion(Calculation(f, x, Level), Calculation(f, x, lambda: one))
    right = derivative(lambda v: f(derivative, v), float(x))
    if not np.allclose(right, found.with_tags, equal_nan=True):
        raise ArgumentError(
            "mode='tags' wants f(D, x) to take each derivative by D(function, point), and no other way: "
            "lambda D, x: x * D(lambda y: x + y, 1.0)"
        )
    return found
