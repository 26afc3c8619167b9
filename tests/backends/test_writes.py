"""Programs that write into arrays of a device: value and derivative are of the program that the library runs.

An element of CuPy's is a view and no number: ``t = y[0]`` changes with ``y``. Programs of readings, writes
and sums are drawn; each is run plainly on the device, and its derivative compared with exact differences, as
none is more than quadratic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hoad
from hoad.testing import device

SIZE = 4
VIEWS = [
    lambda y: y.reshape(-1),
    lambda y: y.T,
    lambda y: y[None],
    lambda y: np.reshape(y, (2, -1)),
    lambda y: np.squeeze(y),
]
PLACES = st.sampled_from([0, 2, -1, slice(1, 3), slice(None, None, 2), slice(None, None, -1), ...])
STEP = st.one_of(
    st.tuples(st.just("read"), st.integers(0, 3), PLACES),
    st.tuples(st.just("write"), st.integers(0, 3), PLACES, st.integers(0, 3)),
    st.tuples(st.just("number"), st.integers(0, 3), PLACES, st.sampled_from([0.0, 2.0])),
    st.tuples(st.just("add"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("scale"), st.integers(0, 3), st.sampled_from([2.0, -1.0])),
    st.tuples(st.just("made"), st.integers(0, 3)),
    st.tuples(st.just("view"), st.integers(0, 3), st.integers(0, len(VIEWS) - 1)),
    st.tuples(st.just("elements"), st.integers(0, 3)),
    st.tuples(st.just("out"), st.integers(0, 3)),
)


def run(steps: Any, x: Any) -> Any:
    """A program: a list of values, of which each step makes one or writes into one."""
    held = [x * 1.0, x * x]
    at = lambda k: held[k % len(held)]
    for kind, k, *rest in steps:
        y = at(k)
        if kind == "made":
            held.append(y * 3.0)
        elif kind == "view":
            held.append(VIEWS[rest[0]](y) if np.size(y) % 2 == 0 else y[...])
        elif kind == "elements":
            held += list(y)[:2] if np.ndim(y) else []
        elif kind == "out":
            np.multiply(y, 2.0, out=y)
        elif kind == "scale":
            y *= rest[0]
        elif kind == "add":
            z = at(rest[0])
            if np.shape(z) in ((), np.shape(y)):
                y += z
        elif np.ndim(y) or rest[0] is ...:
            place = slice_of(rest[0], np.shape(y))
            if kind == "read":
                held.append(y[place])
            elif kind == "number":
                y[place] = rest[1]
            elif np.shape(at(rest[1])) in ((), np.shape(y[place])):
                y[place] = at(rest[1])
    return sum([np.sum(y * (k + 1.0)) for k, y in enumerate(held)])


def slice_of(place: Any, shape: tuple[int, ...]) -> Any:
    """A place that is there."""
    return place if not isinstance(place, int) or place < shape[0] else 0


def derivative(steps: Any, x: np.ndarray) -> np.ndarray:
    """Central differences on the device, exact but for rounding where the program is quadratic."""
    value = lambda x: float(run(steps, device.asarray(x)))
    return np.array([(value(x + e) - value(x - e)) / 2 for e in np.eye(len(x))])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(STEP, max_size=7))
def test_writes_on_a_device(steps: Any) -> None:
    x = np.array([1.0, -2.0, 3.0, 5.0])
    point = device.asarray(x)
    right = derivative(steps, x)
    value, gradient = hoad.value_and_grad(lambda x: run(steps, x), point)
    assert float(value) == float(run(steps, device.asarray(x)))
    np.testing.assert_array_equal(gradient.get(), right)
    slope = lambda x: hoad.grad(lambda x: run(steps, x), device.asarray(x)).get()
    second = [(slope(x + e) - slope(x - e)) / 2 for e in np.eye(len(x))]
    np.testing.assert_array_equal(hoad.hessian(lambda x: run(steps, x), point).get(), second)
    forward = hoad.jacobian(lambda x: run(steps, x), point, mode="forward")
    np.testing.assert_array_equal(forward.get(), right)


def test_a_number_that_was_read_before_a_write() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        y[0] = x[1] * 2
        y[1:] = x[1:] ** 2
        return np.sum(y)

    assert hoad.grad(f, device.asarray([1.0, 2.0, 3.0])).get().tolist() == [0.0, 6.0, 6.0]


@pytest.mark.parametrize("at", [0, slice(0, 1), ...])
def test_an_element_is_a_view(at: Any) -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        t = y[at]
        y[0] = 5.0
        return np.sum(t * t)

    x = device.asarray([2.0])
    assert float(f(x)) == 25.0
    assert hoad.grad(f, x).get().tolist() == [0.0]
