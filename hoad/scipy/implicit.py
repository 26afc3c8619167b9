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

from ..errors import ConvergenceError, RecordingError
from ..interop.solvers import newton
from ..nested import primal, refused
from ..operators.jacobians import jacobian
from .apart import plain_array
from .inputs import Inputs
from .steps import step

Function = Callable[..., Any]
NEAR = 1e-9  # a step beside the size of a solution, whose square is nothing
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
    start = plain_array(found).astype(float)
    exact, matrix = (recorded if inputs.is_noted else polished)(plain, start)
    size = 1 + largest(start)
    rest = np.linalg.solve(matrix, plain(exact))
    if largest(np.concatenate([rest, exact - start])) > CLOSE * size or not np.all(np.isfinite(rest)):
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


def recorded(plain: Function, x: Any) -> tuple[Any, Any]:
    """The same for a program, which is one for all numbers for which as many steps are taken: until one is
    so small that the next would change no digit. Whether the last digits help is another matter each time.

    Raises:
        RecordingError: it does not come near.
    """
    matrix, rest = slope(plain, x), plain(x)
    for _ in range(5):
        nearer = x - np.linalg.solve(matrix, rest)
        is_near = largest(nearer - x) <= NEAR * (1 + largest(x))
        x, rest, matrix = nearer, plain(nearer), slope(plain, nearer)
        if is_near:
            return x, matrix
    raise refused(RecordingError("Newton's method finds no solution where a solver has found one"), x)


def largest(x: Any) -> Any:
    """The largest of some numbers, regardless of signs."""
    return np.max(np.abs(x), initial=0.0)


def slope(plain: Function, x: Any) -> Any:
    """The Jacobian for plain numbers."""
    return plain_array(primal(jacobian(plain, x, mode="forward"))).reshape(len(x), len(x))
