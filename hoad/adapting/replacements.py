"""What is bound in the place of what, by identity."""

from __future__ import annotations

import builtins
import copy
import functools
import sys
import types
from collections.abc import Callable, Set
from typing import Any

import numpy

from .. import numpy as hnp
from ..arrays.arraylike import rule_of_scipy
from ..arrays.grids import KEYED
from ..arrays.hashing import CACHES
from ..arrays.unreached import UNREACHED, of_ufunc
from ..chainrules.doors import STAND_INS
from ..nested import INSIDE, Traced, type_of
from .binding import code_of
from .builtins import CALLED, REPLACED, of_numpy
from .compiled_code import is_compiled, of_cython
from .copying import COPYING
from .doors import door_of
from .known import RUNNING
from .libraries import function_for, is_of_a_library, module_for, standing_in
from .lookups import FOUND
from .lookups import GETTERS as ASKED
from .lookups import MODULES as ASKED_BY_TEXT
from .mathematics import MATHEMATICS
from .modules import changed
from .patches import OWN, patches
from .polynomials import standing_for
from .reading import GETTERS, NOTHING, RUNNERS, Names
from .threads import THREADS
from .untouched import is_untouched

MODULES: dict[types.ModuleType, types.ModuleType] = {
    numpy: hnp, copy: COPYING, **MATHEMATICS, **THREADS, **ASKED_BY_TEXT,
}  # fmt: skip
PARTS: dict[types.ModuleType, types.ModuleType] = {
    getattr(numpy, n): vars(hnp)[n] for n in ("linalg", "fft", "testing")
}
# The names of a module by which something else is found than in the original.
DIFFERENT = {
    old: frozenset(
        [
            n
            for n, v in OWN.get(old, vars(old)).items()
            if vars(new).get(n, v) is not v and not n.startswith("__")
        ]
    )
    for old, new in (MODULES | PARTS).items()
}
# What differs only for arrays that are written to, and for lists.
CREATORS, ASKING = frozenset(hnp.FLOATS) - hnp.OTHERWISE, frozenset(hnp.ASKING)

NUMPYS = (numpy, *PARTS)
_functions: dict[int, tuple[Any, Any, types.ModuleType, str]] = {}
for _old, _new in (MODULES | PARTS).items():
    for _name in DIFFERENT[_old]:
        _original = OWN.get(_old, vars(_old)).get(_name)
        if callable(_original) or _name in KEYED:
            _functions[id(_original)] = (_original, vars(_new)[_name], _old, _name)


def replacement_of(value: Any, names: Names) -> Any:
    """What stands for a value in a program that uses certain names; None where it needs nothing else."""
    if isinstance(value, types.ModuleType):
        if value is numpy and (names.called & SCALARS.keys()) - names.compared:
            return part_of_numpy(value, True, names.kept)
        new = standing_for_module(value)
        if new is None or not (needs(value, names) or (names.of_hoad and value in NUMPYS)):
            return part_of_numpy(value, False, names.kept) if value in NUMPYS and patches(value) else None
        return part_of_numpy(value, False, names.kept) if value in NUMPYS else new
    of_python = standing_for(value) or OF_PYTHON.get(id(value))
    if of_python is not None:
        return of_python
    found = _functions.get(id(value))
    if found is not None:
        is_numpys = found[2] in NUMPYS
        if is_numpys and found[3] in names.kept:
            return None
        all_are = is_numpys and names.of_hoad
        return found[1] if all_are or wanted(found[2], {found[3]}, names) else None
    if value.__class__ is numpy.ufunc:
        return of_scipy(value) if names.lists and value.__name__ not in vars(numpy) else None
    if value.__class__ is staticmethod:
        return of_static(value, names)
    return door_of(value) or function_for(value)


def standing_for_module(module: types.ModuleType) -> types.ModuleType | None:
    """What stands for a module; None for itself."""
    if module in NUMPYS:
        return part_of_numpy(module, False, frozenset())
    new = MODULES.get(module)
    if new is None:
        return module_for(module) if is_of_a_library(module) else None
    return with_patches(module, new, patches(module))


def with_patches(module: types.ModuleType, new: types.ModuleType, others: dict[str, Any]) -> types.ModuleType:
    """What stands for a module, with the functions that were put in the place of its own."""
    if not others:
        return new
    key = id(new), *[(name, id(value)) for name, value in others.items()]
    if key not in _patched:
        _patched[key] = changed(new, **others)
    return _patched[key]


_patched: dict[Any, types.ModuleType] = {}  # which hold what is told by its identity


def of_static(method: staticmethod[Any, Any], names: Names) -> Any:
    """What stands for a function that is an attribute of a class."""
    new = replacement_of(method.__func__, names)
    return None if new is None else staticmethod(new)


@functools.cache
def of_scipy(ufunc: Any) -> Callable[..., Any]:
    """What stands for a ufunc of SciPy's, whose own code, too, gives it lists of numbers. The rules are
    stated before its name is bound, by which they find it.
    """
    rule_of_scipy(ufunc)
    return of_ufunc(ufunc)


