"""The Amazing Bug of tagged perturbations, after Manzyuk and others (2019).

Run ``python papers/manzyuk_2019/reproduce.py``; the note beside it explains what is printed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import hoad

Function = Callable[[Any], Any]

# ------------------------------------------------------------------------------------------------------------
# Forward mode with tags that are drawn once for each derivative: the paper's starting point
# ------------------------------------------------------------------------------------------------------------

fresh = itertools.count(1)


@dataclass
class Bundle:
    """x + x' e, where e belongs to a tag."""

    tag: int
    primal: Any
    tangent: Any

    def __add__(self, other: Any) -> Any:
        return lift(self, other, lambda a, b: a + b, lambda a, da, b, db: da + db)

    def __mul__(self, other: Any) -> Any:
        return lift(self, other, lambda a, b: a * b, lambda a, da, b, db: da * b + a * db)

    __radd__, __rmul__ = __add__, __mul__


def lift(x: Any, y: Any, value: Any, change: Any) -> Any:
    """An operation, at the innermost tag."""
    tag = max(v.tag for v in (x, y) if isinstance(v, Bundle))
    (a, da), (b, db) = (split(v, tag) for v in (x, y))
    return Bundle(tag, value(a, b), change(a, da, b, db))


def split(x: Any, tag: int) -> tuple[Any, Any]:
    return (x.primal, x.tangent) if isinstance(x, Bundle) and x.tag == tag else (x, 0.0)


def tangent(y: Any, tag: int) -> Any:
    """The perturbation of a value; of a function, that of what it returns, *with the same tag*."""
    if callable(y):
        return lambda x: tangent(y(x), tag)
    if isinstance(y, Bundle) and y.tag != tag:
        return Bundle(y.tag, tangent(y.primal, tag), tangent(y.tangent, tag))
    return split(y, tag)[1]


def once_tagged(f: Function, x: Any) -> Any:
    """The derivative, by one tag."""
    tag = next(fresh)
    return tangent(f(Bundle(tag, x, 1.0)), tag)


# ------------------------------------------------------------------------------------------------------------
# The paper's examples
# ------------------------------------------------------------------------------------------------------------


def shift(u: Any) -> Function:
    """s u f x = f (x + u), curried."""
    return lambda f: lambda x: f(x + u)


def report_bug() -> None:
    """D̂ (D̂ h) y, which is h''(y)."""
    cases = [
        ("x^3", lambda x: x * x * x, lambda x: 6 * x),
        ("x^4", lambda x: x * x * x * x, lambda x: 12 * x**2),
    ]
    print(f"{'h':<6}{'one tag':>10}{'hoad':>10}{'h dd':>10}")
    for name, h, right in cases:
        naive = once_tagged(shift, 0.0)
        wrong = naive(naive(h))(2.0)
        derivative = hoad.derivative(shift, 0.0)
        got = derivative(derivative(h))(2.0)
        print(f"{name:<6}{wrong:>10}{got:>10}{right(2.0):>10}")
        assert got == right(2.0)
        assert wrong != right(2.0), "the bug is there to be seen"


def report_modes() -> None:
    """The same by reverse mode, by mixtures, and to the third order."""
    operators = {
        "derivative": lambda: hoad.derivative(shift, 0.0),
        "jacobian, forward": lambda: hoad.jacobian(shift, 0.0, mode="forward"),
        "jacobian, reverse": lambda: hoad.jacobian(shift, 0.0, mode="reverse"),
        "nth": lambda: hoad.differentiable(shift).nth(1)(0.0),
    }
    print()
    for (a, outer), (b, inner) in itertools.product(operators.items(), repeat=2):
        got = outer()(inner()(np.sin))(0.7)
        assert abs(got + np.sin(0.7)) < 1e-15, (a, b)
    third = hoad.derivative(shift, 0.0)
    assert abs(third(third(third(np.sin)))(0.7) + np.cos(0.7)) < 1e-15
    print(f"h = sin: {len(operators) ** 2} pairs of operators give -sin, three derivatives give -cos")


def report_containers() -> None:
    """Functions in pairs, in containers, and as Church-encoded data."""
    pair = lambda u: (lambda f: lambda x: f(x + u), {"scale": lambda x: x * u})
    derivative, other = hoad.derivative(pair, 0.0)
    assert derivative(derivative(lambda x: x * x * x))(2.0) == 12.0
    assert other["scale"](5.0) == 5.0
    church = lambda u: lambda select: select(u * u, lambda x: x * u)  # a pair, as a function of its user
    assert hoad.derivative(church, 3.0)(lambda first, second: first) == 6.0
    assert hoad.derivative(church, 3.0)(lambda first, second: second(5.0)) == 5.0
    print("functions in tuples, in dicts and as Church-encoded pairs: right")


def main() -> None:
    report_bug()
    report_modes()
    report_containers()


if __name__ == "__main__":
    main()
