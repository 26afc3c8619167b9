"""A derivative of ordinary size is right although its partials alone are out of the range of floats.

``log(exp(x) / (1 + exp(x))**2)`` has derivative -1 at 300, where the partial of the quotient, ``-x / y**2``,
is e**-900. Two tests find such a loss without knowing the derivative. Orders 1 and 2 are nested rules, those
from 3 up are recurrences of series, and must agree; and a function at ``2**k x`` is that at x, scaled.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import scipy.special as sp

import hoad
from hoad.chainrules import RULES
from hoad.chainrules.scipy import special
from hoad.chainrules.statements import Scalar

NESTINGS = ["forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]
SCALARS = {
    str(rule.name): (function, rule.arity)
    for function, rule in RULES.items()
    if isinstance(rule, Scalar) and isinstance(function, np.ufunc) and function not in special.FUNCTIONS
}

DRIVEN: list[tuple[str, Callable[[Any], Any], float]] = [
    ("exp to 1e200", lambda x: np.exp(460.0 * x * x), 1.0),
    ("exp to 1e-200", lambda x: np.exp(-460.0 * x * x), 1.0),
    ("scaled to 1e200", lambda x: x * 2.0**664, 1.25),
    ("scaled to 1e-200", lambda x: x * 2.0**-664, 1.25),
    ("power to 1e200", lambda x: x**100, 100.0),
    ("reciprocal to 1e-200", lambda x: 1 / (x * 2.0**664), 1.25),
]


def agree(got: Any, right: Any, tolerance: float = 1e-9, floor: float = 1e-300) -> bool:
    """Tell whether numbers agree, each to its own size; what is out of range in one is so in the other."""
    pairs = zip(np.ravel(got).tolist(), np.ravel(right).tolist(), strict=True)
    return all(
        a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= tolerance * abs(b) + floor
        for a, b in pairs
    )


def compositions(name: str) -> Iterator[tuple[str, Callable[[Any], Any], float]]:
    """A function of what drives its argument out of range, with the name of that, and the point."""
    function, arity = SCALARS[name]
    for label, inner, x in DRIVEN:
        if arity == 1:
            yield label, lambda x, u=inner: function(u(x)), x
        else:
            seconds = [(d[0], d[1]) for d in DRIVEN if d[2] == x and name != "power"]
            for other, second in [*seconds, ("square", lambda x: x * x)]:
                yield (
                    f"{label}-{other}",
                    lambda x, u=inner, v=second: function(u(x), 1.5 * (1 + x) * v(x)),
                    x,
                )


COMPOSED = [
    name for name, (_, n) in SCALARS.items() if n == 1 or (n == 2 and name not in ("remainder", "fmod"))
]


@pytest.mark.parametrize("name", COMPOSED)
def test_nested_rules_and_recurrences_agree(name: str) -> None:
    """Where all is in range."""
    with np.errstate(all="ignore"):
        assert sum([agree_in_range(label, f, x) for label, f, x in compositions(name)]) > 0


def agree_in_range(label: str, f: Any, x: float) -> bool:
    series = hoad.derivatives(f, x, 4)[1:3]
    nested = hoad.derivatives(f, x, 2)[1:3]
    if not np.all(np.isfinite([f(x), *series, *nested])):
        return False
    floor = 1e-9 * abs(nested[0])  # where the second derivative cancels
    assert agree(nested[:1], series[:1]) and agree(nested, series, floor=floor), (label, nested, series)
    for order, right in enumerate(nested, 1):
        unit = 2.0 ** -np.clip(
            np.frexp(right or nested[0])[1], -1000, 1000
        )  # else a cotangent on the way is out of range
        scaled = lambda x, unit=unit: unit * f(x)
        for mode in ("forward", "reverse") if order == 1 else NESTINGS:
            got = hoad.jacobian(scaled, x, mode=mode) if order == 1 else hoad.hessian(scaled, x, mode=mode)
            assert agree(got, right * unit, floor=floor * unit if order == 2 else 0), (
                label,
                mode,
                got,
                right,
            )
    return True


SCALED: list[tuple[str, Callable[[Any], Any], float]] = [  # f(2**k x) = 2**(k degree) f(x)
    ("divide", lambda x: (x + x * x[..., ::-1] / 8) / x[..., ::-1], 0),
    ("quotient of squares", lambda x: x / np.hypot(x, x[..., ::-1]), 0),
    ("arctan2", lambda x: np.arctan2(x, x[..., ::-1]), 0),
    ("hypot", lambda x: np.hypot(x, x[..., ::-1]), 1),
    ("reciprocal", np.reciprocal, -1),
    ("sqrt", np.sqrt, 0.5),
    ("cbrt", np.cbrt, 1 / 3),
    ("x**-0.5", lambda x: x**-0.5, -0.5),
    ("x**0.25", lambda x: x**0.25, 0.25),
    ("x**-1", lambda x: x**-1, -1),
    ("angle", lambda x: np.angle(x + 1j * x[..., ::-1]), 0),
    ("abs", lambda x: np.abs(x + 1j * x[..., ::-1]), 1),
    ("log", lambda x: np.log(x), None),
    ("log2", lambda x: np.log2(x), None),
    ("log10", lambda x: np.log10(x), None),
]
EXPONENTS = (-888, -480, -12, 12, 480, 888)  # even, multiples of 3 and 4


def numpys(f: Any, points: Any, k: int, factor: float) -> float:
    """By how much NumPy's own values fail to scale here, in the 9 factors of a derivative of order 4."""
    return 9 * float(np.max(np.abs(f(points * 2.0**k) / (f(points) * factor) - 1))) if factor != 1 else 0.0


