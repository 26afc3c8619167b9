"""One run of a function on duals."""

from __future__ import annotations

from typing import Any

from ..arrays.mutation import own
from ..dual import Dual
from ..nested import Level, Tangent
from ..runs import running
from ..tangents.fit import fit_tangent
from ..values.constants import is_array
from ..values.shapes import shape_of
from .calling import Function
from .kept import outputs_of
from .points import Point
from .results import stripped


def pushed(
    f: Function, point: Point, tangents: list[Tangent], last: bool = False
) -> tuple[list[Any], list[Any], Any]:
    """Run f on duals: the leaves of its value, their tangents, and the structure of the value. The ``last``
    run at a point may write into what that has copied.
    """
    level = Level()
    with running(level):
        duals = [
            Dual(
                level,
                x if shape_of(x) == () or (last and is_array(x)) else own(x),
                fit_tangent(own(t) if shape_of(t) else t, x),
            )
            for x, t in zip(point.differentiated(), tangents, strict=True)
        ]
        leaves, structure = outputs_of(f, point.replaced(duals), level)
    changes = [leaf.tangent if leaf.__class__ is Dual and leaf.level is level else None for leaf in leaves]
    return [stripped(leaf, level) for leaf in leaves], changes, structure
