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

from ..chainrules.numpy.indexing import scatter
from . import greedy
from .colors import NONE, Pattern, in_order, neighbors
from .machine import carried_out
from .matrices import entries


class Halving(NamedTuple):
    """Every other edge of each tree, by how many are above it: the first ``few`` are kept, and the others
    come back from them.

    An edge that is kept has left ones above and below it, and the other way round. The first ``hanging`` of
    those that are left hang on kept ones, ``over``; of the kept ones, ``held`` hang on left ones, ``under``.
    """

    few: int
    hanging: int
    over: np.ndarray
    held: np.ndarray
    under: np.ndarray


class Forest(NamedTuple):
    """How the entries are found: diagonals are read at their places, and each edge is what is read less the
    edges that hang on it.

    ``where`` is the place of each entry of one triangle among what the directions give; ``mirror`` leads from
    all entries of the pattern to these. ``halvings`` solve the system of the trees by cyclic reduction: put
    into each other, the equations of the kept edges are a system of the same kind, of half of them. So as
    many sums follow each other as the logarithm of the height, and not as the height; all of them are
    entries and their differences or sums, so none is much larger than those.
    """

    where: np.ndarray
    halvings: list[Halving]
    mirror: np.ndarray

    def found(self, flat: Any) -> Any:
        """The entries of the pattern, from what the directions give; in operations that can be compiled."""
        return solved(flat[self.where], self.halvings, np.subtract)[self.mirror]


def solved(read: Any, halvings: list[Halving], put: Any) -> Any:
    """What is left of each edge, if those that hang on it are taken off, or added, by ``put``."""
    if not halvings:
        return read
    *inner, (few, hanging, over, held, under) = halvings
    kept, left = read[:few], read[few:]
    kept = solved(put(kept, scatter(left[:hanging], (over,), (few,))), inner, np.add)
    left = put(left, scatter(kept[held], (under,), (len(read) - few,)))
    return np.concatenate([kept, left])


def halved(above: np.ndarray) -> tuple[np.ndarray, list[Halving]]:
    """The order of edges in which the kept ones are first, and the halvings, the innermost first; by the edge
    above each, -1 for none.
    """
    numbers = np.arange(len(above))
    if not (above >= 0).any():
        return numbers, []
    odd = depths(above) % 2 == 1
    even = ~odd & ((above >= 0) | np.isin(numbers, above))  # those alone need nothing
    keeps = odd if odd.sum() < even.sum() else even
    kept, left = numbers[keeps], numbers[~keeps]
    order, inner = halved(places_among(kept, two_up(above)[kept], len(above)))
    kept, left = kept[order], left[np.argsort(above[left] < 0, kind="stable")]
    hanging, held = int(np.sum(above[left] >= 0)), np.flatnonzero(above[kept] >= 0)
    over = places_among(kept, above[left[:hanging]], len(above))
    under = places_among(left, above[kept[held]], len(above))
    return np.concatenate([kept, left]), [*inner, Halving(len(kept), hanging, over, held, under)]


def two_up(above: np.ndarray) -> np.ndarray:
    """The edge above the one above each, -1 for none."""
    return np.append(above, -1)[above]


def depths(above: np.ndarray) -> np.ndarray:
    """How many edges are above each."""
    found = (above >= 0).astype(int)
    while (above >= 0).any():
        below = np.flatnonzero(above >= 0)
        found[below] += found[above[below]]
        above = two_up(above)
    return found


def places_among(some: np.ndarray, wanted: np.ndarray, count: int) -> np.ndarray:
    """Where numbers below ``count`` stand among some of those; -1 for -1."""
    place = np.full(count + 1, -1)
    place[some] = np.arange(len(some))
    return place[wanted]


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
    done = np.zeros(len(rows), bool)
    for start in sorted(beside, key=lambda key: -len(beside[key])):
        for root in beside[start]:
            if not done[number[edge_of(start[0], root)]]:
                walk(start[0], hue[root], hue, beside, number, (where, above, done), n)
    order, halvings = halved(above)
    return Forest(where[order], halvings, np.argsort(order)[mirror])


def walk(top: int, other: int, hue: list[int], beside: Any, number: Any, to: Any, n: int) -> None:
    """Hang up the tree of two colours that a vertex is in, by that vertex."""
    where, above, done = to
    path = [(top, -1, -1)]  # a vertex, its parent, and the entry between that and the one above
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
            path.append((w, v, k))
