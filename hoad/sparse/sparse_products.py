"""Products with SciPy's sparse matrices, of structured tangents: a map times a sparse matrix is sparse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from ..chainrules.scipy.sparse_products import Pattern
from ..chainrules.statements import Primitive
from ..nested import Traced
from . import matrices
from .budget import Unstructured
from .forms import Args, Mine
from .linear_map import LinearMap


def sparse_product(rule: Primitive, args: Args, mine: Mine, *, pattern: Pattern) -> Any:
    """The product of a matrix, given by its entries, with a vector or a matrix."""
    data, x = args
    refuse_two(args, mine)
    columns = np.shape(x)[1:]
    if mine[1]:
        return multiplied(x, on_columns(pattern.matrix(data), columns), rule_of(rule, data, None, pattern))
    return multiplied(data, by_entries(x, pattern), rule_of(rule, None, x, pattern))


def sparse_sampled(rule: Primitive, args: Args, mine: Mine, *, pattern: Pattern) -> Any:
    """The entries of ``u @ v.T`` at a pattern."""
    refuse_two(args, mine)
    rows, columns = pattern.places
    u, v = args[0][rows], args[1][columns]
    return u * v if len(np.shape(args[0])) == 1 else np.sum(u * v, axis=1)


def refuse_two(args: Args, mine: Mine) -> None:
    """Only what is linear has a map."""
    if sum(mine) > 1:
        raise Unstructured("a product of two tangents")
    if any([isinstance(a, Traced) for a, own in zip(args, mine, strict=True) if not own]):
        raise Unstructured("a sparse derivative inside another")


def on_columns(matrix: Any, columns: tuple[int, ...]) -> Any:
    """A matrix that acts on vectors, for arrays of some columns in one line."""
    return sp.csr_array(sp.kron(matrix, sp.eye_array(columns[0])) if columns else matrix)


def by_entries(x: Any, pattern: Pattern) -> Any:
    """What the product with ``x`` is of the entries: a matrix with a column for each of those."""
    rows, columns = pattern.places
    count, width = len(rows), (np.shape(x)[1] if np.ndim(x) > 1 else 1)
    values = np.reshape(x, (-1, width))[columns]
    at = (rows[:, None] * width + np.arange(width)).reshape(-1)
    shape = (pattern.shape[0] * width, count)
    return matrices.selection(at, np.repeat(np.arange(count), width), shape, values.reshape(-1))


def rule_of(rule: Primitive, data: Any, x: Any, pattern: Pattern) -> Callable[[Any], Any]:
    """The same product of a plain array in the place of the map."""
    if data is None:
        return lambda c: rule(c, x, pattern=pattern)
    return lambda c: rule(data, c, pattern=pattern)


def multiplied(s: LinearMap, operator: Any, plain: Callable[[Any], Any]) -> Any:
    """A linear operation, as a sparse matrix for what of the map is sparse, and row by row for the rest."""
    shape = np.shape(plain(np.zeros(s.own_shape)))
    if s.level.marks:
        operator = matrices.with_entries(operator, np.ones(operator.nnz))
    is_sparse = bool(s.blocks) or s.csr is not None
    csr = sp.csr_array(operator @ s.sparse_part()) if is_sparse else None
    low = [(np.stack([plain(row) for row in c]), r) for c, r in s.low]
    return s.like(shape, [], csr, low)
