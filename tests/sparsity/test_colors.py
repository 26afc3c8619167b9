"""Colourings: valid, and as good as the best of small graphs, which exhaustion finds."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from hoad.sparse import acyclic, colors, greedy, lattices, machine, matrices, tabu
from hoad.sparse.colors import Coloring


def pattern_of(rows: Any) -> Any:
    found = sp.csr_array(np.asarray(rows, bool))
    found.sort_indices()
    return found


def band(n: int, width: int) -> Any:
    i = np.arange(n)
    return pattern_of(np.abs(i[:, None] - i) <= width)


def grid(k: int) -> Any:
    """The five-point stencil."""
    line = sp.diags_array([1.0, 1.0], offsets=[-1, 1], shape=(k, k))
    one = sp.eye_array(k)
    return sp.csr_array((sp.kron(line, one) + sp.kron(one, line) + sp.eye_array(k * k)) != 0)


def arrow(n: int, width: int) -> Any:
    found = np.eye(n, dtype=bool)
    found[:width] = found[:, :width] = True
    return pattern_of(found)


def cycle(n: int) -> Any:
    i = np.arange(n)
    return pattern_of(np.isin((i[:, None] - i) % n, [0, 1, n - 1]))


def stencil(sides: tuple[int, ...], offsets: Any, closed: tuple[bool, ...]) -> Any:
    """The rows of a stencil on a grid: a column for each offset, around the axes that are closed, and none
    beyond the ends of the others.
    """
    here = np.indices(sides).reshape(len(sides), -1)
    rows, columns = [], []
    for offset in offsets:
        there = here + np.array(offset)[:, None]
        there = np.where(np.array(closed)[:, None], there % np.array(sides)[:, None], there)
        inside = np.all((there >= 0) & (there < np.array(sides)[:, None]), axis=0)
        rows.append(np.flatnonzero(inside))
        columns.append(np.ravel_multi_index(tuple(there[:, inside]), sides))
    where = np.concatenate(rows), np.concatenate(columns)
    found = sp.csr_array((np.ones(len(where[0])), where), shape=(here.shape[1],) * 2) != 0
    found.sort_indices()
    return sp.csr_array(found)


FIVE = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
SEVEN = [(0, *o) for o in FIVE] + [(1, 0, 0), (-1, 0, 0)]


def torus(*sides: int) -> Any:
    """The five-point stencil on a grid without an end."""
    return stencil(sides, FIVE, (True, True))


def count(color: Any) -> int:
    return int(color.max()) + 1


# ------------------------------------------------------------------------------------------------------------
# Known optima
# ------------------------------------------------------------------------------------------------------------

COLUMNS = [("tridiagonal", band(50, 1), (50,), 3), ("band of 2", band(50, 2), (50,), 5)]
COLUMNS += [("band of 5", band(80, 5), (80,), 11), ("grid", grid(20), (20, 20), 5)]
STARS = [("tridiagonal", band(50, 1), (50,), 3), ("pentadiagonal", band(50, 2), (50,), 5)]
STARS += [("grid", grid(20), (20, 20), 5), ("arrow", arrow(30, 1), (30,), 2), ("five", cycle(5), (5,), 4)]
STARS += [("complete", pattern_of(np.ones((6, 6))), (6,), 6), ("six", cycle(6), (6,), 3)]


@pytest.mark.parametrize(("name", "pattern", "shape", "optimum"), COLUMNS, ids=lambda p: str(p)[:14])
def test_columns(name: str, pattern: Any, shape: Any, optimum: int) -> None:
    found = colors.chosen(pattern, shape)
    colors.places(pattern, found)
    assert found.rows is None and found.forward == optimum
    assert count(colors.by_columns(pattern)) <= optimum + 2


@pytest.mark.parametrize(("name", "pattern", "shape", "optimum"), STARS, ids=lambda p: str(p)[:14])
def test_stars(name: str, pattern: Any, shape: Any, optimum: int) -> None:
    found = colors.chosen_symmetric(pattern, shape)
    colors.places(pattern, found)
    assert found.forward == optimum
    assert colors.symmetric_bound(pattern) <= optimum


@pytest.mark.parametrize(("n", "width", "most"), [(50, 1, 3), (500, 3, 7)])
def test_both_sides_of_an_arrow(n: int, width: int, most: int) -> None:
    found = colors.chosen(arrow(n, width), (n,))
    colors.places(arrow(n, width), found)
    assert found.forward + found.reverse <= most


def test_one_dense_row_goes_back() -> None:
    rows = np.zeros((200, 200), bool)
    rows[0] = True
    rows[np.arange(200), np.arange(200)] = rows[np.arange(199), np.arange(1, 200)] = True
    found = colors.chosen(pattern_of(rows), (200,))
    assert found.forward + found.reverse == 3


# The fewest colours of columns by m and n, which an exact search (of satisfiability) has found.
TORI = {(4, n): k for n, k in zip(range(4, 13), (8, 7, 6, 7, 7, 6, 7, 7, 6), strict=True)}
TORI |= {(5, n): k for n, k in zip(range(5, 13), (5, 6, 7, 6, 6, 5, 6, 6), strict=True)}
TORI |= {(6, n): 6 for n in range(6, 13)}
TORI |= {(7, n): k for n, k in zip(range(7, 13), (7, 7, 7, 6, 7, 6), strict=True)}
TORI |= {(3, 9): 7}
TORI |= {(8, n): k for n, k in zip(range(8, 13), (7, 6, 6, 6, 6), strict=True)}


@pytest.mark.parametrize("sides", TORI, ids=str)
def test_small_grids_without_an_end(sides: tuple[int, int]) -> None:
    """One colour more than the best, whatever the sides are, and whether or not they are known."""
    pattern = torus(*sides)
    for shape in (sides, (sides[0] * sides[1],)):
        found = colors.chosen(pattern, shape)
        colors.places(pattern, found)
        assert TORI[sides] <= found.forward <= TORI[sides] + 1


@pytest.mark.parametrize(
    "sides", [(11, 11), (14, 16), (17, 23), (30, 31), (52, 49), (64, 64), (8, 101)], ids=str
)
def test_grids_without_an_end(sides: tuple[int, int]) -> None:
    """Five colours are the fewest where both sides are multiples of five, and six where one is not."""
    pattern = torus(*sides)
    for shape in (sides, (sides[0] * sides[1],)):
        for found in (colors.chosen(pattern, shape), colors.chosen_symmetric(pattern, shape)):
            colors.places(pattern, found)
            assert found.forward == 6 and found.rows is None


@pytest.mark.parametrize("sides", [(7, 10), (7, 12), (8, 9), (10, 11)], ids=str)
def test_stars_of_small_grids_without_an_end(sides: tuple[int, int]) -> None:
    found = colors.chosen_symmetric(torus(*sides), sides)
    colors.places(torus(*sides), found)
    assert found.forward <= 6


@pytest.mark.parametrize("seed", range(6))
def test_colours_that_are_changed_one_by_one(seed: int) -> None:
    """Of a graph whose colours were chosen first, one more at most; never more than there were."""
    random = np.random.default_rng(seed)
    hidden = random.integers(0, 4, 60)
    differ = np.triu((hidden[:, None] != hidden) & (random.random((60, 60)) < 0.5))
    near = (differ | differ.T).astype(np.int32)
    found = tabu.improved(near, np.arange(60), 4)
    assert not np.any(near[found[:, None] == found]) and count(found) <= 5
    np.testing.assert_array_equal(tabu.improved(near, hidden, 4), hidden)


def test_grids_without_an_end_in_space() -> None:
    pattern = stencil((20, 21, 22), SEVEN, (True,) * 3)
    found = colors.chosen(pattern, (20 * 21 * 22,))
    colors.places(pattern, found)
    assert found.forward <= 9


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_rings(width: int) -> None:
    """Bands that are closed: as few colours as go around the ring, which is the best there is."""
    for n in [*range(4 * width + 2, 12 * width), 99, 1004]:
        pattern = stencil((n,), [(k,) for k in range(-width, width + 1)], (True,))
        found = colors.chosen(pattern, (n,))
        colors.places(pattern, found)
        assert found.forward == -(-n // (n // (2 * width + 1)))


def test_what_is_diagonal_needs_one() -> None:
    """However large it is; a stencil that reaches along one axis only needs no more than that does."""
    for shape in ((30_000,), (150, 200)):
        assert colors.chosen(sp.csr_array(sp.eye_array(30_000)), shape).forward == 1
    line = stencil((150, 200), [(0, -1), (0, 0), (0, 1)], (False, False))
    assert colors.chosen(line, (150, 200)).forward == colors.chosen(line, (30_000,)).forward == 3


OFFSETS = st.lists(st.tuples(*[st.integers(-2, 2)] * 2), min_size=1, max_size=7, unique=True)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(OFFSETS, st.integers(3, 30), st.integers(3, 30), st.booleans(), st.booleans(), st.integers(0, 2))
def test_any_stencil(offsets: Any, m: int, n: int, one: bool, other: bool, odd: int) -> None:
    """Whatever lattice is found fits every row, those at the ends and odd ones too."""
    pattern = stencil((m, n), offsets, (one, other)).tolil()
    for k in range(odd):
        pattern[k * 5, (k * 7 + 3) % (m * n)] = True
    pattern = sp.csr_array(pattern)
    pattern.sort_indices()
    for shape in ((m, n), (m * n,)):
        color = lattices.lattice(pattern, shape)
        if color is not None:
            assert is_valid(pattern, Coloring(color))
            assert count(color) < matrices.largest_row(pattern) + lattices.WIDER
        assert is_valid(pattern, colors.chosen(pattern, shape))


def test_a_colouring_again_is_no_worse() -> None:
    rng = np.random.default_rng(0)
    fewer = 0
    for _ in range(10):
        pattern = pattern_of(rng.random((200, 200)) < 0.03)
        found = colors.by_columns(pattern)
        better = colors.again(colors.by_columns, pattern, found, pattern.nnz, 1)
        assert is_valid(pattern, Coloring(better)) and count(better) <= count(found)
        fewer += count(found) - count(better)
    assert fewer >= 5


# ------------------------------------------------------------------------------------------------------------
# Small graphs, by exhaustion
# ------------------------------------------------------------------------------------------------------------


def is_valid(pattern: Any, coloring: Coloring) -> bool:
    try:
        colors.places(pattern, coloring)
    except ValueError:
        return False
    return True


def is_star(pattern: Any, color: Any) -> bool:
    """By the definition: neighbours differ, and no path of four vertices has two colours."""
    a = pattern.toarray() & ~np.eye(pattern.shape[0], dtype=bool)
    n = len(a)
    if any(a[u, v] and color[u] == color[v] for u in range(n) for v in range(n)):
        return False
    return not any(
        a[p] and a[q] and a[r] and len({color[k] for k in (*p, *r)}) == 2
        for path in itertools.permutations(range(n), 4)
        for p, q, r in [((path[0], path[1]), (path[1], path[2]), (path[2], path[3]))]
    )


def fewest(n: int, valid: Any) -> int:
    """The fewest colours of ``n`` things, over all colourings."""
    for k in range(1, n + 1):
        for color in itertools.product(range(k), repeat=n - 1):
            if valid(np.array([0, *color])):
                return k
    return n


SQUARES = st.lists(st.booleans(), min_size=10, max_size=10)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(SQUARES)
def test_small_graphs(edges: list[bool]) -> None:
    """Star colourings of all kinds of graphs of five vertices are valid, and one colour from the best."""
    square = np.eye(5, dtype=bool)
    square[np.triu_indices(5, 1)] = edges
    pattern = pattern_of(square | square.T)
    found = colors.chosen_symmetric(pattern, (5,))
    assert found.columns is not None and is_star(pattern, found.columns) and is_valid(pattern, found)
    best = fewest(5, lambda c: is_star(pattern, c))
    assert colors.symmetric_bound(pattern) <= best <= found.forward <= best + 1


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=5, max_size=5))
def test_small_matrices(rows: list[list[bool]]) -> None:
    pattern = pattern_of(rows)
    greedy = Coloring(colors.by_columns(pattern))
    best = fewest(6, lambda c: is_valid(pattern, Coloring(c)))
    assert is_valid(pattern, greedy) and best <= greedy.forward <= best + 1
    assert is_valid(pattern, colors.both_sides(pattern)) and is_valid(pattern, colors.chosen(pattern, (6,)))
    assert colors.bound(pattern) <= max(best, 1)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(2, 40), st.floats(0.02, 0.4))
def test_every_entry_is_recovered(seed: int, m: int, n: int, density: float) -> None:
    """From the directions of every kind of colouring."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(m, n)) * (rng.random((m, n)) < density)
    pattern = pattern_of(dense != 0)
    kinds = [Coloring(colors.by_columns(pattern)), Coloring(None, colors.by_columns(pattern.T.tocsr()))]
    for coloring in [*kinds, colors.both_sides(pattern), colors.chosen(pattern, (n,))]:
        columns, rows = colors.directions(coloring.columns), colors.directions(coloring.rows)
        parts = [columns.reshape(-1, n) @ dense.T, rows.reshape(-1, m) @ dense]
        flat = np.concatenate([p.ravel() for p in parts])
        np.testing.assert_array_equal(
            flat[colors.places(pattern, coloring)], dense[matrices.entries(pattern)]
        )


