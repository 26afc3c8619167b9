"""What SciPy computes of plain numbers, as one operation of a program that is recorded.

A solver takes steps that nobody records: it is C, or stops where the numbers say so. But the rule for its
derivative asks for nothing but what it found. So where the plain values of a call are noted
(``kinds/recorded.py``), SciPy's call is one operation, of the numbers that go into it by its arguments and by
what its functions captured; and what is done with its result is recorded as all else. To carry the operation
out again, the same call is made with other numbers in their places.

That is the same call only if nothing else in it has changed: what its functions hold is compared before and
after each (``adapting/pure.py``), as is all that is found and is no number. Where something differs there is
an error, and the function is run as it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..adapting.pure import Program
from ..adapting.same import SCALARS, Test
from ..chainrules.doors import outside
from ..chainrules.statements import Constant
from ..errors import RecordingError
from ..kinds.recorded import Recorded
from ..kinds.recording import Node, Recording
from ..nested import INSIDE, Traced, refused
from ..values.captures import traced_in, with_changed

Function = Callable[..., Any]
NUMBERS = (float, complex, int, bool, np.generic)


def apart(compute: Function, things: Any) -> Any:
    """``compute(*things)``, outside of all derivatives; of values that are noted, one operation.

    Args:
        compute: depends on its arguments alone, and gives numbers and arrays, in tuples and results of
            SciPy's.
        things: no derivative is taken of what they hold.
    """
    noted: list[Any] = list({id(t): t for t in traced_in(things) if t.noted}.values())
    return Again(compute, things, noted).noted(noted) if noted else outside(compute)(*things)


class Again:
    """A computation that can be done again with other numbers in the places of those that were noted.

    Args:
        compute: what is done.
        things: its arguments.
        noted: the values in those.
    """

    def __init__(self, compute: Function, things: Any, noted: list[Recorded]) -> None:
        self.compute = compute
        level = Recording()  # an empty one, so that the program of this run is not kept
        places = {id(t): Recorded(level, t.seen, Node("input", 0, {}, t.seen)) for t in noted}
        self.things = with_changed(things, lambda t: places[id(t)] if t.noted else t)
        self.places = [id(place) for place in places.values()]
        self.changing = [bool(traced_in(thing)) for thing in self.things]
        self.is_same = unchanged(self.things)
        self.pattern: Any = None

    def __call__(self, *numbers: Any) -> tuple[Any, ...]:
        if any([isinstance(x, Traced) for x in numbers]):  # C would print the error before it raises one
            raise RecordingError("a solver is asked again with plain numbers alone")
        at = dict(zip(self.places, numbers, strict=True))
        things = [
            with_changed(thing, lambda t: at[id(t)]) if changes else thing
            for thing, changes in zip(self.things, self.changing, strict=True)
        ]
        self.check()
        token = INSIDE.set(False)
        try:
            found = self.compute(*things)
        finally:
            INSIDE.reset(token)
        self.check()
        leaves: list[Any] = []
        pattern = taken_apart(found, leaves)
        if self.pattern is None:
            self.pattern = pattern
        elif self.pattern != pattern:
            raise RecordingError("it found something of another form")
        return tuple(leaves)

    def check(self) -> None:
        """What the functions hold must be what it was when this was made."""
        if not self.is_same(self.things):
            raise RecordingError("a function that was given to a solver writes into what it holds")

    def noted(self, noted: list[Recorded]) -> Any:
        """What is found, as values of the program."""
        rule = Constant(self, self.compute.__name__)
        level: Recording = noted[0].level
        if not level.is_final:
            raise refused(RecordingError("it asks a solver, whose steps can't be recorded"), *noted)
        leaves = noted[0].process(rule, tuple(noted), {})
        return put_together(self.pattern, iter(leaves))


class Held(Program):
    """What the functions of a call hold, with places for numbers in it."""

    def other(self, value: Any) -> Test:
        """The test of what is no data."""
        return (lambda now: now is value) if isinstance(value, Traced) else super().other(value)


def unchanged(things: Any) -> Test:
    """A test that tells whether what some functions hold is what it was.

    Raises:
        RecordingError: nobody can tell.
    """
    program = Held()
    try:
        test = program.test(things, "what a solver was given")
        program.check()
    except LookupError as error:
        raise RecordingError(f"of a function that was given to a solver: {error}") from None
    if program.compared:
        raise RecordingError("a function that was given to a solver compares identities")
    return test


# ------------------------------------------------------------------------------------------------------------
# What is found, taken apart to numbers
# ------------------------------------------------------------------------------------------------------------


def taken_apart(found: Any, leaves: list[Any]) -> Any:
    """The pattern of something that was found: equal for two that differ in numbers alone.

    Args:
        found: numbers, arrays, tuples, lists and dictionaries, results of SciPy's among them.
        leaves: the numbers and arrays are added to it.
    """
    kind = found.__class__
    if isinstance(found, NUMBERS) or (kind is np.ndarray and found.dtype.kind in "fciub"):
        leaves.append(found)
        return kind, np.shape(found), getattr(found, "dtype", None)
    if isinstance(found, (tuple, list)):
        return kind, [taken_apart(part, leaves) for part in found]
    if isinstance(found, dict):
        return kind, {name: taken_apart(part, leaves) for name, part in found.items()}
    return (found,) if kind in SCALARS else (Hidden,)


def put_together(pattern: Any, leaves: Any) -> Any:
    """Something of a pattern, with other numbers."""
    if len(pattern) == 1:
        return Hidden() if pattern[0] is Hidden else pattern[0]
    if len(pattern) == 3:
        return next(leaves)
    kind, parts = pattern
    if isinstance(parts, dict):
        made: Any = kind.__new__(kind)
        made.update({name: put_together(part, leaves) for name, part in parts.items()})
        return made
    row = [put_together(part, leaves) for part in parts]
    return kind(*row) if hasattr(kind, "_fields") else kind(row)


class Hidden:
    """What a solver found, and is no number: another call may find another."""

    def __getattr__(self, name: str) -> Any:
        raise RecordingError(f"it reads {name} of what a solver found, which is no number")

    def __call__(self, *args: Any) -> Any:
        raise RecordingError("it calls what a solver found")


def plain_array(x: Any) -> Any:
    """An array of plain numbers, which may be noted."""
    return x if isinstance(x, Traced) else np.asarray(x)
