"""Checks: whether entries that were read off are those of the derivative, by one direction more at random.

What a matrix gives along it must be what the derivative gives, row for row, up to rounding. A gap is compared
with the sum of the sizes of the terms of its row. Where one of the two is not finite nothing can be told, as
an entry that is nan may have lost its place or have been taken off another; so the check does not hold there.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

ROUNDING = 0.6  # the power of the precision up to which a check may differ
WIDEST = 2.0  # how many times the entries a rectangle of them may be
MOST_ALONE = (
    40  # terms of an element, up to which they are added up one by one, in one pass over all elements
)


class Rectangle(NamedTuple):
    """The terms of the product with the direction, one column for each of its elements: where the entry of
    each term is, and its weight, zero where there is no term. ``where`` is None if the entries themselves
    are a rectangle, one line for each element.
    """

    where: np.ndarray | None
    weights: np.ndarray

    def terms(self, numbers: Any) -> list[Any]:
        """The terms of all elements, the first of each and so on, or all in one array; ``numbers`` has their
        entries.
        """
        count, size = self.weights.shape
        if not 0 < count <= MOST_ALONE:
            whole = np.reshape(numbers, (size, count)).T if self.where is None else numbers[self.where]
            return [self.weights * whole]
        if self.where is None:
            lines = np.reshape(numbers, (size, count))
            return [w * lines[:, k] for k, w in enumerate(self.weights)]
        return [w * numbers[at] for w, at in zip(self.weights, self.where, strict=True)]


class Check(NamedTuple):
    """A direction at random, and where the product with it stands among what the directions give. ``back`` is
    whether it goes back. ``rectangle`` is for compiled programs; None where lines differ too much in length.
    """

    direction: np.ndarray
    probe: slice
    back: bool
    rectangle: Rectangle | None = None

    def with_rectangle(self, lines: np.ndarray, others: np.ndarray, where: np.ndarray) -> Check:
        """The same for entries in some lines, which meet the direction at ``others``, and will be read at
        ``where``.
        """
        size = self.probe.stop - self.probe.start
        counts = np.bincount(lines, minlength=size)
        if counts.max(initial=0) * size > WIDEST * max(len(lines), 1):
            return self
        order = np.argsort(lines, kind="stable")
        starts = np.cumsum(counts) - counts
        slots = np.empty(len(lines), int)
        slots[order] = np.arange(len(lines)) - np.repeat(starts, counts)
        at = np.zeros((int(counts.max(initial=0)), size), int)
        weights = np.zeros(at.shape)
        at[slots, lines], weights[slots, lines] = where, self.direction[others]
        is_full = at.size == len(lines) and bool(np.all(lines[1:] >= lines[:-1]))
        return self._replace(rectangle=Rectangle(None if is_full else at, weights))

    def holds(self, matrix: Any, product: np.ndarray) -> bool:
        """Tell whether the product is that of the matrix, and finite.

        The gap is compared with the product first, and with the sum of the sizes of its terms only where that
        does not settle it.
        """
        tolerance = allowed(product.dtype)
        with np.errstate(all="ignore"):
            gap = self.times(matrix, self.direction)
            gap = np.abs(np.subtract(gap, product, out=gap))
            size = np.abs(product)
            if is_small(gap, tolerance * size).all():
                return True
            size += self.times(abs(matrix), np.abs(self.direction))
            return bool(is_small(gap, tolerance * size).all())

    def times(self, matrix: Any, direction: np.ndarray) -> np.ndarray:
        """The product of a matrix with a direction."""
        return np.asarray(direction @ matrix if self.back else matrix @ direction)


def disagreeing(numbers: Any, product: Any, rectangle: Rectangle) -> Any:
    """How many elements of a product are not what the entries give, which are among some numbers: all in
    operations on arrays, which can be compiled together with the directions.
    """
    terms = rectangle.terms(numbers)
    gap = np.abs(added(terms) - product)
    size = np.abs(product) + added([np.abs(term) for term in terms])
    return np.sum(np.where(is_small(gap, allowed(product.dtype) * size), 0.0, 1.0))


def added(terms: list[Any]) -> Any:
    """The sum of the terms of each element."""
    total = functools.reduce(np.add, terms)
    return np.sum(total, axis=0) if np.ndim(total) > 1 else total


def is_small(gap: Any, bound: Any) -> Any:
    """Where a gap is within its bound, which is none where it is infinite."""
    return (gap <= bound) & (bound < np.inf)


def at_random(size: int) -> np.ndarray:
    """A direction at random, of which no element is near zero: an entry that meets it is seen."""
    rng = np.random.default_rng(1)
    return np.asarray(rng.uniform(1.0, 2.0, size) * rng.choice([-1.0, 1.0], size))


def allowed(kind: np.dtype[Any]) -> float:
    """How large a gap may be, relative to the terms."""
    return float(np.finfo(kind if kind.kind == "f" else np.dtype(float)).eps ** ROUNDING)
