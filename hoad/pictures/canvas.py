"""Matplotlib, if it is there, and the axes that a picture is drawn on."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from ..errors import ArgumentError, MissingDependencyError, describe


def pyplot() -> Any:
    """Matplotlib's pyplot, if it is there."""
    try:
        return importlib.import_module("matplotlib.pyplot")
    except ImportError:
        raise MissingDependencyError("pictures need Matplotlib: pip install 'hoad[plot]'") from None


def axes(ax: Any) -> Any:
    """The axes that were given, or those of a new figure."""
    return pyplot().subplots()[1] if ax is None else ax


def interval(a: Any, b: Any, n: int) -> np.ndarray:
    """Points over an interval.

    Raises:
        ArgumentError: it has no length.
    """
    for name, end in (("a", a), ("b", b)):
        if not isinstance(end, (int, float, np.number)) or not np.isfinite(end):
            raise ArgumentError(f"{name} is {describe(end)}; it must be a number, where the picture ends")
    if not a < b:
        raise ArgumentError(f"the interval from {a} to {b} is empty; write the smaller number first")
    return np.linspace(float(a), float(b), n)


def name_of(f: Any) -> str:
    """What a function is called in a picture."""
    name = getattr(f, "__name__", "f")
    return name if name.isidentifier() else "f"


def primed(name: str, order: int) -> str:
    """The name of a derivative, in LaTeX."""
    return f"${name}{chr(39) * order}$" if order <= 3 else f"${name}^{{({order})}}$"
