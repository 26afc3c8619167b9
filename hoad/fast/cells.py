"""The lines of a kernel while they are written: a ``Cell`` is one element of an array on a device.

A rule is run on cells as it is run on such arrays, of which nobody reads a value: comparisons, choices and
roundings are lines like all others, and a rule that asks whether something special occurs is told that it may
(``values/reading.py``). Each line has a type by NumPy's rules, so what is of single precision stays so, and
what a rule makes wider for a while is so in the kernel, too.
"""

from __future__ import annotations

import math
import types
from typing import Any

import numpy as np

from ..arrays.operators import compare_members
from ..backends import Backend, register
from ..chainrules.numpy.indexing import getitem
from ..chainrules.numpy.shaping import astype, truncated
from ..chainrules.statements import Primitive
from ..nested import Value
from . import forms
from .forms import BOOL, COMPLEX, REAL, SINGLE, TYPES
from .wires import BY_UNIT, Line, Program, Unclear, Wire, names_in

NUMBERS = (bool, int, float, complex, np.bool_, np.floating, np.complexfloating)
NO_PRECISION = frozenset({bool, int, float, complex})  # Python's numbers
STRONG = "hoad_strong"  # a change, and 0 where it is nan that a tangent of 0 has brought about
ITSELF = ((), ..., (...,))  # indices of all of a number


class Unlooked(Backend):
    """Where elements of arrays on a device are: nobody reads them, and constants beside them are numbers."""

    waits = True


class Element(np.lib.mixins.NDArrayOperatorsMixin):  # type: ignore[misc]
    """What a cell stands for, of which nothing is known but its type."""

    __slots__ = ("cell",)
    shape: tuple[int, ...] = ()
    ndim = 0
    size = 1

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    dtype = property(lambda self: self.cell.dtype)
    itemsize = property(lambda self: self.cell.dtype.itemsize)

    def __bool__(self) -> bool:
        raise Unclear

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise Unclear

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(*[x.cell if isinstance(x, Element) else x for x in inputs], **kwargs)


register(Element, Unlooked("numpy"))


