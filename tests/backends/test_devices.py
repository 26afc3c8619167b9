"""Several devices, streams, threads, executors, and results that are sent away."""

import io
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from on_device import assert_same, to_device

import hoad
from hoad.testing import device as cp

X = np.linspace(0.1, 1.0, 12)


def loss(x):
    return np.sum(np.sin(x[1:] * x[:-1])) + np.sum(x) ** 2 + np.sum(np.where(x > 0.2, np.sqrt(x), 0.0))


def field(x):
    return np.sin(x) * np.sum(x)


def on_second(x):
    """A point that a worker brings to its own device."""
    return np.sum(cp.asarray(x) ** 3)


WORK = {
    "grad": lambda x: hoad.grad(loss, x),
    "hvp": lambda x: hoad.hvp(loss, x, x),
    "hessian": lambda x: hoad.hessian(loss, x),
    "hessian, nested": lambda x: hoad.hessian(loss, x, mode="forward-reverse"),
    "jacobian, forward": lambda x: hoad.jacobian(field, x, mode="forward"),
    "jacobian, reverse": lambda x: hoad.jacobian(field, x, mode="reverse"),
    "vjp": lambda x: hoad.vjp(field, x)[1](x)[0],
    "jvp": lambda x: hoad.jvp(field, (x,), (x,))[1],
    "derivatives": lambda x: hoad.derivatives(np.exp, x, 3)[3],
    "vmap": lambda x: hoad.vmap(hoad.grad(lambda a: a * np.sin(a)))(x),
    "determinant": lambda x: hoad.grad(np.linalg.det, np.outer(x[:9], x[:9])),
}


@pytest.mark.parametrize("name", WORK)
def test_a_result_lies_where_the_point_lies(name):
    with cp.cuda.Device(1):
        x = to_device(X)
    found = WORK[name](x)
    assert found.device.id == 1 and cp.cuda.Device().id == 0
    assert_same(found.get(), WORK[name](X), rtol=1e-9)


def test_arrays_of_two_devices_meet_as_they_do_in_the_library():
    with cp.cuda.Device(1):
        other = to_device(X)
    with pytest.raises(ValueError, match="device"):
        hoad.grad(lambda x: np.sum(x * other), to_device(X))
    found = hoad.grad(lambda p: np.sum(p[0] ** 2) * float(np.sum(p[1] ** 2)), (to_device(X), other))
    assert [g.device.id for g in found] == [0, 1]


def test_all_runs_on_the_stream_and_in_the_thread_of_the_caller():
    """16: with a stream of one's own, results are those of the default stream, and it stays the caller's."""
    right = hoad.grad(loss, X)
    stream = cp.cuda.Stream(non_blocking=True)
    seen = []

    def noticed(x):
        seen.append(cp.cuda.get_current_stream())
        return loss(x)

    with stream:
        g = hoad.grad(noticed, to_device(X))
        h = hoad.hessian(noticed, to_device(X))
        twice = g * 2
        assert cp.cuda.get_current_stream() is stream
    assert set(map(id, seen)) == {id(stream)}
    assert_same(twice.get(), 2 * right)
    assert_same(h.get(), hoad.hessian(loss, X), rtol=1e-9)


def test_threads_each_with_a_stream_and_a_device():
    def work(k):
        with cp.cuda.Device(k % 2), cp.cuda.Stream(non_blocking=True) as stream:
            x = to_device(X * (k + 1))
            found = [hoad.grad(loss, x) for _ in range(5)]
            assert cp.cuda.get_current_stream() is stream and cp.cuda.Device().id == k % 2
        return k, found

    with ThreadPoolExecutor(4) as pool:
        for k, found in pool.map(work, range(8)):
            assert {g.device.id for g in found} == {k % 2}
            for g in found:
                assert_same(g.get(), hoad.grad(loss, X * (k + 1)))


@pytest.mark.parametrize("name", WORK)
def test_results_are_pickled(name):
    found = WORK[name](to_device(X))
    again = pickle.loads(pickle.dumps(found))
    assert isinstance(again, cp.ndarray)
    np.testing.assert_array_equal(again.get(), found.get())


def test_an_array_comes_back_on_the_current_device():
    text = pickle.dumps(hoad.grad(loss, to_device(X)))
    with cp.cuda.Device(1):
        assert pickle.loads(text).device.id == 1


def test_results_go_through_joblib():
    joblib = pytest.importorskip("joblib")
    held = io.BytesIO()
    found = hoad.value_and_grad(loss, to_device(X))
    joblib.dump(found, held)
    held.seek(0)
    for a, b in zip(joblib.load(held), found, strict=True):
        np.testing.assert_array_equal(a.get(), b.get())


@pytest.mark.parametrize("name", ["hessian", "jacobian, reverse", "jacobian, forward"])
def test_threads_of_an_executor_share_the_directions(name):
    operator = {"hessian": hoad.hessian}.get(name, hoad.jacobian)
    options = {} if name == "hessian" else {"mode": name.split(", ")[1]}
    f = loss if name == "hessian" else field
    with ThreadPoolExecutor(2) as pool, cp.cuda.Device(1):
        x = to_device(X)
        found = operator(f, x, executor=pool, **options)
    assert found.device.id == 1
    assert_same(found.get(), operator(f, X, **options), rtol=1e-9)


def use_second():
    cp.cuda.Device(1).use()


def test_workers_that_hold_another_device():
    """What is sent to a worker is unpacked on its device; what it sends back, on the caller's."""
    x = to_device(X)
    with ProcessPoolExecutor(2, initializer=use_second) as pool:
        found = hoad.hessian(loss, x, executor=pool)
        again = hoad.hessian(loss, x + 0.1, executor=pool)
    assert found.device.id == 0
    assert_same(found.get(), hoad.hessian(loss, X), rtol=1e-9)
    assert_same(again.get(), hoad.hessian(loss, X + 0.1), rtol=1e-9)
