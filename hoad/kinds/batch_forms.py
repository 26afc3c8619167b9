"""What each primitive does to whole batches: the operands carry the members along a leading axis.

A form is given the rule, its operands, for each whether it carries that axis (for an index that is a tuple,
for each part of it), and the options. It returns None where it does not apply, and the rule is then carried
out once for each member.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.strided import strided
from ..chainrules.numpy.contraction import einsum, matmul, rearranged
from ..chainrules.numpy.elementwise import (
    as_complex,
    as_numbers,
    complex_imag,
    complex_real,
    of_parts,
    strong_multiply,
)
from ..chainrules.numpy.factors import applied_, inverse_
from ..chainrules.numpy.fourier import fft_, hfft_, ifft_, ihfft_, irfft_, rfft_
from ..chainrules.numpy.indexing import diagonal_, getitem, read, scatter, taken, where, windows
from ..chainrules.numpy.layouts import layout
from ..chainrules.numpy.linalg import det, inv, one_triangle, solve
from ..chainrules.numpy.reductions import cumsum_, sum_
from ..chainrules.numpy.shaping import (
    astype,
    broadcast_to,
    concatenate,
    read_only,
    reshape,
    rolled,
    stack,
    stretch,
    transpose,
    truncated,
)
from ..chainrules.refusals import refused_use
from ..chainrules.statements import Primitive
from ..errors import ArgumentError
from ..nested import Value
from ..values.constants import arange, as_array, eye, is_array, ones, zeros

Flags = list[Any]
LETTERS = "ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba"


def aligned(args: list[Any], batched: Flags) -> list[Any]:
    """Operands whose axes broadcast as those of single members do."""
    ndim = max(np.ndim(a) - b for a, b in zip(args, batched, strict=True))
    fits = [not b or np.ndim(a) == ndim + 1 for a, b in zip(args, batched, strict=True)]
    return [
        a if fit else np.reshape(a, (np.shape(a)[0], *(1,) * (ndim + 1 - np.ndim(a)), *np.shape(a)[1:]))
        for a, fit in zip(args, fits, strict=True)
    ]


def is_elementwise(rule: Primitive) -> bool:
    """Tell whether a rule acts on each element by itself."""
    return (
        rule.kind == "scalar"
        or rule in ELEMENTWISE
        or (isinstance(rule.function, np.ufunc) and rule.function.signature is None)
    )


def length(args: list[Any], batched: Flags) -> int:
    """How many members there are."""
    first, flag = next((a, b) for a, b in zip(args, batched, strict=True) if b)
    return len(first[flag.index(True)]) if isinstance(flag, tuple) else len(first)


def member(x: Value, flag: Any, k: int) -> Any:
    """What an operand is for member k."""
    if isinstance(flag, tuple):
        return tuple([p[k] if b else p for p, b in zip(x, flag, strict=True)])
    return x[k] if flag else x


def elementwise(rule: Any, args: list[Any], batched: Flags, **options: Any) -> Any:
    return rule(*aligned(args, batched), **options)


def one_by_one(rule: Any, args: list[Any], batched: Flags, **options: Any) -> Any:
    n = length(args, batched)
    if n == 0:
        return nothing(rule, args, batched, **options)
    outs = [of_member(rule, args, batched, options, k) for k in range(n)]
    if isinstance(outs[0], tuple):
        return tuple(stacked(rule, column) for column in zip(*outs, strict=True))
    return stacked(rule, outs)


def of_member(rule: Any, args: list[Any], batched: Flags, options: dict[str, Any], k: int) -> Any:
    """A rule carried out for member k."""
    return rule(*[member(a, b, k) for a, b in zip(args, batched, strict=True)], **options)


def nothing(rule: Any, args: list[Any], batched: Flags, **options: Any) -> Any:
    """What a rule gives for no members: of the shape that it has for one, a unit matrix or the like."""
    out = rule(*[stand_in(a) if b else a for a, b in zip(args, batched, strict=True)], **options)
    return tuple([np.stack([o])[:0] for o in out]) if isinstance(out, tuple) else np.stack([out])[:0]


def stand_in(x: Value) -> Any:
    """A member of an empty batch."""
    if isinstance(x, tuple):
        return tuple([stand_in(p) if np.ndim(p) else p for p in x])
    shape, kind = np.shape(x)[1:], x.dtype
    if kind.kind not in "fc" or len(shape) < 2:
        return ones(shape, kind, like=x) if kind.kind in "fc" else zeros(shape, kind, like=x)
    return np.broadcast_to(eye(shape[-2], shape[-1], 0, kind, like=x), shape)


def stacked(rule: Any, outs: Any) -> Any:
    """What a rule gives for each member, along a leading axis."""
    if len({np.shape(out) for out in outs}) > 1:
        raise ArgumentError(
            f"{rule.name} gives a different number of elements for each member of a batch, which no array "
            f"holds; np.where(mask, x, y) chooses for each element, and a loop in place of vmap(f)(x), "
            f"np.stack([f(r) for r in x]), may treat each in its own way"
        )
    return np.stack(outs)


def _reshape(rule: Any, args: list[Any], batched: Flags) -> Any:
    x, shape = args
    return np.reshape(x, (np.shape(x)[0], *shape))


def _transpose(rule: Any, args: list[Any], batched: Flags) -> Any:
    x, axes = args
    return np.transpose(x, (0, *(k + 1 for k in axes)))


def _broadcast_to(rule: Any, args: list[Any], batched: Flags) -> Any:
    x, shape = args
    n, own_shape = np.shape(x)[0], np.shape(x)[1:]
    return rule(np.reshape(x, (n, *(1,) * (len(shape) - len(own_shape)), *own_shape)), (n, *shape))


def _sum(rule: Any, args: list[Any], batched: Flags) -> Any:
    x, axis, keepdims = args
    return sum_(x, tuple(k + 1 for k in axis), keepdims)


def _cumsum(rule: Any, args: list[Any], batched: Flags) -> Any:
    return cumsum_(args[0], args[1] + 1)


def _astype(rule: Any, args: list[Any], batched: Flags) -> Any:
    return rule(*args)


def _is_simple(index: Any) -> bool:
    """An index whose result has its axes where those of a leading slice would leave them."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [k for k, p in enumerate(parts) if not (p is None or p is Ellipsis or isinstance(p, slice))]
    fancy = any(isinstance(parts[k], list) or is_array(parts[k]) for k in arrays)
    return not fancy or arrays == list(range(arrays[0], arrays[-1] + 1))


