"""What a recorded call takes of its arguments: their values in this run, and guards on the integers and truth
values among them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..chainrules.numpy.indexing import scatter, taken, where
from ..chainrules.statements import Primitive
from ..chainrules.text import NOTED
from ..nested import settle
from .recording import mapped


def is_noted(x: Any) -> bool:
    """Tell whether every use of a value is noted."""
    return x.__class__ in NOTED


def seen_of(x: Any) -> Any:
    """A leaf of arguments as it is in this run."""
    return x.seen if is_noted(x) else settle(x)


def pinned_of(x: Any) -> Any:
    """A leaf of a value as a guard."""
    return x.pinned() if is_noted(x) else x


def is_float(x: Any) -> bool:
    """Tell whether a value is no integer."""
    return x.dtype.kind not in "biu"


def chosen(x: Any) -> Any:
    """A part of an index: a mask decides how many elements there are, so it becomes a guard."""
    return x.pinned() if is_noted(x) and x.dtype.kind == "b" else x


def understood(rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """Arguments among which integers and truth values are guards, unless the shape of the result is known
    not to depend on them.
    """
    if rule.gathers or rule in (scatter, taken):
        return (args[0], mapped(args[1], chosen), *args[2:]), kwargs
    if rule is where or isinstance(rule.function, np.ufunc) or not numbers_count(args, kwargs):
        return args, kwargs
    if rule.kind == "linear" and not any([discrete(a) for a in args[1:]]) and not kwargs:
        return args, kwargs
    return mapped(args, fixed), mapped(kwargs, fixed)


def numbers_count(args: Any, kwargs: Any) -> bool:
    """Tell whether integers or truth values are among the traced arguments."""
    found: list[bool] = []
    mapped((args, kwargs), lambda leaf: found.append(discrete(leaf)))
    return any(found)


def discrete(x: Any) -> bool:
    """Tell whether an argument is a traced integer or truth value, or an array of such."""
    return is_noted(x) and not is_float(x)


def fixed(x: Any) -> Any:
    """A leaf of arguments, as a guard if it is an integer."""
    return x.pinned() if discrete(x) else x
