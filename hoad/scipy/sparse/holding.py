"""Sparse matrices whose entries are traced: objects of classes that are made of SciPy's own.

Such a matrix has two parts. Its *labels* are a plain matrix of SciPy's, of the same format, that has the
number k + 1 where entry k stands; the *entries* are one traced vector. Whatever moves entries and computes
with none (another format, a transpose, a row, a block of a larger matrix) is SciPy's own function, of the
labels: what comes back says which entries are where. So one statement serves all of them, and all formats.

What computes with entries is in ``arithmetic.py``; a method that is neither is refused by its name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from ...chainrules.doors import is_traced
from ...chainrules.scipy.sparse_products import Pattern, product_
from ...errors import MissingRuleError
from ...nested import Traced, innermost, pack, primal, refused
from ...values.captures import Holder

FORMATS = ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
CLASSES = tuple([getattr(sparse, f"{form}_{kind}") for form in FORMATS for kind in ("array", "matrix")])
ANY = (sparse.sparray, sparse.spmatrix)
CLASS: dict[type, type] = {}  # by SciPy's class: that of its matrices with traced entries
MATRIX = (
    "this would be an np.matrix, in which * is the product of matrices, and has no derivative: write "
    "A.toarray() for A.todense(), A.toarray().sum(axis) for A.sum(axis), or take csr_array or the like in "
    "place of csr_matrix"
)


class Holding(Holder):
    """What the classes of matrices with traced entries have in common. An object has the attributes of
    SciPy's class, which are those of its labels.

    Attributes:
        entries: the traced vector of which the labels speak.
    """

    __slots__ = ()
    plain: Any  # SciPy's class
    entries: Any
    format: Any
    T: Any

    @property
    def labels(self) -> Any:
        """The plain matrix of labels; its arrays are those of this one."""
        labels = self.plain.__new__(self.plain)
        labels.__dict__.update({n: v for n, v in vars(self).items() if n != "entries"})
        return labels

    def held_parts(self) -> Any:
        """What may be traced."""
        return self.entries

    def with_parts(self, entries: Any) -> Any:
        """The same matrix with other entries: a plain one, if they are.

        Raises:
            TypeError: they are objects, which no matrix holds.
        """
        if entries.dtype.kind == "O":
            raise TypeError("a sparse matrix holds no objects")
        other = held(self.labels, entries)
        return other if isinstance(entries, Traced) else without(other)

    @property
    def data(self) -> Any:
        """The entries, as SciPy's class has them."""
        labels = self.labels
        if labels.format != "lil":
            return chosen(self.entries, labels.data)
        out = np.empty(len(labels.data), dtype=object)
        out[:] = [[self.entries[int(k) - 1] for k in row] for row in labels.data]
        return out

    @property
    def dtype(self) -> Any:
        """The type of the entries."""
        return self.entries.dtype


def chosen(entries: Any, labels: Any) -> Any:
    """Entries by their labels, 0 where there is none."""
    k = np.asarray(labels).astype(np.int64)
    if k.ndim == 1 and k.size == np.size(entries) and np.array_equal(k, np.arange(1, k.size + 1)):
        return entries
    if k.size and k.min() > 0:
        return entries[k - 1]
    return np.concatenate([np.zeros(1, entries.dtype), entries])[k]


def places_of(labels: Any) -> Any:
    """The coordinates of what is stored."""
    found = labels.tocoo()
    return tuple(found.coords) if hasattr(found, "coords") else (found.row, found.col)


def type_of(cls: Any, form: str) -> Any:
    """SciPy's class of a format, of arrays or of matrices as a class is."""
    return getattr(sparse, f"{form}_{'array' if issubclass(cls, sparse.sparray) else 'matrix'}")


def coordinates(matrix: Any) -> tuple[Any, Any]:
    """The places of the entries of any matrix, and the entries, without zeros that only pad."""
    if not isinstance(matrix, Holding):
        found = matrix.tocoo()
        return places_of(found), found.data
    found = matrix.labels.tocoo()
    real = found.data > 0
    return tuple([p[real] for p in places_of(found)]), chosen(matrix.entries, found.data[real])


def without(matrix: Any) -> Any:
    """The plain matrix of the values without derivatives."""
    if not isinstance(matrix, Holding):
        return matrix
    places, entries = coordinates(matrix)
    coo = type_of(matrix.plain, "coo")((primal(entries), places), shape=matrix.labels.shape)
    return coo.asformat(matrix.labels.format)


# ------------------------------------------------------------------------------------------------------------
# How they are made
# ------------------------------------------------------------------------------------------------------------


def held(labels: Any, entries: Any) -> Any:
    """A matrix of labels and entries."""
    cls: Any = CLASS[type(labels)]
    matrix = cls.__new__(cls)
    become(matrix, labels, entries)
    return matrix


def become(matrix: Any, labels: Any, entries: Any) -> None:
    """Make an object of SciPy's class one that holds entries."""
    matrix.__dict__ = dict(labels.__dict__)
    if not isinstance(matrix, Holding):
        matrix.__class__ = CLASS[type(matrix)]
    matrix.entries = entries


