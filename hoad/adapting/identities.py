"""Comparisons of identities, ``a is b``, in a run that is recorded. Between objects of the program's own they
are the same in each run; of numbers they may not be: what is True in one run is a recorded value in another.
"""

from __future__ import annotations

import builtins
import numbers
import types
from typing import Any

from ..nested import Traced

LOADS = frozenset({
    "LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_GLOBAL",
    "LOAD_NAME", "LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "STORE_FAST_LOAD_FAST",
})  # fmt: skip
# What there is one of, and what nobody makes of numbers.
OWN = frozenset({object, list, dict, set, type, types.FunctionType, types.MethodType, type(None), type(...)})
HEAP = 1 << 9  # the flag of classes that are not Python's own
Compared = dict[tuple[Any, ...], dict[int, tuple[str, ...]]]  # variables, by a code and the place in it


def place_of(code: types.CodeType) -> tuple[Any, ...]:
    """What tells a code from others, and is the same where hoad has written some of its instructions anew."""
    return code.co_filename, code.co_firstlineno, code.co_name, code.co_varnames, code.co_freevars


def variables(steps: list[Any]) -> tuple[str, ...] | None:
    """The variables that the last two values on the stack were read from; None if they were not."""
    found: list[str] = []
    for step in reversed(steps):
        if step is None or step.opname not in LOADS:
            return None
        names = step.argval if step.argval.__class__ is tuple else (step.argval,)
        found += names[-1:] if step.opname.startswith("STORE") else names[::-1]  # the last is on top
        if len(found) >= 2:
            return tuple(found[:2])
    return None


def is_own(value: Any) -> bool:
    """Tell whether a value is an object of the program's, and no number."""
    kind = value.__class__
    if kind in OWN:
        return True
    of_theirs = kind.__module__.partition(".")[0] in ("hoad", "numpy")
    return bool(kind.__flags__ & HEAP) and not of_theirs and not isinstance(value, (Traced, numbers.Number))


def told_apart(frame: Any, names: tuple[str, ...]) -> bool:
    """Tell whether one of two variables of a frame holds an object of the program's."""
    return any([is_own(value_of(frame, name)) for name in names])


def value_of(frame: Any, name: str) -> Any:
    """What a variable of a frame holds."""
    for names in (frame.f_locals, frame.f_globals, vars(builtins)):
        if name in names:
            return names[name]
    return 0.0  # nobody knows
