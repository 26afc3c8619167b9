"""``Structured``: linear maps as tangents, at work."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.strided import strided
from ..chainrules import RULES
from ..chainrules.numpy.contraction import einsum, matmul, rearranged
from ..chainrules.numpy.elementwise import (
    as_complex,
    as_numbers,
    complex_imag,
    complex_real,
    of_parts,
    strong_multiply,
)
from ..chainrules.numpy.indexing import diagonal_, getitem, scatter, taken, where, windows
from ..chainrules.numpy.reductions import sum_
from ..chainrules.numpy.shaping import (
    astype,
    boxed,
    broadcast_to,
    concatenate,
    read_only,
    reshape,
    rolled,
    stack,
    stretch,
    transpose,
)
from ..chainrules.scipy.sparse_products import product_, sampled_
from ..chainrules.statements import Primitive
from ..kinds.batch_forms import is_elementwise
from .blocks import Block
from .budget import Budget, Unstructured
from .contractions import by_letters, product, summed
from .forms import (
    added,
    chosen,
    coefficients,
    divided,
    joined,
    moved,
    multiplied,
    negated,
    of_two_parts,
    scattered,
    stored,
    subtracted,
    unchanged,
)
from .linear_map import Columns, LinearMap
from .matrices import storable
from .sparse_products import sparse_product, sparse_sampled
from .without_form import by_rows

__all__ = ["Budget", "Columns", "Structured", "as_array", "identities", "identity"]

FORMS: dict[Any, Callable[..., Any]] = {
    RULES[np.multiply]: multiplied,
    RULES[np.divide]: divided,
    RULES[np.add]: added,
    RULES[np.subtract]: subtracted,
    RULES[np.negative]: negated,
    RULES[np.positive]: unchanged,
    RULES[np.conjugate]: coefficients,
    strong_multiply: multiplied,
    of_parts: of_two_parts,
    complex_real: coefficients,
    complex_imag: coefficients,
    as_numbers: unchanged,
    as_complex: coefficients,
    read_only: unchanged,
    boxed: unchanged,
    astype: coefficients,
    where: chosen,
    getitem: moved,
    taken: moved,
    reshape: moved,
    transpose: moved,
    rolled: moved,
    broadcast_to: moved,
    stretch: moved,
    diagonal_: moved,
    windows: moved,
    rearranged: moved,
    strided: moved,
    concatenate: joined,
    stack: joined,
    scatter: scattered,
    sum_: summed,
    matmul: product,
    einsum: by_letters,
    product_: sparse_product,
    sampled_: sparse_sampled,
}


def form_of(rule: Primitive) -> Callable[..., Any]:
    """What carries out a rule."""
    found = FORMS.get(rule)
    if found is None and rule.is_view and rule.kind == "linear" and not is_elementwise(rule):
        return moved
    return found or by_rows


class Structured(LinearMap):
    """A linear map from ``level.count`` inputs to an array.

    Example:
        >>> x = identity(np.zeros(3), Columns(3))
        >>> y = 2.0 * x[1:] - x[:-1]
        >>> y.matrix().toarray()
        array([[-1.,  2.,  0.],
               [ 0., -1.,  2.]])
    """

    __slots__ = ()

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out a linear operation."""
        mine = [a.__class__ is Structured and a.level is self.level for a in args]
        out = form_of(rule)(rule, args, mine, **kwargs)
        return (
            out.frozen() if any([out is a for a in args]) else out
        )  # one may be written to, and not the other

    def constant(self, value: Any) -> LinearMap:
        """A map to zero."""
        return self.like(np.shape(value))

    def blank(self, shape: tuple[int, ...], dtype: Any) -> LinearMap:
        """A map to zero."""
        return self.like(shape)

    def frozen(self) -> LinearMap:
        """The same map under a handle of its own."""
        return self.like(self.own_shape, list(self.blocks), self.csr, list(self.low))

    def copy(self, order: str = "C") -> LinearMap:
        """The same; contents are never written to in place."""
        return self.frozen()

    def store(self, index: Any, value: Any) -> None:
        """``self[index] = value``."""
        new = stored(self, index, value)
        self.blocks, self.csr, self.low = new.blocks, new.csr, new.low


def identity(x: Any, level: Columns, start: int = 0) -> Structured:
    """The map of the inputs to those of them that stand in ``x``."""
    size, shape = int(np.size(x)), np.shape(x)
    columns = np.arange(start, start + size, dtype=np.int32).reshape(1, *shape)
    kind = x.dtype if getattr(getattr(x, "dtype", None), "kind", "") == "f" else np.dtype(float)
    ones = storable(np.ones((1, *shape), kind))
    if level.budget is None or level.budget.carried is None:
        return Structured(level, shape, [Block(columns, ones)])
    columns = level.budget.sampled(columns)
    return Structured(level, shape, [Block(columns, ones * (columns >= 0), False)])


def identities(leaves: list[Any], level: Columns) -> list[Structured]:
    """The maps of all numbers of some leaves to each of those."""
    starts = itertools.accumulate([0, *[int(np.size(x)) for x in leaves]])
    return [identity(x, level, k) for x, k in zip(leaves, starts, strict=False)]


def as_array(change: Any, x: Any, level: Columns) -> np.ndarray:
    """A tangent as a matrix, a row for each input; what is no map is zero.

    Raises:
        Unstructured: it is neither.
    """
    if isinstance(change, Structured):
        return change.dense()
    if change is not None and np.any(np.asarray(change)):
        raise Unstructured("a tangent that is no linear map of the inputs")
    return np.zeros((level.count, int(np.size(x))))
