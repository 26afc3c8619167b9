"""Mixed partial derivatives from derivatives along directions.

A multi-index ``i = (i_1, ..., i_n)`` names the derivative that takes ``i_k`` times the variable k. All of
order d follow from the d-th Taylor coefficients ``c_j`` of ``f(x + t j)``, where the direction j runs over
the multi-indices of order d themselves: one univariate expansion for each entry of the tensor.

Source: A. Griewank, J. Utke and A. Walther, Evaluating higher derivative tensors by forward propagation of
univariate Taylor series, Mathematics of Computation 69 (2000), 1117-1130, equation (13).
"""

from __future__ import annotations

import functools
import itertools
import math
from fractions import Fraction

import numpy as np

Index = tuple[int, ...]


def compositions(order: int, n: int) -> list[Index]:
    """All multi-indices of an order in n variables, each once.

    Example:
        >>> compositions(2, 2)
        [(2, 0), (1, 1), (0, 2)]
    """
    if not n:
        return [()] * (order == 0)
    found = []
    for bars in itertools.combinations(range(order + n - 1), n - 1):
        edges = (-1, *bars, order + n - 1)
        found.append(tuple([b - a - 1 for a, b in itertools.pairwise(edges)]))
    return found[::-1]


def binomial(a: Fraction, k: int) -> Fraction:
    """``a (a - 1) ... (a - k + 1) / k!`` for any a."""
    result = Fraction(1)
    for m in range(k):
        result *= (a - m) / Fraction(m + 1)
    return result


@functools.lru_cache(maxsize=4096)
def weights(i: Index) -> dict[Index, Fraction]:
    """The weights with which the derivative ``i`` is a sum of ``c_j``, exactly; those that are 0 left out.

    Args:
        i: a multi-index without zeros.

    Returns:
        A dictionary from directions j, of the same order, to weights.

    Example:
        >>> weights((1, 1))
        {(2, 0): Fraction(-1, 4), (1, 1): Fraction(1, 1), (0, 2): Fraction(-1, 4)}
    """
    order = sum(i)
    found = {}
    for j in compositions(order, len(i)):
        total = Fraction(0)
        for k in itertools.product(*[range(n + 1) for n in i]):
            size = sum(k)
            if size:
                term = Fraction((-1) ** (order - size)) * Fraction(size, order) ** order
                for n, m, p in zip(i, k, j, strict=True):
                    term *= math.comb(n, m) * binomial(Fraction(order * m, size), p)
                total += term
        if total:
            found[j] = total
    return found


def on_support(i: Index) -> tuple[list[int], Index]:
    """The variables that a multi-index takes, and how often it takes each of them."""
    support = [k for k, n in enumerate(i) if n]
    return support, tuple([i[k] for k in support])


def spread(j: Index, support: list[int], n: int) -> Index:
    """A direction in some of n variables as one in all of them."""
    whole = [0] * n
    for k, p in zip(support, j, strict=True):
        whole[k] = p
    return tuple(whole)


@functools.lru_cache(maxsize=32)
def table(order: int, n: int) -> tuple[np.ndarray, list[tuple[np.ndarray, list[Fraction]]], np.ndarray]:
    """What a whole tensor of an order in n variables needs.

    Returns:
        The directions, one in each row; groups of entries of the tensor, each with the rows that each of its
        entries needs and the weights of those; and for each place of the tensor, which entry stands there.
    """
    entries = compositions(order, n)
    row = {j: k for k, j in enumerate(entries)}
    groups: dict[Index, list[Index]] = {}
    for i in entries:
        groups.setdefault(on_support(i)[1], []).append(i)
    parts, ordered = [], []
    for pattern, members in groups.items():
        found = weights(pattern)
        rows = [[row[spread(j, on_support(i)[0], n)] for j in found] for i in members]
        parts.append((np.array(rows, dtype=int), list(found.values())))
        ordered += members
    code = {tuple(sorted_places(i)): k for k, i in enumerate(ordered)}
    places = np.array([code[tuple(sorted(p))] for p in itertools.product(range(n), repeat=order)], dtype=int)
    return np.array(entries, dtype=float).reshape(len(entries), n), parts, places


def sorted_places(i: Index) -> list[int]:
    """The variables of a multi-index in order, each as often as it is taken: (2, 0, 1) is 0, 0, 2."""
    return [k for k, n in enumerate(i) for _ in range(n)]
