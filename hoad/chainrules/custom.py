"""Rules as ChainRules states them: ``frule``, ``rrule`` and, as Zygote, ``adjoint``; for any Python callable.

A rule of this kind computes the value and its derivative together, in any code that runs on values; what it
does can't be read, only called. Either half is enough: the other is found by transposition, which needs
that what the author wrote is linear in the tangents (or cotangents) and differentiable NumPy code itself.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, overload

import numpy as np

from ..errors import RuleError
from ..nested import BASE, innermost, pack, primal, refused, settle
from ..tangents.types import NoTangent
from ..values.captures import traced_in, with_changed
from ..values.containers import is_container
from ..values.trees import map_leaves
from .declarations import constant
from .refusals import without_rule
from .registration import checked, register
from .statements import RULES, Constant, Function, Primitive

EXTRAS = ("needs", "jvp", "vjp", "convert")


class Custom(Primitive):
    """A function by its frule, its rrule, or both.

    Args:
        function: the function without its rule.
        frule: ``(tangents, *args, **options) -> (y, dy)``.
        rrule: ``(*args, **options) -> (y, pullback)``, where ``pullback(ybar)`` gives the cotangent of the
            function itself and one for each positional argument.
        otherwise: what is called where the rule declines; the function by default.
    """

    __slots__ = ("frule", "otherwise", "rrule")
    kind = "custom"

    def __init__(
        self,
        function: Function,
        frule: Function | None = None,
        rrule: Function | None = None,
        otherwise: Function | None = None,
    ) -> None:
        super().__init__(function)
        self.frule = frule
        self.rrule = rrule
        self.otherwise = otherwise or function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args = tuple([map_leaves(pack, a) if is_container(a) else pack(a) for a in args])
        traced = traced_in(args)
        if kwargs and traced_in(kwargs):
            args, kwargs = positional(self, args, kwargs)
            traced = traced_in(args)
        if not traced:
            return self.function(*args, **kwargs)
        if any([t.differentiates and (not t.level.alive or t.level is BASE) for t in traced]):
            return self(*with_changed(args, settle), **kwargs)
        return reading(innermost(traced), self, args, kwargs)

    general = __call__


@functools.singledispatch
def reading(top: Any, rule: Custom, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """How a kind of traced value reads a rule of this kind; each that differentiates has a reader of its own,
    in ``custom/modes.py``. Where no derivative is taken, the function runs as it stands.

    Args:
        top: the innermost traced value among the arguments, whose kind decides.
        rule: the rule.
        args: the arguments, which hold ``top`` somewhere.
        kwargs: the options, in which nothing is traced.
    """
    if top.differentiates:
        raise RuleError(
            f"{rule.name} has a rule, and a {type(top).__name__} has no way to read one; call "
            f"hoad.chainrules.remove_rule({rule.name}) to have the code of {rule.name} differentiated itself"
        )
    return declined(rule, args, kwargs)


def positional(
    rule: Custom, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The call with arguments by position wherever they can be, since rules differentiate those."""
    bound = inspect.signature(rule.function).bind(*args, **kwargs)
    bound.apply_defaults()
    for name, value in bound.kwargs.items():
        if traced_in(value):
            message = (
                f"{rule.name} has a rule, which differentiates by positional arguments, and the keyword "
                f"argument {name} is being differentiated; hoad.stop_gradient({name}) makes it a constant"
            )
            raise refused(RuleError(message), *traced_in(value))
    return bound.args, bound.kwargs


def refuse(function: Any, *args: Any, **kwargs: Any) -> Any:
    """What a rule falls back on that was stated for a function which has no other."""
    raise without_rule(function, tuple(traced_in((args, kwargs))))


