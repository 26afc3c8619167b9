"""Functions of SciPy's that have no derivative here, and why; and those of which nothing is differentiated.

Each is a door that says so, in place of an error from the middle of SciPy.
"""

from __future__ import annotations

from typing import Any

from ...errors import MissingRuleError
from ...nested import primal, refused
from ...values.captures import traced_in, with_changed
from ..doors import door, outside


def refuse(module: Any, reasons: dict[str, str], captured: bool = False) -> None:
    """Functions that refuse traced values, with the reason and what to use; and functions that captured
    some.
    """
    for name, reason in reasons.items():
        if hasattr(module, name):
            function = getattr(module, name)
            body = refusal(f"{module.__name__}.{name}", reason, function if captured else None)
            door(function, always=captured)(body)


class Refusal:
    """What a function does that has no derivative.

    Attributes:
        reason: why, and what to use.
    """

    def __init__(self, name: str, reason: str, plain: Any = None) -> None:
        self.name, self.reason, self.plain = name, reason, plain

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        traced = traced_in((args, kwargs))
        if self.plain is not None and not traced:
            return self.plain(*args, **kwargs)
        raise refused(MissingRuleError(f"{self.name} has no derivative: {self.reason}"), *traced)


refusal = Refusal


class Question:
    """A function of the plain values."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = with_changed((args, kwargs), primal)
        return outside(self.function)(*args, **kwargs)


asking = Question


def ask(module: Any, *names: str) -> None:
    """Functions that ask about values: they are given those."""
    for name in names:
        if hasattr(module, name):
            door(getattr(module, name))(asking(getattr(module, name)))
