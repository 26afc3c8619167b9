"""Methods that mean another thing for a Series or a DataFrame of pandas than for an array.

``(s * w).std()`` divides by n - 1 in pandas, and by n in NumPy. A derivative takes ``s`` as its array, and so
can't tell which of the two was meant.
"""

from __future__ import annotations

from typing import Any

from ..errors import NotDifferentiableError
from ..nested import refused

BY_COLUMN = ("sum", "prod", "mean", "max", "min", "cumsum", "cumprod", "any", "all", "var", "std")
SPREADS = ("var", "std")


def check_meaning(x: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse a method of a traced array that may stand for a Series or a DataFrame, where the call leaves
    open what is meant.

    Raises:
        NotDifferentiableError: with the two ways to write it.
    """
    labels = None if x.level.notes is None else x.level.notes.labels
    if labels is None or args:
        return
    if name in SPREADS and not {"ddof", "correction"} & kwargs.keys():
        what = f"divides by n - 1, that of an array by n; write a.{name}(ddof=1) or a.{name}(ddof=0)"
    elif labels.has_columns and x.ndim > 1 and name in BY_COLUMN and "axis" not in kwargs:
        what = f"is by column, that of an array over all; write a.{name}(axis=0) or a.{name}(axis=None)"
    else:
        return
    message = f"this derivative has met arrays of pandas, whose .{name}() {what}"
    raise refused(NotDifferentiableError(message), x)
