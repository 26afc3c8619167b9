"""What a program reaches: the functions that it may run, and the places by which they find what hoad
replaces.

The search is of the code, before it runs: from a function to the global names that it reads, the variables
that it has captured, the defaults of its parameters, the attributes of modules, the methods of classes,
what instances and containers hold, and what decorators wrap. It takes a name for an attribute of anything
that has one, so it finds too much rather than too little.
"""

from __future__ import annotations

import builtins
import functools
import itertools
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .binding import MISSING, Attribute, Cell, Default, Item, Part, Slot, code_of, original_at
from .compiled_code import functions_of, is_compiled_module
from .data import CONTAINERS, MAPPINGS, PLAIN, PROXIES, held_in_c, is_data, slots_of
from .doors import OF_FAMILIES, companions_of, door_of, family_of
from .known import Read
from .patches import OWN, read_in
from .polynomials import NAMES, SERIES, asking, is_of_polynomials, tables
from .reading import RUNNERS, Names, names_of
from .replacements import BUILTINS, NUMPYS, names_in_numpy, special_of
from .unnamed import OF_NUMBERS
from .untouched import OF_ARRAY_API, is_closed, is_untouched, standard

MOST = 10_000  # elements of a container, and functions of a program, that are looked at


class Reach:
    """What is reached from some functions.

    Attributes:
        found: the places that hold something else than data, and what they hold.
        names: what the code refers to, all together.
        functions: those that the program may run.
        checks: the global names, by which a later call sees whether the program is still the same.
        polynomials: whether there are NumPy's polynomials among it.

    Args:
        left: code that is left as it is.
        names: those of a program that runs already.
    """

    def __init__(self, left: Any = (), names: Names | None = None) -> None:
        self.left = left
        self.given = names
        self.found: list[tuple[Item, Any]] = []
        self.missing: list[tuple[Item, str]] = []
        self.checks: list[Read] = []
        self.codes: dict[types.CodeType, Names] = {}
        self.functions: list[types.FunctionType] = []
        self.seen: dict[int, Any] = {}
        self.comparisons: dict[int, frozenset[str]] = {}
        self.classes: list[type] = []
        self.modules: set[tuple[int, frozenset[str]]] = set()
        self.met: dict[str, types.ModuleType] = {}
        self.polynomials = False
        self.kept: set[str] = set()
        self.has_classes = False
        self.waiting: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    def search(self, *roots: Any) -> Reach:
        """Look at all that is reached from some objects."""
        for root in roots:
            self.at(None, root, self.given)
        known = -1
        while known < len(self.codes):
            known = len(self.codes)
            while self.waiting and len(self.seen) < MOST:
                look, args = self.waiting.pop()
                look(*args)
            names = self.names  # which are put together anew
            self.waiting = [(self.look_at_module, (m, names)) for m in list(self.met.values())]
            self.look_at_subclasses()
        if self.polynomials:
            self.found += tables()[0]
            self.missing += asking()
        return self

    @property
    def names(self) -> Names:
        """What the code refers to, all together."""
        names = Names.of_all([*self.codes.values(), *([self.given] if self.given else [])])
        return names._replace(kept=names.kept | self.kept) if self.kept else names

    @property
    def hands_on_classes(self) -> bool:
        """Whether a variable of the code may hold a class of numbers: one is read, and not called at once."""
        return self.has_classes or bool(self.names.given)

    def compared(self, names: dict[str, Any]) -> frozenset[str]:
        """The names that any function of a module compares by identity: ``float`` in ``type(x) is float``."""
        known = self.comparisons.get(id(names))
        if known is None:
            held = [*functions_in(names), *[f for f in self.functions if f.__globals__ is names]]
            known = frozenset[str]().union(*[names_of(code_of(f)).compared for f in held])
            self.comparisons[id(names)] = known
        return known

    def at(self, place: Item | None, value: Any, names: Names | None = None) -> None:
        """Note what a place holds, and look at it later."""
        cls = type(value)  # a reference may say that it is of another
        is_plain = cls in PLAIN and not (cls is np.ndarray and value.dtype.hasobject)
        if value is MISSING or is_plain or value is vars(builtins):
            return
        self.has_classes = self.has_classes or (cls is type and value in OF_NUMBERS)
        if place is not None and cls not in PROXIES:
            self.found.append((place, value))
        if isinstance(value, types.ModuleType):
            if not is_installed(vars(value)) or is_asked_elsewhere(value.__name__):
                # One that is returned by a function, or given to one, is asked for names elsewhere.
                self.met[value.__name__] = value
            if names is not None:
                self.waiting.append((self.look_at_module, (value, names)))
        elif id(value) not in self.seen:
            self.seen[id(value)] = value
            if cls not in PROXIES:
                self.companions(value)
            look = LOOKS.get(cls)
            if look is None:
                look = Reach.look_at_class if isinstance(value, type) else Reach.look_at_instance
            self.waiting.append((functools.partial(look, self), (value,)))

    def companions(self, value: Any) -> None:
        """The classes of SciPy's that come with a function or an object of it; NumPy's polynomials."""
        self.polynomials = self.polynomials or is_of_polynomials(value)
        module = getattr(value if callable(value) else type(value), "__module__", None)
        if module.__class__ is str and has_doors(module) and family_of(module) is not None:
            door_of(value)
            for cls in companions_of(module):
                self.at(None, cls)

    def look_at_module(self, module: types.ModuleType, names: Names) -> None:
        """The attributes of a module that the code names, in modules within it too."""
        has_some = module is np and names.used & NAMES
        self.polynomials = bool(self.polynomials or has_some or module.__name__.startswith(SERIES))
        self.patched_in(module, names)
        key = id(module), names.used
        if key in self.modules or (is_untouched(module.__name__) and family_of(module.__name__) is None):
            return
        self.modules.add(key)
        held = vars(module)
        asked = names.used if is_installed(held) else names.used | {"__getattr__"}
        for name in functions_of(module, asked) if is_compiled_module(module) else asked & held.keys():
            self.read(held, name, original_at(Item(held, name)), names)
        if "__path__" in held:  # a package; what is within may be imported as it is asked for
            packages = packages_in(tuple(held["__path__"]))
            for name in names.used - held.keys():
                value = sys.modules.get(f"{module.__name__}.{name}", MISSING)
                if value is MISSING and name in packages:
                    value = getattr(module, name, MISSING)
                self.read(held, name, value, names)

    def patched_in(self, module: types.ModuleType, names: Names) -> None:
        """What the code names in a module that hoad has another of: it may be put in another's place."""
        for part in NUMPYS if module is np else (module,):
            own = OWN.get(part, {})
            for held, name, value in read_in(part, names.used):
                self.checks.append((held, name, value))
                if own[name] is not value:
                    self.at(None, value, names)

    def read(self, held: dict[str, Any], name: str, value: Any, names: Names) -> None:
        """A name in a module."""
        if value is MISSING:
            return
        if not is_installed(held):
            self.checks.append((held, name, value))
        if not is_data(value):
            self.at(Item(held, name), value, names)

    def look_at_function(self, f: types.FunctionType) -> None:
        """The names that a function reads, what it has captured, its defaults, and what it wraps."""
        if door_of(f) is not None:
            return
        typed = f.__code__.co_filename.startswith("<")  # in a session, or a doctest, of whatever module
        untouched = not typed and is_untouched(f.__globals__.get("__name__") or "")
        for cell in f.__closure__ or ():
            value = original_at(captured := Cell(cell, 0))
            if value is not MISSING and not is_data(value):
                self.at(None if untouched else captured, value, names_of(code_of(f)))
        for name, value in f.__dict__.items():
            if name == "__wrapped__" or not is_installed(f.__globals__):
                self.at(None, value)
        code = code_of(f)
        if untouched or code in self.left:
            return
        self.functions.append(f)
        names = self.codes[code] = names_of(code)
        anything = names.used & RUNNERS
        for name in [*f.__globals__, *BUILTINS] if anything else names.read:
            value = original_at(place := Item(f.__globals__, name))
            if value is not MISSING:
                self.read(f.__globals__, name, value, names)
            elif name in BUILTINS:
                self.missing.append((place, name))
            elif not hasattr(builtins, name):
                self.checks.append((f.__globals__, name, None))  # not there yet
            elif name not in OF_PYTHON:
                self.read(vars(builtins), name, original_at(Item(vars(builtins), name)), names)
        for k, value in enumerate(f.__defaults__ or ()):
            if not is_data(value):
                self.at(Default(f, k), original_at(Default(f, k)), names)
        for name, value in (f.__kwdefaults__ or {}).items():
            if not is_data(value):
                self.at(Default(f, name), original_at(Default(f, name)), names)
        for name in names.imported:
            if name in sys.modules:
                self.at(None, sys.modules[name], names)

    def look_at_method(self, method: types.MethodType) -> None:
        """A function and the object that it is of."""
        self.at(None, method.__func__)
        self.at(None, method.__self__)

    def look_at_class(self, cls: type) -> None:
        """The methods and the other attributes of a class and its bases."""
        has_door = door_of(cls) is not None  # then its methods are searched for doors alone
        if not is_untouched(module_of(type(cls))):
            self.at(None, type(cls))
        self.classes.append(cls)
        for base in cls.__mro__:
            closed = type(base).__setattr__ is not type.__setattr__
            untouched = has_door or is_untouched(base.__module__)
            home = sys.modules.get(base.__module__)
            lasts = has_doors(base.__module__) or (home is not None and is_installed(vars(home)))
            is_standard = base.__module__ in standard()  # that of classes which are made at run time, too
            if base is object or (untouched and family_of(base.__module__) is None and not is_standard):
                continue
            for name, value in list(vars(base).items()):
                if not is_data(value) and not isinstance(value, UNREAD):
                    value = original_at(Attribute(base, name))
                    if untouched and not (is_users(value) if is_standard else door_of(value) is not None):
                        continue
                    self.at(None if closed else Attribute(base, name), value)
                    if isinstance(value, types.FunctionType) and not lasts:
                        self.checks.append((vars(base), name, value))

    def look_at_partial(self, partial: Any) -> None:
        """The function and the arguments that a ``functools.partial`` holds."""
        for name in ("func", "args"):
            self.at(Part(partial, name), original_at(Part(partial, name)))
        self.at(None, partial.keywords)

    def look_at_parts(self, wrapping: Any) -> None:
        """What a static method, a property and the like are made of."""
        for name in PARTS:
            part = getattr(wrapping, name, None)
            if part is not None and not is_data(part):
                self.at(None, part)

    def keys(self, held: Iterator[Any]) -> None:
        """The functions of NumPy's that are elements of a set, or keys."""
        keys = [k for k in itertools.islice(held, MOST) if callable(k)]
        self.kept.update([name for key in keys for name in names_in_numpy(key)])

    def look_at_elements(self, container: Any) -> None:
        """The elements of a container."""
        is_list = container.__class__ is list
        if isinstance(container, (set, frozenset)):
            self.keys(iter(container))
        for k, value in zip(range(MOST), list(container), strict=False):
            if not is_data(value):
                self.at(Item(container, k) if is_list else None, value)

    def look_at_dict(self, container: dict[Any, Any]) -> None:
        """The values of a dictionary. (A class of the user's may compute what its entries are.)"""
        entries = container.__class__ in MAPPINGS
        self.keys(iter(dict.keys(container)))
        for name, value in zip(list(dict.keys(container)), list(dict.values(container)), strict=True):
            if not is_data(value):
                place = Item(container, name)
                self.at(place if entries else None, original_at(place) if entries else value)

    def look_at_instance(self, instance: Any) -> None:
        """The class of an object, and its attributes."""
        if door_of(instance) is not None:
            return
        cls: Any = type(instance)
        closed = is_untouched(cls.__module__) and family_of(cls.__module__) is None
        special = special_of(instance) is not None
        if special or closed:
            self.look_at_parts(instance)
        if not special:
            self.at(None, cls)  # which may have methods of the user's, whatever its module says
        if not special and not closed:
            for name in slots_of(cls):
                self.at(Slot(instance, name), original_at(Slot(instance, name)))
        held = getattr(instance, "__dict__", None)
        if held.__class__ is dict and not is_closed(cls):
            self.look_at_dict(held)
        elif held.__class__ is dict:
            for value in list(held.values()):
                if callable(value):
                    self.at(None, value)
        if isinstance(instance, dict):
            self.look_at_dict(instance)
        elif isinstance(instance, CONTAINERS):
            self.look_at_elements(instance)
        self.look_within(instance)
        if cls.__module__ in OF_THREADS:
            for thread in threading.enumerate():  # any of which may be at the other end
                self.at(None, thread)

    def look_within(self, value: Any) -> None:
        """What an object holds where no attribute leads."""
        for part in held_in_c(value):
            if not is_data(part):
                self.at(None, part)

    def look_at_subclasses(self) -> None:
        """The classes that are made of those of the program, where it asks for them."""
        if "__subclasses__" in self.names.used:
            for cls in self.classes.copy():
                if not is_untouched(module_of(cls)):
                    made: Any
                    for made in type.__subclasses__(cls):
                        self.at(None, made)


