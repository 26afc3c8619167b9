"""What color is your Jacobian?, after Gebremedhin, Manne and Pothen (2005): a table of colours.

Run ``python papers/gebremedhin_manne_pothen_2005/reproduce.py``; the note beside it explains what is printed.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

import hoad
from hoad.sparse import colors

# ------------------------------------------------------------------------------------------------------------
# Functions whose Hessians are the matrices of the table
# ------------------------------------------------------------------------------------------------------------


def arrow(x: Any) -> Any:
    """One variable meets all others."""
    return np.sum(np.sin(x[1:] * x[0])) + np.sum(x**4)


def chain(x: Any) -> Any:
    """Neighbours meet: a tridiagonal matrix."""
    return np.sum(np.exp(x[1:] * x[:-1]))


def wide_chain(x: Any) -> Any:
    """Pentadiagonal."""
    return np.sum(np.exp(x[1:] * x[:-1])) + np.sum(np.sin(x[2:] * x[:-2]))


def ring(x: Any) -> Any:
    """A cycle."""
    return np.sum(np.exp(np.roll(x, 1) * x))


def grid(x: Any) -> Any:
    """The five-point stencil."""
    u = np.reshape(x, (int(np.sqrt(x.size)), -1))
    return np.sum(np.sin(u[1:] * u[:-1])) + np.sum(np.sin(u[:, 1:] * u[:, :-1]))


def everything(x: Any) -> Any:
    """A full matrix."""
    return np.sum(x) ** 3


# The function, how many variables, and the star chromatic number where it is known.
TABLE: dict[str, tuple[Callable[[Any], Any], int, int]] = {
    "arrow": (arrow, 40, 2),
    "tridiagonal": (chain, 40, 3),
    "pentadiagonal": (wide_chain, 40, 5),
    "ring of 5": (ring, 5, 4),
    "ring of 6": (ring, 6, 3),
    "grid 8 x 8": (grid, 64, 5),
    "full": (everything, 6, 6),
}

# ------------------------------------------------------------------------------------------------------------
# Definitions
# ------------------------------------------------------------------------------------------------------------


def edges(pattern: Any) -> np.ndarray:
    return np.asarray(pattern.toarray()) & ~np.eye(pattern.shape[0], dtype=bool)


def is_proper(a: np.ndarray, color: Any) -> bool:
    return not any(color[u] == color[v] for u, v in np.argwhere(a))


def has_two_colored_path(a: np.ndarray, color: Any) -> bool:
    """A path of four vertices with two colours."""
    near = [np.flatnonzero(row) for row in a]
    for v, w in np.argwhere(a):
        for u, z in itertools.product(near[v], near[w]):
            if u not in (w, z) and z != v and color[u] == color[w] and color[v] == color[z]:
                return True
    return False


def is_star(a: np.ndarray, color: Any) -> bool:
    return is_proper(a, color) and not has_two_colored_path(a, color)


def is_acyclic(a: np.ndarray, color: Any) -> bool:
    """Any two colours together make a forest."""
    if not is_proper(a, color):
        return False
    for p, q in itertools.combinations(range(int(max(color)) + 1), 2):
        held = np.flatnonzero((np.asarray(color) == p) | (np.asarray(color) == q))
        part = sp.csr_array(a[np.ix_(held, held)])
        trees = sp.csgraph.connected_components(part, directed=False)[0] if len(held) else 0
        if part.nnz // 2 != len(held) - trees:
            return False
    return True


def is_distance_two(a: np.ndarray, color: Any) -> bool:
    both = (a.astype(int) @ a.astype(int) > 0) | a
    return is_proper(both & ~np.eye(len(a), dtype=bool), color)


def fewest(n: int, valid: Callable[[Any], bool]) -> int:
    """The fewest colours, by exhaustion."""
    for k in range(1, n + 1):
        if any(valid((0, *rest)) for rest in itertools.product(range(k), repeat=n - 1)):
            return k
    return n


# ------------------------------------------------------------------------------------------------------------
# The table
# ------------------------------------------------------------------------------------------------------------


def row(name: str) -> tuple[int, int, int, int]:
    """Entries, colours without symmetry, colours of plans, star and acyclic; and the entries are all
    recovered, read off alone or by substitution.
    """
    f, n, optimum = TABLE[name]
    x = np.linspace(0.3, 1.1, n)
    pattern = hoad.pattern(f, x, order=2)
    plan = hoad.sparse_plan(f, x, order=2)
    plain = int(colors.by_columns(plan.pattern).max()) + 1
    a = edges(plan.pattern)
    coloring = plan.coloring.columns
    assert coloring is not None and is_star(a, coloring) and is_acyclic(a, coloring)
    assert plan.lower_bound <= optimum <= plan.colors <= optimum + 1, name
    assert plan.colors <= plain
    np.testing.assert_allclose(plan(x).toarray(), hoad.hessian(f, x), rtol=1e-12, atol=1e-12)
    trees = hoad.sparse_plan(f, x, order=2, colors="acyclic")
    assert is_acyclic(a, trees.coloring.columns) and trees.colors <= plan.colors
    np.testing.assert_allclose(trees(x).toarray(), hoad.hessian(f, x), rtol=1e-9, atol=1e-9)
    return int(pattern.nnz), plain, plan.colors, trees.colors


def chain_of_inequalities() -> tuple[int, int, int, int]:
    """χ ≤ χ_acyclic ≤ χ_star ≤ χ(G²) of every graph of five vertices that has a ring of four."""
    widest = (0, 0, 0, 0)
    pairs = list(itertools.combinations(range(5), 2))
    for chosen in itertools.product([False, True], repeat=5):
        a = np.zeros((5, 5), bool)
        for k in range(4):
            a[k, (k + 1) % 4] = True
        for on, (u, v) in zip(chosen, pairs[1::2], strict=True):
            a[u, v] |= on
        a |= a.T
        tests = (is_proper, is_acyclic, is_star, is_distance_two)
        found = [fewest(5, functools.partial(valid, a)) for valid in tests]
        assert found == sorted(found), found
        if found[3] - found[0] > widest[3] - widest[0]:
            widest = (found[0], found[1], found[2], found[3])
    return widest


def bidirectional() -> tuple[int, int, int]:
    """An arrow-shaped Jacobian: columns alone, and both sides."""
    f = lambda x: np.concatenate([np.sum(x**2)[None] * x[0], x[1:] * x[0]])
    plan = hoad.sparse_plan(f, np.linspace(0.5, 1.5, 50))
    alone = int(colors.by_columns(plan.pattern).max()) + 1
    return alone, plan.coloring.forward, plan.coloring.reverse


def main() -> None:
    """Print the table, and check its claims."""
    print(f"{'Hessian':15s} {'entries':>8s} {'distance-2':>11s} {'star':>5s} {'optimum':>8s} {'acyclic':>8s}")
    for name in TABLE:
        entries, plain, star, trees = row(name)
        print(f"{name:15s} {entries:8d} {plain:11d} {star:5d} {TABLE[name][2]:8d} {trees:8d}")
    assert row("arrow")[1:] == (40, 2, 2), "symmetry saves all but two"
    assert row("tridiagonal")[2:] == (3, 2) and row("pentadiagonal")[2:] == (5, 3), "and substitution more"
    print("χ, acyclic, star, distance-2 of the graph in which they differ most:", *chain_of_inequalities())
    alone, forward, reverse = bidirectional()
    print(
        f"an arrow-shaped Jacobian of 50 columns: {alone} colours alone, {forward} + {reverse} on both sides"
    )
    assert alone == 50 and forward + reverse <= 3


if __name__ == "__main__":
    main()
