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

from ..arrays.mutation import own
from ..chainrules.numpy.indexing import is_place
from ..chainrules.parsing import parsed_expression
from ..chainrules.sums import summed
from ..chainrules.text import Text
from ..fast import shortcuts, straight
from ..fast.called import look_at
from ..fast.guards import Columns, is_array, is_constant
from ..fast.lines import Sweep
from ..fast.named import Named
from ..fast.sums import Sums, Unwritten
from ..nested import NOTING, Cotangent, Slot, Value
from ..tangents.fit import FEW, ONES, fit_tangent
from ..tangents.rows import fit_rows, spread_rows
from ..tape import no_pull, pull_put, pull_same
from ..tracer import pull_rule
from ..values.shapes import DOUBLE, REALS
from .called import ACTIVE, active_of, pull_called, push_called
from .changes import Changes, put, times
from .filled import WRITES, is_cut, is_filled, pull_cut, push_filled
from .general import Kept, push, slots_in
from .moves import is_linear, pull_linear, push_linear
from .products import product_of, pull_product, push_product
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
Found = tuple[list[Any], list[list[Any]]]  # the gradient, and its changes along each of the directions
Ways = Callable[[bool], list[Any]]  # how each operation is swept, along one direction or along many


def straight_pairs(
    columns: Columns, top: Slot, inputs: int, each: list[list[Any]], kept: Kept, g: Cotangent, ways: Ways
) -> Found | None:
    """The gradient and its changes, by a function written for this program; None where there is none.

    Args:
        columns: the program.
        top: the slot of the output.
        inputs: how many slots are inputs.
        each: the tangents of the inputs along a direction, of one or of several; or along many, with an axis
            for them.
        kept: what the sweep keeps.
        g: the cotangent of the output.
        ways: how each operation is swept.
    """
    pullbacks, left, right, values = columns
    if len(pullbacks) * len(each) > straight.MOST or values[0].__class__ not in straight.PLAIN:
        return None
    key = ("second", kept.n, len(each), top, inputs, *pullbacks)
    forms = straight.known(key, pullbacks, is_written)
    tangents = [d for direction in each for d in direction]
    for form in forms:
        found: Found | None = form(values, left, right, g, kept, *tangents)
        if found is not None:
            return found
    if forms.__class__ is list and len(forms) < straight.FORMS and not NOTING.get():
        forms.append(straight.written(lambda: Pairs(columns, top, inputs, each, kept, g, ways).function()))
    return None


def is_written(pullback: Any) -> bool:
    """Tell whether the lines of an operation are known."""
    return pullback in HAND or hasattr(pullback, "statement")


def is_double(x: Value) -> bool:
    """Tell whether a value is a double, or an array of such that has axes."""
    return x.__class__ in REALS or is_array(x)


class Track:
    """What belongs to one direction, or to many along one axis.

    Args:
        moving: the names of tangents, by slot.
        changes: what cotangents change by.
    """

    def __init__(self, moving: list[str], changes: Sums) -> None:
        self.moving, self.changes = moving, changes