OF_PYTHON = frozenset(vars(builtins))
OF_THREADS = ("queue", "_queue", "threading", "_thread")
UNREAD = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.WrapperDescriptorType,
    types.BuiltinFunctionType,
)
# What a static method, a property, a partial method and the like are made of.
PARTS = (
    "__func__", "func", "fget", "fset", "args", "keywords", "__wrapped__", "py_func", "pyfunc",
    "default_factory",
)  # fmt: skip
LOOKS: dict[type, Any] = {
    types.FunctionType: Reach.look_at_function,
    types.MethodType: Reach.look_at_method,
    staticmethod: Reach.look_at_parts,
    classmethod: Reach.look_at_parts,
    property: Reach.look_at_parts,
    functools.cached_property: Reach.look_at_parts,
    functools.partial: Reach.look_at_partial,
    functools.partialmethod: Reach.look_at_parts,
    dict: Reach.look_at_dict,
    types.MappingProxyType: lambda reach, mapping: reach.look_at_elements(mapping.values()),
    **dict.fromkeys(CONTAINERS, Reach.look_at_elements),
    **dict.fromkeys((types.BuiltinFunctionType, np.ufunc), Reach.look_within),
}


def module_of(cls: Any) -> str:
    """The name of the module of a class; one that is written in C may have none."""
    name = cls.__module__
    return name if name.__class__ is str else "builtins"


