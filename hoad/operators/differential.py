"""Linear differential operators, in collapsed Taylor mode: Laplacian, biharmonic operator, and any other."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..running.calling import Argnums, Function, select
from ..running.chunks import Chunks
from ..running.operator import LATER, operator
from ..running.points import Point
from ..running.spread import in_chunks
from ..values.shapes import size_of
from .multi_indices import Index
from .stencils import FUNCTION, Stencil, Sum, collapsed, stencil


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
    if result is FUNCTION:
        return lambda *more, **named: evaluate(
            stencil_of, lambda *a, **k: f(*a, **k)(*more, **named), args, kwargs, argnums, chunks
        )
    return result


# ------------------------------------------------------------------------------------------------------------
# Laplacian and biharmonic operator
# ------------------------------------------------------------------------------------------------------------


def laplacian_stencil(n: int) -> Stencil:
    """The sum of the second derivatives along the axes."""
    return Stencil(np.eye(n), {2: Sum(np.arange(n), 2.0)})


def biharmonic_stencil(n: int) -> Stencil:
    """The Laplacian of the Laplacian, by fourth derivatives along axes and diagonals.

    The fourth derivatives along ``a + b`` and ``a - b`` add up to twice those along a and b and twelve times
    the mixed one.
    """
    axes = np.eye(n)
    pairs = list(itertools.combinations(range(n), 2))
    diagonals = [axes[i] + sign * axes[j] for i, j in pairs for sign in (1, -1)]
    w = [24.0 * (1.0 - (n - 1) / 3.0)] * n + [24.0 / 6.0] * len(diagonals)
    return Stencil(np.array([*axes, *diagonals]).reshape(len(w), n), {4: Sum(np.arange(len(w)), np.array(w))})


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
    """A linear differential operator: a sum of mixed derivatives with coefficients. It runs a function once,
    whatever orders it has.

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
        terms = {i: c(x) if callable(c) else c for i, c in self.terms.items()}
        result = collapsed(f, point, stencil(terms, point.differentiated()[0]), chunks)
        if result is FUNCTION:
            return lambda *more, **named: self.applied(lambda p: f(p)(*more, **named), x, chunks)
        return result

    def check(self, point: Point) -> None:
        """Refuse a point that has not as many elements as the multi-indices have entries."""
        n = sum(size_of(v) for v in point.differentiated())
        if n != self.size:
            raise ArgumentError(
                f"the point has {n} elements, and the multi-indices of the operator have {self.size} entries"
            )

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
