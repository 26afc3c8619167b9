"""How the members of a batch end: a call raises an error for some of them, and not for others.

In ::

    def f(x):
        try:
            return np.linalg.cholesky(x)
        except np.linalg.LinAlgError:
            return np.eye(len(x))

NumPy's call serves all members at once, so one matrix that has no factor would send all of them to the
``except``. Where the members do not end alike, that is noted on the level of the batch, as what can't be
followed is (``runs.py``): the error is raised as ever, and a run whose program has caught it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import HoadError
from ..nested import Level, forgiven, note


def compare(error: Exception, level: Level, n: int, ending: Callable[[int], Any]) -> None:
    """Note an error that is about to be raised, where it is not that of every member.

    Args:
        error: it.
        level: that of the batch.
        n: how many members there are.
        ending: carries out the call for member k alone.
    """
    if not isinstance(error, HoadError) and any([differs(error, ending, k) for k in range(n)]):
        note(
            error,
            level,
            f"{type(error).__name__}: {error}. It is raised for some members of vmap and not for others, "
            f"which then go different ways: np.stack([f(r) for r in x]) in place of vmap(f)(x) has one after "
            f"the other",
        )


def differs(error: Exception, ending: Callable[[int], Any], k: int) -> bool:
    """Tell whether a member ends otherwise than with an error of that class."""
    try:
        ending(k)
    except Exception as other:
        forgiven(other)
        return type(other) is not type(error)
    return True
