"""First derivatives: ``grad``, ``jvp``, ``vjp`` and their kin.

Every operator evaluates when it is given the point, and returns a function when it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import nested
from .calling import Argnums, Function, at_point, check_function, dispatch, into, later, select
from .errors import ShapeMismatchError, describe
from .grads import explicit, with_grads
from .mutation import own
from .number import for_any_number
from .points import Point, check_shape, matched
from .recording import Recording, pushed
from .results import (
    as_float,
    check_scalar,
    each_result,
    finished,
    holds_functions,
    is_function,
    number,
    owned,
    zero_like,
)
from .trees import flatten, map_leaves, unflatten

# ------------------------------------------------------------------------------------------------------------
# Gradients
# ------------------------------------------------------------------------------------------------------------


def _value_and_grad(
    f: Function,
    args: Any,
    kwargs: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Any:
    g, values, names = select(f, args, kwargs, argnums)
    if holomorphic:
        values = [map_leaves(lambda leaf: leaf * (1 + 0j) if number(leaf) else leaf, v) for v in values]
    recording = Recording(g, Point(values, names), has_aux)
    y = recording.outputs[0] if recording.structure is None else recording.value
    if is_function(y):
        options = {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic}
        return at_point(f, args, kwargs), later(
            lambda *a, **k: _value_and_grad(*a, **k)[1], f, args, kwargs, options
        )
    check_scalar(y, holomorphic)
    grads = recording.gradient()
    if holomorphic:
        grads = [map_leaves(lambda d: np.conj(d) if number(d) else d, part) for part in grads]
    result = tuple(grads) if isinstance(argnums, tuple) else grads[0]
    value = as_float(recording.value) if recording.point.leaves[0].__class__ is float else recording.value
    return ((value, recording.aux), result) if has_aux else (value, result)


def _grad(
    f: Function,
    args: Any,
    kwargs: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Any:
    value, result = _value_and_grad(f, args, kwargs, argnums, has_aux, holomorphic)
    return (result, value[1]) if has_aux else result


def _gradient(f: Function, args: Any, kwargs: Any) -> Any:
    grads = _grad(f, args, kwargs, argnums=tuple(range(len(args))))
    if is_function(grads):
        return later(_gradient, f, args, kwargs, {})
    return grads[0] if isinstance(grads, tuple) and len(grads) == 1 else grads


def _elementwise_grad(f: Function, args: Any, kwargs: Any, argnums: Argnums = 0) -> Any:
    g, values, names = select(f, args, kwargs, argnums)
    recording = Recording(g, Point(values, names))
    if is_function(recording.outputs[0]):
        return later(_elementwise_grad, f, args, kwargs, {"argnums": argnums})
    found = recording.back([np.ones(np.shape(y))[()] for y in recording.outputs], free=True)
    grads = recording.point.replaced(
        [finished(d, x) for d, x in zip(found, recording.point.differentiated(), strict=True)]
    )
    recording.tape.release()
    return tuple(grads) if isinstance(argnums, tuple) else grads[0]


def grad(
    f: Function,
    *args: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    out: Any = None,
    **kwargs: Any,
) -> Any:
    """Give the gradient of a function whose value is one real number, by one reverse sweep.

    Args:
        f: the function; any NumPy code.
        args: its arguments; without them, the gradient is returned as a function.
        argnums: which arguments to differentiate: a position, a parameter name, or a tuple of those.
        has_aux: f returns ``(value, extra)``; so does the result: ``(gradient, extra)``.
        holomorphic: f is complex differentiable, and f'(z) is wanted.
        out: an array, or a container of arrays, of the gradient's structure and shape, to write it into.
        kwargs: passed on to f.

    Returns:
        The gradient, of the shape, type and structure of the argument; a tuple of them for a tuple of
        ``argnums``. For a complex argument, the derivative in the real part plus i times the one in the
        imaginary part.

    Raises:
        NonScalarOutputError: the value is an array; ``jacobian`` is for that.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.grad(lambda x: np.sum(x**3), np.array([1.0, 2.0]))
        array([ 3., 12.])
        >>> hoad.grad(lambda x, y: x * y, argnums="y")(2.0, 5.0)
        2.0
    """
    place = into(out, 0 if has_aux else None)
    return dispatch(_grad, f, args, kwargs, place, argnums=argnums, has_aux=has_aux, holomorphic=holomorphic)


def value_and_grad(
    f: Function,
    *args: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    out: Any = None,
    **kwargs: Any,
) -> Any:
    """Give the value and the gradient from one run of f.

    Args:
        f: the function; see ``grad`` for it and for the options.
        args: its arguments.
        argnums: which arguments to differentiate.
        has_aux: f returns ``(value, extra)``; the result is ``((value, extra), gradient)``.
        holomorphic: f is complex differentiable.
        out: an array, or a container of arrays, of the gradient's structure and shape, to write it into.
        kwargs: passed on to f.

    Returns:
        ``(value, gradient)``.

    Example:
        >>> import hoad
        >>> hoad.value_and_grad(lambda x: x**3, 2.0)
        (8.0, 12.0)
    """
    return dispatch(
        _value_and_grad, f, args, kwargs, into(out, 1),
        argnums=argnums, has_aux=has_aux, holomorphic=holomorphic,
    )  # fmt: skip


def gradient(f: Function, *args: Any, out: Any = None, **kwargs: Any) -> Any:
    """Give the gradients with respect to all positional arguments, as Zygote does.

    Args:
        f: a function whose value is one real number.
        args: its arguments, all differentiated.
        out: an array, or a tuple or other container of arrays, of the result's structure, to write it into.
        kwargs: passed on to f.

    Returns:
        One gradient for one argument, a tuple for several.

    Example:
        >>> import hoad
        >>> hoad.gradient(lambda x, y: x * y, 2.0, 5.0)
        (5.0, 2.0)
        >>> hoad.gradient(lambda z: abs(z) ** 2, 1 + 2j)
        (2+4j)
    """
    return dispatch(_gradient, f, args, kwargs, into(out))


def elementwise_grad(f: Function, *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Any:
    """Give the derivative of each output element by the input element at its place, for a function that acts
    elementwise.

    Args:
        f: a function of an array whose element k depends on element k of the input alone.
        args: its arguments.
        argnums: which arguments to differentiate.
        kwargs: passed on to f.

    Returns:
        An array of the shape of the argument. For other functions: the gradient of the sum.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.elementwise_grad(np.square, np.array([1.0, 2.0]))
        array([2., 4.])
    """
    return dispatch(_elementwise_grad, f, args, kwargs, argnums=argnums)


# ------------------------------------------------------------------------------------------------------------
# Products with vectors
# ------------------------------------------------------------------------------------------------------------


@for_any_number
def jvp(f: Function, primals: Any, tangents: Any) -> tuple[Any, Any]:
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
    check_function(f)
    if not isinstance(primals, tuple):
        primals, tangents = (primals,), (tangents,)
    f, primals = explicit(f, primals)
    if not isinstance(tangents, (tuple, list)) or len(tangents) != len(primals):
        raise ShapeMismatchError(
            f"{len(primals)} primals and the tangents {tangents!r}: there must be one tangent for each "
            f"primal, in a tuple"
        )
    point = Point(list(primals), [f"primal {k}" for k in range(len(primals))])
    leaves, changes, structure = pushed(f, point, matched(tangents, point, primals, "tangent"))
    if structure is None and is_function(leaves[0]):
        value = lambda *more, **named: f(*primals)(*more, **named)
        return value, lambda *more, **named: jvp(lambda *a: f(*a)(*more, **named), primals, tangents)[1]
    if holds_functions(leaves, structure):
        change = each_result(lambda g: jvp(g, primals, tangents)[1], f, leaves, structure)
        return f(*primals), change
    outs = [zero_like(y) if d is None else owned(d) for y, d in zip(leaves, changes, strict=True)]
    return unflatten(structure, [owned(y) for y in leaves]), unflatten(structure, outs)


@for_any_number
def pushforward(f: Function, *primals: Any) -> Callable[..., Any]:
    """Give the function that takes tangents to the directional derivative at a point, as Zygote does.

    Args:
        f: the function.
        primals: its arguments.

    Returns:
        A function of one tangent per argument.

    Example:
        >>> import hoad
        >>> hoad.pushforward(lambda x: x**2, 3.0)(1.0)
        6.0
    """
    return lambda *tangents: jvp(f, primals, tangents)[1]


class Pullback:
    """The linear map from a cotangent of the value to cotangents of the arguments; it may be called any
    number of times.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def __call__(self, cotangent: Any) -> tuple[Any, ...]:
        recording = self._recording
        leaves, structure = flatten(cotangent) if recording.structure is not None else ([cotangent], None)
        if str(structure) != str(recording.structure):
            raise ShapeMismatchError(
                f"the cotangent {cotangent!r} has not the structure of the value {recording.value!r}"
            )
        for g, y in zip(leaves, recording.outputs, strict=True):
            if number(y) and g is not None:
                check_shape(g, y, "cotangent")
        given = [
            np.zeros(np.shape(y)) if g is None else own(float(g) if type(g) is int else g)
            for g, y in zip(leaves, recording.outputs, strict=True)
        ]
        found = recording.back(given)
        x = recording.point.differentiated()
        return tuple(recording.point.replaced([finished(d, v) for d, v in zip(found, x, strict=True)]))

    def __repr__(self) -> str:
        return f"<pullback from {describe(self._recording.value)}>"


