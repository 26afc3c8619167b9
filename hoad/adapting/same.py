"""How a value that a program holds is compared later with what it was: numbers, text and arrays by what is
in them, in lists, tuples and dictionaries too, since those may be written to and stay the same objects.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..values.memory import lies_at, memory_of
from .partition import Partition, Thing

Test = Callable[[Any], bool]
# Elements that are compared. Where there are more, to run a function costs little beside what they cost.
LARGEST = 4096
DEEPEST = 8  # containers in containers
KINDS = "fciub"  # of the elements of arrays
THINGS = (list, dict, np.ndarray)  # which may be written to
SCALARS = frozenset({
    float, int, complex, bool, str, bytes, type(None), type(...), range,
    *[np.dtype(code).type for code in "?bhilqBHILQefdgFDG"],
})  # fmt: skip


def nothing_else(value: Any) -> Test:
    """Refuse what is no data."""
    raise LookupError(f"a {value.__class__.__name__}")


def same_as(
    value: Any,
    other: Callable[[Any], Test] = nothing_else,
    depth: int = DEEPEST,
    largest: int = LARGEST,
    partition: Partition | None = None,
) -> Test:
    """A test that tells whether another value, or this one at a later time, is what this one is now.

    Args:
        value: numbers, text, arrays, and lists, tuples and dictionaries of those.
        other: makes the test of what is something else.
        depth: how deep containers may lie in each other.
        largest: how many elements arrays and containers may have.
        partition: which of the lists, dictionaries and arrays are one must be as it is in this.

    Raises:
        LookupError: it holds something else, or too much.

    Example:
        >>> t = np.array([0.5, 1.0])
        >>> test = same_as([t, -0.0])
        >>> test([np.array([0.5, 1.0]), -0.0]), test([t, 0.0])
        (True, False)
        >>> t[0] = 2.0
        >>> test([t, -0.0])
        False
    """
    kind = value.__class__
    if kind in SCALARS:
        return same_scalar(value, kind)
    one = partition.thing(value) if partition is not None and kind in THINGS else None
    if one is not None and one.is_again:
        return one.is_here
    if kind is np.ndarray and value.dtype.kind in KINDS and value.size <= largest:
        return same_array(value, one)
    if depth and kind in (list, tuple) and len(value) <= largest:
        parts = [same_as(part, other, depth - 1, largest, partition) for part in value]
        return same_parts(value, parts, one)
    if depth and kind is dict:
        names = same_as(tuple(value), other, depth - 1, largest, partition)
        values = same_as(tuple(value.values()), other, depth - 1, largest, partition)
        return same_entries(names, values, one)
    if kind is slice:
        ends = same_as((value.start, value.stop, value.step))
        return lambda now: now.__class__ is slice and ends((now.start, now.stop, now.step))
    return other(value)


def same_scalar(value: Any, kind: type) -> Test:
    """The test of a number or of text; it tells zeros apart by their signs, as text does."""
    if value != value:  # nan is found in a list, and among keys, by its identity
        return lambda now: now is value
    text = repr(value)
    return lambda now: now is value or (now.__class__ is kind and repr(now) == text)


def same_array(value: np.ndarray, one: Thing | None) -> Test:
    """The test of an array, by its bytes, and of the order in which they lie, that ``ravel("K")`` tells."""
    kind, dtype, shape, held = value.__class__, value.dtype, value.shape, value.tobytes()
    strides = value.strides if value.ndim > 1 else None
    word = np.dtype(f"u{min(dtype.itemsize, 8)}")  # in which large arrays are compared, in place
    words = np.frombuffer(held, word) if value.size > LARGEST else None
    base, is_there = (0, nothing_else) if one is None else same_place(value, one)

    def test(now: Any) -> bool:
        if now.__class__ is not kind or now.shape != shape:
            return False
        if now.dtype is not dtype and now.dtype != dtype:
            return False
        if strides is not None and now.strides != strides:
            return False
        if one is not None and (id(now) != one.number or id(now.base) != base) and not is_there(now):
            return False
        if words is None:
            return now.tobytes() == held  # type: ignore[no-any-return]
        return bool(np.array_equal(np.ascontiguousarray(now).reshape(-1).view(word), words))

    return test


def same_place(value: np.ndarray, one: Thing) -> tuple[int, Test]:
    """The number of that on which an array is a view, if that tells where its elements lie; and the test of
    which array it is among those that are held, and of where they lie.
    """
    whole = memory_of(value)
    memory, place = one.partition.thing(whole, -1), lies_at(value, whole)

    def test(now: Any) -> bool:
        if id(now) != one.number and not one.meets(id(now)):
            return False
        whole = memory_of(now)
        if -id(whole) != memory.number and not memory.meets(-id(whole)):
            return False
        return not memory.is_again or lies_at(now, whole) == place

    return id(value.base) if value.base is None or value.base is whole else 0, test


def same_parts(value: Any, tests: list[Test], one: Thing | None) -> Test:
    """The test of a list or a tuple. Numbers and text can't change, so where all are the same objects, none
    is looked at.
    """
    kind, n = value.__class__, len(value)
    plain = tuple(value) if all([part.__class__ in SCALARS for part in value]) else None

    def test(now: Any) -> bool:
        if now.__class__ is not kind or len(now) != n:
            return False
        if one is not None and id(now) != one.number and not one.meets(id(now)):
            return False
        if plain is not None and all(map(operator.is_, now, plain)):
            return True
        return all([same(part) for same, part in zip(tests, now, strict=True)])

    return test


def same_entries(names: Test, values: Test, one: Thing | None) -> Test:
    """The test of a dictionary, by its names and what stands there, in order."""

    def test(now: Any) -> bool:
        if now.__class__ is not dict:
            return False
        if one is not None and id(now) != one.number and not one.meets(id(now)):
            return False
        return names(tuple(now)) and values(tuple(now.values()))

    return test
