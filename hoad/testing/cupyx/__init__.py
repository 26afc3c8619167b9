"""What stands for ``cupyx`` beside the device that is not there: the names of CuPy 14.2, and no others."""

from typing import Any


def scatter_add(a: Any, slices: Any, value: Any) -> None:
    """Add at positions, as often as they occur; ``a`` is asked to."""
    a.scatter_add(slices, value)
