"""What the instructions of a function read, and whether they do nothing else than compute."""

from __future__ import annotations

import abc
import builtins
import dis
import importlib.util
import sys
import types
from typing import Any

import numpy as np

from .binding import MISSING, Item, contents, original_at
from .identities import LOADS, is_own, place_of, variables
from .pure_laws import methods_of_class
from .pure_names import OF_UFUNCS, is_pure_constant, names_an_order
from .settings import PRINTING, REGISTERED, read_by

UNKNOWN: Any = object()
STRUCTURAL = "AttributeError"  # an error that no number leads to
SINGLE = (None, True, False, ...)  # of which there is one
FORBIDDEN = 0x80 | 0x200  # flags of coroutines, and of generators that wait
GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME")
CAPTURED = ("LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_CLOSURE")
ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
VARIABLES = frozenset({
    "LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK", "LOAD_FAST_LOAD_FAST", "LOAD_FAST_AND_CLEAR",
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "STORE_FAST", "STORE_FAST_STORE_FAST", "STORE_FAST_LOAD_FAST",
    "STORE_FAST_MAYBE_NULL", "DELETE_FAST",
})  # fmt: skip
METACLASSES = (type, abc.ABCMeta)
OF_MODULES = (*ATTRIBUTES, "STORE_FAST", "IMPORT_FROM", "POP_TOP", "IS_OP")  # what may be done with a module
CONSTANTS = ("LOAD_CONST", "LOAD_CONST_IMMORTAL", "LOAD_SMALL_INT")
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
    "PUSH_EXC_INFO", "LOAD_SUPER_ATTR", "IMPORT_NAME", "IMPORT_FROM", "SEND",
})  # fmt: skip
OTHERS = {
    "STORE_GLOBAL": "sets the global variable", "DELETE_GLOBAL": "deletes the global variable",
    "STORE_DEREF": "sets the captured variable", "STORE_ATTR": "sets the attribute",
    "DELETE_ATTR": "deletes the attribute", "STORE_NAME": "sets the variable",
    "LOAD_BUILD_CLASS": "makes a class", "CHECK_EXC_MATCH": "catches an error",
    "IS_OP": "compares identities", "MATCH_CLASS": "asks for a class",
}  # fmt: skip


class Reading:
    """What the instructions of a function read, and whether they do nothing else than compute.

    Args:
        f: the function.
        program: what it is part of (``pure.Program``).

    Attributes:
        named: what its global names stand for.
        asked: the same of those of which nothing is asked than whether something is of that class.
        cells: what its captured variables hold.
        captured: the names of those that are read.
        absent: Python's own functions among its global names, by these.
        attributes: the names of modules that have an attribute that is read, which, and what it is.
        others: the same of what is no constant.
    """

    def __init__(self, f: types.FunctionType, program: Any) -> None:
        self.names, self.program = f.__globals__, program
        self.cells = dict(zip(f.__code__.co_freevars, map(contents, f.__closure__ or ()), strict=True))
        self.named: dict[str, Any] = {}
        self.asked: dict[str, Any] = {}
        self.captured: set[str] = set()
        self.absent: dict[str, Any] = {}
        self.attributes: list[tuple[dict[str, Any], str, Any]] = []
        self.others: list[tuple[dict[str, Any], str, Any]] = []

    def read(self, code: types.CodeType, own: frozenset[str] = frozenset()) -> None:
        """Look at a function's code, and at that of the functions in it.

        Args:
            code: the code.
            own: the variables of the functions around it, which come and go with a call.
        """
        if code.co_flags & FORBIDDEN:
            raise LookupError("it is a coroutine")
        own = own | set(code.co_cellvars)
        Walk(self, code, own).go()
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                self.read(inner, own)

    def named_by(self, name: str, is_asked: bool = False) -> Any:
        """What a global name stands for."""
        value = original_at(Item(self.names, name))
        if value is MISSING:
            value = getattr(builtins, name, MISSING)
            if not is_pure_constant(value) and not (is_asked and self.asks(value)):
                raise LookupError(f"it reads {name}")
            self.absent[name] = value
        elif is_asked and self.asks(value):
            self.asked[name] = value
        else:
            self.named[name] = value
        return self.known(value, is_asked)

    def captured_by(self, name: str, own: frozenset[str]) -> Any:
        """What a captured variable holds."""
        value = UNKNOWN if name in own else self.cells.get(name, MISSING)
        if value is MISSING:
            raise LookupError(f"it reads {name}, which has no value yet")
        if name not in own:
            self.captured.add(name)
        return self.known(value)

    def known(self, value: Any, is_asked: bool = False) -> Any:
        """What a name stands for; objects of a class have what that has."""
        if not is_asked:
            self.program.settings |= read_by(value)
        if isinstance(value, type):
            self.program.given.update(methods := methods_of_class(value))
            self.program.kinds.update([value] if methods else ())
        return value

    def asks(self, value: Any) -> bool:
        """Tell whether to ask if something is of a class depends on that, and on what was registered."""
        self.program.settings |= {REGISTERED} if isinstance(value, abc.ABCMeta) else set()
        return type(value) in METACLASSES

    def attribute(self, base: Any, name: str, is_asked: bool = False) -> Any:
        """What an attribute is, if it is one of a module."""
        if isinstance(base, types.ModuleType):
            value = original_at(Item(vars(base), name))
            if value is MISSING:
                value = getattr(base, name, MISSING)  # as SciPy loads its modules
            if value is MISSING:
                raise LookupError(f"it reads {base.__name__}.{name}")
            is_one = isinstance(value, types.ModuleType) or is_pure_constant(value) or is_number(value)
            is_one = is_one or (is_asked and self.asks(value))
            (self.attributes if is_one else self.others).append((vars(base), name, value))
            return self.known(value, is_asked)
        if isinstance(base, np.ufunc) and name in OF_UFUNCS:
            return UNKNOWN
        if base is dict and name == "fromkeys":
            return UNKNOWN
        self.program.wanted.add(name)
        self.program.settings |= {PRINTING} if name in ("format", "format_map") else set()
        return UNKNOWN

    def imported(self, name: str, level: int, names: tuple[str, ...] | None) -> Any:
        """What a statement in a body imports, which was imported before."""
        package = self.names.get("__package__")
        try:
            whole = importlib.util.resolve_name("." * level + name, package)
        except ImportError as error:
            raise LookupError(str(error)) from None
        if whole not in sys.modules:
            raise LookupError(f"it imports {whole}")
        for one in {whole, whole if names else whole.partition(".")[0]}:
            self.attributes.append((sys.modules, one, sys.modules[one]))
        return sys.modules[whole if names else whole.partition(".")[0]]

    def text(self, steps: list[Any]) -> str | None:
        """The text that instructions put on the stack, if that is always the same."""
        if len(steps) != 1:
            return None
        how, what = steps[0].opname, steps[0].argval
        if how in CAPTURED and what in self.cells:
            self.captured.add(what)
            what = self.cells[what]
        elif how in GLOBALS:
            what = self.names.get(what)
        elif how != "LOAD_CONST":
            return None
        return what if what.__class__ is str else None


