"""The recorded program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hoad
from hoad.tape import Tape, generic, no_pull, sweep
from hoad.tracer import entered


class Growing(list[Any]):
    """A program to which another thread adds an operation while it is read."""

    def __getitem__(self, k: Any) -> Any:
        found = super().__getitem__(k)
        if isinstance(k, slice):
            self.extend([len(self) // 5, no_pull, None, None, 7.0])
        return found


def test_a_program_that_grows_while_it_is_read() -> None:
    """What comes in after the slots have been read is left out of every column."""
    tape = Tape()
    tape.program = Growing([part for k in range(20) for part in (k, no_pull, None, None, float(k))])
    pullbacks, left, right, values = tape.columns()
    assert len(pullbacks) == len(left) == len(right) == 20
    assert values == [float(k) for k in range(20)]


@pytest.mark.parametrize("shape", [(400,), (20, 20), (2, 3, 7), (5, 30), (30, 5)], ids=str)
@pytest.mark.parametrize("kind", [float, complex])
def test_no_program_cancels_generic_numbers(shape: tuple[int, ...], kind: type) -> None:
    """Differences of them are not zero, of any order along any axis, nor are matrices of them singular."""
    numbers = generic(np.zeros(shape, kind))
    for axis, n in enumerate(shape):
        for order in range(1, min(n, 8)):
            assert np.abs(np.diff(numbers, order, axis=axis)).min() > 1e-9
    if len(shape) > 1:
        assert np.linalg.cond(numbers).max() < 1e5


@pytest.mark.parametrize("n", range(1, 60))
def test_generic_square_matrices_have_an_inverse(n: int) -> None:
    assert np.linalg.cond(generic(np.zeros((n, n)))) < 1e7


OF_A_MATRIX = {
    "solve": lambda a: np.linalg.solve(a, a[0] ** 2),
    "solve, many": lambda a: np.linalg.solve(a, a @ a.T + 1),
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "cholesky": lambda a: np.linalg.cholesky(a @ a.T),
    "qr": lambda a: np.linalg.qr(a)[1],
    "eigh": lambda a: np.linalg.eigh(a + a.T)[0],
    "eigenvectors": lambda a: np.linalg.eigh(a + a.T)[1] ** 2,
    "eigvals": lambda a: np.real(np.linalg.eigvals(a)),
    "svd": lambda a: np.linalg.svd(a)[1],
    "pinv": np.linalg.pinv,
    "lstsq": lambda a: np.linalg.lstsq(a[:, :-1], a[:, -1], rcond=None)[0],
    "matrix_power": lambda a: np.linalg.matrix_power(a, 3),
    "norm": lambda a: np.linalg.norm(a, 2),
}


@pytest.mark.parametrize("n", [2, 5, 6, 9])
@pytest.mark.parametrize("name", OF_A_MATRIX)
def test_zeros_of_the_program_stay_zero_behind_a_matrix(name: str, n: int) -> None:
    """Where nan at an input asks for the sweep with marks, these go through each function of a matrix."""
    rng = np.random.default_rng(n)
    base, weights = rng.normal(size=(n, n)) + n * np.diag(np.arange(1.0, n + 1)), rng.normal(size=n)
    x = np.array([0.0, *rng.uniform(0.5, 2, n - 1)])

    def f(x: Any) -> Any:
        root = np.where(x > 0, np.sqrt(x), 0.0)
        return np.sum(np.sin(OF_A_MATRIX[name](base + np.outer(root, weights))))

    with np.errstate(all="ignore"):
        found = hoad.grad(f, x)
        along = hoad.jacobian(f, x, mode="forward")
    assert np.isfinite(found).all()
    assert found[0] == 0
    np.testing.assert_allclose(found, along, rtol=1e-8, atol=1e-9)


def test_a_program_is_swept_as_often_as_one_likes_until_it_is_given_up() -> None:
    tape = Tape()
    x = entered(tape, np.array([1.0, 2.0]))
    y = np.sum(np.sin(x) * x)
    first, again, last = (sweep(tape, {y.slot: 1.0}, [x.slot], *free) for free in ([], [], [True]))
    for (found,) in (first, again, last):
        np.testing.assert_array_equal(found, np.cos(x.primal) * x.primal + np.sin(x.primal))
    assert tape.program == []
