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

from . import drawing, shortcuts, tape, tracer, transposition
from .calling import Function, check_function
from .errors import ArgumentError
from .nested import Traced, primal
from .places import Place, PlacedProgram, name_of, text_of
from .points import Point
from .recording import Recording
from .tape import Gathered, Piece, Tape
from .trees import flatten

NOT_KEPT = Ellipsis
SHOWN = 40  # rows of a long table
WIDTH = 24  # letters of a value


@dataclass(frozen=True)
class Operand:
    """What an operation reads: a slot of the program, or a constant."""

    slot: int | None
    constant: Any = None

    def __str__(self) -> str:
        return f"%{self.slot}" if self.slot is not None else short(self.constant)


@dataclass(frozen=True)
class Line:
    """One operation of a program.

    ``partials`` has an entry for each operand: the derivative of the value by it, for elementwise functions
    and for values that are one number; None for constants and for linear maps that are not shown.
    """

    slot: int
    operation: str
    operands: tuple[Operand, ...]
    value: Any
    partials: tuple[Any, ...]
    place: Place
    used: bool = True
    output: bool = False
    name: str = ""

    @property
    def text(self) -> str:
        """The user's line of source."""
        return text_of(self.place) if self.operation != "input" else ""

    def cells(self) -> list[str]:
        """The line as a row of a table."""
        marks = " (output)" if self.output else "" if self.used else " (unused)"
        what = f"input {self.name}" if self.operation == "input" else self.operation
        return [
            f"%{self.slot}",
            what + marks,
            ", ".join(map(str, self.operands)),
            "-" if self.operation == "setitem" else short(self.value),
            ", ".join("-" if p is None else short(p) for p in self.partials),
            "" if self.operation == "input" else name_of(self.place),
            self.text,
        ]


HEADINGS = ["slot", "operation", "operands", "value", "partials", "place", "source"]


def short(value: Any) -> str:
    """A value in a few letters."""
    value = primal(value)
    if value is NOT_KEPT:
        return "..."
    if isinstance(value, np.ndarray):
        text = np.array2string(value, precision=4, separator=" ", threshold=8).replace("\n", "")
        return text if len(text) <= WIDTH else f"{value.dtype}{list(value.shape)}"
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.6g}"
    text = repr(value)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."


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
        return drawing.table(HEADINGS, [line.cells() for line in self.lines], SHOWN)

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
    check_function(f)
    if not args:
        raise ArgumentError("trace(f, x) needs the arguments that the program starts from")
    names = argument_names(f, len(args))
    program, recorded = PlacedProgram(), Tape()
    recorded.program = program
    recording = Recording(lambda *a: f(*a, **kwargs), Point(list(args), names), tape=recorded)
    columns = recorded.columns()
    outputs = {y.slot for y in recording.outputs if isinstance(y, Traced) and y.level is recorded}
    labels = leaf_names(args, names, recording.point)
    lines = read_lines(columns, program.places, outputs, labels)
    value, function_name = recording.value, getattr(f, "__name__", "f")
    recorded.release()
    return Program(lines, value, function_name)


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


# ------------------------------------------------------------------------------------------------------------
# Reading a tape
# ------------------------------------------------------------------------------------------------------------


def read_lines(columns: Any, places: dict[int, Place], outputs: set[int], names: list[str]) -> list[Line]:
    """The lines of a program."""
    pullbacks, left, right, values = columns
    found = [described(*entry) for entry in zip(pullbacks, left, right, values, strict=True)]
    used = reached([operands for _, operands in found], outputs)
    return [
        Line(
            slot,
            "constant" if operation == "input" and slot >= len(names) else operation,
            operands,
            values[slot],
            partials_of(pullbacks[slot], operands, left[slot], right[slot], values, slot),
            places.get(slot, ("?", 0)),
            used[slot],
            slot in outputs,
            names[slot] if slot < len(names) else "",
        )
        for slot, (operation, operands) in enumerate(found)
    ]


