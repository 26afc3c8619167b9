"""Values of fields as C, for kernels: what an element of a value is, in terms of the loop's variables.

Nothing is cut in pieces here, as it is for one processor: where the part that an element of a joined array
belongs to changes, a condition asks.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..fields.algebra import FieldAlgebra
from ..fields.indices import Affine, Index, behind, narrow
from ..fields.lattice import Lattice, Shape, dense
from ..fields.plan import Plan, split
from ..lowering.definitions import Unsupported
from ..lowering.special import PREFIX
from ..native.loop_text import TooManyBoxes
from ..sources.c_source import TEXTS
from .functions import FUNCTIONS, OF_SINGLE

MOST_LINES = 3_000  # of one kernel
LARGEST = 2**31 - 2**26  # elements up to which places are counted in 32 bits
ROUNDED_ONCE = (
    "add",
    "sub",
    "mul",
    "div",
    "sqrt",
)  # whose double result, rounded, is that of single precision
KEEPS = (
    "neg",
    "fabs",
    "copysign",
    "floor",
    "ceil",
    "trunc",
    "rint",
)  # whose result is single if operands are
FUSED = re.compile(r"__pyx_fuse_\d+(_\d+)*")
Place = tuple[Any, ...]


class Types:
    """Whether a value is a truth value (``int``), a number of single precision (``float``), or ``double``.

    Args:
        algebra: the operations.
        inputs: the types of the inputs.
    """

    def __init__(self, algebra: FieldAlgebra, inputs: list[str]) -> None:
        self.algebra = algebra
        self.inputs = inputs
        self.known: dict[int, str] = {}

    def __call__(self, one: int) -> str:
        """The type of a value."""
        kind = self.known.get(one)
        if kind is None:
            kind = self.known[one] = self.found(one)
        return kind

    def found(self, one: int) -> str:
        """The same, when it is asked for first."""
        algebra = self.algebra
        name, *rest = algebra.operations[one]
        if algebra.is_truth(one):
            return "int"
        if name == "single":
            return "float"
        if name == "input":
            kind: str = self.inputs[rest[0]]
            return kind
        if name in ("view", "copy", "gather"):
            return self(rest[0])
        parts = algebra.operands(one)
        if name == "select":
            parts = rest[1:]
        elif name not in ("join", "matmul", *KEEPS):
            return "double"
        return "float" if self.are_single(parts) else "double"

    def are_single(self, ids: list[int]) -> bool:
        """Tell whether all are of single precision, or known numbers that have such a form; one is not."""
        known = [one for one in ids if one in self.algebra.constants]
        fits = [
            float(np.float32(self.algebra.constants[one])) == self.algebra.constants[one] for one in known
        ]
        return (
            len(known) < len(ids) and all(fits) and all([self(k) == "float" for k in ids if k not in known])
        )


def literal(value: float, kind: str) -> str:
    """A number, bit by bit."""
    if math.isnan(value):
        return "NOT_A_NUMBER"
    if math.isinf(value):
        return "INFINITE" if value > 0 else "(-INFINITE)"
    text = value.hex() + ("f" if kind == "float" else "")
    return f"({text})" if math.copysign(1.0, value) < 0 else text


def stored(kind: str) -> str:
    """The type of a value in memory."""
    return "unsigned char" if kind == "int" else kind


class Values:
    """The lines of a kernel, and values at an index within them.

    Args:
        plan: what is kept in memory.
        types: of the values.
        place: the place in memory of what is kept.
    """

    def __init__(self, plan: Plan, types: Types, place: Any) -> None:
        self.plan = plan
        self.algebra = plan.algebra
        self.types = types
        self.place = place
        self.lines: list[str] = []
        self.count = 0
        self.parameters: dict[Place, str] = {}  # what the kernel is given, and the text of its declaration
        self.names: dict[int, str] = {}  # of the loop's variables
        self.ranges: dict[int, tuple[int, int]] = {}  # from where to where each goes
        self.scopes: list[dict[Any, str]] = [{}]
        self.joins: list[int] = []
        self.largest = 0  # elements of anything that is read or written
        self.indent = 1

    # -- Lines -----------------------------------------------------------------------------------------------

    def write(self, line: str) -> None:
        """Add a line."""
        self.lines.append("  " * self.indent + line)
        if len(self.lines) > MOST_LINES and self.joins:
            raise TooManyBoxes(*dict.fromkeys(self.joins))

    @contextlib.contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Lines in braces, whose values nobody knows outside."""
        self.write(f"{head} {{")
        self.indent += 1
        self.scopes.append({})
        before = dict(self.ranges)
        yield
        self.ranges = before
        self.scopes.pop()
        self.indent -= 1
        self.write("}")

    def name(self) -> str:
        """A new name."""
        self.count += 1
        return f"v{self.count}"

    def line(self, kind: str, text: str) -> str:
        """Compute something; its name."""
        name = self.name()
        self.write(f"{kind} {name} = {text};")
        return name

    def once(self, key: Any, make: Any) -> str:
        """What was computed before, where it can be seen from here."""
        for scope in self.scopes:
            if key in scope:
                return scope[key]
        found: str = make()
        self.scopes[-1][key] = found
        return found

    def given(self, place: Place, kind: str, is_written: bool = False, size: int = 0) -> str:
        """The parameter for a place in memory."""
        self.largest = max(self.largest, size)
        name = (
            f"p{list(self.parameters).index(place)}"
            if place in self.parameters
            else f"p{len(self.parameters)}"
        )
        if is_written or place not in self.parameters:
            const = "" if is_written else "const "
            self.parameters[place] = f"{const}{kind} *RESTRICT {name}"
        return name

    # -- The loop's variables --------------------------------------------------------------------------------

    def variable(self, text: str, stop: int) -> Affine:
        """A variable from 0 to below ``stop``; a number where there is one value alone."""
        if stop == 1:
            return Affine(0)
        key = len(self.names)
        self.names[key] = name = f"i{key}"
        self.ranges[key] = 0, stop
        self.write(f"index {name} = {text};")
        return Affine(0, key, 1)

    def unravelled(self, flat: str, shape: Shape) -> Index:
        """The index of an element from its place."""
        self.largest = max(self.largest, math.prod(shape))
        found, strides = [], dense(shape)
        outermost = next((k for k, n in enumerate(shape) if n > 1), 0)
        for k, (n, stride) in enumerate(zip(shape, strides, strict=True)):
            text = flat if stride <= 1 else f"{flat} / {stride}"
            found.append(self.variable(text if k == outermost else f"({text}) % {n}", n))
        return tuple(found)

    def linear(self, terms: list[tuple[int, Affine]], start: int = 0) -> str:
        """A sum of places times numbers."""
        factors: dict[int, int] = {}
        for factor, at in terms:
            start += factor * at.start
            if at.loop is not None and factor * at.step:
                factors[at.loop] = factors.get(at.loop, 0) + factor * at.step
        parts: list[str] = []
        for key, factor in sorted(factors.items()):
            name = self.names[key]
            text = name if abs(factor) == 1 else f"{abs(factor)} * {name}"
            parts.append(f"{'-' if factor < 0 else '+'} {text}" if parts or factor < 0 else text)
        if start or not parts:
            parts.append(f"{'-' if start < 0 else '+'} {abs(start)}" if parts else str(start))
        return " ".join(parts)

    def reach(self, terms: list[tuple[int, Affine]], start: int = 0) -> tuple[int, int]:
        """The least and the largest value of such a sum."""
        low = high = start
        for factor, at in terms:
            low, high = low + factor * at.start, high + factor * at.start
            if at.loop is not None:
                ends = [factor * at.step * k for k in (self.ranges[at.loop][0], self.ranges[at.loop][1] - 1)]
                low, high = low + min(ends), high + max(ends)
        return low, high

    # -- Values ----------------------------------------------------------------------------------------------

    def value(self, one: int, index: Index, fresh: bool = False) -> str:
        """An element of a value; ``fresh`` computes it though it is kept in memory."""
        return self.once((one, index), lambda: self.element(one, index, fresh))

    def element(self, one: int, index: Index, fresh: bool) -> str:
        """The same, when it is asked for first."""
        algebra = self.algebra
        name, *rest = algebra.operations[one]
        if name == "constant":
            return literal(algebra.constants[one], "double")
        if name == "false":
            return "0"
        if self.plan.is_kept(one) and not fresh:
            return self.load(one, 0, dense(algebra.shapes[one]), index)
        if name == "view":
            return self.of_view(rest[0], rest[1], rest[2], rest[3], index)
        if name == "join":
            return self.of_join(one, index, fresh)
        if name == "copy":
            return self.value(rest[0], index)
        if name == "gather":
            return self.gathered(rest[0], rest[1], algebra.shapes[one], index)
        return self.operation(one, name, rest, index)

    def operands(self, one: int, index: Index, ids: list[int], kind: str) -> list[str]:
        """What an operation reads; numbers that are known, in its type."""
        algebra, found = self.algebra, []
        for k in ids:
            at = narrow(index, algebra.shapes[one], algebra.shapes[k])
            is_known = k in algebra.constants
            found.append(literal(algebra.constants[k], kind) if is_known else self.value(k, at))
        return found

    def operation(self, one: int, name: str, ids: list[int], index: Index) -> str:
        """A function of numbers."""
        if name == "single":
            inner, *operands = self.algebra.operations[ids[0]]
            if not self.plan.is_kept(ids[0]) and inner in OF_SINGLE and self.types.are_single(operands):
                given = self.operands(ids[0], index, operands, "float")
                return self.line("float", OF_SINGLE[inner].format(*given))
            return self.line("float", f"(float){self.operands(one, index, ids, 'double')[0]}")
        kind = self.types(one)
        given = self.operands(one, index, ids, kind if name in ("select", *KEEPS) else "double")
        if kind == "double" and name not in ("select", *KEEPS):
            given = [
                text if k in self.algebra.constants or self.types(k) == "double" else f"(double){text}"
                for k, text in zip(ids, given, strict=True)
            ]
        if kind == "float" and name in KEEPS and name != "neg":
            return self.line(kind, f"{name}f({', '.join(given)})")
        if name in TEXTS:
            return self.line(kind, TEXTS[name].format(*given))
        return self.line(kind, f"{function_of(name)}({', '.join(given)})")

    def of_view(self, base: int, offset: int, strides: Shape, shape: Shape, index: Index) -> str:
        """An element of a view."""
        if base in self.algebra.constants or self.algebra.operations[base][0] == "false":
            return self.value(base, ())
        if self.plan.is_kept(base):
            return self.load(base, offset, strides, index)
        found = split(offset, strides, shape, self.algebra.shapes[base])
        assert found is not None
        return self.value(base, behind(found, index))

    def load(self, one: int, offset: int, strides: Shape, index: Index) -> str:
        """An element of what stands in memory."""
        size = math.prod(self.algebra.shapes[one])
        self.largest = max(self.largest, size)
        at = self.linear(list(zip(strides, index, strict=True)), offset)
        return self.read(one, at)

    def read(self, one: int, at: str) -> str:
        """The same, at a place that is given as text."""
        kind = self.types(one)
        given = self.given(self.place(one), stored(kind), size=math.prod(self.algebra.shapes[one]))
        return self.once(("load", given, at), lambda: self.line(kind, f"{given}[{at}]"))

    def gathered(self, base: int, held: Any, shape: Shape, index: Index) -> str:
        """An element at a position that stands in an array."""
        kind = "int" if math.prod(self.algebra.shapes[base]) <= LARGEST else "long long"
        positions = self.given(("positions", held, kind), kind, size=math.prod(shape))
        at = self.linear(list(zip(dense(shape), index, strict=True)))
        place = self.once(("load", positions, at), lambda: self.line("index", f"{positions}[{at}]"))
        return self.read(base, place)

    # -- Arrays that are joined from parts -------------------------------------------------------------------

    def of_join(self, one: int, index: Index, fresh: bool) -> str:
        """An element of what is joined from parts: of the last part that has its place."""
        _, base, parts, lattices, _ = self.algebra.operations[one]
        if not fresh:
            self.joins.append(one)
        kind, name = self.types(one), ""
        for part, lattice in reversed(list(zip(parts, lattices, strict=True))):
            tests = self.tests(lattice, index, self.algebra.shapes[part])
            if tests is None:
                continue
            if not tests and not name:
                return self.value(part, self.inner(lattice, index, self.algebra.shapes[part]))
            is_first = not name
            if is_first:
                name = self.name()
                self.write(f"{kind} {name} = 0;")
            asked = f"if ({' && '.join(tests)})" if tests else ""
            with self.block(asked if is_first else f"else {asked}".rstrip()):
                for key, low, high in self.bounds(lattice, index, self.algebra.shapes[part]):
                    self.ranges[key] = low, high
                inner: Index = self.inner(lattice, index, self.algebra.shapes[part])
                self.write(f"{name} = {self.value(part, inner)};")
            if not tests:
                return name
        assert base is not None or name
        if base is None:
            return name
        inner = index[len(index) - len(self.algebra.shapes[base]) :]
        if not name:
            return self.value(base, inner)
        with self.block("else"):
            known = base in self.algebra.constants
            value = literal(self.algebra.constants[base], kind) if known else self.value(base, inner)
            self.write(f"{name} = {value};")
        return name

    def solved(self, lattice: Lattice, part: Shape) -> list[tuple[int, int]]:
        """For each axis of a part, the axis of the whole that tells where on it an element is, in an order in
        which each needs those before alone: pairs of the axis of the part and of the whole.
        """
        order: list[tuple[int, int]] = []
        rest = [k for k, n in enumerate(part) if n > 1 and any(lattice.steps[k])]
        while rest:
            fits = [
                (k, j)
                for k in rest
                for j in range(len(lattice.start))
                if lattice.steps[k][j] and not any([lattice.steps[m][j] for m in rest if m != k])
            ]
            if not fits:
                raise Unsupported("a part whose places can't be told from its axes")
            order.append(fits[0])
            rest.remove(fits[0][0])
        return order

    def along(self, lattice: Lattice, index: Index, part: Shape, j: int, but: int | None) -> Any:
        """Where an element is along an axis of the whole, less the start and what other axes of the part are
        at: as terms of a sum.
        """
        terms, start = [(1, index[j])], -lattice.start[j]
        for k in range(len(part)):
            if k != but and lattice.steps and lattice.steps[k][j] and part[k] > 1:
                terms.append((-lattice.steps[k][j], self.at_part(lattice, index, part, k)))
        return terms, start

    def at_part(self, lattice: Lattice, index: Index, part: Shape, k: int) -> Affine:
        """Where an element is along an axis of a part."""
        j = dict(self.solved(lattice, part))[k]
        terms, start = self.along(lattice, index, part, j, k)
        step = lattice.steps[k][j]
        if step in (1, -1) and len(terms) == 1:
            at: Affine = terms[0][1].plus(start)
            return at if step == 1 else at.walked(0, -1)
        text = self.linear(terms, start)

        def make() -> str:
            key = self.variable(f"({text}) / {step}" if step != 1 else text, part[k]).loop
            return str(key)

        return Affine(0, int(self.once(("part", lattice, index, k), make)), 1)

    def inner(self, lattice: Lattice, index: Index, part: Shape) -> Index:
        """The index within a part, of an element of the whole."""
        moves = [k for k, _ in self.solved(lattice, part)] if lattice.steps else []
        return tuple(
            [self.at_part(lattice, index, part, k) if k in moves else Affine(0) for k in range(len(part))]
        )

    def tests(self, lattice: Lattice, index: Index, part: Shape) -> list[str] | None:
        """What must hold for an element to be in a part; None if it never is.

        They may be asked before it is known that the element is there, so they divide nothing.
        """
        found: list[str] = []
        order = self.solved(lattice, part) if lattice.steps else []
        by = {j: k for k, j in order}
        for j in range(len(index)):
            k = by.get(j)
            terms, start = self.along(lattice, index, part, j, k)
            step = lattice.steps[k][j] if k is not None else 1
            last = step * (part[k] - 1) if k is not None else 0
            low, high = self.reach(terms, start)
            if high < min(0, last) or low > max(0, last):
                return None
            text = self.linear(terms, start)
            if low == high == last == 0:
                continue
            if min(0, last) == max(0, last):
                found.append(f"{text} == 0")
                continue
            if low < min(0, last):
                found.append(f"{text} >= {min(0, last)}")
            if high > max(0, last):
                found.append(f"{text} <= {max(0, last)}")
            if abs(step) > 1:
                found.append(f"({text}) % {abs(step)} == 0")
        return found

    def bounds(self, lattice: Lattice, index: Index, part: Shape) -> list[tuple[int, int, int]]:
        """From where to where variables go within a part."""
        found = []
        for k, j in self.solved(lattice, part) if lattice.steps else []:
            at, step = index[j], lattice.steps[k][j]
            others = [m for m in range(len(part)) if m != k and lattice.steps[m][j] and part[m] > 1]
            if at.loop is None or at.step != 1 or step < 1 or others:
                continue
            low, high = self.ranges[at.loop]
            first = lattice.start[j] - at.start
            found.append((at.loop, max(low, first), min(high, first + step * (part[k] - 1) + 1)))
        return found


def function_of(name: str) -> str:
    """The name of a function in C.

    Raises:
        Unsupported: there is none on the device.
    """
    if not name.startswith(PREFIX):
        return name
    found = FUNCTIONS.get(FUSED.sub("", name.removeprefix(PREFIX)))
    if found is None:
        raise Unsupported(f"{FUSED.sub('', name.removeprefix(PREFIX))} has no form on a device")
    return found