def needs(module: types.ModuleType, names: Names) -> bool:
    """Tell whether a program needs another module in the place of one."""
    if names.used & (GETTERS | RUNNERS):
        return True
    different = DIFFERENT.get(module)
    return wanted(
        module, names.used & (standing_in(module).keys() if different is None else different), names
    )


# Classes of numbers, where a program calls them: ``np.float64(x)``, and ``np.double(x)``, which is the same.
CLASSES: dict[type, Any] = {numpy.dtype(c).type: of_numpy(numpy.dtype(c).type) for c in "efdgFDG"}
SCALARS = {n: CLASSES[c] for n, c in vars(numpy).items() if isinstance(c, type) and c in CLASSES}


def part_of_numpy(original: types.ModuleType, scalars: bool, kept: frozenset[str]) -> types.ModuleType:
    """What stands for NumPy, or a part of it: with classes of numbers, with functions that stay NumPy's, and
    with those that were put in the place of NumPy's.
    """
    new, others = whole_part(original, scalars, kept), patches(original)
    if original is numpy and any(map(patches, PARTS)):
        others |= {m.__name__.rpartition(".")[2]: part_of_numpy(m, False, kept) for m in PARTS}
    new = with_patches(original, new, others)
    _made[id(new)] = scalars, kept
    return new


@functools.cache
def whole_part(original: types.ModuleType, scalars: bool, kept: frozenset[str]) -> types.ModuleType:
    """The same of NumPy as it is by itself."""
    new = (MODULES | PARTS)[original]
    others = {
        **(SCALARS if scalars else {}),
        **{n: OWN.get(original, vars(original))[n] for n in kept & DIFFERENT[original]},
    }
    if original is numpy and kept:
        others |= {m.__name__.rpartition(".")[2]: whole_part(m, False, kept) for m in PARTS}
    return changed(new, **others) if others else new


_made: dict[int, tuple[bool, frozenset[str]]] = {}


def has_scalars(module: Any) -> bool:
    """Tell whether a module stands for NumPy with classes of numbers."""
    return _made.get(id(module), (False, None))[0]


def names_in_numpy(value: Any) -> list[str]:
    """The names of a function of NumPy's that something stands for; none for anything else."""
    found = _functions.get(id(value))
    if found is None or found[2] not in NUMPYS:
        return []
    return [name for name, function in vars(found[2]).items() if function is value]


def wanted(module: types.ModuleType, used: Set[str], names: Names) -> bool:
    """Tell whether any of the names that differ makes a difference to a program."""
    if module is copy:
        return names.writes and bool(used)
    if module not in NUMPYS:
        return bool(used)
    always = used - ASKING - CREATORS
    return bool(always or (names.lists and used & ASKING) or (names.writes and used & CREATORS))


def builtin_of(name: str, names: Names) -> Any:
    """What a name of Python's own is bound to; None where the program needs nothing else."""
    if name in ALWAYS:
        return ALWAYS[name]
    needed = name in names.called or "map" in names.used or names.called & RUNNERS
    return CALLED[name] if name in CALLED and needed else None


ALWAYS = REPLACED | FOUND
BUILTINS = CALLED.keys() | ALWAYS.keys()
OF_PYTHON = {id(vars(builtins)[name]): new for name, new in ALWAYS.items()}  # by whatever name


def inner_of(f: Any, names: Names) -> Any:
    """A function that another one wraps, or what stands for it."""
    new = stand_in(f, names)
    return f if new is None else new


def method_of(method: Any, names: Names) -> Any:
    """What stands for a method that is bound to its object; None for itself."""
    new = stand_in(method.__func__, names)
    return None if new is None else types.MethodType(new, method.__self__)


def cached_by_run(f: Any, names: Names) -> Callable[..., Any]:
    """A function with a cache, which within a derivative has one of its own, that ends with the run."""
    inner = inner_of(f.__wrapped__, names)

    @functools.wraps(inner)
    def called(*args: Any, **kwargs: Any) -> Any:
        run = RUNNING.get()
        if run is None or not INSIDE.get():
            return f(*args, **kwargs)
        kept = run.caches.get(id(f))
        if kept is None:
            kept = run.caches.setdefault(id(f), functools.lru_cache(**f.cache_parameters())(inner))
        return kept(*args, **kwargs)

    CACHES.add(code_of(called))  # type: ignore[arg-type]
    for name in ("cache_info", "cache_clear", "cache_parameters"):
        setattr(called, name, getattr(f, name))
    return called


def uncompiled(f: Any) -> Callable[..., Any]:
    """A function that was compiled (numba), which within a derivative runs as it is written."""
    inner = f.py_func

    @functools.wraps(inner)
    def called(*args: Any, **kwargs: Any) -> Any:
        return inner(*args, **kwargs) if INSIDE.get() else f(*args, **kwargs)

    return called


