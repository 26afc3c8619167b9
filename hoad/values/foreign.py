"""Objects of other libraries, in which a traced value may be where hoad does not look.

The operators of another library's arrays wrap a traced value and go on: ``a - w`` is a ``pint.Quantity``
whose magnitude is traced. Taken for a constant, it would make the derivative zero without a word.
"""

from __future__ import annotations

import gc
import types
from typing import Any

import numpy as np

from ..nested import Traced

PLAIN = (
    float, int, complex, bool, str, bytes, type(None), np.generic,
    type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType, types.FrameType,
)  # fmt: skip
LOOKED_AT = 100_000  # objects, the nearest first: those of a registry of units are fewer


def traced_within(value: Any, still_runs: bool = True, any_kind: bool = False) -> Traced | None:
    """A value of a derivative, which ``still_runs`` or may be over, anywhere in an object of any class; None
    if there is none. Of ``any_kind``: one that stands for many values, or of which every use is noted, too.

    Example:
        >>> traced_within([1.0, np.ones(2)]) is None
        True
    """
    found, seen = [value], {id(value)}
    for part in found:
        if isinstance(part, Traced):
            counts = part.differentiates or (any_kind and (part.noted or part.has_members))
            if counts and (part.level.alive or not still_runs):
                return part
        elif len(found) < LOOKED_AT:
            for other in held_by(part):
                if id(other) not in seen and not is_gone(other) and not isinstance(other, PLAIN):
                    seen.add(id(other))
                    found.append(other)
    return None


def is_gone(value: Any) -> bool:
    """Tell whether a value is a weak proxy whose object is no more: it says of nothing what it is.

    Example:
        >>> import weakref
        >>> is_gone(weakref.proxy(set())), is_gone(set())
        (True, False)
    """
    try:
        return value.__class__ is None
    except ReferenceError:
        return True


def held_by(value: Any) -> list[Any]:
    """What an object refers to; arrays of objects do not tell the garbage collector."""
    if isinstance(value, np.ndarray):
        held = [value.base, *gc.get_referents(value)]
        return [*held, *value.view(np.ndarray).flat] if value.dtype.kind == "O" else held
    return gc.get_referents(value)
