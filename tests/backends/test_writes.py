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
from hoad.testing import cupyx, device

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


# ------------------------------------------------------------------------------------------------------------
# Positions that occur twice: of several values the last stays, in value and derivative, however it is run
# ------------------------------------------------------------------------------------------------------------


def filled(x: Any, fill: Any) -> Any:
    """What ``fill`` makes of zeros that are traced, wherever x is."""
    y = 0.0 * x
    fill(y)
    return y


TWICE, MASK = np.array([0, 2, 0, 3, -1]), np.array([True, False, True, True])
BY_POSITIONS: dict[str, Any] = {
    "written": lambda x, c: filled(x, lambda y: y.__setitem__(c(TWICE), x[[0, 1, 2, 3, 0]] ** 2)),
    "a constant": lambda x, c: x * filled(x, lambda y: y.__setitem__(c(TWICE), c(np.arange(5.0)))),
    "one after the other": lambda x, c: filled(
        x, lambda y: (y.__setitem__(c(TWICE), x[0] * x[[0, 1, 2, 3, 0]]), y.__setitem__(c(TWICE[:2]), x[:2]))
    ),
    "put": lambda x, c: filled(x, lambda y: np.put(y, c(TWICE), x[[0, 1, 2, 3, 0]] ** 2)),
    "put, a list": lambda x, c: x * filled(x, lambda y: np.put(y, c(TWICE), [1.0, 2.0])),
    "place": lambda x, c: x * filled(x, lambda y: np.place(y, c(MASK), [1.0, 2.0])),
    "putmask": lambda x, c: x * filled(x, lambda y: np.putmask(y, c(MASK), [1.0, 2.0])),
    "added": lambda x, c: filled(x, lambda y: np.add.at(y, c(TWICE), x[[0, 1, 2, 3, 0]] ** 2)),
    "added to a row": lambda x, c: filled(x, lambda y: np.add.at(y, (c(TWICE),), x[0] ** 2)),
    "taken away": lambda x, c: filled(x, lambda y: np.subtract.at(y, c(TWICE), x[[0, 1, 2, 3, 0]] ** 2)),
    "in a matrix": lambda x, c: filled(
        np.outer(x, x), lambda y: y.__setitem__((c(TWICE), c(TWICE[::-1])), x[[0, 1, 2, 3, 0]] ** 2)
    ),
}
RUN: dict[str, Any] = {
    "gradient": hoad.grad,
    "Hessian": hoad.hessian,
    "forward": lambda f, x: hoad.jvp(f, (x,), (x,)),
    "series": lambda f, x: hoad.directional(f, x, x, n=3),
    "batch": lambda f, x: hoad.vmap(f)(np.stack([x, 2 * x])),
    "gradient of a batch": lambda f, x: hoad.grad(lambda x: np.sum(hoad.vmap(f)(np.stack([x, 2 * x]))), x),
    "compiled": lambda f, x: twice(hoad.compile(f), x),
    "compiled gradient": lambda f, x: twice(hoad.compile(hoad.grad(f)), x),
    "gradient of what is compiled": lambda f, x: twice(hoad.grad(hoad.compile(f)), x),
}


def twice(f: Any, x: Any) -> Any:
    """The values of two calls: the first is that of the recording."""
    return f(x), f(1.0 * x)


@pytest.mark.parametrize("way", RUN)
@pytest.mark.parametrize("name", BY_POSITIONS)
def test_of_values_for_one_place_the_last_stays(name: str, way: str) -> None:
    x = np.linspace(0.3, 0.9, SIZE)
    right = RUN[way](weighted(name, lambda a: a), x)
    found = RUN[way](weighted(name, device.asarray), device.asarray(x))
    parts = (found, right) if isinstance(right, tuple) else ((found,), (right,))
    for a, b in zip(*parts, strict=True):
        np.testing.assert_allclose(a.get(), b, rtol=1e-12)


def weighted(name: str, c: Any) -> Any:
    """A number that tells apart who was written where."""

    def loss(x: Any) -> Any:
        y = np.ravel(BY_POSITIONS[name](x, c))
        return np.sum(y**2 * c(np.cos(np.arange(float(y.size)))))

    return loss


NOT_THERE = {"multiply": np.multiply, "maximum": np.maximum}


@pytest.mark.parametrize("name", NOT_THERE)
def test_what_depends_on_how_often_a_position_occurs_is_refused(name: str) -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        NOT_THERE[name].at(y, device.asarray(TWICE[:3]), x[:3])
        return np.sum(y)

    with pytest.raises(hoad.errors.MissingRuleError, match=rf"np\.{name}\.at .* np\.add\.at"):
        hoad.grad(f, device.ones(SIZE))


ASKING: dict[str, Any] = {
    "add.at": lambda y, at, v: device.add.at(y, at, v),
    "scatter_add": lambda y, at, v: cupyx.scatter_add(y, at, v),
}


@pytest.mark.parametrize("made", [np.zeros_like, lambda x: device.zeros(SIZE)])
@pytest.mark.parametrize("name", ASKING)
def test_what_asks_its_first_argument(name: str, made: Any) -> None:
    def f(x: Any) -> Any:
        y = made(x)
        ASKING[name](y, device.asarray(TWICE[:3]), x[:3] ** 2)
        return np.sum(y**2)

    x = np.linspace(0.3, 0.9, SIZE)
    right = hoad.grad(lambda x: np.sum(filled(x, lambda y: np.add.at(y, TWICE[:3], x[:3] ** 2)) ** 2), x)
    np.testing.assert_allclose(hoad.grad(f, device.asarray(x)).get(), right, rtol=1e-14)
    with pytest.raises(AttributeError, match="scatter_add"):
        hoad.grad(lambda x: x.scatter_add(0, 1.0), x)


def test_an_array_of_numpys_is_not_written_into_one_of_a_device() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        y[:2] = np.ones(2)
        return np.sum(y)

    with pytest.raises(TypeError, match=r"Unsupported type <class 'numpy.ndarray'>"):
        hoad.grad(f, device.ones(SIZE))


def test_results_of_several_arrays_take_part_in_second_order() -> None:
    """How much there is to do is told by the elements of all of them."""
    a = np.diag([2.0, 3.0, 4.0])
    loss = lambda c: lambda x: np.linalg.slogdet(c(a) + np.outer(x, x))[1] ** 2
    x = np.array([0.3, 0.5, 0.7])
    found = hoad.hessian(loss(device.asarray), device.asarray(x))
    np.testing.assert_allclose(found.get(), hoad.hessian(loss(lambda a: a), x), rtol=1e-12)


def test_a_part_of_an_array_is_written_to_positions_of_it():
    """What is written is read before the first of its places is another."""

    def program(x):
        c = np.sin(x)
        c[[2, 0]] = c[1:3]
        return np.sin(c)

    x = np.array([0.1, 0.2, 0.3, 0.4])
    point = device.asarray(x)
    for mode in ("forward", "reverse"):
        found = hoad.jacobian(program, point, mode=mode)
        np.testing.assert_allclose(found.get(), hoad.jacobian(program, x, mode=mode), rtol=1e-14)
    change = hoad.jvp(program, (point,), (point,))[1].get()
    np.testing.assert_allclose(change, hoad.jvp(program, (x,), (x,))[1], rtol=1e-14)
