"""Calling conventions of the operators: which arguments are differentiated, and functions that stay
functions.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..kinds.number import with_numbers
from ..parameters.grads import explicit
from ..values.trees import Foreign, fill

Function = Callable[..., Any]
Argnums = int | str | tuple[int | str, ...]


class Derivative:
    """What an operator returns when it is not given the point: a function with the name, the signature and
    the docstring of f.

    It can be pickled if f can.
    """

    def __init__(self, evaluate: Function, f: Function, options: dict[str, Any], out: Any = None) -> None:
        functools.update_wrapper(self, f)
        self._evaluate = evaluate
        self._f = f
        self._options = options
        self._out = out

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = evaluated(self._evaluate, self._f, args, kwargs, self._options)
        return result if self._out is None else self._out(result)

    def __repr__(self) -> str:
        return f"<{self._evaluate.__name__.strip('_')} of {getattr(self._f, '__name__', self._f)}>"

    def __reduce__(self) -> Any:
        return Derivative, (self._evaluate, self._f, self._options, self._out)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)


def dispatch(
    evaluate: Function,
    f: Function,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    out: Any = None,
    **options: Any,
) -> Any:
    """Evaluate an operator if it is given the point, else make it a function; ``out`` takes the result."""
    check_function(f)
    if args or kwargs:
        result = evaluated(evaluate, f, args, kwargs, options)
        return result if out is None else out(result)
    return Derivative(evaluate, f, options, out)


def evaluated(evaluate: Function, f: Function, args: Any, kwargs: Any, options: dict[str, Any]) -> Any:
    """An operator at a point, which may be of parameters, or of numbers of another kind."""
    f, args = explicit(f, args)
    try:
        return evaluate(f, args, kwargs, **options)
    except Foreign:
        return with_numbers(lambda *a, **k: evaluate(f, a, k, **options), args, kwargs)


class Out:
    """The user's arrays for a result, from the keyword ``out``.

    Args:
        arrays: an array, or a container of arrays, of the structure of the derivative.
        place: which entry of the operator's result that is; None for all of it.
    """

    def __init__(self, arrays: Any, place: int | None = None) -> None:
        self.arrays = arrays
        self.place = place

    def __call__(self, result: Any) -> Any:
        if self.place is None:
            return fill(self.arrays, result)
        return tuple([fill(self.arrays, r) if k == self.place else r for k, r in enumerate(result)])


def into(out: Any, place: int | None = None) -> Out | None:
    """What the keyword ``out`` stands for."""
    return None if out is None else Out(out, place)


def check_function(f: Any) -> None:
    """Refuse what is not a function."""
    if not callable(f):
        raise ArgumentError(
            f"the first argument is {f!r}, which is not a function; the operators are called as grad(f, x) "
            f"or grad(f)(x)"
        )


def select(
    f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums
) -> tuple[Function, list[Any], list[str]]:
    """Split a call into what is differentiated and the rest.

    Returns:
        A function of the selected arguments alone, their values, and what messages call them.
    """
    if argnums == 0 and not kwargs and len(args) == 1:
        return f, [args[0]], ["argument 0"]
    chosen = argnums if isinstance(argnums, tuple) else (argnums,)
    places = [locate(f, args, kwargs, a) for a in chosen]
    if len(set(places)) < len(places):
        raise ArgumentError(f"argnums={argnums!r} names an argument twice")
    names = [f"argument {p!r}" for p in places]

    def of_selected(*values: Any) -> Any:
        new_args, new_kwargs = list(args), dict(kwargs)
        for place, value in zip(places, values, strict=True):
            if isinstance(place, int):
                new_args[place] = value
            else:
                new_kwargs[place] = value
        return f(*new_args, **new_kwargs)

    return of_selected, [args[p] if isinstance(p, int) else kwargs[p] for p in places], names


def parameter_names(f: Function) -> list[str]:
    """What the parameters of a function are called, as far as it says (ufuncs do from NumPy 2.4 on)."""
    if isinstance(f, np.ufunc):
        return ["x"] if f.nin == 1 else [f"x{k + 1}" for k in range(f.nin)]
    try:
        return list(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        return []


def locate(f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnum: int | str) -> int | str:
    """Find a selected argument in a call: its position, or its keyword."""
    if isinstance(argnum, str):
        if argnum in kwargs:
            return argnum
        parameters = parameter_names(f)
        if argnum in parameters and parameters.index(argnum) < len(args):
            return parameters.index(argnum)
        raise ArgumentError(
            f"argnums={argnum!r} is not among the arguments of this call; the function takes "
            f"{', '.join(parameters)}"
        )
    if isinstance(argnum, bool) or not isinstance(argnum, int):
        raise ArgumentError(f"argnums={argnum!r} must be a position, a parameter name or a tuple of those")
    if -len(args) <= argnum < len(args):
        return argnum % len(args)
    if argnum >= 0:
        parameters = parameter_names(f)
        if argnum < len(parameters) and parameters[argnum] in kwargs:
            return parameters[argnum]
    raise ArgumentError(f"argnums={argnum} is out of range: the call has {len(args)} positional arguments")


def later(evaluate: Function, f: Function, args: Any, kwargs: Any, options: dict[str, Any]) -> Function:
    """The derivative of a function whose value is a function: each call of it is a fresh calculation, with a
    fresh tag.
    """

    def of_result(*more: Any, **named: Any) -> Any:
        return evaluate(lambda *a, **k: f(*a, **k)(*more, **named), args, kwargs, **options)

    return of_result


def at_point(f: Function, args: Any, kwargs: Any) -> Function:
    """The value of a function whose value is a function, without anything of the derivative in it."""
    return lambda *more, **named: f(*args, **kwargs)(*more, **named)