def of_places(places: Any, entries: Any, shape: Any, cls: Any, form: str) -> Any:
    """A matrix of entries at places, those at the same place added up, in a format of arrays or matrices."""
    flat = np.ravel_multi_index(tuple([np.asarray(p, np.int64) for p in places]), shape)
    where, to = np.unique(flat, return_inverse=True)
    numbers = np.arange(1.0, len(where) + 1)
    coo = type_of(cls, "coo")((numbers, np.unravel_index(where, shape)), shape=shape)
    return held(coo.asformat(form), added(entries, np.reshape(to, -1), len(where)))


def added(entries: Any, to: Any, n: int) -> Any:
    """Entries added up in n places."""
    if len(to) == n:
        order = np.empty(n, np.int64)
        order[to] = np.arange(n)
        return entries[order]
    pattern = Pattern(to, np.arange(len(to) + 1), (len(to), n)).turned
    return product_(np.ones(len(to)), entries, pattern=pattern)


def as_held(matrix: Any) -> Any:
    """Any matrix as one with a vector of entries, one at each place."""
    places, entries = coordinates(matrix)
    cls = matrix.plain if isinstance(matrix, Holding) else type(matrix)
    if isinstance(matrix, Holding) and len(places[0]) == matrix.labels.nnz and are_unique(matrix, places):
        return matrix
    return of_places(places, entries, matrix.shape, cls, matrix.format)


def are_unique(matrix: Any, places: Any) -> bool:
    """Tell whether no place has several entries."""
    if matrix.format in ("dia", "dok", "lil"):
        return True
    flat = np.ravel_multi_index(tuple(places), matrix.shape)
    return len(np.unique(flat)) == len(flat)


def by_rows(matrix: Any) -> tuple[Pattern, Any]:
    """The pattern of a matrix by rows, and its entries in that order.

    Raises:
        MissingRuleError: it has not two axes.
    """
    if matrix.ndim != 2:
        message = f"a product with a sparse array of {matrix.ndim} axes has no derivative; reshape it to two"
        raise refused(MissingRuleError(message), *traced_in_matrices(matrix))
    if not isinstance(matrix, Holding):
        plain = matrix.tocsr()
        return Pattern(plain.indices, plain.indptr, plain.shape), plain.data
    if matrix.format in ("csr", "csc"):
        labels = matrix.labels
        pattern = Pattern(labels.indices, labels.indptr, labels.shape, matrix.format == "csr")
        return pattern, chosen(matrix.entries, labels.data)
    whole = as_held(matrix)
    return by_rows(held(whole.labels.tocsr(), whole.entries))


def traced_in_matrices(*things: Any) -> list[Any]:
    """The traced values in operands."""
    return [t.entries if isinstance(t, Holding) else t for t in things]


# ------------------------------------------------------------------------------------------------------------
# Functions that move entries
# ------------------------------------------------------------------------------------------------------------


def labelled(thing: Any, entries: list[Any]) -> Any:
    """An argument with labels in the place of what it holds, which is added to the entries: a number, an
    array, a sparse matrix, or lists of those.
    """
    if thing is None or isinstance(thing, (str, bool)):
        return thing
    if isinstance(thing, ANY):
        whole = as_held(thing)
        entries.append(whole.entries)
        return moved_on(whole.labels, counted(entries[:-1]))
    if isinstance(thing, (list, tuple)) or (isinstance(thing, np.ndarray) and thing.dtype.kind == "O"):
        packed = pack(thing) if isinstance(thing, np.ndarray) else thing
        if not isinstance(packed, Traced):
            return [labelled(t, entries) for t in packed]
        thing = packed
    first, value = counted(entries) + 1, thing if isinstance(thing, Traced) else np.asarray(thing)
    entries.append(np.reshape(value, -1))
    return np.arange(first, first + np.size(value), dtype=float).reshape(np.shape(value))


def counted(entries: list[Any]) -> int:
    """How many there are."""
    return sum([int(np.size(e)) for e in entries])


def moved_on(labels: Any, by: int) -> Any:
    """Labels that all have become larger."""
    found = labels.tocoo()
    real = found.data > 0
    places = tuple([p[real] for p in places_of(found)])
    coo = type_of(type(labels), "coo")((found.data[real] + by, places), shape=labels.shape)
    return coo.asformat(labels.format)


def lifted(found: Any, entries: Any) -> Any:
    """What a function of labels gives, as one of what they stand for."""
    if isinstance(found, ANY):
        return held(found, entries)
    if isinstance(found, np.matrix):
        raise refused(MissingRuleError(MATRIX), *traced_in_matrices(entries))
    return chosen(entries, found)


def plain_of(thing: Any) -> Any:
    """An argument without derivatives."""
    if isinstance(thing, Holding):
        return without(thing)
    if isinstance(thing, (list, tuple)):
        return type(thing)([plain_of(t) for t in thing])
    return primal(pack(thing)) if is_traced(thing) else thing


def concerns(*things: Any) -> bool:
    """Tell whether anything among operands is traced, or holds what is."""
    for thing in things:
        if isinstance(thing, (list, tuple)):
            if concerns(*thing):
                return True
        elif isinstance(thing, Holding) or is_traced(thing):
            return True
    return False


def top_of(*things: Any) -> Any:
    """The innermost traced value in operands."""
    return innermost(traced_in_matrices(*things))
