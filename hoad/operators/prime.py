"""``f.prime``: functions that know their derivatives."""

from __future__ import annotations

import functools
import math
import types
from typing import Any

import numpy as np

from ..errors import ArgumentError, CallError, NonScalarOutputError, describe
from ..nested import Traced, everything
from ..running.calling import Function
from ..running.made import found_in_module, in_module, label
from ..running.operator import evaluated
from ..running.points import Point
from ..running.results import kind_of
from ..running.tracebacks import told
from ..values.shapes import shape_of
from . import derivatives, gradients, hessians, jacobians, taylor, tensors


class Differentiable:
    """A function with its derivatives as attributes; it keeps the name, the docstring and the signature of f.

    Args:
        f: a function of one argument, or of several; ``prime`` and ``nth`` differentiate by the first.
        order: how often ``f`` is differentiated before it is evaluated.

    Example:
        >>> f = Differentiable(lambda x: 5*x + 3)
        >>> f(10), f.prime(10), f.prime.prime(10)
        (53, 5.0, 0.0)
    """

    def __init__(self, f: Function, order: int = 0) -> None:
        functools.update_wrapper(self, f)
        self._f = f
        self._order = order

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._order:
            return self._f(*args, **kwargs)
        try:
            return _primed(self._f, self._order, args, kwargs)
        except Exception as error:
            told(error, "prime")
            raise

    @property
    def prime(self) -> Differentiable:
        """The derivative, as a function that has derivatives in turn."""
        return Differentiable(self._f, self._order + 1)

    def nth(self, n: int) -> Differentiable:
        """The n-th derivative."""
        return Differentiable(self._f, self._order + taylor.checked_order(n))

    @property
    def grad(self) -> Any:
        """The gradient; see ``hoad.grad``."""
        return gradients.grad(self)

    @property
    def jacobian(self) -> Any:
        """The Jacobian; see ``hoad.jacobian``."""
        return jacobians.jacobian(self)

    @property
    def hessian(self) -> Any:
        """The Hessian; see ``hoad.hessian``."""
        return hessians.hessian(self)

    def hvp(self, x: Any, v: Any) -> Any:
        """The product of the Hessian at ``x`` with ``v``; see ``hoad.hvp``."""
        return hessians.hvp(self, x, v)

    def __repr__(self) -> str:
        return f"<differentiable {label(self._f)}{chr(39) * self._order}>"

    def __reduce__(self) -> Any:
        if name := in_module(self):
            return name
        found = found_in_module(self)
        if isinstance(found, Differentiable) and found._f is self._f:
            return _primed_again, (found, self._order)
        return Differentiable, (self._f, self._order)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return (
            self
            if instance is None
            else Differentiable(types.MethodType(Differentiable(self._f), instance), self._order)
        )


def _primed_again(f: Differentiable, order: int) -> Differentiable:
    return f.nth(order)


def _primed(f: Function, order: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The derivative of a given order at a point: of a number, elementwise for a ufunc, and the gradient for
    an array.
    """
    if not args:
        raise CallError(f"{label(f)}.prime wants the point: f.prime(x)")
    if np.ndim(args[0]) == 0:
        return evaluated(derivatives.derivative, f, args, kwargs, n=order)
    inner = f if order == 1 else functools.partial(_primed_with, f, order - 1)
    if isinstance(f, np.ufunc):
        return evaluated(gradients.elementwise_grad, inner, args, kwargs)
    if is_array_of_floats(args[0]) and shape_of(f(*args, **kwargs)) == shape_of(args[0]):
        return elementwise_derivative(lambda x: f(x, *args[1:], **kwargs), args[0], order)
    mode = "reverse" if order == 1 else "auto"
    value, result = evaluated(jacobians.value_and_jacobian, inner, args, kwargs, mode=mode)
    if np.ndim(value) and order == 1:
        raise NonScalarOutputError(
            f"f.prime of an array wants a value that is one number, or an array of the shape of x from a "
            f"function that acts on each element by itself, and this one is {describe(value)}; f.jacobian(x) "
            f"gives the derivative of every element"
        )
    return result


def _primed_with(f: Function, order: int, *args: Any, **kwargs: Any) -> Any:
    return _primed(f, order, args, kwargs)


def is_array_of_floats(x: Any) -> bool:
    """Tell whether a point is an array of real numbers, traced or not."""
    return isinstance(x, (np.ndarray, Traced)) and x.dtype.kind in "fiub"


def elementwise_derivative(f: Function, x: Any, order: int) -> Any:
    """The derivative of each element of the value by the element of ``x`` at its place.

    It is the derivative along (1, ..., 1), if no element depends on another one, and that is checked: then
    the derivative along v is it times v**order, for every v. The entries of v are powers of two, by which
    numbers that are multiplied and added are scaled exactly, so the two sides are the same to the last bit;
    and they are drawn at random, so a sum over other elements makes them differ.

    Raises:
        NonScalarOutputError: an element of the value depends on another element of ``x``.
    """
    point = Point([x], ["the point"])
    kind = kind_of(point.leaves[0])
    widest = max(1, min(30, np.finfo(kind).maxexp // (4 * order)))
    powers = np.random.default_rng(order).integers(-widest, widest, (6, np.size(x)), endpoint=True)
    powers[0] = 0
    (found,), structure = tensors.coefficients(f, point, np.exp2(powers).astype(kind), order)
    scale = np.reshape(np.exp2(powers[1:] * order), (5, *np.shape(x))).astype(kind)
    first = found[:1]
    differs = everything((found[1:] != scale * first) & ~np.isnan(first))
    if structure is not None or np.any(differs):
        raise NonScalarOutputError(
            "f.prime of an array is the derivative of each element, and an element of this value depends on "
            "other elements of x; f.jacobian(x) gives all derivatives"
        )
    return found[0] * float(math.factorial(order))


def differentiable(f: Function) -> Differentiable:
    """Decorate a function, so that ``f.prime``, ``f.nth(n)``, ``f.grad``, ``f.jacobian``, ``f.hessian`` and
    ``f.hvp`` are its derivatives.

    Args:
        f: the function.

    Returns:
        The function, which is called as before.

    Example:
        >>> import hoad
        >>> @hoad.differentiable
        ... def f(x):
        ...     return x**3
        >>> f(2.0), f.prime(2.0), f.prime.prime(2.0), f.nth(3)(2.0)
        (8.0, 12.0, 12.0, 6.0)
    """
    if not callable(f):
        raise ArgumentError(
            f"{f!r} is not a function; differentiable and prime take a function, as in prime(np.sin)"
        )
    return f if isinstance(f, Differentiable) else Differentiable(f)


def prime(f: Function) -> Differentiable:
    """Give the derivative of a function, as a function that has derivatives in turn.

    Args:
        f: a function, or a NumPy ufunc (which is differentiated elementwise).

    Returns:
        The derivative.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.prime(np.sin)(0.0)
        1.0
        >>> hoad.prime(np.square)(np.array([1.0, 2.0]))
        array([2., 4.])
    """
    primed: Differentiable = differentiable(f).prime
    return primed
