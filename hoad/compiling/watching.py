"""What a recorded function does that a program can't do again: drawing random numbers, reading a clock,
printing, asking for input, opening files, writing into what it holds: arrays, lists, objects, variables of
others.
"""

from __future__ import annotations

import builtins
import cmath
import collections
import dis
import functools
import gc
import inspect
import math
import os
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..errors import RecordingWarning
from ..places import OURS, Place, is_of_a_library, shown

HOAD = OURS[0]
SUSPECTS = frozenset(
    {"random", "time", "input", "urandom", "now", "today", "eval", "exec", "getattr", "open", "print"}
)
INNOCENT = [np, math, cmath]
LARGEST = 100_000  # elements of a captured array that is compared
CLOCKS = frozenset(
    {time.time, time.time_ns, time.perf_counter, time.perf_counter_ns, time.monotonic, time.monotonic_ns,
     time.process_time, time.process_time_ns, time.thread_time}
)  # fmt: skip
DRAWS, READS = "draws random numbers", "reads a clock"
CALLED: dict[Any, str] = {
    **dict.fromkeys(CLOCKS, READS),
    builtins.input: "asks for input",
    os.urandom: DRAWS,
    builtins.open: "opens a file",
    builtins.print: "prints",
}
CONTAINERS = {list: "a list", dict: "a dictionary", set: "a set", collections.deque: "a deque"}
HEAP = 1 << 9  # the flag of classes that are not Python's own
SETS = frozenset({dis.opmap["STORE_GLOBAL"], dis.opmap["STORE_DEREF"]})


