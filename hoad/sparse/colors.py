"""Colours: directions that go together, since no row meets two of them (Curtis, Powell and Reid 1974), or
since a symmetric matrix has each entry twice (Coleman and Moré 1984).
Greedy colourings are loops over integers (``greedy.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from . import greedy, tabu
from .lattices import compact, lattice
from .machine import carried_out, duration
from .matrices import entries, largest_row

Pattern = Any  # a CSR array
Way = Callable[..., np.ndarray]  # a greedy colouring, of a pattern in an order
NONE = -1
SMALL = 20_000  # columns, up to which the fewest colours are sought
FEW = 400  # columns, up to which colours are sought that are changed one by one
AGAIN = 12  # times that a greedy colouring is made from the one before
STEPS_AGAIN = 300_000  # that these take together
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
        return 0 if self.columns is None else number_of(self.columns)

    @property
    def reverse(self) -> int:
        """How many go back."""
        return 0 if self.rows is None else number_of(self.rows)


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
    notes = np.zeros(n, int), np.zeros(n, int), np.zeros(n, int)
    steps = steps_of_star(pattern)
    return numbered(carried_out(greedy.star, steps, ends, near, in_order(n, order), *notes)[3])


def steps_of_star(pattern: Pattern) -> int:
    """About how many steps that takes."""
    return int(np.sum(np.diff(pattern.indptr).astype(np.int64) ** 2))


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
    least, other = largest_row(pattern), pattern.T.tocsr()
    enough = few_enough(pattern, least)
    columns = lattice(pattern, shape)
    if columns is None or number_of(columns) > enough:
        columns = fewer(columns, one_side(pattern))
    best = Coloring(columns)
    most = 2 * bulk(pattern)
    if best.forward > largest_row(other) + enough - least:
        rows = one_side(other)
        if number_of(rows) < best.forward:
            best = Coloring(None, rows)
    if best.forward + best.reverse > most:
        both = both_sides(pattern)
        if both.forward + both.reverse < best.forward + best.reverse:
            return both
    return best


def are_found_within(seconds: float, pattern: Pattern, shape: tuple[int, ...], symmetric: bool) -> bool:
    """Tell whether colours are found in some time: on a lattice, or by greedy colourings, in two orders."""
    steps = steps_of_star(pattern) if symmetric else pattern.nnz
    return 2 * duration(steps) <= seconds or lattice(pattern, shape) is not None


def few_enough(pattern: Pattern, least: int) -> int:
    """With how many colours one is content, that can't be fewer than ``least``: of a large pattern, one more
    than these.
    """
    return least + int(pattern.shape[1] > SMALL)


def one_side(pattern: Pattern) -> np.ndarray:
    """The best of some greedy colourings of the columns."""
    least = largest_row(pattern)
    found = in_two_orders(by_columns, pattern, np.diff(pattern.tocsc().indptr), least)
    found = again(by_columns, pattern, found, pattern.nnz, least)
    if pattern.shape[1] > FEW or number_of(found) <= least + 1:
        return found
    return tabu.improved(meeting(pattern), found, least)


def meeting(pattern: Pattern) -> np.ndarray:
    """Which columns meet in a row."""
    held = pattern.astype(np.int32)
    found = np.asarray((held.T @ held).toarray() > 0)
    np.fill_diagonal(found, False)
    return found.astype(np.int32)


def in_two_orders(way: Way, pattern: Pattern, degrees: np.ndarray, least: int) -> np.ndarray:
    """The better of two greedy colourings, of things as they stand and largest first, if the first has more
    than ``least`` colours.
    """
    found = way(pattern)
    return found if number_of(found) <= least else fewer(found, way(pattern, by_degree(degrees)))


def again(way: Way, pattern: Pattern, found: np.ndarray, steps: int, least: int) -> np.ndarray:
    """The best of some greedy colourings that start from one. In an order in which those of one colour stand
    together columns never take more colours than before (Culberson 1992), and stars may take fewer.

    Args:
        way: the colouring, of a pattern in an order.
        pattern: of the matrix.
        found: colours.
        steps: how many one colouring takes.
        least: the number of colours with which one is content.
    """
    best, random = found, np.random.default_rng(0)
    for k in range(min(AGAIN, STEPS_AGAIN // max(steps, 1))):
        count = number_of(found)
        if number_of(best) <= least:
            break
        places = random.permutation(count) if k % 2 else np.arange(count)[::-1]
        found = way(pattern, np.argsort(places[found], kind="stable"))
        best = fewer(best, found)
    return best


def number_of(color: np.ndarray) -> int:
    """How many colours there are."""
    return int(color.max(initial=NONE)) + 1


def fewer(a: np.ndarray | None, b: np.ndarray) -> np.ndarray:
    """The colouring with fewer colours."""
    return a if a is not None and a.max(initial=NONE) <= b.max(initial=NONE) else b


def bulk(pattern: Pattern) -> float:
    """How many colours most of the rows and columns need."""
    counts = np.diff(pattern.indptr), np.diff(pattern.tocsc().indptr)
    return max([float(np.quantile(c, BULK)) if c.size else 0.0 for c in counts])


def chosen_symmetric(pattern: Pattern, shape: tuple[int, ...]) -> Coloring:
    """A colouring of a Hessian: of a lattice, or a star colouring."""
    least, degrees = largest_row(pattern), np.diff(pattern.indptr)
    columns = lattice(pattern, shape)
    if columns is None or number_of(columns) > few_enough(pattern, least) or len(columns) <= SMALL:
        columns = fewer(columns, in_two_orders(star, pattern, degrees, symmetric_bound(pattern)))
        columns = again(star, pattern, columns, steps_of_star(pattern), least + 1)
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
    found = np.zeros((number_of(colors), len(colors)))
    found[colors[held], held] = 1.0
    return found
