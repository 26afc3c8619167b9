"""A program of single numbers as LLVM's text, in functions of moderate length: the time that LLVM takes
grows faster than a function does.

What is emitted is ``i32 kernel(inputs, outputs)``. It returns 0 when the outputs are filled, 1 where a
guard does not hold, and 2 where a value is not finite, of which plain hoad alone knows what becomes.
"""

from __future__ import annotations

import struct

import numpy as np

from ..lowering.algebra import TRUTHS
from ..lowering.expansion import Expansion
from ..lowering.special import PREFIX
from .table import Table

LENGTH = 100  # operations in one function
LANES = 4  # sums that are added up at the same time
MANY_ZEROS = 8  # from which on an output is cleared as a whole
LARGEST_STACK = 4_096  # numbers that pass from one function to the next, beyond which they lie elsewhere
FINE, MISSED, NOT_FINITE = 0, 1, 2

TEXTS = {
    "add": "fadd double {0}, {1}",
    "sub": "fsub double {0}, {1}",
    "mul": "fmul double {0}, {1}",
    "div": "fdiv double {0}, {1}",
    "neg": "fneg double {0}",
    "lt": "fcmp olt double {0}, {1}",
    "le": "fcmp ole double {0}, {1}",
    "gt": "fcmp ogt double {0}, {1}",
    "ge": "fcmp oge double {0}, {1}",
    "eq": "fcmp oeq double {0}, {1}",
    "ne": "fcmp une double {0}, {1}",
    "and": "and i1 {0}, {1}",
    "or": "or i1 {0}, {1}",
    "not": "xor i1 {0}, true",
}
LEAVES = ("input", "constant", "false")
INTRINSICS = {"sqrt", "fabs", "floor", "ceil", "trunc", "rint", "copysign"}


