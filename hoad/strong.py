"""Zeros that stay zero on a device, where nobody looks for nan: by what the program says.

A cotangent that ``np.where`` has made zero is nan when it meets an infinite partial, as that of ``sqrt`` at 0
is. On NumPy's arrays a sweep looks at what it found, and where there is nan it is done again with marks
(``tape.py``). To look waits for a device. So here the program is read instead, before the sweep: which
operations can put zeros into a cotangent (a choice, a reading of a part, a product with constants), and which
have a partial that may be infinite (``sqrt``, ``log``, a quotient). Only from the former down to the latter
are there marks, and only at the latter is anything done about zeros. A program in which no such pair lies one
behind the other, as most do, is swept as ever.

What an operation is like is found by its rule, at a few numbers on the host (``traits``).
"""

from __future__ import annotations

import itertools
import warnings
from typing import Any, NamedTuple

import numpy as np

from .arrays.gathered import Gathered, accumulate
from .chainrules.statements import LISTENERS, Scalar
from .chainrules.text import safe_partial, term_of
from .dual import Dual, is_steady
from .nested import Traced, glance, primal
from .tangents.fit import fit_cotangent
from .tape import Tape, generic, mark_of, no_operands, pull, pull_change, pull_put, swept
from .values.constants import HERE, library
from .values.reading import CAREFUL
from .values.shapes import NUMBERS, is_complex, shape_of

PROBES = 0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 1000.0, -1000.0  # where partials are infinite, if anywhere


class Traits(NamedTuple):
    """What an operation is like.

    Args:
        wild: its value may be infinite or nan where its arguments are finite.
        steep: a partial may be.
        masks: the arguments whose partial may be a zero of the program: it is one for some arguments, and
            does not depend on those that move.
    """

    wild: bool
    steep: bool
    masks: frozenset[int]


INTEGER = np.dtype(int)
PLAIN = Traits(False, False, frozenset())
_known: dict[Any, Traits] = {}


def traits(rule: Scalar, constants: Any, active: tuple[int, ...]) -> Traits:
    """What a scalar rule is like beside constants: numbers as they are, arrays as any numbers."""
    fixed = tuple(
        [c if k not in active and c.__class__ in NUMBERS else None for k, c in enumerate(constants)]
    )
    key = (rule, fixed, active)
    if key not in _known:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SciPy's: the numbers are not the program's
            try:
                _known[key] = probed(rule, fixed, active)
            except Exception:  # a function that takes no such numbers
                _known[key] = Traits(True, True, frozenset(active))
    return _known[key]


def probed(rule: Scalar, fixed: tuple[Any, ...], active: tuple[int, ...]) -> Traits:
    """The same, tried out."""
    rows = itertools.product(*[PROBES if c is None else [float(c)] for c in fixed])
    args = tuple([np.array(column) for column in zip(*rows, strict=True)])
    args = tuple([a if fixed[k] is None else fixed[k] for k, a in enumerate(args)])
    out = rule.function(*args)
    partials = {k: safe_partial(rule, k, args, out) for k in active}
    masks = [
        k for k, p in partials.items() if np.any(np.equal(p, 0)) and is_steady(rule, k, args, out, active)
    ]
    steep = not all([np.isfinite(p).all() for p in partials.values()])
    return Traits(not np.isfinite(out).all(), steep, frozenset(masks))


LISTENERS.append(lambda function, rule: _known.clear())


def came_back(
    rule: Scalar, k: int, g: Any, args: tuple[Any, ...], out: Any, known: Any = None
) -> tuple[Any, Any]:
    """What comes back to an argument, and its partial, if it was computed. Zero times infinity is zero where
    the partial is zero; and where the cotangent is, if an argument is not finite or the value overflows: then
    the program says so, or the value itself is nan. That of ``cos(sqrt(x))`` at 0 is neither, and stays nan.
    Where it is ``known`` to be zero, it is.
    """
    is_real = not any(map(is_complex, (g, out, *args)))
    if rule.applied is None:
        p = partial_of(rule, k, args, out)
        t = pull(g, p, out)
    else:
        p = partial_of(rule, k, tuple(map(primal, args)), primal(out)) if is_real else None
        t = pull_change(term_of(rule, k), g, out, *args, out)
    none = None
    if p.__class__ in NUMBERS:
        none = np.isnan(t) if p == 0 else None
    elif is_real:
        lost = is_lost(primal(p), tuple(map(primal, args)), primal(out))
        none = np.isnan(t) & (np.equal(p, 0) | (np.equal(g, 0) & lost))
    none = known if none is None else none if known is None else none | known
    return (t if none is None else np.where(none, 0, t)[()]), p


def partial_of(rule: Scalar, k: int, args: tuple[Any, ...], out: Any) -> Any:
    """A partial in the precision of arrays; in NumPy's arithmetic where Python's numbers raise."""
    change = () if rule.applied is None else (1.0,)
    try:
        return term_of(rule, k)(*change, *args, out)
    except ArithmeticError:
        return safe_partial(rule, k, args, out)


