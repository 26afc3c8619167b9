"""Calling conventions of the operators: which arguments are differentiated, and functions that stay
functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ..errors import ArgumentError, describe
from ..values.trees import fill
from .mistakes import not_a_function

P = ParamSpec("P")  # the arguments of a function of the user's
R = TypeVar("R")  # and what it returns
Function = Callable[..., Any]
Argnums = int | str | tuple[int | str, ...]


def written(out: Any, place: int | None, result: Any) -> Any:
    """A result with its derivative in the user's arrays, from the keyword ``out``.

    Args:
        out: an array, or a container of arrays, of the structure of the derivative.
        place: which entry of the result that is; None for all of it.
        result: of the operator.
    """
    if place is None:
        return fill(out, result)
    return tuple([fill(out, r) if k == place else r for k, r in enumerate(result)])


def check_function(f: Any, name: str = "grad", form: str = "(f, x)") -> None:
    """Refuse what is not a function."""
    if not callable(f):
        raise ArgumentError(not_a_function(f, f"hoad.{name}{form}"))


def checked_flag(name: str, value: Any) -> bool:
    """An option that is said or not."""
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(f"{name}= is {describe(value)}; it must be True or False")
    return bool(value)


def checked_argnums(argnums: Any) -> Argnums:
    """Which arguments to differentiate: a position, a name, or a tuple of those."""
    if isinstance(argnums, tuple) and argnums:
        return tuple([checked_argnum(a, argnums) for a in argnums])
    return checked_argnum(argnums, argnums)


def checked_argnum(argnum: Any, whole: Any) -> int | str:
    """One of them."""
    if isinstance(argnum, str):
        return argnum
    if isinstance(argnum, (int, np.integer)) and not isinstance(argnum, bool):
        return int(argnum)
    hint = f": argnums={tuple(whole)}" if isinstance(whole, (list, range)) else ""
    raise ArgumentError(
        f"argnums={whole!r} must be a position, a parameter name, or a tuple of one or more of those{hint}"
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
