"""Products in a sweep of second order that is written out (``pairs.py``): matrix products, and what else is
linear in each of its arguments.

What the sweep does with them (``structural.py``) is done once on recorded factors, and what was recorded are
the lines. That is only so where shapes alone decide what a transpose does (``Multilinear.by_shapes``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..fast import outlines, shortcuts
from ..fast.called import hold_options
from ..fast.outlines import is_row, moves
from ..kinds.batch import Batch, unbatch
from ..nested import FIXED, Level, Slot
from ..tracer import pull_rule
from .called import ACTIVE
from .moves import fitted

Line = Callable[[Any, list[str]], str]
OPERATORS = {np.multiply: "*", np.add: "+"}


class Product(NamedTuple):
    """An operation that is linear in each of its arguments.

    Args:
        rule: what was carried out.
        names: of the factors.
        options: what else it was given.
        slots: of the factors that are recorded, by their places.
    """

    rule: Any
    names: list[str]
    options: dict[str, Any]
    slots: dict[int, Slot]


def product_of(pairs: Any, i: Slot) -> Product | None:
    """An operation as a product of doubles; None if it is none, or one whose lines are not known."""
    pullback, a, b = pairs.pullbacks[i], pairs.left[i], pairs.right[i]
    if pullback in ACTIVE:
        active = ACTIVE[pullback]
        rule, args, options = shortcuts.general_matmul, [a, b], {}
        slots = {k: args[k] for k in active}
        names = [f"v{x}" if k in slots else f"{'ab'[k]}{i}" for k, x in enumerate(args)]
    elif pullback is pull_rule and b[0].kind == "multilinear":
        rule, args, options, active = b
        slots = dict(zip(active, a, strict=True))
        names = [f"v{slots[k]}" if k in slots else f"right[{i}][1][{k}]" for k in range(len(args))]
    else:
        return None
    factors = [pairs.values[slots[k]] if k in slots else x for k, x in enumerate(args)]
    if not rule.by_shapes or not all(map(pairs.is_double, [pairs.values[i], *factors])):
        return None
    fixed = all([x.__class__ in FIXED or is_row(x) for x in options.values()])
    return Product(rule, names, options, slots) if fixed else None


def held(pairs: Any, i: Slot, product: Product) -> list[str]:
    """The names of the factors, on which the function relies."""
    if pairs.pullbacks[i] is pull_rule:
        hold_options(pairs, i)
        return [name if k in product.slots else pairs.known(name) for k, name in enumerate(product.names)]
    return [pairs.operand(i, k, k in product.slots) for k in (0, 1)]


def push_product(pairs: Any, i: Slot, product: Product) -> str | None:
    """The tangent of a value; None where there are no lines."""
    rule, _, options, slots = product
    names, axis = held(pairs, i, product), Axis(pairs)

    def run(handles: list[Any]) -> list[Any]:
        factors, total = handles[len(slots) :], None
        for k, d in zip(slots, axis.along(handles[: len(slots)]), strict=True):
            change = rule(*factors[:k], d, *factors[k + 1 :], **options)
            total = change if total is None else total + change
        return axis.without([total])

    found = moves(pairs, run, [*[pairs.moving[slot] for slot in slots.values()], *names], line_of)
    return None if found is None else fitted(pairs, found[0], i, "_spread")


def pull_product(pairs: Any, i: Slot, product: Product, g: str, gd: str | None, first: bool) -> bool:
    """The lines of both cotangents; whether there are some."""
    rule, _, options, slots = product
    names, axis = held(pairs, i, product), Axis(pairs)
    places: list[tuple[Any, Slot]] = []  # the sums that a term belongs to, and the slot
    for slot in slots.values():
        terms = [pairs.cotangents] if first else []
        terms += [pairs.changes] * ((gd is not None) + len(slots) - 1)
        places += [(sums, slot) for sums in terms]
    moving = [pairs.moving[slot] for slot in slots.values()]
    given = [g, *names, *moving, *([] if gd is None else [gd])]

    def run(handles: list[Any]) -> list[Any]:
        cotangent, *factors = handles[: 1 + len(names)]
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

    found = moves(pairs, run, given, line_of)
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
    """What writes the line of an operation: of a product, or a view."""
    if pullback in ACTIVE:
        active = ACTIVE[pullback]
        if len(active) < 2:
            return None
        return lambda sweep, names: str(sweep.emit(f"{names[a]} @ {names[b]}"))
    statement = getattr(pullback, "statement", None)
    if statement is not None:
        return line_of_scalar(statement[0], statement[2], a, b)
    if pullback is not pull_rule or b[0].kind != "multilinear":
        return outlines.line_of(pullback, a, b)
    rule, args, options, active = b
    if not rule.by_shapes or len(active) < len(args):
        return None
    return lambda sweep, names: of_rule(sweep, rule, [names[slot] for slot in a], options)


def line_of_scalar(rule: Any, active: tuple[int, ...], a: Any, b: Any) -> Line | None:
    """The same of a sum or a product of each element."""
    operator = OPERATORS.get(rule.function)
    if operator is None or active != (0, 1):
        return None
    return lambda sweep, names: str(sweep.emit(f"{names[a]} {operator} {names[b]}"))


def of_rule(sweep: Any, rule: Any, names: list[str], options: dict[str, Any]) -> str:
    """A call of the function of a rule."""
    known = f"_product{len(sweep.lines)}"
    sweep.namespace |= {known: rule.function, f"{known}_options": options}
    name: str = sweep.emit(f"{known}({', '.join(names)}, **{known}_options)")
    return name
