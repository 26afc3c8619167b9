"""A root squared is what it is the root of, where it is zero too: every root, every way of squaring it, in
every mode; and whatever else is done with it is done with the value that it is.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from turns import by_turns

import hoad
from hoad.arrays import roots

MODES = ("auto", "forward-forward", "forward-reverse", "reverse-forward", "reverse-reverse")
TURNS = np.array([1.0 + 2.0j, 3.0 - 1.0j, 0.5j])
# Roots of three numbers, with their squares, at points where some of the roots are 0.
ROOTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], list[float]]] = {
    "abs": (np.abs, np.square, [0.0, 1.5, -2.0]),
    "abs(x)": (abs, np.square, [0.0, 0.0, 0.0]),
    "abs of complex numbers": (
        lambda x: np.abs(x * TURNS),
        lambda x: np.real(x * TURNS) ** 2 + np.imag(x * TURNS) ** 2,
        [0.0, 1.5, -2.0],
    ),
    "norm": (np.linalg.norm, lambda x: np.sum(x**2), [0.0, 0.0, 0.0]),
    "norm, complex": (
        lambda x: np.linalg.norm(x * TURNS),
        lambda x: np.sum(np.real(x * TURNS * np.conj(x * TURNS))),
        [0.0, 0.0, 0.0],
    ),
    "norm of rows": (
        lambda x: np.linalg.norm(np.outer([0.0, 1.0], x) + np.outer([1.0, 0.0], 0 * x), axis=1),
        lambda x: np.stack([0 * np.sum(x**2), np.sum(x**2)]),
        [0.5, 1.0, 0.0],
    ),
    "norm of columns": (
        lambda x: np.linalg.norm(np.outer([2.0, 1.0], x), axis=0, keepdims=True)[0],
        lambda x: 5 * x**2,
        [0.0, 1.0, -1.0],
    ),
    "norm of a matrix": (lambda x: np.linalg.norm(x.reshape(1, 3)), lambda x: np.sum(x**2), [0.0, 0.0, 0.0]),
    "std": (np.std, np.var, [1.0, 1.0, 1.0]),
    "std, ddof": (lambda x: x.std(ddof=1), lambda x: np.var(x, ddof=1), [2.0, 2.0, 2.0]),
    "fabs": (np.fabs, np.square, [0.0, 1.5, -2.0]),
    "math.fabs": (lambda x: math.fabs(x[0]), lambda x: np.square(x[0]), [0.0, 1.5, -2.0]),
    "hypot": (lambda x: np.hypot(x, 2 * x), lambda x: 5 * np.square(x), [0.0, 1.5, 0.0]),
    "hypot of hypot": (lambda x: np.hypot(np.hypot(x, x), x), lambda x: 3 * np.square(x), [0.0, 1.5, 0.0]),
    "math.hypot": (lambda x: math.hypot(x[0], x[1]), lambda x: x[0] ** 2 + x[1] ** 2, [0.0, 0.0, 1.0]),
    "sqrt": (lambda x: np.sqrt(x * x), np.square, [0.0, 1.5, -2.0]),
    "sqrt of a product": (lambda x: np.sqrt(x @ x), lambda x: x @ x, [0.0, 0.0, 0.0]),
    "sqrt of a variance": (lambda x: np.sqrt(np.var(x)), np.var, [1.0, 1.0, 1.0]),
    "sqrt of an even power": (lambda x: np.sqrt(abs(x) ** 2), np.square, [0.0, 1.5, -2.0]),
    "copysign": (lambda x: np.copysign(x, [1.0, 1.0, 2.0]), np.square, [0.0, 1.5, 0.0]),
    "abs of abs": (lambda x: abs(abs(x)), np.square, [0.0, 1.5, -2.0]),
    "norm of abs": (lambda x: np.linalg.norm(abs(x)), lambda x: np.sum(x**2), [0.0, 0.0, 0.0]),
    "abs of norm": (lambda x: abs(np.linalg.norm(x)), lambda x: np.sum(x**2), [0.0, 0.0, 0.0]),
    "std of columns": (
        lambda x: np.std(np.outer([1.0, 3.0], x), axis=0),
        lambda x: np.var(np.outer([1.0, 3.0], x), axis=0),
        [0.0, 1.0, 2.0],
    ),
}


def in_place(r: Any) -> Any:
    r = 1.0 * r if not np.ndim(r) else r
    r **= 2
    return r


def by_itself(r: Any) -> Any:
    r *= r
    return r


def used_before(r: Any) -> Any:
    assert np.sum(r) + np.sum(r.reshape(-1)[:1]) + np.sum(r + 1) > 0
    return r**2


def each(r: Any) -> Any:
    return np.stack([v * v for v in r]) if np.ndim(r) else r * r


WEIGHTS = np.array([2.0, -3.0, 0.5])


def weights(r: Any) -> Any:
    return WEIGHTS[: np.shape(r)[0]] if np.ndim(r) else 2.0


# What gives r**2 of a root r.
SQUARES: dict[str, Callable[[Any], Any]] = {
    "r**2": lambda r: r**2,
    "r**2.0": lambda r: r**2.0,
    "r**int64": lambda r: r ** np.int64(2),
    "power": lambda r: np.power(r, 2),
    "square": np.square,
    "r*r": lambda r: r * r,
    "multiply": lambda r: np.multiply(r, r),
    "(3*r)**2": lambda r: (3 * r) ** 2 / 9,
    "(r*3)**2": lambda r: (r * np.float64(3)) ** 2 / 9,
    "(r/2)**2": lambda r: (r / 2) ** 2 * 4,
    "(-r)**2": lambda r: (-r) ** 2,
    "(w*r)**2": lambda r: (weights(r) * r) ** 2 / weights(r) ** 2,
    "r*w*r": lambda r: r * weights(r) * r / weights(r),
    "w*r*(2*r)": lambda r: weights(r) * r * (2 * r) / weights(r) / 2,
    "in place": in_place,
    "by itself": by_itself,
    "used before": used_before,
    "each": each,
    "reshaped": lambda r: np.reshape(np.reshape(r, (-1, 1)) ** 2, np.shape(r)),
    "transposed": lambda r: (np.reshape(weights(r) * r, (-1, 1)).T ** 2)[0] / weights(r) ** 2,
}


OVERWRITING = ("in place", "by itself")


@pytest.mark.parametrize(("root", "square"), by_turns(ROOTS, SQUARES, every=2))
def test_the_square_of_a_root(root: str, square: str) -> None:
    taken, exact, at = ROOTS[root]
    x, weight = np.array(at), np.array([1.0, 2.0, -0.5])
    f = lambda x: np.sum(np.exp(np.sum(weight * x)) * SQUARES[square](taken(x)))
    g = lambda x: np.sum(np.exp(np.sum(weight * x)) * exact(x))
    right = hoad.hessian(g, x, mode="forward-forward")
    for mode in MODES:
        found = hoad.hessian(f, x, mode=mode)
        if square in OVERWRITING:  # what was there before has zeros for cotangents, and its change is unknown
            found = np.where(np.isnan(found), right, found)
        np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(hoad.grad(f, x), hoad.grad(g, x), rtol=1e-12, atol=1e-12)
    if square not in OVERWRITING:
        np.testing.assert_allclose(hoad.hvp(f, x, weight), right @ weight, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(hoad.laplacian(f, x), np.trace(right), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("root", ROOTS)
def test_further_powers_and_other_operators(root: str) -> None:
    taken, exact, at = ROOTS[root]
    x = np.array(at)
    f, g = lambda x: np.sum(taken(x) ** 4 + taken(x) ** 2), lambda x: np.sum(exact(x) ** 2 + exact(x))
    for n in range(5):
        along = lambda h: hoad.derivative(lambda t: h(x + t * np.array([1.0, -1.0, 0.5])), 0.0, n)  # noqa: B023
        np.testing.assert_allclose(along(f), along(g), rtol=1e-11, atol=1e-11)
    right = hoad.hessian(g, x)
    np.testing.assert_allclose(hoad.vmap(hoad.hessian(f))(np.stack([x, x]))[1], right, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(hoad.jacobian(hoad.grad(f), x), right, rtol=1e-12, atol=1e-12)
    compiled = hoad.compile(hoad.hessian(f))
    for point in (x + 1.0, x, x + 2.0, x):  # recorded where no root is zero
        np.testing.assert_allclose(compiled(point), hoad.hessian(f, point), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_inner_products(mode: str) -> None:
    x = np.array([0.0, 1.0, -2.0])
    for f in (
        lambda x: (r := np.abs(x)) @ r,
        lambda x: np.dot(r := np.abs(x), r),
        lambda x: np.vdot(r := abs(x), 2 * r) / 2,
        lambda x: np.sum(np.abs(x) * np.abs(x)),  # taken twice
        lambda x: np.inner(np.abs(x), abs(x)),
    ):
        np.testing.assert_array_equal(hoad.hessian(f, x, mode=mode), 2 * np.eye(3))


@pytest.mark.parametrize("mode", MODES)
def test_what_is_written_counts(mode: str) -> None:
    x = np.array([0.0, 1.0, -2.0])

    def root_is_written(x: Any) -> Any:
        r = np.abs(x)
        r[0] = 5.0
        r[1] = x[2] * x[0]
        return np.sum(r**2)

    def argument_is_written(x: Any) -> Any:
        y = x * 1.0
        r = np.abs(y)
        y[:] = 3 * y
        return np.sum(r**2) + np.sum(r * np.abs(y))

    def view_is_written(x: Any) -> Any:
        r = np.abs(x)
        v = r[:2]
        v[0] = x[1] ** 3
        return np.sum(r**2) + np.sum(v**2)

    np.testing.assert_allclose(
        hoad.hessian(root_is_written, x, mode=mode), [[8.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 2.0]]
    )
    found = hoad.hessian(argument_is_written, x, mode=mode)
    np.testing.assert_allclose(np.diag(found)[1:], [8.0, 8.0])
    assert found[0, 0] == 2.0  # abs(y) * abs(3 y) has the slope that is chosen at the kink, twice
    found = hoad.hessian(view_is_written, x, mode=mode)
    np.testing.assert_allclose(found, np.diag([0.0, 60.0 + 2.0 * 2, 2.0]))


@pytest.mark.parametrize(
    "f",
    [
        lambda r: r**3,
        lambda r: r,
        lambda r: r**1,
        lambda r: 2 * r + 1,
        lambda r: r * np.exp(r),
        np.sum,
        np.max,
        sorted,
    ],
)
def test_other_functions_are_of_the_value(f: Callable[[Any], Any]) -> None:
    x = np.array([0.0, 1.0, -2.0])
    for mode in MODES:
        found = hoad.hessian(lambda x: np.sum(np.stack(list(np.atleast_1d(f(np.abs(x)))))), x, mode=mode)
        beside = hoad.hessian(
            lambda x: np.sum(np.stack(list(np.atleast_1d(f(np.sign(x + 1e-300) * x))))), x, mode=mode
        )
        np.testing.assert_allclose(found[1:, 1:], beside[1:, 1:], atol=1e-12)


def test_values_are_those_of_the_power() -> None:
    x = np.random.default_rng(0).normal(size=(40, 3)) * 10.0 ** np.arange(-160, 160, 8)[:, None]
    x[::7] = 0.0
    with np.errstate(all="ignore"):
        for f in (lambda x: np.abs(x), lambda x: np.linalg.norm(x, axis=1), lambda x: np.std(x, axis=1)):
            value = hoad.jvp(f, (x,), (x,))[0]
            np.testing.assert_array_equal(hoad.jvp(lambda x: f(x) ** 2, (x,), (x,))[0], value**2)  # noqa: B023
            np.testing.assert_array_equal(hoad.jvp(lambda x: f(x) ** 4, (x,), (x,))[0], value**4)  # noqa: B023


def added(r: Any) -> Any:
    r += 1.0
    return r**2


def scaled_in_place(r: Any) -> Any:
    r *= 3.0
    return r * r


def part_is_written(r: Any) -> Any:
    r[1] = 2.0
    return r**2


def through_a_view(r: Any) -> Any:
    v = r[:2]
    v *= 3.0
    return 2 * v**2


MIDDLE = np.array([0.0, 1.0, 0.0])
SIGNS = np.array([1.0, -2.0, 3.0])
# Functions in which the kinks of their parts cancel, or are chosen to be 0; and the same without.
BENT: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "softplus": (
        lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
        lambda x: np.logaddexp(0.0, x),
    ),
    "log of cosh": (
        lambda x: np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2),
        lambda x: np.log(np.cosh(x)),
    ),
    "cross entropy": (
        lambda x: np.maximum(x, 0) - x * SIGNS + np.log1p(np.exp(-np.abs(x))),
        lambda x: np.logaddexp(0.0, x) - x * SIGNS,
    ),
    "even": (lambda x: np.cos(np.abs(x)) + np.cosh(np.fabs(x)), lambda x: np.cos(x) + np.cosh(x)),
    "times a variable": (lambda x: (x[1] * np.abs(x)) ** 2, lambda x: (x[1] * x) ** 2),
    "conjugate factors": (lambda x: (1 + np.abs(x)) * (1 - np.abs(x)), lambda x: 1 - x * x),
    "taken twice": (
        lambda x: np.exp(-np.abs(x[:2])) * np.exp(np.abs(x[:2])) * x[2],
        lambda x: np.ones(2) * x[2],
    ),
    "one by one": (
        lambda x: np.stack([np.log1p(np.exp(-abs(v))) + (v + abs(v)) / 2 for v in x]),
        lambda x: np.logaddexp(0.0, x),
    ),
    "0 is added": (lambda x: (np.abs(x) + 0.0) ** 2, np.square),
    "1 is added in place": (lambda x: added(np.abs(x)), lambda x: x * x + 2 * x * MIDDLE + 1.0),
    "scaled in place": (lambda x: scaled_in_place(np.abs(x)), lambda x: 9 * x * x),
    "a part is written": (lambda x: part_is_written(np.abs(x)), lambda x: x * x * (1 - MIDDLE) + 4 * MIDDLE),
    "through a view": (lambda x: through_a_view(np.abs(x)), lambda x: 18 * x[:2] ** 2),
    "weights of more axes": (lambda x: (WIDE * np.abs(x))[1] ** 2, lambda x: (WIDE * x)[1] ** 2),
    "weights, taken apart": (
        lambda x: (WIDE * np.abs(x)).ravel()[2:] ** 2,
        lambda x: (WIDE * x).ravel()[2:] ** 2,
    ),
}
WIDE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
AT = np.array([0.0, 0.7, 0.0])


@pytest.mark.parametrize("name", BENT)
def test_what_has_a_root_as_a_part(name: str) -> None:
    f, g = ((lambda x, h=h: np.sum(h(x) * np.exp(x[1]))) for h in BENT[name])
    right = hoad.hessian(g, AT, mode="forward-forward")
    for mode in MODES:
        np.testing.assert_allclose(hoad.hessian(f, AT, mode=mode), right, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(hoad.hvp(f, AT, SIGNS), right @ SIGNS, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(hoad.laplacian(f, AT), np.trace(right), rtol=1e-12, atol=1e-12)
    rows = hoad.vmap(hoad.hessian(f))(np.stack([AT + 1.0, AT]))
    np.testing.assert_allclose(rows[1], right, rtol=1e-12, atol=1e-12)
    compiled = hoad.compile(hoad.hessian(f))
    for point in (AT + 1.0, AT, AT + 2.0, AT):
        np.testing.assert_allclose(compiled(point), hoad.hessian(f, point), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", ["softplus", "log of cosh", "even", "taken twice"])
@pytest.mark.parametrize("n", range(3, 7))
def test_what_has_a_root_as_a_part_to_higher_order(name: str, n: int) -> None:
    f, g = BENT[name]
    along = lambda h: hoad.derivative(lambda t: np.sum(h(AT + t * SIGNS)), 0.0, n)
    np.testing.assert_allclose(along(f), along(g), rtol=1e-9, atol=1e-9)
    if n == 3:
        for mode in ("forward", "reverse"):
            third = lambda h: hoad.jacobian(hoad.hessian(lambda x: np.sum(h(x))), AT, mode=mode)  # noqa: B023
            np.testing.assert_allclose(third(f), third(g), rtol=1e-10, atol=1e-10)


def test_kinks_keep_the_slope_that_is_chosen() -> None:
    """What is odd in a root is as it was: a kink, whose derivatives are chosen to be 0."""
    for f in (np.abs, lambda x: 3 * np.abs(x) + 1, lambda x: np.sinh(np.abs(x)), lambda x: np.abs(x) ** 3):
        np.testing.assert_array_equal(hoad.hessian(lambda x: np.sum(f(x)), np.zeros(2)), np.zeros((2, 2)))  # noqa: B023
    value = hoad.jvp(lambda x: np.log(np.abs(x)), (np.zeros(1),), (np.ones(1),))[0]
    assert value == -np.inf


def test_the_square_of_a_root_of_what_may_be_negative() -> None:
    """It is x where that has a root, and nan elsewhere, as the value is."""
    f, x = lambda x: np.sum(np.sqrt(x) ** 2), np.array([0.0, 4.0, -1.0])
    np.testing.assert_array_equal(hoad.grad(f)(x), [1.0, 1.0, np.nan])
    np.testing.assert_array_equal(hoad.jacobian(lambda x: np.sqrt(x) ** 2, x[:2], mode="forward"), np.eye(2))
    np.testing.assert_array_equal(hoad.hessian(f, x[:2]), np.zeros((2, 2)))
    assert np.isnan(hoad.value_and_grad(f, x)[0])


def test_nothing_is_remembered_longer_than_the_root_is_there() -> None:
    gc.collect()  # roots of third derivatives, which other tests have taken, are held in cycles
    hoad.hessian(lambda x: np.sum(np.abs(x)) ** 2 + np.linalg.norm(x) ** 2, np.zeros(3))
    assert not roots.ROOTS


def test_a_compiled_program_tells_where_its_roots_are_zero() -> None:
    compiled = hoad.compile(hoad.hessian(lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)))
    for x in (0.5, 0.75, 0.0, 0.0, -0.5):
        s = 1 / (1 + np.exp(-x))
        np.testing.assert_allclose(compiled(np.float64(x)), s * (1 - s), rtol=1e-14)
    assert compiled.why() == "" and compiled.stats()["hits"] > 0


@pytest.mark.parametrize("mode", MODES[1:])
@pytest.mark.parametrize("far", [1e200, -1e200, np.inf])
def test_the_powers_beside_a_zero_raise_nothing(far: float, mode: Any) -> None:
    """The square of what is not 0 is no part of the value, and may overflow."""
    f = lambda x: np.sum(np.exp(-np.abs(x)) + np.maximum(x, 0.0))
    beside = lambda x: f(np.where(np.arange(2) == 0, x, 1.0))
    x = np.array([0.0, far])
    with np.errstate(all="raise", under="ignore"):
        found = hoad.hessian(f, x, mode=mode)
    np.testing.assert_array_equal(found[0], hoad.hessian(beside, np.array([0.0, 1.0]), mode=mode)[0])
    assert found[0, 0] == 1.0
