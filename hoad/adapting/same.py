"""How a value that a program holds is compared later with what it was: numbers, text and arrays by what is
in them, in lists, tuples and dictionaries too, since those may be written to and stay the same objects.
"""

from __future__ import annotations

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


def same_as(value: Any, other: Callable[[Any], Test] = nothing_else, depth: int = DEEPEST) -> Test:
    """A test that tells whether another value, or this one at a later time, is what this one is now.

    Args:
        value: numbers, text, arrays, and lists, tuples and dictionaries of those.
        other: makes the test of what is something else.
        depth: how deep containers may lie in each other.

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
    if kind is np.ndarray and value.dtype.kind in KINDS and value.size <= LARGEST:
        return same_array(value.dtype, value.shape, value.tobytes())
    if depth and kind in (list, tuple) and len(value) <= LARGEST:
        return same_parts(kind, [same_as(part, other, depth - 1) for part in value])
    if depth and kind is dict:
        names = same_as(list(value), other, depth - 1)
        values = same_as(list(value.values()), other, depth - 1)
        return lambda now: now.__class__ is dict and names(list(now)) and values(list(now.values()))
    if kind is slice:
        ends = same_as((value.start, value.stop, value.step))
        return lambda now: now.__class__ is slice and ends((now.start, now.stop, now.step))
    return other(value)


def same_scalar(value: Any, kind: type) -> Test:
    """The test of a number or of text; it tells zeros and nan apart by their signs, as text does."""
    text = repr(value)
    return lambda now: now is value or (now.__class__ is kind and repr(now) == text)


def same_array(dtype: Any, shape: tuple[int, ...], held: bytes) -> Test:
    """The test of an array, by its bytes."""

    def test(now: Any) -> bool:
        return (
            now.__class__ is np.ndarray
            and now.shape == shape
            and now.dtype == dtype
            and bool(now.tobytes() == held)
        )

    return test


def same_parts(kind: Any, tests: list[Test]) -> Test:
    """The test of a list or a tuple."""
    n = len(tests)

    def test(now: Any) -> bool:
        is_one = now.__class__ is kind and len(now) == n
        return is_one and all([same(part) for same, part in zip(tests, now, strict=True)])

    return test
