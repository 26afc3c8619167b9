"""A program of arrays taken apart into operations on single numbers, each of which is done once.

A value is an array of *ids*, one for each element; moving elements about costs nothing then, and a zero
that is known (of an identity matrix, of what does not depend) takes with it all that it would be multiplied
by. Small programs, and loops over elements, are fastest so.

``0 * x`` is zero unless x is infinite or nan, and NumPy's is nan there. So whatever was left out because of
a zero is noted (``assumed``): the compiled code looks whether it is finite, and hands the call back if it
is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..chainrules.numpy import reductions, shaping
from ..chainrules.numpy.contraction import einsum
from ..chainrules.numpy.elementwise import real_absolute
from ..chainrules.numpy.indexing import scatter, where
from ..kinds.recording import Node, mapped
from .definitions import Held, Unsupported, Varying, definition_of
from .program import Program

Ids = Any  # an array of integers
LARGEST_POWER = 64  # the largest exponent that becomes products
ORDERED = {
    np.less: "lt", np.less_equal: "le", np.greater: "gt", np.greater_equal: "ge", np.equal: "eq",
    np.not_equal: "ne",
}  # fmt: skip
LOGICAL = {np.logical_and: "and", np.logical_or: "or", np.bitwise_and: "and", np.bitwise_or: "or"}
ONE = {
    np.sin: "sin", np.cos: "cos", np.tan: "tan", np.exp: "exp", np.log: "log", np.sqrt: "sqrt",
    np.tanh: "tanh", np.sinh: "sinh", np.cosh: "cosh", np.arcsin: "asin", np.arccos: "acos",
    np.arctan: "atan", np.arcsinh: "asinh", np.arccosh: "acosh", np.arctanh: "atanh", np.expm1: "expm1",
    np.log1p: "log1p", np.exp2: "exp2", np.log2: "log2", np.log10: "log10", np.cbrt: "cbrt",
    np.absolute: "fabs", np.fabs: "fabs", np.floor: "floor", np.ceil: "ceil", np.trunc: "trunc",
    np.rint: "rint",
}  # fmt: skip
TWO = {np.arctan2: "atan2", np.hypot: "hypot", np.copysign: "copysign", np.fmod: "fmod"}
TRUTHS = frozenset({*ORDERED.values(), "and", "or", "not"})


class Scalars:
    """Operations on numbers, by id: ``("input", k, j)``, ``("constant", text)``, or a name and the ids of
    the operands.

    Args:
        limit: how many operations there may be.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.operations: list[tuple[Any, ...]] = []
        self.known: dict[tuple[Any, ...], int] = {}
        self.constants: dict[int, float] = {}
        self.finite: set[int] = set()  # what must be finite, as it was multiplied by a zero
        self.nonzero: set[int] = set()  # what must not be zero, as it divided one
        self.zero, self.one = self.constant(0.0), self.constant(1.0)
        self.true = self.make("not", self.make("false"))
        self.false = self.make("false")

    def make(self, *operation: Any) -> int:
        """The id of an operation."""
        found = self.known.get(operation)
        if found is None:
            found = self.known[operation] = len(self.operations)
            self.operations.append(operation)
            if found > self.limit:
                raise Unsupported(f"more than {self.limit} operations on single numbers")
        return found

    def constant(self, value: float) -> int:
        """The id of a number that is known."""
        value = float(value)
        found = self.make("constant", value.hex())
        self.constants[found] = value
        return found

    # -- Arithmetic ------------------------------------------------------------------------------------------

    def add(self, a: int, b: int) -> int:
        """``a + b``."""
        if a == self.zero:
            return b
        if b == self.zero:
            return a
        x, y = self.constants.get(a), self.constants.get(b)
        if x is not None and y is not None:
            return self.constant(x + y)
        if self.operations[b][0] == "neg":
            return self.subtract(a, self.operations[b][1])
        if self.operations[a][0] == "neg":
            return self.subtract(b, self.operations[a][1])
        return self.make("add", *sorted((a, b)))

    def subtract(self, a: int, b: int) -> int:
        """``a - b``."""
        if b == self.zero:
            return a
        if a == self.zero:
            return self.negative(b)
        x, y = self.constants.get(a), self.constants.get(b)
        if x is not None and y is not None:
            return self.constant(x - y)
        if self.operations[b][0] == "neg":
            return self.add(a, self.operations[b][1])
        return self.make("sub", a, b)

    def negative(self, a: int) -> int:
        """``-a``."""
        if a in self.constants:
            return a if a == self.zero else self.constant(-self.constants[a])
        name, *operands = self.operations[a]
        if name == "neg":
            return int(operands[0])
        return self.make("sub", operands[1], operands[0]) if name == "sub" else self.make("neg", a)

    def multiply(self, a: int, b: int) -> int:
        """``a * b``."""
        if self.zero in (a, b):
            self.assume(self.finite, b if a == self.zero else a)
            return self.zero
        x, y = self.constants.get(a), self.constants.get(b)
        if x is not None and y is not None:
            return self.constant(x * y)
        for factor, other in ((x, b), (y, a)):
            if factor in (1.0, -1.0):
                return other if factor == 1.0 else self.negative(other)
        for minus, other in ((a, b), (b, a)):
            if self.operations[minus][0] == "neg":
                return self.negative(self.multiply(self.operations[minus][1], other))
        return self.make("mul", *sorted((a, b)))

    def divide(self, a: int, b: int) -> int:
        """``a / b``."""
        x, y = self.constants.get(a), self.constants.get(b)
        if a == self.zero and y != 0:
            self.assume(self.nonzero, b)
            return a
        if y in (1.0, -1.0):
            return a if y == 1.0 else self.negative(a)
        if y is not None and math.frexp(y)[0] in (0.5, -0.5) and math.isfinite(1 / y):
            return self.multiply(self.constant(1 / y), a)
        if x is not None and y:
            return self.constant(x / y)
        return self.make("div", a, b)

    def power(self, a: int, b: int) -> int:
        """``a ** b``: small integer powers are products."""
        n = self.constants.get(b)
        if n == 0.5:
            return self.make("pow", a, b)  # of -inf and -0.0 it is no root
        if n is None or n != int(n) or not 0 < abs(n) <= LARGEST_POWER:
            return self.one if n == 0 else self.make("pow", a, b)
        found, square, k = None, a, int(abs(n))
        while k:
            if k & 1:
                found = square if found is None else self.multiply(found, square)
            k >>= 1
            square = self.multiply(square, square) if k else square
        assert found is not None
        return found if n > 0 else self.divide(self.one, found)

    def choose(self, c: int, a: int, b: int) -> int:
        """``a if c else b``."""
        if c in (self.true, self.false):
            return a if c == self.true else b
        return a if a == b else self.make("select", c, a, b)

    def invert(self, c: int) -> int:
        """``not c``."""
        if c in (self.true, self.false):
            return self.false if c == self.true else self.true
        return int(self.operations[c][1]) if self.operations[c][0] == "not" else self.make("not", c)

    def both(self, name: str, a: int, b: int) -> int:
        """``a and b``, ``a or b``."""
        neutral, end = (self.true, self.false) if name == "and" else (self.false, self.true)
        if end in (a, b):
            return end
        if neutral in (a, b):
            return b if a == neutral else a
        return a if a == b else self.make(name, *sorted((a, b)))

    def compare(self, name: str, a: int, b: int) -> int:
        """A comparison."""
        x, y = self.constants.get(a), self.constants.get(b)
        if x is not None and y is not None:
            return self.true if COMPARE[name](x, y) else self.false
        if self.is_truth(a) or self.is_truth(b):
            raise Unsupported("truth values compared")
        return self.make(name, a, b)

    def extreme(self, name: str, a: int, b: int) -> int:
        """The larger or the smaller; nan if one is."""
        if a == b:
            return a
        takes = self.both("or", self.compare(name, a, b), self.make("ne", a, a))
        return self.choose(takes, a, b)

    def assume(self, kind: set[int], a: int) -> None:
        """Note what a zero stands for."""
        if a not in self.constants:
            kind.add(a)

    def is_truth(self, a: int) -> bool:
        """Tell whether an operation gives a truth value."""
        name = self.operations[a][0]
        return name in TRUTHS or name == "false"

    def number(self, a: int) -> int:
        """A truth value as 0 or 1."""
        return self.choose(a, self.one, self.zero) if self.is_truth(a) else a

    def truth(self, a: int) -> int:
        """A number as a truth value."""
        return a if self.is_truth(a) else self.compare("ne", a, self.zero)


