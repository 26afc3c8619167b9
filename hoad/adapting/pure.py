"""Whether a program depends on nothing but its arguments and data that can be compared, and does nothing but
compute: then a second run at the same point does what the first did.

That is read from the instructions of its functions, and what is not known to be so is taken not to be. It
may call NumPy's functions (``pure_names.py``) and those of the user's that are pure too, make objects of the
user's classes, and read theirs and those of arrays; it sets no variable of others, and catches no error.
What it may do to what it holds, as to write into an array, or to set an attribute, is seen by comparing all
of that before and after a run; and what it compares the identities of, by looking at a run.
"""

from __future__ import annotations

import builtins
import collections
import dataclasses
import dis
import functools
import reprlib
import types
from typing import Any

import numpy as np

from .binding import MISSING, Item, contents, original_at
from .identities import Compared, place_of, variables
from .pure_laws import (
    OF_LAWS,
    OF_SEVERAL,
    is_interpolating,
    methods_of,
    methods_of_class,
    same_law,
    same_through_points,
)  # fmt: skip
from .pure_logs import LEVELS, is_logger, same_silence, silent
from .pure_names import OF_DATA, OF_UFUNCS, is_pure_constant, is_pure_module
from .same import Test, same_as
from .untouched import is_untouched

UNKNOWN: Any = object()
FORBIDDEN = 0x80 | 0x200  # flags of coroutines, and of generators that wait
GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME")
CAPTURED = ("LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_CLOSURE")
ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
INTRINSICS = ("INTRINSIC_UNARY_POSITIVE", "INTRINSIC_LIST_TO_TUPLE", "INTRINSIC_STOPITERATION_ERROR")
# The instructions that compute, take apart and put together, jump, and call; of all versions of Python.
INSTRUCTIONS = frozenset({
    "CACHE", "EXTENDED_ARG", "NOP", "NOT_TAKEN", "RESUME", "PUSH_NULL", "POP_TOP", "POP_ITER", "SWAP",
    "COPY", "COPY_FREE_VARS", "MAKE_CELL", "PRECALL", "CALL", "CALL_KW", "CALL_FUNCTION_EX", "KW_NAMES",
    "MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE", "RETURN_VALUE", "RETURN_CONST", "RETURN_GENERATOR",
    "YIELD_VALUE", "GET_ITER", "GET_YIELD_FROM_ITER", "FOR_ITER", "END_FOR", "LOAD_CONST",
    "LOAD_CONST_IMMORTAL", "LOAD_SMALL_INT", "LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK",
    "LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "LOAD_FAST_AND_CLEAR", "STORE_FAST",
    "STORE_FAST_STORE_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_MAYBE_NULL", "DELETE_FAST", "BINARY_OP",
    "BINARY_SUBSCR", "BINARY_SLICE", "STORE_SUBSCR", "STORE_SLICE", "DELETE_SUBSCR", "UNARY_POSITIVE",
    "UNARY_NEGATIVE", "UNARY_NOT", "UNARY_INVERT", "TO_BOOL", "COMPARE_OP", "CONTAINS_OP", "BUILD_TUPLE",
    "BUILD_LIST", "BUILD_MAP", "BUILD_SET", "BUILD_SLICE", "BUILD_STRING", "BUILD_CONST_KEY_MAP",
    "LIST_APPEND", "LIST_EXTEND", "LIST_TO_TUPLE", "SET_ADD", "SET_UPDATE", "MAP_ADD", "DICT_UPDATE",
    "DICT_MERGE", "UNPACK_SEQUENCE", "UNPACK_EX", "FORMAT_VALUE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC",
    "CONVERT_VALUE", "GET_LEN", "MATCH_SEQUENCE", "MATCH_MAPPING", "MATCH_KEYS", "JUMP_FORWARD",
    "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE",
    "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE", "POP_JUMP_FORWARD_IF_FALSE", "POP_JUMP_FORWARD_IF_TRUE",
    "POP_JUMP_FORWARD_IF_NONE", "POP_JUMP_FORWARD_IF_NOT_NONE", "POP_JUMP_BACKWARD_IF_FALSE",
    "POP_JUMP_BACKWARD_IF_TRUE", "POP_JUMP_BACKWARD_IF_NONE", "POP_JUMP_BACKWARD_IF_NOT_NONE",
    "JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP", "RAISE_VARARGS", "RERAISE", "LOAD_ASSERTION_ERROR",
    "LOAD_COMMON_CONSTANT", "POP_EXCEPT", "BEFORE_WITH", "LOAD_SPECIAL", "WITH_EXCEPT_START",
    "PUSH_EXC_INFO", "LOAD_SUPER_ATTR",
})  # fmt: skip
OTHERS = {
    "STORE_GLOBAL": "sets the global variable", "DELETE_GLOBAL": "deletes the global variable",
    "STORE_DEREF": "sets the captured variable", "STORE_ATTR": "sets the attribute",
    "DELETE_ATTR": "deletes the attribute", "STORE_NAME": "sets the variable", "IMPORT_NAME": "imports",
    "LOAD_BUILD_CLASS": "makes a class", "CHECK_EXC_MATCH": "catches an error",
    "IS_OP": "compares identities", "MATCH_CLASS": "asks for a class",
}  # fmt: skip


