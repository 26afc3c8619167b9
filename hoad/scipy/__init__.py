"""SciPy's modules under their names, with doors in the place of the functions that ask nobody for a rule.

``hoad.scipy.linalg.solve`` is ``scipy.linalg.solve`` where nothing is differentiated. A program that calls
SciPy's own is brought here while a derivative of it runs (``adapting/doors.py``), so it needs none of these
names. What SciPy has and this room has not is SciPy's own.

Example:
    >>> import numpy as np
    >>> import hoad, hoad.scipy.linalg
    >>> hoad.grad(lambda t: hoad.scipy.linalg.solve(t * np.eye(2), np.ones(2))[0], 2.0)
    -0.25
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


def __getattr__(name: str) -> Any:
    """A module of this room, or SciPy's own."""
    if name.startswith("_"):
        raise AttributeError(f"module 'hoad.scipy' has no attribute {name!r}")
    if importlib.util.find_spec(f"hoad.scipy.{name}") is not None:
        return importlib.import_module(f"hoad.scipy.{name}")
    return getattr(importlib.import_module("scipy"), name)
