"""What a program holds beside its arguments, as it was: by this one tells that a recorded program is still
that of the function.

From a function its code leads to global names, captured variables and defaults, to the methods of classes,
and to the attributes of objects and modules by those names that the code has; all of the user's, since the
code of libraries is not read. Numbers, text and arrays are compared by what is in them, what leads to code by
identity. Nothing is proven (``pure.py`` does that): what lies in a file, in a random generator, or in an
object that shows nothing of what is in it, can't be seen.
"""

from __future__ import annotations

import collections
import dis
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..values.captures import Holder
from .binding import MISSING, Attribute, Cell, Default, Item, Slot, code_of, original_at
from .data import slots_of
from .pure import PARTS
from .reach import is_installed
from .reading import NONE, names_of
from .same import KINDS, Test, same_as
from .untouched import is_untouched

MOST = 10_000  # objects that are looked at
ANY = frozenset({"__dict__", "vars", "__getattribute__"})  # names by which any attribute may be read
CODE = (types.FunctionType, types.ModuleType, types.BuiltinFunctionType, type, np.ufunc)
ONE = (types.FunctionType, types.ModuleType, type)  # what is the same as long as it is the same object


class Holdings:
    """What a function holds now.

    Args:
        f: the function.

    Example:
        >>> import numpy as np
        >>> w = np.ones(3)
        >>> held = Holdings(lambda x: np.sum(w * x))
        >>> held.changed()
        ''
        >>> w[1] = 2.0
        >>> held.changed()
        'w'
    """

    def __init__(self, f: Any) -> None:
        self.f, self.used, known = f, NONE, None
        while known != self.used:  # with the code that is met, attributes get names that lead to more
            known = self.used
            self.seen: dict[int, Any] = {}
            self.waiting: list[Any] = []
            self.names: list[tuple[Any, str, Any]] = []  # those that are compared by identity
            self.places: list[tuple[str, Callable[[], Any], Test, Item]] = []
            self.whole = self.same(f)
            while self.waiting:
                self.look(self.waiting.pop())

    def changed(self) -> str:
        """The name of something that is not what it was; empty if there is nothing."""
        for held, name, value in self.names:
            if held.get(name, MISSING) is not value and original_at(Item(held, name)) is not value:
                return name
        for name, get, same, place in self.places:
            if not same(get()) and not same(original_at(place)):
                return name
        return "" if self.whole(self.f) else "an argument that is given"

    # -- How values are compared ----------------------------------------------------------------------------

    def take(self, place: Item, name: str, library: str = "") -> None:
        """What stands in a place, outside of derivatives; in an object of a library, it is followed where it
        is of the same.
        """
        value = original_at(place)
        module = value.__class__.__module__
        if place.__class__ is Item and (value is MISSING or isinstance(value, ONE)):
            self.names.append((place.holder, name, value))
            self.same(value)
        elif library in ("", package_of(module)) or is_users(module) or isinstance(value, types.FunctionType):
            self.places.append((name, place.get, self.same(value), place))
        else:
            self.places.append((name, place.get, same_as(value, identity, largest=sys.maxsize), place))

    def same(self, value: Any) -> Test:
        """How a value is compared, of whatever size."""
        return same_as(value, self.other, largest=sys.maxsize)

    def other(self, value: Any) -> Test:
        """How what is no plain data is compared: by what is in it, if it is a container or an array; else by
        identity, and what it leads to is looked at by itself.
        """
        if id(value) in self.seen or len(self.seen) > MOST:
            return identity(value)
        self.seen[id(value)] = value
        inside = inside_of(value)
        if inside is not None:
            kind, same = value.__class__, self.same(inside(value))
            return lambda now: now.__class__ is kind and same(inside(now))
        self.waiting.append(value)
        return identity(value)

    # -- Where they lead ------------------------------------------------------------------------------------

    def look(self, value: Any) -> None:
        """Where something leads that is compared by identity."""
        if isinstance(value, types.FunctionType):
            self.look_at_function(value)
        elif isinstance(value, type):
            self.look_at_class(value)
        elif not isinstance(value, CODE):
            self.look_at_object(value)

    def look_at_function(self, f: types.FunctionType) -> None:
        """What it has captured; of a function of the user's, its defaults and the names that it reads."""
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            self.take(Cell(cell, 0), name)
        typed = f.__code__.co_filename.startswith("<")  # in a session, or a doctest, of whatever module
        if not typed and not is_users(f.__globals__.get("__name__")):
            return
        for key in (*range(len(f.__defaults__ or ())), *(f.__kwdefaults__ or ())):
            self.take(Default(f, key), f"a default of {f.__name__}")
        code = code_of(f)
        used = read_by(code)
        self.used |= used
        for name in names_of(code).read:
            self.take(Item(f.__globals__, name), name)
            module = f.__globals__.get(name)
            if isinstance(module, types.ModuleType) and is_users(module.__name__):
                for inner in used & vars(module).keys():
                    self.take(Item(vars(module), inner), inner)

    def look_at_class(self, cls: type) -> None:
        """What a class of the user's has by the names of the code, or by those of operators."""
        for base in cls.__mro__:
            if is_users(base.__module__):
                for name, value in vars(base).items():
                    is_operator = name.startswith("__") and isinstance(value, types.FunctionType)
                    if name in self.used or is_operator:
                        self.take(Attribute(base, name), name)

    def look_at_object(self, value: Any) -> None:
        """The class of an object, and its attributes: those that the code names, if it is of the user's
        classes; of others all, as their code was not read.
        """
        cls: Any = type(value)
        held = getattr(value, "__dict__", None)
        self.same(cls)
        mine = is_users(cls.__module__)
        library = "" if mine else package_of(cls.__module__)
        by_name = mine and not self.used & ANY
        for name in slots_of(cls):
            if not by_name or name in self.used:
                self.take(Slot(value, name), name, library)
        if held.__class__ is dict:
            names: Iterable[str] = self.used & (held.keys() | vars(cls).keys()) if by_name else list(held)
            for name in names:
                self.take(Item(held, name), name, library)


