"""Laplacian, biharmonic and other operators in collapsed Taylor mode, and their estimates."""

import numpy as np
import pytest
import sympy as sp
from test_rules import LIST, NAMES, Program, energy, weights

import hoad
from hoad.errors import ArgumentError, ComplexOutputError, NonScalarOutputError
from hoad.kinds.collapsed import Collapsed

SPHERE = np.array([0.5, -1.0, 2.0])
BRANCHES = {"real_if_close"}
REAL = [
    pytest.param(e, id=n)
    for n, e in zip(NAMES, LIST, strict=True)
    if not any(np.iscomplexobj(v) for v in (*e.arguments, e.run(*e.arguments)))
    and n.rpartition("-")[0] not in BRANCHES
]


@pytest.mark.parametrize("entry", REAL)
def test_every_rule(entry: Program) -> None:
    """The Laplacian is the trace of the Hessian, and the biharmonic operator is the Laplacian twice."""
    every = tuple(range(len(entry.arguments)))
    w = weights(entry.run(*entry.arguments), 8)
    f = lambda *p: energy(entry.run(*p), w)
    blocks = hoad.hessian(f, *entry.arguments, argnums=every)
    traces = [np.trace(b[k].reshape(n, n)) for k, b in enumerate(blocks) for n in [entry.arguments[k].size]]
    scale = sum(np.sum(np.abs(b[k])) for k, b in enumerate(blocks)) + 1.0
    got = hoad.laplacian(f, *entry.arguments, argnums=every)
    assert abs(got - sum(traces)) <= 1e-12 * scale


FOURTH = [
    lambda x: np.exp(np.sin(x[0]) * x[1]) / (1 + x[2] ** 2),
    lambda x: np.linalg.norm(x) ** 3,
    lambda x: np.sum(np.linalg.inv(np.eye(3) * 4 + np.outer(x, x))),
    lambda x: np.log(np.sum(np.exp(x))) * x[1],
]


@pytest.mark.parametrize("f", FOURTH)
def test_biharmonic(f) -> None:
    right = np.einsum("iijj", hoad.derivative_tensor(f, SPHERE, 4))
    assert hoad.biharmonic(f, SPHERE) == pytest.approx(right, rel=1e-11)
    assert hoad.laplacian(hoad.laplacian(f), SPHERE) == pytest.approx(right, rel=1e-11)


def test_known_functions() -> None:
    """Harmonic, biharmonic and radial functions of textbooks."""
    assert abs(hoad.laplacian(lambda x: 1 / np.linalg.norm(x), SPHERE)) < 1e-15
    assert abs(hoad.biharmonic(np.linalg.norm, SPHERE)) < 1e-14  # in three dimensions
    for n, k in [(1, 2), (2, 3), (5, 4)]:
        x = np.linspace(0.2, 1.0, n)
        r = np.linalg.norm(x)
        assert hoad.laplacian(lambda x, k=k: np.linalg.norm(x) ** k, x) == pytest.approx(
            k * (k + n - 2) * r ** (k - 2), rel=1e-14
        )
    assert hoad.biharmonic(lambda x: x**4, 2.0) == pytest.approx(24.0, rel=1e-14)


def test_outputs_and_arguments() -> None:
    x = np.array([1.0, 2.0])
    assert hoad.laplacian(lambda x: x**3, x).tolist() == [6.0, 12.0]
    out = hoad.laplacian(lambda x: {"a": np.sum(x**2), "b": "text", "c": 3.0}, x)
    assert out == {"a": 4.0, "b": "text", "c": 0.0}
    assert hoad.laplacian(lambda x, y: np.sum(x**2) * y**3, x, 2.0, argnums=(0, 1)) == 32.0 + 60.0
    assert hoad.laplacian(lambda d: d["u"] ** 2 * d["v"], {"u": 3.0, "v": 5.0}) == 10.0
    assert hoad.laplacian(lambda x: lambda y: np.sum(x**2) * y, x)(3.0) == 12.0
    assert hoad.laplacian(lambda x: np.sum(x**2))(x) == 4.0
    assert isinstance(hoad.laplacian(lambda x: x**2, 3.0), float)

    def written(x):
        out = np.zeros_like(x)
        out[0] = x[0] ** 2
        out[1:] = x[:-1] * out[0]
        view = out[::-1]
        view *= x
        return np.sum(out)

    assert hoad.laplacian(written, SPHERE) == pytest.approx(np.trace(hoad.hessian(written, SPHERE)))