class Pure:
    """A function that is pure, and what it holds, as it was when this was made.

    Args:
        f: the function.
        program: what it is part of; None for a program of its own.

    Raises:
        LookupError: it is not known to be pure; with what it does.

    Example:
        >>> def scaled(c):
        ...     return lambda x: c * np.sin(x)
        >>> pure = Pure(scaled(2.0))
        >>> pure.holds(scaled(2.0)), pure.holds(scaled(3.0)), pure.holds(lambda x: 2.0 * np.sin(x))
        (True, False, False)
        >>> Pure(lambda x: print(x))
        Traceback (most recent call last):
            ...
        LookupError: it reads print
    """

    __slots__ = ("absent", "attributes", "captured", "code", "constants", "held", "laws", "named")

    def __init__(self, f: types.FunctionType, program: Program | None = None) -> None:
        whole, program = program is None, program or Program()
        self.code = f.__code__
        program.above.append(f)
        reading = Reading(f, program)
        reading.read(f.__code__)
        self.absent = reading.absent  # names of Python's own, which the module does not have
        self.attributes = reading.attributes  # what modules have
        self.laws = [(held, name, program.test(law, name)) for held, name, law in reading.laws]
        constants = {n: v for n, v in reading.named.items() if is_constant(v)}
        self.constants = list(constants.items())
        self.named = [(n, program.test(v, n)) for n, v in reading.named.items() if n not in constants]
        self.captured = [program.test(value, name) for name, value in reading.cells.items()]
        self.held = program.test(held_by(f), "a default") if any(held_by(f)) else None
        if whole:
            program.check()

    def holds(self, f: Any) -> bool:
        """Tell whether a function is this one, and all that it holds as it was."""
        if f.__class__ is not types.FunctionType or f.__code__ is not self.code:
            return False
        names = f.__globals__
        for name, value in self.constants:
            if names.get(name) is not value and original_at(Item(names, name)) is not value:
                return False
        for name, same in self.named:
            if not same(names.get(name, MISSING)) and not same(original_at(Item(names, name))):
                return False
        for held, name, value in self.attributes:
            if held.get(name, MISSING) is not value and original_at(Item(held, name)) is not value:
                return False
        for held, name, same in self.laws:
            if not same(held.get(name)):
                return False
        for name in self.absent:
            if name in names and original_at(Item(names, name)) is not MISSING:
                return False
        for cell, same in zip(f.__closure__ or (), self.captured, strict=True):
            if not same(contents(cell)):
                return False
        if self.held is not None:
            return self.held(held_by(f))
        return f.__defaults__ is None and not f.__kwdefaults__ and not f.__dict__


def held_by(f: types.FunctionType) -> tuple[Any, ...]:
    """The defaults of the parameters of a function, and its attributes."""
    return f.__defaults__, f.__kwdefaults__, f.__dict__


