"""What is learned of a function that an operator is called on again and again: a program, as ``hoad.compile``
records one, without being asked.

``hoad.compile`` trusts the user that a function depends on its arguments alone. Here nobody has said so: it
is done only where the function's code shows it (``adapting/pure.py``), and what the function holds is
compared at each call with what it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from ..adapting.pure import pure
from ..adapting.same import LARGEST, same_as
from ..adapting.walked import Way, walked, watched
from ..errors import RecordingError
from ..program.sources.numpy_source import MISSED
from ..running import often
from ..running.made import Made
from ..running.often import Often
from .direct import direct
from .objects import missing
from .signature import NUMBERS, ONE_BY_ONE, described
from .variant import Variant, missed, recorded

try:  # the object that holds what NumPy does about floating-point errors
    from numpy._core.umath import _extobj_contextvar

    errors = _extobj_contextvar.get
except ImportError:
    errors = np.geterr

MOST_OPERATIONS = 20_000
LOCK = threading.Lock()
WALKS = 4  # looks at the instructions that a run carries out, until one is known
VARIANTS = 4  # programs for different ways through its branches
# Machine code is made after as many calls as cost about as much: a call of NumPy's code costs some 15 µs and
# 0.6 µs an operation, machine code 50 ms and 0.25 ms an operation.
CALL, CALL_OPERATION, CODE, CODE_OPERATION = 15.0, 0.6, 50_000.0, 250.0


class AsWritten(Made):
    """An operator on a function, which is run.

    Args:
        calls: those of it.
        f: the function.
        options: what the operator was given beside.
    """

    def __init__(self, calls: Often, f: Any, options: dict[str, Any]) -> None:
        super().__init__(calls.form, f, options)
        self._moving = calls.moving

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        n = 1 + len(self._moving)
        options = {**self._options, **dict(zip(self._moving, args[1:n], strict=True))}
        return self._form.as_written(self._f, (args[0], *args[n:]), kwargs, options)


class Learned:
    """The programs of a pure function under an operator.

    Args:
        calls: those that came.
        f: the function.
        options: of the operator.

    Attributes:
        walks: how often that was looked at.
        seen: the way that it was seen to take, where its code as a whole is not known to be pure.
        is_same: tells whether a function, and what it holds, is what it was, with the same lists and arrays.
        is_alike: where not, whether it is so with others.
        program: what is known of it beside.
    """

    def __init__(self, calls: Often, f: Any, options: dict[str, Any]) -> None:
        self.often, self.options = calls, options
        self.seen: Way | None = None
        self.program: Any = None
        self.walks = 0
        try:
            self.is_same, self.is_alike, self.program = pure(f)
        except LookupError:  # the instructions that it carries out may be
            self.seen = Way()
        self.variants: list[Variant] = []
        self.head: Callable[..., Any] = missed
        self.left = 0  # calls until there is machine code
        self.way = self.answer
        self.misses = 0
        self.is_doubted = False  # whether it was found to answer too few calls before others came
        self.is_bare = True  # whether the result is as the code returns it: one, or a tuple
        self.errors, self.state = errors(), np.geterr()

    def holds(self, f: Any) -> bool:
        """Tell whether a function is this one, and all that it holds as it was."""
        return bool(self.is_same(f) or self.is_alike(f))

    def recorded(self, f: Any, args: Any) -> tuple[Any, Variant | None]:
        """The value at a point, by running the function; and if nothing was done by that but to compute, a
        second run, which notes what it does.
        """
        operator, arrays = AsWritten(self.often, f, self.options), [a for a in args if is_small(a)]
        given = same_as(arrays)
        way, known = Way(), self.program is not None and self.holds(f)
        with walked(way) if self.seen is not None else nullcontext():
            value = operator(*args)  # an error is the caller's
        if self.seen is not None and not (known and way.is_along(self.program.steps, self.program.asked)):
            self.look(self.seen, way, f)
            return value, None
        if self.program.has_order and any([a.ndim > 1 for a in arrays]):  # each may lie there in another one
            self.often.wait("it may ask in which order its arguments lie in memory")
            return value, None
        variant = None
        if self.holds(f) and given(arrays) and np.geterr() == self.state:
            try:
                variant = self.record(f, operator, args)
            except RecordingError as error:  # at another point it may be another
                self.often.wait(str(error))
            except Exception as error:  # whatever it is, the function runs as it is written
                self.often.give_up(str(error))
            if self.holds(f) and given(arrays) and np.geterr() == self.state:
                return value, variant
            operator(*args)  # which puts there what it did before
        self.often.give_up("it writes into what it holds")
        return value, None

    def look(self, seen: Way, way: Way, f: Any) -> None:
        """Look at the instructions that a run carried out; if they do nothing but compute, the next run may
        be noted.
        """
        seen.add(way)
        self.walks += 1
        try:
            if seen.left < 0:
                raise LookupError("it carries out more instructions than are looked at")
            self.is_same, self.is_alike, self.program = pure(f, seen)
        except LookupError as error:  # at another point it may go another way
            return self.often.wait(str(error))
        except Exception as error:  # whatever it is, the function runs as it is written
            return self.often.give_up(str(error))
        if self.walks >= WALKS:
            self.often.wait("it goes another way at each call")
        elif not self.variants:
            self.often.look_again(self)

    def record(self, f: Any, operator: AsWritten, args: Any) -> Variant:
        """The program of a run.

        Raises:
            RecordingError: it can't be noted.
        """
        call = described(list(args), ONE_BY_ONE, ONE_BY_ONE)
        names = [f"x{k}" for k in range(len(args))]
        title = f.__name__ if f.__name__.isidentifier() else "learned"
        with watched(self.program.compared, self.program.steps, self.program.asked):
            variant, _ = recorded(operator, call, names, title, MOST_OPERATIONS, None, False, LARGEST, True)
        if variant.rest or (self.variants and self.variants[0].structure != variant.structure):
            raise LookupError("there is something else in its result than numbers and arrays")
        return variant

    def add(self, variant: Variant) -> None:
        """Let a program answer, besides others."""
        self.variants.append(variant)
        self.is_bare = variant.is_bare()
        self.make() if not self.left else self.join()

    def make(self) -> None:
        """Make machine code of the programs."""
        if not missing():
            for variant in self.variants:
                if variant.native is None and not variant.why_plain:
                    variant.make_native(tells=False)  # nobody asked for code
        self.join()

    def join(self) -> None:
        """Put the programs one behind the other: what one can't answer, the next may."""
        self.head = missed
        for variant in self.variants:
            native = variant.native
            self.head = direct(variant, self.head) if native is None else native.function(self.head)

    def meanwhile(self, f: Any, args: Any) -> Any:
        """The value at a point by NumPy's code, until machine code is worth its making."""
        self.left -= 1
        if self.left <= 0 and LOCK.acquire(blocking=False):
            try:
                self.left, self.way = 0, self.answer
                self.make()
                self.often.ask(self)
            finally:
                LOCK.release()
        return self.answer(f, args)

    def answer(self, f: Any, args: Any) -> Any:
        """The value at a point; None if the function must run."""
        if not self.is_same(f) and not self.is_alike(f):
            return self.another(f, args)
        if errors() is not self.errors and np.geterr() != self.state:
            return None
        found = self.head(*args)
        if found is MISSED:
            found = self.head(*[np.ascontiguousarray(a) if a.__class__ is np.ndarray else a for a in args])
        if found is MISSED:
            return self.missed(f, args)
        return found if self.is_bare else self.variants[0].value(found)

    def another(self, f: Any, args: Any) -> Any:
        """The value at a point of another function of this code, if it is known; or it is looked at when it
        has come often.
        """
        calls = self.often
        for other in calls.known:
            if other is not self and other.holds(f):
                calls.ask(other)
                return other.way(f, args)
        calls.count += 1
        if calls.count < calls.wanted:
            return None
        last = calls.known[-1]
        if not last.is_doubted and last.hits() < calls.wanted:
            last.is_doubted = True
            return calls.wait("what it holds changes")
        return looked(calls, f, args, self.options)

    def hits(self) -> int:
        """How many calls it has answered."""
        return sum([variant.calls for variant in self.variants])

    def missed(self, f: Any, args: Any) -> Any:
        """There is no program for a call: None, or the value, if it was run to get one."""
        self.misses += 1
        if self.misses % often.SIGHTS:
            return None
        if self.misses > self.hits():
            self.often.forget(self, "most calls take other branches, or have values that are not finite")
        elif len(self.variants) < VARIANTS and are_numbers(args) and LOCK.acquire(blocking=False):
            try:
                value, variant = self.recorded(f, args)
                if variant is not None:
                    self.add(variant)
                return value
            finally:
                LOCK.release()
        return None

    def __repr__(self) -> str:
        later = f"; machine code after {self.left} more calls" if self.left > 0 else ""
        return ", ".join(map(repr, self.variants)) + later


