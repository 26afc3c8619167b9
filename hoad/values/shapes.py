"""The shape and the field of a value, traced or not, without NumPy's dispatch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..nested import Traced

NUMBERS = frozenset({float, np.float64, int})

DOUBLE = np.dtype(np.float64)
REALS = frozenset({float, np.float64})
COMPLEXES = frozenset({complex, np.complex128})
DOUBLES = REALS | COMPLEXES
PLAIN = frozenset(
    {float, int, complex, bool, np.float64, np.float32, np.longdouble, np.float16, np.complex128, np.int64}
)


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of a value, as ``np.shape(x)``."""
    if x.__class__ in NUMBERS:
        return ()
    try:
        shape: tuple[int, ...] = x.shape
    except AttributeError:
        shape = np.shape(x)
    return shape


def ndim_of(x: Any) -> int:
    """The number of axes of a value, as ``np.ndim(x)``."""
    if x.__class__ in NUMBERS:
        return 0
    try:
        return int(x.ndim)
    except AttributeError:
        return int(np.ndim(x))


def size_of(x: Any) -> int:
    """How many elements a value has, or several have together: as ``np.size(x)``, which not every library of
    arrays answers.
    """
    if x.__class__ in NUMBERS:
        return 1
    try:
        return int(x.size)
    except (AttributeError, TypeError):
        return sum(map(size_of, x)) if isinstance(x, (tuple, list)) else int(np.size(x))


def is_complex(x: Any) -> bool:
    """Tell whether a value is complex."""
    while isinstance(x, Traced) and x.differentiates:
        x = x.primal
    if x.__class__ in NUMBERS:
        return False
    dtype = getattr(x, "dtype", None)  # of a library that is not known it may be anything
    return isinstance(x, complex) if dtype is None else getattr(dtype, "kind", "") == "c"
