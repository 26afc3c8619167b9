"""Derivatives over a grid: of each element by its own, or an error."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError, ComplexOutputError, EscapeError, NonScalarOutputError

X = np.linspace(-2.0, 2.0, 9)
T = np.linspace(0.0, 1.0, 5)


def bell(x: Any) -> Any:
    return np.sin(x) * np.exp(-(x**2)) / (1 + x**2)


def masked(x: Any) -> Any:
    out = np.zeros_like(x)
    out[x > 0.5] = np.sin(x[x > 0.5])
    out[x <= 0.5] += x[x <= 0.5] ** 3
    return out


def looped(x: Any) -> Any:
    out = np.empty_like(x)
    for index in np.ndindex(x.shape):
        out[index] = np.exp(x[index]) if x[index] < 0 else x[index] ** 2
    return out


def in_place(x: Any) -> Any:
    y = x.copy()
    y *= x
    y.ravel()[...] += 1.0
    y[..., 1:] -= x[..., 1:] ** 3
    return y


def overwritten(x: Any) -> Any:
    y = x * np.sum(x)
    y[...] = 1.0
    return y * x**2


def determinant(x: Any) -> Any:
    rows = np.stack([x, x**2, np.cos(x), 1 + 0 * x], axis=-1)
    return np.linalg.det(np.reshape(rows, (*x.shape, 2, 2)))


def solved(x: Any) -> Any:
    a = np.stack([np.stack([3 + x, x**2], -1), np.stack([np.sin(x), 4 + 0 * x], -1)], -2)
    return np.linalg.solve(a, np.stack([x, 1 + x], -1)[..., None])[..., 0, 0]


# Functions of each element by itself, in the ways in which people write them; and the same of one number.
ELEMENTWISE: dict[str, tuple[Any, Any]] = {
    "formula": (bell, bell),
    "where": (lambda x: np.where(x > 0.7, np.sin(x), x**3),) * 2,
    "select": (lambda x: np.select([x > 1.2, x > 0.2], [x**2, -x], x**3),) * 2,
    "piecewise": (
        lambda x: np.piecewise(x, [x < 0.1], [np.exp, lambda t: t**2]),
        lambda x: np.exp(x) if x < 0.1 else x**2,
    ),
    "polynomial": (lambda x: np.polyval([1.0, -2.0, 3.0, 4.0], x),) * 2,
    "powers": (
        lambda x: (x[..., None] ** np.arange(4)) @ np.array([1.0, 2, 3, 4]),
        lambda x: 1 + 2 * x + 3 * x**2 + 4 * x**3,
    ),
    "weights": (lambda x: np.array([2.0, -1.0]) @ np.stack([x, x**2], axis=-2), lambda x: 2 * x - x**2),
    "matrices": (
        lambda x: (np.ones((3, 2)) @ np.stack([x, x**2], -1)[..., None])[..., 2, 0],
        lambda x: x + x**2,
    ),
    "einsum": (
        lambda x: np.einsum("...k,k->...", x[..., None] ** np.arange(3), [1.0, 2, 3]),
        lambda x: 1 + 2 * x + 3 * x**2,
    ),
    "integral": (
        lambda x: np.trapezoid(np.exp(-x[..., None] * T), T, axis=-1),
        lambda x: np.trapezoid(np.exp(-x * T), T),
    ),
    "mask": (masked, lambda x: np.sin(x) if x > 0.5 else x**3),
    "loop": (looped, lambda x: np.exp(x) if x < 0 else x**2),
    "in place": (in_place, None),
    "overwritten": (overwritten, lambda x: x**2),
    "stack and reduce": (
        lambda x: np.max(np.stack([x, x**2, np.sin(x)]), axis=0),
        lambda x: np.max(np.stack([x, x**2, np.sin(x)])),
    ),
    "product": (
        lambda x: np.prod(np.stack([x, 1 + x, np.cos(x)]), axis=0),
        lambda x: x * (1 + x) * np.cos(x),
    ),
    "cumulated": (
        lambda x: np.cumsum(np.cumprod(np.stack([x, x, x]), axis=0), axis=0)[-1],
        lambda x: x + x**2 + x**3,
    ),
    "norm": (
        lambda x: np.linalg.norm(np.stack([x, 1 + x**2]), axis=0),
        lambda x: np.sqrt(x**2 + (1 + x**2) ** 2),
    ),
    "determinant": (determinant, lambda x: x - x**2 * np.cos(x)),
    "solve": (solved, None),
    "flattened": (lambda x: np.reshape(np.sin(np.ravel(x, order="F")), np.shape(x), order="F"), np.sin),
    "reversed twice": (lambda x: np.flip(np.flip(x) ** 2), lambda x: x**2),
    "vectorize": (np.vectorize(lambda t: t**3 if t > 0 else -t), lambda x: x**3 if x > 0 else -x),
    "interp": (lambda x: np.interp(x, [-3.0, -0.4, 0.3, 3.0], [0.0, 1.0, -1.0, 2.0]),) * 2,
    "identity": (lambda x: x, lambda x: x),
    "constant": (lambda x: 3.0, lambda x: 3.0),
    "derivative": (lambda x: x * hoad.derivative(np.sin, x), lambda x: x * np.cos(x)),
    "gradient": (lambda x: hoad.grad(lambda y: np.sum(y**3 * x), x), lambda x: 3 * x**3),
    "vmap": (
        lambda x: hoad.vmap(hoad.grad(lambda t: t**3))(np.ravel(x)).reshape(np.shape(x)),
        lambda x: 3 * x**2,
    ),
    "checkpoint": (hoad.checkpoint(bell), bell),
}
MIXING: dict[str, Any] = {
    "sum": lambda x: x * np.sum(x),
    "mean": lambda x: x - np.mean(x),
    "reversed": lambda x: np.flip(x),
    "cumsum": lambda x: np.cumsum(x).reshape(np.shape(x)),
    "softmax": lambda x: np.exp(x) / np.sum(np.exp(x)),
    "scaled": lambda x: x / np.max(x),
    "roll": lambda x: np.roll(x, 1),
    "cancelling": lambda x: x + 0 * np.sum(x),
    "neighbours": lambda x: x + (x - np.roll(x, 1)) ** 2,
    "twice": lambda x: np.concatenate([x, x]),
    "weights of rows": lambda x: np.ones((np.shape(x)[0], np.shape(x)[0])) @ x,
    "matrix": lambda x: x @ (np.eye(np.shape(x)[-1]) + 1e-300),
    "smoothed": lambda x: np.apply_along_axis(lambda r: np.convolve(r, [0.5, 0.5], "same"), -1, x),
    "spectrum": lambda x: np.real(np.fft.ifft(np.fft.fft(x))),
    "steps": lambda x: np.diff(x),
    "norm": lambda x: x / np.linalg.norm(x),
    "outer": lambda x: np.ravel(x)[:, None] * np.ravel(x),
    "into one": lambda x: looped_sum(x),
    "list of sums": lambda x: [np.sum(x)] * np.size(x),
}
GRIDS = {
    "row": X,
    "table": X[:8].reshape(2, 4),
    "columns": np.asfortranarray(X[:8].reshape(2, 4)),
    "equal": np.full(4, 0.3),
}


def looped_sum(x: Any) -> Any:
    out, total = np.zeros_like(x), 0.0
    for index in np.ndindex(x.shape):
        total = total + x[index]
        out[index] = total
    return out


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_each_element_by_its_own(name: str, grid: str) -> None:
    f, of_one = ELEMENTWISE[name]
    x = GRIDS[grid] + 0.013
    found = hoad.derivatives(f, x, 3)
    np.testing.assert_allclose(np.broadcast_to(f(x), x.shape), found[0], rtol=1e-12)
    for n, d in enumerate(found[1:], 1):
        assert d.shape == x.shape
        if of_one is not None:
            right = [hoad.derivative(of_one, float(t), n) for t in x.flat]
            np.testing.assert_allclose(d, np.reshape(right, x.shape), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(hoad.derivative(f, x, n), d, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("name", ELEMENTWISE)
@hoad.run_each_time()  # what is learned differs from a run in the last place
def test_a_run_gives_the_same_bits_by_every_operator(name: str, grid: str) -> None:
    f, _ = ELEMENTWISE[name]
    x = GRIDS[grid] + 0.013
    found = hoad.derivatives(f, x, 3)
    np.testing.assert_allclose(np.broadcast_to(f(x), x.shape), found[0], rtol=1e-15)
    for n, d in enumerate(found[1:], 1):
        np.testing.assert_array_equal(hoad.differentiable(f).nth(n)(x), hoad.derivative(f, x, n))
        np.testing.assert_allclose(hoad.taylor(f, x, 3)[n] * math.factorial(n), d, rtol=1e-15)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("name", MIXING)
def test_what_mixes_elements_is_refused(name: str, grid: str) -> None:
    for n in (0, 1, 2, 3):
        with pytest.raises(NonScalarOutputError, match=r"hoad\.jacobian\(f, x\)"):
            hoad.derivative(MIXING[name], GRIDS[grid], n)


def test_a_value_that_is_one_number() -> None:
    for f in (np.sum, lambda x: np.ravel(x)[0], np.linalg.norm):
        for n in (1, 2):
            with pytest.raises(NonScalarOutputError, match=r"hoad\.grad\(f, x\)"):
                hoad.derivative(f, X, n)
    np.testing.assert_array_equal(hoad.prime(lambda x: np.sum(x**2))(X), 2 * X)


def test_curves() -> None:
    """The axes of the grid are the first or the last ones of the value."""
    last = hoad.derivative(lambda t: np.stack([np.cos(t), np.sin(t), 0 * t]), X, 2)
    np.testing.assert_allclose(last, [-np.cos(X), -np.sin(X), 0 * X])
    first = hoad.derivative(lambda t: np.stack([np.cos(t), np.sin(t)], axis=-1), X.reshape(3, 3))
    np.testing.assert_allclose(first[..., 1], np.cos(X).reshape(3, 3))
    both = hoad.derivative(lambda t: {"a": t**2, "b": (t, 1.0), "c": "text"}, X)
    np.testing.assert_array_equal(both["a"], 2 * X)
    np.testing.assert_array_equal(both["b"], [1 + 0 * X, 0 * X])
    assert both["c"] == "text"
    squares = hoad.derivative(lambda x: [t**2 for t in x], X)
    assert type(squares) is list
    np.testing.assert_array_equal(squares, 2 * X)


# ------------------------------------------------------------------------------------------------------------
# Functions of one number, which take no array
# ------------------------------------------------------------------------------------------------------------


def branching(x: Any) -> Any:
    if x > 0:
        return x**2
    return -x


def test_branches() -> None:
    right = np.where(X > 0, 2 * X, -1.0)
    with pytest.raises(ValueError, match="ambiguous"):
        branching(X)
    np.testing.assert_array_equal(hoad.derivative(branching, X), right)
    np.testing.assert_array_equal(hoad.prime(branching)(X.reshape(3, 3)), right.reshape(3, 3))
    np.testing.assert_array_equal(hoad.derivatives(branching, X, 4)[2], np.where(X > 0, 2.0, 0.0))
    both = hoad.derivative(lambda t: (branching(t), np.stack([t, t * t])), X)
    np.testing.assert_array_equal(both[0], right)
    np.testing.assert_array_equal(both[1], np.stack([1 + 0 * X, 2 * X], -1))
    np.testing.assert_array_equal(hoad.prime(lambda x, a: a * max(x, 0.6))(X, 3.0), 3.0 * (X > 0.6))
    assert hoad.derivative(branching, np.zeros((0, 2))).shape == (0, 2)
    assert hoad.derivative(branching, X.astype(np.float32)).dtype == np.float32
    np.testing.assert_array_equal(
        hoad.grad(lambda x: np.sum(hoad.prime(branching)(x)), X), np.where(X > 0, 2.0, 0.0)
    )


@pytest.mark.as_written
def test_an_error_at_one_of_the_numbers_is_the_users() -> None:
    def partial(x: Any) -> Any:
        if x > 1.9:
            raise ZeroDivisionError("beyond")
        return x

    with pytest.raises(ZeroDivisionError, match="beyond"):
        hoad.derivative(partial, X)
    with pytest.raises(EscapeError):
        hoad.derivative(lambda x: np.array([float.__float__(float(t)) for t in x]), X)
    with pytest.raises(NonScalarOutputError, match="differ"):
        hoad.derivative(lambda x: (x, x) if x > 0 else x, X)


def test_how_often_the_function_runs() -> None:
    runs = []

    def counted(x: Any) -> Any:
        runs.append(np.shape(x))
        return np.sin(x) * x

    for call in (
        lambda: hoad.prime(counted)(X),
        lambda: hoad.derivative(counted, X, 2),
        lambda: hoad.derivatives(counted, X, 6),
        lambda: hoad.taylor(counted, X, 2),
    ):
        runs.clear()
        call()
        assert runs == [X.shape]


# ------------------------------------------------------------------------------------------------------------
# Points
# ------------------------------------------------------------------------------------------------------------


def test_types_and_shapes() -> None:
    for kind in (np.float16, np.float32, np.longdouble):
        assert [d.dtype for d in hoad.derivatives(bell, X.astype(kind), 3)] == [kind] * 4
    np.testing.assert_array_equal(hoad.derivative(lambda x: x**2, np.arange(4)), 2.0 * np.arange(4))
    for shape in ((0,), (2, 0), (1,), (1, 1), (2, 1, 3)):
        x = np.ones(shape)
        for n in (1, 2, 3):
            np.testing.assert_array_equal(hoad.derivative(np.exp, x, n), np.full(shape, np.e))
    assert type(hoad.derivative(np.exp, np.array(0.0))) is np.float64
    half = hoad.derivative(lambda x: x**3 / (1 + x), np.array([Fraction(1, 3), Fraction(1, 2)]), 2)
    assert half.tolist() == [Fraction(37, 32), Fraction(38, 27) - Fraction(0)]


def test_lists_are_grids_too() -> None:
    np.testing.assert_array_equal(hoad.derivative(np.square, [0, 1.5, 2]), [0.0, 3.0, 4.0])
    np.testing.assert_array_equal(hoad.prime(lambda x: x**2)([[0, 1], (2, 3)]), [[0.0, 2.0], [4.0, 6.0]])
    np.testing.assert_array_equal(hoad.derivatives(np.exp, (0, 0), 2), np.ones((3, 2)))
    got = []
    hoad.derivative(lambda x: (got.append(type(x)), np.sin(x))[1], [1.0, 2.0])
    assert got == [list]
    for doubled in (lambda x: 2 * x, lambda x: [*x, 1.0]):  # a list twice, a list that is longer
        with pytest.raises(NonScalarOutputError, match="its own"):
            hoad.derivative(doubled, [1.0, 2.0])
    for point in ([1.0, None], {"a": 1.0}, [1.0, [2.0]], "text", [X]):
        with pytest.raises((ArgumentError, hoad.errors.NotDifferentiableError)):
            hoad.derivative(np.sin, point)


def test_complex_grids() -> None:
    z = np.array([1j, 2.0, 1 + 1j])
    for n, right in ((1, 3 * z**2), (2, 6 * z), (3, 6 + 0 * z)):
        np.testing.assert_allclose(hoad.derivative(lambda z: z**3, z, n, holomorphic=True), right)
    with pytest.raises(ComplexOutputError):
        hoad.derivative(np.square, z)
    with pytest.raises(ComplexOutputError):
        hoad.prime(lambda x: np.exp(1j * x))(X)


def test_other_arguments() -> None:
    f = lambda x, a, b=0.0: a * x**2 + b * x
    a = np.linspace(1.0, 2.0, 9)
    np.testing.assert_allclose(hoad.prime(f)(X, 3.0), 6 * X)
    np.testing.assert_allclose(hoad.prime(f)(X, a, b=a), 2 * a * X + a)
    np.testing.assert_allclose(hoad.derivative(f, X, 2, a), 2 * a)
    np.testing.assert_allclose(hoad.prime(f)(X, a[:3, None], 1.0), 2 * a[:3, None] * X + 1)
    np.testing.assert_allclose(hoad.derivatives(f, X, 1, a)[1], 2 * a * X)
    np.testing.assert_allclose(hoad.prime(np.power)(X + 3, 2.0), 2 * (X + 3))


# ------------------------------------------------------------------------------------------------------------
# In other derivatives
# ------------------------------------------------------------------------------------------------------------


def test_within_other_derivatives() -> None:
    loss = lambda p: np.sum(hoad.prime(lambda x: p[0] * x**3 + np.sin(p[1] * x))(X) ** 2)
    slow = lambda p: np.sum((3 * p[0] * X**2 + p[1] * np.cos(p[1] * X)) ** 2)
    p = np.array([0.5, 1.5])
    np.testing.assert_allclose(hoad.grad(loss, p), hoad.grad(slow, p))
    for mode in ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"):
        np.testing.assert_allclose(hoad.hessian(loss, p, mode=mode), hoad.hessian(slow, p))
    np.testing.assert_allclose(hoad.laplacian(loss, p), hoad.laplacian(slow, p))
    np.testing.assert_allclose(hoad.vmap(loss)(np.stack([p, 2 * p])), [slow(p), slow(2 * p)])
    np.testing.assert_allclose(
        hoad.jacobian(hoad.prime(bell), X), np.diag(hoad.derivative(bell, X, 2)), atol=1e-15
    )
    for t, scaled in (
        (0.7, lambda t: hoad.derivative(bell, t * X, 2)),
        (0.7, lambda t: hoad.derivatives(bell, t * X, 3)[2]),
    ):
        for n, d in enumerate(hoad.derivatives(scaled, t, 3)):
            np.testing.assert_allclose(d, X**n * hoad.derivative(bell, t * X, 2 + n), rtol=1e-10, atol=1e-12)
    rows = np.stack([X, 2 * X])
    np.testing.assert_allclose(hoad.vmap(hoad.prime(bell))(rows), hoad.prime(bell)(rows))
    twice = hoad.prime(lambda x: x * hoad.prime(bell)(x))
    np.testing.assert_allclose(twice(X), hoad.prime(bell)(X) + X * hoad.derivative(bell, X, 2))


def test_a_cancellation_does_not_hide_that_elements_are_mixed() -> None:
    """Where all elements are equal the Jacobian is diagonal; that of the derivative is not."""
    f = hoad.prime(lambda x: x + (x - np.roll(x, 1)) ** 2)
    with pytest.raises(NonScalarOutputError):
        hoad.jacobian(f, np.ones(3))


@pytest.mark.parametrize("read", [np.positive, lambda y: y * 1.0, lambda y: y.copy(), lambda y: y.frozen()])
def test_what_was_read_before_a_write(read: Any) -> None:
    """It keeps what it depends on, as it keeps its values."""

    def rewritten(x: Any, first: int, then: int) -> Any:
        y = x * 1.0
        y[1] = x[first]
        z = read(y)
        y[1] = x[then]
        return z

    np.testing.assert_array_equal(hoad.derivative(lambda x: rewritten(x, 1, 0), X), np.ones(9))
    with pytest.raises(NonScalarOutputError):
        hoad.derivative(lambda x: rewritten(x, 0, 1), X)


def test_a_function_that_writes_into_its_argument() -> None:
    def writing(x: Any) -> Any:
        x[...] = x**2
        return x * 3.0

    for n in (1, 2, 3):
        x = X.copy()
        np.testing.assert_array_equal(hoad.derivative(writing, x, n), [0, 6 * X, 6 + 0 * X, 0 * X][n])
        np.testing.assert_array_equal(x, X)
        slope = hoad.grad(lambda x, n=n: np.sum(hoad.derivative(writing, x, n)) + np.sum(x**2), X)
        np.testing.assert_array_equal(slope, 2 * X + [0, 6.0, 0, 0][n])


def test_rules_of_users() -> None:
    """What the value of a rule depends on is what the code of the function says; of foreign code, on all."""

    def stated(f: Any, slope: Any) -> Any:
        @hoad.chainrules.rrule(f)
        def _(x: Any) -> Any:
            return f(x), lambda g: (hoad.chainrules.NoTangent(), slope(x, g))

        return f

    by_element = stated(lambda x: x**3, lambda x, g: 3 * x**2 * g)
    in_all = stated(lambda x: np.cumsum(x), lambda x, g: np.flip(np.cumsum(np.flip(g))))
    foreign = stated(lambda x: np.array([math.sin(t) for t in x]), lambda x, g: np.cos(x) * g)
    np.testing.assert_array_equal(hoad.derivative(by_element, X), 3 * X**2)
    for f in (in_all, foreign):
        with pytest.raises(NonScalarOutputError):
            hoad.derivative(f, X)
    one_by_one = lambda x: np.concatenate([foreign(x[k : k + 1]) for k in range(len(x))])
    np.testing.assert_allclose(hoad.derivative(one_by_one, X), np.cos(X))
    for f in (by_element, in_all, foreign):
        hoad.chainrules.remove_rule(f)


def test_a_constant_of_a_larger_shape() -> None:
    found = hoad.derivative(lambda x: np.where(X > 0, x, np.ones((2, 9))), X)
    np.testing.assert_array_equal(found, [1.0 * (X > 0)] * 2)


def test_confusion() -> None:
    """The grid of an inner derivative is not that of an outer one."""
    outer = hoad.derivative(lambda x: x * hoad.derivative(lambda y: x + y, X), X)
    np.testing.assert_array_equal(outer, np.ones(9))
    other = hoad.derivative(lambda x: x * np.sum(hoad.derivative(lambda y: y**2, T)), X)
    np.testing.assert_array_equal(other, np.full(9, np.sum(2 * T)))


def test_functions_as_values() -> None:
    scaled = hoad.derivative(lambda a: lambda x: a**2 * x, X)
    np.testing.assert_array_equal(scaled(5.0), 10 * X)
