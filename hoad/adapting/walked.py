"""The way that a run takes: which instructions of a program it carries out.

What a program does in a branch that is not taken, or where it handles an error that is not raised, says
nothing about the run. So where the code as a whole is not known to do nothing but compute, the instructions
that were carried out may be; and a later run goes the same way, if all that it reads is as it was.
"""

from __future__ import annotations

import dis
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import RecordingError
from ..places import OURS
from .builtins import get_attribute
from .identities import Compared, place_of, told_apart

ASKING = get_attribute.__code__  # of what stands for ``getattr`` in a derivative
Names = dict[tuple[Any, ...], set[str]]
Steps = dict[tuple[Any, ...], set[int]]  # offsets of instructions, by the places of codes
LEFT = (OURS[0], "<hoad")  # where code is that stands for something else
LONGEST = 1_000_000  # instructions: what carries out more has more operations than are recorded
ENDS = ("RETURN", "RAISE", "RERAISE", "JUMP", "FOR_ITER", "SEND")  # after which the next one may not come


class Way:
    """The instructions that a run has carried out.

    Attributes:
        steps: of each code.
        names: the attributes that it asked ``getattr`` for, of each code.
        left: how many more are noted.
    """

    def __init__(self) -> None:
        self.steps: Steps = {}
        self.names: Names = {}
        self.left = LONGEST

    def add(self, other: Way) -> None:
        """Take the instructions of another one in."""
        for place, steps in other.steps.items():
            self.steps.setdefault(place, set()).update(steps)
        for place, names in other.names.items():
            self.names.setdefault(place, set()).update(names)
        self.left = min(self.left, other.left)

    def is_along(self, steps: Steps, asked: Names) -> bool:
        """Tell whether it goes by known instructions alone, of the codes that are named."""
        along = all([found <= steps[place] for place, found in self.steps.items() if place in steps])
        return along and all([n <= asked[place] for place, n in self.names.items() if place in asked])

    def within(self, code: types.CodeType) -> set[int]:
        """The instructions of a code that were carried out; those after them, too, where nothing jumps."""
        if code.co_filename.startswith(LEFT):
            return set(range(len(code.co_code)))
        key = place_of(code)
        seen = self.steps.get(key, ())
        found = set(seen)  # where hoad has written one anew, there are several in the place of it
        goes_on = False
        for step in dis.get_instructions(code):
            if goes_on or step.offset in seen:
                found.add(step.offset)
                goes_on = not any([end in step.opname for end in ENDS])
            else:
                goes_on = False
        return found


@contextmanager
def walked(way: Way) -> Iterator[None]:
    """Note the way that what runs within the context takes.

    Args:
        way: to which it is added.
    """
    steps = way.steps

    def seen(frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code is ASKING:
            way.names.setdefault(place_of(frame.f_back.f_code), set()).add(frame.f_locals["name"])
        if frame.f_code.co_filename.startswith(LEFT):
            return None
        add = steps.setdefault(place_of(frame.f_code), set()).add

        def noted(frame: Any, event: str, arg: Any) -> Any:
            if event == "opcode":
                add(frame.f_lasti)
            way.left -= 1
            if way.left < 0:
                sys.settrace(None)
            return noted

        return told_of(frame, noted)

    with traced_by(seen):
        yield
    if not all(steps.values()):  # Python has told nothing of a code that has run
        way.left = -1


@contextmanager
def watched(compared: Compared, steps: Steps, asked: Names) -> Iterator[None]:
    """Look at what a run does within the context.

    Args:
        compared: what is compared by identity, by the places of codes and of instructions in them.
        steps: the instructions that it may carry out, of those codes that are named.
        asked: the attributes that it may ask ``getattr`` for, of those codes.

    Raises:
        RecordingError: there were numbers on both sides of a comparison, or the run took another way.
    """
    if not compared and not steps:
        yield
        return
    wrong: list[str] = []
    silent: set[tuple[Any, ...]] = set()  # codes that have run, of whose instructions nothing was told

    def seen(frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code is ASKING:
            of_caller = asked.get(place_of(frame.f_back.f_code))
            if of_caller is not None and frame.f_locals["name"] not in of_caller:
                wrong.append("it asks getattr for another attribute while it is recorded")
        place = place_of(frame.f_code)
        names, known = compared.get(place, {}), steps.get(place)
        if not names and known is None:
            return None
        silent.add(place)

        def looked(frame: Any, event: str, arg: Any) -> Any:
            at = frame.f_lasti
            if event == "opcode":
                silent.discard(place)
            if event == "opcode" and at in names and not told_apart(frame, names[at]):
                wrong.append(f"it compares identities of numbers: {' is '.join(names[at])}")
            if event == "opcode" and known is not None and at not in known:
                wrong.append(f"it goes another way in {frame.f_code.co_name} while it is recorded")
            return looked

        return told_of(frame, looked)

    with traced_by(seen):
        yield
    if silent:
        wrong.append("its instructions can't be followed")
    if wrong:
        raise RecordingError(wrong[0])


def told_of(frame: Any, looked: Any) -> Any:
    """Let Python tell a function of each instruction of a frame; 3.13 does so only where the frame has it."""
    frame.f_trace = looked
    frame.f_trace_opcodes, frame.f_trace_lines = True, False
    return looked


@contextmanager
def traced_by(seen: Any) -> Iterator[None]:
    """Let Python tell of each call within the context."""
    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # or Python 3.12 tells of instructions from the next time on
    sys.settrace(seen)
    try:
        yield
    finally:
        sys.settrace(before)
