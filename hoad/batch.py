"""Batches: one more kind of traced value, which stands for a whole axis of values at once.

``jacobian`` and ``hessian`` push all their directions through a function together, as tangents (or
cotangents) that are batches: each NumPy call then serves every direction. A rule that has no batched form
below is run once for each member of the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .arraylike import ArrayLike
from .chainrules import RULES
from .chainrules.contraction import einsum, matmul
from .chainrules.elementwise import complex_imag, complex_real, strong_multiply
from .chainrules.indexing import getitem, scatter, where
from .chainrules.reductions import cumsum_, sum_
from .chainrules.registry import Primitive
from .chainrules.shaping import astype, broadcast_to, concatenate, reshape, stack, transpose
from .mutation import own, put
from .nested import Level

Batched = list[bool]


class Batch(ArrayLike):
    """Values along a leading axis of ``primal``, of which the rest of the program sees one at a time.

    Example:
        >>> rows = Batch(Level(), np.eye(2))
        >>> rows.shape, np.sum(rows).primal
        ((2,), array([1., 1.]))
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}
    differentiates = False

    def __init__(self, level: Level, primal: Any) -> None:
        self.level = level
        self.primal = primal

    def __repr__(self) -> str:
        return f"Batch({self.primal!r})"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one member."""
        return tuple(np.shape(self.primal)[1:])

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return self.primal.dtype

    def __bool__(self) -> bool:
        raise TypeError("a batch has no single truth value; use np.where instead of a branch")

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out the rule for all members."""
        level = self.level
        batched = [a.__class__ is Batch and a.level is level for a in args]
        primals = [a.primal if b else a for a, b in zip(args, batched, strict=True)]
        form = elementwise if is_elementwise(rule) else FORMS.get(rule)
        out = form(rule, primals, batched, **kwargs) if form is not None else None
        if out is None:
            out = one_by_one(rule, primals, batched, **kwargs)
        return tuple([Batch(level, o) for o in out]) if isinstance(out, tuple) else Batch(level, out)

    def constant(self, value: Any) -> Batch:
        """The same value for every member."""
        return Batch(self.level, own(np.broadcast_to(value, (len(self.primal), *np.shape(value)))))

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Batch:
        """Zeros for every member."""
        return Batch(self.level, np.zeros((len(self.primal), *shape), dtype))

    def frozen(self) -> Batch:
        """The same members under a handle of its own."""
        return Batch(self.level, self.primal)

    def put(self, index: Any, value: Any) -> None:
        """Write into every member."""
        whole = (slice(None), *(index if isinstance(index, tuple) else (index,)))
        if value.__class__ is Batch and value.level is self.level:
            value = value.primal
            missing = np.ndim(self.primal[whole]) - np.ndim(value)
            value = np.reshape(value, (len(value), *(1,) * missing, *np.shape(value)[1:]))
        self.primal = put(own(self.primal), whole, value)


def is_elementwise(rule: Primitive) -> bool:
    """Tell whether a rule acts on each element by itself."""
    return (
        rule.kind == "scalar"
        or rule in ELEMENTWISE
        or (isinstance(rule.function, np.ufunc) and rule.function.signature is None)
    )


def unbatch(x: Any, level: Level, n: int) -> Any:
    """All members along a leading axis, whether or not ``x`` depends on the batch."""
    if isinstance(x, Batch) and x.level is level:
        return x.primal
    return np.broadcast_to(x, (n, *np.shape(x)))


def _compared(ufunc: Any) -> Callable[..., Any]:
    return lambda self, other: RULES[ufunc](self, other)


for _name, _ufunc in {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}.items():
    setattr(Batch, f"__{_name}__", _compared(_ufunc))

# ------------------------------------------------------------------------------------------------------------
# Batched forms: rule, operands, which of them carry the leading axis, options
# ------------------------------------------------------------------------------------------------------------


def aligned(args: list[Any], batched: Batched) -> list[Any]:
    """Operands whose axes broadcast as those of single members do."""
    ndim = max(np.ndim(a) - b for a, b in zip(args, batched, strict=True))
    fits = [not b or np.ndim(a) == ndim + 1 for a, b in zip(args, batched, strict=True)]
    return [
        a if fit else np.reshape(a, (np.shape(a)[0], *(1,) * (ndim + 1 - np.ndim(a)), *np.shape(a)[1:]))
        for a, fit in zip(args, fits, strict=True)
    ]


def elementwise(rule: Any, args: list[Any], batched: Batched, **options: Any) -> Any:
    return rule(*aligned(args, batched), **options)


