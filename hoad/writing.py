"""Functions of NumPy that write: into traced arrays as NumPy would, never silently into a plain array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .chainrules import RULES, composite
from .chainrules.indexing import plain_index, scatter
from .chainrules.registry import OWN
from .chainrules.without import WITHOUT
from .errors import EscapeError, MissingRuleError
from .nested import Traced, primal


def escape_message(x: Any, how: str, mend: str) -> str:
    """The text of an ``EscapeError``."""
    return (
        f"a traced value (its primal is {primal(x)!r}) was about to become a plain number, which would "
        f"lose its derivative: "
        f"{how}. {mend}. To write into an array, make it with np.zeros_like(x) or hold the values in a "
        f"list and use "
        f"np.stack; to use math functions, take NumPy's (np.sin(x) for math.sin(x)); where no derivative "
        f"is wanted, "
        f"type hoad.primal(x)"
    )


def missing(func: Any) -> str:
    """The text of a ``MissingRuleError``."""
    name = getattr(func, "__name__", str(func))
    module = getattr(func, "__module__", None) or ("numpy" if getattr(np, name, None) is func else "")
    name = f"{module}.{name}" if module else name
    reason = WITHOUT.get(name.removeprefix("numpy.")) if module.startswith("numpy") else None
    if reason is not None:
        return f"{name} has no derivative: {reason}"
    return (
        f"{name} has no derivative rule. State one with hoad.chainrules: "
        f"scalar_rule({name}, lambda x, out: ...) for an elementwise function of one argument, "
        f"composite({name}) over a body in other NumPy functions, or constant({name}) if its derivative "
        f"is zero"
    )


def with_out(rule: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Carry out a function, and put its result where ``out=`` says."""
    target = kwargs.pop("out", None) if kwargs else None
    result = rule(*args, **kwargs)
    return result if target is None else write_out(target, result)


def write_out(target: Any, result: Any) -> Any:
    """Put a result into ``out=``, which must be able to hold it."""
    if not isinstance(target, Traced):
        raise EscapeError(
            escape_message(
                result, f"out= is a plain {type(target).__name__}", "make it with np.zeros_like(x)"
            )
        )
    target[...] = result
    return target


def refuse_plain(target: Any, value: Any) -> None:
    """Refuse to write a traced value into a plain array."""
    if not isinstance(target, Traced):
        raise EscapeError(
            escape_message(
                value, f"it is written into a plain {type(target).__name__}", "np.zeros_like(x) can hold it"
            )
        )


@composite(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Values written at positions of the flattened array, over and over if they are too few."""
    refuse_plain(a, v)
    positions = np.ravel(plain_index(ind))
    values = np.ravel(v)
    np.reshape(a, -1)[positions] = values[np.arange(len(positions)) % len(values)]


@composite(np.putmask)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """Values written where a mask holds, each at its own place."""
    refuse_plain(a, values)
    every = np.ravel(values)[np.arange(a.size) % np.size(values)]
    a[...] = np.where(plain_index(mask), np.reshape(every, a.shape), a)


@composite(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """Values written where a mask holds, one after the other."""
    refuse_plain(arr, vals)
    positions = np.flatnonzero(plain_index(mask))
    np.put(arr, positions, vals)


@composite(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """A value, or values, written on the diagonal."""
    refuse_plain(a, val)
    k = np.arange(min(a.shape))
    a[(k,) * a.ndim] = val


@composite(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """Values written at ``indices``, matched with the array along all other axes."""
    refuse_plain(arr, values)
    if axis is None:
        np.reshape(arr, -1)[plain_index(indices)] = values
        return
    n = arr.ndim
    grid: list[Any] = [np.arange(m).reshape((-1,) + (1,) * (n - k - 1)) for k, m in enumerate(arr.shape)]
    grid[axis] = plain_index(indices)
    arr[tuple(grid)] = values


def add_in_place(ufunc: Any, target: Any, index: Any, value: Any = None) -> None:
    """``ufunc.at``: every occurrence of an index counts, one after the other."""
    if ufunc not in RULES:
        raise MissingRuleError(missing(ufunc).replace(" has no", ".at has no", 1))
    if not isinstance(target, Traced):
        raise EscapeError(
            escape_message(value, "it is written into a plain array", "make the array with np.zeros_like(x)")
        )
    index = plain_index(index)
    places = np.arange(target.size).reshape(target.shape)[index]
    if ufunc in (np.add, np.subtract):
        value = np.broadcast_to(value if ufunc is np.add else -value, np.shape(places))
        target[...] = target + scatter(value, index, target.shape)
        return
    others = () if value is None else (np.ravel(np.broadcast_to(value, np.shape(places))),)
    for rows in turns(np.ravel(places)):
        where = np.unravel_index(np.ravel(places)[rows], target.shape)
        now: Any = target
        now[where] = ufunc(now[where], *[other[rows] for other in others])


def turns(places: np.ndarray) -> list[np.ndarray]:
    """Which entries can be written at once: the first occurrences of all places, then the second, ..."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    changes = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(places) else ordered > 0
    starts = np.flatnonzero(changes)
    count = np.empty(len(places), dtype=int)
    count[order] = np.arange(len(places)) - np.repeat(starts, np.diff(np.append(starts, len(places))))
    return [np.flatnonzero(count == k) for k in range(int(count.max(initial=-1)) + 1)]


OWN.update(RULES)  # the last of hoad's rules is stated above; those that come later are the user's
