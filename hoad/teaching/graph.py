"""A recorded program as one looks at it: a table with the user's lines, or a drawing.

``trace(f, x)`` runs f once and gives the program that reverse mode would sweep: each line an operation, with
its operands, its value, and its partials, the numbers that a sweep multiplies by.
"""

from __future__ import annotations

import collections
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..adapting.known import bound_for
from ..errors import ArgumentError
from ..nested import Traced
from ..places import shown
from ..program.back import adjoints
from ..program.operations import Line, read_lines
from ..program.places import PlacedProgram
from ..running.calling import Function, check_function
from ..running.points import Point
from ..running.recording import Recording
from ..running.tracebacks import folding
from ..tangents.fit import unit_seed
from ..tape import Tape
from ..values.trees import flatten
from . import drawing
from .on_device import watched

SHOWN = 40  # rows of a long table


HEADINGS = ["slot", "operation", "operands", "value", "partials", "adjoint", "place", "source"]


@dataclass(frozen=True)
class Program:
    """A recorded program: a sequence of ``Line``, which prints as a table and draws itself.

    Example:
        >>> import hoad
        >>> program = hoad.trace(lambda x: 5 * x + 3, 10)
        >>> [line.operation for line in program]
        ['input', 'multiply', 'add']
        >>> program[1].partials, program.value
        ((None, 5.0), 53.0)
    """

    lines: list[Line]
    value: Any
    name: str = field(default="f")
    waits: tuple[str, ...] = ()  # where it waits for a device: what is read, and the user's line

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __getitem__(self, k: int) -> Line:
        return self.lines[k]

    @property
    def operations(self) -> collections.Counter[str]:
        """How often each operation occurs."""
        return collections.Counter(line.operation for line in self.lines)

    def __repr__(self) -> str:
        table = drawing.table(HEADINGS, [line.cells() for line in self.lines], SHOWN)
        return "\n".join([table, *[f"waits for the device: {text}" for text in self.waits]])

    def to_mermaid(self) -> str:
        """The program as a flowchart in Mermaid's language, which many Markdown viewers draw."""
        return drawing.mermaid(self.lines)

    def to_dot(self) -> str:
        """The program in the language of Graphviz."""
        return drawing.dot(self.lines, self.name)

    def to_svg(self) -> str:
        """The program as a drawing.

        Raises:
            MissingDependencyError: the Python package ``graphviz`` or its program ``dot`` is not there.
        """
        return drawing.svg(self.to_dot())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {
            "text/plain": repr(self),
            "text/vnd.mermaid": self.to_mermaid(),
            "text/html": drawing.html_table(HEADINGS, [line.cells() for line in self.lines], SHOWN),
        }
        return {**bundle, "image/svg+xml": self.to_svg()} if drawing.can_draw() else bundle


@folding
def trace(f: Function, *args: Any, **kwargs: Any) -> Program:
    """Run a function and give the program that reverse mode records of it.

    Args:
        f: the function.
        args: its arguments, all of which are inputs of the program.
        kwargs: passed on to f.

    Returns:
        A ``Program``: ``print`` shows a table, ``to_mermaid()``, ``to_dot()`` and ``to_svg()`` draw it, and a
        notebook shows the drawing.

    Raises:
        ArgumentError: there is no argument to trace by.

    Example:
        >>> import numpy as np, hoad
        >>> program = hoad.trace(lambda x, y: np.sin(x) * y, 0.0, 2.0)
        >>> print(program.to_mermaid())
        flowchart TD
            n0(["%0 input x<br>0"])
            n1(["%1 input y<br>2"])
            n2["%2 sin<br>0"]
            n3[["%3 multiply<br>0"]]
            n0 -->|1| n2
            n2 -->|2| n3
            n1 -->|0| n3
    """
    check_function(f, "trace")
    if not args:
        raise ArgumentError("trace(f, x) needs the arguments that the program starts from")
    waits: list[str] = []
    with watched(lambda what, place: waits.append(f"a value {what}, at {shown(place)}")):
        run = recorded(f, args, kwargs)
        cotangents = run.back()
    return Program(run.lines(cotangents), run.value, getattr(f, "__name__", "f"), tuple(waits))


class Run:
    """One run of a function on a tape that knows the user's lines."""

    def __init__(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], point: Point) -> None:
        names = argument_names(f, len(args))
        self.tape = Tape()
        self.program = PlacedProgram()
        self.tape.program = self.program
        with bound_for(f, args, kwargs):
            self.recording = Recording(lambda *a: f(*a, **kwargs), point, tape=self.tape)
        self.columns = self.tape.columns()
        self.value = self.recording.value
        self.labels = leaf_names(args, names, point)
        self.outputs = [
            y.slot if isinstance(y, Traced) and y.level is self.tape else None for y in self.recording.outputs
        ]
        self.tape.release()

    def back(self) -> list[Any] | None:
        """The cotangents of all slots, where the value is one number; else None."""
        if self.recording.structure is not None or np.ndim(self.value) or self.outputs == [None]:
            return None
        values = self.columns[3]
        seeds = {slot: unit_seed(values[slot]) for slot in self.outputs if slot is not None}
        return adjoints(self.columns, seeds, len(self.recording.inputs))

    def lines(self, cotangents: list[Any] | None = None) -> list[Line]:
        """The program as lines."""
        outputs = {slot for slot in self.outputs if slot is not None}
        constants = self.program.constants
        return read_lines(self.columns, self.program.places, outputs, self.labels, constants, cotangents)


def recorded(f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run:
    """A run of a function on plain values."""
    return Run(f, args, kwargs, Point(list(args), argument_names(f, len(args))))


def argument_names(f: Function, n: int) -> list[str]:
    """What the arguments are called."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [named[k] if k < len(named) else f"argument {k}" for k in range(n)]


def leaf_names(args: tuple[Any, ...], names: list[str], point: Point) -> list[str]:
    """What each input is called: its argument, and its place in it."""
    labels = []
    for name, value in zip(names, args, strict=True):
        leaves, structure = flatten(value)
        paths = [()] if structure is None else structure.paths()
        labels += [name + "".join(f"[{entry!r}]" for entry in path) for path in paths[: len(leaves)]]
    return labels if point.plain else [labels[k] for k in point.active]