def whole_index(index: Any, flags: Any, n: int, leads: bool = True) -> tuple[Any, ...] | None:
    """An index of all members at once.

    Args:
        index: the index of a member; parts of it may be one for each member, along a leading axis.
        flags: for each part whether it is.
        n: how many members there are.
        leads: the array that is indexed has a leading axis of members.

    Returns:
        An index; None if no index leaves the axes where those of a member are.
    """
    parts = list(index) if isinstance(index, tuple) else [index]
    if not flags:
        return (slice(None), *parts) if _is_simple(index) else None
    own = list(flags) if isinstance(flags, tuple) else [True]
    for k in [k for k, p in enumerate(parts) if own[k] and p.dtype.kind == "b"][::-1]:
        positions = positions_of(parts[k])
        parts[k : k + 1], own[k : k + 1] = positions, [True] * len(positions)
    chosen = [k for k, p in enumerate(parts) if not (p is None or p is Ellipsis or isinstance(p, slice))]
    arrays = [as_array(parts[k]) for k in chosen]
    if chosen != list(range(len(chosen))) or any(a.dtype.kind == "b" for a in arrays):
        return None
    ndim = max(a.ndim - own[k] for k, a in zip(chosen, arrays, strict=True))
    for k, a in zip(chosen, arrays, strict=True):
        parts[k] = a.reshape(n, *(1,) * (ndim + 1 - a.ndim), *a.shape[1:]) if own[k] else a
    return (arange(n, like=arrays).reshape(n, *(1,) * ndim), *parts) if leads else tuple(parts)


def positions_of(mask: Any) -> list[Any]:
    """Masks of the members of a batch as positions, of which each member must have as many."""
    counts = np.count_nonzero(np.reshape(mask, (len(mask), -1)), axis=1)
    if np.any(counts != counts[:1]):
        raise ArgumentError(
            "a mask that differs between the members of a batch selects another number of elements for each; "
            "np.where(mask, x, y) chooses for each element"
        )
    return [np.reshape(p, (len(mask), -1)) for p in np.nonzero(mask)[1:]]


def _getitem(rule: Any, args: list[Any], batched: Flags) -> Any:
    x, index = args
    whole = whole_index(index, batched[1], length(args, batched), leads=bool(batched[0]))
    return None if whole is None else read(x, whole)


def _taken(rule: Any, args: list[Any], batched: Flags) -> Any:
    found = _getitem(rule, args, batched)
    return None if found is None else astype(found, found.dtype, "C")


def _scatter(rule: Any, args: list[Any], batched: Flags) -> Any:
    g, index, shape = args
    n = length(args, batched)
    whole = whole_index(index, batched[1], n)
    if whole is None:
        return None
    return scatter(g if batched[0] else np.broadcast_to(g, (n, *np.shape(g))), whole, (n, *shape))


def _where(rule: Any, args: list[Any], batched: Flags) -> Any:
    return where(*aligned(args, batched))


