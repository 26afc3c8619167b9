"""Eigenvalues and eigenvectors.

Eigenvectors of equal eigenvalues are not unique, and their derivative has a quotient 0/0. The outermost
level, if it is forward, picks those which diagonalise the change of the matrix among them (``choose``): then
its own change does not need the quotient, so a smooth function of the matrix is right to first order, and one
of the eigenvalues alone to second order. Everywhere else what would need the quotient is nan, never a
plausible number. The eigenvalues have a rule of their own (``values_``), in which no quotient stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import everything, primal
from ..statements import Adapted, Differential, Linear, composite, differential, linear_rule
from .linalg import adjoint, one_triangle

SAME = 1e-8  # closer than this, beside the largest, eigenvalues count as equal where no vector is asked for
SMOOTH, FREE, OPEN = 0, 1, 2  # a pair of eigenvectors: of different values, of no matter, of equal values


def blocks(w: Any, tolerance: float) -> Any:
    """The number of the group of equal eigenvalues, for each of them in order."""
    scale = np.max(np.abs(w), axis=-1, keepdims=True) if np.shape(w)[-1] else 1.0
    apart = np.diff(w, axis=-1) > tolerance * scale
    first = np.zeros_like(w[..., :1])
    return np.concatenate([first, np.cumsum(apart * 1.0, axis=-1)], axis=-1)


def pairs(w: Any, tolerance: float) -> Any:
    """For each pair of eigenvectors, what its quotient is."""
    group = blocks(w, tolerance)
    same = np.expand_dims(group, -1) == np.expand_dims(group, -2)
    return np.where(np.eye(np.shape(w)[-1], dtype=bool), FREE, np.where(same, OPEN, SMOOTH)) * 1.0


def kinds(gap: Any) -> Any:
    """The same from the gaps: equal where there is none."""
    equal = np.where(primal(gap) == 0, OPEN, SMOOTH)
    return np.where(np.eye(np.shape(gap)[-1], dtype=bool), FREE, equal) * 1.0


def _eigh(a: Any, lower: bool, tolerance: float) -> tuple[Any, Any, Any]:
    w, v = np.linalg.eigh(a, "L" if lower else "U")
    return w, v, pairs(w, tolerance).astype(w.dtype)


def _undetermined(x: Any, kind: Any) -> Any:
    return np.where(kind == OPEN, np.nan, np.where(kind == FREE, 0.0, x))


# A quotient 0/0 is not known, even where it meets a zero: a rule of its own, since zeros are strong.
undetermined: Linear = linear_rule(_undetermined, lambda g, x, kind: undetermined(g, kind), name="0/0")


def turned(inner: Any, gap: Any, kind: Any) -> Any:
    """The turn of the eigenvectors: the change of the matrix among them, divided by the gaps."""
    return undetermined(inner / np.where(kind == SMOOTH, gap, 1.0), kind)


def _eigh_change(d: Any, a: Any, lower: bool, tolerance: float, out: Any) -> Any:
    w, v, kind = out
    inner = adjoint(v) @ d @ v
    gap = np.expand_dims(w, -2) - np.expand_dims(w, -1)
    change = np.real(np.diagonal(inner, axis1=-2, axis2=-1))
    return change, v @ turned(inner, gap, kind), np.zeros_like(kind)


def _choose(out: Any, args: tuple[Any, ...], tangents: dict[int, Any]) -> tuple[Any, Any]:
    """Among equal eigenvalues, the eigenvectors that diagonalise the change of the matrix."""
    w, v, kind = out
    if not np.any(everything(kind) == OPEN):
        return out, out
    inner = adjoint(v) @ tangents[0] @ v
    within = np.where(kind == SMOOTH, 0.0, inner)
    size = np.max(np.abs(everything(within)), initial=0.0)
    # Groups far apart, so that the vectors found below don't mix them, and come in their order.
    apart = (
        np.expand_dims(blocks(w, args[2]), -1)
        * np.eye(np.shape(w)[-1])
        * (4.0 * size * np.shape(w)[-1] + 1.0)
    )
    q = np.linalg.eigh(within + apart)[1]
    alone = np.sum(kind == OPEN, axis=-2) == 0
    diagonal = np.diagonal(q, axis1=-2, axis2=-1)
    phase = np.conj(diagonal) / np.where(alone, np.abs(diagonal), 1.0)
    q = q * np.expand_dims(np.where(alone, phase, 1.0), -2)
    v = v @ q
    return (w, v, kind), (w, v, np.where(kind == OPEN, FREE * 1.0, kind))


eigh_: Adapted = Adapted(_eigh, _eigh_change, choose=_choose, name="eigh")


def _values(a: Any, w: Any, v: Any) -> Any:
    return w


values_: Differential = differential(
    _values,
    lambda d, a, w, v, out: np.real(np.diagonal(adjoint(v) @ d @ v, axis1=-2, axis2=-1)),
    lambda d, a, w, v, out: np.zeros_like(w),
    lambda d, a, w, v, out: np.zeros_like(w),
    name="eigenvalues",
)


def decomposed(a: Any, UPLO: str, tolerance: float) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors, each by its own rule."""
    lower = UPLO.upper() == "L"
    a = one_triangle(a, lower)
    w, v, _ = eigh_(a, lower, tolerance)
    return values_(a, w, v), v


@composite(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors; the phase of an eigenvector is held by making its change orthogonal to
    it.
    """
    return EighResult(*decomposed(a, UPLO, 0.0))


@composite(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues of a symmetric matrix."""
    return decomposed(a, UPLO, SAME)[0]


EighResult = type(np.linalg.eigh(np.eye(1)))

# ------------------------------------------------------------------------------------------------------------
# Any square matrix
# ------------------------------------------------------------------------------------------------------------


def _eig(a: Any) -> tuple[Any, Any]:
    w, v = np.linalg.eig(a)
    return w + 0j, v + 0j


def _eig_change(d: Any, a: Any, out: Any) -> Any:
    w, v = out
    inner = np.linalg.solve(v, d @ v)
    gap = np.expand_dims(w, -2) - np.expand_dims(w, -1)
    change = v @ turned(inner, gap, kinds(gap))
    along = np.real(np.sum(np.conj(v) * change, axis=-2, keepdims=True))  # so that the columns keep length 1
    return np.diagonal(inner, axis1=-2, axis2=-1), change - v * along


eig_ = differential(_eig, _eig_change, name="eig")


@composite(np.linalg.eig)
def eig(a: Any) -> Any:
    """Eigenvalues and eigenvectors of length 1, whose phase is held where LAPACK puts it."""
    return EigResult(*_real_if_numpy_says_so(a, eig_(a)))


@composite(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """Eigenvalues."""
    return _real_if_numpy_says_so(a, eig_(a))[0]


def _real_if_numpy_says_so(a: Any, pair: Any) -> Any:
    """Real parts, where all eigenvalues of a real matrix are real; but NumPy 2.5 keeps them complex."""
    return pair if ALWAYS_COMPLEX else real_if_possible(a, pair)


def real_if_possible(a: Any, pair: Any) -> Any:
    """Real parts, where all eigenvalues of a real matrix are real."""
    if np.iscomplexobj(a) or np.any(np.imag(everything(pair[0])) != 0):
        return pair
    return tuple([np.real(x) for x in pair])


EigResult = type(np.linalg.eig(np.eye(1)))
ALWAYS_COMPLEX = np.linalg.eigvals(np.eye(1)).dtype.kind == "c"
