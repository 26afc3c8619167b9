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
from ..nested import refused
from ..places import users_place
from .inputs import Inputs

Function = Callable[..., Any]
FINE = 1e-10  # the relative tolerance of the derivatives
SOUND = 1e-8  # the relative error from which on an integral is taken again, entry by entry
TOLD = 1e-5  # from which on a warning says so
REFUSED = 1e-2  # from which on there is no derivative
DIVERGES = (
    "under the integral sign, the derivative of this integral does not converge, as where the integrand has "
    "a singularity that moves with what it is differentiated by. With its place c at an end of the interval, "
    "quad(lambda u: f(c + u), ...) from u = 0, it stays where it is"
)


def integral_of_table(
    inputs: Inputs, table: Function, low: float, high: float, value: Any, **options: Any
) -> tuple[Any, np.ndarray]:
    """The integral of a table, and the ends of the parts into which ``quad_vec`` has divided it.

    Args:
        inputs: what the function depends on.
        table: the function and its derivatives at a number, the function first.
        value: the integral of the function, as SciPy has found it; None if nobody may look at it.
        options: ``epsrel``, ``points`` and ``limit``, as both take them.

    Raises:
        ConvergenceError: the integrals of the derivatives do not converge.
    """
    total, error, how = quad_vec(table, low, high, epsabs=1e-14, full_output=True, **options)
    size = np.max(np.sum(np.abs(how.integrals), axis=0))  # a sum may be 0 by symmetry
    missed = 0.0 if value is None else abs(total.flat[0] - value) / 100  # of a value that is less exact
    if max(error, missed) > max(SOUND, options["epsrel"]) * size:
        total = entry_by_entry(inputs, table, low, high, np.shape(total), size, **options)
    return total, how.intervals


def entry_by_entry(
    inputs: Inputs,
    table: Function,
    low: float,
    high: float,
    shape: tuple[int, ...],
    size: float,
    **options: Any,
) -> Any:
    """The same by QUADPACK, where the absolute values have an integral of a size."""
    at, options = functools.lru_cache(table), {**options, "limit": max(options["limit"], 200)}
    one: Function = lambda k: quad(
        lambda x: at(x).flat[k], low, high, epsabs=options["epsrel"] * size, full_output=1, **options
    )
    found = [one(k)[:2] for k in range(int(np.prod(shape)))]
    total, errors = np.reshape([part[0] for part in found], shape), [part[1] for part in found]
    most, error = np.max(np.abs(total)), max(errors)
    if not error <= max(REFUSED * most, SOUND * size):
        raise refused(ConvergenceError(DIVERGES), *inputs.leaves)
    if error > max(TOLD * most, SOUND * size):
        warnings.warn_explicit(
            f"the derivative of this integral has an error of about {error / most:.1g} of itself",
            IntegrationWarning,
            *users_place(),
        )
    return total
