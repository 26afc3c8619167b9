"""What a rule promises beside its numbers: the value of the function, inputs and cotangents left alone, the
right kinds of zeros, linearity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.custom import accepted
from ..errors import HoadError, RuleCheckError, describe
from ..operators.products import jvp, vjp
from ..tangents.fit import zero_of
from ..tangents.projection import is_perturbable
from ..tangents.types import NoTangent, ZeroTangent, is_zero
from ..values.constants import is_elsewhere, library
from ..values.containers import is_differentiable
from ..values.trees import flatten
from .directions import assert_close, moved, random_tangent, unchanged
from .problem import Modes, Problem, copied, varies
from .report import Report


def check_values(problem: Problem, report: Report, modes: Modes) -> None:
    """The value is that of the function, and the arguments are as they were, in each mode."""
    for mode in modes:
        args = copied(problem.args)
        values = tuple([args[i] for i in problem.active])

        def chosen(*given: Any, args: Any = args) -> Any:
            whole = list(args)
            for i, x in zip(problem.active, given, strict=True):
                whole[i] = x
            return problem.call(*whole)

        try:
            if mode == "forward":
                y = jvp(chosen, values, tuple(problem.direction(1)))[0]
            else:
                y, pullback = vjp(chosen, *values)
                pullback(problem.cotangent)
        except HoadError as trouble:
            report.add("value", mode=mode, passed=False, cause=str(trouble))
            continue
        check_value(problem, report, mode, y)
        same = unchanged(args, problem.args)
        report.add("inputs", mode=mode, passed=same, cause="" if same else "the arguments are changed")


def check_value(problem: Problem, report: Report, mode: str, y: Any) -> None:
    """The value that a rule gives is that of the function."""
    try:
        assert_close(y, problem.value, rtol=problem.rtol * 1e-4, atol=problem.atol * 1e-3)
    except RuleCheckError as trouble:
        cause = f"the value of the rule is not that of the function: {trouble}"
        report.add("value", mode=mode, passed=False, cause=cause)
    else:
        report.add("value", mode=mode)


Half = tuple[Callable[[Any], Any], Any]


def check_half(problem: Problem, report: Report, half: str, made: Any) -> None:
    """A stated half, called as hoad calls it: linear, the same again, and leaving what it was given alone."""
    if made is None:
        return
    linear, direction, checked_parts = made
    other = random_tangent(direction, problem.rng)
    given, before = direction, copied((direction,))[0]
    first = linear(given)
    for cause in checked_parts(first):
        report.add(half, passed=False, cause=cause)
    if report.failed():
        return
    report.add(half)
    same = unchanged(given, before)
    what = "cotangent" if half == "rrule" else "tangents"
    report.add(
        f"{half}: {what}",
        passed=same,
        cause="" if same else f"the {half} writes into the {what} that it is given",
    )
    reference = numbers(first)
    again = close(numbers(linear(before)), reference, problem.precision)
    kept = "a second call gives something else: it keeps something from the first"
    report.add(f"{half}: again", passed=again, cause="" if again else kept)
    total = numbers(linear(moved(moved(direction, 1.0, direction), 1.0, other)))
    parts = 2 * numbers(linear(before)) + numbers(linear(other))
    straight = close(total, parts, problem.precision)
    ignored = close(total, reference, problem.precision)
    cause = (
        f"it does not depend on the {what}"
        if ignored
        else f"what an {half} does to its {what} must be linear"
    )
    report.add(f"{half}: linear", passed=straight, cause="" if straight else cause)


def close(a: Any, b: Any, precision: float) -> bool:
    """Tell whether vectors agree."""
    return a.shape == b.shape and bool(np.allclose(a, b, 4e6 * precision, 1e4 * precision, equal_nan=True))


def numbers(parts: Any) -> Any:
    """All numbers in cotangents or tangents, as one vector of NumPy's; zeros of any kind count as nothing."""
    leaves = [leaf for leaf in flatten(parts)[0] if is_differentiable(leaf)]
    found = [np.ravel(library(leaf).to_numpy(leaf) if is_elsewhere(leaf) else leaf) for leaf in leaves]
    return np.concatenate([np.asarray(leaf, dtype=complex) for leaf in found]) if found else np.zeros(0)


