"""Eigenvalues and eigenvectors.

Eigenvectors of equal eigenvalues are not unique, and their derivative has a quotient 0/0. The outermost
level, if it is forward, picks those which diagonalise the change of the matrix among them (``choose``): then
its own change does not need the quotient, so a smooth function of the matrix is right to first order, and one
of the eigenvalues alone to second order. Everywhere else what would need the quotient is nan, never a
plausible number; where that is left, reverse mode asks forward mode (``running/directions.py``). The
eigenvalues have a rule of their own (``values_``), in which no quotient stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nested import everything, primal
from ...values.constants import arange, eye, zeros
from ...values.reading import somewhere
from ...values.shapes import ndim_of, shape_of
from ..declarations import composite, differential, linear_rule
from ..statements import Adapted, Constant, Differential, Linear
from .factors import adjoint
from .linalg import one_triangle
from .reductions import largest_size

SAME = 1e-8  # closer than this, beside the largest, eigenvalues count as equal where no vector is asked for
SMOOTH, FREE, OPEN = 0, 1, 2  # a pair of eigenvectors: of different values, of no matter, of equal values


def leeway(w: Any, tolerance: float) -> Any:
    """How near values count as equal: what rounding leaves of their distance is no quotient's business."""
    least = 4 * shape_of(w)[-1] * np.finfo(w.dtype).eps
    return max(tolerance, float(least)) * largest_size(w, (ndim_of(w) - 1,))


def blocks(w: Any, tolerance: float) -> Any:
    """The number of the group of equal eigenvalues, for each of them in order."""
    apart = np.diff(w, axis=-1) > leeway(w, tolerance)
    first = np.zeros_like(w[..., :1])
    return np.concatenate([first, np.cumsum(apart * 1.0, axis=-1)], axis=-1)


def pairs(w: Any, tolerance: float) -> Any:
    """For each pair of eigenvectors, what its quotient is."""
    if w.__class__ is np.ndarray and w.ndim == 1 and len(w) > 1:
        slack = max(tolerance, 4 * len(w) * float(np.finfo(w.dtype).eps)) * max(abs(w[0]), abs(w[-1]))
        if np.minimum.reduce(w[1:] - w[:-1]) > slack:
            return np.eye(len(w))  # all smooth, but each with itself
    group = blocks(w, tolerance)
    same = np.expand_dims(group, -1) == np.expand_dims(group, -2)
    return np.where(eye(shape_of(w)[-1], dtype=bool, like=w), FREE, np.where(same, OPEN, SMOOTH)) * 1.0


def kinds(w: Any) -> Any:
    """The same of eigenvalues in any order."""
    w = primal(w)
    near = np.abs(np.expand_dims(w, -2) - np.expand_dims(w, -1)) <= np.expand_dims(leeway(w, 0.0), -1)
    return np.where(eye(shape_of(w)[-1], dtype=bool, like=w), FREE, np.where(near, OPEN, SMOOTH)) * 1.0


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
    moved = v @ turned(inner, gap, kind)
    if np.iscomplexobj(v):
        moved = moved - 1j * v * phase(v, moved, real_row(v, 0 if lower else -1))
    return change, moved, np.broadcast_to(zeros((), kind.dtype, like=kind), shape_of(kind))


def _real_row(v: Any, row: int) -> Any:
    """1 at the elements of a row of eigenvectors that are real."""
    at = (np.imag(v) == 0) & (v != 0)
    rows = arange(shape_of(v)[-2], like=v)
    return (at & np.expand_dims(rows == row % max(len(rows), 1), -1)).astype(np.real(v).dtype)


def _largest_of_the_real(v: Any) -> Any:
    """1 at the largest of the real elements of each eigenvector."""
    size = np.where(np.imag(v) == 0, np.abs(v), 0.0)
    most = largest_size(size, (size.ndim - 2,))
    here = (size == most) & (most > 0)
    return (here & (np.cumsum(here, axis=-2) == 1)).astype(size.dtype)


real_row = Constant(_real_row, name="the real row")
largest_of_the_real = Constant(_largest_of_the_real, name="the largest of the real")


def phase(v: Any, change: Any, at: Any) -> Any:
    """How fast the phases turn with which the elements ``at`` of eigenvectors, which LAPACK makes real, would
    not stay so: the phase of an eigenvector is NumPy's. Where there is none, it is left as it is.
    """
    there = np.sum(at, axis=-2, keepdims=True)
    element = np.sum(at * np.real(v), axis=-2, keepdims=True) + (1.0 - there)
    return np.sum(at * np.imag(change), axis=-2, keepdims=True) / element


def _is_open(out: Any) -> bool:
    return somewhere(out[2] == OPEN)


def _choose(out: Any, args: tuple[Any, ...], tangents: dict[int, Any]) -> tuple[Any, Any]:
    """Among equal eigenvalues, the eigenvectors that diagonalise the change of the matrix."""
    if not _is_open(out):
        return out, out
    w, v, kind = out
    v = v @ mixing(adjoint(v) @ tangents[0] @ v, w, kind, args[2])
    return (w, v, kind), (w, v, settled(kind))


