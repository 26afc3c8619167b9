"""Linear differential operators, in collapsed Taylor mode: Laplacian, biharmonic operator, and any other."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, ComplexOutputError, NonScalarOutputError
from ..kinds.collapsed import Collapsed, Directions
from ..nested import Value
from ..running.calling import Argnums, Function, select
from ..running.chunks import Chunks
from ..running.kept import outputs_of
from ..running.operator import LATER, operator
from ..running.points import Point
from ..running.results import (
    along,
    complex_message,
    holds_functions,
    is_function,
    owned,
    ratio,
    stripped,
    tidy,
    zero_like,
)
from ..running.spread import in_chunks
from ..runs import running
from ..values.constants import asarray
from ..values.shapes import is_complex, shape_of, size_of
from ..values.trees import flatten_result, number, unflatten
from .multi_indices import on_support, spread, weights

Index = tuple[int, ...]


class Stencil(NamedTuple):
    """A sum of derivatives of one order along directions: ``sum of weights[k] * c_order(directions[k])``,
    where c is a Taylor coefficient.
    """

    order: int
    directions: np.ndarray
    weights: Any


def collapsed(f: Function, point: Point, stencil: Stencil, chunks: Chunks) -> Any:
    """A sum of derivatives along directions, of each number in the value of f.

    Returns:
        The sum, of the structure and shape of f's value; None if that is a function.
    """
    x = point.differentiated()
    total = sum(size_of(v) for v in x)
    parts = chunks.map(lambda which: run(f, point, stencil, which), len(stencil.directions), total, like=x)
    result, structure = parts[0]
    if result is None:
        return None
    for found, _ in parts[1:]:
        result = [a + b if number(a) else a for a, b in zip(result, found, strict=True)]
    return unflatten(structure, [tidy(1.0, leaf) for leaf in result])


def run(f: Function, point: Point, stencil: Stencil, which: range) -> tuple[list[Any] | None, Any]:
    """The same for some of the directions, with the leaves of the result by themselves."""
    order, rows, w = stencil.order, stencil.directions[which.start : which.stop], stencil.weights
    w = w if np.ndim(w) == 0 else w[which.start : which.stop]
    x = point.differentiated()
    level = Directions(order, w if np.ndim(w) == 0 else asarray(w, like=x), len(rows))
    with running(level, level.batch, level.inner):
        inputs = [level.entered(v, part) for v, part in zip(x, along(rows, x, level.batch), strict=True)]
        leaves, structure = outputs_of(f, point.replaced(inputs), level)
    if structure is None and is_function(leaves[0]):
        return None, None
    if holds_functions(leaves, structure):
        raise NonScalarOutputError(
            "the value is a container with functions in it; apply the operator to one of them: "
            "lambda x: f(x)[0]"
        )
    for leaf in leaves:
        if number(leaf) and is_complex(leaf):
            raise ComplexOutputError(complex_message(stripped(leaf, level)))
    return [last_of(leaf, level) for leaf in leaves], structure


def last_of(leaf: Value, level: Directions) -> Any:
    """The sum that a leaf of a value carries."""
    if leaf.__class__ is Collapsed and leaf.level is level:
        return zero_like(leaf.primal) if leaf.slot is None else owned(leaf.slot)
    return zero_like(leaf)


def evaluate(
    stencil_of: Callable[[int], Stencil],
    f: Function,
    args: Any,
    kwargs: Any,
    argnums: Argnums,
    chunks: Chunks,
) -> Any:
    """An operator of constant coefficients at a point."""
    g, values, names = select(f, args, kwargs, argnums)
    point = Point(values, names)
    n = sum(size_of(v) for v in point.differentiated())
    result = collapsed(g, point, stencil_of(n), chunks)
    if result is None:
        return lambda *more, **named: evaluate(
            stencil_of, lambda *a, **k: f(*a, **k)(*more, **named), args, kwargs, argnums, chunks
        )
    return result


# ------------------------------------------------------------------------------------------------------------
# Laplacian and biharmonic operator
# ------------------------------------------------------------------------------------------------------------


def laplacian_stencil(n: int) -> Stencil:
    """The sum of the second derivatives along the axes."""
    return Stencil(2, np.eye(n), 2.0)


def biharmonic_stencil(n: int) -> Stencil:
    """The Laplacian of the Laplacian, by fourth derivatives along axes and diagonals.

    The fourth derivatives along ``a + b`` and ``a - b`` add up to twice those along a and b and twelve times
    the mixed one.
    """
    axes = np.eye(n)
    pairs = list(itertools.combinations(range(n), 2))
    diagonals = [axes[i] + sign * axes[j] for i, j in pairs for sign in (1, -1)]
    w = [24.0 * (1.0 - (n - 1) / 3.0)] * n + [24.0 / 6.0] * len(diagonals)
    return Stencil(4, np.array([*axes, *diagonals]).reshape(-1, n), np.array(w))


@operator(in_chunks(functools.partial(evaluate, laplacian_stencil), "Laplacian"))
def laplacian(
    f: Function,
    *args: Any,
    argnums: Argnums = 0,
    chunk_size: int | None = None,
    progress: bool = False,
    **kwargs: Any,
) -> Any:
    """Give the Laplacian: the sum of the second derivatives by each element.

    One run of f in collapsed Taylor mode (the forward Laplacian): all first derivatives travel, but only one
    sum of second derivatives.

    Args:
        f: a function whose value is a real number, an array or a container.
        args: its arguments; without them, the Laplacian is returned as a function.
        argnums: which arguments to differentiate.
        chunk_size: how many directions to take at once; see ``hoad.jacobian``.
        progress: show a progress bar (by tqdm).
        kwargs: passed on to f.

    Returns:
        The Laplacian of each number in f's value, of the structure and shape of that.

    Raises:
        ArgumentError: f is no function, or ``chunk_size`` no positive integer.
        NotDifferentiableError: an argument is no number, array or container of such.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.laplacian(lambda x: np.sum(x**3), np.array([1.0, 2.0]))
        18.0
    """


@operator(in_chunks(functools.partial(evaluate, biharmonic_stencil), "biharmonic"))
def biharmonic(
    f: Function,
    *args: Any,
    argnums: Argnums = 0,
    chunk_size: int | None = None,
    progress: bool = False,
    **kwargs: Any,
) -> Any:
    """Give the Laplacian of the Laplacian, by fourth derivatives along n**2 directions.

    Args:
        f: as for ``laplacian``.
        args: its arguments.
        argnums: which arguments to differentiate.
        chunk_size: how many directions to take at once; see ``hoad.jacobian``.
        progress: show a progress bar (by tqdm).
        kwargs: passed on to f.

    Returns:
        The sum of all ``d^4 f / dx_i^2 dx_j^2``, of the structure and shape of f's value.

    Raises:
        ArgumentError: f is no function, or ``chunk_size`` no positive integer.
        NotDifferentiableError: an argument is no number, array or container of such.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> round(hoad.biharmonic(lambda x: np.sum(x**2)**2, np.array([1.0, 2.0, 3.0])), 10)
        120.0
    """


# ------------------------------------------------------------------------------------------------------------
# Any operator
# ------------------------------------------------------------------------------------------------------------


def _applied(
    f: Function,
    args: Any,
    kwargs: Any,
    self: DifferentialOperator,
    chunk_size: int | None = None,
    progress: bool = False,
) -> Any:
    return self.applied(f, args[0], Chunks(chunk_size, progress, "operator"))


class DifferentialOperator:
    """A linear differential operator: a sum of mixed derivatives with coefficients.

    Args:
        terms: a dictionary from multi-indices to coefficients. A multi-index says how often each element of
            the argument is taken: ``(2, 0, 1)`` is the third derivative, twice by the first element and once
            by the third. A coefficient is a number, or a function of the point.

    Raises:
        ArgumentError: a multi-index that is none, or multi-indices of different lengths.

    Example:
        >>> import numpy as np, hoad
        >>> heat = hoad.DifferentialOperator({(1, 0): 1.0, (0, 2): -1.0})  # u_t - u_xx
        >>> heat(lambda p: np.exp(-p[0]) * np.sin(p[1]), np.array([0.5, 1.0]))
        0.0
        >>> (2 * heat + heat).terms
        {(1, 0): 3.0, (0, 2): -3.0}
    """

    def __init__(self, terms: Mapping[Index, Any]) -> None:
        self.terms = {checked_index(i): c for i, c in dict(terms).items()}
        if len({len(i) for i in self.terms}) != 1:
            raise ArgumentError(
                f"the multi-indices {list(self.terms)} must have one length, the number of elements of the "
                f"argument, and there must be at least one"
            )

    @property
    def size(self) -> int:
        """The number of elements of the argument."""
        return len(next(iter(self.terms)))

    @property
    def order(self) -> int:
        """The highest order of a derivative in it."""
        return max(sum(i) for i in self.terms)

    @operator(_applied)
    def __call__(
        self, f: Function, x: Any = LATER, *, chunk_size: int | None = None, progress: bool = False
    ) -> Any:
        """Apply the operator to a function, at a point if there is one.

        Args:
            f: a function of one argument, which may be an array or a container.
            x: the point; without it, the result is a function.
            chunk_size: how many directions to take at once.
            progress: show a progress bar (by tqdm).

        Returns:
            A value of the structure and shape of f's value, or a function of the point.
        """

    def applied(self, f: Function, x: Any, chunks: Chunks) -> Any:
        """The operator at a point."""
        point = Point([x], ["the point"])
        self.check(point)
        parts = [self._of_order(f, x, point, order, chunks) for order in self.orders()]
        leaves = [flatten_result(part) for part in parts]
        sums = [sum(column[1:], column[0]) for column in zip(*[part for part, _ in leaves], strict=True)]
        return unflatten(leaves[0][1], sums)

    def check(self, point: Point) -> None:
        """Refuse a point that has not as many elements as the multi-indices have entries."""
        n = sum(size_of(v) for v in point.differentiated())
        if n != self.size:
            raise ArgumentError(
                f"the point has {n} elements, and the multi-indices of the operator have {self.size} entries"
            )

    def orders(self) -> list[int]:
        """The orders of the derivatives in it."""
        return sorted({sum(i) for i in self.terms})

    def _of_order(self, f: Function, x: Any, point: Point, order: int, chunks: Chunks) -> Any:
        terms = {i: c(x) if callable(c) else c for i, c in self.terms.items() if sum(i) == order}
        if order == 0:
            leaves, structure = flatten_result(f(x))
            (factor,) = terms.values()
            return unflatten(structure, [factor * leaf for leaf in leaves])
        return collapsed(f, point, stencil(terms, order, point.differentiated()[0]), chunks)

    def __add__(self, other: DifferentialOperator) -> DifferentialOperator:
        if not isinstance(other, DifferentialOperator):
            return NotImplemented
        terms = dict(self.terms)
        for i, c in other.terms.items():
            terms[i] = added(terms[i], c) if i in terms else c
        return DifferentialOperator(terms)

    def __mul__(self, factor: Any) -> DifferentialOperator:
        return DifferentialOperator({i: scaled(c, factor) for i, c in self.terms.items()})

    __rmul__ = __mul__

    def __neg__(self) -> DifferentialOperator:
        return self * -1.0

    def __sub__(self, other: DifferentialOperator) -> DifferentialOperator:
        return self + -other

    def __repr__(self) -> str:
        return f"DifferentialOperator({self.terms!r})"


def added(a: Any, b: Any) -> Any:
    """The sum of two coefficients, of which either may be a function of the point."""
    if callable(a) or callable(b):
        return lambda x: (a(x) if callable(a) else a) + (b(x) if callable(b) else b)
    return a + b


def scaled(c: Any, factor: Any) -> Any:
    """A coefficient times a number, or a function of the point."""
    if callable(c) or callable(factor):
        return lambda x: (c(x) if callable(c) else c) * (factor(x) if callable(factor) else factor)
    return factor * c


def checked_index(i: Any) -> Index:
    """A multi-index."""
    entries = tuple(i) if isinstance(i, (tuple, list, np.ndarray)) else ()
    if not entries or not all(
        isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n >= 0 for n in entries
    ):
        raise ArgumentError(
            f"the multi-index {i!r} must be a tuple of integers, 0 or larger: how often each element is taken"
        )
    return tuple([int(n) for n in entries])


def stencil(terms: dict[Index, Any], order: int, x: Any) -> Stencil:
    """Mixed derivatives of one order as a sum of derivatives along directions, with weights in the numbers of
    ``x``.
    """
    found: dict[Index, Any] = {}
    for i, c in terms.items():
        support, pattern = on_support(i)
        for j, w in weights(pattern).items():
            direction = spread(j, support, len(i))
            found[direction] = found.get(direction, 0.0) + ratio(w, x) * c
    directions = np.array(list(found), dtype=float)
    each = list(found.values())
    plain = all(shape_of(w) == () and isinstance(w, float) for w in each)
    return Stencil(order, directions, np.array(each) if plain else np.stack(each))


def _partial(f: Function, args: Any, kwargs: Any, orders: Any) -> Any:
    entries = np.asarray(orders, dtype=object).ravel().tolist()
    return _applied(f, args, kwargs, DifferentialOperator({tuple(entries): 1.0}))


@operator(_partial)
def partial(f: Function, x: Any = LATER, orders: Any = LATER) -> Any:
    """Give one mixed partial derivative, of any order.

    Args:
        f: a function of one argument.
        x: the point: a number, an array or a container; without it, the derivative is returned as a function.
        orders: how often to differentiate by each element of ``x``: a multi-index, as a sequence with one
            entry for each element, or an array of integers of the shape of ``x``.

    Returns:
        The derivative, of the structure and shape of f's value.

    Raises:
        ArgumentError: ``orders`` does not fit ``x``, or has an entry that is no order.

    Example:
        >>> import numpy as np, hoad
        >>> f = lambda x: x[0]**2 * x[1] * x[2]
        >>> round(hoad.partial(f, np.array([1.0, 2.0, 3.0]), (2, 0, 1)), 12)
        4.0
    """
