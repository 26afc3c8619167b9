"""Memory for time, and one mode inside another: ``checkpoint`` and ``forward``."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..chainrules.custom import Custom
from ..operators.jacobians import value_and_jacobian
from ..running.calling import Function
from ..running.made import wrapper
from ..tangents.types import NoTangent
from ..values.trees import flatten, unflatten
from .hooks import called

# ------------------------------------------------------------------------------------------------------------
# Memory for time, and one mode inside another
# ------------------------------------------------------------------------------------------------------------


def _again(f: Function, *args: Any, vjp: Any) -> Any:
    return _checkpoint(f, *args), lambda ybar: (NoTangent(), *vjp(f, *args)[1](ybar))


def _forward_of(tangents: Any, f: Function, *args: Any, jvp: Any) -> Any:
    return jvp(f, args, tangents[2:])


_checkpoint = Custom(called, frule=_forward_of, rrule=_again)


def _checkpointed(f: Function, args: Any, kwargs: Any) -> Any:
    return _checkpoint(functools.partial(f, **kwargs) if kwargs else f, *args)


@wrapper(_checkpointed)
def checkpoint(f: Function) -> Any:
    """Keep nothing of a function for the reverse sweep but its arguments; it is run again when it is needed.

    Memory is exchanged for time: ``f`` runs once forward, and once more in each sweep; nested checkpoints
    run two, three, four times.

    Args:
        f: a function whose value depends on its arguments and on what its closure holds, both of which keep
            their derivatives. Keyword arguments are constants.

    Returns:
        The function, with the same values and derivatives.

    Raises:
        ArgumentError: f is no function.

    Example:
        >>> import numpy as np, hoad
        >>> layer = hoad.checkpoint(lambda x: np.tanh(x) ** 2)
        >>> hoad.grad(lambda x: layer(layer(x)), 0.0)
        0.0
    """


def _by_forward(f: Function, *args: Any, convert: Any) -> Any:
    closed, values, tangent = convert(f)
    names = tuple(range(len(args) + 1))

    def leaves_of(*inputs: Any) -> list[Any]:
        leaves, structure = flatten(closed(*inputs))
        found.append(structure)
        return leaves

    found: list[Any] = []
    ys, rows = value_and_jacobian(leaves_of, values, *args, mode="forward", argnums=names)

    def pullback(ybar: Any) -> tuple[Any, ...]:
        given = flatten(ybar)[0]
        pairs = [(g, row) for g, row in zip(given, rows, strict=True) if not isinstance(g, NoTangent)]
        parts = [contracted(g, row) for g, row in pairs]
        captured, *rest = functools.reduce(added, parts)
        return NoTangent(), tangent(captured), *rest

    return unflatten(found[0], ys), pullback


def contracted(g: Any, row: Any) -> Any:
    """The cotangent of an output leaf times its Jacobian, block by block."""
    blocks, structure = flatten(row)
    return unflatten(structure, [np.tensordot(g, block, np.ndim(g)) for block in blocks])


def added(a: Any, b: Any) -> Any:
    """The sum of two containers, leaf by leaf."""
    left, structure = flatten(a)
    return unflatten(structure, [x + y for x, y in zip(left, flatten(b)[0], strict=True)])


_forward = Custom(called, frule=_forward_of, rrule=_by_forward)


def _in_forward(f: Function, args: Any, kwargs: Any) -> Any:
    return _forward(functools.partial(f, **kwargs) if kwargs else f, *args)


@wrapper(_in_forward)
def forward(f: Function) -> Any:
    """Differentiate a function in forward mode, also where reverse mode runs around it.

    For a function of few numbers and many operations this saves the tape. What its closure holds keeps its
    derivative (Zygote's ``forwarddiff`` drops it).

    Args:
        f: a function of real numbers and arrays.

    Returns:
        The function, with the same values and derivatives.

    Raises:
        ArgumentError: f is no function.

    Example:
        >>> import hoad
        >>> hoad.gradient(lambda a, b: hoad.forward(lambda a: a * b)(a), 2.0, 3.0)
        (3.0, 2.0)
    """
