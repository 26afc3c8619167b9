"""Central differences of fourth order, for tests of whole programs."""

from __future__ import annotations

from typing import Any

import numpy as np

STEP = 2.0**-10


def slopes(f: Any, x: np.ndarray, step: float = STEP) -> np.ndarray:
    """The derivatives of a function of a vector, along the last axis."""
    rows = []
    for u in np.eye(x.size):
        near, far = (f(x + k * step * u) - f(x - k * step * u) for k in (1, 2))
        rows.append((8 * near - far) / (12 * step))
    return np.stack(rows, -1)


# Coefficients of the second difference of eighth order.
SECOND = {
    -4: -1 / 560,
    -3: 8 / 315,
    -2: -1 / 5,
    -1: 8 / 5,
    0: -205 / 72,
    1: 8 / 5,
    2: -1 / 5,
    3: 8 / 315,
    4: -1 / 560,
}
FIRST = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}


def along(f: Any, x: np.ndarray, u: np.ndarray, step: float) -> tuple[Any, Any]:
    """The first and the second derivative along a direction, of eighth order."""
    values = {k: f(x + k * step * u) for k in SECOND}
    first = sum(c * (values[k] - values[-k]) for k, c in FIRST.items()) / step
    return first, sum(c * values[k] for k, c in SECOND.items()) / step**2


def expansion(f: Any, x: np.ndarray, step: float = 2.0**-8) -> tuple[np.ndarray, np.ndarray]:
    """The gradient and the Hessian of a real function of a vector, by steps in proportion to its elements."""
    n, sizes = x.size, np.where(x == 0, 1.0, np.abs(x))
    straight = [along(f, x, sizes * u, step) for u in np.eye(n)]
    hessian = np.diag([second for _, second in straight])
    for i in range(n):
        for j in range(i):
            _, both = along(f, x, sizes * (np.eye(n)[i] + np.eye(n)[j]), step)
            hessian[i, j] = hessian[j, i] = (both - hessian[i, i] - hessian[j, j]) / 2
    return np.array([first for first, _ in straight]) / sizes, hessian / np.outer(sizes, sizes)
