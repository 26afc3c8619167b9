"""Logistic functions and entropies: quotients and logarithms that hold over the whole range.

At x = 0 the functions ``x log(..)`` are 0 whatever the other argument is, so their derivative by it is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc

from ..statements import Scalar


def _bell(x: Any) -> Any:
    return sc.expit(x) * sc.expit(-x)


bell: Scalar = Scalar(_bell, lambda x, out: -out * np.tanh(0.5 * x), name="bell")


def _portion(x: Any, y: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.where((x == 0) & (y == 0), 0, np.divide(x, y))[()]


portion: Scalar = Scalar(_portion, lambda x, y, out: (1 / y, -portion(out, y)), name="portion")


def _log_ratio(x: Any, y: Any) -> Any:
    """``log(x/y)``: of the exact difference where x and y are close, apart where x/y leaves the range."""
    with np.errstate(all="ignore"):
        close = np.less_equal(x, 2 * y) & np.less_equal(y, 2 * x)  # of a number and an array on a device
        ratio = np.divide(x, y)
        apart = ~((ratio > 1e-300) & (ratio < 1e300)) & (x > 0) & (y > 0) & (x != np.inf) & (y != np.inf)
        value = np.where(apart, np.log(np.where(apart, x, 1)) - np.log(np.where(apart, y, 1)), np.log(ratio))
        return np.where(close & (x > 0) & (x != np.inf), np.log1p(np.divide(x - y, y)), value)[()]


log_ratio: Scalar = Scalar(_log_ratio, lambda x, y, out: (1 / x, -1 / y), name="log_ratio")


def _gap(x: Any, y: Any) -> Any:
    """``1 - x/y``, of the exact difference, and 1 for x = 0."""
    with np.errstate(all="ignore"):
        return np.where(x == 0, 1, np.divide(y - x, y))[()]


gap: Scalar = Scalar(_gap, lambda x, y, out: (-1 / y, portion(portion(x, y), y)), name="gap")
