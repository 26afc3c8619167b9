"""Six ways to state a derivative, as calls or as decorators: what makes a statement and enters it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .registration import checked, register
from .statements import Constant, Differential, Function, Linear, Multilinear, Scalar


def stated(make: Callable[[Any, Any], Any], function: Any, statement: Any) -> Any:
    """Make and register a rule; without the statement, a decorator of it."""
    if statement is None:
        return lambda statement: stated(make, function, statement)
    rule = make(checked(function, statement), statement)
    register(function, rule)
    return rule


def scalar_rule(
    function: Function,
    partials: Function | None = None,
    *,
    applied: Function | None = None,
    square: Function | None = None,
    tie: float | None = None,
) -> Any:
    """State the partials of an elementwise function, or how they are applied.

    Args:
        function: an elementwise function: a NumPy ufunc, or any function of numbers.
        partials: ``lambda x, out: p`` or ``lambda x, y, out: (p_x, p_y)``, in ``np`` code; without it, a
            decorator of it is returned.
        applied: in place of the partials, ``lambda d, x, out: p * d`` or ``lambda d, x, y, out: (p_x * d, p_y
            * d)``, linear in ``d``; for a partial that may overflow or vanish where its product with a change
            does not: ``d / x`` for a logarithm, in place of ``1 / x``.
        square: of a root that may be 0 where its square has derivatives, ``lambda x: ...`` gives the square,
            which an even power of the root is: ``x`` of ``np.sqrt``.
        tie: of a choice between two arguments whose partials are 1/2 where these are equal, the factor of
            ``abs(x - y)`` in it: 1/2 of ``np.maximum``, -1/2 of ``np.minimum``.

    Returns:
        The registered rule.

    Raises:
        RuleError: one of the two can't be called.

    Example:
        >>> import numpy as np, hoad
        >>> from hoad.chainrules.statements import RULES
        >>> RULES[np.sin].partials_at((0.0,), 0.0), RULES[np.log].partials_at((2.0,), 0.0)
        ((np.float64(1.0),), (0.5,))
    """
    if applied is not None:
        return stated(lambda f, statement: Scalar(f, applied=statement, square=square), function, applied)
    return stated(lambda f, statement: Scalar(f, statement, square=square, tie=tie), function, partials)


def linear_rule(
    function: Function,
    transpose: Function | None = None,
    positions: tuple[int, ...] | None = (0,),
    name: str | None = None,
    is_view: bool = False,
    gathers: bool = False,
    holds: Function | None = None,
    leaves_out: bool = False,
) -> Any:
    """State the transpose of a linear function.

    Args:
        function: linear in its arguments at ``positions`` together, ``f(x + c*y) = f(x) + c*f(y)``; the
            others are options, such as axes.
        transpose: ``lambda g, x, **options: ...`` takes a cotangent ``g`` of the shape of the value to one of
            the shape of x, so that ``sum(g * f(x)) = sum(transpose(g, x) * x)``; for several linear arguments
            ``lambda g, i, *args, **options``, for all of them ``lambda g, *args, **options``, which gives a
            list. Without it, a decorator of it is returned.
        positions: which arguments are linear; None for all of them.
        name: how the rule is called in messages; the function's own name by default.
        is_view: the value may share its elements with x.
        gathers: the function is ``x[index]``.
        holds: for a view, the contents of x once the view holds v; see ``Linear`` for these three.
        leaves_out: elements of x may be left out of the value, as by a choice.

    Returns:
        The registered rule.

    Raises:
        RuleError: the function or the transpose can't be called.

    Example:
        >>> import numpy as np, hoad
        >>> def steps(x):
        ...     return x[1:] - x[:-1]
        >>> rule = linear_rule(steps, lambda g, x: np.append(0.0, g) - np.append(g, 0.0))
        >>> hoad.jacobian(rule, np.array([1.0, 4.0, 9.0]), mode="reverse")
        array([[-1.,  1.,  0.],
               [ 0., -1.,  1.]])
    """
    make = lambda f, t: Linear(f, t, positions, name, is_view, gathers, holds, leaves_out)
    return stated(make, function, transpose)


def multilinear_rule(
    function: Function,
    transpose: Function | None = None,
    name: str | None = None,
    by_shapes: bool = False,
    products: Function | None = None,
) -> Any:
    """State the transposes of a function that is linear in each of its arguments by itself, as products are.

    Args:
        function: the function; its keyword arguments are options.
        transpose: ``lambda g, i, *args, **options: ...`` takes a cotangent ``g`` of the shape of the value to
            one of the shape of argument ``i``, the others being constant. Without it, a decorator of it is
            returned.
        name: how the rule is called in messages; the function's own name by default.
        by_shapes: the transpose asks its arguments for nothing but their shapes and types, and is made of
            functions that have rules; so what it does once it does always, and may be written down.
        products: the same function, written by products of numbers, element by element, and sums; None where
            these are too many. With it, what is made of roots where they are 0 has the right derivatives.

    Returns:
        The registered rule.

    Raises:
        RuleError: the function or the transpose can't be called.

    Example:
        >>> import numpy as np, hoad
        >>> def area(x, y):
        ...     return x[0] * y[1] - x[1] * y[0]
        >>> def turned(v):
        ...     return np.stack([v[1], -v[0]])
        >>> rule = multilinear_rule(area, lambda g, i, x, y: -g * turned(x) if i else g * turned(y))
        >>> hoad.gradient(rule, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
        (array([ 4., -3.]), array([-2.,  1.]))
    """
    return stated(lambda f, t: Multilinear(f, t, name, by_shapes, products), function, transpose)


def differential(
    function: Function,
    *differentials: Function,
    transposes: dict[int, Function] | None = None,
    backward: dict[Any, Function] | None = None,
    together: dict[tuple[int, ...], Function] | None = None,
    name: str | None = None,
    by_shapes: bool = False,
    products: Function | None = None,
) -> Any:
    """State the differential of a function: the change of its value, which is linear in that of an argument.

    Args:
        function: the function; its keyword arguments are options.
        differentials: for each argument that is differentiated, in order, ``lambda d, *args, out, **options:
            ...``: the change of the value ``out``, of its shape, for a change ``d`` of the shape of the
            argument; ``np`` code that is linear in ``d``. Reverse mode transposes it. Without any, a
            decorator of one is returned.
        transposes: for an argument in which the function is linear, by position, ``lambda g, *args,
            **options: ...`` in place of a differential: a cotangent of the shape of the argument.
        backward: for an argument with a differential, by position, the transpose of that, ``lambda g, *args,
            out, **options: ...``, where it is less work than the differential itself, transposed; for a tuple
            of positions, the cotangents of all of them, where they have work in common.
        together: for a tuple of positions, the change of the value for changes of all of these arguments,
            ``lambda ds, *args, out, **options: ...``, where their differentials have work in common.
        name: how the rule is called in messages; the function's own name by default.
        by_shapes: all of these ask their arguments for nothing but their shapes and types, and are made of
            functions that have rules; so what they do once they do always, and may be written down.
        products: of a function that multiplies elements, the same as of ``multilinear_rule``.

    Returns:
        The registered rule.

    Raises:
        RuleError: the function or one of the statements can't be called.

    Example:
        >>> import numpy as np, hoad
        >>> def inverse(a):
        ...     return np.linalg.inv(a)
        >>> rule = differential(inverse, lambda d, a, out: -out @ d @ out)
        >>> np.diag(hoad.grad(lambda a: np.trace(rule(a)), np.diag([1.0, 2.0])))
        array([-1.  , -0.25])
    """
    if not differentials and not transposes:
        return lambda *parts: differential(
            function, *parts, name=name, by_shapes=by_shapes, products=products
        )
    plain = function
    others = [part for stated in (transposes, backward, together) for part in (stated or {}).values()]
    for part in (*differentials, *others):
        plain = checked(function, part)
    rule = Differential(
        plain,
        *differentials,
        transposes=transposes,
        backward=backward,
        together=together,
        name=name,
        by_shapes=by_shapes,
        products=products,
    )
    register(function, rule)
    return rule


def constant(*functions: Function, sizes_vary: bool = False) -> None:
    """State that functions of numbers and arrays are piecewise constant: what they give has no derivative.

    Args:
        functions: the functions, of arguments and values of any shapes.
        sizes_vary: the shape of the value depends on the values of the arguments, as that of ``np.nonzero``.

    Raises:
        RuleError: one of them can't be called.

    Example:
        >>> import math
        >>> import numpy as np, hoad
        >>> level = np.frompyfunc(math.floor, 1, 1)
        >>> constant(level)
        >>> hoad.derivative(lambda x: x * level(x), 2.5)
        2.0
    """
    for function in functions:
        register(function, Constant(checked(function, function), sizes_vary=sizes_vary))


def composite(*functions: Function) -> Callable[[Function], Function]:
    """State that functions are compositions of others: the decorated body is run in their place.

    Args:
        functions: the functions that the body stands for; it counts where an argument is traced, and plain
            calls go on to the function itself.

    Returns:
        A decorator of the body: ``np`` code with the signature of the functions, which gives values of the
        shapes of theirs.

    Raises:
        RuleError: one of the functions or the body can't be called.

    Example:
        >>> import math
        >>> import numpy as np, hoad
        >>> softplus = np.frompyfunc(lambda x: math.log1p(math.exp(x)), 1, 1)
        >>> @composite(softplus)
        ... def _(x):
        ...     return np.logaddexp(0.0, x)
        >>> hoad.derivative(softplus, 0.0), softplus(0.0) == math.log(2.0)
        (0.5, True)
    """

    def decorate(body: Function) -> Function:
        for function in functions:
            checked(function, body)
            register(function, body)
        return body

    return decorate
