"""``as_strided``: the memory of an array, looked at in steps."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.lib import stride_tricks

from ..chainrules.numpy.indexing import picking
from ..chainrules.numpy.layouts import layout
from ..chainrules.refusals import refused_use
from ..nested import Traced


def _strided(x: Any, shape: tuple[int, ...], steps: tuple[int, ...], writeable: bool) -> Any:
    return stride_tricks.as_strided(x, shape, [n * x.itemsize for n in steps], writeable=writeable)


strided = picking(_strided, "as_strided")


@functools.wraps(stride_tricks.as_strided)
def as_strided(
    x: Any, shape: Any = None, strides: Any = None, subok: bool = False, writeable: bool = True, **checks: Any
) -> Any:
    """A view of a shape, whose elements are so many bytes apart."""
    array: Any = x
    if not isinstance(x, Traced):
        return stride_tricks.as_strided(x, shape, strides, subok, writeable, **checks)
    wanted = x.shape if shape is None else tuple(int(n) for n in np.atleast_1d(shape))
    steps = tuple([int(n) // array.itemsize for n in (layout(x).strides if strides is None else strides)])
    last = sum([(n - 1) * step for n, step in zip(wanted, steps, strict=True) if step > 0])
    if not layout(x).flags.c_contiguous or min(steps, default=0) < 0 or last >= x.size:
        raise refused_use(
            "as_strided",
            "this array does not lie in memory row by row, or it looks beyond the end",
            "take y = x.copy() and y.strides, or np.lib.stride_tricks.sliding_window_view(x, n)",
            x,
        )
    return strided(x, wanted, steps, writeable)
