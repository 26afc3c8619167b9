"""Functions that leave values alone and change what differentiation does with them."""

from __future__ import annotations

from typing import Any

from ..chainrules.custom import Custom
from ..errors import ArgumentError, describe
from ..operators.questions import stop_gradient
from ..running.calling import Function
from ..running.made import Wrapping
from ..running.operator import LATER
from ..tangents.types import NoTangent, ZeroTangent
from ..values.captures import traced_in


def called(f: Function, *args: Any) -> Any:
    """``f(*args)``: what a checkpointed function, or one in forward mode, does to plain values."""
    return f(*args)


# ------------------------------------------------------------------------------------------------------------
# Hooks on cotangents
# ------------------------------------------------------------------------------------------------------------

_hook = Custom(
    lambda g, x: x,
    frule=lambda tangents, g, x: (x, tangents[2]),
    rrule=lambda g, x: (x, lambda xbar: (NoTangent(), ZeroTangent(), g(xbar))),
)
_hook.name = "hook"


def _hooked(g: Function, args: Any, kwargs: Any) -> Any:
    return _hook(g, *args)


def hook(g: Function, x: Any = LATER) -> Any:
    """Give ``x``; in reverse mode, its cotangent is replaced by ``g`` of it.

    Args:
        g: a function from cotangent to cotangent, of the same shape: to look at it, scale it or clip it.
        x: a number, an array or a container of those; without it, this is a function of it.

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
    if not callable(g):
        raise ArgumentError(f"{describe(g)} is not a function; as in hook(lambda g: -g, x)")
    return _hooking.make(g, {}) if x is LATER else _hook(g, x)


_hooking = Wrapping(hook, _hooked)


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

    return hook(Show(name), x)


class Show:
    """A function that prints a cotangent and gives it on."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, g: Any) -> Any:
        print(f"cotangent of {self.name}: {g}")
        return g


# ------------------------------------------------------------------------------------------------------------
# Constants
# ------------------------------------------------------------------------------------------------------------


def _ignored(f: Function, args: Any, kwargs: Any) -> Any:
    return stop_gradient(f(*args, **kwargs))


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
    return _ignoring.make(x, {})


_ignoring = Wrapping(ignore_derivatives, _ignored)
