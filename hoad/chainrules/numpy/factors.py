"""Matrices that were met before: inverses and factors are worked out once for value, gradient and Hessian.

The value of ``np.linalg.solve(a, b)`` is NumPy's own. Its derivatives are solutions with the same matrix, by
``applied``; where SciPy is loaded, the factors of a matrix are kept for the next of them. What is kept is
known by the matrix itself and its contents, and goes with it.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ...guests import loaded
from ...nested import everything
from ...values.constants import is_elsewhere, library
from ..statements import Differential

AT_LEAST = 16  # rows, from which on a factor is worth its keeping
AT_MOST = 8  # matrices


class Remembered:
    """A function of a matrix, whose results for the last few matrices are kept as long as those live."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function
        self.known: dict[int, tuple[Any, np.ndarray, Any]] = {}

    def __call__(self, a: np.ndarray) -> Any:
        entry = self.known.get(id(a))
        if entry is not None and entry[0]() is a and np.array_equal(entry[1], a):
            return entry[2]
        found = self.function(a)
        key, known = id(a), self.known
        for oldest in [*known][: max(len(known) + 1 - AT_MOST, 0)]:
            known.pop(oldest, None)
        self.known[key] = weakref.ref(a, lambda _: known.pop(key, None)), a.copy(), found
        return found


def is_worth(a: Any) -> bool:
    """Tell whether a factor of a matrix is kept."""
    return bool(a.__class__ is np.ndarray and a.ndim == 2 and len(a) >= AT_LEAST and a.dtype.kind in "fc")


def swapped(a: Any) -> Any:
    """The transpose of the last two axes."""
    return a.swapaxes(-1, -2) if a.__class__ is np.ndarray else np.swapaxes(a, -1, -2)


def adjoint(a: Any) -> Any:
    """The conjugate transpose of the last two axes; of real matrices, a view."""
    turned = swapped(a)
    return np.conj(turned) if getattr(turned, "dtype", np.dtype("O")).kind in "cO" else turned


class Factors:
    """A matrix in the factors of LAPACK, which is called without SciPy's own functions around it: of small
    matrices, these take longer than the work. A lower triangle is its own factor.
    """

    __slots__ = ("is_lower", "pivots", "singular", "whole")

    def __init__(self, a: np.ndarray) -> None:
        self.is_lower = not a[0, 1:].any() and not np.triu(a, 1).any()
        found: Any = (a, None, 0) if self.is_lower else lapack("getrf", a.dtype.char)(a)
        self.whole, self.pivots, info = found
        self.singular = info != 0

    def applied(self, b: np.ndarray, turned: bool) -> Any:
        """The solution with a right-hand side; None where there is none."""
        if self.singular:
            return None
        if self.is_lower:
            solver: Any = loaded("scipy.linalg")
            return solver.solve_triangular(
                self.whole, b, trans="C" if turned else "N", lower=True, check_finite=False
            )
        return lapack("getrs", b.dtype.char)(self.whole, self.pivots, b, trans=2 if turned else 0)[0]

    def inverse(self) -> Any:
        """The inverse; None where there is none."""
        if self.singular or self.is_lower:
            return None
        kind = self.whole.dtype.char
        room = int(lapack("getri_lwork", kind)(len(self.whole))[0].real)
        found, info = lapack("getri", kind)(self.whole, self.pivots, lwork=room)
        return None if info else found


@functools.cache
def lapack(name: str, kind: str) -> Any:
    """A function of LAPACK for numbers of a kind."""
    linalg: Any = loaded("scipy.linalg")
    return linalg.get_lapack_funcs((name,), dtype=np.dtype(kind))[0]


def read_only(a: np.ndarray) -> Any:
    """The inverse of a matrix, which many read: by its factors, which take a third of the time, and are used
    again, where SciPy is loaded.
    """
    found = None if loaded("scipy.linalg") is None else factors_of(a).inverse()
    if found is None:
        found = np.linalg.inv(a)
    found.flags.writeable = False
    return found


inverse_of, factors_of = Remembered(read_only), Remembered(Factors)


def _inverse(a: Any) -> Any:
    return inverse_of(a) if is_worth(a) else np.linalg.inv(a)


def _applied(a: Any, b: Any, turned: bool, lower: bool) -> Any:
    """The solution of ``a @ x = b``, or of ``adjoint(a) @ x = b``."""
    if lower and a.ndim == b.ndim == 2 and is_elsewhere(a):
        triangular = library(a).of_scipy("scipy.linalg", "solve_triangular")
        if triangular is not None:
            return triangular(a, b, trans="C" if turned else "N", lower=True)
    alone = b.ndim == 2 and is_worth(a) and b.dtype == a.dtype and b.shape[1] > 0
    solver: Any = loaded("scipy.linalg") if alone else None
    if solver is None:
        return np.linalg.solve(adjoint(a) if turned else a, b)
    if lower:
        return solver.solve_triangular(a, b, trans="C" if turned else "N", lower=True, check_finite=False)
    found = factors_of(a).applied(b, turned)
    return np.linalg.solve(adjoint(a) if turned else a, b) if found is None else found


inverse_ = Differential(_inverse, lambda d, a, out: -out @ d @ out, name="inv", by_shapes=True)
applied_: Differential = Differential(
    _applied,
    lambda d, a, b, out, turned, lower: (
        -applied_(a, (adjoint(d) if turned else d) @ out, turned=turned, lower=lower)
    ),
    transposes={1: lambda g, a, b, turned, lower: applied_(a, g, turned=not turned, lower=lower)},
    together={
        (0, 1): lambda ds, a, b, out, turned, lower: applied_(
            a, ds[1] - (adjoint(ds[0]) if turned else ds[0]) @ out, turned=turned, lower=lower
        )
    },
    name="solve",
    by_shapes=True,
)


def inverse(a: Any) -> Any:
    """The inverse of a matrix that may have been met before."""
    return np.linalg.inv(a) if everything(a).dtype.kind == "O" else inverse_(a)


def applied(a: Any, b: Any, turned: bool = False, lower: bool = False) -> Any:
    """The inverse of ``a``, or of its adjoint if it is ``turned``, applied to ``b``.

    Args:
        a: matrices, of which some may have been met before.
        b: matrices.
        turned: whether the adjoint is meant.
        lower: ``a`` is a lower triangle.
    """
    if everything(a).dtype.kind == "O" or everything(b).dtype.kind == "O":
        return np.linalg.solve(adjoint(a) if turned else a, b)
    return applied_(a, b, turned=turned, lower=lower)
