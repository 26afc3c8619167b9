"""What the installed NumPy and SciPy have."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy

AT_LEAST_2_1 = tuple(map(int, np.__version__.split(".")[:2])) >= (2, 1)

# SciPy 1.15 writes beyond its memory where a spline is differentiated more than once beyond its degree.
SCIPY_AT_LEAST_1_16 = tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 16)


def is_numpys(function: Any) -> bool:
    """Tell whether a function is NumPy's: its ufuncs say so in the newer ones only."""
    named = getattr(np, getattr(function, "__name__", ""), None) is function
    return named or str(getattr(function, "__module__", "")).startswith("numpy")


def of_numpy(*names: str) -> list[Any]:
    """Those of the functions that the installed NumPy has."""
    return [getattr(np, name) for name in names if hasattr(np, name)]