class watching:
    """``with watching(f):`` is a run of f that is recorded; it ends with a warning if f has done, at some
    line, what happens only while recording.

    Calls of functions in C are reported by Python (``sys.setprofile``), if nobody else has asked for that;
    generators of NumPy and arrays that f holds are compared with what they were.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.found: dict[str, Place] = {}
        self.seeded: set[int] = set()

    def __enter__(self) -> None:
        self.held = [
            (part, contents(part), place)
            for part, place in held_by(self.f, set())
            if contents(part) is not None
        ]
        self.drawn = state_of(np.random)
        self.before = sys.getprofile()
        self.looks = self.before is None and not is_innocent(self.f)
        if self.looks:
            sys.setprofile(self.look)

    def __exit__(self, *error: object) -> None:
        if self.looks:
            sys.setprofile(None)
        if error[0] is not None:
            return
        for part, old, place in self.held:
            if not same(contents(part), old):
                self.found.setdefault(written(part), place)
        if state_of(np.random) != self.drawn and DRAWS not in self.found:
            line = place_of(self.f, "random.")
            if line is not None and place_of(self.f, "random.seed(") is None:
                self.found[DRAWS] = line
        for what, place in self.found.items():
            if is_of_a_library(place[0]):  # which keeps what it has found out
                continue
            message = (
                f"the function {what}, at {shown(place)}; a compiled function does so once, while it is "
                f"recorded: what varies must be an argument, and what is kept a result"
            )
            warnings.warn_explicit(message, RecordingWarning, *place)

    def look(self, frame: Any, event: str, called: Any) -> None:
        """Called by Python at each call of a function written in C."""
        if event == "c_call":
            what = self.what(called, frame)
            place = users_line(frame) if what and what not in self.found else None
            if what and place is not None:
                self.found[what] = place

    def what(self, called: Any, frame: Any) -> str | None:
        """What a call does that no program can do again."""
        owner = getattr(called, "__self__", None)
        if owner.__class__ is random.Random:
            if called.__name__ == "setstate":
                self.seeded.add(id(owner))
            elif called.__name__ == "seed":  # by None, as each is made that is given nothing: by the system
                known = frame.f_locals.get("a") is not None
                (self.seeded.add if known else self.seeded.discard)(id(owner))
                return None
            return None if id(owner) in self.seeded else DRAWS
        if owner.__class__ is type and called.__name__ in ("now", "utcnow", "today"):
            return READS
        return CALLED.get(called) if owner.__class__.__name__ == "module" else None


def users_line(frame: Any) -> Place | None:
    """The line of the user's that has led to a call; None if that was one of hoad's, an import, or what a
    library has Python call when it collects garbage.
    """
    collecting = [getattr(call, "__code__", None) for call in gc.callbacks]
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(("<frozen importlib", HOAD)) or frame.f_code in collecting:
            return None
        if not is_of_a_library(file):
            return file, frame.f_lineno
        frame = frame.f_back
    return None


def contents(part: Any) -> Any:
    """What can be compared of an array, a container, an object, or a generator; None for all else."""
    if part.__class__ is np.ndarray:
        return part.copy() if part.dtype.kind in "fciub" and part.size <= LARGEST else None
    if part.__class__ in CONTAINERS:
        return members(part) if len(part) <= LARGEST else None
    if isinstance(part, np.random.Generator):
        return str(part.bit_generator.state)
    if isinstance(part, np.random.RandomState):
        return state_of(part)
    return members(part.read()) if part.__class__ is Variables else None


def members(held: Any) -> list[Any]:
    """The members of a container, by identity."""
    return [x for pair in held.items() for x in pair] if isinstance(held, dict) else [*held]


def written(part: Any) -> str:
    """What was done to a part that is not what it was."""
    if part.__class__ is np.ndarray:
        return "writes into an array that it holds"
    if part.__class__ in CONTAINERS:
        return f"writes into {CONTAINERS[part.__class__]} that it holds"
    return part.what if part.__class__ is Variables else DRAWS


class Variables:
    """Names that are bound elsewhere: those of a module, those that a function captured, attributes.

    Args:
        read: gives what they are bound to.
        what: is done by who binds them.
    """

    def __init__(self, read: Callable[[], dict[str, Any]], what: str) -> None:
        self.read = read
        self.what = what


def set_by(f: FunctionType) -> Iterator[Variables]:
    """The variables that a function of the user's may set, which are not its own: a library keeps what it has
    found out there, as ``functools.singledispatch`` does.
    """
    file = f.__code__.co_filename
    if SETS.isdisjoint(f.__code__.co_code[::2]) or file.startswith(HOAD) or is_of_a_library(file):
        return
    names = [n for n in f.__code__.co_names if n in f.__globals__]
    yield Variables(lambda: {n: f.__globals__.get(n) for n in names}, "sets a global variable")
    cells = [c for c in f.__closure__ or () if has_contents(c)]
    captured = lambda: {str(k): c.cell_contents for k, c in enumerate(cells) if has_contents(c)}
    yield Variables(captured, "sets a variable that it has captured")


def state_of(legacy: Any) -> str:
    """The state of one of NumPy's older generators."""
    name, keys, *rest = legacy.get_state()
    return f"{name} {hash(keys.tobytes())} {rest}"


def same(new: Any, old: Any) -> bool:
    """Tell whether contents are what they were."""
    if isinstance(old, str):
        return bool(new == old)
    if isinstance(old, list):
        return len(new) == len(old) and all([a is b for a, b in zip(new, old, strict=True)])
    return bool(np.array_equal(new, old, equal_nan=old.dtype.kind in "fc"))


def functions_of(f: Any, seen: set[int]) -> Iterator[FunctionType]:
    """The functions that a function is made of, and those that it holds."""
    for part, _ in held_by(f, seen):
        if isinstance(part, FunctionType):
            yield part


def place_of(f: Any, text: str) -> Place | None:
    """The first line of a function, or of those that it holds, in which a text stands."""
    for function in functions_of(f, set()):
        if is_of_a_library(function.__code__.co_filename):
            continue
        try:
            lines, start = inspect.getsourcelines(function)
        except (OSError, TypeError):
            continue
        for k, line in enumerate(lines):
            if text in line:
                return function.__code__.co_filename, max(start, 1) + k
    return None