class Cell(Wire):
    """An element of an array in a kernel, ``slot`` being its name there."""

    __slots__ = ()
    differentiates = False
    is_element = True

    def __init__(self, level: Cells, name: str) -> None:
        super().__init__(level, name)
        self.primal = Element(self)

    def _dtype(self) -> Any:
        """The type of its line."""
        return self.level.kinds[self.slot]

    dtype = property(_dtype, Wire.set_dtype)

    def __bool__(self) -> bool:
        raise Unclear

    def without_derivatives(self) -> Cell:
        """Itself: there are none."""
        return self

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """Zero."""
        return dtype.type(0)

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Write a line."""
        program: Cells = self.level
        if rule in (astype, truncated):
            return program.cast(args[0], np.dtype(args[1]))
        if rule is getitem and args[1].__class__ in (tuple, type(...)) and args[1] in ITSELF:
            return args[0]
        if rule.function is np.round and not kwargs.get("decimals"):
            return program.applied(rule, args[:1])
        if kwargs or any([a.__class__ is np.ndarray and a.ndim for a in args]):
            return super().process(rule, args, kwargs)
        return program.applied(rule, args)


compare_members(Cell)


class Cells(Program):
    """Lines that are written in C.

    Args:
        real: the precision of numbers that have none of their own.
        calls: whether a function that has no form in C may be called before, of what is given.
    """

    __slots__ = ("before", "calls", "kinds", "real", "wider")

    def __init__(self, real: Any, calls: bool = False) -> None:
        super().__init__(False)
        self.real, self.calls = real, calls
        self.before: dict[str, tuple[Any, list[Any]]] = {}  # what is called, and of which names and numbers
        self.wider: dict[str, str] = {}  # what is given, by the names under which it is of another type
        self.kinds: dict[str, Any] = {}  # the type of each line, and of what is given

    def given(self, name: str, kind: Any) -> Cell:
        """What is given under a name."""
        self.kinds[name] = kind
        return Cell(self, name)

    def applied(self, rule: Primitive, args: tuple[Value, ...]) -> Any:
        """A line for a rule's function of its operands; a function of hoad's own is what its body says."""
        function = rule.function
        args = tuple([a.cell if a.__class__ is Element else scalar(a) for a in args])
        if function is np.reciprocal:
            return self.operated(np.divide, (1.0, *args))
        if function is forms.TOGETHER:
            return self.together(args)
        if function is np.frexp:
            return None, self.called(forms.EXPONENT, args)
        if function in forms.BY_FACTOR:
            return self.operated(np.multiply, (args[0], forms.BY_FACTOR[function]))
        if function in forms.COMPARISONS:
            return self.compared(function, args)
        if function in forms.LOGICAL:
            names = [self.operand(a, BOOL) for a in args]
            return self.line(forms.LOGICAL[function].format(*names), args, BOOL)
        if function in forms.OPERATORS:
            return self.operated(function, args)
        if function in forms.QUESTIONS:
            return self.asked(function, args)
        if function in forms.PARTS:
            return self.part(forms.PARTS[function], args[0])
        if function is forms.CHOICE:
            return self.chosen(args)
        name = forms.name_of(function)
        if name is not None:
            return self.called(name, args, function in forms.ANY)
        if isinstance(function, types.FunctionType):
            return function(*args)
        return self.called_before(function, args)

    # -- Types -----------------------------------------------------------------------------------------------

    def common(self, args: tuple[Value, ...]) -> Any:
        """The type that NumPy's functions give of some operands; beside numbers, a truth is one."""
        own = [a.dtype for a in args if a.__class__ not in NO_PRECISION]
        kinds = [kind for kind in own if kind is not BOOL]
        if not kinds and len(own) == len(args):
            raise Unclear  # NumPy has other functions of truths
        kind = np.result_type(*kinds) if kinds else self.real
        if complex in map(type, args):
            kind = np.result_type(kind, np.complex64)
        if kind not in TYPES:
            raise Unclear
        return kind

    def operand(self, x: Value, kind: Any = None) -> str:
        """A cell, or a number, as text of a type."""
        if x.__class__ is not Cell:
            return literal(x, kind)
        if x.level is not self:
            raise Unclear
        return str(x.slot) if x.dtype == kind else f"{TYPES[kind]}({x.slot})"

    def factor(self, x: Value, kind: Any) -> str:
        """The same beside an operator, where a real number may meet a complex one."""
        is_complex = x.__class__ is complex if x.__class__ in NO_PRECISION else x.dtype.kind == "c"
        return self.operand(x, kind if is_complex else REAL[kind])

    def cast(self, x: Value, kind: Any) -> Any:
        """A value in another type."""
        if x.__class__ is not Cell or x.dtype == kind:
            return x
        if kind not in TYPES:
            raise Unclear
        if x.dtype.kind == "c" and kind.kind != "c":
            return self.cast(self.part("hoad_real", x), kind)
        found = self.line(self.operand(x, kind), (x,), kind)
        self.wider[found.slot] = x.slot
        return found

    def fitted(self, x: Any, kind: Any) -> Any:
        """What becomes a change of a value of a type, or its cotangent: real beside a complex one if it is
        real, and a number for all elements.
        """
        if isinstance(x, NUMBERS):
            return self.line(literal(x, kind), (), kind)
        return self.cast(x, kind if x.dtype.kind == "c" else REAL[kind])

    # -- Lines -----------------------------------------------------------------------------------------------

    def line(self, text: str, args: tuple[Value, ...], kind: Any) -> Cell:
        """A line; the same one where it is there already."""
        name = self.texts.get(text)
        if name is None:
            name = self.texts[text] = f"t{len(self.lines)}"
            self.lines.append(Line(name, text, names_in(args), True))
            self.kinds[name] = kind
        return Cell(self, name)

    def operated(self, function: Any, args: tuple[Value, ...]) -> Any:
        """A line of an operator."""
        kind = self.common(args)
        if function is np.multiply and args[0].__class__ is int:
            args = args[::-1]
        x = args[0]
        if x.__class__ is Cell and x.dtype == kind:
            if function is np.positive or (function is np.conjugate and kind.kind != "c"):
                return x
            if function in BY_UNIT and args[1].__class__ is int and args[1] in (1, -1):
                return x if args[1] == 1 else self.operated(np.negative, args[:1])
        if function is np.conjugate:
            return self.line(f"conj({self.operand(x, kind)})", args, kind)
        names = [self.factor(a, kind) for a in args]
        return self.line(forms.OPERATORS[function].format(*names), args, kind)

    def compared(self, function: Any, args: tuple[Value, ...]) -> Cell:
        """A truth."""
        kind = BOOL if all([is_truth(a) for a in args]) else self.common(args)
        if kind.kind == "c" and function not in (np.equal, np.not_equal):
            raise Unclear
        names = [self.operand(a, BOOL) if kind is BOOL else self.factor(a, kind) for a in args]
        return self.line(forms.COMPARISONS[function].format(*names), args, BOOL)

    def asked(self, function: Any, args: tuple[Value, ...]) -> Cell:
        """What is asked of a number."""
        kind = self.common(args)
        if kind.kind == "c" and function not in (np.isnan, np.isfinite):
            raise Unclear
        return self.line(f"{forms.QUESTIONS[function]}({self.operand(args[0], kind)})", args, BOOL)

    def part(self, name: str, x: Value) -> Any:
        """The real or the imaginary part."""
        kind = self.common((x,))
        if kind.kind != "c":
            if name != "hoad_real":
                raise Unclear
            return x
        return self.line(f"{name}({self.operand(x, kind)})", (x,), REAL[kind])

    def together(self, args: tuple[Value, ...]) -> Cell:
        """A complex number of its parts."""
        real = self.common(args)
        if real.kind == "c":
            raise Unclear
        kind = COMPLEX[real]
        names = [self.operand(a, real) for a in args]
        return self.line(f"{TYPES[kind]}({', '.join(names)})", args, kind)

    def chosen(self, args: tuple[Value, ...]) -> Cell:
        """One of two."""
        kind = BOOL if all([is_truth(a) for a in args[1:]]) else self.common(args[1:])
        names = [self.operand(a, kind) for a in args[1:]]
        return self.line(f"hoad_where({self.operand(args[0], BOOL)}, {', '.join(names)})", args, kind)

    def called(self, name: str, args: tuple[Value, ...], of_complex: bool = False) -> Cell:
        """A line that calls a function."""
        kind = self.common(args)
        if kind.kind == "c" and not of_complex:
            raise Unclear
        return self.line(f"{name}({', '.join([self.operand(a, kind) for a in args])})", args, kind)

    def called_before(self, function: Any, args: tuple[Value, ...]) -> Any:
        """What the library makes of arrays that are given: a value that is given, too."""
        given = [self.wider.get(a.slot, a.slot) if a.__class__ is Cell else a for a in args]
        names = [a for a in given if a.__class__ is str]
        if not self.calls or not isinstance(function, np.ufunc) or function.nout > 1:
            raise Unclear
        if not names or any([name.startswith("t") for name in names]):  # which the kernel computes
            raise Unclear
        for name, known in self.before.items():
            if known == (function, given):
                return self.cast(Cell(self, name), self.common(args))
        kind = self.common(tuple([Cell(self, a) if a.__class__ is str else a for a in given]))
        name = f"v{len(self.before)}"
        self.before[name] = function, given
        return self.cast(self.given(name, kind), self.common(args))

    def strong(self, d: Cell, change: Any) -> Any:
        """The change by a tangent: where that is 0, so is the change, whatever the partial is."""
        if change.__class__ is not Cell or change.slot == d.slot:
            return change
        return self.line(f"{STRONG}({d.slot}, {change.slot})", (d, change), change.dtype)

    def decided(self, function: Any, args: tuple[Value, ...]) -> bool:
        """Nobody looks at numbers on a device."""
        raise Unclear


def scalar(x: Value) -> Value:
    """An operand that is a cell or a number.

    Raises:
        Unclear: it is neither.
    """
    if x.__class__ is np.ndarray and not x.ndim:
        x = x[()]
    if x.__class__ is not Cell and not isinstance(x, NUMBERS):
        raise Unclear
    return x


def is_truth(x: Value) -> bool:
    """Tell whether an operand is true or false."""
    return x.__class__ is bool or (x.__class__ not in NO_PRECISION and x.dtype == BOOL)


def literal(x: Value, kind: Any) -> str:
    """A number as text of a type."""
    if kind is BOOL:
        return f"bool({int(bool(x))})"
    if kind.kind == "c":
        real = REAL[kind]
        return f"{TYPES[kind]}({literal(x.real, real)}, {literal(x.imag, real)})"
    x = float(x)
    if not math.isfinite(x):
        name = "HOAD_NAN" if math.isnan(x) else "HOAD_INFINITY"
        return f"{TYPES[kind]}({'-' if x < 0 else ''}{name})"
    return f"({x!r}{'f' if kind == SINGLE else ''})"
