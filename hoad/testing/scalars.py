"""The check of a function of numbers: every partial, in every mode and order, against mpmath too."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..operators.derivatives import derivatives
from ..operators.products import jvp, vjp
from .checks import BOTH, require_rule
from .comparisons import check_orders
from .differences import exact_derivative, exact_function
from .problem import Problem
from .promises import check_values
from .report import Report

EXACT_RTOL = 1e-11


def check_scalar(
    f: Callable[..., Any],
    *args: Any,
    order: int = 3,
    exact: Callable[..., Any] | None = None,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    seed: int = 0,
) -> Report:
    """Check a function of numbers: forward, reverse, all nestings, and by a Taylor series; with mpmath where
    it has the function.

    Args:
        f: a function of real or complex numbers, with a rule or without.
        args: the point; of complex numbers, both directions are looked at.
        order: up to which order.
        exact: the same function in mpmath, which is then differentiated with 50 digits; by default that of
            the same name and value, if there is one. Pass False for none.
        rtol: the tolerance for finite differences, relative to the number.
        atol: the tolerance itself.
        seed: of the random directions.

    Returns:
        A report, which prints as a table.

    Raises:
        RuleCheckError: a derivative is wrong.

    Example:
        >>> import hoad
        >>> hoad.testing.check_scalar(np.arctan, 0.7)
        <Report of arctan: 23 checks passed>
    """
    problem = Problem(f, args, rtol=rtol, atol=atol, seed=seed)
    report = Report(problem.name)
    if problem.rule is not None:
        require_rule(problem)
    check_values(problem, report, BOTH)
    check_orders(problem, report, order, BOTH)
    known = exact_function(f, args) if exact is None else exact
    if known:
        for i in problem.active:
            against_mpmath(problem, report, known, i, order)
    return report.concluded()


def against_mpmath(problem: Problem, report: Report, known: Any, i: int, order: int) -> None:
    """Compare the derivatives by one argument, of each order, with those of mpmath."""
    args = problem.args

    def alone(x: Any) -> Any:
        return problem.call(*args[:i], x, *args[i + 1 :])

    holomorphic = isinstance(args[i], complex)
    series = derivatives(alone, args[i], order, holomorphic=holomorphic)
    first = {"forward": jvp(alone, (args[i],), (1.0,))[1]}
    if not holomorphic:
        first["reverse"] = vjp(alone, args[i])[1](1.0)[0]
    compare = functools.partial(compared, problem, report, i)
    for mode, found in first.items():
        compare(mode, 1, found, exact_derivative(known, args, i, 1))
    for n in range(1, order + 1):
        compare("Taylor", n, series[n], exact_derivative(known, args, i, n))


def compared(problem: Problem, report: Report, i: int, mode: str, n: int, found: Any, expected: Any) -> None:
    """Note a comparison with mpmath."""
    passed = bool(np.isclose(found, expected, rtol=EXACT_RTOL, atol=EXACT_RTOL))
    cause = "" if passed else "the formula loses digits, or is another one"
    report.add("derivative", problem.argument(i), mode, n, found, expected, passed, "mpmath gives", cause)
