"""Values that change with what they are differentiated by, though no operation leads to them.

A search that only compares, as bisection written by hand between fixed ends, gives a number that is made of
constants: each step depends on a comparison, and a comparison has no derivative. So has what goes through
text, a library that hoad can't see into, or a cache. The derivative by the operations is 0 there, and the
derivative of the function is not.

Where the value of a function does not depend on any of its arguments, the function is asked again, for plain
numbers: at the point, where it must give the same, and a little to both sides of it. If what it gives changes
steadily, a warning says so. A function that is constant, or jumps, gives the same on one side or the other.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UnfollowedValueWarning
from ..nested import INSIDE, Level, Traced, everything, next_tag
from ..places import users_place
from ..runs import depends, tell_constant
from ..values.trees import flatten, unflatten

STEPS = (2.0**-20, 2.0**-10)  # of the point; the larger for searches that stop early
ALIKE = 4.0  # the change to one side in units of that to the other, at most
Function = Callable[..., Any]


def check_followed(f: Function, args: Any, leaves: list[Any], *levels: Level) -> None:
    """Warn of a value that no operation leads to, where it changes with the arguments.

    Args:
        f: the function.
        args: its arguments, values of the levels among them.
        leaves: what it gave, taken apart.
        levels: those by which derivatives are taken.
    """
    if depends(leaves, *levels) or not leaves or not all(map(is_plain_number, leaves)):
        return
    if any([n.stopped or n.asked or n.place for n in (level.notes for level in levels) if n is not None]):
        return  # it was meant, or has been told
    mine = [getattr(level, "inner", level).tag for level in levels]  # of those that one brings along, too
    if next_tag() > 1 + max(mine, default=0):
        return  # the function takes derivatives, which are often constant or have steps
    points, structure = flatten(args)
    plain = [everything(x) for x in points]
    chosen = [isinstance(x, Traced) for x in points]
    if not any(chosen) or any([isinstance(x, Traced) for x in plain]):
        return

    def at(step: float) -> np.ndarray:
        moved = [shifted(x, step, k) if c else x for k, (x, c) in enumerate(zip(plain, chosen, strict=True))]
        found, _ = flatten(f(*unflatten(structure, moved)))
        return np.concatenate([np.ravel(np.asarray(everything(x), complex)) for x in found])

    token = INSIDE.set(False)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            is_steady = changes_steadily(
                at, np.concatenate([np.ravel(np.asarray(x, complex)) for x in leaves])
            )
    except Exception:  # the function can't be asked so, and nothing is known of it
        return
    finally:
        INSIDE.reset(token)
    if is_steady:
        tell_constant(
            users_place(),
            "it changes with that all the same: it was found by comparisons alone (a search by hand: "
            "scipy.optimize.brentq has the derivative), or by way of text, a cache, or code that can't be "
            "followed. The derivative given, 0, is not that of the function",
            UnfollowedValueWarning,
        )


def is_plain_number(x: Any) -> bool:
    """Tell whether a value is a float or an array of such, and nothing that is traced."""
    return isinstance(x, (float, complex, np.inexact)) or (
        isinstance(x, np.ndarray) and x.dtype.kind in "fc" and x.size > 0
    )


def shifted(x: Any, step: float, k: int) -> Any:
    """A value a little beside: each of its elements by another part of itself."""
    parts = 0.5 + np.modf(0.6180339887 * (1 + k + np.arange(np.size(x))))[0]
    whole = np.asarray(x)
    scale = np.where(whole == 0, 1, whole)
    moved = whole + step * scale * np.reshape(parts, np.shape(x))
    return type(x)(moved) if isinstance(x, (float, complex)) else moved.astype(whole.dtype)[()]


def changes_steadily(at: Callable[[float], np.ndarray], value: np.ndarray) -> bool:
    """Tell whether a function gives the same at the point, and something else to both sides of it: by about
    as much to the one as to the other, and by less at half the way, which a jump does not.
    """
    for step in STEPS:
        after = at(step) - value
        most = np.linalg.norm(after)
        if not most > 0:
            continue  # as of most functions that are constant, which are run as seldom as may be
        before, half, here = value - at(-step), at(step / 2) - value, at(0.0)
        least, less = np.linalg.norm(before), np.linalg.norm(half)
        alike = most <= ALIKE * least and least <= ALIKE * most and np.vdot(after, before).real > 0
        return bool(np.array_equal(here, value) and alike and 0 < less < 0.8 * most)
    return False
