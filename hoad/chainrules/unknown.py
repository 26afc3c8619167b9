"""``unknown``: nan, whose derivatives are nan to every order; ``corner``: zero, whose derivative is unknown;
``within``: nan where a value is out of range.

A partial that is not known must not be a constant nan: the derivative of that is 0, and so would be the next.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..nested import Traced, everything, primal
from ..values.constants import as_array, full, is_elsewhere
from ..values.quiet import sum_of_squares
from ..values.reading import is_read
from ..values.shapes import DOUBLE, is_complex, shape_of
from .statements import Scalar


def _nan_like(x: Any) -> Any:
    return full(shape_of(x), np.nan, np.result_type(as_array(x).dtype, np.float16), like=x)[()]


def unknown(x: Any) -> Any:
    """Nan in the shape of ``x``, and so to every order."""
    return UNKNOWN(x)


def lost(d: Any, x: Any) -> Any:
    """What a change ``d`` makes of what is unknown; on a device, where nobody looks for nan, a change of 0
    makes none.
    """
    return unknown(x) * d if is_read(d) else np.where(np.equal(d, 0), 0.0, unknown(x))


def corner(x: Any) -> Any:
    """Zero in the shape of ``x``: the subgradient of least norm, whose own derivative nobody knows."""
    return CORNER(x)


def within(x: Any) -> Any:
    """``x``, and nan where it is infinite.

    For the partial of a function that grows without bound while its partial vanishes, as ``log(x)``. Where
    its value is infinite, a value has overflowed on the way or met a pole, and the partial of that is
    infinite: 0 here would count as a strong zero there.
    """
    if x.__class__ is np.ndarray and x.dtype is DOUBLE:
        row = x if x.ndim == 1 else x.ravel()
        if math.isfinite(sum_of_squares(row)):
            return x
    value = everything(x)
    if isinstance(value, (float, np.floating)):
        return unknown(x) if math.isinf(value) else x
    if value.__class__ is not np.ndarray or value.dtype.kind != "f":
        if isinstance(value, Traced):
            return np.where(np.isinf(x), unknown(x), x)[()] if np.any(np.isinf(value)) else x
        if is_elsewhere(value) and not is_complex(value):  # on a device, of all without a look
            plain = primal(x)
            return x - (plain - plain)  # nan where that is infinite, and so to every order
        return x
    row = value.ravel()
    if math.isfinite(sum_of_squares(row)) or not np.isinf(row).any():
        return x
    return np.where(np.isinf(x), unknown(x), x)


def _zero_like(x: Any) -> Any:
    return np.zeros_like(x)[()]


CORNER = Scalar(_zero_like, applied=lambda d, x, out: lost(d, x), name="corner")
UNKNOWN = Scalar(_nan_like, applied=lambda d, x, out: lost(d, x), name="unknown")
