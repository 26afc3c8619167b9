"""Contractions: matmul, dot, einsum and what is made of them. All are linear in each operand."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ...nested import pack
from ...values.constants import as_array
from ...values.shapes import is_complex, ndim_of, shape_of, size_of
from ..declarations import composite, multilinear_rule
from ..statements import RULES
from .axes import position
from .indexing import picking, scatter, taken
from .shaping import cast, in_type, kind_of, reshape, transpose

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def conjugate(x: Any) -> Any:
    """The complex conjugate; of what is real, itself and not a copy."""
    return np.conj(x) if is_complex(x) else x


def flipped(x: Any) -> Any:
    """Each matrix transposed."""
    return x.swapaxes(-1, -2) if x.__class__ is np.ndarray else np.swapaxes(x, -1, -2)


def _matmul_transpose(g: Any, i: int, a: Any, b: Any) -> Any:
    a, b = (a, conjugate(b)) if i == 0 else (conjugate(a), b)
    if ndim_of(a) == 1 and ndim_of(b) == 1:
        return g * (b if i == 0 else a)
    if ndim_of(a) == 1:
        g = np.expand_dims(g, -2)
        return np.squeeze(g @ flipped(b), -2) if i == 0 else np.expand_dims(a, -1) @ g
    if ndim_of(b) == 1:
        g = np.expand_dims(g, -1)
        return g * b if i == 0 else np.squeeze(flipped(a) @ g, -1)
    return g @ flipped(b) if i == 0 else flipped(a) @ g


def _matmul_products(a: Any, b: Any) -> Any:
    is_row, is_column = ndim_of(a) == 1, ndim_of(b) == 1
    a = a if is_column else np.expand_dims(a, -1)
    b = b if is_row or is_column else np.expand_dims(b, -3)
    if are_many(math.prod(np.broadcast_shapes(shape_of(a), shape_of(b))), a, b):
        return None
    return np.sum(a * b, axis=-1 if is_column else -2)


MOST = 2**13  # products of numbers that are made one by one


def are_many(count: int, *operands: Any) -> bool:
    """Tell whether there are too many products of numbers to make each by itself: of vectors, whose inner
    product has no more than they have elements, there never are.
    """
    return count > max(MOST, 2 * min(map(size_of, operands)))


matmul = multilinear_rule(np.matmul, _matmul_transpose, by_shapes=True, products=_matmul_products)

# ------------------------------------------------------------------------------------------------------------
# einsum
# ------------------------------------------------------------------------------------------------------------


MANY = 2**15  # products of numbers, from which on it pays to look how they are best done


def _einsum(*operands: Any, subscripts: str, optimize: bool = False) -> Any:
    return np.einsum(subscripts, *operands, optimize=optimize)


def _einsum_transpose(g: Any, i: int, *operands: Any, subscripts: str, optimize: bool = False) -> Any:
    text, wanted, mine = turned(subscripts, i)
    others = [conjugate(x) for k, x in enumerate(operands) if k != i]
    many = len(others) > 0 and math.prod(map(size_of, operands)) >= MANY <= products(subscripts, operands)
    part = einsum(g, *others, subscripts=text, **({"optimize": True} if many else {}))
    return part if wanted == mine else _spread_over(part, wanted, mine, shape_of(operands[i]))


@functools.lru_cache(maxsize=256)
def turned(subscripts: str, i: int) -> tuple[str, str, str]:
    """The subscripts of the cotangent of operand ``i``: of the product, the axes that it gives, and those of
    the operand.
    """
    inputs, output = subscripts.split("->")
    names = inputs.split(",")
    others = [name for k, name in enumerate(names) if k != i]
    known = set(output).union(*others)
    wanted = "".join(dict.fromkeys(c for c in names[i] if c in known))
    return ",".join([output, *others]) + "->" + wanted, wanted, names[i]


def products(subscripts: str, operands: tuple[Any, ...]) -> int:
    """How many products of numbers there are."""
    names = subscripts.split("->")[0].split(",")
    sizes = {
        c: n for name, x in zip(names, operands, strict=True) for c, n in zip(name, shape_of(x), strict=True)
    }
    return math.prod(sizes.values())


def _spread_over(part: Any, names: str, wanted: str, shape: tuple[int, ...]) -> Any:
    """Bring an array with axes ``names`` to the axes ``wanted``: stretched where a name is new, diagonal
    where one repeats.
    """
    sizes = dict(zip(wanted, shape, strict=True))
    unique = "".join(dict.fromkeys(wanted))
    where = [sizes[c] if c in names else 1 for c in unique]
    part = np.transpose(part, [names.index(c) for c in unique if c in names])
    part = np.broadcast_to(np.reshape(part, where), [sizes[c] for c in unique])
    if unique == wanted:
        return part
    grid = np.indices([sizes[c] for c in unique], sparse=True)
    return scatter(part, tuple(grid[unique.index(c)] for c in wanted), shape)


def _einsum_products(*operands: Any, subscripts: str, optimize: bool = False) -> Any:
    if are_many(products(subscripts, operands), *operands):
        return None
    inputs, output = subscripts.split("->")
    axes = "".join(dict.fromkeys(output + inputs.replace(",", "")))
    total: Any = None
    for names, x in zip(inputs.split(","), operands, strict=True):
        own = "".join([c for c in axes if c in names])
        part = rearranged(x, f"{names}->{own}") if own != names else x
        sizes = iter(shape_of(part))
        part = np.reshape(part, [next(sizes) if c in own else 1 for c in axes])
        total = part if total is None else total * part
    return np.sum(total, axis=tuple(range(len(output), len(axes)))) if len(axes) > len(output) else total


einsum = multilinear_rule(
    _einsum, _einsum_transpose, name="einsum", by_shapes=True, products=_einsum_products
)


def _rearranged(x: Any, subscripts: str) -> Any:
    return np.einsum(subscripts, x)


rearranged = picking(_rearranged, "rearranged")  # nothing is summed: axes in another order, and diagonals


def explicit(subscripts: str, operands: tuple[Any, ...]) -> str:
    """Subscripts with every axis named and the output written out."""
    return written_out(subscripts, tuple(map(ndim_of, operands)))


@functools.lru_cache(maxsize=256)
def written_out(subscripts: str, axes: tuple[int, ...]) -> str:
    """The same, by the number of axes of each operand."""
    text = subscripts.replace(" ", "")
    inputs, _, output = text.partition("->")
    names = inputs.split(",")
    free = [c for c in LETTERS if c not in text]
    longest = max(
        (m - len(n.replace("...", "")) for n, m in zip(names, axes, strict=True) if "..." in n),
        default=0,
    )
    dots = "".join(free[:longest])
    full = []
    for n, m in zip(names, axes, strict=True):
        count = m - len(n.replace("...", ""))
        full.append(n.replace("...", dots[len(dots) - count :] if count else ""))
    if "->" not in text:
        letters = "".join(names).replace("...", "")
        output = ("..." if "..." in text else "") + "".join(
            sorted(c for c in set(letters) if letters.count(c) == 1)
        )
    return ",".join(full) + "->" + output.replace("...", dots)


@composite(np.einsum)
def np_einsum(
    *operands: Any,
    out: Any = None,
    optimize: Any = False,
    dtype: Any = None,
    casting: str = "safe",
    order: str = "K",
) -> Any:
    """The sum over products of elements that subscripts name."""
    if not isinstance(operands[0], str):
        return np_einsum(*_from_sublists(operands), dtype=dtype, casting=casting, order=order)
    arrays = operands[1:]
    if dtype is not None or casting != "safe":
        kind = np.result_type(*map(kind_of, arrays)) if dtype is None else dtype
        arrays = tuple(cast(x, kind, casting) for x in arrays)
    text = explicit(operands[0], arrays)
    names, output = text.split("->")[0].split(","), text.split("->")[1]
    if len(arrays) == 1 and set(names[0]) == set(output):
        return rearranged(arrays[0], text)
    if not any([1 in shape_of(x) for x in arrays]):
        product = einsum(*arrays, subscripts=text)
        return product if order == "K" else product.copy(order)
    squeezed = [_squeeze_stretched(x, n, names, arrays) for x, n in zip(arrays, names, strict=True)]
    product = einsum(*(x for x, _ in squeezed), subscripts=",".join(n for _, n in squeezed) + "->" + output)
    return product if order == "K" else product.copy(order)


def _squeeze_stretched(x: Any, name: str, names: list[str], arrays: Any) -> tuple[Any, str]:
    """Drop the axes of length one that einsum would stretch along another axis of the same name."""
    length: dict[str, int] = {}
    for n, a in zip(names, arrays, strict=True):
        length |= {c: m for c, m in zip(n, shape_of(a), strict=True) if m != 1}
    gone = [k for k, c in enumerate(name) if shape_of(x)[k] == 1 and c in length]
    if not gone:
        return x, name
    return np.squeeze(x, tuple(gone)), "".join(c for k, c in enumerate(name) if k not in gone)


def _from_sublists(operands: tuple[Any, ...]) -> list[Any]:
    pairs = operands[: len(operands) // 2 * 2]
    write: Any = lambda axes: "".join("..." if k is Ellipsis else LETTERS[k] for k in axes)
    text = ",".join(write(axes) for axes in pairs[1::2])
    if len(operands) % 2:
        text += "->" + write(operands[-1])
    return [text, *pairs[0::2]]


# ------------------------------------------------------------------------------------------------------------
# Made of the above
# ------------------------------------------------------------------------------------------------------------


@composite(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """The dot product of NumPy: over the last axis of ``a`` and the last but one of ``b``."""
    if ndim_of(a) == 0 or ndim_of(b) == 0:
        return of_number(a, b)
    if ndim_of(b) <= 2:
        return matmul(a, b)
    return np.tensordot(a, b, ((-1,), (-2,)))


@composite(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    """The inner product over the last axes."""
    return of_number(a, b) if ndim_of(a) == 0 or ndim_of(b) == 0 else np.tensordot(a, b, ((-1,), (-1,)))


def of_number(a: Any, b: Any) -> Any:
    """The product with a number; one of Python's is a double, of which NumPy makes an array first."""
    kind = np.result_type(kind_of(a), kind_of(b))
    return in_type(a, kind) * in_type(b, kind)


