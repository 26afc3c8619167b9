"""A program of single numbers as LLVM's text, in functions of moderate length: the time that LLVM takes
grows faster than a function does.

What is emitted is ``i32 kernel(inputs, outputs)``. It returns 0 when the outputs are filled, 1 where a
guard does not hold, and 2 where a value is not finite, of which plain hoad alone knows what becomes.
"""

from __future__ import annotations

import struct

import numpy as np

from ..fields.plan import weight
from ..held import Held
from ..lowering.expansion import Expansion
from ..lowering.special import PREFIX
from .table import Table

LENGTH = 300  # operations in one function
MORE = 1.25  # times the values that pass between functions, for which operations are put in another order
LANES = 4  # sums that are added up at the same time
MANY_KNOWN = 8  # elements of an output: from so many on, zeros are cleared as a whole, constants copied
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
Entry = tuple[int, ...]  # an operation: its id; a store: output, position, id
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
        self.zero_filled: list[bool] = []
        self.spread: list[tuple[int, Held, Held]] = []
        stores = self.placed()
        self.checked = {one for *_, one in stores} | self.algebra.finite
        self.order = self.ordered(stores)
        self.crossing = self.passed(self.order)

    def placed(self) -> list[Entry]:
        """What is stored where: output, position, id. Known zeros are cleared as a whole where they are
        many, and other constants then written from an array.
        """
        algebra, stores = self.algebra, list[Entry]()
        known = np.zeros(len(algebra.operations), bool)
        known[list(algebra.constants)] = True
        for k, output in enumerate(self.expansion.outputs):
            ids = np.ravel(output)
            is_zero, rest = ids == algebra.zero, np.ones(ids.size, bool)
            self.zero_filled.append(int(is_zero.sum()) >= MANY_KNOWN)
            if self.zero_filled[k]:
                rest &= ~is_zero
            places = np.flatnonzero(known[ids] & rest)
            if places.size >= MANY_KNOWN:
                values = np.array([algebra.constants[one] for one in ids[places].tolist()])
                self.spread.append((k, Held(places), Held(values)))
                rest[places] = False
            stores += [(k, j, int(ids[j])) for j in np.flatnonzero(rest).tolist()]
        return stores

    def reached(self, stores: list[Entry]) -> list[Entry]:
        """The operations that are needed and the stores, each operation as late as it may be: so few values
        are alive at the same time.
        """
        operations = self.algebra.operations
        done: set[int] = set()
        order: list[Entry] = []

        def reach(root: int) -> None:
            stack = [root]
            while stack:
                one = stack[-1]
                name, *operands = operations[one]
                missing = [k for k in operands if k not in done] if name not in LEAVES else []
                if missing and one not in done:
                    stack += reversed(missing)
                    continue
                stack.pop()
                if one not in done:
                    done.add(one)
                    if name not in LEAVES:
                        order.append((one,))

        for c, _ in self.expansion.guards:
            reach(c)
        for store in stores:
            reach(store[-1])
            order.append(store)
        for one in sorted(self.algebra.finite | self.algebra.nonzero):
            reach(one)
        self.live = done
        return order

    def ordered(self, stores: list[Entry]) -> list[Entry]:
        """The operations and the stores in order: as they were recorded, so that what does not wait for each
        other stands side by side, unless that keeps many more values alive.
        """
        late = self.reached(stores)
        where: dict[int, list[Entry]] = {}
        for store in stores:
            where.setdefault(store[-1], []).append(store)
        early: list[Entry] = []
        for one in sorted(self.live):
            if self.algebra.operations[one][0] not in LEAVES:
                early.append((one,))
            early += where.get(one, ())
        return late if len(self.passed(early)) > MORE * len(self.passed(late)) else early

    def passed(self, order: list[Entry]) -> dict[int, int]:
        """The values that one function makes and another reads, numbered."""
        operations = self.algebra.operations
        home: dict[int, int] = {}
        found: dict[int, int] = {}
        for k, entry in enumerate(order):
            place = k // LENGTH
            for one in operations[entry[0]][1:] if len(entry) == 1 else entry[2:]:
                if home.get(one, place) != place:
                    found.setdefault(one, len(found))
            if len(entry) == 1:
                home[entry[0]] = place
        return found

    def size(self) -> int:
        """How many operations and stores there are."""
        return len(self.order)

    def work(self) -> int:
        """How long all takes, about, in additions."""
        operations = self.algebra.operations
        return sum([weight(operations[entry[0]][0]) if len(entry) == 1 else 1 for entry in self.order])

    def cut(self) -> list[list[Entry]]:
        """The operations and stores, function by function."""
        chunks = [self.order[k : k + LENGTH] for k in range(0, len(self.order), LENGTH)] or [[]]
        self.home = dict.fromkeys(self.live, 0)
        for k, chunk in enumerate(chunks):
            self.home.update({entry[0]: k for entry in chunk if len(entry) == 1})
        return chunks

    # -- One function ----------------------------------------------------------------------------------------

    def function(self, k: int, chunk: list[Entry]) -> str:
        """One piece of the program."""
        body = Body(self, k)
        for entry in chunk:
            if len(entry) == 1:
                body.operation(entry[0])
            else:
                body.store(*entry)
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
        chunks = self.cut()
        functions = [self.function(k, chunk) for k, chunk in enumerate(chunks)]
        names = [p.rsplit(" ", 1)[1] for p in self.parameters.split(", ")] if self.parameters else []
        lines = [f"define internal i32 @kernel({self.parameters}) {{", "entry:"]
        held = "%held"
        if len(self.crossing) > LARGEST_STACK:
            held = self.table.pointer("room", "held", 8 * len(self.crossing))
        else:
            lines.append(f"  %held = alloca double, i64 {max(1, len(self.crossing))}")
        given = ", ".join([*[f"ptr {name}" for name in names], f"ptr {held}"])
        for k, ids in enumerate(self.expansion.outputs):
            if self.zero_filled[k]:
                self.declared["declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"] = None
                size = 8 * int(np.size(ids))
                lines.append(f"  call void @llvm.memset.p0.i64(ptr %out{k}, i8 0, i64 {size}, i1 false)")
        for k, places, values in self.spread:
            arrays = [self.table.pointer("array", held) for held in (places, values)]
            given_arrays = f"ptr {arrays[0]}, ptr {arrays[1]}, i64 {len(values.value)}"
            lines.append(f"  call void @spread(ptr %out{k}, {given_arrays})")
        for k in range(len(chunks)):
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
        helpers = [SPREAD] if self.spread else []
        return "\n".join([*self.declared, *helpers, *functions, kernel, ATTRIBUTES])