def raw_rrule(problem: Problem, rrule: Any) -> Any:
    """The pullback, and what must hold of the cotangents it returns; None for a rule that calls back."""
    extras = accepted(rrule, problem.f, dict.fromkeys(("needs", "vjp", "jvp", "convert")))
    if set(extras) - {"needs"}:
        return None
    if extras:
        extras["needs"] = tuple([varies(x) for x in problem.args])
    args = copied(problem.args)
    pair = rrule(*args, **problem.fkwargs, **extras)
    if not isinstance(pair, tuple) or len(pair) != 2 or not callable(pair[1]):
        return None  # declined, or refused with a message where it is used
    n = len(problem.args)

    def wrong(parts: Any) -> list[str]:
        if not isinstance(parts, (tuple, list)) or len(parts) != n + 1:
            count = f"{len(parts)} cotangents" if isinstance(parts, (tuple, list)) else describe(parts)
            return [
                f"the pullback returned {count}; it must return a tuple of NoTangent(), for the function "
                f"itself, and {n} cotangents, one for each argument"
            ]
        return changed(args, problem, "rrule") + [
            c for i in range(n) for c in wrong_kind(problem, i, parts[i + 1])
        ]

    return pair[1], problem.cotangent, wrong


def wrong_kind(problem: Problem, i: int, part: Any) -> list[str]:
    """A zero where there is no tangent, or no tangent where there could be one."""
    x = problem.args[i]
    name = f"argument {problem.argument(i)}"
    if varies(x) and type(part) is NoTangent:
        return [f"{name} can vary, and the rrule gives it NoTangent(); a zero derivative is ZeroTangent()"]
    if not varies(x) and not isinstance(x, int) and not callable(x) and not is_zero(part):
        return [f"{name} is {describe(x)}, which has no cotangent; the rrule must give it NoTangent()"]
    if not varies(x) and isinstance(part, ZeroTangent) and not isinstance(x, int):
        return [f"{name} is {describe(x)}, which can't vary; the rrule must give it NoTangent(), not a zero"]
    return []


def still(x: Any) -> Any:
    """The tangent of an argument that does not vary: a zero for a number, none for what can't vary."""
    return zero_of(x) if is_perturbable(x) else NoTangent()


def changed(args: Any, problem: Problem, half: str) -> list[str]:
    """Arguments that a rule wrote into."""
    pairs = zip(args, problem.args, strict=True)
    return [
        f"the {half} writes into argument {problem.argument(i)}"
        for i, (x, before) in enumerate(pairs)
        if not unchanged(x, before)
    ]


def raw_frule(problem: Problem, frule: Any) -> Any:
    """The pushforward, and what must hold of the tangent it returns; None for a rule that calls back."""
    extras = accepted(frule, problem.f, dict.fromkeys(("needs", "vjp", "jvp", "convert")))
    if set(extras) - {"needs"}:
        return None
    if extras:
        extras["needs"] = tuple([varies(x) for x in problem.args])

    args: list[Any] = []

    def push(tangents: Any) -> Any:
        given, args[:] = list(tangents), copied(problem.args)
        whole = [given.pop(0) if varies(x) else still(x) for x in problem.args]
        pair = frule((NoTangent(), *whole), *args, **problem.fkwargs, **extras)
        return pair[1] if isinstance(pair, tuple) and len(pair) == 2 else pair

    def wrong(parts: Any) -> list[str]:
        if parts is NotImplemented:
            return []
        if str(flatten(parts)[1]) != str(flatten(problem.value)[1]) and not is_zero(parts):
            return [
                f"the tangent {describe(parts)} has not the structure of the value {describe(problem.value)}"
            ]
        return changed(args, problem, "frule")

    direction = problem.direction(1)
    return push, direction, wrong
