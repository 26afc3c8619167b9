"""Details of single rules that no table of points shows: a choice at a tie, a default, a precision."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import hoad
from hoad.chainrules.numpy import contraction

MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])


@MODES
def test_equal_elements_keep_their_order(mode: str) -> None:
    """Of equal elements the first stays first, also among more of them than a small sort takes."""
    x, w = np.tile([1.0, 0.0], 20), np.arange(40.0)
    expected = np.empty(40)
    expected[np.argsort(x, kind="stable")] = w
    for sort in (np.sort, lambda x: np.sort(x, kind="quicksort"), lambda x: np.sort(x, stable=False)):
        g = hoad.jacobian(lambda x, sort=sort: np.sum(w * sort(x)), x, mode=mode)
        np.testing.assert_array_equal(g, expected)


@MODES
@pytest.mark.parametrize("shape", [(3001,), (40, 101), (2, 1500)])
def test_the_elements_of_a_rank_are_those_of_a_stable_sort(mode: str, shape: tuple[int, ...]) -> None:
    """Also of many elements, with ties, zeros of both signs, infinities and nan among them."""
    random = np.random.default_rng(3)
    for values in (
        random.normal(size=shape),
        random.integers(-3, 4, shape) * random.choice([-0.5, 0.5], shape),
    ):
        values[..., :2] = np.inf
        values.flat[5] = np.nan
        n = shape[-1]
        order = np.argsort(values, axis=-1, kind="stable")
        expected = np.zeros_like(values)
        for rank in ((n - 1) // 2, n // 2):
            place = order[..., rank : rank + 1]
            np.put_along_axis(expected, place, np.take_along_axis(expected, place, -1) + 0.5, -1)
        expected[np.isnan(values).any(-1)] = np.nan
        for f in (lambda x: np.median(x, axis=-1), lambda x: np.quantile(x, 0.5, axis=-1)):
            found = (
                hoad.grad(lambda x, f=f: np.sum(f(x)), values) if mode == "reverse" else along_each(f, values)
            )
            np.testing.assert_array_equal(found, expected)


def along_each(f: Any, x: np.ndarray) -> np.ndarray:
    """The derivative of the sum of rows by all elements, by forward mode along some of them."""
    wanted = hoad.grad(lambda x: np.sum(f(x)), x)
    for place in [*np.argwhere(wanted != 0)[:5], *np.argwhere(wanted == 0)[:5]]:
        d = np.zeros_like(x)
        d[tuple(place)] = 1.0
        np.testing.assert_equal(np.sum(hoad.jvp(f, (x,), (d,))[1]), wanted[tuple(place)])
    return wanted


@MODES
def test_products_whose_parts_leave_the_range(mode: str) -> None:
    """The derivative has all its digits where the product has, and parts of it have not."""
    few = np.array([1e-160, 1e165, 1e-155, 1e150, 3.0, 7.0])
    for x in (few, np.r_[few, np.ones(60)], np.r_[np.ones(60), 0.0, 2.0], np.r_[np.full(40, 1e7), 1e-200]):
        exact = [
            float(mpmath.fprod([mpmath.mpf(v) for k, v in enumerate(x) if k != i])) for i in range(len(x))
        ]
        if mode == "reverse":
            found = hoad.grad(np.prod, x)
        else:
            found = np.array([hoad.jvp(np.prod, (x,), (d,))[1] for d in np.eye(len(x))])
        np.testing.assert_allclose(found, exact, rtol=1e-13)


@MODES
def test_running_products_by_what_each_adds(mode: str) -> None:
    """Of plain numbers by quotients, next to zeros and far from 1 by the recurrence: the same."""
    x = np.random.default_rng(5).uniform(0.5, 2.0, (3, 50)) * [[1.0], [-1.0], [1.0]]
    x[2, 7] = 0.0
    w = np.random.default_rng(6).normal(size=50)
    for row in [*x, x[0] * 1e5, x[0] * 1e-5]:
        expected = np.zeros(50)
        for k in range(50):
            for j in range(k + 1):
                expected[j] += w[k] * np.prod(np.delete(row[: k + 1], j))
        f = lambda row: np.sum(w * np.cumprod(row))
        found = hoad.grad(f, row) if mode == "reverse" else [hoad.jvp(f, (row,), (d,))[1] for d in np.eye(50)]
        np.testing.assert_allclose(found, expected, rtol=1e-10)


@MODES
def test_the_step_of_a_linspace_without_its_end(mode: str) -> None:
    """``retstep`` gives the step that was taken."""
    step = lambda a: np.linspace(a, 3 * a + 4, 4, endpoint=False, retstep=True)[1] * a
    assert hoad.jacobian(step, 1.0, mode=mode) == 2.0  # (2 a + 4) a / 4
    assert hoad.value_and_grad(step, 1.0)[0] == 1.5


@MODES
def test_ellipses_of_different_lengths(mode: str) -> None:
    """The dots of einsum are matched from the right."""
    a, b = np.arange(6.0).reshape(2, 3, 1) + 1, np.arange(3.0).reshape(3, 1) + 2
    product = lambda b: np.einsum("...i,...i->...", a, b)
    np.testing.assert_allclose(product(b), hoad.jvp(product, (b,), (b,))[0])
    g = hoad.jacobian(lambda b: np.sum(product(b)), b, mode=mode)
    np.testing.assert_allclose(g, np.sum(a, axis=0))


@MODES
def test_the_slope_at_a_knot(mode: str) -> None:
    """At a knot, ``interp`` has the slope of the line to its right; at the last, of the last line."""
    knots, values = np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0, 9.0])
    for at, slope in ((0.0, 1.0), (1.0, 4.0), (3.0, 4.0)):
        assert hoad.jacobian(lambda x: np.interp(x, knots, values), at, mode=mode) == slope


@MODES
def test_a_quantile_at_its_ends(mode: str) -> None:
    """At q = 0 and 1 a quantile is the least and the largest element, and goes no further."""
    x = np.array([1.0, 3.0, 7.0])
    for method in ("linear", "hazen", "weibull", "median_unbiased"):
        for q in (0.0, 1.0):
            assert hoad.jacobian(lambda q, m=method: np.quantile(x, q, method=m), q, mode=mode) == 0.0
            g = hoad.jacobian(lambda x, q=q, m=method: np.quantile(x, q, method=m), x, mode=mode)
            assert g.tolist() == ([0.0, 0.0, 1.0] if q else [1.0, 0.0, 0.0])
    assert hoad.jacobian(lambda q: np.quantile(x, q), 0.5 + 2**-40, mode=mode) == 8.0


def test_the_rank_of_a_least_squares_problem() -> None:
    """A singular value counts as zero below eps times the longer side, as in NumPy."""
    a = np.zeros((40, 2))
    a[0, 0], a[1, 1] = 1.0, 9 * np.finfo(float).eps
    b = np.ones(40)
    for rcond in (None, -1, 1e-20):
        expected = np.linalg.lstsq(a, b, rcond)
        for run in (lambda f: hoad.jvp(f, (b,), (b,))[0], lambda f: hoad.vjp(f, b)[0]):
            x = run(lambda b, rcond=rcond: np.linalg.lstsq(a, b, rcond)[0])
            np.testing.assert_allclose(x, expected[0], rtol=1e-12)


@MODES
def test_the_derivative_of_a_nearly_singular_determinant(mode: str) -> None:
    """Where the inverse has lost its digits, the cofactors have not."""
    rng = np.random.default_rng(1)
    u, v = (np.linalg.qr(rng.normal(size=(4, 4)))[0] for _ in range(2))
    a = u @ np.diag([1.0, 0.5, 0.2, 1e-13]) @ v
    with mpmath.workdps(60):
        m = mpmath.matrix(a.tolist())
        inverse, det = m**-1, mpmath.det(m)
        exact = np.array([[float(det * inverse[j, i]) for j in range(4)] for i in range(4)])
    g = hoad.jacobian(np.linalg.det, a, mode=mode)
    np.testing.assert_allclose(g, exact, rtol=0, atol=4e-16 * np.max(np.abs(exact)))


@MODES
def test_values_over_and_over(mode: str) -> None:
    """``put`` and ``putmask`` repeat values that are too few, ``place`` counts those it has written."""

    def written(function: Any) -> Any:
        def program(v: Any) -> Any:
            y = np.zeros_like(v, shape=(6,))
            function(y, v)
            return y

        return program

    mask = np.array([True, True, False, True, True, True])
    for function in (
        lambda y, v: np.putmask(y, mask, v),
        lambda y, v: np.place(y, mask, v),
        lambda y, v: np.put(y, [5, 3, 1, 0], v),
    ):
        expected = np.stack([written(function)(e) for e in np.eye(2)], axis=-1)
        np.testing.assert_array_equal(hoad.jacobian(written(function), np.ones(2), mode=mode), expected)


def test_what_is_refused_says_so() -> None:
    """A keyword that has no meaning for a traced value is refused by name."""
    x = np.array([1.0, -2.0])
    for f, word in (
        (lambda x: np.clip(x, 0, 1, where=x > 0), r"where"),
        (lambda x: np.array([x, x], like=x, ndmax=1), r"ndmax"),
        (lambda x: np.sort(x, order="f"), r"order"),
        (lambda x: np.zeros_like(x, device="gpu"), r"(?i)device"),
        (lambda x: np.put(x * 1, [0], x[:1], mode="no"), r"clipmode|mode"),
        (lambda x: np.clip(x, 0, 1, min=0), r"min"),
        (lambda x: np.var(x, ddof=1, correction=1), r"correction"),
        (lambda x: np.max(x, where=x > 0), r"initial"),
        (lambda x: np.multiply(x, x, axis=0), r"axis"),
    ):
        with pytest.raises((TypeError, ValueError), match=word):
            hoad.jvp(f, (x,), (x,))


def test_lengths_of_infinite_vectors() -> None:
    """A norm with an infinity in it is infinite, in a derivative as without."""
    for x in ([np.inf, 1.0], [-np.inf, 1.0], [[np.inf, 1.0], [3.0, 4.0]]):
        with np.errstate(all="ignore"):
            for f in (lambda x: np.linalg.norm(x, axis=-1), np.linalg.norm, np.linalg.vector_norm):
                x = np.array(x)
                np.testing.assert_array_equal(hoad.jvp(f, (x,), (np.ones_like(x),))[0], f(x))


def test_infinite_matrices_come_to_an_end() -> None:
    """LAPACK's singular values of a matrix with an infinity may take forever."""
    a = np.array([[np.inf, 1.0], [2.0, 3.0]])
    with pytest.raises(np.linalg.LinAlgError, match="infinity"):
        hoad.grad(lambda a: np.linalg.norm(a, "nuc"))(a)
    assert np.isnan(hoad.grad(np.linalg.det)(np.diag([np.nan, 1.0, 2.0, 5.0]))).all()


