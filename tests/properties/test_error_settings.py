"""What NumPy is told of errors in arithmetic is about the program: partials are evaluated without it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import scipy.special
from turns import by_turns

import hoad
import hoad.scipy.special
from hoad.chainrules import RULES
from hoad.errors import MissingRuleError

AT_THE_EDGE: dict[str, tuple[Callable[[Any], Any], float]] = {
    "sqrt": (np.sqrt, 0.0),
    "arcsin": (np.arcsin, 1.0),
    "arccosh": (np.arccosh, 1.0),
    "cbrt": (np.cbrt, 0.0),
    "power": (lambda x: x**0.5, 0.0),
    "hypot": (lambda x: np.hypot(x, x), 0.0),
    "arctan2": (lambda x: np.arctan2(x, x), 0.0),
    "root of a size": (lambda x: np.abs(x) ** 0.5, 0.0),
}
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: hoad.grad(lambda x: np.sum(f(x))),
    "jvp": lambda f: lambda x: hoad.jvp(f, (x,), (x * 0 + 1,)),
    "hessian": lambda f: hoad.hessian(lambda x: np.sum(f(x))),
    "nested": lambda f: hoad.hessian(lambda x: np.sum(f(x)), mode="reverse-reverse"),
    "jacobian": lambda f: hoad.jacobian(f),
    "of the gradient": lambda f: hoad.jacobian(hoad.grad(lambda x: np.sum(f(x)))),
    "derivatives": lambda f: lambda x: hoad.derivatives(lambda t: f(x + t), 0.0, 2),
    "of a batch": lambda f: lambda x: hoad.vmap(hoad.grad(f))(np.full(3, x)) if np.ndim(x) == 0 else 0.0,
}


@pytest.mark.parametrize("make", [float, np.float64, np.float32, lambda v: np.array([v, v])])
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", AT_THE_EDGE)
def test_partials_raise_nothing(name: str, operator: str, make: Any) -> None:
    f, at = AT_THE_EDGE[name]
    derivative, x = OPERATORS[operator](f), make(at)
    with np.errstate(all="ignore"):
        expected = derivative(x)
    with np.errstate(all="raise"):
        np.testing.assert_equal(derivative(x), expected)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("operator", ["grad", "hessian", "jacobian", "of the gradient", "nested"])
@pytest.mark.parametrize("name", AT_THE_EDGE)
def test_sweeps_warn_of_nothing(name: str, operator: str) -> None:
    f, at = AT_THE_EDGE[name]
    with np.errstate(all="warn"):
        OPERATORS[operator](f)(np.array([at, at]))


LARGE: dict[str, Callable[[Any], Any]] = {
    "exp": lambda x: np.exp(300.0 * x),
    "power": lambda x: 1e220 * x**40,
    "quotient": lambda x: 1e60 / (x * 1e-60) ** 2,
    "root": lambda x: np.sqrt(x * 1e300) * 1e100,
    "product": lambda x: (x * 1e90) * (x[::-1] * 1e90) if np.ndim(x) else (x * 1e90) * (x * 1e90),
    "arctan2": lambda x: np.arctan2(1e200 * x, 1e199 * x) * 1e160,
    "matrices": lambda x: np.outer(1e100 * x, x) @ (1e100 * x) if np.ndim(x) else 1e200 * x * x,
}
POINT = np.array([1.5, 2.0, 1.75, 1.125])
WAYS: dict[str, Callable[[Any], Any]] = {
    "jvp": lambda f: hoad.jvp(f, (POINT,), (POINT,)),
    "vjp": lambda f: hoad.vjp(f, POINT)[1](f(POINT) * 0 + 1),
    "forward": lambda f: hoad.jacobian(f, POINT, mode="forward"),
    "reverse": lambda f: hoad.jacobian(f, POINT, mode="reverse"),
    "sparse": lambda f: hoad.jacobian(f, POINT, sparse=True).toarray(),
    "hvp": lambda f: hoad.hvp(lambda x: np.sum(f(x)), POINT, POINT),
    "hessian": lambda f: hoad.hessian(lambda x: np.sum(f(x)), POINT),
    "of the gradient": lambda f: hoad.jacobian(hoad.grad(lambda x: np.sum(f(x))), POINT),
    "along it": lambda f: hoad.jvp(hoad.grad(lambda x: np.sum(f(x))), (POINT,), (POINT,)),
    "forward twice": lambda f: hoad.jacobian(hoad.jacobian(f, mode="forward"), POINT, mode="forward"),
    "laplacian": lambda f: hoad.laplacian(lambda x: np.sum(f(x)), POINT),
    "series": lambda f: hoad.derivatives(lambda t: f(t * POINT), 1.0, 2),
    "of a batch": lambda f: hoad.vmap(hoad.grad(lambda x: np.sum(f(x))))(np.stack([POINT, POINT])),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LARGE)
def test_what_is_large_and_finite_is_no_error(name: str, way: str) -> None:
    """Squares of it are out of range, and of no interest to the program."""
    f, derivative = LARGE[name], WAYS[way]
    with np.errstate(all="raise", under="ignore"):
        f(POINT)
        found = derivative(f)
    with np.errstate(all="ignore"):
        np.testing.assert_equal(found, derivative(f))
    flat = [np.asarray(part) for part in (found if isinstance(found, (tuple, list)) else [found])]
    assert all([np.isfinite(part).all() for part in flat])


# ------------------------------------------------------------------------------------------------------------
# Tangents that are infinite, or too small, on their way through each function
# ------------------------------------------------------------------------------------------------------------


@contextmanager
def raising() -> Iterator[None]:
    with np.errstate(all="raise"):
        yield


@contextmanager
def refusing_warnings() -> Iterator[None]:
    with np.errstate(all="warn"), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


KNOWN = [f for m in (np, scipy.special) for f in vars(m).values() if isinstance(f, np.ufunc) and f in RULES]
ONE = [f for f in KNOWN if f.nin == f.nout == 1 and "d->d" in f.types]
TWO = [f for f in KNOWN if (f.nin, f.nout, f.signature) == (2, 1, None) and "dd->d" in f.types]
THROUGH: dict[str, Callable[[Any], Any]] = {
    **{f.__name__: f for f in ONE},
    **{f"{f.__name__}(x, 0.5)": lambda x, f=f: f(x, 0.5) for f in TWO},
    **{f"{f.__name__}(0.5, x)": lambda x, f=f: f(0.5, x) for f in TWO},
    **{f"{f.__name__}(x, x)": lambda x, f=f: f(x, x) for f in TWO},
}
OF_ARRAYS: dict[str, Callable[[Any], Any]] = {
    "sum": np.sum, "x.sum()": lambda x: x.sum(), "prod": np.prod, "cumsum": np.cumsum, "mean": np.mean,
    "std": np.std, "max": np.max, "ptp": np.ptp, "diff": np.diff, "sort": np.sort, "median": np.median,
    "gradient": np.gradient, "outer": lambda x: np.outer(x, x), "dot": lambda x: x @ x,
    "norm": np.linalg.norm, "det": lambda x: np.linalg.det(np.diag(x)),
    "where": lambda x: np.where(x > 0.3, x, 0.0), "interp": lambda x: np.interp(0.3, [0.0, 1.0], x),
    "solve": lambda x: np.linalg.solve(np.diag(x + 2.0), x),
}  # fmt: skip
TANGENTS = (1.0, 0.0, np.inf, -np.inf, np.nan, 1e308, 5e-324)


def is_heard(f: Callable[[Any], Any], x: Any, settings: Any) -> bool:
    """Whether the function itself raises something."""
    try:
        with settings():
            f(x)
    except (FloatingPointError, RuntimeWarning, SystemError):  # the last is what SciPy makes of a warning
        return True
    return False


@pytest.mark.filterwarnings("ignore::hoad.errors.UnfollowedValueWarning")
@pytest.mark.parametrize(
    ("name", "settings"), by_turns([*THROUGH, *OF_ARRAYS], [raising, refusing_warnings], every=2)
)
def test_tangents_raise_nothing(name: str, settings: Any) -> None:
    f = THROUGH.get(name) or OF_ARRAYS[name]
    points = [np.array([0.0, 0.5]), np.array([0.5, 1.0]), *([] if name in OF_ARRAYS else [0.0, 0.5, 1.0])]
    for x in points:
        if is_heard(f, x, settings):
            continue
        for t in TANGENTS:
            v = np.full_like(x, t) if np.ndim(x) else t
            with np.errstate(all="ignore"):
                try:
                    wanted = hoad.jvp(f, (x,), (v,))
                except MissingRuleError:  # by an order, or a degree
                    return
            with settings():
                np.testing.assert_equal(hoad.jvp(f, (x,), (v,)), wanted)


def caught(x: Any) -> Any:
    """A mean of roots, of which one is 0, and another way for what has none."""
    with np.errstate(all="raise"):
        try:
            return np.mean(np.sqrt(x * np.array([0.0, 1.0, 4.0]))) * 2.0
        except FloatingPointError:
            return 100.0 * x


@pytest.mark.parametrize("operator", OPERATORS)
def test_what_the_program_catches_is_its_own(operator: str) -> None:
    derivative = OPERATORS[operator]
    with np.errstate(all="ignore"):
        for f, x in ((lambda x: np.sqrt(x) * 2.0, 0.25), (lambda x: 100.0 * x, -0.25)):
            np.testing.assert_allclose(derivative(caught)(x), derivative(f)(x))
