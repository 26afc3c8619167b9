"""Linear differential operators at a point, as sums of derivatives along directions, all from one run of f.

Collapsed Taylor mode carries the sum of the derivatives of the highest order. The others come along: the
first derivative is linear in its direction, as the last coefficient is, so it is what the sum of those starts
with; coefficients of the orders between travel along each direction anyway; and the value is there.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from ..errors import ComplexOutputError
from ..kinds.batch import unbatch
from ..kinds.collapsed import Collapsed, Directions, weighted
from ..kinds.series import plus
from ..nested import Value
from ..running.calling import Function
from ..running.chunks import Chunks
from ..running.kept import outputs_of
from ..running.points import Point
from ..running.results import (
    along,
    by_leaf,
    complex_message,
    exact,
    is_function,
    outputs,
    owned,
    ratio,
    refuse_functions,
    stripped,
    tidy,
    zero_like,
)
from ..runs import running
from ..tangents.fit import fit_tangent
from ..values.constants import asarray
from ..values.shapes import is_complex, shape_of, size_of
from ..values.trees import number, unflatten
from .multi_indices import Index, on_support, spread, weights

FUNCTION = object()  # the operator of a function whose value is a function


class Sum(NamedTuple):
    """A sum of derivatives of one order: ``sum of weights[k] * c_order(directions[rows[k]])``, where c is a
    Taylor coefficient. A single weight is that of all.
    """

    rows: np.ndarray
    weights: Any


class Stencil(NamedTuple):
    """A differential operator at a point: the sum of its orders.

    Args:
        directions: those of the orders from 2 on, one in each row; the highest order has the first ones.
        sums: what the orders from 2 on take of these.
        slopes: directions of the first order and their weights.
        factor: of the value.
    """

    directions: np.ndarray
    sums: dict[int, Sum]
    slopes: tuple[np.ndarray, Any] | None = None
    factor: Any = None

    @property
    def order(self) -> int:
        """The highest order in it."""
        return max(self.sums, default=int(self.slopes is not None))

    def part(self, which: range) -> Stencil:
        """What some of the directions add; the first ones have what needs none with them."""
        if len(which) == len(self.directions):
            return self
        sums = {}
        for order, (rows, w) in self.sums.items():
            mine = np.flatnonzero((rows >= which.start) & (rows < which.stop))
            if len(mine):
                sums[order] = Sum(rows[mine] - which.start, w if np.ndim(w) == 0 else w[mine])
        directions = self.directions[which.start : which.stop]
        return Stencil(directions, sums, *[self.slopes, self.factor] * (which.start == 0))


def stencil(terms: dict[Index, Any], x: Any) -> Stencil:
    """An operator, with weights in the numbers of ``x``.

    Args:
        terms: multi-indices and their coefficients at the point.
        x: a number or an array of the point.
    """
    found: dict[int, dict[Index, Any]] = {}
    for i, c in terms.items():
        of_order = found.setdefault(sum(i), {})
        for direction, w in ways(i).items():
            of_order[direction] = of_order.get(direction, 0.0) + ratio(w, x) * c
    (factor,) = found.pop(0, {(): None}).values()
    first = found.pop(1, None)
    slopes = None if first is None else (np.array(list(first), dtype=float), stacked(list(first.values())))
    places: dict[Index, int] = {}
    sums = {}
    for order in sorted(found, reverse=True):
        rows = [places.setdefault(direction, len(places)) for direction in found[order]]
        sums[order] = Sum(np.array(rows), stacked(list(found[order].values())))
    directions = np.array(list(places), dtype=float).reshape(len(places), len(next(iter(terms))))
    return Stencil(directions, sums, slopes, factor)


@functools.lru_cache(maxsize=4096)
def ways(i: Index) -> dict[Index, Any]:
    """The directions whose Taylor coefficients add up to a mixed derivative, and their exact weights. They
    are as short as whole numbers make them, so that orders share them.

    Example:
        >>> ways((0, 2)), ways((0, 4)), ways((0, 0))
        ({(0, 1): Fraction(2, 1)}, {(0, 1): Fraction(24, 1)}, {(0, 0): 1})
    """
    support, pattern = on_support(i)
    if not support:
        return {i: 1}
    found = {}
    for j, w in weights(pattern).items():
        n = math.gcd(*j)
        found[spread(tuple([p // n for p in j]), support, len(i))] = w * n ** sum(i)
    return found


def stacked(each: list[Any]) -> Any:
    """Weights as one array."""
    plain = all(shape_of(w) == () and isinstance(w, float) for w in each)
    return np.array(each) if plain else np.stack(each)


def collapsed(f: Function, point: Point, operator: Stencil, chunks: Chunks) -> Any:
    """A differential operator of each number in the value of f.

    Returns:
        Its value, of the structure and shape of f's; ``FUNCTION`` if that is one.
    """
    x = point.differentiated()
    total = sum(size_of(v) for v in x)
    work: Function = lambda which: run(f, point, operator.part(which))
    (result, structure), *rest = chunks.map(work, len(operator.directions), total, like=x)
    if result is FUNCTION:
        return FUNCTION
    for found, _ in rest:
        result = [a + b if number(a) else a for a, b in zip(result, found, strict=True)]
    return unflatten(structure, [tidy(1.0, leaf) for leaf in result])


def run(f: Function, point: Point, operator: Stencil) -> tuple[Any, Any]:
    """The same from one run, with the leaves of the result by themselves."""
    order, rows, x = operator.order, operator.directions, point.differentiated()
    sums = {k: Sum(s.rows, located(s.weights, x)) for k, s in operator.sums.items()}
    level = Directions(order, sums[order].weights if sums else 0.0, len(rows))
    with running(level, level.batch, level.inner):
        batches = along(rows, x, level.batch)
        starts = [level.entered(*parts) for parts in zip(x, batches, moves(operator, x), strict=True)]
        leaves, structure = (
            outputs_of(f, point.replaced(starts), level) if order else outputs(f(*point.values))
        )
    if structure is None and is_function(leaves[0]):
        return FUNCTION, None
    refuse_functions(leaves, structure)
    for leaf in leaves:
        if order and number(leaf) and is_complex(leaf):
            raise ComplexOutputError(complex_message(stripped(leaf, level)))
    lower = {k: s for k, s in sums.items() if k < order}
    return [total_of(leaf, level, lower, operator.factor) for leaf in leaves], structure


def located(w: Any, x: list[Any]) -> Any:
    """Weights where the point lies; a single one is a number."""
    return w if np.ndim(w) == 0 else asarray(w, like=x)


def moves(operator: Stencil, x: list[Any]) -> list[Any]:
    """The direction in which the first derivative is taken, in the leaves of the point; None without one."""
    if operator.slopes is None:
        return [None] * len(x)
    rows, w = operator.slopes
    return [weighted(located(w, x), exact(part, v)) for v, part in zip(x, by_leaf(rows, x), strict=True)]


def total_of(leaf: Value, level: Directions, lower: dict[int, Sum], factor: Any) -> Any:
    """The sum over all orders, of one leaf of a value."""
    if not number(leaf):
        return leaf
    value, found = leaf, None
    if leaf.__class__ is Collapsed and leaf.level is level:
        value, found = leaf.primal, leaf.slot
        for order, (rows, w) in lower.items():
            c = leaf.tangent[order - 1]
            if c is not None:
                found = plus(found, weighted(w, unbatch(c, level.batch, level.count)[rows]))
    if factor is not None:
        found = plus(found, factor * value)
    return zero_like(value) if found is None else owned(fit_tangent(found, value))