def literal(value: float) -> str:
    """A number as LLVM writes it, bit by bit."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Kernel:
    """The text of a program that was taken apart.

    Args:
        expansion: the program.
        table: of what lies elsewhere.
    """

    def __init__(self, expansion: Expansion, table: Table) -> None:
        self.expansion = expansion
        self.table = table
        self.algebra = expansion.algebra
        self.declared: dict[str, None] = {}
        self.stores = self.placed()
        self.live = self.reached()
        self.crossing: dict[int, int] = {}
        self.chunks = self.cut()
        self.functions = [self.function(k, chunk) for k, chunk in enumerate(self.chunks)]

    def placed(self) -> list[tuple[int, int, int]]:
        """What is stored where: output, position, id; known zeros are cleared as a whole where they are
        many.
        """
        zero = self.algebra.zero
        self.cleared = [int(np.sum(np.asarray(ids) == zero)) >= MANY_ZEROS for ids in self.expansion.outputs]
        return [
            (k, j, one)
            for k, ids in enumerate(self.expansion.outputs)
            for j, one in enumerate(np.ravel(ids).tolist())
            if not (self.cleared[k] and one == zero)
        ]

    def reached(self) -> list[int]:
        """The operations that are needed, in order."""
        s = self.algebra
        self.checked = {one for _, _, one in self.stores} | s.finite
        stack = [*self.checked, *s.nonzero, *[c for c, _ in self.expansion.guards]]
        live: set[int] = set()
        while stack:
            one = stack.pop()
            if one not in live:
                live.add(one)
                if s.operations[one][0] not in LEAVES:
                    stack += s.operations[one][1:]
        return sorted(live)

    def cut(self) -> list[list[int]]:
        """The operations, function by function, and which values pass between those."""
        made = [one for one in self.live if self.algebra.operations[one][0] not in LEAVES]
        chunks = [made[k : k + LENGTH] for k in range(0, len(made), LENGTH)] or [[]]
        self.home = dict.fromkeys(self.live, 0)
        self.home.update({one: k for k, chunk in enumerate(chunks) for one in chunk})
        for one in made:
            for operand in self.algebra.operations[one][1:]:
                if self.home[operand] != self.home[one] and self.algebra.operations[operand][0] not in LEAVES:
                    self.crossing.setdefault(operand, len(self.crossing))
        return chunks

    # -- One function ----------------------------------------------------------------------------------------

    def function(self, k: int, chunk: list[int]) -> str:
        """One piece of the program."""
        body = Body(self, k)
        for one in chunk:
            body.operation(one)
        body.finish()
        return body.text()

    @property
    def parameters(self) -> str:
        """The pointers that every function is given."""
        ins = [f"ptr noalias readonly %in{k}" for k in range(len(self.expansion.program.inputs))]
        outs = [f"ptr noalias %out{k}" for k in range(len(self.expansion.outputs))]
        return ", ".join([*ins, *outs])

    def text(self) -> str:
        """The module: declarations, the pieces, and the kernel that calls them in turn."""
        names = [p.rsplit(" ", 1)[1] for p in self.parameters.split(", ")] if self.parameters else []
        lines = [f"define internal i32 @kernel({self.parameters}) {{", "entry:"]
        held = "%held"
        if len(self.crossing) > LARGEST_STACK:
            held = self.table.pointer("room", "held", 8 * len(self.crossing))
        else:
            lines.append(f"  %held = alloca double, i64 {max(1, len(self.crossing))}")
        given = ", ".join([*[f"ptr {name}" for name in names], f"ptr {held}"])
        for k, ids in enumerate(self.expansion.outputs):
            if self.cleared[k]:
                self.declared["declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"] = None
                size = 8 * int(np.size(ids))
                lines.append(f"  call void @llvm.memset.p0.i64(ptr %out{k}, i8 0, i64 {size}, i1 false)")
        for k in range(len(self.chunks)):
            lines += [
                f"  %r{k} = call i32 @piece{k}({given})",
                f"  %b{k} = icmp eq i32 %r{k}, {FINE}",
                f"  br i1 %b{k}, label %k{k}, label %e{k}",
                f"e{k}:",
                f"  ret i32 %r{k}",
                f"k{k}:",
            ]
        lines += [f"  ret i32 {FINE}", "}"]
        kernel = self.table.loaded("\n".join(lines))
        return "\n".join([*self.declared, *self.functions, kernel, ATTRIBUTES])


ATTRIBUTES = "attributes #0 = { nounwind willreturn memory(none) }\nattributes #1 = { noinline nounwind }\n"


class Body:
    """The lines of one function."""

    def __init__(self, kernel: Kernel, number: int) -> None:
        self.kernel = kernel
        self.number = number
        self.lines: list[str] = []
        self.names: dict[int, str] = {}
        self.count = 0

    def line(self, text: str) -> str:
        """Add an instruction; its name."""
        self.count += 1
        name = f"%v{self.count}"
        self.lines.append(f"  {name} = {text}")
        return name

    def name(self, one: int) -> str:
        """The value of an id in this function."""
        found = self.names.get(one)
        if found is None:
            found = self.names[one] = self.loaded(one)
        return found

    def loaded(self, one: int) -> str:
        """A value that is not made here: a constant, an input, one of another function."""
        operation = self.kernel.algebra.operations[one]
        if operation[0] == "constant":
            return literal(self.kernel.algebra.constants[one])
        if operation[0] == "false":
            return "false"
        if operation[0] == "input":
            place = self.line(f"getelementptr double, ptr %in{operation[1]}, i64 {operation[2]}")
            return self.line(f"load double, ptr {place}")
        place = self.line(f"getelementptr double, ptr %held, i64 {self.kernel.crossing[one]}")
        value = self.line(f"load double, ptr {place}")
        return self.line(f"fcmp one double {value}, 0.0") if operation[0] in TRUTHS else value

    def operation(self, one: int) -> None:
        """Add an operation."""
        name, *ids = self.kernel.algebra.operations[one]
        operands = [self.name(k) for k in ids]
        self.names[one] = result = self.line(self.instruction(one, name, operands))
        place = self.kernel.crossing.get(one)
        if place is not None:
            if name in TRUTHS:
                result = self.line(f"select i1 {result}, double 1.0, double 0.0")
            where = self.line(f"getelementptr double, ptr %held, i64 {place}")
            self.lines.append(f"  store double {result}, ptr {where}")

    def instruction(self, one: int, name: str, operands: list[str]) -> str:
        """The text of an operation."""
        if name == "select":
            kind = "i1" if self.kernel.algebra.is_truth(self.kernel.algebra.operations[one][2]) else "double"
            return f"select i1 {operands[0]}, {kind} {operands[1]}, {kind} {operands[2]}"
        if name == "single":
            return f"fpext float {self.line(f'fptrunc double {operands[0]} to float')} to double"
        if name in TEXTS:
            return TEXTS[name].format(*operands)
        given = ", ".join([f"double {x}" for x in operands])
        if name.startswith(PREFIX):
            called = self.kernel.table.pointer("special", name.removeprefix(PREFIX))
            return f"call double {called}({given}, i32 0) #0"
        called = f"llvm.{name}.f64" if name in INTRINSICS else name
        kinds = ", ".join(["double"] * len(operands))
        self.kernel.declared[f"declare double @{called}({kinds}) #0"] = None
        return f"call double @{called}({given})"

    def finish(self) -> None:
        """Store the outputs that were made here, and tell whether all is well."""
        kernel = self.kernel
        for k, j, one in kernel.stores:
            if kernel.home[one] == self.number:
                place = self.line(f"getelementptr double, ptr %out{k}, i64 {j}")
                self.lines.append(f"  store double {self.name(one)}, ptr {place}")
        self.leave(self.misses([(c, want) for c, want in kernel.expansion.guards if self.is_here(c)]), MISSED)
        self.leave(self.infinite([one for one in sorted(kernel.checked) if self.is_here(one)]), NOT_FINITE)
        divisors = [one for one in sorted(kernel.algebra.nonzero) if self.is_here(one)]
        zeros = [self.line(f"fcmp oeq double {self.name(one)}, 0.0") for one in divisors]
        self.leave(self.any_of(zeros), NOT_FINITE)
        self.lines.append(f"  ret i32 {FINE}")

    def is_here(self, one: int) -> bool:
        """Tell whether a value is tested in this function."""
        return self.kernel.home[one] == self.number and one not in self.kernel.algebra.constants

    def misses(self, guards: list[tuple[int, bool]]) -> str | None:
        """Whether one of the guards does not hold; one that compares with nan does not."""
        found = []
        for c, want in guards:
            name, *ids = self.kernel.algebra.operations[c]
            held = self.name(c)
            found.append(self.line(f"xor i1 {held}, true") if want else held)
            if name in ("lt", "le", "gt", "ge", "eq", "ne"):
                found.append(self.line(f"fcmp uno double {self.name(ids[0])}, {self.name(ids[1])}"))
        return self.any_of(found)

    def infinite(self, ids: list[int]) -> str | None:
        """Whether one of some values is infinite or nan: its product with zero is nan."""
        zeros = [
            self.line(f"fmul double {self.name(one)}, 0.0")
            for one in ids
            if not self.kernel.algebra.is_truth(one)
        ]
        sums = zeros[:LANES]  # none waits for the others
        for k, zero in enumerate(zeros[LANES:]):
            sums[k % LANES] = self.line(f"fadd double {sums[k % LANES]}, {zero}")
        while len(sums) > 1:
            sums = [*sums[2:], self.line(f"fadd double {sums[0]}, {sums[1]}")]
        return self.line(f"fcmp uno double {sums[0]}, 0.0") if sums else None

    def any_of(self, truths: list[str]) -> str | None:
        """Whether one of some truth values holds."""
        found: str | None = None
        for truth in truths:
            found = truth if found is None else self.line(f"or i1 {found}, {truth}")
        return found

    def leave(self, condition: str | None, code: int) -> None:
        """Return a code if something holds."""
        if condition is not None:
            self.count += 1
            out, on = f"out{self.count}", f"on{self.count}"
            self.lines += [
                f"  br i1 {condition}, label %{out}, label %{on}",
                f"{out}:",
                f"  ret i32 {code}",
                f"{on}:",
            ]

    def text(self) -> str:
        """The function."""
        parameters = ", ".join([p for p in (self.kernel.parameters, "ptr %held") if p])
        head = f"define internal i32 @piece{self.number}({parameters}) #1 {{"
        return self.kernel.table.loaded("\n".join([head, "entry:", *self.lines, "}"]))
