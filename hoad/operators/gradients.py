"""First derivatives: ``grad``, ``jvp``, ``vjp`` and their kin.

Every operator evaluates when it is given the point, and returns a function when it is not; what they all
have in common is in ``running/operator.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import numpy as np

from ..nested import Value, bare
from ..running.calling import Argnums, Function, P, at_point, later, select
from ..running.operator import operator
from ..running.points import Point
from ..running.recording import Recording
from ..running.results import as_float, check_scalar, finished, is_function, refuse_functions
from ..tape import Tape
from ..tracer import Tracer
from ..values.constants import ones
from ..values.shapes import REALS, shape_of
from ..values.trees import map_leaves, number

# ------------------------------------------------------------------------------------------------------------
# Gradients
# ------------------------------------------------------------------------------------------------------------


def as_complex(leaf: Value) -> Any:
    """A number as a complex one; of one that is, the signs of zeros tell the sides of a branch cut apart."""
    return leaf * (1 + 0j) if number(leaf) and not np.iscomplexobj(leaf) else leaf


def recorded_gradient(
    f: Function, args: Any, kwargs: Any, argnums: Argnums, has_aux: bool, holomorphic: bool
) -> tuple[Recording | None, Any]:
    """A run of f and the gradient by it; without the run, the gradient of a function whose value is one."""
    g, values, names = select(f, args, kwargs, argnums)
    if holomorphic:
        values = [map_leaves(as_complex, v) for v in values]
    tape = Tape()
    try:
        recording = Recording(g, Point(values, names, keeper=None if has_aux else tape), has_aux, tape)
        y = recording.outputs[0] if recording.structure is None else recording.value
        if y.__class__ is not Tracer or y.primal.__class__ not in REALS:
            if is_function(y) and not has_aux:
                options = {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic}
                return None, later(lambda *a, **k: recorded_gradient(*a, **k)[1], f, args, kwargs, options)
            check_scalar(y, holomorphic)
        grads = recording.gradient()
    finally:
        if tape.locked is not None:
            tape.release()
    if holomorphic:
        grads = [map_leaves(lambda d: np.conj(d) if number(d) else d, part) for part in grads]
    return recording, tuple(grads) if isinstance(argnums, tuple) else grads[0]


def _value_and_grad(
    f: Function,
    args: Any,
    kwargs: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Any:
    recording, result = recorded_gradient(f, args, kwargs, argnums, has_aux, holomorphic)
    if recording is None:
        return at_point(f, args, kwargs), result
    value = recording.value
    if bare(recording.point.leaves[0]).__class__ is float:
        value = as_float(value)
    return ((value, recording.aux), result) if has_aux else (value, result)


def _grad(
    f: Function,
    args: Any,
    kwargs: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Any:
    recording, result = recorded_gradient(f, args, kwargs, argnums, has_aux, holomorphic)
    return (result, recording.aux) if has_aux and recording is not None else result


def _gradient(f: Function, args: Any, kwargs: Any) -> Any:
    grads = _grad(f, args, kwargs, argnums=tuple(range(len(args))))
    if is_function(grads):
        return later(_gradient, f, args, kwargs, {})
    return grads[0] if isinstance(grads, tuple) and len(grads) == 1 else grads


def _elementwise_grad(f: Function, args: Any, kwargs: Any, argnums: Argnums = 0) -> Any:
    g, values, names = select(f, args, kwargs, argnums)
    recording = Recording(g, Point(values, names))
    if recording.structure is None and is_function(recording.outputs[0]):
        return later(_elementwise_grad, f, args, kwargs, {"argnums": argnums})
    refuse_functions(recording.outputs, recording.structure)
    found = recording.back([ones(shape_of(y), like=y)[()] for y in recording.outputs], free=True)
    grads = recording.point.replaced(
        [finished(d, x) for d, x in zip(found, recording.point.differentiated(), strict=True)]
    )
    recording.tape.release()
    return tuple(grads) if isinstance(argnums, tuple) else grads[0]


@overload
def grad(
    f: Callable[P, Any],
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    out: Any = None,
) -> Callable[P, Any]: ...
@overload
def grad(
    f: Function,
    *args: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    out: Any = None,
    **kwargs: Any,
) -> Any: ...
@operator(_grad, degree=1)
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


@overload
def value_and_grad(
    f: Callable[P, Any],
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    out: Any = None,
) -> Callable[P, Any]: ...
@overload
def value_and_grad(
    f: Function,
    *args: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    out: Any = None,
    **kwargs: Any,
) -> Any: ...
@operator(_value_and_grad, place=1, degree=(0, 1))
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

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: an argument is no number, array or container of such.
        NonScalarOutputError: the value is not one number.
        ComplexOutputError: the value is complex.

    Example:
        >>> import hoad
        >>> hoad.value_and_grad(lambda x: x**3, 2.0)
        (8.0, 12.0)
    """


@overload
def gradient(f: Callable[P, Any], *, out: Any = None) -> Callable[P, Any]: ...
@overload
def gradient(f: Function, *args: Any, out: Any = None, **kwargs: Any) -> Any: ...
@operator(_gradient)
def gradient(f: Function, *args: Any, out: Any = None, **kwargs: Any) -> Any:
    """Give the gradients with respect to all positional arguments, as Zygote does.

    Args:
        f: a function whose value is one real number.
        args: its arguments, all differentiated.
        out: an array, or a tuple or other container of arrays, of the result's structure, to write it into.
        kwargs: passed on to f.

    Returns:
        One gradient for one argument, a tuple for several.

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: an argument is no number, array or container of such.
        NonScalarOutputError: the value is not one number.
        ComplexOutputError: the value is complex.

    Example:
        >>> import hoad
        >>> hoad.gradient(lambda x, y: x * y, 2.0, 5.0)
        (5.0, 2.0)
        >>> hoad.gradient(lambda z: abs(z) ** 2, 1 + 2j)
        (2+4j)
    """


@overload
def elementwise_grad(f: Callable[P, Any], *, argnums: Argnums = 0) -> Callable[P, Any]: ...
@overload
def elementwise_grad(f: Function, *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Any: ...
@operator(_elementwise_grad)
def elementwise_grad(f: Function, *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Any:
    """Give the derivative of each output element by the input element at its place, for a function that acts
    elementwise.

    Args:
        f: a function of an array whose element k depends on element k of the input alone.
        args: its arguments.
        argnums: which arguments to differentiate.
        kwargs: passed on to f.

    Returns:
        An array of the shape of the argument. For other functions: the gradient of the sum. (``derivative``
        refuses those.)

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: an argument is no number, array or container of such.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.elementwise_grad(np.square, np.array([1.0, 2.0]))
        array([2., 4.])
    """
