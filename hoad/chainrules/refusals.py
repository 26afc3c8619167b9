"""What a traced value can't do, said in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import EscapeError
from ..nested import Traced, primal
from .numpy.without import WITHOUT


def escape_message(x: Any, how: str, mend: str) -> str:
    """The text of an ``EscapeError``."""
    return (
        f"a traced value (its primal is {primal(x)!r}) was about to become a plain number, which would "
        f"lose its derivative: "
        f"{how}. {mend}. To write into an array, make it with np.zeros_like(x) or hold the values in a "
        f"list and use "
        f"np.stack; to use math functions, take NumPy's (np.sin(x) for math.sin(x)); where no derivative "
        f"is wanted, "
        f"type hoad.primal(x)"
    )


def missing(func: Any) -> str:
    """The text of a ``MissingRuleError``."""
    name = getattr(func, "__name__", str(func))
    module = getattr(func, "__module__", None) or ("numpy" if getattr(np, name, None) is func else "")
    name = f"{module}.{name}" if module else name
    reason = WITHOUT.get(name.removeprefix("numpy.")) if module.startswith("numpy") else None
    if reason is not None:
        return f"{name} has no derivative: {reason}"
    return (
        f"{name} has no derivative rule. State one with hoad.chainrules: "
        f"scalar_rule({name}, lambda x, out: ...) for an elementwise function of one argument, "
        f"composite({name}) over a body in other NumPy functions, or constant({name}) if its derivative "
        f"is zero"
    )


def refuse_plain(target: Any, value: Any) -> None:
    """Refuse to write a traced value into a plain array."""
    if not isinstance(target, Traced):
        raise EscapeError(
            escape_message(
                value, f"it is written into a plain {type(target).__name__}", "np.zeros_like(x) can hold it"
            )
        )
