"""A program of fields as CUDA C, for NVRTC: kernels, and in which order they are launched.

What is computed at the same time over the same elements is one kernel; products of matrices are calls of the
array library between kernels. The text knows no address: a launch says what each parameter stands for.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...kinds.recording import Node
from ..fields.factored import Factored
from ..fields.fields import Fields
from ..fields.lattice import Shape
from ..fields.plan import Group, Plan
from ..fields.plan import Step as Planned
from ..fields.stages import Probe
from ..lowering.algebra import SIMPLE
from ..lowering.definitions import Unsupported
from ..lowering.lowering import Lowering
from ..lowering.special import PREFIX, special_of
from ..native.loop_text import TooManyBoxes
from ..program import Program
from .functions import PRELUDE, helpers
from .kernels import (
    AddedText,
    AlongText,
    Check,
    Cut,
    EachText,
    KernelText,
    Launch,
    PlacedText,
    PutText,
    ScannedText,
    blocks_of,
)
from .memory import DTYPES, DeviceMemory
from .rows import Rows, RowsText, in_rows
from .text import LARGEST, Place, Types, function_of

KINDS = {"float64": "double", "float32": "float", "bool": "int"}
MOST_STORES = 24  # of one kernel
FEW_BLOCKS = 64  # of a kernel that has seldom anything to do
MISSED, NOT_FINITE = 0, 1  # numbers of the flag


class Step(NamedTuple):
    """The launch of a kernel, by its name; of ``None`` a product of matrices of two places into a third."""

    kernel: str | None
    blocks: int
    places: tuple[Place, ...]
    matrices: tuple[Matrix, ...]
    what: str


class Matrix(NamedTuple):
    """A matrix in memory, or a stack of them; steps are in elements."""

    place: Place
    kind: str
    offset: int
    shape: Shape
    strides: Shape


class Result(NamedTuple):
    """A result in memory, as the kernels have it: a complex number is two."""

    shape: Shape
    dtype: str


@dataclass(frozen=True)
class Kernels:
    """All that is needed to carry out a program on a device.

    ``source`` is for NVRTC; ``steps`` are in order; ``arrays`` are what kernels read beside the inputs;
    ``room`` are the bytes of the arena; ``guarded`` says whether the flag is to be read: without guards
    nobody waits for the device, and where something was assumed that is not so, the results are nan.
    """

    source: str
    steps: tuple[Step, ...]
    results: tuple[Result, ...]
    arrays: dict[Place, Any]
    room: int
    guarded: bool

    def __str__(self) -> str:
        lines = [
            f"// {k}: {step.what}" + (f", {step.blocks} blocks" if step.kernel else "")
            for k, step in enumerate(self.steps)
        ]
        return "\n".join([*lines, f"// {self.room} bytes between kernels", "", self.source])


class HasKernels(Lowering):
    """What has a form on a device: no factorisations, and of SciPy's functions those that CUDA has."""

    def operation(self, node: Node) -> Any:
        """What stands for the value of an operation."""
        if node.rule in Factored.forms or node.function in Factored.forms:
            raise Unsupported(f"{node.what} has no native form")
        return super().operation(node)

    def elementwise(self, function: Any, node: Node, operands: list[Any]) -> Any:
        """A function of each element."""
        special = special_of(function)
        if special is not None and function not in SIMPLE:
            function_of(PREFIX + special)
        return super().elementwise(function, node, operands)


class DeviceFields(HasKernels, Fields):
    """A program as fields for a device."""


class DeviceProbe(HasKernels, Probe):
    """A lowering that goes on where something has no kernel."""


def kernels(program: Program, limit: int) -> Kernels:
    """The kernels of a program of real numbers.

    Args:
        program: in terms of rules.
        limit: how many operations there may be.

    Raises:
        Unsupported: something in it has no form on a device.
    """
    for node in (*program.inputs, *program.outputs):
        if node.dtype is None or node.dtype.name not in KINDS:
            raise Unsupported(f"numbers of type {node.dtype}")
    fields = DeviceFields(program, limit)
    forced: set[int] = set()
    while True:
        try:
            return Writing(Plan(fields, forced)).made()
        except TooManyBoxes as error:
            forced.update(error.ids)