def test_nesting() -> None:
    f = FOURTH[0]
    traces = lambda x: np.trace(hoad.hessian(f, x))
    right = hoad.jacobian(traces, SPHERE, mode="forward")
    np.testing.assert_allclose(hoad.grad(hoad.laplacian(f), SPHERE), right, rtol=1e-12)
    np.testing.assert_allclose(hoad.jacobian(hoad.laplacian(f), SPHERE, mode="forward"), right, rtol=1e-12)
    points = np.stack([SPHERE, SPHERE / 2])
    np.testing.assert_allclose(hoad.vmap(hoad.laplacian(f))(points), [traces(p) for p in points], rtol=1e-13)
    inner = hoad.laplacian(lambda x: hoad.grad(f, x)[0], SPHERE)
    assert inner == pytest.approx(right[0], rel=1e-12)


def test_last_coefficients_are_collapsed() -> None:
    """One last coefficient, however many directions there are."""
    seen = []

    def f(x):
        y = np.sin(x) @ np.ones((4, 4))
        seen.append(y)
        return np.sum(y**2)

    hoad.laplacian(f, np.linspace(0.1, 0.4, 4))
    (y,) = seen
    assert y.__class__ is Collapsed
    assert [np.shape(c.primal) for c in y.tangent] == [(4, 4)]
    assert np.shape(y.slot) == (4,)


def test_any_operator() -> None:
    t, x = sp.symbols("t x")
    u = sp.exp(-t) * sp.sin(x * t) + x**3 * t**2
    f = lambda p: np.exp(-p[0]) * np.sin(p[1] * p[0]) + p[1] ** 3 * p[0] ** 2
    operator = hoad.DifferentialOperator(
        {(1, 0): 1.0, (0, 2): lambda p: -p[0], (2, 1): 0.5, (1, 3): -2.0, (0, 0): 4.0}
    )
    right = sp.diff(u, t) - t * sp.diff(u, x, 2) + sp.diff(u, t, 2, x) / 2 - 2 * sp.diff(u, t, x, 3) + 4 * u
    point = np.array([0.7, 0.4])
    wanted = float(right.subs({t: sp.Float(0.7, 40), x: sp.Float(0.4, 40)}))
    assert operator(f, point) == pytest.approx(wanted, rel=1e-12)
    assert operator.order == 4
    assert operator.size == 2
    slope = hoad.jacobian(operator(f), point, mode="forward")
    np.testing.assert_allclose(hoad.grad(operator(f), point), slope, rtol=1e-11)
    wanted_slope = [
        float(sp.diff(right, s).subs({t: sp.Float(0.7, 40), x: sp.Float(0.4, 40)})) for s in (t, x)
    ]
    np.testing.assert_allclose(slope, wanted_slope, rtol=1e-11)
    both = 2 * operator - operator * (lambda p: p[1])
    assert both(f, point) == pytest.approx((2 - 0.4) * wanted, rel=1e-12)
    assert operator(lambda p: {"a": f(p), "b": 2 * f(p)}, point)["b"] == pytest.approx(2 * wanted, rel=1e-12)
    chunked = operator(f, point, chunk_size=2)
    assert chunked == pytest.approx(wanted, rel=1e-12)


def test_estimates() -> None:
    a = np.random.default_rng(0).normal(size=(30, 30))
    f = lambda x: np.sum(np.sin(a @ x)) + np.sum(x**4)
    x = np.linspace(-1.0, 1.0, 30)
    exact = hoad.laplacian(f, x)
    for directions in ("rademacher", "normal", "coordinates"):
        misses = []
        for seed in range(40):
            value, error = hoad.estimate_laplacian(f, x, 20, seed=seed, directions=directions)
            misses.append((value - exact) / error)
        assert np.abs(np.mean(misses)) < 0.6  # unbiased: 0 within four standard deviations of the mean
        assert 0.6 < np.std(misses) < 1.6  # and the error is what it says
    again = [hoad.estimate_laplacian(f, x, 5, seed=3, chunk_size=c) for c in (None, 2)]
    assert again[0].value == pytest.approx(again[1].value, rel=1e-13)
    all_axes = hoad.estimate_laplacian(f, x, 30, seed=1, directions="coordinates")
    assert all_axes.value == pytest.approx(exact, rel=1e-12)
    assert all_axes.standard_error == 0.0
    vector = hoad.estimate_laplacian(lambda x: x**2, x, 4, seed=0)
    assert vector.value.shape == vector.standard_error.shape == (30,)


