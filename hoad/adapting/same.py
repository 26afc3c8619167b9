"""How a value that a program holds is compared later with what it was: numbers, text and arrays by what is
in them, in lists, tuples and dictionaries too, since those may be written to and stay the same objects.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

Test = Callable[[Any], bool]
# Elements that are compared. Where there are more, to run a function costs little beside what they cost.
LARGEST = 4096
DEEPEST = 8  # containers in containers
KINDS = "fciub"  # of the elements of arrays
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
) -> Test:
    """A test that tells whether another value, or this one at a later time, is what this one is now.

    Args:
        value: numbers, text, arrays, and lists, tuples and dictionaries of those.
        other: makes the test of what is something else.
        depth: how deep containers may lie in each other.
        largest: how many elements arrays and containers may have.

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
    if kind is np.ndarray and value.dtype.kind in KINDS and value.size <= largest:
        return same_array(value)
    if depth and kind in (list, tuple) and len(value) <= largest:
        return same_parts(value, [same_as(part, other, depth - 1, largest) for part in value])
    if depth and kind is dict:
        names = same_as(list(value), other, depth - 1, largest)
        values = same_as(list(value.values()), other, depth - 1, largest)
        return lambda now: now.__class__ is dict and names(list(now)) and values(list(now.values()))
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


def same_array(value: np.ndarray) -> Test:
    """The test of an array, by its bytes, and of the order in which they lie, that ``ravel("K")`` tells."""
    dtype, shape, held = value.dtype, value.shape, value.tobytes()
    strides = value.strides if value.ndim > 1 else None
    word = np.dtype(f"u{min(dtype.itemsize, 8)}")  # in which large arrays are compared, in place
    words = np.frombuffer(held, word) if value.size > LARGEST else None

    def test(now: Any) -> bool:
        if now.__class__ is not np.ndarray or now.shape != shape or now.dtype != dtype:
            return False
        if strides is not None and now.strides != strides:
            return False
        if words is None:
            return bool(now.tobytes() == held)
        return bool(np.array_equal(np.ascontiguousarray(now).reshape(-1).view(word), words))

    return test


def same_parts(value: Any, tests: list[Test]) -> Test:
    """The test of a list or a tuple. Numbers and text can't change, so where all are the same objects, none
    is looked at.
    """
    kind, n = value.__class__, len(value)
    plain = tuple(value) if all([part.__class__ in SCALARS for part in value]) else None

    def test(now: Any) -> bool:
        if now.__class__ is not kind or len(now) != n:
            return False
        if plain is not None and all(map(operator.is_, now, plain)):
            return True
        return all([same(part) for same, part in zip(tests, now, strict=True)])

    return test
