"""What a value has of roots: for each of its elements, which roots are in it, and how many times each.

A root is an element of an array of roots that was taken once; it has a number that no other one has, so
elements that came apart, and met again in another place, are known to be the same.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

UNIT = 1
NONE = -1  # the number of no root
MOST = 2**12  # roots in a value whose elements have several, beyond which they are not remembered
STRIDE = 2**32  # more than the elements of an array of roots
Shape = tuple[int, ...]


class Taken:
    """Roots that were taken at once: the number of the first of them."""

    __slots__ = ("__weakref__", "first")

    def __init__(self) -> None:
        self.first = next(COUNT) * STRIDE


COUNT = itertools.count()
TAKEN: weakref.WeakValueDictionary[Any, Taken] = weakref.WeakValueDictionary()  # by what tells their squares


class Root(NamedTuple):
    """The roots in a value, in rows: an element has as many roots as there are rows, or fewer.

    Attributes:
        numbers: of the roots, by row and element; ``NONE`` where there is none.
        factor: what each was multiplied by since; it is broadcast.
        square: gives their squares, as they were when the roots were taken; they are broadcast.
        is_alone: whether each element that has a root is a multiple of that, and nothing beside it.
        taken: whose numbers these are, so that no other ones take their place.
        held: the value, as long as it is there.
    """

    numbers: np.ndarray
    factor: Any
    square: Callable[[], Any]
    is_alone: bool
    taken: frozenset[Taken]
    held: Any = None

    @property
    def shape(self) -> Shape:
        """The shape of the value."""
        return tuple(self.numbers.shape[1:])

    def squared(self, factor: Any) -> Any:
        """The square of a root alone, times two factors."""
        exact = self.square()
        return exact if self.factor is UNIT and factor is UNIT else self.factor * factor * exact

    def along(self, number: int) -> Any:
        """The factors of one of the roots, by element."""
        total = np.where(self.numbers == number, self.factor, 0.0)
        return total[0] if len(self.numbers) == 1 else np.sum(total, axis=0)

    def square_of(self, number: int) -> Any:
        """The square of one of the roots."""
        place = tuple([int(k[0]) for k in np.nonzero(self.numbers == number)])
        return np.broadcast_to(self.square(), self.numbers.shape)[place]

    def of_shape(self, shape: Shape) -> Root:
        """The same in an array over which the value was broadcast."""
        if shape == self.shape:
            return self
        numbers = np.broadcast_to(self.lifted(self.numbers, shape), (len(self.numbers), *shape))
        square = lambda: self.filled(self.lifted(self.square(), shape), shape)
        return self._replace(numbers=numbers, factor=self.lifted(self.factor, shape), square=square)

    def lifted(self, x: Any, shape: Shape) -> Any:
        """Numbers by row and element, for a value of more axes."""
        rows, more = len(self.numbers), len(shape) - len(self.shape)
        if x is not self.numbers and (rows == 1 or not np.ndim(x)):
            return x
        return np.reshape(np.broadcast_to(x, self.numbers.shape), (rows, *[1] * more, *self.shape))

    def filled(self, x: Any, shape: Shape) -> Any:
        """The same for each element; of one row, without the axis of the rows."""
        return np.broadcast_to(x, shape if len(self.numbers) == 1 else (len(self.numbers), *shape))

    def placed(self, move: Callable[[Any], Any]) -> Root:
        """The roots in a value that has the elements, or some of them, in other places."""
        rows = range(len(self.numbers))

        def moved(x: Any) -> Any:
            x = self.filled(x, self.shape)
            return move(x) if len(rows) == 1 else np.stack([move(x[k]) for k in rows])

        numbers = np.stack([move(row) for row in self.numbers])
        factor = moved(self.factor) if np.ndim(self.factor) else self.factor
        return self._replace(numbers=numbers, factor=factor, square=lambda: moved(self.square()))


def taken_as(key: Any) -> Taken:
    """The roots that were taken of something, which are the same each time."""
    found = TAKEN.get(key)
    return TAKEN.setdefault(key, Taken()) if found is None else found


def new(key: Any, square: Callable[[], Any], shape: Shape) -> Root:
    """A root that was just taken."""
    taken = taken_as(key)
    numbers = np.arange(taken.first, taken.first + int(np.prod(shape, dtype=np.int64)))
    return Root(numbers.reshape(1, *shape), UNIT, square, True, frozenset((taken,)))


def joined(roots: Sequence[Root | None], shape: Shape) -> tuple[Root | None, list[Any]]:
    """The roots of several values of one shape together, each once in an element.

    Returns:
        The roots, without factors, and the factors of each value; None for one without.
    """
    given = [(k, root.of_shape(shape)) for k, root in enumerate(roots) if root is not None]
    factors: list[Any] = [None] * len(roots)
    if not given:
        return None, factors
    one = given[0][1]._replace(is_alone=False)
    are_same = all([np.array_equal(one.numbers, root.numbers) for _, root in given])
    if not are_same and sum([root.numbers.size for _, root in given]) > MOST:
        return None, factors
    if are_same:
        for k, root in given:
            factors[k] = root.factor
    else:
        one = together([root for _, root in given], shape)
        for k, _ in given:
            parts = [full(r.factor if i == k else 0.0, r) for i, r in given]
            factors[k] = np.concatenate(parts)
    one = one._replace(taken=frozenset().union(*[r.taken for _, r in given]))
    return merged(one, factors)


def together(roots: list[Root], shape: Shape) -> Root:
    """The rows of several values."""
    squares = lambda: np.concatenate([full(r.square(), r) for r in roots])
    return roots[0]._replace(
        numbers=np.concatenate([r.numbers for r in roots]), square=squares, is_alone=False
    )


def full(x: Any, root: Root) -> Any:
    """Numbers for each row and element."""
    return np.broadcast_to(x, root.numbers.shape)


def merged(root: Root, factors: list[Any]) -> tuple[Root, list[Any]]:
    """The same with every root once in an element, and no more rows than there have to be."""
    numbers = root.numbers
    if len(numbers) == 1:
        return root, factors
    order = np.argsort(-numbers, axis=0, kind="stable")
    numbers = np.take_along_axis(numbers, order, 0)
    again = np.concatenate(
        [np.zeros((1, *root.shape), bool), (numbers[1:] == numbers[:-1]) & (numbers[1:] >= 0)]
    )
    rows = int(np.max(np.sum(numbers >= 0, axis=0), initial=1))
    if rows == len(numbers) and not again.any():
        return root, factors
    place: Any = lambda x: np.take_along_axis(full(x, root), order, 0)
    found = [f if f is None else summed(place(f), numbers)[:rows] for f in factors]
    numbers = np.where(again, NONE, numbers)[:rows]
    found = [f if f is None else np.where(numbers >= 0, f, 0.0) for f in found]
    if rows == 1:
        found, square = [f if f is None else f[0] for f in found], lambda: place(root.square())[0]
    else:
        square = lambda: place(root.square())[:rows]
    made = root._replace(numbers=numbers, square=square)
    return merged(made, found) if again.any() else (made, found)


def summed(x: Any, numbers: np.ndarray) -> Any:
    """In each row, the sum of the rows from there on that are of the same root."""
    total, away = x, 1
    while away < len(numbers):
        same = (numbers[away:] == numbers[:-away]) & (numbers[away:] >= 0)
        if not same.any():
            break
        more = np.where(same, x[away:], 0.0)
        total = total + np.concatenate([more, np.zeros((away, *numbers.shape[1:]))])
        away += 1
    return total
