"""Systems of linear equations, inverses and determinants, as ``scipy.linalg`` solves them.

SciPy's own routine does each solve, in the derivatives too, with what it was told of the matrix. What the
routine does not read of the matrix has no derivative: the matrix is first made the one that is meant
(``meant``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from ...nested import everything
from ..doors import door
from ..numpy.linalg import adjoint, one_triangle
from ..statements import Differential

TRIANGLES = {"upper triangular": np.triu, "lower triangular": np.tril}
TURNED = {"upper triangular": "lower triangular", "lower triangular": "upper triangular"}
HERMITIAN = ("her", "hermitian", "pos", "positive definite")
SYMMETRIC = ("sym", "symmetric")


def check(finite: bool, *arrays: Any) -> None:
    """Refuse infinities and nan as SciPy does.

    Raises:
        ValueError: there are some.
    """
    for a in arrays if finite else ():
        np.asarray_chkfinite(everything(a))


def meant(a: Any, assume_a: str | None, lower: bool) -> Any:
    """The matrix of which a routine reads a part."""
    if assume_a in HERMITIAN:
        return one_triangle(a, lower)
    if assume_a in SYMMETRIC:
        return np.tril(a) + np.swapaxes(np.tril(a, -1), -1, -2) if lower else symmetric_of_upper(a)
    if assume_a == "diagonal":
        return a * np.eye(np.shape(a)[-1], dtype=bool)
    if assume_a == "tridiagonal":
        return np.triu(np.tril(a, 1), -1)
    return TRIANGLES[assume_a](a) if assume_a in TRIANGLES else a


def symmetric_of_upper(a: Any) -> Any:
    """The symmetric matrix of an upper triangle."""
    return np.triu(a) + np.swapaxes(np.triu(a, 1), -1, -2)


def _solve(a: Any, b: Any, assume_a: str | None, lower: bool) -> Any:
    options = {} if assume_a is None else {"assume_a": assume_a}
    return scipy.linalg.solve(a, b, lower=lower, check_finite=False, **options)


# The solution of ``a @ x = b`` for matrices b.
solve_: Differential = Differential(
    _solve,
    lambda d, a, b, out, assume_a, lower: -solve_(a, d @ out, assume_a=assume_a, lower=lower),
    transposes={
        1: lambda g, a, b, assume_a, lower: solve_(
            adjoint(a), g, assume_a=TURNED.get(assume_a, assume_a), lower=lower
        )
    },
    name="scipy.linalg.solve",
)


def columns(solve: Any, a: Any, b: Any) -> Any:
    """The solution for a matrix b, or for one vector."""
    return solve(a, np.expand_dims(b, -1))[..., 0] if np.ndim(b) == 1 else solve(a, b)


@door(scipy.linalg.solve)
def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: str | None = None,
    transposed: bool = False,
) -> Any:
    """The solution of ``a @ x = b``, by what is known of the matrix."""
    check(check_finite, a, b)
    if np.ndim(a) < 2:
        a = np.reshape(a, (1, 1))
    a = meant(a, assume_a, lower)
    if transposed:
        if np.iscomplexobj(a):
            raise NotImplementedError("scipy.linalg.solve does not solve a.T @ x = b for complex matrices")
        a, assume_a = np.swapaxes(a, -1, -2), TURNED.get(assume_a or "", assume_a)
    return columns(lambda a, b: solve_(a, b, assume_a=assume_a, lower=lower), a, b)
