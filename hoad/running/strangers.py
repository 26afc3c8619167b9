"""Errors of other code that met a traced value: told as an error of hoad's, with the user's line.

NumPy, SciPy and Python's own modules say of a traced value, or of an array of objects that holds some, that
``object arrays are not supported``, that ``ufunc 'isnan' is not supported for the input types`` or that a
``float is required, not Tracer``: true, and no help. When such an error has passed through a derivative, this
finds out what was called, and says what to type in its place. Nothing is done before.
"""

from __future__ import annotations

import dis
import itertools
import re
import sys
import types
from typing import Any

import numpy as np

from ..errors import EscapeError, HoadError, MissingRuleError, NotDifferentiableError
from ..guests import HOUSES, is_foreign, is_of_a_house, refusal
from ..nested import Traced, innermost, refused
from ..places import OURS, is_of_a_library, shown
from ..values.foreign import traced_within
from .instead import advice

OF_TRACED = re.compile(r"\b(Tracer|Dual|Batch|Jet|Collapsed|Draft|Lean|Lent|Fillable)\b")
OF_OBJECTS = re.compile(
    r"dtype\('O'\)|dtype object|object arrays|'object'|ObjectDType|[Uu]nsupported d(ata )?type"
    r"|not supported for the input types|does not support argument|Cannot cast|array type|data type"
    r"|no callable|proper array of floats"
)
# Errors that the values of a function are to blame for, traced or not.
AS_OF_PLAIN = (np.linalg.LinAlgError, ArithmeticError, KeyError, RecursionError, AssertionError)
SPOKEN_FOR = {"pandas", "pint", "xarray"}  # what may be said of their errors depends on what was called
KNOWN = {*HOUSES, "scipy", "numpy", "numba", "sklearn", "statsmodels", "sympy"}


def of_strangers(error: Exception) -> HoadError | None:
    """The error of hoad's for one of other code that was raised because of a traced value, or for one of
    hoad's that came through other code; None for all others, the program's own among them.
    """
    frames = frames_of(error.__traceback__)
    if (
        isinstance(error, AS_OF_PLAIN)
        or is_of_units_or_axes(error)
        or not frames
        or is_raised_by_the_program(frames[-1])
    ):
        return None
    if is_of_the_value(error):
        return None
    users, outside = calls_outside(frames)
    within = [frame.tb_frame for frame in outside]
    last = max([k for k, frame in enumerate(within) if not is_known(frame)], default=0)
    called = name_of_call(within[last + 1 :], str(error)) or name_of_call(within[1:], str(error))
    cause = hoads_own(error)
    if isinstance(error, HoadError) and not (isinstance(error, EscapeError) and len(within) > 1):
        return None
    if cause is None and not speaks_of_traced(error, within, len(outside) == len(frames) - users):
        return None
    place = within[0].f_code.co_filename, outside[0].tb_lineno
    inner = within[last].f_code.co_filename, outside[last].tb_lineno
    told = explained(error, cause, called, shown(inner))
    told.place, told.within = place, inner if last else None
    return of_outer(told, met(within[1:]) or met(within))


def is_of_units_or_axes(error: Exception) -> bool:
    """Tell whether it is an error of pint's or xarray's own class, which speaks of units or of axes."""
    return type(error).__module__.partition(".")[0] in ("pint", "xarray")


def is_of_the_value(error: Exception) -> bool:
    """Tell whether the program asked a traced value for what no array has: ``x.nothing``. (For ``x.hypot``
    NumPy asks, of each element of an array of objects.)
    """
    if not (isinstance(error, AttributeError) and isinstance(error.obj, Traced)):
        return False
    by_numpy = getattr(np, str(error.name), None)
    return not (isinstance(by_numpy, np.ufunc) and by_numpy.__name__ == error.name)


def calls_outside(frames: list[types.TracebackType]) -> tuple[int, list[types.TracebackType]]:
    """The last line of the program, by its number, and with it what it called up to where hoad was called."""
    users = max([k for k, frame in enumerate(frames) if is_users(frame)], default=0)
    return users, list(itertools.takewhile(lambda frame: not is_hoads(frame), frames[users:]))


def of_guest(error: Exception) -> HoadError | None:
    """The error of hoad's for one that came up where an array of another library, in its own code, met a
    traced value; None for all others.
    """
    outside = calls_outside(frames_of(error.__traceback__))[1]
    within = [frame.tb_frame for frame in outside[1:]]
    guest = guest_of(within)
    values = [] if guest is None else met(within)
    if not values or is_of_units_or_axes(error):
        return None
    told = NotDifferentiableError(refusal(guest))
    told.place = outside[0].tb_frame.f_code.co_filename, outside[0].tb_lineno
    return of_outer(told, values)


def guest_of(frames: list[types.FrameType]) -> Any:
    """An array of another library in whose own code a traced value was met."""
    for frame in frames:
        masked = str(frame.f_globals.get("__name__", "")).startswith("numpy.ma")
        if masked or house_of(frame) in HOUSES.keys() - SPOKEN_FOR:
            for value in list(frame.f_locals.values()):
                if is_of_a_house(value) or (masked and is_foreign(value)):
                    return value
    return None