ATTRIBUTES = "attributes #0 = { nounwind willreturn memory(none) }\nattributes #1 = { noinline nounwind }\n"
SPREAD = """define internal void @spread(ptr noalias %to, ptr noalias %places, ptr noalias %all, i64 %n) #1 {
entry:
  br label %loop
loop:
  %k = phi i64 [ 0, %entry ], [ %next, %loop ]
  %at = getelementptr i64, ptr %places, i64 %k
  %place = load i64, ptr %at
  %from = getelementptr double, ptr %all, i64 %k
  %value = load double, ptr %from
  %here = getelementptr double, ptr %to, i64 %place
  store double %value, ptr %here
  %next = add i64 %k, 1
  %is_last = icmp eq i64 %next, %n
  br i1 %is_last, label %end, label %loop
end:
  ret void
}
"""


class Body:
    """The lines of one function."""

    def __init__(self, kernel: Kernel, number: int) -> None:
        self.kernel = kernel
        self.number = number
        self.lines: list[str] = []
        self.names: dict[int, str] = {}
        self.count = 0
        self.sums: list[str] = []  # of zeros, which are nan once a value is not finite

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
        return self.line(f"fcmp one double {value}, 0.0") if self.kernel.algebra.is_truth(one) else value

    def operation(self, one: int) -> None:
        """Add an operation."""
        name, *ids = self.kernel.algebra.operations[one]
        operands = [self.name(k) for k in ids]
        self.names[one] = result = self.line(self.instruction(one, name, operands))
        place = self.kernel.crossing.get(one)
        if place is not None:
            if self.kernel.algebra.is_truth(one):
                result = self.line(f"select i1 {result}, double 1.0, double 0.0")
            where = self.line(f"getelementptr double, ptr %held, i64 {place}")
            self.lines.append(f"  store double {result}, ptr {where}")
        if one in self.kernel.checked and not self.kernel.algebra.is_truth(one):
            self.watch(one)

    def store(self, output: int, position: int, one: int) -> None:
        """Store an element of an output."""
        value = self.name(one)
        place = self.line(f"getelementptr double, ptr %out{output}, i64 {position}")
        self.lines.append(f"  store double {value}, ptr {place}")

    def watch(self, one: int) -> None:
        """Add a value times zero, which is nan if it is infinite or nan, to one of some sums: none waits for
        the others.
        """
        zero = self.line(f"fmul double {self.name(one)}, 0.0")
        if len(self.sums) < LANES:
            self.sums.append(zero)
        else:
            self.sums = [*self.sums[1:], self.line(f"fadd double {self.sums[0]}, {zero}")]

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
        """Tell whether all is well."""
        kernel = self.kernel
        if self.number == 0:
            for one in sorted(kernel.checked):
                if kernel.algebra.operations[one][0] == "input":
                    self.watch(one)
        self.leave(self.misses([(c, want) for c, want in kernel.expansion.guards if self.is_here(c)]), MISSED)
        self.leave(self.infinite(), NOT_FINITE)
        divisors = [one for one in sorted(kernel.algebra.nonzero) if self.is_here(one)]
        zeros = [self.line(f"fcmp ueq double {self.name(one)}, 0.0") for one in divisors]
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

    def infinite(self) -> str | None:
        """Whether one of the values that were watched is infinite or nan."""
        sums = self.sums
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
