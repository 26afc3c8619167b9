"""``Recorded``: a plain value of which every use is noted, so that the program can be carried out again.

It stands outside of all derivatives, as a float or an array does: duals, tracers and batches hold it as their
primal, so a derivative of any order and nesting that is taken of it is noted as the NumPy calls it consists
of. ``hoad.compile`` is made of it.

It knows the value that was *seen* in this run. Whoever reads that must say what for: a truth value, an
integer, the elements that a mask chooses become guards; a float that leaves for code which asks no rule
can't be guarded, and the program is not recorded then. What changes no result (the class of a value, its
place in memory, whether there is nan in it) is asked with ``nested.glance``.
"""

from __future__ import annotations

import math
import operator
import os
import re
import sys
import weakref
from collections.abc import Callable
from types import BuiltinFunctionType
from typing import Any, ClassVar

import numpy as np

from ..arrays.arraylike import CREATORS, ArrayLike, rule_of_scipy, unpickled
from ..arrays.mutation import is_view, link_view, own, put
from ..arrays.operators import as_operand
from ..chainrules.statements import RULES, Constant, Primitive, Scalar
from ..chainrules.text import NOTED
from ..errors import RecordingError
from ..nested import BASE, Traced, Value, pack, refused
from ..places import text_of, users_place
from ..values.captures import traced_in as held_in
from ..values.captures import with_changed
from ..values.constants import is_array, zeros
from ..values.memory import memory_of
from ..values.shapes import shape_of
from . import recorded_signs
from .arguments import arrays_in, refers, traced_in
from .guarded import chosen, fixed, is_float, pinned_of, seen_of, understood
from .recording import Node, Recording, mapped

HOAD = os.path.dirname(os.path.dirname(__file__)) + os.sep
PRINTED = re.compile(r"\b(print|warn|(log|logger|logging|_log|_logger)\.\w+)\(")
# Signs whose bits may be others than those of NumPy's function, by the class of their operands.
OF_PYTHON = frozenset({operator.pow, operator.floordiv, operator.mod})
DIVISIONS = frozenset({operator.truediv, operator.floordiv, operator.mod})
UNFAILING = frozenset({operator.add, operator.sub, operator.mul, operator.neg, operator.pos})
NUMBERS = frozenset({float, int, complex})  # of Python, which can't be divided by 0


