"""Second order from one recorded program: tangents go down it, pairs of cotangents come back up.

For a loss y = f(x), reverse mode gives the gradient g(x), and the Hessian times v is the change of g along
v. The program that gives g is the sweep; so its change is a sweep too, in which each pullback hands on,
beside the cotangent of each operand, what that changes by where x changes along v (Pearlmutter 1994). For
``y = sin(x)`` the cotangent of x is ``g * cos(x)``, which changes by ``dg * cos(x) - g * sin(x) * dx``: so
the tangent dx of each value must be known, by a pass down the program before.

Nothing is run again, and no level is opened: an operation costs a few NumPy calls. Many directions lie along
one more axis of the tangents. An operation that has no pair of its own goes through duals, alone
(``general.py``); where nan or an error of Python's arithmetic comes up, all do, with the marks that tell a
strong zero (``tape.py``).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays.gathered import Gathered
from ..chainrules.statements import LISTENERS
from ..dual import has_nan
from ..fast.fused import is_elementwise
from ..fast.kernels import fusing, is_known
from ..nested import NOTING, Slot, Traced
from ..strong import guards
from ..tangents.fit import unit_seed, zero_of
from ..tape import once, pull_put, swept_with_care
from ..tracer import pull_rule
from ..values.constants import is_elsewhere
from ..values.quiet import heard, hushed
from ..values.shapes import REALS, is_complex, size_of
from . import general
from .costs import Costs
from .general import Kept, slots_in
from .kernels import fused_pair, general_pair
from .pairs import straight_pairs
from .structural import BY_KIND, BY_PULLBACK, READ, is_behind
from .written import pair

PLAIN = REALS | {np.ndarray}
WRITES = BY_PULLBACK[pull_put]
IN_CACHE = 2**17  # elements of an array of tangents: a few stay in the cache, and the calls are few
AT_HAND = (
    3 * 2**12
)  # the same, so that they need no new memory: 128 kB are asked of the system, each time anew
READ_ONCE = 256  # directions at most that share the reading of a matrix that is larger than the tangents
ELEMENTS = 2**25  # of all the tangents of a program


class Program:
    """A recorded program, ready for sweeps of second order.

    Args:
        columns: of its tape: pullbacks, operands, values.
        top: the slot of the loss, a real number.
        inputs: how many slots are inputs; those come first.

    Raises:
        Unknown: there is an operation that only a run of the function itself can differentiate twice.
    """

    def __init__(self, columns: list[list[Any]], top: Slot, inputs: int) -> None:
        self.columns = [column[: top + 1] for column in columns]
        self.top = top
        self.inputs = inputs
        self.kept = Kept(top + 1, None)
        self.arrays = self.values()
        self.guarded = guards(self.columns, top, inputs)  # zeros meet infinity, and nobody looks
        elsewhere = [v for v in self.arrays if is_elsewhere(v)]
        if elsewhere and len(self.arrays) < len(self.columns[3]):
            raise general.Unknown  # numbers of the host's, whose directions would be arrays there
        self.is_elsewhere = bool(elsewhere)
        self.fuses = any([fusing(v) is not None for v in elsewhere])
        self.real = not any(
            [v.dtype.kind == "c" if v.__class__ is np.ndarray else is_complex(v) for v in self.arrays]
        )

    def values(self) -> list[Any]:
        """The arrays of the program, and numbers that are not real; those of a tuple one by one."""
        found: list[Any] = []
        for v in self.columns[3]:
            if v.__class__ is tuple:
                found += v
            elif v.__class__ not in REALS:
                found.append(v)
        return found

    def at_once(self, few: bool = False, wanted: int = READ_ONCE, wider: int = 1) -> int:
        """How many elements a direction is to count for, so that the arrays of those that go together stay in
        the cache, and all of them in memory.

        Args:
            few: whether there are few directions, which may go one by one if the arrays are large.
            wanted: how many there are, where that is known.
            wider: how many times more are to go together, for threads that wait for each other between calls.
        """
        sizes = [v.size if v.__class__ is np.ndarray else size_of(v) for v in self.arrays]
        largest, total = max([1, *sizes]), sum(sizes) + len(self.columns[3])
        if self.is_elsewhere:
            return total  # there is no such cache
        most = max((AT_HAND if few else wider * IN_CACHE) // largest, 1)
        if not few and most < min(wanted, READ_ONCE):
            most = max(most, min(self.largest_constant() // largest, READ_ONCE))
        in_cache = ELEMENTS if NOTING.get() else most
        count = min(in_cache, ELEMENTS // total)
        return ELEMENTS // max(count, 1)

    def largest_constant(self) -> int:
        """The elements of the largest array that is read and not recorded, as a matrix of weights."""
        _, left, right, _ = self.columns
        found = [x for pair in zip(left, right, strict=True) for x in pair if x.__class__ is np.ndarray]
        found += [
            x
            for kept in right
            if kept.__class__ is tuple
            for part in kept
            if part.__class__ is list
            for x in part
        ]
        return max([size_of(x) for x in found if x.__class__ is np.ndarray], default=0)

    def one_by_one(self, n: int) -> bool:
        """Tell whether ``n`` directions cost less one after the other: of numbers, a few do."""
        return not NOTING.get() and self.costs.down_alone(n) < self.costs.down_together(n)

    @functools.cached_property
    def costs(self) -> Costs:
        """What directions cost."""
        return Costs(self.columns[3])

    def direction(self, tangents: list[Any], k: int) -> list[Any]:
        """One of many directions, by input."""
        inputs = self.columns[3][: self.inputs]
        return [
            float(d[k]) if x.__class__ is float and not isinstance(d, Traced) else d[k]
            for d, x in zip(tangents, inputs, strict=True)
        ]

    def along(self, tangents: list[Any], n: int | None = None) -> tuple[list[Any], list[Any]]:
        """The gradient, and its change along a direction, or along ``n`` at once.

        Args:
            tangents: the direction, by input; for many, with an axis for them in front.
            n: how many there are; None for one without that axis.

        Returns:
            The cotangents of the inputs, and their changes; None for zero.
        """
        each, rows = [tangents], n
        if n and self.one_by_one(n):
            each, rows = [self.direction(tangents, k) for k in range(n)], None
        found = None if self.guarded else self.plainly(each, rows)
        if found is None or any([has_nan(part) for parts in found for part in parts if part is not None]):
            pairs = [self.with_care(direction, rows) for direction in each]
            found = [pairs[0][0], *[changes for _, changes in pairs]]
        gradient, *changes = found
        if rows == n:
            return gradient, changes[0]
        return gradient, [stacked(parts) for parts in zip(*changes, strict=True)]

    def plainly(self, each: list[list[Any]], n: int | None) -> list[list[Any]] | None:
        """The gradient, and its change along each direction, in plain arithmetic, where zero times infinity
        is nan; None where Python's raises.
        """
        self.kept.n = n
        warnings = hushed()
        try:
            g = unit_seed(self.columns[3][self.top])
            quick = straight_pairs(self.columns, self.top, self.inputs, each, self.kept, g, self.pairs)
            if quick is not None:
                return [quick[0], *quick[1]]
            pairs = [self.swept(direction, self.kept) for direction in each]
            return [pairs[0][0], *[changes for _, changes in pairs]]
        except ArithmeticError:
            return None
        finally:
            heard(warnings)

    def down(self, tangents: list[Any], n: int | None, wanted: list[Slot]) -> list[Any]:
        """The changes of some values along ``n`` directions, or along one, without an axis for them."""
        if n and self.one_by_one(n):
            found = [self.down(self.direction(tangents, k), None, wanted) for k in range(n)]
            return [stacked(parts) for parts in zip(*found, strict=True)]
        rows = n is not None
        spent = self.spent(wanted) if rows and self.arrays else None
        for careful in (False, True):
            kept = Kept(self.top + 1, n) if rows or careful else self.kept
            known = [careful_pair(p, b, rows) for p, b in self.operations()] if careful else self.pairs(rows)
            try:
                with np.errstate(all="ignore"):
                    moved = self.pushed(tangents, kept, [push for push, _ in known], spent)
            except ArithmeticError:
                continue
            found = [moved[slot] for slot in wanted]
            if careful or not any([has_nan(part) for part in found]):
                break
        return found

    def pairs(self, rows: bool) -> list[Any]:
        """How each operation is swept."""
        find = known_kernels if self.fuses else known_pair
        if self.real:
            return [find(p, b, rows) for p, b in self.operations()]
        found: list[Any] = []
        for i, (p, b) in enumerate(self.operations()):
            statement = getattr(p, "statement", None)
            if statement is None:
                found.append(careful_pair(p, b, rows))
            else:
                found.append(find(p, b, rows, self.is_real(i, statement[2])))
        return found

    def is_real(self, i: Slot, active: tuple[int, ...]) -> bool:
        """Tell whether the value of an operation, and what it is of, are real."""
        _, left, right, values = self.columns
        given = [values[x] if k in active else x for k, x in enumerate((left[i], right[i]))]
        return not any([is_complex(x) for x in (values[i], *given)])

    def operations(self) -> Any:
        """The pullback of each operation, and what it keeps."""
        return zip(self.columns[0], self.columns[2], strict=True)

    def swept(self, tangents: list[Any], kept: Kept) -> tuple[list[Any], list[Any]]:
        """The same in plain arithmetic, where zero times infinity is nan."""
        pairs = self.pairs(kept.n is not None)
        moved = self.pushed(tangents, kept, [push for push, _ in pairs])
        _, left, right, values = self.columns
        cotangents: list[Any] = [None] * (self.top + 1)
        changes: list[Any] = [None] * (self.top + 1)
        cotangents[self.top] = unit_seed(values[self.top])
        for i in range(self.top, self.inputs - 1, -1):
            g = cotangents[i]
            if g is not None:
                gd = changes[i]
                if pairs[i] is not WRITES:
                    g = g.total() if g.__class__ is Gathered else g
                    gd = gd.total() if gd.__class__ is Gathered else gd
                pairs[i][1](g, gd, values, moved, cotangents, changes, kept, i, left[i], right[i])
                cotangents[i] = changes[i] = moved[i] = None
        return finished(cotangents[: self.inputs]), finished(changes[: self.inputs])

    def pushed(self, tangents: list[Any], kept: Kept, pushes: list[Any], spent: Any = None) -> list[Any]:
        """The tangents of all values, but for those that are ``spent``."""
        _, left, right, values = self.columns
        found: list[Any] = [*tangents, *[None] * (self.top + 1 - self.inputs)]
        for i in range(self.inputs, self.top + 1):
            pushes[i](values, found, kept, i, left[i], right[i])
            for slot in spent[i] if spent else ():
                found[slot] = None
        return found

    def spent(self, wanted: list[Slot]) -> list[list[Slot]]:
        """By operation, the slots that nothing reads after it, whose memory the next tangents take."""
        _, left, right, _ = self.columns
        last: dict[Slot, int] = {}
        for i in range(self.top + 1):
            last.update(dict.fromkeys((i, *slots_in(left[i]), *slots_in(right[i])), i))
        found: list[list[Slot]] = [[] for _ in range(self.top + 1)]
        for slot, i in last.items():
            if 0 <= slot <= self.top and slot not in wanted:  # and not an integer that is a constant
                found[i].append(slot)
        return found

    def with_care(self, tangents: list[Any], n: int | None) -> tuple[list[Any], list[Any]]:
        """The same on duals throughout, with zeros that stay zero where the program says so."""
        kept = Kept(self.top + 1, n)
        with np.errstate(all="ignore"):
            pushes = [careful_pair(p, b, n is not None)[0] for p, b in self.operations()]
            found = self.pushed(tangents, kept, pushes)
            pullbacks, left, right, values = self.columns
            duals = [kept.dual(v, d) for v, d in zip(values, found, strict=True)]
            columns = [pullbacks, left, right, duals]
            seeds = {self.top: unit_seed(values[self.top])}
            cotangents = once(columns, seeds, self.inputs)
            if any([has_nan(g) for g in cotangents if g is not None]):
                cotangents = swept_with_care(columns, seeds, self.inputs)
        pairs = [(None, None) if g is None else kept.taken(g) for g in cotangents]
        return [g for g, _ in pairs], [gd for _, gd in pairs]


def stacked(parts: Sequence[Any]) -> Any:
    """What belongs to many directions along one axis; None for zero."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    parts = [zero_of(known[0]) if part is None else part for part in parts]
    return np.array(parts) if PLAIN.issuperset(map(type, parts)) else np.stack(parts)


