"""Places in which something else stands for a while: names of modules, attributes, captured variables,
defaults, code; and what is put there, counted, as several derivatives may run at once.
"""

from __future__ import annotations

import threading
import types
import weakref
from collections.abc import Callable
from typing import Any

Joined = Callable[[Any, Any, Any], Any]
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING"})()
LOCK = threading.RLock()  # a finalizer that runs in the midst may differentiate, too


class Item:
    """An entry of a dictionary (the global names of a module) or of a list."""

    __slots__ = ("holder", "name")

    def __init__(self, holder: Any, name: Any) -> None:
        self.holder = holder
        self.name = name

    def where(self) -> str:
        """The module or the function that it is in."""
        if isinstance(self.holder, dict):
            return str(self.holder.get("__name__", "a dictionary"))
        return str(getattr(self.holder, "__qualname__", f"a {type(self.holder).__name__}"))

    def called(self) -> str:
        """What it is called."""
        return str(self.name)

    def get(self) -> Any:
        """What stands there."""
        try:
            return self.holder[self.name]
        except (KeyError, IndexError):
            return MISSING

    def set(self, value: Any) -> None:
        """Put something there; MISSING takes it away."""
        if value is MISSING:
            del self.holder[self.name]
        else:
            self.holder[self.name] = value

    def exchange(self, old: Any, new: Any) -> None:
        """Put one thing in the place of another, if that is there."""
        if self.get() is old:
            self.set(new)


class Attribute(Item):
    """An attribute of a class."""

    __slots__ = ()

    def get(self) -> Any:
        return vars(self.holder).get(self.name, MISSING)

    def set(self, value: Any) -> None:
        setattr(self.holder, self.name, value)

    def exchange(self, old: Any, new: Any) -> None:
        if self.holder.__dict__.get(self.name, MISSING) is old:  # without a call: there are many
            setattr(self.holder, self.name, new)


class Slot(Item):
    """An attribute of an object that has no dictionary for it; of a frozen one, too."""

    __slots__ = ()

    def get(self) -> Any:
        try:
            return getattr(type(self.holder), self.name).__get__(self.holder)
        except AttributeError:
            return MISSING

    def set(self, value: Any) -> None:
        getattr(type(self.holder), self.name).__set__(self.holder, value)


class Part(Item):
    """The function of a ``functools.partial``, or the arguments that it holds."""

    __slots__ = ()

    def where(self) -> str:
        return "functools.partial"

    def get(self) -> Any:
        return getattr(self.holder, self.name)

    def set(self, value: Any) -> None:
        f = self.holder
        held = {"func": f.func, "args": f.args, self.name: value}
        f.__setstate__((held["func"], held["args"], f.keywords, vars(f)))


class Cell(Item):
    """A variable that a function has captured."""

    __slots__ = ()

    def where(self) -> str:
        return "captured variables"

    def called(self) -> str:
        return str(getattr(self.get(), "__name__", "?"))

    def get(self) -> Any:
        return contents(self.holder)

    def set(self, value: Any) -> None:
        self.holder.cell_contents = value


def contents(cell: types.CellType) -> Any:
    """What a captured variable holds."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


class Default(Item):
    """The default of a parameter: its place, or its name if it is given by keyword alone."""

    __slots__ = ()

    def get(self) -> Any:
        f: types.FunctionType = self.holder
        if isinstance(self.name, str):
            return (f.__kwdefaults__ or {}).get(self.name, MISSING)
        defaults = f.__defaults__ or ()
        return defaults[self.name] if self.name < len(defaults) else MISSING

    def set(self, value: Any) -> None:
        f: types.FunctionType = self.holder
        if isinstance(self.name, str):
            f.__kwdefaults__ = (f.__kwdefaults__ or {}) | {self.name: value}
        else:
            old = f.__defaults__ or ()
            f.__defaults__ = (*old[: self.name], value, *old[self.name + 1 :])


class Code(Item):
    """The code of a function."""

    __slots__ = ()

    def called(self) -> str:
        return "its code"

    def get(self) -> Any:
        return self.holder.__code__

    def set(self, value: Any) -> None:
        self.holder.__code__ = value

    def exchange(self, old: Any, new: Any) -> None:
        if self.holder.__code__ is old:  # without a call: there are many
            self.holder.__code__ = new


class Origin:
    """The last constant of code that was written anew (``rewriting.py``): the code that it was."""

    __slots__ = ("code",)

    def __init__(self, code: types.CodeType) -> None:
        self.code = code


def code_of(f: types.FunctionType) -> types.CodeType:
    """The code of a function as the user wrote it."""
    code = f.__code__
    last = code.co_consts[-1] if code.co_consts else None
    return last.code if last.__class__ is Origin else code


class Binding:
    """A place that holds something of hoad's while a derivative runs that needs it."""

    __slots__ = ("__weakref__", "count", "original", "place", "replacement")

    def __init__(self, place: Item, original: Any, replacement: Any) -> None:
        self.place = place
        self.original = original
        self.replacement = replacement
        self.count = 0

    def serve(self, replacement: Any) -> None:
        """Put another thing in its place, which one more program needs: at once, where it is bound."""
        if self.count and self.place.get() is self.replacement:
            self.place.set(replacement)
        self.replacement = replacement

    def exchange(self, old: Any, new: Any) -> None:
        """Put one thing in the place of another, if that is there."""
        self.place.exchange(old, new)


class Own(Item):
    """A name of a module in which something was put in the place of its own, and which has that again while
    a derivative runs (``patches.py``).
    """

    __slots__ = ()


class Restored(Binding):
    """The binding of such a name: what was put there comes back if it was there."""

    __slots__ = ("was_there",)

    def exchange(self, old: Any, new: Any) -> None:
        """Put one thing in the place of another, if that is there, and back if it was."""
        if old is self.original:
            self.was_there = self.place.get() is old
        if self.was_there:
            super().exchange(old, new)


# By the place: two programs that share a module share its bindings, and may run at once. So a place holds one
# thing for both: had each its own, the second would run with what the first has bound, and meet the plain
# original when the first ends.
BINDINGS: weakref.WeakValueDictionary[tuple[int, type, str | int], Binding] = weakref.WeakValueDictionary()


def binding_at(place: Item, original: Any, replacement: Any, joined: Joined) -> Binding:
    """The binding of a place.

    Args:
        place: the place.
        original: what it holds outside of derivatives.
        replacement: what a program needs there.
        joined: gives what serves two programs, from the original and what each of them needs.
    """
    key = (id(place.holder), place.__class__, place.name)
    with LOCK:
        found = BINDINGS.get(key)
        if found is None or found.original is not original:
            make = Restored if place.__class__ is Own else Binding
            found = BINDINGS[key] = make(place, original, replacement)
        elif found.replacement is not replacement:
            found.serve(joined(original, found.replacement, replacement))
        return found


def original_at(place: Item) -> Any:
    """What stands in a place, or did before a derivative that runs now was begun."""
    with LOCK:  # what is bound between the two looks, or bound back, would be taken for the original
        found = BINDINGS.get((id(place.holder), place.__class__, place.name))
        value = place.get()
        return found.original if found is not None and value is found.replacement and found.count else value