def is_lost(p: Any, args: tuple[Any, ...], out: Any) -> Any:
    """Where an argument is not finite, or the value overflows."""
    lost = np.equal(out, np.inf) & np.equal(p, np.inf)
    for a in args:
        if getattr(a, "dtype", INTEGER).kind == "f":
            lost = lost | np.logical_not(np.isfinite(a))
    return lost


class Step(NamedTuple):
    """One operation of a program.

    Args:
        rule: None where the pullback itself is all there is.
        slots: of its arguments, by their places.
        steep: zero may meet infinity here.
        masks: the arguments into whose cotangents it may put zeros.
    """

    rule: Any
    constants: Any
    kwargs: Any
    slots: dict[int, int]
    steep: bool
    masks: frozenset[int]


class Plan:
    """Where the sweep of a program needs marks.

    Args:
        columns: the program.
        seeds: the slots that the sweep begins at, with whether there may be zeros in what it begins with.
        inputs: how many slots are inputs.
    """

    def __init__(self, columns: list[list[Any]], seeds: dict[int, bool], inputs: int) -> None:
        top = max(seeds, default=-1)
        self.steps: dict[int, Step] = {}
        self.marked = [False] * (top + 1)  # there may be zeros of the program, that infinity lies behind
        wild, behind = [False] * (top + 1), [False] * (top + 1)
        for i in range(inputs, top + 1):
            step, own = step_of(*[column[i] for column in columns[:3]])
            moved = step.slots.values()
            wide = any([wild[s] for s in moved])
            wild[i] = own.wild or wide
            if wide and not own.steep and step.rule is not None and step.rule.kind != "linear":
                step = step._replace(steep=True)
            behind[i] = step.steep or any([behind[s] for s in moved])
            self.steps[i] = step
        if not any(behind):
            return
        for slot, has_zeros in seeds.items():
            self.marked[slot] = has_zeros and behind[slot]
        reached = set(seeds)
        for i in range(top, inputs - 1, -1):
            if i in reached:
                step = self.steps[i]
                reached.update(step.slots.values())
                for k, slot in step.slots.items():
                    if (self.marked[i] or k in step.masks) and behind[slot]:
                        self.marked[slot] = True


def step_of(pullback: Any, a: Any, b: Any) -> tuple[Step, Traits]:
    """What is known of an operation on the tape."""
    rule, constants, kwargs, slots = getattr(pullback, "operands", no_operands)(a, b)
    if rule is None:
        places = a if isinstance(a, (list, tuple)) else [a]
        if pullback is pull_put:
            places = [a, b[1]]
        slots = dict(enumerate([s for s in places if s.__class__ is int]))
        masks = frozenset([0]) if pullback is pull_put else frozenset()
        return Step(None, constants, kwargs, slots, False, masks), PLAIN
    own = PLAIN
    if rule.kind == "scalar":
        own = traits(rule, constants, tuple(slots))
    elif rule.kind == "linear" and rule.leaves_out:
        own = Traits(False, False, frozenset(slots))
    return Step(rule, constants, kwargs, slots, own.steep, own.masks), own


def swept_by_plan(columns: list[list[Any]], seeds: dict[int, Any], inputs: int) -> list[Any]:
    """The cotangents of the first slots, where nobody may look at them: with marks where the program needs
    them.
    """
    if CAREFUL.get() or not any(map(is_unread, seeds.values())):
        return swept(columns, seeds, inputs)
    plan = Plan(columns, {slot: may_have_zeros(g) for slot, g in seeds.items()}, inputs)
    if not any(plan.marked):
        return swept([Tape.fused(columns[0]), *columns[1:]], seeds, inputs)
    return Marked(columns, plan).sweep(seeds, inputs)


def is_unread(g: Any) -> bool:
    """Tell whether nobody looks at a cotangent, or at a part of that of a tuple."""
    if g.__class__ is list:
        return any(map(is_unread, g))
    plain = glance(g)
    return plain.__class__ not in HERE and plain is not None and library(plain).waits


def may_have_zeros(g: Any) -> bool:
    """Tell whether a seed may have zeros in it that the caller put there."""
    return g.__class__ is list or bool(shape_of(g)) or not is_unread(g) or isinstance(g, Traced)


def guards(columns: list[list[Any]], top: int, inputs: int) -> bool:
    """Tell whether the sweep back from one number needs marks."""
    if CAREFUL.get() or not is_unread(columns[3][top]):
        return False
    return any(Plan(columns, {top: False}, inputs).marked)


