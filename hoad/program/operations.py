"""A tape read as data: each operation with its operands and its partials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import tape, tracer
from ..arrays.gathered import Gathered, Piece
from ..chainrules.numpy.indexing import getitem
from ..chainrules.numpy.reductions import sum_
from ..custom import modes
from ..fast import shortcuts
from ..nested import Traced, primal
from ..places import Place, name_of, text_of
from ..values.constants import is_elsewhere, library, ones
from ..values.shapes import is_complex, shape_of

NOT_KEPT = Ellipsis
WIDTH = 24  # letters of a value
FEW = 8  # elements of an array that is written out


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
    and for values that are one number; None for constants and for linear maps that are not shown. ``adjoint``
    is the derivative of the program's value by this one, where that is one number; None where there is none.
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
    rule: Any = None
    adjoint: Any = None

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
            "" if self.adjoint is None or isinstance(self.adjoint, tuple) else short(self.adjoint),
            "" if self.operation == "input" else name_of(self.place),
            self.text,
        ]


def short(value: Any) -> str:
    """A value in a few letters."""
    value = primal(value)
    if value is NOT_KEPT:
        return "..."
    if is_elsewhere(value):
        return copied(value)
    if isinstance(value, np.ndarray):
        text = text_of_elements(value)
        return text if len(text) <= WIDTH else f"{value.dtype}{list(value.shape)}"
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.6g}"
    text = repr(value)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."


def text_of_elements(value: np.ndarray) -> str:
    """The elements of an array, or the first and the last."""
    text: str = np.array2string(value, precision=4, separator=" ", threshold=FEW)
    return text.replace("\n", "")


def copied(value: Any) -> str:
    """An array that lies on a device: the elements, if they are few, which are copied for it."""
    backend = library(value)
    if value.size <= FEW and not backend.lazy:
        text = text_of_elements(backend.to_numpy(value))
        if len(text) <= WIDTH:
            return f"{text}, copied"
    return f"{value.dtype}{list(value.shape)} on a device"


# ------------------------------------------------------------------------------------------------------------
# Reading a tape
# ------------------------------------------------------------------------------------------------------------


def read_lines(
    columns: Any,
    places: dict[int, Place],
    outputs: set[int],
    names: list[str],
    constants: dict[int, Any] | None = None,
    adjoints: list[Any] | None = None,
) -> list[Line]:
    """The lines of a program."""
    pullbacks, left, right, values = columns
    found = [described(*entry) for entry in zip(pullbacks, left, right, values, strict=True)]
    found = [with_constant(entry, (constants or {}).get(slot)) for slot, entry in enumerate(found)]
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
            rule_of(pullbacks[slot], right[slot]),
            None if adjoints is None else adjoints[slot],
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
    if pullback is modes.pull_call:
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


def with_constant(entry: tuple[str, tuple[Operand, ...]], constant: Any) -> Any:
    """An operation with the constant that its pullback has no use for."""
    name, operands = entry
    if constant is None:
        return entry
    return name, tuple([Operand(None, constant) if o.constant is NOT_KEPT else o for o in operands])


def rule_of(pullback: Any, kept: Any) -> Any:
    """The rule that an operation goes by; None for a copy or a write."""
    if pullback is tracer.pull_rule:
        return kept[0]
    if pullback is modes.pull_call:
        return kept[-1]
    return RULE.get(pullback) or getattr(pullback, "statement", (None,))[0]


RULE: dict[Any, Any] = {
    shortcuts.pull_getitem: getitem,
    shortcuts.pull_total: sum_,
    shortcuts.pull_matmul: shortcuts.general_matmul,
    shortcuts.pull_matmul_left: shortcuts.general_matmul,
    shortcuts.pull_matmul_right: shortcuts.general_matmul,
}
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
    """The partials of an operation: what its pullback makes of a cotangent of ones; to a real operand of a
    complex value only the real part comes back of that, and of a cotangent of ``1j`` the imaginary part.
    """
    value = values[slot]
    elementwise = hasattr(pullback, "operation") or (pullback is tracer.pull_rule and b[0].kind == "scalar")
    if isinstance(value, tuple) or not (elementwise or np.ndim(value) == 0):
        return tuple([None for _ in operands])
    one = ones(shape_of(value), like=value)[()]
    found = pulled(pullback, operands, a, b, values, slot, one)
    real = [o.slot is not None and not is_complex(values[o.slot]) for o in operands]
    if not is_complex(value) or not any(real):
        return found
    turned = pulled(pullback, operands, a, b, values, slot, 1j * one)
    return tuple([with_part(p, q) if r else p for p, q, r in zip(found, turned, real, strict=True)])


def with_part(p: Any, q: Any) -> Any:
    """``p - 1j * q``, real where q is 0."""
    return p if p is None or (not isinstance(q, Traced) and not np.any(q)) else p - 1j * q


def pulled(
    pullback: Any, operands: Any, a: Any, b: Any, values: list[Any], slot: int, g: Any
) -> tuple[Any, ...]:
    """What a pullback makes of a cotangent, for each operand; None for what it does not tell."""
    if pullback in (tape.no_pull, tape.pull_put, tracer.pull_component, modes.pull_call):
        return tuple([None for _ in operands])
    slots = [o.slot for o in operands if o.slot is not None]
    local = [values[s] for s in slots] + [values[slot]]  # an operand that stands twice has two
    cotangents: list[Any] = [None] * len(local)
    places = iter(range(len(slots)))
    if pullback is tracer.pull_rule:
        a = list(range(len(slots)))
    else:
        a, b = [next(places) if o.slot is not None else x for o, x in zip_longest_pair(operands, (a, b))]
    with np.errstate(all="ignore"):
        pullback(g, local, cotangents, len(slots), a, b)
    found = iter([whole(c) for c in cotangents])
    return tuple([next(found) if o.slot is not None else None for o in operands])


def zip_longest_pair(operands: Any, pair: tuple[Any, Any]) -> list[tuple[Operand, Any]]:
    """The two entries of an operation beside its operands, of which there may be one."""
    return [(operands[k] if k < len(operands) else Operand(None), x) for k, x in enumerate(pair)]


def whole(cotangent: Any) -> Any:
    """A cotangent as an array; zero where there is none."""
    if isinstance(cotangent, (Gathered, Piece)):
        return cotangent.total() if isinstance(cotangent, Gathered) else cotangent.g
    value = 0.0 if cotangent is None else cotangent
    return value.item() if isinstance(value, np.generic) else value
