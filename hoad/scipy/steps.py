"""Steps from a plain value to the traced one: zero, with the derivatives of what they lead to.

A traced value x is its plain value and a step ``x - primal(x)``, of which as many powers count as
derivatives are nested. So what leads from a function at the plain value to the function at x may be done by
any formula that is exact to that order: a rule of quadrature, a step of a method of Runge and Kutta, some
steps of Newton's method with a constant slope. All of it is ordinary code, so every mode works.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..nested import primal
from ..operators.questions import order

Function = Callable[..., Any]


def step(x: Any) -> Any:
    """Zero, with the derivatives of x."""
    return x - primal(x)


@functools.cache
def gauss(n: int) -> tuple[list[float], list[float]]:
    """Nodes and weights of Gauss's rule on [0, 1], which is exact up to the degree 2 n - 1."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return [float(u) for u in (1 + nodes) / 2], [float(w) for w in weights / 2]


def area(f: Function, x: Any, more: Any = ()) -> Any:
    """The integral of f from the plain value of x to x: zero, with its derivatives, to every order that is
    taken.

    Args:
        f: the integrand, of a value like x.
        x: the end.
        more: what else f depends on.
    """
    n = order((x, more))
    if not order(x):
        return 0.0
    start, change = primal(x), step(x)
    nodes, weights = gauss((n + 1) // 2)
    return change * sum(
        [w * f(start + u * change if n > 1 else start) for u, w in zip(nodes, weights, strict=True)]
    )