def test_estimates_of_operators() -> None:
    n = 12
    x = np.linspace(0.1, 1.0, n)
    f = lambda x: np.sum(x[:-1] ** 2 * x[1:] ** 2)
    unit = lambda *places: tuple(sum(p == k for p in places) for k in range(n))
    biharmonic = hoad.DifferentialOperator(
        {unit(i, i, j, j): 1.0 for i in range(n) for j in range(n) if i >= j}
    )
    exact = biharmonic(f, x)
    misses = []
    for seed in range(40):
        value, error = hoad.estimate_operator(biharmonic, f, x, 30, seed=seed)
        misses.append((value - exact) / error)
    assert np.abs(np.mean(misses)) < 0.8
    whole = hoad.estimate_operator(biharmonic, f, x, 1000, seed=0)
    assert whole.value == pytest.approx(exact, rel=1e-10)


def test_estimates_of_terms_of_every_order() -> None:
    """All of them together are the operator; the value itself is one."""
    x = np.array([0.5, 1.5])
    terms = {(0, 0): 3.0, (1, 0): lambda x: x[1], (0, 2): -1.0, (2, 1): lambda x: np.sum(x)}
    operator = hoad.DifferentialOperator(terms)
    for f in (lambda x: np.sin(x[0]) * x[1] ** 2, lambda x: np.exp(x) * x[::-1]):
        for index, factor in terms.items():
            one = hoad.DifferentialOperator({index: factor})
            np.testing.assert_allclose(
                hoad.estimate_operator(one, f, x).value, one(f, x), rtol=1e-13, atol=1e-14
            )
        found = hoad.estimate_operator(operator, f, x)
        np.testing.assert_allclose(found.value, operator(f, x), rtol=1e-13, atol=1e-14)
    assert hoad.estimate_operator(hoad.DifferentialOperator({(0, 0): 3.0}), f, x).value[0] == 3 * f(x)[0]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: hoad.laplacian(lambda x: 1j * x, 1.0), ComplexOutputError, "complex"),
        (lambda: hoad.laplacian(lambda x: "text", 1.0), NonScalarOutputError, "'text'"),
        (lambda: hoad.DifferentialOperator({}), ArgumentError, "at least one"),
        (lambda: hoad.DifferentialOperator({(1,): 1.0, (1, 0): 1.0}), ArgumentError, "one length"),
        (lambda: hoad.DifferentialOperator({(-1,): 1.0}), ArgumentError, "0 or larger"),
        (lambda: hoad.DifferentialOperator({(1, 0): 1.0})(np.sum, np.ones(3)), ArgumentError, "3 elements"),
        (lambda: hoad.estimate_laplacian(np.sum, np.ones(3), 1), ArgumentError, "samples=1"),
        (
            lambda: hoad.estimate_laplacian(np.sum, np.ones(3), directions="x"),
            ArgumentError,
            "directions='x'",
        ),
        (lambda: hoad.estimate_laplacian(lambda x: (x, x), np.ones(3)), NonScalarOutputError, "container"),
    ],
)
def test_bad_input(call, error, text) -> None:
    with pytest.raises(error, match=text):
        call()


def test_a_constant_written_over_an_element_takes_its_sum_away() -> None:
    def f(x):
        y = x**3
        y[0] = 5.0
        return np.sum(y)

    assert hoad.laplacian(f, np.array([1.0, 2.0])) == 12.0  # 6 x_1 alone


def test_a_moment_that_is_zero_stays_zero() -> None:
    """The second partial of the root is infinite at 0, and nothing moves there."""
    f = lambda x: np.sum(np.sqrt(0 * x) + x**2)
    assert hoad.laplacian(f, np.array([1.0, 2.0])) == 4.0


@pytest.mark.parametrize("operator", [hoad.laplacian, hoad.biharmonic])
def test_a_solution_takes_a_step_for_each_order(operator) -> None:
    """The logarithm of a distance is harmonic in the plane; its square is not."""
    log = hoad.implicit_function(lambda x, s: np.exp(x) - s, lambda s: np.log(s))
    p = np.array([0.75, 0.5])
    assert operator(lambda p: log(np.sum(p**2)), p) == pytest.approx(0.0, abs=1e-9)
    squares = operator(lambda p: log(np.sum(p**2)) ** 2, p)
    assert squares == pytest.approx(operator(lambda p: np.log(np.sum(p**2)) ** 2, p), rel=1e-9)
