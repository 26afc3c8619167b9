"""What ForwardDiff.jl offers, one test for each row of the feature table."""

import warnings

import numpy as np
import pytest
from features import row

import hoad
from hoad.chainrules import remove_rule, scalar_rule
from hoad.errors import NonScalarOutputError

SYSTEM = "ForwardDiff"


@row(SYSTEM, "derivative", "hoad.derivative(f, x), f.prime(x)", "the n-th derivative too")
def test_derivative():
    assert hoad.derivative(lambda x: np.sin(x) * x, 2.0) == np.cos(2.0) * 2.0 + np.sin(2.0)
    d = hoad.derivative(lambda x: np.array([x, x**2, np.exp(x)]), 1.0)  # from a number to an array
    assert d.tolist() == [1.0, 2.0, np.exp(1.0)]
    assert hoad.derivative(lambda x: x**3)(2.0) == 12.0
    with pytest.raises(Exception, match="jacobian"):  # the message names the right function
        hoad.derivative(lambda x: np.sum(x), np.ones(3))


@row(
    SYSTEM,
    "gradient, jacobian, hessian",
    'hoad.gradient(f, x), hoad.jacobian(f, x, mode="forward"), hoad.hessian(f, x, mode="forward-forward")',
    "any number of arguments; output shape followed by input shape; reverse mode by the same names",
)
def test_gradient_jacobian_hessian():
    x = np.array([1.0, 2.0, 3.0])
    f = lambda x: np.prod(x) + np.sum(np.sin(x))
    forward = hoad.jacobian(f, x, mode="forward")
    np.testing.assert_allclose(forward, hoad.gradient(f, x), rtol=1e-15)
    matrix = hoad.jacobian(lambda x: np.array([x[0] * x[1], x[2] ** 2]), x, mode="forward")
    assert matrix.tolist() == [[2.0, 1.0, 0.0], [0.0, 0.0, 6.0]]
    h = hoad.hessian(f, x, mode="forward-forward")
    np.testing.assert_allclose(h, hoad.hessian(f, x), rtol=1e-14)
    assert hoad.jacobian(lambda a, b: a * b, x, 2 * x, argnums=(0, 1))[1].shape == (3, 3)
    with pytest.raises(NonScalarOutputError, match=r"hoad\.jacobian"):
        hoad.gradient(lambda x: x, x)


@row(SYSTEM, "gradient!, DiffResult", "out=", "containers of arrays too; the point itself may be the array")
def test_preallocated_results():
    x, g, h = np.array([1.0, 2.0]), np.empty(2), np.empty((2, 2))
    assert hoad.grad(lambda x: np.sum(x**3), x, out=g) is g
    assert hoad.hessian(lambda x: np.sum(x**3), x, out=h) is h
    assert g.tolist() == [3.0, 12.0]
    assert h.tolist() == [[6.0, 0.0], [0.0, 12.0]]


@row(
    SYSTEM,
    "f!(y, x)",
    "y = np.empty_like(x); f(y, x); return y",
    "no form of its own: a function may write into an array that is made from a traced one",
)
def test_functions_that_write():
    def squares(y, x):
        y[0] = x[0] * x[1]
        y[1:] = x[1:] ** 2

    def f(x):
        y = np.empty_like(x)
        squares(y, x)
        return y

    x = np.array([2.0, 3.0, 4.0])
    for mode in ("forward", "reverse"):
        value, matrix = hoad.value_and_jacobian(f, x, mode=mode)
        assert value.tolist() == [6.0, 9.0, 16.0]
        assert matrix.tolist() == [[3.0, 2.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 8.0]]


@row(
    SYSTEM,
    "Config, Chunk",
    "",
    "nothing to prepare: all directions go through the function in one array",
)
def test_no_preparation():
    calls = []

    def f(x):
        calls.append(1)
        return np.cumsum(x**2)

    assert hoad.jacobian(f, np.arange(50.0), mode="forward").shape == (50, 50)
    assert len(calls) == 1


@row(
    SYSTEM,
    "Tag",
    "automatic",
    "a number drawn by each derivative; never reused, so no two can be confused",
)
def test_tags():
    assert hoad.derivative(lambda x: x * hoad.derivative(lambda y: x + y, 1.0), 1.0) == 1.0
    assert hoad.derivative(lambda x: x * hoad.derivative(lambda y: x * y, 2.0), 3.0) == 6.0
    kept = []
    hoad.derivative(lambda x: kept.append(x) or x, 3.0)
    assert hoad.derivative(lambda y: y * kept[0], 2.0) == 3.0  # what is left of an earlier one is a number


@row(SYSTEM, "DiffResults", "hoad.value_grad_hessian(f, x), hoad.derivatives(f, x, n)", "from one run")
def test_all_orders_at_once():
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(x**3)

    value, g, h = hoad.value_grad_hessian(f, np.array([1.0, 2.0]))
    assert (value, g.tolist(), h.tolist()) == (9.0, [3.0, 12.0], [[6.0, 0.0], [0.0, 12.0]])
    assert len(calls) == 1
    assert hoad.derivatives(lambda x: x**3, 2.0, 4) == [8.0, 12.0, 12.0, 6.0, 0.0]


@row(SYSTEM, "nansafe_mode", "always on", "a zero tangent stays zero, entry by entry")
def test_zero_tangents_are_strong():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for mode in ("forward", "reverse"):
            f = lambda x: np.where(x > 0, np.log(x), 0.0)
            assert hoad.jacobian(f, 0.0, mode=mode) == 0.0
            g = hoad.jacobian(
                lambda x: np.sum(np.where(x > 0, np.sqrt(x), x)), np.array([0.0, 4.0]), mode=mode
            )
            assert g.tolist() == [1.0, 0.25]
            assert hoad.jacobian(lambda x: np.sqrt(x[0] * 0.0) + x[1], np.ones(2), mode=mode).tolist() == [
                0.0,
                1.0,
            ]


@row(SYSTEM, "comparisons", "x == y, x < y", "of the values: a branch is taken as for plain numbers")
def test_comparisons():
    seen = []

    def f(x):
        seen.append((x == 1.0, x <= 1.0, x != 1.0, x in [1.0], bool(x), np.array_equal(x, 1.0)))
        return x**2 if x == 1.0 else 0.0

    for mode in ("forward", "reverse"):
        assert hoad.jacobian(f, 1.0, mode=mode) == 2.0
    assert seen == [(True, True, False, True, True, True)] * 2
    assert hoad.jacobian(lambda x: np.sum(x[x > 1.0]), np.array([0.5, 2.0])).tolist() == [0.0, 1.0]


@row(
    SYSTEM,
    "custom rule",
    "hoad.chainrules.scalar_rule(f, partials)",
    "the same rule for every mode and order",
)
def test_one_rule_for_all_modes():
    def softplus(x):
        return np.logaddexp(0.0, x)

    scalar_rule(softplus, lambda x, out: 1 / (1 + np.exp(-x)))
    try:
        for mode in ("forward", "reverse"):
            assert hoad.jacobian(softplus, 0.0, mode=mode) == 0.5
        assert hoad.derivative(softplus, 0.0, n=2) == 0.25
    finally:
        remove_rule(softplus)
