"""Calls of an operator on one function that come again and again.

An optimiser asks for the gradient of the same function a thousand times. From some call on it is answered by
a program that was recorded of it (``compiling/learned.py``), where the function is *pure*
(``adapting/pure.py``): then to run it does nothing else than to compute, and what it holds can be compared.
Which call that is depends on how many came before, and on no clock.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..adapting.known import OFF
from ..arrays.texts import WATCHED
from ..chainrules.statements import LISTENERS
from ..nested import INSIDE, NOTING
from ..values.reading import CAREFUL

SETTING = os.environ.get("HOAD_LEARN", "").lower()  # "off", or a number of calls
AT_ONCE = SETTING.isdigit()  # whether machine code is made with the next call
# Calls before a program is looked at: to record it costs what some forty of them do, so one that comes no
# more has cost twice as much at most.
SIGHTS = int(SETTING) if AT_ONCE else 48
PATIENCE = 8  # a look in vain, and the next is after twice as many calls, up to this many times SIGHTS
MOST = 256  # functions that are remembered
FORMS = 8  # and of each as many of the same code, which hold different things
EACH: ContextVar[bool] = ContextVar(
    "functions are run at each call", default=SETTING in ("off", "0", "no", "false")
)
DISTURBING = (INSIDE.get, NOTING.get, OFF.get, WATCHED.get, CAREFUL.get, EACH.get)
PLAIN = frozenset({int, bool, str, type(None)})  # options by which results may differ
monitoring: Any = getattr(sys, "monitoring", None)  # from Python 3.12 on; a debugger has the number 0
debugger: Callable[[], Any] = functools.partial(monitoring.get_tool, 0) if monitoring else lambda: None

_known: dict[tuple[Any, ...], Often] = {}


class Often:
    """One operator, with its options, on one function: how often it was called, and what was learned of it.

    Attributes:
        code: the function's, so that no other has its place.
        count: the calls since the last look.
        wanted: the calls until the next; it grows where looking was in vain.
        moving: the options that are numbers and arrays as the arguments are, which stand behind the first.
        known: what was learned of functions of this code that hold different things.
        learned: which of those was asked last.
        answer: a function of f and the operator's arguments that gives the value; or None, for it can't.
        looking: what looks at the next call again.
        why: what kept it from learning.
    """

    __slots__ = (
        "answer",
        "code",
        "count",
        "form",
        "known",
        "learned",
        "looking",
        "moving",
        "patience",
        "wanted",
        "why",
    )

    def __init__(self, form: Any, code: Any, moving: tuple[str, ...]) -> None:
        self.form, self.code, self.moving = form, code, moving
        self.count, self.wanted, self.patience = 0, SIGHTS, 1
        self.known: list[Any] = []
        self.learned: Any = None
        self.looking: Any = None
        self.answer: Callable[..., Any] | None = None
        self.why = ""

    def __str__(self) -> str:
        if self.known:
            text = f"answered by {', '.join(map(repr, self.known))}"
        elif self.why:
            text = f"run at each call, since {self.why}"
        else:
            text = f"run at each call; looked at after {self.wanted - self.count} more"
        return f"{self.form.name}: {text}"

    def give_up(self, why: str) -> None:
        """Never look again: the function is run at each call, but where it is known."""
        self.why, self.wanted = why, sys.maxsize

    def wait(self, why: str) -> None:
        """Look again after more calls, a few times."""
        if self.patience >= PATIENCE:
            return self.give_up(why)
        self.why, self.count, self.patience = why, 0, 2 * self.patience
        self.wanted = SIGHTS * self.patience
        return None

    def look_again(self, looking: Any) -> None:
        """Look at the next call, too."""
        self.looking, self.count = looking, self.wanted - 1

    def learn(self, learned: Any) -> None:
        """Let what was learned answer, before all else that is known."""
        self.known = [*self.known[1 - FORMS :], learned]
        self.ask(learned)

    def ask(self, learned: Any) -> None:
        """Let what is known answer the next call."""
        self.learned, self.answer = learned, learned.way

    def forget(self, learned: Any, why: str) -> None:
        """Let go of what answers too seldom."""
        self.known = [one for one in self.known if one is not learned]
        if self.known:
            self.ask(self.known[-1])
        else:
            self.learned = self.answer = None
        self.give_up(why)


def answered(form: Any, f: Any, args: Any, options: dict[str, Any]) -> Any:
    """The value of an operator by what was learned of the function; None if it must run."""
    moving: tuple[str, ...] = ()
    if len(form.later) > 1:  # as the vector of ``hvp``; the order of ``derivatives`` stays an option
        moving = tuple([name for name in form.later[1:] if options.get(name).__class__ not in PLAIN])
        options = options.copy()
        args = (args[0], *[options.pop(name) for name in moving], *args[1:])
    code = getattr(f, "__code__", None)  # a method of something else has none
    key: tuple[Any, ...] = (id(code), id(form), *moving)
    if options:
        if not all([v.__class__ in PLAIN for v in options.values()]) or options.get("progress"):
            return None
        key = (*key, *[(name, v.__class__, v) for name, v in options.items()])
    often = _known.get(key)
    if often is None:
        if len(_known) >= MOST:
            _known.clear()
        _known[key] = Often(form, code, moving)
        return None
    if often.answer is None:
        often.count += 1
        if often.count < often.wanted or not undisturbed():
            return None
        return importlib.import_module("hoad.compiling.learned").looked(often, f, args, options)
    return often.answer(f, args) if undisturbed() else None


def undisturbed() -> bool:
    """Tell whether nobody looks at how the function runs, and it runs in no other derivative."""
    for is_set in DISTURBING:
        if is_set():
            return False
    return sys.gettrace() is None and sys.getprofile() is None and debugger() is None


@contextmanager
def run_each_time() -> Iterator[None]:
    """Give a context in which an operator runs its function at each call, as it is written.

    Elsewhere a call that has come often is answered by a program that was recorded of the function, where
    that does nothing else than to compute. Derivatives and warnings are the same, but for last digits.
    ``HOAD_LEARN=off`` in the environment has the same effect everywhere; a number there is that of the calls
    after which a program is recorded.

    Returns:
        A context manager, which serves as a decorator too.

    Example:
        >>> import hoad
        >>> slope = hoad.derivative(lambda x: x**3)
        >>> with hoad.run_each_time():
        ...     slope(2.0)
        12.0
    """
    token = EACH.set(True)
    try:
        yield
    finally:
        EACH.reset(token)


def learned(f: Any) -> str:
    """Tell what was learned of a function that operators were called on, or why it is run at each call.

    Args:
        f: the function.

    Returns:
        A line for each operator, with its options; empty if none was called with small arrays and numbers.

    Example:
        >>> import hoad
        >>> square = lambda x: x**2
        >>> slopes = [hoad.derivative(square, 0.1 * k) for k in range(200)]
        >>> print(hoad.learned(square))
        derivative: answered by <learned: 1 operations, NumPy, 151 calls>; machine code after 3070 more calls
        >>> noisy = lambda x: print(end="") or x**2
        >>> slopes = [hoad.derivative(noisy, 0.1 * k) for k in range(200)]
        >>> print(hoad.learned(noisy))
        derivative: run at each call, since it reads print
    """
    code = getattr(f, "__code__", None)
    return "\n".join([str(often) for often in list(_known.values()) if often.code is code])


def forget(*stated: Any) -> None:
    """Let go of all that was learned, as where a rule is stated anew."""
    _known.clear()


LISTENERS.append(forget)
