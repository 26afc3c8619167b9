"""``f.prime``: functions that know their derivatives."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any, Generic, cast, overload

import numpy as np

from ..errors import ArgumentError, CallError, NonScalarOutputError, describe
from ..nested import Tangent
from ..running.calling import Function, P, R
from ..running.made import found_in_module, in_module, label
from ..running.operator import evaluated
from ..running.tracebacks import told
from ..values.containers import is_container
from ..values.trees import is_of_numbers
from . import derivatives, gradients, hessians, jacobians, taylor
from .grids import OneValueError


class Differentiable(Generic[P, R]):
    """A function with its derivatives as attributes; it keeps the name, the docstring and the signature of f.

    Args:
        f: a function of one argument, or of several; ``prime`` and ``nth`` differentiate by the first.
        order: how often ``f`` is differentiated before it is evaluated.

    Example:
        >>> f = Differentiable(lambda x: 5*x + 3)
        >>> f(10), f.prime(10), f.prime.prime(10)
        (53, 5.0, 0.0)
    """

    def __init__(self, f: Callable[P, R], order: int = 0) -> None:
        functools.update_wrapper(self, f)
        self._f = f
        self._order = order

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if not self._order:
            return self._f(*args, **kwargs)
        try:
            return cast(R, _primed(self._f, self._order, args, kwargs))
        except Exception as error:
            told(error, "prime")
            raise

    @property
    def prime(self) -> Differentiable[P, Any]:
        """The derivative, as a function that has derivatives in turn."""
        return Differentiable(self._f, self._order + 1)

    def nth(self, n: int) -> Differentiable[P, Any]:
        """The n-th derivative."""
        return Differentiable(self._f, self._order + taylor.checked_order(n))

    @property
    def grad(self) -> Callable[P, Any]:
        """The gradient; see ``hoad.grad``."""
        return gradients.grad(self)

    @property
    def jacobian(self) -> Callable[P, Any]:
        """The Jacobian; see ``hoad.jacobian``."""
        return jacobians.jacobian(self)

    @property
    def hessian(self) -> Callable[P, Any]:
        """The Hessian; see ``hoad.hessian``."""
        return hessians.hessian(self)

    def hvp(self, x: Any, v: Tangent) -> Any:
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

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Differentiable[P, R]: ...
    @overload
    def __get__(self, instance: object, owner: Any = None) -> Differentiable[..., R]: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return (
            self
            if instance is None
            else Differentiable(types.MethodType(Differentiable(self._f), instance), self._order)
        )


def _primed_again(f: Differentiable[P, R], order: int) -> Differentiable[P, Any]:
    return f.nth(order)


def _primed(f: Function, order: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The derivative of a given order at a point: of a number, or at each number of an array; of an array for
    which the value is one number, the gradient.
    """
    if not args:
        raise CallError(f"{label(f)}.prime wants the point: f.prime(x)")
    if is_container(args[0]) and not is_of_numbers(args[0]):
        return gradient_of_order(f, order, args, kwargs)
    try:
        return evaluated(derivatives.derivative, f, args, kwargs, n=order)
    except OneValueError:
        return gradient_of_order(f, order, args, kwargs)


def gradient_of_order(f: Function, order: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The gradient of a function whose value is one number, or its derivative of a higher order."""
    if order > 1:
        inner = lambda *a, **k: gradient_of_order(f, order - 1, a, k)
        return evaluated(jacobians.jacobian, inner, args, kwargs)
    value, result = evaluated(jacobians.value_and_jacobian, f, args, kwargs, mode="reverse")
    if np.ndim(value):
        raise NonScalarOutputError(
            f"f.prime of a container wants a value that is one number, and this one is {describe(value)}; "
            f"f.jacobian(x) gives the derivative of every element"
        )
    return result


def differentiable(f: Callable[P, R]) -> Differentiable[P, R]:
    """Decorate a function, so that ``f.prime``, ``f.nth(n)``, ``f.grad``, ``f.jacobian``, ``f.hessian`` and
    ``f.hvp`` are its derivatives.

    Args:
        f: the function.

    Returns:
        The function, which is called as before.

    Raises:
        ArgumentError: f is no function.

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


def prime(f: Callable[P, Any]) -> Differentiable[P, Any]:
    """Give the derivative of a function, as a function that has derivatives in turn.

    Args:
        f: a function. At an array, each element is differentiated by its own; see ``derivative``.

    Returns:
        The derivative.

    Raises:
        ArgumentError: f is no function.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.prime(np.sin)(0.0)
        1.0
        >>> hoad.prime(np.square)(np.array([1.0, 2.0]))
        array([2., 4.])
    """
    return cast("Differentiable[P, Any]", differentiable(f).prime)
