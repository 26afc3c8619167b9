"""What a compiled plan records: the products with all directions at once, the entries that are read off them,
and their check.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiling import compiled as compiling
from ..operators.hessians import hvp
from ..operators.products import jvp, vjp
from ..operators.vmap import vmap
from ..running.calling import Function
from .acyclic import Forest
from .checks import disagreeing
from .layouts import Layout, checked, from_directions, recovered


def program_of(f: Function, order: int, layout: Layout, shape: tuple[int, ...]) -> Function:
    """A compiled function of a point that gives the entries, and how many elements of the check disagree;
    what all directions give, where the entries are not read off in the program; None, where the value has
    another size at the point.
    """
    (m, n), check = layout.pattern.shape, layout.check
    forward = product_of_hessian(f) if order == 2 else product_of_jacobian(f)
    sides = [
        (forward, layout.forward.reshape(-1, *shape), m),
        (product_from_the_left(f), layout.backward, n),
    ]

    def evaluated(x: Any, *args: Any) -> Any:
        parts = []
        for product, rows, size in [side for side in sides if len(side[1])]:
            along = vmap(lambda v, product=product: product(x, v, *args))(rows)
            if np.size(along) != len(rows) * size:
                return None
            parts.append(np.ravel(along))
        flat = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if isinstance(layout.where, Forest):
            return flat
        entries = flat[layout.where]
        if check is None:
            return (entries,)  # a number that is known would be put beside it at each call
        if check.rectangle is None:
            return entries, flat[check.probe]
        return entries, disagreeing(flat, check.probe, check.rectangle)

    compiled: Function = compiling.compile(evaluated)
    return compiled


def read_off(layout: Layout, x: Any, args: Any) -> Any:
    """The derivative by the compiled program of a layout; None if its check fails, or the value has another
    size here.
    """
    if layout.program is None:  # nothing to find
        return recovered([], layout)
    found = layout.program(x, *args)
    if found is None:
        return None
    if not isinstance(found, tuple):
        return from_directions(found, layout)
    entries, *product = found
    return checked(entries, product[0] if product else 0.0, layout)


def product_of_jacobian(f: Function) -> Function:
    """The Jacobian times a direction, as one row of numbers."""
    return lambda x, v, *args: np.ravel(jvp(lambda z: f(z, *args), (x,), (v,))[1])


def product_of_hessian(f: Function) -> Function:
    """The Hessian times a direction, as one row of numbers."""
    return lambda x, v, *args: np.ravel(hvp(f, x, v, *args))


def product_from_the_left(f: Function) -> Function:
    """Weights times the Jacobian, as one row of numbers."""

    def product(x: Any, u: Any, *args: Any) -> Any:
        y, pullback = vjp(lambda z: f(z, *args), x)
        return np.ravel(pullback(np.reshape(u, np.shape(y)))[0])

    return product
