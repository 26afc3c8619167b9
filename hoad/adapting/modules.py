"""Modules that stand for others."""

from __future__ import annotations

import types
from typing import Any


def changed(original: types.ModuleType, **others: Any) -> types.ModuleType:
    """A module like another, with other things under some of its names."""
    new = types.ModuleType(original.__name__, original.__doc__)
    new.__dict__.update({name: getattr(original, name) for name in dir(original)} | others)
    return new
