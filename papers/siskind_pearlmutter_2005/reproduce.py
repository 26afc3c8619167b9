"""Perturbation confusion, after Siskind and Pearlmutter (2005): wrong without tags, right with them.

Run ``python papers/siskind_pearlmutter_2005/reproduce.py``; the note beside it explains what is printed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hoad

# ------------------------------------------------------------------------------------------------------------
# Dual numbers without tags
# ------------------------------------------------------------------------------------------------------------


class Dual:
    """``a + b e`` with e e = 0, and the same e for every derivative."""

    def __init__(self, a: Any, b: Any) -> None:
        self.a, self.b = a, b

    def __add__(self, other: Any) -> Dual:
        a, b = parts(other)
        return Dual(self.a + a, self.b + b)

    def __mul__(self, other: Any) -> Dual:
        a, b = parts(other)
        return Dual(self.a * a, self.b * a + self.a * b)

    __radd__, __rmul__ = __add__, __mul__


def parts(value: Any) -> tuple[Any, Any]:
    return (value.a, value.b) if isinstance(value, Dual) else (value, 0.0)


def coefficient(value: Any) -> Any:
    """The coefficient of e; of a function, the function that reads it off each result."""
    return (lambda *args: coefficient(value(*args))) if callable(value) else parts(value)[1]


def without_tags(f: Callable[[Any], Any], x: Any) -> Any:
    """The derivative of f at x by forward mode, as in a textbook."""
    return coefficient(f(Dual(x, 1.0)))


# ------------------------------------------------------------------------------------------------------------
# The programs
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Program:
    """A nested derivative, as a function of its operators; by hand, and as it comes out without tags."""

    text: str
    run: Callable[..., Any]
    levels: int
    right: float
    confused: float


PROGRAMS = [
    Program(
        "d/dx [x d/dy (x + y)] at x = 1, y = 1",
        lambda D, E: D(lambda x: x * E(lambda y: x + y, 1.0), 1.0),
        levels=2,
        right=1.0,
        confused=2.0,
    ),
    Program(
        "d/dx [x d/dy (y y)] at x = 1, y = 3",
        lambda D, E: D(lambda x: x * E(lambda y: y * y, 3.0), 1.0),
        levels=2,
        right=6.0,
        confused=6.0,
    ),
    Program(
        "d/dx [x d/dy (x y)] at x = 4, y = 1",
        lambda D, E: D(lambda x: x * E(lambda y: x * y, 1.0), 4.0),
        levels=2,
        right=8.0,
        confused=5.0,
    ),
    Program(
        "d/dx [x d/dy x] at x = 1",
        lambda D, E: D(lambda x: x * E(lambda y: x, 1.0), 1.0),
        levels=2,
        right=0.0,
        confused=1.0,
    ),
    Program(
        "d/dx [x d/dy (y d/dz (x + y + z))], all at 1",
        lambda D, E, F: D(lambda x: x * E(lambda y: y * F(lambda z: x + y + z, 1.0), 1.0), 1.0),
        levels=3,
        right=1.0,
        confused=3.0,
    ),
]


def manzyuk(derivative: Callable[..., Any]) -> Any:
    """d (d h) at 2 for the cube h, with d the derivative at u = 0 of u -> f -> x -> f(x + u): h'' = 12."""
    d = derivative(lambda u: lambda f: lambda x: f(x + u), 0.0)
    return d(d(lambda x: x * x * x))(2.0)


OPERATORS = {"forward": hoad.derivative, "reverse": hoad.grad}


def main() -> None:
    print(f"{'program':46}{'right':>7}{'no tags':>9}   hoad, in all nestings of forward and reverse")
    for program in PROGRAMS:
        confused = without_tags_answer(program)
        answers = [
            program.run(*chosen) for chosen in itertools.product(OPERATORS.values(), repeat=program.levels)
        ]
        listed = ", ".join(f"{answer:g}" for answer in answers)
        print(f"{program.text:46}{program.right:7g}{confused:9g}   {listed}")
        assert confused == program.confused
        assert answers == [program.right] * 2**program.levels
    confused, answer = manzyuk(without_tags), manzyuk(hoad.derivative)
    print(f"{'d (d h) at 2, for d = D (u -> f -> x -> f(x+u)) 0':46}{12:4}{confused:9g}   {answer:g}")
    assert confused == 0.0
    assert answer == 12.0


def without_tags_answer(program: Program) -> float:
    return float(program.run(*[without_tags] * program.levels))


if __name__ == "__main__":
    main()