def settled(kind: Any) -> Any:
    """What the quotients are once the vectors are chosen: those of equal values are of no matter."""
    return np.where(kind == OPEN, FREE * 1.0, kind)


def mixing(inner: Any, w: Any, kind: Any, tolerance: float) -> Any:
    """The unitary matrix that diagonalises a Hermitian change within each group of equal values."""
    within = np.where(kind == SMOOTH, 0.0, inner)
    size = np.max(largest_size(everything(within), (-1,)))
    # Groups far apart, so that the vectors found below don't mix them, and come in their order.
    n = shape_of(w)[-1]
    apart = np.expand_dims(blocks(w, tolerance), -1) * eye(n, like=w) * (4.0 * size * n + 1.0)
    q = np.linalg.eigh(within + apart.astype(w.dtype))[1]
    alone = np.sum(kind == OPEN, axis=-2) == 0
    diagonal = np.diagonal(q, axis1=-2, axis2=-1)
    phase = np.conj(diagonal) / np.where(alone, np.abs(diagonal), 1.0)
    return q * np.expand_dims(np.where(alone, phase, 1.0), -2)


eigh_: Adapted = Adapted(_eigh, _eigh_change, choose=_choose, is_open=_is_open, name="eigh")


def _values(a: Any, w: Any, v: Any) -> Any:
    return w


values_: Differential = differential(
    _values,
    lambda d, a, w, v, out: np.real(np.diagonal(adjoint(v) @ d @ v, axis1=-2, axis2=-1)),
    lambda d, a, w, v, out: np.zeros_like(w),
    lambda d, a, w, v, out: np.zeros_like(w),
    backward={
        0: lambda g, a, w, v, out: (v * np.expand_dims(g, -2)) @ adjoint(v),
        1: lambda g, a, w, v, out: None,
        2: lambda g, a, w, v, out: None,
    },
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
    """Eigenvalues and eigenvectors of length 1, whose first element LAPACK makes real (the last, for
    ``UPLO="U"``).
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
    """``diagonal(inv(V) @ d @ V)`` of the eigenvalues, where V has the eigenvectors."""
    w, v = out
    inner = np.linalg.solve(v, d @ v)
    gap = np.expand_dims(w, -2) - np.expand_dims(w, -1)
    change = v @ turned(inner, gap, kinds(w))
    along = np.real(np.sum(np.conj(v) * change, axis=-2, keepdims=True))  # so that the columns keep length 1
    turn = phase(v, change - v * along, largest_of_the_real(v))
    return np.diagonal(inner, axis1=-2, axis2=-1), change - v * (along + 1j * turn)


eig_ = differential(_eig, _eig_change, name="eig")


def _eigenvalue_change(d: Any, a: Any, w: Any, v: Any, out: Any) -> Any:
    left = np.linalg.inv(v)
    return np.sum(np.swapaxes(left, -1, -2) * (d @ v), axis=-2) * simple(primal(left))


def simple(left: Any) -> Any:
    """1 for each eigenvalue with an eigenvector of its own, up to rounding; nan for those of a Jordan block,
    which move as a root of the change.
    """
    size = np.sqrt(np.sum(np.square(np.abs(left)), axis=-1))
    known = size * (10 * shape_of(left)[-1] * np.finfo(size.dtype).eps) < 1
    return np.where(known, np.ones_like(size), np.nan)


def _eigenvalues(a: Any, w: Any, v: Any) -> Any:
    return w


eigenvalues_: Differential = differential(
    _eigenvalues,
    _eigenvalue_change,
    lambda d, a, w, v, out: np.zeros_like(w),
    lambda d, a, w, v, out: np.zeros_like(w),
    name="eigenvalues of any matrix",
)


@composite(np.linalg.eig)
def eig(a: Any) -> Any:
    """Eigenvalues and eigenvectors of length 1, of which LAPACK makes the largest element real."""
    w, v = eig_(a)
    return EigResult(*_real_if_numpy_says_so(a, (eigenvalues_(a, w, v), v)))


@composite(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """Eigenvalues."""
    w, v = eig_(a)
    return _real_if_numpy_says_so(a, (eigenvalues_(a, w, v),))[0]


def _real_if_numpy_says_so(a: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
    """Real parts, where all eigenvalues of a real matrix are real; but NumPy 2.5 keeps them complex."""
    return found if ALWAYS_COMPLEX else real_if_possible(a, found)


def real_if_possible(a: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
    """Real parts, where all eigenvalues of a real matrix are real."""
    if np.iscomplexobj(a) or np.any(np.imag(everything(found[0])) != 0):
        return found
    return tuple([np.real(x) for x in found])


EigResult = type(np.linalg.eig(np.eye(1)))
ALWAYS_COMPLEX = np.linalg.eigvals(np.eye(1)).dtype.kind == "c"