@MODES
def test_the_median_of_nan(mode: str) -> None:
    """A row with nan in it has no median and no quantiles, and so no derivatives; other rows have theirs."""
    x = np.array([[1.0, np.nan, 3.0], [1.0, 5.0, 3.0]])
    for f in (np.median, lambda x, axis: np.quantile(x, 0.5, axis=axis)):
        g = hoad.jacobian(lambda x, f=f: f(x, axis=1), x, mode=mode)
        assert np.isnan(g[0, 0]).all()
        np.testing.assert_array_equal(g[1], [[0, 0, 0], [0, 0, 1]])


def test_bessel_functions_out_of_range() -> None:
    """What overflows is infinite, after as many terms as it takes to tell."""
    with np.errstate(all="ignore"):
        assert hoad.derivatives(np.i0, -800.0, 2) == [np.inf, -np.inf, np.inf]
        assert hoad.derivative(np.i0, 1e10) == np.inf and np.isnan(hoad.derivative(np.i0, np.nan))


def test_large_contractions(monkeypatch: pytest.MonkeyPatch) -> None:
    """They go back by products of matrices, in every mode and compiled, and give the same."""
    r = np.random.default_rng(4)
    a, x = r.normal(size=(5, 6, 6)), r.normal(size=(300, 5, 6))

    def f(a: Any) -> Any:
        return np.sum(np.sin(np.einsum("kij,nkj->nki", a, x)) * x)

    def all_of_them() -> list[Any]:
        return [
            hoad.grad(f)(a),
            hoad.hvp(f, a, a),
            hoad.grad(lambda y: np.sum(np.einsum("kij,nkj->nki", a, y) ** 3), x),
            hoad.vmap(hoad.grad(f))(np.stack([a, -a])),
        ]

    found = all_of_them()
    np.testing.assert_array_equal(hoad.compile(hoad.grad(f), backend="numpy")(a), found[0])
    monkeypatch.setattr(contraction, "MANY", 10**9)
    for one, other in zip(found, all_of_them(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "conditions",
    [[True, False], np.array([True, False]), [[True, False]], [np.array([True, False]), [False, True]], True],
    ids=repr,
)
@pytest.mark.parametrize("functions", [1, 2])
def test_conditions_of_pieces_are_told_apart_as_numpy_does(conditions: Any, functions: int) -> None:
    def f(x: Any) -> Any:
        return np.piecewise(x, conditions, [lambda t: t**2 * np.ones(len(t)), 7.0][:functions])

    x = np.array([3.0, 5.0])
    try:
        value = f(x)
    except (ValueError, IndexError, TypeError) as error:
        with pytest.raises(type(error)):
            hoad.jacobian(f, x)
        return
    found, slope = hoad.value_and_jacobian(f, x)
    np.testing.assert_array_equal(found, value)
    np.testing.assert_array_equal(slope, np.diag(np.where(value == x**2, 2 * x, 0)))


def test_a_function_of_no_elements_is_not_called() -> None:
    f = lambda x: np.piecewise(x, [x > 0, x < -9], [lambda t: t**2, lambda t: t / np.max(t)])
    np.testing.assert_array_equal(hoad.jacobian(f, np.array([3.0, 5.0])), np.diag([6.0, 10.0]))


@pytest.mark.parametrize(
    "make", [np.vectorize, lambda f: np.frompyfunc(f, 1, 1)], ids=["vectorize", "frompyfunc"]
)
@pytest.mark.parametrize(
    "x", [1.5, np.float64(1.5), np.array([1.5, 2.0]), np.array([1.5, 2.0], np.float32)], ids=repr
)
def test_a_function_of_each_element_is_given_numbers_of_the_class_that_numpy_gives(make: Any, x: Any) -> None:
    f = make(lambda t: 2 * t if type(t) is float else 3 * t)
    slope = np.sum(f(x)) / np.sum(x)
    g = lambda y: np.sum(f(y) * 1.0)
    np.testing.assert_allclose(np.ravel(hoad.grad(g, x)), np.full(np.size(x), slope))
    np.testing.assert_allclose(hoad.jvp(g, (x,), (np.ones_like(x),))[1], slope * np.size(x))


@MODES
@pytest.mark.parametrize(
    "positions", [[1, 2, 0], [2, 2, -1, 0], [-3], np.array([1, 0], np.uint8), [True, False, True]]
)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_positions_of_one_axis_count_as_often_as_they_occur(mode: str, positions: Any, axis: int) -> None:
    x, steps = np.arange(27.0).reshape(3, 3, 3), slice(None, None, -1)
    for others in (slice(None), steps, slice(0, 2)):
        index = tuple(np.array(positions) if k == axis else others for k in range(3))
        w = np.arange(1.0, x[index].size + 1).reshape(np.shape(x[index]))
        expected = np.zeros_like(x)
        np.add.at(expected, index, w)
        found = hoad.jacobian(lambda x, w=w, index=index: np.sum(w * x[index]), x, mode=mode)
        np.testing.assert_array_equal(found, expected)
