"""Large arrays at which a gradient is taken: not copied, locked meanwhile, and as before afterwards."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.arrays.protect import KEEP_BY_COPY

SIZE = KEEP_BY_COPY // 8 + 8
FORMS: dict[str, Callable[[Any], Any]] = {
    "one array": lambda x: x,
    "within a dictionary": lambda x: {"a": x, "b": 2.0},
    "of float32": lambda x: x.astype(np.float32),
    "in columns": lambda x: np.asfortranarray(np.reshape(x, (8, -1))),
    "complex": lambda x: x + 1j * x,
}


def point() -> np.ndarray:
    return np.linspace(1.0, 2.0, SIZE).copy()  # no view of another


def the_array(x: Any) -> Any:
    return x["a"] if isinstance(x, dict) else x


@pytest.mark.parametrize("form", FORMS)
def test_a_program_that_writes_into_its_argument_leaves_the_users_array_alone(form: str) -> None:
    x = FORMS[form](point())
    before = the_array(x).copy()

    def f(x: Any) -> Any:
        a = the_array(x)
        row = a[1:3]
        row[...] = 3.0
        a[0] *= 2.0
        flat = a.reshape(-1)
        flat[5:7] = 0.0
        return np.sum(np.real(a * np.conj(a)))

    g = the_array(hoad.grad(f)(x))
    assert np.array_equal(the_array(x), before)
    assert the_array(x).flags.writeable
    assert not np.shares_memory(g, the_array(x))
    assert g.flags.writeable


@pytest.mark.parametrize("operator", [hoad.grad, hoad.value_and_grad, hoad.gradient])
def test_what_is_handed_out_shares_nothing_with_the_argument(operator: Any) -> None:
    for f in (lambda x: x @ x / 2, lambda x: np.sum(x), lambda x: np.vdot(x, x[::-1]) / 2):
        x = point()
        found = operator(f, x)
        g = found[1] if isinstance(found, tuple) else found
        kept = g.copy()
        x[...] = 7.0
        assert np.array_equal(g, kept)


def test_the_argument_does_not_change_under_another_name_meanwhile() -> None:
    x = point()

    def f(traced: Any) -> Any:
        y = np.sum(traced**2)
        x[0] = 100.0
        return y

    with pytest.raises(ValueError, match="read-only"):
        hoad.grad(f, x)
    assert x.flags.writeable


def test_an_array_that_can_be_changed_through_another_is_copied() -> None:
    owner = np.linspace(1.0, 2.0, 2 * SIZE)
    x = owner[:SIZE]

    def f(traced: Any) -> Any:
        y = np.sum(traced**2)
        owner[0] = 100.0
        return y

    assert hoad.grad(f, x)[0] == 2.0


@pytest.mark.parametrize(
    "f", [lambda x: x, lambda x: "text", lambda x: 1 / 0, lambda x: np.sum(x.nothing), lambda x: (x, 1.0)]
)
def test_the_argument_is_unlocked_where_an_error_is_raised(f: Any) -> None:
    x = point()
    with pytest.raises(Exception):  # noqa: B017
        hoad.grad(f, x)
    assert x.flags.writeable


def test_the_argument_is_unlocked_where_the_sweep_raises() -> None:
    x, runs = point(), []

    @hoad.checkpoint
    def once(x: Any) -> Any:
        runs.append(x)
        if len(runs) > 1:
            raise ZeroDivisionError
        return np.sum(x**2)

    with pytest.raises(ZeroDivisionError):
        hoad.grad(lambda x: once(x) * 2.0, x)
    assert x.flags.writeable


def test_what_numpy_makes_read_only_is_so_and_nothing_else() -> None:
    x = np.reshape(point()[: SIZE // 8 * 8].copy(), (8, -1)).copy()

    def f(x: Any) -> Any:
        assert x.flags.writeable
        assert x[0].flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            np.diagonal(x)[0] = 5.0
        return np.sum(x)

    assert np.array_equal(hoad.grad(f, x), np.ones_like(x))


def test_nested_derivatives_at_one_array() -> None:
    x = point()
    inner = lambda: hoad.grad(lambda z: np.sum(z**2), x)
    assert np.array_equal(hoad.grad(lambda y: np.sum(y * inner()), x), 2 * x)
    assert x.flags.writeable


def test_an_extra_is_an_array_of_its_own() -> None:
    x = point()
    _, extra = hoad.grad(lambda x: (np.sum(x), x), x, has_aux=True)
    assert not np.shares_memory(extra, x)


def test_the_argument_is_not_copied() -> None:
    x = np.linspace(1.0, 2.0, 50_000).copy()
    f = hoad.grad(lambda x: np.sum(x))
    f(x)
    tracemalloc.start()
    try:
        g = f(x)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert g.nbytes <= most < 1.5 * x.nbytes
