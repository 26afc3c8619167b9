"""Calls of what no global name or attribute says: of a parameter, a local variable, an element of a list.

It may be a class of numbers (``kind = float``, then ``kind(x)``), which is known only when it is called. So
such a call, of one argument, is made through ``call``. Until Python 3.12, NULL is pushed before what is
called, which says that no object goes before the arguments: there ``call`` stands, and what is called becomes
its first argument. Later it is pushed after it, so the call itself becomes a comparison, which is answered by
``THROUGH``: ``(f, THROUGH, x) < THROUGH`` is ``f(x)``.
"""

from __future__ import annotations

import dis
import sys
import types
from collections.abc import Sequence, Set
from typing import Any

from .builtins import CALLED
from .lookups import BETWEEN
from .replacements import CLASSES

Step = tuple[int, int, dis.Instruction]  # where it begins and ends, in units of two bytes
NULL_IS_FIRST = sys.version_info < (3, 13)  # what stands for no object, before what is called or after it
CALL = "PRECALL" if sys.version_info < (3, 12) else "CALL"
OTHER_CALLS = frozenset(["CALL_FUNCTION_EX", "CALL_KW"])
LOCAL = frozenset([
    "LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_DEREF", "LOAD_FAST_LOAD_FAST",
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "STORE_FAST_LOAD_FAST",
])  # fmt: skip
STORED = frozenset(["STORE_FAST", "STORE_DEREF", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"])
MADE = frozenset(["MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE"])
ONWARD = frozenset(["JUMP_FORWARD", "RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS"])  # never to what is next
LOOPS = frozenset(["FOR_ITER", "SEND", "YIELD_VALUE", "RERAISE", "END_FOR", "LOAD_BUILD_CLASS"])

OF_NUMBERS = CLASSES | {float: CALLED["float"], complex: CALLED["complex"], type: CALLED["type"]}


def call(f: Any, x: Any) -> Any:
    """``f(x)``, where f may be a class of numbers."""
    if f.__class__ is type and f in OF_NUMBERS:
        return OF_NUMBERS[f](x)
    return f(x)


class Through:
    """What makes a call in the words of a comparison."""

    __slots__ = ()

    def __gt__(self, parts: Any) -> Any:
        return call(parts[0], parts[2])


THROUGH = Through()
BETWEEN.update([call.__code__, Through.__gt__.__code__])


def unnamed_call(steps: Sequence[Step], k: int, functions: Set[str]) -> int | None:
    """The call that an instruction pushes the NULL of, if ``call`` may make it.

    Args:
        steps: all instructions.
        k: which it is.
        functions: the variables that are known to hold functions.

    Returns:
        Which instruction it is; None for others.
    """
    loaded = steps[k + 1 if NULL_IS_FIRST else k - 1][2]
    names = loaded.argval if loaded.argval.__class__ is tuple else (loaded.argval,)
    if (loaded.opname in LOCAL and names[-1] in functions) or steps[k][1] - steps[k][0] != 1:
        return None
    return call_of(steps, k)


def call_of(steps: Sequence[Step], k: int) -> int | None:
    """Which instruction makes the call that a NULL belongs to, of one argument by its place; None for others
    and where that is not plain. The stack is followed, above what was on it before.
    """
    depth: int | None = 1 if NULL_IS_FIRST else 2
    waiting: dict[int, int] = {}  # how deep it is where a jump leads
    for j in range(k + 1, len(steps)):
        start, _, step = steps[j]
        depth = waiting.pop(2 * start, depth)
        if depth is None or depth < 1 or step.opname in LOOPS:
            return None
        if step.opname == CALL and depth == (step.arg or 0) + 2:
            return j if step.arg == 1 and steps[j - 1][2].opname != "KW_NAMES" else None
        if step.opname in OTHER_CALLS and depth <= (step.arg or 0) + 3:
            return None
        if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
            if step.argval <= step.offset:
                return None
            waiting[step.argval] = depth + dis.stack_effect(step.opcode, step.arg, jump=True)
        on = step.opname not in ONWARD
        depth = depth + dis.stack_effect(step.opcode, step.arg, jump=False) if on else None
    return None


def functions_among(code: types.CodeType, steps: Sequence[Step]) -> set[str]:
    """The variables of a code object in which nothing is ever stored but functions that are defined there."""
    kept = {n for n, step in enumerate(steps) if step[2].opname in MADE}
    made, others = set[str](), set[str]()
    for n, (_, _, step) in enumerate(steps):
        if step.opname in STORED:
            names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
            (made if n - 1 in kept and len(names) == 1 else others).update(names)
    return made - others - {*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]}
