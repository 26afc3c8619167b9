"""Loops as LLVM's text: the values of fields at an index.

Where the part that an element of a joined array belongs to changes, a loop is cut in two, so that no loop
asks a question inside, and LLVM makes vector instructions of it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

from ..fields.indices import Affine, Box, Index, behind, crossing, extents, inner_index, narrow
from ..fields.lattice import Lattice, Shape, dense
from ..fields.plan import split
from ..lowering.special import PREFIX
from .llvm import INTRINSICS, TEXTS, literal
from .mathematics import FUNCTIONS
from .storage import Storage

MOST_BOXES = 128  # pieces that a loop is cut into
SHORT, LARGE = 32, 2_000  # rounds of a loop, and of all around it, from which on it is not written out
MOST_VALUES = 4_000  # that are computed for an element, at different places


class TooManyBoxes(Exception):
    """Values are joined from too many parts to be read backwards: they need a buffer."""

    def __init__(self, *ids: int) -> None:
        super().__init__(ids)
        self.ids = ids


NEUTRAL = {"sum": -0.0, "times": 1.0, "most": -math.inf, "least": math.inf}


class Sum:
    """A number that is added up through a loop, or the largest or smallest so far."""

    def __init__(self, target: int | None, how: str = "sum") -> None:
        self.target = target  # None for the flag
        self.how = how
        self.carried = self.latest = ""


class Text:
    """A function that is being written: loops, and values at an index within them."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.plan = storage.plan
        self.algebra = storage.algebra
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
        as_it_is = ", !llvm.loop !0" if stop - start <= SHORT and self.is_large() else ""
        self.lines.append(f"  br i1 %c{k}, label %{end}, label %{head}{as_it_is}")
        self.lines[phi] = f"  {variable} = phi i64 [ {start}, %{before} ], [ %j{k}, %{self.at} ]"
        for j, total in enumerate(sums):
            first = f"[ {literal(NEUTRAL[total.how])}, %{before} ]"
            self.lines[phi + 1 + j] = (
                f"  {total.carried} = phi double {first}, [ {total.latest}, %{self.at} ]"
            )
        self.label(end)
        del self.variables[axis]

    def is_large(self) -> bool:
        """Tell whether the loops go over so much that a short one within had better stay a loop: LLVM would
        write it out before it looks for vectors.
        """
        return math.prod([stop - start for start, stop in self.box]) > LARGE

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
        parameter = self.given(self.storage.place(one))
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
            self.storage.declared[name] = None
            return self.line(f"call double @hoad_{name}({given})")
        if name.startswith(PREFIX):
            called = self.given(self.storage.table.pointer("special", name.removeprefix(PREFIX)))
            return self.line(f"call double {called}({given}, i32 0) #0")
        called = f"llvm.{name}.f64" if name in INTRINSICS else name
        kinds = ", ".join(["double"] * len(operands))
        self.storage.declared[f"declare double @{called}({kinds}) #0"] = None
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
        positions = self.given(self.storage.table.pointer("array", held))
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
            raise TooManyBoxes(*dict.fromkeys(joins))
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
            raise TooManyBoxes(*dict.fromkeys(joins))
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
