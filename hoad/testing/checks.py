"""The checks that users call: of any function, of a rule in one mode, of all that a rule gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, RuleCheckError
from .comparisons import check_accumulation, check_activity, check_batch, check_orders
from .problem import Modes, Problem
from .promises import check_half, check_values, raw_frule, raw_rrule
from .report import Report

BOTH = ("forward", "reverse")


def check_grads(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: Modes = BOTH,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    seed: int = 0,
    **fkwargs: Any,
) -> Report:
    """Check the derivatives of any function against finite differences, in every nesting of the modes.

    Args:
        f: a function of numbers, arrays and containers, of any value.
        args: the point.
        order: up to which order.
        modes: "forward", "reverse" or both.
        rtol: the tolerance, relative to the number; what the finite differences miss is allowed for.
        atol: the tolerance itself.
        seed: of the random directions.
        fkwargs: keyword arguments of ``f``.

    Returns:
        A report, which prints as a table.

    Raises:
        RuleCheckError: a derivative is wrong; the message says which argument, mode and order, both numbers,
            and the likely cause.

    Example:
        >>> import hoad
        >>> import numpy as np
        >>> hoad.testing.check_grads(lambda x, y: np.sin(x) * y, 1.0, 2.0)
        <Report of <lambda>: 16 checks passed>
    """
    problem, modes = Problem(f, args, fkwargs, rtol=rtol, atol=atol, seed=seed), checked_modes(modes)
    report = Report(problem.name)
    check_values(problem, report, modes)
    check_orders(problem, report, order, modes)
    return report.concluded()


def check_frule(
    f: Callable[..., Any],
    *args: Any,
    tangents: tuple[Any, ...] | None = None,
    order: int = 2,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    seed: int = 0,
    fkwargs: dict[str, Any] | None = None,
) -> Report:
    """Check a rule in forward mode: its value, its tangents, their orders, and that it changes no input.

    Args:
        f: a function with a rule, or the rule.
        args: the point; floats, arrays and containers of those vary, integers and other objects do not.
        tangents: one for each argument, None for one that does not vary; random by default.
        order: up to which order.
        rtol: the tolerance, relative to the number.
        atol: the tolerance itself.
        seed: of the random directions.
        fkwargs: keyword arguments of ``f``.

    Returns:
        A report, which prints as a table.

    Raises:
        RuleCheckError: the rule is wrong; or there is none.

    Example:
        >>> import hoad
        >>> import numpy as np
        >>> hoad.testing.check_frule(np.tanh, 0.5)
        <Report of tanh: 4 checks passed>
    """
    problem = Problem(f, args, fkwargs, tangents, rtol=rtol, atol=atol, seed=seed)
    report = Report(problem.name)
    frule, rrule = require_rule(problem)
    if frule is not None:
        check_half(problem, report, "frule", raw_frule(problem, frule))
    elif rrule is not None:
        raise RuleCheckError(
            f"{problem.name} has an rrule and no frule; check_rrule and check_rule check that"
        )
    check_values(problem, report, ("forward",))
    check_orders(problem, report, order, ("forward",))
    return report.concluded()


def check_rrule(
    f: Callable[..., Any],
    *args: Any,
    tangents: tuple[Any, ...] | None = None,
    cotangent: Any = None,
    order: int = 2,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    seed: int = 0,
    fkwargs: dict[str, Any] | None = None,
) -> Report:
    """Check a rule in reverse mode: its value, the number, kinds and values of its cotangents, their orders,
    that they add up with others, and that it changes no input.

    Args:
        f: a function with a rule, or the rule.
        args: the point; floats, arrays and containers of those vary, integers and other objects do not.
        tangents: one for each argument, along which the cotangents are compared; random by default.
        cotangent: of the value; random by default.
        order: up to which order.
        rtol: the tolerance, relative to the number.
        atol: the tolerance itself.
        seed: of the random directions.
        fkwargs: keyword arguments of ``f``.

    Returns:
        A report, which prints as a table.

    Raises:
        RuleCheckError: the rule is wrong; or there is none.

    Example:
        >>> import hoad
        >>> import numpy as np
        >>> hoad.testing.check_rrule(np.multiply, 2.0, np.array([1.0, 3.0]))
        <Report of multiply: 8 checks passed>
    """
    problem = Problem(f, args, fkwargs, tangents, cotangent, rtol, atol, seed)
    report = Report(problem.name)
    frule, rrule = require_rule(problem)
    if rrule is not None:
        check_half(problem, report, "rrule", raw_rrule(problem, rrule))
    elif frule is not None:
        raise RuleCheckError(
            f"{problem.name} has an frule and no rrule; check_frule and check_rule check that"
        )
    check_values(problem, report, ("reverse",))
    check_orders(problem, report, order, ("reverse",))
    if not report.failed():
        check_accumulation(problem, report)
    return report.concluded()


def check_rule(
    f: Callable[..., Any],
    *args: Any,
    tangents: tuple[Any, ...] | None = None,
    cotangent: Any = None,
    order: int = 2,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    seed: int = 0,
    fkwargs: dict[str, Any] | None = None,
) -> Report:
    """Check all that a rule gives, the half that was not stated and found by transposition included.

    Beside what ``check_frule`` and ``check_rrule`` look at: every nesting of the modes, every choice of the
    arguments that vary, and all directions at once in a batch.

    Args:
        f: a function with a rule, or the rule.
        args: the point; floats, arrays and containers of those vary, integers and other objects do not.
        tangents: one for each argument; random by default.
        cotangent: of the value; random by default.
        order: up to which order.
        rtol: the tolerance, relative to the number.
        atol: the tolerance itself.
        seed: of the random directions.
        fkwargs: keyword arguments of ``f``.

    Returns:
        A report, which prints as a table.

    Raises:
        RuleCheckError: the rule is wrong; or there is none.

    Example:
        >>> import hoad
        >>> import numpy as np
        >>> hoad.testing.check_rule(np.hypot, 3.0, 4.0)
        <Report of hypot: 23 checks passed>
    """
    problem = Problem(f, args, fkwargs, tangents, cotangent, rtol, atol, seed)
    report = Report(problem.name)
    frule, rrule = require_rule(problem)
    if frule is not None:
        check_half(problem, report, "frule", raw_frule(problem, frule))
    if rrule is not None:
        check_half(problem, report, "rrule", raw_rrule(problem, rrule))
    check_values(problem, report, BOTH)
    check_orders(problem, report, order, BOTH)
    if not report.failed():
        check_accumulation(problem, report)
        check_activity(problem, report)
        check_batch(problem, report)
    return report.concluded()


def require_rule(problem: Problem) -> tuple[Any, Any]:
    """The stated halves of a custom rule; None for both, for a rule of another kind."""
    if problem.rule is None:
        raise RuleCheckError(
            f"{problem.name} has no rule to check: state one with hoad.chainrules, or check the derivatives "
            f"of the function as it is with check_grads"
        )
    return problem.halves()


def checked_modes(modes: Any) -> Modes:
    """The modes to check, or an error."""
    if isinstance(modes, str) or not modes or any([m not in BOTH for m in modes]):
        raise ArgumentError(f'modes={modes!r}: pass a tuple of "forward" and "reverse"')
    return tuple(modes)
