"""Sweeps of second order written out: as ``fast/straight.py`` does it for a gradient.

The lines are those of ``written.py``: tangents go down the program, pairs of cotangents and their changes
come back up. The specification is the sweep (``sweep.py``), and that of both the nested levels.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from ..chainrules.sums import summed
from ..chainrules.text import Text
from ..fast import shortcuts, straight
from ..fast.branches import as_text
from ..fast.guards import Columns, is_array
from ..fast.lines import Named, Sweep
from ..fast.sums import Sums, Unwritten
from ..nested import NOTING, Cotangent, Slot, Value
from ..tangents.fit import FEW, ONES, fit_tangent
from ..tape import no_pull, pull_same
from ..values.shapes import REALS
from .changes import Changes, parsed, put, times
from .rows import fit_rows, spread_rows
from .structural import repeated
from .written import OWN

HAND = frozenset(
    {
        no_pull,
        pull_same,
        shortcuts.pull_getitem,
        shortcuts.pull_total,
        shortcuts.pull_matmul,
        shortcuts.pull_matmul_left,
        shortcuts.pull_matmul_right,
    }
)
Found = tuple[list[Any], list[Any]]


def straight_pairs(
    columns: Columns, top: Slot, inputs: int, tangents: list[Any], n: int | None, g: Cotangent
) -> Found | None:
    """The gradient and its change, by a function written for this program; None where there is none."""
    pullbacks, left, right, values = columns
    if len(pullbacks) > straight.MOST or values[0].__class__ not in straight.PLAIN:
        return None
    key = ("second", n, top, inputs, *pullbacks)
    forms = straight.known(key, pullbacks, is_written)
    for form in forms:
        found: Found | None = form(values, left, right, g, *tangents)
        if found is not None:
            return found
    if forms.__class__ is list and len(forms) < straight.FORMS and not NOTING.get():
        forms.append(straight.written(lambda: Pairs(columns, top, inputs, tangents, n, g).function()))
    return None


def is_written(pullback: Any) -> bool:
    """Tell whether the lines of an operation are known."""
    return pullback in HAND or hasattr(pullback, "statement")


class Pairs(Sweep):
    """Writes the sweep of second order of a program as one function.

    Args:
        columns: the program.
        top: the slot of the output.
        inputs: how many slots are inputs.
        tangents: of the inputs.
        n: how many directions there are; None for one without an axis for it.
        g: the cotangent of the output.
    """

    by_products = False
    takes_all = False

    def __init__(
        self, columns: Columns, top: Slot, inputs: int, tangents: list[Any], n: int | None, g: Cotangent
    ) -> None:
        super().__init__(columns, {top: g}, inputs)
        self.rows = () if n is None else (n,)
        self.changes = Sums(self, "q", self.rows)
        self.moving: list[str] = []
        for k, d in enumerate(tangents):
            if not (is_array(d) if self.lead(self.values[k]) else d.__class__ in REALS):
                raise Unwritten
            self.namespace[f"e{k}"] = d
            self.guards.like(f"e{k}", d)
            self.moving.append(f"e{k}")
        self.given = f", {', '.join(self.moving)}"
        self.namespace |= {
            "_repeated": repeated,
            "_spread": fit_tangent if n is None else spread_rows,
            "_fit_rows": fit_rows,
        }

    def lead(self, x: Value) -> tuple[int, ...]:
        """The shape of changes of a value."""
        return (*self.rows, *np.shape(x))

    def function(self) -> Any:
        """The function, of the values, the operands, the cotangent of the output and the tangents."""
        for i in range(self.inputs):
            self.guards.like(f"v{i}", self.values[i])
        for i in range(self.inputs, self.top + 1):
            self.moving.append(self.push(i))
        for i in range(self.top, self.inputs - 1, -1):
            g, gd = self.cotangents.total(i), self.changes.total(i)
            if g is not None:
                self.pull_pair(i, g, gd)
        parts = [[str(s.total(i)) for i in range(self.inputs)] for s in (self.cotangents, self.changes)]
        return self.compiled(f"([{', '.join(parts[0])}], [{', '.join(parts[1])}])")

    # -- Down ------------------------------------------------------------------------------------------------

    def push(self, i: Slot) -> str:
        """The tangent of a value."""
        pullback, a, b = self.pullbacks[i], self.left[i], self.right[i]
        if hasattr(pullback, "statement"):
            return self.push_scalar(i, *pullback.statement)
        if pullback is pull_same:
            return self.moving[a]
        if pullback is shortcuts.pull_getitem:
            return self.emit(f"{self.moving[a]}[{self.changes.place(b)}]")
        if pullback is shortcuts.pull_total:
            return self.summed(self.moving[a])
        if pullback is no_pull or self.rows:
            raise Unwritten
        x, y = (self.operand(i, k, k in ACTIVE[pullback]) for k in (0, 1))
        terms = []
        if 0 in ACTIVE[pullback]:
            terms.append(f"{self.moving[a]} @ {y}")
        if 1 in ACTIVE[pullback]:
            terms.append(f"{x} @ {self.moving[b]}")
        return self.emit(" + ".join(terms))

    def summed(self, d: str) -> str:
        """The sum of a tangent over all axes of its value."""
        if not self.rows:
            return self.emit(f"np.add.reduce({d}, axis=None)")
        return self.fitted_rows(d, 0.0, "0.0")

    def push_scalar(self, i: Slot, rule: Any, text: Text, active: tuple[int, ...]) -> str:
        """The tangent of the value of a scalar rule."""
        meaning, out = self.meaning(i, text, active), self.values[i]
        terms = []
        for k in active:
            if text.terms[k] != "0":
                terms.append(self.applied(text, k, f"_d{k}"))
        if terms:
            named = Named(self, meaning, text.namespace)
            t, steady = self.emit(ast.unparse(named.visit(summed(terms)))), named.steady
        else:
            t, steady = self.emit(f"0.0 * {self.moving[(self.left, self.right)[active[0]][i]]}"), True
        if steady and np.shape(self.value(t)) == self.lead(out):
            return t
        return self.emit(f"_spread({t}, v{i})")

    def applied(self, text: Text, k: int, d: str) -> Any:
        """Partial ``k``, applied to a change of that name."""
        return self.along(text, parsed(text.terms[k]), d)

    def meaning(self, i: Slot, text: Text, active: tuple[int, ...]) -> dict[str, str]:
        """What the names of a rule stand for, and those of changes."""
        found = {"out": f"v{i}"}
        for k, name in enumerate(text.names):
            found[name] = self.operand(i, k, k in active)
            if k in active:
                found[f"_d{k}"] = self.lifted(self.moving[(self.left, self.right)[k][i]], self.values[i])
        return found

    def lifted(self, d: str, out: Value) -> str:
        """The tangent of an operand beside a value of more axes than that has."""
        x = self.value(d)
        missing = np.ndim(out) + 1 - np.ndim(x)
        if not self.rows or out.__class__ in REALS or missing <= 0:
            return d
        return self.known(f"{d}.reshape({(x.shape[0], *(1,) * missing, *x.shape[1:])})")

    # -- Up --------------------------------------------------------------------------------------------------

    def pull_pair(self, i: Slot, g: str, gd: str | None) -> None:
        """The lines of one operation: of the cotangent, and of what that changes by."""
        self.pull(i, g)
        pullback, a, b = self.pullbacks[i], self.left[i], self.right[i]
        if hasattr(pullback, "statement"):
            self.pull_change(i, g, gd, *pullback.statement[1:])
        elif pullback in ACTIVE:
            self.pull_product(i, g, gd, ACTIVE[pullback])
        elif gd is None:
            return
        elif pullback is pull_same:
            self.changes.add(a, gd)
        elif pullback is shortcuts.pull_getitem:
            self.changes.add_piece(a, int(b) if b.__class__ is np.int64 else b, gd)
        else:
            shape = self.lead(self.values[a])
            if self.rows:
                t = self.emit(f"_repeated({gd}, {shape})")
            else:
                t = self.emit(f"_empty({shape})")
                self.do(f"{t}.fill({gd})")
            self.changes.add(a, t)

    def pull_change(self, i: Slot, g: str, gd: str | None, text: Text, active: tuple[int, ...]) -> None:
        """What each argument's cotangent changes by, of a scalar rule."""
        meaning = self.meaning(i, text, active) | {"g": g, "_do": self.moving[i]}
        dots = {text.names[k]: f"_d{k}" for k in active} | {"out": "_do"}
        for k in active:
            if text.terms[k] == "0":
                continue
            namespace = {**text.namespace}
            names = OWN | {*text.names, *dots.values(), "_d", "gd"}
            change = Changes(dots, namespace, names).of(parsed(text.terms[k]))
            terms = [] if change is None else [self.along(text, change, "g")]
            if gd is not None:
                terms.append(self.applied(text, k, "gd"))
            if not terms:
                continue
            named = Named(self, meaning | ({} if gd is None else {"gd": gd}), namespace)
            t = self.emit(ast.unparse(named.visit(summed(terms))))
            slot = (self.left, self.right)[k][i]
            self.changes.add(slot, self.fitted_change(t, slot, named.steady))

    def along(self, text: Text, p: ast.expr, d: str) -> Any:
        """A partial, or the change of one, applied to a change of that name."""
        return put(p, {"_d": ast.Name(d)}) if text.applied else times(p, ast.Name(d))

    def fitted_change(self, t: str, slot: Slot, steady: bool) -> str:
        """The change of a cotangent in the shape of its value."""
        if self.rows:
            return self.fitted_rows(t, self.values[slot], f"v{slot}", steady)
        return self.fitted(t, slot, steady)

    def fitted_rows(self, t: str, x: Value, name: str, steady: bool = True) -> str:
        """The same of many."""
        found = self.value(t)
        if steady and found.shape == self.lead(x):
            return t
        if steady and x.__class__ in REALS and found.ndim == 2 and found.shape[1] <= FEW:
            ones = f"_ones{found.shape[1]}"
            self.namespace[ones] = ONES[: found.shape[1]]
            return self.emit(f"{t}.dot({ones})")
        return self.emit(f"_fit_rows({t}, {name})")

    def pull_product(self, i: Slot, g: str, gd: str | None, active: tuple[int, ...]) -> None:
        """What each factor's cotangent changes by, of a matrix product of one direction."""
        x, y = (self.operand(i, k, k in active) for k in (0, 1))
        slots = self.left[i], self.right[i]
        for k in active:
            form = (shortcuts.matmul_left, shortcuts.matmul_right)[k]
            shapes = [self.value(name) for name in (g, x, y)]
            terms = [] if gd is None else [as_text(form, [gd, x, y], shapes)]
            if len(active) == 2:
                moved = [self.moving[slots[j]] if j != k else (x, y)[j] for j in (0, 1)]
                terms.append(as_text(form, [g, *moved], shapes))
            for term in terms:
                self.changes.add(slots[k], self.fitted(self.emit(term), slots[k], True))


ACTIVE = {
    shortcuts.pull_matmul: (0, 1),
    shortcuts.pull_matmul_left: (0,),
    shortcuts.pull_matmul_right: (1,),
}
