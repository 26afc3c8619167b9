"""Steps of a derivative as one kernel each, for arrays on a device, where a launch costs more than a product.

What a rule does to arrays, element by element, is a Python function of values: a method of duals or of jets,
a pullback. It is run once on wires (``wires.py``), and what it writes is the body of an elementwise kernel of
the library that the arrays are of. For the pullback of ``x * y``, whose second factor has a cotangent, that
is ::

    double t0 = x0 * x3;
    double t1 = x0 * x2;
    double t2 = x5 + t1;
    r0 = t0;
    r1 = t2;

So it does what the step does, operation for operation, with one launch. A step that asks more of its numbers
than to be ordinary, that calls what has no form in C, or whose operands are not real numbers of one precision
and of one shape, is made as ever.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..backends import backend_of
from ..chainrules.numpy.elementwise import real_absolute
from ..chainrules.statements import LISTENERS, OWN, Primitive
from ..nested import Value
from ..tape import Tape
from ..values.reading import CAREFUL
from ..values.shapes import DOUBLE
from .wires import OPERATORS, Line, Program, Unclear, Wire

# Functions of doubles by their names in C, where that is not NumPy's.
NAMES = {
    np.arcsin: "asin", np.arccos: "acos", np.arctan: "atan", np.arctan2: "atan2", np.arcsinh: "asinh",
    np.arccosh: "acosh", np.arctanh: "atanh", np.power: "pow", np.absolute: "fabs", np.fabs: "fabs",
}  # fmt: skip
ALIKE = (
    np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10,
    np.log1p, np.sqrt, np.cbrt, np.hypot,
)  # fmt: skip
NAMES |= {ufunc: ufunc.__name__ for ufunc in ALIKE} | {real_absolute.function: "fabs"}
STRONG = "hoad_strong"  # a change, and 0 where it is nan that a tangent of 0 has brought about
PREAMBLE = f"__device__ inline double {STRONG}(double d, double t) {{ return t != t && d == 0 ? 0.0 : t; }}"
HOAD = __name__.partition(".")[0] + "."
NUMBERS = frozenset({float, int, np.float64})
SINGLE = np.dtype(np.float32)
TYPES = {DOUBLE: "double", SINGLE: "float"}  # in C
PYTHONS = frozenset({float, int})  # which have no precision of their own
LITERAL = re.compile(r"(?<=\()(-?\d[\d.e+-]*)(?=\))")
MOST = 64  # kernels of a step for constants that are written into them
MOST_ARRAYS = 40  # of a kernel, whose parameters have 4 KB in all
MOST_LINES = 400  # of a kernel: beyond, its registers spill, and compiling takes long


class KernelProgram(Program):
    """Lines that are written in C."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(False)

    def operand(self, x: Value) -> str:
        """A wire, or a number as text."""
        if x.__class__ in NUMBERS and np.isfinite(x):
            return f"({float(x)!r})"
        return super().operand(x)

    def applied(self, rule: Primitive, args: tuple[Value, ...]) -> Wire:
        """A line; a function of hoad's own is what its body says."""
        if isinstance(rule.function, types.FunctionType) and rule.function not in NAMES:
            found: Wire = rule.function(*args)
            return found
        return super().applied(rule, args)

    def text(self, function: Any, names: list[str]) -> str:
        """A call, or the operator that it is."""
        if function in OPERATORS:
            return OPERATORS[function].format(*names)
        if function not in NAMES:
            raise Unclear
        return f"{NAMES[function]}({', '.join(names)})"

    def strong(self, d: Wire, change: Any) -> Any:
        """The change by a tangent: where that is 0, so is the change, whatever the partial is."""
        if change.__class__ is not Wire or change.slot == d.slot:
            return change
        return self.added(f"{STRONG}({d.slot}, {change.slot})", (d, change))

    def decided(self, function: Any, args: tuple[Value, ...]) -> bool:
        """Nobody looks at numbers on a device."""
        raise Unclear


