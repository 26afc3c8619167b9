"""One step of a computation as a lesson shows it: the formula, the numbers put in, and what flows."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..chainrules.formulas import Formula, formula_of, spelled, word
from ..chainrules.statements import Scalar
from ..nested import Level, primal
from ..places import name_of
from ..program.operations import NOT_KEPT, Line, Operand, pulled
from ..values.fields import sympy
from ..values.shapes import is_complex
from .numbers import WIDEST, bar, latex_name, shown, within

TOLD_APART = "\u200b"  # what follows a number that another operand has too; nobody sees it
WRITTEN = {"matmul": "{0} @ {1}"}
WRITTEN_LATEX = {"matmul": r"{0}\,{1}"}


@dataclass(frozen=True)
class Walk:
    """A recorded program as the steps look at it: its lines, names, levels and columns."""

    lines: list[Line]
    names: list[str]
    levels: list[Level]
    columns: Any
    adjoints: list[Any] | None


@contextmanager
def revived(levels: list[Level]) -> Iterator[None]:
    """The levels of a run that is over, as they were while it ran: their numbers are computed with."""
    for level in levels:
        level.alive = True
    try:
        yield
    finally:
        for level in levels:
            level.alive = False


def names_of(lines: list[Line]) -> list[str]:
    """What each value is called: an input by its name, the others v1, v2, ..."""
    names: list[str] = []
    inner = 0
    for line in lines:
        if line.operation != "input":
            inner += 1
        names.append(line.name if line.operation == "input" else f"v{inner}")
    return names


class Step:
    """One operation: ``str`` shows it, and its parts are attributes.

    Attributes:
        name: what its value is called.
        text: the user's line.
        place: file and line.
        value: the value, with what it carries.
        formula: the rule, a ``Formula`` of the names in this program; None for an input.
        cotangent: what comes back to the value; None where nothing does.
    """

    def __init__(self, walk: Walk, slot: int) -> None:
        line = walk.lines[slot]
        self.walk, self.line, self.slot = walk, line, slot
        self.name = walk.names[slot]
        self.text, self.place = line.text, name_of(line.place) if line.operation != "input" else ""
        self.value = line.value
        self.cotangent = None if walk.adjoints is None else walk.adjoints[slot]
        self.formula = self._formula()
        self.given = self._given()

    # -- What is put in ------------------------------------------------------------------------------------

    def _formula(self) -> Formula | None:
        rule = self.line.rule
        if rule is None:
            return None
        if not isinstance(rule, Scalar):
            return formula_of(rule)
        return formula_of(
            rule, [self._symbol(o) for o in self.line.operands], self._symbol(Operand(self.slot))
        )

    def _given(self) -> tuple[Any, ...]:
        """What the cotangent gives to each operand; nothing where none comes back."""
        if self.cotangent is None or isinstance(self.cotangent, tuple):
            return ()
        pullbacks, left, right, values = self.walk.columns
        k, line = self.slot, self.line
        with revived(self.walk.levels):
            return pulled(pullbacks[k], line.operands, left[k], right[k], values, k, self.cotangent)

    def _symbol(self, operand: Operand) -> Any:
        sp = sympy()
        if operand.slot is not None:
            return sp.Symbol(self.walk.names[operand.slot], real=True)
        value = primal(operand.constant)
        if isinstance(value, (int, float, np.number)) and np.isreal(value) and np.isfinite(value):
            return sp.Rational(repr(float(value))) if value != int(value) else sp.Integer(int(value))
        return sp.Symbol(within(shown(value, [])), real=True)

    def operand_name(self, operand: Operand, latex: bool = False) -> str:
        """An operand by its name, or the constant in its place."""
        if operand.slot is None:
            return "..." if operand.constant is NOT_KEPT else shown(operand.constant, [], latex)
        name = self.walk.names[operand.slot]
        return latex_name(name) if latex else name

    def put_in(self, formula: Any, latex: bool = False) -> str:
        """A formula with the numbers in the places of the names, also where two numbers are the same."""
        sp, new = sympy(), {}
        slots = [self.slot, *[o.slot for o in self.line.operands if o.slot is not None]]
        for k, slot in enumerate(dict.fromkeys(slots)):
            text = shown(self.walk.lines[slot].value, self.walk.levels, latex)
            if len(text) <= WIDEST and not is_only_a_kind(text):
                new[sp.Symbol(self.walk.names[slot], real=True)] = sp.Symbol(within(text) + TOLD_APART * k)
        put = formula.xreplace(new)
        if put.is_Symbol:
            name = str(put.name).replace(TOLD_APART, "")
            return name[1:-1] if name.startswith("(") else name
        text = (self.latex_of(put) if latex else spelled(put)).replace(TOLD_APART, "")
        return text if latex else tidy(text)

    def latex_of(self, formula: Any) -> str:
        """A formula in LaTeX, under the names of this program."""
        sp = sympy()
        names = {s: latex_name(s.name) if s.name in self.walk.names else s.name for s in formula.free_symbols}
        return str(sp.latex(formula, symbol_names=names))

    # -- The lines that are shown ----------------------------------------------------------------------------

    def down(self, latex: bool = False) -> list[str]:
        """The value, and then each partial: the formula, the numbers put in, and what they give."""
        value = shown(self.value, self.walk.levels, latex) if self.line.operation != "setitem" else ""
        own = latex_name(self.name) if latex else self.name
        if self.line.operation in ("input", "constant"):
            return [f"{own} = {value}"]
        if self.formula is None or not self.formula.partials:
            lines = [" = ".join([part for part in (own, self.call(latex), value) if part])]
            if self.formula is not None:
                lines.append(self.formula.law[1 if latex else 0])
            return lines
        lines = [self.equation(own, self.formula.value, value, latex)]
        for k, operand in enumerate(self.line.operands):
            if operand.slot is not None and k < len(self.formula.partials):
                lines.append(self.partial(k, operand, latex))
        return lines

    def equation(self, left: str, formula: Any, value: str, latex: bool) -> str:
        """``left = formula = numbers = value``, each once."""
        parts = [
            left,
            self.latex_of(formula) if latex else spelled(formula),
            self.put_in(formula, latex),
            value,
        ]
        return " = ".join(
            [p for k, p in enumerate(parts) if k == 0 or (p and p.strip("()") != parts[k - 1].strip("()"))]
        )

    def partial(self, k: int, operand: Operand, latex: bool = False) -> str:
        """The partial by one operand."""
        x, y = self.operand_name(operand, latex), latex_name(self.name) if latex else self.name
        left = rf"\frac{{\partial {y}}}{{\partial {x}}}" if latex else f"∂{y}/∂{x}"
        found = self.line.partials[k]
        with revived(self.walk.levels):
            found = np.conj(found) if is_complex(found) else found  # what comes back is multiplied by conj(p)
        value = "" if found is None else shown(found, self.walk.levels, latex)
        assert self.formula is not None
        return self.equation(left, self.formula.partials[k], value, latex)

    def call(self, latex: bool = False) -> str:
        """The operation of its operands, where it is no function of numbers."""
        operands, name = self.line.operands, self.line.operation
        parts = [self.operand_name(o, latex) for o in operands]
        if name == "getitem" and len(parts) == 2:
            return f"{parts[0]}[{index_text(operands[1].constant)}]"
        if name == "setitem":
            source = parts[2] if len(parts) > 2 else "a constant"
            return f"{parts[0]} with [{index_text(operands[1].constant)}] replaced by {source}"
        if name == "copy":
            return parts[0]
        if name.endswith(" in"):
            return f"{name} {parts[0]}"
        form = (WRITTEN_LATEX if latex else WRITTEN).get(name)
        if form is not None and len(parts) == 2:
            return form.format(*parts)
        options = list(inspect.signature(self.line.rule.function).parameters) if self.is_linear() else []
        for j, operand in enumerate(operands):
            if operand.slot is None and 0 < j < len(options):
                parts[j] = f"{options[j]}={parts[j]}"
        return f"{word(name) if latex else name}({', '.join(parts)})"

    def is_linear(self) -> bool:
        """Tell whether the operation is linear in its first operand, and the others are options."""
        return getattr(self.line.rule, "kind", "") == "linear" and self.line.rule.positions == (0,)

    def back(self, latex: bool = False) -> list[str]:
        """What comes back to the operands: the cotangent of the value times each partial."""
        lines = []
        for k, part in enumerate(self.given):
            operand = self.line.operands[k]
            if operand.slot is not None:
                x = self.operand_name(operand, latex)
                left = rf"\bar{{{x}}} \mathrel{{+}}= " if latex else f"{bar(x)} += "
                lines.append(left + " = ".join(self.flow(k, part, latex)))
        return lines

    def flow(self, k: int, part: Any, latex: bool) -> list[str]:
        """Cotangent times partial, by name, in numbers, and what comes of it."""
        levels = self.walk.levels
        y = latex_name(self.name) if latex else self.name
        ybar, dot = (rf"\bar{{{y}}}", r" \cdot ") if latex else (bar(y), " · ")
        partial, result = self.line.partials[k], "" if part is None else shown(part, levels, latex)
        x = self.operand_name(self.line.operands[k], latex)
        if self.formula is not None and self.formula.partials and partial is not None:
            ratio = rf"\frac{{\partial {y}}}{{\partial {x}}}" if latex else f"∂{y}/∂{x}"
            if is_complex(partial):
                ratio = rf"\overline{{{ratio}}}" if latex else f"conj({ratio})"
            numbers = dot.join([within(shown(v, levels, latex)) for v in (self.cotangent, partial)])
            products = [f"{ybar}{dot}{ratio}", numbers]
            if is_complex(self.value) and not is_complex(part):  # the operand is real
                real = r"\operatorname{Re}" if latex else "Re"
                products = [f"{real}({text})" for text in products]
            return [*products, result]
        name = word(self.line.operation) + r"^{\top}" if latex else f"{self.line.operation}ᵀ"
        return [f"{name}({ybar})", *([result] if result else [])]

    def cotangent_line(self, latex: bool = False) -> str:
        """The cotangent itself."""
        target = rf"\bar{{{latex_name(self.name)}}}" if latex else bar(self.name)
        return f"{target} = {shown(self.cotangent, self.walk.levels, latex)}"

    def __str__(self) -> str:
        head, *rest = self.down()
        source = f"    {self.place}: {self.text}" if self.text else ""
        return "\n".join([head + source, *rest, *self.back()])

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        rows = r" \\ ".join([row.replace(" = ", " &= ", 1) for row in [*self.down(True), *self.back(True)]])
        return rf"$\begin{{aligned}}{rows}\end{{aligned}}$"


def is_only_a_kind(text: str) -> bool:
    """Tell whether a value is shown by its type and shape, for it has too many elements."""
    return "..." in text or re.search(r"(float|int|complex|bool)\d*\[", text) is not None


def index_text(index: Any) -> str:
    """An index as it is typed."""
    if isinstance(index, tuple):
        return ", ".join(map(index_text, index))
    if isinstance(index, slice):
        ends = ["" if e is None else str(e) for e in (index.start, index.stop)]
        return ":".join([*ends, *([] if index.step is None else [str(index.step)])])
    return (
        {None: "None", Ellipsis: "..."}.get(index, "")
        if index is None or index is Ellipsis
        else shown(index, [])
    )


def tidy(text: str) -> str:
    """Without parentheses within parentheses."""
    return re.sub(r"\(\(([^()]*)\)\)", r"(\1)", text)
