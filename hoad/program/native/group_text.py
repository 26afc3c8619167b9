"""The functions of a module as LLVM's text: loops that store and add up, or put parts in their places."""

from __future__ import annotations

import functools
import math
from typing import Any

from ..fields.indices import Box, Index, narrow
from ..fields.lattice import Lattice, Shape, dense, whole
from ..fields.plan import Group
from .llvm import literal
from .loop_text import NEUTRAL, Sum, Text
from .storage import Storage


class GroupText(Text):
    """A loop over all elements of some values."""

    def __init__(self, storage: Storage, group: Group) -> None:
        super().__init__(storage)
        self.group = group
        self.results = [one for one in group.stores if one in storage.plan.results]

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
        self.storage.declared["declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"] = None
        size = 8 * math.prod(self.algebra.shapes[one])
        place = self.given(self.storage.place(one))
        self.lines.append(f"  call void @llvm.memset.p0.i64(ptr {place}, i8 0, i64 {size}, i1 false)")

    def fill(self, one: int, shape: Shape, value: str) -> None:
        """Write a number everywhere."""
        place = self.given(self.storage.place(one))

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
            f"getelementptr inbounds double, ptr {self.given(self.storage.place(one))}, i64 {place}"
        )
        self.lines.append(f"  store double {value}, ptr {address}")

    def watch(self, value: str, total: Sum | None) -> None:
        """Let the flag be nan if a value is not finite. Through a loop the values themselves are added up:
        once one is not finite, their sum is not.
        """
        if total is not None:
            total.latest = self.line(f"fadd reassoc double {total.latest or total.carried}, {value}")
            return
        self.increase(self.given(self.storage.flag), self.line(f"fmul double {value}, 0.0"))

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
            f"getelementptr inbounds double, ptr {self.given(self.storage.place(one))}, i64 {place}"
        )
        after = self.combined(how, self.line(f"load double, ptr {address}"), value)
        self.lines.append(f"  store double {after}, ptr {address}")

    def finish(self, total: Sum, axis: int) -> None:
        """Add what was carried through a loop to where it belongs."""
        if total.target is None:
            zero = self.line(f"fmul double {total.latest}, 0.0")
            self.increase(self.given(self.storage.flag), zero)
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
        self, storage: Storage, one: int, base: int | None, parts: list[tuple[int, int, Lattice]]
    ) -> None:
        super().__init__(storage, Group(storage.algebra.shapes[one], [], []))
        self.one, self.base, self.parts = one, base, parts
        self.results = [one] if one in storage.plan.results else []

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
                f"getelementptr inbounds double, ptr {self.given(self.storage.place(self.one))}, i64 {place}"
            )
            if sign:
                self.increase(address, value, "fadd" if sign > 0 else "fsub")
            else:
                self.lines.append(f"  store double {value}, ptr {address}")
            if self.results:
                self.watch(value, None)

        for box in self.boxes(shape, [(part, False)]):
            self.nest(box, inner)


class AddedText(PlacedText):
    """Elements added to zeros, or written into another value, at positions that stand in an array."""

    def __init__(self, storage: Storage, one: int) -> None:
        super().__init__(storage, one, None, [])
        name, *rest = self.algebra.operations[one]
        self.base = rest[0] if name == "put_at" else None
        self.part, self.held = rest[-3:-1]

    def write(self) -> None:
        """What is there before, then one element after the other."""
        super().write()
        shape = self.algebra.shapes[self.part]
        positions = self.given(self.storage.table.pointer("array", self.held))

        def inner() -> None:
            index = self.whole(shape)
            value = self.value(self.part, index)
            place = self.line(
                f"getelementptr inbounds i64, ptr {positions}, i64 {self.flat(0, dense(shape), index)}"
            )
            at = self.line(f"load i64, ptr {place}")
            address = self.line(
                f"getelementptr inbounds double, ptr {self.given(self.storage.place(self.one))}, i64 {at}"
            )
            if self.base is None:
                self.increase(address, value)
            else:
                self.lines.append(f"  store double {value}, ptr {address}")
            if self.results:
                self.watch(value, None)

        for box in self.boxes(shape, [(self.part, False)]):
            self.nest(box, inner)


class ScannedText(GroupText):
    """Sums of all elements so far along an axis."""

    def __init__(self, storage: Storage, one: int) -> None:
        super().__init__(storage, Group(storage.algebra.shapes[one], [], []))
        self.one = one
        self.results = [one] if one in storage.plan.results else []

    def write(self) -> None:
        """The first elements as they are, the others with what stands before them."""
        _, part, axis, shape = self.algebra.operations[self.one]
        for box in self.boxes(shape, [(part, False)]):
            start, stop = box[axis]
            cut = [(0, 1), (1, stop)] if start == 0 and stop > 1 else [(start, stop)]
            for piece in cut:
                inner = functools.partial(self.sum_so_far, part, axis, piece[0] > 0)
                self.nest((*box[:axis], piece, *box[axis + 1 :]), inner)

    def sum_so_far(self, part: int, axis: int, has_one_before: bool) -> None:
        """One element."""
        shape, strides = self.group.shape, dense(self.group.shape)
        index = self.whole(shape)
        value = self.value(part, narrow(index, shape, self.algebra.shapes[part]))
        place = self.given(self.storage.place(self.one))
        if has_one_before:
            at = self.flat(-strides[axis], strides, index)
            before = self.line(f"getelementptr inbounds double, ptr {place}, i64 {at}")
            value = self.line(f"fadd double {self.line(f'load double, ptr {before}')}, {value}")
        address = self.line(f"getelementptr inbounds double, ptr {place}, i64 {self.flat(0, strides, index)}")
        self.lines.append(f"  store double {value}, ptr {address}")
        if self.results:
            self.watch(value, None)
