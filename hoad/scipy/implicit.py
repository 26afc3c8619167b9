"""Derivatives of what a solver found, by the implicit function theorem.

Where ``F(x, q) = 0`` defines x as a function of q, a step of Newton's method with a constant matrix makes one
order of derivative right: ``x - J^-1 F(x, q)``. The matrix is that at the solution, which is polished first:
a minimiser comes with half of the digits. The value stays SciPy's.

Source: M. Blondel and others, Efficient and modular implicit differentiation (NeurIPS 2022).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ConvergenceError
from ..interop.solvers import newton
from ..nested import primal, refused
from ..operators.jacobians import jacobian
from .inputs import Inputs
from .steps import step

Function = Callable[..., Any]
CLOSE = 1e-4  # how far a solution may be moved by polishing, beside its size


def flat(y: Any) -> Any:
    """A row of numbers."""
    return np.reshape(y, -1)


def solution(name: str, residual: Function, plain: Function, found: Any, inputs: Inputs) -> Any:
    """What a solver found, as a function of the inputs.

    Args:
        name: the solver, for messages.
        residual: the equations, as the program states them; a row of as many as there are unknowns.
        plain: the same for plain numbers.
        found: the solution, a row of real numbers.
        inputs: what it depends on.

    Raises:
        ConvergenceError: it is no solution.
        LinAlgError: the equations do not determine it.
    """
    start = np.asarray(found, float)
    exact, matrix = polished(plain, start)
    size = 1 + np.max(np.abs(start), initial=0.0)
    rest = np.linalg.solve(matrix, plain(exact))
    if np.max(np.abs([*rest, *(exact - start)]), initial=0.0) > CLOSE * size or not np.all(np.isfinite(rest)):
        message = (
            f"scipy.optimize.{name} has found no solution to differentiate: at {start} its equations do not "
            f"hold"
        )
        raise refused(ConvergenceError(message), *inputs.leaves)
    x = newton(lambda x: step(flat(residual(x))), exact, matrix, inputs.order)
    return start + step(x)


def polished(plain: Function, x: Any) -> tuple[Any, Any]:
    """A solution after steps of Newton's method, as long as they help, and the Jacobian there."""
    matrix, rest = slope(plain, x), plain(x)
    for _ in range(5):
        if not np.any(rest):
            break
        nearer = x - np.linalg.solve(matrix, rest)
        left = plain(nearer)
        if not np.max(np.abs(left)) < np.max(np.abs(rest)):
            break
        x, rest, matrix = nearer, left, slope(plain, nearer)
    return x, matrix


def slope(plain: Function, x: Any) -> Any:
    """The Jacobian for plain numbers."""
    return np.asarray(primal(jacobian(plain, x, mode="forward"))).reshape(len(x), len(x))
