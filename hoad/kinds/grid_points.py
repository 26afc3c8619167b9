"""Which point of a grid each element of an array depends on, and what each kind of operation makes of that.

The points of a grid are numbered. An array of such numbers stands beside a value: ``NONE`` for an element
that depends on no point, ``SEVERAL`` for one that depends on more than one. These are facts of the program,
whatever the numbers in it are: of ``x - np.mean(x)`` every element depends on several points, where all are
equal too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.numpy.contraction import einsum, matmul, rearranged
from ..chainrules.numpy.elementwise import as_complex, as_numbers
from ..chainrules.numpy.extremes import largest, smallest
from ..chainrules.numpy.fourier import fft_, hfft_, ifft_, ihfft_, irfft_, rfft_
from ..chainrules.numpy.indexing import diagonal_, getitem, scatter, taken, where, windows
from ..chainrules.numpy.linalg import cholesky_lower, det, inv, slogdet, solve
from ..chainrules.numpy.reductions import (
    cumprod_last,
    cumsum_,
    length,
    prod_last,
    sum_,
)
from ..chainrules.numpy.shaping import (
    astype,
    broadcast_to,
    concatenate,
    reshape,
    rolled,
    stack,
    stretch,
    transpose,
    truncated,
)
from ..chainrules.statements import Primitive
from ..nested import Traced, Value
from ..values.constants import is_elsewhere
from ..values.shapes import size_of
from .batch_forms import is_elementwise

Points = Any  # an array of numbers of points; None for an operand that depends on none
NONE, SEVERAL = -1, np.iinfo(np.intp).max


def points_of(
    rule: Primitive, points: list[Points], args: tuple[Any, ...], kwargs: Any, out: Value
) -> Points:
    """The points that each element of a result depends on.

    Args:
        rule: the function.
        points: those of its operands.
        args: its operands, without the level of the grid.
        kwargs: its options.
        out: its result.

    Returns:
        An array of the shape of the result; it may share its memory with one of the operands'.
    """
    form = FORMS.get(rule)
    if form is None and is_elementwise(rule):
        return elementwise(points, np.shape(out))
    found = form(points, args, out, **kwargs) if form is not None else None
    return overall(points, out) if found is None else found


def nowhere(shape: tuple[int, ...]) -> Points:
    """Elements that depend on no point."""
    return np.broadcast_to(np.intp(NONE), shape)


def both(s: Points, t: Points) -> Points:
    """The points of what depends on two elements."""
    if s is t:
        return s
    most = np.maximum(s, t)
    return np.where((s == t) | (s == NONE) | (t == NONE), most, SEVERAL)


def merged(s: Points, axes: Any, keepdims: bool = False) -> Points:
    """The points of what depends on all elements along some axes."""
    if not size_of(s):
        return np.full(np.sum(s, axis=axes, keepdims=keepdims).shape, NONE)
    most = np.max(s, axis=axes, keepdims=keepdims)
    least = np.min(np.where(s == NONE, SEVERAL, s), axis=axes, keepdims=keepdims)
    return np.where((least == most) | (most == NONE), most, SEVERAL)


def running(s: Points, axis: int) -> Points:
    """The points of what depends on an element and all before it."""
    most = np.maximum.accumulate(s, axis=axis)
    least = np.minimum.accumulate(np.where(s == NONE, SEVERAL, s), axis=axis)
    return np.where((least == most) | (most == NONE), most, SEVERAL)


def all_of(parts: list[Points]) -> Points:
    """The points of what depends on an element of each operand, which broadcast."""
    found = [s for s in parts if s is not None]
    total = found[0]
    for s in found[1:]:
        total = both(total, s)
    return total


def elementwise(points: list[Points], shape: tuple[int, ...]) -> Points:
    """Each element of the result depends on those at its place."""
    found = all_of(points)
    return found if np.shape(found) == shape else np.broadcast_to(found, shape)


def overall(points: list[Points], out: Value) -> Points:
    """Every element of the result, or of several results, depends on all elements of all operands."""
    whole = all_of([merged(s, None) for s in points if s is not None])
    if isinstance(out, tuple):
        return tuple([np.broadcast_to(whole, np.shape(o)) for o in out])
    return np.broadcast_to(whole, np.shape(out))


# ------------------------------------------------------------------------------------------------------------
# Forms: the points of the operands, the operands, the result; None where the result may depend on everything
# ------------------------------------------------------------------------------------------------------------


def _moved(rule: Any) -> Callable[..., Points]:
    """A function that gives elements of its first argument in other places: it is applied to the points."""

    def form(points: list[Points], args: Any, out: Value, **options: Any) -> Points:
        known = points[0] is not None and not any([holds_traced(a) for a in args[1:]])
        return rule.function(points[0], *args[1:], **options) if known else None

    return form


def holds_traced(x: Value) -> bool:
    """Tell whether an index holds a traced value: a batch, by which each member takes other elements."""
    return any([isinstance(part, Traced) for part in x]) if isinstance(x, tuple) else isinstance(x, Traced)


def _same(points: list[Points], args: Any, out: Value, **options: Any) -> Points:
    return points[0]


def _parts(points: list[Points], args: Any, out: Value) -> Points:
    """Complex numbers as pairs of real ones."""
    return np.repeat(points[0], 2, -1)


def _pairs(points: list[Points], args: Any, out: Value) -> Points:
    """Pairs of real numbers as complex ones."""
    return both(points[0][..., 0::2], points[0][..., 1::2])


def _scatter(points: list[Points], args: Any, out: Value) -> Points:
    """Elements that fall on the same place are added."""
    if holds_traced(args[1]) or points[0] is None:
        return None
    most, least = np.full(args[2], NONE), np.full(args[2], SEVERAL)
    np.maximum.at(most, args[1], points[0])
    np.minimum.at(least, args[1], np.where(points[0] == NONE, SEVERAL, points[0]))
    return np.where((least == most) | (most == NONE), most, SEVERAL)


def _where(points: list[Points], args: Any, out: Value) -> Points:
    if isinstance(args[0], Traced) or points[0] is not None or is_elsewhere(args[0]):
        return elementwise(points, np.shape(out))  # nobody waits for a device to know which
    chosen = np.where(args[0], *[NONE if s is None else s for s in points[1:]])
    return np.broadcast_to(chosen, np.shape(out))  # which has the shape of a constant among the choices


def _concatenate(points: list[Points], args: Any, out: Value, axis: int) -> Points:
    whole = [nowhere(np.shape(a)) if s is None else s for s, a in zip(points, args, strict=True)]
    return np.concatenate(whole, axis=axis)


def _stack(points: list[Points], args: Any, out: Value, axis: int) -> Points:
    whole = [nowhere(np.shape(a)) if s is None else s for s, a in zip(points, args, strict=True)]
    return np.stack(whole, axis=axis)


def _reduced(points: list[Points], args: Any, out: Value) -> Points:
    return merged(points[0], args[1], args[2])


def _cumsum(points: list[Points], args: Any, out: Value) -> Points:
    return running(points[0], args[1])


def along(points: list[Points], args: Any, out: Value) -> Points:
    return np.broadcast_to(merged(points[0], args[-1], keepdims=True), np.shape(out))


def _matmul(points: list[Points], args: Any, out: Value) -> Points:
    """Each element depends on a row of the one matrix and a column of the other."""
    s, t = points
    if s is not None:
        s = merged(s, -1, keepdims=np.ndim(args[1]) > 1)
    if t is not None:
        t = merged(t, -2 if np.ndim(t) > 1 else -1, keepdims=np.ndim(args[0]) > 1 and np.ndim(t) > 1)
    return elementwise([s, t], np.shape(out))


def _einsum(points: list[Points], args: Any, out: Value, subscripts: str, **_: Any) -> Points:
    inputs, output = subscripts.split("->")
    parts = [
        None if s is None else _in_place_of(s, names, output)
        for s, names in zip(points, inputs.split(","), strict=True)
    ]
    return elementwise(parts, np.shape(out))


def _in_place_of(s: Points, names: str, output: str) -> Points:
    """The points of one factor, along the axes of the product."""
    kept = [c for c in output if c in names]
    summed = sorted(set(names) - set(output))
    s = np.einsum(f"{names}->{''.join([*kept, *summed])}", s)  # no sum: diagonals, and axes in another order
    s = merged(s, tuple(range(len(kept), np.ndim(s)))) if summed else s
    return np.reshape(s, [s.shape[kept.index(c)] if c in kept else 1 for c in output])


def _stacked(core: int) -> Callable[..., Points]:
    """A function of the last axes, whatever the ones before: of each matrix in a stack, of each row."""

    def form(points: list[Points], args: Any, out: Value) -> Points:
        parts = [None if s is None else merged(s, tuple(range(-core, 0))) for s in points]
        leading = all_of(parts)
        if isinstance(out, tuple):
            return tuple([_spread(leading, np.shape(o)) for o in out])
        return _spread(leading, np.shape(out))

    return form


def _spread(leading: Points, shape: tuple[int, ...]) -> Points:
    """Points of stacked results, over the axes of each."""
    core = (1,) * (len(shape) - np.ndim(leading))
    return np.broadcast_to(np.reshape(leading, (*np.shape(leading), *core)), shape)


MATRICES = (det, inv, slogdet, solve, cholesky_lower)
FORMS: dict[Any, Callable[..., Points]] = {
    **{rule: _moved(rule) for rule in (reshape, transpose, broadcast_to, stretch, rearranged, rolled)},
    **{rule: _moved(rule) for rule in (getitem, taken, diagonal_, windows)},
    **dict.fromkeys((astype, truncated), _same),
    **dict.fromkeys((sum_, largest, smallest, length), _reduced),
    **dict.fromkeys((fft_, ifft_, rfft_, irfft_, hfft_, ihfft_), along),
    **dict.fromkeys(MATRICES, _stacked(2)),
    prod_last: _stacked(1),
    as_numbers: _parts,
    as_complex: _pairs,
    cumprod_last: lambda points, args, out: running(points[0], -1),
    scatter: _scatter,
    where: _where,
    concatenate: _concatenate,
    stack: _stack,
    cumsum_: _cumsum,
    matmul: _matmul,
    einsum: _einsum,
}
