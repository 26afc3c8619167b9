"""Derivatives without a rule: along a line by SciPy's finite differences, and of numbers by mpmath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import MissingDependencyError

try:
    import mpmath
    from scipy.differentiate import derivative
except ImportError as error:
    raise MissingDependencyError(
        "hoad.testing compares with SciPy 1.15 or later and with mpmath: pip install 'hoad[testing]'"
    ) from error

DIGITS = 50

# What mpmath calls the functions of NumPy and SciPy, where it has another name for them.
MPMATH_NAMES = {
    "absolute": "fabs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh",
    "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh", "digamma": "digamma", "gammaln": "loggamma",
    "psi": "digamma", "pow": "power", "iv": "besseli", "jv": "besselj", "kv": "besselk", "yv": "bessely",
    "expit": "sigmoid", "i0": "besseli0",
}  # fmt: skip


def along_a_line(function: Callable[[float], float], step: float) -> tuple[float, float]:
    """The derivative at 0 of a function of one number, and an estimate of its error.

    Args:
        function: from a number to a number.
        step: the largest step; where a value is not finite, smaller ones are tried.

    Returns:
        The derivative and its error; nan where no step works.
    """
    each = np.vectorize(function, otypes=[float])
    for shrink in (1.0, 0.1, 0.01, 1e-3):
        found = derivative(each, 0.0, initial_step=step * shrink)
        if np.isfinite(found.df):
            break
    return float(found.df), float(found.error)


def exact_function(function: Any, point: tuple[Any, ...]) -> Any:
    """The function of mpmath with the name and, at ``point``, the value of a function; or None."""
    name = str(getattr(function, "__name__", None) or getattr(function, "name", ""))
    found = getattr(mpmath, MPMATH_NAMES.get(name, name), None)
    if not callable(found):
        return None
    try:
        with mpmath.workdps(DIGITS):
            there = complex(found(*map(mpmath.mpmathify, point)))
    except (TypeError, ValueError, ArithmeticError):
        return None
    return found if np.isclose(there, complex(function(*point)), rtol=1e-12, atol=0.0) else None


def exact_derivative(function: Any, point: tuple[Any, ...], i: int, n: int) -> Any:
    """The n-th derivative of a function of mpmath by argument ``i``."""
    with mpmath.workdps(DIGITS):
        at = tuple([mpmath.mpmathify(x) for x in point])
        found = mpmath.diff(lambda x: function(*at[:i], x, *at[i + 1 :]), at[i], n)
        return complex(found) if isinstance(found, mpmath.mpc) else float(found)
