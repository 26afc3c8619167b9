"""Lattices: colours of the columns of a stencil on a grid, by angles.

Each column has an angle, ``sum(a_k * i_k)`` turns over its indices, and the colour of the part of the circle
that this is in, of ``count`` equal parts. So columns whose angles are at least one part from each other
differ. With steps ``a_k = s_k / count`` the colours are ``sum(s_k * i_k) mod count``, and most stencils need
no more of them than they have entries. Around an axis of length ``n_k`` that is closed to a ring, the steps
must add up to whole turns: so they are rounded to multiples of ``1 / n_k``. What is equal on a grid without
an end is nearly equal then, which takes one colour more where the rings are long.

Nothing is known of a stencil but the pattern: steps are tried, those that fit most rows of a sample first.
"""

from __future__ import annotations

import collections
import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .budget import here_and_there
from .matrices import entries, largest_row

Pattern = Any  # a CSR array
MOST_ENTRIES = 30  # in a row, from which on no lattice is tried
WIDER = 4  # how many more colours than the largest row has entries a lattice may take
SAMPLE = 4000  # entries by which a lattice is tried first
ROWS = 64  # by which grids are guessed
MOST_GRIDS = 12  # that are tried
MOST_AXES = 3
MOST_APART = 200  # ways in which columns of one row are apart
MOST_STEPS = 24  # that are tried with one number of colours
MOST_TRIED = 500  # angles, on one grid, with one number of colours
MOST_FOUND = 64  # rows that a colouring does not fit, which the next must fit first


