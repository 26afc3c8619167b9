"""Steps of a derivative as one kernel each, for arrays on a device, where a launch costs more than a product.

What a rule does to arrays, element by element, is a Python function of values: a method of duals or of jets,
a pullback. It is run once on cells (``cells.py``), and what it writes is the body of an elementwise kernel of
the library that the arrays are of. For the pullback of ``x * y``, whose second factor has a cotangent, that
is ::

    double t0 = x0 * x3;
    double t1 = x0 * x2;
    double t2 = x5 + t1;
    r0 = t0;
    r1 = t2;

So it does what the step does, operation for operation, with one launch. A step that reads its numbers, that
calls what has no form in C (``forms.py``), or whose operands are not numbers of one precision, is made as
ever.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..backends import backend_of
from ..chainrules.statements import LISTENERS, OWN
from ..values.reading import CAREFUL
from ..values.shapes import COMPLEXES, DOUBLE
from .cells import Cell, Cells
from .forms import BOOL, COMPLEX, REAL, TYPES, preamble
from .wires import Line, Unclear

HOAD = __name__.partition(".")[0] + "."
MOST = 64  # kernels of a step for constants that are written into them
MOST_ARRAYS = 40  # of a kernel, whose parameters have 4 KB in all
OF_NUMPY = {np.float64: DOUBLE, np.complex128: DOUBLE}  # numbers that have a precision
NUMBERS = frozenset({float, int, *COMPLEXES, *OF_NUMPY})
MOST_LINES = 1500  # of a kernel: the compiler takes long for more, and registers spill


class Kernel:
    """A step that is carried out in one launch.

    Args:
        name: what it is called.
        program: its lines.
        inputs: the names of what it may read, in the order in which that is given.
        results: what it gives: cells, or None.
        own: whether all that it gives is new, and nothing what it was given.

    Raises:
        Unclear: it gives something else, or is too long.
    """

    def __init__(
        self, name: str, program: Cells, inputs: list[str], results: list[Any], own: bool = False
    ) -> None:
        self.whole = name, program, inputs, results, own
        self.before, self.given = program.before, len(inputs)
        inputs = [*inputs, *program.before]
        self.split: dict[int, tuple[Kernel, Kernel]] = {}
        self.kinds = program.kinds
        if any([not (r is None or (r.__class__ is Cell and r.level is program)) for r in results]):
            raise Unclear
        wanted = [None if r is None else str(r.slot) for r in results]
        self.name = name if name.isidentifier() else "step"
        self.lines: list[Line] = program.needed([w for w in wanted if w is not None])
        lines = [line.name for line in self.lines]
        computed = [w for w in wanted if w is not None and (own or w in lines) and w not in program.before]
        self.outputs = list(dict.fromkeys(computed))
        used = {n for line in self.lines for n in line.used} | {*self.outputs}
        self.read = [k for k, n in enumerate(inputs) if n in used]
        self.inputs = [inputs[k] for k in self.read]
        self.places = [None if w is None else self.place(w, inputs) for w in wanted]
        self.made: dict[Any, Any] = {}
        self.called = [n for n in program.before if n in used or n in wanted]
        self.refuses = False  # whether the library has no such function
        if (
            (self.outputs and not self.read)
            or len(self.lines) > MOST_LINES
            or len(self.inputs) + len(self.outputs) > MOST_ARRAYS
        ):
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

    def body(self) -> str:
        """The text in C."""
        lines = [f"{TYPES[self.kinds[line.name]]} {line.name} = {line.text};" for line in self.lines]
        return "\n".join([*lines, *[f"r{k} = {name};" for k, name in enumerate(self.outputs)]])

    def function(self, backend: Any) -> Any:
        """What the library makes of it."""
        inputs = [f"{self.kinds[n].name} {n}" for n in self.inputs]
        outputs = [f"{self.kinds[n].name} r{k}" for k, n in enumerate(self.outputs)]
        body = self.body()
        return backend.elementwise(f"hoad_{self.name}", inputs, outputs, body, preamble(body))

    def completed(self, given: list[Any]) -> list[Any]:
        """What is given, and behind it what the library's functions make of that.

        Raises:
            Unclear: it has them not.
        """
        if not self.before or len(given) > self.given:
            return given
        found: list[Any] = [None] * len(self.before)
        for k, (name, (function, operands)) in enumerate(self.before.items()):
            if name not in self.called:
                continue
            try:
                found[k] = function(*[given[int(n[1:])] if n.__class__ is str else n for n in operands])
            except (TypeError, NotImplementedError):
                self.refuses = True
                raise Unclear from None
            if found[k].dtype != self.kinds[name]:
                self.refuses = True
                raise Unclear
        return [*given, *found]

    def __call__(self, backend: Any, given: list[Any]) -> list[Any]:
        """The results, for what is given."""
        given = self.completed(given)
        found: Any = ()
        if self.outputs:
            kernel = self.made.get(backend)
            if kernel is None:
                kernel = self.made[backend] = self.function(backend)
            found = kernel(*[given[k] for k in self.read])
        return [p if p is None else found[p[1]] if p[0] else given[p[1]] for p in self.places]


class Summing:
    """A sum, or an extreme, along axes, of what is computed for each element, in one launch.

    Args:
        function: which of them.
        program: the lines.
        inputs: the names of what those may read.
        cell: what is reduced.
    """

    FORMS: ClassVar[dict[Any, tuple[str, str]]] = {
        np.sum: ("a + b", "0"),
        np.max: ("hoad_maximum(a, b)", "-HOAD_INFINITY"),
        np.min: ("hoad_minimum(a, b)", "HOAD_INFINITY"),
    }

    def __init__(self, function: Any, program: Cells, inputs: list[str], cell: Cell) -> None:
        self.form, self.identity = self.FORMS[function]
        kind = cell.dtype
        if kind is BOOL:  # which are counted
            kind = DOUBLE
        if kind.kind == "c" and function is not np.sum:
            raise Unclear
        self.kernel, self.kind = Kernel("sum", program, inputs, [cell], own=True), kind
        self.made: dict[Any, Any] = {}

    def function(self, backend: Any) -> Any:
        """What the library makes of it."""
        kernel, kind = self.kernel, TYPES[self.kind]
        given = [(TYPES[kernel.kinds[n]], n) for n in kernel.inputs]
        lines = kernel.body().splitlines()[:-1]
        head = f"__device__ inline {kind} hoad_each({', '.join([f'{t} {n}' for t, n in given])})"
        body = "\n".join([*lines, f"return {kind}({kernel.outputs[0]});"])
        before = preamble(" ".join([body, self.form, self.identity]))
        return backend.reduction(
            "hoad_sum",
            [f"{kernel.kinds[n].name} {n}" for n in kernel.inputs],
            f"{self.kind.name} r0",
            f"hoad_each({', '.join(kernel.inputs)})",
            self.form,
            self.identity,
            f"{before}\n{head} {{\n{body}\n}}",
        )

    def __call__(self, backend: Any, given: list[Any], axis: Any, keepdims: bool) -> Any:
        """The reduced array."""
        made = self.made.get(backend)
        if made is None:
            made = self.made[backend] = self.function(backend)
        return made(*[given[k] for k in self.kernel.read], axis=axis, keepdims=keepdims)


def is_known(rule: Any) -> bool:
    """Tell whether a rule is hoad's own: that of a user may ask a wire for its shape, which is that of a
    number.
    """
    function = rule.function
    return OWN.get(function) is rule or str(getattr(function, "__module__", "")).startswith(HOAD)


def fusing(x: Any) -> Any:
    """The backend of an array of numbers, if that makes kernels and nobody looks at values; else None."""
    backend = backend_of(x)
    if backend is None or not backend.fuses or CAREFUL.get() or x.dtype not in REAL:
        return None
    return backend


class Rows(NamedTuple):
    """Many directions: how many, the places of the operands that have an axis for them, and how many of the
    results, which come first, have none.
    """

    n: int
    moving: frozenset[int]
    still: int


class Given(NamedTuple):
    """What an operand is: an array, or a number, and its type."""

    is_array: bool
    kind: Any


def kinds(
    given: list[Any], recorded: int, shape: tuple[int, ...], rows: Rows | None = None
) -> tuple[Given | None, ...] | None:
    """What is given, as far as it counts: None, or numbers, and arrays of the precision of the first that
    broadcast to a shape, before which there may be an axis of directions. None where something else is there.
    """
    like, found = given[0], list[Given | None]()
    cls, real = like.__class__, REAL[like.dtype]
    for k, x in enumerate(given):
        if x is None:
            found.append(None)
            continue
        one = described(x, cls, real, k < recorded)
        if one is None:
            return None
        if one.is_array:
            if rows is None or k not in rows.moving:
                lies_right = x.shape == shape or fits(x.shape, shape)
            else:
                wanted = (rows.n, *shape)
                lies_right = x.shape == wanted or (x.ndim == len(wanted) and fits(x.shape, wanted))
            if not lies_right:
                return None
        found.append(one)
    return tuple(found)


def described(x: Any, cls: type, real: Any, recorded: bool) -> Given | None:
    """What an operand is; None for what has no place in a kernel, as a number that is recorded."""
    kind = x.__class__
    if kind is cls:
        fits = x.dtype in (real, COMPLEX[real]) or (x.dtype is BOOL and not recorded)
        return Given(True, x.dtype) if fits else None
    if recorded or kind not in NUMBERS:
        return None
    if kind in OF_NUMPY and OF_NUMPY[kind] is not real:
        return None
    return Given(False, COMPLEX[real] if kind in COMPLEXES else real)


def fits(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Tell whether an array broadcasts to a shape."""
    return len(shape) <= len(to) and all([n in (1, m) for n, m in zip(shape[::-1], to[::-1], strict=False)])