COMPARE: dict[str, Callable[[float, float], bool]] = {
    "lt": lambda x, y: x < y,
    "le": lambda x, y: x <= y,
    "gt": lambda x, y: x > y,
    "ge": lambda x, y: x >= y,
    "eq": lambda x, y: x == y,
    "ne": lambda x, y: x != y,
}


def each(function: Callable[..., int], *arrays: Ids) -> Ids:
    """A function of ids, of each element."""
    if all([np.ndim(a) == 0 for a in arrays]):
        return np.int64(function(*map(int, arrays)))
    wide = np.broadcast_arrays(*arrays)
    found = [function(*ids) for ids in zip(*[a.ravel().tolist() for a in wide], strict=True)]
    return np.array(found, np.int64).reshape(wide[0].shape)


class Expansion:
    """A program taken apart.

    ``outputs`` are arrays of ids; ``guards`` are ids of truth values with what they must be.
    """

    def __init__(self, program: Program, limit: int = 60_000) -> None:
        self.scalars = s = Scalars(limit)
        self.program = program
        self.work = 40 * limit
        self.ids: dict[Node, Ids] = {}
        self.needed: list[tuple[int, bool]] = []  # of definitions: what their guards want
        for node in program.nodes:
            self.ids[node] = self.value(node)
        self.outputs = [self.ids[node] for node in program.outputs]
        own = [pair for guard in program.guards for pair in self.conditions(self.ids[guard.node], guard.seen)]
        known = {s.true: True, s.false: False}
        if any([known.get(c, want) is not want for c, want in (*own, *self.needed)]):
            raise Unsupported("a guard that never holds")
        self.guards = [pair for pair in dict.fromkeys((*own, *self.needed)) if pair[0] not in known]

    def conditions(self, ids: Ids, seen: Any, of_each: bool = False) -> Iterable[tuple[int, bool]]:
        """What must hold for each element of a guard, which may be one for all."""
        s = self.scalars
        values = np.broadcast_to(seen, np.shape(ids)) if of_each else np.asarray(seen)
        for one, value in zip(np.ravel(ids).tolist(), np.ravel(values).tolist(), strict=True):
            if s.is_truth(one):
                yield one, bool(value)
            else:
                yield s.compare("eq", one, s.constant(float(value))), True

    def spend(self, n: int) -> None:
        """Count work, of which there must not be too much."""
        self.work -= int(n)
        if self.work < 0:
            raise Unsupported("too many operations on single numbers")

    def value(self, node: Node) -> Ids:
        """The ids of the elements of a node."""
        if (node.dtype is not None and node.dtype.kind not in "fbi") or node.dtype == np.longdouble:
            raise Unsupported(f"numbers of type {node.dtype}")
        size = math.prod(node.shape)
        self.spend(size)
        if node.what == "input":
            if node.dtype != np.float64:
                raise Unsupported(f"an argument of type {node.dtype}")
            ids = [self.scalars.make("input", node.args, j) for j in range(size)]
            return np.array(ids, np.int64).reshape(node.shape)
        if node.what == "constant":
            return self.constants(np.asarray(node.args))
        if node.dtype is not None and node.dtype.kind == "f" and node.dtype != np.float64:
            raise Unsupported(f"numbers of type {node.dtype}")
        return self.operation(node)

    def constants(self, value: Any) -> Ids:
        """The ids of an array that is known."""
        s = self.scalars
        if value.dtype.kind == "b":
            return np.where(value, s.true, s.false)
        numbers, places = np.unique(value.ravel().astype(float).view(np.int64), return_inverse=True)
        ids = np.array([s.constant(x) for x in numbers.view(float)], np.int64)
        return ids[places].reshape(value.shape)

    def operation(self, node: Node) -> Ids:
        """The ids of the value of an operation."""
        form = FORMS.get(node.rule) or FORMS.get(node.function)
        if node.what == "put":
            form = Expansion.put
        if form is not None:
            return form(self, node)
        function = np.absolute if node.rule is real_absolute else node.function
        if isinstance(function, np.ufunc):
            return self.elementwise(function, node, [self.operand(a) for a in node.args])
        if moves(node.rule):
            args, kwargs = mapped((node.args, node.kwargs), self.moved)
            return np.asarray(node.function(*args, **kwargs))
        return self.defined(node)

    def operand(self, arg: Any) -> Ids:
        """The ids of an argument."""
        return self.ids[arg] if arg.__class__ is Node else self.constants(np.asarray(arg))

    def moved(self, arg: Any) -> Any:
        """An argument of a function that moves elements: ids of numbers, and positions as they are."""
        if arg.__class__ is not Node:
            return arg
        if arg.what == "constant" and arg.dtype is not None and arg.dtype.kind in "ib":
            return arg.args
        if arg.dtype is not None and arg.dtype.kind in "ib":
            raise Unsupported("positions that depend on values")
        return self.ids[arg]

    def elementwise(self, function: Any, node: Node, operands: list[Ids]) -> Ids:
        """A function of each element."""
        if node.kwargs:
            raise Unsupported(f"{node.what} with keywords")
        s = self.scalars
        self.spend(math.prod(node.shape))
        name = function.__name__
        if function in (np.add, np.subtract, np.multiply, np.divide, np.power):
            numbers = [self.numbers(x) for x in operands]
            return each(getattr(s, name), *numbers)
        if function in ORDERED:
            return each(lambda a, b: s.compare(ORDERED[function], a, b), *[self.numbers(x) for x in operands])
        if function in LOGICAL:
            return each(lambda a, b: s.both(LOGICAL[function], s.truth(a), s.truth(b)), *operands)
        if function in (np.logical_not, np.invert):
            return each(lambda a: s.invert(s.truth(a)), *operands)
        simple = SIMPLE.get(function)
        if simple is not None:
            return each(lambda *ids: simple(s, *ids), *[self.numbers(x) for x in operands])
        raise Unsupported(f"{name} has no native form")

    def numbers(self, ids: Ids) -> Ids:
        """Truth values as numbers."""
        return each(self.scalars.number, ids)

    def defined(self, node: Node) -> Ids:
        """A function that is defined by others."""
        elementwise = node.rule.kind == "scalar"
        operands = [self.operand(a) if is_numeric(a) else a for a in node.args]
        varying = [k for k, a in enumerate(node.args) if a.__class__ is Node and a.what != "constant"]
        given = [
            shape_of_dummy(a, elementwise) if k in varying else plain_of(a) for k, a in enumerate(node.args)
        ]
        program = definition_of(node.rule, tuple(given), tuple(sorted(node.kwargs.items())))
        held: dict[Node, Ids] = {}
        outer, self.ids = self.ids, held
        try:
            for part in program.nodes:
                if part.what == "input":
                    held[part] = operands[varying[part.args]]
                elif part.what == "constant":
                    held[part] = self.constants(np.asarray(part.args))
                else:
                    held[part] = self.operation(part)
            for guard in program.guards:
                self.needed += self.conditions(held[guard.node], guard.seen, elementwise)
        finally:
            self.ids = outer
        return held[program.outputs[0]]

    # -- What is not elementwise -----------------------------------------------------------------------------

    def chosen(self, node: Node) -> Ids:
        """``np.where``."""
        condition, x, y = [self.operand(a) for a in node.args]
        condition = each(self.scalars.truth, condition)
        if node.dtype is not None and node.dtype.kind == "b":
            return each(self.scalars.choose, condition, x, y)
        return each(self.scalars.choose, condition, self.numbers(x), self.numbers(y))

    def astype(self, node: Node) -> Ids:
        """A conversion."""
        assert node.dtype is not None
        ids = self.operand(node.args[0])
        if node.dtype.kind == "b":
            return each(self.scalars.truth, ids)
        ids = self.numbers(ids)
        if node.dtype.kind == "i" and node.args[0].dtype.kind == "f":
            return each(lambda a: self.scalars.make("trunc", a), ids)
        return ids

    def total(self, rows: list[list[int]]) -> list[int]:
        """The sum of each row, in pairs: short chains."""
        s = self.scalars

        def one(row: list[int]) -> int:
            row = [a for a in row if a != s.zero]
            while len(row) > 1:
                pairs = [s.add(a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
                row = pairs + row[len(row) - len(row) % 2 :]
            return row[0] if row else s.zero

        return [one(row) for row in rows]

    def sum(self, node: Node) -> Ids:
        """A sum along axes."""
        x, axes, _ = node.args
        ids = self.numbers(self.operand(x))
        self.spend(ids.size)
        kept = [k for k in range(ids.ndim) if k not in axes]
        rows = np.transpose(ids, (*kept, *axes)).reshape(*[ids.shape[k] for k in kept], -1)
        flat = (
            rows.reshape(-1, rows.shape[-1]) if rows.size else np.zeros((math.prod(node.shape), 0), np.int64)
        )
        return np.array(self.total(flat.tolist()), np.int64).reshape(node.shape)

    def matmul(self, node: Node) -> Ids:
        """A product of matrices."""
        x, y = [self.numbers(self.operand(a)) for a in node.args]
        left = x[None, :] if x.ndim == 1 else x
        right = y[:, None] if y.ndim == 1 else y
        lead = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        left = np.broadcast_to(left, (*lead, *left.shape[-2:])).reshape(-1, *left.shape[-2:])
        right = np.broadcast_to(right, (*lead, *right.shape[-2:])).reshape(-1, *right.shape[-2:])
        found = [
            [self.dots(row, column) for column in b.T.tolist()]
            for a, b in zip(left, right, strict=True)
            for row in a.tolist()
        ]
        return np.array(found, np.int64).reshape(node.shape)

    def dots(self, p: list[int], q: list[int]) -> int:
        """The product of a row and a column."""
        self.spend(len(p))
        s = self.scalars
        return self.total([[s.multiply(a, b) for a, b in zip(p, q, strict=True)]])[0]

    def einsum(self, node: Node) -> Ids:
        """A sum of products, one for each combination of the letters."""
        subscripts, operands = node.kwargs["subscripts"], [self.numbers(self.operand(a)) for a in node.args]
        inputs, output = subscripts.replace(" ", "").split("->")
        names = inputs.split(",")
        if "." in subscripts:
            raise Unsupported("einsum with an ellipsis")
        letters = [*dict.fromkeys(output + "".join(names))]
        size = {
            c: n for name, x in zip(names, operands, strict=True) for c, n in zip(name, x.shape, strict=True)
        }
        self.spend(math.prod(size.values()) * len(operands))
        factors = []
        for name, x in zip(names, operands, strict=True):
            unique = "".join(dict.fromkeys(name))
            x = np.einsum(f"{name}->{unique}", x)
            order = [unique.index(c) for c in letters if c in unique]
            shape = [size[c] if c in unique else 1 for c in letters]
            factors.append(np.transpose(x, order).reshape(shape))
        product = factors[0]
        for factor in factors[1:]:
            product = each(self.scalars.multiply, product, factor)
        whole = np.broadcast_to(product, [size[c] for c in letters])
        rows = whole.reshape(math.prod(node.shape), -1)
        return np.array(self.total(rows.tolist()), np.int64).reshape(node.shape)

    def scatter(self, node: Node) -> Ids:
        """Elements put in places, and added up where places occur twice."""
        g, index, shape = mapped(node.args, self.moved)
        found = np.full(shape, self.scalars.zero, np.int64)
        places = np.arange(found.size).reshape(shape)[index]
        flat, wide = found.ravel(), np.broadcast_to(self.numbers(g), np.shape(places))
        for place, one in zip(np.ravel(places).tolist(), np.ravel(wide).tolist(), strict=True):
            flat[place] = self.scalars.add(int(flat[place]), one)
        return flat.reshape(shape)

    def put(self, node: Node) -> Ids:
        """An array with elements written into it."""
        held, index, value = node.args
        found = np.array(self.operand(held))
        found[mapped(index, self.moved)] = self.operand(value)
        return found

    def cumsum(self, node: Node) -> Ids:
        """Sums of all elements so far."""
        x, axis = node.args
        ids = np.moveaxis(np.array(self.numbers(self.operand(x))), axis, 0)
        for k in range(1, len(ids)):
            ids[k] = each(self.scalars.add, ids[k - 1], ids[k])
        return np.moveaxis(ids, 0, axis)

    def any_or_all(self, node: Node) -> Ids:
        """Whether one of the elements holds, or each."""
        ids = self.operand(node.args[0])
        if len(node.args) > 1 or node.kwargs or node.shape:
            if np.ndim(ids):
                raise Unsupported(f"{node.what} along axes")
            return ids
        s, name = self.scalars, "or" if node.function is np.any else "and"
        found = s.false if name == "or" else s.true
        for one in np.ravel(ids).tolist():
            found = s.both(name, found, s.truth(one))
        return np.int64(found)


def is_numeric(arg: Any) -> bool:
    """Tell whether an argument is a number or an array."""
    return arg.__class__ is Node or (isinstance(arg, (float, int, np.generic)) and not isinstance(arg, bool))


def plain_of(arg: Any) -> Any:
    """An argument that is known, as a definition is looked up by."""
    return Held(arg.args) if arg.__class__ is Node else arg


def shape_of_dummy(arg: Node, elementwise: bool) -> Varying:
    """What stands for an argument that varies in a definition."""
    return Varying(() if elementwise else arg.shape, arg.dtype)


def moves(rule: Any) -> bool:
    """Tell whether the value of a rule consists of elements of its arguments."""
    return rule.is_view or rule.gathers or rule in (shaping.concatenate, shaping.stack)


FORMS: dict[Any, Callable[[Expansion, Node], Ids]] = {
    where: Expansion.chosen,
    scatter: Expansion.scatter,
    shaping.astype: Expansion.astype,
    shaping.truncated: Expansion.astype,
    reductions.sum_: Expansion.sum,
    reductions.cumsum_: Expansion.cumsum,
    np.matmul: Expansion.matmul,
    einsum: Expansion.einsum,
    np.any: Expansion.any_or_all,
    np.all: Expansion.any_or_all,
}


def _sign(s: Scalars, a: int) -> int:
    below = s.choose(s.compare("lt", a, s.zero), s.constant(-1.0), a)
    return s.choose(s.compare("gt", a, s.zero), s.one, below)


def _remainder(s: Scalars, a: int, b: int) -> int:
    r = s.make("fmod", a, b)
    differs = s.make("ne", s.number(s.compare("lt", r, s.zero)), s.number(s.compare("lt", b, s.zero)))
    other = s.both("and", s.compare("ne", r, s.zero), differs)
    return s.choose(
        s.compare("eq", r, s.zero), s.make("copysign", s.zero, b), s.choose(other, s.add(r, b), r)
    )


def _logaddexp(s: Scalars, a: int, b: int) -> int:
    d = s.subtract(a, b)
    rest = s.make("log1p", s.make("exp", s.negative(s.make("fabs", d))))
    found = s.add(s.extreme("ge", a, b), rest)
    return s.choose(s.compare("eq", a, b), s.add(a, s.constant(math.log(2.0))), found)


def _is_infinite(s: Scalars, a: int) -> int:
    return s.compare("eq", s.make("fabs", a), s.constant(math.inf))


def _is_finite(s: Scalars, a: int) -> int:
    return s.compare("lt", s.make("fabs", a), s.constant(math.inf))


SIMPLE: dict[Any, Callable[..., int]] = {
    np.negative: Scalars.negative,
    np.positive: lambda s, a: a,
    np.conjugate: lambda s, a: a,
    np.square: lambda s, a: s.multiply(a, a),
    np.reciprocal: lambda s, a: s.divide(s.one, a),
    np.maximum: lambda s, a, b: s.extreme("ge", a, b),
    np.minimum: lambda s, a, b: s.extreme("le", a, b),
    np.sign: _sign,
    np.remainder: _remainder,
    np.logaddexp: _logaddexp,
    np.isnan: lambda s, a: s.compare("ne", a, a),
    np.isinf: _is_infinite,
    np.isfinite: _is_finite,
    np.degrees: lambda s, a: s.multiply(a, s.constant(180 / math.pi)),
    np.radians: lambda s, a: s.multiply(a, s.constant(math.pi / 180)),
    np.rad2deg: lambda s, a: s.multiply(a, s.constant(180 / math.pi)),
    np.deg2rad: lambda s, a: s.multiply(a, s.constant(math.pi / 180)),
    **{function: (lambda s, a, name=name: s.make(name, a)) for function, name in ONE.items()},
    **{function: (lambda s, a, b, name=name: s.make(name, a, b)) for function, name in TWO.items()},
}
