"""Colours: directions that go together, since no row meets two of them (Curtis, Powell and Reid 1974), or
since a symmetric matrix has each entry twice (Coleman and Moré 1984).
Greedy colourings are loops over integers (``greedy.py``).
"""

from __future__ import annotations

import collections
import itertools
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from . import greedy
from .machine import carried_out

Pattern = Any  # a CSR array
NONE = -1
MOST_ON_LATTICE = 30  # entries in a row, from which on no lattice is tried
WIDER = 4  # how many more colours than the largest row has entries a lattice may take
SMALL = 20_000  # columns, up to which a lattice is compared with a greedy colouring
SAMPLE = 4000  # entries by which a lattice is tried first
ROWS = 64  # by which grids are guessed
MOST_GRIDS = 12  # that are tried
BULK = 0.9  # the part of rows and columns that tells what most of them need


class Coloring(NamedTuple):
    """Colours of the columns, of the rows, or of both; -1 is none. ``symmetric`` is a star colouring, or an
    acyclic one with ``substituted``, whose entries are found one after the other.
    """

    columns: np.ndarray | None = None
    rows: np.ndarray | None = None
    symmetric: bool = False
    substituted: bool = False

    @property
    def forward(self) -> int:
        """How many directions go forward."""
        return 0 if self.columns is None else int(self.columns.max(initial=NONE)) + 1

    @property
    def reverse(self) -> int:
        """How many go back."""
        return 0 if self.rows is None else int(self.rows.max(initial=NONE)) + 1


def by_columns(pattern: Pattern, order: Any = None) -> np.ndarray:
    """A colour for each column, such that no row meets a colour twice; greedy, in an order."""
    m, n = pattern.shape
    rows = pattern.tocsc()
    notes = np.zeros(n, int), np.zeros(m, int)
    done = carried_out(greedy.columns, rows.nnz, rows.indptr, rows.indices, in_order(n, order), *notes)
    return numbered(done[3])


def star(pattern: Pattern, order: Any = None) -> np.ndarray:
    """A star colouring of a symmetric pattern, greedy: neighbours differ, and each path of four vertices has
    three colours. So of each entry off the diagonal, its row or its column meets its colour only there.
    """
    n = pattern.shape[0]
    ends, near = neighbors(pattern)
    steps = int(np.sum(np.diff(ends) ** 2))
    notes = np.zeros(n, int), np.zeros(n, int), np.zeros(n, int)
    return numbered(carried_out(greedy.star, steps, ends, near, in_order(n, order), *notes)[3])


def in_order(n: int, order: Any) -> np.ndarray:
    """The order in which ``n`` things are coloured; as they stand, by default."""
    return np.arange(n) if order is None else np.asarray(order)


def numbered(sets: Any) -> np.ndarray:
    """The colours that are the only ones of their sets."""
    if isinstance(sets, list):
        return np.array([color.bit_length() - 1 for color in sets], int)
    return np.frexp(sets.astype(float))[1].astype(int) - 1


def neighbors(pattern: Pattern) -> tuple[np.ndarray, np.ndarray]:
    """The graph of a symmetric pattern, without loops: where the rows end, and what is in them."""
    i, j = entries(pattern)
    off = i != j
    ends = np.concatenate([[0], np.cumsum(np.bincount(i[off], minlength=pattern.shape[0]))])
    return ends, j[off]


def lattice(pattern: Pattern, shape: tuple[int, ...]) -> np.ndarray | None:
    """Colours ``sum(a_k * i_k) mod c`` over the indices of an array, as a stencil on a grid wants them; None
    where there is no such colouring with few colours. An input in one row may be a grid that was flattened.
    """
    if not 0 < largest_row(pattern) <= MOST_ON_LATTICE:
        return None
    axes = tuple([n for n in shape if n > 1])
    known = [axes] if len(axes) != 1 else [axes, *grids(pattern)]
    least = largest_row(pattern)
    for count in range(least, least + WIDER):
        for grid in known:
            found = lattice_on(pattern, grid, count) if 0 < len(grid) <= 3 else None
            if found is not None:
                return found
    return None


