"""``out=``: results written into the user's own arrays."""

import pickle

import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError, ShapeMismatchError

X = np.array([1.0, 2.0, 3.0])


def total(x):
    return np.sum(x**3)


def outer(x):
    return x[:2] * x[2]


CALLS = [
    (hoad.grad, total, (3,)),
    (hoad.gradient, total, (3,)),
    (hoad.jacobian, outer, (2, 3)),
    (hoad.hessian, total, (3, 3)),
]


@pytest.mark.parametrize(("operator", "f", "shape"), CALLS)
def test_the_result_is_in_the_array(operator, f, shape):
    plain = operator(f, X)
    out = np.full(shape, np.nan)
    assert operator(f, X, out=out) is out
    np.testing.assert_array_equal(out, plain)
    again = np.full(shape, np.nan)
    assert operator(f, out=again)(X) is again
    np.testing.assert_array_equal(again, plain)


def test_views_and_other_layouts():
    big = np.zeros((6, 6), order="F")
    hoad.hessian(total, X, out=big[::2, 1::2])
    np.testing.assert_array_equal(big[::2, 1::2], np.diag(6 * X))
    assert np.count_nonzero(big) == 3
    x = X.copy()
    assert hoad.grad(total, x, out=x) is x  # the point itself may take it
    np.testing.assert_array_equal(x, 3 * X**2)


def test_containers_and_several_arguments():
    out = {"w": np.zeros(3), "b": np.zeros(())}
    point = {"w": X, "b": 2.0}
    assert hoad.grad(lambda p: p["b"] * total(p["w"]), point, out=out) is out
    np.testing.assert_array_equal(out["w"], 6 * X**2)
    assert out["b"] == 36.0
    pair = (np.zeros(3), np.zeros(3))
    assert hoad.grad(lambda a, b: np.sum(a * b), X, 2 * X, argnums=(0, 1), out=pair) is pair
    np.testing.assert_array_equal(pair[1], X)
    assert hoad.gradient(lambda a, b: np.sum(a * b), X, 2 * X, out=pair) is pair


def test_beside_a_value():
    out, matrix = np.zeros(3), np.zeros((2, 3))
    value, g = hoad.value_and_grad(total, X, out=out)
    assert g is out
    assert value == 36.0
    value, g = hoad.value_and_jacobian(outer, X, out=matrix)
    assert g is matrix
    assert value.tolist() == [3.0, 6.0]
    g, aux = hoad.grad(lambda x: (total(x), "extra"), X, has_aux=True, out=out)
    assert g is out
    assert aux == "extra"
    column = np.zeros(2)
    assert hoad.derivative(lambda t: np.array([t, t**2]), 3.0, out=column) is column
    assert column.tolist() == [1.0, 6.0]


def test_precision():
    single = np.zeros(3, np.float32)
    hoad.grad(total, X, out=single)
    np.testing.assert_array_equal(single, 3 * X.astype(np.float32) ** 2)


def test_it_can_be_pickled():
    g = pickle.loads(pickle.dumps(hoad.grad(total, out=np.zeros(3))))
    np.testing.assert_array_equal(g(X), 3 * X**2)


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.zeros(4), ShapeMismatchError, r"shape \(4,\).*np\.empty\(\(3,\)\)"),
        ([0.0, 0.0, 0.0], ShapeMismatchError, "structure"),
        ({"a": np.zeros(3)}, ShapeMismatchError, "structure"),
        (1.0, ShapeMismatchError, r"1\.0 \(float\)"),
        (np.zeros(3, int), ArgumentError, "dtype int64, which can't hold"),
    ],
)
def test_what_cannot_take_the_result_is_refused(out, error, message):
    with pytest.raises(error, match=message):
        hoad.grad(total, X, out=out)


def test_nothing_is_written_where_something_does_not_fit():
    out = {"a": np.zeros(3), "b": np.zeros(2)}
    with pytest.raises(ShapeMismatchError):
        hoad.grad(lambda p: total(p["a"]) + total(p["b"]), {"a": X, "b": X}, out=out)
    assert not out["a"].any()


@pytest.mark.as_written
def test_within_another_derivative_it_is_refused():
    with pytest.raises(ArgumentError, match="can't hold"):
        hoad.hessian(lambda x: np.sum(hoad.grad(total, x, out=np.zeros(3))), X)
