"""Products and solutions in a sweep of second order that is written out (``pairs.py``): matrix products, what
else is linear in each of its arguments, and operations that are stated by differentials.

What the sweep does with them (``structural.py``, ``general.py``) is done once on recorded factors, and what
was recorded are the lines. That is only so where the rule says that shapes alone decide what is done
(``by_shapes``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..dual import PUSH, Dual
from ..fast import outlines, shortcuts
from ..fast.called import hold_options
from ..fast.outlines import is_row, moves
from ..kinds.batch import Batch, unbatch
from ..nested import FIXED, Level, Slot
from ..tracer import PULL, pull_rule
from .called import ACTIVE
from .moves import fitted

Line = Callable[[Any, list[str]], str]
OPERATORS: dict[Any, str] = {
    np.multiply: "{} * {}",
    np.divide: "{} / {}",
    np.add: "{} + {}",
    np.subtract: "{} - {}",
    np.negative: "-{}",
}
BY_FACTORS = ("multilinear", "differential")


class Product(NamedTuple):
    """An operation that is linear in each of its arguments.

    Args:
        rule: what was carried out.
        names: of the factors, by their places.
        options: what else it was given.
        slots: of the factors that are recorded, by their places.
        fixed: what is given in other places, and is no number.
    """

    rule: Any
    names: dict[int, str]
    options: dict[str, Any]
    slots: dict[int, Slot]
    fixed: dict[int, Any]

    def args(self, factors: list[Any]) -> list[Any]:
        """All arguments."""
        given = self.fixed | dict(zip(self.names, factors, strict=True))
        return [given[k] for k in range(len(given))]


def product_of(pairs: Any, i: Slot) -> Product | None:
    """An operation as a product of doubles; None if it is none, or one whose lines are not known."""
    pullback, a, b = pairs.pullbacks[i], pairs.left[i], pairs.right[i]
    if pullback in ACTIVE:
        active = ACTIVE[pullback]
        rule, args, options = shortcuts.general_matmul, [a, b], {}
        slots = {k: args[k] for k in active}
        names = {k: f"v{x}" if k in slots else f"{'ab'[k]}{i}" for k, x in enumerate(args)}
    elif pullback is pull_rule and b[0].kind in BY_FACTORS:
        rule, args, options, active = b
        slots = dict(zip(active, a, strict=True))
        names = {k: f"v{slots[k]}" if k in slots else f"right[{i}][1][{k}]" for k in range(len(args))}
    else:
        return None
    fixed = {k: x for k, x in enumerate(args) if k not in slots and is_no_number(x)}
    factors = [pairs.values[slots[k]] if k in slots else x for k, x in enumerate(args) if k not in fixed]
    if not rule.by_shapes or not all(map(pairs.is_double, [pairs.values[i], *factors])):
        return None
    if not all([x.__class__ in FIXED or is_row(x) for x in options.values()]):
        return None
    return Product(rule, {k: n for k, n in names.items() if k not in fixed}, options, slots, fixed)


def is_no_number(x: Any) -> bool:
    """Tell whether an argument is a choice of the operation."""
    return x is None or x.__class__ in (bool, str)


def held(pairs: Any, i: Slot, product: Product) -> list[str]:
    """The names of the factors, on which the function relies."""
    if pairs.pullbacks[i] is pull_rule:
        hold_options(pairs, i)
        return [n if k in product.slots else pairs.known(n) for k, n in product.names.items()]
    return [pairs.operand(i, k, k in product.slots) for k in (0, 1)]


def push_product(pairs: Any, i: Slot, product: Product) -> str | None:
    """The tangent of a value; None where there are no lines."""
    rule, _, options, slots, _ = product
    names, axis = held(pairs, i, product), Axis(pairs)

    def run(handles: list[Any]) -> list[Any]:
        out, *factors = handles[len(slots) :]
        tangents = dict(zip(slots, axis.along(handles[: len(slots)]), strict=True))
        return axis.without([PUSH[rule.kind](rule, out, tuple(product.args(factors)), options, tangents)])

    found = moves(pairs, run, [*[pairs.moving[slot] for slot in slots.values()], f"v{i}", *names], line_of)
    return None if found is None else fitted(pairs, found[0], i, "_spread")


def pull_product(pairs: Any, i: Slot, product: Product, g: str, gd: str | None, first: bool) -> bool:
    """The lines of both cotangents; whether there are some."""
    if product.rule.kind == "differential":
        return pull_differential(pairs, i, product, g, gd, first)
    rule, _, options, slots, _ = product
    names, axis = held(pairs, i, product), Axis(pairs)
    places: list[tuple[Any, Slot]] = []  # the sums that a term belongs to, and the slot
    for slot in slots.values():
        terms = [pairs.cotangents] if first else []
        terms += [pairs.changes] * ((gd is not None) + len(slots) - 1)
        places += [(sums, slot) for sums in terms]
    moving = [pairs.moving[slot] for slot in slots.values()]
    given = [g, *names, *moving, *([] if gd is None else [gd])]

    def run(handles: list[Any]) -> list[Any]:
        cotangent, factors = handles[0], product.args(handles[1 : 1 + len(names)])
        changing = axis.along(handles[1 + len(names) :])
        tangents = dict(zip(slots, changing, strict=False))
        found = []
        for k in slots:
            found += [rule.transpose(cotangent, k, *factors, **options)] if first else []
            found += [] if gd is None else [rule.transpose(changing[-1], k, *factors, **options)]
            for j in slots:
                if j != k:
                    moved = [*factors[:j], tangents[j], *factors[j + 1 :]]
                    found.append(rule.transpose(cotangent, k, *moved, **options))
        return axis.without(found)

    return added(pairs, moves(pairs, run, given, line_of), places)


def pull_differential(pairs: Any, i: Slot, product: Product, g: str, gd: str | None, first: bool) -> bool:
    """The same of an operation that is stated by differentials: the pullback on duals."""
    rule, _, options, slots, _ = product
    names, axis = held(pairs, i, product), Axis(pairs)
    moving = [pairs.moving[slot] for slot in (*slots.values(), i)]
    given = [g, f"v{i}", *names, *moving, *([] if gd is None else [gd])]
    places = [
        (sums, slot)
        for slot in slots.values()
        for sums in ([pairs.cotangents, pairs.changes] if first else [pairs.changes])
    ]

    def run(handles: list[Any]) -> list[Any]:
        cotangent, out = handles[:2]
        factors = product.args(handles[2 : 2 + len(names)])
        changing, level = axis.along(handles[2 + len(names) :]), Level()
        for k, d in zip(slots, changing, strict=False):
            factors[k] = Dual(level, factors[k], d)
        out = Dual(level, out, changing[len(slots)])
        cotangent = cotangent if gd is None else Dual(level, cotangent, changing[-1])
        parts = PULL[rule.kind](rule, cotangent, out, factors, options, tuple(slots))
        found = [x for part in parts for x in ((part.primal, part.tangent) if first else (part.tangent,))]
        return axis.without(found)

    return added(pairs, moves(pairs, run, given, line_of), places)


def added(pairs: Any, found: list[str] | None, places: list[tuple[Any, Slot]]) -> bool:
    """Add cotangents and changes to the sums that they belong to; whether there are lines for them."""
    if found is None:
        return False
    for t, (sums, slot) in zip(found, places, strict=True):
        if sums is pairs.cotangents:
            sums.add(slot, pairs.fitted(t, slot, True))
        else:
            sums.add(slot, fitted(pairs, t, slot, "_fit_rows" if pairs.rows else "_fit"))
    return True


class Axis:
    """The axis of many directions, of which a rule is told by batches; there may be none.

    Args:
        pairs: the function.
    """

    def __init__(self, pairs: Any) -> None:
        self.n = pairs.kept.n
        self.level = Level()

    def along(self, changes: list[Any]) -> list[Any]:
        """Changes as rules take them."""
        if self.n is None:
            return changes
        self.level = level = Level()  # within that of the factors, which are recorded
        return [Batch(level, d) for d in changes]

    def without(self, found: list[Any]) -> list[Any]:
        """What came of them, as the sweep holds it."""
        return [unbatch(d, self.level, self.n) if d.__class__ is Batch else d for d in found]


def line_of(pullback: Any, a: Any, b: Any) -> Line | None:
    """What writes the line of an operation that was recorded. What it holds beside its operands is told by
    shapes, too.
    """
    statement = getattr(pullback, "statement", None)
    if pullback in ACTIVE:
        active, text = ACTIVE[pullback], "{} @ {}"
    elif statement is not None and statement[0].function in OPERATORS:
        active, text = statement[2], OPERATORS[statement[0].function]
    elif pullback is pull_rule:
        return outlines.line_of(pullback, a, b) or line_of_rule(a, *b)
    else:
        return outlines.line_of(pullback, a, b)

    def line(sweep: Any, names: list[str]) -> str:
        parts = [names[x] if k in active else constant(sweep, x) for k, x in enumerate((a, b))]
        return str(sweep.emit(text.format(*parts)))

    return line


def line_of_rule(slots: list[Slot], rule: Any, args: Any, options: dict[str, Any], active: list[int]) -> Line:
    """A call of the function of a rule."""
    places = dict(zip(active, slots, strict=True))

    def line(sweep: Any, names: list[str]) -> str:
        given = [names[places[k]] if k in places else constant(sweep, x) for k, x in enumerate(args)]
        function, kept = constant(sweep, rule.function), constant(sweep, options)
        return str(sweep.emit(f"{function}({', '.join(given)}, **{kept})"))

    return line


def constant(sweep: Any, x: Any) -> str:
    """The name of something that stays what it is."""
    name = f"_constant{len(sweep.namespace)}"
    sweep.namespace[name] = x
    return name