def lattice_on(pattern: Pattern, grid: tuple[int, ...], count: int) -> np.ndarray | None:
    """The same on a grid whose extents are known, with so many colours."""
    rows, columns = entries(pattern)
    some = np.unravel_index(columns[:SAMPLE], grid)
    for factors in itertools.product(range(1, count), *[range(count)] * (len(grid) - 1)):
        if fits(rows[:SAMPLE], combined(factors, some) % count, count):
            color = combined(factors, np.unravel_index(np.arange(pattern.shape[1]), grid)) % count
            if fits(rows, color[columns], count):
                return compact(color)
    return None


def combined(factors: tuple[int, ...], where: tuple[np.ndarray, ...]) -> np.ndarray:
    """A linear function of indices."""
    return np.sum([a * k for a, k in zip(factors, where, strict=True)], axis=0)


def grids(pattern: Pattern) -> list[tuple[int, ...]]:
    """The grids that a row of inputs may be, by how far apart the entries of most rows are: a stencil reaches
    to the next row of a grid, and to the next plane.
    """
    n = int(pattern.shape[1])
    lines = np.linspace(0, pattern.shape[0] - 1, min(ROWS, pattern.shape[0])).astype(int).tolist()
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


def fits(rows: np.ndarray, colors: np.ndarray, count: int) -> bool:
    """Tell whether no row meets a colour twice."""
    return bool(np.bincount(rows * count + colors, minlength=1).max() <= 1)


def compact(color: np.ndarray) -> np.ndarray:
    """The same colouring without the colours that are not there."""
    used, found = np.unique(color, return_inverse=True)
    return found.astype(int) - int(used.size > 0 and used[0] == NONE)


def largest_row(pattern: Pattern) -> int:
    """The most entries in a row."""
    return int(np.diff(pattern.indptr).max(initial=0))


def by_degree(degrees: np.ndarray) -> np.ndarray:
    """Largest first."""
    return np.argsort(-degrees, kind="stable")


# ------------------------------------------------------------------------------------------------------------
# Both sides
# ------------------------------------------------------------------------------------------------------------


def both_sides(pattern: Pattern) -> Coloring:
    """Colours of columns and of rows, such that each entry is alone with its column's colour in its row, or
    with its row's colour in its column: a star colouring of the graph between rows and columns, largest
    first, of which the colours that no entry needs are dropped.
    """
    m = pattern.shape[0]
    graph = sp.csr_array(sp.block_array([[None, pattern], [pattern.T, None]], format="csr"))
    color = star(graph, by_degree(np.diff(graph.indptr)))
    rows, columns = color[:m], color[m:]
    i, j = entries(pattern)
    forward, backward = alone(i, columns[j]), alone(j, rows[i])
    needed = set(columns[j[~backward]].tolist()), set(rows[i[~forward]].tolist())
    open_ = forward & backward
    for a, b in zip(columns[j[open_]].tolist(), rows[i[open_]].tolist(), strict=True):
        if a not in needed[0] and b not in needed[1]:
            needed[0].add(a)
    kept = [np.where(np.isin(c, list(s)), c, NONE) for c, s in zip((columns, rows), needed, strict=True)]
    forward, backward = [compact(c) if s else None for c, s in zip(kept, needed, strict=True)]
    return Coloring(forward, backward)


def entries(pattern: Pattern) -> tuple[np.ndarray, np.ndarray]:
    """The row and the column of each entry."""
    return np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr)), pattern.indices


