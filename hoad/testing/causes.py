"""What is probably wrong with a rule, guessed from the wrong number that it gave and the right one."""

from __future__ import annotations

import cmath
from typing import Any

import numpy as np

from ..values.containers import is_container
from ..values.trees import flatten
from .directions import inner

CLOSE = 1e-5
FACTORS = (2, 3, 4, 5, 6, 8, 10, 1 / 2, 1 / 3, 1 / 4)


def close(a: Any, b: Any) -> bool:
    """Tell whether two numbers agree well enough for a guess."""
    return bool(abs(a - b) <= CLOSE * max(abs(a), abs(b))) and bool(np.isfinite(a))


def of_first_order(found: Any, expected: Any, known: dict[str, Any]) -> str:
    """Guess the cause of a wrong first derivative.

    Args:
        found: hoad's number.
        expected: the right one.
        known: the numbers that a factor may be: arguments and the value, by name.
    """
    if not np.isfinite(found):
        return "the rule gives nan or inf: a division by zero, or the logarithm of a negative number, in it?"
    if found == 0:
        return (
            "the rule says that nothing depends on this argument: NoTangent(), ZeroTangent() or zeros for it?"
        )
    if close(found, -expected):
        return "the sign is wrong"
    ratio = found / expected
    factors = {_written(factor): factor for factor in FACTORS} | known
    missing = [name for name, x in factors.items() if x and close(abs(ratio * x), 1.0)]
    extra = [name for name, x in known.items() if x and close(abs(ratio), abs(x))]
    guesses = [f"the factor {' or '.join(missing)} is missing"] if missing else []
    guesses += [f"it is too large by the factor {' or '.join(extra)}"] if extra else []
    return ", or ".join(guesses) or "the formula is another one"


def _written(factor: float) -> str:
    return str(factor) if factor >= 1 else f"1/{round(1 / factor)}"


def of_cotangent(cotangent: Any, direction: Any, expected: Any) -> str:
    """Guess from the whole cotangent of an argument: transposed?"""
    if is_container(cotangent):
        return ""
    shape = np.shape(cotangent)
    if (
        len(shape) == 2
        and shape[0] == shape[1]
        and close(inner(np.transpose(cotangent), direction), expected)
    ):
        return "the matrix is the transpose of the right one"
    return ""


def of_another(cotangent: Any, others: dict[str, tuple[Any, Any]]) -> str:
    """Guess whether a cotangent is that of another argument, whose direction and number are known."""
    for name, (direction, expected) in others.items():
        same = [np.shape(leaf) for leaf in flatten(cotangent)[0]] == [
            np.shape(d) for d in flatten(direction)[0]
        ]
        if same and close(inner(cotangent, direction), expected):
            return (
                f"it is the derivative by argument {name}: are the cotangents in the order of the arguments?"
            )
    return ""


CONJUGATE = (
    "the complex conjugate is right: a pushforward multiplies by the derivative, a pullback by its np.conj"
)
HIGHER = (
    "lower orders are right, so the rule is not differentiable itself: it computes with constants "
    "(hoad.primal, stop_gradient, float), or by code that hoad can't see into; write it in NumPy functions "
    "of its arguments"
)


def known_numbers(args: tuple[Any, ...], names: list[str], y: Any) -> dict[str, Any]:
    """The numbers that a factor may be."""
    values = {f"{name} = {x:.6g}": x for name, x in zip(names, args, strict=True) if _is_one_number(x)}
    return values | ({f"the value {y:.6g}": y} if _is_one_number(y) else {})


def _is_one_number(x: Any) -> bool:
    return isinstance(x, (float, complex, np.floating)) and cmath.isfinite(x) and abs(abs(x) - 1) > CLOSE