class Lines(NamedTuple):
    """Some rows of a pattern: the row and the column of each entry."""

    rows: np.ndarray
    columns: np.ndarray

    def misfits(self, color: np.ndarray, count: int) -> np.ndarray:
        """The rows that meet a colour twice."""
        return np.asarray(np.flatnonzero(np.bincount(self.rows * count + color, minlength=1) > 1) // count)


class Angles(NamedTuple):
    """The step of the angle along each axis of a grid: ``steps`` parts of ``whole``, which is a turn."""

    steps: tuple[int, ...]
    whole: int

    def colors(self, where: np.ndarray, count: int) -> np.ndarray:
        """The colours at some indices, a row for each axis."""
        return np.asarray(np.array(self.steps) @ where % self.whole * count // self.whole)


def lattice(pattern: Pattern, shape: tuple[int, ...]) -> np.ndarray | None:
    """A colour for each column, such that no row meets a colour twice, by angles over the indices of an array
    or of a grid that was flattened; None where none with few colours is found.

    Args:
        pattern: of a matrix, a CSR array.
        shape: of the input, over which the grid may lie.
    """
    least = largest_row(pattern)
    if not 0 < least <= MOST_ENTRIES:
        return None
    axes = tuple([n for n in shape if n > 1])
    known = [axes] if len(axes) != 1 else [axes, *grids(pattern)]
    lines = Lines(*entries(pattern))
    searches = [Search(pattern, lines, grid) for grid in known if 0 < len(grid) <= MOST_AXES]
    for count in range(least, least + WIDER):
        for search in searches:
            color = search.found(count)
            if color is not None:
                return color
    return None


class Search:
    """The search for angles on one grid.

    Args:
        pattern: of a matrix.
        lines: all its entries.
        grid: the extents over which its columns lie.
    """

    def __init__(self, pattern: Pattern, lines: Lines, grid: tuple[int, ...]) -> None:
        self.all = lines
        self.grid = grid
        self.least = largest_row(pattern)
        count = min(pattern.shape[0], -(-SAMPLE // self.least))
        self.pattern = pattern
        self.hold(np.unique(here_and_there(count, pattern.shape[0])))
        self.apart, self.often = self.distances()
        self.known: dict[int, list[tuple[int, ...]]] = {}

    def hold(self, rows: np.ndarray) -> None:
        """Take some rows as the sample."""
        self.sampled = rows
        self.sample = Lines(*entries(self.pattern[rows]))
        self.where = indices(self.sample.columns, self.grid)

    def distances(self) -> tuple[np.ndarray, np.ndarray]:
        """How far apart the columns of a row are along each axis, and in how many rows of the sample: the
        most frequent ones.
        """
        length = np.bincount(self.sample.rows)
        slots = np.arange(len(self.sample.rows)) - np.repeat(np.cumsum(length) - length, length)
        met, sides, wide = [], np.array(self.grid)[:, None], tuple([2 * n for n in self.grid])
        for k in range(1, self.least):
            first = np.flatnonzero(slots[k:] >= k)
            apart = self.where[:, first + k] - self.where[:, first]
            met.append(np.ravel_multi_index(tuple(apart + sides), wide))
        found, often = np.unique(np.concatenate([np.zeros(0, int), *met]), return_counts=True)
        most = np.argsort(-often, kind="stable")[:MOST_APART]
        return (indices(found[most], wide) - sides).T, often[most]

    def steps(self, count: int) -> list[tuple[int, ...]]:
        """Numbers ``s_k``, such that ``sum(s_k * i_k) mod count`` fits half of the sample at least: the best
        first.
        """
        if count not in self.known:
            # Mirrored colours are as good, so the first step goes up.
            ways = [range(count // 2 + 1), *[range(count)] * (len(self.grid) - 1)]
            steps = np.array(list(itertools.product(*ways)), int).reshape(-1, len(self.grid))
            meet = (steps @ self.apart.T % count == 0) @ self.often
            best = np.argsort(meet, kind="stable")[:MOST_STEPS]
            few = best[2 * meet[best] <= len(self.sampled)]
            self.known[count] = [tuple(line) for line in steps[few].tolist()]
        return self.known[count]

    def angles(self, count: int) -> Iterator[Angles]:
        """Angles to be tried with some colours: as they are on a grid without an end, then rounded to
        whole turns along axes, from as many parts of a turn, or from fewer.
        """
        for steps in self.steps(count):
            yield Angles(steps, count)
        for parts in range(self.least, count + 1):
            whole = math.lcm(parts, *self.grid)
            for steps in self.steps(parts):
                ways = [whole_turns(s, parts, n, whole) for s, n in zip(steps, self.grid, strict=True)]
                for rounded in itertools.product(*ways):
                    yield Angles(rounded, whole)

    def found(self, count: int) -> np.ndarray | None:
        """A colouring with so many colours. A row that one does not fit is among those that the next must."""
        for angles in itertools.islice(self.angles(count), MOST_TRIED):
            if len(self.sample.misfits(angles.colors(self.where, count), count)):
                continue
            color = angles.colors(indices(np.arange(math.prod(self.grid)), self.grid), count)
            missed = self.all.misfits(color[self.all.columns], count)
            if not len(missed):
                return compact(color)
            some = missed[np.unique(here_and_there(min(MOST_FOUND, len(missed)), len(missed)))]
            self.hold(np.union1d(self.sampled, some))
        return None


def whole_turns(step: int, parts: int, n: int, whole: int) -> list[int]:
    """A step of some parts of a turn, in units of which ``whole`` are a turn: rounded, such that ``n`` steps
    are whole turns; and as it is, for an axis that has an end.
    """
    down, up = step * n // parts, -(-step * n // parts)
    return list(dict.fromkeys([down * (whole // n), up * (whole // n), step * (whole // parts)]))


def indices(columns: np.ndarray, grid: tuple[int, ...]) -> np.ndarray:
    """Where columns are on a grid, a row for each axis."""
    return np.array(np.unravel_index(columns, grid), np.int64)


def grids(pattern: Pattern) -> list[tuple[int, ...]]:
    """The grids that a row of inputs may be, by how far apart the entries of most rows are: a stencil reaches
    to the next row of a grid, and to the next plane.
    """
    n = int(pattern.shape[1])
    lines = here_and_there(min(ROWS, pattern.shape[0]), pattern.shape[0]).tolist()
    near: collections.Counter[int] = collections.Counter()  # from the middle of a row
    apart: collections.Counter[int] = collections.Counter()  # from anywhere
    for k in lines:
        line = pattern.indices[pattern.indptr[k] : pattern.indptr[k + 1]].astype(int)
        near.update(set(np.abs(line - line[len(line) // 2 : len(line) // 2 + 1]).tolist()))
        apart.update(set(np.abs(line[:, None] - line).ravel().tolist()))
    found: dict[tuple[int, ...], None] = {}
    for met in (near, apart):
        steps = sorted(
            [d for d, times in met.items() if 1 < d < n and n % d == 0 and 2 * times >= len(lines)]
        )
        found |= dict.fromkeys([(n // a, a) for a in steps])
        found |= dict.fromkeys(
            [(n // b, b // a, a) for a, b in itertools.combinations(steps, 2) if b % a == 0]
        )
    return list(found)[:MOST_GRIDS]


def compact(color: np.ndarray) -> np.ndarray:
    """The same colouring without the colours that are not there; -1 is none."""
    used, found = np.unique(color, return_inverse=True)
    return found.astype(int) - int(used.size > 0 and used[0] < 0)
