"""Integrals of tables: of a function and its derivatives at once.

``quad_vec`` takes all of them together. Where the integrand is singular, at an end or within, it converges
slowly or not at all; then QUADPACK, which extrapolates, takes one entry after the other.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import IntegrationWarning, quad, quad_vec

from ..errors import ConvergenceError
from ..places import users_place

Function = Callable[..., Any]
FINE = 1e-10  # the relative tolerance of the derivatives
SOUND = 1e-8  # the relative error from which on an integral is taken again, entry by entry
TOLD = 1e-5  # from which on a warning says so
REFUSED = 1e-2  # from which on there is no derivative


def integral_of_table(
    table: Function, low: float, high: float, value: Any, epsrel: float, points: Any, limit: int
) -> tuple[Any, np.ndarray]:
    """The integral of a table, and the ends of the parts into which ``quad_vec`` has divided it.

    Args:
        table: the function and its derivatives at a number, the function first.
        value: the integral of the function, as SciPy has found it; None if nobody may look at it.

    Raises:
        ConvergenceError: the integrals of the derivatives do not converge.
    """
    total, error, how = quad_vec(
        table, low, high, epsabs=1e-14, epsrel=epsrel, points=points, limit=limit, full_output=True
    )
    size = np.max(np.sum(np.abs(how.integrals), axis=0))  # a sum may be 0 by symmetry
    missed = 0.0 if value is None else abs(total.flat[0] - value) / 100  # of a value that is less exact
    if max(error, missed) > max(SOUND, epsrel) * size:
        total = entry_by_entry(table, low, high, np.shape(total), size, epsrel, points, limit)
    return total, how.intervals


def entry_by_entry(
    table: Function,
    low: float,
    high: float,
    shape: tuple[int, ...],
    size: float,
    epsrel: float,
    points: Any,
    limit: int,
) -> Any:
    """The same by QUADPACK; errors are measured by a size of what is integrated."""
    at = functools.lru_cache(table)
    found = [
        quad(
            lambda x, k=k: at(x).flat[k],
            low,
            high,
            epsabs=epsrel * size,
            epsrel=epsrel,
            points=points,
            limit=max(limit, 200),
            full_output=1,
        )
        for k in range(int(np.prod(shape)))
    ]
    total = np.reshape([part[0] for part in found], shape)
    size, error = min(size, np.max(np.abs(total))) or size, max([part[1] for part in found])
    if not error <= REFUSED * size:
        raise ConvergenceError(
            "the derivative of this integral is one that does not converge under the integral sign: the "
            "integrand has a singularity that moves with what it is differentiated by. With its place at an "
            "end of the interval, quad(lambda u: f(c + u), ...) from u = 0, it stays where it is"
        )
    if error > TOLD * size:
        warnings.warn_explicit(
            f"the derivative of this integral has an error of about {error / size:.1g} of itself",
            IntegrationWarning,
            *users_place(),
        )
    return total
