"""Functions that look up what they kept from an earlier call at the same point.

In ::

    def __call__(self, x):
        if self.x is None or not np.array_equal(x, self.x):
            self.x, self.value = x.copy(), expensive(x)
        return self.value

the value at a point at which the function was called before is a plain number, which has no derivative.
Where a value does not depend on what it is differentiated by, and that was found equal to a plain number, the
function runs once more, and is told that they are not equal: at each comparison, for it may have several such
points, or, if another value comes of that, once. If the value comes out as before, and depends, it was kept,
and the second run is the function. So it does where an array was found equal to a plain array of its shape,
though the value depends: a part of it may have been kept, as the factor of a matrix.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..nested import DOUBTS, EQUAL, Level, everything, forgiven
from ..runs import check_dependence, depends
from .calling import Function
from .results import outputs
from .unfollowed import check_followed

ALL = 100  # comparisons that are doubted, of a table that is gone through


def outputs_of(f: Function, args: Any, *levels: Level) -> tuple[list[Any], Any]:
    """The leaves of what a function gives, and their structure (``outputs``).

    Args:
        f: the function.
        args: its arguments, values of the levels among them.
        levels: those by which derivatives are taken.
    """
    return known_again(f, args, *outputs(f(*args)), *levels)


def known_again(
    f: Function, args: Any, leaves: list[Any], structure: Any, *levels: Level
) -> tuple[list[Any], Any]:
    """The same of a value that has been found: another one, if it, or a part of it, was kept from an earlier
    call.
    """
    if not depends(leaves, *levels):
        return beyond_doubt(f, args, leaves, structure, *levels)
    if any([level.notes is not None and level.notes.met for level in levels]):
        return computed(f, args, leaves, *levels) or (leaves, structure)
    check_dependence(leaves, *levels)
    return leaves, structure


def beyond_doubt(
    f: Function, args: Any, leaves: list[Any], structure: Any, *levels: Level
) -> tuple[list[Any], Any]:
    """The same of a value that does not depend on what it is differentiated by: another one, if it was kept
    from an earlier call. A warning tells of one that depends all the same.
    """
    if looked_up(leaves, *levels):
        return computed(f, args, leaves, *levels) or (leaves, structure)
    check_followed(f, args, leaves, *levels)
    return leaves, structure


def looked_up(leaves: list[Any], *levels: Level) -> bool:
    """Tell whether a function may have looked its value up by a point; warn where it may have otherwise."""
    asked = [n.asked for n in (level.notes for level in levels) if n is not None and n.asked is not None]
    if asked and asked[0][1] == EQUAL and not depends(leaves, *levels):
        return True
    check_dependence(leaves, *levels)
    return False


def computed(f: Function, args: Any, leaves: list[Any], *levels: Level) -> tuple[list[Any], Any] | None:
    """The value of a function that does not look it up, by any of what it has kept, or by the first of it;
    None, and a warning, if it is another.
    """
    doubts = [True] * ALL
    found = doubted(f, args, leaves, doubts, *levels)
    if found is None and len(doubts) < ALL - 1:
        found = doubted(f, args, leaves, [True], *levels)
    if found is None:
        check_dependence(leaves, *levels)
    return found


def doubted(
    f: Function, args: Any, leaves: list[Any], doubts: list[bool], *levels: Level
) -> tuple[list[Any], Any] | None:
    """The value of a function that is told, as often as there are doubts, that its point is not the one it
    has; None if it is another, or does not depend on it either.
    """
    token = DOUBTS.set(doubts)
    try:
        again, structure = outputs(f(*args))
    except Exception as error:  # which the answer that is not true may have brought about
        forgiven(error)
        again, structure = [], None
    finally:
        DOUBTS.reset(token)
    return (again, structure) if depends(again, *levels) and are_equal(leaves, again) else None


def are_equal(first: list[Any], second: list[Any]) -> bool:
    """Tell whether two values are the same numbers."""
    if len(first) != len(second):
        return False
    pairs = [(everything(a), everything(b)) for a, b in zip(first, second, strict=True)]
    return all([np.shape(a) == np.shape(b) and bool(np.all(np.equal(a, b))) for a, b in pairs])
