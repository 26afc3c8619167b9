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

from .colors import Pattern, entries, lowest, neighbors


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


class Trees:
    """Which edges of two colours hang together: sets that are joined."""

    def __init__(self) -> None:
        self.parent: dict[tuple[int, int], tuple[int, int]] = {}

    def root(self, edge: tuple[int, int]) -> tuple[int, int]:
        """The edge that stands for the tree."""
        parent = self.parent.setdefault(edge, edge)
        while parent != edge:
            self.parent[edge] = self.parent[parent]
            edge, parent = self.parent[edge], self.parent[self.parent[edge]]
        return edge

    def join(self, a: tuple[int, int], b: tuple[int, int]) -> None:
        """Make one tree of two."""
        self.parent[self.root(a)] = self.root(b)


def edge_of(a: int, b: int) -> tuple[int, int]:
    """An edge, whichever end it is named by."""
    return (a, b) if a < b else (b, a)


def acyclic(pattern: Pattern, order: Any = None) -> np.ndarray:
    """An acyclic colouring, greedy, in an order."""
    near = neighbors(pattern)
    found = [-1] * len(near)
    trees = Trees()
    for v in range(len(near)) if order is None else order:
        taken = 0
        met: dict[tuple[int, int], int] = {}  # by tree: the neighbour that it was met from
        mine = [w for w in near[v] if found[w] >= 0]
        for w in mine:
            taken |= 1 << found[w]
        for w in mine:  # a colour that would close a cycle: two neighbours in one tree
            for x in near[w]:
                if found[x] >= 0 and x != v:
                    tree = trees.root(edge_of(w, x))
                    if met.setdefault(tree, w) != w:
                        taken |= 1 << found[x]
        color = found[v] = lowest(taken).bit_length() - 1
        first: dict[int, int] = {}
        for w in mine:
            other = first.setdefault(found[w], w)
            trees.join(edge_of(v, w), edge_of(v, other))
            for x in near[w]:
                if x != v and found[x] == color:
                    trees.join(edge_of(v, w), edge_of(w, x))
    return np.array(found, int)


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
    levels = [edges[height[edges] == h] for h in range(int(height[edges].max(initial=-1)) + 1)]
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
