"""Expansions: all derivatives up to an order from one run of a function, at a cost that grows as n**2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays.mutation import own
from ..dual import Dual, has_nan
from ..errors import ArgumentError, ComplexOutputError, EscapeError, ShapeMismatchError
from ..kinds.batch import unbatch
from ..kinds.jet import Jet
from ..kinds.series import Series
from ..nested import Level, Tangent, Traced, Value, forgiven, settle
from ..running.calling import Function
from ..running.kept import outputs_of
from ..running.operator import LATER, operator
from ..running.points import Point, matched
from ..running.results import (
    along,
    complex_message,
    each_result,
    holds_functions,
    is_function,
    owned,
    stripped,
    tidy,
    unit_of,
    zero_like,
)
from ..runs import running
from ..values.shapes import is_complex, shape_of
from ..values.trees import number, unflatten
from .grids import as_grid, one_by_one, over_grid, wants_a_number

Leaves = list[Any]


def checked_order(n: Any, name: str = "n") -> int:
    """An order of differentiation."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
        raise ArgumentError(f"{name}={n!r} must be an integer, 0 or larger")
    return int(n)


def pushed(f: Function, point: Point, coefficients: list[Leaves], order: int) -> tuple[list[Leaves], Any]:
    """Run f on jets.

    Args:
        f: the function.
        point: its arguments.
        coefficients: for each leaf of the point its coefficients 1 to ``order``; None for zero.
        order: the order.

    Returns:
        The coefficients 0 to ``order`` of each leaf of the value, which f may hold too; and its structure.
    """
    level = Level()
    with running(level):
        jets = [
            Jet(level, Series([own(x) if isinstance(x, Traced) and x.ndim else x, *cs]))
            for x, cs in zip(point.differentiated(), coefficients, strict=True)
        ]
        leaves, structure = outputs_of(f, point.replaced(jets), level)
    return [read(leaf, level, order) for leaf in leaves], structure


def expanded(
    f: Function, point: Point, directions: np.ndarray, order: int
) -> tuple[list[tuple[Any, Leaves]], Any]:
    """Run f on jets along several directions at once.

    Args:
        f: the function.
        point: its arguments.
        directions: one in each row, over all numbers of the point.
        order: the order.

    Returns:
        For each leaf of the value, itself and its coefficients 0 to ``order``, with the directions along the
        first axis of each (a leaf that is no number is its own); and the structure of the value.
    """
    level = Level()
    firsts = along(directions, point.differentiated(), level)
    seeds = [[first, *[None] * (order - 1)][:order] for first in firsts]
    try:
        series, structure = pushed(f, point, seeds, order)
    finally:
        level.alive = False
    each: Function = lambda c: settle(unbatch(c, level, len(directions))) if number(c) else c
    return [(owned(leaf[0]), [each(c) for c in leaf]) for leaf in series], structure


def read(leaf: Value, level: Level, order: int) -> Leaves:
    """The coefficients of one leaf of a value."""
    if leaf.__class__ is not Jet or leaf.level is not level:
        return [stripped(leaf, level)] + [zero_like(leaf) for _ in range(order)]
    return [zero_like(leaf.primal) if c is None else c for c in leaf.tangent.known]


def expand(f: Function, x: Any, n: int, holomorphic: bool) -> tuple[list[Leaves], Any]:
    """The derivatives of orders 0 to n of each leaf of a function of one number, or of one that acts on each
    element of an array by itself; and the structure.

    From order 2 on, jets are faster than nested levels (measured). Where they give nan at order 2, the levels
    decide: the outermost knows its direction, and chooses vectors of equal singular values by that.
    """
    series, structure = by_nesting(f, x, n) if n < 2 else by_jets(f, x, n)
    if n == 2 and any([is_lost(leaf) for leaf in series]):
        series, structure = by_nesting(f, x, n)
    for leaf in series:
        if not holomorphic and is_complex(leaf[0]) and number(leaf[0]):
            raise ComplexOutputError(complex_message(leaf[0]))
    return series, structure


def is_lost(leaf: Leaves) -> bool:
    """Tell whether there is nan among the derivatives of a leaf that has a value."""
    return number(leaf[0]) and any([has_nan(c) for c in leaf[1:]]) and not has_nan(leaf[0])