class Walk:
    """A walk along the instructions of a code object.

    Args:
        reading: what is found.
        code: the code.
        own: the variables of it and of the functions around it.
    """

    def __init__(self, reading: Reading, code: types.CodeType, own: frozenset[str]) -> None:
        self.reading, self.program, self.own = reading, reading.program, own
        self.place = place_of(code)
        self.steps = list(dis.get_instructions(code))
        self.carried = self.program.carried_out(code)
        self.base: Any = UNKNOWN  # what it has put on the stack
        self.module: Any = UNKNOWN  # from which it imports
        self.held: dict[str, Any] = {}  # the variables that hold modules
        self.used: set[str] = set()  # and all others
        self.tested: set[int] = set()  # where a class is loaded to be asked for alone
        self.looked: dict[int, str] = {}  # where what is loaded is asked for an attribute, by name

    def go(self) -> None:
        """Look at each instruction.

        Raises:
            LookupError: one does something else than to compute.
        """
        first = last = None  # the instruction before, and that before it
        for k, step in enumerate(self.steps):
            if self.carried is not None and step.offset not in self.carried:
                self.base = UNKNOWN
            else:
                if isinstance(self.base, types.ModuleType) and step.opname not in OF_MODULES:
                    raise LookupError(f"it hands on {self.base.__name__}, the module")
                names = variables([first, last]) if step.opname == "IS_OP" else None
                if names is None:
                    self.check(step, last)
                else:
                    self.program.compared.setdefault(self.place, {})[step.offset] = names
                self.base = self.loaded(k, step, first, last)
                if step.offset in self.looked:
                    self.look_up(self.looked[step.offset])
            first, last = last, step

    def loaded(self, k: int, step: Any, first: Any, last: Any) -> Any:
        """What an instruction puts on the stack, as far as that is known."""
        reading, how, name = self.reading, step.opname, step.argval
        if how in GLOBALS:
            value = reading.named_by(name, step.offset in self.tested)
            self.call(value, k)
            return value
        if how in CAPTURED:
            return reading.captured_by(name, self.own)
        if how in ATTRIBUTES:
            return reading.attribute(self.base, name, step.offset in self.tested)
        if how == "IMPORT_NAME":
            self.module = reading.imported(name, first.argval, last.argval)
            return self.module
        if how == "IMPORT_FROM":
            return reading.attribute(self.module, name)
        if how in CONSTANTS and names_an_order(name):
            self.program.has_order = True
        if how.startswith("FORMAT") or is_format(step):
            self.program.settings.add(PRINTING)
        if how in VARIABLES:
            return self.variable(how, name if name.__class__ is tuple else (name,))
        if how == "STORE_ATTR":
            self.program.given.add(name)
        elif how == "LOAD_SUPER_ATTR":
            self.program.wanted.add(name)
        return UNKNOWN

    def call(self, value: Any, k: int) -> None:
        """Note what one of Python's own functions is asked, which is loaded."""
        if value is getattr:
            given = arguments(self.steps[k:])
            name = self.reading.text(given[1]) if len(given) > 1 else None
            if name is not None:
                self.looked[given[0][-1].offset] = name
            elif not (names := self.program.asked_in(self.place)):
                raise LookupError("it asks getattr for another attribute at each call")
            else:
                self.program.wanted.update(names)
        elif value is setattr:
            given = arguments(self.steps[k:])
            name = self.reading.text(given[1]) if len(given) > 1 else None
            self.program.given.update([name] if name else ())
        elif value is isinstance or value is issubclass:
            given = arguments(self.steps[k:])
            self.tested |= classes_in(given[1]) if len(given) == 2 else set()

    def look_up(self, name: str) -> None:
        """The value on the stack is asked for an attribute."""
        self.reading.attribute(self.base, name)
        self.base = UNKNOWN

    def variable(self, how: str, names: tuple[str, ...]) -> Any:
        """A variable is read or set; one that holds a module may hold nothing else."""
        if how == "STORE_FAST" and isinstance(self.base, types.ModuleType):
            if self.held.setdefault(names[0], self.base) is not self.base or names[0] in self.used:
                raise LookupError(f"it hands on {self.base.__name__}, the module")
            return UNKNOWN
        is_read = how.startswith("LOAD_FAST") and how != "LOAD_FAST_AND_CLEAR"
        for name in names[:-1] if is_read else names:
            if name in self.held:
                raise LookupError(f"it hands on {self.held[name].__name__}, the module")
        self.used.update([name for name in names if name not in self.held])
        return self.held.get(names[-1], UNKNOWN) if is_read else UNKNOWN

    def check(self, step: Any, last: Any) -> None:
        """Refuse an instruction that does something else."""
        how, what = step.opname, step.argval
        enters = last is not None and last.opname == "PUSH_EXC_INFO" and how != "WITH_EXCEPT_START"
        if enters and (how not in GLOBALS or what != STRUCTURAL):
            raise LookupError("it catches an error")
        if how == "CHECK_EXC_MATCH" and last.opname in GLOBALS and last.argval == STRUCTURAL:
            return
        if how in INSTRUCTIONS or how in GLOBALS or how in CAPTURED or how in ATTRIBUTES:
            return
        if how in ("STORE_DEREF", "DELETE_DEREF") and what in self.own:
            return
        if how in ("STORE_ATTR", "DELETE_ATTR") and not (last.opname in GLOBALS or last.opname in CAPTURED):
            return
        if how == "IS_OP" and self.tells_apart(last):
            return
        if how == "CALL_INTRINSIC_1" and step.argrepr in INTRINSICS:
            return
        if how in OTHERS:
            raise LookupError(f"it {OTHERS[how]}" + (f" {what}" if what.__class__ is str else ""))
        raise LookupError(f"it has an instruction {how}")

    def tells_apart(self, last: Any) -> bool:
        """Tell whether the last value on the stack is an object of the program's, or what there is one of."""
        if last.opname == "LOAD_CONST":
            return any([last.argval is one for one in SINGLE])
        known = self.base
        return known is not UNKNOWN and (
            is_own(known) or callable(known) or isinstance(known, types.ModuleType)
        )


