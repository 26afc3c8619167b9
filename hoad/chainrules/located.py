"""Functions of SciPy's where the arrays lie: of a device's, the library's own function of that name."""

from __future__ import annotations

import functools
from typing import Any

from ..errors import MissingRuleError
from ..nested import refused
from ..values.constants import HERE, is_elsewhere, library


def place_of(*values: Any) -> Any:
    """A plain array among arguments, or in a list of them, that is not NumPy's; None if there is none."""
    for x in values:
        if x.__class__ in HERE or x.__class__ is str:
            continue
        if x.__class__ in (tuple, list):
            x = place_of(*x)
        if x is not None and is_elsewhere(x):
            return x
    return None


def own(function: Any, like: Any) -> Any:
    """The function of the library of an array that has the name of one of SciPy's.

    Raises:
        MissingRuleError: it has none.
    """
    backend = library(like)
    found = backend.of_scipy(function.__module__, function.__name__)
    if found is None:
        room = room_of(function)
        name = f"{room}.{function.__name__}"
        message = (
            f"{name} was called with an array of {backend.name}, which has no such function: "
            f"{backend.those_of_scipy(room)}; {backend.name}.asnumpy(x) goes on with NumPy's arrays"
        )
        raise refused(MissingRuleError(message), like)
    return found


def room_of(function: Any) -> str:
    """The public module that a function is of."""
    parts = str(function.__module__).split(".")
    return ".".join([part for part in parts if not part.startswith("_")])


def located(function: Any) -> Any:
    """A function of SciPy's that goes to the library of the arrays that it is called with."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        like = place_of(*args, *kwargs.values())
        if like is None:
            return function(*args, **kwargs)
        return own(function, like)(*args, **kwargs)

    return called
