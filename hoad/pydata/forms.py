"""What a function of NumPy's does to an array with few entries: to its entries, where that is possible, else
to the array with all its elements, of which the result has all for entries.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import sparse

from ..chainrules.numpy.contraction import einsum, matmul
from ..chainrules.numpy.elementwise import strong_multiply
from ..chainrules.numpy.indexing import diagonal_, getitem, taken, where
from ..chainrules.numpy.reductions import sum_
from ..chainrules.numpy.shaping import (
    astype,
    broadcast_to,
    concatenate,
    reshape,
    stack,
    stretch,
    transpose,
    truncated,
)
from ..kinds.batch_forms import is_elementwise
from ..nested import primal
from ..scipy.sparse.holding import added
from .entries import FORMS, Entries, completed, is_zero, made, of, of_dense
from .products import contracted, multiplied

OF_ELEMENTS = frozenset({where, astype, truncated})
DENSE = (
    "Performing a mixed sparse-dense operation that would result in a dense array. Please make sure that "
    "func(sparse_fill_values, ndarrays) is a constant array."
)


def carried_out(rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function of arguments of which one is an array with few entries."""
    first = next(a for a in args if isinstance(a, Entries))
    with_axes = [a for a in args if isinstance(a, Entries) and a.own_shape]
    if not with_axes:
        return of_dense(rule(*[whole(a) for a in args], **kwargs), first.form)
    if is_elementwise(rule) or rule in OF_ELEMENTS:
        return elementwise(rule, args, kwargs)
    form = BY_RULE.get(rule)
    found = None if form is None else form(*args, **kwargs)
    if found is None:
        found = rule(*[whole(a) for a in args], **kwargs)
        found = tuple(found) if isinstance(found, list) else found
        if isinstance(found, tuple):
            return tuple([of_dense(part, first.form) for part in found])
        return of_dense(found, first.form)
    return found


FORMS.append(carried_out)


def whole(x: Any) -> Any:
    """An argument with all its elements."""
    return x.todense() if isinstance(x, Entries) else x


# ------------------------------------------------------------------------------------------------------------
# Functions of each element
# ------------------------------------------------------------------------------------------------------------


