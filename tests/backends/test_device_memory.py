"""The memory of a device: what derivatives take of it, and what there is none for."""

import gc

import numpy as np
import pytest
from on_device import assert_same, to_device

import hoad
from hoad.errors import TooLargeError
from hoad.testing import device as cp
from hoad.testing.device import memory

N = 1000


def chain(x, n=20):
    for _ in range(n):
        x = np.sin(x)
    return np.sum(x)


def coupled(x):
    return np.sum(np.sin(x[1:] * x[:-1])) + np.sum(x) ** 2


def peak(work):
    """The most that is used beyond what is used before, in arrays of ``N`` doubles."""
    gc.collect()
    before = memory.used[0]
    memory.peak[0] = before
    found = work()
    del found
    return (memory.peak[0] - before) / (8 * N)


def test_what_is_used_is_given_back():
    before = memory.used[0]
    x = cp.zeros(N)
    y = x[2:]
    assert memory.used[0] - before == 8 * N
    del x
    assert memory.used[0] - before == 8 * N
    del y
    assert memory.used[0] == before


def test_a_gradient_takes_what_f_computes_and_a_few_arrays():
    x = cp.ones(N)
    assert peak(lambda: chain(x)) < 3
    assert peak(lambda: hoad.grad(chain, x)) < 20 + 6
    assert peak(lambda: hoad.hvp(chain, x, x)) < 3 * 20 + 12
    assert peak(lambda: hoad.jvp(chain, (x,), (x,))) < 8
    assert peak(lambda: hoad.grad(hoad.checkpoint(chain), x)) < 20 + 8


def test_nothing_is_left_behind():
    x = cp.ones(N)
    hoad.grad(chain, x)
    gc.collect()
    before = memory.used[0]
    for work in (
        hoad.grad,
        hoad.hessian,
        lambda f, x: hoad.vjp(f, x)[1](1.0),
        lambda f, x: hoad.hvp(f, x, x),
    ):
        work(coupled, x[:20])
        assert memory.used[0] == before


JACOBIANS = {
    "hessian": hoad.hessian,
    "hessian, forward-reverse": lambda f, x: hoad.hessian(f, x, mode="forward-reverse"),
    "value_grad_hessian": lambda f, x: hoad.value_grad_hessian(f, x)[2],
    "jacobian, forward": lambda f, x: hoad.jacobian(hoad.grad(f), x, mode="forward"),
    "jacobian, reverse": lambda f, x: hoad.jacobian(hoad.grad(f), x, mode="reverse"),
}


@pytest.mark.parametrize("name", JACOBIANS)
def test_chunks_are_as_large_as_there_is_memory(name):
    """The result takes 320 kB: with half of a megabyte more, chunks are small, and the result is the same."""
    x = np.linspace(0.1, 1.0, 200)
    right = hoad.hessian(coupled, x)
    point = to_device(x)
    free = peak(lambda: JACOBIANS[name](coupled, point)) * 8 * N
    with memory.limited(1_500_000):
        found = JACOBIANS[name](coupled, point)
    assert free > 1_500_000
    assert_same(found.get(), right)


def test_with_much_memory_all_directions_go_at_once():
    x = cp.asarray(np.linspace(0.1, 1.0, 200))
    hoad.hessian(coupled, x)
    cp.launches = 0
    hoad.hessian(coupled, x)
    at_once, cp.launches = cp.launches, 0
    hoad.hessian(coupled, x, chunk_size=20)
    assert cp.launches > 4 * at_once


def test_a_result_that_does_not_fit_is_refused_before_it_is_begun():
    x = cp.ones(N)
    with memory.limited(5_000_000), pytest.raises(TooLargeError, match=r"8 MB, and its device has 4\.\d+ MB"):
        hoad.hessian(chain, x)


def test_a_chunk_that_does_not_fit_says_which_would():
    x = cp.asarray(np.linspace(0.1, 1.0, 200))
    with memory.limited(1_500_000), pytest.raises(TooLargeError) as raised:
        hoad.hessian(coupled, x, chunk_size=200)
    text = str(raised.value)
    assert "no memory for 200 directions of the Hessian at once" in text
    assert "allocating" in text and "bytes" in text
    size = int(text.partition("chunk_size=")[2].partition(" ")[0])
    with memory.limited(1_500_000):
        hoad.hessian(coupled, x, chunk_size=size)
    assert 1 < size < 200


def test_a_gradient_without_memory_says_what_keeps_less():
    x = cp.ones(N)
    long = lambda x: chain(x, 40)
    with memory.limited(8 * 30 * N), pytest.raises(MemoryError) as raised:
        hoad.grad(long, x)
    assert "Out of memory allocating 8,000 bytes" in str(raised.value)
    assert "hoad.checkpoint(g)" in raised.value.__notes__[0]

    def parts(x):
        for _ in range(8):
            x = hoad.checkpoint(lambda x: np.sin(np.sin(np.sin(np.sin(np.sin(x))))))(x)
        return np.sum(x)

    del raised
    gc.collect()
    with memory.limited(8 * 30 * N):
        found = hoad.grad(parts, x)
    assert_same(found.get(), hoad.grad(long, np.ones(N)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_distances_of_pairs(dtype):
    """18: the sum of the distances of all pairs, whose Hessian takes memory for its chunks and for itself."""

    def distances(x):
        i, j = np.triu_indices(len(x), 1)
        return np.sum(np.sqrt(np.sum((x[i] - x[j]) ** 2, axis=1)))

    x = np.random.default_rng(0).random((30, 3)).astype(dtype)
    pairs, n = 30 * 29 // 2, x.size
    point = to_device(x)
    before = memory.used[0]
    memory.peak[0] = before
    found = hoad.hessian(distances, point, chunk_size=10)
    used = (memory.peak[0] - before) / x.itemsize
    assert used < 4 * n**2 + 12 * 10 * 3 * pairs
    assert_same(found.get(), hoad.hessian(distances, x), rtol=1e-9)