class Kernel:
    """A step that is carried out in one launch.

    Args:
        name: what it is called.
        program: its lines.
        inputs: the names of what it may read, in the order in which that is given.
        results: what it gives: wires, or None.
        own: whether all that it gives is new, and nothing what it was given.

    Raises:
        Unclear: it gives something else, or is too long.
    """

    def __init__(
        self, name: str, program: Program, inputs: list[str], results: list[Any], own: bool = False
    ) -> None:
        self.whole = name, program, inputs, results, own
        self.split: dict[int, tuple[Kernel, Kernel]] = {}
        if any([not (r is None or (r.__class__ is Wire and r.level is program)) for r in results]):
            raise Unclear
        wanted = [None if r is None else str(r.slot) for r in results]
        self.name = name if name.isidentifier() else "step"
        self.lines: list[Line] = program.needed([w for w in wanted if w is not None])
        lines = [line.name for line in self.lines]
        self.outputs = list(dict.fromkeys([w for w in wanted if w is not None and (own or w in lines)]))
        used = {n for line in self.lines for n in line.used} | {*self.outputs}
        self.read = [k for k, n in enumerate(inputs) if n in used]
        self.inputs = [inputs[k] for k in self.read]
        self.places = [None if w is None else self.place(w, inputs) for w in wanted]
        self.made: dict[Any, Any] = {}
        if len(self.lines) > MOST_LINES or len(self.inputs) + len(self.outputs) > MOST_ARRAYS:
            raise Unclear

    def parts(self, count: int) -> tuple[Kernel, Kernel]:
        """A kernel of the first results, and one of the others."""
        if count not in self.split:
            name, program, inputs, results, own = self.whole
            made = [Kernel(name, program, inputs, part, own) for part in (results[:count], results[count:])]
            self.split[count] = made[0], made[1]
        return self.split[count]

    def place(self, name: str, inputs: list[str]) -> tuple[bool, int]:
        """Whether a result is computed, and which of the outputs, or of the inputs, it is."""
        is_computed = name in self.outputs
        return is_computed, (self.outputs if is_computed else inputs).index(name)

    def body(self, dtype: Any) -> str:
        """The text in C; a constant without its mark would make doubles of what it meets."""
        lines = [f"{TYPES[dtype]} {line.name} = {line.text};" for line in self.lines]
        text = "\n".join([*lines, *[f"r{k} = {name};" for k, name in enumerate(self.outputs)]])
        return text if dtype is DOUBLE else LITERAL.sub(r"\1f", text)

    def __call__(self, backend: Any, given: list[Any], dtype: Any) -> list[Any]:
        """The results, for what is given, of the precision of its arrays."""
        found: Any = ()
        if self.outputs:
            kernel = self.made.get((backend, dtype))
            if kernel is None:
                names = self.inputs, [f"r{k}" for k in range(len(self.outputs))]
                preamble = PREAMBLE.replace(TYPES[DOUBLE], TYPES[dtype])
                kernel = self.made[backend, dtype] = backend.elementwise(
                    f"hoad_{self.name}", *names, self.body(dtype), preamble, dtype.name
                )
            found = kernel(*[given[k] for k in self.read])
        return [p if p is None else found[p[1]] if p[0] else given[p[1]] for p in self.places]


def is_known(rule: Any) -> bool:
    """Tell whether a rule is hoad's own: that of a user may ask a wire for its shape, which is that of a
    number.
    """
    function = rule.function
    return OWN.get(function) is rule or str(getattr(function, "__module__", "")).startswith(HOAD)


def fusing(x: Any) -> Any:
    """The backend of an array of reals, if that makes kernels and nobody looks at values; else None."""
    backend = backend_of(x)
    if backend is None or not backend.fuses or CAREFUL.get() or x.dtype not in TYPES:
        return None
    return backend


class Rows(NamedTuple):
    """Many directions: how many, the places of the operands that have an axis for them, and how many of the
    results, which come first, have none.
    """

    n: int
    moving: frozenset[int]
    still: int


def kinds(given: list[Any], like: Any, rows: Rows | None = None) -> tuple[Any, ...] | None:
    """What is given, as far as it counts: None, a number, or an array of the shape and type of one, before
    which there may be an axis of directions; None where something else is there.
    """
    cls, shape, dtype, found = like.__class__, like.shape, like.dtype, []
    numbers = NUMBERS if dtype is DOUBLE else PYTHONS
    for k, x in enumerate(given):
        kind = x.__class__
        if kind is cls:
            wanted = shape if rows is None or k not in rows.moving else (rows.n, *shape)
            if x.shape != wanted or x.dtype is not dtype:
                return None
        elif x is not None and kind not in numbers:
            return None
        found.append(None if x is None else kind is cls)
    return tuple(found)


