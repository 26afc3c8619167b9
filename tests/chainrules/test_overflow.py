"""Where a value has overflowed on the way, its derivative is not known: nan, and not a zero.

The partial of ``log`` at infinity would be 0, that of the ``exp`` which has overflowed is infinite, and their
product would be a strong zero. Zeros that are known stay: of a branch that is not taken, and of a function
that is bounded.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.special as sc

import hoad
from hoad.chainrules import RULES
from hoad.chainrules.statements import Scalar
from hoad.chainrules.text import safe_partial

NESTINGS = ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")
Function = Callable[[Any], Any]


def scalar_rules() -> list[Scalar]:
    hoad.derivative(sc.gamma, 1.0)  # SciPy's rules are stated when they are first asked for
    rules = {rule for rule in RULES.values() if isinstance(rule, Scalar) and rule.arity <= 2}
    return sorted(rules, key=lambda rule: str(rule.name))


def is_infinite(rule: Scalar, args: tuple[float, ...]) -> bool:
    """Tell whether the value is one infinite number; SciPy has functions that take no floats there."""
    try:
        out = rule.function(*args)
    except TypeError:
        return False
    return np.ndim(out) == 0 and bool(np.isinf(out))


def partial(rule: Scalar, i: int, args: tuple[float, ...]) -> Any:
    return safe_partial(rule, i, args, rule.function(*args))


def test_no_rule_has_a_zero_partial_where_an_argument_makes_the_value_infinite() -> None:
    found, right = [], []
    with np.errstate(all="ignore"):
        for rule in scalar_rules():
            for args in itertools.product((np.inf, -np.inf, 2.0, 0.5), repeat=rule.arity):
                if not is_infinite(rule, args):
                    continue
                for i in np.flatnonzero(np.isinf(args)):
                    if is_infinite(rule, (*args[:i], 2.0, *args[i + 1 :])):
                        continue
                    if partial(rule, i, tuple([2.0] * rule.arity)) != 0:  # it is not constant in that
                        (right if partial(rule, i, args) != 0 else found).append((rule.name, args, i))
    assert not found
    assert len(right) > 40


OVERFLOWN: dict[str, Function] = {
    "log1p": lambda x: np.log1p(np.exp(x)),
    "log of a sum": lambda x: np.log(np.exp(x) + np.exp(x - 1)),
    "log2": lambda x: np.log2(np.exp2(2 * x)),
    "log10": lambda x: np.log10(np.exp(x)),
    "sqrt": lambda x: np.sqrt(np.exp(x)),
    "cbrt": lambda x: np.cbrt(np.exp(x)),
    "power": lambda x: np.exp(x) ** 0.7,
    "powers": lambda x: np.exp(x) ** np.full(np.shape(x), 0.7),
    "arcsinh": lambda x: np.arcsinh(np.sinh(x)),
    "arccosh": lambda x: np.arccosh(np.cosh(x)),
    "psi": lambda x: sc.psi(np.exp(x)),
    "betaln": lambda x: sc.betaln(np.exp(x), 2.0),
    "xlogy": lambda x: sc.xlogy(2.0, np.exp(x)),
    "xlog1py": lambda x: sc.xlog1py(2.0, np.exp(x)),
    "rel_entr": lambda x: sc.rel_entr(2.0, np.exp(x)),
    "a pole": lambda x: np.log(1 / (x - 800)),
}


@pytest.mark.parametrize("name", OVERFLOWN)
def test_the_derivative_is_nan(name: str) -> None:
    f = OVERFLOWN[name]
    points = np.array([800.0, 1.0])
    with np.errstate(all="ignore"):
        found = [hoad.derivative(f, 800.0), hoad.grad(f, 800.0), hoad.grad(f, np.float64(800.0))]
        found += [hoad.hessian(f, 800.0, mode=mode) for mode in NESTINGS]
        found += hoad.derivatives(f, 800.0, 2)[1:]
        found += [hoad.jacobian(f, points, mode=mode)[0, 0] for mode in ("forward", "reverse")]
        assert np.isnan(found).all()
        beside = [hoad.jacobian(f, points, mode=mode) for mode in ("forward", "reverse")]
        for jacobian in beside:  # the element that has not overflowed
            np.testing.assert_allclose(jacobian[1], [0.0, hoad.derivative(f, 1.0)], rtol=1e-14)


@pytest.mark.parametrize("name", OVERFLOWN)
def test_a_branch_that_is_not_taken_has_no_part(name: str) -> None:
    def guarded(x: Any) -> Any:
        return np.where(x < 700, OVERFLOWN[name](x), 3.0 * x * x)

    with np.errstate(all="ignore"):
        for x in (800.0, np.float64(800.0)):
            assert hoad.derivative(guarded, x) == hoad.grad(guarded, x) == 4800.0
        assert [hoad.hessian(guarded, 800.0, mode=mode) for mode in NESTINGS] == 4 * [6.0]
        for mode in ("forward", "reverse"):
            assert hoad.jacobian(guarded, np.array([800.0]), mode=mode).tolist() == [[4800.0]]
        assert hoad.vjp(OVERFLOWN[name], 800.0)[1](0.0) == (0.0,)
        assert hoad.jvp(OVERFLOWN[name], (800.0,), (0.0,))[1] == 0.0


BOUNDED: dict[str, tuple[Function, float]] = {
    "logistic": (lambda x: 1 / (1 + np.exp(-x)), -800.0),
    "tanh": (lambda x: np.tanh(np.exp(x)), 800.0),
    "arctan": (lambda x: np.arctan(np.exp(x)), 800.0),
    "reciprocal": (lambda x: np.reciprocal(np.cosh(x)), 800.0),
    "expit": (lambda x: sc.expit(np.exp(x)), 800.0),
    "erf": (lambda x: sc.erf(np.exp(x)), 800.0),
    "where": (lambda x: np.where(x < 700, np.exp(x), 0.0), 800.0),
    "minimum": (lambda x: np.minimum(np.exp(x), 5.0), 800.0),
}


@pytest.mark.parametrize("name", BOUNDED)
def test_a_bounded_function_of_it_has_the_derivative_zero(name: str) -> None:
    f, x = BOUNDED[name]
    with np.errstate(all="ignore"):
        assert hoad.derivative(f, x) == hoad.grad(f, x) == 0.0
        assert [hoad.hessian(f, x, mode=mode) for mode in NESTINGS] == 4 * [0.0]
        for n in (1, 1000):  # short and long arrays
            points, ones = np.full(n, x), np.ones(n)
            assert not hoad.jvp(f, (points,), (ones,))[1].any()
            assert not hoad.vjp(f, points)[1](ones)[0].any()


@pytest.mark.parametrize("kind", ["a number", "an array"])
def test_products_of_very_large_and_very_small_factors(kind: str) -> None:
    """In any order: the exact product, if the way back comes to no 0, and not far out of range."""
    seen = set()
    for factors in itertools.product((1e200, 1e-200, -1e150, 3.0), repeat=4):

        def f(x: Any, factors: Any = factors) -> Any:
            for c in factors:
                x = x * c
            return np.sum(x)

        way = list(itertools.accumulate(factors[::-1], lambda a, b: a * Fraction(b), initial=Fraction(1)))
        if any(abs(p) < 1e-300 for p in way) or (abs(way[-1]) < 1e308 and max(map(abs, way)) > 10**460):
            continue  # smaller seeds are smaller by a number of half the exponent
        right = float(way[-1]) if abs(way[-1]) < 1e308 else math.inf * (1 if way[-1] > 0 else -1)
        seen.add(math.isinf(right))
        x = 0.0 if kind == "a number" else np.zeros(2)
        found = hoad.grad(f)(x)
        np.testing.assert_allclose(found, np.full(np.shape(x), right), rtol=1e-12, err_msg=str(factors))
    assert seen == {True, False}
