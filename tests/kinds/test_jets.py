"""Taylor mode against nested duals for every rule, and against mpmath to order 20 for every function of one
number.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import mpmath
import numpy as np
import pytest
from test_rules import LIST, NAMES, OF_PROGRAMS, directions, name_of

import hoad
from hoad.chainrules import RULES
from hoad.kinds.jet import FORMS, Jet
from hoad.kinds.series import Series
from hoad.nested import Level


def jets(f: Any, x: Any, order: int) -> list[Any]:
    """The derivatives of orders 0 to ``order`` of a function of one number."""
    level = Level()
    y = f(Jet(level, Series([x, 1.0, *[None] * (order - 1)])))
    level.alive = False
    if not isinstance(y, Jet):
        return [y, *[0.0 * y] * order]
    zero = np.zeros_like(y.primal)
    return [zero if c is None else c * math.factorial(k) for k, c in enumerate(y.tangent.known)]


def nested(f: Any, x: Any, order: int) -> list[Any]:
    """The same by nesting forward mode."""
    found = [f(x)]
    for _ in range(order):
        f = (lambda g: lambda t: hoad.jvp(g, (t,), (1.0,))[1])(f)
        found.append(f(x))
    return found


@pytest.mark.parametrize("order", [3, pytest.param(4, marks=pytest.mark.sweep)])
@pytest.mark.parametrize("entry", LIST, ids=NAMES)
def test_every_rule_along_a_direction(entry: Any, order: int) -> None:
    v = directions(entry, 11)
    run, given = entry.run, [*zip(entry.arguments, v, strict=True)]
    f = lambda t: run(*[x + t * d for x, d in given])
    for k, (got, right) in enumerate(zip(jets(f, 0.0, order), nested(f, 0.0, order), strict=True)):
        assert np.shape(got) == np.shape(right)
        scale = max(1.0, float(np.max(np.abs(right), initial=0.0)))
        np.testing.assert_allclose(got, right, rtol=0, atol=1e-11 * scale, err_msg=f"order {k}")


@pytest.mark.parametrize("entry", OF_PROGRAMS, ids=lambda entry: name_of(entry.function))
def test_every_elementwise_rule(entry: Any) -> None:
    rule = RULES.get(entry.function, entry.function)
    for point in entry.points:
        if not all(1e-3 < abs(p) < 50 for p in point):
            continue
        for i in entry.arguments:
            f = lambda t, i=i, point=point: rule(*point[:i], t, *point[i + 1 :])
            with np.errstate(all="ignore"):
                for got, right in zip(jets(f, point[i], 4), nested(f, point[i], 4), strict=True):
                    assert got == pytest.approx(right, rel=1e-9, abs=1e-9, nan_ok=True), (point, i)


POINTS = {"arcsin": 0.3, "arccos": 0.3, "arctanh": 0.3, "arccosh": 1.7}
IN_MPMATH = {
    "exp": mpmath.exp,
    "expm1": lambda x: mpmath.exp(x) - 1,
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "log": mpmath.log,
    "log1p": lambda x: mpmath.log(1 + x),
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": mpmath.log10,
    "sqrt": mpmath.sqrt,
    "cbrt": mpmath.cbrt,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "sinc": mpmath.sincpi,
}


@pytest.mark.parametrize("name", IN_MPMATH)
def test_to_order_twenty(name: str) -> None:
    x = POINTS.get(name, 0.7)
    got = jets(getattr(np, name), x, 20)
    with mpmath.workdps(80):
        exact = mpmath.taylor(IN_MPMATH[name], mpmath.mpf(x), 20)
        for k, (g, c) in enumerate(zip(got, exact, strict=True)):
            right = c * mpmath.factorial(k)
            assert abs(g - right) <= 2e-13 * max(abs(right), mpmath.factorial(k) * mpmath.mpf(10) ** -3), (
                k,
                g,
                right,
            )


def test_the_work_grows_as_the_square_of_the_order() -> None:
    """Counted in products of coefficients, not in seconds."""

    class Counted(float):
        count = 0

    def multiply(a: Any, b: Any) -> Any:
        Counted.count += 1
        return Counted(float(a) * float(b))

    for name in ("__mul__", "__rmul__"):
        setattr(Counted, name, multiply)
    for name in ("__add__", "__radd__", "__sub__", "__rsub__", "__neg__", "__truediv__", "__rtruediv__"):
        method = getattr(float, name)
        setattr(Counted, name, lambda *args, method=method: Counted(method(*map(float, args))))
    from hoad.kinds.series import product

    counts = []
    for n in (16, 32, 64):
        Counted.count = 0
        product([Counted(1.0)] * (n + 1), [Counted(1.0)] * (n + 1), n)
        counts.append(Counted.count)
    assert counts == [(n + 1) * (n + 2) // 2 for n in (16, 32, 64)]


def test_forms_are_of_rules() -> None:
    assert set(FORMS) <= {*RULES.values(), hoad.chainrules.numpy.linalg.solve}


@pytest.mark.parametrize(
    ("f", "x", "right"),
    [
        (lambda x: x**3, 0.0, [0.0, 0.0, 0.0, 6.0, 0.0]),
        (lambda x: x**3, 2.0, [8.0, 12.0, 12.0, 6.0, 0.0]),
        (lambda x: x**0, 0.0, [1.0, 0.0, 0.0, 0.0, 0.0]),
        (lambda x: x**-1, 2.0, [0.5, -0.25, 0.25, -0.375, 0.75]),
        (lambda x: np.power(x, 2.0) * 1.0, 0.0, [0.0, 0.0, 2.0, 0.0, 0.0]),
        (lambda x: abs(x), 0.0, [0.0] * 5),
        (lambda x: abs(x), -2.0, [2.0, -1.0, 0.0, 0.0, 0.0]),
        (lambda x: np.maximum(x, 0.0), 0.0, [0.0, 0.5, 0.0, 0.0, 0.0]),
        (np.sinc, 0.0, [1.0, 0.0, -(np.pi**2) / 3, 0.0, np.pi**4 / 5]),
        (lambda x: np.where(x > 0, np.log(x), x**2), 0.0, [0.0, 0.0, 2.0, 0.0, 0.0]),
    ],
)
def test_special_points(f: Any, x: float, right: list[float]) -> None:
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(jets(f, x, 4), right, rtol=1e-14, atol=0)


def test_sqrt_and_log_at_zero() -> None:
    with np.errstate(all="ignore"):
        assert jets(np.sqrt, 0.0, 2) == [0.0, np.inf, -np.inf]
        assert jets(np.log, 0.0, 2) == [-np.inf, np.inf, -np.inf]


def test_writing_in_place() -> None:
    def f(t: Any) -> Any:
        out = np.zeros(4, like=t)
        out[0] = t
        for i in range(1, 4):
            out[i] = out[i - 1] * t
        view = out[1:]
        view *= 2
        return out

    found = np.array(jets(f, 2.0, 3))
    assert found.T.tolist() == [
        [2.0, 1.0, 0.0, 0.0],
        [8.0, 8.0, 4.0, 0.0],
        [16.0, 24.0, 24.0, 12.0],
        [32.0, 64.0, 96.0, 96.0],
    ]


def test_jets_nest_with_the_other_modes() -> None:
    f = lambda x, y: np.exp(x * y) * np.sin(x)
    fifth = lambda y: jets(lambda x: f(x, y), 0.4, 5)[5]
    with mpmath.workdps(40):
        exact = mpmath.diff(lambda x, y: mpmath.exp(x * y) * mpmath.sin(x), (0.4, 0.3), (5, 1))
    assert hoad.grad(fifth)(0.3) == pytest.approx(float(exact), rel=1e-12)
    assert hoad.jvp(fifth, (0.3,), (1.0,))[1] == pytest.approx(float(exact), rel=1e-12)
    inside = jets(lambda x: hoad.grad(lambda y: f(x, y))(0.3), 0.4, 5)[5]
    assert inside == pytest.approx(float(exact), rel=1e-12)
    both = jets(lambda y: jets(lambda x: f(x, y), 0.4, 5)[5], 0.3, 1)[1]
    assert both == pytest.approx(float(exact), rel=1e-12)


def test_levels_are_not_confused() -> None:
    assert jets(lambda x: x * jets(lambda y: x + y, 1.0, 1)[1], 1.0, 2) == [1.0, 1.0, 0.0]


OPERANDS = [2.5, -1.0, 0.0, 3, 1e308, np.inf]


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply, np.divide])
def test_operators_in_one_frame(ufunc) -> None:
    """They give what the general path gives: jets with jets, with constants, with jets of another level."""
    named = {np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul}
    of_python = named.get(ufunc, operator.truediv)
    level = Level()
    jets = [
        Jet(level, Series([c, *rest]))
        for c in (1.5, -0.5, 0.0)
        for rest in ([1.0, None, None], [2.0, 0.5, -1.0], [None, None, 3.0], [np.inf, 1.0, None])
    ]
    other = Jet(Level(), Series([0.7, 1.0, None, None]))
    with np.errstate(all="ignore"):
        for a in jets:
            for b in [*jets, *OPERANDS, other]:
                for x, y in ((a, b), (b, a)):
                    got, right = of_python(x, y), RULES[ufunc](x, y)
                    assert got.level is right.level
                    for c, d in zip(got.tangent.known, right.tangent.known, strict=True):
                        if isinstance(c, Jet) or isinstance(d, Jet):
                            continue
                        c, d = (0.0 if v is None else v for v in (c, d))
                        np.testing.assert_allclose(c, d, rtol=1e-14, atol=0)


def test_complex_numbers_written_into_a_jet() -> None:
    """A coefficient that was an exact zero begins as a buffer of the value's type."""

    def f(t: Any) -> Any:
        y = np.stack([t, 1.0]) * (1 + 0j)
        y[0] = t * 1j
        y[1] = t**2 * (2 - 1j)
        return np.sum(y)

    for n in (2, 4, 7):
        found = hoad.derivatives(f, 1.0, n, holomorphic=True)
        assert found == [2 + 0j, 4 - 1j, 4 - 2j] + [0.0] * (n - 2)
        parts = hoad.derivatives(lambda t: np.imag(f(t)), 1.0, n)
        assert parts == [0.0, -1.0, -2.0] + [0.0] * (n - 2)


@pytest.mark.parametrize("n", [2, 4, 6])
def test_a_power_with_a_variable_exponent_at_zero(n: int) -> None:
    """Where the logarithm is not there: ``x**(x + 2)`` begins with ``x**2``."""
    assert hoad.derivatives(lambda x: x ** (x + 2), 0.0, n)[:3] == [0.0, 0.0, 2.0]


@pytest.mark.parametrize("n", [2, 4, 6])
@pytest.mark.parametrize("of_zeros", [np.arctan2, np.hypot, np.logaddexp], ids=lambda f: f.__name__)
def test_what_does_not_move_stays_in_functions_of_several_arguments(of_zeros: Any, n: int) -> None:
    """``0 * t`` does not move, so its partials, which may be undefined, do not matter."""
    with np.errstate(all="ignore"):
        found = hoad.derivatives(lambda t: of_zeros(0 * t, 0 * t) + t, 1.0, n)
        rows = hoad.derivatives(lambda t: of_zeros(0 * t * np.ones(2), 0 * t) + t, 1.0, n)
    assert found[1:] == [1.0] + [0.0] * (n - 1)
    np.testing.assert_array_equal(rows[1:], [[1.0, 1.0]] + [[0.0, 0.0]] * (n - 1))
