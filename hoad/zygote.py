"""The words of Zygote.jl for what hoad has under other names, and its conventions where they differ."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .errors import OPERATOR, NonScalarOutputError, NotDifferentiableError, describe
from .operators.gradients import _value_and_grad
from .operators.hessians import _diag_hessian, _hessian
from .operators.jacobians import _value_and_jacobian
from .operators.products import _vjp
from .running.calling import Argnums, Function
from .running.operator import LATER, operator
from .running.results import is_function, tidy
from .values.containers import is_container
from .values.trees import is_one_number


class WithGradient(NamedTuple):
    """A value, and the gradients of it."""

    val: Any
    grad: Any


def alone(parts: Any) -> Any:
    """One derivative for one argument, a tuple for several; of a function, a function."""
    if is_function(parts):
        return lambda *more, **named: alone(parts(*more, **named))
    return parts[0] if len(parts) == 1 else parts


def _withgradient(f: Function, args: Any, kwargs: Any) -> WithGradient:
    def with_whole(*a: Any, **k: Any) -> tuple[Any, Any]:
        y = f(*a, **k)
        return (y[0] if isinstance(y, tuple) and y else y), y

    (_, whole), grads = _value_and_grad(with_whole, args, kwargs, tuple(range(len(args))), has_aux=True)
    return WithGradient(whole, alone(grads))


@operator(_withgradient)
def withgradient(f: Function, *args: Any, **kwargs: Any) -> Any:
    """Give the value and the gradients with respect to all positional arguments.

    Args:
        f: a function whose value is one real number, or a tuple whose first entry is one: that is
            differentiated, and the whole tuple is the value.
        args: its arguments, all differentiated.
        kwargs: passed on to f.

    Returns:
        ``(val, grad)``, a named tuple; ``grad`` is one gradient for one argument, a tuple for several.

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: an argument is no number, array or container of such.
        NonScalarOutputError: the value is not one number.
        ComplexOutputError: the value is complex.

    Example:
        >>> import hoad
        >>> hoad.withgradient(lambda a, b: a / b, 1.0, 2.0)
        WithGradient(val=0.5, grad=(0.5, -0.25))
        >>> hoad.withgradient(lambda x: (x**2, "note"), 3.0)
        WithGradient(val=(9.0, 'note'), grad=6.0)
    """


def _withjacobian(f: Function, args: Any, kwargs: Any) -> WithGradient:
    value, rows = _value_and_jacobian(f, args, kwargs, argnums=tuple(range(len(args))))
    return WithGradient(value, alone(rows))


@operator(_withjacobian)
def withjacobian(f: Function, *args: Any, **kwargs: Any) -> Any:
    """Give the value and the Jacobians with respect to all positional arguments.

    Args:
        f: a function of arrays whose value is an array.
        args: its arguments, all differentiated.
        kwargs: passed on to f.

    Returns:
        ``(val, grad)``, a named tuple; ``grad`` is one Jacobian, of the output's shape followed by the
        input's, for one argument, a tuple of them for several.

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: an argument is no number, array or container of such.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.withjacobian(np.cumsum, np.array([1, 2, 3])).grad
        array([[1., 0., 0.],
               [1., 1., 0.],
               [1., 1., 1.]])
    """


def _hessian_reverse(f: Function, args: Any, kwargs: Any, argnums: Argnums) -> Any:
    return _hessian(f, args, kwargs, "reverse-reverse", argnums)


@operator(_hessian_reverse)
def hessian_reverse(f: Function, *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Any:
    """Give the Hessian by reverse mode over reverse mode; slower than ``hessian``, with which it agrees.

    Args:
        f: a function whose value is one real number.
        args: its arguments.
        argnums: which arguments to differentiate.
        kwargs: passed on to f.

    Returns:
        As ``hessian``.

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: an argument is no number, array or container of such.
        NonScalarOutputError: the value is not one number.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.hessian_reverse(np.sin, np.pi / 2)
        -1.0
    """


def _diaghessian(f: Function, args: Any, kwargs: Any) -> Any:
    return alone(_diag_hessian(f, args, kwargs, tuple(range(len(args)))))


@operator(_diaghessian)
def diaghessian(f: Function, *args: Any, **kwargs: Any) -> Any:
    """Give the diagonals of the Hessians with respect to all positional arguments.

    Args:
        f: a function whose value is one real number.
        args: its arguments, all differentiated.
        kwargs: passed on to f.

    Returns:
        For each argument its second derivatives, in its own shape; a tuple for several.

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: an argument is no number, array or container of such.
        NonScalarOutputError: the value is not one number.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> [round(d, 12) for d in hoad.diaghessian(np.arctan2, 1.0, 2.0)]
        [-0.16, 0.16]
    """


def _wirtinger(f: Function, args: Any, kwargs: Any) -> tuple[Any, Any]:
    (z,) = args
    if is_container(z):
        raise NotDifferentiableError(
            f"{OPERATOR} wants a number or an array, and got {describe(z)}; of numbers, write x = np.array(x)"
        )
    y, pullback = _vjp(f, (z * (1 + 0j),), kwargs, has_aux=False)
    if not is_one_number(y):
        raise NonScalarOutputError(
            f"{OPERATOR} wants a value that is one number, and this one is {describe(y)}"
        )
    (u,) = pullback(1.0)  # u_x + i u_y
    (v,) = pullback(1j) if np.iscomplexobj(y) else (0 * u,)  # v_x + i v_y
    by_x, by_y = np.real(u) + 1j * np.real(v), np.imag(u) + 1j * np.imag(v)
    return tidy(z, (by_x - 1j * by_y) / 2), tidy(z, (by_x + 1j * by_y) / 2)


@operator(_wirtinger)
def wirtinger(f: Function, z: Any = LATER, **kwargs: Any) -> Any:
    """Give both Wirtinger derivatives of a function of a complex number or array.

    Args:
        f: a function whose value is one number, real or complex; it need not be complex differentiable.
        z: the point, of any shape; without it, the pair is returned as a function.
        kwargs: passed on to f.

    Returns:
        ``(df/dz, df/dzbar)``, each of the shape of ``z``, where d/dz = (d/dx - i d/dy)/2 and
        d/dzbar = (d/dx + i d/dy)/2. The second is zero where f is complex differentiable.

    Raises:
        NonScalarOutputError: the value is an array.

    Example:
        >>> import hoad
        >>> hoad.wirtinger(lambda z: 3 * z**2 + 2 * z + 1, 1 + 2j)
        ((8+12j), 0j)
        >>> hoad.wirtinger(lambda z: abs(z) ** 2, 1 + 2j)
        ((1-2j), (1+2j))
    """