def described(pullback: Any, a: Any, b: Any, value: Any) -> tuple[str, tuple[Operand, ...]]:
    """The name of an operation and its operands."""

    def slot(number: int) -> Operand:
        return Operand(number)

    def constant(value: Any) -> Operand:
        return Operand(None, value)

    if pullback is tape.no_pull:
        return ("input", ())
    if pullback is tracer.pull_rule:
        rule, args, _, active = b
        slots = dict(zip(active, a, strict=True))
        return rule.name, tuple([slot(slots[k]) if k in slots else constant(c) for k, c in enumerate(args)])
    if pullback is transposition.pull_call:
        return b[-1].name, tuple(map(slot, a))
    if pullback is tracer.pull_component:
        return f"part {b[0]}", (slot(a),)
    if pullback is tape.pull_put:
        return "setitem", (slot(a), constant(b[0]), *([] if b[1] is None else [slot(b[1])]))
    name, form = NAMES.get(pullback) or (pullback.operation, FORMS[pullback.__name__])
    parts = zip(form, (a, b), strict=False)  # what the sweep does not need of a constant is not kept
    return name, tuple(
        [slot(x) if kind == "s" else constant(NOT_KEPT if x is None else x) for kind, x in parts]
    )


NAMES: dict[Any, tuple[str, str]] = {
    tape.pull_same: ("copy", "s"),
    shortcuts.pull_getitem: ("getitem", "sc"),
    shortcuts.pull_total: ("sum", "s"),
    shortcuts.pull_matmul: ("matmul", "ss"),
    shortcuts.pull_matmul_left: ("matmul", "sc"),
    shortcuts.pull_matmul_right: ("matmul", "cs"),
}
FORMS = {"_pullback": "s", "_pullback_both": "ss", "_pullback_first": "sc", "_pullback_second": "cs"}


def reached(operands: list[tuple[Operand, ...]], outputs: set[int]) -> list[bool]:
    """Which slots the outputs depend on."""
    used = [k in outputs for k in range(len(operands))]
    for k in range(len(operands) - 1, -1, -1):
        if used[k]:
            for operand in operands[k]:
                if operand.slot is not None:
                    used[operand.slot] = True
    return used


def partials_of(
    pullback: Any, operands: Any, a: Any, b: Any, values: list[Any], slot: int
) -> tuple[Any, ...]:
    """The partials of an operation: what its pullback makes of a cotangent of ones."""
    value = values[slot]
    elementwise = hasattr(pullback, "operation") or (pullback is tracer.pull_rule and b[0].kind == "scalar")
    if pullback is tape.no_pull or isinstance(value, tuple) or not (elementwise or np.ndim(value) == 0):
        return tuple([None for _ in operands])
    if pullback in (tape.pull_put, tracer.pull_component, transposition.pull_call):
        return tuple([None for _ in operands])
    slots = [o.slot for o in operands if o.slot is not None]
    local = [values[s] for s in slots] + [value]  # so that an operand that stands twice has two partials
    cotangents: list[Any] = [None] * len(local)
    places = iter(range(len(slots)))
    if pullback is tracer.pull_rule:
        a = list(range(len(slots)))
    else:
        a, b = [next(places) if o.slot is not None else x for o, x in zip_longest_pair(operands, (a, b))]
    with np.errstate(all="ignore"):
        pullback(np.ones(np.shape(value))[()], local, cotangents, len(slots), a, b)
    found = iter([whole(c) for c in cotangents])
    return tuple([next(found) if o.slot is not None else None for o in operands])


def zip_longest_pair(operands: Any, pair: tuple[Any, Any]) -> list[tuple[Operand, Any]]:
    """The two entries of an operation beside its operands, of which there may be one."""
    return [(operands[k] if k < len(operands) else Operand(None), x) for k, x in enumerate(pair)]


def whole(cotangent: Any) -> Any:
    """A cotangent as an array; zero where there is none."""
    if isinstance(cotangent, (Gathered, Piece)):
        return cotangent.total() if isinstance(cotangent, Gathered) else cotangent.g
    value = 0.0 if cotangent is None else primal(cotangent)
    return value.item() if isinstance(value, np.generic) else value
