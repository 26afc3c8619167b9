"""Sets: the elements chosen are those of the argument, the choice is constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import values as chosen_by
from ..statements import composite, constant
from .padding import Axis

# ------------------------------------------------------------------------------------------------------------
# Sets: the elements chosen are those of the argument, the choice is constant
# ------------------------------------------------------------------------------------------------------------


@composite(np.unique)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Axis = None,
    **options: Any,
) -> Any:
    """The different elements in order; of equal ones, the first."""
    _, index, inverse, counts = np.unique(chosen_by(ar), True, True, True, axis, **options)
    found = np.ravel(ar)[index] if axis is None else np.take(ar, index, axis=axis)
    asked = [(index, return_index), (inverse, return_inverse), (counts, return_counts)]
    more = [part for part, wanted in asked if wanted]
    return (found, *more) if more else found


@composite(np.unique_values)
def unique_values(x: Any) -> Any:
    """The different elements, in the order in which NumPy has them."""
    wanted = np.unique_values(chosen_by(x))
    ordered, index = np.unique(chosen_by(x), return_index=True)
    return np.ravel(x)[index[np.searchsorted(ordered, wanted)]]


@composite(np.unique_inverse)
def unique_inverse(x: Any) -> Any:
    """The different elements, and which of them stands where."""
    found = np.unique_inverse(chosen_by(x))
    return type(found)(np.unique(x), found.inverse_indices)


@composite(np.unique_all)
def unique_all(x: Any) -> Any:
    """The different elements, with positions and counts."""
    found = np.unique_all(chosen_by(x))
    return type(found)(np.ravel(x)[found.indices], *found[1:])


@composite(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """The elements of both."""
    _, first, second = np.intersect1d(chosen_by(ar1), chosen_by(ar2), assume_unique, True)
    found = np.ravel(ar1)[first]
    return (found, first, second) if return_indices else found


@composite(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    """The elements of either."""
    return np.unique(np.concatenate([np.ravel(ar1), np.ravel(ar2)]))


@composite(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The elements of the first alone."""
    x = np.ravel(ar1) if assume_unique else np.unique(ar1)
    return x[np.flatnonzero(~np.isin(chosen_by(x), chosen_by(ar2)))]


@composite(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The elements of one alone."""
    if not assume_unique:
        ar1, ar2 = np.unique(ar1), np.unique(ar2)
    both = np.concatenate([np.ravel(ar1), np.ravel(ar2)])
    chosen = chosen_by(both)
    order = np.argsort(chosen, kind="stable")
    change = np.concatenate([[True], np.diff(chosen[order]) != 0, [True]])
    return both[order[change[1:] & change[:-1]]]


constant(np.unique_counts)
constant(*[getattr(np, name) for name in ("isin", "in1d") if hasattr(np, name)])  # in1d until NumPy 2.4