@composite(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    """All products of two vectors."""
    return reshape(a, (size_of(a), 1)) * reshape(b, (1, size_of(b)))


@composite(np.linalg.outer)
def linalg_outer(x1: Any, x2: Any, /) -> Any:
    """All products of two vectors."""
    if ndim_of(x1) != 1 or ndim_of(x2) != 1:
        raise ValueError(
            f"input arrays must be one-dimensional, and have {ndim_of(x1)} and {ndim_of(x2)} axes"
        )
    return np.outer(x1, x2)


@composite(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    """The dot product of the flattened arrays, the first conjugated."""
    return matmul(in_a_row(conjugate(a)), in_a_row(b))


def in_a_row(a: Any) -> Any:
    """An array as one row; one that is a row already as it is, and no view of it."""
    return a if ndim_of(a) == 1 else np.ravel(a)


@composite(np.vecdot, np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The dot product along an axis, the first conjugated."""
    rows = np.expand_dims(np.moveaxis(conjugate(x1), axis, -1), -2)
    return matmul(rows, np.expand_dims(np.moveaxis(x2, axis, -1), -1))[..., 0, 0]


@composite(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum over pairs of axes."""
    n, m = ndim_of(a), ndim_of(b)
    if axes.__class__ is int or (ndim_of(axes) == 0 and not isinstance(axes, (tuple, list))):
        left, right = list(range(n - axes, n)), list(range(axes))
    else:
        left, right = ([int(k) for k in np.atleast_1d(part)] for part in axes)
        left, right = [position(k, n) for k in left], [position(k, m) for k in right]
    if [shape_of(a)[k] for k in left] != [shape_of(b)[k] for k in right]:
        raise ValueError("shape-mismatch for sum")
    rows = [k for k in range(n) if k not in left]
    columns = [k for k in range(m) if k not in right]
    size = math.prod([shape_of(a)[k] for k in left])
    sa, sb = [shape_of(a)[k] for k in rows], [shape_of(b)[k] for k in columns]
    flat_a = reshape(in_axes(a, (*rows, *left)), (math.prod(sa), size))
    flat_b = reshape(in_axes(b, (*right, *columns)), (size, math.prod(sb)))
    return reshape(matmul(flat_a, flat_b), (*sa, *sb))


def in_axes(a: Any, axes: tuple[int, ...]) -> Any:
    """An array with its axes in an order."""
    return a if axes == tuple(range(len(axes))) else transpose(a, axes)


@composite(np.kron)
def kron(a: Any, b: Any) -> Any:
    """The Kronecker product."""
    n = max(ndim_of(a), ndim_of(b))
    sa, sb = (1,) * (n - ndim_of(a)) + shape_of(a), (1,) * (n - ndim_of(b)) + shape_of(b)
    product = np.reshape(a, [k for m in sa for k in (m, 1)]) * np.reshape(b, [k for m in sb for k in (1, m)])
    return np.reshape(product, [p * q for p, q in zip(sa, sb, strict=True)])


@composite(np.cross, np.linalg.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """The cross product of vectors of three components."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = (pack(np.array(v)) if isinstance(v, (list, tuple)) else v for v in (a, b))
    a, b = (x if k == -1 else np.moveaxis(x, k, -1) for x, k in ((a, axisa), (b, axisb)))
    if shape_of(a)[-1] != 3 or shape_of(b)[-1] != 3:
        raise ValueError("both vectors of a cross product must have three components")
    (a1, a2), (b1, b2) = ([taken(x, (*before(x), order)) for order in OTHERS] for x in (a, b))
    found = a1 * b2 - a2 * b1
    return found if axisc == -1 else np.moveaxis(found, -1, axisc)


def before(x: Any) -> tuple[slice, ...]:
    """The index of all axes but the last."""
    return (slice(None),) * (ndim_of(x) - 1)


OTHERS = np.array([1, 2, 0]), np.array([2, 0, 1])  # the next component in turn, and the one after that


RULES[np.linalg.matmul] = lambda x1, x2, /: matmul(x1, x2)
if hasattr(np, "matvec"):  # NumPy 2.2
    RULES[np.matvec] = lambda x1, x2: matmul(a_matrix(x1), np.expand_dims(x2, -1))[..., 0]
    RULES[np.vecmat] = lambda x1, x2: matmul(np.expand_dims(conjugate(x1), -2), a_matrix(x2))[..., 0, :]


def a_matrix(a: Any) -> Any:
    """An operand that must have two axes, since it is not taken for a vector."""
    if ndim_of(a) < 2:
        raise ValueError(
            f"a matrix, or a stack of some, has two axes at least, and this operand {ndim_of(a)}"
        )
    return a


@composite(np.linalg.multi_dot)
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """The product of several matrices, in the cheapest order; the first and the last may be vectors."""
    first, *middle, last = map(as_array, arrays)
    row, column = ndim_of(first) == 1, ndim_of(last) == 1
    chain = [first[None] if row else first, *middle, last[:, None] if column else last]
    product = in_order(
        chain, cheapest([shape_of(chain[0])[0], *[shape_of(a)[1] for a in chain]]), 0, len(chain) - 1
    )
    product = product[0] if row else product
    return product[..., 0] if column else product


def cheapest(sides: list[int]) -> dict[tuple[int, int], int]:
    """Where to split each stretch of a chain of matrices, by how many products of numbers that takes."""
    cost: dict[tuple[int, int], int] = {(i, i): 0 for i in range(len(sides) - 1)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, len(sides) - 1):
        for i in range(len(sides) - 1 - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sides[i] * sides[k + 1] * sides[j + 1], k) for k in range(i, j)
            )
    return split


def in_order(chain: list[Any], split: dict[tuple[int, int], int], i: int, j: int) -> Any:
    """The product of a stretch of a chain."""
    if i == j:
        return chain[i]
    k = split[i, j]
    return matmul(in_order(chain, split, i, k), in_order(chain, split, k + 1, j))


# ------------------------------------------------------------------------------------------------------------
# Convolution
# ------------------------------------------------------------------------------------------------------------


def _convolve(a: Any, v: Any, *, mode: str) -> Any:
    return np.convolve(a, v, mode)


def _convolve_transpose(g: Any, i: int, a: Any, v: Any, *, mode: str) -> Any:
    other = np.flip(conjugate(v if i == 0 else a))
    if mode == "full":
        return convolve_(g, other, mode="valid")
    return convolve_(g, other, mode="full") if i == 0 else convolve_(other, g, mode="valid")


def _convolve_products(a: Any, v: Any, *, mode: str) -> Any:
    n, m = size_of(a), size_of(v)
    if are_many(n * m, a, v):
        return None
    each = np.expand_dims(a, 1) * v
    wide = np.concatenate([each, np.zeros((n, n))], axis=1)  # each row one place further on in the next
    found = np.sum(np.reshape(np.ravel(wide)[: n * (n + m - 1)], (n, n + m - 1)), axis=0)
    return found if mode == "full" else found[m - 1 : n]


# Of vectors, in mode "full", or in mode "valid" with the first not shorter than the second.
convolve_: Any = multilinear_rule(
    _convolve, _convolve_transpose, name="convolve", by_shapes=True, products=_convolve_products
)


@composite(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """The discrete convolution of two vectors."""
    a, v = np.atleast_1d(a), np.atleast_1d(v)
    if ndim_of(a) != 1 or ndim_of(v) != 1:
        raise ValueError("object too deep for desired array")
    n, m = size_of(a), size_of(v)
    if not n or not m:
        raise ValueError(f"{'v' if n else 'a'} cannot be empty")
    if mode == "valid":
        return convolve_(a, v, mode=mode) if n >= m else convolve_(v, a, mode=mode)
    full = convolve_(a, v, mode="full")
    start = (min(n, m) - 1) // 2
    return full if mode == "full" else full[start : start + max(n, m)]


@composite(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """The correlation of two vectors: a convolution with one of them reversed."""
    for x, name in ((a, "first"), (v, "second")):
        if ndim_of(x) != 1:
            raise ValueError(f"object {'too deep' if ndim_of(x) else 'of too small depth'} for desired array")
        if not size_of(x):
            raise ValueError(f"{name} array argument cannot be empty")
    if size_of(v) > size_of(a):
        return np.flip(np.conj(np.convolve(v, np.conj(np.flip(a)), mode)))
    return np.convolve(a, np.conj(np.flip(v)), mode)
