"""Products of derivatives with vectors, without the matrix: ``jvp`` and ``vjp``."""

from __future__ import annotations

import functools
from typing import Any

from ..arrays.buffers import is_large
from ..arrays.mutation import own
from ..errors import OPERATOR, NonScalarOutputError, ShapeMismatchError, describe
from ..nested import Cotangent, Tangent, Value
from ..parameters.grads import OfValues, explicit
from ..running.calling import Function
from ..running.made import label
from ..running.operator import LATER, operator
from ..running.points import Point, check_shape, matched, placed
from ..running.pushing import pushed
from ..running.recording import Recording, given
from ..running.results import each_result, holds_functions, is_function, owned, zero_like
from ..running.tracebacks import fold
from ..values.constants import zeros
from ..values.shapes import shape_of
from ..values.trees import flatten, flatten_result, number, unflatten
from ..values.wrappers import alike

# ------------------------------------------------------------------------------------------------------------
# Products with vectors
# ------------------------------------------------------------------------------------------------------------


def _jvp(f: Function, args: Any, kwargs: Any, tangents: Tangent) -> tuple[Any, Any]:
    (primals,) = args
    if not isinstance(primals, tuple):
        primals, tangents = (primals,), (tangents,)
    f, primals = explicit(f, primals)
    if not isinstance(tangents, (tuple, list)) or len(tangents) != len(primals):
        raise ShapeMismatchError(
            f"{len(primals)} primals and the tangents {tangents!r}: there must be one tangent for each "
            f"primal, in a tuple"
        )
    point = Point(list(primals), [f"primal {k}" for k in range(len(primals))])
    leaves, changes, structure = pushed(f, point, matched(tangents, point, primals, "tangent"), last=True)
    again: Function = lambda g: _jvp(g, (primals,), {}, tangents)[1]
    if structure is None and is_function(leaves[0]):
        value = lambda *more, **named: f(*primals)(*more, **named)
        return value, lambda *more, **named: again(lambda *a: f(*a)(*more, **named))
    values = [owned(y) for y in leaves]
    outs = [zero_like(y) if d is None else owned(d) for y, d in zip(leaves, changes, strict=True)]
    if holds_functions(leaves, structure):
        value = each_result(lambda g: g(*primals), f, leaves, structure, values)
        return value, each_result(again, f, leaves, structure, outs)
    return unflatten(structure, values), unflatten(structure, outs)


@operator(_jvp, degree=(0, 0))
def jvp(f: Function, primals: Value = LATER, tangents: Tangent = LATER) -> Any:
    """Give the value of f and its directional derivative, by forward mode.

    Args:
        f: the function.
        primals: the tuple of its arguments (or the one argument).
        tangents: the direction: a tuple of the same structure and shapes.

    Returns:
        ``(y, dy)``, of the same structure.

    Raises:
        ShapeMismatchError: the tangents do not fit the primals.

    Example:
        >>> import hoad
        >>> hoad.jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
        (6.0, 3.0)
    """


class Pushforward:
    """The linear map from tangents of the arguments to the tangent of the value, at a point."""

    def __init__(self, f: Function, primals: tuple[Any, ...]) -> None:
        self._f = f
        self._primals = primals

    def __call__(self, *tangents: Tangent) -> Any:
        return jvp(self._f, self._primals, tangents)[1]

    def __repr__(self) -> str:
        return f"<pushforward of {label(self._f)} at {', '.join(map(describe, self._primals))}>"


def _pushforward(f: Function, args: Any, kwargs: Any) -> Pushforward:
    return Pushforward(functools.partial(f, **kwargs) if kwargs else f, args)


@operator(_pushforward)
def pushforward(f: Function, *primals: Value, **kwargs: Any) -> Any:
    """Give the function that takes tangents to the directional derivative at a point, as Zygote does.

    Args:
        f: the function.
        primals: its arguments.
        kwargs: passed on to f.

    Returns:
        A function of one tangent per argument.

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: when it is called, if an argument is no number.
        ShapeMismatchError: it is given a tangent that has not the shape of the argument.

    Example:
        >>> import hoad
        >>> hoad.pushforward(lambda x: x**2, 3.0)(1.0)
        6.0
    """


