"""Compositions that are one operation on a device, where each launch costs: ``np.clip``, ``np.var``.

Most functions of NumPy are stated as compositions of others, and each of those is a step of a derivative. On
arrays of NumPy's that is right: a step costs what it computes. On a device such a composition is one
operation: of each element, a scalar rule, whose partials are those of the body; else a differential, which is
that of the body, and whose transpose is the body's sweep. So a kernel has all of the body in it, as far as it
goes (``cells.py``, ``deferred.py``).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..backends.registry import FUSING
from ..chainrules.statements import OWN, RULES, Differential, Scalar
from ..dual import Dual, zeros_of
from ..kinds.gridded import Gridded
from ..kinds.jet import Jet
from ..nested import Level, Traced, innermost
from ..tape import Tape, sweep
from ..tracer import HANDLES, Draft, Tracer, entered
from ..values.constants import zeros
from ..values.shapes import shape_of
from .kernels import NOTING

OF_ELEMENTS = (np.clip, np.nan_to_num)  # of which each element of the value is of one of each argument
WHOLE = (np.var, np.std)  # in which no zero of the program's is made, that infinity could meet
NUMBERS = (int, float, np.number)
KINDS = frozenset({Dual, Jet, *HANDLES})
ARGUMENTS = 8  # that a grouped differential may have


def launches_once(x: Any) -> bool:
    """Tell whether a value is recorded, or has a tangent, and lies where each launch costs."""
    while x.__class__ is Gridded:
        x = x.primal
    if x.__class__ not in KINDS:
        return False
    return x.primal.__class__ in FUSING and x.primal.__class__ not in NOTING


def grouped(function: Any, make: Callable[..., Any]) -> Callable[..., Any]:
    """A composition that is one operation where that counts.

    Args:
        function: what it stands for.
        make: its rule, of what it is given.
    """
    body = RULES[function]

    @functools.wraps(body)
    def called(*args: Any, **kwargs: Any) -> Any:
        if (
            FUSING
            and args
            and (top := innermost((*args, *kwargs.values()))) is not None
            and launches_once(top)
        ):
            found = make(function, body, args, kwargs)
            if found is not None:
                rule, given, options = found
                return rule(*given, **options)
        return body(*args, **kwargs)

    return called


# ------------------------------------------------------------------------------------------------------------
# Of each element
# ------------------------------------------------------------------------------------------------------------

_scalars: dict[Any, Scalar] = {}


def as_scalar(function: Any, body: Any, args: Any, kwargs: Any) -> Any:
    """The scalar rule of what the body makes of arrays and numbers, beside options; None for others."""
    bound = inspect.signature(body).bind(*args, **kwargs).arguments
    given: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name, x in bound.items():
        is_operand = isinstance(x, (Traced, *NUMBERS)) or x.__class__ in FUSING
        (given if is_operand and not isinstance(x, bool) else options)[name] = x
    if bound.keys() & {"out", "where", "options"} or options.get("copy") is False:
        return None
    try:
        key = function, tuple(given), tuple(options.items())
        rule = _scalars.get(key)
    except TypeError:  # an option that is no word and no number
        return None
    if rule is None:
        rule = _scalars[key] = scalar_of(function, body, tuple(bound), tuple(given), options)
    return rule, tuple(given.values()), {}


def scalar_of(
    whole: Any, body: Any, order: tuple[str, ...], names: tuple[str, ...], options: dict[str, Any]
) -> Scalar:
    """A scalar rule whose partials are the derivatives of the body: the function is this rule again where a
    tangent lies on a device, so its partials would ask for themselves without end.

    Args:
        whole: the function with all its parameters.
        body: the composition that it stands for.
        order: those that are given, in their order.
        names: those that are operands.
        options: the others.
    """

    def of_operands(f: Any) -> Callable[..., Any]:
        def function(*args: Any) -> Any:
            known = {**options, **dict(zip(names, args, strict=True))}
            return f(known[order[0]], **{name: known[name] for name in order[1:]})

        return function

    function, composed = of_operands(whole), of_operands(body)

    def partials(*args: Any) -> tuple[Any, ...]:
        return tuple([partial(composed, k, args[:-1]) for k in range(len(names))])

    rule = Scalar(function, partials, name=whole.__name__)
    rule.arity = len(names)
    return rule


def partial(function: Any, k: int, args: tuple[Any, ...]) -> Any:
    """The derivative of a function of numbers by one of them."""
    level = Level()
    x = args[k]
    found = function(*args[:k], Dual(level, x, np.ones_like(x) if shape_of(x) else 1.0), *args[k + 1 :])
    return found.tangent if found.__class__ is Dual and found.level is level else zeros_of(found)


# ------------------------------------------------------------------------------------------------------------
# Of whole arrays
# ------------------------------------------------------------------------------------------------------------

_wholes: dict[Any, Differential] = {}


def as_whole(function: Any, body: Any, args: Any, kwargs: Any) -> Any:
    """The differential rule of the body; None where an option is differentiated, or an array."""
    if any([isinstance(x, Traced) or x.__class__ in FUSING for x in kwargs.values()]) or "out" in kwargs:
        return None
    if function not in _wholes:
        _wholes[function] = Whole(function, body)
    return _wholes[function], args, kwargs


class Whole(Differential):
    """A rule whose differential is that of a composition, whatever argument changes.

    Args:
        function: the value.
        body: the composition.
    """

    __slots__ = ("body",)

    def __init__(self, function: Any, body: Any) -> None:
        def value(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        back: dict[Any, Any] = {i: functools.partial(self.cotangent, i) for i in range(ARGUMENTS)}
        super().__init__(value, backward=back, name=function.__name__)
        self.body = body

    def differential_at(self, d: Any, i: int, args: Any, out: Any, kwargs: Any) -> Any:
        """The tangent of the function."""
        level = Level()
        found = self.body(*args[:i], Dual(level, args[i], d), *args[i + 1 :], **kwargs)
        return found.tangent if found.__class__ is Dual and found.level is level else zeros_of(found)

    def cotangent(self, i: int, g: Any, *given: Any, **kwargs: Any) -> Any:
        """The cotangent of an argument: by the sweep of the composition."""
        return pulled(lambda x: self.body(*given[:i], x, *given[i + 1 : -1], **kwargs), given[i], g)


def pulled(function: Any, x: Any, g: Any) -> Any:
    """The cotangent of what a function is of."""
    tape = Tape()
    try:
        found = function(entered(tape, x))
        if found.__class__ is Draft:
            found.finish()
        if found.__class__ is not Tracer or found.level is not tape:
            return zeros(shape_of(x), like=x)
        (part,) = sweep(tape, {found.slot: g}, [0], free=True)
        return zeros(shape_of(x), like=x) if part is None else part
    finally:
        tape.alive = False
        tape.release()


for _functions, _make in ((OF_ELEMENTS, as_scalar), (WHOLE, as_whole)):
    for _function in _functions:
        OWN[_function] = RULES[_function] = grouped(_function, _make)