def classes_in(steps: list[Any]) -> set[int]:
    """Where classes are loaded that stand there alone or in a tuple; nowhere if there is anything else."""
    if not all([s.opname in (*GLOBALS, *CAPTURED, *ATTRIBUTES, "BUILD_TUPLE") for s in steps]):
        return set()
    return {s.offset for s, after in zip(steps, [*steps[1:], None], strict=True) if not is_attribute(after)}


def is_attribute(step: Any) -> bool:
    """Tell whether an instruction takes an attribute of what the one before it loads."""
    return step is not None and step.opname in ATTRIBUTES


def arguments(steps: list[Any]) -> list[list[Any]]:
    """The instructions that put each argument of a call on the stack; none where that can't be told.

    Args:
        steps: the instructions from that on which loads what is called.
    """
    n = 2 if len(steps) > 1 and steps[1].opname == "PUSH_NULL" else 1  # instructions that load it
    found: list[list[Any]] = []  # by places on the stack, what has put there what is there
    for step in steps[n:]:
        if step.opname in ("PRECALL", "CALL") and len(found) == step.arg:
            return found
        more = dis.stack_effect(step.opcode, step.arg)
        depth = len(found) + more
        if step.opname in LOADS or step.opname in CONSTANTS:
            found += [[] for _ in range(more - 1)] + [[step]]
        elif "JUMP" in step.opname or depth < 1 or more > (step.opname in ATTRIBUTES):
            break
        elif more <= 0:
            found[depth - 1 :] = [[one for part in found[depth - 1 :] for one in part] + [step]]
        else:  # a method, and whose it is
            found[-1].append(step)
            found.append([])
    return []


def is_format(step: Any) -> bool:
    """Tell whether an instruction loads a text into which values may be put."""
    return step.opname in CONSTANTS and step.argval.__class__ is str and "%" in step.argval


def is_number(value: Any) -> bool:
    """Tell whether an entry of a module is a number, or None, as ``np.pi`` and ``np.newaxis`` are."""
    return value.__class__ in (float, int, type(None))