class Pullback:
    """The linear map from a cotangent of the value to cotangents of the arguments; it may be called any
    number of times. By parameters (``alone``), it gives their ``Grads`` and not a tuple of it.
    """

    def __init__(self, recording: Recording, alone: bool = False) -> None:
        self._recording = recording
        self._alone = alone
        self._put: Function | None = None

    def alike(self, put: Function) -> Pullback:
        """The same with results that another library has."""
        found = Pullback(self._recording, self._alone)
        found._put = put
        return found

    def __call__(self, cotangent: Any) -> Any:
        try:
            return alike(self._pulled(cotangent), self._put) if self._put else self._pulled(cotangent)
        except Exception as error:
            fold(error)
            raise

    def _pulled(self, cotangent: Any) -> Any:
        recording = self._recording
        leaves, structure = flatten(cotangent) if recording.structure is not None else ([cotangent], None)
        if str(structure) != str(recording.structure):
            raise ShapeMismatchError(
                f"the cotangent {cotangent!r} has not the structure of the value {recording.value!r}"
            )
        for g, y in zip(leaves, recording.outputs, strict=True):
            if number(y) and g is not None:
                check_shape(g, y, "cotangent")
        seeds = [
            zeros(shape_of(y), like=y) if g is None else held(placed(g, y, "cotangent"))
            for g, y in zip(leaves, recording.outputs, strict=True)
        ]
        found = recording.back(seeds)
        x = recording.point.differentiated()
        parts = recording.point.replaced([given(found, k, v) for k, v in enumerate(x)])
        return parts[0] if self._alone else tuple(parts)

    def __repr__(self) -> str:
        return f"<pullback from {describe(self._recording.value)}>"


def held(g: Cotangent) -> Any:
    """A cotangent that the sweep may hold: a large one as it is, which is not written over."""
    return g if is_large(g) else own(g)


def _vjp(f: Function, args: Any, kwargs: Any, has_aux: bool) -> Any:
    point = Point(list(args), [f"argument {k}" for k in range(len(args))])
    recording = Recording(lambda *a: f(*a, **kwargs), point, has_aux)
    leaves, structure, value = recording.outputs, recording.structure, recording.value
    if structure is None and is_function(value):
        raise NonScalarOutputError(
            f"the value is a function, which has no cotangent; {OPERATOR} takes lambda x: f(x)(...)"
        )
    if holds_functions(leaves, structure):
        first: Function = (lambda *a: f(*a, **kwargs)[0]) if has_aux else lambda *a: f(*a, **kwargs)
        value = each_result(lambda g: g(*args), first, leaves, structure, flatten_result(value)[0])
    back = Pullback(recording, alone=f.__class__ is OfValues)
    return (value, back, recording.aux) if has_aux else (value, back)


@operator(_vjp)
def vjp(f: Function, *primals: Value, has_aux: bool = False, **kwargs: Any) -> Any:
    """Give the value of f and its pullback, by reverse mode.

    Args:
        f: the function.
        primals: its arguments, all differentiated.
        has_aux: f returns ``(value, extra)``, and the result has ``extra`` as its third part.
        kwargs: passed on to f.

    Returns:
        ``(y, pullback)``; ``pullback(ybar)`` gives one cotangent per argument, in a tuple, and may be called
        again.

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: an argument is no number, array or container of such.
        ShapeMismatchError: the pullback is given a cotangent that has not the shape of the value.

    Example:
        >>> import hoad
        >>> y, pullback = hoad.vjp(lambda x, y: x * y, 2.0, 3.0)
        >>> y, pullback(1.0), pullback(10.0)
        (6.0, (3.0, 2.0), (30.0, 20.0))
    """


pullback = vjp
