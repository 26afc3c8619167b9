"""Compiled programs in which some values lie on a device and some on the host: each result lies where the
function has it, and is of its type; no kernel reads the host's memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.testing import device as cp
from hoad.testing.raw_module import address_of, compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler is here")
X = np.array([0.5, -1.5, 2.0, 3.0])
N = np.arange(4.0)


def steps(x: Any, n: Any, count: int = 12) -> Any:
    for _ in range(count):
        x = x + np.roll(x, 1) * float(n[1]) - 0.5 * np.roll(x, 2)
    return x


PROGRAMS: dict[str, Callable[..., Any]] = {
    "an argument that stays there": lambda x, n: (np.sin(x), np.cos(n)),
    "an argument turned": lambda x, n: (np.sin(x), np.cos(n.reshape(2, 2).T)),
    "a sum of the host's": lambda x, n: np.sin(x) * np.sum(n * n),
    "one element of the host's": lambda x, n: np.sin(x) * float(n[1]),
    "brought there": lambda x, n: np.sin(x) + cp.asarray(n * 2) * x,
    "brought back": lambda x, n: (np.sin(x.get()) * n, np.cos(x)),
    "there and back": lambda x, n: np.sin(x) + cp.asarray(np.cos(x.get()) * n) * 2,
    "made on the host": lambda x, n: (np.cos(x), np.arange(3.0) * float(x[0])),
    "many launches": lambda x, n: (steps(x, n), np.exp(n)),
}


def parts(out: Any) -> list[Any]:
    return list(out) if isinstance(out, tuple) else [out]


def assert_same(got: Any, right: Any) -> None:
    for a, b in zip(parts(got), parts(right), strict=True):
        assert type(a) is type(b) and getattr(a, "dtype", None) == getattr(b, "dtype", None)
        a, b = [y.get() if isinstance(y, cp.ndarray) else np.asarray(y) for y in (a, b)]
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-13)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_values_stay_where_the_function_has_them(name: str, kind: Any) -> None:
    f, x, n = PROGRAMS[name], cp.asarray(X.astype(kind)), N.astype(kind)
    compiled = hoad.compile(f)
    compiled(x, n)
    assert compiled.stats()["native"] or compiled.variants[0].devices
    for k in (1, 2):
        bound = 1e-13 if kind is np.float64 else 1e-5
        got, right = compiled(k * x, kind(k) * n[::-1]), f(k * x, kind(k) * n[::-1])
        for a, b in zip(parts(got), parts(right), strict=True):
            assert type(a) is type(b) and a.dtype == b.dtype
            a, b = [y.get() if isinstance(y, cp.ndarray) else y for y in (a, b)]
            np.testing.assert_allclose(a, b, rtol=bound, atol=bound)
    assert compiled.stats()["hits"] == 2


def test_no_kernel_reads_the_memory_of_the_host() -> None:
    with pytest.raises(TypeError, match="Unsupported type"):
        address_of(N)


NUMBERS: dict[str, Callable[..., Any]] = {
    "math": lambda x: math.atan(x[0]),
    "of two": lambda x: math.hypot(x[0], x[1]),
    "times an array": lambda x: np.sin(x) * math.exp(x[0]),
    "float": lambda x: float(x[0]) * 2,
    "item": lambda x: np.sin(x) * x[0].item(),
    "a quotient": lambda x: (x // 0.75) * x,
    "a remainder": lambda x: divmod(float(x[0]), 1.5)[1] * x,
}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", NUMBERS)
def test_what_python_makes_numbers_of_is_theirs(name: str, kind: Any) -> None:
    """So the type of what stands beside it is that of the function: single precision stays."""
    f, x = NUMBERS[name], cp.asarray(X.astype(kind))
    compiled = hoad.compile(f)
    for _ in range(2):
        found, right = compiled(x), f(x)
        assert type(found) is type(right) and getattr(found, "dtype", None) == getattr(right, "dtype", None)
    assert compiled.stats()["hits"] == 1
    total = lambda x: np.sum(f(x))
    gradient = hoad.compile(hoad.grad(total))
    for _ in range(2):
        assert gradient(x).dtype == kind


Z = np.array([0.5 - 1j, 1.5 + 0.25j, -2.0, 3.0j])
COMPLEX: dict[str, Callable[..., Any]] = {
    "a number that is known, of no axes": hoad.grad(lambda z: np.real(np.sum(z[::-1]) * np.conj(z[0]))),
    "isinf": lambda z: np.where(np.isinf(z), 0.0, z) * z,
    "isnan": lambda z: np.where(np.isnan(z), 0.0, z) * z,
    "isfinite": lambda z: np.where(np.isfinite(z), z, 0.0) * z,
    "a kink": hoad.grad(lambda z: np.linalg.norm(z) + np.sum(np.abs(z))),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_programs_are_one_text(name: str) -> None:
    f, z = COMPLEX[name], cp.asarray(Z)
    compiled = hoad.compile(f)
    compiled(z)
    assert_same(compiled(1j * z), f(1j * z))
    assert compiled.why() == "" and compiled.stats()["hits"] == 1


def test_infinite_parts_are_seen() -> None:
    odd = np.array([1.0 + 0j, complex(np.inf, 0), complex(0, -np.inf), complex(1.0, np.nan)])
    for f in (np.isinf, np.isnan, np.isfinite):
        compiled = hoad.compile(lambda z, f=f: f(z))
        compiled(cp.asarray(Z))
        assert np.array_equal(compiled(cp.asarray(odd)).get(), f(odd)) and compiled.stats()["hits"] == 1


KINKS: dict[str, Callable[..., Any]] = {
    "clip": lambda x: np.clip(x, -1.0, 2.5) ** 2,
    "maximum": lambda x: np.maximum(x, x[::-1]) ** 2,
    "fmod": lambda x: np.fmod(x, 0.75) * x,
    "remainder": lambda x: np.remainder(x, 0.75) * x,
    "powers": lambda x: np.abs(x) ** 2.5,
    "spread": lambda x: np.std(x) * x,
}


@pytest.mark.parametrize("name", KINKS)
def test_what_is_unknown_at_a_kink_has_kernels(name: str) -> None:
    third = lambda x: hoad.directional(lambda x: np.sum(KINKS[name](x)), x, np.ones_like(x), 3)
    compiled, x = hoad.compile(third), cp.asarray(X)
    compiled(x)
    assert_same(compiled(0.75 * x), third(0.75 * x))
    assert compiled.why() == "" and compiled.stats()["hits"] == 1


def test_a_position_that_values_decide_is_a_guard_of_the_kernels() -> None:
    f = lambda x: np.roll(np.sin(x), int(np.clip(x[0], -3, 3)))
    compiled = hoad.compile(f)
    for first in (1.5, 2.5, 1.25, 2.75):
        x = cp.asarray(np.array([first, 1.0, 2.0, 3.0]))
        assert_same(compiled(x), f(x))
    assert compiled.why() == "" and compiled.stats()["variants"] == 2 and compiled.stats()["hits"] == 2
