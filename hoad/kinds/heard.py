"""Whether the program hears what NumPy says of its numbers: by an error, by a function of its own, by a
warning that it has made an error of, or keeps in a list.

A recording has NumPy tell itself instead (``Recording.warned``). Where the program has asked to be told, what
it is told decides what it does, as a branch.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np


def teller() -> Any:
    """What prints warnings: ``warnings.catch_warnings(record=True)`` sets another."""
    return getattr(warnings, "_showwarnmsg_impl", None), warnings.showwarning


def action() -> str:
    """What becomes of a warning of NumPy's about a number."""
    for found, text, kind, module, _ in warnings.filters:
        if text is None and module is None and issubclass(RuntimeWarning, kind):
            return found
    return "default"


def hears(asked: dict[str, str], own: Any, told: Any) -> bool:
    """Tell whether the program hears it.

    Args:
        asked: what NumPy is asked to do.
        own: what is called without the program's doing.
        told: what printed warnings before the program began.
    """
    ways = {*asked.values()}
    if "raise" in ways or "log" in ways or ("call" in ways and np.geterrcall() != own):
        return True
    how = action()
    return how == "error" or (how != "ignore" and teller() != told)
