"""The operands of an operation, as the levels take them: arrays for lists and for what is of pandas, no value
that outlived its level, no array of objects that are traced.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from numbers import Rational
from typing import Any

import numpy as np

from .errors import NotDifferentiableError
from .guests import Labels, is_foreign, is_table, plain
from .nested import (
    BASE,
    NUMBERS,
    SIMPLE,
    UNDERSTOOD,
    Traced,
    glance,
    innermost,
    notes_of,
    pack,
    refused,
    unfinished,
)

ARRAYS = (list, np.ndarray)
FLOATING = (float, complex, np.inexact, np.ndarray)


def operands(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands of an operation as the levels take them: no value that outlived its level, no object array
    of traced values, and beside a traced value no array that waits to be filled.
    """
    for value in values:
        if isinstance(value, Traced):
            if value.differentiates and not value.level.alive:
                return tuple([pack(unfinished(v)) for v in values])
            if value.level is BASE and len(values) > 1:
                return beside_level(values)
        elif value.__class__ not in UNDERSTOOD:
            if value.__class__ is np.ndarray and value.dtype.kind != "O":
                continue
            if isinstance(value, Rational) and not isinstance(value, np.generic):
                if isinstance(glance(innermost(values)), FLOATING):  # as float * Fraction is a float
                    values = tuple([float(v) if v is value else v for v in values])
                continue
            if value.__class__ in ARRAYS or (is_foreign(value) and innermost(values) is not None):
                taken = tuple([pack(unfinished(v)) for v in without_guests(values)])
                return (
                    taken if any([new is not old for new, old in zip(taken, values, strict=True)]) else values
                )
    return values


def beside_level(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Operands, with the numbers as they are now for an array that waits to be filled, where another operand
    is of a level: its primal is to be a plain array.
    """
    top = innermost(values)
    if top is None or top.level is BASE:
        return values
    return operands(tuple([v.frozen() if isinstance(v, Traced) and v.level is BASE else v for v in values]))


def are_simple(values: Iterable[Any]) -> bool:
    """Tell whether the arguments of a call are what a rule takes as it is: nothing of pandas or another
    library, no array of objects; in lists and tuples, too.
    """
    for value in values:
        kind = type(value)
        if kind in SIMPLE:
            continue
        if kind is np.ndarray:
            if value.dtype.kind == "O":
                return False
        elif kind not in (list, tuple) or not (SIMPLE.issuperset(map(type, value)) or are_simple(value)):
            return False
    return True


def without_guests(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Operands, one of them traced, with arrays for lists and for what is of pandas.

    Raises:
        NotDifferentiableError: an array of another library, or one of pandas that is more than its array.
    """
    try:
        for table in values:
            if is_table(table):
                labels_of(values).add(table)
        return tuple([v if isinstance(v, Traced) else plain(v) for v in values])
    except NotDifferentiableError as error:
        raise refused(error, *values) from None


def without_tables(*arguments: Any) -> tuple[Any, ...]:
    """The arguments of a call, one of them traced, with arrays in the place of what is of pandas, in lists
    and dictionaries too.
    """
    if "pandas" not in sys.modules:
        return arguments
    return tuple([_with_arrays(argument, arguments) for argument in arguments])


def _with_arrays(value: Any, arguments: tuple[Any, ...]) -> Any:
    if value.__class__ is dict:
        return {name: _with_arrays(part, arguments) for name, part in value.items()}
    if value.__class__ in (list, tuple):
        return value.__class__([_with_arrays(part, arguments) for part in value])
    return without_guests((innermost(parts(arguments)), value))[1] if is_table(value) else value


def parts(values: Any) -> Iterator[Any]:
    """What is in lists, tuples and dictionaries."""
    if values.__class__ in (list, tuple, dict):
        for part in values.values() if values.__class__ is dict else values:
            yield from parts(part)
    else:
        yield values


def labels_of(values: tuple[Any, ...]) -> Labels:
    """The labels of pandas that the levels of some values have met."""
    levels = []
    for x in values:
        while isinstance(x, Traced):
            levels.append(x.level)
            x = x.primal
    notes = [notes_of(level) for level in levels if level is not BASE and level is not NUMBERS]
    found = [note.labels for note in notes if note.labels is not None]
    labels = found[0] if found else Labels()
    for note in notes:
        note.labels = labels
    return labels
