"""The programs that were searched, and what is bound for each while a derivative of it runs.

A program is searched once, before it runs (``search.py``). A later call compares the global names that were
read then, and what the function has captured, with what is there now: that is all that a program costs
which needs nothing.
"""

from __future__ import annotations

import importlib
import os
import types
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from contextvars import ContextVar, Token
from typing import Any, cast

from ..nested import FILLS
from .binding import LOCK, MISSING, Binding, Cell, Default, Item, bind, original_at, release
from .data import PLAIN, is_data
from .reading import Names

OFF: ContextVar[bool] = ContextVar("programs are run as they are", default=False)
LEFT: weakref.WeakSet[types.CodeType] = weakref.WeakSet()  # the functions that ``no_adapt`` was told of


class Adaptation:
    """What is bound while a derivative of a program runs: ``hoad.adapted(f)``."""

    __slots__ = ("bindings", "count", "names")

    def __init__(self, bindings: list[Binding], names: Names) -> None:
        self.bindings = bindings
        self.names = names
        self.count = 0

    def bind(self) -> None:
        """One more derivative needs it."""
        with LOCK:
            self.count += 1
            if self.count == 1:
                bind(self.bindings)

    def release(self) -> None:
        """One derivative less needs it."""
        with LOCK:
            self.count -= 1
            if self.count == 0:
                release(self.bindings)

    def places(self) -> dict[str, list[str]]:
        """The names that are bound, by the module, class or function in which they are."""
        found: dict[str, list[str]] = {}
        for binding in self.bindings:
            found.setdefault(binding.place.where(), []).append(binding.place.called())
        return {where: sorted(names) for where, names in found.items()}

    def __bool__(self) -> bool:
        return bool(self.bindings)

    def __repr__(self) -> str:
        lines = [f"  {where}: {', '.join(names)}" for where, names in sorted(self.places().items())]
        return (
            "\n".join(["bound while a derivative runs:", *lines])
            if lines
            else "nothing is bound: it needs nothing"
        )


class Run:
    """One run of a program: its names are bound from entering to leaving; what it caches lives as long."""

    __slots__ = ("adaptations", "caches", "fills", "names", "token")
    token: Token[Run | None]
    fills: Token[bool]

    def __init__(self, adaptation: Adaptation) -> None:
        self.adaptations = [adaptation]
        self.names = adaptation.names
        self.caches: dict[int, dict[Any, Any]] = {}

    def __enter__(self) -> None:
        self.token, self.fills = RUNNING.set(self), FILLS.set(self.names.writes)
        self.adaptations[0].bind()

    def __exit__(self, *error: object) -> None:
        RUNNING.reset(self.token)
        FILLS.reset(self.fills)
        for adaptation in self.adaptations:
            adaptation.release()

    def join(self, found: Any) -> None:
        """Bind what is reached from a module that the program has only now imported."""
        more = search().of_module(found, self.names)
        if more is not None:
            more.bind()
            FILLS.set(more.names.writes)
            self.adaptations.append(more)
        forget()  # the next search finds it from the start


RUNNING: ContextVar[Run | None] = ContextVar("the program that runs", default=None)


class Known:
    """A function that was searched, and by what one tells that its program is still the same."""

    __slots__ = ("adaptation", "binds_cells", "captured", "checks", "code", "names")

    def __init__(
        self, f: Any, checks: list[tuple[dict[str, Any], str, Any]], adaptation: Adaptation | None
    ) -> None:
        self.code = weakref.ref(f.__code__)
        self.names = f.__globals__
        self.captured = [weakly(value) for value in captured(f)]
        self.checks = [(held, name, value) for held, name, value in checks if not is_data(value)]
        self.adaptation = adaptation
        self.binds_cells = any([isinstance(b.place, Cell) for b in getattr(self.adaptation, "bindings", ())])

    def holds(self, f: Any) -> bool:
        """Tell whether the search would find the same again."""
        if self.code() is not f.__code__ or self.names is not f.__globals__ or not self.has_captured(f):
            return False
        for held, name, value in self.checks:
            if held.get(name) is not value and original_at(Item(held, name)) is not value:
                return False
        return True

    def has_captured(self, f: Any) -> bool:
        """Tell whether a function has captured the same as then."""
        if not self.captured and f.__closure__ is None and not f.__defaults__ and f.__class__ is FUNCTION:
            return True
        now = captured(f)
        return len(now) == len(self.captured) and all(
            [
                value is then() or self.alike(value, then())
                for value, then in zip(now, self.captured, strict=True)
            ]
        )

    def alike(self, a: Any, b: Any, above: tuple[Any, ...] = ()) -> bool:
        """Tell whether two functions were made by the same line, of the same: what is bound for one serves
        the other. It does not where a captured variable itself is bound.
        """
        if a.__class__ is not FUNCTION or b.__class__ is not FUNCTION or a.__code__ is not b.__code__:
            return False
        if a.__globals__ is not b.__globals__ or self.binds_cells:
            return False
        if a in above:  # a function that calls itself
            return True
        ours, theirs = captured(a), captured(b)
        return len(ours) == len(theirs) and all(
            [x is y or self.alike(x, y, (*above, a)) for x, y in zip(ours, theirs, strict=True)]
        )


FUNCTION = types.FunctionType
MOST = 512  # programs that are remembered
_known: dict[int, Known] = {}


def weakly(value: Any) -> Callable[[], Any]:
    """A way back to a value that does not keep it."""
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value


def captured(f: Any) -> list[Any]:
    """What leads to more code from a function: its captured variables, its defaults, the object it is of."""
    found = [f.__self__] if f.__class__ is types.MethodType else []
    for cell in f.__closure__ or ():
        value = original_at(Cell(cell, 0))
        if value is not MISSING and value.__class__ not in PLAIN and not is_data(value):
            found.append(value)
    for k, value in enumerate(f.__defaults__ or ()):
        if value.__class__ not in PLAIN and not is_data(value):
            found.append(original_at(Default(getattr(f, "__func__", f), k)))
    return found


def adaptation_of(f: Any, args: Any = ()) -> Adaptation | None:
    """What is to be bound for a call of a function; None where nothing is.

    Args:
        f: the function.
        args: its arguments, which may be functions or objects with methods.
    """
    return None if OFF.get() else needed_by(f, args)


def needed_by(f: Any, args: Any = ()) -> Adaptation | None:
    """The same, whether or not programs are to be left as they are."""
    for a in args:
        if a.__class__ not in PLAIN and not is_data(a):
            return cast("Adaptation | None", search().of(f, [a for a in args if not is_data(a)]))
    code = getattr(f, "__code__", None)
    known = _known.get(id(code))
    if known is None or not known.holds(f):
        if code is None:
            return cast("Adaptation | None", search().of(f, []))
        if len(_known) > MOST:
            _known.clear()
        known = _known[id(code)] = search().known(f)
    return known.adaptation


def forget() -> None:
    """Search all programs anew."""
    _known.clear()


def search() -> Any:
    """The search, which is imported with the first derivative: ``import hoad`` stays fast."""
    return importlib.import_module("hoad.adapting.search")


def bound_for(f: Any, args: Any = ()) -> Run | nullcontext[None]:
    """A context in which the names of a function's program are bound."""
    adaptation = adaptation_of(f, args)
    return AS_IT_IS if adaptation is None else Run(adaptation)


AS_IT_IS: nullcontext[None] = nullcontext()
if os.environ.get("HOAD_ADAPT", "").lower() in ("off", "0", "no", "false"):
    OFF.set(True)