def is_constant(value: Any) -> bool:
    """Tell whether something is what it is as long as it is the same object."""
    return isinstance(value, types.ModuleType) or is_pure_constant(value)


def pure(f: Any) -> tuple[Test, Compared]:
    """A test that tells whether a function, or a method, is this one, and all that it holds as it was; and
    where it compares identities (``identities.py``).

    Raises:
        LookupError: it is not known to be pure; with what it does.
    """
    program = Program()
    test = Pure(f, program).holds if f.__class__ is types.FunctionType else program.test(f, "f")
    program.check()
    return test, program.compared


class Program:
    """What is known of all functions of a program together.

    Attributes:
        above: the functions, classes and objects that were met.
        wanted: attributes that it reads of anything.
        given: those that its classes have, and its objects.
        refused: those that do not compute alone, of an object that was met.
        compared: whose identities are compared, which a run must show to be objects.
    """

    def __init__(self) -> None:
        self.above: list[Any] = []
        self.wanted: set[str] = set()
        self.given: set[str] = set()
        self.refused: set[str] = set()
        self.compared: Compared = {}

    def check(self) -> None:
        """Refuse to read attributes of which nobody knows whose they are."""
        for name in sorted(self.wanted - (self.given - self.refused) - OF_DATA):
            raise LookupError(f"it reads the attribute {name}")

    def test(self, value: Any, name: str) -> Test:
        """How what a name stands for is compared later."""
        try:
            return same_as(value, self.other)
        except LookupError as error:
            text = str(error)
            raise LookupError(f"it reads {name}, {text}" if text.startswith("a ") else text) from None

    def other(self, value: Any) -> Test:
        """The test of what is no data."""
        kind = value.__class__
        if is_constant(value) or kind in MARKS:
            return lambda now: now is value
        if any([value is one for one in self.above]):
            return self.again(value)
        if kind is types.FunctionType:
            return Pure(value, self).holds
        if kind in (collections.OrderedDict, collections.Counter):
            entries = same_as([list(value.items()), vars(value)], self.other)
            return lambda now: now.__class__ is kind and entries([list(now.items()), vars(now)])
        if kind in PARTS:
            parts = same_as([getattr(value, name) for name in PARTS[kind]], self.other)
            return lambda now: now.__class__ is kind and parts([getattr(now, name) for name in PARTS[kind]])
        if methods := methods_of(value):
            self.given.update(methods)
            self.refused.update(OF_LAWS - methods if methods == OF_SEVERAL else ())
            return same_law(value)
        if is_logger(value):
            self.given.update(silent(value))
            self.refused.update(LEVELS.keys() - silent(value))
            return same_silence(value)
        if is_interpolating(kind):
            self.given.update(methods_of_class(kind))
            return same_through_points(value)
        if kind is type:
            return self.of_class(value)
        if kind.__class__ is type and vars(type(value)).get("__dict__") is not None:
            return self.of_object(value)
        raise LookupError(f"a {kind.__name__}")

    def again(self, value: Any) -> Test:
        """The test of what refers to itself: the rest of it is compared where it was met first."""
        code = getattr(value, "__code__", None)
        if getattr(value, "__closure__", None) is not None:
            raise LookupError(f"it reads {value.__name__} in two places, which has captured variables")
        return lambda now: now is value and getattr(now, "__code__", None) is code

    def of_class(self, cls: Any) -> Test:
        """The test of a class of the user's: its methods are pure too, and its data compared."""
        self.above.append(cls)
        mro, tests = cls.__mro__, []
        for base in mro[:-1]:
            if base is tuple and is_named_tuple(cls):
                self.given.update(("_asdict", "_make", "_replace"))
                continue
            if base.__class__ is not type or not base.__flags__ & HEAP or is_untouched(base.__module__):
                raise LookupError(f"it makes objects of {cls.__name__}, which is a {base.__name__}")
            held = {n: v for n, v in vars(base).items() if not is_made_by_python(n, v)}
            self.given.update(held)
            tests.append((vars(base), len(vars(base)), {n: same_as(v, self.other) for n, v in held.items()}))

        def test(now: Any) -> bool:
            return (
                now is cls
                and now.__mro__ is mro
                and all([len(held) == n for held, n, _ in tests])
                and all([same(held.get(name)) for held, _, names in tests for name, same in names.items()])
            )

        return test

    def of_object(self, value: Any) -> Test:
        """The test of an object of such a class, by its attributes."""
        cls = value.__class__
        if is_constant(cls):  # one of Python's own: what it holds is not all in its attributes
            raise LookupError(f"a {cls.__name__}")
        self.above.append(value)
        of_class = self.other(cls)
        self.given.update(vars(value))
        attributes = same_as(vars(value), self.other)
        return lambda now: now.__class__ is cls and of_class(cls) and attributes(vars(now))


