"""What fits in an assignment: NumPy stretches the value, and drops axes of length one in front of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad

X = np.arange(1.0, 13.0)


def drawn(rng: Any) -> tuple[tuple[int, ...], tuple[Any, ...], tuple[int, ...]]:
    """The shape of an array, an index, and the shape of a value that NumPy may or may not take there."""
    shape = tuple(int(n) for n in rng.integers(1, 4, rng.integers(1, 4)))
    index: list[Any] = []
    for n in shape[: rng.integers(0, len(shape) + 1)]:
        parts = (
            int(rng.integers(n)),
            slice(0, int(rng.integers(n + 1))),
            slice(None),
            np.array([0]),
            [0, n - 1],
        )
        index.append(parts[rng.integers(len(parts))])
    if rng.random() < 0.2:
        index.insert(int(rng.integers(len(index) + 1)), None)
    wanted = [1 if rng.random() < 0.4 else n for n in np.zeros(shape)[tuple(index)].shape]
    while wanted and rng.random() < 0.3:
        wanted = wanted[1:]
    wanted = [1] * int(rng.integers(3)) + wanted + [2] * int(rng.random() < 0.1)
    return shape, tuple(index), tuple(wanted)


def assignment(shape: Any, index: Any, wanted: Any, adds: bool) -> Any:
    """A linear function."""

    def f(x: Any) -> Any:
        out = np.zeros_like(x, shape=shape) + x[0]
        value = np.reshape(2 * x[np.arange(int(np.prod(wanted))) % 12], wanted)
        if adds:
            out[index] += value
        else:
            out[index] = value
        return out

    return f


@pytest.mark.parametrize(
    "seed", [*range(6), *[pytest.param(k, marks=pytest.mark.sweep) for k in range(6, 200)]]
)
def test_shapes(seed: int) -> None:
    """Value and derivative in every mode; what NumPy refuses is refused."""
    rng = np.random.default_rng(seed)
    for n in range(25):
        case = drawn(rng)
        f = assignment(*case, adds=n % 2 == 1)
        try:
            right = f(X)
        except ValueError:
            with pytest.raises(ValueError, match=r"broadcast|sequence|shape"):
                hoad.jvp(f, (X,), (X,))
            continue
        columns = np.stack([f(e) for e in np.eye(12)], -1)
        for mode in ("forward", "reverse"):
            value, slope = hoad.value_and_jacobian(f, X, mode=mode)
            assert np.array_equal(value, right), case
            assert np.array_equal(slope, columns), case
        assert np.array_equal(hoad.vjp(f, X)[1](right)[0], np.tensordot(right, columns, right.ndim)), case
        assert np.array_equal(hoad.vmap(f)(np.stack([X, -X])), np.stack([right, -right])), case
        assert np.array_equal(hoad.derivatives(lambda t, f=f: f(X + t), 0.0, 1)[1], columns.sum(-1)), case
        assert np.array_equal(hoad.laplacian(lambda x, f=f: f(x) * x[1], X), 2 * columns[..., 1]), case


def test_one_row_written_into_a_column() -> None:
    """The rows of a table are (1, 1) where (1,) is wanted."""

    def f(x: Any) -> Any:
        out = np.zeros_like(x)
        out[0] = x[0:1] * 2.0
        return out

    for mode in ("forward", "reverse"):
        found = hoad.jacobian(f, np.array([[1.0], [2.0]]), mode=mode)
        assert found.ravel().tolist() == [2.0, 0.0, 0.0, 0.0]
