"""What is among the arguments of a call."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..nested import Traced
from .recording import mapped


def traced_in(tree: Any) -> list[Any]:
    """The traced values in arguments."""
    found: list[Any] = []
    mapped(tree, lambda leaf: found.append(leaf) if isinstance(leaf, Traced) else None)
    return found


def arrays_in(tree: Any) -> list[Any]:
    """The arrays in arguments."""
    found: list[Any] = []
    mapped(tree, lambda leaf: found.append(leaf) if leaf.__class__ is np.ndarray else None)
    return found


def refers(tree: Any) -> bool:
    """Tell whether something that could be called, or that may be written to, is among arguments."""
    found: list[bool] = []
    mapped(tree, lambda leaf: found.append(callable(leaf) and not isinstance(leaf, (type, Traced))))
    return any(found)
