"""Sweeps of second order written out: as ``fast/straight.py`` does it for a gradient.

The lines are those of ``written.py``: tangents go down the program, pairs of cotangents and their changes
come back up. An operation that has no lines is swept as ever, by its pair: the function calls that, and looks
at what it gives. The specification is the sweep (``sweep.py``), and that of both the nested levels.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.gathered import Gathered
from ..arrays.mutation import own
from ..chainrules.numpy.indexing import is_basic
from ..chainrules.sums import summed
from ..chainrules.text import Text
from ..fast import shortcuts, straight
from ..fast.branches import as_text
from ..fast.called import look_at
from ..fast.guards import Columns, is_array, is_constant
from ..fast.lines import Named, Sweep
from ..fast.sums import Sums, Unwritten, is_element
from ..nested import NOTING, Cotangent, Slot, Value, Values
from ..tangents.fit import FEW, ONES, fit_tangent
from ..tangents.rows import fit_rows, spread_rows
from ..tape import no_pull, pull_put, pull_same
from ..tracer import pull_rule
from ..values.shapes import REALS
from .changes import Changes, parsed, put, times
from .general import Found as Received
from .general import Kept, push
from .moves import is_linear, pull_linear, push_linear
from .structural import repeated
from .written import OWN

HAND = frozenset(
    {
        no_pull,
        pull_put,
        pull_rule,
        pull_same,
        shortcuts.pull_getitem,
        shortcuts.pull_total,
        shortcuts.pull_matmul,
        shortcuts.pull_matmul_left,
        shortcuts.pull_matmul_right,
    }
)
Found = tuple[list[Any], list[Any]]
Ways = Callable[[bool], list[Any]]  # how each operation is swept, along one direction or along many


def straight_pairs(
    columns: Columns, top: Slot, inputs: int, tangents: list[Any], kept: Kept, g: Cotangent, ways: Ways
) -> Found | None:
    """The gradient and its change, by a function written for this program; None where there is none."""
    n = kept.n
    pullbacks, left, right, values = columns
    if len(pullbacks) > straight.MOST or values[0].__class__ not in straight.PLAIN:
        return None
    key = ("second", n, top, inputs, *pullbacks)
    forms = straight.known(key, pullbacks, is_written)
    for form in forms:
        found: Found | None = form(values, left, right, g, kept, *tangents)
        if found is not None:
            return found
    if forms.__class__ is list and len(forms) < straight.FORMS and not NOTING.get():
        forms.append(
            straight.written(lambda: Pairs(columns, top, inputs, tangents, kept, g, ways).function())
        )
    return None


def is_written(pullback: Any) -> bool:
    """Tell whether the lines of an operation are known."""
    return pullback in HAND or hasattr(pullback, "statement")


def is_double(x: Value) -> bool:
    """Tell whether a value is a double, or an array of such that has axes."""
    return x.__class__ in REALS or is_array(x)


class Pairs(Sweep):
    """Writes the sweep of second order of a program as one function.

    Args:
        columns: the program.
        top: the slot of the output.
        inputs: how many slots are inputs.
        tangents: of the inputs.
        kept: what the sweep keeps, with how many directions there are; None for one without an axis for it.
        g: the cotangent of the output.
        ways: how each operation is swept.
    """

    by_products = False
    is_double = staticmethod(is_double)

    def __init__(
        self,
        columns: Columns,
        top: Slot,
        inputs: int,
        tangents: list[Any],
        kept: Kept,
        g: Cotangent,
        ways: Ways,
    ) -> None:
        super().__init__(columns, {top: g}, inputs)
        n = kept.n
        self.kept, self.ways = kept, ways(n is not None)
        self.rows = () if n is None else (n,)
        self.changes = Sums(self, "q", self.rows)
        self.moving: list[str] = []
        for k, d in enumerate(tangents):
            x = self.values[k]
            if not is_double(x) or not (is_array(d) if self.lead(x) else d.__class__ in REALS):
                raise Unwritten
            self.namespace[f"e{k}"] = d
            self.guards.like(f"e{k}", d)
            self.moving.append(f"e{k}")
        self.given = f", kept, {', '.join(self.moving)}"
        self.namespace |= {
            "kept": kept,
            "_own": own,
            "_pushed": pushed,
            "_pulled": pulled,
            "_Received": Received,
            "_Gathered": Gathered,
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
            if self.pullbacks[i] is pull_put and self.is_cut(i):
                self.pull_cut(i)
                continue
            g, gd = self.cotangents.total(i), self.changes.total(i)
            if g is not None:
                self.pull_pair(i, g, gd)
        parts = [[str(s.total(i)) for i in range(self.inputs)] for s in (self.cotangents, self.changes)]
        return self.compiled(f"([{', '.join(parts[0])}], [{', '.join(parts[1])}])")

    # -- Down ------------------------------------------------------------------------------------------------

    def push(self, i: Slot) -> str:
        """The tangent of a value."""
        pullback, a, b = self.pullbacks[i], self.left[i], self.right[i]
        if is_linear(self, i):
            return push_linear(self, i) or self.push_called(i)
        if self.is_called(i):
            return self.push_called(i)
        if hasattr(pullback, "statement"):
            return self.push_scalar(i, *pullback.statement)
        if pullback is pull_same:
            return self.moving[a]
        if pullback is shortcuts.pull_getitem:
            self.guards.same[0].append(i)
            self.guards.same[1].append(i)
            part = f"{self.moving[a]}[{self.changes.place(b)}]"
            return self.emit(f"_own({part})" if self.pullbacks[a] is pull_put else part)
        if pullback is shortcuts.pull_total:
            return self.summed(self.moving[a])
        x, y = (self.operand(i, k, k in ACTIVE[pullback]) for k in (0, 1))
        terms = []
        if 0 in ACTIVE[pullback]:
            terms.append(f"{self.moving[a]} @ {y}")
        if 1 in ACTIVE[pullback]:
            terms.append(f"{x} @ {self.moving[b]}")
        return self.emit(" + ".join(terms))

    def is_called(self, i: Slot) -> bool:
        """Tell whether an operation is swept by its pair: it has no lines, or none for such values."""
        pullback = self.pullbacks[i]
        if pullback in CALLED or (self.rows and pullback in ACTIVE) or is_by_duals(self.ways[i]):
            return True
        active = active_of(pullback)
        given = [(self.left, self.right)[k][i] for k in (0, 1)]
        values = [self.values[i], *[self.values[given[k]] for k in active]]
        others = [x for k, x in enumerate(given) if k not in active and k < arity_of(pullback)]
        return not all(map(is_double, values)) or not all([x is None or is_constant(x) for x in others])

    def slots(self, i: Slot) -> list[Slot]:
        """The slots of what an operation that is called is of; the function relies on these."""
        pullback, a, b = self.pullbacks[i], self.left[i], self.right[i]
        self.guards.like(f"v{i}", self.values[i])
        if pullback is no_pull:
            return []
        if pullback is pull_put:
            self.guards.same[0].append(i)
            self.guards.lines.append(f"right[{i}][1] != {b[1]}")
            return [a] if b[1] is None else [a, b[1]]
        if pullback is pull_rule:
            self.guards.same[0].append(i)
            self.namespace[f"_rule{i}"] = b[0]
            self.guards.lines.append(f"right[{i}][0] is not _rule{i} or right[{i}][3] != {b[3]}")
            return list(dict.fromkeys(a))
        active = active_of(pullback)
        for k in active:
            self.guards.same[k].append(i)
        return list(dict.fromkeys([(a, b)[k] for k in active]))

    def moved(self, slots: list[Slot]) -> str:
        """The tangents of some values, by their slots."""
        return f"{{{', '.join(f'{slot}: {self.moving[slot]}' for slot in slots)}}}"

    def push_called(self, i: Slot) -> str:
        """The tangent of a value by the pair of its operation, which may write it down for later."""
        d, moved = f"d{i}", self.moved(self.slots(i))
        self.namespace[f"_push{i}"] = self.ways[i][0]
        self.do(f"{d} = _pushed(_push{i}, values, {moved}, kept, {i}, left[{i}], right[{i}])")
        look_at(self, d)
        return d

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
        if is_linear(self, i) and pull_linear(self, i, g, gd):
            return
        if self.is_called(i):
            self.pull_called(i, g, gd)
            return
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

    def pull_called(self, i: Slot, g: str, gd: str | None) -> None:
        """Both by the pair of the operation, which adds to what the slots hold."""
        slots, self.namespace[f"_pull{i}"] = self.slots(i), self.ways[i][1]
        held = [self.held(sums, slots) for sums in (self.cotangents, self.changes)]
        found = self.emit(
            f"_pulled(_pull{i}, {g}, {gd}, values, {self.moved([*slots, i])}, {held[0]}, {held[1]}, "
            f"kept, {i}, left[{i}], right[{i}])"
        )
        for k, sums in enumerate((self.cotangents, self.changes)):
            for n, slot in enumerate(slots):
                t, buffer = self.emit(f"{found}[{k}][{n}]"), self.emit(f"{found}[{k}][{n + len(slots)}]")
                look_at(self, t)
                look_at(self, buffer)
                sums.replace(slot, t, buffer)

    def held(self, sums: Sums, slots: list[Slot]) -> str:
        """What was added to some slots, by their slots."""
        found = []
        for slot in slots:
            if slot in sums.cuts:
                sums.spread_out(slot)
            whole = sums.whole.get(slot)
            if slot in sums.pieces or slot in sums.buffers:
                shape = (*sums.rows, *np.shape(self.values[slot]))
                found.append(f"{slot}: _Gathered({shape}, {whole}, {sums.spill(slot)})")
            elif whole is not None:
                found.append(f"{slot}: {whole}")
        return f"_Received({{{', '.join(found)}}})"

    def is_cut(self, i: Slot) -> bool:
        """Tell whether a write has lines: of doubles, and nothing else came to what was there before."""
        slot, (index, source) = self.left[i], self.right[i]
        plain = all([is_double(self.values[k]) for k in (i, slot, *([] if source is None else [source]))])
        return plain and is_basic(index) and not (self.cotangents.has(slot) or self.changes.has(slot))

    def pull_cut(self, i: Slot) -> None:
        """The lines of a write."""
        self.pull_put(i)
        slot, (index, source) = self.left[i], self.right[i]
        is_number = source is None or self.values[source].__class__ in REALS
        if not self.rows and is_number and is_element(index, self.values[i]):
            t = self.changes.moved(i, slot, index)
        else:
            t = self.changes.cut_out(i, slot, index)
        if t is not None and source is not None:
            self.changes.add(source, self.fitted_change(t, source, True))

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


CALLED = frozenset({no_pull, pull_put, pull_rule})
ACTIVE = {
    shortcuts.pull_matmul: (0, 1),
    shortcuts.pull_matmul_left: (0,),
    shortcuts.pull_matmul_right: (1,),
}


def active_of(pullback: Any) -> tuple[int, ...]:
    """Which operands of an operation are recorded."""
    statement = getattr(pullback, "statement", None)
    found: tuple[int, ...] = ACTIVE.get(pullback, (0,)) if statement is None else statement[2]
    return found


def arity_of(pullback: Any) -> int:
    """How many of the two columns hold operands; what else they hold is no value."""
    if pullback in ACTIVE:
        return 2
    return pullback.statement[0].arity if hasattr(pullback, "statement") else 1


def is_by_duals(way: Any) -> bool:
    """Tell whether an operation is swept on duals: its changes have no text."""
    return getattr(way[0], "func", None) is push


def pushed(way: Any, values: Values, moved: Any, kept: Kept, i: Slot, a: Any, b: Any) -> Any:
    """The tangent of a value, of those of what it is of."""
    way(values, moved, kept, i, a, b)
    return moved[i]


def pulled(
    way: Any, g: Any, gd: Any, values: Values, moved: Any, cotangents: Any, changes: Any, kept: Kept, i: Slot,
    a: Any, b: Any,
) -> list[list[Any]]:  # fmt: skip
    """The cotangents of the operands, and their changes: of each what it is as a whole, and then the elements
    that were collected beside that; None for nothing.
    """
    slots = [slot for slot in moved if slot != i]
    way(g, gd, values, moved, cotangents, changes, kept, i, a, b)
    return [
        [part for parts in zip(*[halves(found[slot]) for slot in slots], strict=True) for part in parts]
        for found in (cotangents, changes)
    ]


def halves(t: Any) -> tuple[Any, Any]:
    """A cotangent as a whole, and the elements that were collected beside it."""
    if t.__class__ is not Gathered:
        return t, None
    return (t.total(), None) if t.pieces or t.buffer is None else (t.rest, t.buffer)
