"""Polynomials in e, cut off: derivatives by a parameter come from evaluating a formula at the parameter + e.

The first axis holds the coefficients, the others are those of the arrays.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...values.constants import zeros
from ...values.shapes import shape_of


def product(p: Any, q: Any) -> Any:
    """``p q``."""
    return np.stack([sum(p[j] * q[k - j] for j in range(k + 1)) for k in range(len(p))])


def quotient(p: Any, q: Any) -> Any:
    """``p / q``."""
    found: list[Any] = []
    for k in range(len(p)):
        rest = p[k] - sum(q[j] * found[k - j] for j in range(1, k + 1))
        found.append(rest / q[0])
    return np.stack(found)


def over_shifted(p: Any, c: Any) -> Any:
    """``p / (c + e)``."""
    return np.stack(divided(p, c))


def divided(p: Any, c: Any) -> list[Any]:
    """The same, as a list: of numbers, where those are numbers."""
    found = [p[0] / c]
    for k in range(1, len(p)):
        found.append((p[k] - found[-1]) / c)
    return found


def shifted(c: Any, m: int, slope: float = 1.0) -> Any:
    """``c + slope e``, to order m."""
    found = zeros((m + 1, *shape_of(c)), complex if np.iscomplexobj(c) else float, like=c)
    found[0] = c
    if m:
        found[1] = slope
    return found


def coefficients(derivatives: list[Any]) -> Any:
    """Derivatives as coefficients."""
    return np.stack([d / math.factorial(k) for k, d in enumerate(derivatives)])
