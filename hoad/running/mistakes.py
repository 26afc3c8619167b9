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

import numpy as np

from ..backends import NUMPY
from ..errors import CallError, MissingRuleError, describe
from ..guests import HOUSES
from ..nested import Traced
from ..values.constants import library, plain_of, waits
from ..values.trees import flatten
from .chunks import in_words
from .instead import OF_TABLES
from .strangers import of_guest, of_strangers

Function = Callable[..., Any]
ABOUT_CALLS = re.compile(r"\(\) (missing|takes|got an unexpected|got multiple|got some)")

OF_CONTAINERS = re.compile(
    r"unsupported operand type.*'(list|tuple|dict)'|can't multiply sequence|bad operand"
)
OF_TWO_LIBRARIES = re.compile(
    r"Unsupported type <class 'numpy.ndarray'>|Implicit conversion to a NumPy array"
)
OF_NO_UFUNC = re.compile(r"all returned NotImplemented from __array_ufunc__\(<ufunc '(\w+)'>")
OF_NO_FUNCTION = re.compile(r"no implementation found for '([\w.]+)' on types")
HINTS = [
    (
        IndexError,
        re.compile("valid indices|arrays used as indices"),
        "an index is an integer, and not differentiated: x[int(hoad.primal(k))]",
    ),
    (
        ValueError,
        re.compile("inhomogeneous shape|arrays must have the same shape"),
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


def ambiguous(name: str, f: Any, options: dict[str, Any]) -> None:
    """Refuse a keyword that both the operator and the function have, where nothing tells whose it is: a word,
    as ``mode="reverse"``, is the operator's, which knows no others.

    Raises:
        CallError: with the two ways to write it.
    """
    mine = own_names(f) or ()
    for key, value in options.items():
        if key in mine and not isinstance(value, str):
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


def about(error: Exception, form: Any, f: Any, args: tuple[Any, ...], kwargs: Any, options: Any) -> None:
    """Say more about an error of the user's function, where its cause is likely to be the call: as a note,
    which leaves the error the same, or where the function can't be called so at all by an error of its own.

    Raises:
        CallError: from a ``TypeError``.
        MissingRuleError: from an error of Numba's.
        EscapeError: from an error of other code that met a traced value.
    """
    told = of_guest(error)
    if told is None and type(error).__module__.startswith("numba."):
        raise MissingRuleError(of_numba(f)) from error
    told = told or of_strangers(error)
    if told is not None:
        raise told.with_traceback(error.__traceback__) from error
    for text in hints(error, form.name, f, args):
        if text not in getattr(error, "__notes__", ()):
            error.add_note(text)
    if isinstance(error, TypeError) and ABOUT_CALLS.search(str(error)) and not binds(f, args, kwargs):
        refuse_call(error, form, f, args, kwargs, options)


def hints(error: Exception, name: str, f: Any, args: tuple[Any, ...]) -> list[str]:
    """What may be said about an error that hoad did not raise."""
    found = [hint for kind, pattern, hint in HINTS if isinstance(error, kind) and pattern.search(str(error))]
    if isinstance(error, AttributeError) and isinstance(error.obj, Traced) and error.name in OF_TABLES:
        found.append(
            f"arithmetic of pandas with a value that is being differentiated gives an array, in which stands "
            f"for a.{error.name}: {OF_TABLES[error.name]}"
        )
    if isinstance(f, type):
        found.append(f"the function that hoad.{name} was given is the class {f.__name__}")
    for house in HOUSES.keys() & modules_of(error.__traceback__):
        found.append(f"{house} does not know of traced values: write {HOUSES[house]} for its arrays")
    if isinstance(error, TypeError) and OF_TWO_LIBRARIES.search(str(error)):
        found.append(of_two_libraries(args))
    if isinstance(error, TypeError) and (told := of_missing(error, args)):
        found.append(told)
    if isinstance(error, MemoryError):
        found.append(of_memory(name, args))
    kinds = [type(a).__name__ for a in args if isinstance(a, (list, tuple, dict))]
    if kinds and isinstance(error, TypeError) and OF_CONTAINERS.search(str(error)):
        found.append(f"hoad.{name} gives f the {kinds[0]} that it was given; arithmetic wants np.array(x)")
    return found


def of_missing(error: TypeError, args: tuple[Any, ...]) -> str:
    """What is said of a function that the library of a device has not; nothing of another cause."""
    backend = library([leaf for a in args for leaf in flatten(a)[0]])
    if backend is NUMPY:
        return ""
    if found := OF_NO_UFUNC.search(str(error)):
        missing, room = found[1], "numpy" if hasattr(np, found[1]) else "scipy.special"
        return f"{backend.name} has no {room}.{missing}" + (
            f": {backend.those_of_scipy(room)}" if room == "scipy.special" else ""
        )
    if found := OF_NO_FUNCTION.search(str(error)):
        return f"{backend.name} has no {found[1]}"
    room = room_of_scipy(error.__traceback__)
    if not room or not OF_TWO_LIBRARIES.search(str(error)):
        return ""
    return (
        f"{room} computes with NumPy's arrays, and not with {backend.name}'s: {backend.those_of_scipy(room)}"
    )


def room_of_scipy(chain: types.TracebackType | None) -> str:
    """The module of SciPy's that an error came through last; nothing if none."""
    room = ""
    while chain is not None:
        name = str(chain.tb_frame.f_globals.get("__name__", ""))
        room = name if name.startswith("scipy.") and not name.startswith("scipy._") else room
        chain = chain.tb_next
    return ".".join(room.split(".")[:2])


def of_memory(name: str, args: tuple[Any, ...]) -> str:
    """What is said where there is no memory for a derivative."""
    like = [leaf for a in args for leaf in flatten(a)[0]]
    free = in_words(library(like).memory(plain_of(like)))
    where = "on the device" if waits(like) else "of this machine's memory"
    return (
        f"hoad.{name} keeps what f computes until the way back is done; {free} {where} are free: "
        f"hoad.checkpoint(g) in the place of g, a part of f, keeps its arguments alone"
    )


def of_two_libraries(args: tuple[Any, ...]) -> str:
    """What is said of an array of NumPy's among those of a device."""
    name = library([leaf for a in args for leaf in flatten(a)[0]]).name
    name = "cupy" if name == "numpy" else name
    return (
        f"an array of numpy meets one of {name}, which lies on a device: write {name}.asarray(a) for numpy's "
        f"before, or {name}.asnumpy(x) to go on with numpy's; numbers need neither"
    )


def refuse_call(
    error: TypeError, form: Any, f: Any, args: tuple[Any, ...], kwargs: Any, options: dict[str, Any]
) -> None:
    """Refuse a call that f does not take, if it is known what was meant."""
    name = form.name
    if len(args) == 1 and isinstance(args[0], (tuple, list)) and binds(f, tuple(args[0]), kwargs):
        n = len(args[0])
        more = f", argnums={tuple(range(n))}" if "argnums" in form.names else ""
        rest = ", ..." if len(form.later) > 1 else ""
        write = f"lambda p: f(*p), point{rest}" if form.later else f"f, *point{more}"
        raise CallError(
            f"{name_of(f)} takes {n} arguments, and was given one, {describe(args[0])} of {n}: write "
            f"hoad.{name}({write})"
        ) from error
    for key, value in options.items():
        if binds(f, args, {**kwargs, key: value}):
            raise CallError(
                f"{error}; {key}={value!r} was taken for the argument of hoad.{name}: "
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


def not_a_function(f: Any, usage: str) -> str:
    """The message for what is given in the place of a function, where a call is written as ``usage``."""
    what = f"the module {f.__name__}" if inspect.ismodule(f) else describe(f)
    of_f = usage.partition("(f")[0] + "(f)"
    hint = ""
    if inspect.ismodule(f):
        hint = f"; name a function in it, as in {of_f.replace('(f)', '(np.sin)')}"
    elif hasattr(f, "__add__") and not isinstance(f, str):
        hint = f"; give the function itself and no value of it: {of_f}, not {of_f.replace('(f)', '(f(x))')}"
    return f"the first argument is {what}, which is not a function; write {usage}{hint}"


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
