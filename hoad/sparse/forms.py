"""What each linear operation does to a structured tangent.

What moves elements moves columns and coefficients alike; what scales them scales coefficients.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.numpy.elementwise import (
    strong_multiply,
)
from ..chainrules.numpy.indexing import is_basic
from ..chainrules.numpy.shaping import (
    reshape,
)
from ..chainrules.statements import Primitive
from ..kinds.batch_forms import FORMS as BATCH_FORMS
from ..kinds.batch_forms import one_by_one
from ..nested import Traced
from . import matrices
from .blocks import NONE, Block, aligned, merged, of_length, stretched
from .budget import Unstructured
from .linear_map import LinearMap, Low
from .places import sum_of

Function = Callable[..., Any]
Mine = list[bool]
Args = tuple[Any, ...]

# ------------------------------------------------------------------------------------------------------------
# Scaling and sums
# ------------------------------------------------------------------------------------------------------------


def scaled(s: LinearMap, p: Any, operation: Any = np.multiply) -> LinearMap:
    """Each element of the map combined with a number of its own."""
    if isinstance(p, Traced):
        raise Unstructured("a sparse derivative inside another")
    p = np.asarray(p)
    shape = np.broadcast_shapes(s.own_shape, p.shape)
    if s.level.marks:
        return lifted(s, shape)
    blocks = [
        Block(stretched(b.columns, shape), operation(aligned(b.coefficients, len(shape)), p), b.full)
        for b in s.blocks
    ]
    csr = None
    if s.csr is not None:
        csr = matrices.scaled(rows_of(s, shape), np.broadcast_to(p, shape).reshape(-1), operation)
    low = [(operation(aligned(c, len(shape)), p), r) for c, r in s.low]
    return s.like(shape, blocks, csr, low)


def lifted(s: LinearMap, shape: tuple[int, ...]) -> LinearMap:
    """A map to an array that is broadcast to ``shape``."""
    if shape == s.own_shape:
        return s
    csr = None if s.csr is None else rows_of(s, shape)
    low = [(stretched(c, shape), r) for c, r in s.low]
    return s.like(shape, [b.lifted(shape) for b in s.blocks], csr, low)


def rows_of(s: LinearMap, shape: tuple[int, ...]) -> Any:
    """The sparse matrix of a map whose array is broadcast to ``shape``."""
    if shape == s.own_shape:
        return s.csr
    return s.csr[np.broadcast_to(places(s.own_shape), shape).reshape(-1)]


def places(shape: tuple[int, ...]) -> np.ndarray:
    """The number of each element."""
    return np.arange(math.prod(shape)).reshape(shape)


def total(parts: list[LinearMap]) -> LinearMap:
    """The sum of maps whose shapes broadcast."""
    first, shape = parts[0], np.broadcast_shapes(*[p.own_shape for p in parts])
    parts = [lifted(p, shape) for p in parts]
    csr = None
    for p in parts:
        csr = p.csr if csr is None else csr if p.csr is None else sum_of(csr, p.csr, p.level.known)
    low: list[Low] = []
    for c, r in [pair for p in parts for pair in p.low]:
        k = next((k for k, (_, other) in enumerate(low) if same_rows(other, r)), None)
        if k is None:
            low.append((c, r))
        else:
            low[k] = (low[k][0] + c, r)
    return first.like(shape, merged([b for p in parts for b in p.blocks]), csr, low)


def same_rows(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two dense parts are combinations of the same rows."""
    return a is b or (a.ndim == b.ndim == 1 and np.array_equal(a, b))


def multiplied(rule: Primitive, args: Args, mine: Mine) -> Any:
    """``p * s``, in which one factor is plain."""
    if all(mine):
        raise Unstructured("a product of two tangents")
    s, p = args if mine[0] else args[::-1]
    return scaled(s, p, np.multiply if rule is not strong_multiply else strong_product)


def strong_product(c: np.ndarray, p: Any) -> Any:
    """A product in which zero times anything is zero."""
    with np.errstate(invalid="ignore"):
        return np.where((c == 0) | (np.asarray(p) == 0), 0.0, c * p)


def divided(rule: Primitive, args: Args, mine: Mine) -> Any:
    """``s / p``."""
    if mine[1]:
        raise Unstructured("a quotient by a tangent")
    return scaled(args[0], args[1], np.divide)


