"""Loggers in pure programs: where one is told to be silent at a level, it does nothing there."""

from __future__ import annotations

import sys
from typing import Any

from .same import Test

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


def is_logger(value: Any) -> bool:
    """Tell whether something is a logger of Python's own, with its own methods."""
    kind = getattr(sys.modules.get("logging"), "Logger", None)
    return value.__class__ is kind and LEVELS.keys().isdisjoint(vars(value))


def silent(value: Any) -> set[str]:
    """The methods of a logger that do nothing now."""
    return {name for name, level in LEVELS.items() if not value.isEnabledFor(level)}


def same_silence(value: Any) -> Test:
    """A test that tells whether another logger is this one, and as silent."""
    names = silent(value)
    level = max([LEVELS[name] for name in names], default=0)
    kind = value.__class__
    methods = {name: vars(kind).get(name) for name in names}

    def test(now: Any) -> bool:
        if now is not value or not is_logger(now) or now.isEnabledFor(level):
            return False
        return all([vars(kind).get(name) is method for name, method in methods.items()])

    return test
