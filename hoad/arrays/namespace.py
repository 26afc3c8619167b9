"""The functions of ``hoad.numpy``: NumPy's, which ask lists for rules, and make arrays that can be filled."""

from __future__ import annotations

import functools
import numbers
import types
from collections.abc import Callable
from typing import Any

import numpy

from ..chainrules import RULES
from ..nested import FILLS, INSIDE, Traced, innermost, primal, type_of
from ..values.trees import flatten
from .fillable import fillable
from .unreached import UNREACHED, holds_traced, packed, table
from .writing import with_out

LISTS = (list, tuple)


def of_sequences(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a list of arrays, whose entries NumPy asks: they may be lists of traced numbers. Of a
    traced keyword alone it asks nothing.
    """
    rule = RULES[function]

    @functools.wraps(function)
    def asked(*args: Any, **kwargs: Any) -> Any:
        if not INSIDE.get():
            return function(*args, **kwargs)
        if function in LISTED and args and args[0].__class__ in LISTS and holds_traced(args[0]):
            args = ([packed(part) if holds_traced(part) else part for part in args[0]], *args[1:])
        elif kwargs and innermost(args) is None and innermost(flatten(kwargs)[0]) is not None:
            return with_out(rule, args, kwargs)
        return function(*args, **kwargs)

    return asked


def own(function: Any) -> Any:
    """What stands for a function of NumPy's; None for itself."""
    if not callable(function):
        return None
    found = UNREACHED.get(function)
    of_lists = found is None and not isinstance(function, (type, numpy.ufunc)) and function in RULES
    return of_sequences(function) if of_lists else found


# Functions of one list of arrays.
LISTED = frozenset(
    {numpy.concatenate, numpy.stack, numpy.vstack, numpy.hstack, numpy.dstack, numpy.column_stack}
)


def filling(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes an array, whose result can be filled within a derivative."""

    @functools.wraps(function)
    def made(*args: Any, **kwargs: Any) -> Any:
        out = function(*args, **kwargs)
        return fillable(out) if INSIDE.get() and FILLS.get() else out

    return made


def of_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes an array of what it is given, which may be traced."""

    @functools.wraps(function)
    def made(object: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(object, Traced):
            return RULES[function](object, dtype, *args, **kwargs | {"like": object})
        if not INSIDE.get():
            return function(object, dtype, *args, **kwargs)
        whole = table(object) if object.__class__ in LISTS else None
        if whole is not None or holds_traced(object):
            whole = packed(object) if whole is None else whole
            is_new = object.__class__ in LISTS and not args and not kwargs  # made for this call
            if is_new and (dtype is None or dtype == whole.dtype):
                return whole
            kind = whole.dtype if dtype is None or numpy.dtype(dtype).kind == "O" else dtype
            return RULES[function](whole, kind, *args, **kwargs | {"like": whole})
        out = function(object, dtype, *args, **kwargs)
        return fillable(out) if FILLS.get() else out

    return made


def module_of(original: types.ModuleType) -> types.ModuleType:
    """A part of NumPy, with what stands for its functions."""
    new = types.ModuleType(original.__name__, original.__doc__)
    new.__dict__.update(vars(original))
    new.__dict__.update({n: own(f) for n, f in vars(original).items() if own(f) is not None})
    return new


def isscalar(element: Any) -> bool:
    """As ``numpy.isscalar``, by what a traced value stands for."""
    if isinstance(element, Traced):
        return issubclass(type_of(element), numpy.generic | numbers.Number)
    return bool(numpy.isscalar(element))


def arange(*args: Any, **kwargs: Any) -> Any:
    """As ``numpy.arange``: how many there are is decided by the plain values; each is start + k step."""
    if not any([isinstance(a, Traced) for a in (*args, *kwargs.values())]):
        return numpy.arange(*args, **kwargs)
    plain = numpy.arange(*map(primal, args), **{name: primal(a) for name, a in kwargs.items()})
    given = dict(zip(("start", "stop", "step", "dtype"), args, strict=False)) | kwargs
    start = None if given.get("stop") is None else given.get("start")  # one number alone is where to stop
    step = given.get("step")
    of_integers = plain.dtype.kind not in "fc"  # whose steps NumPy rounds as it makes them
    if of_integers or not (isinstance(start, Traced) or isinstance(step, Traced)):
        return plain
    out = (0 if start is None else start) + numpy.arange(len(plain)) * (1 if step is None else step)
    return out if given.get("dtype") is None else out.astype(given["dtype"])
