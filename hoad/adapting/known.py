"""The programs that were searched, and what is bound for each while a derivative of it runs.

A program is searched once, before it runs (``search.py``). A later call compares the global names that were
read then, and what the function has captured, with what is there now: that is all that a program costs
which needs nothing.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
import types
import weakref
from collections.abc import Mapping, Set
from contextlib import nullcontext
from contextvars import ContextVar, Token
from typing import Any

import numpy as np

from ..nested import CATCHES, FILLS, SAID
from .binding import LOCK, Binding, Cell, Default, Item, Own, code_of, original_at
from .bound import Bound
from .data import PLAIN, is_data
from .patches import restored
from .reading import Names
from .signature import FUNCTION, Seen, cells, signature
from .steady import DATA, Steady, steady

SETTING = os.environ.get("HOAD_ADAPT", "").lower() in ("off", "0", "no", "false")  # in every thread
OFF: ContextVar[bool] = ContextVar("programs are run as they are", default=SETTING)
LEFT: weakref.WeakSet[types.CodeType] = weakref.WeakSet()  # the functions that ``no_adapt`` was told of


class Adaptation:
    """What is bound while a derivative of a program runs: ``hoad.adapted(f)``."""

    __slots__ = ("bindings", "bound", "count", "names")

    def __init__(self, bindings: list[Binding], names: Names) -> None:
        self.bindings = bindings
        self.bound = Bound(bindings)
        self.names = names
        self.count = 0

    def bind(self) -> None:
        """One more derivative needs it."""
        with LOCK:
            self.count += 1
            if self.count == 1:
                self.bound.bind()

    def release(self) -> None:
        """One derivative less needs it."""
        with LOCK:
            self.count -= 1
            if self.count == 0:
                self.bound.release()

    def places(self) -> dict[str, list[str]]:
        """The names that are bound, by the module, class or function in which they are."""
        found: dict[str, list[str]] = {}
        for binding in self.bindings:
            found.setdefault(binding.place.where(), []).append(binding.place.called())
        return {where: sorted({*names}) for where, names in found.items()}

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

    __slots__ = ("adaptations", "caches", "catches", "fills", "joined", "names", "said", "token")
    token: Token[Run | None]
    fills: Token[bool]
    catches: Token[bool]
    said: Token[dict[float, Any] | None]

    def __init__(self, adaptation: Adaptation) -> None:
        self.adaptations = [adaptation]
        self.names = adaptation.names
        self.caches: dict[Any, Any] = {}
        self.joined: dict[int, tuple[Any, int]] = {}  # what has joined it, and how many modules there were

    def __enter__(self) -> Run:
        self.token, self.fills = RUNNING.set(self), FILLS.set(self.names.writes)
        self.catches, self.said = CATCHES.set(self.names.catches), SAID.set({})
        self.adaptations[0].bind()
        return self

    def __exit__(self, *error: object) -> None:
        RUNNING.reset(self.token)
        FILLS.reset(self.fills)
        CATCHES.reset(self.catches)
        SAID.reset(self.said)
        for adaptation in self.adaptations:
            adaptation.release()

    def given(self, args: Any, kwargs: Any) -> tuple[Any, Any]:
        """The arguments of the function, with what stands for modules and functions among them."""
        args = tuple([self.instead(a) for a in args])
        return args, {name: self.instead(a) for name, a in kwargs.items()}

    def instead(self, value: Any) -> Any:
        """An argument, or what stands for it."""
        if value.__class__ in PLAIN or is_data(value):
            return value
        new = search().stand_in(value, self.names)
        return value if new is None else new

    def met(self, value: Any) -> Any:
        """What the program finds by a name that its code does not say, or what stands for it."""
        new = self.instead(value)
        if new is value and not (isinstance(value, COMPILED) or value.__class__ in PLAIN or is_data(value)):
            self.join(value)
        return new

    def join(self, found: Any) -> None:
        """Bind what is reached from something that the program has only now got hold of: once in a run, and
        again if modules were imported since, which may be parts of it.
        """
        now = found, len(sys.modules)
        if self.joined.get(id(found)) == now:
            return
        self.joined[id(found)] = now
        names, known = _joined.get(id(found)) or (None, None)
        if known is None or names != self.names or not known.holds(None, [found]):
            known = search().of_module(found, self.names)
            _known.clear()  # the next search finds it from the start
            _joined[id(found)] = self.names, known
        more = known.adaptation
        if more is not None:
            more.bind()
            FILLS.set(more.names.writes)
            self.adaptations.append(more)


# Functions that lead to no code: those written in C, and NumPy's that ask an argument for its own.
COMPILED = (types.BuiltinFunctionType, np.ufunc, type(np.sum))
RUNNING: ContextVar[Run | None] = ContextVar("the program that runs", default=None)


Read = tuple[Mapping[str, Any], str, Any]  # the names of a module or a class, one of them, what it held


class Known:
    """A program that was searched, and by what one tells that it is still the same.

    Args:
        f: the function that was searched; None if only what it is given leads to code.
        more: what else was searched: arguments, the object of a method.
        read: the global names that were read, with what they held.
        adaptation: what is bound for it.
    """

    __slots__ = ("adaptation", "cells", "checks", "code", "exact", "last", "signature", "steady")

    def __init__(
        self,
        f: Any,
        more: list[Any],
        read: list[Read],
        adaptation: Adaptation | None,
    ) -> None:
        bound = [] if adaptation is None else adaptation.bindings
        self.code = None if f is None else weakref.ref(code_of(f))
        holders = {id(b.place.holder) for b in bound}
        self.exact = leads_to(holders, *([] if f is None else [f]), *more)
        self.signature = made_of(f, more, self.exact)
        once = {(id(held), name): (held, name, value) for held, name, value in read}
        self.checks = [(held, name, *marked(value, holders)) for held, name, value in once.values()]
        self.last: Any = None  # the function that was compared last, by a weak reference
        self.steady: Steady | None = None
        self.adaptation = adaptation
        binds_cells = any([isinstance(b.place, (Cell, Default)) for b in bound])
        self.cells = cells(f) if binds_cells else None

    def holds(self, f: Any, more: list[Any]) -> bool:
        """Tell whether the search would find the same again."""
        if self.code is not None and self.code() is not code_of(f):
            return False
        if made_of(f, more, self.exact) != self.signature:
            return False
        if self.cells is not None and cells(f) != self.cells:
            return False
        if f is not None and not more:
            self.remember(f)
        return self.finds_the_same()

    def remember(self, f: Any) -> None:
        """A function was compared; the second time in a row, what a third look will need is noted."""
        if self.last is not None and self.last() is f:
            self.steady = steady(f)
        self.last = weakref.ref(f)

    def finds_the_same(self) -> bool:
        """Tell whether the global names stand for what they did."""
        for held, name, value, kept in self.checks:
            now = held.get(name)
            if now is not value and not is_same(held, name, value):
                return False
            if kept is not None:
                if kept.__class__ is types.CodeType:  # put in its place, as modules are loaded anew
                    if value.__code__ is not kept and code_of(value) is not kept:
                        return False
                elif signature(now, Seen(kept[0])) != kept[1]:
                    return False
        return True


def marked(value: Any, holders: Set[int]) -> tuple[Any, Any]:
    """How a value is compared later: by identity, and if it holds others, by what those are; by their
    identity, too, where something is bound in any.
    """
    if type(value) in PLAIN or is_data(value):
        return DATA, None
    if value.__class__ is FUNCTION:
        return value, code_of(value)
    if isinstance(value, (*COMPILED, type, types.ModuleType)):
        return value, None
    exact = leads_to(holders, value)
    return value, (exact, signature(value, Seen(exact)))


def leads_to(holders: Set[int], *values: Any) -> bool:
    """Tell whether values are made of any of those, told by their identities, in which something is bound."""
    seen = Seen()
    for value in values if holders else ():
        signature(value, seen)
    return not holders.isdisjoint(seen.holders)


def is_same(held: Mapping[str, Any], name: str, value: Any) -> bool:
    """Tell whether a name holds data still, or what it held before it was bound."""
    now = held.get(name)
    if value is DATA:
        return type(now) in PLAIN or is_data(now)
    return original_at(Item(held, name)) is value or original_at(Own(held, name)) is value


def made_of(f: Any, more: list[Any], exact: bool) -> tuple[Any, ...]:
    """What a function and its arguments are made of."""
    if not more and f.__closure__ is None and not f.__defaults__ and not f.__kwdefaults__:
        return (id(f if exact else f.__globals__),)
    return tuple([signature(value, Seen(exact)) for value in ([] if f is None else [f]) + more])


MOST = 512  # programs that are remembered
_known: dict[int, Known] = {}
_joined: dict[int, tuple[Names, Known]] = {}  # the modules that programs import while they run


def adaptation_of(f: Any, args: Any = ()) -> Adaptation | None:
    """What is to be bound for a call of a function; None where nothing is.

    Args:
        f: the function.
        args: its arguments, which may be functions or objects with methods.
    """
    return None if OFF.get() else needed_by(f, args)


def needed_by(f: Any, args: Any = ()) -> Adaptation | None:
    """The same, whether or not programs are to be left as they are."""
    more: list[Any] = []
    for a in args:
        if a.__class__ not in PLAIN and not is_data(a):
            more = [a for a in args if not is_data(a)]
            break
    if f.__class__ is FUNCTION and not more:
        known = _known.get(id(f.__code__))
        if (
            known is not None
            and known.steady is not None
            and known.steady.holds(f)
            and known.finds_the_same()
        ):
            return known.adaptation
    while f is not None and f.__class__ is not FUNCTION:
        f, parts = unwrapped(f)
        more = more + parts
    if f is None and not more:
        return None
    key = id(more[0].__class__ if f is None else code_of(f))
    known = _known.get(key)
    if known is None or not known.holds(f, more):
        if len(_known) > MOST:
            _known.clear()
        known = _known[key] = search().known(f, more)
    return known.adaptation


def unwrapped(f: Any) -> tuple[Any, list[Any]]:
    """The function of a method, a partial, a decorated one, or an object that can be called; and what else it
    holds that leads to code. There is none in a ufunc, or in a class but its own.
    """
    if f.__class__ is types.MethodType:
        return f.__func__, [] if is_data(f.__self__) else [f.__self__]
    if isinstance(f, np.ufunc | types.BuiltinFunctionType):
        return None, []
    if isinstance(f, functools.partial):
        leads_on = f.func.__class__ is not FUNCTION or not is_data([f.args, f.keywords])
        return f.func, [f] if leads_on else []
    if hasattr(f, "__wrapped__"):
        return f.__wrapped__, []
    called = None if isinstance(f, type) else vars(type(f)).get("__call__")
    return (called if called.__class__ is FUNCTION else None), [f]


def forget() -> None:
    """Search all programs anew."""
    _known.clear()
    _joined.clear()


@functools.cache
def search() -> Any:
    """The search, which is imported with the first derivative: ``import hoad`` stays fast. Other threads wait
    until it is whole, as they would not if they found it in ``sys.modules``.
    """
    with restored():
        return importlib.import_module("hoad.adapting.search")


def bound_for(f: Any, args: Any = (), kwargs: Any = None) -> Run | nullcontext[None]:
    """A context in which the names of a function's program are bound."""
    adaptation = adaptation_of(f, (*args, *kwargs.values()) if kwargs else args)
    return AS_IT_IS if adaptation is None else Run(adaptation)


AS_IT_IS: nullcontext[None] = nullcontext()
