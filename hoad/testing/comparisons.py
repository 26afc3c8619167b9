"""Numbers compared: each derivative by each argument, of each order and in each nesting, with finite
differences; and hoad's numbers among themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, HoadError
from ..operators.jacobians import jacobian
from ..operators.products import jvp, vjp
from ..testing import causes
from ..values.containers import is_container
from ..values.trees import map_leaves
from .directions import inner, random_tangent
from .problem import Modes, Problem, sequences
from .report import Report

MOST_ENTRIES = 64


def check_orders(problem: Problem, report: Report, order: int, modes: Modes) -> None:
    """Compare the derivatives of each order, as long as those of lower order are right."""
    for n in range(1, checked_order(order) + 1):
        if report.failed():
            return
        check_order(problem, report, n, modes)


def checked_order(order: Any) -> int:
    """An order up to which to check, or an error."""
    if not isinstance(order, int) or isinstance(order, bool) or order < 1:
        raise ArgumentError(f"order={order!r}: the order up to which to check is a positive integer")
    return order


def check_order(problem: Problem, report: Report, n: int, modes: Modes) -> None:
    """Compare the n-th derivatives by each argument, in every nesting, with finite differences."""
    directions = [problem.direction(k + 1) for k in range(n)]
    simplest = (modes[0],) * n
    wanted = {i: problem.expected(simplest, directions, i) for i in problem.active}
    for i in problem.active:
        for sequence in sequences(modes, n):
            compare(problem, report, sequence, directions, i, wanted)


def compare(
    problem: Problem, report: Report, sequence: Modes, directions: list[Any], i: int, wanted: dict[int, Any]
) -> None:
    """Compare one number."""
    n, (expected, error) = len(sequence), wanted[i]
    place = {"argument": problem.argument(i), "mode": "-over-".join(sequence), "order": n}
    scale = max(abs(expected), abs(problem.atol))
    try:
        found = float(problem.nested(sequence, directions, i))
    except HoadError as trouble:
        report.add("derivative", **place, passed=False, cause=str(trouble))
        return
    if not error <= 1e-3 * max(scale, abs(found)) + 1e-6:
        cause = "the finite differences do not settle: the function is not smooth here; choose another point"
        report.add("derivative", **place, found=found, expected=expected, passed=False, cause=cause)
        return
    passed = bool(abs(found - expected) <= problem.rtol * max(scale, abs(found)) + 10 * error + problem.atol)
    cause = "" if passed else likely_cause(problem, report, sequence, directions, i, found, wanted)
    report.add(
        "derivative", **place, found=found, expected=expected, passed=passed, cause=cause, source="finite "
        "differences give"
    )  # fmt: skip


def likely_cause(
    problem: Problem,
    report: Report,
    sequence: Modes,
    directions: list[Any],
    i: int,
    found: float,
    wanted: Any,
) -> str:
    """Guess what is wrong."""
    if any([not c.passed and c.what == "inputs" for c in report.checks]):
        return "the rule changes its arguments"
    if len(sequence) > 1 and not any([c.order == 1 and not c.passed for c in report.checks]):
        return causes.HIGHER
    expected = wanted[i][0]
    if abs(expected) <= problem.atol and np.isfinite(found):
        return "the value does not depend on this argument"
    if np.iscomplexobj(problem.args[i]) and causes.close(
        conjugated(problem, sequence, directions, i), expected
    ):
        return causes.CONJUGATE
    if sequence == ("reverse",) and np.isfinite(found):
        cotangent = vjp(problem.number(problem.call, (i,)), problem.args[i])[1](1.0)[0]
        of = dict(zip(problem.active, directions[0], strict=True))
        others = {problem.argument(j): (of[j], wanted[j][0]) for j in problem.active if j != i}
        guess = causes.of_cotangent(cotangent, of[i], expected) or causes.of_another(cotangent, others)
        if guess:
            return guess
    return causes.of_first_order(found, expected, problem.known())


def conjugated(problem: Problem, sequence: Modes, directions: list[Any], i: int) -> Any:
    """The number for the conjugates of the cotangent and the direction: right if the rule's conjugate is."""
    cotangent = problem.cotangent
    try:
        problem.cotangent = map_leaves(np.conj, cotangent)
        return float(problem.nested(sequence, [[map_leaves(np.conj, v) for v in directions[0]]], i))
    finally:
        problem.cotangent = cotangent


def check_accumulation(problem: Problem, report: Report) -> None:
    """Cotangents of several uses of a value add up."""
    for i in problem.active:
        v, extra = problem.direction(1)[problem.active.index(i)], random_tangent(problem.args[i], problem.rng)
        phi = problem.number(problem.call, (i,))
        once = inner(vjp(phi, problem.args[i])[1](1.0)[0], v)
        both = vjp(lambda x: phi(x) + inner(extra, x) + phi(x), problem.args[i])[1](1.0)[0]  # noqa: B023
        found, expected = inner(both, v), 2 * once + inner(extra, v)
        cause = "a cotangent is changed after it was returned, or shared with something that is"
        add_close(problem, report, "accumulation", problem.argument(i), "reverse", found, expected, cause)


def check_activity(problem: Problem, report: Report) -> None:
    """Several arguments at once have the derivatives that they have one at a time."""
    if len(problem.active) < 2:
        return
    v = problem.direction(1)
    whole = tuple(problem.active)
    point = tuple([problem.args[i] for i in whole])
    alone = [problem.nested(("reverse",), [v], i) for i in whole]
    phi = problem.number(problem.call, whole)
    together = vjp(phi, *point)[1](1.0)
    for i, g, d, expected in zip(whole, together, v, alone, strict=True):
        add_close(
            problem, report, "all at once", problem.argument(i), "reverse", inner(g, d), expected,
            "the rule depends on which other arguments are differentiated: does it use needs rightly?"
        )  # fmt: skip
    add_close(
        problem, report, "all at once", "", "forward", jvp(phi, point, tuple(v))[1], sum(alone),
        "the rule depends on which other arguments are differentiated: does it use needs rightly?"
    )  # fmt: skip


def check_batch(problem: Problem, report: Report) -> None:
    """All directions of an argument, pushed at once as a batch, give what each gives."""
    for i in problem.active:
        x = problem.args[i]
        if is_container(x) or np.iscomplexobj(x) or np.size(x) > MOST_ENTRIES:
            continue
        v = problem.direction(1)[problem.active.index(i)]
        phi = problem.number(problem.call, (i,))
        whole = np.sum(jacobian(phi, x, mode="forward") * v)
        add_close(
            problem, report, "batch", problem.argument(i), "forward", whole, jvp(phi, (x,), (v,))[1],
            "the rule treats an array of tangents as one tangent"
        )  # fmt: skip


def add_close(
    problem: Problem,
    report: Report,
    what: str,
    argument: str,
    mode: str,
    found: Any,
    expected: Any,
    cause: str,
) -> None:
    """Note a comparison of two numbers that hoad has both of."""
    room = 4e6 * problem.precision * max(abs(found), abs(expected)) + 1e4 * problem.precision
    passed = bool(abs(found - expected) <= room)
    report.add(
        what,
        argument,
        mode,
        1,
        float(found),
        float(expected),
        passed,
        "by themselves",
        "" if passed else cause,
    )
