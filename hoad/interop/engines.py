"""Functions of other engines inside hoad, and hoad's functions inside theirs.

Each engine gives first derivatives of its functions as functions of the same kind, so they are wrapped like
the function itself: second order, and any order, follows where the engine has it.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules import NoTangent
from ..chainrules.custom import Custom
from ..errors import ArgumentError, MissingDependencyError, describe
from ..running.calling import check_function

Function = Callable[..., Any]


def engine(name: str) -> Any:
    """The module of an engine, if it is there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingDependencyError(
            f"{name} is not installed: pip install 'hoad[interop]' installs JAX and PyTorch"
        ) from None


# ------------------------------------------------------------------------------------------------------------
# Any engine
# ------------------------------------------------------------------------------------------------------------


def differentiate_with(f: Function, *, jvp: Function | None = None, vjp: Function | None = None) -> Function:
    """Give a function whose derivatives are worked out by somebody else's code.

    Args:
        f: a function of numbers and arrays, in whatever code.
        jvp: ``jvp(primals, tangents)`` gives the tangent of the value, both being tuples.
        vjp: ``vjp(primals, cotangent)`` gives a tuple of cotangents, one for each argument; None for one that
            has none. One of the two is enough; the other follows by transposition.

    Returns:
        A function to call, and to differentiate with hoad in every mode; to second order if what is given can
        be differentiated too.

    Raises:
        ArgumentError: neither is given, or ``vjp`` returns another structure.

    Example:
        >>> import numpy as np, hoad
        >>> from hoad.interop import differentiate_with
        >>> f = differentiate_with(np.sinc, vjp=lambda x, g: (7.0 * g,))
        >>> hoad.grad(lambda x: f(x) * 2, 0.5)
        14.0
    """
    check_function(f)
    if jvp is None and vjp is None:
        raise ArgumentError("differentiate_with needs jvp=, vjp= or both")

    def rule(*args: Any) -> tuple[Any, Function]:
        def pullback(g: Any) -> tuple[Any, ...]:
            found = vjp(args, g) if vjp is not None else ()
            if not isinstance(found, (tuple, list)) or len(found) != len(args):
                raise ArgumentError(
                    f"vjp= returned {describe(found)}; it must return a tuple of {len(args)} cotangents, "
                    f"one for each argument"
                )
            return (NoTangent(), *found)

        return own(*args), pullback

    def push(tangents: Any, *args: Any) -> tuple[Any, Any]:
        return own(*args), jvp(args, tuple(tangents[1:])) if jvp is not None else None

    own = Custom(f, frule=push if jvp is not None else None, rrule=rule if vjp is not None else None)
    return functools.wraps(f, updated=())(lambda *args: own(*args))


def filled(primals: Any, tangents: Any) -> list[Any]:
    """Tangents with zeros for those that are none."""
    return [
        np.zeros_like(x) + 0.0 if not isinstance(d, float) and not hasattr(d, "dtype") else d
        for x, d in zip(primals, tangents, strict=True)
    ]
