"""Traced numbers in sets and as keys: they count by their values, as the plain numbers do.

So a table finds what it has for a value. One thing a plain program never asks is whether two equal numbers
are the same function of the arguments. Where it keeps results by their arguments (``keeping.py``) that
decides: what was kept for one argument is no result for another of the same value, which has another
derivative. There two numbers are one key if they have the same derivative, or if what was kept has none.

Python asks for a hash, then whether the keys are equal. Once a traced number has been hashed, equality
therefore looks at the instruction that asks for it.
"""

from __future__ import annotations

import contextlib
import dis
import weakref
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ..errors import EscapeError
from ..nested import Traced, glance, primal, refused, unfinished
from ..places import OURS, STANDARD
from .caches import calls_a_cache
from .keeping import COMPARE, ELSEWHERE, HERE, Lookup, is_of_a_memo, lookup_at

OF_OBJECTS = frozenset({"__eq__", "__hash__"})
Known = dict[int, weakref.ref[Any]]  # by their numbers, traced values as long as they are there
APART: Known = {}
NAMED: Known = {}  # whose number is their hash in a table
HASHED: list[bool] = []  # whether any traced number was, so that keys are asked whether they are equal
DISCRETE = (str, bytes, int, type(None), type, np.integer, np.bool_)


def hashed(x: Any, frame: FrameType) -> int:
    """The hash of a traced value that some code asks for; the program gets none of an array."""
    ours, value = frame.f_code.co_filename.startswith(OURS), primal(x)
    ours = ours and frame.f_code is not let_go.__code__
    if frame.f_code in CACHES or (ours and isinstance(value, Traced)) or is_for_a_cache(frame):
        return id(x)
    if x.shape:
        return of_an_array(x, frame)
    if id(x) in NAMED and has_ended(x):
        return id(x)
    if isinstance(value, Traced) and (value.has_members or value.noted) and keeps(frame):
        return named(x)
    if isinstance(value, Traced) and value.has_members:
        message = "a batch has no single hash: a set would hold other elements for each of its members"
        raise refused(TypeError(message), x)
    if not HASHED:
        HASHED.append(True)
    if isinstance(value, Traced) and not value.noted:  # fractions, formulas and their kin
        value = glance(value)
    return hash(value.item() if isinstance(value, np.ndarray) else value)


def of_an_array(x: Any, frame: FrameType | None) -> int:
    """The hash of a traced array, which hoad's own tables have; to the program it is what NumPy's arrays are.

    Raises:
        TypeError: the program asks.
    """
    by_library = False  # a function of Python's library that is differentiated itself has no other frame
    while frame is not None and is_between(frame.f_code):
        file = frame.f_code.co_filename
        by_library = by_library or (file.startswith(STANDARD) and "weakref" not in file)
        frame = frame.f_back
    if by_library or frame is None or not frame.f_code.co_filename.startswith(OURS):
        raise TypeError("unhashable type: 'numpy.ndarray'")
    return id(x)


def named(x: Any) -> int:
    """The number of a value as its hash, which it stays once the value is what a derivative that is done has
    left: a table that is ordered asks again.
    """
    know(x, NAMED)
    return id(x)


def know(x: Any, values: Known) -> None:
    """Note a traced value among those that are known."""
    name = id(x)
    if name not in values:
        values[name] = weakref.ref(x, lambda _: values.pop(name, None))


def looks_up(frame: FrameType, *keys: Any) -> bool:
    """Tell whether a frame of hoad's looks into one of the program's tables, which have a key as itself."""
    code, at = frame.f_code, frame.f_code.co_code[frame.f_lasti]
    if not code.co_filename.startswith(OURS) or at == COMPARE:
        return False
    return at in LOOKUPS or any(map(is_told_apart, keys)) or calls_a_cache(frame)


def opcodes(*names: str) -> frozenset[int]:
    """The codes of instructions, as far as this version of Python has them."""
    return frozenset([dis.opmap[name] for name in names if name in dis.opmap])


CACHES: set[CodeType] = set()  # code of hoad's that calls a cache of functools, whose keys are what they are
LOOKUPS = opcodes(
    "BINARY_SUBSCR", "STORE_SUBSCR", "DELETE_SUBSCR", "CONTAINS_OP", "BUILD_MAP", "MAP_ADD", "DICT_UPDATE"
)


def keeps(frame: FrameType) -> bool:
    """Tell whether a frame looks for what the program has kept for its arguments."""
    lookup = asked_by(frame)
    if lookup is None or lookup.has_only(is_discrete):
        return False
    return lookup.kept is HERE or lookup.computes_what_is_missing()


def is_for_a_cache(frame: FrameType | None) -> bool:
    """Tell whether a cache of ``functools`` asks for a hash, of a key or of what it is a part of."""
    while frame is not None:
        if calls_a_cache(frame):
            return True
        if not is_between(frame.f_code):
            return False
        frame = frame.f_back
    return False


def asked_by(frame: FrameType | None) -> Lookup | None:
    """What is looked up where a key is asked for its hash, or whether it is another; None for no lookup."""
    while frame is not None and is_between(frame.f_code):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith(OURS):
        return None
    lookup = lookup_at(frame)
    return lookup.by_who_calls() if lookup.kept is ELSEWHERE else lookup


def is_between(code: CodeType) -> bool:
    """Tell whether code is of an object that is the key, or of a table of Python's library."""
    return code.co_name in OF_OBJECTS or code.co_filename.startswith(STANDARD)