def one_by_one(rule: Any, args: list[Any], batched: Batched, **options: Any) -> Any:
    n = next(len(a) for a, b in zip(args, batched, strict=True) if b)
    outs = [
        rule(*(a[k] if b else a for a, b in zip(args, batched, strict=True)), **options) for k in range(n)
    ]
    if isinstance(outs[0], tuple):
        return tuple(np.stack(column) for column in zip(*outs, strict=True))
    return np.stack(outs)


def _reshape(rule: Any, args: list[Any], batched: Batched) -> Any:
    x, shape = args
    return np.reshape(x, (np.shape(x)[0], *shape))


def _transpose(rule: Any, args: list[Any], batched: Batched) -> Any:
    x, axes = args
    return np.transpose(x, (0, *(k + 1 for k in axes)))


def _broadcast_to(rule: Any, args: list[Any], batched: Batched) -> Any:
    x, shape = args
    n, own_shape = np.shape(x)[0], np.shape(x)[1:]
    return np.broadcast_to(np.reshape(x, (n, *(1,) * (len(shape) - len(own_shape)), *own_shape)), (n, *shape))


def _sum(rule: Any, args: list[Any], batched: Batched) -> Any:
    x, axis, keepdims = args
    return sum_(x, tuple(k + 1 for k in axis), keepdims)


def _cumsum(rule: Any, args: list[Any], batched: Batched) -> Any:
    return cumsum_(args[0], args[1] + 1)


def _astype(rule: Any, args: list[Any], batched: Batched) -> Any:
    return astype(*args)


def _is_simple(index: Any) -> bool:
    """An index whose result has its axes where those of a leading slice would leave them."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [k for k, p in enumerate(parts) if not (p is None or p is Ellipsis or isinstance(p, slice))]
    fancy = any(isinstance(parts[k], (np.ndarray, list)) for k in arrays)
    return not fancy or arrays == list(range(arrays[0], arrays[-1] + 1))


def _getitem(rule: Any, args: list[Any], batched: Batched) -> Any:
    x, index = args
    return x[(slice(None), *(index if isinstance(index, tuple) else (index,)))] if _is_simple(index) else None


def _scatter(rule: Any, args: list[Any], batched: Batched) -> Any:
    g, index, shape = args
    if not _is_simple(index):
        return None
    whole = (slice(None), *(index if isinstance(index, tuple) else (index,)))
    return scatter(g, whole, (np.shape(g)[0], *shape))


def _where(rule: Any, args: list[Any], batched: Batched) -> Any:
    return where(*aligned(args, batched))


def _concatenate(rule: Any, args: list[Any], batched: Batched, axis: int) -> Any:
    n = next(len(a) for a, b in zip(args, batched, strict=True) if b)
    whole = [a if b else np.broadcast_to(a, (n, *np.shape(a))) for a, b in zip(args, batched, strict=True)]
    return rule(*whole, axis=axis + 1)


def _matmul(rule: Any, args: list[Any], batched: Batched) -> Any:
    (a, b), (left, right) = args, batched
    na, nb = np.ndim(a) - left, np.ndim(b) - right
    if left and not right and na == 1 and nb <= 2:
        return a @ b
    if right and not left and na == nb == 1:
        return b @ a
    if left and not right and na == 2 and nb == 1:
        return a @ b
    if na > 2 or nb > 2:
        return None
    a = np.expand_dims(a, -2) if na == 1 else a
    b = np.expand_dims(b, -1) if nb == 1 else b
    out = a @ b
    return np.reshape(out, (np.shape(out)[0], *np.shape(out)[1 if na == 2 else 2 : 3 if nb == 2 else 2]))


def _einsum(rule: Any, args: list[Any], batched: Batched, subscripts: str) -> Any:
    inputs, output = subscripts.split("->")
    letter = next(c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba" if c not in subscripts)
    names = [letter + n if b else n for n, b in zip(inputs.split(","), batched, strict=True)]
    return einsum(*args, subscripts=",".join(names) + "->" + letter + output)


FORMS: dict[Any, Callable[..., Any]] = {
    reshape: _reshape,
    transpose: _transpose,
    broadcast_to: _broadcast_to,
    sum_: _sum,
    cumsum_: _cumsum,
    astype: _astype,
    getitem: _getitem,
    scatter: _scatter,
    where: _where,
    concatenate: _concatenate,
    stack: _concatenate,
    matmul: _matmul,
    einsum: _einsum,
}
ELEMENTWISE = frozenset({strong_multiply, complex_real, complex_imag})
