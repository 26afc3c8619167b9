"""``expect``: the mean of a function under a distribution, by parameters and by what it captured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...nested import pack
from ..inputs import Inputs, array, outside
from ..integrals import quad
from ..steps import step

Function = Callable[..., Any]


def expected(plain: Function, counts: bool) -> Function:
    """The door of ``expect``."""

    def method(
        self: Any,
        func: Any = None,
        args: Any = (),
        loc: Any = 0,
        scale: Any = 1,
        lb: Any = None,
        ub: Any = None,
        conditional: bool = False,
        **rest: Any,
    ) -> Any:
        named = {"lb": lb, "ub": ub, "conditional": conditional, **rest}
        args = tuple(args)
        inputs = Inputs(func, args, loc, scale, lb, ub)
        place = {"loc": loc} if counts else {"loc": loc, "scale": scale}
        f, shapes, given, options = inputs.plain((func, args, place, named))
        with outside():
            value = plain(self, f, shapes, **given, **options)
        if not inputs.leaves:
            return value
        g: Function = (lambda x: x) if func is None else func
        low, high = self.support(*args)  # of the standard form, whose ends loc and scale do not move
        low, high = (
            end if b is None else (b - loc) / (1 if counts else scale) for end, b in ((low, lb), (high, ub))
        )
        total = (over_counts if counts else over_reals)(self, g, args, place, pack(low), pack(high))
        if conditional:
            weight: Any = (over_counts if counts else over_reals)(
                self, lambda x: 1.0 + 0 * x, args, place, low, high
            )
            total = total / weight
        return value + step(total)

    def of_counts(
        self: Any,
        func: Any = None,
        args: Any = (),
        loc: Any = 0,
        lb: Any = None,
        ub: Any = None,
        conditional: bool = False,
        **rest: Any,
    ) -> Any:
        return method(self, func, args, loc, 1, lb, ub, conditional, **rest)

    return of_counts if counts else method


def over_reals(dist: Any, g: Function, args: Any, place: Any, low: Any, high: Any) -> Any:
    """The integral in the standard form, from the median to both sides."""
    f: Function = lambda z: g(place["loc"] + place["scale"] * z) * dist.pdf(z, *args)
    shapes = Inputs(args).plain(args)
    with outside():
        middle = float(dist.median(*shapes))
    return quad(f, low, middle)[0] + quad(f, middle, high)[0]


def over_counts(dist: Any, g: Function, args: Any, place: Any, low: Any, high: Any) -> Any:
    """The sum, as far as it has weight."""
    shapes, low, high = Inputs(args, low, high).plain((args, low, high))
    with outside():
        low = 2 * dist.ppf(1e-14, *shapes) - 60 if np.isinf(low) else low
        high = 2 * dist.ppf(1 - 1e-14, *shapes) + 60 if np.isinf(high) else high
    k = np.arange(float(low), float(high) + 1)
    return np.sum(array(g(k + place["loc"])) * dist.pmf(k, *args))
