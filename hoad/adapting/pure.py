"""Whether a program depends on nothing but its arguments and data that can be compared, and does nothing but
compute: then a second run at the same point does what the first did.

That is read from the instructions of its functions (``pure_code.py``), of all or of those on the way that a
run takes (``walked.py``), and what is not known to be so is taken not to be. It may call NumPy's functions
(``pure_names.py``) and those of the user's and of packages that are pure too, make objects of their classes,
and read theirs and those of arrays; it sets no variable of others, and catches no error of a number.
What it may do to what it holds, as to write into an array, or to set an attribute, is seen by comparing all
of that before and after a run; and what it compares the identities of, by looking at a run.
"""

from __future__ import annotations

import builtins
import collections
import dataclasses
import functools
import itertools
import re
import reprlib
import types
from collections.abc import Callable
from operator import is_
from typing import Any

import numpy as np

from .binding import MISSING, Item, contents, original_at
from .identities import Compared, place_of
from .partition import Partition, Thing
from .pure_code import METACLASSES, Reading
from .pure_laws import (
    OF_LAWS,
    OF_SEVERAL,
    is_interpolating,
    law_class,
    methods_of,
    methods_of_class,
    same_law,
    same_through_points,
    vars_of,
)  # fmt: skip
from .pure_logs import LEVELS, is_logger, same_silence, silent
from .pure_names import OF_DATA, is_pure_constant, is_pure_module, names_an_order
from .same import Test, same_as
from .settings import Reader, as_set, read_by
from .walked import Names, Steps, Way


class Pure:
    """A function that is pure, and what it holds, as it was when this was made.

    Args:
        f: the function.
        program: what it is part of; None for a program of its own.
        one: which of the things that the program holds it is; None for the function that is asked about.

    Raises:
        LookupError: it is not known to be pure; with what it does.

    Example:
        >>> def scaled(c):
        ...     return lambda x: c * np.sin(x)
        >>> pure = Pure(scaled(2.0))
        >>> pure.holds(scaled(2.0)), pure.holds(scaled(3.0)), pure.holds(lambda x: 2.0 * np.sin(x))
        (True, False, False)
        >>> Pure(lambda x: print(x))
        Traceback (most recent call last):
            ...
        LookupError: it reads print
    """

    __slots__ = (
        "absent",
        "attributes",
        "captured",
        "code",
        "constants",
        "held",
        "name",
        "named",
        "one",
        "others",
    )

    def __init__(
        self, f: types.FunctionType, program: Program | None = None, one: Thing | None = None
    ) -> None:
        whole, program = program is None, program or Program()
        self.code, self.name, self.one = f.__code__, f.__name__, one
        program.above.append(f)
        reading = Reading(f, program)
        reading.read(f.__code__)
        self.absent = [*reading.absent.items()]  # Python's own, which the module does not have
        self.attributes = reading.attributes  # what modules have
        self.others = [(held, name, program.test(value, name)) for held, name, value in reading.others]
        constants = {n: v for n, v in reading.named.items() if is_constant(v)}
        self.constants = [*constants.items(), *reading.asked.items()]
        self.named = [(n, program.test(v, n)) for n, v in reading.named.items() if n not in constants]
        self.captured = [
            (k, program.test_of_variable(value, name))
            for k, (name, value) in enumerate(reading.cells.items())
            if name in reading.captured
        ]
        self.held = program.test(held_by(f), "a default") if any(held_by(f)) else None
        if whole:
            program.check()

    def holds(self, f: Any) -> bool:
        """Tell whether a function is this one, and all that it holds as it was."""
        if f.__class__ is not types.FunctionType or f.__code__ is not self.code or f.__name__ != self.name:
            return False
        one = self.one
        if one is not None and id(f) != one.number and not one.meets(id(f)):
            return False
        names = f.__globals__
        for name, value in self.constants:
            if names.get(name) is not value and original_at(Item(names, name)) is not value:
                return False
        for name, same in self.named:
            if not same(names.get(name, MISSING)) and not same(original_at(Item(names, name))):
                return False
        for held, name, value in self.attributes:
            if held.get(name, MISSING) is not value and original_at(Item(held, name)) is not value:
                return False
        for held, name, same in self.others:
            if not same(held.get(name)) and not same(original_at(Item(held, name))):
                return False
        for name, value in self.absent:
            if OF_BUILTINS.get(name) is not value:
                return False
            if name in names and original_at(Item(names, name)) is not MISSING:
                return False
        cells = f.__closure__ or ()
        for k, same in self.captured:
            if not same(contents(cells[k])):
                return False
        if self.held is not None:
            return self.held(held_by(f))
        return f.__defaults__ is None and not f.__kwdefaults__ and not f.__dict__


