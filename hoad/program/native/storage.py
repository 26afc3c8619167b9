"""Where values stand in memory, as the text of a module says it."""

from __future__ import annotations

from ..fields.memory import Memory
from ..fields.plan import Plan
from .table import Table

INFO = 8  # where LAPACK says what went wrong, behind the flag


class Storage:
    """Pointers to the values of a plan.

    Args:
        plan: what is computed in which loop.
        memory: where the buffers lie in the arena.
        table: of what lies elsewhere: the arena, constant arrays, the functions of BLAS.
    """

    def __init__(self, plan: Plan, memory: Memory, table: Table) -> None:
        self.plan = plan
        self.algebra = plan.algebra
        self.table = table
        self.size = memory.size
        self.offsets = memory.offsets
        self.declared: dict[str, None] = {}  # functions that are called
        self.helpers: dict[str, None] = {}  # the text of some that are written by hand
        self.numbers: dict[str, None] = {}  # integers that BLAS is given

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

    def number(self, n: int) -> str:
        """A pointer to an integer, as BLAS wants it."""
        self.numbers[f"@n{n} = private constant i32 {n}"] = None
        return f"ptr @n{n}"
