"""The derivative at a point as one matrix, without a pattern: by structured tangents, or by unit directions
where those can't be followed.
"""

from __future__ import annotations

from typing import Any

import scipy.sparse as sp

from ..errors import ArgumentError
from ..nested import forgiven
from ..running.calling import Function
from ..running.points import Point
from . import matrices
from .derivatives import Found, by_directions, by_gradients, first_order, second_order
from .matrices import canonical


def whole(found: Found) -> Any:
    """The Jacobians of all leaves of a value, one below the other."""
    parts = [p for p in found.parts if sp.issparse(p)]
    if not parts:
        raise ArgumentError("the value of the function has no number that could be differentiated")
    return parts[0] if len(parts) == 1 else matrices.joined(parts)


def structured_matrix(g: Function, point: Point, order: int, known: Any = None) -> Any:
    """The derivative by structured tangents, its columns in order."""
    if order == 2:
        return canonical(second_order(g, point, known=known))
    return canonical(whole(first_order(g, point, known=known)))


def exactly(g: Function, point: Point, order: int, known: Any = None) -> Any:
    """The derivative without a pattern."""
    try:
        return structured_matrix(g, point, order, known)
    except Exception as error:
        forgiven(error)
    return canonical(by_gradients(g, point) if order == 2 else whole(by_directions(g, point)))
