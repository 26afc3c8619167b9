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
FEW = 400  # of those, up to which no loop is faster
LARGE = 250_000  # elements of a value, from which on nobody looks at each
MANY = 20_000  # of those, up to which it is looked whether there is more than one for each number
AGAIN = 8  # times the operations of the program, which are added to those
MOST_BYTES = 2**30  # of the arena of a program
HASTE = 100_000  # of those, from which on the code may take longer, for LLVM to take less
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
        for node in (*program.inputs, *program.outputs):
            if not is_known(node.kind, node.dtype):
                raise Unsupported(f"{node.kind.__name__} of {node.dtype}")
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
    work = sum([math.prod(node.shape) for node in program.nodes])
    of_numbers = work < (8 if program.size() > LONG else 2) * program.size()
    is_large = not of_numbers and max([math.prod(node.shape) for node in program.nodes]) > LARGE
    try:
        if is_large:
            raise Unsupported("too many elements")
        table = Table()
        many = LIMIT if of_numbers else min(LIMIT, MANY + AGAIN * program.size())
        kernel = Kernel(Expansion(program, many), table)
        if of_numbers or len(kernel.live) <= FEW or work > 20 * len(kernel.live):
            return scalars(kernel)
    except Unsupported:
        pass
    try:
        return loops(Fields(program, LIMIT))
    except Unsupported as error:
        try:
            return scalars(Kernel(Expansion(program, LIMIT), Table()))
        except Unsupported:
            raise error from None


def scalars(kernel: Kernel) -> tuple[str, str, int, Table]:
    """The kernel of single numbers: all that LLVM could find in it was found before."""
    return "scalars", kernel.text(), 1 if len(kernel.live) < HASTE else 0, kernel.table


def loops(fields: Fields) -> tuple[str, str, int, Table]:
    """The kernel as loops over arrays."""
    forced: set[int] = set()
    while True:
        plan, table = Plan(fields, forced), Table()
        memory = Memory(plan)
        if memory.size > MOST_BYTES:
            raise Unsupported(f"{memory.size >> 20} MB between its loops")
        try:
            return "loops", Loops(plan, memory, table, bool(blas())).text(), 2, table
        except TooManyBoxes as error:
            forced.update(error.ids)
