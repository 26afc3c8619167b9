"""The functions of ``scipy.sparse``: those that put entries together, and products of Kronecker's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from ...chainrules.doors import door
from ...chainrules.scipy.without import refusal
from ...chainrules.statements import Function
from .arithmetic import add, family
from .holding import ANY, concerns, coordinates, labelled, lifted, of_places

# By name: the functions that move the entries of their first argument.
MOVING = (
    "diags", "diags_array", "spdiags", "hstack", "vstack", "bmat", "block_array", "block_diag", "tril",
    "triu", "expand_dims", "swapaxes", "permute_dims", "matrix_transpose",
)  # fmt: skip
REFUSED = {"save_npz": "a file holds numbers; hoad.primal(A.data) are those"}


def guarded(
    function: Any, body: Function, keeps: tuple[int | str, ...] = (0,), asks: Callable[..., bool] = concerns
) -> None:
    """A door whose body is run where an operand is traced or has traced entries."""

    @functools.wraps(function)
    def chosen(*args: Any, **kwargs: Any) -> Any:
        return (body if asks(*args, *kwargs.values()) else function)(*args, **kwargs)

    door(function, always=True, keeps=keeps)(chosen)


def moving(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that moves entries, as SciPy's own is of labels."""

    def moved(first: Any, *args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        entries: list[Any] = []
        found = function(labelled(first, entries), *args, **kwargs)
        whole = np.concatenate(entries)
        return lifted(found, whole if dtype is None else whole.astype(dtype))

    return moved


def kron(A: Any, B: Any, format: Any = None) -> Any:
    """Kronecker's product."""
    (i, j), a = coordinates(as_sparse(A))
    (k, m), b = coordinates(as_sparse(B))
    (rows, columns), (p, q) = as_sparse(A).shape, as_sparse(B).shape
    places = np.add.outer(i * p, k).ravel(), np.add.outer(j * q, m).ravel()
    entries = np.reshape(np.expand_dims(a, 1) * b, -1)
    arrays = [x for x in (A, B) if isinstance(x, sparse.sparray)]
    cls = sparse.coo_array if arrays else sparse.coo_matrix
    return of_places(places, entries, (rows * p, columns * q), cls, format or "coo")


def as_sparse(x: Any) -> Any:
    """An operand as a sparse matrix."""
    if isinstance(x, ANY):
        return x
    rows = np.atleast_2d(x)
    return lifted(sparse.coo_matrix(np.arange(1.0, rows.size + 1).reshape(rows.shape)), np.reshape(rows, -1))


def kronsum(A: Any, B: Any, format: Any = None) -> Any:
    """Kronecker's sum."""
    A, B = as_sparse(A), as_sparse(B)
    unit = sparse.eye_array if isinstance(A, sparse.sparray) else sparse.eye
    total = add(kron(unit(B.shape[0]), A), kron(B, unit(A.shape[0])))
    return total if format is None else total.asformat(format)


def find(A: Any) -> tuple[Any, Any, Any]:
    """The rows, the columns and the values of what is stored."""
    places, entries = coordinates(A)
    whole = of_places(places, entries, A.shape, family(A), "coo")
    (rows, columns), entries = coordinates(whole)
    return rows, columns, entries


for _name in MOVING:
    if hasattr(sparse, _name):
        guarded(getattr(sparse, _name), moving(getattr(sparse, _name)))
guarded(sparse.kron, kron, (0, 1))
guarded(sparse.kronsum, kronsum, (0, 1))
guarded(sparse.find, find)
for _name, _reason in REFUSED.items():
    _plain = getattr(sparse, _name)
    guarded(_plain, refusal(f"scipy.sparse.{_name}", _reason))