def held_by(f: types.FunctionType) -> tuple[Any, ...]:
    """The defaults of the parameters of a function, and its attributes."""
    return f.__defaults__, f.__kwdefaults__, f.__dict__


def is_constant(value: Any) -> bool:
    """Tell whether something is what it is as long as it is the same object."""
    return isinstance(value, types.ModuleType) or is_pure_constant(value)


def pure(f: Any, way: Way | None = None) -> tuple[Test, Test, Program]:
    """A test that tells whether a function, or a method, is this one, and all that it holds as it was, by the
    same things; another one, for where that fails, whether it is by things alike; and what is known of it.

    Args:
        f: the function.
        way: the way that it takes; None for all ways.

    Raises:
        LookupError: it is not known to be pure; with what it does.
    """
    program = Program(way)
    test = Pure(f, program).holds if f.__class__ is types.FunctionType else program.test(f, "f")
    program.check()
    if id(f) in program.ones:
        those = test
        test = lambda now: now is f and those(now)
    for read in program.settings:
        test = as_set(read, test)
    return test, program.partition.alike(test), program


class Program:
    """What is known of all functions of a program together.

    Attributes:
        above: the functions, classes and objects that were met.
        wanted: attributes that it reads of anything.
        kinds: classes of which objects were met whose code is not read, and modules.
        given: those that its classes have, and its objects.
        refused: those that do not compute alone, of an object that was met.
        compared: whose identities are compared, which a run must show to be objects.
        tests: of the functions that were read, by their identity.
        ones: those that must be the same objects.
        again_met: the objects that were met again.
        partition: which of the things that it holds are one.
        settings: of the process, that it may depend on.
        has_order: whether it may ask for the elements of an array as they lie in memory.
        way: the way that it takes; None for all ways.
        steps: the instructions on it, of the codes that were read.
        asked: the attributes that these ask ``getattr`` for.
    """

    def __init__(self, way: Way | None = None) -> None:
        self.way, self.partition = way, Partition()
        self.has_order = False
        self.settings: set[Reader] = set()
        self.again_met: set[int] = set()
        self.tests: dict[int, Test] = {}
        self.ones: set[int] = set()
        self.steps: Steps = {}
        self.asked: Names = {}
        self.above: list[Any] = []
        self.wanted: set[str] = set()
        self.kinds: set[Any] = {rv for rv in map(law_class, LAWS) if rv}
        self.given: set[str] = set()
        self.refused: set[str] = set()
        self.compared: Compared = {}

    def carried_out(self, code: types.CodeType) -> set[int] | None:
        """The instructions of a code that count; None if all do."""
        if self.way is None:
            return None
        return self.steps.setdefault(place_of(code), self.way.within(code))

    def is_idle(self, value: Any) -> bool:
        """Tell whether a function, or what is made of some, is not called on the way."""
        if self.way is None:
            return False
        if value.__class__ in (property, staticmethod, classmethod):
            parts = [getattr(value, name) for name in PARTS[value.__class__]]
            return all([part is None or self.is_idle(part) for part in parts])
        return value.__class__ is types.FunctionType and not self.way.within(value.__code__)

    def asked_in(self, place: tuple[Any, ...]) -> set[str]:
        """The attributes that a code asks ``getattr`` for, which must stay those; none if nobody knows."""
        names = self.way.names.get(place, set()) if self.way is not None else set()
        self.asked[place] = names
        return names

    def check(self) -> None:
        """Refuse to read attributes of which nobody knows whose they are."""
        for name in sorted(self.wanted - (self.given - self.refused) - OF_DATA):
            if not any([hasattr(kind, name) for kind in (*OF_OTHERS, *self.kinds)]):
                continue  # then it is one of an object of the program's own, or none
            raise LookupError(f"it reads the attribute {name}")

    def test(self, value: Any, name: str) -> Test:
        """How what a name stands for is compared later."""
        self.has_order = self.has_order or names_an_order(value)
        try:
            return self.same(value)
        except LookupError as error:
            text = str(error)
            raise LookupError(f"it reads {name}, {text}" if text.startswith("a ") else text) from None

    def same(self, value: Any) -> Test:
        """The test of a part, and of which of the things that are held it is."""
        return same_as(value, self.other, partition=self.partition)

    def test_of_variable(self, value: Any, name: str) -> Test:
        """The same of a variable; of a module in one, attributes are read by name."""
        if isinstance(value, types.ModuleType):
            return lambda now: now is value
        return self.test(value, name)

    def other(self, value: Any) -> Test:
        """The test of what is no data."""
        kind = value.__class__
        self.settings |= read_by(value)
        if kind is types.ModuleType:
            return self.of_module(value)
        if isinstance(value, type) and methods_of_class(value):
            self.kinds.add(value)
        if is_constant(value) or kind in MARKS:
            return lambda now: now is value
        if any([value is one for one in self.above]):
            return self.again(value)
        if kind is types.FunctionType:
            holds = Pure(value, self, self.partition.thing(value)).holds
            is_one = id(value) in self.ones
            self.tests[id(value)] = test = (lambda now: now is value and holds(now)) if is_one else holds
            return test
        if value.__class__.__module__.partition(".")[0] in ("scipy", "logging", "numba", "functools"):
            self.kinds.add(kind)
        if kind in (np.random.RandomState, np.random.Generator):  # which draws by its methods alone
            self.kinds.add(kind)
            self.refused.update(dir(kind))
            return lambda now: now is value
        if kind.__module__.startswith("numba.") and hasattr(value, "py_func"):  # which runs as it is written
            inner = self.other(value.py_func)
            return lambda now: now is value and inner(now.py_func)
        if kind in (set, frozenset):
            return self.of_parts(value, tuple)  # in this order they are gone through
        if kind in (collections.OrderedDict, collections.Counter):
            return self.of_parts(value, lambda now: (tuple(now.items()), vars(now)))
        if kind in PARTS:
            return self.of_parts(value, lambda now: tuple([getattr(now, name) for name in PARTS[kind]]))
        if methods := methods_of(value):
            self.given.update(methods)
            self.refused.update(OF_LAWS - methods if methods == OF_SEVERAL else ())
            return same_law(value, self.partition)
        if is_logger(value):
            self.given.update(silent(value))
            self.refused.update(LEVELS.keys() - silent(value))
            return same_silence(value)
        if is_interpolating(kind):
            self.given.update(methods_of_class(kind))
            return same_through_points(value, self.partition)
        if kind in METACLASSES:
            return self.of_class(value)
        if is_of_structures(kind):
            return lambda now: now is value
        if kind.__class__ in METACLASSES and kind.__flags__ & HEAP:
            return self.of_object(value)
        raise LookupError(f"a {kind.__name__}")

    def of_parts(self, value: Any, parts: Callable[[Any], tuple[Any, ...]]) -> Test:
        """The test of an object of Python's own, by what it holds."""
        kind, same = value.__class__, self.same(parts(value))
        if kind in UNWRITTEN:
            return lambda now: now.__class__ is kind and same(parts(now))
        one = self.partition.thing(value)
        return lambda now: now.__class__ is kind and one.is_here(now) and same(parts(now))

    def of_module(self, value: types.ModuleType) -> Test:
        """The test of a module that something holds: what may be read of it is pure, and stays so."""
        if not is_pure_module(value):
            raise LookupError("a module")
        self.kinds.add(value)
        self.refused.update([name for name, held in vars(value).items() if not is_pure_constant(held)])
        return lambda now: now is value

    def again(self, value: Any) -> Test:
        """The test of what refers to itself: the rest of it is compared where it was met first."""
        one = self.partition.thing(value)
        if value.__class__ is not types.FunctionType:
            self.again_met.add(id(value))
            return lambda now: now is value and (one.number > 0 or one.meets(id(now)))
        code = value.__code__
        if value.__closure__ is not None:
            if id(value) in self.tests:
                return self.tests[id(value)]
            self.ones.add(id(value))  # what it has captured is compared where it was met, if it is this one
        return lambda now: now is value and now.__code__ is code and (one.number > 0 or one.meets(id(now)))

    def of_class(self, cls: Any) -> Test:
        """The test of a class of the user's: its methods are pure too, and its data compared."""
        self.above.append(cls)
        mro, name, tests = cls.__mro__, cls.__name__, []
        fields = list(getattr(cls, "__dataclass_fields__", {}).values())
        codes: list[tuple[Any, types.CodeType, Test]] = []  # of functions that Python has made
        for base in mro[:-1]:
            if base is tuple and is_named_tuple(cls):
                self.given.update(("_asdict", "_make", "_replace"))
                continue
            if base in CONTAINERS:
                self.given.update(vars(base))
                continue
            if base.__class__ not in METACLASSES or not base.__flags__ & HEAP:
                raise LookupError(f"it makes objects of {cls.__name__}, which is a {base.__name__}")
            made = {n: v for n, v in vars(base).items() if is_made_by_python(n, v)}
            held = {n: v for n, v in vars(base).items() if n not in made}
            self.given.update(held)
            idle = made | {n: v for n, v in held.items() if self.is_idle(v)}
            parts = {n: self.same(v) for n, v in held.items() if n not in idle}
            functions = [getattr(v, "__func__", v) for v in made.values()]
            functions = [v for v in functions if v.__class__ is types.FunctionType]
            codes += [(v, v.__code__, self.same(v.__defaults__)) for v in functions]
            tests.append((vars(base), len(vars(base)), [*idle], [*idle.values()], parts))

        def test(now: Any) -> bool:
            return (
                now is cls
                and now.__mro__ is mro
                and now.__name__ == name
                and (not fields or list(getattr(now, "__dataclass_fields__", {}).values()) == fields)
                and all([len(held) == n for held, n, *_ in tests])
                and all([all(map(is_, map(held.get, idle), those)) for held, _, idle, those, _ in tests])
                and all([same(held.get(name)) for held, *_, parts in tests for name, same in parts.items()])
                and all([f.__code__ is code and same(f.__defaults__) for f, code, same in codes])
            )

        return test

    def of_object(self, value: Any) -> Test:
        """The test of an object of such a class, by its attributes."""
        cls = value.__class__
        if is_constant(cls):  # one of Python's own: what it holds is not all in its attributes
            raise LookupError(f"a {cls.__name__}")
        self.above.append(value)
        of_class = self.other(cls)
        names = slots_of(cls)
        self.given.update(vars_of(value), names)
        self.has_order = self.has_order or names_an_order(state_of(value, names))
        one, again = self.partition.thing(value), self.again_met
        attributes = self.same(state_of(value, names))

        def test(now: Any) -> bool:
            if not one.is_here(now) or (now is not value and id(value) in again):
                return False
            return now.__class__ is cls and of_class(cls) and attributes(state_of(now, names))

        return test


