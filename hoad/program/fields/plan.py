"""Which fields are written to memory, and which are computed together in one loop.

A field is computed wherever it is asked for. Only these get a buffer: results, sums, operands of products,
and what would be computed again too often. All that has a buffer and can be computed at the same time (the
*level*), over the same elements, is one loop.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from .algebra import FACTORED, REDUCED, FieldAlgebra
from .fields import Fields
from .lattice import Lattice, Shape, whole

WEIGHTS = {
    "exp": 12, "cosh": 16, "sinh": 20, "log": 14, "sin": 16, "cos": 16, "tanh": 20, "pow": 60, "log1p": 16,
    "expm1": 14, "div": 6, "sqrt": 6,
}  # fmt: skip
HEAVY = 20  # of any other function
AGAIN = 40  # how much may be computed again for each place that asks
LIGHT = 8  # what is computed again rather than kept between loops
DEEPEST = 100  # operations one within the other, that are computed where they are asked for
ROUNDS = 4
AT_ONCE = 16  # operations of a loop in the time of one on a single number, whose code is read once
STARTED = 25  # the time that a loop takes before it runs, in the same units
SIMPLE = {
    "add",
    "sub",
    "mul",
    "neg",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
    "and",
    "or",
    "not",
    "select",
    "fabs",
    "single",
}
FREE = {"view", "join", "input", "array", "constant", "false"}
GIVEN = ("input", "array")  # what stands in memory when the program begins
ALONE = ("matmul", "add_at", "put_at", "scan", *FACTORED)  # what no loop over its elements computes
OPAQUE = {*REDUCED, *ALONE, "copy"}


class Group(NamedTuple):
    """What one loop over ``shape`` computes: ``stores`` are kept, ``sums`` are added up."""

    shape: Shape
    stores: list[int]
    sums: list[int]


class Step(NamedTuple):
    """What is done at once: a loop (``group``: on a device it may be over rows), or a value that is made
    otherwise.
    """

    level: int
    group: Any
    value: int | None


class Plan:
    """The steps of a program of fields, in order.

    ``results`` are the ids of the outputs, each in a buffer of its own; ``misses`` and ``zeros`` are
    numbers that must be 0 for the program to hold, ``finite`` numbers that must not be nan.

    Args:
        fields: the program.
        forced: what gets a buffer in any case.
    """

    def __init__(self, fields: Fields, forced: set[int]) -> None:
        self.fields = fields
        self.algebra: FieldAlgebra = fields.algebra
        self.found: dict[int, list[tuple[int, int, Lattice]] | None] = {}
        self.results = self.own(fields.outputs)
        self.misses = [self.count(self.miss(c, want)) for c, want in fields.guards]
        self.finite = [self.count(self.times_zero(x)) for x in sorted(self.algebra.finite)]
        self.zeros = [self.count(self.is_zero(x)) for x in sorted(self.algebra.nonzero)]
        self.roots = [*self.results, *self.misses, *self.finite, *self.zeros]
        self.forced = set(forced)
        self.needs: dict[int, list[int]] = {}
        self.order = self.reached()
        self.users = self.asked()
        self.fixed = self.in_any_case()
        for _ in range(ROUNDS):
            self.decide()
            self.levels()
            more = self.shared() - self.forced
            if not more:
                break
            self.forced |= more
        self.steps = self.grouped()

    # -- What is wanted --------------------------------------------------------------------------------------

    def own(self, outputs: list[int]) -> list[int]:
        """The outputs, each in memory that is nothing else."""
        found: list[int] = []
        for one in outputs:
            name = self.algebra.operations[one][0]
            shape, copies = self.algebra.shapes[one], name in ("input", "array", "constant", "false")
            while copies or one in found:  # a copy of what was copied already is one of the copy
                one, copies = self.algebra.make("copy", one, shape), False
            found.append(one)
        return found

    def count(self, one: int) -> int:
        """The sum of all elements, as a number."""
        shape = self.algebra.shapes[one]
        return self.fields.summed(one, tuple(range(len(shape)))) if shape else one

    def miss(self, c: int, want: bool) -> int:
        """1 where a guard does not hold; one that compares with nan does not."""
        algebra = self.algebra
        missed = algebra.invert(c) if want else c
        name, *rest = algebra.operations[algebra.base(c)[0]]
        if name in ("lt", "le", "gt", "ge", "eq", "ne"):
            for x in rest:
                missed = algebra.both("or", missed, algebra.compare("ne", x, x))
        return algebra.number(missed)

    def times_zero(self, one: int) -> int:
        """0, and nan where a value is not finite."""
        return self.algebra.make("mul", self.algebra.zero, self.algebra.number(one))

    def is_zero(self, one: int) -> int:
        """1 where a value is zero, or nan."""
        algebra = self.algebra
        nothing = algebra.compare("eq", one, algebra.zero)
        return algebra.number(algebra.both("or", nothing, algebra.compare("ne", one, one)))

    # -- What is kept ----------------------------------------------------------------------------------------

    def placed(self, one: int) -> list[tuple[int, int, Lattice]] | None:
        """The parts of a value that is zero but for places which can't be read backwards: sign, part,
        places.
        """
        if one not in self.found:
            self.found[one] = self.place(one)
        return self.found[one]

    def place(self, one: int) -> list[tuple[int, int, Lattice]] | None:
        """The same, when it is asked for first."""
        if self.algebra.operations[one][0] not in ("join", "add", "sub", "neg"):
            return None
        parts = self.algebra.parts(one)
        found = [(sign, *(self.algebra.lone(lone) or (lone, Lattice((), ())))) for sign, lone in parts.lone]
        if all([is_readable(lattice) for _, _, lattice in found]):
            return None
        shape = self.algebra.shapes[one]
        if not parts.dense:
            return found
        everywhere = Lattice((0,) * len(shape), whole(shape))
        return [(1, self.algebra.of_terms(parts.dense, lambda k: k), everywhere), *found]

    def reads(self, one: int) -> list[int]:
        """What is needed to compute a value."""
        found = self.needs.get(one)
        if found is None:
            parts = self.placed(one)
            found = self.algebra.operands(one) if parts is None else [part for _, part, _ in parts]
            self.needs[one] = found
        return found

    def reached(self) -> list[int]:
        """All values that are needed, operands first."""
        done: dict[int, None] = {}
        stack = [(one, False) for one in reversed(self.roots)]
        while stack:
            one, read = stack.pop()
            if read:
                done.setdefault(one)
            elif one not in done:
                stack += [(one, True), *[(k, False) for k in self.reads(one) if k not in done]]
        return list(done)

    def asked(self) -> dict[int, list[int]]:
        """Who needs each value."""
        users: dict[int, list[int]] = {one: [] for one in self.order}
        for one in self.order:
            for operand in self.reads(one):
                users[operand].append(one)
        return users

    def in_any_case(self) -> set[int]:
        """What has a buffer for what it is, or for who reads it."""
        algebra, kept = self.algebra, set[int]()
        for one in self.order:
            name, *rest = algebra.operations[one]
            if name in OPAQUE or self.placed(one) is not None or (name == "join" and not self.is_plain(one)):
                kept.add(one)
            if name in ("matmul", "gather", *FACTORED):
                kept |= {algebra.base(k)[0] for k in algebra.operands(one)}
            if name == "view" and not can_split(rest[1], rest[2], rest[3], algebra.shapes[rest[0]]):
                kept.add(rest[0])
        return kept

    def decide(self) -> None:
        """Decide what gets a buffer."""
        operations = self.algebra.operations
        kept = self.kept = self.fixed | set(self.roots) | self.forced
        cost: dict[int, int] = {}
        depth: dict[int, int] = {}
        self.cost = cost
        for one in self.order:
            name = operations[one][0]
            needs = self.reads(one)
            inline = [k for k in needs if k not in kept and operations[k][0] not in GIVEN]
            inner = sum([cost[k] for k in set(inline)])
            cost[one] = inner + weight(name)
            depth[one] = 1 + max([depth[k] for k in inline], default=0)
            if name not in FREE and (depth[one] > DEEPEST or self.is_again(one, inner)):
                kept.add(one)
        self.kept = {k for k in kept if operations[k][0] not in (*GIVEN, "constant", "false")}

    def is_again(self, one: int, inner: int) -> bool:
        """Tell whether a value would be computed again too often, where it is asked for."""
        operations, shapes, users = self.algebra.operations, self.algebra.shapes, self.users[one]
        moved = [k for k in users if operations[k][0] in ("view", "join")]
        places = len(moved) + (len(moved) < len(users))
        if places > 1 and inner * places > AGAIN:
            return True
        if self.cost[one] <= LIGHT:
            return False
        size = math.prod(shapes[one])
        return any([math.prod(shapes[k]) > size for k in users if operations[k][0] != "join"]) or any(
            [0 in repeats(operations[k]) for k in moved if operations[k][0] == "view"]
        )

    def is_kept(self, one: int) -> bool:
        """Tell whether a value stands in memory."""
        return one in self.kept or self.algebra.operations[one][0] in GIVEN

    def is_plain(self, one: int) -> bool:
        """Tell whether the parts of a joined array can be read backwards."""
        return all([is_readable(lattice) for lattice in self.algebra.operations[one][3]])

    def work(self) -> int:
        """How long all takes, about, in additions of single numbers one after the other."""
        shapes, total = self.algebra.shapes, 0.0
        for step in self.steps:
            if step.group is not None:
                group = step.group
                each = sum([self.cost[one] + 1 for one in (*group.stores, *group.sums)])
                total += STARTED + math.prod(group.shape) * each / AT_ONCE
            elif step.value is not None:
                name, *rest = self.algebra.operations[step.value]
                along = shapes[rest[0]][-1] if name in ("matmul", *FACTORED) and shapes[rest[0]] else AT_ONCE
                total += STARTED + math.prod(shapes[step.value]) * along / AT_ONCE
        return round(total)

    # -- When it is computed ---------------------------------------------------------------------------------

    def inside(self, one: int) -> tuple[set[int], set[int]]:
        """What is computed on the way to a value, and the buffers that are read."""
        inline: set[int] = set()
        read: set[int] = set()
        stack = list(self.reads(one))
        while stack:
            k = stack.pop()
            if k in self.kept:
                read.add(k)
            elif k not in inline:
                inline.add(k)
                stack += self.reads(k)
        return inline, read

    def levels(self) -> None:
        """When each value that is kept can be computed."""
        self.level: dict[int, int] = {}
        self.within: dict[int, set[int]] = {}
        self.read: dict[int, set[int]] = {}
        for one in self.order:
            if one in self.kept:
                self.within[one], self.read[one] = self.inside(one)
                self.level[one] = 1 + max([self.level[k] for k in self.read[one]], default=0)

    def shared(self) -> set[int]:
        """What loops of different levels would each compute."""
        where: dict[int, set[int]] = {}
        for one, inline in self.within.items():
            for k in inline:
                where.setdefault(k, set()).add(self.level[one])
        free = {k for k in where if self.algebra.operations[k][0] in FREE}
        many = {k for k, levels in where.items() if len(levels) > 1 and self.cost[k] > LIGHT} - free
        # of a chain that is needed in several loops, the end is enough
        ends = {k for one in self.order for k in self.reads(one) if where.get(k) != where.get(one)}
        return many & ends

    def grouped(self) -> list[Step]:
        """The steps, level by level."""
        algebra, others = self.algebra, []
        groups: dict[tuple[int, Shape], Group] = {}
        for one in self.order:
            if one not in self.kept:
                continue
            name, *rest = algebra.operations[one]
            if name in ALONE or self.placed(one) is not None or (name == "join" and not self.is_plain(one)):
                others.append(Step(self.level[one], None, one))
                continue
            shape = algebra.shapes[rest[0]] if name in REDUCED else algebra.shapes[one]
            group = groups.setdefault((self.level[one], shape), Group(shape, [], []))
            (group.sums if name in REDUCED else group.stores).append(one)
        steps = [Step(level, group, None) for (level, _), group in groups.items()]
        return sorted([*steps, *others], key=lambda step: step.level)


def weight(name: str) -> int:
    """How long an operation takes, in additions."""
    return 0 if name in FREE else 1 if name in SIMPLE else WEIGHTS.get(name, HEAVY)


def repeats(view: tuple[Any, ...]) -> list[int]:
    """The strides of a view along axes of more than one element."""
    return [step for step, n in zip(view[3], view[4], strict=True) if n > 1]


def is_readable(lattice: Lattice) -> bool:
    """Tell whether the places of a part are a box, so that it can be said of each place whether it is one
    of them.
    """
    walks = lattice.slices()
    return walks is not None and all([step in (0, 1) for _, step in walks])


def can_split(offset: int, strides: Shape, shape: Shape, base: Shape) -> bool:
    """Tell whether a view of an array goes along its axes."""
    return split(offset, strides, shape, base) is not None


def split(
    offset: int, strides: Shape, shape: Shape, base: Shape
) -> tuple[list[int], list[tuple[int, int] | None]] | None:
    """A view as, for each axis of its base, where it starts there, and which axis of the view walks along
    it in what steps.
    """
    start, rest, sizes = [], offset, strides_of(base)
    for n, size in zip(base, sizes, strict=True):
        start.append(rest // size if n > 1 else 0)
        rest -= start[-1] * size if n > 1 else 0
    if rest:
        return None
    walks: list[tuple[int, int] | None] = [None] * len(base)
    for axis, (n, step) in enumerate(zip(shape, strides, strict=True)):
        if n == 1 or step == 0:
            continue
        place = next(
            (
                k
                for k, size in enumerate(sizes)
                if base[k] > 1
                and walks[k] is None
                and step % size == 0
                and 0 <= start[k] + (step // size) * (n - 1) < base[k]
                and step // size != 0
            ),
            None,
        )
        if place is None:
            return None
        walks[place] = axis, step // sizes[place]
    return start, walks


def strides_of(shape: Shape) -> list[int]:
    """The strides of an array whose rows lie one after the other."""
    found, n = [], 1
    for size in reversed(shape):
        found.append(n)
        n *= size
    return found[::-1]
