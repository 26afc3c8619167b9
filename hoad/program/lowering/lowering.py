"""From a recorded program to operations on numbers: what all ways of it have in common.

Each node is looked up by its rule or its function; a function of hoad's own, or a NumPy function with a
body, is lowered as what its body does (``definitions.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ...chainrules.numpy import shaping
from ...chainrules.numpy.elementwise import real_absolute
from ...chainrules.numpy.indexing import where
from ...chainrules.unknown import CORNER, UNKNOWN
from ...kinds.recording import Node, mapped
from ..held import Held
from ..program import Program
from .algebra import ARITHMETIC, LOGICAL, ORDERED, SIMPLE, Algebra
from .definitions import Unsupported, Varying, definition_of, told_of
from .special import PREFIX, special_of

SINGLE = np.dtype(np.float32)
REAL = (np.dtype(np.float64), SINGLE)
PYTHON = frozenset({float, int, bool, complex})
# Of Python's numbers; all else may be an OverflowError, which only Python raises, where it is not finite.
UNFAILING = frozenset({np.add, np.subtract, np.multiply, np.negative, np.positive, np.absolute})
EXACT = frozenset({np.negative, np.positive, np.absolute, np.maximum, np.minimum, np.copysign, np.sign})
Ids = Any  # what stands for the value of a node


class Lowering:
    """A program in operations on numbers.

    A way of it says what stands for a value (``constants``, ``entered``), how a function is carried out on
    each element (``each``), and what becomes of the functions that move, add and multiply elements
    (``FORMS``).

    ``outputs`` are the values that are wanted; ``guards`` are truth values with what they must be.

    Args:
        program: of numbers and arrays of float64.
        algebra: its operations.

    Raises:
        Unsupported: something in it has no native form.
    """

    forms: dict[Any, Callable[..., Ids]] = {}  # noqa: RUF012

    def __init__(self, program: Program, algebra: Algebra) -> None:
        self.algebra = algebra
        self.program = program
        self.ids: dict[Node, Ids] = {}
        self.of_each = False  # whether a definition is lowered that is of one number, for each element
        self.needed: list[tuple[int, bool]] = []  # of definitions: what their guards want
        for node in program.nodes:
            try:
                self.ids[node] = self.value(node)
            except (Unsupported, TypeError, ValueError, LookupError, AttributeError) as error:
                raise told_of(node, error) from error
        self.outputs = [self.ids[node] for node in program.outputs]
        self.guards = self.wanted()

    # -- A way of it says ------------------------------------------------------------------------------------

    def entered(self, node: Node) -> Ids:
        """What stands for an input."""
        raise NotImplementedError

    def constants(self, value: Any) -> Ids:
        """What stands for numbers that are known."""
        raise NotImplementedError

    def each(self, function: Callable[..., int], *operands: Ids) -> Ids:
        """A function of ids, of each element."""
        raise NotImplementedError

    def moved(self, node: Node) -> Ids:
        """The value of a function that moves elements about."""
        raise NotImplementedError

    def conditions(self, ids: Ids, seen: Any, of_each: bool) -> Iterable[tuple[int, bool]]:
        """What must hold for a guard, which may be one for all elements (``of_each``)."""
        raise NotImplementedError

    # -- Guards ----------------------------------------------------------------------------------------------

    def wanted(self) -> list[tuple[int, bool]]:
        """The guards, without those that always hold.

        Raises:
            Unsupported: one never holds.
        """
        given = [(self.ids[guard.node], guard.seen) for guard in self.program.guards]
        own = [pair for ids, seen in given for pair in self.conditions(ids, seen, False)]
        known = {self.algebra.true: True, self.algebra.false: False}
        if any([known.get(c, want) is not want for c, want in (*own, *self.needed)]):
            raise Unsupported("a guard that never holds")
        return [pair for pair in dict.fromkeys((*own, *self.needed)) if pair[0] not in known]

    # -- Nodes -----------------------------------------------------------------------------------------------

    def value(self, node: Node) -> Ids:
        """What stands for the value of a node."""
        dtype = node.dtype
        if dtype is not None and (dtype.kind not in "fbi" or (dtype.kind == "f" and dtype not in REAL)):
            is_made = node.what not in ("input", "constant") and dtype.kind == "c"
            raise Unsupported(f"{node.what} has no native form" if is_made else f"numbers of type {dtype}")
        if node.what == "constant":
            return self.constants(np.asarray(node.args))
        if node.what == "input":
            if dtype not in REAL:
                raise Unsupported(f"an argument of type {dtype}")
            return self.entered(node)
        found = self.operation(node)
        if node.kind is float and node.function not in UNFAILING:
            self.algebra.assume(self.algebra.finite, int(found))
        return self.rounded(found) if dtype == SINGLE and not is_exact(node) else found

    def rounded(self, ids: Ids) -> Ids:
        """Numbers rounded to single precision: what is computed in double precision and rounded then is, for
        sums, products, quotients and roots, what is computed in single precision.
        """
        return self.each(self.algebra.rounded, ids)

    def operation(self, node: Node) -> Ids:
        """What stands for the value of an operation."""
        form = self.forms.get(node.what) if node.rule is None else self.forms.get(node.rule)
        form = form or self.forms.get(node.function) or FORMS.get(node.rule) or FORMS.get(node.function)
        if form is not None:
            return form(self, node)
        function = np.absolute if node.rule is real_absolute else node.function
        if isinstance(function, np.ufunc):
            return self.elementwise(function, node, self.operands(node.args))
        if node.rule is None:
            raise Unsupported(f"{node.what} has no native form")
        return self.moved(node) if moves(node.rule) else self.defined(node)

    def operand(self, arg: Any) -> Ids:
        """What stands for an argument."""
        return self.ids[arg] if arg.__class__ is Node else self.constants(np.asarray(arg))

    def operands(self, args: Any) -> list[Ids]:
        """What stands for operands that are taken to one type: beside single precision, numbers of Python's
        are rounded to it.
        """
        found = [self.operand(a) for a in args]
        strong = [a.dtype for a in args if not is_weak(a)]
        if not strong or np.result_type(*strong) != SINGLE:
            return found
        return [self.rounded(x) if is_weak(a) else x for a, x in zip(args, found, strict=True)]

    def position(self, arg: Any) -> Any:
        """A part of an index."""
        if arg.__class__ is not Node:
            return arg
        if arg.what != "constant":
            raise Unsupported("positions that depend on values")
        return arg.args

    def index(self, index: Any) -> Any:
        """An index, which is known."""
        return mapped(index, self.position)

    def elementwise(self, function: Any, node: Node, operands: list[Ids]) -> Ids:
        """A function of each element."""
        if node.kwargs:
            raise Unsupported(f"{node.what} with keywords")
        algebra = self.algebra
        if function in LOGICAL:
            name = LOGICAL[function]
            return self.each(lambda a, b: algebra.both(name, algebra.truth(a), algebra.truth(b)), *operands)
        if function in (np.logical_not, np.invert):
            return self.each(lambda a: algebra.invert(algebra.truth(a)), *operands)
        numbers = [self.numbers(x) for x in operands]
        if function in SIGNED:
            wrong = self.each(lambda *ids: SIGNED[function](algebra, *ids), *numbers)
            self.needed += self.conditions(wrong, np.False_, True)
        if function in ARITHMETIC:
            return self.each(getattr(algebra, ARITHMETIC[function]), *numbers)
        if function in ORDERED:
            return self.each(lambda a, b: algebra.compare(ORDERED[function], a, b), *numbers)
        simple = SIMPLE.get(function)
        if simple is not None:
            return self.each(lambda *ids: simple(algebra, *ids), *numbers)
        special = special_of(function)
        if special is None or function.nin != len(numbers) or any([is_integer(a) for a in node.args]):
            raise Unsupported(f"{function.__name__} has no native form")
        return self.each(lambda *ids: algebra.make(PREFIX + special, *ids), *numbers)

    def numbers(self, ids: Ids) -> Ids:
        """Truth values as numbers."""
        return self.each(self.algebra.number, ids)

    def truths(self, ids: Ids) -> Ids:
        """Numbers as truth values."""
        return self.each(self.algebra.truth, ids)

    def chosen(self, node: Node) -> Ids:
        """``np.where``."""
        condition, choices = self.operand(node.args[0]), self.operands(node.args[1:])
        if node.dtype is not None and node.dtype.kind != "b":
            choices = [self.numbers(x) for x in choices]
        return self.each(self.algebra.choose, self.truths(condition), *choices)

    def astype(self, node: Node) -> Ids:
        """A conversion."""
        kind, ids = "" if node.dtype is None else node.dtype.kind, self.operand(node.args[0])
        if kind == "b":
            return self.truths(ids)
        ids = self.numbers(ids)
        if kind == "i" and node.args[0].dtype.kind == "f":
            return self.each(lambda a: self.whole(a, node), ids)
        return ids

    def alike(self, node: Node, value: float) -> Ids:
        """One number in the shape of a value."""
        return self.constants(np.full(node.shape, value))

    def whole(self, a: int, node: Node) -> int:
        """A number without its fraction, which an integer of the node's type is assumed to hold: times the
        largest power of two by which those that it holds stay finite, it is finite.
        """
        found = self.algebra.make("trunc", a)
        if node.kind is not int:  # those of Python hold any
            top = self.algebra.constant(2.0 ** (1025 - 8 * node.dtype.itemsize))
            self.algebra.assume(self.algebra.finite, self.algebra.make("mul", found, top))
        return found

    def defined(self, node: Node) -> Ids:
        """A function that is defined by others."""
        of_each = node.rule.kind == "scalar"
        varying = [k for k, a in enumerate(node.args) if a.__class__ is Node and a.what != "constant"]
        given = [given_as(a, k in varying, of_each) for k, a in enumerate(node.args)]
        program = definition_of(node.rule, tuple(given), tuple(sorted(node.kwargs.items())))
        operands = [self.ids[node.args[k]] for k in varying]
        outer, self.ids, loose, self.of_each = self.ids, {}, self.of_each, of_each
        try:
            for part in program.nodes:
                self.ids[part] = operands[part.args] if part.what == "input" else self.value(part)
            for guard in program.guards:
                self.needed += self.conditions(self.ids[guard.node], guard.seen, of_each)
            return self.ids[program.outputs[0]]
        finally:
            self.ids, self.of_each = outer, loose


def is_cut(s: Algebra, y: int, x: int) -> int:
    """Whether an angle is that of a place where the sign of a zero decides."""
    return s.both("and", s.compare("eq", y, s.zero), s.invert(s.compare("gt", x, s.zero)))


# Where the sign of a zero is more than a sign, which the algebra does not keep (x + 0, 0 * x): plain hoad's.
SIGNED: dict[Any, Callable[..., int]] = {
    np.arctan2: is_cut,
    np.copysign: lambda s, a, b: s.compare("eq", b, s.zero),
    np.signbit: lambda s, a: s.compare("eq", a, s.zero),
}


def is_weak(arg: Any) -> bool:
    """Tell whether an operand is a number of Python's, which takes the type of what stands beside it."""
    return arg.kind in PYTHON if arg.__class__ is Node else not hasattr(arg, "dtype")


