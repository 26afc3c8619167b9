"""Rules that newcomers state wrongly are refused, when they are stated or at the first call, with the fix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad
from hoad.chainrules import NoTangent, differential, frule, remove_rule, rrule, scalar_rule
from hoad.errors import RuleError, ShapeMismatchError

X = np.array([1.0, 2.0])


def soft(x: Any) -> Any:
    return np.log1p(np.exp(x))


def tilted(x: Any, slope: Any = 0.1) -> Any:
    return np.where(x > 0, x, slope * x)


@pytest.mark.parametrize(
    ("function", "partials", "words"),
    [
        (soft, lambda x: 1 / (1 + np.exp(-x)), r"soft take 1 arguments.*lambda x, out: \.\.\."),
        (soft, lambda x, y, out: (1.0, 1.0), r"lambda x, out: \.\.\."),
        (soft, lambda: 1.0, r"lambda x, out: \.\.\."),
        (np.square, lambda x: 2 * x, r"lambda x, out: \.\.\."),
        (np.arctan2, lambda y, x: (x, y), r"lambda x, y, out: \.\.\."),
        (tilted, lambda x, slope, more, out: (1.0, 0.0, 0.0), r"lambda x, slope, out: \.\.\."),
        (soft, np.exp, r"no Python function.*lambda x, out: exp\(x\)"),
    ],
)
def test_partials_of_another_number_of_arguments(function: Any, partials: Any, words: str) -> None:
    with pytest.raises(RuleError, match=words):
        scalar_rule(function, partials)
    assert hoad.derivative(soft, 0.0) == 0.5  # nothing was entered


def test_partials_as_the_messages_say() -> None:
    rules = [(soft, lambda x, out: np.exp(x - out), 0.0, 0.5)]
    rules += [(tilted, lambda x, slope, out: (np.where(x > 0, 1.0, slope), 0.0), -1.0, 0.1)]
    rules[1:] = [(lambda x, *rest: x * 3.0, lambda x, out: 3.0, 1.0, 3.0)]
    for function, partials, x, right in rules:
        scalar_rule(function, partials)
        assert hoad.derivative(function, x) == right
        remove_rule(function)


def total(x: Any) -> Any:
    return np.sum(x)


@pytest.mark.parametrize("cotangent", [np.ones((3, 2)), np.ones((1, 2)), np.ones((2, 2, 2))])
def test_a_cotangent_of_another_shape_is_not_summed(cotangent: Any) -> None:
    rrule(total, lambda x: (np.sum(x), lambda g: (NoTangent(), g * cotangent)))
    try:
        with pytest.raises(ShapeMismatchError, match=r"argument 0 \(x\) of total.*\(2,\).*np\.sum"):
            hoad.grad(total, X)
    finally:
        remove_rule(total)


def test_a_cotangent_of_many_for_one_number() -> None:
    def double(x: Any) -> Any:
        return 2.0 * x

    rrule(double, lambda x: (2.0 * x, lambda g: (NoTangent(), g * np.ones(3))))
    with pytest.raises(ShapeMismatchError, match=r"has shape \(3,\), and the argument \(\)"):
        hoad.grad(double, 1.0)


def test_the_shape_of_the_value_is_summed() -> None:
    def scaled(a: Any, x: Any) -> Any:
        return a * x

    rrule(scaled, lambda a, x: (a * x, lambda g: (NoTangent(), g * x, g * a)))
    for a in (3.0, np.array([3.0]), np.full((4, 1), 3.0)):
        found = hoad.grad(lambda a, a0=a: np.sum(scaled(a, X)), a)
        np.testing.assert_allclose(found, np.full(np.shape(a), 3.0))
    remove_rule(scaled)


def test_a_function_of_numba() -> None:
    numba = pytest.importorskip("numba")
    square = numba.njit(lambda x: x * x)
    for state in (
        lambda: scalar_rule(square, lambda x, out: 2 * x),
        lambda: rrule(square, lambda x: (square(x), lambda g: (NoTangent(), 2 * x * g))),
        lambda: hoad.chainrules.frule(square, lambda dxs, x: (square(x), 2 * x * dxs[1])),
        lambda: hoad.chainrules.composite(square)(lambda x: x * x),
        lambda: hoad.chainrules.constant(square),
    ):
        with pytest.raises(RuleError, match=r"compiled by Numba.*Python function that calls it"):
            state()

    def square_(*args: Any) -> Any:
        return square(*args)

    rrule(square_, lambda x: (square(x), lambda g: (NoTangent(), 2 * x * g)))
    assert hoad.grad(square_, 3.0) == 6.0
    remove_rule(square_)


def test_what_a_differential_keeps_is_over() -> None:
    """The change that a differential is given belongs to no derivative once that has ended."""
    kept = []

    def double(x: Any) -> Any:
        return 2 * np.asarray(x)

    def change(d: Any, x: Any, out: Any) -> Any:
        kept.append(d)
        return 2 * d

    differential(double, change)
    assert hoad.grad(double)(3.0) == 2.0
    assert hoad.order(kept) == 0


NESTED: dict[str, Any] = {
    "grad": hoad.grad,
    "hessian": hoad.hessian,
    "Jacobian of the gradient": lambda f: hoad.jacobian(hoad.grad(f)),
    "gradient of a slope": lambda f: hoad.grad(lambda x: np.sum(hoad.grad(f)(x) * x)),
    "tangent of the gradient": lambda f: lambda x: hoad.jvp(hoad.grad(f), (x,), (x,)),
    "gradients of a batch": lambda f: lambda x: hoad.vmap(hoad.grad(lambda y: f(y * X)))(x),
}


@pytest.mark.parametrize("operator", NESTED)
def test_complex_cotangents_of_real_values_are_their_real_parts(operator: str) -> None:
    """Traced ones, too."""

    def squared(x: Any) -> Any:
        return x**2

    def doubled(x: Any) -> Any:
        return 2 * x

    def pullback(g: Any) -> Any:
        assert not np.iscomplexobj(g)
        return NoTangent(), 2 * g

    f = lambda x: np.sum(squared(doubled(x)))
    expected = NESTED[operator](f)(X)
    rrule(squared, lambda x: (x**2, lambda g: (NoTangent(), (2 * x + 3j * x**3) * g)))
    rrule(doubled, lambda x: (2 * x, pullback))
    try:
        found = NESTED[operator](f)(X)
    finally:
        remove_rule(squared)
        remove_rule(doubled)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)
        assert np.asarray(a).dtype == np.asarray(b).dtype


@pytest.mark.parametrize("side", ["rrule", "frule"])
@pytest.mark.parametrize("other", ["text", True, None, np.array([True, False]), np.array(["a"])], ids=repr)
def test_values_beside_others_that_have_no_derivative(other: Any, side: str) -> None:
    """In either mode, by either half of a rule."""

    def labelled(x: Any) -> Any:
        return x**2, other

    if side == "rrule":
        rrule(labelled, lambda x: ((x**2, other), lambda g: (NoTangent(), 2 * x * g[0])))
    else:
        frule(labelled, lambda d, x: ((x**2, other), (2 * x * d[1], NoTangent())))
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y, beside = labelled(x)
        seen.append(beside)
        return np.sum(y)

    try:
        np.testing.assert_array_equal(hoad.grad(f, X), 2 * X)
        np.testing.assert_array_equal(hoad.jvp(f, (X,), (X,))[1], 2 * X @ X)
        np.testing.assert_array_equal(hoad.hessian(f, X), 2 * np.eye(2))
    finally:
        remove_rule(labelled)
    assert {type(beside) for beside in seen} == {type(other)}


def test_arguments_with_defaults_have_partials_or_none() -> None:
    """As many partials as arguments, or as many as have no default."""

    def raised(x: Any, n: Any = 2.0, scale: Any = 1.0) -> Any:
        return scale * x**n

    for count, partials in (
        (1, lambda x, out: 2 * x),
        (2, lambda x, n, out: (n * x ** (n - 1), out * np.log(x))),
        (3, lambda x, n, scale, out: (scale * n * x ** (n - 1), out * np.log(x), out / scale)),
    ):
        scalar_rule(raised, partials)
        try:
            given = (3.0, 2.0, 1.0)[:count]
            assert hoad.grad(lambda *args: raised(*args))(*given) == 6.0
        finally:
            remove_rule(raised)
    with pytest.raises(RuleError, match="arguments"):
        scalar_rule(raised, lambda out: ())


def test_a_differential_may_fill_an_array() -> None:
    """Reverse mode transposes what was written last, too."""

    def change(d: Any, x: Any, out: Any) -> Any:
        y = 0.0 * d
        y[0] = 2 * x[0] * d[0]
        y[1] = 2 * x[1] * d[1]
        return y

    squared = differential(lambda x: x**2, change, name="squared")
    for f, right in (
        (lambda x: np.sum(squared(x) * X), 2 * X * X),
        (lambda x: np.sum(squared(squared(x))), 4 * X**3),
    ):
        np.testing.assert_allclose(hoad.grad(f, X), right, rtol=1e-14)
        np.testing.assert_allclose(hoad.jvp(f, (X,), (X,))[1], right @ X, rtol=1e-14)
