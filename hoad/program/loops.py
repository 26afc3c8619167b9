"""Fields as LLVM's text: one function for each loop, and a kernel that calls them in turn.

Where the part that an element of a joined array belongs to changes, a loop is cut in two, so that no loop
asks a question inside, and LLVM makes vector instructions of it.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .fields import Lattice, Shape, dense, whole
from .llvm import FINE, INTRINSICS, MISSED, NOT_FINITE, TEXTS, literal
from .mathematics import DECLARED, FUNCTIONS
from .memory import Memory
from .plan import Group, Plan, split
from .special import PREFIX
from .table import Table

MOST_BOXES = 128  # pieces that a loop is cut into
MOST_VALUES = 4_000  # that are computed for an element, at different places
CALLS = 80  # in one function of the driver


class Affine(NamedTuple):
    """A place along an axis: ``start`` and ``step`` times the variable of a loop, if there is one."""

    start: int
    loop: int | None = None
    step: int = 0

    def plus(self, n: int) -> Affine:
        """The place n further."""
        return Affine(self.start + n, self.loop, self.step)

    def walked(self, start: int, step: int) -> Affine:
        """The place in a base of the place in a view."""
        return Affine(start + step * self.start, self.loop, step * self.step)


Index = tuple[Affine, ...]
Box = tuple[tuple[int, int], ...]


class TooManyBoxes(Exception):
    """Values are joined from too many parts to be read backwards: they need a buffer."""

    def __init__(self, *ids: int) -> None:
        super().__init__(ids)
        self.ids = ids


class Loops:
    """The module of a plan.

    Args:
        plan: what is computed in which loop.
        memory: where the buffers lie in the arena.
        table: of what lies elsewhere: the arena, constant arrays, the functions of BLAS.
        has_blas: whether those are there.
    """

    def __init__(self, plan: Plan, memory: Memory, table: Table, has_blas: bool) -> None:
        self.plan = plan
        self.algebra = plan.algebra
        self.table = table
        self.has_blas = has_blas
        self.size = memory.size
        self.declared: dict[str, None] = {}
        self.functions: dict[str, str] = {}
        self.numbers: dict[str, None] = {}
        self.calls: list[str] = []
        self.offsets = memory.offsets
        for step in plan.steps:
            if step.group is not None:
                self.call(GroupText(self, step.group))
            else:
                assert step.value is not None
                self.other(step.value)

    # -- Memory ----------------------------------------------------------------------------------------------

    def place(self, one: int) -> str:
        """The pointer to a value that stands in memory."""
        name, *rest = self.algebra.operations[one]
        if name == "input":
            return f"%in{rest[0]}"
        if name == "array":
            return self.table.pointer("array", rest[0])
        if one in self.plan.results:
            return f"%out{self.plan.results.index(one)}"
        return self.arena(self.offsets[one])

    def arena(self, offset: int) -> str:
        """The pointer to a place in the arena."""
        return self.table.pointer("room", "arena", self.size, offset=offset)

    @property
    def flag(self) -> str:
        """The pointer to the number that becomes nan where a result is not finite."""
        return self.arena(0)

    # -- Steps -----------------------------------------------------------------------------------------------

    def call(self, text: Text) -> None:
        """Add a function, and a call of it."""
        body = text.body()
        name = "loop_" + hashlib.sha256(body.encode()).hexdigest()[:16]
        self.functions.setdefault(name, f"define internal void @{name}{body}")
        self.calls.append(f"call void @{name}({', '.join([f'ptr {place}' for place in text.places])})")

    def other(self, one: int) -> None:
        """A value that is no loop over its elements."""
        name, *rest = self.algebra.operations[one]
        parts = self.plan.placed(one)
        if parts is not None:
            self.call(PlacedText(self, one, None, parts))
        elif name == "join":
            self.call(
                PlacedText(
                    self, one, rest[0], [(0, part, at) for part, at in zip(rest[1], rest[2], strict=True)]
                )
            )
        elif name == "add_at":
            self.call(AddedText(self, one))
        else:
            self.product(one, *rest[:2])

    def number(self, n: int) -> str:
        """A pointer to an integer, as BLAS wants it."""
        self.numbers[f"@n{n} = private constant i32 {n}"] = None
        return f"ptr @n{n}"

    def product(self, one: int, a: int, b: int) -> None:
        """A product of matrices, or of two stacks of them, by BLAS."""
        if not self.has_blas:
            raise LookupError("products of matrices need SciPy: pip install 'hoad[scipy]'")
        if len(self.algebra.shapes[one]) == 2:
            self.matrices(Matrix.of(self, one), Matrix.of(self, a), Matrix.of(self, b))
            return
        for k in range(self.algebra.shapes[one][0]):
            self.matrices(*[Matrix.of(self, x, k) for x in (one, a, b)])

    def matrices(self, out: Matrix, left: Matrix, right: Matrix) -> None:
        """One product: of rows, where BLAS has columns, so all is transposed."""
        (m, k), n, number = left.shape, right.shape[1], self.number
        lines: list[str] = []
        places = [x.pointer(lines, f"%m{len(self.calls)}_{j}") for j, x in enumerate((left, right, out))]
        if n == 1 or m == 1:
            matrix, vector, place = (right, left, places[1]) if m == 1 else (left, right, places[0])
            along = vector.strides[1 if m == 1 else 0] or 1
            rows, columns = matrix.shape
            # by rows: BLAS sees the transpose, with as many rows as a row has elements
            shape = (columns, rows) if matrix.is_of_rows else (rows, columns)
            letter = "T" if matrix.is_of_rows is not (m == 1) else "N"
            given = [
                f"ptr @{letter}",
                number(shape[0]),
                number(shape[1]),
                "ptr @one",
                place,
                number(matrix.far),
            ]
            given += [places[0 if m == 1 else 1], number(along), "ptr @none", places[2], number(1)]
            name = "dgemv"
        else:
            given = [f"ptr @{'N' if x.is_of_rows else 'T'}" for x in (right, left)]
            given += [number(n), number(m), number(k), "ptr @one", places[1], number(right.far), places[0]]
            given += [number(left.far), "ptr @none", places[2], number(n)]
            name = "dgemm"
        lines.append(f"call void {self.table.pointer('blas', name)}({', '.join(given)})")
        self.calls.append("\n  ".join(lines))

    # -- The module ------------------------------------------------------------------------------------------

    def text(self) -> str:
        """Declarations, loops, and the kernel."""
        ins = [f"ptr noalias readonly %in{k}" for k in range(len(self.plan.fields.program.inputs))]
        outs = [f"ptr noalias %out{k}" for k in range(len(self.plan.results))]
        parameters = ", ".join([*ins, *outs])
        given = ", ".join([f"ptr {p.rsplit(' ', 1)[1]}" for p in [*ins, *outs]])
        pieces, lines = [], []
        for k in range(0, len(self.calls), CALLS):
            body = [f"  {call}" for call in self.calls[k : k + CALLS]]
            pieces.append(
                self.table.loaded(
                    "\n".join(
                        [
                            f"define internal void @part{k}({parameters}) #1 {{",
                            "entry:",
                            *body,
                            "  ret void",
                            "}",
                        ]
                    )
                )
            )
            lines.append(f"  call void @part{k}({given})")
        kernel = [
            f"define internal i32 @kernel({parameters}) {{",
            "entry:",
            f"  store double 0.0, ptr {self.flag}",
            *lines,
            *self.tests(),
            f"  ret i32 {FINE}",
            "}",
        ]
        used = [FUNCTIONS[name] for name in self.declared if name in FUNCTIONS]
        declared = dict.fromkeys(
            [*DECLARED.split("\n"), *[d for d in self.declared if d.startswith("declare")]]
        )
        declared = {line.removesuffix(" #0"): None for line in declared}
        made = [*self.functions.values(), *pieces, self.table.loaded("\n".join(kernel))]
        return "\n".join([CONSTANTS, *self.numbers, *declared, *used, *made, ATTRIBUTES])

    def tests(self) -> list[str]:
        """The end of the kernel: whether the guards hold, and all is finite."""
        lines: list[str] = []
        asked = [(f"{self.flag}", "uno", NOT_FINITE)]
        asked += [(self.place(one), "une", MISSED) for one in self.plan.misses if self.is_there(one)]
        asked += [(self.place(one), "uno", NOT_FINITE) for one in self.plan.finite if self.is_there(one)]
        asked += [(self.place(one), "une", NOT_FINITE) for one in self.plan.zeros if self.is_there(one)]
        for k, (place, how, code) in enumerate(asked):
            lines += [
                f"  %x{k} = load double, ptr {place}",
                f"  %y{k} = fcmp {how} double %x{k}, 0.0",
                f"  br i1 %y{k}, label %bad{k}, label %good{k}",
                f"bad{k}:",
                f"  ret i32 {code}",
                f"good{k}:",
            ]
        return lines

    def is_there(self, one: int) -> bool:
        """Tell whether a number was computed; one that is known is right."""
        if one in self.algebra.constants and self.algebra.constants[one] != 0:
            raise LookupError("a guard never holds")
        return one not in self.algebra.constants


class Matrix(NamedTuple):
    """A matrix in memory: from which place, in which steps; ``far`` is the one from row to row or column to
    column.
    """

    place: str
    offset: int
    shape: Shape
    strides: Shape

    @classmethod
    def of(cls, loops: Loops, one: int, k: int | None = None) -> Matrix:
        """A value, or one matrix of a stack."""
        base, offset, strides = loops.algebra.base(one)
        shape = loops.algebra.shapes[one]
        if k is not None:
            offset, strides, shape = offset + k * strides[0], strides[1:], shape[1:]
        return cls(loops.place(base), offset, shape, strides)

    @property
    def is_of_rows(self) -> bool:
        """Whether the elements of a row lie one after the other."""
        return self.strides[1] == 1 or self.shape[1] == 1

    @property
    def far(self) -> int:
        """From one row, or column, to the next."""
        axis = 0 if self.is_of_rows else 1
        near = max(self.shape[1 - axis], 1)
        return near if self.shape[axis] == 1 else max(self.strides[axis], near)

    def pointer(self, lines: list[str], name: str) -> str:
        """A pointer to the first element."""
        if not self.offset:
            return f"ptr {self.place}"
        lines.append(f"{name} = getelementptr double, ptr {self.place}, i64 {self.offset}")
        return f"ptr {name}"


CONSTANTS = """@one = private constant double 1.0
@none = private constant double 0.0
@N = private constant i8 78
@T = private constant i8 84"""
ATTRIBUTES = "attributes #0 = { nounwind willreturn memory(none) }\nattributes #1 = { noinline nounwind }\n"


class Text:
    """A function that is being written: loops, and values at an index within them."""

    def __init__(self, loops: Loops) -> None:
        self.loops = loops
        self.plan = loops.plan
        self.algebra = loops.algebra
        self.places: dict[str, int] = {}  # the pointers that it is given
        self.lines: list[str] = []
        self.count = 0
        self.labels = 0
        self.at = "entry"  # the block that is being written
        self.variables: dict[int, str] = {}
        self.box: Box = ()
        self.known: dict[Any, str] = {}

    def body(self) -> str:
        """Parameters and text of the function."""
        self.write()
        parameters = ", ".join([f"ptr noalias %p{k}" for k in self.places.values()])
        return f"({parameters}) #1 {{\nentry:\n" + "\n".join([*self.lines, "  ret void", "}"])

    def write(self) -> None:
        """Write the lines."""
        raise NotImplementedError

    def line(self, text: str) -> str:
        """Add an instruction; its name."""
        self.count += 1
        self.lines.append(f"  %v{self.count} = {text}")
        return f"%v{self.count}"

    def given(self, place: str) -> str:
        """The parameter for a pointer."""
        return f"%p{self.places.setdefault(place, len(self.places))}"

    # -- Loops -----------------------------------------------------------------------------------------------

    def label(self, name: str) -> None:
        """Begin a block."""
        self.lines.append(f"{name}:")
        self.at = name

    def loop(
        self, axis: int, start: int, stop: int, inner: Callable[[], None], sums: list[Sum] | None = None
    ) -> None:
        """A loop along an axis; ``sums`` are carried through it."""
        sums = sums or []
        self.labels += 1
        k, before = self.labels, self.at
        head, end = f"loop{k}", f"end{k}"
        self.lines.append(f"  br label %{head}")
        self.label(head)
        variable = f"%i{k}"
        phi = len(self.lines)
        self.lines += ["", *["" for _ in sums]]
        for j, total in enumerate(sums):
            total.carried = f"%s{k}_{j}"
        self.variables[axis] = variable
        inner()
        self.lines.append(f"  %j{k} = add nuw nsw i64 {variable}, 1")
        self.lines.append(f"  %c{k} = icmp eq i64 %j{k}, {stop}")
        self.lines.append(f"  br i1 %c{k}, label %{end}, label %{head}")
        self.lines[phi] = f"  {variable} = phi i64 [ {start}, %{before} ], [ %j{k}, %{self.at} ]"
        for j, total in enumerate(sums):
            first = f"[ {literal(NEUTRAL[total.how])}, %{before} ]"
            self.lines[phi + 1 + j] = (
                f"  {total.carried} = phi double {first}, [ {total.latest}, %{self.at} ]"
            )
        self.label(end)
        del self.variables[axis]

    def nest(self, box: Box, inner: Callable[[], None]) -> None:
        """Loops over a box, around lines that are written once."""
        axes = [k for k, (start, stop) in enumerate(box) if stop - start > 1]
        self.box, self.known = box, {}

        def around(rest: list[int]) -> None:
            if rest:
                self.loop(rest[0], *box[rest[0]], lambda: around(rest[1:]))
            else:
                inner()

        around(axes)

    # -- Values ----------------------------------------------------------------------------------------------

    def whole(self, shape: Shape) -> Index:
        """The index of the element that the loops are at."""
        return tuple([Affine(0, k, 1) for k in range(len(shape))])

    def flat(self, offset: int, strides: Shape, index: Index) -> str:
        """The place in memory of an element."""
        start, factors = offset, dict[int, int]()
        for stride, at in zip(strides, index, strict=True):
            start += stride * at.start
            if at.loop is not None and stride * at.step:
                factors[at.loop] = factors.get(at.loop, 0) + stride * at.step
        found: str | None = None
        for axis, factor in sorted(factors.items()):
            if axis not in self.variables:
                start += factor * self.box[axis][0]
            else:
                variable = self.variables[axis]
                term = variable if factor == 1 else self.once(f"mul nsw i64 {variable}, {factor}")
                found = term if found is None else self.once(f"add nsw i64 {found}, {term}")
        if found is None:
            return str(start)
        return self.once(f"add nsw i64 {found}, {start}") if start else found

    def once(self, text: str) -> str:
        """An instruction that is not written twice in a block."""
        key = ("text", text)
        if key not in self.known:
            self.known[key] = self.line(text)
        return self.known[key]

    def load(self, one: int, place: str) -> str:
        """An element of a value that stands in memory."""
        parameter = self.given(self.loops.place(one))
        key = ("load", parameter, place)
        if key not in self.known:
            address = self.line(f"getelementptr inbounds double, ptr {parameter}, i64 {place}")
            value = self.line(f"load double, ptr {address}")
            if self.algebra.is_truth(one):
                value = self.line(f"fcmp une double {value}, 0.0")
            self.known[key] = value
        return self.known[key]

    def value(self, one: int, index: Index, fresh: bool = False) -> str:
        """An element of a value; ``fresh`` computes it though it has a buffer."""
        key = (one, index)
        if key not in self.known:
            self.known[key] = self.element(one, index, fresh)
        return self.known[key]

    def element(self, one: int, index: Index, fresh: bool) -> str:
        """The same, when it is asked for first."""
        algebra = self.algebra
        name, *rest = algebra.operations[one]
        if name == "constant":
            return literal(algebra.constants[one])
        if name == "false":
            return "false"
        if self.plan.is_kept(one) and not fresh:
            return self.load(one, self.flat(0, dense(algebra.shapes[one]), index))
        if name == "view":
            return self.of_view(rest[0], rest[1], rest[2], rest[3], index)
        if name == "join":
            return self.of_join(one, index)
        if name == "copy":
            return self.value(rest[0], index)
        if name == "gather":
            return self.gathered(rest[0], rest[1], algebra.shapes[one], index)
        operands = [self.value(k, narrow(index, algebra.shapes[one], algebra.shapes[k])) for k in rest]
        return self.operation(one, name, operands)

    def operation(self, one: int, name: str, operands: list[str]) -> str:
        """A function of numbers."""
        if name == "select":
            kind = "i1" if self.algebra.is_truth(self.algebra.operations[one][2]) else "double"
            return self.line(f"select i1 {operands[0]}, {kind} {operands[1]}, {kind} {operands[2]}")
        if name == "single":
            return self.line(f"fpext float {self.line(f'fptrunc double {operands[0]} to float')} to double")
        if name in TEXTS:
            return self.line(TEXTS[name].format(*operands))
        given = ", ".join([f"double {x}" for x in operands])
        if name in FUNCTIONS:
            self.loops.declared[name] = None
            return self.line(f"call double @hoad_{name}({given})")
        if name.startswith(PREFIX):
            called = self.given(self.loops.table.pointer("special", name.removeprefix(PREFIX)))
            return self.line(f"call double {called}({given}, i32 0) #0")
        called = f"llvm.{name}.f64" if name in INTRINSICS else name
        kinds = ", ".join(["double"] * len(operands))
        self.loops.declared[f"declare double @{called}({kinds}) #0"] = None
        return self.line(f"call double @{called}({given})")

    def of_view(self, base: int, offset: int, strides: Shape, shape: Shape, index: Index) -> str:
        """An element of a view."""
        if base in self.algebra.constants or self.algebra.operations[base][0] == "false":
            return self.value(base, ())
        if self.plan.is_kept(base):
            return self.load(base, self.flat(offset, strides, index))
        found = split(offset, strides, shape, self.algebra.shapes[base])
        assert found is not None
        return self.value(base, behind(found, index))

    def gathered(self, base: int, held: Any, shape: Shape, index: Index) -> str:
        """An element at a position that stands in an array."""
        positions = self.given(self.loops.table.pointer("array", held))
        place = self.line(
            f"getelementptr inbounds i64, ptr {positions}, i64 {self.flat(0, dense(shape), index)}"
        )
        return self.load(base, self.line(f"load i64, ptr {place}"))

    def of_join(self, one: int, index: Index) -> str:
        """An element of what is joined from parts: of the last part that has its place."""
        _, base, parts, lattices, _ = self.algebra.operations[one]
        for part, lattice in reversed(list(zip(parts, lattices, strict=True))):
            if self.is_inside(part, lattice, index):
                return self.value(part, inner_index(lattice, index, len(self.algebra.shapes[part])))
        assert base is not None
        return self.value(base, index[len(index) - len(self.algebra.shapes[base]) :])

    def is_inside(self, part: int, lattice: Lattice, index: Index) -> bool:
        """Tell whether the whole box of the loops is within a part: it is, or none of it."""
        for at, (low, high) in zip(index, extents(lattice, self.algebra.shapes[part]), strict=True):
            first = at.start + (at.step * self.box[at.loop][0] if at.loop is not None else 0)
            if not low <= first < high:
                return False
        return True

    # -- Where loops are cut ---------------------------------------------------------------------------------

    def boxes(self, shape: Shape, targets: list[tuple[int, bool]]) -> Iterator[Box]:
        """The pieces of a loop in which every element comes from the same parts."""
        cuts: list[set[int]] = [{0, n} for n in shape]
        seen: set[Any] = set()
        joins: list[int] = []
        for one, fresh in targets:
            self.cut(one, self.whole(shape), fresh, shape, cuts, seen, joins)
        if math.prod([len(c) - 1 for c in cuts]) > MOST_BOXES:
            raise TooManyBoxes(joins[0])
        ranges = [list(itertools.pairwise(sorted(c))) for c in cuts]
        return itertools.product(*ranges)

    def cut(
        self, one: int, index: Index, fresh: bool, shape: Shape, cuts: Any, seen: set[Any], joins: list[int]
    ) -> None:
        """Note where what a value consists of changes."""
        algebra = self.algebra
        if (one, index) in seen or (self.plan.is_kept(one) and not fresh):
            return
        seen.add((one, index))
        if len(seen) > MOST_VALUES and joins:
            raise TooManyBoxes(*joins)
        name, *rest = algebra.operations[one]
        if name in ("constant", "false", "gather"):
            return
        if name == "view":
            found = (
                None
                if self.plan.is_kept(rest[0])
                else split(rest[1], rest[2], rest[3], algebra.shapes[rest[0]])
            )
            if found is not None:
                self.cut(rest[0], behind(found, index), False, shape, cuts, seen, joins)
            return
        if name != "join":
            for k in algebra.operands(one):
                at_operand = narrow(index, algebra.shapes[one], algebra.shapes[k])
                self.cut(k, at_operand, False, shape, cuts, seen, joins)
            return
        joins.append(one)
        for part, lattice in zip(rest[1], rest[2], strict=True):
            for at, (low, high) in zip(index, extents(lattice, algebra.shapes[part]), strict=True):
                if at.loop is not None and at.step:
                    for bound in (low, high):
                        place = crossing(at, bound)
                        if 0 < place < shape[at.loop]:
                            cuts[at.loop].add(place)
            self.cut(
                part, inner_index(lattice, index, len(algebra.shapes[part])), False, shape, cuts, seen, joins
            )
        if rest[0] is not None:
            self.cut(
                rest[0], index[len(index) - len(algebra.shapes[rest[0]]) :], False, shape, cuts, seen, joins
            )


def narrow(index: Index, shape: Shape, operand: Shape) -> Index:
    """The index of an operand that is broadcast to a shape."""
    lead = len(shape) - len(operand)
    return tuple(
        [Affine(0) if n == 1 and shape[lead + k] > 1 else index[lead + k] for k, n in enumerate(operand)]
    )


def behind(view: tuple[list[int], list[tuple[int, int] | None]], index: Index) -> Index:
    """The index in a base, of an element of a view of it."""
    return tuple(
        [
            Affine(first) if walk is None else index[walk[0]].walked(first, walk[1])
            for first, walk in zip(*view, strict=True)
        ]
    )


def inner_index(lattice: Lattice, index: Index, ndim: int) -> Index:
    """The index within a part, of an element of the whole."""
    found = [Affine(0)] * ndim
    for at, first, (axis, _) in zip(index, lattice.start, lattice.slices() or [], strict=True):
        if axis is not None:
            found[axis] = at.plus(-first)
    return tuple(found)


def extents(lattice: Lattice, part: Shape) -> list[tuple[int, int]]:
    """From where to where a part reaches along each axis of the whole."""
    walks = lattice.slices() or []
    return [
        (first, first + (1 if axis is None else part[axis]))
        for first, (axis, _) in zip(lattice.start, walks, strict=True)
    ]


def crossing(at: Affine, bound: int) -> int:
    """The first value of the variable from which on a place is on the other side of a bound."""
    if at.step > 0:
        return -((at.start - bound) // at.step)
    return (at.start - bound) // -at.step + 1


NEUTRAL = {"sum": -0.0, "times": 1.0, "most": -math.inf, "least": math.inf}


class Sum:
    """A number that is added up through a loop, or the largest or smallest so far."""

    def __init__(self, target: int | None, how: str = "sum") -> None:
        self.target = target  # None for the flag
        self.how = how
        self.carried = self.latest = ""


class GroupText(Text):
    """A loop over all elements of some values."""

    def __init__(self, loops: Loops, group: Group) -> None:
        super().__init__(loops)
        self.group = group
        self.results = [one for one in group.stores if one in loops.plan.results]

    def write(self) -> None:
        """Clear the sums, then the loops, piece by piece."""
        shape = self.group.shape
        for one in self.group.sums:
            self.clear(one)
        targets = [(one, True) for one in self.group.stores]
        targets += [(self.algebra.operations[one][1], False) for one in self.group.sums]
        for box in self.boxes(shape, targets):
            self.piece(box)

    def clear(self, one: int) -> None:
        """Fill a buffer with zeros; with ones for products, and infinity for the largest and the smallest."""
        name, *rest = self.algebra.operations[one]
        if name in NEUTRAL and name != "sum":
            self.fill(one, rest[-1], literal(NEUTRAL[name]))
            return
        self.loops.declared["declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"] = None
        size = 8 * math.prod(self.algebra.shapes[one])
        place = self.given(self.loops.place(one))
        self.lines.append(f"  call void @llvm.memset.p0.i64(ptr {place}, i8 0, i64 {size}, i1 false)")

    def fill(self, one: int, shape: Shape, value: str) -> None:
        """Write a number everywhere."""
        place = self.given(self.loops.place(one))

        def inner() -> None:
            at = self.flat(0, dense(shape), self.whole(shape))
            address = self.line(f"getelementptr inbounds double, ptr {place}, i64 {at}")
            self.lines.append(f"  store double {value}, ptr {address}")

        self.nest(tuple([(0, n) for n in shape]), inner)

    def piece(self, box: Box) -> None:
        """The loops over one box: the innermost carries the sums, in blocks."""
        axes = [k for k, (start, stop) in enumerate(box) if stop - start > 1]
        self.box, self.known = box, {}
        if not axes:
            self.rounds({})
            return
        last = axes[-1]

        def around(rest: list[int]) -> None:
            if len(rest) > 1:
                self.loop(rest[0], *box[rest[0]], lambda: around(rest[1:]))
                return
            self.known = {}
            reduced = [one for one in self.group.sums if last in self.algebra.operations[one][2]]
            sums: dict[int | None, Sum] = {one: Sum(one, self.algebra.operations[one][0]) for one in reduced}
            if self.results:
                sums[None] = Sum(None)
            self.loop(last, *box[last], lambda: self.rounds(sums), list(sums.values()))
            self.known = {}
            for total in sums.values():
                self.finish(total, last)

        around(axes)

    def rounds(self, sums: dict[Any, Sum]) -> None:
        """What is done for one element."""
        self.known = {}
        index = self.whole(self.group.shape)
        for one in self.group.stores:
            value = self.value(one, index, fresh=True)
            self.store(one, value, self.flat(0, dense(self.group.shape), index))
            if one in self.results:
                self.watch(value, sums.get(None))
        if None in sums and not sums[None].latest:
            sums[None].latest = sums[None].carried
        for one in self.group.sums:
            value = self.value(self.algebra.operations[one][1], index)
            total = sums.get(one)
            if total is not None:
                total.latest = self.combined(total.how, total.carried, value)
            else:
                self.add(one, value, index)

    def combined(self, how: str, held: str, value: str) -> str:
        """A sum with one more element, or the larger or the smaller of two, which is nan if one is."""
        if how == "sum":
            return self.line(f"fadd reassoc double {held}, {value}")
        if how == "times":
            return self.line(f"fmul double {held}, {value}")
        is_more = self.line(f"fcmp {'ogt' if how == 'most' else 'olt'} double {value}, {held}")
        is_nan = self.line(f"fcmp uno double {value}, {value}")
        return self.line(
            f"select i1 {self.line(f'or i1 {is_more}, {is_nan}')}, double {value}, double {held}"
        )

    def store(self, one: int, value: str, place: str) -> None:
        """Keep an element."""
        if self.algebra.is_truth(one):
            value = self.line(f"select i1 {value}, double 1.0, double 0.0")
        address = self.line(
            f"getelementptr inbounds double, ptr {self.given(self.loops.place(one))}, i64 {place}"
        )
        self.lines.append(f"  store double {value}, ptr {address}")

    def watch(self, value: str, total: Sum | None) -> None:
        """Let the flag be nan if a value is not finite."""
        zero = self.line(f"fmul double {value}, 0.0")
        if total is not None:
            total.latest = self.line(f"fadd reassoc double {total.latest or total.carried}, {zero}")
            return
        self.increase(self.given(self.loops.flag), zero)

    def increase(self, address: str, value: str, how: str = "fadd") -> None:
        """Add to a number in memory."""
        before = self.line(f"load double, ptr {address}")
        after = self.line(f"{how} double {before}, {value}")
        self.lines.append(f"  store double {after}, ptr {address}")

    def add(self, one: int, value: str, index: Index) -> None:
        """Add an element to a sum in memory."""
        how, _, axes, shape = self.algebra.operations[one]
        kept = tuple([at for k, at in enumerate(index) if k not in axes])
        place = self.flat(0, dense(shape), kept)
        address = self.line(
            f"getelementptr inbounds double, ptr {self.given(self.loops.place(one))}, i64 {place}"
        )
        after = self.combined(how, self.line(f"load double, ptr {address}"), value)
        self.lines.append(f"  store double {after}, ptr {address}")

    def finish(self, total: Sum, axis: int) -> None:
        """Add what was carried through a loop to where it belongs."""
        if total.target is None:
            self.increase(self.given(self.loops.flag), total.latest)
        else:
            self.variables[axis] = "0"  # along which the sum goes: it has no place there
            self.add(total.target, total.latest, self.whole(self.group.shape))
            del self.variables[axis]
        total.latest = ""


class PlacedText(GroupText):
    """A value that is made by putting parts in their places, in another value or in zeros; parts with a
    sign are added.
    """

    def __init__(
        self, loops: Loops, one: int, base: int | None, parts: list[tuple[int, int, Lattice]]
    ) -> None:
        super().__init__(loops, Group(loops.algebra.shapes[one], [], []))
        self.one, self.base, self.parts = one, base, parts
        self.results = [one] if one in loops.plan.results else []

    def write(self) -> None:
        """The base, then part after part."""
        shape = self.algebra.shapes[self.one]
        first = self.parts[0] if self.parts else None
        if first is not None and self.algebra.shapes[first[1]] == shape and first[2].steps == whole(shape):
            pass  # the first part is the whole
        elif self.base is None or self.base == self.algebra.zero:
            self.clear(self.one)
        else:
            self.over(self.base, Lattice((0,) * len(shape), whole(shape)), 0)
        for k, (sign, part, lattice) in enumerate(self.parts):
            self.over(part, lattice, sign if k else min(sign, 0))

    def over(self, part: int, lattice: Lattice, sign: int) -> None:
        """Write or add (``sign``) a part."""
        shape = self.algebra.shapes[part]
        if not shape and lattice.steps:
            shape = self.algebra.shapes[self.one]
        strides = dense(self.algebra.shapes[self.one])
        start = sum([k * n for k, n in zip(lattice.start, strides, strict=True)])
        steps = tuple([sum([k * n for k, n in zip(step, strides, strict=True)]) for step in lattice.steps])

        def inner() -> None:
            index = self.whole(shape)
            value = self.value(part, narrow(index, shape, self.algebra.shapes[part]))
            place = self.flat(start, steps, index)
            address = self.line(
                f"getelementptr inbounds double, ptr {self.given(self.loops.place(self.one))}, i64 {place}"
            )
            if sign:
                self.increase(address, value, "fadd" if sign > 0 else "fsub")
            else:
                self.lines.append(f"  store double {value}, ptr {address}")
            if self.results:
                self.watch(value, None)

        for box in self.boxes(shape, [(part, False)]):
            self.nest(box, inner)


class AddedText(GroupText):
    """Elements added to zeros at positions that stand in an array."""

    def __init__(self, loops: Loops, one: int) -> None:
        super().__init__(loops, Group(loops.algebra.shapes[one], [], []))
        self.one = one
        self.results = [one] if one in loops.plan.results else []

    def write(self) -> None:
        """Zeros, then one element after the other."""
        self.clear(self.one)
        _, part, held, _ = self.algebra.operations[self.one]
        shape = self.algebra.shapes[part]
        positions = self.given(self.loops.table.pointer("array", held))

        def inner() -> None:
            index = self.whole(shape)
            value = self.value(part, index)
            place = self.line(
                f"getelementptr inbounds i64, ptr {positions}, i64 {self.flat(0, dense(shape), index)}"
            )
            at = self.line(f"load i64, ptr {place}")
            address = self.line(
                f"getelementptr inbounds double, ptr {self.given(self.loops.place(self.one))}, i64 {at}"
            )
            self.increase(address, value)
            if self.results:
                self.watch(value, None)

        for box in self.boxes(shape, [(part, False)]):
            self.nest(box, inner)