def _concatenate(rule: Any, args: list[Any], batched: Flags, axis: int) -> Any:
    n = length(args, batched)
    whole = [a if b else np.broadcast_to(a, (n, *np.shape(a))) for a, b in zip(args, batched, strict=True)]
    return rule(*whole, axis=axis + 1)


def _matmul(rule: Any, args: list[Any], batched: Flags) -> Any:
    (a, b), (left, right) = args, batched
    na, nb = np.ndim(a) - left, np.ndim(b) - right
    if right and not left and nb == 1 and na <= 2:  # one product of two matrices for all members
        return b @ (np.transpose(a) if na == 2 else a)
    if left and not right and nb <= 2:
        return a @ b if na == 1 or nb == 1 else in_one_product(a, b)
    a = np.expand_dims(a, -2) if na == 1 else a
    b = np.expand_dims(b, -1) if nb == 1 else b
    out = np.matmul(*aligned([a, b], batched))
    shape = np.shape(out)
    rows, columns = () if na == 1 else shape[-2:-1], () if nb == 1 else shape[-1:]
    return np.reshape(out, (*shape[:-2], *rows, *columns))


def in_one_product(a: Any, b: Any) -> Any:
    """A stack of matrices times one matrix, as one product."""
    shape = np.shape(a)
    return np.reshape(np.reshape(a, (math.prod(shape[:-1]), shape[-1])) @ b, (*shape[:-1], np.shape(b)[-1]))


def _einsum(rule: Any, args: list[Any], batched: Flags, subscripts: str, **options: bool) -> Any:
    inputs, output = subscripts.split("->")
    letter = next(c for c in LETTERS if c not in subscripts)
    names = [letter + n if b else n for n, b in zip(inputs.split(","), batched, strict=True)]
    return einsum(*args, subscripts=",".join(names) + "->" + letter + output, **options)


def _rearranged(rule: Any, args: list[Any], batched: Flags) -> Any:
    x, (names, output) = args[0], args[1].split("->")
    letter = next(c for c in LETTERS if c not in names)
    return rule(x, f"{letter}{names}->{letter}{output}")


def _windows(rule: Any, args: list[Any], batched: Flags) -> Any:
    x, shape, axes, writeable = args
    return rule(x, shape, tuple(k + 1 for k in axes), writeable)


def _strided(rule: Any, args: list[Any], batched: Flags) -> Any:
    x, shape, steps, writeable = args
    if not layout(x).flags.c_contiguous:
        raise refused_use("as_strided", "the members of this batch lie apart", "take y = x.copy()", x)
    return rule(x, (len(x), *shape), (math.prod(np.shape(x)[1:]), *steps), writeable)


def _diagonal(rule: Any, args: list[Any], batched: Flags) -> Any:
    x, offset, axis1, axis2 = args
    return rule(x, offset, axis1 + 1, axis2 + 1)


def _of_stacks(rule: Any, args: list[Any], batched: Flags) -> Any:
    return rule(*args)


def _solve(rule: Any, args: list[Any], batched: Flags, **options: Any) -> Any:
    a, b = args
    if not batched[0] and np.ndim(a) == 2 and np.ndim(b) == 3:  # the members side by side, in one solution
        n, rows, columns = np.shape(b)
        side = np.reshape(np.swapaxes(b, 1, 2), (n * columns, rows)).T  # in columns, as LAPACK takes them
        found = rule(a, side, **options)
        return np.swapaxes(np.reshape(found.T, (n, columns, np.shape(found)[0])), 1, 2)
    return rule(*aligned(args, batched), **options)


def _along_axes(rule: Any, args: list[Any], batched: Flags) -> Any:
    *rest, axes = args
    return rule(*rest, tuple([axis + 1 for axis in axes]))


FORMS: dict[Any, Callable[..., Any]] = {
    reshape: _reshape,
    transpose: _transpose,
    broadcast_to: _broadcast_to,
    sum_: _sum,
    cumsum_: _cumsum,
    stretch: _broadcast_to,
    astype: _astype,
    truncated: _astype,
    getitem: _getitem,
    taken: _taken,
    scatter: _scatter,
    where: _where,
    concatenate: _concatenate,
    stack: _concatenate,
    matmul: _matmul,
    einsum: _einsum,
    det: _of_stacks,
    fft_: _along_axes,
    ifft_: _along_axes,
    rfft_: _along_axes,
    irfft_: _along_axes,
    hfft_: _along_axes,
    ihfft_: _along_axes,
    rolled: _along_axes,
    inv: _of_stacks,
    one_triangle: _of_stacks,
    solve: _solve,
    applied_: _solve,
    inverse_: _of_stacks,
    rearranged: _rearranged,
    diagonal_: _diagonal,
    windows: _windows,
    strided: _strided,
}
ELEMENTWISE = frozenset(
    {strong_multiply, complex_real, complex_imag, of_parts, as_numbers, as_complex, read_only}
)
