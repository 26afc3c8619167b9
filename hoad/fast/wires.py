"""Programs that are being written: a ``Wire`` is a number in one, and each operation on it becomes a line.

A wire stands for any *ordinary* number: finite, and such that no equation holds that somebody asks about.
Whatever else it is asked, whether it is positive or an integer, is refused: what is done to it would depend
on the answer.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..arrays.fillable import Fillable
from ..chainrules.numpy.shaping import stack
from ..chainrules.statements import RULES, Constant, Primitive, Scalar
from ..nested import Level, Value, everything

OPERATORS = {
    np.add: "{0} + {1}",
    np.subtract: "{0} - {1}",
    np.multiply: "{0} * {1}",
    np.divide: "{0} / {1}",
    np.negative: "-{0}",
    np.square: "{0} * {0}",
}
BY_UNIT = (np.multiply, np.divide)  # which change nothing where the second operand is 1
NEGATIVE: Any = RULES[np.negative]
DECISIONS = {np.equal: False, np.not_equal: True}  # and what is said of ordinary numbers


class Unclear(Exception):
    """What a rule does depends on more than that its numbers are ordinary."""


class Line(NamedTuple):
    """``name = text``, the names that stand in the text, and whether it calls a function."""

    name: str
    text: str
    used: list[str]
    calls: bool


class Program(Level):
    """A program that is being written: its lines, and what their names stand for.

    Args:
        floats: the values are Python's floats; else NumPy's scalars or arrays, of one shape.
    """

    __slots__ = ("floats", "guards", "lines", "namespace", "texts")

    def __init__(self, floats: bool) -> None:
        super().__init__()
        self.lift = None
        self.floats = floats
        self.lines: list[Line] = []
        self.texts: dict[str, str] = {}
        self.guards: list[tuple[str, list[str]]] = []
        self.namespace: dict[str, Any] = {}

    def operand(self, x: Value) -> str:
        """A wire or a number as text."""
        if x.__class__ is Wire and x.level is self:
            return str(x.slot)
        if x.__class__ in (int, float, np.float64):
            return f"({x!r})" if x - x == 0 and x.__class__ is not np.float64 else self.named(x, "k")
        raise Unclear

    def named(self, x: Any, letter: str) -> str:
        """A name for an object that lines refer to."""
        for name, known in self.namespace.items():
            if known is x:
                return name
        name = f"{letter}{len(self.namespace)}"
        self.namespace[name] = x
        return name

    def applied(self, rule: Primitive, args: tuple[Value, ...]) -> Wire:
        """A line for a rule's function of its operands; the same one where it is there already."""
        if rule.function in BY_UNIT and args[0].__class__ is Wire and args[1].__class__ is int:
            if args[1] == 1:
                return args[0]
            if args[1] == -1:
                return self.applied(NEGATIVE, args[:1])
        text = self.text(rule.function, [self.operand(a) for a in args])
        return self.added(text, args, rule.function not in OPERATORS)

    def added(self, text: str, args: tuple[Value, ...], calls: bool = True) -> Wire:
        """A line of a text; the same one where it is there already."""
        name = self.texts.get(text)
        if name is None:
            name = self.texts[text] = f"t{len(self.lines)}"
            self.lines.append(Line(name, text, names_in(args), calls))
        return Wire(self, name)

    def text(self, function: Any, names: list[str]) -> str:
        """A call, or the operator that it is."""
        if function in OPERATORS:
            return OPERATORS[function].format(*names)
        if function is np.power and self.floats:
            return " ** ".join(names)
        call = f"{self.named(function, 'f')}({', '.join(names)})"
        return f"float({call})" if self.floats else call

    def decided(self, function: Any, args: tuple[Value, ...]) -> bool:
        """The answer to a question, as ordinary numbers give it; a line looks whether it is theirs."""
        text = f"{self.operand(args[0])} == {self.operand(args[1])}"
        self.guards.append((text if self.floats else f"_any({text})", names_in(args)))
        return DECISIONS[function]

    def needed(self, names: list[str]) -> list[Line]:
        """The lines that the values of some names, and the guards, depend on."""
        wanted, kept = {*names, *[n for _, used in self.guards for n in used]}, []
        for line in reversed(self.lines):
            if line.name in wanted:
                wanted.update(line.used)
                kept.append(line)
        return kept[::-1]


