"""The derivatives of a function of one number, of any order."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, overload

from ..errors import NonScalarOutputError
from ..running.calling import Function, P, later
from ..running.operator import LATER, operator
from ..running.results import each_result, holds_functions, is_function, no_number, tidy
from ..values.shapes import REALS
from ..values.trees import number, unflatten
from .grids import as_grid
from .taylor import checked_order, each_order, expand_over

# ------------------------------------------------------------------------------------------------------------
# Functions of one number
# ------------------------------------------------------------------------------------------------------------


def _derivative(f: Function, args: Any, kwargs: Any, n: int = 1, holomorphic: bool = False) -> Any:
    x, *rest = args
    g, point = as_grid((lambda p: f(p, *rest, **kwargs)) if rest or kwargs else f, x)
    series, structure = expand_over(g, point, n, holomorphic)
    if structure is None and series[0][0].__class__ in REALS:
        return tidy(point, series[0][-1])
    if structure is None and is_function(series[0][0]):
        return later(_derivative, f, args, kwargs, {"n": n, "holomorphic": holomorphic})
    done = [tidy(point, leaf[-1]) for leaf in series]
    if holds_functions(firsts := [leaf[0] for leaf in series], structure):
        return each_result(lambda g: _derivative(g, args, kwargs, n, holomorphic), f, firsts, structure, done)
    if not any([number(leaf[0]) for leaf in series]):
        raise NonScalarOutputError(no_number(unflatten(structure, [leaf[0] for leaf in series])))
    return unflatten(structure, done)


@overload
def derivative(
    f: Callable[P, Any], *, n: int = 1, holomorphic: bool = False, out: Any = None
) -> Callable[P, Any]: ...
@overload
def derivative(
    f: Function, x: Any, n: int = 1, *args: Any, holomorphic: bool = False, out: Any = None, **kwargs: Any
) -> Any: ...
@operator(_derivative, degree="n", n=checked_order)
def derivative(
    f: Function,
    x: Any = LATER,
    n: int = 1,
    *args: Any,
    holomorphic: bool = False,
    out: Any = None,
    **kwargs: Any,
) -> Any:
    """Give the n-th derivative of a function of one number, by forward mode; at an array of numbers, of each
    element by its own.

    Args:
        f: a function of one number; its value may be a number, an array or a container. If its value is a
            function, so is the derivative, and each call of that is a fresh calculation.
        x: the point: a number, or an array or list of numbers; without it, the derivative is returned as a
            function. At an array f runs once, and must act on each element by itself; if it branches on its
            argument, it runs at one element after the other.
        n: the order.
        args: further arguments of f.
        holomorphic: f is complex differentiable.
        out: an array, or a container of arrays, of the derivative's structure and shape, to write it into.
        kwargs: passed on to f.

    Returns:
        The derivative, of the structure and shape of f's value.

    Raises:
        NonScalarOutputError: an element of the value at an array depends on other elements of the array.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.derivative(lambda x: x**4, 1.0), hoad.derivative(lambda x: x**4, 1.0, n=3)
        (4.0, 24.0)
        >>> hoad.derivative(lambda x: np.array([x, x**2]), 3.0)
        array([1., 6.])
        >>> hoad.derivative(np.square, np.array([1.0, 2.0]))
        array([2., 4.])
    """


def _derivatives(f: Function, args: Any, kwargs: Any, n: int, holomorphic: bool) -> list[Any]:
    x, *rest = args
    g, point = as_grid(lambda p: f(p, *rest, **kwargs), x)
    series, structure = expand_over(g, point, n, holomorphic)
    again = functools.partial(_derivative, args=args, kwargs=kwargs, holomorphic=holomorphic)
    found = [[tidy(point, leaf[k]) for leaf in series] for k in range(n + 1)]
    return each_order(lambda g, k: again(g, n=k), f, found, structure)


@operator(_derivatives, n=checked_order)
def derivatives(
    f: Function, x: Any = LATER, n: int = LATER, *args: Any, holomorphic: bool = False, **kwargs: Any
) -> Any:
    """Give all derivatives of orders 0 to n of a function of one number, from one run of f.

    Args:
        f: a function of one number.
        x: the point: a number, or an array of numbers, as for ``derivative``; without it, this is a function
            of the point (and of ``n``, if that is not given).
        n: the highest order.
        args: further arguments of f.
        holomorphic: f is complex differentiable.
        kwargs: passed on to f.

    Returns:
        A list of n + 1 values, each of the structure and shape of f's value.

    Raises:
        ArgumentError: f is no function, or ``n`` no order.
        NotDifferentiableError: the point is no number or array.
        NonScalarOutputError: at an array, an element of the value depends on other elements.

    Example:
        >>> import hoad
        >>> hoad.derivatives(lambda x: x**3, 2.0, 4)
        [8.0, 12.0, 12.0, 6.0, 0.0]
    """