def added(rule: Primitive, args: Args, mine: Mine) -> Any:
    """A sum of tangents; a plain one is a zero tangent."""
    return combined(args, mine, [1.0, 1.0])


def subtracted(rule: Primitive, args: Args, mine: Mine) -> Any:
    """The difference of tangents."""
    return combined(args, mine, [1.0, -1.0])


def of_two_parts(rule: Primitive, args: Args, mine: Mine) -> Any:
    """``re + 1j * im``."""
    return combined(args, mine, [1.0, 1j])


def combined(args: Args, mine: Mine, factors: list[Any]) -> LinearMap:
    """A sum with constant factors, of tangents of which some may be plain zeros."""
    shape = np.broadcast_shapes(*[np.shape(a) for a in args])
    parts = [a if f == 1.0 else scaled(a, f) for a, own, f in zip(args, mine, factors, strict=True) if own]
    return lifted(parts[0], shape) if len(parts) == 1 else total(parts)


def negated(rule: Primitive, args: Args, mine: Mine) -> Any:
    """``-s``."""
    return scaled(args[0], -1.0)


def unchanged(rule: Primitive, args: Args, mine: Mine, **options: Any) -> Any:
    """``+s``."""
    return args[0]


def coefficients(rule: Primitive, args: Args, mine: Mine, **options: Any) -> Any:
    """An operation on each number by itself, linear over the reals: it acts on the coefficients."""
    s, rest = args[0], args[1:]
    if s.level.marks:
        return s
    change: Function = lambda v: matrices.storable(np.asarray(rule.function(v, *rest, **options)))
    csr = None if s.csr is None else matrices.with_entries(s.csr, change(s.csr.data))
    blocks = [Block(b.columns, change(b.coefficients), b.full) for b in s.blocks]
    return s.like(s.own_shape, blocks, csr, [(change(c), r) for c, r in low_by_columns(s)])


def low_by_columns(s: LinearMap) -> list[Low]:
    """The dense parts by columns, where a change of the coefficients would not commute with the rows."""
    if all([r.ndim == 1 or not np.iscomplexobj(r) for _, r in s.low]):
        return s.low
    return [(s.dense_part().reshape(-1, *s.own_shape), np.arange(s.level.count))]


def chosen(rule: Primitive, args: Args, mine: Mine) -> Any:
    """``np.where(condition, s, t)``."""
    condition = args[0]
    shape = np.broadcast_shapes(*[np.shape(a) for a in args])
    parts = [
        scaled(a, condition, mask)
        for a, own, mask in zip(args[1:], mine[1:], (kept, left_out), strict=True)
        if own
    ]
    return lifted(parts[0], shape) if len(parts) == 1 else total(parts)


def kept(c: np.ndarray, condition: Any) -> Any:
    """A coefficient where the condition holds."""
    return np.where(condition, c, 0)


def left_out(c: np.ndarray, condition: Any) -> Any:
    """A coefficient where the condition does not hold."""
    return np.where(condition, 0, c)


# ------------------------------------------------------------------------------------------------------------
# Movements
# ------------------------------------------------------------------------------------------------------------


def along_stack(rule: Primitive, x: np.ndarray, rest: Args, options: dict[str, Any]) -> np.ndarray:
    """An operation on each of some arrays that lie along a leading axis."""
    args, flags = [x, *rest], [True, *[False] * len(rest)]
    form = BATCH_FORMS.get(rule)
    out = form(rule, args, flags, **options) if form is not None else None
    return np.asarray(one_by_one(rule, args, flags, **options) if out is None else out)


def moved(rule: Primitive, args: Args, mine: Mine, **options: Any) -> Any:
    """An operation of which each element is one of the array's."""
    s, rest = args[0], args[1:]
    if not mine[0] or any(mine[1:]):
        raise Unstructured("a tangent that tells how elements move")
    move: Function = lambda a: along_stack(rule, a, rest, options)
    blocks = [Block(move(b.columns), move(b.coefficients), b.full) for b in s.blocks]
    low = [(move(c), r) for c, r in s.low]
    if s.csr is None and (blocks or low):
        return s.like((blocks[0][0] if blocks else low[0][0]).shape[1:], blocks, None, low)
    numbers = rule.function(places(s.own_shape), *rest, **options)
    csr = None if s.csr is None else s.csr[np.reshape(numbers, -1)]
    return s.like(np.shape(numbers), blocks, csr, low)