class Pairs(Sweep):
    """Writes the sweep of second order of a program as one function.

    Args:
        columns: the program.
        top: the slot of the output.
        inputs: how many slots are inputs.
        each: the tangents of the inputs, along each direction.
        kept: what the sweep keeps, with how many directions lie along one axis; None where none do.
        g: the cotangent of the output.
        ways: how each operation is swept.
    """

    by_products = False

    def __init__(
        self,
        columns: Columns,
        top: Slot,
        inputs: int,
        each: list[list[Any]],
        kept: Kept,
        g: Cotangent,
        ways: Ways,
    ) -> None:
        super().__init__(columns, {top: g}, inputs)
        n = kept.n
        self.kept, self.ways = kept, ways(n is not None)
        self.rows = () if n is None else (n,)
        self.tracks = [
            Track(self.entered(tangents, m * inputs), Sums(self, f"q{m}_", self.rows))
            for m, tangents in enumerate(each)
        ]
        self.follow(self.tracks[0])
        self.given = f", kept, {', '.join([name for track in self.tracks for name in track.moving])}"
        self.namespace |= {
            "kept": kept,
            "_own": own,
            "_repeated": repeated,
            "_spread": fit_tangent if n is None else spread_rows,
            "_fit_rows": fit_rows,
        }

    def is_double(self, x: Value) -> bool:
        """Tell whether a value is a double, or an array of such: with axes, unless its tangent has one."""
        without_axes = x.__class__ is np.ndarray and x.dtype is DOUBLE and not x.shape
        return is_double(x) or (without_axes and bool(self.rows))

    def entered(self, tangents: list[Any], first: int) -> list[str]:
        """The names of the tangents of the inputs."""
        names = [f"e{k}" for k in range(first, first + len(tangents))]
        for x, d, name in zip(self.values, tangents, names, strict=False):
            if not is_double(x) or not (is_array(d) if self.lead(x) else d.__class__ in REALS):
                raise Unwritten
            self.namespace[name] = d
            self.guards.like(name, d)
        return names

    def follow(self, track: Track) -> None:
        """Let the lines that come be those of a direction."""
        self.moving, self.changes = track.moving, track.changes

    def lead(self, x: Value) -> tuple[int, ...]:
        """The shape of changes of a value."""
        return (*self.rows, *np.shape(x))

    def function(self) -> Any:
        """The function, of the values, the operands, the cotangent of the output and the tangents."""
        for i in range(self.inputs):
            self.guards.like(f"v{i}", self.values[i])
        needed = self.needed()
        for i in range(self.inputs, self.top + 1):
            for track in self.tracks:
                self.follow(track)
                track.moving.append(self.push(i) if i in needed else "None")
        for i in range(self.top, self.inputs - 1, -1):
            if self.pullbacks[i] is pull_put and is_cut(self, i):
                pull_cut(self, i)
                continue
            g, changes = self.cotangents.total(i), [track.changes.total(i) for track in self.tracks]
            if g is not None:
                self.pull_pair(i, g, changes)
        parts = [self.totals(sums) for sums in (self.cotangents, *[track.changes for track in self.tracks])]
        return self.compiled(f"({parts[0]}, [{', '.join(parts[1:])}])")

    def totals(self, sums: Sums) -> str:
        """What all inputs received."""
        return f"[{', '.join([str(sums.total(i)) for i in range(self.inputs)])}]"

    def needed(self) -> set[Slot]:
        """The slots that the output depends on, and perhaps some more: of others nobody asks a tangent."""
        found = {self.top}
        for i in range(self.top, self.inputs - 1, -1):
            if i in found:
                found.update(slots_in(self.left[i]), slots_in(self.right[i]))
        return found

    # -- Down ------------------------------------------------------------------------------------------------

    def push(self, i: Slot) -> str:
        """The tangent of a value."""
        pullback, a, b = self.pullbacks[i], self.left[i], self.right[i]
        if is_linear(self, i):
            return push_linear(self, i) or push_called(self, i)
        if product := product_of(self, i):
            return push_product(self, i, product) or push_called(self, i)
        if pullback in WRITES and is_filled(self, i):
            return push_filled(self, i)
        if self.is_called(i):
            return push_called(self, i)
        if hasattr(pullback, "statement"):
            return self.push_scalar(i, *pullback.statement)
        if pullback is pull_same:
            return self.moving[a]
        if pullback is shortcuts.pull_getitem:
            return self.reading(a, b)
        return self.summed(self.moving[a])

    def is_called(self, i: Slot) -> bool:
        """Tell whether an operation is swept by its pair: it has no lines, or none for such values."""
        pullback = self.pullbacks[i]
        if pullback in CALLED or pullback in ACTIVE or is_by_duals(self.ways[i]):
            return True
        active = active_of(pullback)
        given = [(self.left, self.right)[k][i] for k in (0, 1)]
        values = [self.values[i], *[self.values[given[k]] for k in active]]
        others = [x for k, x in enumerate(given) if k not in active and k < arity_of(pullback)]
        return not all(map(self.is_double, values)) or not all([x is None or is_constant(x) for x in others])

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
        return t if self.is_whole(t, out, steady) else self.emit(f"_spread({t}, v{i})")

    def is_whole(self, t: str, x: Value, steady: bool) -> bool:
        """Tell whether a change has the shape of its value; if nothing tells that it always does, a line
        looks.
        """
        found = self.value(t)
        if np.shape(found) != self.lead(x):
            return False
        if not steady:
            look_at(self, t)
        return steady or is_double(found)

    def reading(self, a: Slot, index: Any) -> str:
        """The tangent of a part of a value; what is still written to is copied."""
        d, is_written_to = self.moving[a], self.pullbacks[a] is pull_put
        if not self.rows and index.__class__ is int and not is_written_to and self.value(d).ndim == 1:
            return self.emit(f"{self.known(f'{d}.tolist()')}[{index}]")
        place = self.changes.place(index)
        if not self.rows and is_place(index, self.value(d).ndim):
            return self.emit(f"{d}.item({place})")
        t = self.emit(f"{d}[{place}]")
        return self.emit(f"{t}.copy()") if is_written_to and self.value(t).__class__ is np.ndarray else t

    def applied(self, text: Text, k: int, d: str) -> Any:
        """Partial ``k``, applied to a change of that name."""
        return self.along(text, parsed_expression(text.terms[k]), d)

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

    def pull_pair(self, i: Slot, g: str, changes: list[str | None]) -> None:
        """The lines of one operation: of the cotangent, and of what that changes by along each direction."""
        linear, product = is_linear(self, i), product_of(self, i)
        scalar = not (linear or product or self.is_called(i))
        if scalar:
            self.pull(i, g)
        for track, gd in zip(self.tracks, changes, strict=True):
            self.follow(track)
            first = track is self.tracks[0]
            if scalar:
                self.pull_changes(i, g, gd)
            elif linear and pull_linear(self, i, g, gd, first):
                continue
            elif product is None or not pull_product(self, i, product, g, gd, first):
                pull_called(self, i, g, gd, first)

    def pull_changes(self, i: Slot, g: str, gd: str | None) -> None:
        """What the cotangents of the operands change by."""
        pullback, a, b = self.pullbacks[i], self.left[i], self.right[i]
        if hasattr(pullback, "statement"):
            self.pull_change(i, g, gd, *pullback.statement[1:])
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
            change = Changes(dots, namespace, names).of(parsed_expression(text.terms[k]))
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
        if self.is_whole(t, x, steady):
            return t
        if steady and x.__class__ in REALS and found.ndim == 2 and found.shape[1] <= FEW:
            ones = f"_ones{found.shape[1]}"
            self.namespace[ones] = ONES[: found.shape[1]]
            return self.emit(f"{t}.dot({ones})")
        return self.emit(f"_fit_rows({t}, {name})")


CALLED = frozenset({no_pull, pull_put, pull_rule})


def arity_of(pullback: Any) -> int:
    """How many of the two columns hold operands; what else they hold is no value."""
    if pullback in ACTIVE:
        return 2
    return pullback.statement[0].arity if hasattr(pullback, "statement") else 1


def is_by_duals(way: Any) -> bool:
    """Tell whether an operation is swept on duals: its changes have no text."""
    return getattr(way[0], "func", None) is push
