"""The point of a derivative: the arguments that are differentiated, taken apart into leaves."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.protect import lent
from ..errors import ArgumentError, NotDifferentiableError, ShapeMismatchError, describe
from ..guests import REFUSED, is_of_jax
from ..nested import Tangent, Traced, glance
from ..values.constants import asarray, is_array, is_elsewhere, library
from ..values.containers import is_container, is_differentiable
from ..values.shapes import is_complex, shape_of
from ..values.trees import as_plain, as_point, flatten, is_of_numbers, number, unflatten


class Point:
    """The arguments that are differentiated, taken apart into leaves.

    Args:
        values: the arguments.
        names: what messages call them.
        several: whether they were asked for in a tuple.
        keeper: the tape of a program that ends with the call, to which the arrays are lent; None copies them.
    """

    __slots__ = ("active", "keeper", "leaves", "plain", "several", "structures", "values")

    def __init__(
        self, values: list[Any], names: list[str], several: bool = False, keeper: Any = None
    ) -> None:
        self.several = several
        self.keeper = keeper
        self.values = values
        self.plain = len(values) == 1 and not is_container(values[0])
        self.leaves: list[Any]
        self.active: list[int]
        if self.plain:
            self.leaves, self.active = [self._leaf(values[0], names[0])], [0]
            return
        self.leaves, self.active = [], []
        self.structures: list[tuple[Any, int]] = []
        for value, name in zip(values, names, strict=True):
            self._add(value, name)

    def _leaf(self, x: Any, name: str) -> Any:
        """A leaf that is differentiated: an array in a copy, or lent to a program that ends with the call."""
        if self.keeper is not None and x.__class__ is np.ndarray and x.dtype.kind in "fc":
            return lent(x, self.keeper)
        return as_point(x, name)

    def _add(self, value: Any, name: str) -> None:
        if not is_container(value):
            self.active.append(len(self.leaves))
            self.leaves.append(self._leaf(value, name))
            self.structures.append((None, 1))
            return
        leaves, structure = flatten(value)
        every = is_of_numbers(value)
        chosen = [
            k
            for k, x in enumerate(leaves)
            if every or is_differentiable(x) or x.__class__.__name__ in REFUSED
        ]
        if not chosen and (leaves or not isinstance(value, (tuple, list, dict))):
            raise NotDifferentiableError(
                f"{name} is {describe(value)}: nothing in it is a float or an array of floats; integers, "
                f"strings and None in "
                f"a container are left alone, so write 1.0 for 1, or pass np.array({value!r})"
            )
        self.active += [k + len(self.leaves) for k in chosen]
        self.leaves += [self._leaf(leaf, name) if k in chosen else leaf for k, leaf in enumerate(leaves)]
        self.structures.append((structure, len(leaves)))

    def rebuild(self, leaves: list[Any]) -> list[Any]:
        """The arguments again, from other leaves."""
        values, start = [], 0
        for structure, n in self.structures:
            values.append(unflatten(structure, leaves[start : start + n]))
            start += n
        return values

    def replaced(self, new: list[Any]) -> list[Any]:
        """The arguments with new values for the leaves that are differentiated, the others left alone."""
        if self.plain:
            return new
        leaves = list(self.leaves)
        for k, value in zip(self.active, new, strict=True):
            leaves[k] = value
        return self.rebuild(leaves)

    def differentiated(self) -> list[Any]:
        """The leaves that are differentiated."""
        return self.leaves if self.plain else [self.leaves[k] for k in self.active]


def matched(given: Any, point: Point, structure_of: Any, what: str) -> list[Any]:
    """The leaves of tangents or cotangents, checked against the values that they belong to."""
    leaves: list[Any] = []
    for part, value in zip(given, structure_of, strict=True):
        found, structure = flatten(part)
        wanted = flatten(value)[1]
        if str(structure) != str(wanted):
            raise ShapeMismatchError(f"the {what} {part!r} has not the structure of {value!r}")
        leaves += found
    chosen = [leaves[k] for k in point.active]
    for t, x in zip(chosen, point.differentiated(), strict=True):
        check_shape(t, x, what)
    return [placed(t, x, what) for t, x in zip(chosen, point.differentiated(), strict=True)]


def placed(t: Tangent, x: Any, what: str) -> Any:
    """A tangent or cotangent that was given, as a plain array, where what it belongs to lies."""
    t = as_plain(t, f"the {what}")
    if type(t) is int:
        t = float(t)
    elif isinstance(t, Traced) and t.dtype.kind in "biu":
        t = t.astype(np.float64)
    t = np.asarray(t) if is_of_jax(t) else t
    is_number = not isinstance(t, Traced) and not is_array(t)
    return asarray(t, like=x) if is_number and is_elsewhere(glance(x)) else t


def check_shape(t: Tangent, x: Any, what: str) -> None:
    """Refuse a tangent or cotangent of the wrong shape."""
    if not number(t) or is_container(t):
        raise ShapeMismatchError(
            f"the {what} is {describe(t)}; it must be a number or an array of shape {np.shape(x)}"
        )
    if is_array(t) and is_array(glance(x)) and library(t) is not library(x):
        raise ArgumentError(
            f"the {what} is an array of {library(t).name}, and what it belongs to one of {library(x).name}; "
            f"write {library(x).name}.asarray({what})"
        )
    if shape_of(t) != shape_of(x):
        raise ShapeMismatchError(
            f"the {what} has shape {np.shape(t)}, and what it belongs to has shape {np.shape(x)}; they must "
            f"be the same"
        )
    if is_complex(t) and not is_complex(x):
        raise ShapeMismatchError(
            f"the {what} is complex, and what it belongs to is real; a real value has real tangents"
        )
