"""Traced numbers in sets and as keys.

In a set, numbers count by their values: ``{x, y, x}`` has two elements. As keys of a dictionary they count by
what they are: a table of results that the program keeps by the values of its arguments must not give what
it has for one argument to another of the same value, which has another derivative. Python asks for one
hash in both cases, so the instruction that asks tells which it is.
"""

from __future__ import annotations

import dis
import functools
from types import CodeType, FrameType
from typing import Any

from ..nested import Traced, primal, refused

MAKERS = frozenset({"BUILD_SET", "SET_ADD", "SET_UPDATE"})
CALLS = frozenset({"CALL", "PRECALL", "CALL_KW", "CALL_FUNCTION_EX"})
LOADS = ("LOAD_FAST", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_NAME")
# What is called by these names looks into a set, or counts elements.
OF_SETS = frozenset({"set", "frozenset", "fromkeys", "_count_elements"}).union(
    [n for n in dir(set) if not n.startswith("_")]
) - {"clear", "copy", "pop", "update"}
Variable = tuple[str, ...]  # a name, and those of attributes


def hashed(x: Any, frame: FrameType) -> int:
    """The hash of a traced value that some code asks for."""
    if x.shape or not looks_into_a_set(frame):
        return id(x)
    value = primal(x)
    if isinstance(value, Traced) and value.has_members:
        message = "a batch has no single hash: a set would hold other elements for each of its members"
        raise refused(TypeError(message), x)
    return hash(value)


def looks_into_a_set(frame: FrameType) -> bool:
    """Tell whether the instruction at which a frame stands makes a set, or looks into one."""
    told = looked_into(frame.f_code, frame.f_lasti)
    if isinstance(told, bool):
        return told
    first, *attributes = told
    value = frame.f_locals.get(first, frame.f_globals.get(first))
    for name in attributes:
        value = getattr(value, "__dict__", {}).get(name)
    return isinstance(value, (set, frozenset))


@functools.lru_cache(maxsize=1024)
def looked_into(code: CodeType, offset: int) -> bool | Variable:
    """Whether an instruction looks into a set; the variable that it looks into, where that decides."""
    before = [step for step in dis.get_instructions(code) if step.offset <= offset]
    step = before.pop()
    if step.opname in CALLS:
        return callee(before, step) in OF_SETS
    if step.opname != "CONTAINS_OP":
        return step.opname in MAKERS
    attributes = []
    while before[-1].opname == "LOAD_ATTR":
        attributes.append(before.pop().argval)
    loading = before[-1]
    if not loading.opname.startswith(LOADS):
        return loading.opname == "BUILD_SET" or isinstance(loading.argval, frozenset)
    name = loading.argval if isinstance(loading.argval, str) else loading.argval[-1]  # one, or two at once
    return (name, *reversed(attributes))


def callee(before: list[dis.Instruction], call: dis.Instruction) -> Any:
    """The name of what is called: the last that is loaded where the text of the call begins."""
    named = [step for step in before if isinstance(step.argval, str) and begins_with(step, call)]
    return named[-1].argval if named else ""


def begins_with(step: dis.Instruction, call: dis.Instruction) -> bool:
    """Tell whether the texts of two instructions begin at the same place."""
    here, there = step.positions, call.positions
    return bool(here and there and here[::2] == there[::2])  # line and column; not where they end
