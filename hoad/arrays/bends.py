"""What has a root as a part, element by element: ``log1p(exp(-abs(x)))``, ``cos(abs(x))``, ``1 + abs(x)``.

Where r is the root of a square s and is 0, a value ``f(r)`` is ``f(0) + f'(0) r + f''(0) s / 2 + ..``, since
r**2 is s. The odd powers have the kink, and the slope that is chosen of them; the even ones have none, and of
these a derivative of the value alone knows nothing, as the change of r is 0 to it. So the even powers are
added, by their squares, and what is left of the first power is remembered: such a value has a root again,
with another factor. Thus the second derivative of a softplus is right at 0, where the kinks of its parts
cancel.

Of two roots, the products of even powers of both are left out: they are of the fourth order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules import RULES
from ..nested import Traced, everything
from ..values.reading import is_read
from .roots import BENT, LEFT, WHERE_ZERO, Term, note, orders, root_in

Series = list[Any]
LINEAR = {np.add: (1, 1), np.subtract: (1, -1), np.positive: (1,), np.negative: (-1,)}
TAYLOR: list[Callable[[Any, list[Any], list[Any], int], Series]] = []  # kinds/jet.py


def bent(ufunc: Any, inputs: Any, result: Callable[[], Any]) -> Any:
    """What a function that goes element by element makes of values that have roots as parts."""
    rule: Any = RULES.get(ufunc)
    if getattr(rule, "kind", None) != "scalar" or rule.square is not None:
        return result()  # composites are made of functions that come here; what is a root has its own square
    if max(map(orders, inputs)) < 2:
        return result()  # to first order, the slope that is chosen is all there is
    parts = [directions(x) for x in inputs]
    found = {key: term for part in parts for key, term in part.items()}
    with np.errstate(all="ignore"):  # what the squares are where the roots are not 0 is no concern here
        squares = {} if ufunc in LINEAR else {key: term.square() for key, term in found.items()}
    token = LEFT.set(True)
    try:
        value, terms = result(), {}
        with np.errstate(all="ignore"):
            for key, term in found.items():
                along = [part[key].factor if key in part else None for part in parts]
                value, factor = expanded(ufunc, inputs, along, squares.get(key), value)
                terms[key] = term._replace(factor=factor)
        return note(value, terms, False) if terms else value
    finally:
        LEFT.reset(token)


def directions(x: Any) -> dict[Any, Term]:
    """The roots of a value where they are 0, with their factors there; elsewhere the value says it all."""
    root = root_in(x)
    if root is None:
        return {}
    if not root.is_alone:
        return root.terms
    if not is_read(everything(x)):
        return {}  # on a device, where nobody looks, only powers and products of roots are told from others
    at = np.equal(x, 0)
    if not bool(np.any(everything(at))):
        return {}
    return {root.key: root.term._replace(factor=np.where(at, root.term.factor, 0.0)[()])}


def expanded(ufunc: Any, inputs: Any, along: list[Any], square: Any, value: Any) -> tuple[Any, Any]:
    """A value with the even powers of a root in it, and the factor of the first power."""
    if ufunc in LINEAR:
        signed = zip(LINEAR[ufunc], along, strict=True)
        return value, sum([sign * f for sign, f in signed if f is not None])
    order = orders(value) + orders(value) % 2
    series = TAYLOR[0](ufunc, [x.frozen() if isinstance(x, Traced) else x for x in inputs], along, order)
    power, factor = 1.0, finite(series[1])
    for k in range(2, order + 1, 2):
        power = power * square
        value = value + finite(finite(series[k]) * power)
        if k < order:
            factor = factor + finite(finite(series[k + 1]) * power)
    return value, factor


def finite(x: Any) -> Any:
    """A coefficient, or 0 where there is none."""
    return np.where(np.isfinite(x), x, 0.0)[()]


BENT[0] = bent
WHERE_ZERO[0] = directions