def in_rows(kernel: Kernel, backend: Any, given: list[Any], rows: Rows) -> list[Any]:
    """The results for many directions: those without an axis for them by a launch of their own."""
    still, moving = kernel.parts(rows.still)
    found = moving(backend, given, given[0].dtype)
    shape = (rows.n, *given[0].shape)
    found = [x if x is None or x.shape == shape else np.broadcast_to(x, shape) for x in found]
    return [*(still(backend, given, given[0].dtype) if rows.still else ()), *found]


# ------------------------------------------------------------------------------------------------------------
# Pullbacks
# ------------------------------------------------------------------------------------------------------------

Key = tuple[Any, ...]
Step = Callable[[list[Any]], list[Any]]
_kernels: dict[Key, Kernel | None] = {}
_pulls: dict[Any, Any] = {}


def forget(*stated: Any) -> None:
    """Kernels are written anew where a rule is stated."""
    _kernels.clear()
    _pulls.clear()


LISTENERS.append(forget)


def fused_pullbacks(pullbacks: list[Any]) -> list[Any]:
    """Those of a program, in one launch each where they can be."""
    return [_pulls.get(p) or _pulls.setdefault(p, fused(p)) for p in pullbacks]


Tape.fused = staticmethod(fused_pullbacks)


def kernel_of(key: Key, name: str, step: Step, there: tuple[Any, ...], own: bool = False) -> Kernel | None:
    """The kernel of a step, written when it is first asked for; None where it has none.

    Args:
        key: what tells it from others.
        name: of the operation.
        step: from the operands, wires or None, to the results.
        there: which of the operands are there.
        own: whether all that it gives is new.
    """
    try:
        return _kernels[key]
    except KeyError:
        program = KernelProgram()
        names = [f"x{k}" for k in range(len(there))]
        wires = [None if kind is None else Wire(program, n) for n, kind in zip(names, there, strict=True)]
        try:
            found: Kernel | None = Kernel(name, program, names, step(wires), own)
        except Exception:  # what goes wrong in the writing is no matter of the user's
            found = None
        _kernels[key] = found
        return found


class Launched:
    """A step that is carried out in one launch where it can be.

    Args:
        name: of the operation.
        own: whether all that it gives is new.
    """

    def __init__(self, name: str, own: bool = False) -> None:
        self.name, self.own = name, own
        self.by_value: set[Any] = set()

    def found(
        self, key: Any, step: Step, given: list[Any], recorded: int, rows: Rows | None = None
    ) -> list[Any] | None:
        """What the step gives; None where it has no kernel for what is given.

        Args:
            key: what tells the step from others.
            step: from the operands, wires or numbers, to the results.
            given: the operands.
            recorded: how many of those must be arrays where they are there; others may be numbers.
            rows: of many directions, which of the operands and results have an axis for them.
        """
        backend = fusing(given[0])
        there = None if backend is None else kinds(given, given[0], rows)
        if there is None or False in there[:recorded]:
            return None
        kernel = kernel_of((self, key, there), self.name, step, there, self.own)
        if kernel is None and False in there:
            kernel = self.of_these(key, step, given, there)
        if kernel is None:
            return None
        return (
            kernel(backend, given, given[0].dtype) if rows is None else in_rows(kernel, backend, given, rows)
        )

    def of_these(self, key: Any, step: Step, given: list[Any], there: tuple[Any, ...]) -> Kernel | None:
        """The kernel for the numbers that are given, of a step that asks what a constant is, as a power its
        exponent.
        """
        fixed = {k: given[k] for k, kind in enumerate(there) if kind is False}
        values = (key, *map(repr, fixed.values()))
        if values not in self.by_value and len(self.by_value) >= MOST:
            return None
        self.by_value.add(values)

        def on_wires(wires: list[Any]) -> list[Any]:
            return step([fixed.get(k, wire) for k, wire in enumerate(wires)])

        return kernel_of((self, values, there), self.name, on_wires, there, self.own)


