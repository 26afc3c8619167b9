"""Derivative tensors by univariate Taylor series, after Griewank, Utke and Walther (2000).

Run ``python papers/griewank_utke_walther_2000/reproduce.py``; the note beside it explains what is printed.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp

import hoad
from hoad.operators.multi_indices import Index, compositions, weights

SYMBOLS = sp.symbols("x:3")
POINT = np.array([0.3, -0.7, 1.2])


def f(x: Any) -> Any:
    return np.exp(np.sin(x[0]) * x[1]) + x[2] ** 3 * x[0] / (1 + x[1] ** 2)


def report_weights() -> None:
    """The weights, and that they are exact for every monomial."""
    print("n = 2, d = 2: the derivative i as a sum of coefficients along j")
    for i in [(2,), (1, 1)]:
        print(f"  {i}: " + ", ".join(f"{w} at {j}" for j, w in weights(i).items()))
    for order, n in itertools.product(range(1, 7), (1, 2, 3)):
        for i in compositions(order, n):
            if all(i):
                check_exact(i)
    print("exact for all monomials to order 6 in three variables")


def check_exact(i: Index) -> None:
    """The derivative i of each monomial is m! where the monomial is i, and 0 elsewhere."""
    for monomial in compositions(sum(i), len(i)):
        total = Fraction(0)
        for j, w in weights(i).items():
            total += w * math.prod(p**m for p, m in zip(j, monomial, strict=True))
        assert total == (math.prod(math.factorial(m) for m in monomial) if monomial == i else 0)


def report_counts() -> None:
    """Directions against entries."""
    print(f"\n{'n':>4}{'d':>4}{'directions':>12}{'entries':>12}{'ratio':>8}{'d!':>6}")
    for n, d in [(3, 3), (10, 3), (100, 3), (10, 4), (30, 4)]:
        directions, entries = math.comb(n + d - 1, d), n**d
        print(f"{n:>4}{d:>4}{directions:>12}{entries:>12}{entries / directions:>8.2f}{math.factorial(d):>6}")
        assert entries / directions < math.factorial(d)
        if n <= 10:
            assert len(compositions(d, n)) == directions


def exact(places: tuple[int, ...]) -> float:
    """A derivative by SymPy, to 40 digits and rounded once."""
    x = SYMBOLS
    expression = sp.exp(sp.sin(x[0]) * x[1]) + x[2] ** 3 * x[0] / (1 + x[1] ** 2)
    derivative = sp.diff(expression, *[x[k] for k in places]) if places else expression
    with mpmath.workdps(40):
        return float(sp.lambdify(x, derivative, "mpmath")(*[mpmath.mpf(v) for v in POINT]))


def report_accuracy() -> None:
    """All tensors to order 6."""
    print(f"\n{'order':>6}{'directions':>12}{'error in ulps of the largest entry':>38}")
    for order in range(1, 7):
        tensor = hoad.derivative_tensor(f, POINT, order)
        right = {p: exact(p) for p in itertools.combinations_with_replacement(range(3), order)}
        scale = max(abs(v) for v in right.values())
        worst = max(abs(tensor[p] - v) for p, v in right.items()) / scale * 2**52
        print(f"{order:>6}{math.comb(order + 2, order):>12}{worst:>38.1f}")
        assert worst < 100


def report_single() -> None:
    """One derivative of order 10, which takes the directions of its own variables only."""
    g = lambda x: np.exp(x[0]) * np.sin(x[1]) * x[2]
    got = hoad.partial(g, POINT, (6, 4, 0))
    right = math.exp(POINT[0]) * math.sin(POINT[1]) * POINT[2]
    print(f"\nd^10 / dx0^6 dx1^4 of exp(x0) sin(x1) x2: {got:.12f}, exactly {right:.12f}")
    assert abs(got - right) < 1e-8 * abs(right)


def main() -> None:
    report_weights()
    report_counts()
    report_accuracy()
    report_single()


if __name__ == "__main__":
    main()