@for_any_number
def vjp(f: Function, *primals: Any, has_aux: bool = False, **kwargs: Any) -> Any:
    """Give the value of f and its pullback, by reverse mode.

    Args:
        f: the function.
        primals: its arguments, all differentiated.
        has_aux: f returns ``(value, extra)``, and the result has ``extra`` as its third part.
        kwargs: passed on to f.

    Returns:
        ``(y, pullback)``; ``pullback(ybar)`` gives one cotangent per argument, in a tuple, and may be called
        again.

    Example:
        >>> import hoad
        >>> y, pullback = hoad.vjp(lambda x, y: x * y, 2.0, 3.0)
        >>> y, pullback(1.0), pullback(10.0)
        (6.0, (3.0, 2.0), (30.0, 20.0))
    """
    check_function(f)
    g, values = explicit(f, primals)
    if g is not f:
        return with_grads(vjp(g, *values, has_aux=has_aux, **kwargs))
    point = Point(list(primals), [f"argument {k}" for k in range(len(primals))])
    recording = Recording(lambda *a: f(*a, **kwargs), point, has_aux)
    if has_aux:
        return recording.value, Pullback(recording), recording.aux
    return recording.value, Pullback(recording)


pullback = vjp


def stop_gradient(x: Any) -> Any:
    """Give a value that counts as a constant, in every mode and to every order.

    Args:
        x: a number, an array, or a container of those.

    Returns:
        The same values, without derivatives.

    Example:
        >>> import hoad
        >>> hoad.grad(lambda x: x * hoad.stop_gradient(x), 3.0)
        3.0
    """
    return map_leaves(primal, x)


def primal(x: Any) -> Any:
    """Give the ordinary value that a traced value stands for, as a constant.

    Args:
        x: a traced value, or anything else.

    Returns:
        Its value, an array as a copy, so that a change of it does not reach what is recorded; anything else
        as it is.

    Example:
        >>> import hoad
        >>> hoad.grad(lambda x: x * hoad.primal(x), 3.0)   # the second factor counts as a constant
        3.0
    """
    value = nested.primal(x)
    return value.copy() if value is not x and isinstance(value, np.ndarray) else value