def looked(calls: Often, f: Any, args: Any, options: dict[str, Any]) -> Any:
    """Record a program of a call that has come often, which answers the next ones.

    Args:
        calls: those that came.
        f: the function that the operator is called on.
        args: its arguments.
        options: those of the operator.

    Returns:
        The value, if the function was run; else None.
    """
    if not LOCK.acquire(blocking=False):
        return None
    try:
        calls.count = 0
        try:
            found = calls.looking or Learned(calls, f, options)
            calls.looking = None
        except Exception as error:  # whatever it is, the function runs as it is written
            return calls.give_up(str(error))
        if not are_numbers(args):
            return calls.wait("it is called with other arguments than numbers and arrays")
        value, variant = found.recorded(f, args)
        if variant is not None:
            found.left = often.SIGHTS if often.AT_ONCE else calls.patience * worth(variant)
            found.way = found.meanwhile
            found.add(variant)
            calls.learn(found)
        return value
    finally:
        LOCK.release()


def worth(variant: Variant) -> int:
    """After how many calls machine code has cost as much as they did."""
    n = variant.noted.size()
    return round((CODE + CODE_OPERATION * n) / (CALL + CALL_OPERATION * n))


def are_numbers(args: Any) -> bool:
    """Tell whether arguments are floating-point numbers and small arrays of those."""
    return all([a.__class__ in NUMBERS or is_small(a) for a in args])


def is_small(a: Any) -> bool:
    """Tell whether an argument is an array of floating-point numbers, and not large."""
    return a.__class__ is np.ndarray and a.dtype.kind in "fc" and a.size <= LARGEST
