"""NumPy's warnings of overflow and its kin, left out: as ``np.errstate(all="ignore")``, which takes longer to
make than many a derivative.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np


def entered() -> Any:
    """Leave the warnings out from now on, by NumPy's interface alone."""
    state = np.errstate(all="ignore")
    state.__enter__()
    return state


def left(state: Any) -> None:
    """Have them again, as before ``entered``."""
    state.__exit__(None, None, None)


hushed, heard = entered, left  # the same in less time, where NumPy has what it takes
try:
    from numpy._core.umath import _extobj_contextvar, _make_extobj
except ImportError:  # it is no part of NumPy's interface
    pass
else:
    hushed = functools.partial(_extobj_contextvar.set, _make_extobj(all="ignore"))
    heard = _extobj_contextvar.reset


def sum_of_squares(row: np.ndarray) -> Any:
    """That of a row, which is finite only if all elements are, and nan only if one is (of real ones): what
    becomes of the squares is no concern of the program's, and warns of nothing.
    """
    before = hushed()
    try:
        return row.dot(row).item()
    finally:
        heard(before)
