"""Functions that leave values alone and change what differentiation does with them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .chainrules.captures import traced_in
from .chainrules.custom import Custom
from .chainrules.tangents import NoTangent, ZeroTangent
from .errors import ArgumentError, describe
from .jacobians import value_and_jacobian
from .operators import stop_gradient
from .trees import flatten, unflatten

Function = Callable[..., Any]


def called(f: Function, *args: Any) -> Any:
    """``f(*args)``: what a checkpointed function, or one in forward mode, does to plain values."""
    return f(*args)


def checked(f: Any, example: str) -> None:
    """Refuse what is not a function."""
    if not callable(f):
        raise ArgumentError(f"{describe(f)} is not a function; as in {example}")


# ------------------------------------------------------------------------------------------------------------
# Hooks on cotangents
# ------------------------------------------------------------------------------------------------------------

_hook = Custom(
    lambda g, x: x,
    frule=lambda tangents, g, x: (x, tangents[2]),
    rrule=lambda g, x: (x, lambda xbar: (NoTangent(), ZeroTangent(), g(xbar))),
)
_hook.name = "hook"


def hook(g: Function, x: Any) -> Any:
    """Give ``x``; in reverse mode, its cotangent is replaced by ``g`` of it.

    Args:
        g: a function from cotangent to cotangent, of the same shape: to look at it, scale it or clip it.
        x: a number, an array or a container of those.

    Returns:
        The value of ``x``. Each *use* of the returned value counts together; other uses of ``x`` itself do
        not pass through ``g``. Forward mode has no cotangents, and sees the identity.

    Raises:
        ArgumentError: ``g`` is not a function.
        ShapeMismatchError: ``g`` gave a cotangent of another shape.

    Example:
        >>> import hoad
        >>> hoad.gradient(lambda a, b: hoad.hook(lambda g: -g, a) * b, 2.0, 3.0)
        (-3.0, 2.0)
    """
    checked(g, "hook(lambda g: -g, x)")
    return _hook(g, x)


def show_grad(x: Any, name: str = "x") -> Any:
    """Give ``x``; in reverse mode, its cotangent is printed.

    Args:
        x: a number, an array or a container of those.
        name: what the print calls it.

    Returns:
        The value of ``x``.

    Example:
        >>> import hoad
        >>> hoad.grad(lambda x: hoad.show_grad(x * 2, "twice") ** 2, 3.0)
        cotangent of twice: 12.0
        24.0
    """

    def show(g: Any) -> Any:
        print(f"cotangent of {name}: {g}")
        return g

    return hook(show, x)


# ------------------------------------------------------------------------------------------------------------
# Constants
# ------------------------------------------------------------------------------------------------------------


def ignore_derivatives(x: Any) -> Any:
    """Make a value, or what a function returns, a constant: in every mode, to every order.

    Args:
        x: a number, an array, a container of those, or a function (so that this is a decorator too).

    Returns:
        The value as ``stop_gradient`` gives it; for a function, one whose values are constants.

    Example:
        >>> import hoad
        >>> @hoad.ignore_derivatives
        ... def scale(x):
        ...     return abs(x) + 1
        >>> hoad.grad(lambda x: x / scale(x), 3.0)
        0.25
    """
    if not callable(x) or traced_in(x) == [x]:
        return stop_gradient(x)

    @functools.wraps(x)
    def constant(*args: Any, **kwargs: Any) -> Any:
        return stop_gradient(x(*args, **kwargs))

    return constant


# ------------------------------------------------------------------------------------------------------------
# Memory for time, and one mode inside another
# ------------------------------------------------------------------------------------------------------------


def _again(f: Function, *args: Any, vjp: Any) -> Any:
    return _checkpoint(f, *args), lambda ybar: (NoTangent(), *vjp(f, *args)[1](ybar))


def _forward_of(tangents: Any, f: Function, *args: Any, jvp: Any) -> Any:
    return jvp(f, args, tangents[2:])


_checkpoint = Custom(called, frule=_forward_of, rrule=_again)


def checkpoint(f: Function) -> Function:
    """Keep nothing of a function for the reverse sweep but its arguments; it is run again when it is needed.

    Memory is exchanged for time: ``f`` runs once forward, and once more in each sweep; nested checkpoints
    run two, three, four times.

    Args:
        f: a function whose value depends on its arguments and on what its closure holds, both of which keep
            their derivatives. Keyword arguments are constants.

    Returns:
        The function, with the same values and derivatives.

    Example:
        >>> import numpy as np, hoad
        >>> layer = hoad.checkpoint(lambda x: np.tanh(x) ** 2)
        >>> hoad.grad(lambda x: layer(layer(x)), 0.0)
        0.0
    """
    checked(f, "checkpoint(f)(x)")

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return _checkpoint(functools.partial(f, **kwargs) if kwargs else f, *args)

    return wrapped


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


def forward(f: Function) -> Function:
    """Differentiate a function in forward mode, also where reverse mode runs around it.

    For a function of few numbers and many operations this saves the tape. What its closure holds keeps its
    derivative (Zygote's ``forwarddiff`` drops it).

    Args:
        f: a function of real numbers and arrays.

    Returns:
        The function, with the same values and derivatives.

    Example:
        >>> import hoad
        >>> hoad.gradient(lambda a, b: hoad.forward(lambda a: a * b)(a), 2.0, 3.0)
        (3.0, 2.0)
    """
    checked(f, "forward(f)(x)")

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return _forward(functools.partial(f, **kwargs) if kwargs else f, *args)

    return wrapped


# ------------------------------------------------------------------------------------------------------------
# Questions
# ------------------------------------------------------------------------------------------------------------


def order(x: Any) -> int:
    """Tell how many derivatives are being taken of a value: 0 outside of all, 2 within a Hessian.

    Args:
        x: a number, an array, a container or a function (whose closure is looked into).

    Returns:
        The largest number of nested levels that a value in ``x`` carries.

    Example:
        >>> import hoad
        >>> seen = []
        >>> _ = hoad.hessian(lambda x: (seen.append(hoad.order(x)), x * x)[1], 3.0)
        >>> hoad.order(3.0), seen
        (0, [2])
    """
    return max([_depth(t) for t in traced_in(x)], default=0)


def _depth(t: Any) -> int:
    depth = 0
    while getattr(t, "differentiates", False):
        depth += t.level.alive
        t = t.primal
    return depth


def is_tracing(x: Any) -> bool:
    """Tell whether a derivative by a value is being taken right now.

    Args:
        x: a number, an array, a container or a function (whose closure is looked into).

    Returns:
        True inside of a derivative that ``x`` depends on.

    Example:
        >>> import hoad
        >>> hoad.is_tracing(3.0), hoad.grad(lambda x: x * hoad.is_tracing(x), 3.0)
        (False, 1.0)
    """
    return order(x) > 0
