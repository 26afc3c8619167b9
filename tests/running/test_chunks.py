"""Directions in chunks: the same derivative at any size, bounded memory, a progress bar, and a refusal."""

import sys
import tracemalloc

import numpy as np
import pytest

import hoad
from hoad.backends import Backend
from hoad.backends.backend import AT_ONCE
from hoad.errors import ArgumentError, MissingDependencyError, TooLargeError
from hoad.running import chunks

X = np.linspace(0.1, 1.0, 7)


def f(x):
    return {"a": np.sin(x[:3]) * x[3], "b": [np.sum(x**3), "text"]}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_the_size_does_not_matter(mode, size):
    whole, cut = (hoad.jacobian(f, X, mode=mode, chunk_size=n) for n in (None, size))
    np.testing.assert_allclose(cut["a"], whole["a"], rtol=1e-15)
    np.testing.assert_allclose(cut["b"][0], whole["b"][0], rtol=1e-15)
    assert cut["b"][1] == "text"
    g = lambda x, y: np.sum(np.outer(x, y) ** 3)
    for nesting in hoad.operators.hessians.MODES:
        blocks = hoad.hessian(g, X, X[:2], argnums=(0, 1), mode=nesting, chunk_size=size)
        right = hoad.hessian(g, X, X[:2], argnums=(0, 1))
        for row, wanted in zip(blocks, right, strict=True):
            for part, other in zip(row, wanted, strict=True):
                np.testing.assert_allclose(part, other, rtol=1e-14, atol=1e-15)


def test_chunks_nest():
    h = lambda x: np.sum(hoad.jacobian(lambda y: y**2 * x[0], x, chunk_size=2) ** 2)
    np.testing.assert_allclose(hoad.grad(h, X), hoad.jacobian(h, X, mode="forward", chunk_size=3), rtol=1e-14)
    value, j = hoad.value_and_jacobian(lambda x: x**2, X, chunk_size=2)
    assert value.tolist() == (X**2).tolist()
    np.testing.assert_array_equal(j, np.diag(2 * X))


def test_memory_is_bounded():
    """The peak of a Jacobian beyond its result falls with the size of the chunks."""
    x = np.linspace(0.0, 1.0, 400)
    wide = lambda x: np.sum(np.sin(np.outer(x, x)), axis=0)

    def peak(size):
        tracemalloc.start()
        hoad.jacobian(wide, x, mode="forward", chunk_size=size)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used - x.size**2 * 8

    assert peak(10) < peak(200) / 8


def test_the_default_depends_on_the_sizes():
    large = list(chunks.Chunks().over(1000, 10**6))
    assert len(large) > 1
    assert len(large[0]) * 10**6 * 8 <= AT_ONCE
    assert list(chunks.Chunks().over(1000, 1000)) == [range(1000)]
    assert list(chunks.Chunks().over(3, 10**12)) == [range(1), range(1, 2), range(2, 3)]


def test_progress(capsys):
    hoad.jacobian(lambda x: x**2, X, chunk_size=2, progress=True)
    shown = capsys.readouterr().err
    assert "Jacobian" in shown
    assert "7/7" in shown
    hoad.hessian(lambda x: np.sum(x**2), X, progress=True)
    assert "Hessian: 100%" in capsys.readouterr().err


def test_progress_without_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(MissingDependencyError, match="pip install"):
        hoad.jacobian(lambda x: x**2, X, progress=True)


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
def test_what_does_not_fit_is_refused_before_its_memory_is_taken(mode, monkeypatch):
    monkeypatch.setattr(Backend, "memory", lambda self, like: 1e6)
    x = np.ones(1000)
    tracemalloc.start()
    with pytest.raises(TooLargeError, match=r"1000 x 1000 entries, 8 MB.*1 MB of memory; hoad\.jvp"):
        hoad.jacobian(np.sin, x, mode=mode, chunk_size=1)
    assert tracemalloc.get_traced_memory()[1] < 2e6
    tracemalloc.stop()
    with pytest.raises(TooLargeError, match="the Hessian would have 1000 x 1000 entries"):
        hoad.hessian(lambda x: np.sum(x**2), x)
    assert hoad.grad(lambda x: np.sum(x**2), x).shape == (1000,)


def test_sizes_in_words():
    assert [chunks.in_words(10.0**k) for k in (0, 3, 7, 17)] == ["1 bytes", "1 kB", "10 MB", "100 PB"]


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "3"])
def test_bad_sizes(size):
    with pytest.raises(ArgumentError, match="chunk_size="):
        hoad.jacobian(np.sin, X, chunk_size=size)
