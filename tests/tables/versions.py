"""What the installed NumPy has."""

from __future__ import annotations

from typing import Any

import numpy as np

AT_LEAST_2_1 = tuple(map(int, np.__version__.split(".")[:2])) >= (2, 1)


def of_numpy(*names: str) -> list[Any]:
    """Those of the functions that the installed NumPy has."""
    return [getattr(np, name) for name in names if hasattr(np, name)]
