"""``hoad.debug()``: the first nan or infinity raises, with the user's line."""

import threading
from pathlib import Path

import numpy as np
import pytest

import hoad
from hoad.dual import Dual
from hoad.errors import NonFiniteError
from hoad.kinds.jet import Jet
from hoad.tape import Tape

HERE = Path(__file__).name
PLAIN = Dual.__init__, Jet.__init__, Tape.new_program
OPERATORS = {
    "grad": hoad.grad,
    "forward": lambda f, x: hoad.jvp(f, (x,), (np.ones_like(x) * 1.0 if np.ndim(x) else 1.0,)),
    "hessian": hoad.hessian,
    "reverse over reverse": hoad.hessian_reverse,
    "jacobian": lambda f, x: hoad.jacobian(f, x, mode="forward"),
    "reverse jacobian": lambda f, x: hoad.jacobian(f, x, mode="reverse"),
}


def log_of_zero(x):
    y = x * 2
    return np.sum(np.log(y))


def root_of_zero(x):
    return np.sum(np.sqrt(x))


def overflow(x):
    big = np.exp(x)
    return np.sum(big / big)


def line_of(f, k):
    return f"{HERE}:{f.__code__.co_firstlineno + k}"


@pytest.fixture(autouse=True)
def nothing_stays():
    yield
    assert (Dual.__init__, Jet.__init__, Tape.new_program) == PLAIN


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize(
    ("f", "x", "k", "source"),
    [
        (log_of_zero, np.zeros(2), 2, "return np.sum(np.log(y))"),
        (overflow, np.array([800.0]), 1, "big = np.exp(x)"),
    ],
)
def test_a_primal(name, f, x, k, source):
    with np.errstate(all="ignore"):
        with pytest.raises(NonFiniteError, match="inf came up in a primal") as caught, hoad.debug():
            OPERATORS[name](f, x)
        assert f"at {line_of(f, k)}: {source}" in str(caught.value)
        OPERATORS[name](f, x)  # outside of the context it does not raise


def test_the_operation_and_its_operands_are_named():
    with (
        np.errstate(all="ignore"),
        pytest.raises(NonFiniteError, match=r"divide\(0, 0\) = nan"),
        hoad.debug(),
    ):
        hoad.gradient(lambda x, y: x / y, 0.0, 0.0)


def test_a_cotangent():
    with np.errstate(all="ignore"), pytest.raises(NonFiniteError) as caught, hoad.debug():
        hoad.grad(root_of_zero)(np.zeros(2))
    text = str(caught.value)
    assert "inf came up in a cotangent: the derivative of sqrt" in text and line_of(root_of_zero, 1) in text


@pytest.mark.parametrize("name", ["forward", "hessian", "jacobian"])
def test_a_tangent(name):
    with np.errstate(all="ignore"), pytest.raises(NonFiniteError) as caught, hoad.debug():
        OPERATORS[name](root_of_zero, np.zeros(2))
    assert "inf came up in a tangent" in str(caught.value) and line_of(root_of_zero, 1) in str(caught.value)


def test_a_coefficient_of_a_series():
    with (
        np.errstate(all="ignore"),
        pytest.raises(NonFiniteError, match="coefficient 1 of the series is inf"),
        hoad.debug(),
    ):
        hoad.derivative(lambda x: np.sqrt(x), 0.0, 4)


def test_an_input_that_is_nan():
    with pytest.raises(NonFiniteError, match="the input is nan to begin with"), hoad.debug():
        hoad.grad(lambda x: x * 2)(np.nan)


@pytest.mark.parametrize("name", OPERATORS)
def test_zeros_that_are_strong_do_not_raise(name):
    safe = lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0))
    with hoad.debug():
        zeros = OPERATORS[name](safe, np.zeros(2))
        ones = OPERATORS[name](lambda x: np.sum(np.sqrt(x + 1) ** 2), np.zeros(2))
    assert not np.any(zeros) and np.all(np.isfinite(ones))


def test_results_are_the_same_inside():
    f = lambda x: np.sum(np.sin(x) @ x) + np.prod(x[:2])
    x = np.array([0.3, 0.7, 1.1])
    outside = hoad.grad(f)(x), hoad.hessian(f)(x)
    with hoad.debug():
        inside = hoad.grad(f)(x), hoad.hessian(f)(x)
    for a, b in zip(outside, inside, strict=True):
        np.testing.assert_array_equal(a, b)


def test_as_a_decorator_and_nested():
    @hoad.debug()
    def run(x):
        with hoad.debug():
            assert hoad.grad(np.sin)(x) == np.cos(x)
        return hoad.derivative(np.log, x)

    assert run(2.0) == 0.5
    with np.errstate(all="ignore"), pytest.raises(NonFiniteError):
        run(0.0)


def test_other_threads_are_left_alone():
    found = []
    with np.errstate(all="ignore"), hoad.debug():
        thread = threading.Thread(
            target=lambda: found.append((hoad.grad(np.sqrt)(0.0), hoad.derivative(np.sqrt, 0.0)))
        )
        thread.start()
        thread.join()
    assert found == [(np.inf, np.inf)]


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.cbrt(x**3), 0.0),
        (lambda x: 1 / x**2, 0.0),
        (lambda x: np.log(np.exp(x)), -800.0),
        (lambda x: np.arctan(1 / x), 0.0),
        (lambda x: np.abs(np.sqrt(x)), 0.0),
    ],
)
@pytest.mark.parametrize("operator", [hoad.derivative, lambda f, x: hoad.taylor(f, x, 2)])
def test_a_zero_that_may_be_wrong(f, x, operator):
    """What docs/kinks.md says of strong zeros: forward and Taylor mode tell where one met an infinity."""
    with np.errstate(all="ignore"):
        assert hoad.derivative(f, x) == 0
        with pytest.raises(NonFiniteError, match="came up in a"), hoad.debug():
            operator(f, x)