def test_a_wrong_coloring_is_found() -> None:
    with pytest.raises(ValueError, match=r"entry \(0, 0\) is alone with its colour neither"):
        colors.places(band(5, 1), Coloring(np.zeros(5, int)))
    two = Coloring(np.array([0, 1, 0, 1, 0]), None, symmetric=True)
    assert not is_valid(band(5, 1), two) and not is_star(band(5, 1), two.columns)


# ------------------------------------------------------------------------------------------------------------
# Acyclic colourings
# ------------------------------------------------------------------------------------------------------------


def is_acyclic(pattern: Any, color: Any) -> bool:
    """By the definition: neighbours differ, and the edges between two colours are a forest."""
    a = np.triu(pattern.toarray(), 1)
    for p, q in itertools.combinations_with_replacement(range(int(max(color)) + 1), 2):
        part = [(u, v) for u, v in np.argwhere(a).tolist() if {color[u], color[v]} == {p, q}]
        if p == q and part:
            return False
        parent = list(range(len(color)))
        root = lambda k: k if parent[k] == k else root(parent[k])  # noqa: B023
        for u, v in part:
            if root(u) == root(v):
                return False
            parent[root(u)] = root(v)
    return True


def read_off(pattern: Any, color: Any, rng: Any) -> None:
    """The entries come back from the directions."""
    dense = rng.normal(size=pattern.shape) * pattern.toarray()
    dense = dense + dense.T
    found = acyclic.forest(pattern, color).found((colors.directions(color) @ dense).ravel())
    np.testing.assert_allclose(found, dense[matrices.entries(pattern)], rtol=1e-12, atol=1e-12)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(SQUARES)
