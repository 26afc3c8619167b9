"""Programs of which each operation needs the one before have code: no pass goes down them by calls."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import hoad

pytest.importorskip("llvmlite")

LONG = 20_000
LARGE = 4_000  # elements, more than there may be calls within calls


def chain(x: Any) -> Any:
    for _ in range(LONG // 2):
        x = np.sin(x) + 0.01
    return x


def signs(x: Any) -> Any:
    for _ in range(LONG // 2):
        x = 1.0 - (-x) * 0.5
    return x


def extremes(x: Any) -> Any:
    largest = x
    for k in range(LONG // 4):
        largest = np.maximum(largest, x * (k / LONG))
    return largest


def choices(x: Any) -> Any:
    for _ in range(LONG // 4):
        x = np.where(x > 0.5, x - 0.001, x + 0.002)
    return x


def truths(x: Any) -> Any:
    held = x > 0.0
    for k in range(LONG // 8):
        held = np.where(x > k * 1e-5, held, np.logical_not(held))
    return np.where(held, x, -x)


@pytest.mark.parametrize("program", [chain, signs, extremes, choices, truths])
def test_long_programs_have_code(program: Any) -> None:
    assert sys.getrecursionlimit() < LONG // 8
    compiled = hoad.compile(program, backend="native", on_fail="raise")
    for x in (0.3, 0.7):
        np.testing.assert_allclose(compiled(x), program(x), rtol=1e-12)
    in_machine_code(compiled)


def in_machine_code(compiled: Any) -> None:
    """Each program of a function has code: what has none is carried out by NumPy."""
    assert compiled.variants
    assert all("native" in repr(variant) for variant in compiled.variants)


def log_sum(x: Any) -> Any:
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


REDUCED = {
    "max": np.max,
    "min": np.min,
    "prod": lambda x: np.prod(1 + x / LARGE),
    "log of a sum": log_sum,
    "gradient of max": hoad.grad(np.max),
    "gradient of a log of a sum": hoad.grad(log_sum),
}


@pytest.mark.parametrize("name", REDUCED)
def test_reductions_of_many_elements_have_code(name: str) -> None:
    x = np.random.default_rng(3).normal(size=LARGE)
    compiled = hoad.compile(REDUCED[name], backend="native", on_fail="raise")
    np.testing.assert_allclose(compiled(x), REDUCED[name](x), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(compiled(x[::-1]), REDUCED[name](x[::-1]), rtol=1e-12, atol=1e-15)
    in_machine_code(compiled)


def test_truth_values_that_were_chosen_pass_between_functions() -> None:
    def program(x: Any) -> Any:
        held, y = np.where(x > 0.5, x > 0.7, x < 0.2), x
        for _ in range(1000):
            y = np.cos(y)
        return np.where(held, y, x)

    compiled = hoad.compile(program, backend="native", on_fail="raise")
    for x in (0.1, 0.3, 0.6, 0.8):
        np.testing.assert_allclose(compiled(x), program(x), rtol=1e-12)
    in_machine_code(compiled)
