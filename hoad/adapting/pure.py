"""Whether a program depends on nothing but its arguments and data that can be compared, and does nothing but
compute: then a second run at the same point does what the first did.

That is read from the instructions of its functions, and what is not known to be so is taken not to be. It
may call NumPy's functions and those of the user's that are pure too (``pure_names.py``); it reads no
attribute of an object, sets no variable of others, catches no error, compares no identities. What it may do
to data that it holds, as to write into an array, is seen by comparing that before and after a run.
"""

from __future__ import annotations

import builtins
import dis
import types
from typing import Any

import numpy as np

from .binding import MISSING, Item, contents, original_at
from .pure_names import OF_DATA, OF_UFUNCS, is_pure_constant, is_pure_module
from .same import Test, same_as

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
    "PUSH_EXC_INFO",
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
        above: those that hold it.

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

    __slots__ = ("absent", "attributes", "captured", "code", "defaults", "named")

    def __init__(self, f: types.FunctionType, above: tuple[Any, ...] = ()) -> None:
        self.code, above = f.__code__, (*above, f)
        reading = Reading(f)
        reading.read(f.__code__)
        self.absent = reading.absent  # names of Python's own, which the module does not have
        self.attributes = reading.attributes  # what modules have
        self.named = [(name, test_of(name, value, above)) for name, value in reading.named.items()]
        self.captured = [test_of(name, value, above) for name, value in reading.cells.items()]
        self.defaults = test_of("a default", held_defaults(f), above)

    def holds(self, f: Any) -> bool:
        """Tell whether a function is this one, and all that it holds as it was."""
        if f.__class__ is not types.FunctionType or f.__code__ is not self.code:
            return False
        names = f.__globals__
        for name, same in self.named:
            if not same(names.get(name, MISSING)) and not same(original_at(Item(names, name))):
                return False
        for held, name, value in self.attributes:
            if held.get(name, MISSING) is not value and original_at(Item(held, name)) is not value:
                return False
        for name in self.absent:
            if name in names and original_at(Item(names, name)) is not MISSING:
                return False
        for cell, same in zip(f.__closure__ or (), self.captured, strict=True):
            if not same(contents(cell)):
                return False
        return bool(self.defaults(held_defaults(f)))


def held_defaults(f: types.FunctionType) -> tuple[Any, Any]:
    """The defaults of the parameters of a function."""
    return f.__defaults__, f.__kwdefaults__ or None


def test_of(name: str, value: Any, above: tuple[Any, ...]) -> Test:
    """How what a name stands for is compared later."""
    if isinstance(value, types.ModuleType) or is_pure_constant(value):
        return lambda now: now is value
    if value.__class__ is types.FunctionType:
        if value in above:
            raise LookupError(f"{name} calls itself")
        return Pure(value, above).holds
    try:
        return same_as(value)
    except LookupError as error:
        raise LookupError(f"it reads {name}, {error}") from None


class Reading:
    """What the instructions of a function read, and whether they do nothing else than compute.

    Args:
        f: the function.

    Attributes:
        named: what its global names stand for.
        cells: what its captured variables hold.
        absent: the names of Python's own functions among its global names.
        attributes: the names of modules that have an attribute that is read, which, and what it is.
    """

    def __init__(self, f: types.FunctionType) -> None:
        self.names = f.__globals__
        self.cells = dict(zip(f.__code__.co_freevars, map(contents, f.__closure__ or ()), strict=True))
        self.named: dict[str, Any] = {}
        self.absent: set[str] = set()
        self.attributes: list[tuple[dict[str, Any], str, Any]] = []

    def read(self, code: types.CodeType, own: frozenset[str] = frozenset()) -> None:
        """Look at a function's code, and at that of the functions in it.

        Args:
            code: the code.
            own: the variables of the functions around it, which come and go with a call.
        """
        if code.co_flags & FORBIDDEN:
            raise LookupError("it is a coroutine")
        own = own | set(code.co_cellvars)
        last: Any = None  # the instruction before
        base: Any = UNKNOWN  # the module or function that it has put on the stack
        for step in dis.get_instructions(code):
            self.check(step, last, own)
            if step.opname in GLOBALS:
                base = self.named_by(step.argval)
            elif step.opname in CAPTURED:
                base = self.captured_by(step.argval, own)
            elif step.opname in ATTRIBUTES:
                base = self.attribute(base, step.argval)
            elif step.opname not in ("CACHE", "EXTENDED_ARG"):
                base = UNKNOWN
            last = step
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
        return value

    def captured_by(self, name: str, own: frozenset[str]) -> Any:
        """What a captured variable holds."""
        value = UNKNOWN if name in own else self.cells.get(name, MISSING)
        if value is MISSING:
            raise LookupError(f"it reads {name}, which has no value yet")
        if isinstance(value, types.ModuleType) and not is_pure_module(value):
            raise LookupError(f"it reads {name}, the module {value.__name__}")
        return value

    def attribute(self, base: Any, name: str) -> Any:
        """What an attribute is, if it is one of a module."""
        if isinstance(base, types.ModuleType):
            value = getattr(base, name, MISSING)
            is_module = isinstance(value, types.ModuleType)
            if not (is_pure_module(value) if is_module else is_pure_constant(value) or is_number(value)):
                raise LookupError(f"it reads {base.__name__}.{name}")
            if not is_module:
                self.attributes.append((vars(base), name, value))
            return value
        if name in (OF_UFUNCS if isinstance(base, np.ufunc) else OF_DATA):
            return UNKNOWN
        raise LookupError(f"it reads the attribute {name}")


def is_number(value: Any) -> bool:
    """Tell whether an entry of a module is a number, or None, as ``np.pi`` and ``np.newaxis`` are."""
    return value.__class__ in (float, int, type(None))
