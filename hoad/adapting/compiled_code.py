"""Functions that Cython has compiled: they take arrays as they lie in memory, and ask nobody for a rule."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Set
from importlib.machinery import ExtensionFileLoader
from typing import Any

from ..arrays.fillable import Fillable
from ..errors import MissingRuleError
from ..nested import INSIDE, innermost, refused
from .doors import CYTHONS


def is_compiled(f: Any) -> bool:
    """Tell whether something is such a function; and no method, since its class can't be changed."""
    return type(f).__name__ in CYTHONS and f.__qualname__ == f.__name__


def is_compiled_module(module: types.ModuleType) -> bool:
    """Tell whether a module is compiled."""
    spec = vars(module).get("__spec__")  # a module may be made by the program, and ask for what it has not
    return isinstance(getattr(spec, "loader", None), ExtensionFileLoader)


def functions_of(module: types.ModuleType, names: Set[str]) -> list[str]:
    """The functions of a compiled module among some names. Its other names are read by compiled code, too: it
    takes NumPy's arrays alone, so they stay what they are.
    """
    return [name for name in names & vars(module).keys() if is_compiled(vars(module)[name])]


def of_cython(f: Any) -> Callable[..., Any]:
    """The same function, which is given arrays of constants as NumPy's, and says what to type where it meets
    a traced value that it can't take.
    """

    @functools.wraps(f)
    def called(*args: Any, **kwargs: Any) -> Any:
        if not INSIDE.get():
            return f(*args, **kwargs)
        plain = [x.primal if x.__class__ is Fillable else x for x in args]
        named = {name: x.primal if x.__class__ is Fillable else x for name, x in kwargs.items()}
        try:
            return f(*plain, **named)
        except (TypeError, ValueError) as error:
            top = innermost((*plain, *named.values()))
            if top is None:
                raise
            raise refused(MissingRuleError(message(f)), top) from error

    return called


def message(f: Any) -> str:
    """What is said of one that was given a traced value."""
    return (
        f"{f.__module__}.{f.__qualname__} is compiled code, which takes plain numbers and arrays: state its "
        f"derivative, as by @hoad.chainrules.rrule({f.__name__}), or take its value without one: "
        f"hoad.primal(x) is the plain number"
    )
