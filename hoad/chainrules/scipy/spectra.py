"""Eigenvalues and eigenvectors of ``scipy.linalg``: of one matrix, of two, of bands, of a part of them.

The vectors come with the signs, or phases, that SciPy gives them: those are constants.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from ...errors import MissingRuleError
from ...nested import everything, primal, refused
from ...values.captures import traced_in
from ...values.constants import as_array
from ...values.shapes import shape_of
from ..doors import door, outside
from ..numpy.eigen import eig_, eigenvalues_, largest_of_the_real
from ..numpy.factors import adjoint
from ..numpy.linalg import one_triangle
from ..statements import Constant
from .linear_systems import all_bands, check, dense, triangular_


def _phases(v: Any, of_scipy: Any) -> Any:
    inner = np.sum(np.conj(v) * of_scipy, axis=-2)
    size = np.abs(inner)
    return np.where(size > 0.5 * np.sqrt(np.sum(np.abs(v) ** 2, axis=-2)), inner / np.where(size, size, 1), 1)


phases = Constant(_phases, name="phases")


def in_phase(v: Any, *found: Any) -> Any:
    """Vectors with the phases of those that SciPy gives, where they are the same. The largest element that is
    real in SciPy's stays so.
    """
    v = v * np.expand_dims(phases(v, *found), -2)
    if not np.iscomplexobj(v):
        return v
    at = largest_of_the_real(found[0])
    element = np.sum(at * v, axis=-2, keepdims=True) + (1.0 - np.sum(at, axis=-2, keepdims=True))
    return v * (np.conj(element) / np.abs(element) * np.sign(np.real(primal(element))))


def chosen(w: Any, by_index: Any, by_value: Any) -> Any:
    """Which of the eigenvalues are asked for."""
    if by_index is not None:
        return slice(int(by_index[0]), int(by_index[1]) + 1)
    if by_value is None:
        return slice(None)
    plain = everything(w)
    inside = (plain > by_value[0]) & (plain <= by_value[1])
    counts = np.sum(inside, axis=-1)
    if plain.ndim > 1 and not (inside == inside.reshape(-1, plain.shape[-1])[0]).all():
        raise ValueError(f"subset_by_value chooses other numbers of eigenvalues for other matrices: {counts}")
    first = np.flatnonzero(inside.reshape(-1, plain.shape[-1])[0])
    return slice(int(first[0]), int(first[-1]) + 1) if len(first) else slice(0, 0)


def pair(a: Any, b: Any, kind: int, only_values: bool) -> tuple[Any, Any]:
    """Eigenvalues and vectors of a pair of Hermitian matrices, by those of one: with ``b = l @ l^H``, that
    is ``inv(l) @ a @ inv(l^H)``, or ``l^H @ a @ l``.
    """
    low = np.linalg.cholesky(b)
    if kind == 1:
        half = triangular_(low, a, lower=True)
        inner = adjoint(triangular_(low, adjoint(half), lower=True))
    else:
        inner = adjoint(low) @ a @ low
    inner = (inner + adjoint(inner)) / 2
    if only_values:
        return np.linalg.eigvalsh(inner), None
    w, v = np.linalg.eigh(inner)
    return w, (low @ v if kind == 3 else triangular_(adjoint(low), v, lower=False))


vectors_of_scipy = Constant(
    lambda a, b, kind: scipy.linalg.eigh(a, b, type=kind, check_finite=False)[1], name="eigenvectors"
)


@door(scipy.linalg.eigh)
def eigh(
    a: Any,
    b: Any = None,
    *,
    lower: bool = True,
    eigvals_only: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
    subset_by_index: Any = None,
    subset_by_value: Any = None,
    driver: str | None = None,
) -> Any:
    """Eigenvalues and eigenvectors of a Hermitian matrix, or of a pair of which the second is positive."""
    check(check_finite, a, *([] if b is None else [b]))
    a = one_triangle(a, lower)
    if b is None:
        w, v = (np.linalg.eigvalsh(a), None) if eigvals_only else np.linalg.eigh(a)
    else:
        b = one_triangle(b, lower)
        w, v = pair(a, b, type, eigvals_only)
    part = chosen(w, subset_by_index, subset_by_value)
    if v is None:
        return w[..., part]
    v = in_phase(v, vectors_of_scipy(a, b, type if b is not None else 1))
    return w[..., part], v[..., part]


@door(scipy.linalg.eigvalsh)
def eigvalsh(a: Any, b: Any = None, *, lower: bool = True, **options: Any) -> Any:
    """Eigenvalues of a Hermitian matrix, or of a pair."""
    return eigh(a, b, lower=lower, eigvals_only=True, **options)


def select_of(select: Any, select_range: Any) -> dict[str, Any]:
    """``select`` and ``select_range`` as ``eigh`` has them."""
    named = {0: "a", 1: "v", 2: "i"}.get(select, str(select)[:1].lower())
    return {} if named == "a" else {{"v": "subset_by_value", "i": "subset_by_index"}[named]: select_range}


@door(scipy.linalg.eig_banded)
def eig_banded(
    a_band: Any,
    lower: bool = False,
    eigvals_only: bool = False,
    overwrite_a_band: bool = False,
    select: Any = "a",
    select_range: Any = None,
    max_ev: int = 0,
    check_finite: bool = True,
) -> Any:
    """Eigenvalues and eigenvectors of a Hermitian banded matrix."""
    check(check_finite, a_band)
    k = shape_of(a_band)[-2] - 1
    a = dense(all_bands(a_band, lower), (k, k))
    found = eigh(a, eigvals_only=eigvals_only, **select_of(select, select_range))
    if eigvals_only:
        return found
    own = scipy_vectors_of_bands(a_band, lower, select, select_range, max_ev)
    return found[0], in_phase(found[1], own)


scipy_vectors_of_bands = Constant(
    lambda a, lower, select, within, most: scipy.linalg.eig_banded(
        a, lower, select=select, select_range=within, max_ev=most, check_finite=False
    )[1],
    name="eigenvectors",
)


@door(scipy.linalg.eigvals_banded)
def eigvals_banded(
    a_band: Any,
    lower: bool = False,
    overwrite_a_band: bool = False,
    select: Any = "a",
    select_range: Any = None,
    check_finite: bool = True,
) -> Any:
    """Eigenvalues of a Hermitian banded matrix."""
    return eig_banded(a_band, lower, True, False, select, select_range, 0, check_finite)


@door(scipy.linalg.eigh_tridiagonal)
def eigh_tridiagonal(
    d: Any,
    e: Any,
    eigvals_only: bool = False,
    select: Any = "a",
    select_range: Any = None,
    check_finite: bool = True,
    tol: float = 0.0,
    lapack_driver: str = "auto",
) -> Any:
    """Eigenvalues and eigenvectors of a symmetric tridiagonal matrix, by its diagonals."""
    d, e = as_array(d), as_array(e)
    check(check_finite, d, e)
    n = shape_of(d)[-1]
    off = e * np.ones(shape_of(e)[-1])
    zeros = np.zeros_like(d[..., :1]) * 1.0
    upper = np.concatenate([zeros, off], axis=-1)
    a = dense(np.stack([upper, d * 1.0, np.concatenate([off, zeros], axis=-1)], axis=-2), (1, 1))
    found = eigh(a, eigvals_only=eigvals_only, **select_of(select, select_range))
    if eigvals_only:
        return found
    return found[0], in_phase(
        found[1], scipy_vectors_of_diagonals(d, e, select, select_range)
    ) if n else found


scipy_vectors_of_diagonals = Constant(
    lambda d, e, select, within: scipy.linalg.eigh_tridiagonal(d, e, False, select, within, False)[1],
    name="eigenvectors",
)


@door(scipy.linalg.eigvalsh_tridiagonal)
def eigvalsh_tridiagonal(
    d: Any,
    e: Any,
    select: Any = "a",
    select_range: Any = None,
    check_finite: bool = True,
    tol: float = 0.0,
    lapack_driver: str = "auto",
) -> Any:
    """Eigenvalues of a symmetric tridiagonal matrix."""
    return eigh_tridiagonal(d, e, True, select, select_range, check_finite)


# ------------------------------------------------------------------------------------------------------------
# Any square matrix
# ------------------------------------------------------------------------------------------------------------

right_of_scipy = Constant(lambda a, b: scipy.linalg.eig(a, b, check_finite=False)[1], name="eigenvectors")
left_of_scipy = Constant(
    lambda a, b: scipy.linalg.eig(a, b, True, False, check_finite=False)[1], name="left eigenvectors"
)


def of_length_one(v: Any) -> Any:
    """Vectors, each over its length."""
    return v / np.sqrt(np.sum(np.real(v * np.conj(v)), axis=-2, keepdims=True))


@door(scipy.linalg.eig)
def eig(
    a: Any,
    b: Any = None,
    left: bool = False,
    right: bool = True,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> Any:
    """Eigenvalues, and eigenvectors of length 1."""
    check(check_finite, a, *([] if b is None else [b]))
    if homogeneous_eigvals:
        raise refused(
            MissingRuleError(
                "scipy.linalg.eig with homogeneous_eigvals=True gives eigenvalues as quotients of numbers "
                "that depend on LAPACK; homogeneous_eigvals=False gives the quotients, which have derivatives"
            ),
            *traced_in((a, b)),
        )
    w, v = eig_(a if b is None else np.linalg.solve(b, a))
    w = eigenvalues_(a if b is None else np.linalg.solve(b, a), w, v)
    real = not (np.iscomplexobj(a) or np.iscomplexobj(b)) and np.all(np.imag(everything(w)) == 0)
    found = []
    if left:
        rows = of_length_one(adjoint(np.linalg.inv(v if b is None else b @ v)))
        found.append(in_phase(rows, left_of_scipy(a, b)))
    if right:
        found.append(in_phase(v, right_of_scipy(a, b)))
    found = [np.real(x) for x in found] if real else found
    return (w, *found) if found else w


@door(scipy.linalg.eigvals)
def eigvals(
    a: Any,
    b: Any = None,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> Any:
    """Eigenvalues."""
    return eig(a, b, False, False, False, False, check_finite, homogeneous_eigvals)


for _rule in (
    phases,
    vectors_of_scipy,
    scipy_vectors_of_bands,
    scipy_vectors_of_diagonals,
    right_of_scipy,
    left_of_scipy,
):
    _rule.function = outside(_rule.function)
