"""Names that a program looks up by text: ``globals()[name]``, ``vars(module)[name]``,
``sys.modules[name].f``, ``import_module(name)``, ``attrgetter(name)(module)``.

The search reads code, in which such a name may not stand. So what is looked up joins the program as it is
found.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import functools
import importlib
import json
import operator
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from ..arrays.texts import check_text
from .known import RUNNING
from .modules import changed


def met(found: Any) -> Any:
    """What a program has found by a name that its code may not say, or what stands for it."""
    run = RUNNING.get()
    return found if run is None else run.met(found)


class Names(dict[str, Any]):
    """The names of a module, as they are found one by one.

    It is a copy, for code in C that looks into it; what a program writes goes into the module.
    """

    __slots__ = ("held",)

    def __init__(self, held: dict[str, Any]) -> None:
        super().__init__(held)
        self.held = held

    def __getitem__(self, name: str) -> Any:
        return met(self.held[name])

    def __contains__(self, name: object) -> bool:
        return name in self.held

    def __iter__(self) -> Iterator[str]:  # so that ``{**names}`` and ``dict(names)`` ask for each
        return iter(self.held)

    def get(self, name: str, default: Any = None) -> Any:
        return met(self.held.get(name, default))

    def values(self) -> Any:
        return self.copy().values()

    def items(self) -> Any:
        return self.copy().items()

    def copy(self) -> dict[str, Any]:
        return {name: met(value) for name, value in list(self.held.items())}

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self.held[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        del self.held[name]

    def update(self, *others: Any, **values: Any) -> None:
        for name, value in dict(*others, **values).items():
            self[name] = value

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self.held:
            self[name] = default
        return self[name]

    def pop(self, name: str, *default: Any) -> Any:
        super().pop(name, None)
        return met(self.held.pop(name, *default))


def names_in(x: Any) -> Any:
    """``x.__dict__``, as its values are found one by one where x is a module."""
    return Names(vars(x)) if isinstance(x, types.ModuleType) else x.__dict__


def calling_frame() -> types.FrameType:
    """The frame in which one of these functions was called."""
    frame = sys._getframe(2)
    while frame.f_code in BETWEEN and frame.f_back is not None:
        frame = frame.f_back
    return frame


BETWEEN: set[types.CodeType] = set()  # code of hoad's through which the program's calls may go


def variables(*of: Any) -> Any:
    """``vars``."""
    return names_in(*of) if of else calling_frame().f_locals


def global_names() -> dict[str, Any]:
    """``globals``."""
    return Names(calling_frame().f_globals)


def itself(names: Any) -> Any:
    """The names in which code is to run: a module's own."""
    return names.held if names.__class__ is Names else names


def joining(source: Any, mode: str, names: dict[str, Any]) -> Any:
    """The code of a text, which joins the program that runs: its names may be in a dictionary of its own."""
    code = source
    if source.__class__ is str:
        check_text(source)
        flags = sys._getframe(2).f_code.co_flags & FUTURES
        code = compiled(source.lstrip(" \t") if mode == "eval" else source, mode, flags)
    run = RUNNING.get()
    if run is not None and code.__class__ is types.CodeType and not code.co_freevars:
        key = (id(code), id(names))
        if key not in run.caches:
            run.caches[key] = f = types.FunctionType(code, names)
            run.join(f)
    return code


@functools.lru_cache(maxsize=256)
def compiled(source: str, mode: str, flags: int) -> types.CodeType:
    """The code of a text."""
    code: types.CodeType = compile(source, "<string>", mode, flags, dont_inherit=True)
    return code


# The statements ``from __future__`` that code inherits which is made of text.
FUTURES = functools.reduce(
    int.__or__, [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]
)


def evaluate(source: Any, globals: Any = None, locals: Any = None, /) -> Any:
    """``eval``, of what says no number of a derivative."""
    frame = calling_frame()
    if globals is None:
        globals, locals = frame.f_globals, frame.f_locals if locals is None else locals
    return builtins.eval(joining(source, "eval", itself(globals)), itself(globals), itself(locals))


def execute(source: Any, globals: Any = None, locals: Any = None, /, **options: Any) -> None:
    """``exec``, of what says no number of a derivative."""
    frame = calling_frame()
    if globals is None:
        globals, locals = frame.f_globals, frame.f_locals if locals is None else locals
    builtins.exec(joining(source, "exec", itself(globals)), itself(globals), itself(locals), **options)


def import_by_name(*args: Any, **kwargs: Any) -> Any:
    """``__import__``, called."""
    return met(builtins.__import__(*args, **kwargs))


@functools.wraps(importlib.import_module)
def import_module(name: str, package: str | None = None) -> Any:
    """``importlib.import_module``."""
    return met(importlib.import_module(name, package))


def attrgetter(*names: str) -> Callable[[Any], Any]:
    """``operator.attrgetter``."""
    return of_modules(operator.attrgetter(*names))


def of_modules(get: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What asks for attributes, of modules too."""

    def asked(x: Any) -> Any:
        found = get(x)
        if not isinstance(x, types.ModuleType):
            return found
        return tuple(map(met, found)) if found.__class__ is tuple else met(found)

    return asked


def methodcaller(name: str, /, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    """``operator.methodcaller``."""
    method = of_modules(operator.attrgetter(name))
    return lambda x: method(x)(*args, **kwargs)


def made_again(caller: Any) -> Callable[[Any], Any]:
    """A ``methodcaller`` that the program has made already."""
    make, args = caller.__reduce__()
    first, options = (make.args, make.keywords) if isinstance(make, functools.partial) else ((), {})
    return methodcaller(*first, *args, **options)


def of_text(read: Callable[..., Any]) -> Callable[..., Any]:
    """What makes numbers of a text, in which no number of a derivative stands."""

    @functools.wraps(read)
    def reading(text: Any, *args: Any, **kwargs: Any) -> Any:
        if text.__class__ is str:
            check_text(text)
        return read(text, *args, **kwargs)

    return reading


_modules = [Names({})]


class System(types.ModuleType):
    """``sys``, whose modules are found one by one. There may be thousands: their names are copied again when
    one was added.
    """

    @property
    def modules(self) -> Any:
        held, known = sys.modules, _modules[0]
        if known.held is held and len(known) == len(held) and next(reversed(known)) == next(reversed(held)):
            return known
        _modules[0] = Names(held)
        return _modules[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(sys, name, value)


SYSTEM = System("sys", sys.__doc__)
SYSTEM.__dict__["modules"] = None  # by which one sees what is another here
MODULES: dict[types.ModuleType, types.ModuleType] = {
    sys: SYSTEM,
    ast: changed(ast, literal_eval=of_text(ast.literal_eval)),
    json: changed(json, loads=of_text(json.loads)),
    importlib: changed(importlib, import_module=import_module),
    operator: changed(operator, attrgetter=attrgetter, methodcaller=methodcaller),
}
FOUND = {
    "vars": variables,
    "globals": global_names,
    "eval": evaluate,
    "exec": execute,
    "__import__": import_by_name,
}
GETTERS: dict[type, Callable[[Any], Callable[[Any], Any]]] = {
    operator.attrgetter: of_modules,
    operator.methodcaller: made_again,
}