class Writing:
    """The kernels that are being written.

    Args:
        plan: what is computed when.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.algebra = plan.algebra
        program = plan.fields.program
        self.types = Types(self.algebra, [KINDS[node.dtype.name] for node in program.inputs])
        for one, node in zip(plan.results, program.outputs, strict=True):
            self.types.known[one] = KINDS[node.dtype.name]
        self.guarded = bool(plan.misses)
        self.checks = self.checked()
        in_rows(plan, lambda: RowsText(plan, self.types, lambda one: ("any", one), {}, False), self.checks)
        self.memory = DeviceMemory(plan, self.types)
        self.later = [one for one in self.checks if self.is_read(one)]
        self.inline = {one: found for one, found in self.checks.items() if one not in self.later}
        self.scratch = 0  # bytes of parts of sums
        self.texts: dict[str, str] = {}  # kernels, by their text
        self.steps: list[Step] = []
        self.arrays: dict[Place, Any] = {}

    # -- What is looked at -----------------------------------------------------------------------------------

    def checked(self) -> dict[int, list[Check]]:
        """The numbers that must be as they were assumed."""
        found: dict[int, list[Check]] = {}
        plan = self.plan
        for ids, test, number in (
            (plan.misses, "{0} != 0", MISSED),
            (plan.finite, "{0} != {0}", NOT_FINITE),
            (plan.zeros, "{0} != 0", NOT_FINITE),
        ):
            for one in ids:
                if one not in self.algebra.constants:
                    found.setdefault(one, []).append(Check(test, number))
                elif self.algebra.constants[one] != 0:
                    raise Unsupported("a guard that never holds")
        return found

    def is_read(self, one: int) -> bool:
        """Tell whether a number that is looked at is needed for something else, and stands in memory."""
        return bool(self.plan.users[one] or one in self.plan.results or one not in self.plan.kept)

    # -- Memory ----------------------------------------------------------------------------------------------

    def place(self, one: int) -> Place:
        """What a value that stands in memory is to a launch."""
        name, *rest = self.algebra.operations[one]
        if name == "input":
            return ("in", rest[0])
        if name == "array":
            place = ("array", rest[0])
            self.arrays[place] = np.ascontiguousarray(rest[0].value, float)
            return place
        if one in self.plan.results:
            return ("out", self.plan.results.index(one))
        return ("arena", self.memory.offsets[one])

    def parts(self, count: int, n: int) -> list[Place]:
        """Places for the parts of some sums, n each."""
        self.scratch = max(self.scratch, 8 * n * count)
        return [("scratch", 8 * n * k) for k in range(count)]

    def positions(self, place: Place) -> None:
        """Make the array of positions that a place stands for."""
        what, held, *rest = place
        if what not in ("positions", "starts", "order", "last") or place in self.arrays:
            return
        flat = np.ravel(held.value)
        if what == "starts":
            counts = np.bincount(flat, minlength=rest[0])
            found = np.concatenate([[0], np.cumsum(counts)])
        elif what == "last":  # of what is written to each place, the last; -1 where nothing is
            found = np.full(rest[0], -1)
            found[flat] = np.arange(flat.size)
        else:
            found = flat if what == "positions" else np.argsort(flat, kind="stable")
        is_wide = what == "positions" and rest[0] == "long long"
        if not is_wide and found.size > LARGEST:
            raise Unsupported("so many positions")
        self.arrays[place] = found.astype(np.int64 if is_wide else np.int32)

    # -- Steps -----------------------------------------------------------------------------------------------

    def made(self) -> Kernels:
        """All kernels."""
        if self.checks or self.guarded:
            self.launch(
                Launch(
                    "(int *p0) {\n  if (threadIdx.x < 2) p0[threadIdx.x] = 0;\n}", 1, (("flag", 0),), "flag"
                )
            )
        for _, steps in itertools.groupby(self.plan.steps, key=lambda step: step.level):
            self.level(list(steps))
        self.end()
        program = self.plan.fields.program
        results = [Result(node.shape, node.dtype.name) for node in program.outputs]
        return Kernels(
            self.source(),
            self.placed(),
            tuple(results),
            self.arrays,
            self.memory.size + self.scratch,
            self.guarded,
        )

    def placed(self) -> tuple[Step, ...]:
        """The steps, in which the parts of sums lie behind all else in the arena."""
        found = []
        for step in self.steps:
            matrices = [m._replace(place=self.behind(m.place)) for m in step.matrices]
            places = [self.behind(place) for place in step.places]
            found.append(step._replace(places=tuple(places), matrices=tuple(matrices)))
        return tuple(found)

    def behind(self, place: Place) -> Place:
        """A place in the arena behind all buffers, for one that holds for some steps."""
        return ("arena", self.memory.size + place[1]) if place[0] == "scratch" else place

    def level(self, steps: list[Planned]) -> None:
        """What can be computed at the same time; products of one matrix by several columns are one, and of
        two matrices by one.
        """
        by_left: dict[Matrix, list[int]] = {}
        for step in steps:
            if step.value is not None and self.is_of_column(step.value):
                left = self.matrix(self.algebra.operations[step.value][1])
                by_left.setdefault(left, []).append(step.value)
        several = [(left, ids) for left, ids in by_left.items() if len(ids) > 1]
        for left, ids in several:
            self.columns(left, ids)
        done = {one for _, ids in several for one in ids}
        for a, b in self.memory.products:
            if any([step.value == a for step in steps]) and not {a, b} & done:
                self.product(a, rows=2)
                done |= {a, b}
        for step in steps:
            if step.group.__class__ is Rows:
                cut = Cut.of(step.group.shape, step.group.axes)
                self.launch(self.text(RowsText).kernel_of(step.group, cut))
            elif step.group is not None:
                self.group(step.group)
            elif step.value is not None and step.value not in done:
                self.other(step.value)

    def is_of_column(self, one: int) -> bool:
        """Tell whether a value is the product of a matrix and a column."""
        name, *rest = self.algebra.operations[one]
        return (
            name == "matmul" and len(self.algebra.shapes[one]) == 2 and self.algebra.shapes[rest[1]][1] == 1
        )

    def columns(self, left: Matrix, ids: list[int]) -> None:
        """A matrix times several columns: it is read once. The columns are rows of a matrix, times the
        transpose, and so are the results.
        """
        (m, k), count, kind = left.shape, len(ids), self.types(ids[0])
        width = DTYPES[kind].itemsize
        given, made = self.parts(1, -(-count * (k + m) * width // 8))[0], ("scratch", count * k * width)
        text: KernelText = self.text(KernelText)
        with text.block(text.each(k)):
            index = text.unravelled("t", (k, 1))
            for j, one in enumerate(ids):
                value = text.value(self.algebra.operations[one][2], index)
                text.write(f"{text.given(given, kind, True)}[t + {j * k}] = {value};")
        self.launch(text.launch(blocks_of(k, False), f"{count} columns"))
        turned = left._replace(shape=(k, m), strides=left.strides[::-1])
        sides = [Matrix(place, kind, 0, (count, n), (n, 1)) for place, n in ((made, m), (given, k))]
        what = f"a product of {count} columns by {[m, k]}"
        self.steps.append(Step(None, 0, (), (sides[0], sides[1], turned), what))
        text = self.text(KernelText)
        with text.block(text.each(m)):
            for j, one in enumerate(ids):
                text.store(one, "t", text.line(kind, f"{text.given(made, kind)}[t + {j * m}]"))
        self.launch(text.launch(blocks_of(m, False), f"{count} columns of results"))

    def text(self, kind: Any) -> Any:
        """A kernel to be written."""
        return kind(self.plan, self.types, self.place, self.inline, self.guarded)

    def launch(self, found: Launch) -> None:
        """Add a launch; kernels of the same text are one."""
        for place in found.places:
            self.positions(place)
        name = self.texts.get(found.text)
        if name is None:
            digest = hashlib.sha256(found.text.encode()).hexdigest()[:12]
            name = self.texts[found.text] = f"hoad_{digest}"
        self.steps.append(Step(name, found.blocks, found.places, (), found.what))

    def group(self, group: Group) -> None:
        """What is computed together over the same elements."""
        whole = tuple(range(len(group.shape)))
        full = [one for one in group.sums if self.algebra.operations[one][2] == whole]
        by_axes: dict[Shape, list[int]] = {}
        for one in group.sums:
            if one not in full:
                by_axes.setdefault(self.algebra.operations[one][2], []).append(one)
        stores = group.stores
        for k in range(0, max(len(stores), 1), MOST_STORES):
            sums = full if k == 0 else []
            if stores[k : k + MOST_STORES] or sums:
                self.each(group.shape, stores[k : k + MOST_STORES], sums)
        for axes, sums in by_axes.items():
            self.along(group.shape, axes, sums)

    def each(self, shape: Shape, stores: list[int], sums: list[int]) -> None:
        """A kernel over all elements, and one for each sum of which there are parts then."""
        kept = [one for one in sums if one not in self.inline]
        blocks = blocks_of(math.prod(shape), bool(kept))
        parts = self.parts(len(kept), blocks) if kept and blocks > 1 else []
        self.launch(self.text(EachText).kernel(shape, stores, sums, parts))
        for one, part in zip(kept, parts, strict=False):
            self.launch(self.text(AlongText).finishing(one, Cut(1, blocks, 1, blocks, 1), part))

    def along(self, shape: Shape, axes: Shape, sums: list[int]) -> None:
        """Sums along some axes."""
        cut = Cut.of(shape, axes)
        parts = self.parts(len(sums), cut.units) if cut.chunks > 1 else []
        self.launch(self.text(AlongText).kernel(shape, axes, sums, cut, parts))
        for one, part in zip(sums, parts, strict=False):
            self.launch(self.text(AlongText).finishing(one, cut, part))

    def other(self, one: int) -> None:
        """What is not computed element by element."""
        name, *rest = self.algebra.operations[one]
        parts = self.plan.placed(one)
        if parts is not None:
            self.launch(self.text(PlacedText).kernel(one, None, parts))
        elif name == "join":
            found = [(0, part, at) for part, at in zip(rest[1], rest[2], strict=True)]
            self.launch(self.text(PlacedText).kernel(one, rest[0], found))
        elif name == "add_at":
            places = np.ravel(rest[1].value)
            count = -(-places.size // max(1, np.unique(places).size))
            self.launch(self.text(AddedText).kernel_at(one, count))
        elif name == "put_at":
            self.launch(self.text(PutText).kernel(one))
        elif name == "scan":
            self.launch(self.text(ScannedText).kernel(one))
        else:
            self.product(one)

    def product(self, one: int, rows: int = 1) -> None:
        """A product of matrices, of so many times its rows."""
        out, left, right = [self.matrix(k) for k in (one, *self.algebra.operations[one][1:3])]
        if rows > 1:
            out, left = [m._replace(shape=(rows * m.shape[0], m.shape[1])) for m in (out, left)]
        what = f"a product of {list(left.shape)} by {list(right.shape)}"
        self.steps.append(Step(None, 0, (), (out, left, right), what))

    def matrix(self, one: int) -> Matrix:
        """A matrix in memory."""
        base, offset, strides = self.algebra.base(one)
        return Matrix(self.place(base), self.types(base), offset, self.algebra.shapes[one], strides)

    # -- The end ---------------------------------------------------------------------------------------------

    def end(self) -> None:
        """What is looked at when all is computed: with guards, the host looks at the flag; without, results
        become nan where it is set.
        """
        for one in self.later:
            text: KernelText = self.text(KernelText)
            text.checks = self.checks
            with text.block("if (threadIdx.x == 0)"):
                text.check(one, text.read(one, "0"))
            self.launch(text.launch(1, "a look at a number"))
        if not self.checks or self.guarded:
            return
        text = self.text(KernelText)
        flag = text.given(("flag", 0), "int")
        text.write(f"if (!{flag}[{NOT_FINITE}]) return;")
        for one in self.plan.results:
            with text.block(text.each(math.prod(self.algebra.shapes[one]))):
                text.store(one, "t", "NOT_A_NUMBER")
        self.launch(text.launch(FEW_BLOCKS, "nan, where an assumption fails"))

    def source(self) -> str:
        """The text for NVRTC."""
        bodies = [f"KERNEL {name}{text}\n" for text, name in self.texts.items()]
        return "\n".join([PRELUDE, *helpers("\n".join(self.texts)), *bodies])