@pytest.mark.parametrize(("f", "degree"), [c[1:] for c in SCALED], ids=[c[0] for c in SCALED])
def test_scaling(f: Any, degree: Any) -> None:
    """All derivatives along a direction, at once for two points, and for the float in each."""
    if f is SCALED[0][1]:
        f = lambda x: x / x[..., ::-1]
    points = np.array([1.375, 0.8125])
    with np.errstate(all="ignore"):
        for k, n in itertools.product(EXPONENTS, (1, 2, 4)):
            scaled = lambda t, k=k: f((points + t * np.array([1.0, -0.5])) * 2.0**k)
            got = hoad.derivatives(scaled, 0.0, n)
            right = hoad.derivatives(lambda t: f(points + t * np.array([1.0, -0.5])), 0.0, n)
            for order, (a, b) in enumerate(zip(got, right, strict=True)):
                if degree is not None or order:
                    factor = 2.0 ** round(k * (degree or 0))
                    tolerance = 2e-15 + numpys(f, points, k, factor)
                    np.testing.assert_allclose(a, b * factor, rtol=tolerance, atol=0)


E200 = math.exp(-200.0)
KNOWN: list[tuple[str, Callable[[Any], Any], float, list[float]]] = [
    ("log of logistic density", lambda x: np.log(np.exp(x) / (1 + np.exp(x)) ** 2), 300.0, [-1, 0]),
    ("log of a gamma function", lambda x: np.log(sp.gamma(x)), 150.0, [sp.psi(150.0), 0.006688938271165994]),
    ("log of 1 + a power", lambda x: np.log(1 + x**200.0), 10.0, [20.0, -2.0]),
    ("log of a Gaussian", lambda x: np.log(np.exp(-x * x / 2)), 30.0, [-30.0, -1.0]),
    ("sech", lambda x: 1e130 / np.cosh(x), 300.0, [-2e130 * math.exp(-300), 2e130 * math.exp(-300)]),
    ("root of exp", lambda x: 1e87 * np.exp(x) ** -0.5, 400.0, [-0.5e87 * E200, 0.25e87 * E200]),
    ("arctan of exp", lambda x: 1e174 * np.arctan(np.exp(x)), 400.0, [1e174 * E200**2, -1e174 * E200**2]),
    ("arctan2 at 1e200", lambda t: np.arctan2(t * 1e200, 1e200), 1.0, [0.5, -0.5]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "x", "right"), [c[1:] for c in KNOWN], ids=[c[0] for c in KNOWN])
def test_known(f: Any, x: float, right: list[float]) -> None:
    with np.errstate(all="ignore"):
        tolerance = 1e-8
        for mode in ("forward", "reverse"):
            assert agree(hoad.jacobian(f, x, mode=mode), right[0], tolerance)
        for mode in NESTINGS:
            assert abs(hoad.hessian(f, x, mode=mode) - right[1]) <= tolerance * max(abs(right[1]), 1e-6)
        assert abs(hoad.derivatives(f, x, 4)[2] - right[1]) <= tolerance * max(abs(right[1]), 1e-6)
        whole = hoad.hessian(lambda x: np.sum(f(x)), np.array([x, x]))
        assert np.max(np.abs(whole - np.eye(2) * right[1])) <= tolerance * max(abs(right[1]), 1e-6)
        along = hoad.laplacian(lambda x: np.sum(f(x)), np.array([x, x]))
        assert abs(along - 2 * right[1]) <= 2 * tolerance * max(abs(right[1]), 1e-6)