def held_by(f: Any, seen: set[int]) -> Iterator[tuple[Any, Place]]:
    """A function, what it holds, and what the functions in that hold, with the line where each is named."""
    if id(f) in seen:
        return
    seen.add(id(f))
    parts: dict[str, Any] = {}
    if isinstance(f, functools.partial):
        parts = {"partial": f.func, **{str(k): a for k, a in enumerate(f.args)}, **f.keywords}
    elif isinstance(f, MethodType):
        yield from attributes_of(f.__self__, f.__func__)
        parts = {f.__func__.__name__: f.__func__, **getattr(f.__self__, "__dict__", {})}
    elif isinstance(f, FunctionType):
        yield f, (f.__code__.co_filename, f.__code__.co_firstlineno)
        code = f.__code__
        held = [c.cell_contents if has_contents(c) else None for c in f.__closure__ or ()]
        is_ours = code.co_filename.startswith(HOAD)  # what these have found out is there
        parts = {} if is_ours else globals_of(f)
        parts |= dict(zip(code.co_freevars, held, strict=True))
        parts |= {str(k): a for k, a in enumerate(f.__defaults__ or ())}
        for variables in set_by(f):
            yield variables, (code.co_filename, code.co_firstlineno)
    elif hasattr(f, "_form"):
        parts = {"f": f._f}
    elif isinstance(inspect.getattr_static(type(f), "__call__", None), FunctionType) and hasattr(
        f, "__dict__"
    ):
        yield from attributes_of(f, type(f).__call__)
        parts = {"__call__": type(f).__call__, **f.__dict__}
    for name, part in parts.items():
        if contents(part) is not None:
            yield part, line_of(f, name)
        elif is_users(part):
            yield from attributes_of(part, f)
        elif isinstance(part, (FunctionType, MethodType, functools.partial)) or hasattr(part, "_form"):
            yield from held_by(part, seen)


def globals_of(f: FunctionType) -> dict[str, Any]:
    """What a function names of its module."""
    return {n: f.__globals__[n] for n in f.__code__.co_names if n in f.__globals__}


def attributes_of(held: Any, f: Any) -> Iterator[tuple[Any, Place]]:
    """The attributes of an object."""
    if is_users(held):
        name = getattr(f, "__name__", "")
        what = "sets an attribute of an object that it holds"
        yield Variables(lambda: dict(held.__dict__), what), line_of(f, name)


def is_users(part: Any) -> bool:
    """Tell whether a part is an object with attributes, of a class that somebody has written."""
    cls = type(part)
    return (
        hasattr(part, "__dict__")
        and isinstance(part.__dict__, dict)
        and cls.__flags__ & HEAP != 0
        and (not isinstance(part, (type, FunctionType, ModuleType)) and not hasattr(part, "_form"))
    )


def is_innocent(f: Any) -> bool:
    """Tell whether all that a function names is known to do nothing but calculate: looking takes time."""
    functions = list(functions_of(f, set()))
    for function in functions:
        for name in function.__code__.co_names:
            held = function.__globals__.get(name)
            known = held is None or isinstance(held, (FunctionType, np.ndarray, float, int, np.ufunc))
            if name in SUSPECTS or not (known or any([held is m for m in INNOCENT])):
                return False
    return bool(functions)


def line_of(f: Any, name: str) -> Place:
    """The first line of a function after its head in which a name stands."""
    function = getattr(f, "__func__", f)
    code = getattr(function, "__code__", None)
    if code is None:
        return ("?", 0)
    try:
        lines = inspect.getsourcelines(function)[0]
    except (OSError, TypeError):
        lines = []
    found = [k for k, line in enumerate(lines) if name in line]
    return code.co_filename, code.co_firstlineno + (found[0] if found else 0)


def has_contents(cell: Any) -> bool:
    """Tell whether a captured variable has a value already."""
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
