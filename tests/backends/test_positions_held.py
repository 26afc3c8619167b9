"""Positions that the host knows are copied to a device once, and held there."""

import gc
import threading

import numpy as np
import pytest

import hoad
from hoad.backends.uploaded import LARGEST, MOST, MOST_BYTES
from hoad.testing import device as cp
from hoad.values.constants import known, table

X = np.array([[3.0, 1.0, 2.0], [5.0, 6.0, 4.0]])
PROGRAMS = {
    "diag": lambda x: np.diag(x[0], -1),
    "diagonal": lambda x: np.diagonal(x, 1),
    "tril": np.tril,
    "sort": np.sort,
    "partition": lambda x: np.partition(x, 1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.argmax(x, 1, keepdims=True), 1),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "repeat, by lengths": lambda x: np.repeat(x, [1, 0, 2], axis=1),
    "resize": lambda x: np.resize(x, 11),
    "pad": lambda x: np.pad(x, 2, "reflect"),
    "pad, odd": lambda x: np.pad(x, 1, "reflect", reflect_type="odd"),
    "pad, by steps": lambda x: np.pad(x, 1, "linear_ramp"),
    "quantile": lambda x: np.quantile(x, [0.2, 0.7], axis=1),
    "irfft": lambda x: np.fft.irfft(x, 5),
}


def doubled(places, factor):
    return places * factor


def test_a_table_is_one_array_for_each_device_stream_and_thread():
    x, y = cp.ones(1), cp.ones(1)
    found = table(doubled, 4, 2, like=x)
    assert found.get().tolist() == [0, 2, 4, 6]
    cp.launches = 0
    assert table(doubled, 4, 2, like=y) is found and cp.launches == 0
    assert table(doubled, 4, 2.0, like=x).dtype == float  # which is equal to 2
    with cp.cuda.Device(1):
        elsewhere = table(doubled, 4, 2, like=cp.ones(1))
    assert elsewhere is not found and elsewhere.device.id == 1
    with cp.cuda.Stream(non_blocking=True):
        assert table(doubled, 4, 2, like=x) is not found
    seen = []
    thread = threading.Thread(target=lambda: seen.append(table(doubled, 4, 2, like=x)))
    thread.start()
    thread.join()
    assert seen[0] is not found


def test_numbers_are_known_by_their_contents():
    x = cp.ones(1)
    found = known(np.array([1.0, 2.0]), like=x)
    assert known(np.array([1.0, 2.0]), like=x) is found
    assert known(np.array([[1.0, 2.0]]), like=x).shape == (1, 2)
    assert known(np.array([1.0, 3.0]), like=x) is not found


def test_few_are_held_and_none_that_is_large():
    x = cp.ones(1)
    first = table(doubled, 3, 7, like=x)
    for k in range(MOST):
        table(doubled, 3, 8 + k, like=x)
    assert table(doubled, 3, 7, like=x) is not first
    many = table(doubled, LARGEST + 1, 2, like=x)
    assert many.size == LARGEST + 1 and table(doubled, LARGEST + 1, 2, like=x) is not many
    wide = np.zeros(MOST_BYTES // 8 + 1)
    assert known(wide, like=x) is not known(wide, like=x)


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_copied_to_the_device_the_second_time(name, monkeypatch):
    f = lambda x: np.sum(np.sin(PROGRAMS[name](x)) ** 2)
    ways = [
        hoad.grad(f),
        lambda x: hoad.jvp(f, (x,), (x,))[1],
        lambda x: hoad.hvp(f, x, x),
        hoad.hessian(f),
    ]
    points = [cp.asarray(X + k) for k in range(3)]
    expected = [[way(X + k) for way in ways] for k in range(3)]
    copied = []
    asarray = type(cp.BACKEND).asarray
    for k, x in enumerate(points):
        if k == 2:
            watched = lambda self, like, a, dtype=None: copied.append(a) or asarray(self, like, a, dtype)
            monkeypatch.setattr(type(cp.BACKEND), "asarray", watched)
        for way, value in zip(ways, expected[k], strict=True):
            np.testing.assert_allclose(way(x).get(), value, rtol=1e-12, atol=1e-12)
    assert not [a for a in copied if isinstance(a, np.ndarray)]


def test_what_the_way_back_needs_of_them_is_no_copy():
    x = cp.asarray(X)
    f = lambda x: np.sum(np.sin(np.diag(x[0])))
    hoad.grad(f)(x)
    cp.launches = 0
    hoad.grad(f)(x)
    now = cp.launches
    cp.launches = 0
    hoad.grad(lambda x: np.sum(np.sin(x[0])))(x)
    assert now - cp.launches <= 3  # zeros, what is put there, and the way back


def test_positions_that_a_rule_has_found_are_kept_as_they_are():
    x = cp.asarray(X)
    wanted, back = hoad.vjp(np.sort, X)
    found, pull = hoad.vjp(np.sort, x)
    np.testing.assert_array_equal(found.get(), wanted)
    np.testing.assert_array_equal(pull(cp.asarray(X))[0].get(), back(X)[0])
    del found, pull
    gc.collect()
    assert not cp.BACKEND.alone


def test_positions_of_the_user_may_be_written_into():
    x, order = cp.asarray(X), cp.asarray(np.argsort(X))
    value, pull = hoad.vjp(lambda x: np.take_along_axis(x, order, -1), x)
    wanted, back = hoad.vjp(lambda x: np.take_along_axis(x, np.argsort(X), -1), X)
    order[...] = 0
    np.testing.assert_array_equal(value.get(), wanted)
    np.testing.assert_array_equal(pull(cp.asarray(X))[0].get(), back(X)[0])
