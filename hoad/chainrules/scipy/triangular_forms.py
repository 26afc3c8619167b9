"""The forms of Schur and of Hessenberg: ``a = z @ t @ z^H`` with zeros below the diagonal of t, or below the
one under it.

With ``z^H dz = w``, which is skew, ``dt = z^H da z + t @ w - w @ t``. That dt has the zeros of t is as many
linear equations as w has unknown elements: all below the diagonal for Schur's form, and those but in the
first column for Hessenberg's, whose z leaves the first axis as it is. For a pair of complex eigenvalues of
a real matrix, LAPACK makes the two elements on the diagonal equal, which takes the place of the zero. The
columns of a complex z come with phases that nothing determines; those of the derivative are at right angles
to their columns, as for ``eig``.

Source: G. H. Golub and C. F. Van Loan, Matrix Computations (2013), 7.4 and 7.6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from ...errors import MissingRuleError
from ...nested import everything, refused
from ...values.captures import traced_in
from ...values.shapes import ndim_of, shape_of
from ..doors import door
from ..numpy.factors import adjoint
from ..statements import Differential
from .linear_systems import check


def below(n: int, diagonal: int) -> tuple[Any, Any]:
    """The places below a diagonal."""
    rows, columns = np.tril_indices(n, diagonal)
    return rows, columns


def turned(d: Any, t: Any, z: Any, unknown: Any, zeros: Any, equal: Any) -> tuple[Any, Any]:
    """The changes of t and z.

    Args:
        d: the change of the matrix.
        t: the form.
        z: its unitary factor.
        unknown: the places of the unknown elements of w.
        zeros: the places where dt vanishes.
        equal: rows k of which the elements k and k + 1 of the diagonal stay equal.
    """
    inner = adjoint(z) @ d @ z
    if not len(unknown[0]):
        return inner, 0 * inner
    n, m = shape_of(t)[-1], len(unknown[0])
    basis = np.zeros((m, n, n))
    basis[(np.arange(m), *unknown)] = 1.0
    if not np.iscomplexobj(t):
        basis = basis - np.swapaxes(basis, -1, -2)
    conditions: Any = lambda x: np.concatenate(
        [x[..., zeros[0], zeros[1]], x[..., equal, equal] - x[..., equal + 1, equal + 1]], -1
    )
    matrix = conditions(np.expand_dims(t, -3) @ basis - basis @ np.expand_dims(t, -3))
    rest = np.expand_dims(-conditions(inner), -1)
    found = np.linalg.solve(np.swapaxes(matrix, -1, -2), rest)[..., 0]
    w = np.sum(np.reshape(found, (*shape_of(found), 1, 1)) * basis, -3)
    if np.iscomplexobj(t):
        w = w - adjoint(w)
    change = inner + t @ w - w @ t
    return change, z @ w


def _schur_change(d: Any, a: Any, output: str, out: Any) -> Any:
    t, z = out
    plain = np.diagonal(everything(t), -1, axis1=-2, axis2=-1) != 0
    rows = plain.reshape(int(np.prod(plain.shape[:-1])), plain.shape[-1])
    if np.any(rows != rows[:1]):
        message = (
            "scipy.linalg.schur of several matrices, some with complex eigenvalues; ask for the complex form"
        )
        raise refused(MissingRuleError(message), *traced_in((d, a)))
    pairs = np.flatnonzero(rows[0])
    places = below(shape_of(t)[-1], -1)
    kept = ~(np.isin(places[1], pairs) & (places[0] == places[1] + 1))
    return turned(d, t, z, places, (places[0][kept], places[1][kept]), pairs)


def each(function: Any, a: Any, *more: Any) -> Any:
    """The two factors of one matrix, or of each of a stack."""
    if ndim_of(a) == 2:
        return function(a, *more)
    found = [function(x, *more) for x in np.reshape(a, (-1, *shape_of(a)[-2:]))]
    return tuple([np.reshape(np.stack(parts), shape_of(a)) for parts in zip(*found, strict=True)])


schur_ = Differential(
    lambda a, output: each(scipy.linalg.schur, a, output), _schur_change, name="scipy.linalg.schur"
)


@door(scipy.linalg.schur)
def schur(
    a: Any, output: str = "real", lwork: Any = None, overwrite_a: bool = False, sort: Any = None,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Schur's form, of a matrix whose eigenvalues are distinct.

    Raises:
        MissingRuleError: its eigenvalues are to be sorted.
    """
    check(check_finite, a)
    if sort is not None:
        message = (
            "scipy.linalg.schur with sort= has no derivative here; without it, and eig and eigh, it has one"
        )
        raise refused(MissingRuleError(message), *traced_in(a))
    kind = "complex" if output.lower().startswith("c") and not np.iscomplexobj(a) else output
    return schur_(a + 0j if kind == "complex" else a, kind)


def _hessenberg_change(d: Any, a: Any, out: Any) -> Any:
    h, q = out
    n = shape_of(h)[-1]
    rows, columns = below(n - 1, -1)
    return turned(d, h, q, (rows + 1, columns + 1), below(n, -2), np.zeros(0, int))


hessenberg_ = Differential(
    lambda a: each(scipy.linalg.hessenberg, a, True), _hessenberg_change, name="scipy.linalg.hessenberg"
)


@door(scipy.linalg.hessenberg)
def hessenberg(a: Any, calc_q: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Hessenberg's form, where no element under its diagonal is zero."""
    check(check_finite, a)
    h, q = hessenberg_(a)
    return (h, q) if calc_q else h
