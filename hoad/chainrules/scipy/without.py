"""Functions of SciPy's that have no derivative here, and why; and those of which nothing is differentiated.

Each is a door that says so, in place of an error from the middle of SciPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import MissingRuleError
from ...nested import primal, refused
from ..captures import traced_in, with_changed
from ..doors import door


def refuse(module: Any, reasons: dict[str, str]) -> None:
    """Functions that refuse traced values, with the reason and what to use."""
    for name, reason in reasons.items():
        if hasattr(module, name):
            door(getattr(module, name))(refusal(f"{module.__name__}.{name}", reason))


def refusal(name: str, reason: str) -> Callable[..., Any]:
    """What a function does that has no derivative."""

    def refuses(*args: Any, **kwargs: Any) -> Any:
        raise refused(MissingRuleError(f"{name} has no derivative: {reason}"), *traced_in((args, kwargs)))

    return refuses


def ask(module: Any, *names: str) -> None:
    """Functions that ask about values: they are given those."""
    for name in names:
        if hasattr(module, name):
            door(getattr(module, name))(asking(getattr(module, name)))


def asking(function: Any) -> Callable[..., Any]:
    """A function of the plain values."""

    def asked(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = with_changed((args, kwargs), primal)
        return function(*args, **kwargs)

    return asked
