"""Whether a number stays 0: where a program leaves out what is 0, only that may be left out.

``np.polymul`` and its kin drop leading coefficients that are 0. A coefficient that is 0 at this point, and
another number beside it, has a derivative, which would be lost with it.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..nested import Traced


@functools.singledispatch
def is_moving(x: Any, least: float = 0.0) -> bool:
    """Tell whether a number is not 0, or has a change that is carried with it: its tangent, a coefficient of
    its series, an input that it depends on.

    Args:
        x: the number; of a batch, any member counts.
        least: what is not larger counts as 0, of derivatives too. For 0, a number counts that depends on an
            input in any way, as ``x**2`` does at 0.

    Example:
        >>> is_moving(0.0), is_moving(2.0), is_moving(1e-9, 1e-8)
        (False, True, False)
    """
    if isinstance(x, Traced) and not x.noted:
        return is_moving(x.primal, least)
    return bool(np.any(np.greater(np.abs(x), least) if least else np.not_equal(x, 0)))