PARTS: dict[Any, tuple[str, ...]] = {
    types.MethodType: ("__func__", "__self__"),
    functools.partial: ("func", "args", "keywords"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    property: ("fget", "fset", "fdel"),
    functools.cached_property: ("func",),
}
HEAP = 1 << 9  # the flag of classes that are not Python's own
OF_PYTHON = frozenset({
    "__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__match_args__",
    "__dataclass_params__", "__dataclass_fields__", "__firstlineno__", "__static_attributes__", "__slots__",
    "__annotate_func__", "__annotations_cache__", "__parameters__", "__orig_bases__",
})  # fmt: skip
GENERATED = ("<string>", dataclasses.__file__, reprlib.__file__)
OF_DATACLASSES = frozenset({
    "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__replace__",
})  # fmt: skip


FIELD: Any = type(vars(collections.namedtuple("Field", "first"))["first"])  # of what named tuples have
NOT_GIVEN: Any = getattr(dataclasses, "_HAS_DEFAULT_FACTORY", None)  # what stands for a field with a factory
MARKS = {FIELD, object, NOT_GIVEN.__class__}  # of objects that are what they are
SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)


def is_named_tuple(cls: type) -> bool:
    """Tell whether a class is of tuples that ``namedtuple`` makes, or ``NamedTuple``."""
    return is_of_named_tuples(getattr(cls, "__new__", None))


def is_of_named_tuples(value: Any) -> bool:
    """Tell whether a function is one that ``namedtuple`` makes."""
    value = getattr(value, "__func__", value)
    names = getattr(value, "__globals__", {})
    return names is vars(collections) or str(names.get("__name__", "")).startswith("namedtuple_")


def is_made_by_python(name: str, value: Any) -> bool:
    """Tell whether an entry of a class is not the user's."""
    if name in OF_PYTHON or isinstance(value, SLOTS) or is_of_named_tuples(value):
        return True
    file = getattr(getattr(value, "__code__", None), "co_filename", "")
    return name in OF_DATACLASSES and file in GENERATED