def alone(lines: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Which entries are the only ones of their colour in their line; none without a colour is."""
    count = int(colors.max(initial=0)) + 1
    keys = lines * count + colors
    held = colors >= 0
    many = np.bincount(keys[held], minlength=int(keys.max(initial=0)) + 1)
    return held & (many[np.maximum(keys, 0)] == 1)


# ------------------------------------------------------------------------------------------------------------
# The choice
# ------------------------------------------------------------------------------------------------------------


def chosen(pattern: Pattern, shape: tuple[int, ...]) -> Coloring:
    """A colouring of a Jacobian with few colours: of a lattice, of columns, of rows, or of both.

    Args:
        pattern: of the matrix, a CSR array.
        shape: of the input, over which a lattice may lie.
    """
    least = largest_row(pattern)
    columns = lattice(pattern, shape)
    if columns is None or columns.max(initial=NONE) + 1 > least:
        columns = fewer(columns, one_side(pattern))
    best = Coloring(columns)
    most = 2 * bulk(pattern)
    if best.forward <= min(least, most) and least <= largest_row(pattern.T.tocsr()):
        return best
    rows = one_side(pattern.T.tocsr())
    if rows.max(initial=NONE) + 1 < best.forward:
        best = Coloring(None, rows)
    if best.forward + best.reverse > most:
        both = both_sides(pattern)
        if both.forward + both.reverse < best.forward + best.reverse:
            return both
    return best


def one_side(pattern: Pattern) -> np.ndarray:
    """The better of two greedy colourings of the columns."""
    found = by_columns(pattern)
    if found.max(initial=NONE) + 1 <= largest_row(pattern):
        return found
    degrees = np.diff(pattern.tocsc().indptr)
    return fewer(found, by_columns(pattern, by_degree(degrees)))


def fewer(a: np.ndarray | None, b: np.ndarray) -> np.ndarray:
    """The colouring with fewer colours."""
    return a if a is not None and a.max(initial=NONE) <= b.max(initial=NONE) else b


def bulk(pattern: Pattern) -> float:
    """How many colours most of the rows and columns need."""
    counts = np.diff(pattern.indptr), np.diff(pattern.tocsc().indptr)
    return max([float(np.quantile(c, BULK)) if c.size else 0.0 for c in counts])


def chosen_symmetric(pattern: Pattern, shape: tuple[int, ...]) -> Coloring:
    """A colouring of a Hessian: of a lattice, or a star colouring."""
    columns = lattice(pattern, shape)
    few = columns is not None and columns.max(initial=NONE) + 1 <= largest_row(pattern)
    if not few or columns is None or len(columns) <= SMALL:
        columns = fewer(columns, star(pattern))
        if columns.max(initial=NONE) + 1 > symmetric_bound(pattern):
            columns = fewer(columns, star(pattern, by_degree(np.diff(pattern.indptr))))
    return Coloring(columns, None, symmetric=True)


def bound(pattern: Pattern) -> int:
    """A number of colours below which no colouring of one side goes."""
    return min(largest_row(pattern), largest_row(pattern.T.tocsr()))


def symmetric_bound(pattern: Pattern) -> int:
    """The same of star colourings: vertices that are all neighbours differ, and a path of four has three
    colours.
    """
    n = int(pattern.shape[0])
    ends, near = neighbors(pattern)
    degrees = np.diff(ends)
    if not near.size:
        return min(n, 1)
    v = int(np.argmax(degrees))
    clique = [v]
    for w in near[ends[v] : ends[v + 1]].tolist():
        if set(near[ends[w] : ends[w + 1]].tolist()).issuperset(clique):
            clique.append(w)
    has_path = bool(np.any((np.repeat(degrees, degrees) > 1) & (degrees[near] > 1)))
    return max(len(clique), 2 + has_path)


def places(pattern: Pattern, coloring: Coloring) -> np.ndarray:
    """Where each entry stands in what the directions give: one row for each that goes forward, of the size of
    the value, then one for each that goes back, of the size of the input; all in one line.

    Raises:
        ValueError: two colours conflict.
    """
    m, n = pattern.shape
    i, j = entries(pattern)
    if coloring.symmetric and coloring.columns is not None:
        color = coloring.columns
        first, second = alone(i, color[j]), alone(j, color[i])
        found = np.where(first, color[j] * n + i, color[i] * n + j)
    else:
        first = second = np.zeros(len(i), bool)
        found = np.zeros(len(i), int)
        if coloring.rows is not None:
            second = alone(j, coloring.rows[i])
            found = coloring.forward * m + coloring.rows[i] * n + j
        if coloring.columns is not None:
            first = alone(i, coloring.columns[j])
            found = np.where(first, coloring.columns[j] * m + i, found)
    if not (first | second).all():
        k = int(np.flatnonzero(~(first | second))[0])
        raise ValueError(f"entry ({i[k]}, {j[k]}) is alone with its colour neither in its row nor its column")
    return found


def directions(colors: np.ndarray | None) -> np.ndarray:
    """One row for each colour: ones where it is."""
    if colors is None:
        return np.zeros((0, 0))
    held = np.flatnonzero(colors >= 0)
    found = np.zeros((int(colors.max(initial=NONE)) + 1, len(colors)))
    found[colors[held], held] = 1.0
    return found
