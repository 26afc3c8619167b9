"""What a compiled plan records: the products with all directions at once, the entries that are read off them,
and their check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..operators.hessians import hvp
from ..operators.products import jvp, vjp
from ..operators.vmap import vmap
from ..running.calling import Function
from ..values.trees import flatten, number
from .acyclic import Forest
from .checks import disagreeing
from .layouts import Layout, checked, in_rectangle, read_in, recovered
from .recorded import Recorded


def program_of(
    f: Function,
    order: int,
    layout: Layout,
    shape: tuple[int, ...],
    placed: Callable[[Any], Any] = lambda a: a,
) -> Recorded:
    """A compiled function of a point that gives the entries, and how many elements of the check disagree, or
    its product, if lines differ too much; None, where the value has another size at the point. ``placed``
    brings numbers to where points lie.
    """
    m, check = layout.pattern.shape[0], in_rectangle(layout)
    forward = product_of_hessian(f) if order == 2 else product_of_jacobian(f)
    if check is not None and check.rectangle is not None:
        weights = placed(check.rectangle.weights)
        check = check._replace(rectangle=check.rectangle._replace(weights=weights))
    directions = placed(layout.forward).reshape(len(layout.forward), *shape)
    sides = [(forward, directions), (product_from_the_left(f), placed(layout.backward))]

    def evaluated(x: Any, *args: Any) -> Any:
        if order == 1 and not is_real_row(in_one_row(f(x, *args)), m):
            return None
        parts = []
        for product, rows in [side for side in sides if len(side[1])]:
            along = vmap(lambda v, product=product: product(x, v, *args))(rows)
            parts.append(np.ravel(along))
        flat = parts[0] if len(parts) == 1 else np.concatenate(parts)
        entries = read_in(flat, layout.where)
        if check is None:
            return (entries,)  # a number that is known would be put beside it at each call
        product = flat[check.probe]
        if check.rectangle is None:
            return entries, product
        are_entries = check.rectangle.where is None or isinstance(layout.where, Forest)
        return entries, disagreeing(entries if are_entries else flat, product, check.rectangle)

    return Recorded(evaluated, f)


def read_off(layout: Layout, x: Any, args: Any) -> Any:
    """The derivative by the compiled program of a layout; None if its check fails, or the value has another
    size here.
    """
    if layout.program is None:  # nothing to find
        return recovered([], layout)
    found = layout.program(x, *args)
    if found is None:
        return None
    entries, *product = found
    return checked(entries, product[0] if product else 0.0, layout)


def in_one_row(y: Any) -> Any:
    """All numbers of a value in one row, in the order of the rows of its Jacobian."""
    leaves, structure = flatten(y)
    parts = [np.ravel(leaf) for leaf in leaves if structure is None or number(leaf)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def is_real_row(y: Any, size: int) -> bool:
    """Tell whether a value is what the plan is for; if not, it is told elsewhere what is wrong."""
    return np.shape(y) == (size,) and not np.iscomplexobj(y)


def product_of_jacobian(f: Function) -> Function:
    """The Jacobian times a direction, as one row of numbers."""
    return lambda x, v, *args: jvp(lambda z: in_one_row(f(z, *args)), (x,), (v,))[1]


def product_of_hessian(f: Function) -> Function:
    """The Hessian times a direction, as one row of numbers."""
    return lambda x, v, *args: np.ravel(hvp(f, x, v, *args))


def product_from_the_left(f: Function) -> Function:
    """Weights times the Jacobian, as one row of numbers."""

    def product(x: Any, u: Any, *args: Any) -> Any:
        _, pullback = vjp(lambda z: in_one_row(f(z, *args)), x)
        return np.ravel(pullback(u)[0])

    return product
