"""``formula`` and ``symbolic``: the formula of a NumPy function, and of its derivatives, by SymPy."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..adapting.known import bound_for
from ..errors import ArgumentError, CallError
from ..guests import is_of_jax
from ..kinds.number import Number, as_objects, plain_of
from ..operators.derivatives import derivative
from ..operators.taylor import checked_order
from ..operators.tensors import derivative_tensor
from ..running.calling import Function, check_function
from ..running.mistakes import binds, name_of
from ..running.tracebacks import folding
from ..values.containers import is_container
from ..values.fields import Field, sympy, sympy_field
from ..values.trees import map_leaves, number
from ..values.wrappers import plain_one


@folding
def symbolic(f: Function, *args: Any, order: int = 0, **kwargs: Any) -> Any:
    """Give the SymPy expression of a NumPy function, or of its derivative by the first argument.

    The function is run on symbols, so loops unroll; a branch on a symbol has no formula (``np.where`` does).
    Floats count as they are typed: 0.1 is 1/10, and ``np.pi`` is pi.

    Args:
        f: the function.
        args: for each argument a name ("x"), names ("x:3" or "a b c") for an array of symbols, or numbers and
            SymPy expressions as they are. Symbols are real.
        order: of the derivative by the first argument, worked out by hoad's rules. 0 is the function itself;
            of an array, 1 is the gradient, 2 the Hessian, and so on.
        kwargs: passed on to f.

    Returns:
        An expression, which knows its LaTeX; for an array a ``sympy.Array``; for a container, a container.

    Raises:
        ArgumentError: f branches on a symbol.
        NumberError: f calls a function that SymPy lacks.
        MissingDependencyError: SymPy is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.symbolic(lambda x: np.exp(-x**2) / 2, "x")
        exp(-x**2)/2
        >>> hoad.symbolic(lambda x: np.exp(-x**2) / 2, "x", order=1)
        -x*exp(-x**2)
        >>> hoad.symbolic(lambda x: np.sum(x**3), "a b", order=2)
        [[6*a, 0], [0, 6*b]]
    """
    check_function(f, "symbolic")
    sympy()
    return expressed(f, [symbols_of(a) for a in args], kwargs, checked_order(order, "order"), sympy_field())


@folding
def formula(f: Function, *args: Any, order: int = 0, simplify: bool = False, **kwargs: Any) -> Any:
    """Give the formula of a NumPy function, or of its derivative, under the names of its arguments.

    Args:
        f: the function.
        args: as those of ``hoad.symbolic``: names, arrays of symbols ("x:3"), numbers. Without any, each
            argument of f that has no default is a real number of its own name.
        order: of the derivative by the first argument.
        simplify: have SymPy simplify the formula, which may take its time.
        kwargs: passed on to f.

    Returns:
        A SymPy expression, which a notebook sets as LaTeX; for an array a ``sympy.Array``.

    Raises:
        ArgumentError: f branches on a symbol, or its arguments have no names.
        NumberError: f calls a function that SymPy lacks.
        MissingDependencyError: SymPy is not installed.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.formula(lambda x, a: np.sin(a * x), order=2)
        -a**2*sin(a*x)
        >>> hoad.formula(lambda x: np.sin(x)**2 + np.cos(x)**2, simplify=True)
        1
    """
    check_function(f, "formula")
    found = symbolic(f, *(args or names_in(f, kwargs)), order=order, **kwargs)
    if not simplify:
        return found
    return map_leaves(simplified, found) if isinstance(found, (tuple, list, dict)) else simplified(found)


def names_in(f: Function, kwargs: dict[str, Any]) -> list[str]:
    """The names of the arguments of a function that must be given."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    if isinstance(f, np.ufunc):
        return [*"xyz"[: f.nin]]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [p for p in parameters if p.kind in positional and p.name not in kwargs]
    if not named:
        raise ArgumentError(f"the arguments of {name_of(f)} have no names; write hoad.formula(f, 'x')")
    return [p.name for k, p in enumerate(named) if p.default is p.empty or k == 0]


def simplified(value: Any) -> Any:
    """A formula as SymPy simplifies it."""
    is_array = hasattr(value, "shape") and hasattr(value, "applyfunc")
    return value.applyfunc(sympy().simplify) if is_array else sympy().simplify(value)


def expressed(f: Function, args: list[Any], kwargs: Any, order: int, field: Field) -> Any:
    """The value, or a derivative, at symbols of a field."""
    points = [Number(as_objects(a, field), field) if is_symbolic(a) else a for a in args]
    try:
        if order == 0:
            with bound_for(f, points, kwargs):
                value = f(*points, **kwargs)
        elif np.ndim(points[0]):
            value = derivative_tensor(lambda x: f(x, *points[1:], **kwargs), points[0], order)
        else:
            value = derivative(f, points[0], order, *points[1:], **kwargs)
    except TypeError as error:
        if len(args) == 1 and np.ndim(args[0]) == 1 and binds(f, tuple(args[0]), kwargs):
            names = ", ".join([f'"{a}"' for a in args[0]])
            raise CallError(
                f"{name_of(f)} takes {np.size(args[0])} arguments, and was given one, an array of symbols; "
                f"write hoad.symbolic(f, {names})"
            ) from error
        if "truth value" in str(error):
            raise ArgumentError(
                "the function branches on a symbol (if, while, max, sorted), which has no single formula; "
                "np.where, np.maximum and np.abs have one"
            ) from error
        raise
    return map_leaves(expression, value) if is_container(value) else expression(value)


def symbols_of(a: Any) -> Any:
    """Symbols for names; anything else as it is."""
    if not isinstance(a, str):
        a = np.asarray(a) if is_of_jax(a) else plain_one(a, "an argument")
        return np.array(a, dtype=object) if isinstance(a, (list, tuple)) else a
    found = sympy().symbols(a, real=True)
    return np.array(found, dtype=object) if isinstance(found, tuple) else found


def is_symbolic(a: Any) -> bool:
    """Tell whether an argument holds expressions."""
    parts = a.flat if isinstance(a, np.ndarray) else [a]
    return any([hasattr(x, "free_symbols") for x in parts])


def expression(value: Any) -> Any:
    """A value as SymPy has it."""
    value = plain_of(value)
    if isinstance(value, np.ndarray):
        whole = sympy_field()
        return (
            sympy().Array(as_objects(value, whole).ravel().tolist(), value.shape) if value.ndim else value[()]
        )
    return sympy_field().number(value) if number(value) else value
