"""What checks derivatives for the user works where the point lies on a device, too."""

import numpy as np
import pytest
from on_device import to_device

import hoad
from hoad.chainrules import NoTangent, frule, remove_rule, rrule
from hoad.errors import ArgumentError, RuleCheckError
from hoad.testing import check_frule, check_grads, check_rrule, check_rule

X = to_device(np.array([0.3, 0.7, 1.1]))
A = to_device(np.array([[2.0, 0.1], [0.1, 1.0]]))


def loss(x):
    return np.sum(np.sin(x) * x) + x[0] * x[1]


CHECKS = {
    "loss": lambda: check_grads(loss, X),
    "field": lambda: check_grads(lambda x: np.sin(x) * x[0], X),
    "two": lambda: check_grads(lambda x, y: np.sum(x * y), X, X),
    "complex": lambda: check_grads(lambda z: np.sum(np.abs(z) ** 2), X + 1j * X),
    "container": lambda: check_grads(lambda p: np.sum(p["a"] * p["b"]), {"a": X, "b": X}),
    "float beside": lambda: check_grads(lambda a, x: np.sum(a * x), 2.0, X),
    "rule": lambda: check_rule(np.multiply, X, X),
    "solve": lambda: check_rule(np.linalg.solve, A, A),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_check(name):
    CHECKS[name]()


def twice(x):
    return 2 * x


@pytest.mark.parametrize(("factor", "right"), [(2, True), (3, False)])
@pytest.mark.parametrize("half", [frule, rrule])
def test_a_rule_of_ones_own(half, factor, right):
    if half is rrule:
        rrule(twice)(lambda x: (2 * x, lambda g: (NoTangent(), factor * g)))
    else:
        frule(twice)(lambda changes, x: (2 * x, factor * changes[1]))
    try:
        check = check_rrule if half is rrule else check_frule
        if right:
            check(twice, X)
        else:
            with pytest.raises(RuleCheckError):
                check(twice, X)
    finally:
        remove_rule(twice)


@pytest.mark.parametrize("x", [X, X[0]], ids=["row", "number"])
def test_verify(x):
    assert hoad.verify(loss if x.ndim else np.sin, x).ulps < 64


def test_verify_in_single_precision_looks_at_the_derivatives_in_double():
    assert hoad.verify(loss, X.astype(np.float32)).ulps < 64


def test_verify_finds_a_wrong_rule():
    rrule(twice)(lambda x: (2 * x, lambda g: (NoTangent(), 3 * g)))
    try:
        assert hoad.verify(lambda x: np.sum(twice(x)), X, order=1).ulps > 1e6
    finally:
        remove_rule(twice)


def test_verify_tells_where_data_must_lie():
    with pytest.raises(ArgumentError, match="wants its data to be NumPy's"):
        hoad.verify(lambda x: np.sum(X * np.sin(x)), X)