def is_users(method: Any) -> bool:
    """Tell whether an attribute of a class is a function of the user's, in whatever module the class is."""
    f = getattr(method, "__func__", None) or getattr(method, "fget", None) or method
    return f.__class__ is types.FunctionType and not is_untouched(f.__globals__.get("__name__") or "")


def has_doors(name: str) -> bool:
    """Tell whether a module, by its name, is of a library whose functions have doors."""
    return name.startswith(OF_FAMILIES)


def is_asked_elsewhere(name: str) -> bool:
    """Tell whether a module of SciPy's is asked for names by code that has it from somewhere else."""
    return name.startswith(OF_ARRAY_API) or family_of(name) is not None


@functools.cache
def packages_in(folders: tuple[str, ...]) -> frozenset[str]:
    """The names of the packages that lie in a package."""
    found = [init.parent.name for folder in folders for init in Path(folder).glob("*/__init__.py")]
    return frozenset(found)


def is_installed(names: dict[str, Any]) -> bool:
    """Tell whether a module is a package's, which nobody changes while the program runs."""
    return "site-packages" in (names.get("__file__") or "")


def functions_in(names: dict[str, Any]) -> list[types.FunctionType]:
    """The functions of a module, in its classes and containers too."""
    held = list(names.values())
    for value in held.copy():
        cls = type(value)  # a weak proxy says nothing of its class when its object is no more
        if issubclass(cls, type):
            held += list(vars(value).values())
        elif cls in (dict, list, tuple):
            held += value.values() if cls is dict else value
    return [f for f in held if type(f) is types.FunctionType and f.__globals__ is names]