class Reading:
    """What the instructions of a function read, and whether they do nothing else than compute.

    Args:
        f: the function.
        program: what it is part of.

    Attributes:
        named: what its global names stand for.
        cells: what its captured variables hold.
        absent: the names of Python's own functions among its global names.
        attributes: the names of modules that have an attribute that is read, which, and what it is.
        laws: the same of distributions.
    """

    def __init__(self, f: types.FunctionType, program: Program) -> None:
        self.names, self.program = f.__globals__, program
        self.cells = dict(zip(f.__code__.co_freevars, map(contents, f.__closure__ or ()), strict=True))
        self.named: dict[str, Any] = {}
        self.absent: set[str] = set()
        self.attributes: list[tuple[dict[str, Any], str, Any]] = []
        self.laws: list[tuple[dict[str, Any], str, Any]] = []

    def read(self, code: types.CodeType, own: frozenset[str] = frozenset()) -> None:
        """Look at a function's code, and at that of the functions in it.

        Args:
            code: the code.
            own: the variables of the functions around it, which come and go with a call.
        """
        if code.co_flags & FORBIDDEN:
            raise LookupError("it is a coroutine")
        own = own | set(code.co_cellvars)
        last: Any = None  # the instruction before, and that before it
        first: Any = None
        base: Any = UNKNOWN  # the module or function that it has put on the stack
        for step in dis.get_instructions(code):
            if isinstance(base, types.ModuleType) and step.opname not in ATTRIBUTES:
                raise LookupError(f"it hands on {base.__name__}, the module")
            names = variables([first, last]) if step.opname == "IS_OP" else None
            if names is None:
                self.check(step, last, own)
            else:
                self.program.compared.setdefault(place_of(code), {})[step.offset] = names
            if step.opname in GLOBALS:
                base = self.named_by(step.argval)
            elif step.opname in CAPTURED:
                base = self.captured_by(step.argval, own)
            elif step.opname in ATTRIBUTES:
                base = self.attribute(base, step.argval)
            else:
                if step.opname in ("STORE_ATTR", "LOAD_SUPER_ATTR"):
                    (self.program.given if step.opname == "STORE_ATTR" else self.program.wanted).add(
                        step.argval
                    )
                base = UNKNOWN
            first, last = last, step
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                self.read(inner, own)

    def check(self, step: Any, last: Any, own: frozenset[str]) -> None:
        """Refuse an instruction that does something else."""
        how, what = step.opname, step.argval
        if last is not None and last.opname == "PUSH_EXC_INFO" and how != "WITH_EXCEPT_START":
            raise LookupError("it catches an error")
        if how in INSTRUCTIONS or how in GLOBALS or how in CAPTURED or how in ATTRIBUTES:
            return
        if how == "STORE_DEREF" and what in own:
            return
        if how == "STORE_ATTR" and not (last.opname in GLOBALS or last.opname in CAPTURED):
            return
        if how == "IS_OP" and last.opname == "LOAD_CONST" and last.argval is None:
            return
        if how == "CALL_INTRINSIC_1" and step.argrepr in INTRINSICS:
            return
        if how == "DELETE_DEREF" and what in own:
            return
        if how in OTHERS:
            raise LookupError(f"it {OTHERS[how]}" + (f" {what}" if what.__class__ is str else ""))
        raise LookupError(f"it has an instruction {how}")

    def named_by(self, name: str) -> Any:
        """What a global name stands for."""
        value = original_at(Item(self.names, name))
        if value is MISSING:
            value = getattr(builtins, name, MISSING)
            if not is_pure_constant(value):
                raise LookupError(f"it reads {name}")
            self.absent.add(name)
        else:
            self.named[name] = value
            if isinstance(value, types.ModuleType) and not is_pure_module(value):
                raise LookupError(f"it reads {name}, the module {value.__name__}")
        return self.known(value)

    def captured_by(self, name: str, own: frozenset[str]) -> Any:
        """What a captured variable holds."""
        value = UNKNOWN if name in own else self.cells.get(name, MISSING)
        if value is MISSING:
            raise LookupError(f"it reads {name}, which has no value yet")
        if isinstance(value, types.ModuleType) and not is_pure_module(value):
            raise LookupError(f"it reads {name}, the module {value.__name__}")
        return self.known(value)

    def known(self, value: Any) -> Any:
        """What a name stands for; objects of a class have what that has."""
        if isinstance(value, type):
            self.program.given.update(methods_of_class(value))
        return value

    def attribute(self, base: Any, name: str) -> Any:
        """What an attribute is, if it is one of a module."""
        if isinstance(base, types.ModuleType):
            value = getattr(base, name, MISSING)
            is_module = isinstance(value, types.ModuleType)
            if methods_of(value):
                self.laws.append((vars(base), name, value))
                return UNKNOWN
            if not (is_pure_module(value) if is_module else is_pure_constant(value) or is_number(value)):
                raise LookupError(f"it reads {base.__name__}.{name}")
            if not is_module:
                self.attributes.append((vars(base), name, value))
            return self.known(value)
        if isinstance(base, np.ufunc) and name in OF_UFUNCS:
            return UNKNOWN
        if base is dict and name == "fromkeys":
            return UNKNOWN
        self.program.wanted.add(name)
        return UNKNOWN


def is_number(value: Any) -> bool:
    """Tell whether an entry of a module is a number, or None, as ``np.pi`` and ``np.newaxis`` are."""
    return value.__class__ in (float, int, type(None))
