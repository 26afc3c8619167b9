"""Functions of NumPy that write: into traced arrays as NumPy would, never silently into a plain array."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules import RULES
from ..chainrules.numpy.indexing import plain_index, scatter
from ..chainrules.refusals import escape, without_rule
from ..errors import MissingRuleError
from ..nested import SIMPLE, Traced, refused
from ..operands import are_simple
from ..values.constants import arange, library, waits

SEQUENCES = (list, tuple)
NOT_THERE = (
    "np.{0}.at was called with an array of {1}, of which it is not known on the host how often a position "
    "occurs: np.add.at and np.subtract.at are there; where no position occurs twice, "
    "y[i] = np.{0}(y[i], v) is the same"
)


def with_out(rule: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Carry out a function, and put its result where ``out=`` says."""
    target = kwargs.pop("out", None) if kwargs else None
    if len(args) > 2 and (place := place_of_out(rule)) < len(args):
        target, args = args[place], (*args[:place], None, *args[place + 1 :])
    result = rule(*args, **kwargs)
    return result if target is None else write_out(target, result)


def takes_as_they_are(rule: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Tell whether a rule is called with the arguments of a function, and its result is that of the call."""
    for a in args:
        kind = a.__class__
        if not (
            kind in SIMPLE
            or (kind is np.ndarray and a.dtype.kind != "O")
            or (kind in SEQUENCES and (SIMPLE.issuperset(map(type, a)) or are_simple(a)))
        ):
            return False
    if kwargs and (
        "out" in kwargs or not (SIMPLE.issuperset(map(type, kwargs.values())) or are_simple(kwargs.values()))
    ):
        return False
    return len(args) <= 2 or len(args) <= place_of_out(rule)


@functools.cache
def place_of_out(rule: Callable[..., Any]) -> int:
    """Where ``out`` stands among the arguments of a rule that are given by place."""
    code = getattr(inspect.unwrap(rule), "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code else ()
    return names.index("out") if "out" in names else sys.maxsize


def write_out(target: Any, result: Any) -> Any:
    """Put a result into ``out=``, which must be able to hold it."""
    if not isinstance(target, Traced) and not is_of_objects(target):
        raise escape(result, f"out= is a plain {type(target).__name__}", "make it with np.zeros_like(x)")
    target[...] = result
    return target


def is_of_objects(target: Any) -> bool:
    """Tell whether an array of NumPy's can hold traced numbers."""
    return target.__class__ is np.ndarray and target.dtype.kind == "O"


def add_in_place(ufunc: Any, target: Any, index: Any, value: Any = None) -> None:
    """``ufunc.at``: every occurrence of an index counts, one after the other."""
    if ufunc not in RULES:
        raise without_rule(ufunc, (target, index, value), ".at")
    if not isinstance(target, Traced):
        raise escape(value, "it is written into a plain array", "make the array with np.zeros_like(x)")
    index = plain_index(index)
    places = arange(target.size, like=target).reshape(target.shape)[index]
    if ufunc in (np.add, np.subtract):
        value = np.broadcast_to(value if ufunc is np.add else -value, np.shape(places))
        target[...] = target + scatter(value, index, target.shape)
        return
    if waits(places):  # one after the other by how often each place occurs, which is to be read
        raise refused(MissingRuleError(NOT_THERE.format(ufunc.__name__, library(places).name)), target)
    others = () if value is None else (np.ravel(np.broadcast_to(value, np.shape(places))),)
    for rows in turns(np.ravel(places)):
        where = np.unravel_index(np.ravel(places)[rows], target.shape)
        now: Any = target
        now[where] = ufunc(now[where], *[other[rows] for other in others])


def turns(places: np.ndarray) -> list[np.ndarray]:
    """Which entries can be written at once: the first occurrences of all places, then the second, ..."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    changes = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(places) else ordered > 0
    starts = np.flatnonzero(changes)
    count = np.empty(len(places), dtype=int)
    count[order] = np.arange(len(places)) - np.repeat(starts, np.diff(np.append(starts, len(places))))
    return [np.flatnonzero(count == k) for k in range(int(count.max(initial=-1)) + 1)]