def finished(parts: list[Any]) -> list[Any]:
    """Cotangents, collected from their pieces."""
    return [part.total() if part.__class__ is Gathered else part for part in parts]


# ------------------------------------------------------------------------------------------------------------
# The pair of an operation
# ------------------------------------------------------------------------------------------------------------


def forget(function: Any, rule: Any) -> None:
    """A rule was stated: the pairs are written again, since the partials of others may use the function."""
    for known in PAIRS:
        known.clear()
        known.update(BY_PULLBACK)
    for known in (*COMPLEX_PAIRS, *IN_KERNELS, *COMPLEX_IN_KERNELS):
        known.clear()


LISTENERS.append(forget)
IN_KERNELS: tuple[dict[Any, Any], dict[Any, Any]] = {}, {}
COMPLEX_IN_KERNELS: tuple[dict[Any, Any], dict[Any, Any]] = {}, {}
PAIRS: tuple[dict[Any, Any], dict[Any, Any]] = {**BY_PULLBACK}, {**BY_PULLBACK}  # of one direction; of many
COMPLEX_PAIRS: tuple[dict[Any, Any], dict[Any, Any]] = {}, {}


def written_pair(pullback: Any, recorded: Any, rows: bool, real: bool = True) -> Any:
    """How an operation is swept, on real numbers or on complex ones."""
    if pullback is pull_rule:
        return structural_pair(pullback, recorded, rows) or by_duals(pullback)
    statement = getattr(pullback, "statement", None)
    found: Any = None if statement is None else pair(statement, rows, real)
    found = (PAIRS if real else COMPLEX_PAIRS)[rows][pullback] = found or by_duals(pullback)
    return found


