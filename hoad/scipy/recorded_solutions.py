"""Solutions of differential equations in a program that is recorded (``apart.py``): SciPy's solve is one
operation, and that of the sensitivity equations another, whose right-hand side is a straight program of
floats, written once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp as solve_ivp_of_scipy

from ..errors import ConvergenceError, RecordingError
from ..nested import primal, refused
from ..operators.questions import order

Function = Callable[..., Any]
OF_SOLVERS = ("rtol", "atol", "max_step", "first_step", "min_step")


def tables_of(motion: Any, solve: Function, *things: Any) -> Any:
    """Tables at several times, flat: ``solve(rates, z0, *things)`` finds them for rates and a table of the
    start.

    Raises:
        RecordingError: the right-hand side has no straight program, or the start is traced.
    """
    straight, n, places = motion.straight, motion.inputs.order, motion.inputs.places_of(motion.y0)
    if straight is None or order(motion.start):
        refuse(motion, "has no straight program, or its start is traced")

    def tables(thing: Any, numbers: Any, y0: Any, *things: Any) -> Any:
        z = np.zeros((1 + len(numbers),) * n + (len(y0),))
        z[(0,) * n] = y0
        for k in range(n):
            z[(0,) * k + (1 + places,) + (0,) * (n - k - 1) + (np.arange(len(places)),)] = 1.0
        return solve(straight(numbers), np.ravel(z), *things)

    thing = motion.inputs.plain((motion.f, motion.args))
    return motion.inputs.apart(tables, thing, motion.inputs.numbers, primal(motion.y0), *things)


def refuse(motion: Any, why: str) -> None:
    """Refuse to record a solution.

    Raises:
        RecordingError: always.
    """
    raise refused(RecordingError(f"it solves a differential equation that {why}"), *motion.inputs.leaves)


def settings(motion: Any, rest: dict[str, Any]) -> dict[str, Any]:
    """The options of a solve that hold for that of the sensitivity equations, too."""
    numbers = {name: value for name, value in rest.items() if name in OF_SOLVERS}
    if "atol" in numbers:
        numbers["atol"] = motion.spread(numbers["atol"])
    return numbers


def finer(method: Any) -> Any:
    """The method with the fewest steps for the same tolerance."""
    return "DOP853" if method in ("RK23", "RK45") else method


def noted_solution(motion: Any, given: Any, method: Any, vectorized: bool, is_simple: bool) -> Any:
    """What ``solve_ivp`` gives, in a program.

    Args:
        motion: the equation.
        given: the arguments, as plain numbers.
        method: of the solve.
        vectorized: an option of SciPy's.
        is_simple: whether it is solved by an explicit method, at times that are not traced, without events.
    """
    f, span, first, times, more, rest = given
    if not is_simple:
        refuse(motion, "is stiff, has events, or is asked for at times that are traced")
    span = tuple(map(float, span))
    times = None if times is None else np.asarray(times, float)

    def plain(f: Function, first: Any, more: Any) -> Any:
        return solve_ivp_of_scipy(f, span, first, method, times, False, None, vectorized, more, **rest)

    found = motion.inputs.apart(plain, f, first, more)
    if not found.success:
        raise refused(ConvergenceError(f"scipy.integrate.solve_ivp: {found.message}"), *motion.inputs.leaves)
    numbers = settings(motion, rest)

    def solve(rates: Function, z: Any, wanted: Any) -> Any:
        both = solve_ivp_of_scipy(rates, (span[0], wanted[-1]), z, finer(method), wanted, **numbers)
        if not both.success:
            raise ConvergenceError(f"the sensitivity equations: {both.message}")
        return both.y

    z = tables_of(motion, solve, found.t)
    result = type(found)(found)
    result.y = np.transpose(motion.polynomial(np.transpose(found.y), z))
    return result
