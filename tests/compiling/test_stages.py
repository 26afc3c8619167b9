"""Truth values between what has native code and what is called: a stage that needs them makes its own, and
what is called gets them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from turns import by_turns

import hoad
from hoad.testing import device as cp
from hoad.testing.raw_module import compiler

RNG = np.random.default_rng(19)
A = RNG.normal(size=(5, 5)) + 5 * np.eye(5)


def of_two_calls(a: Any) -> Any:
    m = a > 0.5
    y = np.fft.fft(a[0]).real
    z = np.fft.fft(y).real
    return np.where(m[0], z, y) * np.sum(np.where(m, a, 0.0))


def of_truths(a: Any) -> Any:
    m, k = a > 0.5, np.sin(a) < 0.3
    y = np.fft.fft(a).real
    return np.where(m & k, y, a) + np.where(k, y @ a, 0)


def of_what_was_called(a: Any) -> Any:
    m = np.sort(a, axis=0) > 0.5
    y = np.fft.fft(np.where(m, a, a * 2)).real
    return np.where(m, np.sin(y), a)


def of_sums(a: Any) -> Any:
    m = np.sum(a, axis=0) > np.mean(a)
    return np.where(m, np.fft.fft(np.sin(a)).real, np.cos(a))


def process(a: Any) -> Any:
    k = np.exp(-((a[:, :1] - a[:, 0]) ** 2)) + np.diag(np.ones_like(a[0])) * np.exp(a[0, 0] / 9)
    factor = np.linalg.cholesky(k)
    return a[0] @ np.linalg.solve(k, a[0]) + np.sum(np.log(np.diagonal(factor)))


PROGRAMS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (of_two_calls, of_truths, of_what_was_called, of_sums, process)
}
FORMS: dict[str, Callable[..., Any]] = {
    "value": lambda f: f,
    "gradient": lambda f: hoad.grad(lambda a: np.sum(f(a) ** 2)),
    "Hessian": lambda f: hoad.hessian(lambda a: np.sum(f(a) ** 2)),
}


@pytest.mark.parametrize(("place", "name", "form"), by_turns(["host", "device"], PROGRAMS, FORMS, every=2))
def test_stages(place: str, name: str, form: str) -> None:
    if place == "device" and compiler() is None:
        pytest.skip("no C compiler is here")
    f = FORMS[form](PROGRAMS[name])
    there = cp.asarray if place == "device" else np.asarray
    compiled = hoad.compile(f)
    compiled(there(A))
    for k in (1.0, 0.75):
        found = compiled(there(k * A))
        assert type(found) is type(f(there(k * A)))
        found, right = [y.get() if isinstance(y, cp.ndarray) else y for y in (found, f(there(k * A)))]
        np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9 * np.max(np.abs(right)))
    assert compiled.stats()["hits"] == 2
    if place == "device":
        assert compiled.variants[0].devices or compiled.variants[0].device is not None


@pytest.mark.skipif(compiler() is None, reason="no C compiler is here")
def test_truths_are_results() -> None:
    f = lambda a: (np.fft.fft(a).real * 2, a > 0.5, np.logical_not(np.sort(a) > 0.5))
    compiled, a = hoad.compile(f), cp.asarray(A)
    compiled(a)
    for found, right in zip(compiled(a), f(a), strict=True):
        assert found.dtype == right.dtype
        np.testing.assert_allclose(found.get(), right.get(), rtol=1e-12)
    assert compiled.variants[0].devices and compiled.stats()["hits"] == 1


def test_complex_constants_between_calls() -> None:
    if compiler() is None:
        pytest.skip("no C compiler is here")
    weights = cp.asarray(A + 1j * A.T)
    f = lambda a: np.real(np.fft.fft(np.sin(a) * weights) * weights) + a[0] * weights.imag
    compiled, a = hoad.compile(f), cp.asarray(A)
    compiled(a)
    np.testing.assert_allclose(compiled(2 * a).get(), f(2 * a).get(), rtol=1e-12)
    assert compiled.variants[0].devices and compiled.stats()["hits"] == 1