def explained(error: Exception, cause: HoadError | None, called: str | None, line: str) -> HoadError:
    """The error that says what was called, what came of it, and what to type in its place."""
    if cause is not None and called is None:
        return type(cause)(*cause.args)
    if cause is not None and not isinstance(cause, EscapeError):
        return type(cause)(*cause.args)
    said = "would have lost its derivative" if cause is error else raised(error)
    return (EscapeError if cause is not None else MissingRuleError if called else EscapeError)(
        f"{called or 'other code'} was given an array of objects, as NumPy makes them of traced numbers, or "
        f"a traced value itself, which only NumPy's functions on traced arrays can follow, and {said}. "
        f"{advice(called, line)}"
    )


def of_outer(told: HoadError, values: list[Traced]) -> HoadError:
    """The error, noted if the values are those of a derivative that goes on."""
    top = innermost(values)
    return refused(told, top) if top is not None and top.level.alive else told


def frames_of(chain: types.TracebackType | None) -> list[types.TracebackType]:
    """A traceback as a list, from the first frame that is not hoad's."""
    found = []
    while chain is not None:
        found.append(chain)
        chain = chain.tb_next
    return list(itertools.dropwhile(is_hoads, found))


def is_hoads(frame: types.TracebackType) -> bool:
    """Tell whether a frame is hoad's."""
    return frame.tb_frame.f_code.co_filename.startswith((OURS[0], "<hoad"))


def is_users(frame: types.TracebackType) -> bool:
    """Tell whether a frame is of the program, and not of what was installed."""
    return is_users_file(frame.tb_frame)


def is_users_file(frame: types.FrameType) -> bool:
    """The same by the frame alone: a module of the program may have a name of the standard library, and what
    Cython compiled for a library a file like none (``<stringsource>``).
    """
    file = frame.f_code.co_filename
    return not (is_of_a_library(file) or file.startswith(OURS) or house_of(frame) in KNOWN)


def house_of(frame: types.FrameType) -> str:
    """The library that a frame is of."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def is_known(frame: types.FrameType) -> bool:
    """Tell whether a frame is of a library that computes with numbers and raises errors about them."""
    house = house_of(frame)
    return house in KNOWN or (house in sys.stdlib_module_names and not is_users_file(frame))


def is_raised_by_the_program(last: types.TracebackType) -> bool:
    """Tell whether the frame in which an error came up is the program's, and has a ``raise`` there."""
    if is_hoads(last) or is_known(last.tb_frame):
        return False
    code = last.tb_frame.f_code.co_code
    return dis.opname[code[last.tb_lasti]] == "RAISE_VARARGS"


def hoads_own(error: BaseException) -> HoadError | None:
    """The error of hoad's that one was raised from, or that the level of a value has noted (``runs.py``)."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, HoadError):
        seen = seen.__cause__ or seen.__context__
    refusal = error.__dict__.get("refusal")
    return EscapeError(refusal.text) if seen is None and refusal is not None else seen


def met(frames: list[types.FrameType]) -> list[Traced]:
    """Traced values that the frames hold: the line of the program, and what it called."""
    found = []
    for frame in frames:
        for value in list(frame.f_locals.values()):
            if isinstance(value, Traced) and value.differentiates:
                found.append(value)
            elif not isinstance(value, Traced) and not isinstance(value, types.ModuleType):
                inner = traced_within(value, still_runs=False)
                found += [] if inner is None else [inner]
    return found


def speaks_of_traced(error: Exception, within: list[types.FrameType], at_once: bool) -> bool:
    """Tell whether an error is one of a library that does not know what a traced value is.

    Args:
        error: what was raised.
        within: the line of the program, and the frames of what it called.
        at_once: whether the error came up there, and not in what hoad called.
    """
    if not at_once:
        return False
    if OF_TRACED.search(str(error)) or OF_OBJECTS.search(str(error)):
        return bool(met(within))
    return len(within) > 1 and is_known(within[-1]) and bool(met(within[1:]))


def name_of_call(frames: list[types.FrameType], text: str) -> str | None:
    """What the program called, by the name that it is known under; a ufunc has no frame, and is named in the
    text.
    """
    for frame in frames:
        name, own = frame.f_code.co_name, frame.f_locals.get("self")
        if own is not None:
            cls = type(own).__name__.removesuffix("_gen").removesuffix("_frozen")
            name = cls if name.startswith("__") else f"{cls}.{name}"
        known = public(str(frame.f_globals.get("__name__", "")), name)
        if known is not None:
            return known
    named = re.search(r"ufunc '(\w+)'", text)
    return None if named is None else public("numpy", named[1]) or public("scipy.special", named[1])


def public(module: str, name: str) -> str | None:
    """The shortest name of what is in a module under which users have it; None if there is none."""
    parts = module.split(".")
    for n in range(1, len(parts) + 1):
        if parts[n - 1].startswith("_") or name.startswith(("_", "<")):
            return None
        house = ".".join(parts[:n])
        if callable(getattr(sys.modules.get(house), name.partition(".")[0], None)):
            return f"{house}.{name}".replace("numpy.", "np.", 1)
    return None


def raised(error: Exception) -> str:
    """An error as a part of another's message."""
    text = str(error).strip().partition("\n")[0].rstrip(".")
    return f"raised {type(error).__name__}: {text}"
