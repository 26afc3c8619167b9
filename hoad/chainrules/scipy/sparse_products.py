"""Products with a matrix of few entries: linear in the entries, and in what it is multiplied with.

Which entries there are is a *pattern*, and no number of it changes. With the entries as one vector the
product has two arguments, and so has its transpose by the entries, which samples the product of two dense
matrices at the pattern; the transposes of that are products again. So the two are all that is needed, to
every order.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from ..numpy.contraction import conjugate
from ..statements import Differential, Multilinear


class Pattern:
    """Where a matrix has entries, in the order in which they are given.

    Args:
        indices: the columns of the entries, row after row; of a matrix by columns, the rows.
        indptr: where each row begins.
        shape: that of the matrix.
        by_rows: whether it goes by rows.
    """

    def __init__(self, indices: Any, indptr: Any, shape: tuple[int, int], by_rows: bool = True) -> None:
        self.indices, self.indptr, self.shape, self.by_rows = indices, indptr, shape, by_rows
        self.factor: Any = None  # of the last matrix that was solved with, and its entries

    def matrix(self, data: Any) -> Any:
        """The matrix of some entries."""
        made = sparse.csr_array if self.by_rows else sparse.csc_array
        return made((data, self.indices, self.indptr), shape=self.shape, copy=False)

    @functools.cached_property
    def turned(self) -> Pattern:
        """The pattern of the transpose: the same entries."""
        other = Pattern(self.indices, self.indptr, self.shape[::-1], not self.by_rows)
        other.__dict__["turned"] = self
        return other

    @functools.cached_property
    def places(self) -> tuple[Any, Any]:
        """The row and the column of each entry."""
        major = np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))
        return (major, self.indices) if self.by_rows else (self.indices, major)

    @functools.cached_property
    def sums(self) -> Any:
        """The matrix that adds up the entries of each row."""
        rows = self.places[0]
        n = len(rows)
        return sparse.csr_array((np.ones(n), (rows, np.arange(n))), shape=(self.shape[0], n))

    def factored(self, data: Any) -> Any:
        """The factors of a matrix; of the last one, they are known.

        Raises:
            RuntimeError: it is singular.
        """
        known = self.factor or self.turned.factor
        if known is None or not (known[0] is data or np.array_equal(known[0], data)):
            own = np.array(data, order="C")
            self.factor = known = own, splu(self.matrix(own).tocsc()), self
            self.turned.factor = None
        return known[1:]


def _product(data: Any, x: Any, *, pattern: Pattern) -> Any:
    return pattern.matrix(data) @ x


def _product_transpose(g: Any, i: int, data: Any, x: Any, *, pattern: Pattern) -> Any:
    if i == 0:
        return sampled_(g, conjugate(x), pattern=pattern)
    return product_(conjugate(data), g, pattern=pattern.turned)


def _sampled(u: Any, v: Any, *, pattern: Pattern) -> Any:
    rows, columns = pattern.places
    u, v = u[rows], v[columns]
    return u * v if u.ndim == 1 else np.einsum("kc,kc->k", u, v)


def _sampled_transpose(g: Any, i: int, u: Any, v: Any, *, pattern: Pattern) -> Any:
    if i == 0:
        return product_(g, conjugate(v), pattern=pattern)
    return product_(g, conjugate(u), pattern=pattern.turned)


# The product of a matrix, given by its entries, with a vector or a matrix.
product_: Multilinear = Multilinear(_product, _product_transpose, "a product with a sparse matrix")
# The entries of ``u @ v.T`` at a pattern; of vectors, of their outer product.
sampled_: Multilinear = Multilinear(_sampled, _sampled_transpose, "the entries of a product")


def _solve(data: Any, b: Any, *, pattern: Pattern) -> Any:
    if np.result_type(data, b).char in "gG":
        raise TypeError("SuperLU, as SciPy has it, solves in single and double precision, not in longdouble")
    factors, of = pattern.factored(data)
    way = "N" if of is pattern else "T"
    if np.iscomplexobj(b) and not np.iscomplexobj(data):
        return factors.solve(np.real(b).copy(), way) + 1j * factors.solve(np.imag(b).copy(), way)
    kind = np.result_type(data, b, np.float32)
    return factors.solve(np.asarray(b, dtype=factors.L.dtype), way).astype(kind, copy=False)


# The solution of a system with a matrix that is given by its entries.
solve_: Differential = Differential(
    _solve,
    lambda d, data, b, out, pattern: -solve_(data, product_(d, out, pattern=pattern), pattern=pattern),
    transposes={1: lambda g, data, b, pattern: solve_(conjugate(data), g, pattern=pattern.turned)},
    name="scipy.sparse.linalg.spsolve",
)
