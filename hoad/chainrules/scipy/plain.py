"""SciPy's own functions on plain values within a derivative, as they run outside of one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...nested import Traced, everything, pack, settle, values
from ...values.captures import traced_in, with_changed
from ..doors import door, holds, outside

Function = Callable[..., Any]


def as_outside(function: Function, *args: Any, **kwargs: Any) -> Any:
    """What a function gives for plain values: the code that it calls runs as outside of a derivative."""
    return outside(function)(*args, **kwargs)


def sample(x: Any) -> Any:
    """The plain values of a traced one; of a batch, those of its first member."""
    found = np.asarray(everything(x))
    return found[(0,) * (found.ndim - np.ndim(x))]


def plainly(function: Function, *args: Any, **kwargs: Any) -> Any:
    """SciPy's own function of the plain values, which refuses what it refuses."""
    args, kwargs = with_changed((args, kwargs), sample)
    return as_outside(function, *args, **kwargs)


def ask(function: Function, *args: Any, **kwargs: Any) -> None:
    """Let SciPy's own function refuse what it refuses of the plain values; what it gives is not wanted. Of
    values that are noted it is asked whenever the program is carried out.
    """

    def plain(x: Any) -> Any:
        found = everything(x)
        if not isinstance(found, Traced):
            return sample(x)
        members: Any = found
        return members[(0,) * (np.ndim(members) - np.ndim(x))]

    args, kwargs = with_changed((args, kwargs), plain)
    noted: list[Any] = traced_in((args, kwargs))
    if noted:
        noted[0].asked(outside(function), args, kwargs)
    else:
        as_outside(function, *args, **kwargs)


def refuse_others(function: Function, *args: Any, **kwargs: Any) -> None:
    """Of other numbers than doubles, compiled code takes some, each its own: SciPy is asked which."""
    if not all([x.dtype.char == "d" for x in traced_in((args, kwargs))]):
        plainly(function, *args, **kwargs)


def compiled(function: Function, keeps: tuple[int | str, ...] = ()) -> Callable[[Function], Function]:
    """A door of a function that hands arrays of its own to compiled code: where nothing is traced, it runs as
    outside of a derivative, since such code takes no array that waits to be filled.
    """

    def decorate(body: Function) -> Function:
        @functools.wraps(body)
        def called(*args: Any, **kwargs: Any) -> Any:
            args, kwargs = with_changed((args, kwargs), settle)
            if traced_in((args, kwargs)) or (args and holds(args[0])):
                refuse_others(function, *args, **kwargs)
                return body(*args, **kwargs)
            return as_outside(function, *args, **kwargs)

        door(function, always=True, keeps=keeps)(called)
        return body

    return decorate


def floats(x: Any) -> Any:
    """Values as SciPy computes with them: in double precision, real or complex."""
    x = pack(x)  # an array of objects, as SciPy's own code makes them in a tuple of arguments
    kind = complex if np.iscomplexobj(x) else float
    return x.astype(kind) if traced_in(x) else np.asarray(x, kind)


def alike(x: Any) -> Any:
    """Plain numbers that are the same for all members of a batch, if there is one."""
    found = sample(x)
    return found if np.all(found == np.asarray(everything(x))) else values(x)
