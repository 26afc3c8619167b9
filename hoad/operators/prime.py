"""``f.prime``: functions that know their derivatives."""

from __future__ import annotations

import functools
import sys
import types
from typing import Any

import numpy as np

from ..errors import ArgumentError, NonScalarOutputError, describe
from ..running.calling import Function
from . import derivatives, gradients, hessians, jacobians, taylor


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
        return _primed(self._f, self._order, args, kwargs)

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
        return f"<differentiable {getattr(self._f, '__name__', self._f)}{chr(39) * self._order}>"

    def __reduce__(self) -> Any:
        found = self._found()
        if found is self:
            return self.__qualname__
        if isinstance(found, Differentiable) and found._f is self._f:
            return _primed_again, (found, self._order)
        return Differentiable, (self._f, self._order)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return (
            self
            if instance is None
            else Differentiable(types.MethodType(Differentiable(self._f), instance), self._order)
        )

    def _found(self) -> Any:
        """What the module of f has under f's name."""
        found: Any = sys.modules.get(getattr(self._f, "__module__", None) or "")
        for name in getattr(self._f, "__qualname__", "?").split("."):
            found = getattr(found, name, None)
        return found


def _primed_again(f: Differentiable, order: int) -> Differentiable:
    return f.nth(order)


def _primed(f: Function, order: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The derivative of a given order at a point: of a number, elementwise for a ufunc, and the gradient for
    an array.
    """
    if not args:
        raise TypeError("f.prime(x) needs the point x as its first argument")
    if np.ndim(args[0]) == 0:
        return derivatives.derivative(f, args[0], order, *args[1:], **kwargs)
    inner = f if order == 1 else functools.partial(_primed_with, f, order - 1)
    if isinstance(f, np.ufunc):
        return gradients.elementwise_grad(inner, *args, **kwargs)
    value, result = jacobians.value_and_jacobian(
        inner, *args, mode="reverse" if order == 1 else "auto", **kwargs
    )
    if np.ndim(value) and order == 1:
        raise NonScalarOutputError(
            f"f.prime of an array wants a value that is one number, and this one is {describe(value)}; "
            f"f.jacobian(x) gives "
            f"the derivative of every element, hoad.elementwise_grad(f, x) that of each element by its own"
        )
    return result


def _primed_with(f: Function, order: int, *args: Any, **kwargs: Any) -> Any:
    return _primed(f, order, args, kwargs)


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
