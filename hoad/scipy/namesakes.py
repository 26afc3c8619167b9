"""A module of SciPy's with the doors in it."""

from __future__ import annotations

import types
from typing import Any

from ..chainrules.doors import DOORS


def names_of(module: types.ModuleType) -> dict[str, Any]:
    """The public names of a module, with doors in the place of the functions that have one."""
    names = [n for n in vars(module) if not n.startswith("_")]
    return {name: standing_for(getattr(module, name)) for name in names}


def standing_for(value: Any) -> Any:
    """The door of a function; all else is itself."""
    return DOORS.get(value, value) if callable(value) and getattr(value, "__hash__", None) else value
