"""The growth with the order, after Bettencourt, Johnson and Duvenaud (2019).

Run ``python papers/bettencourt_johnson_duvenaud_2019/reproduce.py``; the note beside it explains what is
printed.
"""

from __future__ import annotations

import itertools
import math
import numbers
from typing import Any

import mpmath
import numpy as np
import sympy as sp

import hoad


class Counted(numbers.Number):
    """A number that counts the operations on it and its like: what a derivative costs, without a clock."""

    operations = 0

    def __init__(self, value: float) -> None:
        self.value = value

    @classmethod
    def of(cls, value: float) -> Counted:
        Counted.operations += 1
        return cls(value)

    def __add__(self, other: Any) -> Any:
        return Counted.of(self.value + plain(other)) if is_number(other) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        return Counted.of(self.value * plain(other)) if is_number(other) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        return Counted.of(self.value / plain(other)) if is_number(other) else NotImplemented

    def __neg__(self) -> Counted:
        return Counted.of(-self.value)

    def __ne__(self, other: object) -> bool:
        return self.value != plain(other)

    def __eq__(self, other: object) -> bool:
        return self.value == plain(other)

    __hash__ = None  # type: ignore[assignment]
    __radd__, __rmul__ = __add__, __mul__

    def sin(self) -> Counted:
        return Counted.of(math.sin(self.value))

    def cos(self) -> Counted:
        return Counted.of(math.cos(self.value))

    def exp(self) -> Counted:
        return Counted.of(math.exp(self.value))


def is_number(x: Any) -> bool:
    return isinstance(x, (Counted, float, int))


def plain(x: Any) -> Any:
    return x.value if isinstance(x, Counted) else x


def f(x: Any) -> Any:
    return np.exp(np.sin(x))


def nested(order: int) -> Any:
    """The n-th derivative by n nested first derivatives, forward."""
    return f if order == 0 else lambda x: hoad.jvp(nested(order - 1), (x,), (1.0,))[1]


def cost(call: Any) -> int:
    """How many operations on numbers a call takes."""
    Counted.operations = 0
    call(Counted(0.7))
    return Counted.operations


def report_growth() -> None:
    """Counts for nested duals and for series."""
    print(f"{'order':>6}{'nested':>10}{'growth':>8}{'series':>8}")
    counts = []
    for order in range(3, 11):
        many, few = cost(nested(order)), cost(lambda x, n=order: hoad.derivatives(f, x, n))
        growth = many / counts[-1][0] if counts else float("nan")
        counts.append((many, few))
        print(f"{order:>6}{many:>10}{growth:>8.2f}{few:>8}")
    grown = [b[0] / a[0] for a, b in itertools.pairwise(counts)]
    assert min(grown) > 2, "nested derivatives double, at least, with each order"
    series = np.array([few for _, few in counts])
    assert not np.diff(series, 3).any(), "the cost of series is a polynomial of degree 2"


def report_agreement() -> None:
    """Both ways, and SymPy."""
    x = sp.Symbol("x")
    expression = sp.exp(sp.sin(x))
    for order in range(1, 13):
        expression = sp.diff(expression, x)
        right = float(expression.subs(x, sp.Float("0.7", 40)).evalf(30))
        taylor = hoad.derivative(f, 0.7, order)
        assert abs(taylor - right) <= 1e-13 * abs(right) + 1e-13
        if order <= 6:
            assert abs(nested(order)(0.7) - right) <= 1e-13 * abs(right) + 1e-13
    print("\nnested derivatives (to order 6), series (to order 12) and SymPy agree")


def report_accuracy() -> None:
    """The relative error of high orders, against mpmath."""
    cases = {
        "tanh x": (np.tanh, mpmath.tanh),
        "exp(sin x)": (f, lambda x: mpmath.exp(mpmath.sin(x))),
        "cos(x^2) / (1 + x)": (lambda x: np.cos(x**2) / (1 + x), lambda x: mpmath.cos(x**2) / (1 + x)),
    }
    print(f"\n{'function':<22}{'f^(5)':>14}{'f^(10)':>16}{'f^(20)':>18}{'error of f^(20)':>18}")
    for name, (in_numpy, in_mpmath) in cases.items():
        got = hoad.derivatives(in_numpy, 0.7, 20)
        with mpmath.workdps(50):
            right = [c * mpmath.factorial(k) for k, c in enumerate(mpmath.taylor(in_mpmath, 0.7, 20))]
        error = float(abs(got[20] - right[20]) / abs(right[20]))
        print(f"{name:<22}{got[5]:>14.6g}{got[10]:>16.6g}{got[20]:>18.6g}{error:>18.1e}")
        assert error < 1e-11


def report_ode() -> None:
    """The Taylor series of the solution of y' = y (1 - y), y(0) = 1/2."""
    order, y = 12, [0.5]
    for k in range(order):
        _, series = hoad.jet(lambda y: y * (1 - y), (y[0],), ([*y[1:], 0.0],))
        y.append(series[k - 1] if k else y[0] * (1 - y[0]))
    with mpmath.workdps(30):
        exact = mpmath.taylor(lambda t: 1 / (1 + mpmath.exp(-t)), 0, order)
    right = [float(c * mpmath.factorial(k)) for k, c in enumerate(exact)]
    print("\nderivatives of the solution of y' = y (1 - y) at 0:")
    print("  " + ", ".join(f"{v:g}" for v in y[:10]))
    np.testing.assert_allclose(y, right, rtol=1e-12, atol=1e-12)


def main() -> None:
    report_growth()
    report_agreement()
    report_accuracy()
    report_ode()


if __name__ == "__main__":
    main()
