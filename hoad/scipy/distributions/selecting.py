"""What chooses between formulas, element by element, where the elements are traced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...nested import Traced, pack, primal

Function = Callable[..., Any]


def chosen(condition: Any, here: Function, elsewhere: Function) -> Any:
    """``here()`` where a condition holds, and ``elsewhere()`` where it does not; each only where it is
    needed.
    """
    condition = primal(condition)
    if not isinstance(condition, Traced):
        if np.all(condition):
            return here()
        if not np.any(condition):
            return elsewhere()
    with np.errstate(all="ignore"):
        return np.where(condition, here(), elsewhere())


def apply_where(
    condition: Any,
    args: Any,
    f1: Function,
    f2: Function | None = None,
    /,
    *,
    fill_value: Any = None,
    kwargs: Any = None,
    **_: Any,
) -> Any:
    """``xpx.apply_where``: one function where a condition holds, another or a number elsewhere."""
    args = tuple(args) if isinstance(args, (tuple, list)) else (args,)
    named = kwargs or {}
    shape = np.broadcast_shapes(np.shape(condition), *map(np.shape, args))
    whole: Function = lambda y: np.broadcast_to(pack(y), shape) if np.shape(y) != shape else y
    other: Function = (lambda: fill_value) if f2 is None else lambda: f2(*args, **named)
    return chosen(condition, lambda: whole(f1(*args, **named)), lambda: whole(other()))


def lazywhere(cond: Any, arrays: Any, f: Function, fillvalue: Any = None, f2: Function | None = None) -> Any:
    """The same by the name and with the parameters of SciPy 1.15."""
    return apply_where(cond, arrays, f, f2, fill_value=fillvalue)


def lazyselect(
    conditions: Sequence[Any], functions: Sequence[Function], arrays: Any, default: Any = 0
) -> Any:
    """SciPy's ``_lazyselect``: the first of several functions whose condition holds."""
    shape = np.broadcast_shapes(*map(np.shape, arrays))
    found: Any = np.full(shape, default, float)
    for condition, f in reversed(list(zip(conditions, functions, strict=True))):
        whole = np.broadcast_to(condition, shape)
        found = chosen(whole, lambda f=f: np.broadcast_to(pack(f(*arrays)), shape), lambda old=found: old)
    return found


def place(out: Any, mask: Any, values: Any) -> None:
    """``np.place`` into what holds traced values."""
    out[mask] = values


of_arrays: dict[str, Any] = {"place": place}
