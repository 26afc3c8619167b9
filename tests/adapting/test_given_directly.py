"""Functions of others that are given to an operator as they are: ``hoad.derivative(math.sin, 0.3)``.

What stands for such a function in a program must stand for it here too: each gives what the program that
calls it gives, or refuses it as that does.
"""

from __future__ import annotations

import cmath
import functools
import math
import operator
import statistics
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.polynomial as npp
import pytest
import scipy.interpolate as si
import scipy.linalg as sl
import scipy.optimize as so
import scipy.special as sc
import scipy.stats as st

import hoad

PAIR, MATRIX = np.array([0.4, 0.7]), np.array([[1.0, 0.2], [0.3, 2.0]])
POINTS: tuple[Any, ...] = (0.3, 1.7, [0.4, 0.7], PAIR, np.array([0.5, 3.0, 1.0]), MATRIX)


def of_modules() -> Iterator[tuple[str, Any]]:
    """Every public function of Python's modules of numbers, and of NumPy's polynomials."""
    for module in (math, cmath, statistics, operator, *[getattr(npp, n) for n in ("polynomial", "hermite")]):
        for name, f in vars(module).items():
            if callable(f) and not name.startswith("_") and not isinstance(f, type):
                yield f"{module.__name__}.{name}", f


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **dict(of_modules()),
    "partial": functools.partial(math.pow, 2.0),
    "partial of a method": functools.partial(st.norm.logpdf, scale=2.0),
    "item": operator.itemgetter(0),
    "cached": functools.lru_cache(math.sin),
    "cached method": functools.lru_cache(st.norm.cdf),
    "vectorize": np.vectorize(math.sin),
    "method": st.norm.cdf,
    "method of a frozen one": st.norm(0.0, 2.0).pdf,
    "method of a frozen vector": st.multivariate_normal([0.0, 0.1]).logpdf,
    "method of an array": MATRIX.dot,
    "operator of an array": MATRIX.__matmul__,
    "spline": si.CubicSpline([0.0, 1.0, 2.0], [1.0, 2.0, 0.0]),
    "slope of a spline": si.PchipInterpolator([0.0, 1.0, 2.0], [1.0, 2.0, 0.0]).derivative(),
    "poly1d": np.poly1d([1.0, 2.0]),
    "Polynomial": npp.Polynomial([1.0, 2.0]),
    "ufunc of SciPy's": sc.gamma,
    "function of SciPy's": sc.logsumexp,
    "of matrices": sl.det,
    "of optimisers": so.rosen,
    "a derivative": hoad.grad(math.sin),
    "abs": abs,
    "sum": sum,
    "max": max,
}


def outcome(f: Callable[..., Any], x: Any) -> Any:
    """The Jacobian, or that there is none. (That an argument is missing is said by another error.)"""
    try:
        return hoad.jacobian(f, x)
    except Exception:
        return Exception


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_given_as_in_a_program(name: str) -> None:
    f = FUNCTIONS[name]
    for x in POINTS:
        wanted, found = outcome(lambda x: f(x), x), outcome(f, x)
        np.testing.assert_equal(found, wanted)


@pytest.mark.parametrize("f", [math.sin, math.exp, functools.partial(math.pow, 2.0), np.vectorize(math.cos)])
def test_every_operator_takes_them(f: Callable[..., Any]) -> None:
    g = lambda x: f(x)
    x = 0.3
    assert hoad.derivative(f, x, 2) == hoad.derivative(g, x, 2)
    assert hoad.value_and_grad(f)(x) == hoad.value_and_grad(g)(x)
    assert hoad.grad(hoad.grad(f))(x) == hoad.grad(hoad.grad(g))(x)
    assert hoad.jvp(f, (x,), (1.0,)) == hoad.jvp(g, (x,), (1.0,))
    assert np.array_equal(hoad.taylor(f, x, 3), hoad.taylor(g, x, 3))
    assert np.array_equal(hoad.vmap(f)(PAIR), hoad.vmap(g)(PAIR))
    assert np.array_equal(hoad.vmap(hoad.grad(f))(PAIR), hoad.vmap(hoad.grad(g))(PAIR))
    assert hoad.compile(hoad.grad(f))(x) == hoad.grad(g)(x)


def test_what_is_known_of_them_stays_known() -> None:
    with pytest.raises(TypeError, match=r"hypot|coordinates|arg|number"):
        hoad.grad(math.hypot)("word")
    assert hoad.grad(math.hypot, argnums=1)(3.0, 4.0) == 0.8
    assert hoad.grad(math.sin).__name__ == "sin"
