"""Acyclic colourings of symmetric patterns: fewer colours than a star colouring, for entries that are found
one after the other.

Neighbours differ, and no cycle has two colours only (Coleman and Cai 1986). So the edges between two colours
are trees. The edge of a leaf stands alone in what the direction of its parent's colour gives in the leaf's
row; and once it is known it is taken off the row of its parent, whose own edge then stands alone. The greedy
colouring is that of Gebremedhin, Tarafdar, Manne and Pothen (2007).

What is taken off is rounded with the larger of the entries of a row: a small entry beside large ones has
fewer digits than by a star colouring, whose entries are read off alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from . import greedy
from .colors import NONE, Pattern, in_order, neighbors
from .machine import carried_out
from .matrices import entries


class Forest(NamedTuple):
    """How the entries are found: diagonals are read at their places, and edges by levels from the leaves up.

    ``where`` is the place of each entry of one triangle among what the directions give; ``levels`` are the
    entries that are found together; ``above`` is the entry that each is taken off, -1 for none; ``mirror``
    leads from all entries of the pattern to these.
    """

    where: np.ndarray
    levels: list[np.ndarray]
    above: np.ndarray
    mirror: np.ndarray

    def found(self, flat: np.ndarray) -> np.ndarray:
        """The entries of the pattern, from what the directions give."""
        values = flat[self.where]
        for level in self.levels:
            above = self.above[level]
            held = above >= 0
            np.subtract.at(values, above[held], values[level[held]])
        return values[self.mirror]


def edge_of(a: int, b: int) -> tuple[int, int]:
    """An edge, whichever end it is named by."""
    return (a, b) if a < b else (b, a)


def acyclic(pattern: Pattern, order: Any = None) -> np.ndarray:
    """An acyclic colouring, greedy, in an order."""
    n = pattern.shape[0]
    ends, near = neighbors(pattern)
    here = np.arange(len(near))
    there = sp.csr_array((here, near, ends), shape=(n, n)).tocsc()
    there.sort_indices()
    edge = np.minimum(here, there.data)  # the pattern is symmetric, so both stand at one place
    none, steps = np.full(n + 1, NONE), int(np.sum(np.diff(ends) ** 2))
    notes = none[:n], here, np.full(len(near), NONE), here, none
    done = carried_out(greedy.acyclic, steps, ends, near, edge, in_order(n, order), *notes)
    return np.asarray(done[4], int)


def forest(pattern: Pattern, color: np.ndarray) -> Forest:
    """How the entries of a pattern are found from the directions of an acyclic colouring.

    Raises:
        ValueError: two neighbours have one colour, or a cycle has two.
    """
    n = pattern.shape[0]
    i, j = entries(pattern)
    upper = i <= j
    rows, columns = i[upper], j[upper]
    number = {(a, b): k for k, (a, b) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True))}
    mirror = np.array([number[edge_of(a, b)] for a, b in zip(i.tolist(), j.tolist(), strict=True)], int)
    hue = color.tolist()
    beside: dict[tuple[int, int], list[int]] = {}  # by vertex and colour: its neighbours of that colour
    for a, b in number:
        if a != b:
            if hue[a] == hue[b]:
                raise ValueError(f"entry ({a}, {b}) has one colour in its row and its column")
            beside.setdefault((a, hue[b]), []).append(b)
            beside.setdefault((b, hue[a]), []).append(a)
    where = color[columns] * n + rows  # of the diagonal; of the others below
    above = np.full(len(rows), -1)
    height = np.zeros(len(rows), int)
    done = np.zeros(len(rows), bool)
    for start in sorted(beside, key=lambda key: -len(beside[key])):
        for root in beside[start]:
            if not done[number[edge_of(start[0], root)]]:
                walk(start[0], hue[root], hue, beside, number, (where, above, height, done), n)
    edges = np.flatnonzero(rows != columns)
    counts = np.bincount(height[edges])
    levels = np.split(edges[np.argsort(height[edges], kind="stable")], np.cumsum(counts)[:-1])
    return Forest(where, levels, above, mirror)


def walk(top: int, other: int, hue: list[int], beside: Any, number: Any, to: Any, n: int) -> None:
    """Hang up the tree of two colours that a vertex is in, by that vertex."""
    where, above, height, done = to
    path = [(top, -1, -1)]  # a vertex, its parent, and the entry between that and the one above
    order = []
    for v, parent, over in path:
        wanted = other if hue[v] == hue[top] else hue[top]
        for w in beside.get((v, wanted), []):
            if w == parent:
                continue
            k = number[edge_of(v, w)]
            if done[k]:
                raise ValueError(f"entry ({v}, {w}) is in a cycle of two colours")
            done[k] = True
            where[k], above[k] = hue[v] * n + w, over
            order.append(k)
            path.append((w, v, k))
    for k in reversed(order):
        if above[k] >= 0:
            height[above[k]] = max(height[above[k]], height[k] + 1)
