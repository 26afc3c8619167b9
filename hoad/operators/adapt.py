"""``adapt``, for a function to be kept; ``adapted`` and ``no_adapt``, which show what is bound and leave it.

Which names are bound while a derivative runs, how they are found, and why this way:
``docs/architecture.md`` §8.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from contextvars import Token
from typing import Any

from ..adapting.known import LEFT, OFF, Adaptation, Run, forget, needed_by
from ..adapting.reading import NOTHING
from ..errors import ArgumentError
from ..nested import INSIDE
from ..running import often
from ..running.calling import check_function
from ..running.made import Made, Wrapping


def adapt(f: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function to be kept, in which ``numpy``, ``math`` and ``float`` mean hoad's while a derivative
    runs.

    The operators do so by themselves for the function that they are given. This is for one that is called
    in another way: handed to a library that calls it with traced values, or differentiated where
    ``hoad.no_adapt`` says to adapt nothing.

    Args:
        f: a Python function, a method, or a ``functools.partial`` of one.

    Returns:
        A function with the same name and signature, to call or to differentiate.

    Raises:
        ArgumentError: f is no function of Python code.

    Example:
        >>> import math, numpy as np, hoad
        >>> def heights(t):
        ...     out = np.zeros(3)
        ...     for k in range(3):
        ...         out[k] = float(t) ** k * math.exp(-t)
        ...     return out
        >>> with hoad.no_adapt():
        ...     hoad.derivative(hoad.adapt(heights), 0.0)
        array([-1.,  1.,  0.])
    """
    check_function(f, "adapt")
    if isinstance(f, functools.partial):
        return functools.partial(adapt(f.func), *f.args, **f.keywords)
    if isinstance(f, types.MethodType):
        return types.MethodType(adapt(f.__func__), f.__self__)
    if not isinstance(f, types.FunctionType):
        raise ArgumentError(
            f"adapt wants a function of Python code, and {f!r} is none; NumPy's own functions "
            "need no adapting"
        )
    return _adapting.make(f, {})


def _run(f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A call of a function, its names bound if a derivative runs."""
    adaptation = needed_by(f, (*args, *kwargs.values())) if INSIDE.get() else None
    if adaptation is None:
        return f(*args, **kwargs)
    with Run(adaptation) as run:
        args, kwargs = run.given(args, kwargs)
        return f(*args, **kwargs)


_adapting = Wrapping(adapt, _run, Made)


def adapted(f: Callable[..., Any]) -> Adaptation:
    """Tell which names are bound while a derivative of a function runs, and where.

    Args:
        f: a function.

    Returns:
        What is bound: it shows itself, and ``places()`` is a dictionary of it.

    Example:
        >>> import math, hoad
        >>> def decay(t):
        ...     return math.exp(-float(t))
        >>> hoad.adapted(decay).places() == {decay.__module__: ["float", "math"]}
        True
    """
    return needed_by(f) or Adaptation([], NOTHING)


class NoAdapt:
    """While it is entered, programs run as they are written: ``with hoad.no_adapt():``."""

    __slots__ = ("tokens",)

    def __init__(self) -> None:
        self.tokens: list[Token[bool]] = []

    def __enter__(self) -> None:
        self.tokens.append(OFF.set(True))

    def __exit__(self, *error: object) -> None:
        OFF.reset(self.tokens.pop())


def no_adapt(f: Any = None) -> Any:
    """Leave a function as it is: nothing is bound for it, or on the way through it.

    Args:
        f: a function, which is then returned; without it, a context manager that leaves all functions as
        they are.
            The environment variable ``HOAD_ADAPT=off`` does so for the whole process.

    Returns:
        The same function, or the context manager.

    Raises:
        ArgumentError: f is no function of Python code.

    Example:
        >>> import numpy as np, hoad
        >>> @hoad.no_adapt
        ... def energy(x):
        ...     return np.sum(x**2)
        >>> hoad.adapted(energy)
        nothing is bound: it needs nothing
    """
    if f is None:
        return NoAdapt()
    code = getattr(f, "__code__", None)
    if code is None:
        raise ArgumentError(f"no_adapt wants a function of Python code, and {f!r} is none")
    LEFT.add(code)
    forget()
    often.forget()  # what was learned of it as it was adapted
    return f
