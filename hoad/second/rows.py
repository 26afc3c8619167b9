"""Changes in many directions: one axis before those of the value, along which the directions lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tangents.fit import narrowed
from ..values.shapes import shape_of


def lifted(d: Any, out: Any) -> Any:
    """Tangents of an operand beside a value of more axes than that has: with axes of length 1 between."""
    missing = len(shape_of(out)) + 1 - len(shape_of(d))
    if missing <= 0:
        return d
    n, *shape = shape_of(d)
    return np.reshape(d, (n, *(1,) * missing, *shape))


def spread_rows(t: Any, out: Any) -> Any:
    """Tangents in the shape and the precision of their value."""
    shape = shape_of(out)
    own = shape_of(t)
    if own[1:] != shape:
        t = np.broadcast_to(t, (own[0], *shape))
    dtype = getattr(out, "dtype", None)
    return t if dtype is None or t.dtype is dtype else narrowed(t, dtype)


def fit_rows(t: Any, x: Any) -> Any:
    """Changes of a cotangent, in the shape and the precision of the value that it belongs to."""
    shape, own = shape_of(x), shape_of(t)
    if own[1:] != shape:
        extra = len(own) - 1 - len(shape)
        axes = [k for k, n in enumerate((1,) * extra + shape, 1) if n == 1 and own[k] != 1]
        t = np.sum(t, axis=tuple(axes), keepdims=True) if axes else t
        t = np.reshape(t, (own[0], *shape_of(t)[1 + extra :]))
        t = t if shape_of(t)[1:] == shape else np.broadcast_to(t, (own[0], *shape))
    dtype = getattr(x, "dtype", None)
    return t if dtype is None or t.dtype is dtype else narrowed(t, dtype)