class Marked:
    """A sweep with marks, in part.

    Args:
        columns: the program.
        plan: where marks are needed.
    """

    def __init__(self, columns: list[list[Any]], plan: Plan) -> None:
        self.pullbacks, self.left, self.right, self.values = Tape.fused(columns[0]), *columns[1:]
        self.plan = plan
        self.cotangents: list[Any] = [None] * len(self.pullbacks)
        self.marks: list[Any] = [None] * len(self.pullbacks)
        self.numbers: dict[Any, Any] = {}
        self.like: Any = None

    def sweep(self, seeds: dict[int, Any], inputs: int) -> list[Any]:
        """The cotangents of the first slots."""
        self.like = next(
            g for g in seeds.values() if is_unread(g)
        )  # values that nobody reads may lie elsewhere
        for slot, g in seeds.items():
            self.cotangents[slot] = g
            if self.plan.marked[slot]:
                self.marks[slot] = [mark_of(p) for p in g] if g.__class__ is list else mark_of(g)
        for i in range(max(seeds, default=-1), inputs - 1, -1):
            if self.cotangents[i] is not None:
                self.step(i)
                self.cotangents[i] = self.marks[i] = None
        return [g.total() if g.__class__ is Gathered else g for g in self.cotangents[:inputs]]

    def step(self, i: int) -> None:
        """One operation."""
        step, pullback = self.plan.steps[i], self.pullbacks[i]
        whole = pullback is not pull_put
        g, mark = [
            held[i].total() if whole and held[i].__class__ is Gathered else held[i]
            for held in (self.cotangents, self.marks)
        ]
        wanted = {k: slot for k, slot in step.slots.items() if self.plan.marked[slot]}
        if mark is None and not (step.masks & wanted.keys()):
            pullback(g, self.values, self.cotangents, i, self.left[i], self.right[i])
            for slot in wanted.values():
                accumulate(self.marks, slot, self.generic(self.values[slot]))
            return
        mark = self.generic(self.values[i]) if mark is None else mark
        kind = getattr(step.rule, "kind", "linear")
        if kind == "scalar":
            self.scalar(i, step, wanted, g, mark)
        elif kind == "multilinear":
            self.product(i, step, wanted, g, mark)
        elif kind == "linear":
            pullback(g, self.values, self.cotangents, i, self.left[i], self.right[i])
            if wanted:
                pullback(mark, self.values, self.marks, i, self.left[i], self.right[i])
        else:  # what comes back through a factorization is zero nowhere
            pullback(g, self.values, self.cotangents, i, self.left[i], self.right[i])
            for slot in wanted.values():
                accumulate(self.marks, slot, self.generic(self.values[slot]))

    def args(self, step: Step) -> tuple[Any, ...]:
        """The arguments of an operation."""
        return tuple(
            [self.values[step.slots[k]] if k in step.slots else c for k, c in enumerate(step.constants)]
        )

    def scalar(self, i: int, step: Step, wanted: dict[int, int], g: Any, mark: Any) -> None:
        """A scalar rule: where the mark is zero, zero meets the partial, and stays."""
        rule = step.rule
        if not (step.steep or wanted):
            self.pullbacks[i](g, self.values, self.cotangents, i, self.left[i], self.right[i])
            return

        def back(g: Any, mark: Any, out: Any, *args: Any) -> list[Any]:
            none = np.equal(mark, 0) if step.steep else None
            parts: list[Any] = []
            for k in step.slots:
                t, p = came_back(rule, k, g, args, out, none)
                parts.append(fit_cotangent(t, args[k]))
                m = mark
                if k in wanted and k in step.masks:
                    p = safe_partial(rule, k, args, out) if p is None else p
                    m = mark * np.not_equal(p, 0)
                parts.append(fit_cotangent(m, args[k]) if k in wanted else None)
            return parts

        self.add(step, "scalar", back, [g, mark, self.values[i], *self.args(step)])

    def add(self, step: Step, kind: str, back: Any, given: list[Any]) -> None:
        """Add what comes back to the arguments of a rule: a cotangent and a mark for each."""
        found = iter(Dual.stepped(step.rule, f"{kind}, with marks", back, given))
        for slot in step.slots.values():
            accumulate(self.cotangents, slot, next(found))
            m = next(found)
            if m is not None:
                accumulate(self.marks, slot, m)

    def product(self, i: int, step: Step, wanted: dict[int, int], g: Any, mark: Any) -> None:
        """A multilinear rule."""
        rule = step.rule

        def back(g: Any, mark: Any, *args: Any) -> list[Any]:
            parts: list[Any] = []
            for k in step.slots:
                t = rule.transpose(g, k, *args, **step.kwargs)
                if step.steep:
                    reached = rule.transpose(mark, k, *map(self.generic, args), **step.kwargs)
                    t = np.where(np.equal(reached, 0), 0, t)[()]
                parts.append(fit_cotangent(t, args[k]))
                m = None
                if k in wanted:
                    moving = [self.generic(a) if j in step.slots else a for j, a in enumerate(args)]
                    m = fit_cotangent(rule.transpose(mark, k, *moving, **step.kwargs), args[k])
                parts.append(m)
            return parts

        self.add(step, "product", back, [g, mark, *self.args(step)])

    def generic(self, x: Any) -> Any:
        """Numbers that no program cancels, made once for each shape."""
        if isinstance(x, tuple):
            return [self.generic(part) for part in x]
        key = shape_of(x), is_complex(x)
        if key not in self.numbers:
            self.numbers[key] = generic(x, self.like)
        return self.numbers[key]


Tape.elsewhere = staticmethod(swept_by_plan)