def names_in(args: tuple[Value, ...]) -> list[str]:
    """The names of the wires among some operands."""
    return [str(a.slot) for a in args if isinstance(a, Wire)]


class Ordinary:
    """What a wire stands for: a number of which nobody knows more than that it is ordinary."""

    __slots__ = ("wire",)

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def __eq__(self, other: object) -> bool:
        return other is self or self._decided(np.equal, other)

    def __ne__(self, other: object) -> bool:
        return other is not self and self._decided(np.not_equal, other)

    def _decided(self, question: Any, *inputs: Any) -> bool:
        program: Program = self.wire.level
        found = [x.wire if x.__class__ is Ordinary else x for x in (self, *inputs)]
        return program.decided(question, tuple(found[-2:]))

    def _refuse(self, *args: Any) -> NoReturn:
        raise Unclear

    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __float__ = __hash__ = __array__ = _refuse

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> bool:
        return self._decided(ufunc, *inputs) if ufunc in DECISIONS else self._refuse()


class Wire(ArrayLike):
    """A number in a program, ``slot`` being its name there."""

    __slots__ = ()
    known = False

    def __init__(self, level: Program, name: str) -> None:
        self.level = level
        self.slot = name
        self.primal = Ordinary(self)

    def _shape(self) -> tuple[int, ...]:
        """That of a number."""
        return ()

    def _dtype(self) -> Any:
        """That of a number."""
        return np.dtype(np.float64)

    shape = property(_shape, ArrayLike.set_shape)
    dtype = property(_dtype, ArrayLike.set_dtype)

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Write a line."""
        program: Program = self.level
        if rule is stack and kwargs == {"axis": 0}:
            return objects(list(args))
        if kwargs:
            raise Unclear
        if any([a.__class__ is np.ndarray for a in args]):
            return np.frompyfunc(rule, len(args), 1)(*map(boxed, args))
        if rule.__class__ is Constant and rule.function in DECISIONS:
            return program.decided(rule.function, args)
        if not isinstance(rule, Scalar):
            raise Unclear
        return program.applied(rule, args)

    def whole(self, function: Any, body: Any, args: Any, kwargs: dict[str, Any], rule: Any = None) -> Any:
        """The lines of a function of Python's, which raises an error where NumPy has no finite number."""
        found = body(*args, **kwargs)
        if found.__class__ is Wire:
            program: Program = self.level
            program.guards.append((f"{found.slot} - {found.slot} != 0.0", [str(found.slot)]))
        return found

    def constant(self, value: Any) -> Any:
        """What holds wires among numbers: an array of objects."""
        return Fillable(np.array(everything(value), dtype=object))

    def __getattr__(self, name: str) -> Any:
        """NumPy asks the elements of an array of objects for its functions of one number."""
        function = getattr(np, name, None)
        if isinstance(function, np.ufunc) and function.nin == 1 and isinstance(RULES.get(function), Scalar):
            return functools.partial(function, self)
        raise AttributeError(f"'Wire' object has no attribute {name!r}")


def boxed(x: Any) -> Any:
    """A wire or a number as an array without axes, which is of objects."""
    if x.__class__ is np.ndarray:
        return x
    box = np.empty((), dtype=object)
    box[()] = x
    return box


def objects(parts: list[Any]) -> Any:
    """Wires and numbers in an array of objects.

    Raises:
        Unclear: there are arrays among them.
    """
    out = np.empty(len(parts), dtype=object)
    for k, part in enumerate(parts):
        if np.ndim(part):
            raise Unclear
        out[k] = part
    return out
