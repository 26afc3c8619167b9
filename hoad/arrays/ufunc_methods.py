"""``reduce``, ``accumulate`` and ``reduceat`` of ufuncs that have no rule of their own for them: one step
after the other.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.numpy.axes import normalize


def folded(
    ufunc: Any,
    a: Any,
    axis: Any = 0,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    """All elements along axes, put together by a function of two."""
    if where is not True:
        neutral = initial if ufunc.identity is None else ufunc.identity
        if neutral is np._NoValue:
            raise ValueError(
                f"reduction operation '{ufunc.__name__}' does not have an identity, so to use a where mask "
                f"one has to specify 'initial'"
            )
        a = np.where(where, a, neutral)
    if not np.ndim(a) and axis in (0, -1):
        axis = ()  # a number is reduced to itself
    axes = normalize(axis, np.ndim(a))
    rest = [k for k in range(np.ndim(a)) if k not in axes]
    shape = [np.shape(a)[k] for k in rest]
    count = math.prod([np.shape(a)[k] for k in axes])
    rows = np.reshape(np.transpose(a, [*axes, *rest]), (count, *shape))
    parts = [rows[k] for k in range(count)]
    if initial is not np._NoValue:
        parts.insert(0, initial)
    elif not parts and ufunc.identity is not None:
        parts = [np.full(shape, float(ufunc.identity))]
    elif not parts:
        name = ufunc.__name__
        raise ValueError(f"zero-size array to reduction operation {name} which has no identity")
    total = functools.reduce(ufunc, parts)
    return np.expand_dims(total, axes) if keepdims else total


def accumulated(ufunc: Any, a: Any, axis: int = 0) -> Any:
    """All that is put together so far, along an axis."""
    rows = np.moveaxis(a, axis, 0)
    parts = [rows[k] for k in range(min(1, np.shape(rows)[0]))]
    for k in range(1, np.shape(rows)[0]):
        parts.append(ufunc(parts[-1], rows[k]))
    return np.stack(parts, axis=axis) if parts else a


def refuse_number(a: Any, method: str) -> None:
    """Refuse a value without axes, which can only be reduced."""
    if not np.ndim(a) and method in ("accumulate", "reduceat"):
        raise TypeError(f"cannot {method} on a scalar")


def reduced_at(ufunc: Any, a: Any, indices: Any, axis: int = 0) -> Any:
    """The elements of each slice between two of the positions, put together."""
    rows = np.moveaxis(a, axis, 0)
    ends = [*indices[1:], np.shape(rows)[0]]
    parts = [
        ufunc.reduce(rows[int(i) : int(j)], axis=0) if i < j else rows[int(i)]
        for i, j in zip(indices, ends, strict=True)
    ]
    return np.stack(parts, axis=axis)


BY_STEPS: dict[str, Callable[..., Any]] = {
    "reduce": folded,
    "accumulate": accumulated,
    "reduceat": reduced_at,
}