def of_numbers(f: Any, names: Names) -> Callable[..., Any]:
    """A function that ``numpy.vectorize`` has made."""
    inner = inner_of(f.pyfunc, names)
    options = {"otypes": f.otypes, "excluded": f.excluded, "cache": f.cache, "signature": f.signature}
    made: Callable[..., Any] = UNREACHED[numpy.vectorize](inner, **options)
    return made


def by_class(f: Any) -> Callable[..., Any]:
    """A function of ``functools.singledispatch``: it goes by the class of what a traced value stands for."""
    inner = f.__wrapped__

    @functools.wraps(f)
    def called(*args: Any, **kwargs: Any) -> Any:
        chosen = f.dispatch(type_of(args[0])) if args and isinstance(args[0], Traced) else f
        return chosen(*args, **kwargs)

    called.__wrapped__ = inner
    return called


class MethodByClass(functools.singledispatchmethod):  # type: ignore[type-arg]
    """The same of a method."""

    def __init__(self, method: Any) -> None:
        self.dispatcher, self.func, self.method = method.dispatcher, method.func, method

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        plain = self.method.__get__(instance, cls)

        @functools.wraps(plain)
        def called(*args: Any, **kwargs: Any) -> Any:
            if not (args and isinstance(args[0], Traced)):
                return plain(*args, **kwargs)
            chosen: Any = self.dispatcher.dispatch(type_of(args[0]))
            return chosen.__get__(instance, cls)(*args, **kwargs)

        return called


def importing(original: Callable[..., Any], joined: Callable[[Any], None]) -> Callable[..., Any]:
    """``import`` in the body of a function: of what is replaced, the replacement.

    A module that is imported for the first time runs its own imports, which have ``locals``: those stay.
    """

    @functools.wraps(original)
    def imported(
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        found = original(name, globals, locals, fromlist, level)
        if locals is not None or not INSIDE.get() or is_untouched((globals or {}).get("__name__", "")):
            return found
        new = standing_for_module(found)
        if new is None:
            joined(found)
            if "." in name and not fromlist and name in sys.modules:  # ``import a.b`` gives a
                joined(sys.modules[name])
        return found if new is None else new

    return imported


def special_of(value: Any, names: Names = NOTHING) -> Any:
    """What stands for an object that wraps a Python function; None if it is none."""
    cls = type(value)
    if cls is types.MethodType:
        return method_of(value, names)
    if cls in STAND_INS:
        return STAND_INS[cls](value)
    if cls is types.BuiltinFunctionType and type(value.__self__) in STAND_INS:
        return getattr(special_of(value.__self__), value.__name__)
    if cls is _CACHED:
        return cached_by_run(value, names)
    if cls is types.FunctionType and value.__code__ is _DISPATCHING:
        return by_class(value)
    if cls is functools.singledispatchmethod:
        return MethodByClass(value)
    if cls is numpy.vectorize:
        return of_numbers(value, names)
    if cls in ASKED:
        return ASKED[cls](value)
    if cls.__module__.startswith("numba.") and hasattr(value, "py_func"):
        return uncompiled(value)
    return of_cython(value) if is_compiled(value) else None


def stand_in(value: Any, names: Names) -> Any:
    """What stands for a value in a program that uses certain names, for one in a tuple too; None where it
    needs nothing else.
    """
    new = replacement_of(value, names)
    if new is None:
        new = tuple_of(value, names) if isinstance(value, tuple) else special_of(value, names)
    return new


def tuple_of(value: tuple[Any, ...], names: Names) -> Any:
    """What stands for a tuple, since an element of it can't be bound to anything else."""
    parts = [stand_in(v, names) for v in value]
    if len(value) > LONG or all([new is None for new in parts]):
        return None
    parts = [old if new is None else new for old, new in zip(value, parts, strict=True)]
    return tuple_like(value, parts)


def tuple_like(value: tuple[Any, ...], parts: list[Any]) -> Any:
    """A tuple of the same class."""
    make: Any = getattr(value, "_make", type(value))
    return make(parts)


def joined(original: Any, first: Any, second: Any) -> Any:
    """What stands for a value in two programs that share its place, from what stands for it in each."""
    if isinstance(original, types.ModuleType) and original in NUMPYS:
        (scalars, kept), (too, more) = _made[id(first)], _made[id(second)]
        return part_of_numpy(original, scalars or too, kept | more)
    if isinstance(original, types.ModuleType):
        return standing_for_module(original)  # as it is by now
    if isinstance(original, types.CodeType):  # one may have more that stands in the place of something
        return max(first, second, key=lambda code: len(code.co_consts))
    if isinstance(original, tuple) and first is not original:
        parts = [
            b if a is o else a if b is o else joined(o, a, b)
            for o, a, b in zip(original, first, second, strict=True)
        ]
        same = all([new is old for new, old in zip(parts, first, strict=True)])
        return first if same else tuple_like(original, parts)
    return first  # what wraps the value is alike in both


LONG = 1000

_CACHED = type(functools.lru_cache(lambda: None))
_DISPATCHING = vars(functools)["singledispatch"](lambda x: x).__code__