UNWRITTEN = (frozenset, types.MethodType, staticmethod, classmethod, property)
CONTAINERS = (dict, list, tuple, set, frozenset)  # of which classes may be made
MEMBERS: dict[type, Any] = {
    dict: dict.items,
    list: list.__iter__,
    tuple: tuple.__iter__,
    set: set.__iter__,
    frozenset: frozenset.__iter__,
}


def slots_of(cls: type) -> list[str]:
    """The attributes of the objects of a class that are not in a dictionary."""
    return [
        name
        for base in cls.__mro__
        for name, value in vars(base).items()
        if isinstance(value, types.MemberDescriptorType)
    ]


def state_of(value: Any, names: list[str]) -> tuple[Any, ...]:
    """What an object holds, in tuples: these are made for it, and no things that it holds."""
    slots = tuple([getattr(value, name, None) for name in names])
    held = tuple([tuple(members(value)) for kind, members in MEMBERS.items() if isinstance(value, kind)])
    return vars_of(value), slots, held


PARTS: dict[Any, tuple[str, ...]] = {
    types.MethodType: ("__func__", "__self__"),
    functools.partial: ("func", "args", "keywords", "__dict__"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    property: ("fget", "fset", "fdel"),
    functools.cached_property: ("func",),
}
HEAP = 1 << 9  # the flag of classes that are not Python's own
OF_BUILTINS = vars(builtins)
OF_PYTHON = frozenset({
    "__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__match_args__",
    "__dataclass_params__", "__dataclass_fields__", "__firstlineno__", "__static_attributes__", "__slots__",
    "__abstractmethods__", "__class_getitem__", "_abc_impl", "__annotate_func__", "__annotations_cache__",
    "__parameters__", "__orig_bases__",
})  # fmt: skip
GENERATED = ("<string>", dataclasses.__file__, reprlib.__file__)
OF_DATACLASSES = frozenset({
    "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__replace__",
})  # fmt: skip


def is_other(module: types.ModuleType, kind: Any) -> bool:
    """Tell whether a module has a class of which a program may have objects; of errors there is the first."""
    if not isinstance(kind, type) or kind is types.SimpleNamespace:
        return False
    if issubclass(kind, BaseException) and kind is not BaseException:
        return False
    return module is not np or is_pure_constant(kind)


# Classes that are not read, of which a program may have objects.
OF_OTHERS: tuple[type, ...] = tuple({
    kind
    for module in (builtins, types, collections, itertools, functools, re, np)
    for kind in vars(module).values()
    if is_other(module, kind)
})  # fmt: skip
LAWS = ("rv_generic", "rv_frozen", "multi_rv_generic", "multi_rv_frozen")
FIELD: Any = type(vars(collections.namedtuple("Field", "first"))["first"])  # of what named tuples have
NOT_GIVEN: Any = getattr(dataclasses, "_HAS_DEFAULT_FACTORY", None)  # what stands for a field with a factory
MARKS = {FIELD, object, NOT_GIVEN.__class__}  # of objects that are what they are
SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)


def is_of_structures(cls: type) -> bool:
    """Tell whether a class is of tuples of Python's own with names, as ``sys.float_info`` is."""
    return cls.__mro__[1:] == (tuple, object) and not cls.__flags__ & HEAP and hasattr(cls, "n_fields")


def is_named_tuple(cls: type) -> bool:
    """Tell whether a class is of tuples that ``namedtuple`` makes, or ``NamedTuple``."""
    return is_of_named_tuples(getattr(cls, "__new__", None))


def is_of_named_tuples(value: Any) -> bool:
    """Tell whether a function is one that ``namedtuple`` makes."""
    value = getattr(value, "__func__", value)
    names = getattr(value, "__globals__", {})
    return names is vars(collections) or str(names.get("__name__", "")).startswith("namedtuple_")


def is_made_by_python(name: str, value: Any) -> bool:
    """Tell whether an entry of a class is not the user's."""
    if name in OF_PYTHON or isinstance(value, SLOTS) or is_of_named_tuples(value):
        return True
    file = getattr(getattr(value, "__code__", None), "co_filename", "")
    return name in OF_DATACLASSES and file in GENERATED
