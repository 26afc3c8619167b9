"""Sweeps of second order that are written out give what the sweeps give, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from test_large import same
from test_straight import (
    CASES,
    POINTS,
    SPECIAL,
    _at_second_sight,  # noqa: F401
    program_of,
    programs,
    thrice,
    written,
)

import hoad
from hoad.fast import straight
from hoad.second import sweep


def plainly(f: Callable[..., Any], *args: Any) -> Any:
    """The same without sweeps that are written out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "straight_pairs", lambda *_: None)
        return f(*args)


def is_of_floats(case: Any) -> bool:
    """Tell whether all operands are floats or arrays of them, as pairs are."""
    rule, make, _ = case.values
    return all([np.result_type(x).char == "d" for x in list(make(0.375, 0.8125))[: rule.arity]])


OF_FLOATS = [case for case in CASES if is_of_floats(case)]


@pytest.mark.parametrize(("rule", "make", "pattern"), OF_FLOATS[3::167])
def test_some_rules(rule: Any, make: Any, pattern: tuple[bool, ...]) -> None:
    compare(rule, make, pattern)


@pytest.mark.sweep
@pytest.mark.parametrize(("rule", "make", "pattern"), OF_FLOATS)
def test_every_rule(rule: Any, make: Any, pattern: tuple[bool, ...]) -> None:
    compare(rule, make, pattern)


def compare(rule: Any, make: Any, pattern: tuple[bool, ...]) -> None:
    """At a point, and at special values once the functions are written for that point."""

    def second(a: float, b: float) -> Any:
        plain = list(make(a, b))[: rule.arity]
        moving = [np.asarray(x) for x, on in zip(plain, pattern, strict=True) if on]
        sizes = np.cumsum([0, *[x.size for x in moving]])

        def f(z: Any) -> Any:
            parts = iter(z[i:j].reshape(x.shape) for i, j, x in zip(sizes, sizes[1:], moving, strict=False))
            y = rule(*[next(parts) if on else x for x, on in zip(plain, pattern, strict=True)])
            y = y * y * 0.75
            return np.sum(np.real(y) if np.iscomplexobj(y) else y)

        x = np.concatenate([np.ravel(x) for x in moving])
        return [hoad.hessian(f, x), hoad.hvp(f, x, np.arange(1.0, 1 + x.size)), hoad.diag_hessian(f, x)]

    a, b = POINTS.get(rule.name, (0.375, 0.8125))
    with np.errstate(all="ignore"):
        found = thrice(second, a, b)
        assert same(found, plainly(second, a, b))
        for other in [(b, a), *zip(SPECIAL, SPECIAL[::-1], strict=True), (0.0, 0.0)]:
            assert same(second(*other), plainly(second, *other)), other


@settings(max_examples=60, deadline=None)
@given(*programs(6))
def test_random_programs(steps: list[tuple[str, int, int]], point: list[float]) -> None:
    """The same program at two points, by the function that was written at the first."""

    f = program_of(steps)

    def second(x: Any) -> Any:
        return [hoad.hessian(f, x), hoad.hvp(f, x, np.sin(x)), hoad.hessian(f, x, chunk_size=4)]

    x = np.array(point)
    with np.errstate(all="ignore"):
        for p in (x, np.cos(3 * x)):
            assert same(thrice(second, p), plainly(second, p))


def changes(f: Callable[..., Any], x: Any, d: Any) -> list[Any]:
    """The gradient along a direction and its change, before they are brought to the kind of the point; of
    doubles, Python's and NumPy's are alike.
    """
    found: list[Any] = []
    along = sweep.Program.along
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep.Program, "along", lambda *args: found.append(along(*args)) or found[-1])
        hoad.hvp(f, x, d)
    return [[float(v) if v.__class__ is np.float64 else v for v in part] for pair in found for part in pair]


@pytest.mark.parametrize(
    "f", [lambda x: np.sum(np.sin(x) ** 2 * x / 3.0) * np.sum(x), lambda x: np.sum(np.sin(x) * x)]
)
def test_points_and_directions_of_every_kind(f: Callable[[Any], Any]) -> None:
    """One program, at points and along directions that differ in their kind alone."""
    x = np.array([0.5, 1.5, -0.25])
    kinds: list[Any] = [np.float64, np.float32, np.longdouble, np.float16]
    points = [*[x.astype(kind) for kind in kinds], x[:1], x[:, None]]
    numbers = [0.5, *[kind(0.5) for kind in kinds], np.array(0.5)]
    cases = [(p, np.asarray(np.cos(p.astype(kind)), kind)) for p in points for kind in (*kinds, int)]
    cases += [(p, d) for p in numbers for d in (1.5, *[kind(1.5) for kind in kinds], np.array(1.5))]
    for first in (cases[0], cases[1], cases[5], cases[-2]):
        straight.forget()
        thrice(changes, f, *first)
        for p, d in cases:
            assert same(changes(f, p, d), plainly(changes, f, p, d)), (first, p, d)


