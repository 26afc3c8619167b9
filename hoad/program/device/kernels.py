"""The kernels of a plan: what each thread does, and in which order the threads of a block add up.

The order depends on the shapes alone, so that a result is the same at every run and on every card.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..fields.indices import Index, narrow
from ..fields.lattice import Lattice, Shape, dense
from ..fields.plan import Plan
from ..native.loop_text import NEUTRAL
from .text import LARGEST, Place, Values, literal, stored

THREADS = 256  # of a block
MOST_BLOCKS = 8_192  # of a launch; each thread takes several elements where there are more
SUMMING = 512  # blocks that each leave a part of a sum
EACH = 8  # elements of a thread that adds up, at least
AT_ONCE = 2**17  # threads from which on a device has enough to do


class Launch(NamedTuple):
    """A kernel with what it is given; ``text`` is all of it but its name."""

    text: str
    blocks: int
    places: tuple[Place, ...]
    what: str


class Check(NamedTuple):
    """What is looked at: where a condition on a value holds, a number of the flag is set."""

    test: str
    number: int


def upper_power(n: int) -> int:
    """The smallest power of two that is not below n."""
    return 1 << max(0, n - 1).bit_length()


class KernelText(Values):
    """A kernel that is being written.

    Args:
        plan: what is kept in memory.
        types: of the values.
        place: the place in memory of what is kept.
        checks: what is looked at, by id.
        watches: whether a result that is not finite sets the flag.
    """

    def __init__(
        self, plan: Plan, types: Any, place: Any, checks: dict[int, list[Check]], watches: bool
    ) -> None:
        super().__init__(plan, types, place)
        self.checks = checks
        self.watches = watches
        self.shared = False  # whether there is memory that the threads of a block have in common

    def launch(self, blocks: int, what: str) -> Launch:
        """The whole text, with its head."""
        kind = "int" if self.largest <= LARGEST else "long long"
        head = [f"  typedef {kind} index;"]
        if self.shared:
            head.append("  __shared__ double shared[THREADS];")
        text = "\n".join([f"({', '.join(self.parameters.values())}) {{", *head, *self.lines, "}"])
        return Launch(text, max(1, min(blocks, MOST_BLOCKS)), tuple(self.parameters), what)

    def store(self, one: int, at: str, value: str) -> None:
        """Keep an element, and look whether it is finite if it is of a result."""
        size = math.prod(self.algebra.shapes[one])
        given = self.given(self.place(one), stored(self.types(one)), True, size)
        self.write(f"{given}[{at}] = {value};")
        if self.watches and one in self.plan.results and self.types(one) != "int":
            self.write(f"if (!(fabs((double){value}) < INFINITE)) {self.flag(1)} = 1;")

    def flag(self, number: int) -> str:
        """A number of the flag."""
        return f"{self.given(('flag', 0), 'int', True)}[{number}]"

    def check(self, one: int, value: str) -> None:
        """Look at a value."""
        for test, number in self.checks[one]:
            self.write(f"if ({test.format(value)}) {self.flag(number)} = 1;")

    def each(self, n: int) -> str:
        """The head of a loop over elements, which all threads share."""
        self.largest = max(self.largest, n)
        stop = "gridDim.x * THREADS"
        return f"for (index t = (index)blockIdx.x * THREADS + threadIdx.x; t < {n}; t += (index){stop})"

    def fold(self, name: str, how: str, width: int, lane: str) -> None:
        """Add up what ``width`` neighbours have, in pairs; the first of them has the whole then."""
        self.shared = True
        self.write(f"shared[threadIdx.x] = {name};")
        self.write("__syncthreads();")
        with self.block(f"for (int k = {width // 2}; k > 0; k >>= 1)"):
            pair = "shared[threadIdx.x], shared[threadIdx.x + k]"
            self.write(f"if ({lane} < k) shared[threadIdx.x] = with_{how}({pair});")
            self.write("__syncthreads();")


class EachText(KernelText):
    """A loop over all elements of some values: some are kept, some added up as a whole, some looked at."""

    def kernel(self, shape: Shape, stores: list[int], sums: list[int], parts: list[Place]) -> Launch:
        """The kernel.

        Args:
            shape: of the values.
            stores: what is kept.
            sums: what is added up; what is only looked at among them.
            parts: where the blocks leave their parts of each sum that is kept; none where there is one block.
        """
        n, operations = math.prod(shape), self.algebra.operations
        kept = [one for one in sums if one not in self.checks]
        names = {one: self.line("double", literal(NEUTRAL[operations[one][0]], "double")) for one in kept}
        with self.block(self.each(n)):
            index = self.unravelled("t", shape)
            for one in stores:
                value = self.value(one, index, fresh=True)
                if one in self.checks:
                    self.check(one, value)
                else:
                    self.store(one, "t", value)
            for one in sums:
                value = self.value(operations[one][1], index)
                if one in self.checks:
                    self.check(one, value)
                else:
                    self.write(f"{names[one]} = with_{operations[one][0]}({names[one]}, {value});")
        for k, one in enumerate(kept):
            self.fold(names[one], operations[one][0], THREADS, "threadIdx.x")
            with self.block("if (threadIdx.x == 0)"):
                if parts:
                    given = self.given(parts[k], "double", True)
                    self.write(f"{given}[blockIdx.x] = shared[0];")
                else:
                    self.store(one, "0", "shared[0]")
            if k + 1 < len(kept):
                self.write("__syncthreads();")
        what = f"{len(stores)} values" + (f", {len(sums)} sums" if sums else "")
        return self.launch(blocks_of(n, bool(kept)), f"{what} of {list(shape)}")


def blocks_of(n: int, adds_up: bool) -> int:
    """How many blocks go over n elements."""
    if not adds_up:
        return -(-n // THREADS)
    return min(SUMMING, max(1, -(-n // (THREADS * EACH))))


class Cut(NamedTuple):
    """How a sum along axes is shared out: ``lanes`` threads go side by side along it, ``chunks`` parts of it
    are left apart, each of ``length`` elements.
    """

    outer: int
    inner: int
    lanes: int
    chunks: int
    length: int

    @classmethod
    def of(cls, shape: Shape, axes: Shape) -> Cut:
        """For a value of a shape, along axes."""
        inner = math.prod([shape[k] for k in axes])
        outer = math.prod(shape) // inner
        last = max([k for k, n in enumerate(shape) if n > 1], default=0)
        lanes = min(THREADS, upper_power(-(-inner // 4))) if last in axes else 1
        chunks = min(-(-inner // (lanes * 32)), max(1, AT_ONCE // (outer * lanes)))
        length = -(-inner // chunks)
        length = -(-length // lanes) * lanes
        return cls(outer, inner, lanes, -(-inner // length), length)

    @property
    def units(self) -> int:
        """How many parts there are."""
        return self.outer * self.chunks

    @property
    def blocks(self) -> int:
        """How many blocks take them."""
        return -(-self.units * self.lanes // THREADS)


class AlongText(KernelText):
    """Sums along the same axes."""

    def kernel(self, shape: Shape, axes: Shape, sums: list[int], cut: Cut, parts: list[Place]) -> Launch:
        """The kernel.

        Args:
            shape: of what is added up.
            axes: along which.
            sums: the ids.
            cut: how it is shared out.
            parts: where the chunks of each sum are left; none where there is one.
        """
        operations, keeps = self.algebra.operations, [k for k in range(len(shape)) if k not in axes]
        self.largest = max(self.largest, math.prod(shape), cut.units * cut.lanes)
        values = [operations[one][1] for one in sums]
        with self.shared_out(cut.blocks, cut.lanes):
            names = [self.line("double", literal(NEUTRAL[operations[one][0]], "double")) for one in sums]
            with self.block(f"if (unit < {cut.units})"):
                outer = self.unravelled(
                    f"(unit % {cut.outer})" if cut.chunks > 1 else "unit", tuple([shape[k] for k in keeps])
                )
                first = f"unit / {cut.outer} * {cut.length} + lane" if cut.chunks > 1 else "lane"
                self.write(f"index r = {first};")
                stop = str(cut.inner)
                if cut.chunks > 1:
                    stop = self.line("index", f"unit / {cut.outer} * {cut.length} + {cut.length}")
                    self.write(f"if ({stop} > {cut.inner}) {stop} = {cut.inner};")
                with self.block(f"for (; r < {stop}; r += {cut.lanes})"):
                    inner = self.unravelled("r", tuple([shape[k] for k in axes]))
                    places = dict(zip((*keeps, *axes), (*outer, *inner), strict=True))
                    index: Index = tuple([places[k] for k in range(len(shape))])
                    for one, name, value in zip(sums, names, values, strict=True):
                        found = self.value(value, index)
                        self.write(f"{name} = with_{operations[one][0]}({name}, {found});")
            for k, (one, name) in enumerate(zip(sums, names, strict=True)):
                self.keep(one, name, cut, parts[k] if parts else None)
        return self.launch(cut.blocks, f"{len(sums)} sums of {list(shape)} along {list(axes)}")

    @contextlib.contextmanager
    def shared_out(self, blocks: int, lanes: int) -> Iterator[None]:
        """The loop over parts, of which each block has some."""
        with self.block(f"for (index around = blockIdx.x; around < {blocks}; around += gridDim.x)"):
            self.write(f"index unit = around * {THREADS // lanes} + threadIdx.x / {lanes};")
            self.write(f"index lane = threadIdx.x % {lanes};")
            yield

    def keep(self, one: int, name: str, cut: Cut, part: Place | None) -> None:
        """Add up the lanes, and keep the sum, or its part."""
        how = self.algebra.operations[one][0]
        how = how if how in NEUTRAL else "sum"
        if cut.lanes > 1:
            self.fold(name, how, cut.lanes, "lane")
            name = "shared[threadIdx.x]"
        with self.block(f"if (lane == 0 && unit < {cut.units})"):
            if part is None:
                self.store(one, "unit", name)
            else:
                self.write(f"{self.given(part, 'double', True, cut.units)}[unit] = {name};")
        if cut.lanes > 1:
            self.write("__syncthreads();")

    def finishing(self, one: int, cut: Cut, part: Place) -> Launch:
        """The sum of the chunks, in their order."""
        how = self.algebra.operations[one][0]
        given = self.given(part, "double", False, cut.units)
        lanes = min(THREADS, upper_power(cut.chunks)) if cut.outer == 1 else 1
        again = Cut(cut.outer, cut.chunks, lanes, 1, cut.chunks)
        self.largest = max(self.largest, cut.units)
        with self.shared_out(again.blocks, lanes):
            name = self.line("double", literal(NEUTRAL[how], "double"))
            self.write(f"if (unit < {cut.outer}) for (index r = lane; r < {cut.chunks}; r += {lanes})")
            self.write(f"  {name} = with_{how}({name}, {given}[r * {cut.outer} + unit]);")
            self.keep(one, name, again, None)
        return self.launch(again.blocks, f"the parts of {cut.outer} sums")


class AddedText(AlongText):
    """Elements added to zeros at positions that are known: each place adds up its own, in their order."""

    def kernel_at(self, one: int, count: int) -> Launch:
        """The kernel; ``count`` elements go to the same place on average, of those that have any."""
        _, part, held, shape = self.algebra.operations[one]
        n, whole = math.prod(shape), self.algebra.shapes[part]
        lanes = min(THREADS, upper_power(-(-count // 4)))
        cut = Cut(n, 0, lanes, 1, 0)
        self.largest = max(self.largest, n * lanes, math.prod(whole))
        first = self.given(("starts", held, n), "int", size=n)
        order = self.given(("order", held), "int", size=math.prod(whole))
        with self.shared_out(cut.blocks, lanes):
            name = self.line("double", "0")
            with self.block(f"if (unit < {n})"):
                head = f"for (index r = {first}[unit] + lane; r < {first}[unit + 1]; r += {lanes})"
                with self.block(head):
                    flat = self.line("index", f"{order}[r]")
                    value = self.value(part, self.unravelled(flat, whole))
                    self.write(f"{name} += {value};")
            self.keep(one, name, cut, None)
        return self.launch(cut.blocks, f"{list(whole)} added to places in {list(shape)}")


class PutText(KernelText):
    """Elements written into another value at positions that are known; of several for one place, the last."""

    def kernel(self, one: int) -> Launch:
        """The kernel."""
        _, base, part, held, shape = self.algebra.operations[one]
        n, shapes = math.prod(shape), self.algebra.shapes
        last = self.given(("last", held, n), "int", size=n)
        with self.block(self.each(n)):
            index = self.unravelled("t", shape)
            name = self.line("double", self.value(base, narrow(index, shape, shapes[base])))
            with self.block(f"if ({last}[t] >= 0)"):
                inner = self.unravelled(self.line("index", f"{last}[t]"), shapes[part])
                self.write(f"{name} = {self.value(part, inner)};")
            self.store(one, "t", name)
        return self.launch(blocks_of(n, False), f"{list(shapes[part])} written to places in {list(shape)}")


class PlacedText(KernelText):
    """A value that consists of parts in their places, in another value or in zeros; parts with a sign are
    added.
    """

    def kernel(self, one: int, base: int | None, parts: list[tuple[int, int, Lattice]]) -> Launch:
        """The kernel."""
        shape, shapes = self.algebra.shapes[one], self.algebra.shapes
        with self.block(self.each(math.prod(shape))):
            index = self.unravelled("t", shape)
            is_base = base is not None and base != self.algebra.zero
            first = (
                self.value(base, narrow(index, shape, shapes[base])) if is_base and base is not None else "0"
            )
            name = self.line("double", first)
            for sign, part, lattice in parts:
                sign_text = {0: "", 1: "+", -1: "-"}[sign]
                tests = [] if not shapes[part] and lattice.steps else self.tests(lattice, index, shapes[part])
                if tests is None:
                    continue
                with self.block(f"if ({' && '.join(tests)})" if tests else ""):
                    inner = self.inner(lattice, index, shapes[part]) if shapes[part] else ()
                    self.write(f"{name} {sign_text}= {self.value(part, inner)};")
            self.store(one, "t", name)
        return self.launch(blocks_of(math.prod(shape), False), f"{len(parts)} parts put into {list(shape)}")


class ScannedText(KernelText):
    """Sums of all elements so far along an axis: a block takes one row after the other, in pieces."""

    def kernel(self, one: int) -> Launch:
        """The kernel."""
        _, inner, axis, shape = self.algebra.operations[one]
        length, rows = shape[axis], math.prod(shape) // shape[axis]
        keeps = tuple([n for k, n in enumerate(shape) if k != axis])
        self.largest, self.shared = max(self.largest, math.prod(shape)), True
        with self.block(f"for (index row = blockIdx.x; row < {rows}; row += gridDim.x)"):
            outer = list(self.unravelled("row", keeps))
            self.write("double before = 0;")
            with self.block(f"for (index r = 0; r < {length}; r += THREADS)"):
                at = self.variable("r + threadIdx.x", max(2, length))
                index: Index = tuple([*outer[:axis], at, *outer[axis:]])
                self.write("double sum = 0;")
                with self.block(f"if ({self.names[at.loop or 0]} < {length})"):
                    self.write(
                        f"sum = {self.value(inner, narrow(index, shape, self.algebra.shapes[inner]))};"
                    )
                self.write("shared[threadIdx.x] = sum;")
                self.write("__syncthreads();")
                with self.block("for (int k = 1; k < THREADS; k <<= 1)"):
                    self.write("double left = threadIdx.x >= k ? shared[threadIdx.x - k] : 0;")
                    self.write("__syncthreads();")
                    self.write("shared[threadIdx.x] += left;")
                    self.write("__syncthreads();")
                with self.block(f"if ({self.names[at.loop or 0]} < {length})"):
                    place = self.linear(list(zip(dense(shape), index, strict=True)))
                    self.store(one, place, self.line("double", "before + shared[threadIdx.x]"))
                self.write("before += shared[THREADS - 1];")
                self.write("__syncthreads();")
        return self.launch(rows, f"sums so far of {list(shape)} along {axis}")