def known_pair(pullback: Any, recorded: Any, rows: bool, real: bool = True) -> Any:
    """The same, written when it is first asked for."""
    known = (PAIRS if real else COMPLEX_PAIRS)[rows]
    return known.get(pullback) or written_pair(pullback, recorded, rows, real)


def known_kernels(pullback: Any, recorded: Any, rows: bool, real: bool = True) -> Any:
    """The same, in one launch where it can be."""
    known = (IN_KERNELS if real else COMPLEX_IN_KERNELS)[rows]
    if pullback is pull_rule and recorded[0].kind == "scalar" and is_elementwise(recorded):
        key = recorded[0], tuple(recorded[3])
        if key not in known:
            pairs = [known_pair(pullback, recorded, many, real) for many in (False, rows)]
            known[key] = general_pair(pairs[0], recorded, pairs[1])
        return known[key]
    found = known.get(pullback)
    if found is None:
        found = known_pair(pullback, recorded, rows, real)
        statement = getattr(pullback, "statement", None)
        if statement is not None and is_known(statement[0]):
            one = known_pair(pullback, recorded, False, real)
            found = known[pullback] = fused_pair(one, statement, found)
    return found


def careful_pair(pullback: Any, recorded: Any, rows: bool) -> Any:
    """How an operation is swept where nan, or what has no text, needs the rules as they are."""
    return structural_pair(pullback, recorded, rows) or by_duals(pullback)


def structural_pair(pullback: Any, recorded: Any, rows: bool) -> Any:
    """The pair of an operation that is linear, or a product; None of any other."""
    if pullback is not pull_rule:
        return BY_PULLBACK.get(pullback)
    rule = recorded[0]
    if rule.gathers and (not rows or is_behind(recorded[1][1])):
        return READ
    return BY_KIND.get(rule.kind)


def by_duals(pullback: Any) -> Any:
    """The pair of any operation, by duals."""
    return functools.partial(general.push, pullback), functools.partial(general.pull, pullback)