def expand_over(f: Function, x: Any, n: int, holomorphic: bool) -> tuple[list[Leaves], Any]:
    """The same for any point of a function of one number: at all numbers of an array in one run, or, where f
    branches on its argument, at one after the other.
    """
    if shape_of(x) == ():
        return expand(f, x, n, holomorphic)
    try:
        return expand(over_grid(f, np.shape(x)), x, n, holomorphic)
    except (TypeError, ValueError) as error:
        if not wants_a_number(error):
            raise
        forgiven(error)
        try:
            return one_by_one(lambda v: expand(f, v, n, holomorphic), x, n)
        except Exception:
            if isinstance(error, EscapeError):
                raise error from None
            raise


def by_jets(f: Function, x: Any, n: int) -> tuple[list[Leaves], Any]:
    """The same in Taylor mode."""
    series, structure = pushed(f, Point([x], ["the point"]), [[unit_of(x), *[None] * (n - 1)]], n)
    return [[factorially(c, k) for k, c in enumerate(leaf)] for leaf in series], structure


def factorially(c: Any, k: int) -> Any:
    """The derivative of order k from the coefficient, in an array of its own."""
    if k < 2 or not number(c):
        return owned(c)
    return math.factorial(k) * (c if c.__class__ is float else settle(c))


def by_nesting(f: Function, x: Any, n: int) -> tuple[list[Leaves], Any]:
    """The same on n nested duals, which hold 2**n numbers and are faster while those are few."""
    levels = [Level() for _ in range(n)]
    with running(*levels):
        point = x if shape_of(x) == () else own(x)
        for level in levels:
            point = Dual(level, point, unit_of(x))
        leaves, structure = outputs_of(f, (point,), *levels[-1:])
        return [orders(leaf, levels) for leaf in leaves], structure


def orders(y: Value, levels: list[Level]) -> list[Any]:
    """The derivatives of orders 0 to n of one leaf: tangents at the innermost k levels, primals at the
    others.
    """
    found = []
    for k in range(len(levels) + 1):
        part = y
        for depth, level in enumerate(reversed(levels)):
            part = parts(part, level)[1 if depth < k else 0]
        found.append(owned(part))
    return found


def parts(y: Value, level: Level) -> tuple[Any, Any]:
    """Primal and tangent of a leaf at a level."""
    y = y if y.__class__ is Dual and y.level is level else settle(y)
    if y.__class__ is Dual and y.level is level:
        return y.primal, y.tangent
    return y, zero_like(y)


def _taylor(f: Function, args: Any, kwargs: Any, n: int, holomorphic: bool) -> list[Any]:
    x, *rest = args
    g, x = as_grid(lambda p: f(p, *rest, **kwargs), x)
    series, structure = expand_over(g, x, n, holomorphic)
    again: Function = lambda g, k: _taylor(g, args, kwargs, k, holomorphic)[k]
    found = [[c[k] / math.factorial(k) if number(c[k]) else c[k] for c in series] for k in range(n + 1)]
    return each_order(again, f, found, structure)


def each_order(operator: Function, f: Function, found: list[Leaves], structure: Any) -> list[Any]:
    """Values of all orders, from their leaves; where f has functions in its value, they are functions.

    Args:
        operator: gives the value of one order for a function.
        f: the function.
        found: the leaves of each order.
        structure: that of the value.
    """
    values = found[0]
    if structure is None and not is_function(values[0]):
        return [leaf for (leaf,) in found]

    def of_order(k: int) -> Any:
        again: Function = lambda g: operator(g, k)
        if structure is None:
            return lambda *more, **named: again(lambda *a, **kw: f(*a, **kw)(*more, **named))
        return each_result(again, f, values, structure, found[k])

    return [of_order(k) for k in range(len(found))]


