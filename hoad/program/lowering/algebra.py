"""Operations on numbers, each done once: what is known is computed, what changes nothing is left out.

A value is an *id*. It stands for one number (``expansion.py``) or for an array of numbers of which each
element is computed so (``fields.py``); the rules are the same.

``0 * x`` is zero unless x is infinite or nan, and NumPy's is nan there. So whatever was left out because of
a zero is noted (``finite``, ``nonzero``): the compiled code looks at it, and hands the call back where it
is not as assumed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .definitions import Unsupported

LARGEST_POWER = 64  # the largest exponent that becomes products
ORDERED = {
    np.less: "lt", np.less_equal: "le", np.greater: "gt", np.greater_equal: "ge", np.equal: "eq",
    np.not_equal: "ne",
}  # fmt: skip
ARITHMETIC = {
    np.add: "add", np.subtract: "subtract", np.multiply: "multiply", np.divide: "divide", np.power: "power",
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


class Algebra:
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
        self.nonzero: set[int] = set()  # what must be neither zero nor nan, as it divided a zero
        self.truths: set[int] = set()  # what gives a truth value
        self.zero, self.one = self.constant(0.0), self.constant(1.0)
        self.true = self.make("not", self.make("false"))
        self.false = self.make("false")

    def make(self, *operation: Any) -> int:
        """The id of an operation."""
        found = self.known.get(operation)
        if found is None:
            found = self.known[operation] = len(self.operations)
            self.operations.append(operation)
            if self.gives_truth(*operation):
                self.truths.add(found)
            if found > self.limit:
                raise Unsupported(f"more than {self.limit} operations on single numbers")
        return found

    def gives_truth(self, name: str, *operands: Any) -> bool:
        """Tell whether an operation gives a truth value, by what is known of its operands."""
        return name in TRUTHS or name == "false" or (name == "select" and operands[1] in self.truths)

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
        for factor, other in ((x, b), (y, a)):
            merged = None if factor is None else self.merged_factor(factor, other)
            if merged is not None:
                return merged
        return self.make("mul", *sorted((a, b)))

    def merged_factor(self, factor: float, one: int) -> int | None:
        """A number times a product by a number, where one of the two is a power of two, by which nothing is
        rounded; None for anything else.
        """
        name, *operands = self.operations[one]
        known = [k for k in operands if k in self.constants] if name == "mul" else []
        if not known:
            return None
        other = self.constants[known[0]]
        if (
            not any([math.frexp(c)[0] in (0.5, -0.5) for c in (factor, other)])
            or min(abs(factor), abs(other)) < 1
        ):
            return None
        rest = operands[1 - operands.index(known[0])]
        return self.multiply(self.constant(factor * other), rest) if math.isfinite(factor * other) else None

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

    def rounded(self, a: int) -> int:
        """In single precision."""
        if a in self.constants:
            return self.constant(float(np.float32(self.constants[a])))
        return a if self.is_truth(a) or self.operations[a][0] == "single" else self.make("single", a)

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
        """Note what a zero stands for.

        Raises:
            Unsupported: it does not stand for that.
        """
        value = self.constants.get(a)
        if value is None:
            kind.add(a)
        elif not (math.isfinite(value) if kind is self.finite else abs(value) > 0):
            raise Unsupported(f"a zero meets {value}")

    def is_truth(self, a: int) -> bool:
        """Tell whether an operation gives a truth value."""
        return a in self.truths

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


def _sign(s: Algebra, a: int) -> int:
    below = s.choose(s.compare("lt", a, s.zero), s.constant(-1.0), a)
    return s.choose(s.compare("gt", a, s.zero), s.one, below)


def _remainder(s: Algebra, a: int, b: int) -> int:
    r = s.make("fmod", a, b)
    differs = s.make("ne", s.number(s.compare("lt", r, s.zero)), s.number(s.compare("lt", b, s.zero)))
    other = s.both("and", s.compare("ne", r, s.zero), differs)
    return s.choose(
        s.compare("eq", r, s.zero), s.make("copysign", s.zero, b), s.choose(other, s.add(r, b), r)
    )


def _floor_divide(s: Algebra, a: int, b: int) -> int:
    r = s.make("fmod", a, b)
    differs = s.make("ne", s.number(s.compare("lt", r, s.zero)), s.number(s.compare("lt", b, s.zero)))
    other = s.both("and", s.compare("ne", r, s.zero), differs)
    q = s.divide(s.subtract(a, r), b)
    q = s.choose(other, s.subtract(q, s.one), q)
    down = s.make("floor", q)
    found = s.choose(s.compare("gt", s.subtract(q, down), s.constant(0.5)), s.add(down, s.one), down)
    return s.choose(s.compare("eq", q, s.zero), s.make("copysign", s.zero, s.divide(a, b)), found)


def _heaviside(s: Algebra, a: int, b: int) -> int:
    found = s.choose(s.compare("lt", a, s.zero), s.zero, s.one)
    found = s.choose(s.compare("eq", a, s.zero), b, found)
    return s.choose(s.compare("ne", a, a), a, found)


def _logaddexp2(s: Algebra, a: int, b: int) -> int:
    d = s.subtract(a, b)
    rest = s.make("log1p", s.make("exp2", s.negative(s.make("fabs", d))))
    found = s.add(s.extreme("ge", a, b), s.multiply(rest, s.constant(1 / math.log(2.0))))
    return s.choose(s.compare("eq", a, b), s.add(a, s.one), found)


def _one_number(name: str) -> Callable[[Algebra, int, int], int]:
    """The larger or the smaller of two; of a number and nan, the number."""
    return lambda s, a, b: s.choose(s.compare("ne", b, b), a, s.choose(s.compare(name, a, b), a, b))


def _logaddexp(s: Algebra, a: int, b: int) -> int:
    d = s.subtract(a, b)
    rest = s.make("log1p", s.make("exp", s.negative(s.make("fabs", d))))
    found = s.add(s.extreme("ge", a, b), rest)
    return s.choose(s.compare("eq", a, b), s.add(a, s.constant(math.log(2.0))), found)


def _is_infinite(s: Algebra, a: int) -> int:
    return s.compare("eq", s.make("fabs", a), s.constant(math.inf))


def _is_finite(s: Algebra, a: int) -> int:
    return s.compare("lt", s.make("fabs", a), s.constant(math.inf))


SIMPLE: dict[Any, Callable[..., int]] = {
    np.negative: Algebra.negative,
    np.positive: lambda s, a: a,
    np.conjugate: lambda s, a: a,
    np.square: lambda s, a: s.multiply(a, a),
    np.reciprocal: lambda s, a: s.divide(s.one, a),
    np.maximum: lambda s, a, b: s.extreme("ge", a, b),
    np.minimum: lambda s, a, b: s.extreme("le", a, b),
    np.logical_xor: lambda s, a, b: s.make("ne", s.number(s.truth(a)), s.number(s.truth(b))),
    np.fmax: _one_number("ge"),
    np.fmin: _one_number("le"),
    np.sign: _sign,
    np.heaviside: _heaviside,
    np.floor_divide: _floor_divide,
    np.logaddexp2: _logaddexp2,
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
