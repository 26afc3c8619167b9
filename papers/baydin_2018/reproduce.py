"""The worked example of the survey of Baydin et al. (2018), their tables 2 and 3: forward and reverse mode.

Run ``python papers/baydin_2018/reproduce.py``; the note beside it explains what is printed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import hoad

X1, X2 = 2.0, 5.0


def f(x1: Any, x2: Any) -> Any:
    """The example: one statement a line, so that each line is one of the paper's variables."""
    v1 = np.log(x1)
    v2 = x1 * x2
    v3 = np.sin(x2)
    v4 = v1 + v2
    return v4 - v3


# ------------------------------------------------------------------------------------------------------------
# The tables, computed by hand from the rules of differentiation
# ------------------------------------------------------------------------------------------------------------


def primal() -> list[float]:
    """The evaluation trace, the left half of both tables: v1 to v5."""
    v1, v2, v3 = np.log(X1), X1 * X2, np.sin(X2)
    return [v1, v2, v3, v1 + v2, v1 + v2 - v3]


def tangents(dx1: float, dx2: float) -> list[float]:
    """The right half of table 2: the tangent of each variable."""
    d1, d2, d3 = dx1 / X1, dx1 * X2 + dx2 * X1, dx2 * np.cos(X2)
    return [d1, d2, d3, d1 + d2, d1 + d2 - d3]


def adjoints() -> tuple[list[float], list[float]]:
    """The right half of table 3: the adjoint of each variable, and those of the two inputs."""
    b5, b4, b3 = 1.0, 1.0, -1.0
    b2, b1 = b4, b4
    return [b1, b2, b3, b4, b5], [b2 * X2 + b1 / X1, b2 * X1 + b3 * np.cos(X2)]


# ------------------------------------------------------------------------------------------------------------
# The same by hoad
# ------------------------------------------------------------------------------------------------------------


def rows_of(lesson: Any) -> list[Any]:
    """The steps below the two inputs."""
    return list(lesson.steps)[2:]


def report_forward() -> None:
    """Table 2, with the tangent of x1 set to 1, and with that of x2."""
    print("forward mode, table 2")
    print(f"  {'variable':<10}{'value':>12}{'by x1':>12}{'by x2':>12}")
    by_x1, by_x2 = (jvp_of_each(*along) for along in ((1.0, 0.0), (0.0, 1.0)))
    for k, (value, d1, d2) in enumerate(zip(primal(), by_x1, by_x2, strict=True), start=1):
        print(f"  {'v' + str(k):<10}{value:>12.3f}{d1:>12.3f}{d2:>12.3f}")
    np.testing.assert_allclose(by_x1, tangents(1.0, 0.0), rtol=1e-15)
    np.testing.assert_allclose(by_x2, tangents(0.0, 1.0), rtol=1e-15)
    assert round(by_x1[-1], 1) == 5.5, "the paper's result"


def jvp_of_each(dx1: float, dx2: float) -> list[float]:
    """The tangents of all variables along a direction, by dual numbers that are made by hand."""
    x1 = hoad.Dual(X1, dx1)
    x2 = hoad.Dual(X2, dx2, like=x1)
    v1, v2, v3 = np.log(x1), x1 * x2, np.sin(x2)
    v4 = v1 + v2
    return [float(v.tangent) for v in (v1, v2, v3, v4, v4 - v3)]


def report_reverse() -> None:
    """Table 3: one sweep back gives both derivatives."""
    lesson: Any = hoad.explain(f, X1, X2)
    steps = list(lesson.steps)
    by_hand, gradient = adjoints()
    print("\nreverse mode, table 3")
    print(f"  {'step':<24}{'value':>12}{'adjoint':>12}")
    for step in steps:
        print(f"  {step.name:<24}{float(step.value):>12.3f}{float(step.cotangent):>12.3f}")
    np.testing.assert_allclose([float(s.value) for s in steps[2:]], primal(), rtol=1e-15)
    np.testing.assert_allclose([float(s.cotangent) for s in steps[2:]], by_hand, rtol=1e-15)
    np.testing.assert_allclose([float(s.cotangent) for s in steps[:2]], gradient, rtol=1e-15)
    np.testing.assert_allclose(hoad.grad(f, X1, X2, argnums=(0, 1)), gradient, rtol=1e-15)
    assert [round(float(g), 3) for g in gradient] == [5.5, 1.716], "the paper's results"


def main() -> None:
    report_forward()
    report_reverse()


if __name__ == "__main__":
    main()
