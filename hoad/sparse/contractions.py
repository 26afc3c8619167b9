"""Sums over axes and products with matrices, of structured tangents."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..chainrules.numpy.reductions import sum_
from ..chainrules.numpy.shaping import broadcast_to, reshape, transpose
from ..chainrules.statements import Primitive
from ..nested import Traced
from . import matrices
from .blocks import Block, merged
from .budget import ENTRY, MULTIPLICATION, Unstructured, here_and_there
from .forms import Args, Function, Mine, along_stack, places, scaled, total
from .linear_map import LinearMap, Low, check_room

SPLIT = 16  # terms that a sum over a few elements may leave to each of its own
DENSER = 8  # how many times fewer entries a sparse product must have, to be worth its indices
ENOUGH = 2**12  # elements that tell how many of all are zero
LARGE = 2**26  # elements of dense rows, from which on a sparse product is made whatever it costs


def summed(rule: Primitive, args: Args, mine: Mine) -> Any:
    """``np.sum`` over axes."""
    s, axis, keepdims = args
    axis = tuple([k % len(s.own_shape) for k in axis])
    if not axis:
        return s
    shape = tuple([1 if k in axis else n for k, n in enumerate(s.own_shape) if keepdims or k not in axis])
    count = math.prod([s.own_shape[k] for k in axis])
    low = [(along_stack(rule, c, (axis, keepdims), {}), r) for c, r in s.low]
    if not s.blocks and s.csr is None:
        return s.like(shape, [], None, low)
    terms = sum([len(b.columns) for b in s.blocks])
    if count * terms <= SPLIT and s.csr is None:
        blocks = [
            Block(apart(b.columns, axis, shape), apart(b.coefficients, axis, shape), b.full) for b in s.blocks
        ]
        return s.like(shape, merged(blocks), None, low)
    size, n = math.prod(shape), s.level.count
    if size == 1 and s.csr is None:
        return s.like(shape, [], None, [*low, (np.ones((1, *shape)), matrices.one_row(s.blocks, n)[None])])
    rows = np.broadcast_to(
        places(tuple([1 if k in axis else m for k, m in enumerate(s.own_shape)])), s.own_shape
    )
    csr = matrices.by_rows(s.blocks, rows, size, n, s.level.known) if s.blocks else None
    if s.csr is not None:
        adds = matrices.selection(rows.reshape(-1), np.arange(rows.size), (size, rows.size))
        part = matrices.of_dense(adds @ s.csr)
        csr = part if csr is None else csr + part
    return s.like(shape, [], csr, low)


def apart(a: np.ndarray, axis: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
    """Stacked arrays whose axes that are summed over have become part of the first."""
    moved_axes = np.moveaxis(a, [k + 1 for k in axis], range(1, len(axis) + 1))
    return moved_axes.reshape(-1, *shape)


def product(rule: Primitive, args: Args, mine: Mine) -> Any:
    """``a @ b`` as a contraction of named axes."""
    a, b = args
    left, right = len(np.shape(a)), len(np.shape(b))
    batch = "abcdefgh"
    extra = max(left, right) - 2
    first = "k" if left == 1 else batch[extra - (left - 2) : extra] + "ik"
    second = "k" if right == 1 else batch[extra - (right - 2) : extra] + "kj"
    out = batch[:extra] if extra > 0 else ""
    out += "i" * (left > 1) + "j" * (right > 1)
    return contracted(args, mine, [first, second], out)


def by_letters(rule: Primitive, args: Args, mine: Mine, subscripts: str, **_: Any) -> Any:
    """``np.einsum``."""
    names, out = subscripts.split("->")
    return contracted(args, mine, names.split(","), out)


def contracted(args: Args, mine: Mine, names: list[str], out: str) -> Any:
    """A sum of products over the axes that the result does not name."""
    if sum(mine) > 1:
        raise Unstructured("a product of two tangents")
    if any([isinstance(a, Traced) for a, own in zip(args, mine, strict=True) if not own]):
        raise Unstructured("a sparse derivative inside another")
    k = mine.index(True)
    s, name = args[k], names[k]
    others = [(np.asarray(a), m) for j, (a, m) in enumerate(zip(args, names, strict=True)) if j != k]
    sizes = {c: 1 for m in names for c in m}
    for m, shape in [(name, s.own_shape), *[(m, a.shape) for a, m in others]]:
        for c, size in zip(m, shape, strict=True):
            sizes[c] = max(sizes[c], size)
    if any([sizes[c] != n for c, n in zip(name, s.own_shape, strict=True)]):
        s = broadcast_to(s, tuple([sizes[c] for c in name]))
    others = [(np.broadcast_to(a, tuple([sizes[c] for c in m])), m) for a, m in others]
    if s.level.marks:
        others = [(np.not_equal(a, 0) * 1.0, m) for a, m in others]
    if len(set(name)) < len(name) or any([len(set(m)) < len(m) for _, m in others]):
        return dense_contraction(s, name, others, out)
    s, name = summed_alone(s, name, "".join([m for _, m in others]) + out)
    if not others:
        return arranged(s, name, out, sizes)
    factor, letters = one_factor(others, name + out)
    inner = [c for c in name if c not in out]
    terms = sum([len(b.columns) for b in s.blocks])
    length = math.prod([sizes[c] for c in inner])
    if s.csr is None and not s.low and terms * length <= SPLIT:
        return by_terms(s, name, factor, letters, out, inner, sizes)
    low = s.like(s.own_shape, [], None, s.low)
    rest = s.like(s.own_shape, s.blocks, s.csr)
    parts = [dense_contraction(low, name, [(factor, letters)], out)] if s.low else []
    if s.blocks or s.csr is not None:
        parts.append(of_sparse(rest, name, factor, letters, out, sizes))
    return parts[0] if len(parts) == 1 else total(parts)


def summed_alone(s: LinearMap, name: str, rest: str) -> tuple[Any, str]:
    """Sum over the axes that nothing else names."""
    alone = tuple([k for k, c in enumerate(name) if c not in rest])
    if not alone:
        return s, name
    return sum_(s, alone, False), "".join([c for c in name if c in rest])


def one_factor(others: list[tuple[np.ndarray, str]], wanted: str) -> tuple[np.ndarray, str]:
    """All plain factors as one, summed over the axes that nothing else names."""
    letters = "".join([c for c in dict.fromkeys("".join([m for _, m in others])) if c in wanted])
    subscripts = ",".join([m for _, m in others]) + "->" + letters
    return np.einsum(subscripts, *[a for a, _ in others]), letters


def arranged(s: Any, name: str, out: str, sizes: dict[str, int]) -> Any:
    """The axes in another order; those that are missing are new."""
    order = [name.index(c) for c in out if c in name]
    s = transpose(s, tuple(order))
    s = reshape(s, tuple([s.shape[[c for c in out if c in name].index(c)] if c in name else 1 for c in out]))
    return broadcast_to(s, tuple([sizes[c] for c in out]))


def by_terms(
    s: LinearMap,
    name: str,
    factor: np.ndarray,
    letters: str,
    out: str,
    inner: list[str],
    sizes: dict[str, int],
) -> Any:
    """A contraction over a few elements, which leaves a few terms to each."""
    whole = out + "".join(inner)
    shape = {c: sizes[c] for c in whole}
    left = arranged(s, name, whole, shape)
    order = [letters.index(c) for c in whole if c in letters]
    p = np.transpose(factor, order).reshape(
        [factor.shape[letters.index(c)] if c in letters else 1 for c in whole]
    )
    found = scaled(left, p)
    return sum_(found, tuple(range(len(out), len(whole))), False) if inner else found


def of_sparse(
    s: LinearMap, name: str, factor: np.ndarray, letters: str, out: str, sizes: dict[str, int]
) -> Any:
    """A contraction of a sparse map: a product of two sparse matrices, or dense rows if those are fewer."""
    matrix = s.sparse_part()
    shape = tuple([sizes[c] for c in out])
    free = [c for c in name if c not in letters]
    count = about_nonzero(factor) * math.prod([sizes[c] for c in free])
    entries = count * (matrix.nnz / max(s.size, 1))
    dense = len(matrices.columns_of(matrix)[0]) * math.prod(shape)
    if entries * DENSER > dense and dense < LARGE:
        batch = [c for c in name if c in letters and c in out]
        if batch:
            return dense_contraction(s, name, [(factor, letters)], out)
        return by_dense_rows(s, name, factor, letters, out)
    check_room(int(entries))
    s.level.spend(0.0, ENTRY * entries)
    operator = as_operator(factor, letters, free, (name, s.own_shape), (out, shape))
    return s.like(shape, [], matrices.of_dense(operator @ matrix))


def by_dense_rows(s: LinearMap, name: str, factor: np.ndarray, letters: str, out: str) -> Any:
    """The same for dense rows, one for each column that is there; those of the map are never formed, since
    the map is a sparse matrix that a dense one is multiplied with.
    """
    free, inner = [c for c in name if c not in letters], [c for c in name if c in letters]
    rest = [c for c in letters if c not in inner]
    moved = transpose(s, tuple([name.index(c) for c in free + inner]))
    matrix = moved.sparse_part()
    used, columns = matrices.columns_of(matrix)
    length = math.prod([factor.shape[letters.index(c)] for c in inner])
    s.level.spend(0.0, ENTRY * matrix.nnz + matrix.nnz * factor.size / max(length, 1))
    count = moved.size // max(length, 1)
    rows = np.repeat(np.arange(moved.size), np.diff(matrix.indptr))
    left = matrices.selection(
        columns * count + rows // max(length, 1),
        rows % max(length, 1),
        (len(used) * count, length),
        matrix.data,
    )
    right = np.transpose(factor, [letters.index(c) for c in inner + rest])
    values = times(left, right.reshape(length, -1))
    names = "".join(free + rest)
    shape = [*moved.own_shape[: len(free)], *right.shape[len(inner) :]]
    stacked = values.reshape(len(used), *shape)
    order = [0, *[1 + names.index(c) for c in out]]
    return s.like(tuple([shape[names.index(c)] for c in out]), [], None, [(stacked.transpose(order), used)])


def about_nonzero(factor: np.ndarray) -> float:
    """How many elements are not zero, judged by a part of them where there are many."""
    if factor.size <= ENOUGH:
        return float(np.count_nonzero(factor))
    where = factor.ravel(order="K")[here_and_there(ENOUGH, factor.size)]
    return float(np.count_nonzero(where) * factor.size / ENOUGH)


def times(left: Any, right: np.ndarray) -> np.ndarray:
    """A sparse matrix times a dense one; where each row has one entry, rows of the latter are scaled."""
    if left.nnz != left.shape[0] or not np.array_equal(left.indptr, np.arange(left.nnz + 1)):
        return np.asarray(left @ right)
    where = left.indices
    in_order = len(where) == len(right) and np.array_equal(where, np.arange(len(where)))
    rows = right if in_order else right[where]
    return rows if np.all(left.data == 1) else np.asarray(rows * left.data[:, None])


def as_operator(
    factor: np.ndarray,
    letters: str,
    free: list[str],
    inward: tuple[str, tuple[int, ...]],
    outward: tuple[str, tuple[int, ...]],
) -> Any:
    """A product with ``factor`` as a sparse matrix: one entry for each of its elements that is not zero, and
    for each position along the axes that it does not have.
    """
    sizes = dict(zip(*inward, strict=True))
    found = np.nonzero(factor)
    values = factor[found]
    axes = {c: row[:, None] for c, row in zip(letters, found, strict=True)}
    numbers = np.arange(math.prod([sizes[c] for c in free]))
    for c in reversed(free):
        axes[c] = (numbers % sizes[c])[None]
        numbers = numbers // sizes[c]
    both = (len(values), len(numbers))
    rows, columns = [
        np.broadcast_to(flat_index(names, shape, axes), both).reshape(-1)
        for names, shape in (outward, inward)
    ]
    data = np.broadcast_to(values[:, None], both).reshape(-1)
    return matrices.selection(rows, columns, (math.prod(outward[1]), math.prod(inward[1])), data)


def flat_index(names: str, shape: tuple[int, ...], axes: dict[str, np.ndarray]) -> Any:
    """The number of an element among those with the axes ``names``."""
    found = np.zeros((1, 1), int)
    for c, n in zip(names, shape, strict=True):
        found = found * n + axes[c]
    return found


def dense_contraction(s: LinearMap, name: str, others: list[tuple[np.ndarray, str]], out: str) -> Any:
    """The same for each dense row."""
    letter = next(c for c in "ZYXWVUTSRQPONML" if c not in name + out + "".join([m for _, m in others]))
    subscripts = ",".join([letter + name, *[m for _, m in others]]) + "->" + letter + out
    change: Function = lambda c: np.einsum(subscripts, c, *[a for a, _ in others], optimize=True)
    sizes = dict(zip(name, s.own_shape, strict=True))
    for a, m in others:
        sizes |= zip(m, a.shape, strict=True)
    parts = dense_parts(s)
    for c, r in parts:
        multiplications = MULTIPLICATION * len(c) * math.prod(sizes.values())
        s.level.spend(multiplications * (r.ndim > 1), multiplications * (r.ndim == 1))
    low = [(change(c), r) for c, r in parts]
    shape = low[0][0].shape[1:] if low else change(np.zeros((1, *s.own_shape))).shape[1:]
    return s.like(shape, [], None, low)


def dense_parts(s: LinearMap) -> list[Low]:
    """A map as dense parts alone."""
    if not s.blocks and s.csr is None:
        return s.low
    return [sparse_rows(s), *s.low]


def sparse_rows(s: LinearMap) -> Low:
    """The sparse part of a map as dense rows, one for each column that is there."""
    matrix = s.sparse_part()
    used, new = matrices.columns_of(matrix)
    check_room(len(used) * s.size)
    s.level.spend(0.0, len(used) * s.size)
    rows = np.zeros((len(used), s.size), matrix.dtype)
    rows[new, np.repeat(np.arange(s.size), np.diff(matrix.indptr))] = matrix.data
    return rows.reshape(len(used), *s.own_shape), used
