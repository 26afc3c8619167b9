"""Curves: a function of one number with its derivatives, and its Taylor polynomials with their error."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..operators.derivatives import derivatives
from ..operators.taylor import checked_order
from ..running.calling import Function, check_function
from ..running.tracebacks import folding
from .canvas import axes, interval, name_of, primed, pyplot


def over(f: Function, points: np.ndarray, order: int) -> np.ndarray:
    """The derivatives up to an order, one row each, at each point; nan where the function is not defined."""
    with np.errstate(all="ignore"):
        columns = [derivatives(f, float(x), order) for x in points]
    return np.array(columns, dtype=float).T


def checked_orders(orders: Any) -> list[int]:
    """Orders of derivatives."""
    listed = list(orders) if isinstance(orders, Iterable) else [orders]
    if not listed:
        raise ArgumentError("orders is empty; (0, 1, 2) shows a function and two derivatives")
    return [checked_order(n, "an entry of orders") for n in listed]


@folding
def plot(
    f: Function,
    a: float,
    b: float,
    orders: Any = (0, 1, 2),
    *,
    points: int = 300,
    ax: Any = None,
    **style: Any,
) -> Any:
    """Draw a function of one number, and its derivatives.

    Args:
        f: the function.
        a: where the interval begins.
        b: where it ends.
        orders: of the derivatives: 0 is the function itself.
        points: at how many points it is evaluated; all derivatives of a point come from one run.
        ax: Matplotlib's axes; new ones by default.
        style: passed on to Matplotlib's ``Axes.plot``.

    Returns:
        The axes, with a line for each order, labelled.

    Raises:
        ArgumentError: the interval is empty, or there is no order.
        MissingDependencyError: Matplotlib is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> ax = hoad.plot(np.sin, 0.0, 6.0)
        >>> [line.get_label() for line in ax.lines[:3]]
        ['$sin$', "$sin'$", "$sin''$"]
    """
    check_function(f, "plot")
    listed, x = checked_orders(orders), interval(a, b, points)
    values = over(f, x, max(listed))
    ax = axes(ax)
    for n in listed:
        ax.plot(x, values[n], **{"label": primed(name_of(f), n), **style})
    ax.axhline(0.0, color="0.8", linewidth=0.8, zorder=0)
    ax.set_xlabel("x")
    ax.legend()
    return ax


@folding
def plot_taylor(
    f: Function,
    at: float,
    a: float,
    b: float,
    orders: Any = (1, 2, 3, 5),
    *,
    points: int = 300,
    ax: Any = None,
) -> Any:
    """Draw the Taylor polynomials of a function around a point, and what they are wrong by.

    Args:
        f: the function of one number.
        at: the point.
        a: where the interval begins.
        b: where it ends.
        orders: of the polynomials.
        points: at how many points they are evaluated.
        ax: two of Matplotlib's axes, for the polynomials and for their errors; new ones by default.

    Returns:
        The two axes: the function and a line for each polynomial; the error of each, on a logarithmic scale.

    Raises:
        ArgumentError: the interval is empty, or there is no order.
        MissingDependencyError: Matplotlib is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> left, right = hoad.plot_taylor(np.exp, 0.0, -2.0, 2.0)
    """
    check_function(f, "plot_taylor")
    listed, x = checked_orders(orders), interval(a, b, points)
    left, right = pyplot().subplots(1, 2, figsize=(10, 4), layout="constrained")[1] if ax is None else ax
    with np.errstate(all="ignore"):
        known = [d / math.factorial(n) for n, d in enumerate(derivatives(f, float(at), max(listed)))]
        values = np.array([float(f(float(v))) for v in x])
    left.plot(x, values, "k", label=primed(name_of(f), 0))
    for n in listed:
        polynomial = np.polynomial.polynomial.polyval(x - at, known[: n + 1])
        (line,) = left.plot(x, polynomial, label=f"order {n}")
        right.plot(x, np.abs(polynomial - values), color=line.get_color(), label=f"order {n}")
    left.plot([at], known[:1], "ko")
    room = 0.3 * (np.nanmax(values) - np.nanmin(values)) or 1.0
    left.set_ylim(np.nanmin(values) - room, np.nanmax(values) + room)
    right.set_yscale("log")
    right.set_title("error")
    for part in (left, right):
        part.set_xlabel("x")
        part.legend()
    return left, right