class Recorded(ArrayLike):
    """A plain value, as ``slot`` in the program of its ``level``; ``seen`` is what it was in this run.

    Example:
        >>> recording = Recording()
        >>> x = Recorded(recording, 3.0, recording.entered(3.0))
        >>> y = np.sin(x) * 2.0
        >>> [node.what for node in recording.nodes]
        ['input', 'sin', 'multiply']
        >>> bool(y > 1), recording.guards
        (False, [(<greater greater bool[]>, False)])
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}
    contents: ClassVar[tuple[str, ...]] = ("level", "tangent", "slot")
    differentiates = False
    noted = True

    def __init__(self, level: Recording, seen: Value, node: Node) -> None:
        self.level = level
        self.tangent = seen
        self.slot = node
        level.born.append(weakref.ref(self))

    @property
    def seen(self) -> Any:
        """The value in this run."""
        return self.tangent

    @property
    def primal(self) -> Any:
        """The value in this run, for somebody who goes on with it: as a guard."""
        return self.pinned()

    def __repr__(self) -> str:
        return self.text(repr)

    def __str__(self) -> str:
        return self.text(str)

    def __format__(self, spec: str) -> str:
        return self.text(lambda value: format(value, spec))

    def __hash__(self) -> int:
        if self.shape or is_float(self):
            raise self.escape("it was looked up in a dictionary or a set")
        return hash(self.pinned())

    def text(self, write: Callable[[Any], str]) -> str:
        """The value as text: where it is printed; what else becomes of a text, nobody knows."""
        if PRINTED.search(text_of(users_place())) is None:
            raise self.escape("text was made of it, outside of a call of print or of a logger")
        return write(self.seen)

    # -- Operations ------------------------------------------------------------------------------------------

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out a function, and note it."""
        args, kwargs = understood(rule, args, kwargs)
        plain = mapped(args, seen_of)
        out = self.carried_out(rule, plain, mapped(kwargs, seen_of))
        result = self.result(out, self.note(rule.name, rule.function, rule, args, kwargs, out))
        if not rule.is_view:
            self.watched(result)
        if rule.__class__ is Constant and rule.sizes_vary:
            return mapped(result, pinned_of)
        if rule.is_view and isinstance(args[0], Recorded) and is_view(out, plain[0]):
            link_view(result, args[0], rule, args[1:], kwargs)
        return result

    def note(self, name: str | None, function: Any, rule: Any, args: Any, kwargs: Any, out: Value) -> Node:
        """Note the call of a function that is stated by a rule."""
        recording: Recording = self.level
        taken = recording.taken(args), recording.taken(kwargs)
        node = recording.add(Node(name or "function", *taken, out, function, rule))
        if function.__class__ is not np.ufunc:
            node.place = recording.place()
        return node

    def by_sign(self, sign: Callable[..., Any], rule: Any, args: tuple[Any, ...]) -> Any:
        """Carry out what a sign says, as the numbers that are seen do it: floats of Python stay such, and
        their powers are not always NumPy's to the last bit.
        """
        if not isinstance(rule, Primitive):
            return self.whole(sign, rule, args, {}, rule)
        plain = mapped(args, seen_of)
        may_raise = {*map(type, plain)} <= NUMBERS and sign not in UNFAILING and self.level.is_handled()
        if may_raise and sign in DIVISIONS:
            bool(np.equal(args[1], 0))  # which says whether there will be an error
            out = sign(*plain)
        else:
            out = self.carried_out(sign, plain, {})
        if out is NotImplemented:
            return out
        if sign is operator.pow and out.__class__ in (float, complex) and is_real(plain):
            base, exponent = args
            if not is_whole(exponent) and bool(np.less(base, 0)):  # which makes it complex, or does not
                bool(np.equal(exponent, np.floor(exponent)))
        function = sign if sign in OF_PYTHON else rule.function
        result = self.result(out, self.note(rule.name, function, rule, tuple(map(listed, args)), {}, out))
        if may_raise and sign not in DIVISIONS:
            self.hold(result)
        return self.watched(result)

    def carried_out(self, function: Any, args: Any, kwargs: Any) -> Any:
        """The value of a function in this run; what it raises, it may not raise for other numbers."""
        try:
            return function(*args, **kwargs)
        except (ArithmeticError, ValueError, LookupError, Warning) as error:
            self.level.raised(error)
            raise

    def watched(self, result: Any) -> Any:
        """A value, with guards where the function has asked NumPy to raise errors."""
        if self.level.outside is not None:
            asked = np.geterr()
            if self.level.is_heard(asked):
                with np.errstate(all="ignore"):
                    self.hold(result, asked["under"] != "ignore")
        return result

    def hold(self, result: Any, under: bool = False) -> None:
        """Guards on numbers that are finite, and not too small: so long as they are, what gave them has
        raised no error.
        """
        for x in result if isinstance(result, tuple) else (result,):
            if x.__class__ is Recorded and x.dtype.kind in "fc":
                is_fine = np.isfinite(x.seen)
                if under:
                    is_fine = is_fine & (np.abs(x.seen) >= np.finfo(x.dtype).tiny)
                if not np.all(is_fine):
                    self.level.spoil(
                        "errors of NumPy's are asked for, and a number is not finite, or too small"
                    )
                    return
                bool(np.all(np.isfinite(x)))
                if under:
                    bool(np.all(np.greater_equal(np.abs(x), np.finfo(x.dtype).tiny)))

    def whole(self, function: Any, body: Callable[..., Any], args: Any, kwargs: Any, rule: Any = None) -> Any:
        """Note the call of a function that is stated in terms of others: as one call, which has its bits, and
        beside it what it consists of (``Node.instead``), with the guards on that. Where it writes or is a
        view, that alone is noted.
        """
        recording: Recording = self.level
        args, kwargs = mapped((args, kwargs), pack)
        if function in recording.at_work:  # it asks itself, to choose between two ways
            args, kwargs = mapped((args, kwargs), fixed)
            out = function(*mapped(args, seen_of), **mapped(kwargs, seen_of))
            return self.result(
                out, self.note(function.__name__, function, rule or function, args, kwargs, out)
            )
        before = [(x, x.__class__, getattr(x, "slot", None)) for x in traced_in((args, kwargs))]
        recording.at_work.append(function)
        try:
            result = body(*args, **kwargs)
        finally:
            recording.at_work.pop()
        held, several = (result, True) if isinstance(result, (tuple, list)) else ((result,), False)
        if isinstance(function, BuiltinFunctionType) and recording.is_handled():
            self.hold(held)  # of ``math``, which raises where NumPy's functions are infinite or nan
        if (
            not recording.wholes
            or any(
                [x.__class__ is not kind or getattr(x, "slot", None) is not slot for x, kind, slot in before]
            )
            or not all([x.level in (recording, BASE) for x, *_ in before])
            or not any([y.__class__ is Recorded for y in held])
            or refers((args, kwargs))
        ):
            return result
        plain = mapped((args, kwargs), seen_of)
        out = self.carried_out(function, *plain)
        parts = tuple(out) if several else (out,)
        if any([np.may_share_memory(y, x) for y in parts for x in arrays_in(plain)]):
            return result
        if not alike(parts, held):
            raise RecordingError(f"{function.__name__} gave {out!r}, where {result!r} was expected")
        node = self.note(
            function.__name__, function, rule or function, args, kwargs, out if not several else parts
        )
        made = self.result(parts, node) if several else (self.result(out, node),)
        for mine, primitive in zip(made, held, strict=True):
            mine.slot.instead = primitive.slot if primitive.__class__ is Recorded else None
        made = tuple([y if p.__class__ is Recorded else y.seen for y, p in zip(made, held, strict=True)])
        self.watched(made)
        if not several:
            return made[0]
        return out.__class__(*made) if hasattr(out, "_fields") else out.__class__(made)

    def asked(self, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
        """Note that a function raises nothing, whatever it gives; it is asked again each time."""
        noted = list({id(x): x for x in held_in((args, kwargs))}.values())

        def is_fine(*numbers: Any) -> bool:
            at = {id(x): number for x, number in zip(noted, numbers, strict=True)}
            given, named = with_changed((args, kwargs), lambda x: at[id(x)])
            function(*given, **named)
            return True

        bool(self.process(Constant(is_fine), tuple(noted), {}))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        def body(*args: Any, **kwargs: Any) -> Any:
            return ArrayLike.__array_function__(self, func, types, args, kwargs)

        if isinstance(RULES.get(func), Primitive) or func in CREATORS or "out" in kwargs:
            return body(*args, **kwargs)
        return self.whole(func, body, args, kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        def body(*inputs: Any, **kwargs: Any) -> Any:
            return ArrayLike.__array_ufunc__(self, ufunc, method, *inputs, **kwargs)

        simple = method == "__call__" and isinstance(RULES.get(ufunc) or rule_of_scipy(ufunc), Primitive)
        if (simple and not kwargs) or method == "at" or "out" in kwargs:
            return body(*inputs, **kwargs)
        return self.whole(ufunc if method == "__call__" else getattr(ufunc, method), body, inputs, kwargs)

    def result(self, out: Value, node: Node) -> Any:
        """The value of a node; of several, each by itself."""
        if not isinstance(out, tuple):
            return Recorded(self.level, out, node)
        parts = [self.level.add(Node("part", (node, k), {}, part)) for k, part in enumerate(out)]
        return tuple([self.result(part, each) for part, each in zip(out, parts, strict=True)])

    # -- Writing in place ------------------------------------------------------------------------------------

    def constant(self, value: Value) -> Recorded:
        """A value that depends on nothing, whose contents may be written to."""
        held = own(seen_of(value))
        return Recorded(self.level, held, self.level.constant(held))

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Recorded:
        """Zeros."""
        return self.constant(zeros(shape, dtype, like=self.seen))

    def frozen(self) -> Recorded:
        """The same value under a handle of its own."""
        return Recorded(self.level, own(self.seen), self.slot)

    def store(self, index: Any, value: Value) -> None:
        """Write into the array."""
        recording: Recording = self.level
        index = mapped(index, chosen)
        held = self.seen if self.slot.what == "put" else own(self.seen)
        held = put(held, mapped(index, seen_of), seen_of(value))
        args = recording.taken((self, index, value))
        self.tangent = held
        self.slot = recording.add(Node("put", args, {}, held))

    # -- What leaves the program -----------------------------------------------------------------------------

    def pinned(self) -> Any:
        """The value in this run, if it is one that may be the same in the next."""
        value = self.seen
        if np.result_type(value).kind not in "biu":
            raise self.escape("it left for code that asks no rule")
        self.level.guard(self.slot, value.copy() if isinstance(value, np.ndarray) else value)
        return value

    def escape(self, how: str) -> RecordingError:
        """The error for a float that is read."""
        return refused(
            RecordingError(
                f"{how}: a number of which nobody knows what became of it can't be recorded, for it will be "
                f"another one in the next call"
            ),
            self,
        )

    def ask_where(self, what: str) -> None:
        """Refuse to say where the elements of an argument lie, or of a part of one: others lie elsewhere."""
        whole = memory_of(self.seen)
        if any([whole is memory_of(x) for x in self.level.lent if is_array(x)]):
            raise refused(
                RecordingError(f"{what} of an argument was asked for: others lie in memory otherwise"), self
            )

    def without_derivatives(self) -> Recorded:
        """The value itself: no level stands within it."""
        return self

    def __bool__(self) -> bool:
        found = bool(self.seen)
        if np.result_type(self.seen).kind != "b":
            return bool(np.not_equal(self, 0))
        self.level.guard(self.slot, found)
        return found

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if np.result_type(self.seen).kind in "biu":
            return np.array(self.pinned(), dtype=dtype)
        if sys._getframe(1).f_code.co_filename.startswith(HOAD):  # a rule that looks at plain values
            raise self.escape("a rule reads it")
        return super().__array__(dtype, copy)

    def __reduce__(self) -> Any:
        return unpickled, (self.pinned(),)

    def __float__(self) -> float:
        raise self.escape("float(x) of it was taken")

    def __complex__(self) -> complex:
        raise self.escape("complex(x) of it was taken")

    def __int__(self) -> int:
        return int(np.trunc(self).astype(int).pinned()) if is_float(self) else int(self.pinned())

    def __index__(self) -> int:
        if is_float(self):
            raise TypeError(f"{self.seen!r} can't be an index: an index must be an integer; int(x) is one")
        return int(self.pinned())

    def __floor__(self) -> int:
        return int(np.floor(self))

    def __ceil__(self) -> int:
        return int(np.ceil(self))

    def __trunc__(self) -> int:
        math.trunc(self.seen)  # which NumPy's arrays and most of its numbers refuse
        return int(self)

    def __round__(self, ndigits: int | None = None) -> Any:
        if ndigits is not None and self.seen.__class__ is float:  # Python rounds what is written in decimals
            out = round(self.seen, ndigits)
            return self.result(out, self.note("round", round, None, (self, ndigits), {}, out))
        return int(np.rint(self)) if ndigits is None else np.round(self, ndigits)

    def conjugate(self, out: Any = None) -> Any:
        """The complex conjugate; of a complex number of Python's, one of those."""
        if self.seen.__class__ is not complex:
            return super().conjugate(out)
        return self.by_sign(complex.conjugate, RULES[np.conjugate], (self,))

    conj = conjugate

    def item(self, *args: Any) -> Any:
        """One element, as a number of Python's."""
        return python_number(super().item(*args) if args or self.shape else self)

    def tolist(self) -> Any:
        """Nested lists of numbers of Python's."""
        return [part.tolist() for part in self] if self.ndim else python_number(self)

    def converted(self, kind: Any) -> Recorded:
        """The same number as one of another class."""
        out = kind(self.seen)
        node = self.note(kind.__name__, kind, without_axes, (self,), {}, out)
        node.instead = self.slot if self.slot.dtype == node.dtype and not self.shape else None
        made: Recorded = self.result(out, node)
        return made

    def as_float(self) -> Recorded:
        """The same number, as one of Python's where it is one of NumPy's."""
        if self.seen.__class__ is not np.float64:
            return self
        node = self.slot
        if node is not self.level.nodes[-1] or not isinstance(node.rule, Scalar):
            return self.converted(float)
        node.kind = float  # nobody else has read it yet
        return Recorded(self.level, float(self.seen), node)

    def is_integer(self) -> bool:
        """Whether it has no fraction."""
        return bool(np.equal(self, np.floor(self)))

    def hex(self) -> str:
        """Its text."""
        raise self.escape("hex() of it was taken")

    # -- What never changes ----------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return shape_of(self.seen)

    @shape.setter
    def shape(self, shape: Any) -> None:
        self.set_shape(shape)

    @property
    def dtype(self) -> Any:
        """The type of its elements."""
        return np.result_type(self.seen) if not hasattr(self.seen, "dtype") else self.seen.dtype

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        self.set_dtype(dtype)


recorded_signs.install(Recorded)
NOTED.add(Recorded)


def python_number(x: Any) -> Any:
    """A number of Python's for one of NumPy's."""
    if x.__class__ is not Recorded:
        return x.item()
    if x.dtype.kind in "biu":
        value = x.pinned()
        return value.item() if hasattr(value, "item") else value
    return x.converted(x.seen.item().__class__) if hasattr(x.seen, "item") else x


def without_axes(x: Any) -> Any:
    """A traced number, which is one of Python's, too."""
    return np.reshape(x, ())


def alike(parts: tuple[Any, ...], others: Any) -> bool:
    """Tell whether values have the shapes and types of others, and are those that do not vary."""
    return len(parts) == len(others) and all(map(is_alike, parts, others))


def is_alike(a: Any, b: Any) -> bool:
    """The same of one value."""
    if b.__class__ is Recorded:
        return bool(np.shape(a) == b.shape and np.result_type(a) == b.dtype)
    return a is b or bool(np.array_equal(a, b))


def is_real(numbers: Any) -> bool:
    """Tell whether none of some numbers is complex."""
    return complex not in map(type, numbers)


def is_whole(x: Any) -> bool:
    """Tell whether a number is known, and has no fraction."""
    return x.__class__ in (int, float) and bool(x == x // 1)


def listed(x: Any) -> Any:
    """An operand, as a node holds it."""
    return x if isinstance(x, Traced) else as_operand(x)
