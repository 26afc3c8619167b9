"""Errors that a program catches, within ``vmap``: one for each member, or none."""

from __future__ import annotations

import math
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize

import hoad
from hoad.chainrules import RULES
from hoad.errors import SwallowedError

POINTS = [2.0, 0.0, -1.5, 800.0, 1.0, 0.5]


def takes_a_number(function: Any, x: float) -> bool:
    try:
        return isinstance(function(x), float)
    except TypeError:
        return False
    except (ArithmeticError, ValueError):
        return True


OF_MATH = {
    f"math.{name}": function
    for name, function in vars(math).items()
    if name != "ulp" and callable(function) and any([takes_a_number(function, x) for x in (0.5, 2.0)])
}
UFUNCS = {
    function.__name__: function
    for function in RULES
    if isinstance(function, np.ufunc) and function.nin == function.nout == 1 and "d->d" in function.types
}
SINGULAR = {
    "inv": lambda x: np.linalg.inv(np.array([[x, 1.0], [1.0, 0.5]]))[0, 0],
    "solve": lambda x: np.linalg.solve(np.array([[x, 1.0], [1.0, 0.5]]), np.ones(2))[0],
    "cholesky": lambda x: np.linalg.cholesky(np.array([[x, 0.5], [0.5, 1.0]]))[1, 1],
    "matrix_power": lambda x: np.linalg.matrix_power(np.array([[x, 1.0], [1.0, 0.5]]), -2)[0, 0],
}
SOLVERS = {
    "brentq": lambda x: scipy.optimize.brentq(lambda t: t**3 - x, 0.5, 2.0),
    "newton": lambda x: scipy.optimize.newton(lambda t: t**2 + 0.6 - x, 1.0, maxiter=20),
    "root_scalar": lambda x: scipy.optimize.root_scalar(lambda t: t**3 - x, bracket=(0.5, 2.0)).root,
}


def strict(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def inner(x: Any) -> Any:
        with np.errstate(all="raise"):
            return function(x)

    return inner


def warned(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def inner(x: Any) -> Any:
        with warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
            warnings.simplefilter("error")
            return function(x)

    return inner


WORK: dict[str, Callable[[Any], Any]] = {
    **OF_MATH,
    **{f"strict {name}": strict(f) for name, f in UFUNCS.items()},
    **{f"warned {name}": warned(f) for name, f in UFUNCS.items()},
    **SINGULAR,
    **SOLVERS,
}
CAUGHT = (ArithmeticError, ValueError, RuntimeError, RuntimeWarning)  # LinAlgError is a ValueError


def caught(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        try:
            return work(x) * 1.0
        except CAUGHT as error:
            if isinstance(error, hoad.errors.HoadError):
                raise
            return 7.0 * x

    return f


def raised(work: Callable[[Any], Any], x: float) -> type | None:
    try:
        work(np.float64(x))
    except CAUGHT as error:
        return type(error)
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", WORK)
def test_members_that_end_alike_or_not(name: str) -> None:
    work = WORK[name]
    f = caught(work)
    ends = {x: raised(work, x) for x in POINTS}
    for a in POINTS:
        for b in POINTS:
            if ends[a] is ends[b]:
                found = hoad.vmap(f)(np.array([a, b]))
                np.testing.assert_allclose(found, [f(np.float64(a)), f(np.float64(b))], rtol=1e-7)
            else:
                with pytest.raises(SwallowedError, match="for some members"):
                    hoad.vmap(f)(np.array([a, b]))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operator", [hoad.grad, hoad.derivative])
@pytest.mark.parametrize("name", [*SINGULAR, "math.log", "strict log", "brentq"])
def test_beneath_a_derivative(name: str, operator: Any) -> None:
    f = caught(WORK[name])
    with pytest.raises(SwallowedError, match="for some members"):
        hoad.vmap(operator(f))(np.array([2.0, 0.0]))


def test_partials_are_none_of_the_members_errors() -> None:
    """The partial of a root is infinite at 0; the root is not."""

    def f(x: Any) -> Any:
        try:
            with np.errstate(all="raise"):
                return 2.0 * np.sqrt(x)
        except FloatingPointError:
            return 7.0 * x

    x = np.array([0.0, 4.0])
    np.testing.assert_array_equal(hoad.vmap(hoad.grad(f))(x), [np.inf, 0.5])
    np.testing.assert_array_equal(hoad.vmap(hoad.derivative(f))(x), [np.inf, 0.5])


def test_what_nobody_catches_is_the_members_error() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        hoad.vmap(SINGULAR["cholesky"])(np.array([1.0, -1.0]))
    with pytest.raises(ValueError, match=r"math domain error|nonnegative"):
        hoad.vmap(lambda x: math.sqrt(x))(np.array([1.0, -1.0]))


def test_what_a_solver_says_of_itself_is_for_each_member() -> None:
    """Whether it found a root, and in how many steps."""

    def steps(x: Any) -> Any:
        found = scipy.optimize.root_scalar(
            lambda t: t**2 - x, x0=1.0, fprime=lambda t: 2.0 * t, method="newton"
        )
        return found.root + 0.5 * found.iterations

    def either(x: Any) -> Any:
        found = scipy.optimize.root(lambda t: t**2 + 0.6 - x, [1.0])
        return np.where(found.success, found.x[0], -1.0)

    x = np.array([2.0, 9.0, 0.3])
    np.testing.assert_allclose(hoad.vmap(steps)(x), [steps(v) for v in x])
    np.testing.assert_allclose(hoad.vmap(either)(x), [either(v) for v in x])


def test_a_member_is_not_pickled_as_all_of_them() -> None:
    with pytest.raises(hoad.errors.EscapeError, match="pickled"):
        hoad.vmap(lambda x: pickle.loads(pickle.dumps(x)))(np.array([1.0, 2.0]))


def test_an_integer_of_a_member_that_is_caught() -> None:
    def f(x: Any) -> Any:
        try:
            return x * int(x)
        except TypeError:
            return 7.0 * x

    with pytest.raises(SwallowedError, match="differs between the members"):
        hoad.vmap(f)(np.array([1.0, 2.0]))
