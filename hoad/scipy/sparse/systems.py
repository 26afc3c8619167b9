"""Direct solvers of ``scipy.sparse.linalg``: by one factorization, which serves the derivatives of all
orders too.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from ...chainrules.doors import STAND_INS, door
from ...chainrules.scipy.sparse_products import Pattern, solve_
from ...chainrules.scipy.without import refusal
from ...chainrules.statements import Linear
from ...errors import MissingRuleError
from ...nested import primal, refused
from .arithmetic import add, dense, family
from .functions import guarded
from .holding import ANY, by_rows, concerns, held, top_of, type_of


def solved(a: Any, b: Any) -> Any:
    """The solution for one vector or several."""
    pattern, data = by_rows(a)
    return solve_(data, b, pattern=pattern)


def as_matrix(x: Any, like: Any, form: str = "csc") -> Any:
    """An array as a sparse matrix with all of its elements."""
    labels = type_of(family(like), form)(np.arange(1.0, np.size(x) + 1).reshape(np.shape(x)))
    return held(labels, np.reshape(x, -1))


def spsolve(A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True) -> Any:
    """The solution of ``A @ x = b``."""
    if isinstance(b, ANY):
        x = solved(A, b.toarray())
        return as_matrix(x, b) if b.shape[1] > 1 else x[:, 0]
    b = dense(b)
    is_vector = np.ndim(b) == 1 or np.shape(b)[1] == 1
    return solved(A, np.reshape(b, -1) if is_vector else b)


def spsolve_triangular(
    A: Any,
    b: Any,
    lower: bool = True,
    overwrite_A: bool = False,
    overwrite_b: bool = False,
    unit_diagonal: bool = False,
) -> Any:
    """The solution of a triangular system, of which one triangle is read."""
    part = sparse.tril if lower else sparse.triu
    a = part(A, -1 if lower else 1) if unit_diagonal else part(A)
    unit = type_of(family(A), "csr")(sparse.eye_array(A.shape[0]))
    return solved(add(a, unit) if unit_diagonal else a, dense(b))


def inv(A: Any) -> Any:
    """The inverse, as SciPy has it: sparse."""
    return as_matrix(solved(A, np.eye(A.shape[0])), A)


# ------------------------------------------------------------------------------------------------------------
# Factorizations
# ------------------------------------------------------------------------------------------------------------

ADJOINT = {"N": "H", "H": "N"}


def _by_factors(b: Any, *, factors: Any, trans: str) -> Any:
    if b.dtype.char in "gG":
        return factors.solve(b, trans)  # which refuses it
    if np.iscomplexobj(b) and factors.L.dtype.kind != "c":
        return factors.solve(b.real.copy(), trans) + 1j * factors.solve(b.imag.copy(), trans)
    return factors.solve(np.asarray(b, factors.L.dtype), trans)


def _by_factors_transpose(g: Any, b: Any, *, factors: Any, trans: str) -> Any:
    if trans == "T":
        return np.conj(by_factors(np.conj(g), factors=factors, trans="N"))
    return by_factors(g, factors=factors, trans=ADJOINT[trans])


# The solution by factors that are known, which is linear.
by_factors: Linear = Linear(_by_factors, _by_factors_transpose, name="SuperLU.solve")


class Factors:
    """``SuperLU`` for traced right-hand sides, or of a matrix with traced entries.

    Args:
        plain: SciPy's object, or what makes it of plain entries, if they are traced.
        pattern: where the matrix has entries, if those are traced.
        data: these.
    """

    def __init__(self, plain: Any, pattern: Pattern | None = None, data: Any = None) -> None:
        self._made, self._pattern, self._data = plain, pattern, data

    @functools.cached_property
    def _plain(self) -> Any:
        return self._made if self._pattern is None else self._made(primal(self._data))

    def solve(self, rhs: Any, trans: str = "N") -> Any:
        """The solution for one vector or several."""
        rhs = dense(rhs)
        if self._pattern is None:
            return (
                by_factors(rhs, factors=self._plain, trans=trans)
                if concerns(rhs)
                else self._plain.solve(rhs, trans)
            )
        if trans == "N":
            return solve_(self._data, rhs, pattern=self._pattern)
        data = np.conj(self._data) if trans == "H" else self._data
        return solve_(data, rhs, pattern=self._pattern.turned)

    def __getattr__(self, name: str) -> Any:
        if self._pattern is not None and name in ("L", "U"):
            message = f"SuperLU.{name} has no derivative: its pivots change by jumps; solve() has one"
            raise refused(MissingRuleError(message), top_of(self._data))
        return getattr(self._plain, name)


def splu(A: Any, *args: Any, **kwargs: Any) -> Any:
    """The factors of a matrix, which solve for any right-hand side."""
    pattern, data = by_rows(A)
    return Factors(lambda data: linalg_splu(pattern.matrix(data).tocsc(), *args, **kwargs), pattern, data)


def factorized(A: Any) -> Any:
    """A function that solves for any right-hand side."""
    return splu(A).solve


linalg_splu, linalg_factorized = linalg.splu, linalg.factorized


@door(linalg.splu, always=True, keeps=(0, "A"))
def any_splu(A: Any, *args: Any, **kwargs: Any) -> Any:
    """The factors of any matrix, within a derivative."""
    return splu(A, *args, **kwargs) if concerns(A) else Factors(linalg_splu(A, *args, **kwargs))


@door(linalg.factorized, always=True, keeps=(0, "A"))
def any_factorized(A: Any) -> Any:
    """A function that solves, within a derivative."""
    return factorized(A) if concerns(A) else any_splu(A.tocsc() if isinstance(A, ANY) else A).solve


@door(linalg.spilu, always=True, keeps=(0, "A"))
def spilu(A: Any, *args: Any, **kwargs: Any) -> Any:
    """Incomplete factors, of a matrix that is not traced."""
    if concerns(A):
        return refusal("scipy.sparse.linalg.spilu", PRECONDITIONER)(top_of(A))
    return Factors(linalg_spilu(A, *args, **kwargs))


linalg_spilu = linalg.spilu
PRECONDITIONER = (
    "as a preconditioner it changes no solution, so make it of the plain matrix: the same with "
    "hoad.primal(data) for its entries"
)
STAND_INS[linalg.SuperLU] = Factors
for _name, _body in (("spsolve", spsolve), ("spsolve_triangular", spsolve_triangular), ("inv", inv)):
    guarded(getattr(linalg, _name), _body, (0, "A", 1, "b"))
