"""Programs as native code, made by LLVM (the package llvmlite, the extra ``hoad[compile]``)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..kinds.recording import Node
from ..program.fields.fields import Fields
from ..program.fields.memory import Memory
from ..program.fields.plan import Plan
from ..program.lowering.complexes import has_complex, in_pairs
from ..program.lowering.definitions import Unsupported
from ..program.lowering.expansion import Expansion
from ..program.native.llvm import Kernel
from ..program.native.loop_text import TooManyBoxes
from ..program.native.loops import Loops
from ..program.native.table import Table
from ..program.program import Program
from . import disk
from .entry import Entry, Kind, callable_at, is_known
from .objects import Code, Loaded, assembled, blas

LIMIT = 400_000  # operations on single numbers
FEW = 400  # of those, up to which no loop is worth it
LARGE = 250_000  # elements of a value, from which on nobody looks at each
MANY = 20_000  # operations, up to which an array program is taken apart,
LONGER = 2_500  # and as many more for each so many of its own,
SPARSE = 20  # elements of its values for each operation on a number: no loops are as fast then
AHEAD = 2  # and times those that its loops are worth, since not all that are met are needed
MOST_BYTES = 2**30  # of the arena of a program
HASTE = 10_000  # operations, from which on the code may take longer, for LLVM to take less
LONG = 1_000  # operations of a program whose values may have more than one element, if few


class Native:
    """Native code of a program.

    Args:
        program: of numbers and arrays of float64.
        single: whether its value is one number or array, and no tuple.
        cache: the folder in which code is kept for other processes.

    Raises:
        Unsupported: something in it has no native form.
    """

    def __init__(self, program: Program, single: bool, cache: Path | None = None) -> None:
        for what, nodes in (("an argument", program.inputs), ("a result", program.outputs)):
            for node in nodes:
                if not is_known(node.kind, node.dtype):
                    raise Unsupported(f"{what} of type {node.dtype} has no native form")
        name = None if cache is None else disk.name_of(program, single)
        code = None if cache is None or name is None else disk.found(cache / name)
        self.cached = code is not None  # whether the code was made by another process, or an earlier one
        if code is None:
            code = made(program, single)
            if cache is not None and name is not None:
                disk.keep(cache / name, code)
        self.mode = code.mode
        self.loaded = Loaded(code)

    def function(self, otherwise: Any) -> Any:
        """A function of the program's inputs; other arguments, and where it misses, go to a Python
        function.
        """
        return callable_at(self.loaded.address, Otherwise(self, otherwise))

    def size(self) -> int:
        """The bytes of the code and of the arrays that it keeps."""
        return self.loaded.size

    def hits(self) -> int:
        """How many calls the native code has answered."""
        return int(self.loaded.counter.value)


class Otherwise:
    """What native code calls for arguments that are not for it; keeps the code in memory."""

    __slots__ = ("call", "native")

    def __init__(self, native: Native, call: Any) -> None:
        self.native = native
        self.call = call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.call(*args, **kwargs)


def made(program: Program, single: bool) -> Code:
    """Machine code of a program."""
    mode, kernel, level, table = lowered(in_pairs(program, True) if has_complex(program) else program)
    entry = Entry(kinds(program.inputs), kinds(program.outputs), single, table).text()
    text = "\n".join([table.text(), kernel, entry])
    return Code(mode, table.keys, assembled(text, level, mode == "loops"))


def kinds(nodes: Iterable[Node]) -> list[Kind]:
    """What arguments or results are."""
    return [Kind(node.kind, node.shape, node.dtype.name) for node in nodes]


def lowered(program: Program) -> tuple[str, str, int, Table]:
    """The kernel's text: of single numbers where they are few, else of loops over arrays.

    Returns:
        What was chosen, the text, how much time LLVM is to take, and what the text finds elsewhere.
    """
    elements = sum([math.prod(node.shape) for node in program.nodes])
    if elements < (8 if program.size() > LONG else 2) * program.size() or elements <= FEW:
        try:
            return scalars(Kernel(Expansion(program, LIMIT), Table()))
        except Unsupported:
            pass
    is_long, kernel = program.size() > FEW, None
    if is_long and not has_large(program):
        kernel = taken_apart(program, LIMIT)
        if kernel is not None and SPARSE * kernel.size() < elements:
            return scalars(kernel)
    try:
        planned = loops(Fields(program, LIMIT))
    except (Unsupported, LookupError) as error:
        try:
            return scalars(kernel or Kernel(Expansion(program, LIMIT), Table()))
        except Unsupported:
            raise error from None
    work = max(planned.plan.work(), FEW)
    if not is_long and not has_large(program):
        kernel = taken_apart(program, AHEAD * work)
    if kernel is not None and kernel.work() <= work:
        return scalars(kernel)
    return "loops", planned.text(), 2, planned.table


def has_large(program: Program) -> bool:
    """Tell whether a value has so many elements that nobody looks at each."""
    return max([math.prod(node.shape) for node in program.nodes]) > LARGE


def taken_apart(program: Program, limit: int) -> Kernel | None:
    """A program of arrays as single numbers; None if there are too many.

    Args:
        program: of arrays.
        limit: how many there may be at most.
    """
    try:
        limit = min(MANY + MANY * program.size() // LONGER, limit)
        return Kernel(Expansion(program, limit), Table())
    except Unsupported:
        return None


def scalars(kernel: Kernel) -> tuple[str, str, int, Table]:
    """The kernel of single numbers: all that LLVM could find in it was found before."""
    return "scalars", kernel.text(), 1 if kernel.size() < HASTE else 0, kernel.table


def loops(fields: Fields) -> Loops:
    """The kernel as loops over arrays. Where a loop is cut into too many parts, one of the arrays that are
    joined there gets a buffer, then two more, then four.
    """
    forced, more = set[int](), 1
    while True:
        plan, table = Plan(fields, forced), Table()
        memory = Memory(plan)
        if memory.size > MOST_BYTES:
            raise Unsupported(f"{memory.size >> 20} MB between its loops")
        try:
            return Loops(plan, memory, table, bool(blas()))
        except TooManyBoxes as error:
            forced.update(error.ids[:more])
            more *= 2
