"""Fields as LLVM's text: one function for each loop, and a kernel that calls them in turn."""

from __future__ import annotations

import hashlib

from ..fields.memory import Memory
from ..fields.plan import Plan
from .blas import CONSTANTS, Matrix
from .group_text import AddedText, GroupText, PlacedText, ScannedText
from .lapack import Lapack
from .llvm import FINE, MISSED, NOT_FINITE
from .loop_text import Text
from .mathematics import DECLARED, FUNCTIONS
from .storage import Storage
from .table import Table

CALLS = 80  # in one function of the driver


class Loops(Storage):
    """The module of a plan.

    Args:
        plan: what is computed in which loop.
        memory: where the buffers lie in the arena.
        table: of what lies elsewhere: the arena, constant arrays, the functions of BLAS.
        has_blas: whether those are there.
    """

    def __init__(self, plan: Plan, memory: Memory, table: Table, has_blas: bool) -> None:
        super().__init__(plan, memory, table)
        self.has_blas = has_blas
        self.functions: dict[str, str] = {}
        self.calls: list[str] = []
        for step in plan.steps:
            if step.group is not None:
                self.call(GroupText(self, step.group))
            else:
                assert step.value is not None
                self.other(step.value)

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
        elif name in ("add_at", "put_at"):
            self.call(AddedText(self, one))
        elif name == "scan":
            self.call(ScannedText(self, one))
        elif not self.has_blas:
            raise LookupError("products of matrices need SciPy: pip install 'hoad[scipy]'")
        elif name == "matmul":
            self.product(one, *rest[:2])
        else:
            self.calls.append("\n  ".join(Lapack(self, one, f"f{len(self.calls)}").lines))

    def product(self, one: int, a: int, b: int) -> None:
        """A product of matrices, or of two stacks of them, by BLAS."""
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
                            f"define internal void @part{k}({parameters}) #2 {{",
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
        return "\n".join([CONSTANTS, *self.numbers, *declared, *used, *self.helpers, *made, ATTRIBUTES])

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


ATTRIBUTES = """attributes #0 = { nounwind willreturn memory(none) }
attributes #1 = { noinline nounwind }
attributes #2 = { noinline nounwind optnone }
!0 = distinct !{!0, !1}
!1 = !{!"llvm.loop.unroll.disable"}
"""  # calls one after the other need no time of LLVM's; loops that are marked stay loops
