"""Derivative tensors and mixed partials against SymPy, and what they refuse."""

import itertools

import mpmath
import numpy as np
import pytest
import sympy as sp

import hoad
from hoad.backends import Backend
from hoad.errors import ArgumentError, ComplexOutputError, TooLargeError
from hoad.operators.multi_indices import compositions, weights

X = sp.symbols("x0:3")
POINT = np.array([0.3, -0.7, 1.2])
CASES = {
    "exp and quotient": (
        lambda x: np.exp(np.sin(x[0]) * x[1]) + x[2] ** 3 * x[0] / (1 + x[1] ** 2),
        sp.exp(sp.sin(X[0]) * X[1]) + X[2] ** 3 * X[0] / (1 + X[1] ** 2),
    ),
    "norm": (lambda x: np.linalg.norm(x), sp.sqrt(X[0] ** 2 + X[1] ** 2 + X[2] ** 2)),
    "logarithm of a sum": (lambda x: np.log(np.sum(np.exp(x))), sp.log(sum(sp.exp(x) for x in X))),
    "determinant": (
        lambda x: np.linalg.det(np.stack([np.stack([x[0], x[1], 1.0]), x * x, np.sin(x)])),
        sp.Matrix([[X[0], X[1], 1], [x * x for x in X], [sp.sin(x) for x in X]]).det(),
    ),
    "polynomial": (lambda x: x[0] ** 4 * x[1] * x[2] ** 2, X[0] ** 4 * X[1] * X[2] ** 2),
}


def exact(expression, places):
    derivative = sp.diff(expression, *[X[k] for k in places]) if places else expression
    with mpmath.workdps(40):
        return float(sp.lambdify(X, derivative, "mpmath")(*[mpmath.mpf(v) for v in POINT]))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("order", range(7))
def test_tensors_against_sympy(name, order):
    f, expression = CASES[name]
    tensor = hoad.derivative_tensor(f, POINT, order)
    assert np.shape(tensor) == (3,) * order
    right = {p: exact(expression, p) for p in itertools.combinations_with_replacement(range(3), order)}
    scale = max(max(map(abs, right.values())), 1e-300)
    for places in itertools.product(range(3), repeat=order):
        got = tensor[places] if order else tensor
        assert abs(got - right[tuple(sorted(places))]) <= 64 * 2**-52 * 2 ** max(order - 2, 0) * scale


@pytest.mark.parametrize(
    "orders", [(1, 0, 0), (2, 0, 1), (1, 1, 1), (0, 3, 2), (6, 0, 0), (2, 2, 2), (0, 0, 0)]
)
def test_partials_against_sympy(orders):
    f, expression = CASES["exp and quotient"]
    places = [k for k, n in enumerate(orders) for _ in range(n)]
    assert hoad.partial(f, POINT, orders) == pytest.approx(exact(expression, places), rel=1e-12, abs=1e-12)


def test_each_symmetric_entry_once():
    """As many directions as there are different entries, in one run."""
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(np.sin(x)) ** 2

    n, order = 4, 3
    tensor = hoad.derivative_tensor(f, np.linspace(0.1, 0.4, n), order)
    assert len(calls) == 1
    assert len(compositions(order, n)) == 20
    for places in itertools.product(range(n), repeat=order):
        assert tensor[places] == tensor[tuple(sorted(places))]


def test_weights_are_exact():
    """Applied to the coefficients of a monomial along integer directions, they give its derivative."""
    for i in [(3,), (2, 1), (1, 1, 1), (2, 2), (1, 3, 1)]:
        for monomial in compositions(sum(i), len(i)):
            total = sum(
                w * np.prod([int(p) ** m for p, m in zip(j, monomial, strict=True)])
                for j, w in weights(i).items()
            )
            right = np.prod([sp.factorial(m) for m in monomial]) if monomial == i else 0
            assert total == right


def test_shapes_and_structures():
    x = np.arange(1.0, 5.0).reshape(2, 2)
    tensor = hoad.derivative_tensor(lambda x: {"a": x @ x, "b": (np.sum(x**3), "text")}, x, 2)
    assert tensor["a"].shape == (2, 2, 2, 2, 2, 2)
    assert tensor["b"][1] == "text"
    right = hoad.jacobian(hoad.jacobian(lambda x: x @ x), x)
    np.testing.assert_allclose(tensor["a"], right, atol=1e-13)
    assert hoad.derivative_tensor(lambda x: x**5, 2.0, 3) == pytest.approx(240.0, rel=1e-14)
    assert hoad.derivative_tensor(lambda x: 3.0, x, 3).shape == (2,) * 6
    np.testing.assert_allclose(
        hoad.derivative_tensor(lambda x: x[0] ** 3, np.array([1, 2]), 1), [3.0, 0.0], rtol=1e-15
    )
    d = {"a": 1.0, "b": np.array([2.0, 3.0])}
    assert hoad.partial(lambda d: d["a"] ** 2 * d["b"][1], d, (2, 0, 1)) == pytest.approx(2.0, rel=1e-14)
    assert hoad.partial(lambda x: x[0, 1] ** 2 * x[1, 0], x, np.array([[0, 1], [1, 0]])) == pytest.approx(4.0)


def test_nesting():
    f = CASES["exp and quotient"][0]
    third = hoad.derivative_tensor(f, POINT, 3)
    for mode in ("forward", "reverse"):
        again = hoad.jacobian(lambda x: hoad.derivative_tensor(f, x, 2), POINT, mode=mode)
        np.testing.assert_allclose(again, third, rtol=1e-12, atol=1e-13)
    inner = hoad.derivative_tensor(lambda x: hoad.grad(f, x), POINT, 2)
    np.testing.assert_allclose(inner, third, rtol=1e-12, atol=1e-13)
    mapped = hoad.vmap(lambda x: hoad.derivative_tensor(f, x, 3))(np.stack([POINT, 2 * POINT]))
    np.testing.assert_allclose(mapped[0], third, rtol=1e-13, atol=1e-14)
    curried = hoad.derivative_tensor(lambda x: lambda y: np.sum(x**2) * y, POINT, 2)
    np.testing.assert_allclose(curried(3.0), 6 * np.eye(3), atol=1e-14)


def test_chunks():
    f = CASES["norm"][0]
    whole = hoad.derivative_tensor(f, POINT, 4)
    np.testing.assert_allclose(hoad.derivative_tensor(f, POINT, 4, chunk_size=4), whole, rtol=1e-14)


@pytest.mark.parametrize("order", [-1, 1.5, True, "2"])
def test_bad_orders(order):
    with pytest.raises(ArgumentError, match="order="):
        hoad.derivative_tensor(np.sum, POINT, order)


@pytest.mark.parametrize("orders", [(1, 1), (1, -1, 0), (1.5, 0, 0), ("a", 0, 0), (True, 0, 0), ()])
def test_bad_multi_indices(orders):
    with pytest.raises(ArgumentError, match="multi-ind"):
        hoad.partial(np.sum, POINT, orders)


def test_refusals(monkeypatch):
    assert hoad.derivative_tensor(lambda x: x[0] ** 2 * x[1], [1.0, 2.0], 2).tolist() == [
        [4.0, 2.0],
        [2.0, 0.0],
    ]
    with pytest.raises(ComplexOutputError):
        hoad.derivative_tensor(lambda x: 1j * x[0], POINT, 2)
    monkeypatch.setattr(Backend, "memory", lambda *_: 1e9)
    with pytest.raises(TooLargeError, match=r"100 x 100 x 100 x 100 x 100 entries, 80 GB.*hoad\.partial"):
        hoad.derivative_tensor(np.sum, np.ones(100), 5)
