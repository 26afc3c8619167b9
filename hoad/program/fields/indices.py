"""Which element of an operand belongs to the element that a loop is at."""

from __future__ import annotations

from typing import NamedTuple

from .lattice import Lattice, Shape


class Affine(NamedTuple):
    """A place along an axis: ``start`` and ``step`` times the variable of a loop, if there is one."""

    start: int
    loop: int | None = None
    step: int = 0

    def plus(self, n: int) -> Affine:
        """The place n further."""
        return Affine(self.start + n, self.loop, self.step)

    def walked(self, start: int, step: int) -> Affine:
        """The place in a base of the place in a view."""
        return Affine(start + step * self.start, self.loop, step * self.step)


Index = tuple[Affine, ...]
Box = tuple[tuple[int, int], ...]


def narrow(index: Index, shape: Shape, operand: Shape) -> Index:
    """The index of an operand that is broadcast to a shape."""
    lead = len(shape) - len(operand)
    return tuple(
        [Affine(0) if n == 1 and shape[lead + k] > 1 else index[lead + k] for k, n in enumerate(operand)]
    )


def behind(view: tuple[list[int], list[tuple[int, int] | None]], index: Index) -> Index:
    """The index in a base, of an element of a view of it."""
    return tuple(
        [
            Affine(first) if walk is None else index[walk[0]].walked(first, walk[1])
            for first, walk in zip(*view, strict=True)
        ]
    )


def inner_index(lattice: Lattice, index: Index, ndim: int) -> Index:
    """The index within a part, of an element of the whole."""
    found = [Affine(0)] * ndim
    for at, first, (axis, _) in zip(index, lattice.start, lattice.slices() or [], strict=True):
        if axis is not None:
            found[axis] = at.plus(-first)
    return tuple(found)


def extents(lattice: Lattice, part: Shape) -> list[tuple[int, int]]:
    """From where to where a part reaches along each axis of the whole."""
    walks = lattice.slices() or []
    return [
        (first, first + (1 if axis is None else part[axis]))
        for first, (axis, _) in zip(lattice.start, walks, strict=True)
    ]


def crossing(at: Affine, bound: int) -> int:
    """The first value of the variable from which on a place is on the other side of a bound."""
    if at.step > 0:
        return -((at.start - bound) // at.step)
    return (at.start - bound) // -at.step + 1