def are_one_key(first: Any, second: Any, frame: FrameType | None) -> bool | None:
    """Tell whether two equal numbers, of which one is traced, are one key where a frame looks one up; None
    where it does not.

    Raises:
        EscapeError: nobody can tell.
    """
    if frame is not None and (has_ended(first) or has_ended(second)) and is_of_a_memo(frame):
        for ended, other in ((first, second), (second, first)):
            if has_ended(ended) and isinstance(other, Traced) and not has_ended(other):
                let_go(lookup_at(frame), ended)
        return tell_apart(first, second)  # soon: a memo may have many of them
    lookup = asked_by(frame)
    if lookup is None:
        return moves_alike(first, second) if frame is not None and looks_up(frame, first, second) else None
    if lookup.compares():
        return None
    keeping = lookup.kept is HERE or lookup.computes_what_is_missing()
    if not (keeping or lookup.kept is ELSEWHERE):
        if lookup.is_named() or not (is_told_apart(first) or is_told_apart(second)):
            return True if lookup.is_of_a_table() else None
        return moves_alike(first, second)
    if has_ended(first) or has_ended(second):
        return tell_apart(first, second)  # of what was kept in a derivative that is done
    if moves_alike(first, second) or lookup.finds(first, second, is_discrete):
        return True
    if not keeping:
        message = (
            f"a number that is being differentiated is looked up in a table that the program writes to, at "
            f"another place ({lookup.text}), and one of the same value is there: if what is kept are results "
            f"of an earlier call, clear it before; if they are constants, look hoad.primal(x) up"
        )
        raise refused(EscapeError(message), first, second)
    return tell_apart(first, second)


def are_one_key_of_numpy(first: Any, second: Any, frame: FrameType) -> bool | None:
    """The same of a table that has numbers of NumPy's, which ask ``np.equal`` whether they are equal; None,
    too, where hoad itself calls that.
    """
    code = frame.f_code
    if code.co_filename.startswith(OURS) and code.co_code[frame.f_lasti] not in LOOKUPS:
        return None
    return are_one_key(first, second, frame)


def tell_apart(*keys: Any) -> bool:
    """Note keys that are not one, though they are equal: a table that has both compares them at any time, as
    an ordered one does where the program goes over it.
    """
    for key in keys:
        if isinstance(key, Traced):
            know(key, APART)
    return False


def let_go(lookup: Lookup, key: Any) -> None:
    """Take out of a table what it has for a key of a derivative that is done: no other number is that key,
    but each one of its value is compared with it, in each derivative at the same point one more.
    """
    tell_apart(key)
    table = lookup.table()
    entry = lookup.entry(key) if table.__class__ is dict else None
    if entry is not None:
        with contextlib.suppress(KeyError):  # for it was stored as another object
            del table[entry[0]]


def is_told_apart(key: Any) -> bool:
    """Tell whether a key was found not to be one with another of the same value."""
    return id(key) in APART


def has_ended(x: Any) -> bool:
    """Tell whether a value was traced in a derivative that is done."""
    return isinstance(x, Traced) and unfinished(x) is not x


def is_discrete(value: Any) -> bool:
    """Tell whether a value has no derivative: a name, a count, a function."""
    if isinstance(value, (tuple, list, set, frozenset)):
        return all(map(is_discrete, value))
    return isinstance(value, DISCRETE) or (callable(value) and not isinstance(value, Traced))


def moves_alike(a: Any, b: Any) -> bool:
    """Tell whether two parts of traced values are known to have the same derivatives."""
    if a is b:
        return True
    if isinstance(a, Traced) and isinstance(b, Traced):
        if a.level is not b.level or a.__class__ is not b.__class__ or not a.differentiates:
            return False
        if hasattr(a.level, "program"):
            return moves_alike(a.primal, b.primal) and made_alike(a.level.program, a.slot, b.slot)
        return all([moves_alike(getattr(a, n, None), getattr(b, n, None)) for n in MOVING])
    if a.__class__ is not b.__class__ or isinstance(a, Traced):
        return not isinstance(a, Traced) and not isinstance(b, Traced) and is_equal_number(a, b)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(moves_alike, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all([moves_alike(a[n], b[n]) for n in a])
    known = getattr(a, "known", None)
    if known is not None and a.more is None and b.more is None:
        return moves_alike(known, b.known)
    return is_equal_number(a, b)


MOVING = ("primal", "tangent", "slot")
NUMBERS = (int, float, complex, np.generic, np.ndarray)


def is_equal_number(a: Any, b: Any) -> bool:
    """Tell whether both are the same plain numbers."""
    return isinstance(a, NUMBERS) and isinstance(b, NUMBERS) and np.array_equal(a, b)


def made_alike(program: Any, first: int, second: int) -> bool:
    """Tell whether two slots of a recorded program hold the same operation on the same slots."""
    if first == second:
        return True
    if program.__class__ is not list:
        return False
    a, b = entry_at(program, first), entry_at(program, second)
    return bool(a and b) and a[1] is b[1] and a[2] is not None and moves_alike(a[2:4], b[2:4])


def entry_at(program: list[Any], slot: int) -> list[Any]:
    """What stands in a recorded program for a slot: that, the pullback, its two arguments and the value."""
    low, high = 0, len(program) // 5
    while low < high:
        middle = (low + high) // 2
        if program[5 * middle] < slot:
            low = middle + 1
        else:
            high = middle
    found = program[5 * low : 5 * low + 5]
    return found if found and found[0] == slot else []