def declined(rule: Custom, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The function without this rule, traced values and all."""
    return rule.otherwise(*args, **kwargs)


def accepted(rule: Function, function: Function, extras: dict[str, Any]) -> dict[str, Any]:
    """Those of ``needs``, ``jvp``, ``vjp`` and ``convert`` that a rule has keyword-only parameters for."""
    wanted, taken = parameters_of(rule), {p.name for p in parameters_of(function)}
    names = [p.name for p in wanted if p.kind is p.KEYWORD_ONLY and p.name in EXTRAS and p.name not in taken]
    return {name: extras[name] for name in names}


def parameters_of(function: Any) -> list[inspect.Parameter]:
    """The parameters of a function; none where they are not known, as for some built-in functions."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def entered(function: Any, **halves: Any) -> Custom:
    """Register a rule; its other half stays, if that was stated before."""
    plain = checked(function, next(iter(halves.values())))
    held = RULES.get(function)
    earlier = {"frule": held.frule, "rrule": held.rrule} if isinstance(held, Custom) else {}
    otherwise = held.otherwise if isinstance(held, Custom) else getattr(held, "general", held)
    if otherwise is None and isinstance(function, np.ufunc):  # which would ask for its rule again
        otherwise = functools.partial(refuse, function)
    rule = Custom(plain, **{**earlier, **halves}, otherwise=otherwise)
    rule.name = getattr(function, "__name__", rule.name)
    register(function, rule)
    return rule


@overload
def rrule(function: Any) -> Callable[[Function], Any]: ...
@overload
def rrule(function: Any, rule: Function) -> Any: ...
def rrule(function: Any, rule: Function | None = None) -> Any:
    """State the derivative of a function by its pullback, as ChainRules does.

    The pullback gives first the cotangent of the function itself (``NoTangent()``), then one for each
    positional argument. Cotangents are summed over broadcast axes and made real where the argument is.
    Forward mode follows by transposing the pullback. The function may be called from anywhere, before or
    after; what can't be intercepted (built-in functions, classes, callable instances) has its derivative
    where the returned rule is called in its place.

    Args:
        function: any callable, of any signature.
        rule: takes the arguments of the function and returns ``(value, pullback)``; a decorator is returned
            without it. It may have keyword-only parameters ``needs`` (a bool for each positional argument:
            whether its cotangent is asked for) and ``vjp``, with which a rule for a function that takes
            functions calls back: ``y, back = vjp(g, x)``; ``back(ybar)`` gives the cotangents of ``g`` and
            ``x``. Returning ``NotImplemented`` declines.

    Returns:
        The rule, which can be called as the function.

    Raises:
        RuleError: ``function`` or ``rule`` can't be called.

    Example:
        >>> import hoad
        >>> from hoad.chainrules import NoTangent, remove_rule, rrule
        >>> def add(a, b):
        ...     return a + b
        >>> @rrule(add)
        ... def _(a, b):
        ...     return add(a, b), lambda dy: (NoTangent(), dy, dy)
        >>> hoad.gradient(add, 1.0, 2.0)
        (1.0, 1.0)
        >>> remove_rule(add)
    """
    return _decorator("rrule", function) if rule is None else entered(function, rrule=rule)


@overload
def frule(function: Any) -> Callable[[Function], Any]: ...
@overload
def frule(function: Any, rule: Function) -> Any: ...
def frule(function: Any, rule: Function | None = None) -> Any:
    """State the derivative of a function by its pushforward, as ChainRules does.

    Args:
        function: any callable, of any signature.
        rule: takes the tangents ``(of the function, *of the arguments)`` and the arguments of the function,
            and returns ``(value, tangent)``; a decorator is returned without it. A tangent is zero where an
            argument does not vary, and ``NoTangent()`` where it can't. It may have keyword-only parameters
            ``needs`` (a bool for each positional argument) and ``jvp``, with which a rule for a function that
            takes functions calls back: ``y, dy = jvp(g, (x,), (dx,))``. ``NotImplemented`` declines.

    Returns:
        The rule, which can be called as the function. Reverse mode follows by transposing it.

    Raises:
        RuleError: ``function`` or ``rule`` can't be called.

    Example:
        >>> import hoad
        >>> from hoad.chainrules import frule, remove_rule
        >>> def square(x):
        ...     return x * x
        >>> @frule(square)
        ... def _(tangents, x):
        ...     return square(x), 2 * x * tangents[1]
        >>> hoad.grad(square, 3.0)
        6.0
        >>> remove_rule(square)
    """
    return _decorator("frule", function) if rule is None else entered(function, frule=rule)


@overload
def adjoint(function: Any) -> Callable[[Function], Any]: ...
@overload
def adjoint(function: Any, rule: Function) -> Any: ...
def adjoint(function: Any, rule: Function | None = None) -> Any:
    """State the value and its pullback side by side, as Zygote's ``@adjoint``.

    Args:
        function: any callable, of any signature.
        rule: takes the arguments of the function and returns ``(value, pullback)``, where ``pullback(ybar)``
            gives one cotangent for each positional argument, in a tuple; it need not be one for one argument.
            For the rest, see ``rrule``.

    Returns:
        The rule, which can be called as the function.

    Raises:
        RuleError: the function or the rule can't be called.

    Example:
        >>> import hoad
        >>> from hoad.chainrules import adjoint, remove_rule
        >>> def product(a, b):
        ...     return a * b
        >>> @adjoint(product)
        ... def _(a, b):
        ...     return a * b, lambda c: (c * b, a * c)
        >>> hoad.gradient(product, 2.0, 3.0)
        (3.0, 2.0)
        >>> remove_rule(product)
    """
    if rule is None:
        return lambda rule: adjoint(function, rule)
    checked(function, rule)
    return entered(function, rrule=with_own_cotangent(rule))


def with_own_cotangent(rule: Function) -> Function:
    """An adjoint as an rrule, whose pullback begins with the cotangent of the function itself."""

    def of_arguments(*args: Any, **kwargs: Any) -> Any:
        pair = rule(*args, **kwargs)
        if not isinstance(pair, tuple) or len(pair) != 2 or not callable(pair[1]):
            return pair
        y, pullback = pair

        def whole(ybar: Any) -> Any:
            parts = pullback(ybar)
            return (NoTangent(), *parts) if isinstance(parts, tuple) else (NoTangent(), parts)

        return y, whole

    of_arguments.__signature__ = inspect.signature(rule)  # type: ignore[attr-defined]
    return of_arguments


def _decorator(half: str, function: Any) -> Function:
    return lambda rule: entered(function, **{half: rule})


class Inert(Constant):
    """A function of any arguments, of which nothing is differentiated."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = with_changed((args, kwargs), primal)
        return self.function(*args, **kwargs)


def non_differentiable(function: Any) -> Any:
    """State that a function has no derivative, in any mode and to any order.

    Args:
        function: any callable; its value counts as a constant.

    Returns:
        The function, so that this is a decorator too; the rule, to be called in its place, where calls of
        the function can't be intercepted.

    Raises:
        RuleError: it can't be called.

    Example:
        >>> import hoad
        >>> @hoad.chainrules.non_differentiable
        ... def rounded(x):
        ...     return float(x) // 1
        >>> hoad.grad(lambda x: x * rounded(x), 2.5)
        2.0
        >>> hoad.chainrules.remove_rule(rounded)
    """
    plain = checked(function, function)
    if isinstance(function, np.ufunc) or function in RULES:
        constant(function)
        return function
    rule = Inert(plain)
    register(function, rule)
    return function if plain is not function else rule
