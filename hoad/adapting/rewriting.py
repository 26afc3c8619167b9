"""Instructions that ask for the class of a value by themselves, written anew while a derivative runs.

No name can be bound to something else for these, so the code of a function that has them is replaced:

- ``case np.ndarray():`` is Python's own instruction, and asks the class that stands there;
- ``x.__class__`` is the class of the traced value, and no number's;
- ``module.__dict__`` leads to what no name in the code does;
- ``try: x.shape except AttributeError:`` finds what a float has not;
- ``x in {0.0, 1.0}`` looks x up by its hash, and a traced number is not found by its value;
- ``float(x)`` in a module in which ``type(x) is float`` is said: there the name has to stay what it is;
- ``DATA.copy()`` makes an array that can't hold a traced value, in a program that writes into arrays;
- ``DATA.dot(x)`` makes an array of objects of a traced x, as ``DATA * [x, y]`` does, which has no ``.real``;
- ``kind(x)``, where a variable, or a name of the module, holds a class of numbers.

An instruction has room for what it remembers of earlier runs, so what stands in its place is no longer than
it was, and all others stay where they are.
"""

from __future__ import annotations

import builtins
import dis
import operator
import sys
import types
from collections.abc import Callable, Sequence, Set
from typing import Any

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..nested import Traced, primal, type_of
from . import attributes
from .binding import MISSING, Cell, Item, Origin, code_of, original_at
from .builtins import CALLED, get_attribute, guard_of
from .lookups import names_in
from .reading import names_of
from .replacements import CLASSES, SCALARS
from .unnamed import NULL_IS_FIRST, OF_NUMBERS, THROUGH, Step, call, functions_among, unnamed_call

Comparisons = Callable[[dict[str, Any]], Set[str]]
ASKED = ("__class__", "__dict__")
ATTRIBUTES = frozenset(["LOAD_ATTR", "LOAD_METHOD"])
NULL_OF_CALL = [("PUSH_NULL", 0), *([("SWAP", 2)] if NULL_IS_FIRST else [])]  # of what lies above
MARKED = ("LOAD_GLOBAL",) if sys.version_info < (3, 12) else ("LOAD_GLOBAL", "LOAD_ATTR")  # where it is a bit
TOLD = frozenset([dis.opmap["MATCH_CLASS"], dis.opmap["PUSH_NULL"]])
LAST = 255  # the place of a constant that is loaded without an extension
OF_A_DTYPE = "type"  # the attribute that is a class of numbers
NOP = bytes([dis.opmap["NOP"], 0])
NUMBERS = frozenset([*CALLED, *SCALARS])
OF_ARRAYS = frozenset([n for n in dir(np.ndarray) if not n.startswith("__")])
# Classes of what a traced value may stand for.
STANDS_FOR = (float, complex, np.ndarray, np.float64, np.float32, np.longdouble, np.complex128, np.complex64)
CONCERNED = (*STANDS_FOR, ArrayLike)  # which is what it stands for to no class


class Asked:
    """``asked @ x`` is what an attribute of x is outside of a derivative, in the words of an instruction."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __matmul__(self, x: Any) -> Any:
        if self.name == "__class__":
            return type_of(x) if isinstance(x, Traced) else x.__class__
        if self.name == "__dict__":
            return names_in(x)
        return get_attribute(x, self.name)


class Among:
    """A set that stands in the code, in which a traced number is found by its value."""

    __slots__ = ("elements",)

    def __init__(self, elements: frozenset[Any]) -> None:
        self.elements = elements

    def __contains__(self, x: Any) -> bool:
        value = tuple(map(primal, x)) if x.__class__ is tuple else primal(x)
        if any([isinstance(part, Traced) for part in (value if value.__class__ is tuple else (value,))]):
            return any([is_equal(value, element) for element in self.elements])  # it has members, or is noted
        return value in self.elements


def is_equal(value: Any, element: Any) -> bool:
    """Tell whether a value, or each part of a tuple, is equal to a constant."""
    if value.__class__ is not tuple:
        return bool(value == element)
    same = element.__class__ is tuple and len(value) == len(element)
    return same and all(map(is_equal, value, element))


def rewritten(
    f: types.FunctionType, compared: Comparisons, unnamed: bool, fills: bool
) -> types.CodeType | None:
    """The code of a function that asks for classes as they are outside of a derivative; None where it does
    not ask.

    Args:
        f: the function.
        compared: gives the names that a module compares by identity, which can't be bound there.
        unnamed: whether a variable may hold a class of numbers.
        fills: whether the program may write into arrays.
    """
    code = code_of(f)
    cells = dict(zip(code.co_freevars, f.__closure__ or (), strict=True))
    called = names_of(code).called & NUMBERS
    left = compared(f.__globals__) if called else called
    if left & SCALARS.keys():
        left |= SCALARS.keys()  # it has NumPy without any of them
    left |= {name for name in names_of(code).called if is_numpys_class(f.__globals__, name)}
    asked = attributes.ASKED if fills else attributes.ALWAYS
    new = Writing(code, f.__globals__, cells, left, unnamed, asked).written()
    return None if new is code else new.replace(co_consts=(*new.co_consts, Origin(code)))


def is_numpys_class(names: dict[str, Any], name: str) -> bool:
    """Tell whether a name of a module holds a class of NumPy's numbers, under whatever name."""
    held = names.get(name)
    return held.__class__ is type and held in CLASSES