class Fused:
    """A step of a scalar rule on columns of values by slot, in one launch where it can be.

    Args:
        step: as it is written, of what it is given as it is, columns, the slot, and the operands.
        statement: the rule, its text, and the arguments that are recorded.
        reads: of which columns the operands' entries are read; the first are the values.
        writes: of which columns they are written.
        own: of which columns the operation's own entry is read; the first are the values.
        gives: of which column its own entry is written; None for none.
        moving: which columns have an axis for directions where there are many.
    """

    def __init__(
        self, step: Any, statement: Any, reads: tuple[int, ...], writes: tuple[int, ...],
        own: tuple[int, ...], gives: int | None = None, moving: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        self.step = step
        _, text, self.active = statement
        self.reads, self.writes, self.own, self.gives, self.moving = reads, writes, own, gives, moving
        self.launched = Launched(text.name)

    def done(
        self, first: tuple[Any, ...], columns: tuple[Any, ...], i: int, operands: Any, n: int | None = None
    ) -> bool:
        """Carry it out; tell whether it could be.

        Args:
            first: what it is given as it is.
            columns: by slot.
            i: the slot of the operation.
            operands: the slots of what is recorded, and constants.
            n: how many directions there are, of which what is given last first has an axis, too; None for
                one without.
        """
        slots = list(dict.fromkeys([operands[k] for k in self.active]))
        given = [columns[c][i] for c in self.own]
        given += [*first, *[columns[c][s] for c in self.reads for s in slots]]
        recorded = len(given)  # of which a number would have a number for its cotangent
        given += [x for k, x in enumerate(operands) if k not in self.active]
        counts = len(first), len(slots)
        rows = None if n is None else self.rows(n, *counts)
        found = self.launched.found(
            counts, lambda wires: self.on_wires(wires, *counts), given, recorded, rows
        )
        if found is None:
            return False
        rest = iter(found)
        if self.gives is not None:
            columns[self.gives][i] = next(rest)
        for c in self.writes:
            for s in slots:
                columns[c][s] = next(rest)
        return True

    def rows(self, n: int, first: int, count: int) -> Rows:
        """What has an axis of ``n`` directions: of what is given as it is, the last."""
        columns = [*self.own, *[None] * (first - 1), *([self.moving[0]] if first else [])]
        columns += [c for c in self.reads for _ in range(count)]
        still = sum([count for c in self.writes if c not in self.moving])
        return Rows(n, frozenset([k for k, c in enumerate(columns) if c in self.moving]), still)

    def on_wires(self, wires: list[Any], first: int, count: int) -> list[Any]:
        """What it gives, of wires."""
        rest = iter(wires)
        columns: list[dict[Any, Any]] = [{} for _ in range(1 + max((*self.reads, *self.own, *self.writes)))]
        for c in self.own:
            columns[c]["out"] = next(rest)
        given = [next(rest) for _ in range(first)]
        for c in self.reads:
            for s in range(count):
                columns[c][s] = next(rest)
        places = iter(range(count) if count == len(self.active) else [0, 0])
        operands = [next(places) if k in self.active else next(rest, None) for k in (0, 1)]
        self.step(given, columns, "out", *operands)
        found = [] if self.gives is None else [columns[self.gives]["out"]]
        return [*found, *[columns[c][s] for c in self.writes for s in range(count)]]


def fused(pullback: Any) -> Any:
    """The pullback of a scalar rule, in one launch where it can be."""
    statement = getattr(pullback, "statement", None)
    if statement is None or not is_known(statement[0]):
        return pullback

    def step(first: list[Any], columns: list[Any], i: Any, a: Any, b: Any) -> None:
        pullback(first[0], columns[0], columns[1], i, a, b)

    whole = Fused(step, statement, reads=(0, 1), writes=(1,), own=(0,))

    def pull(g: Any, values: Any, cotangents: Any, i: int, a: Any, b: Any) -> None:
        if not whole.done((g,), (values, cotangents), i, (a, b)):
            pullback(g, values, cotangents, i, a, b)

    return pull
