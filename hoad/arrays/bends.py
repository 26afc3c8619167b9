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
from ..values.shapes import REALS, shape_of
from .roots import BENT, LEFT, TIED, alone_in, as_values, forget, note, orders, root_in
from .terms import Root, joined

Series = list[Any]
LINEAR = {np.add: (1, 1), np.subtract: (1, -1), np.positive: (1,), np.negative: (-1,)}
TAYLOR: list[Callable[[Any, list[Any], list[Any], int], Series]] = []  # kinds/jet.py


def bent(ufunc: Any, inputs: Any, result: Callable[[], Any]) -> Any:
    """What a function that goes element by element makes of values that have roots as parts."""
    rule: Any = RULES.get(ufunc, ufunc)
    if getattr(rule, "kind", None) != "scalar":
        return result()  # composites are made of functions that come here
    if ufunc in LINEAR and (sum_ := of_one_root(ufunc, inputs)) is not None:
        return note(result(), sum_)
    if max(map(orders, inputs)) < 2:
        return result()  # to first order, the slope that is chosen is all there is
    parts = [directions(x) for x in inputs]
    token = LEFT.set(True)
    try:
        value = result()
        if root_in(value) is not None:
            return value  # what is a root has its own square
        shape = shape_of(value)
        root, along = joined(parts, shape)
        if root is None:
            return value
        with np.errstate(all="ignore"):  # what the squares are where the roots are not 0 is no concern here
            square = None if ufunc in LINEAR else as_values(root.square, False)
            value, factor = expanded(ufunc, inputs, along, square, value, root)
        value = note(value, root._replace(factor=factor))
    finally:
        LEFT.reset(token)
    return value if rule.tie is None or not isinstance(value, Traced) else tied(value, rule.tie, *inputs)


def tied(value: Any, tie: float, x: Any, y: Any) -> Any:
    """A choice between two arguments, which are equal somewhere: half of their sum, and of their distance."""
    if not value.differentiates or LEFT.get() or orders(value) < 2 or not is_read(everything(value)):
        return value
    if not has_ties(x, y):
        return value
    own = root_in(value)
    with np.errstate(all="ignore"):
        kink = directions(np.absolute(x if is_nothing(y) else y if is_nothing(x) else np.subtract(x, y)))
    root, (factor, before) = joined([kink, own], shape_of(value))
    if root is None:
        return value
    factor = tie * factor if before is None else tie * factor + before
    return note(value if own is None else forget(value), root._replace(factor=factor))


def has_ties(x: Any, y: Any) -> bool:
    """Tell whether two operands are equal at any place."""
    a, b = everything(x), everything(y)
    if shape_of(a) == shape_of(x) and shape_of(b) == shape_of(
        y
    ):  # they stand for no more values than they show
        return bool(a == b) if a.__class__ in REALS and b.__class__ in REALS else bool(np.equal(a, b).any())
    return bool(np.any(everything(np.equal(x, y))))


def is_nothing(x: Any) -> bool:
    """Tell whether an operand is a constant 0: the distance to it is ``abs`` of the other, the same root."""
    return not isinstance(x, Traced) and not np.any(x)


def of_one_root(ufunc: Any, inputs: Any) -> Root | None:
    """A sum of multiples of one root, which is one, too; and so it is with the number 0."""
    signed = [
        (sign, alone_in(x))
        for sign, x in zip(LINEAR[ufunc], inputs, strict=True)
        if (x.__class__ not in REALS and x.__class__ is not int) or x
    ]
    roots = [root for _, root in signed]
    one = roots[0]
    if one is None or any([r is None or not np.array_equal(r.numbers, one.numbers) for r in roots]):
        return None
    return one._replace(factor=sum([sign * r.factor for sign, r in signed if r is not None]))


def directions(x: Any) -> Root | None:
    """The roots of a value where they are 0, with their factors there; elsewhere the value says it all."""
    root = root_in(x)
    if root is None or not root.is_alone:
        return root
    if not is_read(everything(x)):
        return None  # on a device, where nobody looks, only powers and products of roots are told from others
    at = np.equal(x, 0)
    if np.any(root.numbers < 0):
        at = at & (root.numbers[0] >= 0)
    if not bool(np.any(everything(at))):
        return None
    return root._replace(factor=np.where(at, root.factor, 0.0)[()], is_alone=False)


def expanded(
    ufunc: Any, inputs: Any, along: list[Any], square: Any, value: Any, root: Root
) -> tuple[Any, Any]:
    """A value with the even powers of its roots in it, and the factors of the first powers."""
    if ufunc in LINEAR:
        signed = zip(LINEAR[ufunc], along, strict=True)
        return value, sum([sign * f for sign, f in signed if f is not None])
    shape = root.shape if len(root.numbers) == 1 else root.numbers.shape
    given = [*inputs]
    for k, d in enumerate(along):
        if d is not None and not shape_of(d) == shape == shape_of(given[k]):
            given[k], along[k] = stretched(given[k], shape), stretched(d, shape)
    return with_powers(ufunc, given, along, square, value, len(root.numbers) > 1)


def with_powers(
    function: Any, inputs: Any, along: list[Any], square: Any, value: Any, in_rows: bool = False
) -> tuple[Any, Any]:
    """A value of a function with the even powers of a root, along which its arguments change, and the factor
    of the first power; of several, in rows.
    """
    order = orders(value) + orders(value) % 2
    series = TAYLOR[0](function, [x.frozen() if isinstance(x, Traced) else x for x in inputs], along, order)
    power, factor = 1.0, finite(series[1])
    for k in range(2, order + 1, 2):
        power = power * square
        more = finite(finite(series[k]) * power)
        value = value + (np.sum(more, axis=0) if in_rows else more)
        if k < order:
            factor = factor + finite(finite(series[k + 1]) * power)
    return value, factor


def stretched(x: Any, shape: tuple[int, ...]) -> Any:
    """An operand for every root."""
    return x if shape_of(x) == shape else np.broadcast_to(x, shape)


def finite(x: Any) -> Any:
    """A coefficient, or 0 where there is none."""
    return np.where(np.isfinite(x), x, 0.0)[()]


BENT[0] = bent
TIED[0] = tied