def elementwise(rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function of each element: of the entries, and of the fills.

    Raises:
        ValueError: as the library's own, where an array would be larger than both operands.
    """
    args = tuple([a.filling if isinstance(a, Entries) and not a.own_shape else a for a in args])
    few = [a for a in args if isinstance(a, Entries)]
    many = [a for a in args if not isinstance(a, Entries) and np.ndim(a)]
    shape = np.broadcast_shapes(*[np.shape(a) for a in (*few, *many)])
    if not many:
        return of_few(rule, args, kwargs, shape)
    with np.errstate(all="ignore"):
        at_fill = rule.function(*[primal(a.filling if isinstance(a, Entries) else a) for a in args], **kwargs)
    if is_one_number(at_fill):
        if is_product(rule, args):
            return scaled(rule, args, shape)
        return of_dense(rule(*[whole(a) for a in args], **kwargs), few[0].form)
    if shape != np.broadcast_shapes(*[np.shape(a) for a in many]):
        error = ValueError(DENSE)
        error.add_note("a.todense() has all elements, and takes part as NumPy's arrays do")
        raise error
    return rule(*[whole(a) for a in args], **kwargs)


def is_one_number(x: Any) -> bool:
    """Tell whether all elements are the same."""
    if isinstance(x, tuple):
        return all(map(is_one_number, x))
    flat = np.reshape(x, -1)
    return flat.size == 0 or bool(np.all((flat == flat[0]) | ((flat != flat) & (flat[0] != flat[0]))))


def is_product(rule: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether a zero of the fill stays one, whatever the array beside it is."""
    if len(args) != 2:
        return False
    by_array = rule.function is np.true_divide and isinstance(args[0], Entries)
    few = next(a for a in args if isinstance(a, Entries))
    return is_zero(few.filling) and (by_array or rule.function is np.multiply or rule is strong_multiply)


def scaled(rule: Any, args: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """The product of each entry with the element of an array at its place."""
    few = of(stretched(next(a for a in args if isinstance(a, Entries)), shape))
    parts = [few.entries if isinstance(a, Entries) else at_places(a, few.coords) for a in args]
    return few.like(few.coords, rule(*parts), few.filling, shape)


def at_places(x: Any, coords: Any) -> Any:
    """The elements at some places of an array that is broadcast."""
    own = coords[len(coords) - np.ndim(x) :]
    return x[tuple([p if n > 1 else np.zeros_like(p) for p, n in zip(own, np.shape(x), strict=True)])]


def stretched(few: Any, shape: tuple[int, ...]) -> Any:
    """An array that is broadcast to a shape."""
    return few if few.own_shape == shape else moved(few, lambda labels: sparse.broadcast_to(labels, shape))


def of_few(rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any], shape: tuple[int, ...]) -> Any:
    """A function of arrays with few entries, and of numbers: there is an entry where any has one."""
    few = [of(stretched(a, shape)) for a in args if isinstance(a, Entries)]
    flat = [np.ravel_multi_index(tuple(a.coords), shape) for a in few]
    same = all([np.array_equal(f, flat[0]) for f in flat])
    places = flat[0] if same else np.unique(np.concatenate(flat))
    entries = iter([a.entries if same else spread(a, f, places) for a, f in zip(few, flat, strict=True)])
    fills = iter([a.filling for a in few])
    found = rule(*[next(entries) if isinstance(a, Entries) else a for a in args], **kwargs)
    with np.errstate(all="ignore"):
        fill = rule(*[next(fills) if isinstance(a, Entries) else a for a in args], **kwargs)
    coords = few[0].coords if same else np.array(np.unravel_index(places, shape))
    if isinstance(found, tuple):
        pairs = zip(found, fill, strict=True)
        return tuple([made(coords, part, f, shape, few[0].form) for part, f in pairs])
    return made(coords, found, fill, shape, few[0].form)


def spread(few: Any, own: Any, places: Any) -> Any:
    """The elements at more places than there are entries."""
    where = np.full(len(places), len(own))
    where[np.searchsorted(places, own)] = np.arange(len(own))
    return completed(few.entries, few.filling)[where]


# ------------------------------------------------------------------------------------------------------------
# What moves elements
# ------------------------------------------------------------------------------------------------------------


def moved(few: Any, move: Callable[[Any], Any]) -> Any:
    """An array whose elements are moved, as the library moves labels."""
    return relabelled(few, move(few.labels()), few.entries)


def relabelled(few: Any, found: Any, entries: Any) -> Any:
    """An array in which labels say where the entries are."""
    if not isinstance(found, sparse.SparseArray) or not found.shape:
        k = int(found.todense()) if isinstance(found, sparse.SparseArray) else int(found)
        return of_dense(entries[k - 1] if k else few.filling, few.form)
    found = found.asformat("coo")
    return few.like(found.coords, entries[found.data - 1], few.filling, found.shape)


def moving(name: str) -> Callable[..., Any]:
    """The method of the library's arrays that moves elements."""
    return lambda x, *args: moved(x, lambda labels: getattr(labels, name)(*args))


def picked(x: Any, index: Any) -> Any:
    """Elements by their index; None where the library has no such index."""
    if not isinstance(x, Entries):
        return None
    try:
        return moved(x, lambda labels: labels[index])
    except (IndexError, NotImplementedError):
        return x.todense()[index]


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The elements of a diagonal."""
    return moved(x, lambda labels: sparse.diagonal(labels, offset, axis1, axis2))


def joining(join: Callable[..., Any]) -> Callable[..., Any]:
    """A function that puts arrays together."""

    def joined(*arrays: Any, axis: int = 0) -> Any:
        if not all([isinstance(a, (Entries, sparse.SparseArray)) for a in arrays]):
            return None
        few = [of(a) for a in arrays]
        if not all([is_zero(a.filling) for a in few]):
            return None
        starts = np.cumsum([1] + [a.nnz for a in few])
        labels = [a.labels(int(k)) for a, k in zip(few, starts, strict=False)]
        return relabelled(few[0], join(labels, axis=axis), np.concatenate([a.entries for a in few]))

    return joined


# ------------------------------------------------------------------------------------------------------------
# Sums
# ------------------------------------------------------------------------------------------------------------


def summed(x: Any, axis: Any, keepdims: bool) -> Any:
    """The sum along some axes."""
    axes = (
        range(x.ndim) if axis is None else [k % x.ndim for k in ([axis] if isinstance(axis, int) else axis)]
    )
    rest = [k for k in range(x.ndim) if k not in axes]
    each = math.prod([x.own_shape[k] for k in axes])
    kept = tuple([1 if k in axes else n for k, n in enumerate(x.own_shape)])
    if not rest:
        total = np.sum(x.entries)
        total = total if is_zero(x.filling) else total + x.filling * (each - x.nnz)
        found = of_dense(total, x.form)
        return np.reshape(found, kept) if keepdims else found
    shape = tuple([x.own_shape[k] for k in rest])
    flat = np.ravel_multi_index(tuple(x.coords[rest]), shape)
    places, to = np.unique(flat, return_inverse=True)
    entries, fill = added(x.entries, np.reshape(to, -1), len(places)), x.filling
    if not is_zero(fill):
        entries, fill = entries + fill * (each - np.bincount(np.reshape(to, -1))), fill * each
    found = x.like(np.array(np.unravel_index(places, shape)), entries, fill, shape)
    return np.reshape(found, kept) if keepdims else found


BY_RULE: dict[Any, Callable[..., Any]] = {
    sum_: summed, reshape: moving("reshape"), transpose: moving("transpose"), getitem: picked, taken: picked,
    broadcast_to: lambda x, shape: stretched(x, tuple(shape)), diagonal_: diagonal,
    stretch: lambda x, shape: stretched(x, tuple(shape)), concatenate: joining(sparse.concatenate),
    stack: joining(sparse.stack), matmul: multiplied, einsum: contracted,
}  # fmt: skip
