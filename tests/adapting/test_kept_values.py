"""Functions that look up what they kept from an earlier call: where they ask for equality they are run again,
elsewhere hoad says what looks like it.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.arrays import operators
from hoad.chainrules import RULES
from hoad.errors import KeptValueWarning


class Cached:
    """A sum of cubes, computed once for each point; ``is_it`` tells whether a point is the last."""

    def __init__(self, is_it: Callable[[Any, Any], Any]) -> None:
        self.is_it = is_it
        self.point: Any = None

    def __call__(self, x: Any) -> Any:
        if self.point is None or not self.is_it(self.point, x):
            self.point, self.value = np.copy(x), np.sum(x**3)
        return self.value


class Table:
    """The same by a key."""

    def __init__(self, key: Callable[[Any], Any]) -> None:
        self.key = key
        self.values: dict[Any, Any] = {}

    def __call__(self, x: Any) -> Any:
        key = self.key(x)
        if key not in self.values:
            self.values[key] = np.sum(x**3)
        return self.values[key]


CACHES: dict[str, Callable[[], Any]] = {
    "array_equal": lambda: Cached(lambda a, b: np.array_equal(a, b)),
    "allclose": lambda: Cached(lambda a, b: np.allclose(a, b, rtol=0.0, atol=1e-12)),
    "all": lambda: Cached(lambda a, b: np.all(a == b)),
    "none differs": lambda: Cached(lambda a, b: not (b != a).any()),
    "isclose": lambda: Cached(lambda a, b: np.isclose(a, b).all()),
    "near": lambda: Cached(lambda a, b: np.linalg.norm(b - a) < 1e-12),
    "text": lambda: Table(str),
    "format": lambda: Table(lambda x: f"{x[0]:.8f} {x[1]:.8f}"),
    "digits": lambda: Table(lambda x: tuple(np.round(x, 8))),
    "digits of each": lambda: Table(lambda x: tuple([round(v, 8) for v in x])),
}
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "grad": lambda f, x: hoad.grad(f)(x),
    "jacobian": lambda f, x: hoad.jacobian(f, x, mode="forward"),
    "hessian": hoad.hessian,
    "jvp": lambda f, x: hoad.jvp(f, (x,), (np.ones(2),))[1],
    "hvp": lambda f, x: hoad.hvp(f, x, np.ones(2)),
    "value_and_grad": lambda f, x: hoad.value_and_grad(f)(x)[1],
    "laplacian": hoad.laplacian,
    "vjp": lambda f, x: hoad.vjp(f, x)[1](1.0),
    "directional": lambda f, x: hoad.directional(f, x, np.ones(2), 1),
}
POINT = np.array([1.0, 2.0])


EQUALITIES = [name for name in CACHES if not name.startswith(("text", "format", "digits"))]


# The length of 0 asks itself whether it is 0, at second order: the warning tells.
WARNED = [("near", "laplacian"), ("near", "directional")]


@pytest.mark.parametrize(
    ("cache", "operator"), [both for both in itertools.product(EQUALITIES, OPERATORS) if both not in WARNED]
)
def test_what_was_kept_is_computed_again(cache: str, operator: str) -> None:
    f, wanted = CACHES[cache](), OPERATORS[operator](lambda x: np.sum(x**3), POINT)
    assert f(POINT) == 9.0  # which is what it keeps
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):  # the second time it keeps what the first has made
            np.testing.assert_allclose(OPERATORS[operator](f, POINT), wanted, rtol=1e-13)
    assert float(f(POINT)) == 9.0


class Solved(Cached):
    """A quadratic form, of whose matrix the inverse is kept; the vector is not."""

    def __call__(self, x: Any) -> Any:
        if self.point is None or not self.is_it(self.point, x):
            self.point, self.value = np.copy(x), np.linalg.inv(np.outer(x, x) + np.eye(2))
        return x @ self.value @ x + self.value[0, 1]


@pytest.mark.parametrize("cache", [name for name in EQUALITIES if name != "near"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_part_that_was_kept_is_computed_again(cache: str, operator: str) -> None:
    is_it = CACHES[cache]().is_it
    wanted = OPERATORS[operator](lambda x: Solved(is_it)(x), POINT)
    f = Solved(is_it)
    f(POINT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            np.testing.assert_allclose(OPERATORS[operator](f, POINT), wanted, rtol=1e-12)


def test_an_array_that_is_compared_decides_as_ever() -> None:
    """Where the value is another one, or the run an error, if two arrays differ, they do not."""
    known = POINT.copy()

    def branches(x: Any) -> Any:
        return np.sum(x**2) if np.array_equal(x, known) else np.sum(x**3)

    def checks(x: Any) -> Any:
        assert np.array_equal(x, known)
        return np.sum(x**2)

    for f in (branches, checks):
        np.testing.assert_allclose(hoad.grad(f)(POINT), 2.0 * POINT)
        np.testing.assert_allclose(hoad.jacobian(f, POINT, mode="forward"), 2.0 * POINT)


@pytest.mark.parametrize("cache", [name for name in CACHES if name not in EQUALITIES])
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_value_that_was_kept_is_told(cache: str, operator: str) -> None:
    f = CACHES[cache]()
    assert f(POINT) == 9.0
    told = r"at test_kept_values\.py:\d+: .* it (was|became) .* no derivative"
    with pytest.warns(KeptValueWarning, match=told):
        found = OPERATORS[operator](f, POINT)
    assert np.all(np.asarray(found) == 0)


@pytest.mark.parametrize("cache", CACHES)
def test_without_a_value_that_was_kept_nothing_is_told(cache: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(hoad.grad(CACHES[cache]())(POINT), 3 * POINT**2)


def test_an_objective_with_a_cache_is_minimized() -> None:
    scipy_optimize = pytest.importorskip("scipy.optimize")
    f = Cached(np.array_equal)
    loss = lambda x: f(x - 1.0) ** 2 + np.sum((x - 1.0) ** 2)
    found = scipy_optimize.minimize(loss, POINT, jac=hoad.grad(loss))
    np.testing.assert_allclose(found.x, [1.0, 1.0], atol=1e-5)


def test_another_branch_is_no_kept_value() -> None:
    """Where another value comes out, equality was the program's own question, and its answer counts."""
    with pytest.warns(KeptValueWarning, match="it was found equal to a plain number"):
        assert hoad.grad(lambda x: 5.0 if x == 2.0 else x**2)(2.0) == 0.0
    calls = []

    def counted(x: Any) -> Any:
        calls.append(x)
        return 1.0 if x == 0 else np.sin(x) / x

    with pytest.warns(KeptValueWarning):
        assert hoad.grad(counted)(0.0) == 0.0
    assert len(calls) == 2