def identity(value: Any) -> Test:
    """The test of what is the same as long as it is the same object."""
    return lambda now: now is value


def is_users(name: Any) -> bool:
    """Tell whether a module, by its name, is the user's: no library's."""
    module = sys.modules.get(name) if name.__class__ is str else None
    return module is None or not (is_untouched(name) or is_installed(vars(module)))


def package_of(module: str) -> str:
    """The package that a module is of."""
    return module.partition(".")[0]


def read_by(code: types.CodeType) -> frozenset[str]:
    """The names that code reads, and those within it; an attribute that it only sets is none."""
    stored = {i.argval for i in dis.get_instructions(code) if i.opname == "STORE_ATTR"}
    loaded = {i.argval for i in dis.get_instructions(code) if i.opname.startswith(("LOAD_", "IMPORT_"))}
    inner = [read_by(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return frozenset[str]().union(names_of(code).used - (stored - loaded), *inner)


def inside_of(value: Any) -> Callable[[Any], Any] | None:
    """What takes apart a container that is none of the plainest, an array, a method; None for all else."""
    if isinstance(value, np.ndarray):
        return np.asarray if value.dtype.kind in KINDS else as_lists
    if isinstance(value, Holder):
        return lambda held: list(held.held_parts())
    if value.__class__ in PARTS:
        return lambda made: [getattr(made, name) for name in PARTS[made.__class__]]
    if isinstance(value, dict):
        return lambda held: [list(held), list(held.values())]
    if isinstance(value, (list, tuple, collections.deque)):
        return list
    return in_order if isinstance(value, (set, frozenset)) else None


def as_lists(array: Any) -> Any:
    """An array of objects, or of text, as lists."""
    return array.tolist()


def in_order(members: Any) -> list[Any]:
    """The members of a set in the order of their texts."""
    return sorted(members, key=repr)
