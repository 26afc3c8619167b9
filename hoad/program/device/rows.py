"""Rows in one kernel: what is added up along an axis, and what each element of the row does with the sum.

Softmax adds up a row twice, for its largest element and for its exponentials, and then divides each
element. By levels that is a kernel for each, which reads the whole array again. Here it is one: the threads
that have a row in common know its sum when it is added up, and go over the row again. What they computed of
an element is computed again rather than kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..fields.algebra import REDUCED
from ..fields.indices import Affine, Index
from ..fields.lattice import Shape, dense
from ..fields.plan import ALONE, Group, Plan, Step
from ..native.loop_text import NEUTRAL
from .kernels import AlongText, Cut, Launch
from .text import literal

COSTLY = 100  # additions, beyond which an element is kept rather than computed again


class NotInRow(Exception):
    """A sum that is read elsewhere than in its own row."""


class Rows(NamedTuple):
    """What one kernel computes over ``shape``, row by row, where the elements of a row lie along ``axes``.

    ``members`` are all, operands first; of those, ``sums`` are one number for each row: sums, and what
    follows from them. ``stores`` are the arrays that others read; the rest of the members nobody else needs.
    """

    shape: Shape
    axes: Shape
    members: list[int]
    stores: list[int]
    sums: list[int]

    @property
    def across(self) -> Shape:
        """The shape without the axes of a row."""
        return tuple([n for k, n in enumerate(self.shape) if k not in self.axes])

    @property
    def kept(self) -> Shape:
        """The same with axes of length 1 in their place."""
        return tuple([1 if k in self.axes else n for k, n in enumerate(self.shape)])


class RowsText(AlongText):
    """Sums along the same axes, one after the other, and what is done with them in their rows."""

    def kernel_of(self, rows: Rows, cut: Cut) -> Launch:
        """The kernel."""
        self.whole, self.cut = rows, cut
        self.known: dict[int, str] = {}  # the numbers of the row that are known
        self.largest = max(math.prod(rows.shape), cut.units * cut.lanes)
        stages = self.staged(rows)
        with self.shared_out(cut.blocks, cut.lanes):
            for stage in range(1 + max(stages.values())):
                self.stage([one for one in rows.members if stages[one] == stage])
        return self.launch(cut.blocks, f"{len(rows.members)} values of rows of {list(rows.shape)}")

    def staged(self, rows: Rows) -> dict[int, int]:
        """How many times a row has been gone over before each value can be computed."""
        found: dict[int, int] = {}
        for one in rows.members:
            needs = [k for k in self.plan.read[one] if k in found]
            found[one] = max([found[k] + self.is_sum(k) for k in needs], default=0)
        return found

    def is_sum(self, one: int) -> bool:
        """Tell whether a value is added up along the row."""
        return self.algebra.operations[one][0] in REDUCED

    def stage(self, ones: list[int]) -> None:
        """What is computed by going over a row once more."""
        sums = [one for one in ones if self.is_sum(one)]
        stores = [one for one in ones if one in self.whole.stores]
        for one in ones:
            if one in self.whole.sums and one not in sums:
                self.number(one)
        how = {one: self.algebra.operations[one][0] for one in sums}
        names = {one: self.line("double", literal(NEUTRAL[how[one]], "double")) for one in sums}
        if sums or stores:
            with self.block(f"if (unit < {self.cut.units})"):
                outer = self.entered()
                with self.block(f"for (index r = lane; r < {self.cut.inner}; r += {self.cut.lanes})"):
                    index = self.index_of(outer)
                    for one in stores:
                        place = self.linear(list(zip(dense(self.whole.shape), index, strict=True)))
                        self.store(one, place, self.value(one, index))
                    for one in sums:
                        value = self.value(self.algebra.operations[one][1], index)
                        self.write(f"{names[one]} = with_{how[one]}({names[one]}, {value});")
        for one in sums:
            self.folded(one, names[one], how[one])

    def number(self, one: int) -> None:
        """A number of the row that follows from others."""
        kind = self.types(one)
        name = self.name()
        self.write(f"{kind} {name} = 0;")
        with self.block(f"if (unit < {self.cut.units})"):
            outer = self.entered()
            self.write(f"{name} = {self.value(one, self.of_number(one, outer))};")
            with self.block("if (lane == 0)"):
                self.store(one, "unit", name)
        self.known[one] = name

    def folded(self, one: int, name: str, how: str) -> None:
        """Add up the lanes; each of them has the sum then."""
        if self.cut.lanes > 1:
            self.fold(name, how, self.cut.lanes, "lane")
            name = "shared[threadIdx.x - lane]"
        kind = self.types(one)
        self.known[one] = self.line(kind, f"({kind}){name}")
        with self.block(f"if (lane == 0 && unit < {self.cut.units})"):
            self.store(one, "unit", self.known[one])
        if self.cut.lanes > 1:
            self.write("__syncthreads();")

    # -- Where a thread is -----------------------------------------------------------------------------------

    def entered(self) -> Index:
        """The row that a thread is in."""
        outer = self.unravelled("unit", self.whole.across)
        self.here = self.linear(list(zip(dense(self.whole.across), outer, strict=True)))
        return outer

    def of_number(self, one: int, outer: Index) -> Index:
        """The index of a number of the row, in the array of all."""
        if len(self.algebra.shapes[one]) == len(outer):
            return outer
        rest = iter(outer)
        return tuple(
            [Affine(0) if k in self.whole.axes else next(rest) for k in range(len(self.whole.shape))]
        )

    def index_of(self, outer: Index) -> Index:
        """The element of the row."""
        shape, axes = self.whole.shape, self.whole.axes
        inner = self.unravelled("r", tuple([shape[k] for k in axes]))
        across = [k for k in range(len(shape)) if k not in axes]
        places = dict(zip((*across, *axes), (*outer, *inner), strict=True))
        return tuple([places[k] for k in range(len(shape))])

    def element(self, one: int, index: Index, fresh: bool) -> str:
        """An element of a value; what is computed here is not read from memory."""
        if one in self.known and self.linear(self.flat(one, index)) == self.here:
            return self.known[one]
        if one in self.whole.members:
            if one in self.whole.sums and (self.is_sum(one) or one in self.known):
                raise NotInRow
            fresh = True
        return super().element(one, index, fresh)

    def flat(self, one: int, index: Index) -> list[Any]:
        """Where an element of a value lies, as terms."""
        return list(zip(dense(self.algebra.shapes[one]), index, strict=True))

    def read(self, one: int, at: str) -> str:
        """An element of what stands in memory, or is known."""
        if one not in self.whole.members:
            return super().read(one, at)
        if one in self.known and at == self.here:
            return self.known[one]
        raise NotInRow

    def can_have(self, rows: Rows, one: int, is_number: bool) -> bool:
        """Tell whether a value reads the numbers of its own row alone."""
        self.whole, self.cut = rows, Cut.of(rows.shape, rows.axes)
        self.known = dict.fromkeys(rows.sums, "known")
        try:
            outer = self.entered()
            index = self.of_number(one, outer) if is_number else self.index_of(outer)
            self.value(self.algebra.operations[one][1] if self.is_sum(one) else one, index, fresh=True)
        except NotInRow:
            return False
        return True


def in_rows(plan: Plan, text: Any, checked: Iterable[int]) -> None:
    """Let the steps of a plan that add up rows do more with them.

    Args:
        plan: whose steps and levels are changed.
        text: makes an empty text of ``RowsText``.
        checked: what is looked at, and stays as it is.
    """
    taken = set(checked)
    found: list[Step] = []
    for step in list(plan.steps):
        group = step.group
        for axes in dict.fromkeys([plan.algebra.operations[one][2] for one in group.sums] if group else []):
            if len(axes) == len(group.shape) or Cut.of(group.shape, axes).chunks > 1:
                continue
            rows = grown(plan, text, taken, step.level, group, axes)
            if rows is not None:
                taken.update(rows.members)
                found.append(Step(step.level, rows, None))
                moved(plan, rows, step.level)
    if found:
        rest = [without(step, taken.difference(checked)) for step in plan.steps]
        plan.steps = sorted([*found, *[step for step in rest if step is not None]], key=lambda s: s.level)


def grown(plan: Plan, text: Any, taken: set[int], level: int, group: Group, axes: Shape) -> Rows | None:
    """The sums of a group along some axes, with all that can be computed in the same kernel; None if nothing
    more can.
    """
    operations, shapes = plan.algebra.operations, plan.algebra.shapes
    first = [one for one in group.sums if operations[one][2] == axes and one not in taken]
    rows = Rows(group.shape, axes, [*first], [], [*first])
    cost: dict[int, int] = {}  # of an element, with what it reads of others
    for one in plan.order:
        if one not in plan.kept or one in taken or plan.level[one] <= level or not first:
            continue
        name = operations[one][0]
        is_sum = name in REDUCED and operations[one][2] == axes and shapes[operations[one][1]] == rows.shape
        is_number = not is_sum and shapes[one] in (rows.across, rows.kept)
        if name in REDUCED and not is_sum:
            continue
        if not is_sum and not is_number and shapes[one] != rows.shape:
            continue
        if name in ALONE or plan.placed(one) is not None or (name == "join" and not plan.is_plain(one)):
            continue
        reads = plan.read[one]
        near = reads & set(rows.members)
        if not near or not all([k in near or plan.level[k] < level for k in reads]):
            continue
        cost[one] = plan.cost[one] + sum([cost[k] for k in near if k not in rows.sums])
        if cost[one] > COSTLY:
            continue
        if text().can_have(rows, one, is_number):
            rows.members.append(one)
            if is_sum or is_number:
                rows.sums.append(one)
    if len(rows.members) == len(first):
        return None
    outside = {k for one in plan.kept if one not in rows.members for k in plan.read[one]} | {*plan.roots}
    return rows._replace(stores=[k for k in rows.members if k not in rows.sums and k in outside])


def moved(plan: Plan, rows: Rows, level: int) -> None:
    """All members are computed at one time, and what they read is read then."""
    reads = set[int]().union(*[plan.read[one] for one in rows.members])
    for one in rows.members:
        plan.level[one] = level
        plan.read[one] = reads - {one}


def without(step: Step, ones: set[int]) -> Step | None:
    """A step less some values; None where nothing is left."""
    if step.group is None:
        return step
    shape, stores, sums = step.group
    left = Group(shape, [k for k in stores if k not in ones], [k for k in sums if k not in ones])
    return step._replace(group=left) if left.stores or left.sums else None