def newton(x: Any) -> Any:
    y = 1.0
    for _ in range(50):
        step = (y * y - x[0]) / (2 * y)
        if step == 0 or abs(step) < 1e-300:
            break
        y = y - step
    return y * x[1]


CONSTANT: dict[str, Callable[[Any], Any]] = {
    "a constant": lambda x: 3.0,
    "beyond a cutoff": lambda x: 0.0 if x[0] > 0.5 else x[0],
    "a step": lambda x: 1.0 if x[0] < x[1] else 0.0,
    "a step of heaviside": lambda x: np.heaviside(x[0], 0.5),
    "whole": lambda x: float(int(x[0])),
    "rounded": lambda x: round(x[0]),
    "of the length": lambda x: float(len(x)),
}


@pytest.mark.parametrize("name", CONSTANT)
def test_what_is_constant_is_not_told(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.all(hoad.grad(CONSTANT[name])(POINT) == 0)
        assert np.all(hoad.jacobian(CONSTANT[name], POINT, mode="forward") == 0)


@pytest.mark.parametrize("x", [np.array([4.0, 2.0]), np.array([1.0, 2.0])])
def test_a_loop_that_ends_where_it_is_exact_is_not_told(x: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = hoad.grad(newton)(x)
    np.testing.assert_allclose(found[1], np.sqrt(x[0]))


# ------------------------------------------------------------------------------------------------------------
# What rules compare is no look-up
# ------------------------------------------------------------------------------------------------------------

UFUNCS = [
    f
    for f in dict.fromkeys(value for value in vars(np).values() if isinstance(value, np.ufunc))
    if getattr(RULES.get(f), "kind", None) == "scalar" and f.nin <= 2
]
PROGRAMS: dict[str, Callable[..., Any]] = {
    **{f.__name__: f for f in UFUNCS},
    "clip": lambda x: np.clip(x, 0.0, 1.0),
    "max": lambda x: np.max(np.stack([x, 0 * x])),
    "prod": lambda x: np.prod(np.stack([x, x, x])),
    "cumprod": lambda x: np.sum(np.cumprod(np.stack([x, x, x]))),
    "norm": lambda x: np.linalg.norm(np.stack([x, x])),
    "std": lambda x: np.std(np.stack([x, 1.0])),
    "det": lambda x: np.linalg.det(np.stack([np.stack([x, 1.0]), np.stack([1.0, x])])),
    "einsum": lambda x: np.einsum("i,i", np.stack([x, x]), np.stack([x, 1.0])),
    "svd": lambda x: np.sum(np.linalg.svd(x * np.eye(2))[0] ** 2),
    "power by hand": lambda x: x**x,
    "median": lambda x: np.median(np.stack([x, 1.0, 0.0])),
    "product of roots": lambda x: abs(x) * np.hypot(x, 0.0),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize(
    "mode", ["auto", "forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]
)
def test_what_rules_compare_is_no_look_up(mode: str, name: str, monkeypatch: Any) -> None:
    """Neither is it noted, nor doubted, where an outer derivative is taken of a rule's formulas."""
    asked = []
    monkeypatch.setattr(operators, "ask", lambda x, how, met=False: asked.append(how))
    f = PROGRAMS[name]
    count = getattr(f, "nin", 1)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for at in (0.0, 1.0, -1.0, 2.0):
            hoad.hessian(lambda x: f(*[x] * count), at, mode=mode)
            if count == 2:
                for other in (0.0, 1.0, at):
                    hoad.hessian(f, at, other, mode=mode)
                    hoad.hessian(f, other, at, argnums=1, mode=mode)
    assert not asked
