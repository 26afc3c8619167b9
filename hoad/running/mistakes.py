"""Calls that an operator, or the function that it is given, does not take: what was meant, and how it is
written.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import re
import types
from collections.abc import Callable, Iterable
from typing import Any

from ..errors import CallError, MissingRuleError, describe
from ..nested import HOUSES

Function = Callable[..., Any]
ABOUT_CALLS = re.compile(r"\(\) (missing|takes|got an unexpected|got multiple|got some)")

OF_CONTAINERS = re.compile(
    r"unsupported operand type.*'(list|tuple|dict)'|can't multiply sequence|bad operand"
)
HINTS = [
    (
        IndexError,
        re.compile("valid indices|arrays used as indices"),
        "an index is an integer, and not differentiated: x[int(hoad.primal(k))]",
    ),
    (
        ValueError,
        re.compile("inhomogeneous shape"),
        "rows of different lengths make no array: keep them in a list, or np.concatenate(rows)",
    ),
]


def modules_of(chain: types.TracebackType | None) -> set[str]:
    """The libraries that an error came through."""
    found = set()
    while chain is not None:
        found.add(str(chain.tb_frame.f_globals.get("__name__", "")).partition(".")[0])
        chain = chain.tb_next
    return found


def name_of(f: Any) -> str:
    """A function in a message."""
    if isinstance(f, functools.partial):
        return f"partial of {name_of(f.func)}"
    return str(getattr(f, "__name__", f))


def own_names(f: Any) -> tuple[str, ...] | None:
    """The parameters of a Python function by name; None if it takes others too, or is of another kind."""
    code = getattr(f, "__code__", None)
    if code is None or code.co_flags & inspect.CO_VARKEYWORDS:
        return None
    return tuple(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def ambiguous(name: str, f: Any, options: Iterable[str]) -> None:
    """Refuse a keyword that both the operator and the function have.

    Raises:
        CallError: with the two ways to write it.
    """
    mine = own_names(f) or ()
    for key in options:
        if key in mine:
            raise CallError(
                f"both hoad.{name} and {name_of(f)} have an argument {key!r}: hoad.{name}(f, {key}=...)(x) "
                f"is the operator's, hoad.{name}(f)(x, {key}=...) the function's"
            )


def refuse_unknown(name: str, f: Any, names: Iterable[str], kwargs: dict[str, Any], passes: bool) -> None:
    """Refuse a keyword that nobody has.

    Raises:
        CallError: with the name that comes next to it.
    """
    mine = own_names(f) if passes else ()
    for key in kwargs:
        if mine is None or key in mine:
            continue
        close = difflib.get_close_matches(key, [*names, *mine], 1, 0.7)
        hint = f"; did you mean {close[0]}=?" if close else ""
        whose = f"neither hoad.{name} nor {name_of(f)} has it" if passes else f"hoad.{name} does not have it"
        raise CallError(f"got an unexpected keyword argument {key!r}: {whose}{hint}")


def about(
    error: Exception,
    name: str,
    f: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: Any,
    star: bool,
) -> None:
    """Say more about an error of the user's function, where its cause is likely to be the call: as a note,
    which leaves the error the same, or where the function can't be called so at all by an error of its own.

    Raises:
        CallError: from a ``TypeError``.
        MissingRuleError: from an error of Numba's.
    """
    text = str(error)
    if type(error).__module__.startswith("numba."):
        raise MissingRuleError(of_numba(f)) from error
    for kind, pattern, hint in HINTS:
        if isinstance(error, kind) and pattern.search(text) and hint not in getattr(error, "__notes__", ()):
            error.add_note(hint)
    if isinstance(f, type):
        error.add_note(f"the function that hoad.{name} was given is the class {f.__name__}")
    for house, write in HOUSES.items():
        if house in modules_of(error.__traceback__):
            error.add_note(f"{house} does not know of traced values: write {write} for its arrays")
    containers = [a for a in args if isinstance(a, (list, tuple, dict))]
    if isinstance(error, TypeError) and containers and OF_CONTAINERS.search(text):
        kind_of = type(containers[0]).__name__
        error.add_note(f"hoad.{name} gives f the {kind_of} that it was given; arithmetic wants np.array(x)")
    if not isinstance(error, TypeError) or not ABOUT_CALLS.search(text) or binds(f, args, kwargs):
        return
    if len(args) == 1 and isinstance(args[0], (tuple, list)) and binds(f, tuple(args[0]), kwargs):
        n = len(args[0])
        where = f", argnums={tuple(range(n))}" if "argnums" in options or star else ""
        write = f"hoad.{name}(f, *point{where})" if star else f"hoad.{name}(lambda p: f(*p), point)"
        raise CallError(
            f"{name_of(f)} takes {n} arguments, and was given one, {describe(args[0])} of {n}: write {write}"
        ) from error
    for key in options:
        if binds(f, args, {**kwargs, key: options[key]}):
            raise CallError(
                f"{text}; {key}={options[key]!r} was taken for the argument of hoad.{name}: "
                f"hoad.{name}(f)(x, {key}=...) passes it to the function"
            ) from error


def binds(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Tell whether a function can be called with some arguments; True where nobody can tell."""
    try:
        inspect.signature(f).bind(*args, **kwargs)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def not_a_function(f: Any, name: str) -> str:
    """The message for what is given in the place of a function."""
    what = f"the module {f.__name__}" if inspect.ismodule(f) else describe(f)
    hint = ""
    if inspect.ismodule(f):
        hint = "; name a function in it, as in hoad.grad(np.sin)"
    elif hasattr(f, "__add__") and not isinstance(f, str):
        hint = "; give the function itself and no value of it: hoad.grad(f), not hoad.grad(f(x))"
    return f"the first argument is {what}, which is not a function; write hoad.{name}(f, x){hint}"


def of_numba(f: Any) -> str:
    """The message for a function that Numba compiled, which takes no traced values."""
    compiled = type(f).__name__ == "CPUDispatcher"
    own = "f.py_func is the Python function that it was made of" if compiled else "call its .py_func"
    name = name_of(f) if compiled else "a function in it"
    return (
        f"{name} is compiled by Numba, whose code hoad can't differentiate: {own}, as in "
        f"hoad.grad(f.py_func); or give the Python function a derivative of your own with "
        f"hoad.chainrules.rrule, and call the compiled one in it"
    )
