"""Sets: the elements chosen are those of the argument, the choice is constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import deciding
from ...values.shapes import shape_of
from ..declarations import composite, constant
from ..statements import RULES, Constant
from .indexing import read
from .padding import Axis
from .shaping import astype

# ------------------------------------------------------------------------------------------------------------
# Sets: the elements chosen are those of the argument, the choice is constant
# ------------------------------------------------------------------------------------------------------------


def _places_of_unique(ar: Any, axis: Axis, options: dict[str, Any]) -> tuple[Any, Any, Any]:
    _, index, inverse, counts = np.unique(ar, True, True, True, axis, **options)
    return index, inverse, counts


def _places_of_values(x: Any) -> Any:
    ordered, index = np.unique(x, return_index=True)
    return index[np.searchsorted(ordered, np.unique_values(x))]


def _places_in_both(ar1: Any, ar2: Any, assume_unique: bool) -> tuple[Any, Any]:
    _, first, second = np.intersect1d(ar1, ar2, assume_unique, True)
    return first, second


def _places_alone(both: Any) -> Any:
    order = np.argsort(both, kind="stable")
    if not both.size:
        return order
    change = np.concatenate([[True], np.diff(both[order]) != 0, [True]])
    return order[change[1:] & change[:-1]]


_unique = Constant(_places_of_unique, "unique", sizes_vary=True)
_unique_values = Constant(_places_of_values, "unique_values", sizes_vary=True)
_in_both = Constant(_places_in_both, "intersect1d", sizes_vary=True)
_alone = Constant(_places_alone, "setxor1d", sizes_vary=True)


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
    index, inverse, counts = _unique(deciding(ar), axis, options)
    found = np.ravel(ar)[index] if axis is None else np.take(ar, index, axis=axis)
    asked = [(index, return_index), (inverse, return_inverse), (counts, return_counts)]
    more = [part for part, wanted in asked if wanted]
    return (found, *more) if more else found


@composite(np.unique_values)
def unique_values(x: Any) -> Any:
    """The different elements, in the order in which NumPy has them."""
    return np.ravel(x)[_unique_values(deciding(x))]


def _unique_parts(name: str, *wanted: int) -> Any:
    """A function of the array API: the different elements, and some of their positions, places and counts."""
    kind = type(getattr(np, name)(np.zeros(1)))

    def body(x: Any) -> Any:
        index, inverse, counts = _unique(deciding(x), None, {"equal_nan": False})
        parts = (index, np.reshape(inverse, shape_of(x)), counts)
        return kind(np.ravel(x)[index], *[parts[k] for k in wanted])

    return body


RULES[np.unique_inverse] = _unique_parts("unique_inverse", 1)
RULES[np.unique_counts] = _unique_parts("unique_counts", 2)
RULES[np.unique_all] = _unique_parts("unique_all", 0, 1, 2)


@composite(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """The elements of both."""
    first, second = _in_both(deciding(ar1), deciding(ar2), assume_unique)
    found = astype(np.ravel(ar1)[first], np.result_type(ar1, ar2))
    return (found, first, second) if return_indices else found


@composite(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    """The elements of either."""
    return np.unique(np.concatenate([np.ravel(ar1), np.ravel(ar2)]))


@composite(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The elements of the first alone."""
    x = np.ravel(ar1) if assume_unique else np.unique(ar1)
    return read(x, np.flatnonzero(~np.isin(deciding(x), deciding(ar2))))


@composite(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The elements of one alone."""
    if not assume_unique:
        ar1, ar2 = np.unique(ar1), np.unique(ar2)
    both = np.concatenate([np.ravel(ar1), np.ravel(ar2)])
    return both[_alone(deciding(both))]


constant(*[getattr(np, name) for name in ("isin", "in1d") if hasattr(np, name)])  # in1d until NumPy 2.4