def test_acyclic_colourings_of_small_graphs(edges: list[bool]) -> None:
    """Valid, one colour from the best of all, and no more colours than the best star colouring."""
    square = np.eye(5, dtype=bool)
    square[np.triu_indices(5, 1)] = edges
    pattern = pattern_of(square | square.T)
    color = acyclic.acyclic(pattern)
    assert is_acyclic(pattern, color)
    best = fewest(5, lambda c: is_acyclic(pattern, c))
    assert best <= count(color) <= best + 1
    assert best <= fewest(5, lambda c: is_star(pattern, c))
    read_off(pattern, color, np.random.default_rng(0))
    for other in itertools.product(range(3), repeat=4):
        c = np.array([0, *other])
        try:
            acyclic.forest(pattern, c)
            valid = True
        except ValueError:
            valid = False
        assert valid == is_acyclic(pattern, c)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(2, 60), st.floats(0.02, 0.3))
def test_entries_are_found_by_substitution(seed: int, n: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    square = rng.random((n, n)) < density
    pattern = pattern_of(square | square.T | np.eye(n, dtype=bool))
    for order in (None, colors.by_degree(np.diff(pattern.indptr))):
        color = acyclic.acyclic(pattern, order)
        assert is_acyclic(pattern, color)
        read_off(pattern, color, rng)


@pytest.mark.parametrize(("pattern", "most"), [(band(50, 1), 2), (band(50, 2), 3), (grid(12), 4)])
def test_fewer_colours_than_stars(pattern: Any, most: int) -> None:
    color = acyclic.acyclic(pattern)
    assert count(color) <= most < colors.chosen_symmetric(pattern, (pattern.shape[0],)).forward
    read_off(pattern, color, np.random.default_rng(1))


# ------------------------------------------------------------------------------------------------------------
# Machine words
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [40, 63, 64])
def test_loops_give_up_where_words_are_too_short(n: int) -> None:
    """As Numba carries them out: on arrays of integers of 64 bits."""
    pattern = pattern_of(np.ones((n, n)))
    ends, near = colors.neighbors(pattern)
    order, none = np.arange(n), lambda: np.zeros(n, np.int64)
    here, there = np.repeat(order, np.diff(ends)), near
    edge = np.minimum(here, there) * n + np.maximum(here, there)
    numbers = np.arange(n * n)
    with np.errstate(over="ignore"):
        assert greedy.columns(pattern.indptr, pattern.indices, order, none(), none()) is (n < 64)
        assert greedy.star(ends, near, order, none(), none(), none()) is (n < 64)
        notes = numbers.copy(), numbers - n * n, numbers.copy(), np.full(n + 1, -1)
        assert greedy.acyclic(ends, near, edge, order, none() - 1, *notes) is (n < 64)


@pytest.mark.parametrize("here", [True, False])
def test_machine_code_takes_less_time(here: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that is told to be long is worth its machine code, where there is any."""
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda name: machine if here else None)
    short, long = machine.duration(machine.WORTH - 1), machine.duration(machine.WORTH)
    assert (long < short / 2) is here
    assert machine.duration(2 * machine.WORTH) == 2 * long
