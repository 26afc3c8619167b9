"""Changes in many directions: one axis before those of the value, along which the directions lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..nested import Value
from ..values.shapes import DOUBLE, REALS, shape_of
from .fit import FEW, ONES, narrowed


def is_row(t: Any) -> bool:
    """Tell whether there is one double in each direction."""
    return t.__class__ is np.ndarray and t.ndim == 1 and t.dtype is DOUBLE


def lifted(d: Any, out: Value) -> Any:
    """Tangents of an operand beside a value of more axes than that has: with axes of length 1 between."""
    if out.__class__ in REALS:
        return d
    if out.__class__ is np.ndarray and d.ndim > out.ndim:
        return d
    own = d.shape
    missing = (out.ndim if out.__class__ is np.ndarray else len(shape_of(out))) + 1 - len(own)
    return d if missing <= 0 else d.reshape((own[0], *(1,) * missing, *own[1:]))


def spread_rows(t: Any, out: Value) -> Any:
    """Tangents in the shape and the precision of their value."""
    if out.__class__ in REALS and is_row(t):
        return t
    shape = out.shape if out.__class__ is np.ndarray else shape_of(out)
    own = t.shape
    if own[1:] != shape:
        t = np.broadcast_to(t, (own[0], *shape))
    dtype = getattr(out, "dtype", None)
    return t if dtype is None or t.dtype is dtype else narrowed(t, dtype)


def fit_rows(t: Any, x: Value) -> Any:
    """Changes of a cotangent, in the shape and the precision of the value that it belongs to."""
    if x.__class__ in REALS and is_row(t):
        return t
    shape = x.shape if x.__class__ is np.ndarray else shape_of(x)
    own = t.shape
    if own[1:] != shape:
        if not shape and len(own) == 2 and own[1] <= FEW and t.__class__ is np.ndarray and t.dtype is DOUBLE:
            return t.dot(ONES[: own[1]])
        extra = len(own) - 1 - len(shape)
        if extra < 0:  # what was written had more axes than its place, each of length 1
            t = np.reshape(t, (own[0], *(1,) * -extra, *own[1:]))
            own, extra = shape_of(t), 0
        axes = [k for k, n in enumerate((1,) * extra + shape, 1) if n == 1 and own[k] != 1]
        t = np.sum(t, axis=tuple(axes), keepdims=True) if axes else t
        t = np.reshape(t, (own[0], *shape_of(t)[1 + extra :]))
        t = t if shape_of(t)[1:] == shape else np.broadcast_to(t, (own[0], *shape))
    dtype = DOUBLE if x.__class__ is float else getattr(x, "dtype", None)
    return t if dtype is None or t.dtype is dtype else narrowed(t, dtype)