def is_exact(node: Node) -> bool:
    """Tell whether the value of a function consists of its operands, up to signs."""
    return node.function in EXACT or node.what == "put" or (node.rule is not None and moves(node.rule))


def is_integer(arg: Any) -> bool:
    """Tell whether an operand is one for which SciPy may have a function of its own."""
    kind = arg.dtype.kind if hasattr(arg, "dtype") else "i" if arg.__class__ in (int, bool) else "f"
    return bool(kind in "iub")


def given_as(arg: Any, varies: bool, of_each: bool) -> Any:
    """An argument as a definition is looked up by."""
    if varies:
        return Varying(() if of_each else arg.shape, arg.dtype)
    return Held(arg.args) if arg.__class__ is Node else arg


def moves(rule: Any) -> bool:
    """Tell whether the value of a rule consists of elements of its arguments."""
    does = getattr(rule, "is_view", False) or getattr(rule, "gathers", False)
    return does or rule in (shaping.concatenate, shaping.stack)


def data_of(node: Node) -> tuple[int, ...]:
    """Which arguments of a function that moves elements are these; the others say where they go."""
    if node.rule in (shaping.concatenate, shaping.stack):
        return tuple(range(len(node.args)))
    return (0, 2) if node.what == "put" else (0,)


FORMS: dict[Any, Callable[[Lowering, Node], Ids]] = {
    where: Lowering.chosen,
    shaping.astype: Lowering.astype,
    shaping.truncated: Lowering.astype,
    float: Lowering.astype,
    UNKNOWN: lambda s, node: s.alike(node, np.nan),
    CORNER: lambda s, node: s.alike(node, 0.0),
}