def joined(rule: Primitive, args: Args, mine: Mine, axis: int) -> Any:
    """``concatenate`` and ``stack``: a plain part is a zero tangent."""
    first = next(a for a, own in zip(args, mine, strict=True) if own)
    parts = [a if own else first.like(np.shape(a)) for a, own in zip(args, mine, strict=True)]
    if any([p.csr is not None or p.low for p in parts]):
        starts = np.cumsum([0, *[p.size for p in parts]])
        numbers = rule.function(
            *[places(p.own_shape) + k for p, k in zip(parts, starts, strict=False)], axis=axis
        )
        whole = matrices.joined([p.matrix() for p in parts])[numbers.reshape(-1)]
        return first.like(numbers.shape, [], whole)
    stacked = [p.one_block() for p in parts]
    most = max([len(b.columns) for b in stacked])
    stacked = [of_length(b, most) for b in stacked]
    columns = rule.function(*[b.columns for b in stacked], axis=axis + 1)
    values = rule.function(*[b.coefficients for b in stacked], axis=axis + 1)
    return first.like(columns.shape[1:], [Block(columns, values, all([b.full for b in stacked]))])


def scattered(rule: Primitive, args: Args, mine: Mine) -> Any:
    """Elements put at their places in an array of zeros, and added where one has several."""
    s, index, shape = args
    size = math.prod(shape)
    numbers = np.asarray(places(shape)[index])
    s = lifted(s, numbers.shape) if s.own_shape != numbers.shape else s
    flat = numbers.reshape(-1)
    once = is_basic(index) or not flat.size or np.bincount(flat).max() <= 1
    if once and s.csr is None:
        blocks = [
            Block(filled(b.columns, flat, shape, NONE), filled(b.coefficients, flat, shape, 0), False)
            for b in s.blocks
        ]
        return s.like(shape, blocks, None, [(filled(c, flat, shape, 0), r) for c, r in s.low])
    if s.low:
        low = [(along_stack(rule, c, (index, shape), {}), r) for c, r in s.low]
    else:
        low = []
    csr = None
    if s.csr is not None:
        whole = matrices.selection(flat, np.arange(flat.size), (size, flat.size))
        csr = matrices.of_dense(whole @ s.sparse_part())
    elif s.blocks:
        csr = matrices.by_rows(s.blocks, numbers, size, s.level.count, s.level.known)
    return s.like(shape, [], csr, low)


def filled(a: np.ndarray, flat: np.ndarray, shape: tuple[int, ...], rest: Any) -> np.ndarray:
    """Stacked arrays put at places of larger ones that hold ``rest``."""
    out = np.full((len(a), math.prod(shape)), rest, a.dtype)
    out[:, flat] = a.reshape(len(a), -1)
    return out.reshape(len(a), *shape)


def stored(s: LinearMap, index: Any, value: Any) -> LinearMap:
    """The map after ``s[index] = value``."""
    numbers = np.asarray(places(s.own_shape)[index])
    mine = value.__class__ is s.__class__ and value.level is s.level
    v = value if mine else s.like(np.shape(value))
    while len(v.own_shape) > numbers.ndim and v.own_shape[0] == 1:
        v = reshape(v, v.own_shape[1:])
    if s.csr is None and v.csr is None and not s.low and not v.low:
        return s.like(s.own_shape, [written(s, v, index)])
    size, flat = s.size, numbers.reshape(-1)
    keep = np.ones(size)
    keep[flat] = 0.0
    whole = matrices.scaled(s.matrix(), keep, np.multiply)
    last = np.full(size, NONE)
    last[flat] = np.broadcast_to(places(v.own_shape), numbers.shape).reshape(-1)
    rows = np.flatnonzero(last >= 0)
    put = matrices.selection(rows, last[rows], (size, v.size))
    kept = matrices.without_zeros(whole)
    return s.like(s.own_shape, [], kept + matrices.of_dense(put @ v.matrix()))


def written(s: LinearMap, v: LinearMap, index: Any) -> Block:
    """The terms after a write."""
    old, new = s.one_block(), v.one_block()
    most = max(len(old.columns), len(new.columns))
    old, new = of_length(old, most), of_length(new, most)
    columns = np.array(old.columns)
    values = np.array(old.coefficients, np.result_type(old.coefficients, new.coefficients))
    for k in range(most):
        columns[k][index] = new.columns[k]
        values[k][index] = new.coefficients[k]
    return Block(columns, values, False)