def in_rows(kernel: Kernel, backend: Any, given: list[Any], rows: Rows) -> list[Any]:
    """The results for many directions: those without an axis for them by a launch of their own."""
    given = kernel.completed(given)
    still, moving = kernel.parts(rows.still)
    found = moving(backend, given)
    shape = (rows.n, *given[0].shape)
    found = [x if x is None or x.shape == shape else np.broadcast_to(x, shape) for x in found]
    return [*(still(backend, given) if rows.still else ()), *found]


noted_by = operator.attrgetter("noted")
NOTING: set[type] = set()  # arrays of a step that is itself being written (``deferred.py``)
Key = tuple[Any, ...]
Step = Callable[[list[Any]], list[Any]]
_kernels: dict[Key, Kernel | None] = {}


def forget(*stated: Any) -> None:
    """Kernels are written anew where a rule is stated."""
    _kernels.clear()


LISTENERS.append(forget)


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
        program = Cells(REAL[there[0].kind], calls=True)
        names = [f"x{k}" for k in range(len(there))]
        wires = [
            None if one is None else program.given(n, one.kind) for n, one in zip(names, there, strict=True)
        ]
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
        self,
        key: Any,
        step: Step,
        given: list[Any],
        recorded: int,
        rows: Rows | None = None,
        shape: Any = None,
    ) -> list[Any] | None:
        """What the step gives; None where it has no kernel for what is given.

        Args:
            key: what tells the step from others.
            step: from the operands, wires or numbers, to the results.
            given: the operands.
            recorded: how many of those must be arrays where they are there; others may be numbers.
            rows: of many directions, which of the operands and results have an axis for them.
            shape: of the value; that of the first operand, if it is not told.
        """
        first: Any = given[0]
        if first.__class__ in NOTING:
            found: list[Any] | None = noted_by(first)(step, given, rows)
            return found
        backend = fusing(given[0])
        shape = getattr(given[0], "shape", ()) if shape is None else shape
        there = None if backend is None else kinds(given, recorded, shape, rows)
        if there is None:
            return None
        kernel = kernel_of((self, key, there), self.name, step, there, self.own)
        if kernel is None and not all([one is None or one.is_array for one in there]):
            kernel = self.of_these(key, step, given, there)
        if kernel is None or kernel.refuses:
            return None
        try:
            return kernel(backend, given) if rows is None else in_rows(kernel, backend, given, rows)
        except Unclear:
            return None

    def of_these(self, key: Any, step: Step, given: list[Any], there: tuple[Any, ...]) -> Kernel | None:
        """The kernel for the numbers that are given, of a step that asks what a constant is, as a power its
        exponent.
        """
        fixed = {k: given[k] for k, one in enumerate(there) if one is not None and not one.is_array}
        values = (key, *map(repr, fixed.values()))
        if values not in self.by_value and len(self.by_value) >= MOST:
            return None
        self.by_value.add(values)

        def on_wires(wires: list[Any]) -> list[Any]:
            return step([fixed.get(k, wire) for k, wire in enumerate(wires)])

        return kernel_of((self, values, there), self.name, on_wires, there, self.own)
