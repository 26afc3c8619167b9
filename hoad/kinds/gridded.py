"""``Gridded``: a value over a grid of points, with the point that each of its elements depends on.

A function acts element by element if no element of its value depends on two points. Whether it does can't be
told from numbers: ``x - np.mean(x)`` is 0 wherever all of x are equal, as the same function of one number is,
and ``x + (x[0] - x[1])**2`` has a diagonal Jacobian there, which it has nowhere else. So the points travel
beside the values, and each operation says what its result depends on; see ``grid_points.py``. Where all
operands depend on the points at their places, as in elementwise code, that is one comparison of names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..arrays.mutation import blank_like, is_view, link_view, own, put
from ..chainrules.statements import Constant, Primitive
from ..nested import Level, Value
from .grid_points import NONE, Points, both, holds_traced, merged, nowhere, points_of


class Gridded(ArrayLike):
    """A value, and for each of its elements the number of the point that it depends on (``slot``). It takes
    no derivative itself: its primal does.

    Example:
        >>> x = Gridded(Level(), np.array([1.0, 2.0, 3.0]), np.arange(3))
        >>> (x[::-1] ** 2).slot, (x * np.sum(x[1:2])).slot < 3
        (array([2, 1, 0]), array([False,  True, False]))
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}

    def __init__(self, level: Level, primal: Value, points: Points, owned: bool = False) -> None:
        self.level = level
        self.primal = primal
        self.slot = points
        self.tangent = owned  # whether nobody else holds the array of points

    def __repr__(self) -> str:
        return f"Gridded({self.primal!r}, {self.slot!r})"

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out the rule on the primals, and say what its result depends on."""
        level = self.level
        mine = [a.__class__ is Gridded and a.level is level for a in args]
        primals = tuple([a.primal if own_level else a for a, own_level in zip(args, mine, strict=True)])
        out = rule(*primals, **kwargs)
        if rule.__class__ is Constant:
            return out
        held = [a.slot if own_level else None for a, own_level in zip(args, mine, strict=True)]
        points = points_of(rule, held, primals, kwargs, out)
        for a, own_level in zip(args, mine, strict=True):
            if own_level and a.tangent and (points is a.slot or getattr(points, "base", None) is not None):
                a.tangent = False
        if isinstance(out, tuple):
            return tuple([Gridded(level, o, p) for o, p in zip(out, points, strict=True)])
        result = Gridded(level, out, points)
        if rule.is_view and is_view(out, primals[0]):
            link_view(result, args[0], rule, args[1:], kwargs)
        return result

    @property
    def order(self) -> int:
        """No derivative is taken at this level."""
        return 0

    def constant(self, value: Value) -> Gridded:
        """A value that depends on no point, whose contents may be written to."""
        return Gridded(self.level, own(value), nowhere(np.shape(value)))

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Gridded:
        """Zeros, which depend on no point."""
        return Gridded(self.level, blank_like(self.primal, shape, dtype), nowhere(shape))

    def frozen(self) -> Gridded:
        """This value under a handle of its own, which later writes do not reach."""
        self.tangent = False
        return Gridded(self.level, own(self.primal), self.slot)

    def store(self, index: Any, value: Value) -> None:
        """Write ``value``, and the points that it depends on."""
        mine = value.__class__ is Gridded and value.level is self.level
        self.primal = put(self.primal, index, value.primal if mine else value)
        if not self.tangent:
            self.slot, self.tangent = np.array(self.slot), True
        if holds_traced(index):  # each member of a batch writes elsewhere
            self.slot = both(self.slot, merged(value.slot, None) if mine else np.intp(NONE))
        else:
            self.slot[index] = value.slot if mine else NONE
