"""A new framework for the computation of Hessians, after Gower and Mello (2012): Hessians by structure.

Run ``python papers/gower_mello_2012/reproduce.py``; the note beside it explains what is printed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import hoad

# ------------------------------------------------------------------------------------------------------------
# Edge pushing on numbers
# ------------------------------------------------------------------------------------------------------------


class Node:
    """A number of a program, with its first and second partials by the numbers it was made of."""

    program: ClassVar[list[Node]] = []

    def __init__(self, value: float, first: dict[int, float], second: dict[tuple[int, int], float]) -> None:
        self.value, self.first, self.second = value, first, second
        self.place = len(Node.program)
        Node.program.append(self)

    def __add__(self, other: Node) -> Node:
        if self is other:
            return Node(2 * self.value, {self.place: 2.0}, {})
        return Node(self.value + other.value, {self.place: 1.0, other.place: 1.0}, {})

    def __mul__(self, other: Node) -> Node:
        if self is other:
            return Node(self.value**2, {self.place: 2 * self.value}, {(self.place, self.place): 2.0})
        first = {self.place: other.value, other.place: self.value}
        return Node(self.value * other.value, first, {tuple(sorted((self.place, other.place))): 1.0})  # type: ignore[dict-item]

    def sin(self) -> Node:
        s, c = float(np.sin(self.value)), float(np.cos(self.value))
        return Node(s, {self.place: c}, {(self.place, self.place): -s})


def edge_pushing(f: Callable[[Any], Any], x: np.ndarray) -> tuple[dict[tuple[int, int], float], int]:
    """Algorithm 4.1: the entries of the Hessian, and how many nonlinear arcs were held at most."""
    Node.program = []
    inputs = [Node(float(v), {}, {}) for v in x]
    result = f(np.array(inputs, object))
    adjoint: dict[int, float] = defaultdict(float, {result.place: 1.0})
    arcs: dict[int, dict[int, float]] = defaultdict(dict)  # held at the later of two values
    most = 0

    def add(j: int, k: int, w: float) -> None:
        high, low = max(j, k), min(j, k)
        arcs[high][low] = arcs[high].get(low, 0.0) + w

    for i in range(len(Node.program) - 1, len(inputs) - 1, -1):
        node = Node.program[i]
        for k, w in arcs.pop(i, {}).items():  # pushing
            if k == i:
                for j, p in node.first.items():
                    for m, q in node.first.items():
                        if j <= m:
                            add(j, m, p * q * w)
                continue
            for j, p in node.first.items():
                add(j, k, p * w * (2.0 if j == k else 1.0))
        for (j, k), h in node.second.items():  # creating
            add(j, k, adjoint[i] * h)
        for j, p in node.first.items():  # adjoints
            adjoint[j] += adjoint[i] * p
        most = max(most, sum(len(row) for row in arcs.values()))
    return {(j, k): w for j, row in arcs.items() for k, w in row.items()}, most


# ------------------------------------------------------------------------------------------------------------
# Functions of the kinds of the paper, in sums and products alone
# ------------------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(2012)
LEFT, RIGHT = RNG.integers(0, 40, 60), RNG.integers(0, 40, 60)


def band(x: Any) -> Any:
    return np.sum(np.sin(x[1:] * x[:-1]) * x[1:])


def wide_band(x: Any) -> Any:
    return np.sum(x[4:] * x[:-4] * x[2:-2] * x[2:-2])


def arrow(x: Any) -> Any:
    return np.sum(np.sin(x[1:] * x[0]))


def blocks(x: Any) -> Any:
    return np.sum(np.sin(x[0::4] * x[1::4] * x[2::4] * x[3::4]))


def scattered(x: Any) -> Any:
    return np.sum(np.sin(x[LEFT % x.size] * x[RIGHT % x.size]))


FUNCTIONS = {"band": band, "wide band": wide_band, "arrow": arrow, "blocks": blocks, "scattered": scattered}


def row(name: str, n: int) -> tuple[int, int]:
    """Entries of the Hessian, and the most arcs at a time; the three ways agree."""
    f, x = FUNCTIONS[name], np.linspace(0.4, 1.3, n)
    dense = hoad.hessian(f, x, mode="forward-reverse")
    sparse = hoad.hessian(f, x, sparse=True)
    np.testing.assert_allclose(sparse.toarray(), dense, rtol=1e-12, atol=1e-13)
    pushed, arcs = edge_pushing(f, x)
    by_edges = np.zeros((n, n))
    for (j, k), w in pushed.items():
        by_edges[j, k] = by_edges[k, j] = w
    np.testing.assert_allclose(by_edges, dense, rtol=1e-12, atol=1e-13)
    places = {(max(j, k), min(j, k)) for j, k in zip(*sparse.nonzero(), strict=True)}
    assert places <= set(pushed), "the map meets no pair that edge pushing does not"
    return int(sparse.nnz), arcs


def main() -> None:
    """Print the table, and check that the work grows as n."""
    print(f"{'Hessian':10s} {'n':>4s} {'entries':>8s} {'of n x n':>9s} {'arcs':>6s}")
    for name in FUNCTIONS:
        small, large = row(name, 40), row(name, 160)
        for n, (entries, arcs) in ((40, small), (160, large)):
            print(f"{name:10s} {n:4d} {entries:8d} {entries / n**2:9.1%} {arcs:6d}")
        assert large[1] <= 4.5 * small[1] or name == "scattered", "the arcs grow no faster than n"


if __name__ == "__main__":
    main()
