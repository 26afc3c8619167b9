"""What a code object refers to, read from its instructions once."""

from __future__ import annotations

import builtins
import dis
import sys
import types
import weakref
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

GLOBAL, NAME, IMPORT = (dis.opmap[name] for name in ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME"))
STORE, IDENTITY, NULL = (dis.opmap[name] for name in ("STORE_SUBSCR", "IS_OP", "PUSH_NULL"))
OPERATION, EXTENDED, CACHE = dis.opmap["BINARY_OP"], dis.EXTENDED_ARG, dis.opmap["CACHE"]
HANDLE, MATCH, POP = (dis.opmap[name] for name in ("PUSH_EXC_INFO", "CHECK_EXC_MATCH", "POP_TOP"))
TUPLE = dis.opmap["BUILD_TUPLE"]
SLICE = dis.opmap.get("STORE_SLICE", STORE)
METHOD = dis.opmap["LOAD_METHOD"] if sys.version_info < (3, 12) else None  # since then, a bit of LOAD_ATTR
ATTRIBUTE = dis.opmap["LOAD_ATTR"]
LISTED = frozenset([dis.opmap[n] for n in ("BUILD_LIST", "BUILD_TUPLE")])
# What makes no list of numbers, though it is built as one: ``x[i, j]``, the arguments of ``f(a, *rest)``, and
# the variables that a function captures. Each is told by an operation and the next.
UNLISTED = frozenset(
    [
        (dis.opmap[first], dis.opmap[then])
        for first, then in (
            ("BUILD_TUPLE", "BINARY_SUBSCR"),
            ("BUILD_TUPLE", "STORE_SUBSCR"),
            ("LIST_TO_TUPLE", "CALL_FUNCTION_EX"),
            ("CALL_INTRINSIC_1", "CALL_FUNCTION_EX"),
            ("LOAD_CLOSURE", "BUILD_TUPLE"),
        )
        if first in dis.opmap and then in dis.opmap
    ]
)
IN_PLACE = range(13, 26)  # the operations of BINARY_OP that assign
# By these names arrays are changed in place, functions are called that can't be seen in the code, or an array
# of constants is read at places that differ between the members of a batch.
WRITERS = frozenset({
    "argmax", "argmin", "argsort", "searchsorted", "digitize", "lexsort", "argpartition", "nanargmax",
    "nanargmin", "astype", "fill", "put", "flat", "sort", "partition", "copyto", "put_along_axis",
    "place", "putmask", "fill_diagonal", "itemset", "resize", "real", "imag", "setfield", "at", "shuffle",
    "scatter_add", "nditer", "exec", "eval", "setitem", "iadd", "__setitem__",
})  # fmt: skip

# By these names lists are made, or a traced value is given to a function of NumPy's where it does not look
# for one.
LISTERS = frozenset({
    "list", "tuple", "tolist", "sorted", "initial", "where", "left", "right", "constant_values", "end_values",
    "nan_to_num", "unwrap",
})  # fmt: skip

# Errors by which those of Python's arithmetic are caught.
CATCHERS = frozenset({
    "ZeroDivisionError", "OverflowError", "ArithmeticError", "Exception", "BaseException",
})  # fmt: skip
ERRORS = frozenset(
    [
        name
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    ]
)

# The classes of numbers, Python's and NumPy's, by all their names.
NUMBERS = frozenset(
    [
        "float",
        "complex",
        *[n for n, c in vars(np).items() if isinstance(c, type) and issubclass(c, np.inexact)],
    ]
)

# By these names code is run, or attributes are read, that stand in the code as text.
RUNNERS = frozenset({"eval", "exec", "__globals__", "f_globals", "f_locals", "f_back", "FunctionType"})
GETTERS = frozenset({"getattr", "attrgetter", "methodcaller"})


class Names(NamedTuple):
    """What a code object, and those within it, refer to.

    Attributes:
        used: all names: of globals, attributes and modules.
        read: those of them that are global, or of Python's own.
        called: those of them that are called where they are read: ``float`` in ``float(x)``, not in
            ``dtype=float``.
        compared: those of them that are compared by identity: ``float`` in ``type(x) is float``.
        imported: the modules that it imports.
        writes: whether it may write into an array.
        lists: whether it may make lists of numbers.
        catches: whether it may catch errors of Python's arithmetic.
        of_hoad: whether the functions that it finds in NumPy's module are hoad's: then those that it holds
            are, too, as it may compare the two.
        kept: the names of functions that stay NumPy's: it holds them as keys, where nothing can stand for
            them, and may look up others by them.
        given: the names of classes of numbers that it reads and does not call at once: variables may hold
            them, and arguments.
    """

    used: frozenset[str]
    read: frozenset[str]
    called: frozenset[str]
    compared: frozenset[str]
    imported: frozenset[str]
    writes: bool
    lists: bool
    catches: bool
    of_hoad: bool = False
    kept: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()

    @classmethod
    def of_all(cls, several: Iterable[Names]) -> Names:
        """What several code objects refer to, all together."""
        told = zip(NOTHING, *several, strict=True)
        joined: list[Any] = [
            frozenset().union(*one) if isinstance(one[0], frozenset) else any(one) for one in told
        ]
        return cls(*joined)


NONE: frozenset[str] = frozenset()
NOTHING = Names(NONE, NONE, NONE, NONE, NONE, writes=False, lists=False, catches=False)

_read: weakref.WeakKeyDictionary[types.CodeType, Names] = weakref.WeakKeyDictionary()


def names_of(code: types.CodeType) -> Names:
    """What a code object refers to.

    Example:
        >>> names = names_of((lambda x: float(np.sum(x, dtype=int))).__code__)
        >>> sorted(names.used), "float" in names.called, "int" in names.called, names.writes
        (['float', 'int', 'np', 'sum'], True, False, False)
    """
    found = _read.get(code)
    if found is None:
        found = _read[code] = _names_in(code)
    return found


def _names_in(code: types.CodeType) -> Names:
    reading = Reading(code.co_names)
    for operation, argument in instructions(code):
        reading.step(operation, argument)
    inner = [names_of(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return Names.of_all([reading.found(code), *inner])


def instructions(code: types.CodeType) -> Iterator[tuple[int, int]]:
    """The operations of a code object, with their arguments."""
    extended = 0
    for operation, short in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        argument = short | extended
        extended = argument << 8 if operation == EXTENDED else 0
        if operation not in (CACHE, EXTENDED):
            yield operation, argument


class Reading:
    """What was read of a code object so far: a name that an instruction reads says something with the next.

    Attributes:
        behind: the instructions before, the last of them last.
        lists: how many lists it makes.
        last: the name that the instruction before has read.
        to_call: whether what it read it of is to be called.
        handles: whether the instruction before begins to handle an error.
    """

    __slots__ = (
        "behind", "called", "catches", "compared", "given", "handles", "imported", "last", "lists", "names",
        "read", "to_call", "writes",
    )  # fmt: skip

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.read: set[str] = set()
        self.called: set[str] = set()
        self.compared: set[str] = set()
        self.imported: set[str] = set()
        self.given: set[str] = set()
        self.writes = self.catches = self.to_call = self.handles = False
        self.last = ""
        self.lists = 0
        self.behind = [(-1, 0)]

    def step(self, operation: int, argument: int) -> None:
        """One instruction."""
        if self.last in NUMBERS and not self.to_call and operation != NULL:
            self.given.add(self.last)
        self.catches = self.catches or (self.handles and operation == POP)  # ``except:`` of anything
        self.handles = operation == HANDLE
        if operation == GLOBAL:
            self.name(self.names[argument >> 1], bool(argument & 1))
            self.read.add(self.last)
        elif operation == ATTRIBUTE:
            marked = METHOD is None and bool(argument & 1)
            self.name(self.names[argument if METHOD else argument >> 1], self.to_call or marked)
        else:
            self.other(operation, argument)
            self.last, self.to_call = "", False
        self.lists += (operation in LISTED) - ((self.behind[-1][0], operation) in UNLISTED)
        self.behind.append((operation, argument))

    def name(self, name: str, to_call: bool) -> None:
        """A name is read, which may be called later."""
        self.last, self.to_call = name, to_call
        if to_call:
            self.called.add(name)

    def other(self, operation: int, argument: int) -> None:
        """An instruction that reads no name of a global, or of a part of one."""
        if operation == NULL and self.last:  # Python 3.13 pushes NULL after what is called
            self.called.add(self.last)
        elif operation == IDENTITY and self.last:
            self.compared.add(self.last)
        elif operation == MATCH:
            self.catches = self.catches or not self.are_named()
        elif operation == METHOD:
            self.called.add(self.names[argument])
        elif operation == NAME:
            self.read.add(self.names[argument])
        elif operation == IMPORT:
            self.imported.add(self.names[argument])
        elif operation in (STORE, SLICE) or (operation == OPERATION and argument in IN_PLACE):
            self.writes = True

    def are_named(self) -> bool:
        """Tell whether the errors that are asked for are Python's own, by their names; others may be any."""
        operation, size = self.behind[-1]
        asked = self.behind[-1 - size : -1] if operation == TUPLE else self.behind[-1:]
        return all([how == GLOBAL and self.names[which >> 1] in ERRORS for how, which in asked])

    def found(self, code: types.CodeType) -> Names:
        """All of it, with what its constants say."""
        keywords = {k for c in code.co_consts if isinstance(c, tuple) for k in c if isinstance(k, str)}
        written = frozenset(self.names) | keywords
        return Names(
            frozenset(self.names) | (texts_in(code) if written & GETTERS else set()),
            frozenset(self.read),
            frozenset(self.called),
            frozenset(self.compared),
            frozenset(self.imported),
            self.writes or "out" in keywords or bool(written & WRITERS),
            self.lists > 0 or bool(written & LISTERS),
            self.catches or not CATCHERS.isdisjoint(self.read),
            given=frozenset(self.given),
        )


def texts_in(code: types.CodeType) -> set[str]:
    """The names that stand in the texts of a code object."""
    parts = [part for c in code.co_consts if isinstance(c, str) for part in c.split(".")]
    return {part for part in parts if part.isidentifier()}