def steps(code: types.CodeType) -> list[Step]:
    """The instructions of a code object, each with what it is extended by and with its room."""
    found, start = [], 0
    every = list(dis.get_instructions(code))
    ends = [i.offset // 2 for i in every[1:]] + [len(code.co_code) // 2]
    for instruction, end in zip(every, ends, strict=True):
        if instruction.opname != "EXTENDED_ARG":
            found.append((start, end, instruction))
            start = end
    return found


def assembled(name: str, argument: int) -> bytes:
    """An instruction, with empty room for what it remembers."""
    extended = bytes([dis.EXTENDED_ARG, argument >> 8]) if argument > 255 else b""
    return extended + bytes([dis.opmap[name], argument & 255]) + bytes(2 * ROOM.get(name, 0))


def _operator(f: Any, name: str) -> tuple[int, int]:
    """How many units one of Python's operators has for what it remembers, and its argument."""
    start, end, step = next(step for step in steps(f.__code__) if step[2].opname == name)
    return end - start - 1, step.arg or 0


ROOM: dict[str, int] = {}
ROOM["BINARY_OP"], MATMUL = _operator(lambda a, b: a @ b, "BINARY_OP")
ROOM["COMPARE_OP"], LESS = _operator(lambda a, b: a < b, "COMPARE_OP")


class Writing:
    """The instructions of one code object, some of which become others.

    Args:
        code: the code object.
        names: the global names that it reads.
        cells: the variables that it has captured.
        compared: the names of classes of numbers that are not bound where they are called.
        unnamed: whether a variable may hold a class of numbers.
        attributes: methods of plain arrays that are to be filled, or to take traced operands, and parts.
        functions: the variables of what is around it that are known to hold functions.
    """

    def __init__(
        self,
        code: types.CodeType,
        names: dict[str, Any],
        cells: dict[str, types.CellType],
        compared: Set[str],
        unnamed: bool,
        attributes: Set[str],
        functions: Set[str] = frozenset(),
    ) -> None:
        self.code = code
        self.names = names
        self.cells = cells
        self.compared = compared
        self.told = TOLD if unnamed else TOLD - {dis.opmap["PUSH_NULL"]}
        self.unnamed = unnamed
        self.attributes = attributes
        self.constants: list[Any] = list(code.co_consts)
        self.units = bytearray(code.co_code)
        self.steps = steps(code) if self.is_concerned() else []
        self.functions = functions | functions_among(code, self.steps)

    def is_concerned(self) -> bool:
        """Tell whether there may be anything to write."""
        if any([constant.__class__ is frozenset for constant in self.constants]):
            return True
        named = {*ASKED, OF_A_DTYPE, "AttributeError", *self.compared, *self.attributes}
        return not named.isdisjoint(self.code.co_names) or not self.told.isdisjoint(self.code.co_code[::2])

    def written(self) -> types.CodeType:
        """The code with other instructions; itself where there are none."""
        code = self.code
        for k, constant in enumerate(self.constants):
            if isinstance(constant, types.CodeType):
                self.constants[k] = self.within(constant).written()
        for k in range(len(self.steps)):
            self.look_at(k)
        before = code.co_consts
        if len(self.constants) == len(before) and all(map(operator.is_, self.constants, before)):
            return code
        more = code.co_stacksize + 2
        return code.replace(co_code=bytes(self.units), co_consts=tuple(self.constants), co_stacksize=more)

    def within(self, code: types.CodeType) -> Writing:
        """The same of code that stands in this one."""
        return Writing(
            code, self.names, self.cells, self.compared, self.unnamed, self.attributes, self.functions
        )

    def look_at(self, k: int) -> None:
        """One instruction, which may be the last of a pattern, a call, or a look at an attribute."""
        instruction = self.steps[k][2]
        if instruction.opname == "MATCH_CLASS":
            self.match(k - 2)
        elif instruction.opname == "PUSH_NULL" and self.unnamed:
            self.call_through(k)
        elif instruction.opname == "CONTAINS_OP" and self.steps[k - 1][2].argval.__class__ is frozenset:
            self.write(k - 1, [("LOAD_CONST", self.constant(Among(self.steps[k - 1][2].argval)))])
        elif instruction.opname == "LOAD_GLOBAL" or instruction.opname in ATTRIBUTES:
            if instruction.argval in self.compared and self.is_called(k):
                self.call(k)
            elif instruction.opname in ATTRIBUTES and self.brings_null(k):
                if instruction.argval == OF_A_DTYPE:
                    self.call_attribute(k)
                elif self.is_of_arrays(k):
                    self.write(k, self.asking(instruction.argval, NULL_OF_CALL))
            elif instruction.opname == "LOAD_ATTR":
                self.ask(k)

    def is_of_arrays(self, k: int) -> bool:
        """Tell whether an attribute may be such a one of an array, and no function of a module."""
        of_module = isinstance(self.value(k - 1), types.ModuleType)
        return self.steps[k][2].argval in self.attributes and not of_module

    def brings_null(self, k: int) -> bool:
        """Tell whether an instruction loads what is called, with what stands for no object."""
        instruction = self.steps[k][2]
        return instruction.opname == "LOAD_METHOD" or (
            instruction.opname in MARKED and bool((instruction.arg or 0) & 1)
        )

    def is_called(self, k: int) -> bool:
        """Tell whether what an instruction loads is called: it says so, or the next one, or the first of a
        chain of attributes.
        """
        if self.brings_null(k) or (k + 1 < len(self.steps) and self.steps[k + 1][2].opname == "PUSH_NULL"):
            return True
        return self.steps[k][2].opname in ATTRIBUTES and self.is_called(k - 1)

    def value(self, k: int) -> Any:
        """What an instruction loads, as far as that is known before it runs."""
        instruction = self.steps[k][2]
        name = instruction.argval
        if instruction.opname == "LOAD_GLOBAL":
            return (
                original_at(Item(self.names, name))
                if name in self.names
                else vars(builtins).get(name, MISSING)
            )
        if instruction.opname == "LOAD_DEREF":
            return original_at(Cell(self.cells[name], 0)) if name in self.cells else MISSING
        if instruction.opname not in ATTRIBUTES:
            return MISSING
        holder = self.value(k - 1)
        return MISSING if holder is MISSING else getattr(holder, name, MISSING)

    def match(self, k: int) -> None:
        """The class of a pattern."""
        cls = self.value(k)
        if isinstance(cls, type) and cls is not object and any([issubclass(c, cls) for c in CONCERNED]):
            self.put(k, guard_of(cls))

    def call(self, k: int) -> None:
        """A class of numbers that is called."""
        value = self.value(k)
        if isinstance(value, type) and value in OF_NUMBERS:
            self.put(k, OF_NUMBERS[value])

    def call_through(self, k: int) -> None:
        """What is called by no name that says what it is."""
        known = self.value(k + 1 if NULL_IS_FIRST else k - 1)
        if known is not MISSING and known.__class__ is not type:
            return  # a captured variable that holds a function
        if len(self.constants) > LAST or (at := unnamed_call(self.steps, k, self.functions)) is None:
            return
        if NULL_IS_FIRST:
            self.write(k, [("LOAD_CONST", self.constant(call))])
        else:
            through = ("LOAD_CONST", self.constant(THROUGH))
            self.write(k, [through])
            self.write(at, [("BUILD_TUPLE", 3), through, ("COMPARE_OP", LESS)])

    def call_attribute(self, k: int) -> None:
        """``x.dtype.type(y)``: the attribute is what ``call`` is given first, in the place of the object."""
        if self.steps[k][2].opname not in ATTRIBUTES:
            return
        asked, through = self.constant(Asked(OF_A_DTYPE)), self.constant(call)
        first = [("LOAD_CONST", asked), ("SWAP", 2), ("BINARY_OP", MATMUL)]
        self.write(k, [*first, ("LOAD_CONST", through), ("SWAP", 2)])

    def put(self, k: int, value: Any) -> None:
        """Load a constant in the place of what an instruction loads."""
        null = [("PUSH_NULL", 0)] if self.brings_null(k) else []
        first = [("POP_TOP", 0)] if self.steps[k][2].opname in ATTRIBUTES else []
        load = [("LOAD_CONST", self.constant(value))]
        self.write(k, first + (null + load if NULL_IS_FIRST else load + null))

    def ask(self, k: int) -> None:
        """An attribute that is another outside of a derivative."""
        name, before = self.steps[k][2].argval, self.steps[k - 1][2]
        guarded = name in OF_ARRAYS and "AttributeError" in self.code.co_names
        beside = name in attributes.ALWAYS and self.is_of_arrays(k)
        if (name in ASKED or guarded or beside) and before.argval != "self":
            self.write(k, self.asking(name))

    def asking(self, name: str, more: Sequence[tuple[str, int]] = ()) -> list[tuple[str, int]]:
        """An attribute that is asked for, and what comes after it."""
        return [("LOAD_CONST", self.constant(Asked(name))), ("SWAP", 2), ("BINARY_OP", MATMUL), *more]

    def constant(self, value: Any) -> int:
        """The place of one more constant."""
        at = [k for k, constant in enumerate(self.constants) if constant is value]
        if not at:
            self.constants.append(value)
        return at[0] if at else len(self.constants) - 1

    def write(self, k: int, instructions: list[tuple[str, int]]) -> None:
        """Put other instructions in the place of one."""
        start, end, _ = self.steps[k]
        new = b"".join([assembled(*instruction) for instruction in instructions])
        room = 2 * (end - start) - len(new)
        assert room >= 0, "an instruction has room for what stands in its place"
        self.units[2 * start : 2 * end] = new + NOP * (room // 2)