def test_indices_of_several_axes() -> None:
    """Beside the axis of the directions."""

    def f(x: Any, place: Any) -> Any:
        return np.sum(x[place] ** 3) * x[0, 1] + np.sum(np.sin(x[1:, 0]) * x[..., 2][:2])

    x = np.linspace(-1.0, 1.0, 9).reshape(3, 3)
    for place in ((1, 2), (slice(None), 0), (..., 1), (None, 2), (np.int64(1), slice(None, None, -2)), ()):
        for second in (hoad.hessian, lambda g, x: hoad.hvp(g, x, np.cos(x))):
            found = thrice(lambda second=second, place=place: second(lambda z: f(z, place), x))
            assert same(found, plainly(lambda second=second, place=place: second(lambda z: f(z, place), x)))


def test_most_are_written() -> None:
    """The tests above test something."""
    for function in (np.sin, np.multiply, np.divide, np.power, np.logaddexp, np.hypot):
        straight.forget()

        def f(z: Any, function: Any = function) -> Any:
            return np.sum(function(*[z * k for k in range(1, 1 + function.nin)]) ** 2)

        thrice(lambda f=f: hoad.hessian(f, np.array([0.5, 0.25, 0.75])))
        assert written() == 1, function


def test_other_directions_and_nesting() -> None:
    """Numbers, float32, directions of another kind, and derivatives of a second derivative."""
    x = np.array([0.5, 1.5, -0.25])

    def f(z: Any) -> Any:
        return np.sum(np.sin(z) * z**2) * z[0]

    def third(z: Any) -> Any:
        return hoad.jacobian(lambda y: hoad.hvp(f, y, x))(z)

    calls: list[Callable[[], Any]] = [
        lambda: hoad.hessian(f, x),
        lambda: hoad.hessian(f, x.astype(np.float32)),
        lambda: hoad.hvp(f, x, x),
        lambda: hoad.hvp(f, x, np.ones(3, np.float32)),
        lambda: third(x),
        lambda: hoad.hessian(f, x, chunk_size=2),
        lambda: hoad.value_grad_hessian(f, x),
        lambda: hoad.hessian(lambda p: p["a"] ** 2 * np.sum(p["b"]), {"a": 0.5, "b": x})["b"]["a"],
        lambda: hoad.hessian(lambda a, b: np.sum(a * b**3), 0.5, x, argnums=(0, 1)),
        lambda: hoad.hessian(lambda t: np.exp(np.sin(t)), 0.5),
    ]
    for call in calls:
        for _ in range(4):
            assert same(call(), plainly(call))


def test_sweeps_of_both_orders_are_told_apart() -> None:
    """The number of directions may be the slot of an output: here 30 is both."""
    n = 30
    x = np.linspace(0.1, 0.9, n)

    def chain(x: Any) -> Any:
        for _ in range(n):
            x = np.sin(x)
        return x, np.sum(x)

    def first() -> Any:
        return hoad.vjp(chain, x)[1]((np.ones(n), 1.0))

    def second() -> Any:
        return hoad.hessian(lambda x: chain(x)[1])(x)

    wanted = first(), plainly(second)
    for order in ((first, second), (second, first)):
        straight.forget()
        for _ in range(4):
            for f in order:
                np.testing.assert_array_equal(f(), wanted[f is second])


@pytest.mark.parametrize("first", [0, 1, 2])
def test_numbers_of_directions_are_told_apart(first: int) -> None:
    """One direction without an axis, and chunks of other lengths along one, of the same program."""
    x, f = np.linspace(0.1, 0.9, 12), lambda x: np.sum(np.sin(x) * np.exp(x) * np.sum(x))
    calls = [
        lambda: hoad.hvp(f, x, np.cos(x)),
        lambda: hoad.hessian(f, x, chunk_size=5),
        lambda: hoad.hessian(f, x),
    ]
    wanted = [plainly(call) for call in calls]
    straight.forget()
    for _ in range(4):
        for k in (first, (first + 1) % 3, (first + 2) % 3):
            np.testing.assert_array_equal(calls[k](), wanted[k])