@operator(_taylor, n=checked_order)
def taylor(
    f: Function, x: Any = LATER, n: int = LATER, *args: Any, holomorphic: bool = False, **kwargs: Any
) -> Any:
    """Give the Taylor coefficients of a function of one number: ``f(x + h)`` is the sum of ``c[k] * h**k``.

    Args:
        f: a function of one number.
        x: the point: a number, or an array of numbers, as for ``derivative``; without it, this is a function
            of the point (and of ``n``, if that is not given).
        n: the order.
        args: further arguments of f.
        holomorphic: f is complex differentiable.
        kwargs: passed on to f.

    Returns:
        A list of n + 1 coefficients, each of the structure and shape of f's value: the k-th derivative is
        ``c[k] * k!``, and ``hoad.derivatives`` gives that.

    Raises:
        ArgumentError: ``n`` is no order, or ``x`` not a number, an array or a list of numbers.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.taylor(lambda x: 1 / (1 - x), 0.0, 4)
        [1.0, 1.0, 1.0, 1.0, 1.0]
    """


def _directional(f: Function, args: Any, kwargs: Any, v: Tangent, n: int) -> Any:
    (x,) = args
    point = Point([x], ["the point"])
    seeds = [[d, *[None] * (n - 1)][:n] for d in matched((v,), point, (x,), "direction")]
    series, structure = pushed(f, point, seeds, n)
    again: Function = lambda g: _directional(g, args, {}, v, n)
    if structure is None and is_function(series[0][0]):
        return lambda *more, **named: again(lambda p: f(p)(*more, **named))
    done = [tidy(1.0, factorially(c[n], n)) if number(c[n]) else c[n] for c in series]
    if holds_functions(firsts := [c[0] for c in series], structure):
        return each_result(again, f, firsts, structure, done)
    return unflatten(structure, done)


@operator(_directional, degree=0, n=checked_order)
def directional(f: Function, x: Any = LATER, v: Tangent = LATER, n: int = LATER) -> Any:
    """Give the n-th derivative along a direction: that of ``f(x + t v)`` by ``t``, at 0.

    Args:
        f: a function of one argument.
        x: the point: a number, an array or a container; without it, this is a function of what is not given.
        v: the direction, of the structure and shape of ``x``.
        n: the order.

    Returns:
        The derivative, of the structure and shape of f's value.

    Raises:
        ShapeMismatchError: ``v`` does not fit ``x``.
        ArgumentError: ``n`` is no order.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.directional(lambda x: x[0]**2 * x[1], np.array([1.0, 2.0]), np.array([1.0, 1.0]), 3)
        6.0
    """


def _jet(f: Function, args: Any, kwargs: Any, series: Any) -> tuple[Any, Any]:
    (primals,) = args
    if not isinstance(primals, tuple):
        primals, series = (primals,), (series,)
    orders = {len(terms) for terms in series}
    if len(series) != len(primals) or len(orders) != 1:
        raise ShapeMismatchError(
            f"{len(primals)} primals and the series {series!r}: there must be one list of derivatives for "
            f"each primal, all of one length"
        )
    (n,) = orders
    point = Point(list(primals), [f"primal {k}" for k in range(len(primals))])
    columns = [matched([terms[k] for terms in series], point, primals, "derivative") for k in range(n)]
    seeds = [[c / math.factorial(k + 1) for k, c in enumerate(row)] for row in zip(*columns, strict=True)]
    found, structure = pushed(f, point, seeds or [[] for _ in point.differentiated()], n)

    def again(g: Function, k: int) -> Any:
        value, rest = _jet(g, args, kwargs, series)
        return [value, *rest][k]

    terms = each_order(again, f, [[factorially(c[k], k) for c in found] for k in range(n + 1)], structure)
    return terms[0], terms[1:]


@operator(_jet)
def jet(f: Function, primals: Value = LATER, series: Any = LATER) -> Any:
    """Push derivatives of a curve through a function, to any order, as JAX's ``jet`` does.

    Args:
        f: the function.
        primals: the tuple of its arguments, ``x(0)`` of a curve.
        series: for each argument the list of the derivatives ``x'(0), x''(0), ...`` of the curve, all lists
            of one length. (Derivatives, not coefficients: without the factorials.)

    Returns:
        ``f(x(0))``, and the list of the derivatives of ``f(x(t))`` at 0.

    Raises:
        ShapeMismatchError: a derivative does not fit its argument, or the lists differ in length.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.jet(lambda x: x**2, (3.0,), ([1.0, 0.0],))
        (9.0, [6.0, 2.0])
    """
